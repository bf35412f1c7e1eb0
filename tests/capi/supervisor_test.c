/* supervisor.h: who is restarted, and in which order. Whether a child is, is in policy_test.c, when a supervisor gives up in
 * escalation_test.c, how a child restarts in restart_test.c, requests in child_test.c, health in health_test.c, the end of a tree in
 * tree_shutdown_test.c, large trees in crowd_test.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "supervision_support.h"

static void a_supervised_actor_is_started(void) {
  struct nursery nursery;
  sabir_child_info info;
  sabir_error *error = (sabir_error *)&error;
  sabir_pid pid = 0, root;
  nursery_open(&nursery);
  root = sabir_supervisor_root(nursery.system);
  CHECK(root != 0);
  CHECK_OK(sabir_actor_status(nursery.system, root));
  CHECK_OK(try_kid(&nursery, 0, 0, NULL, &pid, &error));
  CHECK(error == NULL);
  CHECK(pid != 0 && pid != root);
  CHECK_NUMBER(counted(&nursery.kids[0].probe.starts), 1); /* it has started when the call returns */
  CHECK(nursery.kids[0].probe.start_argument == (uintptr_t)&nursery.kids[0]);
  nursery.pids[0] = pid;
  CHECK_NUMBER(who_is(&nursery, 0).incarnation, 1);
  REQUIRE(child_of(&nursery, root, "a", &info)); /* 0 is the root */
  CHECK_NUMBER(info.pid, pid);
  CHECK_NUMBER(info.state, SABIR_CHILD_RUNNING);
  CHECK_NUMBER(info.restart, SABIR_PERMANENT);
  CHECK_NUMBER(info.restarts, 0);
  CHECK_NUMBER(info.supervisor, 0);
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "+a -a:shutdown");
}

static sabir_status echo(sabir_context *context, uintptr_t state, sabir_message **message) {
  CHECK_NUMBER(state, 0); /* without start the state is the argument */
  return sabir_context_reply(context, message);
}

static void one_call_is_enough(void) {
  struct nursery nursery;
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("echo");
  sabir_behavior *behavior = NULL;
  sabir_message *reply = NULL;
  sabir_child_info info;
  sabir_pid pid = 0;
  nursery_open(&nursery);
  callbacks.receive = echo;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  CHECK_OK(sabir_supervise(nursery.system, 0, "counter", behavior, NULL, &pid, NULL));
  CHECK_OK(sabir_supervise(nursery.system, 0, "another", behavior, NULL, NULL, NULL));
  sabir_behavior_destroy(&behavior); /* the system keeps what it needs */
  CHECK_OK(sabir_ask_bytes(nursery.system, pid, PROBE_ECHO, "hello", 5, PATIENCE_NS, &reply));
  sabir_message_destroy(&reply);
  CHECK(child_of(&nursery, 0, "another", &info));
  CHECK_NUMBER(children_of(&nursery, 0), 2);
  nursery_close(&nursery);
}

/* --- strategies --- */

static void a_strategy_restarts(uint32_t strategy, size_t crashing, const char *expected) {
  struct nursery nursery;
  sabir_pid top;
  size_t index;
  nursery_open(&nursery);
  top = add_top(&nursery, strategy, 100);
  add_kids(&nursery, top, 4, NULL);
  CHECK_DIARY(&nursery, "+a +b +c +d");
  diary_clear(&nursery.diary);
  tell(&nursery, crashing, PROBE_CRASH);
  CHECK_DIARY(&nursery, expected);
  for (index = 0; index < 4; ++index) {
    CHECK_OK(sabir_actor_status(nursery.system, nursery.pids[index])); /* all in place */
    who_is(&nursery, index);
  }
  CHECK_NUMBER(children_of(&nursery, top), 4);
  diary_clear(&nursery.diary);
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "-d:shutdown -c:shutdown -b:shutdown -a:shutdown"); /* their order is what it was */
}

static void one_for_one_restarts_that_child(void) {
  a_strategy_restarts(SABIR_ONE_FOR_ONE, 0, "-a:crashed +a");
  a_strategy_restarts(SABIR_ONE_FOR_ONE, 2, "-c:crashed +c");
}

