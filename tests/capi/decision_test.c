/* behavior.h, supervisor.h: what the failed callback decides, and how long a restart waits.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "supervision_support.h"

struct scene {
  struct nursery nursery;
  sabir_child_spec spec;
  sabir_pid top;
};

static void open_scene(struct scene *scene, int with, uint32_t intensity) {
  const sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  nursery_open(&scene->nursery);
  sabir_behavior_destroy(&scene->nursery.behavior);
  scene->nursery.behavior = kid_behavior(with);
  scene->spec = spec;
  scene->top = add_top(&scene->nursery, SABIR_ONE_FOR_ONE, intensity);
}

/* --- the failed callback --- */

/* A kid with this policy crashes once, and its callback decides. */
static void a_decision(int32_t decision, uint32_t restart, const char *expected, bool alive) {
  struct scene scene;
  sabir_child_info info;
  open_scene(&scene, KID_DECIDES, 100);
  scene.spec.restart = restart;
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  set(&scene.nursery.kids[0].decision, (uint64_t)(uint32_t)decision);
  tell(&scene.nursery, 0, PROBE_CRASH);
  CHECK_DIARY(&scene.nursery, expected);
  if (alive)
    who_is(&scene.nursery, 0);
  else
    CHECK(becomes_dead(scene.nursery.system, scene.nursery.pids[0]));
  if (!alive && restart != SABIR_TEMPORARY) {
    CHECK(child_becomes(&scene.nursery, scene.top, "a", SABIR_CHILD_STOPPED));
    REQUIRE(child_of(&scene.nursery, scene.top, "a", &info));
    CHECK_NUMBER(info.restarts, 0);
  }
  CHECK(dead_letters_reach(scene.nursery.system, SABIR_CAUSE_CRASHED, 1)); /* the message, whatever was decided */
  CHECK_NUMBER(counted(&scene.nursery.kids[0].failures), 1);
  CHECK_OK(sabir_actor_status(scene.nursery.system, scene.top));
  nursery_close(&scene.nursery);
}

static void it_may_leave_it_to_the_policy(void) {
  a_decision(SABIR_DECISION_DEFAULT, SABIR_PERMANENT, "+a ?a -a:crashed +a", true);
  a_decision(SABIR_DECISION_DEFAULT, SABIR_TRANSIENT, "+a ?a -a:crashed +a", true);
  a_decision(SABIR_DECISION_DEFAULT, SABIR_TEMPORARY, "+a ?a -a:crashed", false);
}

static void it_may_restart_whatever_the_policy(void) {
  a_decision(SABIR_DECISION_RESTART, SABIR_PERMANENT, "+a ?a -a:crashed +a", true);
  a_decision(SABIR_DECISION_RESTART, SABIR_TEMPORARY, "+a ?a -a:crashed +a", true);
}

static void it_may_stop_whatever_the_policy(void) {
  a_decision(SABIR_DECISION_STOP, SABIR_PERMANENT, "+a ?a -a:crashed", false);
  a_decision(SABIR_DECISION_STOP, SABIR_TRANSIENT, "+a ?a -a:crashed", false);
  a_decision(SABIR_DECISION_STOP, SABIR_TEMPORARY, "+a ?a -a:crashed", false);
}

static void what_it_should_not_say_is_the_default(void) {
  a_decision(SABIR_DECISION_ESCALATE + 1, SABIR_PERMANENT, "+a ?a -a:crashed +a", true);
  a_decision(-1, SABIR_TEMPORARY, "+a ?a -a:crashed", false);
}

static void it_may_resume_with_the_state_it_has(void) {
  static const uint32_t expected[] = {1, 2};
  struct scene scene;
  kid_identity identity;
  sabir_child_info info;
  open_scene(&scene, KID_DECIDES, SABIR_INTENSITY_NONE);
  add_kid(&scene.nursery, scene.top, 0, NULL);
  set(&scene.nursery.kids[0].decision, SABIR_DECISION_RESUME);
  tell_number(&scene.nursery, 0, KID_NUMBER, 1);
  tell(&scene.nursery, 0, PROBE_CRASH);
  tell(&scene.nursery, 0, PROBE_CRASH);
  tell_number(&scene.nursery, 0, KID_NUMBER, 2);
  CHECK_NUMBERS(&scene.nursery.kids[0], expected);
  identity = who_is(&scene.nursery, 0);
  CHECK_NUMBER(identity.incarnation, 1);
  CHECK_NUMBER(identity.handled, 5);
  REQUIRE(child_of(&scene.nursery, scene.top, "a", &info));
  CHECK_NUMBER(info.restarts, 0);
  CHECK(dead_letters_reach(scene.nursery.system, SABIR_CAUSE_CRASHED, 2));
  CHECK_NUMBER(dead_letters(scene.nursery.system, SABIR_CAUSE_CRASHED), 2);
  nursery_close(&scene.nursery);
  CHECK_DIARY(&scene.nursery, "+a ?a ?a -a:shutdown");
}

