/* system.h: options, references, counters. Shutdown has shutdown_test.c and survivor_test.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "calls.h"

static void init_writes_the_initializer(void) {
  const sabir_system_options expected = SABIR_SYSTEM_OPTIONS_INIT;
  sabir_system_options options;
  memset(&options, 0xff, sizeof options);
  sabir_system_options_init(&options, sizeof options);
  CHECK(memcmp(&options, &expected, sizeof options) == 0);
}

static void init_writes_no_more_than_it_is_told(void) {
  unsigned char bytes[sizeof(sabir_system_options)];
  size_t index;
  memset(bytes, 0xa5, sizeof bytes);
  sabir_system_options_init((sabir_system_options *)(void *)bytes, 8);
  for (index = 8; index < sizeof bytes; ++index) CHECK_NUMBER(bytes[index], 0xa5);
  sabir_system_options_init(NULL, sizeof(sabir_system_options));
}

static void create_without_options_gives_the_defaults(void) {
  sabir_system *system = NULL;
  sabir_error *error = NULL;
  REQUIRE_OK(sabir_system_create(NULL, &system, &error));
  CHECK(system != NULL && error == NULL);
  CHECK_OK(sabir_system_destroy(&system));
  CHECK(system == NULL);
}

/* Creates with options, expects that status, and that the error's text contains part. */
static void refused(const sabir_system_options *options, sabir_status expected, const char *part) {
  sabir_system *system = (sabir_system *)&system;
  sabir_error *error = NULL;
  CHECK_STATUS(sabir_system_create(options, &system, &error), expected);
  CHECK(system == NULL);
  CHECK_STATUS(sabir_error_status(error), expected);
  CHECK_CONTAINS(sabir_error_message(error), part);
  sabir_error_destroy(&error);
}

static void values_out_of_range_are_invalid(void) {
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  options.workers = SABIR_WORKERS_MAX + 1;
  refused(&options, SABIR_E_INVALID, "workers");
  sabir_system_options_init(&options, sizeof options);
  options.max_actors = SABIR_MAX_ACTORS_DEFAULT + 1;
  refused(&options, SABIR_E_INVALID, "max_actors");
}

static void a_missing_out_pointer_is_invalid(void) {
  sabir_error *error = NULL;
  CHECK_STATUS(sabir_system_create(NULL, NULL, &error), SABIR_E_INVALID);
  CHECK_STATUS(sabir_error_status(error), SABIR_E_INVALID);
  CHECK_CONTAINS(sabir_error_message(error), "system");
  sabir_error_destroy(&error);
}

static void short_structures_are_refused(void) {
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  options.struct_size = 0;
  refused(&options, SABIR_E_OPTION, "struct_size");
  options.struct_size = sizeof options - 8;
  refused(&options, SABIR_E_OPTION, "struct_size");
}

/* Options as a later header has them: larger by one field. */
struct later_options {
  sabir_system_options known;
  uint64_t later;
};

static void later_structures_are_taken_if_they_ask_for_nothing_new(void) {
  struct later_options options = {SABIR_SYSTEM_OPTIONS_INIT, 0};
  sabir_system *system = NULL;
  options.known.struct_size = sizeof options;
  CHECK_OK(sabir_system_create(&options.known, &system, NULL));
  CHECK_OK(sabir_system_destroy(&system));
  options.later = 1;
  refused(&options.known, SABIR_E_OPTION, "options");
}

static void every_option_is_taken(void) {
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  sabir_system *system;
  options.workers = 2;
  options.max_actors = 10;
  options.run_batch = 1;
  options.message_size_limit = 100;
  options.ask_timeout_ns = MILLISECOND_NS;
  options.shutdown_timeout_ns = SECOND_NS;
  options.name = "every option";
  system = make_system_with(&options);
  end_system(&system);
}

static void several_systems_live_side_by_side(void) {
  sabir_system *first = make_system(1), *second = make_system(1);
  probe one, two;
  sabir_pid pid_one, pid_two;
  probe_init(&one);
  probe_init(&two);
  pid_one = probe_spawn(first, &one, NULL);
  pid_two = probe_spawn(second, &two, NULL);
  CHECK(pid_one != pid_two);
  CHECK_OK(sabir_send_bytes(first, pid_one, PROBE_COUNT, NULL, 0));
  CHECK_OK(sabir_send_bytes(second, pid_two, PROBE_COUNT, NULL, 0));
  CHECK_STATUS(sabir_send_bytes(first, pid_two, PROBE_COUNT, NULL, 0), SABIR_E_FOREIGN);
  CHECK(reached(&one.received, 1));
  end_system(&first);
  CHECK_OK(sabir_send_bytes(second, pid_two, PROBE_COUNT, NULL, 0));
  CHECK(reached(&two.received, 2));
  end_system(&second);
  probe_end(&one);
  probe_end(&two);
}

static void a_reference_keeps_the_handle_not_the_system(void) {
  sabir_system *system = make_system(1), *other = system, *gone = system;
  CHECK_OK(sabir_system_retain(system));
  CHECK_OK(sabir_system_destroy(&system));
  CHECK_STATUS(sabir_send_bytes(other, 1, PROBE_COUNT, NULL, 0), SABIR_E_CLOSED);
  CHECK_OK(sabir_system_counters(other, &(sabir_counters){.struct_size = sizeof(sabir_counters)}));
  sabir_system_release(&other);
  CHECK(other == NULL);
  CHECK_STATUS(sabir_system_retain(gone), SABIR_E_HANDLE);
}

