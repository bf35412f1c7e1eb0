/* supervisor.h: handlers that do not return, on a threads executor: given up on where the child spec says so.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "watcher.h"

#include <unistd.h>

/* A system with a threads executor, a supervised probe that is given up on, and a port that monitors it. */
struct scene {
  sabir_system *system;
  sabir_executor *executor;
  sabir_port *port;
  probe actor;
  sabir_pid pid;
  sabir_ref monitor;
};

static void open_scene_of(struct scene *scene, uint64_t stall_timeout_ns, uint32_t restart) {
  sabir_executor_options executor = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  scene->system = make_supervising_system();
  executor.kind = SABIR_EXECUTOR_THREADS;
  executor.workers = 2;
  REQUIRE_OK(sabir_executor_create(scene->system, &executor, &scene->executor, NULL));
  scene->port = open_port(scene->system, NULL);
  probe_init(&scene->actor);
  spawn.executor = scene->executor;
  spawn.argument = (uintptr_t)&scene->actor;
  spawn.drop = probe_drop;
  spec.spawn = &spawn;
  spec.stall_timeout_ns = stall_timeout_ns;
  spec.restart = restart;
  REQUIRE_OK(sabir_supervise(scene->system, 0, "slow", probe_behavior(), &spec, &scene->pid, NULL));
  REQUIRE_OK(sabir_port_monitor(scene->port, scene->pid, SABIR_MONITOR_RESTARTS, &scene->monitor));
}

static void open_scene(struct scene *scene) { open_scene_of(scene, 20 * MILLISECOND_NS, SABIR_PERMANENT); }

static void close_scene(struct scene *scene) {
  sabir_port_destroy(&scene->port);
  end_system(&scene->system);
  CHECK_OK(sabir_executor_destroy(&scene->executor));
}

static void hear_of_a_restart(struct scene *scene) {
  sabir_message *notice = next_message(scene->port, SABIR_KIND_RESTARTED);
  CHECK_NUMBER(sabir_message_sender(notice), scene->pid);
  sabir_message_destroy(&notice);
}

/* A handler that blocks, what it finds when it goes on, and when that is. */
struct stalled {
  struct scene *scene;
  sem_t entered, gate, left;
  sabir_pid elsewhere;
  bool ends_thread;
  int thread; /* which it runs on; set before left */
};

static void stalled_init(struct stalled *self, struct scene *scene) {
  memset(self, 0, sizeof *self);
  self->scene = scene;
  REQUIRE(sem_init(&self->entered, 0, 0) == 0 && sem_init(&self->gate, 0, 0) == 0 && sem_init(&self->left, 0, 0) == 0);
}

static bool thread_has_ended(void *argument) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%d", *(const int *)argument);
  return access(path, F_OK) != 0;
}

/* Waits until the handler has returned, which is a survivor of a shutdown before that; its thread ends then. */
static void take_leave(struct stalled *self) {
  take(&self->left);
  CHECK(eventually(thread_has_ended, &self->thread));
}

static sabir_status stall(sabir_context *context, sabir_message **message, void *argument) {
  struct stalled *self = (struct stalled *)argument;
  const size_t size = sabir_message_size(*message);
  const bool ends_thread = self->ends_thread;
  sabir_message *note = make_message(NOTE, "late", 4);
  CHECK(sabir_context_self(context) == self->scene->pid);
  sem_post(&self->entered);
  take(&self->gate);
  /* Nothing of the actor is its own any more, */
  every_call_refuses(context, self->elsewhere);
  /* but its message is, */
  CHECK_NUMBER(sabir_message_size(*message), size);
  /* and it may call the system as any other thread, where there still is one. */
  if (self->elsewhere != 0) CHECK_OK(sabir_send(self->scene->system, self->elsewhere, &note));
  sabir_message_destroy(&note);
  self->thread = thread_number();
  sem_post(&self->left);
  if (ends_thread) pthread_exit(NULL);
  return 4711; /* nobody looks at it */
}

