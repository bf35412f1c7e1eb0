// The ownership of a watched handler: one that somebody may give up on (stall_timeout_ns of a child spec; threads executors only).
//
// A word in the context (watch_word.hpp) decides between the handler's thread and the system's watchdog. When the watchdog has it, the
// thread's next call, or its return, finds out: the thread is nobody's worker from then on, its context answers SABIR_E_CONTEXT, and when
// the handler has returned it ends without a look at the scheduler or the system, which may be gone by then.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>

#include <atomic>
#include <cstdint>

#include "actor/watch_word.hpp"
#include "base/thread.hpp"

namespace sabir::actor {

class Watch {
 public:
  // By the handler's thread, around the handler. number: of the callback.
  void begin(Thread &thread, std::uint64_t number, std::uint64_t limit_ns) noexcept {
    limit_ns_.store(limit_ns, std::memory_order_relaxed);  // a number
    thread.watch = this;
    word_.begin(number);
  }
  // False: somebody has given up on it.
  bool end(Thread &thread) noexcept {
    limit_ns_.store(0, std::memory_order_relaxed);
    thread.watch = nullptr;
    if (!thread.given_up && word_.end()) return true;
    lose(thread);
    word_.note_return();
    return false;
  }

  // By the handler's thread, around a call into the library. False: it has lost the handler.
  bool enter(Thread &thread) noexcept {
    if (word_.enter()) return true;
    lose(thread);
    return false;
  }
  void leave() noexcept { word_.leave(); }

  // By the watchdog. 0: not watched, or never.
  std::uint64_t limit_ns() const noexcept { return limit_ns_.load(std::memory_order_relaxed); }
  bool take(std::uint64_t number) noexcept { return word_.take(number); }
  void give_up() noexcept { word_.give_up(); }
  // Whether a handler that was given up on has come back.
  bool has_returned() const noexcept { return word_.has_returned(); }

 private:
  void lose(Thread &thread) noexcept {
    word_.await([] { sched_yield(); });  // for a moment
    thread.worker = nullptr;
    thread.worker_system = 0;
    thread.watch = nullptr;
    thread.watched_calls = 0;
    thread.given_up = true;
  }

  BasicWatchWord<StdPlatform> word_;
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
