/* supervisor.h: what one may ask of a supervisor. What goes wrong with it is in child_action_test.c, invalid specs in child_spec_test.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "supervision_support.h"

static sabir_status do_to(struct nursery *nursery, sabir_pid supervisor, uint32_t action, size_t index, sabir_pid *new_pid) {
  return sabir_child_do(nursery->system, supervisor, action, nursery->kids[index].name, 0, new_pid);
}

static void a_child_is_stopped_and_started(void) {
  struct nursery nursery;
  sabir_child_info info;
  sabir_pid top, pid = 1;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ONE, SABIR_INTENSITY_NONE);
  add_kids(&nursery, top, 2, NULL);
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_STOP, 0, &pid));
  CHECK_DIARY(&nursery, "+a +b -a:shutdown"); /* it has ended when the call returns */
  CHECK_NUMBER(pid, 0);
  CHECK_STATUS(sabir_actor_status(nursery.system, nursery.pids[0]), SABIR_E_DEAD);
  CHECK_NUMBER(counted(&nursery.kids[0].probe.drops), 0);
  REQUIRE(child_of(&nursery, top, "a", &info));
  CHECK_NUMBER(info.state, SABIR_CHILD_STOPPED);
  CHECK_NUMBER(info.pid, 0);
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_STOP, 0, &pid)); /* it is stopped */
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_START, 0, &pid));
  CHECK_DIARY(&nursery, "+a +b -a:shutdown +a");
  CHECK(pid != 0 && pid != nursery.pids[0]);
  nursery.pids[0] = pid;
  CHECK_NUMBER(who_is(&nursery, 0).incarnation, 2);
  CHECK_STATUS(do_to(&nursery, top, SABIR_CHILD_START, 0, &pid), SABIR_E_BUSY);
  CHECK_NUMBER(pid, 0);
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_STOP, 0, NULL));
  nursery_close(&nursery);
}

static void a_child_is_restarted(void) {
  static const uint32_t expected[] = {6};
  struct nursery nursery;
  sabir_child_info info;
  sabir_pid top, pid = 0;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ALL, SABIR_INTENSITY_NONE); /* it counts against nothing, and concerns nobody else */
  add_kids(&nursery, top, 2, NULL);
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_RESTART, 0, &pid));
  CHECK_NUMBER(pid, nursery.pids[0]);
  CHECK_DIARY(&nursery, "+a +b -a:shutdown +a");
  tell_number(&nursery, 0, KID_NUMBER, 6);
  CHECK_NUMBERS(&nursery.kids[0], expected);
  CHECK_OK(sabir_child_do(nursery.system, top, SABIR_CHILD_RESTART, NULL, nursery.pids[0], &pid)); /* by its pid */
  CHECK_NUMBER(pid, nursery.pids[0]);
  REQUIRE(child_of(&nursery, top, "a", &info));
  CHECK_NUMBER(info.restarts, 2);
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_STOP, 1, NULL));
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_RESTART, 1, &pid)); /* starts it */
  CHECK(pid != 0 && pid != nursery.pids[1]);
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "+a +b -a:shutdown +a -a:shutdown +a -b:shutdown +b -b:shutdown -a:shutdown");
}

static void a_child_is_deleted(void) {
  struct nursery nursery;
  sabir_pid top, pid = 1;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ONE, 0);
  add_kids(&nursery, top, 2, NULL);
  CHECK_STATUS(do_to(&nursery, top, SABIR_CHILD_DELETE, 0, &pid), SABIR_E_BUSY);
  CHECK_NUMBER(who_is(&nursery, 0).incarnation, 1);
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_STOP, 0, NULL));
  CHECK_NUMBER(counted(&nursery.kids[0].probe.drops), 0);
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_DELETE, 0, &pid));
  CHECK_NUMBER(pid, 0);
  take(&nursery.kids[0].probe.dropped);
  nursery.kids[0].probe.drops = nursery.kids[0].handed = 0; /* its argument is handed over once more */
  CHECK_NUMBER(children_of(&nursery, top), 1);
  CHECK_STATUS(do_to(&nursery, top, SABIR_CHILD_DELETE, 0, NULL), SABIR_E_NO_CHILD);
  CHECK_STATUS(do_to(&nursery, top, SABIR_CHILD_START, 0, NULL), SABIR_E_NO_CHILD);
  add_kid(&nursery, top, 0, NULL); /* the id is free again */
  CHECK_NUMBER(children_of(&nursery, top), 2);
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "+a +b -a:shutdown +a -a:shutdown -b:shutdown"); /* the last started is the first to end */
}