static void one_for_all_restarts_all_in_order(void) {
  a_strategy_restarts(SABIR_ONE_FOR_ALL, 0, "-a:crashed -d:shutdown -c:shutdown -b:shutdown +a +b +c +d");
  a_strategy_restarts(SABIR_ONE_FOR_ALL, 1, "-b:crashed -d:shutdown -c:shutdown -a:shutdown +a +b +c +d");
  a_strategy_restarts(SABIR_ONE_FOR_ALL, 3, "-d:crashed -c:shutdown -b:shutdown -a:shutdown +a +b +c +d");
}

static void rest_for_one_restarts_it_and_those_after_it(void) {
  a_strategy_restarts(SABIR_REST_FOR_ONE, 0, "-a:crashed -d:shutdown -c:shutdown -b:shutdown +a +b +c +d");
  a_strategy_restarts(SABIR_REST_FOR_ONE, 1, "-b:crashed -d:shutdown -c:shutdown +b +c +d");
  a_strategy_restarts(SABIR_REST_FOR_ONE, 3, "-d:crashed +d");
}

/* c is slow to end and a slow to start: nobody starts before all have ended, nor before the one ahead of it has started. */
static void each_waits_for_the_one_before_it(void) {
  struct nursery nursery;
  sabir_pid top;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ALL, 100);
  set(&nursery.kids[0].block_start, 2);
  add_kids(&nursery, top, 3, NULL);
  tell(&nursery, 2, PROBE_BLOCK);
  take(&nursery.kids[2].probe.entered);
  tell(&nursery, 1, PROBE_CRASH);
  CHECK_DIARY(&nursery, "+a +b +c -b:crashed");
  CHECK(child_becomes(&nursery, top, "c", SABIR_CHILD_ENDING));
  CHECK_DIARY(&nursery, "+a +b +c -b:crashed"); /* a waits for c's end */
  sem_post(&nursery.kids[2].probe.gate);
  take(&nursery.kids[0].probe.entered);
  CHECK_DIARY(&nursery, "+a +b +c -b:crashed -c:shutdown -a:shutdown"); /* b waits for a's start */
  CHECK(child_becomes(&nursery, top, "a", SABIR_CHILD_STARTING));
  CHECK(child_becomes(&nursery, top, "c", SABIR_CHILD_WAITING));
  sem_post(&nursery.kids[0].probe.gate);
  CHECK_DIARY(&nursery, "+a +b +c -b:crashed -c:shutdown -a:shutdown +a +b +c");
  nursery_close(&nursery);
}

/* d is slow to end when c crashes, and b crashes before its turn to end has come: a, which has not ended yet either, still has to. */
static void a_crash_meanwhile_spares_nobody(uint32_t first_restart, const char *expected) {
  struct nursery nursery;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_pid top;
  size_t index;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ALL, 100);
  spec.restart = first_restart;
  add_kid(&nursery, top, 0, &spec);
  for (index = 1; index < 4; ++index) add_kid(&nursery, top, index, NULL);
  tell(&nursery, 3, PROBE_BLOCK);
  take(&nursery.kids[3].probe.entered);
  tell(&nursery, 2, PROBE_CRASH);
  CHECK(child_becomes(&nursery, top, "d", SABIR_CHILD_ENDING));
  tell(&nursery, 1, PROBE_CRASH);
  CHECK(child_becomes(&nursery, top, "b", SABIR_CHILD_WAITING));
  CHECK_DIARY(&nursery, "+a +b +c +d -c:crashed -b:crashed");
  diary_clear(&nursery.diary);
  sem_post(&nursery.kids[3].probe.gate);
  CHECK_DIARY(&nursery, expected);
  if (first_restart == SABIR_TEMPORARY) {
    CHECK(child_is_forgotten(&nursery, top, "a"));
    take(&nursery.kids[0].probe.dropped);
  }
  nursery_close(&nursery);
}

static void a_crash_while_others_end_spares_nobody(void) {
  a_crash_meanwhile_spares_nobody(SABIR_PERMANENT, "-d:shutdown -a:shutdown +a +b +c +d");
  a_crash_meanwhile_spares_nobody(SABIR_TEMPORARY, "-d:shutdown -a:shutdown +b +c +d");
}

