/* supervisor.h: what START, STOP and RESTART come to where not all goes well, and while a group is being restarted.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "supervision_support.h"

static sabir_status do_to(struct nursery *nursery, sabir_pid supervisor, uint32_t action, size_t index, sabir_pid *new_pid) {
  return sabir_child_do(nursery->system, supervisor, action, nursery->kids[index].name, 0, new_pid);
}

static uint64_t restarts_of(struct nursery *nursery, sabir_pid supervisor, const char *id) {
  sabir_child_info info = SABIR_CHILD_INFO_INIT;
  return CHECK(child_of(nursery, supervisor, id, &info)) ? info.restarts : 0;
}

static void a_stopped_child_comes_back_with_its_group(void) {
  struct nursery nursery;
  sabir_child_info info;
  sabir_pid top;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ALL, 100);
  add_kids(&nursery, top, 3, NULL);
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_STOP, 1, NULL));
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_STOP, 2, NULL));
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_DELETE, 2, NULL)); /* and this one does not */
  tell(&nursery, 0, PROBE_CRASH);
  CHECK_DIARY(&nursery, "+a +b +c -b:shutdown -c:shutdown -a:crashed +a +b");
  CHECK(child_becomes(&nursery, top, "b", SABIR_CHILD_RUNNING));
  REQUIRE(child_of(&nursery, top, "b", &info));
  CHECK(info.pid != 0 && info.pid != nursery.pids[1]);
  CHECK_NUMBER(info.restarts, 1);
  CHECK_NUMBER(restarts_of(&nursery, top, "a"), 1);
  CHECK_NUMBER(children_of(&nursery, top), 2);
  nursery_close(&nursery);
}

/* The first restart would be too many for its supervisor. */
static void a_start_that_was_asked_for_and_fails_leaves_the_child_stopped(void) {
  struct nursery nursery;
  sabir_pid top, pid = 1;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ALL, SABIR_INTENSITY_NONE);
  add_kids(&nursery, top, 2, NULL);
  set(&nursery.kids[0].fail_from, 2);
  set(&nursery.kids[0].fail_to, 4);
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_STOP, 0, NULL));
  CHECK_STATUS(do_to(&nursery, top, SABIR_CHILD_START, 0, &pid), SABIR_E_START_FAILED);
  CHECK_NUMBER(pid, 0);
  CHECK(child_becomes(&nursery, top, "a", SABIR_CHILD_STOPPED));
  CHECK_STATUS(do_to(&nursery, top, SABIR_CHILD_RESTART, 0, &pid), SABIR_E_START_FAILED);
  CHECK(child_becomes(&nursery, top, "a", SABIR_CHILD_STOPPED));
  CHECK_NUMBER(restarts_of(&nursery, top, "a"), 0);
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_START, 0, &pid));
  CHECK_NUMBER(restarts_of(&nursery, top, "a"), 1);
  CHECK_OK(sabir_actor_status(nursery.system, top));
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "+a +b -a:shutdown !a !a +a -b:shutdown -a:shutdown"); /* b was not concerned */
}

static void a_restart_of_a_running_child_that_fails_is_a_failure(void) {
  struct nursery nursery;
  sabir_pid top;
  sabir_ref ref;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ONE, SABIR_INTENSITY_NONE);
  add_kid(&nursery, top, 0, NULL);
  set(&nursery.kids[0].fail_from, 2);
  set(&nursery.kids[0].fail_to, 3);
  ref = watch(&nursery, top, 0);
  CHECK_STATUS(do_to(&nursery, top, SABIR_CHILD_RESTART, 0, NULL), SABIR_E_START_FAILED);
  hear_down(&nursery, ref, SABIR_EXIT_INTENSITY);
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "+a -a:shutdown !a");
}

/* A child that is in its handler, and is given little time to leave it. */
static sabir_pid add_busy_kid(struct nursery *nursery, uint64_t shutdown_ns) {
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  const sabir_pid top = add_top(nursery, SABIR_ONE_FOR_ONE, 0);
  spec.shutdown_ns = shutdown_ns;
  add_kid(nursery, top, 0, &spec);
  tell(nursery, 0, PROBE_BLOCK);
  take(&nursery->kids[0].probe.entered);
  return top;
}

