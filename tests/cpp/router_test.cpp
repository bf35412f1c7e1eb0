// Names, groups and routers.
//
// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>
#include <thread>

#include "support.hpp"

namespace sabir_test {
namespace {

TEST(Names, LeadToTheirOwner) {
  Quiet system;
  auto counter = system.spawn<Counter>(3U), other = system.spawn<Counter>();
  EXPECT_FALSE(system.whereis<Counter>("counter"));
  EXPECT_TRUE(system.register_name("counter", counter));
  EXPECT_TRUE(system.register_name("counter", counter));
  EXPECT_FALSE(system.register_name("counter", other));
  EXPECT_EQ(system.whereis<Counter>("counter").ask(Get{}, long_enough).value(), 3U);
  EXPECT_FALSE(system.unregister_name("counter", other));
  EXPECT_TRUE(system.unregister_name("counter"));
  EXPECT_FALSE(system.whereis<Counter>("counter"));
  EXPECT_THROW(system.register_name("", counter), sabir::error);
}

TEST(Names, AreKnownInAHandler) {
  Quiet system;
  auto counter = system.spawn<Counter>();
  system.register_name("counter", counter);
  std::promise<bool> nobody;
  auto sender = system.spawn([&nobody](sabir::context &context, Add message) {
    context.send(context.whereis<Counter>("counter"), message);
    nobody.set_value(!context.whereis<Counter>("nobody"));
  });
  sender.send(Add{4});
  EXPECT_TRUE(get(nobody.get_future()));
  EXPECT_EQ(counter.ask(Get{}, long_enough).value(), 4U);
}

TEST(Groups, HaveMembersWhoAllGetAMessage) {
  Quiet system;
  std::vector<sabir::ref<Counter>> counters;
  for (int i = 0; i < 20; ++i) {
    counters.push_back(system.spawn<Counter>());
    EXPECT_TRUE(system.join("all", counters.back()));
  }
  EXPECT_FALSE(system.join("all", counters[0]));
  EXPECT_EQ(system.members("all").size(), 20U);
  EXPECT_EQ(system.send_group("all", Add{2}), 20U);
  EXPECT_TRUE(system.leave("all", counters[0]));
  EXPECT_FALSE(system.leave("all", counters[0]));
  EXPECT_EQ(system.send_group("all", Add{1}), 19U);
  EXPECT_EQ(counters[0].ask(Get{}, long_enough).value(), 2U);
  EXPECT_EQ(counters[1].ask(Get{}, long_enough).value(), 3U);
  EXPECT_TRUE(system.members("nobody").empty());
  EXPECT_THROW(system.send_group("nobody", Add{1}), sabir::error);
  std::promise<std::size_t> received;
  auto sender = system.spawn([&received](sabir::context &context, Add message) { received.set_value(context.send_group("all", message)); });
  sender.send(Add{1});
  EXPECT_EQ(get(received.get_future()), 19U);
}

TEST(Router, TakesTurnsAmongRoutees) {
  Quiet system;
  sabir::router<Counter> router(system);
  auto first = system.spawn<Counter>(), second = system.spawn<Counter>();
  router.add(first);
  router.add(first);
  router.add(second);
  EXPECT_EQ(router.size(), 2U);
  for (int i = 0; i < 10; ++i) router.send(Add{1});
  EXPECT_EQ(first.ask(Get{}, long_enough).value(), 5U);
  EXPECT_EQ(second.ask(Get{}, long_enough).value(), 5U);
  EXPECT_EQ(router.send_all(Add{1}), 2U);
  EXPECT_TRUE(router.remove(second));
  EXPECT_FALSE(router.remove(second));
  EXPECT_EQ(router.ask(Get{}, long_enough).value(), 6U);
  sabir::router<Counter> moved = std::move(router);
  EXPECT_EQ(moved.ask(Get{}, long_enough).value(), 6U);
  EXPECT_THROW(router.send(Add{1}), sabir::error);
}

TEST(Router, FindsARouteeByKey) {
  Quiet system;
  sabir::router<Counter> router(system, {.routing = sabir::routing::hash});
  for (int i = 0; i < 4; ++i) router.add(system.spawn<Counter>());
  for (std::uint64_t key = 0; key < 10; ++key) {
    sabir::ref<Counter> routee(system.handle(), router.pick(key));
    const std::uint64_t before = routee.ask(Get{}, long_enough).value();
    for (int i = 0; i < 3; ++i) router.send(key, Add{1});
    EXPECT_EQ(routee.ask(Get{}, long_enough).value(), before + 3);
  }
}

TEST(Router, OfAPoolReplacesTheDead) {
  Quiet system;
  auto pool = sabir::router<Counter>::pool(system, 3, {.routing = sabir::routing::random}, {.name = "counter"}, 7U);
  EXPECT_EQ(pool.size(), 3U);
  EXPECT_EQ(pool.ask(Get{}, long_enough).value(), 7U);
  sabir::ref<Counter> victim(system.handle(), pool.pick(0));
  victim.kill();
  wait_until_dead(victim);
  EXPECT_EQ(pool.size(), 3U);
  pool.resize(5);
  EXPECT_EQ(pool.size(), 5U);
  EXPECT_THROW(pool.add(victim), sabir::error);
  EXPECT_EQ(pool.ask(Crash{}, long_enough).status(), SABIR_E_CRASHED);
  EXPECT_EQ(pool.ask(Get{}, long_enough).value(), 7U);
  EXPECT_THROW(sabir::router<Counter>::pool(system, 2000, {}, {}, 7U), sabir::error) << "more than its capacity";
}

TEST(Router, AsksAllForTheFirstAnswer) {
  Quiet system;
  sabir::router<Counter> router(system, {.routing = sabir::routing::broadcast});
  EXPECT_EQ(router.ask(Get{}, long_enough).status(), SABIR_E_NO_MEMBER);
  for (int i = 0; i < 4; ++i) router.add(system.spawn<Counter>(9U));
  EXPECT_EQ(router.ask(Get{}, long_enough).value(), 9U);
  EXPECT_EQ(router.ask(Crash{}, long_enough).status(), SABIR_E_CRASHED);
  EXPECT_EQ(router.size(), 0U) << "it crashed all of them";
}

TEST(Router, SendsFromAHandler) {
  Quiet system;
  sabir::router<Counter> router(system, {.routing = sabir::routing::hash});
  auto counter = system.spawn<Counter>();
  router.add(counter);
  auto sender = system.spawn([&router](sabir::context &context, Get) -> std::uint64_t {
    for (int i = 0; i < 5; ++i) router.send(context, Add{1});
    for (int i = 0; i < 5; ++i) router.send(context, 17U, Add{1});
    return 0;
  });
  EXPECT_TRUE(sender.ask(Get{}, long_enough));
  EXPECT_EQ(counter.ask(Get{}, long_enough).value(), 10U);
}

sabir::detached ask_twice(const sabir::router<Counter> &router, std::promise<std::uint64_t> &sum) {
  const std::uint64_t first = co_await router.ask(Get{});
  const sabir::result<void> crashed = co_await router.ask(Crash{}).as_result();
  sum.set_value(first + (crashed.status() == SABIR_E_CRASHED ? 100 : 0));
}

TEST(Router, AsksWithoutWaiting) {
  std::promise<std::uint64_t> called, sum;
  Quiet system;
  sabir::router<Counter> router(system);
  EXPECT_THROW(router.ask(Get{}).then([](sabir::result<std::uint64_t>) {}), sabir::error) << "nobody is there";
  router.add(system.spawn<Counter>(6U));
  router.ask(Get{}).timeout(long_enough).then([&called](sabir::result<std::uint64_t> total) { called.set_value(total.value()); });
  EXPECT_EQ(get(called.get_future()), 6U);
  ask_twice(router, sum);
  EXPECT_EQ(get(sum.get_future()), 106U);
}

TEST(Router, AsksFromAHandlerAndFromAPort) {
  Quiet system;
  sabir::router<Counter> router(system);
  router.add(system.spawn<Counter>(6U));
  auto asker = system.spawn([&router](sabir::context &context, Get) {
    router.ask(context, Get{}, long_enough, [&router, duty = context.defer<Get>()](sabir::context &inner, auto first) mutable {
      router.ask(inner, Get{}, [first = first.value(), duty = std::move(duty)](sabir::context &, auto second) mutable {
        duty.reply(first + second.value());
      });
    });
    return sabir::deferred{};
  });
  EXPECT_EQ(asker.ask(Get{}, long_enough).value(), 12U);
  sabir::port port(system);
  const sabir_ref asked = router.ask(port, Get{}, long_enough);
  sabir::message answer = port.receive(long_enough).value();
  EXPECT_EQ(answer.ref(), asked);
  EXPECT_EQ(answer.as<std::uint64_t>(), 6U);
  EXPECT_EQ(sabir::router<Counter>(system).size(), 0U);
  EXPECT_THROW(sabir::router<Counter>(system).ask(port, Get{}, long_enough), sabir::error);
}

TEST(Router, AsksWhoHasTheKey) {
  Quiet system;
  sabir::router<Counter> router(system, {.routing = sabir::routing::hash});
  for (std::uint64_t i = 0; i < 5; ++i) router.add(system.spawn<Counter>());
  for (std::uint64_t key = 0; key < 50; ++key) router.send(key, Add{key});
  std::map<sabir_pid, std::uint64_t> expected;
  for (std::uint64_t key = 0; key < 50; ++key) expected[router.pick(key)] += key;
  for (std::uint64_t key = 0; key < 50; ++key) {
    EXPECT_EQ(router.routee(key).ask(Get{}, long_enough).value(), expected[router.pick(key)]);
  }
}

TEST(Router, SendsToAllFromAHandler) {
  Quiet system;
  sabir::router<Counter> router(system);
  std::vector<sabir::ref<Counter>> counters;
  for (int i = 0; i < 3; ++i) {
    counters.push_back(system.spawn<Counter>());
    router.add(counters.back());
  }
  auto sender = system.spawn([&router](sabir::context &context, Get) -> std::uint64_t { return router.send_all(context, Add{4}); });
  EXPECT_EQ(sender.ask(Get{}, long_enough).value(), 3U);
  for (const auto &counter : counters) EXPECT_EQ(counter.ask(Get{}, long_enough).value(), 4U);
}

}  // namespace
}  // namespace sabir_test
