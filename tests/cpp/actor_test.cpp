// The lives of actors: construction, destruction, crashes, lambdas, messages of other kinds.
//
// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

namespace sabir_test {
namespace {

struct Name {
  using reply = std::string;
};

TEST(Actor, IsBuiltFromItsArguments) {
  class Greeter : public sabir::actor<Name> {
   public:
    Greeter(sabir::context &context, std::string first, std::unique_ptr<std::string> second)
        : text_(first + *second + (context.self() != 0 ? "!" : "?")) {}
    std::string receive(sabir::context &, Name) { return text_; }

   private:
    std::string text_;
  };
  Quiet system;
  auto greeter = system.spawn<Greeter>({.name = "greeter"}, "hello ", std::make_unique<std::string>("world"));
  EXPECT_EQ(greeter.ask(Name{}, long_enough).value(), "hello world!");
}

TEST(Actor, ArgumentsAreGivenBackWhereNothingWasSpawned) {
  struct Holder : sabir::actor<> {
    explicit Holder(std::shared_ptr<int> given) : memory(std::move(given)) {}
    std::shared_ptr<int> memory;
  };
  auto memory = std::make_shared<int>(1);
  sabir::system system;
  (void)system.shutdown(long_enough);
  EXPECT_THROW(system.spawn<Holder>(memory), sabir::error);
  EXPECT_EQ(memory.use_count(), 1);
}

TEST(Actor, IsDestroyedOnceAfterStop) {
  struct Log {
    std::string text;
    std::int32_t reason = -1;
  };
  class Mortal : public sabir::actor<> {
   public:
    explicit Mortal(std::shared_ptr<Log> log) : log_(std::move(log)) { log_->text += "built "; }
    ~Mortal() { log_->text += "destroyed"; }
    Mortal(const Mortal &) = delete;
    Mortal &operator=(const Mortal &) = delete;
    void stop(sabir::context &, const sabir::exit_reason &reason) {
      log_->text += "stopped ";
      log_->reason = reason.reason();
    }

   private:
    std::shared_ptr<Log> log_;
  };
  auto log = std::make_shared<Log>();
  {
    Quiet system;
    auto mortal = system.spawn<Mortal>(log);
    mortal.drain();
    wait_until_dead(mortal);  // else the shutdown may come before its start
  }
  EXPECT_EQ(log->text, "built stopped destroyed");
  EXPECT_EQ(log->reason, SABIR_EXIT_NORMAL);
  EXPECT_EQ(log.use_count(), 1) << "the arguments are gone too";
}

TEST(Actor, StateDiesWithACrash) {
  auto memory = std::make_shared<int>(1);
  Quiet system;
  auto crashing = system.spawn([memory](sabir::context &, Crash) { throw std::logic_error("crash"); });
  EXPECT_EQ(crashing.ask(Crash{}, long_enough).status(), SABIR_E_CRASHED);
  wait_until_dead(crashing);
  (void)system.shutdown(long_enough);
  EXPECT_EQ(memory.use_count(), 1);
}

TEST(Actor, FailedConstructionIsAFailedStart) {
  struct Stillborn : sabir::actor<Name> {
    Stillborn() { throw std::runtime_error("never"); }
    std::string receive(sabir::context &, Name) { return {}; }
  };
  Quiet system;
  auto nobody = system.spawn<Stillborn>();
  EXPECT_FALSE(nobody.ask(Name{}, long_enough));
  wait_until_dead(nobody);
}

TEST(Actor, ExceptionsOfAnyKindAreCrashesWithTheirText) {
  struct Throw {
    using reply = void;
    int what;
  };
  Quiet system;
  auto exit_of = [&system](int what) {
    auto thrower = system.spawn([](sabir::context &context, Throw message) {
      switch (message.what) {
        case 0: throw 42;
        case 1: throw sabir::error(SABIR_E_MAILBOX_FULL, "of somebody else");
        case 2: throw sabir::error(SABIR_E_UNHANDLED, "of somebody else");
        case 3: context.fail(77, "own words", "own detail");
        default: throw std::out_of_range("ranged");
      }
    });
    auto end = thrower.ask(Throw{what}, long_enough);
    EXPECT_EQ(end.status(), SABIR_E_CRASHED);
    return end.error().exit;
  };
  EXPECT_EQ(exit_of(0).message(), "an exception that is not a std::exception");
  EXPECT_EQ(exit_of(0).detail(), "int");
  EXPECT_EQ(exit_of(1).status(), SABIR_E_MAILBOX_FULL);
  EXPECT_EQ(exit_of(1).message(), "SABIR_E_MAILBOX_FULL: of somebody else");
  EXPECT_EQ(exit_of(2).status(), SABIR_E_EXCEPTION) << "an ask that nobody handled is no message that this actor does not handle";
  EXPECT_EQ(exit_of(3).status(), 77);
  EXPECT_EQ(exit_of(3).message(), "own words");
  EXPECT_EQ(exit_of(3).detail(), "own detail");
  EXPECT_EQ(exit_of(4).message(), "ranged");
  EXPECT_EQ(exit_of(4).detail(), "std::out_of_range");
}

TEST(Actor, LambdasKeepTheirState) {
  Quiet system;
  auto counter = system.spawn(sabir::handlers{[](sabir::context &, const Name &) { return std::string("lambda"); },
                                              [total = std::uint64_t{0}](sabir::context &, Get) mutable { return ++total; }});
  EXPECT_EQ(counter.ask(Get{}, long_enough).value(), 1U);
  EXPECT_EQ(counter.ask(Get{}, long_enough).value(), 2U);
  EXPECT_EQ(counter.ask(Name{}, long_enough).value(), "lambda");
}

std::uint64_t always_seven(sabir::context &, Get) { return 7; }

TEST(Actor, FunctionsAreActorsToo) {
  Quiet system;
  EXPECT_EQ(system.spawn({.name = "seven"}, &always_seven).ask(Get{}, long_enough).value(), 7U);
}

TEST(Actor, UnknownAndMalformedMessagesAreDeadLettersNotCrashes) {
  Quiet system;
  auto counter = system.spawn<Counter>();
  std::array<std::byte, 3> bytes{};
  ASSERT_EQ(system.try_send(counter.pid(), sabir::message::copy(12345, bytes)), SABIR_OK);
  ASSERT_EQ(system.try_send(counter.pid(), sabir::message::copy(sabir::type_id<Add>, bytes)), SABIR_OK);
  EXPECT_EQ(counter.ask(Get{}, long_enough).value(), 0U);
  EXPECT_EQ(system.dead_letter_count(SABIR_CAUSE_UNHANDLED), 2U);
  auto end = system.ask(counter.pid(), sabir::message::copy(12345, bytes), long_enough);
  EXPECT_EQ(end.status(), SABIR_E_UNHANDLED);
}

// Takes everything as it is; keeps some messages, and forwards others.
class Raw : public sabir::actor<Get> {
 public:
  explicit Raw(sabir::ref<Counter> to) : to_(to) {}
  std::uint64_t receive(sabir::context &, Get) { return kept_.size(); }
  void receive(sabir::context &context, sabir::message &message) {
    if (message.type() == sabir::type_id<Crash>) {
      sabir::message moved = std::move(message);
      throw std::runtime_error("with a message in hand");
    }
    if (message.type() == sabir::type_id<Add>) {
      if (context.try_send(to_.pid(), std::move(message)) != SABIR_OK) context.fail(1, "not forwarded");
    } else {
      kept_.push_back(std::move(message));
    }
  }

