/* actor.h, delivery.h: the end of an argument comes home, once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "delivery_support.h"

/* An actor of the arena's whose argument's end comes to the host. */
static sabir_spawn_options at_home(const struct host *host, probe *actor) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  options.argument = (uintptr_t)actor;
  options.drop_home = host->executor;
  return options;
}

static sabir_pid spawn_at_home(struct host *host, sabir_behavior *behavior, probe *actor) {
  const sabir_spawn_options options = at_home(host, actor);
  sabir_pid pid = 0;
  REQUIRE_OK(sabir_spawn(host->system, behavior, &options, &pid, NULL));
  return pid;
}

static void drop_comes(struct host *host, const void *argument) {
  const sabir_delivery *delivery = host_poll_one(host, SABIR_DELIVERY_DROP);
  CHECK_NUMBER(delivery->value, (uintptr_t)argument);
  CHECK(delivery->context == NULL && delivery->message == NULL && delivery->exit == NULL);
  CHECK_NUMBER(delivery->actor, 0);
  CHECK_NUMBER(delivery->code, 0);
  host_finds_nothing(host);
}

struct lost {
  sabir_system *system;
  uint64_t number;
};

static bool are_lost(void *argument) {
  const struct lost *lost = (const struct lost *)argument;
  return counters_of(lost->system).deliveries_lost == lost->number;
}

static void however_an_actor_ends_its_argument_comes_home(void) {
  struct host host;
  sabir_behavior *behavior = probe_behavior();
  probe actor;
  sabir_pid pid;
  int how;
  host_begin(&host, 0, 0, 0);
  for (how = 0; how < 5; ++how) {
    probe_init(&actor);
    if (how == 4) actor.start_status = 5;
    pid = spawn_at_home(&host, behavior, &actor);
    if (how < 4) {
      CHECK_OK(sabir_send_bytes(host.system, pid, PROBE_COUNT, NULL, 0));
      CHECK(reached(&actor.received, 1));
      host_finds_nothing(&host);
      CHECK_STATUS(sabir_executor_destroy(&host.executor), SABIR_E_BUSY); /* it is due */
    }
    if (how == 0) CHECK_OK(sabir_actor_kill(host.system, pid));
    if (how == 1) CHECK_OK(sabir_actor_stop(host.system, pid));
    if (how == 2) CHECK_OK(sabir_send_bytes(host.system, pid, PROBE_CRASH, NULL, 0));
    if (how == 3) CHECK_OK(sabir_send_bytes(host.system, pid, PROBE_STOP, NULL, 0));
    drop_comes(&host, &actor);
    CHECK_NUMBER(actor.drops, 0);
    CHECK(becomes_dead(host.system, pid));
    probe_end(&actor);
  }
  host_end(&host);
  CHECK_NUMBER(host.without_context, 0);
  sabir_behavior_destroy(&behavior);
}

static void a_delivered_actor_may_have_it_where_it_runs(void) {
  struct host host;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_pid pid = 0;
  host_begin(&host, SABIR_WANTS_START, 0, 0);
  options.executor = options.drop_home = host.executor;
  options.argument = 41;
  REQUIRE_OK(sabir_spawn(host.system, host.behavior, &options, &pid, NULL));
  (void)host_poll_one(&host, SABIR_DELIVERY_START);
  CHECK_OK(finish_one(&host, host.deliveries[0].context, 5, 0, 0)); /* its start fails */
  drop_comes(&host, (void *)41);
  REQUIRE_OK(sabir_spawn(host.system, host.behavior, &options, &pid, NULL));
  (void)host_poll_one(&host, SABIR_DELIVERY_START);
  finish_all(&host);
  CHECK_OK(sabir_actor_kill(host.system, pid));
  drop_comes(&host, (void *)41);
  host_end(&host);
}

