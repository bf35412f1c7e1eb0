// SPDX-License-Identifier: Apache-2.0
#include "supervision/supervisor.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "actor/delivery.hpp"
#include "base/assert.hpp"
#include "base/exit.hpp"
#include "base/memory.hpp"
#include "sabir/log.h"

namespace sabir::supervision {

using actor::Cell;
using actor::Context;

namespace {

// There was no memory, or no room, to spawn a child: there may be some soon.
constexpr std::uint64_t respawn_wait_ns = 1'000'000;

}  // namespace

Supervisor::Supervisor(Services services, SupervisorOptions options, bool root)
    : services_(services), options_(std::move(options)), root_(root), intensity_(options_.intensity, options_.period_ns) {}

Supervisor::~Supervisor() {
  while (first_) forget(*first_);
  exits::release(failure_);
}

const actor::Behavior &Supervisor::behavior() {
  static const actor::Behavior *const made = [] {
    auto *behavior = new actor::Behavior;   // as long as the process
    behavior->name = "supervisor";
    behavior->start = &Supervisor::start;
    behavior->receive = &Supervisor::receive;
    return behavior;
  }();
  return *made;
}

std::uint64_t Supervisor::now_ns() const { return services_.engine.environment.now_ns(); }

void Supervisor::log(std::int32_t level, const Child *child, Pieces text) noexcept {
  services_.engine.host.log(level, "supervisor", child ? child->pid : self_, child ? child->spec.name : cell_->cold->name, text);
}

// ---- its own life ----

sabir_status Supervisor::start(sabir_context *context, std::uintptr_t argument, std::uintptr_t *state) {
  *state = argument;
  reinterpret_cast<Supervisor *>(argument)->begin(*context);
  return SABIR_OK;
}

void Supervisor::begin(Context &context) {
  self_ = context.self;
  cell_ = context.cell;
  ending_ = Ending::no;
  exits::release(std::exchange(failure_, nullptr));
  intensity_.forget();
  due_.clear();
  for (Child *child = first_; child; child = child->next) {
    child->deadlines.fill(0);
    child->not_before_ns = 0;
  }
  alarm_ns_ = timer::Wheel::none;   // the last incarnation's has ended with it
  alarm_ref_ = 0;
  set_without_alarm(false);
  starting_ = true;
  start_plan(views(), planned_);
  begin_plan();
  advance(context);
  look_again(context);
}

// Where a callback has begun an end that needs no waiting: finish() comes after the callback.
void Supervisor::look_again(Context &context) const noexcept {
  if (ending_ != Ending::no) actor::set_flag(*context.cell, actor::cell_flag::alarmed);
}

// Its actor is gone for good: so are its children's, each as soon as it has left its handler. The specs stay, for a start under a new pid.
void Supervisor::gone(std::uintptr_t argument) {
  auto &self = *reinterpret_cast<Supervisor *>(argument);
  self.steps_.clear();
  self.set_without_alarm(false);
  for (Child *child = self.first_; child;) {
    Child *next = child->next;
    if (child->tie) (void)actor::give_orders(self.services_.engine, *child->tie, child->pid, actor::orders::end);
    self.refuse_waiters(*child, SABIR_E_CLOSED, "the supervisor has ended");
    self.let_go(*child);
    if (self.root_ || child->spec.restart == Restart::temporary || child->forgotten) self.forget(*child);  // the root never starts again
    child = next;
  }
}

void Supervisor::ordered(Context &context, Cell &cell, std::uint32_t orders) noexcept {
  using namespace actor;
  if (orders & orders::end) {
    end(Ending::for_good, orders);
  } else if (orders & orders::halt) {
    end(Ending::halted, orders);
  } else if (orders & orders::stop) {
    end(root_ ? Ending::giving_up : Ending::stopped, orders);
  }
  advance(context);
  finish(context, cell);
}

// Begins to end all children. What is more final than what has begun already takes its place.
void Supervisor::end(Ending ending, std::uint32_t orders) {
  if (ending_ != Ending::no && ending != Ending::for_good) return;
  ending_ = ending;
  ending_orders_ = orders;
  starting_ = false;
  const bool for_good = ending == Ending::for_good || ending == Ending::giving_up;
  for (Child *child = first_; child; child = child->next) {
    clear_deadline(*child, Deadline::backoff);
    clear_deadline(*child, Deadline::check);
    clear_deadline(*child, Deadline::pong);
    child->start_when_left = false;
    exits::release(std::exchange(child->failure, nullptr));
  }
  steps_.clear();
  step_ = 0;
  for (Child *child = first_; child;) {   // those that were to start in their turn
    Child *next = child->next;
    if (child->state == ChildState::stopped) {
      refuse_waiters(*child, SABIR_E_CLOSED, "the supervisor is ending");
      if (child->initial) forget(*child);
    }
    child = next;
  }
  if (options_.strategy == Strategy::simple_one_for_one) {
    // All at once.
    for (Child *child = last_; child;) {
      Child *previous = child->previous;
      const bool for_ever = for_good || child->spec.restart == Restart::temporary;
      if (child->active()) {
        order(*child, for_ever ? ChildState::ending : ChildState::halting);
      } else if (for_ever && child->state == ChildState::suspended) {
        end_suspended(*child);
      }
      child = previous;
    }
    return;
  }
  stop_plan(views(), for_good, planned_);
  begin_plan();
}

void Supervisor::fail(std::int32_t reason, const Child &child, const sabir_exit *cause) {
  if (ending_ != Ending::no) return;
  const std::string &who = child.spec.id.empty() ? child.spec.name : child.spec.id;
  const char *what = reason == SABIR_EXIT_INTENSITY ? "' failed once too often within the period" : "' handed its failure up";
  // A child that is a supervisor has failed because of another failure, and that one of another: the first says what is wrong.
  const std::string_view said = cause ? std::string_view(cause->message) : "";
  const sabir_exit *first = cause;
  while (first && first->cause) first = first->cause;
  const bool more = first != cause && !first->message.empty() && first->message != said;
  log(SABIR_LOG_ERROR, nullptr,
      {"child '", who, what, said.empty() ? "" : ": ", said, more ? "; the first cause: " : "",
       more ? std::string_view(first->message) : "",
       root_ ? "; the root has nobody to hand it to: it ends all its children and forgets them" : "; the supervisor fails"});
  failure_ = exits::make_of(reason, cause ? cause->status : SABIR_E_CRASHED, self_, {"child '", who, what}, cause);
  if (!failure_) failure_ = exits::plain(reason);
  end(root_ ? Ending::giving_up : Ending::failed);
}

// Ends its own incarnation where all is done for that. It may be gone after this.
void Supervisor::finish(Context &context, Cell &cell) {
  if (ending_ == Ending::no || step_ < steps_.size() || busy_ != 0) return;
  const bool kill = (ending_orders_ & actor::orders::kill) != 0;
  const Ending ending = ending_;
  if (ending == Ending::giving_up) {
    while (first_) forget(*first_);
    intensity_.forget();
    exits::release(std::exchange(failure_, nullptr));
    ending_ = Ending::no;
    return;
  }
  set_without_alarm(false);
  // `ending_` stays, so that requests which come before the end are refused.
  switch (ending) {
    case Ending::halted: actor::exit_actor(context, cell, kill ? SABIR_EXIT_KILLED : SABIR_EXIT_SHUTDOWN); break;
    case Ending::stopped: actor::exit_actor(context, cell, kill ? SABIR_EXIT_KILLED : SABIR_EXIT_STOPPED); break;
    case Ending::by_itself: actor::exit_actor(context, cell, SABIR_EXIT_NORMAL); break;
    case Ending::failed: {
      const sabir_exit *exit = std::exchange(failure_, nullptr);
      const exits::ReleaseExit release(exit);
      actor::exit_actor(context, cell, exit);
      break;
    }
    default:
      if (cell.cold->left_for) {
        actor::end_suspended(context, cell);
      } else {
        actor::end_for_good(context, cell, kill ? SABIR_EXIT_KILLED : SABIR_EXIT_SHUTDOWN);
      }
  }
}

// ---- children ----

// For all that will happen to so many children (invariant 4).
void Supervisor::make_room(std::size_t count) {
  const auto grow = [](auto &vector, std::size_t size) {
    if (vector.capacity() < size) vector.reserve(std::max(size, 2 * vector.capacity()));
  };
  grow(views_, count);
  grow(planned_, 2 * count);
  grow(order_, count);
  grow(steps_, 2 * count);
  grow(due_, due_room(count));
  grow(slots_, slots_.size() + 1);
  grow(free_slots_, slots_.size() + 1);
  by_pid_.reserve(options_.strategy == Strategy::simple_one_for_one ? count : 0);
}

// Throws std::bad_alloc, and has done nothing then.
Child &Supervisor::add(ChildSpec &&spec) {
  make_room(count_ + 1);
  auto made = std::make_unique<Child>();
  made->waiters.reserve(1);
  made->spec = std::move(spec);
  if (!made->spec.id.empty()) by_id_.emplace(made->spec.id, made.get());
  std::uint32_t slot;
  if (free_slots_.empty()) {
    slots_.emplace_back();
    slot = static_cast<std::uint32_t>(slots_.size() - 1);
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  slots_[slot] = std::move(made);
  Child &child = *slots_[slot];
  child.slot = slot;
  child.serial = ++last_serial_;
  child.initial = true;
  child.previous = last_;
  (last_ ? last_->next : first_) = &child;
  last_ = &child;
  ++count_;
  return child;
}

// Nothing is kept of it. Where its actor is not gone yet, it is ended, and drops the argument.
void Supervisor::forget(Child &child) {
  if (child.tie && child.state != ChildState::ending) {
    (void)actor::give_orders(services_.engine, *child.tie, child.pid, actor::orders::end);
  }
  if (ending_ != Ending::no) refuse_waiters(child, SABIR_E_CLOSED, "the supervisor is ending");
  refuse_waiters(child, SABIR_E_NO_CHILD, "the supervisor has forgotten the child");
  let_go(child);
  exits::release(child.failure);
  for (std::size_t i = step_; i < steps_.size(); ++i) {
    if (steps_[i].child == &child) steps_[i].child = nullptr;
  }
  if (!child.spec.id.empty()) by_id_.erase(child.spec.id);
  (child.previous ? child.previous->next : first_) = child.next;
  (child.next ? child.next->previous : last_) = child.previous;
  --count_;
  free_slots_.push_back(child.slot);
  const std::unique_ptr<Child> dropped = std::move(slots_[child.slot]);
}

// Its pid is not ours any more.
void Supervisor::let_go(Child &child) noexcept {
  settle(child, ChildState::stopped);
  if (!by_pid_.empty()) by_pid_.erase(child.pid);
  child.pid = 0;
  if (!child.tie) return;
  child.tie->child = nullptr;
  actor::release(std::exchange(child.tie, nullptr));
}

// Leaves the state that it is in for another one.
void Supervisor::settle(Child &child, ChildState state) noexcept {
  if ((child.state == ChildState::halting || child.state == ChildState::ending) && !child.left_behind) --busy_;
  child.left_behind = false;
  clear_deadline(child, Deadline::start);
  clear_deadline(child, Deadline::shutdown);
  clear_deadline(child, Deadline::backoff);
  if (state != ChildState::running) {
    clear_deadline(child, Deadline::check);
    clear_deadline(child, Deadline::pong);
  }
  child.state = state;
}

void Supervisor::leave_behind(Child &child) noexcept {
  if (child.left_behind) return;
  child.left_behind = true;
  --busy_;
  clear_deadline(child, Deadline::shutdown);
}

// Starts a child that is stopped or suspended.
void Supervisor::start_child(Context &context, Child &child) {
  settle(child, ChildState::starting);
  child.not_before_ns = 0;
  child.start_when_left = false;
  set_deadline(child, Deadline::start, child.spec.start_timeout_ns);
  if (child.tie) {
    // Where it is gone (a shutdown was faster) the news that it has ended is on its way; so it is with the other orders.
    (void)actor::give_orders(services_.engine, *child.tie, child.pid, actor::orders::begin);
    return;
  }
  const sabir_status status = spawn(context, child);
  if (status == SABIR_OK) return;
  settle(child, ChildState::stopped);
  refuse_waiters(child, status, sabir_status_text(status));
  if (child.initial) {
    forget(child);
    return;
  }
  if (std::exchange(child.on_request, false)) {
    take_out_of_plan(child);
    return;
  }
  const sabir_exit *exit = exits::make(SABIR_EXIT_START_FAILED, status, 0, sabir_status_text(status), {}, nullptr);
  if (!exit) exit = exits::plain(SABIR_EXIT_START_FAILED);
  const exits::ReleaseExit release(exit);
  on_failure(context, child, exit, true);
}

sabir_status Supervisor::spawn(Context &context, Child &child) {
  const ChildSpec &spec = child.spec;
  decltype(by_pid_)::node_type entry;   // made before the actor, so that nothing can fail after it
  if (options_.strategy == Strategy::simple_one_for_one) {
    try {
      entry = by_pid_.extract(by_pid_.emplace(0, &child).first);
    } catch (const std::bad_alloc &) {
      return SABIR_E_NOMEM;
    }
  }
  actor::Supervised *tie = actor::make_supervised(*context.thread, self_);
  if (!tie) return SABIR_E_NOMEM;
  tie->child = &child;
  tie->redeliveries = spec.redeliveries;
  tie->stall_timeout_ns = spec.stall_timeout_ns;
  tie->argument = spec.argument;
  actor::SpawnRequest request;
  request.behavior = spec.behavior;
  request.argument = spec.argument ? spec.argument->value : 0;
  request.drop = spec.supervisor ? &Supervisor::gone : nullptr;  // the host's own goes with the argument
  request.name = spec.name.c_str();
  request.executor = spec.executor;
  request.mailbox = spec.mailbox;
  request.supervised = tie;
  const Status status = actor::spawn(services_.engine, *context.thread, &context, request, child.pid);
  if (!status.ok()) {
    child.pid = 0;
    actor::release(tie);
    actor::release(tie);  // the cell's share
    return status;
  }
  child.tie = tie;
  if (entry) {
    entry.key() = child.pid;
    by_pid_.insert(std::move(entry));
  }
  return SABIR_OK;
}

// Tells a child that has an incarnation, or is about to, to halt or to end.
void Supervisor::order(Child &child, ChildState state) {
  using namespace actor;
  settle(child, state);
  ++busy_;
  const bool kill = child.spec.shutdown_ns == SABIR_CHILD_SHUTDOWN_KILL;
  std::uint32_t bits = state == ChildState::ending ? orders::end : orders::halt;
  if (kill) bits |= orders::kill;
  (void)give_orders(services_.engine, *child.tie, child.pid, bits);
  if (kill || is_disowned(child)) {
    leave_behind(child);
    if (state == ChildState::ending) answer_waiters(child, false, 0);
  } else {
    set_deadline(child, Deadline::shutdown, child.spec.shutdown_ns);
  }
}

// Ends a suspended child for good: there is no incarnation to wait for, but the pid is not stale before it says so.
void Supervisor::end_suspended(Child &child) {
  settle(child, ChildState::ending);
  ++busy_;
  (void)actor::give_orders(services_.engine, *child.tie, child.pid, actor::orders::end);
  if (is_disowned(child)) leave_behind(child);
}

// Whether nobody runs the child any more: then it obeys no order, and is not waited for.
bool Supervisor::is_disowned(const Child &child) const noexcept {
  Cell *cell;
  return actor::resolve(services_.engine, child.pid, cell, true).ok() && cell->executor.load(std::memory_order_relaxed)->disowned();
}

// Halts a child that runs, because of a failure that it does not know of.
void Supervisor::fail_child(Child &child, std::int32_t reason, Pieces text) {
  log(SABIR_LOG_ERROR, &child, text);
  const sabir_exit *exit = exits::make_of(reason, SABIR_E_CRASHED, child.pid, text, nullptr);
  exits::release(std::exchange(child.failure, exit ? exit : exits::plain(reason)));
  tell_why(child, exits::retain(child.failure));
  order(child, ChildState::halting);
}

// What the stop of a child that is about to get an order will be told. exit: a reference, or NULL.
void Supervisor::tell_why(Child &child, const sabir_exit *exit) noexcept {
  if (exit) exits::release(child.tie->order_exit.exchange(exit, std::memory_order_acq_rel));
}

// ---- news ----

void Supervisor::told(Context &context, Cell &cell, Message &news) noexcept {
  using namespace actor;
  Supervised &tie = supervised_of(news);
  const std::uint32_t bits = take_news(tie, news);
  // What travelled with the message is ours until the end of this.
  struct Travelled {
    Supervised &tie;
    ~Travelled() { release(&tie); }
  } travelled{tie};
  auto *child = static_cast<Child *>(tie.child);
  if (!child) return;
  if (bits & news::started) on_started(context, *child);
  if (tie.child && (bits & news::pong)) on_pong(context, *child);
  if (bits & (news::left | news::ended)) {
    const sabir_exit *exit = tie.exit.exchange(nullptr, std::memory_order_acq_rel);  // pairs with the child's, as news does
    if (!exit) exit = exits::plain(SABIR_EXIT_SHUTDOWN);
    const exits::ReleaseExit release(exit);
    if (tie.child && (bits & news::left) && !(bits & news::ended)) {
      on_left(context, *child, exit, tie.decision.load(std::memory_order_relaxed));
    }
    if (tie.child && (bits & news::ended)) on_ended(*child, exit);
  }
  advance(context);
  finish(context, cell);
}

void Supervisor::on_started(Context &, Child &child) {
  if (child.state != ChildState::starting) return;
  settle(child, ChildState::running);
  if (!child.initial) ++child.restarts;
  child.initial = child.on_request = false;
  child.health = SABIR_HEALTH_UNKNOWN;
  if (child.spec.backoff.initial_ns != 0) child.started_ns = now_ns();
  answer_waiters(child, true, child.pid);
  child.failed_checks = 0;
  if (child.spec.health.interval_ns != 0) set_deadline(child, Deadline::check, child.spec.health.interval_ns);
}

void Supervisor::on_left(Context &context, Child &child, const sabir_exit *exit, std::int32_t decision) {
  const ChildState before = child.state;
  if (before == ChildState::ending) return;  // `ended` follows
  const bool initial = child.initial;
  const sabir_exit *failure = std::exchange(child.failure, nullptr);
  const exits::ReleaseExit release(failure);
  const bool start_when_left = std::exchange(child.start_when_left, false);
  settle(child, ChildState::suspended);
  if (before == ChildState::halting) {
    if (ending_ != Ending::no) {
      if (ending_ == Ending::for_good || ending_ == Ending::giving_up) end_suspended(child);
    } else if (failure && std::exchange(child.on_request, false)) {
      end_suspended(child);
    } else if (failure) {
      on_failure(context, child, failure, restarts(child.spec.restart, failure->reason, SABIR_DECISION_DEFAULT));
    } else if (start_when_left) {
      start_child(context, child);
    }
    return;
  }
  if (initial) {
    refuse_waiters(child, SABIR_E_START_FAILED, exit->message, exit);
    forget(child);
    return;
  }
  if (before == ChildState::starting) refuse_waiters(child, SABIR_E_START_FAILED, exit->message, exit);
  if (std::exchange(child.on_request, false)) {
    end_suspended(child);
    return;
  }
  if (ending_ != Ending::no) {
    if (ending_ == Ending::for_good || ending_ == Ending::giving_up) end_suspended(child);
    return;
  }
  if (decision == SABIR_DECISION_ESCALATE) {
    fail(SABIR_EXIT_ESCALATED, child, exit);
    return;
  }
  on_failure(context, child, exit, restarts(child.spec.restart, exit->reason, decision));
}

// A child has left, and is suspended (or could not be spawned, and is stopped).
void Supervisor::on_failure(Context &context, Child &child, const sabir_exit *exit, bool restart_wanted) {
  if (!restart_wanted) {
    if (is_forgotten_at_its_end(child)) child.forgotten = true;
    end_suspended(child);
    const bool any = options_.auto_shutdown == SABIR_AUTO_SHUTDOWN_ANY, all = options_.auto_shutdown == SABIR_AUTO_SHUTDOWN_ALL;
    if (child.spec.significant && (any || (all && !has_significant()))) end(Ending::by_itself);
    return;
  }
  const std::uint64_t now = now_ns();
  if (!intensity_.admit(now)) {
    fail(SABIR_EXIT_INTENSITY, child, exit);
    return;
  }
  const std::uint64_t lived_ns = child.started_ns == 0 ? 0 : now - child.started_ns;
  child.started_ns = 0;
  const Backoff::Options &backoff = child.spec.backoff;
  std::uint64_t wait_ns = backoff.initial_ns == 0 ? 0 : child.backoff.next_ns(backoff, lived_ns, services_.engine.environment.random());
  if (child.state == ChildState::stopped) wait_ns = std::max(wait_ns, respawn_wait_ns);
  if (wait_ns != 0) {
    child.not_before_ns = now + wait_ns;
    set_deadline(child, Deadline::backoff, wait_ns);
  }
  if (options_.strategy == Strategy::one_for_one || options_.strategy == Strategy::simple_one_for_one) {
    if (wait_ns == 0 && !is_planned(child)) start_child(context, child);
    return;
  }
  // A plan that is under way goes into the new one: whoever it affected is affected still.
  std::vector<ChildView> &seen = views();
  std::size_t place = 0, first = seen.size();
  std::size_t index = 0;
  for (const Child *each = first_; each; each = each->next, ++index) {
    if (each == &child) place = index;
    for (std::size_t i = step_; i < steps_.size() && first == seen.size(); ++i) {
      if (steps_[i].child == each) first = index;
    }
  }
  seen[place].restart = Restart::permanent;  // it is restarted whatever its policy, if its failed callback says so
  // Only the child that failed has surely left: others may run still.
  restart_plan(options_.strategy, seen, place, std::min(first, place), planned_);
  begin_plan();
}

void Supervisor::on_ended(Child &child, const sabir_exit *exit) {
  const bool asked = child.state == ChildState::ending;
  const bool was_active = child.active();
  const bool forgotten = child.forgotten || is_forgotten_at_its_end(child) || child.initial;
  let_go(child);
  if (asked) {
    answer_waiters(child, false, 0);
  } else if (was_active) {
    refuse_waiters(child, SABIR_E_CLOSED, "the system shuts down", exit);
  }
  if (forgotten) forget(child);
}

// Nobody can start it again: a temporary child, and one without an id.
bool Supervisor::is_forgotten_at_its_end(const Child &child) const noexcept {
  return child.spec.restart == Restart::temporary || options_.strategy == Strategy::simple_one_for_one;
}

// Whether a significant child is left that has not ended.
bool Supervisor::has_significant() const noexcept {
  for (const Child *child = first_; child; child = child->next) {
    if (child->spec.significant && child->state != ChildState::stopped && child->state != ChildState::ending) return true;
  }
  return false;
}

}  // namespace sabir::supervision
