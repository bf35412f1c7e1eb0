// Muting: senders that wait for room, after core/actor/waiting.cpp and runner.cpp, over the product's queue (core/mailbox/queue.hpp).
//
// A few actors, each run by a worker of its own, send each other more than their mailboxes hold. An actor that was let past a bound
// registers with the receiver by a `wait` signal and suspends itself until the answer. In no schedule may an actor sleep for ever.
//
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "driver.hpp"
#include "mailbox/queue.hpp"
#include "shim.hpp"

namespace sabir::model {

namespace {

using Queue = mailbox::BasicQueue<Platform>;
using mailbox::Wake;

constexpr int max_actors = 3;
constexpr int max_sends = 4;  // of each actor, its first messages included

// The rules that are broken on purpose.
struct MuteRules {
  bool rings = false;  // nobody looks whether an actor comes to wait for itself
  bool rings_looked_for_before = false;  // looked for, and the actor is added later: two may miss each other
  bool answer_on_drain_only = false;  // a registration is kept, and answered when depth is next given back
  bool count_at_rest = false;  // with an empty queue, those who wait are answered only if depth says that there is room
};

struct MuteConfiguration {
  int actors = 2;
  std::int64_t capacity = 1;
  std::int64_t low = 0;
  int first[max_actors] = {};  // messages in each mailbox at the start
  int sends[max_actors] = {};  // that each actor may still send, one or more from a handler
  bool any_receiver = false;  // each to any other actor; else to the next one
  bool several = false;  // a handler may send all that is left
  bool die = false;  // the last actor may die in a handler
  bool refused_sender = false;  // a thread tries to send to the last actor, and gives up if there is no room
  MuteRules rules;
};

class MuteScenario final : public Scenario {
 public:
  explicit MuteScenario(const MuteConfiguration &configuration);
  void at_end() override;

 private:
  enum class Kind : std::uint64_t { wait, room };

  struct Control : Queue::Signal {
    ghost<Kind> kind;  // that signals carry what they carry is the mailbox model's matter
    ghost<std::uint64_t> sender, epoch;
  };

  struct Actor {
    Queue::SendSide send;
    Queue::RunSide run;
    atomic<std::int64_t> depth{0};
    // The runner's.
    plain<Control *> waiting{nullptr};
    ghost<std::uint64_t> muted, epoch, dead, handled, sent, mutings;
    ghost<std::uint64_t> waits_for;  // core/actor/mutes.hpp, whose mutex makes each use one step: the receiver's number and 1, or 0
    // The executor's.
    atomic<std::uint64_t> run_queue{0};
    ghost<std::uint64_t> busy;

    Queue::Node nodes[max_sends];  // that it sends; the first ones are in its mailbox at the start
    Control controls[max_sends];  // with which it registers
  };

  template <int Index>
  static void work(void *self) {
    static_cast<MuteScenario *>(self)->work(Index);
  }
  void work(int self);
  void try_to_send();
  void turn(int self);
  void handle(int self);
  void die(Actor &actor);
  bool send(int self);
  void mute(int self, int receiver);
  void handle_signals(int self);
  void register_waiting(Actor &actor, Control &wait);
  void answer_waiting(Actor &actor);
  void answer(Control &wait);
  void give_depth_back(Actor &actor);
  void signal(Actor &to, Control &control);
  bool has_room(Actor &actor) { return actor.depth.load(std::memory_order_relaxed) <= configuration_.low; }
  bool closes_a_ring(int self, int receiver) const;
  bool over() const;
  static void wake(Actor &actor, Wake wake) {
    if (wake == Wake::yes) actor.run_queue.hand_over(1);
  }

