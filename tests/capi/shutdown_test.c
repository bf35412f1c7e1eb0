/* system.h: shutting a system down. Handlers that never return are in survivor_test.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "calls.h"
#include "supervision_support.h"

static void an_idle_system_shuts_down(void) {
  sabir_system *system = make_system(2);
  sabir_report *report = NULL;
  sabir_survivor survivor = SABIR_SURVIVOR_INIT;
  CHECK_OK(sabir_system_shutdown(system, PATIENCE_NS, &report));
  REQUIRE(report != NULL);
  CHECK_NUMBER(sabir_report_survivor_count(report), 0);
  CHECK_STATUS(sabir_report_survivor(report, 0, &survivor), SABIR_E_INVALID);
  CHECK_STATUS(sabir_report_survivor(NULL, 0, &survivor), SABIR_E_INVALID);
  CHECK_NUMBER(sabir_report_survivor_count(NULL), 0);
  sabir_report_destroy(&report);
  CHECK(report == NULL);
  CHECK_OK(sabir_system_destroy(&system));
}

static void shutdown_may_be_repeated(void) {
  sabir_system *system = make_system(1);
  int round;
  for (round = 0; round < 3; ++round) {
    sabir_report *report = NULL;
    CHECK_OK(sabir_system_shutdown(system, PATIENCE_NS, &report));
    CHECK(report != NULL);
    sabir_report_destroy(&report);
    CHECK_OK(sabir_system_shutdown(system, 0, NULL));
  }
  CHECK_STATUS(sabir_system_shutdown_begin(system, 0, NULL, 0), SABIR_E_CLOSED);
  CHECK_OK(sabir_system_destroy(&system));
}

static void every_actor_stops_and_is_dropped(void) {
  enum { ACTORS = 200 };
  static probe actors[ACTORS];
  sabir_system *system = make_system(2);
  size_t index;
  for (index = 0; index < ACTORS; ++index) {
    probe_init(&actors[index]);
    CHECK_OK(sabir_send_bytes(system, probe_spawn(system, &actors[index], NULL), PROBE_COUNT, NULL, 0));
  }
  CHECK_OK(sabir_system_shutdown(system, PATIENCE_NS, NULL));
  for (index = 0; index < ACTORS; ++index) {
    CHECK_NUMBER(counted(&actors[index].drops), 1);
    CHECK_NUMBER(counted(&actors[index].starts), counted(&actors[index].stops));
    if (counted(&actors[index].stops) == 1) CHECK_NUMBER((uint32_t)actors[index].exit_reason, SABIR_EXIT_SHUTDOWN);
    probe_end(&actors[index]);
  }
  end_system(&system);
}

static void what_is_queued_becomes_dead_letters(void) {
  enum { QUEUED = 100 };
  sabir_system *system = make_system(2);
  wrapped memory[QUEUED];
  probe actor, before, after;
  sabir_pid pid;
  size_t index;
  memset(memory, 0, sizeof memory);
  probe_init(&actor);
  probe_init(&before);
  probe_init(&after);
  probe_spawn(system, &before, NULL);
  pid = probe_spawn(system, &actor, NULL);
  probe_spawn(system, &after, NULL);
  CHECK(reached(&before.starts, 1) && reached(&after.starts, 1));
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_BLOCK, NULL, 0));
  take(&actor.entered);
  for (index = 0; index < QUEUED; ++index) {
    sabir_message *message = wrap_message(PROBE_COUNT, &memory[index]);
    CHECK_OK(sabir_send(system, pid, &message));
  }
  CHECK_OK(sabir_system_shutdown_begin(system, PATIENCE_NS, NULL, 0));
  take(&before.stopped); /* its neighbours have been told to stop, so it has been told too */
  take(&after.stopped);
  sem_post(&actor.gate);
  CHECK_OK(sabir_system_shutdown(system, PATIENCE_NS, NULL));
  CHECK_NUMBER(dead_letters(system, SABIR_CAUSE_SHUTDOWN), QUEUED);
  CHECK_NUMBER(counted(&actor.received), 1);
  end_system(&system);
  probe_end(&before);
  probe_end(&after);
  for (index = 0; index < QUEUED; ++index) CHECK_NUMBER(counted(&memory[index].releases), 1);
  probe_end(&actor);
}

