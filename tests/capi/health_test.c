/* supervisor.h: health checks. They are pings through the mailbox, and what fails them is treated as a crash is.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "supervision_support.h"

/* A supervisor, and the spec of children that are checked as often as may be. */
struct scene {
  struct nursery nursery;
  sabir_health_options health;
  sabir_child_spec spec;
  sabir_pid top;
};

static void open_scene_of(struct scene *scene, int with, uint32_t strategy, uint32_t intensity) {
  const sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  const sabir_health_options health = SABIR_HEALTH_OPTIONS_INIT;
  nursery_open(&scene->nursery);
  sabir_behavior_destroy(&scene->nursery.behavior);
  scene->nursery.behavior = kid_behavior(with);
  scene->spec = spec;
  scene->health = health;
  scene->health.interval_ns = MILLISECOND_NS;
  scene->health.timeout_ns = PATIENCE_NS;
  scene->health.threshold = 1;
  scene->spec.health = &scene->health;
  scene->top = add_top(&scene->nursery, strategy, intensity);
}

static void open_scene(struct scene *scene) { open_scene_of(scene, KID_WATCHED, SABIR_ONE_FOR_ONE, 1000000); }

/* As on_stop: one unhealthy incarnation is enough. extra: where the number of checks until then is put, or NULL. */
static void heal(struct kid *self, sabir_context *context) {
  (void)context;
  set(&self->health, SABIR_HEALTH_OK);
  set(&self->loop, 0);
  if (self->extra != NULL) set((uint64_t *)self->extra, counted(&self->checks));
}

static uint64_t restarts_of(struct scene *scene, const char *id) {
  sabir_child_info info;
  REQUIRE(child_of(&scene->nursery, scene->top, id, &info));
  return info.restarts;
}

static void a_healthy_child_stays(void) {
  struct scene scene;
  open_scene(&scene);
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  CHECK(reached(&scene.nursery.kids[0].checks, 20));
  CHECK(health_becomes(&scene.nursery, scene.top, "a", SABIR_HEALTH_OK));
  CHECK_NUMBER(who_is(&scene.nursery, 0).incarnation, 1);
  nursery_close(&scene.nursery);
  CHECK_DIARY(&scene.nursery, "+a -a:shutdown");
}

static void a_child_without_a_callback_is_healthy_when_it_answers(void) {
  struct scene scene;
  open_scene_of(&scene, KID_PLAIN, SABIR_ONE_FOR_ONE, SABIR_INTENSITY_NONE);
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  CHECK(health_becomes(&scene.nursery, scene.top, "a", SABIR_HEALTH_OK));
  CHECK_NUMBER(who_is(&scene.nursery, 0).handled, 1); /* pings are not its messages */
  nursery_close(&scene.nursery);
}

static void a_child_that_is_not_watched_is_unknown(void) {
  struct scene scene;
  sabir_child_info info;
  open_scene(&scene);
  scene.spec.health = NULL;
  set(&scene.nursery.kids[0].health, SABIR_HEALTH_FAILED);
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  who_is(&scene.nursery, 0);
  REQUIRE(child_of(&scene.nursery, scene.top, "a", &info));
  CHECK_NUMBER(info.health, SABIR_HEALTH_UNKNOWN);
  CHECK_NUMBER(counted(&scene.nursery.kids[0].checks), 0);
  nursery_close(&scene.nursery);
}

static void no_check_comes_before_its_interval(void) {
  struct scene scene;
  uint64_t begin_ns;
  open_scene(&scene);
  scene.health.interval_ns = 20 * MILLISECOND_NS;
  begin_ns = now_ns();
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  CHECK(reached(&scene.nursery.kids[0].checks, 3));
  CHECK(now_ns() - begin_ns >= 3 * scene.health.interval_ns - 2 * MILLISECOND_NS);
  nursery_close(&scene.nursery);
}

/* --- failing --- */

static void failed_checks_in_a_row_restart_it(void) {
  struct scene scene;
  uint64_t checks = 0;
  open_scene(&scene);
  scene.health.threshold = 4;
  scene.nursery.kids[0].on_stop = heal;
  scene.nursery.kids[0].extra = &checks;
  set(&scene.nursery.kids[0].health, SABIR_HEALTH_FAILED);
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  CHECK_DIARY(&scene.nursery, "+a -a:unhealthy +a");
  CHECK(counted(&checks) >= 4);
  CHECK(health_becomes(&scene.nursery, scene.top, "a", SABIR_HEALTH_OK));
  CHECK_NUMBER(restarts_of(&scene, "a"), 1);
  scene.nursery.kids[0].extra = NULL;
  nursery_close(&scene.nursery);
}

