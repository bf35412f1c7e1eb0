/* timer.h: messages that come later, never early, and not at all once they were cancelled. Those that actors arm have
 * actor_timer_test.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "watcher.h"

/* A system, and a port that timers fire at. */
struct scene {
  sabir_system *system;
  sabir_port *port;
  sabir_pid pid;
};

static void open_scene_with(struct scene *scene, const sabir_mailbox_options *mailbox) {
  scene->system = make_supervising_system();
  scene->port = open_port(scene->system, mailbox);
  scene->pid = sabir_port_pid(scene->port);
}

static void open_scene(struct scene *scene) { open_scene_with(scene, NULL); }

static void close_scene(struct scene *scene) {
  sabir_port_destroy(&scene->port);
  end_system(&scene->system);
}

static sabir_ref after(const struct scene *scene, sabir_pid to, sabir_message *message, uint64_t delay_ns) {
  sabir_ref ref = 0;
  REQUIRE_OK(sabir_timer_after(scene->system, to, &message, delay_ns, &ref));
  CHECK(message == NULL);
  CHECK(ref != 0);
  return ref;
}

static sabir_ref every(const struct scene *scene, sabir_pid to, sabir_type type, uint64_t interval_ns) {
  sabir_ref ref = 0;
  REQUIRE_OK(sabir_timer_every(scene->system, to, type, interval_ns, &ref));
  CHECK(ref != 0);
  return ref;
}

/* That an ended timer says so. */
static void check_over(const struct scene *scene, sabir_ref ref) { CHECK_STATUS(sabir_timer_cancel(scene->system, ref), SABIR_E_NO_REF); }

static void a_message_comes_after_its_delay(void) {
  const uint64_t delay_ns = 20 * MILLISECOND_NS;
  struct scene scene;
  sabir_message *message;
  sabir_ref ref;
  uint64_t begin_ns;
  open_scene(&scene);
  begin_ns = now_ns();
  ref = after(&scene, scene.pid, make_message(NOTE, "later", 5), delay_ns);
  message = next_message(scene.port, SABIR_KIND_TIMER);
  CHECK(now_ns() - begin_ns >= delay_ns);
  CHECK_NUMBER(sabir_message_ref(message), ref);
  CHECK_NUMBER(sabir_message_type(message), NOTE);
  CHECK_NUMBER(sabir_message_sender(message), 0);
  CHECK_NUMBER(sabir_message_count(message), 1);
  CHECK_OK(sabir_message_status(message));
  CHECK(sabir_message_exit(message) == NULL);
  CHECK_NUMBER(sabir_message_size(message), 5);
  CHECK(memcmp(sabir_message_data(message), "later", 5) == 0);
  check_over(&scene, ref);
  /* It is the caller's, and as good as any. */
  CHECK_OK(sabir_send(scene.system, scene.pid, &message));
  message = next_message(scene.port, SABIR_KIND_MESSAGE);
  CHECK_NUMBER(sabir_message_ref(message), 0);
  sabir_message_destroy(&message);
  check_nothing_in(scene.port);
  close_scene(&scene);
}

static void a_ref_is_not_required(void) {
  struct scene scene;
  sabir_message *message = make_message(NOTE, NULL, 0);
  open_scene(&scene);
  CHECK_OK(sabir_timer_after(scene.system, scene.pid, &message, 0, NULL));
  message = next_message(scene.port, SABIR_KIND_TIMER);
  CHECK(sabir_message_ref(message) != 0);
  sabir_message_destroy(&message);
  CHECK_OK(sabir_timer_every(scene.system, scene.pid, NOTE, MILLISECOND_NS, NULL));
  message = next_message(scene.port, SABIR_KIND_TIMER);
  CHECK_OK(sabir_timer_cancel(scene.system, sabir_message_ref(message)));
  sabir_message_destroy(&message);
  close_scene(&scene);
}

