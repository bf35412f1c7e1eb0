/* message.h: messages, their memory, and sends.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static void a_type_is_the_fnv_1a_hash_of_its_name(void) {
  CHECK_NUMBER(sabir_type_of(NULL, 0), UINT64_C(14695981039346656037));
  CHECK_NUMBER(sabir_type_of("", 0), UINT64_C(14695981039346656037));
  CHECK_NUMBER(sabir_type_of("a", 1), UINT64_C(0xaf63dc4c8601ec8c));
  CHECK_NUMBER(sabir_type_of("foobar", 6), UINT64_C(0x85944171f73967e8));
  CHECK_NUMBER(sabir_type_of("foobar!", 6), UINT64_C(0x85944171f73967e8));
  CHECK(sabir_type_of("\0", 1) != sabir_type_of("", 0));
}

static void payloads_are_aligned_and_writable(void) {
  static const size_t sizes[] = {0, 1, 8, 15, 16, 17, 100, 400, 512, 513, 4096, 16384, 65536, 1 << 20};
  size_t index;
  for (index = 0; index < sizeof sizes / sizeof sizes[0]; ++index) {
    sabir_message *message = (sabir_message *)&message;
    unsigned char *bytes;
    REQUIRE_OK(sabir_message_create(index + 1, sizes[index], &message));
    REQUIRE(message != NULL);
    CHECK_NUMBER(sabir_message_size(message), sizes[index]);
    CHECK_NUMBER(sabir_message_type(message), index + 1);
    bytes = (unsigned char *)sabir_message_data_mut(message);
    REQUIRE(bytes != NULL);
    CHECK(bytes == sabir_message_data(message));
    CHECK_NUMBER((uintptr_t)bytes % SABIR_PAYLOAD_ALIGNMENT, 0);
    memset(bytes, 0x5a, sizes[index]);
    sabir_message_destroy(&message);
    CHECK(message == NULL);
  }
}

static void a_new_message_comes_from_nobody(void) {
  sabir_message *message = make_message(3, "abc", 3);
  CHECK_NUMBER((uint32_t)sabir_message_kind(message), SABIR_KIND_MESSAGE);
  CHECK_NUMBER(sabir_message_sender(message), 0);
  CHECK_NUMBER(sabir_message_ref(message), 0);
  CHECK_NUMBER(sabir_message_count(message), 1);
  CHECK_OK(sabir_message_status(message));
  CHECK(sabir_message_exit(message) == NULL);
  CHECK(memcmp(sabir_message_data(message), "abc", 3) == 0);
  sabir_message_destroy(&message);
}

static void accessors_take_null(void) {
  CHECK(sabir_message_data(NULL) == NULL);
  CHECK(sabir_message_data_mut(NULL) == NULL);
  CHECK_NUMBER(sabir_message_size(NULL), 0);
  CHECK_NUMBER(sabir_message_type(NULL), 0);
  CHECK_NUMBER((uint32_t)sabir_message_kind(NULL), 0);
  CHECK_NUMBER(sabir_message_sender(NULL), 0);
  CHECK_NUMBER(sabir_message_ref(NULL), 0);
  CHECK_NUMBER(sabir_message_count(NULL), 0);
  CHECK_OK(sabir_message_status(NULL));
  CHECK(sabir_message_exit(NULL) == NULL);
}

static void missing_arguments_are_invalid(void) {
  sabir_message *message = (sabir_message *)&message;
  CHECK_STATUS(sabir_message_create(1, 1, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_message_create_bytes(1, "a", 1, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_message_create_bytes(1, NULL, 1, &message), SABIR_E_INVALID);
  CHECK(message == NULL);
  CHECK_OK(sabir_message_create_bytes(1, NULL, 0, &message));
  CHECK(sabir_message_data(message) != NULL);
  sabir_message_destroy(&message);
}

static void absurd_sizes_are_out_of_memory(void) {
  static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 16, SIZE_MAX - 64, SIZE_MAX - 4096, SIZE_MAX / 2, (size_t)1 << 60};
  size_t index;
  for (index = 0; index < sizeof sizes / sizeof sizes[0]; ++index) {
    sabir_message *message = (sabir_message *)&message;
    CHECK_STATUS(sabir_message_create(1, sizes[index], &message), SABIR_E_NOMEM);
    CHECK(message == NULL);
    message = (sabir_message *)&message;
    CHECK_STATUS(sabir_message_create_bytes(1, "x", sizes[index], &message), SABIR_E_NOMEM);
    CHECK(message == NULL);
  }
}

static void an_absurd_send_is_refused(void) {
  sabir_system *system = make_system(1);
  probe actor;
  sabir_pid pid;
  sabir_status status;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  status = sabir_send_bytes(system, pid, PROBE_COUNT, "x", SIZE_MAX);
  CHECK(status == SABIR_E_NOMEM || status == SABIR_E_TOO_BIG);
  end_system(&system);
  probe_end(&actor);
}

static void must_not_release(void *data, size_t size, uintptr_t argument) {
  (void)data, (void)size, (void)argument;
  CHECK(!"release ran after a failed wrap");
}

static void wrap_does_not_copy(void) {
  wrapped memory = {0, "wrapped"};
  sabir_message *message = wrap_message(4, &memory);
  CHECK(sabir_message_data(message) == memory.bytes);
  CHECK(sabir_message_data_mut(message) == memory.bytes);
  CHECK_NUMBER(sabir_message_size(message), sizeof memory.bytes);
  CHECK_NUMBER(sabir_message_type(message), 4);
  CHECK_NUMBER(counted(&memory.releases), 0);
  sabir_message_destroy(&message);
  CHECK_NUMBER(counted(&memory.releases), 1);
}

static void wrap_checks_its_arguments(void) {
  char byte = 0;
  sabir_message *message = (sabir_message *)&message;
  CHECK_STATUS(sabir_message_wrap(1, NULL, 1, must_not_release, 0, &message), SABIR_E_INVALID);
  CHECK(message == NULL);
  CHECK_STATUS(sabir_message_wrap(1, &byte, 1, must_not_release, 0, NULL), SABIR_E_INVALID);
  CHECK_OK(sabir_message_wrap(1, &byte, 1, NULL, 0, &message));
  sabir_message_destroy(&message);
  CHECK_OK(sabir_message_wrap(1, NULL, 0, NULL, 0, &message));
  CHECK(sabir_message_data(message) == NULL);
  CHECK_NUMBER(sabir_message_size(message), 0);
  sabir_message_destroy(&message);
}

static void send_checks_its_arguments(void) {
  sabir_system *system = make_system(1);
  sabir_message *none = NULL;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_STATUS(sabir_send(system, pid, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_send(system, pid, &none), SABIR_E_INVALID);
  CHECK_STATUS(sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 1), SABIR_E_INVALID);
  end_system(&system);
  CHECK_NUMBER(counted(&actor.received), 0);
  probe_end(&actor);
}

static void an_accepted_message_is_moved_and_released_once(void) {
  wrapped memory = {0, "moved"};
  sabir_message *message = wrap_message(PROBE_COUNT, &memory);
  sabir_system *system = make_system(1);
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_OK(sabir_send(system, pid, &message));
  CHECK(message == NULL);
  CHECK(reached(&memory.releases, 1));
  CHECK_NUMBER(counted(&actor.received), 1);
  end_system(&system);
  CHECK_NUMBER(counted(&memory.releases), 1);
  probe_end(&actor);
}

static void a_refused_message_stays_the_callers(void) {
  wrapped memory = {0, "refused"};
  sabir_message *message = wrap_message(PROBE_COUNT, &memory), *const before = message;
  sabir_system *system = make_system(1);
  CHECK_STATUS(sabir_send(system, 0, &message), SABIR_E_NO_ACTOR);
  CHECK(message == before);
  CHECK_NUMBER(counted(&memory.releases), 0);
  CHECK(memcmp(sabir_message_data(message), "refused", 7) == 0);
  end_system(&system);
  sabir_message_destroy(&message);
  CHECK_NUMBER(counted(&memory.releases), 1);
}

static void the_size_limit_is_checked_at_send(void) {
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  sabir_system *system;
  sabir_message *message = NULL, *reply = NULL;
  char bytes[101] = {0};
  probe actor;
  sabir_pid pid;
  options.workers = 1;
  options.message_size_limit = 100;
  system = make_system_with(&options);
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_COUNT, bytes, 100));
  CHECK_STATUS(sabir_send_bytes(system, pid, PROBE_COUNT, bytes, 101), SABIR_E_TOO_BIG);
  REQUIRE_OK(sabir_message_create(PROBE_COUNT, 101, &message));
  CHECK_STATUS(sabir_send(system, pid, &message), SABIR_E_TOO_BIG);
  CHECK(message != NULL);
  CHECK_STATUS(sabir_ask(system, pid, &message, PATIENCE_NS, &reply), SABIR_E_TOO_BIG);
  CHECK(message != NULL);
  sabir_message_destroy(&reply);
  sabir_message_destroy(&message);
  end_system(&system);
  probe_end(&actor);
}

static void a_thread_is_nobody_as_a_sender(void) {
  sabir_system *system = make_system(1);
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_KEEP, "abc", 3));
  take(&actor.entered);
  CHECK_NUMBER(sabir_message_sender(actor.kept), 0);
  CHECK_NUMBER(sabir_message_ref(actor.kept), 0);
  CHECK_NUMBER((uint32_t)sabir_message_kind(actor.kept), SABIR_KIND_MESSAGE);
  end_system(&system);
  probe_end(&actor);
}

struct sequence {
  uint64_t next;
};

static sabir_status receive_in_order(sabir_context *context, uintptr_t state, sabir_message **message) {
  struct sequence *sequence = (struct sequence *)state;
  uint64_t number;
  (void)context;
  memcpy(&number, sabir_message_data(*message), sizeof number);
  CHECK_NUMBER(number, sequence->next);
  count(&sequence->next);
  return SABIR_OK;
}

static void messages_arrive_in_the_order_they_were_sent(void) {
  enum { MESSAGES = 10000 };
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("in order");
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_system *system = make_system(2);
  sabir_behavior *behavior = NULL;
  struct sequence sequence = {0};
  sabir_pid pid = 0;
  uint64_t number;
  callbacks.receive = receive_in_order;
  options.argument = (uintptr_t)&sequence;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  REQUIRE_OK(sabir_spawn(system, behavior, &options, &pid, NULL));
  for (number = 0; number < MESSAGES; ++number) CHECK_OK(sabir_send_bytes(system, pid, 1, &number, sizeof number));
  CHECK(reached(&sequence.next, MESSAGES));
  sabir_behavior_destroy(&behavior);
  end_system(&system);
}

/* What a handler did with its message, seen from the test. */
struct handling {
  sabir_system *system;
  sabir_pid other;
  sabir_message *message;
  sem_t entered, gate;
};

