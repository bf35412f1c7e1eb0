/* A router pool in C: one address for actors that are alike, which take turns and are replaced; and routing by a key.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <sabir/sabir.h>
#include <stdio.h>
#include <stdlib.h>

#define WORK 1 /* answers how many jobs this worker has done */
#define FAIL 2

static void check(sabir_status status) {
  if (status == SABIR_OK) return;
  fprintf(stderr, "%s: %s\n", sabir_status_name(status), sabir_status_text(status));
  exit(1);
}

static sabir_status worker_start(sabir_context *context, uintptr_t argument, uintptr_t *state) {
  (void)context;
  (void)argument; /* the same for all of a pool */
  *state = (uintptr_t)calloc(1, sizeof(uint64_t));
  return *state != 0 ? SABIR_OK : SABIR_E_NOMEM;
}

static sabir_status worker_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  uint64_t *done = (uint64_t *)state;
  if (sabir_message_type(*message) == FAIL) return 1; /* a crash */
  ++*done;
  return sabir_context_reply_bytes(context, WORK, done, sizeof *done);
}

static void worker_stop(sabir_context *context, uintptr_t state, const sabir_exit *exit) {
  (void)context;
  (void)exit;
  free((void *)state);
}

static sabir_router *make_pool(sabir_system *system, sabir_behavior *worker, uint32_t strategy) {
  sabir_router *pool = NULL;
  sabir_router_options options = SABIR_ROUTER_OPTIONS_INIT;
  options.strategy = strategy;
  options.size = 3;
  options.behavior = worker;
  check(sabir_router_create(system, &options, &pool, NULL));
  return pool;
}

static void print_answer(sabir_status status, sabir_message *reply) {
  if (status == SABIR_OK) {
    printf(" %" PRIu64, *(const uint64_t *)sabir_message_data(reply));
  } else {
    printf(" (%s)", sabir_status_text(status));
  }
  sabir_message_destroy(&reply);
}

/* Asks whose turn it is, so many times. */
static void ask(sabir_router *pool, sabir_type type, int times) {
  for (; times > 0; --times) {
    sabir_message *question = NULL, *reply = NULL;
    sabir_status status;
    check(sabir_message_create(type, 0, &question));
    status = sabir_router_ask(pool, &question, 0, &reply);
    print_answer(status, reply);
    sabir_message_destroy(&question);
  }
}

/* Asks who has the key: always the same one, while the routees are. */
static void ask_key(sabir_system *system, sabir_router *pool, uint64_t key) {
  sabir_pid pid = 0;
  sabir_message *reply = NULL;
  sabir_status status;
  check(sabir_router_pick(pool, key, &pid));
  status = sabir_ask_bytes(system, pid, WORK, NULL, 0, 0, &reply);
  print_answer(status, reply);
}

int main(void) {
  sabir_system *system = NULL;
  sabir_behavior *worker = NULL;
  sabir_router *pool = NULL, *keyed = NULL;
  size_t count = 0;
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("worker");
  callbacks.start = worker_start;
  callbacks.receive = worker_receive;
  callbacks.stop = worker_stop;
  check(sabir_system_create(NULL, &system, NULL));
  check(sabir_log_set_level(system, SABIR_LOG_OFF)); /* else the crash is told on stderr */
  check(sabir_behavior_create(&callbacks, &worker));

  pool = make_pool(system, worker, SABIR_ROUTER_ROUND_ROBIN);
  printf("in turn:");
  ask(pool, WORK, 6);
  printf("\na crash:");
  ask(pool, FAIL, 1);
  printf("\nreplaced:");
  ask(pool, WORK, 6); /* the one that has crashed is noticed when it is its turn, and a new one stands in its place */
  check(sabir_router_resize(pool, 5));
  check(sabir_router_routees(pool, NULL, 0, &count));
  printf("\nlarger: %d\n", (int)count);

  keyed = make_pool(system, worker, SABIR_ROUTER_HASH);
  printf("by key:");
  for (int i = 0; i < 3; ++i) ask_key(system, keyed, 1234);
  printf("\n");

  sabir_router_destroy(&keyed); /* the routees handle what they were sent, and stop */
  sabir_router_destroy(&pool);
  sabir_behavior_destroy(&worker);
  check(sabir_system_destroy(&system));
  return 0;
}
