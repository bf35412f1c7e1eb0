/* mailbox.h: mailboxes that drop, that bound bytes, and that tell when there is room; and messages with a deadline. What rejects and blocks
 * is in overflow_test.c, what sorts and stashes in inbox_test.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static sabir_pid spawn_with(sabir_system *system, probe *actor, const sabir_mailbox_options *mailbox) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  options.mailbox = mailbox;
  return probe_spawn(system, actor, &options);
}

/* Puts the actor into a handler that waits for its gate; its message is out of the mailbox then. */
static void occupy(sabir_system *system, sabir_pid pid, probe *actor) {
  REQUIRE_OK(sabir_send_bytes(system, pid, PROBE_BLOCK, NULL, 0));
  take(&actor->entered);
}

/* The numbers of dead letters, in the order they were told. */
struct told {
  uint64_t numbers[64];
  uint64_t count;
  sabir_pid target;
};

static void tell(uintptr_t argument, sabir_pid target, int32_t cause, const sabir_message *message) {
  struct told *told = (struct told *)argument;
  (void)cause;
  if (sabir_message_size(message) == sizeof(uint64_t) && told->count < 64)
    memcpy(&told->numbers[told->count], sabir_message_data(message), sizeof(uint64_t));
  told->target = target;
  CHECK(sabir_message_ref(message) == 0);
  count(&told->count);
}

static void send_number(sabir_system *system, sabir_pid pid, uint64_t number) {
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_COUNT, &number, sizeof number));
}

static void drop_newest_makes_dead_letters_of_what_comes(bool watched) {
  enum { CAPACITY = 8, MESSAGES = 20 };
  sabir_system *system = make_system(1);
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  struct told told = {{0}, 0, 0};
  sabir_ref ref;
  uint64_t index;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  mailbox.capacity = CAPACITY;
  mailbox.overflow = SABIR_OVERFLOW_DROP_NEWEST;
  pid = spawn_with(system, &actor, &mailbox);
  if (watched) REQUIRE_OK(sabir_dead_letter_subscribe(system, tell, (uintptr_t)&told, NULL, &ref));
  occupy(system, pid, &actor);
  for (index = 0; index < MESSAGES; ++index) send_number(system, pid, index);
  CHECK(dead_letters_reach(system, SABIR_CAUSE_OVERFLOW, MESSAGES - CAPACITY));
  CHECK_NUMBER(dead_letters(system, SABIR_CAUSE_OVERFLOW), MESSAGES - CAPACITY);
  if (watched) {
    CHECK(reached(&told.count, MESSAGES - CAPACITY));
    for (index = 0; index < MESSAGES - CAPACITY; ++index) CHECK_NUMBER(told.numbers[index], CAPACITY + index);
    CHECK(told.target == pid);
  }
  sem_post(&actor.gate);
  CHECK(reached(&actor.received, 1 + CAPACITY));
  end_system(&system);
  CHECK_NUMBER(actor.received, 1 + CAPACITY);
  probe_end(&actor);
}

static void drop_newest_counts_and_tells(void) {
  drop_newest_makes_dead_letters_of_what_comes(false);
  drop_newest_makes_dead_letters_of_what_comes(true);
}

static void drop_newest_ends_asks_and_releases_memory(void) {
  sabir_system *system = make_system(1);
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  wrapped memory = {0, "dropped"};
  sabir_message *message = wrap_message(PROBE_COUNT, &memory), *reply = NULL;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  mailbox.capacity = 1;
  mailbox.overflow = SABIR_OVERFLOW_DROP_NEWEST;
  pid = spawn_with(system, &actor, &mailbox);
  occupy(system, pid, &actor);
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 0));
  CHECK_OK(sabir_send(system, pid, &message));
  CHECK(message == NULL);
  CHECK(reached(&memory.releases, 1));
  CHECK_STATUS(sabir_ask_bytes(system, pid, PROBE_ECHO, NULL, 0, PATIENCE_NS, &reply), SABIR_E_MAILBOX_FULL);
  sabir_message_destroy(&reply);
  sem_post(&actor.gate);
  end_system(&system);
  CHECK_NUMBER(memory.releases, 1);
  probe_end(&actor);
}

