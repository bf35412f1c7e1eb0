/* supervisor.h: whether a child is restarted: each policy, after each of the ends that a child may come to. A handler that is given up on
 * is in stall_test.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "supervision_support.h"

static const uint32_t policies[] = {SABIR_PERMANENT, SABIR_TRANSIENT, SABIR_TEMPORARY};
static const char *const policy_names[] = {"permanent", "transient", "temporary"};

static bool restarted_by(uint32_t policy, bool abnormal) { return policy == SABIR_PERMANENT || (policy == SABIR_TRANSIENT && abnormal); }

/* --- workers --- */

/* Kid 0 under a supervisor with patience, and an actor that it may be linked to. */
struct scene {
  struct nursery nursery;
  sabir_health_options health;
  sabir_child_spec spec;
  sabir_pid top, other_pid;
  probe other;
};

/* One way to end: prepare, which may be NULL, comes before the kid is made. */
struct ending {
  const char *name;
  const char *diary; /* what is written then, but for a start that is good */
  bool abnormal;
  uint64_t starts; /* how many there are if it is restarted */
  void (*prepare)(struct scene *scene);
  void (*end)(struct scene *scene);
};

static void end_normally(struct scene *scene) { tell(&scene->nursery, 0, PROBE_STOP); }
static void drain(struct scene *scene) { CHECK_OK(sabir_actor_drain(scene->nursery.system, scene->nursery.pids[0])); }
static void stop(struct scene *scene) { CHECK_OK(sabir_actor_stop(scene->nursery.system, scene->nursery.pids[0])); }
static void kill_it(struct scene *scene) { CHECK_OK(sabir_actor_kill(scene->nursery.system, scene->nursery.pids[0])); }
static void crash(struct scene *scene) { tell(&scene->nursery, 0, PROBE_CRASH); }

static sabir_status link_to_other(sabir_context *context, sabir_message **message, void *argument) {
  (void)message;
  CHECK_OK(sabir_context_link(context, ((struct scene *)argument)->other_pid));
  return SABIR_OK;
}

static void crash_a_linked_one(struct scene *scene) {
  run_inside(scene->nursery.system, scene->nursery.pids[0], link_to_other, scene);
  CHECK_OK(sabir_send_bytes(scene->nursery.system, scene->other_pid, PROBE_CRASH, NULL, 0));
}

static void link_to_a_dead_one(struct scene *scene) {
  CHECK_OK(sabir_actor_kill(scene->nursery.system, scene->other_pid));
  CHECK(becomes_dead(scene->nursery.system, scene->other_pid));
  begin_inside(scene->nursery.system, scene->nursery.pids[0], link_to_other, scene);
}

static void heal(struct kid *self, sabir_context *context) {
  (void)context;
  set(&self->health, SABIR_HEALTH_OK);
}
static void be_watched(struct scene *scene) {
  scene->health.interval_ns = MILLISECOND_NS;
  scene->health.timeout_ns = PATIENCE_NS;
  scene->health.threshold = 1;
  scene->spec.health = &scene->health;
  scene->nursery.kids[0].on_stop = heal;
}
static void fall_ill(struct scene *scene) { set(&scene->nursery.kids[0].health, SABIR_HEALTH_FAILED); }

/* Of the starts after the first the first one fails. */
static void fail_a_start(struct scene *scene) {
  set(&scene->nursery.kids[0].fail_from, 2);
  set(&scene->nursery.kids[0].fail_to, 3);
}

/* Or it takes too long. */
static void block_a_start(struct scene *scene) {
  scene->spec.start_timeout_ns = 10 * MILLISECOND_NS;
  set(&scene->nursery.kids[0].block_start, 2);
}
static void let_it_start_late(struct scene *scene) {
  take(&scene->nursery.kids[0].probe.entered);
  stay_quiet(&scene->nursery, 50 * MILLISECOND_NS);
  sem_post(&scene->nursery.kids[0].probe.gate);
}
static void crash_and_start_late(struct scene *scene) {
  crash(scene);
  let_it_start_late(scene);
}

static const struct ending endings[] = {
    {"normal", "-a:normal", false, 2, NULL, end_normally},
    {"drained", "-a:normal", false, 2, NULL, drain},
    {"stopped", "-a:stopped", false, 2, NULL, stop},
    {"killed", "-a:killed", true, 2, NULL, kill_it},
    {"crashed", "-a:crashed", true, 2, NULL, crash},
    {"linked", "-a:linked", true, 2, NULL, crash_a_linked_one},
    {"linked to a dead one", "-a:linked", true, 2, NULL, link_to_a_dead_one},
    {"unhealthy", "-a:unhealthy", true, 2, be_watched, fall_ill},
};