static sabir_status forward_it(sabir_context *context, sabir_message **message, void *argument) {
  const struct handling *handling = (const struct handling *)argument;
  CHECK_OK(sabir_context_send(context, handling->other, message));
  CHECK(*message == NULL);
  return SABIR_OK;
}

static sabir_status send_it_on(sabir_context *context, sabir_message **message, void *argument) {
  const struct handling *handling = (const struct handling *)argument;
  (void)context;
  CHECK_OK(sabir_send(handling->system, handling->other, message));
  CHECK(*message == NULL);
  return SABIR_OK;
}

static sabir_status forward_refused(sabir_context *context, sabir_message **message, void *argument) {
  (void)argument;
  CHECK_STATUS(sabir_context_send(context, 0, message), SABIR_E_NO_ACTOR);
  CHECK(*message != NULL);
  CHECK_NUMBER(sabir_message_type(*message), PROBE_CALL);
  return SABIR_OK;
}

static void forwards(inside_fn function) {
  struct handling handling;
  sabir_port *port = NULL;
  probe actor;
  sabir_pid pid;
  int round;
  handling.system = make_system(2);
  REQUIRE_OK(sabir_port_create(handling.system, NULL, &port, NULL));
  handling.other = sabir_port_pid(port);
  probe_init(&actor);
  pid = probe_spawn(handling.system, &actor, NULL);
  for (round = 0; round < 100; ++round) {
    sabir_message *message = inside_message(function, &handling);
    const void *data = sabir_message_data(message);
    REQUIRE_OK(sabir_send(handling.system, pid, &message));
    REQUIRE_OK(sabir_port_receive(port, PATIENCE_NS, &message));
    CHECK(sabir_message_data(message) == data);
    sabir_message_destroy(&message);
  }
  sabir_port_destroy(&port);
  end_system(&handling.system);
  probe_end(&actor);
}