static void a_stalled_handler_is_given_up_on(void) {
  struct scene scene;
  struct stalled stalled;
  sabir_message *question, *reply = NULL, *note;
  open_scene(&scene);
  stalled_init(&stalled, &scene);
  stalled.elsewhere = sabir_port_pid(scene.port);
  question = inside_message(stall, &stalled);
  CHECK_STATUS(sabir_ask(scene.system, scene.pid, &question, SABIR_FOREVER, &reply), SABIR_E_CRASHED);
  REQUIRE(reply != NULL && sabir_message_exit(reply) != NULL);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(sabir_message_exit(reply)), SABIR_EXIT_STALLED);
  CHECK_CONTAINS(sabir_exit_message(sabir_message_exit(reply)), "has not returned for");
  sabir_message_destroy(&reply);
  hear_of_a_restart(&scene);
  /* The same pid serves, on another thread, while the first handler is still there. */
  CHECK_OK(sabir_ask_bytes(scene.system, scene.pid, PROBE_ECHO, "hello", 5, SABIR_FOREVER, &reply));
  sabir_message_destroy(&reply);
  CHECK_NUMBER(counted(&scene.actor.starts), 2);
  CHECK_NUMBER(counted(&scene.actor.stops), 0);
  sem_post(&stalled.gate);
  take_leave(&stalled);
  note = next_message(scene.port, SABIR_KIND_MESSAGE);
  CHECK_NUMBER(sabir_message_sender(note), 0); /* not from the actor */
  sabir_message_destroy(&note);
  /* What it returned was of no consequence. */
  CHECK_OK(sabir_ask_bytes(scene.system, scene.pid, PROBE_ECHO, "hello", 5, SABIR_FOREVER, &reply));
  sabir_message_destroy(&reply);
  CHECK_NUMBER(counted(&scene.actor.starts), 2);
  close_scene(&scene);
  CHECK_NUMBER(counted(&scene.actor.stops), 1); /* of the second incarnation */
  CHECK_NUMBER(counted(&scene.actor.drops), 0); /* the argument is leaked */
}

static void it_is_reported_what_is_lost(void) {
  struct scene scene;
  struct stalled stalled;
  struct log_watch log;
  char behavior[64] = "";
  uint64_t ms = 0;
  unsigned type = 0;
  int size = 0;
  open_scene(&scene);
  watch_log(scene.system, &log, "gave up on", SABIR_LOG_ERROR);
  stalled_init(&stalled, &scene);
  begin_inside(scene.system, scene.pid, stall, &stalled);
  hear_of_a_restart(&scene);
  CHECK(reached(&log.records, 1));
  CHECK_NUMBER(log.level, SABIR_LOG_ERROR);
  CHECK_NUMBER(log.pid, scene.pid);
  CHECK_TEXT(log.actor, "slow");
  CHECK_NUMBER(sscanf(log.text,
                      "gave up on '%63[^']': a handler has not returned for %" SCNu64
                      " ms, at a message of type %u; its state and argument are leaked with its thread%n",
                      behavior, &ms, &type, &size),
               3);
  CHECK_NUMBER(size, strlen(log.text));
  CHECK_TEXT(behavior, "probe");
  CHECK(ms >= 20);
  CHECK_NUMBER(type, PROBE_CALL);
  sem_post(&stalled.gate);
  take_leave(&stalled);
  close_scene(&scene);
  CHECK_NUMBER(counted(&log.records), 1);
}

