/* link.h: actors that end together.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "watcher.h"

/* A system and actors in it, each watched by a port of its own, so that a test sees why it ended. */
enum { MEMBERS = 3 };
struct member {
  watcher watcher;
  sabir_pid pid;
  sabir_port *port;
};
struct scene {
  sabir_system *system;
  struct member members[MEMBERS];
  struct member *first, *second, *third;
};

static void watch(struct scene *scene, struct member *member) {
  sabir_ref ref = 0;
  settle(scene->system, member->pid);
  REQUIRE_OK(sabir_port_monitor(member->port, member->pid, 0, &ref));
}

/* The second of them is supervised, or none. */
static void open_scene_with(struct scene *scene, bool supervised, uint32_t restart) {
  size_t index;
  scene->system = make_supervising_system();
  scene->first = &scene->members[0];
  scene->second = &scene->members[1];
  scene->third = &scene->members[2];
  for (index = 0; index < MEMBERS; ++index) {
    struct member *member = &scene->members[index];
    watcher_init(&member->watcher);
    member->port = open_port(scene->system, NULL);
    if (supervised && index == 1)
      member->pid = watcher_supervise(scene->system, &member->watcher, "second", restart);
    else
      member->pid = watcher_spawn(scene->system, &member->watcher, NULL);
    watch(scene, member);
  }
}

static void open_scene(struct scene *scene) { open_scene_with(scene, false, 0); }

static void close_scene(struct scene *scene) {
  size_t index;
  for (index = 0; index < MEMBERS; ++index) sabir_port_destroy(&scene->members[index].port);
  end_system(&scene->system);
  for (index = 0; index < MEMBERS; ++index) watcher_end(&scene->members[index].watcher);
}

/* A call of link.h, to be made inside a handler. */
enum { LINK, UNLINK, TRAP, TRAP_NOT };
struct call {
  int what;
  sabir_pid whom;
  sabir_status status;
};

static sabir_status call_inside(sabir_context *context, sabir_message **message, void *argument) {
  struct call *call = (struct call *)argument;
  (void)message;
  if (call->what == LINK) call->status = sabir_context_link(context, call->whom);
  if (call->what == UNLINK) call->status = sabir_context_unlink(context, call->whom);
  if (call->what == TRAP) call->status = sabir_context_trap_exits(context, true);
  if (call->what == TRAP_NOT) call->status = sabir_context_trap_exits(context, false);
  return SABIR_OK;
}

static sabir_status call_in(struct scene *scene, const struct member *member, int what, sabir_pid whom) {
  struct call call;
  call.what = what;
  call.whom = whom;
  call.status = 1;
  run_inside(scene->system, member->pid, call_inside, &call);
  return call.status;
}

static void link_them(struct scene *scene, const struct member *one, const struct member *other) {
  REQUIRE_OK(call_in(scene, one, LINK, other->pid));
}

static void trap(struct scene *scene, const struct member *member) { REQUIRE_OK(call_in(scene, member, TRAP, 0)); }

static void crash(struct scene *scene, const struct member *member) {
  CHECK_OK(sabir_send_bytes(scene->system, member->pid, PROBE_CRASH, NULL, 0));
}

/* Waits for the end of an actor, which must be of that reason; the exit is the caller's. */
static sabir_exit *expect_end(struct member *member, int32_t reason) {
  sabir_message *down = next_message(member->port, SABIR_KIND_DOWN);
  sabir_exit *exit = sabir_exit_retain(sabir_message_exit(down));
  CHECK_NUMBER(sabir_message_sender(down), member->pid);
  REQUIRE(exit != NULL);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(exit), (uint32_t)reason);
  CHECK_NUMBER(sabir_exit_pid(exit), member->pid);
  sabir_message_destroy(&down);
  return exit;
}

static void expect_end_of(struct member *member, int32_t reason) {
  sabir_exit *exit = expect_end(member, reason);
  sabir_exit_release(&exit);
}

/* It lives, and was told nothing but what was read. */
static void expect_untouched(struct scene *scene, struct member *member) {
  check_told_nothing(scene->system, &member->watcher, member->pid);
  check_nothing_in(member->port);
}

