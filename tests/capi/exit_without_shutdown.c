/* A process that returns from main with a live system, busy actors and open asks, or while a system is ending that a handler has
 * destroyed: it ends with status 0. With a number it runs itself that many times in each way; else it is the child.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "support.h"

#include <semaphore.h>
#include <sys/wait.h>
#include <unistd.h>

static sabir_status bounce(sabir_context *context, uintptr_t state, sabir_message **message) {
  SABIR_IGNORE(sabir_context_send(context, *(const sabir_pid *)state, message));
  return SABIR_OK;
}

static void *keep_sending(void *argument) {
  sabir_system *system = (sabir_system *)argument;
  for (;;) SABIR_IGNORE(sabir_send_bytes(system, 1, 1, "abc", 3));
  return NULL;
}

static void done(uintptr_t argument, sabir_ref ref, sabir_status status, sabir_message **reply) {
  (void)argument, (void)ref, (void)status, (void)reply;
}

static int leave(void) {
  enum { ACTORS = 20 };
  static sabir_pid pids[ACTORS], next[ACTORS];
  static probe stuck;
  sabir_system *system = make_system(2);
  sabir_executor_options executor_options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_executor *executor = NULL;
  sabir_port *port = NULL;
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("bouncing");
  sabir_behavior *behavior = NULL;
  sabir_message *message = make_message(PROBE_KEEP, NULL, 0);
  sabir_pid pid;
  size_t index;
  executor_options.kind = SABIR_EXECUTOR_THREADS;
  executor_options.workers = 2;
  REQUIRE_OK(sabir_executor_create(system, &executor_options, &executor, NULL));
  REQUIRE_OK(sabir_port_create(system, NULL, &port, NULL));
  callbacks.receive = bounce;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  for (index = 0; index < ACTORS; ++index) {
    sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
    next[index] = index == 0 ? 0 : pids[index - 1];
    options.argument = (uintptr_t)&next[index];
    options.executor = index % 2 ? executor : NULL;
    REQUIRE_OK(sabir_spawn(system, behavior, &options, &pids[index], NULL));
  }
  next[0] = pids[ACTORS - 1]; /* a ring that never rests */
  for (index = 0; index < ACTORS; ++index) REQUIRE_OK(sabir_send_bytes(system, pids[index], 1, "abc", 3));
  probe_init(&stuck);
  pid = probe_spawn(system, &stuck, NULL);
  REQUIRE_OK(sabir_ask_begin(system, pid, &message, SABIR_FOREVER, done, 0, NULL));
  REQUIRE_OK(sabir_send_bytes(system, pid, PROBE_BLOCK, NULL, 0));
  take(&stuck.entered); /* of PROBE_KEEP */
  take(&stuck.entered); /* of PROBE_BLOCK: its handler never returns */
  pthread_detach(start_thread(keep_sending, system));
  return __atomic_load_n(&check_failures, __ATOMIC_RELAXED) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static sem_t destroyed;

static sabir_status destroy(sabir_context *context, uintptr_t state, sabir_message **message) {
  sabir_system *system = *(sabir_system **)state;
  (void)context, (void)message;
  sabir_system_destroy(&system);
  sem_post(&destroyed);
  return SABIR_OK;
}

static int leave_while_ending(void) {
  static sabir_system *system;
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("destroying");
  sabir_behavior *behavior = NULL;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_pid pid;
  system = make_system(1);
  REQUIRE(sem_init(&destroyed, 0, 0) == 0);
  callbacks.receive = destroy;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  options.argument = (uintptr_t)&system;
  REQUIRE_OK(sabir_spawn(system, behavior, &options, &pid, NULL));
  REQUIRE_OK(sabir_send_bytes(system, pid, 1, NULL, 0));
  REQUIRE(sem_wait(&destroyed) == 0);
  usleep((useconds_t)(getpid() % 16) * 50); /* somewhere in the shutdown */
  return __atomic_load_n(&check_failures, __ATOMIC_RELAXED) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run_many(const char *program, const char *way, int rounds) {
  int round;
  for (round = 0; round < rounds; ++round) {
    int status = -1;
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      execl(program, program, way, (char *)NULL);
      _exit(127);
    }
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    if (WIFSIGNALED(status)) fprintf(stderr, "round %d: signal %d\n", round, WTERMSIG(status));
    CHECK_NUMBER(WEXITSTATUS(status), EXIT_SUCCESS);
  }
  return __atomic_load_n(&check_failures, __ATOMIC_RELAXED) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv) {
  REQUIRE(argc == 2);
  if (strcmp(argv[1], "alive") == 0) return leave();
  if (strcmp(argv[1], "ending") == 0) return leave_while_ending();
  return run_many(argv[0], "alive", atoi(argv[1])) + run_many(argv[0], "ending", atoi(argv[1]));
}
