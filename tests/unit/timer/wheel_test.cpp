// SPDX-License-Identifier: Apache-2.0
#include "timer/wheel.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace sabir::timer {
namespace {

TEST(Wheel, fires_never_early_and_within_a_tick) {
  Timer timer;
  for (const std::uint64_t deadline :
       {std::uint64_t{1}, Wheel::tick_ns - 1, Wheel::tick_ns, 100 * Wheel::tick_ns + 5, 5000 * Wheel::tick_ns}) {
    Wheel wheel(0);
    wheel.arm(timer, deadline);
    EXPECT_EQ(wheel.expire(deadline - 1), nullptr) << deadline;
    EXPECT_EQ(wheel.expire(deadline + Wheel::tick_ns), &timer) << deadline;
    EXPECT_EQ(wheel.armed(), 0u);
  }
}

TEST(Wheel, cancelled_timers_do_not_fire) {
  Wheel wheel(0);
  Timer kept, cancelled;
  wheel.arm(kept, 10 * Wheel::tick_ns);
  wheel.arm(cancelled, 10 * Wheel::tick_ns);
  EXPECT_TRUE(wheel.cancel(cancelled));
  EXPECT_FALSE(wheel.cancel(cancelled));
  EXPECT_EQ(wheel.expire(20 * Wheel::tick_ns), &kept);
  EXPECT_EQ(wheel.expire(20 * Wheel::tick_ns), nullptr);
}

TEST(Wheel, a_deadline_beyond_the_wheel_waits) {
  Wheel wheel(0);
  Timer timer;
  const std::uint64_t far = (std::uint64_t{1} << 36) * Wheel::tick_ns + 12345;   // 64^6 ticks and a little
  wheel.arm(timer, far);
  EXPECT_LE(wheel.next_due_ns(), far);
  EXPECT_TRUE(wheel.cancel(timer));
}

// Against a plain list, over random deadlines of every level, cancels and clock steps.
TEST(Wheel, agrees_with_a_list_of_deadlines) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    std::uint64_t now = random() % (std::uint64_t{1} << 40);
    Wheel wheel(now);
    std::deque<Timer> timers(300);
    for (int step = 0; step < 3000; ++step) {
      Timer &timer = timers[random() % timers.size()];
      if (timer.previous) {
        if (random() % 4 == 0) {
          ASSERT_TRUE(wheel.cancel(timer));
        }
      } else {
        wheel.arm(timer, now + random() % (Wheel::tick_ns << (random() % 20)));
      }
      if (random() % 3 != 0) continue;
      now += random() % (Wheel::tick_ns << (random() % 10));
      std::uint64_t earliest = Wheel::none;
      for (const Timer &each : timers) {
        if (each.previous && each.deadline_ns < earliest) earliest = each.deadline_ns;
      }
      if (earliest != Wheel::none) {
        ASSERT_LE(wheel.next_due_ns(), earliest + Wheel::tick_ns) << "seed " << seed;
      }
      while (const Timer *fired = wheel.expire(now)) ASSERT_LE(fired->deadline_ns, now) << "early, seed " << seed;
      for (const Timer &each : timers) {
        if (each.previous) {
          ASSERT_GT(each.deadline_ns + Wheel::tick_ns, now) << "late by more than a tick, seed " << seed;
        }
      }
    }
  }
}

}  // namespace
}  // namespace sabir::timer
