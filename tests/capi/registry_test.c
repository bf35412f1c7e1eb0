/* registry.h: unique names, who has them, and when they are free again.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "supervision_support.h"

static sabir_port *open_port(sabir_system *system) {
  sabir_port *port = NULL;
  REQUIRE_OK(sabir_port_create(system, NULL, &port, NULL));
  return port;
}

static void expect_owner(sabir_system *system, const char *name, sabir_pid pid) {
  sabir_pid found = 1;
  CHECK_OK(sabir_whereis(system, name, &found));
  CHECK_NUMBER(found, pid);
}

static void expect_nobody(sabir_system *system, const char *name) {
  sabir_pid found = 1;
  CHECK_STATUS(sabir_whereis(system, name, &found), SABIR_E_NO_NAME);
  CHECK_NUMBER(found, 0);
}

static void a_name_has_one_owner(void) {
  sabir_system *system = make_system(1);
  sabir_port *first = open_port(system), *second = open_port(system);
  const sabir_pid pid = sabir_port_pid(first), other = sabir_port_pid(second);
  expect_nobody(system, "desk");
  CHECK_OK(sabir_register(system, "desk", pid));
  expect_owner(system, "desk", pid);
  CHECK_STATUS(sabir_register(system, "desk", other), SABIR_E_DUPLICATE);
  expect_owner(system, "desk", pid);
  CHECK_OK(sabir_register(system, "desk", pid)); /* as an actor does at a restart */
  CHECK_OK(sabir_register(system, "counter", pid)); /* several names for one pid */
  CHECK_OK(sabir_register(system, "Desk", other)); /* byte by byte */
  expect_owner(system, "counter", pid);
  expect_owner(system, "Desk", other);
  sabir_port_destroy(&first);
  sabir_port_destroy(&second);
  end_system(&system);
}

static void a_name_is_taken_back(void) {
  sabir_system *system = make_system(1);
  sabir_port *first = open_port(system), *second = open_port(system);
  CHECK_STATUS(sabir_unregister(system, "desk", 0), SABIR_E_NO_NAME);
  CHECK_OK(sabir_register(system, "desk", sabir_port_pid(first)));
  CHECK_STATUS(sabir_unregister(system, "desk", sabir_port_pid(second)), SABIR_E_NO_NAME); /* another's */
  expect_owner(system, "desk", sabir_port_pid(first));
  CHECK_OK(sabir_unregister(system, "desk", sabir_port_pid(first)));
  expect_nobody(system, "desk");
  CHECK_OK(sabir_register(system, "desk", sabir_port_pid(second)));
  CHECK_OK(sabir_unregister(system, "desk", 0));
  expect_nobody(system, "desk");
  sabir_port_destroy(&first);
  sabir_port_destroy(&second);
  end_system(&system);
}

static void an_end_frees_the_name(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = open_port(system);
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_OK(sabir_register(system, "desk", pid));
  CHECK_OK(sabir_send_named_bytes(system, "desk", PROBE_CRASH, NULL, 0));
  CHECK(becomes_dead(system, pid));
  CHECK_OK(sabir_register(system, "desk", sabir_port_pid(port))); /* free without a look in between */
  expect_owner(system, "desk", sabir_port_pid(port));
  sabir_port_destroy(&port); /* a closed port is gone at once, too */
  expect_nobody(system, "desk");
  CHECK_STATUS(sabir_unregister(system, "desk", 0), SABIR_E_NO_NAME);
  CHECK_STATUS(sabir_send_named_bytes(system, "desk", PROBE_COUNT, NULL, 0), SABIR_E_NO_NAME);
  probe_wait_dropped(&actor);
  end_system(&system);
  probe_end(&actor);
}

static void a_restart_keeps_the_name(void) {
  sabir_system *system = make_system(2);
  sabir_behavior *behavior = probe_behavior();
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_pid pid = 0;
  sabir_message *reply = NULL;
  probe actor;
  probe_init(&actor);
  spawn.argument = (uintptr_t)&actor;
  spawn.drop = probe_drop;
  spec.spawn = &spawn;
  REQUIRE_OK(sabir_supervise(system, 0, "child", behavior, &spec, &pid, NULL));
  CHECK_OK(sabir_register(system, "desk", pid));
  CHECK_OK(sabir_send_named_bytes(system, "desk", PROBE_CRASH, NULL, 0));
  CHECK(reached(&actor.starts, 2));
  expect_owner(system, "desk", pid);
  CHECK_OK(sabir_ask_bytes(system, pid, PROBE_ECHO, "abc", 3, PATIENCE_NS, &reply));
  sabir_message_destroy(&reply);
  CHECK_OK(sabir_child_do(system, 0, SABIR_CHILD_STOP, "child", 0, NULL));
  CHECK(becomes_dead(system, pid));
  expect_nobody(system, "desk");
  sabir_behavior_destroy(&behavior);
  end_system(&system);
  probe_end(&actor);
}

