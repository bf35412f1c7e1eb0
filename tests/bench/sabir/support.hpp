/* What every sabir workload needs: a system, a port to wait on, spawning, and a loud end where a call fails.
 *
 * Only the public C headers are used here: what is measured is what a host that links libsabir.so gets.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_BENCH_SUPPORT_HPP
#define SABIR_BENCH_SUPPORT_HPP

#include <sabir/sabir.h>

#include "../common/measure.hpp"

namespace bench {

/* A line of its own for what one actor writes, so that actors on two workers do not share one by accident. */
inline constexpr std::size_t line_bytes = 64;

/* Longer than any measurement; a workload that has not ended by then has lost a message. */
inline constexpr std::uint64_t completion_timeout_ns = 100000000000U;

enum : sabir_type { WORK = 1, GO_ON = 2, DONE = 3 };

/* Ends the program where status is not SABIR_OK. */
inline void check(sabir_status status, const char *what) {
  if (status == SABIR_OK) return;
  std::fprintf(stderr, "%s: %s\n", sabir_status_name(status), sabir_status_text(status));
  fail(what);
}

template <typename T>
T *state_of(uintptr_t state) {
  return reinterpret_cast<T *>(state);
}

/* The mailbox of every actor a row does not say otherwise of. */
sabir_mailbox_options unbounded_mailbox();

/* The default capacity, where a full mailbox makes its senders wait. */
sabir_mailbox_options blocking_mailbox();

class Behavior {
 public:
  Behavior(const char *name, sabir_receive_fn receive, sabir_start_fn start = nullptr, sabir_stop_fn stop = nullptr);
  ~Behavior() { sabir_behavior_destroy(&handle_); }
  Behavior(const Behavior &) = delete;
  Behavior &operator=(const Behavior &) = delete;
  sabir_behavior *handle() const { return handle_; }

 private:
  sabir_behavior *handle_ = nullptr;
};

/* A system with a port on which the driving thread waits for the workload to end. */
class System {
 public:
  explicit System(std::uint32_t workers);
  ~System();
  System(const System &) = delete;
  System &operator=(const System &) = delete;

  sabir_system *handle() const { return handle_; }
  sabir_pid port() const { return sabir_port_pid(port_); }

  /* argument is the actor's state (or what its start makes it of) and outlives the actor. mailbox NULL: the default. */
  sabir_pid spawn(const Behavior &behavior, void *argument, const sabir_mailbox_options *mailbox);

  /* The same as a permanent child of a supervisor (0: the root), without backoff. */
  sabir_pid supervise(sabir_pid supervisor, const char *id, const Behavior &behavior, void *argument, const sabir_mailbox_options *mailbox);

  /* A one_for_one supervisor under the root that takes any number of restarts. Its mailbox is unbounded. */
  sabir_pid supervisor(const char *id);

  /* For workloads whose actors crash on purpose: nothing is logged. */
  void silence() { check(sabir_log_set_level(handle_, SABIR_LOG_OFF), "sabir_log_set_level"); }

  void send(sabir_pid to, sabir_type type, std::uint64_t value);

  /* Waits for count messages to the port and returns the sum of their values. */
  std::uint64_t await(std::uint64_t count = 1);

 private:
  sabir_system *handle_ = nullptr;
  sabir_port *port_ = nullptr;
};

/* The value a message of this program carries. */
inline std::uint64_t value_of(const sabir_message *message) { return *static_cast<const std::uint64_t *>(sabir_message_data(message)); }

/* One function per group of workloads; each measures and prints. */
void ping_pong(const Arguments &arguments, std::uint64_t pairs, bool bounded, bool supervised);
void ring(const Arguments &arguments);
void fan_in(const Arguments &arguments, std::uint64_t producers, bool block);
void foreign_threads(const Arguments &arguments, std::uint64_t threads, bool block);
void spawn_message_exit(const Arguments &arguments, std::uint64_t spawners);
enum class Routing { direct, round_robin, hash };
void route(const Arguments &arguments, Routing routing);
void skynet(const Arguments &arguments);
void ask(const Arguments &arguments, std::uint64_t idle_ns);
void memory_per_actor(const Arguments &arguments);
void restart(const Arguments &arguments, bool loaded);
void restart_flood(const Arguments &arguments);
void tree(const Arguments &arguments);
void tree_blocking(const Arguments &arguments);
void timer_arm_cancel(const Arguments &arguments);
void timer_million(const Arguments &arguments);
void topic(const Arguments &arguments, std::uint64_t subscribers);
void send_batch(const Arguments &arguments, bool from_actor);
void poll_ring(const Arguments &arguments, std::size_t size);
void turn_ring(const Arguments &arguments, std::size_t size);
void turn_one(const Arguments &arguments);
void poll_one(const Arguments &arguments);
void run_one(const Arguments &arguments);

}  // namespace bench

#endif
