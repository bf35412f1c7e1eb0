// SPDX-License-Identifier: Apache-2.0
#include "timer/wheel.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace sabir::timer {
namespace {

// What the wheel can tell apart: more than two years.
constexpr std::uint64_t rotation_ns = (std::uint64_t{1} << 36) * Wheel::tick_ns;

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
  Timer timer;
  for (const std::uint64_t far : {rotation_ns - 1, rotation_ns, rotation_ns + 12345, 5 * rotation_ns + 1, 100 * rotation_ns}) {
    Wheel wheel(1000);
    wheel.arm(timer, far);
    // However often it looks meanwhile.
    for (std::uint64_t now = 0; now < far; now += far / 50 + 1) {
      ASSERT_EQ(wheel.expire(now), nullptr) << now << " of " << far;
      ASSERT_LE(wheel.next_due_ns(), far + Wheel::tick_ns);
    }
    EXPECT_EQ(wheel.expire(far - 1), nullptr) << far;
    EXPECT_EQ(wheel.expire(far + Wheel::tick_ns), &timer) << far;
  }
  Wheel wheel(0);
  wheel.arm(timer, ~std::uint64_t{0});
  EXPECT_EQ(wheel.expire(~std::uint64_t{0} / 2), nullptr);
  EXPECT_TRUE(wheel.cancel(timer));
  EXPECT_EQ(wheel.next_due_ns(), Wheel::none);
}

// A machine that has been up for two years and more: digits above the highest level's change between now and the deadline.
TEST(Wheel, a_deadline_just_after_a_whole_rotation_is_on_time) {
  for (const std::uint64_t rotations : {1, 2, 200}) {
    const std::uint64_t edge = rotations * rotation_ns;
    for (const std::uint64_t before : {Wheel::tick_ns, 100 * Wheel::tick_ns, rotation_ns / 64, rotation_ns / 2}) {
      for (const std::uint64_t after : {std::uint64_t{0}, 5 * Wheel::tick_ns, rotation_ns / 64, rotation_ns / 2 - Wheel::tick_ns}) {
        Wheel wheel(edge - before);
        Timer timer;
        wheel.arm(timer, edge + after);
        ASSERT_LE(wheel.next_due_ns(), edge + after + Wheel::tick_ns) << before << " before and " << after << " after";
        ASSERT_EQ(wheel.expire(edge + after - 1), nullptr) << before << " before and " << after << " after";
        ASSERT_EQ(wheel.expire(edge + after + Wheel::tick_ns), &timer) << before << " before and " << after << " after";
      }
    }
  }
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
