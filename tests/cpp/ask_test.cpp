// Asks from threads: blocking, with a callback, in coroutines.
//
// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

#include <cinttypes>
#include <cstdio>

namespace sabir_test {
namespace {

struct Question {
  using reply = std::string;
  int number;
};
struct Silent {
  using reply = int;
};

// Answers some questions in each possible way.
class Oracle : public sabir::actor<Question, Silent> {
 public:
  sabir::result<std::string> receive(sabir::context &, Question question) {
    if (question.number < 0) return sabir::failure{.status = 44, .text = "no negative questions"};
    return "the answer to " + std::to_string(question.number);
  }
  // Answers the one before when the next one comes.
  sabir::deferred receive(sabir::context &context, Silent) {
    if (waiting_) waiting_.reply(++answered_);
    waiting_ = context.defer<Silent>();
    return {};
  }

 private:
  int answered_ = 0;
  sabir::answer<int> waiting_;
};

TEST(Ask, GivesTheReplyOrTheFailureThatTheActorAnswers) {
  Quiet system;
  auto oracle = system.spawn<Oracle>();
  EXPECT_EQ(oracle.ask(Question{42}, long_enough).value(), "the answer to 42");
  auto refused = oracle.ask(Question{-1}, long_enough);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.status(), 44);
  EXPECT_EQ(refused.error().text, "no negative questions");
  EXPECT_TRUE(oracle.alive());
}

TEST(Ask, OfACrashingActorGivesItsExit) {
  Quiet system;
  auto counter = system.spawn<Counter>();
  sabir::result<void> crashed = counter.ask(Crash{}, long_enough);
  ASSERT_FALSE(crashed);
  EXPECT_EQ(crashed.status(), SABIR_E_CRASHED);
  ASSERT_TRUE(crashed.error().exit);
  EXPECT_EQ(crashed.error().exit.message(), "the counter was told to crash");
  EXPECT_EQ(crashed.error().exit.detail(), "std::runtime_error");
  EXPECT_EQ(crashed.error().exit.status(), SABIR_E_EXCEPTION);
  EXPECT_EQ(crashed.error().exit.reason(), SABIR_EXIT_CRASHED);
  EXPECT_EQ(crashed.error().exit.pid(), counter.pid());
  try {
    crashed.value();
    FAIL() << "gave a value";
  } catch (const sabir::error &thrown) {
    EXPECT_EQ(thrown.exit().message(), "the counter was told to crash");
  }
  wait_until_dead(counter);
}

TEST(Ask, TimesOut) {
  Quiet system;
  auto oracle = system.spawn<Oracle>();
  EXPECT_EQ(oracle.ask(Silent{}, 1ms).status(), SABIR_E_TIMEOUT);
  EXPECT_EQ(oracle.ask(Silent{}, -1s).status(), SABIR_E_TIMEOUT) << "the past is no default";
}

TEST(Ask, UsesTheSystemsTimeoutByDefault) {
  Quiet system({.workers = 1, .ask_timeout = 1ms});
  EXPECT_EQ(system.spawn<Oracle>().ask(Silent{}).wait().status(), SABIR_E_TIMEOUT);
}

TEST(Ask, DeferredAnswersArriveLater) {
  std::promise<sabir::result<int>> first;
  Quiet system;
  auto oracle = system.spawn<Oracle>();
  oracle.ask(Silent{}).timeout(sabir::forever).then([&first](sabir::result<int> end) { first.set_value(std::move(end)); });
  oracle.send(Silent{});  // no ask: answers the first, and leaves nothing to answer
  EXPECT_EQ(get(first.get_future()).value(), 1);
}

TEST(Ask, DeferredAnswersThatAreDroppedEndTheAsk) {
  std::promise<sabir_status> end;
  Quiet system;
  auto oracle = system.spawn<Oracle>();
  oracle.ask(Silent{}).timeout(sabir::forever).then([&end](sabir::result<int> result) { end.set_value(result.status()); });
  oracle.drain();
  EXPECT_EQ(get(end.get_future()), SABIR_E_UNANSWERED);
}

TEST(Ask, ThenRunsOnceAlsoForAFailure) {
  std::promise<std::uint64_t> total;
  std::promise<sabir_status> status;
  Quiet system;
  auto counter = system.spawn<Counter>(5U);
  counter.ask(Get{}).then([&total](sabir::result<std::uint64_t> result) { total.set_value(result.value()); });
  EXPECT_EQ(get(total.get_future()), 5U);

  counter.ask(Crash{}).then([&status](sabir::result<void> result) { status.set_value(result.status()); });
  EXPECT_EQ(get(status.get_future()), SABIR_E_CRASHED);

  wait_until_dead(counter);
  bool ran = false;
  EXPECT_THROW(counter.ask(Get{}).then([&ran](sabir::result<std::uint64_t>) { ran = true; }), sabir::error);
  EXPECT_FALSE(ran) << "then does not run where nothing was sent";
}

sabir::detached add_up(sabir::ref<Counter> first, sabir::ref<Counter> second, std::promise<std::uint64_t> &sum) {
  std::uint64_t total = co_await first.ask(Get{});
  total += co_await second.ask(Get{}).timeout(long_enough);
  sum.set_value(total);
}

TEST(Ask, CoAwaitGivesTheReply) {
  std::promise<std::uint64_t> sum;
  Quiet system;
  add_up(system.spawn<Counter>(30U), system.spawn<Counter>(12U), sum);
  EXPECT_EQ(get(sum.get_future()), 42U);
}

sabir::detached end_of_crash(sabir::ref<Counter> counter, std::promise<std::string> &text) {
  try {
    co_await counter.ask(Crash{});
    text.set_value("no failure");
  } catch (const sabir::error &thrown) {
    text.set_value(std::string(thrown.exit().message()));
  }
}

TEST(Ask, CoAwaitThrowsTheFailure) {
  std::promise<std::string> text;
  Quiet system;
  end_of_crash(system.spawn<Counter>(), text);
  EXPECT_EQ(get(text.get_future()), "the counter was told to crash");
}

sabir::detached ask_the_dead(sabir::ref<Counter> counter, std::promise<sabir_status> &status) {
  status.set_value((co_await counter.ask(Get{}).as_result()).status());
}

TEST(Ask, CoAwaitOfWhatCannotBeSentGoesOnAtOnce) {
  std::promise<sabir_status> status;
  Quiet system;
  auto counter = system.spawn<Counter>();
  counter.kill();
  wait_until_dead(counter);
  ask_the_dead(counter, status);
  EXPECT_EQ(get(status.get_future()), SABIR_E_DEAD);
}

sabir::detached count_to(sabir::ref<Counter> counter, int limit, std::promise<std::uint64_t> &total) {
  std::uint64_t sum = 0;
  for (int i = 0; i < limit; ++i) sum += co_await counter.ask(Get{});
  total.set_value(sum);
}

TEST(Ask, CoroutinesAskManyTimes) {
  std::promise<std::uint64_t> total;
  Quiet system;
  count_to(system.spawn<Counter>(1U), 2000, total);
  EXPECT_EQ(get(total.get_future()), 2000U);
}

TEST(Ask, OnAWorkerWouldDeadlock) {
  Quiet system;
  auto counter = system.spawn<Counter>();
  auto asker = system.spawn([counter](sabir::context &, Question) { return std::to_string(counter.ask(Get{}, long_enough).status()); });
  EXPECT_EQ(asker.ask(Question{0}, long_enough).value(), std::to_string(SABIR_E_WOULD_DEADLOCK));
}

TEST(Ask, OnAThreadsExecutorMayWait) {
  Quiet system;
  const sabir::executor blocking(system, {.kind = sabir::executor_kind::threads});
  auto counter = system.spawn<Counter>(7U);
  auto asker = system.spawn({.executor = &blocking},
                            [counter](sabir::context &, Question) { return std::to_string(counter.ask(Get{}, long_enough).value()); });
  EXPECT_EQ(asker.ask(Question{0}, long_enough).value(), "7");
}

class Narcissus : public sabir::actor<Question> {
 public:
  std::string receive(sabir::context &context, Question) {
    const auto answer = context.self(*this).ask(Question{0}, long_enough);
    return answer ? "an answer" : std::to_string(answer.status()) + " " + answer.error().text;
  }
};

TEST(Ask, OfItselfTellsTheChain) {
  Quiet system;
  const sabir::executor blocking(system, {.kind = sabir::executor_kind::threads, .workers = 2});
  auto asker = system.spawn<Narcissus>({.name = "narcissus", .executor = &blocking});
  char pid[17];
  std::snprintf(pid, sizeof pid, "%" PRIx64, asker.pid());  // as the logs have it
  const std::string name = std::string(pid) + " 'narcissus'";
  const std::string said = asker.ask(Question{0}, long_enough).value();
  EXPECT_EQ(said.find(std::to_string(SABIR_E_WOULD_DEADLOCK)), 0U) << said;
  EXPECT_NE(said.find(name + " -> " + name), std::string::npos) << said;
}

}  // namespace
}  // namespace sabir_test
