// The ownership of a watched handler: one that somebody may give up on (stall_timeout_ns of a child spec; threads executors only).
//
// One word in the context decides between the handler's thread and the system's watchdog. Around the handler it says `handler`; a call of
// the handler's into the library turns it into `call`, and back; only from `handler` can the watchdog take it, to `taking`. Whoever has
// the word has the context, the cell and the worker: they are the watchdog's then, and the thread keeps the message, once the watchdog has
// unlinked it from the queue (`given_up`), and the actor's state. Its next call, or its return, finds out, and waits for that: the thread
// is nobody's worker from then on, its context answers SABIR_E_CONTEXT, and when the handler has returned it ends without a look at the
// scheduler or the system, which may be gone by then.
// The number of the callback is a part of the word, so that the watchdog never takes a later handler for the one it has timed.
//
// Orders: the watchdog's CAS acquires what the handler's thread wrote before its last release (begin, leave). Its store of `given_up` is a
// release, which the thread's wait for it acquires: the message is the thread's own then.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>

#include <atomic>
#include <cstdint>

#include "base/thread.hpp"

namespace sabir::actor {

class Watch {
 public:
  // By the handler's thread, around the handler. number: of the callback.
  void begin(Thread &thread, std::uint64_t number, std::uint64_t limit_ns) noexcept {
    limit_ns_.store(limit_ns, std::memory_order_relaxed);
    thread.watch = this;
    word_.store(number << shift | handler, std::memory_order_release);
  }
  // False: somebody has given up on it.
  bool end(Thread &thread) noexcept {
    limit_ns_.store(0, std::memory_order_relaxed);
    thread.watch = nullptr;
    if (!thread.given_up && settle(handler, nobody, std::memory_order_relaxed)) return true;
    lose(thread);
    word_.store(returned, std::memory_order_relaxed);
    return false;
  }

  // By the handler's thread, around a call into the library. False: it has lost the handler.
  bool enter(Thread &thread) noexcept {
    // acq_rel, like leave: the watchdog may take the word between two calls only, with all that the last one wrote.
    if (settle(handler, call, std::memory_order_acq_rel)) return true;
    lose(thread);
    return false;
  }
  void leave() noexcept { word_.store((word_.load(std::memory_order_relaxed) & ~mask) | handler, std::memory_order_release); }

  // By the watchdog. 0: not watched, or never.
  std::uint64_t limit_ns() const noexcept { return limit_ns_.load(std::memory_order_relaxed); }
  bool take(std::uint64_t number) noexcept {
    std::uint64_t expected = number << shift | handler;
    return word_.compare_exchange_strong(expected, number << shift | taking, std::memory_order_acquire, std::memory_order_relaxed);
  }
  void give_up() noexcept { word_.store(given_up, std::memory_order_release); }
  // Whether a handler that was given up on has come back.
  bool has_returned() const noexcept { return word_.load(std::memory_order_relaxed) == returned; }

 private:
  static constexpr std::uint64_t nobody = 0, handler = 1, call = 2, taking = 3, given_up = 4, returned = 5;
  static constexpr unsigned shift = 3;
  static constexpr std::uint64_t mask = (1u << shift) - 1;

  bool settle(std::uint64_t from, std::uint64_t to, std::memory_order order) noexcept {
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    if ((word & mask) != from) return false;
    return word_.compare_exchange_strong(word, (word & ~mask) | to, order, std::memory_order_relaxed);
  }
  void lose(Thread &thread) noexcept {
    while ((word_.load(std::memory_order_acquire) & mask) == taking) sched_yield();  // for a moment
    thread.worker = nullptr;
    thread.worker_system = 0;
    thread.watch = nullptr;
    thread.watched_calls = 0;
    thread.given_up = true;
  }

  std::atomic<std::uint64_t> word_{nobody};
  std::atomic<std::uint64_t> limit_ns_{0};
};

// Around each call into the library that may come from a handler.
class WatchedCall {
 public:
  explicit WatchedCall(Thread &thread) noexcept : thread_(thread) {
    if (__builtin_expect(thread.watch != nullptr, 0)) enter();
  }
  ~WatchedCall() {
    if (__builtin_expect(active_, 0)) leave();
  }
  WatchedCall(const WatchedCall &) = delete;
  WatchedCall &operator=(const WatchedCall &) = delete;

 private:
  [[gnu::cold, gnu::noinline]] void enter() noexcept {
    // A call inside a call, from a callback, is a part of it.
    active_ = thread_.watched_calls != 0 || static_cast<Watch *>(thread_.watch)->enter(thread_);
    if (active_) ++thread_.watched_calls;
  }
  [[gnu::cold, gnu::noinline]] void leave() noexcept {
    if (!thread_.watch) return;  // lost in a wait
    if (--thread_.watched_calls == 0) static_cast<Watch *>(thread_.watch)->leave();
  }
  Thread &thread_;
  bool active_ = false;
};

// Inside such a call, around a wait: meanwhile the watchdog may give up on the handler.
class WatchedWait {
 public:
  explicit WatchedWait(Thread &thread) noexcept : thread_(thread), active_(thread.watch && thread.watched_calls == 1) {
    if (active_) static_cast<Watch *>(thread.watch)->leave();
  }
  ~WatchedWait() {
    if (active_) (void)static_cast<Watch *>(thread_.watch)->enter(thread_);
  }
  WatchedWait(const WatchedWait &) = delete;
  WatchedWait &operator=(const WatchedWait &) = delete;

 private:
  Thread &thread_;
  bool active_;
};

}  // namespace sabir::actor
