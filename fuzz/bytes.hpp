// A fuzzer's input, read from both ends: what to do comes from the front, with what parameters from the back. So a byte that the fuzzer
// inserts into the sequence of operations does not shift the parameters of those before it. An input that is used up gives zeros.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace fuzz {

class bytes {
 public:
  bytes(const std::uint8_t *data, std::size_t size) : begin_(data), end_(data + size) {}

  bool empty() const { return begin_ == end_; }
  std::uint8_t operation() { return empty() ? std::uint8_t{0} : *begin_++; }
  std::uint8_t byte() { return empty() ? std::uint8_t{0} : *--end_; }

  // 0 to bound - 1; bound is at most 256.
  std::uint32_t below(std::uint32_t bound) { return bound <= 1 ? 0 : byte() % bound; }
  bool one_in(std::uint32_t chances) { return below(chances) == chances - 1; }
  std::uint32_t word() {
    std::uint32_t value = 0;
    for (int index = 0; index < 4; ++index) value = value << 8 | byte();
    return value;
  }

 private:
  const std::uint8_t *begin_;
  const std::uint8_t *end_;
};

}  // namespace fuzz
