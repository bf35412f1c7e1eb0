// Modes: context::become and unbecome.
//
// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

namespace sabir_test {
namespace {

struct Lock {};
struct Unlock {};
struct Enter {
  using reply = std::string;
};
struct Deeper {
  using reply = int;
};

class Door : public sabir::actor<Lock, Unlock, Enter, Deeper, Crash> {
 public:
  struct Locked {
    static void receive(Door &door, sabir::context &context, Unlock) {
      ++door.unlocked_;
      EXPECT_TRUE(context.unbecome());
      context.unstash();
    }
    static sabir::deferred receive(Door &, sabir::context &context, Enter) {
      context.stash();
      return {};
    }
    static int receive(Door &, sabir::context &context, Deeper) {
      int depth = 1;
      try {
        for (;; ++depth) context.become<Locked>(door_of(context));
      } catch (const sabir::error &full) {
        EXPECT_EQ(full.status(), SABIR_E_LIMIT);
      }
      return depth;
    }
    static void receive(Door &, sabir::context &, Crash) { throw std::runtime_error("the lock is broken"); }
  };
  struct Haunted {
    static std::string receive(Door &, sabir::context &, Enter) { return "boo"; }
    static void receive(Door &door, sabir::context &, const sabir::down &) { ++door.downs_; }
    static void receive(Door &, sabir::context &context, sabir::message &other) {
      EXPECT_EQ(other.type(), sabir::type_id<Unlock>);
      EXPECT_TRUE(context.unbecome());
    }
  };

  void receive(sabir::context &context, Lock) { context.become<Locked>(*this); }
  void receive(sabir::context &context, Unlock) {
    EXPECT_FALSE(context.unbecome()) << "it is in no mode";
    context.become<Haunted>(*this);
  }
  std::string receive(sabir::context &, Enter) { return "welcome " + std::to_string(unlocked_); }
  int receive(sabir::context &, Deeper) { return 0; }
  void receive(sabir::context &, Crash) {}

 private:
  static Door &door_of(sabir::context &context) { return *reinterpret_cast<Door *>(sabir_context_state(context.handle())); }
  int unlocked_ = 0;
  int downs_ = 0;
};

TEST(Become, HandlesMessagesAsTheModeDoes) {
  Quiet system;
  auto door = system.spawn<Door>();
  EXPECT_EQ(door.ask(Enter{}, long_enough).value(), "welcome 0");
  door.send(Lock{});
  std::promise<std::string> entered;
  door.ask(Enter{}).then([&entered](sabir::result<std::string> said) { entered.set_value(said.value()); });
  door.send(Unlock{});
  EXPECT_EQ(get(entered.get_future()), "welcome 1") << "it was stashed meanwhile, and has the actor's members";
  door.send(Unlock{});
  EXPECT_EQ(door.ask(Enter{}, long_enough).value(), "boo");
  door.send(Unlock{});   // by the mode's receive for all other messages
  EXPECT_EQ(door.ask(Enter{}, long_enough).value(), "welcome 1");
}

TEST(Become, LeavesTheOthersUnhandled) {
  Quiet system;
  auto door = system.spawn<Door>();
  door.send(Lock{});
  door.send(Lock{});
  EXPECT_EQ(door.ask(Deeper{}, long_enough).value(), 256);
  EXPECT_EQ(system.dead_letter_count(SABIR_CAUSE_UNHANDLED), 1U) << "a door that is locked knows no Lock";
}

TEST(Become, EndsWithTheIncarnation) {
  Quiet system;
  auto door = system.supervise<Door>();
  door.send(Lock{});
  EXPECT_EQ(door.ask(Crash{}, long_enough).status(), SABIR_E_CRASHED);
  EXPECT_EQ(door.ask(Enter{}, long_enough).value(), "welcome 0");
}

// What comes from the engine reaches the mode if it has a receive for it, and else the actor; ends of asks come as ever.
class Watcher : public sabir::actor<Add, Get> {
 public:
  struct Deaf {
    static std::uint64_t receive(Watcher &self, sabir::context &, Get) { return self.heard_; }
  };
  struct Keen {
    static std::uint64_t receive(Watcher &self, sabir::context &, Get) { return self.heard_; }
    static void receive(Watcher &self, sabir::context &, const sabir::down &) { self.heard_ += 1000; }
  };
  explicit Watcher(sabir::ref<Counter> watched) : watched_(watched) {}
  void receive(sabir::context &context, Add message) {
    context.monitor(watched_);
    context.ask(watched_, Get{}, [this](sabir::context &, sabir::result<std::uint64_t> total) { heard_ += total.value(); });
    message.amount == 1 ? context.become<Deaf>(*this) : context.become<Keen>(*this);
  }
  std::uint64_t receive(sabir::context &, Get) { return 0; }
  void receive(sabir::context &, const sabir::down &) { heard_ += 100; }

 private:
  sabir::ref<Counter> watched_;
  std::uint64_t heard_ = 0;
};

TEST(Become, LetsNoticesAndAnswersThrough) {
  Quiet system;
  for (std::uint64_t which : {1U, 2U}) {
    auto counter = system.spawn<Counter>(7U);
    auto watcher = system.spawn<Watcher>(counter);
    watcher.send(Add{which});
    const auto deadline = std::chrono::steady_clock::now() + long_enough;
    const auto becomes = [&](std::uint64_t heard) {
      while (watcher.ask(Get{}, long_enough).value() != heard && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
      return watcher.ask(Get{}, long_enough).value() == heard;
    };
    EXPECT_TRUE(becomes(7U));
    counter.stop();
    EXPECT_TRUE(becomes(which == 1 ? 107U : 1007U));
  }
}

// An object that is not this actor's own.
class Confused : public sabir::actor<Get> {
 public:
  struct Mode {
    static std::uint64_t receive(Confused &, sabir::context &, Get) { return 2; }
  };
  std::uint64_t receive(sabir::context &context, Get) {
    Confused other;
    try {
      context.become<Mode>(other);
    } catch (const sabir::error &refused) {
      EXPECT_EQ(refused.status(), SABIR_E_INVALID);
    }
    return 1;
  }
};

TEST(Become, IsForTheActorItself) {
  Quiet system;
  auto confused = system.spawn<Confused>();
  EXPECT_EQ(confused.ask(Get{}, long_enough).value(), 1U);
  EXPECT_EQ(confused.ask(Get{}, long_enough).value(), 1U);
}

}  // namespace
}  // namespace sabir_test
