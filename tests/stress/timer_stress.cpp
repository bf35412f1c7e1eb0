// Foreign threads and actors arm timers at actors and at a port, cancel some, at once or late, and let the rest fire, while actors stop,
// crash (half of them are restarted in place, half are replaced), and are killed. No timer fires early, none fires twice or after a
// cancel that said OK; each that a thread armed is received, cancelled or a dead letter, and all memory comes back.
// --messages is the number of timers.
//
// SPDX-License-Identifier: Apache-2.0
#include "stress.hpp"

#include <array>
#include <atomic>
#include <deque>
#include <string>
#include <thread>
#include <vector>

namespace {

// A timer's type is its record's number, and these are the types of others.
enum : sabir_type { GO = UINT64_C(1) << 40, STOP, CRASH };

constexpr std::uint32_t actor_count = 16;  // the lower half is supervised
constexpr std::uint32_t thread_count = 4;
constexpr std::uint32_t delay_most_ns = 3'000'000;
constexpr std::uint64_t message_bytes_most = 1 << 20;  // that threads may keep for their next messages

// What has become of a timer: one bit each, set once.
enum : std::uint32_t { RECEIVED = 1, CANCELLED = 2, DEAD_LETTER = 4, RELEASED = 8 };

enum class owner : std::uint8_t { thread, actor };

struct record {
  std::atomic<std::uint64_t> due_ns{0};      // of one that repeats: when it was armed
  std::atomic<std::uint64_t> interval_ns{0}; // 0: it fires once
  std::atomic<std::uint64_t> count{0};       // of intervals received
  std::atomic<std::uint32_t> fate{0}, late{0}; // late: receptions that were under way when it was cancelled
  std::atomic<bool> armed{false}, wrapped{false};
  owner who = owner::thread;
  std::uint64_t incarnation = 0; // of the actor
  std::array<char, 8> bytes{};  // what a wrapped message holds
};

struct world {
  explicit world(std::uint64_t timers) : records(timers) {}
  sabir_system *system = nullptr;
  sabir_behavior *behavior = nullptr;
  sabir_port *port = nullptr;
  sabir_pid port_pid = 0;
  std::uint64_t seed = 0;
  std::atomic<sabir_pid> pids[actor_count];
  std::vector<record> records;
  std::atomic<std::uint64_t> next{0}, incarnations{0}, starts{0}, stops{0}, drops{0}, spawned{0};
  std::atomic<bool> end{false};
};

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

// The next record, or none when all are used up.
record *take_record(world &where, owner who) {
  if (where.next.load(std::memory_order_relaxed) >= where.records.size()) return nullptr;
  const std::uint64_t number = where.next.fetch_add(1);
  if (number >= where.records.size()) return nullptr;
  where.records[number].who = who;
  return &where.records[number];
}

sabir_type type_of(const world &where, const record &timer) { return static_cast<sabir_type>(&timer - where.records.data()); }

void release(void *data, std::size_t, std::uintptr_t argument) {
  record &timer = *reinterpret_cast<record *>(argument);
  STRESS_CHECK(data == timer.bytes.data());
  STRESS_EQUAL(timer.fate.fetch_or(RELEASED) & RELEASED, 0);
}

sabir_message *message_of(const world &where, record &timer, stress::random &random) {
  sabir_message *message = nullptr;
  if (random.one_in(2)) {
    timer.wrapped.store(true);
    STRESS_OK(sabir_message_wrap(type_of(where, timer), timer.bytes.data(), timer.bytes.size(), release,
                                 reinterpret_cast<std::uintptr_t>(&timer), &message));
  } else {
    STRESS_OK(sabir_message_create(type_of(where, timer), random.below(300), &message));
  }
  return message;
}

// Of an actor or the port, for each timer's message it gets.
void receive_timer(world &where, const sabir_message *message) {
  const std::uint64_t received_ns = now_ns();
  STRESS_CHECK(sabir_message_type(message) < where.records.size());
  record &timer = where.records[sabir_message_type(message)];
  STRESS_CHECK(sabir_message_ref(message) != 0);
  STRESS_EQUAL(sabir_message_sender(message) == 0, timer.who == owner::thread);
  const std::uint32_t fate = timer.fate.fetch_or(RECEIVED);
  const std::uint64_t interval_ns = timer.interval_ns.load();
  if (interval_ns == 0) {
    STRESS_EQUAL(fate & (RECEIVED | CANCELLED), 0);
    STRESS_EQUAL(sabir_message_count(message), 1);
    STRESS_CHECK(received_ns >= timer.due_ns.load());
  } else {
    // The one reception that had begun when the cancel said OK may come to this line after it.
    if (fate & CANCELLED) STRESS_EQUAL(timer.late.fetch_add(1), 0);
    STRESS_CHECK(sabir_message_count(message) > 0);
    const std::uint64_t count = timer.count.fetch_add(sabir_message_count(message)) + sabir_message_count(message);
    STRESS_CHECK(received_ns >= timer.due_ns.load() + count * interval_ns);
  }
}

// Calls cancel() and checks what it says: what it ends has not been received, nor cancelled, nor lost. (One that repeats may have been
// received, or lost by a crash, before.)
template <typename Cancel>
void cancel_timer(record &timer, Cancel cancel) {
  const sabir_status status = cancel();
  if (status != SABIR_OK) {
    STRESS_EQUAL(static_cast<std::int64_t>(status), SABIR_E_NO_REF);
    return;
  }
  const std::uint32_t fate = timer.fate.fetch_or(CANCELLED);
  STRESS_EQUAL(fate & CANCELLED, 0);
  if (timer.interval_ns.load() == 0) STRESS_EQUAL(fate & (RECEIVED | DEAD_LETTER), 0);
}

bool gone(sabir_status status) { return status == SABIR_E_DEAD || status == SABIR_E_CLOSED; }

// Arms one of either kind. after(message, delay) and every(type, interval) make the call.
template <typename After, typename Every>
bool arm(const world &where, record &timer, stress::random &random, bool repeats, After after, Every every) {
  sabir_status status;
  if (repeats) {
    timer.interval_ns.store(1'000'000 + random.below(delay_most_ns));
    timer.due_ns.store(now_ns());
    status = every(type_of(where, timer), timer.interval_ns.load());
  } else {
    const std::uint64_t delay_ns = random.one_in(8) ? 0 : random.one_in(50) ? 3'600'000'000'000 : random.below(delay_most_ns);
    sabir_message *message = message_of(where, timer, random);
    timer.due_ns.store(now_ns() + delay_ns);
    status = after(&message, delay_ns);
    STRESS_EQUAL(message == nullptr, status == SABIR_OK);
    sabir_message_destroy(&message);
  }
  STRESS_CHECK(status == SABIR_OK || gone(status));
  timer.armed.store(status == SABIR_OK);
  return status == SABIR_OK;
}

// One incarnation of an actor.
struct actor {
  world *where;
  std::uint64_t incarnation;
  stress::random random;
  struct own {
    record *timer;
    sabir_ref ref;
  };
  std::deque<own> timers;
};

sabir_pid any_target(const world &where, stress::random &random) {
  return random.one_in(5) ? where.port_pid : where.pids[random.below(actor_count)].load();
}

void arm_own(actor &self, sabir_context *context, bool repeats) {
  world &where = *self.where;
  record *timer = take_record(where, owner::actor);
  if (timer == nullptr) return;
  timer->incarnation = self.incarnation;
  // What repeats goes to the actor itself: it ends with it.
  const sabir_pid to = repeats || self.random.one_in(2) ? sabir_context_self(context) : any_target(where, self.random);
  sabir_ref ref = 0;
  const bool armed = arm(
      where, *timer, self.random, repeats,
      [&](sabir_message **message, std::uint64_t delay_ns) { return sabir_context_timer_after(context, to, message, delay_ns, &ref); },
      [&](sabir_type type, std::uint64_t interval_ns) { return sabir_context_timer_every(context, to, type, interval_ns, &ref); });
  STRESS_EQUAL(armed, ref != 0);
  if (armed) self.timers.push_back({timer, ref});
}

void cancel_own(actor &self, sabir_context *context) {
  if (self.timers.empty()) return;
  const actor::own own = self.random.one_in(2) ? self.timers.front() : self.timers.back();
  if (own.ref == self.timers.front().ref)
    self.timers.pop_front();
  else
    self.timers.pop_back();
  cancel_timer(*own.timer, [&] { return sabir_context_timer_cancel(context, own.ref); });
}

sabir_status start(sabir_context *context, std::uintptr_t argument, std::uintptr_t *state) {
  world &where = *reinterpret_cast<world *>(argument);
  const std::uint64_t incarnation = where.incarnations.fetch_add(1) + 1;
  auto *self = new actor{&where, incarnation, stress::random(stress::mix(where.seed, 1000 + incarnation)), {}};
  where.starts.fetch_add(1);
  *state = reinterpret_cast<std::uintptr_t>(self);
  arm_own(*self, context, true);
  return SABIR_OK;
}

sabir_status receive(sabir_context *context, std::uintptr_t state, sabir_message **message) {
  actor &self = *reinterpret_cast<actor *>(state);
  if (sabir_message_kind(*message) == SABIR_KIND_TIMER) {
    receive_timer(*self.where, *message);
    // What an incarnation armed does not come to the next one.
    if (sabir_message_sender(*message) == sabir_context_self(context))
      STRESS_EQUAL(self.where->records[sabir_message_type(*message)].incarnation, self.incarnation);
    if (self.random.one_in(4)) arm_own(self, context, false);
    if (self.random.one_in(6)) cancel_own(self, context);
    if (self.random.one_in(1000)) return sabir_context_stop(context);
    if (self.random.one_in(1000)) return 7;
    return SABIR_OK;
  }
  switch (sabir_message_type(*message)) {
    case GO: arm_own(self, context, false); return SABIR_OK;
    case STOP: return sabir_context_stop(context);
    case CRASH: return 5;
    default: stress::fail(__FILE__, __LINE__, "a type of ours", sabir_message_type(*message), 0);
  }
}

void stop(sabir_context *, std::uintptr_t state, const sabir_exit *) {
  const std::unique_ptr<actor> self(reinterpret_cast<actor *>(state));
  self->where->stops.fetch_add(1);
}

void drop(std::uintptr_t argument) { reinterpret_cast<world *>(argument)->drops.fetch_add(1); }

sabir_spawn_options options_of(world &where) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  options.argument = reinterpret_cast<std::uintptr_t>(&where);
  options.drop = drop;
  return options;
}

