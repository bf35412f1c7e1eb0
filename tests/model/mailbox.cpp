// SPDX-License-Identifier: Apache-2.0
#include "mailbox.hpp"

namespace sabir::model {

namespace {

constexpr std::uint64_t free_bit = 1u << 31;   // of a generation: nobody's yet

constexpr const char *message_names[] = {"first1", "first2", "second1", "second2", "third1", "start", "last", "spare"};
constexpr const char *control_names[] = {"kill1", "kill2", "resume"};

template <auto Member, class Scenario>
void run_member(void *scenario) {
  (static_cast<Scenario *>(scenario)->*Member)();
}

}  // namespace

MailboxScenario::Message::Message() {
  end_object();
  next.name("next");
  target.name("target");
  counted.name("counted");
}

MailboxScenario::Control::Control() {
  end_object();
  this->next.name("next");
  target.name("target");
}

MailboxScenario::MailboxScenario(const MailboxConfiguration &configuration) : configuration_(configuration) {
  Queue::initialize(send_, run_);
  send_.head.name("head");
  run_.tail.name("tail");
  run_.dummy.next.name("dummy.next");
  run_.signals.name("signals");
  generation_.name("generation");
  depth_.name("depth");
  flag_.name("flag");
  turns_.name("turns");
  incarnation_.name("incarnation");
  suspended_.name("suspended");
  handled_.name("handled");
  held_.name("held");
  run_queue_.name("run_queue");
  free_cell_.name("free_cell");
  send_.head.keep_no_history();   // nobody loads these: there are read-modify-writes only
  run_queue_.keep_no_history();
  free_cell_.keep_no_history();
  name_address("dummy", &run_.dummy);
  for (int i = 0; i < max_messages; i++) describe_object(&messages_[i], message_names[i], 0);
  for (int i = 0; i < control_count; i++) describe_object(&controls_[i], control_names[i], 0);

  auto add = [&](const char *name, void (*run)(void *)) { return add_thread(name, run, this); };
  auto owns = [&](int thread, int first, int count) {
    for (int i = first; i < first + count; i++) describe_object(&messages_[i], message_names[i], thread);
  };
  using Self = MailboxScenario;
  int senders = 0;
  if (configuration.first) {
    owns(add("producer 1", [](void *self) { static_cast<Self *>(self)->produce(0, static_cast<Self *>(self)->configuration_.first); }), 0,
         2);
    senders++;
  }
  if (configuration.second) {
    owns(add("producer 2", [](void *self) { static_cast<Self *>(self)->produce(2, static_cast<Self *>(self)->configuration_.second); }), 2,
         2);
    senders++;
  }
  if (configuration.third) {
    owns(add("producer 3", [](void *self) { static_cast<Self *>(self)->produce(4, 1); }), 4, 1);
    senders++;
  }
  if (configuration.kill) {
    describe_object(&controls_[kill_first], "kill1", add("killer", run_member<&Self::kill_once, Self>));
    senders++;
  }
  if (configuration.nudge) {
    add("shutdown", run_member<&Self::nudge_once, Self>);
    senders++;
  }
  if (configuration.suspend) describe_object(&controls_[resume], "resume", add("resumer", run_member<&Self::resume_once, Self>));
  if (configuration.spawn) {
    const int spawner = add("spawner", run_member<&Self::respawn, Self>);
    owns(spawner, start_message, 2);
    describe_object(&controls_[kill_last], "kill2", spawner);
  }
  senders_ = static_cast<std::uint64_t>(senders);
  add("worker 1", run_member<&Self::work, Self>);
  add("worker 2", run_member<&Self::work, Self>);
}

// ---- who runs the actor, as the atomic words say ----

void MailboxScenario::on_store(int location, std::uint64_t before, std::uint64_t after) {
  const auto self = static_cast<std::uint64_t>(current_thread());
  const Phase phase = phase_.newest();
  const bool running = phase == Phase::running && by_.newest() == self;
  if (location == send_.head.location()) {
    if ((before & 1) && !(after & 1)) {
      check(phase == Phase::idle, "the idle bit is cleared of an actor that is not idle");
      phase_ = Phase::waking;
      by_ = self;
    } else if (!(before & 1) && (after & 1)) {
      check(running, "somebody who is not the runner sets the idle bit");
      phase_ = Phase::idle;
    }
  } else if (location == run_.signals.location()) {
    if (before != 1 && after == 1) {
      check(running, "somebody who is not the runner parks");
      phase_ = Phase::parked;
      must_resume_ = 1;
    } else if (before == 1 && after != 1) {
      check(phase == Phase::parked, "PARKED is replaced of an actor that is not parked");
      phase_ = Phase::waking;
      by_ = self;
    }
  }
}

// Nobody will do anything more.
bool MailboxScenario::over() const {
  const bool quiet = phase_.newest() == Phase::idle || phase_.newest() == Phase::parked;
  const bool can_spawn = configuration_.spawn && !spawned_.newest() && free_cell_.newest();
  return senders_.newest() == 0 && busy_workers_.newest() == 0 && quiet && !can_spawn && !can_resume();
}

// With a nudge, the actor stays suspended until it has looked at the flag.
bool MailboxScenario::can_resume() const {
  return must_resume_.newest() && !resumed_.newest() && (!configuration_.nudge || nudges_.newest());
}

void MailboxScenario::wake(mailbox::Wake wake) {
  if (wake == mailbox::Wake::no) return;
  check(phase_ == Phase::waking && by_ == static_cast<std::uint64_t>(current_thread()), "schedules an actor that it did not wake");
  leave(Phase::queued);
}

// Puts the actor into the run queue.
void MailboxScenario::leave(Phase phase) {
  check(run_queue_.newest() == 0, "the actor is in the run queue twice");
  phase_ = phase;
  run_queue_.hand_over(1);
}

// ---- threads ----

void MailboxScenario::send(int index, std::uint64_t target) {
  Message &message = messages_[index];
  message.made = 1;
  message.target = target;
  message.counted = 0;
  if (generation_.load(std::memory_order_acquire) != target) {   // may be out of date from here on
    record(index, Outcome::dead_letter);
    free_object(&message);
    return;
  }
  if (configuration_.capacity && index != start_message) {
    if (depth_.fetch_add(1, std::memory_order_relaxed) >= configuration_.capacity) {
      depth_.fetch_sub(1, std::memory_order_relaxed);
      record(index, Outcome::refused);
      free_object(&message);
      return;
    }
    message.counted = 1;
  }
  wake(Queue::push(send_, &message));
}

void MailboxScenario::send_signal(ControlName name, std::uint64_t target) {
  Control &control = controls_[name];
  control.made = 1;
  control.target = target;
  wake(Queue::signal(send_, run_, &control));
}

// As a batch of sends does: without a bound, which each message would meet by itself.
void MailboxScenario::send_together(int first, int count, std::uint64_t target) {
  for (int i = first; i < first + count; i++) {
    messages_[i].made = 1;
    messages_[i].target = target;
    messages_[i].counted = 0;
  }
  if (generation_.load(std::memory_order_acquire) != target) {
    for (int i = first; i < first + count; i++) {
      record(i, Outcome::dead_letter);
      free_object(&messages_[i]);
    }
    return;
  }
  for (int i = first; i + 1 < first + count; i++) messages_[i].next.store(&messages_[i + 1], std::memory_order_relaxed);
  wake(Queue::push_all(send_, &messages_[first], &messages_[first + count - 1]));
}

void MailboxScenario::produce(int first, int count) {
  if (configuration_.together && count != 0) {
    checkpoint(10, static_cast<std::uint64_t>(first));
    send_together(first, count, 1);
    senders_ = senders_ - 1;
    return;
  }
  for (int i = first; i < first + count; i++) {
    checkpoint(10, static_cast<std::uint64_t>(i));
    send(i, 1);
  }
  senders_ = senders_ - 1;
}

void MailboxScenario::kill_once() {
  send_signal(kill_first, 1);
  senders_ = senders_ - 1;
}

void MailboxScenario::nudge_once() {
  flag_.store(1, std::memory_order_relaxed);   // what nudge announces
  wake(Queue::nudge(send_, run_));
  senders_ = senders_ - 1;
}

void MailboxScenario::resume_once() {
  wait_until([](void *self) { return static_cast<MailboxScenario *>(self)->can_resume() || static_cast<MailboxScenario *>(self)->over(); },
             this);
  observe(can_resume());
  if (!can_resume()) return;
  resumed_ = 1;
  senders_ = senders_ + 1;
  send_signal(resume, 1);
  senders_ = senders_ - 1;
}

void MailboxScenario::respawn() {
  when([](void *self) { return static_cast<MailboxScenario *>(self)->free_cell_.newest() || static_cast<MailboxScenario *>(self)->over(); },
       this);
  if (!free_cell_.exchange(0, std::memory_order_acquire)) return;   // the first incarnation did not die
  spawned_ = 1;
  senders_ = senders_ + 1;
  const std::uint64_t generation = generation_.load(std::memory_order_relaxed) & ~free_bit;
  generation_.store(generation, std::memory_order_release);   // from here on the pid is good
  if (configuration_.rules.reset_depth) depth_.exchange(0, std::memory_order_relaxed);
  checkpoint(20, generation);
  Message &start = messages_[start_message];
  start.made = 1;
  start.target = generation;
  start.counted = 0;
  wake(Queue::push(send_, &start));
  checkpoint(21, generation);
  send(last_message, generation);
  checkpoint(22, generation);
  if (configuration_.kill_second) {
    killed_second_ = 1;
    send_signal(kill_last, generation);
  }
  senders_ = senders_ - 1;
}

void MailboxScenario::work() {
  auto ready = [](void *self) {
    return static_cast<MailboxScenario *>(self)->run_queue_.newest() || static_cast<MailboxScenario *>(self)->over();
  };
  for (;;) {
    checkpoint(30);
    forget();
    when(ready, this);
    if (!run_queue_.exchange(0, std::memory_order_acquire)) return;
    check(phase_ == Phase::queued, "the actor is run by two workers");
    phase_ = Phase::running;
    by_ = static_cast<std::uint64_t>(current_thread());
    busy_workers_ = busy_workers_ + 1;
    turn();
    busy_workers_ = busy_workers_ - 1;
  }
}

// ---- the runner ----

bool MailboxScenario::must_look() { return configuration_.nudge && flag_.load(std::memory_order_relaxed) != 0; }

void MailboxScenario::turn() {
  turns_ = 0;   // as a runner does before it looks at anything: the run side must have been handed to it by now
  int budget = configuration_.batch;
  for (;;) {
    checkpoint(31, static_cast<std::uint64_t>(budget));
    if (must_look()) {
      flag_.exchange(0, std::memory_order_acquire);
      nudges_ = nudges_ + 1;
    }
    if (Queue::has_signals(run_)) take_signals();
    checkpoint(32, static_cast<std::uint64_t>(budget));
    if (suspended_) {
      give_depth_back();
      if (Queue::park(run_, [this] { return must_look(); })) {
        must_resume_ = 1;   // if park() says so, somebody has to, whatever on_store saw
        return;
      }
      if (phase_ == Phase::waking) phase_ = Phase::running;   // took PARKED back
      continue;
    }
    const auto [node, retired] = Queue::take(run_);
    if (!node) {
      give_depth_back();
      const bool dead = incarnation_ == 0;
      typename Queue::Node *last = nullptr;
      const auto rest = Queue::rest(send_, run_, last, [this] { return must_look(); });
      if (last) free_object(static_cast<Message *>(last));
      if (rest == Queue::Rest::idle) {
        if (dead && configuration_.rules.free_cell_after_idle) give_cell_back();
        return;
      }
      if (rest == Queue::Rest::linking) return leave(Phase::queued);   // a worker looks again later
      check(phase_ == Phase::waking && by_ == static_cast<std::uint64_t>(current_thread()), "goes on with an actor that it does not run");
      phase_ = Phase::running;
      continue;
    }
    if (retired) free_object(static_cast<Message *>(retired));
    auto *message = static_cast<Message *>(node);
    checkpoint(33, static_cast<std::uint64_t>(budget), static_cast<std::uint64_t>(index_of(message)));
    handle(message, index_of(message));
    if (--budget == 0) {
      give_depth_back();
      return leave(Phase::queued);
    }
  }
}

void MailboxScenario::handle(Message *message, int index) {
  const std::uint64_t target = message->target;
  if (message->counted) {
    message->counted = 0;
    handled_ = handled_ + 1;
  }
  if (index == start_message) {
    check(incarnation_ == 0, "an actor is started in a cell whose actor lives");
    incarnation_ = target;
    note("starts the second incarnation");
    record(index, Outcome::handled);
    if (Control *held = held_) {
      held_ = nullptr;
      obey(held);
    }
    return;
  }
  if (target != incarnation_) return record(index, Outcome::dead_letter);
  record(index, Outcome::handled);
  if (configuration_.die && incarnation_ == 1 && choice(2)) return end_incarnation();
  if (configuration_.suspend && incarnation_ == 1 && !must_resume_ && choice(2)) {
    note("suspends");
    suspended_ = 1;
  }
  if (configuration_.detach && choice(2)) take_message(message);
}

// The handler keeps the message that it was given.
void MailboxScenario::take_message(Message *message) {
  note("takes the message");
  Queue::detach(send_, run_, [] { wait_for_newer(); });
  if (!configuration_.forward || message->forwarded || !choice(2)) return free_object(message);
  note("sends it to itself");
  message->forwarded = 1;
  message->outcome = Outcome::none;
  message->target = incarnation_;
  check(Queue::push(send_, message) == mailbox::Wake::no, "a push wakes the actor that runs");
}

void MailboxScenario::take_signals() {
  for (auto *signal = Queue::take_signals(run_); signal;) {
    auto *control = static_cast<Control *>(signal);
    signal = signal->next;
    const std::uint64_t target = control->target;
    if (target == incarnation_) {
      obey(control);
    } else if (incarnation_ == 0 && generation_.load(std::memory_order_acquire) == target && !configuration_.rules.drop_early_kill) {
      check(held_ == nullptr, "two signals for one start");
      note("holds %s until start", encode(control));
      held_ = control;
    } else {
      note("drops %s", encode(control));
      control->outcome = Outcome::dead_letter;
      free_object(control);
    }
  }
}

void MailboxScenario::obey(Control *control) {
  note("obeys %s", encode(control));
  check(control->outcome == Outcome::none, "%s is obeyed twice", encode(control));
  const bool resumes = control == &controls_[resume];
  control->outcome = Outcome::handled;
  free_object(control);
  if (resumes) {
    suspended_ = 0;
  } else {
    end_incarnation();
  }
}

void MailboxScenario::end_incarnation() {
  note("the actor ends");
  const std::uint64_t ended = incarnation_;
  incarnation_ = 0;
  suspended_ = 0;
  ended_ = ended_ + 1;
  generation_.store((ended + 1) | free_bit, std::memory_order_release);
  if (!configuration_.rules.free_cell_after_idle) give_cell_back();
}

void MailboxScenario::give_cell_back() {
  check(free_cell_.newest() == 0, "the cell is on the free list twice");
  check(cells_freed_ < ended_, "the cell is put on the free list more often than its actors end");
  cells_freed_ = cells_freed_ + 1;
  free_cell_.hand_over(1);
}

void MailboxScenario::give_depth_back() {
  if (!configuration_.capacity) return;
  const std::uint64_t handled = handled_;
  if (!handled) return;
  handled_ = 0;
  const auto count = static_cast<std::int64_t>(handled);
  check(depth_.fetch_sub(count, std::memory_order_relaxed) >= count, "depth is negative");
}

void MailboxScenario::record(int index, Outcome outcome) {
  static constexpr const char *texts[] = {"", "handles %s", "dead-letters %s", "is refused %s"};
  Message &message = messages_[index];
  note(texts[static_cast<int>(outcome)], encode(&message));
  check(message.outcome == Outcome::none, "%s is handled or dead-lettered twice", encode(&message));
  message.outcome = outcome;
  if (index >= start_message || message.forwarded || outcome == Outcome::refused) return;
  ghost<std::uint64_t> &last = last_handled_[index / 2];
  check(last < static_cast<std::uint64_t>(index) + 1, "%s is out of order", encode(&message));
  last = static_cast<std::uint64_t>(index) + 1;
}

// ---- when everything has come to rest ----

void MailboxScenario::at_end() {
  check(run_queue_.newest() == 0, "the run queue is not empty");
  check(phase_ == Phase::idle, "the actor is left parked");
  check(send_.head.newest() == (encode(&run_.dummy) | 1) && run_.tail.newest() == &run_.dummy,
        "the queue is not empty: a wake-up was lost");
  check(run_.signals.newest() == 0 && held_.newest() == nullptr, "a signal is left: a wake-up was lost");
  check(depth_.newest() == 0, "depth is not zero");
  check(flag_.newest() == 0, "nobody looked at the flag: a nudge was lost");
  check(cells_freed_ == ended_, "the cell was not put on the free list once for each incarnation that ended");
  for (Message &message : messages_) {
    if (!message.made) continue;
    check(message.outcome != Outcome::none, "%s vanished", encode(&message));
    check(object_is_freed(&message), "%s leaks", encode(&message));
  }
  for (Control &control : controls_) {
    if (!control.made) continue;
    check(control.outcome != Outcome::none, "%s vanished", encode(&control));
    check(object_is_freed(&control), "%s leaks", encode(&control));
  }
  if (killed_second_) check(incarnation_.newest() == 0, "the second incarnation outlives its kill");
}

Result explore_mailbox(const MailboxConfiguration &configuration, const Options &options) {
  return explore<MailboxScenario>(configuration, options);
}

}  // namespace sabir::model
