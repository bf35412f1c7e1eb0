/* supervisor.h: when a supervisor gives up, and what becomes of those above it; and when it ends of itself.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "supervision_support.h"

/* Crashes kid number index so many times, each time waiting for the restart. */
static void crash_and_return(struct nursery *nursery, size_t index, uint64_t times) {
  uint64_t time;
  for (time = 0; time < times; ++time) {
    const uint64_t starts = counted(&nursery->kids[index].probe.starts);
    tell(nursery, index, PROBE_CRASH);
    CHECK(reached(&nursery->kids[index].probe.starts, starts + 1));
    who_is(nursery, index);
  }
}

/* The supervisor's end: INTENSITY, because of the crash of that kid. */
static void hear_intensity(struct nursery *nursery, sabir_ref ref, size_t index) {
  sabir_message *down = hear(nursery, ref, SABIR_KIND_DOWN);
  const sabir_exit *exit = sabir_message_exit(down), *cause = sabir_exit_cause(exit);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(exit), SABIR_EXIT_INTENSITY);
  CHECK_NUMBER(sabir_exit_pid(exit), sabir_message_sender(down));
  REQUIRE(cause != NULL);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(cause), SABIR_EXIT_CRASHED);
  CHECK_STATUS(sabir_exit_status(cause), PROBE_CRASH_STATUS);
  CHECK_TEXT(sabir_exit_message(cause), PROBE_CRASH_TEXT);
  CHECK_TEXT(sabir_exit_detail(cause), PROBE_CRASH_DETAIL);
  CHECK_NUMBER(sabir_exit_pid(cause), nursery->pids[index]);
  CHECK(sabir_exit_cause(cause) == NULL);
  sabir_message_destroy(&down);
}

static void the_intensity_is_reached_and_exceeded_by(uint32_t option, uint64_t restarts) {
  struct nursery nursery;
  sabir_pid top;
  sabir_ref ref;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ONE, option);
  add_kids(&nursery, top, 3, NULL);
  ref = watch(&nursery, top, 0);
  crash_and_return(&nursery, 1, restarts);
  CHECK_NUMBER(children_of(&nursery, top), 3);
  diary_clear(&nursery.diary);
  tell(&nursery, 1, PROBE_CRASH); /* one too many */
  hear_intensity(&nursery, ref, 1);
  CHECK_DIARY(&nursery, "-b:crashed -c:shutdown -a:shutdown");
  CHECK_STATUS(sabir_actor_status(nursery.system, top), SABIR_E_DEAD);
  CHECK_STATUS(sabir_actor_status(nursery.system, nursery.pids[0]), SABIR_E_DEAD);
  CHECK_STATUS(sabir_actor_status(nursery.system, nursery.pids[1]), SABIR_E_DEAD);
  CHECK_NUMBER(counted(&nursery.kids[1].probe.starts), restarts + 1);
  nursery_close(&nursery);
}

static void the_intensity_is_the_most_that_is_allowed(void) {
  the_intensity_is_reached_and_exceeded_by(1, 1);
  the_intensity_is_reached_and_exceeded_by(2, 2);
  the_intensity_is_reached_and_exceeded_by(10, 10);
}

static void the_default_intensity_is_three(void) { the_intensity_is_reached_and_exceeded_by(0, SABIR_INTENSITY_DEFAULT); }
static void without_intensity_the_first_is_too_many(void) { the_intensity_is_reached_and_exceeded_by(SABIR_INTENSITY_NONE, 0); }

static void all_children_count_together(void) {
  struct nursery nursery;
  sabir_pid top;
  sabir_ref ref;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ONE, 2);
  add_kids(&nursery, top, 3, NULL);
  ref = watch(&nursery, top, 0);
  crash_and_return(&nursery, 0, 1);
  crash_and_return(&nursery, 1, 1);
  tell(&nursery, 2, PROBE_CRASH);
  hear_intensity(&nursery, ref, 2);
  nursery_close(&nursery);
}

static void a_restart_of_all_counts_once(void) {
  struct nursery nursery;
  sabir_pid top;
  sabir_ref ref;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ALL, 2);
  add_kids(&nursery, top, 3, NULL);
  ref = watch(&nursery, top, 0);
  tell(&nursery, 0, PROBE_CRASH);
  CHECK(reached(&nursery.kids[2].probe.starts, 2));
  tell(&nursery, 0, PROBE_CRASH);
  CHECK(reached(&nursery.kids[2].probe.starts, 3));
  who_is(&nursery, 2);
  tell(&nursery, 0, PROBE_CRASH);
  hear_intensity(&nursery, ref, 0);
  nursery_close(&nursery);
}

