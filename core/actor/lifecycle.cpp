// SPDX-License-Identifier: Apache-2.0
#include "actor/lifecycle.hpp"

#include <cstring>
#include <utility>

#include "actor/delivered.hpp"
#include "actor/delivery.hpp"
#include "actor/inbox.hpp"
#include "actor/supervised.hpp"
#include "actor/waiting.hpp"
#include "base/callback.hpp"
#include "base/exit.hpp"
#include "base/memory.hpp"
#include "base/utf8.hpp"
#include "sabir/log.h"

namespace sabir::actor {

using exits::ReleaseExit;

namespace {

std::string_view name_of(const Cell &cell) noexcept { return cell.cold ? std::string_view(cell.cold->name) : std::string_view(); }

std::int32_t cause_of(std::int32_t reason) noexcept {
  switch (reason) {
    case SABIR_EXIT_KILLED: return SABIR_CAUSE_KILLED;
    case SABIR_EXIT_CRASHED: return SABIR_CAUSE_CRASHED;
    case SABIR_EXIT_START_FAILED: return SABIR_CAUSE_START_FAILED;
    case SABIR_EXIT_SHUTDOWN: return SABIR_CAUSE_SHUTDOWN;
    default: return SABIR_CAUSE_STOPPED;
  }
}

// Whether an end counts as crashed.
bool is_failure(std::int32_t reason) noexcept { return exits::is_abnormal(reason) && reason != SABIR_EXIT_KILLED; }

// Drops the argument; the actor can never start again.
void drop_argument(Context &context, Cell &cell, std::uint64_t pid) {
  sabir_drop_fn drop = std::exchange(cell.drop, nullptr);
  if (!drop) return;
  const Thrown thrown = call([&] { drop(cell.argument); });
  if (thrown.happened) context.engine->host.log(SABIR_LOG_ERROR, "actor", pid, name_of(cell), {"drop threw: ", thrown.what});
}

}  // namespace

void log_failure(const Context &context, const char *callback, std::string_view actor, const std::string &behavior,
                 const Thrown &thrown) noexcept {
  const FailureText none;
  const FailureText &said = context.failure ? *context.failure : none;
  const std::string &what = thrown.happened ? thrown.what : said.message;
  const bool more = !thrown.happened && !said.detail.empty();
  context.engine->host.log(SABIR_LOG_ERROR, "actor", context.self, actor,
                           {callback, " of '", behavior, "' failed: ", what, more ? "\n" : "", more ? said.detail : ""});
}

bool make_cold(Context *context, Cell &cell) noexcept {
  if (cell.cold) return true;
  Cold *cold = memory::create<Cold>();
  if (!cold) return false;
  if (context) {
    MutexLock lock(context->cold_mutex);
    cell.cold = cold;
  } else {
    cell.cold = cold;
  }
  return true;
}

void has_started(Context &context, Cell &cell) noexcept {
  if (!cell.cold) return;
  // Its supervisor first: whoever is told of the restart may turn to it, and finds it informed, for its queue keeps the order.
  if (cell.cold->supervised) report(*context.engine, *cell.cold->supervised, news::started);
  if (cell.cold->epoch != 0) context.engine->host.restarted(context, cell);
}

namespace {

// Runs start, and ends the incarnation where it fails.
SABIR_CATCHES_UNWINDING Started run_start(Context &context, Cell &cell) {
  if (delivered_of(cell) && start_later(context, cell)) return Started::yes;
  const Behavior &behavior = *cell.behavior.load(std::memory_order_relaxed);
  if (behavior.start) {
    sabir_status status = SABIR_E_EXCEPTION;
    Thrown thrown;
    try {
      InCallback in(context, cell, 0);
      thrown = call([&] { status = behavior.start(&context, cell.argument, &cell.state); });
    } catch (abi::__forced_unwind &) {
      const sabir_exit *exit = crash(context, cell, SABIR_EXIT_START_FAILED, SABIR_E_EXCEPTION, "start ended its thread");
      exit_actor(context, cell, exit);
      exits::release(exit);
      throw;
    }
    return start_ended(context, cell, thrown.happened ? SABIR_E_EXCEPTION : status, thrown.happened ? thrown.what.c_str() : nullptr);
  }
  return start_ended(context, cell, SABIR_OK, nullptr);
}

// Runs stop, where it is owed.
void run_stop(Context &context, Cell &cell, const sabir_exit *exit) {
  const Behavior &behavior = own_behavior(cell);
  context.failure.reset();
  context.events = 0;
  if (!(cell.flags & cell_flag::started)) return;
  context.counters.stopped.add(1);
  if (!behavior.stop) return;
  Thrown thrown;
  {
    InCallback in(context, cell, 0);
    thrown = call([&] { behavior.stop(&context, cell.state, exit); });
  }
  if (thrown.happened || (context.events & event::fail)) {
    log_failure(context, "stop", name_of(cell), behavior.name, thrown);
  }
}

// The incarnation is over, its stop has run.
void leave(Context &context, Cell &cell, std::int32_t reason) {
  context.failure.reset();
  context.events = 0;
  clear_flag(cell, cell_flag::started);
  if (is_failure(reason)) context.counters.crashed.add(1);
  if (!cell.cold) return;
  context.engine->host.incarnation_ended(context, cell);
  if (!cell.cold->became.empty()) {
    cell.behavior.store(cell.cold->became.front(), std::memory_order_relaxed);
    cell.cold->became.clear();
  }
  leave_inbox(context, cell);
  ++cell.cold->muted_epoch;
  unmute(*context.engine, cell);
  clear_flag(cell, cell_flag::trap_exits);
}

void suspend(Context &context, Cell &cell, const sabir_exit *exit, std::int32_t decision) {
  leave(context, cell, exit->reason);
  set_flag(cell, cell_flag::suspended);
  exits::release(std::exchange(cell.cold->left_for, exits::retain(exit)));
  Supervised &supervised = *cell.cold->supervised;
  supervised.decision.store(decision, std::memory_order_relaxed);   // published by the news
  exits::release(supervised.exit.exchange(exits::retain(exit), std::memory_order_acq_rel));
  report(*context.engine, supervised, news::left);
}

}  // namespace

Started start_ended(Context &context, Cell &cell, sabir_status status, const char *exception) {
  context.events &= ~event::mute;   // at its first message, if the receiver is still full
  if (status != SABIR_OK || (context.events & event::fail)) {
    const sabir_exit *exit = crash(context, cell, SABIR_EXIT_START_FAILED, status, exception);
    if (!(cell.flags & cell_flag::ending)) exit_actor(context, cell, exit);   // else it has another reason already
    exits::release(exit);
    return Started::no;
  }
  set_flag(cell, cell_flag::started);
  context.counters.started.add(1);
  if (cell.cold && cell.cold->epoch != 0) context.counters.restarted.add(1);
  // A supervisor has started when its children have, and says so itself: has_started.
  if (!Bounds::from(cell.bounds.load(std::memory_order_relaxed)).supervisor()) has_started(context, cell);
  if (context.events & event::stop) {
    exit_actor(context, cell, SABIR_EXIT_NORMAL);
    return Started::no;
  }
  return Started::yes;
}

Status spawn(Engine &engine, Thread &thread, Context *context, const SpawnRequest &request, std::uint64_t &pid) {
  // A worker may spawn until the shutdown has come to the actors: check() in delivery.cpp.
  if (engine.closing.load(std::memory_order_relaxed) && (!context || engine.stopping.load(std::memory_order_relaxed)))
    return SABIR_E_CLOSED;
  Message *message = allocate_message(thread, 0, sizeof(StartSpec));
  if (!message) return SABIR_E_NOMEM;
  Cold *cold = nullptr;
  const bool delivered = request.behavior && request.behavior->is_delivered();
  executor::Board *board = delivered ? request.executor->board() : nullptr;
  if (delivered && !board) {
    free_message(thread, message);
    return SABIR_E_INVALID;
  }
  if (delivered || (request.name && *request.name) || request.mailbox.low_watermark || request.mailbox.sorts ||
      request.mailbox.stash_capacity || request.supervised || request.shared) {
    cold = memory::create<Cold>();
    try {
      if (!cold) throw std::bad_alloc();
      if (request.name) cold->name = request.name;
      if (delivered) {
        cold->delivered = make_delivered(engine, *board, *request.behavior, request.name);
        if (!cold->delivered) throw std::bad_alloc();
      }
      if (delivered || request.mailbox.sorts || request.mailbox.stash_capacity) {
        cold->inbox = memory::create<Inbox>();
        if (!cold->inbox) throw std::bad_alloc();
        cold->inbox->sorts = request.mailbox.sorts;
        if (request.mailbox.stash_capacity) cold->inbox->stash_capacity = request.mailbox.stash_capacity;
      }
    } catch (const std::bad_alloc &) {
      memory::destroy(cold);
      free_message(thread, message);
      return SABIR_E_NOMEM;
    }
    cold->low_watermark = request.mailbox.low_watermark;
    cold->supervised = request.supervised;
    cold->argument = request.shared;
  }
  Cell *cell = nullptr;
  const CellTable::Take taken = engine.table.take(context ? &context->cells : nullptr, cell);
  if (taken != CellTable::Take::ok) {
    memory::destroy(cold);
    free_message(thread, message);
    return taken == CellTable::Take::limit ? SABIR_E_LIMIT : SABIR_E_NOMEM;
  }
  if ((request.mailbox.bounds.bytes() && !engine.table.make_budget(cell->index)) ||
      (request.mailbox.bounds.native() && !engine.table.set_native_tag(cell->index, request.mailbox.native_tag))) {
    engine.table.give(context ? &context->cells : nullptr, *cell);
    memory::destroy(cold);
    free_message(thread, message);
    return SABIR_E_NOMEM;
  }
  new (message->payload()) StartSpec{request.behavior, request.argument, request.drop, cold};
  message->kind = MessageKind::start;
  // The cell is free, so the sender's half is ours; the runner's may still be in use by the last incarnation's runner.
  const std::uint32_t generation = cell->generation.load(std::memory_order_relaxed) & generation_max;
  if (request.mailbox.bounds.bytes()) engine.table.budget(cell->index)->limit.store(request.mailbox.bytes, std::memory_order_relaxed);
  cell->bounds.store(request.mailbox.bounds.word(), std::memory_order_relaxed);
  cell->executor.store(request.executor, std::memory_order_relaxed);
  // release: pairs with resolve. From here on the pid is good.
  cell->generation.store(generation, std::memory_order_release);
  pid = Pid{engine.tag, cell->index, generation}.pack();
  message->target = pid;
  count(engine, thread, [](metrics::Counters &counters, auto add) { add(counters.spawned, 1); });
  if (context) --context->worker->budget;
  push(*cell, *message);
  return SABIR_OK;
}

Started start(Context &context, Cell &cell, Message &message) {
  Engine &engine = *context.engine;
  const StartSpec spec = *static_cast<const StartSpec *>(message.payload());
  if (spec.cold || cell.cold) {
    MutexLock lock(context.cold_mutex);
    cell.cold = spec.cold;
  }
  cell.incarnation = Pid::unpack(message.target).generation;
  cell.behavior.store(spec.behavior, std::memory_order_relaxed);
  cell.argument = spec.argument;
  cell.drop = spec.drop;
  cell.state = spec.argument;
  cell.flags = spec.cold && spec.cold->inbox && spec.cold->inbox->sorts ? cell_flag::apart : 0;
  context.self = message.target;
  // Signals that overtook the start go back into the list, which the runner looks at before the next message.
  if (cell.held) {
    Signal *held = std::exchange(cell.held, nullptr);
    while (held) {
      auto *next = static_cast<Signal *>(held->next);
      if (mailbox::Queue::signal(cell.send, cell.run, held) == mailbox::Wake::yes)
        __builtin_unreachable();   // we run: neither idle nor parked
      held = next;
    }
  }
  if (engine.stopping.load(std::memory_order_acquire)) {
    end_for_good(context, cell, SABIR_EXIT_SHUTDOWN);
    return Started::no;
  }
  return run_start(context, cell);
}

void begin_incarnation(Context &context, Cell &cell) {
  clear_flag(cell, cell_flag::suspended);
  exits::release(std::exchange(cell.cold->left_for, nullptr));
  ++cell.cold->epoch;
  // Open again, where the last incarnation was drained. relaxed: only whether senders are refused.
  std::uint32_t closed = cell.incarnation | generation_closed;
  cell.generation.compare_exchange_strong(closed, cell.incarnation, std::memory_order_relaxed);
  cell.state = cell.argument;
  (void)run_start(context, cell);
}

void retire_incarnation(Engine &engine, CellCache *cache, Cell &cell, std::int32_t cause) noexcept {
  answer_waiting(engine, cell, true);
  const std::uint32_t next = (cell.incarnation + 1) & generation_max;   // 0: used up, see CellTable::give
  cell.incarnation = 0;
  cell.flags = 0;
  cell.death_cause = static_cast<std::uint8_t>(cause);
  // release: whoever sees the cell free sees this incarnation's end.
  cell.generation.store(next | generation_free, std::memory_order_release);
  engine.table.give(cache, cell);
}

void exit_actor(Context &context, Cell &cell, const sabir_exit *exit, std::int32_t decision) {
  if (end_later(cell, exit, decision, false)) return;
  if (!cell.cold || !cell.cold->supervised || context.engine->stopping.load(std::memory_order_relaxed)) {
    end_for_good(context, cell, exit);
    return;
  }
  // Whatever unwinds out of stop, the incarnation ends.
  struct Rest {
    Context &context;
    Cell &cell;
    const sabir_exit *exit;
    std::int32_t decision;
    ~Rest() { suspend(context, cell, exit, decision); }
  } rest{context, cell, exit, decision};
  run_stop(context, cell, exit);
}

void end_for_good(Context &context, Cell &cell, const sabir_exit *exit) {
  if (end_later(cell, exit, SABIR_DECISION_DEFAULT, true)) return;
  // Whatever unwinds out of stop or drop, the actor ends.
  struct Rest {
    Context &context;
    Cell &cell;
    const sabir_exit *exit;
    ~Rest() {
      Engine &engine = *context.engine;
      if (!(cell.flags & cell_flag::suspended))
        leave(context, cell, exit->reason);
      else
        engine.host.incarnation_ended(context, cell);   // a supervisor may have armed its alarm since it was suspended
      Cold *cold = cell.cold;
      context.counters.exited.add(1);
      if (cold) {
        bury_inbox(engine, context.self, cell, cause_of(exit->reason));
        answer_waiting(engine, cell, true);
        MutexLock lock(context.cold_mutex);
        cell.cold = nullptr;
      }
      const bool redeliver = (cell.flags & cell_flag::redeliver) != 0;
      retire_incarnation(engine, &context.cells, cell, cause_of(exit->reason));
      // The cell is the next one's from here on, but we are its runner still.
      if (redeliver) {
        Message *again = cold->inbox ? std::exchange(cold->inbox->again, nullptr) : nullptr;
        engine.host.dead_letter(*context.thread, again ? *again : *static_cast<Message *>(cell.run.tail), SABIR_CAUSE_CRASHED, exit);
        if (again) free_message(*context.thread, again);
      }
      if (cold) cold->argument.reset();   // before anybody hears of the end, as a supervised one's
      // The supervisor first: who hears of the end from elsewhere may turn to it.
      if (Supervised *supervised = cold ? cold->supervised : nullptr) {
        const sabir_exit *none = nullptr;
        exits::retain(exit);
        if (!supervised->exit.compare_exchange_strong(none, exit, std::memory_order_acq_rel, std::memory_order_relaxed))
          exits::release(exit);
        supervised->argument.reset();   // before anybody hears of the end; only we look at it
        report(engine, *supervised, news::ended);
        release(supervised);
      }
      // Monitors and links that came while its last callback ran.
      const Ended ended{context.self, exit};
      if (mailbox::Queue::has_signals(cell.run)) (void)handle_signals(engine, &context, cell, &ended);
      if (!cold) return;
      engine.host.exited(*cold, exit);
      exits::release(cold->left_for);
      exits::release(cold->given_up_for);
      memory::destroy(cold);
    }
  } rest{context, cell, exit};
  struct Drop {
    Context &context;
    Cell &cell;
    ~Drop() noexcept(false) { drop_argument(context, cell, context.self); }   // which may end its thread
  } drop{context, cell};
  if (!(cell.flags & cell_flag::suspended)) run_stop(context, cell, exit);
}

namespace {

// Only a stop callback, or somebody who is told, looks at it; without one, and without memory, the shared exit will do.
template <class End>
void end_with(Context &context, Cell &cell, std::int32_t reason, End end) {
  const sabir_exit *exit = nullptr;
  if (own_behavior(cell).stop || cell.cold) {
    exit = exits::make(reason, SABIR_OK, context.self, {}, {}, nullptr);
  }
  const ReleaseExit release(exit ? exit : exits::plain(reason));
  end(release.exit);
}

}  // namespace

void end_suspended(Context &context, Cell &cell) {
  const ReleaseExit left_for(std::exchange(cell.cold->left_for, nullptr));
  set_flag(cell, cell_flag::suspended);
  end_for_good(context, cell, left_for.exit ? left_for.exit : exits::plain(SABIR_EXIT_SHUTDOWN));
}

void exit_actor(Context &context, Cell &cell, std::int32_t reason) {
  end_with(context, cell, reason, [&](const sabir_exit *exit) { exit_actor(context, cell, exit); });
}

void end_for_good(Context &context, Cell &cell, std::int32_t reason) {
  end_with(context, cell, reason, [&](const sabir_exit *exit) { end_for_good(context, cell, exit); });
}

SABIR_CATCHES_UNWINDING std::int32_t decide(Context &context, Cell &cell, const sabir_exit *exit) {
  const Behavior &behavior = own_behavior(cell);
  if (!behavior.failed) return SABIR_DECISION_DEFAULT;
  std::int32_t decision = SABIR_DECISION_DEFAULT;
  const std::uint32_t events = std::exchange(context.events, 0);
  Thrown thrown;
  try {
    InCallback in(context, cell, 0);
    thrown = call([&] { decision = behavior.failed(&context, cell.state, exit); });
  } catch (abi::__forced_unwind &) {
    exit_actor(context, cell, exit);
    throw;
  }
  if (thrown.happened || (context.events & event::fail)) {
    log_failure(context, "failed", name_of(cell), behavior.name, thrown);
    decision = SABIR_DECISION_DEFAULT;
  }
  context.failure.reset();
  context.events = (context.events | events) & ~event::fail;
  return decision < SABIR_DECISION_DEFAULT || decision > SABIR_DECISION_ESCALATE ? SABIR_DECISION_DEFAULT : decision;
}

void obey(Context &context, Cell &cell) {
  std::uint32_t bits = std::exchange(cell.cold->orders, 0);
  if (bits & orders::given_up) {
    bits &= ~orders::given_up;
    const ReleaseExit why(std::exchange(cell.cold->given_up_for, nullptr));
    exit_actor(context, cell, why.exit);
    if (bits == 0 || cell.incarnation == 0) return;
  }
  const bool suspended = (cell.flags & cell_flag::suspended) != 0;
  if ((!suspended || (bits & orders::end)) && Bounds::from(cell.bounds.load(std::memory_order_relaxed)).supervisor()) {
    // Also between two incarnations: it ends its children first, and then itself by end_suspended.
    clear_flag(cell, cell_flag::suspended);
    context.engine->host.supervisor_ordered(context, cell, bits);
    return;
  }
  const std::int32_t reason = bits & orders::kill ? SABIR_EXIT_KILLED : SABIR_EXIT_SHUTDOWN;
  if (bits & orders::end) {
    const ReleaseExit why(cell.cold->supervised->order_exit.exchange(nullptr, std::memory_order_acq_rel));
    if (suspended) {
      end_suspended(context, cell);
    } else if (why.exit) {
      end_for_good(context, cell, why.exit);
    } else {
      end_for_good(context, cell, reason);
    }
  } else if (bits & orders::halt) {
    if (!suspended) {
      const ReleaseExit why(cell.cold->supervised->order_exit.exchange(nullptr, std::memory_order_acq_rel));
      if (why.exit) {
        exit_actor(context, cell, why.exit);
      } else {
        exit_actor(context, cell, reason);
      }
    } else if (bits & orders::begin) {
      suspend(context, cell, exits::plain(reason), SABIR_DECISION_DEFAULT);   // the incarnation that never was has left
    }
  } else if ((bits & orders::begin) && suspended) {
    begin_incarnation(context, cell);
  }
}

namespace {

// A signal for an incarnation that is no more.
void refuse(Engine &engine, Signal &signal, const Ended *ended) noexcept {
  switch (signal.kind) {
    case SignalKind::wait: answer(engine, signal); break;
    case SignalKind::order: (void)take_orders(signal); break;
    case SignalKind::watch:
    case SignalKind::unwatch:
    case SignalKind::link:
    case SignalKind::unlink: engine.host.refuse(signal, ended && ended->pid == signal.target ? ended->exit : nullptr); break;
    default: memory::destroy(&signal);
  }
}

}  // namespace

std::optional<std::int32_t> handle_signals(Engine &engine, Context *context, Cell &cell, const Ended *ended) noexcept {
  std::optional<std::int32_t> exit;
  auto *signal = static_cast<Signal *>(mailbox::Queue::take_signals(cell.run));
  while (signal) {
    auto *next = static_cast<Signal *>(signal->next);
    const std::uint32_t generation = Pid::unpack(signal->target).generation;
    if (generation != cell.incarnation) {
      // A start that is still queued has its generation in the cell already; what is older is too late.
      const bool early = cell.incarnation == 0 && generation == (cell.generation.load(std::memory_order_acquire) & ~generation_closed);
      if (early) {
        signal->next = cell.held;
        cell.held = signal;
      } else {
        refuse(engine, *signal, ended);
      }
      signal = next;
      continue;
    }
    switch (signal->kind) {
      case SignalKind::stop:
      case SignalKind::kill: {
        const bool kill = signal->kind == SignalKind::kill;
        memory::destroy(signal);
        if (Bounds::from(cell.bounds.load(std::memory_order_relaxed)).supervisor()) {
          cell.cold->orders |= kill ? orders::stop | orders::kill : orders::stop;   // its children first
          set_flag(cell, cell_flag::ordered);
        } else if (kill || !exit) {
          exit = kill ? SABIR_EXIT_KILLED : SABIR_EXIT_STOPPED;
        }
        break;
      }
      case SignalKind::wait: register_waiting(engine, context, cell, *signal); break;
      case SignalKind::room:
        if (cell.cold && signal->epoch == cell.cold->muted_epoch) unmute(engine, cell);
        memory::destroy(signal);
        break;
      case SignalKind::order:
        cell.cold->orders = orders::merged(cell.cold->orders, take_orders(*signal));
        set_flag(cell, cell_flag::ordered);
        break;
      case SignalKind::alarm:
        memory::destroy(signal);
        set_flag(cell, cell_flag::alarmed);
        break;
      case SignalKind::watch:
      case SignalKind::unwatch:
      case SignalKind::link:
      case SignalKind::unlink: engine.host.accept(context, cell, *signal); break;
    }
    signal = next;
  }
  return exit;
}

const sabir_exit *crash(Context &context, Cell &cell, std::int32_t reason, sabir_status status, const char *exception) {
  const std::string &behavior = cell.behavior.load(std::memory_order_relaxed)->name;
  std::string message, detail;
  const std::unique_ptr<FailureText> said = std::move(context.failure);
  context.events &= ~event::fail;
  if (status == SABIR_OK && !said) status = SABIR_E_NOMEM;   // sabir_context_fail had no memory for what it was told
  try {
    if (said) {
      message = said->message;
      detail = said->detail;
      if (status == SABIR_OK || status == SABIR_E_EXCEPTION) status = said->code;
    }
    if (message.empty()) message = exception ? printable(exception) : sabir_status_text(status);
    if (status > 0 && !exception && !(said && !said->message.empty())) message += " (" + std::to_string(status) + ")";
  } catch (const std::bad_alloc &) {
    message.clear();
  }
  const bool at_start = reason == SABIR_EXIT_START_FAILED;
  context.engine->host.log(SABIR_LOG_ERROR, "actor", context.self, name_of(cell),
                           {at_start ? "start of '" : "'", behavior, at_start ? "' failed: " : "' crashed: ", message, " (status ",
                            Decimal(std::int64_t{status}), ")", detail.empty() ? "" : "\n", detail});
  const sabir_exit *exit = exits::make(reason, status, context.self, message, detail, nullptr);
  return exit ? exit : exits::plain(reason);
}

}  // namespace sabir::actor
