// The system under test as the fuzzer sees it: what was made, what was destroyed, and the counts that must come out even at the end.
// Handlers run on the system's worker while the fuzzer goes on, so all of it that both touch is atomic or under the mutex, which is never
// held during a call into sabir: callbacks may run inside such calls.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oracle.hpp"

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

// One actor: dropped exactly once, stopped as often as it was started.
struct actor {
  world *where = nullptr;
  std::atomic<int> starts{0}, stops{0}, drops{0};
  std::uint8_t start_fails = 0;
  sabir_message *kept = nullptr;   // the actor's alone, until it gives it away
};

// One ask that was begun: ended exactly once.
struct ask {
  std::atomic<int> endings{0};
  sabir_ref ref = 0;
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

  // The fuzzer's thread alone.
  std::deque<ask> asks;
  std::vector<sabir_behavior *> behaviors, dead_behaviors;
  std::vector<sabir_port *> ports, dead_ports;
  std::vector<sabir_executor *> executors, dead_executors;
  std::vector<sabir_pid> known_dead;         // once a pid is dead it stays so

  sabir_behavior *behavior = nullptr;        // of the actors; alive to the end

  void add_pid(sabir_pid pid) {
    const std::lock_guard lock(mutex);
    pids.push_back(pid);
  }
  sabir_pid pid_at(std::size_t index) {
    const std::lock_guard lock(mutex);
    return pids.empty() ? 0 : pids[index % pids.size()];
  }
  actor &add_actor() {
    const std::lock_guard lock(mutex);
    actor &added = actors.emplace_back();
    added.where = this;
    return added;
  }
};

}  // namespace fuzz
