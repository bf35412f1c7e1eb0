/* behavior.h: the callbacks that make an actor.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static sabir_status receive_ok(sabir_context *context, uintptr_t state, sabir_message **message) {
  (void)context, (void)state, (void)message;
  return SABIR_OK;
}

static sabir_callbacks named(const char *name) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT(name);
  callbacks.receive = receive_ok;
  return callbacks;
}

static void refused(const sabir_callbacks *callbacks, sabir_status expected) {
  sabir_behavior *behavior = (sabir_behavior *)&behavior;
  CHECK_STATUS(sabir_behavior_create(callbacks, &behavior), expected);
  CHECK(behavior == NULL);
}

static void init_writes_the_initializer(void) {
  const sabir_callbacks expected = SABIR_CALLBACKS_INIT(NULL);
  sabir_callbacks callbacks;
  unsigned char bytes[sizeof callbacks];
  size_t index;
  memset(&callbacks, 0xff, sizeof callbacks);
  sabir_callbacks_init(&callbacks, sizeof callbacks);
  CHECK(memcmp(&callbacks, &expected, sizeof callbacks) == 0);
  memset(bytes, 0xa5, sizeof bytes);
  sabir_callbacks_init((sabir_callbacks *)(void *)bytes, 16);
  for (index = 16; index < sizeof bytes; ++index) CHECK_NUMBER(bytes[index], 0xa5);
  sabir_callbacks_init(NULL, sizeof callbacks);
}

static void missing_parts_are_invalid(void) {
  sabir_callbacks callbacks = named("behavior");
  refused(NULL, SABIR_E_INVALID);
  CHECK_STATUS(sabir_behavior_create(&callbacks, NULL), SABIR_E_INVALID);
  callbacks.receive = NULL;
  refused(&callbacks, SABIR_E_INVALID);
}

static void a_name_has_1_to_255_bytes(void) {
  char name[257];
  sabir_callbacks callbacks = named(NULL);
  sabir_behavior *behavior = NULL;
  refused(&callbacks, SABIR_E_INVALID);
  callbacks.name = "";
  refused(&callbacks, SABIR_E_INVALID);
  memset(name, 'n', sizeof name);
  name[256] = 0;
  callbacks.name = name;
  refused(&callbacks, SABIR_E_INVALID);
  name[255] = 0;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  CHECK_TEXT(sabir_behavior_name(behavior), name);
  sabir_behavior_destroy(&behavior);
}

static void structure_sizes_are_checked(void) {
  struct {
    sabir_callbacks known;
    uint64_t later;
  } larger;
  sabir_behavior *behavior = NULL;
  sabir_callbacks callbacks = named("behavior");
  callbacks.struct_size = 0;
  refused(&callbacks, SABIR_E_OPTION);
  callbacks.struct_size = sizeof callbacks - 8;
  refused(&callbacks, SABIR_E_OPTION);
  callbacks = named("behavior");
  callbacks.reserved = 1;
  refused(&callbacks, SABIR_E_OPTION);
  larger.known = named("behavior");
  larger.known.struct_size = sizeof larger;
  larger.later = 0;
  CHECK_OK(sabir_behavior_create(&larger.known, &behavior));
  sabir_behavior_destroy(&behavior);
  larger.later = 1;
  refused(&larger.known, SABIR_E_OPTION);
}

static void the_table_and_the_name_are_copied(void) {
  char name[] = "copied";
  sabir_callbacks callbacks = named(name);
  sabir_behavior *behavior = NULL;
  sabir_system *system = make_system(1);
  sabir_pid pid = 0;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  memset(name, 'x', sizeof name - 1);
  memset(&callbacks, 0, sizeof callbacks);
  CHECK_TEXT(sabir_behavior_name(behavior), "copied");
  CHECK_OK(sabir_spawn(system, behavior, NULL, &pid, NULL));
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 0));
  sabir_behavior_destroy(&behavior);
  end_system(&system);
}

static void references_are_counted(void) {
  sabir_behavior *behavior = probe_behavior(), *other = behavior, *gone = behavior;
  CHECK_STATUS(sabir_behavior_retain(NULL), SABIR_E_INVALID);
  CHECK_OK(sabir_behavior_retain(behavior));
  sabir_behavior_destroy(&behavior);
  CHECK(behavior == NULL);
  CHECK_TEXT(sabir_behavior_name(other), "probe");
  sabir_behavior_destroy(&other);
  CHECK_TEXT(sabir_behavior_name(gone), "");
  CHECK_STATUS(sabir_behavior_retain(gone), SABIR_E_HANDLE);
  sabir_behavior_destroy(&gone);
  CHECK(gone == NULL);
  CHECK_TEXT(sabir_behavior_name(NULL), "");
}

static void actors_outlive_the_reference_to_their_behavior(void) {
  sabir_system *system = make_system(1);
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL); /* ends its reference */
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 0));
  CHECK(reached(&actor.received, 1));
  end_system(&system);
  probe_end(&actor);
}

