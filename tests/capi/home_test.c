/* delivery.h: callbacks that have a home.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "delivery_support.h"

static void the_end_of_wrapped_memory_comes_home(void) {
  struct host host;
  probe actor;
  sabir_pid pid;
  sabir_message *message = NULL;
  char bytes[16];
  uintptr_t seen = 0;
  int i;
  host_begin(&host, 0, 0, 0);
  probe_init(&actor);
  pid = probe_spawn(host.system, &actor, NULL);
  for (i = 1; i <= 3; ++i) {
    CHECK_OK(sabir_message_wrap_at(PROBE_COUNT, bytes, sizeof bytes, host.executor, (uintptr_t)i, &message));
    CHECK_STATUS(sabir_executor_destroy(&host.executor), SABIR_E_BUSY); /* it is due */
    if (i == 1) sabir_message_destroy(&message);
    if (i == 2) CHECK_OK(sabir_send(host.system, pid, &message)); /* handled elsewhere */
    if (i == 3) {
      CHECK_STATUS(sabir_send(host.system, 12345, &message), SABIR_E_NO_ACTOR);
      sabir_message_destroy(&message);
    }
    host_poll_one(&host, SABIR_DELIVERY_RELEASE);
    CHECK_NUMBER(host.deliveries[0].value, i);
    CHECK(host.deliveries[0].context == NULL);
    CHECK(host.deliveries[0].message == NULL);
    seen += host.deliveries[0].value;
  }
  CHECK_NUMBER(seen, 6);
  host_end(&host);
  probe_end(&actor);
}

static void the_end_of_an_ask_comes_home(void) {
  struct host host;
  probe actor;
  sabir_pid pid;
  sabir_message *message;
  sabir_ref ref = 0;
  host_begin(&host, 0, 0, 0);
  probe_init(&actor);
  pid = probe_spawn(host.system, &actor, NULL);
  message = make_message(PROBE_ECHO, "hello", 5);
  CHECK_OK(sabir_ask_begin_at(host.system, pid, &message, PATIENCE_NS, host.executor, 7, &ref));
  host_poll_one(&host, SABIR_DELIVERY_REPLY);
  CHECK_NUMBER(host.deliveries[0].value, 7);
  CHECK_OK(host.deliveries[0].status);
  message = host.deliveries[0].message;
  CHECK(sabir_message_size(message) == 5 && memcmp(sabir_message_data(message), "hello", 5) == 0);
  sabir_message_destroy(&message);

  message = make_message(PROBE_CRASH, NULL, 0);
  CHECK_OK(sabir_ask_begin_at(host.system, pid, &message, PATIENCE_NS, host.executor, 8, NULL));
  host_poll_one(&host, SABIR_DELIVERY_REPLY);
  CHECK_STATUS(host.deliveries[0].status, SABIR_E_CRASHED);
  message = host.deliveries[0].message;
  CHECK_TEXT(sabir_exit_message(sabir_message_exit(message)), PROBE_CRASH_TEXT);
  sabir_message_destroy(&message);

  message = make_message(PROBE_ECHO, NULL, 0);
  CHECK_STATUS(sabir_ask_begin_at(host.system, pid, &message, PATIENCE_NS, host.executor, 9, &ref), SABIR_E_DEAD);
  CHECK_NUMBER(ref, 0);
  CHECK_STATUS(sabir_ask_begin_at(host.system, pid, &message, PATIENCE_NS, NULL, 9, &ref), SABIR_E_INVALID);
  sabir_message_destroy(&message);
  host_finds_nothing(&host);
  host_end(&host);
  probe_end(&actor);
}

static void the_end_of_an_ask_of_a_router_comes_home(void) {
  struct host host;
  probe actor;
  sabir_router *router = NULL;
  sabir_message *message;
  sabir_ref ref = 0;
  host_begin(&host, 0, 0, 0);
  probe_init(&actor);
  REQUIRE_OK(sabir_router_create(host.system, NULL, &router, NULL));
  message = make_message(PROBE_ECHO, "hello", 5);
  CHECK_STATUS(sabir_router_ask_begin_at(router, &message, PATIENCE_NS, host.executor, 7, &ref), SABIR_E_NO_MEMBER);
  CHECK_NUMBER(ref, 0);
  REQUIRE(message != NULL);
  host_finds_nothing(&host);
  CHECK_OK(sabir_router_add(router, probe_spawn(host.system, &actor, NULL)));
  CHECK_OK(sabir_router_ask_begin_at(router, &message, PATIENCE_NS, host.executor, 8, &ref));
  CHECK(ref != 0 && message == NULL);
  host_poll_one(&host, SABIR_DELIVERY_REPLY);
  CHECK_NUMBER(host.deliveries[0].value, 8);
  CHECK_OK(host.deliveries[0].status);
  sabir_message_destroy(&host.deliveries[0].message);
  sabir_router_destroy(&router);
  host_end(&host);
  probe_end(&actor);
}

