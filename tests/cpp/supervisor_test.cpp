// Supervised actors: how they are built, restarted and ended, groups of them, and requests from inside handlers.
//
// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>

#include "support.hpp"

namespace sabir_test {
namespace {

struct Who {
  using reply = std::string;
};
struct Die {};

// Takes what it was built from, spoils its copy, and crashes when told to.
class Named : public sabir::actor<Who, Crash, Die> {
 public:
  Named(sabir::context &, std::string name, int number) : name_(std::move(name)), number_(number) {}
  std::string receive(sabir::context &, Who) { return name_ + std::to_string(number_++); }
  void receive(sabir::context &, Crash) { throw std::runtime_error("told to"); }
  void receive(sabir::context &context, Die) { context.stop(); }

 private:
  std::string name_;
  int number_;
};

// The child with this id; fails the test if there is none.
sabir::child_info child(const sabir::any_supervisor &group, std::string_view id) {
  for (sabir::child_info &info : group.children())
    if (info.id == id) return info;
  ADD_FAILURE() << "no child '" << id << "'";
  return {};
}

// Asks until a child is as it should be, which it becomes by itself.
template <class Is>
void wait_until(const sabir::any_supervisor &group, std::string_view id, Is &&is) {
  const auto deadline = std::chrono::steady_clock::now() + long_enough;
  while (!is(child(group, id)) && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_TRUE(is(child(group, id)));
}

TEST(Supervisor, RestartsInPlaceFromTheArgumentsAsTheyWereGiven) {
  Quiet system;
  auto named = system.supervise<Named>({.restart = sabir::permanent}, "dalia ", 1);
  const sabir_pid pid = named.pid();
  EXPECT_EQ(named.ask(Who{}, long_enough).value(), "dalia 1");
  EXPECT_EQ(named.ask(Who{}, long_enough).value(), "dalia 2");
  sabir::result<void> crashed = named.ask(Crash{}, long_enough);
  EXPECT_EQ(crashed.status(), SABIR_E_CRASHED);
  EXPECT_EQ(crashed.error().exit.message(), "told to");
  EXPECT_TRUE(crashed.error().exit.abnormal());
  EXPECT_EQ(named.ask(Who{}, long_enough).value(), "dalia 1") << "copied into each incarnation, not moved";
  EXPECT_EQ(named.pid(), pid);
  EXPECT_TRUE(named.alive());
  EXPECT_EQ(system.counters().restarted, 1U);
}

TEST(Supervisor, HandlesWhatWasQueuedBehindTheCrash) {
  Quiet system;
  auto entered = std::make_shared<std::promise<void>>();
  auto leave = std::make_shared<std::promise<void>>();
  std::shared_future<void> leaving = leave->get_future().share();
  auto counter = system.supervise(sabir::handlers{[entered, leaving, first = true](sabir::context &, Die) mutable {
                                                    if (std::exchange(first, false)) entered->set_value();
                                                    leaving.wait();
                                                    throw std::runtime_error("held");
                                                  },
                                                  [total = std::uint64_t{0}](sabir::context &, Get) mutable { return ++total; }});
  counter.send(Die{});
  get(entered->get_future());
  counter.send(Get{});
  counter.send(Get{});
  leave->set_value();
  EXPECT_EQ(counter.ask(Get{}, long_enough).value(), 3U);
  EXPECT_EQ(system.dead_letter_count(SABIR_CAUSE_CRASHED), 1U) << "the message that failed, and it alone";
}

TEST(Supervisor, TakesLambdasAndCopiesThem) {
  Quiet system;
  auto counter =
      system.supervise({.id = "counter"}, sabir::handlers{[total = std::uint64_t{5}](sabir::context &, Get) mutable { return ++total; },
                                                          [](sabir::context &, Crash) { throw std::logic_error("crash"); }});
  EXPECT_EQ(counter.ask(Get{}, long_enough).value(), 6U);
  EXPECT_EQ(counter.ask(Crash{}, long_enough).status(), SABIR_E_CRASHED);
  EXPECT_EQ(counter.ask(Get{}, long_enough).value(), 6U);
  auto one = system.supervise([](sabir::context &, Who) { return std::string("one"); });
  EXPECT_EQ(one.ask(Who{}, long_enough).value(), "one");
}

TEST(Supervisor, MakesIdsWhereNoneIsGiven) {
  Quiet system;
  (void)system.supervise<Counter>();
  (void)system.supervise<Counter>(7U);
  (void)system.supervise<Counter>({.id = "my own"});
  std::vector<sabir::child_info> children = system.root().children();
  ASSERT_EQ(children.size(), 3U);
  EXPECT_NE(children[0].id.find("Counter-"), std::string::npos) << children[0].id;
  EXPECT_NE(children[0].id, children[1].id);
  EXPECT_EQ(children[2].id, "my own");
  try {
    (void)system.supervise<Counter>({.id = "my own"});
    FAIL() << "two children of one id";
  } catch (const sabir::error &thrown) {
    EXPECT_EQ(thrown.status(), SABIR_E_DUPLICATE);
    EXPECT_NE(std::string(thrown.what()).find("my own"), std::string::npos) << thrown.what();
  }
}

TEST(Supervisor, ListsItsChildren) {
  Quiet system;
  auto named = system.supervise<Named>({.id = "named", .restart = sabir::transient}, "n", 1);
  sabir::supervisor group = system.supervise_group("group");
  EXPECT_EQ(named.ask(Crash{}, long_enough).status(), SABIR_E_CRASHED);
  EXPECT_EQ(named.ask(Who{}, long_enough).value(), "n1");
  const sabir::child_info first = child(system.root(), "named");
  EXPECT_EQ(first.pid, named.pid());
  EXPECT_EQ(first.state, sabir::child_state::running);
  EXPECT_EQ(first.restart, sabir::transient);
  EXPECT_EQ(first.health, sabir::health::unknown);
  EXPECT_EQ(first.restarts, 1U);
  EXPECT_FALSE(first.is_supervisor);
  const sabir::child_info second = child(system.root(), "group");
  EXPECT_EQ(second.pid, group.pid());
  EXPECT_TRUE(second.is_supervisor);
  EXPECT_TRUE(group.children().empty());
}

TEST(Supervisor, TellsWhyAStartFailed) {
  struct Stillborn : sabir::actor<Who> {
    Stillborn() { throw std::runtime_error("never"); }
    std::string receive(sabir::context &, Who) { return {}; }
  };
  Quiet system;
  try {
    (void)system.supervise<Stillborn>({.id = "stillborn"});
    FAIL() << "started";
  } catch (const sabir::error &thrown) {
    EXPECT_EQ(thrown.status(), SABIR_E_START_FAILED);
    EXPECT_EQ(thrown.exit().reason(), SABIR_EXIT_START_FAILED);
    EXPECT_EQ(thrown.exit().message(), "never");
  }
  EXPECT_TRUE(system.root().children().empty()) << "the child is forgotten";
}

TEST(Supervisor, GivesArgumentsBackWhateverBecomesOfThem) {
  struct Holder : sabir::actor<Die> {
    explicit Holder(std::shared_ptr<int> given) : memory(std::move(given)) {}
    void receive(sabir::context &context, Die) { context.stop(); }
    std::shared_ptr<int> memory;
  };
  auto memory = std::make_shared<int>(1);
  {
    Quiet system;
    sabir::supervisor root = system.root();
    {
      auto never_sent = root.request_supervise<Holder>({.id = "never"}, memory);
    }
    EXPECT_EQ(memory.use_count(), 1);
    (void)system.supervise<Holder>({.id = "holder"}, memory);
    EXPECT_EQ(memory.use_count(), 3) << "the argument and the incarnation's copy";
    EXPECT_THROW((void)system.supervise<Holder>({.id = "holder"}, memory), sabir::error);
    auto brief = system.supervise<Holder>({.restart = sabir::temporary}, memory);
    brief.send(Die{});
    wait_until_dead(brief);
  }
  EXPECT_EQ(memory.use_count(), 1);
}

TEST(Supervisor, StopsStartsRestartsAndDeletesChildren) {
  Quiet system;
  sabir::supervisor group = system.supervise_group("group");
  auto named = group.supervise<Named>({.id = "named"}, "n", 1);
  EXPECT_EQ(named.ask(Who{}, long_enough).value(), "n1");
  EXPECT_EQ(group.restart_child<Named>(named), named) << "in place";
  EXPECT_EQ(named.ask(Who{}, long_enough).value(), "n1");
  group.stop_child("named");
  EXPECT_FALSE(named.alive());
  EXPECT_EQ(child(group, "named").state, sabir::child_state::stopped);
  EXPECT_EQ(child(group, "named").pid, 0U);
  group.stop_child("named");  // as it is
  auto again = group.start_child<Named>("named");
  EXPECT_NE(again, named);
  EXPECT_EQ(again.ask(Who{}, long_enough).value(), "n1");
  auto status_of = [](auto &&call) {
    try {
      call();
      return SABIR_OK;
    } catch (const sabir::error &thrown) {
      return thrown.status();
    }
  };
  EXPECT_EQ(status_of([&] { group.delete_child("named"); }), SABIR_E_BUSY);
  EXPECT_EQ(status_of([&] { group.start_child("named"); }), SABIR_E_BUSY);
  group.stop_child(again);
  group.delete_child("named");
  EXPECT_EQ(status_of([&] { group.stop_child("named"); }), SABIR_E_NO_CHILD);
  EXPECT_EQ(status_of([&] { sabir::supervisor(system.handle(), system.spawn<Counter>().pid()).children(); }), SABIR_E_NOT_SUPERVISOR);
  EXPECT_TRUE(group.children().empty());
}

TEST(Supervisor, FollowsThePolicy) {
  Quiet system;
  auto transient = system.supervise<Named>({.id = "transient", .restart = sabir::transient}, "t", 1);
  auto temporary = system.supervise<Named>({.id = "temporary", .restart = sabir::temporary}, "t", 1);
  EXPECT_EQ(transient.ask(Crash{}, long_enough).status(), SABIR_E_CRASHED);
  EXPECT_EQ(transient.ask(Who{}, long_enough).value(), "t1") << "restarted after a crash";
  transient.send(Die{});
  wait_until_dead(transient);
  wait_until(system.root(), "transient", [](const sabir::child_info &info) { return info.state == sabir::child_state::stopped; });
  EXPECT_EQ(temporary.ask(Crash{}, long_enough).status(), SABIR_E_CRASHED);
  wait_until_dead(temporary);
}

TEST(Supervisor, RestartsAllOfAGroupTogether) {
  Quiet system;
  sabir::supervisor group = system.supervise_group("workers", {.strategy = sabir::one_for_all});
  auto first = group.supervise<Named>({.id = "first"}, "f", 1);
  auto second = group.supervise<Named>({.id = "second"}, "s", 1);
  EXPECT_EQ(first.ask(Who{}, long_enough).value(), "f1");
  EXPECT_EQ(second.ask(Crash{}, long_enough).status(), SABIR_E_CRASHED);
  wait_until(group, "second",
             [](const sabir::child_info &info) { return info.restarts == 1 && info.state == sabir::child_state::running; });
  EXPECT_EQ(first.ask(Who{}, long_enough).value(), "f1") << "its state is new, too";
}

TEST(Supervisor, GivesUpAndItsOwnSupervisorDecides) {
  Quiet system;
  sabir::port port(system);
  sabir::supervisor group = system.supervise_group("group", {.intensity = sabir::intensity_none, .restart = sabir::temporary});
  auto named = group.supervise<Named>("n", 1);
  port.monitor(group);
  EXPECT_EQ(named.ask(Crash{}, long_enough).status(), SABIR_E_CRASHED);
  std::optional<sabir::down> gone = port.receive(long_enough).value().as<sabir::down>();
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->actor, group.pid());
  EXPECT_EQ(gone->exit.reason(), SABIR_EXIT_INTENSITY);
  EXPECT_EQ(gone->exit.cause().message(), "told to");
  EXPECT_FALSE(named.alive());
}

TEST(Supervisor, MakesManyChildrenAlike) {
  Quiet system;
  sabir::supervisor_of<Named> sessions = system.supervise_group_of<Named>("sessions", {.restart = sabir::temporary});
  auto first = sessions.supervise("a", 1);
  auto second = sessions.supervise("b", 2);
  EXPECT_EQ(first.ask(Who{}, long_enough).value(), "a1");
  EXPECT_EQ(second.ask(Who{}, long_enough).value(), "b2");
  std::vector<sabir::child_info> children = sessions.children();
  ASSERT_EQ(children.size(), 2U);
  EXPECT_EQ(children[0].id, "");
  EXPECT_EQ(children[1].restart, sabir::temporary);
  sessions.stop_child(first);
  EXPECT_FALSE(first.alive());
  EXPECT_EQ(sessions.children().size(), 1U);
  EXPECT_THROW((void)system.supervise_group_of<Named>("others", {}, {.strategy = sabir::one_for_all}), sabir::error);
}

TEST(Supervisor, RequestsDoNotWait) {
  Quiet system;
  std::promise<sabir::ref<Named>> started;
  system.root().request_supervise<Named>({.id = "named"}, "n", 4).then([&started](sabir::result<sabir::ref<Named>> named) {
    if (named)
      started.set_value(*named);
    else
      started.set_exception(std::make_exception_ptr(sabir::error(named.error())));
  });
  EXPECT_EQ(get(started.get_future()).ask(Who{}, long_enough).value(), "n4");
}

TEST(Supervisor, IsAskedFromInsideAHandler) {
  struct Go {
    using reply = std::string;
  };
  // Supervises a child, asks it, stops it, lists what is left.
  class Manager : public sabir::actor<Go> {
   public:
    sabir::deferred receive(sabir::context &context, Go) {
      duty_ = context.defer<Go>();
      EXPECT_THROW((void)context.root().children(), sabir::error) << "nothing waits on a worker";
      context.ask(context.root().request_supervise_group("group"), [this](sabir::context &later, sabir::result<sabir::supervisor> group) {
        group_ = group.value();
        later.ask(group_.request_supervise<Named>({.id = "named"}, "n", 3),
                  [this](sabir::context &third, sabir::result<sabir::ref<Named>> named) {
                    third.ask(named.value(), Who{},
                              [this](sabir::context &fourth, sabir::result<std::string> name) { finish(fourth, name.value()); });
                  });
      });
      return {};
    }

   private:
    void finish(sabir::context &context, std::string name) {
      context.ask(group_.request_stop("named"), [this, name](sabir::context &later, sabir::result<void> stopped) {
        stopped.value();
        later.ask(group_.request_children(), [this, name](sabir::context &, sabir::result<std::vector<sabir::child_info>> children) {
          duty_.reply(name + (children.value().at(0).state == sabir::child_state::stopped ? " stopped" : " runs"));
        });
      });
    }

    sabir::supervisor group_;
    sabir::answer<std::string> duty_;
  };
  Quiet system;
  EXPECT_EQ(system.spawn<Manager>().ask(Go{}, long_enough).value(), "n3 stopped");
}

TEST(Supervisor, AsksTheActorWhatToDoAboutAFailure) {
  struct Fail {
    using reply = void;
    sabir::decision then;
  };
  class Decider : public sabir::actor<Fail, Get> {
   public:
    void receive(sabir::context &, Fail message) {
      then_ = message.then;
      throw std::runtime_error("undecided");
    }
    std::uint64_t receive(sabir::context &, Get) { return ++asked_; }
    sabir::decision failed(sabir::context &, const sabir::exit_reason &why) {
      EXPECT_EQ(why.message(), "undecided");
      return then_;
    }

   private:
    sabir::decision then_ = sabir::decision::by_default;
    std::uint64_t asked_ = 0;
  };
  Quiet system;
  auto decider = system.supervise<Decider>({.id = "decider", .restart = sabir::permanent});
  EXPECT_EQ(decider.ask(Get{}, long_enough).value(), 1U);
  EXPECT_EQ(decider.ask(Fail{sabir::decision::resume}, long_enough).status(), SABIR_E_CRASHED);
  EXPECT_EQ(decider.ask(Get{}, long_enough).value(), 2U) << "it has the state that it had";
  EXPECT_EQ(decider.ask(Fail{sabir::decision::restart}, long_enough).status(), SABIR_E_CRASHED);
  EXPECT_EQ(decider.ask(Get{}, long_enough).value(), 1U);
  EXPECT_EQ(decider.ask(Fail{sabir::decision::stop}, long_enough).status(), SABIR_E_CRASHED);
  wait_until_dead(decider);
}

TEST(Supervisor, AsksTheActorHowItIs) {
  class Patient : public sabir::actor<Get> {
   public:
    explicit Patient(std::shared_ptr<std::atomic<bool>> well) : well_(std::move(well)) {}
    std::uint64_t receive(sabir::context &, Get) { return 1; }
    sabir::health health(sabir::context &) { return well_->load() ? sabir::health::ok : sabir::health::degraded; }

   private:
    std::shared_ptr<std::atomic<bool>> well_;
  };
  Quiet system;
  auto well = std::make_shared<std::atomic<bool>>(true);
  (void)system.supervise<Patient>({.id = "patient", .health = sabir::health_options{.interval = 1ms}}, well);
  wait_until(system.root(), "patient", [](const sabir::child_info &info) { return info.health == sabir::health::ok; });
  *well = false;
  wait_until(system.root(), "patient", [](const sabir::child_info &info) { return info.health == sabir::health::degraded; });
  EXPECT_EQ(child(system.root(), "patient").restarts, 0U);
}

TEST(Supervisor, DeliversAgainWhatFailed) {
  struct Try {};
  Quiet system;
  auto tries = std::make_shared<std::atomic<int>>(0);
  auto done = std::make_shared<std::promise<void>>();
  auto trying = system.supervise({.redeliveries = 2}, [tries, done](sabir::context &, Try) {
    if (++*tries < 3) throw std::runtime_error("not yet");
    done->set_value();
  });
  trying.send(Try{});
  get(done->get_future());
  EXPECT_EQ(tries->load(), 3);
  EXPECT_EQ(system.dead_letter_count(), 0U);
}

TEST(Supervisor, RefusesOptionsWithTheWordsOfTheLibrary) {
  Quiet system;
  try {
    (void)system.supervise<Counter>({.stall_timeout = 1s});
    FAIL() << "an arena cannot give up on a handler";
  } catch (const sabir::error &thrown) {
    EXPECT_EQ(thrown.status(), SABIR_E_INVALID);
    EXPECT_NE(std::string(thrown.what()).find("stall"), std::string::npos) << thrown.what();
  }
}

TEST(Supervisor, ShutsDownInReverseOrder) {
  struct Last : sabir::actor<> {
    Last(std::shared_ptr<std::vector<int>> given, int place) : order(std::move(given)), number(place) {}
    void stop(sabir::context &, const sabir::exit_reason &why) {
      EXPECT_EQ(why.reason(), SABIR_EXIT_SHUTDOWN);
      EXPECT_FALSE(why.abnormal());
      order->push_back(number);
    }
    std::shared_ptr<std::vector<int>> order;
    int number;
  };
  auto order = std::make_shared<std::vector<int>>();
  {
    Quiet system;
    (void)system.supervise<Last>(order, 1);
    sabir::supervisor group = system.supervise_group("group");
    (void)group.supervise<Last>(order, 2);
    (void)group.supervise<Last>(order, 3);
    (void)system.supervise<Last>(order, 4);
  }
  EXPECT_EQ(*order, (std::vector<int>{4, 3, 2, 1}));
}

}  // namespace
}  // namespace sabir_test
