// Dead letters: counted by cause, shown to subscribers.
//
// Threads: any. No lock is held while a subscriber is called: a call takes a reference to its subscription.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "actor/engine.hpp"
#include "base/error.hpp"
#include "base/mutex.hpp"

namespace sabir {

class DeadLetters {
 public:
  static constexpr std::size_t subscription_limit = 16;

  explicit DeadLetters(actor::Engine &engine) noexcept : engine_(engine) {}

  // Counts the message and shows it to all subscribers. It stays the caller's.
  void add(Thread &thread, const Message &message, std::int32_t cause);
  bool subscribed() const noexcept { return subscribed_.load(std::memory_order_relaxed) != 0; }
  // Only counts: where nobody would be shown it; and a message that was never made.
  void count(Thread &thread, std::int32_t cause) noexcept;
  void count_unmade(Thread &thread, std::int32_t cause) noexcept;

  // Errors: LIMIT, NOMEM.
  Status subscribe(sabir_dead_letter_fn callback, std::uintptr_t argument, sabir_drop_fn drop, std::uint64_t &number);
  // False: no such subscription.
  bool unsubscribe(std::uint64_t number);
  void unsubscribe_all();

 private:
  struct Subscription {
    Subscription(actor::Host &the_host, sabir_dead_letter_fn the_callback, std::uintptr_t the_argument) noexcept
        : host(the_host), callback(the_callback), argument(the_argument) {}
    ~Subscription();
    actor::Host &host;
    sabir_dead_letter_fn callback;
    std::uintptr_t argument;
    sabir_drop_fn drop = nullptr;   // set once the subscription holds
    std::uint64_t number = 0;
  };

  actor::Engine &engine_;
  std::atomic<std::uint32_t> subscribed_{0};   // relaxed: whether to look at all
  Mutex mutex_;
  std::uint64_t last_number_ SABIR_GUARDED_BY(mutex_) = 0;
  std::array<std::shared_ptr<Subscription>, subscription_limit> subscriptions_ SABIR_GUARDED_BY(mutex_);
};

const char *cause_name(std::int32_t cause) noexcept;

}  // namespace sabir
