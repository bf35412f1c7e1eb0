/* SPDX-License-Identifier: Apache-2.0 */
#include "calls.h"

static sabir_status system_retain(void *subject, const struct handles *handles) {
  const sabir_status status = sabir_system_retain((sabir_system *)subject);
  (void)handles;
  if (status == SABIR_OK) {
    sabir_system *reference = (sabir_system *)subject;
    sabir_system_release(&reference);
  }
  return status;
}

static sabir_status system_shutdown(void *subject, const struct handles *handles) {
  sabir_report *report = (sabir_report *)subject; /* anything but NULL */
  const sabir_status status = sabir_system_shutdown((sabir_system *)subject, SECOND_NS, &report);
  (void)handles;
  CHECK(status == SABIR_OK || report == NULL);
  sabir_report_destroy(&report);
  return status;
}

static sabir_status system_shutdown_begin(void *subject, const struct handles *handles) {
  (void)handles;
  return sabir_system_shutdown_begin((sabir_system *)subject, SECOND_NS, NULL, 0);
}

/* A threads executor is no home, which is looked at last: where the system is good, that is the answer. */
static sabir_status no_home_is_ok(sabir_status status, void *subject, const struct handles *handles) {
  return status == SABIR_E_INVALID && subject == handles->handle[HANDLE_SYSTEM] ? SABIR_OK : status;
}

static sabir_executor *no_home(const struct handles *handles) { return (sabir_executor *)handles->handle[HANDLE_EXECUTOR]; }

static sabir_status system_shutdown_begin_at(void *subject, const struct handles *handles) {
  return no_home_is_ok(sabir_system_shutdown_begin_at((sabir_system *)subject, SECOND_NS, no_home(handles), 1), subject, handles);
}

static sabir_status log_set_sink_at(void *subject, const struct handles *handles) {
  return no_home_is_ok(sabir_log_set_sink_at((sabir_system *)subject, no_home(handles), 1), subject, handles);
}

static sabir_status dead_letter_subscribe_at(void *subject, const struct handles *handles) {
  sabir_ref ref = 1;
  const sabir_status status = sabir_dead_letter_subscribe_at((sabir_system *)subject, no_home(handles), 1, &ref);
  CHECK_NUMBER(ref, 0);
  return no_home_is_ok(status, subject, handles);
}

static sabir_status system_counters(void *subject, const struct handles *handles) {
  sabir_counters counters = SABIR_COUNTERS_INIT;
  (void)handles;
  return sabir_system_counters((sabir_system *)subject, &counters);
}

static sabir_status spawn(void *subject, const struct handles *handles) {
  sabir_pid pid = 1;
  sabir_error *error = NULL;
  const sabir_status status = sabir_spawn((sabir_system *)subject, (sabir_behavior *)handles->handle[HANDLE_BEHAVIOR], NULL, &pid, &error);
  CHECK(status == SABIR_OK ? pid != 0 && error == NULL : pid == 0 && error != NULL);
  CHECK_STATUS(sabir_error_status(error), status);
  sabir_error_destroy(&error);
  return status;
}

static sabir_status spawn_behavior(void *subject, const struct handles *handles) {
  sabir_pid pid = 1;
  const sabir_status status = sabir_spawn((sabir_system *)handles->handle[HANDLE_SYSTEM], (sabir_behavior *)subject, NULL, &pid, NULL);
  CHECK(status == SABIR_OK || pid == 0);
  return status;
}

static sabir_status actor_stop(void *subject, const struct handles *handles) {
  return sabir_actor_stop((sabir_system *)subject, handles->pid);
}
static sabir_status actor_drain(void *subject, const struct handles *handles) {
  return sabir_actor_drain((sabir_system *)subject, handles->pid);
}
static sabir_status actor_kill(void *subject, const struct handles *handles) {
  return sabir_actor_kill((sabir_system *)subject, handles->pid);
}
static sabir_status actor_status(void *subject, const struct handles *handles) {
  return sabir_actor_status((sabir_system *)subject, handles->pid);
}

/* In a forked child there is no message to send: NULL is then what the call gets, and FORKED what it answers. */
static sabir_message *any_message(void) {
  sabir_message *message = NULL;
  SABIR_IGNORE(sabir_message_create(PROBE_COUNT, 8, &message));
  return message;
}

static sabir_status end_message(sabir_status status, sabir_message *message, sabir_message *before) {
  CHECK(status == SABIR_OK || message == before);
  sabir_message_destroy(&message);
  return status;
}

static sabir_status send_message(void *subject, const struct handles *handles) {
  sabir_message *const before = any_message();
  sabir_message *message = before;
  const sabir_status status = sabir_send((sabir_system *)subject, handles->pid, &message);
  return end_message(status, message, before);
}

static sabir_status send_bytes(void *subject, const struct handles *handles) {
  return sabir_send_bytes((sabir_system *)subject, handles->pid, PROBE_COUNT, "abc", 3);
}

