// What a mailbox's bound does with one more message, and the way back: the numbers that senders add to and the runner gives back.
//
// Threads: admit from any thread; the rest by the cell's runner.
// Invariant: the depth (let_in - left; and Budget::used, where bytes are bounded) counts the messages marked `counted`, and is never reset.
// Why a bound holds, though a sender reads two numbers: the last one let in has counted all before it, and itself, against a `left` that
// only grows. It may count too many (what is being refused, or has just left), and is refused itself then.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actor/cell.hpp"
#include "actor/engine.hpp"
#include "actor/waiting.hpp"
#include "mailbox/message.hpp"

namespace sabir::actor {

// What a sender at a bound may do. A message over twice the bound is refused whoever sends it.
enum class [[nodiscard]] Admission { admitted, admitted_over, full, too_big };

// Counts messages in; returns the depth before. relaxed: numbers; the messages themselves are published by the queue.
[[gnu::always_inline]] inline std::int32_t let_in(Cell &cell, std::uint32_t count) noexcept {
  const std::uint32_t before = cell.let_in.fetch_add(count, std::memory_order_relaxed);
  return static_cast<std::int32_t>(before - cell.left.load(std::memory_order_relaxed));
}
// Those were refused after all.
inline void refuse(Cell &cell, std::uint32_t count) noexcept { cell.let_in.fetch_sub(count, std::memory_order_relaxed); }

// The same where bytes are bounded, too.
Admission admit_bytes(Engine &engine, Cell &cell, Bounds bounds, Message &message, bool over) noexcept;

// Counts a message into the cell's depth. over: whether the sender may go past the bound of a mailbox that blocks.
[[gnu::always_inline]] inline Admission admit(Engine &engine, Cell &cell, Bounds bounds, Message &message, bool over) noexcept {
  if (bounds.unbounded()) return Admission::admitted;
  if (__builtin_expect(bounds.bytes(), 0)) return admit_bytes(engine, cell, bounds, message, over);
  const std::int64_t before = let_in(cell, 1);
  const std::int64_t capacity = bounds.capacity();
  if (__builtin_expect(before < capacity, 1)) {
    message.set(message_flag::counted);
    return Admission::admitted;
  }
  if (before < 2 * capacity && ((bounds.block() && over) || bounds.drop_oldest())) {
    message.set(message_flag::counted);
    return Admission::admitted_over;
  }
  refuse(cell, 1);
  return Admission::full;
}

// A message that is counted leaves the mailbox; give_back_depth tells the senders.
void uncount_bytes(Engine &engine, Cell &cell, Message &message) noexcept;
inline void uncount(Engine &engine, Cell &cell, Message &message) noexcept {
  ++cell.depth_done;
  if (__builtin_expect(message.has(message_flag::charged), 0)) uncount_bytes(engine, cell, message);
  message.clear(message_flag::counted | message_flag::charged);
}

// Gives back what is handled and not yet taken off the depth, and wakes senders that wait for room. Also for ports.
inline void give_back_depth(Engine &engine, Cell &cell) noexcept {
  if (cell.depth_done == 0) return;
  cell.left.store(cell.left.load(std::memory_order_relaxed) + cell.depth_done, std::memory_order_relaxed);  // our own number; see let_in
  cell.depth_done = 0;
  if (has_waiting(cell)) answer_waiting(engine, cell, false);
}

// Whether there is as much room again that senders that wait may go on.
bool has_room(Engine &engine, const Cell &cell) noexcept;

// Whether a mailbox holds more than its bound.
bool is_over(Engine &engine, const Cell &cell, Bounds bounds) noexcept;

}  // namespace sabir::actor
