/* port.h: mailboxes that a thread reads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static sabir_port *make_port(sabir_system *system, const sabir_mailbox_options *mailbox) {
  sabir_port *port = NULL;
  REQUIRE_OK(sabir_port_create(system, mailbox, &port, NULL));
  REQUIRE(port != NULL);
  CHECK(sabir_port_pid(port) != 0);
  return port;
}

static void create_checks_its_arguments(void) {
  sabir_system *system = make_system(1);
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_port *port = (sabir_port *)&port;
  sabir_error *error = NULL;
  CHECK_STATUS(sabir_port_create(system, NULL, NULL, &error), SABIR_E_INVALID);
  CHECK_CONTAINS(sabir_error_message(error), "port");
  sabir_error_destroy(&error);
  mailbox.struct_size = 0;
  CHECK_STATUS(sabir_port_create(system, &mailbox, &port, &error), SABIR_E_OPTION);
  CHECK(port == NULL);
  CHECK_CONTAINS(sabir_error_message(error), "struct_size");
  sabir_error_destroy(&error);
  sabir_mailbox_options_init(&mailbox, sizeof mailbox);
  mailbox.overflow = 7;
  CHECK_STATUS(sabir_port_create(system, &mailbox, &port, &error), SABIR_E_INVALID);
  CHECK_CONTAINS(sabir_error_message(error), "overflow");
  sabir_error_destroy(&error);
  end_system(&system);
}

static void takes_the_oldest_message(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = make_port(system, NULL);
  sabir_message *message = NULL;
  uint64_t number;
  for (number = 0; number < 100; ++number) CHECK_OK(sabir_send_bytes(system, sabir_port_pid(port), 5, &number, sizeof number));
  for (number = 0; number < 100; ++number) {
    CHECK_OK(sabir_port_receive(port, 0, &message));
    REQUIRE(message != NULL);
    CHECK_NUMBER(sabir_message_type(message), 5);
    CHECK(memcmp(sabir_message_data(message), &number, sizeof number) == 0);
    sabir_message_destroy(&message);
  }
  CHECK_STATUS(sabir_port_receive(port, 0, &message), SABIR_E_TIMEOUT);
  CHECK(message == NULL);
  CHECK_NUMBER(counters_of(system).handled, 100);
  sabir_port_destroy(&port);
  end_system(&system);
}

static void what_is_received_is_the_callers(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = make_port(system, NULL);
  wrapped memory = {0, "owned"};
  sabir_message *message = wrap_message(1, &memory), *received = NULL;
  CHECK_OK(sabir_send(system, sabir_port_pid(port), &message));
  CHECK_OK(sabir_port_receive(port, PATIENCE_NS, &received));
  sabir_port_destroy(&port);
  end_system(&system);
  CHECK_NUMBER(counted(&memory.releases), 0);
  CHECK(sabir_message_data_mut(received) == memory.bytes);
  sabir_message_destroy(&received);
  CHECK_NUMBER(counted(&memory.releases), 1);
}

static void what_is_received_may_be_sent_on(void) {
  sabir_system *system = make_system(1);
  sabir_port *first = make_port(system, NULL), *second = make_port(system, NULL);
  sabir_message *message = make_message(1, "abc", 3);
  const void *data = sabir_message_data(message);
  int round;
  CHECK_OK(sabir_send(system, sabir_port_pid(first), &message));
  for (round = 0; round < 100; ++round) {
    CHECK_OK(sabir_port_receive(first, PATIENCE_NS, &message));
    CHECK_OK(sabir_send(system, sabir_port_pid(second), &message));
    CHECK_OK(sabir_port_receive(second, PATIENCE_NS, &message));
    CHECK(sabir_message_data(message) == data);
    CHECK_OK(sabir_send(system, sabir_port_pid(first), &message));
  }
  sabir_port_destroy(&first);
  sabir_port_destroy(&second);
  end_system(&system);
}

static void receive_ends_at_its_timeout_and_never_early(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = make_port(system, NULL);
  sabir_message *message = (sabir_message *)&message;
  const uint64_t timeout_ns = 20 * MILLISECOND_NS, begin_ns = now_ns();
  CHECK_STATUS(sabir_port_receive(port, timeout_ns, &message), SABIR_E_TIMEOUT);
  CHECK(message == NULL);
  CHECK(now_ns() - begin_ns >= timeout_ns);
  CHECK_STATUS(sabir_port_receive(port, 0, NULL), SABIR_E_INVALID);
  sabir_port_destroy(&port);
  end_system(&system);
}

static sabir_status echo_to_sender(sabir_context *context, uintptr_t state, sabir_message **message) {
  (void)state;
  return sabir_context_send(context, *(const sabir_pid *)sabir_message_data(*message), message);
}

static void actors_send_to_a_port_as_to_an_actor(void) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("to port");
  sabir_system *system = make_system(1);
  sabir_port *port = make_port(system, NULL);
  const sabir_pid port_pid = sabir_port_pid(port);
  sabir_behavior *behavior = NULL;
  sabir_message *message = NULL;
  sabir_pid pid = 0;
  int round;
  callbacks.receive = echo_to_sender;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  REQUIRE_OK(sabir_spawn(system, behavior, NULL, &pid, NULL));
  for (round = 0; round < 200; ++round) {
    CHECK_OK(sabir_send_bytes(system, pid, 3, &port_pid, sizeof port_pid));
    CHECK_OK(sabir_port_receive(port, PATIENCE_NS, &message));
    CHECK_NUMBER(sabir_message_sender(message), pid);
    sabir_message_destroy(&message);
  }
  sabir_behavior_destroy(&behavior);
  sabir_port_destroy(&port);
  end_system(&system);
}

/* One reader of a port that others read too. */
struct reader {
  sabir_port *port;
  uint64_t *seen; /* one counter per message */
  uint64_t received, woken;
  int number; /* of its thread */
  sabir_status last;
};

