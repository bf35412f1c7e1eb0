/* message.h: objects of a language as payloads. They reach only who takes them, and each is taken or dropped exactly once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "watcher.h"

/* The tags of two bindings. */
static const char ours, theirs;
#define OURS ((uintptr_t)&ours)
#define THEIRS ((uintptr_t)&theirs)

enum { TAKE = 200, TAKE_AND_CRASH, TAKE_AND_SEND_ON, FORWARD, ANSWER, ANSWER_LATE, STASH, UNSTASH };

/* An object, and where its end is noted. */
struct thing {
  uint64_t *drops;
  uint64_t number;
};

static void drop_thing(void *object) { count(((struct thing *)object)->drops); }

static sabir_message *make_thing(sabir_type type, uintptr_t tag, uint64_t *drops, uint64_t number) {
  sabir_message *message = NULL;
  struct thing *thing;
  REQUIRE_OK(sabir_message_create_native(type, tag, sizeof *thing, 16, drop_thing, &message));
  thing = (struct thing *)sabir_message_data_mut(message);
  thing->drops = drops;
  thing->number = number;
  return message;
}

/* An actor that takes what it gets. Its address is the actor's argument. */
struct taker {
  uint64_t taken, last, crashes, refused, drops_of_answers;
  sabir_pid to;                /* FORWARD, TAKE_AND_SEND_ON */
  const void *expected;        /* where the object must be, or NULL */
  sabir_status status;         /* of what was refused; of an answer */
  sabir_ref duty;              /* ANSWER_LATE */
  sem_t entered;               /* of ANSWER, ANSWER_LATE */
};

static void take_thing(struct taker *self, sabir_message *message) {
  struct thing *thing;
  CHECK(sabir_message_data(message) == NULL && sabir_message_size(message) == 0);
  CHECK(sabir_message_take_native(message, THEIRS) == NULL);
  CHECK(self->expected == NULL || sabir_message_data_mut(message) == self->expected);
  thing = (struct thing *)sabir_message_take_native(message, OURS);
  if (!CHECK(thing != NULL)) return;
  CHECK(sabir_message_take_native(message, OURS) == NULL && sabir_message_data_mut(message) == NULL);
  CHECK_NUMBER(sabir_message_native(message), OURS);
  self->last = thing->number;
  count(&self->taken);
}

static sabir_status take_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  struct taker *self = (struct taker *)state;
  switch (sabir_message_type(*message)) {
    case TAKE_AND_CRASH:
      count(&self->crashes);
      take_thing(self, *message);
      return PROBE_CRASH_STATUS;
    case TAKE_AND_SEND_ON: {
      sabir_message *before = *message;
      take_thing(self, *message);
      CHECK_STATUS(sabir_context_send(context, self->to, message), SABIR_E_INVALID);
      CHECK(*message == before);
      return SABIR_OK;
    }
    case FORWARD: {
      sabir_message *before = *message;
      self->status = sabir_context_send(context, self->to, message);
      CHECK((*message == NULL) == (self->status == SABIR_OK) && (*message == NULL || *message == before));
      if (self->status != SABIR_OK) count(&self->refused);
      return SABIR_OK;
    }
    case ANSWER: {
      sabir_message *answer = make_thing(TAKE, OURS, &self->drops_of_answers, 77);
      self->status = sabir_context_reply(context, &answer);
      CHECK((answer == NULL) == (self->status == SABIR_OK));
      sabir_message_destroy(&answer);
      if (self->status == SABIR_E_NATIVE) CHECK_OK(sabir_context_reply_bytes(context, TAKE, "bytes", 5));
      sem_post(&self->entered);
      return SABIR_OK;
    }
    case ANSWER_LATE:
      CHECK_OK(sabir_context_defer(context, &self->duty));
      sem_post(&self->entered);
      return SABIR_OK;
    case STASH: return sabir_context_stash(context, message);
    case UNSTASH: return sabir_context_unstash(context, 0);
    case PROBE_CALL: return SABIR_E_UNHANDLED;
    default:
      if (sabir_message_kind(*message) == SABIR_KIND_FAILURE) return SABIR_OK;
      take_thing(self, *message);
      return SABIR_OK;
  }
}

static sabir_behavior *taking(void) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("taker");
  sabir_behavior *behavior = NULL;
  callbacks.receive = take_receive;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  return behavior;
}

static sabir_pid take_spawn(sabir_system *system, struct taker *self, const sabir_mailbox_options *mailbox) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_behavior *behavior = taking();
  sabir_pid pid = 0;
  memset(self, 0, sizeof *self);
  sem_init(&self->entered, 0, 0);
  options.argument = (uintptr_t)self;
  options.native_tag = OURS;
  options.mailbox = mailbox;
  REQUIRE_OK(sabir_spawn(system, behavior, &options, &pid, NULL));
  sabir_behavior_destroy(&behavior);
  return pid;
}

static sabir_pid probe_spawn_native(sabir_system *system, probe *self, const sabir_mailbox_options *mailbox) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  probe_init(self);
  options.mailbox = mailbox;
  options.native_tag = OURS;
  return probe_spawn(system, self, &options);
}

/* ---- the message itself ---- */