static void a_good_check_between_bad_ones_forgives_them(void) {
  struct scene scene;
  open_scene_of(&scene, KID_WATCHED, SABIR_ONE_FOR_ONE, SABIR_INTENSITY_NONE);
  scene.health.threshold = 3;
  set(&scene.nursery.kids[0].health, SABIR_HEALTH_FAILED);
  set(&scene.nursery.kids[0].fine_every, 3); /* never more than two in a row */
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  CHECK(reached(&scene.nursery.kids[0].checks, 30));
  CHECK_NUMBER(who_is(&scene.nursery, 0).incarnation, 1);
  nursery_close(&scene.nursery);
  CHECK_DIARY(&scene.nursery, "+a -a:shutdown");
}

static void a_degraded_child_is_only_told_of(void) {
  struct scene scene;
  struct log_watch log;
  open_scene_of(&scene, KID_WATCHED, SABIR_ONE_FOR_ONE, SABIR_INTENSITY_NONE);
  watch_log(scene.nursery.system, &log, "degraded", SABIR_LOG_DEBUG);
  set(&scene.nursery.kids[0].health, SABIR_HEALTH_DEGRADED);
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  CHECK(health_becomes(&scene.nursery, scene.top, "a", SABIR_HEALTH_DEGRADED));
  CHECK(reached(&scene.nursery.kids[0].checks, 10));
  CHECK(reached(&log.records, 1));
  CHECK_NUMBER(who_is(&scene.nursery, 0).incarnation, 1);
  set(&scene.nursery.kids[0].health, SABIR_HEALTH_OK);
  CHECK(health_becomes(&scene.nursery, scene.top, "a", SABIR_HEALTH_OK));
  nursery_close(&scene.nursery);
  CHECK_DIARY(&scene.nursery, "+a -a:shutdown");
}

static void pings_that_are_not_answered_in_time_fail(void) {
  static const uint32_t expected[] = {1};
  struct scene scene;
  open_scene(&scene);
  scene.health.timeout_ns = 50 * MILLISECOND_NS;
  scene.health.threshold = 2;
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  tell(&scene.nursery, 0, PROBE_BLOCK);
  take(&scene.nursery.kids[0].probe.entered);
  tell_number(&scene.nursery, 0, KID_NUMBER, 1);
  CHECK(child_becomes(&scene.nursery, scene.top, "a", SABIR_CHILD_ENDING)); /* it was told to end; its handler is not cut */
  CHECK_DIARY(&scene.nursery, "+a");
  sem_post(&scene.nursery.kids[0].probe.gate);
  CHECK_DIARY(&scene.nursery, "+a -a:unhealthy +a");
  CHECK_NUMBERS(&scene.nursery.kids[0], expected); /* in place: what was queued stays */
  nursery_close(&scene.nursery);
}

static void a_slow_answer_that_is_in_time_is_fine(void) {
  struct scene scene;
  open_scene_of(&scene, KID_WATCHED, SABIR_ONE_FOR_ONE, SABIR_INTENSITY_NONE);
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  tell(&scene.nursery, 0, PROBE_BLOCK);
  take(&scene.nursery.kids[0].probe.entered);
  stay_quiet(&scene.nursery, 20 * MILLISECOND_NS); /* many intervals: they do not pile up */
  sem_post(&scene.nursery.kids[0].probe.gate);
  CHECK_NUMBER(who_is(&scene.nursery, 0).incarnation, 1);
  nursery_close(&scene.nursery);
}

/* A full mailbox that rejects takes pings all the same. */
static void no_bound_refuses_a_ping(void) {
  struct scene scene;
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_status status;
  uint64_t checks;
  open_scene_of(&scene, KID_WATCHED, SABIR_ONE_FOR_ONE, SABIR_INTENSITY_NONE);
  mailbox.capacity = 1;
  spawn.mailbox = &mailbox;
  scene.spec.spawn = &spawn;
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  tell(&scene.nursery, 0, PROBE_BLOCK);
  take(&scene.nursery.kids[0].probe.entered);
  do status = sabir_send_bytes(scene.nursery.system, scene.nursery.pids[0], PROBE_COUNT, NULL, 0);
  while (status == SABIR_OK);
  CHECK_STATUS(status, SABIR_E_MAILBOX_FULL);
  checks = counted(&scene.nursery.kids[0].checks);
  sem_post(&scene.nursery.kids[0].probe.gate);
  CHECK(reached(&scene.nursery.kids[0].checks, checks + 3));
  nursery_close(&scene.nursery);
  CHECK_DIARY(&scene.nursery, "+a -a:shutdown");
}

