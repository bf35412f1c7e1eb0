/* message.h: objects of a language as payloads. Each is taken or dropped exactly once, whatever becomes of its message.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "native_support.h"

/* ---- where objects end that nobody takes ---- */

static void what_becomes_a_dead_letter_is_dropped_once(void) {
  static const sabir_type types[] = {PROBE_UNHANDLED, PROBE_COUNT, PROBE_CRASH};
  sabir_system *system = make_system(1);
  uint64_t drops = 0;
  size_t index;
  probe actor;
  sabir_pid pid = probe_spawn_native(system, &actor, NULL);
  for (index = 0; index < 3; ++index) {
    sabir_message *message = make_thing(types[index], OURS, &drops, index);
    CHECK_OK(sabir_send(system, pid, &message));
    CHECK(reached(&drops, index + 1));
  }
  probe_wait_dropped(&actor);
  end_system(&system);
  CHECK_NUMBER(drops, 3);
  probe_end(&actor);
}

/* Queued behind a handler, when the actor is ended: by stop (0), kill (1) or the shutdown (2). */
static void what_is_queued_at_the_end_is_dropped_once(void) {
  enum { QUEUED = 5 };
  int way;
  for (way = 0; way < 3; ++way) {
    sabir_system *system = make_system(1);
    uint64_t drops = 0;
    size_t index;
    probe actor;
    sabir_pid pid = probe_spawn_native(system, &actor, NULL);
    hold(system, &actor, pid);
    for (index = 0; index < QUEUED; ++index) {
      sabir_message *message = make_thing(PROBE_COUNT, OURS, &drops, index);
      CHECK_OK(sabir_send(system, pid, &message));
    }
    if (way == 0) CHECK_OK(sabir_actor_stop(system, pid));
    if (way == 1) CHECK_OK(sabir_actor_kill(system, pid));
    if (way == 2) CHECK_OK(sabir_system_shutdown_begin(system, PATIENCE_NS, NULL, 0));
    CHECK_NUMBER(counted(&drops), 0);
    let_go(&actor);
    CHECK(reached(&drops, QUEUED));
    end_system(&system);
    CHECK_NUMBER(drops, QUEUED);
    probe_end(&actor);
  }
}

/* With and without a subscriber: the latter is the quick way of a mailbox that drops. */
static void note_dead(uintptr_t argument, sabir_pid target, int32_t cause, const sabir_message *message) {
  uint64_t *seen = (uint64_t *)argument;
  (void)target, (void)cause;
  if (sabir_message_type(message) == TAKE) {
    CHECK_NUMBER(sabir_message_native(message), OURS);
    CHECK(sabir_message_data(message) == NULL && sabir_message_size(message) == 0);
    count(seen);
  }
}

static void mailboxes_that_drop_and_deadlines_drop_them_once(void) {
  static const uint32_t overflows[] = {SABIR_OVERFLOW_DROP_NEWEST, SABIR_OVERFLOW_DROP_OLDEST};
  int subscribed, which;
  for (subscribed = 0; subscribed < 2; ++subscribed) {
    for (which = 0; which < 3; ++which) {
      sabir_system *system = make_system(1);
      sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
      sabir_message *message;
      sabir_ref ref = 0;
      uint64_t drops = 0, seen = 0;
      size_t index;
      probe actor;
      sabir_pid pid;
      mailbox.capacity = which < 2 ? 2 : 100;
      mailbox.overflow = which < 2 ? overflows[which] : SABIR_OVERFLOW_REJECT;
      pid = probe_spawn_native(system, &actor, &mailbox);
      if (subscribed) REQUIRE_OK(sabir_dead_letter_subscribe(system, note_dead, (uintptr_t)&seen, NULL, &ref));
      hold(system, &actor, pid);
      for (index = 0; index < 4; ++index) {
        message = make_thing(TAKE, OURS, &drops, index);
        if (which == 2) CHECK_OK(sabir_message_set_deadline(message, 1));
        CHECK_OK(sabir_send(system, pid, &message));
      }
      let_pass(MILLISECOND_NS);
      let_go(&actor);
      CHECK(reached(&drops, 4)); /* none is handled: they are no messages of a probe */
      end_system(&system);
      CHECK_NUMBER(drops, 4);
      CHECK_NUMBER(seen, subscribed ? 4 : 0);
      probe_end(&actor);
    }
  }
}