/* Whether a child that was given up on is restarted. */
static void a_policy_decides(uint32_t restart, bool restarted) {
  struct scene scene;
  struct stalled stalled;
  open_scene_of(&scene, 20 * MILLISECOND_NS, restart);
  stalled_init(&stalled, &scene);
  begin_inside(scene.system, scene.pid, stall, &stalled);
  if (restarted) {
    hear_of_a_restart(&scene);
    CHECK_OK(sabir_actor_status(scene.system, scene.pid));
  } else {
    sabir_message *down = next_message(scene.port, SABIR_KIND_DOWN);
    CHECK_NUMBER((uint32_t)sabir_exit_reason(sabir_message_exit(down)), SABIR_EXIT_STALLED);
    sabir_message_destroy(&down);
    CHECK(becomes_dead(scene.system, scene.pid));
  }
  CHECK_NUMBER(counted(&scene.actor.starts), restarted ? 2 : 1);
  sem_post(&stalled.gate);
  take_leave(&stalled);
  close_scene(&scene);
  CHECK_NUMBER(counted(&scene.actor.drops), 0);
}

static void policies_decide_about_the_stalled(void) {
  a_policy_decides(SABIR_PERMANENT, true);
  a_policy_decides(SABIR_TRANSIENT, true);
  a_policy_decides(SABIR_TEMPORARY, false);
}

static void what_was_queued_is_handled_by_the_next_incarnation(void) {
  struct scene scene;
  struct stalled stalled;
  int index;
  open_scene(&scene);
  stalled_init(&stalled, &scene);
  begin_inside(scene.system, scene.pid, stall, &stalled);
  take(&stalled.entered);
  for (index = 0; index < 100; ++index) CHECK_OK(sabir_send_bytes(scene.system, scene.pid, PROBE_COUNT, NULL, 0));
  CHECK(reached(&scene.actor.received, 101));
  sem_post(&stalled.gate);
  take_leave(&stalled);
  close_scene(&scene);
}

static void a_handler_that_stays_is_a_survivor(void) {
  struct scene scene;
  struct stalled stalled;
  sabir_report *report = NULL;
  sabir_survivor survivor = SABIR_SURVIVOR_INIT;
  open_scene(&scene);
  stalled_init(&stalled, &scene);
  begin_inside(scene.system, scene.pid, stall, &stalled);
  hear_of_a_restart(&scene);
  sabir_port_destroy(&scene.port);
  CHECK_STATUS(sabir_system_shutdown(scene.system, PATIENCE_NS, &report), SABIR_E_SURVIVORS);
  CHECK_NUMBER(sabir_report_survivor_count(report), 1);
  CHECK_OK(sabir_report_survivor(report, 0, &survivor));
  CHECK_NUMBER(survivor.pid, scene.pid);
  CHECK_NUMBER(survivor.message_type, PROBE_CALL);
  sabir_report_destroy(&report);
  CHECK_CONSERVED(scene.system);
  CHECK_STATUS(sabir_system_destroy(&scene.system), SABIR_E_SURVIVORS); /* but it is freed: the handler does not need it */
  CHECK_OK(sabir_executor_destroy(&scene.executor));
  sem_post(&stalled.gate);
  take_leave(&stalled);
  let_pass(5 * MILLISECOND_NS); /* its thread ends, and must not miss what is gone */
}

static void a_given_up_handler_may_end_its_thread(void) {
  struct scene scene;
  struct stalled stalled;
  open_scene(&scene);
  stalled_init(&stalled, &scene);
  stalled.ends_thread = true;
  begin_inside(scene.system, scene.pid, stall, &stalled);
  hear_of_a_restart(&scene);
  sem_post(&stalled.gate);
  take_leave(&stalled);
  CHECK_OK(sabir_send_bytes(scene.system, scene.pid, PROBE_COUNT, NULL, 0));
  CHECK(reached(&scene.actor.received, 2));
  let_pass(5 * MILLISECOND_NS);
  close_scene(&scene);
}

/* Receives from a port that nobody sends to. */
static sabir_status wait_at_a_port(sabir_context *context, sabir_message **message, void *argument) {
  struct stalled *self = (struct stalled *)argument;
  sabir_port *port = open_port(self->scene->system, NULL);
  sabir_message *received = NULL;
  (void)message;
  self->elsewhere = sabir_port_pid(port);
  sem_post(&self->entered);
  CHECK_OK(sabir_port_receive(port, SABIR_FOREVER, &received));
  sabir_message_destroy(&received);
  CHECK_STATUS(sabir_context_stop(context), SABIR_E_CONTEXT);
  sabir_port_destroy(&port);
  self->thread = thread_number();
  sem_post(&self->left);
  return SABIR_OK;
}

