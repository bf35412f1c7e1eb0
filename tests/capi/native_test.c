/* message.h: objects of a language as payloads. They reach only who takes them, by whatever way they are sent.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "native_support.h"

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
  };
  return RUN_TESTS(tests, argc, argv);
}
