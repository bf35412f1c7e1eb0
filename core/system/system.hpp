// A system: everything wired together, and the services that actors see of it.
//
// Threads: any, under a Pin of its handle, on a worker of it, or holding a reference.
// Ownership: counted by its handle. The last reference begins a shutdown; after it has ended the system is freed, or leaked if a
// handler never returned.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "actor/context.hpp"
#include "actor/engine.hpp"
#include "actor/host_contexts.hpp"
#include "actor/lifecycle.hpp"
#include "actor/runner.hpp"
#include "ask/asks.hpp"
#include "base/handle_table.hpp"
#include "base/mutex.hpp"
#include "dead_letter/dead_letters.hpp"
#include "executor/arena.hpp"
#include "executor/scheduler.hpp"
#include "group/groups.hpp"
#include "link/links.hpp"
#include "observe/log.hpp"
#include "port/port.hpp"
#include "registry/registry.hpp"
#include "router/router.hpp"
#include "sabir/executor.h"
#include "sabir/system.h"
#include "supervision/supervisor.hpp"
#include "timer/service.hpp"
#include "timer/timers.hpp"
#include "topic/topics.hpp"

struct sabir_report {
  struct Survivor {
    std::uint64_t pid;
    std::uint64_t message_type;
    std::uint64_t handler_ns;
    std::string name;
    std::string behavior;
  };
  std::vector<Survivor> survivors;
};

namespace sabir {

class System;

// What is fixed once an executor is made: a closed one is used again for the same.
struct ExecutorShape {
  std::uint32_t kind = 0;  // SABIR_EXECUTOR_...
  std::uint32_t workers = 0;
  executor::Placement placement;  // of an arena

  bool operator==(const ExecutorShape &) const = default;
};

// An executor and the contexts of its workers. Never freed while its system lives.
struct ExecutorEntry {
  ~ExecutorEntry() {
    scheduler.reset();   // whose workers use them
    for (auto &context : contexts) delete context.load(std::memory_order_relaxed);
  }
  System *system = nullptr;
  std::unique_ptr<executor::Scheduler> scheduler;
  std::shared_ptr<void> use = std::make_shared<char>();  // shared with the child specs that name it
  // One for each worker; another one takes the place of one whose handler was given up on. release by the watchdog, acquire by readers.
  std::vector<std::atomic<actor::Context *>> contexts;
  std::uintptr_t handle = 0;   // 0: the default arena
  ExecutorShape shape;
  bool closed = false;         // guarded by System::mutex_; may be opened again
};

// A port and whose it is. Used again for a later port, never freed while its system lives.
struct PortEntry {
  explicit PortEntry(System &the_system, actor::Engine &engine) noexcept : system(the_system), port(engine) {}
  System &system;
  Port port;
  std::uintptr_t handle = 0;   // guarded by System::mutex_; 0: free
};

// A router and whose it is. Used again for a later router, never freed while its system lives: workers send by it without a pin.
struct RouterEntry {
  explicit RouterEntry(System &the_system, actor::Engine &engine) noexcept : system(the_system), router(engine) {}
  System &system;
  router::Router router;
  // Guarded by System::mutex_.
  std::uintptr_t handle = 0;
  std::list<RouterEntry>::iterator place;
  unsigned rank = 0;                         // of its room among System::closed_routers_
  bool closed = false;
};

struct SystemConfiguration {
  std::string name = "sabir";
  std::uint32_t workers = 0;
  std::uint32_t max_actors = 0;
  std::uint32_t run_batch = 0;
  std::uint64_t message_size_limit = 0;
  std::uint64_t ask_timeout_ns = 0;
  std::uint64_t shutdown_timeout_ns = 0;
  std::uint64_t stall_ns = 0;
  std::uint32_t root_intensity = 0;   // 0: none
  std::uint64_t root_period_ns = 0;
};

class System final : public actor::Host, public timer::Service::Client {
 public:
  static constexpr std::uint32_t dropped_limit = 65'536;    // messages that full mailboxes have dropped, and that are still to be told
  static constexpr std::size_t executor_limit = 255;          // alive at once, besides the default arena
  static constexpr std::size_t executor_shape_limit = 4096;   // of different shapes, one after another

