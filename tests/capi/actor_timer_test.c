/* timer.h: the timers that actors arm, which end with their incarnation.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "watcher.h"

/* A system, an actor that arms timers, and a port. */
struct scene {
  sabir_system *system;
  sabir_port *port;
  watcher actor;
  sabir_pid pid, port_pid;
};

static void open_scene_with(struct scene *scene, bool supervised) {
  scene->system = make_supervising_system();
  scene->port = open_port(scene->system, NULL);
  scene->port_pid = sabir_port_pid(scene->port);
  watcher_init(&scene->actor);
  if (supervised)
    scene->pid = watcher_supervise(scene->system, &scene->actor, "arming", SABIR_PERMANENT);
  else
    scene->pid = watcher_spawn(scene->system, &scene->actor, NULL);
}

static void open_scene(struct scene *scene) { open_scene_with(scene, false); }

static void close_scene(struct scene *scene) {
  sabir_port_destroy(&scene->port);
  end_system(&scene->system);
  watcher_end(&scene->actor);
}

/* A timer to be armed, or cancelled, inside a handler. */
struct arming {
  sabir_pid to;
  uint64_t time_ns;
  bool again; /* each time_ns */
  sabir_status result; /* what the handler returns */
  sabir_ref ref;
  sabir_status status;
};

static sabir_status arm_inside(sabir_context *context, sabir_message **message, void *argument) {
  struct arming *arming = (struct arming *)argument;
  (void)message;
  if (arming->again) {
    arming->status = sabir_context_timer_every(context, arming->to, NOTE, arming->time_ns, &arming->ref);
  } else {
    sabir_message *own = make_message(NOTE, "later", 5);
    arming->status = sabir_context_timer_after(context, arming->to, &own, arming->time_ns, &arming->ref);
    CHECK((own == NULL) == (arming->status == SABIR_OK));
    sabir_message_destroy(&own);
  }
  CHECK((arming->ref != 0) == (arming->status == SABIR_OK));
  return arming->result;
}

static sabir_status cancel_inside(sabir_context *context, sabir_message **message, void *argument) {
  struct arming *arming = (struct arming *)argument;
  (void)message;
  arming->status = sabir_context_timer_cancel(context, arming->ref);
  return SABIR_OK;
}

static sabir_ref arm(struct scene *scene, sabir_pid to, uint64_t time_ns, bool again) {
  struct arming arming = {0, 0, false, SABIR_OK, 1, 1};
  arming.to = to;
  arming.time_ns = time_ns;
  arming.again = again;
  run_inside(scene->system, scene->pid, arm_inside, &arming);
  REQUIRE_OK(arming.status);
  return arming.ref;
}

static sabir_status cancel(struct scene *scene, sabir_ref ref) {
  struct arming arming = {0, 0, false, SABIR_OK, 0, 1};
  arming.ref = ref;
  run_inside(scene->system, scene->pid, cancel_inside, &arming);
  return arming.status;
}

static void an_actor_arms_its_own(void) {
  const uint64_t delay_ns = 10 * MILLISECOND_NS;
  struct scene scene;
  const struct event *event;
  sabir_message *message;
  uint64_t begin_ns;
  sabir_ref ref;
  open_scene(&scene);
  begin_ns = now_ns();
  ref = arm(&scene, scene.pid, delay_ns, false);
  event = next_event(&scene.actor);
  CHECK(event->at_ns - begin_ns >= delay_ns);
  CHECK_NUMBER((uint32_t)event->kind, SABIR_KIND_TIMER);
  CHECK_NUMBER(event->type, NOTE);
  CHECK_NUMBER(event->ref, ref);
  CHECK_NUMBER(event->sender, scene.pid);
  CHECK_NUMBER(event->count, 1);
  CHECK_STATUS(cancel(&scene, ref), SABIR_E_NO_REF);
  begin_ns = now_ns();
  ref = arm(&scene, scene.port_pid, delay_ns, false);
  message = next_message(scene.port, SABIR_KIND_TIMER);
  CHECK(now_ns() - begin_ns >= delay_ns);
  CHECK_NUMBER(sabir_message_ref(message), ref);
  CHECK_NUMBER(sabir_message_sender(message), scene.pid);
  CHECK(memcmp(sabir_message_data(message), "later", 5) == 0);
  sabir_message_destroy(&message);
  ref = arm(&scene, scene.pid, 0, false); /* as soon as may be, but behind this call */
  CHECK_NUMBER(next_event(&scene.actor)->ref, ref);
  check_told_nothing(scene.system, &scene.actor, scene.pid);
  close_scene(&scene);
}

