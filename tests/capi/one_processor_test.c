/* A process that may use one processor only: systems come, work and go there as anywhere.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "support.h"

#include <sched.h>

static void ask_once(sabir_system *system, const sabir_spawn_options *options) {
  sabir_message *reply = NULL;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, options);
  CHECK_OK(sabir_ask_bytes(system, pid, PROBE_ECHO, "hello", 5, PATIENCE_NS, &reply));
  sabir_message_destroy(&reply);
  CHECK_OK(sabir_actor_stop(system, pid));
  probe_wait_dropped(&actor);
  probe_end(&actor);
}

static void systems_come_and_go(void) {
  uint32_t workers;
  for (workers = 0; workers < 4; ++workers) { /* 0: one for each processor */
    sabir_system *system = make_system(workers);
    ask_once(system, NULL);
    end_system(&system);
  }
}

static void a_system_that_is_not_used_goes(void) {
  sabir_system *system = make_system(2);
  end_system(&system);
}

static void systems_come_and_go_beside_others(void) {
  sabir_system *stays = make_system(1);
  int round;
  ask_once(stays, NULL);
  for (round = 0; round < 3; ++round) {
    sabir_system *system = make_system(2);
    ask_once(system, NULL);
    end_system(&system);
    ask_once(stays, NULL);
  }
  end_system(&stays);
}

static bool executor_ends(void *argument) { return sabir_executor_destroy((sabir_executor **)argument) == SABIR_OK; }

static void executors_come_and_go(void) {
  static const uint32_t kinds[] = {SABIR_EXECUTOR_ARENA, SABIR_EXECUTOR_THREADS};
  sabir_system *system = make_system(1);
  size_t index;
  for (index = 0; index < 4; ++index) {
    sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
    sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
    sabir_executor *executor = NULL;
    options.kind = kinds[index % 2];
    options.workers = 2;
    REQUIRE_OK(sabir_executor_create(system, &options, &executor, NULL));
    spawn.executor = executor;
    ask_once(system, &spawn);
    ask_once(system, NULL);
    if (index < 2) CHECK(eventually(executor_ends, &executor)); /* else it ends with its system */
  }
  end_system(&system);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(systems_come_and_go),
      TEST(a_system_that_is_not_used_goes),
      TEST(systems_come_and_go_beside_others),
      TEST(executors_come_and_go),
  };
  /* Before the first call, which looks how many there are. */
  cpu_set_t all, one;
  int index = 0;
  REQUIRE(sched_getaffinity(0, sizeof all, &all) == 0);
  while (index < CPU_SETSIZE && !CPU_ISSET(index, &all)) ++index;
  CPU_ZERO(&one);
  CPU_SET(index, &one);
  REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  return RUN_TESTS(tests, argc, argv);
}
