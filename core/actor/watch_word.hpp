// The word that settles who goes on with a watched handler: its own thread, or the watchdog. See watch.hpp.
//
// Around the handler it says `handler`; a call of the handler's into the library turns it into `call`, and back; only from `handler` can
// the watchdog take it, to `taking`. Whoever has the word has the context, the cell and the worker: they are the watchdog's then, and the
// thread keeps the message, once the watchdog has unlinked it from the queue (`given_up`), and the actor's state. The number of the
// callback is a part of the word, so that the watchdog never takes a later handler for the one it has timed.
//
// Threads: begin, end, enter, leave, await and note_return on the handler's thread; take and give_up on the watchdog's; has_returned on
// any. Orders: the watchdog's CAS acquires what the handler's thread wrote before its last release (begin, leave). Its store of `given_up`
// is a release, which the thread's wait for it acquires: the message is the thread's own then. Between two calls the thread's own CAS need
// not acquire: only it has written meanwhile, or it fails. tests/model/watch.cpp explores this file.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "base/platform.hpp"

namespace sabir::actor {

template <class Platform>
class BasicWatchWord {
 public:
  void begin(std::uint64_t number) noexcept { word_.store(number << shift | handler, std::memory_order_release); }
  // False, here and below: the watchdog has taken it.
  bool end() noexcept { return settle(handler, nobody); }
  bool enter() noexcept { return settle(handler, call); }
  void leave() noexcept { word_.store((word_.load(std::memory_order_relaxed) & ~mask) | handler, std::memory_order_release); }
  // After false: calls wait until the message is the thread's.
  template <class Wait>
  void await(Wait wait) noexcept {
    while ((word_.load(std::memory_order_acquire) & mask) == taking) wait();
  }
  void note_return() noexcept { word_.store(returned, std::memory_order_relaxed); }

  bool take(std::uint64_t number) noexcept {
    std::uint64_t expected = number << shift | handler;
    return word_.compare_exchange_strong(expected, number << shift | taking, std::memory_order_acquire, std::memory_order_relaxed);
  }
  void give_up() noexcept { word_.store(given_up, std::memory_order_release); }

  bool has_returned() const noexcept { return word_.load(std::memory_order_relaxed) == returned; }

 private:
  static constexpr std::uint64_t nobody = 0, handler = 1, call = 2, taking = 3, given_up = 4, returned = 5;
  static constexpr unsigned shift = 3;
  static constexpr std::uint64_t mask = (1u << shift) - 1;

  bool settle(std::uint64_t from, std::uint64_t to) noexcept {
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    if ((word & mask) != from) return false;
    return word_.compare_exchange_strong(word, (word & ~mask) | to, std::memory_order_relaxed, std::memory_order_relaxed);
  }

  typename Platform::template atomic<std::uint64_t> word_{nobody};
};

}  // namespace sabir::actor
