// SPDX-License-Identifier: Apache-2.0
#include "actor/waiting.hpp"

#include "actor/admission.hpp"
#include "actor/delivery.hpp"
#include "base/memory.hpp"

namespace sabir::actor {

namespace {

// Sends the notice of room that an actor or port waits for, or ends it.
void send_notice(Engine &engine, Signal &wait) noexcept {
  Message *notice = static_cast<Message *>(wait.owner);
  Cell *cell;
  if (resolve(engine, wait.sender, cell, true).ok()) {
    address_reply(*notice, wait.sender, wait.epoch);
    push(*cell, *notice);
  } else {
    free_message(Thread::current(), notice);
  }
  memory::destroy(&wait);
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
  if (wait.owner) {
    send_notice(engine, wait);
    return;
  }
  // The same signal goes back as the answer, so that no answer is lost to want of memory.
  const std::uint64_t receiver = wait.target;
  wait.kind = SignalKind::room;
  wait.target = wait.sender;
  wait.sender = receiver;
  if (!signal(engine, wait)) memory::destroy(&wait);   // it is dead and waits no more
}

void register_waiting(Engine &engine, Context *context, Cell &cell, Signal &wait) noexcept {
  // Without memory to keep it, it is answered: who comes too early is refused once more.
  if (has_room(engine, cell) || cell.incarnation == 0 || !make_cold(context, cell)) {
    answer(engine, wait);
    return;
  }
  wait.next = cell.cold->waiting;
  cell.cold->waiting = &wait;
}

void answer_waiting(Engine &engine, Cell &cell, bool always) noexcept {
  if (!has_waiting(cell) || (!always && !has_room(engine, cell))) return;
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
  if (cell.flags & cell_flag::muted) return;
  // Without memory it is not muted: twice the capacity is the limit then.
  if (!make_cold(&context, cell)) return;
  auto *wait = memory::create<Signal>();
  if (!wait) return;
  if (!context.engine->mutes.add(context.self, receiver)) {
    memory::destroy(wait);
    return;
  }
  wait->kind = SignalKind::wait;
  wait->target = receiver;
  wait->sender = context.self;
  wait->epoch = ++cell.cold->muted_epoch;
  set_flag(cell, cell_flag::muted);
  if (!signal(*context.engine, *wait)) {
    memory::destroy(wait);
    unmute(*context.engine, cell);
  }
}

void unmute(Engine &engine, Cell &cell) noexcept {
  if (!(cell.flags & cell_flag::muted)) return;
  clear_flag(cell, cell_flag::muted);
  engine.mutes.remove(pid_of(engine.tag, cell));
}

Status await_room(Engine &engine, Thread &thread, std::uint64_t waits, std::uint32_t epoch, std::uint64_t to, std::uint64_t ref) noexcept {
  Cell *cell;
  if (const Status status = resolve(engine, to, cell); !status.ok()) return status;
  Message *notice = allocate_message(thread, 0, 0);
  auto *wait = memory::create<Signal>();
  if (!notice || !wait) {
    if (notice) free_message(thread, notice);
    memory::destroy(wait);
    return SABIR_E_NOMEM;
  }
  notice->kind = MessageKind::writable;
  notice->sender = to;
  notice->ref = ref;
  wait->kind = SignalKind::wait;
  wait->target = to;
  wait->sender = waits;
  wait->epoch = epoch;
  wait->owner = notice;
  if (signal(engine, *wait)) return SABIR_OK;
  free_message(thread, notice);
  memory::destroy(wait);
  return SABIR_E_DEAD;
}

}  // namespace sabir::actor
