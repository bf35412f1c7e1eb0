// SPDX-License-Identifier: Apache-2.0
#include "sabir/monitor.h"

#include "guard.hpp"
#include "link/links.hpp"
#include "port.hpp"

namespace {

using namespace sabir;
using namespace sabir::capi;

bool known(uint32_t flags) noexcept { return (flags & ~static_cast<uint32_t>(SABIR_MONITOR_RESTARTS)) == 0; }

}  // namespace

extern "C" {

sabir_status sabir_context_monitor(sabir_context *context, sabir_pid actor, uint32_t flags, sabir_ref *ref) {
  if (ref) *ref = 0;
  return with_own_context(context, [&](actor::Context &self) -> sabir_status {
    if (!ref || !known(flags)) return SABIR_E_INVALID;
    if (self.engine->stopping.load(std::memory_order_relaxed)) return SABIR_E_CLOSED;
    return link::monitor(self, actor, (flags & SABIR_MONITOR_RESTARTS) != 0, *ref);
  });
}

sabir_status sabir_context_demonitor(sabir_context *context, sabir_ref ref) {
  return with_own_context(context, [&](actor::Context &self) -> sabir_status { return link::demonitor(self, ref); });
}

sabir_status sabir_port_monitor(sabir_port *port, sabir_pid actor, uint32_t flags, sabir_ref *ref) {
  if (ref) *ref = 0;
  return with_port(port, [&](PortEntry &entry, Thread &thread) -> sabir_status {
    if (!ref || !known(flags)) return SABIR_E_INVALID;
    if (entry.system.engine().closing.load(std::memory_order_relaxed)) return SABIR_E_CLOSED;
    return entry.system.monitor(thread, entry, actor, (flags & SABIR_MONITOR_RESTARTS) != 0, *ref);
  });
}

sabir_status sabir_port_demonitor(sabir_port *port, sabir_ref ref) {
  return with_port(port, [&](PortEntry &entry, Thread &) -> sabir_status { return entry.system.demonitor(entry, ref); });
}
}
