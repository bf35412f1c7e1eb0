/* supervisor.h, behavior.h: restart in place. What stays: the pid and the queue; what is new: all else.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "supervision_support.h"

/* A nursery with one supervisor that has patience, and what the tests change of a kid's spec. */
struct scene {
  struct nursery nursery;
  sabir_child_spec spec;
  sabir_pid top;
};

static void open_scene_of(struct scene *scene, int with, uint32_t intensity) {
  const sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  nursery_open(&scene->nursery);
  sabir_behavior_destroy(&scene->nursery.behavior);
  scene->nursery.behavior = kid_behavior(with);
  scene->spec = spec;
  scene->top = add_top(&scene->nursery, SABIR_ONE_FOR_ONE, intensity);
}

static void open_scene(struct scene *scene) { open_scene_of(scene, KID_PLAIN, 100); }

/* Holds kid 0 in its handler, so that what is sent meanwhile is queued, and lets it go. */
static void hold(struct scene *scene) {
  tell(&scene->nursery, 0, PROBE_BLOCK);
  take(&scene->nursery.kids[0].probe.entered);
}
static void let_go(struct scene *scene) { sem_post(&scene->nursery.kids[0].probe.gate); }

/* --- what stays --- */

static void the_pid_and_the_queue_survive(void) {
  static const uint32_t expected[] = {1, 2, 3, 4};
  struct scene scene;
  struct nursery *nursery = &scene.nursery;
  kid_identity identity;
  uint32_t number;
  open_scene(&scene);
  add_kid(nursery, scene.top, 0, NULL);
  hold(&scene);
  for (number = 1; number <= 4; ++number) {
    tell_number(nursery, 0, KID_NUMBER, number);
    if (number == 2) tell(nursery, 0, PROBE_CRASH);
  }
  let_go(&scene);
  CHECK_NUMBERS(&nursery->kids[0], expected);
  identity = who_is(nursery, 0);
  CHECK_NUMBER(identity.incarnation, 2);
  CHECK_NUMBER(identity.handled, 3); /* 3, 4 and the question: the state is new */
  CHECK_NUMBER(counters_of(nursery->system).restarted, 1);
  CHECK(dead_letters_reach(nursery->system, SABIR_CAUSE_CRASHED, 1));
  CHECK_NUMBER(dead_letters(nursery->system, SABIR_CAUSE_CRASHED), 1);
  CHECK_NUMBER(dead_letters(nursery->system, SABIR_CAUSE_ANY), 1);
  CHECK(nursery->kids[0].probe.start_argument == (uintptr_t)&nursery->kids[0]);
  CHECK_NUMBER(counted(&nursery->kids[0].probe.drops), 0);
  nursery_close(nursery);
  CHECK_DIARY(nursery, "+a -a:crashed +a -a:shutdown");
}

static void a_queued_ask_is_answered_by_the_next_incarnation(void) {
  struct scene scene;
  struct answer crashing, queued;
  kid_identity identity;
  const sabir_exit *exit;
  open_scene(&scene);
  answer_init(&crashing);
  answer_init(&queued);
  add_kid(&scene.nursery, scene.top, 0, NULL);
  hold(&scene);
  begin_ask(&scene.nursery, scene.nursery.pids[0], make_message(PROBE_CRASH, NULL, 0), &crashing);
  begin_ask(&scene.nursery, scene.nursery.pids[0], make_message(KID_WHO, NULL, 0), &queued);
  let_go(&scene);
  take(&crashing.done); /* the one whose handler crashed is told so, and why */
  CHECK_STATUS(crashing.status, SABIR_E_CRASHED);
  exit = sabir_message_exit(crashing.reply);
  REQUIRE(exit != NULL);
  CHECK_TEXT(sabir_exit_message(exit), PROBE_CRASH_TEXT);
  CHECK_NUMBER(sabir_exit_pid(exit), scene.nursery.pids[0]);
  take(&queued.done);
  CHECK_OK(queued.status);
  REQUIRE(sabir_message_size(queued.reply) == sizeof identity);
  memcpy(&identity, sabir_message_data(queued.reply), sizeof identity);
  CHECK_NUMBER(identity.incarnation, 2);
  answer_end(&crashing);
  answer_end(&queued);
  nursery_close(&scene.nursery);
}

