/* monitor.h: monitors of ports and by ports, and what comes of a race between a monitor and the end of its target.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "watcher.h"

struct scene {
  sabir_system *system;
  sabir_port *port;
  probe target;
  sabir_pid pid;
};

static void open_scene(struct scene *scene, const sabir_mailbox_options *mailbox) {
  scene->system = make_supervising_system();
  scene->port = open_port(scene->system, mailbox);
  probe_init(&scene->target);
  scene->pid = probe_spawn(scene->system, &scene->target, NULL);
  settle(scene->system, scene->pid);
}

static void close_scene(struct scene *scene) {
  sabir_port_destroy(&scene->port);
  end_system(&scene->system);
  probe_end(&scene->target);
}

static sabir_ref monitor(sabir_port *port, sabir_pid pid, uint32_t flags) {
  sabir_ref ref = 0;
  REQUIRE_OK(sabir_port_monitor(port, pid, flags, &ref));
  CHECK(ref != 0);
  return ref;
}

/* Takes the DOWN of this monitor, and gives its reason. */
static int32_t expect_down(sabir_port *port, sabir_pid pid, sabir_ref ref) {
  sabir_message *down = next_message(port, SABIR_KIND_DOWN);
  const int32_t reason = sabir_exit_reason(sabir_message_exit(down));
  CHECK_NUMBER(sabir_message_ref(down), ref);
  CHECK_NUMBER(sabir_message_sender(down), pid);
  CHECK_NUMBER(sabir_message_count(down), 1);
  CHECK_OK(sabir_message_status(down));
  CHECK(sabir_message_exit(down) != NULL);
  CHECK_NUMBER(sabir_exit_pid(sabir_message_exit(down)), pid);
  sabir_message_destroy(&down);
  CHECK_STATUS(sabir_port_demonitor(port, ref), SABIR_E_NO_REF);
  return reason;
}

static void a_port_is_told(void) {
  struct scene scene;
  sabir_message *down;
  sabir_ref ref;
  open_scene(&scene, NULL);
  ref = monitor(scene.port, scene.pid, 0);
  check_nothing_in(scene.port);
  CHECK_OK(sabir_send_bytes(scene.system, scene.pid, PROBE_CRASH, NULL, 0));
  down = next_message(scene.port, SABIR_KIND_DOWN);
  CHECK_NUMBER(sabir_message_ref(down), ref);
  CHECK_NUMBER(sabir_message_sender(down), scene.pid);
  CHECK_STATUS(sabir_actor_status(scene.system, scene.pid), SABIR_E_DEAD);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(sabir_message_exit(down)), SABIR_EXIT_CRASHED);
  CHECK_STATUS(sabir_exit_status(sabir_message_exit(down)), PROBE_CRASH_STATUS);
  CHECK_TEXT(sabir_exit_message(sabir_message_exit(down)), PROBE_CRASH_TEXT);
  CHECK_TEXT(sabir_exit_detail(sabir_message_exit(down)), PROBE_CRASH_DETAIL);
  sabir_message_destroy(&down);
  CHECK_STATUS(sabir_port_demonitor(scene.port, ref), SABIR_E_NO_REF);
  check_nothing_in(scene.port);
  close_scene(&scene);
}

static void a_dead_pid_is_down_at_once(void) {
  struct scene scene;
  sabir_pid pid;
  sabir_ref ref;
  open_scene(&scene, NULL);
  pid = dead_pid(scene.system);
  ref = monitor(scene.port, pid, 0);
  CHECK_NUMBER((uint32_t)expect_down(scene.port, pid, ref), SABIR_EXIT_NO_ACTOR);
  check_nothing_in(scene.port);
  close_scene(&scene);
}

static void a_port_is_watched_as_well(void) {
  struct scene scene;
  sabir_port *watched;
  sabir_pid pid;
  sabir_ref ref;
  open_scene(&scene, NULL);
  watched = open_port(scene.system, NULL);
  pid = sabir_port_pid(watched);
  ref = monitor(scene.port, pid, SABIR_MONITOR_RESTARTS);
  sabir_port_destroy(&watched);
  CHECK(!sabir_exit_is_abnormal(expect_down(scene.port, pid, ref)));
  close_scene(&scene);
}

static void a_port_that_is_gone_is_not_told(void) {
  struct scene scene;
  open_scene(&scene, NULL);
  monitor(scene.port, scene.pid, 0);
  sabir_port_destroy(&scene.port);
  CHECK_OK(sabir_actor_kill(scene.system, scene.pid));
  probe_wait_dropped(&scene.target);
  close_scene(&scene);
}