static void a_stop_that_takes_too_long_is_done_when_the_handler_returns(void) {
  struct nursery nursery;
  sabir_pid top;
  nursery_open(&nursery);
  top = add_busy_kid(&nursery, 5 * MILLISECOND_NS);
  CHECK_STATUS(do_to(&nursery, top, SABIR_CHILD_STOP, 0, NULL), SABIR_E_TIMEOUT);
  CHECK(child_becomes(&nursery, top, "a", SABIR_CHILD_ENDING));
  CHECK_STATUS(do_to(&nursery, top, SABIR_CHILD_START, 0, NULL), SABIR_E_BUSY);
  CHECK_STATUS(do_to(&nursery, top, SABIR_CHILD_RESTART, 0, NULL), SABIR_E_BUSY);
  CHECK_STATUS(do_to(&nursery, top, SABIR_CHILD_DELETE, 0, NULL), SABIR_E_BUSY);
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_STOP, 0, NULL));
  sem_post(&nursery.kids[0].probe.gate);
  CHECK(child_becomes(&nursery, top, "a", SABIR_CHILD_STOPPED));
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_START, 0, NULL));
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "+a -a:shutdown +a -a:shutdown");
}

static void a_restart_that_takes_too_long_is_done_when_the_handler_returns(void) {
  struct nursery nursery;
  sabir_pid top;
  nursery_open(&nursery);
  top = add_busy_kid(&nursery, 5 * MILLISECOND_NS);
  CHECK_STATUS(do_to(&nursery, top, SABIR_CHILD_RESTART, 0, NULL), SABIR_E_TIMEOUT);
  CHECK(child_becomes(&nursery, top, "a", SABIR_CHILD_ENDING));
  sem_post(&nursery.kids[0].probe.gate);
  CHECK_NUMBER(who_is(&nursery, 0).incarnation, 2);
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "+a -a:shutdown +a -a:shutdown");
}

static void a_stop_with_kill_waits_for_nothing(void) {
  struct nursery nursery;
  sabir_pid top;
  nursery_open(&nursery);
  top = add_busy_kid(&nursery, SABIR_CHILD_SHUTDOWN_KILL);
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_STOP, 0, NULL));
  CHECK(child_becomes(&nursery, top, "a", SABIR_CHILD_ENDING));
  sem_post(&nursery.kids[0].probe.gate);
  CHECK(child_becomes(&nursery, top, "a", SABIR_CHILD_STOPPED));
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "+a -a:killed");
}

/* b waits for its backoff when c is added, which comes behind b. */
static void who_is_added_waits_for_its_turn_in_the_group(void) {
  struct nursery nursery;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_pid top;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_REST_FOR_ONE, 100);
  spec.backoff_initial_ns = 100 * MILLISECOND_NS;
  add_kid(&nursery, top, 0, NULL);
  add_kid(&nursery, top, 1, &spec);
  tell(&nursery, 1, PROBE_CRASH);
  CHECK(child_becomes(&nursery, top, "b", SABIR_CHILD_WAITING));
  add_kid(&nursery, top, 2, NULL);
  CHECK_DIARY(&nursery, "+a +b -b:crashed +b +c");
  nursery_close(&nursery);
}

static void a_stop_overtakes_a_restart(void) {
  struct nursery nursery;
  struct answer restarted;
  sabir_message *request = NULL;
  sabir_pid top;
  nursery_open(&nursery);
  answer_init(&restarted);
  top = add_busy_kid(&nursery, SABIR_FOREVER);
  REQUIRE_OK(sabir_request_child(SABIR_CHILD_RESTART, "a", 0, &request));
  begin_ask(&nursery, top, request, &restarted);
  CHECK(child_becomes(&nursery, top, "a", SABIR_CHILD_ENDING));
  REQUIRE_OK(sabir_request_child(SABIR_CHILD_STOP, "a", 0, &request));
  CHECK_OK(sabir_send(nursery.system, top, &request));
  take(&restarted.done);
  CHECK_STATUS(restarted.status, SABIR_E_CLOSED);
  CHECK_NUMBER(sabir_message_size(restarted.reply), strlen("the child was stopped meanwhile"));
  sem_post(&nursery.kids[0].probe.gate);
  CHECK(child_becomes(&nursery, top, "a", SABIR_CHILD_STOPPED));
  answer_end(&restarted);
  nursery_close(&nursery);
}

