// SPDX-License-Identifier: Apache-2.0
#include "base/fork.hpp"

#include <pthread.h>

#include "base/mutex.hpp"

namespace sabir {

std::atomic<bool> process_was_forked{false};

bool watch_for_fork() noexcept {
  // Not std::call_once: a failed try must be made again.
  static std::atomic<bool> installed{false};
  static Mutex mutex;
  if (installed.load(std::memory_order_acquire)) return true;
  MutexLock lock(mutex);
  if (installed.load(std::memory_order_relaxed)) return true;
  if (pthread_atfork(nullptr, nullptr, [] { process_was_forked.store(true, std::memory_order_relaxed); }) != 0) return false;
  installed.store(true, std::memory_order_release);
  return true;
}

}  // namespace sabir