  MuteConfiguration configuration_;
  Actor actors_[max_actors];
  Queue::Node refused_;
  ghost<std::uint64_t> senders_;
};

MuteScenario::MuteScenario(const MuteConfiguration &configuration) : configuration_(configuration) {
  static constexpr const char *heads[] = {"A.head", "B.head", "C.head"}, *signals[] = {"A.signals", "B.signals", "C.signals"};
  static constexpr const char *depths[] = {"A.depth", "B.depth", "C.depth"}, *queues[] = {"A.run_queue", "B.run_queue", "C.run_queue"};
  static constexpr const char *dummies[] = {"A.dummy", "B.dummy", "C.dummy"}, *waits[] = {"wait of A", "wait of B", "wait of C"};
  static constexpr const char *names[] = {"A", "B", "C"}, *messages[] = {"from A", "from B", "from C"};
  for (int i = 0; i < max_actors; i++) {
    Actor &actor = actors_[i];
    Queue::initialize(actor.send, actor.run);
    actor.send.head.name(heads[i]);
    actor.run.signals.name(signals[i]);
    actor.run.dummy.next.name(dummies[i]);
    actor.depth.name(depths[i]);
    actor.run_queue.name(queues[i]);
    actor.send.head.keep_no_history();
    actor.run_queue.keep_no_history();
    name_address(dummies[i], &actor.run.dummy);
    for (Queue::Node &node : actor.nodes) {
      name_address(messages[i], &node);
      node.next.name(messages[i]);
    }
    for (Control &control : actor.controls) name_address(waits[i], &control);
    for (int k = 0; k < configuration.first[i]; k++) {
      wake(actor, Queue::push(actor.send, &actor.nodes[k]));
      actor.depth.fetch_add(1, std::memory_order_relaxed);
    }
    actor.sent = static_cast<std::uint64_t>(configuration.first[i]);
  }
  static constexpr void (*works[])(void *) = {work<0>, work<1>, work<2>};
  for (int i = 0; i < configuration.actors; i++) add_thread(names[i], works[i], this);
  if (configuration.refused_sender) {
    senders_ = 1;
    name_address("refused", &refused_);
    add_thread("refused", [](void *self) { static_cast<MuteScenario *>(self)->try_to_send(); }, this);
  }
}

bool MuteScenario::over() const {
  bool quiet = senders_.newest() == 0;
  for (const Actor &actor : actors_) quiet = quiet && !actor.busy.newest() && !actor.run_queue.newest();
  return quiet;
}

void MuteScenario::work(int self) {
  Actor &actor = actors_[self];
  struct Ready {
    static bool check(void *one) {
      auto *of = static_cast<Ready *>(one);
      return of->scenario->over() || of->actor->run_queue.newest();
    }
    MuteScenario *scenario;
    Actor *actor;
  } ready{this, &actor};
  for (;;) {
    checkpoint(1);
    forget();
    when(Ready::check, &ready);
    if (!actor.run_queue.exchange(0, std::memory_order_acquire)) return;
    actor.busy = 1;
    turn(self);
    actor.busy = 0;
  }
}

// As a thread that does not wait (core/actor/delivery.cpp, admit).
void MuteScenario::try_to_send() {
  Actor &to = actors_[configuration_.actors - 1];
  if (to.depth.fetch_add(1, std::memory_order_relaxed) < configuration_.capacity) {
    wake(to, Queue::push(to.send, &refused_));
  } else {
    to.depth.fetch_sub(1, std::memory_order_relaxed);
    note("is refused");
  }
  senders_ = 0;
}

bool MuteScenario::closes_a_ring(int self, int receiver) const {
  for (std::uint64_t next = static_cast<std::uint64_t>(receiver) + 1; next != 0; next = actors_[next - 1].waits_for.newest())
    if (next == static_cast<std::uint64_t>(self) + 1) return true;
  return false;
}

void MuteScenario::turn(int self) {
  Actor &actor = actors_[self];
  for (;;) {
    checkpoint(2);
    if (Queue::has_signals(actor.run)) handle_signals(self);
    checkpoint(3);
    if (actor.muted && !actor.dead) {
      if (Queue::park(actor.run, [] { return false; })) return;
      continue;
    }
    if (Queue::take(actor.run).node) {
      checkpoint(4);
      handle(self);
      continue;
    }
    checkpoint(5);
    // Empty: what depth still counts is on its way in, or is being refused.
    if (!configuration_.rules.count_at_rest && !configuration_.rules.answer_on_drain_only) answer_waiting(actor);
    checkpoint(6);
    Queue::Node *retired = nullptr;
    const auto rest = Queue::rest(actor.send, actor.run, retired, [] { return false; });
    if (rest == Queue::Rest::idle) return;
    if (rest == Queue::Rest::linking) return wake(actor, Wake::yes);  // looks again later
  }
}

void MuteScenario::handle(int self) {
  Actor &actor = actors_[self];
  note(actor.dead ? "dead-letters a message" : "handles a message");
  give_depth_back(actor);  // small mailbox: before the handler
  if (actor.dead) return;
  if (configuration_.die && self == configuration_.actors - 1 && choice(2)) return die(actor);
  const int first = configuration_.first[self];
  while (actor.sent < static_cast<std::uint64_t>(first + configuration_.sends[self])) {
    checkpoint(7);
    if (!send(self) || !configuration_.several || choice(2)) return;
  }
}

// False: the handler ends here.
bool MuteScenario::send(int self) {
  Actor &actor = actors_[self];
  const int others = configuration_.actors - 1;
  const int receiver = (self + 1 + (configuration_.any_receiver ? choice(others) : 0)) % configuration_.actors;
  Actor &to = actors_[receiver];
  const std::uint64_t number = actor.sent;
  const std::int64_t before = to.depth.fetch_add(1, std::memory_order_relaxed);
  actor.sent = number + 1;
  if (before >= 2 * configuration_.capacity) {
    to.depth.fetch_sub(1, std::memory_order_relaxed);
    note("is refused");
    return false;
  }
  checkpoint(8, static_cast<std::uint64_t>(receiver), before >= configuration_.capacity);
  wake(to, Queue::push(to.send, &actor.nodes[number]));
  if (before < configuration_.capacity) return true;
  checkpoint(9, static_cast<std::uint64_t>(receiver));
  mute(self, receiver);
  return false;
}

void MuteScenario::mute(int self, int receiver) {
  Actor &actor = actors_[self];
  if (!configuration_.rules.rings && closes_a_ring(self, receiver)) {
    note("goes on: the receiver waits for it");
    return;
  }
  // Somebody else may be muted now.
  if (configuration_.rules.rings_looked_for_before) (void)actor.depth.load(std::memory_order_relaxed);
  actor.waits_for = static_cast<std::uint64_t>(receiver) + 1;
  note("is muted");
  const std::uint64_t number = actor.mutings;
  actor.mutings = number + 1;
  actor.epoch = actor.epoch + 1;
  actor.muted = 1;
  Control &wait = actor.controls[number];
  wait.kind = Kind::wait;
  wait.sender = static_cast<std::uint64_t>(self);
  wait.epoch = actor.epoch;
  signal(actors_[receiver], wait);
}

void MuteScenario::die(Actor &actor) {
  note("dies");
  actor.dead = 1;
  actor.waits_for = 0;
  if (!configuration_.rules.answer_on_drain_only) answer_waiting(actor);
}

void MuteScenario::handle_signals(int self) {
  Actor &actor = actors_[self];
  for (auto *next = Queue::take_signals(actor.run); next;) {
    auto &control = static_cast<Control &>(*next);
    next = next->next;
    if (control.kind == Kind::wait) {
      register_waiting(actor, control);
    } else if (control.epoch == actor.epoch) {
      note("goes on: there is room");
      actor.muted = 0;
      actor.waits_for = 0;
    }
  }
}

void MuteScenario::register_waiting(Actor &actor, Control &wait) {
  if (!configuration_.rules.answer_on_drain_only && (actor.dead || has_room(actor))) return answer(wait);
  note("keeps the %s", encode(&wait));
  wait.next = actor.waiting;
  actor.waiting = &wait;
}

void MuteScenario::answer_waiting(Actor &actor) {
  Control *wait = actor.waiting;
  if (!wait) return;
  actor.waiting = nullptr;
  while (wait) {
    auto *next = static_cast<Control *>(static_cast<Queue::Signal *>(wait->next));
    answer(*wait);
    wait = next;
  }
}

void MuteScenario::answer(Control &wait) {
  note("answers the %s", encode(&wait));
  wait.kind = Kind::room;
  signal(actors_[wait.sender], wait);
}

void MuteScenario::give_depth_back(Actor &actor) {
  check(actor.depth.fetch_sub(1, std::memory_order_relaxed) > 0, "depth is negative");
  if (actor.waiting != nullptr && has_room(actor)) answer_waiting(actor);
}

void MuteScenario::signal(Actor &to, Control &control) { wake(to, Queue::signal(to.send, to.run, &control)); }

void MuteScenario::at_end() {
  for (int i = 0; i < configuration_.actors; i++) {
    Actor &actor = actors_[i];
    check(actor.run.signals.newest() == 0, "an actor sleeps for ever, parked for an answer that nobody will give");
    check(actor.send.head.newest() == (encode(&actor.run.dummy) | 1), "a mailbox is not empty");
    check(actor.depth.newest() == 0, "depth is not zero");
    check(actor.waiting.newest() == nullptr, "a registration was never answered");
  }
}

Entry entry(const char *name, const MuteConfiguration &configuration, When when = When::always) {
  return {name, when, [configuration](const Options &options) { return explore<MuteScenario>(configuration, options); }};
}

}  // namespace

}  // namespace sabir::model

