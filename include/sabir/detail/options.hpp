// How actors, mailboxes and executors are set up: aggregates for designated initializers. Zero, or nothing, means the default; a negative
// duration is an error.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_DETAIL_OPTIONS_HPP
#define SABIR_DETAIL_OPTIONS_HPP

#include <sabir/sabir.h>

#include <chrono>
#include <string>

namespace sabir {
inline namespace v0 {

class executor;

/// What a full mailbox does with one more message.
enum class overflow : std::uint32_t {
  reject = SABIR_OVERFLOW_REJECT,  ///< the sender gets SABIR_E_MAILBOX_FULL
  block = SABIR_OVERFLOW_BLOCK,    ///< a thread that sends waits; an actor that sends is muted until the receiver has caught up
  drop_newest = SABIR_OVERFLOW_DROP_NEWEST,  ///< the message is a dead letter (SABIR_CAUSE_OVERFLOW)
  drop_oldest = SABIR_OVERFLOW_DROP_OLDEST,  ///< the oldest one is, when the receiver comes to it
};

/// A capacity without limit.
inline constexpr std::uint32_t unbounded = SABIR_UNBOUNDED;

/// See sabir_mailbox_options.
struct mailbox_options {
  std::uint32_t capacity = 0;                  ///< messages; default 65,536
  sabir::overflow overflow = overflow::reject;
  std::uint32_t low_watermark = 0;             ///< who waits for room goes on when this many are left; default half the capacity
  std::chrono::nanoseconds block_timeout{0};   ///< block: how long a thread waits in a send; default: without end
  std::uint64_t capacity_bytes = 0;            ///< payloads, and 64 for each message; default: no bound
  bool priorities = false;                     ///< messages are handled by their priority; not for ports and supervisors
  std::uint32_t stash_capacity = 0;            ///< messages that the actor may have stashed; default 1,024
};

/// See sabir_spawn_options.
struct spawn_options {
  std::string name = {};                       ///< for logs and reports; need not be unique
  const sabir::executor *executor = nullptr;   ///< borrowed; where it runs; default: the system's arena
  mailbox_options mailbox = {};
};

enum class executor_kind : std::uint32_t {
  arena = SABIR_EXECUTOR_ARENA,      ///< shares the threads of oneTBB; for actors that compute
  threads = SABIR_EXECUTOR_THREADS,  ///< threads of its own; for actors that block
  polled = SABIR_EXECUTOR_POLLED,    ///< threads of the program's, while they are in executor::run; for event loops
};

/// Which arenas oneTBB gives its threads to first, where it has not enough for all: executor.h.
enum class executor_priority : std::uint32_t {
  normal = SABIR_EXECUTOR_PRIORITY_NORMAL,
  low = SABIR_EXECUTOR_PRIORITY_LOW,
  high = SABIR_EXECUTOR_PRIORITY_HIGH,
};

/// See sabir_executor_options.
struct executor_options {
  executor_kind kind = executor_kind::arena;
  std::uint32_t workers = 0;                   ///< default: arena: the processors this process may use; others: 1
  std::uint32_t run_batch = 0;                 ///< default: the system's
  std::string name = {};
  executor_priority priority = executor_priority::normal;  ///< this and what follows: of arenas
  std::uint32_t numa_node = 0;                 ///< 1 to executor::numa_nodes(); default: any
  std::uint32_t core_type = 0;                 ///< 1 to executor::core_types(), the slowest is 1; default: any
  std::uint32_t threads_per_core = 0;          ///< most on one core; default: as many as it runs at once
};

/// See sabir_system_options.
struct system_options {
  std::string name = {};                       ///< for logs and reports; default "sabir"
  std::uint32_t workers = 0;                   ///< threads of the default arena; default: the processors this process may use
  std::uint32_t max_actors = 0;
  std::uint32_t run_batch = 0;
  std::uint64_t message_size_limit = 0;        ///< bytes
  std::chrono::nanoseconds ask_timeout{0};     ///< of asks that give none; default 5 s
  std::chrono::nanoseconds shutdown_timeout{0};  ///< of the destructor; default 5 s
  std::chrono::nanoseconds stall{0};           ///< a handler that takes longer is logged, once; default 1 s
  std::uint32_t root_intensity = 0;            ///< of the root supervisor: most restarts within root_period; default 3
  std::chrono::nanoseconds root_period{0};     ///< default 5 s
};

/// What becomes of an actor whose receive has failed: the answer of its `failed` member.
enum class decision : std::int32_t {
  by_default = SABIR_DECISION_DEFAULT,  ///< as without the member: its supervisor's policy; it exits where it has none
  restart = SABIR_DECISION_RESTART,     ///< restarted whatever the policy
  resume = SABIR_DECISION_RESUME,       ///< goes on with the next message and the members it has
  stop = SABIR_DECISION_STOP,           ///< ends for good, whatever the policy
  escalate = SABIR_DECISION_ESCALATE,   ///< its supervisor fails with it
};

/// How an actor is: the answer of its `health` member, and what checks have found of a child.
enum class health : std::uint32_t {
  unknown = SABIR_HEALTH_UNKNOWN,    ///< of a child: it is not watched, or not checked yet
  ok = SABIR_HEALTH_OK,
  degraded = SABIR_HEALTH_DEGRADED,  ///< only told: by the log and children()
  failed = SABIR_HEALTH_FAILED,      ///< several times in a row: it ends, as after a crash
};

namespace detail {

// A duration in an option, where zero is the default. A negative one is none, which the C ABI refuses, with the option's name. It is not
// converted as it is: -1 would be SABIR_FOREVER.
constexpr std::uint64_t option_ns(std::chrono::nanoseconds value) noexcept {
  if (value == std::chrono::nanoseconds::max()) return SABIR_FOREVER;
  return value.count() < 0 ? SABIR_FOREVER - 1 : static_cast<std::uint64_t>(value.count());
}

inline const char *option_text(const std::string &text) noexcept { return text.empty() ? nullptr : text.c_str(); }

inline sabir_mailbox_options to_c(const mailbox_options &options) noexcept {
  sabir_mailbox_options c = SABIR_MAILBOX_OPTIONS_INIT;
  c.capacity = options.capacity;
  c.overflow = static_cast<std::uint32_t>(options.overflow);
  c.low_watermark = options.low_watermark;
  c.block_timeout_ns = option_ns(options.block_timeout);
  c.capacity_bytes = options.capacity_bytes;
  c.priorities = options.priorities ? 1 : 0;
  c.stash_capacity = options.stash_capacity;
  return c;
}

}  // namespace detail
}  // namespace v0
}  // namespace sabir

#endif
