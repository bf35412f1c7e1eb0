// What lock-free code is compiled against in place of std::atomic: every operation is a step of the explorer.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "explorer.hpp"

namespace sabir::model {

template <class T>
std::uint64_t encode(T value) noexcept {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(std::uint64_t));
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  return bits;
}

template <class T>
T decode(std::uint64_t bits) noexcept {
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// Shared between threads, ordered by the orders named. The value is in the explorer's memory.
template <class T>
class atomic {
 public:
  atomic() : atomic(T{}) {}
  atomic(T value) : location_(add_location(true, encode(value))) {}   // NOLINT(google-explicit-constructor): as std::atomic's
  atomic(const atomic &) = delete;
  atomic &operator=(const atomic &) = delete;

  T load(std::memory_order order) const { return decode<T>(atomic_load(location_, order)); }
  void store(T value, std::memory_order order) { atomic_store(location_, encode(value), order, true); }
  T exchange(T value, std::memory_order order) { return decode<T>(atomic_modify(location_, Modify::exchange, encode(value), order)); }
  T fetch_add(T value, std::memory_order order) { return decode<T>(atomic_modify(location_, Modify::add, encode(value), order)); }
  T fetch_sub(T value, std::memory_order order) { return decode<T>(atomic_modify(location_, Modify::subtract, encode(value), order)); }
  T fetch_and(T value, std::memory_order order) { return decode<T>(atomic_modify(location_, Modify::bit_and, encode(value), order)); }
  T fetch_or(T value, std::memory_order order) { return decode<T>(atomic_modify(location_, Modify::bit_or, encode(value), order)); }
  bool compare_exchange_strong(T &expected, T desired, std::memory_order success, std::memory_order failure) {
    std::uint64_t bits = encode(expected);
    const bool done = atomic_compare_exchange(location_, bits, encode(desired), success, failure);
    expected = decode<T>(bits);
    return done;
  }
  // Never fails without a reason here: a spurious failure repeats the loop it stands in.
  bool compare_exchange_weak(T &expected, T desired, std::memory_order success, std::memory_order failure) {
    return compare_exchange_strong(expected, desired, success, failure);
  }

  // For scenarios: a hand-over by something that is not modelled (a queue of many places). Releases to whoever acquires it, and needs
  // not be ordered after the store before it.
  void hand_over(T value) { atomic_store(location_, encode(value), std::memory_order_release, false); }
  // The newest value, without a step: for checks and when().
  T newest() const { return decode<T>(newest_value(location_)); }
  void keep_no_history() { model::keep_no_history(location_); }
  int location() const { return location_; }
  void name(const char *text) { name_location(location_, text); }

 private:
  int location_;
};

// An ordinary variable of the code under test, whose accesses must be ordered.
template <class T>
class plain {
 public:
  plain() : plain(T{}) {}
  plain(T value) : value_(encode(value)), location_(add_location(false, 0)) {}   // NOLINT(google-explicit-constructor): a variable
  plain(const plain &other) : plain(static_cast<T>(other)) {}
  plain &operator=(const plain &other) { return *this = static_cast<T>(other); }

  operator T() const {   // NOLINT(google-explicit-constructor): stands for a variable
    plain_read(location_);
    observe(value_);
    return decode<T>(value_);
  }
  plain &operator=(T value) {
    plain_write(location_);
    value_ = encode(value);
    return *this;
  }
  T operator->() const { return static_cast<T>(*this); }
  T newest() const { return decode<T>(value_); }
  void name(const char *text) { name_location(location_, text); }

 private:
  std::uint64_t value_;
  int location_;
};

// Of the scenario, not of the code under test: what it remembers to check. Not ordered by anything.
template <class T>
class ghost {
 public:
  ghost() = default;
  ghost(T value) : value_(encode(value)) {}   // NOLINT(google-explicit-constructor): stands for a variable
  operator T() const {                        // NOLINT(google-explicit-constructor): stands for a variable
    observe(value_);
    return decode<T>(value_);
  }
  ghost &operator=(T value) {
    value_ = encode(value);
    return *this;
  }
  T newest() const { return decode<T>(value_); }

 private:
  std::uint64_t value_ = 0;
};

struct Platform {
  template <class T>
  using atomic = model::atomic<T>;
  template <class T>
  using plain = model::plain<T>;
  // The dear way, which needs no barrier: the kernel's is not modelled.
  template <class T>
  static void store_before_loads(model::atomic<T> &where, std::type_identity_t<T> value) {
    where.store(value, std::memory_order_seq_cst);
  }
  static bool process_barrier() { return true; }
};

}  // namespace sabir::model