static void one_behavior_serves_many_actors_and_systems(void) {
  enum { ACTORS = 100 };
  static probe actors[ACTORS];
  sabir_system *systems[2];
  sabir_behavior *behavior = probe_behavior();
  size_t index;
  systems[0] = make_system(1);
  systems[1] = make_system(2);
  for (index = 0; index < ACTORS; ++index) {
    sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
    sabir_pid pid = 0;
    probe_init(&actors[index]);
    options.argument = (uintptr_t)&actors[index];
    options.drop = probe_drop;
    REQUIRE_OK(sabir_spawn(systems[index % 2], behavior, &options, &pid, NULL));
    CHECK_OK(sabir_send_bytes(systems[index % 2], pid, PROBE_COUNT, NULL, 0));
  }
  sabir_behavior_destroy(&behavior);
  for (index = 0; index < ACTORS; ++index) CHECK(reached(&actors[index].received, 1));
  end_system(&systems[0]);
  end_system(&systems[1]);
  for (index = 0; index < ACTORS; ++index) {
    CHECK_NUMBER(counted(&actors[index].starts), 1);
    CHECK_NUMBER(counted(&actors[index].stops), 1);
    CHECK_NUMBER(counted(&actors[index].drops), 1);
    probe_end(&actors[index]);
  }
}

static uint64_t states_seen;
static uintptr_t last_state;
static sabir_status receive_state(sabir_context *context, uintptr_t state, sabir_message **message) {
  (void)context, (void)message;
  last_state = state;
  count(&states_seen);
  return SABIR_OK;
}

static void without_start_the_state_is_the_argument(void) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("stateless");
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_system *system = make_system(1);
  sabir_behavior *behavior = NULL;
  sabir_pid pid = 0;
  callbacks.receive = receive_state;
  options.argument = 77;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  REQUIRE_OK(sabir_spawn(system, behavior, &options, &pid, NULL));
  CHECK_OK(sabir_send_bytes(system, pid, 1, NULL, 0));
  CHECK(reached(&states_seen, 1));
  CHECK_NUMBER(last_state, 77);
  sabir_behavior_destroy(&behavior);
  end_system(&system);
}

static sabir_status start_with_99(sabir_context *context, uintptr_t argument, uintptr_t *state) {
  (void)context;
  CHECK_NUMBER(argument, 77);
  *state = 99;
  return SABIR_OK;
}

static void start_makes_the_state(void) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("starting");
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_system *system = make_system(1);
  sabir_behavior *behavior = NULL;
  const uint64_t before = counted(&states_seen);
  sabir_pid pid = 0;
  callbacks.start = start_with_99;
  callbacks.receive = receive_state;
  options.argument = 77;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  REQUIRE_OK(sabir_spawn(system, behavior, &options, &pid, NULL));
  CHECK_OK(sabir_send_bytes(system, pid, 1, NULL, 0));
  CHECK(reached(&states_seen, before + 1));
  CHECK_NUMBER(last_state, 99);
  sabir_behavior_destroy(&behavior);
  end_system(&system);
}

static void a_failed_start_ends_the_actor_without_stop(void) {
  sabir_system *system = make_system(1);
  probe actor;
  probe_init(&actor);
  actor.start_status = 5;
  probe_spawn(system, &actor, NULL);
  probe_wait_dropped(&actor);
  CHECK_NUMBER(counted(&actor.stops), 0);
  CHECK_NUMBER(counted(&actor.received), 0);
  end_system(&system);
  probe_end(&actor);
}

/* Start waits, so that what is sent meanwhile is queued when it fails. */
static sem_t start_entered, start_gate;
static sabir_status start_late_and_fail(sabir_context *context, uintptr_t argument, uintptr_t *state) {
  (void)context, (void)argument, (void)state;
  sem_post(&start_entered);
  take(&start_gate);
  return 5;
}

static void what_is_queued_at_a_failed_start_becomes_dead_letters(void) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("late");
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_system *system = make_system(1);
  sabir_behavior *behavior = NULL;
  sabir_pid pid = 0;
  wrapped memory = {0, ""};
  sabir_message *message = wrap_message(PROBE_COUNT, &memory);
  probe actor;
  sem_init(&start_entered, 0, 0);
  sem_init(&start_gate, 0, 0);
  probe_init(&actor);
  callbacks.start = start_late_and_fail;
  callbacks.receive = receive_ok;
  options.argument = (uintptr_t)&actor;
  options.drop = probe_drop;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  REQUIRE_OK(sabir_spawn(system, behavior, &options, &pid, NULL));
  take(&start_entered);
  CHECK_OK(sabir_send(system, pid, &message));
  CHECK_OK(sabir_actor_status(system, pid));
  sem_post(&start_gate);
  take(&actor.dropped);
  CHECK(reached(&memory.releases, 1));
  CHECK(dead_letters_reach(system, SABIR_CAUSE_START_FAILED, 1));
  sabir_behavior_destroy(&behavior);
  end_system(&system);
  CHECK_NUMBER(counted(&memory.releases), 1);
  sem_destroy(&start_entered);
  sem_destroy(&start_gate);
  probe_end(&actor);
}

