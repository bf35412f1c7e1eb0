/* mailbox.h: mailboxes that sort by priority, and the stash; context.h: become.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "supervision_support.h"

/* An actor that writes down what it handles. Its messages are a command and a number. */
enum { RECORD = 100, HOLD, STASH, UNSTASH, CRASH, BECOME, UNBECOME };

typedef struct recorder {
  uint64_t numbers[256];
  uint64_t count, starts, stops, drops;
  sem_t entered, gate;
  sabir_behavior *other; /* to become */
  bool opened;           /* stashes no more */
  int32_t kinds[256];
} recorder;

static sabir_status recorder_start(sabir_context *context, uintptr_t argument, uintptr_t *state) {
  (void)context;
  *state = argument;
  count(&((recorder *)argument)->starts);
  return SABIR_OK;
}

static void recorder_stop(sabir_context *context, uintptr_t state, const sabir_exit *exit) {
  (void)context, (void)exit;
  count(&((recorder *)state)->stops);
}

static void recorder_drop(uintptr_t argument) { count(&((recorder *)argument)->drops); }

static uint64_t number_of(const sabir_message *message) {
  uint64_t number = 0;
  if (sabir_message_size(message) == sizeof number) memcpy(&number, sabir_message_data(message), sizeof number);
  return number;
}

static void record(recorder *self, uint64_t number, int32_t kind) {
  REQUIRE(self->count < 256);
  self->numbers[self->count] = number;
  self->kinds[self->count] = kind;
  count(&self->count);
}

static sabir_status recorder_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  recorder *self = (recorder *)state;
  const uint64_t number = number_of(*message);
  const int32_t kind = sabir_message_kind(*message);
  if (kind != SABIR_KIND_MESSAGE) {
    record(self, number, kind);
    return SABIR_OK;
  }
  switch (sabir_message_type(*message)) {
    case HOLD:
      sem_post(&self->entered);
      take(&self->gate);
      return SABIR_OK;
    case CRASH: record(self, number, kind); return 4711;
    case BECOME: CHECK_OK(sabir_context_become(context, self->other)); return SABIR_OK;
    case UNBECOME: CHECK_STATUS(sabir_context_unbecome(context), SABIR_E_INVALID); return SABIR_OK;
    default: break;
  }
  record(self, number, kind);
  return SABIR_OK;
}

/* The other behavior: it writes down number + 1000. */
static sabir_status other_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  recorder *self = (recorder *)state;
  switch (sabir_message_type(*message)) {
    case BECOME: CHECK_OK(sabir_context_become(context, self->other)); return SABIR_OK;
    case UNBECOME: CHECK_OK(sabir_context_unbecome(context)); return SABIR_OK;
    case CRASH: return 4711;
    default: record(self, 1000 + number_of(*message), SABIR_KIND_MESSAGE); return SABIR_OK;
  }
}

static void recorder_open(recorder *self) {
  memset(self, 0, sizeof *self);
  sem_init(&self->entered, 0, 0);
  sem_init(&self->gate, 0, 0);
}

static void recorder_close(recorder *self) {
  CHECK_NUMBER(self->drops, 1);
  CHECK_NUMBER(self->starts, self->stops);
  sem_destroy(&self->entered);
  sem_destroy(&self->gate);
}

static sabir_behavior *recorder_behavior(void) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("recorder");
  sabir_behavior *behavior = NULL;
  callbacks.start = recorder_start;
  callbacks.receive = recorder_receive;
  callbacks.stop = recorder_stop;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  return behavior;
}

static sabir_pid recorder_spawn(sabir_system *system, recorder *self, const sabir_mailbox_options *mailbox) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_behavior *behavior = recorder_behavior();
  sabir_pid pid;
  options.argument = (uintptr_t)self;
  options.drop = recorder_drop;
  options.mailbox = mailbox;
  REQUIRE_OK(sabir_spawn(system, behavior, &options, &pid, NULL));
  sabir_behavior_destroy(&behavior);
  return pid;
}