/* --- redelivery --- */

static void a_message_is_delivered_again(void) {
  static const uint32_t expected[] = {7, 8};
  struct scene scene;
  open_scene(&scene);
  scene.spec.redeliveries = 3;
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  set(&scene.nursery.kids[0].poison, 3);
  hold(&scene);
  tell_number(&scene.nursery, 0, KID_POISON, 7);
  tell_number(&scene.nursery, 0, KID_NUMBER, 8);
  let_go(&scene);
  CHECK_NUMBERS(&scene.nursery.kids[0], expected); /* before what was queued behind it */
  CHECK_NUMBER(counted(&scene.nursery.kids[0].probe.starts), 4);
  CHECK_NUMBER(dead_letters(scene.nursery.system, SABIR_CAUSE_ANY), 0);
  nursery_close(&scene.nursery);
}

static void used_up_redeliveries_make_a_dead_letter(void) {
  static const uint32_t expected[] = {8, 9};
  struct scene scene;
  open_scene(&scene);
  scene.spec.redeliveries = 2;
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  set(&scene.nursery.kids[0].poison, 6);
  hold(&scene);
  tell_number(&scene.nursery, 0, KID_POISON, 7);
  tell_number(&scene.nursery, 0, KID_NUMBER, 8);
  tell_number(&scene.nursery, 0, KID_POISON, 7); /* has its own two */
  tell_number(&scene.nursery, 0, KID_NUMBER, 9);
  let_go(&scene);
  CHECK_NUMBERS(&scene.nursery.kids[0], expected);
  CHECK_NUMBER(counted(&scene.nursery.kids[0].poison), 0);
  CHECK_NUMBER(counted(&scene.nursery.kids[0].probe.starts), 7);
  CHECK(dead_letters_reach(scene.nursery.system, SABIR_CAUSE_CRASHED, 2));
  CHECK_NUMBER(dead_letters(scene.nursery.system, SABIR_CAUSE_CRASHED), 2);
  nursery_close(&scene.nursery);
}

static void poison_does_not_loop_for_ever(void) {
  struct scene scene;
  sabir_ref ref;
  open_scene_of(&scene, KID_PLAIN, SABIR_INTENSITY_DEFAULT);
  scene.spec.redeliveries = SABIR_REDELIVERIES_MAX;
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  ref = watch(&scene.nursery, scene.top, 0);
  set(&scene.nursery.kids[0].poison, 1000000);
  tell_number(&scene.nursery, 0, KID_POISON, 7);
  hear_down(&scene.nursery, ref, SABIR_EXIT_INTENSITY);
  CHECK_NUMBER(counted(&scene.nursery.kids[0].probe.received), SABIR_INTENSITY_DEFAULT + 1);
  CHECK_NUMBER(dead_letters(scene.nursery.system, SABIR_CAUSE_ANY), 1);
  nursery_close(&scene.nursery);
}

static void nothing_is_delivered_again_to_the_dead(void) {
  struct scene scene;
  open_scene(&scene);
  scene.spec.redeliveries = 5;
  scene.spec.restart = SABIR_TEMPORARY;
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  tell(&scene.nursery, 0, PROBE_CRASH);
  take(&scene.nursery.kids[0].probe.dropped);
  CHECK(dead_letters_reach(scene.nursery.system, SABIR_CAUSE_CRASHED, 1));
  CHECK_NUMBER(counted(&scene.nursery.kids[0].probe.received), 1);
  nursery_close(&scene.nursery);
}

/* --- what is new --- */

static sabir_status ask_kept(sabir_context *context, sabir_message **message, void *argument) {
  struct nursery *nursery = (struct nursery *)argument;
  sabir_message *question = make_message(PROBE_KEEP, NULL, 0);
  sabir_ref ref = 0;
  (void)message;
  CHECK_OK(sabir_context_ask(context, nursery->pids[1], &question, SABIR_FOREVER, &ref));
  sem_post(&nursery->kids[0].probe.entered);
  take(&nursery->kids[0].probe.gate);
  return SABIR_OK;
}

