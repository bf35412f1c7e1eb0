/* monitor.h: being told, once, when an actor is gone, and when it was restarted.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "watcher.h"

/* A system, an actor that watches, and one that is watched. */
struct scene {
  sabir_system *system;
  watcher watcher;
  probe target;
  sabir_pid watcher_pid, target_pid;
};

static void open_scene(struct scene *scene) {
  scene->system = make_supervising_system();
  watcher_init(&scene->watcher);
  probe_init(&scene->target);
  scene->watcher_pid = watcher_spawn(scene->system, &scene->watcher, NULL);
  scene->target_pid = probe_spawn(scene->system, &scene->target, NULL);
  settle(scene->system, scene->target_pid); /* it has started: it will stop */
}

/* The same with a target that its supervisor restarts. */
static void open_supervised_scene(struct scene *scene, uint32_t restart) {
  scene->system = make_supervising_system();
  watcher_init(&scene->watcher);
  probe_init(&scene->target);
  scene->watcher_pid = watcher_spawn(scene->system, &scene->watcher, NULL);
  scene->target_pid = probe_supervise(scene->system, &scene->target, "target", restart);
}

static void close_scene(struct scene *scene) {
  end_system(&scene->system);
  watcher_end(&scene->watcher);
  probe_end(&scene->target);
}

/* A call of a monitor, to be made inside a handler. */
struct monitoring {
  sabir_pid whom;
  uint32_t flags;
  sabir_ref ref;
  sabir_status status;
};

static sabir_status monitor_inside(sabir_context *context, sabir_message **message, void *argument) {
  struct monitoring *monitoring = (struct monitoring *)argument;
  (void)message;
  monitoring->status = sabir_context_monitor(context, monitoring->whom, monitoring->flags, &monitoring->ref);
  return SABIR_OK;
}

static sabir_status demonitor_inside(sabir_context *context, sabir_message **message, void *argument) {
  struct monitoring *monitoring = (struct monitoring *)argument;
  (void)message;
  monitoring->status = sabir_context_demonitor(context, monitoring->ref);
  return SABIR_OK;
}

static sabir_ref monitor(sabir_system *system, sabir_pid watcher_pid, sabir_pid whom, uint32_t flags) {
  struct monitoring monitoring = {0, 0, 0, 1};
  monitoring.whom = whom;
  monitoring.flags = flags;
  run_inside(system, watcher_pid, monitor_inside, &monitoring);
  REQUIRE_OK(monitoring.status);
  CHECK(monitoring.ref != 0);
  return monitoring.ref;
}

static sabir_status demonitor(sabir_system *system, sabir_pid watcher_pid, sabir_ref ref) {
  struct monitoring monitoring = {0, 0, 0, 1};
  monitoring.ref = ref;
  run_inside(system, watcher_pid, demonitor_inside, &monitoring);
  return monitoring.status;
}

static sabir_ref watch(struct scene *scene, uint32_t flags) { return monitor(scene->system, scene->watcher_pid, scene->target_pid, flags); }

/* The next event must be the DOWN of this monitor, for this reason. */
static const sabir_exit *expect_down(watcher *self, sabir_ref ref, sabir_pid whom, int32_t reason) {
  const struct event *event = next_event(self);
  CHECK_NUMBER((uint32_t)event->kind, SABIR_KIND_DOWN);
  CHECK_NUMBER(event->ref, ref);
  CHECK_NUMBER(event->sender, whom);
  CHECK_NUMBER(event->count, 1);
  CHECK_STATUS(event->sender_status, SABIR_E_DEAD);
  REQUIRE(event->exit != NULL);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(event->exit), (uint32_t)reason);
  CHECK_NUMBER(sabir_exit_pid(event->exit), whom);
  return event->exit;
}

/* What a DOWN leaves behind: nothing more comes, and the monitor is over. */
static void expect_no_more(struct scene *scene, sabir_ref ref) {
  CHECK_STATUS(demonitor(scene->system, scene->watcher_pid, ref), SABIR_E_NO_REF);
  check_told_nothing(scene->system, &scene->watcher, scene->watcher_pid);
}

enum { BY_ITSELF, BY_STOP, BY_DRAIN, BY_KILL };

