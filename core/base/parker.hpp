// One thread's place to wait: a token that another thread hands over.
//
// Threads: park by the owner only, unpark by any. An unpark before the park is not lost; several count as one. A token may be left
// over from an earlier wait, so callers of park look at their own condition again.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/mutex.hpp"

namespace sabir {

class Parker {
 public:
  using Clock = std::chrono::steady_clock;

  // Waits for a token until the deadline; true if there was one.
  bool park_until(Clock::time_point deadline) {
    std::uint32_t expected = empty;
    // acq_rel: pairs with the exchange in unpark, so what the waker wrote before it is seen.
    if (!state_.compare_exchange_strong(expected, waiting, std::memory_order_acq_rel, std::memory_order_acquire)) {
      state_.exchange(empty, std::memory_order_acquire);
      return true;
    }
    MutexLock lock(mutex_);
    while (state_.load(std::memory_order_acquire) != notified && condition_.wait_until(mutex_, deadline)) continue;
    return state_.exchange(empty, std::memory_order_acquire) == notified;
  }

  void unpark() noexcept {
    // acq_rel: release pairs with the owner's loads above.
    if (state_.exchange(notified, std::memory_order_acq_rel) != waiting) return;
    // The owner may be between its CAS and its wait; passing through the mutex makes sure that it is waiting or will see the token.
    {
      MutexLock lock(mutex_);
    }
    condition_.notify_one();
  }

 private:
  static constexpr std::uint32_t empty = 0, waiting = 1, notified = 2;
  std::atomic<std::uint32_t> state_{empty};
  Mutex mutex_;
  Condition condition_;
};

}  // namespace sabir