/* d is slow to end when c crashes. Who is stopped before its turn to start again has come stays stopped: a stop is the last word. */
static void a_child_that_is_stopped_during_a_restart_stays_stopped(void) {
  struct nursery nursery;
  sabir_pid top, pid = 1;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ALL, 100);
  add_kids(&nursery, top, 4, NULL);
  tell(&nursery, 3, PROBE_BLOCK);
  take(&nursery.kids[3].probe.entered);
  tell(&nursery, 2, PROBE_CRASH);
  CHECK(child_becomes(&nursery, top, "d", SABIR_CHILD_ENDING));
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_STOP, 1, &pid)); /* it runs still */
  CHECK_NUMBER(pid, 0);
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_STOP, 2, NULL)); /* it waits for its turn */
  CHECK_DIARY(&nursery, "+a +b +c +d -c:crashed -b:shutdown");
  diary_clear(&nursery.diary);
  sem_post(&nursery.kids[3].probe.gate);
  CHECK_DIARY(&nursery, "-d:shutdown -a:shutdown +a +d");
  CHECK(child_becomes(&nursery, top, "b", SABIR_CHILD_STOPPED));
  CHECK(child_becomes(&nursery, top, "c", SABIR_CHILD_STOPPED));
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_START, 1, &nursery.pids[1]));
  CHECK_NUMBER(who_is(&nursery, 1).incarnation, 2);
  nursery_close(&nursery);
}

/* d is slow to end when a crashes; a is stopped before its turn, and c crashes before its own: b, which ran all the time, is restarted. */
static void a_second_crash_does_not_narrow_a_restart(void) {
  struct nursery nursery;
  sabir_pid top;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_REST_FOR_ONE, 100);
  add_kids(&nursery, top, 4, NULL);
  tell(&nursery, 3, PROBE_BLOCK);
  take(&nursery.kids[3].probe.entered);
  tell(&nursery, 0, PROBE_CRASH);
  CHECK(child_becomes(&nursery, top, "d", SABIR_CHILD_ENDING));
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_STOP, 0, NULL));
  tell(&nursery, 2, PROBE_CRASH);
  CHECK_DIARY(&nursery, "+a +b +c +d -a:crashed -c:crashed");
  CHECK(child_becomes(&nursery, top, "c", SABIR_CHILD_WAITING));
  diary_clear(&nursery.diary);
  sem_post(&nursery.kids[3].probe.gate);
  CHECK_DIARY(&nursery, "-d:shutdown -b:shutdown +b +c +d");
  CHECK(child_becomes(&nursery, top, "a", SABIR_CHILD_STOPPED));
  nursery_close(&nursery);
}

/* They have no id by which anybody could start them again. */
static void a_simple_child_that_ends_is_forgotten(void) {
  struct nursery nursery;
  sabir_supervisor_options options = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_child_spec template_spec = SABIR_CHILD_SPEC_INIT;
  sabir_pid pool;
  nursery_open(&nursery);
  options.strategy = SABIR_SIMPLE_ONE_FOR_ONE;
  options.child_behavior = nursery.behavior;
  template_spec.restart = SABIR_TRANSIENT;
  options.child = &template_spec;
  pool = add_supervisor(&nursery, 0, "pool", &options, NULL);
  add_simple_kid(&nursery, pool, 0);
  add_simple_kid(&nursery, pool, 1);
  CHECK_NUMBER(children_of(&nursery, pool), 2);
  CHECK_OK(sabir_child_do(nursery.system, pool, SABIR_CHILD_STOP, NULL, nursery.pids[0], NULL));
  take(&nursery.kids[0].probe.dropped);
  CHECK_NUMBER(children_of(&nursery, pool), 1);
  CHECK_STATUS(sabir_child_do(nursery.system, pool, SABIR_CHILD_STOP, NULL, nursery.pids[0], NULL), SABIR_E_NO_CHILD);
  tell(&nursery, 1, PROBE_STOP);
  take(&nursery.kids[1].probe.dropped);
  CHECK_NUMBER(children_of(&nursery, pool), 0);
  nursery_close(&nursery);
}