/* The same as a transient child, whose messages are not redelivered. */
static sabir_pid recorder_supervise(sabir_system *system, recorder *self, const sabir_mailbox_options *mailbox, uint32_t redeliveries) {
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_behavior *behavior = recorder_behavior();
  sabir_pid pid;
  options.argument = (uintptr_t)self;
  options.drop = recorder_drop;
  options.mailbox = mailbox;
  spec.spawn = &options;
  spec.redeliveries = redeliveries;
  REQUIRE_OK(sabir_supervise(system, 0, "recorder", behavior, &spec, &pid, NULL));
  sabir_behavior_destroy(&behavior);
  return pid;
}

static void send_with_priority(sabir_system *system, sabir_pid pid, sabir_type type, uint64_t number, uint32_t priority) {
  sabir_message *message = make_message(type, &number, sizeof number);
  CHECK_OK(sabir_message_set_priority(message, priority));
  CHECK_OK(sabir_send(system, pid, &message));
}

static void send_plain(sabir_system *system, sabir_pid pid, sabir_type type, uint64_t number) {
  CHECK_OK(sabir_send_bytes(system, pid, type, &number, sizeof number));
}

static void hold(sabir_system *system, sabir_pid pid, recorder *self) {
  send_plain(system, pid, HOLD, 0);
  take(&self->entered);
}

static sabir_mailbox_options sorting(void) {
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  mailbox.priorities = 1;
  return mailbox;
}

static void check_order(const recorder *self, const uint64_t *expected, uint64_t size) {
  uint64_t index;
  CHECK_NUMBER(self->count, size);
  for (index = 0; index < size && index < self->count; ++index) CHECK_NUMBER(self->numbers[index], expected[index]);
}

static void the_most_urgent_comes_first_and_each_level_keeps_its_order(void) {
  static const uint32_t priorities[] = {SABIR_PRIORITY_LOW, SABIR_PRIORITY_NORMAL, SABIR_PRIORITY_HIGH, SABIR_PRIORITY_CRITICAL};
  static const uint64_t expected[] = {3, 7, 11, 2, 6, 10, 1, 5, 9, 0, 4, 8};
  const sabir_mailbox_options mailbox = sorting();
  sabir_system *system = make_system(1);
  recorder self;
  uint64_t index;
  sabir_pid pid;
  recorder_open(&self);
  pid = recorder_spawn(system, &self, &mailbox);
  hold(system, pid, &self);
  for (index = 0; index < 12; ++index) send_with_priority(system, pid, RECORD, index, priorities[index % 4]);
  sem_post(&self.gate);
  CHECK(reached(&self.count, 12));
  check_order(&self, expected, 12);
  end_system(&system);
  recorder_close(&self);
}

static void without_the_option_priorities_play_no_part(void) {
  static const uint64_t expected[] = {0, 1};
  sabir_system *system = make_system(1);
  recorder self;
  sabir_pid pid;
  recorder_open(&self);
  pid = recorder_spawn(system, &self, NULL);
  hold(system, pid, &self);
  send_with_priority(system, pid, RECORD, 0, SABIR_PRIORITY_LOW);
  send_with_priority(system, pid, RECORD, 1, SABIR_PRIORITY_CRITICAL);
  sem_post(&self.gate);
  CHECK(reached(&self.count, 2));
  check_order(&self, expected, 2);
  end_system(&system);
  recorder_close(&self);
}

static void a_drain_handles_all_priorities_first(void) {
  static const uint64_t expected[] = {1, 0};
  const sabir_mailbox_options mailbox = sorting();
  sabir_system *system = make_system(1);
  recorder self;
  sabir_pid pid;
  recorder_open(&self);
  pid = recorder_spawn(system, &self, &mailbox);
  hold(system, pid, &self);
  send_with_priority(system, pid, RECORD, 0, SABIR_PRIORITY_LOW);
  send_with_priority(system, pid, RECORD, 1, SABIR_PRIORITY_HIGH);
  CHECK_OK(sabir_actor_drain(system, pid));
  sem_post(&self.gate);
  CHECK(reached(&self.drops, 1));
  check_order(&self, expected, 2);
  end_system(&system);
  recorder_close(&self);
}