static void a_handler_may_forward_its_message_without_a_copy(void) {
  forwards(forward_it);
  forwards(send_it_on);
}

static void a_forward_that_fails_leaves_the_message(void) {
  sabir_system *system = make_system(1);
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  run_inside(system, pid, forward_refused, NULL);
  end_system(&system);
  probe_end(&actor);
}

static void a_kept_message_belongs_to_who_kept_it(void) {
  sabir_system *system = make_system(1);
  wrapped memory = {0, "kept"};
  sabir_message *message = wrap_message(PROBE_KEEP, &memory);
  const void *data = sabir_message_data(message);
  probe actor, other;
  sabir_pid pid, other_pid;
  probe_init(&actor);
  probe_init(&other);
  pid = probe_spawn(system, &actor, NULL);
  other_pid = probe_spawn(system, &other, NULL);
  REQUIRE_OK(sabir_send(system, pid, &message));
  take(&actor.entered);
  {
    /* The handler may not have returned yet: once the next message is handled it has. */
    sabir_message *reply = NULL;
    CHECK_OK(sabir_ask_bytes(system, pid, PROBE_ECHO, NULL, 0, PATIENCE_NS, &reply));
    sabir_message_destroy(&reply);
  }
  CHECK_NUMBER(counted(&memory.releases), 0);
  CHECK(sabir_message_data(actor.kept) == data);
  REQUIRE_OK(sabir_send(system, other_pid, &actor.kept));
  CHECK(actor.kept == NULL);
  take(&other.entered);
  end_system(&system);
  CHECK_NUMBER(counted(&memory.releases), 0);
  probe_end(&actor);
  probe_end(&other);
  CHECK_NUMBER(counted(&memory.releases), 1);
}

