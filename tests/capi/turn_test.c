/* delivery.h: whole turns, packed both ways.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "delivery_support.h"

enum { ROOM = 65536 };

/* What goes into a turn and comes out of it. */
struct turn {
  uint64_t commands[ROOM / 8], records[ROOM / 8];
  size_t used, done, records_used, records_size;
  const char *next; /* of the records */
};

static struct turn turn;

static void turn_begin(void) {
  turn.used = 0;
  turn.records_size = sizeof turn.records;
}

static sabir_command *command(uint32_t kind, const void *payload, uint32_t size) {
  sabir_command *made = (sabir_command *)((char *)turn.commands + turn.used);
  memset(made, 0, sizeof *made);
  made->size = (uint32_t)(sizeof *made + ((size + 7) & ~7u));
  made->kind = kind;
  made->payload_size = size;
  if (size > 0) memcpy(made + 1, payload, size);
  turn.used += made->size;
  REQUIRE(turn.used <= sizeof turn.commands);
  return made;
}

static sabir_command *complete(uint64_t context, sabir_status status, uint64_t value) {
  sabir_command *made = command(SABIR_COMMAND_COMPLETE, NULL, 0);
  made->context = context;
  made->status = status;
  made->value = value;
  return made;
}

static sabir_status take_turn(struct host *host, uint64_t wait_ns) {
  const sabir_status status = sabir_executor_turn(host->executor, turn.commands, turn.used, &turn.done, turn.records, turn.records_size,
                                                  &turn.records_used, wait_ns);
  turn.next = (const char *)turn.records;
  return status;
}

/* The next record of the last turn, or NULL. */
static const sabir_record *record(void) {
  const sabir_record *found = (const sabir_record *)turn.next;
  if (turn.next == (const char *)turn.records + turn.records_used) return NULL;
  REQUIRE(found->size >= sizeof *found && found->size % 8 == 0);
  turn.next += found->size;
  REQUIRE(turn.next <= (const char *)turn.records + turn.records_used);
  return found;
}

/* Takes a turn with all commands, and then others, until a record comes; it is the only one. */
static const sabir_record *one_record(struct host *host, uint32_t kind) {
  const sabir_record *found;
  CHECK_OK(take_turn(host, PATIENCE_NS));
  CHECK_NUMBER(turn.done, turn.used);
  turn.used = 0;
  while (turn.records_used == 0) CHECK_OK(take_turn(host, PATIENCE_NS));
  found = record();
  CHECK_NUMBER(found->kind, kind);
  CHECK(record() == NULL);
  return found;
}

/* Completes what the next turns hand out, until the executor is closed. */
static void end_turns(struct host *host) {
  sabir_status status;
  CHECK_OK(sabir_system_shutdown_begin(host->system, PATIENCE_NS, NULL, 0));
  for (;;) {
    const sabir_record *found;
    status = take_turn(host, PATIENCE_NS);
    if (status != SABIR_OK && status != SABIR_E_WOKEN) break;
    turn.used = 0;
    while ((found = record()) != NULL) {
      if (found->kind == SABIR_DELIVERY_CANCEL || found->kind == SABIR_DELIVERY_RESULT) continue;
      (void)complete(found->context, SABIR_OK, found->value);
    }
  }
  CHECK_STATUS(status, SABIR_E_CLOSED);
  sabir_port_destroy(&host->port);
  end_system(&host->system);
  CHECK_OK(sabir_executor_destroy(&host->executor));
  sabir_behavior_destroy(&host->behavior);
}