/* What calls with a good handle of a system that was shut down give. */
static void a_closed_system_says_so(void) {
  static const struct {
    const char *name;
    sabir_status status, or_else;
  } expectations[] = {
      {"sabir_system_retain", SABIR_OK, SABIR_OK},
      {"sabir_system_counters", SABIR_OK, SABIR_OK},
      {"sabir_spawn", SABIR_E_CLOSED, SABIR_E_CLOSED},
      {"sabir_actor_status", SABIR_E_CLOSED, SABIR_E_DEAD}, /* both are so */
      {"sabir_actor_stop", SABIR_E_CLOSED, SABIR_E_DEAD},
      {"sabir_actor_drain", SABIR_E_CLOSED, SABIR_E_DEAD},
      {"sabir_actor_kill", SABIR_E_CLOSED, SABIR_E_DEAD},
      {"sabir_send", SABIR_E_CLOSED, SABIR_E_CLOSED},
      {"sabir_send_bytes", SABIR_E_CLOSED, SABIR_E_CLOSED},
      {"sabir_ask", SABIR_E_CLOSED, SABIR_E_CLOSED},
      {"sabir_ask_bytes", SABIR_E_CLOSED, SABIR_E_CLOSED},
      {"sabir_ask_begin", SABIR_E_CLOSED, SABIR_E_CLOSED},
      {"sabir_ask_cancel", SABIR_OK, SABIR_E_CLOSED}, /* OK here: that there is no such ask */
      {"sabir_reply", SABIR_OK, SABIR_E_CLOSED},
      {"sabir_reply_bytes", SABIR_OK, SABIR_E_CLOSED},
      {"sabir_reply_error", SABIR_OK, SABIR_E_CLOSED},
      {"sabir_port_create", SABIR_E_CLOSED, SABIR_E_CLOSED},
      {"sabir_executor_create", SABIR_E_CLOSED, SABIR_E_CLOSED},
      {"sabir_dead_letter_count", SABIR_OK, SABIR_OK},
      {"sabir_dead_letter_subscribe", SABIR_E_CLOSED, SABIR_E_CLOSED},
      {"sabir_port_receive", SABIR_E_CLOSED, SABIR_E_CLOSED},
      {"sabir_port_wake", SABIR_E_CLOSED, SABIR_E_CLOSED},
      {"sabir_port_ask", SABIR_E_CLOSED, SABIR_E_CLOSED},
      {"sabir_port_monitor", SABIR_E_CLOSED, SABIR_E_CLOSED},
      {"sabir_port_demonitor", SABIR_OK, SABIR_E_CLOSED}, /* OK here: that there is no such monitor */
      {"sabir_timer_after", SABIR_E_CLOSED, SABIR_E_CLOSED},
      {"sabir_timer_every", SABIR_E_CLOSED, SABIR_E_CLOSED},
      {"sabir_timer_cancel", SABIR_OK, SABIR_OK},
      {"sabir_supervise", SABIR_E_CLOSED, SABIR_E_CLOSED},
      {"sabir_request_supervise", SABIR_E_CLOSED, SABIR_E_CLOSED},
      {"sabir_child_do", SABIR_E_CLOSED, SABIR_E_CLOSED},
      {"sabir_children", SABIR_E_CLOSED, SABIR_E_CLOSED},
      {"sabir_system_shutdown", SABIR_OK, SABIR_OK},
      {"sabir_system_shutdown_begin", SABIR_E_CLOSED, SABIR_E_CLOSED},
  };
  struct handles handles = make_handles();
  size_t index, expectation;
  CHECK_OK(sabir_system_shutdown((sabir_system *)handles.handle[HANDLE_SYSTEM], PATIENCE_NS, NULL));
  for (expectation = 0; expectation < sizeof expectations / sizeof expectations[0]; ++expectation) {
    size_t found = 0;
    for (index = 0; index < handle_call_count; ++index) {
      const struct handle_call *call = &handle_calls[index];
      sabir_status status;
      if (strcmp(call->name, expectations[expectation].name) != 0) continue;
      ++found;
      status = call->call(handles.handle[call->kind], &handles);
      if (status == expectations[expectation].or_else) continue;
      if (!CHECK_STATUS(status, expectations[expectation].status)) fprintf(stderr, "  of %s\n", call->name);
    }
    CHECK_NUMBER(found, 1);
  }
  end_handles(&handles);
}

