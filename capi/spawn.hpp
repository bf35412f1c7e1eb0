// Spawning from a C call: for actor.cpp and context.cpp.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "actor/supervised.hpp"
#include "guard.hpp"

namespace sabir::capi {

// context: the calling worker's, or NULL.
Status spawn(System &system, Thread &thread, actor::Context *context, sabir_behavior *behavior, const sabir_spawn_options *options,
             sabir_pid *pid, sabir_error **error);

// The behavior behind a handle, held by the system from here on. what: the argument's name, for the error.
Status read_behavior(System &system, sabir_behavior *behavior, const actor::Behavior *&found, const char *what, sabir_error **error);

// Reads spawn options (NULL: the defaults) into a request. executor_pin: keeps the executor alive for the call.
Status read_spawn(System &system, const sabir_spawn_options *options, actor::SpawnRequest &request,
                  std::optional<handles::Pin> &executor_pin, const std::string &what, sabir_error **error);

// Whether the behavior's actors can live on the executor. what: the executor's option, for the error.
Status check_place(const actor::Behavior &behavior, executor::Executor &executor, const std::string &what, sabir_error **error);

// A child's or a pool's argument, dropped with the last who holds it. Throws std::bad_alloc, and drops it then.
actor::ArgumentRef hold(System &system, std::uintptr_t value, sabir_drop_fn drop);
// Of spawn options that may be anything: their argument as above (NULL: none that can be read); and its end, where there is no system.
// Errors: those of the home that is to be told of its end. what: the options' name.
Status take_argument(System &system, const sabir_spawn_options *spawn, actor::ArgumentRef &argument, const char *what, sabir_error **error);
void drop_argument(const sabir_spawn_options *spawn);

// An intensity as the options have it; out: 0 is none.
Status check_intensity(std::uint32_t given, const std::string &what, std::uint32_t &intensity, sabir_error **error);

}  // namespace sabir::capi