static void demonitor_ends_it(void) {
  struct scene scene;
  sabir_ref ended, kept;
  open_scene(&scene, NULL);
  ended = monitor(scene.port, scene.pid, 0);
  kept = monitor(scene.port, scene.pid, 0);
  CHECK(ended != kept);
  CHECK_OK(sabir_port_demonitor(scene.port, ended));
  CHECK_STATUS(sabir_port_demonitor(scene.port, ended), SABIR_E_NO_REF);
  CHECK_OK(sabir_actor_kill(scene.system, scene.pid));
  CHECK_NUMBER((uint32_t)expect_down(scene.port, scene.pid, kept), SABIR_EXIT_KILLED);
  check_nothing_in(scene.port);
  close_scene(&scene);
}

/* A dead pid's DOWN is queued when the call returns: it is ended all the same. */
static void demonitor_takes_back_what_is_queued(void) {
  struct scene scene;
  sabir_pid pid;
  sabir_ref queued, behind;
  open_scene(&scene, NULL);
  pid = dead_pid(scene.system);
  queued = monitor(scene.port, pid, 0);
  behind = monitor(scene.port, pid, 0);
  CHECK_OK(sabir_port_demonitor(scene.port, queued));
  CHECK_STATUS(sabir_port_demonitor(scene.port, queued), SABIR_E_NO_REF);
  CHECK_NUMBER((uint32_t)expect_down(scene.port, pid, behind), SABIR_EXIT_NO_ACTOR);
  check_nothing_in(scene.port);
  close_scene(&scene);
}

static void restarts_come_as_one(void) {
  enum { RESTARTS = 5 };
  struct scene scene;
  probe child;
  sabir_pid pid;
  sabir_ref ref;
  uint64_t sum = 0, messages = 0;
  int round;
  open_scene(&scene, NULL);
  probe_init(&child);
  pid = probe_supervise(scene.system, &child, "child", SABIR_PERMANENT);
  ref = monitor(scene.port, pid, SABIR_MONITOR_RESTARTS);
  for (round = 1; round <= RESTARTS; ++round) {
    CHECK_OK(sabir_send_bytes(scene.system, pid, PROBE_CRASH, NULL, 0));
    CHECK(reached(&child.starts, 1 + (uint64_t)round));
  }
  settle(scene.system, pid);
  for (; sum < RESTARTS; ++messages) {
    sabir_message *message = next_message(scene.port, SABIR_KIND_RESTARTED);
    CHECK_NUMBER(sabir_message_ref(message), ref);
    CHECK_NUMBER(sabir_message_sender(message), pid);
    CHECK(sabir_message_exit(message) == NULL);
    sum += sabir_message_count(message);
    sabir_message_destroy(&message);
  }
  CHECK_NUMBER(sum, RESTARTS);
  CHECK(messages <= 2); /* the last may have come when the port was read already */
  child_do(scene.system, SABIR_CHILD_STOP, "child");
  CHECK_NUMBER((uint32_t)expect_down(scene.port, pid, ref), SABIR_EXIT_SHUTDOWN);
  close_scene(&scene);
  probe_end(&child);
}

static void messages_pass_a_full_port(void) {
  enum { MONITORS = 10 };
  struct scene scene;
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_ref refs[MONITORS];
  sabir_message *first;
  size_t index;
  mailbox.capacity = 1;
  open_scene(&scene, &mailbox);
  for (index = 0; index < MONITORS; ++index) refs[index] = monitor(scene.port, scene.pid, 0);
  CHECK_OK(sabir_send_bytes(scene.system, sabir_port_pid(scene.port), NOTE, NULL, 0));
  CHECK_STATUS(sabir_send_bytes(scene.system, sabir_port_pid(scene.port), NOTE, NULL, 0), SABIR_E_MAILBOX_FULL);
  CHECK_OK(sabir_actor_stop(scene.system, scene.pid));
  first = next_message(scene.port, SABIR_KIND_MESSAGE);
  sabir_message_destroy(&first);
  for (index = 0; index < MONITORS; ++index) {
    sabir_message *down = next_message(scene.port, SABIR_KIND_DOWN);
    size_t other;
    for (other = 0; other < MONITORS && refs[other] != sabir_message_ref(down); ++other) continue;
    REQUIRE(other < MONITORS);
    refs[other] = 0;
    sabir_message_destroy(&down);
  }
  check_nothing_in(scene.port);
  close_scene(&scene);
}

