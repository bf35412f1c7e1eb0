// Child specs and children, as a supervisor keeps them.
//
// Threads: a Supervisor's runner alone, but for Argument.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "actor/supervised.hpp"
#include "supervision/plan.hpp"
#include "supervision/restarts.hpp"

namespace sabir::supervision {

// Health checks: sabir_health_options with its defaults filled in.
struct HealthCheck {
  std::uint32_t threshold = 0;
  std::uint64_t interval_ns = 0;  // 0: never checked
  std::uint64_t timeout_ns = 0;
  std::uint32_t degraded_depth = 0, failed_depth = 0;      // 0: no limit
  std::uint64_t degraded_age_ns = 0, failed_age_ns = 0;    // 0: no limit
};

// sabir_child_spec, with its defaults filled in.
struct ChildSpec {
  std::string id;
  std::string name;
  const actor::Behavior *behavior = nullptr;
  actor::ArgumentRef argument;
  executor::Executor *executor = nullptr;
  std::shared_ptr<void> executor_use;    // keeps the executor from being destroyed: it is BUSY
  actor::MailboxSpec mailbox;
  Restart restart = Restart::permanent;
  bool significant = false;
  bool supervisor = false;               // the argument is a Supervisor
  std::uint32_t redeliveries = 0;
  std::uint64_t shutdown_ns = 0;         // SABIR_FOREVER: no limit; SABIR_CHILD_SHUTDOWN_KILL: not waited for
  std::uint64_t start_timeout_ns = 0;    // SABIR_FOREVER: no limit
  std::uint64_t stall_timeout_ns = 0;    // 0: never
  Backoff::Options backoff;
  HealthCheck health;
};

enum class ChildState : std::uint8_t {
  stopped,     // no pid
  starting,    // told to begin; `started` or `left` will follow
  running,
  halting,     // told to halt; `left` will follow
  ending,      // told to end; `ended` will follow
  suspended    // waits for its turn or backoff
};

// What a child has a deadline for.
enum class Deadline : std::uint8_t { start, shutdown, backoff, check, pong };
inline constexpr std::size_t deadline_count = 5;

struct Child {
  // Who asked for something that has not happened yet.
  struct Waiter {
    std::uint64_t ref;
    bool for_start;   // else for its end
  };

  ChildSpec spec;
  Child *previous = nullptr, *next = nullptr;   // in start order
  std::uint32_t slot = 0;                       // its place in the supervisor's table
  std::uint32_t serial = 0;                     // tells it from earlier ones in the same place

  ChildState state = ChildState::stopped;
  bool left_behind = false;       // halting or ending: its time has passed, and nobody waits for it
  bool start_when_left = false;   // halting: is to be started again
  bool initial = false;           // has not started since it was supervised: if it fails it is forgotten
  bool on_request = false;        // starting, or about to, because somebody has asked for that: if it fails it is stopped
  bool forgotten = false;         // ending: nothing is kept of it
  std::uint64_t pid = 0;
  actor::Supervised *tie = nullptr;             // an owner's share
  const sabir_exit *failure = nullptr;          // halting: the failure that it is halted for, a reference
  std::vector<Waiter> waiters;

  std::uint64_t restarts = 0;
  std::uint64_t started_ns = 0;
  Backoff backoff;
  std::uint64_t not_before_ns = 0;              // of its next start
  std::array<std::uint64_t, deadline_count> deadlines{};   // 0: none

  std::uint32_t health = SABIR_HEALTH_UNKNOWN;
  std::uint32_t failed_checks = 0;              // in a row
  std::uint64_t pings = 0;                      // number of the last one

  bool active() const noexcept {
    return state == ChildState::starting || state == ChildState::running ||
           ((state == ChildState::halting || state == ChildState::ending) && !left_behind);
  }
};

}  // namespace sabir::supervision