/* Delays of all sizes, in no order; each message holds its number. */
static void none_is_early(void) {
  enum { TIMERS = 500 };
  struct scene scene;
  uint64_t due_ns[TIMERS], number, least_late_ns = UINT64_MAX;
  sabir_ref refs[TIMERS];
  bool seen[TIMERS] = {false};
  int index;
  open_scene(&scene);
  for (number = 0; number < TIMERS; ++number) {
    const uint64_t delay_ns = number * number * UINT64_C(7919977) % (150 * MILLISECOND_NS);
    due_ns[number] = now_ns() + delay_ns;
    refs[number] = after(&scene, scene.pid, make_message(NOTE, &number, sizeof number), delay_ns);
  }
  for (index = 0; index < TIMERS; ++index) {
    sabir_message *message = next_message(scene.port, SABIR_KIND_TIMER);
    const uint64_t received_ns = now_ns();
    memcpy(&number, sabir_message_data(message), sizeof number);
    REQUIRE(number < TIMERS && !seen[number]);
    seen[number] = true;
    CHECK(received_ns >= due_ns[number]);
    if (received_ns >= due_ns[number] && received_ns - due_ns[number] < least_late_ns) least_late_ns = received_ns - due_ns[number];
    CHECK_NUMBER(sabir_message_ref(message), refs[number]);
    sabir_message_destroy(&message);
  }
  for (index = 0; index < TIMERS; ++index) check_over(&scene, refs[index]);
  printf("the least late of %d was %" PRIu64 " us late\n", TIMERS, least_late_ns / 1000);
  check_nothing_in(scene.port);
  close_scene(&scene);
}

static void a_delay_may_be_as_long_as_the_limit(void) {
  static const uint64_t delays_ns[] = {UINT64_C(0x3fffffffffffffff), 365 * 24 * 3600 * SECOND_NS, 3600 * SECOND_NS, 100 * SECOND_NS};
  enum { DELAYS = sizeof delays_ns / sizeof delays_ns[0] };
  struct scene scene;
  sabir_ref refs[DELAYS], ticking;
  size_t index;
  open_scene(&scene);
  CHECK_NUMBER(SABIR_TIMER_LIMIT_NS, delays_ns[0]);
  for (index = 0; index < DELAYS; ++index) refs[index] = after(&scene, scene.pid, make_message(NOTE, NULL, 0), delays_ns[index]);
  ticking = every(&scene, scene.pid, NOTE, SABIR_TIMER_LIMIT_NS);
  let_pass(20 * MILLISECOND_NS);
  check_nothing_in(scene.port);
  for (index = 0; index < DELAYS; ++index) CHECK_OK(sabir_timer_cancel(scene.system, refs[index]));
  CHECK_OK(sabir_timer_cancel(scene.system, ticking));
  close_scene(&scene);
}

static void a_cancelled_one_does_not_come(void) {
  struct scene scene;
  wrapped memory = {0, "cancelled"};
  sabir_ref ref, other;
  sabir_message *message;
  open_scene(&scene);
  ref = after(&scene, scene.pid, wrap_message(NOTE, &memory), 10 * MILLISECOND_NS);
  other = after(&scene, scene.pid, make_message(NOTE + 1, NULL, 0), 30 * MILLISECOND_NS);
  CHECK_NUMBER(counted(&memory.releases), 0);
  CHECK_OK(sabir_timer_cancel(scene.system, ref));
  CHECK(reached(&memory.releases, 1));
  check_over(&scene, ref);
  message = next_message(scene.port, SABIR_KIND_TIMER);
  CHECK_NUMBER(sabir_message_ref(message), other);
  sabir_message_destroy(&message);
  check_over(&scene, ref);
  check_over(&scene, other);
  check_nothing_in(scene.port);
  close_scene(&scene);
  CHECK_NUMBER(counted(&memory.releases), 1);
}

static void not_even_when_it_is_queued(void) {
  enum { TIMERS = 10 };
  struct scene scene;
  wrapped memory[TIMERS];
  sabir_ref refs[TIMERS], ticking;
  size_t index;
  open_scene(&scene);
  memset(memory, 0, sizeof memory);
  for (index = 0; index < TIMERS; ++index) refs[index] = after(&scene, scene.pid, wrap_message(NOTE, &memory[index]), index % 3);
  ticking = every(&scene, scene.pid, NOTE, MILLISECOND_NS);
  let_pass(50 * MILLISECOND_NS);
  for (index = 0; index < TIMERS; ++index) CHECK_OK(sabir_timer_cancel(scene.system, refs[index]));
  CHECK_OK(sabir_timer_cancel(scene.system, ticking));
  check_over(&scene, refs[0]);
  check_over(&scene, ticking);
  check_nothing_in(scene.port);
  CHECK_NUMBER(dead_letters(scene.system, SABIR_CAUSE_ANY), 0);
  close_scene(&scene);
  for (index = 0; index < TIMERS; ++index) CHECK_NUMBER(counted(&memory[index].releases), 1);
}