static void timers_that_end_early_drop_them_once(void) {
  sabir_system *system = make_system(1);
  uint64_t drops = 0;
  sabir_ref ref = 0;
  probe actor;
  sabir_pid pid = probe_spawn_native(system, &actor, NULL);
  sabir_message *message = make_thing(PROBE_COUNT, OURS, &drops, 1);
  CHECK_OK(sabir_timer_after(system, pid, &message, PATIENCE_NS, &ref));
  CHECK_NUMBER(counted(&drops), 0);
  CHECK_OK(sabir_timer_cancel(system, ref));
  CHECK_NUMBER(counted(&drops), 1);
  message = make_thing(PROBE_COUNT, OURS, &drops, 2);
  CHECK_OK(sabir_timer_after(system, pid, &message, 5 * MILLISECOND_NS, &ref));
  CHECK_OK(sabir_actor_stop(system, pid)); /* the timer finds nobody */
  CHECK(reached(&drops, 2));
  message = make_thing(PROBE_COUNT, OURS, &drops, 3);
  CHECK_STATUS(sabir_timer_after(system, pid, &message, 0, &ref), SABIR_E_DEAD);
  sabir_message_destroy(&message);
  end_system(&system);
  CHECK_NUMBER(drops, 3);
  probe_wait_dropped(&actor);
  probe_end(&actor);
}

static void objects_count_for_the_budget_of_bytes(void) {
  sabir_system *system = make_system(1);
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_message *message = NULL;
  struct taker taker;
  uint64_t drops = 0;
  size_t round;
  sabir_pid pid;
  mailbox.capacity_bytes = 200;
  pid = take_spawn(system, &taker, &mailbox);
  REQUIRE_OK(sabir_message_create_native(TAKE, OURS, 137, 8, NULL, &message));
  CHECK_STATUS(sabir_send(system, pid, &message), SABIR_E_TOO_BIG);
  sabir_message_destroy(&message);
  for (round = 0; round < 100; ++round) { /* what was charged is given back */
    message = make_thing(TAKE, OURS, &drops, round);
    CHECK_OK(sabir_send(system, pid, &message));
    CHECK(reached(&taker.taken, round + 1));
  }
  end_system(&system);
  CHECK_NUMBER(drops, 0);
}

/* ---- in handlers ---- */

static void a_handler_sends_one_on_and_gets_a_refusal(void) {
  sabir_system *system = make_system(1);
  struct taker first, second;
  probe plain;
  uint64_t drops = 0;
  sabir_pid from = take_spawn(system, &first, NULL), to = take_spawn(system, &second, NULL);
  sabir_message *message = make_thing(FORWARD, OURS, &drops, 5);
  probe_init(&plain);
  first.to = to;
  second.to = probe_spawn(system, &plain, NULL);
  second.expected = sabir_message_data_mut(message);
  CHECK_OK(sabir_send(system, from, &message)); /* the second one forwards it, too, to who refuses it */
  CHECK(reached(&second.refused, 1) && reached(&drops, 1));
  CHECK_STATUS(second.status, SABIR_E_NATIVE);
  message = make_thing(TAKE_AND_SEND_ON, OURS, &drops, 6);
  CHECK_OK(sabir_send(system, from, &message));
  CHECK(reached(&first.taken, 1));
  end_system(&system);
  CHECK_NUMBER(drops, 1);
  CHECK_NUMBER(second.taken, 0);
  probe_end(&plain);
}

static void a_stash_and_a_keeper_keep_them(void) {
  sabir_system *system = make_system(1);
  struct taker taker;
  probe keeper;
  uint64_t drops = 0;
  sabir_pid pid = take_spawn(system, &taker, NULL), keeping = probe_spawn_native(system, &keeper, NULL);
  sabir_message *message = make_thing(STASH, OURS, &drops, 5);
  CHECK_OK(sabir_send(system, pid, &message));
  message = make_thing(PROBE_KEEP, OURS, &drops, 6);
  CHECK_OK(sabir_send(system, keeping, &message));
  take(&keeper.entered);
  settle(system, keeping);
  CHECK(sabir_message_data_mut(keeper.kept) != NULL && counted(&drops) == 0);
  CHECK_OK(sabir_send(system, pid, &keeper.kept)); /* PROBE_KEEP is nothing to a taker but something to take */
  CHECK(reached(&taker.taken, 1));
  end_system(&system); /* the stashed one is still there */
  CHECK_NUMBER(drops, 1);
  CHECK_NUMBER(taker.last, 6);
  probe_end(&keeper);
}