/* The end of a shutdown that was begun. */
struct end_of_shutdown {
  uint64_t calls;
  sabir_status status;
  size_t survivors;
  sem_t done;
};

static void shutdown_ended(uintptr_t argument, sabir_status status, sabir_report *report) {
  struct end_of_shutdown *end = (struct end_of_shutdown *)argument;
  end->status = status;
  CHECK(report != NULL);
  end->survivors = sabir_report_survivor_count(report);
  sabir_report_destroy(&report);
  count(&end->calls);
  sem_post(&end->done);
}

static void must_not_end(uintptr_t argument, sabir_status status, sabir_report *report) {
  (void)argument, (void)status;
  sabir_report_destroy(&report);
  CHECK(!"done ran after a call that failed");
}

static void a_begun_shutdown_calls_back_once(void) {
  sabir_system *system = make_system(1);
  struct end_of_shutdown end = {0, -1, 1, {{0}}};
  probe actor;
  sabir_pid pid;
  sem_init(&end.done, 0, 0);
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_BLOCK, NULL, 0));
  take(&actor.entered);
  CHECK_OK(sabir_system_shutdown_begin(system, PATIENCE_NS, shutdown_ended, (uintptr_t)&end));
  CHECK_STATUS(sabir_system_shutdown_begin(system, PATIENCE_NS, must_not_end, 0), SABIR_E_CLOSED);
  CHECK_NUMBER(counted(&end.calls), 0);
  sem_post(&actor.gate);
  take(&end.done);
  CHECK_OK(end.status);
  CHECK_NUMBER(end.survivors, 0);
  end_system(&system);
  CHECK_NUMBER(counted(&end.calls), 1);
  sem_destroy(&end.done);
  probe_end(&actor);
}

static sabir_status end_inside(sabir_context *context, sabir_message **message, void *argument) {
  sabir_system *system = sabir_context_system(context), *before = system;
  sabir_report *report = (sabir_report *)&report;
  (void)message, (void)argument;
  CHECK_STATUS(sabir_system_destroy(&system), SABIR_E_WOULD_DEADLOCK);
  CHECK(system == before);
  CHECK_STATUS(sabir_system_shutdown(system, PATIENCE_NS, &report), SABIR_E_WOULD_DEADLOCK);
  CHECK(report == NULL);
  return SABIR_OK;
}

static void a_handler_may_not_shut_down(void) {
  sabir_system *system = make_system(1);
  sabir_executor_options executor_options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_executor *executor = NULL;
  probe on_arena, on_thread;
  executor_options.kind = SABIR_EXECUTOR_THREADS;
  REQUIRE_OK(sabir_executor_create(system, &executor_options, &executor, NULL));
  options.executor = executor;
  probe_init(&on_arena);
  probe_init(&on_thread);
  run_inside(system, probe_spawn(system, &on_arena, NULL), end_inside, NULL);
  run_inside(system, probe_spawn(system, &on_thread, &options), end_inside, NULL);
  end_system(&system);
  CHECK_OK(sabir_executor_destroy(&executor));
  probe_end(&on_arena);
  probe_end(&on_thread);
}

static sabir_status begin_inside_handler(sabir_context *context, sabir_message **message, void *argument) {
  (void)message;
  CHECK_OK(sabir_system_shutdown_begin(sabir_context_system(context), PATIENCE_NS, shutdown_ended, (uintptr_t)argument));
  return SABIR_OK;
}

