// A barrier that one side pays for: where one thread stores and then looks, over and over, and another does the same once in a while, the
// rare one can order the accesses of both (Linux: membarrier). Without it the frequent one stores with seq_cst, which is a locked
// operation on x86-64.
//
// Threads: any. The two ways go together: a seq_cst store needs no barrier at the other side, and is not disturbed by one.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <type_traits>

namespace sabir {

// Set when the library is loaded, if the kernel has the barrier. Relaxed: whoever still sees false pays for the order itself.
extern std::atomic<bool> has_process_barrier;

// Every thread of the process passes through a full barrier between the call and the return, as far as it runs; and a seq_cst fence of
// the calling thread. False: the kernel refuses (a filter that was installed after we were loaded).
[[nodiscard]] bool process_barrier() noexcept;

// A store that comes before the thread's own later seq_cst loads, to whoever calls process_barrier between a seq_cst store and a seq_cst
// load of its own: one of the two sees the other's store.
template <class T>
void store_before_loads(std::atomic<T> &where, std::type_identity_t<T> value) noexcept {
  if (__builtin_expect(has_process_barrier.load(std::memory_order_relaxed), 1)) {
    where.store(value, std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);   // the processor's part is done by the barrier, the compiler's is not
  } else {
    where.store(value, std::memory_order_seq_cst);
  }
}

}  // namespace sabir
