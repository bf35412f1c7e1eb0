// SPDX-License-Identifier: Apache-2.0
#include "base/memory.hpp"

#include <atomic>
#include <cstdlib>

#ifndef SABIR_MEMORY_MALLOC
#include <mimalloc.h>
#endif

namespace sabir::memory {

namespace {

// Relaxed throughout: tests arm these while no other thread allocates what they look at.
std::atomic<bool> armed{false};
std::atomic<std::uint64_t> first_failure{0};
std::atomic<std::uint64_t> last_failure{0};
std::atomic<std::uint64_t> count{0};

}  // namespace

bool must_fail() noexcept {
  if (!armed.load(std::memory_order_relaxed)) return false;
  const std::uint64_t nth = count.fetch_add(1, std::memory_order_relaxed) + 1;
  return nth >= first_failure.load(std::memory_order_relaxed) && nth <= last_failure.load(std::memory_order_relaxed);
}

void *allocate(std::size_t size, std::size_t alignment) noexcept {
  if (must_fail()) return nullptr;
#ifdef SABIR_MEMORY_MALLOC
  if (alignment <= alignof(std::max_align_t)) return std::malloc(size);
  void *block = nullptr;
  return posix_memalign(&block, alignment, size) == 0 ? block : nullptr;
#else
  return alignment <= alignof(std::max_align_t) ? mi_malloc(size) : mi_malloc_aligned(size, alignment);
#endif
}

void release(void *block) noexcept {
#ifdef SABIR_MEMORY_MALLOC
  std::free(block);
#else
  mi_free(block);
#endif
}

void fail_after(std::uint64_t countdown, std::uint64_t failures) noexcept {
  armed.store(false, std::memory_order_relaxed);
  count.store(0, std::memory_order_relaxed);
  first_failure.store(countdown, std::memory_order_relaxed);
  last_failure.store(countdown + failures - 1, std::memory_order_relaxed);
  armed.store(countdown != 0, std::memory_order_relaxed);
}

std::uint64_t allocations() noexcept { return count.load(std::memory_order_relaxed); }

}  // namespace sabir::memory