/* Bounds hold, and what is left at the end becomes dead letters with its cause. */
static void a_sorting_mailbox_is_bounded_and_loses_nothing(void) {
  enum { CAPACITY = 16 };
  sabir_mailbox_options mailbox = sorting();
  sabir_system *system = make_system(1);
  sabir_status status = SABIR_OK;
  recorder self;
  uint64_t index;
  sabir_pid pid;
  recorder_open(&self);
  mailbox.capacity = CAPACITY;
  pid = recorder_spawn(system, &self, &mailbox);
  for (index = 0; index < 3; ++index) {
    uint64_t accepted = 0;
    hold(system, pid, &self);
    while ((status = sabir_send_bytes(system, pid, index == 0 && accepted == 0 ? HOLD : RECORD, NULL, 0)) == SABIR_OK) ++accepted;
    CHECK_STATUS(status, SABIR_E_MAILBOX_FULL);
    CHECK_NUMBER(accepted, CAPACITY);
    if (index == 0) {
      sem_post(&self.gate);
      take(&self.entered); /* all are sorted by now */
      CHECK_OK(sabir_send_bytes(system, pid, RECORD, NULL, 0));
      CHECK_STATUS(sabir_send_bytes(system, pid, RECORD, NULL, 0), SABIR_E_MAILBOX_FULL);
    }
    if (index == 2) CHECK_OK(sabir_actor_kill(system, pid));
    sem_post(&self.gate);
    if (index < 2) CHECK(reached(&self.count, (index + 1) * CAPACITY));
  }
  CHECK(dead_letters_reach(system, SABIR_CAUSE_KILLED, CAPACITY));
  end_system(&system);
  CHECK_NUMBER(self.count, 2 * CAPACITY);
  recorder_close(&self);
}

static void sorted_messages_become_dead_letters_at_the_end(void) {
  const sabir_mailbox_options mailbox = sorting();
  sabir_system *system = make_system(1);
  wrapped memory = {0, "sorted"};
  sabir_message *message = wrap_message(RECORD, &memory);
  recorder self;
  sabir_pid pid;
  recorder_open(&self);
  pid = recorder_spawn(system, &self, &mailbox);
  hold(system, pid, &self);
  send_with_priority(system, pid, HOLD, 0, SABIR_PRIORITY_HIGH);
  CHECK_OK(sabir_send(system, pid, &message));
  sem_post(&self.gate);
  take(&self.entered); /* the other one is sorted */
  CHECK_OK(sabir_actor_stop(system, pid));
  sem_post(&self.gate);
  CHECK(dead_letters_reach(system, SABIR_CAUSE_STOPPED, 1));
  CHECK(reached(&memory.releases, 1));
  end_system(&system);
  CHECK_NUMBER(memory.releases, 1);
  recorder_close(&self);
}

static void drop_oldest_drops_the_least_urgent(void) {
  static const uint64_t expected[] = {4, 5, 6, 7};
  sabir_mailbox_options mailbox = sorting();
  sabir_system *system = make_system(1);
  recorder self;
  uint64_t index;
  sabir_pid pid;
  recorder_open(&self);
  mailbox.capacity = 4;
  mailbox.overflow = SABIR_OVERFLOW_DROP_OLDEST;
  pid = recorder_spawn(system, &self, &mailbox);
  hold(system, pid, &self);
  for (index = 0; index < 8; ++index)
    send_with_priority(system, pid, RECORD, (index + 4) % 8, index < 4 ? SABIR_PRIORITY_HIGH : SABIR_PRIORITY_NORMAL);
  sem_post(&self.gate);
  CHECK(reached(&self.count, 4));
  check_order(&self, expected, 4);
  CHECK_NUMBER(dead_letters(system, SABIR_CAUSE_OVERFLOW), 4);
  end_system(&system);
  recorder_close(&self);
}

/* What a watched actor sent last comes before the news of its end, whatever its priority. */
struct last_words {
  sabir_pid to;
  sabir_ref ref;
};

static sabir_status say_last_words(sabir_context *context, sabir_message **message, void *argument) {
  const struct last_words *words = (const struct last_words *)argument;
  const uint64_t number = 5;
  sabir_message *last = make_message(RECORD, &number, sizeof number);
  (void)message;
  CHECK_OK(sabir_message_set_priority(last, SABIR_PRIORITY_LOW));
  CHECK_OK(sabir_context_send(context, words->to, &last));
  return sabir_context_stop(context);
}

static sabir_status watching_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  if (sabir_message_type(*message) == BECOME && sabir_message_kind(*message) == SABIR_KIND_MESSAGE) {
    sabir_ref ref;
    sabir_pid watched;
    memcpy(&watched, sabir_message_data(*message), sizeof watched);
    return sabir_context_monitor(context, watched, 0, &ref);
  }
  return recorder_receive(context, state, message);
}