static void a_temporary_child_that_is_stopped_is_forgotten(void) {
  struct nursery nursery;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_pid top;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ONE, 0);
  spec.restart = SABIR_TEMPORARY;
  add_kid(&nursery, top, 0, &spec);
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_STOP, 0, NULL));
  take(&nursery.kids[0].probe.dropped);
  CHECK_STATUS(do_to(&nursery, top, SABIR_CHILD_START, 0, NULL), SABIR_E_NO_CHILD);
  CHECK_NUMBER(children_of(&nursery, top), 0);
  nursery_close(&nursery);
}

static void a_supervisor_is_a_child_too(void) {
  struct nursery nursery;
  sabir_child_info info;
  sabir_child_counts counts = SABIR_CHILD_COUNTS_INIT;
  sabir_message *list = NULL;
  sabir_pid inner, pid = 0;
  nursery_open(&nursery);
  inner = add_supervisor(&nursery, 0, "inner", NULL, NULL);
  add_kid(&nursery, 0, 2, NULL);
  add_kids(&nursery, inner, 2, NULL);
  REQUIRE(child_of(&nursery, 0, "inner", &info));
  CHECK_NUMBER(info.supervisor != 0, 1);
  CHECK_NUMBER(info.pid, inner);
  CHECK_OK(do_to(&nursery, 0, SABIR_CHILD_STOP, 2, NULL));
  REQUIRE_OK(sabir_children(nursery.system, 0, &list));
  CHECK_OK(sabir_child_list_counts(list, &counts));
  CHECK_NUMBER(counts.children, 2);
  CHECK_NUMBER(counts.active, 1);
  CHECK_NUMBER(counts.supervisors, 1);
  CHECK_NUMBER(counts.workers, 1);
  sabir_message_destroy(&list);
  CHECK_OK(sabir_child_do(nursery.system, 0, SABIR_CHILD_RESTART, "inner", 0, &pid));
  CHECK_NUMBER(pid, inner);
  CHECK_DIARY(&nursery, "+c +a +b -c:shutdown -b:shutdown -a:shutdown +a +b");
  CHECK_OK(sabir_child_do(nursery.system, 0, SABIR_CHILD_STOP, "inner", 0, NULL));
  CHECK_STATUS(sabir_actor_status(nursery.system, inner), SABIR_E_DEAD);
  CHECK_STATUS(sabir_actor_status(nursery.system, nursery.pids[0]), SABIR_E_DEAD);
  CHECK_STATUS(try_kid(&nursery, inner, 3, NULL, NULL, NULL), SABIR_E_DEAD);
  nursery_close(&nursery);
}

static void the_list_is_in_start_order(void) {
  struct nursery nursery;
  sabir_message *list = NULL, *other = make_message(1, "no list", 7);
  sabir_child_info info = SABIR_CHILD_INFO_INIT;
  sabir_child_counts counts = SABIR_CHILD_COUNTS_INIT;
  sabir_pid top;
  size_t index;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ONE, 0);
  REQUIRE_OK(sabir_children(nursery.system, top, &list));
  CHECK_NUMBER(sabir_child_list_size(list), 0);
  sabir_message_destroy(&list);
  add_kids(&nursery, top, 5, NULL);
  REQUIRE_OK(sabir_children(nursery.system, top, &list));
  CHECK_NUMBER(sabir_child_list_size(list), 5);
  for (index = 0; index < 5; ++index) {
    CHECK_OK(sabir_child_list_at(list, index, &info));
    CHECK_TEXT(info.id, nursery.kids[index].name);
    CHECK_NUMBER(info.pid, nursery.pids[index]);
    CHECK_NUMBER(info.health, SABIR_HEALTH_UNKNOWN);
  }
  CHECK_STATUS(sabir_child_list_at(list, 5, &info), SABIR_E_INVALID);
  CHECK_STATUS(sabir_child_list_at(list, 0, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_child_list_counts(list, NULL), SABIR_E_INVALID);
  info.struct_size = 4;
  CHECK_STATUS(sabir_child_list_at(list, 0, &info), SABIR_E_OPTION);
  info.struct_size = sizeof info;
  CHECK_NUMBER(sabir_child_list_size(other), 0);
  CHECK_NUMBER(sabir_child_list_size(NULL), 0);
  CHECK_STATUS(sabir_child_list_at(other, 0, &info), SABIR_E_INVALID);
  CHECK_STATUS(sabir_child_list_counts(other, &counts), SABIR_E_INVALID);
  sabir_message_destroy(&list);
  sabir_message_destroy(&other);
  nursery_close(&nursery);
}

/* --- requests --- */

