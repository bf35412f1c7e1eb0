// Who is muted for whom: so that no actor comes to wait for itself over others, and a thread finds whom it waits for in the end.
//
// Threads: any.
// Invariant: who waits for whom has no ring. So at the end of each line of muted actors stands one that is not muted and runs, or ends;
// it drains its mailbox and lets the one before it go on. Held by looking and adding under one mutex: two that mute each other at once
// see each other. An actor is in here from before its `muted` flag is set until after it is cleared, by its own runner.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <unordered_map>

#include "base/mutex.hpp"

namespace sabir::actor {

class Mutes {
 public:
  // `who`, who is muted for nobody, waits for `whom` from here on. False: it would wait for itself; or there is no memory.
  [[nodiscard]] bool add(std::uint64_t who, std::uint64_t whom) noexcept;
  void remove(std::uint64_t who) noexcept;

  // Whether visit(pid) is true for whom `pid` is muted for, or for whom that one is, and so on.
  template <class Visit>
  bool any_behind(std::uint64_t pid, Visit visit) {
    MutexLock lock(mutex_);
    for (auto found = waits_.find(pid); found != waits_.end(); found = waits_.find(found->second)) {
      if (visit(found->second)) return true;
    }
    return false;
  }

 private:
  Mutex mutex_;
  std::unordered_map<std::uint64_t, std::uint64_t> waits_ SABIR_GUARDED_BY(mutex_);  // pids
};

}  // namespace sabir::actor