static void a_failed_spawn_keeps_its_argument(void) {
  struct host host;
  sabir_executor *threads = NULL, *destroyed;
  sabir_executor_options executor = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_behavior *behavior = probe_behavior();
  sabir_spawn_options options;
  sabir_error *error = NULL;
  probe actor;
  sabir_pid pid = 1;
  host_begin(&host, 0, 0, 0);
  probe_init(&actor);
  executor.kind = SABIR_EXECUTOR_THREADS;
  REQUIRE_OK(sabir_executor_create(host.system, &executor, &threads, NULL));

  options = at_home(&host, &actor);
  options.drop = probe_drop;
  CHECK_STATUS(sabir_spawn(host.system, behavior, &options, &pid, &error), SABIR_E_INVALID);
  CHECK_CONTAINS(sabir_error_message(error), "drop_home");
  sabir_error_destroy(&error);
  options = at_home(&host, &actor);
  options.drop_home = threads;
  CHECK_STATUS(sabir_spawn(host.system, behavior, &options, &pid, &error), SABIR_E_INVALID);
  CHECK_CONTAINS(sabir_error_message(error), "options.drop_home is no polled executor");
  sabir_error_destroy(&error);
  destroyed = threads;
  CHECK_OK(sabir_executor_destroy(&threads));
  options.drop_home = destroyed;
  CHECK_STATUS(sabir_spawn(host.system, behavior, &options, &pid, &error), SABIR_E_HANDLE);
  CHECK_CONTAINS(sabir_error_message(error), "drop_home");
  sabir_error_destroy(&error);
  options = at_home(&host, &actor);
  options.reserved = 1;
  CHECK_STATUS(sabir_spawn(host.system, behavior, &options, &pid, NULL), SABIR_E_OPTION);
  CHECK_NUMBER(pid, 0);

  sabir_port_destroy(&host.port);
  CHECK_OK(sabir_system_shutdown(host.system, PATIENCE_NS, NULL));
  options = at_home(&host, &actor);
  CHECK_STATUS(sabir_spawn(host.system, behavior, &options, &pid, NULL), SABIR_E_CLOSED);
  CHECK_STATUS(host_poll_most(&host, MOST, 0), SABIR_E_CLOSED);
  CHECK_NUMBER(counters_of(host.system).deliveries_lost, 0);
  CHECK_NUMBER(actor.drops, 0);
  end_system(&host.system);
  CHECK_OK(sabir_executor_destroy(&host.executor));
  sabir_behavior_destroy(&host.behavior);
  sabir_behavior_destroy(&behavior);
  probe_end(&actor);
}