void spawn(world &where, std::uint32_t slot) {
  const sabir_spawn_options options = options_of(where);
  sabir_pid pid = 0;
  STRESS_OK(sabir_spawn(where.system, where.behavior, &options, &pid, nullptr));
  where.spawned.fetch_add(1);
  where.pids[slot].store(pid);
}

void supervise(world &where, std::uint32_t slot) {
  const sabir_spawn_options options = options_of(where);
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  spec.spawn = &options;
  sabir_pid pid = 0;
  STRESS_OK(sabir_supervise(where.system, 0, std::to_string(slot).c_str(), where.behavior, &spec, &pid, nullptr));
  where.spawned.fetch_add(1);
  where.pids[slot].store(pid);
}

// A dead letter of a timer: once for what did not repeat, and never for what was cancelled.
void see_dead_letter(std::uintptr_t argument, sabir_pid, std::int32_t cause, const sabir_message *message) {
  world &where = *reinterpret_cast<world *>(argument);
  if (sabir_message_kind(message) != SABIR_KIND_TIMER) return;
  STRESS_CHECK(sabir_message_type(message) < where.records.size());
  record &timer = where.records[sabir_message_type(message)];
  const std::uint32_t fate = timer.fate.fetch_or(DEAD_LETTER);
  if (timer.interval_ns.load() != 0) return;
  STRESS_EQUAL(fate & (DEAD_LETTER | CANCELLED), 0);
  if (fate & RECEIVED) STRESS_EQUAL(cause, SABIR_CAUSE_CRASHED);  // by what its own handler returned
}

