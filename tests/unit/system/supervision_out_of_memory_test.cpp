// SPDX-License-Identifier: Apache-2.0
// The same for supervision: whichever allocation of the engine or operator new fails while a tree starts, crashes, is restarted, watched,
// stopped and shut down, each call says so or succeeds, no end goes unheard, and nothing is lost.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>

#include "base/memory.hpp"
#include "sabir/sabir.h"
#include "system/failing_new.hpp"

namespace sabir {
namespace {

constexpr std::uint64_t millisecond_ns = 1'000'000;
constexpr std::uint64_t patience_ns = 20'000 * millisecond_ns;

enum : sabir_type { go_on = 1, crash, echo, look_at, tick };

// What the callbacks of all actors of a run have seen.
struct Seen {
  std::atomic<std::uint64_t> starts, stops, records, restarts_told;
  std::atomic<std::uint64_t> monitors, downs, links, exits;   // of the watcher
  std::atomic<int> unhealthy, refused_starts;                 // how many more checks and starts fail
};
Seen seen;

struct Argument {
  std::atomic<int> drops{0};
  int handed = 0;
};

// gtest is asked only where something is wrong, and not made to fail itself.
void expect(bool passed, const std::string_view what, std::uint64_t nth, int line) {
  if (passed) return;
  const Spared spared;
  ADD_FAILURE_AT(__FILE__, line) << what << " (allocation " << nth << ")";
}

sabir_status start(sabir_context *context, uintptr_t argument, uintptr_t *state) {
  if (seen.refused_starts > 0) {
    --seen.refused_starts;
    return 77;
  }
  sabir_ref ref = 0;
  SABIR_IGNORE(sabir_context_timer_every(context, sabir_context_self(context), tick, 5 * millisecond_ns, &ref));
  *state = argument;
  ++seen.starts;
  return SABIR_OK;
}

sabir_status receive(sabir_context *context, uintptr_t, sabir_message **message) {
  switch (sabir_message_kind(*message)) {
    case SABIR_KIND_DOWN: ++seen.downs; return SABIR_OK;
    case SABIR_KIND_EXIT: ++seen.exits; return SABIR_OK;
    case SABIR_KIND_RESTARTED: seen.restarts_told += sabir_message_count(*message); return SABIR_OK;
    case SABIR_KIND_TIMER: return SABIR_OK;
    default: break;
  }
  switch (sabir_message_type(*message)) {
    case crash: (void)sabir_context_fail(context, 5, "as it was told", 14, "at length", 9); return 5;
    case echo: return sabir_context_reply_bytes(context, echo, nullptr, 0) == SABIR_OK ? SABIR_OK : SABIR_E_NOMEM;
    case look_at: {
      sabir_pid pid = 0;
      std::memcpy(&pid, sabir_message_data(*message), sizeof pid);
      sabir_ref ref = 0;
      (void)sabir_context_trap_exits(context, true);
      if (sabir_context_monitor(context, pid, SABIR_MONITOR_RESTARTS, &ref) == SABIR_OK) ++seen.monitors;
      if (sabir_context_link(context, pid) == SABIR_OK) ++seen.links;
      return SABIR_OK;
    }
    default: return SABIR_OK;
  }
}

void stop(sabir_context *, uintptr_t, const sabir_exit *) { ++seen.stops; }

std::uint32_t health(sabir_context *, uintptr_t) {
  if (seen.unhealthy <= 0) return SABIR_HEALTH_OK;
  --seen.unhealthy;
  return SABIR_HEALTH_FAILED;
}

void drop(uintptr_t argument) { ++reinterpret_cast<Argument *>(argument)->drops; }

// A run: one of everything that supervision does. Where the nth allocation fails, and so many more after it.
class Run {
 public:
  Run(std::uint64_t nth, std::uint64_t failures) : nth_(nth), failures_(failures) {}
  // False: no allocation failed any more.
  bool go();

