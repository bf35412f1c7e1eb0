/* ask.h: every ask ends exactly once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

/* The end of an ask that was begun. */
struct ending {
  uint64_t calls;
  sabir_ref ref;
  sabir_status status;
  sabir_message *reply;
  sem_t done;
};

static void ending_init(struct ending *ending) {
  memset(ending, 0, sizeof *ending);
  sem_init(&ending->done, 0, 0);
}

static void ending_end(struct ending *ending) {
  CHECK_NUMBER(counted(&ending->calls), 1);
  sabir_message_destroy(&ending->reply);
  sem_destroy(&ending->done);
}

static void ask_ended(uintptr_t argument, sabir_ref ref, sabir_status status, sabir_message **reply) {
  struct ending *ending = (struct ending *)argument;
  ending->ref = ref;
  ending->status = status;
  ending->reply = *reply;
  *reply = NULL;
  count(&ending->calls);
  sem_post(&ending->done);
}

static void must_not_end(uintptr_t argument, sabir_ref ref, sabir_status status, sabir_message **reply) {
  (void)argument, (void)ref, (void)status, (void)reply;
  CHECK(!"done ran after a call that failed");
}

/* A system, an actor, and an ask to it that was begun. */
struct scene {
  sabir_system *system;
  probe actor;
  sabir_pid pid;
  struct ending ending;
  sabir_ref ref;
};

static void open_scene(struct scene *scene) {
  scene->system = make_system(1);
  probe_init(&scene->actor);
  scene->pid = probe_spawn(scene->system, &scene->actor, NULL);
  ending_init(&scene->ending);
  scene->ref = 0;
}

static void begin(struct scene *scene, sabir_message *message, uint64_t timeout_ns) {
  REQUIRE_OK(sabir_ask_begin(scene->system, scene->pid, &message, timeout_ns, ask_ended, (uintptr_t)&scene->ending, &scene->ref));
  CHECK(message == NULL);
  CHECK(scene->ref != 0);
}

/* Waits for the end of the ask: with that status, and a reply or a failure message that says the same, if any. */
static void expect_end(struct scene *scene, sabir_status status) {
  take(&scene->ending.done);
  CHECK_STATUS(scene->ending.status, status);
  CHECK_NUMBER(scene->ending.ref, scene->ref);
  if (status == SABIR_OK) {
    REQUIRE(scene->ending.reply != NULL);
    CHECK_NUMBER((uint32_t)sabir_message_kind(scene->ending.reply), SABIR_KIND_REPLY);
  } else if (scene->ending.reply != NULL) {
    CHECK_NUMBER((uint32_t)sabir_message_kind(scene->ending.reply), SABIR_KIND_FAILURE);
    CHECK_STATUS(sabir_message_status(scene->ending.reply), status);
  }
  CHECK_STATUS(sabir_ask_cancel(scene->system, scene->ref), SABIR_E_NO_ASK);
}

static void close_scene(struct scene *scene) {
  end_system(&scene->system);
  ending_end(&scene->ending);
  probe_end(&scene->actor);
}

static void until_idle(struct scene *scene) {
  sabir_message *reply = NULL;
  CHECK_OK(sabir_ask_bytes(scene->system, scene->pid, PROBE_ECHO, NULL, 0, PATIENCE_NS, &reply));
  sabir_message_destroy(&reply);
}

static void a_blocking_ask_brings_the_reply(void) {
  sabir_system *system = make_system(1);
  sabir_message *message = make_message(PROBE_ECHO, "hello", 5), *reply = NULL;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_OK(sabir_ask(system, pid, &message, 0, &reply));
  CHECK(message == NULL);
  REQUIRE(reply != NULL);
  CHECK_NUMBER((uint32_t)sabir_message_kind(reply), SABIR_KIND_REPLY);
  CHECK_NUMBER(sabir_message_sender(reply), pid);
  CHECK_NUMBER(sabir_message_size(reply), 5);
  CHECK(memcmp(sabir_message_data(reply), "hello", 5) == 0);
  sabir_message_destroy(&reply);
  CHECK_OK(sabir_ask_bytes(system, pid, PROBE_ECHO, "world", 5, SABIR_FOREVER, &reply));
  CHECK(memcmp(sabir_message_data(reply), "world", 5) == 0);
  sabir_message_destroy(&reply);
  end_system(&system);
  probe_end(&actor);
}