static void end_target(struct scene *scene, int way) {
  if (way == BY_ITSELF) CHECK_OK(sabir_send_bytes(scene->system, scene->target_pid, PROBE_STOP, NULL, 0));
  if (way == BY_STOP) CHECK_OK(sabir_actor_stop(scene->system, scene->target_pid));
  if (way == BY_DRAIN) CHECK_OK(sabir_actor_drain(scene->system, scene->target_pid));
  if (way == BY_KILL) CHECK_OK(sabir_actor_kill(scene->system, scene->target_pid));
}

static void down_comes_once_for_each_way_to_end(void) {
  static const int32_t reasons[] = {SABIR_EXIT_NORMAL, SABIR_EXIT_STOPPED, SABIR_EXIT_NORMAL, SABIR_EXIT_KILLED};
  int way;
  for (way = BY_ITSELF; way <= BY_KILL; ++way) {
    struct scene scene;
    const sabir_exit *exit;
    sabir_ref ref;
    open_scene(&scene);
    ref = watch(&scene, 0);
    end_target(&scene, way);
    exit = expect_down(&scene.watcher, ref, scene.target_pid, reasons[way]);
    CHECK_OK(sabir_exit_status(exit));
    CHECK_TEXT(sabir_exit_message(exit), "");
    CHECK_TEXT(sabir_exit_detail(exit), "");
    CHECK(sabir_exit_cause(exit) == NULL);
    CHECK_NUMBER(counted(&scene.target.stops), 1);
    expect_no_more(&scene, ref);
    close_scene(&scene);
  }
}

static void down_of_a_crash_carries_its_text(void) {
  struct scene scene;
  const sabir_exit *exit;
  sabir_ref ref;
  open_scene(&scene);
  ref = watch(&scene, SABIR_MONITOR_RESTARTS); /* without a supervisor there are none */
  CHECK_OK(sabir_send_bytes(scene.system, scene.target_pid, PROBE_CRASH, NULL, 0));
  exit = expect_down(&scene.watcher, ref, scene.target_pid, SABIR_EXIT_CRASHED);
  CHECK_STATUS(sabir_exit_status(exit), PROBE_CRASH_STATUS);
  CHECK_TEXT(sabir_exit_message(exit), PROBE_CRASH_TEXT);
  CHECK_TEXT(sabir_exit_detail(exit), PROBE_CRASH_DETAIL);
  CHECK(sabir_exit_cause(exit) == NULL);
  expect_no_more(&scene, ref);
  close_scene(&scene);
}

static void down_of_a_failed_start(void) {
  struct scene scene;
  sabir_port *port;
  sabir_message *down;
  sabir_ref ref = 0;
  probe failing;
  sabir_pid pid;
  open_scene(&scene);
  probe_init(&failing);
  failing.start_status = 99;
  port = open_port(scene.system, NULL);
  pid = probe_spawn(scene.system, &failing, NULL);
  CHECK_OK(sabir_port_monitor(port, pid, 0, &ref)); /* it may be gone already */
  down = next_message(port, SABIR_KIND_DOWN);
  if (sabir_exit_reason(sabir_message_exit(down)) != SABIR_EXIT_NO_ACTOR) {
    CHECK_NUMBER((uint32_t)sabir_exit_reason(sabir_message_exit(down)), SABIR_EXIT_START_FAILED);
    CHECK_STATUS(sabir_exit_status(sabir_message_exit(down)), 99);
  }
  sabir_message_destroy(&down);
  sabir_port_destroy(&port);
  close_scene(&scene);
  probe_end(&failing);
}

static void down_of_a_child(void) {
  struct scene scene;
  sabir_ref ref;
  open_supervised_scene(&scene, SABIR_PERMANENT);
  ref = watch(&scene, 0);
  child_do(scene.system, SABIR_CHILD_STOP, "target");
  expect_down(&scene.watcher, ref, scene.target_pid, SABIR_EXIT_SHUTDOWN);
  expect_no_more(&scene, ref);
  close_scene(&scene);
  open_supervised_scene(&scene, SABIR_TEMPORARY);
  ref = watch(&scene, SABIR_MONITOR_RESTARTS);
  CHECK_OK(sabir_send_bytes(scene.system, scene.target_pid, PROBE_CRASH, NULL, 0));
  CHECK_TEXT(sabir_exit_message(expect_down(&scene.watcher, ref, scene.target_pid, SABIR_EXIT_CRASHED)), PROBE_CRASH_TEXT);
  expect_no_more(&scene, ref);
  close_scene(&scene);
  open_supervised_scene(&scene, SABIR_TRANSIENT);
  ref = watch(&scene, SABIR_MONITOR_RESTARTS);
  CHECK_OK(sabir_send_bytes(scene.system, scene.target_pid, PROBE_STOP, NULL, 0));
  expect_down(&scene.watcher, ref, scene.target_pid, SABIR_EXIT_NORMAL);
  expect_no_more(&scene, ref);
  close_scene(&scene);
}

