// SPDX-License-Identifier: Apache-2.0
#include "mailbox/message.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <vector>

#include "base/exit.hpp"
#include "base/memory.hpp"

namespace sabir {
namespace {

TEST(Message, has_aligned_room_of_every_size) {
  Thread &thread = Thread::current();
  for (std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{15}, std::size_t{16}, std::size_t{17}, std::size_t{448},
                           std::size_t{449}, std::size_t{100'000}}) {
    Message *message = allocate_message(thread, 7, size);
    ASSERT_NE(message, nullptr);
    EXPECT_EQ(message->size, size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(message->data) % SABIR_PAYLOAD_ALIGNMENT, 0u);
    std::memset(message->data, 0xAB, size);
    free_message(thread, message);
  }
}

TEST(Message, absurd_sizes_are_no_memory) {
  Thread &thread = Thread::current();
  EXPECT_EQ(allocate_message(thread, 0, ~std::size_t{0}), nullptr);
  EXPECT_EQ(allocate_message(thread, 0, ~std::size_t{0} - 63), nullptr);
  EXPECT_EQ(allocate_message(thread, 0, std::size_t{1} << 62), nullptr);
}

TEST(Message, a_failures_text_is_cut_between_code_points) {
  Thread &thread = Thread::current();
  Message *failure = allocate_failure(thread, 4);
  ASSERT_NE(failure, nullptr);
  const std::string text(200, 'x');
  const std::string accented = std::string("\xC3\xA9") + text.substr(0, 300) + "\xC3\xA9";
  set_failure(*failure, 9, SABIR_E_TIMEOUT, accented.data(), accented.size(), nullptr);
  EXPECT_EQ(failure->ref, 9u);
  EXPECT_EQ(failure_of(*failure).status, SABIR_E_TIMEOUT);
  EXPECT_LT(failure->size, accented.size());
  EXPECT_EQ(std::strlen(static_cast<char *>(failure->data)), failure->size);
  EXPECT_NE(static_cast<unsigned char *>(failure->data)[failure->size - 1], 0xC3);
  free_message(thread, failure);
}

TEST(Message, a_failed_allocation_is_a_null) {
  Thread &thread = Thread::current();
  memory::fail_after(1);
  EXPECT_EQ(allocate_message(thread, 0, 100'000), nullptr);
  memory::fail_after(0);
  Message *message = allocate_message(thread, 0, 100'000);
  ASSERT_NE(message, nullptr);
  free_message(thread, message);
}

// Blocks of one thread freed by another, in and out of order: the accounts come back to where they were.
TEST(Pool, memory_comes_back_whoever_frees_it) {
  pool::flush(Thread::current());
  const std::uint64_t before = pool::bytes_in_use();
  std::vector<Message *> messages;
  std::thread maker([&] {
    Thread &thread = Thread::current();
    for (std::size_t i = 0; i < 20'000; ++i) messages.push_back(allocate_message(thread, i, i % 700));
  });
  maker.join();
  EXPECT_GT(pool::bytes_in_use(), before + 20'000 * sizeof(Message));
  Thread &thread = Thread::current();
  for (std::size_t i = 0; i < messages.size(); i += 2) free_message(thread, messages[i]);
  for (std::size_t i = 1; i < messages.size(); i += 2) free_message(thread, messages[i]);
  pool::flush(thread);
  EXPECT_EQ(pool::bytes_in_use(), before);
}

TEST(Pool, a_thread_has_at_most_its_limit_of_slabs_out) {
  std::thread hoarder([] {
    Thread &thread = Thread::current();
    std::vector<Message *> messages;
    for (int i = 0; i < 40'000; ++i) messages.push_back(allocate_message(thread, 0, 64));
    EXPECT_LE(thread.pool.slabs_out.load(), pool::slabs_per_thread);
    for (Message *message : messages) free_message(thread, message);
    pool::flush(thread);
    EXPECT_LE(thread.pool.slabs_out.load(), 1u);
  });
  hoarder.join();
}

}  // namespace
}  // namespace sabir
