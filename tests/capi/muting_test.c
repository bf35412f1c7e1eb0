/* mailbox.h: muting never deadlocks, whatever sends to whom: random graphs of actors with small mailboxes that block, flooded from within.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

enum { NODES_MOST = 12, EDGES_MOST = 4, GRAPHS = TEST_SANITIZED ? 40 : 200 };

static uint64_t next_random(uint64_t *state) { /* xorshift64 */
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

struct node {
  sabir_pid to[EDGES_MOST];
  uint32_t edges, copies;
  uint64_t random;
};

/* Sends several copies on, to random neighbors, until the message has come so far. */
static sabir_status spread(sabir_context *context, uintptr_t state, sabir_message **message) {
  struct node *node = (struct node *)state;
  uint32_t left, copy;
  memcpy(&left, sabir_message_data(*message), sizeof left);
  if (left == 0) return SABIR_OK;
  --left;
  for (copy = 0; copy < node->copies; ++copy) {
    const sabir_pid to = node->to[next_random(&node->random) % node->edges];
    const sabir_status status = sabir_context_send_bytes(context, to, 1, &left, sizeof left);
    CHECK(status == SABIR_OK || status == SABIR_E_MAILBOX_FULL); /* past twice the capacity */
  }
  return SABIR_OK;
}

static bool at_rest(void *argument) {
  const sabir_counters counters = counters_of((sabir_system *)argument);
  return counters.handled == counters.sent;
}

/* A graph from a seed: a pipeline and some cycles, or anything. */
static void a_graph_comes_to_rest(uint64_t seed) {
  struct node nodes[NODES_MOST];
  sabir_pid pids[NODES_MOST];
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("node");
  sabir_behavior *behavior = NULL;
  uint64_t random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
  const uint32_t count = 2 + (uint32_t)(next_random(&random) % (NODES_MOST - 1));
  const bool pipeline = next_random(&random) % 2 == 0;
  sabir_system *system = make_system(1 + (uint32_t)(next_random(&random) % 2));
  uint32_t index, edge, round;
  callbacks.receive = spread;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  for (index = 0; index < count; ++index) {
    sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
    sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
    mailbox.capacity = 1 + (uint32_t)(next_random(&random) % 8);
    mailbox.low_watermark = mailbox.capacity > 1 ? (uint32_t)(next_random(&random) % mailbox.capacity) : 0;
    mailbox.overflow = SABIR_OVERFLOW_BLOCK;
    mailbox.capacity_bytes = next_random(&random) % 3 == 0 ? 68 * (1 + next_random(&random) % 8) : 0;
    mailbox.priorities = next_random(&random) % 4 == 0;
    options.mailbox = &mailbox;
    options.argument = (uintptr_t)&nodes[index];
    nodes[index].random = next_random(&random) | 1;
    nodes[index].copies = 1 + (uint32_t)(next_random(&random) % 3);
    nodes[index].edges = 0;
    REQUIRE_OK(sabir_spawn(system, behavior, &options, &pids[index], NULL));
  }
  for (index = 0; index < count; ++index) {
    const uint32_t edges = 1 + (uint32_t)(next_random(&random) % EDGES_MOST);
    for (edge = 0; edge < edges; ++edge) {
      const uint32_t to = pipeline && edge == 0 ? (index + 1) % count : (uint32_t)(next_random(&random) % count); /* itself, too */
      nodes[index].to[nodes[index].edges++] = pids[to];
    }
  }
  for (round = 0; round < 20; ++round) {
    const uint32_t left = 6;
    CHECK_OK(sabir_send_bytes(system, pids[next_random(&random) % count], 1, &left, sizeof left));
  }
  if (!CHECK(eventually(at_rest, system))) fprintf(stderr, "seed %" PRIu64 "\n", seed);
  sabir_behavior_destroy(&behavior);
  end_system(&system);
}

static void random_graphs_come_to_rest(void) {
  uint64_t seed;
  for (seed = 1; seed <= GRAPHS; ++seed) a_graph_comes_to_rest(seed);
}

/* A stage of a pipeline: hands on what it gets, the last one slowly. */
struct stage {
  sabir_pid next; /* 0: the last one */
  uint64_t handled, refused, work_ns;
};