/* A subscriber that is slower than what is dropped: the sender is told, and memory stays bounded. */
static void tell_slowly(uintptr_t argument, sabir_pid target, int32_t cause, const sabir_message *message) {
  (void)target, (void)cause, (void)message;
  take((sem_t *)argument);
  sem_post((sem_t *)argument);
}

static void drop_newest_refuses_what_cannot_be_told(void) {
  enum { WAITING = 65536 };
  sabir_system *system = make_system(1);
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_status status = SABIR_OK;
  uint64_t accepted = 0;
  sabir_ref ref;
  sem_t gate;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  sem_init(&gate, 0, 0);
  mailbox.capacity = 1;
  mailbox.overflow = SABIR_OVERFLOW_DROP_NEWEST;
  pid = spawn_with(system, &actor, &mailbox);
  REQUIRE_OK(sabir_dead_letter_subscribe(system, tell_slowly, (uintptr_t)&gate, NULL, &ref));
  occupy(system, pid, &actor);
  while (status == SABIR_OK && accepted <= 2 * WAITING) {
    status = sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 0);
    accepted += status == SABIR_OK;
  }
  CHECK_STATUS(status, SABIR_E_MAILBOX_FULL);
  CHECK_NUMBER(accepted, 1 + WAITING);
  sem_post(&gate);
  sem_post(&actor.gate);
  end_system(&system);
  sem_destroy(&gate);
  probe_end(&actor);
}

static void drop_oldest_keeps_what_came_last(void) {
  enum { CAPACITY = 8, MESSAGES = 12 };
  sabir_system *system = make_system(1);
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  struct told told = {{0}, 0, 0};
  sabir_ref ref;
  uint64_t index;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  mailbox.capacity = CAPACITY;
  mailbox.overflow = SABIR_OVERFLOW_DROP_OLDEST;
  pid = spawn_with(system, &actor, &mailbox);
  REQUIRE_OK(sabir_dead_letter_subscribe(system, tell, (uintptr_t)&told, NULL, &ref));
  occupy(system, pid, &actor);
  for (index = 0; index < MESSAGES; ++index) send_number(system, pid, index);
  CHECK_NUMBER(counted(&told.count), 0);
  sem_post(&actor.gate);
  CHECK(reached(&actor.received, 1 + CAPACITY));
  CHECK_NUMBER(counted(&told.count), MESSAGES - CAPACITY);
  for (index = 0; index < MESSAGES - CAPACITY; ++index) CHECK_NUMBER(told.numbers[index], index);
  CHECK_NUMBER(dead_letters(system, SABIR_CAUSE_OVERFLOW), MESSAGES - CAPACITY);
  end_system(&system);
  probe_end(&actor);
}

static void drop_oldest_takes_twice_the_capacity(void) {
  enum { CAPACITY = 8 };
  sabir_system *system = make_system(1);
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  uint64_t index;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  mailbox.capacity = CAPACITY;
  mailbox.overflow = SABIR_OVERFLOW_DROP_OLDEST;
  pid = spawn_with(system, &actor, &mailbox);
  occupy(system, pid, &actor);
  for (index = 0; index < 2 * CAPACITY; ++index) send_number(system, pid, index);
  CHECK_STATUS(sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 0), SABIR_E_MAILBOX_FULL);
  sem_post(&actor.gate);
  CHECK(dead_letters_reach(system, SABIR_CAUSE_OVERFLOW, CAPACITY));
  CHECK(reached(&actor.received, 1 + CAPACITY));
  end_system(&system);
  probe_end(&actor);
}

