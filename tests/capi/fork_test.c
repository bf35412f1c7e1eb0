/* sabir.h, convention 13: after fork, in the child, calls give SABIR_E_FORKED and do nothing, and destroys are silent.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "calls.h"

#include <sys/wait.h>
#include <unistd.h>

static struct handles handles;
static probe actor;
static sabir_pid actor_pid;
static wrapped memory;
static sabir_message *message;
static sabir_error *error;

static void every_call_is_refused(void) {
  size_t index;
  sabir_system *system = (sabir_system *)&system;
  sabir_behavior *behavior = (sabir_behavior *)&behavior;
  sabir_message *made = (sabir_message *)&made;
  const sabir_callbacks callbacks = probe_callbacks();
  sabir_message *sent = message;
  for (index = 0; index < handle_call_count; ++index)
    if (!CHECK_STATUS(handle_calls[index].call(handles.handle[handle_calls[index].kind], &handles), SABIR_E_FORKED))
      fprintf(stderr, "  of %s\n", handle_calls[index].name);
  CHECK_STATUS(sabir_system_create(NULL, &system, NULL), SABIR_E_FORKED);
  CHECK(system == NULL);
  CHECK_STATUS(sabir_behavior_create(&callbacks, &behavior), SABIR_E_FORKED);
  CHECK(behavior == NULL);
  CHECK_STATUS(sabir_message_create(1, 8, &made), SABIR_E_FORKED);
  CHECK(made == NULL);
  made = (sabir_message *)&made;
  CHECK_STATUS(sabir_message_create_bytes(1, "abc", 3, &made), SABIR_E_FORKED);
  CHECK(made == NULL);
  made = (sabir_message *)&made;
  CHECK_STATUS(sabir_message_wrap(1, memory.bytes, 1, NULL, 0, &made), SABIR_E_FORKED);
  CHECK(made == NULL);
  made = (sabir_message *)&made;
  CHECK_STATUS(sabir_request_child(SABIR_CHILD_STOP, "child", 0, &made), SABIR_E_FORKED);
  CHECK(made == NULL);
  made = (sabir_message *)&made;
  CHECK_STATUS(sabir_request_children(&made), SABIR_E_FORKED);
  CHECK(made == NULL);
  CHECK_STATUS(sabir_send((sabir_system *)handles.handle[HANDLE_SYSTEM], actor_pid, &sent), SABIR_E_FORKED);
  CHECK(sent == message);
}

static void accessors_still_read(void) {
  CHECK_NUMBER(sabir_message_size(message), sizeof memory.bytes);
  CHECK_NUMBER(sabir_abi_version(), SABIR_ABI_VERSION);
  CHECK_TEXT(sabir_status_name(SABIR_E_FORKED), "SABIR_E_FORKED");
  CHECK_STATUS(sabir_error_status(error), SABIR_E_INVALID);
}

static void destroys_are_silent(void) {
  sabir_system *system = (sabir_system *)handles.handle[HANDLE_SYSTEM], *released = system;
  sabir_behavior *behavior = (sabir_behavior *)handles.handle[HANDLE_BEHAVIOR];
  sabir_executor *executor = (sabir_executor *)handles.handle[HANDLE_EXECUTOR];
  sabir_port *port = (sabir_port *)handles.handle[HANDLE_PORT];
  sabir_router *router = (sabir_router *)handles.handle[HANDLE_ROUTER];
  sabir_message *own = message;
  sabir_error *own_error = error;
  sabir_router_destroy(&router);
  sabir_port_destroy(&port);
  CHECK_OK(sabir_executor_destroy(&executor));
  sabir_behavior_destroy(&behavior);
  sabir_message_destroy(&own);
  sabir_error_destroy(&own_error);
  sabir_system_release(&released);
  CHECK_OK(sabir_system_destroy(&system));
  CHECK(system == NULL);
}

static int run_child(void) {
  every_call_is_refused();
  accessors_still_read();
  destroys_are_silent();
  return __atomic_load_n(&check_failures, __ATOMIC_RELAXED) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Ends the child. The leak checker of a sanitizer would see what only the parent's threads point to, so it is not asked there. */
static void end_child(int code) {
#if TEST_SANITIZED
  fflush(NULL);
  _exit(code);
#else
  exit(code);
#endif
}

static void expect_clean(pid_t child) {
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK_NUMBER(WEXITSTATUS(status), EXIT_SUCCESS);
}

static void a_child_is_refused_and_exits_cleanly(void) {
  pid_t child;
  fflush(NULL);
  child = fork();
  REQUIRE(child >= 0);
  if (child == 0) end_child(run_child());
  expect_clean(child);
}

static void *send_until_told(void *argument) {
  const int *end = (const int *)argument;
  sabir_system *system = (sabir_system *)handles.handle[HANDLE_SYSTEM];
  while (__atomic_load_n(end, __ATOMIC_SEQ_CST) == 0) {
    const sabir_status status = sabir_send_bytes(system, actor_pid, PROBE_COUNT, "abc", 3);
    CHECK(status == SABIR_OK || status == SABIR_E_MAILBOX_FULL);
  }
  return NULL;
}

/* The locks and the pool may be in any state when the process forks. */
static void forks_under_load_are_clean(void) {
  int end = 0, round;
  const pthread_t thread = start_thread(send_until_told, &end);
  for (round = 0; round < 20; ++round) a_child_is_refused_and_exits_cleanly();
  __atomic_store_n(&end, 1, __ATOMIC_SEQ_CST);
  join_thread(thread);
}

static void the_parent_goes_on(void) {
  sabir_system *system = (sabir_system *)handles.handle[HANDLE_SYSTEM];
  sabir_message *reply = NULL;
  sabir_status status;
  do {
    status = sabir_ask_bytes(system, actor_pid, PROBE_ECHO, "abc", 3, PATIENCE_NS, &reply);
  } while (status == SABIR_E_MAILBOX_FULL);
  CHECK_OK(status);
  sabir_message_destroy(&reply);
  CHECK_NUMBER(counted(&memory.releases), 0);
  CHECK_OK(sabir_send(system, actor_pid, &message));
  CHECK(reached(&memory.releases, 1));
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(a_child_is_refused_and_exits_cleanly),
      TEST(forks_under_load_are_clean),
      TEST(the_parent_goes_on),
  };
  sabir_system_options bad = SABIR_SYSTEM_OPTIONS_INIT;
  sabir_system *none = NULL;
  int result;
  bad.workers = SABIR_WORKERS_MAX + 1;
  CHECK_STATUS(sabir_system_create(&bad, &none, &error), SABIR_E_INVALID);
  handles = make_handles();
  probe_init(&actor);
  actor_pid = probe_spawn((sabir_system *)handles.handle[HANDLE_SYSTEM], &actor, NULL);
  message = wrap_message(PROBE_COUNT, &memory);
  result = RUN_TESTS(tests, argc, argv);
  sabir_message_destroy(&message);
  sabir_error_destroy(&error);
  end_handles(&handles);
  probe_end(&actor);
  return __atomic_load_n(&check_failures, __ATOMIC_RELAXED) == 0 ? result : EXIT_FAILURE;
}