static void missing_arguments_are_invalid(void) {
  sabir_system *system = make_system(1);
  sabir_message *message = make_message(PROBE_ECHO, NULL, 0), *none = NULL, *reply = (sabir_message *)&reply;
  probe actor;
  sabir_pid pid;
  sabir_ref ref = 1;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_STATUS(sabir_ask(system, pid, NULL, 0, &reply), SABIR_E_INVALID);
  CHECK(reply == NULL);
  CHECK_STATUS(sabir_ask(system, pid, &none, 0, &reply), SABIR_E_INVALID);
  CHECK_STATUS(sabir_ask(system, pid, &message, 0, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_ask_bytes(system, pid, PROBE_ECHO, NULL, 1, 0, &reply), SABIR_E_INVALID);
  CHECK_STATUS(sabir_ask_bytes(system, pid, PROBE_ECHO, NULL, 0, 0, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_ask_begin(system, pid, NULL, 0, must_not_end, 0, &ref), SABIR_E_INVALID);
  CHECK_NUMBER(ref, 0);
  CHECK_STATUS(sabir_ask_begin(system, pid, &none, 0, must_not_end, 0, &ref), SABIR_E_INVALID);
  CHECK_STATUS(sabir_ask_begin(system, pid, &message, 0, NULL, 0, &ref), SABIR_E_INVALID);
  CHECK_STATUS(sabir_ask_begin(system, 0, &message, 0, must_not_end, 0, &ref), SABIR_E_NO_ACTOR);
  CHECK_STATUS(sabir_reply(system, 1, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_reply(system, 1, &none), SABIR_E_INVALID);
  CHECK_STATUS(sabir_reply_bytes(system, 1, PROBE_ECHO, NULL, 1), SABIR_E_INVALID);
  CHECK_STATUS(sabir_reply_error(system, 1, 0, NULL, 0), SABIR_E_INVALID);
  CHECK_STATUS(sabir_reply_error(system, 1, 1, NULL, 1), SABIR_E_INVALID);
  CHECK(message != NULL);
  sabir_message_destroy(&message);
  end_system(&system);
  CHECK_NUMBER(counted(&actor.received), 0);
  probe_end(&actor);
}

static void an_ask_without_a_ref_is_fine(void) {
  struct scene scene;
  sabir_message *message = make_message(PROBE_ECHO, NULL, 0);
  open_scene(&scene);
  CHECK_OK(sabir_ask_begin(scene.system, scene.pid, &message, 0, ask_ended, (uintptr_t)&scene.ending, NULL));
  take(&scene.ending.done);
  CHECK_OK(scene.ending.status);
  CHECK(scene.ending.ref != 0);
  close_scene(&scene);
}

static void ends_with_a_reply(void) {
  struct scene scene;
  open_scene(&scene);
  begin(&scene, make_message(PROBE_ECHO, "hello", 5), 0);
  expect_end(&scene, SABIR_OK);
  CHECK(memcmp(sabir_message_data(scene.ending.reply), "hello", 5) == 0);
  close_scene(&scene);
}

static sabir_status reply_with_error(sabir_context *context, sabir_message **message, void *argument) {
  (void)message, (void)argument;
  return sabir_context_reply_error(context, 42, "no such account", 15);
}

static void ends_with_the_failure_the_actor_answers(void) {
  struct scene scene;
  open_scene(&scene);
  begin(&scene, inside_message(reply_with_error, NULL), 0);
  expect_end(&scene, 42);
  REQUIRE(scene.ending.reply != NULL);
  CHECK_NUMBER(sabir_message_size(scene.ending.reply), 15);
  CHECK(memcmp(sabir_message_data(scene.ending.reply), "no such account", 15) == 0);
  close_scene(&scene);
}

static void ends_at_its_timeout_and_never_early(void) {
  struct scene scene;
  const uint64_t timeout_ns = 20 * MILLISECOND_NS;
  uint64_t begin_ns;
  open_scene(&scene);
  begin_ns = now_ns();
  begin(&scene, make_message(PROBE_KEEP, NULL, 0), timeout_ns);
  expect_end(&scene, SABIR_E_TIMEOUT);
  CHECK(now_ns() - begin_ns >= timeout_ns);
  close_scene(&scene);
}

static void a_blocking_ask_ends_at_its_timeout(void) {
  struct scene scene;
  sabir_message *message = make_message(PROBE_KEEP, NULL, 0), *reply = NULL;
  const uint64_t timeout_ns = 20 * MILLISECOND_NS, begin_ns = now_ns();
  open_scene(&scene);
  CHECK_STATUS(sabir_ask(scene.system, scene.pid, &message, timeout_ns, &reply), SABIR_E_TIMEOUT);
  CHECK(now_ns() - begin_ns >= timeout_ns);
  CHECK(message == NULL);
  sabir_message_destroy(&reply);
  count(&scene.ending.calls); /* no ask was begun here */
  close_scene(&scene);
}

static void the_default_timeout_is_the_systems(void) {
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  sabir_system *system;
  sabir_message *reply = NULL;
  probe actor;
  sabir_pid pid;
  options.workers = 1;
  options.ask_timeout_ns = MILLISECOND_NS;
  system = make_system_with(&options);
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_STATUS(sabir_ask_bytes(system, pid, PROBE_KEEP, NULL, 0, 0, &reply), SABIR_E_TIMEOUT);
  sabir_message_destroy(&reply);
  end_system(&system);
  probe_end(&actor);
}

static void ends_by_cancel_before_that_returns(void) {
  struct scene scene;
  open_scene(&scene);
  begin(&scene, make_message(PROBE_KEEP, NULL, 0), SABIR_FOREVER);
  take(&scene.actor.entered);
  CHECK_OK(sabir_ask_cancel(scene.system, scene.ref));
  CHECK_NUMBER(counted(&scene.ending.calls), 1);
  expect_end(&scene, SABIR_E_CANCELLED);
  close_scene(&scene);
}

static sabir_status cancel_inside(sabir_context *context, sabir_message **message, void *argument) {
  struct scene *scene = (struct scene *)argument;
  (void)context, (void)message;
  CHECK_OK(sabir_ask_cancel(scene->system, scene->ref));
  return SABIR_OK;
}

static void a_handler_may_cancel(void) {
  struct scene scene;
  open_scene(&scene);
  begin(&scene, make_message(PROBE_KEEP, NULL, 0), SABIR_FOREVER);
  run_inside(scene.system, scene.pid, cancel_inside, &scene);
  expect_end(&scene, SABIR_E_CANCELLED);
  close_scene(&scene);
}

static void ends_at_once_when_the_actor_crashes_on_it(void) {
  struct scene scene;
  const sabir_exit *exit;
  open_scene(&scene);
  begin(&scene, make_message(PROBE_CRASH, NULL, 0), SABIR_FOREVER);
  expect_end(&scene, SABIR_E_CRASHED);
  REQUIRE(scene.ending.reply != NULL);
  exit = sabir_message_exit(scene.ending.reply);
  REQUIRE(exit != NULL);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(exit), SABIR_EXIT_CRASHED);
  CHECK_STATUS(sabir_exit_status(exit), PROBE_CRASH_STATUS);
  CHECK_TEXT(sabir_exit_message(exit), PROBE_CRASH_TEXT);
  CHECK_TEXT(sabir_exit_detail(exit), PROBE_CRASH_DETAIL);
  CHECK_NUMBER(sabir_exit_pid(exit), scene.pid);
  close_scene(&scene);
}

static void a_blocking_ask_gets_the_exit_reason_too(void) {
  struct scene scene;
  sabir_message *reply = NULL;
  open_scene(&scene);
  CHECK_STATUS(sabir_ask_bytes(scene.system, scene.pid, PROBE_CRASH, NULL, 0, SABIR_FOREVER, &reply), SABIR_E_CRASHED);
  REQUIRE(reply != NULL);
  CHECK_TEXT(sabir_exit_message(sabir_message_exit(reply)), PROBE_CRASH_TEXT);
  sabir_message_destroy(&reply);
  count(&scene.ending.calls);
  close_scene(&scene);
}

static void ends_at_once_when_the_actor_does_not_handle_it(void) {
  struct scene scene;
  open_scene(&scene);
  begin(&scene, make_message(PROBE_UNHANDLED, NULL, 0), SABIR_FOREVER);
  expect_end(&scene, SABIR_E_UNHANDLED);
  close_scene(&scene);
}

static void ends_at_once_when_the_actor_drops_it(void) {
  struct scene scene;
  open_scene(&scene);
  begin(&scene, make_message(PROBE_COUNT, NULL, 0), SABIR_FOREVER);
  expect_end(&scene, SABIR_E_UNANSWERED);
  close_scene(&scene);
}

static void ends_when_a_kept_ask_is_destroyed(void) {
  struct scene scene;
  open_scene(&scene);
  begin(&scene, make_message(PROBE_KEEP, NULL, 0), SABIR_FOREVER);
  take(&scene.actor.entered);
  until_idle(&scene);
  CHECK_NUMBER(counted(&scene.ending.calls), 0);
  sabir_message_destroy(&scene.actor.kept);
  CHECK_NUMBER(counted(&scene.ending.calls), 1);
  expect_end(&scene, SABIR_E_UNANSWERED);
  close_scene(&scene);
}

typedef sabir_status (*end_call)(sabir_system *system, sabir_pid pid);

/* Queued behind a message in its handler when the actor is ended. */
static void ends_when_the_actor_is_ended_by(end_call call) {
  struct scene scene;
  open_scene(&scene);
  CHECK_OK(sabir_send_bytes(scene.system, scene.pid, PROBE_BLOCK, NULL, 0));
  take(&scene.actor.entered);
  begin(&scene, make_message(PROBE_ECHO, NULL, 0), SABIR_FOREVER);
  CHECK_OK(call(scene.system, scene.pid));
  sem_post(&scene.actor.gate);
  expect_end(&scene, SABIR_E_DEAD);
  close_scene(&scene);
}

static void ends_at_once_when_the_actor_is_dead(void) {
  ends_when_the_actor_is_ended_by(sabir_actor_stop);
  ends_when_the_actor_is_ended_by(sabir_actor_kill);
}

static void a_drained_actor_still_answers(void) {
  struct scene scene;
  open_scene(&scene);
  CHECK_OK(sabir_send_bytes(scene.system, scene.pid, PROBE_BLOCK, NULL, 0));
  take(&scene.actor.entered);
  begin(&scene, make_message(PROBE_ECHO, NULL, 0), SABIR_FOREVER);
  CHECK_OK(sabir_actor_drain(scene.system, scene.pid));
  sem_post(&scene.actor.gate);
  expect_end(&scene, SABIR_OK);
  close_scene(&scene);
}

static void ends_when_the_actor_crashes_on_another_message(void) {
  struct scene scene;
  open_scene(&scene);
  CHECK_OK(sabir_send_bytes(scene.system, scene.pid, PROBE_BLOCK, NULL, 0));
  take(&scene.actor.entered);
  CHECK_OK(sabir_send_bytes(scene.system, scene.pid, PROBE_CRASH, NULL, 0));
  begin(&scene, make_message(PROBE_ECHO, NULL, 0), SABIR_FOREVER);
  sem_post(&scene.actor.gate);
  take(&scene.ending.done);
  CHECK(scene.ending.status == SABIR_E_DEAD || scene.ending.status == SABIR_E_CRASHED);
  close_scene(&scene);
}

static void ends_when_the_actor_cannot_start(void) {
  enum { ROUNDS = 50 };
  int round;
  for (round = 0; round < ROUNDS; ++round) {
    sabir_system *system = make_system(1);
    sabir_message *reply = NULL;
    sabir_status status;
    probe actor;
    sabir_pid pid;
    probe_init(&actor);
    actor.start_status = 5;
    pid = probe_spawn(system, &actor, NULL);
    status = sabir_ask_bytes(system, pid, PROBE_ECHO, NULL, 0, SABIR_FOREVER, &reply);
    CHECK(status == SABIR_E_DEAD || status == SABIR_E_CRASHED);
    sabir_message_destroy(&reply);
    end_system(&system);
    probe_end(&actor);
  }
}

static void ends_with_the_system(void) {
  struct scene scene;
  open_scene(&scene);
  begin(&scene, make_message(PROBE_KEEP, NULL, 0), SABIR_FOREVER);
  take(&scene.actor.entered);
  until_idle(&scene);
  CHECK_OK(sabir_system_shutdown(scene.system, PATIENCE_NS, NULL));
  CHECK_NUMBER(counted(&scene.ending.calls), 1);
  take(&scene.ending.done);
  CHECK_STATUS(scene.ending.status, SABIR_E_CLOSED);
  close_scene(&scene);
}

static void *ask_forever(void *argument) {
  struct scene *scene = (struct scene *)argument;
  sabir_message *reply = NULL;
  CHECK_STATUS(sabir_ask_bytes(scene->system, scene->pid, PROBE_KEEP, NULL, 0, SABIR_FOREVER, &reply), SABIR_E_CLOSED);
  sabir_message_destroy(&reply);
  return NULL;
}

static void a_blocked_ask_ends_with_the_system(void) {
  struct scene scene;
  pthread_t thread;
  open_scene(&scene);
  thread = start_thread(ask_forever, &scene);
  take(&scene.actor.entered);
  CHECK_OK(sabir_system_shutdown(scene.system, PATIENCE_NS, NULL));
  join_thread(thread);
  count(&scene.ending.calls);
  close_scene(&scene);
}

struct forwarding {
  sabir_pid to;
};

static sabir_status forward_inside(sabir_context *context, sabir_message **message, void *argument) {
  return sabir_context_send(context, ((const struct forwarding *)argument)->to, message);
}

static sabir_status reply_42(sabir_context *context, uintptr_t state, sabir_message **message) {
  sabir_message *own = make_message(42, NULL, 0);
  (void)state, (void)message;
  return sabir_context_reply(context, &own);
}

static void a_forwarded_ask_takes_the_duty_along(void) {
  struct scene scene;
  struct forwarding forwarding;
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("answering");
  sabir_behavior *behavior = NULL;
  open_scene(&scene);
  callbacks.receive = reply_42;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  REQUIRE_OK(sabir_spawn(scene.system, behavior, NULL, &forwarding.to, NULL));
  begin(&scene, inside_message(forward_inside, &forwarding), SABIR_FOREVER);
  expect_end(&scene, SABIR_OK);
  CHECK_NUMBER(sabir_message_type(scene.ending.reply), 42);
  CHECK_NUMBER(sabir_message_sender(scene.ending.reply), forwarding.to);
  sabir_behavior_destroy(&behavior);
  close_scene(&scene);
}

static void a_kept_ask_may_be_sent_on_from_any_thread(void) {
  struct scene scene;
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("answering");
  sabir_behavior *behavior = NULL;
  sabir_pid to = 0;
  open_scene(&scene);
  callbacks.receive = reply_42;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  REQUIRE_OK(sabir_spawn(scene.system, behavior, NULL, &to, NULL));
  begin(&scene, make_message(PROBE_KEEP, NULL, 0), SABIR_FOREVER);
  take(&scene.actor.entered);
  until_idle(&scene);
  CHECK_NUMBER(sabir_message_ref(scene.actor.kept), scene.ref);
  CHECK_OK(sabir_send(scene.system, to, &scene.actor.kept));
  expect_end(&scene, SABIR_OK);
  CHECK_NUMBER(sabir_message_type(scene.ending.reply), 42);
  sabir_behavior_destroy(&behavior);
  close_scene(&scene);
}

/* Its time may run out before the send is refused: then it was an ask all the same, with a name and one end. */
static void an_ask_that_times_out_while_it_is_refused_has_its_name(void) {
  enum { ROUNDS = 2000 };
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_system *system = make_system(1);
  sabir_port *port = NULL;
  int round;
  mailbox.capacity = 1;
  REQUIRE_OK(sabir_port_create(system, &mailbox, &port, NULL));
  CHECK_OK(sabir_send_bytes(system, sabir_port_pid(port), 1, NULL, 0));
  for (round = 0; round < ROUNDS; ++round) {
    struct ending ending;
    sabir_message *message = make_message(1, NULL, 0);
    sabir_ref ref = 1;
    sabir_status status;
    ending_init(&ending);
    status = sabir_ask_begin(system, sabir_port_pid(port), &message, 1, ask_ended, (uintptr_t)&ending, &ref);
    if (status == SABIR_OK) {
      CHECK(ref != 0 && message == NULL);
      take(&ending.done);
      CHECK_STATUS(ending.status, SABIR_E_TIMEOUT);
      CHECK_NUMBER(ending.ref, ref);
    } else {
      CHECK_STATUS(status, SABIR_E_MAILBOX_FULL);
      CHECK(ref == 0 && message != NULL);
      sabir_message_destroy(&message);
      CHECK_NUMBER(counted(&ending.calls), 0);
      count(&ending.calls);
    }
    ending_end(&ending);
  }
  sabir_port_destroy(&port);
  end_system(&system);
}

static sabir_status defer_inside(sabir_context *context, sabir_message **message, void *argument) {
  struct scene *scene = (struct scene *)argument;
  sabir_ref ref = 0;
  (void)message;
  CHECK_OK(sabir_context_defer(context, &ref));
  CHECK(ref != 0);
  sem_post(&scene->actor.entered);
  return SABIR_OK;
}

static void a_deferred_ask_is_answered_from_any_thread_once(void) {
  struct scene scene;
  sabir_message *reply = make_message(7, "later", 5), *second = make_message(8, NULL, 0);
  open_scene(&scene);
  begin(&scene, inside_message(defer_inside, &scene), SABIR_FOREVER);
  take(&scene.actor.entered);
  until_idle(&scene);
  CHECK_NUMBER(counted(&scene.ending.calls), 0);
  CHECK_OK(sabir_reply(scene.system, scene.ref, &reply));
  CHECK(reply == NULL);
  expect_end(&scene, SABIR_OK);
  CHECK_NUMBER(sabir_message_type(scene.ending.reply), 7);
  CHECK_STATUS(sabir_reply(scene.system, scene.ref, &second), SABIR_E_NO_ASK);
  CHECK(second != NULL);
  CHECK_STATUS(sabir_reply_error(scene.system, scene.ref, 1, NULL, 0), SABIR_E_NO_ASK);
  CHECK_NUMBER(dead_letters(scene.system, SABIR_CAUSE_LATE_REPLY), 0);
  CHECK_STATUS(sabir_reply_bytes(scene.system, scene.ref, 9, "late", 4), SABIR_E_NO_ASK);
  CHECK(dead_letters_reach(scene.system, SABIR_CAUSE_LATE_REPLY, 1));
  sabir_message_destroy(&second);
  close_scene(&scene);
}

static void a_deferred_ask_may_be_failed(void) {
  struct scene scene;
  open_scene(&scene);
  begin(&scene, inside_message(defer_inside, &scene), SABIR_FOREVER);
  take(&scene.actor.entered);
  CHECK_OK(sabir_reply_error(scene.system, scene.ref, 43, "nope", 4));
  expect_end(&scene, 43);
  REQUIRE(scene.ending.reply != NULL);
  CHECK(memcmp(sabir_message_data(scene.ending.reply), "nope", 4) == 0);
  close_scene(&scene);
}

static void a_deferred_ask_nobody_answers_ends_at_its_timeout(void) {
  struct scene scene;
  open_scene(&scene);
  begin(&scene, inside_message(defer_inside, &scene), MILLISECOND_NS);
  expect_end(&scene, SABIR_E_TIMEOUT);
  close_scene(&scene);
}

/* Waits until the ask has been cancelled, then answers: too late. */
static sabir_status answer_late(sabir_context *context, sabir_message **message, void *argument) {
  struct scene *scene = (struct scene *)argument;
  sabir_message *own = make_message(1, NULL, 0), *const before = own;
  (void)message;
  sem_post(&scene->actor.entered);
  take(&scene->actor.gate);
  CHECK_STATUS(sabir_context_reply(context, &own), SABIR_E_NO_ASK);
  CHECK(own == before);
  CHECK_STATUS(sabir_context_reply_bytes(context, 1, "late", 4), SABIR_E_NO_ASK);
  CHECK_STATUS(sabir_context_reply_error(context, 1, "late", 4), SABIR_E_NO_ASK);
  sabir_message_destroy(&own);
  return SABIR_OK;
}

static void an_answer_after_the_end_finds_nobody(void) {
  struct scene scene;
  open_scene(&scene);
  begin(&scene, inside_message(answer_late, &scene), SABIR_FOREVER);
  take(&scene.actor.entered);
  CHECK_OK(sabir_ask_cancel(scene.system, scene.ref));
  expect_end(&scene, SABIR_E_CANCELLED);
  sem_post(&scene.actor.gate);
  until_idle(&scene);
  CHECK(dead_letters_reach(scene.system, SABIR_CAUSE_LATE_REPLY, 1));
  close_scene(&scene);
  CHECK_NUMBER(counted(&scene.ending.calls), 1);
}

static void refs_that_name_no_ask_are_told_apart(void) {
  struct scene scene, other;
  open_scene(&scene);
  open_scene(&other);
  begin(&scene, make_message(PROBE_KEEP, NULL, 0), SABIR_FOREVER);
  begin(&other, make_message(PROBE_KEEP, NULL, 0), SABIR_FOREVER);
  CHECK_STATUS(sabir_ask_cancel(scene.system, 0), SABIR_E_NO_ASK);
  CHECK_STATUS(sabir_ask_cancel(scene.system, other.ref), SABIR_E_FOREIGN);
  CHECK_STATUS(sabir_reply_bytes(scene.system, other.ref, 1, NULL, 0), SABIR_E_FOREIGN);
  CHECK_STATUS(sabir_reply_error(scene.system, other.ref, 1, NULL, 0), SABIR_E_FOREIGN);
  CHECK_OK(sabir_ask_cancel(scene.system, scene.ref));
  CHECK_OK(sabir_ask_cancel(other.system, other.ref));
  expect_end(&scene, SABIR_E_CANCELLED);
  expect_end(&other, SABIR_E_CANCELLED);
  close_scene(&scene);
  close_scene(&other);
}

static sabir_status ask_and_block(sabir_context *context, sabir_message **message, void *argument) {
  struct scene *scene = (struct scene *)argument;
  sabir_message *own = make_message(PROBE_ECHO, NULL, 0), *const before = own, *reply = NULL;
  (void)context, (void)message;
  CHECK_STATUS(sabir_ask(scene->system, scene->pid, &own, PATIENCE_NS, &reply), SABIR_E_WOULD_DEADLOCK);
  CHECK(own == before && reply == NULL);
  CHECK_STATUS(sabir_ask_bytes(scene->system, scene->pid, PROBE_ECHO, NULL, 0, PATIENCE_NS, &reply), SABIR_E_WOULD_DEADLOCK);
  CHECK(reply == NULL);
  sabir_message_destroy(&own);
  return SABIR_OK;
}

static void a_worker_may_not_block_in_an_ask(void) {
  struct scene scene;
  open_scene(&scene);
  run_inside(scene.system, scene.pid, ask_and_block, &scene);
  count(&scene.ending.calls);
  close_scene(&scene);
}

static sabir_status begin_inside_handler(sabir_context *context, sabir_message **message, void *argument) {
  struct scene *scene = (struct scene *)argument;
  (void)context, (void)message;
  begin(scene, make_message(PROBE_ECHO, "inner", 5), SABIR_FOREVER);
  return SABIR_OK;
}

static void a_handler_may_begin_an_ask_even_to_itself(void) {
  struct scene scene;
  open_scene(&scene);
  run_inside(scene.system, scene.pid, begin_inside_handler, &scene);
  expect_end(&scene, SABIR_OK);
  close_scene(&scene);
}

/* From the callback: begins the next ask, until enough were made. */
struct chain {
  sabir_system *system;
  sabir_pid pid;
  uint64_t left;
  sem_t done;
};

static void chain_ended(uintptr_t argument, sabir_ref ref, sabir_status status, sabir_message **reply) {
  struct chain *chain = (struct chain *)argument;
  (void)ref, (void)reply;
  CHECK_OK(status);
  if (--chain->left == 0) {
    sem_post(&chain->done);
  } else {
    sabir_message *message = make_message(PROBE_ECHO, NULL, 0);
    CHECK_OK(sabir_ask_begin(chain->system, chain->pid, &message, 0, chain_ended, argument, NULL));
  }
}

static void a_callback_may_ask_again(void) {
  struct chain chain;
  sabir_message *message = make_message(PROBE_ECHO, NULL, 0);
  probe actor;
  probe_init(&actor);
  chain.system = make_system(1);
  chain.pid = probe_spawn(chain.system, &actor, NULL);
  chain.left = 1000;
  sem_init(&chain.done, 0, 0);
  CHECK_OK(sabir_ask_begin(chain.system, chain.pid, &message, 0, chain_ended, (uintptr_t)&chain, NULL));
  take(&chain.done);
  end_system(&chain.system);
  sem_destroy(&chain.done);
  probe_end(&actor);
}

static void *ask_until_cancelled(void *argument) {
  struct scene *scene = (struct scene *)argument;
  sabir_message *reply = NULL;
  SABIR_IGNORE(sabir_ask_bytes(scene->system, scene->pid, PROBE_KEEP, "abc", 3, SABIR_FOREVER, &reply));
  CHECK(!"the ask returned");
  return NULL;
}

static void a_thread_may_be_cancelled_in_an_ask(void) {
  struct scene scene;
  pthread_t thread;
  void *result = NULL;
  sabir_message *reply = NULL;
  open_scene(&scene);
  thread = start_thread(ask_until_cancelled, &scene);
  take(&scene.actor.entered);
  CHECK(pthread_cancel(thread) == 0);
  REQUIRE(pthread_join(thread, &result) == 0);
  CHECK(result == PTHREAD_CANCELED);
  /* The system is none the worse for it, nor is the ask that is still with the actor. */
  CHECK_OK(sabir_ask_bytes(scene.system, scene.pid, PROBE_ECHO, NULL, 0, PATIENCE_NS, &reply));
  sabir_message_destroy(&reply);
  sabir_message_destroy(&scene.actor.kept);
  count(&scene.ending.calls);
  close_scene(&scene);
}

static void many_asks_may_be_open(void) {
  enum { ASKS = 5000 };
  static struct ending endings[ASKS];
  static sabir_ref refs[ASKS];
  sabir_system *system = make_system(2);
  probe actor;
  sabir_pid pid;
  size_t index;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_BLOCK, NULL, 0));
  take(&actor.entered);
  for (index = 0; index < ASKS; ++index) {
    sabir_message *message = make_message(PROBE_ECHO, &index, sizeof index);
    ending_init(&endings[index]);
    REQUIRE_OK(sabir_ask_begin(system, pid, &message, SABIR_FOREVER, ask_ended, (uintptr_t)&endings[index], &refs[index]));
    CHECK(index == 0 || refs[index] != refs[index - 1]);
  }
  for (index = 0; index < ASKS; index += 3) CHECK_OK(sabir_ask_cancel(system, refs[index]));
  sem_post(&actor.gate);
  for (index = 0; index < ASKS; ++index) {
    take(&endings[index].done);
    CHECK_STATUS(endings[index].status, index % 3 == 0 ? SABIR_E_CANCELLED : SABIR_OK);
    CHECK_NUMBER(endings[index].ref, refs[index]);
    if (index % 3 != 0) CHECK(memcmp(sabir_message_data(endings[index].reply), &index, sizeof index) == 0);
  }
  end_system(&system);
  for (index = 0; index < ASKS; ++index) ending_end(&endings[index]);
  probe_end(&actor);
}

