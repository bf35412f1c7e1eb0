// SPDX-License-Identifier: Apache-2.0
#include "mailbox/pool.hpp"

#include <bit>
#include <new>
#include <utility>

#include "base/memory.hpp"

namespace sabir {

// Aligned to its size, so that a block finds it by masking its address.
struct alignas(pool::block_alignment) Slab {
  std::atomic<std::int64_t> live;
  PoolCache *owner;   // constant
};

namespace pool {

namespace {

constexpr std::int64_t slab_bias = std::int64_t{1} << 32;   // more than a slab has blocks
constexpr std::uint32_t first_offset = (sizeof(Slab) + cache_line_size - 1) / cache_line_size * cache_line_size;

Slab *slab_of(void *memory) noexcept { return reinterpret_cast<Slab *>(reinterpret_cast<std::uintptr_t>(memory) & ~(slab_size - 1)); }

// Written by the calling thread alone.
void account(PoolCache &cache, std::int64_t change) noexcept {
  cache.bytes.store(cache.bytes.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
}

void free_slab(PoolCache &cache, Slab *slab) noexcept {
  slab->owner->slabs_out.fetch_sub(1, std::memory_order_relaxed);   // a count, nothing hangs on it
  slab->~Slab();
  memory::release(slab);
  account(cache, -static_cast<std::int64_t>(slab_size));
}

// acq_rel: every user's last access to its block happens before the slab is freed by the last one.
bool subtract(Slab *slab, std::int64_t blocks) noexcept { return slab->live.fetch_sub(blocks, std::memory_order_acq_rel) == blocks; }

void flush(PoolCache &cache, PoolCache::Freed &freed) noexcept {
  Slab *slab = std::exchange(freed.slab, nullptr);
  if (slab && subtract(slab, freed.blocks)) free_slab(cache, slab);
}

void flush(PoolCache &cache) noexcept {
  for (std::uint32_t used = std::exchange(cache.freed_used, 0); used != 0; used &= used - 1) {
    flush(cache, cache.freed[static_cast<unsigned>(std::countr_zero(used))]);
  }
}

// Stops allocating from the current slab. True: all its blocks had been freed, and it stays the current one, empty again.
bool retire(Thread &thread) noexcept {
  PoolCache &cache = thread.pool;
  Slab *slab = cache.current;
  if (PoolCache::Freed &freed = freed_of(thread, slab); freed.slab == slab) flush(cache, freed);  // the bias keeps it from being freed here
  if (subtract(slab, slab_bias - cache.allocated)) {
    slab->live.store(slab_bias, std::memory_order_relaxed);  // nobody else knows it now
    cache.next_offset = first_offset;
    cache.allocated = 0;
    return true;
  }
  cache.current = nullptr;
  return false;
}

// True: the cache has a current slab with room.
bool refill(Thread &thread) noexcept {
  PoolCache &cache = thread.pool;
  if (cache.current && retire(thread)) return true;
  if (cache.slabs_out.load(std::memory_order_relaxed) >= slabs_per_thread) return false;
  void *memory = memory::allocate(slab_size, slab_size);
  if (!memory) return false;
  cache.current = new (memory) Slab{{slab_bias}, &cache};
  cache.slabs_out.fetch_add(1, std::memory_order_relaxed);
  account(cache, slab_size);
  cache.next_offset = first_offset;
  cache.allocated = 0;
  return true;
}

void give_back(Thread &thread) noexcept {
  flush(thread.pool);
  if (thread.pool.current && retire(thread)) {
    free_slab(thread.pool, thread.pool.current);
    thread.pool.current = nullptr;
  }
}

// Thread::attach cannot know the pool, which is above it: the pool tells it here, before main, without starting anything.
[[maybe_unused]] const bool registered = [] {
  Thread::give_back.store(give_back, std::memory_order_release);
  return true;
}();

}  // namespace

Block allocate_slowly(Thread &thread, std::size_t size) noexcept {
  if (use_slabs && size <= small_block_limit && refill(thread)) return allocate(thread, size);
  void *memory = memory::allocate(size, block_alignment);
  if (memory) account(thread.pool, static_cast<std::int64_t>(size));
  return {memory, Origin::direct};
}

void release_slowly(Thread &thread, void *memory, Origin origin, std::size_t size) noexcept {
  PoolCache &cache = thread.pool;
  if (origin == Origin::direct) {
    account(cache, -static_cast<std::int64_t>(size));
    memory::release(memory);
    return;
  }
  Slab *slab = slab_of(memory);
  PoolCache::Freed &freed = freed_of(thread, slab);
  flush(cache, freed);
  freed = {slab, 1};
  cache.freed_used |= std::uint32_t{1} << (&freed - cache.freed.data());
}

void flush(Thread &thread) noexcept { flush(thread.pool); }

std::uint64_t bytes_in_use() noexcept {
  std::int64_t bytes = 0;
  for (Thread *thread = Thread::first(); thread; thread = thread->next) bytes += thread->pool.bytes.load(std::memory_order_relaxed);
  return bytes < 0 ? 0 : static_cast<std::uint64_t>(bytes);  // read one after another, so briefly it may seem less than none
}

}  // namespace pool
}  // namespace sabir
