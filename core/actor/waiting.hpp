// Senders that wait for room in a full mailbox: muted actors and blocked threads. Modelled in tests/model/mute.cpp.
//
// Why muting never deadlocks: an actor is muted only where it does not come to wait for itself over others (mutes.hpp), so who is waited
// for in the end runs, and drains its mailbox. An actor registers with the receiver by a signal that the receiver answers even when muted
// (where it has room), idle or dead; it is suspended only if its own signal list is empty, in one CAS (Queue::park), and an answer that
// comes later replaces PARKED and so wakes it. ADR 14.
//
// A thread that waits may be one that the actor at the end of the line needs: that polls its executor, or reads the port. It looks for that
// again and again, and then goes past the bound, as workers do.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "actor/cell.hpp"
#include "actor/context.hpp"
#include "base/error.hpp"
#include "base/thread.hpp"

namespace sabir::actor {

// A thread's registration with a receiver. Owned by two: the thread, and the signal on its way.
struct WaitingThread {
  explicit WaitingThread(Thread &the_thread) noexcept : thread(the_thread) {
    signal.kind = SignalKind::wait;
    signal.thread = this;
  }

  Thread &thread;  // its record is never freed
  Signal signal;
  std::atomic<bool> answered{false};  // release, pairs with the waiter's acquire load
  std::atomic<std::uint32_t> owners{2};
};

void release(WaitingThread *waiting) noexcept;

// Tells a sender that waits that it may go on. Frees or reuses the signal.
void answer(Engine &engine, Signal &wait) noexcept;

// The runner of a receiver got a `wait` signal: answers, or keeps it until there is room.
// context: the runner's; NULL: a port's.
void register_waiting(Engine &engine, Context *context, Cell &cell, Signal &wait) noexcept;
// Answers all that wait, if there is room now (or always: at an actor's end).
void answer_waiting(Engine &engine, Cell &cell, bool always) noexcept;
inline bool has_waiting(const Cell &cell) noexcept { return cell.cold && cell.cold->waiting; }

// An actor or a port (with its epoch) wants to be told when there is room: by a message of kind writable. Errors: those of resolve, NOMEM.
Status await_room(Engine &engine, Thread &thread, std::uint64_t waits, std::uint32_t epoch, std::uint64_t to, std::uint64_t ref) noexcept;

// After a callback: mutes the actor for the receiver in context.mute_for, unless that waits for it.
void mute(Context &context, Cell &cell) noexcept;
void unmute(Engine &engine, Cell &cell) noexcept;

}  // namespace sabir::actor
