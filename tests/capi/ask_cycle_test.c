/* ask.h: asks that wait inside a handler, and those that would wait for themselves.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <inttypes.h>

enum { MOST = 5, ANSWER = 42 };

/* Actors on one threads executor. */
struct ring {
  sabir_system *system;
  sabir_executor *executor;
  struct log_watch log;
  probe actors[MOST];
  sabir_pid pids[MOST];
  size_t size;
};

static void open_ring(struct ring *ring, size_t size, uint32_t threads) {
  sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
  size_t index;
  ring->system = make_system(1);
  ring->size = size;
  watch_log(ring->system, &ring->log, "would wait for itself", SABIR_LOG_ERROR);
  options.kind = SABIR_EXECUTOR_THREADS;
  options.workers = threads;
  REQUIRE_OK(sabir_executor_create(ring->system, &options, &ring->executor, NULL));
  for (index = 0; index < size; ++index) {
    sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
    char name[16];
    snprintf(name, sizeof name, "actor-%d", (int)index);
    spawn.name = name;
    spawn.executor = ring->executor;
    probe_init(&ring->actors[index]);
    ring->pids[index] = probe_spawn(ring->system, &ring->actors[index], &spawn);
  }
}

static void close_ring(struct ring *ring) {
  size_t index;
  end_system(&ring->system);
  CHECK_OK(sabir_executor_destroy(&ring->executor));
  for (index = 0; index < ring->size; ++index) probe_end(&ring->actors[index]);
}

/* The text of an ask's failure, or none. */
static void read_failure(sabir_status status, const sabir_message *reply, char *text, size_t room) {
  text[0] = 0;
  if (status != SABIR_OK && reply != NULL)
    snprintf(text, room, "%.*s", (int)sabir_message_size(reply), (const char *)sabir_message_data(reply));
}

/* Who asks whom, from the first on: the last one asks `last`, which echoes. */
struct link {
  struct ring *ring;
  size_t index, count;
  sabir_pid last;
  sabir_status status; /* of the last one's ask */
  char text[512];      /* of its failure */
};

static sabir_status ask_on(sabir_context *context, sabir_message **message, void *argument) {
  struct link *link = (struct link *)argument;
  struct ring *ring = link->ring;
  const bool is_last = ++link->index == link->count;
  sabir_message *question = is_last ? make_message(PROBE_ECHO, "hello", 5) : inside_message(ask_on, link), *reply = NULL;
  const sabir_pid to = is_last ? link->last : ring->pids[link->index];
  const sabir_status status = sabir_ask(ring->system, to, &question, SABIR_FOREVER, &reply);
  (void)message;
  if (is_last) {
    link->status = status;
    read_failure(status, reply, link->text, sizeof link->text);
    CHECK((question == NULL) == (status == SABIR_OK));
  } else {
    CHECK_OK(status);
    CHECK(question == NULL);
  }
  sabir_message_destroy(&question);
  sabir_message_destroy(&reply);
  return sabir_context_reply_bytes(context, ANSWER, NULL, 0);
}

/* The first `count` actors ask each other in turn, and the last one asks `last`. */
static void ask_along(struct ring *ring, size_t count, sabir_pid last, struct link *link) {
  sabir_message *question = inside_message(ask_on, link), *reply = NULL;
  link->ring = ring;
  link->index = 0;
  link->count = count;
  link->last = last;
  CHECK_OK(sabir_ask(ring->system, ring->pids[0], &question, PATIENCE_NS, &reply));
  sabir_message_destroy(&reply);
}

static void check_cycle(size_t size) {
  struct ring ring;
  struct link link;
  char chain[512];
  size_t index, used;
  open_ring(&ring, size, MOST);
  ask_along(&ring, size, ring.pids[0], &link);
  CHECK_STATUS(link.status, SABIR_E_WOULD_DEADLOCK);
  /* From the one that asked last, along the asks. */
  used = (size_t)snprintf(chain, sizeof chain, "%" PRIx64 " 'actor-%d'", ring.pids[size - 1], (int)size - 1);
  for (index = 0; index < size; ++index)
    used += (size_t)snprintf(chain + used, sizeof chain - used, " -> %" PRIx64 " 'actor-%d'", ring.pids[index], (int)index);
  CHECK_TEXT(link.text, chain);
  CHECK_NUMBER(counted(&ring.log.records), 1);
  CHECK_NUMBER((uint32_t)ring.log.level, SABIR_LOG_ERROR);
  CHECK_NUMBER(ring.log.pid, ring.pids[size - 1]);
  CHECK_CONTAINS(ring.log.text, chain);
  CHECK(strchr(ring.log.text, '\n') == NULL);
  /* Nothing is left of it. */
  ask_along(&ring, size, ring.pids[0], &link);
  CHECK_STATUS(link.status, SABIR_E_WOULD_DEADLOCK);
  close_ring(&ring);
}