  // Errors: LIMIT, NOMEM, SYSTEM. handle: out.
  static Status create(const SystemConfiguration &configuration, env::Environment &environment, std::uintptr_t &handle,
                       sabir_error **error);

  // ---- parts, for the C API ----
  actor::Engine &engine() noexcept { return engine_; }
  Asks &asks() noexcept { return asks_; }
  timer::Timers &timers() noexcept { return timers_; }
  registry::Registry &registry() noexcept { return registry_; }
  group::Groups &groups() noexcept { return groups_; }
  supervision::Services services() noexcept { return {engine_, asks_, timers_}; }
  DeadLetters &dead_letters() noexcept { return dead_letters_; }
  topic::Topics &topics() noexcept { return topics_; }
  actor::HostContexts &host_contexts() noexcept { return host_contexts_; }
  observe::Log &log_sink() noexcept { return log_; }
  const SystemConfiguration &configuration() const noexcept { return configuration_; }
  std::uintptr_t handle() const noexcept { return handle_; }
  executor::Executor &default_executor() noexcept { return *executors_.front()->scheduler; }

  // Makes sure that the system holds a reference to a behavior. Errors: HANDLE, NOMEM.
  Status adopt(std::uintptr_t behavior_handle, actor::Behavior &behavior);

  Status create_executor(const ExecutorShape &shape, std::uint32_t run_batch, const std::string &name, ExecutorEntry *&entry,
                         sabir_error **error);
  // Errors: BUSY.
  Status check_unused(const ExecutorEntry &entry) const noexcept;
  // Whether actors live on it, or a spec names it.
  bool has_actors(const ExecutorEntry &entry) const noexcept;
  // Whether actors are left that only this thread runs, when it polls.
  bool waits_for(const Thread &thread) const noexcept;
  void close_executor(ExecutorEntry &entry) noexcept;
  // The last reference to its handle has ended: closes it, and lets it be used again.
  void retire_executor(ExecutorEntry &entry) noexcept;

  // The root supervisor, made at its first use. Errors: CLOSED, LIMIT, NOMEM.
  Status root(Thread &thread, std::uint64_t &pid);

  Status open_port(Thread &thread, const actor::SpawnRequest &request, std::uintptr_t &handle);
  // The last reference to a port's handle has ended.
  void close_port(Thread &thread, PortEntry &entry);

  // context: the calling worker's, or NULL. Errors: LIMIT (too many handles), those of Router::open.
  Status open_router(Thread &thread, actor::Context *context, router::Options options, std::uintptr_t &handle);
  // The last reference to a router's handle has ended. Waits for nobody.
  void close_router(RouterEntry &entry);

  // Monitors of a port. Errors: INVALID, FOREIGN, NOMEM; NO_REF.
  Status monitor(Thread &thread, PortEntry &entry, std::uint64_t watched, bool restarts, std::uint64_t &ref);
  Status demonitor(PortEntry &entry, std::uint64_t ref) noexcept;

  // Answer an ask. reply: moved on success. reply_bytes: a copy; one that nobody waits for is a dead letter.
  Status reply(Thread &thread, std::uint64_t ref, std::uint64_t sender, Message *&message) {
    return asks_.reply(thread, ref, sender, message);
  }
  Status reply_bytes(Thread &thread, std::uint64_t ref, std::uint64_t sender, std::uint64_t type, const void *data, std::size_t size);
  std::uint64_t ask_timeout_ns(std::uint64_t given) const noexcept { return given ? given : configuration_.ask_timeout_ns; }

  void read(sabir_counters &counters) const noexcept;
  std::uint64_t dead_letter_count(std::int32_t cause) const noexcept;

  // ---- shutdown (shutdown.cpp) ----
  // before_executors: done is called when all is decided, and the executors are still to be closed. Errors: CLOSED (one has begun), NOMEM.
  Status begin_shutdown(std::uint64_t timeout_ns, sabir_shutdown_fn done, std::uintptr_t argument, bool before_executors = false);
  // Waits for the end of the one that has begun. report: out, may be NULL. Errors: SURVIVORS, NOMEM.
  Status wait_for_shutdown(sabir_report **report);
  // The last reference has ended. The system is gone, or will go, after this.
  static void dispose(System *system);

