// SPDX-License-Identifier: Apache-2.0
#include "sabir/link.h"

#include "guard.hpp"
#include "link/links.hpp"

using namespace sabir;
using namespace sabir::capi;

extern "C" {

sabir_status sabir_context_link(sabir_context *context, sabir_pid actor) {
  return with_own_context(context, [&](actor::Context &self) -> sabir_status {
    if (self.engine->stopping.load(std::memory_order_relaxed)) return SABIR_E_CLOSED;
    return link::link(self, actor);
  });
}

sabir_status sabir_context_unlink(sabir_context *context, sabir_pid actor) {
  return with_own_context(context, [&](actor::Context &self) -> sabir_status { return link::unlink(self, actor); });
}

sabir_status sabir_context_trap_exits(sabir_context *context, bool trap) {
  return with_own_context(context, [&](actor::Context &self) -> sabir_status {
    if (trap) {
      actor::set_flag(*self.cell, actor::cell_flag::trap_exits);
    } else {
      actor::clear_flag(*self.cell, actor::cell_flag::trap_exits);
    }
    return SABIR_OK;
  });
}
}
