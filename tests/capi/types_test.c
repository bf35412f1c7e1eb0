/* types.h: the words, and what every call with a handle promises.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "calls.h"

static void constants_are_what_the_bindings_read(void) {
  CHECK_NUMBER(sizeof(sabir_status), 4);
  CHECK_NUMBER(sizeof(sabir_pid), 8);
  CHECK_NUMBER(sizeof(sabir_ref), 8);
  CHECK_NUMBER(sizeof(sabir_type), 8);
  CHECK_NUMBER(SABIR_FOREVER, UINT64_MAX);
}

static void structures_have_no_padding_at_the_end(void) {
  CHECK_NUMBER(sizeof(sabir_system_options) % 8, 0);
  CHECK_NUMBER(sizeof(sabir_survivor) % 8, 0);
  CHECK_NUMBER(sizeof(sabir_counters) % 8, 0);
  CHECK_NUMBER(sizeof(sabir_callbacks) % 8, 0);
  CHECK_NUMBER(sizeof(sabir_mailbox_options) % 8, 0);
  CHECK_NUMBER(sizeof(sabir_spawn_options) % 8, 0);
  CHECK_NUMBER(sizeof(sabir_executor_options) % 8, 0);
  CHECK_NUMBER(sizeof(sabir_log_record) % 8, 0);
  CHECK_NUMBER(sizeof(sabir_supervisor_options) % 8, 0);
  CHECK_NUMBER(sizeof(sabir_health_options) % 8, 0);
  CHECK_NUMBER(sizeof(sabir_child_spec) % 8, 0);
  CHECK_NUMBER(sizeof(sabir_child_info) % 8, 0);
  CHECK_NUMBER(sizeof(sabir_child_counts) % 8, 0);
}

static int calls_made;
static sabir_status made_call(sabir_status status) {
  ++calls_made;
  return status;
}

static void ignore_makes_the_call_once(void) {
  SABIR_IGNORE(made_call(SABIR_OK));
  SABIR_IGNORE(made_call(SABIR_E_DEAD));
  CHECK_NUMBER(calls_made, 2);
}

static void null_handles_are_invalid(void) {
  struct handles handles = make_handles();
  size_t index;
  for (index = 0; index < handle_call_count; ++index)
    if (!CHECK_STATUS(handle_calls[index].call(NULL, &handles), SABIR_E_INVALID)) fprintf(stderr, "  of %s\n", handle_calls[index].name);
  end_handles(&handles);
}

static void handles_of_another_kind_are_refused(void) {
  struct handles handles = make_handles();
  size_t index;
  int kind;
  for (index = 0; index < handle_call_count; ++index)
    for (kind = 0; kind < HANDLE_KINDS; ++kind)
      if (kind != handle_calls[index].kind && !CHECK_STATUS(handle_calls[index].call(handles.handle[kind], &handles), SABIR_E_HANDLE))
        fprintf(stderr, "  of %s with a handle of kind %d\n", handle_calls[index].name, kind);
  end_handles(&handles);
}

static void destroyed_handles_are_refused(void) {
  struct handles handles = make_handles();
  size_t index;
  for (index = 0; index < handle_call_count; ++index) {
    void *subject = destroyed_handle(&handles, handle_calls[index].kind);
    if (!CHECK_STATUS(handle_calls[index].call(subject, &handles), SABIR_E_HANDLE)) fprintf(stderr, "  of %s\n", handle_calls[index].name);
  }
  end_handles(&handles);
}

/* A handle that was destroyed must stay destroyed when its place is taken by a new one of the same or of another kind. */
static void a_destroyed_handle_does_not_name_its_successor(void) {
  struct handles handles = make_handles();
  void *old = destroyed_handle(&handles, HANDLE_BEHAVIOR);
  sabir_behavior *made[64];
  size_t index;
  for (index = 0; index < 64; ++index) made[index] = probe_behavior();
  CHECK_STATUS(sabir_behavior_retain((sabir_behavior *)old), SABIR_E_HANDLE);
  for (index = 0; index < 64; ++index) sabir_behavior_destroy(&made[index]);
  end_handles(&handles);
}

static void destroying_null_is_fine(void) {
  sabir_system *system = NULL;
  sabir_behavior *behavior = NULL;
  sabir_executor *executor = NULL;
  sabir_port *port = NULL;
  sabir_router *router = NULL;
  sabir_message *message = NULL;
  sabir_error *error = NULL;
  sabir_report *report = NULL;
  sabir_exit *exit = NULL;
  sabir_system_release(NULL);
  sabir_system_release(&system);
  CHECK_OK(sabir_system_destroy(NULL));
  CHECK_OK(sabir_system_destroy(&system));
  sabir_behavior_destroy(NULL);
  sabir_behavior_destroy(&behavior);
  CHECK_OK(sabir_executor_destroy(NULL));
  CHECK_OK(sabir_executor_destroy(&executor));
  sabir_port_destroy(NULL);
  sabir_port_destroy(&port);
  sabir_router_destroy(NULL);
  sabir_router_destroy(&router);
  sabir_message_destroy(NULL);
  sabir_message_destroy(&message);
  sabir_error_destroy(NULL);
  sabir_error_destroy(&error);
  sabir_report_destroy(NULL);
  sabir_report_destroy(&report);
  sabir_exit_release(NULL);
  sabir_exit_release(&exit);
}

static void destroying_twice_is_harmless(void) {
  struct handles handles = make_handles();
  sabir_system *system = (sabir_system *)destroyed_handle(&handles, HANDLE_SYSTEM);
  sabir_system *released = system;
  sabir_behavior *behavior = (sabir_behavior *)destroyed_handle(&handles, HANDLE_BEHAVIOR);
  sabir_executor *executor = (sabir_executor *)destroyed_handle(&handles, HANDLE_EXECUTOR);
  sabir_port *port = (sabir_port *)destroyed_handle(&handles, HANDLE_PORT);
  sabir_router *router = (sabir_router *)destroyed_handle(&handles, HANDLE_ROUTER);
  CHECK_STATUS(sabir_system_destroy(&system), SABIR_E_HANDLE);
  sabir_system_release(&released);
  sabir_behavior_destroy(&behavior);
  CHECK_OK(sabir_executor_destroy(&executor));
  sabir_port_destroy(&port);
  sabir_router_destroy(&router);
  CHECK(released == NULL && behavior == NULL && executor == NULL && port == NULL && router == NULL);
  end_handles(&handles);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(constants_are_what_the_bindings_read),
      TEST(structures_have_no_padding_at_the_end),
      TEST(ignore_makes_the_call_once),
      TEST(null_handles_are_invalid),
      TEST(handles_of_another_kind_are_refused),
      TEST(destroyed_handles_are_refused),
      TEST(a_destroyed_handle_does_not_name_its_successor),
      TEST(destroying_null_is_fine),
      TEST(destroying_twice_is_harmless),
  };
  return RUN_TESTS(tests, argc, argv);
}