 private:
  // Without memory; or what follows from a supervisor that had none for its own part (it fails, and its children are restarted), or from
  // the root, which then gives up.
  bool check(sabir_status status, int line) {
    const bool follows = status == SABIR_E_CLOSED || status == SABIR_E_START_FAILED || status == SABIR_E_DEAD ||
                         status == SABIR_E_NO_CHILD || status == SABIR_E_CRASHED || status == SABIR_E_UNANSWERED;
    expect(status == SABIR_OK || status == SABIR_E_NOMEM || follows, sabir_status_name(status), nth_, line);
    return status == SABIR_OK;
  }
  // Memory comes back after some calls.
  template <class Call>
  sabir_status insist(Call call) {
    sabir_status status = call();
    for (std::uint64_t i = 0; i <= failures_ && status == SABIR_E_NOMEM; ++i) status = call();
    return status;
  }
  template <class Condition>
  void wait_for(Condition condition, int line) {
    for (std::uint64_t waited_ns = 0; waited_ns < patience_ns; waited_ns += millisecond_ns / 5) {
      if (condition()) return;
      std::this_thread::sleep_for(std::chrono::nanoseconds(millisecond_ns / 5));
    }
    expect(false, "it does not come", nth_, line);
  }
  void tree();
  void lives();
  void ends();
  sabir_pid supervise(sabir_pid supervisor, const char *id, const sabir_child_spec *spec, int line);
  sabir_pid supervise_group(const char *id, std::uint32_t strategy);
  void watch(sabir_pid pid);
  void ask(sabir_pid pid, sabir_type type, int line);
  void listen();