static void a_turn_completes_sends_and_hands_out(void) {
  struct host host;
  const sabir_record *found;
  sabir_command *made;
  sabir_pid first, second;
  uint64_t context;
  turn_begin();
  host_begin(&host, 0, 0, 0);
  made = command(SABIR_COMMAND_SPAWN, NULL, 0);
  made->to = (uint64_t)(uintptr_t)host.behavior;
  made->value = 41;
  made->token = 1;
  CHECK_OK(take_turn(&host, 0));
  CHECK_NUMBER(turn.done, turn.used);
  turn.used = 0;
  found = record();
  CHECK_NUMBER(found->kind, SABIR_DELIVERY_RESULT);
  CHECK_NUMBER(found->context, 1);
  CHECK_OK(found->status);
  first = found->value;
  found = record();
  CHECK_NUMBER(found->kind, SABIR_DELIVERY_START);
  CHECK_NUMBER(found->actor, first);
  CHECK_NUMBER(found->value, 41);
  CHECK(record() == NULL);
  (void)complete(found->context, SABIR_OK, 43);
  made = command(SABIR_COMMAND_SEND, "hello", 5);
  made->to = first;
  made->type = ADD;
  found = one_record(&host, SABIR_DELIVERY_MESSAGE);
  CHECK_NUMBER(found->state, 43);
  CHECK_NUMBER(found->type, ADD);
  CHECK_NUMBER(found->sender, 0);
  CHECK_NUMBER(found->message, 0);
  CHECK_NUMBER(found->message_kind, SABIR_KIND_MESSAGE);
  CHECK_NUMBER(found->payload_size, 5);
  CHECK(memcmp(found + 1, "hello", 5) == 0);
  context = found->context;

  second = host_spawn(&host, 0);
  found = one_record(&host, SABIR_DELIVERY_START);
  (void)complete(found->context, SABIR_OK, 0);
  made = command(SABIR_COMMAND_ASK, "why", 3);
  made->context = context;
  made->to = second;
  made->type = ASK;
  made->value = PATIENCE_NS;
  made->token = 9;
  (void)complete(context, SABIR_OK, 0);
  CHECK_OK(take_turn(&host, 0));
  turn.used = 0;
  found = record();
  CHECK_NUMBER(found->kind, SABIR_DELIVERY_RESULT);
  CHECK_NUMBER(found->context, 9);
  CHECK_OK(found->status);
  context = found->value; /* the ask's ref */
  CHECK(context != 0);
  found = record();
  CHECK_NUMBER(found->kind, SABIR_DELIVERY_MESSAGE);
  CHECK_NUMBER(found->actor, second);
  CHECK_NUMBER(found->sender, first);
  CHECK(found->ref != 0);
  made = command(SABIR_COMMAND_REPLY, "because", 7);
  made->context = found->context;
  made->type = ADD;
  (void)complete(found->context, SABIR_OK, 0);
  found = one_record(&host, SABIR_DELIVERY_MESSAGE);
  CHECK_NUMBER(found->actor, first);
  CHECK_NUMBER(found->message_kind, SABIR_KIND_REPLY);
  CHECK_NUMBER(found->ref, context);
  CHECK(found->payload_size == 7 && memcmp(found + 1, "because", 7) == 0);
  /* An ask that fails comes with its status. */
  made = command(SABIR_COMMAND_ASK, NULL, 0);
  made->context = found->context;
  made->to = second;
  (void)complete(found->context, SABIR_OK, 0);
  CHECK_OK(take_turn(&host, 0));
  turn.used = 0;
  (void)record();
  found = record();
  made = command(SABIR_COMMAND_REPLY_ERROR, "no ink", 6);
  made->context = found->context;
  made->status = 12;
  (void)complete(found->context, SABIR_OK, 0);
  found = one_record(&host, SABIR_DELIVERY_MESSAGE);
  CHECK_NUMBER(found->message_kind, SABIR_KIND_FAILURE);
  CHECK_STATUS(found->status, 12);
  CHECK(found->payload_size == 6 && memcmp(found + 1, "no ink", 6) == 0);
  /* A crash with its texts. */
  made = command(SABIR_COMMAND_COMPLETE, "textdetail", 10);
  made->detail_size = 6;
  made->context = found->context;
  made->status = 5;
  found = one_record(&host, SABIR_DELIVERY_STOP);
  CHECK_TEXT(sabir_exit_message((const sabir_exit *)(uintptr_t)found->exit), "text");
  CHECK_TEXT(sabir_exit_detail((const sabir_exit *)(uintptr_t)found->exit), "detail");
  (void)complete(found->context, SABIR_OK, 0);
  end_turns(&host);
}

