// From start to exit: starting -> running -> stopping -> stopped. All transitions of a cell's incarnation stand here.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "actor/context.hpp"
#include "actor/engine.hpp"
#include "base/callback.hpp"
#include "base/error.hpp"
#include "sabir/actor.h"

namespace sabir::actor {

// The payload of a start message: what the runner installs.
struct StartSpec {
  const Behavior *behavior;   // NULL: a port
  std::uintptr_t argument;
  sabir_drop_fn drop;
  Cold *cold;                 // owned, or NULL
};

struct SpawnRequest {
  const Behavior *behavior = nullptr;
  std::uintptr_t argument = 0;
  sabir_drop_fn drop = nullptr;
  const char *name = nullptr;
  executor::Executor *executor = nullptr;
  MailboxSpec mailbox;
  Supervised *supervised = nullptr;   // an owner's share is moved on success
  std::shared_ptr<Argument> shared;   // keeps `argument`, where others have it too; held until the actor is gone for good
};

// Takes a cell and pushes its start message. context: the calling worker's, or NULL. Errors: LIMIT, NOMEM, CLOSED.
Status spawn(Engine &engine, Thread &thread, Context *context, const SpawnRequest &request, std::uint64_t &pid);

enum class [[nodiscard]] Started { yes, no };
// The runner took a start message: installs it and runs start. no: the incarnation has exited already.
Started start(Context &context, Cell &cell, Message &message);

// What becomes of it when the start has been handled.
Started start_ended(Context &context, Cell &cell, sabir_status status, const char *exception);

// Ends the incarnation for a reason that needs no text. An actor whose handlers the host calls may end later (delivered.hpp).
void exit_actor(Context &context, Cell &cell, std::int32_t reason);
// Ends the incarnation: stop runs. A supervised actor is suspended then, and its supervisor told; another ends for good: drop, and the cell
// is free. exit: borrowed. decision: of the behavior's failed callback. The caller goes on as the runner.
void exit_actor(Context &context, Cell &cell, const sabir_exit *exit, std::int32_t decision = SABIR_DECISION_DEFAULT);
// The same, for good, whoever supervises it. A suspended actor has no incarnation to end.
void end_for_good(Context &context, Cell &cell, const sabir_exit *exit);
void end_for_good(Context &context, Cell &cell, std::int32_t reason);
// The same for one whose last incarnation has ended already, for the reason that it had.
void end_suspended(Context &context, Cell &cell);
// The next incarnation of a suspended actor: start runs, and the supervisor is told.
void begin_incarnation(Context &context, Cell &cell);
// Its start has succeeded (a supervisor's: and its children's): tells its supervisor, and who wants to hear of restarts.
void has_started(Context &context, Cell &cell) noexcept;
// What the behavior says to a failure of receive: SABIR_DECISION_...
std::int32_t decide(Context &context, Cell &cell, const sabir_exit *exit);
// The part of it that ports share: the pid is stale from here on, senders that wait are answered, the cell is on the free list.
void retire_incarnation(Engine &engine, CellCache *cache, Cell &cell, std::int32_t cause) noexcept;

// Handles all signals. The reason (SABIR_EXIT_...) why the actor must end now, or nothing. Orders of its supervisor are left in cold.
// context: the runner's; NULL: a port's.
// ended: the actor that has just been retired from the cell, and why: who began to watch it or linked to it until then is told.
struct Ended {
  std::uint64_t pid;
  const sabir_exit *exit;
};
std::optional<std::int32_t> handle_signals(Engine &engine, Context *context, Cell &cell, const Ended *ended = nullptr) noexcept;
// Does what the supervisor has ordered.
void obey(Context &context, Cell &cell);

// A callback other than receive and start has failed: its exception, or what it said to sabir_context_fail.
void log_failure(const Context &context, const char *callback, std::string_view actor, const std::string &behavior,
                 const Thrown &thrown) noexcept;

// Makes the crash's exit of what the callback said, and logs it.
const sabir_exit *crash(Context &context, Cell &cell, std::int32_t reason, sabir_status status, const char *exception);

// Marks a callback in the context for its length.
class InCallback {
 public:
  InCallback(Context &context, Cell &cell, std::uint64_t type) noexcept : context_(context) {
    context.cell = &cell;
    context.running_type.store(type, std::memory_order_relaxed);
    step();
  }
  ~InCallback() {
    context_.cell = nullptr;
    step();
  }
  InCallback(const InCallback &) = delete;
  InCallback &operator=(const InCallback &) = delete;

 private:
  void step() noexcept { context_.activity.store(context_.activity.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }
  Context &context_;
};

}  // namespace sabir::actor
