// The mailbox pool: where messages live. Small blocks are bump-allocated from a slab of the allocating thread and given back by one
// atomic subtraction for many of a slab; the last one frees the slab. Larger ones come from base/memory directly.
//
// Threads: allocate uses the calling thread's slab; a block may be freed on any thread.
// Invariants: a slab's `live` is slab_bias + 1 - (blocks freed) while its thread allocates from it, and the blocks outstanding afterwards;
// it is freed by whoever brings it to 0. A thread has at most slabs_per_thread slabs out; past it blocks come from base/memory. In
// sanitizer builds (SABIR_MEMORY_MALLOC) every block comes from base/memory, so that they see each one.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <tuple>

#include "base/thread.hpp"

namespace sabir::pool {

inline constexpr std::size_t slab_size = 16 * 1024;
inline constexpr std::size_t small_block_limit = 512;
inline constexpr std::uint32_t slabs_per_thread = 64;
inline constexpr std::size_t block_alignment = 16;

enum class Origin : std::uint8_t { slab, direct };

struct Block {
  void *memory;  // NULL: out of memory
  Origin origin;
};

#ifdef SABIR_MEMORY_MALLOC
inline constexpr bool use_slabs = false;
#else
inline constexpr bool use_slabs = true;
#endif

[[nodiscard]] Block allocate_slowly(Thread &thread, std::size_t size) noexcept;
[[nodiscard]] inline Block allocate(Thread &thread, std::size_t size) noexcept {
  PoolCache &cache = thread.pool;
  const std::size_t end = cache.next_offset + ((size + block_alignment - 1) & ~(block_alignment - 1));
  if (__builtin_expect(!use_slabs || size > small_block_limit || !cache.current || end > slab_size, 0))
    return allocate_slowly(thread, size);
  void *memory = reinterpret_cast<char *>(cache.current) + cache.next_offset;
  cache.next_offset = static_cast<std::uint32_t>(end);
  ++cache.allocated;
  return {memory, Origin::slab};
}

void release_slowly(Thread &thread, void *memory, Origin origin, std::size_t size) noexcept;
// Where the blocks freed of a slab are collected: by the golden ratio's fraction (Knuth 6.4), for slabs come at regular distances. A thread
// of the host's, which may not come back for long, keeps but one slab from being given back; a worker flushes when it has nothing to do.
inline PoolCache::Freed &freed_of(Thread &thread, const Slab *slab) noexcept {
  const auto number = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(slab) / slab_size);
  static_assert(std::tuple_size_v<decltype(PoolCache::freed)> == 8);
  return thread.pool.freed[thread.worker ? (number * std::uint32_t{0x9e3779b9}) >> 29 : 0];
}
// size: as allocated; used for accounting of direct blocks.
inline void release(Thread &thread, void *memory, Origin origin, std::size_t size) noexcept {
  auto *slab = reinterpret_cast<Slab *>(reinterpret_cast<std::uintptr_t>(memory) & ~(slab_size - 1));
  PoolCache::Freed &freed = freed_of(thread, slab);
  if (__builtin_expect(origin == Origin::slab && freed.slab == slab, 1)) {
    ++freed.blocks;
  } else {
    release_slowly(thread, memory, origin, size);
  }
}

// Gives back the blocks that release has collected; called when a thread turns to something else.
void flush(Thread &thread) noexcept;

// Bytes that slabs and direct blocks occupy now, in the whole process.
std::uint64_t bytes_in_use() noexcept;

}  // namespace sabir::pool
