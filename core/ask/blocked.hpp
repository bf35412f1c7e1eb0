// Handlers that are blocked in an ask: who waits for whom, so that an ask that would close a cycle of them is refused.
//
// Only asks that wait inside a handler come here (threads executors), under one mutex of the process: a cycle may go through several
// systems. Nothing else pays, but for a bit that is looked at when a message leaves its handler.
//
// What is refused is certain: no answer could come before somebody's ask times out, or somebody is killed. For that each actor of the
// cycle must be blocked, and the question it has been asked must be its own to answer still: in its mailbox, or the message that it
// handles. A question whose duty it has given away (deferred, forwarded, kept, stashed: Asks::note_taken) may be answered by others, so
// that is no cycle. An ask of several waits for the first answer: all of them must be stuck. So must all handlers that hold a thread of
// an executor without a free one, where the actor that is asked waits for one.
//
// Threads: the thread that waits; its fields are read by others under the mutex.
// Ownership: on the stack of that thread, in the list while it lives and has entered.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actor/context.hpp"

namespace sabir {

class Asks;

class Blocked {
 public:
  // asker: in a callback, on the calling thread, that asks `to` in the system of `asks`. to: outlives this.
  Blocked(const Asks &asks, const actor::Context &asker, std::span<const std::uint64_t> to) noexcept;
  ~Blocked();
  Blocked(const Blocked &) = delete;
  Blocked &operator=(const Blocked &) = delete;

  // What each of several is asked by. False: no memory.
  [[nodiscard]] bool set_parts(std::span<const std::uint64_t> parts) noexcept;
  // The ask and its parts are open, and nothing is sent yet. False: it would wait for itself, and is not in the list. Waits for nobody but
  // those that are just sending.
  [[nodiscard]] bool enter(std::uint64_t ref) noexcept;
  // After that: its questions are sent. (Where they are refused, it goes.)
  void note_sent() noexcept { sent_.store(true, std::memory_order_release); }
  // After that: the actors of the cycle, in order. Without memory for it, less.
  const std::string &chain() const noexcept { return chain_; }

  std::uint64_t asker() const noexcept { return asker_; }
  std::string_view name() const noexcept { return name_; }

 private:
  friend class BlockedList;
  static constexpr std::size_t told_limit = 64;  // actors of a chain

  void tell(const Blocked &last, std::uint64_t waits) noexcept;

  const Asks &asks_;
  const std::uint64_t asker_;
  const std::string_view name_;  // its cell's, which stays while a callback of it runs
  const executor::Scheduler &scheduler_;  // whose thread it holds
  const std::span<const std::uint64_t> to_;
  std::vector<std::uint64_t> parts_;  // of an ask of several
  std::uint64_t ref_ = 0;
  std::atomic<bool> sent_{false};  // by its thread, release; read by others, acquire
  std::string chain_;

  // The list's, under its mutex.
  bool entered_ = false;
  bool nested_ = false;  // its handler is in such an ask already: a callback out of that one asks
  Blocked *next_ = nullptr, *previous_ = nullptr;
  Blocked *next_found_ = nullptr;
  const Blocked *from_ = nullptr;  // who is known to wait for it
  std::uint64_t through_ = 0;  // an actor between the two, that waits for its thread; or 0
  std::uint64_t round_ = 0;  // when it was found
};

}  // namespace sabir
