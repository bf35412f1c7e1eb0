// The watchdog's look at the executors, once a millisecond while one is busy: tasks that wait too long, handlers that do not return.
//
// SPDX-License-Identifier: Apache-2.0
#include <new>
#include <utility>

#include "actor/delivery.hpp"
#include "actor/supervised.hpp"
#include "base/exit.hpp"
#include "system/system.hpp"

namespace sabir {

bool System::tick(std::uint64_t now_ns) {
  tell_dead_letters();
  bool busy = untold_.load(std::memory_order_seq_cst);
  const std::size_t count = executor_count_.load(std::memory_order_acquire);
  for (std::size_t i = 0; i < count; ++i) {
    ExecutorEntry &entry = *executors_[i];
    if (!entry.scheduler->busy()) continue;
    busy = true;
    entry.scheduler->tick();
    try {
      watch_for_stalls(entry, now_ns);
    } catch (const std::bad_alloc &) {
      // At the next tick.
    }
  }
  if (engine_.without_alarm.load(std::memory_order_relaxed) != 0) {
    busy = true;
    nudge_all(true);
  }
  if (tree_deadline_ns_.load(std::memory_order_acquire) != 0) {
    busy = true;
    if (tree_ended(now_ns)) end_tree();
  }
  return busy;
}

// A context whose activity does not change from tick to tick is in one callback, if it is odd.
void System::watch_for_stalls(ExecutorEntry &entry, std::uint64_t now_ns) {
  for (auto &place : entry.contexts) {
    actor::Context *context = place.load(std::memory_order_relaxed);   // our own store
    const std::uint64_t activity = context->activity.load(std::memory_order_relaxed);
    if (activity != context->watched_activity) {
      context->watched_activity = activity;
      context->watched_since_ns = now_ns;
      context->watched_told = false;
      continue;
    }
    if (activity % 2 == 0) continue;
    const std::uint64_t limit_ns = context->watch.limit_ns();
    if (limit_ns != 0 && now_ns - context->watched_since_ns >= limit_ns) {
      give_up(entry, place, now_ns);
      continue;
    }
    if (context->watched_told || now_ns - context->watched_since_ns < configuration_.stall_ns) continue;
    sabir_report::Survivor stalled;
    if (!look_into(*context, now_ns, stalled)) continue;
    context->watched_told = true;
    log_.write(SABIR_LOG_WARNING, "watchdog", stalled.pid, stalled.name,
               {"a handler of '", stalled.behavior, "' has been running for ", Decimal(stalled.handler_ns / 1'000'000),
                " ms, at a message of type ", Decimal(stalled.message_type)});
  }
}

namespace {
// Contexts of handlers that were given up on: whoever runs one may come back at any time and use it.
std::atomic<actor::Context *> left_behind{nullptr};
}  // namespace

// Takes the actor and the worker from a handler that does not return (actor/watch.hpp), for the next incarnation and another thread.
void System::give_up(ExecutorEntry &entry, std::atomic<actor::Context *> &place, std::uint64_t now_ns) {
  using namespace actor;
  Context &lost = *place.load(std::memory_order_relaxed);
  sabir_report::Survivor stalled;
  if (!look_into(lost, now_ns, stalled)) return;
  // What needs memory comes first: where it is missing, nothing has happened yet (see tick).
  const std::string text = joined({"a handler has not returned for ", Decimal(stalled.handler_ns / 1'000'000), " ms, at a message of type ",
                                   Decimal(stalled.message_type)});
  given_up_.reserve(given_up_.size() + 1);
  auto fresh = std::make_unique<Context>();
  const sabir_exit *exit = exits::make(SABIR_EXIT_STALLED, SABIR_OK, stalled.pid, text, {}, nullptr);
  if (!exit || !lost.watch.take(lost.watched_activity)) {   // it has returned, or is in a call: at the next tick
    exits::release(exit);
    return;
  }
  // All that is not the handler's own is ours now.
  executor::Worker &worker = *lost.worker;
  Cell &cell = *lost.running.load(std::memory_order_relaxed);
  std::uint64_t ask = 0;
  if (Message *message = std::exchange(lost.current, nullptr)) {
    ask = ask_of(*message);
    if (message->has(message_flag::apart)) {
      lost.apart = nullptr;
    } else {
      unlink_stub(cell);
    }
    message->clear(message_flag::attached | message_flag::apart);
  }
  fresh->engine = &engine_;
  fresh->worker = &worker;
  fresh->cells = std::exchange(lost.cells, {});
  fresh->given_up = &lost;
  fresh->counters.handled.add(1);
  worker.local = fresh.get();
  place.store(fresh.release(), std::memory_order_release);
  lost.left_behind = left_behind.load(std::memory_order_relaxed);
  while (!left_behind.compare_exchange_weak(lost.left_behind, &lost, std::memory_order_relaxed)) continue;
  {
    MutexLock lock(lost.cold_mutex);
    lost.running.store(nullptr, std::memory_order_relaxed);
    if (cell.cold->supervised->argument) cell.cold->supervised->argument->give_up();
    exits::release(std::exchange(cell.cold->given_up_for, exits::retain(exit)));
    cell.cold->orders |= orders::given_up;
  }
  clear_flag(cell, cell_flag::started);   // no stop: the state is the handler's too
  set_flag(cell, cell_flag::ordered);
  lost.watch.give_up();
  given_up_.push_back({&lost, std::move(stalled)});
  const sabir_report::Survivor &handler = given_up_.back().handler;
  log_.write(SABIR_LOG_ERROR, "watchdog", handler.pid, handler.name,
             {"gave up on '", handler.behavior, "': ", text, "; its state and argument are leaked with its thread"});
  entry.scheduler->give_up(worker);
  cell.executor.load(std::memory_order_relaxed)->schedule(cell);
  if (ask != 0) fail_ask(ask, SABIR_E_CRASHED, {}, exit);
  exits::release(exit);
}

// What a context is in the middle of. False: it is in no callback.
bool System::look_into(actor::Context &context, std::uint64_t now_ns, sabir_report::Survivor &found) const {
  MutexLock lock(context.cold_mutex);
  const actor::Cell *cell = context.running.load(std::memory_order_relaxed);
  if (!cell || context.activity.load(std::memory_order_relaxed) % 2 == 0) return false;
  const actor::Behavior *behavior = cell->behavior.load(std::memory_order_relaxed);
  found = {Pid{engine_.tag, cell->index, cell->generation.load(std::memory_order_relaxed) & generation_max}.pack(),
           context.running_type.load(std::memory_order_relaxed), now_ns - context.watched_since_ns,
           cell->cold ? cell->cold->name : std::string(), behavior ? behavior->name : std::string()};
  return true;
}

}  // namespace sabir