static void send_as(uint64_t context, sabir_pid to, uint64_t token) {
  sabir_command *made = command(SABIR_COMMAND_SEND, &token, sizeof token);
  made->context = context;
  made->to = to;
  made->type = ADD;
  made->token = token;
}

/* Takes turns until so many messages have come, and notes their contexts. */
static void collect_contexts(struct host *host, uint64_t *contexts, size_t count) {
  const sabir_record *found;
  size_t seen = 0;
  while (seen < count) {
    REQUIRE_OK(take_turn(host, PATIENCE_NS));
    turn.used = 0;
    while ((found = record()) != NULL) {
      CHECK_NUMBER(found->kind, SABIR_DELIVERY_MESSAGE);
      REQUIRE(seen < count);
      contexts[seen++] = found->context;
    }
  }
}

static void contexts_may_be_used_and_completed_in_any_mixture(void) {
  struct host host;
  const sabir_record *found;
  sabir_pid receiver, sender;
  uint64_t out[3], i;
  static const struct {
    uint64_t token;
    sabir_status status;
  } failures[] = {{3, SABIR_E_ORDER}, {5, SABIR_E_CONTEXT}, {6, SABIR_E_CONTEXT}, {9, SABIR_E_INVALID}};
  turn_begin();
  host_begin(&host, SABIR_WANTS_NONE, 3, 1);
  receiver = host_spawn(&host, 0);
  sender = host_spawn(&host, 0);
  for (i = 0; i < 3; ++i) send_number(&host, sender, i);
  collect_contexts(&host, out, 3);
  send_as(out[0], receiver, 0);
  send_as(out[1], receiver, 1);
  send_as(out[0], receiver, 2);
  complete(out[1], SABIR_OK, 0)->token = 3;
  complete(out[0], SABIR_OK, 0)->token = 4;
  send_as(out[0], receiver, 5);
  complete(out[0], SABIR_OK, 0)->token = 6;
  complete(out[1], SABIR_OK, 0)->token = 7;
  send_as(out[2], receiver, 8);
  command(SABIR_COMMAND_REPLY_ERROR, NULL, 0)->token = 9;
  CHECK_OK(take_turn(&host, 0));
  CHECK_NUMBER(turn.done, turn.used);
  turn.used = 0;
  for (i = 0; i < sizeof failures / sizeof failures[0]; ++i) {
    found = record();
    REQUIRE(found != NULL);
    CHECK_NUMBER(found->kind, SABIR_DELIVERY_RESULT);
    CHECK_NUMBER(found->context, failures[i].token);
    CHECK_STATUS(found->status, failures[i].status);
  }
  /* What a turn has used, and not completed, is free for others again. */
  CHECK_NUMBER(sabir_context_self((sabir_context *)(uintptr_t)out[2]), sender);
  CHECK_OK(finish_one(&host, (sabir_context *)(uintptr_t)out[2], SABIR_OK, 0, 0));
  for (i = 0; i < 4;) {
    while ((found = record()) != NULL) {
      CHECK_NUMBER(found->actor, receiver);
      ++i;
      (void)complete(found->context, SABIR_OK, 0);
    }
    if (i == 4) break;
    REQUIRE_OK(take_turn(&host, PATIENCE_NS));
    turn.used = 0;
  }
  end_turns(&host);
}

static void many_contexts_are_used_in_one_turn(void) {
  enum { MANY = 300 };
  struct host host;
  sabir_pid receiver, sender;
  uint64_t out[MANY], got[MANY], i;
  turn_begin();
  host_begin(&host, SABIR_WANTS_NONE, 0, MANY);
  receiver = host_spawn(&host, 0);
  sender = host_spawn(&host, 0);
  for (i = 0; i < MANY; ++i) send_number(&host, sender, i);
  collect_contexts(&host, out, MANY);
  for (i = 0; i < MANY; ++i) send_as(out[i], receiver, i);
  for (i = MANY; i-- > 0;) (void)complete(out[i], SABIR_OK, 0);
  collect_contexts(&host, got, MANY); /* no RESULT */
  for (i = 0; i < MANY; ++i) (void)complete(got[i], SABIR_OK, 0);
  end_turns(&host);
}