static void an_ask_of_oneself_is_refused(void) { check_cycle(1); }
static void a_cycle_of_two_is_refused(void) { check_cycle(2); }
static void a_cycle_of_five_is_refused(void) { check_cycle(5); }

static void a_chain_is_no_cycle(void) {
  struct ring ring;
  struct link link;
  probe other;
  open_ring(&ring, MOST, MOST);
  probe_init(&other);
  ask_along(&ring, MOST, probe_spawn(ring.system, &other, NULL), &link);
  CHECK_OK(link.status);
  ask_along(&ring, MOST - 1, ring.pids[MOST - 1], &link);
  CHECK_OK(link.status);
  CHECK_NUMBER(counted(&ring.log.records), 0);
  close_ring(&ring);
  probe_end(&other);
}

/* A handler that says when it runs, waits to be let go, and asks. */
struct waiting {
  struct ring *ring;
  sabir_pid to;
  sem_t entered, gate, left;
  int thread;
  sabir_status status;
  char text[512];
};

static void waiting_init(struct waiting *self, struct ring *ring, sabir_pid to) {
  memset(self, 0, sizeof *self);
  self->ring = ring;
  self->to = to;
  sem_init(&self->entered, 0, 0);
  sem_init(&self->gate, 0, 0);
  sem_init(&self->left, 0, 0);
}

static sabir_status wait_and_ask(sabir_context *context, sabir_message **message, void *argument) {
  struct waiting *self = (struct waiting *)argument;
  sabir_message *reply = NULL;
  (void)context, (void)message;
  self->thread = thread_number();
  sem_post(&self->entered);
  take(&self->gate);
  self->status = sabir_ask_bytes(self->ring->system, self->to, PROBE_ECHO, NULL, 0, SABIR_FOREVER, &reply);
  read_failure(self->status, reply, self->text, sizeof self->text);
  sabir_message_destroy(&reply);
  sem_post(&self->left);
  return SABIR_OK;
}

/* Each is in its handler before either asks: one of the two is refused, whoever is later, and the other one gets its answer. */
static void of_two_that_ask_each_other_one_is_refused(void) {
  const int rounds = TEST_SANITIZED ? 500 : 5000;
  struct ring ring;
  struct waiting each[2];
  int round, index, refused[2] = {0, 0};
  open_ring(&ring, 2, 2);
  for (index = 0; index < 2; ++index) waiting_init(&each[index], &ring, ring.pids[1 - index]);
  for (round = 0; round < rounds; ++round) {
    for (index = 0; index < 2; ++index) begin_inside(ring.system, ring.pids[index], wait_and_ask, &each[index]);
    for (index = 0; index < 2; ++index) take(&each[index].entered);
    for (index = 0; index < 2; ++index) sem_post(&each[(index + round) % 2].gate);
    for (index = 0; index < 2; ++index) take(&each[index].left);
    CHECK(each[0].status == SABIR_OK || each[0].status == SABIR_E_WOULD_DEADLOCK);
    CHECK(each[1].status == SABIR_OK || each[1].status == SABIR_E_WOULD_DEADLOCK);
    CHECK(each[0].status == SABIR_OK || each[1].status == SABIR_OK);
    for (index = 0; index < 2; ++index) refused[index] += each[index].status != SABIR_OK;
  }
  CHECK(refused[0] + refused[1] > 0);
  CHECK_NUMBER(counted(&ring.log.records), refused[0] + refused[1]);
  close_ring(&ring);
}

/* Many at random, without a plan: nobody is left waiting. */
struct crowd {
  struct ring *ring;
  uint64_t random, answered, refused, done;
};