/* The answer comes after the restart, or is queued behind the message that crashes. */
static void an_answer_comes_too_late(bool queued) {
  struct scene scene;
  struct nursery *nursery = &scene.nursery;
  open_scene(&scene);
  add_kids(nursery, scene.top, 2, NULL);
  begin_inside(nursery->system, nursery->pids[0], ask_kept, nursery);
  take(&nursery->kids[0].probe.entered);
  take(&nursery->kids[1].probe.entered);
  who_is(nursery, 1); /* its handler has returned: the question is ours */
  tell(nursery, 0, PROBE_CRASH);
  if (queued) sabir_message_destroy(&nursery->kids[1].probe.kept);
  let_go(&scene);
  CHECK_NUMBER(who_is(nursery, 0).incarnation, 2);
  sabir_message_destroy(&nursery->kids[1].probe.kept);
  CHECK_NUMBER(who_is(nursery, 0).incarnation, 2);
  CHECK_NUMBER(counted(&nursery->kids[0].foreign_kinds), 0);
  nursery_close(nursery);
}

static void asks_of_the_old_incarnation_do_not_reach_the_new_one(void) {
  an_answer_comes_too_late(false);
  an_answer_comes_too_late(true);
}

static sabir_status arm_and_watch(sabir_context *context, sabir_message **message, void *argument) {
  const struct nursery *nursery = (const struct nursery *)argument;
  const uint32_t number = 1;
  sabir_message *later = make_message(KID_NUMBER, &number, sizeof number);
  sabir_ref ref = 0;
  (void)message;
  CHECK_OK(sabir_context_timer_after(context, sabir_context_self(context), &later, 20 * MILLISECOND_NS, &ref));
  CHECK_OK(sabir_context_monitor(context, nursery->pids[1], SABIR_MONITOR_RESTARTS, &ref));
  return PROBE_CRASH_STATUS;
}

static void timers_and_monitors_end_with_their_incarnation(void) {
  static const uint32_t expected[] = {2};
  struct scene scene;
  sabir_message *later = make_message(KID_NUMBER, &expected[0], sizeof expected[0]);
  open_scene(&scene);
  add_kids(&scene.nursery, scene.top, 2, NULL);
  begin_inside(scene.nursery.system, scene.nursery.pids[0], arm_and_watch, &scene.nursery);
  CHECK_NUMBER(who_is(&scene.nursery, 0).incarnation, 2);
  tell(&scene.nursery, 1, PROBE_CRASH);
  CHECK_NUMBER(who_is(&scene.nursery, 1).incarnation, 2);
  CHECK_OK(sabir_timer_after(scene.nursery.system, scene.nursery.pids[0], &later, 40 * MILLISECOND_NS, NULL));
  CHECK_NUMBERS(&scene.nursery.kids[0], expected); /* the first one would have come before it */
  CHECK_NUMBER(counted(&scene.nursery.kids[0].foreign_kinds), 0);
  nursery_close(&scene.nursery);
}

/* --- starts that fail --- */

static void a_restart_whose_start_fails_is_tried_again(void) {
  static const uint32_t expected[] = {5};
  struct scene scene;
  open_scene(&scene);
  scene.spec.restart = SABIR_TRANSIENT;
  set(&scene.nursery.kids[0].fail_from, 2);
  set(&scene.nursery.kids[0].fail_to, 4);
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  hold(&scene);
  tell(&scene.nursery, 0, PROBE_CRASH);
  tell_number(&scene.nursery, 0, KID_NUMBER, 5);
  let_go(&scene);
  CHECK_DIARY(&scene.nursery, "+a -a:crashed !a !a +a");
  CHECK_NUMBERS(&scene.nursery.kids[0], expected); /* what was queued has waited */
  CHECK_NUMBER(who_is(&scene.nursery, 0).incarnation, 4);
  nursery_close(&scene.nursery);
}