static void a_handler_may_begin_a_shutdown(void) {
  sabir_system *system = make_system(1);
  struct end_of_shutdown end = {0, -1, 1, {{0}}};
  probe actor;
  sem_init(&end.done, 0, 0);
  probe_init(&actor);
  begin_inside(system, probe_spawn(system, &actor, NULL), begin_inside_handler, &end);
  take(&end.done);
  CHECK_OK(end.status);
  CHECK_NUMBER(counted(&actor.drops), 1);
  end_system(&system);
  sem_destroy(&end.done);
  probe_end(&actor);
}

static void *shut_down(void *argument) {
  sabir_report *report = NULL;
  CHECK_OK(sabir_system_shutdown((sabir_system *)argument, PATIENCE_NS, &report));
  CHECK(report != NULL);
  CHECK_NUMBER(sabir_report_survivor_count(report), 0);
  sabir_report_destroy(&report);
  return NULL;
}

static void two_threads_may_shut_down_at_once(void) {
  int round;
  for (round = 0; round < 20; ++round) {
    sabir_system *system = make_system(2);
    pthread_t first, second;
    probe actor;
    probe_init(&actor);
    CHECK_OK(sabir_send_bytes(system, probe_spawn(system, &actor, NULL), PROBE_COUNT, NULL, 0));
    first = start_thread(shut_down, system);
    second = start_thread(shut_down, system);
    join_thread(first);
    join_thread(second);
    CHECK_NUMBER(counted(&actor.drops), 1);
    end_system(&system);
    probe_end(&actor);
  }
}

/* Actors that send to each other, and threads that send, ask and spawn, while the system goes down under them. */
struct load {
  sabir_system *system;
  sabir_pid pids[16];
  sabir_behavior *behavior;
  uint64_t starts, stops, drops, spawned, accepted;
};

static sabir_status load_start(sabir_context *context, uintptr_t argument, uintptr_t *state) {
  (void)context;
  count(&((struct load *)argument)->starts);
  *state = argument;
  return SABIR_OK;
}

static sabir_status load_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  struct load *load = (struct load *)state;
  uint64_t random = 0;
  if (sabir_message_ref(*message) != 0) return sabir_context_reply_bytes(context, 1, NULL, 0);
  memcpy(&random, sabir_message_data(*message), sizeof random);
  if (random % 4 != 0) {
    random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    if (sabir_context_send_bytes(context, load->pids[(random >> 33) % 16], 1, &random, sizeof random) == SABIR_OK) count(&load->accepted);
  }
  return SABIR_OK;
}

static void load_stop(sabir_context *context, uintptr_t state, const sabir_exit *exit) {
  (void)context, (void)exit;
  count(&((struct load *)state)->stops);
}

static void load_drop(uintptr_t argument) { count(&((struct load *)argument)->drops); }

static bool spawn_load(struct load *load, sabir_pid *pid) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_status status;
  options.argument = (uintptr_t)load;
  options.drop = load_drop;
  status = sabir_spawn(load->system, load->behavior, &options, pid, NULL);
  if (status == SABIR_OK) count(&load->spawned);
  return status == SABIR_OK;
}

static void *make_load(void *argument) {
  struct load *load = (struct load *)argument;
  uint64_t random = (uintptr_t)&random;
  for (;;) {
    sabir_message *reply = NULL;
    sabir_status status;
    sabir_pid pid = 0;
    random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    status = sabir_send_bytes(load->system, load->pids[(random >> 33) % 16], 1, &random, sizeof random);
    if (status == SABIR_OK) count(&load->accepted);
    if (status == SABIR_E_CLOSED) return NULL;
    CHECK(status == SABIR_OK || status == SABIR_E_MAILBOX_FULL || status == SABIR_E_DEAD);
    if ((random >> 40) % 16 == 0) {
      status = sabir_ask_bytes(load->system, load->pids[(random >> 33) % 16], 1, NULL, 0, SABIR_FOREVER, &reply);
      CHECK(status == SABIR_OK || status == SABIR_E_CLOSED || status == SABIR_E_DEAD || status == SABIR_E_MAILBOX_FULL);
      sabir_message_destroy(&reply);
    }
    if ((random >> 44) % 16 == 0 && spawn_load(load, &pid)) SABIR_IGNORE(sabir_actor_drain(load->system, pid));
  }
}

