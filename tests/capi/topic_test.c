/* topic.h: who gets what is published, what is retained, and what is refused.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "watcher.h"

/* A port that is subscribed. */
static sabir_ref subscribe_port(sabir_system *system, sabir_port *port, const char *pattern) {
  sabir_ref ref = 0;
  REQUIRE_OK(sabir_subscribe(system, pattern, sabir_port_pid(port), &ref));
  CHECK(ref != 0);
  return ref;
}

static uint64_t publish_number(sabir_system *system, const char *subject, uint64_t number, uint32_t flags) {
  uint64_t delivered = 77;
  CHECK_OK(sabir_publish_bytes(system, subject, NOTE, &number, sizeof number, flags, &delivered));
  return delivered;
}

static uint64_t next_number(sabir_port *port) {
  sabir_message *message = next_message(port, SABIR_KIND_MESSAGE);
  uint64_t number = 0;
  CHECK_NUMBER(sabir_message_type(message), NOTE);
  CHECK(sabir_message_data_mut(message) == NULL);
  if (CHECK_NUMBER(sabir_message_size(message), sizeof number)) memcpy(&number, sabir_message_data(message), sizeof number);
  sabir_message_destroy(&message);
  return number;
}

static void each_matching_subscription_gets_its_own(void) {
  sabir_system *system = make_system(1);
  sabir_port *exact = open_port(system, NULL), *star = open_port(system, NULL), *rest = open_port(system, NULL),
             *other = open_port(system, NULL);
  sabir_ref ref;
  subscribe_port(system, exact, "a.b.c");
  subscribe_port(system, star, "a.*.c");
  subscribe_port(system, rest, "a.>");
  subscribe_port(system, other, "a.b");
  CHECK_NUMBER(publish_number(system, "a.b.c", 1, 0), 3);
  CHECK_NUMBER(publish_number(system, "a.x.c", 2, 0), 2);
  CHECK_NUMBER(publish_number(system, "a", 3, 0), 0);
  CHECK_NUMBER(publish_number(system, "a.b", 4, 0), 2);
  CHECK_NUMBER(next_number(exact), 1);
  CHECK_NUMBER(next_number(star), 1);
  CHECK_NUMBER(next_number(star), 2);
  CHECK_NUMBER(next_number(rest), 1);
  CHECK_NUMBER(next_number(rest), 2);
  CHECK_NUMBER(next_number(rest), 4);
  CHECK_NUMBER(next_number(other), 4);
  /* One subscriber, two patterns that match: two messages. */
  ref = subscribe_port(system, exact, "*.b.*");
  CHECK_NUMBER(publish_number(system, "a.b.c", 5, 0), 4);
  CHECK_NUMBER(next_number(exact), 5);
  CHECK_NUMBER(next_number(exact), 5);
  CHECK_OK(sabir_unsubscribe(system, ref));
  CHECK_STATUS(sabir_unsubscribe(system, ref), SABIR_E_NO_REF);
  CHECK_NUMBER(publish_number(system, "a.b.c", 6, 0), 3);
  CHECK_NUMBER(next_number(exact), 6);
  check_nothing_in(exact);
  check_nothing_in(other);
  sabir_port_destroy(&exact);
  sabir_port_destroy(&star);
  sabir_port_destroy(&rest);
  sabir_port_destroy(&other);
  end_system(&system);
}

struct inside {
  sabir_port *port;
  uint64_t number;
  sabir_ref ref;
};

static sabir_status subscribe_and_publish(sabir_context *context, sabir_message **message, void *argument) {
  struct inside *inside = (struct inside *)argument;
  sabir_message *made = make_message(NOTE, &inside->number, sizeof inside->number);
  uint64_t delivered = 0;
  (void)message;
  CHECK_OK(sabir_context_subscribe(context, "inside.>", &inside->ref));
  CHECK_OK(sabir_context_publish_bytes(context, "inside.x", PROBE_COUNT, NULL, 0, 0, &delivered));
  CHECK_NUMBER(delivered, 1);
  CHECK_OK(sabir_context_publish(context, "outside", &made, 0, &delivered));
  CHECK(made == NULL);
  CHECK_NUMBER(delivered, 1);
  return SABIR_OK;
}