static void create_checks_its_arguments(void) {
  sabir_message *message = make_message(5, "x", 1), *before = message;
  sabir_message *made = before;
  CHECK_STATUS(sabir_message_create_native(5, 0, 8, 8, NULL, &made), SABIR_E_INVALID);
  CHECK(made == NULL);
  CHECK_STATUS(sabir_message_create_native(5, OURS, 8, 0, NULL, &made), SABIR_E_INVALID);
  CHECK_STATUS(sabir_message_create_native(5, OURS, 8, 24, NULL, &made), SABIR_E_INVALID);
  CHECK_STATUS(sabir_message_create_native(5, OURS, 8, 2 * SABIR_NATIVE_ALIGNMENT_MAX, NULL, &made), SABIR_E_INVALID);
  CHECK_STATUS(sabir_message_create_native(5, OURS, 8, 8, NULL, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_message_create_native(5, OURS, SIZE_MAX, 8, NULL, &made), SABIR_E_NOMEM);
  CHECK_STATUS(sabir_message_create_native(5, OURS, SIZE_MAX / 2, 4096, NULL, &made), SABIR_E_NOMEM);
  CHECK(made == NULL);
  CHECK_NUMBER(sabir_message_native(NULL), 0);
  CHECK_NUMBER(sabir_message_native(message), 0);
  CHECK(sabir_message_take_native(NULL, OURS) == NULL);
  CHECK(sabir_message_take_native(message, OURS) == NULL);
  CHECK(sabir_message_take_native(message, 0) == NULL);
  sabir_message_destroy(&message);
}

static void objects_are_aligned_and_no_bytes(void) {
  size_t align, size;
  for (align = 1; align <= SABIR_NATIVE_ALIGNMENT_MAX; align *= 2) {
    for (size = 0; size <= 9000; size = 3 * size + 1) {
      sabir_message *message = NULL;
      REQUIRE_OK(sabir_message_create_native(5, OURS, size, align, NULL, &message));
      CHECK(sabir_message_data_mut(message) != NULL);
      CHECK_NUMBER((uintptr_t)sabir_message_data_mut(message) % align, 0);
      memset(sabir_message_data_mut(message), 1, size);
      CHECK(sabir_message_data(message) == NULL);
      CHECK_NUMBER(sabir_message_size(message), 0);
      CHECK_NUMBER(sabir_message_type(message), 5);
      CHECK_NUMBER(sabir_message_native(message), OURS);
      sabir_message_destroy(&message);
    }
  }
}

static void what_is_not_taken_is_dropped(void) {
  uint64_t drops = 0;
  sabir_message *message = make_thing(TAKE, OURS, &drops, 1);
  sabir_message_destroy(&message);
  CHECK_NUMBER(drops, 1);
  message = make_thing(TAKE, OURS, &drops, 1);
  CHECK(sabir_message_take_native(message, THEIRS) == NULL);
  CHECK(sabir_message_take_native(message, OURS) != NULL);
  sabir_message_destroy(&message);
  CHECK_NUMBER(drops, 1);
}

static void objects_are_not_shared(void) {
  uint64_t drops = 0;
  sabir_message *message = make_thing(TAKE, OURS, &drops, 1), *before = message, *clone = message;
  CHECK_STATUS(sabir_message_share(&message), SABIR_E_NATIVE);
  CHECK(message == before);
  CHECK_STATUS(sabir_message_clone(message, &clone), SABIR_E_INVALID);
  CHECK(clone == NULL && drops == 0);
  sabir_message_destroy(&message);
}

/* ---- all the ways to send ---- */

/* A way to send: sends the message to pid, which is also "name", in "group", and what router routes to. */
struct road {
  sabir_system *system;
  sabir_context *context; /* or NULL */
  sabir_pid pid;
  sabir_router *router, *hash;
};
typedef sabir_status (*send_fn)(struct road *road, sabir_message **message);

static sabir_status by_send(struct road *road, sabir_message **message) {
  return road->context ? sabir_context_send(road->context, road->pid, message) : sabir_send(road->system, road->pid, message);
}
static sabir_status by_name(struct road *road, sabir_message **message) {
  return road->context ? sabir_context_send_named(road->context, "name", message) : sabir_send_named(road->system, "name", message);
}
static sabir_status by_router(struct road *road, sabir_message **message) {
  return road->context ? sabir_context_router_send(road->context, road->router, message) : sabir_router_send(road->router, message);
}
static sabir_status by_key(struct road *road, sabir_message **message) {
  return road->context ? sabir_context_router_send_key(road->context, road->hash, 7, message)
                       : sabir_router_send_key(road->hash, 7, message);
}
static sabir_status by_timer(struct road *road, sabir_message **message) {
  return road->context ? sabir_context_timer_after(road->context, road->pid, message, 0, NULL)
                       : sabir_timer_after(road->system, road->pid, message, 0, NULL);
}
static sabir_status by_batch(struct road *road, sabir_message **message) {
  sabir_envelope envelopes[3];
  size_t sent = 0, index;
  sabir_status status;
  memset(envelopes, 0, sizeof envelopes);
  for (index = 0; index < 3; ++index) envelopes[index].to = road->pid;
  envelopes[1].message = *message; /* the others are empty */
  status = road->context ? sabir_context_send_batch(road->context, envelopes, 3, sizeof envelopes[0], &sent)
                         : sabir_send_batch(road->system, envelopes, 3, sizeof envelopes[0], &sent);
  CHECK_STATUS(status, SABIR_E_INVALID);
  CHECK_NUMBER(sent, envelopes[1].status == SABIR_OK);
  *message = envelopes[1].message;
  return envelopes[1].status;
}
static void note_end(uintptr_t argument, sabir_ref ref, sabir_status status, sabir_message **reply) {
  (void)argument, (void)ref, (void)status, (void)reply;
}
static sabir_status by_ask(struct road *road, sabir_message **message) {
  sabir_ref ref = 0;
  return road->context ? sabir_context_ask(road->context, road->pid, message, SABIR_FOREVER, &ref)
                       : sabir_ask_begin(road->system, road->pid, message, SABIR_FOREVER, note_end, 0, &ref);
}
static sabir_status by_router_ask(struct road *road, sabir_message **message) {
  sabir_ref ref = 0;
  return road->context ? sabir_context_router_ask(road->context, road->router, message, SABIR_FOREVER, &ref)
                       : sabir_router_ask_begin(road->router, message, SABIR_FOREVER, note_end, 0, &ref);
}

static sabir_status by_topic(struct road *road, sabir_message **message) {
  uint64_t delivered = 0;
  return road->context ? sabir_context_publish(road->context, "topic", message, SABIR_PUBLISH_RETAIN, &delivered)
                       : sabir_publish(road->system, "topic", message, 0, &delivered);
}
static sabir_status by_group(struct road *road, sabir_message **message) {
  size_t received = 0;
  return road->context ? sabir_context_group_send(road->context, "group", message, &received)
                       : sabir_group_send(road->system, "group", message, &received);
}
static sabir_status by_broadcast(struct road *road, sabir_message **message) {
  size_t received = 0;
  return road->context ? sabir_context_router_send_all(road->context, road->router, message, &received)
                       : sabir_router_send_all(road->router, message, &received);
}

/* To one receiver, and to all who are there. */
static const send_fn singly[] = {by_send, by_name, by_router, by_key, by_timer, by_batch, by_ask, by_router_ask};
static const send_fn widely[] = {by_topic, by_group, by_broadcast};
enum { SINGLY = sizeof singly / sizeof singly[0], WIDELY = sizeof widely / sizeof widely[0] };

static void road_to(struct road *road, sabir_system *system, sabir_pid pid) {
  sabir_router_options options = SABIR_ROUTER_OPTIONS_INIT;
  sabir_ref subscription = 0;
  memset(road, 0, sizeof *road);
  road->system = system;
  road->pid = pid;
  REQUIRE_OK(sabir_router_create(system, NULL, &road->router, NULL));
  options.strategy = SABIR_ROUTER_HASH;
  REQUIRE_OK(sabir_router_create(system, &options, &road->hash, NULL));
  REQUIRE_OK(sabir_router_add(road->router, pid));
  REQUIRE_OK(sabir_router_add(road->hash, pid));
  REQUIRE_OK(sabir_register(system, "name", pid));
  REQUIRE_OK(sabir_group_join(system, "group", pid));
  REQUIRE_OK(sabir_subscribe(system, "topic", pid, &subscription));
}

static void road_ends(struct road *road) {
  REQUIRE_OK(sabir_unregister(road->system, "name", road->pid));
  sabir_router_destroy(&road->router);
  sabir_router_destroy(&road->hash);
}

struct journey {
  struct road road;
  uint64_t drops, sent;
};

static sabir_status all_arrive(sabir_context *context, sabir_message **message, void *argument) {
  struct journey *self = (struct journey *)argument;
  size_t index;
  (void)message;
  self->road.context = context;
  for (index = 0; index < SINGLY; ++index) {
    sabir_message *sent = make_thing(TAKE, OURS, &self->drops, index);
    CHECK_OK(singly[index](&self->road, &sent));
    CHECK(sent == NULL);
    ++self->sent;
  }
  return SABIR_OK;
}

static sabir_status none_arrives(sabir_context *context, sabir_message **message, void *argument) {
  struct journey *self = (struct journey *)argument;
  size_t index;
  (void)message;
  self->road.context = context;
  for (index = 0; index < SINGLY + WIDELY; ++index) {
    sabir_message *sent = make_thing(PROBE_COUNT, OURS, &self->drops, index), *before = sent;
    CHECK_STATUS((index < SINGLY ? singly[index] : widely[index - SINGLY])(&self->road, &sent), SABIR_E_NATIVE);
    CHECK(sent == before && counted(&self->drops) == self->sent);
    CHECK(sabir_message_data_mut(sent) != NULL && sabir_message_native(sent) == OURS);
    sabir_message_destroy(&sent);
    CHECK_NUMBER(counted(&self->drops), ++self->sent);
  }
  return SABIR_OK;
}

static void an_actor_that_takes_them_gets_them_by_all_ways(void) {
  sabir_system *system = make_system(2);
  struct journey journey;
  struct taker taker;
  probe sender;
  sabir_pid from;
  memset(&journey, 0, sizeof journey);
  road_to(&journey.road, system, take_spawn(system, &taker, NULL));
  from = probe_spawn_native(system, &sender, NULL);
  (void)all_arrive(NULL, NULL, &journey);
  run_inside(system, from, all_arrive, &journey);
  CHECK(reached(&taker.taken, journey.sent));
  CHECK_NUMBER(journey.sent, 2 * SINGLY);
  road_ends(&journey.road);
  end_system(&system);
  CHECK_NUMBER(counted(&journey.drops), 0);
  CHECK_NUMBER(taker.taken, journey.sent);
  probe_end(&sender);
}

/* Nothing is sent to who does not take it, and nothing to many at once, whoever they are. */
static void refuse_all(sabir_system *system, sabir_pid pid) {
  struct journey journey;
  probe sender;
  sabir_pid from;
  memset(&journey, 0, sizeof journey);
  road_to(&journey.road, system, pid);
  from = probe_spawn_native(system, &sender, NULL);
  (void)none_arrives(NULL, NULL, &journey);
  run_inside(system, from, none_arrives, &journey);
  road_ends(&journey.road);
  CHECK_OK(sabir_actor_stop(system, from));
  probe_wait_dropped(&sender);
  probe_end(&sender);
  CHECK_NUMBER(journey.drops, journey.sent);
}

static void others_refuse_them_by_all_ways(void) {
  sabir_system *system = make_system(2);
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_port *port = open_port(system, NULL);
  probe plain, foreign;
  probe_init(&plain);
  probe_init(&foreign);
  refuse_all(system, probe_spawn(system, &plain, NULL));
  options.native_tag = THEIRS;
  refuse_all(system, probe_spawn(system, &foreign, &options));
  refuse_all(system, sabir_port_pid(port));
  check_nothing_in(port);
  sabir_port_destroy(&port);
  end_system(&system);
  CHECK_NUMBER(plain.received + foreign.received, 0);
  probe_end(&plain);
  probe_end(&foreign);
}

static void many_at_once_refuse_them_whoever_they_are(void) {
  sabir_system *system = make_system(1);
  sabir_router_options options = SABIR_ROUTER_OPTIONS_INIT;
  sabir_router *broadcast = NULL;
  uint64_t drops = 0;
  struct taker taker;
  struct road road;
  size_t index, received = 7;
  sabir_ref ref = 0;
  sabir_message *message, *before, *reply = NULL;
  road_to(&road, system, take_spawn(system, &taker, NULL));
  options.strategy = SABIR_ROUTER_BROADCAST;
  REQUIRE_OK(sabir_router_create(system, &options, &broadcast, NULL));
  REQUIRE_OK(sabir_router_add(broadcast, road.pid));
  message = before = make_thing(TAKE, OURS, &drops, 1);
  for (index = 0; index < WIDELY; ++index) CHECK_STATUS(widely[index](&road, &message), SABIR_E_NATIVE);
  CHECK_STATUS(sabir_router_send(broadcast, &message), SABIR_E_NATIVE);
  CHECK_STATUS(sabir_router_send_all(broadcast, &message, &received), SABIR_E_NATIVE);
  CHECK_NUMBER(received, 0);
  REQUIRE_OK(sabir_router_add(broadcast, sabir_supervisor_root(system)));
  CHECK_STATUS(sabir_router_ask(broadcast, &message, SABIR_FOREVER, &reply), SABIR_E_NATIVE);
  CHECK_STATUS(sabir_router_ask_begin(broadcast, &message, SABIR_FOREVER, note_end, 0, &ref), SABIR_E_NATIVE);
  CHECK_STATUS(sabir_send(system, sabir_supervisor_root(system), &message), SABIR_E_NATIVE);
  CHECK(message == before && drops == 0 && taker.taken == 0);
  sabir_message_destroy(&message);
  sabir_router_destroy(&broadcast);
  road_ends(&road);
  end_system(&system);
  CHECK_NUMBER(drops, 1);
}

/* A batch that is sorted by receiver: what is refused stays, in nobody's depth, and the rest goes. */
static void a_batch_keeps_what_is_refused(void) {
  enum { EACH = 40 };
  sabir_system *system = make_system(1);
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_envelope envelopes[2 * EACH];
  uint64_t drops = 0;
  size_t index, sent = 0;
  struct taker taker;
  probe plain;
  sabir_pid taking_pid, plain_pid;
  probe_init(&plain);
  mailbox.capacity = EACH;
  options.mailbox = &mailbox;
  plain_pid = probe_spawn(system, &plain, &options);
  taking_pid = take_spawn(system, &taker, NULL);
  memset(envelopes, 0, sizeof envelopes);
  for (index = 0; index < 2 * EACH; ++index) {
    const bool object = index % 4 < 2;
    envelopes[index].to = index % 2 ? plain_pid : taking_pid;
    envelopes[index].message = object || index % 2 == 0 ? make_thing(TAKE, OURS, &drops, index) : make_message(PROBE_COUNT, "x", 1);
  }
  CHECK_STATUS(sabir_send_batch(system, envelopes, 2 * EACH, sizeof envelopes[0], &sent), SABIR_E_NATIVE);
  CHECK_NUMBER(sent, EACH + EACH / 2);
  for (index = 0; index < 2 * EACH; ++index) {
    CHECK_STATUS(envelopes[index].status, index % 4 == 1 ? SABIR_E_NATIVE : SABIR_OK);
    CHECK((envelopes[index].message != NULL) == (index % 4 == 1));
  }
  CHECK(reached(&taker.taken, EACH) && reached(&plain.received, EACH / 2));
  /* What was refused is in nobody's depth. */
  hold(system, &plain, plain_pid);
  for (index = 0; index < EACH; ++index) CHECK_OK(sabir_send_bytes(system, plain_pid, PROBE_COUNT, NULL, 0));
  CHECK_STATUS(sabir_send_bytes(system, plain_pid, PROBE_COUNT, NULL, 0), SABIR_E_MAILBOX_FULL);
  let_go(&plain);
  end_system(&system);
  for (index = 0; index < 2 * EACH; ++index) sabir_message_destroy(&envelopes[index].message);
  CHECK_NUMBER(drops, EACH / 2);
  probe_end(&plain);
}

/* ---- where objects end that nobody takes ---- */

static void what_becomes_a_dead_letter_is_dropped_once(void) {
  static const sabir_type types[] = {PROBE_UNHANDLED, PROBE_COUNT, PROBE_CRASH};
  sabir_system *system = make_system(1);
  uint64_t drops = 0;
  size_t index;
  probe actor;
  sabir_pid pid = probe_spawn_native(system, &actor, NULL);
  for (index = 0; index < 3; ++index) {
    sabir_message *message = make_thing(types[index], OURS, &drops, index);
    CHECK_OK(sabir_send(system, pid, &message));
    CHECK(reached(&drops, index + 1));
  }
  probe_wait_dropped(&actor);
  end_system(&system);
  CHECK_NUMBER(drops, 3);
  probe_end(&actor);
}

/* Queued behind a handler, when the actor is ended: by stop (0), kill (1) or the shutdown (2). */
static void what_is_queued_at_the_end_is_dropped_once(void) {
  enum { QUEUED = 5 };
  int way;
  for (way = 0; way < 3; ++way) {
    sabir_system *system = make_system(1);
    uint64_t drops = 0;
    size_t index;
    probe actor;
    sabir_pid pid = probe_spawn_native(system, &actor, NULL);
    hold(system, &actor, pid);
    for (index = 0; index < QUEUED; ++index) {
      sabir_message *message = make_thing(PROBE_COUNT, OURS, &drops, index);
      CHECK_OK(sabir_send(system, pid, &message));
    }
    if (way == 0) CHECK_OK(sabir_actor_stop(system, pid));
    if (way == 1) CHECK_OK(sabir_actor_kill(system, pid));
    if (way == 2) CHECK_OK(sabir_system_shutdown_begin(system, PATIENCE_NS, NULL, 0));
    CHECK_NUMBER(counted(&drops), 0);
    let_go(&actor);
    CHECK(reached(&drops, QUEUED));
    end_system(&system);
    CHECK_NUMBER(drops, QUEUED);
    probe_end(&actor);
  }
}

/* With and without a subscriber: the latter is the quick way of a mailbox that drops. */
static void note_dead(uintptr_t argument, sabir_pid target, int32_t cause, const sabir_message *message) {
  uint64_t *seen = (uint64_t *)argument;
  (void)target, (void)cause;
  if (sabir_message_type(message) == TAKE) {
    CHECK_NUMBER(sabir_message_native(message), OURS);
    CHECK(sabir_message_data(message) == NULL && sabir_message_size(message) == 0);
    count(seen);
  }
}

static void mailboxes_that_drop_and_deadlines_drop_them_once(void) {
  static const uint32_t overflows[] = {SABIR_OVERFLOW_DROP_NEWEST, SABIR_OVERFLOW_DROP_OLDEST};
  int subscribed, which;
  for (subscribed = 0; subscribed < 2; ++subscribed) {
    for (which = 0; which < 3; ++which) {
      sabir_system *system = make_system(1);
      sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
      sabir_message *message;
      sabir_ref ref = 0;
      uint64_t drops = 0, seen = 0;
      size_t index;
      probe actor;
      sabir_pid pid;
      mailbox.capacity = which < 2 ? 2 : 100;
      mailbox.overflow = which < 2 ? overflows[which] : SABIR_OVERFLOW_REJECT;
      pid = probe_spawn_native(system, &actor, &mailbox);
      if (subscribed) REQUIRE_OK(sabir_dead_letter_subscribe(system, note_dead, (uintptr_t)&seen, NULL, &ref));
      hold(system, &actor, pid);
      for (index = 0; index < 4; ++index) {
        message = make_thing(TAKE, OURS, &drops, index);
        if (which == 2) CHECK_OK(sabir_message_set_deadline(message, 1));
        CHECK_OK(sabir_send(system, pid, &message));
      }
      let_pass(MILLISECOND_NS);
      let_go(&actor);
      CHECK(reached(&drops, 4)); /* none is handled: they are no messages of a probe */
      end_system(&system);
      CHECK_NUMBER(drops, 4);
      CHECK_NUMBER(seen, subscribed ? 4 : 0);
      probe_end(&actor);
    }
  }
}

static void timers_that_end_early_drop_them_once(void) {
  sabir_system *system = make_system(1);
  uint64_t drops = 0;
  sabir_ref ref = 0;
  probe actor;
  sabir_pid pid = probe_spawn_native(system, &actor, NULL);
  sabir_message *message = make_thing(PROBE_COUNT, OURS, &drops, 1);
  CHECK_OK(sabir_timer_after(system, pid, &message, PATIENCE_NS, &ref));
  CHECK_NUMBER(counted(&drops), 0);
  CHECK_OK(sabir_timer_cancel(system, ref));
  CHECK_NUMBER(counted(&drops), 1);
  message = make_thing(PROBE_COUNT, OURS, &drops, 2);
  CHECK_OK(sabir_timer_after(system, pid, &message, 5 * MILLISECOND_NS, &ref));
  CHECK_OK(sabir_actor_stop(system, pid)); /* the timer finds nobody */
  CHECK(reached(&drops, 2));
  message = make_thing(PROBE_COUNT, OURS, &drops, 3);
  CHECK_STATUS(sabir_timer_after(system, pid, &message, 0, &ref), SABIR_E_DEAD);
  sabir_message_destroy(&message);
  end_system(&system);
  CHECK_NUMBER(drops, 3);
  probe_wait_dropped(&actor);
  probe_end(&actor);
}

static void objects_count_for_the_budget_of_bytes(void) {
  sabir_system *system = make_system(1);
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_message *message = NULL;
  struct taker taker;
  uint64_t drops = 0;
  size_t round;
  sabir_pid pid;
  mailbox.capacity_bytes = 200;
  pid = take_spawn(system, &taker, &mailbox);
  REQUIRE_OK(sabir_message_create_native(TAKE, OURS, 137, 8, NULL, &message));
  CHECK_STATUS(sabir_send(system, pid, &message), SABIR_E_TOO_BIG);
  sabir_message_destroy(&message);
  for (round = 0; round < 100; ++round) { /* what was charged is given back */
    message = make_thing(TAKE, OURS, &drops, round);
    CHECK_OK(sabir_send(system, pid, &message));
    CHECK(reached(&taker.taken, round + 1));
  }
  end_system(&system);
  CHECK_NUMBER(drops, 0);
}

/* ---- in handlers ---- */

static void a_handler_sends_one_on_and_gets_a_refusal(void) {
  sabir_system *system = make_system(1);
  struct taker first, second;
  probe plain;
  uint64_t drops = 0;
  sabir_pid from = take_spawn(system, &first, NULL), to = take_spawn(system, &second, NULL);
  sabir_message *message = make_thing(FORWARD, OURS, &drops, 5);
  probe_init(&plain);
  first.to = to;
  second.to = probe_spawn(system, &plain, NULL);
  second.expected = sabir_message_data_mut(message);
  CHECK_OK(sabir_send(system, from, &message)); /* the second one forwards it, too, to who refuses it */
  CHECK(reached(&second.refused, 1) && reached(&drops, 1));
  CHECK_STATUS(second.status, SABIR_E_NATIVE);
  message = make_thing(TAKE_AND_SEND_ON, OURS, &drops, 6);
  CHECK_OK(sabir_send(system, from, &message));
  CHECK(reached(&first.taken, 1));
  end_system(&system);
  CHECK_NUMBER(drops, 1);
  CHECK_NUMBER(second.taken, 0);
  probe_end(&plain);
}

static void a_stash_and_a_keeper_keep_them(void) {
  sabir_system *system = make_system(1);
  struct taker taker;
  probe keeper;
  uint64_t drops = 0;
  sabir_pid pid = take_spawn(system, &taker, NULL), keeping = probe_spawn_native(system, &keeper, NULL);
  sabir_message *message = make_thing(STASH, OURS, &drops, 5);
  CHECK_OK(sabir_send(system, pid, &message));
  message = make_thing(PROBE_KEEP, OURS, &drops, 6);
  CHECK_OK(sabir_send(system, keeping, &message));
  take(&keeper.entered);
  settle(system, keeping);
  CHECK(sabir_message_data_mut(keeper.kept) != NULL && counted(&drops) == 0);
  CHECK_OK(sabir_send(system, pid, &keeper.kept)); /* PROBE_KEEP is nothing to a taker but something to take */
  CHECK(reached(&taker.taken, 1));
  end_system(&system); /* the stashed one is still there */
  CHECK_NUMBER(drops, 1);
  CHECK_NUMBER(taker.last, 6);
  probe_end(&keeper);
}

/* ---- answers ---- */

static sabir_status ask_for_object(sabir_context *context, sabir_message **message, void *argument) {
  struct journey *self = (struct journey *)argument;
  sabir_message *question = make_message(ANSWER, NULL, 0);
  sabir_ref ref = 0;
  (void)message;
  CHECK_OK(sabir_context_ask(context, self->road.pid, &question, SABIR_FOREVER, &ref));
  return SABIR_OK;
}

static void an_answer_may_be_one_where_the_asker_takes_them(void) {
  sabir_system *system = make_system(1);
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  struct journey journey;
  struct taker taker;
  watcher takes, plain;
  memset(&journey, 0, sizeof journey);
  journey.road.pid = take_spawn(system, &taker, NULL);
  watcher_init(&takes);
  watcher_init(&plain);
  options.native_tag = OURS;
  run_inside(system, watcher_spawn(system, &takes, &options), ask_for_object, &journey);
  CHECK_NUMBER((uint32_t)next_event(&takes)->kind, SABIR_KIND_REPLY);
  take(&taker.entered);
  CHECK_STATUS(taker.status, SABIR_OK);
  CHECK(reached(&taker.drops_of_answers, 1)); /* a watcher takes nothing */
  run_inside(system, watcher_spawn(system, &plain, NULL), ask_for_object, &journey);
  CHECK_NUMBER((uint32_t)next_event(&plain)->kind, SABIR_KIND_REPLY); /* the bytes */
  take(&taker.entered);
  CHECK_STATUS(taker.status, SABIR_E_NATIVE);
  end_system(&system);
  CHECK_NUMBER(taker.drops_of_answers, 2);
  watcher_end(&takes);
  watcher_end(&plain);
}

static void note_bytes(uintptr_t argument, sabir_ref ref, sabir_status status, sabir_message **reply) {
  (void)ref;
  CHECK_OK(status);
  CHECK_NUMBER(sabir_message_size(*reply), 5);
  count((uint64_t *)argument);
}

/* A thread, a callback and a port: the ask stays open, for bytes. */
static void other_askers_get_bytes(void) {
  sabir_system *system = make_system(1);
  sabir_router *router = NULL;
  sabir_router_options options = SABIR_ROUTER_OPTIONS_INIT;
  sabir_port *port = open_port(system, NULL);
  sabir_message *question, *reply = NULL;
  struct taker taker;
  uint64_t ends = 0;
  sabir_ref ref = 0;
  sabir_pid pid = take_spawn(system, &taker, NULL);
  CHECK_OK(sabir_ask_bytes(system, pid, ANSWER, NULL, 0, PATIENCE_NS, &reply));
  CHECK_NUMBER(sabir_message_size(reply), 5);
  sabir_message_destroy(&reply);
  question = make_message(ANSWER, NULL, 0);
  CHECK_OK(sabir_ask_begin(system, pid, &question, SABIR_FOREVER, note_bytes, (uintptr_t)&ends, NULL));
  CHECK(reached(&ends, 1));
  question = make_message(ANSWER, NULL, 0);
  CHECK_OK(sabir_port_ask(port, pid, &question, SABIR_FOREVER, &ref));
  reply = next_message(port, SABIR_KIND_REPLY);
  CHECK_NUMBER(sabir_message_size(reply), 5);
  sabir_message_destroy(&reply);
  options.strategy = SABIR_ROUTER_BROADCAST;
  REQUIRE_OK(sabir_router_create(system, &options, &router, NULL));
  REQUIRE_OK(sabir_router_add(router, pid));
  question = make_message(ANSWER, NULL, 0);
  CHECK_OK(sabir_router_ask(router, &question, PATIENCE_NS, &reply));
  CHECK_NUMBER(sabir_message_size(reply), 5);
  sabir_message_destroy(&reply);
  sabir_router_destroy(&router);
  sabir_port_destroy(&port);
  end_system(&system);
  CHECK_STATUS(taker.status, SABIR_E_NATIVE);
  CHECK_NUMBER(taker.drops_of_answers, 4);
}

static sabir_status ask_late(sabir_context *context, sabir_message **message, void *argument) {
  struct journey *self = (struct journey *)argument;
  sabir_message *question = make_message(ANSWER_LATE, NULL, 0);
  sabir_ref ref = 0;
  (void)message;
  CHECK_OK(sabir_context_ask(context, self->road.pid, &question, SABIR_FOREVER, &ref));
  return SABIR_OK;
}

/* From a thread that has the duty; and to an asker that is gone. */
static void a_late_answer_is_taken_or_dropped(void) {
  sabir_system *system = make_system(1);
  struct journey journey;
  struct taker taker;
  probe asker;
  sabir_pid from;
  sabir_message *answer;
  uint64_t drops = 0;
  memset(&journey, 0, sizeof journey);
  journey.road.pid = take_spawn(system, &taker, NULL);
  from = probe_spawn_native(system, &asker, NULL);
  run_inside(system, from, ask_late, &journey);
  take(&taker.entered);
  answer = make_thing(TAKE, THEIRS, &drops, 1);
  CHECK_STATUS(sabir_reply(system, taker.duty, &answer), SABIR_E_NATIVE);
  CHECK(answer != NULL);
  sabir_message_destroy(&answer);
  answer = make_thing(TAKE, OURS, &drops, 1);
  CHECK_OK(sabir_reply(system, taker.duty, &answer));
  CHECK(reached(&drops, 2)); /* a probe takes nothing */
  answer = make_thing(TAKE, OURS, &drops, 1);
  CHECK_STATUS(sabir_reply(system, taker.duty, &answer), SABIR_E_NO_ASK);
  sabir_message_destroy(&answer);
  run_inside(system, from, ask_late, &journey);
  take(&taker.entered);
  CHECK_OK(sabir_actor_kill(system, from));
  probe_wait_dropped(&asker);
  answer = make_thing(TAKE, OURS, &drops, 1);
  SABIR_IGNORE(sabir_reply(system, taker.duty, &answer)); /* it may be too late already */
  sabir_message_destroy(&answer);
  CHECK(reached(&drops, 4));
  end_system(&system);
  CHECK_NUMBER(drops, 4);
  probe_end(&asker);
}

/* ---- supervised actors, pools, cells that are used again ---- */

static void note_crash_of_taken(uintptr_t argument, sabir_pid target, int32_t cause, const sabir_message *message) {
  (void)target;
  if (sabir_message_type(message) == TAKE_AND_CRASH && cause == SABIR_CAUSE_CRASHED) count((uint64_t *)argument);
}

static void what_was_taken_is_not_delivered_again(void) {
  sabir_system *system = make_supervising_system();
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_behavior *behavior = taking();
  sabir_message *message;
  struct taker taker;
  uint64_t drops = 0, dead = 0;
  sabir_pid pid = 0;
  sabir_ref ref = 0;
  memset(&taker, 0, sizeof taker);
  options.argument = (uintptr_t)&taker;
  options.native_tag = OURS;
  spec.spawn = &options;
  spec.redeliveries = 3;
  REQUIRE_OK(sabir_dead_letter_subscribe(system, note_crash_of_taken, (uintptr_t)&dead, NULL, &ref));
  REQUIRE_OK(sabir_supervise(system, 0, "taker", behavior, &spec, &pid, NULL));
  message = make_thing(TAKE_AND_CRASH, OURS, &drops, 1);
  CHECK_OK(sabir_send(system, pid, &message));
  message = make_thing(TAKE, OURS, &drops, 2); /* the next incarnation takes them as well */
  CHECK_OK(sabir_send(system, pid, &message));
  CHECK(reached(&taker.taken, 2));
  CHECK(reached(&dead, 1));
  end_system(&system);
  CHECK_NUMBER(taker.crashes, 1);
  CHECK_NUMBER(drops, 0);
  sabir_behavior_destroy(&behavior);
}

static void what_was_left_is_delivered_again(void) {
  sabir_system *system = make_supervising_system();
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_behavior *behavior = probe_behavior();
  sabir_message *message;
  probe actor;
  uint64_t drops = 0;
  sabir_pid pid = 0;
  probe_init(&actor);
  options.argument = (uintptr_t)&actor;
  options.drop = probe_drop;
  options.native_tag = OURS;
  spec.spawn = &options;
  spec.redeliveries = 2;
  REQUIRE_OK(sabir_supervise(system, 0, "probe", behavior, &spec, &pid, NULL));
  message = make_thing(PROBE_CRASH, OURS, &drops, 1);
  CHECK_OK(sabir_send(system, pid, &message));
  CHECK(reached(&drops, 1));
  CHECK_NUMBER(counted(&actor.received), 3);
  end_system(&system);
  CHECK_NUMBER(drops, 1);
  probe_end(&actor);
}

static void supervisors_take_none(void) {
  sabir_system *system = make_supervising_system();
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_supervisor_options supervisor = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_error *error = NULL;
  sabir_pid pid = 7;
  options.native_tag = OURS;
  spec.spawn = &options;
  spec.supervisor = &supervisor;
  CHECK_STATUS(sabir_supervise(system, 0, "group", NULL, &spec, &pid, &error), SABIR_E_INVALID);
  CHECK_CONTAINS(sabir_error_message(error), "native_tag");
  CHECK_NUMBER(pid, 0);
  sabir_error_destroy(&error);
  end_system(&system);
}

static void a_pool_takes_them(void) {
  sabir_system *system = make_system(2);
  sabir_router_options options = SABIR_ROUTER_OPTIONS_INIT;
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  sabir_behavior *behavior = taking();
  sabir_router *router = NULL;
  struct taker taker;
  uint64_t drops = 0;
  size_t index;
  memset(&taker, 0, sizeof taker);
  spawn.argument = (uintptr_t)&taker;
  spawn.native_tag = OURS;
  options.size = 3;
  options.behavior = behavior;
  options.spawn = &spawn;
  REQUIRE_OK(sabir_router_create(system, &options, &router, NULL));
  sabir_behavior_destroy(&behavior);
  for (index = 0; index < 9; ++index) {
    sabir_message *message = make_thing(TAKE, OURS, &drops, 3);
    CHECK_OK(sabir_router_send(router, &message));
  }
  CHECK(reached(&taker.taken, 9));
  sabir_router_destroy(&router);
  end_system(&system);
  CHECK_NUMBER(drops, 0);
}

static void a_cell_that_is_used_again_takes_what_its_actor_takes(void) {
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  static const uintptr_t tags[] = {OURS, 0, THEIRS, OURS, 0};
  sabir_system *system;
  size_t index;
  options.workers = 1;
  options.max_actors = 2; /* the root supervisor, and one more */
  system = make_system_with(&options);
  for (index = 0; index < sizeof tags / sizeof tags[0]; ++index) {
    sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
    sabir_message *message;
    uint64_t drops = 0;
    probe actor;
    sabir_pid pid;
    probe_init(&actor);
    spawn.native_tag = tags[index];
    pid = probe_spawn(system, &actor, &spawn);
    message = make_thing(PROBE_COUNT, OURS, &drops, index);
    CHECK_STATUS(sabir_send(system, pid, &message), tags[index] == OURS ? SABIR_OK : SABIR_E_NATIVE);
    sabir_message_destroy(&message);
    CHECK(reached(&drops, 1));
    CHECK_OK(sabir_actor_stop(system, pid));
    CHECK(becomes_dead(system, pid));
    probe_wait_dropped(&actor);
    probe_end(&actor);
  }
  end_system(&system);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(create_checks_its_arguments),
      TEST(objects_are_aligned_and_no_bytes),
      TEST(what_is_not_taken_is_dropped),
      TEST(objects_are_not_shared),
      TEST(an_actor_that_takes_them_gets_them_by_all_ways),
      TEST(others_refuse_them_by_all_ways),
      TEST(many_at_once_refuse_them_whoever_they_are),
      TEST(a_batch_keeps_what_is_refused),
      TEST(what_becomes_a_dead_letter_is_dropped_once),
      TEST(what_is_queued_at_the_end_is_dropped_once),
      TEST(mailboxes_that_drop_and_deadlines_drop_them_once),
      TEST(timers_that_end_early_drop_them_once),
      TEST(objects_count_for_the_budget_of_bytes),
      TEST(a_handler_sends_one_on_and_gets_a_refusal),
      TEST(a_stash_and_a_keeper_keep_them),
      TEST(an_answer_may_be_one_where_the_asker_takes_them),
      TEST(other_askers_get_bytes),
      TEST(a_late_answer_is_taken_or_dropped),
      TEST(what_was_taken_is_not_delivered_again),
      TEST(what_was_left_is_delivered_again),
      TEST(supervisors_take_none),
      TEST(a_pool_takes_them),
      TEST(a_cell_that_is_used_again_takes_what_its_actor_takes),
  };
  return RUN_TESTS(tests, argc, argv);
}
