/* executor.h: polled executors, whose actors run on the host's threads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <poll.h>
#include <unistd.h>

static sabir_executor *make_polled(sabir_system *system, uint32_t workers, uint32_t run_batch) {
  sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_executor *executor = NULL;
  options.kind = SABIR_EXECUTOR_POLLED;
  options.workers = workers;
  options.run_batch = run_batch;
  REQUIRE_OK(sabir_executor_create(system, &options, &executor, NULL));
  return executor;
}

static sabir_pid spawn_on(sabir_system *system, sabir_executor *executor, probe *actor, const sabir_mailbox_options *mailbox) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  options.executor = executor;
  options.mailbox = mailbox;
  return probe_spawn(system, actor, &options);
}

static bool readable(int descriptor, int timeout_ms) {
  struct pollfd polled = {descriptor, POLLIN, 0};
  return poll(&polled, 1, timeout_ms) == 1;
}

/* Begins a shutdown and polls until it has come to the executor. */
static void shut_down_polled(sabir_system *system, sabir_executor *executor) {
  sabir_status status = SABIR_OK;
  CHECK_OK(sabir_system_shutdown_begin(system, PATIENCE_NS, NULL, 0));
  while (status == SABIR_OK || status == SABIR_E_WOKEN) status = sabir_executor_run(executor, PATIENCE_NS, 0);
  CHECK_STATUS(status, SABIR_E_CLOSED);
}

static sabir_status note_thread(sabir_context *context, sabir_message **message, void *argument) {
  (void)context, (void)message;
  *(pthread_t *)argument = pthread_self();
  return SABIR_OK;
}

static void actors_run_on_the_polling_thread_only(void) {
  sabir_system *system = make_system(1);
  sabir_executor *executor = make_polled(system, 0, 0);
  pthread_t ran = pthread_self();
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  memset(&ran, 0, sizeof ran);
  CHECK_STATUS(sabir_executor_run(executor, 0, 0), SABIR_E_TIMEOUT);
  pid = spawn_on(system, executor, &actor, NULL);
  begin_inside(system, pid, note_thread, &ran);
  CHECK_NUMBER(counted(&actor.starts), 0);
  CHECK_OK(sabir_executor_run(executor, 0, 0));
  CHECK_NUMBER(actor.starts, 1);
  CHECK(pthread_equal(ran, pthread_self()));
  CHECK_STATUS(sabir_executor_run(executor, 0, 0), SABIR_E_TIMEOUT);
  CHECK_STATUS(sabir_executor_run(executor, MILLISECOND_NS, 0), SABIR_E_TIMEOUT);
  shut_down_polled(system, executor);
  end_system(&system);
  CHECK_NUMBER(actor.drops, 1);
  CHECK_STATUS(sabir_executor_run(executor, 0, 0), SABIR_E_HANDLE);
  CHECK_OK(sabir_executor_destroy(&executor));
  probe_end(&actor);
}

/* A thread that polls until the executor is closed. */
struct poller {
  sabir_executor *executor;
  int number;
  uint64_t woken;
  sabir_status last;
};

static void *poll_until_closed(void *argument) {
  struct poller *poller = (struct poller *)argument;
  __atomic_store_n(&poller->number, thread_number(), __ATOMIC_SEQ_CST);
  do {
    poller->last = sabir_executor_run(poller->executor, SABIR_FOREVER, 0);
    if (poller->last == SABIR_E_WOKEN) count(&poller->woken);
  } while (poller->last == SABIR_OK || poller->last == SABIR_E_WOKEN);
  return NULL;
}

