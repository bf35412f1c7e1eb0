// SPDX-License-Identifier: Apache-2.0
#include "sabir/registry.h"

#include "actor/delivery.hpp"
#include "name.hpp"
#include "registry/registry.hpp"

namespace {

using namespace sabir;
using namespace sabir::capi;

// Sends to whoever has the name: send(pid, Message &).
template <class Send>
Status send_named(System &system, const char *given, Message *&message, Send &&send) {
  std::string_view name;
  if (const Status status = read_name(given, name); !status.ok()) return status;
  std::uint64_t pid = 0;
  if (const Status status = system.registry().find(name, pid); !status.ok()) return status;
  const Status status = send(pid, *message);
  if (status.ok()) message = nullptr;
  return status;
}

Status send_named(System &system, Thread &thread, const char *name, Message *&message) {
  return send_named(system, name, message,
                    [&](std::uint64_t pid, Message &sent) { return actor::send(system.engine(), thread, pid, sent); });
}

Status send_named(actor::Context &sender, const char *name, Message *&message) {
  return send_named(system_of(sender), name, message, [&](std::uint64_t pid, Message &sent) { return actor::send(sender, pid, sent); });
}

}  // namespace

extern "C" {

sabir_status sabir_register(sabir_system *system, const char *name, sabir_pid pid) {
  return with_system(system, [&](System &target, Thread &) -> sabir_status {
    std::string_view read;
    if (const Status status = read_name(name, read); !status.ok()) return status;
    if (target.engine().closing.load(std::memory_order_relaxed)) return SABIR_E_CLOSED;
    return target.registry().add(read, pid);
  });
}

sabir_status sabir_unregister(sabir_system *system, const char *name, sabir_pid pid) {
  return with_system(system, [&](System &target, Thread &) -> sabir_status {
    std::string_view read;
    if (const Status status = read_name(name, read); !status.ok()) return status;
    return target.registry().remove(read, pid);
  });
}

sabir_status sabir_whereis(sabir_system *system, const char *name, sabir_pid *pid) {
  if (pid) *pid = 0;
  return with_system(system, [&](System &target, Thread &) -> sabir_status {
    std::string_view read;
    if (!pid) return SABIR_E_INVALID;
    if (const Status status = read_name(name, read); !status.ok()) return status;
    return target.registry().find(read, *pid);
  });
}

sabir_status sabir_send_named(sabir_system *system, const char *name, sabir_message **message) {
  return with_system(system, [&](System &target, Thread &thread) -> sabir_status {
    if (!message || !*message) return SABIR_E_INVALID;
    return send_named(target, thread, name, *message);
  });
}

sabir_status sabir_send_named_bytes(sabir_system *system, const char *name, sabir_type type, const void *data, size_t size) {
  return with_system(system, [&](System &target, Thread &thread) -> sabir_status {
    return send_copy(target.engine(), thread, type, data, size,
                     [&](Message *&message) { return send_named(target, thread, name, message); });
  });
}

sabir_status sabir_context_send_named(sabir_context *context, const char *name, sabir_message **message) {
  return with_context(context, [&](actor::Context &sender) -> sabir_status {
    if (!message || !*message) return SABIR_E_INVALID;
    return send_named(sender, name, *message);
  });
}

sabir_status sabir_context_send_named_bytes(sabir_context *context, const char *name, sabir_type type, const void *data, size_t size) {
  return with_context(context, [&](actor::Context &sender) -> sabir_status {
    return send_copy(*sender.engine, *sender.thread, type, data, size,
                     [&](Message *&message) { return send_named(sender, name, message); });
  });
}
}