static void each_failed_start_counts_against_the_intensity(void) {
  struct scene scene;
  sabir_message *down;
  const sabir_exit *cause;
  sabir_ref ref;
  open_scene_of(&scene, KID_PLAIN, 2);
  set(&scene.nursery.kids[0].fail_from, 2);
  set(&scene.nursery.kids[0].fail_to, 100);
  add_kid(&scene.nursery, scene.top, 0, NULL);
  ref = watch(&scene.nursery, scene.top, 0);
  tell(&scene.nursery, 0, PROBE_CRASH);
  down = hear(&scene.nursery, ref, SABIR_KIND_DOWN);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(sabir_message_exit(down)), SABIR_EXIT_INTENSITY);
  cause = sabir_exit_cause(sabir_message_exit(down));
  REQUIRE(cause != NULL);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(cause), SABIR_EXIT_START_FAILED);
  CHECK_STATUS(sabir_exit_status(cause), KID_START_STATUS);
  CHECK_TEXT(sabir_exit_message(cause), KID_START_TEXT);
  sabir_message_destroy(&down);
  nursery_close(&scene.nursery);
  CHECK_DIARY(&scene.nursery, "+a -a:crashed !a !a");
}

static void a_failed_start_begins_the_whole_restart_anew(void) {
  struct scene scene;
  sabir_pid all;
  sabir_supervisor_options options = SABIR_SUPERVISOR_OPTIONS_INIT;
  open_scene(&scene);
  options.strategy = SABIR_ONE_FOR_ALL;
  all = add_supervisor(&scene.nursery, scene.top, "all", &options, NULL);
  set(&scene.nursery.kids[1].fail_from, 2);
  set(&scene.nursery.kids[1].fail_to, 3);
  add_kids(&scene.nursery, all, 3, NULL);
  tell(&scene.nursery, 2, PROBE_CRASH);
  CHECK_DIARY(&scene.nursery, "+a +b +c -c:crashed -b:shutdown -a:shutdown +a !b -a:shutdown +a +b +c");
  nursery_close(&scene.nursery);
}

static void the_first_start_fails(void) {
  struct scene scene;
  sabir_error *error = NULL;
  sabir_pid pid = 1;
  open_scene_of(&scene, KID_PLAIN, SABIR_INTENSITY_NONE);
  set(&scene.nursery.kids[0].fail_from, 1);
  set(&scene.nursery.kids[0].fail_to, 2);
  CHECK_STATUS(try_kid(&scene.nursery, scene.top, 0, NULL, &pid, &error), SABIR_E_START_FAILED);
  CHECK_NUMBER(pid, 0);
  CHECK_STATUS(sabir_error_status(error), SABIR_E_START_FAILED);
  CHECK(strlen(sabir_error_message(error)) > 0);
  sabir_error_destroy(&error);
  take(&scene.nursery.kids[0].probe.dropped);
  CHECK_NUMBER(children_of(&scene.nursery, scene.top), 0); /* forgotten; and it was no restart */
  add_kid(&scene.nursery, scene.top, 1, NULL);
  nursery_close(&scene.nursery);
  CHECK_DIARY(&scene.nursery, "!a +b -b:shutdown");
}

static void the_first_start_takes_too_long(void) {
  struct scene scene;
  sabir_error *error = NULL;
  sabir_pid pid = 1;
  uint64_t begin_ns;
  open_scene(&scene);
  scene.spec.start_timeout_ns = 20 * MILLISECOND_NS;
  set(&scene.nursery.kids[0].block_start, 1);
  begin_ns = now_ns();
  CHECK_STATUS(try_kid(&scene.nursery, scene.top, 0, &scene.spec, &pid, &error), SABIR_E_TIMEOUT);
  CHECK(now_ns() - begin_ns >= 20 * MILLISECOND_NS);
  CHECK_NUMBER(pid, 0);
  CHECK_STATUS(sabir_error_status(error), SABIR_E_TIMEOUT);
  sabir_error_destroy(&error);
  CHECK_NUMBER(children_of(&scene.nursery, scene.top), 0);
  CHECK_NUMBER(counted(&scene.nursery.kids[0].probe.drops), 0); /* start may still be using the argument */
  let_go(&scene);
  take(&scene.nursery.kids[0].probe.dropped);
  nursery_close(&scene.nursery);
  CHECK_DIARY(&scene.nursery, "+a -a:start timeout");
}