static void a_waiting_poll_is_told_of_messages_wakes_and_the_end(void) {
  sabir_system *system = make_system(1);
  struct poller poller = {NULL, 0, 0, SABIR_OK};
  sabir_message *reply = NULL;
  pthread_t thread;
  probe actor;
  sabir_pid pid;
  int round;
  probe_init(&actor);
  poller.executor = make_polled(system, 1, 0);
  pid = spawn_on(system, poller.executor, &actor, NULL);
  thread = start_thread(poll_until_closed, &poller);
  for (round = 0; round < 200; ++round) {
    CHECK_OK(sabir_ask_bytes(system, pid, PROBE_ECHO, &round, sizeof round, PATIENCE_NS, &reply));
    sabir_message_destroy(&reply);
  }
  CHECK(falls_asleep(&poller.number));
  CHECK_OK(sabir_executor_wake(poller.executor));
  CHECK(reached(&poller.woken, 1));
  CHECK_OK(sabir_system_shutdown(system, PATIENCE_NS, NULL)); /* another thread polls: this one may wait */
  join_thread(thread);
  CHECK_STATUS(poller.last, SABIR_E_CLOSED);
  CHECK_STATUS(sabir_executor_wake(poller.executor), SABIR_E_CLOSED);
  end_system(&system);
  CHECK_OK(sabir_executor_destroy(&poller.executor));
  probe_end(&actor);
}

static void a_wake_is_kept_for_the_next_poll(void) {
  sabir_system *system = make_system(1);
  sabir_executor *executor = make_polled(system, 1, 0);
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  CHECK_OK(sabir_executor_wake(executor));
  pid = spawn_on(system, executor, &actor, NULL);
  CHECK_OK(sabir_executor_run(executor, 0, 0)); /* what there is to do goes first */
  CHECK_STATUS(sabir_executor_run(executor, 0, 0), SABIR_E_WOKEN);
  CHECK_STATUS(sabir_executor_run(executor, 0, 0), SABIR_E_TIMEOUT);
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_STOP, NULL, 0));
  CHECK_OK(sabir_executor_run(executor, 0, 0));
  CHECK_NUMBER(actor.drops, 1);
  CHECK_OK(sabir_executor_destroy(&executor));
  end_system(&system);
  probe_end(&actor);
}

static void the_descriptor_says_whether_there_is_something_to_do(void) {
  sabir_system *system = make_system(1);
  sabir_executor *executor = make_polled(system, 1, 0);
  int32_t descriptor = -1, again = -1;
  int round;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  CHECK_OK(sabir_executor_descriptor(executor, &descriptor));
  CHECK(descriptor >= 0);
  CHECK_OK(sabir_executor_descriptor(executor, &again));
  CHECK(again == descriptor);
  CHECK(!readable(descriptor, 0));
  pid = spawn_on(system, executor, &actor, NULL);
  CHECK(readable(descriptor, 0));
  CHECK_OK(sabir_executor_run(executor, 0, 0));
  CHECK(!readable(descriptor, 0));
  for (round = 0; round < 3; ++round) {
    CHECK_OK(sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 0));
    CHECK_OK(sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 0));
    CHECK(readable(descriptor, 0));
    CHECK_OK(sabir_executor_run(executor, 0, 0));
    CHECK(!readable(descriptor, 0));
    CHECK_OK(sabir_executor_wake(executor));
    CHECK(readable(descriptor, 0));
    CHECK_STATUS(sabir_executor_run(executor, 0, 0), SABIR_E_WOKEN);
    CHECK(!readable(descriptor, 0));
  }
  CHECK_NUMBER(actor.received, 6);
  CHECK_OK(sabir_system_shutdown_begin(system, PATIENCE_NS, NULL, 0));
  for (;;) { /* an event loop that does nothing but wait for it sees the end, too */
    sabir_status status;
    CHECK(readable(descriptor, 60000));
    status = sabir_executor_run(executor, 0, 0);
    if (status == SABIR_E_CLOSED) break;
    CHECK(status == SABIR_OK || status == SABIR_E_TIMEOUT);
  }
  CHECK(readable(descriptor, 0));
  end_system(&system);
  CHECK_OK(sabir_executor_destroy(&executor));
  probe_end(&actor);
}