/* Bytes: each message counts as its payload and 64. */
static void bytes_are_bounded(void) {
  enum { PAYLOAD = 1000, FITTING = 4 };
  static const char payload[PAYLOAD];
  sabir_system *system = make_system(1);
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_message *large = make_message(PROBE_COUNT, NULL, 0);
  uint64_t index, round;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  mailbox.capacity = SABIR_UNBOUNDED;
  mailbox.capacity_bytes = FITTING * (PAYLOAD + 64);
  pid = spawn_with(system, &actor, &mailbox);
  for (round = 0; round < 3; ++round) {
    occupy(system, pid, &actor);
    for (index = 0; index < FITTING; ++index) CHECK_OK(sabir_send_bytes(system, pid, PROBE_COUNT, payload, PAYLOAD));
    CHECK_STATUS(sabir_send_bytes(system, pid, PROBE_COUNT, payload, PAYLOAD), SABIR_E_MAILBOX_FULL);
    CHECK_STATUS(sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 0), SABIR_E_MAILBOX_FULL);
    sem_post(&actor.gate);
    CHECK(reached(&actor.received, (round + 1) * (1 + FITTING)));
  }
  sabir_message_destroy(&large);
  REQUIRE_OK(sabir_message_create(PROBE_COUNT, FITTING * (PAYLOAD + 64) - 63, &large));
  CHECK_STATUS(sabir_send(system, pid, &large), SABIR_E_TOO_BIG);
  CHECK(large != NULL);
  sabir_message_destroy(&large);
  end_system(&system);
  probe_end(&actor);
}

/* A cell's budget is as good for its next actor, also where the last one died with a full mailbox. */
static void bytes_of_the_dead_are_given_back(void) {
  static const char payload[1000];
  sabir_system *system;
  sabir_system_options small = SABIR_SYSTEM_OPTIONS_INIT;
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  int round;
  small.workers = 1;
  small.max_actors = 2;
  system = make_system_with(&small);
  mailbox.capacity_bytes = 4 * (sizeof payload + 64);
  for (round = 0; round < 8; ++round) {
    probe actor;
    sabir_pid pid;
    int index;
    probe_init(&actor);
    pid = spawn_with(system, &actor, round % 3 == 2 ? NULL : &mailbox);
    occupy(system, pid, &actor);
    for (index = 0; index < 4; ++index) CHECK_OK(sabir_send_bytes(system, pid, PROBE_COUNT, payload, sizeof payload));
    CHECK_OK(sabir_actor_stop(system, pid));
    sem_post(&actor.gate);
    probe_wait_dropped(&actor);
    CHECK_NUMBER(actor.received, 1);
    probe_end(&actor);
  }
  CHECK(dead_letters_reach(system, SABIR_CAUSE_STOPPED, 4 * 8));
  end_system(&system);
}

struct blocked {
  sabir_system *system;
  sabir_pid pid;
  int number;
  sabir_status status;
};

static void *send_blocked(void *argument) {
  static const char payload[1000];
  struct blocked *blocked = (struct blocked *)argument;
  __atomic_store_n(&blocked->number, thread_number(), __ATOMIC_SEQ_CST);
  blocked->status = sabir_send_bytes(blocked->system, blocked->pid, PROBE_COUNT, payload, sizeof payload);
  return NULL;
}

static void a_thread_waits_for_bytes(void) {
  static const char payload[1000];
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  struct blocked blocked = {NULL, 0, 0, SABIR_OK};
  pthread_t thread;
  probe actor;
  blocked.system = make_system(1);
  probe_init(&actor);
  mailbox.capacity = SABIR_UNBOUNDED;
  mailbox.overflow = SABIR_OVERFLOW_BLOCK;
  mailbox.capacity_bytes = 2 * (sizeof payload + 64);
  blocked.pid = spawn_with(blocked.system, &actor, &mailbox);
  occupy(blocked.system, blocked.pid, &actor);
  CHECK_OK(sabir_send_bytes(blocked.system, blocked.pid, PROBE_COUNT, payload, sizeof payload));
  CHECK_OK(sabir_send_bytes(blocked.system, blocked.pid, PROBE_COUNT, payload, sizeof payload));
  thread = start_thread(send_blocked, &blocked);
  CHECK(falls_asleep(&blocked.number));
  sem_post(&actor.gate);
  join_thread(thread);
  CHECK_OK(blocked.status);
  CHECK(reached(&actor.received, 4));
  end_system(&blocked.system);
  probe_end(&actor);
}

/* Notices of room. */
struct awaiting {
  sabir_pid to;
  sabir_ref ref;
};

