// Cells: the slots that hold actors (and ports). Type-stable memory: a cell is never unmapped while its system lives, so a stale pid leads
// to a cell of another generation, never to freed memory.
//
// Threads: CellSend is read and written by any sender; the rest by the cell's runner alone, but for `run.signals`.
// Invariants
//   1. Only the runner writes the runner's half, `incarnation` included, against which every message's target is compared.
//   2. The runner of a dying incarnation bumps `generation` and gives the cell to the free list once, before it goes idle, and then goes on
//   as
//      the runner. Spawning takes a free cell, writes its sender's half, and pushes a start message; the runner does the rest.
//   3. `depth` counts the messages marked `counted`, and is never reset.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "actor/behavior.hpp"
#include "actor/bonds.hpp"
#include "actor/bounds.hpp"
#include "base/pid.hpp"
#include "executor/scheduler.hpp"
#include "mailbox/queue.hpp"
#include "timer/timers.hpp"

namespace sabir::actor {

enum class SignalKind : std::uint8_t {
  stop,
  kill,
  wait,  // a sender waits for room in this mailbox
  room,  // the answer to an actor that waited: there is room
  order,  // of its supervisor (supervised.hpp)
  alarm,  // to a supervisor: the time that it asked for has come
  watch,  // somebody monitors this actor (link/)
  unwatch,
  link,
  unlink
};

// A thread that waits in a send for room.
struct WaitingThread;

struct Signal : mailbox::Signal {
  SignalKind kind = SignalKind::stop;
  std::uint32_t epoch = 0;  // wait, room: which muting of the sender
  std::uint64_t target = 0;  // pid
  std::uint64_t sender = 0;  // wait: the actor that waits, or 0
  WaitingThread *thread = nullptr;  // wait: the thread that waits, or NULL; it owns the signal then
  void *owner = nullptr;  // order: the Supervised that it is a part of; wait: the message that tells of room, or NULL
};

struct Supervised;
struct Argument;
struct Inbox;
struct Delivered;

// What few actors need, allocated on use.
struct Cold {
  Cold() = default;
  ~Cold();
  Cold(const Cold &) = delete;
  Cold &operator=(const Cold &) = delete;