static void the_last_release_shuts_down_in_the_background(void) {
  sabir_system *system = make_system(1);
  probe actor;
  probe_init(&actor);
  probe_spawn(system, &actor, NULL);
  CHECK(reached(&actor.starts, 1));
  sabir_system_release(&system);
  CHECK(system == NULL);
  take(&actor.stopped);
  probe_wait_dropped(&actor);
  CHECK_NUMBER((uint32_t)actor.exit_reason, SABIR_EXIT_SHUTDOWN);
  probe_end(&actor);
}

static void a_release_that_is_not_the_last_does_nothing_else(void) {
  sabir_system *system = make_system(1), *other = system;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  CHECK_OK(sabir_system_retain(system));
  sabir_system_release(&other);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 0));
  CHECK(reached(&actor.received, 1));
  end_system(&system);
  probe_end(&actor);
}

static sabir_status release_inside(sabir_context *context, sabir_message **message, void *argument) {
  (void)context, (void)message;
  sabir_system_release((sabir_system **)argument);
  return SABIR_OK;
}

static void the_last_release_may_come_from_a_handler(void) {
  sabir_system *system = make_system(1), *inside = system;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  begin_inside(system, pid, release_inside, &inside);
  take(&actor.stopped);
  probe_wait_dropped(&actor);
  CHECK(inside == NULL);
  probe_end(&actor);
}

static void counters_count(void) {
  sabir_system *system = make_system(1);
  sabir_counters counters;
  probe actor;
  sabir_pid pid;
  sabir_message *reply = NULL;
  probe_init(&actor);
  counters = counters_of(system);
  CHECK_NUMBER(counters.spawned + counters.exited + counters.crashed + counters.sent + counters.handled + counters.dead_letters, 0);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 0));
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_UNHANDLED, NULL, 0));
  CHECK_OK(sabir_ask_bytes(system, pid, PROBE_ECHO, NULL, 0, PATIENCE_NS, &reply));
  sabir_message_destroy(&reply);
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_CRASH, NULL, 0));
  probe_wait_dropped(&actor);
  CHECK_OK(sabir_system_shutdown(system, PATIENCE_NS, NULL));
  counters = counters_of(system);
  CHECK_NUMBER(counters.spawned, 1);
  CHECK_NUMBER(counters.exited, 1);
  CHECK_NUMBER(counters.crashed, 1);
  CHECK_NUMBER(counters.dead_letters, 2);
  CHECK(counters.sent >= 4);
  CHECK_CONSERVED(system);
  CHECK_OK(sabir_system_destroy(&system));
  probe_end(&actor);
}

static void counters_are_filled_as_far_as_the_caller_knows_them(void) {
  struct {
    sabir_counters known;
    uint64_t later;
  } larger;
  sabir_system *system = make_system(1);
  sabir_counters counters = SABIR_COUNTERS_INIT;
  CHECK_STATUS(sabir_system_counters(system, NULL), SABIR_E_INVALID);
  counters.struct_size = 0;
  CHECK_STATUS(sabir_system_counters(system, &counters), SABIR_E_OPTION);
  memset(&larger, 0xff, sizeof larger);
  larger.known.struct_size = sizeof larger;
  CHECK_OK(sabir_system_counters(system, &larger.known));
  CHECK_NUMBER(larger.known.struct_size, sizeof larger);
  CHECK_NUMBER(larger.known.spawned, 0);
  CHECK_NUMBER(larger.later, 0);
  end_system(&system);
}

static void message_bytes_come_and_go(void) {
  enum { COUNT = 100, SIZE = 100000 };
  sabir_system *system = make_system(1);
  sabir_message *messages[COUNT];
  uint64_t before_bytes = counters_of(system).message_bytes;
  size_t index;
  for (index = 0; index < COUNT; ++index) REQUIRE_OK(sabir_message_create(PROBE_COUNT, SIZE, &messages[index]));
  CHECK(counters_of(system).message_bytes >= before_bytes + (uint64_t)COUNT * SIZE);
  for (index = 0; index < COUNT; ++index) sabir_message_destroy(&messages[index]);
  CHECK(counters_of(system).message_bytes <= before_bytes + 16384);
  end_system(&system);
}

static void the_thousand_and_twenty_fourth_system_is_refused(void) {
  static sabir_system *systems[SABIR_SYSTEMS_MAX];
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  size_t index;
  options.workers = 1;
  for (index = 0; index < SABIR_SYSTEMS_MAX; ++index) REQUIRE_OK(sabir_system_create(&options, &systems[index], NULL));
  refused(&options, SABIR_E_LIMIT, "systems");
  CHECK_OK(sabir_system_destroy(&systems[0]));
  REQUIRE_OK(sabir_system_create(&options, &systems[0], NULL));
  for (index = 0; index < SABIR_SYSTEMS_MAX; ++index) CHECK_OK(sabir_system_destroy(&systems[index]));
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(init_writes_the_initializer),
      TEST(init_writes_no_more_than_it_is_told),
      TEST(create_without_options_gives_the_defaults),
      TEST(values_out_of_range_are_invalid),
      TEST(a_missing_out_pointer_is_invalid),
      TEST(short_structures_are_refused),
      TEST(later_structures_are_taken_if_they_ask_for_nothing_new),
      TEST(every_option_is_taken),
      TEST(several_systems_live_side_by_side),
      TEST(a_reference_keeps_the_handle_not_the_system),
      TEST(the_last_release_shuts_down_in_the_background),
      TEST(a_release_that_is_not_the_last_does_nothing_else),
      TEST(the_last_release_may_come_from_a_handler),
      TEST(counters_count),
      TEST(counters_are_filled_as_far_as_the_caller_knows_them),
      TEST(message_bytes_come_and_go),
      TEST(the_thousand_and_twenty_fourth_system_is_refused),
  };
  return RUN_TESTS(tests, argc, argv);
}