static void children_that_are_not_restarted_do_not_count(void) {
  struct nursery nursery;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_pid top;
  size_t index;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ONE, SABIR_INTENSITY_NONE);
  spec.restart = SABIR_TRANSIENT;
  add_kids(&nursery, top, 3, &spec);
  for (index = 0; index < 3; ++index) {
    tell(&nursery, index, PROBE_STOP);
    CHECK(becomes_dead(nursery.system, nursery.pids[index]));
  }
  CHECK_NUMBER(children_of(&nursery, top), 3);
  nursery_close(&nursery);
}

/* A backoff keeps the restarts further apart than the period is long, so that one is never in the window of another. */
static void the_window_slides(void) {
  struct nursery nursery;
  sabir_supervisor_options options = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_pid top;
  nursery_open(&nursery);
  options.intensity = 1;
  options.period_ns = 10 * MILLISECOND_NS;
  spec.restart = SABIR_TEMPORARY;
  top = add_supervisor(&nursery, 0, "top", &options, &spec);
  spec.restart = SABIR_PERMANENT;
  spec.backoff_initial_ns = 15 * MILLISECOND_NS;
  spec.backoff_max_ns = 15 * MILLISECOND_NS;
  spec.backoff_factor_percent = 100;
  add_kid(&nursery, top, 0, &spec);
  crash_and_return(&nursery, 0, 6);
  CHECK_OK(sabir_actor_status(nursery.system, top));
  nursery_close(&nursery);
}

/* --- escalation --- */

static void a_supervisor_that_gives_up_is_restarted_by_its_own(void) {
  struct nursery nursery;
  sabir_supervisor_options options = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_message *restarted;
  sabir_pid top, inner;
  sabir_ref ref;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_REST_FOR_ONE, 1);
  add_kid(&nursery, top, 0, NULL);
  options.intensity = SABIR_INTENSITY_NONE;
  inner = add_supervisor(&nursery, top, "inner", &options, NULL);
  add_kid(&nursery, inner, 1, NULL);
  add_kid(&nursery, inner, 2, NULL);
  add_kid(&nursery, top, 3, NULL);
  ref = watch(&nursery, inner, SABIR_MONITOR_RESTARTS);
  CHECK_DIARY(&nursery, "+a +b +c +d");
  diary_clear(&nursery.diary);
  tell(&nursery, 1, PROBE_CRASH);
  CHECK_DIARY(&nursery, "-b:crashed -c:shutdown -d:shutdown +b +c +d");
  restarted = hear(&nursery, ref, SABIR_KIND_RESTARTED);
  CHECK_NUMBER(sabir_message_sender(restarted), inner);
  CHECK_NUMBER(sabir_message_count(restarted), 1);
  sabir_message_destroy(&restarted);
  CHECK_NUMBER(who_is(&nursery, 0).incarnation, 1);
  CHECK_NUMBER(who_is(&nursery, 1).incarnation, 2); /* with the same pid */
  CHECK_NUMBER(who_is(&nursery, 2).incarnation, 2);
  CHECK_NUMBER(who_is(&nursery, 3).incarnation, 2);
  nursery_close(&nursery);
}

static void escalation_keeps_the_chain_of_causes(void) {
  struct nursery nursery;
  sabir_supervisor_options options = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_message *down;
  const sabir_exit *exit;
  sabir_pid top, inner;
  sabir_ref ref;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ONE, 1);
  options.intensity = SABIR_INTENSITY_NONE;
  inner = add_supervisor(&nursery, top, "inner", &options, NULL);
  add_kid(&nursery, inner, 0, NULL);
  ref = watch(&nursery, top, 0);
  crash_and_return(&nursery, 0, 1); /* inner gives up, top restarts it */
  tell(&nursery, 0, PROBE_CRASH);   /* and a second time, which is too much for top */
  down = hear(&nursery, ref, SABIR_KIND_DOWN);
  exit = sabir_message_exit(down);
  REQUIRE(exit != NULL);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(exit), SABIR_EXIT_INTENSITY);
  CHECK_NUMBER(sabir_exit_pid(exit), top);
  exit = sabir_exit_cause(exit);
  REQUIRE(exit != NULL);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(exit), SABIR_EXIT_INTENSITY);
  CHECK_NUMBER(sabir_exit_pid(exit), inner);
  exit = sabir_exit_cause(exit);
  REQUIRE(exit != NULL);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(exit), SABIR_EXIT_CRASHED);
  CHECK_NUMBER(sabir_exit_pid(exit), nursery.pids[0]);
  CHECK_TEXT(sabir_exit_message(exit), PROBE_CRASH_TEXT);
  CHECK(sabir_exit_cause(exit) == NULL);
  sabir_message_destroy(&down);
  CHECK_STATUS(sabir_actor_status(nursery.system, inner), SABIR_E_DEAD);
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "+a -a:crashed +a -a:crashed");
}

