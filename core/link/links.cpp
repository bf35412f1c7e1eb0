// SPDX-License-Identifier: Apache-2.0
#include "link/links.hpp"

#include <atomic>
#include <memory>
#include <new>
#include <utility>

#include "actor/delivery.hpp"
#include "actor/lifecycle.hpp"
#include "base/exit.hpp"
#include "base/memory.hpp"

namespace sabir::link {

using actor::Bonds;
using actor::Cell;
using actor::Cold;
using actor::Context;
using actor::Engine;
using actor::OwnedMessage;
using actor::Signal;
using actor::SignalKind;

namespace {

using WatcherNode = decltype(Bonds::watchers)::node_type;
using LinkNode = decltype(Bonds::links)::node_type;

struct DestroyCold {
  void operator()(Cold *cold) const noexcept { memory::destroy(cold); }
};
using OwnedCold = std::unique_ptr<Cold, DestroyCold>;

OwnedCold make_cold() {
  OwnedCold cold(memory::create<Cold>());
  if (!cold) throw std::bad_alloc();
  return cold;
}

// A signal with what the actor it goes to will keep.
struct BondSignal : Signal {
  WatcherNode watcher;                  // watch
  LinkNode link;                        // link: what the other will send to the asker
  std::uint64_t ref = 0;                // unwatch
  OwnedCold cold;                       // in case the actor has none yet
};

BondSignal &bond(Signal &signal) noexcept { return static_cast<BondSignal &>(signal); }

OwnedMessage make_notice(Thread &thread, MessageKind kind, std::uint64_t sender, std::uint64_t ref) {
  OwnedMessage message(allocate_failure(thread, 0));
  if (!message) throw std::bad_alloc();
  message->kind = kind;
  message->sender = sender;
  message->ref = ref;
  return message;
}

void send_notice(Engine &engine, std::uint64_t to, OwnedMessage message, const sabir_exit *exit) noexcept {
  failure_of(*message).exit = exits::retain(exit);
  failure_of(*message).status = exit->status;
  if (!actor::deliver_notice(engine, to, *message)) return;
  [[maybe_unused]] const auto *moved = message.release();
}

std::unique_ptr<BondSignal> make_signal(SignalKind kind, std::uint64_t to, std::uint64_t from) {
  auto signal = std::make_unique<BondSignal>();
  signal->kind = kind;
  signal->target = to;
  signal->sender = from;
  return signal;
}

// False: the actor is gone, and the signal is the caller's still.
bool send(Engine &engine, std::unique_ptr<BondSignal> &signal) noexcept {
  if (!actor::signal(engine, *signal)) return false;
  [[maybe_unused]] const auto *moved = signal.release();
  return true;
}

// To undo a bond on the other side: best effort, for what is left there is dropped when it comes back.
void send_undo(Engine &engine, SignalKind kind, std::uint64_t to, std::uint64_t from, std::uint64_t ref) noexcept try {
  auto signal = make_signal(kind, to, from);
  signal->ref = ref;
  (void)send(engine, signal);
} catch (const std::bad_alloc &) {
}

void send_no_actor(Engine &engine, std::uint64_t to, OwnedMessage message, std::uint64_t gone) noexcept {
  const sabir_exit *exit = exits::make(SABIR_EXIT_NO_ACTOR, SABIR_E_DEAD, gone, {}, {}, nullptr);
  send_notice(engine, to, std::move(message), exit ? exit : exits::plain(SABIR_EXIT_NO_ACTOR));
  exits::release(exit);
}

void need_cold(Context *context, Cell &cell, OwnedCold &cold) noexcept {
  if (cell.cold) return;
  if (context) {
    MutexLock lock(context->cold_mutex);
    cell.cold = cold.release();
  } else {
    cell.cold = cold.release();
  }
}

Cold &cold_of(Context &context) {
  if (!context.cell->cold) {
    OwnedCold cold = make_cold();
    need_cold(&context, *context.cell, cold);
  }
  return *context.cell->cold;
}

// Whether a pid can be watched or linked to at all; one that is gone can.
Status check(const Engine &engine, std::uint64_t self, std::uint64_t other) noexcept {
  if (other == self || other == 0) return SABIR_E_INVALID;
  Cell *cell;
  const Status status = actor::resolve(engine, other, cell, true);
  return status == SABIR_E_FOREIGN ? status : Status(SABIR_OK);
}

}  // namespace

std::uint64_t next_ref(std::uint32_t tag) noexcept {
  // The index's highest bit tells it from the refs of asks and timers; the rest is a number. relaxed: only a number.
  static std::atomic<std::uint64_t> last{0};
  constexpr unsigned number_bits = index_bits - 1 + generation_bits;
  const std::uint64_t number = (last.fetch_add(1, std::memory_order_relaxed) + 1) & ((std::uint64_t{1} << number_bits) - 1);
  return std::uint64_t{tag} << (index_bits + generation_bits) | std::uint64_t{1} << number_bits | number;
}

Status watch(Engine &engine, Thread &thread, std::uint64_t watcher, std::uint64_t watched, std::uint64_t ref,
             const actor::Restarts &restarts) {
  if (const Status status = check(engine, watcher, watched); !status.ok()) return status;
  auto signal = make_signal(SignalKind::watch, watched, watcher);
  signal->cold = make_cold();
  decltype(Bonds::watchers) made;
  made.emplace(ref, actor::Watcher{watcher, make_notice(thread, MessageKind::down, watched, ref), restarts});
  signal->watcher = made.extract(made.begin());
  if (!send(engine, signal)) refuse(engine, *signal.release(), nullptr);
  return SABIR_OK;
}

void unwatch(Engine &engine, std::uint64_t watched, std::uint64_t ref) noexcept { send_undo(engine, SignalKind::unwatch, watched, 0, ref); }

Status monitor(Context &context, std::uint64_t watched, bool restarts, std::uint64_t &ref) {
  Cold &cold = cold_of(context);
  const std::uint64_t number = next_ref(context.engine->tag);
  actor::Restarts counted;
  if (restarts) counted = std::make_shared<std::atomic<std::uint64_t>>(0);
  cold.bonds.watching.emplace(number, actor::Watched{watched, counted});
  try {
    const Status status = watch(*context.engine, *context.thread, context.self, watched, number, counted);
    if (!status.ok()) cold.bonds.watching.erase(number);
    if (status.ok()) ref = number;
    return status;
  } catch (...) {
    cold.bonds.watching.erase(number);
    throw;
  }
}

Status demonitor(Context &context, std::uint64_t ref) noexcept {
  Cold *cold = context.cell->cold;
  if (!cold) return SABIR_E_NO_REF;
  const auto found = cold->bonds.watching.find(ref);
  if (found == cold->bonds.watching.end()) return SABIR_E_NO_REF;
  unwatch(*context.engine, found->second.pid, ref);
  cold->bonds.watching.erase(found);
  return SABIR_OK;
}

Status link(Context &context, std::uint64_t other) {
  Engine &engine = *context.engine;
  if (const Status status = check(engine, context.self, other); !status.ok()) return status;
  Cell *cell;
  if (actor::resolve(engine, other, cell, true).ok()) {
    const actor::Bounds bounds = actor::Bounds::from(cell->bounds.load(std::memory_order_relaxed));
    if (bounds.port() || bounds.supervisor()) return SABIR_E_INVALID;
  }
  Cold &cold = cold_of(context);
  if (cold.bonds.links.contains(other)) return SABIR_OK;
  auto signal = make_signal(SignalKind::link, other, context.self);
  signal->cold = make_cold();
  decltype(Bonds::links) made;
  made.emplace(context.self, make_notice(*context.thread, MessageKind::exit, other, 0));
  signal->link = made.extract(made.begin());
  cold.bonds.links.emplace(other, make_notice(*context.thread, MessageKind::exit, context.self, 0));
  if (!send(engine, signal)) refuse(engine, *signal.release(), nullptr);
  return SABIR_OK;
}

Status unlink(Context &context, std::uint64_t other) noexcept {
  Cold *cold = context.cell->cold;
  if (!cold || cold->bonds.links.erase(other) == 0) return SABIR_E_NO_REF;
  send_undo(*context.engine, SignalKind::unlink, other, context.self, 0);
  return SABIR_OK;
}

void accept(Context *context, Cell &cell, Signal &signal) noexcept {
  const std::unique_ptr<BondSignal> bonded(&bond(signal));
  if (signal.kind == SignalKind::watch || signal.kind == SignalKind::link) need_cold(context, cell, bonded->cold);
  Cold *cold = cell.cold;
  switch (signal.kind) {
    case SignalKind::watch: cold->bonds.watchers.insert(std::move(bonded->watcher)); break;
    case SignalKind::link: cold->bonds.links.insert(std::move(bonded->link)); break;
    case SignalKind::unwatch:
      if (cold) cold->bonds.watchers.erase(bonded->ref);
      break;
    default:
      if (cold) cold->bonds.links.erase(signal.sender);
  }
}

void refuse(Engine &engine, Signal &signal, const sabir_exit *exit) noexcept {
  const std::unique_ptr<BondSignal> bonded(&bond(signal));
  const auto tell = [&](std::uint64_t to, OwnedMessage message) {
    exit ? send_notice(engine, to, std::move(message), exit) : send_no_actor(engine, to, std::move(message), signal.target);
  };
  if (signal.kind == SignalKind::watch) {
    actor::Watcher &watcher = bonded->watcher.mapped();
    tell(watcher.pid, std::move(watcher.down));
  } else if (signal.kind == SignalKind::link) {
    tell(bonded->link.key(), std::move(bonded->link.mapped()));
  }
}

bool admit(Context &context, Cell &cell, Message &message) {
  Cold *cold = cell.cold;
  if (!cold) return false;
  Bonds &bonds = cold->bonds;
  if (message.kind == MessageKind::exit) {
    if (bonds.links.erase(message.sender) == 0) return false;   // unlinked meanwhile
    if (cell.flags & actor::cell_flag::trap_exits) return true;
    const sabir_exit *cause = failure_of(message).exit;
    if (!exits::is_abnormal(cause->reason)) return false;
    const sabir_exit *exit = exits::make(SABIR_EXIT_LINKED, cause->status, context.self, cause->message, {}, cause);
    if (!exit) exit = exits::plain(SABIR_EXIT_LINKED);
    const exits::ReleaseExit release(exit);
    actor::exit_actor(context, cell, exit);
    return false;
  }
  const auto found = bonds.watching.find(message.ref);
  if (found == bonds.watching.end()) return false;
  if (message.kind == MessageKind::restarted) return actor::count_restarts(message, found->second.restarts);
  bonds.watching.erase(found);
  return true;
}

void incarnation_ended(Engine &engine, Cold &cold) noexcept {
  for (const auto &[ref, watched] : cold.bonds.watching) unwatch(engine, watched.pid, ref);
  cold.bonds.watching.clear();
}

void restarted(Engine &engine, Thread &thread, Cell &cell) noexcept {
  for (auto &[ref, watcher] : cell.cold->bonds.watchers) {
    // acq_rel: release publishes the restart to count_restarts. Those not taken yet come with the message that is on its way.
    if (!watcher.restarts) continue;
    OwnedMessage message;
    if (watcher.restarts->load(std::memory_order_relaxed) == 0) {
      message.reset(allocate_message(thread, 0, sizeof(std::uint64_t)));
      if (!message) {
        ++watcher.untold;
        continue;
      }
    }
    // Only we add, so what was 0 is 0.
    if (watcher.restarts->fetch_add(1 + std::exchange(watcher.untold, 0), std::memory_order_acq_rel) != 0) continue;
    if (!message) {   // taken since we looked: they need another message
      message.reset(allocate_message(thread, 0, sizeof(std::uint64_t)));
      if (!message) {
        watcher.untold += watcher.restarts->exchange(0, std::memory_order_relaxed);
        continue;
      }
    }
    message->kind = MessageKind::restarted;
    message->set(message_flag::counts);
    message->size = 0;
    message->sender = actor::pid_of(engine.tag, cell);
    message->ref = ref;
    if (!actor::deliver_notice(engine, watcher.pid, *message)) continue;
    [[maybe_unused]] const auto *moved = message.release();
  }
}

void exited(Engine &engine, Cold &cold, const sabir_exit *exit) noexcept {
  for (auto &[ref, watcher] : cold.bonds.watchers) send_notice(engine, watcher.pid, std::move(watcher.down), exit);
  for (auto &[pid, message] : cold.bonds.links) send_notice(engine, pid, std::move(message), exit);
  cold.bonds.watchers.clear();
  cold.bonds.links.clear();
}

}  // namespace sabir::link
