// Timers with typed messages, armed by actors and outside of them.
//
// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

namespace sabir_test {
namespace {

using clock = std::chrono::steady_clock;

struct Tick {};
struct Go {
  using reply = std::uint64_t;
};

TEST(Timer, SendsOnceAndNeverEarly) {
  Quiet system;
  sabir::port port(system);
  const auto armed = clock::now();
  const sabir_ref timer = system.after(port.accepts<Add>(), Add{7}, 20ms);
  sabir::message message = port.receive(long_enough).value();
  EXPECT_GE(clock::now() - armed, 20ms);
  EXPECT_EQ(message.kind(), SABIR_KIND_TIMER);
  EXPECT_EQ(message.ref(), timer);
  EXPECT_EQ(message.as<Add>()->amount, 7U);
  EXPECT_EQ(message.count(), 1U);
  EXPECT_FALSE(system.cancel(timer)) << "it was received";
}

TEST(Timer, IsHandledLikeAnyMessage) {
  Quiet system;
  auto counter = system.spawn<Counter>();
  sabir::port port(system);
  (void)system.after(counter, Add{5}, 1ms);
  (void)system.after(counter, Add{6}, -1s);  // as soon as may be
  (void)system.after(port.accepts<Tick>(), Tick{}, 50ms);
  EXPECT_TRUE(port.receive(long_enough));
  EXPECT_EQ(counter.ask(Get{}, long_enough).value(), 11U);
}

TEST(Timer, CarriesWhatOwnsMemory) {
  Quiet system;
  sabir::port port(system);
  (void)system.after(port.accepts<std::string>(), std::string("later"), 0s);
  EXPECT_EQ(port.receive(long_enough).value().as<std::string>(), "later");
}

TEST(Timer, IsNotReceivedOnceCancelled) {
  Quiet system;
  sabir::port port(system);
  const sabir_ref timer = system.after(port.accepts<Add>(), Add{1}, 1h);
  EXPECT_TRUE(system.cancel(timer));
  EXPECT_FALSE(system.cancel(timer));
  (void)system.after(port.accepts<Add>(), Add{2}, 0s);
  EXPECT_EQ(port.receive(long_enough).value().as<Add>()->amount, 2U);
}

TEST(Timer, RepeatsUntilCancelled) {
  Quiet system;
  sabir::port port(system);
  const auto armed = clock::now();
  const sabir_ref timer = system.every(port.accepts<Tick>(), Tick{}, 2ms);
  std::uint64_t intervals = 0;
  while (intervals < 5) {
    sabir::message message = port.receive(long_enough).value();
    EXPECT_TRUE(message.as<Tick>());
    EXPECT_EQ(message.ref(), timer);
    intervals += message.count();
  }
  EXPECT_GE(clock::now() - armed, 10ms);
  EXPECT_TRUE(system.cancel(timer));
  EXPECT_EQ(port.receive(0s).status(), SABIR_E_TIMEOUT) << "not even one that was queued";
}

TEST(Timer, RefusesWhatCannotBe) {
  Quiet system;
  auto counter = system.spawn<Counter>();
  EXPECT_THROW((void)system.after(counter, Add{1}, sabir::forever), sabir::error);
  counter.stop();
  wait_until_dead(counter);
  EXPECT_THROW((void)system.after(counter, Add{1}, 1s), sabir::error);
}

// Counts the intervals of its own timer, and says so after five.
class Clock : public sabir::actor<Go, Tick> {
 public:
  sabir::deferred receive(sabir::context &context, Go) {
    duty_ = context.defer<Go>();
    EXPECT_EQ(context.timer(), 0U);
    timer_ = context.every(context.self(*this), Tick{}, 1ms);
    return {};
  }
  void receive(sabir::context &context, Tick) {
    EXPECT_EQ(context.timer(), timer_);
    EXPECT_EQ(context.sender(), context.self());
    intervals_ += context.count();
    if (intervals_ < 5) return;
    EXPECT_TRUE(context.cancel(timer_));
    EXPECT_FALSE(context.cancel(timer_));
    duty_.reply(intervals_);
  }

 private:
  sabir_ref timer_ = 0;
  std::uint64_t intervals_ = 0;
  sabir::answer<std::uint64_t> duty_;
};

TEST(Timer, OfAnActorTellsWhichAndHowOften) {
  Quiet system;
  EXPECT_GE(system.spawn<Clock>().ask(Go{}, long_enough).value(), 5U);
}

TEST(Timer, OfAnActorMayBeArmedForAnother) {
  Quiet system;
  sabir::port port(system);
  auto to = port.accepts<Add>();
  auto arms = system.spawn([to](sabir::context &context, Go) -> std::uint64_t { return context.after(to, Add{3}, 1ms); });
  const sabir_ref timer = arms.ask(Go{}, long_enough).value();
  sabir::message message = port.receive(long_enough).value();
  EXPECT_EQ(message.ref(), timer);
  EXPECT_EQ(message.sender(), arms.pid());
}

TEST(Timer, OfAnActorEndsWithTheIncarnation) {
  // Each incarnation arms a timer of its own. That of the first would come long before that of the second.
  class Restarted : public sabir::actor<Add, Crash> {
   public:
    Restarted(sabir::context &context, sabir::ref<sabir::actor<Add>> to, std::shared_ptr<std::uint64_t> starts) : to_(to) {
      const std::uint64_t start = ++*starts;
      (void)context.after(context.self(*this), Add{start}, start == 1 ? 200ms : 400ms);
    }
    void receive(sabir::context &context, Add message) { context.send(to_, message); }
    void receive(sabir::context &, Crash) { throw std::runtime_error("before the time"); }

   private:
    sabir::ref<sabir::actor<Add>> to_;
  };
  Quiet system;
  sabir::port port(system);
  auto restarted = system.supervise<Restarted>(port.accepts<Add>(), std::make_shared<std::uint64_t>(0));
  EXPECT_EQ(restarted.ask(Crash{}, long_enough).status(), SABIR_E_CRASHED);
  EXPECT_EQ(port.receive(long_enough).value().as<Add>()->amount, 2U);
}

}  // namespace
}  // namespace sabir_test