static void news_of_an_end_stays_behind_the_last_words(void) {
  const sabir_mailbox_options mailbox = sorting();
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("watching");
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_executor_options threads = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_executor *executor = NULL;
  sabir_system *system = make_system(1);
  sabir_behavior *behavior = NULL;
  struct last_words words = {0, 0};
  recorder self;
  probe dying;
  sabir_pid dying_pid;
  recorder_open(&self);
  probe_init(&dying);
  threads.kind = SABIR_EXECUTOR_THREADS;
  REQUIRE_OK(sabir_executor_create(system, &threads, &executor, NULL));
  callbacks.start = recorder_start;
  callbacks.receive = watching_receive;
  callbacks.stop = recorder_stop;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  options.argument = (uintptr_t)&self;
  options.drop = recorder_drop;
  options.mailbox = &mailbox;
  options.executor = executor;
  REQUIRE_OK(sabir_spawn(system, behavior, &options, &words.to, NULL));
  dying_pid = probe_spawn(system, &dying, NULL);
  CHECK_OK(sabir_send_bytes(system, words.to, BECOME, &dying_pid, sizeof dying_pid));
  hold(system, words.to, &self);
  begin_inside(system, dying_pid, say_last_words, &words);
  probe_wait_dropped(&dying);
  CHECK(becomes_dead(system, dying_pid));
  sem_post(&self.gate);
  CHECK(reached(&self.count, 2));
  CHECK_NUMBER((uint64_t)self.kinds[0], SABIR_KIND_MESSAGE);
  CHECK_NUMBER((uint64_t)self.kinds[1], SABIR_KIND_DOWN);
  sabir_behavior_destroy(&behavior);
  end_system(&system);
  CHECK_OK(sabir_executor_destroy(&executor));
  recorder_close(&self);
  probe_end(&dying);
}

/* Asks, replies and forwards work from a sorting mailbox as from any other. */
static void asks_and_moves_work_from_a_sorting_mailbox(void) {
  const sabir_mailbox_options mailbox = sorting();
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_system *system = make_system(1);
  sabir_message *reply = NULL;
  wrapped memory = {0, "kept"};
  sabir_message *message = wrap_message(PROBE_KEEP, &memory);
  probe actor;
  sabir_pid pid;
  int round;
  probe_init(&actor);
  options.mailbox = &mailbox;
  pid = probe_spawn(system, &actor, &options);
  for (round = 0; round < 100; ++round) {
    CHECK_OK(sabir_ask_bytes(system, pid, PROBE_ECHO, &round, sizeof round, PATIENCE_NS, &reply));
    CHECK(sabir_message_size(reply) == sizeof round && memcmp(sabir_message_data(reply), &round, sizeof round) == 0);
    sabir_message_destroy(&reply);
  }
  CHECK_STATUS(sabir_ask_bytes(system, pid, PROBE_COUNT, NULL, 0, PATIENCE_NS, &reply), SABIR_E_UNANSWERED);
  sabir_message_destroy(&reply);
  CHECK_OK(sabir_send(system, pid, &message));
  take(&actor.entered);
  CHECK(actor.kept != NULL);
  CHECK_OK(sabir_ask_bytes(system, pid, PROBE_ECHO, NULL, 0, PATIENCE_NS, &reply)); /* its receive has returned */
  sabir_message_destroy(&reply);
  CHECK_NUMBER(counted(&memory.releases), 0);
  sabir_message_destroy(&actor.kept);
  CHECK_NUMBER(counted(&memory.releases), 1);
  CHECK_STATUS(sabir_ask_bytes(system, pid, PROBE_CRASH, NULL, 0, PATIENCE_NS, &reply), SABIR_E_CRASHED);
  sabir_message_destroy(&reply);
  end_system(&system);
  probe_end(&actor);
}

