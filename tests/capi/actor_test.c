/* actor.h: spawning and ending actors. What a full mailbox does is in overflow_test.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

/* Pids next to a real one: 10 bits of system tag, 26 of index, 28 of generation. */
static const sabir_pid TAG_BIT = UINT64_C(1) << 54;
static const sabir_pid HIGH_INDEX_BIT = UINT64_C(1) << 53;

static void init_writes_the_initializers(void) {
  const sabir_mailbox_options expected_mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  const sabir_spawn_options expected_spawn = SABIR_SPAWN_OPTIONS_INIT;
  sabir_mailbox_options mailbox;
  sabir_spawn_options spawn;
  unsigned char bytes[sizeof spawn];
  size_t index;
  memset(&mailbox, 0xff, sizeof mailbox);
  memset(&spawn, 0xff, sizeof spawn);
  sabir_mailbox_options_init(&mailbox, sizeof mailbox);
  sabir_spawn_options_init(&spawn, sizeof spawn);
  CHECK(memcmp(&mailbox, &expected_mailbox, sizeof mailbox) == 0);
  CHECK(memcmp(&spawn, &expected_spawn, sizeof spawn) == 0);
  memset(bytes, 0xa5, sizeof bytes);
  sabir_mailbox_options_init((sabir_mailbox_options *)(void *)bytes, 8);
  for (index = 8; index < sizeof bytes; ++index) CHECK_NUMBER(bytes[index], 0xa5);
  memset(bytes, 0xa5, sizeof bytes);
  sabir_spawn_options_init((sabir_spawn_options *)(void *)bytes, 8);
  for (index = 8; index < sizeof bytes; ++index) CHECK_NUMBER(bytes[index], 0xa5);
  sabir_mailbox_options_init(NULL, 8);
  sabir_spawn_options_init(NULL, 8);
}

static void drop_must_not_run(uintptr_t argument) {
  (void)argument;
  CHECK(!"drop ran after a failed spawn");
}

/* Spawns with options and expects that status, in each out parameter, and part in the error's text. */
static void refused(sabir_system *system, const sabir_spawn_options *options, sabir_status expected, const char *part) {
  sabir_behavior *behavior = probe_behavior();
  sabir_error *error = NULL;
  sabir_pid pid = 1;
  CHECK_STATUS(sabir_spawn(system, behavior, options, &pid, &error), expected);
  CHECK_NUMBER(pid, 0);
  CHECK_STATUS(sabir_error_status(error), expected);
  CHECK_CONTAINS(sabir_error_message(error), part);
  sabir_error_destroy(&error);
  pid = 1;
  CHECK_STATUS(sabir_spawn(system, behavior, options, &pid, NULL), expected);
  CHECK_NUMBER(pid, 0);
  sabir_behavior_destroy(&behavior);
}

static sabir_spawn_options options_with_drop(void) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  options.drop = drop_must_not_run;
  return options;
}

static void missing_arguments_are_invalid(void) {
  sabir_system *system = make_system(1);
  sabir_behavior *behavior = probe_behavior();
  sabir_error *error = NULL;
  sabir_pid pid = 1;
  CHECK_STATUS(sabir_spawn(system, NULL, NULL, &pid, &error), SABIR_E_INVALID);
  CHECK_NUMBER(pid, 0);
  CHECK_CONTAINS(sabir_error_message(error), "behavior");
  sabir_error_destroy(&error);
  CHECK_STATUS(sabir_spawn(system, behavior, NULL, NULL, &error), SABIR_E_INVALID);
  CHECK_CONTAINS(sabir_error_message(error), "pid");
  sabir_error_destroy(&error);
  sabir_behavior_destroy(&behavior);
  end_system(&system);
}

