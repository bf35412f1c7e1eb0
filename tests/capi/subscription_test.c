/* delivery.h: the log, dead letters and the end of a shutdown come home.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "delivery_support.h"

/* The same as the host hands it out: by a poll, or by a turn. */
struct told {
  uint32_t kind, code, message_kind;
  uint64_t value, actor, state, sender, ref, type;
  sabir_status status;
  bool inside; /* a record's payload */
  size_t size;
  char bytes[1024]; /* the beginning of its payload */
};

static void keep_payload(struct told *told, const void *data, size_t size) {
  told->size = size;
  if (size > 0) memcpy(told->bytes, data, size < sizeof told->bytes ? size : sizeof told->bytes);
}

static void keep_message(struct told *told, sabir_message *message) {
  keep_payload(told, sabir_message_data(message), sabir_message_size(message));
  told->message_kind = sabir_message_kind(message);
  told->sender = sabir_message_sender(message);
  told->ref = sabir_message_ref(message);
  told->type = sabir_message_type(message);
  sabir_message_destroy(&message);
}

static bool by_turn; /* what next_told takes */

static sabir_status next_told(struct host *host, struct told *told, uint64_t wait_ns) {
  static uint64_t records[512];
  static size_t at, used; /* what the last turn has handed out */
  const sabir_record *record;
  size_t done;
  sabir_status status = SABIR_OK;
  memset(told, 0, sizeof *told);
  if (!by_turn) {
    const sabir_delivery *delivery = &host->deliveries[0];
    status = host_poll_most(host, 1, wait_ns);
    if (status != SABIR_OK || host->handed == 0) return status;
    CHECK(delivery->context == NULL && delivery->exit == NULL);
    CHECK_NUMBER(delivery->reserved, 0);
    told->kind = delivery->kind;
    told->code = delivery->code;
    told->value = delivery->value;
    told->actor = delivery->actor;
    told->state = delivery->state;
    told->status = delivery->status;
    if (delivery->message) keep_message(told, delivery->message);
    return status;
  }
  if (at == used) {
    at = 0;
    status = sabir_executor_turn(host->executor, NULL, 0, &done, records, sizeof records, &used, wait_ns);
    if (status != SABIR_OK || used == 0) return status;
  }
  record = (const sabir_record *)((const char *)records + at);
  at += record->size;
  REQUIRE(at <= used);
  CHECK_NUMBER(record->context, 0);
  told->kind = record->kind;
  told->code = record->code;
  told->value = record->value;
  told->actor = record->actor;
  told->state = record->state;
  told->status = record->status;
  if (record->message) {
    keep_message(told, (sabir_message *)(uintptr_t)record->message);
  } else {
    told->inside = true;
    keep_payload(told, record + 1, record->payload_size);
    told->message_kind = record->message_kind;
    told->sender = record->sender;
    told->ref = record->ref;
    told->type = record->type;
  }
  return status;
}

static struct told one_told(struct host *host, uint32_t kind) {
  struct told told;
  do {
    REQUIRE_OK(next_told(host, &told, PATIENCE_NS));
  } while (told.kind == 0);
  CHECK_NUMBER(told.kind, kind);
  return told;
}

static void nothing_is_told(struct host *host) {
  struct told told;
  CHECK_STATUS(next_told(host, &told, 0), SABIR_E_TIMEOUT);
}

/* Runs a test both ways. */
static void both_ways(void (*test)(void)) {
  by_turn = false;
  test();
  by_turn = true;
  test();
}

static const char *next_text(const char *text) { return text + strlen(text) + 1; }

static void crash_one(struct host *host, const char *name) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  probe actor;
  options.name = name;
  probe_init(&actor);
  CHECK_OK(sabir_send_bytes(host->system, probe_spawn(host->system, &actor, &options), PROBE_CRASH, NULL, 0));
  probe_wait_dropped(&actor);
  probe_end(&actor);
}

