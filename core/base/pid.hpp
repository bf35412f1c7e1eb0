// The layout of pids and refs: 10 bits of system tag, 26 of index, 28 of generation.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace sabir {

inline constexpr unsigned tag_bits = 10;
inline constexpr unsigned index_bits = 26;
inline constexpr unsigned generation_bits = 28;
inline constexpr std::uint32_t generation_max = (1u << generation_bits) - 1;
inline constexpr std::uint32_t index_max = (1u << index_bits) - 1;
inline constexpr std::uint32_t tag_max = (1u << tag_bits) - 1;

// A pid (or ref) taken apart. Generations start at 1 and tags at 1, so a valid one is never 0.
struct Pid {
  std::uint32_t tag;
  std::uint32_t index;
  std::uint32_t generation;

  static constexpr Pid unpack(std::uint64_t value) noexcept {
    return {static_cast<std::uint32_t>(value >> (index_bits + generation_bits)),
            static_cast<std::uint32_t>(value >> generation_bits) & index_max, static_cast<std::uint32_t>(value) & generation_max};
  }
  constexpr std::uint64_t pack() const noexcept {
    return (static_cast<std::uint64_t>(tag) << (index_bits + generation_bits)) | (static_cast<std::uint64_t>(index) << generation_bits) |
           generation;
  }
};

}  // namespace sabir