static sabir_status hold_it(sabir_context *context, sabir_message **message, void *argument) {
  struct handling *handling = (struct handling *)argument;
  (void)context;
  handling->message = *message;
  sem_post(&handling->entered);
  take(&handling->gate);
  CHECK(*message == handling->message);
  CHECK_NUMBER(sabir_message_type(*message), PROBE_CALL);
  return SABIR_OK;
}

/* Another thread that has the pointer of a message in its handler cannot move or free it. */
static void a_message_in_its_handler_is_borrowed_to_others(void) {
  struct handling handling;
  sabir_message *stolen, *reply = NULL;
  probe actor, other;
  sabir_pid pid;
  handling.system = make_system(1);
  sem_init(&handling.entered, 0, 0);
  sem_init(&handling.gate, 0, 0);
  probe_init(&actor);
  probe_init(&other);
  pid = probe_spawn(handling.system, &actor, NULL);
  handling.other = probe_spawn(handling.system, &other, NULL);
  begin_inside(handling.system, pid, hold_it, &handling);
  take(&handling.entered);
  stolen = handling.message;
  CHECK_STATUS(sabir_send(handling.system, handling.other, &stolen), SABIR_E_BORROWED);
  CHECK(stolen == handling.message);
  CHECK_STATUS(sabir_ask(handling.system, handling.other, &stolen, PATIENCE_NS, &reply), SABIR_E_BORROWED);
  CHECK(stolen == handling.message);
  sabir_message_destroy(&reply);
  sabir_message_destroy(&stolen);
  sem_post(&handling.gate);
  end_system(&handling.system);
  CHECK_NUMBER(counted(&other.received), 0);
  sem_destroy(&handling.entered);
  sem_destroy(&handling.gate);
  probe_end(&actor);
  probe_end(&other);
}

