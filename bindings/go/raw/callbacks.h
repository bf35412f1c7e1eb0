/* The C functions whose addresses Go gives to the library (callbacks.go). Each calls the Go function of the same meaning.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_GO_CALLBACKS_H
#define SABIR_GO_CALLBACKS_H

#include <sabir/sabir.h>

sabir_status sabir_go_start(sabir_context *context, uintptr_t argument, uintptr_t *state);
sabir_status sabir_go_receive(sabir_context *context, uintptr_t state, sabir_message **message);
void sabir_go_stop(sabir_context *context, uintptr_t state, const sabir_exit *exit);
int32_t sabir_go_failed(sabir_context *context, uintptr_t state, const sabir_exit *exit);
uint32_t sabir_go_health(sabir_context *context, uintptr_t state);
void sabir_go_drop(uintptr_t argument);
void sabir_go_release(void *data, size_t size, uintptr_t argument);
void sabir_go_ask(uintptr_t argument, sabir_ref ref, sabir_status status, sabir_message **reply);
void sabir_go_shutdown(uintptr_t argument, sabir_status status, sabir_report *report);
void sabir_go_dead_letter(uintptr_t argument, sabir_pid target, int32_t cause, const sabir_message *message);
void sabir_go_log(uintptr_t argument, const sabir_log_record *record);

#endif
