/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "supervision_support.h"

#include <errno.h>
#include <time.h>

/* --- the diary --- */

static void diary_init(struct diary *self) {
  memset(self, 0, sizeof *self);
  pthread_mutex_init(&self->mutex, NULL);
  pthread_cond_init(&self->changed, NULL);
}

static void diary_write(struct diary *self, char sign, const char *name, const char *reason) {
  int written;
  pthread_mutex_lock(&self->mutex);
  written = snprintf(self->text + self->size, sizeof self->text - self->size, "%s%c%s%s%s", self->size == 0 ? "" : " ", sign, name,
                     reason == NULL ? "" : ":", reason == NULL ? "" : reason);
  REQUIRE(written > 0 && (size_t)written < sizeof self->text - self->size);
  self->size += (size_t)written;
  pthread_cond_broadcast(&self->changed);
  pthread_mutex_unlock(&self->mutex);
}

void diary_clear(struct diary *self) {
  pthread_mutex_lock(&self->mutex);
  self->size = 0;
  self->text[0] = 0;
  pthread_mutex_unlock(&self->mutex);
}

int check_diary(struct diary *self, const char *expected, const char *file, int line) {
  const size_t size = strlen(expected);
  struct timespec end;
  int passed, waited = 0;
  if (self->closed) return check_text(self->text, expected, file, line, "the diary");
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += (time_t)(PATIENCE_NS / SECOND_NS);
  pthread_mutex_lock(&self->mutex);
  while (self->size < size && waited == 0) waited = pthread_cond_timedwait(&self->changed, &self->mutex, &end);
  passed = check_text(self->text, expected, file, line, "the diary");
  pthread_mutex_unlock(&self->mutex);
  return passed;
}

/* --- kids --- */

static const char *reason_text(int32_t reason) {
  static const char *const texts[] = {"normal",    "stopped",   "killed",    "crashed", "start failed",  "shutdown", "linked",
                                      "intensity", "escalated", "unhealthy", "stalled", "start timeout", "no actor"};
  return reason >= 0 && (size_t)reason < sizeof texts / sizeof texts[0] ? texts[reason] : "unknown";
}

/* The state of one incarnation. */
struct incarnation {
  struct kid *self;
  kid_identity identity;
};

struct kid *kid_of(uintptr_t state) { return ((struct incarnation *)state)->self; }

static sabir_status kid_start(sabir_context *context, uintptr_t argument, uintptr_t *state) {
  struct kid *self = (struct kid *)argument;
  struct incarnation *incarnation;
  const uint64_t number = __atomic_add_fetch(&self->probe.starts, 1, __ATOMIC_SEQ_CST);
  self->probe.start_argument = argument;
  if (number <= KID_TIMES) self->started_ns[number - 1] = now_ns();
  CHECK(sabir_context_self(context) != 0);
  CHECK_NUMBER(counted(&self->probe.drops), 0);
  if (counted(&self->block_start) == number) {
    sem_post(&self->probe.entered);
    take(&self->probe.gate);
    CHECK_NUMBER(counted(&self->probe.drops), 0); /* the argument is still in use */
  }
  if (number >= counted(&self->fail_from) && number < counted(&self->fail_to)) {
    diary_write(self->diary, '!', self->name, NULL);
    SABIR_IGNORE(sabir_context_fail(context, KID_START_STATUS, KID_START_TEXT, strlen(KID_START_TEXT), NULL, 0));
    return KID_START_STATUS;
  }
  CHECK_NUMBER(__atomic_exchange_n(&self->live, 1, __ATOMIC_SEQ_CST), 0);
  incarnation = (struct incarnation *)malloc(sizeof *incarnation);
  REQUIRE(incarnation != NULL);
  incarnation->self = self;
  incarnation->identity.incarnation = number;
  incarnation->identity.handled = 0;
  *state = (uintptr_t)incarnation;
  diary_write(self->diary, '+', self->name, NULL);
  return SABIR_OK;
}

static sabir_status kid_note_number(struct kid *self, sabir_message **message) {
  const uint64_t index = counted(&self->number_count);
  CHECK_NUMBER(sabir_message_size(*message), sizeof(uint32_t));
  REQUIRE(index < KID_NUMBERS);
  memcpy(&self->numbers[index], sabir_message_data(*message), sizeof(uint32_t));
  count(&self->number_count);
  return SABIR_OK;
}