static void a_system_under_full_load_shuts_down(void) {
  int round;
  for (round = 0; round < 10; ++round) {
    enum { THREADS = 4 };
    static struct load load;
    sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("load");
    pthread_t threads[THREADS];
    sabir_system *reference;
    size_t index;
    memset(&load, 0, sizeof load);
    load.system = make_system(2);
    reference = load.system;
    callbacks.start = load_start;
    callbacks.receive = load_receive;
    callbacks.stop = load_stop;
    load.behavior = NULL;
    REQUIRE_OK(sabir_behavior_create(&callbacks, &load.behavior));
    for (index = 0; index < 16; ++index) REQUIRE(spawn_load(&load, &load.pids[index]));
    for (index = 0; index < THREADS; ++index) threads[index] = start_thread(make_load, &load);
    CHECK(reached(&load.accepted, 2000));
    CHECK_OK(sabir_system_shutdown(load.system, PATIENCE_NS, NULL));
    for (index = 0; index < THREADS; ++index) join_thread(threads[index]);
    CHECK_CONSERVED(load.system);
    CHECK(counters_of(load.system).sent >= counted(&load.accepted));
    CHECK_NUMBER(counted(&load.drops), counted(&load.spawned));
    CHECK_NUMBER(counted(&load.starts), counted(&load.stops));
    sabir_behavior_destroy(&load.behavior);
    end_system(&reference);
  }
}

static void destroy_shuts_down(void) {
  sabir_system *system = make_system(1);
  probe actor;
  probe_init(&actor);
  probe_spawn(system, &actor, NULL);
  CHECK(reached(&actor.starts, 1));
  CHECK_OK(sabir_system_destroy(&system));
  CHECK(system == NULL);
  probe_wait_dropped(&actor);
  probe_end(&actor);
}

static void shutdown_checks_its_arguments(void) {
  sabir_system *system = make_system(1);
  sabir_report *report = NULL;
  sabir_survivor survivor = SABIR_SURVIVOR_INIT;
  CHECK_OK(sabir_system_shutdown(system, SABIR_FOREVER, &report));
  CHECK_STATUS(sabir_report_survivor(report, 0, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_report_survivor(report, SIZE_MAX, &survivor), SABIR_E_INVALID);
  sabir_report_destroy(&report);
  end_system(&system);
}

/* An actor that answers in its stop what it was asked before: one ask that it deferred, and one whose message it kept. */
struct late {
  uint64_t asked;
  sabir_ref deferred;
  sabir_message *kept;
};

static sabir_status late_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  struct late *self = (struct late *)state;
  if (sabir_message_type(*message) == PROBE_KEEP) {
    self->kept = *message;
    *message = NULL;
  } else {
    CHECK_OK(sabir_context_defer(context, &self->deferred));
  }
  count(&self->asked);
  return SABIR_OK;
}

static void late_stop(sabir_context *context, uintptr_t state, const sabir_exit *exit) {
  struct late *self = (struct late *)state;
  (void)exit;
  CHECK_OK(sabir_reply_bytes(sabir_context_system(context), self->deferred, 7, "late", 4));
  CHECK_OK(sabir_reply_bytes(sabir_context_system(context), sabir_message_ref(self->kept), 7, "late", 4));
  sabir_message_destroy(&self->kept);
}

