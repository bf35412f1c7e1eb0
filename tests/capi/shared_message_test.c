/* message.h: shared payloads, priorities and deadlines; and that what a message wraps is released exactly once, whatever becomes of it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "watcher.h"

enum { CLONES = 3 };

/* Four messages of one wrapped payload. */
static void wrap_several(sabir_message **messages, sabir_type type, wrapped *memory) {
  int index;
  memset(memory, 0, sizeof *memory);
  messages[0] = wrap_message(type, memory);
  REQUIRE_OK(sabir_message_share(&messages[0]));
  for (index = 1; index <= CLONES; ++index) REQUIRE_OK(sabir_message_clone(messages[0], &messages[index]));
}

static sabir_message *wrap_shared(sabir_type type, wrapped *memory) {
  sabir_message *messages[1 + CLONES];
  int index;
  wrap_several(messages, type, memory);
  for (index = 1; index <= CLONES; ++index) sabir_message_destroy(&messages[index]);
  return messages[0];
}

static void clones_have_the_same_bytes(void) {
  sabir_message *message = make_message(5, "abcdef", 6), *clone = NULL, *second = NULL;
  const void *data = sabir_message_data(message);
  CHECK(sabir_message_data_mut(message) == data);
  CHECK_OK(sabir_message_set_priority(message, SABIR_PRIORITY_HIGH));
  CHECK_OK(sabir_message_share(&message));
  CHECK(sabir_message_data(message) == data);
  CHECK(sabir_message_data_mut(message) == NULL);
  CHECK_OK(sabir_message_clone(message, &clone));
  CHECK_OK(sabir_message_clone(clone, &second));
  CHECK(sabir_message_data(clone) == data && sabir_message_data(second) == data);
  CHECK(sabir_message_data_mut(clone) == NULL);
  CHECK_NUMBER(sabir_message_size(second), 6);
  CHECK_NUMBER(sabir_message_type(second), 5);
  CHECK_NUMBER((uint32_t)sabir_message_kind(second), SABIR_KIND_MESSAGE);
  CHECK_NUMBER(sabir_message_sender(second), 0);
  CHECK_NUMBER(sabir_message_ref(second), 0);
  CHECK_NUMBER(sabir_message_priority(second), SABIR_PRIORITY_HIGH);
  sabir_message_destroy(&message);
  sabir_message_destroy(&clone);
  CHECK(memcmp(sabir_message_data(second), "abcdef", 6) == 0);
  sabir_message_destroy(&second);
}

static void sharing_twice_does_nothing(void) {
  sabir_message *message = make_message(5, "x", 1), *before;
  CHECK_OK(sabir_message_share(&message));
  before = message;
  CHECK_OK(sabir_message_share(&message));
  CHECK(message == before);
  sabir_message_destroy(&message);
}

