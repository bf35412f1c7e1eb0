/* system.h, supervisor.h: how a tree ends, and handlers that do not.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "supervision_support.h"

/* A shutdown that was begun. */
struct ending {
  sabir_status status;
  size_t survivors;
  sabir_survivor survivor; /* the first one */
  char name[64], behavior[64];
  sem_t done;
};

static void note_end(uintptr_t argument, sabir_status status, sabir_report *report) {
  struct ending *ending = (struct ending *)argument;
  const sabir_survivor fresh = SABIR_SURVIVOR_INIT;
  ending->status = status;
  ending->survivors = sabir_report_survivor_count(report);
  ending->survivor = fresh;
  if (ending->survivors > 0) {
    CHECK_OK(sabir_report_survivor(report, 0, &ending->survivor));
    snprintf(ending->name, sizeof ending->name, "%s", ending->survivor.name);
    snprintf(ending->behavior, sizeof ending->behavior, "%s", ending->survivor.behavior);
  }
  sabir_report_destroy(&report);
  sem_post(&ending->done);
}

static void begin_end(struct nursery *nursery, struct ending *ending, uint64_t timeout_ns) {
  memset(ending, 0, sizeof *ending);
  sem_init(&ending->done, 0, 0);
  REQUIRE_OK(sabir_system_shutdown_begin(nursery->system, timeout_ns, note_end, (uintptr_t)ending));
}

static void hear_end(struct ending *ending) {
  take(&ending->done);
  sem_destroy(&ending->done);
}

static void hold(struct nursery *nursery, size_t index) {
  tell(nursery, index, PROBE_BLOCK);
  take(&nursery->kids[index].probe.entered);
}
static void let_go(struct nursery *nursery, size_t index) { sem_post(&nursery->kids[index].probe.gate); }

static void children_end_in_the_reverse_of_their_start_order(void) {
  struct nursery nursery;
  sabir_pid first, second;
  nursery_open(&nursery);
  add_kid(&nursery, 0, 0, NULL);
  first = add_supervisor(&nursery, 0, "first", NULL, NULL);
  add_kid(&nursery, 0, 1, NULL);
  add_kid(&nursery, first, 2, NULL);
  second = add_supervisor(&nursery, first, "second", NULL, NULL);
  add_kid(&nursery, second, 3, NULL);
  add_kid(&nursery, second, 4, NULL);
  add_kid(&nursery, first, 5, NULL);
  diary_clear(&nursery.diary);
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "-b:shutdown -f:shutdown -e:shutdown -d:shutdown -c:shutdown -a:shutdown");
}

static void each_waits_for_the_one_after_it(void) {
  struct nursery nursery;
  struct ending ending;
  nursery_open(&nursery);
  add_kids(&nursery, 0, 3, NULL);
  hold(&nursery, 1);
  begin_end(&nursery, &ending, PATIENCE_NS);
  CHECK_DIARY(&nursery, "+a +b +c -c:shutdown");
  CHECK_STATUS(sabir_send_bytes(nursery.system, nursery.pids[0], PROBE_COUNT, NULL, 0), SABIR_E_CLOSED); /* from outside */
  CHECK_STATUS(try_kid(&nursery, 0, 3, NULL, NULL, NULL), SABIR_E_CLOSED);
  CHECK_DIARY(&nursery, "+a +b +c -c:shutdown");
  let_go(&nursery, 1);
  hear_end(&ending);
  CHECK_OK(ending.status);
  CHECK_NUMBER(ending.survivors, 0);
  CHECK_DIARY(&nursery, "+a +b +c -c:shutdown -b:shutdown -a:shutdown");
  nursery_close(&nursery);
}

