// A tree of supervisors of every strategy, on several executors, under fire: its actors crash, exit, refuse to start, are unhealthy, send
// and ask each other; threads stop, drain, kill, restart and delete them, make new ones, end whole supervisors, and send and ask meanwhile.
// Half way through all come to rest, and nobody must be lost then; the system is shut down while all of that goes on again. --seconds is
// for how long.
//
// SPDX-License-Identifier: Apache-2.0
#include "stress.hpp"

#include <atomic>
#include <initializer_list>
#include <string>
#include <vector>

namespace {

enum : sabir_type { WORK = 1, ANSWER, CRASH, EXIT, TYPES };

constexpr std::uint32_t supervisor_slots = 24;
constexpr std::uint32_t child_slots = 400;
constexpr std::uint32_t thread_count = 4;

// A slot may hold a pid that is stale, and several slots the same one.
struct world {
  sabir_system *system = nullptr;
  sabir_behavior *behavior = nullptr;
  sabir_executor *executors[3] = {};  // and the default arena
  std::uint64_t seed = 0;
  std::atomic<sabir_pid> supervisors[supervisor_slots];
  std::atomic<sabir_pid> children[child_slots];
  std::atomic<std::uint64_t> names{0}, incarnations{0};
  std::atomic<std::uint64_t> handed{0}, drops{0}, starts{0}, stops{0}, crashes{0};
  std::atomic<std::uint64_t> begun{0}, ended{0};
  std::atomic<bool> calm{false};  // nobody breaks anything
};

// Which statuses a call may give while the tree changes under it.
void expect(const char *call, sabir_status status, std::initializer_list<sabir_status> allowed) {
  if (status == SABIR_OK || status == SABIR_E_CLOSED) return;
  for (const sabir_status one : allowed)
    if (status == one) return;
  stress::fail(call, 0, sabir_status_name(status), static_cast<std::uint64_t>(status), 0);
}

// The argument of a child: freed by its drop, so that a second drop would be seen.
struct birth {
  world *where;
  std::atomic<std::uint32_t> live{0};
};

struct actor {
  birth *from;
  world *where;
  stress::random random;
};

void drop(std::uintptr_t argument) {
  const std::unique_ptr<birth> gone(reinterpret_cast<birth *>(argument));
  STRESS_EQUAL(gone->live.load(), 0);
  gone->where->drops.fetch_add(1);
}

sabir_status start(sabir_context *, std::uintptr_t argument, std::uintptr_t *state) {
  auto *from = reinterpret_cast<birth *>(argument);
  world &where = *from->where;
  const std::uint64_t number = where.incarnations.fetch_add(1);
  stress::random random(stress::mix(where.seed, number));
  if (random.one_in(40) && !where.calm.load()) return 7;
  STRESS_EQUAL(from->live.fetch_add(1), 0);  // one incarnation at a time
  where.starts.fetch_add(1);
  *state = reinterpret_cast<std::uintptr_t>(new actor{from, &where, random});
  return SABIR_OK;
}

void stop(sabir_context *context, std::uintptr_t state, const sabir_exit *) {
  const std::unique_ptr<actor> self(reinterpret_cast<actor *>(state));
  if (self->random.one_in(4)) {
    const sabir_status status =
        sabir_context_send_bytes(context, self->where->children[self->random.below(child_slots)].load(), WORK, nullptr, 0);
    expect("a send in stop", status, {SABIR_E_DEAD, SABIR_E_NO_ACTOR, SABIR_E_MAILBOX_FULL});
  }
  self->where->stops.fetch_add(1);
  STRESS_EQUAL(self->from->live.fetch_sub(1), 1);
}

std::int32_t failed(sabir_context *, std::uintptr_t state, const sabir_exit *exit) {
  actor &self = *reinterpret_cast<actor *>(state);
  STRESS_EQUAL(sabir_exit_reason(exit), SABIR_EXIT_CRASHED);
  self.where->crashes.fetch_add(1);
  if (self.random.one_in(3)) return SABIR_DECISION_DEFAULT;
  return static_cast<std::int32_t>(self.random.below(self.random.one_in(8) ? 6 : SABIR_DECISION_ESCALATE));  // escalations are rare
}

std::uint32_t health(sabir_context *, std::uintptr_t state) {
  actor &self = *reinterpret_cast<actor *>(state);
  if (self.where->calm.load()) return SABIR_HEALTH_OK;
  return self.random.one_in(20) ? SABIR_HEALTH_FAILED : self.random.one_in(10) ? SABIR_HEALTH_DEGRADED : SABIR_HEALTH_OK;
}

void answer(sabir_context *context, const sabir_message *message) {
  const sabir_status status = sabir_context_reply_bytes(context, ANSWER, nullptr, 0);
  STRESS_CHECK(status == SABIR_OK || status == SABIR_E_NO_ASK || sabir_message_ref(message) == 0);
}

sabir_status receive(sabir_context *context, std::uintptr_t state, sabir_message **message) {
  actor &self = *reinterpret_cast<actor *>(state);
  const std::int32_t kind = sabir_message_kind(*message);
  if (kind == SABIR_KIND_REPLY || kind == SABIR_KIND_FAILURE) return SABIR_OK;
  const sabir_pid other = self.where->children[self.random.below(child_slots)].load();
  switch (sabir_message_type(*message)) {
    case WORK:
      if (self.random.one_in(2) || self.where->calm.load()) return SABIR_OK;
      if (self.random.one_in(4)) {
        sabir_message *question = nullptr;
        sabir_ref ref = 0;
        STRESS_OK(sabir_message_create(ANSWER, 0, &question));
        const sabir_status status = sabir_context_ask(context, other, &question, 1 + self.random.below(1'000'000), &ref);
        expect("an ask inside", status, {SABIR_E_DEAD, SABIR_E_NO_ACTOR, SABIR_E_MAILBOX_FULL, SABIR_E_WOULD_DEADLOCK, SABIR_E_LIMIT});
        sabir_message_destroy(&question);
      } else {
        expect("a send inside", sabir_context_send(context, other, message), {SABIR_E_DEAD, SABIR_E_NO_ACTOR, SABIR_E_MAILBOX_FULL});
      }
      return SABIR_OK;
    case ANSWER: answer(context, *message); return SABIR_OK;
    case CRASH: return 5;
    case EXIT: return sabir_context_stop(context);
    default: stress::fail(__FILE__, __LINE__, "a type of ours", sabir_message_type(*message), 0);
  }
}

void done(std::uintptr_t argument, sabir_ref, sabir_status, sabir_message **) { reinterpret_cast<world *>(argument)->ended.fetch_add(1); }

// One thread that does all kinds of things until all is calm, or the system is closed.
class hand {
 public:
  hand(world &where, std::uint64_t seed) : where_(where), random_(seed) {}

