/* router.h: strategies, routees that come and go, pools, broadcasts, and asks of the first who answers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

enum { SOME = 4 };

static sabir_port *open_port(sabir_system *system, uint32_t capacity) {
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_port *port = NULL;
  mailbox.capacity = capacity;
  REQUIRE_OK(sabir_port_create(system, &mailbox, &port, NULL));
  return port;
}

static sabir_router *make_router(sabir_system *system, uint32_t strategy, uint32_t capacity) {
  sabir_router_options options = SABIR_ROUTER_OPTIONS_INIT;
  sabir_router *router = NULL;
  options.strategy = strategy;
  options.capacity = capacity;
  REQUIRE_OK(sabir_router_create(system, &options, &router, NULL));
  REQUIRE(router != NULL);
  return router;
}

static size_t routees(sabir_router *router) {
  size_t number = 77;
  CHECK_OK(sabir_router_routees(router, NULL, 0, &number));
  return number;
}

/* How many messages a port holds, which are taken. */
static unsigned take_all(sabir_port *port) {
  sabir_message *message = NULL;
  unsigned number = 0;
  while (sabir_port_receive(port, 0, &message) == SABIR_OK) {
    ++number;
    sabir_message_destroy(&message);
  }
  return number;
}

/* A router with a few ports as its routees. */
struct scene {
  sabir_system *system;
  sabir_router *router;
  sabir_port *ports[SOME];
  sabir_pid pids[SOME];
};

static void open_scene(struct scene *scene, uint32_t strategy, uint32_t capacity) {
  int index;
  scene->system = make_system(1);
  scene->router = make_router(scene->system, strategy, 0);
  for (index = 0; index < SOME; ++index) {
    scene->ports[index] = open_port(scene->system, capacity);
    scene->pids[index] = sabir_port_pid(scene->ports[index]);
    CHECK_OK(sabir_router_add(scene->router, scene->pids[index]));
  }
}

static void close_scene(struct scene *scene) {
  int index;
  sabir_router_destroy(&scene->router);
  CHECK(scene->router == NULL);
  for (index = 0; index < SOME; ++index) sabir_port_destroy(&scene->ports[index]);
  end_system(&scene->system);
}

static void send_some(struct scene *scene, int number) {
  while (number-- > 0) CHECK_OK(sabir_router_send_bytes(scene->router, 1, "abc", 3));
}

static void round_robin_takes_turns(void) {
  struct scene scene;
  int index;
  open_scene(&scene, SABIR_ROUTER_ROUND_ROBIN, 0);
  send_some(&scene, 3 * SOME);
  for (index = 0; index < SOME; ++index) CHECK_NUMBER(take_all(scene.ports[index]), 3);
  close_scene(&scene);
}

static void random_reaches_everybody(void) {
  enum { SENDS = 4000 };
  struct scene scene;
  int index;
  open_scene(&scene, SABIR_ROUTER_RANDOM, 0);
  send_some(&scene, SENDS);
  /* 1,000 each, of which one deviation is 27; seven of them would be a wonder. */
  for (index = 0; index < SOME; ++index) {
    const unsigned number = take_all(scene.ports[index]);
    CHECK(number > 800 && number < 1200);
  }
  close_scene(&scene);
}

static void least_loaded_spares_the_busy(void) {
  struct scene scene;
  int index;
  open_scene(&scene, SABIR_ROUTER_LEAST_LOADED, 32);
  for (index = 0; index < 10; ++index) CHECK_OK(sabir_send_bytes(scene.system, scene.pids[0], 1, NULL, 0));
  for (index = 0; index < 4; ++index) CHECK_OK(sabir_send_bytes(scene.system, scene.pids[1], 1, NULL, 0));
  send_some(&scene, 2 * 4 + 3 * 3); /* fills the others up to 4, and then all three to 7 */
  CHECK_NUMBER(take_all(scene.ports[0]), 10);
  for (index = 1; index < SOME; ++index) CHECK_NUMBER(take_all(scene.ports[index]), 7);
  close_scene(&scene);
}

static sabir_pid pick(sabir_router *router, uint64_t key) {
  sabir_pid pid = 0;
  CHECK_OK(sabir_router_pick(router, key, &pid));
  return pid;
}

static void hash_is_consistent(void) {
  enum { KEYS = 2000 };
  static sabir_pid before[KEYS];
  struct scene scene;
  sabir_port *late;
  unsigned each[SOME] = {0}, moved = 0;
  uint64_t key;
  int index;
  open_scene(&scene, SABIR_ROUTER_HASH, 0);
  for (key = 0; key < KEYS; ++key) {
    before[key] = pick(scene.router, key);
    CHECK_NUMBER(pick(scene.router, key), before[key]);
    for (index = 0; index < SOME; ++index) each[index] += before[key] == scene.pids[index];
  }
  /* 500 each, of which one deviation is 19. */
  for (index = 0; index < SOME; ++index) CHECK(each[index] > 360 && each[index] < 640);
  /* A routee goes: its own keys go elsewhere, no others. */
  CHECK_OK(sabir_router_remove(scene.router, scene.pids[1]));
  for (key = 0; key < KEYS; ++key) {
    const sabir_pid now = pick(scene.router, key);
    if (before[key] == scene.pids[1]) {
      CHECK(now != scene.pids[1]);
    } else {
      CHECK_NUMBER(now, before[key]);
    }
  }
  /* It comes back: all is as before. Another comes: keys go to it, and nowhere else. */
  CHECK_OK(sabir_router_add(scene.router, scene.pids[1]));
  for (key = 0; key < KEYS; ++key) CHECK_NUMBER(pick(scene.router, key), before[key]);
  late = open_port(scene.system, 0);
  CHECK_OK(sabir_router_add(scene.router, sabir_port_pid(late)));
  for (key = 0; key < KEYS; ++key) {
    const sabir_pid now = pick(scene.router, key);
    if (now == before[key]) continue;
    CHECK_NUMBER(now, sabir_port_pid(late));
    ++moved;
  }
  CHECK(moved > 280 && moved < 520); /* a fifth */
  sabir_port_destroy(&late);
  close_scene(&scene);
}

