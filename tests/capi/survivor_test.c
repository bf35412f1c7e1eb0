/* system.h: handlers that have not returned when a shutdown's deadline passes. They are let go at the very end of the program, and
 * what they use is leaked by the library, as it says.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "delivery_support.h"

/* An actor that is stuck in its handler; static, as its thread lives on to the end of the program. */
struct stuck {
  probe actor;
  sabir_system *system;
  sabir_pid pid;
  uint64_t entered_ns;
};

enum { STUCK = 4 };
static struct stuck all_stuck[STUCK];
static size_t stuck_count;

static const uint64_t deadline_ns = 200 * MILLISECOND_NS;

/* The library takes no time per message: it sees that a handler runs when its watchdog looks. */
#define SAMPLING_NS (20 * MILLISECOND_NS)

static struct stuck *make_stuck(bool on_threads) {
  struct stuck *stuck = &all_stuck[stuck_count++];
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_executor_options executor_options = SABIR_EXECUTOR_OPTIONS_INIT;
  probe_init(&stuck->actor);
  stuck->system = make_system(2);
  options.name = "stuck actor";
  if (on_threads) {
    executor_options.kind = SABIR_EXECUTOR_THREADS;
    REQUIRE_OK(sabir_executor_create(stuck->system, &executor_options, &options.executor, NULL));
  }
  stuck->pid = probe_spawn(stuck->system, &stuck->actor, &options);
  if (on_threads) CHECK_STATUS(sabir_executor_destroy(&options.executor), SABIR_E_BUSY);
  REQUIRE_OK(sabir_send_bytes(stuck->system, stuck->pid, PROBE_BLOCK, NULL, 0));
  take(&stuck->actor.entered);
  stuck->entered_ns = now_ns();
  return stuck;
}

static void check_report(const struct stuck *stuck, const sabir_report *report) {
  sabir_survivor survivor = SABIR_SURVIVOR_INIT;
  REQUIRE(report != NULL);
  CHECK_NUMBER(sabir_report_survivor_count(report), 1);
  survivor.struct_size = 4;
  CHECK_STATUS(sabir_report_survivor(report, 0, &survivor), SABIR_E_OPTION);
  survivor.struct_size = sizeof survivor;
  CHECK_OK(sabir_report_survivor(report, 0, &survivor));
  CHECK_NUMBER(survivor.pid, stuck->pid);
  CHECK_TEXT(survivor.name, "stuck actor");
  CHECK_TEXT(survivor.behavior, "probe");
  CHECK_NUMBER(survivor.message_type, PROBE_BLOCK);
  CHECK(survivor.handler_ns + SAMPLING_NS >= deadline_ns);
  CHECK(survivor.handler_ns <= now_ns() - stuck->entered_ns + SECOND_NS);
  CHECK_STATUS(sabir_report_survivor(report, 1, &survivor), SABIR_E_INVALID);
}

static void a_stuck_handler_survives(bool on_threads) {
  struct stuck *stuck = make_stuck(on_threads);
  sabir_report *report = NULL;
  probe other;
  const uint64_t begin_ns = now_ns();
  sabir_pid other_pid;
  probe_init(&other);
  other_pid = probe_spawn(stuck->system, &other, NULL);
  CHECK_OK(sabir_send_bytes(stuck->system, other_pid, PROBE_COUNT, NULL, 0));
  CHECK(reached(&other.received, 1));
  CHECK_STATUS(sabir_system_shutdown(stuck->system, deadline_ns, &report), SABIR_E_SURVIVORS);
  CHECK(now_ns() - begin_ns >= deadline_ns);
  CHECK(now_ns() - begin_ns <= deadline_ns + SECOND_NS + (TEST_SANITIZED ? SECOND_NS : 0));
  check_report(stuck, report);
  sabir_report_destroy(&report);
  probe_wait_dropped(&other); /* the others are ended all the same */
  probe_end(&other);
  CHECK_NUMBER(counted(&stuck->actor.stops), 0);
  CHECK_STATUS(sabir_system_shutdown(stuck->system, deadline_ns, NULL), SABIR_E_SURVIVORS);
  CHECK_STATUS(sabir_send_bytes(stuck->system, stuck->pid, PROBE_COUNT, NULL, 0), SABIR_E_CLOSED);
  CHECK_STATUS(sabir_system_destroy(&stuck->system), SABIR_E_SURVIVORS);
  CHECK(stuck->system == NULL);
}