/* The same with an actor that is busy, and one of which it has received by then. */
static void an_actor_does_not_get_it_either(void) {
  struct scene scene;
  watcher busy;
  sabir_pid pid;
  sabir_ref received, queued;
  open_scene(&scene);
  watcher_init(&busy);
  pid = watcher_spawn(scene.system, &busy, NULL);
  received = after(&scene, pid, make_message(NOTE, NULL, 0), 0);
  CHECK_NUMBER(next_event(&busy)->ref, received);
  CHECK_STATUS(sabir_timer_cancel(scene.system, received), SABIR_E_NO_REF);
  hold(scene.system, &busy.actor, pid);
  queued = after(&scene, pid, make_message(NOTE, NULL, 0), 0);
  let_pass(20 * MILLISECOND_NS);
  CHECK_OK(sabir_timer_cancel(scene.system, queued));
  let_go(&busy.actor);
  check_told_nothing(scene.system, &busy, pid);
  close_scene(&scene);
  watcher_end(&busy);
}

static void every_comes_again_and_again(void) {
  const uint64_t interval_ns = 5 * MILLISECOND_NS;
  struct scene scene;
  uint64_t begin_ns, sum = 0;
  sabir_ref ref;
  open_scene(&scene);
  begin_ns = now_ns();
  ref = every(&scene, scene.pid, NOTE, interval_ns);
  while (sum < 20) {
    sabir_message *message = next_message(scene.port, SABIR_KIND_TIMER);
    CHECK_NUMBER(sabir_message_ref(message), ref);
    CHECK_NUMBER(sabir_message_type(message), NOTE);
    CHECK_NUMBER(sabir_message_size(message), 0);
    CHECK_NUMBER(sabir_message_sender(message), 0);
    CHECK(sabir_message_count(message) > 0);
    sum += sabir_message_count(message);
    CHECK(now_ns() - begin_ns >= sum * interval_ns); /* never early */
    sabir_message_destroy(&message);
  }
  CHECK_OK(sabir_timer_cancel(scene.system, ref));
  check_over(&scene, ref);
  let_pass(3 * interval_ns);
  check_nothing_in(scene.port);
  close_scene(&scene);
}

/* Writes down how much a watcher had been told when the message came that was sent behind its ticks. */
struct snapshot {
  watcher *busy;
  uint64_t seen;
};

static sabir_status take_snapshot(sabir_context *context, sabir_message **message, void *argument) {
  struct snapshot *snapshot = (struct snapshot *)argument;
  (void)context, (void)message;
  snapshot->seen = counted(&snapshot->busy->seen);
  return SABIR_OK;
}

static void there_is_one_of_it_in_the_mailbox(void) {
  const uint64_t interval_ns = 20 * MILLISECOND_NS;
  struct scene scene;
  struct snapshot snapshot;
  watcher busy;
  sabir_pid pid;
  sabir_ref ref;
  uint64_t begin_ns, sum = 0, events = 0;
  open_scene(&scene);
  watcher_init(&busy);
  pid = watcher_spawn(scene.system, &busy, NULL);
  hold(scene.system, &busy.actor, pid);
  begin_ns = now_ns();
  ref = every(&scene, pid, NOTE, interval_ns);
  let_pass(10 * interval_ns);
  snapshot.busy = &busy;
  begin_inside(scene.system, pid, take_snapshot, &snapshot);
  let_go(&busy.actor);
  for (; sum < 12; ++events) {
    const struct event *event = next_event(&busy);
    CHECK_NUMBER((uint32_t)event->kind, SABIR_KIND_TIMER);
    CHECK_NUMBER(event->ref, ref);
    sum += event->count;
    CHECK(event->at_ns - begin_ns >= sum * interval_ns);
  }
  CHECK(events <= 6); /* the first stands for itself or all of the ten, or the second for what it missed */
  settle(scene.system, pid);
  CHECK_NUMBER(snapshot.seen, 1);
  CHECK_OK(sabir_timer_cancel(scene.system, ref));
  close_scene(&scene);
  watcher_end(&busy);
}