static void temporary_siblings_end_and_do_not_come_back(void) {
  struct nursery nursery;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_pid top;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ALL, 100);
  add_kid(&nursery, top, 0, NULL);
  spec.restart = SABIR_TEMPORARY;
  add_kid(&nursery, top, 1, &spec);
  add_kid(&nursery, top, 2, NULL);
  tell(&nursery, 0, PROBE_CRASH);
  CHECK_DIARY(&nursery, "+a +b +c -a:crashed -c:shutdown -b:shutdown +a +c");
  CHECK(child_is_forgotten(&nursery, top, "b"));
  take(&nursery.kids[1].probe.dropped);
  nursery_close(&nursery);
}

static void a_crash_of_a_temporary_child_is_nobodys_concern(void) {
  struct nursery nursery;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_pid top;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ALL, SABIR_INTENSITY_NONE);
  add_kid(&nursery, top, 0, NULL);
  spec.restart = SABIR_TEMPORARY;
  add_kid(&nursery, top, 1, &spec);
  tell(&nursery, 1, PROBE_CRASH);
  CHECK(child_is_forgotten(&nursery, top, "b"));
  CHECK_NUMBER(who_is(&nursery, 0).incarnation, 1);
  CHECK_DIARY(&nursery, "+a +b -b:crashed");
  nursery_close(&nursery);
}

static void simple_children_come_from_one_template(void) {
  struct nursery nursery;
  sabir_supervisor_options options = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_child_spec template_spec = SABIR_CHILD_SPEC_INIT;
  sabir_message *list = NULL;
  sabir_pid pool;
  size_t index;
  nursery_open(&nursery);
  options.strategy = SABIR_SIMPLE_ONE_FOR_ONE;
  options.intensity = 100;
  options.child_behavior = nursery.behavior;
  template_spec.restart = SABIR_TRANSIENT;
  options.child = &template_spec;
  pool = add_supervisor(&nursery, 0, "pool", &options, NULL);
  for (index = 0; index < 3; ++index) add_simple_kid(&nursery, pool, index);
  tell(&nursery, 1, PROBE_CRASH);
  CHECK_DIARY(&nursery, "+a +b +c -b:crashed +b");
  CHECK_NUMBER(who_is(&nursery, 1).incarnation, 2);
  tell(&nursery, 0, PROBE_STOP); /* normal, and transient: the argument is dropped now, or with the supervisor */
  CHECK(becomes_dead(nursery.system, nursery.pids[0]));
  REQUIRE_OK(sabir_children(nursery.system, pool, &list));
  for (index = 0; index < sabir_child_list_size(list); ++index) {
    sabir_child_info info = SABIR_CHILD_INFO_INIT;
    CHECK_OK(sabir_child_list_at(list, index, &info));
    CHECK_TEXT(info.id, "");
    CHECK_NUMBER(info.restart, SABIR_TRANSIENT);
  }
  sabir_message_destroy(&list);
  nursery_close(&nursery);
}

/* --- ended while they restart --- */

static void a_supervisor_killed_while_a_child_starts_again(void) {
  struct nursery nursery;
  sabir_pid top;
  sabir_ref ref;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ALL, 100);
  set(&nursery.kids[0].block_start, 2);
  add_kids(&nursery, top, 2, NULL);
  ref = watch(&nursery, top, 0);
  tell(&nursery, 1, PROBE_CRASH);
  take(&nursery.kids[0].probe.entered); /* a is in its second start, b waits for its turn */
  CHECK_OK(sabir_actor_kill(nursery.system, top));
  sem_post(&nursery.kids[0].probe.gate);
  hear_down(&nursery, ref, SABIR_EXIT_KILLED);
  CHECK_DIARY(&nursery, "+a +b -b:crashed -a:shutdown +a -a:shutdown"); /* b is never started again */
  CHECK_STATUS(sabir_actor_status(nursery.system, nursery.pids[1]), SABIR_E_DEAD);
  CHECK(reached(&nursery.kids[0].probe.drops, 1)); /* as soon as the root knows, which never starts it again */
  CHECK(reached(&nursery.kids[1].probe.drops, 1));
  nursery_close(&nursery);
}