static sabir_status link_inside(sabir_context *context, sabir_message **message, void *argument) {
  (void)message;
  CHECK_OK(sabir_context_link(context, *(const sabir_pid *)argument));
  return SABIR_OK;
}

static void down_carries_the_cause(void) {
  struct scene scene;
  const sabir_exit *exit;
  sabir_ref ref;
  probe linked;
  sabir_pid pid;
  open_scene(&scene);
  probe_init(&linked);
  pid = probe_spawn(scene.system, &linked, NULL);
  run_inside(scene.system, pid, link_inside, &scene.target_pid);
  ref = monitor(scene.system, scene.watcher_pid, pid, 0);
  CHECK_OK(sabir_send_bytes(scene.system, scene.target_pid, PROBE_CRASH, NULL, 0));
  exit = expect_down(&scene.watcher, ref, pid, SABIR_EXIT_LINKED);
  REQUIRE(sabir_exit_cause(exit) != NULL);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(sabir_exit_cause(exit)), SABIR_EXIT_CRASHED);
  CHECK_NUMBER(sabir_exit_pid(sabir_exit_cause(exit)), scene.target_pid);
  CHECK_TEXT(sabir_exit_message(sabir_exit_cause(exit)), PROBE_CRASH_TEXT);
  close_scene(&scene);
  probe_end(&linked);
}

/* Sends notes to the watcher, and crashes. */
static sabir_status last_words(sabir_context *context, sabir_message **message, void *argument) {
  int number;
  (void)message;
  for (number = 0; number < 100; ++number)
    CHECK_OK(sabir_context_send_bytes(context, *(const sabir_pid *)argument, NOTE + (sabir_type)number, NULL, 0));
  return 1;
}

static void down_comes_behind_the_last_messages(void) {
  struct scene scene;
  sabir_ref ref;
  int number;
  open_scene(&scene);
  ref = watch(&scene, 0);
  begin_inside(scene.system, scene.target_pid, last_words, &scene.watcher_pid);
  for (number = 0; number < 100; ++number) {
    const struct event *event = next_event(&scene.watcher);
    CHECK_NUMBER((uint32_t)event->kind, SABIR_KIND_MESSAGE);
    CHECK_NUMBER(event->type, NOTE + number);
  }
  expect_down(&scene.watcher, ref, scene.target_pid, SABIR_EXIT_CRASHED);
  expect_no_more(&scene, ref);
  close_scene(&scene);
}

static void a_dead_pid_is_down_at_once(void) {
  struct scene scene;
  const sabir_exit *exit;
  sabir_ref ref;
  open_scene(&scene);
  end_target(&scene, BY_KILL);
  CHECK(becomes_dead(scene.system, scene.target_pid));
  ref = watch(&scene, SABIR_MONITOR_RESTARTS);
  exit = expect_down(&scene.watcher, ref, scene.target_pid, SABIR_EXIT_NO_ACTOR);
  CHECK(sabir_exit_cause(exit) == NULL);
  expect_no_more(&scene, ref);
  close_scene(&scene);
}

static void each_monitor_has_its_own_down(void) {
  enum { MONITORS = 100 };
  struct scene scene;
  sabir_ref refs[MONITORS];
  bool seen[MONITORS] = {false};
  size_t index, other;
  open_scene(&scene);
  for (index = 0; index < MONITORS; ++index) {
    refs[index] = watch(&scene, 0);
    for (other = 0; other < index; ++other) CHECK(refs[other] != refs[index]);
  }
  CHECK_OK(demonitor(scene.system, scene.watcher_pid, refs[7]));
  end_target(&scene, BY_STOP);
  for (index = 0; index + 1 < MONITORS; ++index) {
    const struct event *event = next_event(&scene.watcher);
    CHECK_NUMBER((uint32_t)event->kind, SABIR_KIND_DOWN);
    for (other = 0; other < MONITORS && refs[other] != event->ref; ++other) continue;
    REQUIRE(other < MONITORS);
    CHECK(!seen[other] && other != 7);
    seen[other] = true;
  }
  expect_no_more(&scene, refs[0]);
  close_scene(&scene);
}