static void a_request_is_for_the_system_that_it_was_made_for(void) {
  struct nursery nursery;
  sabir_system *other = make_system(1);
  sabir_message *request, *reply = NULL;
  char text[128] = "";
  nursery_open(&nursery);
  request = kid_request(&nursery, 0, NULL);
  CHECK_STATUS(sabir_ask(other, sabir_supervisor_root(other), &request, PATIENCE_NS, &reply), SABIR_E_FOREIGN);
  REQUIRE(reply != NULL && sabir_message_size(reply) < sizeof text);
  memcpy(text, sabir_message_data(reply), sabir_message_size(reply));
  CHECK_CONTAINS(text, "another system");
  sabir_message_destroy(&reply);
  take(&nursery.kids[0].probe.dropped);
  request = kid_request(&nursery, 1, NULL);
  CHECK_OK(sabir_send(other, sabir_supervisor_root(other), &request)); /* not asked: nobody hears of it */
  take(&nursery.kids[1].probe.dropped);
  CHECK_NUMBER(children_of(&nursery, 0), 0);
  end_system(&other);
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "");
}

static void an_executor_that_a_stopped_child_names_is_busy(void) {
  struct nursery nursery;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  sabir_executor *executor = NULL;
  nursery_open(&nursery);
  REQUIRE_OK(sabir_executor_create(nursery.system, NULL, &executor, NULL));
  spawn.executor = executor;
  spec.spawn = &spawn;
  add_kid(&nursery, 0, 0, &spec);
  CHECK_OK(do_to(&nursery, 0, SABIR_CHILD_STOP, 0, NULL));
  CHECK_STATUS(sabir_executor_destroy(&executor), SABIR_E_BUSY);
  CHECK_OK(do_to(&nursery, 0, SABIR_CHILD_DELETE, 0, NULL));
  take(&nursery.kids[0].probe.dropped);
  CHECK_OK(sabir_executor_destroy(&executor));
  nursery_close(&nursery);
}

/* It closes the actor for those who send, and is a message for the next incarnation: that handles what was queued before it, and ends. */
static void a_drain_between_two_incarnations_waits_for_the_next(void) {
  static const uint32_t expected[] = {1};
  struct nursery nursery;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_pid top;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ONE, 100);
  spec.restart = SABIR_TRANSIENT;
  spec.backoff_initial_ns = 100 * MILLISECOND_NS;
  add_kid(&nursery, top, 0, &spec);
  tell(&nursery, 0, PROBE_CRASH);
  CHECK(child_becomes(&nursery, top, "a", SABIR_CHILD_WAITING));
  tell_number(&nursery, 0, KID_NUMBER, 1);
  CHECK_OK(sabir_actor_stop(nursery.system, nursery.pids[0])); /* does nothing: there is no incarnation to end */
  CHECK_OK(sabir_actor_drain(nursery.system, nursery.pids[0]));
  CHECK_STATUS(sabir_send_bytes(nursery.system, nursery.pids[0], PROBE_COUNT, NULL, 0), SABIR_E_DEAD);
  CHECK_DIARY(&nursery, "+a -a:crashed +a -a:normal");
  CHECK_NUMBERS(&nursery.kids[0], expected);
  CHECK(child_becomes(&nursery, top, "a", SABIR_CHILD_STOPPED));
  nursery_close(&nursery);
}

/* A notice of a restart comes after the supervisor's own news of it: who turns to the supervisor then is not taken for one who asked
 * before. The supervisor was told second once, and took a RESTART for the start that it still waited for. */
static void *be_busy(void *over) {
  while (counted((uint64_t *)over) == 0) continue;
  return NULL;
}

