// SPDX-License-Identifier: Apache-2.0
#include "base/barrier.hpp"

#include <cerrno>

#ifdef __linux__
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace sabir {

constinit std::atomic<bool> has_process_barrier{false};

namespace {

#if defined(__linux__) && defined(SYS_membarrier)
bool membarrier(int command) noexcept {
  const int kept = errno;
  const bool done = syscall(SYS_membarrier, command, 0, 0) == 0;
  errno = kept;
  return done;
}

// Before main, without starting anything: the process says that it will use the barrier.
[[maybe_unused]] const bool registered = [] {
  has_process_barrier.store(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED), std::memory_order_relaxed);
  return true;
}();
#endif

}  // namespace

bool process_barrier() noexcept {
#if defined(__linux__) && defined(SYS_membarrier)
  if (has_process_barrier.load(std::memory_order_relaxed)) return membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
#endif
  return true;   // whoever stores pays for the order itself
}

}  // namespace sabir
