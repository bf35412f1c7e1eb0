// Routers: one address for many actors, of which a strategy picks who gets the next message.
//
// Threads: any. Who sends takes no lock; who changes the routees holds the mutex.
// Ownership: a router is never freed while its system lives, nor are its slots, but used again for a later one of the same room. A call
// pins its handle; a send from a worker, which keeps its system alive, need not (quick). Invariants
//   1. Slots below `count` have been written; a slot is never cleared, only overwritten. A sender that reads a stale count, or a slot that
//      has moved meanwhile, gets a pid that is or was a routee's: a send to it arrives as if it had come a moment earlier, or is DEAD. Pids
//      never come back, so it is never anybody else's.
//   2. A routee that is gone is noticed by who sends to it: one of a pool is replaced in its slot, another is taken out and the last one
//   put
//      in its place.
//   3. A pool has a drain message at hand for each of its routees, so that ending them needs no memory.
//   4. `handle` is the router's own from publish to close, and 0 between two routers; handles do not come back. Who has read it, then a
//   slot,
//      and then the same handle again has read that router's slot.
// Orders: count is stored with release (grow, add) and loaded with acquire (route, quick), so that a sender sees what the slots below it
// hold. A slot's pid is stored with release and loaded with acquire for invariant 4 alone: the stores of a later router come after close's
// of 0 to handle, which whoever has read one of them then sees. (As a number it publishes nothing: resolve makes the cell visible.) handle
// is stored with release (publish) and loaded with acquire (quick): slots_ is there. The rest is relaxed: numbers. A token that is read
// with another's pid sends one message elsewhere, as the change itself would have.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actor/context.hpp"
#include "actor/engine.hpp"
#include "actor/lifecycle.hpp"
#include "base/error.hpp"
#include "base/mutex.hpp"
#include "base/platform.hpp"
#include "sabir/router.h"

namespace sabir::router {

enum class Strategy : std::uint32_t {
  round_robin = SABIR_ROUTER_ROUND_ROBIN,
  random = SABIR_ROUTER_RANDOM,
  least_loaded = SABIR_ROUTER_LEAST_LOADED,
  hash = SABIR_ROUTER_HASH,
  broadcast = SABIR_ROUTER_BROADCAST
};

// What the routees of a pool are made of.
struct Pool {
  actor::SpawnRequest request;  // its name is set at each spawn
  std::string name;
  std::shared_ptr<void> executor_use;  // keeps the executor from being destroyed
};

struct Options {
  Strategy strategy = Strategy::round_robin;
  std::uint32_t capacity = SABIR_ROUTER_CAPACITY_DEFAULT;
  std::uint32_t size = 0;  // of the pool
  std::optional<Pool> pool;
};

class Router {
 public:
  explicit Router(actor::Engine &engine) noexcept : engine_(engine) {}
  ~Router();
  Router(const Router &) = delete;
  Router &operator=(const Router &) = delete;

  // Room for so many routees: a power of two.
  static std::uint32_t room_for(std::uint32_t capacity) noexcept { return std::bit_ceil(capacity); }
  // Makes the slots. False: no memory. Once.
  [[nodiscard]] bool make_slots(std::uint32_t room) noexcept;

  // Where a worker is in the turns it takes by itself.
  struct Turn {
    std::uint64_t next = 0;
  };
  Turn first_turn() noexcept;

  // Before anybody else has it. Throws std::bad_alloc. Errors: NOMEM, those of actor::spawn. context: the calling worker's, or NULL.
  Status open(Thread &thread, actor::Context *context, Options options);
  // From here on it may be found.
  void publish(std::uintptr_t handle) noexcept { handle_.store(handle, std::memory_order_release); }
  // The last reference has ended: the routees of a pool are drained. Calls that have not returned find nobody.
  void close();

  Strategy strategy() const noexcept { return strategy_.load(std::memory_order_relaxed); }

  // Picks a routee for a worker that has not pinned the handle. 0: it is another's by now, or the choice is not as simple as that: the call
  // goes the long way.
  [[gnu::always_inline]] std::uint64_t quick(std::uintptr_t handle, std::uint64_t key, Turn &turn) noexcept {
    if (handle_.load(std::memory_order_acquire) != handle) return 0;
    const std::uint32_t count = count_.load(std::memory_order_acquire);
    if (count == 0) return 0;
    std::uint32_t index;
    switch (strategy()) {
      case Strategy::round_robin:
        index = turn.next < count ? static_cast<std::uint32_t>(turn.next) : 0;
        turn.next = index + 1;
        break;
      case Strategy::hash: index = choose_by_hash(count, key); break;
      case Strategy::random: index = draw(turn.next++, count); break;
      case Strategy::least_loaded: index = choose_least_loaded(count, turn.next++); break;
      default: return 0;
    }
    const std::uint64_t pid = slots_[index].pid.load(std::memory_order_acquire);
    return handle_.load(std::memory_order_relaxed) == handle ? pid : 0;
  }