static void a_request_is_an_ask_like_any(void) {
  struct nursery nursery;
  struct answer answer;
  sabir_message *request, *reply = NULL;
  sabir_pid top, pid;
  sabir_ref ref = 0;
  nursery_open(&nursery);
  answer_init(&answer);
  top = add_top(&nursery, SABIR_ONE_FOR_ONE, 0);
  request = kid_request(&nursery, 0, NULL); /* sabir_ask */
  CHECK_OK(sabir_ask(nursery.system, top, &request, PATIENCE_NS, &reply));
  CHECK(request == NULL);
  pid = pid_in(reply);
  CHECK_OK(sabir_actor_status(nursery.system, pid));
  sabir_message_destroy(&reply);
  begin_ask(&nursery, top, kid_request(&nursery, 1, NULL), &answer); /* sabir_ask_begin */
  take(&answer.done);
  CHECK_OK(answer.status);
  CHECK_OK(sabir_actor_status(nursery.system, pid_in(answer.reply)));
  request = NULL;
  REQUIRE_OK(sabir_request_child(SABIR_CHILD_STOP, NULL, pid, &request)); /* sabir_port_ask */
  CHECK_OK(sabir_port_ask(nursery.port, top, &request, PATIENCE_NS, &ref));
  reply = hear(&nursery, ref, SABIR_KIND_REPLY);
  CHECK_NUMBER(pid_in(reply), 0);
  sabir_message_destroy(&reply);
  REQUIRE_OK(sabir_request_children(&request));
  CHECK_OK(sabir_ask(nursery.system, top, &request, PATIENCE_NS, &reply));
  CHECK_NUMBER(sabir_child_list_size(reply), 2);
  sabir_message_destroy(&reply);
  answer_end(&answer);
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "+a +b -a:shutdown -b:shutdown");
}

/* An actor that asks from inside: it makes a child of its own supervisor and hears of it by a reply. */
static sabir_status supervise_inside(sabir_context *context, sabir_message **message, void *argument) {
  struct nursery *nursery = (struct nursery *)argument;
  sabir_message *request = kid_request(nursery, 1, NULL);
  sabir_ref ref = 0;
  (void)message;
  CHECK_OK(sabir_context_ask(context, sabir_supervisor_root(nursery->system), &request, PATIENCE_NS, &ref));
  CHECK(ref != 0 && request == NULL);
  return SABIR_OK;
}

static void an_actor_makes_requests(void) {
  struct nursery nursery;
  nursery_open(&nursery);
  add_kid(&nursery, 0, 0, NULL);
  run_inside(nursery.system, nursery.pids[0], supervise_inside, &nursery);
  CHECK_DIARY(&nursery, "+a +b");
  CHECK(reached(&nursery.kids[0].foreign_kinds, 1)); /* the reply */
  CHECK_NUMBER(children_of(&nursery, 0), 2);
  nursery_close(&nursery);
}

static void a_request_that_nobody_gets_drops_its_argument(void) {
  struct nursery nursery;
  sabir_message *request;
  nursery_open(&nursery);
  request = kid_request(&nursery, 0, NULL);
  CHECK_NUMBER(counted(&nursery.kids[0].probe.drops), 0);
  sabir_message_destroy(&request);
  take(&nursery.kids[0].probe.dropped);
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "");
}

static void a_request_to_no_supervisor_fails(void) {
  struct nursery nursery;
  sabir_message *request, *reply = NULL, *list = NULL;
  sabir_status status;
  sabir_pid port, top;
  nursery_open(&nursery);
  port = sabir_port_pid(nursery.port);
  add_kid(&nursery, 0, 0, NULL);
  request = kid_request(&nursery, 1, NULL);
  status = sabir_ask(nursery.system, nursery.pids[0], &request, PATIENCE_NS, &reply);
  CHECK(status == SABIR_E_INVALID || status == SABIR_E_NOT_SUPERVISOR);
  sabir_message_destroy(&reply);
  if (request != NULL) { /* it was not even sent, and is still ours */
    CHECK_NUMBER(counted(&nursery.kids[1].probe.drops), 0);
    status = sabir_send(nursery.system, port, &request);
    CHECK(status == SABIR_E_INVALID || status == SABIR_E_NOT_SUPERVISOR);
    sabir_message_destroy(&request);
  }
  take(&nursery.kids[1].probe.dropped);
  CHECK_STATUS(try_kid(&nursery, nursery.pids[0], 2, NULL, NULL, NULL), SABIR_E_NOT_SUPERVISOR);
  take(&nursery.kids[2].probe.dropped);
  CHECK_STATUS(try_kid(&nursery, port, 2, NULL, NULL, NULL), SABIR_E_NOT_SUPERVISOR);
  take(&nursery.kids[2].probe.dropped);
  CHECK_STATUS(do_to(&nursery, nursery.pids[0], SABIR_CHILD_STOP, 0, NULL), SABIR_E_NOT_SUPERVISOR);
  CHECK_STATUS(sabir_children(nursery.system, nursery.pids[0], &list), SABIR_E_NOT_SUPERVISOR);
  CHECK(list == NULL);
  top = add_top(&nursery, SABIR_ONE_FOR_ONE, 0);
  CHECK_OK(sabir_child_do(nursery.system, 0, SABIR_CHILD_STOP, NULL, top, NULL));
  CHECK_STATUS(try_kid(&nursery, top, 2, NULL, NULL, NULL), SABIR_E_DEAD);
  CHECK_STATUS(sabir_children(nursery.system, top, &list), SABIR_E_DEAD);
  CHECK_NUMBER(who_is(&nursery, 0).handled, 1); /* it has seen nothing of all this */
  nursery_close(&nursery);
}