static void a_restart_takes_too_long(void) {
  struct scene scene;
  open_scene(&scene);
  scene.spec.start_timeout_ns = 10 * MILLISECOND_NS;
  set(&scene.nursery.kids[0].block_start, 2);
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  tell(&scene.nursery, 0, PROBE_CRASH);
  take(&scene.nursery.kids[0].probe.entered);
  stay_quiet(&scene.nursery, 50 * MILLISECOND_NS);
  CHECK_NUMBER(children_of(&scene.nursery, scene.top), 1); /* its supervisor does not wait with it */
  let_go(&scene);
  CHECK_DIARY(&scene.nursery, "+a -a:crashed +a -a:start timeout +a");
  CHECK_NUMBER(who_is(&scene.nursery, 0).incarnation, 3);
  nursery_close(&scene.nursery);
}

/* --- elsewhere, and ended by hand --- */

static sabir_status note_thread(sabir_context *context, sabir_message **message, void *argument) {
  (void)context, (void)message;
  *(int *)argument = thread_number();
  return SABIR_OK;
}

static void children_on_different_executors_keep_their_order_and_place(void) {
  struct nursery nursery;
  sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_executor *executors[3] = {NULL, NULL, NULL};
  sabir_pid top;
  size_t index;
  int before = 0, after = 0;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ALL, 100);
  for (index = 0; index < 4; ++index) {
    sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
    sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
    if (index < 3) {
      options.kind = index == 2 ? SABIR_EXECUTOR_ARENA : SABIR_EXECUTOR_THREADS;
      options.workers = 1;
      REQUIRE_OK(sabir_executor_create(nursery.system, &options, &executors[index], NULL));
      spawn.executor = executors[index];
    }
    spec.spawn = &spawn;
    add_kid(&nursery, top, index, &spec);
  }
  run_inside(nursery.system, nursery.pids[0], note_thread, &before);
  tell(&nursery, 2, PROBE_CRASH);
  CHECK_DIARY(&nursery, "+a +b +c +d -c:crashed -d:shutdown -b:shutdown -a:shutdown +a +b +c +d");
  run_inside(nursery.system, nursery.pids[0], note_thread, &after);
  CHECK_NUMBER(after, before);
  nursery_close(&nursery);
  for (index = 0; index < 3; ++index) CHECK_OK(sabir_executor_destroy(&executors[index]));
}

static void ended_by_hand(sabir_status (*end)(sabir_system *, sabir_pid), const char *expected) {
  static const uint32_t numbers[] = {1, 2};
  struct scene scene;
  open_scene(&scene);
  add_kid(&scene.nursery, scene.top, 0, NULL);
  hold(&scene);
  tell_number(&scene.nursery, 0, KID_NUMBER, 1);
  tell_number(&scene.nursery, 0, KID_NUMBER, 2);
  CHECK_OK(end(scene.nursery.system, scene.nursery.pids[0]));
  let_go(&scene);
  CHECK_DIARY(&scene.nursery, expected);
  CHECK_NUMBERS(&scene.nursery.kids[0], numbers); /* by this incarnation or the next */
  CHECK_NUMBER(dead_letters(scene.nursery.system, SABIR_CAUSE_ANY), 0);
  CHECK(child_becomes(&scene.nursery, scene.top, "a", SABIR_CHILD_RUNNING));
  CHECK_NUMBER(who_is(&scene.nursery, 0).incarnation, 2); /* open to messages, also after a drain */
  nursery_close(&scene.nursery);
}

static void ending_a_permanent_child_ends_an_incarnation(void) {
  ended_by_hand(sabir_actor_stop, "+a -a:stopped +a");
  ended_by_hand(sabir_actor_kill, "+a -a:killed +a");
  ended_by_hand(sabir_actor_drain, "+a -a:normal +a");
}

