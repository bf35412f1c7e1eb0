// Being told of the ends and restarts of others: monitors of actors and ports, links.
//
// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "support.hpp"

namespace sabir_test {
namespace {

struct Watch {
  using reply = sabir_ref;
  sabir::ref<Counter> counter;
  bool restarts;
};
struct Unwatch {
  using reply = bool;
  sabir_ref monitor;
};
struct Told {
  sabir_pid actor;
  sabir_ref monitor;
  std::uint64_t count;   // of restarts
  std::int32_t reason;   // of an exit
};

// Watches counters and passes on what it is told.
class Watcher : public sabir::actor<Watch, Unwatch> {
 public:
  explicit Watcher(sabir::ref<sabir::actor<Told>> to) : to_(to) {}
  sabir_ref receive(sabir::context &context, Watch message) { return context.monitor(message.counter, {.restarts = message.restarts}); }
  bool receive(sabir::context &context, Unwatch message) { return context.demonitor(message.monitor); }
  void receive(sabir::context &context, sabir::down gone) { context.send(to_, Told{gone.actor, gone.monitor, 0, gone.exit.reason()}); }
  void receive(sabir::context &context, sabir::restarted again) { context.send(to_, Told{again.actor, again.monitor, again.count, -1}); }

 private:
  sabir::ref<sabir::actor<Told>> to_;
};

TEST(Monitor, TellsOfAnEnd) {
  Quiet system;
  sabir::port port(system);
  auto watcher = system.spawn<Watcher>(port.accepts<Told>());
  auto counter = system.spawn<Counter>();
  const sabir_ref monitor = watcher.ask(Watch{counter, false}, long_enough).value();
  EXPECT_EQ(counter.ask(Crash{}, long_enough).status(), SABIR_E_CRASHED);
  Told told = port.receive(long_enough).value().as<Told>().value();
  EXPECT_EQ(told.actor, counter.pid());
  EXPECT_EQ(told.monitor, monitor);
  EXPECT_EQ(told.reason, SABIR_EXIT_CRASHED);
  EXPECT_FALSE(watcher.ask(Unwatch{monitor}, long_enough).value()) << "it is over";
}

TEST(Monitor, TellsOfRestartsWhereAskedFor) {
  Quiet system;
  sabir::port port(system);
  auto watcher = system.spawn<Watcher>(port.accepts<Told>());
  auto counter = system.supervise<Counter>({.id = "counter"});
  const sabir_ref monitor = watcher.ask(Watch{counter, true}, long_enough).value();
  EXPECT_EQ(counter.ask(Crash{}, long_enough).status(), SABIR_E_CRASHED);
  Told told = port.receive(long_enough).value().as<Told>().value();
  EXPECT_EQ(told.actor, counter.pid());
  EXPECT_EQ(told.monitor, monitor);
  EXPECT_EQ(told.count, 1U);
  system.root().stop_child("counter");
  told = port.receive(long_enough).value().as<Told>().value();
  EXPECT_EQ(told.reason, SABIR_EXIT_SHUTDOWN);
}

TEST(Monitor, OfOneThatIsGoneTellsAtOnce) {
  Quiet system;
  sabir::port port(system);
  auto counter = system.spawn<Counter>();
  counter.stop();
  wait_until_dead(counter);
  auto watcher = system.spawn<Watcher>(port.accepts<Told>());
  (void)watcher.ask(Watch{counter, false}, long_enough).value();
  EXPECT_EQ(port.receive(long_enough).value().as<Told>()->reason, SABIR_EXIT_NO_ACTOR);
}

TEST(Monitor, IsQuietOnceEnded) {
  Quiet system;
  sabir::port port(system);
  auto watcher = system.spawn<Watcher>(port.accepts<Told>());
  auto counter = system.spawn<Counter>();
  const sabir_ref first = watcher.ask(Watch{counter, false}, long_enough).value();
  const sabir_ref second = watcher.ask(Watch{counter, false}, long_enough).value();
  EXPECT_TRUE(watcher.ask(Unwatch{first}, long_enough).value());
  counter.stop();
  EXPECT_EQ(port.receive(long_enough).value().as<Told>()->monitor, second) << "the first says nothing";
  EXPECT_EQ(port.receive(0s).status(), SABIR_E_TIMEOUT);
}

TEST(Monitor, OfAPortArrivesThere) {
  Quiet system;
  sabir::port port(system);
  auto counter = system.supervise<Counter>({.id = "counter"});
  const sabir_ref monitor = port.monitor(counter, {.restarts = true});
  EXPECT_EQ(counter.ask(Crash{}, long_enough).status(), SABIR_E_CRASHED);
  sabir::message first = port.receive(long_enough).value();
  EXPECT_EQ(first.kind(), SABIR_KIND_RESTARTED);
  EXPECT_EQ(first.ref(), monitor);
  EXPECT_EQ(first.as<sabir::restarted>()->count, 1U);
  EXPECT_FALSE(first.as<sabir::down>());
  EXPECT_FALSE(first.as<Add>());
  system.root().stop_child(counter);
  EXPECT_EQ(port.receive(long_enough).value().as<sabir::down>()->exit.reason(), SABIR_EXIT_SHUTDOWN);
  EXPECT_FALSE(port.demonitor(monitor));
}

TEST(Monitor, NobodyLooksAtIsADeadLetter) {
  Quiet system;
  auto counter = system.spawn<Counter>();
  auto careless = system.spawn([counter](sabir::context &context, Get) -> std::uint64_t { return context.monitor(counter); });
  EXPECT_NE(careless.ask(Get{}, long_enough).value(), 0U);
  counter.stop();
  const auto deadline = std::chrono::steady_clock::now() + long_enough;
  while (system.dead_letter_count(SABIR_CAUSE_UNHANDLED) == 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(system.dead_letter_count(SABIR_CAUSE_UNHANDLED), 1U);
  EXPECT_TRUE(careless.alive());
}

TEST(Monitor, TellsLambdasToo) {
  Quiet system;
  sabir::port port(system);
  auto host = port.accepts<Told>();
  auto counter = system.spawn<Counter>();
  auto watcher = system.spawn(sabir::handlers{[counter](sabir::context &context, Get) -> std::uint64_t { return context.monitor(counter); },
                                              [host](sabir::context &context, const sabir::down &gone) {
                                                context.send(host, Told{gone.actor, gone.monitor, 0, gone.exit.reason()});
                                              }});
  const sabir_ref monitor = watcher.ask(Get{}, long_enough).value();
  counter.kill();
  Told told = port.receive(long_enough).value().as<Told>().value();
  EXPECT_EQ(told.monitor, monitor);
  EXPECT_EQ(told.reason, SABIR_EXIT_KILLED);
}

TEST(Monitor, GoesToTheRawHandlerOfAnActorThatHasNoOther) {
  struct Raw : sabir::actor<Get> {
    explicit Raw(sabir::ref<Counter> given) : counter(given) {}
    std::uint64_t receive(sabir::context &context, Get) { return context.monitor(counter); }
    void receive(sabir::context &context, sabir::message &message) {
      if (message.as<sabir::down>()) context.stop();
    }
    sabir::ref<Counter> counter;
  };
  Quiet system;
  auto counter = system.spawn<Counter>();
  auto raw = system.spawn<Raw>(counter);
  EXPECT_NE(raw.ask(Get{}, long_enough).value(), 0U);
  counter.stop();
  wait_until_dead(raw);
}

struct Tie {
  using reply = void;
  bool traps;
};
struct Untie {
  using reply = bool;
};

// Is linked with a counter, and passes on what it is told of it.
class Linked : public sabir::actor<Tie, Untie> {
 public:
  Linked(sabir::ref<Counter> counter, sabir::ref<sabir::actor<Told>> to) : counter_(counter), to_(to) {}
  void receive(sabir::context &context, Tie message) {
    context.trap_exits(message.traps);
    context.link(counter_);
  }
  bool receive(sabir::context &context, Untie) { return context.unlink(counter_); }
  void receive(sabir::context &context, sabir::exited gone) { context.send(to_, Told{gone.actor, 0, 0, gone.exit.reason()}); }

 private:
  sabir::ref<Counter> counter_;
  sabir::ref<sabir::actor<Told>> to_;
};

TEST(Link, EndsBoth) {
  Quiet system;
  sabir::port port(system);
  auto counter = system.spawn<Counter>();
  auto linked = system.spawn<Linked>(counter, port.accepts<Told>());
  linked.ask(Tie{false}, long_enough).value();
  port.monitor(linked);
  EXPECT_EQ(counter.ask(Crash{}, long_enough).status(), SABIR_E_CRASHED);
  std::optional<sabir::down> gone = port.receive(long_enough).value().as<sabir::down>();
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->actor, linked.pid());
  EXPECT_EQ(gone->exit.reason(), SABIR_EXIT_LINKED);
  EXPECT_EQ(gone->exit.cause().pid(), counter.pid());
  EXPECT_EQ(gone->exit.cause().message(), "the counter was told to crash");
}

TEST(Link, IsAMessageToOneThatTrapsExits) {
  Quiet system;
  sabir::port port(system);
  auto counter = system.spawn<Counter>();
  auto linked = system.spawn<Linked>(counter, port.accepts<Told>());
  linked.ask(Tie{true}, long_enough).value();
  counter.stop();
  Told told = port.receive(long_enough).value().as<Told>().value();
  EXPECT_EQ(told.actor, counter.pid());
  EXPECT_EQ(told.reason, SABIR_EXIT_STOPPED) << "whatever the reason";
  EXPECT_TRUE(linked.alive());
}

TEST(Link, EndsWithoutAWord) {
  Quiet system;
  sabir::port port(system);
  auto counter = system.spawn<Counter>();
  auto linked = system.spawn<Linked>(counter, port.accepts<Told>());
  linked.ask(Tie{false}, long_enough).value();
  EXPECT_TRUE(linked.ask(Untie{}, long_enough).value());
  EXPECT_FALSE(linked.ask(Untie{}, long_enough).value()) << "there is none any more";
  EXPECT_EQ(counter.ask(Crash{}, long_enough).status(), SABIR_E_CRASHED);
  wait_until_dead(counter);
  EXPECT_FALSE(linked.ask(Untie{}, long_enough).value()) << "it lives on";
}

TEST(ExitReason, IsAbnormalOrNot) {
  EXPECT_FALSE(sabir::exit_reason().abnormal()) << "no exit, no failure";
  Quiet system;
  sabir::port port(system);
  auto stopped = system.spawn<Counter>();
  port.monitor(stopped);
  stopped.stop();
  EXPECT_FALSE(port.receive(long_enough).value().as<sabir::down>()->exit.abnormal());
  auto killed = system.spawn<Counter>();
  port.monitor(killed);
  killed.kill();
  EXPECT_TRUE(port.receive(long_enough).value().as<sabir::down>()->exit.abnormal());
}

}  // namespace
}  // namespace sabir_test
