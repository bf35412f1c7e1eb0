/* A host that calls the handlers itself: a language runtime, or a loop that must not be called back. Its actor counts words, and answers a
 * question later, from another thread: an asynchronous handler.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <pthread.h>
#include <sabir/sabir.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = 1, COUNT = 2, MOST = 16 };

static void check(sabir_status status, const char *what) {
  if (status == SABIR_OK) return;
  fprintf(stderr, "%s: %s\n", what, sabir_status_text(status));
  exit(1);
}

static sabir_executor *executor;

static void complete(sabir_context *context, uintptr_t value) {
  sabir_completion completion = SABIR_COMPLETION_INIT;
  completion.context = context;
  completion.value = value;
  check(sabir_executor_complete(executor, &completion, 1, sizeof completion, NULL), "complete");
}

/* Answers on a thread of its own. The delivery is out until it is completed: the actor gets nothing else meanwhile. */
struct slow_answer {
  sabir_context *context;
  uint64_t count;
};

static void *answer(void *argument) {
  struct slow_answer *slow = argument;
  check(sabir_context_reply_bytes(slow->context, COUNT, &slow->count, sizeof slow->count), "reply");
  complete(slow->context, 0);
  free(slow);
  return NULL;
}

/* Handles what was handed out. */
static void handle(const sabir_delivery *delivery) {
  uint64_t *count = (uint64_t *)delivery->state;
  switch (delivery->kind) {
    case SABIR_DELIVERY_START: /* builds the state, which comes with every delivery from here on */
      count = calloc(1, sizeof *count);
      if (count == NULL) exit(1);
      complete(delivery->context, (uintptr_t)count);
      return;
    case SABIR_DELIVERY_STOP:
      printf("stopped after %" PRIu64 " words\n", *count);
      free(count);
      complete(delivery->context, 0);
      return;
    case SABIR_DELIVERY_CANCEL: return; /* of a handler that is still out: ours ends soon anyway */
    case SABIR_DELIVERY_MESSAGE: break;
    default: complete(delivery->context, 0); return;
  }
  if (sabir_message_type(delivery->message) == COUNT) {
    struct slow_answer *slow = malloc(sizeof *slow);
    pthread_t thread;
    if (slow == NULL) exit(1);
    slow->context = delivery->context;
    slow->count = *count;
    if (pthread_create(&thread, NULL, answer, slow) != 0) exit(1);
    pthread_detach(thread);
    return;
  }
  ++*count;
  complete(delivery->context, 0);
}

/* The host's loop: polls and handles until the system has ended. */
static void *run_loop(void *unused) {
  sabir_delivery deliveries[MOST];
  sabir_status status;
  size_t handed, i;
  (void)unused;
  do {
    for (i = 0; i < MOST; ++i) deliveries[i].struct_size = sizeof deliveries[i];
    status = sabir_executor_poll(executor, deliveries, MOST, sizeof deliveries[0], SABIR_FOREVER, &handed);
    for (i = 0; i < handed; ++i) handle(&deliveries[i]);
  } while (status == SABIR_OK || status == SABIR_E_WOKEN);
  return NULL;
}

int main(void) {
  static const char *const words[] = {"the", "quick", "brown", "fox"};
  sabir_delivered_options options = SABIR_DELIVERED_OPTIONS_INIT;
  sabir_executor_options executor_options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_spawn_options spawn_options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_system *system = NULL;
  sabir_behavior *counter = NULL;
  sabir_message *reply = NULL;
  sabir_pid pid = 0;
  pthread_t loop;
  size_t i;

  check(sabir_system_create(NULL, &system, NULL), "system");
  executor_options.kind = SABIR_EXECUTOR_POLLED;
  check(sabir_executor_create(system, &executor_options, &executor, NULL), "executor");
  options.name = "counter";
  options.batch = 1; /* a handler may take its time: no more than one message is handed out at a time */
  check(sabir_behavior_create_delivered(&options, &counter), "behavior");
  spawn_options.executor = executor;
  check(sabir_spawn(system, counter, &spawn_options, &pid, NULL), "spawn");
  if (pthread_create(&loop, NULL, run_loop, NULL) != 0) return 1;

  for (i = 0; i < sizeof words / sizeof words[0]; ++i) check(sabir_send_bytes(system, pid, WORD, words[i], strlen(words[i])), "send");
  check(sabir_ask_bytes(system, pid, COUNT, NULL, 0, UINT64_C(10000000000), &reply), "ask");
  printf("%" PRIu64 " words\n", *(const uint64_t *)sabir_message_data(reply));
  sabir_message_destroy(&reply);

  check(sabir_system_shutdown(system, UINT64_C(10000000000), NULL), "shutdown"); /* the loop goes on meanwhile */
  pthread_join(loop, NULL);
  sabir_behavior_destroy(&counter);
  check(sabir_executor_destroy(&executor), "executor");
  check(sabir_system_destroy(&system), "system");
  return 0;
}
