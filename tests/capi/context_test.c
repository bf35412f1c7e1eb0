/* context.h: what an actor may do from inside its own callbacks. Each test runs a function inside a probe actor's handler.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

/* A system, and two actors to act in. */
struct stage {
  sabir_system *system;
  probe first, second;
  sabir_pid first_pid, second_pid;
};

static void open_stage(struct stage *stage) {
  stage->system = make_system(2);
  probe_init(&stage->first);
  probe_init(&stage->second);
  stage->first_pid = probe_spawn(stage->system, &stage->first, NULL);
  stage->second_pid = probe_spawn(stage->system, &stage->second, NULL);
}

static void close_stage(struct stage *stage) {
  end_system(&stage->system);
  probe_end(&stage->first);
  probe_end(&stage->second);
}

static sabir_status look_around(sabir_context *context, sabir_message **message, void *argument) {
  struct stage *stage = (struct stage *)argument;
  sabir_system *system = sabir_context_system(context);
  CHECK_NUMBER(sabir_context_self(context), stage->first_pid);
  CHECK(system == stage->system);
  CHECK(sabir_context_state(context) == (uintptr_t)&stage->first);
  CHECK_OK(sabir_system_retain(system));
  sabir_system_release(&system);
  CHECK(*message != NULL);
  return SABIR_OK;
}

static void a_context_knows_its_actor(void) {
  struct stage stage;
  open_stage(&stage);
  run_inside(stage.system, stage.first_pid, look_around, &stage);
  close_stage(&stage);
}

static uintptr_t state_in_start = 1, state_in_stop;
static sabir_pid self_in_start, self_in_stop;
static sabir_status start_looking(sabir_context *context, uintptr_t argument, uintptr_t *state) {
  state_in_start = sabir_context_state(context);
  self_in_start = sabir_context_self(context);
  *state = argument + 1;
  return SABIR_OK;
}
static sabir_status receive_ok(sabir_context *context, uintptr_t state, sabir_message **message) {
  (void)context, (void)state, (void)message;
  return SABIR_OK;
}
static void stop_looking(sabir_context *context, uintptr_t state, const sabir_exit *exit) {
  (void)state, (void)exit;
  state_in_stop = sabir_context_state(context);
  self_in_stop = sabir_context_self(context);
}

static void start_and_stop_have_a_context_too(void) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("looking");
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_system *system = make_system(1);
  sabir_behavior *behavior = NULL;
  sabir_pid pid = 0;
  callbacks.start = start_looking;
  callbacks.receive = receive_ok;
  callbacks.stop = stop_looking;
  options.argument = 41;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  REQUIRE_OK(sabir_spawn(system, behavior, &options, &pid, NULL));
  CHECK_OK(sabir_send_bytes(system, pid, 1, NULL, 0));
  CHECK_OK(sabir_actor_drain(system, pid));
  CHECK(becomes_dead(system, pid));
  sabir_behavior_destroy(&behavior);
  end_system(&system);
  CHECK_NUMBER(state_in_start, 0);
  CHECK_NUMBER(state_in_stop, 42);
  CHECK_NUMBER(self_in_start, pid);
  CHECK_NUMBER(self_in_stop, pid);
}

static sabir_status keep_context(sabir_context *context, sabir_message **message, void *argument) {
  (void)message;
  *(sabir_context **)argument = context;
  return SABIR_OK;
}

static void a_context_is_of_no_use_after_its_call(void) {
  struct stage stage;
  sabir_context *context = NULL;
  open_stage(&stage);
  run_inside(stage.system, stage.first_pid, keep_context, &context);
  {
    /* The handler has posted, but may not have returned: what comes after it says so. */
    sabir_message *reply = NULL;
    CHECK_OK(sabir_ask_bytes(stage.system, stage.first_pid, PROBE_ECHO, NULL, 0, PATIENCE_NS, &reply));
    sabir_message_destroy(&reply);
  }
  every_call_refuses(context, stage.second_pid);
  CHECK_OK(sabir_actor_stop(stage.system, stage.first_pid));
  probe_wait_dropped(&stage.first);
  every_call_refuses(context, stage.second_pid);
  close_stage(&stage);
}

struct elsewhere {
  sabir_context *context;
  sabir_pid pid;
};