/* Ends of a restart, which a temporary child has only where it is ordered. */
static const struct ending failed_starts[] = {
    {"start failed", "-a:crashed !a", true, 3, fail_a_start, crash},
    {"start timeout", "-a:crashed +a -a:start timeout", true, 3, block_a_start, crash_and_start_late},
};

static void open_scene(struct scene *scene, const struct ending *ending, uint32_t policy) {
  const sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  const sabir_health_options health = SABIR_HEALTH_OPTIONS_INIT;
  nursery_open(&scene->nursery);
  sabir_behavior_destroy(&scene->nursery.behavior);
  scene->nursery.behavior = kid_behavior(KID_WATCHED);
  scene->spec = spec;
  scene->spec.restart = policy;
  scene->health = health;
  probe_init(&scene->other);
  scene->other_pid = probe_spawn(scene->nursery.system, &scene->other, NULL);
  scene->top = add_top(&scene->nursery, SABIR_ONE_FOR_ONE, 100);
  if (ending->prepare != NULL) ending->prepare(scene);
  add_kid(&scene->nursery, scene->top, 0, &scene->spec);
}

static void close_scene(struct scene *scene) {
  nursery_close(&scene->nursery);
  probe_end(&scene->other);
}

static void check_restarted(struct scene *scene, uint64_t starts) {
  sabir_child_info info;
  CHECK(child_becomes(&scene->nursery, scene->top, "a", SABIR_CHILD_RUNNING));
  REQUIRE(child_of(&scene->nursery, scene->top, "a", &info));
  CHECK_NUMBER(info.pid, scene->nursery.pids[0]);
  CHECK_NUMBER(info.restarts, 1);
  CHECK_NUMBER(who_is(&scene->nursery, 0).incarnation, starts);
}

static void check_left(struct scene *scene, uint32_t policy) {
  struct kid *kid = &scene->nursery.kids[0];
  sabir_child_info info;
  CHECK(becomes_dead(scene->nursery.system, scene->nursery.pids[0]));
  if (policy == SABIR_TEMPORARY) {
    CHECK(child_is_forgotten(&scene->nursery, scene->top, "a"));
    take(&kid->probe.dropped);
  } else {
    CHECK(child_becomes(&scene->nursery, scene->top, "a", SABIR_CHILD_STOPPED));
    REQUIRE(child_of(&scene->nursery, scene->top, "a", &info));
    CHECK_NUMBER(info.pid, 0);
    CHECK_NUMBER(info.restarts, 0);
    CHECK_NUMBER(counted(&kid->probe.drops), 0); /* it may be started again */
  }
}

static void the_policy_decides(const struct ending *ending, uint32_t policy) {
  const bool restarted = restarted_by(policy, ending->abnormal);
  const int failures = check_failures;
  struct scene scene;
  char expected[128];
  open_scene(&scene, ending, policy);
  ending->end(&scene);
  snprintf(expected, sizeof expected, "+a %s%s", ending->diary, restarted ? " +a" : "");
  CHECK_DIARY(&scene.nursery, expected);
  if (restarted)
    check_restarted(&scene, ending->starts);
  else
    check_left(&scene, policy);
  close_scene(&scene);
  if (check_failures != failures) fprintf(stderr, "  a %s child that ended: %s\n", policy_names[policy], ending->name);
}

static void each_policy_after_each_end(void) {
  size_t policy, index;
  for (policy = 0; policy < 3; ++policy)
    for (index = 0; index < sizeof endings / sizeof endings[0]; ++index) the_policy_decides(&endings[index], policies[policy]);
}

static void a_failed_restart_is_an_abnormal_end(void) {
  size_t policy, index;
  for (policy = 0; policy < 2; ++policy)
    for (index = 0; index < 2; ++index) the_policy_decides(&failed_starts[index], policies[policy]);
}

/* Nobody restarts it, but it may be ordered; if that fails it has ended as in any other way. */
static void a_temporary_child_whose_ordered_restart_fails_is_forgotten(void) {
  struct scene scene;
  sabir_pid pid = 1;
  open_scene(&scene, &failed_starts[0], SABIR_TEMPORARY);
  CHECK_STATUS(sabir_child_do(scene.nursery.system, scene.top, SABIR_CHILD_RESTART, "a", 0, &pid), SABIR_E_START_FAILED);
  CHECK_NUMBER(pid, 0);
  CHECK_DIARY(&scene.nursery, "+a -a:shutdown !a");
  check_left(&scene, SABIR_TEMPORARY);
  close_scene(&scene);
}

static void a_temporary_child_whose_ordered_restart_takes_too_long_is_forgotten(void) {
  struct scene scene;
  struct answer answer;
  sabir_message *request = NULL;
  open_scene(&scene, &failed_starts[1], SABIR_TEMPORARY);
  answer_init(&answer);
  REQUIRE_OK(sabir_request_child(SABIR_CHILD_RESTART, "a", 0, &request));
  begin_ask(&scene.nursery, scene.top, request, &answer);
  let_it_start_late(&scene);
  take(&answer.done);
  CHECK_STATUS(answer.status, SABIR_E_TIMEOUT);
  CHECK_DIARY(&scene.nursery, "+a -a:shutdown +a -a:start timeout");
  check_left(&scene, SABIR_TEMPORARY);
  answer_end(&answer);
  close_scene(&scene);
}

