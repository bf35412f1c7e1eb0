// SPDX-License-Identifier: Apache-2.0
// With a clock of its own and a service whose thread is never started; tests/capi/timer_test.c has the whole.
#include "timer/timers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "base/memory.hpp"
#include "cases.hpp"

namespace sabir::timer {
namespace {

constexpr std::uint64_t tick = Wheel::tick_ns;

struct FakeEnvironment : env::Environment {
  std::uint64_t now = 1000 * tick;
  std::uint64_t step = 0;   // passes with each look at the clock
  std::uint64_t now_ns() override { return now += step; }
  std::uint64_t random() override { return 0; }
  std::unique_ptr<env::Thread> start(const std::string &, std::function<void()>) override { return nullptr; }
};

struct NoClient : Service::Client {
  void expired(std::uint64_t) override {}
  bool tick(std::uint64_t) override { return false; }
  bool fire_timers(std::uint64_t, std::uint64_t) override { return false; }
  std::uint64_t next_timer_ns() override { return Wheel::none; }
  void announce_wake(std::uint64_t) noexcept override {}
};

struct TimersTest : testing::Test {
  FakeEnvironment environment;
  NoClient client;
  Service service{client, environment};
  Timers timers{7, environment, service};
  Thread &thread = Thread::current();
  std::uint64_t actor = Pid{7, 3, 1}.pack();

  ~TimersTest() override { timers.close(thread); }

  Message *message(std::uint64_t type = 0) {
    Message *made = allocate_message(thread, type, 8);
    if (!made) throw std::bad_alloc();
    return made;
  }

  std::uint64_t arm(std::uint64_t deadline_ns, Timers::Slot **owner = nullptr, std::uint64_t interval_ns = 0) {
    Timers::Request request;
    request.to = request.sender = actor;
    request.message = interval_ns == 0 ? message() : nullptr;
    request.interval_ns = interval_ns;
    request.deadline_ns = deadline_ns;
    request.owner = owner;
    std::uint64_t ref = 0;
    const Status status = timers.arm(request, ref);
    EXPECT_TRUE(status.ok());
    if (!status.ok() && request.message) free_message(thread, request.message);
    return ref;
  }

  bool cancel(std::uint64_t ref) {
    Timers::Cancelled cancelled;
    if (!timers.cancel(ref, cancelled).ok()) return false;
    if (cancelled.message) free_message(thread, cancelled.message);
    return true;
  }

  // The refs of what is due.
  std::vector<std::uint64_t> fire() {
    std::vector<std::uint64_t> refs;
    EXPECT_FALSE(timers.fire(thread, environment.now, Wheel::none, [&](const Timers::Fired &fired) {
      EXPECT_EQ(fired.to, actor);
      EXPECT_EQ(fired.message->kind, MessageKind::timer);
      EXPECT_EQ(fired.message->ref, fired.ref);
      EXPECT_EQ(fired.message->sender, actor);
      refs.push_back(fired.ref);
      free_message(thread, fired.message);
    }));
    return refs;
  }

