/* How a language binding drives its actors: one call for a whole turn, with packed commands in and packed records out, and no pointer of
 * the language's in either. Its actors are the stages of a pipeline that each add one to a number and send it on.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <sabir/sabir.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER = 1, STAGES = 5, ROUNDS = 1000 };

static void check(sabir_status status, const char *what) {
  if (status == SABIR_OK) return;
  fprintf(stderr, "%s: %s\n", what, sabir_status_text(status));
  exit(1);
}

/* The commands of the next turn. (A binding would let this grow.) */
static uint64_t commands[32768];
static size_t commands_size;

static sabir_command *command(uint32_t kind, const void *payload, uint32_t size) {
  sabir_command *made = (sabir_command *)((char *)commands + commands_size);
  memset(made, 0, sizeof *made);
  made->kind = kind;
  made->payload_size = size;
  made->size = (uint32_t)(sizeof *made + ((size + 7) & ~UINT32_C(7)));
  if (size > 0) memcpy(made + 1, payload, size);
  commands_size += made->size;
  return made;
}

/* What the language keeps of each actor, found by the number that it gave as the argument. */
static sabir_pid stages[STAGES];
static uint64_t finished, sum;

static void handle(const sabir_record *record) {
  sabir_command *next;
  if (record->kind == SABIR_DELIVERY_RESULT) { /* of the spawns */
    check(record->status, "a command");
    stages[record->context] = record->value;
    return;
  }
  if (record->kind == SABIR_DELIVERY_MESSAGE) {
    uint64_t number;
    memcpy(&number, record + 1, sizeof number); /* small payloads follow their record */
    ++number;
    if (record->state + 1 < STAGES) {
      next = command(SABIR_COMMAND_SEND, &number, sizeof number);
      next->context = record->context; /* in this handler's name */
      next->to = stages[record->state + 1];
      next->type = NUMBER;
    } else {
      ++finished;
      sum += number;
    }
  }
  if (record->kind >= SABIR_DELIVERY_CANCEL) { /* nothing to complete: a CANCEL, or what has its home here (there is nothing here) */
    if (record->message != 0) {
      sabir_message *message = (sabir_message *)(uintptr_t)record->message;
      sabir_message_destroy(&message);
    }
    return;
  }
  next = command(SABIR_COMMAND_COMPLETE, NULL, 0);
  next->context = record->context;
  next->value = record->value; /* of a START: the state is the argument here */
}

static sabir_status take_turn(sabir_executor *executor, uint64_t wait_ns) {
  static uint64_t records[16384];
  size_t done, used, at;
  const sabir_status status = sabir_executor_turn(executor, commands, commands_size, &done, records, sizeof records, &used, wait_ns);
  if (status != SABIR_E_CLOSED && status != SABIR_E_WOKEN) check(status, "turn");
  memmove(commands, (char *)commands + done, commands_size - done); /* what it had no room to answer comes first in the next one */
  commands_size -= done;
  for (at = 0; at < used; at += ((const sabir_record *)((char *)records + at))->size) handle((const sabir_record *)((char *)records + at));
  return status;
}

int main(void) {
  sabir_delivered_options options = SABIR_DELIVERED_OPTIONS_INIT;
  sabir_executor_options executor_options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_system *system = NULL;
  sabir_executor *executor = NULL;
  sabir_behavior *stage = NULL;
  uint64_t i;

  check(sabir_system_create(NULL, &system, NULL), "system");
  executor_options.kind = SABIR_EXECUTOR_POLLED;
  check(sabir_executor_create(system, &executor_options, &executor, NULL), "executor");
  options.name = "stage";
  check(sabir_behavior_create_delivered(&options, &stage), "behavior");

  for (i = 0; i < STAGES; ++i) {
    sabir_command *spawn = command(SABIR_COMMAND_SPAWN, NULL, 0);
    spawn->to = (uint64_t)(uintptr_t)stage;
    spawn->value = i;
    spawn->token = i;
  }
  check(take_turn(executor, 0), "turn");
  for (i = 0; i < ROUNDS; ++i) {
    sabir_command *send = command(SABIR_COMMAND_SEND, &i, sizeof i);
    send->to = stages[0];
    send->type = NUMBER;
    if (i % 64 == 63) check(take_turn(executor, 0), "turn");
  }
  while (finished < ROUNDS) check(take_turn(executor, SABIR_FOREVER), "turn");
  printf("%d numbers, sum %" PRIu64 "\n", ROUNDS, sum);

  check(sabir_system_shutdown_begin(system, UINT64_C(10000000000), NULL, 0), "shutdown");
  while (take_turn(executor, SABIR_FOREVER) != SABIR_E_CLOSED) {
  }
  sabir_behavior_destroy(&stage);
  check(sabir_executor_destroy(&executor), "executor");
  check(sabir_system_destroy(&system), "system");
  return 0;
}