static sabir_status await_room(sabir_context *context, sabir_message **message, void *argument) {
  struct awaiting *awaiting = (struct awaiting *)argument;
  (void)message;
  CHECK_STATUS(sabir_context_notify_writable(context, awaiting->to, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_notify_writable(context, 0, &awaiting->ref), SABIR_E_NO_ACTOR);
  return sabir_context_notify_writable(context, awaiting->to, &awaiting->ref);
}

/* An actor that forwards notices of room to a port. */
static sabir_status forward_notice(sabir_context *context, uintptr_t state, sabir_message **message) {
  if (sabir_message_kind(*message) == SABIR_KIND_MESSAGE) {
    struct awaiting *awaiting;
    memcpy(&awaiting, sabir_message_data(*message), sizeof awaiting);
    return await_room(context, message, awaiting);
  }
  CHECK_NUMBER((uint64_t)sabir_message_kind(*message), SABIR_KIND_WRITABLE);
  {
    const uint64_t told[2] = {sabir_message_ref(*message), sabir_message_sender(*message)};
    return sabir_context_send_bytes(context, (sabir_pid)state, 1, told, sizeof told);
  }
}

static void an_actor_is_told_of_room(void) {
  enum { CAPACITY = 8 };
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("notified");
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_system *system = make_system(1);
  sabir_behavior *behavior = NULL;
  sabir_port *port = NULL;
  sabir_message *message = NULL;
  struct awaiting awaiting = {0, 0}, *pointer = &awaiting;
  sabir_executor_options threads = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_executor *executor = NULL;
  sabir_spawn_options receiver_options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_pid sender;
  uint64_t told[2] = {0, 0};
  int index;
  probe actor;
  probe_init(&actor);
  REQUIRE_OK(sabir_port_create(system, NULL, &port, NULL));
  threads.kind = SABIR_EXECUTOR_THREADS;
  REQUIRE_OK(sabir_executor_create(system, &threads, &executor, NULL));
  mailbox.capacity = CAPACITY;
  mailbox.low_watermark = 2;
  receiver_options.mailbox = &mailbox;
  receiver_options.executor = executor;
  awaiting.to = probe_spawn(system, &actor, &receiver_options);
  callbacks.receive = forward_notice;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  options.argument = (uintptr_t)sabir_port_pid(port);
  REQUIRE_OK(sabir_spawn(system, behavior, &options, &sender, NULL));
  occupy(system, awaiting.to, &actor);
  for (index = 0; index < CAPACITY; ++index)
    CHECK_OK(sabir_send_bytes(system, awaiting.to, index == 6 ? PROBE_BLOCK : PROBE_COUNT, NULL, 0));
  CHECK_STATUS(sabir_send_bytes(system, awaiting.to, PROBE_COUNT, NULL, 0), SABIR_E_MAILBOX_FULL);
  CHECK_OK(sabir_send_bytes(system, sender, 1, &pointer, sizeof pointer));
  CHECK_STATUS(sabir_port_receive(port, 20 * MILLISECOND_NS, &message), SABIR_E_TIMEOUT); /* not while it is full */
  sem_post(&actor.gate); /* 6 are handled, and it is held at the seventh: 1 is left */
  CHECK_OK(sabir_port_receive(port, PATIENCE_NS, &message));
  memcpy(told, sabir_message_data(message), sizeof told);
  CHECK(told[0] == awaiting.ref && told[0] != 0);
  CHECK(told[1] == awaiting.to);
  sabir_message_destroy(&message);
  sem_post(&actor.gate);
  /* With room already, at once; and at the receiver's end. */
  CHECK(reached(&actor.received, 1 + CAPACITY));
  CHECK_OK(sabir_send_bytes(system, sender, 1, &pointer, sizeof pointer));
  CHECK_OK(sabir_port_receive(port, PATIENCE_NS, &message));
  sabir_message_destroy(&message);
  sabir_behavior_destroy(&behavior);
  sabir_port_destroy(&port);
  end_system(&system);
  CHECK_OK(sabir_executor_destroy(&executor));
  probe_end(&actor);
}

static void a_port_is_told_of_room_and_of_the_end(void) {
  sabir_system *system = make_system(1);
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_port *port = NULL;
  sabir_message *message = NULL;
  sabir_ref ref = 7, told;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  REQUIRE_OK(sabir_port_create(system, NULL, &port, NULL));
  mailbox.capacity = 2;
  pid = spawn_with(system, &actor, &mailbox);
  CHECK_STATUS(sabir_port_notify_writable(port, pid, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_port_notify_writable(port, 0, &ref), SABIR_E_NO_ACTOR);
  CHECK(ref == 0);
  CHECK_STATUS(sabir_port_notify_writable(NULL, pid, &ref), SABIR_E_INVALID);
  occupy(system, pid, &actor);
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 0));
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 0));
  CHECK_OK(sabir_port_notify_writable(port, pid, &ref));
  CHECK_STATUS(sabir_port_receive(port, 0, &message), SABIR_E_TIMEOUT);
  CHECK_OK(sabir_actor_kill(system, pid));
  sem_post(&actor.gate);
  CHECK_OK(sabir_port_receive(port, PATIENCE_NS, &message));
  CHECK_NUMBER((uint64_t)sabir_message_kind(message), SABIR_KIND_WRITABLE);
  told = sabir_message_ref(message);
  CHECK(told == ref);
  CHECK(sabir_message_sender(message) == pid);
  sabir_message_destroy(&message);
  CHECK(becomes_dead(system, pid));
  CHECK_STATUS(sabir_port_notify_writable(port, pid, &ref), SABIR_E_DEAD);
  sabir_port_destroy(&port);
  end_system(&system);
  probe_end(&actor);
}

