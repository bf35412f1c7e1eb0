// Making behaviors: for behavior.cpp and delivery.cpp.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actor/behavior.hpp"
#include "base/handle_table.hpp"
#include "guard.hpp"

namespace sabir::capi {

// Behaviors are never given back to the heap but used again, so that resolving a handle which somebody else destroys meanwhile reads a
// behavior, if perhaps another one. Throws std::bad_alloc.
actor::Behavior *take_behavior();
void give_behavior(actor::Behavior *behavior) noexcept;

// fill(actor::Behavior &): into one with nothing set. Errors: LIMIT.
template <class Fill>
sabir_status create_behavior(Fill &&fill, sabir_behavior **behavior) {
  actor::Behavior *made = take_behavior();
  try {
    fill(*made);
  } catch (...) {
    give_behavior(made);
    throw;
  }
  const std::uintptr_t handle = handles::create(handles::Kind::behavior, made);
  if (handle == 0) {
    give_behavior(made);
    return SABIR_E_LIMIT;
  }
  *behavior = reinterpret_cast<sabir_behavior *>(handle);
  return SABIR_OK;
}

}  // namespace sabir::capi
