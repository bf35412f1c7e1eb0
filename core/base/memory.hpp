// Where the engine's memory comes from: mimalloc, or malloc in sanitizer builds (SABIR_MEMORY_MALLOC), which must see every block.
//
// Threads: all functions may be called from any thread; a block may be freed on another thread than it was made on.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

namespace sabir::memory {

// NULL when there is no memory, or when a fault was injected. alignment: a power of two.
[[nodiscard]] void *allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) noexcept;
void release(void *block) noexcept;

// Fault injection for tests: the countdown-th allocation from now fails, and so do `count` - 1 after it. 0 switches it off.
void fail_after(std::uint64_t countdown, std::uint64_t count = 1) noexcept;
// Counts an allocation that a test makes fail elsewhere (operator new); whether it must fail.
[[nodiscard]] bool must_fail() noexcept;
// Allocations since fail_after was last armed; counted only while it is.
std::uint64_t allocations() noexcept;

// An object of memory above; NULL when there is none.
template <class T, class... Arguments>
[[nodiscard]] T *create(Arguments &&...arguments) {
  void *block = allocate(sizeof(T), alignof(T));
  return block ? new (block) T(std::forward<Arguments>(arguments)...) : nullptr;
}

template <class T>
void destroy(T *object) noexcept {
  if (!object) return;
  object->~T();
  memory::release(static_cast<void *>(object));   // qualified: T's own namespace may have a release(T *)
}

}  // namespace sabir::memory