static void an_actor_ticks(void) {
  const uint64_t interval_ns = 2 * MILLISECOND_NS;
  struct scene scene;
  uint64_t begin_ns, sum = 0;
  sabir_ref ref;
  open_scene(&scene);
  begin_ns = now_ns();
  ref = arm(&scene, scene.pid, interval_ns, true);
  while (sum < 10) {
    const struct event *event = next_event(&scene.actor);
    CHECK_NUMBER((uint32_t)event->kind, SABIR_KIND_TIMER);
    CHECK_NUMBER(event->ref, ref);
    CHECK_NUMBER(event->sender, scene.pid);
    sum += event->count;
    CHECK(event->at_ns - begin_ns >= sum * interval_ns);
  }
  CHECK_OK(cancel(&scene, ref));
  CHECK_STATUS(cancel(&scene, ref), SABIR_E_NO_REF);
  while (scene.actor.read < counted(&scene.actor.seen)) next_event(&scene.actor); /* those before the cancel */
  let_pass(5 * interval_ns);
  check_told_nothing(scene.system, &scene.actor, scene.pid);
  close_scene(&scene);
}

/* Arms one at once, lets it be queued behind this very call, and cancels it. */
static sabir_status cancel_late(sabir_context *context, sabir_message **message, void *argument) {
  struct arming arming = {0, 0, false, SABIR_OK, 1, 1};
  (void)argument;
  arming.to = sabir_context_self(context);
  arm_inside(context, message, &arming);
  CHECK_OK(arming.status);
  let_pass(20 * MILLISECOND_NS);
  CHECK_OK(sabir_context_timer_cancel(context, arming.ref));
  CHECK_STATUS(sabir_context_timer_cancel(context, arming.ref), SABIR_E_NO_REF);
  return SABIR_OK;
}

static void a_cancelled_one_does_not_come(void) {
  struct scene scene;
  sabir_ref ref;
  open_scene(&scene);
  run_inside(scene.system, scene.pid, cancel_late, NULL);
  check_told_nothing(scene.system, &scene.actor, scene.pid);
  ref = arm(&scene, scene.pid, 10 * MILLISECOND_NS, false);
  CHECK_OK(sabir_timer_cancel(scene.system, ref)); /* any thread may */
  CHECK_STATUS(cancel(&scene, ref), SABIR_E_NO_REF);
  ref = arm(&scene, scene.pid, 10 * MILLISECOND_NS, false);
  CHECK_OK(cancel(&scene, ref));
  CHECK_STATUS(sabir_timer_cancel(scene.system, ref), SABIR_E_NO_REF);
  let_pass(30 * MILLISECOND_NS);
  check_told_nothing(scene.system, &scene.actor, scene.pid);
  close_scene(&scene);
}