static void a_key_leads_to_one_routee(void) {
  struct scene scene;
  int index;
  uint64_t key;
  open_scene(&scene, SABIR_ROUTER_HASH, 0);
  for (key = 0; key < 20; ++key) {
    const sabir_pid pid = pick(scene.router, key);
    int round;
    for (round = 0; round < 3; ++round) {
      sabir_message *message = make_message(7, NULL, 0);
      CHECK_OK(sabir_router_send_key(scene.router, key, &message));
      CHECK(message == NULL);
    }
    for (index = 0; index < SOME; ++index) CHECK_NUMBER(take_all(scene.ports[index]), scene.pids[index] == pid ? 3 : 0);
  }
  /* Without a key it is the type. */
  send_some(&scene, 3);
  for (index = 0; index < SOME; ++index) CHECK_NUMBER(take_all(scene.ports[index]), scene.pids[index] == pick(scene.router, 1) ? 3 : 0);
  close_scene(&scene);
}

static void routees_come_and_go(void) {
  struct scene scene;
  sabir_pid two[2] = {0, 0};
  size_t number = 0;
  open_scene(&scene, SABIR_ROUTER_ROUND_ROBIN, 0);
  CHECK_NUMBER(routees(scene.router), SOME);
  CHECK_STATUS(sabir_router_add(scene.router, scene.pids[0]), SABIR_E_DUPLICATE);
  CHECK_OK(sabir_router_remove(scene.router, scene.pids[0]));
  CHECK_STATUS(sabir_router_remove(scene.router, scene.pids[0]), SABIR_E_NO_MEMBER);
  CHECK_NUMBER(routees(scene.router), SOME - 1);
  send_some(&scene, 6);
  CHECK_NUMBER(take_all(scene.ports[0]), 0);
  CHECK_OK(sabir_router_routees(scene.router, two, 2, &number));
  CHECK_NUMBER(number, SOME - 1);
  CHECK(two[0] != 0 && two[1] != 0 && two[0] != two[1]);
  CHECK_STATUS(sabir_router_resize(scene.router, 2), SABIR_E_INVALID); /* no pool */
  close_scene(&scene);
}

static void nobody_is_no_member(void) {
  sabir_system *system = make_system(1);
  sabir_router *router = NULL;
  sabir_port *port = open_port(system, 0);
  sabir_message *message = make_message(1, NULL, 0), *reply = NULL;
  size_t received = 77;
  sabir_pid pid = 1;
  sabir_ref ref = 1;
  REQUIRE_OK(sabir_router_create(system, NULL, &router, NULL)); /* the defaults */
  CHECK_STATUS(sabir_router_send(router, &message), SABIR_E_NO_MEMBER);
  CHECK_STATUS(sabir_router_send_bytes(router, 1, NULL, 0), SABIR_E_NO_MEMBER);
  CHECK_STATUS(sabir_router_send_all(router, &message, &received), SABIR_E_NO_MEMBER);
  CHECK_NUMBER(received, 0);
  CHECK_STATUS(sabir_router_pick(router, 1, &pid), SABIR_E_NO_MEMBER);
  CHECK_NUMBER(pid, 0);
  CHECK_STATUS(sabir_router_ask(router, &message, 0, &reply), SABIR_E_NO_MEMBER);
  CHECK_STATUS(sabir_port_router_ask(port, router, &message, 0, &ref), SABIR_E_NO_MEMBER);
  CHECK_NUMBER(ref, 0);
  CHECK(message != NULL && reply == NULL);
  sabir_message_destroy(&message);
  sabir_router_destroy(&router);
  sabir_port_destroy(&port);
  end_system(&system);
}

static void the_dead_are_passed_over(void) {
  static const uint32_t strategies[] = {SABIR_ROUTER_ROUND_ROBIN, SABIR_ROUTER_RANDOM, SABIR_ROUTER_LEAST_LOADED, SABIR_ROUTER_HASH};
  size_t strategy;
  for (strategy = 0; strategy < sizeof strategies / sizeof strategies[0]; ++strategy) {
    struct scene scene;
    int index, number = 0;
    open_scene(&scene, strategies[strategy], 64);
    sabir_port_destroy(&scene.ports[0]);
    sabir_port_destroy(&scene.ports[2]);
    send_some(&scene, 20);
    for (index = 0; index < SOME; ++index)
      if (scene.ports[index] != NULL) number += (int)take_all(scene.ports[index]);
    CHECK_NUMBER(number, 20);
    CHECK_NUMBER(routees(scene.router), SOME - 2);
    sabir_port_destroy(&scene.ports[1]);
    sabir_port_destroy(&scene.ports[3]);
    CHECK_STATUS(sabir_router_send_bytes(scene.router, 1, NULL, 0), SABIR_E_NO_MEMBER);
    close_scene(&scene);
  }
}

static void a_full_one_is_not_passed_over(void) {
  struct scene scene;
  sabir_message *message = make_message(1, NULL, 0);
  int index;
  open_scene(&scene, SABIR_ROUTER_ROUND_ROBIN, 1);
  send_some(&scene, SOME);
  CHECK_STATUS(sabir_router_send(scene.router, &message), SABIR_E_MAILBOX_FULL);
  CHECK(message != NULL);
  sabir_message_destroy(&message);
  for (index = 0; index < SOME; ++index) CHECK_NUMBER(take_all(scene.ports[index]), 1);
  close_scene(&scene);
}

static void a_drained_one_is_passed_over(void) {
  sabir_system *system = make_system(2);
  sabir_router *router = make_router(system, SABIR_ROUTER_HASH, 0);
  probe actors[2];
  sabir_pid pids[2];
  int index;
  for (index = 0; index < 2; ++index) {
    probe_init(&actors[index]);
    pids[index] = probe_spawn(system, &actors[index], NULL);
    CHECK_OK(sabir_router_add(router, pids[index]));
    CHECK_OK(sabir_send_bytes(system, pids[index], PROBE_BLOCK, NULL, 0));
    take(&actors[index].entered);
  }
  CHECK_OK(sabir_actor_drain(system, pids[0]));
  for (index = 0; index < 10; ++index) CHECK_NUMBER(pick(router, (uint64_t)index), pids[1]);
  CHECK_NUMBER(routees(router), 2);
  CHECK_OK(sabir_actor_drain(system, pids[1]));
  CHECK_STATUS(sabir_router_send_bytes(router, PROBE_COUNT, NULL, 0), SABIR_E_DEAD);
  CHECK_NUMBER(routees(router), 2);
  for (index = 0; index < 2; ++index) {
    sem_post(&actors[index].gate);
    CHECK(becomes_dead(system, pids[index]));
  }
  CHECK_STATUS(sabir_router_send_bytes(router, PROBE_COUNT, NULL, 0), SABIR_E_NO_MEMBER);
  sabir_router_destroy(&router);
  end_system(&system);
  for (index = 0; index < 2; ++index) probe_end(&actors[index]);
}