/* Deadlines. */
static sabir_message *make_lasting(uint64_t number, uint64_t timeout_ns) {
  sabir_message *message = make_message(PROBE_COUNT, &number, sizeof number);
  CHECK_OK(sabir_message_set_deadline(message, timeout_ns));
  CHECK(sabir_message_ref(message) == 0);
  return message;
}

static void what_is_not_begun_by_its_deadline_is_a_dead_letter(void) {
  sabir_system *system = make_system(1);
  sabir_message *soon = make_lasting(1, MILLISECOND_NS), *late = make_lasting(2, 2 * PATIENCE_NS), *never = make_lasting(3, SABIR_FOREVER);
  struct told told = {{0}, 0, 0};
  sabir_ref ref;
  uint64_t until_ns;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  REQUIRE_OK(sabir_dead_letter_subscribe(system, tell, (uintptr_t)&told, NULL, &ref));
  pid = probe_spawn(system, &actor, NULL);
  occupy(system, pid, &actor);
  CHECK_OK(sabir_send(system, pid, &soon));
  CHECK_OK(sabir_send(system, pid, &late));
  CHECK_OK(sabir_send(system, pid, &never));
  for (until_ns = now_ns() + 2 * MILLISECOND_NS; now_ns() < until_ns;) continue;
  sem_post(&actor.gate);
  CHECK(reached(&actor.received, 3));
  CHECK_NUMBER(counted(&told.count), 1);
  CHECK_NUMBER(told.numbers[0], 1);
  CHECK_NUMBER(dead_letters(system, SABIR_CAUSE_EXPIRED), 1);
  end_system(&system);
  CHECK_NUMBER(actor.received, 3);
  probe_end(&actor);
}

/* If it began when it was set, no try would ever do; a machine that is busy may need some. */
static void a_deadline_begins_at_the_send(void) {
  const uint64_t deadline_ns = 50 * MILLISECOND_NS;
  sabir_system *system = make_system(1);
  uint64_t tries, until_ns;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  for (tries = 1; counted(&actor.received) == 0 && tries < 100; ++tries) {
    sabir_message *message = make_lasting(1, deadline_ns);
    for (until_ns = now_ns() + deadline_ns; now_ns() < until_ns;) continue;
    CHECK_OK(sabir_send(system, pid, &message));
    while (counted(&actor.received) == 0 && dead_letters(system, SABIR_CAUSE_EXPIRED) < tries) continue;
  }
  CHECK_NUMBER(counted(&actor.received), 1);
  end_system(&system);
  probe_end(&actor);
}