static void log_comes_home(void) {
  struct host host;
  struct told told;
  const char *text;
  host_begin(&host, 0, 0, 0);
  CHECK_OK(sabir_log_set_level(host.system, SABIR_LOG_ERROR));
  CHECK_OK(sabir_log_set_sink_at(host.system, host.executor, 5));
  crash_one(&host, "victim");
  told = one_told(&host, SABIR_DELIVERY_LOG);
  CHECK_NUMBER(told.value, 5);
  CHECK_NUMBER(told.code, SABIR_LOG_ERROR);
  CHECK(told.actor != 0);
  CHECK_NUMBER(told.state, 0);
  CHECK_OK(told.status);
  CHECK_NUMBER(told.inside, by_turn);
  text = told.bytes;
  CHECK_CONTAINS(text, PROBE_CRASH_TEXT);
  CHECK_CONTAINS(text, PROBE_CRASH_DETAIL);
  text = next_text(text);
  CHECK_TEXT(text, "actor");
  text = next_text(text);
  CHECK_TEXT(text, "victim");
  text = next_text(text);
  CHECK_TEXT(text, "sabir");
  CHECK_NUMBER(told.size, next_text(text) - told.bytes);
  /* Another one in its place, which is the last one's end. */
  CHECK_OK(sabir_log_set_sink_at(host.system, host.executor, 6));
  CHECK_NUMBER(one_told(&host, SABIR_DELIVERY_DROP).value, 5);
  crash_one(&host, NULL);
  told = one_told(&host, SABIR_DELIVERY_LOG);
  CHECK_NUMBER(told.value, 6);
  CHECK_STATUS(sabir_executor_destroy(&host.executor), SABIR_E_BUSY);
  CHECK_OK(sabir_log_set_level(host.system, SABIR_LOG_OFF));
  CHECK_OK(sabir_log_set_sink(host.system, NULL, 0, NULL));
  CHECK_NUMBER(one_told(&host, SABIR_DELIVERY_DROP).value, 6);
  crash_one(&host, NULL);
  nothing_is_told(&host);
  CHECK_NUMBER(counters_of(host.system).deliveries_lost, 0);
  host_end(&host);
}
static void the_log_comes_home(void) { both_ways(log_comes_home); }

static void dead_letter_comes_home(void) {
  struct host host;
  struct told told;
  sabir_message *message, *answer = NULL;
  char large[3000];
  probe actor;
  sabir_pid pid;
  sabir_ref ref = 0, asked = 0;
  host_begin(&host, 0, 0, 0);
  probe_init(&actor);
  pid = probe_spawn(host.system, &actor, NULL);
  CHECK_OK(sabir_dead_letter_subscribe_at(host.system, host.executor, 7, &ref));
  CHECK_OK(sabir_send_bytes(host.system, pid, PROBE_UNHANDLED, "hello", 5));
  told = one_told(&host, SABIR_DELIVERY_EVENT);
  CHECK_NUMBER(told.value, 7);
  CHECK_NUMBER(told.code, SABIR_EVENT_DEAD_LETTER);
  CHECK_NUMBER(told.state, SABIR_CAUSE_UNHANDLED);
  CHECK_NUMBER(told.actor, pid);
  CHECK_NUMBER(told.type, PROBE_UNHANDLED);
  CHECK_NUMBER(told.message_kind, SABIR_KIND_MESSAGE);
  CHECK_NUMBER(told.inside, by_turn);
  CHECK(told.size == 5 && memcmp(told.bytes, "hello", 5) == 0);

  memset(large, 'x', sizeof large);
  CHECK_OK(sabir_send_bytes(host.system, pid, PROBE_UNHANDLED, large, sizeof large));
  told = one_told(&host, SABIR_DELIVERY_EVENT);
  CHECK(!told.inside);
  CHECK(told.size == sizeof large && memcmp(told.bytes, large, sizeof told.bytes) == 0);

  /* A copy of a question is none: it stays open, and ends once. */
  message = make_message(PROBE_KEEP, "?", 1);
  CHECK_OK(sabir_port_ask(host.port, pid, &message, PATIENCE_NS, &asked));
  take(&actor.entered);
  CHECK_OK(sabir_ask_cancel(host.system, asked));
  CHECK_OK(sabir_reply_bytes(host.system, asked, 9, "late", 4) == SABIR_E_NO_ASK ? SABIR_OK : SABIR_E_INVALID);
  told = one_told(&host, SABIR_DELIVERY_EVENT);
  CHECK_NUMBER(told.state, SABIR_CAUSE_LATE_REPLY);
  CHECK_NUMBER(told.message_kind, SABIR_KIND_REPLY);
  CHECK_NUMBER(told.ref, asked);
  CHECK(told.size == 4 && memcmp(told.bytes, "late", 4) == 0);
  message = make_message(PROBE_UNHANDLED, "?", 1);
  CHECK_OK(sabir_port_ask(host.port, pid, &message, PATIENCE_NS, &asked));
  told = one_told(&host, SABIR_DELIVERY_EVENT);
  CHECK_NUMBER(told.ref, 0);
  REQUIRE_OK(sabir_port_receive(host.port, PATIENCE_NS, &answer));
  CHECK_STATUS(sabir_message_status(answer), SABIR_E_UNHANDLED);
  sabir_message_destroy(&answer);
  CHECK_STATUS(sabir_port_receive(host.port, 0, &answer), SABIR_E_TIMEOUT);

  CHECK_OK(sabir_dead_letter_unsubscribe(host.system, ref));
  CHECK_NUMBER(one_told(&host, SABIR_DELIVERY_DROP).value, 7);
  CHECK_OK(sabir_send_bytes(host.system, pid, PROBE_UNHANDLED, "hello", 5));
  CHECK(dead_letters_reach(host.system, SABIR_CAUSE_UNHANDLED, 4));
  nothing_is_told(&host);
  CHECK_NUMBER(counters_of(host.system).deliveries_lost, 0);
  host_end(&host);
  probe_end(&actor);
}
static void dead_letters_come_home(void) { both_ways(dead_letter_comes_home); }

