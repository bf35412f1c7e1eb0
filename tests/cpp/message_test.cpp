// Owned messages and views.
//
// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

namespace sabir_test {
namespace {

static_assert(!std::is_copy_constructible_v<sabir::message>);
static_assert(std::is_nothrow_move_constructible_v<sabir::message> && std::is_nothrow_move_assignable_v<sabir::message>);

TEST(Message, IsWrittenInPlace) {
  sabir::message message = sabir::message::create(5, 4);
  ASSERT_EQ(message.writable().size(), 4U);
  message.writable()[3] = std::byte{9};
  EXPECT_EQ(message.type(), 5U);
  EXPECT_EQ(message.kind(), SABIR_KIND_MESSAGE);
  EXPECT_EQ(message.sender(), 0U);
  EXPECT_EQ(message.ref(), 0U);
  EXPECT_EQ(message.bytes()[3], std::byte{9});
  EXPECT_EQ(message.why().status, SABIR_OK);
}

TEST(Message, MovesAndLeavesNothing) {
  sabir::message first = sabir::message::of(Add{1});
  sabir::message second = std::move(first);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): that it is empty is the point
  EXPECT_TRUE(second);
  second = sabir::message::of(Add{2});
  EXPECT_EQ(second.as<Add>()->amount, 2U);
  sabir_message *raw = second.release();
  EXPECT_FALSE(second);
  sabir_message_destroy(&raw);
}

TEST(Message, WrappedMemoryIsReleasedOnce) {
  std::array<std::byte, 3> memory{std::byte{1}, std::byte{2}, std::byte{3}};
  int released = 0;
  {
    sabir::message message = sabir::message::wrap(8, memory, [&released] { ++released; });
    EXPECT_EQ(message.bytes().data(), memory.data()) << "not copied";
    EXPECT_EQ(message.bytes().size(), 3U);
    EXPECT_EQ(released, 0);
  }
  EXPECT_EQ(released, 1);
}

TEST(Message, WrapThatFailsDoesNotRelease) {
  int released = 0;
  EXPECT_THROW((void)sabir::message::wrap(8, std::span<std::byte>(static_cast<std::byte *>(nullptr), 3), [&released] { ++released; }),
               sabir::error);
  EXPECT_EQ(released, 0);
}

TEST(Message, SizesThatNoMachineHasThrow) {
  try {
    (void)sabir::message::create(1, std::numeric_limits<std::size_t>::max() - 1);
    FAIL() << "created";
  } catch (const sabir::error &thrown) {
    EXPECT_EQ(thrown.status(), SABIR_E_NOMEM);
  }
}

}  // namespace
}  // namespace sabir_test