static void *read_all(void *argument) {
  struct reader *reader = (struct reader *)argument;
  __atomic_store_n(&reader->number, thread_number(), __ATOMIC_SEQ_CST);
  for (;;) {
    sabir_message *message = NULL;
    reader->last = sabir_port_receive(reader->port, PATIENCE_NS, &message);
    if (reader->last == SABIR_E_WOKEN) {
      count(&reader->woken);
      return NULL;
    }
    if (reader->last != SABIR_OK) return NULL;
    count(&reader->seen[*(const uint64_t *)sabir_message_data(message)]);
    count(&reader->received);
    sabir_message_destroy(&message);
  }
}

static void several_readers_share_a_port(void) {
  enum { READERS = 4, MESSAGES = 5000 };
  static uint64_t seen[MESSAGES];
  sabir_system *system = make_system(1);
  sabir_port *port = make_port(system, NULL);
  struct reader readers[READERS];
  pthread_t threads[READERS];
  uint64_t number, woken = 0;
  size_t index;
  memset(seen, 0, sizeof seen);
  memset(readers, 0, sizeof readers);
  for (index = 0; index < READERS; ++index) {
    readers[index].port = port;
    readers[index].seen = seen;
    threads[index] = start_thread(read_all, &readers[index]);
  }
  for (number = 0; number < MESSAGES; ++number) CHECK_OK(sabir_send_bytes(system, sabir_port_pid(port), 1, &number, sizeof number));
  for (number = 0; number < MESSAGES; ++number) CHECK(reached(&seen[number], 1));
  for (index = 0; index < READERS; ++index) CHECK_OK(sabir_port_wake(port));
  for (index = 0; index < READERS; ++index) {
    join_thread(threads[index]);
    CHECK_STATUS(readers[index].last, SABIR_E_WOKEN);
    woken += readers[index].woken;
  }
  CHECK_NUMBER(woken, READERS);
  for (number = 0; number < MESSAGES; ++number) CHECK_NUMBER(seen[number], 1);
  sabir_port_destroy(&port);
  end_system(&system);
}

static void a_wake_up_waits_for_the_next_that_would_wait(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = make_port(system, NULL);
  sabir_message *message = NULL;
  CHECK_OK(sabir_port_wake(port));
  CHECK_STATUS(sabir_port_receive(port, PATIENCE_NS, &message), SABIR_E_WOKEN);
  CHECK(message == NULL);
  CHECK_STATUS(sabir_port_receive(port, MILLISECOND_NS, &message), SABIR_E_TIMEOUT);
  sabir_port_destroy(&port);
  end_system(&system);
}