static void bad_arguments_are_refused(void) {
  struct scene scene, foreign;
  sabir_ref ref = 1;
  open_scene(&scene, NULL);
  open_scene(&foreign, NULL);
  CHECK_STATUS(sabir_port_monitor(scene.port, sabir_port_pid(scene.port), 0, &ref), SABIR_E_INVALID);
  CHECK_NUMBER(ref, 0);
  ref = 1;
  CHECK_STATUS(sabir_port_monitor(scene.port, scene.pid, 2, &ref), SABIR_E_INVALID);
  CHECK_NUMBER(ref, 0);
  CHECK_STATUS(sabir_port_monitor(scene.port, scene.pid, 0, NULL), SABIR_E_INVALID);
  ref = 1;
  CHECK_STATUS(sabir_port_monitor(scene.port, foreign.pid, 0, &ref), SABIR_E_FOREIGN);
  CHECK_NUMBER(ref, 0);
  CHECK_STATUS(sabir_port_demonitor(scene.port, 0), SABIR_E_NO_REF);
  CHECK_STATUS(sabir_port_demonitor(scene.port, 12345), SABIR_E_NO_REF);
  {
    sabir_port *other = open_port(scene.system, NULL);
    ref = monitor(scene.port, scene.pid, 0);
    CHECK_STATUS(sabir_port_demonitor(other, ref), SABIR_E_NO_REF); /* not its own */
    sabir_port_destroy(&other);
  }
  check_nothing_in(scene.port);
  CHECK_OK(sabir_system_shutdown(scene.system, PATIENCE_NS, NULL));
  ref = 1;
  CHECK_STATUS(sabir_port_monitor(scene.port, scene.pid, 0, &ref), SABIR_E_CLOSED);
  CHECK_NUMBER(ref, 0);
  close_scene(&scene);
  close_scene(&foreign);
}

struct killing {
  sabir_system *system;
  sabir_pid pid;
  pthread_barrier_t *line;
};

static void *kill_it(void *argument) {
  const struct killing *killing = (const struct killing *)argument;
  pthread_barrier_wait(killing->line);
  CHECK_OK(sabir_actor_kill(killing->system, killing->pid));
  return NULL;
}

/* Whoever is first: one DOWN for each monitor, and none for the one that was ended. */
static void one_down_though_it_dies_meanwhile(void) {
  enum { ROUNDS = TEST_SANITIZED ? 200 : 2000 };
  struct scene scene;
  int round;
  open_scene(&scene, NULL);
  for (round = 0; round < ROUNDS; ++round) {
    probe dying;
    pthread_barrier_t line;
    pthread_t thread;
    struct killing killing;
    sabir_ref kept, ended;
    int32_t reason;
    probe_init(&dying);
    pthread_barrier_init(&line, NULL, 2);
    killing.system = scene.system;
    killing.pid = probe_spawn(scene.system, &dying, NULL);
    killing.line = &line;
    thread = start_thread(kill_it, &killing);
    pthread_barrier_wait(&line);
    ended = monitor(scene.port, killing.pid, 0);
    kept = monitor(scene.port, killing.pid, 0);
    CHECK_OK(sabir_port_demonitor(scene.port, ended));
    reason = expect_down(scene.port, killing.pid, kept);
    CHECK(reason == SABIR_EXIT_KILLED || reason == SABIR_EXIT_NO_ACTOR);
    join_thread(thread);
    take(&dying.dropped);
    pthread_barrier_destroy(&line);
    probe_end(&dying);
  }
  check_nothing_in(scene.port);
  close_scene(&scene);
}

static void a_monitor_in_its_last_act_hears_why_it_ends(void) {
  sabir_system *system = make_supervising_system();
  sabir_port *port = open_port(system, NULL);
  struct last_act acts[LAST_PLACES];
  int place;
  for (place = 0; place < LAST_PLACES; ++place) {
    const sabir_pid pid = last_act_begin(system, &acts[place], place);
    const sabir_ref ref = monitor(port, pid, 0);
    check_nothing_in(port);
    sem_post(&acts[place].gate);
    CHECK_NUMBER((uint32_t)expect_down(port, pid, ref), (uint32_t)last_act_reason(place));
  }
  sabir_port_destroy(&port);
  end_system(&system);
  for (place = 0; place < LAST_PLACES; ++place) last_act_end(&acts[place]);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(a_port_is_told),
      TEST(a_dead_pid_is_down_at_once),
      TEST(a_port_is_watched_as_well),
      TEST(a_port_that_is_gone_is_not_told),
      TEST(demonitor_ends_it),
      TEST(demonitor_takes_back_what_is_queued),
      TEST(restarts_come_as_one),
      TEST(messages_pass_a_full_port),
      TEST(bad_arguments_are_refused),
      TEST(one_down_though_it_dies_meanwhile),
      TEST(a_monitor_in_its_last_act_hears_why_it_ends),
  };
  return RUN_TESTS(tests, argc, argv);
}