static void a_timer_is_exempt_from_the_bound(void) {
  enum { TIMERS = 20 };
  static const uint32_t overflows[] = {SABIR_OVERFLOW_REJECT, SABIR_OVERFLOW_BLOCK};
  size_t round;
  for (round = 0; round < 2; ++round) {
    struct scene scene;
    sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
    sabir_message *message;
    int index;
    mailbox.capacity = 2;
    mailbox.overflow = overflows[round];
    mailbox.block_timeout_ns = 1;
    open_scene_with(&scene, &mailbox);
    CHECK_OK(sabir_send_bytes(scene.system, scene.pid, NOTE, NULL, 0));
    CHECK_OK(sabir_send_bytes(scene.system, scene.pid, NOTE, NULL, 0));
    for (index = 0; index < TIMERS; ++index) after(&scene, scene.pid, make_message(NOTE, NULL, 0), (uint64_t)index * 100000);
    let_pass(10 * MILLISECOND_NS);
    CHECK_STATUS(sabir_send_bytes(scene.system, scene.pid, NOTE, NULL, 0), SABIR_E_MAILBOX_FULL);
    for (index = 0; index < 2; ++index) {
      message = next_message(scene.port, SABIR_KIND_MESSAGE);
      sabir_message_destroy(&message);
    }
    for (index = 0; index < TIMERS; ++index) {
      message = next_message(scene.port, SABIR_KIND_TIMER);
      sabir_message_destroy(&message);
    }
    check_nothing_in(scene.port);
    close_scene(&scene);
  }
}

static void who_is_gone_when_it_fires_makes_a_dead_letter(void) {
  struct scene scene;
  probe actor;
  sabir_pid pid;
  sabir_ref once, ticking;
  open_scene(&scene);
  probe_init(&actor);
  pid = probe_spawn(scene.system, &actor, NULL);
  once = after(&scene, pid, make_message(PROBE_COUNT, NULL, 0), 100 * MILLISECOND_NS);
  CHECK_OK(sabir_actor_kill(scene.system, pid));
  take(&actor.dropped);
  CHECK(becomes_dead(scene.system, pid));
  CHECK(dead_letters_reach(scene.system, SABIR_CAUSE_STOPPED, 1));
  CHECK_NUMBER(dead_letters(scene.system, SABIR_CAUSE_ANY), 1);
  check_over(&scene, once);
  CHECK_NUMBER(counted(&actor.received), 0);
  probe_end(&actor);
  probe_init(&actor);
  pid = probe_spawn(scene.system, &actor, NULL);
  ticking = every(&scene, pid, PROBE_COUNT, 100 * MILLISECOND_NS);
  CHECK_OK(sabir_actor_kill(scene.system, pid));
  CHECK(becomes_dead(scene.system, pid));
  CHECK(dead_letters_reach(scene.system, SABIR_CAUSE_ANY, 2));
  let_pass(250 * MILLISECOND_NS);
  CHECK_NUMBER(dead_letters(scene.system, SABIR_CAUSE_ANY), 2);
  check_over(&scene, ticking);
  close_scene(&scene);
  CHECK_NUMBER(counted(&actor.received), 0);
  probe_end(&actor);
}

static void a_restart_of_the_receiver_does_not_end_it(void) {
  struct scene scene;
  watcher child;
  sabir_pid pid;
  sabir_ref ref;
  open_scene(&scene);
  watcher_init(&child);
  pid = watcher_supervise(scene.system, &child, "child", SABIR_PERMANENT);
  ref = after(&scene, pid, make_message(NOTE, NULL, 0), 50 * MILLISECOND_NS);
  child_do(scene.system, SABIR_CHILD_RESTART, "child");
  CHECK_NUMBER(next_event(&child)->ref, ref);
  CHECK_NUMBER(counted(&child.actor.starts), 2);
  close_scene(&scene);
  watcher_end(&child);
}

static void a_shutdown_ends_all(void) {
  struct scene scene;
  wrapped memory = {0, "armed"};
  sabir_message *message = make_message(NOTE, NULL, 0);
  sabir_ref ref, ticking, refused = 1;
  open_scene(&scene);
  ref = after(&scene, scene.pid, wrap_message(NOTE, &memory), 3600 * SECOND_NS);
  ticking = every(&scene, scene.pid, NOTE, 3600 * SECOND_NS);
  CHECK_OK(sabir_system_shutdown(scene.system, PATIENCE_NS, NULL));
  CHECK_NUMBER(counted(&memory.releases), 1);
  check_over(&scene, ref);
  check_over(&scene, ticking);
  CHECK_STATUS(sabir_timer_after(scene.system, scene.pid, &message, 0, &refused), SABIR_E_CLOSED);
  CHECK_NUMBER(refused, 0);
  CHECK(message != NULL);
  refused = 1;
  CHECK_STATUS(sabir_timer_every(scene.system, scene.pid, NOTE, MILLISECOND_NS, &refused), SABIR_E_CLOSED);
  CHECK_NUMBER(refused, 0);
  sabir_message_destroy(&message);
  close_scene(&scene);
  CHECK_NUMBER(counted(&memory.releases), 1);
}