/* The next event must be the EXIT of that actor. */
static const sabir_exit *expect_exit(struct member *member, sabir_pid whom, int32_t reason) {
  const struct event *event = next_event(&member->watcher);
  CHECK_NUMBER((uint32_t)event->kind, SABIR_KIND_EXIT);
  CHECK_NUMBER(event->sender, whom);
  CHECK_NUMBER(event->count, 1);
  CHECK_STATUS(event->sender_status, SABIR_E_DEAD);
  REQUIRE(event->exit != NULL);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(event->exit), (uint32_t)reason);
  CHECK_NUMBER(sabir_exit_pid(event->exit), whom);
  return event->exit;
}

/* The exit of an actor that ended with a link: LINKED, and the crash of whom. */
static void check_caused_by_crash(const sabir_exit *exit, sabir_pid whom) {
  const sabir_exit *cause = sabir_exit_cause(exit);
  REQUIRE(cause != NULL);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(cause), SABIR_EXIT_CRASHED);
  CHECK_NUMBER(sabir_exit_pid(cause), whom);
  CHECK_STATUS(sabir_exit_status(cause), PROBE_CRASH_STATUS);
  CHECK_TEXT(sabir_exit_message(cause), PROBE_CRASH_TEXT);
  CHECK_TEXT(sabir_exit_detail(cause), PROBE_CRASH_DETAIL);
  CHECK(sabir_exit_cause(cause) == NULL);
}

static void a_link_is_mutual(void) {
  int round;
  for (round = 0; round < 2; ++round) {
    struct scene scene;
    struct member *dying, *other;
    sabir_exit *exit;
    open_scene(&scene);
    dying = round == 0 ? scene.first : scene.second;
    other = round == 0 ? scene.second : scene.first;
    link_them(&scene, scene.first, scene.second);
    crash(&scene, dying);
    expect_end_of(dying, SABIR_EXIT_CRASHED);
    exit = expect_end(other, SABIR_EXIT_LINKED);
    check_caused_by_crash(exit, dying->pid);
    sabir_exit_release(&exit);
    take(&other->watcher.actor.stopped);
    CHECK_NUMBER((uint32_t)other->watcher.actor.exit_reason, SABIR_EXIT_LINKED);
    CHECK_NUMBER(counted(&other->watcher.actor.stops), 1);
    CHECK_NUMBER(counted(&other->watcher.seen), 0);
    expect_untouched(&scene, scene.third);
    close_scene(&scene);
  }
}

enum { BY_ITSELF, BY_STOP, BY_DRAIN, BY_KILL, WAYS };
static const int32_t reasons[WAYS] = {SABIR_EXIT_NORMAL, SABIR_EXIT_STOPPED, SABIR_EXIT_NORMAL, SABIR_EXIT_KILLED};

static void end_member(struct scene *scene, const struct member *member, int way) {
  if (way == BY_ITSELF) CHECK_OK(sabir_send_bytes(scene->system, member->pid, PROBE_STOP, NULL, 0));
  if (way == BY_STOP) CHECK_OK(sabir_actor_stop(scene->system, member->pid));
  if (way == BY_DRAIN) CHECK_OK(sabir_actor_drain(scene->system, member->pid));
  if (way == BY_KILL) CHECK_OK(sabir_actor_kill(scene->system, member->pid));
}

static void only_abnormal_ends_end_the_other(void) {
  int way;
  for (way = BY_ITSELF; way < WAYS; ++way) {
    struct scene scene;
    open_scene(&scene);
    link_them(&scene, scene.first, scene.second);
    end_member(&scene, scene.second, way);
    expect_end_of(scene.second, reasons[way]);
    if (sabir_exit_is_abnormal(reasons[way]))
      expect_end_of(scene.first, SABIR_EXIT_LINKED);
    else
      expect_untouched(&scene, scene.first);
    close_scene(&scene);
  }
}

static void who_traps_gets_a_message_whatever_the_reason(void) {
  int way;
  for (way = BY_ITSELF; way < WAYS; ++way) {
    struct scene scene;
    open_scene(&scene);
    trap(&scene, scene.first);
    link_them(&scene, scene.second, scene.first);
    end_member(&scene, scene.second, way);
    CHECK(sabir_exit_cause(expect_exit(scene.first, scene.second->pid, reasons[way])) == NULL);
    CHECK_STATUS(call_in(&scene, scene.first, UNLINK, scene.second->pid), SABIR_E_NO_REF); /* it is over */
    expect_untouched(&scene, scene.first);
    close_scene(&scene);
  }
}