static bool any_woken(void *argument) {
  const struct reader *readers = (const struct reader *)argument;
  return counted(&readers[0].woken) + counted(&readers[1].woken) + counted(&readers[2].woken) > 0;
}

static void a_wake_up_wakes_one_reader(void) {
  enum { READERS = 3 };
  sabir_system *system = make_system(1);
  sabir_port *port = make_port(system, NULL);
  struct reader readers[READERS];
  pthread_t threads[READERS];
  size_t index;
  memset(readers, 0, sizeof readers);
  for (index = 0; index < READERS; ++index) {
    readers[index].port = port;
    threads[index] = start_thread(read_all, &readers[index]);
    CHECK(falls_asleep(&readers[index].number));
  }
  CHECK_OK(sabir_port_wake(port));
  CHECK(eventually(any_woken, readers));
  for (index = 0; index < READERS; ++index)
    if (counted(&readers[index].woken) == 0) CHECK(falls_asleep(&readers[index].number));
  CHECK_NUMBER(counted(&readers[0].woken) + counted(&readers[1].woken) + counted(&readers[2].woken), 1);
  CHECK_OK(sabir_port_wake(port));
  CHECK_OK(sabir_port_wake(port));
  for (index = 0; index < READERS; ++index) {
    join_thread(threads[index]);
    CHECK_STATUS(readers[index].last, SABIR_E_WOKEN);
  }
  sabir_port_destroy(&port);
  end_system(&system);
}

static void a_closed_port_wakes_its_readers(void) {
  enum { READERS = 3 };
  sabir_system *system = make_system(1);
  sabir_port *port = make_port(system, NULL);
  struct reader readers[READERS];
  pthread_t threads[READERS];
  size_t index;
  memset(readers, 0, sizeof readers);
  for (index = 0; index < READERS; ++index) {
    readers[index].port = port;
    threads[index] = start_thread(read_all, &readers[index]);
  }
  for (index = 0; index < READERS; ++index) CHECK(falls_asleep(&readers[index].number));
  sabir_port_destroy(&port);
  for (index = 0; index < READERS; ++index) {
    join_thread(threads[index]);
    CHECK_STATUS(readers[index].last, SABIR_E_CLOSED);
  }
  end_system(&system);
}

static void a_shut_down_system_closes_its_ports(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = make_port(system, NULL), *gone = port;
  struct reader reader = {0};
  sabir_message *message = NULL;
  pthread_t thread;
  CHECK_OK(sabir_send_bytes(system, sabir_port_pid(port), 1, &(uint64_t){0}, 8));
  reader.port = port;
  reader.seen = (uint64_t[1]){0};
  thread = start_thread(read_all, &reader);
  CHECK(reached(&reader.received, 1));
  CHECK_OK(sabir_system_shutdown(system, PATIENCE_NS, NULL));
  join_thread(thread);
  CHECK_STATUS(reader.last, SABIR_E_CLOSED);
  CHECK_STATUS(sabir_port_receive(port, PATIENCE_NS, &message), SABIR_E_CLOSED);
  CHECK_STATUS(sabir_port_receive(port, 0, &message), SABIR_E_CLOSED);
  CHECK_STATUS(sabir_port_wake(port), SABIR_E_CLOSED);
  end_system(&system);
  sabir_port_destroy(&port);
  CHECK_STATUS(sabir_port_retain(gone), SABIR_E_HANDLE);
  CHECK_NUMBER(sabir_port_pid(gone), 0);
}

