// SPDX-License-Identifier: Apache-2.0
#include "actor/mutes.hpp"

#include <new>

namespace sabir::actor {

bool Mutes::add(std::uint64_t who, std::uint64_t whom) noexcept {
  if (who == whom) return false;
  try {
    MutexLock lock(mutex_);
    for (auto found = waits_.find(whom); found != waits_.end(); found = waits_.find(found->second)) {
      if (found->second == who) return false;
    }
    return waits_.emplace(who, whom).second;
  } catch (const std::bad_alloc &) {
    return false;
  }
}

void Mutes::remove(std::uint64_t who) noexcept {
  MutexLock lock(mutex_);
  waits_.erase(who);
}

}  // namespace sabir::actor