/* A chain of supervisors with one kid at its end; all but the first give up at the first restart. */
enum { LEVELS = 10 };
static void grow(struct nursery *nursery, sabir_pid *levels, uint32_t restart) {
  sabir_supervisor_options options = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  size_t level;
  options.intensity = SABIR_INTENSITY_NONE;
  for (level = 0; level < LEVELS; ++level) {
    spec.restart = level == 0 ? restart : SABIR_PERMANENT;
    levels[level] = add_supervisor(nursery, level == 0 ? 0 : levels[level - 1], "level", &options, &spec);
  }
  add_kid(nursery, levels[LEVELS - 1], 0, NULL);
}

static void a_deep_tree_falls_to_its_top(void) {
  struct nursery nursery;
  struct log_watch log;
  sabir_pid levels[LEVELS];
  sabir_message *down;
  const sabir_exit *exit;
  sabir_ref ref;
  size_t level;
  nursery_open(&nursery);
  watch_log(nursery.system, &log, "first cause: " PROBE_CRASH_TEXT, SABIR_LOG_ERROR);
  grow(&nursery, levels, SABIR_TEMPORARY);
  ref = watch(&nursery, levels[0], 0);
  tell(&nursery, 0, PROBE_CRASH);
  down = hear(&nursery, ref, SABIR_KIND_DOWN);
  exit = sabir_message_exit(down);
  for (level = 0; level < LEVELS; ++level) {
    REQUIRE(exit != NULL);
    CHECK_NUMBER((uint32_t)sabir_exit_reason(exit), SABIR_EXIT_INTENSITY);
    CHECK_NUMBER(sabir_exit_pid(exit), levels[level]);
    CHECK_STATUS(sabir_actor_status(nursery.system, levels[level]), SABIR_E_DEAD);
    exit = sabir_exit_cause(exit);
  }
  REQUIRE(exit != NULL);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(exit), SABIR_EXIT_CRASHED);
  sabir_message_destroy(&down);
  nursery_close(&nursery);
  CHECK_NUMBER(counted(&log.records), LEVELS - 1); /* each above the kid's own, whose cause that is */
  CHECK_DIARY(&nursery, "+a -a:crashed");
}

static void a_deep_tree_is_restarted_from_its_top(void) {
  struct nursery nursery;
  sabir_pid levels[LEVELS];
  size_t level;
  nursery_open(&nursery);
  grow(&nursery, levels, SABIR_PERMANENT);
  tell(&nursery, 0, PROBE_CRASH);
  CHECK_DIARY(&nursery, "+a -a:crashed +a");
  CHECK_NUMBER(who_is(&nursery, 0).incarnation, 2);
  for (level = 0; level < LEVELS; ++level) CHECK_OK(sabir_actor_status(nursery.system, levels[level]));
  CHECK_OK(sabir_actor_kill(nursery.system, levels[4])); /* from the middle down, and so again to the top */
  CHECK_DIARY(&nursery, "+a -a:crashed +a -a:shutdown +a");
  nursery_close(&nursery);
}

/* --- the root --- */

static void the_root_gives_up_and_goes_on_empty(void) {
  struct nursery nursery;
  struct log_watch log;
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  sabir_pid root, inner;
  options.workers = 2;
  options.root_intensity = 2;
  options.root_period_ns = SABIR_FOREVER;
  nursery_open_with(&nursery, &options);
  watch_log(nursery.system, &log, "root", SABIR_LOG_ERROR);
  root = sabir_supervisor_root(nursery.system);
  add_kids(&nursery, 0, 3, NULL);
  inner = add_supervisor(&nursery, 0, "inner", NULL, NULL);
  add_kid(&nursery, inner, 3, NULL);
  crash_and_return(&nursery, 1, 2);
  CHECK_NUMBER(children_of(&nursery, root), 4);
  diary_clear(&nursery.diary);
  tell(&nursery, 1, PROBE_CRASH);
  CHECK_DIARY(&nursery, "-b:crashed -d:shutdown -c:shutdown -a:shutdown");
  take(&nursery.kids[0].probe.dropped);
  take(&nursery.kids[1].probe.dropped);
  take(&nursery.kids[3].probe.dropped);
  CHECK(becomes_dead(nursery.system, inner));
  CHECK(child_is_forgotten(&nursery, root, "a"));
  CHECK(child_is_forgotten(&nursery, root, "inner"));
  CHECK_NUMBER(children_of(&nursery, 0), 0);
  CHECK(reached(&log.records, 1));
  CHECK_OK(sabir_actor_status(nursery.system, root));
  CHECK_NUMBER(sabir_supervisor_root(nursery.system), root);
  diary_clear(&nursery.diary);
  add_kid(&nursery, 0, 4, NULL); /* its window is empty, too */
  crash_and_return(&nursery, 4, 2);
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "+e -e:crashed +e -e:crashed +e -e:shutdown");
}

/* --- auto-shutdown --- */

