/* A host without threads of its own for actors: it gives questions to a system and is called back with the answers. The actors run on the
 * system's arena, the callback on whichever of its threads an answer comes by; here it only counts, under a lock.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <pthread.h>
#include <sabir/sabir.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SQUARE = 1, QUESTIONS = 100 };

static void check(sabir_status status, const char *what) {
  if (status == SABIR_OK) return;
  fprintf(stderr, "%s: %s\n", what, sabir_status_text(status));
  exit(1);
}

static sabir_status squarer_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  uint64_t number;
  (void)state;
  if (sabir_message_type(*message) != SQUARE || sabir_message_size(*message) != sizeof number) return SABIR_E_UNHANDLED;
  memcpy(&number, sabir_message_data(*message), sizeof number);
  number *= number;
  return sabir_context_reply_bytes(context, SQUARE, &number, sizeof number);
}

/* What the callbacks tell the host. */
struct results {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  int answered, failed;
  uint64_t sum;
};

/* Runs once for each question, whatever becomes of it. */
static void answered(uintptr_t argument, sabir_ref ref, sabir_status status, sabir_message **reply) {
  struct results *results = (struct results *)argument;
  uint64_t number = 0;
  (void)ref;
  if (status == SABIR_OK) memcpy(&number, sabir_message_data(*reply), sizeof number);
  pthread_mutex_lock(&results->mutex);
  ++results->answered;
  results->failed += status != SABIR_OK;
  results->sum += number;
  pthread_cond_signal(&results->changed);
  pthread_mutex_unlock(&results->mutex);
}

int main(void) {
  struct results results = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0};
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("squarer");
  sabir_system *system = NULL;
  sabir_behavior *squarer = NULL;
  sabir_pid pid = 0;

  check(sabir_system_create(NULL, &system, NULL), "system");
  callbacks.receive = squarer_receive;
  check(sabir_behavior_create(&callbacks, &squarer), "behavior");
  check(sabir_spawn(system, squarer, NULL, &pid, NULL), "spawn");
  sabir_behavior_destroy(&squarer);

  for (uint64_t i = 1; i <= QUESTIONS; ++i) {
    sabir_message *question = NULL;
    check(sabir_message_create_bytes(SQUARE, &i, sizeof i, &question), "message");
    check(sabir_ask_begin(system, pid, &question, 0, answered, (uintptr_t)&results, NULL), "ask");
  }
  pthread_mutex_lock(&results.mutex);
  while (results.answered < QUESTIONS) pthread_cond_wait(&results.changed, &results.mutex);
  pthread_mutex_unlock(&results.mutex);

  check(sabir_system_destroy(&system), "destroy");
  printf("%d answers, %d failed, sum %" PRIu64 "\n", results.answered, results.failed, results.sum);
  return results.failed == 0 && results.sum == 338350 ? 0 : 1;
}