static sabir_status destroy_copy(sabir_context *context, uintptr_t state, sabir_message **message) {
  sabir_message *copy = *message;
  (void)context;
  sabir_message_destroy(&copy);
  CHECK(*message != NULL);
  CHECK(memcmp(sabir_message_data(*message), "owned", 5) == 0);
  count((uint64_t *)state);
  return SABIR_OK;
}

static sabir_status destroy_given(sabir_context *context, uintptr_t state, sabir_message **message) {
  (void)context;
  sabir_message_destroy(message);
  count((uint64_t *)state);
  return SABIR_OK;
}

static void destroyed_by_handler(sabir_receive_fn receive) {
  enum { ROUNDS = 10 };
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("destroyer");
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_system *system = make_system(1);
  sabir_behavior *behavior = NULL;
  uint64_t handled = 0;
  wrapped memory[ROUNDS];
  sabir_pid pid = 0;
  int round;
  callbacks.receive = receive;
  options.argument = (uintptr_t)&handled;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  REQUIRE_OK(sabir_spawn(system, behavior, &options, &pid, NULL));
  for (round = 0; round < ROUNDS; ++round) {
    sabir_message *message;
    memset(&memory[round], 0, sizeof memory[round]);
    memcpy(memory[round].bytes, "owned", 5);
    message = wrap_message(1, &memory[round]);
    REQUIRE_OK(sabir_send(system, pid, &message));
  }
  CHECK(reached(&handled, ROUNDS));
  sabir_behavior_destroy(&behavior);
  end_system(&system);
  for (round = 0; round < ROUNDS; ++round) CHECK_NUMBER(counted(&memory[round].releases), 1);
}

static void a_handler_that_destroys_its_message_destroys_nothing_twice(void) {
  destroyed_by_handler(destroy_copy);
  destroyed_by_handler(destroy_given);
}

static sabir_status write_and_forward(sabir_context *context, sabir_message **message, void *argument) {
  const struct handling *handling = (const struct handling *)argument;
  void *bytes = sabir_message_data_mut(*message);
  REQUIRE(bytes != NULL);
  memset(bytes, 0x5a, sabir_message_size(*message));
  return sabir_context_send(context, handling->other, message);
}

static void a_handler_may_write_its_message(void) {
  struct handling handling;
  sabir_port *port = NULL;
  sabir_message *message = NULL;
  probe actor;
  sabir_pid pid;
  handling.system = make_system(1);
  REQUIRE_OK(sabir_port_create(handling.system, NULL, &port, NULL));
  handling.other = sabir_port_pid(port);
  probe_init(&actor);
  pid = probe_spawn(handling.system, &actor, NULL);
  begin_inside(handling.system, pid, write_and_forward, &handling);
  REQUIRE_OK(sabir_port_receive(port, PATIENCE_NS, &message));
  CHECK_NUMBER(*(const unsigned char *)sabir_message_data(message), 0x5a);
  sabir_message_destroy(&message);
  sabir_port_destroy(&port);
  end_system(&handling.system);
  probe_end(&actor);
}

static void messages_outlive_systems(void) {
  sabir_system *system = make_system(1);
  probe actor;
  sabir_pid pid;
  wrapped memory = {0, "outlives"};
  sabir_message *message = wrap_message(PROBE_KEEP, &memory);
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  REQUIRE_OK(sabir_send(system, pid, &message));
  take(&actor.entered);
  end_system(&system);
  CHECK(memcmp(sabir_message_data(actor.kept), "outlives", 8) == 0);
  CHECK_NUMBER(counted(&memory.releases), 0);
  system = make_system(1);
  {
    /* And live on in another one. */
    probe other;
    sabir_pid other_pid;
    probe_init(&other);
    other_pid = probe_spawn(system, &other, NULL);
    REQUIRE_OK(sabir_send(system, other_pid, &actor.kept));
    take(&other.entered);
    end_system(&system);
    probe_end(&other);
  }
  CHECK_NUMBER(counted(&memory.releases), 1);
  probe_end(&actor);
}