static sabir_status ask(void *subject, const struct handles *handles) {
  sabir_message *const before = any_message();
  sabir_message *message = before;
  sabir_message *reply = NULL;
  const sabir_status status = sabir_ask((sabir_system *)subject, handles->pid, &message, MILLISECOND_NS, &reply);
  if (status == SABIR_E_TIMEOUT) {
    CHECK(message == NULL);
    sabir_message_destroy(&reply);
    return SABIR_OK;
  }
  sabir_message_destroy(&reply);
  return end_message(status, message, before);
}

static sabir_status ask_bytes(void *subject, const struct handles *handles) {
  sabir_message *reply = NULL;
  const sabir_status status = sabir_ask_bytes((sabir_system *)subject, handles->pid, PROBE_COUNT, "abc", 3, MILLISECOND_NS, &reply);
  sabir_message_destroy(&reply);
  return status == SABIR_E_TIMEOUT ? SABIR_OK : status;
}

static void ask_done(uintptr_t argument, sabir_ref ref, sabir_status status, sabir_message **reply) {
  (void)argument, (void)ref, (void)status, (void)reply;
}

static sabir_status ask_begin(void *subject, const struct handles *handles) {
  sabir_message *const before = any_message();
  sabir_message *message = before;
  sabir_ref ref = 1;
  const sabir_status status = sabir_ask_begin((sabir_system *)subject, handles->pid, &message, MILLISECOND_NS, ask_done, 0, &ref);
  CHECK(status == SABIR_OK ? ref != 0 : ref == 0);
  return end_message(status, message, before);
}

/* No such ask: where the handle is good, that is the answer. */
static sabir_status no_ask_is_ok(sabir_status status) { return status == SABIR_E_NO_ASK || status == SABIR_E_FOREIGN ? SABIR_OK : status; }

static sabir_status ask_cancel(void *subject, const struct handles *handles) {
  (void)handles;
  return no_ask_is_ok(sabir_ask_cancel((sabir_system *)subject, 12345));
}

static sabir_status reply_message(void *subject, const struct handles *handles) {
  sabir_message *const before = any_message();
  sabir_message *message = before;
  const sabir_status status = sabir_reply((sabir_system *)subject, 12345, &message);
  (void)handles;
  return no_ask_is_ok(end_message(status, message, before));
}

static sabir_status reply_bytes(void *subject, const struct handles *handles) {
  (void)handles;
  return no_ask_is_ok(sabir_reply_bytes((sabir_system *)subject, 12345, PROBE_COUNT, "abc", 3));
}

static sabir_status reply_error(void *subject, const struct handles *handles) {
  (void)handles;
  return no_ask_is_ok(sabir_reply_error((sabir_system *)subject, 12345, 7, "no", 2));
}

static sabir_status port_create(void *subject, const struct handles *handles) {
  sabir_port *port = (sabir_port *)subject;
  sabir_error *error = NULL;
  const sabir_status status = sabir_port_create((sabir_system *)subject, NULL, &port, &error);
  (void)handles;
  CHECK(status == SABIR_OK ? port != NULL && error == NULL : port == NULL && error != NULL);
  sabir_error_destroy(&error);
  if (status == SABIR_OK) sabir_port_destroy(&port);
  return status;
}

static sabir_status executor_create(void *subject, const struct handles *handles) {
  sabir_executor *executor = (sabir_executor *)subject;
  sabir_error *error = NULL;
  sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_status status;
  (void)handles;
  options.kind = SABIR_EXECUTOR_THREADS;
  status = sabir_executor_create((sabir_system *)subject, &options, &executor, &error);
  CHECK(status == SABIR_OK ? executor != NULL && error == NULL : executor == NULL && error != NULL);
  sabir_error_destroy(&error);
  if (status == SABIR_OK) CHECK_OK(sabir_executor_destroy(&executor));
  return status;
}

static sabir_status dead_letter_count(void *subject, const struct handles *handles) {
  uint64_t number = 0;
  (void)handles;
  return sabir_dead_letter_count((sabir_system *)subject, SABIR_CAUSE_ANY, &number);
}

static void see_dead_letter(uintptr_t argument, sabir_pid target, int32_t cause, const sabir_message *message) {
  (void)argument, (void)target, (void)cause, (void)message;
}

static void never_dropped(uintptr_t argument) {
  (void)argument;
  CHECK(!"a failed registration called drop");
}

static sabir_status dead_letter_subscribe(void *subject, const struct handles *handles) {
  sabir_ref ref = 1;
  const sabir_status status = sabir_dead_letter_subscribe((sabir_system *)subject, see_dead_letter, 0,
                                                          subject == handles->handle[HANDLE_SYSTEM] ? NULL : never_dropped, &ref);
  CHECK(status == SABIR_OK ? ref != 0 : ref == 0);
  return status;
}

static sabir_status dead_letter_unsubscribe(void *subject, const struct handles *handles) {
  sabir_system *system = (sabir_system *)handles->handle[HANDLE_SYSTEM];
  sabir_ref ref = 0;
  sabir_status status = sabir_dead_letter_subscribe(system, see_dead_letter, 0, NULL, &ref);
  if (status == SABIR_OK) {
    status = sabir_dead_letter_unsubscribe((sabir_system *)subject, ref);
    if (status != SABIR_OK) CHECK_OK(sabir_dead_letter_unsubscribe(system, ref));
  }
  return status;
}