  void run() {
    while (!where_.calm.load() && sabir_actor_status(where_.system, sabir_supervisor_root(where_.system)) == SABIR_OK) {
      const std::uint32_t what = random_.below(1000);
      if (what < 600) {
        send();
      } else if (what < 800) {
        ask();
      } else if (what < 880) {
        end_one();
      } else if (what < 960) {
        do_to_one();
      } else if (what < 980) {
        list();
      } else if (what < 990) {
        make_child(true);
      } else if (what < 998) {
        make_child(false);
      } else {
        end_supervisor();
      }
    }
  }

  // A supervisor in that slot, under one that stands before it, or the root.
  void make_supervisor(std::uint32_t slot) {
    sabir_supervisor_options options = SABIR_SUPERVISOR_OPTIONS_INIT;
    sabir_child_spec spec = SABIR_CHILD_SPEC_INIT, child = SABIR_CHILD_SPEC_INIT;
    options.strategy = random_.below(4);
    options.intensity = random_.one_in(3) ? 3 : 1000;
    options.period_ns = 100'000'000;
    spec.restart = random_.below(3);
    spec.supervisor = &options;
    sabir_health_options watched = SABIR_HEALTH_OPTIONS_INIT;
    if (options.strategy == SABIR_SIMPLE_ONE_FOR_ONE) {
      fill(child, watched);
      options.child_behavior = where_.behavior;
      options.child = &child;
    } else {
      options.auto_shutdown = random_.one_in(8) ? 1 + random_.below(2) : 0;
    }
    const sabir_pid parent = slot == 0 ? 0 : where_.supervisors[random_.below(slot)].load();
    const std::string id = "s" + std::to_string(where_.names.fetch_add(1));
    sabir_pid pid = 0;
    const sabir_status status = sabir_supervise(where_.system, parent, id.c_str(), nullptr, &spec, &pid, nullptr);
    // INVALID: the parent is simple_one_for_one, whose children have no ids
    expect("supervise a supervisor", status, {SABIR_E_DEAD, SABIR_E_INVALID, SABIR_E_NO_ACTOR});
    if (pid != 0) where_.supervisors[slot].store(pid);
  }