static void a_handler_that_waits_in_a_call_is_given_up_on(void) {
  struct scene scene;
  struct stalled stalled;
  open_scene(&scene);
  stalled_init(&stalled, &scene);
  begin_inside(scene.system, scene.pid, wait_at_a_port, &stalled);
  take(&stalled.entered);
  hear_of_a_restart(&scene);
  CHECK_OK(sabir_send_bytes(scene.system, stalled.elsewhere, 1, NULL, 0));
  take_leave(&stalled);
  close_scene(&scene);
}

/* Moves its message on, then stalls. */
static sabir_status forward_and_stall(sabir_context *context, sabir_message **message, void *argument) {
  struct stalled *self = (struct stalled *)argument;
  CHECK_OK(sabir_context_send(context, self->elsewhere, message));
  sem_post(&self->entered);
  take(&self->gate);
  self->thread = thread_number();
  sem_post(&self->left);
  return SABIR_OK;
}

static void a_message_that_was_moved_on_is_not_its_own(void) {
  struct scene scene;
  struct stalled stalled;
  sabir_message *forwarded;
  open_scene(&scene);
  stalled_init(&stalled, &scene);
  stalled.elsewhere = sabir_port_pid(scene.port);
  begin_inside(scene.system, scene.pid, forward_and_stall, &stalled);
  forwarded = next_message(scene.port, SABIR_KIND_MESSAGE);
  CHECK_NUMBER(sabir_message_sender(forwarded), scene.pid);
  hear_of_a_restart(&scene);
  sem_post(&stalled.gate);
  take_leave(&stalled);
  sabir_message_destroy(&forwarded);
  close_scene(&scene);
}

static void a_child_that_is_stopped_meanwhile_ends(void) {
  struct scene scene;
  struct stalled stalled;
  sabir_message *down;
  open_scene(&scene);
  stalled_init(&stalled, &scene);
  begin_inside(scene.system, scene.pid, stall, &stalled);
  take(&stalled.entered);
  child_do(scene.system, SABIR_CHILD_STOP, "slow"); /* would wait for its shutdown time, 5 s, and leave it behind */
  down = next_message(scene.port, SABIR_KIND_DOWN);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(sabir_message_exit(down)), SABIR_EXIT_STALLED);
  sabir_message_destroy(&down);
  sem_post(&stalled.gate);
  take_leave(&stalled);
  CHECK_NUMBER(counted(&scene.actor.starts), 1);
  close_scene(&scene);
}

/* Sleeps about as long as it may: sometimes it is given up on, sometimes not, and each time exactly one has the actor. */
static sabir_status doze(sabir_context *context, sabir_message **message, void *argument) {
  uint64_t *done = (uint64_t *)argument;
  static uint64_t turns;
  const uint64_t turn = __atomic_add_fetch(&turns, 1, __ATOMIC_RELAXED);
  sabir_status status;
  (void)message;
  let_pass((500 + turn % 8 * 250) * 1000);
  status = sabir_context_send_bytes(context, sabir_context_self(context), PROBE_COUNT, NULL, 0);
  CHECK(status == SABIR_OK || status == SABIR_E_CONTEXT);
  count(done);
  return SABIR_OK;
}

