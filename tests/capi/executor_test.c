/* executor.h: where actors run.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <dirent.h>

static sabir_executor *make_threads(sabir_system *system, uint32_t workers, const char *name) {
  sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_executor *executor = NULL;
  options.kind = SABIR_EXECUTOR_THREADS;
  options.workers = workers;
  options.name = name;
  REQUIRE_OK(sabir_executor_create(system, &options, &executor, NULL));
  REQUIRE(executor != NULL);
  return executor;
}

static sabir_pid spawn_on(sabir_system *system, sabir_executor *executor, probe *actor) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  options.executor = executor;
  return probe_spawn(system, actor, &options);
}

static bool executor_ends(void *argument) { return sabir_executor_destroy((sabir_executor **)argument) == SABIR_OK; }

static void init_writes_the_initializer(void) {
  const sabir_executor_options expected = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_executor_options options;
  unsigned char bytes[sizeof options];
  size_t index;
  memset(&options, 0xff, sizeof options);
  sabir_executor_options_init(&options, sizeof options);
  CHECK(memcmp(&options, &expected, sizeof options) == 0);
  memset(bytes, 0xa5, sizeof bytes);
  sabir_executor_options_init((sabir_executor_options *)(void *)bytes, 8);
  for (index = 8; index < sizeof bytes; ++index) CHECK_NUMBER(bytes[index], 0xa5);
  sabir_executor_options_init(NULL, 8);
}

static void refused(sabir_system *system, const sabir_executor_options *options, sabir_status expected, const char *part) {
  sabir_executor *executor = (sabir_executor *)&executor;
  sabir_error *error = NULL;
  CHECK_STATUS(sabir_executor_create(system, options, &executor, &error), expected);
  CHECK(executor == NULL);
  CHECK_STATUS(sabir_error_status(error), expected);
  CHECK_CONTAINS(sabir_error_message(error), part);
  sabir_error_destroy(&error);
}

static void options_are_checked(void) {
  struct {
    sabir_executor_options known;
    uint64_t later;
  } larger;
  char name[65];
  sabir_system *system = make_system(1);
  sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_executor *executor = NULL;
  options.struct_size = 0;
  refused(system, &options, SABIR_E_OPTION, "struct_size");
  options.struct_size = sizeof options - 8;
  refused(system, &options, SABIR_E_OPTION, "struct_size");
  memset(&larger, 0, sizeof larger);
  larger.known.struct_size = sizeof larger;
  larger.later = 1;
  refused(system, &larger.known, SABIR_E_OPTION, "options");
  sabir_executor_options_init(&options, sizeof options);
  options.kind = SABIR_EXECUTOR_POLLED + 1;
  refused(system, &options, SABIR_E_INVALID, "kind");
  options.kind = SABIR_EXECUTOR_THREADS;
  options.workers = SABIR_WORKERS_MAX + 1;
  refused(system, &options, SABIR_E_INVALID, "workers");
  options.workers = 1;
  memset(name, 'n', sizeof name);
  name[64] = 0;
  options.name = name;
  refused(system, &options, SABIR_E_INVALID, "name");
  name[63] = 0;
  CHECK_OK(sabir_executor_create(system, &options, &executor, NULL));
  CHECK_OK(sabir_executor_destroy(&executor));
  CHECK_STATUS(sabir_executor_create(system, NULL, NULL, NULL), SABIR_E_INVALID);
  end_system(&system);
}

static sabir_status note_thread(sabir_context *context, sabir_message **message, void *argument) {
  (void)context, (void)message;
  *(pthread_t *)argument = pthread_self();
  return SABIR_OK;
}

static void one_worker_pins_its_actors_to_one_thread(void) {
  enum { ACTORS = 10 };
  sabir_system *system = make_system(2);
  sabir_executor *executor = make_threads(system, 1, "pinned");
  probe actors[ACTORS];
  sabir_pid pids[ACTORS];
  pthread_t first, other;
  size_t index, round;
  for (index = 0; index < ACTORS; ++index) {
    probe_init(&actors[index]);
    pids[index] = spawn_on(system, executor, &actors[index]);
  }
  run_inside(system, pids[0], note_thread, &first);
  CHECK(!pthread_equal(first, pthread_self()));
  for (round = 0; round < 20; ++round)
    for (index = 0; index < ACTORS; ++index) {
      run_inside(system, pids[index], note_thread, &other);
      CHECK(pthread_equal(first, other));
    }
  end_system(&system);
  CHECK_OK(sabir_executor_destroy(&executor));
  for (index = 0; index < ACTORS; ++index) probe_end(&actors[index]);
}

static void workers_of_a_threads_executor_block_side_by_side(void) {
  enum { WORKERS = 4 };
  sabir_system *system = make_system(1);
  sabir_executor *executor = make_threads(system, WORKERS, NULL);
  probe actors[WORKERS], other;
  sabir_pid other_pid;
  size_t index;
  for (index = 0; index < WORKERS; ++index) {
    probe_init(&actors[index]);
    CHECK_OK(sabir_send_bytes(system, spawn_on(system, executor, &actors[index]), PROBE_BLOCK, NULL, 0));
  }
  for (index = 0; index < WORKERS; ++index) take(&actors[index].entered); /* all in their handlers now */
  probe_init(&other);
  other_pid = probe_spawn(system, &other, NULL);
  CHECK_OK(sabir_send_bytes(system, other_pid, PROBE_COUNT, NULL, 0));
  CHECK(reached(&other.received, 1)); /* the arena goes on meanwhile */
  for (index = 0; index < WORKERS; ++index) sem_post(&actors[index].gate);
  end_system(&system);
  CHECK_OK(sabir_executor_destroy(&executor));
  for (index = 0; index < WORKERS; ++index) probe_end(&actors[index]);
  probe_end(&other);
}