static void turns_bring_them_too(void) {
  struct host host;
  probe actor;
  sabir_pid pid;
  sabir_message *message = NULL;
  uint64_t records[512];
  const sabir_record *record = (const sabir_record *)records;
  size_t done, used = 0;
  char bytes[16];
  host_begin(&host, 0, 0, 0);
  probe_init(&actor);
  pid = probe_spawn(host.system, &actor, NULL);
  CHECK_OK(sabir_message_wrap_at(PROBE_COUNT, bytes, sizeof bytes, host.executor, 5, &message));
  sabir_message_destroy(&message);
  CHECK_OK(sabir_executor_turn(host.executor, NULL, 0, &done, records, sizeof records, &used, PATIENCE_NS));
  CHECK_NUMBER(used, sizeof *record);
  CHECK_NUMBER(record->kind, SABIR_DELIVERY_RELEASE);
  CHECK_NUMBER(record->value, 5);
  message = make_message(PROBE_ECHO, "hello", 5);
  CHECK_OK(sabir_ask_begin_at(host.system, pid, &message, PATIENCE_NS, host.executor, 6, NULL));
  CHECK_OK(sabir_executor_turn(host.executor, NULL, 0, &done, records, sizeof records, &used, PATIENCE_NS));
  CHECK_NUMBER(record->kind, SABIR_DELIVERY_REPLY);
  CHECK_NUMBER(record->value, 6);
  CHECK_NUMBER(record->message, 0);
  CHECK_NUMBER(record->payload_size, 5);
  CHECK(memcmp(record + 1, "hello", 5) == 0);
  message = make_message(PROBE_CRASH, NULL, 0);
  CHECK_OK(sabir_ask_begin_at(host.system, pid, &message, PATIENCE_NS, host.executor, 7, NULL));
  CHECK_OK(sabir_executor_turn(host.executor, NULL, 0, &done, records, sizeof records, &used, PATIENCE_NS));
  CHECK_STATUS(record->status, SABIR_E_CRASHED);
  message = (sabir_message *)(uintptr_t)record->message;
  REQUIRE(message != NULL);
  CHECK_TEXT(sabir_exit_message((const sabir_exit *)(uintptr_t)record->exit), PROBE_CRASH_TEXT);
  sabir_message_destroy(&message);
  host_end(&host);
  probe_end(&actor);
}

/* Memory that outlives its home is leaked, and nothing else happens. */
static void a_home_may_be_gone(void) {
  struct host host;
  sabir_message *message = NULL;
  sabir_executor *threads = NULL;
  sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
  static char bytes[16];
  host_begin(&host, 0, 0, 0);
  options.kind = SABIR_EXECUTOR_THREADS;
  REQUIRE_OK(sabir_executor_create(host.system, &options, &threads, NULL));
  CHECK_STATUS(sabir_message_wrap_at(1, bytes, sizeof bytes, threads, 0, &message), SABIR_E_INVALID);
  CHECK_STATUS(sabir_message_wrap_at(1, bytes, sizeof bytes, NULL, 0, &message), SABIR_E_INVALID);
  CHECK_STATUS(sabir_message_wrap_at(1, NULL, 1, host.executor, 0, &message), SABIR_E_INVALID);
  CHECK_STATUS(sabir_message_wrap_at(1, bytes, sizeof bytes, host.executor, 0, NULL), SABIR_E_INVALID);
  CHECK(message == NULL);
  CHECK_OK(sabir_executor_destroy(&threads));
  CHECK_OK(sabir_message_wrap_at(1, bytes, sizeof bytes, host.executor, 0, &message));
  CHECK_OK(sabir_system_shutdown_begin(host.system, PATIENCE_NS, NULL, 0));
  while (host_poll_most(&host, MOST, PATIENCE_NS) == SABIR_OK) {
  }
  sabir_port_destroy(&host.port);
  end_system(&host.system);
  sabir_message_destroy(&message);
  CHECK_OK(sabir_executor_destroy(&host.executor));
  sabir_behavior_destroy(&host.behavior);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(the_end_of_wrapped_memory_comes_home),
      TEST(the_end_of_an_ask_comes_home),
      TEST(the_end_of_an_ask_of_a_router_comes_home),
      TEST(turns_bring_them_too),
      TEST(a_home_may_be_gone),
  };
  return RUN_TESTS(tests, argc, argv);
}