static void structure_sizes_are_checked(void) {
  struct {
    sabir_spawn_options known;
    uint64_t later;
  } larger;
  struct {
    sabir_mailbox_options known;
    uint64_t later;
  } larger_mailbox;
  sabir_system *system = make_system(1);
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_spawn_options options = options_with_drop();
  sabir_behavior *behavior = probe_behavior();
  options.struct_size = 0;
  refused(system, &options, SABIR_E_OPTION, "struct_size");
  options.struct_size = sizeof options - 8;
  refused(system, &options, SABIR_E_OPTION, "struct_size");
  options = options_with_drop();
  options.reserved = 1;
  refused(system, &options, SABIR_E_OPTION, "reserved");
  larger.known = options_with_drop();
  larger.known.struct_size = sizeof larger;
  larger.later = 1;
  refused(system, &larger.known, SABIR_E_OPTION, "options");
  options = options_with_drop();
  options.mailbox = &mailbox;
  mailbox.struct_size = 4;
  refused(system, &options, SABIR_E_OPTION, "struct_size");
  larger_mailbox.known = (sabir_mailbox_options)SABIR_MAILBOX_OPTIONS_INIT;
  larger_mailbox.known.struct_size = sizeof larger_mailbox;
  larger_mailbox.later = 1;
  options.mailbox = &larger_mailbox.known;
  refused(system, &options, SABIR_E_OPTION, "mailbox");
  sabir_behavior_destroy(&behavior);
  end_system(&system);
}

static void values_out_of_range_are_invalid(void) {
  char name[257];
  sabir_system *system = make_system(1);
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_spawn_options options = options_with_drop();
  memset(name, 'n', sizeof name);
  name[256] = 0;
  options.name = name;
  refused(system, &options, SABIR_E_INVALID, "name");
  options.name = NULL;
  options.mailbox = &mailbox;
  mailbox.overflow = SABIR_OVERFLOW_DROP_OLDEST + 1;
  refused(system, &options, SABIR_E_INVALID, "overflow");
  mailbox.overflow = SABIR_OVERFLOW_BLOCK;
  mailbox.capacity = 8;
  mailbox.low_watermark = 8;
  refused(system, &options, SABIR_E_INVALID, "low_watermark");
  mailbox.low_watermark = 0;
  mailbox.capacity = SABIR_MAILBOX_CAPACITY_MAX + 1;
  refused(system, &options, SABIR_E_INVALID, "capacity");
  end_system(&system);
}

static void executors_are_checked(void) {
  sabir_system *system = make_system(1), *other = make_system(1);
  sabir_spawn_options options = options_with_drop();
  sabir_executor *executor = NULL, *gone;
  REQUIRE_OK(sabir_executor_create(other, NULL, &executor, NULL));
  options.executor = executor;
  refused(system, &options, SABIR_E_FOREIGN, "executor");
  options.executor = (sabir_executor *)system;
  refused(system, &options, SABIR_E_HANDLE, "executor");
  gone = executor;
  CHECK_OK(sabir_executor_destroy(&executor));
  options.executor = gone;
  refused(system, &options, SABIR_E_HANDLE, "executor");
  end_system(&system);
  end_system(&other);
}

static void a_name_of_255_bytes_is_taken(void) {
  char name[256];
  sabir_system *system = make_system(1);
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  probe actor;
  probe_init(&actor);
  memset(name, 'n', sizeof name - 1);
  name[255] = 0;
  options.name = name;
  probe_spawn(system, &actor, &options);
  end_system(&system);
  probe_end(&actor);
}

static void the_argument_reaches_start_and_drop(void) {
  sabir_system *system = make_system(1);
  probe actor;
  probe_init(&actor);
  probe_spawn(system, &actor, NULL);
  CHECK(reached(&actor.starts, 1));
  end_system(&system);
  CHECK(actor.start_argument == (uintptr_t)&actor);
  probe_wait_dropped(&actor);
  probe_end(&actor);
}

static void a_pid_is_good_for_sends_at_once_and_start_comes_first(void) {
  enum { ACTORS = 200 };
  static probe actors[ACTORS];
  sabir_system *system = make_system(2);
  size_t index;
  for (index = 0; index < ACTORS; ++index) {
    sabir_pid pid;
    probe_init(&actors[index]);
    pid = probe_spawn(system, &actors[index], NULL);
    CHECK_OK(sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 0));
    CHECK_OK(sabir_actor_status(system, pid));
  }
  for (index = 0; index < ACTORS; ++index) CHECK(reached(&actors[index].received, 1));
  end_system(&system);
  for (index = 0; index < ACTORS; ++index) probe_end(&actors[index]);
}

