// The mailbox pool: where messages live. Small blocks are bump-allocated from a slab of the allocating thread and given back by one
// atomic subtraction per run of neighbours; the last one frees the slab. Larger ones come from base/memory directly.
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

[[nodiscard]] Block allocate(Thread &thread, std::size_t size) noexcept;
// size: as allocated; used for accounting of direct blocks.
void release(Thread &thread, void *memory, Origin origin, std::size_t size) noexcept;

// Gives back the run of neighbours that release has collected; called when a thread turns to something else.
void flush(Thread &thread) noexcept;

// Bytes that slabs and direct blocks occupy now, in the whole process.
std::uint64_t bytes_in_use() noexcept;

}  // namespace sabir::pool