static void references_are_counted(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = make_port(system, NULL), *other = port, *gone = port;
  sabir_message *message = NULL;
  const sabir_pid pid = sabir_port_pid(port);
  CHECK_OK(sabir_port_retain(port));
  sabir_port_destroy(&port);
  CHECK(port == NULL);
  CHECK_OK(sabir_send_bytes(system, pid, 1, NULL, 0));
  CHECK_OK(sabir_port_receive(other, 0, &message));
  sabir_message_destroy(&message);
  sabir_port_destroy(&other);
  CHECK_STATUS(sabir_send_bytes(system, pid, 1, NULL, 0), SABIR_E_DEAD);
  CHECK_STATUS(sabir_actor_status(system, pid), SABIR_E_DEAD);
  CHECK_NUMBER(sabir_port_pid(gone), 0);
  CHECK_NUMBER(sabir_port_pid(NULL), 0);
  CHECK_STATUS(sabir_port_receive(gone, 0, &message), SABIR_E_HANDLE);
  end_system(&system);
}

/* Cells are used again, and the runner of an earlier life may still be at one: that must not show. */
static void a_destroyed_port_is_dead_at_once(void) {
  enum { ROUNDS = 2000 };
  sabir_system *system = make_system(2);
  int round;
  for (round = 0; round < ROUNDS; ++round) {
    sabir_port *port = make_port(system, NULL);
    const sabir_pid pid = sabir_port_pid(port);
    probe actor;
    probe_init(&actor);
    if (round % 4 == 0) CHECK_OK(sabir_actor_kill(system, probe_spawn(system, &actor, NULL)));
    CHECK_OK(sabir_send_bytes(system, pid, 1, NULL, 0));
    sabir_port_destroy(&port);
    CHECK_STATUS(sabir_actor_status(system, pid), SABIR_E_DEAD);
    CHECK_STATUS(sabir_send_bytes(system, pid, 1, NULL, 0), SABIR_E_DEAD);
    if (round % 4 == 0) take(&actor.dropped);
    probe_end(&actor);
  }
  end_system(&system);
}

static void what_a_closed_port_held_becomes_dead_letters(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = make_port(system, NULL);
  wrapped memory = {0, "unread"};
  sabir_message *message = wrap_message(1, &memory);
  CHECK_OK(sabir_send(system, sabir_port_pid(port), &message));
  CHECK_OK(sabir_send_bytes(system, sabir_port_pid(port), 1, NULL, 0));
  sabir_port_destroy(&port);
  CHECK(dead_letters_reach(system, SABIR_CAUSE_PORT_CLOSED, 2));
  CHECK_NUMBER(counted(&memory.releases), 1);
  end_system(&system);
  CHECK_NUMBER(counted(&memory.releases), 1);
}

static void what_an_open_port_holds_at_shutdown_becomes_dead_letters(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = make_port(system, NULL);
  CHECK_OK(sabir_send_bytes(system, sabir_port_pid(port), 1, NULL, 0));
  CHECK_OK(sabir_system_shutdown(system, PATIENCE_NS, NULL));
  CHECK_NUMBER(dead_letters(system, SABIR_CAUSE_ANY), 1);
  end_system(&system);
  sabir_port_destroy(&port);
}

static void a_full_port_refuses(void) {
  sabir_system *system = make_system(1);
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_port *port;
  sabir_message *message = NULL;
  mailbox.capacity = 2;
  port = make_port(system, &mailbox);
  CHECK_OK(sabir_send_bytes(system, sabir_port_pid(port), 1, NULL, 0));
  CHECK_OK(sabir_send_bytes(system, sabir_port_pid(port), 2, NULL, 0));
  CHECK_STATUS(sabir_send_bytes(system, sabir_port_pid(port), 3, NULL, 0), SABIR_E_MAILBOX_FULL);
  CHECK_OK(sabir_port_receive(port, 0, &message));
  CHECK_NUMBER(sabir_message_type(message), 1);
  sabir_message_destroy(&message);
  CHECK_OK(sabir_send_bytes(system, sabir_port_pid(port), 4, NULL, 0));
  sabir_port_destroy(&port);
  end_system(&system);
}

/* Asks from the port, and expects an answer of that kind and status; the caller's to destroy. */
static sabir_message *ask_from_port(sabir_port *port, sabir_pid to, sabir_message *message, uint64_t timeout_ns, int32_t kind,
                                    sabir_status status) {
  sabir_message *answer = NULL;
  sabir_ref ref = 0;
  CHECK_OK(sabir_port_ask(port, to, &message, timeout_ns, &ref));
  CHECK(message == NULL);
  CHECK(ref != 0);
  REQUIRE_OK(sabir_port_receive(port, PATIENCE_NS, &answer));
  CHECK_NUMBER((uint32_t)sabir_message_kind(answer), (uint32_t)kind);
  CHECK_STATUS(sabir_message_status(answer), status);
  CHECK_NUMBER(sabir_message_ref(answer), ref);
  return answer;
}

