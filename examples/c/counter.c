/* A counter actor in C, under a supervisor: start it, send to it, ask it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <sabir/sabir.h>
#include <stdio.h>
#include <stdlib.h>

/* Any numbers will do for message types of one program. Names shared by several are hashed: sabir_type_of("bank.Add/1", 10). */
#define ADD 1
#define GET 2

static sabir_status counter_start(sabir_context *context, uintptr_t argument, uintptr_t *state) {
  uint64_t *total = calloc(1, sizeof *total);
  (void)context;
  (void)argument;
  if (total == NULL) return SABIR_E_NOMEM;
  *state = (uintptr_t)total;
  return SABIR_OK;
}

static sabir_status counter_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  uint64_t *total = (uint64_t *)state;
  switch (sabir_message_type(*message)) {
    case ADD: {
      if (sabir_message_size(*message) != sizeof(uint64_t)) return SABIR_E_UNHANDLED;
      *total += *(const uint64_t *)sabir_message_data(*message);
      return SABIR_OK;
    }
    case GET: return sabir_context_reply_bytes(context, GET, total, sizeof *total);
    default: return SABIR_E_UNHANDLED; /* becomes a dead letter, not a crash */
  }
}

static void counter_stop(sabir_context *context, uintptr_t state, const sabir_exit *exit) {
  (void)context;
  (void)exit;
  free((void *)state);
}

/* Sends an amount, asks for the total and prints it. */
static sabir_status count(sabir_system *system, sabir_pid counter) {
  const uint64_t amount = 3;
  sabir_message *reply = NULL;
  sabir_status status = sabir_send_bytes(system, counter, ADD, &amount, sizeof amount);
  if (status != SABIR_OK) return status;
  status = sabir_ask_bytes(system, counter, GET, NULL, 0, /* timeout_ns */ 1000000000, &reply);
  if (status == SABIR_OK) printf("%" PRIu64 "\n", *(const uint64_t *)sabir_message_data(reply));
  sabir_message_destroy(&reply);
  return status;
}

int main(void) {
  sabir_system *system = NULL;
  sabir_behavior *behavior = NULL;
  sabir_error *error = NULL;
  sabir_pid counter = 0;
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("counter");
  sabir_status status = SABIR_OK;
  callbacks.start = counter_start;
  callbacks.receive = counter_receive;
  callbacks.stop = counter_stop;

  status = sabir_system_create(NULL, &system, &error);
  if (status == SABIR_OK) status = sabir_behavior_create(&callbacks, &behavior);
  if (status == SABIR_OK)
    status = sabir_supervise(system, /* supervisor: the root */ 0, "counter", behavior, /* child spec: permanent */ NULL, &counter, &error);
  if (status == SABIR_OK) status = count(system, counter);
  if (status != SABIR_OK)
    fprintf(stderr, "%s: %s\n", sabir_status_name(status), error != NULL ? sabir_error_message(error) : sabir_status_text(status));

  sabir_error_destroy(&error);
  sabir_behavior_destroy(&behavior);
  if (sabir_system_destroy(&system) != SABIR_OK) return 1; /* stops the counter first, with the default deadline */
  return status == SABIR_OK ? 0 : 1;
}
