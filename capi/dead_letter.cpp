// SPDX-License-Identifier: Apache-2.0
#include "sabir/dead_letter.h"

#include "guard.hpp"

namespace {
using namespace sabir;
using namespace sabir::capi;
}  // namespace

extern "C" {

const char *sabir_cause_name(int32_t cause) { return sabir::cause_name(cause); }

sabir_status sabir_dead_letter_count(sabir_system *system, int32_t cause, uint64_t *count) {
  if (count) *count = 0;
  return with_system(system, [&](System &target, Thread &) -> sabir_status {
    if (!count || cause < SABIR_CAUSE_ANY || cause > SABIR_CAUSE_OVERFLOW) return SABIR_E_INVALID;
    *count = target.dead_letter_count(cause);
    return SABIR_OK;
  });
}

sabir_status sabir_dead_letter_subscribe(sabir_system *system, sabir_dead_letter_fn callback, uintptr_t argument, sabir_drop_fn drop,
                                         sabir_ref *ref) {
  if (ref) *ref = 0;
  return with_system(system, [&](System &target, Thread &) -> sabir_status {
    if (!callback || !ref) return SABIR_E_INVALID;
    if (target.engine().closing.load(std::memory_order_relaxed)) return SABIR_E_CLOSED;
    return target.dead_letters().subscribe(callback, argument, drop, *ref);
  });
}

sabir_status sabir_dead_letter_unsubscribe(sabir_system *system, sabir_ref ref) {
  return with_system(system, [&](System &target, Thread &) -> sabir_status {
    return target.dead_letters().unsubscribe(ref) ? SABIR_OK : SABIR_E_INVALID;
  });
}
}