  // ---- actor::Host ----
  void dead_letter(Thread &thread, Message &message, std::int32_t cause, const sabir_exit *exit) override;
  void dead_letters_later(Message *first, std::int32_t cause) noexcept override;
  bool may_drop() const noexcept override { return dropped_.load(std::memory_order_relaxed) < dropped_limit; }
  void drop(Thread &thread, Message &message, std::int32_t cause) noexcept override;
  void free_later(Thread &thread, Message &message) noexcept override;
  void fail_ask(std::uint64_t ref, sabir_status status, std::string_view text, const sabir_exit *exit) override;
  void ask_taken(std::uint64_t ref) noexcept override { asks_.note_taken(ref); }
  void log(std::int32_t level, const char *source, std::uint64_t pid, std::string_view actor, Pieces text) noexcept override;
  bool admit(sabir_context &context, actor::Cell &cell, Message &message) override;
  bool admit_timer(Message &message) noexcept override;
  void refuse(Thread &thread, Message &message) override;
  void accept(sabir_context *context, actor::Cell &cell, actor::Signal &signal) noexcept override;
  void refuse(actor::Signal &signal, const sabir_exit *exit) noexcept override;
  void incarnation_ended(sabir_context &context, actor::Cell &cell) noexcept override;
  void restarted(sabir_context &context, actor::Cell &cell) noexcept override;
  void exited(actor::Cold &cold, const sabir_exit *exit) noexcept override;
  void unwatch(std::uint64_t watched, std::uint64_t ref) noexcept override;
  void supervisor_ordered(sabir_context &context, actor::Cell &cell, std::uint32_t orders) noexcept override;
  void supervisor_alarmed(sabir_context &context, actor::Cell &cell) noexcept override;
  void supervisor_told(sabir_context &context, actor::Cell &cell, Message &news) noexcept override;

  // ---- timer::Service::Client ----
  void expired(std::uint64_t token) override;
  bool tick(std::uint64_t now_ns) override;
  bool fire_timers(std::uint64_t now_ns, std::uint64_t stop_ns) override;
  std::uint64_t next_timer_ns() override { return timers_.next_due_ns(); }
  void announce_wake(std::uint64_t wakes_at_ns) noexcept override { timers_.announce(wakes_at_ns); }

  // Ends an ask of whatever system its ref names: a message with an unanswered ask is destroyed.
  static void end_ask_anywhere(Thread &thread, std::uint64_t ref, sabir_status status);

 private:
  enum class Phase { running, stopping, done };

  System(const SystemConfiguration &configuration, env::Environment &environment, std::uint32_t tag);
  ~System() override;
  Status start(sabir_error **error);
  bool quiet() const noexcept;
  // Calls who began the shutdown, if that is when he wants it.
  void call_done(bool before_executors);
  void tell_dead_letters();
  std::uint64_t alive() const noexcept;
  // Of them, those whose executor is disowned: nobody waits for them.
  std::uint64_t alive_on_disowned() const noexcept;
  template <class Visit>
  void visit_disowned(Visit visit) const {
    const std::uint32_t made = engine_.table.made();
    for (std::uint32_t i = 0; i < made; ++i) {
      const actor::Cell &cell = *engine_.table.find(i);
      // acquire: pairs with spawn's release; the cell's executor is this actor's, or a later one's.
      if (cell.generation.load(std::memory_order_acquire) & actor::generation_free) continue;
      const executor::Executor *executor = cell.executor.load(std::memory_order_relaxed);
      if (executor && executor->disowned()) visit(cell);
    }
  }
  void nudge_all(bool supervisors_only) noexcept;
  void end_tree();
  bool tree_ended(std::uint64_t now_ns) noexcept;
  void shut_down(std::uint64_t deadline_ns);
  void end_threads();
  void wait_until_quiet(std::uint64_t deadline_ns);
  void report_survivors(std::uint64_t now_ns) noexcept;
  void watch_for_stalls(ExecutorEntry &entry, std::uint64_t now_ns);
  void give_up(ExecutorEntry &entry, std::atomic<actor::Context *> &place, std::uint64_t now_ns);
  actor::Context *make_context(executor::Worker &worker);
  bool look_into(actor::Context &context, std::uint64_t now_ns, sabir_report::Survivor &found) const;
  template <class Visit>
  void visit_counters(Visit visit) const;