static void commands_that_fail_come_back_with_their_tokens(void) {
  struct host host;
  const sabir_record *found;
  sabir_command *made;
  sabir_message *message = NULL;
  sabir_pid pid;
  uint64_t old, i;
  static const sabir_status expected[] = {SABIR_E_NO_ACTOR, SABIR_E_CONTEXT, SABIR_E_CONTEXT, SABIR_E_NO_ASK,  SABIR_E_INVALID,
                                          SABIR_E_INVALID,  SABIR_E_INVALID, SABIR_E_CONTEXT, SABIR_E_NO_ACTOR};
  turn_begin();
  host_begin(&host, 0, 0, 0);
  pid = host_spawn(&host, 0);
  found = one_record(&host, SABIR_DELIVERY_START);
  old = found->context;
  (void)complete(old, SABIR_OK, 0);
  made = command(SABIR_COMMAND_SEND, NULL, 0); /* to nobody */
  made->to = 77;
  made = command(SABIR_COMMAND_SEND, NULL, 0); /* as a handler that is over */
  made->to = pid;
  made->context = old;
  made = command(SABIR_COMMAND_ASK, NULL, 0); /* as nobody */
  made->to = pid;
  made = command(SABIR_COMMAND_REPLY, NULL, 0); /* to no ask */
  made->to = 0;
  made = command(SABIR_COMMAND_REPLY_ERROR, NULL, 0); /* no status */
  made = command(SABIR_COMMAND_SPAWN, NULL, 0); /* of nothing */
  made = command(99, NULL, 0);
  (void)complete(old, SABIR_OK, 0); /* twice */
  made = command(SABIR_COMMAND_SEND, NULL, 0); /* a message that stays the caller's */
  message = make_message(ADD, "x", 1);
  made->message = (uint64_t)(uintptr_t)message;
  made->to = 77;
  for (i = 0, made = (sabir_command *)turn.commands; (char *)made < (char *)turn.commands + turn.used; ++i) {
    made->token = i; /* the first one is the START's completion */
    made = (sabir_command *)((char *)made + made->size);
  }
  CHECK_OK(take_turn(&host, 0));
  CHECK_NUMBER(turn.done, turn.used);
  for (i = 0; i < sizeof expected / sizeof expected[0]; ++i) {
    found = record();
    REQUIRE(found != NULL);
    CHECK_NUMBER(found->kind, SABIR_DELIVERY_RESULT);
    CHECK_NUMBER(found->context, i + 1);
    CHECK_STATUS(found->status, expected[i]);
  }
  CHECK(record() == NULL);
  CHECK_NUMBER(sabir_message_size(message), 1);
  sabir_message_destroy(&message);
  turn.used = 0;
  end_turns(&host);
}

static void fields_that_a_command_does_not_name_are_0(void) {
  struct host host;
  int i;
  turn_begin();
  host_begin(&host, 0, 0, 0);
  for (i = 0; i < 9; ++i) {
    sabir_command *made = command(i < 5    ? SABIR_COMMAND_SEND
                                  : i == 5 ? SABIR_COMMAND_COMPLETE
                                  : i == 6 ? SABIR_COMMAND_SPAWN
                                  : i == 7 ? SABIR_COMMAND_ASK
                                           : SABIR_COMMAND_REPLY_ERROR,
                                  "x", i < 5 ? 1 : 0);
    switch (i) {
      case 0: made->status = 1; break;
      case 1: made->flags = 1; break;
      case 2: made->value = 1; break;
      case 3: made->message = 8; break; /* and a payload: never looked at */
      case 4: made->detail_size = 1; break;
      case 5: made->to = 1; break;
      case 6: made->type = 1; break;
      case 7: made->flags = 1; break;
      default: made->value = 1; break;
    }
    CHECK_STATUS(one_record(&host, SABIR_DELIVERY_RESULT)->status, SABIR_E_OPTION);
  }
  end_turns(&host);
}