/* Named after what it was: a reply's status that a handler returned crashed the actor when the asker had gone. */
static sabir_status reply_and_hand_on(sabir_context *context, sabir_message **message, void *argument) {
  (void)message, (void)argument;
  return sabir_context_reply_bytes(context, PROBE_ECHO, NULL, 0);
}

static void an_impatient_asker_does_not_crash_whom_it_asked(void) {
  struct scene scene;
  sabir_message *message = inside_message(reply_and_hand_on, NULL);
  sabir_message *block = NULL;
  open_scene(&scene);
  REQUIRE_OK(sabir_message_create(PROBE_BLOCK, 0, &block));
  REQUIRE_OK(sabir_send(scene.system, scene.pid, &block));
  take(&scene.actor.entered);
  begin(&scene, message, MILLISECOND_NS);
  expect_end(&scene, SABIR_E_TIMEOUT);
  sem_post(&scene.actor.gate);
  /* And a plain message, that was never an ask. */
  run_inside(scene.system, scene.pid, reply_and_hand_on, NULL);
  CHECK_STATUS(sabir_actor_status(scene.system, scene.pid), SABIR_OK);
  CHECK_NUMBER(counted(&scene.actor.stops), 0);
  close_scene(&scene);
}

/* Named after what it was: an ask with a timeout waited for room in a full mailbox without end. */
static void the_wait_for_room_is_part_of_an_asks_time(void) {
  sabir_system *system = make_system(1);
  probe actor;
  sabir_pid pid = 0;
  sabir_message *reply = NULL;
  sabir_status status = SABIR_OK;
  uint64_t before = 0, waited_ns = 0;
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  mailbox.capacity = 1;
  mailbox.overflow = SABIR_OVERFLOW_BLOCK;
  options.mailbox = &mailbox;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, &options);
  REQUIRE_OK(sabir_send_bytes(system, pid, PROBE_BLOCK, NULL, 0));
  take(&actor.entered);
  REQUIRE_OK(sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 0)); /* full */
  before = now_ns();
  status = sabir_ask_bytes(system, pid, PROBE_ECHO, NULL, 0, 20 * MILLISECOND_NS, &reply);
  waited_ns = now_ns() - before;
  CHECK_STATUS(status, SABIR_E_TIMEOUT);
  CHECK(waited_ns >= 20 * MILLISECOND_NS);
  sabir_message_destroy(&reply);
  sem_post(&actor.gate);
  end_system(&system);
  probe_wait_dropped(&actor);
  probe_end(&actor);
}

