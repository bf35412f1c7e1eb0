// Spawning from a C call: for actor.cpp and context.cpp.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "guard.hpp"

namespace sabir::capi {

// context: the calling worker's, or NULL.
Status spawn(System &system, Thread &thread, actor::Context *context, sabir_behavior *behavior, const sabir_spawn_options *options,
             sabir_pid *pid, sabir_error **error);

}  // namespace sabir::capi
