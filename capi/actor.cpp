// SPDX-License-Identifier: Apache-2.0
#include "sabir/actor.h"

#include "actor/delivery.hpp"
#include "actor/lifecycle.hpp"
#include "base/memory.hpp"
#include "guard.hpp"
#include "home.hpp"
#include "spawn.hpp"

namespace sabir::capi {

Status read_behavior(System &system, sabir_behavior *behavior, const actor::Behavior *&found, const char *what, sabir_error **error) {
  if (!behavior) return fail(error, SABIR_E_INVALID, std::string(what) + " is NULL");
  const auto handle = reinterpret_cast<std::uintptr_t>(behavior);
  auto *resolved = static_cast<actor::Behavior *>(handles::resolve(handles::Kind::behavior, handle));
  if (!resolved) return fail(error, SABIR_E_HANDLE, std::string(what) + " was destroyed, or is no behavior");
  if (const Status status = system.adopt(handle, *resolved); !status.ok()) return fail(error, status, std::string(what) + " was destroyed");
  found = resolved;
  return SABIR_OK;
}

Status read_spawn(System &system, const sabir_spawn_options *options, actor::SpawnRequest &request,
                  std::optional<handles::Pin> &executor_pin, const std::string &what, sabir_error **error) {
  request.executor = system.engine().default_executor;
  request.mailbox.bounds = actor::Bounds(SABIR_MAILBOX_CAPACITY_DEFAULT, SABIR_OVERFLOW_REJECT, false, 0);
  if (!options) return SABIR_OK;
  sabir_spawn_options given = SABIR_SPAWN_OPTIONS_INIT;
  if (const Status status = read_options(options, given, what.c_str(), error); !status.ok()) return status;
  if (given.reserved != 0) return fail(error, SABIR_E_OPTION, what + ".reserved is not 0");
  if (const Status status = check_name(given.name, 255, (what + ".name").c_str(), error); !status.ok()) return status;
  if (given.mailbox) {
    if (const Status status = read_mailbox(given.mailbox, false, request.mailbox, error); !status.ok()) return status;
  }
  if (given.executor) {
    executor_pin.emplace(handles::Kind::executor, reinterpret_cast<std::uintptr_t>(given.executor));
    auto *entry = static_cast<ExecutorEntry *>(executor_pin->object());
    if (!entry) return fail(error, SABIR_E_HANDLE, what + ".executor was destroyed, or is no executor");
    if (entry->system != &system) return fail(error, SABIR_E_FOREIGN, what + ".executor belongs to another system");
    if (entry->scheduler->disowned()) return fail(error, SABIR_E_CLOSED, what + ".executor was disowned: nothing runs there any more");
    request.executor = entry->scheduler.get();
  }
  if (given.native_tag) {
    request.mailbox.bounds = request.mailbox.bounds.of_native();
    request.mailbox.native_tag = given.native_tag;
  }
  if (given.drop && given.drop_home) return fail(error, SABIR_E_INVALID, what + ".drop and " + what + ".drop_home are both set");
  request.argument = given.argument;
  request.drop = given.drop;
  request.name = given.name;
  return SABIR_OK;
}

Status check_place(const actor::Behavior &behavior, executor::Executor &executor, const std::string &what, sabir_error **error) {
  if (!behavior.is_delivered() || executor.board()) return SABIR_OK;
  return fail(error, SABIR_E_INVALID, what + " is not polled, and '" + behavior.name + "' is delivered: no host would handle its messages");
}

Status spawn(System &system, Thread &thread, actor::Context *context, sabir_behavior *behavior, const sabir_spawn_options *options,
             sabir_pid *pid, sabir_error **error) {
  if (!pid) return fail(error, SABIR_E_INVALID, "pid is NULL");
  actor::SpawnRequest request;
  if (const Status status = read_behavior(system, behavior, request.behavior, "behavior", error); !status.ok()) return status;
  std::optional<handles::Pin> executor_pin;
  if (const Status status = read_spawn(system, options, request, executor_pin, "options", error); !status.ok()) return status;
  if (const Status status = check_place(*request.behavior, *request.executor, "options.executor", error); !status.ok()) return status;
  if (options && options->drop_home) {
    if (const Status status = hold_at(system, options->argument, options->drop_home, false, request.shared, "options", error); !status.ok())
      return status;
  }
  const Status status = actor::spawn(system.engine(), thread, context, request, *pid);
  if (!status.ok()) {
    *pid = 0;
    if (request.shared) take_back(*request.shared);
    return fail(error, status,
                status == SABIR_E_LIMIT ? "max_actors (" + std::to_string(system.configuration().max_actors) + ") are alive"
                                        : sabir_status_text(status));
  }
  return status;
}

actor::ArgumentRef hold(System &system, std::uintptr_t value, sabir_drop_fn drop) {
  try {
    auto argument = std::make_shared<actor::Argument>();
    argument->value = argument->dropped = value;
    argument->drop = drop;
    argument->host = &system;
    return argument;
  } catch (...) {
    if (drop) (void)call([&] { drop(value); });
    throw;
  }
}

Status take_argument(System &system, const sabir_spawn_options *spawn, actor::ArgumentRef &argument, const char *what,
                     sabir_error **error) {
  if (!spawn || !is_readable(*spawn)) return SABIR_OK;
  if (spawn->drop_home && !spawn->drop) return hold_at(system, spawn->argument, spawn->drop_home, true, argument, what, error);
  if (spawn->argument != 0 || spawn->drop) argument = hold(system, spawn->argument, spawn->drop);
  return SABIR_OK;
}

void drop_argument(const sabir_spawn_options *spawn) {
  if (!spawn || !is_readable(*spawn)) return;
  if (spawn->drop) {
    (void)call([&] { spawn->drop(spawn->argument); });
  } else if (spawn->drop_home) {
    drop_at(spawn->drop_home, spawn->argument);
  }
}

}  // namespace sabir::capi