static void a_full_port_that_drops_its_oldest_keeps_the_newest(void) {
  enum { CAPACITY = 3, SENT = 6 };
  sabir_system *system = make_system(1);
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_message *message = NULL;
  sabir_port *port;
  uint64_t number;
  mailbox.capacity = CAPACITY;
  mailbox.overflow = SABIR_OVERFLOW_DROP_OLDEST;
  port = make_port(system, &mailbox);
  for (number = 0; number < SENT; ++number) CHECK_OK(sabir_send_bytes(system, sabir_port_pid(port), 5, &number, sizeof number));
  CHECK_STATUS(sabir_send_bytes(system, sabir_port_pid(port), 5, &number, sizeof number), SABIR_E_MAILBOX_FULL); /* twice the bound */
  for (number = SENT - CAPACITY; number < SENT; ++number) {
    REQUIRE_OK(sabir_port_receive(port, 0, &message));
    CHECK_NUMBER(*(const uint64_t *)sabir_message_data(message), number);
    sabir_message_destroy(&message);
  }
  CHECK_STATUS(sabir_port_receive(port, 0, &message), SABIR_E_TIMEOUT);
  CHECK(dead_letters_reach(system, SABIR_CAUSE_OVERFLOW, SENT - CAPACITY));
  sabir_port_destroy(&port);
  end_system(&system);
}

static void answers_arrive_at_the_port(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = make_port(system, NULL);
  sabir_message *answer;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  answer = ask_from_port(port, pid, make_message(PROBE_ECHO, "hello", 5), 0, SABIR_KIND_REPLY, SABIR_OK);
  CHECK(memcmp(sabir_message_data(answer), "hello", 5) == 0);
  CHECK_NUMBER(sabir_message_sender(answer), pid);
  sabir_message_destroy(&answer);
  answer = ask_from_port(port, pid, make_message(PROBE_UNHANDLED, NULL, 0), SABIR_FOREVER, SABIR_KIND_FAILURE, SABIR_E_UNHANDLED);
  sabir_message_destroy(&answer);
  answer = ask_from_port(port, pid, make_message(PROBE_COUNT, NULL, 0), SABIR_FOREVER, SABIR_KIND_FAILURE, SABIR_E_UNANSWERED);
  sabir_message_destroy(&answer);
  answer = ask_from_port(port, pid, make_message(PROBE_KEEP, NULL, 0), MILLISECOND_NS, SABIR_KIND_FAILURE, SABIR_E_TIMEOUT);
  sabir_message_destroy(&answer);
  answer = ask_from_port(port, pid, make_message(PROBE_CRASH, NULL, 0), SABIR_FOREVER, SABIR_KIND_FAILURE, SABIR_E_CRASHED);
  CHECK_TEXT(sabir_exit_message(sabir_message_exit(answer)), PROBE_CRASH_TEXT);
  sabir_message_destroy(&answer);
  sabir_port_destroy(&port);
  end_system(&system);
  probe_end(&actor);
}

static void an_ask_that_fails_at_once_leaves_the_message(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = make_port(system, NULL);
  sabir_message *message = make_message(PROBE_ECHO, NULL, 0), *none = NULL;
  sabir_ref ref = 1;
  CHECK_STATUS(sabir_port_ask(port, 0, &message, 0, &ref), SABIR_E_NO_ACTOR);
  CHECK_NUMBER(ref, 0);
  CHECK(message != NULL);
  CHECK_STATUS(sabir_port_ask(port, sabir_port_pid(port), NULL, 0, &ref), SABIR_E_INVALID);
  CHECK_STATUS(sabir_port_ask(port, sabir_port_pid(port), &none, 0, &ref), SABIR_E_INVALID);
  CHECK_STATUS(sabir_port_ask(port, sabir_port_pid(port), &message, 0, NULL), SABIR_E_INVALID);
  CHECK(message != NULL);
  CHECK_STATUS(sabir_port_receive(port, 0, &none), SABIR_E_TIMEOUT);
  sabir_message_destroy(&message);
  sabir_port_destroy(&port);
  end_system(&system);
}

