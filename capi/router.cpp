// SPDX-License-Identifier: Apache-2.0
#include "sabir/router.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "actor/delivery.hpp"
#include "actor/multicast.hpp"
#include "name.hpp"
#include "port.hpp"
#include "router/router.hpp"
#include "spawn.hpp"

namespace {

using namespace sabir;
using namespace sabir::capi;
using router::Strategy;

std::uintptr_t value_of(const sabir_router *router) noexcept { return reinterpret_cast<std::uintptr_t>(router); }

// Runs a body with the router behind a handle, kept alive for the call: body(RouterEntry &, Thread &).
template <class Body>
Status with_pinned(sabir_router *handle, Body &&body) {
  if (!handle) return SABIR_E_INVALID;
  handles::Pin pin(handles::Kind::router, value_of(handle));
  auto *entry = static_cast<RouterEntry *>(pin.object());
  if (__builtin_expect(!entry, 0)) return SABIR_E_HANDLE;
  return body(*entry, pin.thread());
}

// The system is pinned, too, as by every call that may send: its shutdown waits for those that have come in before.
template <class Body>
sabir_status with_router(sabir_router *handle, Body &&body) {
  return guard([&]() -> sabir_status {
    return with_pinned(handle, [&](RouterEntry &entry, Thread &thread) -> Status {
      handles::Pin pin(handles::Kind::system, entry.system.handle());
      if (__builtin_expect(!pin.object(), 0)) return SABIR_E_HANDLE;
      return body(entry, thread);
    });
  });
}

// Where a worker remembers a router, or may.
actor::Context::Remembered &place_of(actor::Context &context, std::uintptr_t handle) noexcept {
  return context.routers[handle >> 4 & 3];   // past the kind
}

// The same from an actor of its system: body(RouterEntry &, actor::Context &).
template <class Body>
sabir_status with_router(sabir_context *context, sabir_router *handle, Body &&body) {
  return with_context(context, [&](actor::Context &self) -> sabir_status {
    return with_pinned(handle, [&](RouterEntry &entry, Thread &) -> Status {
      if (&entry.system.engine() != self.engine) return SABIR_E_FOREIGN;
      return body(entry, self);
    });
  });
}

bool is_closing(RouterEntry &entry) noexcept { return entry.system.engine().closing.load(std::memory_order_relaxed); }

// The context of the actor that the calling thread runs, if it is one of the router's system: for spawns.
actor::Context *spawner(RouterEntry &entry, const Thread &thread) noexcept { return actor::context_of(thread, entry.system.engine()); }

// context: the sender's, or NULL. message: moved on success.
Status send_all(RouterEntry &entry, Thread &thread, actor::Context *context, Message *&message, std::size_t &received) {
  std::vector<std::uint64_t> routees;
  entry.router.list(thread, context ? context : spawner(entry, thread), routees);
  if (routees.empty()) return is_closing(entry) ? SABIR_E_CLOSED : SABIR_E_NO_MEMBER;
  return actor::multicast(entry.system.engine(), thread, context, routees.data(), routees.size(), message, received);
}

Status send(RouterEntry &entry, Thread &thread, std::uint64_t key, Message *&message) {
  if (__builtin_expect(entry.router.strategy() == Strategy::broadcast, 0)) {
    std::size_t received;
    return send_all(entry, thread, nullptr, message, received);
  }
  actor::Engine &engine = entry.system.engine();
  const Status status = entry.router.route(thread, spawner(entry, thread), key,
                                           [&](std::uint64_t pid) { return actor::send(engine, thread, pid, *message); });
  if (status.ok()) message = nullptr;
  return status;
}

// Sends by a router that this worker has sent to before, without a pin. False: nothing is done yet.
[[gnu::always_inline]] inline bool send_quickly(actor::Context &sender, std::uintptr_t handle, std::uint64_t key, Message *&message,
                                                bool by_key, sabir_status &status) {
  actor::Context::Remembered &known = place_of(sender, handle);
  if (__builtin_expect(known.handle != handle || handle == 0, 0)) return false;
  auto &entry = *static_cast<RouterEntry *>(known.entry);
  if (by_key && entry.router.strategy() != Strategy::hash) return false;
  router::Router::Turn turn{known.turn};
  const std::uint64_t pid = entry.router.quick(handle, key, turn);
  known.turn = turn.next;
  if (pid == 0) return false;
  status = actor::send(sender, pid, *message);
  if (__builtin_expect(status == SABIR_OK, 1)) {
    message = nullptr;
    return true;
  }
  return status != SABIR_E_DEAD && status != SABIR_E_NO_ACTOR;
}

void remember(actor::Context &context, RouterEntry &entry, sabir_router *router) noexcept {
  if (!context.worker->scheduler) return;   // no worker, whose turns router.hpp counts on
  actor::Context::Remembered &place = place_of(context, value_of(router));
  if (place.handle == value_of(router)) return;
  place = {value_of(router), &entry, entry.router.first_turn().next};
}

Status send(RouterEntry &entry, actor::Context &sender, std::uint64_t key, Message *&message) {
  if (__builtin_expect(entry.router.strategy() == Strategy::broadcast, 0)) {
    std::size_t received;
    return send_all(entry, *sender.thread, &sender, message, received);
  }
  const Status status =
      entry.router.route(*sender.thread, &sender, key, [&](std::uint64_t pid) { return actor::send(sender, pid, *message); });
  if (status.ok()) message = nullptr;
  return status;
}

// Sends from an actor. by_key: only for hash.
Status send_slowly(actor::Context &sender, sabir_router *router, std::uint64_t key, Message *&message, bool by_key) {
  return with_pinned(router, [&](RouterEntry &entry, Thread &) -> Status {
    if (&entry.system.engine() != sender.engine) return SABIR_E_FOREIGN;
    if (by_key && entry.router.strategy() != Strategy::hash) return SABIR_E_INVALID;
    remember(sender, entry, router);
    return send(entry, sender, key, message);
  });
}

[[gnu::always_inline]] inline Status send_from(actor::Context &sender, sabir_router *router, std::uint64_t key, Message *&message,
                                               bool by_key = false) {
  sabir_status status = SABIR_OK;
  if (__builtin_expect(send_quickly(sender, value_of(router), key, message, by_key, status), 1)) return status;
  return send_slowly(sender, router, key, message, by_key);
}

// Asks whom the strategy picks, or all: ask(Asks::Askees), which moves the message if it has asked. self: who is not asked, or 0.
template <class Ask>
Status ask(RouterEntry &entry, Thread &thread, std::uint64_t self, Message *&message, Ask &&ask) {
  actor::Context *context = spawner(entry, thread);
  if (entry.router.strategy() == Strategy::broadcast) {
    std::vector<std::uint64_t> routees;
    entry.router.list(thread, context, routees);
    if (routees.empty()) return is_closing(entry) ? SABIR_E_CLOSED : SABIR_E_NO_MEMBER;
    if (self != 0) std::erase(routees, self);
    if (routees.empty()) return SABIR_E_WOULD_DEADLOCK;
    return ask(Asks::Askees(routees));
  }
  sabir_status end = SABIR_OK;
  const Status status = entry.router.route(thread, context, message->type, [&](std::uint64_t pid) -> Status {
    if (pid == self) return SABIR_E_WOULD_DEADLOCK;
    end = ask(Asks::Askees(&pid, 1));
    return message ? Status(end) : Status(SABIR_OK);   // once asked, its end is the ask's, whatever it is
  });
  return status.ok() ? Status(end) : status;
}

Status read_options(System &system, const sabir_router_options *given, const actor::ArgumentRef &argument, router::Options &options,
                    std::optional<handles::Pin> &executor_pin, sabir_error **error) {
  sabir_router_options read = SABIR_ROUTER_OPTIONS_INIT;
  if (const Status status = capi::read_options(given, read, "options", error); !status.ok()) return status;
  const auto invalid = [&](const std::string &text) { return fail(error, SABIR_E_INVALID, text); };
  if (read.strategy > SABIR_ROUTER_BROADCAST) return invalid("options.strategy is " + std::to_string(read.strategy) + ", which is none");
  options.strategy = static_cast<Strategy>(read.strategy);
  if (read.capacity > SABIR_ROUTER_CAPACITY_MAX) {
    return invalid("options.capacity is " + std::to_string(read.capacity) + ", more than 65,536");
  }
  options.capacity = read.capacity ? read.capacity : SABIR_ROUTER_CAPACITY_DEFAULT;
  if (read.size > options.capacity) {
    return invalid("options.size is " + std::to_string(read.size) + ", more than the capacity, " + std::to_string(options.capacity));
  }
  options.size = read.size;
  if (read.size == 0) {
    if (read.behavior) return invalid("options.behavior is for a pool: its size is 0");
    if (read.spawn) return invalid("options.spawn is for a pool: its size is 0");
    return SABIR_OK;
  }
  router::Pool &pool = options.pool.emplace();
  if (const Status status = read_behavior(system, read.behavior, pool.request.behavior, "options.behavior", error); !status.ok())
    return status;
  if (const Status status = read_spawn(system, read.spawn, pool.request, executor_pin, "options.spawn", error); !status.ok()) return status;
  if (const Status status = check_place(*pool.request.behavior, *pool.request.executor, "options.spawn.executor", error); !status.ok())
    return status;
  if (options.strategy == Strategy::least_loaded && pool.request.mailbox.bounds.unbounded()) {
    return invalid("options.spawn.mailbox is unbounded: its depth is not counted, and the strategy is least loaded");
  }
  if (pool.request.name) pool.name = pool.request.name;
  pool.request.drop = nullptr;   // the last who holds the argument drops it
  pool.request.shared = argument;
  if (executor_pin) pool.executor_use = static_cast<ExecutorEntry *>(executor_pin->object())->use;
  return SABIR_OK;
}

Status create(System &system, Thread &thread, const sabir_router_options *given, const actor::ArgumentRef &argument, sabir_router **router,
              sabir_error **error) {
  if (!router) return fail(error, SABIR_E_INVALID, "router is NULL");
  router::Options options;
  std::optional<handles::Pin> executor_pin;
  if (const Status status = read_options(system, given, argument, options, executor_pin, error); !status.ok()) return status;
  if (system.engine().closing.load(std::memory_order_relaxed)) return fail(error, SABIR_E_CLOSED, sabir_status_text(SABIR_E_CLOSED));
  std::uintptr_t handle = 0;
  const Status status = system.open_router(thread, actor::context_of(thread, system.engine()), std::move(options), handle);
  if (!status.ok()) {
    return fail(error, status, status == SABIR_E_LIMIT ? "max_actors are alive, or too many handles" : sabir_status_text(status));
  }
  *router = reinterpret_cast<sabir_router *>(handle);
  return SABIR_OK;
}

}  // namespace