static void unknown_children_and_actions(void) {
  struct nursery nursery;
  sabir_message *request = (sabir_message *)&request;
  sabir_error *error = NULL;
  sabir_pid top, pid = 1;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ONE, 0);
  add_kid(&nursery, top, 0, NULL);
  CHECK_STATUS(try_kid(&nursery, top, 0, NULL, &pid, &error), SABIR_E_DUPLICATE);
  CHECK_NUMBER(pid, 0);
  CHECK_STATUS(sabir_error_status(error), SABIR_E_DUPLICATE);
  CHECK_CONTAINS(sabir_error_message(error), "a");
  sabir_error_destroy(&error);
  take(&nursery.kids[0].probe.dropped); /* the second time that it was handed over */
  CHECK_NUMBER(who_is(&nursery, 0).incarnation, 1);
  add_kid(&nursery, 0, 1, NULL);
  CHECK_STATUS(do_to(&nursery, top, SABIR_CHILD_STOP, 1, NULL), SABIR_E_NO_CHILD);
  CHECK_STATUS(sabir_child_do(nursery.system, top, SABIR_CHILD_STOP, NULL, nursery.pids[1], NULL), SABIR_E_NO_CHILD); /* the root's */
  CHECK_STATUS(sabir_child_do(nursery.system, top, 0, "a", 0, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_child_do(nursery.system, top, SABIR_CHILD_DELETE + 1, "a", 0, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_child_do(nursery.system, top, SABIR_CHILD_STOP, "", 0, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_request_child(SABIR_CHILD_STOP, NULL, 0, &request), SABIR_E_INVALID);
  CHECK(request == NULL);
  CHECK_STATUS(sabir_request_child(SABIR_CHILD_STOP, "a", 0, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_request_children(NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_children(nursery.system, top, NULL), SABIR_E_INVALID);
  nursery_close(&nursery);
}

/* A request's failure has the exit of the child that did not start, and a text. */
static void a_failed_start_tells_why(void) {
  struct nursery nursery;
  struct answer answer;
  const sabir_exit *exit;
  sabir_pid top;
  nursery_open(&nursery);
  answer_init(&answer);
  top = add_top(&nursery, SABIR_ONE_FOR_ONE, 0);
  set(&nursery.kids[0].fail_from, 1);
  set(&nursery.kids[0].fail_to, 2);
  begin_ask(&nursery, top, kid_request(&nursery, 0, NULL), &answer);
  take(&answer.done);
  CHECK_STATUS(answer.status, SABIR_E_START_FAILED);
  REQUIRE(answer.reply != NULL);
  CHECK(sabir_message_size(answer.reply) > 0);
  exit = sabir_message_exit(answer.reply);
  REQUIRE(exit != NULL);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(exit), SABIR_EXIT_START_FAILED);
  CHECK_STATUS(sabir_exit_status(exit), KID_START_STATUS);
  CHECK_TEXT(sabir_exit_message(exit), KID_START_TEXT);
  take(&nursery.kids[0].probe.dropped);
  answer_end(&answer);
  nursery_close(&nursery);
}

/* A stopped child may be started again, where its spec says. */
static void a_stopped_child_keeps_its_executor(void) {
  struct nursery nursery;
  sabir_executor_options threads = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_executor *executor = NULL;
  nursery_open(&nursery);
  threads.kind = SABIR_EXECUTOR_THREADS;
  REQUIRE_OK(sabir_executor_create(nursery.system, &threads, &executor, NULL));
  spawn.executor = executor;
  spec.spawn = &spawn;
  add_kid(&nursery, 0, 0, &spec);
  CHECK_OK(do_to(&nursery, 0, SABIR_CHILD_STOP, 0, NULL));
  CHECK_STATUS(sabir_executor_destroy(&executor), SABIR_E_BUSY);
  CHECK_OK(do_to(&nursery, 0, SABIR_CHILD_START, 0, &nursery.pids[0]));
  who_is(&nursery, 0);
  CHECK_OK(do_to(&nursery, 0, SABIR_CHILD_STOP, 0, NULL));
  CHECK_OK(do_to(&nursery, 0, SABIR_CHILD_DELETE, 0, NULL));
  CHECK_OK(sabir_executor_destroy(&executor));
  CHECK(executor == NULL);
  nursery_close(&nursery);
}

/* --- at the wrong time, in the wrong place --- */

static void a_supervisor_that_is_ending_takes_no_children(void) {
  struct nursery nursery;
  sabir_error *error = NULL;
  sabir_pid top;
  sabir_ref ref;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ONE, 0);
  add_kids(&nursery, top, 2, NULL);
  ref = watch(&nursery, top, 0);
  tell(&nursery, 0, PROBE_BLOCK);
  take(&nursery.kids[0].probe.entered);
  CHECK_OK(sabir_actor_stop(nursery.system, top));
  CHECK_DIARY(&nursery, "+a +b -b:shutdown"); /* it is ending, and waits for a */
  CHECK_STATUS(try_kid(&nursery, top, 2, NULL, NULL, &error), SABIR_E_CLOSED);
  CHECK(strlen(sabir_error_message(error)) > 0);
  sabir_error_destroy(&error);
  take(&nursery.kids[2].probe.dropped);
  CHECK_STATUS(do_to(&nursery, top, SABIR_CHILD_START, 1, NULL), SABIR_E_CLOSED);
  sem_post(&nursery.kids[0].probe.gate);
  hear_down(&nursery, ref, SABIR_EXIT_STOPPED);
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "+a +b -b:shutdown -a:shutdown");
}

static sabir_status block_inside(sabir_context *context, sabir_message **message, void *argument) {
  struct nursery *nursery = (struct nursery *)argument;
  sabir_message *list = NULL;
  sabir_pid pid = 1;
  (void)context, (void)message;
  CHECK_STATUS(try_kid(nursery, 0, 1, NULL, &pid, NULL), SABIR_E_WOULD_DEADLOCK);
  CHECK_NUMBER(pid, 0);
  CHECK_STATUS(sabir_child_do(nursery->system, 0, SABIR_CHILD_RESTART, "a", 0, NULL), SABIR_E_WOULD_DEADLOCK);
  CHECK_STATUS(sabir_children(nursery->system, 0, &list), SABIR_E_WOULD_DEADLOCK);
  CHECK(list == NULL);
  return SABIR_OK;
}

static void workers_do_not_block(void) {
  struct nursery nursery;
  sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  nursery_open(&nursery);
  add_kid(&nursery, 0, 0, NULL);
  run_inside(nursery.system, nursery.pids[0], block_inside, &nursery);
  take(&nursery.kids[1].probe.dropped);
  options.kind = SABIR_EXECUTOR_THREADS;
  REQUIRE_OK(sabir_executor_create(nursery.system, &options, &spawn.executor, NULL));
  spec.spawn = &spawn;
  add_kid(&nursery, 0, 2, &spec);
  run_inside(nursery.system, nursery.pids[2], block_inside, &nursery);
  take(&nursery.kids[1].probe.dropped);
  nursery_close(&nursery);
  CHECK_OK(sabir_executor_destroy(&spawn.executor));
}

static void a_closed_system_takes_no_children(void) {
  struct nursery nursery;
  sabir_message *request, *reply = NULL, *list = NULL;
  sabir_pid pid = 1;
  nursery_open(&nursery);
  request = kid_request(&nursery, 1, NULL);
  CHECK_OK(sabir_system_shutdown(nursery.system, PATIENCE_NS, NULL));
  CHECK_STATUS(try_kid(&nursery, 0, 0, NULL, &pid, NULL), SABIR_E_CLOSED);
  CHECK_NUMBER(pid, 0);
  take(&nursery.kids[0].probe.dropped);
  CHECK_STATUS(sabir_ask(nursery.system, sabir_supervisor_root(nursery.system), &request, 0, &reply), SABIR_E_CLOSED);
  sabir_message_destroy(&reply);
  sabir_message_destroy(&request);
  take(&nursery.kids[1].probe.dropped);
  CHECK_STATUS(do_to(&nursery, 0, SABIR_CHILD_STOP, 0, NULL), SABIR_E_CLOSED);
  CHECK_STATUS(sabir_children(nursery.system, 0, &list), SABIR_E_CLOSED);
  nursery_close(&nursery);
}

/* --- while the group is being restarted --- */

/* a has crashed, and the number - 1 kids after it are to be restarted with it; the last one does not end before its gate is open. */
static sabir_pid open_restarting_group(struct nursery *nursery, uint32_t strategy, size_t number) {
  struct kid *const last = &nursery->kids[number - 1];
  sabir_pid top;
  nursery_open(nursery);
  top = add_top(nursery, strategy, 100);
  add_kids(nursery, top, number, NULL);
  tell(nursery, number - 1, PROBE_BLOCK);
  take(&last->probe.entered);
  diary_clear(&nursery->diary);
  tell(nursery, 0, PROBE_CRASH);
  CHECK(child_becomes(nursery, top, last->name, SABIR_CHILD_ENDING));
  return top;
}

static void stopped_and_started_again(uint32_t strategy, uint32_t action) {
  struct nursery nursery;
  const sabir_pid top = open_restarting_group(&nursery, strategy, 3);
  sabir_message *request = NULL;
  sabir_child_info info;
  struct answer answer;
  answer_init(&answer);
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_STOP, 1, NULL));
  REQUIRE_OK(sabir_request_child(action, "b", 0, &request));
  begin_ask(&nursery, top, request, &answer);
  REQUIRE(child_of(&nursery, top, "b", &info)); /* behind the request */
  CHECK_NUMBER(info.state, SABIR_CHILD_STOPPED);
  sem_post(&nursery.kids[2].probe.gate);
  CHECK_DIARY(&nursery, "-a:crashed -b:shutdown -c:shutdown +a +b +c");
  take(&answer.done);
  if (CHECK_OK(answer.status)) {
    nursery.pids[1] = pid_in(answer.reply);
    CHECK_NUMBER(who_is(&nursery, 1).incarnation, 2);
  }
  CHECK(child_becomes(&nursery, top, "b", SABIR_CHILD_RUNNING));
  answer_end(&answer);
  nursery_close(&nursery);
}

