/* A supervised worker in C: it adds up numbers, a line each, and crashes on every line that is none. Its supervisor restarts it in place:
 * what is queued stays, the sum begins anew, and the line that failed is a dead letter. Usage: supervised [file]
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <pthread.h>
#include <sabir/sabir.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE 1    /* to the worker: the line's bytes */
#define SETTLE 2  /* to the worker: answered when all lines before it have been handled */
#define HANDLED 3 /* to main: a struct handled */
#define CRASHED 4 /* to main: why a line failed */

#define NOT_A_NUMBER 1
#define OUT_OF_RANGE 2

struct handled {
  uint64_t number;
  uint64_t sum; /* of this incarnation */
};

struct adder {
  sabir_pid host; /* main's port */
  uint64_t sum;
};

/* Runs again at every restart, with the same argument. */
static sabir_status adder_start(sabir_context *context, uintptr_t argument, uintptr_t *state) {
  struct adder *adder = calloc(1, sizeof *adder);
  (void)context;
  if (adder == NULL) return SABIR_E_NOMEM;
  adder->host = *(const sabir_pid *)argument;
  *state = (uintptr_t)adder;
  return SABIR_OK;
}

/* 0, or what is wrong with the line. */
static sabir_status parse(const char *line, size_t size, uint64_t *number) {
  *number = 0;
  if (size == 0) return NOT_A_NUMBER;
  for (size_t i = 0; i < size; ++i)
    if (line[i] < '0' || line[i] > '9') return NOT_A_NUMBER;
  for (size_t i = 0; i < size; ++i) {
    const uint64_t digit = (uint64_t)(line[i] - '0');
    if (*number > (UINT64_MAX - digit) / 10) return OUT_OF_RANGE;
    *number = *number * 10 + digit;
  }
  return SABIR_OK;
}

/* Adds up one line. A failure of it is a crash, with a text for whoever hears of it. */
static sabir_status add(sabir_context *context, struct adder *adder, const sabir_message *message) {
  struct handled handled;
  const sabir_status wrong = parse(sabir_message_data(message), sabir_message_size(message), &handled.number);
  if (wrong != SABIR_OK) {
    const char *why = wrong == OUT_OF_RANGE ? "out of range" : "not a number";
    SABIR_IGNORE(sabir_context_fail(context, wrong, why, strlen(why), NULL, 0));
    return wrong;
  }
  adder->sum += handled.number;
  handled.sum = adder->sum;
  return sabir_context_send_bytes(context, adder->host, HANDLED, &handled, sizeof handled);
}

static sabir_status adder_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  switch (sabir_message_type(*message)) {
    case LINE: return add(context, (struct adder *)state, *message);
    case SETTLE: return sabir_context_reply_bytes(context, SETTLE, NULL, 0);
    default: return SABIR_E_UNHANDLED;
  }
}

/* Runs when receive has failed, before the supervisor is told: here it only passes the reason on. */
static int32_t adder_failed(sabir_context *context, uintptr_t state, const sabir_exit *exit) {
  const char *why = sabir_exit_message(exit);
  SABIR_IGNORE(sabir_context_send_bytes(context, ((struct adder *)state)->host, CRASHED, why, strlen(why)));
  return SABIR_DECISION_DEFAULT;
}

static void adder_stop(sabir_context *context, uintptr_t state, const sabir_exit *exit) {
  (void)context;
  (void)exit;
  free((void *)state);
}

/* Texts to be printed at the end. Dead letters are told on any thread. */
struct texts {
  pthread_mutex_t mutex;
  char *text;
  size_t size;
};

static void texts_add(struct texts *texts, const char *label, const sabir_message *message, const char *cause) {
  const size_t size = sabir_message_size(message);
  const size_t room = strlen(label) + size + strlen(cause) + 2;
  pthread_mutex_lock(&texts->mutex);
  char *grown = realloc(texts->text, texts->size + room);
  if (grown != NULL) {
    char *place = grown + texts->size;
    texts->text = grown;
    texts->size +=
        (size_t)sprintf(place, "%s%.*s%s\n", label, (int)size, size == 0 ? "" : (const char *)sabir_message_data(message), cause);
  }
  pthread_mutex_unlock(&texts->mutex);
}

static void texts_print(const struct texts *texts) {
  if (texts->size != 0) (void)fwrite(texts->text, 1, texts->size, stdout);
}

static void on_dead_letter(uintptr_t argument, sabir_pid target, int32_t cause, const sabir_message *message) {
  char text[64];
  (void)target;
  if (sabir_message_type(message) != LINE) return;
  (void)snprintf(text, sizeof text, " (%s)", sabir_cause_name(cause));
  texts_add((struct texts *)argument, "dead letter: ", message, text);
}

/* Prints what was handled, keeps what crashed for later, until there is no more. */
static void read_port(sabir_port *port, struct texts *crashes) {
  sabir_message *message = NULL;
  while (sabir_port_receive(port, 0, &message) == SABIR_OK) {
    if (sabir_message_type(message) == HANDLED) {
      const struct handled *handled = sabir_message_data(message);
      printf("handled %" PRIu64 ", sum %" PRIu64 "\n", handled->number, handled->sum);
    } else {
      texts_add(crashes, "crash: ", message, "");
    }
    sabir_message_destroy(&message);
  }
}