extern "C" {

void sabir_router_options_init(sabir_router_options *options, uint32_t struct_size) {
  initialize(sabir_router_options SABIR_ROUTER_OPTIONS_INIT, options, struct_size);
}

sabir_status sabir_router_create(sabir_system *system, const sabir_router_options *options, sabir_router **router, sabir_error **error) {
  if (router) *router = nullptr;
  const sabir_spawn_options *spawn = options && is_readable(*options) ? options->spawn : nullptr;
  bool taken = false;
  const sabir_status status = with_system(system, error, [&](System &target, Thread &thread) -> sabir_status {
    taken = true;
    actor::ArgumentRef argument;
    if (const Status refused = take_argument(target, spawn, argument, "options.spawn", error); !refused.ok()) return refused;
    return create(target, thread, options, argument, router, error);
  });
  if (!taken && status != SABIR_E_FORKED) drop_argument(spawn);
  return status;
}

sabir_status sabir_router_retain(sabir_router *router) {
  return guard([&]() -> sabir_status {
    if (!router) return SABIR_E_INVALID;
    return handles::retain(handles::Kind::router, value_of(router)) ? SABIR_OK : SABIR_E_HANDLE;
  });
}

void sabir_router_destroy(sabir_router **router) {
  if (!router || !*router) return;
  const std::uintptr_t handle = value_of(*router);
  *router = nullptr;
  if (forked()) return;
  (void)guard([&]() -> sabir_status {
    handles::Pin pin(handles::Kind::router, handle);   // keeps the system from freeing the router meanwhile
    auto *entry = static_cast<RouterEntry *>(pin.object());
    if (entry && handles::release(handles::Kind::router, handle) == handles::Release::last) entry->system.close_router(*entry);
    return SABIR_OK;
  });
}

sabir_status sabir_router_add(sabir_router *router, sabir_pid routee) {
  return with_router(router, [&](RouterEntry &entry, Thread &) -> Status {
    return is_closing(entry) ? Status(SABIR_E_CLOSED) : entry.router.add(routee);
  });
}

sabir_status sabir_router_remove(sabir_router *router, sabir_pid routee) {
  return with_router(router, [&](RouterEntry &entry, Thread &) -> Status {
    return is_closing(entry) ? Status(SABIR_E_CLOSED) : entry.router.remove(routee);
  });
}

sabir_status sabir_router_resize(sabir_router *router, uint32_t size) {
  return with_router(router, [&](RouterEntry &entry, Thread &thread) -> Status {
    return is_closing(entry) ? Status(SABIR_E_CLOSED) : entry.router.resize(thread, spawner(entry, thread), size);
  });
}

sabir_status sabir_router_routees(sabir_router *router, sabir_pid *pids, size_t capacity, size_t *count) {
  if (count) *count = 0;
  return with_router(router, [&](RouterEntry &entry, Thread &thread) -> Status {
    if (!count || (!pids && capacity > 0)) return SABIR_E_INVALID;
    std::vector<std::uint64_t> routees;
    entry.router.list(thread, spawner(entry, thread), routees);
    if (pids) std::copy_n(routees.begin(), std::min(routees.size(), capacity), pids);
    *count = routees.size();
    return SABIR_OK;
  });
}

sabir_status sabir_router_pick(sabir_router *router, uint64_t key, sabir_pid *pid) {
  if (pid) *pid = 0;
  return with_router(router, [&](RouterEntry &entry, Thread &thread) -> Status {
    if (!pid || entry.router.strategy() == Strategy::broadcast) return SABIR_E_INVALID;
    if (is_closing(entry)) return SABIR_E_CLOSED;
    return entry.router.route(thread, spawner(entry, thread), key, [&](std::uint64_t picked) {
      actor::Cell *cell = nullptr;
      const Status status = actor::resolve(entry.system.engine(), picked, cell);
      if (status.ok()) *pid = picked;
      return status;
    });
  });
}

sabir_status sabir_router_send(sabir_router *router, sabir_message **message) {
  return with_router(router, [&](RouterEntry &entry, Thread &thread) -> Status {
    if (!message || !*message) return SABIR_E_INVALID;
    return send(entry, thread, (*message)->type, *message);
  });
}

sabir_status sabir_router_send_bytes(sabir_router *router, sabir_type type, const void *data, size_t size) {
  return with_router(router, [&](RouterEntry &entry, Thread &thread) -> Status {
    return send_copy(entry.system.engine(), thread, type, data, size,
                     [&](Message *&message) { return send(entry, thread, type, message); });
  });
}

sabir_status sabir_router_send_key(sabir_router *router, uint64_t key, sabir_message **message) {
  return with_router(router, [&](RouterEntry &entry, Thread &thread) -> Status {
    if (!message || !*message || entry.router.strategy() != Strategy::hash) return SABIR_E_INVALID;
    return send(entry, thread, key, *message);
  });
}

sabir_status sabir_router_send_all(sabir_router *router, sabir_message **message, size_t *received) {
  if (received) *received = 0;
  return with_router(router, [&](RouterEntry &entry, Thread &thread) -> Status {
    if (!message || !*message) return SABIR_E_INVALID;
    std::size_t took = 0;
    const Status status = send_all(entry, thread, nullptr, *message, took);
    if (received) *received = took;
    return status;
  });
}

sabir_status sabir_context_router_send(sabir_context *context, sabir_router *router, sabir_message **message) {
  return with_context(context, [&](actor::Context &sender) -> sabir_status {
    if (!message || !*message) return SABIR_E_INVALID;
    return send_from(sender, router, (*message)->type, *message);
  });
}

sabir_status sabir_context_router_send_bytes(sabir_context *context, sabir_router *router, sabir_type type, const void *data, size_t size) {
  return with_context(context, [&](actor::Context &sender) -> sabir_status {
    return send_copy(*sender.engine, *sender.thread, type, data, size,
                     [&](Message *&message) { return send_from(sender, router, type, message); });
  });
}

sabir_status sabir_context_router_send_key(sabir_context *context, sabir_router *router, uint64_t key, sabir_message **message) {
  return with_context(context, [&](actor::Context &sender) -> sabir_status {
    if (!message || !*message) return SABIR_E_INVALID;
    return send_from(sender, router, key, *message, true);
  });
}

sabir_status sabir_context_router_send_all(sabir_context *context, sabir_router *router, sabir_message **message, size_t *received) {
  if (received) *received = 0;
  return with_router(context, router, [&](RouterEntry &entry, actor::Context &sender) -> Status {
    if (!message || !*message) return SABIR_E_INVALID;
    std::size_t took = 0;
    const Status status = send_all(entry, *sender.thread, &sender, *message, took);
    if (received) *received = took;
    return status;
  });
}

sabir_status sabir_router_ask(sabir_router *router, sabir_message **message, uint64_t timeout_ns, sabir_message **reply) {
  if (reply) *reply = nullptr;
  return with_router(router, [&](RouterEntry &entry, Thread &thread) -> Status {
    if (!message || !*message || !reply) return SABIR_E_INVALID;
    if (!Asks::may_wait(thread)) return SABIR_E_WOULD_DEADLOCK;
    System &system = entry.system;
    return ask(entry, thread, 0, *message, [&](Asks::Askees to) {
      // That of a routee that was not asked, for it would have waited for us.
      if (Message *refusal = std::exchange(*reply, nullptr)) free_message(thread, refusal);
      return system.asks().ask(thread, to, *message, system.ask_timeout_ns(timeout_ns), *reply);
    });
  });
}

sabir_status sabir_router_ask_begin(sabir_router *router, sabir_message **message, uint64_t timeout_ns, sabir_ask_fn done,
                                    uintptr_t argument, sabir_ref *ref) {
  if (ref) *ref = 0;
  return with_router(router, [&](RouterEntry &entry, Thread &thread) -> Status {
    if (!message || !*message || !done) return SABIR_E_INVALID;
    System &system = entry.system;
    return ask(entry, thread, 0, *message, [&](Asks::Askees to) {
      return system.asks().ask_for_callback(thread, to, *message, system.ask_timeout_ns(timeout_ns), done, argument, ref);
    });
  });
}

sabir_status sabir_port_router_ask(sabir_port *port, sabir_router *router, sabir_message **message, uint64_t timeout_ns, sabir_ref *ref) {
  if (ref) *ref = 0;
  return with_port(port, [&](PortEntry &asker, Thread &thread) -> sabir_status {
    return with_pinned(router, [&](RouterEntry &entry, Thread &) -> Status {
      if (!message || !*message || !ref) return SABIR_E_INVALID;
      System &system = entry.system;
      if (&asker.system != &system) return SABIR_E_FOREIGN;
      const std::uint64_t pid = asker.port.pid();
      return ask(entry, thread, pid, *message, [&](Asks::Askees to) {
        return system.asks().ask_for_mailbox(thread, nullptr, pid, to, *message, system.ask_timeout_ns(timeout_ns), *ref);
      });
    });
  });
}

sabir_status sabir_context_router_ask(sabir_context *context, sabir_router *router, sabir_message **message, uint64_t timeout_ns,
                                      sabir_ref *ref) {
  if (ref) *ref = 0;
  return with_router(context, router, [&](RouterEntry &entry, actor::Context &self) -> Status {
    if (!message || !*message || !ref) return SABIR_E_INVALID;
    System &system = entry.system;
    return ask(entry, *self.thread, self.self, *message, [&](Asks::Askees to) {
      return system.asks().ask_for_mailbox(*self.thread, &self, self.self, to, *message, system.ask_timeout_ns(timeout_ns), *ref);
    });
  });
}
}