static sabir_status hand_on(sabir_context *context, uintptr_t state, sabir_message **message) {
  struct stage *stage = (struct stage *)state;
  const uint64_t until_ns = now_ns() + stage->work_ns;
  while (stage->work_ns > 0 && now_ns() < until_ns) continue;
  count(&stage->handled);
  if (stage->next == 0) return SABIR_OK;
  if (sabir_context_send(context, stage->next, message) != SABIR_OK) count(&stage->refused);
  return SABIR_OK;
}

static sabir_pid spawn_stage(sabir_system *system, sabir_executor *executor, struct stage *stage, sabir_pid next, uint64_t work_ns) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("stage");
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_behavior *behavior = NULL;
  sabir_pid pid = 0;
  memset(stage, 0, sizeof *stage);
  stage->next = next;
  stage->work_ns = work_ns;
  callbacks.receive = hand_on;
  mailbox.capacity = 8;
  mailbox.overflow = SABIR_OVERFLOW_BLOCK;
  options.mailbox = &mailbox;
  options.executor = executor;
  options.argument = (uintptr_t)stage;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  REQUIRE_OK(sabir_spawn(system, behavior, &options, &pid, NULL));
  sabir_behavior_destroy(&behavior);
  return pid;
}

struct burst {
  sabir_pid first;
  uint64_t left;
};

static sabir_status send_in_bursts(sabir_context *context, uintptr_t state, sabir_message **message) {
  struct burst *burst = (struct burst *)state;
  uint64_t i;
  for (i = 0; i < 4 && burst->left > 0; ++i, --burst->left) CHECK_OK(sabir_context_send_bytes(context, burst->first, 1, NULL, 0));
  return burst->left > 0 ? sabir_context_send(context, sabir_context_self(context), message) : SABIR_OK;
}

static bool stage_is_done(void *argument) { return counted(&((struct stage *)argument)->handled) == 600; }

/* Three stages with small mailboxes, fed by a thread and by an actor: the slow last one holds up all before it, and nothing is refused. */
static void back_pressure_passes_through_a_pipeline(void) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("feeder");
  sabir_behavior *behavior = NULL;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  struct stage stages[3];
  sabir_system *system = make_system(2);
  struct burst burst = {0, 300};
  sabir_pid pid = 0;
  int i;
  for (i = 2; i >= 0; --i) pid = spawn_stage(system, NULL, &stages[i], pid, i == 2 ? 20000 : 0);
  burst.first = pid;
  callbacks.receive = send_in_bursts;
  options.argument = (uintptr_t)&burst;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  REQUIRE_OK(sabir_spawn(system, behavior, &options, &pid, NULL));
  CHECK_OK(sabir_send_bytes(system, pid, 1, NULL, 0));
  for (i = 0; i < 300; ++i) CHECK_OK(sabir_send_bytes(system, burst.first, 1, NULL, 0));
  CHECK(eventually(stage_is_done, &stages[2]));
  for (i = 0; i < 3; ++i) CHECK_NUMBER(counted(&stages[i].refused), 0);
  sabir_behavior_destroy(&behavior);
  end_system(&system);
}

/* A thread that waits for an actor that is muted for one that the thread runs itself, or for a port that it reads: it goes past the bound,
 * and is refused then, but does not wait for ever. */
static void a_thread_does_not_wait_for_itself(void) {
  struct stage stages[2];
  sabir_system *system = make_system(1);
  sabir_executor_options executor_options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_executor *executor = NULL;
  sabir_message *message = NULL;
  sabir_port *port = NULL;
  sabir_pid first;
  int i, sent = 0;
  executor_options.kind = SABIR_EXECUTOR_POLLED;
  REQUIRE_OK(sabir_executor_create(system, &executor_options, &executor, NULL));
  first = spawn_stage(system, executor, &stages[1], 0, 0);
  CHECK_OK(sabir_executor_run(executor, PATIENCE_NS, 0));
  first = spawn_stage(system, NULL, &stages[0], first, 0);
  while (sent < 1000 && sabir_send_bytes(system, first, 1, NULL, 0) == SABIR_OK) ++sent;
  CHECK(sent >= 16 && sent < 100);
  while (counted(&stages[1].handled) < (uint64_t)sent - counted(&stages[0].refused)) CHECK_OK(sabir_executor_run(executor, PATIENCE_NS, 0));

  mailbox.capacity = 8;
  mailbox.overflow = SABIR_OVERFLOW_BLOCK;
  REQUIRE_OK(sabir_port_create(system, &mailbox, &port, NULL));
  CHECK_STATUS(sabir_port_receive(port, 0, &message), SABIR_E_TIMEOUT);
  first = spawn_stage(system, NULL, &stages[0], sabir_port_pid(port), 0);
  for (sent = 0; sent < 1000 && sabir_send_bytes(system, first, 1, NULL, 0) == SABIR_OK;) ++sent;
  CHECK(sent >= 16 && sent < 100);
  for (i = 0; (uint64_t)i + counted(&stages[0].refused) < (uint64_t)sent; ++i) {
    if (!CHECK_OK(sabir_port_receive(port, PATIENCE_NS, &message))) break;
    sabir_message_destroy(&message);
  }
  sabir_port_destroy(&port);
  CHECK_OK(sabir_system_shutdown_begin(system, PATIENCE_NS, NULL, 0));
  while (sabir_executor_run(executor, PATIENCE_NS, 0) != SABIR_E_CLOSED) continue;
  end_system(&system);
  CHECK_OK(sabir_executor_destroy(&executor));
}

