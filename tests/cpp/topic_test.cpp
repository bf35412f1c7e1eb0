// Topics, clones of messages, and batches of sends.
//
// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

namespace sabir_test {
namespace {

struct Watch {
  using reply = void;
};
struct Announce {
  std::uint64_t amount;
};

/// Subscribes itself, and publishes what it is told to.
class Reader : public sabir::actor<Add, Get, Watch, Announce> {
 public:
  void receive(sabir::context &, Add message) { total_ += message.amount; }
  std::uint64_t receive(sabir::context &, Get) { return total_; }
  void receive(sabir::context &context, Watch) { subscription_ = context.subscribe("news.*"); }
  void receive(sabir::context &context, Announce message) {
    EXPECT_EQ(context.publish("news.own", Add{message.amount}), 1U);
    EXPECT_EQ(context.publish_if("news.own", Add{1000}, [](sabir_pid) { return false; }), 0U);
    EXPECT_EQ(context.try_publish("news.*", sabir::message::of(Add{1})), SABIR_E_INVALID);
    EXPECT_TRUE(context.unsubscribe(subscription_));
    EXPECT_FALSE(context.unsubscribe(subscription_));
  }

 private:
  std::uint64_t total_ = 0;
  sabir_ref subscription_ = 0;
};

TEST(Topic, ReachesWhoHasSubscribed) {
  Quiet system;
  auto first = system.spawn<Counter>();
  auto second = system.spawn<Counter>();
  sabir::port port(system);
  const sabir_ref subscription = system.subscribe("counters.*", first);
  (void)system.subscribe("counters.>", second);
  (void)system.subscribe("counters.>", port.accepts<Add>());
  EXPECT_EQ(system.publish("counters.a", Add{3}), 3U);
  EXPECT_EQ(system.publish("counters.a.b", Add{10}), 2U);
  EXPECT_EQ(system.publish("elsewhere", Add{100}), 0U);
  EXPECT_TRUE(system.unsubscribe(subscription));
  EXPECT_FALSE(system.unsubscribe(subscription));
  EXPECT_EQ(system.publish("counters.a", Add{1000}), 2U);
  EXPECT_EQ(first.ask(Get{}, long_enough).value(), 3U);
  EXPECT_EQ(second.ask(Get{}, long_enough).value(), 1013U);
  for (const std::uint64_t amount : {3U, 10U, 1000U}) EXPECT_EQ(port.receive(long_enough).value().as<Add>()->amount, amount);
}

TEST(Topic, RetainsTheLastValue) {
  Quiet system;
  sabir::port port(system);
  EXPECT_EQ(system.publish("state", Add{1}, {.retain = true}), 0U);
  EXPECT_EQ(system.publish("state", Add{2}, {.retain = true}), 0U);
  (void)system.subscribe("state", port.pid());
  EXPECT_EQ(port.receive(long_enough).value().as<Add>()->amount, 2U);
  EXPECT_EQ(port.receive(0s).status(), SABIR_E_TIMEOUT);
}

TEST(Topic, IsFilteredBySubscriber) {
  Quiet system;
  auto first = system.spawn<Counter>();
  auto second = system.spawn<Counter>();
  (void)system.subscribe("x", first);
  (void)system.subscribe("x", second);
  EXPECT_EQ(system.publish_if("x", Add{5}, [&](sabir_pid pid) { return pid == second.pid(); }), 1U);
  EXPECT_EQ(first.ask(Get{}, long_enough).value(), 0U);
  EXPECT_EQ(second.ask(Get{}, long_enough).value(), 5U);
  EXPECT_THROW((void)system.publish_if("x", Add{5}, [](sabir_pid) -> bool { throw std::out_of_range("no"); }), std::out_of_range);
  EXPECT_THROW((void)system.publish_if("x", Add{5}, [](sabir_pid) -> bool { throw 7; }), sabir::error);
  EXPECT_EQ(second.ask(Get{}, long_enough).value(), 5U);
}

TEST(Topic, IsUsedByActors) {
  Quiet system;
  auto reader = system.spawn<Reader>();
  EXPECT_TRUE(reader.ask(Watch{}, long_enough));
  reader.send(Announce{7});
  (void)reader.ask(Get{}, long_enough);
  EXPECT_EQ(reader.ask(Get{}, long_enough).value(), 7U);
}

TEST(Topic, RefusesBadNames) {
  Quiet system;
  auto counter = system.spawn<Counter>();
  for (const char *name : {"", "a..b", ".a", "a.>.b", "a*"}) {
    EXPECT_THROW((void)system.subscribe(name, counter), sabir::error) << name;
    EXPECT_THROW((void)system.publish(name, Add{1}), sabir::error) << name;
  }
  sabir::message message = sabir::message::of(Add{1});
  EXPECT_EQ(system.try_publish("*", std::move(message)), SABIR_E_INVALID);
  using namespace std::string_view_literals;
  EXPECT_THROW((void)system.publish("news\0.today"sv, Add{1}), sabir::error) << "a NUL is no end of a subject";
  EXPECT_THROW((void)system.register_name(std::string("news\0x", 6), system.spawn<Counter>()), sabir::error);
  EXPECT_TRUE(message) << "still ours";  // NOLINT(bugprone-use-after-move): moved on success only
}

TEST(Message, IsClonedWithoutACopy) {
  Quiet system;
  auto counter = system.spawn<Counter>();
  sabir::message message = sabir::message::of(Add{4});
  sabir::message clone = message.clone();
  sabir::message second = clone.clone();
  EXPECT_EQ(clone.bytes().data(), message.bytes().data());
  EXPECT_TRUE(message.writable().empty());
  for (sabir::message *each : {&message, &clone, &second}) EXPECT_EQ(system.try_send(counter.pid(), std::move(*each)), SABIR_OK);
  EXPECT_EQ(counter.ask(Get{}, long_enough).value(), 12U);
}

TEST(Batch, SendsInOneCall) {
  Quiet system;
  auto first = system.spawn<Counter>();
  auto second = system.spawn<Counter>();
  sabir::batch batch;
  for (std::uint64_t i = 0; i < 1000; ++i) batch.add(i % 3 == 0 ? first : second, Add{i});
  EXPECT_EQ(batch.size(), 1000U);
  batch.send(system);
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(first.ask(Get{}, long_enough).value() + second.ask(Get{}, long_enough).value(), 999U * 1000U / 2);
}

TEST(Batch, KeepsWhatIsRefused) {
  Quiet system;
  auto counter = system.spawn<Counter>();
  auto dead = system.spawn<Counter>();
  (void)dead.stop();
  wait_until_dead(dead);
  sabir::batch batch;
  batch.add(dead, Add{1});
  batch.add(counter, Add{2});
  batch.add(0, sabir::message::of(Add{4}));
  EXPECT_EQ(batch.try_send(system), SABIR_E_DEAD);
  ASSERT_EQ(batch.size(), 2U);
  EXPECT_EQ(batch.envelopes()[0].status, SABIR_E_DEAD);
  EXPECT_EQ(batch.envelopes()[1].status, SABIR_E_NO_ACTOR);
  EXPECT_THROW(batch.send(system), sabir::error);
  sabir::batch moved = std::move(batch);
  EXPECT_EQ(moved.size(), 2U);
  EXPECT_EQ(counter.ask(Get{}, long_enough).value(), 2U);
}

TEST(Batch, IsSentByAnActor) {
  Quiet system;
  auto counter = system.spawn<Counter>();
  auto spreader = system.spawn([counter](sabir::context &context, Announce message) {
    sabir::batch batch;
    for (std::uint64_t i = 0; i < message.amount; ++i) batch.add(counter, Add{1});
    batch.send(context);
    batch.send(context);  // nothing
    context.stop();
  });
  spreader.send(Announce{300});
  wait_until_dead(spreader);
  EXPECT_EQ(counter.ask(Get{}, long_enough).value(), 300U);
}

}  // namespace
}  // namespace sabir_test
