// The arena executor: runners are tasks in an arena of oneTBB. The only file pair that knows oneTBB.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/parker.hpp"
#include "executor/scheduler.hpp"

namespace sabir::executor {

class Arena final : public Scheduler {
 public:
  // Throws std::bad_alloc.
  Arena(Client &client, std::uint32_t workers, std::uint32_t run_batch);
  // The caller has made sure that no runner is left (not busy()); with a survivor in it an arena is leaked instead.
  ~Arena() override;

  void end() noexcept override;
  bool may_block() const noexcept override { return false; }

 protected:
  bool launch() noexcept override;
  bool begin() override;

 private:
  struct Tbb;
  // One thread that runs out of work sleeps in the arena, so that the next launch wakes it by one futex operation. oneTBB's own way is
  // longer, wakes as many threads as the arena has slots, and lets them spin before they sleep again.
  enum class Kept : std::uint32_t { nobody, asleep, called, closed };

  // The thread has run out of work. True: it was kept, and is needed again.
  bool keep();
  bool call_kept() noexcept;

  std::unique_ptr<Tbb> tbb_;
  std::atomic<Kept> kept_{Kept::nobody};
  Parker kept_parker_;                     // of the thread that is kept
  std::atomic<std::uint32_t> queued_{0};  // launches that oneTBB has not started: they may need the slot of the thread that would be kept
};

}  // namespace sabir::executor