static sabir_status kid_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  struct incarnation *incarnation = (struct incarnation *)state;
  struct kid *self = incarnation->self;
  ++incarnation->identity.handled;
  if (sabir_message_kind(*message) != SABIR_KIND_MESSAGE && sabir_message_kind(*message) != SABIR_KIND_TIMER) {
    count(&self->foreign_kinds);
    return SABIR_OK;
  }
  switch (sabir_message_type(*message)) {
    case KID_NUMBER: count(&self->probe.received); return kid_note_number(self, message);
    case KID_WHO: {
      const sabir_status status = sabir_context_reply_bytes(context, KID_WHO, &incarnation->identity, sizeof incarnation->identity);
      return status == SABIR_E_NO_ASK ? SABIR_OK : status;
    }
    case KID_POISON:
      count(&self->probe.received);
      if (counted(&self->poison) == 0) return kid_note_number(self, message);
      __atomic_sub_fetch(&self->poison, 1, __ATOMIC_SEQ_CST);
      CHECK_OK(sabir_context_fail(context, PROBE_CRASH_STATUS, PROBE_CRASH_TEXT, strlen(PROBE_CRASH_TEXT), NULL, 0));
      return PROBE_CRASH_STATUS;
    case KID_LOOP: {
      sabir_status status;
      if (counted(&self->loop) == 0) return SABIR_OK;
      status = sabir_context_send(context, sabir_context_self(context), message);
      CHECK(status == SABIR_OK || status == SABIR_E_DEAD || status == SABIR_E_CLOSED);
      return SABIR_OK;
    }
    default: return probe_callbacks().receive(context, (uintptr_t)&self->probe, message);
  }
}

static void kid_stop(sabir_context *context, uintptr_t state, const sabir_exit *exit) {
  struct incarnation *incarnation = (struct incarnation *)state;
  struct kid *self = incarnation->self;
  const uint64_t number = incarnation->identity.incarnation;
  REQUIRE(exit != NULL);
  free(incarnation);
  if (self->on_stop != NULL) self->on_stop(self, context);
  if (number <= KID_TIMES) self->stopped_ns[number - 1] = now_ns();
  CHECK_NUMBER(__atomic_exchange_n(&self->live, 0, __ATOMIC_SEQ_CST), 1);
  CHECK_NUMBER(sabir_exit_pid(exit), sabir_context_self(context));
  probe_callbacks().stop(context, (uintptr_t)&self->probe, exit);
  diary_write(self->diary, '-', self->name, reason_text(sabir_exit_reason(exit)));
}

static int32_t kid_failed(sabir_context *context, uintptr_t state, const sabir_exit *exit) {
  struct kid *self = kid_of(state);
  CHECK(sabir_context_self(context) != 0);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(exit), SABIR_EXIT_CRASHED);
  count(&self->failures);
  diary_write(self->diary, '?', self->name, NULL);
  return (int32_t)counted(&self->decision);
}

static uint32_t kid_health(sabir_context *context, uintptr_t state) {
  struct kid *self = kid_of(state);
  const uint64_t number = __atomic_add_fetch(&self->checks, 1, __ATOMIC_SEQ_CST), fine_every = counted(&self->fine_every);
  CHECK(sabir_context_self(context) != 0);
  if (fine_every != 0 && number % fine_every == 0) return SABIR_HEALTH_OK;
  return (uint32_t)counted(&self->health);
}

sabir_callbacks kid_callbacks(int with) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("kid");
  callbacks.start = kid_start;
  callbacks.receive = kid_receive;
  callbacks.stop = kid_stop;
  if (with & KID_DECIDES) callbacks.failed = kid_failed;
  if (with & KID_WATCHED) callbacks.health = kid_health;
  return callbacks;
}

sabir_behavior *kid_behavior(int with) {
  const sabir_callbacks callbacks = kid_callbacks(with);
  sabir_behavior *behavior = NULL;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  return behavior;
}

/* --- the nursery --- */

