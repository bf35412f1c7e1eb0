// SPDX-License-Identifier: Apache-2.0
#include "port/port.hpp"

#include <sched.h>

#include <chrono>
#include <utility>

#include "actor/admission.hpp"
#include "actor/delivery.hpp"
#include "actor/waiting.hpp"
#include "base/exit.hpp"
#include "base/memory.hpp"

namespace sabir {

using actor::Cell;
using mailbox::Queue;

Status Port::open(Thread &thread, actor::SpawnRequest request) {
  {
    MutexLock lock(mutex_);
    closed_ = false;
    ended_ = false;
    wakes_ = 0;
  }
  request.executor = this;
  request.behavior = nullptr;
  std::uint64_t pid = 0;
  // Schedules the cell here, on this thread; or, while the runner of its last incarnation is still at it, that one hands it over.
  const Status status = actor::spawn(engine_, thread, actor::context_of(thread, engine_), request, pid);
  pid_.store(pid, std::memory_order_relaxed);
  if (!status.ok()) {
    MutexLock lock(mutex_);
    ended_ = true;
  }
  return status;
}

void Port::install(Cell &cell, Message &start) {
  const auto &spec = *static_cast<const actor::StartSpec *>(start.payload());
  cell.cold = spec.cold;
  cell.incarnation = Pid::unpack(start.target).generation;
  cell.behavior.store(nullptr, std::memory_order_relaxed);
  cell.drop = nullptr;
  cell.flags = 0;
  cell_ = &cell;
  while (actor::Signal *held = cell.held) {
    cell.held = static_cast<actor::Signal *>(held->next);
    if (Queue::signal(cell.send, cell.run, held) == mailbox::Wake::yes) __builtin_unreachable();   // neither idle nor parked: we run it
  }
}

// The port is closed: its incarnation ends.
void Port::finish(Thread &thread, Cell &cell) {
  MessageList unread;
  while (Message *message = ready_.pop()) {
    uncount(*message);
    unread.push(message);
  }
  if (!unread.empty())
    engine_.host.dead_letters_later(unread.take_all(),
                                    engine_.stopping.load(std::memory_order_relaxed) ? SABIR_CAUSE_SHUTDOWN : SABIR_CAUSE_PORT_CLOSED);
  cell_ = nullptr;
  ended_ = true;
  actor::answer_waiting(engine_, cell, true);
  gone_ = std::exchange(cell.cold, nullptr);
  gone_pid_ = actor::pid_of(engine_.tag, cell);
  unwatched_.swap(watching_);
  actor::count(engine_, thread, [](metrics::Counters &counters, auto add) { add(counters.exited, 1); });
  actor::Context *context = actor::context_of(thread, engine_);
  actor::retire_incarnation(engine_, context ? &context->cells : nullptr, cell, SABIR_CAUSE_PORT_CLOSED);
}

executor::Executor *Port::pump(Thread &thread, Cell &cell) {
  for (unsigned tries = 0;;) {
    if (Queue::has_signals(cell.run)) (void)actor::handle_signals(engine_, nullptr, cell);   // stop and kill are refused for ports
    if (cell.incarnation != 0 && &cell == cell_) {
      if (engine_.stopping.load(std::memory_order_acquire)) closed_ = true;
      if (closed_) finish(thread, cell);
    }
    Message *message;
    if (cell.flags & actor::cell_flag::start_taken) {
      actor::clear_flag(cell, actor::cell_flag::start_taken);
      message = static_cast<Message *>(cell.run.tail);
    } else {
      const Queue::Taken taken = Queue::take(cell.run);
      if (!taken.node) {
        mailbox::Node *retired = nullptr;
        if (actor::has_waiting(cell)) actor::answer_waiting(engine_, cell, ready_.empty());   // see Run::rest
        const bool alive = cell.incarnation != 0;
        const bool closed = closed_;
        const Queue::Rest rested = Queue::rest(cell.send, cell.run, retired,
                                               [&] { return alive && (closed || engine_.stopping.load(std::memory_order_acquire)); });
        if (retired) free_message(thread, static_cast<Message *>(retired));
        if (rested == Queue::Rest::idle) return nullptr;
        // A producer is between two instructions of push.
        if (rested == Queue::Rest::linking && ++tries < 64) {
          pause();
        } else if (rested == Queue::Rest::linking) {
          sched_yield();
        }
        continue;
      }
      // What is handled before is detached, so only a start message can be the stub.
      if (taken.retired) free_message(thread, static_cast<Message *>(taken.retired));
      message = static_cast<Message *>(taken.node);
    }
    if (message->kind == MessageKind::start) {
      executor::Executor *executor = cell.executor.load(std::memory_order_relaxed);
      if (executor != this) {
        actor::set_flag(cell, actor::cell_flag::start_taken);
        return executor;
      }
      install(cell, *message);
      continue;   // it stays the stub until the next one is taken
    }
    Queue::detach(cell.send, cell.run, [] { sched_yield(); });
    if (actor::is_reply(*message)) actor::restore_address(*message, engine_.tag, cell);
    if (cell.incarnation != 0 && Pid::unpack(message->target).generation == cell.incarnation) {
      ready_.push(message);
      condition_.notify_one();
      continue;
    }
    if (message->has(message_flag::counted)) {
      actor::uncount(engine_, cell, *message);
      actor::give_back_depth(engine_, cell);
    }
    if (message->kind == MessageKind::drain) {
      free_message(thread, message);
    } else {
      message->next.store(nullptr, std::memory_order_relaxed);
      engine_.host.dead_letters_later(message, SABIR_CAUSE_STOPPED);
    }
  }
}

void Port::schedule(executor::Task &task) noexcept {
  auto &cell = static_cast<Cell &>(task);
  executor::Executor *executor = cell.executor.load(std::memory_order_relaxed);
  if (executor != this) {   // a late producer: the cell lives elsewhere by now
    executor->schedule(cell);
    return;
  }
  Thread &thread = Thread::current();
  executor::Executor *next;
  actor::Cold *gone;
  std::uint64_t gone_pid;
  std::map<std::uint64_t, actor::Watched> unwatched;
  {
    MutexLock lock(mutex_);
    next = pump(thread, cell);
    if (closed_) condition_.notify_all();
    gone = std::exchange(gone_, nullptr);
    gone_pid = gone_pid_;
    unwatched.swap(unwatched_);
  }
  // Without the mutex: it may be another port, which hands a cell to this one at the same time. So may be who is told below.
  if (next) next->schedule(cell);
  for (const auto &[ref, watched] : unwatched) engine_.host.unwatch(watched.pid, ref);
  if (!gone) return;
  const sabir_exit *exit = exits::make(SABIR_EXIT_NORMAL, SABIR_OK, gone_pid, {}, {}, nullptr);
  engine_.host.exited(*gone, exit ? exit : exits::plain(SABIR_EXIT_NORMAL));
  exits::release(exit);
  memory::destroy(gone);
}

void Port::watches(std::uint64_t ref, const actor::Watched &watched) {
  MutexLock lock(mutex_);
  watching_.emplace(ref, watched);
}

bool Port::forget(std::uint64_t ref, actor::Watched &watched) noexcept {
  MutexLock lock(mutex_);
  const auto found = watching_.find(ref);
  if (found == watching_.end()) return false;
  watched = found->second;
  watching_.erase(found);
  return true;
}

// Whether a message is still to be received.
bool Port::wants(Message &message) {
  if (message.kind == MessageKind::timer) return engine_.host.admit_timer(message);
  if (message.kind == MessageKind::writable) return true;
  const auto found = watching_.find(message.ref);
  if (found == watching_.end()) return false;
  if (message.kind == MessageKind::restarted) return actor::count_restarts(message, found->second.restarts);
  watching_.erase(found);
  return true;
}

// Whether a message's deadline has passed. It has none after this.
bool Port::has_expired(Message &message) noexcept {
  const std::uint64_t expires_ns = deadline_of(message);
  if (expires_ns == 0) return false;
  clear_deadline(message);
  return engine_.environment.now_ns() >= expires_ns;
}

// A message leaves the mailbox.
void Port::uncount(Message &message) noexcept {
  if (!message.has(message_flag::counted)) return;
  actor::uncount(engine_, *cell_, message);
  actor::give_back_depth(engine_, *cell_);
}

// The next message that is still to be received; NULL: none. What is not wanted any more is as if it had never come.
Message *Port::next_wanted(Thread &thread, MessageList &unwanted, MessageList &expired, MessageList &dropped) {
  const auto bounds = cell_ ? actor::Bounds::from(cell_->bounds.load(std::memory_order_relaxed)) : actor::Bounds();
  while (Message *message = ready_.pop()) {
    if (message->kind < MessageKind::timer) {
      const bool late = has_expired(*message);
      if (!late && !(bounds.drop_oldest() && message->has(message_flag::counted) && actor::is_over(engine_, *cell_, bounds)))
        return message;
      uncount(*message);
      (late ? expired : dropped).push(message);
      continue;
    }
    if (wants(*message)) {
      actor::count(engine_, thread, [](metrics::Counters &counters, auto add) { add(counters.sent, 1); });
      return message;
    }
    unwanted.push(message);
  }
  return nullptr;
}

Status Port::receive(Thread &thread, std::uint64_t timeout_ns, Message *&message) {
  using Clock = Parker::Clock;
  Clock::time_point deadline = Clock::time_point::max();
  if (timeout_ns != 0) {
    const Clock::time_point now = Clock::now();
    if (timeout_ns < static_cast<std::uint64_t>((deadline - now).count())) deadline = now + std::chrono::nanoseconds(timeout_ns);
  }
  reader_.store(&thread, std::memory_order_relaxed);
  // What is not wanted is freed without the mutex: its release function may be the host's.
  struct Unwanted {
    Thread &thread;
    actor::Host &host;
    MessageList messages, expired, dropped;
    ~Unwanted() {
      while (Message *message = messages.pop()) free_message(thread, message);
      if (Message *first = expired.take_all()) host.dead_letters_later(first, SABIR_CAUSE_EXPIRED);
      if (Message *first = dropped.take_all()) host.dead_letters_later(first, SABIR_CAUSE_OVERFLOW);
    }
  } unwanted{thread, engine_.host, {}, {}, {}};
  MutexLock lock(mutex_);
  while (!(message = next_wanted(thread, unwanted.messages, unwanted.expired, unwanted.dropped))) {
    if (closed_) return SABIR_E_CLOSED;
    if (wakes_ != 0) {
      --wakes_;
      return SABIR_E_WOKEN;
    }
    if (timeout_ns == 0) return SABIR_E_TIMEOUT;
    const actor::WatchedWait waiting(thread);
    if (!condition_.wait_until(mutex_, deadline) && ready_.empty() && !closed_ && wakes_ == 0) return SABIR_E_TIMEOUT;
  }
  uncount(*message);
  lock.unlock();
  actor::count(engine_, thread, [](metrics::Counters &counters, auto add) { add(counters.handled, 1); });
  return SABIR_OK;
}

Status Port::wake() {
  MutexLock lock(mutex_);
  if (closed_) return SABIR_E_CLOSED;
  ++wakes_;
  condition_.notify_one();
  return SABIR_OK;
}

void Port::close(Thread &) {
  {
    MutexLock lock(mutex_);
    if (closed_) return;
    closed_ = true;
    condition_.notify_all();
  }
  // Makes somebody the runner: this thread if the cell is idle, else the one that is about to be.
  Cell *cell = engine_.table.find(Pid::unpack(pid()).index);
  // Closed to new messages from here on, even if its runner is a little late to end it; relaxed: see sabir_actor_drain.
  std::uint32_t generation = Pid::unpack(pid()).generation;
  cell->generation.compare_exchange_strong(generation, generation | actor::generation_closed, std::memory_order_relaxed);
  if (Queue::nudge(cell->send, cell->run) == mailbox::Wake::yes) cell->executor.load(std::memory_order_relaxed)->schedule(*cell);
}

}  // namespace sabir
