// The restart plan: strategy + children + failure -> ordered steps. Pure.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sabir/behavior.h"
#include "sabir/supervisor.h"

namespace sabir::supervision {

enum class Strategy : std::uint32_t {
  one_for_one = SABIR_ONE_FOR_ONE,
  one_for_all = SABIR_ONE_FOR_ALL,
  rest_for_one = SABIR_REST_FOR_ONE,
  simple_one_for_one = SABIR_SIMPLE_ONE_FOR_ONE
};

enum class Restart : std::uint32_t { permanent = SABIR_PERMANENT, transient = SABIR_TRANSIENT, temporary = SABIR_TEMPORARY };

// A child as the plan sees it, at its place in the start order.
struct ChildView {
  Restart restart = Restart::permanent;
  // Has an incarnation, or is about to: it must be ended before it can start again.
  bool active = false;
  // Has a pid without an incarnation: it starts again in place.
  bool suspended = false;
};

enum class Action : std::uint8_t {
  halt,   // end its incarnation, and wait for that; it stays suspended
  end,    // end it for good, and wait for that
  start   // start it, in place where it is suspended, and wait for that
};

struct Step {
  Action action;
  std::size_t child;
  friend bool operator==(const Step &, const Step &) = default;
};

// Whether a child that ended for this reason is restarted. decision: of its failed callback (SABIR_DECISION_...; escalate is not asked
// here).
bool restarts(Restart policy, std::int32_t reason, std::int32_t decision) noexcept;

// What to do about a child that is to be restarted. Whoever is affected ends in the reverse of the start order, each after the one before;
// then they start in order. Temporary children that are affected end for good. Children that are stopped stay stopped under one_for_one;
// the others start all that they affect, as Erlang's do. failed: has left. first: where an interrupted plan began that rest_for_one goes on
// with, not behind failed.
// steps, here and below: out; needs no memory where it has room for two steps a child, else throws std::bad_alloc.
void restart_plan(Strategy strategy, std::span<const ChildView> children, std::size_t failed, std::size_t first, std::vector<Step> &steps);

// A supervisor's own start: all its children, but temporary ones that ended. And its end: for_good, or to be started again in place.
void start_plan(std::span<const ChildView> children, std::vector<Step> &steps);
void stop_plan(std::span<const ChildView> children, bool for_good, std::vector<Step> &steps);

}  // namespace sabir::supervision
