// SPDX-License-Identifier: Apache-2.0
#include "sabir/log.h"

#include "guard.hpp"

namespace {
using namespace sabir;
using namespace sabir::capi;
}  // namespace

extern "C" {

sabir_status sabir_log_set_sink(sabir_system *system, sabir_log_fn sink, uintptr_t argument, sabir_drop_fn drop) {
  return with_system(system, [&](System &target, Thread &) -> sabir_status { return target.log_sink().set_sink(sink, argument, drop); });
}

sabir_status sabir_log_set_level(sabir_system *system, int32_t level) {
  return with_system(system, [&](System &target, Thread &) -> sabir_status {
    if (level < SABIR_LOG_DEBUG || level > SABIR_LOG_OFF) return SABIR_E_INVALID;
    target.log_sink().set_level(level);
    return SABIR_OK;
  });
}
}