static void actors_alive_at_once_are_limited(void) {
  enum { MAX = 4 };
  sabir_system_options system_options = SABIR_SYSTEM_OPTIONS_INIT;
  sabir_spawn_options options = options_with_drop();
  sabir_system *system;
  sabir_port *port = NULL;
  probe actors[MAX], successor;
  sabir_pid pids[MAX], pid;
  size_t index;
  system_options.workers = 1;
  system_options.max_actors = MAX;
  system = make_system_with(&system_options);
  for (index = 0; index < MAX; ++index) {
    probe_init(&actors[index]);
    pids[index] = probe_spawn(system, &actors[index], NULL);
  }
  refused(system, &options, SABIR_E_LIMIT, "max_actors");
  CHECK_STATUS(sabir_port_create(system, NULL, &port, NULL), SABIR_E_LIMIT);
  CHECK(port == NULL);
  CHECK_OK(sabir_actor_stop(system, pids[0]));
  probe_wait_dropped(&actors[0]);
  CHECK(becomes_dead(system, pids[0]));
  probe_init(&successor);
  {
    sabir_behavior *behavior = probe_behavior();
    sabir_spawn_options own = SABIR_SPAWN_OPTIONS_INIT;
    const uint64_t end_ns = now_ns() + PATIENCE_NS;
    sabir_status status;
    own.argument = (uintptr_t)&successor;
    own.drop = probe_drop;
    do {
      status = sabir_spawn(system, behavior, &own, &pid, NULL);
    } while (status == SABIR_E_LIMIT && now_ns() < end_ns);
    CHECK_OK(status);
    sabir_behavior_destroy(&behavior);
  }
  CHECK(pid != pids[0]);
  CHECK_STATUS(sabir_send_bytes(system, pids[0], PROBE_COUNT, NULL, 0), SABIR_E_DEAD);
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 0));
  CHECK(reached(&successor.received, 1));
  end_system(&system);
  for (index = 0; index < MAX; ++index) probe_end(&actors[index]);
  probe_end(&successor);
}

/* An actor in its handler, with wrapped messages queued behind. */
enum { QUEUED = 3 };
struct busy_actor {
  sabir_system *system;
  probe actor;
  sabir_pid pid;
  wrapped queued[QUEUED];
};

static void make_busy(struct busy_actor *self) {
  size_t index;
  self->system = make_system(1);
  probe_init(&self->actor);
  self->pid = probe_spawn(self->system, &self->actor, NULL);
  CHECK_OK(sabir_send_bytes(self->system, self->pid, PROBE_BLOCK, NULL, 0));
  take(&self->actor.entered);
  for (index = 0; index < QUEUED; ++index) {
    sabir_message *message;
    self->queued[index].releases = 0;
    message = wrap_message(PROBE_COUNT, &self->queued[index]);
    REQUIRE_OK(sabir_send(self->system, self->pid, &message));
    CHECK(message == NULL);
  }
}

/* Lets the handler go on and expects the actor to end with reason, its queue handled or dead letters of cause. */
static void end_busy(struct busy_actor *self, int32_t reason, uint64_t handled, int32_t cause) {
  size_t index;
  sem_post(&self->actor.gate);
  take(&self->actor.stopped);
  CHECK_NUMBER((uint32_t)self->actor.exit_reason, (uint32_t)reason);
  CHECK_OK(self->actor.exit_status);
  CHECK_NUMBER(self->actor.exit_pid, self->pid);
  probe_wait_dropped(&self->actor);
  CHECK(becomes_dead(self->system, self->pid));
  CHECK_NUMBER(counted(&self->actor.received), 1 + handled);
  for (index = 0; index < QUEUED; ++index) CHECK(reached(&self->queued[index].releases, 1));
  CHECK(dead_letters_reach(self->system, cause, QUEUED - handled));
  CHECK_STATUS(sabir_send_bytes(self->system, self->pid, PROBE_COUNT, NULL, 0), SABIR_E_DEAD);
  CHECK_STATUS(sabir_actor_stop(self->system, self->pid), SABIR_E_DEAD);
  CHECK_STATUS(sabir_actor_drain(self->system, self->pid), SABIR_E_DEAD);
  CHECK_STATUS(sabir_actor_kill(self->system, self->pid), SABIR_E_DEAD);
  CHECK_NUMBER(dead_letters(self->system, SABIR_CAUSE_ANY), QUEUED - handled);
  end_system(&self->system);
  CHECK_NUMBER(counted(&self->actor.stops), 1);
  CHECK_NUMBER(counted(&self->actor.drops), 1);
  for (index = 0; index < QUEUED; ++index) CHECK_NUMBER(counted(&self->queued[index].releases), 1);
  probe_end(&self->actor);
}

