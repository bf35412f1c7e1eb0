// SPDX-License-Identifier: Apache-2.0
#include "router/router.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "actor/delivery.hpp"
#include "base/memory.hpp"
#include "env/environment.hpp"

namespace sabir::router {

namespace {

// SplitMix64: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014. Its state is a counter, so that any
// number of threads draw from one by adding to it.
constexpr std::uint64_t golden_gamma = 0x9e3779b97f4a7c15;

constexpr std::uint64_t mix(std::uint64_t value) noexcept {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

__extension__ using Wide = unsigned __int128;

// The weight of a routee for a key, both well mixed: both halves of a product, so that each bit of it depends on all of theirs.
constexpr std::uint64_t weight(std::uint64_t token, std::uint64_t key) noexcept {
  const Wide product = static_cast<Wide>(token ^ key) * golden_gamma;
  return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
}

}  // namespace

Router::~Router() {
  for (Message *drain : drains_) free_message(Thread::current(), drain);
  memory::release(slots_);
}

bool Router::make_slots(std::uint32_t room) noexcept {
  slots_ = static_cast<Slot *>(memory::allocate(sizeof(Slot) * room, alignof(Slot)));
  if (!slots_) return false;
  for (std::uint32_t i = 0; i < room; ++i) new (&slots_[i]) Slot;
  return true;
}

Router::Turn Router::first_turn() noexcept {
  const std::uint64_t number = cursor_.fetch_add(1, std::memory_order_relaxed);
  const std::uint32_t count = count_.load(std::memory_order_relaxed);
  return {strategy() == Strategy::round_robin ? number % std::max(count, 1u) : mix(number)};
}

Status Router::open(Thread &thread, actor::Context *context, Options options) {
  strategy_.store(options.strategy, std::memory_order_relaxed);
  seed_.store(engine_.environment.random(), std::memory_order_relaxed);
  cursor_.store(0, std::memory_order_relaxed);
  MutexLock lock(mutex_);
  capacity_ = options.capacity;
  closed_ = false;
  pool_ = std::move(options.pool);
  if (!pool_) return SABIR_OK;
  const Status status = grow(thread, context, options.size);
  if (!status.ok()) {
    while (count() > 0) drain_last();
    closed_ = true;
  }
  return status;
}

void Router::close() {
  std::optional<Pool> pool;
  MutexLock lock(mutex_);
  closed_ = true;
  handle_.store(0, std::memory_order_relaxed);   // before all that a later router stores: invariant 4
  if (pool_) {
    while (count() > 0) drain_last();
  }
  count_.store(0, std::memory_order_relaxed);
  std::swap(pool, pool_);
  lock.unlock();   // the argument may end with the pool, which calls its drop
}

Status Router::spawn(Thread &thread, actor::Context *context, std::uint64_t &pid) {
  if (closed_ || !pool_) return SABIR_E_CLOSED;
  const Pool &pool = *pool_;
  actor::SpawnRequest request = pool.request;
  request.name = pool.name.empty() ? nullptr : pool.name.c_str();
  return actor::spawn(engine_, thread, context, request, pid);
}

Status Router::grow(Thread &thread, actor::Context *context, std::uint32_t size) {
  drains_.reserve(size);
  for (std::uint32_t i = count(); i < size; ++i) {
    Message *drain = allocate_message(thread, 0, 0);
    if (!drain) return SABIR_E_NOMEM;
    std::uint64_t pid = 0;
    if (const Status status = spawn(thread, context, pid); !status.ok()) {
      free_message(thread, drain);
      return status;
    }
    drains_.push_back(drain);
    slots_[i].pid.store(pid, std::memory_order_release);
    slots_[i].token.store(mix(i + 1), std::memory_order_relaxed);
    count_.store(i + 1, std::memory_order_release);
  }
  return SABIR_OK;
}

void Router::drain_last() noexcept {
  const std::uint32_t last = count() - 1;
  count_.store(last, std::memory_order_relaxed);   // fewer: nothing to publish
  Message *drain = drains_.back();
  drains_.pop_back();
  const std::uint64_t pid = slots_[last].pid.load(std::memory_order_relaxed);
  if (!actor::drain(engine_, pid, *drain)) free_message(Thread::current(), drain);
}

void Router::remove_at(std::uint32_t index) noexcept {
  const std::uint32_t last = count() - 1;
  slots_[index].pid.store(slots_[last].pid.load(std::memory_order_relaxed), std::memory_order_release);
  slots_[index].token.store(slots_[last].token.load(std::memory_order_relaxed), std::memory_order_relaxed);
  count_.store(last, std::memory_order_relaxed);   // fewer: nothing to publish
}

Status Router::repair_at(Thread &thread, actor::Context *context, std::uint32_t index) {
  if (!pool_) {
    remove_at(index);
    return SABIR_OK;
  }
  std::uint64_t pid = 0;
  const Status status = spawn(thread, context, pid);
  if (status.ok()) slots_[index].pid.store(pid, std::memory_order_release);
  return status;
}

Status Router::repair(Thread &thread, actor::Context *context, std::uint32_t index, std::uint64_t pid) {
  if (actor::alive(engine_, pid).ok()) return SABIR_E_BUSY;
  MutexLock lock(mutex_);
  // Another sender may have been here.
  if (index >= count() || slots_[index].pid.load(std::memory_order_relaxed) != pid) return SABIR_OK;
  return repair_at(thread, context, index);
}

void Router::remove_dead(Thread &thread, actor::Context *context, std::vector<std::uint64_t> *left) {
  for (std::uint32_t i = count(); i-- > 0;) {
    std::uint64_t pid = slots_[i].pid.load(std::memory_order_relaxed);
    if (!actor::alive(engine_, pid).ok()) {
      if (!repair_at(thread, context, i).ok() || !pool_) continue;   // a pool's stays in its slot until there is another
      pid = slots_[i].pid.load(std::memory_order_relaxed);
    }
    if (left) left->push_back(pid);
  }
}

Status Router::add(std::uint64_t pid) {
  actor::Cell *cell = nullptr;
  if (const Status status = actor::alive(engine_, pid); !status.ok()) return status;
  if (const Status status = actor::resolve(engine_, pid, cell, true); !status.ok()) return status;
  MutexLock lock(mutex_);
  if (pool_) return SABIR_E_INVALID;
  if (closed_) return SABIR_E_CLOSED;
  if (strategy() == Strategy::least_loaded && actor::Bounds::from(cell->bounds.load(std::memory_order_relaxed)).unbounded()) {
    return SABIR_E_INVALID;
  }
  std::uint32_t number = count();
  for (std::uint32_t i = 0; i < number; ++i) {
    if (slots_[i].pid.load(std::memory_order_relaxed) == pid) return SABIR_E_DUPLICATE;
  }
  if (number == capacity_) {
    remove_dead(Thread::current(), nullptr, nullptr);
    number = count();
    if (number == capacity_) return SABIR_E_LIMIT;
  }
  slots_[number].pid.store(pid, std::memory_order_release);
  slots_[number].token.store(mix(pid), std::memory_order_relaxed);
  count_.store(number + 1, std::memory_order_release);
  return SABIR_OK;
}

Status Router::remove(std::uint64_t pid) {
  MutexLock lock(mutex_);
  if (pool_) return SABIR_E_INVALID;
  const std::uint32_t number = count();
  for (std::uint32_t i = 0; i < number; ++i) {
    if (slots_[i].pid.load(std::memory_order_relaxed) != pid) continue;
    remove_at(i);
    return actor::alive(engine_, pid).ok() ? SABIR_OK : SABIR_E_NO_MEMBER;
  }
  return SABIR_E_NO_MEMBER;
}

Status Router::resize(Thread &thread, actor::Context *context, std::uint32_t size) {
  MutexLock lock(mutex_);
  if (closed_) return SABIR_E_CLOSED;
  if (!pool_ || size == 0 || size > capacity_) return SABIR_E_INVALID;
  while (count() > size) drain_last();
  return grow(thread, context, size);
}

void Router::list(Thread &thread, actor::Context *context, std::vector<std::uint64_t> &pids) {
  MutexLock lock(mutex_);
  pids.reserve(count());
  remove_dead(thread, context, &pids);
}

std::uint32_t Router::choose(std::uint32_t count, std::uint64_t key) noexcept {
  if (strategy() == Strategy::hash) return choose_by_hash(count, key);
  const std::uint64_t turn = cursor_.fetch_add(1, std::memory_order_relaxed);
  switch (strategy()) {
    case Strategy::random: return draw(turn, count);
    case Strategy::least_loaded: return choose_least_loaded(count, turn);
    default: return static_cast<std::uint32_t>(turn) % count;
  }
}

std::uint32_t Router::draw(std::uint64_t turn, std::uint32_t count) const noexcept {
  const std::uint64_t drawn = mix(seed_.load(std::memory_order_relaxed) + turn * golden_gamma);
  return static_cast<std::uint32_t>(static_cast<Wide>(drawn) * count >> 64);
}

std::uint32_t Router::choose_least_loaded(std::uint32_t count, std::uint64_t turn) noexcept {
  const std::uint32_t first = static_cast<std::uint32_t>(turn) % count;
  const std::uint32_t looks = std::min<std::uint32_t>(count, SABIR_ROUTER_LOOKS);
  std::uint32_t best = first;
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (std::uint32_t i = 0; i < looks; ++i) {
    const std::uint32_t index = first + i < count ? first + i : first + i - count;
    actor::Cell *cell = nullptr;
    if (!actor::resolve(engine_, slots_[index].pid.load(std::memory_order_relaxed), cell).ok()) {
      if (!actor::alive(engine_, slots_[index].pid.load(std::memory_order_relaxed)).ok()) return index;   // to be noticed, and replaced
      continue;
    }
    const std::int64_t depth = actor::depth_of(*cell);
    if (depth >= least) continue;
    best = index;
    least = depth;
    if (depth <= 0) break;
  }
  return best;
}

std::uint32_t Router::choose_by_hash(std::uint32_t count, std::uint64_t key) const noexcept {
  // The index takes the place of the weight's lowest bits, so that one maximum finds both, without a branch that cannot be foretold.
  constexpr std::uint64_t index_mask = SABIR_ROUTER_CAPACITY_MAX - 1;
  static_assert(std::has_single_bit<std::uint64_t>(SABIR_ROUTER_CAPACITY_MAX));
  const std::uint64_t mixed = mix(key);
  std::uint64_t most = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    most = std::max(most, (weight(slots_[i].token.load(std::memory_order_relaxed), mixed) & ~index_mask) | i);
  }
  return static_cast<std::uint32_t>(most & index_mask);
}

}  // namespace sabir::router