/* ---- answers ---- */

static sabir_status ask_for_object(sabir_context *context, sabir_message **message, void *argument) {
  const sabir_pid *to = (const sabir_pid *)argument;
  sabir_message *question = make_message(ANSWER, NULL, 0);
  sabir_ref ref = 0;
  (void)message;
  CHECK_OK(sabir_context_ask(context, *to, &question, SABIR_FOREVER, &ref));
  return SABIR_OK;
}

static void an_answer_may_be_one_where_the_asker_takes_them(void) {
  sabir_system *system = make_system(1);
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_pid to;
  struct taker taker;
  watcher takes, plain;
  to = take_spawn(system, &taker, NULL);
  watcher_init(&takes);
  watcher_init(&plain);
  options.native_tag = OURS;
  run_inside(system, watcher_spawn(system, &takes, &options), ask_for_object, &to);
  CHECK_NUMBER((uint32_t)next_event(&takes)->kind, SABIR_KIND_REPLY);
  take(&taker.entered);
  CHECK_STATUS(taker.status, SABIR_OK);
  CHECK(reached(&taker.drops_of_answers, 1)); /* a watcher takes nothing */
  run_inside(system, watcher_spawn(system, &plain, NULL), ask_for_object, &to);
  CHECK_NUMBER((uint32_t)next_event(&plain)->kind, SABIR_KIND_REPLY); /* the bytes */
  take(&taker.entered);
  CHECK_STATUS(taker.status, SABIR_E_NATIVE);
  end_system(&system);
  CHECK_NUMBER(taker.drops_of_answers, 2);
  watcher_end(&takes);
  watcher_end(&plain);
}

static void note_bytes(uintptr_t argument, sabir_ref ref, sabir_status status, sabir_message **reply) {
  (void)ref;
  CHECK_OK(status);
  CHECK_NUMBER(sabir_message_size(*reply), 5);
  count((uint64_t *)argument);
}

/* A thread, a callback and a port: the ask stays open, for bytes. */
static void other_askers_get_bytes(void) {
  sabir_system *system = make_system(1);
  sabir_router *router = NULL;
  sabir_router_options options = SABIR_ROUTER_OPTIONS_INIT;
  sabir_port *port = open_port(system, NULL);
  sabir_message *question, *reply = NULL;
  struct taker taker;
  uint64_t ends = 0;
  sabir_ref ref = 0;
  sabir_pid pid = take_spawn(system, &taker, NULL);
  CHECK_OK(sabir_ask_bytes(system, pid, ANSWER, NULL, 0, PATIENCE_NS, &reply));
  CHECK_NUMBER(sabir_message_size(reply), 5);
  sabir_message_destroy(&reply);
  question = make_message(ANSWER, NULL, 0);
  CHECK_OK(sabir_ask_begin(system, pid, &question, SABIR_FOREVER, note_bytes, (uintptr_t)&ends, NULL));
  CHECK(reached(&ends, 1));
  question = make_message(ANSWER, NULL, 0);
  CHECK_OK(sabir_port_ask(port, pid, &question, SABIR_FOREVER, &ref));
  reply = next_message(port, SABIR_KIND_REPLY);
  CHECK_NUMBER(sabir_message_size(reply), 5);
  sabir_message_destroy(&reply);
  options.strategy = SABIR_ROUTER_BROADCAST;
  REQUIRE_OK(sabir_router_create(system, &options, &router, NULL));
  REQUIRE_OK(sabir_router_add(router, pid));
  question = make_message(ANSWER, NULL, 0);
  CHECK_OK(sabir_router_ask(router, &question, PATIENCE_NS, &reply));
  CHECK_NUMBER(sabir_message_size(reply), 5);
  sabir_message_destroy(&reply);
  sabir_router_destroy(&router);
  sabir_port_destroy(&port);
  end_system(&system);
  CHECK_STATUS(taker.status, SABIR_E_NATIVE);
  CHECK_NUMBER(taker.drops_of_answers, 4);
}