static void *destroy_elsewhere(void *argument) {
  sabir_message *message = (sabir_message *)argument;
  sabir_message_destroy(&message);
  return NULL;
}

static void a_message_may_be_destroyed_on_another_thread(void) {
  wrapped memory = {0, "elsewhere"};
  int round;
  join_thread(start_thread(destroy_elsewhere, wrap_message(1, &memory)));
  CHECK_NUMBER(counted(&memory.releases), 1);
  for (round = 0; round < 50; ++round) join_thread(start_thread(destroy_elsewhere, make_message(1, "abc", 3)));
}

/* Release runs once wherever a message ends: the send that fails is above; these are queued, failed, killed and left over. */
static void a_release_function_runs_once_on_every_path(void) {
  enum { HANDLED, UNHANDLED, CRASHED, STOPPED, KILLED, SHUT_DOWN, PATHS };
  int path;
  for (path = 0; path < PATHS; ++path) {
    static const sabir_type types[PATHS] = {PROBE_COUNT, PROBE_UNHANDLED, PROBE_CRASH, PROBE_COUNT, PROBE_COUNT, PROBE_COUNT};
    sabir_system *system = make_system(1);
    wrapped memory = {0, "once"};
    sabir_message *message = wrap_message(types[path], &memory);
    probe actor;
    sabir_pid pid;
    probe_init(&actor);
    pid = probe_spawn(system, &actor, NULL);
    if (path >= STOPPED) {
      CHECK_OK(sabir_send_bytes(system, pid, PROBE_BLOCK, NULL, 0));
      take(&actor.entered);
    }
    REQUIRE_OK(sabir_send(system, pid, &message));
    if (path == STOPPED) CHECK_OK(sabir_actor_stop(system, pid));
    if (path == KILLED) CHECK_OK(sabir_actor_kill(system, pid));
    if (path == SHUT_DOWN) CHECK_OK(sabir_system_shutdown_begin(system, PATIENCE_NS, NULL, 0));
    if (path >= STOPPED) {
      CHECK_NUMBER(counted(&memory.releases), 0);
      sem_post(&actor.gate);
    }
    CHECK(reached(&memory.releases, 1));
    end_system(&system);
    CHECK_NUMBER(counted(&memory.releases), 1);
    probe_end(&actor);
  }
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(a_type_is_the_fnv_1a_hash_of_its_name),
      TEST(payloads_are_aligned_and_writable),
      TEST(a_new_message_comes_from_nobody),
      TEST(accessors_take_null),
      TEST(missing_arguments_are_invalid),
      TEST(absurd_sizes_are_out_of_memory),
      TEST(an_absurd_send_is_refused),
      TEST(wrap_does_not_copy),
      TEST(wrap_checks_its_arguments),
      TEST(send_checks_its_arguments),
      TEST(an_accepted_message_is_moved_and_released_once),
      TEST(a_refused_message_stays_the_callers),
      TEST(the_size_limit_is_checked_at_send),
      TEST(a_thread_is_nobody_as_a_sender),
      TEST(messages_arrive_in_the_order_they_were_sent),
      TEST(a_handler_may_forward_its_message_without_a_copy),
      TEST(a_forward_that_fails_leaves_the_message),
      TEST(a_kept_message_belongs_to_who_kept_it),
      TEST(a_message_in_its_handler_is_borrowed_to_others),
      TEST(a_handler_that_destroys_its_message_destroys_nothing_twice),
      TEST(a_handler_may_write_its_message),
      TEST(messages_outlive_systems),
      TEST(a_message_may_be_destroyed_on_another_thread),
      TEST(a_release_function_runs_once_on_every_path),
  };
  return RUN_TESTS(tests, argc, argv);
}
