/* group.h: named sets of actors and ports, and messages to all in one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

enum { SOME = 5 };

static sabir_port *open_port(sabir_system *system, uint32_t capacity) {
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_port *port = NULL;
  mailbox.capacity = capacity;
  REQUIRE_OK(sabir_port_create(system, &mailbox, &port, NULL));
  return port;
}

static size_t members(sabir_system *system, const char *group) {
  size_t count = 77;
  CHECK_OK(sabir_group_members(system, group, NULL, 0, &count));
  return count;
}

static bool is_member(sabir_system *system, const char *group, sabir_pid pid) {
  sabir_pid pids[16];
  size_t count = 0, index;
  CHECK_OK(sabir_group_members(system, group, pids, 16, &count));
  REQUIRE(count <= 16);
  for (index = 0; index < count; ++index)
    if (pids[index] == pid) return true;
  return false;
}

static void expect(sabir_port *port, sabir_type type, const char *text, sabir_pid sender) {
  sabir_message *message = NULL;
  REQUIRE_OK(sabir_port_receive(port, PATIENCE_NS, &message));
  CHECK_NUMBER(sabir_message_type(message), type);
  CHECK_NUMBER(sabir_message_sender(message), sender);
  CHECK(sabir_message_size(message) == strlen(text) && memcmp(sabir_message_data(message), text, strlen(text)) == 0);
  sabir_message_destroy(&message);
}

static void expect_nothing(sabir_port *port) {
  sabir_message *message = NULL;
  CHECK_STATUS(sabir_port_receive(port, 0, &message), SABIR_E_TIMEOUT);
  sabir_message_destroy(&message);
}

/* A system with a few ports that are members of "all". */
struct scene {
  sabir_system *system;
  sabir_port *ports[SOME];
  sabir_pid pids[SOME];
};

static void open_scene(struct scene *scene, uint32_t capacity) {
  int index;
  scene->system = make_system(1);
  for (index = 0; index < SOME; ++index) {
    scene->ports[index] = open_port(scene->system, capacity);
    scene->pids[index] = sabir_port_pid(scene->ports[index]);
    CHECK_OK(sabir_group_join(scene->system, "all", scene->pids[index]));
  }
}

static void close_scene(struct scene *scene) {
  int index;
  for (index = 0; index < SOME; ++index) sabir_port_destroy(&scene->ports[index]);
  end_system(&scene->system);
}

static void members_come_and_go(void) {
  struct scene scene;
  sabir_pid two[2] = {0, 0};
  size_t count = 0;
  open_scene(&scene, 0);
  CHECK_NUMBER(members(scene.system, "nobody"), 0);
  CHECK_NUMBER(members(scene.system, "all"), SOME);
  CHECK_STATUS(sabir_group_join(scene.system, "all", scene.pids[0]), SABIR_E_DUPLICATE);
  CHECK_NUMBER(members(scene.system, "all"), SOME);
  CHECK_OK(sabir_group_join(scene.system, "some", scene.pids[0]));
  CHECK_OK(sabir_group_leave(scene.system, "all", scene.pids[0]));
  CHECK(!is_member(scene.system, "all", scene.pids[0]));
  CHECK(is_member(scene.system, "some", scene.pids[0]));
  CHECK_STATUS(sabir_group_leave(scene.system, "all", scene.pids[0]), SABIR_E_NO_MEMBER);
  CHECK_STATUS(sabir_group_leave(scene.system, "nobody", scene.pids[0]), SABIR_E_NO_MEMBER);
  CHECK_OK(sabir_group_join(scene.system, "all", scene.pids[0]));
  CHECK_OK(sabir_group_members(scene.system, "all", two, 2, &count));
  CHECK_NUMBER(count, SOME);
  CHECK(two[0] != 0 && two[1] != 0 && two[0] != two[1]);
  CHECK_OK(sabir_group_leave(scene.system, "some", scene.pids[0]));
  CHECK_NUMBER(members(scene.system, "some"), 0);
  close_scene(&scene);
}

static void the_dead_are_no_members(void) {
  struct scene scene;
  probe actor;
  sabir_pid pid;
  open_scene(&scene, 0);
  probe_init(&actor);
  pid = probe_spawn(scene.system, &actor, NULL);
  CHECK_OK(sabir_group_join(scene.system, "all", pid));
  CHECK_OK(sabir_actor_kill(scene.system, pid));
  CHECK(becomes_dead(scene.system, pid));
  CHECK_NUMBER(members(scene.system, "all"), SOME);
  CHECK_STATUS(sabir_group_leave(scene.system, "all", pid), SABIR_E_NO_MEMBER);
  CHECK_STATUS(sabir_group_join(scene.system, "all", pid), SABIR_E_DEAD);
  sabir_port_destroy(&scene.ports[2]);
  CHECK_NUMBER(members(scene.system, "all"), SOME - 1);
  CHECK(!is_member(scene.system, "all", scene.pids[2]));
  close_scene(&scene);
  probe_end(&actor);
}

