// SPDX-License-Identifier: Apache-2.0
#include "actor/runner.hpp"

#include <cxxabi.h>

#include <exception>
#include <utility>

#include "actor/admission.hpp"
#include "actor/delivery.hpp"
#include "actor/inbox.hpp"
#include "actor/lifecycle.hpp"
#include "actor/run.hpp"
#include "actor/supervised.hpp"
#include "actor/waiting.hpp"
#include "base/callback.hpp"
#include "base/exit.hpp"
#include "env/environment.hpp"
#include "sabir/log.h"
#include "sabir/supervisor.h"

namespace sabir::actor {

using mailbox::Queue;

namespace {

// A mailbox this small gets its depth back before each handler, so that senders see room at once; a larger one in batches.
constexpr std::uint32_t small_capacity = 64;
constexpr std::uint8_t depth_batch = 64;
// How often the runner looks again for a link that a producer is about to make, before it lets others run.
constexpr unsigned link_spins = 128;
// How long it stays with an empty queue that a thread from outside has fed, if it has nothing else to do: rounds of so many pauses, a
// fraction of what a worker without work looks around for (Scheduler::search_rounds).
constexpr unsigned linger_rounds = 8, linger_pauses = 16;

Message *as_message(mailbox::Node *node) noexcept { return static_cast<Message *>(node); }

// Whether a message whose handler failed is to be handled again by the next incarnation.
bool may_redeliver(const Cell &cell, std::int32_t decision) noexcept {
  return cell.cold && cell.cold->supervised && decision != SABIR_DECISION_STOP &&
         cell.cold->redelivered < cell.cold->supervised->redeliveries;
}

}  // namespace

void Run::take_over_cold() noexcept {
  hold(delivered_of(cell_));
  if (delivered_) {
    stall_timeout_ns_ = ~std::uint64_t{0};
  } else if (cell_.cold && cell_.cold->supervised) {
    stall_timeout_ns_ = cell_.cold->supervised->stall_timeout_ns;
  }
}

// The stub that the runner has moved past.
inline void Run::free_retired(mailbox::Node *node) noexcept {
  if (!node) return;
  Message &message = *as_message(node);
  if (__builtin_expect(message.has(message_flag::handed), 0)) {
    move_past(message);
  } else {
    free_message(thread_, &message);
  }
}

// Signals, shutdown, muting, supervision: whatever goes before the next message.
inline Run::Next Run::look_around() {
  for (;;) {
    if (Queue::has_signals(cell_.run)) {
      const auto reason = handle_signals(engine_, &context_, cell_);
      // Between two incarnations there is none to end.
      if (reason && cell_.incarnation != 0 && !(cell_.flags & cell_flag::suspended)) exit_actor(context_, cell_, *reason);
    }
    if (cell_.incarnation == 0) return Next::take;
    // acquire: pairs with the store before the nudge; what it announces is seen.
    if (__builtin_expect(engine_.stopping.load(std::memory_order_acquire), 0)) {
      // Its supervisor may have killed it before, and not waited.
      const bool killed = (cell_.flags & cell_flag::ordered) && (cell_.cold->orders & orders::kill);
      if (!(cell_.flags & cell_flag::ending)) end_for_good(context_, cell_, killed ? SABIR_EXIT_KILLED : SABIR_EXIT_SHUTDOWN);
      if (cell_.incarnation == 0) return Next::take;
    }
    if (__builtin_expect(!(cell_.flags & cell_flag::special), 1)) return Next::take;
    Next next = Next::take;
    if (look_closer(next)) return next;
  }
}

// Something is special about the cell. False: look around again.
bool Run::look_closer(Next &next) {
  if (cell_.flags & cell_flag::ordered) {
    clear_flag(cell_, cell_flag::ordered);
    obey(context_, cell_);
    behavior_ = cell_.behavior.load(std::memory_order_relaxed);
    return false;
  }
  if (cell_.flags & cell_flag::alarmed) {
    clear_flag(cell_, cell_flag::alarmed);
    if (!(cell_.flags & cell_flag::suspended)) engine_.host.supervisor_alarmed(context_, cell_);
    // Again? It has no memory for its next alarm, and goes on without (Engine::without_alarm).
    return (cell_.flags & cell_flag::alarmed) && !(cell_.flags & (cell_flag::suspended | cell_flag::ordered));
  }
  if (cell_.flags & cell_flag::out) return wait_for_host(next);
  if (!(cell_.flags & (cell_flag::suspended | cell_flag::muted))) {
    next = cell_.flags & cell_flag::redeliver ? Next::redeliver : Next::apart;
    return true;
  }
  give_back_depth(engine_, cell_);
  let_go();
  next = Next::gone;
  if (Queue::park(cell_.run, [this] { return engine_.stopping.load(std::memory_order_acquire); })) return true;
  keep();
  return false;
}

// Whether a message comes to the empty queue while we wait for it. A sender outside spares itself the scheduling of the actor then, which
// is most of what a send costs it; one inside would wait for this very worker, or has a worker that goes on with its message.
bool Run::linger() const noexcept {
  if (!fed_from_outside_) return false;
  for (unsigned round = 0; round < linger_rounds; ++round) {
    if (!worker_.scheduler->nobody_waits(worker_) || Queue::has_signals(cell_.run)) return false;
    for (unsigned spins = 0; spins < linger_pauses; ++spins) pause();
    if (cell_.run.tail->next.load(std::memory_order_relaxed)) return true;  // a hint: take() reads it again
  }
  return false;
}

// The queue seems empty. False: the actor is idle, or was given to the executor to look again later.
inline bool Run::rest() {
  if (__builtin_expect(delivered_ != nullptr, 0) && delivered_->outs != 0 && delivered_->in_order()) {
    delivered_->gathers = false;
    set_flag(cell_, cell_flag::out);
    return true;   // look_around sees to the rest
  }
  give_back_depth(engine_, cell_);
  // Empty: what the depth still counts is on its way in, or is being refused. Whoever waits may try again (without this it might wait
  // beside an empty mailbox, for a depth that a refused sender is about to take back and tells nobody of).
  if (has_waiting(cell_)) answer_waiting(engine_, cell_, true);
  if (linger()) return true;
  const bool alive = cell_.incarnation != 0;  // not to be read after the hand-over
  const executor::Account *account = delivered_ && delivered_->outs != 0 ? &delivered_->account : nullptr;
  for (unsigned spins = 0; spins < link_spins; ++spins) {
    mailbox::Node *retired = nullptr;
    let_go();
    const Queue::Rest rested = Queue::rest(cell_.send, cell_.run, retired, [&] {
          // acquire: pairs with the push of who completes, before it nudges.
      return alive && (engine_.stopping.load(std::memory_order_acquire) || (account && account->done.load(std::memory_order_acquire)));
    });
    free_retired(retired);
    if (rested == Queue::Rest::idle) return false;
    keep();
    if (rested == Queue::Rest::again) return true;
    pause();
    if (cell_.run.tail->next.load(std::memory_order_relaxed)) return true;
  }
  let_go();
  worker_.scheduler->yield(worker_, cell_);
  return false;
}

SABIR_CATCHES_UNWINDING inline void Run::receive(Message &message) {
  message.set(message_flag::attached);
  context_.current = &message;
  sabir_message *left = &message;
  sabir_status status;
  try {
    InCallback in(context_, cell_, message.type);
    status = behavior_->receive(&context_, cell_.state, &left);
  } catch (abi::__forced_unwind &) {
    finish(&message, left, SABIR_E_EXCEPTION, "the handler ended its thread");
    throw;
  } catch (const std::exception &exception) {
    finish(&message, left, SABIR_E_EXCEPTION, exception.what());
    return;
  } catch (...) {
    finish(&message, left, SABIR_E_EXCEPTION, "an exception that is no std::exception");
    return;
  }
  // The two common ways: the message was left, and owes no answer; or it was moved on.
  if (__builtin_expect(status == SABIR_OK && context_.events == 0, 1)) {
    if (context_.current == &message && left == &message && message.ref == 0) {
      message.clear(message_flag::attached);
      context_.current = nullptr;
      context_.counters.handled.add(1);
      return;
    }
    if (!context_.current && (!left || left == &message)) {
      context_.counters.handled.add(1);
      return;
    }
  }
  finish(&message, left, status, nullptr);
}

inline Handled Run::handle(Message &message) {
  const std::uint16_t flags = message.flags.load(std::memory_order_relaxed);
  bool dropped = false;
  if (flags & message_flag::counted) {
    dropped = bounds_.drop_oldest() && !(flags & message_flag::apart) && is_over(engine_, cell_, bounds_);
    uncount(engine_, cell_, message);
    if (cell_.depth_done >= depth_batch || bounds_.capacity() < small_capacity || bounds_.bytes()) give_back_depth(engine_, cell_);
  }
  fed_from_outside_ = message.sender == 0;
  const bool ours = Pid::unpack(message.target).generation == cell_.incarnation;
  if (__builtin_expect(message.kind != MessageKind::message, 0)) {
    const Special special = handle_special(message, ours);
    if (special != Special::receive) return special == Special::hand_over ? Handled::hand_over : Handled::go_on;
  }
  if (__builtin_expect((flags & message_flag::deadline) || dropped, 0) && lose(message, ours, dropped)) return Handled::go_on;
  if (__builtin_expect(!ours, 0)) {
    dead_letter(message, cell_.death_cause ? cell_.death_cause : SABIR_CAUSE_STOPPED, nullptr);
    return Handled::go_on;
  }
  if (__builtin_expect(stall_timeout_ns_ != 0, 0)) return receive_watched(message);
  receive(message);
  return Handled::go_on;
}

// Whether a message comes too late to be handled, or its mailbox drops its oldest: a dead letter then.
bool Run::lose(Message &message, bool ours, bool dropped) {
  const std::uint64_t expires_ns = deadline_of(message);
  clear_deadline(message);
  const bool expired = expires_ns != 0 && engine_.environment.now_ns() >= expires_ns;
  if (!ours || !(expired || dropped)) return false;
  dead_letter(message, expired ? SABIR_CAUSE_EXPIRED : SABIR_CAUSE_OVERFLOW, nullptr);
  return true;
}

// The same for a handler that the watchdog may give up on: then what is left of it touches neither the actor nor the system.
SABIR_CATCHES_UNWINDING Handled Run::receive_watched(Message &message) {
  if (delivered_) return hand_out(message);
  message.set(message_flag::attached);
  context_.current = &message;
  sabir_message *left = &message;
  sabir_status status;
  const auto receive = behavior_->receive;
  const std::uintptr_t state = cell_.state;
  context_.watch.begin(thread_, context_.activity.load(std::memory_order_relaxed) + 1, stall_timeout_ns_);
  try {
    InCallback in(context_, cell_, message.type);
    status = receive(&context_, state, &left);
  } catch (abi::__forced_unwind &) {
    if (end_watch(left)) finish(&message, left, SABIR_E_EXCEPTION, "the handler ended its thread");
    throw;
  } catch (const std::exception &exception) {
    if (!end_watch(left)) return Handled::hand_over;
    finish(&message, left, SABIR_E_EXCEPTION, exception.what());
    return Handled::go_on;
  } catch (...) {
    if (!end_watch(left)) return Handled::hand_over;
    finish(&message, left, SABIR_E_EXCEPTION, "an exception that is no std::exception");
    return Handled::go_on;
  }
  if (!end_watch(left)) return Handled::hand_over;
  finish(&message, left, status, nullptr);
  return Handled::go_on;
}

// False: the handler was given up on, and all but the message is somebody else's.
bool Run::end_watch(Message *left) {
  if (context_.watch.end(thread_)) return true;
  owner_ = false;
  if (left) free_message(thread_, left);
  return false;
}

// What is no plain message: starts, drains, replies, and what supervisors, timers and monitors send.
Run::Special Run::handle_special(Message &message, bool ours) {
  switch (message.kind) {
    case MessageKind::start:
      if (cell_.executor.load(std::memory_order_relaxed) != worker_.scheduler) {
        // This runner served the last incarnation; the new one lives elsewhere. The start message stays the stub for its runner.
        set_flag(cell_, cell_flag::start_taken);
        let_go();
        cell_.executor.load(std::memory_order_relaxed)->schedule(cell_);
        return Special::hand_over;
      }
      (void)start(context_, cell_, message);
      take_over();
      return Special::done;
    case MessageKind::drain:
      if (ours && delivered_ && delivered_->outs != 0) {
        delivered_->drains = true;  // and ends when what is out is back
        set_flag(cell_, cell_flag::out);
      } else if (ours) {
        exit_actor(context_, cell_, SABIR_EXIT_NORMAL);
      }
      return Special::done;
    case MessageKind::news:
      if (ours) {
        unlink_stub(cell_);
        engine_.host.supervisor_told(context_, cell_, message);
      } else {
        lose_news(message);
      }
      return Special::done;
    case MessageKind::ping:
      if (ours) ping(message);
      return Special::done;
    case MessageKind::timer:
    case MessageKind::down:
    case MessageKind::restarted:
    case MessageKind::exit:
      if (!ours) {
        engine_.host.refuse(thread_, message);
        return Special::done;
      }
      if (!engine_.host.admit(context_, cell_, message)) return Special::done;
      context_.counters.sent.add(1);
      return Special::receive;
    default: {   // a reply or failure
      const std::uint64_t epoch = epoch_of_reply(message);
      restore_address(message, engine_.tag, cell_);
      if (ours && epoch != (cell_.cold ? cell_.cold->epoch : 0)) {
        // An earlier incarnation has asked; or wanted to be told of room.
        if (message.kind != MessageKind::writable) dead_letter(message, SABIR_CAUSE_LATE_REPLY, nullptr);
        return Special::done;
      }
      if (message.kind == MessageKind::writable) {
        if (!ours) return Special::done;
        context_.counters.sent.add(1);
      }
    }
  }
  return Special::receive;
}

Handled Run::receive_admitted(Message &message) {
  if (stall_timeout_ns_ != 0) return receive_watched(message);
  receive(message);
  return Handled::go_on;
}

// Handles a message that is not the queue's next one. empty: out; there is none, nor in the queue.
Handled Run::handle_otherwise(Next next, bool &empty) {
  if (next == Next::gone) return Handled::hand_over;
  if (next == Next::redeliver) return redeliver();
  Inbox &inbox = *cell_.cold->inbox;
  if (inbox.sorts) {
    sort_queue(thread_, cell_, inbox);
    trim(engine_, thread_, cell_, inbox);
  }
  const NextMessage found = take_next(inbox);
  if (found.message) return handle_apart(*found.message, found.admitted);
  empty = inbox.sorts;
  if (!inbox.sorts) clear_flag(cell_, cell_flag::apart);
  return Handled::go_on;
}

// Handles a message that is in no queue. admitted: it needs no more looking at.
Handled Run::handle_apart(Message &message, bool admitted) {
  message.set(message_flag::apart);
  context_.apart = &message;
  const FreeApart free(context_, thread_);
  return admitted ? receive_admitted(message) : handle(message);
}

// Handles a message again: its handler failed, and the actor has been restarted.
Handled Run::redeliver() {
  clear_flag(cell_, cell_flag::redeliver);
  Inbox *inbox = cell_.cold->inbox;
  Message *again = inbox ? std::exchange(inbox->again, nullptr) : nullptr;
  if ((again ? handle_apart(*again, true) : receive_admitted(*as_message(cell_.run.tail))) == Handled::hand_over) return Handled::hand_over;
  if (!(cell_.flags & cell_flag::redeliver) && cell_.incarnation != 0 && !delivered_) cell_.cold->redelivered = 0;
  return Handled::go_on;
}

void Run::ping(Message &message) {
  Supervised *supervised = cell_.cold ? cell_.cold->supervised : nullptr;
  if (!supervised) return;
  {
    // Whatever unwinds out of the callback, the check is answered.
    struct Answer {
      Engine &engine;
      Supervised &supervised;
      const Message &message;
      std::uint32_t health;
      ~Answer() {
        supervised.health.store(health, std::memory_order_relaxed);
        supervised.waited_ns.store(engine.environment.now_ns() - *static_cast<const std::uint64_t *>(message.data),
                                   std::memory_order_relaxed);
        supervised.answered.store(message.type, std::memory_order_relaxed);
        report(engine, supervised, news::pong);
      }
    } answer{engine_, *supervised, message, SABIR_HEALTH_FAILED};
    answer.health = check_health();
  }
  follow_events();
}

std::uint32_t Run::check_health() {
  const Behavior &behavior = own_behavior(cell_);
  if (!behavior.health) return SABIR_HEALTH_OK;
  std::uint32_t health = SABIR_HEALTH_OK;
  const Thrown thrown = call([&] {
    InCallback in(context_, cell_, 0);
    health = behavior.health(&context_, cell_.state);
  });
  if (thrown.happened || (context_.events & event::fail)) {
    health = SABIR_HEALTH_FAILED;
    log_failure(context_, "health", cell_.cold->name, behavior.name, thrown);
  }
  context_.failure.reset();
  return health < SABIR_HEALTH_OK || health > SABIR_HEALTH_FAILED ? SABIR_HEALTH_FAILED : health;
}

// A start message that another executor's runner has taken for us.
Handled Run::handle_start_taken() {
  clear_flag(cell_, cell_flag::start_taken);
  return handle(*as_message(cell_.run.tail));
}

void Run::loop() {
  if (__builtin_expect((cell_.flags & cell_flag::start_taken) != 0, 0) && handle_start_taken() == Handled::hand_over) return;
  for (;;) {
    const Next next = look_around();
    bool empty = false;
    if (__builtin_expect(next != Next::take, 0)) {
      if (handle_otherwise(next, empty) == Handled::hand_over) return;
    } else {
      const Queue::Taken taken = Queue::take(cell_.run);
      if (taken.node) {
        free_retired(taken.retired);
        if (handle(*as_message(taken.node)) == Handled::hand_over) return;
      } else {
        empty = true;
      }
    }
    if (empty) {
      if (!rest()) return;
      continue;
    }
    if (__builtin_expect(--worker_.budget <= 0 || worker_.yield.load(std::memory_order_relaxed), 0)) {
      worker_.yield.store(false, std::memory_order_relaxed);
      give_back_depth(engine_, cell_);
      let_go();
      worker_.scheduler->yield(worker_, cell_);
      return;
    }
  }
}

// Does what a callback has asked for besides.
void Run::follow_events() {
  const std::uint32_t events = std::exchange(context_.events, 0);
  if (events & event::stop) {
    exit_actor(context_, cell_, SABIR_EXIT_NORMAL);
  } else if (events & event::mute) {
    mute(context_, cell_);
  }
  behavior_ = cell_.behavior.load(std::memory_order_relaxed);   // event::became
}

// After receive: what became of the message (NULL: it has moved on), and of the actor. `left` is what the handler left in *message.
void Run::finish(Message *message, Message *left, sabir_status status, const char *exception) {
  bool ours = false;  // the message is still the engine's
  if (message && context_.current == message) {
    ours = left == message || (context_.events & event::gave_up);
    if (ours) {
      message->clear(message_flag::attached);
      context_.current = nullptr;
    } else {
      detach_if_attached(&context_, *message);
    }
  }
  const bool loose = (context_.events & event::loose) && context_.loose == left;
  if (left && (left != message || loose)) free_handled(engine_, thread_, left, SABIR_E_UNANSWERED);  // not kept, and not the stub

  const bool failed = (context_.events & event::fail) != 0;
  // NO_ASK comes from a reply that nobody waits for any more, and is often handed on: an impatient asker must not kill whom it asked.
  if ((status == SABIR_OK || status == SABIR_E_NO_ASK) && !failed) {
    context_.counters.handled.add(1);
    if (ours && message->ref != 0) {
      if (ask_of(*message)) engine_.host.fail_ask(message->ref, SABIR_E_UNANSWERED, {}, nullptr);
      message->ref = 0;
    }
  } else if (status == SABIR_E_UNHANDLED && !failed) {
    if (ours) {
      dead_letter(*message, SABIR_CAUSE_UNHANDLED, nullptr);
    } else {
      context_.counters.handled.add(1);
    }
  } else {
    const exits::ReleaseExit exit(crash(context_, cell_, SABIR_EXIT_CRASHED, status, exception));
    if (!ours) context_.counters.handled.add(1);
    if (delivered_ && delivered_->wants(SABIR_WANTS_FAILED) && !delivered_->busy && !(cell_.flags & cell_flag::ending)) {
      ask_host(ours ? message : nullptr, exit.exit);
      return;
    }
    if (!decided(ours ? message : nullptr, exit.exit, unasked)) return;
  }
  follow_events();
}

// The actor has crashed on the message (NULL: it has moved on). True: it goes on.
bool Run::decided(Message *message, const sabir_exit *exit, std::int32_t decision) {
  // The exit first: whoever asked hears of the crash when the pid is dead already. Whatever unwinds out of a callback, they hear of it.
  struct Tell {
    Run &run;
    Message *message;
    const sabir_exit *exit;
    ~Tell() noexcept(false) {  // a subscriber may end its thread
      if (message) run.dead_letter(*message, SABIR_CAUSE_CRASHED, exit);
    }
  } tell{*this, message, exit};
  if (decision == unasked) decision = decide(context_, cell_, exit);
  if (decision == SABIR_DECISION_RESUME) return true;
  const bool taken = message && message->has(message_flag::native) && !message->data;  // there is no object to deliver again
  if (message && !taken && may_redeliver(cell_, decision)) {
    set_flag(cell_, cell_flag::redeliver);
    ++cell_.cold->redelivered;
    if (message->has(message_flag::apart)) {
      Message *&again = cell_.cold->inbox->again;
      if (again) {   // one of several that the host had
        message->clear(message_flag::apart);
        delivered_->returned.push(std::exchange(context_.apart, nullptr));
      } else {
        again = std::exchange(context_.apart, nullptr);
      }
    }
    tell.message = nullptr;
  } else if (cell_.cold) {
    cell_.cold->redelivered = 0;
  }
  exit_actor(context_, cell_, exit, decision);
  return false;
}

void free_handled(Engine &engine, Thread &thread, Message *message, sabir_status unanswered) {
  if (const std::uint64_t ask = ask_of(*message)) engine.host.fail_ask(ask, unanswered, {}, nullptr);
  free_message(thread, message);
}

void Runner::run(executor::Worker &worker, executor::Task &task) {
  auto &context = *static_cast<Context *>(worker.local);
  context.thread = &Thread::current();
  Run(context, static_cast<Cell &>(task)).loop();
}

void Runner::rest(executor::Worker &) { pool::flush(Thread::current()); }

}  // namespace sabir::actor
