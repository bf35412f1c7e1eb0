/* supervisor.h: trees of very many children, wide and deep.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "supervision_support.h"

/* What many actors share. */
struct crowd {
  uint64_t starts, stops, drops;
};
static sabir_status crowd_start(sabir_context *context, uintptr_t argument, uintptr_t *state) {
  (void)context;
  count(&((struct crowd *)argument)->starts);
  *state = argument;
  return SABIR_OK;
}
static void crowd_stop(sabir_context *context, uintptr_t state, const sabir_exit *exit) {
  (void)context, (void)exit;
  count(&((struct crowd *)state)->stops);
}
static sabir_status crowd_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  (void)context, (void)state, (void)message;
  return PROBE_CRASH_STATUS;
}
static void crowd_drop(uintptr_t argument) { count(&((struct crowd *)argument)->drops); }

static sabir_behavior *crowd_behavior(void) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("crowd");
  sabir_behavior *behavior = NULL;
  callbacks.start = crowd_start;
  callbacks.receive = crowd_receive;
  callbacks.stop = crowd_stop;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  return behavior;
}

/* --- one supervisor of many --- */

static void a_crowd_lives(uint32_t strategy) {
  const size_t number = TEST_SANITIZED ? 2000 : 10000;
  const bool simple = strategy == SABIR_SIMPLE_ONE_FOR_ONE;
  struct nursery nursery;
  struct crowd crowd = {0, 0, 0};
  sabir_supervisor_options options = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  sabir_child_counts counts = SABIR_CHILD_COUNTS_INIT;
  sabir_behavior *behavior = crowd_behavior();
  sabir_message *list = NULL;
  sabir_pid pid = 0, first = 0, top;
  sabir_ref ref;
  size_t index;
  nursery_open(&nursery);
  options.strategy = strategy;
  if (simple) options.child_behavior = behavior;
  spec.restart = SABIR_TEMPORARY;
  top = add_supervisor(&nursery, 0, "crowd", &options, &spec);
  spec.restart = SABIR_PERMANENT;
  spawn.argument = (uintptr_t)&crowd;
  spawn.drop = crowd_drop;
  spec.spawn = &spawn;
  for (index = 0; index < number; ++index) {
    char id[32];
    snprintf(id, sizeof id, "child %zu", index);
    REQUIRE_OK(sabir_supervise(nursery.system, top, simple ? NULL : id, simple ? NULL : behavior, &spec, &pid, NULL));
    if (index == 0) first = pid;
  }
  CHECK_NUMBER(counted(&crowd.starts), number);
  REQUIRE_OK(sabir_children(nursery.system, top, &list));
  CHECK_NUMBER(sabir_child_list_size(list), number);
  CHECK_OK(sabir_child_list_counts(list, &counts));
  CHECK_NUMBER(counts.children, number);
  CHECK_NUMBER(counts.active, number);
  CHECK_NUMBER(counts.workers, number);
  sabir_message_destroy(&list);
  CHECK_OK(sabir_actor_kill(nursery.system, first));
  CHECK(reached(&crowd.starts, strategy == SABIR_ONE_FOR_ALL ? 2 * number : number + 1));
  CHECK_OK(sabir_actor_status(nursery.system, first));
  ref = watch(&nursery, top, 0);
  CHECK_OK(sabir_actor_stop(nursery.system, top));
  hear_down(&nursery, ref, SABIR_EXIT_STOPPED);
  CHECK(reached(&crowd.drops, number));
  CHECK_NUMBER(counted(&crowd.stops), counted(&crowd.starts));
  sabir_behavior_destroy(&behavior);
  nursery_close(&nursery);
  CHECK_NUMBER(counted(&crowd.drops), number);
}

static void ten_thousand_children_live_one_for_one(void) { a_crowd_lives(SABIR_ONE_FOR_ONE); }
static void ten_thousand_children_restart_one_for_all(void) { a_crowd_lives(SABIR_ONE_FOR_ALL); }
static void ten_thousand_children_live_of_one_template(void) { a_crowd_lives(SABIR_SIMPLE_ONE_FOR_ONE); }

/* --- a deep tree --- */

/* A binary tree of supervisors, and workers dealt out to all of them in turn. */
enum { LEVELS = 10, SUPERVISORS = (1 << LEVELS) - 1 };
struct forest {
  struct nursery nursery;
  struct crowd crowd;
  size_t workers;
  sabir_pid supervisors[SUPERVISORS]; /* the children of number n are those of 2n + 1 and 2n + 2 */
  sabir_pid near_the_top; /* a worker that is a child of the first */
};

