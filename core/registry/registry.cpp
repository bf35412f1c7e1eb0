// SPDX-License-Identifier: Apache-2.0
#include "registry/registry.hpp"

#include "actor/delivery.hpp"

namespace sabir::registry {

void Registry::sweep(Shard &shard) noexcept {
  const std::size_t gone = std::erase_if(shard.names, [this](const auto &entry) { return !actor::alive(engine_, entry.second).ok(); });
  count_.fetch_sub(gone, std::memory_order_relaxed);
  shard.sweep.swept(shard.names.size());
}

std::uint64_t *Registry::live(Shard &shard, std::string_view name) noexcept {
  const auto found = shard.names.find(name);
  if (found == shard.names.end()) return nullptr;
  if (actor::alive(engine_, found->second).ok()) return &found->second;
  shard.names.erase(found);
  count_.fetch_sub(1, std::memory_order_relaxed);
  return nullptr;
}

Status Registry::add(std::string_view name, std::uint64_t pid) {
  if (const Status status = actor::alive(engine_, pid); !status.ok()) return status;
  if (count_.load(std::memory_order_relaxed) >= limit_) {
    for (Shard &each : shards_) {
      MutexLock lock(each.mutex);
      sweep(each);
    }
  }
  Shard &shard = shard_of(name);
  MutexLock lock(shard.mutex);
  if (const std::uint64_t *owner = live(shard, name)) return *owner == pid ? SABIR_OK : SABIR_E_DUPLICATE;
  if (shard.sweep.reached(shard.names.size())) sweep(shard);
  if (count_.fetch_add(1, std::memory_order_relaxed) >= limit_) {
    count_.fetch_sub(1, std::memory_order_relaxed);
    return SABIR_E_LIMIT;
  }
  try {
    shard.names.emplace(name, pid);
  } catch (...) {
    count_.fetch_sub(1, std::memory_order_relaxed);
    throw;
  }
  return SABIR_OK;
}

Status Registry::remove(std::string_view name, std::uint64_t pid) noexcept {
  Shard &shard = shard_of(name);
  MutexLock lock(shard.mutex);
  const std::uint64_t *owner = live(shard, name);
  if (!owner || (pid != 0 && *owner != pid)) return SABIR_E_NO_NAME;
  shard.names.erase(shard.names.find(name));
  count_.fetch_sub(1, std::memory_order_relaxed);
  return SABIR_OK;
}

Status Registry::find(std::string_view name, std::uint64_t &pid) noexcept {
  Shard &shard = shard_of(name);
  MutexLock lock(shard.mutex);
  const std::uint64_t *owner = live(shard, name);
  if (!owner) return SABIR_E_NO_NAME;
  pid = *owner;
  return SABIR_OK;
}

}  // namespace sabir::registry
