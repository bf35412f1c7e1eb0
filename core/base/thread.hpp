// What the library knows about each thread that calls it: a record that is never freed, found through one thread-local pointer.
//
// Threads: a record is used by its own thread, but for the fields marked shared.
// Ownership: records are linked into a list for the life of the process and reused after their thread's end, so any thread may look
// at any record at any time.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/parker.hpp"
#include "base/platform.hpp"

namespace sabir {

struct Slab;

// Bump allocation and batched freeing of message blocks (mailbox/pool.hpp).
struct PoolCache {
  Slab *current = nullptr;              // slab that this thread allocates from
  std::uint32_t next_offset = 0;        // first free byte in it
  std::uint32_t allocated = 0;          // blocks taken from it
  // Slabs of the last blocks freed, each where its address has it, and how many blocks are not yet given back. More than one, for who
  // handles what several others have sent frees theirs in turn.
  struct Freed {
    Slab *slab = nullptr;
    std::uint32_t blocks = 0;
  };
  std::array<Freed, 8> freed{};
  std::uint32_t freed_used = 0;         // bits: which of them may have some
  std::atomic<std::uint32_t> slabs_out{0};   // shared: counted up by this thread, down by whoever frees one of its slabs
  std::atomic<std::int64_t> bytes{0};   // shared: written by this thread alone, summed by readers; may be negative
};

struct alignas(cache_line_size) Thread {
  static constexpr std::size_t pin_limit = 8;

  // Shared: handles in use by a call on this thread (handle_table.hpp); written by this thread, read by whoever frees a handle's object.
  std::array<std::atomic<std::uintptr_t>, pin_limit> pins{};
  std::uint32_t pin_count = 0;

  // Small number, unique among live threads: shards of statistics below a limit belong to one thread alone.
  std::uint32_t number = 0;

  // Set while this thread is a worker: the worker, and the handle of the system it works for.
  void *worker = nullptr;
  std::uintptr_t worker_system = 0;
  bool service = false;   // a system's timer thread, which calls completions back
  // Whether the whole system, or others' timers, would wait for a wait on this thread.
  bool must_not_wait() const noexcept { return worker != nullptr || service; }
  // A watched handler that it runs, and how many calls of the handler's into the library are under way (actor/watch.hpp).
  void *watch = nullptr;
  std::uint32_t watched_calls = 0;
  bool given_up = false;   // somebody gave up on that handler: the thread is no worker any more, and ends when the handler returns

  bool in_log_sink = false;
  PoolCache pool;
  Parker parker;

  std::atomic<bool> in_use{true};   // shared: claims a record for a new thread
  Thread *next = nullptr;           // shared: list of all, constant once linked

  // The calling thread's record, made at its first call, which waits until there is memory for it.
  static Thread &current() noexcept {
    Thread *thread = current_;
    return __builtin_expect(thread != nullptr, 1) ? *thread : attach();
  }

  // The head of the list of all records.
  static Thread *first() noexcept;

  // Gives back what a thread's cache holds; set by the pool, called at the thread's end.
  static std::atomic<void (*)(Thread &)> give_back;

 private:
  friend struct ThreadEnd;
  static Thread &attach() noexcept;
#if defined(__GNUC__) && !defined(SABIR_MEMORY_MALLOC)
  // One pointer fits the surplus of static TLS that glibc keeps for dlopen; the dynamic model would cost a call for each use.
  __attribute__((tls_model("initial-exec")))
#endif
  static constinit thread_local Thread *current_;   // constinit: no check for an initializer at each use
};

}  // namespace sabir