static void an_actor_subscribes_itself_and_is_the_sender(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = open_port(system, NULL);
  struct inside inside = {NULL, 9, 0};
  sabir_message *message;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  subscribe_port(system, port, "outside");
  run_inside(system, pid, subscribe_and_publish, &inside);
  CHECK(inside.ref != 0);
  CHECK(reached(&actor.received, 2));
  message = next_message(port, SABIR_KIND_MESSAGE);
  CHECK_NUMBER(sabir_message_sender(message), pid);
  sabir_message_destroy(&message);
  CHECK_OK(sabir_unsubscribe(system, inside.ref));
  sabir_port_destroy(&port);
  end_system(&system);
  probe_end(&actor);
}

static sabir_status publish_own_message(sabir_context *context, sabir_message **message, void *argument) {
  uint64_t *delivered = (uint64_t *)argument;
  CHECK_OK(sabir_context_publish(context, "own", message, 0, delivered));
  CHECK(*message == NULL);
  return SABIR_OK;
}

static sabir_status publish_an_ask(sabir_context *context, sabir_message **message, void *argument) {
  sabir_message *const before = *message;
  (void)argument;
  CHECK_STATUS(sabir_context_publish(context, "own", message, 0, NULL), SABIR_E_INVALID);
  CHECK(*message == before);
  return sabir_context_reply_bytes(context, NOTE, NULL, 0);
}

static void a_handler_publishes_the_message_it_was_given(void) {
  sabir_system *system = make_system(1);
  sabir_port *ports[3];
  sabir_message *ask = inside_message(publish_an_ask, NULL), *reply = NULL;
  uint64_t delivered = 0;
  probe actor;
  sabir_pid pid;
  int index;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  run_inside(system, pid, publish_own_message, &delivered); /* nobody */
  CHECK_NUMBER(delivered, 0);
  for (index = 0; index < 3; ++index) {
    ports[index] = open_port(system, NULL);
    subscribe_port(system, ports[index], "own");
  }
  run_inside(system, pid, publish_own_message, &delivered);
  CHECK_NUMBER(delivered, 3);
  CHECK_OK(sabir_ask(system, pid, &ask, PATIENCE_NS, &reply));
  sabir_message_destroy(&reply);
  for (index = 0; index < 3; ++index) {
    sabir_message *message = next_message(ports[index], SABIR_KIND_MESSAGE);
    CHECK_NUMBER(sabir_message_type(message), PROBE_CALL);
    CHECK_NUMBER(sabir_message_sender(message), pid);
    sabir_message_destroy(&message);
    check_nothing_in(ports[index]);
    sabir_port_destroy(&ports[index]);
  }
  end_system(&system);
  probe_end(&actor);
}

static void order_is_kept_for_each_publisher(void) {
  enum { NUMBERS = 2000 };
  sabir_system *system = make_system(2);
  sabir_port *first = open_port(system, NULL), *second = open_port(system, NULL);
  uint64_t number;
  subscribe_port(system, first, "order.>");
  subscribe_port(system, second, "*.x");
  for (number = 0; number < NUMBERS; ++number) publish_number(system, "order.x", number, 0);
  for (number = 0; number < NUMBERS; ++number) {
    CHECK_NUMBER(next_number(first), number);
    CHECK_NUMBER(next_number(second), number);
  }
  sabir_port_destroy(&first);
  sabir_port_destroy(&second);
  end_system(&system);
}

static void a_retained_message_meets_later_subscribers(void) {
  sabir_system *system = make_system(1);
  sabir_port *early = open_port(system, NULL), *late = open_port(system, NULL), *last = open_port(system, NULL);
  uint64_t sum;
  subscribe_port(system, early, "state.*");
  CHECK_NUMBER(publish_number(system, "state.a", 1, SABIR_PUBLISH_RETAIN), 1);
  CHECK_NUMBER(publish_number(system, "state.a", 2, SABIR_PUBLISH_RETAIN), 1);
  CHECK_NUMBER(publish_number(system, "state.b", 10, SABIR_PUBLISH_RETAIN), 1);
  CHECK_NUMBER(publish_number(system, "state.b", 99, 0), 1); /* is not kept */
  subscribe_port(system, late, "state.a");
  CHECK_NUMBER(next_number(late), 2);
  check_nothing_in(late);
  subscribe_port(system, last, ">");
  sum = next_number(last) + next_number(last);
  CHECK_NUMBER(sum, 12);
  check_nothing_in(last);
  /* One without bytes clears it, and is a message as any other. */
  CHECK_OK(sabir_publish_bytes(system, "state.a", NOTE, NULL, 0, SABIR_PUBLISH_RETAIN, &sum));
  CHECK_NUMBER(sum, 3);
  sabir_port_destroy(&late);
  late = open_port(system, NULL);
  subscribe_port(system, late, "state.*");
  CHECK_NUMBER(next_number(late), 10);
  check_nothing_in(late);
  sabir_port_destroy(&early);
  sabir_port_destroy(&late);
  sabir_port_destroy(&last);
  end_system(&system);
}

