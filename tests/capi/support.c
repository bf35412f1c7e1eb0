/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

bool eventually(bool (*condition)(void *argument), void *argument) {
  const uint64_t end_ns = now_ns() + PATIENCE_NS;
  const struct timespec pause = {0, 200000};
  while (!condition(argument)) {
    if (now_ns() > end_ns) return false;
    nanosleep(&pause, NULL);
  }
  return true;
}

struct threshold {
  const uint64_t *counter;
  uint64_t value;
};

static bool threshold_reached(void *argument) {
  const struct threshold *self = (const struct threshold *)argument;
  return counted(self->counter) >= self->value;
}

bool reached(const uint64_t *counter, uint64_t value) {
  struct threshold threshold;
  threshold.counter = counter;
  threshold.value = value;
  return eventually(threshold_reached, &threshold);
}

void take(sem_t *semaphore) {
  struct timespec end;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += (time_t)(PATIENCE_NS / SECOND_NS);
  while (sem_timedwait(semaphore, &end) != 0) REQUIRE(errno == EINTR);
}

sabir_system *make_system_with(const sabir_system_options *options) {
  sabir_system *system = NULL;
  REQUIRE_OK(sabir_system_create(options, &system, NULL));
  REQUIRE(system != NULL);
  REQUIRE_OK(sabir_log_set_level(system, SABIR_LOG_OFF));
  return system;
}

sabir_system *make_system(uint32_t workers) {
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  options.workers = workers;
  return make_system_with(&options);
}

sabir_counters counters_of(sabir_system *system) {
  sabir_counters counters = SABIR_COUNTERS_INIT;
  CHECK_OK(sabir_system_counters(system, &counters));
  return counters;
}

void check_conserved(sabir_system *system, const char *file, int line) {
  const sabir_counters counters = counters_of(system);
  check_number(counters.handled + counters.dead_letters, counters.sent, file, line, "handled + dead_letters (expected: sent)");
  check_number(counters.exited, counters.spawned, file, line, "exited (expected: spawned)");
  check_number(dead_letters(system, SABIR_CAUSE_ANY), counters.dead_letters, file, line, "dead letters of any cause");
}

void end_system(sabir_system **system) {
  CHECK_OK(sabir_system_shutdown(*system, PATIENCE_NS, NULL));
  CHECK_CONSERVED(*system);
  CHECK_OK(sabir_system_destroy(system));
  CHECK(*system == NULL);
}

uint64_t dead_letters(sabir_system *system, int32_t cause) {
  uint64_t number = 0;
  CHECK_OK(sabir_dead_letter_count(system, cause, &number));
  return number;
}

struct dead_letter_goal {
  sabir_system *system;
  int32_t cause;
  uint64_t number;
};

static bool enough_dead_letters(void *argument) {
  const struct dead_letter_goal *goal = (const struct dead_letter_goal *)argument;
  return dead_letters(goal->system, goal->cause) >= goal->number;
}

bool dead_letters_reach(sabir_system *system, int32_t cause, uint64_t number) {
  struct dead_letter_goal goal;
  goal.system = system;
  goal.cause = cause;
  goal.number = number;
  return eventually(enough_dead_letters, &goal);
}

struct actor_name {
  sabir_system *system;
  sabir_pid pid;
};

static bool is_dead(void *argument) {
  const struct actor_name *actor = (const struct actor_name *)argument;
  return sabir_actor_status(actor->system, actor->pid) == SABIR_E_DEAD;
}

bool becomes_dead(sabir_system *system, sabir_pid pid) {
  struct actor_name actor;
  actor.system = system;
  actor.pid = pid;
  return eventually(is_dead, &actor);
}

void probe_init(probe *self) {
  memset(self, 0, sizeof *self);
  sem_init(&self->entered, 0, 0);
  sem_init(&self->gate, 0, 0);
  sem_init(&self->stopped, 0, 0);
  sem_init(&self->dropped, 0, 0);
}

void probe_end(probe *self) {
  sabir_message_destroy(&self->kept);
  sem_destroy(&self->entered);
  sem_destroy(&self->gate);
  sem_destroy(&self->stopped);
  sem_destroy(&self->dropped);
}

struct probe_call {
  inside_fn function;
  void *argument;
  sem_t *done; /* NULL: nobody waits */
};

static sabir_status probe_start(sabir_context *context, uintptr_t argument, uintptr_t *state) {
  probe *self = (probe *)argument;
  (void)context;
  self->start_argument = argument;
  *state = argument;
  count(&self->starts);
  return self->start_status;
}

static sabir_status probe_run_call(sabir_context *context, sabir_message **message) {
  struct probe_call call;
  sabir_status status;
  memcpy(&call, sabir_message_data(*message), sizeof call);
  status = call.function(context, message, call.argument);
  if (call.done != NULL) sem_post(call.done);
  return status;
}

