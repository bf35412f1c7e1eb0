// SPDX-License-Identifier: Apache-2.0
#include "actor/admission.hpp"

namespace sabir::actor {

namespace {

// A payload counts as at least this much, so that messages without bytes are bounded, too.
constexpr std::int64_t least_bytes = sizeof(Message);

std::int64_t bytes_of(const Message &message) noexcept { return static_cast<std::int64_t>(message.size) + least_bytes; }

}  // namespace

Admission admit_bytes(Engine &engine, Cell &cell, Bounds bounds, Message &message, bool over) noexcept {
  Budget &budget = *engine.table.budget(cell.index);
  const std::int64_t limit = budget.limit.load(std::memory_order_relaxed);
  const std::int64_t bytes = bytes_of(message);
  if (bytes > limit) return Admission::too_big;
  // relaxed, as in admit(): numbers.
  const std::int64_t depth = let_in(cell, 1);
  const std::int64_t used = budget.used.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  const std::int64_t capacity = bounds.capacity();
  if (depth < capacity && used <= limit) {
    message.set(message_flag::counted | message_flag::charged);
    return Admission::admitted;
  }
  if (depth < 2 * capacity && used <= 2 * limit && ((bounds.block() && over) || bounds.drop_oldest())) {
    message.set(message_flag::counted | message_flag::charged);
    return Admission::admitted_over;
  }
  budget.used.fetch_sub(bytes, std::memory_order_relaxed);
  refuse(cell, 1);
  return Admission::full;
}

void uncount_bytes(Engine &engine, Cell &cell, Message &message) noexcept {
  engine.table.budget(cell.index)->used.fetch_sub(bytes_of(message), std::memory_order_relaxed);
}

bool has_room(Engine &engine, const Cell &cell) noexcept {
  const Bounds bounds = Bounds::from(cell.bounds.load(std::memory_order_relaxed));
  const std::uint32_t given = cell.cold ? cell.cold->low_watermark : 0;
  const std::int64_t low = given ? given : bounds.capacity() / 2;
  if (depth_of(cell) > low) return false;
  if (!bounds.bytes()) return true;
  const Budget &budget = *engine.table.budget(cell.index);
  return budget.used.load(std::memory_order_relaxed) <= budget.limit.load(std::memory_order_relaxed) / 2;
}

bool is_over(Engine &engine, const Cell &cell, Bounds bounds) noexcept {
  if (depth_of(cell) - cell.depth_done > static_cast<std::int64_t>(bounds.capacity())) return true;
  if (!bounds.bytes()) return false;
  const Budget &budget = *engine.table.budget(cell.index);
  return budget.used.load(std::memory_order_relaxed) > budget.limit.load(std::memory_order_relaxed);
}

}  // namespace sabir::actor
