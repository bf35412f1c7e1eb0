// Actors whose handlers the host calls itself: what they have out, and how they start and end when each step waits for the host.
//
// The runner takes messages from the queue as for any actor, but puts them up on the board instead of calling a handler (Run::hand_out),
// and parks the actor until they are completed. Each end of an incarnation is put off (end_later) until all of them are back and STOP is
// completed; then it takes the way that every end takes (lifecycle.hpp).
//
// Threads: the actor's runner, and those that use the context of one of its deliveries, each under the lock.
// Invariants
//   1. cell_flag::out is set while there is something for Run::wait_for_host to see to: a delivery is up or out (not while a batch in order
//      only gathers), or the end is put off.
//   2. Two slots at least are spare while none is used: there is always one for START, FAILED or STOP, whatever the memory.
//   3. A message that is handed out is in no queue when its slot goes up (Run::put_up).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "actor/cell.hpp"
#include "actor/context.hpp"
#include "base/mutex.hpp"
#include "executor/board.hpp"
#include "mailbox/message_list.hpp"

namespace sabir::actor {

struct Delivered {
  Delivered(Engine &the_engine, executor::Board &the_board, executor::Account &the_account, const Behavior &behavior) noexcept
      : engine(the_engine), board(the_board), account(the_account), options(behavior.delivered) {}
  ~Delivered();
  Delivered(const Delivered &) = delete;
  Delivered &operator=(const Delivered &) = delete;

  // Held by one thread, as often as it likes: while the host uses a context, something that it ends may call back, and use one again.
  void lock(Thread &thread) noexcept SABIR_UNANALYZED;
  void unlock() noexcept SABIR_UNANALYZED;

  bool in_order() const noexcept { return options.max_outstanding == 1; }
  bool has_room() const noexcept { return !starved && (in_order() ? gathers && outs < options.batch : outs < options.max_outstanding); }
  bool wants(std::uint32_t bit) const noexcept { return (options.wants & bit) != 0; }

  Engine &engine;
  executor::Board &board;
  executor::Account &account;
  const DeliveredOptions &options;

  std::uint32_t outs = 0;  // up or out, and those about to go up (batch)
  // If it is concurrent: these, from the oldest on.
  executor::Slot *oldest = nullptr;
  executor::Slot *newest_out = nullptr;
  executor::Slot *batch_first = nullptr;  // linked through `later`
  executor::Slot *batch_last = nullptr;
  std::uint32_t batch_size = 0;
  sabir_message *stub = nullptr;  // of the batch, and still linked in the queue
  executor::Slot *spare = nullptr;  // linked through `later`
  std::uint32_t spares = 0;
  executor::Slot *settling = nullptr;  // done, and still to be settled, from the oldest on
  executor::Slot *failing = nullptr;  // the same of those that failed while FAILED is out: each asks the host, one after another
  MessageList returned;  // came back unhandled
  MessageList taken_back;  // of an incarnation that ends: was up, and so comes behind what is still to return
  bool gathers = true;  // in_order: more may go into the present batch
  bool starved = false;  // there was no slot for a message: none is tried for before something is back
  bool busy = false;  // START or FAILED is out: no messages before it is completed
  bool stopped = false;  // STOP was put up
  bool ended = false;  // the end is not put off any more
  // The end that is put off.
  const sabir_exit *ending = nullptr;  // a reference
  std::int32_t decision = 0;
  bool for_good = false;
  bool drains = false;  // handles what it has, and ends
  // FAILED is out: for which message, and what its handler asked for besides.
  const sabir_exit *crashed = nullptr;  // a reference
  sabir_message *failed = nullptr;
  std::uint32_t failed_events = 0;
  bool run = false;  // it has a runner, which has it locked whenever it ends
  bool orphaned = false;  // its cell is gone, and so is this when it is unlocked

 private:
  Mutex mutex_;
  std::atomic<Thread *> owner_{nullptr};  // relaxed: only its own thread finds itself here
  std::uint32_t depth_ = 0;
};

// Of an actor that is to be spawned. NULL: no memory. Throws std::bad_alloc.
[[nodiscard]] Delivered *make_delivered(Engine &engine, executor::Board &board, const Behavior &behavior, const char *name);
// With its cell's cold part; by its runner, if it has one.
void bury(Delivered *delivered) noexcept;

inline Delivered *delivered_of(const Cell &cell) noexcept { return cell.cold ? cell.cold->delivered : nullptr; }

// An incarnation begins. True: its START is under way, and Run::settle goes on.
bool start_later(Context &context, Cell &cell) noexcept;
// An incarnation is to end: true, if that must wait, and then happens by itself. exit: borrowed.
bool end_later(Cell &cell, const sabir_exit *exit, std::int32_t decision, bool for_good) noexcept;

// A context that stands for a delivery, as if in its handler, while this lives. locks: the call touches what the actor's runner does. (Such
// a call calls nobody back; others may, and hold no lock of ours then.)
class Lent {
 public:
  Lent(Context &context, Thread &thread, executor::Slot &slot, bool locks) noexcept;
  ~Lent();
  Lent(const Lent &) = delete;
  Lent &operator=(const Lent &) = delete;

 private:
  [[gnu::noinline]] void keep_events() noexcept;

  Context &context_;
  executor::Slot &slot_;
  Delivered *locked_;
};

inline Lent::Lent(Context &context, Thread &thread, executor::Slot &slot, bool locks) noexcept
    : context_(context), slot_(slot), locked_(locks ? static_cast<Delivered *>(slot.account->owner) : nullptr) {
  if (locked_) locked_->lock(thread);
  context.thread = &thread;
  context.cell = static_cast<Cell *>(slot.account->task);
  context.self = slot.account->self;
  context.current = context.apart = slot.message;
  context.events = 0;
}

inline Lent::~Lent() {
  if (__builtin_expect(context_.events != 0, 0)) keep_events();
  slot_.message = context_.apart;
  context_.current = context_.apart = nullptr;
  context_.cell = nullptr;
  if (locked_) locked_->unlock();
}

}  // namespace sabir::actor