static void log_nothing(uintptr_t argument, const sabir_log_record *record) { (void)argument, (void)record; }

static sabir_status log_set_sink(void *subject, const struct handles *handles) {
  return sabir_log_set_sink((sabir_system *)subject, log_nothing, 0, subject == handles->handle[HANDLE_SYSTEM] ? NULL : never_dropped);
}

static sabir_status log_set_level(void *subject, const struct handles *handles) {
  (void)handles;
  return sabir_log_set_level((sabir_system *)subject, SABIR_LOG_OFF);
}

static sabir_status behavior_retain(void *subject, const struct handles *handles) {
  const sabir_status status = sabir_behavior_retain((sabir_behavior *)subject);
  (void)handles;
  if (status == SABIR_OK) {
    sabir_behavior *reference = (sabir_behavior *)subject;
    sabir_behavior_destroy(&reference);
  }
  return status;
}

static sabir_status executor_retain(void *subject, const struct handles *handles) {
  const sabir_status status = sabir_executor_retain((sabir_executor *)subject);
  (void)handles;
  if (status == SABIR_OK) {
    sabir_executor *reference = (sabir_executor *)subject;
    CHECK_OK(sabir_executor_destroy(&reference));
  }
  return status;
}

static sabir_status port_retain(void *subject, const struct handles *handles) {
  const sabir_status status = sabir_port_retain((sabir_port *)subject);
  (void)handles;
  if (status == SABIR_OK) {
    sabir_port *reference = (sabir_port *)subject;
    sabir_port_destroy(&reference);
  }
  return status;
}

/* A wake-up is waiting for whoever waits next. */
static sabir_status port_wake(void *subject, const struct handles *handles) {
  const sabir_status status = sabir_port_wake((sabir_port *)subject);
  (void)handles;
  return status;
}

static sabir_status port_receive(void *subject, const struct handles *handles) {
  sabir_message *message = (sabir_message *)subject;
  const sabir_status status = sabir_port_receive((sabir_port *)subject, 0, &message);
  (void)handles;
  if (status != SABIR_OK) CHECK(message == NULL);
  sabir_message_destroy(&message);
  return status == SABIR_E_TIMEOUT ? SABIR_OK : status;
}

static sabir_status port_ask(void *subject, const struct handles *handles) {
  sabir_message *const before = any_message();
  sabir_message *message = before;
  sabir_ref ref = 1;
  const sabir_status status = sabir_port_ask((sabir_port *)subject, handles->pid, &message, MILLISECOND_NS, &ref);
  CHECK(status == SABIR_OK ? ref != 0 : ref == 0);
  return end_message(status, message, before);
}

static sabir_status port_monitor(void *subject, const struct handles *handles) {
  sabir_ref ref = 1;
  const sabir_pid watched = sabir_supervisor_root((sabir_system *)handles->handle[HANDLE_SYSTEM]);
  const sabir_status status = sabir_port_monitor((sabir_port *)subject, watched, 0, &ref);
  CHECK(status == SABIR_OK ? ref != 0 : ref == 0);
  if (status == SABIR_OK) CHECK_OK(sabir_port_demonitor((sabir_port *)subject, ref));
  return status;
}

/* No such monitor, no such timer: where the handle is good, that is the answer. */
static sabir_status no_ref_is_ok(sabir_status status) { return status == SABIR_E_NO_REF || status == SABIR_E_FOREIGN ? SABIR_OK : status; }

static sabir_status port_demonitor(void *subject, const struct handles *handles) {
  (void)handles;
  return no_ref_is_ok(sabir_port_demonitor((sabir_port *)subject, 12345));
}

static sabir_status timer_after(void *subject, const struct handles *handles) {
  sabir_message *const before = any_message();
  sabir_message *message = before;
  sabir_ref ref = 1;
  const sabir_status status = sabir_timer_after((sabir_system *)subject, handles->pid, &message, SECOND_NS, &ref);
  CHECK(status == SABIR_OK ? ref != 0 : ref == 0);
  if (status == SABIR_OK) CHECK_OK(sabir_timer_cancel((sabir_system *)subject, ref));
  return end_message(status, message, before);
}

static sabir_status timer_every(void *subject, const struct handles *handles) {
  sabir_ref ref = 1;
  const sabir_status status = sabir_timer_every((sabir_system *)subject, handles->pid, PROBE_COUNT, SECOND_NS, &ref);
  CHECK(status == SABIR_OK ? ref != 0 : ref == 0);
  if (status == SABIR_OK) CHECK_OK(sabir_timer_cancel((sabir_system *)subject, ref));
  return status;
}

static sabir_status timer_cancel(void *subject, const struct handles *handles) {
  (void)handles;
  return no_ref_is_ok(sabir_timer_cancel((sabir_system *)subject, 12345));
}