/* Named after what it was: an asker heard of a crash while the pid still took messages. */
static void whoever_hears_of_a_crash_finds_the_actor_dead(void) {
  enum { ROUNDS = 300 };
  sabir_system *system = make_system(2);
  for (int round = 0; round < ROUNDS; ++round) {
    probe actor;
    sabir_pid pid = 0;
    sabir_message *reply = NULL;
    probe_init(&actor);
    pid = probe_spawn(system, &actor, NULL);
    CHECK_STATUS(sabir_ask_bytes(system, pid, PROBE_CRASH, NULL, 0, PATIENCE_NS, &reply), SABIR_E_CRASHED);
    CHECK_STATUS(sabir_actor_status(system, pid), SABIR_E_DEAD);
    CHECK_STATUS(sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 0), SABIR_E_DEAD);
    sabir_message_destroy(&reply);
    probe_wait_dropped(&actor);
    probe_end(&actor);
  }
  end_system(&system);
}

/* On the timer thread, where nothing may wait. */
struct impatient {
  sabir_system *system;
  sabir_pid pid;
  sabir_port *port;
  sem_t done;
};

static void wait_at_the_timeout(uintptr_t argument, sabir_ref ref, sabir_status status, sabir_message **reply) {
  struct impatient *impatient = (struct impatient *)argument;
  sabir_system *system = impatient->system;
  sabir_message *message = NULL;
  (void)ref, (void)reply;
  CHECK_STATUS(status, SABIR_E_TIMEOUT);
  CHECK_STATUS(sabir_ask_bytes(system, impatient->pid, PROBE_ECHO, NULL, 0, PATIENCE_NS, &message), SABIR_E_WOULD_DEADLOCK);
  CHECK_STATUS(sabir_port_receive(impatient->port, 1, &message), SABIR_E_WOULD_DEADLOCK);
  CHECK_STATUS(sabir_port_receive(impatient->port, 0, &message), SABIR_E_TIMEOUT);
  CHECK_STATUS(sabir_children(system, 0, &message), SABIR_E_WOULD_DEADLOCK);
  CHECK_STATUS(sabir_child_do(system, 0, SABIR_CHILD_STOP, "nobody", 0, NULL), SABIR_E_WOULD_DEADLOCK);
  CHECK_STATUS(sabir_system_shutdown(system, PATIENCE_NS, NULL), SABIR_E_WOULD_DEADLOCK);
  CHECK_STATUS(sabir_system_destroy(&system), SABIR_E_WOULD_DEADLOCK);
  CHECK(system != NULL);
  sem_post(&impatient->done);
}

