// The tie between a supervised actor and its supervisor: orders go one way, news the other, and none needs memory.
//
// Threads: the child's runner reports; the supervisor's runner orders and takes news. Either half may be on any worker at any time.
// Invariants
//   1. `news` has the bit `travels` from the moment the news message is pushed until the supervisor has detached it and taken the bits, so
//   it is in
//      at most one queue once. What is reported meanwhile is added to the bits. The same holds for `orders` and the order signal.
//   2. Each `begin` is answered by `started` or `left`, each `started` followed by one `left` or `ended`; a suspended child that is told to
//   halt
//      has reported `left` already, or will. So between two orders to begin the supervisor gets exactly one `left`.
// Ownership: counted: the child's cell, the supervisor, and each of the two while it travels. The last one frees it.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "actor/cell.hpp"
#include "actor/engine.hpp"

namespace sabir::actor {

namespace news {
inline constexpr std::uint32_t travels = 1;
inline constexpr std::uint32_t started = 2;  // an incarnation's start has succeeded
inline constexpr std::uint32_t left = 4;  // an incarnation has ended, or could not start; the child is suspended
inline constexpr std::uint32_t ended = 8;  // the pid is stale
inline constexpr std::uint32_t pong = 16;  // a health check has been answered
}  // namespace news

namespace orders {
inline constexpr std::uint32_t travels = 1;
inline constexpr std::uint32_t begin = 2;  // the next incarnation
inline constexpr std::uint32_t halt = 4;  // end the incarnation, and wait
inline constexpr std::uint32_t end = 8;  // for good
inline constexpr std::uint32_t kill = 16;  // with the others: the reason is KILLED
inline constexpr std::uint32_t given_up = 64;  // nobody's order: the watchdog gave up on the incarnation's handler
inline constexpr std::uint32_t stop = 32;  // somebody has stopped this supervisor: end the incarnation with STOPPED
// What two orders amount to that the child finds at once. A halt before a begin met an incarnation that had left by itself: the supervisor
// has read that, or it would not say begin. So `begin | halt` is a begin that was taken back.
std::uint32_t merged(std::uint32_t earlier, std::uint32_t later) noexcept;
}  // namespace orders

// The argument of a child, which several incarnations under several pids may use: the child spec holds it, and each tie. The last one drops
// it.
struct Argument {
  std::uintptr_t value = 0;
  sabir_drop_fn drop = nullptr;
  std::uintptr_t dropped = 0;  // what drop is given: the value, or what tells its home of it
  void (*leak)(std::uintptr_t dropped) noexcept = nullptr;  // in drop's place, where the value may be in use for ever; or NULL
  Host *host = nullptr;  // where an exception out of drop is logged
  ~Argument();
  // A handler that was given up on may use it: drop does not run any more.
  void give_up() noexcept {
    if (drop && leak) leak(dropped);
    drop = nullptr;
  }
};
using ArgumentRef = std::shared_ptr<Argument>;

struct Supervised {
  Supervised() noexcept { order.kind = SignalKind::order; }
  ~Supervised();

  std::atomic<std::uint32_t> owners{2};
  std::uint64_t supervisor = 0;  // pid; constant
  std::uint32_t redeliveries = 0;  // constant
  std::uint64_t stall_timeout_ns = 0;  // constant: when to give up on a handler; 0: never
  void *child = nullptr;  // the supervisor's: which of its children; NULL once it is not interested any more
  std::atomic<std::uint32_t> news{0};
  std::atomic<std::uint32_t> orders{0};
  std::atomic<const sabir_exit *> exit{nullptr};  // why it left or ended: put by the child, a reference, taken by the supervisor
  std::atomic<const sabir_exit *> order_exit{nullptr};  // why it is told to halt, if not plainly: put by the supervisor, a reference
  std::atomic<std::int32_t> decision{0};  // of the behavior's failed callback; written before `left`
  std::atomic<std::uint32_t> health{0};  // of its last check; written before `pong`, relaxed: news publishes it
  std::atomic<std::uint64_t> answered{0};  // number of that check
  std::atomic<std::uint64_t> waited_ns{0};  // how long its ping was in the mailbox
  ArgumentRef argument;  // until the end for good, which lets go of it before it tells
  Message *message = nullptr;  // the news: its payload is a pointer to this; used by whoever may push it (invariant 1)
  Signal order;
};

// NULL: out of memory.
[[nodiscard]] Supervised *make_supervised(Thread &thread, std::uint64_t supervisor) noexcept;
void release(Supervised *supervised) noexcept;
inline Supervised &supervised_of(Message &news) noexcept { return **static_cast<Supervised **>(news.payload()); }

// The child's: tells the supervisor.
void report(Engine &engine, Supervised &supervised, std::uint32_t bits) noexcept;
// The supervisor's: tells the child, whose pid this is. False: it is gone.
bool give_orders(Engine &engine, Supervised &supervised, std::uint64_t child, std::uint32_t bits) noexcept;
// The supervisor's: what a news message, which it has detached, stands for.
std::uint32_t take_news(Supervised &supervised, Message &message) noexcept;
// The child's: what an order signal stands for.
std::uint32_t take_orders(Signal &signal) noexcept;
// A news message that found no supervisor. The message stays the caller's to free.
void lose_news(Message &message) noexcept;

}  // namespace sabir::actor