static void stops_answer_what_was_asked_before(void) {
  int round;
  for (round = 0; round < (TEST_SANITIZED ? 30 : 200); ++round) {
    sabir_system *system = make_system(2);
    sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("late");
    sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
    sabir_behavior *behavior = NULL;
    struct answer answers[2];
    struct late late = {0, 0, NULL};
    sabir_pid pid = 0;
    int index;
    callbacks.receive = late_receive;
    callbacks.stop = late_stop;
    REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
    spawn.argument = (uintptr_t)&late;
    REQUIRE_OK(sabir_spawn(system, behavior, &spawn, &pid, NULL));
    for (index = 0; index < 2; ++index) {
      sabir_message *message = make_message(index == 0 ? PROBE_KEEP : PROBE_COUNT, NULL, 0);
      answer_init(&answers[index]);
      REQUIRE_OK(sabir_ask_begin(system, pid, &message, SABIR_FOREVER, answer_note, (uintptr_t)&answers[index], NULL));
    }
    CHECK(reached(&late.asked, 2));
    CHECK_OK(sabir_system_shutdown(system, PATIENCE_NS, NULL));
    for (index = 0; index < 2; ++index) {
      take(&answers[index].done);
      CHECK_OK(answers[index].status);
      answer_end(&answers[index]);
    }
    sabir_behavior_destroy(&behavior);
    end_system(&system);
  }
}

struct question {
  sabir_port *port;
  sabir_pid whom;
  sem_t asked;
};

/* Waits for an answer that nobody gives. */
static sabir_status ask_and_wait(sabir_context *context, sabir_message **message, void *argument) {
  struct question *question = (struct question *)argument;
  sabir_message *own = make_message(PROBE_KEEP, NULL, 0), *reply = NULL;
  sabir_ref ref = 0;
  sabir_status status;
  (void)context, (void)message;
  CHECK_OK(sabir_port_ask(question->port, question->whom, &own, SABIR_FOREVER, &ref));
  sem_post(&question->asked);
  status = sabir_port_receive(question->port, SABIR_FOREVER, &reply);
  if (status == SABIR_OK) {
    CHECK_STATUS(sabir_message_status(reply), SABIR_E_CLOSED);
  } else {
    CHECK_STATUS(status, SABIR_E_CLOSED);
  }
  sabir_message_destroy(&reply);
  return SABIR_OK;
}

static void a_handler_that_waits_for_an_answer_holds_nobody_up(void) {
  sabir_system *system = make_system(1);
  sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  sabir_executor *executor = NULL;
  struct question question;
  probe asker, silent;
  uint64_t begun_ns;
  options.kind = SABIR_EXECUTOR_THREADS;
  REQUIRE_OK(sabir_executor_create(system, &options, &executor, NULL));
  probe_init(&asker);
  probe_init(&silent);
  sem_init(&question.asked, 0, 0);
  question.port = NULL;
  REQUIRE_OK(sabir_port_create(system, NULL, &question.port, NULL));
  question.whom = probe_spawn(system, &silent, NULL);
  spawn.executor = executor;
  begin_inside(system, probe_spawn(system, &asker, &spawn), ask_and_wait, &question);
  take(&question.asked);
  take(&silent.entered);
  begun_ns = now_ns();
  CHECK_OK(sabir_system_shutdown(system, PATIENCE_NS, NULL));
  CHECK(now_ns() - begun_ns < PATIENCE_NS / 2);
  sabir_port_destroy(&question.port);
  CHECK_OK(sabir_executor_destroy(&executor));
  sabir_message_destroy(&silent.kept);
  end_system(&system);
  sem_destroy(&question.asked);
  probe_end(&asker);
  probe_end(&silent);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(an_idle_system_shuts_down),
      TEST(shutdown_may_be_repeated),
      TEST(every_actor_stops_and_is_dropped),
      TEST(what_is_queued_becomes_dead_letters),
      TEST(a_closed_system_says_so),
      TEST(a_begun_shutdown_calls_back_once),
      TEST(a_handler_may_not_shut_down),
      TEST(a_handler_may_begin_a_shutdown),
      TEST(two_threads_may_shut_down_at_once),
      TEST(a_system_under_full_load_shuts_down),
      TEST(destroy_shuts_down),
      TEST(shutdown_checks_its_arguments),
      TEST(stops_answer_what_was_asked_before),
      TEST(a_handler_that_waits_for_an_answer_holds_nobody_up),
  };
  return RUN_TESTS(tests, argc, argv);
}