static sabir_status subscribe(void *subject, const struct handles *handles) {
  sabir_ref ref = 1;
  const sabir_status status = sabir_subscribe((sabir_system *)subject, "calls.*", handles->pid, &ref);
  CHECK(status == SABIR_OK ? ref != 0 : ref == 0);
  if (status == SABIR_OK) CHECK_OK(sabir_unsubscribe((sabir_system *)subject, ref));
  return status;
}

static sabir_status unsubscribe(void *subject, const struct handles *handles) {
  (void)handles;
  return no_ref_is_ok(sabir_unsubscribe((sabir_system *)subject, 12345));
}

static sabir_status publish(void *subject, const struct handles *handles) {
  sabir_message *const before = any_message();
  sabir_message *message = before;
  uint64_t delivered = 1;
  const sabir_status status = sabir_publish((sabir_system *)subject, "calls.a", &message, 0, &delivered);
  (void)handles;
  CHECK_NUMBER(delivered, 0);
  return end_message(status, message, before);
}

static sabir_status publish_bytes(void *subject, const struct handles *handles) {
  (void)handles;
  return sabir_publish_bytes((sabir_system *)subject, "calls.a", PROBE_COUNT, "abc", 3, 0, NULL);
}

static bool nobody(uintptr_t argument, sabir_pid subscriber) {
  (void)argument, (void)subscriber;
  return false;
}

static sabir_status publish_filtered(void *subject, const struct handles *handles) {
  sabir_message *const before = any_message();
  sabir_message *message = before;
  const sabir_status status = sabir_publish_filtered((sabir_system *)subject, "calls.a", &message, 0, nobody, 0, NULL);
  (void)handles;
  return end_message(status, message, before);
}

static sabir_status send_batch(void *subject, const struct handles *handles) {
  sabir_message *const before = any_message();
  sabir_envelope envelope;
  size_t sent = 7;
  sabir_status status;
  memset(&envelope, 0, sizeof envelope);
  envelope.to = handles->pid;
  envelope.message = before;
  status = sabir_send_batch((sabir_system *)subject, &envelope, 1, sizeof envelope, &sent);
  CHECK_NUMBER(sent, status == SABIR_OK ? 1 : 0);
  return end_message(status, envelope.message, before);
}

static void count_drop(uintptr_t argument) { count((uint64_t *)argument); }

/* A child whose argument counts its drops. It is moved whether the call fails or not; in a forked child nothing is done. */
struct child_argument {
  uint64_t drops;
  sabir_spawn_options spawn;
  sabir_child_spec spec;
};

static void child_argument_init(struct child_argument *child) {
  child->drops = 0;
  sabir_spawn_options_init(&child->spawn, sizeof child->spawn);
  sabir_child_spec_init(&child->spec, sizeof child->spec);
  child->spawn.argument = (uintptr_t)&child->drops;
  child->spawn.drop = count_drop;
  child->spec.spawn = &child->spawn;
}

static void check_dropped(const struct child_argument *child, sabir_status status) {
  if (status == SABIR_E_FORKED) return;
  CHECK(reached(&child->drops, 1));
  CHECK_NUMBER(counted(&child->drops), 1);
}

static sabir_status supervise_child(sabir_system *system, sabir_behavior *behavior) {
  struct child_argument child;
  sabir_pid pid = 1;
  sabir_error *error = NULL;
  sabir_status status;
  child_argument_init(&child);
  status = sabir_supervise(system, 0, "child", behavior, &child.spec, &pid, &error);
  CHECK(status == SABIR_OK ? pid != 0 && error == NULL : pid == 0 && error != NULL);
  CHECK_STATUS(sabir_error_status(error), status);
  sabir_error_destroy(&error);
  if (status == SABIR_OK) {
    CHECK_OK(sabir_child_do(system, 0, SABIR_CHILD_STOP, "child", 0, NULL));
    CHECK_OK(sabir_child_do(system, 0, SABIR_CHILD_DELETE, "child", 0, NULL));
  }
  check_dropped(&child, status);
  return status;
}

static sabir_status supervise(void *subject, const struct handles *handles) {
  return supervise_child((sabir_system *)subject, (sabir_behavior *)handles->handle[HANDLE_BEHAVIOR]);
}
static sabir_status supervise_behavior(void *subject, const struct handles *handles) {
  return supervise_child((sabir_system *)handles->handle[HANDLE_SYSTEM], (sabir_behavior *)subject);
}

static sabir_status request_child(sabir_system *system, sabir_behavior *behavior) {
  struct child_argument child;
  sabir_message *request = (sabir_message *)&request;
  sabir_error *error = NULL;
  sabir_status status;
  child_argument_init(&child);
  status = sabir_request_supervise(system, "child", behavior, &child.spec, &request, &error);
  CHECK(status == SABIR_OK ? request != NULL && error == NULL : request == NULL && error != NULL);
  CHECK_STATUS(sabir_error_status(error), status);
  sabir_error_destroy(&error);
  sabir_message_destroy(&request); /* a request that comes to nothing drops it, too */
  check_dropped(&child, status);
  return status;
}