  std::string name;
  std::uint32_t low_watermark = 0;  // 0: half the capacity
  Signal *waiting = nullptr;  // senders to be told when there is room
  Inbox *inbox = nullptr;  // owned; where the mailbox sorts, or the actor has stashed
  Delivered *delivered = nullptr;  // owned; where the host calls the handlers itself
  std::vector<const Behavior *> became;  // below the present behavior, the first one lowest
  std::uint32_t muted_epoch = 0;  // counts this actor's mutings, so that a late answer to an earlier one is told
  std::uint32_t epoch = 0;  // counts the incarnations that this pid has had before the present one
  std::uint32_t redelivered = 0;  // how often the present message was delivered again
  std::uint32_t orders = 0;  // of its supervisor, taken and not yet obeyed
  const sabir_exit *left_for = nullptr;  // suspended: why its last incarnation ended, a reference
  const sabir_exit *given_up_for = nullptr;  // orders::given_up: the incarnation's end, a reference
  Supervised *supervised = nullptr;  // an owner's share
  std::shared_ptr<Argument> argument;  // of one of many that are spawned with it, who are not supervised
  Bonds bonds;
  timer::Timers::Slot *timers = nullptr;  // the incarnation's own; guarded by their shard's mutex
};

namespace cell_flag {
inline constexpr std::uint16_t started = 1;  // start has succeeded, stop is owed
inline constexpr std::uint16_t muted = 2;  // waits for room elsewhere, handles no messages
inline constexpr std::uint16_t start_taken = 4;  // the stub is a start message for another executor than the one that took it
inline constexpr std::uint16_t suspended = 8;  // between two incarnations: handles no messages until its supervisor says so
inline constexpr std::uint16_t redeliver = 16;  // the stub is a message whose handler failed, to be handled again first thing
inline constexpr std::uint16_t trap_exits = 32;
inline constexpr std::uint16_t alarmed = 64;  // a supervisor's time has come
inline constexpr std::uint16_t ordered = 128;  // its supervisor's orders are in cold
inline constexpr std::uint16_t apart = 256;  // messages are taken from cold->inbox, not straight from the queue
inline constexpr std::uint16_t out = 512;  // the host has something of it, or its end waits for the host (delivered.hpp)
inline constexpr std::uint16_t ending = 1024;  // that end
// What has to be looked at before the next message.
inline constexpr std::uint16_t special = muted | suspended | redeliver | alarmed | ordered | apart | out;
}  // namespace cell_flag

// Bits above the generation in CellSend::generation: a free cell, and one that is closed to new messages. Either makes it unequal to any
// pid's.
inline constexpr std::uint32_t generation_free = 1u << 31;
inline constexpr std::uint32_t generation_closed = 1u << 30;

struct CellSend {
  mailbox::Queue::SendSide send;
  // How many counted messages were ever let in (senders add, and take off what is refused), and how many have left (the runner alone
  // stores). Both wrap; the difference is the depth.
  std::atomic<std::uint32_t> let_in{0};
  std::atomic<std::uint32_t> left{0};
  std::atomic<std::uint32_t> generation{0};  // written by spawn (owner of a free cell), drain (closed) and the dying runner
  std::uint32_t index = 0;  // constant
  std::atomic<std::uint64_t> bounds{0};  // written by spawn before generation
  std::atomic<executor::Executor *> executor{nullptr};  // written by spawn before generation
  // The runner's: rarely written, and read once per run, so they may share the senders' line.
  std::atomic<const Behavior *> behavior{nullptr};  // atomic for the survivors' report
  std::uintptr_t argument = 0;
  sabir_drop_fn drop = nullptr;
};

struct alignas(cache_line_size) Cell : CellSend, executor::Task {
  mailbox::Queue::RunSide run;
  std::uintptr_t state = 0;
  Signal *held = nullptr;  // for the incarnation whose start is still queued
  Cold *cold = nullptr;
  std::uint32_t incarnation = 0;  // generation of the actor that lives here; 0: none
  std::uint16_t flags = 0;
  std::uint8_t depth_done = 0;  // handled and not yet counted in `left`
  std::uint8_t death_cause = 0;  // SABIR_CAUSE_... of what is still queued for the last incarnation
};

static_assert(sizeof(CellSend) == 64);
static_assert(sizeof(Cell) == 128);

// How many counted messages its mailbox has, with those that have left and are not given back yet (depth_done). Old when it is read.
// relaxed: numbers; `left` first, so that what has left was let in.
inline std::int32_t depth_of(const Cell &cell) noexcept {
  const std::uint32_t left = cell.left.load(std::memory_order_relaxed);
  return static_cast<std::int32_t>(cell.let_in.load(std::memory_order_relaxed) - left);
}

inline void set_flag(Cell &cell, std::uint16_t flag) noexcept { cell.flags = static_cast<std::uint16_t>(cell.flags | flag); }
inline void clear_flag(Cell &cell, std::uint16_t flag) noexcept { cell.flags = static_cast<std::uint16_t>(cell.flags & ~flag); }

// The behavior that the actor was spawned with: all its callbacks but receive.
inline const Behavior &own_behavior(const Cell &cell) noexcept {
  return cell.cold && !cell.cold->became.empty() ? *cell.cold->became.front() : *cell.behavior.load(std::memory_order_relaxed);
}

// The answer to an ask, and the word that there is room, travels with the asker's epoch instead of the parts of its pid that its cell
// knows, so that a later incarnation under the same pid is not given it.
inline void address_reply(Message &reply, std::uint64_t pid, std::uint32_t epoch) noexcept {
  reply.target = std::uint64_t{epoch} << generation_bits | Pid::unpack(pid).generation;
}
inline std::uint64_t epoch_of_reply(const Message &reply) noexcept { return reply.target >> generation_bits; }
inline void restore_address(Message &reply, std::uint32_t tag, const Cell &cell) noexcept {
  reply.target = Pid{tag, cell.index, Pid::unpack(reply.target).generation}.pack();
}
inline bool is_reply(const Message &message) noexcept {
  return message.kind == MessageKind::reply || message.kind == MessageKind::failure || message.kind == MessageKind::writable;
}

inline std::uint64_t pid_of(std::uint32_t tag, const Cell &cell) noexcept { return Pid{tag, cell.index, cell.incarnation}.pack(); }

}  // namespace sabir::actor