static void a_handler_stuck_on_the_arena_survives(void) { a_stuck_handler_survives(false); }
static void a_handler_stuck_on_a_thread_survives(void) { a_stuck_handler_survives(true); }

static sem_t done;
static void note_report(uintptr_t argument, sabir_status status, sabir_report *report) {
  CHECK_STATUS(status, SABIR_E_SURVIVORS);
  check_report((const struct stuck *)argument, report);
  sabir_report_destroy(&report);
  sem_post(&done);
}

static void a_begun_shutdown_reports_survivors_too(void) {
  struct stuck *stuck = make_stuck(false);
  sem_init(&done, 0, 0);
  CHECK_OK(sabir_system_shutdown_begin(stuck->system, deadline_ns, note_report, (uintptr_t)stuck));
  take(&done);
  CHECK_STATUS(sabir_system_destroy(&stuck->system), SABIR_E_SURVIVORS);
  sem_destroy(&done);
}

static void destroy_tells_of_survivors(void) {
  struct stuck *stuck = make_stuck(false);
  CHECK_STATUS(sabir_system_shutdown(stuck->system, MILLISECOND_NS, NULL), SABIR_E_SURVIVORS);
  CHECK_STATUS(sabir_system_destroy(&stuck->system), SABIR_E_SURVIVORS);
}

/* It is leaked with its system, so it is not the stack's. */
static struct host abandoned;

static void a_delivery_that_its_host_does_not_complete_survives(void) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_survivor survivor = SABIR_SURVIVOR_INIT;
  sabir_report *report = NULL;
  sabir_pid pid = 0;
  sabir_status status;
  host_begin(&abandoned, SABIR_WANTS_NONE, 0, 0);
  options.executor = abandoned.executor;
  options.name = "bob";
  REQUIRE_OK(sabir_spawn(abandoned.system, abandoned.behavior, &options, &pid, NULL));
  send_number(&abandoned, pid, 1);
  (void)host_poll_one(&abandoned, SABIR_DELIVERY_MESSAGE);
  CHECK_OK(sabir_system_shutdown_begin(abandoned.system, deadline_ns, NULL, 0));
  while ((status = host_poll_most(&abandoned, MOST, PATIENCE_NS)) == SABIR_OK) {
  }
  CHECK_STATUS(status, SABIR_E_CLOSED);
  CHECK_STATUS(sabir_system_shutdown(abandoned.system, 0, &report), SABIR_E_SURVIVORS);
  CHECK_NUMBER(sabir_report_survivor_count(report), 1);
  CHECK_OK(sabir_report_survivor(report, 0, &survivor));
  CHECK_NUMBER(survivor.pid, pid);
  CHECK_TEXT(survivor.name, "bob");
  CHECK_TEXT(survivor.behavior, "delivered");
  CHECK_NUMBER(survivor.message_type, ADD);
  sabir_report_destroy(&report);
}

static struct host finalized;