static sabir_status send_to_desk(sabir_context *context, sabir_message **message, void *argument) {
  sabir_message *own = make_message(7, "abc", 3);
  (void)message, (void)argument;
  CHECK_STATUS(sabir_context_send_named(context, "nobody", &own), SABIR_E_NO_NAME);
  CHECK(own != NULL);
  CHECK_STATUS(sabir_context_send_named(context, "", &own), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_send_named(context, "desk", NULL), SABIR_E_INVALID);
  CHECK_OK(sabir_context_send_named(context, "desk", &own));
  CHECK(own == NULL);
  CHECK_OK(sabir_context_send_named_bytes(context, "desk", 8, "abcd", 4));
  CHECK_STATUS(sabir_context_send_named_bytes(context, "desk", 8, NULL, 4), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_send_named_bytes(context, "nobody", 8, "abcd", 4), SABIR_E_NO_NAME);
  return SABIR_OK;
}

static void expect_message(sabir_port *port, sabir_type type, size_t size, sabir_pid sender) {
  sabir_message *message = NULL;
  REQUIRE_OK(sabir_port_receive(port, PATIENCE_NS, &message));
  CHECK_NUMBER(sabir_message_type(message), type);
  CHECK_NUMBER(sabir_message_size(message), size);
  CHECK_NUMBER(sabir_message_sender(message), sender);
  sabir_message_destroy(&message);
}

static void messages_go_to_the_owner(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = open_port(system);
  sabir_message *message = make_message(5, "ab", 2);
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_STATUS(sabir_send_named(system, "desk", &message), SABIR_E_NO_NAME);
  CHECK(message != NULL);
  CHECK_OK(sabir_register(system, "desk", sabir_port_pid(port)));
  CHECK_OK(sabir_send_named(system, "desk", &message));
  CHECK(message == NULL);
  CHECK_OK(sabir_send_named_bytes(system, "desk", 6, "abc", 3));
  expect_message(port, 5, 2, 0);
  expect_message(port, 6, 3, 0);
  run_inside(system, pid, send_to_desk, NULL);
  expect_message(port, 7, 3, pid);
  expect_message(port, 8, 4, pid);
  sabir_port_destroy(&port);
  end_system(&system);
  probe_end(&actor);
}

static void a_drained_owner_keeps_its_name(void) {
  sabir_system *system = make_system(1);
  sabir_pid pid;
  probe actor;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_OK(sabir_register(system, "desk", pid));
  CHECK_OK(sabir_send_named_bytes(system, "desk", PROBE_BLOCK, NULL, 0));
  take(&actor.entered);
  CHECK_OK(sabir_actor_drain(system, pid));
  expect_owner(system, "desk", pid);
  CHECK_STATUS(sabir_send_named_bytes(system, "desk", PROBE_COUNT, NULL, 0), SABIR_E_DEAD);
  sem_post(&actor.gate);
  CHECK(becomes_dead(system, pid));
  expect_nobody(system, "desk");
  probe_wait_dropped(&actor);
  end_system(&system);
  probe_end(&actor);
}

