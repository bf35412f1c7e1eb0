/* log.h: what the library says.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

/* What a sink saw. */
struct lines {
  uint64_t lines, drops;
  int32_t level;
  uint32_t struct_size;
  sabir_pid pid;
  char system[32], source[32], actor[32], text[512];
};

static void copy(char *out, size_t size, const char *text) {
  if (!CHECK(text != NULL)) return;
  snprintf(out, size, "%s", text);
}

static void note(uintptr_t argument, const sabir_log_record *record) {
  struct lines *lines = (struct lines *)argument;
  CHECK_NUMBER(counted(&lines->drops), 0);
  lines->struct_size = record->struct_size;
  lines->level = record->level;
  lines->pid = record->pid;
  copy(lines->system, sizeof lines->system, record->system);
  copy(lines->source, sizeof lines->source, record->source);
  copy(lines->actor, sizeof lines->actor, record->actor);
  copy(lines->text, sizeof lines->text, record->text);
  count(&lines->lines);
}

static void drop_lines(uintptr_t argument) { count(&((struct lines *)argument)->drops); }

static void must_not_drop(uintptr_t argument) {
  (void)argument;
  CHECK(!"drop ran after a failed call");
}

/* A system whose log is on: only the tests here may write to stderr, and none does. */
static sabir_system *make_logging_system(struct lines *lines) {
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  sabir_system *system = NULL;
  options.workers = 1;
  options.name = "logging";
  REQUIRE_OK(sabir_system_create(&options, &system, NULL));
  REQUIRE_OK(sabir_log_set_sink(system, note, (uintptr_t)lines, drop_lines));
  return system;
}

static void crash_one(sabir_system *system) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  probe actor;
  sabir_pid pid;
  options.name = "victim";
  probe_init(&actor);
  pid = probe_spawn(system, &actor, &options);
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_CRASH, NULL, 0));
  probe_wait_dropped(&actor);
  CHECK(becomes_dead(system, pid));
  probe_end(&actor);
}

static void a_crash_is_logged(void) {
  struct lines lines;
  sabir_system *system;
  memset(&lines, 0, sizeof lines);
  system = make_logging_system(&lines);
  crash_one(system);
  CHECK(reached(&lines.lines, 1));
  CHECK_NUMBER(lines.struct_size, sizeof(sabir_log_record));
  CHECK(lines.level >= SABIR_LOG_WARNING && lines.level <= SABIR_LOG_ERROR);
  CHECK(lines.pid != 0);
  CHECK_TEXT(lines.system, "logging");
  CHECK_TEXT(lines.actor, "victim");
  CHECK(strlen(lines.source) > 0);
  CHECK_CONTAINS(lines.text, PROBE_CRASH_TEXT);
  CHECK_NUMBER(counted(&lines.drops), 0);
  end_system(&system);
  CHECK_NUMBER(counted(&lines.drops), 1);
}

static void nothing_below_the_level_is_logged(void) {
  struct lines lines;
  sabir_system *system;
  memset(&lines, 0, sizeof lines);
  system = make_logging_system(&lines);
  CHECK_OK(sabir_log_set_level(system, SABIR_LOG_OFF));
  crash_one(system);
  end_system(&system);
  CHECK_NUMBER(counted(&lines.lines), 0);
  CHECK_NUMBER(counted(&lines.drops), 1);
}

static void levels_are_checked(void) {
  sabir_system *system = make_system(1);
  CHECK_STATUS(sabir_log_set_level(system, 0), SABIR_E_INVALID);
  CHECK_STATUS(sabir_log_set_level(system, SABIR_LOG_OFF + 1), SABIR_E_INVALID);
  CHECK_OK(sabir_log_set_level(system, SABIR_LOG_DEBUG));
  CHECK_OK(sabir_log_set_level(system, SABIR_LOG_OFF));
  end_system(&system);
}

static void a_replaced_sink_is_dropped_once(void) {
  struct lines first, second;
  sabir_system *system;
  memset(&first, 0, sizeof first);
  memset(&second, 0, sizeof second);
  system = make_logging_system(&first);
  CHECK_OK(sabir_log_set_sink(system, note, (uintptr_t)&second, drop_lines));
  CHECK_NUMBER(counted(&first.drops), 1);
  crash_one(system);
  CHECK(reached(&second.lines, 1));
  CHECK_NUMBER(counted(&first.lines), 0);
  CHECK_OK(sabir_log_set_level(system, SABIR_LOG_OFF));
  CHECK_OK(sabir_log_set_sink(system, NULL, 0, NULL)); /* stderr again */
  CHECK_NUMBER(counted(&second.drops), 1);
  end_system(&system);
  CHECK_NUMBER(counted(&first.drops), 1);
  CHECK_NUMBER(counted(&second.drops), 1);
}

