/* A host of one thread that nothing ever calls back: answers, the end of memory and of arguments, the log, dead letters and the end of the
 * shutdown all come home to its loop, beside the messages that it handles for its actor.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <sabir/sabir.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 1, NONSENSE = 2, MOST = 16 };
enum { THE_MEMORY = 1, THE_ASK, THE_LOG, THE_DEAD_LETTERS, THE_SHUTDOWN }; /* our numbers for what comes home */

static sabir_executor *executor;
static int ended; /* what was to come home, and has */

static void check(sabir_status status, const char *what) {
  if (status == SABIR_OK) return;
  fprintf(stderr, "%s: %s\n", what, sabir_status_text(status));
  exit(1);
}

/* What has come home. Its message, if there is one, is ours. */
static void welcome(const sabir_delivery *delivery) {
  sabir_message *message = delivery->message;
  switch (delivery->kind) {
    case SABIR_DELIVERY_REPLY:
      check(delivery->status, "the ask");
      printf("answer: %.*s\n", (int)sabir_message_size(message), (const char *)sabir_message_data(message));
      ++ended;
      break;
    case SABIR_DELIVERY_RELEASE:
      printf("memory %d is free again\n", (int)delivery->value);
      ++ended;
      break;
    case SABIR_DELIVERY_DROP: /* of the argument, which is a pointer of ours; or of the log and the dead letters: the last one */
      if (delivery->value > THE_SHUTDOWN) {
        printf("the argument of the actor '%s' has ended\n", (const char *)delivery->value);
        free((void *)delivery->value);
        ++ended;
      }
      break;
    case SABIR_DELIVERY_LOG:
      if (delivery->code == SABIR_LOG_ERROR) printf("log: an error\n");
      break;
    case SABIR_DELIVERY_EVENT:
      if (delivery->code == SABIR_EVENT_DEAD_LETTER) printf("a dead letter of type %d\n", (int)sabir_message_type(message));
      if (delivery->code == SABIR_EVENT_SHUTDOWN) {
        sabir_report *report = (sabir_report *)delivery->state; /* of who has not ended in time; ours, too */
        printf("the shutdown has ended: %s\n", sabir_status_text(delivery->status));
        sabir_report_destroy(&report);
      }
      break;
    default: break; /* a kind of a later version */
  }
  sabir_message_destroy(&message);
}

/* Handles a message of the actor's: gives a text back in capitals, and crashes on all else. */
static void handle(const sabir_delivery *delivery) {
  sabir_completion completion = SABIR_COMPLETION_INIT;
  completion.context = delivery->context;
  if (delivery->kind == SABIR_DELIVERY_MESSAGE && sabir_message_type(delivery->message) == TEXT) {
    char text[64];
    const size_t size = sabir_message_size(delivery->message);
    size_t i;
    for (i = 0; i < size && i < sizeof text; ++i) text[i] = (char)(((const char *)sabir_message_data(delivery->message))[i] & ~0x20);
    check(sabir_context_reply_bytes(delivery->context, TEXT, text, i), "reply");
  } else if (delivery->kind == SABIR_DELIVERY_MESSAGE) {
    completion.status = SABIR_E_INVALID;
    completion.text = "what is this?";
    completion.text_size = strlen(completion.text);
  }
  check(sabir_executor_complete(executor, &completion, 1, sizeof completion, NULL), "complete");
}

/* Takes what there is. False: the system has ended. */
static bool poll_once(void) {
  sabir_delivery deliveries[MOST];
  size_t handed, i;
  sabir_status status;
  for (i = 0; i < MOST; ++i) deliveries[i].struct_size = sizeof deliveries[i];
  status = sabir_executor_poll(executor, deliveries, MOST, sizeof deliveries[0], SABIR_FOREVER, &handed);
  for (i = 0; i < handed; ++i) {
    if (deliveries[i].kind == SABIR_DELIVERY_CANCEL) continue; /* a handler of this host has always returned by then */
    if (deliveries[i].kind >= SABIR_DELIVERY_RELEASE) {
      welcome(&deliveries[i]);
    } else {
      handle(&deliveries[i]);
    }
  }
  if (status != SABIR_E_CLOSED) check(status, "poll");
  return status == SABIR_OK;
}

int main(void) {
  static char text[] = "hello";
  sabir_executor_options executor_options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_delivered_options options = SABIR_DELIVERED_OPTIONS_INIT;
  sabir_spawn_options spawn_options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_system *system = NULL;
  sabir_behavior *behavior = NULL;
  sabir_message *message = NULL;
  sabir_pid pid = 0;
  sabir_ref ref = 0;
  char *argument = malloc(8);

  if (argument == NULL) return 1;
  strcpy(argument, "shout");
  check(sabir_system_create(NULL, &system, NULL), "system");
  executor_options.kind = SABIR_EXECUTOR_POLLED;
  check(sabir_executor_create(system, &executor_options, &executor, NULL), "executor");
  check(sabir_log_set_sink_at(system, executor, THE_LOG), "log");
  check(sabir_dead_letter_subscribe_at(system, executor, THE_DEAD_LETTERS, &ref), "dead letters");

  options.name = "shout";
  options.wants = SABIR_WANTS_NONE; /* messages only: the state is the argument */
  check(sabir_behavior_create_delivered(&options, &behavior), "behavior");
  spawn_options.executor = executor;
  spawn_options.argument = (uintptr_t)argument;
  spawn_options.drop_home = executor;
  check(sabir_spawn(system, behavior, &spawn_options, &pid, NULL), "spawn");

  check(sabir_message_wrap_at(TEXT, text, strlen(text), executor, THE_MEMORY, &message), "wrap");
  check(sabir_ask_begin_at(system, pid, &message, SABIR_FOREVER, executor, THE_ASK, &ref), "ask");
  while (ended < 2) poll_once(); /* the answer, and the memory */
  check(sabir_send_bytes(system, pid, NONSENSE, NULL, 0), "send");
  while (ended < 3) poll_once(); /* it crashes, and so its argument has an end */

  check(sabir_system_shutdown_begin_at(system, UINT64_C(10000000000), executor, THE_SHUTDOWN), "shutdown");
  while (poll_once()) {
  }
  sabir_behavior_destroy(&behavior);
  check(sabir_executor_destroy(&executor), "executor");
  check(sabir_system_destroy(&system), "system");
  return 0;
}