/* --- limits --- */

/* Messages that go round keep the mailbox at a depth. */
static void go_round(struct scene *scene, size_t number) {
  set(&scene->nursery.kids[0].loop, 1);
  for (; number > 0; --number) tell(&scene->nursery, 0, KID_LOOP);
}

static void a_deep_mailbox_is_degraded(void) {
  struct scene scene;
  open_scene_of(&scene, KID_WATCHED, SABIR_ONE_FOR_ONE, SABIR_INTENSITY_NONE);
  scene.health.degraded_depth = 10;
  scene.health.failed_depth = 1000;
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  CHECK(health_becomes(&scene.nursery, scene.top, "a", SABIR_HEALTH_OK));
  go_round(&scene, 30);
  CHECK(health_becomes(&scene.nursery, scene.top, "a", SABIR_HEALTH_DEGRADED));
  set(&scene.nursery.kids[0].loop, 0);
  CHECK(health_becomes(&scene.nursery, scene.top, "a", SABIR_HEALTH_OK));
  nursery_close(&scene.nursery);
}

static void a_deeper_one_has_failed(void) {
  struct scene scene;
  open_scene(&scene);
  scene.health.failed_depth = 10;
  scene.health.threshold = 2;
  scene.nursery.kids[0].on_stop = heal;
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  go_round(&scene, 30);
  CHECK_DIARY(&scene.nursery, "+a -a:unhealthy +a");
  CHECK(health_becomes(&scene.nursery, scene.top, "a", SABIR_HEALTH_OK));
  nursery_close(&scene.nursery);
}

static void messages_that_wait_too_long_fail(void) {
  struct scene scene;
  open_scene(&scene);
  scene.health.failed_age_ns = 20 * MILLISECOND_NS;
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  tell(&scene.nursery, 0, PROBE_BLOCK);
  take(&scene.nursery.kids[0].probe.entered);
  stay_quiet(&scene.nursery, 100 * MILLISECOND_NS); /* a ping waits behind it for most of that */
  CHECK_DIARY(&scene.nursery, "+a");
  sem_post(&scene.nursery.kids[0].probe.gate);
  CHECK(reached(&scene.nursery.kids[0].probe.starts, 2));
  nursery_close(&scene.nursery);
}

/* --- as any crash --- */

static void policies_decide_about_the_unhealthy(uint32_t restart, bool restarted) {
  struct scene scene;
  open_scene(&scene);
  scene.spec.restart = restart;
  scene.nursery.kids[0].on_stop = heal;
  set(&scene.nursery.kids[0].health, SABIR_HEALTH_FAILED);
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  if (restarted) {
    CHECK_DIARY(&scene.nursery, "+a -a:unhealthy +a");
    CHECK(health_becomes(&scene.nursery, scene.top, "a", SABIR_HEALTH_OK));
  } else {
    CHECK(child_is_forgotten(&scene.nursery, scene.top, "a"));
    take(&scene.nursery.kids[0].probe.dropped);
    CHECK_DIARY(&scene.nursery, "+a -a:unhealthy");
  }
  nursery_close(&scene.nursery);
}

static void the_policy_decides(void) {
  policies_decide_about_the_unhealthy(SABIR_PERMANENT, true);
  policies_decide_about_the_unhealthy(SABIR_TRANSIENT, true); /* it is abnormal */
  policies_decide_about_the_unhealthy(SABIR_TEMPORARY, false);
}

static void the_strategy_says_who_else(void) {
  struct scene scene;
  open_scene_of(&scene, KID_WATCHED, SABIR_ONE_FOR_ALL, 1);
  add_kid(&scene.nursery, scene.top, 0, NULL);
  add_kid(&scene.nursery, scene.top, 1, &scene.spec);
  add_kid(&scene.nursery, scene.top, 2, NULL);
  scene.nursery.kids[1].on_stop = heal;
  set(&scene.nursery.kids[1].health, SABIR_HEALTH_FAILED);
  CHECK_DIARY(&scene.nursery, "+a +b +c -b:unhealthy -c:shutdown -a:shutdown +a +b +c");
  CHECK(health_becomes(&scene.nursery, scene.top, "b", SABIR_HEALTH_OK));
  nursery_close(&scene.nursery);
}