static void a_restart_that_it_decides_counts_against_the_intensity(void) {
  struct scene scene;
  sabir_ref ref;
  open_scene(&scene, KID_DECIDES, SABIR_INTENSITY_NONE);
  scene.spec.restart = SABIR_TEMPORARY;
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  set(&scene.nursery.kids[0].decision, SABIR_DECISION_RESTART);
  ref = watch(&scene.nursery, scene.top, 0);
  tell(&scene.nursery, 0, PROBE_CRASH);
  hear_down(&scene.nursery, ref, SABIR_EXIT_INTENSITY);
  nursery_close(&scene.nursery);
}

static void it_may_escalate(void) {
  struct scene scene;
  sabir_message *down;
  const sabir_exit *exit, *cause;
  sabir_ref ref;
  open_scene(&scene, KID_DECIDES, 100);
  add_kids(&scene.nursery, scene.top, 3, NULL);
  set(&scene.nursery.kids[1].decision, SABIR_DECISION_ESCALATE);
  ref = watch(&scene.nursery, scene.top, 0);
  tell(&scene.nursery, 1, PROBE_CRASH);
  down = hear(&scene.nursery, ref, SABIR_KIND_DOWN);
  exit = sabir_message_exit(down);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(exit), SABIR_EXIT_ESCALATED);
  cause = sabir_exit_cause(exit);
  REQUIRE(cause != NULL);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(cause), SABIR_EXIT_CRASHED);
  CHECK_TEXT(sabir_exit_message(cause), PROBE_CRASH_TEXT);
  CHECK_NUMBER(sabir_exit_pid(cause), scene.nursery.pids[1]);
  sabir_message_destroy(&down);
  nursery_close(&scene.nursery);
  CHECK_DIARY(&scene.nursery, "+a +b +c ?b -b:crashed -c:shutdown -a:shutdown");
}

static void an_escalation_restarts_the_supervisor(void) {
  struct scene scene;
  sabir_pid inner;
  open_scene(&scene, KID_DECIDES, 100);
  inner = add_supervisor(&scene.nursery, scene.top, "inner", NULL, NULL);
  add_kids(&scene.nursery, inner, 2, NULL);
  set(&scene.nursery.kids[0].decision, SABIR_DECISION_ESCALATE);
  tell(&scene.nursery, 0, PROBE_CRASH);
  CHECK_DIARY(&scene.nursery, "+a +b ?a -a:crashed -b:shutdown +a +b");
  CHECK_OK(sabir_actor_status(scene.nursery.system, inner));
  nursery_close(&scene.nursery);
}

static void it_is_not_asked_about_starts(void) {
  struct scene scene;
  open_scene(&scene, KID_DECIDES, 100);
  set(&scene.nursery.kids[0].decision, SABIR_DECISION_DEFAULT);
  set(&scene.nursery.kids[0].fail_from, 2);
  set(&scene.nursery.kids[0].fail_to, 3);
  add_kid(&scene.nursery, scene.top, 0, NULL);
  tell(&scene.nursery, 0, PROBE_CRASH);
  CHECK_DIARY(&scene.nursery, "+a ?a -a:crashed !a +a");
  nursery_close(&scene.nursery);
}

static void without_a_supervisor(int32_t decision, const char *expected) {
  struct scene scene;
  struct nursery *nursery = &scene.nursery;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  open_scene(&scene, KID_DECIDES, 100);
  options.argument = (uintptr_t)&nursery->kids[0];
  options.drop = probe_drop;
  ++nursery->kids[0].handed;
  REQUIRE_OK(sabir_spawn(nursery->system, nursery->behavior, &options, &nursery->pids[0], NULL));
  set(&nursery->kids[0].decision, (uint64_t)decision);
  tell(nursery, 0, PROBE_CRASH);
  if (decision == SABIR_DECISION_RESUME)
    CHECK_NUMBER(who_is(nursery, 0).incarnation, 1);
  else
    CHECK(becomes_dead(nursery->system, nursery->pids[0]));
  CHECK_DIARY(nursery, expected);
  nursery_close(nursery);
}

