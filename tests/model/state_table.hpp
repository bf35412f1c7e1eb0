// The states seen so far, by a 64-bit hash of their bytes, with how many schedules lead from each to an end.
//
// Two states with one hash would be taken for one: with n states that happens with probability n * n / 2^65 (1e-6 for 6 million).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace sabir::model {

inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a ^ 0x9e3779b97f4a7c15U) * (b ^ 0xd1b54a32d192ed03U);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64) ^ (a << 7 | a >> 57);
}

inline std::uint64_t hash_bytes(const std::byte *from, const std::byte *end, std::uint64_t seed) noexcept {
  std::uint64_t first = seed, second = ~seed;
  std::uint64_t words[2];
  for (; end - from >= 16; from += 16) {
    std::memcpy(words, from, 16);
    first = mix(first, words[0]);
    second = mix(second, words[1]);
  }
  words[0] = words[1] = 0;
  std::memcpy(words, from, static_cast<std::size_t>(end - from));
  return mix(mix(first, words[0]), mix(second, words[1]));
}

class StateTable {
 public:
  StateTable() { resize(std::size_t{1} << 14); }

  // False: it was there.
  bool insert(std::uint64_t key) {
    if ((size_ + 1) * 8 > keys_.size() * 5) resize(keys_.size() * 2);
    const std::size_t place = find(key);
    if (keys_[place]) return false;
    keys_[place] = key;
    size_++;
    return true;
  }
  float &executions(std::uint64_t key) { return executions_[find(key)]; }
  std::uint64_t size() const noexcept { return size_; }

 private:
  std::size_t find(std::uint64_t key) const noexcept {
    std::size_t place = key & (keys_.size() - 1);
    while (keys_[place] && keys_[place] != key) place = (place + 1) & (keys_.size() - 1);
    return place;
  }

  void resize(std::size_t capacity) {
    std::vector<std::uint64_t> old_keys(capacity);
    std::vector<float> old_executions(capacity);
    old_keys.swap(keys_);
    old_executions.swap(executions_);
    for (std::size_t i = 0; i < old_keys.size(); i++) {
      if (!old_keys[i]) continue;
      const std::size_t place = find(old_keys[i]);
      keys_[place] = old_keys[i];
      executions_[place] = old_executions[i];
    }
  }

  std::vector<std::uint64_t> keys_;   // 0: free
  std::vector<float> executions_;
  std::uint64_t size_ = 0;
};

}  // namespace sabir::model
