/* A thread of the host's own that runs actors for as long as it likes: for a library that is bound to its thread, or a language that must
 * be the caller. The main thread works with the actors on it by asks, and wakes it to do something of its own in between.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <pthread.h>
#include <sabir/sabir.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ADD = 1, GET = 2 };

static void check(sabir_status status, const char *what) {
  if (status == SABIR_OK) return;
  fprintf(stderr, "%s: %s\n", what, sabir_status_text(status));
  exit(1);
}

static pthread_t worker; /* the one thread that may touch what the actor uses */

static sabir_status adder_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  uint64_t *sum = (uint64_t *)state;
  if (!pthread_equal(worker, pthread_self())) return 1; /* never: it would be a crash */
  if (sabir_message_type(*message) == ADD) {
    uint64_t number;
    memcpy(&number, sabir_message_data(*message), sizeof number);
    *sum += number;
    return SABIR_OK;
  }
  if (sabir_message_type(*message) == GET) return sabir_context_reply_bytes(context, GET, sum, sizeof *sum);
  return SABIR_E_UNHANDLED;
}

static int woken;

static void *work(void *argument) {
  sabir_executor *executor = argument;
  worker = pthread_self();
  for (;;) {
    const sabir_status status = sabir_executor_run(executor, SABIR_FOREVER, 0);
    if (status == SABIR_E_CLOSED) return NULL; /* the system has ended */
    if (status == SABIR_E_WOKEN) ++woken;      /* the host's own turn */
  }
}

int main(void) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("adder");
  sabir_executor_options executor_options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_spawn_options spawn_options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_system *system = NULL;
  sabir_executor *executor = NULL;
  sabir_behavior *adder = NULL;
  sabir_message *reply = NULL;
  sabir_pid pid = 0;
  uint64_t sum = 0, got = 0;
  pthread_t thread;

  check(sabir_system_create(NULL, &system, NULL), "system");
  executor_options.kind = SABIR_EXECUTOR_POLLED;
  check(sabir_executor_create(system, &executor_options, &executor, NULL), "executor");
  if (pthread_create(&thread, NULL, work, executor) != 0) return 1;
  callbacks.receive = adder_receive;
  check(sabir_behavior_create(&callbacks, &adder), "behavior");
  spawn_options.executor = executor;
  spawn_options.argument = (uintptr_t)&sum;
  check(sabir_spawn(system, adder, &spawn_options, &pid, NULL), "spawn");
  sabir_behavior_destroy(&adder);

  for (uint64_t i = 1; i <= 100; ++i) check(sabir_send_bytes(system, pid, ADD, &i, sizeof i), "send");
  check(sabir_executor_wake(executor), "wake");
  check(sabir_ask_bytes(system, pid, GET, NULL, 0, 0, &reply), "ask");
  memcpy(&got, sabir_message_data(reply), sizeof got);
  sabir_message_destroy(&reply);

  check(sabir_system_destroy(&system), "destroy"); /* another thread polls, so this one may wait */
  pthread_join(thread, NULL);
  printf("sum %" PRIu64 ", woken %d\n", got, woken);
  return got == 5050 && woken == 1 ? 0 : 1;
}
