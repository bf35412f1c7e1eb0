// Groups: named sets of actors and ports.
//
// Threads: any.
// Invariants: (1) A group is there while it has members. (2) A member is there while its pid resolves to an actor or port that lives, as a
// name's owner (registry/registry.hpp); dead ones are taken out whenever a group is read, and when it, or its shard, has doubled.
// (3) places has the index in pids of each pid in it.
// Locks: a shard's mutex is the innermost one; nothing is sent under it.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "actor/engine.hpp"
#include "base/error.hpp"
#include "base/mutex.hpp"
#include "base/name_map.hpp"
#include "base/platform.hpp"
#include "sabir/group.h"

namespace sabir::group {

class Groups {
 public:
  explicit Groups(const actor::Engine &engine, std::size_t limit = SABIR_MEMBERSHIPS_MAX) noexcept : engine_(engine), limit_(limit) {}

  // Throws std::bad_alloc. Errors: DUPLICATE (it is a member), DEAD, NO_ACTOR, FOREIGN, LIMIT.
  Status join(std::string_view group, std::uint64_t pid);
  // Errors: NO_MEMBER.
  Status leave(std::string_view group, std::uint64_t pid) noexcept;
  // Calls visit(pids, count) with those alive, under the group's mutex; not where there are none.
  template <class Visit>
  void with_members(std::string_view group, Visit &&visit) {
    Shard &shard = shard_of(group);
    MutexLock lock(shard.mutex);
    if (const Group *found = live(shard, group)) visit(found->pids.data(), found->pids.size());
  }

  // Memberships, of dead ones too.
  std::size_t size() const noexcept { return count_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t shard_count = 32;

  struct Group {
    std::vector<std::uint64_t> pids;
    std::unordered_map<std::uint64_t, std::size_t> places;
    SweepPoint sweep;
  };
  struct alignas(cache_line_size) Shard {
    Mutex mutex;
    NameMap<Group> groups SABIR_GUARDED_BY(mutex);
    SweepPoint sweep SABIR_GUARDED_BY(mutex);
  };

  Shard &shard_of(std::string_view name) noexcept { return shards_[NameHash()(name) / 64 % shard_count]; }  // the map uses the low bits
  void remove_at(Group &group, std::size_t place) noexcept;
  void remove_dead(Group &group) noexcept;
  void sweep(Shard &shard) noexcept SABIR_REQUIRES(shard.mutex);
  // A group without its dead members; NULL, and gone, where there are no others.
  Group *live(Shard &shard, std::string_view name) noexcept SABIR_REQUIRES(shard.mutex);

  const actor::Engine &engine_;
  const std::size_t limit_;
  std::atomic<std::size_t> count_{0};  // of all groups; relaxed: a number
  std::array<Shard, shard_count> shards_;
};

}  // namespace sabir::group