/* --- pools --- */

/* All routees of a pool have one probe, so its counters are all that they may write. */
static sabir_status worker_start(sabir_context *context, uintptr_t argument, uintptr_t *state) {
  (void)context;
  *state = argument;
  count(&((probe *)argument)->starts);
  return SABIR_OK;
}

static sabir_status worker_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  count(&((probe *)state)->received);
  switch (sabir_message_type(*message)) {
    case PROBE_ECHO: {
      const sabir_status status =
          sabir_context_reply_bytes(context, PROBE_ECHO, sabir_message_data(*message), sabir_message_size(*message));
      return status == SABIR_E_NO_ASK ? SABIR_OK : status;
    }
    case PROBE_CRASH: return PROBE_CRASH_STATUS;
    case PROBE_STOP: return sabir_context_stop(context);
    default: return SABIR_OK;
  }
}

static void worker_stop(sabir_context *context, uintptr_t state, const sabir_exit *exit) {
  (void)context, (void)exit;
  count(&((probe *)state)->stops);
}

static sabir_behavior *worker_behavior(void) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("worker");
  sabir_behavior *behavior = NULL;
  callbacks.start = worker_start;
  callbacks.receive = worker_receive;
  callbacks.stop = worker_stop;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  return behavior;
}

static sabir_router *make_pool(sabir_system *system, probe *shared, uint32_t strategy, uint32_t size) {
  sabir_router_options options = SABIR_ROUTER_OPTIONS_INIT;
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  sabir_behavior *behavior = worker_behavior();
  sabir_router *router = NULL;
  spawn.argument = (uintptr_t)shared;
  spawn.drop = probe_drop;
  spawn.name = "worker";
  options.strategy = strategy;
  options.size = size;
  options.behavior = behavior;
  options.spawn = &spawn;
  REQUIRE_OK(sabir_router_create(system, &options, &router, NULL));
  sabir_behavior_destroy(&behavior);
  return router;
}

static void a_pool_makes_its_routees(void) {
  sabir_system *system = make_system(2);
  probe shared;
  sabir_router *router, *second;
  sabir_port *port = open_port(system, 0);
  int index;
  probe_init(&shared);
  router = make_pool(system, &shared, SABIR_ROUTER_ROUND_ROBIN, 3);
  CHECK_NUMBER(routees(router), 3);
  for (index = 0; index < 30; ++index) CHECK_OK(sabir_router_send_bytes(router, PROBE_COUNT, NULL, 0));
  CHECK(reached(&shared.received, 30));
  CHECK_NUMBER(counted(&shared.starts), 3);
  CHECK_STATUS(sabir_router_add(router, sabir_port_pid(port)), SABIR_E_INVALID);
  CHECK_STATUS(sabir_router_remove(router, pick(router, 0)), SABIR_E_INVALID);
  CHECK_OK(sabir_router_retain(router));
  second = router;
  sabir_router_destroy(&second);
  for (index = 0; index < 30; ++index) CHECK_OK(sabir_router_send_bytes(router, PROBE_COUNT, NULL, 0));
  CHECK_NUMBER(counted(&shared.drops), 0);
  sabir_router_destroy(&router); /* what it was sent is handled */
  take(&shared.dropped);
  CHECK_NUMBER(counted(&shared.received), 60);
  CHECK_NUMBER(counted(&shared.stops), 3);
  CHECK_NUMBER(counted(&shared.drops), 1);
  sabir_port_destroy(&port);
  end_system(&system);
  probe_end(&shared);
}

static void a_pool_replaces_the_dead(void) {
  sabir_system *system = make_system(2);
  probe shared;
  sabir_router *router;
  sabir_pid first, other;
  int index;
  probe_init(&shared);
  router = make_pool(system, &shared, SABIR_ROUTER_HASH, 2);
  first = pick(router, 5);
  CHECK_OK(sabir_actor_kill(system, first));
  CHECK(becomes_dead(system, first));
  other = pick(router, 5);
  CHECK(other != first);
  CHECK_OK(sabir_actor_status(system, other));
  CHECK_NUMBER(routees(router), 2);
  /* Whoever is in a place has its keys. */
  for (index = 0; index < 200; ++index)
    CHECK((pick(router, (uint64_t)index) == other) == (pick(router, (uint64_t)index) == pick(router, 5)));
  sabir_router_destroy(&router);
  router = make_pool(system, &shared, SABIR_ROUTER_ROUND_ROBIN, 2);
  for (index = 0; index < 20; ++index) {
    sabir_message *crash = make_message(PROBE_CRASH, NULL, 0);
    CHECK_OK(sabir_router_send(router, &crash));
  }
  CHECK_OK(sabir_router_send_bytes(router, PROBE_COUNT, NULL, 0));
  CHECK_NUMBER(routees(router), 2);
  sabir_router_destroy(&router);
  end_system(&system);
  CHECK_NUMBER(counted(&shared.drops), 2);
  CHECK_NUMBER(counted(&shared.starts), counted(&shared.stops));
  probe_end(&shared);
}

static void a_pool_is_resized(void) {
  enum { KEYS = 300 };
  static sabir_pid before[KEYS];
  sabir_system *system = make_system(2);
  probe shared;
  sabir_router *router;
  uint64_t key;
  unsigned moved = 0;
  probe_init(&shared);
  router = make_pool(system, &shared, SABIR_ROUTER_HASH, 3);
  for (key = 0; key < KEYS; ++key) before[key] = pick(router, key);
  CHECK_OK(sabir_router_resize(router, 4));
  CHECK_NUMBER(routees(router), 4);
  for (key = 0; key < KEYS; ++key) moved += pick(router, key) != before[key];
  CHECK(moved > 30 && moved < 130); /* a quarter */
  CHECK_OK(sabir_router_resize(router, 3));
  for (key = 0; key < KEYS; ++key) CHECK_NUMBER(pick(router, key), before[key]);
  CHECK_OK(sabir_router_resize(router, 1));
  CHECK_NUMBER(routees(router), 1);
  CHECK(reached(&shared.stops, 3));
  CHECK_STATUS(sabir_router_resize(router, 0), SABIR_E_INVALID);
  CHECK_STATUS(sabir_router_resize(router, SABIR_ROUTER_CAPACITY_DEFAULT + 1), SABIR_E_INVALID);
  CHECK_OK(sabir_router_resize(router, SABIR_ROUTER_CAPACITY_DEFAULT));
  CHECK_NUMBER(routees(router), SABIR_ROUTER_CAPACITY_DEFAULT);
  sabir_router_destroy(&router);
  end_system(&system);
  CHECK_NUMBER(counted(&shared.drops), 1);
  probe_end(&shared);
}