static sabir_status ask_anybody(sabir_context *context, sabir_message **message, void *argument) {
  struct crowd *crowd = (struct crowd *)argument;
  const uint64_t number = __atomic_add_fetch(&crowd->random, UINT64_C(0x9e3779b97f4a7c15), __ATOMIC_RELAXED);
  const sabir_pid to = crowd->ring->pids[(number >> 40) % MOST];
  sabir_message *question = (number >> 60) < 12 ? inside_message(ask_anybody, argument) : make_message(PROBE_ECHO, NULL, 0), *reply = NULL;
  const sabir_status status = sabir_ask(crowd->ring->system, to, &question, SABIR_FOREVER, &reply);
  (void)message;
  CHECK(status == SABIR_OK || status == SABIR_E_WOULD_DEADLOCK);
  count(status == SABIR_OK ? &crowd->answered : &crowd->refused);
  sabir_message_destroy(&question);
  sabir_message_destroy(&reply);
  return sabir_context_reply_bytes(context, ANSWER, NULL, 0); /* NO_ASK where it was sent */
}

static sabir_status ask_anybody_first(sabir_context *context, sabir_message **message, void *argument) {
  const sabir_status status = ask_anybody(context, message, argument);
  count(&((struct crowd *)argument)->done);
  return status;
}

static void a_crowd_that_asks_at_random_is_never_stuck(void) {
  const int rounds = TEST_SANITIZED ? 1000 : 20000;
  struct ring ring;
  struct crowd crowd;
  int round;
  memset(&crowd, 0, sizeof crowd);
  open_ring(&ring, MOST, 3); /* fewer threads than actors: they wait for those, too */
  crowd.ring = &ring;
  for (round = 0; round < rounds; ++round) begin_inside(ring.system, ring.pids[round % MOST], ask_anybody_first, &crowd);
  CHECK(reached(&crowd.done, (uint64_t)rounds));
  CHECK(crowd.refused > 0 && crowd.answered > 0);
  close_ring(&ring);
}

/* The second actor gives the duty to answer away, in one of these ways, and then asks who has asked it. */
enum { DEFERS, KEEPS, FORWARDS, WAYS };

struct giving {
  struct ring *ring;
  int way, thread;
  bool later; /* asks in another handler */
  sabir_ref ref;
  sabir_message *kept;
  sem_t asks, gate, done;
  sabir_status status;
};

static sabir_status ask_back(sabir_context *context, sabir_message **message, void *argument) {
  struct giving *giving = (struct giving *)argument;
  sabir_message *reply = NULL;
  (void)context, (void)message;
  giving->thread = thread_number();
  sem_post(&giving->asks);
  giving->status = sabir_ask_bytes(giving->ring->system, giving->ring->pids[0], PROBE_ECHO, NULL, 0, SABIR_FOREVER, &reply);
  sabir_message_destroy(&reply);
  sem_post(&giving->done);
  return SABIR_OK;
}

static sabir_status give_away(sabir_context *context, sabir_message **message, void *argument) {
  struct giving *giving = (struct giving *)argument;
  if (sabir_context_self(context) != giving->ring->pids[1]) { /* to whom it was forwarded */
    take(&giving->gate);
    return sabir_context_reply_bytes(context, ANSWER, NULL, 0);
  }
  switch (giving->way) {
    case DEFERS: CHECK_OK(sabir_context_defer(context, &giving->ref)); break;
    case KEEPS:
      giving->ref = sabir_message_ref(*message);
      giving->kept = *message;
      *message = NULL;
      break;
    default: CHECK_OK(sabir_context_send(context, giving->ring->pids[2], message)); break;
  }
  return giving->later ? SABIR_OK : ask_back(context, message, argument);
}

static sabir_status ask_who_gives_away(sabir_context *context, sabir_message **message, void *argument) {
  struct giving *giving = (struct giving *)argument;
  sabir_message *question = inside_message(give_away, giving), *reply = NULL;
  (void)context, (void)message;
  CHECK_OK(sabir_ask(giving->ring->system, giving->ring->pids[1], &question, SABIR_FOREVER, &reply));
  sabir_message_destroy(&reply);
  return SABIR_OK;
}

