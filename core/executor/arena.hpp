// The arena executor: runners are tasks in an arena of oneTBB. The only file pair that knows oneTBB.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

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
  std::unique_ptr<Tbb> tbb_;
};

}  // namespace sabir::executor