static void the_message_of_a_crash_carries_its_text(void) {
  struct scene scene;
  const sabir_exit *exit;
  open_scene(&scene);
  trap(&scene, scene.first);
  link_them(&scene, scene.first, scene.second);
  crash(&scene, scene.second);
  exit = expect_exit(scene.first, scene.second->pid, SABIR_EXIT_CRASHED);
  CHECK_STATUS(sabir_exit_status(exit), PROBE_CRASH_STATUS);
  CHECK_TEXT(sabir_exit_message(exit), PROBE_CRASH_TEXT);
  CHECK_TEXT(sabir_exit_detail(exit), PROBE_CRASH_DETAIL);
  /* And off again. */
  link_them(&scene, scene.first, scene.third);
  REQUIRE_OK(call_in(&scene, scene.first, TRAP_NOT, 0));
  crash(&scene, scene.third);
  expect_end_of(scene.first, SABIR_EXIT_LINKED);
  CHECK_NUMBER(counted(&scene.first->watcher.seen), 1);
  close_scene(&scene);
}

static void causes_make_a_chain(void) {
  struct scene scene;
  sabir_exit *exit;
  open_scene(&scene);
  link_them(&scene, scene.first, scene.second);
  link_them(&scene, scene.third, scene.second);
  crash(&scene, scene.first);
  exit = expect_end(scene.third, SABIR_EXIT_LINKED);
  REQUIRE(sabir_exit_cause(exit) != NULL);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(sabir_exit_cause(exit)), SABIR_EXIT_LINKED);
  CHECK_NUMBER(sabir_exit_pid(sabir_exit_cause(exit)), scene.second->pid);
  check_caused_by_crash(sabir_exit_cause(exit), scene.first->pid);
  close_scene(&scene);
  check_caused_by_crash(sabir_exit_cause(exit), scene.first->pid); /* the chain lives as long as its end */
  sabir_exit_release(&exit);
}

static void a_ring_ends_once(void) {
  struct scene scene;
  size_t index;
  open_scene(&scene);
  link_them(&scene, scene.first, scene.second);
  link_them(&scene, scene.second, scene.third);
  link_them(&scene, scene.third, scene.first);
  crash(&scene, scene.first);
  expect_end_of(scene.first, SABIR_EXIT_CRASHED);
  expect_end_of(scene.second, SABIR_EXIT_LINKED);
  expect_end_of(scene.third, SABIR_EXIT_LINKED);
  for (index = 0; index < MEMBERS; ++index) CHECK_NUMBER(counted(&scene.members[index].watcher.actor.stops), 1);
  close_scene(&scene);
}

static void there_is_one_link_between_two(void) {
  struct scene scene;
  open_scene(&scene);
  trap(&scene, scene.first);
  link_them(&scene, scene.first, scene.second);
  link_them(&scene, scene.first, scene.second);
  link_them(&scene, scene.second, scene.first);
  CHECK_OK(call_in(&scene, scene.first, UNLINK, scene.second->pid));
  CHECK_STATUS(call_in(&scene, scene.first, UNLINK, scene.second->pid), SABIR_E_NO_REF);
  CHECK_STATUS(call_in(&scene, scene.second, UNLINK, scene.first->pid), SABIR_E_NO_REF);
  link_them(&scene, scene.second, scene.first);
  link_them(&scene, scene.first, scene.second);
  crash(&scene, scene.second);
  expect_exit(scene.first, scene.second->pid, SABIR_EXIT_CRASHED);
  expect_untouched(&scene, scene.first);
  close_scene(&scene);
}

static void either_may_unlink(void) {
  struct scene scene;
  open_scene(&scene);
  link_them(&scene, scene.first, scene.second);
  CHECK_OK(call_in(&scene, scene.second, UNLINK, scene.first->pid));
  crash(&scene, scene.first);
  expect_end_of(scene.first, SABIR_EXIT_CRASHED);
  expect_untouched(&scene, scene.second);
  close_scene(&scene);
}

