// Monitors and links: who is told, or ends, when an actor is gone.
//
// Threads: the functions with a context, by the actor's runner; accept by the runner of the actor that is watched or linked; refuse, watch
// and unwatch from any thread.
//
// How. Asking sends a signal that carries the node for the other's map, with the message that will be sent one day in it, so that nothing
// that follows needs memory. The asker's own map says what it still wants: a DOWN or exit that is not in there when it comes up is dropped,
// which makes demonitor and unlink exact without asking anybody.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "actor/context.hpp"
#include "actor/engine.hpp"
#include "base/error.hpp"

namespace sabir::link {

// A number no other monitor of the system has.
std::uint64_t next_ref(std::uint32_t tag) noexcept;

// Watches an actor for a mailbox with this pid; ref: as from next_ref. restarts: NULL, or where they are counted. Throws std::bad_alloc.
// Errors: INVALID (itself), FOREIGN, NO_ACTOR (never was).
Status watch(actor::Engine &engine, Thread &thread, std::uint64_t watcher, std::uint64_t watched, std::uint64_t ref,
             const actor::Restarts &restarts);
void unwatch(actor::Engine &engine, std::uint64_t watched, std::uint64_t ref) noexcept;

// By an actor. Errors: as watch; NO_REF.
Status monitor(actor::Context &context, std::uint64_t watched, bool restarts, std::uint64_t &ref);
Status demonitor(actor::Context &context, std::uint64_t ref) noexcept;
Status link(actor::Context &context, std::uint64_t other);
Status unlink(actor::Context &context, std::uint64_t other) noexcept;

// A signal of kind watch to unlink has come to the actor in this cell, or finds it gone. Takes the signal. context: the runner's, or NULL
// (a port's).
void accept(actor::Context *context, actor::Cell &cell, actor::Signal &signal) noexcept;
void refuse(actor::Engine &engine, actor::Signal &signal, const sabir_exit *exit) noexcept;

// A down, restarted or exit message is about to be handled by its actor. False: not wanted, or done (it may have ended the actor).
bool admit(actor::Context &context, actor::Cell &cell, Message &message);

void incarnation_ended(actor::Engine &engine, actor::Cold &cold) noexcept;
void restarted(actor::Engine &engine, Thread &thread, actor::Cell &cell) noexcept;
void exited(actor::Engine &engine, actor::Cold &cold, const sabir_exit *exit) noexcept;

}  // namespace sabir::link