static void malformed_commands_end_the_turn(void) {
  struct host host;
  sabir_pid pid;
  const sabir_record *found;
  uint64_t small[8];
  size_t good, i;
  turn_begin();
  host_begin(&host, 0, 0, 0);
  pid = host_spawn(&host, 0);
  found = one_record(&host, SABIR_DELIVERY_START);
  (void)complete(found->context, SABIR_OK, 0);
  for (i = 0; i < 6; ++i) {
    sabir_command *made = command(SABIR_COMMAND_SEND, "x", 1);
    made->to = pid;
    good = turn.used;
    made = command(SABIR_COMMAND_SEND, "12345678", 8);
    made->to = pid;
    switch (i) {
      case 0: made->size = 0; break;
      case 1: made->size -= 4; break;
      case 2: made->size += 8; break;
      case 3: made->payload_size = 9; break;
      case 4: made->detail_size = 9; break;
      default: turn.used -= 8; break; /* cut off */
    }
    CHECK_STATUS(take_turn(&host, 0), SABIR_E_INVALID);
    CHECK_NUMBER(turn.done, good);
    CHECK(record() == NULL); /* nobody looks for deliveries beside an error */
    turn.used = 0;
    found = one_record(&host, SABIR_DELIVERY_MESSAGE); /* the one before was sent */
    (void)complete(found->context, SABIR_OK, 0);
  }
  CHECK_OK(take_turn(&host, 0));
  turn.used = 0;
  CHECK_STATUS(sabir_executor_turn(host.executor, NULL, 8, &turn.done, turn.records, ROOM, &turn.records_used, 0), SABIR_E_INVALID);
  CHECK_STATUS(sabir_executor_turn(host.executor, (char *)turn.commands + 1, 8, &turn.done, turn.records, ROOM, &turn.records_used, 0),
               SABIR_E_INVALID);
  CHECK_STATUS(sabir_executor_turn(host.executor, NULL, 0, NULL, turn.records, ROOM, &turn.records_used, 0), SABIR_E_INVALID);
  CHECK_STATUS(sabir_executor_turn(host.executor, NULL, 0, &turn.done, NULL, ROOM, &turn.records_used, 0), SABIR_E_INVALID);
  CHECK_STATUS(sabir_executor_turn(host.executor, NULL, 0, &turn.done, (char *)turn.records + 4, 2048, &turn.records_used, 0),
               SABIR_E_INVALID);
  CHECK_STATUS(sabir_executor_turn(host.executor, NULL, 0, &turn.done, small, sizeof small, &turn.records_used, 0), SABIR_E_INVALID);
  CHECK_STATUS(sabir_executor_turn(host.executor, NULL, 0, &turn.done, turn.records, ROOM, NULL, 0), SABIR_E_INVALID);
  CHECK_STATUS(sabir_executor_turn(NULL, NULL, 0, &turn.done, turn.records, ROOM, &turn.records_used, 0), SABIR_E_INVALID);
  CHECK_STATUS(take_turn(&host, 0), SABIR_E_TIMEOUT);
  end_turns(&host);
}

static void what_has_no_room_waits_for_the_next_turn(void) {
  struct host host;
  const sabir_record *found;
  sabir_pid pid;
  uint64_t i, next = 0, results = 0;
  char payload[900];
  turn_begin();
  host_begin(&host, 0, 0, 0);
  turn.records_size = SABIR_TURN_RECORDS_MIN;
  memset(payload, 'p', sizeof payload);
  pid = host_spawn(&host, 0);
  found = one_record(&host, SABIR_DELIVERY_START);
  (void)complete(found->context, SABIR_OK, 0);
  for (i = 0; i < 40; ++i) {
    sabir_command *made = command(SABIR_COMMAND_SEND, payload, (uint32_t)(i % 2 ? i : 900));
    made->to = pid;
    made->type = i;
    made = command(SABIR_COMMAND_SEND, NULL, 0); /* fails, and its result needs room */
    made->to = 77;
    made->token = i;
  }
  while (next < 40 || results < 40) {
    const sabir_status status = take_turn(&host, PATIENCE_NS);
    CHECK_OK(status);
    if (status != SABIR_OK) break;
    memmove(turn.commands, (char *)turn.commands + turn.done, turn.used - turn.done);
    turn.used -= turn.done;
    while ((found = record()) != NULL) {
      if (found->kind == SABIR_DELIVERY_RESULT) {
        CHECK_NUMBER(found->context, results++);
        continue;
      }
      CHECK_NUMBER(found->type, next);
      CHECK_NUMBER(found->payload_size, next % 2 ? next : 900);
      CHECK_NUMBER(found->message, 0);
      ++next;
      (void)complete(found->context, SABIR_OK, 0);
    }
  }
  end_turns(&host);
}

