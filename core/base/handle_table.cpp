// SPDX-License-Identifier: Apache-2.0
#include "base/handle_table.hpp"

#include <sched.h>

#include <new>
#include <thread>

#include "base/mutex.hpp"
#include "base/uncancelled.hpp"

namespace sabir::handles {

namespace {

constexpr unsigned kind_bits = 4;
constexpr unsigned slot_index_bits = 20;
constexpr unsigned count_bits = 24;
constexpr std::uint64_t count_mask = (1u << count_bits) - 1;
// A handle has 40 bits of generation where pointers have 64 bits, and 8 where they have 32.
constexpr std::uint64_t handle_generation_mask = (std::uint64_t{1} << (sizeof(std::uintptr_t) * 8 - kind_bits - slot_index_bits)) - 1;
constexpr std::uint32_t chunk_slots = 1024;
constexpr std::uint32_t chunk_limit = (1u << slot_index_bits) / chunk_slots;

Mutex mutex;

struct Slot {
  std::atomic<std::uint64_t> word{0};   // generation << 24 | references
  std::atomic<void *> object{nullptr};
  std::uint32_t next_free SABIR_GUARDED_BY(mutex) = 0;
};
struct Chunk {
  Slot slots[chunk_slots];
};

std::atomic<Chunk *> chunks[chunk_limit];   // never freed, so that a stale handle finds a slot
std::uint32_t slots_made SABIR_GUARDED_BY(mutex) = 0;
// Index + 1; first in, first out, to be slow in using generations up.
std::uint32_t oldest_free SABIR_GUARDED_BY(mutex) = 0;
std::uint32_t newest_free SABIR_GUARDED_BY(mutex) = 0;

Slot *slot_of(std::uintptr_t handle) noexcept {
  const std::uint32_t index = static_cast<std::uint32_t>(handle >> kind_bits) & ((1u << slot_index_bits) - 1);
  Chunk *chunk = chunks[index / chunk_slots].load(std::memory_order_acquire);   // pairs with the store in create
  return chunk ? &chunk->slots[index % chunk_slots] : nullptr;
}

bool matches(std::uint64_t word, Kind kind, std::uintptr_t handle) noexcept {
  return (handle & ((1u << kind_bits) - 1)) == static_cast<std::uintptr_t>(kind) && (word & count_mask) != 0 &&
         ((word >> count_bits) & handle_generation_mask) == handle >> (kind_bits + slot_index_bits);
}

}  // namespace

std::uintptr_t create(Kind kind, void *object) noexcept {
  MutexLock lock(mutex);
  std::uint32_t index;
  if (oldest_free != 0) {
    index = oldest_free - 1;
    Slot &slot = chunks[index / chunk_slots].load(std::memory_order_relaxed)->slots[index % chunk_slots];
    oldest_free = slot.next_free;
    if (oldest_free == 0) newest_free = 0;
  } else {
    if (slots_made == chunk_limit * chunk_slots) return 0;
    std::atomic<Chunk *> &chunk = chunks[slots_made / chunk_slots];
    if (!chunk.load(std::memory_order_relaxed)) {
      Chunk *made = new (std::nothrow) Chunk;
      if (!made) return 0;
      chunk.store(made, std::memory_order_release);
    }
    index = slots_made++;
  }
  Slot &slot = chunks[index / chunk_slots].load(std::memory_order_relaxed)->slots[index % chunk_slots];
  const std::uint64_t generation = ((slot.word.load(std::memory_order_relaxed) >> count_bits) + 1) & handle_generation_mask;
  slot.object.store(object, std::memory_order_relaxed);
  // release: pairs with the acquire loads of the word; whoever sees this generation sees the object.
  slot.word.store(generation << count_bits | 1, std::memory_order_release);
  return static_cast<std::uintptr_t>(generation << (kind_bits + slot_index_bits) | std::uint64_t{index} << kind_bits |
                                     static_cast<std::uint64_t>(kind));
}

void *resolve(Kind kind, std::uintptr_t handle) noexcept {
  Slot *slot = slot_of(handle);
  // seq_cst: see Pin. The object is read first: if the generation still matches afterwards it was this one's.
  if (!slot) return nullptr;
  void *object = slot->object.load(std::memory_order_acquire);
  return matches(slot->word.load(std::memory_order_seq_cst), kind, handle) ? object : nullptr;
}

bool retain(Kind kind, std::uintptr_t handle) noexcept {
  Slot *slot = slot_of(handle);
  if (!slot) return false;
  std::uint64_t word = slot->word.load(std::memory_order_relaxed);
  do {
    if (!matches(word, kind, handle) || (word & count_mask) == count_mask) return false;
    // relaxed: a new reference is made from one that exists, which keeps everything alive.
  } while (!slot->word.compare_exchange_weak(word, word + 1, std::memory_order_relaxed));
  return true;
}

Release release(Kind kind, std::uintptr_t handle, bool if_not_last) noexcept {
  Slot *slot = slot_of(handle);
  if (!slot) return Release::stale;
  std::uint64_t word = slot->word.load(std::memory_order_relaxed);
  do {
    if (!matches(word, kind, handle)) return Release::stale;
    if (if_not_last && (word & count_mask) == 1) return Release::last;
    // seq_cst: with Pin; it is also the acq_rel that orders every owner's use before the last one's disposal.
  } while (!slot->word.compare_exchange_weak(word, word - 1, std::memory_order_seq_cst));
  return (word & count_mask) == 1 ? Release::last : Release::remains;
}

bool revoke(Kind kind, std::uintptr_t handle) noexcept {
  Slot *slot = slot_of(handle);
  if (!slot) return false;
  std::uint64_t word = slot->word.load(std::memory_order_relaxed);
  do {
    if (!matches(word, kind, handle)) return false;
  } while (!slot->word.compare_exchange_weak(word, word & ~count_mask, std::memory_order_seq_cst));
  return true;
}

bool wait_for_pins(std::uintptr_t handle, Parker::Clock::time_point deadline) noexcept {
  const Uncancelled here;
  const Thread *self = &Thread::current();
  for (Thread *thread = Thread::first(); thread; thread = thread->next) {
    if (thread == self) continue;
    for (auto &pin : thread->pins) {
      // seq_cst: with Pin. Calls are short and blocked ones have been woken, so yielding is enough.
      for (unsigned tries = 0; pin.load(std::memory_order_seq_cst) == handle; ++tries) {
        if (Parker::Clock::now() >= deadline) return false;
        if (tries < 100) {
          sched_yield();
        } else {
          std::this_thread::sleep_for(std::chrono::microseconds(100));
        }
      }
    }
  }
  return true;
}

bool is_pinned(std::uintptr_t handle) noexcept {
  for (const Thread *thread = Thread::first(); thread; thread = thread->next) {
    for (const auto &pin : thread->pins) {
      if (pin.load(std::memory_order_seq_cst) == handle) return true;   // seq_cst: with Pin
    }
  }
  return false;
}

void recycle(std::uintptr_t handle) noexcept {
  MutexLock lock(mutex);
  const std::uint32_t index = static_cast<std::uint32_t>(handle >> kind_bits) & ((1u << slot_index_bits) - 1);
  slot_of(handle)->next_free = 0;
  if (newest_free != 0) {
    slot_of(std::uintptr_t{newest_free - 1} << kind_bits)->next_free = index + 1;
  } else {
    oldest_free = index + 1;
  }
  newest_free = index + 1;
}

}  // namespace sabir::handles
