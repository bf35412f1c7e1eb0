/* Names and groups in C: actors that are found without their pids, and what becomes of both when an actor ends.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <sabir/sabir.h>
#include <stdio.h>
#include <stdlib.h>

#define ADD 1
#define GET 2

enum { MEMBERS = 3 };

static void check(sabir_status status) {
  if (status == SABIR_OK) return;
  fprintf(stderr, "%s: %s\n", sabir_status_name(status), sabir_status_text(status));
  exit(1);
}

/* Its state is its total: the argument, which is where it is kept. */
static sabir_status counter_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  uint64_t *total = (uint64_t *)state;
  switch (sabir_message_type(*message)) {
    case ADD: *total += *(const uint64_t *)sabir_message_data(*message); return SABIR_OK;
    case GET: return sabir_context_reply_bytes(context, GET, total, sizeof *total);
    default: return SABIR_E_UNHANDLED;
  }
}

static void print_total(sabir_system *system, const char *name) {
  sabir_pid pid = 0;
  sabir_message *reply = NULL;
  check(sabir_whereis(system, name, &pid));
  check(sabir_ask_bytes(system, pid, GET, NULL, 0, 0, &reply));
  printf("%s has %" PRIu64 "\n", name, *(const uint64_t *)sabir_message_data(reply));
  sabir_message_destroy(&reply);
}

/* Stops an actor, and waits until it is gone. */
static void stop(sabir_system *system, sabir_port *port, sabir_pid pid) {
  sabir_ref monitor = 0;
  sabir_message *down = NULL;
  check(sabir_port_monitor(port, pid, 0, &monitor));
  check(sabir_actor_stop(system, pid));
  check(sabir_port_receive(port, SABIR_FOREVER, &down));
  sabir_message_destroy(&down);
}

int main(void) {
  sabir_system *system = NULL;
  sabir_behavior *behavior = NULL;
  sabir_port *port = NULL;
  sabir_pid counters[MEMBERS];
  uint64_t totals[MEMBERS] = {0}, amount = 5;
  size_t received = 0;
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("counter");
  callbacks.receive = counter_receive;
  check(sabir_system_create(NULL, &system, NULL));
  check(sabir_behavior_create(&callbacks, &behavior));
  check(sabir_port_create(system, NULL, &port, NULL));
  for (int i = 0; i < MEMBERS; ++i) {
    sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
    options.argument = (uintptr_t)&totals[i];
    check(sabir_spawn(system, behavior, &options, &counters[i], NULL));
    check(sabir_group_join(system, "counters", counters[i]));
  }

  check(sabir_register(system, "desk", counters[0])); /* one owner, until it is gone for good */
  printf("another desk: %s\n", sabir_status_name(sabir_register(system, "desk", counters[1])));
  check(sabir_send_named_bytes(system, "desk", ADD, &amount, sizeof amount));
  check(sabir_group_send_bytes(system, "counters", ADD, &amount, sizeof amount, &received)); /* uncopied, to all members */
  printf("the group: %d got it\n", (int)received);
  print_total(system, "desk");

  stop(system, port, counters[0]); /* its name is free, and its membership over */
  printf("the desk: %s\n", sabir_status_name(sabir_send_named_bytes(system, "desk", ADD, &amount, sizeof amount)));
  check(sabir_group_send_bytes(system, "counters", ADD, &amount, sizeof amount, &received));
  printf("the group: %d got it\n", (int)received);
  check(sabir_register(system, "desk", counters[1]));
  print_total(system, "desk");

  sabir_port_destroy(&port);
  sabir_behavior_destroy(&behavior);
  check(sabir_system_destroy(&system));
  return 0;
}