static sabir_status request_supervise(void *subject, const struct handles *handles) {
  return request_child((sabir_system *)subject, (sabir_behavior *)handles->handle[HANDLE_BEHAVIOR]);
}
static sabir_status request_supervise_behavior(void *subject, const struct handles *handles) {
  return request_child((sabir_system *)handles->handle[HANDLE_SYSTEM], (sabir_behavior *)subject);
}

static sabir_status child_stop(void *subject, const struct handles *handles) {
  sabir_pid pid = 1;
  const sabir_status status = sabir_child_do((sabir_system *)subject, 0, SABIR_CHILD_STOP, "nobody", 0, &pid);
  (void)handles;
  CHECK_NUMBER(pid, 0);
  return status == SABIR_E_NO_CHILD ? SABIR_OK : status;
}

static sabir_status children(void *subject, const struct handles *handles) {
  sabir_message *list = (sabir_message *)subject;
  const sabir_status status = sabir_children((sabir_system *)subject, 0, &list);
  (void)handles;
  CHECK((list != NULL) == (status == SABIR_OK));
  sabir_message_destroy(&list);
  return status;
}

/* The name belongs to a pid that is there, or to nobody. */
static sabir_status register_name(void *subject, const struct handles *handles) {
  const sabir_status status = sabir_register((sabir_system *)subject, "calls", handles->pid);
  if (status == SABIR_OK) CHECK_OK(sabir_unregister((sabir_system *)subject, "calls", handles->pid));
  return status;
}

static sabir_status no_name_is_ok(sabir_status status) { return status == SABIR_E_NO_NAME ? SABIR_OK : status; }

static sabir_status unregister_name(void *subject, const struct handles *handles) {
  (void)handles;
  return no_name_is_ok(sabir_unregister((sabir_system *)subject, "nobody", 0));
}

static sabir_status whereis(void *subject, const struct handles *handles) {
  sabir_pid pid = 1;
  const sabir_status status = sabir_whereis((sabir_system *)subject, "nobody", &pid);
  (void)handles;
  CHECK_NUMBER(pid, 0);
  return no_name_is_ok(status);
}

static sabir_status send_named(void *subject, const struct handles *handles) {
  sabir_message *const before = any_message();
  sabir_message *message = before;
  const sabir_status status = sabir_send_named((sabir_system *)subject, "nobody", &message);
  (void)handles;
  return no_name_is_ok(end_message(status, message, before));
}

static sabir_status send_named_bytes(void *subject, const struct handles *handles) {
  (void)handles;
  return no_name_is_ok(sabir_send_named_bytes((sabir_system *)subject, "nobody", PROBE_COUNT, "abc", 3));
}

static sabir_status no_member_is_ok(sabir_status status) { return status == SABIR_E_NO_MEMBER ? SABIR_OK : status; }

static sabir_status group_join(void *subject, const struct handles *handles) {
  const sabir_status status = sabir_group_join((sabir_system *)subject, "calls", handles->pid);
  if (status == SABIR_OK) CHECK_OK(sabir_group_leave((sabir_system *)subject, "calls", handles->pid));
  return status;
}

static sabir_status group_leave(void *subject, const struct handles *handles) {
  return no_member_is_ok(sabir_group_leave((sabir_system *)subject, "nobody", handles->pid));
}

static sabir_status group_members(void *subject, const struct handles *handles) {
  size_t number = 77;
  const sabir_status status = sabir_group_members((sabir_system *)subject, "nobody", NULL, 0, &number);
  (void)handles;
  CHECK_NUMBER(number, 0);
  return status;
}

static sabir_status group_send(void *subject, const struct handles *handles) {
  sabir_message *const before = any_message();
  sabir_message *message = before;
  size_t received = 77;
  const sabir_status status = sabir_group_send((sabir_system *)subject, "nobody", &message, &received);
  (void)handles;
  CHECK_NUMBER(received, 0);
  return no_member_is_ok(end_message(status, message, before));
}

static sabir_status group_send_bytes(void *subject, const struct handles *handles) {
  (void)handles;
  return no_member_is_ok(sabir_group_send_bytes((sabir_system *)subject, "nobody", PROBE_COUNT, "abc", 3, NULL));
}

static sabir_status no_member_out_is_ok(sabir_status status, const sabir_message *message) {
  if (status == SABIR_E_NO_MEMBER) CHECK(message != NULL);
  return no_member_is_ok(status);
}

static sabir_status router_create(void *subject, const struct handles *handles) {
  sabir_router *router = (sabir_router *)subject;
  sabir_error *error = NULL;
  const sabir_status status = sabir_router_create((sabir_system *)subject, NULL, &router, &error);
  (void)handles;
  CHECK(status == SABIR_OK ? router != NULL && error == NULL : router == NULL && error != NULL);
  sabir_error_destroy(&error);
  sabir_router_destroy(&router);
  return status;
}