/* Unlinks when the other is dead, in one handler, so that its exit can only be queued. */
static sabir_status unlink_late(sabir_context *context, sabir_message **message, void *argument) {
  struct scene *scene = (struct scene *)argument;
  (void)message;
  CHECK_OK(sabir_context_link(context, scene->second->pid));
  CHECK_OK(sabir_actor_kill(scene->system, scene->second->pid));
  CHECK(becomes_dead(scene->system, scene->second->pid));
  let_pass(5 * MILLISECOND_NS);
  CHECK_OK(sabir_context_unlink(context, scene->second->pid));
  CHECK_STATUS(sabir_context_unlink(context, scene->second->pid), SABIR_E_NO_REF);
  return SABIR_OK;
}

static void unlink_takes_back_a_queued_exit(void) {
  int trapping;
  for (trapping = 0; trapping < 2; ++trapping) {
    struct scene scene;
    open_scene(&scene);
    if (trapping) trap(&scene, scene.first);
    run_inside(scene.system, scene.first->pid, unlink_late, &scene);
    expect_untouched(&scene, scene.first);
    close_scene(&scene);
  }
}

static void a_link_to_the_dead_ends_at_once(void) {
  struct scene scene;
  sabir_exit *exit;
  open_scene(&scene);
  CHECK_OK(sabir_actor_stop(scene.system, scene.second->pid));
  expect_end_of(scene.second, SABIR_EXIT_STOPPED);
  trap(&scene, scene.first);
  link_them(&scene, scene.first, scene.second);
  expect_exit(scene.first, scene.second->pid, SABIR_EXIT_NO_ACTOR);
  expect_untouched(&scene, scene.first);
  link_them(&scene, scene.third, scene.second);
  exit = expect_end(scene.third, SABIR_EXIT_LINKED);
  REQUIRE(sabir_exit_cause(exit) != NULL);
  CHECK_NUMBER((uint32_t)sabir_exit_reason(sabir_exit_cause(exit)), SABIR_EXIT_NO_ACTOR);
  CHECK_NUMBER(sabir_exit_pid(sabir_exit_cause(exit)), scene.second->pid);
  sabir_exit_release(&exit);
  close_scene(&scene);
}

/* Sends notes to another, and crashes. */
static sabir_status last_words(sabir_context *context, sabir_message **message, void *argument) {
  int number;
  (void)message;
  for (number = 0; number < 100; ++number)
    CHECK_OK(sabir_context_send_bytes(context, *(const sabir_pid *)argument, NOTE + (sabir_type)number, NULL, 0));
  return 1;
}

static void an_exit_travels_behind_the_last_messages(void) {
  int trapping, number;
  for (trapping = 0; trapping < 2; ++trapping) {
    struct scene scene;
    open_scene(&scene);
    if (trapping) trap(&scene, scene.first);
    link_them(&scene, scene.first, scene.second);
    begin_inside(scene.system, scene.second->pid, last_words, &scene.first->pid);
    for (number = 0; number < 100; ++number) CHECK_NUMBER(next_event(&scene.first->watcher)->type, NOTE + number);
    if (trapping)
      expect_exit(scene.first, scene.second->pid, SABIR_EXIT_CRASHED);
    else
      expect_end_of(scene.first, SABIR_EXIT_LINKED);
    CHECK_NUMBER(counted(&scene.first->watcher.seen), scene.first->watcher.read);
    close_scene(&scene);
  }
}

static void an_exit_passes_a_full_mailbox(void) {
  struct scene scene;
  struct member full;
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  open_scene(&scene);
  watcher_init(&full.watcher);
  mailbox.capacity = 4;
  options.mailbox = &mailbox;
  full.pid = watcher_spawn(scene.system, &full.watcher, &options);
  trap(&scene, &full);
  link_them(&scene, &full, scene.second);
  hold(scene.system, &full.watcher.actor, full.pid);
  while (sabir_send_bytes(scene.system, full.pid, PROBE_COUNT, NULL, 0) == SABIR_OK) continue;
  CHECK_STATUS(sabir_send_bytes(scene.system, full.pid, PROBE_COUNT, NULL, 0), SABIR_E_MAILBOX_FULL);
  crash(&scene, scene.second);
  expect_end_of(scene.second, SABIR_EXIT_CRASHED);
  let_go(&full.watcher.actor);
  expect_exit(&full, scene.second->pid, SABIR_EXIT_CRASHED);
  close_scene(&scene);
  watcher_end(&full.watcher);
}

