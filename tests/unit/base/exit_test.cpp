// SPDX-License-Identifier: Apache-2.0
#include "base/exit.hpp"

#include <gtest/gtest.h>

namespace sabir::exits {
namespace {

TEST(Exit, keeps_its_cause_alive) {
  const sabir_exit *cause = make(SABIR_EXIT_CRASHED, 7, 11, "boom", "trace", nullptr);
  const sabir_exit *exit = make(SABIR_EXIT_SHUTDOWN, SABIR_OK, 12, "", "", cause);
  release(cause);
  EXPECT_EQ(exit->cause->message, "boom");
  EXPECT_EQ(exit->cause->detail, "trace");
  EXPECT_EQ(exit->cause->status, 7);
  EXPECT_EQ(exit->cause->pid, 11u);
  release(exit);
}

TEST(Exit, plain_ones_are_shared_and_never_counted) {
  const sabir_exit *exit = plain(SABIR_EXIT_KILLED);
  EXPECT_EQ(exit, plain(SABIR_EXIT_KILLED));
  release(retain(exit));
  release(exit);
  EXPECT_EQ(plain(SABIR_EXIT_KILLED)->reason, SABIR_EXIT_KILLED);
}

}  // namespace
}  // namespace sabir::exits