static bool ok_or_dead(sabir_status status) { return status == SABIR_OK || status == SABIR_E_DEAD; }

static void stop_ends_after_the_present_message(void) {
  struct busy_actor busy;
  make_busy(&busy);
  CHECK_OK(sabir_actor_stop(busy.system, busy.pid));
  CHECK(ok_or_dead(sabir_actor_stop(busy.system, busy.pid)));
  end_busy(&busy, SABIR_EXIT_STOPPED, 0, SABIR_CAUSE_STOPPED);
}

static void drain_handles_what_is_queued(void) {
  struct busy_actor busy;
  make_busy(&busy);
  CHECK_OK(sabir_actor_drain(busy.system, busy.pid));
  CHECK_STATUS(sabir_send_bytes(busy.system, busy.pid, PROBE_COUNT, NULL, 0), SABIR_E_DEAD);
  CHECK(ok_or_dead(sabir_actor_drain(busy.system, busy.pid)));
  end_busy(&busy, SABIR_EXIT_NORMAL, QUEUED, SABIR_CAUSE_STOPPED);
}

static void kill_drops_what_is_queued(void) {
  struct busy_actor busy;
  make_busy(&busy);
  CHECK_OK(sabir_actor_kill(busy.system, busy.pid));
  CHECK(ok_or_dead(sabir_actor_kill(busy.system, busy.pid)));
  end_busy(&busy, SABIR_EXIT_KILLED, 0, SABIR_CAUSE_KILLED);
}

static void stop_cuts_a_drain_short(void) {
  struct busy_actor busy;
  make_busy(&busy);
  CHECK_OK(sabir_actor_drain(busy.system, busy.pid));
  CHECK_OK(sabir_actor_stop(busy.system, busy.pid));
  end_busy(&busy, SABIR_EXIT_STOPPED, 0, SABIR_CAUSE_STOPPED);
}

typedef sabir_status (*end_call)(sabir_system *system, sabir_pid pid);

static void ends_an_idle_actor(end_call call, int32_t reason) {
  sabir_system *system = make_system(1);
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 0));
  CHECK(reached(&actor.received, 1));
  CHECK_OK(call(system, pid));
  take(&actor.stopped);
  CHECK_NUMBER((uint32_t)actor.exit_reason, (uint32_t)reason);
  probe_wait_dropped(&actor);
  CHECK(becomes_dead(system, pid));
  end_system(&system);
  probe_end(&actor);
}

static void an_idle_actor_ends_too(void) {
  ends_an_idle_actor(sabir_actor_stop, SABIR_EXIT_STOPPED);
  ends_an_idle_actor(sabir_actor_drain, SABIR_EXIT_NORMAL);
  ends_an_idle_actor(sabir_actor_kill, SABIR_EXIT_KILLED);
}

struct self_end {
  end_call call;
  sabir_system *system;
  sabir_pid pid;
};

static sabir_status end_self(sabir_context *context, sabir_message **message, void *argument) {
  const struct self_end *self = (const struct self_end *)argument;
  (void)message;
  CHECK_NUMBER(sabir_context_self(context), self->pid);
  CHECK_OK(self->call(self->system, self->pid));
  return SABIR_OK;
}

static void ends_itself(end_call call, int32_t reason) {
  sabir_system *system = make_system(1);
  struct self_end self;
  probe actor;
  probe_init(&actor);
  self.call = call;
  self.system = system;
  self.pid = probe_spawn(system, &actor, NULL);
  begin_inside(system, self.pid, end_self, &self);
  take(&actor.stopped);
  CHECK_NUMBER((uint32_t)actor.exit_reason, (uint32_t)reason);
  probe_wait_dropped(&actor);
  end_system(&system);
  probe_end(&actor);
}

static void an_actor_may_end_itself(void) {
  ends_itself(sabir_actor_stop, SABIR_EXIT_STOPPED);
  ends_itself(sabir_actor_drain, SABIR_EXIT_NORMAL);
  ends_itself(sabir_actor_kill, SABIR_EXIT_KILLED);
}

