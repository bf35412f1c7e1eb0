/* behavior.h: pthread_exit out of a callback, and cancellation of a thread in a call. Whatever a thread leaves behind by either, nothing
 * hangs, nothing is lost, and the system ends as ever.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <time.h>

/* --- pthread_exit out of callbacks, on a threads executor with one thread --- */

/* Where an actor ends its thread. */
enum place { NOWHERE, IN_START, IN_STOP, IN_FAILED, IN_HEALTH, IN_DROP };
enum { CRASH = 1, ECHO, UNANSWERED, UNANSWERED_AND_STOP };

/* An actor that does it. Its address is the argument, and it must outlive the actor's drop. */
struct leaver {
  enum place where;
  uint64_t starts, stops, failures, checks;
  int32_t exit_reason; /* as stop got it */
  sem_t dropped;
};

static void leave_if(const struct leaver *self, enum place here) {
  if (self->where == here) pthread_exit(NULL);
}

static sabir_status leaver_start(sabir_context *context, uintptr_t argument, uintptr_t *state) {
  struct leaver *self = (struct leaver *)argument;
  (void)context;
  *state = argument;
  count(&self->starts);
  leave_if(self, IN_START);
  return SABIR_OK;
}

static sabir_status leaver_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  (void)state;
  switch (sabir_message_type(*message)) {
    case ECHO: return sabir_context_reply_bytes(context, ECHO, NULL, 0);
    case UNANSWERED_AND_STOP: CHECK_OK(sabir_context_stop(context)); return SABIR_OK;
    case UNANSWERED: return SABIR_OK;
    default: return 4711;
  }
}

static void leaver_stop(sabir_context *context, uintptr_t state, const sabir_exit *exit) {
  struct leaver *self = (struct leaver *)state;
  (void)context;
  self->exit_reason = sabir_exit_reason(exit);
  count(&self->stops);
  leave_if(self, IN_STOP);
}

static int32_t leaver_failed(sabir_context *context, uintptr_t state, const sabir_exit *exit) {
  struct leaver *self = (struct leaver *)state;
  (void)context, (void)exit;
  count(&self->failures);
  leave_if(self, IN_FAILED);
  return SABIR_DECISION_RESUME;
}

static uint32_t leaver_health(sabir_context *context, uintptr_t state) {
  struct leaver *self = (struct leaver *)state;
  (void)context;
  if (__atomic_add_fetch(&self->checks, 1, __ATOMIC_SEQ_CST) == 1) leave_if(self, IN_HEALTH);
  return SABIR_HEALTH_OK;
}

static void leaver_drop(uintptr_t argument) {
  struct leaver *self = (struct leaver *)argument;
  const enum place where = self->where;
  sem_post(&self->dropped);
  if (where == IN_DROP) pthread_exit(NULL);
}

/* A system, an executor of one thread, an actor on it that leaves, and another one that must live on. */
struct stage {
  sabir_system *system;
  sabir_executor *executor;
  sabir_behavior *behavior;
  struct leaver leaver;
  probe other;
  sabir_pid pid, other_pid;
};

static void open_stage(struct stage *stage, enum place where) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("leaver");
  sabir_executor_options executor = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  memset(stage, 0, sizeof *stage);
  stage->system = make_system(1);
  executor.kind = SABIR_EXECUTOR_THREADS;
  executor.workers = 1;
  REQUIRE_OK(sabir_executor_create(stage->system, &executor, &stage->executor, NULL));
  callbacks.start = leaver_start;
  callbacks.receive = leaver_receive;
  callbacks.stop = leaver_stop;
  callbacks.failed = leaver_failed;
  callbacks.health = leaver_health;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &stage->behavior));
  stage->leaver.where = where;
  stage->leaver.exit_reason = -1;
  sem_init(&stage->leaver.dropped, 0, 0);
  probe_init(&stage->other);
  options.executor = stage->executor;
  stage->other_pid = probe_spawn(stage->system, &stage->other, &options);
}

static void spawn_leaver(struct stage *stage) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  options.executor = stage->executor;
  options.argument = (uintptr_t)&stage->leaver;
  options.drop = leaver_drop;
  REQUIRE_OK(sabir_spawn(stage->system, stage->behavior, &options, &stage->pid, NULL));
}