static void a_child_that_is_stopped_and_started_during_a_restart_takes_its_turn(void) {
  stopped_and_started_again(SABIR_REST_FOR_ONE, SABIR_CHILD_START);
  stopped_and_started_again(SABIR_REST_FOR_ONE, SABIR_CHILD_RESTART);
  stopped_and_started_again(SABIR_ONE_FOR_ALL, SABIR_CHILD_START);
  stopped_and_started_again(SABIR_ONE_FOR_ALL, SABIR_CHILD_RESTART);
}

/* Again and again: what has been taken out of the plan does not pile up in it. */
static void a_child_may_be_stopped_and_started_often_during_a_restart(void) {
  enum { TIMES = 100 };
  struct nursery nursery;
  const sabir_pid top = open_restarting_group(&nursery, SABIR_ONE_FOR_ALL, 3);
  struct answer answers[TIMES];
  int index;
  for (index = 0; index < TIMES; ++index) {
    sabir_message *request = NULL;
    answer_init(&answers[index]);
    CHECK_OK(do_to(&nursery, top, SABIR_CHILD_STOP, 1, NULL));
    REQUIRE_OK(sabir_request_child(SABIR_CHILD_START, "b", 0, &request));
    begin_ask(&nursery, top, request, &answers[index]);
  }
  sem_post(&nursery.kids[2].probe.gate);
  CHECK_DIARY(&nursery, "-a:crashed -b:shutdown -c:shutdown +a +b +c");
  for (index = 0; index < TIMES; ++index) {
    take(&answers[index].done);
    CHECK_STATUS(answers[index].status, index + 1 < TIMES ? SABIR_E_CLOSED : SABIR_OK); /* stopped meanwhile */
    answer_end(&answers[index]);
  }
  nursery_close(&nursery);
}

