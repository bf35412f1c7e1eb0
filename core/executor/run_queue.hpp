// A worker's own queue: the next slot, and a deque that others steal from.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/platform.hpp"

namespace sabir::executor {

// The task to run right after the present one.
// Threads: put by the owner; take by the owner and, when it has waited too long, by the watchdog.
// Invariant: the owner stores only into a slot it saw empty, and both take by exchange, so each task is taken once.
template <class Platform, class Task>
class BasicNextSlot {
 public:
  // False: it is taken.
  bool put(Task *task) noexcept {
    if (slot_.load(std::memory_order_relaxed)) return false;   // only the owner fills it, so an empty slot stays empty
    slot_.store(task, std::memory_order_release);              // pairs with take on another thread
    return true;
  }
  Task *take() noexcept {
    if (!slot_.load(std::memory_order_relaxed)) return nullptr;
    return slot_.exchange(nullptr, std::memory_order_acquire);   // pairs with put
  }
  // Only to compare: the task may be gone.
  Task *peek() const noexcept { return slot_.load(std::memory_order_relaxed); }

 private:
  typename Platform::template atomic<Task *> slot_{nullptr};
};

// A fixed deque for stealing, after Chase and Lev, "Dynamic circular work-stealing deque" (SPAA 2005), with the orders of Le, Pop, Cohen
// and Zappa Nardelli, "Correct and efficient work-stealing for weak memory models" (PPoPP 2013), its fences replaced by seq_cst accesses.
// Threads: push and pop_newest by the owner; take_oldest by anyone, the owner too.
// Invariants: oldest_ <= newest_ <= oldest_ + Capacity (as differences), but for pop_newest's moment at an empty deque. Only the owner
// writes `newest_` and the cells. A task is whoever's moves `oldest_` past it, or the owner's, where it lowered `newest_` below it in time.
template <class Platform, class Task, std::uint32_t Capacity>
class BasicDeque {
  static_assert(Capacity >= 2 && (Capacity & (Capacity - 1)) == 0);

 public:
  // False: full.
  bool push(Task *task) noexcept {
    const std::uint64_t newest = newest_.load(std::memory_order_relaxed);  // the owner's own
    const std::uint64_t oldest = oldest_.load(std::memory_order_acquire);  // pairs with the CAS of whoever emptied the cell we use again
    if (newest - oldest == Capacity) return false;
    cells_[newest % Capacity].store(task, std::memory_order_relaxed);  // published by newest_
    newest_.store(newest + 1, std::memory_order_release);  // pairs with take_oldest
    return true;
  }

  // The newest; NULL: empty.
  Task *pop_newest() noexcept {
    const std::uint64_t newest = newest_.load(std::memory_order_relaxed);
    if (oldest_.load(std::memory_order_relaxed) == newest) return nullptr;  // only the owner adds, so an empty deque stays empty
    // seq_cst, as are the loads and the CAS in take_oldest: either a thief sees that this task is taken, or we see that it has passed it.
    newest_.store(newest - 1, std::memory_order_seq_cst);
    std::uint64_t oldest = oldest_.load(std::memory_order_seq_cst);
    if (oldest < newest - 1) return cells_[(newest - 1) % Capacity].load(std::memory_order_relaxed);
    // The last one, or none: settled with the thieves as one of them.
    Task *task = nullptr;
    if (oldest == newest - 1) {
      task = cells_[(newest - 1) % Capacity].load(std::memory_order_relaxed);
      if (!oldest_.compare_exchange_strong(oldest, oldest + 1, std::memory_order_seq_cst, std::memory_order_relaxed)) task = nullptr;
    }
    newest_.store(newest, std::memory_order_release);
    return task;
  }

  // The oldest; NULL: empty.
  Task *take_oldest() noexcept {
    std::uint64_t oldest = oldest_.load(std::memory_order_seq_cst);
    for (;;) {
      const std::uint64_t newest = newest_.load(std::memory_order_seq_cst);  // also acquire: pairs with push
      if (oldest >= newest) return nullptr;
      Task *task = cells_[oldest % Capacity].load(std::memory_order_relaxed);
      // If it succeeds nobody else took the task, and the owner cannot have written its cell again before.
      if (oldest_.compare_exchange_strong(oldest, oldest + 1, std::memory_order_seq_cst, std::memory_order_seq_cst)) return task;
    }
  }

  // How many there seem to be; for the owner at least as many as there are.
  std::uint64_t size() const noexcept {
    const std::uint64_t oldest = oldest_.load(std::memory_order_relaxed);
    const std::uint64_t newest = newest_.load(std::memory_order_relaxed);
    return newest > oldest ? newest - oldest : 0;
  }

 private:
  alignas(cache_line_size) typename Platform::template atomic<std::uint64_t> oldest_{0};  // written by takers
  alignas(cache_line_size) typename Platform::template atomic<std::uint64_t> newest_{0};  // written by the owner
  std::array<typename Platform::template atomic<Task *>, Capacity> cells_{};
};

}  // namespace sabir::executor
