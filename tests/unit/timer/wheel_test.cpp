// SPDX-License-Identifier: Apache-2.0
#include "timer/wheel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>

#include "cases.hpp"

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

// Against a map from the tick at which each timer must fire, with steps from nothing to years and starts near where levels turn over.
TEST(Wheel, agrees_with_a_map_of_deadlines) {
  std::uint64_t fired = 0, cancelled = 0;
  for_each_case(400, [&](std::mt19937_64 &random) {
    const auto any_length = [&random](unsigned bits) { return random() >> (63 - random() % bits); };   // below 2^bits
    const auto digits = static_cast<unsigned>(20 + 6 * (random() % 7));
    const std::uint64_t turn = (random() % 64 + 1) << digits;
    const std::uint64_t start = turn - std::min(turn, any_length(digits));
    Wheel wheel(start);
    std::multimap<std::uint64_t, Timer *> due;
    std::deque<Timer> timers(40);
    std::uint64_t now = start, now_tick = start / Wheel::tick_ns;
    SCOPED_TRACE(testing::Message() << "from " << start);
    for (int step = 0; step < 200; ++step) {
      SCOPED_TRACE(testing::Message() << "step " << step << " at " << now);
      Timer &timer = timers[random() % timers.size()];
      const auto armed = std::find_if(due.begin(), due.end(), [&timer](const auto &entry) { return entry.second == &timer; });
      ASSERT_EQ(timer.previous != nullptr, armed != due.end());
      if (armed == due.end()) {
        // To come, or past already: then it is due at once.
        const std::uint64_t deadline = random() % 16 != 0 ? now + any_length(58) : now - std::min(now, any_length(50));
        wheel.arm(timer, deadline);
        due.emplace(std::max(deadline / Wheel::tick_ns + 1, now_tick), &timer);
      } else if (random() % 4 == 0) {
        ASSERT_TRUE(wheel.cancel(timer));
        ASSERT_FALSE(wheel.cancel(timer));
        due.erase(armed);
        ++cancelled;
      }
      ASSERT_EQ(wheel.armed(), due.size());
      if (due.empty()) {
        ASSERT_EQ(wheel.next_due_ns(), Wheel::none);
      } else {
        ASSERT_LE(wheel.next_due_ns(), due.begin()->first * Wheel::tick_ns) << "late";
      }
      switch (random() % 8) {
        case 0: break;
        case 1: now += any_length(57); break;
        case 2:
          // As its thread does: it sleeps until the wheel says so, and gets nowhere if that is always too early.
          if (!due.empty()) now = std::max(now, wheel.next_due_ns());
          break;
        case 3:
          if (!due.empty()) now = std::max(now, due.begin()->first * Wheel::tick_ns - random() % 2);
          break;
        default: now += any_length(36);
      }
      // Not always all that is due: the thread has more to do.
      for (std::uint64_t most = random() % 4 == 0 ? random() % 3 : due.size() + 1; most != 0; --most) {
        Timer *taken = wheel.expire(now);
        if (!taken) {
          ASSERT_TRUE(due.empty() || due.begin()->first > now / Wheel::tick_ns) << "missed one of " << due.begin()->second->deadline_ns;
          now_tick = std::max(now_tick, now / Wheel::tick_ns);
          break;
        }
        ASSERT_LE(taken->deadline_ns, now) << "early";
        ASSERT_EQ(taken->previous, nullptr);
        // In the order of their ticks; within one, in any.
        const auto [first, last] = due.equal_range(due.begin()->first);
        const auto found = std::find_if(first, last, [taken](const auto &entry) { return entry.second == taken; });
        ASSERT_NE(found, last) << "not its turn, or fired twice: " << taken->deadline_ns;
        now_tick = found->first;
        due.erase(found);
        ++fired;
      }
    }
  });
  EXPECT_GT(fired, 1000u) << "few cases are of use";
  EXPECT_GT(cancelled, 1000u);
}

TEST(Wheel, that_was_empty_keeps_up_with_the_time) {
  Wheel wheel(0);
  const std::uint64_t later = rotation_ns / 3 * 2 / (64 * Wheel::tick_ns) * (64 * Wheel::tick_ns);
  EXPECT_EQ(wheel.expire(later), nullptr);
  Timer timer;
  wheel.arm(timer, later + 3 * Wheel::tick_ns);
  EXPECT_EQ(wheel.next_due_ns(), later + 4 * Wheel::tick_ns) << "sleeps in vain";
}

// However far away the next timer is: who sleeps until next_due_ns is woken in vain at most once for each level, and for each rotation.
TEST(Wheel, sleeping_until_the_next_due_time_gets_there_soon) {
  for_each_case(1000, [](std::mt19937_64 &random) {
    std::uint64_t now = random() >> (8 + random() % 56);
    // Whole rotations bring it back to the slot that is now's.
    const std::uint64_t deadline = now + (random() >> (9 + random() % 54)) + (random() % 4 == 0 ? random() % 4 * rotation_ns : 0);
    SCOPED_TRACE(testing::Message() << "from " << now << " to " << deadline);
    Wheel wheel(now);
    Timer timer;
    wheel.arm(timer, deadline);
    int looks = 0;
    for (; !wheel.expire(now); ++looks) {
      ASSERT_LT(looks, 12);
      ASSERT_GE(wheel.next_due_ns(), now) << "no sleep at all";
      now = wheel.next_due_ns();
    }
    ASSERT_EQ(now / Wheel::tick_ns, deadline / Wheel::tick_ns + 1);
  });
}

}  // namespace
}  // namespace sabir::timer
