// What stands between a mailbox's queue and its actor where that is more than the queue: messages sorted by priority, and the stash.
//
// Threads: the actor's runner alone.
// Invariants
//   1. A message in here is in no queue. While it is handled it is marked `apart`, and its context knows it as the one to be freed.
//   2. cell_flag::apart is set while messages are to be taken from here: always, where the mailbox sorts; else as long as `first` has any.
//   3. What is stashed is in the list `stash`, uncounted in the depth, and counts as handled; it is counted as sent again when it comes
//   back.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "actor/cell.hpp"
#include "actor/context.hpp"
#include "base/error.hpp"
#include "mailbox/message_list.hpp"

namespace sabir::actor {

struct Inbox {
  static constexpr std::size_t levels = 4;

  bool sorts = false;
  std::uint32_t stash_capacity = SABIR_STASH_CAPACITY_DEFAULT;
  std::uint32_t stashed = 0;
  MessageList stash;
  MessageList first;  // unstashed, or to be delivered again: before all others
  std::array<MessageList, levels> sorted;  // the most urgent first
  Message *again = nullptr;  // its handler has failed, and it is to be delivered once more
};

// Moves what is in the queue into the sorted lists, some of it at a time.
void sort_queue(Thread &thread, Cell &cell, Inbox &inbox) noexcept;

// Where it drops its oldest messages: makes those with the least priority dead letters, until it is within its bound.
void trim(Engine &engine, Thread &thread, Cell &cell, Inbox &inbox);

struct NextMessage {
  Message *message;  // NULL: none
  bool admitted;  // it needs no more looking at: it was handled and stashed
};
NextMessage take_next(Inbox &inbox) noexcept;
// Whether that would find none.
bool is_empty(const Inbox &inbox) noexcept;

// Puts the message that is being handled by. Errors: LIMIT, NOMEM. message: moved on success.
Status stash(Context &context, Cell &cell, Message &message) noexcept;
// Brings back the oldest `count` of the stash (0: all), before what has not been handled yet.
void unstash(Context &context, Cell &cell, std::uint32_t count) noexcept;

// The incarnation is over, another may follow: what is stashed waits for that one, but for what only the last one could use.
void leave_inbox(Context &context, Cell &cell) noexcept;
// The actor ends: everything becomes dead letters, after this call; but for what was to be delivered again. Before its cell is free.
void bury_inbox(Engine &engine, std::uint64_t pid, Cell &cell, std::int32_t cause) noexcept;

}  // namespace sabir::actor
