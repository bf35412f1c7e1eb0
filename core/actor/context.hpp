// Contexts: what a handler gets, one per worker, reused for each actor that the worker runs. The C handle itself.
//
// Threads: the worker's, but for the fields marked shared. The memory lives as long as the system, so a stale context can be told.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "actor/cell_table.hpp"
#include "actor/engine.hpp"
#include "actor/watch.hpp"
#include "base/failure_text.hpp"
#include "base/mutex.hpp"
#include "executor/scheduler.hpp"
#include "sabir/status.h"

namespace sabir::actor::event {
inline constexpr std::uint32_t stop = 1;      // sabir_context_stop
inline constexpr std::uint32_t fail = 2;      // sabir_context_fail
inline constexpr std::uint32_t mute = 4;      // sent to a full mailbox that blocks
inline constexpr std::uint32_t gave_up = 8;   // destroyed its own message: it is the engine's, whatever stands in *message
inline constexpr std::uint32_t loose = 16;
inline constexpr std::uint32_t became = 32;   // another behavior receives from here on
}  // namespace sabir::actor::event

struct sabir_context {
  sabir::actor::Engine *engine = nullptr;
  sabir::executor::Worker *worker = nullptr;
  sabir::Thread *thread = nullptr;         // the one that runs the worker at the moment
  sabir::actor::Cell *cell = nullptr;      // set during a callback: the context is valid
  std::uint64_t self = 0;
  sabir_message *current = nullptr;        // the message being handled while it is still the queue's stub
  sabir_message *apart = nullptr;          // the message being handled, if it comes from a list: the runner frees it, unless it is moved
  // What a callback asked for besides, looked at after it: bits of sabir::actor::event.
  std::uint32_t events = 0;
  sabir_message *loose = nullptr;          // event::loose: the same message, unlinked by a move that then failed: still the handler's
  std::uint64_t mute_for = 0;              // event::mute: receiver whose mailbox was over its bound
  std::unique_ptr<sabir::FailureText> failure;   // event::fail
  sabir::actor::CellCache cells;
  // Routers (router/) of this system that the worker has sent to, each where its handle's number has it.
  struct Remembered {
    std::uintptr_t handle = 0;
    void *entry = nullptr;
    std::uint64_t turn = 0;
  };
  Remembered routers[4];
  sabir::metrics::Counters counters;

  // Shared, for watchdog and survivors' report: written by the worker, relaxed.
  std::atomic<std::uint64_t> activity{0};          // changes with each callback; odd while in one
  std::atomic<std::uint64_t> running_type{0};
  std::atomic<sabir::actor::Cell *> running{nullptr};
  sabir::actor::Watch watch;                       // of its handler, where that is watched
  sabir_context *given_up = nullptr;               // constant: the one in whose place this one stands, for its counters
  sabir_context *left_behind = nullptr;            // the next one in the list of those whose handlers were given up on
  // The worker frees or sets the cold part of the cell that it runs only under this; it alone reads it without.
  sabir::Mutex cold_mutex;
  // The watchdog's own.
  std::uint64_t watched_activity = 0;
  std::uint64_t watched_since_ns = 0;
  bool watched_told = false;
};

namespace sabir::actor {
using Context = sabir_context;

// Gives a cell its cold part, if it has none. context: of its runner; NULL: a port's. False: no memory.
[[nodiscard]] bool make_cold(Context *context, Cell &cell) noexcept;
}  // namespace sabir::actor
