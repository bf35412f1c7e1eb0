/* actor.h: what a full mailbox does. Reject: the sender gets SABIR_E_MAILBOX_FULL. Block: a thread waits, an actor is muted.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static sabir_pid spawn_bounded(sabir_system *system, probe *actor, uint32_t capacity, uint32_t overflow, uint64_t block_timeout_ns) {
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  mailbox.capacity = capacity;
  mailbox.overflow = overflow;
  mailbox.block_timeout_ns = block_timeout_ns;
  options.mailbox = &mailbox;
  return probe_spawn(system, actor, &options);
}

/* Puts the actor into a handler that waits for its gate. */
static void occupy(sabir_system *system, sabir_pid pid, probe *actor) {
  REQUIRE_OK(sabir_send_bytes(system, pid, PROBE_BLOCK, NULL, 0));
  take(&actor->entered);
}

/* Sends until the mailbox is full; how many it took. The message in its handler may or may not count. */
static uint64_t fill(sabir_system *system, sabir_pid pid, uint64_t most) {
  uint64_t accepted = 0;
  sabir_status status = SABIR_OK;
  while (status == SABIR_OK && accepted <= most) {
    status = sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 0);
    accepted += status == SABIR_OK;
  }
  CHECK_STATUS(status, SABIR_E_MAILBOX_FULL);
  return accepted;
}

static void reject_refuses_and_leaves_the_message(void) {
  enum { CAPACITY = 8 };
  sabir_system *system = make_system(1);
  wrapped memory = {0, "refused"};
  sabir_message *message = wrap_message(PROBE_COUNT, &memory), *const before = message;
  probe actor;
  sabir_pid pid;
  uint64_t accepted;
  probe_init(&actor);
  pid = spawn_bounded(system, &actor, CAPACITY, SABIR_OVERFLOW_REJECT, 0);
  occupy(system, pid, &actor);
  accepted = fill(system, pid, CAPACITY);
  CHECK(accepted == CAPACITY || accepted == CAPACITY - 1);
  CHECK_STATUS(sabir_send(system, pid, &message), SABIR_E_MAILBOX_FULL);
  CHECK(message == before);
  CHECK_NUMBER(counted(&memory.releases), 0);
  sem_post(&actor.gate);
  CHECK(reached(&actor.received, 1 + accepted));
  CHECK_OK(sabir_send(system, pid, &message));
  CHECK(reached(&memory.releases, 1));
  end_system(&system);
  probe_end(&actor);
}

static void the_default_capacity_is_bounded(void) {
  sabir_system *system = make_system(1);
  probe actor;
  sabir_pid pid;
  uint64_t accepted;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  occupy(system, pid, &actor);
  accepted = fill(system, pid, SABIR_MAILBOX_CAPACITY_DEFAULT);
  CHECK(accepted == SABIR_MAILBOX_CAPACITY_DEFAULT || accepted == SABIR_MAILBOX_CAPACITY_DEFAULT - 1);
  sem_post(&actor.gate);
  CHECK(reached(&actor.received, 1 + accepted));
  end_system(&system);
  probe_end(&actor);
}

static void unbounded_takes_more_than_the_default(void) {
  enum { MESSAGES = SABIR_MAILBOX_CAPACITY_DEFAULT + 1000 };
  sabir_system *system = make_system(1);
  probe actor;
  sabir_pid pid;
  int index;
  probe_init(&actor);
  pid = spawn_bounded(system, &actor, SABIR_UNBOUNDED, SABIR_OVERFLOW_REJECT, 0);
  occupy(system, pid, &actor);
  for (index = 0; index < MESSAGES; ++index) CHECK_OK(sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 0));
  sem_post(&actor.gate);
  CHECK(reached(&actor.received, 1 + MESSAGES));
  end_system(&system);
  probe_end(&actor);
}

/* A thread that sends more than fits. */
struct sender {
  sabir_system *system;
  sabir_pid pid;
  int number;
  int messages;
  uint64_t sent;
  sabir_status last;
};

