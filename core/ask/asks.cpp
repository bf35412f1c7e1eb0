// SPDX-License-Identifier: Apache-2.0
#include "ask/asks.hpp"

#include <algorithm>
#include <chrono>
#include <new>
#include <optional>

#include "actor/delivery.hpp"
#include "actor/multicast.hpp"
#include "actor/runner.hpp"
#include "actor/sending.hpp"
#include "base/callback.hpp"
#include "base/exit.hpp"
#include "base/memory.hpp"
#include "base/pid.hpp"
#include "sabir/dead_letter.h"
#include "sabir/log.h"

namespace sabir {

namespace {

// An answer from a worker that is awake comes within a microsecond; sleeping costs about as much again. After this many looks, about a
// microsecond, the thread sleeps: the worker may have been woken on its processor, and be waiting for it.
constexpr unsigned spin_limit = 64;

constexpr std::uint64_t pending_bit = 1;

using Clock = Parker::Clock;

// A deadline past the end of the clock is for ever.
Clock::time_point deadline_after(std::uint64_t timeout_ns) noexcept {
  const Clock::time_point now = Clock::now();
  return timeout_ns >= static_cast<std::uint64_t>((Clock::time_point::max() - now).count()) ? Clock::time_point::max()
                                                                                            : now + std::chrono::nanoseconds(timeout_ns);
}

// An ask ends at its message's deadline, if that is sooner.
std::uint64_t cut_to_deadline(std::uint64_t timeout_ns, const Message &message) noexcept {
  const std::uint64_t lives_ns = deadline_of(message);   // from now on: it is not sent yet
  return lives_ns ? std::min(timeout_ns, lives_ns) : timeout_ns;
}

// The handler that this thread is in, of whatever system; NULL: none.
const actor::Context *handler_of(const Thread &thread) noexcept {
  const auto *worker = static_cast<const executor::Worker *>(thread.worker);
  const auto *context = worker ? static_cast<const actor::Context *>(worker->local) : nullptr;
  return context && context->cell ? context : nullptr;
}

}  // namespace

bool Asks::may_wait(const Thread &thread) noexcept {
  if (!thread.must_not_wait()) return true;
  const actor::Context *handler = handler_of(thread);
  return handler && handler->worker->scheduler->may_block() && !thread.in_log_sink;   // the log waits for its sink
}

Asks::~Asks() {
  const std::uint32_t chunks = (made_.load(std::memory_order_relaxed) + chunk_slots - 1) / chunk_slots;
  for (std::uint32_t i = 0; i < chunks; ++i) {
    Slot *slots = chunks_[i].load(std::memory_order_relaxed);
    for (std::uint32_t j = 0; j < chunk_slots; ++j) slots[j].~Slot();
    memory::release(slots);
  }
}

Asks::Slot *Asks::find(std::uint64_t ref) const noexcept {
  const Pid parts = Pid::unpack(ref);
  if (parts.tag != engine_.tag || parts.index >= made_.load(std::memory_order_acquire)) return nullptr;   // pairs with take
  return &chunks_[parts.index / chunk_slots].load(std::memory_order_relaxed)[parts.index % chunk_slots];
}

std::uint64_t Asks::ref_of(const Slot &slot) const noexcept {
  return Pid{engine_.tag, slot.index, static_cast<std::uint32_t>(slot.word.load(std::memory_order_relaxed) >> 1) & generation_max}.pack();
}

Status Asks::take(Slot *&slot) {
  MutexLock lock(mutex_);
  if (closed_) return SABIR_E_CLOSED;
  if (oldest_free_ != 0) {
    const std::uint32_t index = oldest_free_ - 1;
    slot = &chunks_[index / chunk_slots].load(std::memory_order_relaxed)[index % chunk_slots];
    oldest_free_ = slot->next_free;
    if (oldest_free_ == 0) newest_free_ = 0;
    return SABIR_OK;
  }
  const std::uint32_t index = made_.load(std::memory_order_relaxed);
  if (index == SABIR_ASKS_MAX) return SABIR_E_LIMIT;
  if (index % chunk_slots == 0) {
    auto *slots = static_cast<Slot *>(memory::allocate(sizeof(Slot) * chunk_slots, alignof(Slot)));
    if (!slots) return SABIR_E_NOMEM;
    for (std::uint32_t i = 0; i < chunk_slots; ++i) (new (&slots[i]) Slot)->index = index + i;
    chunks_[index / chunk_slots].store(slots, std::memory_order_relaxed);
  }
  slot = &chunks_[index / chunk_slots].load(std::memory_order_relaxed)[index % chunk_slots];
  slot->word.store(std::uint64_t{1} << 1, std::memory_order_relaxed);
  made_.store(index + 1, std::memory_order_release);   // publishes the slot to find()
  return SABIR_OK;
}

void Asks::give(Slot &slot) noexcept {
  slot.thread = nullptr;
  slot.result = nullptr;
  slot.failure = nullptr;
  slot.gather = nullptr;
  // relaxed: the mutex hands the slot on; a stale settle fails on the generation whenever it reads this.
  const std::uint64_t generation = (slot.word.load(std::memory_order_relaxed) >> 1) + 1;
  slot.word.store(generation << 1, std::memory_order_relaxed);
  if ((generation & generation_max) == 0) return;   // used up: retired
  MutexLock lock(mutex_);
  slot.next_free = 0;
  if (newest_free_ != 0) {
    const std::uint32_t last = newest_free_ - 1;
    chunks_[last / chunk_slots].load(std::memory_order_relaxed)[last % chunk_slots].next_free = slot.index + 1;
  } else {
    oldest_free_ = slot.index + 1;
  }
  newest_free_ = slot.index + 1;
}

std::uint64_t Asks::open(Slot &slot) noexcept {
  const std::uint64_t ref = ref_of(slot);
  // release: pairs with settle; its winner sees the slot's fields.
  slot.word.store(slot.word.load(std::memory_order_relaxed) | pending_bit, std::memory_order_release);
  return ref;
}

bool Asks::settle(Slot &slot, std::uint64_t ref) noexcept {
  std::uint64_t expected = (std::uint64_t{Pid::unpack(ref).generation} << 1) | pending_bit;
  return slot.word.compare_exchange_strong(expected, expected & ~pending_bit, std::memory_order_acquire, std::memory_order_relaxed);
}

Message *Asks::make_failure(Thread &thread, Message *spare, std::uint64_t ref, sabir_status status, std::string_view text,
                            const sabir_exit *exit) noexcept {
  if (text.empty() && exit) text = exit->message;
  if (text.empty()) text = sabir_status_text(status);
  Message *failure = spare;
  if (!spare || text.size() > text_room) {
    if (Message *roomier = allocate_failure(thread, text.size())) {
      failure = roomier;
      if (spare) free_message(thread, spare);
    }
  }
  if (failure) set_failure(*failure, ref, status, text.data(), text.size(), exit);
  return failure;
}

void Asks::deliver(Thread &thread, Slot &slot, std::uint64_t ref, sabir_status status, std::string_view text, const sabir_exit *exit,
                   Message *reply) {
  if (slot.timed) service_->cancel(slot);
  slot.timed = false;
  if (reply) {
    reply->kind = MessageKind::reply;
    reply->ref = ref;
  }
  switch (slot.asker.load(std::memory_order_relaxed)) {
    case Asker::thread: {
      Result &result = *slot.result;
      Thread &waiting = *slot.thread;
      finish(slot);
      result.status = status;
      result.reply = reply ? reply : make_failure(thread, nullptr, ref, status, text, exit);
      result.done.store(true, std::memory_order_release);   // the result is gone after this
      waiting.parker.unpark();                              // the thread's record never is
      return;
    }
    case Asker::mailbox: {
      const std::uint64_t pid = slot.pid.load(std::memory_order_relaxed);
      const std::uint32_t epoch = slot.epoch;
      Message *failure = slot.failure;
      finish(slot);
      if (reply) {
        free_message(thread, failure);
      } else {
        reply = make_failure(thread, failure, ref, status, text, exit);
      }
      if (status == SABIR_E_CANCELLED) {
        free_message(thread, reply);
      } else {
        actor::deliver_reply(engine_, thread, pid, epoch, *reply);
      }
      return;
    }
    case Asker::callback: {
      const sabir_ask_fn done = slot.done;
      const std::uintptr_t argument = slot.argument;
      finish(slot);
      if (!reply) reply = make_failure(thread, nullptr, ref, status, text, exit);
      // What the callback leaves is freed, also where it ends its thread.
      struct Left {
        actor::Engine &engine;
        Thread &thread;
        Message *&reply;
        ~Left() {
          if (reply) actor::free_handled(engine, thread, reply, SABIR_E_UNANSWERED);
        }
      };
      Thrown thrown;
      {
        const Left left{engine_, thread, reply};
        thrown = call([&] { done(argument, ref, status, &reply); });
      }
      if (thrown.happened) engine_.host.log(SABIR_LOG_ERROR, "ask", 0, {}, {"a completion threw: ", thrown.what});
      return;
    }
    case Asker::part: {
      Gather &gather = *slot.gather;
      give(slot);
      deliver_part(thread, gather, status, text, exit, reply);
      return;
    }
  }
}

Status Asks::send(Thread &thread, actor::Context *context, Slot &slot, std::uint64_t to, Message *&message, std::uint64_t timeout_ns,
                  std::uint64_t &ref) {
  // What can be refused at once is refused before the ask is opened, and so before it can time out.
  Status refused = SABIR_OK;
  actor::Cell *cell;
  if (!actor::may_move(*message, context ? context : actor::context_of(thread, engine_))) {
    refused = SABIR_E_BORROWED;
  } else {
    refused = actor::resolve(engine_, to, cell);
  }
  if (!refused.ok()) {
    give_back(thread, slot);
    return refused;
  }
  make_plain(*message);
  const std::uint64_t carried = ask_of(*message);   // an ask that this message was, and that nobody has taken the duty of
  Blocked *blocked = slot.result ? slot.result->blocked : nullptr;   // before the slot is open: then it may be somebody else's
  const bool was_awaited = message->has(message_flag::awaited);   // the ask that it was
  timeout_ns = cut_to_deadline(timeout_ns, *message);
  const std::uint64_t lives_ns = deadline_of(*message);
  message->clear(message_flag::deadline);
  ref = open(slot);
  const std::uint64_t opened = ref;             // `ref` may be the caller's memory
  message->ref = opened;
  // The wait for room in a full mailbox is part of the ask's time.
  const Clock::time_point latest = deadline_after(timeout_ns);
  if (slot.asker.load(std::memory_order_relaxed) != Asker::thread && latest != Clock::time_point::max()) {
    slot.timed = true;
    service_->arm(slot, engine_.environment.now_ns() + timeout_ns, opened);
  }
  Message *moved = message;
  Status sent = SABIR_OK;
  if (blocked) {
    if (blocked->enter(opened)) {
      mark_awaited(thread, *message);
    } else {
      sent = SABIR_E_WOULD_DEADLOCK;
    }
  }
  if (sent.ok()) sent = context ? actor::send(*context, to, *moved) : actor::send(engine_, thread, to, *moved, latest);
  if (sent.ok()) {
    if (blocked) blocked->note_sent();
    message = nullptr;
    if (carried) (void)fail(thread, carried, SABIR_E_UNANSWERED, {}, nullptr);
    return SABIR_OK;
  }
  was_awaited ? message->set(message_flag::awaited) : message->clear(message_flag::awaited);
  message->ref = carried ? carried : lives_ns;
  if (lives_ns) message->set(message_flag::deadline);
  if (settle(slot, opened)) {
    ref = 0;
    if (slot.timed) service_->cancel(slot);
    slot.timed = false;
    give_back(thread, slot);
    return sent;
  }
  // It ended meanwhile, by its timeout or a shutdown, and that end is delivered: the ask was made, the question is not needed.
  actor::free_handled(engine_, thread, message, SABIR_E_UNANSWERED);
  message = nullptr;
  return SABIR_OK;
}

// Before it is marked it leaves the handler that was given it, if it does: that is not yet its receiver.
void Asks::mark_awaited(Thread &thread, Message &message) noexcept {
  if (message.has(message_flag::attached)) {
    message.clear(message_flag::awaited);
    actor::Context *own = actor::context_of(thread, engine_);
    actor::detach_if_attached(own, message);
    own->loose = &message;   // where it is refused after all, it is still what the handler leaves
    own->events |= actor::event::loose;
  }
  message.set(message_flag::awaited);
}

void Asks::give_back(Thread &thread, Slot &slot) noexcept {
  if (slot.failure) free_message(thread, slot.failure);
  give(slot);
}

void Asks::finish(Slot &slot) noexcept {
  Gather *gather = slot.gather;
  give(slot);
  if (!gather) return;
  end_parts(*gather);
  release(*gather);
}

void Asks::end_parts(Gather &gather) noexcept {
  for (std::uint32_t i = 0; i < gather.count; ++i) {
    Slot *part = find(gather.parts()[i]);
    if (!part || !settle(*part, gather.parts()[i])) continue;
    give(*part);
    release(gather);   // the part's share; the caller has one
  }
}

void Asks::release(Gather &gather) noexcept {
  if (gather.owners.fetch_sub(1, std::memory_order_acq_rel) == 1) memory::destroy(&gather);
}

void Asks::deliver_part(Thread &thread, Gather &gather, sabir_status status, std::string_view text, const sabir_exit *exit,
                        Message *reply) {
  struct Holder {
    Gather &gather;
    ~Holder() { release(gather); }
  } holder{gather};
  if (!reply) {
    if (gather.open.fetch_sub(1, std::memory_order_acq_rel) == 1) (void)fail(thread, gather.ref, status, text, exit);
    return;
  }
  Slot *whole = find(gather.ref);
  if (whole && settle(*whole, gather.ref)) {
    deliver(thread, *whole, gather.ref, SABIR_OK, {}, nullptr, reply);
    return;
  }
  // Another was first, just now: its asker was told that it answered, so it is a dead letter.
  reply->ref = gather.ref;
  reply->target = 0;
  reply->next.store(nullptr, std::memory_order_relaxed);
  actor::count(engine_, thread, [](metrics::Counters &counters, auto add) { add(counters.sent, 1); });
  engine_.host.dead_letters_later(reply, SABIR_CAUSE_LATE_REPLY);
}

Status Asks::scatter(Thread &thread, actor::Context *context, Slot &slot, Askees to, Message *&message, std::uint64_t timeout_ns,
                     std::uint64_t &ref) {
  // Everything that needs memory comes first. What was made is undone here, unless it was asked.
  struct Making {
    Asks &asks;
    Thread &thread;
    Slot &whole;
    Gather *gather = nullptr;
    std::uint32_t parts = 0;   // taken
    Message *questions = nullptr;
    ~Making() {
      while (questions) {
        auto *next = static_cast<Message *>(questions->next.load(std::memory_order_relaxed));
        free_message(thread, questions);
        questions = next;
      }
      if (!gather) return;
      for (std::uint32_t i = 0; i < parts; ++i) asks.give(*asks.find(gather->parts()[i]));
      memory::destroy(gather);
    }
  } making{*this, thread, slot};
  const auto refuse = [&](Status status) {
    give_back(thread, slot);
    return status;
  };
  if (message->size > engine_.message_size_limit) return refuse(SABIR_E_TOO_BIG);
  if (const Status status = actor::share_for_many(engine_, thread, context, message); !status.ok()) return refuse(status);
  make_plain(*message);
  const auto count = static_cast<std::uint32_t>(to.size());
  void *block = memory::allocate(sizeof(Gather) + count * sizeof(std::uint64_t), alignof(Gather));
  if (!block) return refuse(SABIR_E_NOMEM);
  Gather *gather = new (block) Gather{};
  making.gather = gather;
  for (std::uint32_t i = 0; i < count; ++i) {
    Slot *part;
    if (const Status status = take(part); !status.ok()) return refuse(status);
    part->asker.store(Asker::part, std::memory_order_relaxed);
    part->gather = gather;
    gather->parts()[i] = ref_of(*part);
    making.parts = i + 1;
  }
  for (std::uint32_t i = count; i-- > 0;) {
    Message *question = clone(thread, *message);
    if (!question) return refuse(SABIR_E_NOMEM);
    clear_deadline(*question);
    question->ref = gather->parts()[i];
    question->next.store(making.questions, std::memory_order_relaxed);
    making.questions = question;
  }
  Blocked *blocked = slot.result ? slot.result->blocked : nullptr;
  if (blocked && !blocked->set_parts({gather->parts(), count})) return refuse(SABIR_E_NOMEM);
  const std::uint64_t carried = ask_of(*message);   // an ask that this message was, and that nobody has taken the duty of
  timeout_ns = cut_to_deadline(timeout_ns, *message);
  const std::uint64_t opened = ref_of(slot);   // `ref` may be the caller's memory
  gather->ref = opened;
  gather->count = count;
  gather->owners.store(count + 2, std::memory_order_relaxed);   // relaxed: published by open
  gather->open.store(count + 1, std::memory_order_relaxed);
  slot.gather = gather;
  making.gather = nullptr;   // it is shared from here on
  struct Holder {
    Gather &gather;
    ~Holder() { release(gather); }
  } holder{*gather};
  for (std::uint32_t i = 0; i < count; ++i) (void)open(*find(gather->parts()[i]));
  ref = open(slot);
  const Clock::time_point latest = deadline_after(timeout_ns);
  if (slot.asker.load(std::memory_order_relaxed) != Asker::thread && latest != Clock::time_point::max()) {
    slot.timed = true;
    service_->arm(slot, engine_.environment.now_ns() + timeout_ns, opened);
  }
  std::uint32_t asked = 0;
  Status refusal = blocked && !blocked->enter(opened) ? SABIR_E_WOULD_DEADLOCK : SABIR_OK;
  for (std::uint32_t i = 0; refusal != SABIR_E_WOULD_DEADLOCK && i < count && pending(opened); ++i) {
    Message *question = making.questions;
    making.questions = static_cast<Message *>(question->next.load(std::memory_order_relaxed));
    question->next.store(nullptr, std::memory_order_relaxed);
    const std::uint64_t part = gather->parts()[i];
    if (blocked) question->set(message_flag::awaited);
    const Status sent = context ? actor::send(*context, to[i], *question) : actor::send(engine_, thread, to[i], *question, latest);
    if (sent.ok()) {
      ++asked;
      continue;
    }
    refusal = sent;
    free_message(thread, question);
    Slot *refused = find(part);
    if (!settle(*refused, part)) continue;   // it has ended with the whole
    give(*refused);
    gather->open.fetch_sub(1, std::memory_order_acq_rel);   // not the last: ours is left
    release(*gather);
  }
  if (asked == 0 && settle(slot, opened)) {
    ref = 0;
    if (slot.timed) service_->cancel(slot);
    slot.timed = false;
    if (slot.failure) free_message(thread, slot.failure);
    finish(slot);
    return refusal;
  }
  if (blocked) blocked->note_sent();
  Message *original = message;
  message = nullptr;
  // The others have failed already: so has the ask.
  if (gather->open.fetch_sub(1, std::memory_order_acq_rel) == 1)
    (void)fail(thread, opened, refusal.ok() ? Status(SABIR_E_DEAD) : refusal, {}, nullptr);
  if (carried) (void)fail(thread, carried, SABIR_E_UNANSWERED, {}, nullptr);
  free_message(thread, original);
  return SABIR_OK;
}

Status Asks::ask(Thread &thread, Askees to, Message *&message, std::uint64_t timeout_ns, Message *&reply) {
  Slot *slot;
  if (const Status status = take(slot); !status.ok()) return status;
  Result result;
  slot->asker.store(Asker::thread, std::memory_order_relaxed);
  slot->thread = &thread;
  slot->result = &result;
  timeout_ns = cut_to_deadline(timeout_ns, *message);
  const Clock::time_point deadline = deadline_after(timeout_ns);
  std::uint64_t ref = 0;
  const actor::Context *handler = handler_of(thread);
  std::optional<Blocked> blocked;
  if (handler) result.blocked = &blocked.emplace(*this, *handler, to);
  if (const Status status = begin(thread, nullptr, *slot, to, message, timeout_ns, ref); !status.ok()) {
    if (blocked && status == SABIR_E_WOULD_DEADLOCK) reply = refuse_cycle(thread, *handler, *blocked);
    return status;
  }

  // Whatever ends the wait (an answer, the deadline, cancellation of this thread), the result must not be used after this frame.
  struct Wait {
    Asks &asks;
    Thread &thread;
    Slot &slot;
    std::uint64_t ref;
    Result &result;
    bool taken = false;
    ~Wait() {
      if (taken) return;
      if (asks.settle(slot, ref)) {
        asks.finish(slot);
        return;
      }
      while (!result.done.load(std::memory_order_acquire)) pause();   // whoever settled it is about to
      if (result.reply) free_message(thread, result.reply);
    }
  } wait{*this, thread, *slot, ref, result};

  for (unsigned i = 0; i < spin_limit && !result.done.load(std::memory_order_acquire); ++i) pause();
  if (handler && !result.done.load(std::memory_order_acquire)) handler->worker->scheduler->share_out(*handler->worker);
  while (!result.done.load(std::memory_order_acquire)) {
    if (thread.parker.park_until(deadline) || Clock::now() < deadline) continue;
    if (!settle(*slot, ref)) continue;   // the answer is on its way
    finish(*slot);
    wait.taken = true;
    reply = make_failure(thread, nullptr, ref, SABIR_E_TIMEOUT, {}, nullptr);
    return SABIR_E_TIMEOUT;
  }
  wait.taken = true;
  reply = result.reply;
  return result.status;
}

Message *Asks::refuse_cycle(Thread &thread, const actor::Context &handler, const Blocked &blocked) noexcept {
  handler.engine->host.log(SABIR_LOG_ERROR, "ask", blocked.asker(), blocked.name(),
                           {"an ask was refused that would wait for itself: ", blocked.chain()});
  return make_failure(thread, nullptr, 0, SABIR_E_WOULD_DEADLOCK, blocked.chain(), nullptr);
}

Status Asks::ask_for_mailbox(Thread &thread, actor::Context *context, std::uint64_t asker, Askees to, Message *&message,
                             std::uint64_t timeout_ns, std::uint64_t &ref) {
  Slot *slot;
  if (const Status status = take(slot); !status.ok()) return status;
  slot->asker.store(Asker::mailbox, std::memory_order_relaxed);
  slot->pid.store(asker, std::memory_order_relaxed);
  slot->epoch = context && context->cell->cold ? context->cell->cold->epoch : 0;
  // Made now, so that no end of an ask is lost to want of memory.
  slot->failure = allocate_failure(thread, text_room);
  if (!slot->failure) {
    give(*slot);
    return SABIR_E_NOMEM;
  }
  return begin(thread, context, *slot, to, message, timeout_ns, ref);
}

Status Asks::ask_for_callback(Thread &thread, Askees to, Message *&message, std::uint64_t timeout_ns, sabir_ask_fn done,
                              std::uintptr_t argument, std::uint64_t *ref) {
  Slot *slot;
  if (const Status status = take(slot); !status.ok()) return status;
  slot->asker.store(Asker::callback, std::memory_order_relaxed);
  slot->done = done;
  slot->argument = argument;
  std::uint64_t mine = 0;
  return begin(thread, nullptr, *slot, to, message, timeout_ns, ref ? *ref : mine);
}

Status Asks::reply(Thread &thread, std::uint64_t ref, std::uint64_t sender, Message *&message) {
  Slot *slot = find(ref);
  if (!slot || !settle(*slot, ref)) return refusal(ref);
  Message *moved = message;
  message = nullptr;
  if (const std::uint64_t other = ask_of(*moved); other && other != ref) {
    (void)fail(thread, other, SABIR_E_UNANSWERED, {}, nullptr);   // another ask, used as an answer: its duty ends here
  }
  clear_deadline(*moved);   // an answer has its ask's
  make_plain(*moved);
  moved->sender = sender;
  deliver(thread, *slot, ref, SABIR_OK, {}, nullptr, moved);
  return SABIR_OK;
}

Status Asks::fail(Thread &thread, std::uint64_t ref, sabir_status status, std::string_view text, const sabir_exit *exit) {
  Slot *slot = find(ref);
  if (!slot || !settle(*slot, ref)) return refusal(ref);
  deliver(thread, *slot, ref, status, text, exit, nullptr);
  return SABIR_OK;
}

bool Asks::pending(std::uint64_t ref) const noexcept {
  const Slot *slot = find(ref);
  return slot && slot->word.load(std::memory_order_relaxed) == ((std::uint64_t{Pid::unpack(ref).generation} << 1) | pending_bit);
}

void Asks::note_taken(std::uint64_t ref) noexcept {
  Slot *slot = find(ref);
  if (!slot) return;
  // Refs of one slot grow; a late one must not take a later one's place. relaxed: it is read under the mutex of the list of the blocked,
  // in which the worker that wrote it has been since, or the actor that it ran is not stuck.
  std::uint64_t known = slot->taken.load(std::memory_order_relaxed);
  while (known < ref && !slot->taken.compare_exchange_weak(known, ref, std::memory_order_relaxed)) continue;
}

bool Asks::is_taken(std::uint64_t ref) const noexcept {
  const Slot *slot = find(ref);
  return !slot || slot->taken.load(std::memory_order_relaxed) >= ref;
}

const executor::Executor *Asks::executor_of(std::uint64_t pid) const noexcept {
  actor::Cell *cell;
  return actor::resolve(engine_, pid, cell, true).ok() ? cell->executor.load(std::memory_order_relaxed) : nullptr;
}

Status Asks::fits(std::uint64_t ref, const Message &answer) const noexcept {
  if (__builtin_expect(!answer.has(message_flag::native), 1)) return SABIR_OK;
  if (!answer.data) return SABIR_E_INVALID;
  const Slot *slot = find(ref);
  // acquire: pairs with open. The slot's fields are this ask's if it is settled later, and do not matter if it is not.
  if (!slot || slot->word.load(std::memory_order_acquire) != ((std::uint64_t{Pid::unpack(ref).generation} << 1) | pending_bit))
    return SABIR_OK;
  if (slot->asker.load(std::memory_order_relaxed) != Asker::mailbox) return SABIR_E_NATIVE;
  actor::Cell *cell = nullptr;
  if (!actor::resolve(engine_, slot->pid.load(std::memory_order_relaxed), cell, true).ok()) return SABIR_OK;   // a dead letter
  return actor::fits(engine_, *cell, actor::Bounds::from(cell->bounds.load(std::memory_order_relaxed)), answer);
}

Status Asks::cancel(Thread &thread, std::uint64_t ref) { return fail(thread, ref, SABIR_E_CANCELLED, {}, nullptr); }

void Asks::cancel_all_of(Thread &thread, std::uint64_t asker) {
  const std::uint32_t made = made_.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < made; ++i) {
    Slot &slot = chunks_[i / chunk_slots].load(std::memory_order_relaxed)[i % chunk_slots];
    // acquire: pairs with open. If the slot was used again in between, the word has changed and cancel finds another generation.
    const std::uint64_t word = slot.word.load(std::memory_order_acquire);
    if ((word & pending_bit) && slot.asker.load(std::memory_order_relaxed) == Asker::mailbox &&
        slot.pid.load(std::memory_order_relaxed) == asker) {
      (void)cancel(thread, Pid{engine_.tag, i, static_cast<std::uint32_t>(word >> 1) & generation_max}.pack());
    }
  }
}

void Asks::expired(Thread &thread, std::uint64_t ref) { (void)fail(thread, ref, SABIR_E_TIMEOUT, {}, nullptr); }

void Asks::stop_taking() noexcept {
  MutexLock lock(mutex_);
  closed_ = true;
}

void Asks::close(Thread &thread) {
  stop_taking();
  const std::uint32_t made = made_.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < made; ++i) {
    Slot &slot = chunks_[i / chunk_slots].load(std::memory_order_relaxed)[i % chunk_slots];
    const std::uint64_t word = slot.word.load(std::memory_order_relaxed);
    if (word & pending_bit) {
      (void)fail(thread, Pid{engine_.tag, i, static_cast<std::uint32_t>(word >> 1) & generation_max}.pack(), SABIR_E_CLOSED, {}, nullptr);
    }
  }
}

}  // namespace sabir
