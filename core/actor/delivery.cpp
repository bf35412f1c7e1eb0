// SPDX-License-Identifier: Apache-2.0
#include "actor/delivery.hpp"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "actor/admission.hpp"
#include "actor/sending.hpp"
#include "actor/waiting.hpp"
#include "base/memory.hpp"

namespace sabir::actor {

namespace {

// How often a thread that waits looks whether what it waits for is itself.
constexpr std::chrono::milliseconds look_again{20};

// Whether the receiver has no room until this thread does something: it is run by the thread, or is muted for somebody who is, or for a
// port that the thread reads.
bool waits_for(Engine &engine, const Thread &thread, std::uint64_t to) {
  const auto executor_of = [&](std::uint64_t pid) -> const executor::Executor * {
    Cell *cell;
    return resolve(engine, pid, cell, true).ok() ? cell->executor.load(std::memory_order_relaxed) : nullptr;
  };
  const executor::Executor *first = executor_of(to);
  if (first && first->waits_for(thread)) return true;
  return engine.mutes.any_behind(to, [&](std::uint64_t pid) {
    const executor::Executor *executor = executor_of(pid);
    return executor && (executor->waits_for(thread) || executor->was_read_by(thread));
  });
}

enum class Room { came, late, waits_for_us };

// Waits until the receiver has room, or dies; or the deadline passes, or there is no memory; or that is in vain.
Room wait_for_room(Engine &engine, Thread &thread, std::uint64_t to, Parker::Clock::time_point deadline) {
  using Clock = Parker::Clock;
  auto *waiting = memory::create<WaitingThread>(thread);
  if (!waiting) return Room::late;
  struct Release {
    WaitingThread *waiting;
    ~Release() { release(waiting); }   // also when the thread is cancelled in its wait
  } owner{waiting};
  waiting->signal.target = to;
  if (!signal(engine, waiting->signal)) {
    release(waiting);   // the signal's share
    return Room::came;  // gone: the next try says so
  }
  while (!waiting->answered.load(std::memory_order_acquire)) {
    if (thread.parker.park_until(std::min(deadline, Clock::now() + look_again))) continue;
    if (waiting->answered.load(std::memory_order_acquire)) break;
    if (Clock::now() >= deadline) return Room::late;
    if (waits_for(engine, thread, to)) return Room::waits_for_us;
  }
  return Room::came;
}

// A producer was preempted between two instructions: spin, then let it run, then sleep a little.
[[gnu::noinline]] void wait_for_link(unsigned tries) noexcept {
  if (tries < 64) {
    pause();
  } else if (tries < 256) {
    sched_yield();
  } else {
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
}

// Its answer may come from others now.
[[gnu::noinline]] void note_taken(const Context &context, Message &message) noexcept {
  message.clear(message_flag::awaited);
  if (const std::uint64_t ask = ask_of(message)) context.engine->host.ask_taken(ask);
}

// The message that the context's handler was given.
[[gnu::always_inline]] inline void detach(Context &context, Message &message) noexcept {
  if (__builtin_expect(message.has(message_flag::awaited), 0)) note_taken(context, message);
  if (__builtin_expect(message.has(message_flag::apart), 0)) {
    message.clear(message_flag::apart);
    context.apart = nullptr;
  } else {
    Cell &cell = *context.running.load(std::memory_order_relaxed);   // our own store
    unsigned tries = 0;
    mailbox::Queue::detach(cell.send, cell.run, [&tries] { wait_for_link(++tries); });
  }
  message.clear(message_flag::attached);
  context.current = nullptr;
}

// A full mailbox that drops what comes: the message is accepted, and a dead letter. message: moved on success.
[[gnu::noinline]] Status drop(Engine &engine, Thread &thread, Context *context, std::uint64_t to, std::uint64_t sender,
                              Message &message) noexcept {
  if (!engine.host.may_drop()) return SABIR_E_MAILBOX_FULL;
  detach_if_attached(context, message);
  make_plain(message);
  clear_deadline(message);
  message.target = to;
  message.sender = sender;
  count(engine, thread, [](metrics::Counters &counters, auto add) { add(counters.sent, 1); });
  engine.host.drop(thread, message, SABIR_CAUSE_OVERFLOW);
  return SABIR_OK;
}

// A send that is no actor's, but for the wait: MAILBOX_FULL where the mailbox is full and does not drop. over: see admit. bounds: out.
// schedule(Cell &): the receiver was idle.
template <class Schedule>
[[gnu::always_inline]] inline Status try_send(Engine &engine, Thread &thread, Context *context, std::uint64_t to, std::uint64_t sender,
                                              Message &message, bool over, Bounds &bounds, Schedule schedule) noexcept {
  Cell *cell;
  if (const Status status = resolve_here(engine, to, cell, false); !status.ok()) return status;
  bounds = Bounds::from(cell->bounds.load(std::memory_order_relaxed));
  if (const Status status = fits(engine, *cell, bounds, message); __builtin_expect(!status.ok(), 0)) return status;
  switch (admit(engine, *cell, bounds, message, over)) {
    case Admission::admitted:
    case Admission::admitted_over: break;
    case Admission::full: return bounds.drop_newest() ? drop(engine, thread, context, to, sender, message) : Status(SABIR_E_MAILBOX_FULL);
    case Admission::too_big: return SABIR_E_TOO_BIG;
  }
  detach_if_attached(context, message);
  make_plain(message);
  start_deadline(engine, message);
  message.target = to;
  message.sender = sender;
  count(engine, thread, [](metrics::Counters &counters, auto add) { add(counters.sent, 1); });
  if (mailbox::Queue::push(cell->send, &message) == mailbox::Wake::yes) schedule(*cell);
  return SABIR_OK;
}

// A send of the context's actor.
template <class Schedule>
[[gnu::always_inline]] inline Status send_from(Context &context, std::uint64_t to, Message &message, Schedule schedule) noexcept {
  Engine &engine = *context.engine;
  if (const Status status = check(engine, message, &context); !status.ok()) return status;
  Cell *cell;
  if (const Status status = resolve_here(engine, to, cell, false); !status.ok()) return status;
  const Bounds bounds = Bounds::from(cell->bounds.load(std::memory_order_relaxed));
  if (const Status status = fits(engine, *cell, bounds, message); __builtin_expect(!status.ok(), 0)) return status;
  switch (admit(engine, *cell, bounds, message, true)) {
    case Admission::admitted: break;
    case Admission::admitted_over:
      if (cell != context.cell && bounds.block()) {
        context.mute_for = to;
        context.events |= event::mute;
      }
      break;
    case Admission::full:
      if (bounds.drop_newest()) return drop(engine, *context.thread, &context, to, context.self, message);
      return SABIR_E_MAILBOX_FULL;
    case Admission::too_big: return SABIR_E_TOO_BIG;
  }
  if (message.has(message_flag::attached)) detach(context, message);
  make_plain(message);
  start_deadline(engine, message);
  message.target = to;
  message.sender = context.self;
  --context.worker->budget;
  context.counters.sent.add(1);
  if (mailbox::Queue::push(cell->send, &message) == mailbox::Wake::yes) schedule(*cell);
  return SABIR_OK;
}

void schedule_cell(Cell &cell) noexcept { cell.executor.load(std::memory_order_relaxed)->schedule(cell); }

}  // namespace

[[gnu::noinline]] Status fits_slowly(const Engine &engine, const Cell &cell, Bounds bounds, const Message &message) noexcept {
  if (message.has(message_flag::request)) return bounds.supervisor() ? SABIR_OK : SABIR_E_NOT_SUPERVISOR;
  if (!message.data) return SABIR_E_INVALID;
  // Of another generation, if the cell was used again meanwhile: then the message is a dead letter, whatever this says.
  return bounds.native() && engine.table.native_tag(cell.index) == native_of(message).tag ? SABIR_OK : SABIR_E_NATIVE;
}

Status resolve(const Engine &engine, std::uint64_t value, Cell *&cell, bool closed_too) noexcept {
  return resolve_here(engine, value, cell, closed_too);
}

Status alive(const Engine &engine, std::uint64_t pid) noexcept {
  Cell *cell = nullptr;
  const Status status = resolve_here(engine, pid, cell, true);
  if (!status.ok()) return status;
  const bool closed = (cell->generation.load(std::memory_order_relaxed) & generation_closed) != 0;
  return closed && Bounds::from(cell->bounds.load(std::memory_order_relaxed)).port() ? SABIR_E_DEAD : SABIR_OK;
}

void push(Cell &cell, Message &message) noexcept {
  if (mailbox::Queue::push(cell.send, &message) == mailbox::Wake::yes) cell.executor.load(std::memory_order_relaxed)->schedule(cell);
}

bool may_move(const Message &message, const Context *context) noexcept {
  return !message.has(message_flag::attached) || (context && context->current == &message);
}

void unlink_stub(Cell &cell) noexcept {
  unsigned tries = 0;
  mailbox::Queue::detach(cell.send, cell.run, [&tries] { wait_for_link(++tries); });
}

void detach_if_attached(Context *context, Message &message) noexcept {
  if (message.has(message_flag::attached)) detach(*context, message);
}

Status share_unlinked(Thread &thread, Context *context, Message *&message) noexcept {
  if (message->has(message_flag::attached)) {
    detach(*context, *message);
    // If it stays what the handler leaves, it is still the engine's to free.
    context->loose = message;
    context->events |= event::loose;
  }
  return share(thread, message) ? SABIR_OK : SABIR_E_NOMEM;
}

Context *context_of(const Thread &thread, const Engine &engine) noexcept {
  auto *worker = static_cast<executor::Worker *>(thread.worker);
  if (!worker) return nullptr;
  auto *context = static_cast<Context *>(worker->local);
  return context->engine == &engine ? context : nullptr;
}

Status send(Context &context, std::uint64_t to, Message &message) noexcept {
  return send_from(context, to, message, [&context](Cell &cell) noexcept {
    // Mostly the receiver lives where we run: no need to find out who we are.
    executor::Executor *executor = cell.executor.load(std::memory_order_relaxed);
    if (executor == context.worker->scheduler) {
      context.worker->scheduler->schedule_here(*context.worker, cell);
    } else {
      executor->schedule(cell);
    }
  });
}

Status send(Context &context, std::uint64_t to, Message &message, Woken &woken) noexcept {
  return send_from(context, to, message, [&woken](Cell &cell) noexcept { woken.add(cell); });
}

Status send_at_once(Engine &engine, Thread &thread, Context *context, std::uint64_t to, std::uint64_t sender, Message &message,
                    Woken &woken) noexcept {
  if (const Status status = check(engine, message, context); !status.ok()) return status;
  Bounds bounds;
  return try_send(engine, thread, context, to, sender, message, true, bounds, [&woken](Cell &cell) noexcept { woken.add(cell); });
}

void Woken::add(Cell &cell) noexcept {
  if (cell.executor.load(std::memory_order_relaxed) != scheduler_) {
    schedule_cell(cell);
    return;
  }
  cell.next_task = nullptr;
  (last_ ? last_->next_task : first_) = &cell;
  last_ = &cell;
  if (++count_ == count_most) flush();
}

void Woken::flush() noexcept {
  if (first_) scheduler_->schedule_all(first_, last_, count_);
  first_ = last_ = nullptr;
  count_ = 0;
}

Status send(Engine &engine, Thread &thread, std::uint64_t to, Message &message, Parker::Clock::time_point latest) {
  Context *context = context_of(thread, engine);
  if (const Status status = check(engine, message, context); !status.ok()) return status;
  Parker::Clock::time_point deadline{};
  bool over = thread.must_not_wait();   // a worker's thread, of whatever system
  for (;;) {
    Bounds bounds;
    const Status status = try_send(engine, thread, context, to, 0, message, over, bounds, schedule_cell);
    if (status != SABIR_E_MAILBOX_FULL || !bounds.block() || over) return status;
    if (waits_for(engine, thread, to)) {
      over = true;
      continue;
    }
    if (deadline == Parker::Clock::time_point{}) {
      const std::uint64_t timeout_ns = bounds.block_timeout_ns();
      deadline =
          timeout_ns == ~std::uint64_t{0} ? Parker::Clock::time_point::max() : Parker::Clock::now() + std::chrono::nanoseconds(timeout_ns);
    }
    switch (wait_for_room(engine, thread, to, std::min(deadline, latest))) {
      case Room::came: break;
      case Room::late: return latest < deadline && Parker::Clock::now() >= latest ? SABIR_E_TIMEOUT : SABIR_E_MAILBOX_FULL;
      case Room::waits_for_us: over = true; continue;
    }
    if (engine.closing.load(std::memory_order_relaxed)) return SABIR_E_CLOSED;
  }
}

void drop_for_want_of_room(Engine &engine, Thread &thread, std::uint64_t to, std::uint64_t sender, Message &message) noexcept {
  Context *context = context_of(thread, engine);
  if (drop(engine, thread, context, to, sender, message).ok()) return;
  // So many are still to be told that this one is only counted.
  count(engine, thread, [](metrics::Counters &counters, auto add) {
    add(counters.sent, 1);
    add(counters.dead_letters[SABIR_CAUSE_OVERFLOW], 1);
  });
  engine.host.free_later(thread, message);
}

void deliver_reply(Engine &engine, Thread &thread, std::uint64_t to, std::uint32_t epoch, Message &message) {
  count(engine, thread, [](metrics::Counters &counters, auto add) { add(counters.sent, 1); });
  Cell *cell;
  // A closed actor still handles what was asked before.
  if (resolve(engine, to, cell, true).ok()) {
    address_reply(message, to, epoch);
    push(*cell, message);
    return;
  }
  message.target = to;
  engine.host.dead_letter(thread, message, SABIR_CAUSE_STOPPED, nullptr);
  free_message(thread, &message);
}

bool deliver_notice(Engine &engine, std::uint64_t to, Message &message) noexcept {
  Cell *cell;
  if (!resolve(engine, to, cell, true).ok()) return false;
  message.target = to;
  push(*cell, message);
  return true;
}

bool drain(Engine &engine, std::uint64_t pid, Message &message) noexcept {
  Cell *cell;
  if (!resolve(engine, pid, cell, true).ok()) return false;
  message.kind = MessageKind::drain;
  message.target = pid;
  // Closed from here on; relaxed: it is only a refusal, and what slips in behind the drain message becomes a dead letter.
  std::uint32_t generation = Pid::unpack(pid).generation;
  cell->generation.compare_exchange_strong(generation, generation | generation_closed, std::memory_order_relaxed);
  push(*cell, message);
  return true;
}

bool signal(Engine &engine, Signal &signal, bool first) noexcept {
  Cell *cell;
  if (!resolve(engine, signal.target, cell, true).ok()) return false;
  if (mailbox::Queue::signal(cell->send, cell->run, &signal) == mailbox::Wake::yes) {
    executor::Executor *executor = cell->executor.load(std::memory_order_relaxed);
    first ? executor->schedule_first(*cell) : executor->schedule(*cell);
  }
  return true;
}

}  // namespace sabir::actor