static void *send_all(void *argument) {
  struct sender *sender = (struct sender *)argument;
  int index;
  __atomic_store_n(&sender->number, thread_number(), __ATOMIC_SEQ_CST);
  for (index = 0; index < sender->messages; ++index) {
    sender->last = sabir_send_bytes(sender->system, sender->pid, PROBE_COUNT, NULL, 0);
    if (sender->last != SABIR_OK) return NULL;
    count(&sender->sent);
  }
  return NULL;
}

static void open_sender(struct sender *sender, sabir_system *system, sabir_pid pid, int messages) {
  memset(sender, 0, sizeof *sender);
  sender->system = system;
  sender->pid = pid;
  sender->messages = messages;
}

static void block_makes_a_thread_wait(void) {
  enum { CAPACITY = 4, MESSAGES = 40 };
  sabir_system *system = make_system(1);
  struct sender sender;
  pthread_t thread;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = spawn_bounded(system, &actor, CAPACITY, SABIR_OVERFLOW_BLOCK, 0);
  occupy(system, pid, &actor);
  open_sender(&sender, system, pid, MESSAGES);
  thread = start_thread(send_all, &sender);
  CHECK(reached(&sender.sent, CAPACITY - 1));
  CHECK(falls_asleep(&sender.number));
  CHECK(counted(&sender.sent) <= CAPACITY);
  sem_post(&actor.gate);
  join_thread(thread);
  CHECK_OK(sender.last);
  CHECK_NUMBER(sender.sent, MESSAGES);
  CHECK(reached(&actor.received, 1 + MESSAGES));
  end_system(&system);
  probe_end(&actor);
}

static void a_waiting_thread_gives_up_at_its_timeout(void) {
  enum { CAPACITY = 2 };
  const uint64_t timeout_ns = 20 * MILLISECOND_NS;
  sabir_system *system = make_system(1);
  wrapped memory = {0, "refused"};
  sabir_message *message = wrap_message(PROBE_COUNT, &memory), *const before = message;
  probe actor;
  sabir_pid pid;
  uint64_t accepted, begin_ns;
  probe_init(&actor);
  pid = spawn_bounded(system, &actor, CAPACITY, SABIR_OVERFLOW_BLOCK, timeout_ns);
  occupy(system, pid, &actor);
  accepted = fill(system, pid, CAPACITY);
  CHECK(accepted <= CAPACITY);
  begin_ns = now_ns();
  CHECK_STATUS(sabir_send(system, pid, &message), SABIR_E_MAILBOX_FULL);
  CHECK(now_ns() - begin_ns >= timeout_ns);
  CHECK(message == before);
  sem_post(&actor.gate);
  end_system(&system);
  sabir_message_destroy(&message);
  CHECK_NUMBER(counted(&memory.releases), 1);
  probe_end(&actor);
}

/* What ends a receiver lets the threads go that wait for it. */
static void a_waiting_thread_is_told(sabir_status (*end)(sabir_system *system, sabir_pid pid), sabir_status expected) {
  sabir_system *system = make_system(1);
  struct sender sender;
  pthread_t thread;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = spawn_bounded(system, &actor, 2, SABIR_OVERFLOW_BLOCK, 0);
  occupy(system, pid, &actor);
  open_sender(&sender, system, pid, 1000);
  thread = start_thread(send_all, &sender);
  CHECK(reached(&sender.sent, 1));
  CHECK(falls_asleep(&sender.number));
  CHECK_OK(end(system, pid));
  sem_post(&actor.gate);
  join_thread(thread);
  CHECK_STATUS(sender.last, expected);
  end_system(&system);
  probe_end(&actor);
}

static sabir_status begin_shutdown(sabir_system *system, sabir_pid pid) {
  (void)pid;
  return sabir_system_shutdown_begin(system, PATIENCE_NS, NULL, 0);
}

static void a_waiting_thread_is_told_of_the_end(void) {
  a_waiting_thread_is_told(sabir_actor_stop, SABIR_E_DEAD);
  a_waiting_thread_is_told(sabir_actor_kill, SABIR_E_DEAD);
  a_waiting_thread_is_told(sabir_actor_drain, SABIR_E_DEAD);
  a_waiting_thread_is_told(begin_shutdown, SABIR_E_CLOSED);
}

