// A worker's own queue: the next slot, and a ring that others steal from.
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

// A fixed ring, first in first out, after Go's runq (runtime/proc.go): indices only grow, and a task is whoever's moves `head` past it.
// Threads: push by the owner; pop by the owner; steal_half by any other worker into its own ring.
// Invariants: head <= tail <= head + Capacity (as differences). Only the owner writes `tail` and the cells. A cell is rewritten only
// when `head` has passed it, so a thief that read it late fails its CAS.
template <class Platform, class Task, std::uint32_t Capacity>
class BasicRing {
  static_assert(Capacity >= 2 && (Capacity & (Capacity - 1)) == 0);

 public:
  // False: full.
  bool push(Task *task) noexcept {
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);   // the owner's own
    const std::uint32_t head = head_.load(std::memory_order_acquire);   // pairs with the CAS of whoever emptied the cell we reuse
    if (tail - head == Capacity) return false;
    cells_[tail % Capacity].store(task, std::memory_order_relaxed);     // published by tail
    tail_.store(tail + 1, std::memory_order_release);                   // pairs with steal_half
    return true;
  }

  Task *pop() noexcept {
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    std::uint32_t head = head_.load(std::memory_order_relaxed);         // a guess for the CAS
    while (head != tail) {
      Task *task = cells_[head % Capacity].load(std::memory_order_relaxed);   // the owner wrote it itself
      // release: our read of the cell is before whatever a later push writes there. acquire: keeps head's history in one line.
      if (head_.compare_exchange_weak(head, head + 1, std::memory_order_acq_rel, std::memory_order_relaxed)) return task;
    }
    return nullptr;
  }

  // Moves half of this ring's tasks (rounded up) but one into `into`, the caller's own, which must be empty, and gives the caller that one to
  // run. NULL: nothing to steal.
  Task *steal_half(BasicRing &into) noexcept {
    const std::uint32_t into_tail = into.tail_.load(std::memory_order_relaxed);
    std::uint32_t head = head_.load(std::memory_order_acquire);
    for (;;) {
      const std::uint32_t tail = tail_.load(std::memory_order_acquire);   // pairs with push: the cells before it are written
      const std::uint32_t available = tail - head;
      if (available == 0 || available > Capacity) {   // more than fits: head is old; read both again
        if (available == 0) return nullptr;
        head = head_.load(std::memory_order_acquire);
        continue;
      }
      const std::uint32_t count = available - available / 2;
      Task *first = cells_[head % Capacity].load(std::memory_order_relaxed);
      for (std::uint32_t i = 1; i < count; ++i) {
        // Our own cells beyond our tail: nobody reads them before we publish it.
        into.cells_[(into_tail + i - 1) % Capacity].store(cells_[(head + i) % Capacity].load(std::memory_order_relaxed),
                                                          std::memory_order_relaxed);
      }
      // acq_rel: as in pop. If it succeeds, nobody else took these cells and the owner has not rewritten them.
      if (head_.compare_exchange_weak(head, head + count, std::memory_order_acq_rel, std::memory_order_acquire)) {
        if (count > 1) into.tail_.store(into_tail + count - 1, std::memory_order_release);
        return first;
      }
    }
  }

  // How many there seem to be; exact for the owner but for thieves.
  std::uint32_t size() const noexcept {
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    const std::uint32_t head = head_.load(std::memory_order_relaxed);
    return tail - head > Capacity ? 0 : tail - head;
  }

 private:
  alignas(cache_line_size) typename Platform::template atomic<std::uint32_t> head_{0};   // written by pop and steal_half
  alignas(cache_line_size) typename Platform::template atomic<std::uint32_t> tail_{0};   // written by the owner
  std::array<typename Platform::template atomic<Task *>, Capacity> cells_{};
};

}  // namespace sabir::executor