static void large_payloads_are_handed_out_as_messages(void) {
  struct host host;
  const sabir_record *found;
  sabir_pid pid;
  sabir_message *message;
  struct wrapped memory;
  sabir_command *made;
  char payload[2000];
  int i;
  memset(payload, 'q', sizeof payload);
  memset(&memory, 0, sizeof memory);
  turn_begin();
  host_begin(&host, 0, 0, 0);
  pid = host_spawn(&host, 0);
  found = one_record(&host, SABIR_DELIVERY_START);
  (void)complete(found->context, SABIR_OK, 0);
  for (i = 0; i < 3; ++i) {
    message = i == 2 ? wrap_message(ADD, &memory) : make_message(ADD, payload, i == 0 ? SABIR_DELIVERY_INLINE_DEFAULT : sizeof payload);
    CHECK_OK(sabir_send(host.system, pid, &message));
    found = one_record(&host, SABIR_DELIVERY_MESSAGE);
    if (i == 1) {
      CHECK_NUMBER(found->size, sizeof *found);
      CHECK_NUMBER(found->payload_size, sizeof payload);
      message = (sabir_message *)(uintptr_t)found->message;
      REQUIRE(message != NULL);
      CHECK(memcmp(sabir_message_data(message), payload, sizeof payload) == 0);
      /* It is forwarded to the same actor. */
      made = command(SABIR_COMMAND_SEND, NULL, 0);
      made->message = found->message;
      made->context = found->context;
      made->to = pid;
      (void)complete(found->context, SABIR_OK, 0);
      found = one_record(&host, SABIR_DELIVERY_MESSAGE);
      CHECK_NUMBER(found->sender, pid);
      CHECK_NUMBER(found->message, (uint64_t)(uintptr_t)message);
      made = complete(found->context, SABIR_OK, 0);
      made->flags = SABIR_COMPLETION_TAKEN;
      CHECK_OK(take_turn(&host, 0));
      turn.used = 0;
      CHECK(memcmp(sabir_message_data(message), payload, sizeof payload) == 0);
      sabir_message_destroy(&message);
      continue;
    }
    CHECK_NUMBER(found->message, 0);
    made = complete(found->context, SABIR_OK, 0);
    made->flags = SABIR_COMPLETION_TAKEN; /* there is nothing to take */
    (void)complete(found->context, SABIR_OK, 0);
    found = one_record(&host, SABIR_DELIVERY_RESULT);
    CHECK_STATUS(found->status, SABIR_E_INVALID);
  }
  CHECK_NUMBER(memory.releases, 1);
  end_turns(&host);
}

static void an_actor_that_sends_too_much_in_a_turn_is_muted(void) {
  struct host host;
  const sabir_record *found;
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_pid sender, receiver = 0;
  uint64_t context, held;
  int i, late = 0;
  turn_begin();
  host_begin(&host, SABIR_WANTS_NONE, 1, 0);
  mailbox.capacity = 2;
  mailbox.overflow = SABIR_OVERFLOW_BLOCK;
  options.executor = host.executor;
  options.mailbox = &mailbox;
  REQUIRE_OK(sabir_spawn(host.system, host.behavior, &options, &receiver, NULL));
  sender = host_spawn(&host, 0);
  send_number(&host, receiver, 0);
  found = one_record(&host, SABIR_DELIVERY_MESSAGE);
  CHECK_NUMBER(found->actor, receiver);
  held = found->context;
  send_number(&host, sender, 1);
  send_number(&host, sender, 2);
  found = one_record(&host, SABIR_DELIVERY_MESSAGE);
  CHECK_NUMBER(found->actor, sender);
  context = found->context;
  for (i = 0; i < 5; ++i) {
    sabir_command *made = command(SABIR_COMMAND_SEND, &i, sizeof i);
    made->context = context;
    made->to = receiver;
    made->token = (uint64_t)i;
  }
  (void)complete(context, SABIR_OK, 0);
  CHECK_OK(take_turn(&host, 0));
  turn.used = 0;
  found = record(); /* twice the capacity is the limit */
  REQUIRE(found != NULL);
  CHECK_NUMBER(found->context, 4);
  CHECK_STATUS(found->status, SABIR_E_MAILBOX_FULL);
  CHECK(record() == NULL); /* the sender is muted */
  (void)complete(held, SABIR_OK, 0);
  for (i = 0; i < 5;) {
    CHECK_OK(take_turn(&host, PATIENCE_NS));
    turn.used = 0;
    while ((found = record()) != NULL) {
      if (found->actor == sender) late = i;
      ++i;
      (void)complete(found->context, SABIR_OK, 0);
    }
  }
  CHECK(late > 0);
  end_turns(&host);
}