static void more_arenas_run_actors_too(void) {
  sabir_system *system = make_system(1);
  sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_executor *executor = NULL;
  sabir_message *reply = NULL;
  probe actor;
  sabir_pid pid;
  int round;
  options.workers = 1;
  options.run_batch = 2;
  REQUIRE_OK(sabir_executor_create(system, &options, &executor, NULL));
  probe_init(&actor);
  pid = spawn_on(system, executor, &actor);
  for (round = 0; round < 100; ++round) {
    CHECK_OK(sabir_ask_bytes(system, pid, PROBE_ECHO, NULL, 0, PATIENCE_NS, &reply));
    sabir_message_destroy(&reply);
  }
  CHECK_STATUS(sabir_executor_destroy(&executor), SABIR_E_BUSY);
  CHECK(executor != NULL);
  end_system(&system);
  CHECK_OK(sabir_executor_destroy(&executor));
  CHECK(executor == NULL);
  probe_end(&actor);
}

static void arenas_of_all_priorities_run_their_actors(void) {
  static const uint32_t priorities[] = {SABIR_EXECUTOR_PRIORITY_LOW, SABIR_EXECUTOR_PRIORITY_NORMAL, SABIR_EXECUTOR_PRIORITY_HIGH};
  enum { ARENAS = 3, MESSAGES = 1000, ROUNDS = 3 };
  sabir_system *system = make_system(1);
  int round;
  /* From the second round on they are those of the first, opened again. */
  for (round = 0; round < ROUNDS; ++round) {
    sabir_executor *arenas[ARENAS] = {NULL};
    probe actors[ARENAS];
    sabir_pid pids[ARENAS];
    size_t index, message;
    for (index = 0; index < ARENAS; ++index) {
      sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
      options.workers = 2;
      options.priority = priorities[(index + (size_t)round) % ARENAS];
      REQUIRE_OK(sabir_executor_create(system, &options, &arenas[index], NULL));
      probe_init(&actors[index]);
      pids[index] = spawn_on(system, arenas[index], &actors[index]);
    }
    for (message = 0; message < MESSAGES; ++message)
      for (index = 0; index < ARENAS; ++index) CHECK_OK(sabir_send_bytes(system, pids[index], PROBE_COUNT, NULL, 0));
    for (index = 0; index < ARENAS; ++index) CHECK(reached(&actors[index].received, MESSAGES));
    for (index = 0; index < ARENAS; ++index) {
      CHECK_OK(sabir_actor_stop(system, pids[index]));
      probe_wait_dropped(&actors[index]);
      CHECK(becomes_dead(system, pids[index]));
      CHECK(eventually(executor_ends, &arenas[index]));
      probe_end(&actors[index]);
    }
  }
  end_system(&system);
}

/* oneTBB loads libtbbbind with RTLD_DEEPBIND, at which a sanitizer ends the process: there nothing may make it look. */
static bool places_can_be_looked_at(void) { return !TEST_SANITIZED; }

