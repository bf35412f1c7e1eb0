// SPDX-License-Identifier: Apache-2.0
#include "executor/run_queue.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace sabir::executor {
namespace {

struct Item {
  std::atomic<int> taken{0};
};
using Deque = BasicDeque<StdPlatform, Item, 4>;

TEST(Deque, gives_its_owner_the_newest_and_anyone_the_oldest) {
  Deque deque;
  Item items[4];
  for (Item &item : items) EXPECT_TRUE(deque.push(&item));
  EXPECT_FALSE(deque.push(&items[0]));
  EXPECT_EQ(deque.pop_newest(), &items[3]);
  EXPECT_EQ(deque.take_oldest(), &items[0]);
  EXPECT_EQ(deque.size(), 2u);
  EXPECT_EQ(deque.pop_newest(), &items[2]);
  EXPECT_EQ(deque.pop_newest(), &items[1]);
  EXPECT_EQ(deque.pop_newest(), nullptr);
  EXPECT_EQ(deque.take_oldest(), nullptr);
  EXPECT_TRUE(deque.push(&items[0]));
  EXPECT_EQ(deque.take_oldest(), &items[0]);
}

TEST(Deque, every_task_is_taken_once_with_thieves_about) {
  BasicDeque<StdPlatform, Item, 64> deque;
  std::vector<Item> items(200'000);
  std::atomic<bool> done{false};
  const auto take = [](Item *item) {
    if (item) ++item->taken;
    return item != nullptr;
  };
  std::vector<std::thread> thieves;
  for (int i = 0; i < 2; ++i) {
    thieves.emplace_back([&] {
      while (!done) take(deque.take_oldest());
    });
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    while (!deque.push(&items[i])) take(deque.pop_newest());
    if (i % 3 == 0) take(deque.pop_newest());
    if (i % 7 == 0) take(deque.take_oldest());
  }
  while (take(deque.pop_newest())) {
  }
  done = true;
  for (std::thread &thief : thieves) thief.join();
  for (const Item &item : items) ASSERT_EQ(item.taken, 1);
}

TEST(NextSlot, holds_one) {
  BasicNextSlot<StdPlatform, Item> slot;
  Item first, second;
  EXPECT_EQ(slot.take(), nullptr);
  EXPECT_TRUE(slot.put(&first));
  EXPECT_FALSE(slot.put(&second));
  EXPECT_EQ(slot.peek(), &first);
  EXPECT_EQ(slot.take(), &first);
  EXPECT_TRUE(slot.put(&second));
}

TEST(NextSlot, what_the_watchdog_took_stands_in_the_way_until_the_owner_looks) {
  BasicNextSlot<StdPlatform, Item> slot;
  Item first, second;
  EXPECT_EQ(slot.take_late(), nullptr);
  EXPECT_TRUE(slot.put(&first));
  EXPECT_EQ(slot.take_late(), &first);
  EXPECT_EQ(slot.peek(), nullptr);
  EXPECT_EQ(slot.take_late(), nullptr);
  EXPECT_FALSE(slot.put(&second));
  EXPECT_EQ(slot.take(), nullptr);
  EXPECT_TRUE(slot.put(&second));
  EXPECT_EQ(slot.take(), &second);
}

TEST(NextSlot, each_is_taken_once_by_owner_or_watchdog) {
  BasicNextSlot<StdPlatform, Item> slot;
  std::vector<Item> items(200'000);
  std::atomic<bool> done{false};
  std::thread watchdog([&] {
    while (!done) {
      if (Item *item = slot.take_late()) ++item->taken;
    }
  });
  for (Item &item : items) {
    if (!slot.put(&item)) ++item.taken;   // elsewhere
    if (Item *mine = slot.take()) ++mine->taken;
  }
  done = true;
  watchdog.join();
  for (const Item &item : items) ASSERT_EQ(item.taken, 1);
}

}  // namespace
}  // namespace sabir::executor
