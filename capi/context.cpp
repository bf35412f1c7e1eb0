// SPDX-License-Identifier: Apache-2.0
#include "sabir/context.h"

#include <cstring>

#include "actor/delivery.hpp"
#include "base/utf8.hpp"
#include "batch.hpp"
#include "delivery.hpp"
#include "guard.hpp"
#include "spawn.hpp"

namespace {

using namespace sabir;
using namespace sabir::capi;

// What value() says of a context in its call; else none.
template <class Value, class Body>
Value value_in_call(const sabir_context *context, Value none, Body &&value) {
  if (!context) return none;
  const actor::WatchedCall watched(Thread::current());
  if (in_its_call(context)) return value(*context);
  const std::uint64_t id = reinterpret_cast<std::uintptr_t>(context);
  executor::Board *board = executor::Board::of(id);
  if (!board || forked()) return none;
  (void)with_delivery(*board, id, true, nullptr, [&](actor::Context &lent) -> sabir_status {
    none = value(lent);
    return SABIR_OK;
  });
  return none;
}

}  // namespace

namespace sabir::capi {

// The ask that the present message is, or 0.
std::uint64_t present_ask(const actor::Context &context) noexcept {
  return context.current && context.current->kind == MessageKind::message ? context.current->ref : 0;
}

Status reply_here(actor::Context &self, Message *&message) {
  if (message->size > self.engine->message_size_limit) return SABIR_E_TOO_BIG;
  if (!actor::may_move(*message, &self)) return SABIR_E_BORROWED;
  const std::uint64_t ref = present_ask(self);
  if (ref == 0) return SABIR_E_NO_ASK;
  System &system = system_of(self);
  if (!system.asks().pending(ref)) return SABIR_E_NO_ASK;   // before the message is unlinked: on failure it stays as it is
  if (const Status status = system.asks().fits(ref, *message); !status.ok()) return status;
  self.current->ref = 0;
  Message *moved = message;
  const bool handled = moved == self.current;
  actor::detach_if_attached(&self, *moved);
  const Status status = system.reply(*self.thread, ref, self.self, moved);
  if (status.ok()) {
    message = nullptr;
  } else if (handled) {
    self.loose = message;
    self.events |= actor::event::loose;
  }
  return status;
}

Status reply_bytes_here(actor::Context &self, sabir_type type, const void *data, std::size_t size) {
  if (size > self.engine->message_size_limit) return SABIR_E_TOO_BIG;
  const std::uint64_t ref = present_ask(self);
  if (ref == 0) return SABIR_E_NO_ASK;
  const Status status = system_of(self).reply_bytes(*self.thread, ref, self.self, type, data, size);
  if (status != SABIR_E_NOMEM) self.current->ref = 0;
  return status;
}

Status reply_error_here(actor::Context &self, sabir_status status, std::string_view text) {
  const std::uint64_t ref = present_ask(self);
  if (ref == 0) return SABIR_E_NO_ASK;
  const std::string said = printable(text);
  self.current->ref = 0;
  return system_of(self).asks().fail(*self.thread, ref, status, said, nullptr);
}

Status defer_here(actor::Context &self, std::uint64_t &ref) {
  const std::uint64_t present = present_ask(self);
  if (present == 0) return SABIR_E_NO_ASK;
  ref = present;
  if (self.current->has(message_flag::awaited)) system_of(self).asks().note_taken(present);
  self.current->ref = 0;
  return SABIR_OK;
}

}  // namespace sabir::capi

