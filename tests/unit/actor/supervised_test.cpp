// SPDX-License-Identifier: Apache-2.0
#include "actor/supervised.hpp"

#include <gtest/gtest.h>

namespace sabir::actor {
namespace {

using namespace orders;

TEST(Orders, a_begin_takes_back_the_halt_before_it) {
  EXPECT_EQ(merged(halt, begin), begin);
  EXPECT_EQ(merged(halt | kill, begin), begin);
  EXPECT_EQ(merged(travels | halt, travels | begin), travels | begin);
}

TEST(Orders, a_halt_takes_back_the_begin_before_it) {
  EXPECT_EQ(merged(begin, halt), begin | halt);   // the child says that it has left
  EXPECT_EQ(merged(merged(halt, begin), halt), begin | halt);
  EXPECT_EQ(merged(merged(begin, halt | kill), begin), begin);
}

TEST(Orders, nothing_takes_back_an_end) {
  EXPECT_EQ(merged(end, begin), end | begin);
  EXPECT_EQ(merged(halt, end), halt | end);
  EXPECT_EQ(merged(end | halt | kill, begin) & end, end);
  EXPECT_EQ(merged(stop, begin), stop | begin);
}

}  // namespace
}  // namespace sabir::actor