  // A child somewhere; wait: for its start.
  void make_child(bool wait) {
    sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
    sabir_health_options watched = SABIR_HEALTH_OPTIONS_INIT;
    sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
    sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
    const bool named = !random_.one_in(4);
    fill(spec, watched);
    if (named && spec.restart != SABIR_PERMANENT) spec.significant = random_.one_in(4);
    mailbox.capacity = 1 + random_.below(256);
    mailbox.overflow = random_.one_in(8) ? SABIR_OVERFLOW_BLOCK : SABIR_OVERFLOW_REJECT;
    mailbox.block_timeout_ns = 1'000'000;
    spawn.argument = reinterpret_cast<std::uintptr_t>(new birth{&where_});
    spawn.drop = drop;
    if (named) {
      const std::uint32_t executor = random_.below(4);
      spawn.executor = executor < 3 ? where_.executors[executor] : nullptr;
      spawn.mailbox = &mailbox;
    }
    spec.spawn = &spawn;
    const std::string id = "c" + std::to_string(where_.names.fetch_add(1));
    where_.handed.fetch_add(1);
    if (wait) {
      sabir_pid pid = 0;
      const sabir_status status = sabir_supervise(where_.system, supervisor(), named ? id.c_str() : nullptr,
                                                  named ? where_.behavior : nullptr, &spec, &pid, nullptr);
      // INVALID: with an id for a simple_one_for_one supervisor, without one for another
      expect("supervise", status, {SABIR_E_DEAD, SABIR_E_NO_ACTOR, SABIR_E_INVALID, SABIR_E_START_FAILED, SABIR_E_TIMEOUT});
      if (pid != 0) where_.children[random_.below(child_slots)].store(pid);
      return;
    }
    sabir_message *request = nullptr;
    const sabir_status status =
        sabir_request_supervise(where_.system, named ? id.c_str() : nullptr, named ? where_.behavior : nullptr, &spec, &request, nullptr);
    expect("request", status, {});
    if (status != SABIR_OK) return;
    begin(supervisor(), request);
    sabir_message_destroy(&request);
  }

 private:
  // A random spec, of which health may become a part.
  void fill(sabir_child_spec &spec, sabir_health_options &watched) {
    spec.restart = random_.below(3);
    spec.redeliveries = random_.below(3);
    spec.shutdown_ns = random_.one_in(8) ? SABIR_CHILD_SHUTDOWN_KILL : 0;
    if (random_.one_in(4)) {
      spec.backoff_initial_ns = 1 + random_.below(2'000'000);
      spec.backoff_max_ns = 4'000'000;
      spec.backoff_jitter_percent = random_.below(101);
    }
    if (random_.one_in(4)) {
      watched.interval_ns = 1'000'000 + random_.below(5'000'000);
      watched.threshold = 1 + random_.below(3);
      spec.health = &watched;
    }
  }

  sabir_pid supervisor() { return where_.supervisors[random_.below(supervisor_slots)].load(); }
  sabir_pid child() { return where_.children[random_.below(child_slots)].load(); }

  void send() {
    // Crashes and exits are rare among messages.
    const sabir_type type = random_.one_in(50) ? CRASH : random_.one_in(100) ? EXIT : WORK;
    expect("send", sabir_send_bytes(where_.system, child(), type, nullptr, 0), {SABIR_E_DEAD, SABIR_E_NO_ACTOR, SABIR_E_MAILBOX_FULL});
  }

  void ask() {
    sabir_message *message = nullptr, *reply = nullptr;
    STRESS_OK(sabir_message_create(random_.one_in(50) ? CRASH : ANSWER, 0, &message));
    const sabir_pid to = child();
    if (random_.one_in(4)) {
      const sabir_status status = sabir_ask(where_.system, to, &message, 1 + random_.below(2'000'000), &reply);
      expect("ask", status, {SABIR_E_DEAD, SABIR_E_NO_ACTOR, SABIR_E_MAILBOX_FULL, SABIR_E_TIMEOUT, SABIR_E_CRASHED, SABIR_E_UNANSWERED});
      sabir_message_destroy(&reply);
    } else {
      begin(to, message);
    }
    sabir_message_destroy(&message);
  }