/* Stashes until it has been told to unstash. */
static sabir_status stash_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  recorder *self = (recorder *)state;
  const uint64_t number = number_of(*message);
  switch (sabir_message_type(*message)) {
    case STASH:
      if (!self->opened) {
        sabir_message *const mine = *message;
        CHECK_OK(sabir_context_stash(context, message));
        CHECK(*message == NULL);
        CHECK_STATUS(sabir_context_stash(context, message), SABIR_E_INVALID);
        *message = mine; /* not the handler's any more: refused, and harmless */
        CHECK_STATUS(sabir_context_stash(context, message), SABIR_E_INVALID);
        *message = NULL;
        return SABIR_OK;
      }
      break;
    case UNSTASH:
      self->opened = true;
      CHECK_OK(sabir_context_unstash(context, (uint32_t)number));
      return SABIR_OK;
    default: return recorder_receive(context, state, message);
  }
  record(self, number, SABIR_KIND_MESSAGE);
  return SABIR_OK;
}

static sabir_pid stasher_spawn(sabir_system *system, recorder *self, const sabir_mailbox_options *mailbox) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("stasher");
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_behavior *behavior = NULL;
  sabir_pid pid;
  callbacks.start = recorder_start;
  callbacks.receive = stash_receive;
  callbacks.stop = recorder_stop;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  options.argument = (uintptr_t)self;
  options.drop = recorder_drop;
  options.mailbox = mailbox;
  REQUIRE_OK(sabir_spawn(system, behavior, &options, &pid, NULL));
  sabir_behavior_destroy(&behavior);
  return pid;
}

static void what_is_unstashed_comes_before_what_waits(const sabir_mailbox_options *mailbox) {
  static const uint64_t expected[] = {20, 0, 1, 21, 2, 3, 22};
  sabir_system *system = make_system(1);
  recorder self;
  uint64_t index;
  sabir_pid pid;
  recorder_open(&self);
  pid = stasher_spawn(system, &self, mailbox);
  for (index = 0; index < 4; ++index) send_plain(system, pid, STASH, index);
  hold(system, pid, &self);
  send_plain(system, pid, RECORD, 20);
  send_plain(system, pid, UNSTASH, 2);
  send_plain(system, pid, RECORD, 21);
  send_plain(system, pid, UNSTASH, 0);
  send_plain(system, pid, RECORD, 22);
  send_plain(system, pid, UNSTASH, 0); /* there is none */
  sem_post(&self.gate);
  CHECK(reached(&self.count, 7));
  check_order(&self, expected, 7);
  end_system(&system);
  recorder_close(&self);
}

static void unstashed_messages_come_in_order(void) {
  const sabir_mailbox_options mailbox = sorting();
  what_is_unstashed_comes_before_what_waits(NULL);
  what_is_unstashed_comes_before_what_waits(&mailbox);
}

