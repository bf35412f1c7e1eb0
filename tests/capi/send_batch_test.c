/* message.h: many sends in one crossing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "watcher.h"

static void envelope_of(sabir_envelope *envelope, sabir_pid to, uint64_t number) {
  memset(envelope, 0, sizeof *envelope);
  envelope->to = to;
  envelope->message = make_message(NOTE, &number, sizeof number);
  envelope->status = 77;
}

static uint64_t number_of(const sabir_message *message) {
  uint64_t number = 0;
  memcpy(&number, sabir_message_data(message), sizeof number);
  return number;
}

static uint64_t next_number(sabir_port *port) {
  sabir_message *message = next_message(port, SABIR_KIND_MESSAGE);
  const uint64_t number = number_of(message);
  sabir_message_destroy(&message);
  return number;
}

/* More receivers than a batch sorts at a time, and more envelopes: each receiver gets its own in their order. */
static void order_is_kept_for_each_receiver(void) {
  enum { PORTS = 21, NUMBERS = 1500 };
  static sabir_envelope envelopes[NUMBERS];
  sabir_system *system = make_system(1);
  sabir_port *ports[PORTS];
  uint64_t next[PORTS] = {0}, random = 12345;
  size_t sent = 0, index;
  for (index = 0; index < PORTS; ++index) ports[index] = open_port(system, NULL);
  for (index = 0; index < NUMBERS; ++index) {
    random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    envelope_of(&envelopes[index], sabir_port_pid(ports[(random >> 33) % (index < NUMBERS / 2 ? 4 : PORTS)]), index);
  }
  CHECK_OK(sabir_send_batch(system, envelopes, NUMBERS, sizeof envelopes[0], &sent));
  CHECK_NUMBER(sent, NUMBERS);
  for (index = 0; index < NUMBERS; ++index) CHECK(envelopes[index].message == NULL && envelopes[index].status == SABIR_OK);
  random = 12345;
  for (index = 0; index < NUMBERS; ++index) {
    size_t which;
    random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    which = (random >> 33) % (index < NUMBERS / 2 ? 4 : PORTS);
    CHECK_NUMBER(next_number(ports[which]), index);
    ++next[which];
  }
  for (index = 0; index < PORTS; ++index) {
    CHECK(next[index] > 0);
    check_nothing_in(ports[index]);
    sabir_port_destroy(&ports[index]);
  }
  end_system(&system);
}