static void what_a_stopped_transient_child_had_queued_is_dead(void) {
  struct scene scene;
  open_scene(&scene);
  scene.spec.restart = SABIR_TRANSIENT;
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  hold(&scene);
  tell_number(&scene.nursery, 0, KID_NUMBER, 1);
  tell_number(&scene.nursery, 0, KID_NUMBER, 2);
  CHECK_OK(sabir_actor_stop(scene.nursery.system, scene.nursery.pids[0]));
  let_go(&scene);
  CHECK(becomes_dead(scene.nursery.system, scene.nursery.pids[0]));
  CHECK(dead_letters_reach(scene.nursery.system, SABIR_CAUSE_STOPPED, 2));
  CHECK_NUMBER(counted(&scene.nursery.kids[0].number_count), 0);
  nursery_close(&scene.nursery);
}

/* An executor of one thread, and an actor on it that can hold it. */
struct thread {
  sabir_executor *executor;
  probe holder;
  sabir_pid pid;
};

static void thread_open(struct thread *self, sabir_system *system) {
  sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  options.kind = SABIR_EXECUTOR_THREADS;
  options.workers = 1;
  self->executor = NULL;
  REQUIRE_OK(sabir_executor_create(system, &options, &self->executor, NULL));
  probe_init(&self->holder);
  spawn.executor = self->executor;
  self->pid = probe_spawn(system, &self->holder, &spawn);
}

/* Returns when all that the thread had to do before is done. */
static void thread_hold(struct thread *self, sabir_system *system) {
  REQUIRE_OK(sabir_send_bytes(system, self->pid, PROBE_BLOCK, NULL, 0));
  take(&self->holder.entered);
}
static void thread_let_go(struct thread *self) { sem_post(&self->holder.gate); }

static void thread_close(struct thread *self) {
  CHECK_OK(sabir_executor_destroy(&self->executor));
  probe_end(&self->holder);
}

/* The supervisor is late: b, which it tells to halt, has crashed already. b hears of that, and of its next begin, at once. */
static void a_halt_comes_too_late(uint32_t strategy, bool on_request) {
  struct nursery nursery;
  struct thread threads[3], *const above = &threads[2];
  sabir_supervisor_options options = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_child_spec group_spec = SABIR_CHILD_SPEC_INIT, spec = SABIR_CHILD_SPEC_INIT;
  sabir_spawn_options group_spawn = SABIR_SPAWN_OPTIONS_INIT, spawn = SABIR_SPAWN_OPTIONS_INIT;
  sabir_child_info info;
  struct answer answer;
  sabir_pid group;
  size_t index;
  nursery_open(&nursery);
  answer_init(&answer);
  for (index = 0; index < 3; ++index) thread_open(&threads[index], nursery.system);
  options.strategy = strategy;
  options.intensity = 10;
  group_spawn.executor = above->executor;
  group_spec.spawn = &group_spawn;
  group = add_supervisor(&nursery, 0, "group", &options, &group_spec);
  spec.restart = SABIR_TRANSIENT;
  spec.spawn = &spawn;
  for (index = 0; index < 2; ++index) {
    spawn.executor = threads[index].executor;
    add_kid(&nursery, group, index, &spec);
  }
  CHECK_DIARY(&nursery, "+a +b");
  diary_clear(&nursery.diary);
  thread_hold(above, nursery.system);
  if (on_request) {
    sabir_message *request = NULL;
    REQUIRE_OK(sabir_request_child(SABIR_CHILD_RESTART, "b", 0, &request));
    begin_ask(&nursery, group, request, &answer);
  } else {
    tell(&nursery, 0, PROBE_CRASH);
    thread_hold(&threads[0], nursery.system); /* it has left */
    thread_let_go(&threads[0]);
  }
  tell(&nursery, 1, PROBE_CRASH);
  thread_hold(&threads[1], nursery.system);
  thread_let_go(above);
  CHECK(child_becomes(&nursery, group, "b", SABIR_CHILD_STARTING)); /* it has been told all */
  thread_let_go(&threads[1]);
  CHECK_DIARY(&nursery, on_request ? "-b:crashed +b" : "-a:crashed -b:crashed +a +b");
  CHECK(child_becomes(&nursery, group, "b", SABIR_CHILD_RUNNING));
  CHECK_NUMBER(who_is(&nursery, 1).incarnation, 2);
  REQUIRE(child_of(&nursery, group, "b", &info));
  CHECK_NUMBER(info.restarts, 1);
  REQUIRE(child_of(&nursery, group, "a", &info));
  CHECK_NUMBER(info.restarts, on_request ? 0 : 1);
  if (on_request) {
    take(&answer.done);
    if (CHECK_OK(answer.status)) CHECK_NUMBER(pid_in(answer.reply), nursery.pids[1]);
  }
  nursery_close(&nursery);
  for (index = 0; index < 3; ++index) thread_close(&threads[index]);
  answer_end(&answer);
}

