// Words with their numbers: a table of them, and their flat form for messages.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_INDEX_WORDS_HPP
#define SABIR_INDEX_WORDS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace word_index {

/// Looks words up without making a string of them first.
struct WordHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view word) const noexcept { return std::hash<std::string_view>()(word); }
};

using WordTable = std::unordered_map<std::string, std::uint64_t, WordHash, std::equal_to<>>;

/// A table that a large file has blown up to more buckets than this is not kept for the next one.
inline constexpr std::size_t kept_buckets_max = 1 << 16;

inline void add(WordTable &table, std::string_view word, std::uint64_t count = 1) {
  if (auto found = table.find(word); found != table.end())
    found->second += count;
  else
    table.emplace(word, count);
}

/// The flat form: for each word its size, its bytes, its count; numbers as LEB128.
inline void append_number(std::string &out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) out.push_back(static_cast<char>(number | 0x80));
  out.push_back(static_cast<char>(number));
}

inline void append_entry(std::string &out, std::string_view word, std::uint64_t count) {
  append_number(out, word.size());
  out += word;
  append_number(out, count);
}

/// Reads the flat form: calls on_entry(word, count) for each. Throws std::runtime_error where it is cut off.
template <class OnEntry>
void for_each_entry(std::string_view flat, OnEntry &&on_entry) {
  auto number = [&flat] {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (flat.empty()) break;
      const auto byte = static_cast<unsigned char>(flat.front());
      flat.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    throw std::runtime_error("a batch of words is cut off");
  };
  while (!flat.empty()) {
    const std::uint64_t size = number();
    if (size > flat.size()) throw std::runtime_error("a batch of words is cut off");
    std::string_view word = flat.substr(0, size);
    flat.remove_prefix(size);
    on_entry(word, number());
  }
}

/// The most frequent words, at most limit of them, the alphabetically first of equals first.
inline std::vector<std::pair<std::string_view, std::uint64_t>> most_frequent(const WordTable &table, std::size_t limit) {
  std::vector<std::pair<std::string_view, std::uint64_t>> entries(table.begin(), table.end());
  auto before = [](const auto &a, const auto &b) { return a.second != b.second ? a.second > b.second : a.first < b.first; };
  auto middle = entries.begin() + static_cast<std::ptrdiff_t>(std::min(limit, entries.size()));
  std::partial_sort(entries.begin(), middle, entries.end(), before);
  entries.erase(middle, entries.end());
  return entries;
}

}  // namespace word_index

#endif
