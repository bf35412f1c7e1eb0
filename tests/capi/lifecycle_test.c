/* Systems created and destroyed thousands of times in one process: no thread stays, and memory stays flat.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <unistd.h>

enum { SYSTEMS = TEST_SANITIZED ? 200 : 2000, WARM_UP = SYSTEMS / 4 };

/* Of sanitizers and the C library, what freed memory they keep counts too: 2,000 systems that each lost 4 KiB would be 8 MiB. */
static const uint64_t GROWTH_MOST_BYTES = 4 << 20;

static uint64_t resident_bytes(void) {
  unsigned long size = 0, resident = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  REQUIRE(file != NULL);
  REQUIRE(fscanf(file, "%lu %lu", &size, &resident) == 2);
  fclose(file);
  return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void live_a_short_life(uint32_t workers, bool with_executor) {
  sabir_system *system = make_system(workers);
  sabir_executor *executor = NULL;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_message *reply = NULL;
  probe actor;
  sabir_pid pid;
  if (with_executor) {
    sabir_executor_options executor_options = SABIR_EXECUTOR_OPTIONS_INIT;
    executor_options.kind = SABIR_EXECUTOR_THREADS;
    REQUIRE_OK(sabir_executor_create(system, &executor_options, &executor, NULL));
    options.executor = executor;
  }
  probe_init(&actor);
  pid = probe_spawn(system, &actor, &options);
  CHECK_OK(sabir_ask_bytes(system, pid, PROBE_ECHO, "abc", 3, PATIENCE_NS, &reply));
  sabir_message_destroy(&reply);
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_KEEP, NULL, 0));
  end_system(&system);
  CHECK_OK(sabir_executor_destroy(&executor));
  CHECK_NUMBER(counted(&actor.drops), 1);
  probe_end(&actor);
}

static void systems_come_and_go_and_leave_nothing(void) {
  size_t threads = 0;
  uint64_t bytes = 0;
  int round;
  for (round = 0; round < SYSTEMS; ++round) {
    if (round == WARM_UP) {
      threads = thread_count();
      bytes = resident_bytes();
    }
    live_a_short_life(1 + (uint32_t)round % 2, round % 8 == 0);
  }
  CHECK(threads_back_to(threads));
  printf("%d systems: %zu threads, %" PRId64 " KiB more resident\n", SYSTEMS - WARM_UP, thread_count(),
         ((int64_t)resident_bytes() - (int64_t)bytes) / 1024);
  if (!TEST_SANITIZED) CHECK(resident_bytes() <= bytes + GROWTH_MOST_BYTES);
}

/* oneTBB's threads may sleep on for other arenas; ours and those of executors must be gone. */
static void no_thread_of_ours_stays(void) {
  const size_t before = thread_count();
  int round;
  for (round = 0; round < 10; ++round) {
    sabir_system *system = make_system(2);
    sabir_executor *executor = NULL;
    sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
    options.kind = SABIR_EXECUTOR_THREADS;
    options.workers = 8;
    REQUIRE_OK(sabir_executor_create(system, &options, &executor, NULL));
    CHECK(thread_count() >= before + 8);
    end_system(&system);
    CHECK_OK(sabir_executor_destroy(&executor));
  }
  CHECK(threads_back_to(before));
}

static void executors_come_and_go_in_one_system(void) {
  sabir_system *system = make_system(1);
  size_t before;
  int round;
  before = thread_count();
  for (round = 0; round < (TEST_SANITIZED ? 100 : 600); ++round) { /* more than fit at once */
    sabir_executor *executor = NULL;
    sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
    options.kind = round % 2 ? SABIR_EXECUTOR_THREADS : SABIR_EXECUTOR_ARENA;
    options.workers = 1;
    REQUIRE_OK(sabir_executor_create(system, &options, &executor, NULL));
    CHECK_OK(sabir_executor_destroy(&executor));
  }
  CHECK(threads_back_to(before));
  end_system(&system);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(systems_come_and_go_and_leave_nothing),
      TEST(no_thread_of_ours_stays),
      TEST(executors_come_and_go_in_one_system),
  };
  return RUN_TESTS(tests, argc, argv);
}