/* A producer that is far faster than its consumer: what waits stays within the budget, whatever the mailbox does when it is full. */
struct flood {
  sabir_system *system;
  sabir_pid pid;
  uint64_t over, refused;
};

static void *send_flood(void *argument) {
  static const char payload[1000];
  struct flood *flood = (struct flood *)argument;
  while (counted(&flood->over) == 0) {
    const sabir_status status = sabir_send_bytes(flood->system, flood->pid, 1, payload, sizeof payload);
    if (status == SABIR_E_CLOSED) break;
    CHECK(status == SABIR_OK || status == SABIR_E_MAILBOX_FULL);
    if (status == SABIR_E_MAILBOX_FULL) count(&flood->refused);
  }
  return NULL;
}

static sabir_status handle_slowly(sabir_context *context, uintptr_t state, sabir_message **message) {
  const uint64_t until_ns = now_ns() + 50000;
  (void)context, (void)message;
  while (now_ns() < until_ns) continue;
  count((uint64_t *)state);
  return SABIR_OK;
}

static void memory_stays_within_the_budget(uint32_t overflow) {
  enum { BUDGET = 256 * 1024, SLACK = 512 * 1024, HANDLED = 2000 };
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("slow");
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_behavior *behavior = NULL;
  struct flood flood = {make_system(1), 0, 0, 0};
  const uint64_t before = counters_of(flood.system).message_bytes;
  uint64_t handled = 0, most = 0;
  pthread_t thread;
  callbacks.receive = handle_slowly;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  mailbox.overflow = overflow;
  mailbox.capacity = SABIR_UNBOUNDED;
  mailbox.capacity_bytes = BUDGET;
  options.mailbox = &mailbox;
  options.argument = (uintptr_t)&handled;
  REQUIRE_OK(sabir_spawn(flood.system, behavior, &options, &flood.pid, NULL));
  thread = start_thread(send_flood, &flood);
  while (counted(&handled) < HANDLED) {
    const uint64_t began_ns = now_ns(), now = counters_of(flood.system).message_bytes;
    /* A sum over threads: where this one was interrupted in it, the others' numbers are of different times. */
    if (now_ns() - began_ns > 100000) continue;
    if (now > before && now - before > most) most = now - before;
  }
  count(&flood.over);
  join_thread(thread);
  CHECK(most <= 2 * BUDGET + SLACK); /* twice at most, and what the threads' slabs hold */
  CHECK(most > 0);
  if (overflow == SABIR_OVERFLOW_REJECT) CHECK(counted(&flood.refused) > 0);
  if (overflow == SABIR_OVERFLOW_DROP_NEWEST || overflow == SABIR_OVERFLOW_DROP_OLDEST)
    CHECK(dead_letters(flood.system, SABIR_CAUSE_OVERFLOW) > 0);
  sabir_behavior_destroy(&behavior);
  end_system(&flood.system);
}

static void a_flood_stays_within_the_budget(void) {
  memory_stays_within_the_budget(SABIR_OVERFLOW_REJECT);
  memory_stays_within_the_budget(SABIR_OVERFLOW_BLOCK);
  memory_stays_within_the_budget(SABIR_OVERFLOW_DROP_NEWEST);
  memory_stays_within_the_budget(SABIR_OVERFLOW_DROP_OLDEST);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(random_graphs_come_to_rest),
      TEST(back_pressure_passes_through_a_pipeline),
      TEST(a_thread_does_not_wait_for_itself),
      TEST(a_flood_stays_within_the_budget),
  };
  return RUN_TESTS(tests, argc, argv);
}