static void a_new_child_comes_after_a_restart(void) {
  struct nursery nursery;
  const sabir_pid top = open_restarting_group(&nursery, SABIR_ONE_FOR_ALL, 2);
  sabir_child_info info;
  struct answer answer;
  answer_init(&answer);
  begin_ask(&nursery, top, kid_request(&nursery, 2, NULL), &answer);
  REQUIRE(child_of(&nursery, top, "c", &info));
  CHECK_NUMBER(info.state, SABIR_CHILD_STOPPED);
  sem_post(&nursery.kids[1].probe.gate);
  CHECK_DIARY(&nursery, "-a:crashed -b:shutdown +a +b +c");
  take(&answer.done);
  if (CHECK_OK(answer.status)) CHECK(pid_in(answer.reply) != 0);
  answer_end(&answer);
  nursery_close(&nursery);
}

/* Nothing is counted, and nobody else notices. */
static void a_start_on_request_that_takes_too_long_leaves_it_stopped(void) {
  struct nursery nursery;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_child_info info;
  sabir_pid top;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ALL, SABIR_INTENSITY_NONE);
  spec.start_timeout_ns = SECOND_NS / 5;
  set(&nursery.kids[0].block_start, 2);
  add_kid(&nursery, top, 0, &spec);
  add_kid(&nursery, top, 1, NULL);
  CHECK_OK(do_to(&nursery, top, SABIR_CHILD_STOP, 0, NULL));
  CHECK_STATUS(do_to(&nursery, top, SABIR_CHILD_START, 0, NULL), SABIR_E_TIMEOUT);
  take(&nursery.kids[0].probe.entered);
  sem_post(&nursery.kids[0].probe.gate);
  CHECK(child_becomes(&nursery, top, "a", SABIR_CHILD_STOPPED));
  REQUIRE(child_of(&nursery, top, "a", &info));
  CHECK_NUMBER(info.pid, 0);
  CHECK_NUMBER(info.restarts, 0);
  CHECK_NUMBER(who_is(&nursery, 1).incarnation, 1);
  CHECK_DIARY(&nursery, "+a +b -a:shutdown +a -a:start timeout");
  nursery_close(&nursery);
}