static void each_envelope_has_its_own_status(void) {
  sabir_mailbox_options one = SABIR_MAILBOX_OPTIONS_INIT, narrow = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  sabir_system *system, *other = make_system(1);
  sabir_port *good, *full, *thin, *foreign = open_port(other, NULL);
  sabir_envelope envelopes[11];
  static const sabir_status expected[11] = {SABIR_OK, SABIR_E_INVALID,      SABIR_E_NO_ACTOR, SABIR_E_DEAD,           SABIR_E_FOREIGN,
                                            SABIR_OK, SABIR_E_MAILBOX_FULL, SABIR_E_TOO_BIG,  SABIR_E_NOT_SUPERVISOR, SABIR_E_TOO_BIG,
                                            SABIR_OK};
  size_t sent = 7, index;
  options.workers = 1;
  options.message_size_limit = 1000;
  system = make_system_with(&options);
  one.capacity = 1;
  narrow.capacity_bytes = 65;
  good = open_port(system, NULL);
  full = open_port(system, &one);
  thin = open_port(system, &narrow);
  envelope_of(&envelopes[0], sabir_port_pid(good), 0);
  envelope_of(&envelopes[1], sabir_port_pid(good), 1);
  sabir_message_destroy(&envelopes[1].message);
  envelope_of(&envelopes[2], 0, 2);
  envelope_of(&envelopes[3], dead_pid(system), 3);
  envelope_of(&envelopes[4], sabir_port_pid(foreign), 4);
  envelope_of(&envelopes[5], sabir_port_pid(full), 5);
  envelope_of(&envelopes[6], sabir_port_pid(full), 6);
  envelope_of(&envelopes[7], sabir_port_pid(thin), 7);
  envelope_of(&envelopes[8], sabir_port_pid(good), 8);
  sabir_message_destroy(&envelopes[8].message);
  REQUIRE_OK(sabir_request_children(&envelopes[8].message));
  envelope_of(&envelopes[9], sabir_port_pid(good), 9);
  sabir_message_destroy(&envelopes[9].message);
  REQUIRE_OK(sabir_message_create(NOTE, 1001, &envelopes[9].message));
  envelope_of(&envelopes[10], sabir_port_pid(good), 10);
  CHECK_STATUS(sabir_send_batch(system, envelopes, 11, sizeof envelopes[0], &sent), SABIR_E_INVALID);
  CHECK_NUMBER(sent, 3);
  for (index = 0; index < 11; ++index) {
    CHECK_STATUS(envelopes[index].status, expected[index]);
    CHECK((envelopes[index].message == NULL) == (expected[index] == SABIR_OK || index == 1));
    sabir_message_destroy(&envelopes[index].message);
  }
  CHECK_NUMBER(next_number(good), 0);
  CHECK_NUMBER(next_number(good), 10);
  CHECK_NUMBER(next_number(full), 5);
  /* A refused request is in nobody's depth: the mailbox that it was for takes as much as ever. */
  check_nothing_in(good);
  CHECK_OK(sabir_system_shutdown(system, PATIENCE_NS, NULL));
  envelope_of(&envelopes[0], sabir_port_pid(good), 0);
  CHECK_STATUS(sabir_send_batch(system, envelopes, 1, sizeof envelopes[0], &sent), SABIR_E_CLOSED);
  CHECK_NUMBER(sent, 0);
  sabir_message_destroy(&envelopes[0].message);
  sabir_port_destroy(&good);
  sabir_port_destroy(&full);
  sabir_port_destroy(&thin);
  sabir_port_destroy(&foreign);
  end_system(&system);
  end_system(&other);
}

