// The shutdown, on the service's thread:
//   1. closed to sends, spawns and asks from outside, and the root supervisor told to end (begin_shutdown); the service goes on until it
//   has, or
//      the deadline has come;
//   2. every actor and port is told to look at `stopping`: it exits after its present message; what is queued becomes dead letters;
//   3. open asks end with CLOSED;
//   4. wait until no actor is alive and the executors are quiet, and the calls in flight have left; what those still queued becomes dead
//      letters, and asks that slipped in end;
//   5. at the deadline: report whose handlers are still running;
//   6. threads end. With survivors they do not: the system is leaked.
//
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <iterator>
#include <thread>

#include "actor/delivery.hpp"
#include "base/callback.hpp"
#include "env/environment.hpp"
#include "executor/board.hpp"
#include "system/system.hpp"

namespace sabir {

using mailbox::Queue;

namespace {

constexpr std::uint64_t grace_ns = 100'000'000;
constexpr std::uint64_t poll_first_ns = 20'000, poll_last_ns = 1'000'000;

Parker::Clock::time_point as_time_point(std::uint64_t ns) noexcept {
  return ns >= static_cast<std::uint64_t>(Parker::Clock::time_point::max().time_since_epoch().count())
             ? Parker::Clock::time_point::max()
             : Parker::Clock::time_point(std::chrono::nanoseconds(ns));
}

}  // namespace

Status System::begin_shutdown(std::uint64_t timeout_ns, sabir_shutdown_fn done, std::uintptr_t argument, bool before_executors) {
  const std::uint64_t now_ns = engine_.environment.now_ns();
  const std::uint64_t deadline_ns = timeout_ns > ~std::uint64_t{0} - now_ns ? ~std::uint64_t{0} : now_ns + timeout_ns;
  MutexLock lock(shutdown_mutex_);
  if (phase_ != Phase::running) return SABIR_E_CLOSED;
  phase_ = Phase::stopping;
  done_ = done;
  done_argument_ = argument;
  done_before_executors_ = before_executors;
  {
    // With the mutex: whoever makes the root has made it by now, or finds the system closed.
    MutexLock also(mutex_);
    engine_.closing.store(true, std::memory_order_relaxed);
  }
  if (root_pid_.load(std::memory_order_acquire) != 0) {
    // The service goes on with its timers meanwhile; its tick sees the tree's end.
    (void)actor::give_orders(engine_, *root_tie_, root_pid_.load(std::memory_order_relaxed), actor::orders::end);
    tree_deadline_ns_.store(std::max<std::uint64_t>(deadline_ns, 1), std::memory_order_release);
    service_.wake();
  } else {
    service_.finish_with([this, deadline_ns] { shut_down(deadline_ns); });
  }
  return SABIR_OK;
}

bool System::tree_ended(std::uint64_t now_ns) noexcept {
  actor::Cell *cell;
  return now_ns >= tree_deadline_ns_.load(std::memory_order_relaxed) ||
         !actor::resolve(engine_, root_pid_.load(std::memory_order_relaxed), cell, true).ok();
}

void System::end_tree() {
  const std::uint64_t deadline_ns = tree_deadline_ns_.exchange(0, std::memory_order_acq_rel);
  service_.finish_with([this, deadline_ns] { shut_down(deadline_ns); });
}

Status System::wait_for_shutdown(sabir_report **report) {
  MutexLock lock(shutdown_mutex_);
  while (phase_ != Phase::done) shutdown_condition_.wait(shutdown_mutex_);
  lock.unlock();
  if (!leaked_) end_threads();
  if (report) *report = new sabir_report{survivors_};
  return survivors_.empty() ? SABIR_OK : SABIR_E_SURVIVORS;
}

// The last arena's end lets oneTBB go, which ends its threads only if no other thread has been in touch with it: each that ever woke an
// actor has. So the service's thread goes first, and the thread that waited for the shutdown, mostly the host's main one, is the one that
// lets go. (Threads that are in touch still keep oneTBB's asleep until they end themselves.)
void System::end_threads() {
  MutexLock lock(mutex_);
  service_.join();
  executors_.front()->scheduler->end();
}

void System::nudge_all(bool supervisors_only) noexcept {
  const std::uint32_t made = engine_.table.made();
  // The last spawned first: children before those that spawned them, mostly.
  for (std::uint32_t i = made; i-- > 0;) {
    actor::Cell &cell = *engine_.table.find(i);
    if (cell.generation.load(std::memory_order_acquire) & actor::generation_free) continue;
    if (supervisors_only && !actor::Bounds::from(cell.bounds.load(std::memory_order_relaxed)).supervisor()) continue;
    if (Queue::nudge(cell.send, cell.run) == mailbox::Wake::yes) cell.executor.load(std::memory_order_relaxed)->schedule(cell);
  }
}

bool System::quiet() const noexcept {
  const auto idle = [this] {
    const std::size_t count = executor_count_.load(std::memory_order_acquire);
    return std::none_of(executors_.begin(), executors_.begin() + static_cast<std::ptrdiff_t>(count),
                        [](const auto &entry) { return entry->scheduler->busy() && !entry->scheduler->disowned(); });
  };
  // Idle before and after: nobody was at work in between who could have spawned or sent.
  return idle() && alive() == alive_on_disowned() && !untold_.load(std::memory_order_seq_cst) && idle();
}

void System::wait_until_quiet(std::uint64_t deadline_ns) {
  env::Environment &environment = engine_.environment;
  std::uint64_t poll_ns = poll_first_ns;
  std::uint64_t last_tick_ns = environment.now_ns();
  while (!quiet()) {
    const std::uint64_t now_ns = environment.now_ns();
    if (now_ns >= deadline_ns) return;
    tell_dead_letters();
    if (now_ns - last_tick_ns >= poll_last_ns) {
      (void)tick(now_ns);  // the executors still need their watchdog
      last_tick_ns = now_ns;
    }
    std::this_thread::sleep_for(std::chrono::nanoseconds(poll_ns));
    poll_ns = std::min(poll_ns * 2, poll_last_ns);
  }
}

void System::report_survivors(std::uint64_t now_ns) noexcept try {
  const std::size_t count = executor_count_.load(std::memory_order_acquire);
  for (std::size_t i = 0; i < count; ++i) {
    for (const auto &context : executors_[i]->contexts) {
      sabir_report::Survivor survivor;
      if (!look_into(*context.load(std::memory_order_acquire), now_ns, survivor)) continue;
      survivors_.push_back(survivor);
      log_.write(SABIR_LOG_ERROR, "shutdown", survivor.pid, survivor.name,
                 {"a handler of '", survivor.behavior, "' has not returned for ", Decimal(survivor.handler_ns / 1'000'000),
                  " ms, at a message of type ", Decimal(survivor.message_type), "; it is leaked with its thread"});
    }
  }
  // And what hosts have out, and do not complete.
  for (std::size_t i = 0; i < count; ++i) {
    executor::Board *board = executors_[i]->scheduler->board();
    if (!board || executors_[i]->scheduler->disowned()) continue;
    const std::size_t first = survivors_.size();
    board->visit_out([this](const executor::Slot &slot) {
      survivors_.push_back({slot.account->self, slot.type, 0, slot.account->name, *slot.account->behavior});
    });
    for (std::size_t j = first; j < survivors_.size(); ++j) {
      const sabir_report::Survivor &survivor = survivors_[j];
      log_.write(SABIR_LOG_ERROR, "shutdown", survivor.pid, survivor.name,
                 {"a delivery of '", survivor.behavior, "' is not completed, a message of type ", Decimal(survivor.message_type)});
    }
  }
  // And all actors whose host is gone; nobody runs them any more.
  visit_disowned([this](const actor::Cell &cell) {
    const actor::Behavior *behavior = cell.behavior.load(std::memory_order_relaxed);
    survivors_.push_back({Pid{engine_.tag, cell.index, cell.generation.load(std::memory_order_relaxed) & generation_max}.pack(), 0, 0,
                          cell.cold ? cell.cold->name : std::string(), behavior ? behavior->name : std::string()});
  });
} catch (const std::bad_alloc &) {
  // Those that there was memory for.
}

void System::shut_down(std::uint64_t deadline_ns) {
  Thread &thread = Thread::current();
  env::Environment &environment = engine_.environment;
  // Where the tree has used all the time up, what is left still gets a moment to end.
  if (environment.now_ns() >= deadline_ns) deadline_ns = environment.now_ns() + grace_ns;
  engine_.stopping.store(true, std::memory_order_release);  // published to each cell's runner by the nudge
  timers_.close(thread);
  nudge_all(false);
  // Actors may answer in their stop what they were asked before. A handler that waits at a port is woken: ports have been closed.
  asks_.stop_taking();
  wait_until_quiet(deadline_ns);
  asks_.close(thread);
  wait_until_quiet(deadline_ns);
  // Calls that came in before the closing may still send. Blocked ones have been woken by now.
  const bool alone = handles::wait_for_pins(handle_, as_time_point(deadline_ns));
  nudge_all(false);
  asks_.close(thread);
  wait_until_quiet(deadline_ns);

  const bool leaked = !alone || !quiet() || alive_on_disowned() != 0;
  if (leaked) {
    report_survivors(environment.now_ns());
    if (survivors_.empty()) {
      // Nobody is in a handler: a call from outside has not left, or the deadline came while the last actors were ending.
      wait_until_quiet(environment.now_ns() + grace_ns);
      (void)handles::wait_for_pins(handle_, as_time_point(environment.now_ns() + grace_ns));
    }
  }
  const bool ended = survivors_.empty() && quiet();
  if (!ended && survivors_.empty()) survivors_.push_back({0, 0, 0, {}, "(in a call)"});  // room and text need no memory: see create
  leaked_ = !ended;
  // Handlers that were given up on use nothing of the system, but still the host's code and memory.
  for (GivenUp &each : given_up_) {
    if (!each.context->watch.has_returned()) survivors_.push_back(std::move(each.handler));
  }
  // Whose home is an executor of this system can still be told there.
  dead_letters_.unsubscribe_all();
  log_.end_sink();
  call_done(/*before_executors*/ true);
  const std::size_t count = executor_count_.load(std::memory_order_acquire);
  for (std::size_t i = count; i-- > 1;) {
    if (ended) {
      close_executor(*executors_[i]);
    } else {
      executors_[i]->scheduler->abandon();
    }
  }
  if (ended) executors_.front()->scheduler->close(*executors_.front()->scheduler);
  topics_.close(thread);
  call_done(/*before_executors*/ false);
  bool orphaned;
  {
    MutexLock lock(shutdown_mutex_);
    phase_ = Phase::done;
    orphaned = orphaned_;
    shutdown_condition_.notify_all();  // inside: a waiter may destroy the system as soon as it can
  }
  if (orphaned) {
    service_.detach();
    dispose(this);
  }
}

void System::call_done(bool before_executors) {
  sabir_shutdown_fn done;
  std::uintptr_t done_argument;
  sabir_report *report = nullptr;
  {
    MutexLock lock(shutdown_mutex_);
    if (!done_ || done_before_executors_ != before_executors) return;
    done = done_;
    done_argument = done_argument_;
    report = new (std::nothrow) sabir_report{survivors_};
  }
  const sabir_status status = survivors_.empty() ? SABIR_OK : SABIR_E_SURVIVORS;
  const Thrown thrown = call([&] { done(done_argument, status, report); });
  if (thrown.happened) log_.write(SABIR_LOG_ERROR, "shutdown", 0, {}, {"the completion threw: ", thrown.what});
}

void System::dispose(System *system) {
  bool begun;
  {
    MutexLock lock(system->shutdown_mutex_);
    if (system->phase_ != Phase::done) system->orphaned_ = true;
    begun = system->phase_ != Phase::running;
    if (begun && system->phase_ != Phase::done) return;  // the shutdown's thread ends it
  }
  if (!begun) {
    if (system->begin_shutdown(system->configuration_.shutdown_timeout_ns, nullptr, 0).ok()) return;
  }
  (void)handles::wait_for_pins(system->handle_, Parker::Clock::time_point::max());
  // Its ports and executors go with it.
  const std::uintptr_t handle = system->handle_;
  for (std::size_t i = 0;; ++i) {  // one by one, which needs no memory
    handles::Kind kind;
    std::uintptr_t each;
    {
      MutexLock lock(system->mutex_);
      const std::size_t ports = system->ports_.size();
      if (i == ports + system->executors_.size()) break;
      kind = i < ports ? handles::Kind::port : handles::Kind::executor;
      each = i < ports ? system->ports_[i]->handle : system->executors_[i - ports]->handle;
      if (each == 0 || !handles::revoke(kind, each)) continue;
    }
    (void)handles::wait_for_pins(each, Parker::Clock::time_point::max());
    handles::recycle(each);
  }
  // And its routers. Nobody makes one any more; who is just ending one finds it closed.
  for (;;) {
    MutexLock lock(system->mutex_);
    if (system->routers_.empty()) break;
    RouterEntry &entry = system->routers_.front();
    (void)handles::revoke(handles::Kind::router, entry.handle);
    entry.closed = true;
    auto &closed = system->closed_routers_[entry.rank];
    closed.splice(closed.end(), system->routers_, entry.place);
  }
  for (std::size_t rank = 0; rank < router_ranks; ++rank) {
    for (std::list<RouterEntry>::iterator next;;) {
      std::uintptr_t each;
      {
        MutexLock lock(system->mutex_);
        auto &closed = system->closed_routers_[rank];
        next = next == std::list<RouterEntry>::iterator() ? closed.begin() : std::next(next);
        if (next == closed.end()) break;
        each = next->handle;
      }
      (void)handles::wait_for_pins(each, Parker::Clock::time_point::max());
      handles::recycle(each);
    }
  }
  if (system->leaked_) {
    system->service_.join();  // it has ended; or it runs this, detached
    (void)system->log_.set_sink(nullptr, 0, nullptr);  // its drop is due; what survives is leaked with the rest of the system
    return;
  }
  delete system;
  handles::recycle(handle);
}

}  // namespace sabir