static sabir_status probe_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  probe *self = (probe *)state;
  count(&self->received);
  switch (sabir_message_type(*message)) {
    case PROBE_COUNT: return SABIR_OK;
    case PROBE_ECHO: {
      const sabir_status status =
          sabir_context_reply_bytes(context, PROBE_ECHO, sabir_message_data(*message), sabir_message_size(*message));
      return status == SABIR_E_NO_ASK ? SABIR_OK : status; /* an ask that was cancelled meanwhile */
    }
    case PROBE_BLOCK:
      sem_post(&self->entered);
      take(&self->gate);
      return SABIR_OK;
    case PROBE_CRASH:
      CHECK_OK(sabir_context_fail(context, PROBE_CRASH_STATUS, PROBE_CRASH_TEXT, strlen(PROBE_CRASH_TEXT), PROBE_CRASH_DETAIL,
                                  strlen(PROBE_CRASH_DETAIL)));
      return PROBE_CRASH_STATUS;
    case PROBE_STOP: return sabir_context_stop(context);
    case PROBE_KEEP:
      sabir_message_destroy(&self->kept);
      self->kept = *message;
      *message = NULL;
      sem_post(&self->entered);
      return SABIR_OK;
    case PROBE_CALL: return probe_run_call(context, message);
    default: return SABIR_E_UNHANDLED;
  }
}

static void copy_text(char *out, size_t size, const char *text) {
  size_t length = strlen(text);
  if (length >= size) length = size - 1;
  memcpy(out, text, length);
  out[length] = 0;
}

static void probe_stop(sabir_context *context, uintptr_t state, const sabir_exit *exit) {
  probe *self = (probe *)state;
  CHECK(context != NULL);
  CHECK(exit != NULL);
  self->exit_reason = sabir_exit_reason(exit);
  self->exit_status = sabir_exit_status(exit);
  self->exit_pid = sabir_exit_pid(exit);
  copy_text(self->exit_message, sizeof self->exit_message, sabir_exit_message(exit));
  copy_text(self->exit_detail, sizeof self->exit_detail, sabir_exit_detail(exit));
  count(&self->stops);
  sem_post(&self->stopped);
}

void probe_drop(uintptr_t argument) {
  probe *self = (probe *)argument;
  count(&self->drops);
  sem_post(&self->dropped);
}

sabir_callbacks probe_callbacks(void) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("probe");
  callbacks.start = probe_start;
  callbacks.receive = probe_receive;
  callbacks.stop = probe_stop;
  return callbacks;
}

sabir_behavior *probe_behavior(void) {
  const sabir_callbacks callbacks = probe_callbacks();
  sabir_behavior *behavior = NULL;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  return behavior;
}

sabir_pid probe_spawn(sabir_system *system, probe *self, const sabir_spawn_options *options) {
  sabir_spawn_options own = SABIR_SPAWN_OPTIONS_INIT;
  sabir_behavior *behavior = probe_behavior();
  sabir_pid pid = 0;
  if (options != NULL) own = *options;
  own.argument = (uintptr_t)self;
  own.drop = probe_drop;
  REQUIRE_OK(sabir_spawn(system, behavior, &own, &pid, NULL));
  REQUIRE(pid != 0);
  sabir_behavior_destroy(&behavior);
  return pid;
}

void probe_wait_dropped(probe *self) {
  take(&self->dropped);
  CHECK_NUMBER(counted(&self->drops), 1);
  CHECK_NUMBER(counted(&self->starts), 1);
  CHECK_NUMBER(counted(&self->stops), self->start_status == SABIR_OK ? 1 : 0);
}

static sabir_message *call_message(inside_fn function, void *argument, sem_t *done) {
  struct probe_call call;
  call.function = function;
  call.argument = argument;
  call.done = done;
  return make_message(PROBE_CALL, &call, sizeof call);
}

sabir_message *inside_message(inside_fn function, void *argument) { return call_message(function, argument, NULL); }

void begin_inside(sabir_system *system, sabir_pid pid, inside_fn function, void *argument) {
  sabir_message *message = call_message(function, argument, NULL);
  REQUIRE_OK(sabir_send(system, pid, &message));
}

void run_inside(sabir_system *system, sabir_pid pid, inside_fn function, void *argument) {
  sem_t done;
  sabir_message *message;
  sem_init(&done, 0, 0);
  message = call_message(function, argument, &done);
  REQUIRE_OK(sabir_send(system, pid, &message));
  take(&done);
  sem_destroy(&done);
}

sabir_message *make_message(sabir_type type, const void *data, size_t size) {
  sabir_message *message = NULL;
  REQUIRE_OK(sabir_message_create_bytes(type, data, size, &message));
  REQUIRE(message != NULL);
  return message;
}