static void an_argument_of_a_child_comes_when_no_incarnation_can_follow(void) {
  struct host host;
  sabir_behavior *behavior = probe_behavior();
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_spawn_options options;
  sabir_message *request = NULL;
  probe actor;
  sabir_pid pid = 0;
  host_begin(&host, 0, 0, 0);
  probe_init(&actor);
  options = at_home(&host, &actor);
  spec.spawn = &options;
  REQUIRE_OK(sabir_supervise(host.system, 0, "child", behavior, &spec, &pid, NULL));
  CHECK_OK(sabir_send_bytes(host.system, pid, PROBE_CRASH, NULL, 0));
  CHECK(reached(&actor.starts, 2));
  CHECK_OK(sabir_child_do(host.system, 0, SABIR_CHILD_STOP, "child", 0, NULL));
  host_finds_nothing(&host); /* it may be started again */
  CHECK_OK(sabir_child_do(host.system, 0, SABIR_CHILD_START, "child", 0, NULL));

  /* In every case, also where it is refused. */
  CHECK_STATUS(sabir_supervise(host.system, 0, "child", behavior, &spec, &pid, NULL), SABIR_E_DUPLICATE);
  drop_comes(&host, &actor);
  CHECK_STATUS(sabir_supervise(host.system, 0, "", behavior, &spec, &pid, NULL), SABIR_E_INVALID);
  drop_comes(&host, &actor);
  CHECK_STATUS(sabir_supervise(NULL, 0, "other", behavior, &spec, &pid, NULL), SABIR_E_INVALID);
  drop_comes(&host, &actor);
  REQUIRE_OK(sabir_request_supervise(host.system, "other", behavior, &spec, &request, NULL));
  host_finds_nothing(&host);
  sabir_message_destroy(&request);
  drop_comes(&host, &actor);
  actor.start_status = 5;
  CHECK_STATUS(sabir_supervise(host.system, 0, "other", behavior, &spec, &pid, NULL), SABIR_E_START_FAILED);
  drop_comes(&host, &actor);
  actor.start_status = SABIR_OK;
  /* But for a home that is none; and with both it is the function that runs. */
  options.drop_home = (sabir_executor *)behavior;
  CHECK_STATUS(sabir_supervise(host.system, 0, "other", behavior, &spec, &pid, NULL), SABIR_E_HANDLE);
  options.drop_home = host.executor;
  options.drop = probe_drop;
  CHECK_STATUS(sabir_supervise(host.system, 0, "other", behavior, &spec, &pid, NULL), SABIR_E_INVALID);
  host_finds_nothing(&host);
  CHECK_NUMBER(actor.drops, 1);
  options.drop = NULL;

  CHECK_OK(sabir_child_do(host.system, 0, SABIR_CHILD_STOP, "child", 0, NULL));
  CHECK_OK(sabir_child_do(host.system, 0, SABIR_CHILD_DELETE, "child", 0, NULL));
  drop_comes(&host, &actor);
  host_end(&host);
  CHECK_NUMBER(host.without_context, 0);
  sabir_behavior_destroy(&behavior);
  probe_end(&actor);
}

static void a_template_has_none_and_its_children_their_own(void) {
  struct host host;
  sabir_behavior *behavior = probe_behavior();
  sabir_supervisor_options group = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT, each = SABIR_CHILD_SPEC_INIT;
  sabir_spawn_options options;
  sabir_error *error = NULL;
  probe actor;
  sabir_pid supervisor = 0, pid = 0;
  host_begin(&host, 0, 0, 0);
  probe_init(&actor);
  options = at_home(&host, &actor);
  options.argument = 0;
  each.spawn = &options;
  group.strategy = SABIR_SIMPLE_ONE_FOR_ONE;
  group.child_behavior = behavior;
  group.child = &each;
  spec.supervisor = &group;
  CHECK_STATUS(sabir_supervise(host.system, 0, "group", NULL, &spec, &supervisor, &error), SABIR_E_INVALID);
  CHECK_CONTAINS(sabir_error_message(error), "a template has none");
  sabir_error_destroy(&error);
  group.child = NULL;
  REQUIRE_OK(sabir_supervise(host.system, 0, "group", NULL, &spec, &supervisor, NULL));
  options.argument = (uintptr_t)&actor;
  REQUIRE_OK(sabir_supervise(host.system, supervisor, NULL, NULL, &each, &pid, NULL));
  host_finds_nothing(&host);
  CHECK_OK(sabir_child_do(host.system, supervisor, SABIR_CHILD_STOP, NULL, pid, NULL));
  drop_comes(&host, &actor);
  spec.spawn = &options; /* a supervisor has none either, and is given one */
  CHECK_STATUS(sabir_supervise(host.system, 0, "other", NULL, &spec, &supervisor, NULL), SABIR_E_INVALID);
  drop_comes(&host, &actor);
  host_end(&host);
  sabir_behavior_destroy(&behavior);
  probe_end(&actor);
}