  // Begins an ask; a message that was not accepted stays the caller's.
  void begin(sabir_pid to, sabir_message *&message) {
    where_.begun.fetch_add(1);
    const sabir_status status =
        sabir_ask_begin(where_.system, to, &message, 5'000'000'000, done, reinterpret_cast<std::uintptr_t>(&where_), nullptr);
    if (status != SABIR_OK) where_.ended.fetch_add(1);
    expect("ask_begin", status, {SABIR_E_DEAD, SABIR_E_NO_ACTOR, SABIR_E_MAILBOX_FULL, SABIR_E_LIMIT, SABIR_E_TIMEOUT});
  }

  void end_one() {
    sabir_status (*const ends[])(sabir_system *, sabir_pid) = {sabir_actor_kill, sabir_actor_stop, sabir_actor_drain};
    expect("end", ends[random_.below(3)](where_.system, child()), {SABIR_E_DEAD, SABIR_E_NO_ACTOR});
  }

  void end_supervisor() {
    sabir_status (*const ends[])(sabir_system *, sabir_pid) = {sabir_actor_kill, sabir_actor_stop};
    expect("end a supervisor", ends[random_.below(2)](where_.system, supervisor()), {SABIR_E_DEAD, SABIR_E_NO_ACTOR});
    for (std::uint32_t slot = 0; slot < supervisor_slots; ++slot)
      if (sabir_actor_status(where_.system, where_.supervisors[slot].load()) != SABIR_OK) make_supervisor(slot);
  }

  // One of a supervisor's own children, as its list says.
  void do_to_one() {
    const sabir_pid over = supervisor();
    sabir_message *list = nullptr;
    sabir_status status = sabir_children(where_.system, over, &list);
    expect("children", status, {SABIR_E_DEAD, SABIR_E_NO_ACTOR, SABIR_E_TIMEOUT});
    const std::size_t size = sabir_child_list_size(list);
    sabir_child_info info = SABIR_CHILD_INFO_INIT;
    if (size > 0) STRESS_OK(sabir_child_list_at(list, random_.below(static_cast<std::uint32_t>(size)), &info));
    const std::uint32_t action = SABIR_CHILD_START + random_.below(4);
    const char *id = info.id != nullptr && info.id[0] != 0 ? info.id : nullptr;
    if (size == 0 || (id == nullptr && info.pid == 0)) {
      sabir_message_destroy(&list);
      return;
    }
    if (random_.one_in(2)) {
      sabir_pid pid = 0;
      status = sabir_child_do(where_.system, over, action, id, id == nullptr ? info.pid : 0, &pid);
      expect("child_do", status, {SABIR_E_DEAD, SABIR_E_NO_ACTOR, SABIR_E_NO_CHILD, SABIR_E_BUSY, SABIR_E_START_FAILED, SABIR_E_TIMEOUT});
      if (pid != 0 && info.supervisor == 0) where_.children[random_.below(child_slots)].store(pid);
    } else {
      sabir_message *request = nullptr;
      STRESS_OK(sabir_request_child(action, id, id == nullptr ? info.pid : 0, &request));
      begin(over, request);
      sabir_message_destroy(&request);
    }
    sabir_message_destroy(&list);
  }

  void list() {
    sabir_message *list = nullptr;
    sabir_child_counts counts = SABIR_CHILD_COUNTS_INIT;
    const sabir_status status = sabir_children(where_.system, supervisor(), &list);
    expect("children", status, {SABIR_E_DEAD, SABIR_E_NO_ACTOR, SABIR_E_TIMEOUT});
    if (status != SABIR_OK) return;
    STRESS_OK(sabir_child_list_counts(list, &counts));
    STRESS_EQUAL(counts.children, sabir_child_list_size(list));
    STRESS_EQUAL(counts.children, counts.supervisors + counts.workers);
    STRESS_CHECK(counts.active <= counts.children);
    sabir_message_destroy(&list);
  }

  world &where_;
  stress::random random_;
};

// Who is in the tree.
struct census {
  std::uint64_t supervisors = 0, workers = 0;
  bool all_run = true;
};

// Counts a running supervisor and all below it. A child that is stopped is started, so that all that are known come to run.
void count(sabir_system *system, sabir_pid supervisor, census &found) {
  sabir_message *list = nullptr;
  const sabir_status status = sabir_children(system, supervisor, &list);
  expect("children at rest", status, {SABIR_E_DEAD, SABIR_E_TIMEOUT});
  found.all_run = found.all_run && status == SABIR_OK;
  found.supervisors += 1;
  const std::size_t size = sabir_child_list_size(list);
  for (std::size_t index = 0; index < size; ++index) {
    sabir_child_info info = SABIR_CHILD_INFO_INIT;
    STRESS_OK(sabir_child_list_at(list, index, &info));
    if (info.state == SABIR_CHILD_STOPPED)
      expect("start at rest", sabir_child_do(system, supervisor, SABIR_CHILD_START, info.id, 0, nullptr), {SABIR_E_DEAD, SABIR_E_BUSY});
    if (info.state != SABIR_CHILD_RUNNING)
      found.all_run = false;
    else if (info.supervisor != 0)
      count(system, info.pid, found);
    else
      found.workers += 1;
  }
  sabir_message_destroy(&list);
}

// Waits until all are at rest, alive: then what was begun and not ended is what the tree has, and no argument is held for others.
void check_at_rest(world &where) {
  census found;
  stress::eventually("a tree at rest, with nobody lost", [&where, &found] {
    found = {};
    count(where.system, sabir_supervisor_root(where.system), found);
    const sabir_counters counters = stress::counters_of(where.system);
    const std::uint64_t alive = found.supervisors + found.workers;
    return found.all_run && where.begun.load() == where.ended.load() && counters.spawned == counters.exited + alive &&
           counters.started == counters.stopped + alive && where.starts.load() == where.stops.load() + found.workers &&
           where.handed.load() == where.drops.load() + found.workers;
  });
  std::printf("at rest: %llu supervisors, %llu workers\n", static_cast<unsigned long long>(found.supervisors),
              static_cast<unsigned long long>(found.workers));
}

}  // namespace

int main(int argc, char **argv) {
  const stress::arguments arguments(argc, argv, 0, "tree");
  const auto where = std::make_unique<world>();
  where->seed = arguments.seed;
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  options.workers = 2;
  options.root_intensity = SABIR_INTENSITY_MAX;
  STRESS_OK(sabir_system_create(&options, &where->system, nullptr));
  STRESS_OK(sabir_log_set_level(where->system, SABIR_LOG_OFF));
  for (std::uint32_t executor = 0; executor < 3; ++executor) {
    sabir_executor_options executor_options = SABIR_EXECUTOR_OPTIONS_INIT;
    executor_options.kind = executor == 0 ? SABIR_EXECUTOR_ARENA : SABIR_EXECUTOR_THREADS;
    executor_options.workers = executor == 2 ? 1 : 2;
    STRESS_OK(sabir_executor_create(where->system, &executor_options, &where->executors[executor], nullptr));
  }
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("stressed");
  callbacks.start = start;
  callbacks.receive = receive;
  callbacks.stop = stop;
  callbacks.failed = failed;
  callbacks.health = health;
  STRESS_OK(sabir_behavior_create(&callbacks, &where->behavior));
  hand first(*where, stress::mix(arguments.seed, 1000));
  for (std::uint32_t slot = 0; slot < supervisor_slots; ++slot) first.make_supervisor(slot);
  for (std::uint32_t child = 0; child < child_slots; ++child) first.make_child(true);

  std::vector<std::thread> threads;
  const auto fire = [&where, &arguments, &threads](std::uint32_t round) {
    for (std::uint32_t thread = round * thread_count; thread < (round + 1) * thread_count; ++thread)
      threads.emplace_back([&where, &arguments, thread] { hand(*where, stress::mix(arguments.seed, thread)).run(); });
    std::this_thread::sleep_for(std::chrono::milliseconds(arguments.seconds * 500));
  };
  fire(0);
  where->calm.store(true);
  for (std::thread &thread : threads) thread.join();
  threads.clear();
  check_at_rest(*where);
  where->calm.store(false);
  fire(1);
  STRESS_OK(sabir_system_shutdown(where->system, 60'000'000'000, nullptr));
  for (std::thread &thread : threads) thread.join();
  sabir_behavior_destroy(&where->behavior);
  const sabir_counters counters = stress::end_system(where->system);
  for (sabir_executor *&executor : where->executors) STRESS_OK(sabir_executor_destroy(&executor));
  STRESS_EQUAL(counters.started, counters.stopped);
  STRESS_EQUAL(where->starts.load(), where->stops.load());
  STRESS_EQUAL(where->drops.load(), where->handed.load());
  STRESS_EQUAL(where->begun.load(), where->ended.load());
  STRESS_CHECK(counters.started >= where->starts.load());  // supervisors have incarnations, too
  std::printf("%llu children, %llu incarnations, %llu restarts, %llu crashes; %llu sent, %llu handled, %llu dead letters\n",
              static_cast<unsigned long long>(where->handed.load()), static_cast<unsigned long long>(where->starts.load()),
              static_cast<unsigned long long>(counters.restarted), static_cast<unsigned long long>(where->crashes.load()),
              static_cast<unsigned long long>(counters.sent), static_cast<unsigned long long>(counters.handled),
              static_cast<unsigned long long>(counters.dead_letters));
  return 0;
}