static void a_message_reaches_all_without_a_copy(void) {
  struct scene scene;
  wrapped memory = {0, "to all of you"};
  sabir_message *message = wrap_message(9, &memory), *got[SOME];
  size_t received = 77;
  int index;
  open_scene(&scene, 0);
  CHECK_STATUS(sabir_group_send(scene.system, "nobody", &message, &received), SABIR_E_NO_MEMBER);
  CHECK_NUMBER(received, 0);
  CHECK(message != NULL);
  CHECK_OK(sabir_group_send(scene.system, "all", &message, &received));
  CHECK_NUMBER(received, SOME);
  CHECK(message == NULL);
  for (index = 0; index < SOME; ++index) {
    REQUIRE_OK(sabir_port_receive(scene.ports[index], PATIENCE_NS, &got[index]));
    CHECK(sabir_message_data(got[index]) == memory.bytes);
    CHECK(sabir_message_data_mut(got[index]) == NULL);
  }
  for (index = 0; index < SOME; ++index) {
    CHECK_NUMBER(counted(&memory.releases), 0);
    sabir_message_destroy(&got[index]);
  }
  CHECK_NUMBER(counted(&memory.releases), 1);
  CHECK_OK(sabir_group_send_bytes(scene.system, "all", 3, "abc", 3, NULL));
  for (index = 0; index < SOME; ++index) expect(scene.ports[index], 3, "abc", 0);
  close_scene(&scene);
}

static void what_some_refuse_is_a_dead_letter(void) {
  struct scene scene;
  sabir_message *message = make_message(4, "x", 1);
  size_t received = 77;
  int index;
  open_scene(&scene, 1);
  for (index = 0; index < SOME - 1; ++index) CHECK_OK(sabir_send_bytes(scene.system, scene.pids[index], 1, "full", 4));
  CHECK_OK(sabir_group_send(scene.system, "all", &message, &received));
  CHECK_NUMBER(received, 1);
  CHECK(dead_letters_reach(scene.system, SABIR_CAUSE_OVERFLOW, SOME - 1));
  for (index = 0; index < SOME - 1; ++index) {
    expect(scene.ports[index], 1, "full", 0);
    expect_nothing(scene.ports[index]);
  }
  expect(scene.ports[SOME - 1], 4, "x", 0);
  close_scene(&scene);
}

static void what_all_refuse_stays_the_senders(void) {
  struct scene scene;
  wrapped memory = {0, ""};
  sabir_message *message = wrap_message(4, &memory);
  size_t received = 77;
  int index;
  open_scene(&scene, 1);
  for (index = 0; index < SOME; ++index) CHECK_OK(sabir_send_bytes(scene.system, scene.pids[index], 1, "full", 4));
  CHECK_STATUS(sabir_group_send(scene.system, "all", &message, &received), SABIR_E_MAILBOX_FULL);
  CHECK_NUMBER(received, 0);
  REQUIRE(message != NULL);
  CHECK_NUMBER(sabir_message_size(message), sizeof memory.bytes);
  CHECK_STATUS(sabir_group_send_bytes(scene.system, "all", 1, "y", 1, &received), SABIR_E_MAILBOX_FULL);
  for (index = 0; index < SOME; ++index) expect(scene.ports[index], 1, "full", 0);
  CHECK_OK(sabir_group_send(scene.system, "all", &message, &received)); /* once more */
  CHECK_NUMBER(received, SOME);
  close_scene(&scene);
  CHECK_NUMBER(counted(&memory.releases), 1);
}

static sabir_status send_to_all(sabir_context *context, sabir_message **message, void *argument) {
  sabir_message *own = make_message(5, "hello", 5);
  size_t received = 0;
  CHECK_STATUS(sabir_context_group_send(context, "nobody", &own, &received), SABIR_E_NO_MEMBER);
  CHECK_STATUS(sabir_context_group_send(context, NULL, &own, &received), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_group_send(context, "all", NULL, &received), SABIR_E_INVALID);
  CHECK_OK(sabir_context_group_send(context, "all", &own, &received));
  CHECK_NUMBER(received, SOME);
  CHECK_OK(sabir_context_group_send_bytes(context, "all", 6, "world", 5, &received));
  CHECK_NUMBER(received, SOME);
  /* The very message that is being handled. */
  CHECK_OK(sabir_context_group_send(context, "all", message, &received));
  CHECK_NUMBER(received, SOME);
  CHECK(*message == NULL);
  (void)argument;
  return SABIR_OK;
}

