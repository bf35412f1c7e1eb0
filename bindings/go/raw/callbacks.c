/* Go can export functions, but not with const in their types, and the library's callback types have it: hence this layer.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "callbacks.h"

#include "_cgo_export.h"

sabir_status sabir_go_start(sabir_context *context, uintptr_t argument, uintptr_t *state) { return sabirGoStart(context, argument, state); }

sabir_status sabir_go_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  return sabirGoReceive(context, state, message);
}

void sabir_go_stop(sabir_context *context, uintptr_t state, const sabir_exit *exit) { sabirGoStop(context, state, (sabir_exit *)exit); }

int32_t sabir_go_failed(sabir_context *context, uintptr_t state, const sabir_exit *exit) {
  return sabirGoFailed(context, state, (sabir_exit *)exit);
}

uint32_t sabir_go_health(sabir_context *context, uintptr_t state) { return sabirGoHealth(context, state); }

void sabir_go_drop(uintptr_t argument) { sabirGoDrop(argument); }

void sabir_go_release(void *data, size_t size, uintptr_t argument) { sabirGoRelease(data, size, argument); }

void sabir_go_ask(uintptr_t argument, sabir_ref ref, sabir_status status, sabir_message **reply) {
  sabirGoAsk(argument, ref, status, reply);
}

void sabir_go_shutdown(uintptr_t argument, sabir_status status, sabir_report *report) { sabirGoShutdown(argument, status, report); }

void sabir_go_dead_letter(uintptr_t argument, sabir_pid target, int32_t cause, const sabir_message *message) {
  sabirGoDeadLetter(argument, target, cause, (sabir_message *)message);
}

void sabir_go_log(uintptr_t argument, const sabir_log_record *record) { sabirGoLog(argument, (sabir_log_record *)record); }
