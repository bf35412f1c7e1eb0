// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.hpp"

#include <gtest/gtest.h>

namespace sabir {
namespace {

using namespace std::string_view_literals;

TEST(Utf8, accepts_each_length_at_its_limits) {
  EXPECT_TRUE(is_utf8(""sv));
  EXPECT_TRUE(is_utf8("\x00\x7f"sv));
  EXPECT_TRUE(is_utf8("\xC2\x80\xDF\xBF"sv));
  EXPECT_TRUE(is_utf8("\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"sv));
  EXPECT_TRUE(is_utf8("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"sv));
}

TEST(Utf8, refuses_what_rfc_3629_refuses) {
  for (const std::string_view bad :
       {"\x80"sv, "\xC0\x80"sv, "\xC1\xBF"sv, "\xE0\x80\x80"sv, "\xE0\x9F\xBF"sv, "\xED\xA0\x80"sv, "\xED\xBF\xBF"sv, "\xF0\x80\x80\x80"sv,
        "\xF0\x8F\xBF\xBF"sv, "\xF4\x90\x80\x80"sv, "\xF5\x80\x80\x80"sv, "\xFF"sv, "\xC2"sv, "\xE1\x80"sv, "\xF1\x80\x80"sv, "\xC2\x41"sv,
        "a\xE1\x80\x41"sv}) {
    EXPECT_FALSE(is_utf8(bad)) << testing::PrintToString(bad);
  }
}

TEST(Utf8, is_mended_byte_by_byte) {
  EXPECT_EQ(printable(""sv), "");
  EXPECT_EQ(printable("Smørrebrød \xF0\x9F\x8D\x9E"sv), "Smørrebrød \xF0\x9F\x8D\x9E");
  EXPECT_EQ(printable("x\0y"sv), "x\xEF\xBF\xBDy");
  EXPECT_EQ(printable("\xFFx\xE1\x80"sv), "\xEF\xBF\xBDx\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_TRUE(is_utf8(printable("\xED\xA0\x80\xC0\x80\xF4\x90\x80\x80"sv)));
}

TEST(Utf8, is_cut_between_code_points) {
  constexpr std::string_view text = "aé\xF0\x9F\x8D\x9E!"sv;   // 1, 2, 4 and 1 bytes
  constexpr std::size_t sizes[] = {0, 1, 1, 3, 3, 3, 3, 7, 8, 8};
  for (std::size_t room = 0; room < std::size(sizes); ++room) EXPECT_EQ(beginning_of(text, room), text.substr(0, sizes[room])) << room;
  EXPECT_EQ(beginning_of({}, 0), "");
}

}  // namespace
}  // namespace sabir