static void the_call_checks_its_arguments(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = open_port(system, NULL);
  struct wide {
    sabir_envelope envelope;
    char mine[24];
  } wide[5];
  sabir_envelope envelope, *const before = &envelope;
  size_t sent = 7, index;
  envelope_of(&envelope, sabir_port_pid(port), 1);
  CHECK_STATUS(sabir_send_batch(system, NULL, 1, sizeof envelope, &sent), SABIR_E_INVALID);
  CHECK_NUMBER(sent, 0);
  CHECK_STATUS(sabir_send_batch(system, &envelope, 1, sizeof envelope - 8, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_send_batch(system, &envelope, 1, sizeof envelope + 4, NULL), SABIR_E_INVALID);
  CHECK(before->message != NULL && before->status == 77);
  CHECK_OK(sabir_send_batch(system, NULL, 0, sizeof envelope, &sent));
  CHECK_NUMBER(sent, 0);
  sabir_message_destroy(&envelope.message);
  /* A stride: the caller's structures go on behind. */
  memset(wide, 0x5a, sizeof wide);
  for (index = 0; index < 5; ++index) envelope_of(&wide[index].envelope, sabir_port_pid(port), index);
  CHECK_OK(sabir_send_batch(system, &wide[0].envelope, 5, sizeof wide[0], NULL));
  for (index = 0; index < 5; ++index) {
    CHECK_NUMBER(next_number(port), index);
    CHECK(wide[index].mine[0] == 0x5a && wide[index].mine[23] == 0x5a);
  }
  sabir_port_destroy(&port);
  end_system(&system);
}

struct inside {
  sabir_pid port;
  uint64_t number;
  sabir_status status;
};

static sabir_status batch_with_own_message(sabir_context *context, sabir_message **message, void *argument) {
  struct inside *self = (struct inside *)argument;
  sabir_envelope envelopes[3];
  size_t sent = 0;
  envelope_of(&envelopes[0], self->port, 1);
  memset(&envelopes[1], 0, sizeof envelopes[1]);
  envelopes[1].to = self->port;
  envelopes[1].message = *message;
  envelope_of(&envelopes[2], self->port, 2);
  CHECK_OK(sabir_context_send_batch(context, envelopes, 3, sizeof envelopes[0], &sent));
  *message = NULL;
  CHECK_NUMBER(sent, 3);
  return SABIR_OK;
}

static void an_actor_sends_a_batch_with_its_own_message(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = open_port(system, NULL);
  struct inside self = {0, 0, SABIR_OK};
  sabir_message *message;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  self.port = sabir_port_pid(port);
  run_inside(system, pid, batch_with_own_message, &self);
  CHECK_NUMBER(next_number(port), 1);
  message = next_message(port, SABIR_KIND_MESSAGE);
  CHECK_NUMBER(sabir_message_type(message), PROBE_CALL);
  CHECK_NUMBER(sabir_message_sender(message), pid);
  sabir_message_destroy(&message);
  CHECK_NUMBER(next_number(port), 2);
  sabir_port_destroy(&port);
  end_system(&system);
  probe_end(&actor);
}

static sabir_status batch_until_muted(sabir_context *context, sabir_message **message, void *argument) {
  struct inside *self = (struct inside *)argument;
  sabir_envelope envelopes[12];
  size_t index, sent = 0;
  (void)message;
  for (index = 0; index < 12; ++index) envelope_of(&envelopes[index], self->port, index);
  self->status = sabir_context_send_batch(context, envelopes, 12, sizeof envelopes[0], &sent);
  self->number = sent;
  for (index = 0; index < 12; ++index) {
    CHECK_STATUS(envelopes[index].status, index < sent ? SABIR_OK : SABIR_E_MAILBOX_FULL);
    sabir_message_destroy(&envelopes[index].message);
  }
  return SABIR_OK;
}

static void a_mailbox_that_blocks_mutes_the_actor(void) {
  sabir_mailbox_options blocking = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_system *system = make_system(1);
  sabir_port *port;
  struct inside self = {0, 0, SABIR_OK};
  probe actor;
  sabir_pid pid;
  uint64_t index;
  probe_init(&actor);
  blocking.capacity = 4;
  blocking.overflow = SABIR_OVERFLOW_BLOCK;
  port = open_port(system, &blocking);
  pid = probe_spawn(system, &actor, NULL);
  self.port = sabir_port_pid(port);
  run_inside(system, pid, batch_until_muted, &self);
  CHECK_STATUS(self.status, SABIR_E_MAILBOX_FULL);
  CHECK_NUMBER(self.number, 8);
  REQUIRE_OK(sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 0));
  let_pass(20 * MILLISECOND_NS);
  CHECK_NUMBER(counted(&actor.received), 1);
  for (index = 0; index < 8; ++index) CHECK_NUMBER(next_number(port), index);
  CHECK(reached(&actor.received, 2));
  sabir_port_destroy(&port);
  end_system(&system);
  probe_end(&actor);
}

/* A thread that sends a batch to a mailbox that blocks. */
struct sender {
  sabir_system *system;
  sabir_pid to, other;
  int number;
  sabir_status status;
  size_t sent;
};

static void *send_many(void *argument) {
  struct sender *sender = (struct sender *)argument;
  sabir_envelope envelopes[20];
  size_t index;
  for (index = 0; index < 20; ++index) envelope_of(&envelopes[index], index % 2 ? sender->other : sender->to, index);
  __atomic_store_n(&sender->number, thread_number(), __ATOMIC_SEQ_CST);
  sender->status = sabir_send_batch(sender->system, envelopes, 20, sizeof envelopes[0], &sender->sent);
  for (index = 0; index < 20; ++index) sabir_message_destroy(&envelopes[index].message);
  return NULL;
}