static void a_pool_that_cannot_be_made_drops_its_argument(void) {
  sabir_system_options limits = SABIR_SYSTEM_OPTIONS_INIT;
  sabir_router_options options = SABIR_ROUTER_OPTIONS_INIT;
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  sabir_behavior *behavior = worker_behavior();
  sabir_router *router = NULL;
  sabir_error *error = NULL;
  sabir_system *system;
  probe shared;
  limits.workers = 1;
  limits.max_actors = 4;
  system = make_system_with(&limits);
  probe_init(&shared);
  spawn.argument = (uintptr_t)&shared;
  spawn.drop = probe_drop;
  options.size = 8;
  options.behavior = behavior;
  options.spawn = &spawn;
  CHECK_STATUS(sabir_router_create(system, &options, &router, &error), SABIR_E_LIMIT);
  CHECK(router == NULL && error != NULL);
  sabir_error_destroy(&error);
  take(&shared.dropped);
  CHECK_NUMBER(counted(&shared.starts), counted(&shared.stops));
  options.size = SABIR_ROUTER_CAPACITY_DEFAULT + 1;
  CHECK_STATUS(sabir_router_create(system, &options, &router, NULL), SABIR_E_INVALID);
  take(&shared.dropped);
  CHECK_STATUS(sabir_router_create(NULL, &options, &router, NULL), SABIR_E_INVALID);
  take(&shared.dropped);
  CHECK_NUMBER(counted(&shared.drops), 3);
  sabir_behavior_destroy(&behavior);
  end_system(&system);
  probe_end(&shared);
}

/* --- all at once --- */

static void a_broadcast_reaches_all(void) {
  struct scene scene;
  wrapped memory = {0, "to all of you"};
  sabir_message *message = wrap_message(9, &memory);
  size_t received = 0;
  int index;
  open_scene(&scene, SABIR_ROUTER_BROADCAST, 2);
  CHECK_OK(sabir_router_send(scene.router, &message));
  CHECK(message == NULL);
  for (index = 0; index < SOME; ++index) {
    REQUIRE_OK(sabir_port_receive(scene.ports[index], 0, &message));
    CHECK(sabir_message_data(message) == memory.bytes);
    CHECK_NUMBER(counted(&memory.releases), 0);
    sabir_message_destroy(&message);
  }
  CHECK_NUMBER(counted(&memory.releases), 1);
  for (index = 0; index < 2; ++index) CHECK_OK(sabir_send_bytes(scene.system, scene.pids[1], 1, NULL, 0));
  message = make_message(9, "abc", 3);
  CHECK_OK(sabir_router_send_all(scene.router, &message, &received));
  CHECK_NUMBER(received, SOME - 1);
  CHECK(dead_letters_reach(scene.system, SABIR_CAUSE_OVERFLOW, 1));
  sabir_port_destroy(&scene.ports[3]);
  message = make_message(9, "abc", 3);
  CHECK_OK(sabir_router_send_all(scene.router, &message, &received));
  CHECK_NUMBER(received, SOME - 2);
  close_scene(&scene);
}

/* --- from inside an actor --- */