/* --- supervisors --- */

/* A supervisor under another one, with kid 0. */
struct family {
  struct nursery nursery;
  sabir_pid top, inner;
};

struct supervisor_ending {
  int32_t reason;
  bool abnormal;
  void (*end)(struct family *family);
};

static void fail_too_often(struct family *family) { tell(&family->nursery, 0, PROBE_CRASH); }
static void escalate(struct family *family) {
  set(&family->nursery.kids[0].decision, SABIR_DECISION_ESCALATE);
  tell(&family->nursery, 0, PROBE_CRASH);
}
static void shut_down_by_itself(struct family *family) { tell(&family->nursery, 0, PROBE_STOP); }
static void stop_inner(struct family *family) { CHECK_OK(sabir_actor_stop(family->nursery.system, family->inner)); }
static void kill_inner(struct family *family) { CHECK_OK(sabir_actor_kill(family->nursery.system, family->inner)); }

static const struct supervisor_ending supervisor_endings[] = {
    {SABIR_EXIT_INTENSITY, true, fail_too_often}, {SABIR_EXIT_ESCALATED, true, escalate}, {SABIR_EXIT_NORMAL, false, shut_down_by_itself},
    {SABIR_EXIT_STOPPED, false, stop_inner},      {SABIR_EXIT_KILLED, true, kill_inner},
};

static void the_policy_decides_about_a_supervisor(const struct supervisor_ending *ending, uint32_t policy) {
  const int failures = check_failures;
  struct family family;
  struct nursery *nursery = &family.nursery;
  sabir_supervisor_options options = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_child_info info;
  sabir_ref ref;
  nursery_open(nursery);
  sabir_behavior_destroy(&nursery->behavior);
  nursery->behavior = kid_behavior(KID_DECIDES);
  family.top = add_top(nursery, SABIR_ONE_FOR_ONE, 100);
  options.intensity = SABIR_INTENSITY_NONE;
  options.auto_shutdown = SABIR_AUTO_SHUTDOWN_ANY;
  spec.restart = policy;
  family.inner = add_supervisor(nursery, family.top, "inner", &options, &spec);
  spec.restart = SABIR_TRANSIENT;
  spec.significant = 1;
  add_kid(nursery, family.inner, 0, &spec);
  ref = watch(nursery, family.inner, SABIR_MONITOR_RESTARTS);
  ending->end(&family);
  if (restarted_by(policy, ending->abnormal)) {
    sabir_message *notice = hear(nursery, ref, SABIR_KIND_RESTARTED);
    sabir_message_destroy(&notice);
    CHECK(child_becomes(nursery, family.top, "inner", SABIR_CHILD_RUNNING));
    REQUIRE(child_of(nursery, family.top, "inner", &info));
    CHECK_NUMBER(info.pid, family.inner);
    CHECK_NUMBER(info.restarts, 1);
    CHECK(child_becomes(nursery, family.inner, "a", SABIR_CHILD_RUNNING));
    CHECK(reached(&nursery->kids[0].probe.starts, 2));
  } else {
    hear_down(nursery, ref, ending->reason);
    if (policy == SABIR_TEMPORARY) {
      CHECK(child_is_forgotten(nursery, family.top, "inner"));
      take(&nursery->kids[0].probe.dropped);
    } else {
      CHECK(child_becomes(nursery, family.top, "inner", SABIR_CHILD_STOPPED));
    }
    CHECK_NUMBER(counted(&nursery->kids[0].probe.starts), 1);
  }
  nursery_close(nursery);
  if (check_failures != failures) {
    fprintf(stderr, "  a %s supervisor that ended: %s\n", policy_names[policy], sabir_exit_reason_name(ending->reason));
  }
}

static void each_policy_after_each_end_of_a_supervisor(void) {
  size_t policy, index;
  for (policy = 0; policy < 3; ++policy)
    for (index = 0; index < sizeof supervisor_endings / sizeof supervisor_endings[0]; ++index)
      the_policy_decides_about_a_supervisor(&supervisor_endings[index], policies[policy]);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(each_policy_after_each_end),
      TEST(a_failed_restart_is_an_abnormal_end),
      TEST(a_temporary_child_whose_ordered_restart_fails_is_forgotten),
      TEST(a_temporary_child_whose_ordered_restart_takes_too_long_is_forgotten),
      TEST(each_policy_after_each_end_of_a_supervisor),
  };
  return RUN_TESTS(tests, argc, argv);
}
