// Behaviors: the callbacks and the name that make an actor, shared by any number of them.
//
// Threads: immutable but for `systems`. Ownership: counted by its handle, and once by each system that has spawned from it.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "base/pid.hpp"
#include "sabir/behavior.h"

namespace sabir::actor {

// Of a behavior whose actors' handlers the host calls itself (sabir/delivery.h).
struct DeliveredOptions {
  std::uint32_t wants = 0;             // SABIR_WANTS_...
  std::uint32_t batch = 0;             // 0: it has callbacks
  std::uint32_t max_outstanding = 1;
  std::uint32_t inline_max = 0;
};

struct Behavior {
  std::string name;
  sabir_start_fn start = nullptr;
  sabir_receive_fn receive = nullptr;
  sabir_stop_fn stop = nullptr;
  sabir_failed_fn failed = nullptr;
  sabir_health_fn health = nullptr;
  DeliveredOptions delivered;
  bool is_delivered() const noexcept { return delivered.batch != 0; }

  // Bit per system tag: that system holds a reference, so spawning again needs none. A system sets its bit after taking its reference
  // (release, pairs with the acquire load in spawn) and clears it at its end.
  std::array<std::atomic<std::uint64_t>, (tag_max + 1) / 64> systems{};

  bool held_by(std::uint32_t tag) const noexcept { return systems[tag / 64].load(std::memory_order_acquire) >> (tag % 64) & 1; }
};

}  // namespace sabir::actor