static void *use_elsewhere(void *argument) {
  const struct elsewhere *elsewhere = (const struct elsewhere *)argument;
  every_call_refuses(elsewhere->context, elsewhere->pid);
  return NULL;
}

static sabir_status lend_context(sabir_context *context, sabir_message **message, void *argument) {
  struct elsewhere elsewhere;
  (void)message;
  elsewhere.context = context;
  elsewhere.pid = ((struct stage *)argument)->second_pid;
  join_thread(start_thread(use_elsewhere, &elsewhere));
  CHECK_NUMBER(sabir_context_self(context), ((struct stage *)argument)->first_pid);
  return SABIR_OK;
}

static void a_context_is_of_no_use_on_another_thread(void) {
  struct stage stage;
  open_stage(&stage);
  run_inside(stage.system, stage.first_pid, lend_context, &stage);
  close_stage(&stage);
}

static sabir_status kept_context_of_another(sabir_context *context, sabir_message **message, void *argument) {
  const struct elsewhere *elsewhere = (const struct elsewhere *)argument;
  (void)message;
  if (context != elsewhere->context) every_call_refuses(elsewhere->context, elsewhere->pid);
  return SABIR_OK;
}

/* An actor that kept its context and lives on, used from inside another actor's handler. */
static void a_context_is_of_no_use_in_another_actor(void) {
  struct stage stage;
  struct elsewhere elsewhere;
  sabir_message *reply = NULL;
  open_stage(&stage);
  run_inside(stage.system, stage.first_pid, keep_context, &elsewhere.context);
  CHECK_OK(sabir_ask_bytes(stage.system, stage.first_pid, PROBE_ECHO, NULL, 0, PATIENCE_NS, &reply));
  sabir_message_destroy(&reply);
  elsewhere.pid = stage.second_pid;
  run_inside(stage.system, stage.second_pid, kept_context_of_another, &elsewhere);
  close_stage(&stage);
}