static void the_tree_ends_before_other_actors(void) {
  struct nursery nursery;
  struct ending ending;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  nursery_open(&nursery);
  options.argument = (uintptr_t)&nursery.kids[1];
  options.drop = probe_drop;
  ++nursery.kids[1].handed;
  add_kid(&nursery, 0, 0, NULL);
  REQUIRE_OK(sabir_spawn(nursery.system, nursery.behavior, &options, &nursery.pids[1], NULL));
  who_is(&nursery, 1);
  hold(&nursery, 0);
  begin_end(&nursery, &ending, PATIENCE_NS);
  CHECK_DIARY(&nursery, "+a +b");
  let_go(&nursery, 0);
  hear_end(&ending);
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "+a +b -a:shutdown -b:shutdown");
}

/* A child's stop tells its elder siblings, which still live then. */
static void tell_elders(struct kid *self, sabir_context *context) {
  const struct nursery *nursery = (const struct nursery *)self->extra;
  const uint32_t number = (uint32_t)(self - nursery->kids);
  uint32_t elder;
  for (elder = 0; elder < number; ++elder)
    CHECK_OK(sabir_context_send_bytes(context, nursery->pids[elder], KID_NUMBER, &number, sizeof number));
}

static void actors_may_send_while_the_tree_ends(void) {
  enum { SENT = 3 }; /* c to a and b, b to a */
  struct nursery nursery;
  size_t index;
  nursery_open(&nursery);
  for (index = 0; index < 3; ++index) {
    nursery.kids[index].extra = &nursery;
    nursery.kids[index].on_stop = tell_elders;
  }
  add_kids(&nursery, 0, 3, NULL);
  CHECK_OK(sabir_system_shutdown(nursery.system, PATIENCE_NS, NULL));
  /* What came is handled, or came behind the order to end and is a dead letter; it is never refused. */
  CHECK(counted(&nursery.kids[0].number_count) <= 2 && counted(&nursery.kids[1].number_count) <= 1);
  CHECK_NUMBER(
      counted(&nursery.kids[0].number_count) + counted(&nursery.kids[1].number_count) + dead_letters(nursery.system, SABIR_CAUSE_ANY),
      SENT);
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "+a +b +c -c:shutdown -b:shutdown -a:shutdown");
}

/* --- children that do not end in time --- */

static void one_that_ignores_its_time_is_left_behind(void) {
  struct nursery nursery;
  struct ending ending;
  struct log_watch log;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  uint64_t begin_ns;
  nursery_open(&nursery);
  watch_log(nursery.system, &log, "b", SABIR_LOG_WARNING);
  spec.shutdown_ns = 20 * MILLISECOND_NS;
  add_kid(&nursery, 0, 0, NULL);
  add_kid(&nursery, 0, 1, &spec);
  add_kid(&nursery, 0, 2, NULL);
  hold(&nursery, 1);
  begin_ns = now_ns();
  begin_end(&nursery, &ending, PATIENCE_NS);
  CHECK_DIARY(&nursery, "+a +b +c -c:shutdown -a:shutdown"); /* the others end all the same */
  CHECK(now_ns() - begin_ns >= spec.shutdown_ns);
  CHECK(reached(&log.records, 1));
  let_go(&nursery, 1);
  hear_end(&ending);
  CHECK_OK(ending.status); /* it has come back before the deadline */
  CHECK_NUMBER(ending.survivors, 0);
  CHECK_NUMBER(counted(&nursery.kids[1].probe.stops), 1);
  nursery_close(&nursery);
}

static void nobody_waits_for_one_that_is_killed(void) {
  struct nursery nursery;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_pid top, pid = 1;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ONE, 0);
  spec.shutdown_ns = SABIR_CHILD_SHUTDOWN_KILL;
  add_kid(&nursery, top, 0, &spec);
  hold(&nursery, 0);
  CHECK_OK(sabir_child_do(nursery.system, top, SABIR_CHILD_STOP, "a", 0, &pid)); /* returns though the handler does not */
  CHECK_NUMBER(pid, 0);
  CHECK_DIARY(&nursery, "+a");
  let_go(&nursery, 0);
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "+a -a:killed");
}

