// SPDX-License-Identifier: Apache-2.0
#include "group/groups.hpp"

#include <iterator>

#include "actor/delivery.hpp"

namespace sabir::group {

void Groups::remove_at(Group &group, std::size_t place) noexcept {
  group.places.erase(group.pids[place]);
  if (const std::uint64_t last = group.pids.back(); last != group.pids[place]) {
    group.pids[place] = last;
    group.places.find(last)->second = place;
  }
  group.pids.pop_back();
  count_.fetch_sub(1, std::memory_order_relaxed);
}

void Groups::remove_dead(Group &group) noexcept {
  for (std::size_t place = group.pids.size(); place-- > 0;) {
    if (!actor::alive(engine_, group.pids[place]).ok()) remove_at(group, place);
  }
  group.sweep.swept(group.pids.size());
}

void Groups::sweep(Shard &shard) noexcept {
  for (auto entry = shard.groups.begin(); entry != shard.groups.end();) {
    remove_dead(entry->second);
    entry = entry->second.pids.empty() ? shard.groups.erase(entry) : std::next(entry);
  }
  shard.sweep.swept(shard.groups.size());
}

Groups::Group *Groups::live(Shard &shard, std::string_view name) noexcept {
  const auto found = shard.groups.find(name);
  if (found == shard.groups.end()) return nullptr;
  remove_dead(found->second);
  if (!found->second.pids.empty()) return &found->second;
  shard.groups.erase(found);
  return nullptr;
}

Status Groups::join(std::string_view name, std::uint64_t pid) {
  if (const Status status = actor::alive(engine_, pid); !status.ok()) return status;
  if (count_.load(std::memory_order_relaxed) >= limit_) {
    for (Shard &each : shards_) {
      MutexLock lock(each.mutex);
      sweep(each);
    }
  }
  Shard &shard = shard_of(name);
  MutexLock lock(shard.mutex);
  auto found = shard.groups.find(name);
  if (found == shard.groups.end()) {
    if (shard.sweep.reached(shard.groups.size())) sweep(shard);
    found = shard.groups.emplace(name, Group()).first;
  }
  Group &group = found->second;
  // Whatever comes of it, an empty group does not stay.
  struct Rest {
    NameMap<Group> &groups;
    NameMap<Group>::iterator found;
    ~Rest() {
      if (found->second.pids.empty()) groups.erase(found);
    }
  } rest{shard.groups, found};
  if (group.places.contains(pid)) return SABIR_E_DUPLICATE;
  if (group.sweep.reached(group.pids.size())) remove_dead(group);
  if (count_.fetch_add(1, std::memory_order_relaxed) >= limit_) {
    count_.fetch_sub(1, std::memory_order_relaxed);
    return SABIR_E_LIMIT;
  }
  try {
    group.pids.push_back(pid);
    try {
      group.places.emplace(pid, group.pids.size() - 1);
    } catch (...) {
      group.pids.pop_back();
      throw;
    }
  } catch (...) {
    count_.fetch_sub(1, std::memory_order_relaxed);
    throw;
  }
  return SABIR_OK;
}

Status Groups::leave(std::string_view name, std::uint64_t pid) noexcept {
  Shard &shard = shard_of(name);
  MutexLock lock(shard.mutex);
  const auto found = shard.groups.find(name);
  if (found == shard.groups.end()) return SABIR_E_NO_MEMBER;
  Group &group = found->second;
  const auto place = group.places.find(pid);
  if (place == group.places.end()) return SABIR_E_NO_MEMBER;
  const bool was_alive = actor::alive(engine_, pid).ok();
  remove_at(group, place->second);
  if (group.pids.empty()) shard.groups.erase(found);
  return was_alive ? SABIR_OK : SABIR_E_NO_MEMBER;
}

}  // namespace sabir::group
