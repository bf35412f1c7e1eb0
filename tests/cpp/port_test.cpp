// Ports and executors.
//
// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "support.hpp"

namespace sabir_test {
namespace {

TEST(Port, ReceivesWhatActorsSend) {
  Quiet system;
  sabir::port port(system);
  auto to = port.accepts<Add, std::string>();
  auto sender = system.spawn([to](sabir::context &context, Add message) {
    context.send(to, message);
    context.send(to, std::string("text"));
  });
  sender.send(Add{3});
  sabir::message first = port.receive(long_enough).value();
  EXPECT_EQ(first.as<Add>()->amount, 3U);
  EXPECT_EQ(first.sender(), sender.pid());
  EXPECT_EQ(port.receive(long_enough).value().as<std::string>(), "text");
  EXPECT_EQ(port.receive(0s).status(), SABIR_E_TIMEOUT);
}

TEST(Port, AsksAndReceivesTheEnd) {
  Quiet system;
  sabir::port port(system);
  auto counter = system.spawn<Counter>(4U);
  const sabir_ref get = port.ask(counter, Get{}, long_enough);
  sabir::message reply = port.receive(long_enough).value();
  EXPECT_EQ(reply.kind(), SABIR_KIND_REPLY);
  EXPECT_EQ(reply.ref(), get);
  EXPECT_EQ(reply.decode<std::uint64_t>(), 4U);
  const sabir_ref crash = port.ask(counter, Crash{}, long_enough);
  sabir::message failure = port.receive(long_enough).value();
  EXPECT_EQ(failure.kind(), SABIR_KIND_FAILURE);
  EXPECT_EQ(failure.ref(), crash);
  EXPECT_EQ(failure.why().status, SABIR_E_CRASHED);
  EXPECT_EQ(failure.why().exit.message(), "the counter was told to crash");
}

TEST(Port, IsWokenAndClosed) {
  Quiet system;
  sabir::port port(system);
  EXPECT_EQ(port.wake(), SABIR_OK);
  EXPECT_EQ(port.receive(long_enough).status(), SABIR_E_WOKEN);
  auto to = port.accepts<Add>();
  EXPECT_EQ(to.try_send(Add{1}), SABIR_OK);
  {
    sabir::port taken = std::move(port);
    EXPECT_EQ(taken.pid(), to.pid());
  }
  EXPECT_EQ(to.try_send(Add{1}), SABIR_E_DEAD);
  (void)system.shutdown(long_enough);  // what was queued is told later, on a thread of the system: by now at the latest
  EXPECT_EQ(system.dead_letter_count(SABIR_CAUSE_PORT_CLOSED), 1U);
}

TEST(Port, RejectsOrBlocksWhenFull) {
  Quiet system;
  sabir::port small(system, {.capacity = 1});
  EXPECT_EQ(small.accepts<Add>().try_send(Add{1}), SABIR_OK);
  EXPECT_EQ(small.accepts<Add>().try_send(Add{2}), SABIR_E_MAILBOX_FULL);
  sabir::port slow(system, {.capacity = 1, .overflow = sabir::overflow::block, .block_timeout = 1ms});
  EXPECT_EQ(slow.accepts<Add>().try_send(Add{1}), SABIR_OK);
  EXPECT_EQ(slow.accepts<Add>().try_send(Add{2}), SABIR_E_MAILBOX_FULL) << "after the timeout";
}

struct Thread {
  using reply = std::uint64_t;
};

TEST(Executor, OfOneThreadPinsItsActors) {
  Quiet system;
  sabir::executor pinned(system, {.kind = sabir::executor_kind::threads, .workers = 1, .name = "pinned"});
  auto where = [](sabir::context &, Thread) -> std::uint64_t { return std::hash<std::thread::id>()(std::this_thread::get_id()); };
  auto first = system.spawn({.executor = &pinned}, where);
  auto second = system.spawn({.executor = &pinned}, where);
  const std::uint64_t thread = first.ask(Thread{}, long_enough).value();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(second.ask(Thread{}, long_enough).value(), thread);
  EXPECT_EQ(pinned.close(), SABIR_E_BUSY);
  first.stop();
  second.stop();
  wait_until_dead(first);
  wait_until_dead(second);
}

TEST(Executor, MayOutliveItsSystem) {
  std::optional<sabir::executor> executor;
  {
    Quiet system;
    executor.emplace(system);
    system.spawn<Counter>({.executor = &*executor}).send(Add{1});
  }
  EXPECT_EQ(executor->close(), SABIR_OK);
}

TEST(Executor, RefusesWhatCannotBe) {
  Quiet system;
  try {
    sabir::executor executor(system, {.workers = 100000});
    FAIL() << "created";
  } catch (const sabir::error &thrown) {
    EXPECT_EQ(thrown.status(), SABIR_E_INVALID);
    EXPECT_NE(std::string(thrown.what()).find("workers"), std::string::npos) << thrown.what();
  }
}

}  // namespace
}  // namespace sabir_test