/* Each node and each type of core that there is, alone and together with the rest. */
static void arenas_run_where_they_are_placed(void) {
  uint32_t nodes, types, node, type, threads;
  sabir_system *system;
  if (!places_can_be_looked_at()) return;
  nodes = sabir_executor_numa_nodes();
  types = sabir_executor_core_types();
  system = make_system(1);
  CHECK(nodes >= 1 && types >= 1);
  CHECK_NUMBER(sabir_executor_numa_nodes(), nodes);
  for (node = 0; node <= nodes; ++node)
    for (type = 0; type <= types; ++type)
      for (threads = 0; threads <= 2; ++threads) {
        sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
        sabir_executor *executor = NULL;
        sabir_message *reply = NULL;
        sabir_error *error = NULL;
        probe actor;
        sabir_pid pid;
        options.numa_node = node;
        options.core_type = type;
        options.threads_per_core = threads;
        options.priority = SABIR_EXECUTOR_PRIORITY_HIGH;
        if (sabir_executor_create(system, &options, &executor, &error) != SABIR_OK)
          fprintf(stderr, "node %u, type %u, threads %u: %s\n", node, type, threads, sabir_error_message(error));
        sabir_error_destroy(&error);
        REQUIRE(executor != NULL);
        probe_init(&actor);
        pid = spawn_on(system, executor, &actor);
        CHECK_OK(sabir_ask_bytes(system, pid, PROBE_ECHO, NULL, 0, PATIENCE_NS, &reply));
        sabir_message_destroy(&reply);
        CHECK_OK(sabir_actor_stop(system, pid));
        probe_wait_dropped(&actor);
        CHECK(becomes_dead(system, pid));
        CHECK(eventually(executor_ends, &executor));
        probe_end(&actor);
      }
  end_system(&system);
}

static void placement_is_checked(void) {
  const uint32_t kinds[] = {SABIR_EXECUTOR_THREADS, SABIR_EXECUTOR_POLLED};
  const sabir_executor_options initial = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_system *system = make_system(1);
  size_t index;
  options.priority = SABIR_EXECUTOR_PRIORITY_HIGH + 1;
  refused(system, &options, SABIR_E_INVALID, "options.priority is 3");
  if (places_can_be_looked_at()) {
    options = initial;
    options.numa_node = sabir_executor_numa_nodes() + 1;
    refused(system, &options, SABIR_E_INVALID, "options.numa_node");
    options = initial;
    options.core_type = UINT32_MAX;
    refused(system, &options, SABIR_E_INVALID, "options.core_type is 4294967295");
  }
  options = initial;
  options.threads_per_core = SABIR_WORKERS_MAX + 1;
  refused(system, &options, SABIR_E_INVALID, "options.threads_per_core");
  for (index = 0; index < sizeof kinds / sizeof kinds[0]; ++index) {
    options = initial;
    options.kind = kinds[index];
    options.priority = SABIR_EXECUTOR_PRIORITY_LOW;
    refused(system, &options, SABIR_E_INVALID, "options.priority is for arenas only");
    options.priority = 0;
    options.numa_node = 1;
    refused(system, &options, SABIR_E_INVALID, "options.numa_node is for arenas only");
    options.numa_node = 0;
    options.core_type = 1;
    refused(system, &options, SABIR_E_INVALID, "options.core_type is for arenas only");
    options.core_type = 0;
    options.threads_per_core = 1;
    refused(system, &options, SABIR_E_INVALID, "options.threads_per_core is for arenas only");
  }
  end_system(&system);
}

struct comm_search {
  const char *name;
  size_t found;
};

static size_t threads_named(const char *name) {
  size_t number = 0;
  DIR *tasks = opendir("/proc/self/task");
  const struct dirent *entry;
  REQUIRE(tasks != NULL);
  for (entry = readdir(tasks); entry != NULL; entry = readdir(tasks)) {
    char path[300], comm[32] = "";
    FILE *file;
    snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
    file = fopen(path, "r");
    if (file == NULL) continue;
    if (fgets(comm, sizeof comm, file) != NULL) {
      comm[strcspn(comm, "\n")] = 0;
      number += strcmp(comm, name) == 0;
    }
    fclose(file);
  }
  closedir(tasks);
  return number;
}

static bool threads_have_the_name(void *argument) {
  const struct comm_search *search = (const struct comm_search *)argument;
  return threads_named(search->name) == search->found;
}

