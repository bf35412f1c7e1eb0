// The system under test as the fuzzer sees it: what was made, what was destroyed, and the counts that must come out even at the end.
// Handlers run on the system's worker while the fuzzer goes on, so all of it that both touch is atomic or under the mutex, which is never
// held during a call into sabir: callbacks may run inside such calls.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oracle.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <vector>

namespace fuzz {

struct world;

// Memory behind a wrapped message: released exactly once.
struct wrapped {
  std::atomic<int> releases{0};
  std::uint8_t bytes[16] = {};
};

// Which of an actor's starts fail.
enum class start_failure : std::uint8_t { none, all, second_ones, first, all_but_first, kinds };

// One actor: dropped exactly once, stopped as often as it was started.
struct actor {
  world *where = nullptr;
  std::atomic<int> starts{0}, stops{0}, drops{0};
  start_failure start_fails = start_failure::none;
  std::uint32_t health = SABIR_HEALTH_OK;

  // The actor's alone.
  int attempts = 0;                           // to start
  sabir_message *kept = nullptr;              // until it gives it away
  std::vector<sabir_ref> timers, monitors;    // of this incarnation, and not ended by it
  std::vector<sabir_pid> unlinked;            // by this incarnation, since it last linked them
};

// One ask that was begun: ended exactly once.
struct ask {
  std::atomic<int> endings{0};
  sabir_ref ref = 0;
  world *where = nullptr;             // where its reply is the pid of a child
  bool of_supervisor = false;         // and that one is a supervisor
};

struct world {
  sabir_system *system = nullptr;
  std::atomic<bool> closing{false};

  std::mutex mutex;
  std::vector<sabir_pid> pids;               // guarded; of actors and ports, live and stale
  std::deque<actor> actors;                  // guarded; elements stay where they are
  std::deque<wrapped> wraps;                 // guarded
  std::vector<sabir_message *> messages;     // guarded; the fuzzer's own
  std::vector<sabir_ref> deferred;           // guarded
  std::vector<sabir_pid> supervisors;        // guarded; among pids, live and stale
  std::vector<sabir_pid> children;           // guarded; among pids: what is supervised, and may be dead for a while only

  // The fuzzer's thread alone.
  std::deque<ask> asks;
  std::vector<sabir_behavior *> behaviors, dead_behaviors;
  std::vector<sabir_port *> ports, dead_ports;
  std::vector<sabir_executor *> executors, dead_executors;
  std::vector<sabir_pid> known_dead;         // once a pid is dead it stays so, but for those of children
  std::vector<sabir_message *> requests;     // to supervisors
  std::vector<bool> requests_supervisor;     // of these: its reply is the pid of a supervisor
  std::vector<sabir_ref> timers, monitors, demonitored;
  bool supervises = false;                   // something was supervised

  sabir_behavior *behavior = nullptr;        // of the actors; alive to the end

  void add_pid(sabir_pid pid) {
    const std::lock_guard lock(mutex);
    pids.push_back(pid);
  }
  sabir_pid pid_at(std::size_t index) {
    const std::lock_guard lock(mutex);
    return pids.empty() ? 0 : pids[index % pids.size()];
  }
  void add_child(sabir_pid pid, bool supervisor) {
    const std::lock_guard lock(mutex);
    if (pid == 0) return;
    pids.push_back(pid);
    children.push_back(pid);
    if (supervisor) supervisors.push_back(pid);
  }
  bool is_child(sabir_pid pid) {
    const std::lock_guard lock(mutex);
    return std::find(children.begin(), children.end(), pid) != children.end();
  }
  // Any of the supervisors, or 0: the root.
  sabir_pid supervisor_at(std::size_t index) {
    const std::lock_guard lock(mutex);
    return index == 0 || supervisors.empty() ? 0 : supervisors[index % supervisors.size()];
  }
  actor &add_actor() {
    const std::lock_guard lock(mutex);
    actor &added = actors.emplace_back();
    added.where = this;
    return added;
  }
};

}  // namespace fuzz