static sabir_status ask(struct stage *stage, sabir_type type) {
  sabir_message *reply = NULL;
  const sabir_status status = sabir_ask_bytes(stage->system, stage->pid, type, NULL, 0, PATIENCE_NS, &reply);
  sabir_message_destroy(&reply);
  return status;
}

/* The executor serves on; then all ends, with each start stopped but the failed ones, and the argument dropped once. */
static void close_stage(struct stage *stage) {
  sabir_message *reply = NULL;
  CHECK_OK(sabir_ask_bytes(stage->system, stage->other_pid, PROBE_ECHO, "on", 2, PATIENCE_NS, &reply));
  sabir_message_destroy(&reply);
  sabir_behavior_destroy(&stage->behavior);
  end_system(&stage->system);
  CHECK_OK(sabir_executor_destroy(&stage->executor));
  CHECK(sem_trywait(&stage->leaver.dropped) != 0); /* the test has taken it */
  sem_destroy(&stage->leaver.dropped);
  probe_end(&stage->other);
}

static void remove_child(sabir_system *system, const char *id) {
  CHECK_OK(sabir_child_do(system, 0, SABIR_CHILD_STOP, id, 0, NULL));
  CHECK_OK(sabir_child_do(system, 0, SABIR_CHILD_DELETE, id, 0, NULL));
}

static void out_of_start_is_a_failed_start(void) {
  struct stage stage;
  open_stage(&stage, IN_START);
  spawn_leaver(&stage);
  take(&stage.leaver.dropped);
  CHECK(becomes_dead(stage.system, stage.pid));
  CHECK_NUMBER(counted(&stage.leaver.stops), 0);
  CHECK_NUMBER(counters_of(stage.system).crashed, 1);
  close_stage(&stage);
}

static void out_of_stop_ends_the_actor_and_drops_its_argument(void) {
  struct stage stage;
  open_stage(&stage, IN_STOP);
  spawn_leaver(&stage);
  CHECK_OK(sabir_actor_stop(stage.system, stage.pid));
  take(&stage.leaver.dropped);
  CHECK(becomes_dead(stage.system, stage.pid));
  CHECK_NUMBER(counted(&stage.leaver.stops), 1);
  CHECK_NUMBER((uint32_t)stage.leaver.exit_reason, SABIR_EXIT_STOPPED);
  close_stage(&stage);
}

static void out_of_stop_in_a_shutdown_lets_it_end(void) {
  struct stage stage;
  open_stage(&stage, IN_STOP);
  spawn_leaver(&stage);
  CHECK_STATUS(ask(&stage, UNANSWERED), SABIR_E_UNANSWERED); /* it has started */
  sabir_behavior_destroy(&stage.behavior);
  end_system(&stage.system);
  take(&stage.leaver.dropped);
  CHECK_NUMBER(counted(&stage.leaver.stops), 1);
  CHECK_OK(sabir_executor_destroy(&stage.executor));
  sem_destroy(&stage.leaver.dropped);
  probe_end(&stage.other);
}

/* Its decision was never made: the default, which is the actor's end. */
static void out_of_failed_ends_the_actor(void) {
  struct stage stage;
  open_stage(&stage, IN_FAILED);
  spawn_leaver(&stage);
  CHECK_STATUS(ask(&stage, CRASH), SABIR_E_CRASHED);
  take(&stage.leaver.dropped);
  CHECK(becomes_dead(stage.system, stage.pid));
  CHECK_NUMBER(counted(&stage.leaver.failures), 1);
  CHECK_NUMBER(counted(&stage.leaver.stops), 1);
  CHECK_NUMBER((uint32_t)stage.leaver.exit_reason, SABIR_EXIT_CRASHED);
  CHECK_NUMBER(dead_letters(stage.system, SABIR_CAUSE_CRASHED), 1);
  close_stage(&stage);
}

static void out_of_health_is_a_failed_check(void) {
  struct stage stage;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_health_options health = SABIR_HEALTH_OPTIONS_INIT;
  open_stage(&stage, IN_HEALTH);
  options.executor = stage.executor;
  options.argument = (uintptr_t)&stage.leaver;
  options.drop = leaver_drop;
  health.interval_ns = MILLISECOND_NS;
  health.timeout_ns = PATIENCE_NS; /* a check that is not answered would hang here */
  health.threshold = 1;
  spec.spawn = &options;
  spec.health = &health;
  REQUIRE_OK(sabir_supervise(stage.system, 0, "leaver", stage.behavior, &spec, &stage.pid, NULL));
  CHECK(reached(&stage.leaver.checks, 2)); /* it goes on in the next incarnation */
  CHECK_NUMBER(counted(&stage.leaver.starts), 2);
  remove_child(stage.system, "leaver");
  take(&stage.leaver.dropped);
  CHECK_NUMBER(counted(&stage.leaver.stops), 2);
  close_stage(&stage);
}