/* An actor that is ended before its start has run may end without start, or after it; never with start alone. */
static void actors_ended_at_once_run_drop_once(void) {
  enum { ACTORS = 300 };
  static probe actors[ACTORS];
  static const end_call calls[] = {sabir_actor_stop, sabir_actor_drain, sabir_actor_kill};
  sabir_system *system = make_system(2);
  size_t index;
  for (index = 0; index < ACTORS; ++index) {
    sabir_pid pid;
    probe_init(&actors[index]);
    pid = probe_spawn(system, &actors[index], NULL);
    CHECK(ok_or_dead(calls[index % 3](system, pid)));
  }
  for (index = 0; index < ACTORS; ++index) {
    take(&actors[index].dropped);
    CHECK_NUMBER(counted(&actors[index].starts), counted(&actors[index].stops));
    CHECK_NUMBER(counted(&actors[index].drops), 1);
  }
  end_system(&system);
  for (index = 0; index < ACTORS; ++index) probe_end(&actors[index]);
}

/* What every call with a pid says of one that is no actor of this system. */
static void every_call_says(sabir_system *system, sabir_pid pid, sabir_status expected) {
  sabir_message *message = make_message(PROBE_COUNT, NULL, 0), *const before = message, *reply = NULL;
  sabir_ref ref = 1;
  CHECK_STATUS(sabir_actor_status(system, pid), expected);
  CHECK_STATUS(sabir_actor_stop(system, pid), expected);
  CHECK_STATUS(sabir_actor_drain(system, pid), expected);
  CHECK_STATUS(sabir_actor_kill(system, pid), expected);
  CHECK_STATUS(sabir_send(system, pid, &message), expected);
  CHECK(message == before);
  CHECK_STATUS(sabir_send_bytes(system, pid, PROBE_COUNT, NULL, 0), expected);
  CHECK_STATUS(sabir_ask(system, pid, &message, PATIENCE_NS, &reply), expected);
  CHECK(message == before);
  sabir_message_destroy(&reply);
  CHECK_STATUS(sabir_ask_bytes(system, pid, PROBE_COUNT, NULL, 0, PATIENCE_NS, &reply), expected);
  sabir_message_destroy(&reply);
  CHECK_STATUS(sabir_ask_begin(system, pid, &message, PATIENCE_NS, (sabir_ask_fn)0, 0, &ref), SABIR_E_INVALID);
  CHECK(message == before);
  sabir_message_destroy(&message);
}

static void wild_and_foreign_pids_are_told_apart(void) {
  sabir_system *system = make_system(1), *other = make_system(1);
  probe actor, stranger;
  sabir_pid pid, foreign;
  probe_init(&actor);
  probe_init(&stranger);
  pid = probe_spawn(system, &actor, NULL);
  foreign = probe_spawn(other, &stranger, NULL);
  every_call_says(system, 0, SABIR_E_NO_ACTOR);
  every_call_says(system, pid ^ HIGH_INDEX_BIT, SABIR_E_NO_ACTOR);
  every_call_says(system, pid + 1, SABIR_E_NO_ACTOR); /* a generation that has not been */
  every_call_says(system, foreign, SABIR_E_FOREIGN);
  every_call_says(other, pid, SABIR_E_FOREIGN);
  every_call_says(system, pid ^ (TAG_BIT << 9), SABIR_E_FOREIGN);
  CHECK_OK(sabir_actor_kill(system, pid));
  CHECK(becomes_dead(system, pid));
  every_call_says(system, pid, SABIR_E_DEAD);
  end_system(&system);
  end_system(&other);
  probe_end(&actor);
  probe_end(&stranger);
}

static void a_stale_pid_stays_dead_when_its_cell_is_used_again(void) {
  enum { ROUNDS = 200 };
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  sabir_system *system;
  sabir_pid pids[ROUNDS];
  size_t index, earlier;
  options.workers = 1;
  options.max_actors = 2;
  system = make_system_with(&options);
  for (index = 0; index < ROUNDS; ++index) {
    probe actor;
    probe_init(&actor);
    pids[index] = probe_spawn(system, &actor, NULL);
    CHECK_OK(sabir_actor_stop(system, pids[index]));
    take(&actor.dropped);
    CHECK(becomes_dead(system, pids[index]));
    CHECK_NUMBER(counted(&actor.received), 0);
    for (earlier = 0; earlier <= index; ++earlier) {
      CHECK(earlier == index || pids[earlier] != pids[index]);
      CHECK_STATUS(sabir_send_bytes(system, pids[earlier], PROBE_COUNT, NULL, 0), SABIR_E_DEAD);
    }
    probe_end(&actor);
  }
  end_system(&system);
}