static void check_given_away(int way, bool later) {
  struct ring ring;
  struct giving giving;
  memset(&giving, 0, sizeof giving);
  open_ring(&ring, 3, 3);
  giving.ring = &ring;
  giving.way = way;
  giving.later = later;
  sem_init(&giving.asks, 0, 0);
  sem_init(&giving.gate, 0, 0);
  sem_init(&giving.done, 0, 0);
  begin_inside(ring.system, ring.pids[0], ask_who_gives_away, &giving);
  if (later) {
    CHECK(reached(&ring.actors[1].received, 1));
    begin_inside(ring.system, ring.pids[1], ask_back, &giving);
  }
  take(&giving.asks);
  CHECK(falls_asleep(&giving.thread)); /* it was not refused */
  if (way == FORWARDS) {
    sem_post(&giving.gate);
  } else {
    CHECK_OK(sabir_reply_bytes(ring.system, giving.ref, ANSWER, NULL, 0));
  }
  take(&giving.done);
  CHECK_OK(giving.status);
  CHECK_NUMBER(counted(&ring.log.records), 0);
  sabir_message_destroy(&giving.kept);
  close_ring(&ring);
}

static void a_question_that_others_may_answer_closes_no_cycle(void) {
  int way;
  for (way = 0; way < WAYS; ++way) check_given_away(way, true);
  check_given_away(DEFERS, false);
  check_given_away(FORWARDS, false);
}

static void an_ask_for_the_only_thread_is_refused(void) {
  struct ring ring;
  struct link link;
  char chain[512];
  open_ring(&ring, 2, 1);
  ask_along(&ring, 1, ring.pids[1], &link);
  CHECK_STATUS(link.status, SABIR_E_WOULD_DEADLOCK);
  snprintf(chain, sizeof chain, "%" PRIx64 " 'actor-0' -> %" PRIx64 " (no thread of its executor is free) -> %" PRIx64 " 'actor-0'",
           ring.pids[0], ring.pids[1], ring.pids[0]);
  CHECK_TEXT(link.text, chain);
  close_ring(&ring);
}

static void an_ask_for_the_last_thread_is_refused(void) {
  struct ring ring;
  struct waiting first, last;
  open_ring(&ring, 3, 2);
  waiting_init(&first, &ring, ring.pids[1]);
  waiting_init(&last, &ring, ring.pids[1]);
  begin_inside(ring.system, ring.pids[0], wait_and_ask, &first);
  begin_inside(ring.system, ring.pids[2], wait_and_ask, &last);
  take(&first.entered);
  take(&last.entered);
  sem_post(&first.gate);
  CHECK(falls_asleep(&first.thread));
  CHECK_NUMBER(counted(&ring.log.records), 0);
  sem_post(&last.gate);
  take(&last.left);
  take(&first.left);
  CHECK_STATUS(last.status, SABIR_E_WOULD_DEADLOCK);
  CHECK_CONTAINS(last.text, "no thread of its executor is free");
  CHECK_OK(first.status);
  close_ring(&ring);
}

static void a_cycle_through_two_systems_is_refused(void) {
  struct ring here, there;
  struct waiting first, last;
  open_ring(&here, 1, 1);
  open_ring(&there, 1, 1);
  waiting_init(&first, &there, there.pids[0]); /* asks there, from here */
  waiting_init(&last, &here, here.pids[0]);
  begin_inside(here.system, here.pids[0], wait_and_ask, &first);
  begin_inside(there.system, there.pids[0], wait_and_ask, &last);
  take(&first.entered);
  take(&last.entered);
  sem_post(&first.gate);
  CHECK(falls_asleep(&first.thread));
  sem_post(&last.gate);
  take(&last.left);
  take(&first.left);
  CHECK_STATUS(last.status, SABIR_E_WOULD_DEADLOCK);
  CHECK_OK(first.status);
  CHECK_NUMBER(counted(&here.log.records), 0);
  CHECK_NUMBER(counted(&there.log.records), 1);
  close_ring(&there);
  close_ring(&here);
}

struct broadcast {
  struct ring *ring;
  sabir_router *router;
  struct waiting *backs;
  int count;
  sabir_status status;
  char text[512];
};

/* Asks all routees once some of them wait for this actor. */
static sabir_status ask_all(sabir_context *context, sabir_message **message, void *argument) {
  struct broadcast *self = (struct broadcast *)argument;
  sabir_message *question = make_message(PROBE_ECHO, NULL, 0), *reply = NULL;
  int index;
  (void)context, (void)message;
  for (index = 0; index < self->count; ++index) {
    begin_inside(self->ring->system, self->ring->pids[index + 1], wait_and_ask, &self->backs[index]);
    take(&self->backs[index].entered);
    sem_post(&self->backs[index].gate);
    CHECK(falls_asleep(&self->backs[index].thread));
  }
  self->status = sabir_router_ask(self->router, &question, SABIR_FOREVER, &reply);
  read_failure(self->status, reply, self->text, sizeof self->text);
  CHECK((question == NULL) == (self->status == SABIR_OK));
  sabir_message_destroy(&question);
  sabir_message_destroy(&reply);
  return SABIR_OK;
}