static sabir_status send_in_vain(sabir_context *context, sabir_message **message, void *argument) {
  (void)argument;
  CHECK_STATUS(sabir_context_group_send(context, "all", message, NULL), SABIR_E_MAILBOX_FULL);
  CHECK(*message != NULL);
  return SABIR_OK;
}

static void a_handler_sends_as_itself(void) {
  struct scene scene;
  probe actor;
  sabir_pid pid;
  sabir_message *message = NULL;
  int index;
  open_scene(&scene, 3);
  probe_init(&actor);
  pid = probe_spawn(scene.system, &actor, NULL);
  run_inside(scene.system, pid, send_to_all, NULL);
  run_inside(scene.system, pid, send_in_vain, NULL);
  for (index = 0; index < SOME; ++index) {
    expect(scene.ports[index], 5, "hello", pid);
    expect(scene.ports[index], 6, "world", pid);
    REQUIRE_OK(sabir_port_receive(scene.ports[index], PATIENCE_NS, &message));
    CHECK_NUMBER(sabir_message_type(message), PROBE_CALL);
    sabir_message_destroy(&message);
    expect_nothing(scene.ports[index]);
  }
  close_scene(&scene);
  probe_end(&actor);
}

static void an_ask_is_answered_once(void) {
  sabir_system *system = make_system(1);
  probe actors[3];
  sabir_message *reply = NULL, *question = NULL;
  sabir_port *port = open_port(system, 0);
  sabir_ref ref = 0;
  int index;
  for (index = 0; index < 3; ++index) {
    probe_init(&actors[index]);
    CHECK_OK(sabir_group_join(system, "echo", probe_spawn(system, &actors[index], NULL)));
  }
  /* A port is asked, and hands its question on. */
  question = make_message(PROBE_ECHO, "?", 1);
  {
    sabir_port *asked = open_port(system, 0);
    sabir_message *kept = NULL;
    size_t received = 0;
    CHECK_OK(sabir_port_ask(port, sabir_port_pid(asked), &question, PATIENCE_NS, &ref));
    REQUIRE_OK(sabir_port_receive(asked, PATIENCE_NS, &kept));
    CHECK_OK(sabir_group_send(system, "echo", &kept, &received));
    CHECK_NUMBER(received, 3);
    sabir_port_destroy(&asked);
  }
  REQUIRE_OK(sabir_port_receive(port, PATIENCE_NS, &reply));
  CHECK_NUMBER(sabir_message_kind(reply), SABIR_KIND_REPLY);
  CHECK_NUMBER(sabir_message_ref(reply), ref);
  sabir_message_destroy(&reply);
  for (index = 0; index < 3; ++index) CHECK(reached(&actors[index].received, 1));
  expect_nothing(port);
  sabir_port_destroy(&port);
  end_system(&system);
  for (index = 0; index < 3; ++index) probe_end(&actors[index]);
}