static sabir_status return_status_inside(sabir_context *context, sabir_message **message, void *argument) {
  (void)context, (void)message;
  return *(const sabir_status *)argument;
}

static void any_other_status_of_receive_is_a_crash(void) {
  sabir_status statuses[] = {1, SABIR_E_INVALID, SABIR_E_NOMEM, INT32_MIN};
  size_t index;
  for (index = 0; index < sizeof statuses / sizeof statuses[0]; ++index) {
    sabir_system *system = make_system(1);
    probe actor;
    sabir_pid pid;
    probe_init(&actor);
    pid = probe_spawn(system, &actor, NULL);
    begin_inside(system, pid, return_status_inside, &statuses[index]);
    take(&actor.stopped);
    CHECK_NUMBER((uint32_t)actor.exit_reason, SABIR_EXIT_CRASHED);
    CHECK_STATUS(actor.exit_status, statuses[index]);
    probe_wait_dropped(&actor);
    CHECK(dead_letters_reach(system, SABIR_CAUSE_CRASHED, 1));
    CHECK(becomes_dead(system, pid));
    CHECK_STATUS(sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 0), SABIR_E_DEAD);
    end_system(&system);
    probe_end(&actor);
  }
}

static void unhandled_is_a_dead_letter_and_no_crash(void) {
  sabir_system *system = make_system(1);
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_UNHANDLED, NULL, 0));
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 0));
  CHECK(reached(&actor.received, 2));
  CHECK(dead_letters_reach(system, SABIR_CAUSE_UNHANDLED, 1));
  CHECK_OK(sabir_actor_status(system, pid));
  end_system(&system);
  probe_end(&actor);
}

struct exclusive {
  int inside;
  int handled; /* plain: each callback sees what the one before it did */
  sem_t dropped;
};

static sabir_status receive_and_exclude(sabir_context *context, uintptr_t state, sabir_message **message) {
  struct exclusive *exclusive = (struct exclusive *)state;
  (void)context, (void)message;
  CHECK_NUMBER(__atomic_exchange_n(&exclusive->inside, 1, __ATOMIC_RELAXED), 0);
  exclusive->handled += 1;
  CHECK_NUMBER(__atomic_exchange_n(&exclusive->inside, 0, __ATOMIC_RELAXED), 1);
  return SABIR_OK;
}

static void drop_exclusive(uintptr_t argument) { sem_post(&((struct exclusive *)argument)->dropped); }

struct flood {
  sabir_system *system;
  sabir_pid pid;
  int messages;
};

static void *send_flood(void *argument) {
  const struct flood *flood = (const struct flood *)argument;
  int index;
  for (index = 0; index < flood->messages; ++index) CHECK_OK(sabir_send_bytes(flood->system, flood->pid, 1, NULL, 0));
  return NULL;
}

static void one_actor_runs_on_one_thread_at_a_time(void) {
  enum { MESSAGES = 20000 };
  struct exclusive exclusive = {0, 0, {{0}}};
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("exclusive");
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_system *system = make_system(4);
  sabir_behavior *behavior = NULL;
  struct flood flood;
  pthread_t first, second;
  sem_init(&exclusive.dropped, 0, 0);
  callbacks.receive = receive_and_exclude;
  options.argument = (uintptr_t)&exclusive;
  options.drop = drop_exclusive;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  flood.system = system;
  flood.messages = MESSAGES;
  REQUIRE_OK(sabir_spawn(system, behavior, &options, &flood.pid, NULL));
  first = start_thread(send_flood, &flood);
  second = start_thread(send_flood, &flood);
  join_thread(first);
  join_thread(second);
  CHECK_OK(sabir_actor_drain(system, flood.pid));
  take(&exclusive.dropped);
  sabir_behavior_destroy(&behavior);
  end_system(&system);
  CHECK_NUMBER((uint64_t)exclusive.handled, 2 * MESSAGES);
  sem_destroy(&exclusive.dropped);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(init_writes_the_initializer),
      TEST(missing_parts_are_invalid),
      TEST(a_name_has_1_to_255_bytes),
      TEST(structure_sizes_are_checked),
      TEST(the_table_and_the_name_are_copied),
      TEST(references_are_counted),
      TEST(actors_outlive_the_reference_to_their_behavior),
      TEST(one_behavior_serves_many_actors_and_systems),
      TEST(without_start_the_state_is_the_argument),
      TEST(start_makes_the_state),
      TEST(a_failed_start_ends_the_actor_without_stop),
      TEST(what_is_queued_at_a_failed_start_becomes_dead_letters),
      TEST(any_other_status_of_receive_is_a_crash),
      TEST(unhandled_is_a_dead_letter_and_no_crash),
      TEST(one_actor_runs_on_one_thread_at_a_time),
  };
  return RUN_TESTS(tests, argc, argv);
}