void nursery_open_with(struct nursery *self, const sabir_system_options *options) {
  static const char *const names[KIDS] = {"a", "b", "c", "d", "e", "f", "g", "h"};
  size_t index;
  memset(self, 0, sizeof *self);
  self->system = make_system_with(options);
  self->behavior = kid_behavior(KID_PLAIN);
  REQUIRE_OK(sabir_port_create(self->system, NULL, &self->port, NULL));
  diary_init(&self->diary);
  for (index = 0; index < KIDS; ++index) {
    probe_init(&self->kids[index].probe);
    self->kids[index].name = names[index];
    self->kids[index].diary = &self->diary;
    self->kids[index].health = SABIR_HEALTH_OK;
  }
}

void nursery_open(struct nursery *self) {
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  options.workers = 2;
  nursery_open_with(self, &options);
}

static uint64_t failed_starts(const struct kid *self) {
  const uint64_t starts = counted(&self->probe.starts), from = counted(&self->fail_from), to = counted(&self->fail_to);
  const uint64_t first = from == 0 ? 1 : from, behind = to <= starts ? to : starts + 1;
  return behind > first ? behind - first : 0;
}

void nursery_close(struct nursery *self) {
  sabir_counters counters;
  size_t index;
  CHECK_OK(sabir_system_shutdown(self->system, PATIENCE_NS, NULL));
  counters = counters_of(self->system);
  CHECK_NUMBER(counters.started, counters.stopped);
  sabir_port_destroy(&self->port);
  sabir_behavior_destroy(&self->behavior);
  end_system(&self->system);
  for (index = 0; index < KIDS; ++index) {
    struct kid *one = &self->kids[index];
    CHECK_NUMBER(counted(&one->probe.drops), one->handed);
    CHECK_NUMBER(counted(&one->probe.stops) + failed_starts(one), counted(&one->probe.starts));
    CHECK_NUMBER(counted(&one->live), 0);
    probe_end(&one->probe);
  }
  self->diary.closed = true;
  pthread_cond_destroy(&self->diary.changed);
  pthread_mutex_destroy(&self->diary.mutex);
}

/* The spawn options of a kid: those of spec, with its own argument and drop. */
static sabir_spawn_options spawn_of(struct kid *self, const sabir_child_spec *spec) {
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  if (spec != NULL && spec->spawn != NULL) spawn = *spec->spawn;
  spawn.argument = (uintptr_t)self;
  spawn.drop = probe_drop;
  return spawn;
}

sabir_status try_kid(struct nursery *self, sabir_pid supervisor, size_t index, const sabir_child_spec *spec, sabir_pid *pid,
                     sabir_error **error) {
  sabir_child_spec own = SABIR_CHILD_SPEC_INIT;
  const sabir_spawn_options spawn = spawn_of(&self->kids[index], spec);
  if (spec != NULL) own = *spec;
  own.spawn = &spawn;
  ++self->kids[index].handed;
  return sabir_supervise(self->system, supervisor, self->kids[index].name, self->behavior, &own, pid, error);
}

sabir_pid add_kid(struct nursery *self, sabir_pid supervisor, size_t index, const sabir_child_spec *spec) {
  sabir_error *error = NULL;
  if (!CHECK_OK(try_kid(self, supervisor, index, spec, &self->pids[index], &error))) {
    fprintf(stderr, "  %s\n", sabir_error_message(error));
    _Exit(EXIT_FAILURE);
  }
  REQUIRE(self->pids[index] != 0);
  return self->pids[index];
}

void add_kids(struct nursery *self, sabir_pid supervisor, size_t number, const sabir_child_spec *spec) {
  size_t index;
  for (index = 0; index < number; ++index) add_kid(self, supervisor, index, spec);
}

sabir_message *kid_request(struct nursery *self, size_t index, const sabir_child_spec *spec) {
  sabir_child_spec own = SABIR_CHILD_SPEC_INIT;
  const sabir_spawn_options spawn = spawn_of(&self->kids[index], spec);
  sabir_message *request = NULL;
  if (spec != NULL) own = *spec;
  own.spawn = &spawn;
  ++self->kids[index].handed;
  REQUIRE_OK(sabir_request_supervise(self->system, self->kids[index].name, self->behavior, &own, &request, NULL));
  REQUIRE(request != NULL);
  return request;
}

