// The atomics and the pause that lock-free code is written against, so that model tests can put their own in.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>

#include "base/barrier.hpp"

namespace sabir {

// One cache line on every processor we run on; fields written by different threads are kept this far apart.
inline constexpr std::size_t cache_line_size = 64;

// Tells the processor that this is a spin loop.
inline void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#else
  std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
}

struct StdPlatform {
  template <class T>
  using atomic = std::atomic<T>;
  // See base/barrier.hpp.
  template <class T>
  static void store_before_loads(std::atomic<T> &where, std::type_identity_t<T> value) noexcept {
    sabir::store_before_loads(where, value);
  }
  static bool process_barrier() noexcept { return sabir::process_barrier(); }
};

}  // namespace sabir