/* Timers at a port, which lives on when the actor that armed them does not. */
static void timers_end_with_their_actor(void) {
  static const sabir_type ends[] = {PROBE_STOP, PROBE_CRASH};
  size_t round;
  for (round = 0; round < 2; ++round) {
    struct scene scene;
    sabir_ref once, ticking;
    uint64_t fires_ns;
    bool fired;
    open_scene(&scene);
    fires_ns = now_ns() + 200 * MILLISECOND_NS;
    once = arm(&scene, scene.port_pid, 200 * MILLISECOND_NS, false);
    ticking = arm(&scene, scene.port_pid, 3600 * SECOND_NS, true);
    CHECK_OK(sabir_send_bytes(scene.system, scene.pid, ends[round], NULL, 0));
    probe_wait_dropped(&scene.actor.actor);
    CHECK(becomes_dead(scene.system, scene.pid));
    if (now_ns() < fires_ns) CHECK_STATUS(sabir_timer_cancel(scene.system, once), SABIR_E_NO_REF);
    fired = now_ns() >= fires_ns; /* ending it took longer than the timer: nothing to be seen then */
    CHECK_STATUS(sabir_timer_cancel(scene.system, ticking), SABIR_E_NO_REF);
    let_pass(250 * MILLISECOND_NS);
    if (!fired) check_nothing_in(scene.port);
    if (round == 0 && !fired) CHECK_NUMBER(dead_letters(scene.system, SABIR_CAUSE_ANY), 0);
    close_scene(&scene);
  }
}

/* Arms one at once, lets it be queued, and crashes. */
static sabir_status crash_behind_a_timer(sabir_context *context, sabir_message **message, void *argument) {
  struct arming *arming = (struct arming *)argument;
  arming->to = sabir_context_self(context);
  arming->time_ns = 0;
  arm_inside(context, message, arming);
  let_pass(20 * MILLISECOND_NS);
  return 1;
}

static void timers_end_with_their_incarnation(void) {
  struct arming arming = {0, 0, false, SABIR_OK, 1, 1};
  struct scene scene;
  sabir_ref own, ticking, at_port, next;
  open_scene_with(&scene, true);
  own = arm(&scene, scene.pid, 3600 * SECOND_NS, false);
  ticking = arm(&scene, scene.pid, 3600 * SECOND_NS, true);
  at_port = arm(&scene, scene.port_pid, 3600 * SECOND_NS, false);
  begin_inside(scene.system, scene.pid, crash_behind_a_timer, &arming);
  CHECK(reached(&scene.actor.actor.starts, 2));
  CHECK_STATUS(cancel(&scene, own), SABIR_E_NO_REF);
  CHECK_STATUS(cancel(&scene, ticking), SABIR_E_NO_REF);
  CHECK_STATUS(sabir_timer_cancel(scene.system, at_port), SABIR_E_NO_REF);
  CHECK_STATUS(cancel(&scene, arming.ref), SABIR_E_NO_REF);
  check_told_nothing(scene.system, &scene.actor, scene.pid);
  next = arm(&scene, scene.pid, MILLISECOND_NS, false); /* its own */
  CHECK_NUMBER(next_event(&scene.actor)->ref, next);
  check_nothing_in(scene.port);
  close_scene(&scene);
}

static void short_timers_end_with_their_incarnation(void) {
  struct scene scene;
  uint64_t fires_ns;
  bool fired;
  open_scene_with(&scene, true);
  fires_ns = now_ns() + 200 * MILLISECOND_NS;
  arm(&scene, scene.pid, 200 * MILLISECOND_NS, false);
  child_do(scene.system, SABIR_CHILD_RESTART, "arming");
  fired = now_ns() >= fires_ns; /* the restart took longer than the timer: nothing to be seen then */
  let_pass(250 * MILLISECOND_NS);
  if (!fired) check_told_nothing(scene.system, &scene.actor, scene.pid);
  close_scene(&scene);
}

static void who_is_gone_when_it_fires_makes_a_dead_letter(void) {
  struct scene scene;
  sabir_ref ref;
  open_scene(&scene);
  ref = arm(&scene, scene.port_pid, 20 * MILLISECOND_NS, false);
  sabir_port_destroy(&scene.port);
  CHECK(dead_letters_reach(scene.system, SABIR_CAUSE_ANY, 1));
  CHECK_STATUS(cancel(&scene, ref), SABIR_E_NO_REF);
  CHECK_NUMBER(dead_letters(scene.system, SABIR_CAUSE_ANY), 1);
  close_scene(&scene);
}

/* What each call says inside its own timer's handler. */
struct ticking {
  sabir_ref once, again;
  uint64_t onces, agains;
  sem_t over;
};