static void bad_arguments_are_refused(void) {
  struct scene scene;
  sabir_system *other = make_system(1);
  sabir_port *foreign = open_port(other, 0);
  sabir_message *message = make_message(1, NULL, 0), *request = NULL;
  char too_long[SABIR_NAME_SIZE_MAX + 2];
  const char *bad[4];
  size_t index, count = 77;
  memset(too_long, 'x', sizeof too_long);
  too_long[SABIR_NAME_SIZE_MAX + 1] = 0;
  bad[0] = NULL;
  bad[1] = "";
  bad[2] = too_long;
  bad[3] = "\xc0\x80";
  open_scene(&scene, 0);
  for (index = 0; index < 4; ++index) {
    CHECK_STATUS(sabir_group_join(scene.system, bad[index], scene.pids[0]), SABIR_E_INVALID);
    CHECK_STATUS(sabir_group_leave(scene.system, bad[index], scene.pids[0]), SABIR_E_INVALID);
    CHECK_STATUS(sabir_group_members(scene.system, bad[index], NULL, 0, &count), SABIR_E_INVALID);
    CHECK_NUMBER(count, 0);
    CHECK_STATUS(sabir_group_send(scene.system, bad[index], &message, NULL), SABIR_E_INVALID);
    CHECK_STATUS(sabir_group_send_bytes(scene.system, bad[index], 1, NULL, 0, NULL), SABIR_E_INVALID);
  }
  CHECK(message != NULL);
  CHECK_STATUS(sabir_group_members(scene.system, "all", NULL, 1, &count), SABIR_E_INVALID);
  CHECK_STATUS(sabir_group_members(scene.system, "all", NULL, 0, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_group_send(scene.system, "all", NULL, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_group_send_bytes(scene.system, "all", 1, NULL, 1, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_group_join(scene.system, "all", 0), SABIR_E_NO_ACTOR);
  CHECK_STATUS(sabir_group_join(scene.system, "all", scene.pids[0] + 1), SABIR_E_NO_ACTOR);
  CHECK_STATUS(sabir_group_join(scene.system, "all", sabir_port_pid(foreign)), SABIR_E_FOREIGN);
  CHECK_STATUS(sabir_group_join(scene.system, "none", sabir_port_pid(foreign)), SABIR_E_FOREIGN);
  REQUIRE_OK(sabir_request_children(&request));
  CHECK_STATUS(sabir_group_send(scene.system, "all", &request, NULL), SABIR_E_INVALID);
  CHECK(request != NULL);
  sabir_message_destroy(&request);
  sabir_message_destroy(&message);
  sabir_port_destroy(&foreign);
  end_system(&other);
  close_scene(&scene);
}

static void a_shutdown_ends_them(void) {
  struct scene scene;
  sabir_message *message = make_message(1, NULL, 0);
  size_t received = 77;
  open_scene(&scene, 0);
  CHECK_OK(sabir_system_shutdown(scene.system, PATIENCE_NS, NULL));
  CHECK_NUMBER(members(scene.system, "all"), 0);
  CHECK_STATUS(sabir_group_join(scene.system, "all", scene.pids[0]), SABIR_E_CLOSED);
  CHECK_STATUS(sabir_group_send(scene.system, "all", &message, &received), SABIR_E_NO_MEMBER);
  sabir_message_destroy(&message);
  close_scene(&scene);
}

/* --- several threads --- */

enum { THREADS = 4, ROUNDS = TEST_SANITIZED ? 300 : 2000 };

struct crowd {
  sabir_system *system;
  uint64_t received, read;
};

/* Joins, sends to all who are there, reads what has come, and goes. */
static void *come_and_go(void *argument) {
  struct crowd *crowd = (struct crowd *)argument;
  int round;
  for (round = 0; round < ROUNDS; ++round) {
    sabir_port *port = open_port(crowd->system, 0);
    sabir_message *message = NULL;
    size_t received = 0;
    const int sends = round % 3;
    int index;
    CHECK_OK(sabir_group_join(crowd->system, "crowd", sabir_port_pid(port)));
    for (index = 0; index < sends; ++index) {
      CHECK_OK(sabir_group_send_bytes(crowd->system, "crowd", 1, "abcdefgh", 8, &received));
      CHECK(received >= 1);
      __atomic_add_fetch(&crowd->received, received, __ATOMIC_RELAXED);
    }
    while (sabir_port_receive(port, 0, &message) == SABIR_OK) {
      CHECK_NUMBER(sabir_message_size(message), 8);
      count(&crowd->read);
      sabir_message_destroy(&message);
    }
    if (round % 2 == 0) CHECK_OK(sabir_group_leave(crowd->system, "crowd", sabir_port_pid(port)));
    sabir_port_destroy(&port);
  }
  return NULL;
}

static void threads_come_and_go(void) {
  struct crowd crowd;
  pthread_t threads[THREADS];
  sabir_counters counters;
  int index;
  crowd.system = make_system(1);
  crowd.received = crowd.read = 0;
  for (index = 0; index < THREADS; ++index) threads[index] = start_thread(come_and_go, &crowd);
  for (index = 0; index < THREADS; ++index) join_thread(threads[index]);
  CHECK_NUMBER(members(crowd.system, "crowd"), 0);
  CHECK_OK(sabir_system_shutdown(crowd.system, PATIENCE_NS, NULL));
  counters = counters_of(crowd.system);
  CHECK_NUMBER(counters.handled, counted(&crowd.read));
  CHECK(counters.sent >= counted(&crowd.received)); /* refused copies were sent, and not received */
  end_system(&crowd.system);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(members_come_and_go),
      TEST(the_dead_are_no_members),
      TEST(a_message_reaches_all_without_a_copy),
      TEST(what_some_refuse_is_a_dead_letter),
      TEST(what_all_refuse_stays_the_senders),
      TEST(a_handler_sends_as_itself),
      TEST(an_ask_is_answered_once),
      TEST(bad_arguments_are_refused),
      TEST(a_shutdown_ends_them),
      TEST(threads_come_and_go),
  };
  return RUN_TESTS(tests, argc, argv);
}