class arming {
 public:
  arming(world &where, std::uint64_t seed) : where_(where), random_(seed) {}

  void run() {
    while (record *timer = take_record(where_, owner::thread)) {
      arm_one(*timer);
      if (random_.one_in(3)) cancel_one();
      if (random_.one_in(20)) disturb();
      // Slow enough that timers fire between others that are armed.
      if (random_.one_in(500)) std::this_thread::sleep_for(std::chrono::microseconds(random_.below(2000)));
    }
    // What repeats would go on for ever; the rest is left to fire, but for what is very late.
    for (const armed &one : armed_) cancel(one);
  }

 private:
  static constexpr std::uint32_t recent_count = 32;

  struct armed {
    record *timer;
    sabir_ref ref;
  };

  void arm_one(record &timer) {
    const sabir_pid to = any_target(where_, random_);
    sabir_ref ref = 0;
    const bool ok = arm(
        where_, timer, random_, random_.one_in(5000),
        [&](sabir_message **message, std::uint64_t delay_ns) { return sabir_timer_after(where_.system, to, message, delay_ns, &ref); },
        [&](sabir_type type, std::uint64_t interval_ns) { return sabir_timer_every(where_.system, to, type, interval_ns, &ref); });
    STRESS_EQUAL(ok, ref != 0);
    if (!ok) return;
    const bool at_the_end = timer.interval_ns.load() != 0 || timer.due_ns.load() > now_ns() + 60'000'000'000;
    if (at_the_end)
      armed_.push_back({&timer, ref});
    else
      recent_[random_.below(recent_count)] = {&timer, ref};  // its predecessor there is left to fire
  }