static void out_of_drop_ends_the_thread_only(void) {
  struct stage stage;
  open_stage(&stage, IN_DROP);
  spawn_leaver(&stage);
  CHECK_OK(sabir_actor_drain(stage.system, stage.pid));
  take(&stage.leaver.dropped);
  CHECK(becomes_dead(stage.system, stage.pid));
  CHECK_NUMBER(counted(&stage.leaver.stops), 1);
  close_stage(&stage);
}

static uint64_t completions;

static void leave_in_completion(uintptr_t argument, sabir_ref ref, sabir_status status, sabir_message **reply) {
  (void)ref, (void)reply; /* what is left is destroyed */
  CHECK_STATUS(status, (sabir_status)argument);
  count(&completions);
  pthread_exit(NULL);
}

/* Asks, with a completion that ends the thread of whoever answers. */
static void ask_and_leave(struct stage *stage, sabir_type type, sabir_status expected) {
  const uint64_t before = counted(&completions);
  sabir_message *question = make_message(type, NULL, 0);
  REQUIRE_OK(
      sabir_ask_begin(stage->system, stage->pid, &question, SABIR_FOREVER, leave_in_completion, (uintptr_t)(uint32_t)expected, NULL));
  CHECK(reached(&completions, before + 1));
}

/* A completion inside the reply of a handler unwinds that handler. */
static void out_of_a_completion_inside_a_handler_is_the_handlers_crash(void) {
  struct stage stage;
  open_stage(&stage, NOWHERE);
  spawn_leaver(&stage);
  ask_and_leave(&stage, ECHO, SABIR_OK);
  CHECK(reached(&stage.leaver.failures, 1)); /* which resumes */
  CHECK_OK(sabir_actor_stop(stage.system, stage.pid));
  take(&stage.leaver.dropped);
  CHECK_NUMBER(counted(&stage.leaver.stops), 1);
  close_stage(&stage);
}

/* One behind the handler does not touch the actor, and what the handler asked for is done. */
static void out_of_a_completion_behind_a_handler_the_actor_lives_on(void) {
  struct stage stage;
  open_stage(&stage, NOWHERE);
  spawn_leaver(&stage);
  ask_and_leave(&stage, UNANSWERED, SABIR_E_UNANSWERED);
  ask_and_leave(&stage, UNANSWERED, SABIR_E_UNANSWERED);
  CHECK_NUMBER(counted(&stage.leaver.stops), 0);
  ask_and_leave(&stage, UNANSWERED_AND_STOP, SABIR_E_UNANSWERED);
  take(&stage.leaver.dropped);
  CHECK_NUMBER(counted(&stage.leaver.stops), 1);
  CHECK_NUMBER((uint32_t)stage.leaver.exit_reason, SABIR_EXIT_NORMAL);
  CHECK_NUMBER(counters_of(stage.system).crashed, 0);
  close_stage(&stage);
}

static void leave_in_subscription(uintptr_t argument, sabir_pid target, int32_t cause, const sabir_message *message) {
  (void)target, (void)cause, (void)message;
  count((uint64_t *)argument);
  pthread_exit(NULL);
}

static void out_of_a_subscriber_the_actor_ends_as_it_would(void) {
  struct stage stage;
  uint64_t seen = 0;
  sabir_ref ref;
  open_stage(&stage, NOWHERE);
  REQUIRE_OK(sabir_dead_letter_subscribe(stage.system, leave_in_subscription, (uintptr_t)&seen, NULL, &ref));
  spawn_leaver(&stage);
  CHECK_OK(sabir_send_bytes(stage.system, stage.pid, CRASH, NULL, 0));
  CHECK(reached(&seen, 1));
  CHECK_OK(sabir_dead_letter_unsubscribe(stage.system, ref));
  CHECK_NUMBER(counted(&stage.leaver.failures), 1); /* it resumes */
  CHECK_OK(sabir_actor_stop(stage.system, stage.pid));
  take(&stage.leaver.dropped);
  close_stage(&stage);
}