/* A failure names a pid as the log does. */
static void a_failure_names_pids_in_hexadecimal(void) {
  struct nursery nursery;
  struct answer answer;
  sabir_message *request = NULL;
  char expected[64] = "", text[128] = "";
  nursery_open(&nursery);
  answer_init(&answer);
  snprintf(expected, sizeof expected, "no child pid %" PRIx64, UINT64_C(0x123456789abcdef));
  REQUIRE_OK(sabir_request_child(SABIR_CHILD_STOP, NULL, UINT64_C(0x123456789abcdef), &request));
  begin_ask(&nursery, sabir_supervisor_root(nursery.system), request, &answer);
  take(&answer.done);
  CHECK_STATUS(answer.status, SABIR_E_NO_CHILD);
  REQUIRE(answer.reply != NULL && sabir_message_size(answer.reply) < sizeof text);
  memcpy(text, sabir_message_data(answer.reply), sabir_message_size(answer.reply));
  CHECK_CONTAINS(text, expected);
  answer_end(&answer);
  nursery_close(&nursery);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(a_child_is_stopped_and_started),
      TEST(a_child_is_restarted),
      TEST(a_child_is_deleted),
      TEST(a_child_that_is_stopped_during_a_restart_stays_stopped),
      TEST(a_second_crash_does_not_narrow_a_restart),
      TEST(a_simple_child_that_ends_is_forgotten),
      TEST(a_temporary_child_that_is_stopped_is_forgotten),
      TEST(a_supervisor_is_a_child_too),
      TEST(the_list_is_in_start_order),
      TEST(a_request_is_an_ask_like_any),
      TEST(an_actor_makes_requests),
      TEST(a_request_that_nobody_gets_drops_its_argument),
      TEST(a_request_to_no_supervisor_fails),
      TEST(unknown_children_and_actions),
      TEST(a_failed_start_tells_why),
      TEST(a_stopped_child_keeps_its_executor),
      TEST(a_supervisor_that_is_ending_takes_no_children),
      TEST(workers_do_not_block),
      TEST(a_closed_system_takes_no_children),
      TEST(a_child_that_is_stopped_and_started_during_a_restart_takes_its_turn),
      TEST(a_child_may_be_stopped_and_started_often_during_a_restart),
      TEST(a_new_child_comes_after_a_restart),
      TEST(a_start_on_request_that_takes_too_long_leaves_it_stopped),
      TEST(a_failure_names_pids_in_hexadecimal),
  };
  return RUN_TESTS(tests, argc, argv);
}