static void an_object_is_not_seen(void) {
  struct host host;
  sabir_message *message = NULL;
  struct told told;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  probe actor;
  sabir_pid pid;
  sabir_ref ref = 0;
  static const char tag = 0;
  by_turn = false;
  host_begin(&host, 0, 0, 0);
  probe_init(&actor);
  options.native_tag = (uintptr_t)&tag;
  pid = probe_spawn(host.system, &actor, &options);
  CHECK_OK(sabir_dead_letter_subscribe_at(host.system, host.executor, 7, &ref));
  REQUIRE_OK(sabir_message_create_native(PROBE_UNHANDLED, (uintptr_t)&tag, 16, 8, NULL, &message));
  CHECK_OK(sabir_send(host.system, pid, &message));
  told = one_told(&host, SABIR_DELIVERY_EVENT);
  CHECK_NUMBER(told.type, PROBE_UNHANDLED);
  CHECK_NUMBER(told.size, 0);
  host_end(&host);
  CHECK_NUMBER(host.without_context, 1); /* the end of the subscription */
  probe_end(&actor);
}

/* In this order: what happens, the end of what tells of it, the end of all. */
static void shutdown_comes_home(void) {
  struct host host;
  struct told told;
  sabir_report *report;
  sabir_ref ref = 0;
  probe actor;
  sabir_pid pid;
  host_begin(&host, 0, 0, 0);
  probe_init(&actor);
  pid = probe_spawn(host.system, &actor, NULL);
  CHECK_OK(sabir_log_set_sink_at(host.system, host.executor, 1));
  CHECK_OK(sabir_dead_letter_subscribe_at(host.system, host.executor, 2, &ref));
  CHECK_OK(sabir_send_bytes(host.system, pid, PROBE_BLOCK, NULL, 0));
  take(&actor.entered);
  CHECK_OK(sabir_send_bytes(host.system, pid, PROBE_COUNT, NULL, 0));
  CHECK_OK(sabir_actor_kill(host.system, pid));
  CHECK_OK(sabir_system_shutdown_begin_at(host.system, PATIENCE_NS, host.executor, 3));
  CHECK_STATUS(sabir_system_shutdown_begin_at(host.system, PATIENCE_NS, host.executor, 4), SABIR_E_CLOSED);
  CHECK_STATUS(sabir_dead_letter_subscribe_at(host.system, host.executor, 4, &ref), SABIR_E_CLOSED);
  sem_post(&actor.gate);
  told = one_told(&host, SABIR_DELIVERY_EVENT);
  CHECK_NUMBER(told.value, 2);
  CHECK_NUMBER(told.state, SABIR_CAUSE_KILLED);
  CHECK_NUMBER(one_told(&host, SABIR_DELIVERY_DROP).value, 2);
  CHECK_NUMBER(one_told(&host, SABIR_DELIVERY_DROP).value, 1);
  told = one_told(&host, SABIR_DELIVERY_EVENT);
  CHECK_NUMBER(told.value, 3);
  CHECK_NUMBER(told.code, SABIR_EVENT_SHUTDOWN);
  CHECK_OK(told.status);
  report = (sabir_report *)(uintptr_t)told.state;
  REQUIRE(report != NULL);
  CHECK_NUMBER(sabir_report_survivor_count(report), 0);
  sabir_report_destroy(&report);
  CHECK_STATUS(next_told(&host, &told, PATIENCE_NS), SABIR_E_CLOSED);
  sabir_port_destroy(&host.port);
  end_system(&host.system);
  CHECK_OK(sabir_executor_destroy(&host.executor));
  sabir_behavior_destroy(&host.behavior);
  probe_end(&actor);
}
static void a_shutdown_ends_what_is_told_and_comes_last(void) { both_ways(shutdown_comes_home); }