static void a_thread_waits_after_all_others_were_sent(void) {
  sabir_mailbox_options blocking = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_system *system = make_system(1);
  sabir_port *port, *other = open_port(system, NULL);
  struct sender sender;
  pthread_t thread;
  uint64_t index;
  memset(&sender, 0, sizeof sender);
  blocking.capacity = 3;
  blocking.overflow = SABIR_OVERFLOW_BLOCK;
  port = open_port(system, &blocking);
  sender.system = system;
  sender.to = sabir_port_pid(port);
  sender.other = sabir_port_pid(other);
  thread = start_thread(send_many, &sender);
  for (index = 1; index < 20; index += 2) CHECK_NUMBER(next_number(other), index);
  CHECK(falls_asleep(&sender.number));
  for (index = 0; index < 20; index += 2) CHECK_NUMBER(next_number(port), index);
  join_thread(thread);
  CHECK_OK(sender.status);
  CHECK_NUMBER(sender.sent, 20);
  sabir_port_destroy(&port);
  sabir_port_destroy(&other);
  end_system(&system);
}

/* Threads that send batches to the same actors: nothing is lost, and the counters say so. */
struct crowd {
  sabir_system *system;
  const sabir_pid *pids;
  uint64_t sent;
};

static void *send_batches(void *argument) {
  struct crowd *crowd = (struct crowd *)argument;
  sabir_envelope envelopes[256];
  int round;
  for (round = 0; round < (TEST_SANITIZED ? 20 : 200); ++round) {
    size_t index, sent = 0;
    for (index = 0; index < 256; ++index) {
      envelope_of(&envelopes[index], crowd->pids[(index + (size_t)round) % 3], index);
      sabir_message_destroy(&envelopes[index].message);
      envelopes[index].message = make_message(PROBE_COUNT, NULL, 0);
    }
    SABIR_IGNORE(sabir_send_batch(crowd->system, envelopes, 256, sizeof envelopes[0], &sent));
    __atomic_add_fetch(&crowd->sent, sent, __ATOMIC_SEQ_CST);
    for (index = 0; index < 256; ++index) {
      CHECK(envelopes[index].status == SABIR_OK || envelopes[index].status == SABIR_E_MAILBOX_FULL);
      sabir_message_destroy(&envelopes[index].message);
    }
  }
  return NULL;
}

static void batches_of_several_threads_lose_nothing(void) {
  static const uint32_t capacities[] = {SABIR_UNBOUNDED, 0, 100};
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  struct crowd crowd;
  pthread_t threads[3];
  probe actors[3];
  sabir_pid pids[3];
  int index;
  crowd.system = make_system(2);
  crowd.pids = pids;
  crowd.sent = 0;
  options.mailbox = &mailbox;
  for (index = 0; index < 3; ++index) {
    probe_init(&actors[index]);
    mailbox.capacity = capacities[index];
    mailbox.overflow = index == 2 ? SABIR_OVERFLOW_BLOCK : SABIR_OVERFLOW_REJECT;
    pids[index] = probe_spawn(crowd.system, &actors[index], &options);
  }
  for (index = 0; index < 3; ++index) threads[index] = start_thread(send_batches, &crowd);
  for (index = 0; index < 3; ++index) join_thread(threads[index]);
  for (index = 0; index < 3; ++index) CHECK_OK(sabir_actor_drain(crowd.system, pids[index]));
  for (index = 0; index < 3; ++index) probe_wait_dropped(&actors[index]);
  CHECK_NUMBER(counted(&actors[0].received) + counted(&actors[1].received) + counted(&actors[2].received), crowd.sent);
  end_system(&crowd.system);
  for (index = 0; index < 3; ++index) probe_end(&actors[index]);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(order_is_kept_for_each_receiver),         TEST(each_envelope_has_its_own_status),
      TEST(the_call_checks_its_arguments),           TEST(an_actor_sends_a_batch_with_its_own_message),
      TEST(a_mailbox_that_blocks_mutes_the_actor),   TEST(a_thread_waits_after_all_others_were_sent),
      TEST(batches_of_several_threads_lose_nothing),
  };
  return RUN_TESTS(tests, argc, argv);
}