static sabir_status stash_until_full(sabir_context *context, uintptr_t state, sabir_message **message) {
  recorder *self = (recorder *)state;
  sabir_message *other = make_message(1, NULL, 0);
  CHECK_STATUS(sabir_context_stash(context, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_stash(context, &other), SABIR_E_INVALID);
  sabir_message_destroy(&other);
  if (sabir_context_stash(context, message) == SABIR_OK) return SABIR_OK;
  CHECK(*message != NULL);
  CHECK_STATUS(sabir_context_stash(context, message), SABIR_E_LIMIT);
  record(self, number_of(*message), SABIR_KIND_MESSAGE);
  return SABIR_OK;
}

static void a_stash_is_bounded_and_dies_with_its_actor(void) {
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("full stash");
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_system *system = make_system(1);
  sabir_behavior *behavior = NULL;
  wrapped memory = {0, "stashed"};
  sabir_message *message = wrap_message(RECORD, &memory), *reply = NULL;
  recorder self;
  sabir_pid pid;
  recorder_open(&self);
  callbacks.start = recorder_start;
  callbacks.receive = stash_until_full;
  callbacks.stop = recorder_stop;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  mailbox.stash_capacity = 2;
  options.argument = (uintptr_t)&self;
  options.drop = recorder_drop;
  options.mailbox = &mailbox;
  REQUIRE_OK(sabir_spawn(system, behavior, &options, &pid, NULL));
  CHECK_OK(sabir_send(system, pid, &message));
  CHECK_STATUS(sabir_ask_bytes(system, pid, RECORD, NULL, 0, 20 * MILLISECOND_NS, &reply), SABIR_E_TIMEOUT);
  sabir_message_destroy(&reply);
  send_plain(system, pid, RECORD, 3);
  CHECK(reached(&self.count, 1));
  CHECK_NUMBER(self.numbers[0], 3);
  CHECK_OK(sabir_actor_stop(system, pid));
  CHECK(dead_letters_reach(system, SABIR_CAUSE_STOPPED, 2));
  CHECK(reached(&memory.releases, 1));
  sabir_behavior_destroy(&behavior);
  end_system(&system);
  recorder_close(&self);
}

/* A stashed ask stays open, and ends when its actor does. */
static void a_stashed_ask_ends_with_its_actor(void) {
  sabir_system *system = make_system(1);
  sabir_message *message, *reply = NULL;
  sabir_port *port = NULL;
  uint64_t number = 1;
  sabir_ref ref;
  recorder self;
  sabir_pid pid;
  recorder_open(&self);
  REQUIRE_OK(sabir_port_create(system, NULL, &port, NULL));
  pid = stasher_spawn(system, &self, NULL);
  message = make_message(STASH, &number, sizeof number);
  CHECK_OK(sabir_port_ask(port, pid, &message, SABIR_FOREVER, &ref));
  send_plain(system, pid, RECORD, 2);
  CHECK(reached(&self.count, 1));
  CHECK_STATUS(sabir_port_receive(port, 0, &reply), SABIR_E_TIMEOUT);
  CHECK_OK(sabir_actor_kill(system, pid));
  CHECK_OK(sabir_port_receive(port, PATIENCE_NS, &reply));
  CHECK_STATUS(sabir_message_status(reply), SABIR_E_DEAD);
  sabir_message_destroy(&reply);
  sabir_port_destroy(&port);
  end_system(&system);
  recorder_close(&self);
}

/* Restarts: what was stashed and sorted survives, before what is queued; what failed is delivered again where its spec says so. */
static void a_restart_keeps_what_was_sorted(void) {
  static const uint64_t expected[] = {9, 9, 1, 0, 2};
  const sabir_mailbox_options mailbox = sorting();
  sabir_system *system = make_system(1);
  recorder self;
  sabir_pid pid;
  recorder_open(&self);
  pid = recorder_supervise(system, &self, &mailbox, 1);
  hold(system, pid, &self);
  send_with_priority(system, pid, RECORD, 0, SABIR_PRIORITY_NORMAL);
  send_with_priority(system, pid, CRASH, 9, SABIR_PRIORITY_CRITICAL);
  send_with_priority(system, pid, RECORD, 1, SABIR_PRIORITY_HIGH);
  send_with_priority(system, pid, RECORD, 2, SABIR_PRIORITY_LOW);
  sem_post(&self.gate);
  CHECK(reached(&self.count, 5));
  check_order(&self, expected, 5);
  CHECK_NUMBER(dead_letters(system, SABIR_CAUSE_CRASHED), 1);
  CHECK_NUMBER(self.starts, 3);
  end_system(&system);
  recorder_close(&self);
}

static sabir_status stash_or_crash(sabir_context *context, uintptr_t state, sabir_message **message) {
  recorder *self = (recorder *)state;
  if (sabir_message_type(*message) == STASH && counted(&self->stops) == 0) return sabir_context_stash(context, message);
  return recorder_receive(context, state, message);
}

static void a_restart_brings_back_the_stash(void) {
  static const uint64_t expected[] = {9, 3, 4, 5};
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("stash or crash");
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_system *system = make_system(1);
  sabir_behavior *behavior = NULL;
  recorder self;
  sabir_pid pid;
  recorder_open(&self);
  callbacks.start = recorder_start;
  callbacks.receive = stash_or_crash;
  callbacks.stop = recorder_stop;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  options.argument = (uintptr_t)&self;
  options.drop = recorder_drop;
  spec.spawn = &options;
  REQUIRE_OK(sabir_supervise(system, 0, "stasher", behavior, &spec, &pid, NULL));
  hold(system, pid, &self);
  send_plain(system, pid, STASH, 3);
  send_plain(system, pid, STASH, 4);
  send_plain(system, pid, CRASH, 9);
  send_plain(system, pid, RECORD, 5);
  sem_post(&self.gate);
  CHECK(reached(&self.count, 4));
  check_order(&self, expected, 4);
  sabir_behavior_destroy(&behavior);
  end_system(&system);
  recorder_close(&self);
}

/* become: the other behavior's receive, this one's everything else; a restart begins anew. */
static sabir_behavior *make_other(void) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("other");
  sabir_behavior *other = NULL;
  callbacks.receive = other_receive;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &other));
  return other;
}

