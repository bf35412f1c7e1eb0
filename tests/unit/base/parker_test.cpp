// SPDX-License-Identifier: Apache-2.0
#include "base/parker.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace sabir {
namespace {

TEST(Parker, an_unpark_before_the_park_is_not_lost_and_several_are_one) {
  Parker parker;
  parker.unpark();
  parker.unpark();
  EXPECT_TRUE(parker.park_until(Parker::Clock::time_point::max()));
  EXPECT_FALSE(parker.park_until(Parker::Clock::now() + std::chrono::milliseconds(1)));
}

TEST(Parker, hands_over_what_was_written_before) {
  Parker here, there;
  long value = 0;
  std::thread other([&] {
    for (int i = 0; i < 10'000; ++i) {
      there.park_until(Parker::Clock::time_point::max());
      ++value;
      here.unpark();
    }
  });
  for (int i = 0; i < 10'000; ++i) {
    there.unpark();
    ASSERT_TRUE(here.park_until(Parker::Clock::time_point::max()));
    ASSERT_EQ(value, i + 1);
  }
  other.join();
}

}  // namespace
}  // namespace sabir