static void an_actor_without_a_supervisor_resumes_or_exits(void) {
  without_a_supervisor(SABIR_DECISION_RESUME, "+a ?a");
  without_a_supervisor(SABIR_DECISION_DEFAULT, "+a ?a -a:crashed");
  without_a_supervisor(SABIR_DECISION_RESTART, "+a ?a -a:crashed");
  without_a_supervisor(SABIR_DECISION_STOP, "+a ?a -a:crashed");
  without_a_supervisor(SABIR_DECISION_ESCALATE, "+a ?a -a:crashed");
}

static int32_t failed_tells(sabir_context *context, uintptr_t state, const sabir_exit *exit) {
  const struct nursery *nursery = (const struct nursery *)kid_of(state)->extra;
  const uint32_t number = 9;
  (void)exit;
  CHECK_OK(sabir_context_send_bytes(context, nursery->pids[1], KID_NUMBER, &number, sizeof number));
  return SABIR_DECISION_STOP;
}

static void what_it_sends_is_sent(void) {
  static const uint32_t expected[] = {9};
  struct scene scene;
  sabir_callbacks callbacks = kid_callbacks(KID_PLAIN);
  open_scene(&scene, KID_PLAIN, 100);
  callbacks.failed = failed_tells;
  sabir_behavior_destroy(&scene.nursery.behavior);
  REQUIRE_OK(sabir_behavior_create(&callbacks, &scene.nursery.behavior));
  scene.nursery.kids[0].extra = &scene.nursery;
  add_kid(&scene.nursery, scene.top, 1, NULL);
  add_kid(&scene.nursery, scene.top, 0, NULL);
  tell(&scene.nursery, 0, PROBE_CRASH);
  CHECK_NUMBERS(&scene.nursery.kids[1], expected);
  nursery_close(&scene.nursery);
}

/* --- backoff --- */

/* The crashes are queued, so that each incarnation lives for a moment only, and the waits grow. */
static void the_waits_are(uint64_t initial_ns, uint32_t factor_percent, uint64_t max_ns, uint32_t jitter_percent) {
  enum { CRASHES = 6 };
  const uint64_t late_ns = (TEST_SANITIZED ? 10 : 2) * SECOND_NS;
  struct scene scene;
  const struct kid *one = &scene.nursery.kids[0];
  uint64_t wait_ns = initial_ns;
  size_t crash;
  open_scene(&scene, KID_PLAIN, 100);
  scene.spec.backoff_initial_ns = initial_ns;
  scene.spec.backoff_factor_percent = factor_percent;
  scene.spec.backoff_max_ns = max_ns;
  scene.spec.backoff_jitter_percent = jitter_percent;
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  tell(&scene.nursery, 0, PROBE_BLOCK);
  take(&scene.nursery.kids[0].probe.entered);
  for (crash = 0; crash < CRASHES; ++crash) tell(&scene.nursery, 0, PROBE_CRASH);
  sem_post(&scene.nursery.kids[0].probe.gate);
  CHECK_NUMBER(who_is(&scene.nursery, 0).incarnation, CRASHES + 1);
  for (crash = 0; crash < CRASHES; ++crash) {
    const uint64_t waited_ns = one->started_ns[crash + 1] - one->stopped_ns[crash];
    const uint64_t least_ns = wait_ns - wait_ns * jitter_percent / 100, most_ns = wait_ns + wait_ns * jitter_percent / 100;
    /* On a slow machine an incarnation may have lived for so long that the waits began anew. */
    if (crash > 0 && one->stopped_ns[crash] - one->started_ns[crash] >= max_ns / 2) break;
    if (!CHECK(waited_ns >= least_ns) || !CHECK(waited_ns <= most_ns + late_ns))
      fprintf(stderr, "  wait %zu: %" PRIu64 " ns, expected %" PRIu64 " ns\n", crash, waited_ns, wait_ns);
    wait_ns = wait_ns * factor_percent / 100;
    if (wait_ns > max_ns) wait_ns = max_ns;
  }
  nursery_close(&scene.nursery);
}

static void waits_grow_up_to_the_longest(void) { the_waits_are(20 * MILLISECOND_NS, 200, 200 * MILLISECOND_NS, 0); }
static void waits_may_stay_the_same(void) { the_waits_are(20 * MILLISECOND_NS, 100, 20 * MILLISECOND_NS, 0); }
static void a_hundredfold_wait_is_bounded(void) { the_waits_are(1 * MILLISECOND_NS, 10000, 100 * MILLISECOND_NS, 0); }
static void waits_may_be_random(void) { the_waits_are(20 * MILLISECOND_NS, 100, 20 * MILLISECOND_NS, 50); }