static void nothing_happens_to_either_but_messages(void) {
  struct scene scene;
  open_scene(&scene);
  watch(&scene, 0);
  CHECK_OK(sabir_actor_kill(scene.system, scene.watcher_pid));
  probe_wait_dropped(&scene.watcher.actor);
  settle(scene.system, scene.target_pid);
  end_target(&scene, BY_KILL);
  probe_wait_dropped(&scene.target);
  CHECK_NUMBER(counted(&scene.watcher.seen), 0);
  close_scene(&scene);
}

static void a_monitor_that_was_ended_brings_nothing(void) {
  struct scene scene;
  sabir_ref ref;
  open_scene(&scene);
  ref = watch(&scene, 0);
  CHECK_OK(demonitor(scene.system, scene.watcher_pid, ref));
  CHECK_STATUS(demonitor(scene.system, scene.watcher_pid, ref), SABIR_E_NO_REF);
  end_target(&scene, BY_KILL);
  probe_wait_dropped(&scene.target);
  CHECK(becomes_dead(scene.system, scene.target_pid));
  expect_no_more(&scene, ref);
  close_scene(&scene);
}

/* Ends the monitor when its target is dead, in one handler, so that the DOWN can only be queued. */
static sabir_status demonitor_late(sabir_context *context, sabir_message **message, void *argument) {
  struct scene *scene = (struct scene *)argument;
  struct monitoring monitoring = {0, 0, 0, 1};
  monitoring.whom = scene->target_pid;
  monitor_inside(context, message, &monitoring);
  CHECK_OK(monitoring.status);
  end_target(scene, BY_KILL);
  CHECK(becomes_dead(scene->system, scene->target_pid));
  let_pass(5 * MILLISECOND_NS);
  CHECK_OK(sabir_context_demonitor(context, monitoring.ref));
  CHECK_STATUS(sabir_context_demonitor(context, monitoring.ref), SABIR_E_NO_REF);
  return SABIR_OK;
}

static void not_even_one_that_is_queued(void) {
  struct scene scene;
  open_scene(&scene);
  run_inside(scene.system, scene.watcher_pid, demonitor_late, &scene);
  check_told_nothing(scene.system, &scene.watcher, scene.watcher_pid);
  close_scene(&scene);
}

/* What refused_monitors uses. */
struct refusal {
  sabir_pid target, foreign;
};

static sabir_status refused_monitors(sabir_context *context, sabir_message **message, void *argument) {
  const struct refusal *refusal = (const struct refusal *)argument;
  sabir_ref ref = 1;
  (void)message;
  CHECK_STATUS(sabir_context_monitor(context, sabir_context_self(context), 0, &ref), SABIR_E_INVALID);
  CHECK_NUMBER(ref, 0);
  ref = 1;
  CHECK_STATUS(sabir_context_monitor(context, refusal->target, 2, &ref), SABIR_E_INVALID);
  CHECK_NUMBER(ref, 0);
  CHECK_STATUS(sabir_context_monitor(context, refusal->target, 0x80000001, &ref), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_monitor(context, refusal->target, 0, NULL), SABIR_E_INVALID);
  ref = 1;
  CHECK_STATUS(sabir_context_monitor(context, refusal->foreign, 0, &ref), SABIR_E_FOREIGN);
  CHECK_NUMBER(ref, 0);
  CHECK_STATUS(sabir_context_demonitor(context, 0), SABIR_E_NO_REF);
  CHECK_STATUS(sabir_context_demonitor(context, 12345), SABIR_E_NO_REF);
  return SABIR_OK;
}

static sabir_status keep_context(sabir_context *context, sabir_message **message, void *argument) {
  (void)message;
  *(sabir_context **)argument = context;
  return SABIR_OK;
}