static void who_hears_of_a_restart_finds_the_supervisor_informed(void) {
  enum { ROUNDS = 500, BUSY = 3 }; /* who is told takes the processor from who tells */
  sabir_system_options one_worker = SABIR_SYSTEM_OPTIONS_INIT;
  pthread_t busy[BUSY];
  uint64_t over = 0;
  size_t index;
  struct nursery nursery;
  sabir_child_info info;
  sabir_pid top;
  sabir_ref ref;
  uint64_t round;
  for (index = 0; index < BUSY; ++index) busy[index] = start_thread(be_busy, &over);
  one_worker.workers = 1;
  nursery_open_with(&nursery, &one_worker);
  top = add_top(&nursery, SABIR_ONE_FOR_ONE, 2 * ROUNDS);
  add_kid(&nursery, top, 0, NULL);
  ref = watch(&nursery, nursery.pids[0], SABIR_MONITOR_RESTARTS);
  for (round = 1; round <= ROUNDS; ++round) {
    sabir_message *notice;
    uint64_t starts;
    diary_clear(&nursery.diary);
    tell(&nursery, 0, PROBE_CRASH);
    notice = hear(&nursery, ref, SABIR_KIND_RESTARTED);
    sabir_message_destroy(&notice);
    starts = counted(&nursery.kids[0].probe.starts);
    if (round % 2) {
      CHECK_OK(sabir_child_do(nursery.system, top, SABIR_CHILD_RESTART, nursery.kids[0].name, 0, NULL));
      CHECK_NUMBER(counted(&nursery.kids[0].probe.starts), starts + 1);
      notice = hear(&nursery, ref, SABIR_KIND_RESTARTED);
      sabir_message_destroy(&notice);
    } else if (CHECK(child_of(&nursery, top, nursery.kids[0].name, &info))) {
      CHECK_NUMBER(info.state, SABIR_CHILD_RUNNING);
      CHECK_NUMBER(info.restarts, starts - 1);
    }
  }
  count(&over);
  for (index = 0; index < BUSY; ++index) join_thread(busy[index]);
  nursery_close(&nursery);
}

/* The same for a group: it has restarted when its children have. */
static void a_group_has_restarted_when_its_children_have(void) {
  enum { ROUNDS = 100 };
  struct nursery nursery;
  sabir_supervisor_options options = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_pid top, group;
  sabir_ref ref;
  int round;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ONE, 2 * ROUNDS);
  group = add_supervisor(&nursery, top, "group", &options, NULL);
  add_kids(&nursery, group, 3, NULL);
  ref = watch(&nursery, group, SABIR_MONITOR_RESTARTS);
  for (round = 0; round < ROUNDS; ++round) {
    sabir_message *notice;
    const uint64_t starts = counted(&nursery.kids[2].probe.starts);
    diary_clear(&nursery.diary);
    CHECK_OK(sabir_actor_kill(nursery.system, group));
    notice = hear(&nursery, ref, SABIR_KIND_RESTARTED);
    sabir_message_destroy(&notice);
    CHECK_NUMBER(counted(&nursery.kids[2].probe.starts), starts + 1);
  }
  nursery_close(&nursery);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(a_stopped_child_comes_back_with_its_group),
      TEST(a_start_that_was_asked_for_and_fails_leaves_the_child_stopped),
      TEST(a_restart_of_a_running_child_that_fails_is_a_failure),
      TEST(a_stop_that_takes_too_long_is_done_when_the_handler_returns),
      TEST(a_restart_that_takes_too_long_is_done_when_the_handler_returns),
      TEST(a_stop_with_kill_waits_for_nothing),
      TEST(who_is_added_waits_for_its_turn_in_the_group),
      TEST(a_stop_overtakes_a_restart),
      TEST(a_request_is_for_the_system_that_it_was_made_for),
      TEST(an_executor_that_a_stopped_child_names_is_busy),
      TEST(a_drain_between_two_incarnations_waits_for_the_next),
      TEST(who_hears_of_a_restart_finds_the_supervisor_informed),
      TEST(a_group_has_restarted_when_its_children_have),
  };
  return RUN_TESTS(tests, argc, argv);
}