static void a_link_outlives_restarts_of_either(void) {
  struct scene scene;
  watcher *child;
  open_scene_with(&scene, true, SABIR_PERMANENT);
  child = &scene.second->watcher;
  trap(&scene, scene.first);
  link_them(&scene, scene.first, scene.second);
  link_them(&scene, scene.second, scene.third);
  crash(&scene, scene.second);
  CHECK(reached(&child->actor.starts, 2));
  expect_untouched(&scene, scene.second); /* the pid is what it was */
  expect_untouched(&scene, scene.first);
  expect_untouched(&scene, scene.third);
  /* The link of the first incarnation ends the second one, and that is restarted, too. */
  crash(&scene, scene.third);
  CHECK(reached(&child->actor.starts, 3));
  take(&child->actor.stopped);
  take(&child->actor.stopped);
  CHECK_NUMBER((uint32_t)child->actor.exit_reason, SABIR_EXIT_LINKED);
  expect_untouched(&scene, scene.second);
  expect_untouched(&scene, scene.first);
  child_do(scene.system, SABIR_CHILD_STOP, "second");
  expect_exit(scene.first, scene.second->pid, SABIR_EXIT_SHUTDOWN);
  expect_end_of(scene.second, SABIR_EXIT_SHUTDOWN);
  close_scene(&scene);
}

static void a_child_that_is_not_restarted_ends_its_links(void) {
  struct scene scene;
  sabir_exit *exit;
  open_scene_with(&scene, true, SABIR_TEMPORARY);
  link_them(&scene, scene.first, scene.second);
  crash(&scene, scene.second);
  exit = expect_end(scene.first, SABIR_EXIT_LINKED);
  check_caused_by_crash(exit, scene.second->pid);
  sabir_exit_release(&exit);
  close_scene(&scene);
}

static void an_incarnation_does_not_trap_until_it_says_so(void) {
  struct scene scene;
  open_scene_with(&scene, true, SABIR_PERMANENT);
  trap(&scene, scene.second);
  link_them(&scene, scene.second, scene.third);
  crash(&scene, scene.second);
  CHECK(reached(&scene.second->watcher.actor.starts, 2));
  crash(&scene, scene.third);
  CHECK(reached(&scene.second->watcher.actor.starts, 3));
  CHECK_NUMBER(counted(&scene.second->watcher.seen), 0);
  close_scene(&scene);
}

static void bad_arguments_are_refused(void) {
  struct scene scene;
  sabir_system *other = make_system(1);
  sabir_port *port = open_port(other, NULL);
  open_scene(&scene);
  CHECK_STATUS(call_in(&scene, scene.first, LINK, scene.first->pid), SABIR_E_INVALID);
  CHECK_STATUS(call_in(&scene, scene.first, LINK, sabir_supervisor_root(scene.system)), SABIR_E_INVALID);
  CHECK_STATUS(call_in(&scene, scene.first, LINK, sabir_port_pid(scene.first->port)), SABIR_E_INVALID);
  CHECK_STATUS(call_in(&scene, scene.first, LINK, sabir_port_pid(port)), SABIR_E_FOREIGN);
  CHECK_STATUS(call_in(&scene, scene.first, UNLINK, scene.second->pid), SABIR_E_NO_REF);
  CHECK_STATUS(call_in(&scene, scene.first, UNLINK, scene.first->pid), SABIR_E_NO_REF);
  CHECK_STATUS(call_in(&scene, scene.first, UNLINK, 0), SABIR_E_NO_REF);
  expect_untouched(&scene, scene.first);
  CHECK_STATUS(sabir_context_link(NULL, scene.first->pid), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_unlink(NULL, scene.first->pid), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_trap_exits(NULL, true), SABIR_E_INVALID);
  sabir_port_destroy(&port);
  end_system(&other);
  close_scene(&scene);
}

static sabir_status keep_context(sabir_context *context, sabir_message **message, void *argument) {
  (void)message;
  *(sabir_context **)argument = context;
  return SABIR_OK;
}

