// SPDX-License-Identifier: Apache-2.0
#include "base/handle_table.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace sabir::handles {
namespace {

TEST(HandleTable, a_handle_finds_its_object_by_kind_until_its_last_reference_ends) {
  int object = 0;
  const std::uintptr_t handle = create(Kind::port, &object);
  ASSERT_NE(handle, 0u);
  EXPECT_EQ(resolve(Kind::port, handle), &object);
  EXPECT_EQ(resolve(Kind::system, handle), nullptr);
  EXPECT_TRUE(retain(Kind::port, handle));
  EXPECT_EQ(release(Kind::port, handle), Release::remains);
  EXPECT_EQ(resolve(Kind::port, handle), &object);
  EXPECT_EQ(release(Kind::port, handle), Release::last);
  EXPECT_EQ(resolve(Kind::port, handle), nullptr);
  EXPECT_FALSE(retain(Kind::port, handle));
  EXPECT_EQ(release(Kind::port, handle), Release::stale);
  recycle(handle);
}

TEST(HandleTable, a_slot_used_again_gives_another_handle) {
  int object = 0;
  const std::uintptr_t first = create(Kind::port, &object);
  EXPECT_EQ(release(Kind::port, first), Release::last);
  recycle(first);
  for (int i = 0; i < 2000; ++i) {
    const std::uintptr_t handle = create(Kind::port, &object);
    EXPECT_NE(handle, first);
    EXPECT_EQ(resolve(Kind::port, first), nullptr);
    EXPECT_EQ(release(Kind::port, handle), Release::last);
    recycle(handle);
  }
}

TEST(HandleTable, wild_handles_find_nothing) {
  for (const std::uintptr_t wild : {std::uintptr_t{0}, std::uintptr_t{1}, std::uintptr_t{0x1234}, ~std::uintptr_t{0}}) {
    EXPECT_EQ(resolve(Kind::system, wild), nullptr);
    EXPECT_EQ(release(Kind::system, wild), Release::stale);
  }
}

TEST(HandleTable, release_if_not_last_leaves_the_last_reference) {
  int object = 0;
  const std::uintptr_t handle = create(Kind::executor, &object);
  EXPECT_EQ(release(Kind::executor, handle, true), Release::last);
  EXPECT_EQ(resolve(Kind::executor, handle), &object);
  EXPECT_TRUE(revoke(Kind::executor, handle));
  EXPECT_EQ(resolve(Kind::executor, handle), nullptr);
  EXPECT_FALSE(revoke(Kind::executor, handle));
  recycle(handle);
}

TEST(HandleTable, waits_for_another_threads_pin) {
  int object = 0;
  const std::uintptr_t handle = create(Kind::port, &object);
  std::atomic<int> step{0};
  std::thread user([&] {
    const Pin pin(Kind::port, handle);
    EXPECT_EQ(pin.object(), &object);
    step = 1;
    while (step != 2) std::this_thread::yield();
  });
  while (step != 1) std::this_thread::yield();
  EXPECT_EQ(release(Kind::port, handle), Release::last);
  EXPECT_FALSE(wait_for_pins(handle, Parker::Clock::now() + std::chrono::milliseconds(5)));
  step = 2;
  EXPECT_TRUE(wait_for_pins(handle, Parker::Clock::time_point::max()));
  user.join();
  const Pin late(Kind::port, handle);
  EXPECT_EQ(late.object(), nullptr);
  recycle(handle);
}

}  // namespace
}  // namespace sabir::handles