static void check_broadcast(int stuck, sabir_status expected) {
  struct ring ring;
  struct waiting backs[2];
  struct broadcast broadcast;
  sabir_router_options options = SABIR_ROUTER_OPTIONS_INIT;
  int index;
  memset(&broadcast, 0, sizeof broadcast);
  open_ring(&ring, 3, MOST);
  options.strategy = SABIR_ROUTER_BROADCAST;
  REQUIRE_OK(sabir_router_create(ring.system, &options, &broadcast.router, NULL));
  for (index = 0; index < 2; ++index) {
    waiting_init(&backs[index], &ring, ring.pids[0]);
    CHECK_OK(sabir_router_add(broadcast.router, ring.pids[index + 1]));
  }
  broadcast.ring = &ring;
  broadcast.backs = backs;
  broadcast.count = stuck;
  run_inside(ring.system, ring.pids[0], ask_all, &broadcast);
  CHECK_STATUS(broadcast.status, expected);
  if (expected != SABIR_OK) CHECK_CONTAINS(broadcast.text, "'actor-0'");
  for (index = 0; index < stuck; ++index) {
    take(&backs[index].left);
    CHECK_OK(backs[index].status);
  }
  sabir_router_destroy(&broadcast.router);
  close_ring(&ring);
}

static void an_ask_of_several_needs_one_that_is_free(void) {
  check_broadcast(0, SABIR_OK);
  check_broadcast(1, SABIR_OK);
  check_broadcast(2, SABIR_E_WOULD_DEADLOCK);
}

/* What a handler was given, asked on, is refused as any other, and stays its. */
static sabir_status ask_on_itself(sabir_context *context, sabir_message **message, void *argument) {
  struct ring *ring = (struct ring *)argument;
  sabir_message *const before = *message, *reply = NULL;
  CHECK_STATUS(sabir_ask(ring->system, sabir_context_self(context), message, SABIR_FOREVER, &reply), SABIR_E_WOULD_DEADLOCK);
  CHECK(*message == before);
  sabir_message_destroy(&reply);
  CHECK_OK(sabir_context_reply_bytes(context, ANSWER, NULL, 0));
  return SABIR_OK;
}

static void a_message_that_was_given_may_be_asked_on(void) {
  struct ring ring;
  sabir_message *question, *reply = NULL;
  open_ring(&ring, 1, 1);
  question = inside_message(ask_on_itself, &ring);
  CHECK_OK(sabir_ask(ring.system, ring.pids[0], &question, PATIENCE_NS, &reply));
  sabir_message_destroy(&reply);
  close_ring(&ring);
}

static void asks_of_actors_that_are_gone_close_no_cycle(void) {
  struct ring ring;
  struct link link;
  sabir_pid gone;
  open_ring(&ring, 2, 2);
  gone = ring.pids[1];
  CHECK_OK(sabir_actor_stop(ring.system, gone));
  CHECK(becomes_dead(ring.system, gone));
  ask_along(&ring, 1, gone, &link);
  CHECK_STATUS(link.status, SABIR_E_DEAD);
  CHECK_NUMBER(counted(&ring.log.records), 0);
  close_ring(&ring);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(an_ask_of_oneself_is_refused),
      TEST(a_cycle_of_two_is_refused),
      TEST(a_cycle_of_five_is_refused),
      TEST(a_chain_is_no_cycle),
      TEST(of_two_that_ask_each_other_one_is_refused),
      TEST(a_crowd_that_asks_at_random_is_never_stuck),
      TEST(a_question_that_others_may_answer_closes_no_cycle),
      TEST(an_ask_for_the_only_thread_is_refused),
      TEST(an_ask_for_the_last_thread_is_refused),
      TEST(a_cycle_through_two_systems_is_refused),
      TEST(an_ask_of_several_needs_one_that_is_free),
      TEST(a_message_that_was_given_may_be_asked_on),
      TEST(asks_of_actors_that_are_gone_close_no_cycle),
  };
  return RUN_TESTS(tests, argc, argv);
}