struct cancelling {
  sabir_system *system;
  sabir_ref ref;
};

static void *cancel_an_ask(void *argument) {
  struct cancelling *self = (struct cancelling *)argument;
  SABIR_IGNORE(sabir_ask_cancel(self->system, self->ref));
  CHECK(!"the call returned");
  return NULL;
}

/* A completion on a thread of the host's own ends that thread, through the call that brought it about. */
static void out_of_a_completion_on_the_hosts_thread(void) {
  struct stage stage;
  struct cancelling cancelling;
  sabir_message *question;
  void *result = &stage;
  const uint64_t before = counted(&completions);
  open_stage(&stage, NOWHERE);
  spawn_leaver(&stage);
  CHECK_OK(sabir_send_bytes(stage.system, stage.other_pid, PROBE_BLOCK, NULL, 0)); /* holds the thread of both */
  take(&stage.other.entered);
  question = make_message(ECHO, NULL, 0);
  cancelling.system = stage.system;
  REQUIRE_OK(sabir_ask_begin(stage.system, stage.pid, &question, SABIR_FOREVER, leave_in_completion, (uintptr_t)(uint32_t)SABIR_E_CANCELLED,
                             &cancelling.ref));
  REQUIRE(pthread_join(start_thread(cancel_an_ask, &cancelling), &result) == 0);
  CHECK(result == NULL);
  CHECK_NUMBER(counted(&completions), before + 1);
  sem_post(&stage.other.gate);
  CHECK_OK(sabir_actor_stop(stage.system, stage.pid));
  take(&stage.leaver.dropped);
  close_stage(&stage);
}

/* --- cancellation of a thread in a call --- */

/* A thread that is cancelled as soon as it sleeps in a call. */
struct sleeper {
  int number; /* of the thread */
  sabir_system *system;
  sabir_port *port;
  sabir_behavior *behavior;
  sabir_pid pid;
  uint64_t timeout_ns;
  probe *actor;
  sabir_message *kept; /* what a send did not take */
};

static void note_number(struct sleeper *self) { __atomic_store_n(&self->number, thread_number(), __ATOMIC_SEQ_CST); }

static void cancel_asleep(pthread_t thread, struct sleeper *sleeper) {
  void *result = NULL;
  CHECK(falls_asleep(&sleeper->number));
  CHECK(pthread_cancel(thread) == 0);
  REQUIRE(pthread_join(thread, &result) == 0);
  CHECK(result == PTHREAD_CANCELED);
}

static void *receive_until_cancelled(void *argument) {
  struct sleeper *self = (struct sleeper *)argument;
  sabir_message *message = NULL;
  note_number(self);
  SABIR_IGNORE(sabir_port_receive(self->port, self->timeout_ns, &message));
  CHECK(!"the receive returned");
  return NULL;
}

static void in_a_receive(void) {
  const uint64_t timeouts[] = {SABIR_FOREVER, PATIENCE_NS};
  size_t index;
  for (index = 0; index < 2; ++index) {
    struct sleeper sleeper = {0};
    sabir_message *message = NULL;
    sleeper.system = make_system(1);
    sleeper.timeout_ns = timeouts[index];
    REQUIRE_OK(sabir_port_create(sleeper.system, NULL, &sleeper.port, NULL));
    cancel_asleep(start_thread(receive_until_cancelled, &sleeper), &sleeper);
    /* The port is none the worse for it: it still receives, and closes without waiting for anybody. */
    CHECK_OK(sabir_send_bytes(sleeper.system, sabir_port_pid(sleeper.port), 1, "on", 2));
    CHECK_OK(sabir_port_receive(sleeper.port, PATIENCE_NS, &message));
    sabir_message_destroy(&message);
    sabir_port_destroy(&sleeper.port);
    end_system(&sleeper.system);
  }
}

static void note_kept(void *argument) {
  struct sleeper *self = (struct sleeper *)argument;
  CHECK(self->kept != NULL); /* a send that was not made has taken nothing */
  sabir_message_destroy(&self->kept);
}

