// SPDX-License-Identifier: Apache-2.0
#include "actor/delivered.hpp"

#include <utility>

#include "actor/admission.hpp"
#include "actor/delivery.hpp"
#include "actor/inbox.hpp"
#include "actor/lifecycle.hpp"
#include "actor/run.hpp"
#include "base/exit.hpp"
#include "base/memory.hpp"

namespace sabir::actor {

using executor::Slot;
using mailbox::Queue;

namespace {

// How many slots an actor asks the board for at once, and keeps.
constexpr std::uint32_t slots_at_once = 32, slots_kept = 4, slots_reserved = 2, spares_limit = 256;

void add_spare(Delivered &delivered, Slot &slot) noexcept {
  slot.enter(Slot::Phase::spare);
  slot.later = delivered.spare;
  delivered.spare = &slot;
  ++delivered.spares;
}

// It is not up or out any more.
void remove(Delivered &delivered, Slot &slot) noexcept {
  --delivered.outs;
  if (delivered.in_order()) return;
  (slot.older ? slot.older->newer : delivered.oldest) = slot.newer;
  (slot.newer ? slot.newer->older : delivered.newest_out) = slot.older;
}

void give_spares(Delivered &delivered, std::uint32_t kept) noexcept {
  if (delivered.spares <= kept) return;
  Slot *first = nullptr;
  while (delivered.spares > kept) {
    Slot *slot = std::exchange(delivered.spare, delivered.spare->later);
    slot->later = first;
    first = slot;
    --delivered.spares;
  }
  delivered.board.give_slots(first);
}

// NULL: there is none but those kept for what must not fail.
Slot *take_spare(Delivered &delivered) noexcept {
  if (__builtin_expect(delivered.spares < slots_reserved, 0)) {
    std::uint32_t taken;
    for (Slot *more = delivered.board.take_slots(slots_at_once, taken); more;) add_spare(delivered, *std::exchange(more, more->later));
    if (delivered.spares < slots_reserved) return nullptr;
  }
  return delivered.spare;
}

// The slot that take_spare has found goes up when the runner lets go of the actor.
void use_slot(Delivered &delivered, Slot &slot, std::uint8_t kind) noexcept {
  delivered.spare = slot.later;
  --delivered.spares;
  slot.renew();
  slot.kind = kind;
  slot.cancelled = slot.cancel_again = slot.behind_record = false;
  slot.account = &delivered.account;
  slot.later = nullptr;
  slot.message = nullptr;
  slot.events = 0;
  slot.value = 0;
  (delivered.batch_last ? delivered.batch_last->later : delivered.batch_first) = &slot;
  delivered.batch_last = &slot;
  ++delivered.batch_size;
  ++delivered.outs;
  if (delivered.in_order()) return;
  slot.older = delivered.newest_out;
  slot.newer = nullptr;
  (delivered.newest_out ? delivered.newest_out->newer : delivered.oldest) = &slot;
  delivered.newest_out = &slot;
}

// A call that must not fail: a slot is kept for it.
Slot &use_kept_slot(Cell &cell, Delivered &delivered, std::uint8_t kind) noexcept {
  Slot &slot = *delivered.spare;
  use_slot(delivered, slot, kind);
  slot.type = 0;
  set_flag(cell, cell_flag::out);
  return slot;
}

// Whether its outcome is a failure, as Run::finish has it.
bool fails(const Slot &slot) noexcept {
  if (slot.kind != SABIR_DELIVERY_MESSAGE || (slot.message && (slot.flags & SABIR_COMPLETION_RETURNED))) return false;
  if (slot.events & event::fail) return true;
  return slot.status != SABIR_OK && slot.status != SABIR_E_NO_ASK && slot.status != SABIR_E_UNHANDLED;
}

// To the end of a list linked through `later`.
void append(Slot *&first, Slot *rest) noexcept {
  Slot **end = &first;
  while (*end) end = &(*end)->later;
  *end = rest;
}

bool stop_is_owed(const Cell &cell, const Delivered &delivered) noexcept {
  return (cell.flags & cell_flag::started) && delivered.wants(SABIR_WANTS_STOP) && !delivered.stopped;
}

}  // namespace

Delivered::~Delivered() {
  exits::release(ending);
  exits::release(crashed);
  give_spares(*this, 0);
  board.give_account(&account);
}

void Delivered::lock(Thread &thread) noexcept {
  if (owner_.load(std::memory_order_relaxed) != &thread) {
    mutex_.lock();
    owner_.store(&thread, std::memory_order_relaxed);
  }
  ++depth_;
}

void Delivered::unlock() noexcept {
  if (--depth_ != 0) return;
  owner_.store(nullptr, std::memory_order_relaxed);
  const bool last = orphaned;
  mutex_.unlock();
  if (last) memory::destroy(this);
}

Delivered *make_delivered(Engine &engine, executor::Board &board, const Behavior &behavior, const char *name) {
  executor::Account *account = board.take_account();
  if (!account) return nullptr;
  auto *delivered = memory::create<Delivered>(engine, board, *account, behavior);
  if (!delivered) {
    board.give_account(account);
    return nullptr;
  }
  account->owner = delivered;
  account->behavior = &behavior.name;
  account->in_order = delivered->in_order();
  account->inline_max = behavior.delivered.inline_max;
  delivered->spare = board.take_slots(slots_reserved, delivered->spares);
  try {
    if (name) account->name = name;
    if (delivered->spares == slots_reserved) return delivered;
  } catch (...) {
    memory::destroy(delivered);
    throw;
  }
  memory::destroy(delivered);
  return nullptr;
}

void bury(Delivered *delivered) noexcept {
  if (!delivered) return;
  if (delivered->run) {
    delivered->orphaned = true;
  } else {
    memory::destroy(delivered);
  }
}

bool start_later(Context &context, Cell &cell) noexcept {
  Delivered &delivered = *cell.cold->delivered;
  delivered.account.task = &cell;
  delivered.run = true;
  delivered.stopped = delivered.ended = delivered.for_good = delivered.drains = false;
  const bool has_start = delivered.wants(SABIR_WANTS_START);
  delivered.account.self = context.self;
  delivered.account.state = has_start ? 0 : cell.state;
  delivered.account.incarnation = cell.cold->epoch;
  if (!has_start) return false;
  delivered.busy = true;
  use_kept_slot(cell, delivered, SABIR_DELIVERY_START).value = cell.argument;
  return true;
}

bool end_later(Cell &cell, const sabir_exit *exit, std::int32_t decision, bool for_good) noexcept {
  Delivered *delivered = delivered_of(cell);
  if (!delivered || delivered->ended || (cell.flags & cell_flag::suspended)) return false;
  const bool holds = !delivered->returned.empty() || !delivered->taken_back.empty();
  if (delivered->outs == 0 && !holds && !stop_is_owed(cell, *delivered)) return false;
  if (!delivered->ending) {
    delivered->ending = exits::retain(exit);
    delivered->decision = decision;
  }
  delivered->for_good = delivered->for_good || for_good;
  set_flag(cell, cell_flag::out | cell_flag::ending);
  return true;
}

// What the call has asked for besides is the delivery's.
void Lent::keep_events() noexcept {
  if (context_.events & event::loose) {
    // A move that failed has unlinked it; it is the delivery's still.
    context_.apart = context_.loose;
    context_.apart->set(message_flag::attached | message_flag::apart);
  }
  if (context_.events & event::mute) slot_.mute_for = context_.mute_for;
  if (context_.events & event::fail) slot_.failure = std::move(context_.failure);
  slot_.events = static_cast<std::uint16_t>(slot_.events | (context_.events & (event::stop | event::fail | event::mute)));
  context_.failure.reset();
  context_.events = 0;
}

// ---- the runner's part ----

void Run::hold(Delivered *delivered) noexcept {
  if (delivered == delivered_) return;
  Delivered *last = std::exchange(delivered_, delivered);
  if (last) last->unlock();
  if (delivered) delivered->lock(thread_);
}

// Before the cell is handed over.
void Run::let_go_of_delivered() noexcept {
  put_up();
  if (delivered_->outs == 0) give_spares(*delivered_, slots_kept);
  hold(nullptr);
}

// The gathered deliveries become the host's.
void Run::put_up() noexcept {
  Delivered &delivered = *delivered_;
  if (!delivered.batch_first) return;
  if (sabir_message *stub = std::exchange(delivered.stub, nullptr)) {
    unlink_stub(cell_);
    stub->clear(message_flag::handed);
  }
  delivered.gathers = false;
  set_flag(cell_, cell_flag::out);
  delivered.board.put_up(delivered.account, std::exchange(delivered.batch_first, nullptr), std::exchange(delivered.batch_last, nullptr),
                         std::exchange(delivered.batch_size, 0));
}

// Instead of a handler's call.
Handled Run::hand_out(Message &message) {
  Delivered &delivered = *delivered_;
  Slot *slot = take_spare(delivered);
  if (context_.apart == &message) {
    context_.apart = nullptr;
  } else if (slot) {
    message.set(message_flag::handed);   // the runner leaves it alone when it moves past
    delivered.stub = &message;
  } else {
    unlink_stub(cell_);
  }
  if (__builtin_expect(slot != nullptr, 1)) {
    use_slot(delivered, *slot, SABIR_DELIVERY_MESSAGE);
    slot->message = &message;
    slot->type = message.type;
    message.set(message_flag::attached | message_flag::apart);
    // While a batch gathers, nothing has to be looked at before the next message.
    if (!delivered.in_order() || delivered.outs >= delivered.options.batch) set_flag(cell_, cell_flag::out);
  } else {   // no memory: again, when something is back
    message.clear(message_flag::apart);
    delivered.returned.push(&message);
    delivered.gathers = false;
    delivered.starved = true;
    set_flag(cell_, cell_flag::out);
  }
  return Handled::go_on;
}

// The runner has moved past a message that is handed out: it is in the queue no more.
void Run::move_past(Message &message) noexcept {
  message.clear(message_flag::handed);
  if (delivered_->stub == &message) delivered_->stub = nullptr;
}

// What becomes of the actor, which has crashed on the message (NULL: it has moved on), the host decides.
void Run::ask_host(Message *message, const sabir_exit *exit) noexcept {
  Delivered &delivered = *delivered_;
  delivered.busy = true;
  delivered.failed = message ? std::exchange(context_.apart, nullptr) : nullptr;
  delivered.crashed = exits::retain(exit);
  delivered.failed_events = std::exchange(context_.events, 0);
  use_kept_slot(cell_, delivered, SABIR_DELIVERY_FAILED).exit = exits::retain(exit);
}

// Takes what the host has completed.
void Run::settle() {
  Delivered &delivered = *delivered_;
  Slot *done = delivered.account.done.exchange(nullptr, std::memory_order_acquire);   // pairs with the board's store
  if (!delivered.in_order()) {
    Slot *ordered = nullptr;
    while (done) ordered = std::exchange(done, std::exchange(done->later, ordered));
    done = ordered;
  }
  delivered.starved = false;
  append(delivered.settling, done);   // behind those that an unwinding callback has left
  const bool counts_redelivery = cell_.cold->redelivered != 0;
  std::uint64_t handled = 0;
  while (Slot *slot = delivered.settling) {
    delivered.settling = slot->later;
    if (__builtin_expect(delivered.busy, 0) && !(cell_.flags & cell_flag::ending) && fails(*slot)) {
      slot->later = nullptr;
      append(delivered.failing, slot);
      continue;
    }
    remove(delivered, *slot);
    Message *message = slot->message;
    // The common way: handled, and nothing asked for besides.
    if (slot->kind == SABIR_DELIVERY_MESSAGE && slot->status == SABIR_OK && slot->flags == 0 && slot->events == 0 &&
        (!message || message->ref == 0) && !slot->failure && !counts_redelivery) {
      if (message) free_message(thread_, message);
      ++handled;
      add_spare(delivered, *slot);
      continue;
    }
    struct Recycle {
      Delivered &delivered;
      Slot &slot;
      ~Recycle() {
        exits::release(std::exchange(slot.exit, nullptr));
        add_spare(delivered, slot);
      }
    } recycle{delivered, *slot};
    context_.counters.handled.add(std::exchange(handled, 0));
    settle(*slot);
  }
  context_.counters.handled.add(handled);
  if (delivered.outs != 0) give_spares(delivered, spares_limit);   // else when it has nothing more to hand out
}

void Run::settle(Slot &slot) {
  Delivered &delivered = *delivered_;
  const std::uint32_t events = slot.events;
  context_.failure = std::move(slot.failure);
  const sabir_status status = slot.status;
  switch (slot.kind) {
    case SABIR_DELIVERY_START:
      delivered.busy = false;
      context_.events = events;
      cell_.state = delivered.account.state = slot.value;
      (void)start_ended(context_, cell_, status, nullptr);
      break;
    case SABIR_DELIVERY_STOP:
      context_.events = 0;
      if (events & event::fail) {
        Thrown none;
        log_failure(context_, "stop", cell_.cold->name, behavior_->name, none);
        context_.failure.reset();
      }
      break;
    case SABIR_DELIVERY_FAILED: {
      delivered.busy = false;
      const exits::ReleaseExit crashed(std::exchange(delivered.crashed, nullptr));
      context_.apart = std::exchange(delivered.failed, nullptr);
      context_.events = std::exchange(delivered.failed_events, 0) | (events & ~event::fail);
      context_.failure.reset();
      const FreeApart free(context_, thread_);
      std::int32_t decision = static_cast<std::int32_t>(slot.value);
      if (status != SABIR_OK || slot.value > SABIR_DECISION_ESCALATE) decision = SABIR_DECISION_DEFAULT;
      settle_failing();
      if (decided(context_.apart, crashed.exit, decision)) follow_events();
      break;
    }
    default: settle_message(slot, events);
  }
  context_.failure.reset();   // a text without a failure: nobody else's
}

// FAILED is not out any more: those that failed meanwhile are next.
void Run::settle_failing() noexcept {
  Slot *next = std::exchange(delivered_->failing, nullptr);
  append(next, delivered_->settling);
  delivered_->settling = next;
}

void Run::settle_message(Slot &slot, std::uint32_t events) {
  Message *message = std::exchange(slot.message, nullptr);
  if (message && (slot.flags & (SABIR_COMPLETION_TAKEN | SABIR_COMPLETION_RETURNED))) {
    message->clear(message_flag::attached | message_flag::apart);
    if (slot.flags & SABIR_COMPLETION_RETURNED) {
      context_.failure.reset();
      delivered_->returned.push(message);
      return;
    }
    message = nullptr;   // the host's
  }
  context_.current = context_.apart = message;
  context_.events = events;
  context_.mute_for = slot.mute_for;
  const FreeApart free(context_, thread_);
  finish(message, message, slot.status, nullptr);
  if (cell_.cold && !(cell_.flags & cell_flag::redeliver)) cell_.cold->redelivered = 0;
}

// The end of an incarnation that was put off. True: it has ended.
bool Run::go_on_ending() {
  Delivered &delivered = *delivered_;
  // What was gathered in this run has not gone up.
  put_up();
  if (delivered.outs != 0) {
    if (delivered.stopped) return false;
    // Before those of the last look: what a turn had no room for was out then.
    MessageList taken_back;
    for (Slot *slot = delivered.board.cancel(delivered.account, delivered.oldest); slot;) {
      Slot *next = slot->later;
      remove(delivered, *slot);
      if (Message *message = std::exchange(slot->message, nullptr)) {
        message->clear(message_flag::attached | message_flag::apart);
        taken_back.push(message);
      }
      if (slot->kind != SABIR_DELIVERY_MESSAGE) delivered.busy = false;
      if (slot->kind == SABIR_DELIVERY_FAILED) {
        const exits::ReleaseExit crashed(std::exchange(delivered.crashed, nullptr));
        context_.apart = std::exchange(delivered.failed, nullptr);
        const FreeApart free(context_, thread_);
        settle_failing();
        if (context_.apart) dead_letter(*context_.apart, SABIR_CAUSE_CRASHED, crashed.exit);
      }
      exits::release(std::exchange(slot->exit, nullptr));
      add_spare(delivered, *slot);
      slot = next;
    }
    while (Message *message = delivered.taken_back.pop()) taken_back.push(message);
    delivered.taken_back = taken_back;
    if (delivered.settling) settle();
    if (delivered.outs != 0) return false;
  }
  give_returned();
  if (stop_is_owed(cell_, delivered)) {
    delivered.stopped = true;
    use_kept_slot(cell_, delivered, SABIR_DELIVERY_STOP).exit = exits::retain(delivered.ending);
    return false;
  }
  const exits::ReleaseExit exit(std::exchange(delivered.ending, nullptr));
  delivered.ended = true;
  clear_flag(cell_, cell_flag::out | cell_flag::ending);
  if (delivered.for_good) {
    end_for_good(context_, cell_, exit.exit);
  } else {
    exit_actor(context_, cell_, exit.exit, delivered.decision);
  }
  return true;
}

// What came back unhandled is before all others again.
void Run::give_returned() noexcept {
  MessageList &returned = delivered_->returned;
  while (Message *message = delivered_->taken_back.pop()) returned.push(message);
  if (returned.empty()) return;
  Inbox &inbox = *cell_.cold->inbox;
  while (Message *message = inbox.first.pop()) returned.push(message);
  while (Message *message = returned.pop()) inbox.first.push(message);
  set_flag(cell_, cell_flag::apart);
}

// Sees to what the actor has out. False: look around again. True with next: gone, or take, apart or redeliver where it may go on meanwhile.
bool Run::wait_for_host(Next &next) {
  Delivered &delivered = *delivered_;
  // relaxed: a hint; park looks again.
  if (delivered.settling || delivered.account.done.load(std::memory_order_relaxed)) settle();
  if (cell_.incarnation == 0 || delivered_of(cell_) != &delivered) return false;
  if (cell_.flags & cell_flag::suspended) {
    clear_flag(cell_, cell_flag::out);
    return false;
  }
  if (cell_.flags & cell_flag::ending) {
    if (go_on_ending()) return false;
  } else if (!delivered.busy) {
    if (!delivered.in_order() || delivered.outs == 0) give_returned();
    const bool drained = delivered.drains && !(cell_.flags & cell_flag::redeliver) && is_empty(*cell_.cold->inbox);
    if (delivered.outs == 0) {
      delivered.gathers = true;
      delivered.starved = false;
      if (drained) {
        exit_actor(context_, cell_, SABIR_EXIT_NORMAL);
        return false;
      }
      if (!delivered.drains) {
        clear_flag(cell_, cell_flag::out);
        return false;
      }
    }
    if (delivered.has_room() && !(cell_.flags & cell_flag::muted) && !drained) {
      next = cell_.flags & cell_flag::redeliver ? Next::redeliver : cell_.flags & cell_flag::apart ? Next::apart : Next::take;
      return true;
    }
  }
  give_back_depth(engine_, cell_);
  const bool ending = (cell_.flags & cell_flag::ending) != 0;
  const executor::Account &account = delivered.account;
  let_go();
  next = Next::gone;
  // acquire: pairs with the push of who completes, before it nudges.
  if (Queue::park(cell_.run, [&] {
        return (!ending && engine_.stopping.load(std::memory_order_acquire)) || account.done.load(std::memory_order_acquire) != nullptr;
      })) {
    return true;
  }
  keep();
  return false;
}

}  // namespace sabir::actor