static void an_answer_may_be_put_off(void) {
  struct host host;
  const sabir_record *found;
  sabir_command *made;
  sabir_message *message;
  sabir_pid pid;
  sabir_ref asked = 0;
  uint64_t context, deferred;
  turn_begin();
  host_begin(&host, SABIR_WANTS_NONE, 0, 0);
  pid = host_spawn(&host, 0);
  message = make_message(ASK, "?", 1);
  CHECK_OK(sabir_port_ask(host.port, pid, &message, PATIENCE_NS, &asked));
  context = one_record(&host, SABIR_DELIVERY_MESSAGE)->context;
  made = command(SABIR_COMMAND_DEFER, NULL, 0);
  made->context = context;
  made->token = 8;
  found = one_record(&host, SABIR_DELIVERY_RESULT);
  CHECK_NUMBER(found->context, 8);
  CHECK_OK(found->status);
  CHECK_NUMBER(found->payload_size, 0);
  deferred = found->value;
  CHECK(deferred != 0);
  command(SABIR_COMMAND_DEFER, NULL, 0)->context = context; /* once only */
  found = one_record(&host, SABIR_DELIVERY_RESULT);
  CHECK_STATUS(found->status, SABIR_E_NO_ASK);
  CHECK_NUMBER(found->value, 0);
  made = command(SABIR_COMMAND_DEFER, NULL, 0);
  made->context = context;
  made->to = deferred;
  CHECK_STATUS(one_record(&host, SABIR_DELIVERY_RESULT)->status, SABIR_E_OPTION);
  (void)complete(context, SABIR_OK, 0);
  CHECK_OK(take_turn(&host, 0));
  turn.used = 0;
  CHECK_STATUS(sabir_port_receive(host.port, 0, &message), SABIR_E_TIMEOUT); /* it stays open */
  command(SABIR_COMMAND_DEFER, NULL, 0)->context = context;
  CHECK_STATUS(one_record(&host, SABIR_DELIVERY_RESULT)->status, SABIR_E_CONTEXT);
  command(SABIR_COMMAND_DEFER, NULL, 0);
  CHECK_STATUS(one_record(&host, SABIR_DELIVERY_RESULT)->status, SABIR_E_CONTEXT);
  made = command(SABIR_COMMAND_REPLY, "!", 1);
  made->to = deferred;
  CHECK_OK(take_turn(&host, 0));
  CHECK(record() == NULL);
  turn.used = 0;
  REQUIRE_OK(sabir_port_receive(host.port, PATIENCE_NS, &message));
  CHECK_NUMBER(sabir_message_kind(message), SABIR_KIND_REPLY);
  CHECK_NUMBER(sabir_message_ref(message), asked);
  sabir_message_destroy(&message);
  end_turns(&host);
}

