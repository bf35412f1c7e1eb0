// SPDX-License-Identifier: Apache-2.0
#include "actor/waiting.hpp"

#include "actor/delivery.hpp"
#include "base/memory.hpp"

namespace sabir::actor {

namespace {

bool has_room(const Cell &cell) noexcept {
  return !cell.cold || cell.depth.load(std::memory_order_relaxed) <= static_cast<std::int64_t>(cell.cold->low_watermark);
}

}  // namespace

void release(WaitingThread *waiting) noexcept {
  // acq_rel: both owners' last uses happen before it is freed.
  if (waiting->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) memory::destroy(waiting);
}

void answer(Engine &engine, Signal &wait) noexcept {
  if (WaitingThread *waiting = wait.thread) {
    Thread &thread = waiting->thread;
    waiting->answered.store(true, std::memory_order_release);
    release(waiting);
    thread.parker.unpark();
    return;
  }
  // The same signal goes back as the answer, so that no answer is lost to want of memory.
  const std::uint64_t receiver = wait.target;
  wait.kind = SignalKind::room;
  wait.target = wait.sender;
  wait.sender = receiver;
  if (!signal(engine, wait)) memory::destroy(&wait);   // it is dead and waits no more
}

void register_waiting(Engine &engine, Cell &cell, Signal &wait) noexcept {
  if (has_room(cell) || cell.incarnation == 0) {
    answer(engine, wait);
    return;
  }
  wait.next = cell.cold->waiting;
  cell.cold->waiting = &wait;
}

void answer_waiting(Engine &engine, Cell &cell, bool always) noexcept {
  if (!has_waiting(cell) || (!always && !has_room(cell))) return;
  Signal *wait = cell.cold->waiting;
  cell.cold->waiting = nullptr;
  while (wait) {
    auto *next = static_cast<Signal *>(wait->next);
    answer(engine, *wait);
    wait = next;
  }
}

void mute(Context &context, Cell &cell) noexcept {
  const std::uint64_t receiver = context.mute_for;
  if (has_waiting(cell)) return;
  // Without memory it is not muted: twice the capacity is the limit then.
  if (!cell.cold) {
    Cold *cold = memory::create<Cold>();
    if (!cold) return;
    MutexLock lock(context.cold_mutex);
    cell.cold = cold;
  }
  auto *wait = memory::create<Signal>();
  if (!wait) return;
  wait->kind = SignalKind::wait;
  wait->target = receiver;
  wait->sender = context.self;
  wait->epoch = ++cell.cold->muted_epoch;
  cell.flags |= cell_flag::muted;
  if (!signal(*context.engine, *wait)) {
    memory::destroy(wait);
    cell.flags = static_cast<std::uint8_t>(cell.flags & ~cell_flag::muted);
  }
}

}  // namespace sabir::actor
