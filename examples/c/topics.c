/* Topics in C: who publishes knows no readers. Wildcards, and a value that a subject keeps for who comes later.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <sabir/sabir.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READING 1 /* text, as "oven 180" */
#define SHOW 2    /* answers with all that was read */

static void check(sabir_status status) {
  if (status == SABIR_OK) return;
  fprintf(stderr, "%s: %s\n", sabir_status_name(status), sabir_status_text(status));
  exit(1);
}

/* A display writes down what it reads. */
struct display {
  char text[256];
};

static sabir_status display_start(sabir_context *context, uintptr_t argument, uintptr_t *state) {
  (void)context;
  (void)argument;
  *state = (uintptr_t)calloc(1, sizeof(struct display));
  return *state != 0 ? SABIR_OK : SABIR_E_NOMEM;
}

static sabir_status display_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  struct display *self = (struct display *)state;
  const size_t used = strlen(self->text);
  switch (sabir_message_type(*message)) {
    case READING: /* shared by all who subscribe, and so only read */
      snprintf(self->text + used, sizeof self->text - used, "%s%.*s", used > 0 ? ", " : "", (int)sabir_message_size(*message),
               (const char *)sabir_message_data(*message));
      return SABIR_OK;
    case SHOW: return sabir_context_reply_bytes(context, SHOW, self->text, used);
    default: return SABIR_E_UNHANDLED;
  }
}

static void display_stop(sabir_context *context, uintptr_t state, const sabir_exit *exit) {
  (void)context;
  (void)exit;
  free((void *)state);
}

/* A display of its own, which reads what matches the pattern from now on. */
static sabir_pid subscribe(sabir_system *system, sabir_behavior *display, const char *pattern) {
  sabir_pid pid = 0;
  sabir_ref subscription = 0; /* for sabir_unsubscribe; it ends with the actor, too */
  check(sabir_spawn(system, display, NULL, &pid, NULL));
  check(sabir_subscribe(system, pattern, pid, &subscription));
  return pid;
}

static void publish(sabir_system *system, const char *subject, const char *reading, uint32_t flags) {
  uint64_t delivered = 0;
  check(sabir_publish_bytes(system, subject, READING, reading, strlen(reading), flags, &delivered));
  printf("%s: to %" PRIu64 "\n", subject, delivered);
}

static void show(sabir_system *system, sabir_pid display, const char *name) {
  sabir_message *reply = NULL;
  check(sabir_ask_bytes(system, display, SHOW, NULL, 0, 0, &reply));
  printf("%s reads %.*s\n", name, (int)sabir_message_size(reply), (const char *)sabir_message_data(reply));
  sabir_message_destroy(&reply);
}

int main(void) {
  sabir_system *system = NULL;
  sabir_behavior *behavior = NULL;
  sabir_pid kitchen = 0, house = 0, late = 0;
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("display");
  callbacks.start = display_start;
  callbacks.receive = display_receive;
  callbacks.stop = display_stop;
  check(sabir_system_create(NULL, &system, NULL));
  check(sabir_behavior_create(&callbacks, &behavior));

  kitchen = subscribe(system, behavior, "sensors.kitchen.*"); /* one token, whichever */
  house = subscribe(system, behavior, "sensors.>");           /* one or more */
  publish(system, "sensors.kitchen.oven", "oven 20", 0);
  publish(system, "sensors.kitchen.oven", "oven 180", SABIR_PUBLISH_RETAIN); /* kept until the next one of this subject */
  publish(system, "sensors.cellar", "cellar 12", 0);
  publish(system, "doors.front", "open", 0); /* that nobody reads it is no error */
  late = subscribe(system, behavior, "*.*.oven");
  show(system, kitchen, "kitchen");
  show(system, house, "house");
  show(system, late, "late");

  sabir_behavior_destroy(&behavior);
  check(sabir_system_destroy(&system));
  return 0;
}
