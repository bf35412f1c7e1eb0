// What sabir_send_batch and sabir_context_send_batch have in common.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actor/batch.hpp"

namespace sabir::capi {

// sent: counts up, may be NULL.
inline sabir_status send_batch(actor::Engine &engine, Thread &thread, actor::Context *context, sabir_envelope *envelopes, std::size_t count,
                               std::size_t stride, std::size_t *sent) {
  if ((!envelopes && count > 0) || stride < sizeof(sabir_envelope) || stride % alignof(sabir_envelope) != 0) return SABIR_E_INVALID;
  const actor::Envelopes all(envelopes, count, stride);
  const std::size_t moved = actor::send_batch(engine, thread, context, all);
  if (sent) *sent = moved;
  for (std::size_t i = 0; moved < count && i < count; ++i) {
    if (all[i].status != SABIR_OK) return all[i].status;
  }
  return SABIR_OK;
}

}  // namespace sabir::capi
