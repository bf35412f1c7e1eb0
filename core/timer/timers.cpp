// SPDX-License-Identifier: Apache-2.0
#include "timer/timers.hpp"

#include <algorithm>
#include <utility>

#include "base/memory.hpp"

namespace sabir::timer {

Timers::Timers(std::uint32_t tag, env::Environment &environment, Service &service)
    : tag_(tag), environment_(environment), service_(service) {
  shards_.reserve(shard_count);
  for (std::uint32_t i = 0; i < shard_count; ++i) shards_.push_back(std::make_unique<Shard>(environment.now_ns()));
}

Timers::~Timers() {
  for (auto &shard : shards_) {
    for (Slot *slots : shard->chunks) memory::release(slots);
  }
}

Timers::Shard *Timers::shard_of_ref(std::uint64_t ref) noexcept {
  const Pid parts = Pid::unpack(ref);
  if (parts.tag != tag_ || !is_ref(ref)) return nullptr;
  return shards_[parts.index >> slot_bits & (shard_count - 1)].get();
}

Timers::Slot *Timers::find(Shard &shard, std::uint64_t ref) noexcept {
  const Pid parts = Pid::unpack(ref);
  const std::uint32_t index = parts.index & ((1u << slot_bits) - 1);
  if (index >= shard.made) return nullptr;
  Slot &slot = shard.chunks[index / chunk_slots][index % chunk_slots];
  return slot.generation == parts.generation && (slot.armed || slot.queued) ? &slot : nullptr;
}

Status Timers::take(Shard &shard, Slot *&slot) noexcept {
  if (shard.closed) return SABIR_E_CLOSED;
  if (shard.oldest_free != 0) {
    const std::uint32_t index = shard.oldest_free - 1;
    slot = &shard.chunks[index / chunk_slots][index % chunk_slots];
    shard.oldest_free = slot->next_free;
    if (shard.oldest_free == 0) shard.newest_free = 0;
    return SABIR_OK;
  }
  const std::uint32_t index = shard.made;
  if (index == 1u << slot_bits) return SABIR_E_LIMIT;
  if (index % chunk_slots == 0) {
    auto *slots = static_cast<Slot *>(memory::allocate(sizeof(Slot) * chunk_slots, alignof(Slot)));
    if (!slots) return SABIR_E_NOMEM;
    for (std::uint32_t i = 0; i < chunk_slots; ++i) (new (&slots[i]) Slot)->index = index + i;
    shard.chunks[index / chunk_slots] = slots;
  }
  slot = &shard.chunks[index / chunk_slots][index % chunk_slots];
  ++shard.made;
  return SABIR_OK;
}

// First in, first out, so that a generation comes back late; a slot whose generations are used up is retired.
void Timers::give(Shard &shard, Slot &slot) noexcept {
  if (slot.owner) {
    (slot.owner_previous ? slot.owner_previous->owner_next : *slot.owner) = slot.owner_next;
    if (slot.owner_next) slot.owner_next->owner_previous = slot.owner_previous;
  }
  slot.owner = nullptr;
  slot.owner_previous = slot.owner_next = nullptr;
  slot.armed = slot.queued = false;
  slot.generation = (slot.generation + 1) & generation_max;
  if (slot.generation == 0) return;
  slot.next_free = 0;
  if (shard.newest_free != 0) {
    const std::uint32_t last = shard.newest_free - 1;
    shard.chunks[last / chunk_slots][last % chunk_slots].next_free = slot.index + 1;
  } else {
    shard.oldest_free = slot.index + 1;
  }
  shard.newest_free = slot.index + 1;
}

Status Timers::arm(const Request &request, std::uint64_t &ref) noexcept {
  const std::uint32_t number = shard_of(request.owner ? request.sender : request.to);
  Shard &shard = *shards_[number];
  {
    MutexLock lock(shard.mutex);
    Slot *slot;
    if (const Status status = take(shard, slot); !status.ok()) return status;
    slot->to = request.to;
    slot->sender = request.sender;
    slot->type = request.type;
    slot->interval_ns = request.interval_ns;
    slot->missed = 0;
    slot->message = request.message;
    slot->alarm = request.alarm;
    slot->armed = true;
    if (request.owner) {
      slot->owner = request.owner;
      slot->owner_next = *request.owner;
      if (slot->owner_next) slot->owner_next->owner_previous = slot;
      *request.owner = slot;
    }
    ref = ref_of(number, *slot);
    if (slot->message) {
      slot->message->clear(message_flag::deadline);   // it comes when it is to come
      slot->message->kind = MessageKind::timer;
      slot->message->ref = ref;
      slot->message->sender = request.sender;
    }
    shard.wheel.arm(*slot, request.deadline_ns);
  }
  if (request.deadline_ns < wakes_at_ns_.load(std::memory_order_seq_cst)) service_.wake();
  return SABIR_OK;
}

Status Timers::cancel(std::uint64_t ref, Cancelled &cancelled) noexcept {
  Shard *shard = shard_of_ref(ref);
  if (!shard) return SABIR_E_NO_REF;
  MutexLock lock(shard->mutex);
  Slot *slot = find(*shard, ref);
  if (!slot) return SABIR_E_NO_REF;
  if (slot->armed) (void)shard->wheel.cancel(*slot);
  cancelled.message = std::exchange(slot->message, nullptr);
  cancelled.alarm = std::exchange(slot->alarm, nullptr);
  give(*shard, *slot);
  return SABIR_OK;
}

void Timers::cancel_all(Thread &thread, std::uint64_t pid, Slot *&owner) noexcept {
  Shard &shard = *shards_[shard_of(pid)];
  for (;;) {
    Message *message;
    {
      MutexLock lock(shard.mutex);
      Slot *slot = owner;
      if (!slot) return;
      if (slot->armed) (void)shard.wheel.cancel(*slot);
      message = std::exchange(slot->message, nullptr);
      if (slot->alarm) memory::destroy(std::exchange(slot->alarm, nullptr));
      give(shard, *slot);
    }
    if (message) free_message(thread, message);   // outside: its release function may be the host's
  }
}

Timers::Settled Timers::settle(std::uint64_t ref, std::uint64_t &count) noexcept {
  Shard *shard = shard_of_ref(ref);
  if (!shard) return Settled::drop;
  MutexLock lock(shard->mutex);
  Slot *slot = find(*shard, ref);
  if (!slot || !slot->queued) return Settled::drop;
  slot->queued = false;
  count = 1;
  if (slot->interval_ns != 0) {
    count += std::exchange(slot->missed, 0);
  } else {
    give(*shard, *slot);
  }
  return Settled::handle;
}

// An interval has passed: arms the next, and makes a message unless one is queued.
Message *Timers::tick(Thread &thread, Shard &shard, std::uint32_t number, Slot &slot, std::uint64_t now_ns) noexcept {
  // From the deadline, not from now, so that lateness does not add up; what has passed meanwhile counts as missed.
  const std::uint64_t passed = (now_ns - slot.deadline_ns) / slot.interval_ns;
  shard.wheel.arm(slot, slot.deadline_ns + (passed + 1) * slot.interval_ns);
  slot.missed += passed;
  Message *message = slot.queued ? nullptr : allocate_message(thread, slot.type, sizeof(std::uint64_t));
  if (!message) {
    ++slot.missed;   // told with the next
    return nullptr;
  }
  message->size = 0;
  message->set(message_flag::counts);
  message->kind = MessageKind::timer;
  message->ref = ref_of(number, slot);
  message->sender = slot.sender;
  slot.queued = true;
  return message;
}

std::uint64_t Timers::next_due_ns() noexcept {
  announce(Wheel::none);
  std::uint64_t due_ns = Wheel::none;
  for (auto &shard : shards_) {
    MutexLock lock(shard->mutex);
    due_ns = std::min(due_ns, shard->wheel.next_due_ns());
  }
  return due_ns;
}

void Timers::close(Thread &thread) noexcept {
  for (auto &shard : shards_) {
    std::uint32_t next = 0;
    for (bool done = false; !done;) {
      Message *message = nullptr;
      mailbox::Signal *alarm = nullptr;
      {
        MutexLock lock(shard->mutex);
        shard->closed = true;
        while (next < shard->made) {
          Slot &slot = shard->chunks[next / chunk_slots][next % chunk_slots];
          ++next;
          if (!slot.armed) continue;
          (void)shard->wheel.cancel(slot);
          message = std::exchange(slot.message, nullptr);
          alarm = std::exchange(slot.alarm, nullptr);
          give(*shard, slot);
          if (message || alarm) break;
        }
        done = next >= shard->made && !message && !alarm;
      }
      if (message) free_message(thread, message);
      if (alarm) memory::destroy(alarm);
    }
  }
}

}  // namespace sabir::timer