static void a_home_may_be_of_another_system(void) {
  struct host host;
  struct told told;
  sabir_system *other = make_system(1);
  sabir_report *report;
  sabir_ref ref = 0;
  by_turn = false;
  host_begin(&host, 0, 0, 0);
  CHECK_OK(sabir_dead_letter_subscribe_at(other, host.executor, 1, &ref));
  CHECK_OK(sabir_system_shutdown_begin_at(other, PATIENCE_NS, host.executor, 2));
  CHECK_NUMBER(one_told(&host, SABIR_DELIVERY_DROP).value, 1);
  told = one_told(&host, SABIR_DELIVERY_EVENT);
  CHECK_NUMBER(told.value, 2);
  report = (sabir_report *)(uintptr_t)told.state;
  sabir_report_destroy(&report);
  end_system(&other);
  /* And unread: the report is freed with the home. */
  other = make_system(1);
  CHECK_OK(sabir_log_set_sink_at(other, host.executor, 1));
  CHECK_OK(sabir_system_shutdown_begin_at(other, PATIENCE_NS, host.executor, 2));
  CHECK_OK(sabir_system_shutdown(other, PATIENCE_NS, NULL));
  sabir_port_destroy(&host.port);
  end_system(&host.system);
  CHECK_OK(sabir_executor_destroy(&host.executor));
  sabir_behavior_destroy(&host.behavior);
  end_system(&other);
}

/* No shutdown waits for what is due. */
static void who_polls_may_end_a_system_with_subscriptions(void) {
  struct host host;
  sabir_ref ref = 0;
  host_begin(&host, 0, 0, 0);
  CHECK_OK(sabir_log_set_sink_at(host.system, host.executor, 1));
  CHECK_OK(sabir_dead_letter_subscribe_at(host.system, host.executor, 2, &ref));
  host_finds_nothing(&host);
  sabir_port_destroy(&host.port);
  end_system(&host.system);
  CHECK_OK(sabir_executor_destroy(&host.executor));
  sabir_behavior_destroy(&host.behavior);
}