static void a_spawn_that_fails_says_why(void) {
  struct host host;
  const sabir_record *found;
  size_t i;
  turn_begin();
  host_begin(&host, 0, 0, 0);
  command(SABIR_COMMAND_SPAWN, NULL, 0);
  found = one_record(&host, SABIR_DELIVERY_RESULT);
  CHECK_STATUS(found->status, SABIR_E_INVALID);
  CHECK_NUMBER(found->payload_size, strlen("behavior is NULL"));
  CHECK_NUMBER(found->size, sizeof *found + 16);
  CHECK(memcmp(found + 1, "behavior is NULL", 16) == 0);
  command(99, NULL, 0);
  found = one_record(&host, SABIR_DELIVERY_RESULT);
  CHECK_STATUS(found->status, SABIR_E_INVALID);
  CHECK(found->payload_size > 0);
  command(SABIR_COMMAND_SPAWN, NULL, 0)->flags = SABIR_SPAWN_DROP_HERE << 1;
  found = one_record(&host, SABIR_DELIVERY_RESULT);
  CHECK_STATUS(found->status, SABIR_E_OPTION);
  CHECK(found->payload_size > 0);
  command(SABIR_COMMAND_SEND, NULL, 0)->to = 12345; /* here a status says all */
  found = one_record(&host, SABIR_DELIVERY_RESULT);
  CHECK_STATUS(found->status, SABIR_E_NO_ACTOR);
  CHECK_NUMBER(found->payload_size, 0);
  CHECK_NUMBER(found->size, sizeof *found);
  /* As much of it as there is room for. */
  for (i = 0; i < 9; ++i) {
    if (i < 3) command(SABIR_COMMAND_SEND, NULL, 0)->to = 12345;
    if (i >= 3) (void)command(SABIR_COMMAND_SPAWN, NULL, 0);
  }
  turn.records_size = 9 * sizeof *found + 5 * 16 + 8;
  CHECK_OK(take_turn(&host, 0));
  CHECK_NUMBER(turn.done, turn.used);
  CHECK_NUMBER(turn.records_used, turn.records_size);
  for (i = 0; i < 9; ++i) {
    found = record();
    CHECK_NUMBER(found->payload_size, i < 3 ? 0 : i < 8 ? 16 : 8);
    CHECK(memcmp(found + 1, "behavior is NULL", found->payload_size) == 0);
  }
  turn_begin();
  end_turns(&host);
}

static void a_spawned_argument_may_come_back(void) {
  struct host host;
  const sabir_record *found;
  sabir_command *made;
  turn_begin();
  host_begin(&host, 0, 0, 0);
  made = command(SABIR_COMMAND_SPAWN, NULL, 0);
  made->to = (uint64_t)(uintptr_t)host.behavior;
  made->value = 41;
  made->flags = SABIR_SPAWN_DROP_HERE;
  CHECK_OK(take_turn(&host, 0));
  turn.used = 0;
  CHECK_OK(record()->status);
  found = record();
  CHECK_NUMBER(found->kind, SABIR_DELIVERY_START);
  (void)complete(found->context, 5, 0); /* it does not start */
  found = one_record(&host, SABIR_DELIVERY_DROP);
  CHECK_NUMBER(found->value, 41);
  CHECK_NUMBER(found->context, 0);
  CHECK_NUMBER(found->size, sizeof *found);
  made = command(SABIR_COMMAND_SPAWN, NULL, 0);
  made->value = 42;
  made->flags = SABIR_SPAWN_DROP_HERE;
  CHECK_STATUS(one_record(&host, SABIR_DELIVERY_RESULT)->status, SABIR_E_INVALID); /* and stays the caller's */
  CHECK_STATUS(take_turn(&host, 0), SABIR_E_TIMEOUT);
  end_turns(&host);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(a_turn_completes_sends_and_hands_out),
      TEST(contexts_may_be_used_and_completed_in_any_mixture),
      TEST(many_contexts_are_used_in_one_turn),
      TEST(commands_that_fail_come_back_with_their_tokens),
      TEST(fields_that_a_command_does_not_name_are_0),
      TEST(malformed_commands_end_the_turn),
      TEST(what_has_no_room_waits_for_the_next_turn),
      TEST(large_payloads_are_handed_out_as_messages),
      TEST(an_actor_that_sends_too_much_in_a_turn_is_muted),
      TEST(an_answer_may_be_put_off),
      TEST(a_spawn_that_fails_says_why),
      TEST(a_spawned_argument_may_come_back),
  };
  return RUN_TESTS(tests, argc, argv);
}
