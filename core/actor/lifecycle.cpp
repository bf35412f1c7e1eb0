// SPDX-License-Identifier: Apache-2.0
#include "actor/lifecycle.hpp"

#include <cstring>
#include <utility>

#include "actor/delivery.hpp"
#include "actor/waiting.hpp"
#include "base/callback.hpp"
#include "base/exit.hpp"
#include "base/memory.hpp"
#include "sabir/log.h"

namespace sabir::actor {

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

// Drops the argument; the actor can never start again.
void drop_argument(Context &context, Cell &cell, std::uint64_t pid) {
  sabir_drop_fn drop = std::exchange(cell.drop, nullptr);
  if (!drop) return;
  const Thrown thrown = call([&] { drop(cell.argument); });
  if (thrown.happened) context.engine->host.log(SABIR_LOG_ERROR, "actor", pid, name_of(cell), "drop threw: " + thrown.what);
}

}  // namespace

Status spawn(Engine &engine, Thread &thread, Context *context, const SpawnRequest &request, std::uint64_t &pid) {
  if (engine.closing.load(std::memory_order_relaxed)) return SABIR_E_CLOSED;
  Message *message = allocate_message(thread, 0, sizeof(StartSpec));
  if (!message) return SABIR_E_NOMEM;
  Cold *cold = nullptr;
  if ((request.name && *request.name) || request.bounds.block()) {
    cold = memory::create<Cold>();
    try {
      if (!cold) throw std::bad_alloc();
      if (request.name) cold->name = request.name;
    } catch (const std::bad_alloc &) {
      memory::destroy(cold);
      free_message(thread, message);
      return SABIR_E_NOMEM;
    }
    cold->low_watermark = request.low_watermark;
  }
  Cell *cell = nullptr;
  const CellTable::Take taken = engine.table.take(context ? &context->cells : nullptr, cell);
  if (taken != CellTable::Take::ok) {
    memory::destroy(cold);
    free_message(thread, message);
    return taken == CellTable::Take::limit ? SABIR_E_LIMIT : SABIR_E_NOMEM;
  }
  new (message->payload()) StartSpec{request.behavior, request.argument, request.drop, cold};
  message->kind = MessageKind::start;
  // The cell is free, so the sender's half is ours; the runner's may still be in use by the last incarnation's runner.
  const std::uint32_t generation = cell->generation.load(std::memory_order_relaxed) & generation_max;
  cell->bounds.store(request.bounds.word(), std::memory_order_relaxed);
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
  {
    std::unique_lock<std::mutex> lock;
    if (spec.cold || cell.cold) lock = std::unique_lock(context.cold_mutex);
    cell.cold = spec.cold;
  }
  cell.incarnation = Pid::unpack(message.target).generation;
  cell.behavior.store(spec.behavior, std::memory_order_relaxed);
  cell.argument = spec.argument;
  cell.drop = spec.drop;
  cell.state = spec.argument;
  cell.flags = 0;
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
    exit_actor(context, cell, SABIR_EXIT_SHUTDOWN);
    return Started::no;
  }
  if (spec.behavior->start) {
    sabir_status status = SABIR_E_EXCEPTION;
    Thrown thrown;
    try {
      InCallback in(context, cell, 0);
      thrown = call([&] { status = spec.behavior->start(&context, cell.argument, &cell.state); });
    } catch (abi::__forced_unwind &) {
      const sabir_exit *exit = crash(context, cell, SABIR_EXIT_START_FAILED, SABIR_E_EXCEPTION, "start ended its thread");
      exit_actor(context, cell, exit);
      exits::release(exit);
      throw;
    }
    context.events &= ~event::mute;   // at its first message, if the receiver is still full
    if (thrown.happened || status != SABIR_OK || (context.events & event::fail)) {
      const sabir_exit *exit = crash(context, cell, SABIR_EXIT_START_FAILED, thrown.happened ? SABIR_E_EXCEPTION : status,
                                     thrown.happened ? thrown.what.c_str() : nullptr);
      exit_actor(context, cell, exit);
      exits::release(exit);
      return Started::no;
    }
  }
  cell.flags |= cell_flag::started;
  if (context.events & event::stop) {
    exit_actor(context, cell, SABIR_EXIT_NORMAL);
    return Started::no;
  }
  return Started::yes;
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