static void cancel_brings_nothing(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = make_port(system, NULL);
  sabir_message *message = make_message(PROBE_KEEP, NULL, 0), *answer = NULL;
  sabir_ref ref = 0;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_OK(sabir_port_ask(port, pid, &message, SABIR_FOREVER, &ref));
  take(&actor.entered);
  CHECK_OK(sabir_ask_cancel(system, ref));
  CHECK_STATUS(sabir_ask_cancel(system, ref), SABIR_E_NO_ASK);
  CHECK_STATUS(sabir_port_receive(port, 0, &answer), SABIR_E_TIMEOUT);
  sabir_port_destroy(&port);
  end_system(&system);
  probe_end(&actor);
}

static void the_open_asks_of_a_closed_port_end(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = make_port(system, NULL);
  sabir_message *message = make_message(PROBE_KEEP, NULL, 0);
  sabir_ref ref = 0;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_OK(sabir_port_ask(port, pid, &message, SABIR_FOREVER, &ref));
  take(&actor.entered);
  sabir_port_destroy(&port);
  CHECK_STATUS(sabir_ask_cancel(system, ref), SABIR_E_NO_ASK);
  end_system(&system);
  probe_end(&actor);
}

static void an_ask_to_a_port_ends_when_it_is_dropped_or_closed(void) {
  sabir_system *system = make_system(1);
  sabir_port *asked = make_port(system, NULL), *port = make_port(system, NULL);
  sabir_message *message = make_message(1, NULL, 0), *received = NULL, *answer = NULL;
  sabir_ref ref = 0;
  CHECK_OK(sabir_port_ask(port, sabir_port_pid(asked), &message, SABIR_FOREVER, &ref));
  CHECK_OK(sabir_port_receive(asked, PATIENCE_NS, &received));
  CHECK_NUMBER(sabir_message_ref(received), ref);
  sabir_message_destroy(&received);
  CHECK_OK(sabir_port_receive(port, PATIENCE_NS, &answer));
  CHECK_STATUS(sabir_message_status(answer), SABIR_E_UNANSWERED);
  sabir_message_destroy(&answer);
  message = make_message(1, NULL, 0);
  CHECK_OK(sabir_port_ask(port, sabir_port_pid(asked), &message, SABIR_FOREVER, &ref));
  sabir_port_destroy(&asked);
  CHECK_OK(sabir_port_receive(port, PATIENCE_NS, &answer));
  CHECK_STATUS(sabir_message_status(answer), SABIR_E_DEAD);
  sabir_message_destroy(&answer);
  sabir_port_destroy(&port);
  end_system(&system);
}

struct inside {
  sabir_port *port;
  sabir_status status;
};

static sabir_status receive_inside(sabir_context *context, sabir_message **message, void *argument) {
  struct inside *inside = (struct inside *)argument;
  sabir_message *received = NULL;
  (void)context, (void)message;
  CHECK_STATUS(sabir_port_receive(inside->port, 0, &received), SABIR_E_TIMEOUT);
  inside->status = sabir_port_receive(inside->port, MILLISECOND_NS, &received);
  return SABIR_OK;
}

static void a_worker_of_an_arena_may_not_wait(void) {
  sabir_system *system = make_system(1);
  sabir_executor_options executor_options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_executor *executor = NULL;
  struct inside inside;
  probe actor, blocking;
  sabir_pid pid;
  inside.port = make_port(system, NULL);
  probe_init(&actor);
  probe_init(&blocking);
  pid = probe_spawn(system, &actor, NULL);
  run_inside(system, pid, receive_inside, &inside);
  CHECK_STATUS(inside.status, SABIR_E_WOULD_DEADLOCK);
  executor_options.kind = SABIR_EXECUTOR_THREADS;
  REQUIRE_OK(sabir_executor_create(system, &executor_options, &executor, NULL));
  options.executor = executor;
  pid = probe_spawn(system, &blocking, &options);
  run_inside(system, pid, receive_inside, &inside);
  CHECK_STATUS(inside.status, SABIR_E_TIMEOUT);
  sabir_port_destroy(&inside.port);
  end_system(&system);
  CHECK_OK(sabir_executor_destroy(&executor));
  probe_end(&actor);
  probe_end(&blocking);
}