  // What a message of the timer stands for; 0: it is dropped.
  std::uint64_t settle(std::uint64_t ref) {
    std::uint64_t count = 0;
    return timers.settle(ref, count) == Timers::Settled::handle ? count : 0;
  }
};

using Refs = std::vector<std::uint64_t>;

TEST_F(TimersTest, one_fires_once_and_not_early) {
  const std::uint64_t deadline = environment.now + 10 * tick;
  const std::uint64_t ref = arm(deadline);
  EXPECT_TRUE(Timers::is_ref(ref));
  environment.now = deadline - 1;
  EXPECT_EQ(fire(), Refs{});
  EXPECT_EQ(settle(ref), 0u) << "its message cannot be there";
  environment.now = deadline + tick;
  EXPECT_EQ(fire(), Refs{ref});
  EXPECT_EQ(fire(), Refs{});
  EXPECT_EQ(settle(ref), 1u);
  EXPECT_EQ(settle(ref), 0u);
  EXPECT_FALSE(cancel(ref));
}

TEST_F(TimersTest, a_message_that_is_on_its_way_can_be_cancelled) {
  const std::uint64_t ref = arm(environment.now);
  environment.now += tick;
  EXPECT_EQ(fire(), Refs{ref});
  EXPECT_TRUE(cancel(ref));
  EXPECT_FALSE(cancel(ref));
  EXPECT_EQ(settle(ref), 0u);
}

TEST_F(TimersTest, an_alarm_is_handed_out_and_needs_no_settling) {
  auto *alarm = memory::create<mailbox::Signal>();
  ASSERT_NE(alarm, nullptr);
  Timers::Request request;
  request.to = actor;
  request.alarm = alarm;
  request.deadline_ns = environment.now;
  std::uint64_t ref = 0;
  ASSERT_TRUE(timers.arm(request, ref).ok());
  environment.now += tick;
  mailbox::Signal *fired = nullptr;
  EXPECT_FALSE(timers.fire(thread, environment.now, Wheel::none, [&](const Timers::Fired &each) { fired = each.alarm; }));
  EXPECT_EQ(fired, alarm);
  EXPECT_FALSE(cancel(ref));
  std::uint64_t again = 0;
  ASSERT_TRUE(timers.arm(request, again).ok());
  EXPECT_NE(again, ref);
  Timers::Cancelled cancelled;
  EXPECT_TRUE(timers.cancel(again, cancelled).ok());
  EXPECT_EQ(cancelled.alarm, alarm);
  memory::destroy(alarm);
}

TEST_F(TimersTest, strange_refs_find_nothing) {
  const std::uint64_t ref = arm(environment.now + tick);
  const Pid parts = Pid::unpack(ref);
  for (const Pid strange :
       {Pid{8, parts.index, parts.generation}, Pid{7, parts.index + 1, parts.generation}, Pid{7, parts.index, parts.generation + 1},
        Pid{7, parts.index ^ (1u << 24), parts.generation}, Pid{7, parts.index | (1u << 25), parts.generation}, Pid{0, 0, 0}}) {
    EXPECT_FALSE(cancel(strange.pack())) << strange.tag << " " << strange.index << " " << strange.generation;
    EXPECT_EQ(settle(strange.pack()), 0u);
  }
  EXPECT_TRUE(cancel(ref));
}

TEST_F(TimersTest, a_periodic_one_keeps_its_phase_and_counts_what_it_missed) {
  const std::uint64_t interval = 10 * tick, begin = environment.now;
  const std::uint64_t ref = arm(begin + interval, nullptr, interval);
  environment.now = begin + interval + tick;
  EXPECT_EQ(fire(), Refs{ref});
  EXPECT_EQ(settle(ref), 1u);
  // So late that two more have passed: one message, for three.
  environment.now = begin + 4 * interval + 3 * tick;
  EXPECT_EQ(fire(), Refs{ref});
  // While it is queued there is no second one.
  environment.now = begin + 5 * interval + tick;
  EXPECT_EQ(fire(), Refs{});
  EXPECT_EQ(settle(ref), 4u);
  // The next is a whole number of intervals after the beginning, however late the last was.
  EXPECT_EQ(timers.next_due_ns(), begin + 6 * interval + tick);
  environment.now = begin + 6 * interval + tick;
  EXPECT_EQ(fire(), Refs{ref});
  EXPECT_EQ(settle(ref), 1u);
  EXPECT_EQ(settle(ref), 0u);
  EXPECT_TRUE(cancel(ref));
  environment.now += 10 * interval;
  EXPECT_EQ(fire(), Refs{});
}

TEST_F(TimersTest, a_periodic_one_without_memory_tells_later) {
  const std::uint64_t interval = 10 * tick, begin = environment.now;
  const std::uint64_t ref = arm(begin + interval, nullptr, interval);
  std::vector<Message *> all;   // empties what the pool keeps for this thread
  memory::fail_after(1, ~std::uint64_t{0} / 2);
  while (Message *each = allocate_message(thread, 0, sizeof(std::uint64_t))) all.push_back(each);
  environment.now = begin + interval + tick;
  const Refs none = fire();
  memory::fail_after(0);
  EXPECT_EQ(none, Refs{});
  EXPECT_EQ(settle(ref), 0u);
  environment.now += interval;
  EXPECT_EQ(fire(), Refs{ref});
  EXPECT_EQ(settle(ref), 2u);
  for (Message *each : all) free_message(thread, each);
}

TEST_F(TimersTest, an_owners_timers_end_with_it_and_nobody_elses) {
  Timers::Slot *mine = nullptr, *others = nullptr;
  const std::uint64_t armed = arm(environment.now + 2 * tick, &mine);
  const std::uint64_t queued = arm(environment.now, &mine);
  const std::uint64_t periodic = arm(environment.now + 2 * tick, &mine, tick);
  const std::uint64_t cancelled = arm(environment.now + 2 * tick, &mine);
  const std::uint64_t kept = arm(environment.now + 2 * tick, &others);
  EXPECT_TRUE(cancel(cancelled));
  environment.now += tick;
  EXPECT_EQ(fire(), Refs{queued});
  timers.cancel_all(thread, actor, mine);
  EXPECT_EQ(mine, nullptr);
  environment.now += 10 * tick;
  EXPECT_EQ(fire(), Refs{kept});
  for (const std::uint64_t gone : {armed, queued, periodic, cancelled}) {
    EXPECT_FALSE(cancel(gone));
    EXPECT_EQ(settle(gone), 0u);
  }
  EXPECT_EQ(settle(kept), 1u);
  EXPECT_EQ(others, nullptr);
}

TEST_F(TimersTest, many_at_once_are_cut_off_when_the_time_is_up) {
  std::multiset<std::uint64_t> left;
  for (int i = 0; i < 1000; ++i) left.insert(arm(environment.now));
  environment.now += tick;
  environment.step = 1;
  const std::uint64_t now = environment.now;
  int calls = 0;
  for (bool more = true; more; ++calls) {
    ASSERT_LT(calls, 1000);
    const std::size_t before = left.size();
    more = timers.fire(thread, now, now, [&](const Timers::Fired &fired) {
      EXPECT_EQ(left.erase(fired.ref), 1u);
      free_message(thread, fired.message);
    });
    ASSERT_LT(before - left.size(), 500u) << "no end in time";
  }
  EXPECT_TRUE(left.empty());
  EXPECT_GT(calls, 2);
}

TEST_F(TimersTest, closing_ends_all_and_refuses_new_ones) {
  const std::uint64_t ref = arm(environment.now), periodic = arm(environment.now, nullptr, tick);
  timers.close(thread);
  environment.now += 10 * tick;
  EXPECT_EQ(fire(), Refs{});
  EXPECT_FALSE(cancel(ref));
  EXPECT_FALSE(cancel(periodic));
  Timers::Request request;
  request.to = actor;
  request.message = message();
  std::uint64_t none = 0;
  EXPECT_EQ(timers.arm(request, none).value, SABIR_E_CLOSED);
  free_message(thread, request.message);
  EXPECT_EQ(timers.next_due_ns(), Wheel::none);
}

// Actors arm, cancel, handle and end at random. Each timer's message is handled once or it was cancelled, and of a periodic one's
// intervals each is told.
TEST_F(TimersTest, agree_with_a_list_of_timers) {
  struct Expected {
    std::uint64_t deadline_ns, interval_ns;
    bool queued = false;
    std::uint64_t passed = 0;   // intervals, or the one firing, not told yet
  };
  constexpr std::size_t actors = 5;
  std::uint64_t handled = 0, cancelled = 0;
  std::set<std::uint64_t> ever;
  for_each_case(100, [&](std::mt19937_64 &random) {
    Timers::Slot *owned[actors] = {};
    std::map<std::uint64_t, Expected> expected[actors];
    std::vector<std::uint64_t> gone;
    const auto pid = [](std::size_t index) { return Pid{7, static_cast<std::uint32_t>(index), 1}.pack(); };
    for (int step = 0; step < 300; ++step) {
      SCOPED_TRACE(testing::Message() << "step " << step);
      const std::size_t who = random() % actors;
      actor = pid(who);
      auto &own = expected[who];
      auto some = own.begin();
      if (!own.empty()) std::advance(some, random() % own.size());
      const auto choice = random() % 16;
      if (choice < 6) {
        const std::uint64_t deadline = environment.now + random() % (tick << random() % 10);
        const std::uint64_t interval = random() % 4 == 0 ? random() % (tick << random() % 6) + 1 : 0;
        const std::uint64_t ref = arm(deadline, &owned[who], interval);
        ASSERT_TRUE(ever.insert(ref).second) << "a ref came again";
        own[ref] = {deadline, interval};
      } else if (choice < 8) {
        if (own.empty()) continue;
        ASSERT_TRUE(cancel(some->first));
        gone.push_back(some->first);
        own.erase(some);
        ++cancelled;
      } else if (choice < 11) {
        if (own.empty()) continue;
        Expected &timer = some->second;
        ASSERT_EQ(settle(some->first), timer.queued ? timer.passed : 0);
        if (!timer.queued) continue;
        ++handled;
        timer.queued = false;
        timer.passed = 0;
        if (timer.interval_ns == 0) {
          gone.push_back(some->first);
          own.erase(some);
        }
      } else if (choice < 12 && random() % 4 == 0) {
        timers.cancel_all(thread, actor, owned[who]);
        for (const auto &[ref, timer] : own) gone.push_back(ref);
        own.clear();
      } else if (choice < 13) {
        if (gone.empty()) continue;
        const std::uint64_t stale = gone[random() % gone.size()];
        ASSERT_FALSE(cancel(stale));
        ASSERT_EQ(settle(stale), 0u);
      } else {
        environment.now += random() % (tick << random() % 8);
        std::multiset<std::uint64_t> fires, fired;
        for (auto &timers_of : expected) {
          for (auto &[ref, timer] : timers_of) {
            // One-shot timers that are queued have no deadline any more.
            if (timer.deadline_ns / tick + 1 > environment.now / tick || (timer.queued && timer.interval_ns == 0)) continue;
            if (!timer.queued) fires.insert(ref);
            timer.queued = true;
            if (timer.interval_ns == 0) {
              timer.passed = 1;
              continue;
            }
            // Those shorter than a tick pass one by one as well, but for what the last tick has not shown yet.
            const auto next_passes = [&] { return timer.deadline_ns / tick + 1 <= environment.now / tick; };
            while (next_passes()) {
              const std::uint64_t passed = (environment.now - timer.deadline_ns) / timer.interval_ns + 1;
              timer.deadline_ns += passed * timer.interval_ns;
              timer.passed += passed;
            }
          }
        }
        ASSERT_FALSE(timers.fire(thread, environment.now, Wheel::none, [&](const Timers::Fired &each) {
          fired.insert(each.ref);
          free_message(thread, each.message);
        }));
        ASSERT_EQ(fired, fires);
      }
      std::uint64_t earliest = Wheel::none;
      for (const auto &timers_of : expected) {
        for (const auto &[ref, timer] : timers_of) {
          if (!timer.queued || timer.interval_ns != 0) earliest = std::min(earliest, (timer.deadline_ns / tick + 1) * tick);
        }
      }
      ASSERT_LE(timers.next_due_ns(), earliest);
    }
    for (std::size_t who = 0; who < actors; ++who) timers.cancel_all(thread, pid(who), owned[who]);
    ASSERT_EQ(timers.next_due_ns(), Wheel::none);
  });
  EXPECT_GT(handled, 1000u) << "few cases are of use";
  EXPECT_GT(cancelled, 1000u);
}

}  // namespace
}  // namespace sabir::timer