static void a_port_is_not_ended_like_an_actor(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = NULL;
  sabir_pid pid;
  REQUIRE_OK(sabir_port_create(system, NULL, &port, NULL));
  pid = sabir_port_pid(port);
  CHECK_OK(sabir_actor_status(system, pid));
  CHECK_STATUS(sabir_actor_stop(system, pid), SABIR_E_INVALID);
  CHECK_STATUS(sabir_actor_drain(system, pid), SABIR_E_INVALID);
  CHECK_STATUS(sabir_actor_kill(system, pid), SABIR_E_INVALID);
  CHECK_OK(sabir_actor_status(system, pid));
  sabir_port_destroy(&port);
  CHECK_STATUS(sabir_actor_status(system, pid), SABIR_E_DEAD);
  end_system(&system);
}

static void a_crash_ends_one_actor_and_no_other(void) {
  sabir_system *system = make_system(1);
  probe crashing, other;
  sabir_pid pid, other_pid;
  probe_init(&crashing);
  probe_init(&other);
  pid = probe_spawn(system, &crashing, NULL);
  other_pid = probe_spawn(system, &other, NULL);
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_CRASH, NULL, 0));
  take(&crashing.stopped);
  CHECK_NUMBER((uint32_t)crashing.exit_reason, SABIR_EXIT_CRASHED);
  CHECK_STATUS(crashing.exit_status, PROBE_CRASH_STATUS);
  CHECK_TEXT(crashing.exit_message, PROBE_CRASH_TEXT);
  CHECK_TEXT(crashing.exit_detail, PROBE_CRASH_DETAIL);
  probe_wait_dropped(&crashing);
  CHECK_OK(sabir_send_bytes(system, other_pid, PROBE_COUNT, NULL, 0));
  CHECK(reached(&other.received, 1));
  end_system(&system);
  probe_end(&crashing);
  probe_end(&other);
}

static void what_is_queued_at_a_crash_becomes_dead_letters(void) {
  struct busy_actor busy;
  size_t index;
  make_busy(&busy);
  CHECK_OK(sabir_send_bytes(busy.system, busy.pid, PROBE_CRASH, NULL, 0));
  for (index = 0; index < QUEUED; ++index) CHECK_OK(sabir_send_bytes(busy.system, busy.pid, PROBE_COUNT, NULL, 0));
  sem_post(&busy.actor.gate);
  probe_wait_dropped(&busy.actor);
  CHECK(becomes_dead(busy.system, busy.pid));
  CHECK(dead_letters_reach(busy.system, SABIR_CAUSE_CRASHED, 1 + QUEUED));
  end_system(&busy.system);
  for (index = 0; index < QUEUED; ++index) CHECK_NUMBER(counted(&busy.queued[index].releases), 1);
  probe_end(&busy.actor);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(init_writes_the_initializers),
      TEST(missing_arguments_are_invalid),
      TEST(structure_sizes_are_checked),
      TEST(values_out_of_range_are_invalid),
      TEST(executors_are_checked),
      TEST(a_name_of_255_bytes_is_taken),
      TEST(the_argument_reaches_start_and_drop),
      TEST(a_pid_is_good_for_sends_at_once_and_start_comes_first),
      TEST(actors_alive_at_once_are_limited),
      TEST(stop_ends_after_the_present_message),
      TEST(drain_handles_what_is_queued),
      TEST(kill_drops_what_is_queued),
      TEST(stop_cuts_a_drain_short),
      TEST(an_idle_actor_ends_too),
      TEST(an_actor_may_end_itself),
      TEST(actors_ended_at_once_run_drop_once),
      TEST(wild_and_foreign_pids_are_told_apart),
      TEST(a_stale_pid_stays_dead_when_its_cell_is_used_again),
      TEST(a_port_is_not_ended_like_an_actor),
      TEST(a_crash_ends_one_actor_and_no_other),
      TEST(what_is_queued_at_a_crash_becomes_dead_letters),
  };
  return RUN_TESTS(tests, argc, argv);
}