static sabir_status ticking_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  struct ticking *ticking = (struct ticking *)state;
  if (sabir_message_kind(*message) == SABIR_KIND_MESSAGE) {
    sabir_message *own = make_message(NOTE, NULL, 0);
    CHECK_OK(sabir_context_timer_after(context, sabir_context_self(context), &own, 0, &ticking->once));
    CHECK_OK(sabir_context_timer_every(context, sabir_context_self(context), NOTE, MILLISECOND_NS, &ticking->again));
    CHECK(ticking->once != ticking->again);
  } else if (sabir_message_ref(*message) == ticking->once) {
    CHECK_STATUS(sabir_context_timer_cancel(context, ticking->once), SABIR_E_NO_REF);
    count(&ticking->onces);
  } else {
    CHECK_NUMBER(sabir_message_ref(*message), ticking->again);
    count(&ticking->agains);
    if (ticking->agains == 3) {
      CHECK_OK(sabir_context_timer_cancel(context, ticking->again));
      CHECK_STATUS(sabir_context_timer_cancel(context, ticking->again), SABIR_E_NO_REF);
      sem_post(&ticking->over);
    }
  }
  return SABIR_OK;
}

static void a_timer_is_over_when_it_is_received(void) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("ticking");
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_system *system = make_system(2);
  sabir_behavior *behavior = NULL;
  struct ticking ticking;
  sabir_pid pid = 0;
  memset(&ticking, 0, sizeof ticking);
  sem_init(&ticking.over, 0, 0);
  callbacks.receive = ticking_receive;
  options.argument = (uintptr_t)&ticking;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  REQUIRE_OK(sabir_spawn(system, behavior, &options, &pid, NULL));
  CHECK_OK(sabir_send_bytes(system, pid, NOTE, NULL, 0));
  take(&ticking.over);
  CHECK(reached(&ticking.onces, 1));
  let_pass(10 * MILLISECOND_NS);
  end_system(&system);
  CHECK_NUMBER(ticking.onces, 1);
  CHECK_NUMBER(ticking.agains, 3);
  sabir_behavior_destroy(&behavior);
  sem_destroy(&ticking.over);
}

/* Puts off the very message it handles, which is an ask: that ends, and the message comes later. */
static sabir_status put_off(sabir_context *context, sabir_message **message, void *argument) {
  const struct scene *scene = (const struct scene *)argument;
  sabir_ref ref = 1;
  CHECK_OK(sabir_context_timer_after(context, scene->port_pid, message, MILLISECOND_NS, &ref));
  CHECK(*message == NULL);
  CHECK(ref != 0);
  return SABIR_OK;
}

static void an_ask_that_is_put_off_is_given_up(void) {
  struct scene scene;
  sabir_message *message = NULL, *reply = NULL;
  open_scene(&scene);
  message = inside_message(put_off, &scene);
  CHECK_STATUS(sabir_ask(scene.system, scene.pid, &message, PATIENCE_NS, &reply), SABIR_E_UNANSWERED);
  sabir_message_destroy(&reply);
  message = next_message(scene.port, SABIR_KIND_TIMER);
  CHECK_NUMBER(sabir_message_type(message), PROBE_CALL);
  CHECK_NUMBER(sabir_message_sender(message), scene.pid);
  sabir_message_destroy(&message);
  check_nothing_in(scene.port);
  close_scene(&scene);
}

/* A message that a handler is handling, armed from another thread. */
struct theft {
  const struct scene *scene;
  sabir_message *message;
};

static void *arm_stolen(void *argument) {
  const struct theft *theft = (const struct theft *)argument;
  sabir_message *stolen = theft->message;
  sabir_ref ref = 1;
  CHECK_STATUS(sabir_timer_after(theft->scene->system, theft->scene->port_pid, &stolen, 0, &ref), SABIR_E_BORROWED);
  CHECK(stolen == theft->message);
  CHECK_NUMBER(ref, 0);
  return NULL;
}

