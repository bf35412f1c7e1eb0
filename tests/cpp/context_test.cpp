// What actors do from inside their handlers: spawn, send, ask, answer.
//
// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

namespace sabir_test {
namespace {

struct Go {
  using reply = std::uint64_t;
};
struct Self {
  using reply = sabir_pid;
};

// Asks a counter in the course of answering: the answer is deferred.
class Proxy : public sabir::actor<Go> {
 public:
  explicit Proxy(sabir::ref<Counter> counter) : counter_(counter) {}
  sabir::deferred receive(sabir::context &context, Go) {
    waiting_.push_back(context.defer<Go>());
    context.ask(counter_, Get{}, long_enough, [this](sabir::context &, sabir::result<std::uint64_t> total) {
      if (total)
        waiting_.front().reply(*total);
      else
        waiting_.front().fail(total.status(), total.error().text);
      waiting_.erase(waiting_.begin());
    });
    return {};
  }

 private:
  sabir::ref<Counter> counter_;
  std::vector<sabir::answer<std::uint64_t>> waiting_;
};

TEST(Context, AsksAndGoesOnWithTheAnswer) {
  Quiet system;
  auto counter = system.spawn<Counter>(9U);
  auto proxy = system.spawn<Proxy>(counter);
  EXPECT_EQ(proxy.ask(Go{}, long_enough).value(), 9U);
  counter.send(Add{1});
  EXPECT_EQ(proxy.ask(Go{}, long_enough).value(), 10U);
}

TEST(Context, ManyAsksFindEachItsOwnContinuation) {
  class Many : public sabir::actor<Go> {
   public:
    explicit Many(sabir::ref<Counter> counter) : counter_(counter) {}
    sabir::deferred receive(sabir::context &context, Go) {
      duty_ = context.defer<Go>();
      for (std::uint64_t i = 0; i < 1000; ++i) {
        context.send(counter_, Add{1});
        context.ask(counter_, Get{}, long_enough, [this, i](sabir::context &, sabir::result<std::uint64_t> total) {
          if (total.value() == i + 1) ++right_;
          if (i == 999) duty_.reply(right_);
        });
      }
      return {};
    }

   private:
    sabir::ref<Counter> counter_;
    std::uint64_t right_ = 0;
    sabir::answer<std::uint64_t> duty_;
  };
  Quiet system;
  EXPECT_EQ(system.spawn<Many>(system.spawn<Counter>()).ask(Go{}, long_enough).value(), 1000U);
}

TEST(Context, HearsOfACrashAndSpawnsAnother) {
  class Keeper : public sabir::actor<Go> {
   public:
    sabir::deferred receive(sabir::context &context, Go) {
      duty_ = context.defer<Go>();
      auto child = context.spawn<Counter>({.name = "first"}, 1U);
      context.ask(child, Crash{}, long_enough, [this](sabir::context &later, sabir::result<void> end) {
        if (end.status() != SABIR_E_CRASHED || end.error().exit.message() != "the counter was told to crash") {
          duty_.fail(1, end.error().describe());
          return;
        }
        auto second = later.spawn<Counter>(2U);
        later.ask(second, Get{}, [this](sabir::context &, sabir::result<std::uint64_t> total) { duty_.reply(total.value()); });
      });
      return {};
    }

   private:
    sabir::answer<std::uint64_t> duty_;
  };
  Quiet system;
  EXPECT_EQ(system.spawn<Keeper>().ask(Go{}, long_enough).value(), 2U);
}

TEST(Context, ADutyOutlivesAReplyThatFails) {
  struct Read {
    using reply = std::string;
  };
  class Reader : public sabir::actor<Read> {
   public:
    sabir::deferred receive(sabir::context &context, Read) {
      auto duty = context.defer<Read>();
      try {
        duty.reply(std::string(5000, 'x'));
      } catch (const sabir::error &error) {
        if (duty) duty.fail(17, sabir_status_name(error.status()));
      }
      if (duty) duty.fail(18, "answered twice");
      return {};
    }
  };
  sabir::system_options options;
  options.message_size_limit = 4096;
  sabir::system system(options);
  const auto result = system.spawn<Reader>().ask(Read{}, long_enough);
  ASSERT_EQ(result.status(), 17);
  EXPECT_EQ(result.error().text, "SABIR_E_TOO_BIG");
}

TEST(Context, ExceptionsOfContinuationsAreCrashes) {
  Quiet system;
  auto counter = system.spawn<Counter>();
  auto asker = system.spawn([counter](sabir::context &context, Go) -> sabir::deferred {
    context.ask(counter, Get{}, [duty = context.defer<Go>()](sabir::context &, sabir::result<std::uint64_t>) {
      throw std::runtime_error("in the continuation");
    });
    return {};
  });
  EXPECT_EQ(asker.ask(Go{}, long_enough).status(), SABIR_E_UNANSWERED) << "the duty dies with the continuation";
  wait_until_dead(asker);
  EXPECT_TRUE(counter.alive());
}

TEST(Context, AskThatCannotBeSentThrows) {
  Quiet system;
  auto dead = system.spawn<Counter>();
  dead.kill();
  wait_until_dead(dead);
  auto asker = system.spawn([dead](sabir::context &context, Go) -> std::uint64_t {
    try {
      context.ask(dead, Get{}, [](sabir::context &, sabir::result<std::uint64_t>) {});
    } catch (const sabir::error &thrown) {
      return thrown.status() == SABIR_E_DEAD ? 1 : 0;
    }
    return 2;
  });
  EXPECT_EQ(asker.ask(Go{}, long_enough).value(), 1U);
}

TEST(Context, MayBeUsedInTheConstructor) {
  class Early : public sabir::actor<Go> {
   public:
    explicit Early(sabir::context &context) {
      auto counter = context.spawn<Counter>(21U);
      context.ask(counter, Get{}, [this](sabir::context &, sabir::result<std::uint64_t> total) {
        total_ = total.value();
        if (duty_) duty_.reply(total_);
      });
    }
    sabir::deferred receive(sabir::context &context, Go) {
      duty_ = context.defer<Go>();
      if (total_ != 0) duty_.reply(total_);
      return {};
    }

   private:
    std::uint64_t total_ = 0;
    sabir::answer<std::uint64_t> duty_;
  };
  Quiet system;
  EXPECT_EQ(system.spawn<Early>().ask(Go{}, long_enough).value(), 21U);
}

TEST(Context, KnowsItselfAndTheSender) {
  struct Echo : sabir::actor<Self> {
    sabir_pid receive(sabir::context &context, Self) { return context.self(*this).pid() == context.self() ? context.sender() : 0; }
  };
  struct Forwarder : sabir::actor<Self> {
    explicit Forwarder(sabir::ref<Echo> given) : echo(given) {}
    sabir::deferred receive(sabir::context &context, Self) {
      duty = context.defer<Self>();
      context.ask(echo, Self{}, [this](sabir::context &, sabir::result<sabir_pid> sender) { duty.reply(sender.value()); });
      return {};
    }
    sabir::ref<Echo> echo;
    sabir::answer<sabir_pid> duty;
  };
  Quiet system;
  auto echo = system.spawn<Echo>();
  auto forwarder = system.spawn<Forwarder>(echo);
  EXPECT_EQ(forwarder.ask(Self{}, long_enough).value(), forwarder.pid());
  EXPECT_EQ(echo.ask(Self{}, long_enough).value(), 0U) << "a thread is no sender";
}

TEST(Context, AnswersBeforeTheHandlerReturns) {
  Quiet system;
  auto quick = system.spawn([](sabir::context &context, Go) -> sabir::deferred {
    EXPECT_TRUE(context.reply(std::uint64_t{8}));
    EXPECT_FALSE(context.reply(std::uint64_t{9})) << "an ask is answered once";
    EXPECT_FALSE(context.reply_error(3, "late"));
    return {};
  });
  EXPECT_EQ(quick.ask(Go{}, long_enough).value(), 8U);
  auto refusing = system.spawn([](sabir::context &context, Go) -> sabir::deferred {
    context.reply_error(3, "refused");
    return {};
  });
  auto end = refusing.ask(Go{}, long_enough);
  EXPECT_EQ(end.status(), 3);
  EXPECT_EQ(end.error().text, "refused");
}

TEST(Context, RepliesToAMereSendAreDropped) {
  Quiet system;
  auto counter = system.spawn<Counter>(3U);
  counter.send(Get{});
  EXPECT_EQ(counter.ask(Get{}, long_enough).value(), 3U);
  EXPECT_TRUE(counter.alive());
}

TEST(Context, MutedSendersLoseNothing) {
  constexpr std::uint64_t count = 20000;
  class Producer : public sabir::actor<Go> {
   public:
    explicit Producer(sabir::ref<Counter> to) : to_(to) {}
    sabir::deferred receive(sabir::context &context, Go) {
      if (!duty_) duty_ = context.defer<Go>();
      context.send(to_, Add{1});
      if (++sent_ == count)
        duty_.reply(sent_);
      else
        context.send(context.self(*this), Go{});
      return {};
    }

   private:
    sabir::ref<Counter> to_;
    std::uint64_t sent_ = 0;
    sabir::answer<std::uint64_t> duty_;
  };
  Quiet system;
  auto counter = system.spawn<Counter>({.mailbox = {.capacity = 4, .overflow = sabir::overflow::block}});
  EXPECT_EQ(system.spawn<Producer>(counter).ask(Go{}, long_enough).value(), count);
  EXPECT_EQ(counter.ask(Get{}, long_enough).value(), count);
}

}  // namespace
}  // namespace sabir_test
