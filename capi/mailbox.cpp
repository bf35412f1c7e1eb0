// SPDX-License-Identifier: Apache-2.0
#include "sabir/mailbox.h"

#include "actor/inbox.hpp"
#include "actor/waiting.hpp"
#include "guard.hpp"
#include "link/links.hpp"
#include "port.hpp"

namespace sabir::capi {

Status read_mailbox(const sabir_mailbox_options *given, bool port, actor::MailboxSpec &spec, sabir_error **error) {
  sabir_mailbox_options options = SABIR_MAILBOX_OPTIONS_INIT;
  if (const Status status = read_options(given, options, "mailbox", error); !status.ok()) return status;
  if (options.overflow > SABIR_OVERFLOW_DROP_OLDEST) {
    return fail(error, SABIR_E_INVALID, "mailbox.overflow is " + std::to_string(options.overflow) + ", which is no overflow policy");
  }
  const std::uint32_t capacity = options.capacity ? options.capacity : SABIR_MAILBOX_CAPACITY_DEFAULT;
  if (capacity > SABIR_MAILBOX_CAPACITY_MAX && capacity != SABIR_UNBOUNDED) {
    return fail(error, SABIR_E_INVALID, "mailbox.capacity is " + std::to_string(capacity) + ", more than SABIR_MAILBOX_CAPACITY_MAX");
  }
  if (options.low_watermark >= capacity) return fail(error, SABIR_E_INVALID, "mailbox.low_watermark is not below mailbox.capacity");
  if (options.capacity_bytes >= std::uint64_t{1} << 62) return fail(error, SABIR_E_INVALID, "mailbox.capacity_bytes is too large");
  const bool bounded = capacity != SABIR_UNBOUNDED || options.capacity_bytes;
  const std::uint32_t overflow = bounded ? options.overflow : SABIR_OVERFLOW_REJECT;
  const bool block = overflow == SABIR_OVERFLOW_BLOCK;
  if (const Status status = check_time(block ? options.block_timeout_ns : 0, "mailbox.block_timeout_ns", error); !status.ok())
    return status;
  spec.bounds =
      actor::Bounds(capacity, overflow, options.capacity_bytes != 0, options.block_timeout_ns ? options.block_timeout_ns : SABIR_FOREVER);
  if (port) spec.bounds = spec.bounds.of_port();
  spec.bytes = static_cast<std::int64_t>(options.capacity_bytes);
  spec.low_watermark = options.low_watermark;
  spec.sorts = options.priorities != 0;
  spec.stash_capacity = options.stash_capacity;
  if (port && spec.sorts) return fail(error, SABIR_E_INVALID, "mailbox.priorities is set, which a port cannot");
  return SABIR_OK;
}

}  // namespace sabir::capi

using namespace sabir;
using namespace sabir::capi;

extern "C" {

void sabir_mailbox_options_init(sabir_mailbox_options *options, uint32_t struct_size) {
  initialize(sabir_mailbox_options SABIR_MAILBOX_OPTIONS_INIT, options, struct_size);
}

sabir_status sabir_context_notify_writable(sabir_context *context, sabir_pid to, sabir_ref *ref) {
  if (ref) *ref = 0;
  return with_own_context(context, [&](actor::Context &self) -> sabir_status {
    if (!ref) return SABIR_E_INVALID;
    if (self.engine->stopping.load(std::memory_order_relaxed)) return SABIR_E_CLOSED;
    const std::uint64_t number = link::next_ref(self.engine->tag);
    const std::uint32_t epoch = self.cell->cold ? self.cell->cold->epoch : 0;
    const Status status = actor::await_room(*self.engine, *self.thread, self.self, epoch, to, number);
    if (status.ok()) *ref = number;
    return status;
  });
}

sabir_status sabir_port_notify_writable(sabir_port *port, sabir_pid to, sabir_ref *ref) {
  if (ref) *ref = 0;
  return with_port(port, [&](PortEntry &entry, Thread &thread) -> sabir_status {
    if (!ref) return SABIR_E_INVALID;
    actor::Engine &engine = entry.system.engine();
    if (engine.closing.load(std::memory_order_relaxed)) return SABIR_E_CLOSED;
    const std::uint64_t number = link::next_ref(engine.tag);
    const Status status = actor::await_room(engine, thread, entry.port.pid(), 0, to, number);
    if (status.ok()) *ref = number;
    return status;
  });
}

sabir_status sabir_context_stash(sabir_context *context, sabir_message **message) {
  return with_own_context(context, [&](actor::Context &self) -> sabir_status {
    if (!message || !*message || *message != self.current) return SABIR_E_INVALID;
    const Status status = actor::stash(self, *self.cell, **message);
    if (status.ok()) *message = nullptr;
    return status;
  });
}

sabir_status sabir_context_unstash(sabir_context *context, uint32_t count) {
  return with_own_context(context, [&](actor::Context &self) -> sabir_status {
    actor::unstash(self, *self.cell, count);
    return SABIR_OK;
  });
}
}