static sabir_status create_pool(sabir_system *system, sabir_behavior *behavior) {
  struct child_argument child;
  sabir_router_options options = SABIR_ROUTER_OPTIONS_INIT;
  sabir_router *router = NULL;
  sabir_status status;
  child_argument_init(&child);
  options.size = 1;
  options.behavior = behavior;
  options.spawn = &child.spawn;
  status = sabir_router_create(system, &options, &router, NULL);
  CHECK((router != NULL) == (status == SABIR_OK));
  sabir_router_destroy(&router);
  check_dropped(&child, status);
  return status;
}

static sabir_status router_create_pool(void *subject, const struct handles *handles) {
  return create_pool((sabir_system *)subject, (sabir_behavior *)handles->handle[HANDLE_BEHAVIOR]);
}
static sabir_status router_create_behavior(void *subject, const struct handles *handles) {
  return create_pool((sabir_system *)handles->handle[HANDLE_SYSTEM], (sabir_behavior *)subject);
}

static sabir_status router_retain(void *subject, const struct handles *handles) {
  const sabir_status status = sabir_router_retain((sabir_router *)subject);
  (void)handles;
  if (status == SABIR_OK) {
    sabir_router *reference = (sabir_router *)subject;
    sabir_router_destroy(&reference);
  }
  return status;
}

static sabir_status router_add(void *subject, const struct handles *handles) {
  const sabir_status status = sabir_router_add((sabir_router *)subject, handles->pid);
  if (status == SABIR_OK) CHECK_OK(sabir_router_remove((sabir_router *)subject, handles->pid));
  return status;
}

static sabir_status router_remove(void *subject, const struct handles *handles) {
  return no_member_is_ok(sabir_router_remove((sabir_router *)subject, handles->pid));
}

/* It is no pool: where the handle is good, that is the answer. */
static sabir_status router_resize(void *subject, const struct handles *handles) {
  const sabir_status status = sabir_router_resize((sabir_router *)subject, 1);
  return subject == handles->handle[HANDLE_ROUTER] && status == SABIR_E_INVALID ? SABIR_OK : status;
}

static sabir_status router_routees(void *subject, const struct handles *handles) {
  size_t number = 77;
  const sabir_status status = sabir_router_routees((sabir_router *)subject, NULL, 0, &number);
  (void)handles;
  CHECK_NUMBER(number, 0);
  return status;
}

static sabir_status router_pick(void *subject, const struct handles *handles) {
  sabir_pid pid = 1;
  const sabir_status status = sabir_router_pick((sabir_router *)subject, 1, &pid);
  (void)handles;
  CHECK_NUMBER(pid, 0);
  return no_member_is_ok(status);
}

static sabir_status router_send(void *subject, const struct handles *handles) {
  sabir_message *const before = any_message();
  sabir_message *message = before;
  const sabir_status status = no_member_out_is_ok(sabir_router_send((sabir_router *)subject, &message), message);
  (void)handles;
  return end_message(status, message, before);
}

static sabir_status router_send_bytes(void *subject, const struct handles *handles) {
  (void)handles;
  return no_member_is_ok(sabir_router_send_bytes((sabir_router *)subject, PROBE_COUNT, "abc", 3));
}

/* By hash only. */
static sabir_status router_send_key(void *subject, const struct handles *handles) {
  sabir_message *const before = any_message();
  sabir_message *message = before;
  const sabir_status status = end_message(sabir_router_send_key((sabir_router *)subject, 1, &message), message, before);
  return subject == handles->handle[HANDLE_ROUTER] && status == SABIR_E_INVALID ? SABIR_OK : status;
}

static sabir_status router_send_all(void *subject, const struct handles *handles) {
  sabir_message *const before = any_message();
  sabir_message *message = before;
  size_t received = 77;
  const sabir_status status = no_member_out_is_ok(sabir_router_send_all((sabir_router *)subject, &message, &received), message);
  (void)handles;
  CHECK_NUMBER(received, 0);
  return end_message(status, message, before);
}

static sabir_status router_ask(void *subject, const struct handles *handles) {
  sabir_message *const before = any_message();
  sabir_message *message = before, *reply = NULL;
  const sabir_status status = no_member_out_is_ok(sabir_router_ask((sabir_router *)subject, &message, MILLISECOND_NS, &reply), message);
  (void)handles;
  CHECK(reply == NULL);
  return end_message(status, message, before);
}

static sabir_status router_ask_begin(void *subject, const struct handles *handles) {
  sabir_message *const before = any_message();
  sabir_message *message = before;
  sabir_ref ref = 1;
  const sabir_status status =
      no_member_out_is_ok(sabir_router_ask_begin((sabir_router *)subject, &message, MILLISECOND_NS, ask_done, 0, &ref), message);
  (void)handles;
  CHECK_NUMBER(ref, 0);
  return end_message(status, message, before);
}

static sabir_status ask_by_port(sabir_port *port, sabir_router *router) {
  sabir_message *const before = any_message();
  sabir_message *message = before;
  sabir_ref ref = 1;
  const sabir_status status = no_member_out_is_ok(sabir_port_router_ask(port, router, &message, MILLISECOND_NS, &ref), message);
  CHECK_NUMBER(ref, 0);
  return end_message(status, message, before);
}