static void threads_carry_the_name(void) {
  struct comm_search search = {"blocking-reader", 3};
  sabir_system *system = make_system(1);
  sabir_executor *executor = make_threads(system, 3, "blocking-readers-of-files");
  CHECK(eventually(threads_have_the_name, &search));
  CHECK_OK(sabir_executor_destroy(&executor));
  search.found = 0;
  CHECK(eventually(threads_have_the_name, &search));
  end_system(&system);
}

static void an_executor_with_actors_is_busy(void) {
  sabir_system *system = make_system(1);
  sabir_executor *executor = make_threads(system, 1, NULL), *other = executor, *gone = executor;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = spawn_on(system, executor, &actor);
  CHECK_OK(sabir_executor_retain(executor));
  CHECK_OK(sabir_executor_destroy(&other)); /* not the last */
  CHECK(other == NULL);
  CHECK_STATUS(sabir_executor_destroy(&executor), SABIR_E_BUSY);
  CHECK(executor == gone);
  CHECK_OK(sabir_actor_stop(system, pid));
  probe_wait_dropped(&actor);
  CHECK(becomes_dead(system, pid));
  {
    const uint64_t end_ns = now_ns() + PATIENCE_NS;
    sabir_status status;
    do {
      status = sabir_executor_destroy(&executor);
    } while (status == SABIR_E_BUSY && now_ns() < end_ns);
    CHECK_OK(status);
  }
  CHECK(executor == NULL);
  CHECK_STATUS(sabir_executor_retain(gone), SABIR_E_HANDLE);
  end_system(&system);
  probe_end(&actor);
}

static sabir_status destroy_inside(sabir_context *context, sabir_message **message, void *argument) {
  sabir_executor **executor = (sabir_executor **)argument, *before = *executor;
  (void)context, (void)message;
  CHECK_STATUS(sabir_executor_destroy(executor), SABIR_E_WOULD_DEADLOCK);
  CHECK(*executor == before);
  return SABIR_OK;
}

static void a_handler_may_not_end_the_last_reference(void) {
  sabir_system *system = make_system(1);
  sabir_executor *executor = make_threads(system, 1, NULL);
  probe actor;
  probe_init(&actor);
  run_inside(system, probe_spawn(system, &actor, NULL), destroy_inside, &executor);
  CHECK_OK(sabir_executor_destroy(&executor));
  end_system(&system);
  probe_end(&actor);
}

static void executors_of_an_ended_system_are_destroyed_quietly(void) {
  sabir_system *system = make_system(1);
  sabir_executor *threads = make_threads(system, 2, NULL), *arena = NULL;
  REQUIRE_OK(sabir_executor_create(system, NULL, &arena, NULL));
  end_system(&system);
  CHECK_OK(sabir_executor_destroy(&threads));
  CHECK_OK(sabir_executor_destroy(&arena));
  CHECK(threads == NULL && arena == NULL);
}

static void a_system_has_255_executors(void) {
  sabir_executor *executors[256] = {NULL};
  sabir_system *system = make_system(1);
  sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
  size_t number = 0, index;
  sabir_status status = SABIR_OK;
  options.workers = 1;
  while (number < 256 && status == SABIR_OK) {
    status = sabir_executor_create(system, &options, &executors[number], NULL);
    if (status == SABIR_OK) ++number;
  }
  CHECK_STATUS(status, SABIR_E_LIMIT);
  CHECK(number == 255 || number == 254); /* the default arena may be one of them */
  CHECK_OK(sabir_executor_destroy(&executors[0]));
  CHECK_OK(sabir_executor_create(system, &options, &executors[0], NULL));
  for (index = 0; index < number; ++index) CHECK_OK(sabir_executor_destroy(&executors[index]));
  end_system(&system);
}

static sabir_status exit_thread(sabir_context *context, sabir_message **message, void *argument) {
  (void)context, (void)message;
  sem_post((sem_t *)argument);
  pthread_exit(NULL);
  return SABIR_OK;
}