/* a and b are significant, c is not. */
static sabir_pid add_mortal(struct nursery *nursery, uint32_t auto_shutdown, uint32_t restart) {
  sabir_supervisor_options options = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_pid mortal;
  options.auto_shutdown = auto_shutdown;
  options.intensity = 100;
  spec.restart = SABIR_TRANSIENT; /* its normal end is no reason to restart it */
  mortal = add_supervisor(nursery, 0, "mortal", &options, &spec);
  spec.restart = restart;
  spec.significant = 1;
  add_kid(nursery, mortal, 0, &spec);
  add_kid(nursery, mortal, 1, &spec);
  spec.significant = 0;
  add_kid(nursery, mortal, 2, &spec);
  return mortal;
}

static void any_significant_child_ends_its_supervisor(void) {
  struct nursery nursery;
  sabir_pid mortal;
  sabir_ref ref;
  nursery_open(&nursery);
  mortal = add_mortal(&nursery, SABIR_AUTO_SHUTDOWN_ANY, SABIR_TRANSIENT);
  ref = watch(&nursery, mortal, 0);
  crash_and_return(&nursery, 0, 1); /* restarted: it has not ended */
  tell(&nursery, 2, PROBE_STOP);    /* not significant */
  CHECK(child_becomes(&nursery, mortal, "c", SABIR_CHILD_STOPPED));
  tell(&nursery, 0, PROBE_STOP);
  hear_down(&nursery, ref, SABIR_EXIT_NORMAL);
  CHECK(child_becomes(&nursery, 0, "mortal", SABIR_CHILD_STOPPED));
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "+a +b +c -a:crashed +a -c:normal -a:normal -b:shutdown");
}

static void the_last_significant_child_ends_its_supervisor(void) {
  struct nursery nursery;
  sabir_pid mortal;
  sabir_ref ref;
  nursery_open(&nursery);
  mortal = add_mortal(&nursery, SABIR_AUTO_SHUTDOWN_ALL, SABIR_TEMPORARY);
  ref = watch(&nursery, mortal, 0);
  tell(&nursery, 0, PROBE_CRASH); /* temporary: it ends however it ends */
  CHECK(child_is_forgotten(&nursery, mortal, "a"));
  CHECK_OK(sabir_actor_status(nursery.system, mortal));
  tell(&nursery, 1, PROBE_STOP);
  hear_down(&nursery, ref, SABIR_EXIT_NORMAL);
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "+a +b +c -a:crashed -b:normal -c:shutdown");
}

static void a_significant_child_that_its_supervisor_ended_does_not_count(void) {
  struct nursery nursery;
  sabir_pid mortal;
  nursery_open(&nursery);
  mortal = add_mortal(&nursery, SABIR_AUTO_SHUTDOWN_ANY, SABIR_TRANSIENT);
  CHECK_OK(sabir_child_do(nursery.system, mortal, SABIR_CHILD_STOP, "a", 0, NULL));
  CHECK_NUMBER(who_is(&nursery, 1).incarnation, 1);
  CHECK_OK(sabir_actor_status(nursery.system, mortal));
  CHECK_NUMBER(children_of(&nursery, mortal), 3);
  nursery_close(&nursery);
}

static void without_auto_shutdown_nothing_is_significant(void) {
  struct nursery nursery;
  sabir_pid mortal;
  size_t index;
  nursery_open(&nursery);
  mortal = add_mortal(&nursery, SABIR_AUTO_SHUTDOWN_NEVER, SABIR_TEMPORARY);
  for (index = 0; index < 3; ++index) tell(&nursery, index, PROBE_STOP);
  for (index = 0; index < 3; ++index) take(&nursery.kids[index].probe.dropped);
  CHECK(child_is_forgotten(&nursery, mortal, "c"));
  CHECK_NUMBER(children_of(&nursery, mortal), 0);
  nursery_close(&nursery);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(the_intensity_is_the_most_that_is_allowed),
      TEST(the_default_intensity_is_three),
      TEST(without_intensity_the_first_is_too_many),
      TEST(all_children_count_together),
      TEST(a_restart_of_all_counts_once),
      TEST(children_that_are_not_restarted_do_not_count),
      TEST(the_window_slides),
      TEST(a_supervisor_that_gives_up_is_restarted_by_its_own),
      TEST(escalation_keeps_the_chain_of_causes),
      TEST(a_deep_tree_falls_to_its_top),
      TEST(a_deep_tree_is_restarted_from_its_top),
      TEST(the_root_gives_up_and_goes_on_empty),
      TEST(any_significant_child_ends_its_supervisor),
      TEST(the_last_significant_child_ends_its_supervisor),
      TEST(a_significant_child_that_its_supervisor_ended_does_not_count),
      TEST(without_auto_shutdown_nothing_is_significant),
  };
  return RUN_TESTS(tests, argc, argv);
}
