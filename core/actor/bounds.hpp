// What a mailbox does at its bound, in one word, so that senders read it as a whole.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "sabir/actor.h"

namespace sabir::actor {

class Bounds {
 public:
  constexpr Bounds() noexcept = default;
  // overflow: SABIR_OVERFLOW_... bytes: payloads are bounded, too (Budget). block_timeout_ns is rounded up to milliseconds; more than about
  // 9 hours is for ever.
  constexpr Bounds(std::uint32_t capacity, std::uint32_t overflow, bool bytes, std::uint64_t block_timeout_ns) noexcept
      : word_(std::uint64_t{capacity} | std::uint64_t{overflow} << overflow_shift | (bytes ? bytes_bit : 0) |
              timeout_field(block_timeout_ns) << timeout_shift) {}
  // The same for a port, and for a supervisor: they bound its requests.
  constexpr Bounds of_port() const noexcept { return from(word_ | port_bit); }
  constexpr Bounds of_supervisor() const noexcept { return from(word_ | supervisor_bit); }
  // The same for an actor that takes objects of a binding's: whose stands beside its cell (CellTable::native_tag).
  constexpr Bounds of_native() const noexcept { return from(word_ | native_bit); }

  static constexpr Bounds from(std::uint64_t word) noexcept {
    Bounds bounds;
    bounds.word_ = word;
    return bounds;
  }
  constexpr std::uint64_t word() const noexcept { return word_; }

  constexpr std::uint32_t capacity() const noexcept { return static_cast<std::uint32_t>(word_); }
  constexpr bool unbounded() const noexcept { return capacity() == SABIR_UNBOUNDED && !bytes(); }
  constexpr bool bytes() const noexcept { return (word_ & bytes_bit) != 0; }
  constexpr bool block() const noexcept { return overflow() == SABIR_OVERFLOW_BLOCK; }
  constexpr bool drop_newest() const noexcept { return overflow() == SABIR_OVERFLOW_DROP_NEWEST; }
  constexpr bool drop_oldest() const noexcept { return overflow() == SABIR_OVERFLOW_DROP_OLDEST; }
  constexpr bool port() const noexcept { return (word_ & port_bit) != 0; }
  constexpr bool supervisor() const noexcept { return (word_ & supervisor_bit) != 0; }
  constexpr bool native() const noexcept { return (word_ & native_bit) != 0; }
  constexpr std::uint64_t block_timeout_ns() const noexcept {
    const std::uint64_t ms = word_ >> timeout_shift;
    return ms == timeout_forever ? ~std::uint64_t{0} : ms * 1'000'000;
  }

 private:
  constexpr std::uint32_t overflow() const noexcept { return (word_ >> overflow_shift) & 3; }

  static constexpr unsigned overflow_shift = 32;
  static constexpr std::uint64_t port_bit = std::uint64_t{1} << 34;
  static constexpr std::uint64_t supervisor_bit = std::uint64_t{1} << 35;
  static constexpr std::uint64_t bytes_bit = std::uint64_t{1} << 36;
  static constexpr std::uint64_t native_bit = std::uint64_t{1} << 37;
  static constexpr unsigned timeout_shift = 39;
  static constexpr std::uint64_t timeout_forever = (std::uint64_t{1} << 25) - 1;
  static constexpr std::uint64_t timeout_field(std::uint64_t ns) noexcept {
    const std::uint64_t ms = ns / 1'000'000 + (ns % 1'000'000 != 0);
    return ms < timeout_forever ? ms : timeout_forever;
  }
  std::uint64_t word_ = SABIR_UNBOUNDED;
};

// What a mailbox is made with: sabir_mailbox_options.
struct MailboxSpec {
  Bounds bounds;
  std::uint32_t low_watermark = 0;  // 0: half the capacity
  std::int64_t bytes = 0;  // bounds.bytes(): how many
  std::uintptr_t native_tag = 0;  // bounds.native(): whose objects it takes
  bool sorts = false;  // by priority
  std::uint32_t stash_capacity = 0;  // 0: SABIR_STASH_CAPACITY_DEFAULT
};

// The payload bytes in a mailbox that bounds them. Beside the cells (CellTable::budget), and as lasting: a sender may come late.
struct Budget {
  std::atomic<std::int64_t> used{0};  // senders add, the runner gives back, as with a cell's depth
  std::atomic<std::int64_t> limit{0};  // written by spawn before the cell's generation
};

}  // namespace sabir::actor