int main(int argc, char **argv) {
  using namespace sabir::model;
  const MuteConfiguration pair = {.actors = 2, .first = {1, 1}, .sends = {2, 2}, .several = true};
  const MuteConfiguration ring = {.actors = 3, .first = {1, 1, 1}, .sends = {1, 1, 1}};
  const MuteConfiguration pipeline = {.actors = 3, .first = {2, 1, 1}, .sends = {1, 1, 0}};
  const MuteConfiguration death = {.actors = 2, .first = {1, 1}, .sends = {2, 0}, .several = true, .die = true};
  const MuteConfiguration refused = {.actors = 2, .first = {1, 1}, .sends = {1, 0}, .refused_sender = true};
  auto broken = [](MuteConfiguration configuration, const MuteRules &rules) {
    configuration.rules = rules;
    return configuration;
  };
  return drive(argc, argv,
               {
                   entry("pair", pair),
                   entry("ring", ring, When::large),
                   entry("pipeline", pipeline, When::large),
                   entry("death", death),
                   entry("refused", refused),
                   entry("rule_rings", broken(pair, {.rings = true}), When::named),
                   entry("rule_rings_looked_for_before", broken(pair, {.rings_looked_for_before = true}), When::named),
                   entry("rule_answer_on_drain_only", broken(death, {.answer_on_drain_only = true}), When::named),
                   entry("rule_count_at_rest", broken(refused, {.count_at_rest = true}), When::named),
               });
}
