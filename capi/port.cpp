// SPDX-License-Identifier: Apache-2.0
#include "sabir/port.h"

#include "guard.hpp"
#include "port.hpp"

namespace {

using namespace sabir;
using namespace sabir::capi;

std::uintptr_t value_of(const sabir_port *port) noexcept { return reinterpret_cast<std::uintptr_t>(port); }

}  // namespace

extern "C" {

sabir_status sabir_port_create(sabir_system *system, const sabir_mailbox_options *mailbox, sabir_port **port, sabir_error **error) {
  if (port) *port = nullptr;
  return with_system(system, error, [&](System &target, Thread &thread) -> sabir_status {
    if (!port) return fail(error, SABIR_E_INVALID, "port is NULL");
    actor::SpawnRequest request;
    if (const Status status = read_mailbox(mailbox, true, request.mailbox, error); !status.ok()) return status;
    std::uintptr_t handle = 0;
    if (const Status status = target.open_port(thread, request, handle); !status.ok()) {
      return fail(error, status, status == SABIR_E_LIMIT ? "max_actors are alive, or too many handles" : sabir_status_text(status));
    }
    *port = reinterpret_cast<sabir_port *>(handle);
    return SABIR_OK;
  });
}

sabir_status sabir_port_retain(sabir_port *port) {
  return guard([&]() -> sabir_status {
    if (!port) return SABIR_E_INVALID;
    return handles::retain(handles::Kind::port, value_of(port)) ? SABIR_OK : SABIR_E_HANDLE;
  });
}

void sabir_port_destroy(sabir_port **port) {
  if (!port || !*port) return;
  const std::uintptr_t handle = value_of(*port);
  *port = nullptr;
  if (forked()) return;
  (void)guard([&]() -> sabir_status {
    handles::Pin pin(handles::Kind::port, handle);   // keeps the system from freeing the port meanwhile
    auto *entry = static_cast<PortEntry *>(pin.object());
    if (entry && handles::release(handles::Kind::port, handle) == handles::Release::last) entry->system.close_port(pin.thread(), *entry);
    return SABIR_OK;
  });
}

sabir_pid sabir_port_pid(const sabir_port *port) {
  sabir_pid pid = 0;
  (void)with_port(const_cast<sabir_port *>(port), [&](PortEntry &entry, Thread &) -> sabir_status {
    pid = entry.port.pid();
    return SABIR_OK;
  });
  return pid;
}

sabir_status sabir_port_receive(sabir_port *port, uint64_t timeout_ns, sabir_message **message) {
  if (message) *message = nullptr;
  return with_port(port, [&](PortEntry &entry, Thread &thread) -> sabir_status {
    if (!message) return SABIR_E_INVALID;
    const auto *worker = static_cast<executor::Worker *>(thread.worker);
    if (timeout_ns != 0 && (thread.service || (worker && !worker->scheduler->may_block()))) return SABIR_E_WOULD_DEADLOCK;
    return entry.port.receive(thread, timeout_ns, *message);
  });
}

sabir_status sabir_port_wake(sabir_port *port) {
  return with_port(port, [](PortEntry &entry, Thread &) -> sabir_status { return entry.port.wake(); });
}

sabir_status sabir_port_ask(sabir_port *port, sabir_pid to, sabir_message **message, uint64_t timeout_ns, sabir_ref *ref) {
  if (ref) *ref = 0;
  return with_port(port, [&](PortEntry &entry, Thread &thread) -> sabir_status {
    if (!message || !*message || !ref) return SABIR_E_INVALID;
    System &system = entry.system;
    return system.asks().ask_for_mailbox(thread, nullptr, entry.port.pid(), {&to, 1}, *message, system.ask_timeout_ns(timeout_ns), *ref);
  });
}
}