static void no_context_is_invalid(void) {
  sabir_message *message = make_message(PROBE_COUNT, NULL, 0);
  sabir_behavior *behavior = probe_behavior();
  sabir_pid pid = 1;
  sabir_ref ref = 1;
  CHECK_NUMBER(sabir_context_self(NULL), 0);
  CHECK(sabir_context_system(NULL) == NULL);
  CHECK_NUMBER(sabir_context_state(NULL), 0);
  CHECK_STATUS(sabir_context_send(NULL, 1, &message), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_send_bytes(NULL, 1, 1, NULL, 0), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_spawn(NULL, behavior, NULL, &pid, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_stop(NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_fail(NULL, 1, "x", 1, NULL, 0), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_reply(NULL, &message), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_reply_bytes(NULL, 1, NULL, 0), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_reply_error(NULL, 1, "x", 1), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_defer(NULL, &ref), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_ask(NULL, 1, &message, 0, &ref), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_monitor(NULL, 1, 0, &ref), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_demonitor(NULL, 1), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_link(NULL, 1), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_unlink(NULL, 1), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_trap_exits(NULL, true), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_timer_after(NULL, 1, &message, 0, &ref), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_timer_every(NULL, 1, 1, SECOND_NS, &ref), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_timer_cancel(NULL, 1), SABIR_E_INVALID);
  CHECK(message != NULL);
  CHECK_NUMBER(pid + ref, 0);
  sabir_message_destroy(&message);
  sabir_behavior_destroy(&behavior);
}

static sabir_status send_inside(sabir_context *context, sabir_message **message, void *argument) {
  struct stage *stage = (struct stage *)argument;
  sabir_message *own = make_message(PROBE_KEEP, "hello", 5);
  (void)message;
  CHECK_STATUS(sabir_context_send(context, stage->second_pid, NULL), SABIR_E_INVALID);
  CHECK_OK(sabir_context_send(context, stage->second_pid, &own));
  CHECK(own == NULL);
  CHECK_STATUS(sabir_context_send(context, stage->second_pid, &own), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_send_bytes(context, stage->second_pid, PROBE_COUNT, NULL, 1), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_send_bytes(context, 0, PROBE_COUNT, NULL, 0), SABIR_E_NO_ACTOR);
  return SABIR_OK;
}

static void a_send_from_inside_names_its_sender(void) {
  struct stage stage;
  open_stage(&stage);
  run_inside(stage.system, stage.first_pid, send_inside, &stage);
  take(&stage.second.entered);
  CHECK_NUMBER(sabir_message_sender(stage.second.kept), stage.first_pid);
  CHECK_NUMBER(sabir_message_size(stage.second.kept), 5);
  CHECK(memcmp(sabir_message_data(stage.second.kept), "hello", 5) == 0);
  close_stage(&stage);
}

static sabir_status send_bytes_inside(sabir_context *context, sabir_message **message, void *argument) {
  struct stage *stage = (struct stage *)argument;
  (void)message;
  CHECK_OK(sabir_context_send_bytes(context, stage->second_pid, PROBE_KEEP, "hello", 5));
  CHECK_OK(sabir_context_send_bytes(context, stage->first_pid, PROBE_COUNT, NULL, 0)); /* to itself */
  return SABIR_OK;
}

static void send_bytes_from_inside_copies(void) {
  struct stage stage;
  open_stage(&stage);
  run_inside(stage.system, stage.first_pid, send_bytes_inside, &stage);
  take(&stage.second.entered);
  CHECK_NUMBER(sabir_message_sender(stage.second.kept), stage.first_pid);
  CHECK(memcmp(sabir_message_data(stage.second.kept), "hello", 5) == 0);
  CHECK(reached(&stage.first.received, 2));
  close_stage(&stage);
}

struct child {
  probe actor;
  sabir_pid pid;
};

static void drop_must_not_run(uintptr_t argument) {
  (void)argument;
  CHECK(!"drop ran after a failed spawn");
}

static sabir_status spawn_inside(sabir_context *context, sabir_message **message, void *argument) {
  struct child *child = (struct child *)argument;
  sabir_behavior *behavior = probe_behavior();
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_error *error = NULL;
  (void)message;
  options.struct_size = 1;
  options.drop = drop_must_not_run;
  child->pid = 1;
  CHECK_STATUS(sabir_context_spawn(context, behavior, &options, &child->pid, &error), SABIR_E_OPTION);
  CHECK_NUMBER(child->pid, 0);
  CHECK_CONTAINS(sabir_error_message(error), "struct_size");
  sabir_error_destroy(&error);
  CHECK_STATUS(sabir_context_spawn(context, NULL, NULL, &child->pid, NULL), SABIR_E_INVALID);
  sabir_spawn_options_init(&options, sizeof options);
  options.argument = (uintptr_t)&child->actor;
  options.drop = probe_drop;
  CHECK_OK(sabir_context_spawn(context, behavior, &options, &child->pid, &error));
  CHECK(error == NULL);
  CHECK_OK(sabir_context_send_bytes(context, child->pid, PROBE_COUNT, NULL, 0));
  sabir_behavior_destroy(&behavior);
  return SABIR_OK;
}

static void an_actor_spawns_others(void) {
  struct stage stage;
  struct child child;
  probe_init(&child.actor);
  open_stage(&stage);
  run_inside(stage.system, stage.first_pid, spawn_inside, &child);
  CHECK(reached(&child.actor.received, 1));
  close_stage(&stage);
  probe_wait_dropped(&child.actor);
  probe_end(&child.actor);
}

static void context_stop_ends_the_actor_normally(void) {
  struct stage stage;
  open_stage(&stage);
  CHECK_OK(sabir_send_bytes(stage.system, stage.first_pid, PROBE_STOP, NULL, 0));
  take(&stage.first.stopped);
  CHECK_NUMBER((uint32_t)stage.first.exit_reason, SABIR_EXIT_NORMAL);
  CHECK_OK(stage.first.exit_status);
  probe_wait_dropped(&stage.first);
  CHECK(becomes_dead(stage.system, stage.first_pid));
  close_stage(&stage);
}

static sabir_status fail_and_return_ok(sabir_context *context, sabir_message **message, void *argument) {
  (void)message, (void)argument;
  CHECK_STATUS(sabir_context_fail(context, 0, "x", 1, NULL, 0), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_fail(context, 1, NULL, 1, NULL, 0), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_fail(context, 1, "x", 1, NULL, 1), SABIR_E_INVALID);
  CHECK_OK(sabir_context_fail(context, 7, "only this", 4, NULL, 0));
  return SABIR_OK;
}

static void fail_and_ok_is_a_crash_all_the_same(void) {
  struct stage stage;
  open_stage(&stage);
  begin_inside(stage.system, stage.first_pid, fail_and_return_ok, NULL);
  take(&stage.first.stopped);
  CHECK_NUMBER((uint32_t)stage.first.exit_reason, SABIR_EXIT_CRASHED);
  CHECK_STATUS(stage.first.exit_status, 7);
  CHECK_TEXT(stage.first.exit_message, "only");
  CHECK_TEXT(stage.first.exit_detail, "");
  close_stage(&stage);
}

#define REPLACED "\xEF\xBF\xBD"

static sabir_status fail_with_any_bytes(sabir_context *context, sabir_message **message, void *argument) {
  (void)message, (void)argument;
  CHECK_OK(sabir_context_fail(context, 7, "nul\0, \xFF", 7, "\xC3\xB8 and \xC3", 8));
  return 7;
}

static sabir_status answer_with_any_bytes(sabir_context *context, sabir_message **message, void *argument) {
  (void)message, (void)argument;
  CHECK_OK(sabir_context_reply_error(context, 42, "a\0b\xC3", 4));
  return SABIR_OK;
}

static void texts_of_failures_are_made_utf8_without_nul(void) {
  static const char mended[] = "a" REPLACED "b" REPLACED;
  struct stage stage;
  sabir_message *message = inside_message(answer_with_any_bytes, NULL), *reply = NULL;
  open_stage(&stage);
  CHECK_STATUS(sabir_ask(stage.system, stage.first_pid, &message, PATIENCE_NS, &reply), 42);
  CHECK_NUMBER(sabir_message_size(reply), sizeof mended - 1);
  CHECK(memcmp(sabir_message_data(reply), mended, sizeof mended - 1) == 0);
  sabir_message_destroy(&reply);
  begin_inside(stage.system, stage.first_pid, fail_with_any_bytes, NULL);
  take(&stage.first.stopped);
  CHECK_TEXT(stage.first.exit_message, "nul" REPLACED ", " REPLACED);
  CHECK_TEXT(stage.first.exit_detail, "\xC3\xB8 and " REPLACED);
  close_stage(&stage);
}

static sabir_status keep_and_refuse(sabir_context *context, sabir_message **message, void *argument) {
  (void)context;
  *(sabir_message **)argument = *message;
  *message = NULL;
  return SABIR_E_UNHANDLED;
}

static void what_a_handler_has_kept_counts_as_handled_whatever_it_returns(void) {
  struct stage stage;
  sabir_message *kept = NULL, *message = inside_message(keep_and_refuse, &kept), *reply = NULL;
  open_stage(&stage);
  CHECK_STATUS(sabir_ask(stage.system, stage.first_pid, &message, 20 * MILLISECOND_NS, &reply), SABIR_E_TIMEOUT); /* nobody ended it */
  sabir_message_destroy(&reply);
  message = inside_message(answer_with_any_bytes, NULL);
  CHECK_STATUS(sabir_ask(stage.system, stage.first_pid, &message, PATIENCE_NS, &reply), 42); /* the handler before has returned */
  sabir_message_destroy(&reply);
  CHECK_NUMBER(dead_letters(stage.system, SABIR_CAUSE_ANY), 0);
  CHECK_STATUS(sabir_reply_bytes(stage.system, sabir_message_ref(kept), 0, NULL, 0), SABIR_E_NO_ASK);
  sabir_message_destroy(&kept);
  close_stage(&stage);
}

static sabir_status answer_no_ask(sabir_context *context, sabir_message **message, void *argument) {
  sabir_message *own = make_message(PROBE_COUNT, NULL, 0);
  sabir_ref ref = 1;
  (void)message, (void)argument;
  CHECK_STATUS(sabir_context_reply(context, &own), SABIR_E_NO_ASK);
  CHECK(own != NULL);
  CHECK_STATUS(sabir_context_reply_bytes(context, 1, NULL, 0), SABIR_E_NO_ASK);
  CHECK_STATUS(sabir_context_reply_error(context, 1, NULL, 0), SABIR_E_NO_ASK);
  CHECK_STATUS(sabir_context_defer(context, &ref), SABIR_E_NO_ASK);
  CHECK_NUMBER(ref, 0);
  sabir_message_destroy(&own);
  return SABIR_OK;
}

static void a_message_that_is_no_ask_has_no_answer(void) {
  struct stage stage;
  open_stage(&stage);
  run_inside(stage.system, stage.first_pid, answer_no_ask, NULL);
  close_stage(&stage);
}

static sabir_status answer_once(sabir_context *context, sabir_message **message, void *argument) {
  sabir_message *own = make_message(5, "answer", 6), *second = make_message(6, NULL, 0);
  sabir_ref ref = 1;
  (void)message, (void)argument;
  CHECK_STATUS(sabir_context_reply(context, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_reply_bytes(context, 1, NULL, 1), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_reply_error(context, 0, NULL, 0), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_reply_error(context, 1, NULL, 1), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_defer(context, NULL), SABIR_E_INVALID);
  CHECK_OK(sabir_context_reply(context, &own));
  CHECK(own == NULL);
  CHECK_STATUS(sabir_context_reply(context, &second), SABIR_E_NO_ASK);
  CHECK(second != NULL);
  CHECK_STATUS(sabir_context_reply_error(context, 1, NULL, 0), SABIR_E_NO_ASK);
  CHECK_STATUS(sabir_context_defer(context, &ref), SABIR_E_NO_ASK);
  sabir_message_destroy(&second);
  return SABIR_OK;
}

static void an_ask_is_answered_once(void) {
  struct stage stage;
  sabir_message *message = inside_message(answer_once, NULL), *reply = NULL;
  open_stage(&stage);
  CHECK_OK(sabir_ask(stage.system, stage.first_pid, &message, PATIENCE_NS, &reply));
  CHECK(message == NULL);
  CHECK_NUMBER(sabir_message_type(reply), 5);
  CHECK_NUMBER((uint32_t)sabir_message_kind(reply), SABIR_KIND_REPLY);
  CHECK_NUMBER(sabir_message_size(reply), 6);
  CHECK(memcmp(sabir_message_data(reply), "answer", 6) == 0);
  sabir_message_destroy(&reply);
  close_stage(&stage);
}

static sabir_status answer_with_error(sabir_context *context, sabir_message **message, void *argument) {
  (void)message, (void)argument;
  CHECK_OK(sabir_context_reply_error(context, 42, "no such account", 15));
  return SABIR_OK;
}

static void a_failure_is_an_answer_and_no_crash(void) {
  struct stage stage;
  sabir_message *message = inside_message(answer_with_error, NULL), *reply = NULL;
  open_stage(&stage);
  CHECK_STATUS(sabir_ask(stage.system, stage.first_pid, &message, PATIENCE_NS, &reply), 42);
  REQUIRE(reply != NULL);
  CHECK_NUMBER((uint32_t)sabir_message_kind(reply), SABIR_KIND_FAILURE);
  CHECK_STATUS(sabir_message_status(reply), 42);
  CHECK_NUMBER(sabir_message_size(reply), 15);
  CHECK(memcmp(sabir_message_data(reply), "no such account", 15) == 0);
  CHECK(sabir_message_exit(reply) == NULL);
  sabir_message_destroy(&reply);
  CHECK_OK(sabir_actor_status(stage.system, stage.first_pid));
  close_stage(&stage);
}

static sabir_status defer_inside(sabir_context *context, sabir_message **message, void *argument) {
  sabir_ref ref = 1;
  sabir_message *own = make_message(1, NULL, 0);
  CHECK_OK(sabir_context_defer(context, (sabir_ref *)argument));
  CHECK(*(sabir_ref *)argument != 0);
  CHECK_NUMBER(sabir_message_ref(*message) == 0 || sabir_message_ref(*message) == *(sabir_ref *)argument, 1);
  CHECK_STATUS(sabir_context_defer(context, &ref), SABIR_E_NO_ASK);
  CHECK_STATUS(sabir_context_reply(context, &own), SABIR_E_NO_ASK);
  sabir_message_destroy(&own);
  return SABIR_OK;
}

/* The answer of an ask that was begun. */
struct answer {
  uint64_t calls;
  sabir_status status;
  sabir_message *reply;
  sem_t done;
};

static void answered(uintptr_t argument, sabir_ref ref, sabir_status status, sabir_message **reply) {
  struct answer *answer = (struct answer *)argument;
  CHECK(ref != 0);
  count(&answer->calls);
  answer->status = status;
  answer->reply = *reply;
  *reply = NULL;
  sem_post(&answer->done);
}

static void a_deferred_answer_comes_from_any_thread(void) {
  struct stage stage;
  struct answer answer = {0, 0, NULL, {{0}}};
  sabir_ref ref = 0;
  sabir_message *message = inside_message(defer_inside, &ref), *reply = NULL;
  open_stage(&stage);
  sem_init(&answer.done, 0, 0);
  CHECK_OK(sabir_ask_begin(stage.system, stage.first_pid, &message, PATIENCE_NS, answered, (uintptr_t)&answer, NULL));
  CHECK_OK(sabir_ask_bytes(stage.system, stage.first_pid, PROBE_ECHO, NULL, 0, PATIENCE_NS, &reply));
  sabir_message_destroy(&reply);
  CHECK_NUMBER(counted(&answer.calls), 0);
  CHECK_OK(sabir_reply_bytes(stage.system, ref, 9, "later", 5));
  take(&answer.done);
  CHECK_OK(answer.status);
  CHECK_NUMBER(sabir_message_type(answer.reply), 9);
  CHECK(memcmp(sabir_message_data(answer.reply), "later", 5) == 0);
  sabir_message_destroy(&answer.reply);
  CHECK_STATUS(sabir_reply_error(stage.system, ref, 1, NULL, 0), SABIR_E_NO_ASK);
  close_stage(&stage);
  CHECK_NUMBER(counted(&answer.calls), 1);
  sem_destroy(&answer.done);
}

/* An actor that asks when a PROBE_CALL tells it to, and notes what arrives. A kept message would be its own only after its handler
 * has returned, so it notes the parts. */
struct asker {
  sem_t arrived;
  uint64_t arrivals;
  int32_t kind;
  sabir_ref ref;
  sabir_status status;
  sabir_pid sender;
  size_t size;
  char bytes[64];
  sabir_exit *exit;
  sem_t dropped;
};

struct asker_call {
  inside_fn function;
  void *argument;
  sem_t *done;
};

static sabir_status asker_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  struct asker *self = (struct asker *)state;
  if (sabir_message_kind(*message) == SABIR_KIND_MESSAGE && sabir_message_type(*message) == PROBE_CALL) {
    struct asker_call call;
    sabir_status status;
    memcpy(&call, sabir_message_data(*message), sizeof call);
    status = call.function(context, message, call.argument);
    if (call.done != NULL) sem_post(call.done);
    return status;
  }
  self->kind = sabir_message_kind(*message);
  self->ref = sabir_message_ref(*message);
  self->status = sabir_message_status(*message);
  self->sender = sabir_message_sender(*message);
  self->size = sabir_message_size(*message);
  CHECK(self->size <= sizeof self->bytes);
  memcpy(self->bytes, sabir_message_data(*message), self->size);
  sabir_exit_release(&self->exit);
  self->exit = sabir_exit_retain(sabir_message_exit(*message));
  count(&self->arrivals);
  sem_post(&self->arrived);
  return SABIR_OK;
}

static void asker_drop(uintptr_t argument) { sem_post(&((struct asker *)argument)->dropped); }

static sabir_pid spawn_asker(sabir_system *system, struct asker *self) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("asker");
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_behavior *behavior = NULL;
  sabir_pid pid = 0;
  memset(self, 0, sizeof *self);
  sem_init(&self->arrived, 0, 0);
  sem_init(&self->dropped, 0, 0);
  callbacks.receive = asker_receive;
  options.argument = (uintptr_t)self;
  options.drop = asker_drop;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  REQUIRE_OK(sabir_spawn(system, behavior, &options, &pid, NULL));
  sabir_behavior_destroy(&behavior);
  return pid;
}

static void end_asker(struct asker *self) {
  take(&self->dropped);
  sabir_exit_release(&self->exit);
  sem_destroy(&self->arrived);
  sem_destroy(&self->dropped);
}

struct question {
  sabir_pid to;
  sabir_message *message;
  uint64_t timeout_ns;
  sabir_status status;
  sabir_ref ref;
};

static sabir_status ask_inside(sabir_context *context, sabir_message **message, void *argument) {
  struct question *question = (struct question *)argument;
  (void)message;
  question->ref = 1;
  question->status = sabir_context_ask(context, question->to, &question->message, question->timeout_ns, &question->ref);
  CHECK(question->status == SABIR_OK ? question->message == NULL && question->ref != 0 : question->message != NULL && question->ref == 0);
  return SABIR_OK;
}

/* Asks from inside the asker, and waits for what arrives: kind and status as expected. */
static void ask_from_actor(sabir_system *system, struct asker *asker, sabir_pid asker_pid, sabir_pid to, sabir_message *message,
                           uint64_t timeout_ns, int32_t kind, sabir_status status) {
  struct question question;
  question.to = to;
  question.message = message;
  question.timeout_ns = timeout_ns;
  run_inside(system, asker_pid, ask_inside, &question);
  CHECK_OK(question.status);
  take(&asker->arrived);
  CHECK_NUMBER((uint32_t)asker->kind, (uint32_t)kind);
  CHECK_NUMBER(asker->ref, question.ref);
  CHECK_STATUS(asker->status, status);
}

static sabir_status keep_and_never_answer(sabir_context *context, sabir_message **message, void *argument) {
  (void)context;
  *(sabir_message **)argument = *message;
  *message = NULL;
  return SABIR_OK;
}

static sabir_status return_ok(sabir_context *context, sabir_message **message, void *argument) {
  (void)context, (void)message, (void)argument;
  return SABIR_OK;
}

static void the_answer_arrives_as_a_message(void) {
  struct stage stage;
  struct asker asker;
  sabir_pid pid;
  const sabir_exit *exit;
  sabir_message *kept = NULL;
  open_stage(&stage);
  pid = spawn_asker(stage.system, &asker);

  ask_from_actor(stage.system, &asker, pid, stage.first_pid, make_message(PROBE_ECHO, "echo", 4), 0, SABIR_KIND_REPLY, SABIR_OK);
  CHECK_NUMBER(asker.sender, stage.first_pid);
  CHECK_NUMBER(asker.size, 4);
  CHECK(memcmp(asker.bytes, "echo", 4) == 0);

  ask_from_actor(stage.system, &asker, pid, stage.first_pid, inside_message(answer_with_error, NULL), 0, SABIR_KIND_FAILURE, 42);
  CHECK_NUMBER(asker.size, 15);
  CHECK(asker.exit == NULL);

  ask_from_actor(stage.system, &asker, pid, stage.first_pid, make_message(PROBE_UNHANDLED, NULL, 0), PATIENCE_NS, SABIR_KIND_FAILURE,
                 SABIR_E_UNHANDLED);
  ask_from_actor(stage.system, &asker, pid, stage.first_pid, inside_message(return_ok, NULL), SABIR_FOREVER, SABIR_KIND_FAILURE,
                 SABIR_E_UNANSWERED);
  ask_from_actor(stage.system, &asker, pid, stage.first_pid, inside_message(keep_and_never_answer, &kept), MILLISECOND_NS,
                 SABIR_KIND_FAILURE, SABIR_E_TIMEOUT);

  ask_from_actor(stage.system, &asker, pid, stage.first_pid, make_message(PROBE_CRASH, NULL, 0), PATIENCE_NS, SABIR_KIND_FAILURE,
                 SABIR_E_CRASHED);
  exit = asker.exit;
  REQUIRE(exit != NULL);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(exit), SABIR_EXIT_CRASHED);
  CHECK_STATUS(sabir_exit_status(exit), PROBE_CRASH_STATUS);
  CHECK_TEXT(sabir_exit_message(exit), PROBE_CRASH_TEXT);
  CHECK_NUMBER(sabir_exit_pid(exit), stage.first_pid);

  close_stage(&stage);
  sabir_message_destroy(&kept);
  CHECK_NUMBER(counted(&asker.arrivals), 6);
  end_asker(&asker);
}