static sabir_status port_router_ask(void *subject, const struct handles *handles) {
  return ask_by_port((sabir_port *)subject, (sabir_router *)handles->handle[HANDLE_ROUTER]);
}
static sabir_status port_router_ask_router(void *subject, const struct handles *handles) {
  return ask_by_port((sabir_port *)handles->handle[HANDLE_PORT], (sabir_router *)subject);
}

const struct handle_call handle_calls[] = {
    {"sabir_system_retain", HANDLE_SYSTEM, system_retain},
    {"sabir_system_counters", HANDLE_SYSTEM, system_counters},
    {"sabir_spawn", HANDLE_SYSTEM, spawn},
    {"sabir_spawn (behavior)", HANDLE_BEHAVIOR, spawn_behavior},
    {"sabir_actor_status", HANDLE_SYSTEM, actor_status},
    {"sabir_actor_stop", HANDLE_SYSTEM, actor_stop},
    {"sabir_actor_drain", HANDLE_SYSTEM, actor_drain},
    {"sabir_actor_kill", HANDLE_SYSTEM, actor_kill},
    {"sabir_send", HANDLE_SYSTEM, send_message},
    {"sabir_send_bytes", HANDLE_SYSTEM, send_bytes},
    {"sabir_ask", HANDLE_SYSTEM, ask},
    {"sabir_ask_bytes", HANDLE_SYSTEM, ask_bytes},
    {"sabir_ask_begin", HANDLE_SYSTEM, ask_begin},
    {"sabir_ask_cancel", HANDLE_SYSTEM, ask_cancel},
    {"sabir_reply", HANDLE_SYSTEM, reply_message},
    {"sabir_reply_bytes", HANDLE_SYSTEM, reply_bytes},
    {"sabir_reply_error", HANDLE_SYSTEM, reply_error},
    {"sabir_port_create", HANDLE_SYSTEM, port_create},
    {"sabir_executor_create", HANDLE_SYSTEM, executor_create},
    {"sabir_dead_letter_count", HANDLE_SYSTEM, dead_letter_count},
    {"sabir_dead_letter_subscribe", HANDLE_SYSTEM, dead_letter_subscribe},
    {"sabir_dead_letter_unsubscribe", HANDLE_SYSTEM, dead_letter_unsubscribe},
    {"sabir_log_set_sink", HANDLE_SYSTEM, log_set_sink},
    {"sabir_log_set_level", HANDLE_SYSTEM, log_set_level},
    {"sabir_log_set_sink_at", HANDLE_SYSTEM, log_set_sink_at},
    {"sabir_dead_letter_subscribe_at", HANDLE_SYSTEM, dead_letter_subscribe_at},
    {"sabir_system_shutdown_begin_at", HANDLE_SYSTEM, system_shutdown_begin_at},
    {"sabir_behavior_retain", HANDLE_BEHAVIOR, behavior_retain},
    {"sabir_executor_retain", HANDLE_EXECUTOR, executor_retain},
    {"sabir_port_retain", HANDLE_PORT, port_retain},
    {"sabir_port_wake", HANDLE_PORT, port_wake},
    {"sabir_port_receive", HANDLE_PORT, port_receive},
    {"sabir_port_ask", HANDLE_PORT, port_ask},
    {"sabir_port_monitor", HANDLE_PORT, port_monitor},
    {"sabir_port_demonitor", HANDLE_PORT, port_demonitor},
    {"sabir_timer_after", HANDLE_SYSTEM, timer_after},
    {"sabir_timer_every", HANDLE_SYSTEM, timer_every},
    {"sabir_timer_cancel", HANDLE_SYSTEM, timer_cancel},
    {"sabir_subscribe", HANDLE_SYSTEM, subscribe},
    {"sabir_unsubscribe", HANDLE_SYSTEM, unsubscribe},
    {"sabir_publish", HANDLE_SYSTEM, publish},
    {"sabir_publish_bytes", HANDLE_SYSTEM, publish_bytes},
    {"sabir_publish_filtered", HANDLE_SYSTEM, publish_filtered},
    {"sabir_send_batch", HANDLE_SYSTEM, send_batch},
    {"sabir_supervise", HANDLE_SYSTEM, supervise},
    {"sabir_supervise (behavior)", HANDLE_BEHAVIOR, supervise_behavior},
    {"sabir_request_supervise", HANDLE_SYSTEM, request_supervise},
    {"sabir_request_supervise (behavior)", HANDLE_BEHAVIOR, request_supervise_behavior},
    {"sabir_child_do", HANDLE_SYSTEM, child_stop},
    {"sabir_children", HANDLE_SYSTEM, children},
    {"sabir_register", HANDLE_SYSTEM, register_name},
    {"sabir_unregister", HANDLE_SYSTEM, unregister_name},
    {"sabir_whereis", HANDLE_SYSTEM, whereis},
    {"sabir_send_named", HANDLE_SYSTEM, send_named},
    {"sabir_send_named_bytes", HANDLE_SYSTEM, send_named_bytes},
    {"sabir_group_join", HANDLE_SYSTEM, group_join},
    {"sabir_group_leave", HANDLE_SYSTEM, group_leave},
    {"sabir_group_members", HANDLE_SYSTEM, group_members},
    {"sabir_group_send", HANDLE_SYSTEM, group_send},
    {"sabir_group_send_bytes", HANDLE_SYSTEM, group_send_bytes},
    {"sabir_router_create", HANDLE_SYSTEM, router_create},
    {"sabir_router_create (pool)", HANDLE_SYSTEM, router_create_pool},
    {"sabir_router_create (behavior)", HANDLE_BEHAVIOR, router_create_behavior},
    {"sabir_router_retain", HANDLE_ROUTER, router_retain},
    {"sabir_router_add", HANDLE_ROUTER, router_add},
    {"sabir_router_remove", HANDLE_ROUTER, router_remove},
    {"sabir_router_resize", HANDLE_ROUTER, router_resize},
    {"sabir_router_routees", HANDLE_ROUTER, router_routees},
    {"sabir_router_pick", HANDLE_ROUTER, router_pick},
    {"sabir_router_send", HANDLE_ROUTER, router_send},
    {"sabir_router_send_bytes", HANDLE_ROUTER, router_send_bytes},
    {"sabir_router_send_key", HANDLE_ROUTER, router_send_key},
    {"sabir_router_send_all", HANDLE_ROUTER, router_send_all},
    {"sabir_router_ask", HANDLE_ROUTER, router_ask},
    {"sabir_router_ask_begin", HANDLE_ROUTER, router_ask_begin},
    {"sabir_port_router_ask", HANDLE_PORT, port_router_ask},
    {"sabir_port_router_ask (router)", HANDLE_ROUTER, port_router_ask_router},
    {"sabir_system_shutdown", HANDLE_SYSTEM, system_shutdown},
    {"sabir_system_shutdown_begin", HANDLE_SYSTEM, system_shutdown_begin},
};
const size_t handle_call_count = sizeof handle_calls / sizeof handle_calls[0];