void exit_actor(Context &context, Cell &cell, const sabir_exit *exit) {
  Engine &engine = *context.engine;
  const std::uint64_t pid = context.self;
  const Behavior &behavior = *cell.behavior.load(std::memory_order_relaxed);
  // Whatever unwinds out of stop or drop, the incarnation ends.
  struct Rest {
    Context &context;
    Cell &cell;
    std::int32_t reason;
    ~Rest() {
      context.failure.reset();
      context.events = 0;
      Cold *cold = cell.cold;
      context.counters.exited.add(1);
      if (reason == SABIR_EXIT_CRASHED || reason == SABIR_EXIT_START_FAILED) context.counters.crashed.add(1);
      if (cold) {
        answer_waiting(*context.engine, cell, true);
        std::lock_guard lock(context.cold_mutex);
        cell.cold = nullptr;
        memory::destroy(cold);
      }
      retire_incarnation(*context.engine, &context.cells, cell, cause_of(reason));
    }
  } rest{context, cell, exit->reason};
  context.failure.reset();
  context.events = 0;
  if ((cell.flags & cell_flag::started) && behavior.stop) {
    Thrown thrown;
    {
      InCallback in(context, cell, 0);
      thrown = call([&] { behavior.stop(&context, cell.state, exit); });
    }
    if (thrown.happened || (context.events & event::fail)) {
      const std::string what = thrown.happened ? thrown.what : context.failure ? context.failure->message : std::string();
      engine.host.log(SABIR_LOG_ERROR, "actor", pid, name_of(cell), "stop of '" + behavior.name + "' failed: " + what);
    }
  }
  drop_argument(context, cell, pid);
}

void exit_actor(Context &context, Cell &cell, std::int32_t reason) {
  // Only a stop callback looks at it; without one, and without memory, the shared exit will do.
  const sabir_exit *exit = nullptr;
  if (cell.behavior.load(std::memory_order_relaxed)->stop) exit = exits::make(reason, SABIR_OK, context.self, {}, {}, nullptr);
  if (!exit) exit = exits::plain(reason);
  struct Release {
    const sabir_exit *exit;
    ~Release() { exits::release(exit); }   // also where stop ends its thread
  } release{exit};
  exit_actor(context, cell, exit);
}

std::optional<std::int32_t> handle_signals(Engine &engine, Cell &cell) noexcept {
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
      } else if (signal->kind == SignalKind::wait) {
        answer(engine, *signal);
      } else {
        memory::destroy(signal);
      }
      signal = next;
      continue;
    }
    switch (signal->kind) {
      case SignalKind::stop:
        if (!exit) exit = SABIR_EXIT_STOPPED;
        memory::destroy(signal);
        break;
      case SignalKind::kill:
        exit = SABIR_EXIT_KILLED;
        memory::destroy(signal);
        break;
      case SignalKind::wait: register_waiting(engine, cell, *signal); break;
      case SignalKind::room:
        if (cell.cold && signal->epoch == cell.cold->muted_epoch) cell.flags = static_cast<std::uint8_t>(cell.flags & ~cell_flag::muted);
        memory::destroy(signal);
        break;
    }
    signal = next;
  }
  // An actor that somebody waits for is never muted.
  if (has_waiting(cell)) cell.flags = static_cast<std::uint8_t>(cell.flags & ~cell_flag::muted);
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
    if (message.empty()) message = exception ? exception : sabir_status_text(status);
    std::string line = reason == SABIR_EXIT_START_FAILED ? "start of '" : "'";
    line += behavior + (reason == SABIR_EXIT_START_FAILED ? "' failed: " : "' crashed: ") + message + " (status " + std::to_string(status) +
            ")";
    if (!detail.empty()) line += "\n" + detail;
    context.engine->host.log(SABIR_LOG_ERROR, "actor", context.self, name_of(cell), line);
  } catch (const std::bad_alloc &) {
    message.clear();
  }
  const sabir_exit *exit = exits::make(reason, status, context.self, message, detail, nullptr);
  return exit ? exit : exits::plain(reason);
}

}  // namespace sabir::actor