static void an_ask_that_fails_at_once_leaves_the_message(void) {
  struct stage stage;
  struct asker asker;
  struct question question;
  sabir_pid pid;
  open_stage(&stage);
  pid = spawn_asker(stage.system, &asker);
  CHECK_OK(sabir_actor_stop(stage.system, stage.first_pid));
  CHECK(becomes_dead(stage.system, stage.first_pid));
  question.timeout_ns = 0;
  question.message = make_message(PROBE_ECHO, NULL, 0);
  question.to = stage.first_pid;
  run_inside(stage.system, pid, ask_inside, &question);
  CHECK_STATUS(question.status, SABIR_E_DEAD);
  question.to = 0;
  run_inside(stage.system, pid, ask_inside, &question);
  CHECK_STATUS(question.status, SABIR_E_NO_ACTOR);
  question.to = pid;
  run_inside(stage.system, pid, ask_inside, &question);
  CHECK_STATUS(question.status, SABIR_E_WOULD_DEADLOCK);
  sabir_message_destroy(&question.message);
  close_stage(&stage);
  CHECK_NUMBER(counted(&asker.arrivals), 0);
  end_asker(&asker);
}

static void a_cancelled_ask_of_an_actor_brings_nothing(void) {
  struct stage stage;
  struct asker asker;
  struct question question;
  sabir_pid pid;
  sabir_message *kept = NULL, *reply = NULL;
  open_stage(&stage);
  pid = spawn_asker(stage.system, &asker);
  question.to = stage.first_pid;
  question.timeout_ns = SABIR_FOREVER;
  question.message = inside_message(keep_and_never_answer, &kept);
  run_inside(stage.system, pid, ask_inside, &question);
  CHECK_OK(question.status);
  CHECK_OK(sabir_ask_cancel(stage.system, question.ref));
  CHECK_STATUS(sabir_ask_cancel(stage.system, question.ref), SABIR_E_NO_ASK);
  CHECK_OK(sabir_ask_bytes(stage.system, stage.first_pid, PROBE_ECHO, NULL, 0, PATIENCE_NS, &reply));
  sabir_message_destroy(&reply);
  close_stage(&stage);
  sabir_message_destroy(&kept);
  CHECK_NUMBER(counted(&asker.arrivals), 0);
  end_asker(&asker);
}