static void bad_arguments_are_refused(void) {
  struct scene scene;
  struct refusal refusal;
  sabir_system *other = make_system(1);
  sabir_port *port = open_port(other, NULL);
  sabir_context *context = NULL;
  sabir_ref ref = 1;
  open_scene(&scene);
  refusal.target = scene.target_pid;
  refusal.foreign = sabir_port_pid(port);
  run_inside(scene.system, scene.watcher_pid, refused_monitors, &refusal);
  sabir_port_destroy(&port);
  end_system(&other);
  CHECK_STATUS(sabir_context_monitor(NULL, scene.target_pid, 0, &ref), SABIR_E_INVALID);
  CHECK_NUMBER(ref, 0);
  CHECK_STATUS(sabir_context_demonitor(NULL, 1), SABIR_E_INVALID);
  ref = watch(&scene, 0);
  CHECK_STATUS(demonitor(scene.system, scene.target_pid, ref), SABIR_E_NO_REF); /* not its own */
  run_inside(scene.system, scene.watcher_pid, keep_context, &context);
  settle(scene.system, scene.watcher_pid);
  CHECK_STATUS(sabir_context_demonitor(context, ref), SABIR_E_CONTEXT);
  CHECK_STATUS(sabir_context_monitor(context, scene.target_pid, 0, &ref), SABIR_E_CONTEXT);
  CHECK_NUMBER(ref, 0);
  close_scene(&scene);
}

/* The counts of the next RESTARTED events, until they are that many. */
static void expect_restarts(struct scene *scene, sabir_ref ref, uint64_t restarts, uint64_t events_most) {
  uint64_t sum = 0, events = 0;
  while (sum < restarts) {
    const struct event *event = next_event(&scene->watcher);
    REQUIRE(event->kind == SABIR_KIND_RESTARTED);
    CHECK_NUMBER(event->ref, ref);
    CHECK_NUMBER(event->sender, scene->target_pid);
    CHECK(event->exit == NULL);
    CHECK(event->count > 0);
    sum += event->count;
    ++events;
  }
  CHECK_NUMBER(sum, restarts);
  CHECK(events <= events_most);
}

static void a_restart_is_told_where_asked_for(void) {
  struct scene scene;
  sabir_ref told, untold;
  open_supervised_scene(&scene, SABIR_PERMANENT);
  told = watch(&scene, SABIR_MONITOR_RESTARTS);
  untold = watch(&scene, 0);
  CHECK_OK(sabir_send_bytes(scene.system, scene.target_pid, PROBE_CRASH, NULL, 0));
  expect_restarts(&scene, told, 1, 1);
  settle(scene.system, scene.target_pid); /* its pid is what it was */
  CHECK_NUMBER(counted(&scene.target.starts), 2);
  child_do(scene.system, SABIR_CHILD_RESTART, "target");
  expect_restarts(&scene, told, 1, 1);
  CHECK_OK(demonitor(scene.system, scene.watcher_pid, untold));
  child_do(scene.system, SABIR_CHILD_STOP, "target");
  expect_down(&scene.watcher, told, scene.target_pid, SABIR_EXIT_SHUTDOWN);
  expect_no_more(&scene, told);
  close_scene(&scene);
}

/* A port that watches as well tells that all but the last restart, at least, has been told to the watcher. */
static void restarts_that_were_not_looked_at_come_as_one(void) {
  enum { RESTARTS = 20 };
  struct scene scene;
  sabir_port *port;
  sabir_ref ref, port_ref = 0;
  uint64_t told = 0;
  int round;
  open_supervised_scene(&scene, SABIR_PERMANENT);
  port = open_port(scene.system, NULL);
  ref = watch(&scene, SABIR_MONITOR_RESTARTS);
  CHECK_OK(sabir_port_monitor(port, scene.target_pid, SABIR_MONITOR_RESTARTS, &port_ref));
  hold(scene.system, &scene.watcher.actor, scene.watcher_pid);
  for (round = 0; round < RESTARTS; ++round) child_do(scene.system, SABIR_CHILD_RESTART, "target");
  while (told < RESTARTS) {
    sabir_message *message = next_message(port, SABIR_KIND_RESTARTED);
    CHECK_NUMBER(sabir_message_ref(message), port_ref);
    told += sabir_message_count(message);
    sabir_message_destroy(&message);
  }
  CHECK_NUMBER(told, RESTARTS);
  let_go(&scene.watcher.actor);
  expect_restarts(&scene, ref, RESTARTS, 2);
  check_told_nothing(scene.system, &scene.watcher, scene.watcher_pid);
  sabir_port_destroy(&port);
  close_scene(&scene);
}