  const SystemConfiguration configuration_;
  actor::Engine engine_;
  DeadLetters dead_letters_;
  topic::Topics topics_;
  Asks asks_;
  registry::Registry registry_;
  group::Groups groups_;
  observe::Log log_;
  actor::Runner runner_;
  actor::HostContexts host_contexts_;
  std::uintptr_t handle_ = 0;

  mutable Mutex mutex_;
  // Reserved to its limit: read without the lock up to executor_count_.
  std::vector<std::unique_ptr<ExecutorEntry>> executors_;
  std::atomic<std::size_t> executor_count_{0};
  std::vector<std::unique_ptr<PortEntry>> ports_ SABIR_GUARDED_BY(mutex_);
  std::vector<PortEntry *> free_ports_ SABIR_GUARDED_BY(mutex_);  // room for all of them
  std::list<RouterEntry> routers_ SABIR_GUARDED_BY(mutex_);
  std::list<RouterEntry> unused_routers_ SABIR_GUARDED_BY(mutex_);  // that could not be opened
  // By their room, a power of two; the first one closed first. Calls may still use them.
  static constexpr std::size_t router_ranks = 17;
  static_assert(std::size_t{1} << (router_ranks - 1) == SABIR_ROUTER_CAPACITY_MAX);
  std::array<std::list<RouterEntry>, router_ranks> closed_routers_ SABIR_GUARDED_BY(mutex_);
  std::vector<std::pair<std::uintptr_t, actor::Behavior *>> behaviors_ SABIR_GUARDED_BY(mutex_);

  // The root supervisor: made under the mutex, read by anyone after root_pid_ (release, acquire).
  std::unique_ptr<supervision::Supervisor> root_;
  actor::Supervised *root_tie_ = nullptr;
  std::atomic<std::uint64_t> root_pid_{0};

  // Dead letters that the service's thread is to tell: linked through `next`, the cause in `level`.
  // With SABIR_CAUSE_ANY there is nothing to tell, only to free.
  Mutex untold_mutex_;
  Message *untold_first_ SABIR_GUARDED_BY(untold_mutex_) = nullptr;
  Message *untold_last_ SABIR_GUARDED_BY(untold_mutex_) = nullptr;
  std::atomic<std::uint32_t> dropped_{0};  // how many of them full mailboxes have dropped; relaxed: a number
  std::atomic<bool> untold_{false};  // whether there are any; seq_cst, with the service's going to sleep

  Mutex shutdown_mutex_;
  Condition shutdown_condition_;
  Phase phase_ SABIR_GUARDED_BY(shutdown_mutex_) = Phase::running;
  bool orphaned_ SABIR_GUARDED_BY(shutdown_mutex_) = false;
  sabir_shutdown_fn done_ SABIR_GUARDED_BY(shutdown_mutex_) = nullptr;
  std::uintptr_t done_argument_ SABIR_GUARDED_BY(shutdown_mutex_) = 0;
  bool done_before_executors_ SABIR_GUARDED_BY(shutdown_mutex_) = false;
  // Written by the service's thread before phase_ is done, read by others after they have seen that.
  std::vector<sabir_report::Survivor> survivors_;
  bool leaked_ = false;  // a survivor may use the system: it is never freed
  struct GivenUp {
    const actor::Context *context;
    sabir_report::Survivor handler;
  };
  std::vector<GivenUp> given_up_;  // handlers that the service's thread gave up on
  std::atomic<std::uint64_t> tree_deadline_ns_{0};  // 0: the tree is not being ended; else its shutdown's; written once

  timer::Service service_;  // last but one: its thread uses the rest
  timer::Timers timers_;  // wakes the service
};

}  // namespace sabir