static sabir_pid plant_supervisor(struct forest *self, size_t number) {
  sabir_supervisor_options options = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  const sabir_pid parent = number == 0 ? 0 : self->supervisors[(number - 1) / 2];
  char id[32];
  snprintf(id, sizeof id, "supervisor %zu", number);
  options.strategy = SABIR_ONE_FOR_ALL;
  options.intensity = number == 0 ? 1 : SABIR_INTENSITY_NONE;
  if (number == 0) spec.restart = SABIR_TEMPORARY;
  return add_supervisor(&self->nursery, parent, id, &options, &spec);
}

static void plant(struct forest *self, size_t children) {
  sabir_behavior *behavior = crowd_behavior();
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  size_t number;
  memset(self, 0, sizeof *self);
  nursery_open(&self->nursery);
  self->workers = children - (SUPERVISORS - 1);
  spawn.argument = (uintptr_t)&self->crowd;
  spawn.drop = crowd_drop;
  spec.spawn = &spawn;
  for (number = 0; number < SUPERVISORS; ++number) self->supervisors[number] = plant_supervisor(self, number);
  for (number = 0; number < self->workers; ++number) {
    sabir_pid pid = 0;
    char id[32];
    snprintf(id, sizeof id, "worker %zu", number);
    REQUIRE_OK(sabir_supervise(self->nursery.system, self->supervisors[number % SUPERVISORS], id, behavior, &spec, &pid, NULL));
    if (number == 0) self->near_the_top = pid;
  }
  sabir_behavior_destroy(&behavior);
}

/* All supervisors are who they were, and have all their children, which run. */
static void check_grown(struct forest *self) {
  uint64_t supervisors = 0, workers = 0;
  size_t number;
  for (number = 0; number < SUPERVISORS; ++number) {
    sabir_child_counts counts = SABIR_CHILD_COUNTS_INIT;
    sabir_message *list = NULL;
    REQUIRE_OK(sabir_children(self->nursery.system, self->supervisors[number], &list));
    REQUIRE_OK(sabir_child_list_counts(list, &counts));
    CHECK_NUMBER(counts.active, counts.children);
    supervisors += counts.supervisors;
    workers += counts.workers;
    sabir_message_destroy(&list);
  }
  CHECK_NUMBER(supervisors, SUPERVISORS - 1);
  CHECK_NUMBER(workers, self->workers);
}

static void ten_thousand_children_on_ten_levels(void) {
  const size_t children = TEST_SANITIZED ? 2000 : 10000;
  static struct forest forest;
  sabir_counters planted, restarted, stopped;
  sabir_ref ref;
  plant(&forest, children);
  check_grown(&forest);
  CHECK_NUMBER(counted(&forest.crowd.starts), forest.workers);
  planted = counters_of(forest.nursery.system);
  /* A crash under the top takes all with it, who all start again. */
  CHECK_OK(sabir_send_bytes(forest.nursery.system, forest.near_the_top, 1, NULL, 0));
  CHECK(reached(&forest.crowd.starts, 2 * forest.workers));
  CHECK(child_becomes(&forest.nursery, forest.supervisors[0], "supervisor 2", SABIR_CHILD_RUNNING));
  CHECK(child_becomes(&forest.nursery, forest.supervisors[0], "worker 0", SABIR_CHILD_RUNNING));
  check_grown(&forest);
  CHECK_NUMBER(counted(&forest.crowd.starts), 2 * forest.workers);
  CHECK_NUMBER(counted(&forest.crowd.stops), forest.workers);
  restarted = counters_of(forest.nursery.system);
  CHECK_NUMBER(restarted.restarted - planted.restarted, children);
  CHECK_NUMBER(restarted.started - planted.started, children);
  CHECK_NUMBER(restarted.stopped - planted.stopped, children);
  CHECK_NUMBER(restarted.spawned, planted.spawned);
  CHECK_NUMBER(restarted.exited, planted.exited);
  ref = watch(&forest.nursery, forest.supervisors[0], 0);
  CHECK_OK(sabir_actor_stop(forest.nursery.system, forest.supervisors[0]));
  hear_down(&forest.nursery, ref, SABIR_EXIT_STOPPED);
  CHECK(reached(&forest.crowd.drops, forest.workers));
  CHECK_NUMBER(counted(&forest.crowd.stops), 2 * forest.workers);
  stopped = counters_of(forest.nursery.system);
  CHECK_NUMBER(stopped.exited - restarted.exited, children + 1);
  CHECK_NUMBER(stopped.started, restarted.started);
  nursery_close(&forest.nursery);
  CHECK_NUMBER(counted(&forest.crowd.drops), forest.workers);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(ten_thousand_children_live_one_for_one),
      TEST(ten_thousand_children_restart_one_for_all),
      TEST(ten_thousand_children_live_of_one_template),
      TEST(ten_thousand_children_on_ten_levels),
  };
  return RUN_TESTS(tests, argc, argv);
}