static void wrapped_release(void *data, size_t size, uintptr_t argument) {
  wrapped *memory = (wrapped *)argument;
  CHECK(data == memory->bytes);
  CHECK_NUMBER(size, sizeof memory->bytes);
  count(&memory->releases);
}

sabir_message *wrap_message(sabir_type type, wrapped *memory) {
  sabir_message *message = NULL;
  REQUIRE_OK(sabir_message_wrap(type, memory->bytes, sizeof memory->bytes, wrapped_release, (uintptr_t)memory, &message));
  REQUIRE(message != NULL);
  return message;
}

size_t thread_count(void) {
  size_t number = 0;
  DIR *tasks = opendir("/proc/self/task");
  REQUIRE(tasks != NULL);
  for (const struct dirent *entry = readdir(tasks); entry != NULL; entry = readdir(tasks)) number += entry->d_name[0] != '.';
  closedir(tasks);
  return number;
}

/* A joined thread may stay in /proc for a moment. */
static bool few_threads(void *argument) { return thread_count() <= *(const size_t *)argument; }

bool threads_back_to(size_t number) { return eventually(few_threads, &number); }

int thread_number(void) { return (int)syscall(SYS_gettid); }

static bool is_asleep(void *argument) {
  const int number = __atomic_load_n((const int *)argument, __ATOMIC_SEQ_CST);
  char path[64], line[256] = "";
  const char *after_name;
  FILE *file;
  if (number == 0) return false;
  snprintf(path, sizeof path, "/proc/self/task/%d/stat", number);
  file = fopen(path, "r");
  if (file == NULL) return false;
  if (fgets(line, sizeof line, file) == NULL) line[0] = 0;
  fclose(file);
  after_name = strrchr(line, ')');
  return after_name != NULL && strncmp(after_name, ") S", 3) == 0;
}

bool falls_asleep(const int *number) {
  /* The argument of a condition is not const; this one only reads. */
  int *argument;
  memcpy(&argument, &number, sizeof argument);
  return eventually(is_asleep, argument);
}

pthread_t start_thread(void *(*function)(void *), void *argument) {
  pthread_t thread;
  REQUIRE(pthread_create(&thread, NULL, function, argument) == 0);
  return thread;
}

void join_thread(pthread_t thread) { REQUIRE(pthread_join(thread, NULL) == 0); }

static bool nobody(uintptr_t argument, sabir_pid subscriber) {
  (void)argument, (void)subscriber;
  return false;
}