static void whoever_is_first_has_the_actor(void) {
  enum { ROUNDS = 300 };
  struct scene scene;
  uint64_t done = 0;
  sabir_message *reply = NULL;
  sabir_counters counters;
  int index;
  open_scene_of(&scene, MILLISECOND_NS, SABIR_PERMANENT);
  for (index = 0; index < ROUNDS; ++index) begin_inside(scene.system, scene.pid, doze, &done);
  CHECK(reached(&done, ROUNDS));
  CHECK_OK(sabir_ask_bytes(scene.system, scene.pid, PROBE_ECHO, "x", 1, SABIR_FOREVER, &reply));
  sabir_message_destroy(&reply);
  counters = counters_of(scene.system);
  CHECK(counters.restarted > 0);
  printf("%d of %d were given up on\n", (int)counters.restarted, ROUNDS);
  let_pass(5 * MILLISECOND_NS);
  close_scene(&scene);
}

static void only_a_child_on_a_threads_executor_of_two_is(void) {
  sabir_system *system = make_supervising_system();
  sabir_supervisor_options supervisor = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_executor *arena = NULL, *pinned = NULL;
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_error *error = NULL;
  sabir_pid pid = 1;
  spec.stall_timeout_ns = SECOND_NS;
  CHECK_STATUS(sabir_supervise(system, 0, "x", probe_behavior(), &spec, &pid, &error), SABIR_E_INVALID);
  CHECK_CONTAINS(sabir_error_message(error), "stall_timeout_ns");
  sabir_error_destroy(&error);
  options.workers = 2;
  options.kind = SABIR_EXECUTOR_ARENA;
  REQUIRE_OK(sabir_executor_create(system, &options, &arena, NULL));
  spawn.executor = arena;
  spec.spawn = &spawn;
  CHECK_STATUS(sabir_supervise(system, 0, "x", probe_behavior(), &spec, &pid, &error), SABIR_E_INVALID);
  CHECK_CONTAINS(sabir_error_message(error), "stall_timeout_ns");
  sabir_error_destroy(&error);
  options.workers = 0; /* by default it has one */
  options.kind = SABIR_EXECUTOR_THREADS;
  REQUIRE_OK(sabir_executor_create(system, &options, &pinned, NULL));
  spawn.executor = pinned;
  CHECK_STATUS(sabir_supervise(system, 0, "x", probe_behavior(), &spec, &pid, &error), SABIR_E_INVALID);
  CHECK_CONTAINS(sabir_error_message(error), "stall_timeout_ns");
  sabir_error_destroy(&error);
  spec.spawn = NULL;
  spec.supervisor = &supervisor;
  CHECK_STATUS(sabir_supervise(system, 0, "x", NULL, &spec, &pid, &error), SABIR_E_INVALID);
  CHECK_CONTAINS(sabir_error_message(error), "stall_timeout_ns");
  sabir_error_destroy(&error);
  spec.supervisor = NULL;
  spec.stall_timeout_ns = SABIR_FOREVER; /* never, which is the default */
  spec.spawn = NULL;
  {
    probe actor;
    probe_init(&actor);
    spawn.argument = (uintptr_t)&actor; /* on the pinned one, where it may be */
    spawn.drop = probe_drop;
    spec.spawn = &spawn;
    CHECK_OK(sabir_supervise(system, 0, "x", probe_behavior(), &spec, &pid, NULL));
    end_system(&system);
    CHECK_NUMBER(counted(&actor.drops), 1);
  }
  CHECK_OK(sabir_executor_destroy(&arena));
  CHECK_OK(sabir_executor_destroy(&pinned));
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(a_stalled_handler_is_given_up_on),
      TEST(it_is_reported_what_is_lost),
      TEST(policies_decide_about_the_stalled),
      TEST(what_was_queued_is_handled_by_the_next_incarnation),
      TEST(a_handler_that_stays_is_a_survivor),
      TEST(a_given_up_handler_may_end_its_thread),
      TEST(a_handler_that_waits_in_a_call_is_given_up_on),
      TEST(a_message_that_was_moved_on_is_not_its_own),
      TEST(a_child_that_is_stopped_meanwhile_ends),
      TEST(whoever_is_first_has_the_actor),
      TEST(only_a_child_on_a_threads_executor_of_two_is),
  };
  return RUN_TESTS(tests, argc, argv);
}