sabir_pid add_simple_kid(struct nursery *self, sabir_pid supervisor, size_t index) {
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_spawn_options spawn = spawn_of(&self->kids[index], NULL);
  spawn.name = self->kids[index].name;
  spec.spawn = &spawn;
  ++self->kids[index].handed;
  REQUIRE_OK(sabir_supervise(self->system, supervisor, NULL, NULL, &spec, &self->pids[index], NULL));
  REQUIRE(self->pids[index] != 0);
  return self->pids[index];
}

sabir_pid add_supervisor(struct nursery *self, sabir_pid parent, const char *id, const sabir_supervisor_options *options,
                         const sabir_child_spec *spec) {
  sabir_supervisor_options defaults = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_child_spec own = SABIR_CHILD_SPEC_INIT;
  sabir_error *error = NULL;
  sabir_pid pid = 0;
  if (spec != NULL) own = *spec;
  own.supervisor = options != NULL ? options : &defaults;
  if (!CHECK_OK(sabir_supervise(self->system, parent, id, NULL, &own, &pid, &error))) {
    fprintf(stderr, "  %s\n", sabir_error_message(error));
    _Exit(EXIT_FAILURE);
  }
  REQUIRE(pid != 0);
  return pid;
}

sabir_pid add_top(struct nursery *self, uint32_t strategy, uint32_t intensity) {
  sabir_supervisor_options options = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  options.strategy = strategy;
  options.intensity = intensity;
  options.period_ns = SABIR_FOREVER;
  spec.restart = SABIR_TEMPORARY;
  return add_supervisor(self, 0, "top", &options, &spec);
}

void tell(struct nursery *self, size_t index, sabir_type type) {
  REQUIRE_OK(sabir_send_bytes(self->system, self->pids[index], type, NULL, 0));
}

void tell_number(struct nursery *self, size_t index, sabir_type type, uint32_t number) {
  REQUIRE_OK(sabir_send_bytes(self->system, self->pids[index], type, &number, sizeof number));
}

kid_identity who_is(struct nursery *self, size_t index) {
  kid_identity identity = {0, 0};
  sabir_message *reply = NULL;
  REQUIRE_OK(sabir_ask_bytes(self->system, self->pids[index], KID_WHO, NULL, 0, PATIENCE_NS, &reply));
  REQUIRE(sabir_message_size(reply) == sizeof identity);
  memcpy(&identity, sabir_message_data(reply), sizeof identity);
  sabir_message_destroy(&reply);
  return identity;
}

int check_numbers(struct kid *self, const uint32_t *expected, size_t number, const char *file, int line) {
  size_t index;
  int passed = check_true(reached(&self->number_count, number), file, line, "as many numbers arrive");
  passed = check_number(counted(&self->number_count), number, file, line, "how many numbers arrived") && passed;
  for (index = 0; passed && index < number; ++index) passed = check_number(self->numbers[index], expected[index], file, line, "a number");
  return passed;
}

sabir_ref watch(struct nursery *self, sabir_pid pid, uint32_t flags) {
  sabir_ref ref = 0;
  REQUIRE_OK(sabir_port_monitor(self->port, pid, flags, &ref));
  REQUIRE(ref != 0);
  return ref;
}

sabir_message *hear(struct nursery *self, sabir_ref ref, int32_t kind) {
  sabir_message *message = NULL;
  REQUIRE_OK(sabir_port_receive(self->port, PATIENCE_NS, &message));
  CHECK_NUMBER(sabir_message_ref(message), ref);
  CHECK_NUMBER((uint32_t)sabir_message_kind(message), (uint32_t)kind);
  return message;
}

void hear_down(struct nursery *self, sabir_ref ref, int32_t reason) {
  sabir_message *message = hear(self, ref, SABIR_KIND_DOWN);
  const sabir_exit *exit = sabir_message_exit(message);
  REQUIRE(exit != NULL);
  CHECK_TEXT(reason_text(sabir_exit_reason(exit)), reason_text(reason));
  CHECK_NUMBER(sabir_exit_pid(exit), sabir_message_sender(message));
  CHECK_STATUS(sabir_actor_status(self->system, sabir_message_sender(message)), SABIR_E_DEAD);
  sabir_message_destroy(&message);
}