static void the_argument_of_a_pool_comes_once(void) {
  struct host host;
  sabir_behavior *behavior = probe_behavior();
  sabir_router_options pool = SABIR_ROUTER_OPTIONS_INIT;
  sabir_spawn_options options;
  sabir_router *router = NULL;
  probe actor;
  host_begin(&host, 0, 0, 0);
  probe_init(&actor);
  options = at_home(&host, &actor);
  pool.size = 3;
  pool.behavior = behavior;
  pool.spawn = &options;
  REQUIRE_OK(sabir_router_create(host.system, &pool, &router, NULL));
  CHECK(reached(&actor.starts, 3));
  host_finds_nothing(&host);
  sabir_router_destroy(&router);
  drop_comes(&host, &actor);
  pool.capacity = 2; /* less than its size */
  CHECK_STATUS(sabir_router_create(host.system, &pool, &router, NULL), SABIR_E_INVALID);
  drop_comes(&host, &actor);
  CHECK_STATUS(sabir_router_create(NULL, &pool, &router, NULL), SABIR_E_INVALID);
  drop_comes(&host, &actor);
  host_end(&host);
  sabir_behavior_destroy(&behavior);
  probe_end(&actor);
}

static void a_shutdown_brings_each_before_it_closes(void) {
  enum { ACTORS = 100 };
  struct host host;
  sabir_behavior *behavior = probe_behavior();
  probe actor;
  int i;
  host_begin(&host, 0, 0, 0);
  probe_init(&actor);
  for (i = 0; i < ACTORS; ++i) (void)spawn_at_home(&host, behavior, &actor);
  CHECK(reached(&actor.starts, ACTORS));
  host_end(&host);
  CHECK_NUMBER(host.without_context, ACTORS);
  CHECK_NUMBER(actor.drops, 0);
  sabir_behavior_destroy(&behavior);
  probe_end(&actor);
}

static void what_a_disowned_home_is_not_told_is_counted(void) {
  struct host host;
  sabir_executor *home;
  sabir_behavior *behavior = probe_behavior();
  sabir_spawn_options options;
  probe actor;
  sabir_pid first = 0, second = 0, refused = 0;
  sabir_error *error = NULL;
  struct lost lost;
  host_begin(&host, 0, 0, 0);
  home = make_polled(host.system, 1);
  probe_init(&actor);
  options = at_home(&host, &actor);
  options.drop_home = home;
  REQUIRE_OK(sabir_spawn(host.system, behavior, &options, &first, NULL));
  REQUIRE_OK(sabir_spawn(host.system, behavior, &options, &second, NULL));
  CHECK(reached(&actor.starts, 2));
  CHECK_OK(sabir_actor_stop(host.system, first)); /* up, and not handed out */
  CHECK(becomes_dead(host.system, first));
  CHECK(reached(&actor.stops, 1));
  CHECK(has_deliveries(home));
  CHECK_NUMBER(counters_of(host.system).deliveries_lost, 0);
  CHECK_OK(sabir_executor_disown(home));
  CHECK_NUMBER(counters_of(host.system).deliveries_lost, 1);
  CHECK_OK(sabir_executor_disown(home));
  CHECK_STATUS(sabir_spawn(host.system, behavior, &options, &refused, &error), SABIR_E_CLOSED);
  CHECK(strstr(sabir_error_message(error), "drop_home was disowned") != NULL);
  sabir_error_destroy(&error);
  CHECK_OK(sabir_actor_stop(host.system, second)); /* has nowhere to go */
  lost.system = host.system;
  lost.number = 2;
  CHECK(eventually(are_lost, &lost));
  CHECK_OK(sabir_executor_destroy(&home));
  CHECK_NUMBER(counters_of(host.system).deliveries_lost, 2);
  host_end(&host);
  sabir_behavior_destroy(&behavior);
  probe_end(&actor);
}