static sabir_status lend_message(sabir_context *context, sabir_message **message, void *argument) {
  struct theft theft;
  (void)context;
  theft.scene = (const struct scene *)argument;
  theft.message = *message;
  join_thread(start_thread(arm_stolen, &theft));
  return SABIR_OK;
}

static sabir_status refused_inside(sabir_context *context, sabir_message **message, void *argument) {
  const struct scene *scene = (const struct scene *)argument;
  sabir_message *own = make_message(NOTE, NULL, 0), *none = NULL;
  sabir_ref ref = 1;
  (void)message;
  CHECK_STATUS(sabir_context_timer_after(context, scene->port_pid, NULL, 0, &ref), SABIR_E_INVALID);
  CHECK_NUMBER(ref, 0);
  CHECK_STATUS(sabir_context_timer_after(context, scene->port_pid, &none, 0, &ref), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_timer_after(context, scene->port_pid, &own, SABIR_TIMER_LIMIT_NS + 1, &ref), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_timer_after(context, 0, &own, 0, &ref), SABIR_E_NO_ACTOR);
  CHECK_STATUS(sabir_context_timer_every(context, scene->port_pid, NOTE, MILLISECOND_NS - 1, &ref), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_timer_every(context, scene->port_pid, NOTE, SABIR_FOREVER, &ref), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_timer_every(context, 0, NOTE, MILLISECOND_NS, &ref), SABIR_E_NO_ACTOR);
  CHECK_STATUS(sabir_context_timer_cancel(context, 0), SABIR_E_NO_REF);
  CHECK(own != NULL);
  CHECK_OK(sabir_context_timer_after(context, scene->port_pid, &own, 0, NULL)); /* a ref is not required */
  CHECK(own == NULL);
  return SABIR_OK;
}

static sabir_status keep_context(sabir_context *context, sabir_message **message, void *argument) {
  (void)message;
  *(sabir_context **)argument = context;
  return SABIR_OK;
}

static void expect_refused(sabir_context *context, const struct scene *scene, sabir_status expected) {
  sabir_message *message = make_message(NOTE, NULL, 0);
  sabir_ref ref = 1;
  CHECK_STATUS(sabir_context_timer_after(context, scene->port_pid, &message, 0, &ref), expected);
  CHECK_NUMBER(ref, 0);
  CHECK(message != NULL);
  ref = 1;
  CHECK_STATUS(sabir_context_timer_every(context, scene->port_pid, NOTE, MILLISECOND_NS, &ref), expected);
  CHECK_NUMBER(ref, 0);
  CHECK_STATUS(sabir_context_timer_cancel(context, 1), expected);
  sabir_message_destroy(&message);
}

static void bad_arguments_are_refused(void) {
  struct scene scene;
  sabir_context *context = NULL;
  sabir_message *message;
  open_scene(&scene);
  run_inside(scene.system, scene.pid, lend_message, &scene);
  check_nothing_in(scene.port);
  run_inside(scene.system, scene.pid, refused_inside, &scene);
  message = next_message(scene.port, SABIR_KIND_TIMER);
  sabir_message_destroy(&message);
  expect_refused(NULL, &scene, SABIR_E_INVALID);
  run_inside(scene.system, scene.pid, keep_context, &context);
  settle(scene.system, scene.pid);
  expect_refused(context, &scene, SABIR_E_CONTEXT);
  check_nothing_in(scene.port);
  close_scene(&scene);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(an_actor_arms_its_own),
      TEST(an_actor_ticks),
      TEST(a_cancelled_one_does_not_come),
      TEST(timers_end_with_their_actor),
      TEST(timers_end_with_their_incarnation),
      TEST(short_timers_end_with_their_incarnation),
      TEST(who_is_gone_when_it_fires_makes_a_dead_letter),
      TEST(a_timer_is_over_when_it_is_received),
      TEST(an_ask_that_is_put_off_is_given_up),
      TEST(bad_arguments_are_refused),
  };
  return RUN_TESTS(tests, argc, argv);
}