static void a_retained_message_expires(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = open_port(system, NULL);
  uint64_t number = 5;
  sabir_message *message = make_message(NOTE, &number, sizeof number), *forgotten;
  wrapped memory = {0, "soon over"};
  CHECK_OK(sabir_message_set_deadline(message, PATIENCE_NS));
  CHECK_OK(sabir_publish(system, "long", &message, SABIR_PUBLISH_RETAIN, NULL));
  forgotten = wrap_message(NOTE, &memory);
  CHECK_OK(sabir_message_set_deadline(forgotten, 1));
  CHECK_OK(sabir_publish(system, "short", &forgotten, SABIR_PUBLISH_RETAIN, NULL));
  let_pass(MILLISECOND_NS);
  subscribe_port(system, port, "*");
  CHECK_NUMBER(next_number(port), 5);
  check_nothing_in(port);
  CHECK(reached(&memory.releases, 1));
  sabir_port_destroy(&port);
  end_system(&system);
  CHECK_NUMBER(counted(&memory.releases), 1);
}

static void what_is_retained_ends_once(void) {
  sabir_system *system = make_system(1);
  wrapped first = {0, "first"}, second = {0, "second"};
  sabir_message *message = wrap_message(NOTE, &first);
  CHECK_OK(sabir_publish(system, "kept", &message, SABIR_PUBLISH_RETAIN, NULL));
  CHECK_NUMBER(counted(&first.releases), 0);
  message = wrap_message(NOTE, &second);
  CHECK_OK(sabir_publish(system, "kept", &message, SABIR_PUBLISH_RETAIN, NULL));
  CHECK(reached(&first.releases, 1));
  CHECK_NUMBER(counted(&second.releases), 0);
  end_system(&system);
  CHECK_NUMBER(counted(&first.releases), 1);
  CHECK_NUMBER(counted(&second.releases), 1);
}

/* The filter's calls, and whom it lets through. */
struct filtering {
  sabir_system *system;
  sabir_pid wanted;
  uint64_t calls;
};

static bool lets_through(uintptr_t argument, sabir_pid subscriber) {
  struct filtering *self = (struct filtering *)argument;
  uint64_t delivered = 1;
  ++self->calls;
  /* No lock is held: it may publish itself. */
  CHECK_OK(sabir_publish_bytes(self->system, "nobody.listens", NOTE, NULL, 0, 0, &delivered));
  CHECK_NUMBER(delivered, 0);
  return subscriber == self->wanted;
}

static sabir_status publish_filtered(sabir_context *context, sabir_message **message, void *argument) {
  struct filtering *self = (struct filtering *)argument;
  uint64_t number = 8, delivered = 0;
  sabir_message *made = make_message(NOTE, &number, sizeof number);
  (void)message;
  CHECK_OK(sabir_context_publish_filtered(context, "f", &made, 0, lets_through, (uintptr_t)self, &delivered));
  CHECK_NUMBER(delivered, 1);
  return SABIR_OK;
}

