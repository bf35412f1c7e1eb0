// Type ids, and how types become bytes.
//
// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

namespace sabir_test {
namespace {

struct Named {
  static constexpr std::string_view sabir_type_name = "bank.Add/1";
  std::uint64_t amount;
};
struct OtherNamed {
  static constexpr const char *sabir_type_name = "bank.Add/2";
};
enum class Colour : std::uint8_t { red, green };

static_assert(sabir::type_id<Named> != sabir::type_id<OtherNamed>);
static_assert(sabir::type_id<Add> != sabir::type_id<Get>);
static_assert(sabir::type_id<Add> != 0);
static_assert(sabir::type_id<std::vector<Add>> != sabir::type_id<std::vector<Get>>);
static_assert(sabir::type_id<unsigned long> == sabir::type_id<unsigned long long>, "one size, one name");
static_assert(sabir::type_id<std::int32_t> != sabir::type_id<std::uint32_t>);

template <class T>
std::optional<T> there_and_back(const T &value) {
  sabir::message message = sabir::message::of(value);
  EXPECT_EQ(message.type(), sabir::type_id<T>);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(message.bytes().data()) % SABIR_PAYLOAD_ALIGNMENT, 0U);
  return message.as<T>();
}

TEST(Codec, TypeIdsAreThoseOfTheCAbi) {
  EXPECT_EQ(sabir::type_id<Named>, sabir_type_of("bank.Add/1", 10));
  EXPECT_EQ(sabir::type_id<OtherNamed>, sabir_type_of("bank.Add/2", 10));
  EXPECT_EQ(sabir::type_id<std::string>, sabir_type_of("string", 6));
  EXPECT_EQ(sabir::type_id<std::uint64_t>, sabir_type_of("u64", 3));
  EXPECT_EQ(sabir::type_id<std::int8_t>, sabir_type_of("i8", 2));
  EXPECT_EQ(sabir::type_id<double>, sabir_type_of("f64", 3));
  EXPECT_EQ(sabir::type_id<bool>, sabir_type_of("bool", 4));
  EXPECT_EQ(sabir::type_id<std::vector<float>>, sabir_type_of("vector<f32>", 11));
  EXPECT_EQ(sabir::type_id<std::vector<Named>>, sabir_type_of("vector<bank.Add/1>", 18));
}

TEST(Codec, TypesWithoutANameHaveTheCompilers) {
  EXPECT_EQ(sabir::type_id<Add>, sabir_type_of("sabir_test::Add", 15));
  EXPECT_EQ(sabir::type_id<std::vector<Add>>, sabir_type_of("vector<sabir_test::Add>", 23));
}

TEST(Codec, ValuesComeBackAsTheyWere) {
  EXPECT_EQ(there_and_back(std::uint64_t{7}), 7U);
  EXPECT_EQ(there_and_back(-1.5), -1.5);
  EXPECT_EQ(there_and_back(true), true);
  EXPECT_EQ(there_and_back(Colour::green), Colour::green);
  EXPECT_EQ(there_and_back(Named{9})->amount, 9U);
  EXPECT_EQ(there_and_back(std::string("text \0 with a NUL", 17)), std::string("text \0 with a NUL", 17));
  EXPECT_EQ(there_and_back(std::string()), "");
  EXPECT_EQ(there_and_back(std::vector<std::int16_t>{1, -2, 3}), (std::vector<std::int16_t>{1, -2, 3}));
  EXPECT_EQ(there_and_back(std::vector<double>()), std::vector<double>());
  EXPECT_EQ((there_and_back(std::array<int, 3>{1, 2, 3})), (std::array<int, 3>{1, 2, 3}));
}

TEST(Codec, EmptyTypesHaveNoBytes) {
  sabir::message message = sabir::message::of(Get{});
  EXPECT_EQ(message.bytes().size(), 0U);
  EXPECT_TRUE(message.as<Get>().has_value());
}

TEST(Codec, BytesThatDoNotFitAreRefused) {
  const std::array<std::byte, 7> seven{};
  EXPECT_FALSE(sabir::message::copy(sabir::type_id<std::uint64_t>, seven).as<std::uint64_t>().has_value());
  EXPECT_FALSE(sabir::message::copy(sabir::type_id<std::vector<int>>, seven).as<std::vector<int>>().has_value());
  EXPECT_FALSE(sabir::message::copy(sabir::type_id<Get>, seven).as<Get>().has_value());
  EXPECT_FALSE(sabir::message::of(std::uint64_t{1}).as<double>().has_value()) << "another type of the same size";
  EXPECT_EQ(sabir::message::of(std::uint64_t{1}).decode<std::int64_t>(), 1) << "decode does not look at the type";
}

}  // namespace
}  // namespace sabir_test