static void a_supervisor_waits_for_ever_by_default(void) {
  struct nursery nursery;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_pid top, inner;
  sabir_ref ref;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ONE, 0);
  add_kid(&nursery, top, 0, NULL);
  inner = add_supervisor(&nursery, top, "inner", NULL, NULL);
  spec.shutdown_ns = SABIR_FOREVER;
  add_kid(&nursery, inner, 1, &spec);
  hold(&nursery, 1);
  ref = watch(&nursery, top, 0);
  CHECK_OK(sabir_actor_stop(nursery.system, top));
  stay_quiet(&nursery, 50 * MILLISECOND_NS);
  CHECK_DIARY(&nursery, "+a +b");
  let_go(&nursery, 1);
  hear_down(&nursery, ref, SABIR_EXIT_STOPPED);
  CHECK_DIARY(&nursery, "+a +b -b:shutdown -a:shutdown");
  nursery_close(&nursery);
}

static void a_pool_ends_all_at_once(void) {
  struct nursery nursery;
  struct ending ending;
  sabir_supervisor_options options = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_pid pool;
  size_t index;
  nursery_open(&nursery);
  options.strategy = SABIR_SIMPLE_ONE_FOR_ONE;
  options.child_behavior = nursery.behavior;
  pool = add_supervisor(&nursery, 0, "pool", &options, NULL);
  for (index = 0; index < 4; ++index) add_simple_kid(&nursery, pool, index);
  hold(&nursery, 3); /* in an order, the last one would be waited for */
  begin_end(&nursery, &ending, PATIENCE_NS);
  for (index = 0; index < 3; ++index) CHECK(reached(&nursery.kids[index].probe.stops, 1));
  CHECK_NUMBER(counted(&nursery.kids[3].probe.stops), 0);
  let_go(&nursery, 3);
  hear_end(&ending);
  CHECK_OK(ending.status);
  nursery_close(&nursery);
}

/* --- in the middle of a restart --- */

static void a_tree_ends_while_it_restarts(void) {
  struct nursery nursery;
  struct ending ending;
  sabir_pid top;
  nursery_open(&nursery);
  top = add_top(&nursery, SABIR_ONE_FOR_ALL, 100);
  set(&nursery.kids[0].block_start, 2);
  add_kids(&nursery, top, 3, NULL);
  tell(&nursery, 0, PROBE_CRASH);
  take(&nursery.kids[0].probe.entered);
  begin_end(&nursery, &ending, PATIENCE_NS);
  let_go(&nursery, 0);
  hear_end(&ending);
  CHECK_OK(ending.status);
  CHECK_NUMBER(counted(&nursery.kids[1].probe.drops), 1);
  nursery_close(&nursery);
}

static void a_tree_does_not_wait_for_a_backoff(void) {
  struct nursery nursery;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  nursery_open(&nursery);
  spec.backoff_initial_ns = 3600 * SECOND_NS;
  add_kid(&nursery, 0, 0, &spec);
  tell(&nursery, 0, PROBE_CRASH);
  CHECK(child_becomes(&nursery, 0, "a", SABIR_CHILD_WAITING));
  tell(&nursery, 0, PROBE_COUNT);
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "+a -a:crashed");
}

/* --- stalled handlers --- */

static void a_stalled_handler_is_logged_once(void) {
  struct nursery nursery;
  struct log_watch log;
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  char behavior[64] = "";
  uint64_t ms = 0;
  unsigned type = 0;
  int size = 0;
  options.workers = 2;
  options.stall_ns = 20 * MILLISECOND_NS;
  nursery_open_with(&nursery, &options);
  add_kid(&nursery, 0, 0, NULL);
  watch_log(nursery.system, &log, "kid", SABIR_LOG_WARNING); /* all that names its behavior */
  hold(&nursery, 0);
  CHECK(reached(&log.records, 1));
  CHECK_NUMBER(log.level, SABIR_LOG_WARNING);
  CHECK_NUMBER(log.pid, nursery.pids[0]);
  CHECK_TEXT(log.actor, "a");
  CHECK_NUMBER(sscanf(log.text, "a handler of '%63[^']' has been running for %" SCNu64 " ms, at a message of type %u%n", behavior, &ms,
                      &type, &size),
               3);
  CHECK_NUMBER(size, strlen(log.text));
  CHECK_TEXT(behavior, "kid");
  CHECK(ms >= 20);
  CHECK_NUMBER(type, PROBE_BLOCK);
  stay_quiet(&nursery, 200 * MILLISECOND_NS);
  CHECK_NUMBER(counted(&log.records), 1);
  let_go(&nursery, 0);
  who_is(&nursery, 0);
  hold(&nursery, 0); /* another message, another stall */
  CHECK(reached(&log.records, 2));
  let_go(&nursery, 0);
  nursery_close(&nursery);
}

