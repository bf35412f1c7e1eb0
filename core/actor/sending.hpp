// The steps of a send, which are copied into each kind of send: for those who send in ways of their own.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actor/context.hpp"
#include "actor/delivery.hpp"

namespace sabir::actor {

// Actors go on sending while a shutdown ends the tree of supervisors (closing), until they are ended themselves (stopping).
inline Status check(const Engine &engine, const Message &message, const Context *context) noexcept {
  if (message.size > engine.message_size_limit) return SABIR_E_TOO_BIG;
  if (__builtin_expect(engine.closing.load(std::memory_order_relaxed), 0) &&
      (!context || engine.stopping.load(std::memory_order_relaxed))) {
    return SABIR_E_CLOSED;
  }
  if (!may_move(message, context)) return SABIR_E_BORROWED;
  return SABIR_OK;
}

// Whether a message may be sent to a cell with these bounds: supervisors get their requests, nobody else does, and objects go to actors
// that take those of their binding. Errors: NOT_SUPERVISOR, NATIVE, INVALID (its object was taken).
Status fits_slowly(const Engine &engine, const Cell &cell, Bounds bounds, const Message &message) noexcept;
[[gnu::always_inline]] inline Status fits(const Engine &engine, const Cell &cell, Bounds bounds, const Message &message) noexcept {
  if (__builtin_expect(!message.has(message_flag::request | message_flag::native), 1)) return SABIR_OK;
  return fits_slowly(engine, cell, bounds, message);
}

// A pid whose generation is not the cell's.
inline Status why_not(std::uint32_t wanted, std::uint32_t generation, bool closed_too) noexcept {
  const std::uint32_t number = generation & generation_max;
  if (wanted == number) {
    if (generation & generation_free) return SABIR_E_NO_ACTOR;  // it will be, one day
    return closed_too ? SABIR_OK : SABIR_E_DEAD;
  }
  // A retired cell has gone through all generations (number 0).
  if (wanted != 0 && (wanted < number || number == 0)) return SABIR_E_DEAD;
  return SABIR_E_NO_ACTOR;
}

// From here on a message's deadline is a time of the clock.
[[gnu::always_inline]] inline void start_deadline(Engine &engine, Message &message) noexcept {
  if (__builtin_expect(message.has(message_flag::deadline), 0)) message.ref += engine.environment.now_ns();
}

[[gnu::always_inline]] inline Status resolve_here(const Engine &engine, std::uint64_t value, Cell *&cell, bool closed_too) noexcept {
  const Pid pid = Pid::unpack(value);
  if (__builtin_expect(pid.tag != engine.tag, 0)) return pid.tag == 0 ? SABIR_E_NO_ACTOR : SABIR_E_FOREIGN;
  cell = engine.table.find(pid.index);
  if (__builtin_expect(!cell, 0)) return SABIR_E_NO_ACTOR;
  // acquire: pairs with spawn's release; the cell's bounds and executor are of this generation or a later one.
  const std::uint32_t generation = cell->generation.load(std::memory_order_acquire);
  if (__builtin_expect(generation == pid.generation, 1)) return SABIR_OK;
  return why_not(pid.generation, generation, closed_too);
}

}  // namespace sabir::actor