/* Crashes when its target is dead, so that the DOWN is queued for the next incarnation. */
static sabir_status crash_behind_a_down(sabir_context *context, sabir_message **message, void *argument) {
  struct scene *scene = (struct scene *)argument;
  (void)context, (void)message;
  end_target(scene, BY_KILL);
  CHECK(becomes_dead(scene->system, scene->target_pid));
  let_pass(5 * MILLISECOND_NS);
  return 1;
}

static void a_restart_of_the_watcher_ends_its_monitors(void) {
  struct scene scene;
  watcher child;
  probe other;
  sabir_pid child_pid, other_pid;
  sabir_ref ref;
  open_scene(&scene);
  watcher_init(&child);
  probe_init(&other);
  child_pid = watcher_supervise(scene.system, &child, "watcher", SABIR_PERMANENT);
  other_pid = probe_spawn(scene.system, &other, NULL);
  monitor(scene.system, child_pid, scene.target_pid, 0);
  ref = monitor(scene.system, child_pid, other_pid, 0);
  begin_inside(scene.system, child_pid, crash_behind_a_down, &scene);
  CHECK(reached(&child.actor.starts, 2));
  CHECK_STATUS(demonitor(scene.system, child_pid, ref), SABIR_E_NO_REF);
  CHECK_OK(sabir_actor_kill(scene.system, other_pid));
  CHECK(becomes_dead(scene.system, other_pid));
  check_told_nothing(scene.system, &child, child_pid);
  ref = monitor(scene.system, child_pid, other_pid, 0); /* its own */
  expect_down(&child, ref, other_pid, SABIR_EXIT_NO_ACTOR);
  close_scene(&scene);
  watcher_end(&child);
  probe_end(&other);
}

static void down_passes_a_full_mailbox(void) {
  struct scene scene;
  watcher full;
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_pid pid;
  sabir_ref ref;
  open_scene(&scene);
  watcher_init(&full);
  mailbox.capacity = 4;
  options.mailbox = &mailbox;
  pid = watcher_spawn(scene.system, &full, &options);
  ref = monitor(scene.system, pid, scene.target_pid, 0);
  hold(scene.system, &full.actor, pid);
  while (sabir_send_bytes(scene.system, pid, PROBE_COUNT, NULL, 0) == SABIR_OK) continue;
  CHECK_STATUS(sabir_send_bytes(scene.system, pid, PROBE_COUNT, NULL, 0), SABIR_E_MAILBOX_FULL);
  end_target(&scene, BY_KILL);
  CHECK(becomes_dead(scene.system, scene.target_pid));
  let_go(&full.actor);
  expect_down(&full, ref, scene.target_pid, SABIR_EXIT_KILLED);
  close_scene(&scene);
  watcher_end(&full);
}

static void a_monitor_in_its_last_act_hears_why_it_ends(void) {
  struct scene scene;
  struct last_act acts[LAST_PLACES];
  int place;
  open_scene(&scene);
  for (place = 0; place < LAST_PLACES; ++place) {
    const sabir_pid pid = last_act_begin(scene.system, &acts[place], place);
    const sabir_ref ref = monitor(scene.system, scene.watcher_pid, pid, 0);
    sem_post(&acts[place].gate);
    expect_down(&scene.watcher, ref, pid, last_act_reason(place));
    expect_no_more(&scene, ref);
  }
  close_scene(&scene);
  for (place = 0; place < LAST_PLACES; ++place) last_act_end(&acts[place]);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(down_comes_once_for_each_way_to_end),
      TEST(down_of_a_crash_carries_its_text),
      TEST(down_of_a_failed_start),
      TEST(down_of_a_child),
      TEST(down_carries_the_cause),
      TEST(down_comes_behind_the_last_messages),
      TEST(a_dead_pid_is_down_at_once),
      TEST(each_monitor_has_its_own_down),
      TEST(nothing_happens_to_either_but_messages),
      TEST(a_monitor_that_was_ended_brings_nothing),
      TEST(not_even_one_that_is_queued),
      TEST(bad_arguments_are_refused),
      TEST(a_restart_is_told_where_asked_for),
      TEST(restarts_that_were_not_looked_at_come_as_one),
      TEST(a_restart_of_the_watcher_ends_its_monitors),
      TEST(down_passes_a_full_mailbox),
      TEST(a_monitor_in_its_last_act_hears_why_it_ends),
  };
  return RUN_TESTS(tests, argc, argv);
}