/* Sends each line of the file, or of the list where there is none. */
static sabir_status send_lines(sabir_system *system, sabir_pid adder, FILE *file) {
  static const char *const list[] = {"3", "4", "five", "6", "99999999999999999999", "7"};
  char line[256];
  sabir_status status = SABIR_OK;
  if (file == NULL) {
    for (size_t i = 0; status == SABIR_OK && i < sizeof list / sizeof *list; ++i)
      status = sabir_send_bytes(system, adder, LINE, list[i], strlen(list[i]));
    return status;
  }
  while (status == SABIR_OK && fgets(line, sizeof line, file) != NULL)
    status = sabir_send_bytes(system, adder, LINE, line, strcspn(line, "\n"));
  return status;
}

/* How often the only child of the root was restarted. */
static sabir_status count_restarts(sabir_system *system, uint64_t *restarts) {
  sabir_child_info child = SABIR_CHILD_INFO_INIT;
  sabir_message *list = NULL;
  sabir_status status = sabir_children(system, sabir_supervisor_root(system), &list);
  if (status == SABIR_OK) status = sabir_child_list_at(list, 0, &child);
  *restarts = child.restarts;
  sabir_message_destroy(&list);
  return status;
}

/* Starts the worker under the root supervisor. host: lives as long as the system. */
static sabir_status supervise(sabir_system *system, const sabir_pid *host, sabir_pid *adder, sabir_error **error) {
  sabir_behavior *behavior = NULL;
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("adder");
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  callbacks.start = adder_start;
  callbacks.receive = adder_receive;
  callbacks.failed = adder_failed;
  callbacks.stop = adder_stop;
  mailbox.overflow = SABIR_OVERFLOW_BLOCK;
  spawn.argument = (uintptr_t)host;
  spawn.mailbox = &mailbox;
  spec.restart = SABIR_PERMANENT;
  spec.spawn = &spawn;
  sabir_status status = sabir_behavior_create(&callbacks, &behavior);
  if (status == SABIR_OK) status = sabir_supervise(system, /* supervisor: the root */ 0, "adder", behavior, &spec, adder, error);
  sabir_behavior_destroy(&behavior);
  return status;
}

static int add_up(FILE *file) {
  struct texts lost = {PTHREAD_MUTEX_INITIALIZER, NULL, 0};
  struct texts crashes = {PTHREAD_MUTEX_INITIALIZER, NULL, 0};
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_system *system = NULL;
  sabir_port *port = NULL;
  sabir_error *error = NULL;
  sabir_message *reply = NULL;
  sabir_pid host = 0;
  sabir_pid adder = 0;
  sabir_ref subscription = 0;
  uint64_t restarts = 0;

  /* Bad lines are to be expected here, so the supervisor does not give up on a worker that fails on many of them (default: 3 in 5 s). */
  options.root_intensity = SABIR_INTENSITY_MAX;
  options.root_period_ns = 1000000000;
  mailbox.capacity = SABIR_UNBOUNDED;
  sabir_status status = sabir_system_create(&options, &system, &error);
  if (status == SABIR_OK) status = sabir_log_set_level(system, SABIR_LOG_OFF); /* the crashes are printed below */
  if (status == SABIR_OK) status = sabir_dead_letter_subscribe(system, on_dead_letter, (uintptr_t)&lost, NULL, &subscription);
  if (status == SABIR_OK) status = sabir_port_create(system, &mailbox, &port, &error);
  if (status == SABIR_OK) host = sabir_port_pid(port);
  if (status == SABIR_OK) status = supervise(system, &host, &adder, &error);
  if (status == SABIR_OK) status = send_lines(system, adder, file); /* the pid stays good over all restarts */
  if (status == SABIR_OK) status = sabir_ask_bytes(system, adder, SETTLE, NULL, 0, SABIR_FOREVER, &reply);
  if (status == SABIR_OK) read_port(port, &crashes);
  if (status == SABIR_OK) status = count_restarts(system, &restarts);
  if (status != SABIR_OK)
    fprintf(stderr, "%s: %s\n", sabir_status_name(status), error != NULL ? sabir_error_message(error) : sabir_status_text(status));

  sabir_message_destroy(&reply);
  sabir_error_destroy(&error);
  sabir_port_destroy(&port);
  if (sabir_system_destroy(&system) != SABIR_OK) return 1; /* by now all dead letters have been told */
  if (status == SABIR_OK) {
    texts_print(&lost);
    texts_print(&crashes);
    printf("restarts: %" PRIu64 "\n", restarts);
  }
  free(lost.text);
  free(crashes.text);
  return status == SABIR_OK ? 0 : 1;
}

int main(int argument_count, char **arguments) {
  FILE *file = argument_count > 1 ? fopen(arguments[1], "r") : NULL;
  if (argument_count > 1 && file == NULL) {
    perror(arguments[1]);
    return 1;
  }
  const int exit_code = add_up(file);
  if (file != NULL) (void)fclose(file);
  return exit_code;
}
