// Supervisors: actors of the core that start, watch and restart others. include/sabir/supervisor.h says what they do.
//
// Threads: everything by the runner of the supervisor's cell, one call at a time; see Host in actor/engine.hpp for who calls.
// How
//   A supervisor reacts: to requests (messages), to news of its children (supervised.hpp), to orders of its own supervisor, and to its
//   alarm. It never waits. What has an order of its own (a group restart, its start, its end) is a list of steps (plan.hpp), of which one
//   is under way; whoever finishes a step calls advance(). Single restarts (one_for_one) need no steps and do not wait for each other.
// Invariants
//   1. A child has a tie exactly while it has a pid. What happens to a pid whose tie was let go is nobody's business here.
//   2. busy_ is the number of children that are halting or ending and not left behind.
//   3. An alarm is armed for no later than the earliest deadline in due_; or the watchdog knows that there is no memory for one.
//   4. Only requests need memory, which may be refused. What happens to children, orders and alarms is reacted to without: add() makes
//      room in all vectors for as many children as there are, a start without memory is a failed start, and a text may stay away.
// Ownership: the object belongs to the child spec that it is the argument of, the root's to the system. It outlives its incarnations.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "actor/context.hpp"
#include "actor/engine.hpp"
#include "actor/lifecycle.hpp"
#include "ask/asks.hpp"
#include "supervision/child.hpp"
#include "supervision/plan.hpp"
#include "supervision/request.hpp"
#include "supervision/restarts.hpp"
#include "timer/timers.hpp"

namespace sabir::supervision {

// What a supervisor uses of its system.
struct Services {
  actor::Engine &engine;
  Asks &asks;
  timer::Timers &timers;
};

// sabir_supervisor_options, with its defaults filled in.
struct SupervisorOptions {
  Strategy strategy = Strategy::one_for_one;
  std::uint32_t intensity = SABIR_INTENSITY_DEFAULT;  // 0: none
  std::uint64_t period_ns = 0;
  std::uint32_t auto_shutdown = SABIR_AUTO_SHUTDOWN_NEVER;
  std::unique_ptr<ChildSpec> child;  // simple_one_for_one
};

// A child's deadline, by the child's place in its supervisor's table.
struct Due {
  std::uint64_t deadline_ns;
  std::uint32_t slot;
  std::uint32_t serial;
  Deadline what;
};

class Supervisor {
 public:
  Supervisor(Services services, SupervisorOptions options, bool root);
  ~Supervisor();
  Supervisor(const Supervisor &) = delete;
  Supervisor &operator=(const Supervisor &) = delete;

  // The behavior of the actor that a supervisor is: its argument is the Supervisor.
  static const actor::Behavior &behavior();
  // To be dropped with a supervisor's actor, when it ends for good: ends its children's.
  static void gone(std::uintptr_t argument);

  // ---- by the runner of its cell ----
  void told(actor::Context &context, actor::Cell &cell, Message &news) noexcept;
  void ordered(actor::Context &context, actor::Cell &cell, std::uint32_t orders) noexcept;
  void alarmed(actor::Context &context, actor::Cell &cell) noexcept;

 private:
  // Why it ends its children.
  enum class Ending : std::uint8_t {
    no,
    halted,  // its supervisor restarts it
    stopped,  // somebody has stopped or killed its actor
    by_itself,  // auto-shutdown
    failed,  // intensity, or escalation: failure_
    for_good,  // its supervisor ends it
    giving_up  // the root, which has nobody to fail to
  };
  // The pieces of a health check's finding.
  struct Why {
    std::string_view before, number, after;
  };
  struct PlannedStep {
    Action action;
    Child *child;  // NULL: forgotten meanwhile
  };

  static sabir_status start(sabir_context *context, std::uintptr_t argument, std::uintptr_t *state);
  static sabir_status receive(sabir_context *context, std::uintptr_t state, sabir_message **message);

  void begin(actor::Context &context);
  void look_again(actor::Context &context) const noexcept;

  // Requests.
  void handle(actor::Context &context, SupervisorRequest &request, std::uint64_t ref);
  void supervise(actor::Context &context, SupervisorRequest &request, std::uint64_t ref);
  void act(actor::Context &context, const SupervisorRequest &request, std::uint64_t ref);
  void reply_pid(std::uint64_t ref, std::uint64_t pid);
  void refuse(std::uint64_t ref, sabir_status status, std::string_view text, const sabir_exit *exit = nullptr);
  void answer_waiters(Child &child, bool for_start, std::uint64_t pid);
  void refuse_waiters(Child &child, sabir_status status, std::string_view text, const sabir_exit *exit = nullptr);