static void refused_after(const struct scene *scene, sabir_pid to, sabir_message **message, uint64_t delay_ns, sabir_status expected) {
  sabir_message *const before = message == NULL ? NULL : *message;
  sabir_ref ref = 1;
  CHECK_STATUS(sabir_timer_after(scene->system, to, message, delay_ns, &ref), expected);
  CHECK_NUMBER(ref, 0);
  if (message != NULL) CHECK(*message == before);
}

static void refused_every(const struct scene *scene, sabir_pid to, uint64_t interval_ns, sabir_status expected) {
  sabir_ref ref = 1;
  CHECK_STATUS(sabir_timer_every(scene->system, to, NOTE, interval_ns, &ref), expected);
  CHECK_NUMBER(ref, 0);
}

static void bad_arguments_are_refused(void) {
  struct scene scene, foreign;
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  sabir_message *message = make_message(NOTE, "0123456789", 10), *none = NULL;
  sabir_pid dead;
  open_scene(&scene);
  open_scene(&foreign);
  dead = dead_pid(scene.system);
  refused_after(&scene, scene.pid, NULL, 0, SABIR_E_INVALID);
  refused_after(&scene, scene.pid, &none, 0, SABIR_E_INVALID);
  refused_after(&scene, scene.pid, &message, SABIR_TIMER_LIMIT_NS + 1, SABIR_E_INVALID);
  refused_after(&scene, scene.pid, &message, SABIR_FOREVER, SABIR_E_INVALID);
  refused_after(&scene, 0, &message, 0, SABIR_E_NO_ACTOR);
  refused_after(&scene, dead, &message, 0, SABIR_E_DEAD);
  refused_after(&scene, foreign.pid, &message, 0, SABIR_E_FOREIGN);
  refused_every(&scene, scene.pid, 0, SABIR_E_INVALID);
  refused_every(&scene, scene.pid, MILLISECOND_NS - 1, SABIR_E_INVALID);
  refused_every(&scene, scene.pid, SABIR_TIMER_LIMIT_NS + 1, SABIR_E_INVALID);
  refused_every(&scene, scene.pid, SABIR_FOREVER, SABIR_E_INVALID);
  refused_every(&scene, 0, MILLISECOND_NS, SABIR_E_NO_ACTOR);
  refused_every(&scene, dead, MILLISECOND_NS, SABIR_E_DEAD);
  refused_every(&scene, foreign.pid, MILLISECOND_NS, SABIR_E_FOREIGN);
  CHECK_STATUS(sabir_timer_cancel(scene.system, 0), SABIR_E_NO_REF);
  {
    const sabir_ref ref = after(&foreign, foreign.pid, make_message(NOTE, NULL, 0), 3600 * SECOND_NS);
    CHECK_STATUS(sabir_timer_cancel(scene.system, ref), SABIR_E_FOREIGN);
    CHECK_OK(sabir_timer_cancel(foreign.system, ref));
  }
  let_pass(5 * MILLISECOND_NS);
  check_nothing_in(scene.port);
  close_scene(&scene);
  close_scene(&foreign);
  options.message_size_limit = 9;
  scene.system = make_system_with(&options);
  scene.port = open_port(scene.system, NULL);
  scene.pid = sabir_port_pid(scene.port);
  refused_after(&scene, scene.pid, &message, 0, SABIR_E_TOO_BIG);
  close_scene(&scene);
  sabir_message_destroy(&message);
}