static void share_and_clone_check_their_arguments(void) {
  sabir_message *message = make_message(5, "x", 1), *none = NULL, *clone = message, *request = NULL, *before;
  CHECK_STATUS(sabir_message_share(NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_message_share(&none), SABIR_E_INVALID);
  CHECK_STATUS(sabir_message_clone(message, &clone), SABIR_E_INVALID); /* not shared */
  CHECK(clone == NULL);
  clone = message;
  CHECK_STATUS(sabir_message_clone(NULL, &clone), SABIR_E_INVALID);
  CHECK(clone == NULL);
  CHECK_OK(sabir_message_share(&message));
  CHECK_STATUS(sabir_message_clone(message, NULL), SABIR_E_INVALID);
  REQUIRE_OK(sabir_request_children(&request));
  before = request;
  CHECK_STATUS(sabir_message_share(&request), SABIR_E_INVALID);
  CHECK(request == before);
  sabir_message_destroy(&request);
  sabir_message_destroy(&message);
}

static void priorities_and_deadlines_check_their_arguments(void) {
  sabir_message *message = make_message(5, "x", 1);
  uint32_t priority;
  CHECK_NUMBER(sabir_message_priority(message), SABIR_PRIORITY_NORMAL);
  CHECK_NUMBER(sabir_message_priority(NULL), SABIR_PRIORITY_NORMAL);
  for (priority = 0; priority <= SABIR_PRIORITY_CRITICAL; ++priority) {
    CHECK_OK(sabir_message_set_priority(message, priority));
    CHECK_NUMBER(sabir_message_priority(message), priority);
  }
  CHECK_STATUS(sabir_message_set_priority(message, SABIR_PRIORITY_CRITICAL + 1), SABIR_E_INVALID);
  CHECK_NUMBER(sabir_message_priority(message), SABIR_PRIORITY_CRITICAL);
  CHECK_STATUS(sabir_message_set_priority(NULL, 0), SABIR_E_INVALID);
  CHECK_STATUS(sabir_message_set_deadline(NULL, 1), SABIR_E_INVALID);
  CHECK_STATUS(sabir_message_set_deadline(message, UINT64_C(1) << 63), SABIR_E_INVALID);
  CHECK_OK(sabir_message_set_deadline(message, (UINT64_C(1) << 63) - 1));
  CHECK_NUMBER(sabir_message_ref(message), 0);
  CHECK_OK(sabir_message_set_deadline(message, SABIR_FOREVER));
  CHECK_OK(sabir_message_set_deadline(message, 0));
  sabir_message_destroy(&message);
}

static void deadlines_expire_with_their_clones(void) {
  sabir_system *system = make_system(1);
  sabir_message *messages[1 + CLONES];
  wrapped memory;
  probe actor;
  sabir_pid pid;
  int index;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  hold(system, &actor, pid);
  memset(&memory, 0, sizeof memory);
  messages[0] = wrap_message(PROBE_COUNT, &memory);
  CHECK_OK(sabir_message_set_deadline(messages[0], 1));
  REQUIRE_OK(sabir_message_share(&messages[0]));
  for (index = 1; index <= CLONES; ++index) REQUIRE_OK(sabir_message_clone(messages[0], &messages[index]));
  CHECK_OK(sabir_message_set_deadline(messages[CLONES], SABIR_FOREVER)); /* each has its own */
  for (index = 0; index <= CLONES; ++index) CHECK_OK(sabir_send(system, pid, &messages[index]));
  let_pass(MILLISECOND_NS);
  let_go(&actor);
  CHECK(dead_letters_reach(system, SABIR_CAUSE_EXPIRED, CLONES));
  CHECK(reached(&actor.received, 2));
  CHECK(reached(&memory.releases, 1));
  end_system(&system);
  CHECK_NUMBER(counted(&memory.releases), 1);
  CHECK_NUMBER(counted(&actor.received), 2);
  probe_end(&actor);
}

static void clones_keep_the_priority(void) {
  sabir_system *system = make_system(1);
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_message *message = make_message(NOTE + 1, "x", 1), *clone = NULL;
  watcher actor;
  sabir_pid pid;
  watcher_init(&actor);
  mailbox.priorities = 1;
  options.mailbox = &mailbox;
  pid = watcher_spawn(system, &actor, &options);
  hold(system, &actor.actor, pid);
  REQUIRE_OK(sabir_send_bytes(system, pid, NOTE, NULL, 0));
  CHECK_OK(sabir_message_set_priority(message, SABIR_PRIORITY_CRITICAL));
  CHECK_OK(sabir_message_share(&message));
  CHECK_OK(sabir_message_clone(message, &clone));
  sabir_message_destroy(&message);
  REQUIRE_OK(sabir_send(system, pid, &clone));
  let_go(&actor.actor);
  CHECK_NUMBER(next_event(&actor)->type, NOTE + 1);
  CHECK_NUMBER(next_event(&actor)->type, NOTE);
  end_system(&system);
  watcher_end(&actor);
}

/* ---- in a handler ---- */

struct handling {
  sabir_system *system;
  sabir_pid to;
  const void *data;
  sabir_message *stolen;
  sem_t entered, gate;
};

static sabir_status share_and_send_clones(sabir_context *context, sabir_message **message, void *argument) {
  struct handling *self = (struct handling *)argument;
  sabir_message *clone = NULL;
  self->data = sabir_message_data(*message);
  CHECK_OK(sabir_message_share(message));
  CHECK(sabir_message_data(*message) == self->data);
  CHECK(sabir_message_data_mut(*message) == NULL);
  CHECK_OK(sabir_message_clone(*message, &clone));
  CHECK_OK(sabir_context_send(context, self->to, &clone));
  CHECK_OK(sabir_context_send(context, self->to, message));
  return SABIR_OK;
}

static sabir_status share_and_leave(sabir_context *context, sabir_message **message, void *argument) {
  (void)context, (void)argument;
  CHECK_OK(sabir_message_share(message));
  return SABIR_OK;
}

static void a_handler_shares_the_message_it_was_given(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = open_port(system, NULL);
  struct handling self;
  probe actor;
  sabir_pid pid;
  int index;
  memset(&self, 0, sizeof self);
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  self.to = sabir_port_pid(port);
  run_inside(system, pid, share_and_send_clones, &self);
  for (index = 0; index < 2; ++index) {
    sabir_message *message = next_message(port, SABIR_KIND_MESSAGE);
    CHECK(sabir_message_data(message) == self.data);
    CHECK_NUMBER(sabir_message_sender(message), pid);
    sabir_message_destroy(&message);
  }
  for (index = 0; index < 3; ++index) run_inside(system, pid, share_and_leave, NULL); /* it is freed: the sanitizers see to that */
  sabir_port_destroy(&port);
  end_system(&system);
  probe_end(&actor);
}

static sabir_status hold_message(sabir_context *context, sabir_message **message, void *argument) {
  struct handling *self = (struct handling *)argument;
  (void)context;
  self->stolen = *message;
  sem_post(&self->entered);
  take(&self->gate);
  return SABIR_OK;
}

static void a_message_in_anothers_handler_is_borrowed(void) {
  sabir_system *system = make_system(1);
  struct handling self;
  probe actor;
  memset(&self, 0, sizeof self);
  sem_init(&self.entered, 0, 0);
  sem_init(&self.gate, 0, 0);
  probe_init(&actor);
  begin_inside(system, probe_spawn(system, &actor, NULL), hold_message, &self);
  take(&self.entered);
  CHECK_STATUS(sabir_message_share(&self.stolen), SABIR_E_BORROWED);
  CHECK(self.stolen != NULL);
  CHECK_STATUS(sabir_publish(system, "a", &self.stolen, 0, NULL), SABIR_E_BORROWED);
  CHECK_STATUS(sabir_publish(system, "a", &self.stolen, SABIR_PUBLISH_RETAIN, NULL), SABIR_E_BORROWED);
  CHECK(self.stolen != NULL);
  sem_post(&self.gate);
  end_system(&system);
  probe_end(&actor);
  sem_destroy(&self.entered);
  sem_destroy(&self.gate);
}

static sabir_status share_and_pass_the_ask_on(sabir_context *context, sabir_message **message, void *argument) {
  struct handling *self = (struct handling *)argument;
  sabir_message *clone = NULL;
  CHECK(sabir_message_ref(*message) != 0);
  CHECK_OK(sabir_message_share(message));
  CHECK(sabir_message_ref(*message) != 0);
  CHECK_OK(sabir_message_clone(*message, &clone));
  CHECK_NUMBER(sabir_message_ref(clone), 0);
  sabir_message_destroy(&clone); /* ends nothing */
  return sabir_context_send(context, self->to, message);
}

static sabir_status answer(sabir_context *context, sabir_message **message, void *argument) {
  (void)message, (void)argument;
  return sabir_context_reply_bytes(context, NOTE, "yes", 3);
}

/* The same call is handled twice: by the first actor, which passes it on, and by the second one, which answers. */
static sabir_status pass_on_or_answer(sabir_context *context, sabir_message **message, void *argument) {
  const struct handling *self = (const struct handling *)argument;
  return sabir_context_self(context) == self->to ? answer(context, message, argument)
                                                 : share_and_pass_the_ask_on(context, message, argument);
}

static void a_shared_ask_keeps_the_duty_to_answer(void) {
  sabir_system *system = make_system(1);
  struct handling self;
  sabir_message *ask = inside_message(pass_on_or_answer, &self), *reply = NULL;
  probe first, second;
  sabir_pid pid;
  memset(&self, 0, sizeof self);
  probe_init(&first);
  probe_init(&second);
  pid = probe_spawn(system, &first, NULL);
  self.to = probe_spawn(system, &second, NULL);
  CHECK_OK(sabir_ask(system, pid, &ask, PATIENCE_NS, &reply));
  CHECK(reply != NULL && sabir_message_size(reply) == 3);
  sabir_message_destroy(&reply);
  /* Shared and dropped, it ends the ask. */
  ask = inside_message(share_and_leave, NULL);
  CHECK_STATUS(sabir_ask(system, pid, &ask, PATIENCE_NS, &reply), SABIR_E_UNANSWERED);
  sabir_message_destroy(&reply);
  end_system(&system);
  probe_end(&first);
  probe_end(&second);
}

/* ---- exactly once ---- */

static void check_alive(const wrapped *memory) { CHECK_NUMBER(counted(&memory->releases), 0); }

static void a_send_that_fails_releases_nothing(void) {
  sabir_system_options limited = SABIR_SYSTEM_OPTIONS_INIT;
  sabir_mailbox_options one = SABIR_MAILBOX_OPTIONS_INIT, narrow = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_system *system, *other = make_system(1);
  sabir_port *full, *thin, *foreign = open_port(other, NULL);
  wrapped memory;
  sabir_message *message, *before;
  size_t size;
  limited.workers = 1;
  limited.message_size_limit = sizeof memory.bytes;
  system = make_system_with(&limited);
  one.capacity = 1;
  narrow.capacity_bytes = 65;
  full = open_port(system, &one);
  thin = open_port(system, &narrow);
  REQUIRE_OK(sabir_send_bytes(system, sabir_port_pid(full), NOTE, NULL, 0));
  before = message = wrap_shared(NOTE, &memory);
  size = sizeof memory.bytes;
  CHECK_NUMBER(sabir_message_size(message), size);
  CHECK_STATUS(sabir_send(NULL, 1, &message), SABIR_E_INVALID);
  CHECK_STATUS(sabir_send(system, 0, &message), SABIR_E_NO_ACTOR);
  CHECK_STATUS(sabir_send(system, dead_pid(system), &message), SABIR_E_DEAD);
  CHECK_STATUS(sabir_send(system, sabir_port_pid(foreign), &message), SABIR_E_FOREIGN);
  CHECK_STATUS(sabir_send(system, sabir_port_pid(full), &message), SABIR_E_MAILBOX_FULL);
  CHECK_STATUS(sabir_send(system, sabir_port_pid(thin), &message), SABIR_E_TOO_BIG);
  sabir_port_destroy(&full);
  sabir_port_destroy(&thin);
  CHECK_OK(sabir_system_shutdown(system, PATIENCE_NS, NULL));
  CHECK_STATUS(sabir_send(system, sabir_supervisor_root(system), &message), SABIR_E_CLOSED);
  CHECK(message == before);
  check_alive(&memory);
  sabir_message_destroy(&message);
  CHECK_NUMBER(counted(&memory.releases), 1);
  sabir_port_destroy(&foreign);
  end_system(&system);
  end_system(&other);
}

/* How an actor that has shared messages in its mailbox comes to its end. */
enum { BY_STOP, BY_KILL, BY_CRASH, BY_SHUTDOWN, BY_DRAIN, WAYS };

static void the_end_of_an_actor_releases_once(void) {
  int way, index;
  for (way = 0; way < WAYS; ++way) {
    sabir_system *system = make_system(1);
    sabir_message *messages[1 + CLONES];
    wrapped memory;
    probe actor;
    sabir_pid pid;
    probe_init(&actor);
    pid = probe_spawn(system, &actor, NULL);
    hold(system, &actor, pid);
    /* The first one crashes it, where that is the way: it is the message that fails. */
    wrap_several(messages, way == BY_CRASH ? PROBE_CRASH : PROBE_COUNT, &memory);
    for (index = 0; index < CLONES; ++index) REQUIRE_OK(sabir_send(system, pid, &messages[index]));
    if (way == BY_STOP) CHECK_OK(sabir_actor_stop(system, pid));
    if (way == BY_KILL) CHECK_OK(sabir_actor_kill(system, pid));
    if (way == BY_DRAIN) CHECK_OK(sabir_actor_drain(system, pid));
    if (way == BY_SHUTDOWN) CHECK_OK(sabir_system_shutdown_begin(system, PATIENCE_NS, NULL, 0));
    check_alive(&memory);
    let_go(&actor);
    probe_wait_dropped(&actor);
    CHECK_OK(sabir_system_shutdown(system, PATIENCE_NS, NULL));
    check_alive(&memory); /* one is still here */
    /* (A shutdown may come so late that they were handled before it.) */
    if (way != BY_SHUTDOWN) CHECK_NUMBER(dead_letters(system, SABIR_CAUSE_ANY), way == BY_DRAIN ? 0 : CLONES);
    sabir_message_destroy(&messages[CLONES]);
    CHECK_NUMBER(counted(&memory.releases), 1);
    end_system(&system);
    CHECK_NUMBER(counted(&memory.releases), 1);
    probe_end(&actor);
  }
}

static void mailboxes_that_drop_release_once(void) {
  static const uint32_t overflows[] = {SABIR_OVERFLOW_DROP_NEWEST, SABIR_OVERFLOW_DROP_OLDEST};
  size_t way;
  int index;
  for (way = 0; way < 2; ++way) {
    sabir_system *system = make_system(1);
    sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
    sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
    sabir_message *messages[1 + CLONES];
    wrapped memory;
    probe actor;
    sabir_pid pid;
    probe_init(&actor);
    mailbox.capacity = 2;
    mailbox.overflow = overflows[way];
    options.mailbox = &mailbox;
    pid = probe_spawn(system, &actor, &options);
    hold(system, &actor, pid);
    wrap_several(messages, PROBE_COUNT, &memory);
    for (index = 0; index <= CLONES; ++index) {
      const sabir_status status = sabir_send(system, pid, &messages[index]);
      CHECK(status == SABIR_OK || (way == 1 && status == SABIR_E_MAILBOX_FULL));
      sabir_message_destroy(&messages[index]);
    }
    check_alive(&memory);
    let_go(&actor);
    CHECK(reached(&memory.releases, 1));
    CHECK(dead_letters(system, SABIR_CAUSE_OVERFLOW) > 0);
    end_system(&system);
    CHECK_NUMBER(counted(&memory.releases), 1);
    probe_end(&actor);
  }
}

static void *destroy_message(void *argument) {
  sabir_message **message = (sabir_message **)argument;
  CHECK(((const char *)sabir_message_data(*message))[0] == 'b');
  sabir_message_destroy(message);
  return NULL;
}

static void clones_are_freed_by_several_threads_at_once(void) {
  int round, index;
  for (round = 0; round < (TEST_SANITIZED ? 50 : 500); ++round) {
    sabir_message *messages[1 + CLONES];
    pthread_t threads[1 + CLONES];
    wrapped memory;
    wrap_several(messages, PROBE_COUNT, &memory);
    memcpy(memory.bytes, "bytes", 5);
    for (index = 0; index <= CLONES; ++index) threads[index] = start_thread(destroy_message, &messages[index]);
    for (index = 0; index <= CLONES; ++index) join_thread(threads[index]);
    CHECK_NUMBER(counted(&memory.releases), 1);
  }
}

/* Several threads clone one message that nobody changes meanwhile. */
static void *clone_for_a_while(void *argument) {
  sabir_message *const *message = (sabir_message *const *)argument;
  int index;
  for (index = 0; index < 1000; ++index) {
    sabir_message *clone = NULL;
    REQUIRE_OK(sabir_message_clone(*message, &clone));
    sabir_message_destroy(&clone);
  }
  return NULL;
}

static void several_threads_clone_one_message(void) {
  wrapped memory;
  sabir_message *message = wrap_shared(PROBE_COUNT, &memory);
  pthread_t threads[4];
  int index;
  for (index = 0; index < 4; ++index) threads[index] = start_thread(clone_for_a_while, &message);
  for (index = 0; index < 4; ++index) join_thread(threads[index]);
  check_alive(&memory);
  sabir_message_destroy(&message);
  CHECK_NUMBER(counted(&memory.releases), 1);
}

/* A release that calls sabir: it sends, publishes and makes messages. */
struct calling {
  sabir_system *system;
  sabir_pid pid;
  uint64_t releases;
};

static void release_and_send(void *data, size_t size, uintptr_t argument) {
  struct calling *self = (struct calling *)argument;
  sabir_message *message = make_message(PROBE_COUNT, "x", 1);
  (void)data, (void)size;
  CHECK_OK(sabir_message_share(&message));
  CHECK_OK(sabir_send(self->system, self->pid, &message));
  CHECK_OK(sabir_publish_bytes(self->system, "released", PROBE_COUNT, NULL, 0, 0, NULL));
  count(&self->releases);
}

static void a_release_may_call_sabir(void) {
  static char byte;
  struct calling self;
  sabir_message *message = NULL, *clone = NULL;
  probe actor;
  sabir_ref ref;
  memset(&self, 0, sizeof self);
  probe_init(&actor);
  self.system = make_system(1);
  self.pid = probe_spawn(self.system, &actor, NULL);
  REQUIRE_OK(sabir_subscribe(self.system, "released", self.pid, &ref));
  REQUIRE_OK(sabir_message_wrap(PROBE_COUNT, &byte, 1, release_and_send, (uintptr_t)&self, &message));
  REQUIRE_OK(sabir_message_share(&message));
  REQUIRE_OK(sabir_message_clone(message, &clone));
  sabir_message_destroy(&message);
  REQUIRE_OK(sabir_send(self.system, self.pid, &clone)); /* released by the worker */
  CHECK(reached(&actor.received, 3));
  REQUIRE_OK(sabir_message_wrap(PROBE_COUNT, &byte, 1, release_and_send, (uintptr_t)&self, &message));
  CHECK_OK(sabir_publish(self.system, "nobody", &message, 0, NULL)); /* released by the system's own thread */
  CHECK(reached(&actor.received, 5));
  CHECK_NUMBER(counted(&self.releases), 2);
  end_system(&self.system);
  probe_end(&actor);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(clones_have_the_same_bytes),
      TEST(sharing_twice_does_nothing),
      TEST(share_and_clone_check_their_arguments),
      TEST(priorities_and_deadlines_check_their_arguments),
      TEST(deadlines_expire_with_their_clones),
      TEST(clones_keep_the_priority),
      TEST(a_handler_shares_the_message_it_was_given),
      TEST(a_message_in_anothers_handler_is_borrowed),
      TEST(a_shared_ask_keeps_the_duty_to_answer),
      TEST(a_send_that_fails_releases_nothing),
      TEST(the_end_of_an_actor_releases_once),
      TEST(mailboxes_that_drop_release_once),
      TEST(clones_are_freed_by_several_threads_at_once),
      TEST(several_threads_clone_one_message),
      TEST(a_release_may_call_sabir),
  };
  return RUN_TESTS(tests, argc, argv);
}
