// Sending: from a pid to a cell, past its bound, into its queue.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "actor/context.hpp"
#include "actor/engine.hpp"
#include "base/error.hpp"

namespace sabir::actor {

// The cell a pid names, if that actor lives and is open. closed_too: also one that is closed to messages (being drained).
Status resolve(const Engine &engine, std::uint64_t pid, Cell *&cell, bool closed_too = false) noexcept;

// Whether a pid names an actor or port that is there, closed or not, but a port that was closed is gone: OK, DEAD, NO_ACTOR, FOREIGN.
Status alive(const Engine &engine, std::uint64_t pid) noexcept;

// Puts a message into a cell's queue and wakes it. The message's target says for which incarnation it is.
void push(Cell &cell, Message &message) noexcept;

// Sends from an actor: counts against its run batch, mutes it where the receiver is over its bound. message: moved on success.
Status send(Context &context, std::uint64_t to, Message &message) noexcept;

// Sends from any thread. May wait for room, where the thread is no worker, but not beyond `latest` (then TIMEOUT).
Status send(Engine &engine, Thread &thread, std::uint64_t to, Message &message,
            Parker::Clock::time_point latest = Parker::Clock::time_point::max());

// Actors that one call has woken and that are scheduled together, in their order; those on another executor than `scheduler` at once.
class Woken {
 public:
  explicit Woken(executor::Scheduler *scheduler) noexcept : scheduler_(scheduler) {}
  ~Woken() { flush(); }
  Woken(const Woken &) = delete;
  Woken &operator=(const Woken &) = delete;
  void add(Cell &cell) noexcept;

 private:
  static constexpr std::uint32_t count_most = 64;   // then they start, however many are still to come
  void flush() noexcept;

  executor::Scheduler *scheduler_;
  executor::Task *first_ = nullptr;
  executor::Task *last_ = nullptr;
  std::uint32_t count_ = 0;
};

// As send, for one message of many.
Status send(Context &context, std::uint64_t to, Message &message, Woken &woken) noexcept;
// The same from any thread, which never waits: a mailbox that blocks takes it up to twice its bound. context: context_of(thread), or NULL.
// sender: in whose name.
Status send_at_once(Engine &engine, Thread &thread, Context *context, std::uint64_t to, std::uint64_t sender, Message &message,
                    Woken &woken) noexcept;

// Makes a dead letter (OVERFLOW) of a message that owes no answer and found no room. While too many are still to be told (Host::may_drop)
// it is only counted. Takes the message, and calls nobody back.
void drop_for_want_of_room(Engine &engine, Thread &thread, std::uint64_t to, std::uint64_t sender, Message &message) noexcept;

// Replies and failures: exempt from bounds, dead letters where the actor is gone. epoch: the asker's. message: moved.
void deliver_reply(Engine &engine, Thread &thread, std::uint64_t to, std::uint32_t epoch, Message &message);
// Notices and timers, which are counted when they are handled: exempt from bounds. False: the actor is gone; the message is the caller's.
bool deliver_notice(Engine &engine, std::uint64_t to, Message &message) noexcept;

// Refuses a message that another actor is handling. One that the calling worker's own handler was given is fine: detach_if_attached.
bool may_move(const Message &message, const Context *context) noexcept;
// Unlinks the stub, which must not be the dummy, from its queue. By the cell's runner.
void unlink_stub(Cell &cell) noexcept;
// Unlinks the message that the handler was given from its queue, so that it may be moved.
void detach_if_attached(Context *context, Message &message) noexcept;

// Makes the payload shared (mailbox/message.hpp), also of the message that the context's handler was given, which is unlinked then. It may
// be moved. Errors: NOMEM.
Status share_unlinked(Thread &thread, Context *context, Message *&message) noexcept;

// The context of the worker that the thread is, if it is running a callback of this engine's actors; else NULL.
Context *context_of(const Thread &thread, const Engine &engine) noexcept;

// Counts on the thread's own counters: the worker's, or the engine's shard.
template <class Add>
void count(Engine &engine, const Thread &thread, Add add) noexcept {
  if (Context *context = context_of(thread, engine)) {
    add(context->counters, [](metrics::Counter &counter, std::uint64_t count) noexcept { counter.add(count); });
  } else {
    engine.shards.update(thread.number, add);
  }
}

// Closes an actor to new messages, and lets it handle what is queued and then stop. Takes the message, made for this, on success; false: it
// is gone. Not for supervisors and ports.
bool drain(Engine &engine, std::uint64_t pid, Message &message) noexcept;

// Signals an actor. Takes the signal on success. first: it is to run before all others. False: the pid is stale.
bool signal(Engine &engine, Signal &signal, bool first = false) noexcept;

}  // namespace sabir::actor
