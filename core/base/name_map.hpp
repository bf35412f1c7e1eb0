// Maps from names, looked up by a view: a lookup allocates nothing.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sabir {

struct NameHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const noexcept { return std::hash<std::string_view>()(name); }
};

template <class Value>
using NameMap = std::unordered_map<std::string, Value, NameHash, std::equal_to<>>;

// When something that grows is next to be looked through for what is dead: when it is twice as large as the last look left it. So a look
// costs each addition a constant, and what is there is at most twice what was alive at the last look, and a little.
class SweepPoint {
 public:
  bool reached(std::size_t size) const noexcept { return size >= at_; }
  void swept(std::size_t left) noexcept { at_ = left < least / 2 ? least : 2 * left; }

 private:
  static constexpr std::size_t least = 16;
  std::size_t at_ = least;
};

}  // namespace sabir
