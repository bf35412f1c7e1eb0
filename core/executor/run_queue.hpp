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
// Threads: put and take by the owner; take_late, when it has waited too long, and peek by the watchdog.
// Invariants: the owner stores only into a slot it saw empty, and only the owner empties it. The watchdog takes by claiming: it says
// that it wants the task, looks whether it is still there, and then the two settle on `claim_`, so each task is taken once. What it has
// taken stays in the slot, as a mere mark, until the owner looks next.
// The owner takes a task for nearly every message between actors of one worker; so it empties the slot by a plain store, and the watchdog
// pays for the order of that store and the look at `claim_` after it (base/barrier.hpp).
template <class Platform, class Task>
class BasicNextSlot {
 public:
  // False: it is taken.
  bool put(Task *task) noexcept {
    if (slot_.load(std::memory_order_relaxed)) return false;   // only the owner fills it, so an empty slot stays empty
    slot_.store(task, std::memory_order_release);              // pairs with take_late
    return true;
  }
  Task *take() noexcept {
    Task *task = slot_.load(std::memory_order_relaxed);   // the owner's own
    if (!task) return nullptr;
    // Either the watchdog sees the slot empty, or we see its claim.
    Platform::store_before_loads(slot_, nullptr);
    if (__builtin_expect(claim_.load(std::memory_order_seq_cst) == Claim::none, 1)) return task;
    return claim_.exchange(Claim::none, std::memory_order_relaxed) == Claim::taken ? nullptr : task;
  }
  Task *take_late() noexcept {
    if (!peek()) return nullptr;
    claim_.store(Claim::wanted, std::memory_order_seq_cst);
    // seq_cst: see take. Also acquire: pairs with put.
    Task *task = Platform::process_barrier() ? slot_.load(std::memory_order_seq_cst) : nullptr;
    Claim wanted = Claim::wanted;   // unless the owner has taken the task in the meantime
    const bool ours =
        claim_.compare_exchange_strong(wanted, task ? Claim::taken : Claim::none, std::memory_order_relaxed, std::memory_order_relaxed);
    return ours ? task : nullptr;
  }
  // Only to compare: the task may be gone.
  Task *peek() const noexcept {
    return claim_.load(std::memory_order_relaxed) == Claim::none ? slot_.load(std::memory_order_relaxed) : nullptr;
  }

 private:
  enum class Claim : std::uint32_t {
    none,
    wanted,   // by the watchdog
    taken     // by the watchdog; the owner has not noticed
  };
  typename Platform::template atomic<Task *> slot_{nullptr};
  typename Platform::template atomic<Claim> claim_{Claim::none};   // set by the watchdog, reset by both
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