  const std::uint64_t nth_, failures_;
  sabir_system *system_ = nullptr;
  sabir_behavior *behavior_ = nullptr;
  sabir_port *port_ = nullptr;
  sabir_executor *executor_ = nullptr;
  sabir_pid watcher_ = 0, group_ = 0, pool_ = 0, checked_ = 0;
  std::array<sabir_pid, 8> kids_{};
  std::size_t kid_count_ = 0;
  std::array<Argument, 16> arguments_{};
  std::size_t argument_count_ = 0;
  std::uint64_t monitors_ = 0, downs_ = 0;   // of the port
};

sabir_pid Run::supervise(sabir_pid supervisor, const char *id, const sabir_child_spec *spec, int line) {
  sabir_child_spec own = SABIR_CHILD_SPEC_INIT;
  if (spec) own = *spec;
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  Argument &argument = arguments_[argument_count_++];
  spawn.argument = reinterpret_cast<std::uintptr_t>(&argument);
  spawn.drop = drop;
  if (supervisor == group_) spawn.executor = executor_;   // NULL: the default one
  spawn.name = "a name that is longer than what a string keeps in itself";
  own.spawn = &spawn;
  ++argument.handed;
  sabir_pid pid = 0;
  sabir_error *error = nullptr;
  (void)check(sabir_supervise(system_, supervisor, id, id ? behavior_ : nullptr, &own, &pid, &error), line);
  sabir_error_destroy(&error);
  if (pid != 0) kids_[kid_count_++] = pid;
  return pid;
}

sabir_pid Run::supervise_group(const char *id, std::uint32_t strategy) {
  sabir_supervisor_options options = SABIR_SUPERVISOR_OPTIONS_INIT;
  options.strategy = strategy;
  options.intensity = 1000;
  if (strategy == SABIR_SIMPLE_ONE_FOR_ONE) options.child_behavior = behavior_;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  spec.supervisor = &options;
  sabir_pid pid = 0;
  (void)check(sabir_supervise(system_, 0, id, nullptr, &spec, &pid, nullptr), __LINE__);
  return pid;
}

void Run::watch(sabir_pid pid) {
  sabir_ref ref = 0;
  if (check(sabir_port_monitor(port_, pid, SABIR_MONITOR_RESTARTS, &ref), __LINE__)) ++monitors_;
  if (watcher_ != 0) (void)check(sabir_send_bytes(system_, watcher_, look_at, &pid, sizeof pid), __LINE__);
}

void Run::ask(sabir_pid pid, sabir_type type, int line) {
  sabir_message *reply = nullptr;
  (void)check(sabir_ask_bytes(system_, pid, type, nullptr, 0, patience_ns, &reply), line);
  sabir_message_destroy(&reply);
}

// Reads what the port has got.
void Run::listen() {
  sabir_message *message = nullptr;
  while (sabir_port_receive(port_, 0, &message) == SABIR_OK) {
    if (sabir_message_kind(message) == SABIR_KIND_DOWN) ++downs_;
    sabir_message_destroy(&message);
  }
}

void Run::tree() {
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  Argument &argument = arguments_[argument_count_++];
  spawn.argument = reinterpret_cast<std::uintptr_t>(&argument);
  spawn.drop = drop;
  if (check(sabir_spawn(system_, behavior_, &spawn, &watcher_, nullptr), __LINE__)) ++argument.handed;
  (void)check(sabir_port_create(system_, nullptr, &port_, nullptr), __LINE__);

  group_ = supervise_group("the group of all that are restarted together", SABIR_ONE_FOR_ALL);
  pool_ = supervise_group("pool", SABIR_SIMPLE_ONE_FOR_ONE);
  sabir_health_options checks = SABIR_HEALTH_OPTIONS_INIT;
  checks.interval_ns = millisecond_ns;
  checks.threshold = 1;
  sabir_executor_options threads = SABIR_EXECUTOR_OPTIONS_INIT;
  threads.kind = SABIR_EXECUTOR_THREADS;
  threads.workers = 2;
  (void)check(sabir_executor_create(system_, &threads, &executor_, nullptr), __LINE__);
  sabir_child_spec checked = SABIR_CHILD_SPEC_INIT, patient = SABIR_CHILD_SPEC_INIT;
  checked.health = &checks;
  checked.redeliveries = 1;
  patient.backoff_initial_ns = millisecond_ns;
  if (group_ != 0) {
    checked_ = supervise(group_, "checked", &checked, __LINE__);
    (void)supervise(group_, "patient", &patient, __LINE__);
    (void)supervise(group_, "one with an id that is longer than what a string keeps in itself", nullptr, __LINE__);
  }
  if (pool_ != 0) {
    (void)supervise(pool_, nullptr, nullptr, __LINE__);
    (void)supervise(pool_, nullptr, nullptr, __LINE__);
  }
  if (port_) {
    for (std::size_t i = 0; i < kid_count_; ++i) watch(kids_[i]);
    if (group_ != 0) watch(group_);
  }
}

void Run::lives() {
  for (std::size_t i = 0; i < kid_count_; ++i) ask(kids_[i], kids_[i] == checked_ ? go_on : crash, __LINE__);
  seen.unhealthy = 1;
  wait_for([this] { return seen.unhealthy <= 0 || checked_ == 0 || sabir_actor_status(system_, checked_) != SABIR_OK; }, __LINE__);
  for (std::size_t i = 0; i < kid_count_; ++i) ask(kids_[i], echo, __LINE__);
  if (group_ == 0) return;
  sabir_message *list = nullptr;
  (void)check(sabir_children(system_, group_, &list), __LINE__);
  sabir_message_destroy(&list);
  (void)check(sabir_child_do(system_, group_, SABIR_CHILD_RESTART, "patient", 0, nullptr), __LINE__);
  (void)check(sabir_child_do(system_, group_, SABIR_CHILD_STOP, "patient", 0, nullptr), __LINE__);
  seen.refused_starts = 1;
  sabir_status status = sabir_child_do(system_, group_, SABIR_CHILD_START, "patient", 0, nullptr);
  seen.refused_starts = 0;
  if (status == SABIR_E_BUSY) status = SABIR_OK;   // the STOP above had no memory
  (void)check(status, __LINE__);
  status = sabir_child_do(system_, group_, SABIR_CHILD_START, "patient", 0, nullptr);
  (void)check(status == SABIR_E_BUSY ? SABIR_E_NOMEM : status, __LINE__);
  // The group is restarted, and its child that is stopped gets a new pid.
  (void)check(sabir_child_do(system_, group_, SABIR_CHILD_STOP, "patient", 0, nullptr), __LINE__);
  (void)check(sabir_actor_kill(system_, group_), __LINE__);
  for (std::size_t i = 0; i < kid_count_; ++i) ask(kids_[i], echo, __LINE__);
  if (!port_) return;
  sabir_message *request = nullptr, *answer = nullptr;
  if (!check(sabir_request_child(SABIR_CHILD_DELETE, "nobody", 0, &request), __LINE__)) return;
  sabir_ref ref = 0;
  if (check(sabir_port_ask(port_, group_, &request, patience_ns, &ref), __LINE__)) {
    do {
      sabir_message_destroy(&answer);
      if (!check(sabir_port_receive(port_, patience_ns, &answer), __LINE__)) break;
      if (sabir_message_kind(answer) == SABIR_KIND_DOWN) ++downs_;
    } while (sabir_message_ref(answer) != ref);
    sabir_message_destroy(&answer);
  }
  sabir_message_destroy(&request);
}

// All that is watched ends, which everybody hears who has begun to watch.
void Run::ends() {
  if (group_ != 0) {
    (void)check(
        insist([this] { return sabir_child_do(system_, 0, SABIR_CHILD_STOP, "the group of all that are restarted together", 0, nullptr); }),
        __LINE__);
  }
  if (pool_ != 0) (void)check(insist([this] { return sabir_child_do(system_, 0, SABIR_CHILD_STOP, "pool", 0, nullptr); }), __LINE__);
  if (port_) {
    wait_for(
        [this] {
          listen();
          return downs_ == monitors_;
        },
        __LINE__);
  }
  if (watcher_ == 0) return;
  (void)insist([this] {
    sabir_message *reply = nullptr;
    const sabir_status status = sabir_ask_bytes(system_, watcher_, echo, nullptr, 0, patience_ns, &reply);
    sabir_message_destroy(&reply);
    return status;
  });
  if (sabir_actor_status(system_, watcher_) == SABIR_OK) {   // else it had no memory for its answer, which crashed it
    wait_for([] { return seen.downs == seen.monitors && seen.exits == seen.links; }, __LINE__);
  }
  (void)check(insist([this] { return sabir_actor_stop(system_, watcher_); }), __LINE__);
}

bool Run::go() {
  seen.starts = seen.stops = seen.records = seen.restarts_told = seen.monitors = seen.downs = seen.links = seen.exits = 0;
  seen.unhealthy = seen.refused_starts = 0;
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("a behavior with a name that is longer than what a string keeps in itself");
  callbacks.start = start;
  callbacks.receive = receive;
  callbacks.stop = stop;
  callbacks.health = health;
  EXPECT_EQ(sabir_behavior_create(&callbacks, &behavior_), SABIR_OK);
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  options.workers = 2;
  options.root_intensity = 1000;
  const NewFailsToo new_fails;
  memory::fail_after(nth_, failures_);
  if (check(sabir_system_create(&options, &system_, nullptr), __LINE__)) {
    const auto sink = [](uintptr_t, const sabir_log_record *) { ++seen.records; };
    (void)check(insist([&] { return sabir_log_set_sink(system_, sink, 0, nullptr); }), __LINE__);
    (void)check(insist([&] { return sabir_log_set_level(system_, SABIR_LOG_DEBUG); }), __LINE__);
    tree();
    lives();
    ends();
    sabir_port_destroy(&port_);
    expect(sabir_system_shutdown(system_, 0, nullptr) == SABIR_OK, "the shutdown", nth_, __LINE__);
    sabir_counters counters = SABIR_COUNTERS_INIT;
    (void)check(sabir_system_counters(system_, &counters), __LINE__);
    expect(counters.sent == counters.handled + counters.dead_letters, "sent is not handled and dead", nth_, __LINE__);
    expect(counters.spawned == counters.exited, "spawned is not exited", nth_, __LINE__);
    expect(counters.started == counters.stopped, "started is not stopped", nth_, __LINE__);
    expect(seen.starts == seen.stops, "starts are not stops", nth_, __LINE__);
    expect(sabir_executor_destroy(&executor_) == SABIR_OK, "the end of the executor", nth_, __LINE__);
    expect(sabir_system_destroy(&system_) == SABIR_OK, "the destruction", nth_, __LINE__);
  }
  const bool failed = memory::allocations() >= nth_;
  memory::fail_after(0);
  for (const Argument &argument : arguments_) EXPECT_EQ(argument.drops, argument.handed) << nth_;
  sabir_behavior_destroy(&behavior_);
  return failed;
}

#ifdef __SANITIZE_THREAD__
constexpr std::uint64_t step = 4;   // each end of a system is slow there
#else
constexpr std::uint64_t step = 1;
#endif

void run_all(std::uint64_t failures) {
  std::uint64_t nth = 1;   // and so on, until none is left to fail
  EXPECT_FALSE(Run(1'000'000'000, 1).go()) << "the run without failures";
  while (Run(nth, failures).go() && !testing::Test::HasFailure()) nth += step;
  EXPECT_GT(nth, 100u);
}

TEST(OutOfMemory, one_failure_in_a_tree_loses_nothing) { run_all(1); }
TEST(OutOfMemory, fifty_failures_in_a_row_in_a_tree_lose_nothing) { run_all(51); }

}  // namespace
}  // namespace sabir