namespace {

using namespace sabir;
using namespace sabir::capi;

// The cell that a pid names, and its refusals: a port is ended with sabir_port_destroy.
Status find_actor(System &system, sabir_pid pid, actor::Cell *&cell) noexcept {
  if (const Status status = actor::resolve(system.engine(), pid, cell, true); !status.ok()) return status;
  return actor::Bounds::from(cell->bounds.load(std::memory_order_relaxed)).port() ? SABIR_E_INVALID : SABIR_OK;
}

sabir_status send_signal(sabir_system *handle, sabir_pid pid, actor::SignalKind kind) {
  return with_system(handle, [&](System &system, Thread &) -> sabir_status {
    actor::Cell *cell;
    if (const Status status = find_actor(system, pid, cell); !status.ok()) return status;
    auto *signal = memory::create<actor::Signal>();
    if (!signal) return SABIR_E_NOMEM;
    signal->kind = kind;
    signal->target = pid;
    if (actor::signal(system.engine(), *signal)) return SABIR_OK;
    memory::destroy(signal);
    return SABIR_E_DEAD;
  });
}

}  // namespace

extern "C" {

void sabir_spawn_options_init(sabir_spawn_options *options, uint32_t struct_size) {
  initialize(sabir_spawn_options SABIR_SPAWN_OPTIONS_INIT, options, struct_size);
}

sabir_status sabir_spawn(sabir_system *system, sabir_behavior *behavior, const sabir_spawn_options *options, sabir_pid *pid,
                         sabir_error **error) {
  if (pid) *pid = 0;
  return with_system(system, error, [&](System &target, Thread &thread) -> sabir_status {
    return spawn(target, thread, actor::context_of(thread, target.engine()), behavior, options, pid, error);
  });
}

sabir_status sabir_actor_stop(sabir_system *system, sabir_pid pid) { return send_signal(system, pid, actor::SignalKind::stop); }

sabir_status sabir_actor_kill(sabir_system *system, sabir_pid pid) { return send_signal(system, pid, actor::SignalKind::kill); }

sabir_status sabir_actor_drain(sabir_system *system, sabir_pid pid) {
  return with_system(system, [&](System &target, Thread &thread) -> sabir_status {
    actor::Cell *cell;
    if (const Status status = find_actor(target, pid, cell); !status.ok()) return status;
    // A supervisor ends its children first, which is not for its queue to wait for; and the root is never closed.
    if (actor::Bounds::from(cell->bounds.load(std::memory_order_relaxed)).supervisor())
      return send_signal(system, pid, actor::SignalKind::stop);
    Message *message = allocate_message(thread, 0, 0);
    if (!message) return SABIR_E_NOMEM;
    if (actor::drain(target.engine(), pid, *message)) return SABIR_OK;
    free_message(thread, message);
    return SABIR_E_DEAD;
  });
}

sabir_status sabir_actor_status(sabir_system *system, sabir_pid pid) {
  return with_system(system, [&](System &target, Thread &) -> sabir_status {
    if (const Status status = actor::alive(target.engine(), pid); !status.ok()) return status;
    return target.engine().closing.load(std::memory_order_relaxed) ? SABIR_E_CLOSED : SABIR_OK;
  });
}
}