static void a_supervisor_killed_while_a_child_waits_for_its_backoff(void) {
  struct nursery nursery;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_pid top;
  sabir_ref ref;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ONE, 100);
  spec.backoff_initial_ns = 3600 * SECOND_NS;
  add_kid(&nursery, top, 0, &spec);
  ref = watch(&nursery, top, 0);
  tell(&nursery, 0, PROBE_CRASH);
  CHECK(child_becomes(&nursery, top, "a", SABIR_CHILD_WAITING));
  CHECK_OK(sabir_actor_status(nursery.system, nursery.pids[0])); /* it is to come back */
  CHECK_OK(sabir_actor_kill(nursery.system, top));
  hear_down(&nursery, ref, SABIR_EXIT_KILLED);
  CHECK_STATUS(sabir_actor_status(nursery.system, nursery.pids[0]), SABIR_E_DEAD);
  take(&nursery.kids[0].probe.dropped);
  CHECK_DIARY(&nursery, "+a -a:crashed");
  nursery_close(&nursery);
}

static void a_killed_supervisor_is_restarted_with_its_children(void) {
  struct nursery nursery;
  sabir_supervisor_options options = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_pid inner;
  nursery_open(&nursery);
  inner = add_supervisor(&nursery, 0, "inner", &options, NULL);
  add_kids(&nursery, inner, 2, NULL);
  CHECK_OK(sabir_actor_kill(nursery.system, inner));
  CHECK_DIARY(&nursery, "+a +b -b:shutdown -a:shutdown +a +b");
  CHECK_NUMBER(who_is(&nursery, 0).incarnation, 2);
  CHECK_OK(sabir_actor_status(nursery.system, inner));
  nursery_close(&nursery);
}

/* To drain a supervisor is to stop it: it was once cut off from its children instead. */
static void a_drained_supervisor_ends_its_children_first(void) {
  struct nursery nursery;
  sabir_supervisor_options options = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_pid inner;
  nursery_open(&nursery);
  inner = add_supervisor(&nursery, 0, "inner", &options, NULL);
  add_kids(&nursery, inner, 2, NULL);
  CHECK_OK(sabir_actor_drain(nursery.system, inner));
  CHECK_DIARY(&nursery, "+a +b -b:shutdown -a:shutdown +a +b");
  CHECK_OK(sabir_actor_status(nursery.system, inner));
  nursery_close(&nursery);
}

static void a_drained_root_goes_on_empty(void) {
  struct nursery nursery;
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("echo");
  sabir_behavior *behavior = NULL;
  sabir_status status;
  nursery_open(&nursery);
  callbacks.receive = echo;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  add_kids(&nursery, 0, 2, NULL);
  CHECK_OK(sabir_actor_drain(nursery.system, sabir_supervisor_root(nursery.system)));
  take(&nursery.kids[0].probe.dropped);
  do { /* until the root has heard of its end */
    status = sabir_supervise(nursery.system, 0, "another", behavior, NULL, NULL, NULL);
  } while (status == SABIR_E_CLOSED);
  CHECK_OK(status);
  CHECK_NUMBER(children_of(&nursery, 0), 1);
  sabir_behavior_destroy(&behavior);
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "+a +b -b:shutdown -a:shutdown");
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(a_supervised_actor_is_started),
      TEST(one_call_is_enough),
      TEST(one_for_one_restarts_that_child),
      TEST(one_for_all_restarts_all_in_order),
      TEST(rest_for_one_restarts_it_and_those_after_it),
      TEST(each_waits_for_the_one_before_it),
      TEST(a_crash_while_others_end_spares_nobody),
      TEST(temporary_siblings_end_and_do_not_come_back),
      TEST(a_crash_of_a_temporary_child_is_nobodys_concern),
      TEST(simple_children_come_from_one_template),
      TEST(a_supervisor_killed_while_a_child_starts_again),
      TEST(a_supervisor_killed_while_a_child_waits_for_its_backoff),
      TEST(a_killed_supervisor_is_restarted_with_its_children),
      TEST(a_drained_supervisor_ends_its_children_first),
      TEST(a_drained_root_goes_on_empty),
  };
  return RUN_TESTS(tests, argc, argv);
}