  void cancel(const armed &one) {
    cancel_timer(*one.timer, [&] { return sabir_timer_cancel(where_.system, one.ref); });
  }

  void cancel_one() {
    armed &one = recent_[random_.below(recent_count)];
    if (one.timer == nullptr) return;
    cancel(one);
    STRESS_EQUAL(static_cast<std::int64_t>(sabir_timer_cancel(where_.system, one.ref)), SABIR_E_NO_REF);
    one = {nullptr, 0};
  }

  // Makes an actor arm, stop or crash, or kills it; replaces it if it is gone for good.
  void disturb() {
    const std::uint32_t slot = random_.below(actor_count);
    const sabir_pid pid = where_.pids[slot].load();
    if (random_.one_in(20)) {
      const sabir_status killed = sabir_actor_kill(where_.system, pid);
      STRESS_CHECK(killed == SABIR_OK || killed == SABIR_E_DEAD);
      return;
    }
    const sabir_status status = sabir_send_bytes(where_.system, pid,
                                                 random_.one_in(20)   ? STOP
                                                 : random_.one_in(20) ? CRASH
                                                                      : GO,
                                                 nullptr, 0);
    STRESS_CHECK(status == SABIR_OK || status == SABIR_E_DEAD || status == SABIR_E_MAILBOX_FULL);
    if (status == SABIR_E_DEAD) {
      STRESS_CHECK(slot >= actor_count / 2);  // the supervised ones keep their pids
      spawn(where_, slot);
    }
  }

  world &where_;
  stress::random random_;
  std::array<armed, recent_count> recent_{};
  std::vector<armed> armed_;
};

void read_port(world &where) {
  while (!where.end.load()) {
    sabir_message *message = nullptr;
    const sabir_status status = sabir_port_receive(where.port, 1'000'000, &message);
    if (status == SABIR_E_TIMEOUT) continue;
    STRESS_OK(status);
    STRESS_EQUAL(sabir_message_kind(message), SABIR_KIND_TIMER);
    receive_timer(where, message);
    sabir_message_destroy(&message);
  }
}

sabir_system *make_system() {
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  options.workers = 2;
  options.root_intensity = SABIR_INTENSITY_MAX;
  sabir_system *system = nullptr;
  STRESS_OK(sabir_system_create(&options, &system, nullptr));
  STRESS_OK(sabir_log_set_level(system, SABIR_LOG_OFF));
  return system;
}

