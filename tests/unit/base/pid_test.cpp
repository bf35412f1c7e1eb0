// SPDX-License-Identifier: Apache-2.0
#include "base/pid.hpp"

#include <gtest/gtest.h>

namespace sabir {
namespace {

TEST(Pid, fields_survive_packing_at_their_limits) {
  for (const Pid pid : {Pid{1, 0, 1}, Pid{tag_max, index_max, generation_max}, Pid{512, 12345, 67890}}) {
    const Pid again = Pid::unpack(pid.pack());
    EXPECT_EQ(again.tag, pid.tag);
    EXPECT_EQ(again.index, pid.index);
    EXPECT_EQ(again.generation, pid.generation);
  }
}

TEST(Pid, zero_is_nobodys) {
  EXPECT_EQ(Pid::unpack(0).tag, 0u);
  EXPECT_NE((Pid{1, 0, 1}.pack()), 0u);
}

TEST(Pid, has_10_26_and_28_bits) {
  EXPECT_EQ((Pid{1, 0, 0}.pack()), std::uint64_t{1} << 54);
  EXPECT_EQ((Pid{0, 1, 0}.pack()), std::uint64_t{1} << 28);
  EXPECT_EQ((Pid{tag_max, index_max, generation_max}.pack()), ~std::uint64_t{0});
}

}  // namespace
}  // namespace sabir