static sabir_status send_inside(sabir_context *context, sabir_message **message, void *argument) {
  struct scene *scene = (struct scene *)argument;
  sabir_message *own = make_message(5, "abc", 3);
  size_t received = 77;
  (void)message;
  CHECK_OK(sabir_context_router_send(context, scene->router, &own));
  CHECK(own == NULL);
  CHECK_OK(sabir_context_router_send_bytes(context, scene->router, 6, "abc", 3));
  own = make_message(7, "abc", 3);
  CHECK_OK(sabir_context_router_send_key(context, scene->router, 17, &own));
  own = make_message(8, "abc", 3);
  CHECK_OK(sabir_context_router_send_all(context, scene->router, &own, &received));
  CHECK_NUMBER(received, SOME);
  CHECK_STATUS(sabir_context_router_send(context, scene->router, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_router_send(context, NULL, message), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_router_send(context, (sabir_router *)sabir_context_system(context), message), SABIR_E_HANDLE);
  return SABIR_OK;
}

static sabir_status send_abroad(sabir_context *context, sabir_message **message, void *argument) {
  sabir_ref ref = 1;
  CHECK_STATUS(sabir_context_router_send(context, (sabir_router *)argument, message), SABIR_E_FOREIGN);
  CHECK_STATUS(sabir_context_router_send_all(context, (sabir_router *)argument, message, NULL), SABIR_E_FOREIGN);
  CHECK_STATUS(sabir_context_router_ask(context, (sabir_router *)argument, message, 0, &ref), SABIR_E_FOREIGN);
  CHECK(*message != NULL);
  return SABIR_OK;
}

static void a_handler_sends_as_itself(void) {
  struct scene scene;
  sabir_system *other = make_system(1);
  sabir_router *foreign = make_router(other, SABIR_ROUTER_ROUND_ROBIN, 0);
  probe actor;
  sabir_pid pid;
  int index;
  open_scene(&scene, SABIR_ROUTER_HASH, 0);
  probe_init(&actor);
  pid = probe_spawn(scene.system, &actor, NULL);
  run_inside(scene.system, pid, send_inside, &scene);
  run_inside(scene.system, pid, send_abroad, foreign);
  for (index = 0; index < SOME; ++index) {
    sabir_message *message = NULL;
    unsigned number = 0;
    while (sabir_port_receive(scene.ports[index], 0, &message) == SABIR_OK) {
      CHECK_NUMBER(sabir_message_sender(message), pid);
      sabir_message_destroy(&message);
      ++number;
    }
    CHECK(number >= 1);
  }
  sabir_router_destroy(&foreign);
  end_system(&other);
  close_scene(&scene);
  probe_end(&actor);
}

/* --- asks --- */

/* Echoes, some of which crash, or keep the question. */
struct echoes {
  sabir_system *system;
  sabir_router *router;
  probe actors[SOME];
  sabir_pid pids[SOME];
};

static void open_echoes(struct echoes *echoes, uint32_t strategy) {
  int index;
  echoes->system = make_system(2);
  echoes->router = make_router(echoes->system, strategy, 0);
  for (index = 0; index < SOME; ++index) {
    probe_init(&echoes->actors[index]);
    echoes->pids[index] = probe_spawn(echoes->system, &echoes->actors[index], NULL);
    CHECK_OK(sabir_router_add(echoes->router, echoes->pids[index]));
  }
}

static void close_echoes(struct echoes *echoes) {
  int index;
  sabir_router_destroy(&echoes->router);
  end_system(&echoes->system);
  for (index = 0; index < SOME; ++index) probe_end(&echoes->actors[index]);
}

static void expect_answer(sabir_status status, sabir_message **reply, const char *text) {
  CHECK_OK(status);
  REQUIRE(*reply != NULL);
  CHECK_NUMBER(sabir_message_kind(*reply), SABIR_KIND_REPLY);
  CHECK(sabir_message_size(*reply) == strlen(text) && memcmp(sabir_message_data(*reply), text, strlen(text)) == 0);
  sabir_message_destroy(reply);
}

static void an_ask_goes_to_one(void) {
  static const uint32_t strategies[] = {SABIR_ROUTER_ROUND_ROBIN, SABIR_ROUTER_RANDOM, SABIR_ROUTER_LEAST_LOADED, SABIR_ROUTER_HASH};
  size_t strategy;
  for (strategy = 0; strategy < sizeof strategies / sizeof strategies[0]; ++strategy) {
    struct echoes echoes;
    int index;
    uint64_t received = 0;
    open_echoes(&echoes, strategies[strategy]);
    CHECK_OK(sabir_actor_kill(echoes.system, echoes.pids[1]));
    CHECK(becomes_dead(echoes.system, echoes.pids[1]));
    for (index = 0; index < 8; ++index) {
      sabir_message *question = make_message(PROBE_ECHO, "abc", 3), *reply = NULL;
      expect_answer(sabir_router_ask(echoes.router, &question, PATIENCE_NS, &reply), &reply, "abc");
      CHECK(question == NULL);
    }
    for (index = 0; index < SOME; ++index) received += counted(&echoes.actors[index].received);
    CHECK_NUMBER(received, 8);
    {
      /* One that crashes on it is not asked again elsewhere. */
      sabir_message *question = make_message(PROBE_CRASH, NULL, 0), *reply = NULL;
      CHECK_STATUS(sabir_router_ask(echoes.router, &question, PATIENCE_NS, &reply), SABIR_E_CRASHED);
      CHECK(question == NULL && reply != NULL);
      sabir_message_destroy(&reply);
    }
    close_echoes(&echoes);
  }
}

static void hold(struct echoes *echoes, int index) {
  CHECK_OK(sabir_send_bytes(echoes->system, echoes->pids[index], PROBE_BLOCK, NULL, 0));
  take(&echoes->actors[index].entered);
}

static void the_first_answer_ends_it(void) {
  struct echoes echoes;
  sabir_message *question = make_message(PROBE_ECHO, "abc", 3), *reply = NULL;
  uint64_t received = 0;
  int index;
  open_echoes(&echoes, SABIR_ROUTER_BROADCAST);
  hold(&echoes, 0); /* one worker is left for the others */
  expect_answer(sabir_router_ask(echoes.router, &question, PATIENCE_NS, &reply), &reply, "abc");
  CHECK(question == NULL);
  sem_post(&echoes.actors[0].gate);
  /* Not all of them: who had not been asked when the first one answered was not asked any more. */
  for (index = 1; index < SOME; ++index) received += counted(&echoes.actors[index].received);
  CHECK(received >= 1);
  close_echoes(&echoes);
}

static void a_failure_ends_it_when_all_have_failed(void) {
  struct echoes echoes;
  sabir_message *question = make_message(PROBE_CRASH, NULL, 0), *reply = NULL;
  int index;
  open_echoes(&echoes, SABIR_ROUTER_BROADCAST);
  CHECK_STATUS(sabir_router_ask(echoes.router, &question, PATIENCE_NS, &reply), SABIR_E_CRASHED);
  REQUIRE(reply != NULL);
  CHECK(sabir_message_exit(reply) != NULL);
  CHECK_NUMBER(sabir_exit_status(sabir_message_exit(reply)), PROBE_CRASH_STATUS);
  sabir_message_destroy(&reply);
  for (index = 0; index < SOME; ++index) CHECK(becomes_dead(echoes.system, echoes.pids[index]));
  question = make_message(PROBE_ECHO, NULL, 0);
  CHECK_STATUS(sabir_router_ask(echoes.router, &question, PATIENCE_NS, &reply), SABIR_E_NO_MEMBER);
  sabir_message_destroy(&question);
  close_echoes(&echoes);
}

static void refuse_it_most(struct echoes *echoes) {
  int index;
  for (index = 1; index < SOME; ++index) {
    hold(echoes, index);
    CHECK_OK(sabir_actor_stop(echoes->system, echoes->pids[index])); /* so that it ends before it comes to the question */
    sem_post(&echoes->actors[index].gate);
  }
}

static void one_answer_is_enough(void) {
  struct echoes echoes;
  sabir_message *question = make_message(PROBE_ECHO, "abc", 3), *reply = NULL;
  open_echoes(&echoes, SABIR_ROUTER_BROADCAST);
  refuse_it_most(&echoes);
  expect_answer(sabir_router_ask(echoes.router, &question, PATIENCE_NS, &reply), &reply, "abc");
  close_echoes(&echoes);
}

static void an_ask_times_out_and_is_cancelled(void) {
  struct echoes echoes;
  sabir_port *port;
  sabir_message *question = make_message(PROBE_KEEP, NULL, 0), *reply = NULL, *late = NULL;
  sabir_ref ref = 0;
  int index;
  open_echoes(&echoes, SABIR_ROUTER_BROADCAST);
  port = open_port(echoes.system, 0);
  CHECK_STATUS(sabir_router_ask(echoes.router, &question, 300 * MILLISECOND_NS, &reply), SABIR_E_TIMEOUT);
  sabir_message_destroy(&reply);
  for (index = 0; index < SOME; ++index) take(&echoes.actors[index].entered);
  late = make_message(1, NULL, 0);
  CHECK_STATUS(sabir_reply(echoes.system, sabir_message_ref(echoes.actors[0].kept), &late), SABIR_E_NO_ASK);
  CHECK(late != NULL);
  question = make_message(PROBE_KEEP, NULL, 0);
  CHECK_OK(sabir_port_router_ask(port, echoes.router, &question, SABIR_FOREVER, &ref));
  for (index = 0; index < SOME; ++index) take(&echoes.actors[index].entered);
  CHECK_OK(sabir_ask_cancel(echoes.system, ref));
  CHECK_STATUS(sabir_ask_cancel(echoes.system, ref), SABIR_E_NO_ASK);
  for (index = 0; index < SOME; ++index) {
    CHECK_STATUS(sabir_reply(echoes.system, sabir_message_ref(echoes.actors[index].kept), &late), SABIR_E_NO_ASK);
    CHECK(late != NULL);
  }
  CHECK_STATUS(sabir_port_receive(port, 0, &reply), SABIR_E_TIMEOUT);
  sabir_message_destroy(&late);
  sabir_port_destroy(&port);
  close_echoes(&echoes);
}

static void an_answer_comes_to_a_port(void) {
  struct echoes echoes;
  sabir_port *port, *foreign;
  sabir_system *other = make_system(1);
  sabir_message *question = make_message(PROBE_ECHO, "abc", 3), *reply = NULL;
  sabir_ref ref = 0;
  open_echoes(&echoes, SABIR_ROUTER_BROADCAST);
  port = open_port(echoes.system, 0);
  foreign = open_port(other, 0);
  CHECK_STATUS(sabir_port_router_ask(foreign, echoes.router, &question, PATIENCE_NS, &ref), SABIR_E_FOREIGN);
  CHECK_NUMBER(ref, 0);
  CHECK_OK(sabir_port_router_ask(port, echoes.router, &question, PATIENCE_NS, &ref));
  CHECK(question == NULL);
  REQUIRE_OK(sabir_port_receive(port, PATIENCE_NS, &reply));
  CHECK_NUMBER(sabir_message_ref(reply), ref);
  expect_answer(SABIR_OK, &reply, "abc");
  question = make_message(PROBE_CRASH, NULL, 0);
  CHECK_OK(sabir_port_router_ask(port, echoes.router, &question, PATIENCE_NS, &ref));
  REQUIRE_OK(sabir_port_receive(port, PATIENCE_NS, &reply));
  CHECK_NUMBER(sabir_message_kind(reply), SABIR_KIND_FAILURE);
  CHECK_NUMBER(sabir_message_ref(reply), ref);
  CHECK_STATUS(sabir_message_status(reply), SABIR_E_CRASHED);
  sabir_message_destroy(&reply);
  CHECK_STATUS(sabir_port_receive(port, 0, &reply), SABIR_E_TIMEOUT); /* once */
  sabir_port_destroy(&port);
  sabir_port_destroy(&foreign);
  end_system(&other);
  close_echoes(&echoes);
}

struct completion {
  uint64_t ends;
  sabir_status status;
};

static void note_end(uintptr_t argument, sabir_ref ref, sabir_status status, sabir_message **reply) {
  struct completion *completion = (struct completion *)argument;
  (void)ref, (void)reply;
  completion->status = status;
  count(&completion->ends);
}

static void a_completion_runs_once(void) {
  struct echoes echoes;
  struct completion completion = {0, 1};
  sabir_message *question = make_message(PROBE_ECHO, "abc", 3);
  sabir_ref ref = 0;
  open_echoes(&echoes, SABIR_ROUTER_BROADCAST);
  CHECK_OK(sabir_router_ask_begin(echoes.router, &question, PATIENCE_NS, note_end, (uintptr_t)&completion, &ref));
  CHECK(question == NULL && ref != 0);
  CHECK(reached(&completion.ends, 1));
  CHECK_OK(completion.status);
  question = make_message(PROBE_KEEP, NULL, 0);
  CHECK_OK(sabir_router_ask_begin(echoes.router, &question, SABIR_FOREVER, note_end, (uintptr_t)&completion, NULL));
  CHECK_OK(sabir_system_shutdown(echoes.system, PATIENCE_NS, NULL)); /* all end, and so does the ask */
  CHECK_NUMBER(counted(&completion.ends), 2);
  CHECK(completion.status != SABIR_OK);
  close_echoes(&echoes);
}

struct asker {
  struct echoes *echoes;
  sabir_ref ref;
  sem_t asked;
};

static sabir_status ask_inside(sabir_context *context, sabir_message **message, void *argument) {
  struct asker *asker = (struct asker *)argument;
  sabir_message *question = make_message(PROBE_UNHANDLED, NULL, 0), *reply = NULL;
  (void)message;
  CHECK_STATUS(sabir_router_ask(asker->echoes->router, &question, 0, &reply), SABIR_E_WOULD_DEADLOCK);
  CHECK(question != NULL);
  CHECK_OK(sabir_context_router_ask(context, asker->echoes->router, &question, PATIENCE_NS, &asker->ref));
  CHECK(question == NULL && asker->ref != 0);
  return SABIR_OK;
}

static void a_handler_asks_the_others(void) {
  struct echoes echoes;
  struct asker asker;
  int index;
  open_echoes(&echoes, SABIR_ROUTER_BROADCAST);
  asker.echoes = &echoes;
  run_inside(echoes.system, echoes.pids[0], ask_inside, &asker);
  /* The others do not handle it; the failure comes to the asker, who has got no question. */
  for (index = 1; index < SOME; ++index) CHECK(reached(&echoes.actors[index].received, 1));
  CHECK(reached(&echoes.actors[0].received, 2));
  close_echoes(&echoes);
}

/* --- what is refused --- */

static void expect_refused(sabir_system *system, const sabir_router_options *options, sabir_status status, const char *part) {
  sabir_router *router = (sabir_router *)system;
  sabir_error *error = NULL;
  CHECK_STATUS(sabir_router_create(system, options, &router, &error), status);
  CHECK(router == NULL);
  CHECK_CONTAINS(sabir_error_message(error), part);
  sabir_error_destroy(&error);
}

static void bad_options_are_refused(void) {
  sabir_system *system = make_system(1);
  sabir_behavior *behavior = probe_behavior();
  sabir_router_options options = SABIR_ROUTER_OPTIONS_INIT;
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  options.struct_size = 4;
  expect_refused(system, &options, SABIR_E_OPTION, "struct_size");
  sabir_router_options_init(&options, sizeof options);
  CHECK_NUMBER(options.struct_size, sizeof options);
  options.strategy = SABIR_ROUTER_BROADCAST + 1;
  expect_refused(system, &options, SABIR_E_INVALID, "strategy");
  options.strategy = SABIR_ROUTER_LEAST_LOADED;
  options.capacity = SABIR_ROUTER_CAPACITY_MAX + 1;
  expect_refused(system, &options, SABIR_E_INVALID, "capacity");
  options.capacity = 2;
  options.size = 3;
  expect_refused(system, &options, SABIR_E_INVALID, "size");
  options.size = 2;
  expect_refused(system, &options, SABIR_E_INVALID, "behavior");
  options.behavior = behavior;
  options.spawn = &spawn;
  spawn.mailbox = &mailbox;
  mailbox.capacity = SABIR_UNBOUNDED;
  expect_refused(system, &options, SABIR_E_INVALID, "unbounded");
  spawn.name = "\xff";
  expect_refused(system, &options, SABIR_E_INVALID, "options.spawn.name");
  options.size = 0;
  expect_refused(system, &options, SABIR_E_INVALID, "behavior");
  options.behavior = NULL;
  expect_refused(system, &options, SABIR_E_INVALID, "spawn");
  CHECK_STATUS(sabir_router_create(system, NULL, NULL, NULL), SABIR_E_INVALID);
  sabir_behavior_destroy(&behavior);
  end_system(&system);
}

static void bad_arguments_are_refused(void) {
  struct scene scene;
  sabir_system *other = make_system(1);
  sabir_port *foreign = open_port(other, 0), *unbounded;
  sabir_router *small, *least, *all;
  sabir_message *message = make_message(1, NULL, 0), *reply = NULL, *request = NULL;
  sabir_ref ref = 1;
  size_t number = 77;
  sabir_pid pid = 1;
  open_scene(&scene, SABIR_ROUTER_ROUND_ROBIN, 0);
  CHECK_STATUS(sabir_router_add(scene.router, 0), SABIR_E_NO_ACTOR);
  CHECK_STATUS(sabir_router_add(scene.router, scene.pids[0] + 1), SABIR_E_NO_ACTOR);
  CHECK_STATUS(sabir_router_add(scene.router, sabir_port_pid(foreign)), SABIR_E_FOREIGN);
  sabir_port_destroy(&scene.ports[0]);
  CHECK_STATUS(sabir_router_add(scene.router, scene.pids[0]), SABIR_E_DEAD);
  CHECK_STATUS(sabir_router_remove(scene.router, scene.pids[0]), SABIR_E_NO_MEMBER);
  small = make_router(scene.system, SABIR_ROUTER_ROUND_ROBIN, 1);
  CHECK_OK(sabir_router_add(small, scene.pids[1]));
  CHECK_STATUS(sabir_router_add(small, scene.pids[2]), SABIR_E_LIMIT);
  sabir_port_destroy(&scene.ports[1]);
  CHECK_OK(sabir_router_add(small, scene.pids[2])); /* the dead do not count */
  sabir_router_destroy(&small);
  least = make_router(scene.system, SABIR_ROUTER_LEAST_LOADED, 0);
  unbounded = open_port(scene.system, SABIR_UNBOUNDED);
  CHECK_STATUS(sabir_router_add(least, sabir_port_pid(unbounded)), SABIR_E_INVALID);
  sabir_router_destroy(&least);
  CHECK_STATUS(sabir_router_send_key(scene.router, 1, &message), SABIR_E_INVALID); /* not by hash */
  CHECK(message != NULL);
  CHECK_STATUS(sabir_router_send(scene.router, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_router_send_bytes(scene.router, 1, NULL, 1), SABIR_E_INVALID);
  CHECK_STATUS(sabir_router_send_all(scene.router, NULL, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_router_routees(scene.router, NULL, 1, &number), SABIR_E_INVALID);
  CHECK_NUMBER(number, 0);
  CHECK_STATUS(sabir_router_routees(scene.router, NULL, 0, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_router_pick(scene.router, 1, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_router_ask(scene.router, NULL, 0, &reply), SABIR_E_INVALID);
  CHECK_STATUS(sabir_router_ask(scene.router, &message, 0, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_router_ask_begin(scene.router, &message, 0, NULL, 0, &ref), SABIR_E_INVALID);
  CHECK_STATUS(sabir_port_router_ask(scene.ports[2], scene.router, &message, 0, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_port_router_ask(scene.ports[2], NULL, &message, 0, &ref), SABIR_E_INVALID);
  all = make_router(scene.system, SABIR_ROUTER_BROADCAST, 0);
  CHECK_OK(sabir_router_add(all, scene.pids[2]));
  CHECK_OK(sabir_router_add(all, scene.pids[3]));
  CHECK_STATUS(sabir_router_pick(all, 1, &pid), SABIR_E_INVALID);
  CHECK_NUMBER(pid, 0);
  REQUIRE_OK(sabir_request_children(&request));
  CHECK_STATUS(sabir_router_send(all, &request), SABIR_E_INVALID);
  CHECK_STATUS(sabir_router_ask(all, &request, 0, &reply), SABIR_E_INVALID);
  CHECK(request != NULL && reply == NULL);
  sabir_message_destroy(&request);
  sabir_message_destroy(&message);
  sabir_router_destroy(&all);
  sabir_port_destroy(&unbounded);
  sabir_port_destroy(&foreign);
  end_system(&other);
  close_scene(&scene);
}

static void a_shutdown_closes_it(void) {
  sabir_system *system = make_system(2);
  probe shared;
  sabir_router *pool, *left, *stale;
  sabir_message *message = make_message(PROBE_COUNT, NULL, 0), *reply = NULL;
  sabir_pid pid = 1;
  size_t number = 77;
  probe_init(&shared);
  pool = make_pool(system, &shared, SABIR_ROUTER_HASH, 3);
  left = stale = make_router(system, SABIR_ROUTER_BROADCAST, 0);
  CHECK_OK(sabir_router_retain(left));
  CHECK_OK(sabir_system_shutdown(system, PATIENCE_NS, NULL));
  CHECK_STATUS(sabir_router_send(pool, &message), SABIR_E_CLOSED);
  CHECK_STATUS(sabir_router_send(left, &message), SABIR_E_CLOSED);
  CHECK_STATUS(sabir_router_ask(left, &message, 0, &reply), SABIR_E_CLOSED);
  CHECK_STATUS(sabir_router_pick(pool, 1, &pid), SABIR_E_CLOSED);
  CHECK_STATUS(sabir_router_resize(pool, 5), SABIR_E_CLOSED);
  CHECK_STATUS(sabir_router_add(left, 1), SABIR_E_CLOSED);
  CHECK_STATUS(sabir_router_remove(left, 1), SABIR_E_CLOSED);
  CHECK_OK(sabir_router_routees(pool, NULL, 0, &number));
  CHECK_NUMBER(number, 0);
  CHECK(message != NULL);
  end_system(&system);
  CHECK_NUMBER(counted(&shared.drops), 1); /* though its handle was not ended */
  CHECK_STATUS(sabir_router_send(pool, &message), SABIR_E_HANDLE);
  CHECK_STATUS(sabir_router_retain(left), SABIR_E_HANDLE);
  sabir_router_destroy(&pool);
  sabir_router_destroy(&left);
  sabir_router_destroy(&stale);
  sabir_message_destroy(&message);
  probe_end(&shared);
}

/* --- several threads --- */

enum { THREADS = 3, ROUNDS = TEST_SANITIZED ? 300 : 3000 };

struct crowd {
  sabir_system *system;
  sabir_router *router; /* a pool */
  sabir_router *ports;  /* to be added to and removed from */
  uint64_t sent, ends;
};

static void *send_and_ask(void *argument) {
  struct crowd *crowd = (struct crowd *)argument;
  int round;
  for (round = 0; round < ROUNDS; ++round) {
    sabir_message *message = make_message(round % 7 == 0 ? PROBE_STOP : PROBE_COUNT, NULL, 0), *reply = NULL;
    sabir_status status = sabir_router_send(crowd->router, &message);
    CHECK(status == SABIR_OK || status == SABIR_E_MAILBOX_FULL || status == SABIR_E_DEAD);
    sabir_message_destroy(&message);
    message = make_message(PROBE_COUNT, NULL, 0);
    status = sabir_router_send_all(crowd->ports, &message, NULL);
    CHECK(status == SABIR_OK || status == SABIR_E_NO_MEMBER || status == SABIR_E_DEAD);
    sabir_message_destroy(&message);
    status = sabir_router_send_bytes(crowd->ports, PROBE_COUNT, NULL, 0);
    CHECK(status == SABIR_OK || status == SABIR_E_NO_MEMBER || status == SABIR_E_DEAD); /* each it met had just ended */
    if (round % 16 == 0) {
      message = make_message(PROBE_ECHO, "abc", 3);
      status = sabir_router_ask(crowd->router, &message, PATIENCE_NS, &reply);
      CHECK(status == SABIR_OK || status == SABIR_E_DEAD || status == SABIR_E_MAILBOX_FULL);
      sabir_message_destroy(&reply);
      sabir_message_destroy(&message);
    }
    count(&crowd->sent);
  }
  return NULL;
}

static void *change_routees(void *argument) {
  struct crowd *crowd = (struct crowd *)argument;
  uint32_t size = 1;
  while (counted(&crowd->ends) == 0) {
    sabir_port *port = open_port(crowd->system, 0);
    CHECK_OK(sabir_router_add(crowd->ports, sabir_port_pid(port)));
    CHECK_OK(sabir_router_resize(crowd->router, 1 + size++ % 5));
    if (size % 2) CHECK_OK(sabir_router_remove(crowd->ports, sabir_port_pid(port)));
    sabir_port_destroy(&port);
    {
      sabir_router *brief = make_router(crowd->system, SABIR_ROUTER_RANDOM, 0);
      sabir_router_destroy(&brief);
    }
  }
  return NULL;
}

static void threads_send_while_routees_change(void) {
  static const uint32_t strategies[] = {SABIR_ROUTER_ROUND_ROBIN, SABIR_ROUTER_HASH, SABIR_ROUTER_LEAST_LOADED, SABIR_ROUTER_BROADCAST};
  size_t strategy;
  for (strategy = 0; strategy < sizeof strategies / sizeof strategies[0]; ++strategy) {
    struct crowd crowd;
    pthread_t threads[THREADS], changer;
    probe shared;
    int index;
    probe_init(&shared);
    crowd.system = make_system(2);
    crowd.sent = crowd.ends = 0;
    crowd.router = make_pool(crowd.system, &shared, strategies[strategy], 4);
    crowd.ports = make_router(crowd.system, SABIR_ROUTER_ROUND_ROBIN, 0);
    changer = start_thread(change_routees, &crowd);
    for (index = 0; index < THREADS; ++index) threads[index] = start_thread(send_and_ask, &crowd);
    for (index = 0; index < THREADS; ++index) join_thread(threads[index]);
    count(&crowd.ends);
    join_thread(changer);
    CHECK_NUMBER(counted(&crowd.sent), THREADS * ROUNDS);
    sabir_router_destroy(&crowd.router);
    sabir_router_destroy(&crowd.ports);
    end_system(&crowd.system); /* checks that nothing has vanished */
    CHECK_NUMBER(counted(&shared.drops), 1);
    CHECK_NUMBER(counted(&shared.starts), counted(&shared.stops));
    probe_end(&shared);
  }
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(round_robin_takes_turns),
      TEST(random_reaches_everybody),
      TEST(least_loaded_spares_the_busy),
      TEST(hash_is_consistent),
      TEST(a_key_leads_to_one_routee),
      TEST(routees_come_and_go),
      TEST(nobody_is_no_member),
      TEST(the_dead_are_passed_over),
      TEST(a_full_one_is_not_passed_over),
      TEST(a_drained_one_is_passed_over),
      TEST(a_pool_makes_its_routees),
      TEST(a_pool_replaces_the_dead),
      TEST(a_pool_is_resized),
      TEST(a_pool_that_cannot_be_made_drops_its_argument),
      TEST(a_broadcast_reaches_all),
      TEST(a_handler_sends_as_itself),
      TEST(an_ask_goes_to_one),
      TEST(the_first_answer_ends_it),
      TEST(a_failure_ends_it_when_all_have_failed),
      TEST(one_answer_is_enough),
      TEST(an_ask_times_out_and_is_cancelled),
      TEST(an_answer_comes_to_a_port),
      TEST(a_completion_runs_once),
      TEST(a_handler_asks_the_others),
      TEST(bad_options_are_refused),
      TEST(bad_arguments_are_refused),
      TEST(a_shutdown_closes_it),
      TEST(threads_send_while_routees_change),
  };
  return RUN_TESTS(tests, argc, argv);
}