static void bad_names_are_refused(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = open_port(system);
  const sabir_pid pid = sabir_port_pid(port);
  char longest[SABIR_NAME_SIZE_MAX + 2];
  const char *bad[4];
  size_t index;
  sabir_pid found;
  sabir_message *message = make_message(1, NULL, 0);
  memset(longest, 'x', sizeof longest);
  longest[SABIR_NAME_SIZE_MAX] = 0;
  CHECK_OK(sabir_register(system, longest, pid));
  expect_owner(system, longest, pid);
  CHECK_OK(sabir_register(system, "k\xc3\xb6nig", pid));
  longest[SABIR_NAME_SIZE_MAX] = 'x';
  longest[SABIR_NAME_SIZE_MAX + 1] = 0;
  bad[0] = NULL;
  bad[1] = "";
  bad[2] = longest;
  bad[3] = "not UTF-8: \xff";
  for (index = 0; index < 4; ++index) {
    found = 1;
    CHECK_STATUS(sabir_register(system, bad[index], pid), SABIR_E_INVALID);
    CHECK_STATUS(sabir_unregister(system, bad[index], 0), SABIR_E_INVALID);
    CHECK_STATUS(sabir_whereis(system, bad[index], &found), SABIR_E_INVALID);
    CHECK_NUMBER(found, 0);
    CHECK_STATUS(sabir_send_named(system, bad[index], &message), SABIR_E_INVALID);
    CHECK_STATUS(sabir_send_named_bytes(system, bad[index], 1, NULL, 0), SABIR_E_INVALID);
    CHECK(message != NULL);
  }
  CHECK_STATUS(sabir_whereis(system, "desk", NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_send_named(system, "desk", NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_send_named_bytes(system, "desk", 1, NULL, 1), SABIR_E_INVALID);
  sabir_message_destroy(&message);
  sabir_port_destroy(&port);
  end_system(&system);
}

static void bad_pids_are_refused(void) {
  sabir_system *system = make_system(1), *other = make_system(1);
  sabir_port *port = open_port(system), *foreign = open_port(other);
  const sabir_pid dead = sabir_port_pid(port);
  CHECK_STATUS(sabir_register(system, "desk", 0), SABIR_E_NO_ACTOR);
  CHECK_STATUS(sabir_register(system, "desk", dead + 1), SABIR_E_NO_ACTOR);
  CHECK_STATUS(sabir_register(system, "desk", sabir_port_pid(foreign)), SABIR_E_FOREIGN);
  sabir_port_destroy(&port);
  CHECK_STATUS(sabir_register(system, "desk", dead), SABIR_E_DEAD);
  expect_nobody(system, "desk");
  sabir_port_destroy(&foreign);
  end_system(&other);
  end_system(&system);
}

static void a_shutdown_ends_it(void) {
  sabir_system *system = make_system(1);
  sabir_pid pid;
  probe actor;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_OK(sabir_register(system, "desk", pid));
  CHECK_OK(sabir_system_shutdown(system, PATIENCE_NS, NULL));
  expect_nobody(system, "desk");
  CHECK_STATUS(sabir_register(system, "desk", pid), SABIR_E_CLOSED);
  CHECK_STATUS(sabir_unregister(system, "desk", 0), SABIR_E_NO_NAME);
  end_system(&system);
  probe_end(&actor);
}

/* --- several threads --- */

enum { NAMES = 8, THREADS = 4, ROUNDS = TEST_SANITIZED ? 500 : 3000 };
static const char *const names[NAMES] = {"a", "b", "c", "d", "e", "f", "g", "h"};

struct contender {
  sabir_system *system;
  uint64_t *sent;
  unsigned seed;
};

/* Opens ports, names them, sends by name, and closes them: at each moment a name has one live owner at most. */
static void *contend(void *argument) {
  const struct contender *self = (const struct contender *)argument;
  unsigned random = self->seed;
  int round;
  for (round = 0; round < ROUNDS; ++round) {
    sabir_port *port = open_port(self->system);
    const sabir_pid pid = sabir_port_pid(port);
    sabir_pid found = 0;
    const char *name;
    sabir_status status;
    random = random * 1103515245u + 12345u;
    name = names[random / 65536 % NAMES];
    status = sabir_register(self->system, name, pid);
    if (status == SABIR_OK) {
      CHECK_OK(sabir_whereis(self->system, name, &found));
      CHECK_NUMBER(found, pid); /* nobody takes it from who lives */
    } else {
      CHECK_STATUS(status, SABIR_E_DUPLICATE);
    }
    status = sabir_send_named_bytes(self->system, names[random / 1024 % NAMES], 1, NULL, 0);
    if (status == SABIR_OK) count(self->sent);
    CHECK(status == SABIR_OK || status == SABIR_E_NO_NAME || status == SABIR_E_DEAD);
    if (random & 64) SABIR_IGNORE(sabir_unregister(self->system, name, pid));
    sabir_port_destroy(&port);
  }
  return NULL;
}

static void threads_contend_for_names(void) {
  sabir_system *system = make_system(1);
  struct contender contenders[THREADS];
  pthread_t threads[THREADS];
  uint64_t sent = 0;
  int index;
  for (index = 0; index < THREADS; ++index) {
    contenders[index].system = system;
    contenders[index].sent = &sent;
    contenders[index].seed = (unsigned)index;
    threads[index] = start_thread(contend, &contenders[index]);
  }
  for (index = 0; index < THREADS; ++index) join_thread(threads[index]);
  for (index = 0; index < NAMES; ++index) expect_nobody(system, names[index]);
  CHECK_OK(sabir_system_shutdown(system, PATIENCE_NS, NULL));
  CHECK_NUMBER(counters_of(system).sent, counted(&sent));
  end_system(&system);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(a_name_has_one_owner),     TEST(a_name_is_taken_back),           TEST(an_end_frees_the_name), TEST(a_restart_keeps_the_name),
      TEST(messages_go_to_the_owner), TEST(a_drained_owner_keeps_its_name), TEST(bad_names_are_refused), TEST(bad_pids_are_refused),
      TEST(a_shutdown_ends_it),       TEST(threads_contend_for_names),
  };
  return RUN_TESTS(tests, argc, argv);
}