  // Routees that are not a pool's. Errors: INVALID (a pool's router; or least loaded, and the mailbox is not counted), DUPLICATE, LIMIT,
  // DEAD, NO_ACTOR, FOREIGN; NO_MEMBER.
  Status add(std::uint64_t pid);
  Status remove(std::uint64_t pid);
  // Errors: INVALID (no pool, or a size that is none), those of actor::spawn: the pool has those that were made.
  Status resize(Thread &thread, actor::Context *context, std::uint32_t size);
  // Those that are there. Dead ones are replaced or taken out first. Throws std::bad_alloc.
  void list(Thread &thread, actor::Context *context, std::vector<std::uint64_t> &pids);

  // Calls attempt(pid) for a routee, and for another one as long as it says DEAD or NO_ACTOR. attempt ends it otherwise: OK or a status.
  // Errors: NO_MEMBER (no routees), DEAD (all are drained), those of actor::spawn (there was nobody to replace the dead with), attempt's.
  template <class Attempt>
  Status route(Thread &thread, actor::Context *context, std::uint64_t key, Attempt &&attempt) {
    sabir_status failure = SABIR_E_NO_MEMBER;
    std::uint32_t index = none;
    for (std::uint32_t tries = 0;; ++tries) {
      const std::uint32_t count = count_.load(std::memory_order_acquire);
      if (__builtin_expect(count == 0, 0)) return failure;
      // From where one is drained, or cannot be replaced, on to the next one.
      index = index == none ? choose(count, key) : index + 1 < count ? index + 1 : 0;
      const std::uint64_t pid = slots_[index].pid.load(std::memory_order_acquire);
      const Status status = attempt(pid);
      if (__builtin_expect(status.ok(), 1)) return status;
      if (status != SABIR_E_DEAD && status != SABIR_E_NO_ACTOR) return status;
      if (tries >= 2 * count) return failure == SABIR_E_NO_MEMBER ? status : Status(failure);
      switch (const Status repaired = repair(thread, context, index, pid); repaired.value) {
        case SABIR_OK: index = none; break;
        case SABIR_E_BUSY: break;
        default: failure = repaired;
      }
    }
  }

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  struct Slot {
    std::atomic<std::uint64_t> pid{0};
    std::atomic<std::uint64_t> token{0};  // what is hashed with the key; in a pool the slot's own, whoever is in it
  };

  std::uint32_t choose(std::uint32_t count, std::uint64_t key) noexcept;
  std::uint32_t draw(std::uint64_t turn, std::uint32_t count) const noexcept;
  std::uint32_t choose_least_loaded(std::uint32_t count, std::uint64_t turn) noexcept;
  std::uint32_t choose_by_hash(std::uint32_t count, std::uint64_t key) const noexcept;
  // What is to be done about a routee that took nothing. OK: it was replaced or taken out, or was already; BUSY: it is only drained; else
  // why there is no other in its place.
  [[gnu::noinline]] Status repair(Thread &thread, actor::Context *context, std::uint32_t index, std::uint64_t pid);
  Status repair_at(Thread &thread, actor::Context *context, std::uint32_t index) SABIR_REQUIRES(mutex_);
  // left: NULL, or where those that are there then are added.
  void remove_dead(Thread &thread, actor::Context *context, std::vector<std::uint64_t> *left) SABIR_REQUIRES(mutex_);
  void remove_at(std::uint32_t index) noexcept SABIR_REQUIRES(mutex_);
  Status spawn(Thread &thread, actor::Context *context, std::uint64_t &pid) SABIR_REQUIRES(mutex_);
  Status grow(Thread &thread, actor::Context *context, std::uint32_t size) SABIR_REQUIRES(mutex_);
  void drain_last() noexcept SABIR_REQUIRES(mutex_);
  // Written under the mutex only, so what it reads there is what stands there.
  std::uint32_t count() const noexcept SABIR_REQUIRES(mutex_) { return count_.load(std::memory_order_relaxed); }

  actor::Engine &engine_;
  Slot *slots_ = nullptr;  // constant
  // Written by open, close, and under the mutex; read by senders.
  std::atomic<std::uintptr_t> handle_{0};
  std::atomic<Strategy> strategy_{Strategy::round_robin};
  std::atomic<std::uint32_t> count_{0};
  std::atomic<std::uint64_t> seed_{0};
  // Written by each send but those of workers, which count for themselves.
  alignas(cache_line_size) std::atomic<std::uint64_t> cursor_{0};

  alignas(cache_line_size) Mutex mutex_;
  std::uint32_t capacity_ SABIR_GUARDED_BY(mutex_) = 0;
  std::optional<Pool> pool_ SABIR_GUARDED_BY(mutex_);
  bool closed_ SABIR_GUARDED_BY(mutex_) = false;
  std::vector<Message *> drains_ SABIR_GUARDED_BY(mutex_);  // of a pool, one for each routee
};

}  // namespace sabir::router