// Each timer that a thread armed and that does not repeat has come to one end.
bool all_ended(const world &where) {
  for (const record &timer : where.records)
    if (timer.armed.load() && timer.who == owner::thread && timer.interval_ns.load() == 0 &&
        (timer.fate.load() & (RECEIVED | CANCELLED | DEAD_LETTER)) == 0)
      return false;
  return true;
}

void check_records(const world &where) {
  std::uint64_t received = 0, cancelled = 0, dead = 0, died = 0;
  for (const record &timer : where.records) {
    const std::uint32_t fate = timer.fate.load();
    STRESS_EQUAL((fate & RELEASED) != 0, timer.wrapped.load());
    if (!timer.armed.load()) STRESS_EQUAL(fate & (RECEIVED | CANCELLED | DEAD_LETTER), 0);
    if (timer.interval_ns.load() == 0) STRESS_CHECK((fate & (RECEIVED | CANCELLED)) != (RECEIVED | CANCELLED));
    received += (fate & RECEIVED) != 0;
    cancelled += (fate & CANCELLED) != 0;
    dead += (fate & (RECEIVED | DEAD_LETTER)) == DEAD_LETTER;
    died += timer.armed.load() && (fate & (RECEIVED | CANCELLED | DEAD_LETTER)) == 0;
  }
  std::printf("%llu received, %llu cancelled, %llu dead letters, %llu ended with their actor, %llu incarnations\n",
              static_cast<unsigned long long>(received), static_cast<unsigned long long>(cancelled), static_cast<unsigned long long>(dead),
              static_cast<unsigned long long>(died), static_cast<unsigned long long>(where.starts.load()));
}

}  // namespace

int main(int argc, char **argv) {
  const stress::arguments arguments(argc, argv, 200'000, "timers");
  const auto where = std::make_unique<world>(arguments.messages);
  where->seed = arguments.seed;
  where->system = make_system();
  const std::uint64_t before_bytes = stress::counters_of(where->system).message_bytes;
  STRESS_OK(sabir_port_create(where->system, nullptr, &where->port, nullptr));
  where->port_pid = sabir_port_pid(where->port);
  sabir_ref subscription = 0;
  STRESS_OK(
      sabir_dead_letter_subscribe(where->system, see_dead_letter, reinterpret_cast<std::uintptr_t>(where.get()), nullptr, &subscription));
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("timed");
  callbacks.start = start;
  callbacks.receive = receive;
  callbacks.stop = stop;
  STRESS_OK(sabir_behavior_create(&callbacks, &where->behavior));
  // Their starts look at all pids: none of them may be 0 while others run.
  for (std::uint32_t slot = 0; slot < actor_count; ++slot) where->pids[slot].store(where->port_pid);
  for (std::uint32_t slot = 0; slot < actor_count; ++slot) slot < actor_count / 2 ? supervise(*where, slot) : spawn(*where, slot);

  std::thread reading([&where] { read_port(*where); });
  std::deque<arming> armings;
  std::vector<std::thread> threads;
  for (std::uint32_t thread = 0; thread < thread_count; ++thread) {
    arming &arming = armings.emplace_back(*where, stress::mix(arguments.seed, thread));
    threads.emplace_back([&arming] { arming.run(); });
  }
  for (std::thread &thread : threads) thread.join();
  stress::eventually("every timer of a thread has ended", [&where] { return all_ended(*where); });
  where->end.store(true);
  reading.join();
  sabir_port_destroy(&where->port);
  sabir_behavior_destroy(&where->behavior);
  const sabir_counters counters = stress::end_system(where->system);
  check_records(*where);
  STRESS_EQUAL(where->starts.load(), where->stops.load());
  STRESS_EQUAL(counters.started, counters.stopped);
  STRESS_EQUAL(where->drops.load(), where->spawned.load());
  STRESS_CHECK(counters.message_bytes <= before_bytes + message_bytes_most);
  return 0;
}