static void a_completion_at_a_timeout_must_not_wait(void) {
  struct impatient impatient;
  sabir_message *message = make_message(PROBE_KEEP, NULL, 0);
  probe actor;
  probe_init(&actor);
  impatient.system = make_system(1);
  impatient.pid = probe_spawn(impatient.system, &actor, NULL);
  impatient.port = NULL;
  REQUIRE_OK(sabir_port_create(impatient.system, NULL, &impatient.port, NULL));
  sem_init(&impatient.done, 0, 0);
  CHECK_OK(sabir_ask_begin(impatient.system, impatient.pid, &message, MILLISECOND_NS, wait_at_the_timeout, (uintptr_t)&impatient, NULL));
  take(&impatient.done);
  sem_destroy(&impatient.done);
  sabir_port_destroy(&impatient.port);
  end_system(&impatient.system);
  probe_end(&actor);
}

static void nobody_has_asked_under_ref_0(void) {
  struct scene scene;
  open_scene(&scene);
  CHECK_STATUS(sabir_reply_bytes(scene.system, 0, 1, "an answer", 9), SABIR_E_NO_ASK);
  CHECK_STATUS(sabir_reply_error(scene.system, 0, 1, NULL, 0), SABIR_E_NO_ASK);
  until_idle(&scene);
  CHECK_NUMBER(dead_letters(scene.system, SABIR_CAUSE_ANY), 0);
  count(&scene.ending.calls);
  close_scene(&scene);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(a_blocking_ask_brings_the_reply),
      TEST(missing_arguments_are_invalid),
      TEST(an_ask_without_a_ref_is_fine),
      TEST(ends_with_a_reply),
      TEST(ends_with_the_failure_the_actor_answers),
      TEST(ends_at_its_timeout_and_never_early),
      TEST(a_blocking_ask_ends_at_its_timeout),
      TEST(a_completion_at_a_timeout_must_not_wait),
      TEST(the_default_timeout_is_the_systems),
      TEST(ends_by_cancel_before_that_returns),
      TEST(a_handler_may_cancel),
      TEST(ends_at_once_when_the_actor_crashes_on_it),
      TEST(a_blocking_ask_gets_the_exit_reason_too),
      TEST(ends_at_once_when_the_actor_does_not_handle_it),
      TEST(ends_at_once_when_the_actor_drops_it),
      TEST(ends_when_a_kept_ask_is_destroyed),
      TEST(ends_at_once_when_the_actor_is_dead),
      TEST(a_drained_actor_still_answers),
      TEST(ends_when_the_actor_crashes_on_another_message),
      TEST(ends_when_the_actor_cannot_start),
      TEST(ends_with_the_system),
      TEST(a_blocked_ask_ends_with_the_system),
      TEST(a_forwarded_ask_takes_the_duty_along),
      TEST(a_kept_ask_may_be_sent_on_from_any_thread),
      TEST(a_deferred_ask_is_answered_from_any_thread_once),
      TEST(a_deferred_ask_may_be_failed),
      TEST(a_deferred_ask_nobody_answers_ends_at_its_timeout),
      TEST(an_ask_that_times_out_while_it_is_refused_has_its_name),
      TEST(an_answer_after_the_end_finds_nobody),
      TEST(refs_that_name_no_ask_are_told_apart),
      TEST(a_worker_may_not_block_in_an_ask),
      TEST(a_handler_may_begin_an_ask_even_to_itself),
      TEST(a_callback_may_ask_again),
      TEST(a_thread_may_be_cancelled_in_an_ask),
      TEST(many_asks_may_be_open),
      TEST(an_impatient_asker_does_not_crash_whom_it_asked),
      TEST(the_wait_for_room_is_part_of_an_asks_time),
      TEST(whoever_hears_of_a_crash_finds_the_actor_dead),
      TEST(nobody_has_asked_under_ref_0),
  };
  return RUN_TESTS(tests, argc, argv);
}