static void children_that_crash_together_are_restarted(void) {
  a_halt_comes_too_late(SABIR_ONE_FOR_ALL, false);
  a_halt_comes_too_late(SABIR_REST_FOR_ONE, false);
}

static void a_child_that_crashes_before_its_restart_on_request_is_restarted_once(void) {
  a_halt_comes_too_late(SABIR_ONE_FOR_ONE, true);
  a_halt_comes_too_late(SABIR_ONE_FOR_ALL, true);
}

static sabir_status start_and_stop_once(sabir_context *context, uintptr_t argument, uintptr_t *state) {
  const sabir_status status = kid_callbacks(KID_PLAIN).start(context, argument, state);
  if (counted(&((struct kid *)argument)->probe.starts) == 2) CHECK_OK(sabir_context_stop(context));
  return status;
}

static void an_incarnation_that_stops_in_its_start_was_one(void) {
  struct scene scene;
  struct nursery *nursery = &scene.nursery;
  sabir_callbacks callbacks = kid_callbacks(KID_PLAIN);
  uint64_t told = 0;
  sabir_ref ref;
  open_scene(&scene);
  sabir_behavior_destroy(&nursery->behavior);
  callbacks.start = start_and_stop_once;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &nursery->behavior));
  ref = watch(nursery, add_kid(nursery, scene.top, 0, NULL), SABIR_MONITOR_RESTARTS);
  tell(nursery, 0, PROBE_CRASH);
  CHECK_NUMBER(who_is(nursery, 0).incarnation, 3);
  CHECK_NUMBER(counters_of(nursery->system).restarted, 2);
  while (told < 2) {
    sabir_message *message = hear(nursery, ref, SABIR_KIND_RESTARTED);
    told += sabir_message_count(message);
    sabir_message_destroy(&message);
  }
  CHECK_NUMBER(told, 2);
  nursery_close(nursery);
  CHECK_DIARY(nursery, "+a -a:crashed +a -a:normal +a -a:shutdown");
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(the_pid_and_the_queue_survive),
      TEST(a_queued_ask_is_answered_by_the_next_incarnation),
      TEST(a_message_is_delivered_again),
      TEST(used_up_redeliveries_make_a_dead_letter),
      TEST(poison_does_not_loop_for_ever),
      TEST(nothing_is_delivered_again_to_the_dead),
      TEST(asks_of_the_old_incarnation_do_not_reach_the_new_one),
      TEST(timers_and_monitors_end_with_their_incarnation),
      TEST(a_restart_whose_start_fails_is_tried_again),
      TEST(each_failed_start_counts_against_the_intensity),
      TEST(a_failed_start_begins_the_whole_restart_anew),
      TEST(the_first_start_fails),
      TEST(the_first_start_takes_too_long),
      TEST(a_restart_takes_too_long),
      TEST(children_on_different_executors_keep_their_order_and_place),
      TEST(ending_a_permanent_child_ends_an_incarnation),
      TEST(what_a_stopped_transient_child_had_queued_is_dead),
      TEST(children_that_crash_together_are_restarted),
      TEST(a_child_that_crashes_before_its_restart_on_request_is_restarted_once),
      TEST(an_incarnation_that_stops_in_its_start_was_one),
  };
  return RUN_TESTS(tests, argc, argv);
}