static sabir_status ask_late(sabir_context *context, sabir_message **message, void *argument) {
  const sabir_pid *to = (const sabir_pid *)argument;
  sabir_message *question = make_message(ANSWER_LATE, NULL, 0);
  sabir_ref ref = 0;
  (void)message;
  CHECK_OK(sabir_context_ask(context, *to, &question, SABIR_FOREVER, &ref));
  return SABIR_OK;
}

/* From a thread that has the duty; and to an asker that is gone. */
static void a_late_answer_is_taken_or_dropped(void) {
  sabir_system *system = make_system(1);
  sabir_pid to;
  struct taker taker;
  probe asker;
  sabir_pid from;
  sabir_message *answer;
  uint64_t drops = 0;
  to = take_spawn(system, &taker, NULL);
  from = probe_spawn_native(system, &asker, NULL);
  run_inside(system, from, ask_late, &to);
  take(&taker.entered);
  answer = make_thing(TAKE, THEIRS, &drops, 1);
  CHECK_STATUS(sabir_reply(system, taker.duty, &answer), SABIR_E_NATIVE);
  CHECK(answer != NULL);
  sabir_message_destroy(&answer);
  answer = make_thing(TAKE, OURS, &drops, 1);
  CHECK_OK(sabir_reply(system, taker.duty, &answer));
  CHECK(reached(&drops, 2)); /* a probe takes nothing */
  answer = make_thing(TAKE, OURS, &drops, 1);
  CHECK_STATUS(sabir_reply(system, taker.duty, &answer), SABIR_E_NO_ASK);
  sabir_message_destroy(&answer);
  run_inside(system, from, ask_late, &to);
  take(&taker.entered);
  CHECK_OK(sabir_actor_kill(system, from));
  probe_wait_dropped(&asker);
  answer = make_thing(TAKE, OURS, &drops, 1);
  SABIR_IGNORE(sabir_reply(system, taker.duty, &answer)); /* it may be too late already */
  sabir_message_destroy(&answer);
  CHECK(reached(&drops, 4));
  end_system(&system);
  CHECK_NUMBER(drops, 4);
  probe_end(&asker);
}

/* ---- supervised actors, pools, cells that are used again ---- */

static void note_crash_of_taken(uintptr_t argument, sabir_pid target, int32_t cause, const sabir_message *message) {
  (void)target;
  if (sabir_message_type(message) == TAKE_AND_CRASH && cause == SABIR_CAUSE_CRASHED) count((uint64_t *)argument);
}

static void what_was_taken_is_not_delivered_again(void) {
  sabir_system *system = make_supervising_system();
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_behavior *behavior = taking();
  sabir_message *message;
  struct taker taker;
  uint64_t drops = 0, dead = 0;
  sabir_pid pid = 0;
  sabir_ref ref = 0;
  memset(&taker, 0, sizeof taker);
  options.argument = (uintptr_t)&taker;
  options.native_tag = OURS;
  spec.spawn = &options;
  spec.redeliveries = 3;
  REQUIRE_OK(sabir_dead_letter_subscribe(system, note_crash_of_taken, (uintptr_t)&dead, NULL, &ref));
  REQUIRE_OK(sabir_supervise(system, 0, "taker", behavior, &spec, &pid, NULL));
  message = make_thing(TAKE_AND_CRASH, OURS, &drops, 1);
  CHECK_OK(sabir_send(system, pid, &message));
  message = make_thing(TAKE, OURS, &drops, 2); /* the next incarnation takes them as well */
  CHECK_OK(sabir_send(system, pid, &message));
  CHECK(reached(&taker.taken, 2));
  CHECK(reached(&dead, 1));
  end_system(&system);
  CHECK_NUMBER(taker.crashes, 1);
  CHECK_NUMBER(drops, 0);
  sabir_behavior_destroy(&behavior);
}