/* A descriptor that was asked for late says at once what there is to do. */
static void a_late_descriptor_is_readable_at_once(void) {
  sabir_system *system = make_system(1);
  sabir_executor *executor = make_polled(system, 1, 0);
  int32_t descriptor = -1;
  probe actor;
  probe_init(&actor);
  (void)spawn_on(system, executor, &actor, NULL);
  CHECK_OK(sabir_executor_descriptor(executor, &descriptor));
  CHECK(readable(descriptor, 0));
  CHECK_OK(sabir_executor_run(executor, 0, 0));
  CHECK(!readable(descriptor, 0));
  shut_down_polled(system, executor);
  end_system(&system);
  CHECK_OK(sabir_executor_destroy(&executor));
  probe_end(&actor);
}

/* An actor that sends to itself for ever. */
static sabir_status send_on(sabir_context *context, uintptr_t state, sabir_message **message) {
  count((uint64_t *)state);
  return sabir_context_send(context, sabir_context_self(context), message);
}

static void a_poll_comes_back_in_time(void) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("endless");
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_system *system = make_system(1);
  sabir_executor *executor = make_polled(system, 1, 16);
  sabir_behavior *behavior = NULL;
  uint64_t handled = 0, before;
  sabir_pid pid;
  int32_t descriptor = -1;
  int round;
  callbacks.receive = send_on;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  CHECK_OK(sabir_executor_descriptor(executor, &descriptor));
  options.executor = executor;
  options.argument = (uintptr_t)&handled;
  REQUIRE_OK(sabir_spawn(system, behavior, &options, &pid, NULL));
  CHECK_OK(sabir_send_bytes(system, pid, 1, NULL, 0));
  for (round = 0; round < 5; ++round) {
    before = counted(&handled);
    CHECK_OK(sabir_executor_run(executor, 0, MILLISECOND_NS));
    CHECK(counted(&handled) > before);
    CHECK(readable(descriptor, 0)); /* there is more */
  }
  CHECK_OK(sabir_executor_run(executor, 0, 1)); /* one turn */
  CHECK_OK(sabir_actor_kill(system, pid));
  CHECK_OK(sabir_executor_run(executor, 0, 0));
  CHECK(!readable(descriptor, 0));
  sabir_behavior_destroy(&behavior);
  CHECK_OK(sabir_executor_destroy(&executor));
  end_system(&system);
}

static void several_threads_poll_at_once(void) {
  enum { POLLERS = 4, ACTORS = 16, MESSAGES = 2000 };
  sabir_system *system = make_system(1);
  struct poller pollers[POLLERS];
  pthread_t threads[POLLERS];
  probe *actors = (probe *)calloc(ACTORS, sizeof *actors);
  sabir_pid pids[ACTORS];
  sabir_executor *executor = make_polled(system, 2, 0); /* two run, the others wait */
  size_t index, round;
  for (index = 0; index < ACTORS; ++index) {
    probe_init(&actors[index]);
    pids[index] = spawn_on(system, executor, &actors[index], NULL);
  }
  for (index = 0; index < POLLERS; ++index) {
    memset(&pollers[index], 0, sizeof pollers[index]);
    pollers[index].executor = executor;
    threads[index] = start_thread(poll_until_closed, &pollers[index]);
  }
  for (round = 0; round < MESSAGES; ++round)
    for (index = 0; index < ACTORS; ++index) CHECK_OK(sabir_send_bytes(system, pids[index], PROBE_COUNT, NULL, 0));
  for (index = 0; index < ACTORS; ++index) CHECK(reached(&actors[index].received, MESSAGES));
  CHECK_OK(sabir_system_shutdown(system, PATIENCE_NS, NULL));
  for (index = 0; index < POLLERS; ++index) {
    join_thread(threads[index]);
    CHECK_STATUS(pollers[index].last, SABIR_E_CLOSED);
  }
  end_system(&system);
  CHECK_OK(sabir_executor_destroy(&executor));
  for (index = 0; index < ACTORS; ++index) probe_end(&actors[index]);
  free(actors);
}

struct inside_poll {
  sabir_system *system;
  sabir_executor *executor;
  sabir_pid other;
};