struct replacing {
  sabir_system *system;
  uint64_t calls;
};

static void replace_inside(uintptr_t argument, const sabir_log_record *record) {
  struct replacing *replacing = (struct replacing *)argument;
  (void)record;
  CHECK_STATUS(sabir_log_set_sink(replacing->system, note, 0, must_not_drop), SABIR_E_WOULD_DEADLOCK);
  count(&replacing->calls);
}

static void a_sink_may_not_replace_itself(void) {
  struct replacing replacing;
  memset(&replacing, 0, sizeof replacing);
  replacing.system = make_system(1);
  CHECK_OK(sabir_log_set_level(replacing.system, SABIR_LOG_WARNING));
  CHECK_OK(sabir_log_set_sink(replacing.system, replace_inside, (uintptr_t)&replacing, NULL));
  crash_one(replacing.system);
  CHECK(reached(&replacing.calls, 1));
  end_system(&replacing.system);
}

static sabir_status receive_ok(sabir_context *context, uintptr_t state, sabir_message **message) {
  (void)context, (void)state, (void)message;
  return SABIR_OK;
}

static void fail_in_stop(sabir_context *context, uintptr_t state, const sabir_exit *exit) {
  (void)state, (void)exit;
  CHECK_OK(sabir_context_fail(context, 3, "the lid is stuck", 16, "screw 3", 7));
}

static void a_failure_in_stop_is_logged(void) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("stuck");
  sabir_behavior *behavior = NULL;
  sabir_system *system;
  sabir_pid pid = 0;
  struct lines lines;
  memset(&lines, 0, sizeof lines);
  system = make_logging_system(&lines);
  callbacks.receive = receive_ok;
  callbacks.stop = fail_in_stop;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  REQUIRE_OK(sabir_spawn(system, behavior, NULL, &pid, NULL));
  CHECK_OK(sabir_send_bytes(system, pid, 1, NULL, 0));
  CHECK_OK(sabir_actor_drain(system, pid));
  CHECK(reached(&lines.lines, 1));
  CHECK_CONTAINS(lines.text, "the lid is stuck\nscrew 3");
  CHECK_NUMBER(lines.pid, pid);
  sabir_behavior_destroy(&behavior);
  end_system(&system);
}

struct exclusive_sink {
  int inside;
  uint64_t calls;
};

static void note_exclusively(uintptr_t argument, const sabir_log_record *record) {
  struct exclusive_sink *sink = (struct exclusive_sink *)argument;
  (void)record;
  CHECK_NUMBER(__atomic_exchange_n(&sink->inside, 1, __ATOMIC_RELAXED), 0);
  sink->calls += 1;
  CHECK_NUMBER(__atomic_exchange_n(&sink->inside, 0, __ATOMIC_RELAXED), 1);
}

static void the_sink_is_called_one_call_at_a_time(void) {
  enum { ACTORS = 100 };
  static probe actors[ACTORS];
  struct exclusive_sink sink = {0, 0};
  sabir_system *system = make_system(4);
  size_t index;
  CHECK_OK(sabir_log_set_level(system, SABIR_LOG_WARNING));
  CHECK_OK(sabir_log_set_sink(system, note_exclusively, (uintptr_t)&sink, NULL));
  for (index = 0; index < ACTORS; ++index) {
    probe_init(&actors[index]);
    CHECK_OK(sabir_send_bytes(system, probe_spawn(system, &actors[index], NULL), PROBE_CRASH, NULL, 0));
  }
  for (index = 0; index < ACTORS; ++index) probe_wait_dropped(&actors[index]);
  end_system(&system);
  CHECK(sink.calls >= ACTORS);
  for (index = 0; index < ACTORS; ++index) probe_end(&actors[index]);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(a_crash_is_logged),
      TEST(nothing_below_the_level_is_logged),
      TEST(levels_are_checked),
      TEST(a_replaced_sink_is_dropped_once),
      TEST(a_sink_may_not_replace_itself),
      TEST(a_failure_in_stop_is_logged),
      TEST(the_sink_is_called_one_call_at_a_time),
  };
  return RUN_TESTS(tests, argc, argv);
}