static void no_more_wait_than_the_limit(void) {
  enum { MORE = 10 };
  struct host host;
  struct told told;
  probe actor;
  sabir_pid pid;
  sabir_ref ref = 0;
  uint64_t i, events = 0;
  by_turn = false;
  host_begin(&host, 0, 0, 0);
  probe_init(&actor);
  pid = probe_spawn(host.system, &actor, NULL);
  CHECK_OK(sabir_dead_letter_subscribe_at(host.system, host.executor, 7, &ref));
  for (i = 1; i <= SABIR_WAITING_MAX + MORE; ++i) {
    CHECK_OK(sabir_send_bytes(host.system, pid, PROBE_UNHANDLED, &i, sizeof i));
    if (i % 1024 == 0) CHECK(dead_letters_reach(host.system, SABIR_CAUSE_UNHANDLED, i));
  }
  CHECK(dead_letters_reach(host.system, SABIR_CAUSE_UNHANDLED, SABIR_WAITING_MAX + MORE));
  CHECK_OK(sabir_actor_stop(host.system, pid));
  probe_wait_dropped(&actor);
  CHECK_NUMBER(counters_of(host.system).deliveries_lost, MORE);
  CHECK_OK(sabir_dead_letter_unsubscribe(host.system, ref)); /* its end is not bounded */
  for (;;) {
    REQUIRE_OK(next_told(&host, &told, PATIENCE_NS));
    if (told.kind != SABIR_DELIVERY_EVENT) break;
    ++events;
    memcpy(&i, told.bytes, sizeof i);
    CHECK_NUMBER(i, events); /* the newest ones were lost */
  }
  CHECK_NUMBER(told.kind, SABIR_DELIVERY_DROP);
  CHECK_NUMBER(events, SABIR_WAITING_MAX);
  nothing_is_told(&host);
  probe_end(&actor);
  probe_init(&actor);
  pid = probe_spawn(host.system, &actor, NULL); /* there is room again */
  CHECK_OK(sabir_dead_letter_subscribe_at(host.system, host.executor, 8, &ref));
  CHECK_OK(sabir_send_bytes(host.system, pid, PROBE_UNHANDLED, NULL, 0));
  CHECK_NUMBER(one_told(&host, SABIR_DELIVERY_EVENT).value, 8);
  CHECK_NUMBER(counters_of(host.system).deliveries_lost, MORE);
  host_end(&host);
  probe_end(&actor);
}

static void nor_more_bytes_but_for_one_alone(void) {
  enum { EACH = 1 << 20, FIT = SABIR_WAITING_BYTES_MAX / EACH };
  struct host host;
  struct told told;
  probe actor;
  sabir_pid pid;
  sabir_ref ref = 0;
  char *large = (char *)calloc(1, SABIR_WAITING_BYTES_MAX + 1);
  int i;
  REQUIRE(large != NULL);
  by_turn = false;
  host_begin(&host, 0, 0, 0);
  probe_init(&actor);
  pid = probe_spawn(host.system, &actor, NULL);
  CHECK_OK(sabir_dead_letter_subscribe_at(host.system, host.executor, 7, &ref));
  CHECK_OK(sabir_send_bytes(host.system, pid, PROBE_UNHANDLED, large, SABIR_WAITING_BYTES_MAX + 1));
  CHECK_NUMBER(one_told(&host, SABIR_DELIVERY_EVENT).size, SABIR_WAITING_BYTES_MAX + 1);
  for (i = 0; i < FIT + 2; ++i) CHECK_OK(sabir_send_bytes(host.system, pid, PROBE_UNHANDLED, large, EACH));
  CHECK_OK(sabir_send_bytes(host.system, pid, PROBE_UNHANDLED, NULL, 0));
  CHECK(dead_letters_reach(host.system, SABIR_CAUSE_UNHANDLED, FIT + 4));
  CHECK_OK(sabir_actor_stop(host.system, pid));
  probe_wait_dropped(&actor);
  CHECK_NUMBER(counters_of(host.system).deliveries_lost, 2);
  for (i = 0; i < FIT; ++i) CHECK_NUMBER(one_told(&host, SABIR_DELIVERY_EVENT).size, EACH);
  told = one_told(&host, SABIR_DELIVERY_EVENT);
  CHECK_NUMBER(told.size, 0);
  nothing_is_told(&host);
  host_end(&host);
  probe_end(&actor);
  free(large);
}