static void an_expired_message_is_not_read_from_a_port(void) {
  sabir_system *system = make_system(1);
  sabir_message *soon = make_lasting(1, 1), *late = make_lasting(2, PATIENCE_NS), *message = NULL;
  sabir_port *port = NULL;
  uint64_t number = 0;
  REQUIRE_OK(sabir_port_create(system, NULL, &port, NULL));
  CHECK_OK(sabir_send(system, sabir_port_pid(port), &soon));
  CHECK_OK(sabir_send(system, sabir_port_pid(port), &late));
  CHECK_OK(sabir_port_receive(port, PATIENCE_NS, &message));
  memcpy(&number, sabir_message_data(message), sizeof number);
  CHECK_NUMBER(number, 2);
  CHECK(sabir_message_ref(message) == 0);
  sabir_message_destroy(&message);
  CHECK(dead_letters_reach(system, SABIR_CAUSE_EXPIRED, 1));
  sabir_port_destroy(&port);
  end_system(&system);
}

static void an_ask_ends_at_its_messages_deadline(void) {
  sabir_system *system = make_system(1);
  sabir_message *message = make_message(PROBE_ECHO, NULL, 0), *reply = NULL;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  occupy(system, pid, &actor);
  CHECK_OK(sabir_message_set_deadline(message, MILLISECOND_NS));
  CHECK_STATUS(sabir_ask(system, pid, &message, SABIR_FOREVER, &reply), SABIR_E_TIMEOUT);
  sabir_message_destroy(&reply);
  sem_post(&actor.gate);
  CHECK(reached(&actor.received, 2)); /* the question comes all the same: whoever asked waits no more */
  end_system(&system);
  probe_end(&actor);
}

static sabir_status set_on_an_ask(sabir_context *context, sabir_message **message, void *argument) {
  (void)context, (void)argument;
  CHECK_STATUS(sabir_message_set_deadline(*message, SECOND_NS), SABIR_E_INVALID);
  return SABIR_OK;
}

static void deadlines_and_priorities_check_their_arguments(void) {
  sabir_system *system = make_system(1);
  sabir_message *message = make_message(1, NULL, 0), *reply = NULL;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_STATUS(sabir_message_set_deadline(NULL, 1), SABIR_E_INVALID);
  CHECK_STATUS(sabir_message_set_deadline(message, UINT64_C(1) << 63), SABIR_E_INVALID);
  CHECK_OK(sabir_message_set_deadline(message, 0));
  CHECK_STATUS(sabir_message_set_priority(NULL, 0), SABIR_E_INVALID);
  CHECK_STATUS(sabir_message_set_priority(message, SABIR_PRIORITY_CRITICAL + 1), SABIR_E_INVALID);
  CHECK_NUMBER(sabir_message_priority(message), SABIR_PRIORITY_NORMAL);
  CHECK_OK(sabir_message_set_priority(message, SABIR_PRIORITY_HIGH));
  CHECK_NUMBER(sabir_message_priority(message), SABIR_PRIORITY_HIGH);
  CHECK_NUMBER(sabir_message_priority(NULL), SABIR_PRIORITY_NORMAL);
  sabir_message_destroy(&message);
  message = inside_message(set_on_an_ask, NULL);
  CHECK_STATUS(sabir_ask(system, pid, &message, PATIENCE_NS, &reply), SABIR_E_UNANSWERED);
  sabir_message_destroy(&reply);
  end_system(&system);
  probe_end(&actor);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(drop_newest_counts_and_tells),
      TEST(drop_newest_ends_asks_and_releases_memory),
      TEST(drop_newest_refuses_what_cannot_be_told),
      TEST(drop_oldest_keeps_what_came_last),
      TEST(drop_oldest_takes_twice_the_capacity),
      TEST(bytes_are_bounded),
      TEST(bytes_of_the_dead_are_given_back),
      TEST(a_thread_waits_for_bytes),
      TEST(an_actor_is_told_of_room),
      TEST(a_port_is_told_of_room_and_of_the_end),
      TEST(what_is_not_begun_by_its_deadline_is_a_dead_letter),
      TEST(a_deadline_begins_at_the_send),
      TEST(an_expired_message_is_not_read_from_a_port),
      TEST(an_ask_ends_at_its_messages_deadline),
      TEST(deadlines_and_priorities_check_their_arguments),
  };
  return RUN_TESTS(tests, argc, argv);
}