  // Children.
  void make_room(std::size_t count);
  Child &add(ChildSpec &&spec);
  void forget(Child &child);
  bool is_forgotten_at_its_end(const Child &child) const noexcept;
  Child *find(const SupervisorRequest &request) noexcept;
  void start_in_turn(actor::Context &context, Child &child);
  void start_child(actor::Context &context, Child &child);
  sabir_status spawn(actor::Context &context, Child &child);
  void order(Child &child, ChildState state);
  void end_suspended(Child &child);
  bool is_disowned(const Child &child) const noexcept;
  void let_go(Child &child) noexcept;
  void settle(Child &child, ChildState state) noexcept;
  void leave_behind(Child &child) noexcept;

  // What has become of a child.
  void on_started(actor::Context &context, Child &child);
  void on_left(actor::Context &context, Child &child, const sabir_exit *exit, std::int32_t decision);
  void on_ended(Child &child, const sabir_exit *exit);
  void on_failure(actor::Context &context, Child &child, const sabir_exit *exit, bool restart_wanted);
  void tell_why(Child &child, const sabir_exit *exit) noexcept;
  void fail_child(Child &child, std::int32_t reason, Pieces text);

  // Health.
  void check(actor::Context &context, Child &child);
  void on_pong(actor::Context &context, Child &child);
  void on_checked(actor::Context &context, Child &child, std::uint32_t health, const Why &why);

  // Plans.
  std::vector<ChildView> &views();
  void begin_plan();
  bool is_planned(const Child &child) const noexcept;
  void take_out_of_plan(const Child &child) noexcept;
  bool has_significant() const noexcept;
  void advance(actor::Context &context);
  void end(Ending ending, std::uint32_t orders = 0);
  void fail(std::int32_t reason, const Child &child, const sabir_exit *cause);
  void finish(actor::Context &context, actor::Cell &cell);

  // Deadlines.
  // At most one deadline per child is live (two while check() goes over to the pong); the rest are dead entries, swept out when it is full.
  static std::size_t due_room(std::size_t count) noexcept { return 2 * count + 64; }
  void set_deadline(Child &child, Deadline what, std::uint64_t in_ns) noexcept;
  static void clear_deadline(Child &child, Deadline what) noexcept { child.deadlines[static_cast<std::size_t>(what)] = 0; }
  void on_due(actor::Context &context, Child &child, Deadline what);
  bool is_live(const Due &due) const noexcept;
  void arm_alarm() noexcept;
  void set_without_alarm(bool without) noexcept;

  void log(std::int32_t level, const Child *child, Pieces text) noexcept;
  std::uint64_t now_ns() const;

  Services services_;
  SupervisorOptions options_;
  const bool root_;
  Intensity intensity_;
  std::uint64_t self_ = 0;  // pid
  actor::Cell *cell_ = nullptr;  // for its alarm
  bool starting_ = false;  // its start is told when its children have started

  Child *first_ = nullptr, *last_ = nullptr;
  std::size_t count_ = 0;
  std::vector<std::unique_ptr<Child>> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::uint32_t last_serial_ = 0;
  std::unordered_map<std::string_view, Child *> by_id_;  // keys live in the specs
  std::unordered_map<std::uint64_t, Child *> by_pid_;  // of simple_one_for_one
  std::size_t busy_ = 0;

  // Work space of plans.
  std::vector<ChildView> views_;
  std::vector<Step> planned_;
  std::vector<Child *> order_;
  std::vector<PlannedStep> steps_;
  std::size_t step_ = 0;  // the one under way, or the next

  Ending ending_ = Ending::no;
  std::uint32_t ending_orders_ = 0;
  const sabir_exit *failure_ = nullptr;  // a reference

  std::vector<Due> due_;  // a heap, the earliest first; entries that are not live are skipped
  std::uint64_t alarm_ns_ = timer::Wheel::none;
  std::uint64_t alarm_ref_ = 0;
  bool without_alarm_ = false;  // there was no memory for it: see Engine::without_alarm
};

}  // namespace sabir::supervision
