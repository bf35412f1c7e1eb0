// One message to many: each gets an envelope of its own for the same payload, which is not copied.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "actor/context.hpp"
#include "actor/engine.hpp"
#include "base/error.hpp"

namespace sabir::actor {

// Sends to `count` (at least 1) actors: by the context's, or, where it is NULL, from any thread, which may wait for room at each.
// All envelopes are made before the first one is sent. OK: at least one receiver took it (received: how many did); message is moved, and
// the copies that the others refused are dead letters, told later; while too many of these wait, they are only not counted as received.
// Else nobody took it, and the message is still the caller's, with a shared payload (but for INVALID, BORROWED and TOO_BIG, which come
// first). An ask's duty to answer goes to the first who takes it.
// Errors: NOMEM, INVALID (a request to a supervisor), BORROWED, TOO_BIG, the last refusal of send.
Status multicast(Engine &engine, Thread &thread, Context *context, const std::uint64_t *to, std::size_t count, Message *&message,
                 std::size_t &received);

// Makes the payload of a message that its owner may move a shared one. Errors: INVALID (a request to a supervisor), BORROWED, NOMEM.
Status share_for_many(Engine &engine, Thread &thread, Context *context, Message *&message) noexcept;

}  // namespace sabir::actor
