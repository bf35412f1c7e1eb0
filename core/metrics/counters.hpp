// Counters that cost a plain add: one writer each, summed by readers.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/platform.hpp"
#include "sabir/dead_letter.h"

namespace sabir::metrics {

inline constexpr std::size_t cause_count = SABIR_CAUSE_OVERFLOW + 1;

// A counter with one writer at a time.
class Counter {
 public:
  // relaxed: readers want a recent value, and one that is exact once everything has come to rest.
  void add(std::uint64_t count) noexcept { value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed); }
  // For counters that several threads write.
  void add_shared(std::uint64_t count) noexcept { value_.fetch_add(count, std::memory_order_relaxed); }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct alignas(cache_line_size) Counters {
  Counter spawned, exited, crashed, sent, handled, started, stopped, restarted;
  std::array<Counter, cause_count> dead_letters;   // by cause; [SABIR_CAUSE_ANY] is unused
};

// The counters of threads that are no workers: the first ones have one each, the rest share the last.
class Shards {
 public:
  static constexpr std::uint32_t own_shards = 64;

  template <class Add>
  void update(std::uint32_t thread_number, Add add) noexcept {
    if (thread_number < own_shards) {
      add(shards_[thread_number], [](Counter &counter, std::uint64_t count) noexcept { counter.add(count); });
    } else {
      add(shards_[own_shards], [](Counter &counter, std::uint64_t count) noexcept { counter.add_shared(count); });
    }
  }
  template <class Visit>
  void visit(Visit visit) const {
    for (const Counters &shard : shards_) visit(shard);
  }

 private:
  std::array<Counters, own_shards + 1> shards_;
};

}  // namespace sabir::metrics