static void a_home_may_be_of_a_system_that_is_gone(void) {
  struct host host;
  sabir_system *other = make_system(1);
  sabir_executor *home = make_polled(other, 1);
  sabir_behavior *behavior = probe_behavior();
  sabir_spawn_options options;
  probe actor;
  sabir_pid pid = 0;
  host_begin(&host, 0, 0, 0);
  probe_init(&actor);
  options = at_home(&host, &actor);
  options.drop_home = home;
  REQUIRE_OK(sabir_spawn(host.system, behavior, &options, &pid, NULL));
  end_system(&other);
  CHECK_OK(sabir_actor_stop(host.system, pid));
  CHECK(becomes_dead(host.system, pid));
  CHECK_STATUS(sabir_spawn(host.system, behavior, &options, &pid, NULL), SABIR_E_HANDLE);
  CHECK_OK(sabir_executor_destroy(&home));
  host_end(&host);
  CHECK_NUMBER(host.without_context, 0);
  sabir_behavior_destroy(&behavior);
  probe_end(&actor);
}

static void a_system_may_end_with_all_of_it_unread(void) {
  struct host host;
  sabir_behavior *behavior = probe_behavior();
  probe actor;
  int i;
  host_begin(&host, 0, 0, 0);
  probe_init(&actor);
  for (i = 0; i < 3; ++i) CHECK_OK(sabir_actor_kill(host.system, spawn_at_home(&host, behavior, &actor)));
  sabir_port_destroy(&host.port);
  end_system(&host.system);
  CHECK_OK(sabir_executor_destroy(&host.executor));
  sabir_behavior_destroy(&host.behavior);
  sabir_behavior_destroy(&behavior);
  probe_end(&actor);
}

/* Who was given up on may use its argument for ever. */
static void the_argument_of_a_lost_handler_never_comes(void) {
  struct host host;
  sabir_executor *threads = NULL;
  sabir_executor_options executor = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_behavior *behavior = probe_behavior();
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_spawn_options options;
  probe actor;
  sabir_pid pid = 0;
  host_begin(&host, 0, 0, 0);
  probe_init(&actor);
  executor.kind = SABIR_EXECUTOR_THREADS;
  executor.workers = 2;
  REQUIRE_OK(sabir_executor_create(host.system, &executor, &threads, NULL));
  options = at_home(&host, &actor);
  options.executor = threads;
  spec.spawn = &options;
  spec.stall_timeout_ns = 20 * MILLISECOND_NS;
  REQUIRE_OK(sabir_supervise(host.system, 0, "slow", behavior, &spec, &pid, NULL));
  CHECK_OK(sabir_send_bytes(host.system, pid, PROBE_BLOCK, NULL, 0));
  CHECK(reached(&actor.starts, 2));
  CHECK_NUMBER(counters_of(host.system).deliveries_lost, 1);
  sem_post(&actor.gate);
  CHECK(reached(&actor.received, 1));
  CHECK_OK(sabir_child_do(host.system, 0, SABIR_CHILD_STOP, "slow", 0, NULL));
  CHECK_OK(sabir_child_do(host.system, 0, SABIR_CHILD_DELETE, "slow", 0, NULL));
  host_finds_nothing(&host);
  CHECK_NUMBER(counters_of(host.system).deliveries_lost, 1);
  host_end(&host);
  CHECK_OK(sabir_executor_destroy(&threads));
  sabir_behavior_destroy(&behavior);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(however_an_actor_ends_its_argument_comes_home),
      TEST(a_delivered_actor_may_have_it_where_it_runs),
      TEST(a_failed_spawn_keeps_its_argument),
      TEST(an_argument_of_a_child_comes_when_no_incarnation_can_follow),
      TEST(a_template_has_none_and_its_children_their_own),
      TEST(the_argument_of_a_pool_comes_once),
      TEST(a_shutdown_brings_each_before_it_closes),
      TEST(what_a_disowned_home_is_not_told_is_counted),
      TEST(a_home_may_be_of_a_system_that_is_gone),
      TEST(a_system_may_end_with_all_of_it_unread),
      TEST(the_argument_of_a_lost_handler_never_comes),
  };
  return RUN_TESTS(tests, argc, argv);
}
