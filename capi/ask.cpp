// SPDX-License-Identifier: Apache-2.0
#include "sabir/ask.h"

#include <cstring>

#include "actor/delivery.hpp"
#include "base/utf8.hpp"
#include "guard.hpp"

namespace {
using namespace sabir;
using namespace sabir::capi;

// Whether the actor would wait for the thread that waits for its answer.
bool would_deadlock(System &system, const Thread &thread, sabir_pid to) noexcept {
  actor::Cell *cell;
  return !Asks::may_wait(thread) ||
         (actor::resolve(system.engine(), to, cell).ok() && cell->executor.load(std::memory_order_relaxed)->waits_for(thread));
}

}  // namespace

extern "C" {

sabir_status sabir_ask(sabir_system *system, sabir_pid to, sabir_message **message, uint64_t timeout_ns, sabir_message **reply) {
  if (reply) *reply = nullptr;
  return with_system(system, [&](System &target, Thread &thread) -> sabir_status {
    if (!message || !*message || !reply) return SABIR_E_INVALID;
    if (would_deadlock(target, thread, to)) return SABIR_E_WOULD_DEADLOCK;
    return target.asks().ask(thread, {&to, 1}, *message, target.ask_timeout_ns(timeout_ns), *reply);
  });
}

sabir_status sabir_ask_bytes(sabir_system *system, sabir_pid to, sabir_type type, const void *data, size_t size, uint64_t timeout_ns,
                             sabir_message **reply) {
  if (reply) *reply = nullptr;
  return with_system(system, [&](System &target, Thread &thread) -> sabir_status {
    if (!reply || (!data && size > 0)) return SABIR_E_INVALID;
    if (would_deadlock(target, thread, to)) return SABIR_E_WOULD_DEADLOCK;
    if (size > target.engine().message_size_limit) return SABIR_E_TOO_BIG;
    Message *message = allocate_message(thread, type, size);
    if (!message) return SABIR_E_NOMEM;
    if (size > 0) std::memcpy(message->data, data, size);
    // Also where the wait is cancelled.
    struct Owner {
      Thread &thread;
      Message *&message;
      ~Owner() {
        if (message) free_message(thread, message);
      }
    } owner{thread, message};
    return target.asks().ask(thread, {&to, 1}, message, target.ask_timeout_ns(timeout_ns), *reply);
  });
}

sabir_status sabir_ask_begin(sabir_system *system, sabir_pid to, sabir_message **message, uint64_t timeout_ns, sabir_ask_fn done,
                             uintptr_t argument, sabir_ref *ref) {
  if (ref) *ref = 0;
  return with_system(system, [&](System &target, Thread &thread) -> sabir_status {
    if (!message || !*message || !done) return SABIR_E_INVALID;
    return target.asks().ask_for_callback(thread, {&to, 1}, *message, target.ask_timeout_ns(timeout_ns), done, argument, ref);
  });
}

sabir_status sabir_ask_cancel(sabir_system *system, sabir_ref ref) {
  return with_system(system, [&](System &target, Thread &thread) -> sabir_status { return target.asks().cancel(thread, ref); });
}

sabir_status sabir_reply(sabir_system *system, sabir_ref ref, sabir_message **message) {
  return with_system(system, [&](System &target, Thread &thread) -> sabir_status {
    if (!message || !*message) return SABIR_E_INVALID;
    if ((*message)->size > target.engine().message_size_limit) return SABIR_E_TOO_BIG;
    actor::Context *context = actor::context_of(thread, target.engine());
    if (!actor::may_move(**message, context)) return SABIR_E_BORROWED;
    if (!target.asks().pending(ref)) return target.asks().refusal(ref);
    if (const Status status = target.asks().fits(ref, **message); !status.ok()) return status;
    Message *moved = *message;
    const bool handled = context && moved == context->current;
    actor::detach_if_attached(context, *moved);
    const Status status = target.reply(thread, ref, 0, moved);
    if (status.ok()) {
      *message = nullptr;
    } else if (handled) {
      context->loose = *message;
      context->events |= actor::event::loose;
    }
    return status;
  });
}

sabir_status sabir_reply_bytes(sabir_system *system, sabir_ref ref, sabir_type type, const void *data, size_t size) {
  return with_system(system, [&](System &target, Thread &thread) -> sabir_status {
    if (!data && size > 0) return SABIR_E_INVALID;
    if (size > target.engine().message_size_limit) return SABIR_E_TOO_BIG;
    return target.reply_bytes(thread, ref, 0, type, data, size);
  });
}

sabir_status sabir_reply_error(sabir_system *system, sabir_ref ref, sabir_status status, const char *text, size_t text_size) {
  return with_system(system, [&](System &target, Thread &thread) -> sabir_status {
    if (status == SABIR_OK || (!text && text_size > 0)) return SABIR_E_INVALID;
    return target.asks().fail(thread, ref, status, printable({text, text_size}), nullptr);
  });
}
}
