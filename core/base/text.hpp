// Text in pieces, which is put together where it is kept, and where it is known what to do without memory for it.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace sabir {

using Pieces = std::initializer_list<std::string_view>;

// Throws std::bad_alloc.
inline std::string joined(Pieces pieces) {
  std::size_t size = 0;
  for (const std::string_view piece : pieces) size += piece.size();
  std::string text;
  text.reserve(size);
  for (const std::string_view piece : pieces) text += piece;
  return text;
}

// A number as a piece; lives as long as the expression that it is written in.
class Decimal {
 public:
  explicit Decimal(std::int64_t number) noexcept { write(number); }
  explicit Decimal(std::uint64_t number) noexcept { write(number); }
  operator std::string_view() const noexcept { return {digits_, size_}; }   // NOLINT(google-explicit-constructor)

 private:
  template <class Number>
  void write(Number number) noexcept {
    size_ = static_cast<std::size_t>(std::to_chars(digits_, digits_ + sizeof digits_, number).ptr - digits_);
  }

  char digits_[20];   // as many as 2^64 has, or 2^63 with a sign
  std::size_t size_ = 0;
};

// The same of a pid, as the logs write it.
class Hexadecimal {
 public:
  explicit Hexadecimal(std::uint64_t pid) noexcept
      : size_(static_cast<std::size_t>(std::to_chars(digits_, digits_ + sizeof digits_, pid, 16).ptr - digits_)) {}
  operator std::string_view() const noexcept { return {digits_, size_}; }   // NOLINT(google-explicit-constructor)

 private:
  char digits_[16];
  std::size_t size_;
};

}  // namespace sabir