static sabir_executor *threads_executor(sabir_system *system) {
  sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_executor *executor = NULL;
  options.kind = SABIR_EXECUTOR_THREADS;
  REQUIRE_OK(sabir_executor_create(system, &options, &executor, NULL));
  return executor;
}

struct handles make_handles(void) {
  struct handles handles;
  sabir_port *port = NULL;
  sabir_router *router = NULL;
  sabir_system *system = make_system(1);
  REQUIRE_OK(sabir_port_create(system, NULL, &port, NULL));
  REQUIRE_OK(sabir_router_create(system, NULL, &router, NULL));
  handles.handle[HANDLE_SYSTEM] = system;
  handles.handle[HANDLE_BEHAVIOR] = probe_behavior();
  handles.handle[HANDLE_EXECUTOR] = threads_executor(system);
  handles.handle[HANDLE_PORT] = port;
  handles.handle[HANDLE_ROUTER] = router;
  handles.pid = sabir_port_pid(port);
  return handles;
}

void end_handles(struct handles *handles) {
  sabir_system *system = (sabir_system *)handles->handle[HANDLE_SYSTEM];
  sabir_behavior *behavior = (sabir_behavior *)handles->handle[HANDLE_BEHAVIOR];
  sabir_executor *executor = (sabir_executor *)handles->handle[HANDLE_EXECUTOR];
  sabir_port *port = (sabir_port *)handles->handle[HANDLE_PORT];
  sabir_router *router = (sabir_router *)handles->handle[HANDLE_ROUTER];
  sabir_router_destroy(&router);
  sabir_port_destroy(&port);
  CHECK_OK(sabir_executor_destroy(&executor));
  CHECK_OK(sabir_system_destroy(&system));
  sabir_behavior_destroy(&behavior);
  CHECK(system == NULL && behavior == NULL && executor == NULL && port == NULL && router == NULL);
}

void *destroyed_handle(const struct handles *handles, int kind) {
  sabir_system *system = (sabir_system *)handles->handle[HANDLE_SYSTEM];
  void *subject = NULL;
  if (kind == HANDLE_SYSTEM) {
    sabir_system *other = make_system(1);
    subject = other;
    CHECK_OK(sabir_system_destroy(&other));
  } else if (kind == HANDLE_BEHAVIOR) {
    sabir_behavior *behavior = probe_behavior();
    subject = behavior;
    sabir_behavior_destroy(&behavior);
  } else if (kind == HANDLE_EXECUTOR) {
    sabir_executor *executor = threads_executor(system);
    subject = executor;
    CHECK_OK(sabir_executor_destroy(&executor));
  } else if (kind == HANDLE_ROUTER) {
    sabir_router *router = NULL;
    REQUIRE_OK(sabir_router_create(system, NULL, &router, NULL));
    subject = router;
    sabir_router_destroy(&router);
  } else {
    sabir_port *port = NULL;
    REQUIRE_OK(sabir_port_create(system, NULL, &port, NULL));
    subject = port;
    sabir_port_destroy(&port);
  }
  return subject;
}