static sabir_status call_wrongly(sabir_context *context, sabir_message **message, void *argument) {
  struct inside_poll *inside = (struct inside_poll *)argument;
  sabir_message *reply = NULL;
  (void)context, (void)message;
  CHECK_STATUS(sabir_executor_run(inside->executor, 0, 0), SABIR_E_WOULD_DEADLOCK);
  CHECK_STATUS(sabir_ask_bytes(inside->system, inside->other, PROBE_ECHO, NULL, 0, PATIENCE_NS, &reply), SABIR_E_WOULD_DEADLOCK);
  CHECK_STATUS(sabir_system_shutdown(inside->system, PATIENCE_NS, NULL), SABIR_E_WOULD_DEADLOCK);
  return SABIR_OK;
}

/* The thread that polls does not wait for what only it runs. */
static void the_polling_thread_does_not_wait_for_itself(void) {
  enum { CAPACITY = 4 };
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  struct inside_poll inside;
  sabir_message *reply = NULL;
  sabir_error *error = NULL;
  sabir_behavior *behavior = probe_behavior();
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  probe actor, other, supervised;
  sabir_pid pid, child = 0;
  uint64_t accepted = 0;
  sabir_status status;
  inside.system = make_system(1);
  inside.executor = make_polled(inside.system, 1, 0);
  probe_init(&actor);
  probe_init(&other);
  probe_init(&supervised);
  options.argument = (uintptr_t)&supervised;
  options.drop = probe_drop;
  spec.spawn = &options;
  mailbox.capacity = CAPACITY;
  mailbox.overflow = SABIR_OVERFLOW_BLOCK;
  pid = spawn_on(inside.system, inside.executor, &actor, &mailbox);
  inside.other = probe_spawn(inside.system, &other, NULL);
  begin_inside(inside.system, pid, call_wrongly, &inside);
  CHECK_OK(sabir_executor_run(inside.executor, 0, 0));
  CHECK_STATUS(sabir_ask_bytes(inside.system, pid, PROBE_ECHO, NULL, 0, PATIENCE_NS, &reply), SABIR_E_WOULD_DEADLOCK);
  CHECK_OK(sabir_ask_bytes(inside.system, inside.other, PROBE_ECHO, NULL, 0, PATIENCE_NS, &reply)); /* lives elsewhere */
  sabir_message_destroy(&reply);
  CHECK_STATUS(sabir_supervise(inside.system, 0, "child", behavior, &spec, &child, &error), SABIR_E_WOULD_DEADLOCK);
  CHECK(strstr(sabir_error_message(error), "request") != NULL);
  sabir_error_destroy(&error);
  CHECK_NUMBER(counted(&supervised.drops), 1); /* refused: supervise drops the argument */
  CHECK_STATUS(sabir_system_shutdown(inside.system, PATIENCE_NS, NULL), SABIR_E_WOULD_DEADLOCK);
  while ((status = sabir_send_bytes(inside.system, pid, PROBE_COUNT, NULL, 0)) == SABIR_OK) ++accepted;
  CHECK_STATUS(status, SABIR_E_MAILBOX_FULL);
  CHECK_NUMBER(accepted, 2 * CAPACITY);
  CHECK_OK(sabir_executor_run(inside.executor, 0, 0));
  CHECK_NUMBER(actor.received, 1 + 2 * CAPACITY);
  /* Where none of its actors is left there is nothing to wait for. */
  CHECK_OK(sabir_actor_stop(inside.system, pid));
  CHECK_OK(sabir_executor_run(inside.executor, 0, 0));
  CHECK_NUMBER(actor.drops, 1);
  probe_init(&supervised);
  CHECK_OK(sabir_supervise(inside.system, 0, "child", behavior, &spec, &child, NULL));
  sabir_behavior_destroy(&behavior);
  end_system(&inside.system);
  CHECK_OK(sabir_executor_destroy(&inside.executor));
  probe_end(&actor);
  probe_end(&other);
  probe_end(&supervised);
}