static void armed_and_cancelled_ones_leave_no_memory(void) {
  enum { TIMERS = 100000, SLAB = 16384 };
  struct scene scene;
  sabir_ref *refs = (sabir_ref *)malloc(TIMERS * sizeof *refs);
  uint64_t before_bytes;
  int index, round;
  REQUIRE(refs != NULL);
  open_scene(&scene);
  before_bytes = counters_of(scene.system).message_bytes;
  for (round = 0; round < 2; ++round) {
    for (index = 0; index < TIMERS; ++index)
      refs[index] = after(&scene, scene.pid, make_message(NOTE, &index, sizeof index), (1 + (uint64_t)index % 1000) * 60 * SECOND_NS);
    CHECK(counters_of(scene.system).message_bytes > before_bytes + SLAB);
    for (index = 0; index < TIMERS; ++index) CHECK_OK(sabir_timer_cancel(scene.system, refs[index]));
    CHECK(counters_of(scene.system).message_bytes <= before_bytes + SLAB);
  }
  for (index = 0; index < TIMERS; ++index)
    CHECK_OK(sabir_timer_cancel(scene.system, after(&scene, scene.pid, make_message(NOTE, NULL, 0), 3600 * SECOND_NS)));
  CHECK(counters_of(scene.system).message_bytes <= before_bytes + SLAB);
  CHECK_NUMBER(dead_letters(scene.system, SABIR_CAUSE_ANY), 0);
  close_scene(&scene);
  free(refs);
}

/* Threads that arm and cancel at once; a timer is received, or its cancel says OK, and never both. */
enum { THREADS = 4, EACH = TEST_SANITIZED ? 500 : 5000 };
struct arming {
  const struct scene *scene;
  uint64_t cancelled;
};

static void *arm_and_cancel(void *argument) {
  struct arming *arming = (struct arming *)argument;
  sabir_ref refs[EACH];
  int index;
  for (index = 0; index < EACH; ++index) {
    refs[index] = after(arming->scene, arming->scene->pid, make_message(NOTE, NULL, 0), (uint64_t)(index % 7) * 200000);
    if (index >= 20) {
      const sabir_status status = sabir_timer_cancel(arming->scene->system, refs[index - 20]);
      CHECK(status == SABIR_OK || status == SABIR_E_NO_REF);
      if (status == SABIR_OK) count(&arming->cancelled);
    }
  }
  return NULL;
}

static uint64_t cancelled_by(const struct arming *armings) {
  uint64_t sum = 0;
  size_t index;
  for (index = 0; index < THREADS; ++index) sum += counted(&armings[index].cancelled);
  return sum;
}

static void any_thread_may_arm_and_cancel(void) {
  struct scene scene;
  struct arming armings[THREADS];
  pthread_t threads[THREADS];
  const uint64_t end_ns = now_ns() + PATIENCE_NS;
  uint64_t received = 0;
  size_t index;
  open_scene(&scene);
  memset(armings, 0, sizeof armings);
  for (index = 0; index < THREADS; ++index) {
    armings[index].scene = &scene;
    threads[index] = start_thread(arm_and_cancel, &armings[index]);
  }
  while (received + cancelled_by(armings) < THREADS * EACH && now_ns() < end_ns) {
    sabir_message *message = NULL;
    const sabir_status status = sabir_port_receive(scene.port, MILLISECOND_NS, &message);
    CHECK(status == SABIR_OK || status == SABIR_E_TIMEOUT);
    if (status == SABIR_OK) CHECK_NUMBER((uint32_t)sabir_message_kind(message), SABIR_KIND_TIMER);
    received += status == SABIR_OK;
    sabir_message_destroy(&message);
  }
  for (index = 0; index < THREADS; ++index) join_thread(threads[index]);
  printf("%" PRIu64 " received, %" PRIu64 " cancelled\n", received, cancelled_by(armings));
  let_pass(5 * MILLISECOND_NS);
  check_nothing_in(scene.port);
  CHECK_NUMBER(received + cancelled_by(armings), THREADS * EACH);
  close_scene(&scene);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(a_message_comes_after_its_delay),
      TEST(a_ref_is_not_required),
      TEST(none_is_early),
      TEST(a_delay_may_be_as_long_as_the_limit),
      TEST(a_cancelled_one_does_not_come),
      TEST(not_even_when_it_is_queued),
      TEST(an_actor_does_not_get_it_either),
      TEST(every_comes_again_and_again),
      TEST(there_is_one_of_it_in_the_mailbox),
      TEST(a_timer_is_exempt_from_the_bound),
      TEST(who_is_gone_when_it_fires_makes_a_dead_letter),
      TEST(a_restart_of_the_receiver_does_not_end_it),
      TEST(a_shutdown_ends_all),
      TEST(bad_arguments_are_refused),
      TEST(armed_and_cancelled_ones_leave_no_memory),
      TEST(any_thread_may_arm_and_cancel),
  };
  return RUN_TESTS(tests, argc, argv);
}