static void a_disowned_home_hears_nothing_and_counts(void) {
  struct host host;
  sabir_executor *home;
  sabir_ref ref = 0;
  probe actor;
  sabir_pid pid;
  host_begin(&host, 0, 0, 0);
  home = make_polled(host.system, 1);
  probe_init(&actor);
  pid = probe_spawn(host.system, &actor, NULL);
  CHECK_OK(sabir_log_set_level(host.system, SABIR_LOG_ERROR));
  CHECK_OK(sabir_log_set_sink_at(host.system, home, 1));
  CHECK_OK(sabir_dead_letter_subscribe_at(host.system, home, 2, &ref));
  CHECK_OK(sabir_send_bytes(host.system, pid, PROBE_UNHANDLED, NULL, 0));
  CHECK(has_deliveries(home));
  CHECK_OK(sabir_executor_disown(home));
  CHECK_NUMBER(counters_of(host.system).deliveries_lost, 1);
  CHECK_OK(sabir_send_bytes(host.system, pid, PROBE_CRASH, NULL, 0)); /* both a dead letter and a log entry */
  probe_wait_dropped(&actor);
  CHECK(becomes_dead(host.system, pid));
  CHECK_OK(sabir_dead_letter_unsubscribe(host.system, ref));
  CHECK_OK(sabir_log_set_level(host.system, SABIR_LOG_OFF));
  CHECK_OK(sabir_log_set_sink(host.system, NULL, 0, NULL));
  CHECK_NUMBER(counters_of(host.system).deliveries_lost, 5);
  host_end(&host);
  CHECK_OK(sabir_executor_destroy(&home));
  probe_end(&actor);
}

static void what_is_no_home_is_refused(void) {
  struct host host;
  sabir_executor *threads = NULL, *destroyed;
  sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_router *router = NULL;
  sabir_message *message = NULL;
  sabir_ref refs[16], ref = 1;
  int i;
  host_begin(&host, 0, 0, 0);
  options.kind = SABIR_EXECUTOR_THREADS;
  REQUIRE_OK(sabir_executor_create(host.system, &options, &threads, NULL));
  REQUIRE_OK(sabir_router_create(host.system, NULL, &router, NULL));
  destroyed = threads;
  for (i = 0; i < 3; ++i) {
    sabir_executor *const home = i == 0 ? NULL : destroyed;
    const sabir_status expected = i == 2 ? SABIR_E_HANDLE : SABIR_E_INVALID;
    if (i == 2) CHECK_OK(sabir_executor_destroy(&threads));
    CHECK_STATUS(sabir_log_set_sink_at(host.system, home, 1), expected);
    CHECK_STATUS(sabir_dead_letter_subscribe_at(host.system, home, 1, &ref), expected);
    CHECK_NUMBER(ref, 0);
    CHECK_STATUS(sabir_system_shutdown_begin_at(host.system, 0, home, 1), expected);
    message = make_message(1, NULL, 0);
    CHECK_STATUS(sabir_router_ask_begin_at(router, &message, 0, home, 1, &ref), expected);
    sabir_message_destroy(&message);
  }
  CHECK_STATUS(sabir_log_set_sink_at(NULL, host.executor, 1), SABIR_E_INVALID);
  CHECK_STATUS(sabir_dead_letter_subscribe_at(host.system, host.executor, 1, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_router_ask_begin_at(NULL, &message, 0, host.executor, 1, &ref), SABIR_E_INVALID);
  for (i = 0; i < 16; ++i) CHECK_OK(sabir_dead_letter_subscribe_at(host.system, host.executor, 1, &refs[i]));
  CHECK_STATUS(sabir_dead_letter_subscribe_at(host.system, host.executor, 1, &ref), SABIR_E_LIMIT);
  for (i = 0; i < 16; ++i) CHECK_OK(sabir_dead_letter_unsubscribe(host.system, refs[i]));
  host_poll(&host, 16);
  for (i = 0; i < 16; ++i) CHECK_NUMBER(host.deliveries[i].kind, SABIR_DELIVERY_DROP);
  sabir_router_destroy(&router);
  CHECK_OK(sabir_executor_destroy(&host.executor)); /* nothing is due */
  host.executor = make_polled(host.system, 1);
  host_end(&host);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(the_log_comes_home),
      TEST(dead_letters_come_home),
      TEST(an_object_is_not_seen),
      TEST(a_shutdown_ends_what_is_told_and_comes_last),
      TEST(a_home_may_be_of_another_system),
      TEST(who_polls_may_end_a_system_with_subscriptions),
      TEST(no_more_wait_than_the_limit),
      TEST(nor_more_bytes_but_for_one_alone),
      TEST(a_disowned_home_hears_nothing_and_counts),
      TEST(what_is_no_home_is_refused),
  };
  return RUN_TESTS(tests, argc, argv);
}