void stay_quiet(struct nursery *self, uint64_t time_ns) {
  const uint64_t end_ns = now_ns() + time_ns;
  sabir_message *message = NULL;
  do {
    CHECK_STATUS(sabir_port_receive(self->port, time_ns, &message), SABIR_E_TIMEOUT);
    REQUIRE(message == NULL);
  } while (now_ns() < end_ns);
}

bool child_of(struct nursery *self, sabir_pid supervisor, const char *id, sabir_child_info *info) {
  sabir_message *list = NULL;
  size_t index, size;
  bool found = false;
  REQUIRE_OK(sabir_children(self->system, supervisor, &list));
  size = sabir_child_list_size(list);
  for (index = 0; index < size && !found; ++index) {
    const sabir_child_info fresh = SABIR_CHILD_INFO_INIT;
    *info = fresh;
    REQUIRE_OK(sabir_child_list_at(list, index, info));
    found = strcmp(info->id, id) == 0;
    info->id = NULL;
  }
  sabir_message_destroy(&list);
  return found;
}

struct child_goal {
  struct nursery *nursery;
  sabir_pid supervisor;
  const char *id;
  uint32_t value;
};

static bool has_state(void *argument) {
  const struct child_goal *goal = (const struct child_goal *)argument;
  sabir_child_info info;
  return child_of(goal->nursery, goal->supervisor, goal->id, &info) && info.state == goal->value;
}

static bool has_health(void *argument) {
  const struct child_goal *goal = (const struct child_goal *)argument;
  sabir_child_info info;
  return child_of(goal->nursery, goal->supervisor, goal->id, &info) && info.health == goal->value;
}

static bool is_unknown(void *argument) {
  const struct child_goal *goal = (const struct child_goal *)argument;
  sabir_child_info info;
  return !child_of(goal->nursery, goal->supervisor, goal->id, &info);
}

static struct child_goal goal_of(struct nursery *self, sabir_pid supervisor, const char *id, uint32_t value) {
  struct child_goal goal;
  goal.nursery = self;
  goal.supervisor = supervisor;
  goal.id = id;
  goal.value = value;
  return goal;
}

bool child_becomes(struct nursery *self, sabir_pid supervisor, const char *id, uint32_t state) {
  struct child_goal goal = goal_of(self, supervisor, id, state);
  return eventually(has_state, &goal);
}

bool health_becomes(struct nursery *self, sabir_pid supervisor, const char *id, uint32_t health) {
  struct child_goal goal = goal_of(self, supervisor, id, health);
  return eventually(has_health, &goal);
}

bool child_is_forgotten(struct nursery *self, sabir_pid supervisor, const char *id) {
  struct child_goal goal = goal_of(self, supervisor, id, 0);
  return eventually(is_unknown, &goal);
}

size_t children_of(struct nursery *self, sabir_pid supervisor) {
  sabir_message *list = NULL;
  size_t size;
  REQUIRE_OK(sabir_children(self->system, supervisor, &list));
  size = sabir_child_list_size(list);
  sabir_message_destroy(&list);
  return size;
}

/* --- asks --- */

void answer_init(struct answer *self) {
  memset(self, 0, sizeof *self);
  sem_init(&self->done, 0, 0);
}

void answer_end(struct answer *self) {
  sabir_message_destroy(&self->reply);
  sem_destroy(&self->done);
}

void answer_note(uintptr_t argument, sabir_ref ref, sabir_status status, sabir_message **reply) {
  struct answer *self = (struct answer *)argument;
  (void)ref;
  self->status = status;
  self->reply = *reply;
  *reply = NULL;
  sem_post(&self->done);
}

void begin_ask(struct nursery *self, sabir_pid to, sabir_message *message, struct answer *end) {
  REQUIRE_OK(sabir_ask_begin(self->system, to, &message, SABIR_FOREVER, answer_note, (uintptr_t)end, NULL));
}

sabir_pid pid_in(const sabir_message *reply) {
  sabir_pid pid = 0;
  if (CHECK_NUMBER(sabir_message_size(reply), sizeof pid)) memcpy(&pid, sabir_message_data(reply), sizeof pid);
  return pid;
}