static void the_actors_of_a_disowned_executor_survive(void) {
  sabir_survivor survivor = SABIR_SURVIVOR_INIT;
  sabir_message *message = NULL;
  sabir_report *report = NULL;
  sabir_pid pid, child, other;
  probe actor;
  static char bytes[8];
  uint64_t began_ns;
  host_begin(&finalized, 0, 0, 0);
  probe_init(&actor);
  other = probe_spawn(finalized.system, &actor, NULL);
  pid = host_start(&finalized, 0);
  child = host_supervise(&finalized, 0, 0);
  send_number(&finalized, pid, 1);
  (void)host_poll_one(&finalized, SABIR_DELIVERY_MESSAGE);
  CHECK_OK(sabir_message_wrap_at(PROBE_COUNT, bytes, sizeof bytes, finalized.executor, 1, &message));
  CHECK_OK(sabir_executor_disown(finalized.executor));
  CHECK_STATUS(host_poll_most(&finalized, MOST, PATIENCE_NS), SABIR_E_CLOSED);
  CHECK_STATUS(sabir_executor_run(finalized.executor, PATIENCE_NS, 0), SABIR_E_CLOSED);
  CHECK_OK(sabir_send(finalized.system, other, &message)); /* its release has nowhere to go */
  send_number(&finalized, pid, 2);
  CHECK(reached(&actor.received, 1));
  sabir_port_destroy(&finalized.port);
  began_ns = now_ns();
  CHECK_STATUS(sabir_system_shutdown(finalized.system, PATIENCE_NS, &report), SABIR_E_SURVIVORS);
  CHECK(now_ns() - began_ns < PATIENCE_NS / 2); /* nobody waits for them, and no supervisor does */
  CHECK_NUMBER(sabir_report_survivor_count(report), 2);
  CHECK_OK(sabir_report_survivor(report, 0, &survivor));
  CHECK(survivor.pid == pid || survivor.pid == child);
  CHECK_TEXT(survivor.behavior, "delivered");
  sabir_report_destroy(&report);
  CHECK_NUMBER(actor.drops, 1);
  probe_end(&actor);
}

static void an_executor_without_actors_may_be_disowned_and_destroyed(void) {
  sabir_message *message = NULL;
  static char bytes[8];
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_error *error = NULL;
  sabir_pid pid = 7;
  struct host host;
  host_begin(&host, 0, 0, 0);
  CHECK_OK(sabir_message_wrap_at(PROBE_COUNT, bytes, sizeof bytes, host.executor, 1, &message));
  CHECK_OK(sabir_executor_disown(host.executor));
  options.executor = host.executor;
  spec.spawn = &options;
  CHECK_STATUS(sabir_spawn(host.system, host.behavior, &options, &pid, &error), SABIR_E_CLOSED);
  CHECK_NUMBER(pid, 0);
  CHECK(error != NULL && strstr(sabir_error_message(error), "disowned") != NULL);
  sabir_error_destroy(&error);
  CHECK_STATUS(sabir_supervise(host.system, 0, "child", host.behavior, &spec, &pid, NULL), SABIR_E_CLOSED);
  CHECK_OK(sabir_executor_destroy(&host.executor));
  sabir_message_destroy(&message);
  CHECK_STATUS(sabir_executor_disown(NULL), SABIR_E_INVALID);
  host.executor = make_polled(host.system, 1);
  (void)host_start(&host, 0);
  host_end(&host);
}

/* After it the handlers return into what was left for them, and the process ends in peace. */
static void the_stuck_are_let_go(void) {
  size_t index;
  for (index = 0; index < stuck_count; ++index) sem_post(&all_stuck[index].actor.gate);
  for (index = 0; index < stuck_count; ++index) CHECK(reached(&all_stuck[index].actor.received, 1));
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(a_handler_stuck_on_the_arena_survives),
      TEST(a_handler_stuck_on_a_thread_survives),
      TEST(a_begun_shutdown_reports_survivors_too),
      TEST(destroy_tells_of_survivors),
      TEST(a_delivery_that_its_host_does_not_complete_survives),
      TEST(the_actors_of_a_disowned_executor_survive),
      TEST(an_executor_without_actors_may_be_disowned_and_destroyed),
      TEST(the_stuck_are_let_go),
  };
  return RUN_TESTS(tests, argc, argv);
}