static void a_full_port_makes_a_thread_wait_too(void) {
  sabir_system *system = make_system(1);
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_port *port = NULL;
  struct sender sender;
  pthread_t thread;
  sabir_message *message = NULL;
  int index;
  mailbox.capacity = 2;
  mailbox.overflow = SABIR_OVERFLOW_BLOCK;
  REQUIRE_OK(sabir_port_create(system, &mailbox, &port, NULL));
  open_sender(&sender, system, sabir_port_pid(port), 10);
  thread = start_thread(send_all, &sender);
  for (index = 0; index < 10; ++index) {
    CHECK_OK(sabir_port_receive(port, PATIENCE_NS, &message));
    sabir_message_destroy(&message);
  }
  join_thread(thread);
  CHECK_OK(sender.last);
  open_sender(&sender, system, sabir_port_pid(port), 10);
  thread = start_thread(send_all, &sender);
  CHECK(reached(&sender.sent, 2));
  CHECK(falls_asleep(&sender.number));
  sabir_port_destroy(&port);
  join_thread(thread);
  CHECK_STATUS(sender.last, SABIR_E_DEAD);
  end_system(&system);
}

/* Inside one handler: sends until it is refused. */
struct burst {
  sabir_system *system;
  sabir_pid to;
  bool with_context;
  uint64_t accepted;
  sabir_status last;
};

static sabir_status send_burst(sabir_context *context, sabir_message **message, void *argument) {
  struct burst *burst = (struct burst *)argument;
  (void)message;
  burst->last = SABIR_OK;
  while (burst->last == SABIR_OK && burst->accepted < 1000) {
    burst->last = burst->with_context ? sabir_context_send_bytes(context, burst->to, PROBE_COUNT, NULL, 0)
                                      : sabir_send_bytes(burst->system, burst->to, PROBE_COUNT, NULL, 0);
    burst->accepted += burst->last == SABIR_OK;
  }
  return SABIR_OK;
}

static void an_actor_gets_twice_the_capacity(bool with_context) {
  enum { CAPACITY = 8 };
  struct burst burst;
  probe sender, receiver;
  sabir_pid sender_pid;
  burst.system = make_system(1);
  burst.with_context = with_context;
  burst.accepted = 0;
  probe_init(&sender);
  probe_init(&receiver);
  sender_pid = probe_spawn(burst.system, &sender, NULL);
  burst.to = spawn_bounded(burst.system, &receiver, CAPACITY, SABIR_OVERFLOW_BLOCK, 0);
  /* One worker: the receiver does not run while the sender's handler does. */
  run_inside(burst.system, sender_pid, send_burst, &burst);
  CHECK_STATUS(burst.last, SABIR_E_MAILBOX_FULL);
  CHECK_NUMBER(burst.accepted, 2 * CAPACITY);
  CHECK(reached(&receiver.received, 2 * CAPACITY));
  end_system(&burst.system);
  probe_end(&sender);
  probe_end(&receiver);
}

static void a_send_from_a_handler_never_waits(void) {
  an_actor_gets_twice_the_capacity(true);
  an_actor_gets_twice_the_capacity(false);
}

struct send_count {
  sabir_pid to;
  int messages;
};

static sabir_status send_some(sabir_context *context, sabir_message **message, void *argument) {
  const struct send_count *sending = (const struct send_count *)argument;
  int index;
  (void)message;
  for (index = 0; index < sending->messages; ++index) CHECK_OK(sabir_context_send_bytes(context, sending->to, PROBE_COUNT, NULL, 0));
  return SABIR_OK;
}

/* A threads executor of its own for the receiver, which is held in a handler; the sender is on the arena. */
struct muting {
  sabir_system *system;
  sabir_executor *executor;
  probe sender, receiver, witness;
  sabir_pid sender_pid, receiver_pid, witness_pid;
  struct send_count sending;
};

enum { MUTING_CAPACITY = 4 };