static void it_counts_against_the_intensity(void) {
  struct scene scene;
  sabir_message *down;
  const sabir_exit *cause;
  sabir_ref ref;
  open_scene_of(&scene, KID_WATCHED, SABIR_ONE_FOR_ONE, 2);
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  ref = watch(&scene.nursery, scene.top, 0);
  set(&scene.nursery.kids[0].health, SABIR_HEALTH_FAILED);
  down = hear(&scene.nursery, ref, SABIR_KIND_DOWN);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(sabir_message_exit(down)), SABIR_EXIT_INTENSITY);
  cause = sabir_exit_cause(sabir_message_exit(down));
  REQUIRE(cause != NULL);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(cause), SABIR_EXIT_UNHEALTHY);
  CHECK_NUMBER(sabir_exit_pid(cause), scene.nursery.pids[0]);
  sabir_message_destroy(&down);
  nursery_close(&scene.nursery);
  CHECK_DIARY(&scene.nursery, "+a -a:unhealthy +a -a:unhealthy +a -a:unhealthy");
}

static void it_waits_for_its_backoff(void) {
  struct scene scene;
  const struct kid *one = &scene.nursery.kids[0];
  open_scene(&scene);
  scene.spec.backoff_initial_ns = 30 * MILLISECOND_NS;
  scene.nursery.kids[0].on_stop = heal;
  set(&scene.nursery.kids[0].health, SABIR_HEALTH_FAILED);
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  CHECK_DIARY(&scene.nursery, "+a -a:unhealthy +a");
  CHECK(one->started_ns[1] - one->stopped_ns[0] >= scene.spec.backoff_initial_ns);
  nursery_close(&scene.nursery);
}

static void the_children_of_a_template_are_watched_too(void) {
  struct scene scene;
  sabir_supervisor_options options = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_pid pool;
  open_scene(&scene);
  options.strategy = SABIR_SIMPLE_ONE_FOR_ONE;
  options.child_behavior = scene.nursery.behavior;
  options.child = &scene.spec;
  pool = add_supervisor(&scene.nursery, scene.top, "pool", &options, NULL);
  scene.nursery.kids[1].on_stop = heal;
  add_simple_kid(&scene.nursery, pool, 0);
  add_simple_kid(&scene.nursery, pool, 1);
  set(&scene.nursery.kids[1].health, SABIR_HEALTH_FAILED);
  CHECK_DIARY(&scene.nursery, "+a +b -b:unhealthy +b");
  nursery_close(&scene.nursery);
}

/* The next incarnation does not answer before it is let go. */
static void after_a_restart_it_is_unknown(void) {
  struct scene scene;
  struct nursery *nursery = &scene.nursery;
  sabir_child_info info;
  open_scene(&scene);
  add_kid(nursery, scene.top, 0, &scene.spec);
  CHECK(health_becomes(nursery, scene.top, "a", SABIR_HEALTH_OK));
  tell(nursery, 0, PROBE_BLOCK); /* so that no ping of the next incarnation comes in between */
  take(&nursery->kids[0].probe.entered);
  tell(nursery, 0, PROBE_CRASH);
  tell(nursery, 0, PROBE_BLOCK);
  sem_post(&nursery->kids[0].probe.gate);
  take(&nursery->kids[0].probe.entered);
  CHECK(child_becomes(nursery, scene.top, "a", SABIR_CHILD_RUNNING));
  REQUIRE(child_of(nursery, scene.top, "a", &info));
  CHECK_NUMBER(info.health, SABIR_HEALTH_UNKNOWN);
  CHECK_NUMBER(info.restarts, 1);
  sem_post(&nursery->kids[0].probe.gate);
  CHECK(health_becomes(nursery, scene.top, "a", SABIR_HEALTH_OK));
  nursery_close(nursery);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(a_healthy_child_stays),
      TEST(a_child_without_a_callback_is_healthy_when_it_answers),
      TEST(a_child_that_is_not_watched_is_unknown),
      TEST(no_check_comes_before_its_interval),
      TEST(failed_checks_in_a_row_restart_it),
      TEST(a_good_check_between_bad_ones_forgives_them),
      TEST(a_degraded_child_is_only_told_of),
      TEST(pings_that_are_not_answered_in_time_fail),
      TEST(a_slow_answer_that_is_in_time_is_fine),
      TEST(no_bound_refuses_a_ping),
      TEST(a_deep_mailbox_is_degraded),
      TEST(a_deeper_one_has_failed),
      TEST(messages_that_wait_too_long_fail),
      TEST(the_policy_decides),
      TEST(the_strategy_says_who_else),
      TEST(it_counts_against_the_intensity),
      TEST(it_waits_for_its_backoff),
      TEST(the_children_of_a_template_are_watched_too),
      TEST(after_a_restart_it_is_unknown),
  };
  return RUN_TESTS(tests, argc, argv);
}
