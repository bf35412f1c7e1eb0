/* exit.h: why an incarnation of an actor ended. The reasons as stop gets them are in actor_test.c and context_test.c too.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static void reasons_have_names(void) {
  int32_t reason, other;
  for (reason = SABIR_EXIT_NORMAL; reason <= SABIR_EXIT_NO_ACTOR; ++reason) {
    const char *name = sabir_exit_reason_name(reason);
    REQUIRE(name != NULL);
    CHECK(strlen(name) > 0);
    for (other = SABIR_EXIT_NORMAL; other < reason; ++other) CHECK(strcmp(name, sabir_exit_reason_name(other)) != 0);
  }
  CHECK_NUMBER(SABIR_EXIT_NO_ACTOR, 12);
  CHECK(sabir_exit_reason_name(SABIR_EXIT_NO_ACTOR + 1) != NULL);
  CHECK(sabir_exit_reason_name(-1) != NULL);
  CHECK(sabir_exit_reason_name(INT32_MAX) != NULL);
}

static void all_but_three_reasons_are_abnormal(void) {
  int32_t reason;
  for (reason = -1; reason <= SABIR_EXIT_NO_ACTOR + 1; ++reason) {
    const bool expected = reason != SABIR_EXIT_NORMAL && reason != SABIR_EXIT_STOPPED && reason != SABIR_EXIT_SHUTDOWN;
    if (!CHECK(sabir_exit_is_abnormal(reason) == expected)) fprintf(stderr, "  for reason %d\n", (int)reason);
  }
  CHECK(sabir_exit_is_abnormal(INT32_MAX));
  CHECK(sabir_exit_is_abnormal(INT32_MIN));
}

static void accessors_take_null(void) {
  sabir_exit *none = NULL;
  CHECK_NUMBER((uint32_t)sabir_exit_reason(NULL), 0);
  CHECK_OK(sabir_exit_status(NULL));
  CHECK_TEXT(sabir_exit_message(NULL), "");
  CHECK_TEXT(sabir_exit_detail(NULL), "");
  CHECK_NUMBER(sabir_exit_pid(NULL), 0);
  CHECK(sabir_exit_cause(NULL) == NULL);
  CHECK(sabir_exit_retain(NULL) == NULL);
  sabir_exit_release(&none);
  sabir_exit_release(NULL);
}

/* An actor whose stop keeps its exit. */
static sabir_exit *kept;
static sem_t stopped;

static sabir_status fail_always(sabir_context *context, uintptr_t state, sabir_message **message) {
  (void)state, (void)message;
  CHECK_OK(sabir_context_fail(context, 12, "text", 4, "detail", 6));
  return 12;
}

static void keep_exit(sabir_context *context, uintptr_t state, const sabir_exit *exit) {
  (void)context, (void)state;
  kept = sabir_exit_retain(exit);
  CHECK(kept == exit);
  sem_post(&stopped);
}

static void *read_exit(void *argument) {
  const sabir_exit *exit = (const sabir_exit *)argument;
  int round;
  for (round = 0; round < 1000; ++round) {
    sabir_exit *reference = sabir_exit_retain(exit);
    CHECK_TEXT(sabir_exit_message(reference), "text");
    sabir_exit_release(&reference);
    CHECK(reference == NULL);
  }
  return NULL;
}

static void a_kept_exit_outlives_its_system(void) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("failing");
  sabir_system *system = make_system(1);
  sabir_behavior *behavior = NULL;
  sabir_pid pid = 0;
  pthread_t first, second;
  sem_init(&stopped, 0, 0);
  callbacks.receive = fail_always;
  callbacks.stop = keep_exit;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  REQUIRE_OK(sabir_spawn(system, behavior, NULL, &pid, NULL));
  CHECK_OK(sabir_send_bytes(system, pid, 1, NULL, 0));
  take(&stopped);
  sabir_behavior_destroy(&behavior);
  end_system(&system);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(kept), SABIR_EXIT_CRASHED);
  CHECK_STATUS(sabir_exit_status(kept), 12);
  CHECK_TEXT(sabir_exit_message(kept), "text");
  CHECK_TEXT(sabir_exit_detail(kept), "detail");
  CHECK_NUMBER(sabir_exit_pid(kept), pid);
  CHECK(sabir_exit_cause(kept) == NULL);
  first = start_thread(read_exit, kept);
  second = start_thread(read_exit, kept);
  join_thread(first);
  join_thread(second);
  sabir_exit_release(&kept);
  CHECK(kept == NULL);
  sem_destroy(&stopped);
}

static void an_exit_outlives_the_message_it_came_with(void) {
  sabir_system *system = make_system(1);
  sabir_message *reply = NULL;
  sabir_exit *exit;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_STATUS(sabir_ask_bytes(system, pid, PROBE_CRASH, NULL, 0, PATIENCE_NS, &reply), SABIR_E_CRASHED);
  exit = sabir_exit_retain(sabir_message_exit(reply));
  REQUIRE(exit != NULL);
  sabir_message_destroy(&reply);
  end_system(&system);
  CHECK_TEXT(sabir_exit_message(exit), PROBE_CRASH_TEXT);
  CHECK_TEXT(sabir_exit_detail(exit), PROBE_CRASH_DETAIL);
  sabir_exit_release(&exit);
  probe_end(&actor);
}

static void shutdown_is_a_reason(void) {
  sabir_system *system = make_system(1);
  probe actor;
  probe_init(&actor);
  probe_spawn(system, &actor, NULL);
  CHECK(reached(&actor.starts, 1));
  end_system(&system);
  take(&actor.stopped);
  CHECK_NUMBER((uint32_t)actor.exit_reason, SABIR_EXIT_SHUTDOWN);
  CHECK_OK(actor.exit_status);
  CHECK_TEXT(actor.exit_message, "");
  probe_end(&actor);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(reasons_have_names),
      TEST(all_but_three_reasons_are_abnormal),
      TEST(accessors_take_null),
      TEST(a_kept_exit_outlives_its_system),
      TEST(an_exit_outlives_the_message_it_came_with),
      TEST(shutdown_is_a_reason),
  };
  return RUN_TESTS(tests, argc, argv);
}