static void a_filter_decides_for_each_subscriber(void) {
  sabir_system *system = make_system(1);
  sabir_port *first = open_port(system, NULL), *second = open_port(system, NULL);
  struct filtering filtering = {NULL, 0, 0};
  uint64_t number = 7, delivered = 0;
  sabir_message *message = make_message(NOTE, &number, sizeof number), *before;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  filtering.system = system;
  filtering.wanted = sabir_port_pid(second);
  subscribe_port(system, first, "f");
  subscribe_port(system, second, "*");
  subscribe_port(system, first, "*");
  CHECK_OK(sabir_publish_filtered(system, "f", &message, 0, lets_through, (uintptr_t)&filtering, &delivered));
  CHECK(message == NULL);
  CHECK_NUMBER(delivered, 1);
  CHECK_NUMBER(filtering.calls, 3);
  CHECK_NUMBER(next_number(second), 7);
  run_inside(system, pid, publish_filtered, &filtering);
  CHECK_NUMBER(next_number(second), 8);
  check_nothing_in(first);
  before = message = make_message(NOTE, &number, sizeof number);
  CHECK_STATUS(sabir_publish_filtered(system, "f", &message, 0, NULL, 0, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_publish_filtered(system, "f", &message, SABIR_PUBLISH_RETAIN, lets_through, (uintptr_t)&filtering, NULL),
               SABIR_E_INVALID);
  CHECK(message == before);
  sabir_message_destroy(&message);
  CHECK_NUMBER(filtering.calls, 6);
  sabir_port_destroy(&first);
  sabir_port_destroy(&second);
  end_system(&system);
  probe_end(&actor);
}

static void check_names(sabir_system *system, sabir_pid pid, const char *name, bool good_subject, bool good_pattern) {
  sabir_ref ref = 1;
  sabir_message *message = make_message(NOTE, "x", 1), *const before = message;
  uint64_t delivered = 1;
  if (good_pattern) {
    CHECK_OK(sabir_subscribe(system, name, pid, &ref));
    CHECK_OK(sabir_unsubscribe(system, ref));
  } else {
    CHECK_STATUS(sabir_subscribe(system, name, pid, &ref), SABIR_E_INVALID);
    CHECK_NUMBER(ref, 0);
  }
  CHECK_STATUS(sabir_publish(system, name, &message, 0, &delivered), good_subject ? SABIR_OK : SABIR_E_INVALID);
  CHECK_NUMBER(delivered, 0);
  CHECK(message == (good_subject ? NULL : before));
  CHECK_STATUS(sabir_publish_bytes(system, name, NOTE, "x", 1, 0, NULL), good_subject ? SABIR_OK : SABIR_E_INVALID);
  sabir_message_destroy(&message);
}

static void names_are_checked(void) {
  static const char *const bad[] = {"",   ".",  ".a", "a.",    "a..b", "a b", "a\tb", "a\x7f",  "a*",
                                    "*a", "a>", ">a", "a.>.b", ">.*",  "**",  "\xff", "a.\xc3", "\xed\xa0\x80"};
  static const char *const patterns[] = {"*", ">", "a.*", "*.b", "a.>", "*.*.>"};
  sabir_system *system = make_system(1);
  sabir_port *port = open_port(system, NULL);
  const sabir_pid pid = sabir_port_pid(port);
  char longest[SABIR_SUBJECT_MAX + 2], tokens[2 * SABIR_SUBJECT_TOKENS_MAX + 2];
  sabir_message *message = make_message(NOTE, NULL, 0), *none = NULL;
  sabir_ref ref = 1;
  size_t index;
  for (index = 0; index < sizeof bad / sizeof bad[0]; ++index) check_names(system, pid, bad[index], false, false);
  for (index = 0; index < sizeof patterns / sizeof patterns[0]; ++index) check_names(system, pid, patterns[index], false, true);
  check_names(system, pid, "a.b-1.\xc3\xa9", true, true);
  memset(longest, 'x', sizeof longest);
  longest[SABIR_SUBJECT_MAX + 1] = 0;
  check_names(system, pid, longest, false, false);
  longest[SABIR_SUBJECT_MAX] = 0;
  check_names(system, pid, longest, true, true);
  for (index = 0; index <= SABIR_SUBJECT_TOKENS_MAX; ++index) memcpy(tokens + 2 * index, "t.", 2);
  tokens[2 * SABIR_SUBJECT_TOKENS_MAX + 1] = 0;
  check_names(system, pid, tokens, false, false);
  tokens[2 * SABIR_SUBJECT_TOKENS_MAX - 1] = 0;
  check_names(system, pid, tokens, true, true);
  CHECK_STATUS(sabir_subscribe(system, NULL, pid, &ref), SABIR_E_INVALID);
  CHECK_NUMBER(ref, 0);
  CHECK_STATUS(sabir_subscribe(system, "a", pid, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_publish(system, NULL, &message, 0, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_publish(system, "a", NULL, 0, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_publish(system, "a", &none, 0, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_publish(system, "a", &message, 2, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_publish_bytes(system, "a", NOTE, NULL, 1, 0, NULL), SABIR_E_INVALID);
  CHECK(message != NULL);
  sabir_message_destroy(&message);
  sabir_port_destroy(&port);
  end_system(&system);
}

static void subscribers_are_checked(void) {
  sabir_system *system = make_system(1), *other = make_system(1);
  sabir_port *port = open_port(other, NULL);
  sabir_ref ref = 1;
  CHECK_STATUS(sabir_subscribe(system, "a", 0, &ref), SABIR_E_NO_ACTOR);
  CHECK_NUMBER(ref, 0);
  CHECK_STATUS(sabir_subscribe(system, "a", dead_pid(system), &ref), SABIR_E_DEAD);
  CHECK_STATUS(sabir_subscribe(system, "a", sabir_port_pid(port), &ref), SABIR_E_FOREIGN);
  CHECK_STATUS(sabir_unsubscribe(system, 0), SABIR_E_NO_REF);
  CHECK_STATUS(sabir_unsubscribe(system, 12345), SABIR_E_NO_REF);
  sabir_port_destroy(&port);
  end_system(&system);
  end_system(&other);
}

static void requests_and_large_messages_are_refused(void) {
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  sabir_system *system;
  sabir_message *message = NULL, *before;
  options.workers = 1;
  options.message_size_limit = 100;
  system = make_system_with(&options);
  REQUIRE_OK(sabir_request_children(&message));
  before = message;
  CHECK_STATUS(sabir_publish(system, "a", &message, 0, NULL), SABIR_E_INVALID);
  CHECK(message == before);
  sabir_message_destroy(&message);
  REQUIRE_OK(sabir_message_create(NOTE, 101, &message));
  CHECK_STATUS(sabir_publish(system, "a", &message, 0, NULL), SABIR_E_TOO_BIG);
  CHECK_STATUS(sabir_publish_bytes(system, "a", NOTE, sabir_message_data(message), 101, 0, NULL), SABIR_E_TOO_BIG);
  CHECK(message != NULL);
  sabir_message_destroy(&message);
  end_system(&system);
}

static void a_full_mailbox_keeps_nobody_else_from_it(void) {
  enum { CAPACITY = 3, PUBLISHED = 10 };
  sabir_mailbox_options small = SABIR_MAILBOX_OPTIONS_INIT, narrow = SABIR_MAILBOX_OPTIONS_INIT, blocking = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_system *system = make_system(1);
  sabir_port *full, *thin, *blocked, *open;
  uint64_t delivered = 0, number;
  small.capacity = CAPACITY;
  narrow.capacity_bytes = 65; /* not even one */
  blocking.capacity = CAPACITY;
  blocking.overflow = SABIR_OVERFLOW_BLOCK;
  full = open_port(system, &small);
  thin = open_port(system, &narrow);
  blocked = open_port(system, &blocking);
  open = open_port(system, NULL);
  subscribe_port(system, full, "x");
  subscribe_port(system, thin, "x");
  subscribe_port(system, blocked, "x"); /* a thread that sends would wait here: a publish does not */
  subscribe_port(system, open, "x");
  for (number = 0; number < PUBLISHED; ++number) delivered += publish_number(system, "x", number, 0);
  CHECK_NUMBER(delivered, PUBLISHED + CAPACITY + 2 * CAPACITY);
  for (number = 0; number < PUBLISHED; ++number) CHECK_NUMBER(next_number(open), number);
  for (number = 0; number < CAPACITY; ++number) CHECK_NUMBER(next_number(full), number);
  for (number = 0; number < 2 * CAPACITY; ++number) CHECK_NUMBER(next_number(blocked), number);
  check_nothing_in(full);
  check_nothing_in(thin);
  CHECK(dead_letters_reach(system, SABIR_CAUSE_ANY, 4 * PUBLISHED - delivered));
  CHECK_NUMBER(dead_letters(system, SABIR_CAUSE_OVERFLOW), 4 * PUBLISHED - delivered);
  sabir_port_destroy(&full);
  sabir_port_destroy(&thin);
  sabir_port_destroy(&blocked);
  sabir_port_destroy(&open);
  end_system(&system);
}

/* What a subscriber of dead letters saw. */
struct seen {
  pthread_t publisher;
  uint64_t letters, inside;
  sabir_pid target;
  const void *data;
};

static void see_letter(uintptr_t argument, sabir_pid target, int32_t cause, const sabir_message *message) {
  struct seen *seen = (struct seen *)argument;
  CHECK_NUMBER((uint32_t)cause, SABIR_CAUSE_OVERFLOW);
  seen->target = target;
  seen->data = sabir_message_data(message);
  if (pthread_equal(pthread_self(), seen->publisher)) count(&seen->inside);
  count(&seen->letters);
}

static void an_overflow_is_told_on_another_thread(void) {
  sabir_mailbox_options small = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_system *system = make_system(1);
  sabir_port *port;
  struct seen seen;
  wrapped memory = {0, "no room"};
  sabir_message *message = wrap_message(NOTE, &memory);
  sabir_ref ref;
  uint64_t delivered = 1;
  memset(&seen, 0, sizeof seen);
  seen.publisher = pthread_self();
  small.capacity = 1;
  port = open_port(system, &small);
  subscribe_port(system, port, "x");
  REQUIRE_OK(sabir_dead_letter_subscribe(system, see_letter, (uintptr_t)&seen, NULL, &ref));
  CHECK_NUMBER(publish_number(system, "x", 1, 0), 1);
  CHECK_OK(sabir_publish(system, "x", &message, 0, &delivered));
  CHECK_NUMBER(delivered, 0);
  CHECK(reached(&seen.letters, 1));
  CHECK(reached(&memory.releases, 1));
  CHECK_NUMBER(counted(&seen.inside), 0);
  CHECK_NUMBER(seen.target, sabir_port_pid(port));
  CHECK(seen.data == memory.bytes);
  CHECK_OK(sabir_dead_letter_unsubscribe(system, ref));
  sabir_port_destroy(&port);
  end_system(&system);
}

static void a_retained_message_that_finds_no_room_is_a_dead_letter(void) {
  sabir_mailbox_options small = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_system *system = make_system(1);
  sabir_port *port;
  small.capacity = 1;
  port = open_port(system, &small);
  publish_number(system, "a", 1, SABIR_PUBLISH_RETAIN);
  publish_number(system, "b", 1, SABIR_PUBLISH_RETAIN);
  publish_number(system, "c", 1, SABIR_PUBLISH_RETAIN);
  subscribe_port(system, port, ">");
  CHECK_NUMBER(next_number(port), 1);
  CHECK(dead_letters_reach(system, SABIR_CAUSE_OVERFLOW, 2));
  sabir_port_destroy(&port);
  end_system(&system);
}

static sabir_status publish_many(sabir_context *context, sabir_message **message, void *argument) {
  const uint64_t *number = (const uint64_t *)argument;
  uint64_t index, delivered;
  (void)message;
  for (index = 0; index < *number; ++index) {
    CHECK_OK(sabir_context_publish_bytes(context, "mute", PROBE_COUNT, NULL, 0, 0, &delivered));
    CHECK_NUMBER(delivered, 1);
  }
  return SABIR_OK;
}

static void a_mailbox_that_blocks_mutes_the_publisher(void) {
  sabir_mailbox_options blocking = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_system *system = make_system(2);
  uint64_t number = 6;
  probe publisher, subscriber;
  sabir_pid publisher_pid, subscriber_pid;
  sabir_ref ref;
  probe_init(&publisher);
  probe_init(&subscriber);
  blocking.capacity = 4;
  blocking.overflow = SABIR_OVERFLOW_BLOCK;
  options.mailbox = &blocking;
  publisher_pid = probe_spawn(system, &publisher, NULL);
  subscriber_pid = probe_spawn(system, &subscriber, &options);
  REQUIRE_OK(sabir_subscribe(system, "mute", subscriber_pid, &ref));
  hold(system, &subscriber, subscriber_pid);
  run_inside(system, publisher_pid, publish_many, &number);
  /* It is muted: it does not get to this one before there is room. */
  REQUIRE_OK(sabir_send_bytes(system, publisher_pid, PROBE_COUNT, NULL, 0));
  let_pass(20 * MILLISECOND_NS);
  CHECK_NUMBER(counted(&publisher.received), 1);
  let_go(&subscriber);
  CHECK(reached(&publisher.received, 2));
  CHECK(reached(&subscriber.received, 1 + number));
  end_system(&system);
  probe_end(&publisher);
  probe_end(&subscriber);
}

static void a_subscription_ends_with_its_actor(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = open_port(system, NULL);
  sabir_ref published, swept, refs[8];
  probe first, second;
  sabir_pid first_pid, second_pid;
  size_t index;
  probe_init(&first);
  probe_init(&second);
  first_pid = probe_spawn(system, &first, NULL);
  second_pid = probe_spawn(system, &second, NULL);
  REQUIRE_OK(sabir_subscribe(system, "x", first_pid, &published));
  REQUIRE_OK(sabir_subscribe(system, "never.published", second_pid, &swept));
  CHECK_OK(sabir_actor_stop(system, first_pid));
  CHECK_OK(sabir_actor_stop(system, second_pid));
  CHECK(becomes_dead(system, first_pid));
  CHECK(becomes_dead(system, second_pid));
  CHECK_NUMBER(publish_number(system, "x", 1, 0), 0);
  CHECK_STATUS(sabir_unsubscribe(system, published), SABIR_E_NO_REF);
  for (index = 0; index < 8; ++index) refs[index] = subscribe_port(system, port, "y");
  CHECK_STATUS(sabir_unsubscribe(system, swept), SABIR_E_NO_REF);
  for (index = 0; index < 8; ++index) CHECK_OK(sabir_unsubscribe(system, refs[index]));
  CHECK_NUMBER(dead_letters(system, SABIR_CAUSE_ANY), 0);
  sabir_port_destroy(&port);
  end_system(&system);
  probe_end(&first);
  probe_end(&second);
}

static void a_drained_actor_gets_nothing_and_stays_subscribed(void) {
  sabir_system *system = make_supervising_system();
  probe actor;
  sabir_pid pid;
  sabir_ref ref;
  probe_init(&actor);
  pid = probe_supervise(system, &actor, "drained", SABIR_PERMANENT);
  REQUIRE_OK(sabir_subscribe(system, "x", pid, &ref));
  hold(system, &actor, pid);
  CHECK_OK(sabir_actor_drain(system, pid));
  CHECK_NUMBER(publish_number(system, "x", 1, 0), 0);
  let_go(&actor);
  CHECK(reached(&actor.starts, 2));
  CHECK_OK(sabir_unsubscribe(system, ref));
  CHECK_NUMBER(dead_letters(system, SABIR_CAUSE_ANY), 0);
  end_system(&system);
  probe_end(&actor);
}

static void a_restarted_actor_keeps_its_subscriptions(void) {
  sabir_system *system = make_supervising_system();
  watcher actor;
  sabir_pid pid;
  sabir_ref ref;
  watcher_init(&actor);
  pid = watcher_supervise(system, &actor, "phoenix", SABIR_PERMANENT);
  REQUIRE_OK(sabir_subscribe(system, "x", pid, &ref));
  REQUIRE_OK(sabir_send_bytes(system, pid, PROBE_CRASH, NULL, 0));
  CHECK(reached(&actor.actor.starts, 2));
  CHECK_NUMBER(publish_number(system, "x", 1, 0), 1);
  CHECK_NUMBER(next_event(&actor)->type, NOTE);
  CHECK_OK(sabir_unsubscribe(system, ref));
  end_system(&system);
  watcher_end(&actor);
}

static void subscriptions_have_a_limit(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = open_port(system, NULL);
  sabir_ref ref = 0, last = 0;
  sabir_status status = SABIR_OK;
  uint64_t number = 0;
  while (number <= SABIR_SUBSCRIPTIONS_MAX && (status = sabir_subscribe(system, "many", sabir_port_pid(port), &ref)) == SABIR_OK) {
    last = ref;
    ++number;
  }
  CHECK_STATUS(status, SABIR_E_LIMIT);
  CHECK_NUMBER(ref, 0);
  CHECK_NUMBER(number, SABIR_SUBSCRIPTIONS_MAX);
  CHECK_OK(sabir_unsubscribe(system, last));
  CHECK_OK(sabir_subscribe(system, "many", sabir_port_pid(port), &ref));
  sabir_port_destroy(&port);
  /* All are gone with the port, and a new one finds places in time. */
  port = open_port(system, NULL);
  CHECK_OK(sabir_subscribe(system, "many", sabir_port_pid(port), &ref));
  sabir_port_destroy(&port);
  end_system(&system);
}

static void retained_messages_have_a_limit(void) {
  sabir_system *system = make_system(1);
  char subject[32];
  uint64_t number;
  sabir_message *message, *before;
  for (number = 0; number < SABIR_RETAINED_MAX; ++number) {
    snprintf(subject, sizeof subject, "kept.%u", (unsigned)number);
    CHECK_OK(sabir_publish_bytes(system, subject, NOTE, "x", 1, SABIR_PUBLISH_RETAIN, NULL));
  }
  before = message = make_message(NOTE, "x", 1);
  CHECK_STATUS(sabir_publish(system, "kept.more", &message, SABIR_PUBLISH_RETAIN, NULL), SABIR_E_LIMIT);
  CHECK(message != NULL);
  (void)before;
  CHECK_OK(sabir_publish(system, "kept.7", &message, SABIR_PUBLISH_RETAIN, NULL)); /* takes the place of another */
  CHECK_OK(sabir_publish_bytes(system, "kept.8", NOTE, NULL, 0, SABIR_PUBLISH_RETAIN, NULL));
  CHECK_OK(sabir_publish_bytes(system, "kept.more", NOTE, "x", 1, SABIR_PUBLISH_RETAIN, NULL));
  end_system(&system);
}

static void a_shut_down_system_is_closed(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = open_port(system, NULL);
  const sabir_pid pid = sabir_port_pid(port);
  sabir_message *message = make_message(NOTE, "x", 1);
  sabir_ref ref = 0, old = subscribe_port(system, port, "a");
  CHECK_OK(sabir_system_shutdown(system, PATIENCE_NS, NULL));
  CHECK_STATUS(sabir_publish(system, "a", &message, 0, NULL), SABIR_E_CLOSED);
  CHECK_STATUS(sabir_publish(system, "a", &message, SABIR_PUBLISH_RETAIN, NULL), SABIR_E_CLOSED);
  CHECK(message != NULL);
  CHECK_STATUS(sabir_subscribe(system, "a", pid, &ref), SABIR_E_CLOSED);
  CHECK_STATUS(sabir_unsubscribe(system, old), SABIR_E_NO_REF);
  sabir_message_destroy(&message);
  sabir_port_destroy(&port);
  end_system(&system);
}

/* Threads that publish, subscribe and end at once: for the sanitizers, and for the sum. */
struct crowd {
  sabir_system *system;
  uint64_t delivered;
  uint64_t number;
};

static void *publish_for_a_while(void *argument) {
  struct crowd *crowd = (struct crowd *)argument;
  uint64_t index, delivered;
  for (index = 0; index < crowd->number; ++index) {
    CHECK_OK(sabir_publish_bytes(crowd->system, index % 2 ? "crowd.a" : "crowd.b", PROBE_COUNT, &index, sizeof index,
                                 index % 5 == 0 ? SABIR_PUBLISH_RETAIN : 0, &delivered));
    __atomic_add_fetch(&crowd->delivered, delivered, __ATOMIC_SEQ_CST);
  }
  return NULL;
}

static void *subscribe_for_a_while(void *argument) {
  struct crowd *crowd = (struct crowd *)argument;
  uint64_t index;
  for (index = 0; index < crowd->number / 10; ++index) {
    probe *actor = (probe *)calloc(1, sizeof *actor);
    sabir_pid pid;
    sabir_ref ref = 0, second = 0;
    probe_init(actor);
    pid = probe_spawn(crowd->system, actor, NULL);
    CHECK_OK(sabir_subscribe(crowd->system, "crowd.*", pid, &ref));
    CHECK_OK(sabir_subscribe(crowd->system, "crowd.a", pid, &second));
    if (index % 2) CHECK_OK(sabir_unsubscribe(crowd->system, ref));
    CHECK_OK(sabir_actor_stop(crowd->system, pid));
    probe_wait_dropped(actor);
    probe_end(actor);
    free(actor);
  }
  return NULL;
}

static void many_threads_publish_and_subscribe(void) {
  struct crowd crowd;
  pthread_t threads[4];
  probe actor;
  sabir_ref ref;
  int index;
  memset(&crowd, 0, sizeof crowd);
  crowd.system = make_system(2);
  crowd.number = TEST_SANITIZED ? 500 : 5000;
  probe_init(&actor);
  REQUIRE_OK(sabir_subscribe(crowd.system, "crowd.>", probe_spawn(crowd.system, &actor, NULL), &ref));
  for (index = 0; index < 4; ++index) threads[index] = start_thread(index < 2 ? publish_for_a_while : subscribe_for_a_while, &crowd);
  for (index = 0; index < 4; ++index) join_thread(threads[index]);
  CHECK(crowd.delivered >= 2 * crowd.number);
  CHECK(reached(&actor.received, 2 * crowd.number));
  end_system(&crowd.system);
  probe_end(&actor);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(each_matching_subscription_gets_its_own),
      TEST(an_actor_subscribes_itself_and_is_the_sender),
      TEST(a_handler_publishes_the_message_it_was_given),
      TEST(order_is_kept_for_each_publisher),
      TEST(a_retained_message_meets_later_subscribers),
      TEST(a_retained_message_expires),
      TEST(what_is_retained_ends_once),
      TEST(a_filter_decides_for_each_subscriber),
      TEST(names_are_checked),
      TEST(subscribers_are_checked),
      TEST(requests_and_large_messages_are_refused),
      TEST(a_full_mailbox_keeps_nobody_else_from_it),
      TEST(an_overflow_is_told_on_another_thread),
      TEST(a_retained_message_that_finds_no_room_is_a_dead_letter),
      TEST(a_mailbox_that_blocks_mutes_the_publisher),
      TEST(a_subscription_ends_with_its_actor),
      TEST(a_drained_actor_gets_nothing_and_stays_subscribed),
      TEST(a_restarted_actor_keeps_its_subscriptions),
      TEST(subscriptions_have_a_limit),
      TEST(retained_messages_have_a_limit),
      TEST(a_shut_down_system_is_closed),
      TEST(many_threads_publish_and_subscribe),
  };
  return RUN_TESTS(tests, argc, argv);
}