static void stalls_are_not_logged_where_they_are_wanted(void) {
  struct nursery nursery;
  struct log_watch log;
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  options.workers = 2;
  options.stall_ns = SABIR_FOREVER;
  nursery_open_with(&nursery, &options);
  add_kid(&nursery, 0, 0, NULL);
  watch_log(nursery.system, &log, "kid", SABIR_LOG_WARNING); /* all that names its behavior */
  hold(&nursery, 0);
  stay_quiet(&nursery, 1500 * MILLISECOND_NS); /* longer than the default */
  CHECK_NUMBER(counted(&log.records), 0);
  let_go(&nursery, 0);
  nursery_close(&nursery);
}

/* --- survivors: the last test, as the threads and memory of its system are leaked, as its report says --- */

static struct nursery leaked;

static void the_deadline_passes_and_survivors_are_reported(void) {
  struct ending ending;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  nursery_open(&leaked);
  spec.shutdown_ns = SABIR_FOREVER;
  add_kid(&leaked, 0, 0, NULL);
  add_kid(&leaked, 0, 1, &spec);
  add_kid(&leaked, 0, 2, NULL);
  hold(&leaked, 1);
  begin_end(&leaked, &ending, 200 * MILLISECOND_NS);
  hear_end(&ending);
  CHECK_STATUS(ending.status, SABIR_E_SURVIVORS);
  CHECK_NUMBER(ending.survivors, 1);
  CHECK_NUMBER(ending.survivor.pid, leaked.pids[1]);
  CHECK_TEXT(ending.name, "b"); /* by default its id */
  CHECK_TEXT(ending.behavior, "kid");
  CHECK_NUMBER(ending.survivor.message_type, PROBE_BLOCK);
  CHECK_NUMBER(counted(&leaked.kids[0].probe.stops), 1); /* the others have ended all the same */
  CHECK_NUMBER(counted(&leaked.kids[0].probe.drops), 1);
  CHECK_NUMBER(counted(&leaked.kids[2].probe.drops), 1);
  CHECK_NUMBER(counted(&leaked.kids[1].probe.drops), 0);
  sabir_port_destroy(&leaked.port);
  sabir_behavior_destroy(&leaked.behavior);
  CHECK_STATUS(sabir_system_destroy(&leaked.system), SABIR_E_SURVIVORS);
  let_go(&leaked, 1); /* it returns into what was left for it */
  CHECK(reached(&leaked.kids[1].probe.received, 1));
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(children_end_in_the_reverse_of_their_start_order),
      TEST(each_waits_for_the_one_after_it),
      TEST(the_tree_ends_before_other_actors),
      TEST(actors_may_send_while_the_tree_ends),
      TEST(one_that_ignores_its_time_is_left_behind),
      TEST(nobody_waits_for_one_that_is_killed),
      TEST(a_supervisor_waits_for_ever_by_default),
      TEST(a_pool_ends_all_at_once),
      TEST(a_tree_ends_while_it_restarts),
      TEST(a_tree_does_not_wait_for_a_backoff),
      TEST(a_stalled_handler_is_logged_once),
      TEST(stalls_are_not_logged_where_they_are_wanted),
      TEST(the_deadline_passes_and_survivors_are_reported),
  };
  return RUN_TESTS(tests, argc, argv);
}