static void open_muting(struct muting *muting) {
  sabir_executor_options executor_options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  muting->system = make_system(1);
  executor_options.kind = SABIR_EXECUTOR_THREADS;
  muting->executor = NULL;
  REQUIRE_OK(sabir_executor_create(muting->system, &executor_options, &muting->executor, NULL));
  probe_init(&muting->sender);
  probe_init(&muting->receiver);
  probe_init(&muting->witness);
  mailbox.capacity = MUTING_CAPACITY;
  mailbox.overflow = SABIR_OVERFLOW_BLOCK;
  options.mailbox = &mailbox;
  options.executor = muting->executor;
  muting->receiver_pid = probe_spawn(muting->system, &muting->receiver, &options);
  muting->sender_pid = probe_spawn(muting->system, &muting->sender, NULL);
  muting->witness_pid = probe_spawn(muting->system, &muting->witness, NULL);
  occupy(muting->system, muting->receiver_pid, &muting->receiver);
  muting->sending.to = muting->receiver_pid;
  muting->sending.messages = MUTING_CAPACITY + 2;
  run_inside(muting->system, muting->sender_pid, send_some, &muting->sending);
}

/* Everything the arena's one worker had to do before is done: the witness was asked last. */
static void settle(struct muting *muting) {
  int round;
  for (round = 0; round < 20; ++round) {
    sabir_message *reply = NULL;
    CHECK_OK(sabir_ask_bytes(muting->system, muting->witness_pid, PROBE_ECHO, NULL, 0, PATIENCE_NS, &reply));
    sabir_message_destroy(&reply);
  }
}

static void close_muting(struct muting *muting) {
  end_system(&muting->system);
  CHECK_OK(sabir_executor_destroy(&muting->executor));
  probe_end(&muting->sender);
  probe_end(&muting->receiver);
  probe_end(&muting->witness);
}

static void a_muted_actor_does_not_run_until_the_receiver_has_caught_up(void) {
  struct muting muting;
  open_muting(&muting);
  CHECK_OK(sabir_send_bytes(muting.system, muting.sender_pid, PROBE_COUNT, NULL, 0));
  settle(&muting);
  CHECK_NUMBER(counted(&muting.sender.received), 1); /* the one that sent */
  sem_post(&muting.receiver.gate);
  CHECK(reached(&muting.sender.received, 2));
  CHECK(reached(&muting.receiver.received, 1 + MUTING_CAPACITY + 2));
  close_muting(&muting);
}

static void a_muted_actor_can_be_ended(sabir_status (*end)(sabir_system *system, sabir_pid pid), int32_t reason) {
  struct muting muting;
  open_muting(&muting);
  CHECK_OK(sabir_send_bytes(muting.system, muting.sender_pid, PROBE_COUNT, NULL, 0));
  settle(&muting);
  CHECK_OK(end(muting.system, muting.sender_pid));
  take(&muting.sender.stopped); /* while the receiver is still in its handler */
  CHECK_NUMBER((uint32_t)muting.sender.exit_reason, (uint32_t)reason);
  probe_wait_dropped(&muting.sender);
  CHECK_NUMBER(counted(&muting.sender.received), 1);
  sem_post(&muting.receiver.gate);
  CHECK(reached(&muting.receiver.received, 1 + MUTING_CAPACITY + 2));
  close_muting(&muting);
}

static void a_muted_actor_can_be_killed(void) { a_muted_actor_can_be_ended(sabir_actor_kill, SABIR_EXIT_KILLED); }

static void a_muted_actor_goes_on_when_its_receiver_dies(void) {
  struct muting muting;
  open_muting(&muting);
  CHECK_OK(sabir_send_bytes(muting.system, muting.sender_pid, PROBE_COUNT, NULL, 0));
  CHECK_OK(sabir_actor_kill(muting.system, muting.receiver_pid));
  sem_post(&muting.receiver.gate);
  probe_wait_dropped(&muting.receiver);
  CHECK(reached(&muting.sender.received, 2));
  close_muting(&muting);
}

