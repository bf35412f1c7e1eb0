/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery_support.h"

#include <poll.h>

sabir_executor *make_polled(sabir_system *system, uint32_t workers) {
  sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_executor *executor = NULL;
  options.kind = SABIR_EXECUTOR_POLLED;
  options.workers = workers;
  REQUIRE_OK(sabir_executor_create(system, &options, &executor, NULL));
  return executor;
}

void host_begin(struct host *host, uint32_t wants, uint32_t batch, uint32_t max_outstanding) {
  sabir_delivered_options options = SABIR_DELIVERED_OPTIONS_INIT;
  memset(host, 0, sizeof *host);
  options.name = "delivered";
  options.wants = wants;
  options.batch = batch;
  options.max_outstanding = max_outstanding;
  REQUIRE_OK(sabir_behavior_create_delivered(&options, &host->behavior));
  host->system = make_system(1);
  host->executor = make_polled(host->system, 1);
  REQUIRE_OK(sabir_port_create(host->system, NULL, &host->port, NULL));
}

sabir_pid host_spawn(struct host *host, uintptr_t argument) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_pid pid = 0;
  options.executor = host->executor;
  options.argument = argument;
  REQUIRE_OK(sabir_spawn(host->system, host->behavior, &options, &pid, NULL));
  return pid;
}

bool has_deliveries(sabir_executor *executor) {
  struct pollfd polled = {-1, POLLIN, 0};
  int32_t descriptor;
  REQUIRE_OK(sabir_executor_descriptor(executor, &descriptor));
  polled.fd = descriptor;
  return poll(&polled, 1, (int)(PATIENCE_NS / 1000000)) == 1;
}

sabir_status host_poll_most(struct host *host, size_t count, uint64_t wait_ns) {
  size_t i;
  for (i = 0; i < MOST; ++i) host->deliveries[i].struct_size = sizeof(sabir_delivery);
  return sabir_executor_poll(host->executor, host->deliveries, count, sizeof(sabir_delivery), wait_ns, &host->handed);
}

void host_poll_some(struct host *host) {
  do {
    CHECK_OK(host_poll_most(host, MOST, PATIENCE_NS));
  } while (host->handed == 0);
}

void host_poll(struct host *host, size_t count) {
  host_poll_some(host);
  CHECK_NUMBER(host->handed, count);
}

void host_finds_nothing(struct host *host) {
  const size_t handed = host->handed; /* what is out stays to be finished */
  sabir_status status;
  while ((status = host_poll_most(host, MOST, 0)) == SABIR_OK) CHECK_NUMBER(host->handed, 0);
  CHECK_STATUS(status, SABIR_E_TIMEOUT);
  host->handed = handed;
}

sabir_status finish_one(struct host *host, sabir_context *context, sabir_status status, uintptr_t value, uint32_t flags) {
  sabir_completion completion = SABIR_COMPLETION_INIT;
  size_t completed = 77;
  sabir_status result;
  completion.context = context;
  completion.status = status;
  completion.value = value;
  completion.flags = flags;
  result = sabir_executor_complete(host->executor, &completion, 1, sizeof completion, &completed);
  CHECK_NUMBER(completed, result == SABIR_OK);
  return result;
}

void finish_all(struct host *host) {
  size_t i;
  for (i = 0; i < host->handed; ++i) {
    const sabir_delivery *delivery = &host->deliveries[i];
    if (delivery->context == NULL) {
      ++host->without_context;
    } else if (delivery->kind != SABIR_DELIVERY_CANCEL) {
      CHECK_OK(finish_one(host, delivery->context, SABIR_OK, delivery->value, 0));
    }
  }
}

sabir_pid host_start(struct host *host, uintptr_t state) {
  const sabir_pid pid = host_spawn(host, state);
  host_poll(host, 1);
  CHECK_NUMBER(host->deliveries[0].kind, SABIR_DELIVERY_START);
  CHECK_NUMBER(host->deliveries[0].actor, pid);
  CHECK_NUMBER(host->deliveries[0].value, state);
  finish_all(host);
  return pid;
}

const sabir_delivery *host_poll_one(struct host *host, uint32_t kind) {
  host_poll(host, 1);
  CHECK_NUMBER(host->deliveries[0].kind, kind);
  return &host->deliveries[0];
}

sabir_pid host_supervise(struct host *host, uintptr_t state, uint32_t redeliveries) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_message *message = NULL;
  sabir_pid pid;
  sabir_ref ref;
  options.executor = host->executor;
  options.argument = state;
  spec.spawn = &options;
  spec.redeliveries = redeliveries;
  REQUIRE_OK(sabir_request_supervise(host->system, "child", host->behavior, &spec, &message, NULL));
  REQUIRE_OK(sabir_port_ask(host->port, sabir_supervisor_root(host->system), &message, PATIENCE_NS, &ref));
  pid = host_poll_one(host, SABIR_DELIVERY_START)->actor;
  finish_all(host);
  host_finds_nothing(host);
  REQUIRE_OK(sabir_port_receive(host->port, PATIENCE_NS, &message));
  CHECK_OK(sabir_message_status(message));
  sabir_message_destroy(&message);
  return pid;
}

void send_number(struct host *host, sabir_pid pid, uint64_t number) {
  CHECK_OK(sabir_send_bytes(host->system, pid, ADD, &number, sizeof number));
}

uint64_t number_of(const sabir_delivery *delivery) {
  REQUIRE(delivery->kind == SABIR_DELIVERY_MESSAGE && delivery->message != NULL);
  REQUIRE(sabir_message_size(delivery->message) == sizeof(uint64_t));
  return *(const uint64_t *)sabir_message_data(delivery->message);
}

void host_poll_to_the_end(struct host *host) {
  sabir_status status = SABIR_OK;
  while (status == SABIR_OK || status == SABIR_E_WOKEN) {
    status = host_poll_most(host, MOST, PATIENCE_NS);
    if (status == SABIR_OK) finish_all(host);
  }
  CHECK_STATUS(status, SABIR_E_CLOSED);
}

void host_end(struct host *host) {
  CHECK_OK(sabir_system_shutdown_begin(host->system, PATIENCE_NS, NULL, 0));
  host_poll_to_the_end(host);
  sabir_port_destroy(&host->port);
  end_system(&host->system);
  CHECK_OK(sabir_executor_destroy(&host->executor));
  sabir_behavior_destroy(&host->behavior);
}
