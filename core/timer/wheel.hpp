// A hierarchical timing wheel (Varghese and Lauck, "Hashed and hierarchical timing wheels", SOSP 1987, scheme 6 and 7): arm and cancel in
// constant time, any number of timers. Pure: it knows no clock and no thread.
//
// Threads: none of its own; the owner holds a lock around every call.
// Ownership: timers are the caller's, linked in intrusively while armed.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace sabir::timer {

struct Timer {
  Timer *previous = nullptr;   // NULL: not armed
  Timer *next = nullptr;
  std::uint64_t deadline_ns = 0;
  std::uint64_t token = 0;     // the owner's: what the firing is for
};

class Wheel {
 public:
  // One slot of the lowest level; a timer fires up to this much late, and never early.
  static constexpr std::uint64_t tick_ns = 1u << 20;   // 1.05 ms
  static constexpr std::uint64_t none = ~std::uint64_t{0};

  explicit Wheel(std::uint64_t now_ns) noexcept;

  void arm(Timer &timer, std::uint64_t deadline_ns) noexcept;
  // False: it was not armed.
  bool cancel(Timer &timer) noexcept;

  // Takes one timer whose deadline has passed at now_ns; NULL when there are no more.
  Timer *expire(std::uint64_t now_ns) noexcept;

  // No timer is due before this; `none` if there are none. A lower bound: it may be early, never late.
  std::uint64_t next_due_ns() const noexcept;

  std::uint64_t armed() const noexcept { return armed_; }

 private:
  static constexpr unsigned level_bits = 6;
  static constexpr unsigned slots_per_level = 1u << level_bits;
  static constexpr unsigned levels = 6;   // 64^6 ticks: more than two years; later deadlines wait in the last slot and are put back

  static std::uint64_t tick_after(std::uint64_t deadline_ns) noexcept { return deadline_ns / tick_ns + 1; }
  void insert(Timer &timer, std::uint64_t tick) noexcept;
  void cascade() noexcept;
  void link(unsigned level, std::uint64_t slot, Timer &timer) noexcept;
  void unlink(Timer &timer) noexcept;

  std::uint64_t now_tick_;   // every timer of an earlier tick has been taken
  std::uint64_t armed_ = 0;
  std::array<std::array<Timer, slots_per_level>, levels> slots_;   // heads of circular lists
  std::array<std::uint64_t, levels> occupied_{};                   // bit per slot: its list is not empty
};

}  // namespace sabir::timer
