// The registry: unique names of actors and ports.
//
// Threads: any.
// Invariants: (1) A name is taken while the pid it has resolves to an actor or port that lives; nothing tells the registry of an end, so
// each use of an entry looks. This is enough because a pid never comes back while its system lives, and what is restarted in place keeps
// its pid. (2) Dead entries go when they are met, and when their shard has doubled since it was last looked through.
// Locks: a shard's mutex is the innermost one; only pids are resolved under it, which takes none.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "actor/engine.hpp"
#include "base/error.hpp"
#include "base/mutex.hpp"
#include "base/name_map.hpp"
#include "base/platform.hpp"
#include "sabir/registry.h"

namespace sabir::registry {

class Registry {
 public:
  explicit Registry(const actor::Engine &engine, std::size_t limit = SABIR_NAMES_MAX) noexcept : engine_(engine), limit_(limit) {}

  // Gives a name to a pid. Throws std::bad_alloc. Errors: DUPLICATE (a live other has it), DEAD, NO_ACTOR, FOREIGN, LIMIT.
  Status add(std::string_view name, std::uint64_t pid);
  // Takes it back, from this pid only where it is not 0. Errors: NO_NAME.
  Status remove(std::string_view name, std::uint64_t pid) noexcept;
  // Who has it. Errors: NO_NAME.
  Status find(std::string_view name, std::uint64_t &pid) noexcept;

  // Entries, dead ones included.
  std::size_t size() const noexcept { return count_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t shard_count = 32;

  struct alignas(cache_line_size) Shard {
    Mutex mutex;
    NameMap<std::uint64_t> names SABIR_GUARDED_BY(mutex);
    SweepPoint sweep SABIR_GUARDED_BY(mutex);
  };

  Shard &shard_of(std::string_view name) noexcept { return shards_[NameHash()(name) / 64 % shard_count]; }  // the map uses the low bits
  void sweep(Shard &shard) noexcept SABIR_REQUIRES(shard.mutex);
  // The entry of a name whose owner lives; else it is erased. NULL: nobody has it.
  std::uint64_t *live(Shard &shard, std::string_view name) noexcept SABIR_REQUIRES(shard.mutex);

  const actor::Engine &engine_;
  const std::size_t limit_;
  std::atomic<std::size_t> count_{0};  // of all shards; relaxed: a number
  std::array<Shard, shard_count> shards_;
};

}  // namespace sabir::registry