/* --- a closed port whose end is late --- */

enum { SENDERS = 2, OPENERS = 4, OPENED = TEST_SANITIZED ? 1000 : 8000 };

struct late_end {
  sabir_system *system;
  sabir_pid pids[OPENERS];
  uint64_t ended;
};
struct late_opener {
  struct late_end *scene;
  sabir_pid *pid;
};

static void *send_to_ports(void *argument) {
  struct late_end *scene = (struct late_end *)argument;
  unsigned turn = 0;
  while (counted(&scene->ended) == 0) {
    const sabir_pid pid = __atomic_load_n(&scene->pids[++turn % OPENERS], __ATOMIC_SEQ_CST);
    if (pid != 0) SABIR_IGNORE(sabir_send_bytes(scene->system, pid, 1, NULL, 0));
  }
  return NULL;
}

static void *open_and_close(void *argument) {
  const struct late_opener *self = (const struct late_opener *)argument;
  int round;
  for (round = 0; round < OPENED; ++round) {
    sabir_port *port = NULL;
    REQUIRE_OK(sabir_port_create(self->scene->system, NULL, &port, NULL));
    __atomic_store_n(self->pid, sabir_port_pid(port), __ATOMIC_SEQ_CST);
    sabir_port_destroy(&port);
  }
  return NULL;
}

/* A late sender may be the runner of a port's cell when that is closed. The port must not be opened again before it has ended: its new cell
 * was never left by its runner then. */
static void a_port_is_not_used_again_before_its_end(void) {
  struct late_end scene;
  struct late_opener openers[OPENERS];
  pthread_t threads[SENDERS + OPENERS];
  int index;
  memset(&scene, 0, sizeof scene);
  scene.system = make_system(1);
  for (index = 0; index < SENDERS; ++index) threads[index] = start_thread(send_to_ports, &scene);
  for (index = 0; index < OPENERS; ++index) {
    openers[index].scene = &scene;
    openers[index].pid = &scene.pids[index];
    threads[SENDERS + index] = start_thread(open_and_close, &openers[index]);
  }
  for (index = 0; index < OPENERS; ++index) join_thread(threads[SENDERS + index]);
  count(&scene.ended);
  for (index = 0; index < SENDERS; ++index) join_thread(threads[index]);
  end_system(&scene.system);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(create_checks_its_arguments),
      TEST(takes_the_oldest_message),
      TEST(what_is_received_is_the_callers),
      TEST(what_is_received_may_be_sent_on),
      TEST(receive_ends_at_its_timeout_and_never_early),
      TEST(actors_send_to_a_port_as_to_an_actor),
      TEST(several_readers_share_a_port),
      TEST(a_wake_up_waits_for_the_next_that_would_wait),
      TEST(a_wake_up_wakes_one_reader),
      TEST(a_closed_port_wakes_its_readers),
      TEST(a_shut_down_system_closes_its_ports),
      TEST(references_are_counted),
      TEST(a_destroyed_port_is_dead_at_once),
      TEST(what_a_closed_port_held_becomes_dead_letters),
      TEST(what_an_open_port_holds_at_shutdown_becomes_dead_letters),
      TEST(a_full_port_refuses),
      TEST(a_full_port_that_drops_its_oldest_keeps_the_newest),
      TEST(answers_arrive_at_the_port),
      TEST(an_ask_that_fails_at_once_leaves_the_message),
      TEST(cancel_brings_nothing),
      TEST(the_open_asks_of_a_closed_port_end),
      TEST(an_ask_to_a_port_ends_when_it_is_dropped_or_closed),
      TEST(a_worker_of_an_arena_may_not_wait),
      TEST(a_port_is_not_used_again_before_its_end),
  };
  return RUN_TESTS(tests, argc, argv);
}