/* A supervised actor on it is restarted by polling; timers and asks of it come that way, too. */
static void supervision_works_on_a_polled_executor(void) {
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_system *system = make_system(1);
  struct poller poller = {NULL, 0, 0, SABIR_OK};
  sabir_behavior *behavior = probe_behavior();
  pthread_t thread;
  probe actor;
  sabir_pid pid;
  int round;
  probe_init(&actor);
  poller.executor = make_polled(system, 1, 0);
  thread = start_thread(poll_until_closed, &poller);
  options.executor = poller.executor;
  options.argument = (uintptr_t)&actor;
  options.drop = probe_drop;
  spec.spawn = &options;
  REQUIRE_OK(sabir_supervise(system, 0, "probe", behavior, &spec, &pid, NULL));
  for (round = 1; round <= 3; ++round) {
    CHECK_OK(sabir_send_bytes(system, pid, PROBE_CRASH, NULL, 0));
    CHECK(reached(&actor.starts, (uint64_t)round + 1));
  }
  CHECK_STATUS(sabir_executor_destroy(&poller.executor), SABIR_E_BUSY);
  sabir_behavior_destroy(&behavior);
  CHECK_OK(sabir_system_shutdown(system, PATIENCE_NS, NULL));
  join_thread(thread);
  end_system(&system);
  CHECK_OK(sabir_executor_destroy(&poller.executor));
  CHECK_NUMBER(actor.stops, 4);
  probe_end(&actor);
}

/* An executor that nobody polls any more goes with what nobody needs: late messages to dead actors. */
static void an_executor_without_actors_can_be_destroyed_and_made_again(void) {
  sabir_system *system = make_system(1);
  int round;
  for (round = 0; round < 20; ++round) {
    sabir_executor *executor = make_polled(system, 1, 0);
    int32_t descriptor = -1;
    probe actor;
    sabir_pid pid;
    probe_init(&actor);
    if (round % 2) CHECK_OK(sabir_executor_descriptor(executor, &descriptor));
    pid = spawn_on(system, executor, &actor, NULL);
    CHECK_STATUS(sabir_executor_destroy(&executor), SABIR_E_BUSY);
    CHECK_OK(sabir_actor_stop(system, pid));
    CHECK_OK(sabir_executor_run(executor, 0, 0));
    CHECK_NUMBER(actor.drops, 1);
    CHECK_OK(sabir_executor_destroy(&executor));
    CHECK(executor == NULL);
    probe_end(&actor);
  }
  end_system(&system);
}

static void wrong_executors_are_told(void) {
  sabir_system *system = make_system(1);
  sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_executor *threads = NULL;
  int32_t descriptor = 7;
  options.kind = SABIR_EXECUTOR_THREADS;
  REQUIRE_OK(sabir_executor_create(system, &options, &threads, NULL));
  CHECK_STATUS(sabir_executor_run(NULL, 0, 0), SABIR_E_INVALID);
  CHECK_STATUS(sabir_executor_run(threads, 0, 0), SABIR_E_INVALID);
  CHECK_STATUS(sabir_executor_wake(NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_executor_wake(threads), SABIR_E_INVALID);
  CHECK_STATUS(sabir_executor_descriptor(threads, &descriptor), SABIR_E_INVALID);
  CHECK(descriptor == -1);
  CHECK_OK(sabir_executor_destroy(&threads));
  threads = make_polled(system, 1, 0);
  CHECK_STATUS(sabir_executor_descriptor(threads, NULL), SABIR_E_INVALID);
  CHECK_OK(sabir_executor_destroy(&threads));
  end_system(&system);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(actors_run_on_the_polling_thread_only),
      TEST(a_waiting_poll_is_told_of_messages_wakes_and_the_end),
      TEST(a_wake_is_kept_for_the_next_poll),
      TEST(the_descriptor_says_whether_there_is_something_to_do),
      TEST(a_late_descriptor_is_readable_at_once),
      TEST(a_poll_comes_back_in_time),
      TEST(several_threads_poll_at_once),
      TEST(the_polling_thread_does_not_wait_for_itself),
      TEST(supervision_works_on_a_polled_executor),
      TEST(an_executor_without_actors_can_be_destroyed_and_made_again),
      TEST(wrong_executors_are_told),
  };
  return RUN_TESTS(tests, argc, argv);
}