/* pthread_exit unwinds out of a handler: that actor crashes, its thread is replaced, all others live on. */
static void a_handler_that_exits_its_thread_crashes_its_actor_only(void) {
  enum { ROUNDS = 5 };
  sabir_system *system = make_system(1);
  sabir_executor *executor = make_threads(system, 1, "exiting");
  probe exiting[ROUNDS], other;
  sabir_pid other_pid;
  sabir_message *reply = NULL;
  sem_t entered;
  int round;
  sem_init(&entered, 0, 0);
  probe_init(&other);
  other_pid = spawn_on(system, executor, &other);
  for (round = 0; round < ROUNDS; ++round) {
    sabir_pid pid;
    sabir_message *message = inside_message(exit_thread, &entered);
    probe_init(&exiting[round]);
    pid = spawn_on(system, executor, &exiting[round]);
    CHECK_STATUS(sabir_ask(system, pid, &message, SABIR_FOREVER, &reply), SABIR_E_CRASHED);
    sabir_message_destroy(&reply);
    take(&entered);
    take(&exiting[round].stopped);
    CHECK_NUMBER((uint32_t)exiting[round].exit_reason, SABIR_EXIT_CRASHED);
    probe_wait_dropped(&exiting[round]);
    CHECK(becomes_dead(system, pid));
    CHECK_OK(sabir_ask_bytes(system, other_pid, PROBE_ECHO, NULL, 0, PATIENCE_NS, &reply));
    sabir_message_destroy(&reply);
  }
  CHECK_NUMBER(counters_of(system).crashed, ROUNDS);
  end_system(&system);
  CHECK_OK(sabir_executor_destroy(&executor));
  for (round = 0; round < ROUNDS; ++round) probe_end(&exiting[round]);
  probe_end(&other);
  sem_destroy(&entered);
}

static void an_executor_is_closed_with_its_system(void) {
  sabir_system *system = make_system(1), *other = system;
  sabir_executor *executor = NULL;
  CHECK_OK(sabir_system_retain(system));
  CHECK_OK(sabir_system_destroy(&system));
  CHECK_STATUS(sabir_executor_create(other, NULL, &executor, NULL), SABIR_E_CLOSED);
  CHECK(executor == NULL);
  sabir_system_release(&other);
}

/* Nobody runs on it, but somebody may yet. */
static void check_is_named(sabir_executor **executor) {
  CHECK_STATUS(sabir_executor_destroy(executor), SABIR_E_BUSY);
  REQUIRE(*executor != NULL);
}

static void an_executor_that_a_template_or_request_names_is_busy(void) {
  sabir_system *system = make_system(1);
  sabir_executor *executor = make_threads(system, 1, NULL);
  sabir_behavior *behavior = probe_behavior();
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT, pool = SABIR_CHILD_SPEC_INIT;
  sabir_supervisor_options options = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_message *request = NULL;
  spawn.executor = executor;
  spec.spawn = &spawn;
  options.strategy = SABIR_SIMPLE_ONE_FOR_ONE;
  options.child_behavior = behavior;
  options.child = &spec;
  pool.supervisor = &options;
  REQUIRE_OK(sabir_supervise(system, 0, "pool", NULL, &pool, NULL, NULL));
  check_is_named(&executor);
  CHECK_OK(sabir_child_do(system, 0, SABIR_CHILD_STOP, "pool", 0, NULL));
  check_is_named(&executor);
  CHECK_OK(sabir_child_do(system, 0, SABIR_CHILD_DELETE, "pool", 0, NULL));
  CHECK(eventually(executor_ends, &executor));

  executor = make_threads(system, 1, NULL);
  spawn.executor = executor;
  REQUIRE_OK(sabir_request_supervise(system, "asked for", behavior, &spec, &request, NULL));
  check_is_named(&executor);
  sabir_message_destroy(&request);
  CHECK_OK(sabir_executor_destroy(&executor));
  sabir_behavior_destroy(&behavior);
  end_system(&system);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(init_writes_the_initializer),
      TEST(options_are_checked),
      TEST(one_worker_pins_its_actors_to_one_thread),
      TEST(workers_of_a_threads_executor_block_side_by_side),
      TEST(more_arenas_run_actors_too),
      TEST(arenas_of_all_priorities_run_their_actors),
      TEST(arenas_run_where_they_are_placed),
      TEST(placement_is_checked),
      TEST(threads_carry_the_name),
      TEST(an_executor_with_actors_is_busy),
      TEST(a_handler_may_not_end_the_last_reference),
      TEST(executors_of_an_ended_system_are_destroyed_quietly),
      TEST(a_system_has_255_executors),
      TEST(a_handler_that_exits_its_thread_crashes_its_actor_only),
      TEST(an_executor_is_closed_with_its_system),
      TEST(an_executor_that_a_template_or_request_names_is_busy),
  };
  return RUN_TESTS(tests, argc, argv);
}
