// Counted handles that can be told when stale: a handle is a number dressed as a pointer, an index into a table that is never freed,
// a generation and a kind. Using a destroyed one finds another generation, not freed memory.
//
// Threads: all functions from any thread.
// Invariants: (1) a slot's word holds the generation and the count of references; the object may be used by a caller that holds a Pin
// taken while the count was not zero. (2) The object is freed only after wait_for_pins, so after the last such caller has left.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/thread.hpp"

namespace sabir::handles {

enum class Kind : std::uint32_t { system = 1, behavior = 2, executor = 3, port = 4, router = 5 };

// Enters object with one reference. 0 when the table (1,048,576 handles) is full or there is no memory.
[[nodiscard]] std::uintptr_t create(Kind kind, void *object) noexcept;

// The object behind a handle, NULL if it was destroyed or is of another kind. It stays valid only under a Pin, or where the caller knows.
[[nodiscard]] void *resolve(Kind kind, std::uintptr_t handle) noexcept;

[[nodiscard]] bool retain(Kind kind, std::uintptr_t handle) noexcept;

enum class Release { stale, remains, last };
// Ends a reference. last: the handle is dead now, and the caller disposes of the object (after wait_for_pins) and then calls recycle.
// if_not_last: does nothing where this would be the last reference, and still says so.
[[nodiscard]] Release release(Kind kind, std::uintptr_t handle, bool if_not_last = false) noexcept;

// Kills a handle whatever its count (its system ends); false if it was dead already.
bool revoke(Kind kind, std::uintptr_t handle) noexcept;

// Returns once no thread but the caller is inside a call that pinned the handle, or false at the deadline. For a dead handle no new pin
// holds.
bool wait_for_pins(std::uintptr_t handle, Parker::Clock::time_point deadline) noexcept;

// Whether any thread, the caller too, is inside a call that pinned the handle. Of a dead handle, false stays.
bool is_pinned(std::uintptr_t handle) noexcept;

// Lets a dead handle's slot be used again.
void recycle(std::uintptr_t handle) noexcept;

// Keeps a handle's object alive for the length of a call.
class Pin {
 public:
  Pin(Kind kind, std::uintptr_t handle) noexcept : thread_(Thread::current()) {
    // A worker keeps its system alive by being there.
    if (handle == thread_.worker_system && handle != 0) {
      object_ = resolve(kind, handle);
      return;
    }
    if (thread_.pin_count < Thread::pin_limit) {
      slot_ = &thread_.pins[thread_.pin_count++];
      // seq_cst, with the load of the word in resolve: either wait_for_pins sees this pin, or resolve sees the handle dead.
      slot_->store(handle, std::memory_order_seq_cst);
      object_ = resolve(kind, handle);
    }
  }
  ~Pin() {
    if (!slot_) return;
    // release: pairs with the acquire load in wait_for_pins; what the call did happened before the object is freed.
    slot_->store(0, std::memory_order_release);
    --thread_.pin_count;
  }
  Pin(const Pin &) = delete;
  Pin &operator=(const Pin &) = delete;

  void *object() const noexcept { return object_; }
  Thread &thread() const noexcept { return thread_; }

 private:
  Thread &thread_;
  std::atomic<std::uintptr_t> *slot_ = nullptr;
  void *object_ = nullptr;
};

}  // namespace sabir::handles