static void *send_until_cancelled(void *argument) {
  struct sleeper *self = (struct sleeper *)argument;
  self->kept = make_message(PROBE_COUNT, "abc", 3);
  note_number(self);
  pthread_cleanup_push(note_kept, self);
  SABIR_IGNORE(sabir_send(self->system, self->pid, &self->kept));
  pthread_cleanup_pop(0);
  CHECK(!"the send returned");
  return NULL;
}

static void in_a_blocking_send(void) {
  enum { CAPACITY = 2 };
  struct sleeper sleeper = {0};
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_message *reply = NULL;
  probe actor;
  int index;
  probe_init(&actor);
  sleeper.system = make_system(1);
  mailbox.capacity = CAPACITY;
  mailbox.overflow = SABIR_OVERFLOW_BLOCK;
  options.mailbox = &mailbox;
  sleeper.pid = probe_spawn(sleeper.system, &actor, &options);
  CHECK_OK(sabir_send_bytes(sleeper.system, sleeper.pid, PROBE_BLOCK, NULL, 0));
  take(&actor.entered);
  for (index = 0; index < CAPACITY; ++index) CHECK_OK(sabir_send_bytes(sleeper.system, sleeper.pid, PROBE_COUNT, NULL, 0));
  cancel_asleep(start_thread(send_until_cancelled, &sleeper), &sleeper);
  CHECK(sleeper.kept == NULL);
  sem_post(&actor.gate);
  CHECK_OK(sabir_ask_bytes(sleeper.system, sleeper.pid, PROBE_ECHO, NULL, 0, PATIENCE_NS, &reply));
  sabir_message_destroy(&reply);
  CHECK_NUMBER(counted(&actor.received), CAPACITY + 2); /* PROBE_BLOCK, those that fitted, PROBE_ECHO */
  end_system(&sleeper.system);
  probe_end(&actor);
}

static sabir_status blocked_start(sabir_context *context, uintptr_t argument, uintptr_t *state) {
  probe *self = (probe *)argument;
  (void)context;
  *state = argument;
  count(&self->starts);
  sem_post(&self->entered);
  take(&self->gate);
  return SABIR_OK;
}

static void *supervise_until_cancelled(void *argument) {
  struct sleeper *self = (struct sleeper *)argument;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  options.argument = (uintptr_t)self->actor;
  options.drop = probe_drop;
  spec.spawn = &options;
  spec.start_timeout_ns = PATIENCE_NS;
  note_number(self);
  SABIR_IGNORE(sabir_supervise(self->system, 0, "slow", self->behavior, &spec, NULL, NULL));
  CHECK(!"the call returned");
  return NULL;
}

static bool has_started(void *system) { return counters_of((sabir_system *)system).started == 2; /* the root supervisor, and the child */ }

/* The child starts all the same, and is the supervisor's: its argument is dropped with it. */
static void in_supervise(void) {
  struct sleeper sleeper = {0};
  sabir_callbacks callbacks = probe_callbacks();
  pthread_t thread;
  probe actor;
  probe_init(&actor);
  sleeper.system = make_system(2);
  sleeper.actor = &actor;
  callbacks.start = blocked_start;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &sleeper.behavior));
  thread = start_thread(supervise_until_cancelled, &sleeper);
  take(&actor.entered);
  cancel_asleep(thread, &sleeper);
  CHECK_NUMBER(counted(&actor.drops), 0);
  sem_post(&actor.gate);
  CHECK(eventually(has_started, sleeper.system));
  remove_child(sleeper.system, "slow");
  probe_wait_dropped(&actor);
  CHECK_NUMBER(counted(&actor.starts), 1);
  sabir_behavior_destroy(&sleeper.behavior);
  end_system(&sleeper.system);
  probe_end(&actor);
}

static void *shut_down_until_cancelled(void *argument) {
  struct sleeper *self = (struct sleeper *)argument;
  note_number(self);
  SABIR_IGNORE(sabir_system_shutdown(self->system, PATIENCE_NS, NULL));
  CHECK(!"the shutdown returned");
  return NULL;
}

