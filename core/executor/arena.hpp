// The arena executor: runners are tasks in an arena of oneTBB. Only this and arena_task know oneTBB.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/parker.hpp"
#include "executor/scheduler.hpp"

namespace sabir::executor {

// What oneTBB is told about an arena's threads. Zero is its own choice.
struct Placement {
  std::uint32_t priority = 0;           // SABIR_EXECUTOR_PRIORITY_...
  std::uint32_t numa_node = 0;          // 1 + index among those that oneTBB knows
  std::uint32_t core_type = 0;          // the same
  std::uint32_t threads_per_core = 0;   // most

  bool operator==(const Placement &) const = default;
};

class Arena final : public Scheduler {
 public:
  // Of this machine, as oneTBB sees it: at least 1. Throw std::bad_alloc.
  static std::uint32_t numa_node_count();
  static std::uint32_t core_type_count();
  // How many threads have a processor of their own there, at least 1. Throws std::bad_alloc.
  static std::uint32_t concurrency(const Placement &placement);

  // Throws std::bad_alloc. placement: nodes and types are below those counts.
  Arena(Client &client, std::uint32_t workers, std::uint32_t run_batch, const Placement &placement = {});
  // The caller has made sure that no runner is left (not busy()); with a survivor in it an arena is leaked instead.
  ~Arena() override;

  void end() noexcept override;
  bool may_block() const noexcept override { return false; }

 protected:
  bool launch() noexcept override;
  bool begin() override;
  void replace(Thread &) noexcept override { __builtin_unreachable(); }   // its handlers are never given up on

 private:
  struct Tbb;
  // One thread of oneTBB's stays ours and sleeps on a parker of its own, so that the first launch after idleness wakes it by one futex
  // operation. oneTBB's own way is longer, wakes as many threads as the arena has slots, and lets them spin before they sleep again.
  // It is the only worker of an arena of its own, in which it runs one task without end: so oneTBB counts it as busy there. (If it slept
  // in our arena, oneTBB would take it for one that is about to come back, and not wake another for other arenas.)
  // The first launch brings it.
  enum class Kept : std::uint32_t { nobody, asleep, called, closed };

  // What a launched thread of oneTBB's calls.
  static void enter(void *arena);
  static void enter_to_stay(void *arena);
  void keep();
  void entering() noexcept;  // by who launches
  void entered() noexcept;   // by the launched thread, first
  void left() noexcept;
  void await_left() noexcept;

  const Placement placement_;
  std::unique_ptr<Tbb> tbb_;
  std::atomic<std::uint32_t> inside_{0};   // threads that were launched and have not come back altogether
  std::atomic<Kept> kept_{Kept::closed};
  Parker kept_parker_;  // of the thread that is kept
};

}  // namespace sabir::executor