static void what_was_left_is_delivered_again(void) {
  sabir_system *system = make_supervising_system();
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_behavior *behavior = probe_behavior();
  sabir_message *message;
  probe actor;
  uint64_t drops = 0;
  sabir_pid pid = 0;
  probe_init(&actor);
  options.argument = (uintptr_t)&actor;
  options.drop = probe_drop;
  options.native_tag = OURS;
  spec.spawn = &options;
  spec.redeliveries = 2;
  REQUIRE_OK(sabir_supervise(system, 0, "probe", behavior, &spec, &pid, NULL));
  message = make_thing(PROBE_CRASH, OURS, &drops, 1);
  CHECK_OK(sabir_send(system, pid, &message));
  CHECK(reached(&drops, 1));
  CHECK_NUMBER(counted(&actor.received), 3);
  end_system(&system);
  CHECK_NUMBER(drops, 1);
  probe_end(&actor);
}

static void supervisors_take_none(void) {
  sabir_system *system = make_supervising_system();
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_supervisor_options supervisor = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_error *error = NULL;
  sabir_pid pid = 7;
  options.native_tag = OURS;
  spec.spawn = &options;
  spec.supervisor = &supervisor;
  CHECK_STATUS(sabir_supervise(system, 0, "group", NULL, &spec, &pid, &error), SABIR_E_INVALID);
  CHECK_CONTAINS(sabir_error_message(error), "native_tag");
  CHECK_NUMBER(pid, 0);
  sabir_error_destroy(&error);
  end_system(&system);
}

static void a_pool_takes_them(void) {
  sabir_system *system = make_system(2);
  sabir_router_options options = SABIR_ROUTER_OPTIONS_INIT;
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  sabir_behavior *behavior = taking();
  sabir_router *router = NULL;
  struct taker taker;
  uint64_t drops = 0;
  size_t index;
  memset(&taker, 0, sizeof taker);
  spawn.argument = (uintptr_t)&taker;
  spawn.native_tag = OURS;
  options.size = 3;
  options.behavior = behavior;
  options.spawn = &spawn;
  REQUIRE_OK(sabir_router_create(system, &options, &router, NULL));
  sabir_behavior_destroy(&behavior);
  for (index = 0; index < 9; ++index) {
    sabir_message *message = make_thing(TAKE, OURS, &drops, 3);
    CHECK_OK(sabir_router_send(router, &message));
  }
  CHECK(reached(&taker.taken, 9));
  sabir_router_destroy(&router);
  end_system(&system);
  CHECK_NUMBER(drops, 0);
}

static void a_cell_that_is_used_again_takes_what_its_actor_takes(void) {
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  static const uintptr_t tags[] = {OURS, 0, THEIRS, OURS, 0};
  sabir_system *system;
  size_t index;
  options.workers = 1;
  options.max_actors = 2; /* the root supervisor, and one more */
  system = make_system_with(&options);
  for (index = 0; index < sizeof tags / sizeof tags[0]; ++index) {
    sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
    sabir_message *message;
    uint64_t drops = 0;
    probe actor;
    sabir_pid pid;
    probe_init(&actor);
    spawn.native_tag = tags[index];
    pid = probe_spawn(system, &actor, &spawn);
    message = make_thing(PROBE_COUNT, OURS, &drops, index);
    CHECK_STATUS(sabir_send(system, pid, &message), tags[index] == OURS ? SABIR_OK : SABIR_E_NATIVE);
    sabir_message_destroy(&message);
    CHECK(reached(&drops, 1));
    CHECK_OK(sabir_actor_stop(system, pid));
    CHECK(becomes_dead(system, pid));
    probe_wait_dropped(&actor);
    probe_end(&actor);
  }
  end_system(&system);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(what_becomes_a_dead_letter_is_dropped_once),
      TEST(what_is_queued_at_the_end_is_dropped_once),
      TEST(mailboxes_that_drop_and_deadlines_drop_them_once),
      TEST(timers_that_end_early_drop_them_once),
      TEST(objects_count_for_the_budget_of_bytes),
      TEST(a_handler_sends_one_on_and_gets_a_refusal),
      TEST(a_stash_and_a_keeper_keep_them),
      TEST(an_answer_may_be_one_where_the_asker_takes_them),
      TEST(other_askers_get_bytes),
      TEST(a_late_answer_is_taken_or_dropped),
      TEST(what_was_taken_is_not_delivered_again),
      TEST(what_was_left_is_delivered_again),
      TEST(supervisors_take_none),
      TEST(a_pool_takes_them),
      TEST(a_cell_that_is_used_again_takes_what_its_actor_takes),
  };
  return RUN_TESTS(tests, argc, argv);
}
