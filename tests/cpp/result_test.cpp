// result, failure, error.
//
// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

namespace sabir_test {
namespace {

TEST(Result, HoldsAValue) {
  sabir::result<std::string> text(std::string("value"));
  EXPECT_TRUE(text);
  EXPECT_EQ(text.value(), "value");
  EXPECT_EQ(*text, "value");
  EXPECT_EQ(text->size(), 5U);
  EXPECT_EQ(text.value_or("other"), "value");
  EXPECT_EQ(text.status(), SABIR_OK);
  EXPECT_EQ(std::move(text).value(), "value");
}

TEST(Result, HoldsMoveOnlyValues) {
  sabir::result<std::unique_ptr<int>> memory(std::make_unique<int>(3));
  std::unique_ptr<int> taken = std::move(memory).value();
  EXPECT_EQ(*taken, 3);
}

TEST(Result, ValueOfAFailureThrowsIt) {
  sabir::result<int> failed(sabir::failure{.status = SABIR_E_TIMEOUT});
  EXPECT_FALSE(failed);
  EXPECT_EQ(failed.status(), SABIR_E_TIMEOUT);
  EXPECT_EQ(failed.value_or(7), 7);
  try {
    (void)failed.value();
    FAIL() << "gave a value";
  } catch (const sabir::error &thrown) {
    EXPECT_EQ(thrown.status(), SABIR_E_TIMEOUT);
    EXPECT_STREQ(thrown.what(), "SABIR_E_TIMEOUT: the time ran out");
    EXPECT_FALSE(thrown.exit());
  }
}

TEST(Result, OfNothingSucceedsOrFails) {
  EXPECT_NO_THROW(sabir::result<void>().value());
  sabir::result<void> failed(sabir::failure{.status = 12, .text = "the application's own"});
  EXPECT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().describe(), "APPLICATION 12: the application's own");
  EXPECT_THROW(failed.value(), sabir::error);
}

TEST(ExitReason, OfNothingIsEmpty) {
  sabir::exit_reason none;
  EXPECT_FALSE(none);
  EXPECT_EQ(none.message(), "");
  EXPECT_EQ(none.detail(), "");
  EXPECT_EQ(none.pid(), 0U);
  EXPECT_FALSE(none.cause());
}

}  // namespace
}  // namespace sabir_test
