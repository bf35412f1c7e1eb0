// Words with their numbers: a table of them, and their flat form for messages.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_INDEX_WORDS_HPP
#define SABIR_INDEX_WORDS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace word_index {

/// Words and their counts. Text and nodes stand in one arena that is emptied as a whole: with a table per file, giving each of
/// them back costs as much as counting.
class WordTable {
 public:
  using Map = std::pmr::unordered_map<std::string_view, std::uint64_t>;

  WordTable() { clear(); }
  WordTable(const WordTable &) = delete;
  WordTable &operator=(const WordTable &) = delete;

  void add(std::string_view word, std::uint64_t count = 1) {
    if (auto found = map_->find(word); found != map_->end()) {
      found->second += count;
    } else {
      auto *copy = static_cast<char *>(arena_.allocate(word.size(), 1));
      map_->emplace(std::string_view(copy, word.copy(copy, word.size())), count);
    }
  }

  void clear() {
    map_.reset();
    arena_.release();
    map_.emplace(&arena_);
  }

  const Map &entries() const { return *map_; }

 private:
  static constexpr std::size_t first_bytes = 64 * 1024;  // enough for most files

  std::unique_ptr<std::byte[]> first_{new std::byte[first_bytes]};
  std::pmr::monotonic_buffer_resource arena_{first_.get(), first_bytes};
  std::optional<Map> map_;
};

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
  std::vector<std::pair<std::string_view, std::uint64_t>> entries(table.entries().begin(), table.entries().end());
  auto before = [](const auto &a, const auto &b) { return a.second != b.second ? a.second > b.second : a.first < b.first; };
  auto middle = entries.begin() + static_cast<std::ptrdiff_t>(std::min(limit, entries.size()));
  std::partial_sort(entries.begin(), middle, entries.end(), before);
  entries.erase(middle, entries.end());
  return entries;
}

}  // namespace word_index

#endif