static void a_context_is_of_no_use_after_its_call(void) {
  struct scene scene;
  sabir_context *context = NULL;
  open_scene(&scene);
  run_inside(scene.system, scene.first->pid, keep_context, &context);
  settle(scene.system, scene.first->pid);
  CHECK_STATUS(sabir_context_link(context, scene.second->pid), SABIR_E_CONTEXT);
  CHECK_STATUS(sabir_context_unlink(context, scene.second->pid), SABIR_E_CONTEXT);
  CHECK_STATUS(sabir_context_trap_exits(context, true), SABIR_E_CONTEXT);
  close_scene(&scene);
}

/* Whoever is first: one exit. */
static void one_exit_though_it_dies_meanwhile(void) {
  enum { ROUNDS = WATCHER_EVENTS };
  struct scene scene;
  int round;
  open_scene(&scene);
  trap(&scene, scene.first);
  for (round = 0; round < ROUNDS; ++round) {
    struct call call;
    const struct event *event;
    probe dying;
    probe_init(&dying);
    call.what = LINK;
    call.whom = probe_spawn(scene.system, &dying, NULL);
    begin_inside(scene.system, scene.first->pid, call_inside, &call);
    CHECK_OK(sabir_actor_kill(scene.system, call.whom));
    event = next_event(&scene.first->watcher);
    CHECK_OK(call.status);
    CHECK_NUMBER((uint32_t)event->kind, SABIR_KIND_EXIT);
    CHECK_NUMBER(event->sender, call.whom);
    take(&dying.dropped);
    probe_end(&dying);
  }
  expect_untouched(&scene, scene.first);
  close_scene(&scene);
}

/* Links that are made while the other's last callback runs. */
static void a_link_in_its_last_act_hears_why_it_ends(void) {
  struct scene scene;
  struct last_act acts[LAST_PLACES];
  int place;
  open_scene(&scene);
  trap(&scene, scene.first);
  for (place = 0; place < LAST_PLACES; ++place) {
    const sabir_pid pid = last_act_begin(scene.system, &acts[place], place);
    REQUIRE_OK(call_in(&scene, scene.first, LINK, pid));
    sem_post(&acts[place].gate);
    expect_exit(scene.first, pid, last_act_reason(place));
  }
  expect_untouched(&scene, scene.first);
  close_scene(&scene);
  for (place = 0; place < LAST_PLACES; ++place) last_act_end(&acts[place]);
}

static void a_link_in_a_handler_that_stops_ends_nobody(void) {
  struct scene scene;
  struct last_act act;
  sabir_pid pid;
  open_scene(&scene);
  pid = last_act_begin(scene.system, &act, LAST_STOPS);
  REQUIRE_OK(call_in(&scene, scene.first, LINK, pid));
  sem_post(&act.gate);
  CHECK(becomes_dead(scene.system, pid));
  expect_untouched(&scene, scene.first);
  /* The EXIT may have come later than that. */
  REQUIRE_OK(call_in(&scene, scene.first, LINK, scene.second->pid));
  expect_untouched(&scene, scene.first);
  close_scene(&scene);
  last_act_end(&act);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(a_link_is_mutual),
      TEST(only_abnormal_ends_end_the_other),
      TEST(who_traps_gets_a_message_whatever_the_reason),
      TEST(the_message_of_a_crash_carries_its_text),
      TEST(causes_make_a_chain),
      TEST(a_ring_ends_once),
      TEST(there_is_one_link_between_two),
      TEST(either_may_unlink),
      TEST(unlink_takes_back_a_queued_exit),
      TEST(a_link_to_the_dead_ends_at_once),
      TEST(an_exit_travels_behind_the_last_messages),
      TEST(an_exit_passes_a_full_mailbox),
      TEST(a_link_outlives_restarts_of_either),
      TEST(a_child_that_is_not_restarted_ends_its_links),
      TEST(an_incarnation_does_not_trap_until_it_says_so),
      TEST(bad_arguments_are_refused),
      TEST(a_context_is_of_no_use_after_its_call),
      TEST(one_exit_though_it_dies_meanwhile),
      TEST(a_link_in_its_last_act_hears_why_it_ends),
      TEST(a_link_in_a_handler_that_stops_ends_nobody),
  };
  return RUN_TESTS(tests, argc, argv);
}