 private:
  sabir::ref<Counter> to_;
  std::vector<sabir::message> kept_;
};

TEST(Actor, TakesOtherMessagesAsTheyAre) {
  Quiet system;
  auto counter = system.spawn<Counter>();
  auto raw = system.spawn<Raw>(counter);
  ASSERT_EQ(system.try_send(raw.pid(), sabir::message::of(Add{6})), SABIR_OK);
  ASSERT_EQ(system.try_send(raw.pid(), sabir::message::of(std::string("kept"))), SABIR_OK);
  EXPECT_EQ(raw.ask(Get{}, long_enough).value(), 1U);
  EXPECT_EQ(counter.ask(Get{}, long_enough).value(), 6U);
}

TEST(Actor, CrashesWithAMovedMessageInHand) {
  Quiet system;
  auto raw = system.spawn<Raw>(sabir::ref<Counter>());
  EXPECT_FALSE(system.ask(raw.pid(), sabir::message::of(Crash{}), long_enough).has_value());
  wait_until_dead(raw);
}

TEST(Actor, MessageMovedIntoALocalIsGoneAfterTheHandler) {
  struct Eater : sabir::actor<Get> {
    std::uint64_t receive(sabir::context &, Get) { return eaten; }
    void receive(sabir::context &, sabir::message &message) {
      sabir::message mine = std::move(message);
      eaten += mine.bytes().size();
    }
    std::uint64_t eaten = 0;
  };
  Quiet system;
  int released = 0;
  std::array<std::byte, 5> memory{};
  auto eater = system.spawn<Eater>();
  ASSERT_EQ(system.try_send(eater.pid(), sabir::message::wrap(77, memory, [&released] { ++released; })), SABIR_OK);
  EXPECT_EQ(eater.ask(Get{}, long_enough).value(), 5U);
  (void)system.shutdown(long_enough);
  EXPECT_EQ(released, 1);
}

TEST(Actor, ThatStopsItselfEndsNormally) {
  struct Quitter : sabir::actor<Name> {
    std::string receive(sabir::context &context, Name) {
      context.stop();
      return "last words";
    }
  };
  Quiet system;
  auto quitter = system.spawn<Quitter>();
  EXPECT_EQ(quitter.ask(Name{}, long_enough).value(), "last words");
  wait_until_dead(quitter);
  EXPECT_EQ(system.counters().crashed, 0U);
}

}  // namespace
}  // namespace sabir_test