/* The second wait is a hundred times the first, unless an incarnation has lived for longer than the longest wait. A slow machine may make
 * a short wait long, so one of several short ones is enough. */
static void waits_begin_anew_after_a_long_life(void) {
  const uint64_t longest_ns = 100 * MILLISECOND_NS;
  struct scene scene;
  const struct kid *one = &scene.nursery.kids[0];
  size_t crash;
  bool anew = false;
  open_scene(&scene, KID_PLAIN, 100);
  scene.spec.backoff_initial_ns = 1;
  scene.spec.backoff_factor_percent = 10000;
  scene.spec.backoff_max_ns = longest_ns;
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  for (crash = 0; crash < 6 && !anew; ++crash) {
    stay_quiet(&scene.nursery, longest_ns + 20 * MILLISECOND_NS);
    tell(&scene.nursery, 0, PROBE_CRASH);
    CHECK_NUMBER(who_is(&scene.nursery, 0).incarnation, crash + 2);
    anew = crash >= 4 && one->started_ns[crash + 1] - one->stopped_ns[crash] < longest_ns; /* the fifth would be the longest */
  }
  CHECK(anew);
  nursery_close(&scene.nursery);
}

static void a_supervisor_does_not_wait_with_its_child(void) {
  struct scene scene;
  sabir_pid pid = 1;
  open_scene(&scene, KID_PLAIN, 100);
  scene.spec.backoff_initial_ns = 3600 * SECOND_NS;
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  add_kid(&scene.nursery, scene.top, 1, NULL);
  tell(&scene.nursery, 0, PROBE_CRASH);
  CHECK(child_becomes(&scene.nursery, scene.top, "a", SABIR_CHILD_WAITING));
  tell_number(&scene.nursery, 0, KID_NUMBER, 3); /* is queued */
  tell(&scene.nursery, 1, PROBE_CRASH);
  CHECK_NUMBER(who_is(&scene.nursery, 1).incarnation, 2);
  add_kid(&scene.nursery, scene.top, 2, NULL);
  CHECK_OK(sabir_child_do(scene.nursery.system, scene.top, SABIR_CHILD_STOP, "a", 0, &pid));
  CHECK_NUMBER(pid, 0);
  CHECK_STATUS(sabir_actor_status(scene.nursery.system, scene.nursery.pids[0]), SABIR_E_DEAD);
  CHECK(dead_letters_reach(scene.nursery.system, SABIR_CAUSE_ANY, 3)); /* the crashes, and what was queued */
  nursery_close(&scene.nursery);
}

static void a_restart_by_request_ends_the_wait(void) {
  static const uint32_t expected[] = {3};
  struct scene scene;
  sabir_pid pid = 0;
  open_scene(&scene, KID_PLAIN, 100);
  scene.spec.backoff_initial_ns = 3600 * SECOND_NS;
  add_kid(&scene.nursery, scene.top, 0, &scene.spec);
  tell(&scene.nursery, 0, PROBE_CRASH);
  CHECK(child_becomes(&scene.nursery, scene.top, "a", SABIR_CHILD_WAITING));
  tell_number(&scene.nursery, 0, KID_NUMBER, 3);
  CHECK_OK(sabir_child_do(scene.nursery.system, scene.top, SABIR_CHILD_RESTART, "a", 0, &pid));
  CHECK_NUMBER(pid, scene.nursery.pids[0]);
  CHECK_NUMBERS(&scene.nursery.kids[0], expected);
  nursery_close(&scene.nursery);
  CHECK_DIARY(&scene.nursery, "+a -a:crashed +a -a:shutdown");
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(it_may_leave_it_to_the_policy),
      TEST(it_may_restart_whatever_the_policy),
      TEST(it_may_stop_whatever_the_policy),
      TEST(what_it_should_not_say_is_the_default),
      TEST(it_may_resume_with_the_state_it_has),
      TEST(a_restart_that_it_decides_counts_against_the_intensity),
      TEST(it_may_escalate),
      TEST(an_escalation_restarts_the_supervisor),
      TEST(it_is_not_asked_about_starts),
      TEST(an_actor_without_a_supervisor_resumes_or_exits),
      TEST(what_it_sends_is_sent),
      TEST(waits_grow_up_to_the_longest),
      TEST(waits_may_stay_the_same),
      TEST(a_hundredfold_wait_is_bounded),
      TEST(waits_may_be_random),
      TEST(waits_begin_anew_after_a_long_life),
      TEST(a_supervisor_does_not_wait_with_its_child),
      TEST(a_restart_by_request_ends_the_wait),
  };
  return RUN_TESTS(tests, argc, argv);
}