static void another_behavior_receives_from_the_next_message_on(void) {
  static const uint64_t expected[] = {1, 1002, 1003, 1004, 5};
  sabir_system *system = make_system(1);
  recorder self;
  sabir_pid pid;
  recorder_open(&self);
  self.other = make_other();
  pid = recorder_spawn(system, &self, NULL);
  send_plain(system, pid, UNBECOME, 0); /* there is none to go back to */
  send_plain(system, pid, RECORD, 1);
  send_plain(system, pid, BECOME, 0);
  send_plain(system, pid, RECORD, 2);
  send_plain(system, pid, BECOME, 0); /* one deeper */
  send_plain(system, pid, RECORD, 3);
  send_plain(system, pid, UNBECOME, 0);
  send_plain(system, pid, RECORD, 4);
  send_plain(system, pid, UNBECOME, 0);
  send_plain(system, pid, RECORD, 5);
  CHECK(reached(&self.count, 5));
  check_order(&self, expected, 5);
  end_system(&system); /* the spawned behavior's stop runs: recorder_close counts it */
  sabir_behavior_destroy(&self.other);
  recorder_close(&self);
}

static void a_restart_begins_with_the_spawned_behavior(void) {
  static const uint64_t expected[] = {1001, 2};
  sabir_system *system = make_system(1);
  recorder self;
  sabir_pid pid;
  recorder_open(&self);
  self.other = make_other();
  pid = recorder_supervise(system, &self, NULL, 0);
  hold(system, pid, &self);
  send_plain(system, pid, BECOME, 0);
  send_plain(system, pid, RECORD, 1);
  send_plain(system, pid, CRASH, 0);
  send_plain(system, pid, RECORD, 2);
  sem_post(&self.gate);
  CHECK(reached(&self.count, 2));
  check_order(&self, expected, 2);
  end_system(&system);
  sabir_behavior_destroy(&self.other);
  recorder_close(&self);
}

static sabir_status become_wrongly(sabir_context *context, sabir_message **message, void *argument) {
  sabir_behavior *gone = probe_behavior(), *const destroyed = gone;
  int depth;
  (void)message;
  CHECK_STATUS(sabir_context_become(context, NULL), SABIR_E_INVALID);
  sabir_behavior_destroy(&gone);
  CHECK_STATUS(sabir_context_become(context, destroyed), SABIR_E_HANDLE);
  for (depth = 0; depth < 256; ++depth) CHECK_OK(sabir_context_become(context, (sabir_behavior *)argument));
  CHECK_STATUS(sabir_context_become(context, (sabir_behavior *)argument), SABIR_E_LIMIT);
  for (depth = 0; depth < 256; ++depth) CHECK_OK(sabir_context_unbecome(context));
  CHECK_STATUS(sabir_context_unbecome(context), SABIR_E_INVALID);
  return SABIR_OK;
}

static void become_checks_its_arguments(void) {
  sabir_system *system = make_system(1);
  sabir_behavior *behavior = make_other();
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  run_inside(system, pid, become_wrongly, behavior);
  sabir_behavior_destroy(&behavior);
  end_system(&system);
  probe_end(&actor);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(the_most_urgent_comes_first_and_each_level_keeps_its_order),
      TEST(without_the_option_priorities_play_no_part),
      TEST(a_drain_handles_all_priorities_first),
      TEST(a_sorting_mailbox_is_bounded_and_loses_nothing),
      TEST(sorted_messages_become_dead_letters_at_the_end),
      TEST(drop_oldest_drops_the_least_urgent),
      TEST(news_of_an_end_stays_behind_the_last_words),
      TEST(asks_and_moves_work_from_a_sorting_mailbox),
      TEST(unstashed_messages_come_in_order),
      TEST(a_stash_is_bounded_and_dies_with_its_actor),
      TEST(a_stashed_ask_ends_with_its_actor),
      TEST(a_restart_keeps_what_was_sorted),
      TEST(a_restart_brings_back_the_stash),
      TEST(another_behavior_receives_from_the_next_message_on),
      TEST(a_restart_begins_with_the_spawned_behavior),
      TEST(become_checks_its_arguments),
  };
  return RUN_TESTS(tests, argc, argv);
}
