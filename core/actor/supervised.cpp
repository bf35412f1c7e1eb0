// SPDX-License-Identifier: Apache-2.0
#include "actor/supervised.hpp"

#include <cstddef>

#include "actor/delivery.hpp"
#include "base/callback.hpp"
#include "base/exit.hpp"
#include "base/memory.hpp"
#include "sabir/log.h"

namespace sabir::actor {

namespace {

Supervised &owner_of(Signal &order) noexcept { return *reinterpret_cast<Supervised *>(order.owner); }

}  // namespace

Argument::~Argument() {
  if (!drop) return;
  const Thrown thrown = call_out([&] { drop(dropped); });
  if (thrown.happened && host) host->log(SABIR_LOG_ERROR, "supervisor", 0, {}, {"drop threw: ", thrown.what});
}

Supervised::~Supervised() {
  exits::release(exit.load(std::memory_order_relaxed));
  exits::release(order_exit.load(std::memory_order_relaxed));
  if (message) free_message(Thread::current(), message);
}

Supervised *make_supervised(Thread &thread, std::uint64_t supervisor) noexcept {
  auto *supervised = memory::create<Supervised>();
  if (!supervised) return nullptr;
  supervised->message = allocate_message(thread, 0, sizeof(Supervised *));
  if (!supervised->message) {
    memory::destroy(supervised);
    return nullptr;
  }
  supervised->message->kind = MessageKind::news;
  supervised->message->target = supervisor;
  *static_cast<Supervised **>(supervised->message->payload()) = supervised;
  supervised->supervisor = supervisor;
  supervised->order.owner = supervised;
  return supervised;
}

void release(Supervised *supervised) noexcept {
  // acq_rel: all owners' uses happen before it is freed.
  if (supervised->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) memory::destroy(supervised);
}

void report(Engine &engine, Supervised &supervised, std::uint32_t bits) noexcept {
  // acq_rel: release publishes exit, decision and health to take_news; acquire takes the message over from it.
  if (supervised.news.fetch_or(bits | news::travels, std::memory_order_acq_rel) & news::travels) return;
  // relaxed: the caller is an owner.
  supervised.owners.fetch_add(1, std::memory_order_relaxed);
  Cell *cell;
  if (resolve(engine, supervised.supervisor, cell, true).ok()) {
    supervised.message->target = supervised.supervisor;
    if (mailbox::Queue::push(cell->send, supervised.message) == mailbox::Wake::yes) {
      cell->executor.load(std::memory_order_relaxed)->schedule_first(*cell);
    }
  } else {
    release(&supervised);   // nobody listens any more; the bit stays, so nobody tries again
  }
}

std::uint32_t take_news(Supervised &supervised, Message &message) noexcept {
  supervised.message = &message;
  // acq_rel: pairs with report, both ways.
  const std::uint32_t bits = supervised.news.exchange(0, std::memory_order_acq_rel);
  return bits & ~news::travels;
}

void lose_news(Message &message) noexcept {
  Supervised &supervised = supervised_of(message);
  supervised.message = nullptr;   // it is freed with the queue; `travels` stays, so it is never used again
  release(&supervised);
}

std::uint32_t orders::merged(std::uint32_t earlier, std::uint32_t later) noexcept {
  if (later & begin) earlier &= ~(halt | kill);
  return earlier | later;
}

bool give_orders(Engine &engine, Supervised &supervised, std::uint64_t child, std::uint32_t bits) noexcept {
  // acq_rel: acquire takes the signal over from take_orders; release publishes its target.
  std::uint32_t before = supervised.orders.load(std::memory_order_relaxed);
  while (!supervised.orders.compare_exchange_weak(before, orders::merged(before, bits | orders::travels), std::memory_order_acq_rel,
                                                  std::memory_order_relaxed)) {
  }
  if (before & orders::travels) return true;
  supervised.owners.fetch_add(1, std::memory_order_relaxed);
  supervised.order.target = child;
  if (signal(engine, supervised.order, true)) return true;
  release(&supervised);   // the child is gone; `travels` stays
  return false;
}

std::uint32_t take_orders(Signal &order) noexcept {
  Supervised &supervised = owner_of(order);
  const std::uint32_t bits = supervised.orders.exchange(0, std::memory_order_acq_rel);   // pairs with give_orders
  release(&supervised);
  return bits & ~orders::travels;
}

}  // namespace sabir::actor