/* It goes on by itself; whoever calls next waits for it, and gets its result. */
static void in_a_shutdown(void) {
  struct sleeper sleeper = {0};
  probe actor;
  const size_t threads = thread_count();
  probe_init(&actor);
  sleeper.system = make_system(1);
  sleeper.pid = probe_spawn(sleeper.system, &actor, NULL);
  CHECK_OK(sabir_send_bytes(sleeper.system, sleeper.pid, PROBE_BLOCK, NULL, 0));
  take(&actor.entered);
  cancel_asleep(start_thread(shut_down_until_cancelled, &sleeper), &sleeper);
  sem_post(&actor.gate);
  end_system(&sleeper.system);
  CHECK(threads_back_to(threads));
  probe_end(&actor);
}

/* --- cancellation that is pending already when the call begins --- */

struct pending {
  sabir_system *system;
  sabir_executor *executor;
  sabir_message *message;
  uint64_t released;
};

/* Runs body in a thread that has been cancelled, and finds out only where it may be. */
static void while_cancelled(void *(*body)(void *argument), struct pending *pending) {
  void *result = NULL;
  REQUIRE(pthread_join(start_thread(body, pending), &result) == 0);
  CHECK(result == PTHREAD_CANCELED);
}

static void sleepy_release(void *data, size_t size, uintptr_t argument) {
  const struct timespec moment = {0, 1};
  (void)data, (void)size;
  nanosleep(&moment, NULL); /* a cancellation point */
  count((uint64_t *)argument);
}

static void *destroy_message(void *argument) {
  struct pending *self = (struct pending *)argument;
  pthread_cancel(pthread_self());
  sabir_message_destroy(&self->message);
  CHECK(self->message == NULL);
  pthread_testcancel();
  return NULL;
}

/* A release function is not broken off. */
static void pending_through_a_release(void) {
  struct pending pending = {0};
  char byte = 0;
  REQUIRE_OK(sabir_message_wrap(1, &byte, 1, sleepy_release, (uintptr_t)&pending.released, &pending.message));
  while_cancelled(destroy_message, &pending);
  CHECK_NUMBER(counted(&pending.released), 1);
}

static void *destroy_executor(void *argument) {
  struct pending *self = (struct pending *)argument;
  pthread_cancel(pthread_self());
  CHECK_OK(sabir_executor_destroy(&self->executor)); /* joins its threads, which is a cancellation point, too */
  CHECK(self->executor == NULL);
  pthread_testcancel();
  return NULL;
}

static void pending_through_the_end_of_an_executor(void) {
  struct pending pending = {0};
  sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
  options.kind = SABIR_EXECUTOR_THREADS;
  options.workers = 3;
  pending.system = make_system(1);
  REQUIRE_OK(sabir_executor_create(pending.system, &options, &pending.executor, NULL));
  while_cancelled(destroy_executor, &pending);
  end_system(&pending.system);
}

static void *destroy_system(void *argument) {
  struct pending *self = (struct pending *)argument;
  pthread_cancel(pthread_self());
  SABIR_IGNORE(sabir_system_destroy(&self->system)); /* it may be done before it looks */
  pthread_testcancel();
  return NULL;
}

/* A destroy that is broken off leaves the caller's reference where it was. */
static void pending_into_the_end_of_a_system(void) {
  const size_t threads = thread_count();
  int round;
  for (round = 0; round < 20; ++round) {
    struct pending pending = {0};
    pending.system = make_system(2);
    while_cancelled(destroy_system, &pending);
    if (pending.system != NULL) CHECK_OK(sabir_system_destroy(&pending.system));
  }
  CHECK(threads_back_to(threads));
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(out_of_start_is_a_failed_start),
      TEST(out_of_stop_ends_the_actor_and_drops_its_argument),
      TEST(out_of_stop_in_a_shutdown_lets_it_end),
      TEST(out_of_failed_ends_the_actor),
      TEST(out_of_health_is_a_failed_check),
      TEST(out_of_drop_ends_the_thread_only),
      TEST(out_of_a_completion_inside_a_handler_is_the_handlers_crash),
      TEST(out_of_a_completion_behind_a_handler_the_actor_lives_on),
      TEST(out_of_a_subscriber_the_actor_ends_as_it_would),
      TEST(out_of_a_completion_on_the_hosts_thread),
      TEST(in_a_receive),
      TEST(in_a_blocking_send),
      TEST(in_supervise),
      TEST(in_a_shutdown),
      TEST(pending_through_a_release),
      TEST(pending_through_the_end_of_an_executor),
      TEST(pending_into_the_end_of_a_system),
  };
  return RUN_TESTS(tests, argc, argv);
}
