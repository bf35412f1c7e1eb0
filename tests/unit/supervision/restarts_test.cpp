// SPDX-License-Identifier: Apache-2.0
#include "supervision/restarts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "cases.hpp"
#include "sabir/supervisor.h"

namespace sabir::supervision {
namespace {

constexpr std::uint64_t most_ns = ~std::uint64_t{0};

// ---- Intensity ----

TEST(Intensity, admits_as_many_as_its_limit_and_not_one_more) {
  for (const std::uint32_t limit : {1u, 2u, 3u, 4u, 5u, 9u, 1000u}) {
    Intensity intensity(limit, 1'000'000);
    for (std::uint32_t i = 0; i < limit; ++i) ASSERT_TRUE(intensity.admit(i)) << i << " of " << limit;
    EXPECT_FALSE(intensity.admit(limit)) << limit;
  }
}

TEST(Intensity, of_none_admits_none) {
  Intensity intensity(0, SABIR_FOREVER);
  EXPECT_FALSE(intensity.admit(0));
  EXPECT_FALSE(intensity.admit(most_ns));
}

TEST(Intensity, a_restart_counts_for_a_period_and_no_longer) {
  Intensity intensity(1, 100);
  EXPECT_TRUE(intensity.admit(50));
  EXPECT_FALSE(intensity.admit(50));
  EXPECT_FALSE(intensity.admit(149));
  EXPECT_FALSE(intensity.admit(150)) << "both are within one period still";
  EXPECT_TRUE(intensity.admit(151));
  EXPECT_FALSE(intensity.admit(251));
  EXPECT_TRUE(intensity.admit(252));
}

TEST(Intensity, slides_and_does_not_start_anew_with_each_period) {
  Intensity intensity(2, 100);
  EXPECT_TRUE(intensity.admit(0));
  EXPECT_TRUE(intensity.admit(90));
  EXPECT_TRUE(intensity.admit(101)) << "the first is past";
  EXPECT_FALSE(intensity.admit(110)) << "90 and 101 are not";
  EXPECT_TRUE(intensity.admit(191));
}

TEST(Intensity, one_that_is_refused_does_not_count) {
  Intensity intensity(1, 100);
  EXPECT_TRUE(intensity.admit(0));
  for (std::uint64_t now = 1; now <= 100; ++now) ASSERT_FALSE(intensity.admit(now));
  EXPECT_TRUE(intensity.admit(101));
}

TEST(Intensity, a_period_of_forever_never_ends) {
  Intensity intensity(2, SABIR_FOREVER);
  EXPECT_TRUE(intensity.admit(0));
  EXPECT_TRUE(intensity.admit(1));
  EXPECT_FALSE(intensity.admit(most_ns - 1));
  EXPECT_FALSE(intensity.admit(most_ns));
}

TEST(Intensity, the_longest_period_and_the_latest_time_are_nothing_special) {
  Intensity intensity(2, SABIR_SUPERVISION_TIME_LIMIT_NS);
  const std::uint64_t late = most_ns - SABIR_SUPERVISION_TIME_LIMIT_NS - 1;
  EXPECT_TRUE(intensity.admit(0));
  EXPECT_TRUE(intensity.admit(late)) << "a jump of centuries";
  EXPECT_TRUE(intensity.admit(late)) << "the one before the jump is past";
  EXPECT_FALSE(intensity.admit(most_ns - 1)) << "a period after it";
  EXPECT_TRUE(intensity.admit(most_ns));
}

TEST(Intensity, forgets_when_told_to) {
  Intensity intensity(3, SABIR_FOREVER);
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(intensity.admit(7)) << round;
    ASSERT_FALSE(intensity.admit(7));
    intensity.forget();
  }
}

TEST(Intensity, of_the_largest_limit_holds_that_many) {
  Intensity intensity(SABIR_INTENSITY_MAX, 10);
  for (std::uint32_t i = 0; i < SABIR_INTENSITY_MAX; ++i) ASSERT_TRUE(intensity.admit(5));
  EXPECT_FALSE(intensity.admit(15));
  EXPECT_TRUE(intensity.admit(16));
}

// Against all that was ever admitted.
TEST(Intensity, admits_while_there_are_fewer_within_the_period) {
  for_each_case(500, [](std::mt19937_64 &random) {
    const auto limit = static_cast<std::uint32_t>(random() % 20);
    const std::uint64_t period = random() % 10 == 0 ? SABIR_FOREVER : random() >> (random() % 62 + 2);
    SCOPED_TRACE(testing::Message() << limit << " in " << period);
    Intensity intensity(limit, period);
    std::deque<std::uint64_t> admitted;
    std::uint64_t now = random() % 2 == 0 ? 0 : random();
    for (int i = 0; i < 200; ++i) {
      // Bursts, steps about as long as what is left of a period, and jumps.
      std::uint64_t step = 0;
      if (random() % 2 == 0) step = random() % (period / 8 + 2);
      if (random() % 16 == 0 && !admitted.empty()) step = admitted.front() + period - now + random() % 3;
      if (random() % 64 == 0) step = random() >> (random() % 60);
      now = step < most_ns - now ? now + step : most_ns;
      const auto counts = [&](std::uint64_t time) { return now - time <= period; };
      const bool admits = std::count_if(admitted.begin(), admitted.end(), counts) < limit;
      ASSERT_EQ(intensity.admit(now), admits) << i << ", at " << now;
      if (admits) admitted.push_back(now);
      if (random() % 100 == 0) {
        intensity.forget();
        admitted.clear();
      }
    }
  });
}

// ---- Backoff ----

constexpr std::uint64_t half = 1u << 31;   // as `random`, where chance has no say

TEST(Backoff, without_an_initial_wait_there_is_none) {
  Backoff backoff;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(backoff.next_ns({0, 1000, 200, 50}, 0, half), 0u);
}

TEST(Backoff, grows_by_its_factor_up_to_the_longest) {
  const struct {
    Backoff::Options options;
    std::uint64_t waits[5];
  } rows[] = {
      {{100, 1000, 200, 0}, {100, 200, 400, 800, 1000}},
      {{100, 800, 200, 0}, {100, 200, 400, 800, 800}},
      {{100, 1000, 150, 0}, {100, 150, 225, 337, 505}},
      {{100, 1000, 100, 0}, {100, 100, 100, 100, 100}},   // the same each time
      {{7, 1'000'000, 10'000, 0}, {7, 700, 70'000, 1'000'000, 1'000'000}},
      {{1000, 1000, 200, 0}, {1000, 1000, 1000, 1000, 1000}},
      {{1000, 10, 200, 0}, {10, 10, 10, 10, 10}},   // never longer than the longest
  };
  for (const auto &row : rows) {
    Backoff backoff;
    for (const std::uint64_t wait : row.waits) {
      EXPECT_EQ(backoff.next_ns(row.options, 0, half), wait)
          << row.options.initial_ns << " to " << row.options.max_ns << " by " << row.options.factor_percent << " %";
    }
  }
}

TEST(Backoff, starts_anew_after_a_life_longer_than_the_longest_wait) {
  const Backoff::Options options{100, 1000, 200, 0};
  Backoff backoff;
  EXPECT_EQ(backoff.next_ns(options, 0, half), 100u);
  EXPECT_EQ(backoff.next_ns(options, 999, half), 200u);
  EXPECT_EQ(backoff.next_ns(options, 1000, half), 400u);
  EXPECT_EQ(backoff.next_ns(options, 1001, half), 100u);
  EXPECT_EQ(backoff.next_ns(options, 0, half), 200u) << "and grows again";
  EXPECT_EQ(backoff.next_ns(options, most_ns, half), 100u);
}

TEST(Backoff, jitter_reaches_from_its_lower_to_its_upper_bound) {
  for (const std::uint32_t percent : {1u, 25u, 100u}) {
    const Backoff::Options options{1000, 1000, 100, percent};
    Backoff backoff;
    const std::uint64_t lowest = 1000 - 10 * percent, highest = 1000 + 10 * percent;
    std::vector<int> seen(highest - lowest + 1);
    for (std::uint64_t random = 0; random < 2 * seen.size(); ++random) {
      const std::uint64_t wait = backoff.next_ns(options, 0, random);
      ASSERT_GE(wait, lowest) << random;
      ASSERT_LE(wait, highest) << random;
      ++seen[wait - lowest];
    }
    EXPECT_EQ(std::count(seen.begin(), seen.end(), 2), static_cast<std::ptrdiff_t>(seen.size())) << "not even, " << percent << " %";
  }
}

TEST(Backoff, jitter_does_not_change_later_waits) {
  const Backoff::Options options{1000, 1'000'000, 200, 50};
  Backoff backoff;
  EXPECT_EQ(backoff.next_ns(options, 0, 0), 500u);
  EXPECT_EQ(backoff.next_ns(options, 0, 2000), 3000u);
  EXPECT_EQ(backoff.next_ns(options, 0, 0), 2000u) << "of 4000";
}

TEST(Backoff, huge_values_do_not_overflow) {
  const std::uint64_t limit = SABIR_SUPERVISION_TIME_LIMIT_NS;
  for (const std::uint32_t factor : {100u, 101u, 200u, 10'000u}) {
    for (const std::uint64_t initial : {std::uint64_t{1}, limit / 10'000, limit / 100 + 1, limit / 2 + 1, limit - 1, limit}) {
      Backoff backoff;
      std::uint64_t before = 0;
      for (int i = 0; i < 100; ++i) {
        const std::uint64_t wait = backoff.next_ns({initial, limit, factor, 0}, 0, half);
        ASSERT_LE(wait, limit) << initial << ", " << factor << " %";
        ASSERT_GE(wait, std::max(initial, before)) << initial << ", " << factor << " %";
        before = wait;
      }
      Backoff jittering;
      ASSERT_EQ(jittering.next_ns({initial, limit, factor, 100}, 0, 0), 0u);
      Backoff other;
      ASSERT_EQ(other.next_ns({initial, limit, factor, 100}, 0, 2 * initial), 2 * initial);
    }
  }
  Backoff backoff;   // no options of the API, and no overflow all the same
  EXPECT_EQ(backoff.next_ns({1000, std::uint64_t{1} << 62, ~0u, 0}, 0, half), 1000u);
  for (int i = 0; i < 5; ++i) EXPECT_GE(backoff.next_ns({1000, std::uint64_t{1} << 62, ~0u, 0}, 0, half), 42'949'672'950u);
  EXPECT_EQ(backoff.next_ns({1000, std::uint64_t{1} << 62, ~0u, 0}, 0, half), std::uint64_t{1} << 62);
}

// Against wider arithmetic: each wait is the last one by the factor, never less, never more than the longest, and jitter goes about it.
TEST(Backoff, is_monotone_and_within_its_bounds) {
  __extension__ using Wide = unsigned __int128;
  for_each_case(3000, [](std::mt19937_64 &random) {
    const std::uint64_t one = (random() >> 2) >> random() % 62, other = (random() >> 2) >> random() % 62;
    const Backoff::Options options{std::min(one, other) + 1, std::max(one, other) + 1, static_cast<std::uint32_t>(100 + random() % 9901),
                                   static_cast<std::uint32_t>(random() % 3 == 0 ? 0 : random() % 101)};
    SCOPED_TRACE(testing::Message() << options.initial_ns << " to " << options.max_ns << " by " << options.factor_percent << " %, jitter "
                                    << options.jitter_percent << " %");
    Backoff backoff;
    std::uint64_t expected = 0;
    for (int i = 0; i < 40; ++i) {
      const std::uint64_t lived = random() % 16 != 0 ? random() % options.max_ns : options.max_ns + random() % 2;
      const bool anew = expected == 0 || lived > options.max_ns;
      const std::uint64_t before = anew ? 0 : expected;
      expected = anew ? options.initial_ns
                      : static_cast<std::uint64_t>(std::min(Wide{expected} * options.factor_percent / 100, Wide{options.max_ns}));
      ASSERT_GE(expected, before);
      const auto jitter = static_cast<std::uint64_t>(Wide{expected} * options.jitter_percent / 100);
      const std::uint64_t wait = backoff.next_ns(options, lived, random());
      ASSERT_GE(wait, expected - jitter) << i;
      ASSERT_LE(wait, expected + jitter) << i;
    }
  });
}

}  // namespace
}  // namespace sabir::supervision