/* An asker that exits with its ask open: the answer finds nobody. */
static void an_answer_to_an_actor_that_has_exited_is_no_crash(void) {
  struct stage stage;
  struct asker asker;
  struct question question;
  sabir_pid pid;
  sabir_ref ref = 0;
  sabir_message *reply = NULL;
  open_stage(&stage);
  pid = spawn_asker(stage.system, &asker);
  question.to = stage.first_pid;
  question.timeout_ns = SABIR_FOREVER;
  question.message = inside_message(defer_inside, &ref);
  run_inside(stage.system, pid, ask_inside, &question);
  CHECK_OK(question.status);
  CHECK_OK(sabir_ask_bytes(stage.system, stage.first_pid, PROBE_ECHO, NULL, 0, PATIENCE_NS, &reply));
  sabir_message_destroy(&reply);
  CHECK_OK(sabir_actor_kill(stage.system, pid));
  CHECK(becomes_dead(stage.system, pid));
  CHECK(sabir_reply_bytes(stage.system, ref, 1, NULL, 0) <= 0);
  CHECK_STATUS(sabir_reply_bytes(stage.system, ref, 1, NULL, 0), SABIR_E_NO_ASK);
  close_stage(&stage);
  end_asker(&asker);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(a_context_knows_its_actor),
      TEST(start_and_stop_have_a_context_too),
      TEST(a_context_is_of_no_use_after_its_call),
      TEST(a_context_is_of_no_use_on_another_thread),
      TEST(a_context_is_of_no_use_in_another_actor),
      TEST(no_context_is_invalid),
      TEST(a_send_from_inside_names_its_sender),
      TEST(send_bytes_from_inside_copies),
      TEST(an_actor_spawns_others),
      TEST(context_stop_ends_the_actor_normally),
      TEST(fail_and_ok_is_a_crash_all_the_same),
      TEST(texts_of_failures_are_made_utf8_without_nul),
      TEST(what_a_handler_has_kept_counts_as_handled_whatever_it_returns),
      TEST(a_message_that_is_no_ask_has_no_answer),
      TEST(an_ask_is_answered_once),
      TEST(a_failure_is_an_answer_and_no_crash),
      TEST(a_deferred_answer_comes_from_any_thread),
      TEST(the_answer_arrives_as_a_message),
      TEST(an_ask_that_fails_at_once_leaves_the_message),
      TEST(a_cancelled_ask_of_an_actor_brings_nothing),
      TEST(an_answer_to_an_actor_that_has_exited_is_no_crash),
  };
  return RUN_TESTS(tests, argc, argv);
}
