/* A system with one polled executor, whose delivered actors' handlers the test calls itself: for the tests of delivery.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_TESTS_CAPI_DELIVERY_SUPPORT_H
#define SABIR_TESTS_CAPI_DELIVERY_SUPPORT_H

#include "support.h"

enum { MOST = 512, ADD = 21, ASK = 22 };

struct host {
  sabir_system *system;
  sabir_executor *executor;
  sabir_behavior *behavior;
  sabir_port *port;
  sabir_delivery deliveries[MOST];
  size_t handed; /* of the last poll */
  size_t without_context; /* that finish_all has seen */
};

sabir_executor *make_polled(sabir_system *system, uint32_t workers);
void host_begin(struct host *host, uint32_t wants, uint32_t batch, uint32_t max_outstanding);
/* Completes all that comes until the executor is closed. */
void host_poll_to_the_end(struct host *host);
/* Shuts down so, and ends everything. */
void host_end(struct host *host);

sabir_pid host_spawn(struct host *host, uintptr_t argument);
/* A delivered actor that has started, with this state; and one that the root supervises. */
sabir_pid host_start(struct host *host, uintptr_t state);
sabir_pid host_supervise(struct host *host, uintptr_t state, uint32_t redeliveries);

/* Whether something is ready to be handed out, soon: nobody polls meanwhile. */
bool has_deliveries(sabir_executor *executor);
sabir_status host_poll_most(struct host *host, size_t count, uint64_t wait_ns);
/* Polls until it has been handed something, and, the second one, until that is `count` (an executor may cut a batch short). */
void host_poll_some(struct host *host);
void host_poll(struct host *host, size_t count);
void host_finds_nothing(struct host *host);
/* The same for one delivery of this kind. */
const sabir_delivery *host_poll_one(struct host *host, uint32_t kind);

sabir_status finish_one(struct host *host, sabir_context *context, sabir_status status, uintptr_t value, uint32_t flags);
/* Completes all of the last poll, as handled; starts with the argument as the state. What has no context is counted. */
void finish_all(struct host *host);

void send_number(struct host *host, sabir_pid pid, uint64_t number);
uint64_t number_of(const sabir_delivery *delivery);

#endif
