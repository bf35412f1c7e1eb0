// SPDX-License-Identifier: Apache-2.0
#include "sabir/message.h"

#include <bit>
#include <cstring>
#include <utility>

#include "actor/batch.hpp"
#include "actor/delivery.hpp"
#include "batch.hpp"
#include "guard.hpp"

namespace {

using namespace sabir;
using namespace sabir::capi;

// The context of the actor that the calling thread is running, of whatever system.
actor::Context *present_context(const Thread &thread) noexcept {
  auto *worker = static_cast<executor::Worker *>(thread.worker);
  return worker ? static_cast<actor::Context *>(worker->local) : nullptr;
}

}  // namespace

extern "C" {

sabir_type sabir_type_of(const char *name, size_t size) {
  if (!name) size = 0;
  uint64_t hash = 14695981039346656037u;
  for (size_t i = 0; i < size; ++i) hash = (hash ^ static_cast<unsigned char>(name[i])) * 1099511628211u;
  return hash;
}

sabir_status sabir_message_create(sabir_type type, size_t size, sabir_message **message) {
  if (message) *message = nullptr;
  return guard([&]() -> sabir_status {
    if (!message) return SABIR_E_INVALID;
    *message = allocate_message(Thread::current(), type, size);
    return *message ? SABIR_OK : SABIR_E_NOMEM;
  });
}

sabir_status sabir_message_create_bytes(sabir_type type, const void *data, size_t size, sabir_message **message) {
  if (message) *message = nullptr;
  return guard([&]() -> sabir_status {
    if (!message || (!data && size > 0)) return SABIR_E_INVALID;
    Message *made = allocate_message(Thread::current(), type, size);
    if (!made) return SABIR_E_NOMEM;
    if (size > 0) std::memcpy(made->data, data, size);
    *message = made;
    return SABIR_OK;
  });
}

sabir_status sabir_message_wrap(sabir_type type, void *data, size_t size, sabir_release_fn release, uintptr_t argument,
                                sabir_message **message) {
  if (message) *message = nullptr;
  return guard([&]() -> sabir_status {
    if (!message || (!data && size > 0)) return SABIR_E_INVALID;
    Message *made = allocate_message(Thread::current(), type, sizeof(Foreign));
    if (!made) return SABIR_E_NOMEM;
    new (made->payload()) Foreign{release, argument};
    made->set(message_flag::foreign);
    made->data = data;
    made->size = size;
    *message = made;
    return SABIR_OK;
  });
}

sabir_status sabir_message_create_native(sabir_type type, uintptr_t tag, size_t size, size_t align, sabir_native_drop_fn drop,
                                         sabir_message **message) {
  if (message) *message = nullptr;
  return guard([&]() -> sabir_status {
    if (!message || tag == 0 || !std::has_single_bit(align) || align > SABIR_NATIVE_ALIGNMENT_MAX) return SABIR_E_INVALID;
    *message = allocate_native(Thread::current(), type, size, align, {tag, drop});
    return *message ? SABIR_OK : SABIR_E_NOMEM;
  });
}

uintptr_t sabir_message_native(const sabir_message *message) {
  return message && message->has(message_flag::native) ? native_of(*message).tag : 0;
}

void *sabir_message_take_native(sabir_message *message, uintptr_t tag) {
  if (!message || tag == 0 || sabir_message_native(message) != tag) return nullptr;
  return std::exchange(message->data, nullptr);
}

void sabir_message_destroy(sabir_message **message) {
  if (!message || !*message) return;
  Message *dead = *message;
  *message = nullptr;
  if (forked()) return;
  (void)guard([&]() -> sabir_status {
    Thread &thread = Thread::current();
    if (dead->has(message_flag::attached)) {
      // Being handled: the engine frees it, after the handler. By this handler: it is not kept, even if *message was emptied before.
      actor::Context *context = present_context(thread);
      if (context && context->current == dead) context->events |= actor::event::gave_up;
      return SABIR_OK;
    }
    if (const std::uint64_t ask = ask_of(*dead)) System::end_ask_anywhere(thread, ask, SABIR_E_UNANSWERED);
    free_message(thread, dead);
    if (!thread.worker) pool::flush(thread);   // a thread of the host's may not come back for long
    return SABIR_OK;
  });
}

sabir_status sabir_message_share(sabir_message **message) {
  return guard([&]() -> sabir_status {
    if (!message || !*message || (*message)->has(message_flag::request)) return SABIR_E_INVALID;
    if ((*message)->has(message_flag::native)) return SABIR_E_NATIVE;
    if ((*message)->has(message_flag::shared)) return SABIR_OK;
    Thread &thread = Thread::current();
    actor::Context *context = present_context(thread);
    if (!actor::may_move(**message, context)) return SABIR_E_BORROWED;
    return actor::share_unlinked(thread, context, *message);
  });
}

sabir_status sabir_message_clone(const sabir_message *message, sabir_message **clone) {
  if (clone) *clone = nullptr;
  return guard([&]() -> sabir_status {
    if (!message || !clone || !message->has(message_flag::shared)) return SABIR_E_INVALID;
    *clone = sabir::clone(Thread::current(), *message);
    return *clone ? SABIR_OK : SABIR_E_NOMEM;
  });
}

sabir_status sabir_message_set_priority(sabir_message *message, uint32_t priority) {
  return guard([&]() -> sabir_status {
    if (!message || priority > SABIR_PRIORITY_CRITICAL) return SABIR_E_INVALID;
    message->level = static_cast<std::uint8_t>(priority);
    return SABIR_OK;
  });
}

uint32_t sabir_message_priority(const sabir_message *message) { return message ? message->level : SABIR_PRIORITY_NORMAL; }

sabir_status sabir_message_set_deadline(sabir_message *message, uint64_t timeout_ns) {
  return guard([&]() -> sabir_status {
    if (!message || message->kind != MessageKind::message || ask_of(*message) != 0) return SABIR_E_INVALID;
    if (timeout_ns != SABIR_FOREVER && timeout_ns >= std::uint64_t{1} << 63) return SABIR_E_INVALID;
    clear_deadline(*message);
    if (timeout_ns == SABIR_FOREVER || timeout_ns == 0) return SABIR_OK;
    message->ref = timeout_ns;   // from when it is sent: actor::send
    message->set(message_flag::deadline);
    return SABIR_OK;
  });
}

const void *sabir_message_data(const sabir_message *message) {
  return message && !message->has(message_flag::native) ? message->data : nullptr;
}

void *sabir_message_data_mut(sabir_message *message) { return message && !message->has(message_flag::shared) ? message->data : nullptr; }

size_t sabir_message_size(const sabir_message *message) { return message && !message->has(message_flag::native) ? message->size : 0; }

sabir_type sabir_message_type(const sabir_message *message) { return message ? message->type : 0; }

int32_t sabir_message_kind(const sabir_message *message) { return message ? static_cast<int32_t>(message->kind) : SABIR_KIND_MESSAGE; }

sabir_pid sabir_message_sender(const sabir_message *message) { return message ? message->sender : 0; }

sabir_ref sabir_message_ref(const sabir_message *message) { return message && !message->has(message_flag::deadline) ? message->ref : 0; }

sabir_status sabir_message_status(const sabir_message *message) {
  return message && message->kind == MessageKind::failure ? failure_of(const_cast<Message &>(*message)).status : SABIR_OK;
}

const sabir_exit *sabir_message_exit(const sabir_message *message) {
  return message && has_failure(message->kind) ? failure_of(const_cast<Message &>(*message)).exit : nullptr;
}

uint64_t sabir_message_count(const sabir_message *message) {
  if (!message) return 0;
  return message->has(message_flag::counts) ? *static_cast<const uint64_t *>(const_cast<Message *>(message)->payload()) : 1;
}

sabir_status sabir_send(sabir_system *system, sabir_pid to, sabir_message **message) {
  return with_system(system, [&](System &target, Thread &thread) -> sabir_status {
    if (!message || !*message) return SABIR_E_INVALID;
    const Status status = actor::send(target.engine(), thread, to, **message);
    if (status.ok()) *message = nullptr;
    return status;
  });
}

sabir_status sabir_send_bytes(sabir_system *system, sabir_pid to, sabir_type type, const void *data, size_t size) {
  return with_system(system, [&](System &target, Thread &thread) -> sabir_status {
    if (!data && size > 0) return SABIR_E_INVALID;
    if (size > target.engine().message_size_limit) return SABIR_E_TOO_BIG;
    Message *message = allocate_message(thread, type, size);
    if (!message) return SABIR_E_NOMEM;
    if (size > 0) std::memcpy(message->data, data, size);
    const Status status = actor::send(target.engine(), thread, to, *message);
    if (!status.ok()) free_message(thread, message);
    return status;
  });
}

sabir_status sabir_send_batch(sabir_system *system, sabir_envelope *envelopes, size_t count, size_t stride, size_t *sent) {
  if (sent) *sent = 0;
  return with_system(system, [&](System &target, Thread &thread) -> sabir_status {
    return send_batch(target.engine(), thread, nullptr, envelopes, count, stride, sent);
  });
}
}
