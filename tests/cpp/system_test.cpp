// Systems: options, dead letters, the log, shutdown.
//
// SPDX-License-Identifier: Apache-2.0
#include <mutex>
#include <thread>

#include "support.hpp"

namespace sabir_test {
namespace {

TEST(System, RefusesOptionsWithItsOwnWords) {
  try {
    sabir::system system({.workers = SABIR_WORKERS_MAX + 1});
    FAIL() << "created";
  } catch (const sabir::error &thrown) {
    EXPECT_EQ(thrown.status(), SABIR_E_INVALID);
    EXPECT_NE(std::string(thrown.what()).find("workers"), std::string::npos) << thrown.what();
  }
}

TEST(System, MovesWithItsActors) {
  sabir::system first({.workers = 1});
  auto counter = first.spawn<Counter>();
  sabir::system second = std::move(first);
  counter.send(Add{2});
  EXPECT_EQ(counter.ask(Get{}, long_enough).value(), 2U);
  second = sabir::system({.workers = 1});
  EXPECT_FALSE(counter.alive()) << "the system that was assigned over has shut down";
}

TEST(System, ShowsDeadLettersUntilUnsubscribed) {
  Quiet system;
  auto seen = std::make_shared<std::mutex>();
  std::vector<std::uint64_t> amounts;
  auto counter = system.spawn<Counter>();
  {
    auto subscription = system.on_dead_letter([&amounts, seen, counter](const sabir::dead_letter &letter) {
      std::lock_guard lock(*seen);
      EXPECT_EQ(letter.target, counter.pid());
      EXPECT_EQ(letter.cause, SABIR_CAUSE_UNHANDLED);
      EXPECT_STREQ(letter.cause_name(), "unhandled");
      amounts.push_back(letter.message.as<std::uint64_t>().value_or(0));
      throw std::runtime_error("thrown by a subscriber");
    });
    ASSERT_EQ(system.try_send(counter.pid(), sabir::message::of(std::uint64_t{5})), SABIR_OK);
    ASSERT_EQ(system.try_send(counter.pid(), sabir::message::of(std::uint64_t{6})), SABIR_OK);
    EXPECT_EQ(counter.ask(Get{}, long_enough).value(), 0U);
  }
  ASSERT_EQ(system.try_send(counter.pid(), sabir::message::of(std::uint64_t{7})), SABIR_OK);
  EXPECT_EQ(counter.ask(Get{}, long_enough).value(), 0U);
  (void)system.shutdown(long_enough);
  EXPECT_EQ(amounts, (std::vector<std::uint64_t>{5, 6}));
  EXPECT_EQ(system.dead_letter_count(), 3U);
  EXPECT_EQ(seen.use_count(), 1) << "the subscriber is destroyed";
}

TEST(System, LogsCrashesToItsSink) {
  auto lines = std::make_shared<std::vector<std::string>>();
  {
    sabir::system system({.name = "logged", .workers = 1});
    system.set_log_sink([lines](const sabir::log_record &record) {
      lines->push_back(std::string(record.system) + "/" + std::string(record.actor) + ": " + std::string(record.text));
      EXPECT_GE(record.level, SABIR_LOG_WARNING);
      EXPECT_NE(record.pid, 0U);
    });
    auto counter = system.spawn<Counter>({.name = "unlucky"});
    EXPECT_EQ(counter.ask(Crash{}, long_enough).status(), SABIR_E_CRASHED);
    wait_until_dead(counter);
  }
  ASSERT_EQ(lines->size(), 1U);
  EXPECT_TRUE(lines->front().starts_with("logged/unlucky: ")) << lines->front();
  EXPECT_NE(lines->front().find("the counter was told to crash"), std::string::npos) << lines->front();
  EXPECT_EQ(lines.use_count(), 1) << "the sink is destroyed";
}

TEST(System, CountsWhatItDoes) {
  Quiet system;
  auto counter = system.spawn<Counter>();
  for (int i = 0; i < 10; ++i) counter.send(Add{1});
  EXPECT_EQ(counter.ask(Get{}, long_enough).value(), 10U);
  EXPECT_TRUE(system.shutdown(long_enough).empty());
  const sabir_counters counters = system.counters();
  EXPECT_EQ(counters.spawned, 1U);
  EXPECT_EQ(counters.exited, 1U);
  EXPECT_EQ(counters.crashed, 0U);
  EXPECT_EQ(counters.sent, counters.handled + counters.dead_letters);
  EXPECT_THROW(system.spawn<Counter>(), sabir::error);
}

struct Wait {};

TEST(System, ReportsSurvivorsOfAShutdown) {
  auto entered = std::make_shared<std::promise<void>>();
  auto leave = std::make_shared<std::promise<void>>();
  auto left = std::make_shared<std::promise<void>>();
  std::shared_future<void> leaving = leave->get_future().share();
  {
    sabir::system system({.workers = 1});
    system.set_log_level(SABIR_LOG_OFF);
    auto stuck = system.spawn({.name = "stuck"}, [entered, leaving, left](sabir::context &, Wait) {
      entered->set_value();
      leaving.wait();
      left->set_value();
    });
    stuck.send(Wait{});
    get(entered->get_future());
    std::vector<sabir::survivor> survivors = system.shutdown(1ms);
    ASSERT_EQ(survivors.size(), 1U);
    EXPECT_EQ(survivors[0].pid, stuck.pid());
    EXPECT_EQ(survivors[0].name, "stuck");
    EXPECT_EQ(survivors[0].message_type, sabir::type_id<Wait>);
    EXPECT_GT(survivors[0].handler_time.count(), 0);
  }
  leave->set_value();
  get(left->get_future());
}

TEST(System, DestroyedInAHandlerShutsDownBehind) {
  auto inner = std::make_shared<sabir::system>(sabir::system_options{.workers = 1});
  inner->set_log_level(SABIR_LOG_OFF);
  auto held = std::make_shared<int>(1);
  auto idle = inner->spawn([held](sabir::context &, Add) {});
  auto last = inner->spawn([owner = std::move(inner)](sabir::context &, Add) mutable { owner.reset(); });
  last.send(Add{});
  const auto deadline = std::chrono::steady_clock::now() + long_enough;
  while (held.use_count() != 1 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(held.use_count(), 1) << "the other actor was stopped";
  EXPECT_FALSE(idle.alive());
}

TEST(System, SeveralLiveSideBySide) {
  Quiet first, second;
  auto counter = first.spawn<Counter>();
  sabir::ref<Counter> foreign(second.handle(), counter.pid());
  EXPECT_EQ(foreign.try_send(Add{1}), SABIR_E_FOREIGN);
}

}  // namespace
}  // namespace sabir_test
