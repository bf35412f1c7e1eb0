// SPDX-License-Identifier: Apache-2.0
#include "metrics/counters.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace sabir::metrics {
namespace {

TEST(Shards, lose_no_count_whoever_shares_one) {
  Shards shards;
  std::vector<std::thread> threads;
  for (std::uint32_t number : {0u, 1u, 63u, 64u, 65u, 1000u}) {
    threads.emplace_back([&shards, number] {
      for (int i = 0; i < 10'000; ++i) shards.update(number, [](Counters &counters, auto add) { add(counters.sent, 1); });
    });
  }
  for (std::thread &thread : threads) thread.join();
  std::uint64_t sum = 0;
  shards.visit([&sum](const Counters &counters) { sum += counters.sent.value(); });
  EXPECT_EQ(sum, 60'000u);
}

}  // namespace
}  // namespace sabir::metrics