extern "C" {

sabir_pid sabir_context_self(const sabir_context *context) {
  return value_in_call(context, sabir_pid{0}, [](const actor::Context &self) { return self.self; });
}

sabir_system *sabir_context_system(const sabir_context *context) {
  return value_in_call(context, static_cast<sabir_system *>(nullptr),
                       [](const actor::Context &self) { return reinterpret_cast<sabir_system *>(system_of(self).handle()); });
}

uintptr_t sabir_context_state(const sabir_context *context) {
  return value_in_call(context, std::uintptr_t{0},
                       [](const actor::Context &self) { return self.cell->flags & actor::cell_flag::started ? self.cell->state : 0; });
}

sabir_status sabir_context_send(sabir_context *context, sabir_pid to, sabir_message **message) {
  return with_context(context, [&](actor::Context &sender) -> sabir_status {
    if (!message || !*message) return SABIR_E_INVALID;
    const Status status = actor::send(sender, to, **message);
    if (status.ok()) *message = nullptr;
    return status;
  });
}

sabir_status sabir_context_send_bytes(sabir_context *context, sabir_pid to, sabir_type type, const void *data, size_t size) {
  return with_context(context, [&](actor::Context &sender) -> sabir_status {
    if (!data && size > 0) return SABIR_E_INVALID;
    if (size > sender.engine->message_size_limit) return SABIR_E_TOO_BIG;
    Message *message = allocate_message(*sender.thread, type, size);
    if (!message) return SABIR_E_NOMEM;
    if (size > 0) std::memcpy(message->data, data, size);
    const Status status = actor::send(sender, to, *message);
    if (!status.ok()) free_message(*sender.thread, message);
    return status;
  });
}

sabir_status sabir_context_send_batch(sabir_context *context, sabir_envelope *envelopes, size_t count, size_t stride, size_t *sent) {
  if (sent) *sent = 0;
  return with_context(context, [&](actor::Context &sender) -> sabir_status {
    return send_batch(*sender.engine, *sender.thread, &sender, envelopes, count, stride, sent);
  });
}

sabir_status sabir_context_spawn(sabir_context *context, sabir_behavior *behavior, const sabir_spawn_options *options, sabir_pid *pid,
                                 sabir_error **error) {
  if (pid) *pid = 0;
  return with_context(context, error, [&](actor::Context &spawner) -> sabir_status {
    return spawn(system_of(spawner), *spawner.thread, spawner.worker->scheduler ? &spawner : nullptr, behavior, options, pid, error);
  });
}

sabir_status sabir_context_become(sabir_context *context, sabir_behavior *behavior) {
  return with_own_context(context, [&](actor::Context &self) -> sabir_status {
    constexpr std::size_t depth_limit = 256;
    const actor::Behavior *found = nullptr;
    if (const Status status = read_behavior(system_of(self), behavior, found, "behavior", nullptr); !status.ok()) return status;
    if (found->is_delivered() || actor::delivered_of(*self.cell)) return SABIR_E_INVALID;   // who calls its handlers stays the same
    if (!actor::make_cold(&self, *self.cell)) return SABIR_E_NOMEM;
    auto &became = self.cell->cold->became;
    if (became.size() == depth_limit) return SABIR_E_LIMIT;
    became.push_back(self.cell->behavior.load(std::memory_order_relaxed));
    self.cell->behavior.store(found, std::memory_order_relaxed);
    self.events |= actor::event::became;
    return SABIR_OK;
  });
}

sabir_status sabir_context_unbecome(sabir_context *context) {
  return with_own_context(context, [&](actor::Context &self) -> sabir_status {
    if (!self.cell->cold || self.cell->cold->became.empty()) return SABIR_E_INVALID;
    self.cell->behavior.store(self.cell->cold->became.back(), std::memory_order_relaxed);
    self.cell->cold->became.pop_back();
    self.events |= actor::event::became;
    return SABIR_OK;
  });
}

sabir_status sabir_context_stop(sabir_context *context) {
  return with_context(context, [](actor::Context &self) -> sabir_status {
    self.events |= actor::event::stop;
    return SABIR_OK;
  });
}

sabir_status sabir_context_fail(sabir_context *context, sabir_status code, const char *message, size_t message_size, const char *detail,
                                size_t detail_size) {
  return with_context(context, [&](actor::Context &self) -> sabir_status {
    if (code == SABIR_OK || (!message && message_size > 0) || (!detail && detail_size > 0)) return SABIR_E_INVALID;
    // First the bare failure, so that it stands even without memory for its texts.
    self.events |= actor::event::fail;
    self.failure = std::make_unique<FailureText>();
    self.failure->code = code;
    self.failure->message = printable({message, message_size});
    self.failure->detail = printable({detail, detail_size});
    return SABIR_OK;
  });
}

sabir_status sabir_context_reply(sabir_context *context, sabir_message **message) {
  return with_context(context, [&](actor::Context &self) -> sabir_status {
    if (!message || !*message) return SABIR_E_INVALID;
    return reply_here(self, *message);
  });
}

sabir_status sabir_context_reply_bytes(sabir_context *context, sabir_type type, const void *data, size_t size) {
  return with_context(context, [&](actor::Context &self) -> sabir_status {
    if (!data && size > 0) return SABIR_E_INVALID;
    return reply_bytes_here(self, type, data, size);
  });
}

sabir_status sabir_context_reply_error(sabir_context *context, sabir_status status, const char *text, size_t text_size) {
  return with_context(context, [&](actor::Context &self) -> sabir_status {
    if (status == SABIR_OK || (!text && text_size > 0)) return SABIR_E_INVALID;
    return reply_error_here(self, status, {text, text_size});
  });
}

sabir_status sabir_context_defer(sabir_context *context, sabir_ref *ref) {
  if (ref) *ref = 0;
  return with_context(context,
                      [&](actor::Context &self) -> sabir_status { return ref ? defer_here(self, *ref) : Status(SABIR_E_INVALID); });
}

sabir_status sabir_context_ask(sabir_context *context, sabir_pid to, sabir_message **message, uint64_t timeout_ns, sabir_ref *ref) {
  if (ref) *ref = 0;
  return with_context(context, [&](actor::Context &self) -> sabir_status {
    if (!message || !*message || !ref) return SABIR_E_INVALID;
    if (to == self.self) return SABIR_E_WOULD_DEADLOCK;
    System &system = system_of(self);
    return system.asks().ask_for_mailbox(*self.thread, &self, self.self, {&to, 1}, *message, system.ask_timeout_ns(timeout_ns), *ref);
  });
}
}