void every_call_refuses(sabir_context *context, sabir_pid pid) {
  sabir_message *message = make_message(PROBE_COUNT, NULL, 0), *const before = message;
  sabir_behavior *behavior = probe_behavior();
  sabir_pid spawned = 1;
  sabir_ref ref = 1;
  sabir_envelope envelope;
  memset(&envelope, 0, sizeof envelope);
  envelope.to = pid;
  CHECK_NUMBER(sabir_context_self(context), 0);
  CHECK(sabir_context_system(context) == NULL);
  CHECK_NUMBER(sabir_context_state(context), 0);
  CHECK_STATUS(sabir_context_send(context, pid, &message), SABIR_E_CONTEXT);
  CHECK(message == before);
  CHECK_STATUS(sabir_context_send_bytes(context, pid, PROBE_COUNT, NULL, 0), SABIR_E_CONTEXT);
  CHECK_STATUS(sabir_context_spawn(context, behavior, NULL, &spawned, NULL), SABIR_E_CONTEXT);
  CHECK_NUMBER(spawned, 0);
  CHECK_STATUS(sabir_context_stop(context), SABIR_E_CONTEXT);
  CHECK_STATUS(sabir_context_fail(context, 1, "x", 1, "y", 1), SABIR_E_CONTEXT);
  CHECK_STATUS(sabir_context_reply(context, &message), SABIR_E_CONTEXT);
  CHECK(message == before);
  CHECK_STATUS(sabir_context_reply_bytes(context, PROBE_COUNT, NULL, 0), SABIR_E_CONTEXT);
  CHECK_STATUS(sabir_context_reply_error(context, 1, "x", 1), SABIR_E_CONTEXT);
  CHECK_STATUS(sabir_context_defer(context, &ref), SABIR_E_CONTEXT);
  CHECK_NUMBER(ref, 0);
  ref = 1;
  CHECK_STATUS(sabir_context_ask(context, pid, &message, PATIENCE_NS, &ref), SABIR_E_CONTEXT);
  CHECK_NUMBER(ref, 0);
  CHECK(message == before);
  ref = 1;
  CHECK_STATUS(sabir_context_monitor(context, pid, SABIR_MONITOR_RESTARTS, &ref), SABIR_E_CONTEXT);
  CHECK_NUMBER(ref, 0);
  CHECK_STATUS(sabir_context_demonitor(context, 1), SABIR_E_CONTEXT);
  CHECK_STATUS(sabir_context_link(context, pid), SABIR_E_CONTEXT);
  CHECK_STATUS(sabir_context_unlink(context, pid), SABIR_E_CONTEXT);
  CHECK_STATUS(sabir_context_trap_exits(context, true), SABIR_E_CONTEXT);
  ref = 1;
  CHECK_STATUS(sabir_context_timer_after(context, pid, &message, SECOND_NS, &ref), SABIR_E_CONTEXT);
  CHECK_NUMBER(ref, 0);
  CHECK(message == before);
  ref = 1;
  CHECK_STATUS(sabir_context_timer_every(context, pid, PROBE_COUNT, SECOND_NS, &ref), SABIR_E_CONTEXT);
  CHECK_NUMBER(ref, 0);
  CHECK_STATUS(sabir_context_timer_cancel(context, 1), SABIR_E_CONTEXT);
  ref = 1;
  CHECK_STATUS(sabir_context_subscribe(context, "a", &ref), SABIR_E_CONTEXT);
  CHECK_NUMBER(ref, 0);
  CHECK_STATUS(sabir_context_publish(context, "a", &message, 0, NULL), SABIR_E_CONTEXT);
  CHECK_STATUS(sabir_context_publish_bytes(context, "a", PROBE_COUNT, NULL, 0, 0, NULL), SABIR_E_CONTEXT);
  CHECK_STATUS(sabir_context_publish_filtered(context, "a", &message, 0, nobody, 0, NULL), SABIR_E_CONTEXT);
  envelope.message = message;
  CHECK_STATUS(sabir_context_send_batch(context, &envelope, 1, sizeof envelope, NULL), SABIR_E_CONTEXT);
  CHECK(message == before && envelope.message == before);
  CHECK_STATUS(sabir_context_send_named(context, "desk", &message), SABIR_E_CONTEXT);
  CHECK(message == before);
  CHECK_STATUS(sabir_context_send_named_bytes(context, "desk", PROBE_COUNT, NULL, 0), SABIR_E_CONTEXT);
  CHECK_STATUS(sabir_context_group_send(context, "all", &message, NULL), SABIR_E_CONTEXT);
  CHECK(message == before);
  CHECK_STATUS(sabir_context_group_send_bytes(context, "all", PROBE_COUNT, NULL, 0, NULL), SABIR_E_CONTEXT);
  CHECK_STATUS(sabir_context_router_send(context, NULL, &message), SABIR_E_CONTEXT);
  CHECK_STATUS(sabir_context_router_send_bytes(context, NULL, PROBE_COUNT, NULL, 0), SABIR_E_CONTEXT);
  CHECK_STATUS(sabir_context_router_send_key(context, NULL, 1, &message), SABIR_E_CONTEXT);
  CHECK_STATUS(sabir_context_router_send_all(context, NULL, &message, NULL), SABIR_E_CONTEXT);
  ref = 1;
  CHECK_STATUS(sabir_context_router_ask(context, NULL, &message, 0, &ref), SABIR_E_CONTEXT);
  CHECK_NUMBER(ref, 0);
  CHECK(message == before);
  CHECK_STATUS(sabir_context_become(context, behavior), SABIR_E_CONTEXT);
  CHECK_STATUS(sabir_context_unbecome(context), SABIR_E_CONTEXT);
  CHECK_STATUS(sabir_context_stash(context, &message), SABIR_E_CONTEXT);
  CHECK_STATUS(sabir_context_unstash(context, 0), SABIR_E_CONTEXT);
  ref = 1;
  CHECK_STATUS(sabir_context_notify_writable(context, pid, &ref), SABIR_E_CONTEXT);
  CHECK_NUMBER(ref, 0);
  CHECK(message == before);
  sabir_message_destroy(&message);
  sabir_behavior_destroy(&behavior);
}

static void note_record(uintptr_t argument, const sabir_log_record *record) {
  struct log_watch *self = (struct log_watch *)argument;
  if (strstr(record->text, self->part) == NULL && strcmp(record->actor, self->part) != 0) return;
  self->level = record->level;
  self->pid = record->pid;
  snprintf(self->actor, sizeof self->actor, "%s", record->actor);
  snprintf(self->text, sizeof self->text, "%s", record->text);
  count(&self->records);
}

void watch_log(sabir_system *system, struct log_watch *log, const char *part, int32_t level) {
  memset(log, 0, sizeof *log);
  log->part = part;
  REQUIRE_OK(sabir_log_set_sink(system, note_record, (uintptr_t)log, NULL));
  REQUIRE_OK(sabir_log_set_level(system, level));
}