static void a_system_with_a_muted_actor_shuts_down(void) {
  struct muting muting;
  open_muting(&muting);
  CHECK_OK(sabir_system_shutdown_begin(muting.system, PATIENCE_NS, NULL, 0));
  sem_post(&muting.receiver.gate);
  close_muting(&muting);
}

/* A ring in which every actor is full and sends to the next: each would wait for the next one, none must. */
struct ring_member {
  sabir_pid next;
  uint64_t handled;
};

static sabir_status pass_on(sabir_context *context, uintptr_t state, sabir_message **message) {
  struct ring_member *member = (struct ring_member *)state;
  uint64_t left, copies;
  memcpy(&left, sabir_message_data(*message), sizeof left);
  count(&member->handled);
  if (left == 0) return SABIR_OK;
  --left;
  for (copies = 0; copies < 3; ++copies) {
    const sabir_status status = sabir_context_send_bytes(context, member->next, 1, &left, sizeof left);
    CHECK(status == SABIR_OK || status == SABIR_E_MAILBOX_FULL);
  }
  return SABIR_OK;
}

static bool all_handled(void *argument) {
  const sabir_counters counters = counters_of((sabir_system *)argument);
  return counters.handled == counters.sent && counters.sent > 0;
}

static void a_ring_of_full_mailboxes_makes_progress(void) {
  enum { MEMBERS = 5, ROUNDS = 20 };
  struct ring_member members[MEMBERS];
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("ring");
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_system *system = make_system(2);
  sabir_behavior *behavior = NULL;
  sabir_pid pids[MEMBERS];
  uint64_t left = 300;
  size_t index, round;
  callbacks.receive = pass_on;
  mailbox.capacity = 2;
  mailbox.overflow = SABIR_OVERFLOW_BLOCK;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  memset(members, 0, sizeof members);
  for (index = 0; index < MEMBERS; ++index) {
    sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
    options.mailbox = &mailbox;
    options.argument = (uintptr_t)&members[index];
    REQUIRE_OK(sabir_spawn(system, behavior, &options, &pids[index], NULL));
  }
  for (index = 0; index < MEMBERS; ++index) members[index].next = pids[(index + 1) % MEMBERS];
  for (round = 0; round < ROUNDS; ++round)
    for (index = 0; index < MEMBERS; ++index) CHECK_OK(sabir_send_bytes(system, pids[index], 1, &left, sizeof left));
  CHECK(eventually(all_handled, system));
  CHECK(counters_of(system).sent > (uint64_t)MEMBERS * ROUNDS);
  sabir_behavior_destroy(&behavior);
  end_system(&system);
}

static void an_actor_may_send_to_its_own_full_mailbox(void) {
  enum { CAPACITY = 4 };
  sabir_system *system = make_system(1);
  struct send_count sending;
  probe actor;
  probe_init(&actor);
  sending.to = spawn_bounded(system, &actor, CAPACITY, SABIR_OVERFLOW_BLOCK, 0);
  sending.messages = CAPACITY + 1;
  run_inside(system, sending.to, send_some, &sending);
  CHECK(reached(&actor.received, 1 + CAPACITY + 1));
  end_system(&system);
  probe_end(&actor);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(reject_refuses_and_leaves_the_message),
      TEST(the_default_capacity_is_bounded),
      TEST(unbounded_takes_more_than_the_default),
      TEST(block_makes_a_thread_wait),
      TEST(a_waiting_thread_gives_up_at_its_timeout),
      TEST(a_waiting_thread_is_told_of_the_end),
      TEST(a_full_port_makes_a_thread_wait_too),
      TEST(a_send_from_a_handler_never_waits),
      TEST(a_muted_actor_does_not_run_until_the_receiver_has_caught_up),
      TEST(a_muted_actor_can_be_killed),
      TEST(a_muted_actor_goes_on_when_its_receiver_dies),
      TEST(a_system_with_a_muted_actor_shuts_down),
      TEST(a_ring_of_full_mailboxes_makes_progress),
      TEST(an_actor_may_send_to_its_own_full_mailbox),
  };
  return RUN_TESTS(tests, argc, argv);
}
