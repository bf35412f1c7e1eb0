/* delivery.h: actors whose handlers the host calls itself, one delivery at a time.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "delivery_support.h"

#include <poll.h>

enum { NEXT = 23 };

static void an_actor_starts_handles_and_stops(void) {
  struct host host;
  sabir_pid pid;
  host_begin(&host, 0, 0, 0);
  pid = host_start(&host, 5);
  send_number(&host, pid, 7);
  host_poll(&host, 1);
  CHECK_NUMBER(number_of(&host.deliveries[0]), 7);
  CHECK_NUMBER(host.deliveries[0].actor, pid);
  CHECK_NUMBER(host.deliveries[0].state, 5);
  CHECK_NUMBER(host.deliveries[0].incarnation, 0);
  CHECK_NUMBER(sabir_message_type(host.deliveries[0].message), ADD);
  CHECK_NUMBER(sabir_context_self(host.deliveries[0].context), pid);
  CHECK_NUMBER(sabir_context_state(host.deliveries[0].context), 5);
  CHECK(sabir_context_system(host.deliveries[0].context) == host.system);
  finish_all(&host);
  host_finds_nothing(&host);
  CHECK_NUMBER(counters_of(host.system).handled, 1);
  CHECK_OK(sabir_actor_stop(host.system, pid));
  host_poll(&host, 1);
  CHECK_NUMBER(host.deliveries[0].kind, SABIR_DELIVERY_STOP);
  CHECK_NUMBER(sabir_exit_reason(host.deliveries[0].exit), SABIR_EXIT_STOPPED);
  CHECK_NUMBER(host.deliveries[0].state, 5);
  CHECK_OK(sabir_actor_status(host.system, pid)); /* not before STOP is completed */
  finish_all(&host);
  host_finds_nothing(&host);
  CHECK_STATUS(sabir_actor_status(host.system, pid), SABIR_E_DEAD);
  host_end(&host);
}

static void a_batch_keeps_the_order_and_its_size(void) {
  struct host host;
  sabir_pid pid;
  uint64_t next = 0, i;
  host_begin(&host, 0, 10, 0);
  pid = host_start(&host, 0);
  for (i = 0; i < 25; ++i) send_number(&host, pid, i);
  while (next < 25) {
    const size_t handed = next < 20 ? 10 : 5;
    host_poll(&host, handed);
    for (i = 0; i < handed; ++i) CHECK_NUMBER(number_of(&host.deliveries[i]), next++);
    host_finds_nothing(&host); /* before these are completed */
    for (i = 0; i < handed; ++i) CHECK_OK(finish_one(&host, host.deliveries[i].context, SABIR_OK, 0, 0));
  }
  host_end(&host);
}

static void completions_are_checked(void) {
  struct host host;
  sabir_pid pid;
  sabir_executor *other;
  sabir_completion completion = SABIR_COMPLETION_INIT;
  sabir_context *first, *second;
  sabir_delivery small;
  size_t handed = 3;
  int local = 0;
  host_begin(&host, 0, 0, 0);
  other = make_polled(host.system, 1);
  pid = host_spawn(&host, 0);
  (void)host_poll_one(&host, SABIR_DELIVERY_START);
  CHECK_STATUS(finish_one(&host, host.deliveries[0].context, SABIR_OK, 0, SABIR_COMPLETION_RETURNED), SABIR_E_INVALID); /* no message */
  finish_all(&host);
  CHECK_STATUS(finish_one(&host, host.deliveries[0].context, SABIR_OK, 0, 0), SABIR_E_CONTEXT); /* twice */
  send_number(&host, pid, 1);
  send_number(&host, pid, 2);
  host_poll(&host, 2);
  first = host.deliveries[0].context;
  second = host.deliveries[1].context;
  CHECK_STATUS(finish_one(&host, second, SABIR_OK, 0, 0), SABIR_E_ORDER);
  CHECK_STATUS(finish_one(&host, first, SABIR_OK, 0, 4), SABIR_E_OPTION);
  CHECK_STATUS(finish_one(&host, first, SABIR_OK, 0, SABIR_COMPLETION_TAKEN | SABIR_COMPLETION_RETURNED), SABIR_E_INVALID);
  CHECK_STATUS(finish_one(&host, NULL, SABIR_OK, 0, 0), SABIR_E_CONTEXT);
  CHECK_STATUS(finish_one(&host, (sabir_context *)(void *)&local, SABIR_OK, 0, 0), SABIR_E_CONTEXT);
  CHECK_STATUS(finish_one(&host, (sabir_context *)((uintptr_t)first + (UINT64_C(1) << 33)), SABIR_OK, 0, 0), SABIR_E_CONTEXT);
  CHECK_STATUS(finish_one(&host, (sabir_context *)((uintptr_t)first + (UINT64_C(1) << 30)), SABIR_OK, 0, 0), SABIR_E_CONTEXT);
  completion.context = first;
  CHECK_STATUS(sabir_executor_complete(other, &completion, 1, sizeof completion, NULL), SABIR_E_FOREIGN);
  CHECK_STATUS(sabir_executor_complete(NULL, &completion, 1, sizeof completion, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_executor_complete(host.executor, NULL, 1, sizeof completion, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_executor_complete(host.executor, &completion, 1, 8, NULL), SABIR_E_INVALID);
  CHECK_OK(sabir_executor_complete(host.executor, NULL, 0, 0, NULL));
  completion.text = "long";
  completion.text_size = SIZE_MAX;
  CHECK_STATUS(sabir_executor_complete(host.executor, &completion, 1, sizeof completion, NULL), SABIR_E_NOMEM);
  completion.text = NULL;
  completion.text_size = 0;
  completion.struct_size = sizeof completion + 8; /* longer than the stride */
  CHECK_STATUS(sabir_executor_complete(host.executor, &completion, 1, sizeof completion, NULL), SABIR_E_INVALID);
  CHECK_STATUS(finish_one(&host, (sabir_context *)(uintptr_t)1, SABIR_OK, 0, 0), SABIR_E_CONTEXT);
  CHECK_STATUS(finish_one(&host, (sabir_context *)UINTPTR_MAX, SABIR_OK, 0, 0), SABIR_E_CONTEXT);
  completion.struct_size = 8;
  CHECK_STATUS(sabir_executor_complete(host.executor, &completion, 1, sizeof completion, NULL), SABIR_E_OPTION);
  completion.struct_size = sizeof completion;
  completion.reserved = 1;
  CHECK_STATUS(sabir_executor_complete(host.executor, &completion, 1, sizeof completion, NULL), SABIR_E_OPTION);
  completion.reserved = 0;
  completion.text_size = 1;
  CHECK_STATUS(sabir_executor_complete(host.executor, &completion, 1, sizeof completion, NULL), SABIR_E_INVALID);
  CHECK_OK(finish_one(&host, first, SABIR_OK, 0, 0));
  CHECK_STATUS(finish_one(&host, first, SABIR_OK, 0, 0), SABIR_E_CONTEXT);
  CHECK_NUMBER(sabir_context_self(first), 0);
  CHECK_STATUS(sabir_context_stop(first), SABIR_E_CONTEXT);
  every_call_refuses(first, pid);
  CHECK_OK(finish_one(&host, second, SABIR_OK, 0, 0));

  small.struct_size = 8;
  CHECK_STATUS(sabir_executor_poll(host.executor, &small, 1, sizeof small, 0, &handed), SABIR_E_OPTION);
  CHECK_NUMBER(handed, 0);
  small.struct_size = sizeof small;
  CHECK_STATUS(sabir_executor_poll(host.executor, &small, 1, 8, 0, &handed), SABIR_E_INVALID);
  CHECK_STATUS(sabir_executor_poll(host.executor, &small, 0, sizeof small, 0, &handed), SABIR_E_INVALID);
  CHECK_STATUS(sabir_executor_poll(host.executor, NULL, 1, sizeof small, 0, &handed), SABIR_E_INVALID);
  CHECK_STATUS(sabir_executor_poll(host.executor, &small, 1, sizeof small, 0, NULL), SABIR_E_INVALID);
  CHECK_STATUS(sabir_executor_poll(NULL, &small, 1, sizeof small, 0, &handed), SABIR_E_INVALID);
  CHECK_OK(sabir_executor_destroy(&other));
  host_end(&host);
}

/* A context that was completed stays refused when its slot is used for another one. */
static void an_old_context_is_never_a_new_one(void) {
  struct host host;
  sabir_context *old[64];
  sabir_pid pid;
  size_t i, j;
  host_begin(&host, 0, 1, 0);
  pid = host_start(&host, 0);
  for (i = 0; i < 64; ++i) {
    send_number(&host, pid, i);
    host_poll(&host, 1);
    old[i] = host.deliveries[0].context;
    for (j = 0; j < i; ++j) CHECK_STATUS(sabir_context_stop(old[j]), SABIR_E_CONTEXT);
    finish_all(&host);
  }
  host_end(&host);
}

static void *finish_from_elsewhere(void *argument) {
  struct host *host = (struct host *)argument;
  uint64_t value = 40;
  CHECK_OK(sabir_context_reply_bytes(host->deliveries[0].context, ASK, &value, sizeof value));
  finish_all(host);
  return NULL;
}

static void *ask_it(void *argument) {
  struct host *host = (struct host *)argument;
  sabir_message *reply = NULL;
  CHECK_OK(sabir_ask_bytes(host->system, (sabir_pid)host->deliveries[MOST - 1].actor, ASK, NULL, 0, PATIENCE_NS, &reply));
  REQUIRE(reply != NULL);
  CHECK_NUMBER(*(const uint64_t *)sabir_message_data(reply), 40);
  sabir_message_destroy(&reply);
  return NULL;
}

static void a_handler_may_finish_later_on_another_thread(void) {
  struct host host;
  sabir_pid pid;
  pthread_t asker;
  host_begin(&host, 0, 0, 0);
  pid = host_start(&host, 0);
  host.deliveries[MOST - 1].actor = pid;
  asker = start_thread(ask_it, &host);
  do {
    CHECK_OK(sabir_executor_poll(host.executor, host.deliveries, 1, sizeof(sabir_delivery), PATIENCE_NS, &host.handed));
  } while (host.handed == 0);
  send_number(&host, pid, 9);
  join_thread(start_thread(finish_from_elsewhere, &host));
  join_thread(asker);
  host_poll(&host, 1); /* what was sent meanwhile */
  CHECK_NUMBER(number_of(&host.deliveries[0]), 9);
  finish_all(&host);
  host_end(&host);
}

static void asks_end_as_with_callbacks(void) {
  struct host host;
  sabir_pid pid;
  sabir_message *message, *reply = NULL;
  sabir_ref ref, deferred = 0;
  int i;
  static const sabir_status expected[] = {SABIR_E_UNANSWERED, SABIR_E_UNHANDLED, SABIR_E_CRASHED, 12, SABIR_OK};
  for (i = 0; i < 5; ++i) {
    host_begin(&host, 0, 0, 0);
    pid = host_start(&host, 0);
    message = make_message(ASK, NULL, 0);
    REQUIRE_OK(sabir_port_ask(host.port, pid, &message, PATIENCE_NS, &ref));
    host_poll(&host, 1);
    switch (i) {
      case 0: finish_all(&host); break;
      case 1: CHECK_OK(finish_one(&host, host.deliveries[0].context, SABIR_E_UNHANDLED, 0, 0)); break;
      case 2: CHECK_OK(finish_one(&host, host.deliveries[0].context, 3, 0, 0)); break;
      case 3:
        CHECK_OK(sabir_context_reply_error(host.deliveries[0].context, 12, "no", 2));
        CHECK_STATUS(sabir_context_reply_bytes(host.deliveries[0].context, 1, NULL, 0), SABIR_E_NO_ASK);
        finish_all(&host);
        break;
      default:
        CHECK_OK(sabir_context_defer(host.deliveries[0].context, &deferred));
        finish_all(&host);
        host_finds_nothing(&host);
        message = make_message(ASK, "x", 1);
        CHECK_OK(sabir_reply(host.system, deferred, &message));
    }
    (void)host_poll_most(&host, MOST, 0);
    CHECK_OK(sabir_port_receive(host.port, PATIENCE_NS, &reply));
    CHECK_NUMBER(sabir_message_ref(reply), ref);
    CHECK_STATUS(sabir_message_status(reply), expected[i]);
    sabir_message_destroy(&reply);
    finish_all(&host);
    host_end(&host);
  }
}

static void what_follows_a_crash_comes_to_the_next_incarnation(void) {
  struct host host;
  sabir_completion completion = SABIR_COMPLETION_INIT;
  const sabir_delivery *next;
  sabir_pid pid;
  uint64_t i;
  host_begin(&host, 0, 0, 0);
  pid = host_supervise(&host, 8, 0);
  for (i = 0; i < 6; ++i) send_number(&host, pid, i);
  host_poll(&host, 6);
  completion.context = host.deliveries[0].context;
  CHECK_OK(sabir_executor_complete(host.executor, &completion, 1, sizeof completion, NULL));
  completion.context = host.deliveries[1].context;
  completion.status = 99;
  completion.text = "out of ink";
  completion.text_size = 10;
  completion.detail = "line 3";
  completion.detail_size = 6;
  CHECK_OK(sabir_executor_complete(host.executor, &completion, 1, sizeof completion, NULL));
  send_number(&host, pid, 6);
  /* One of those behind was handled all the same. */
  CHECK_OK(finish_one(&host, host.deliveries[2].context, SABIR_OK, 0, 0));
  for (i = 3; i < 6; ++i) CHECK_OK(finish_one(&host, host.deliveries[i].context, SABIR_OK, 0, SABIR_COMPLETION_RETURNED));
  next = host_poll_one(&host, SABIR_DELIVERY_STOP);
  CHECK_NUMBER(sabir_exit_reason(next->exit), SABIR_EXIT_CRASHED);
  CHECK_STATUS(sabir_exit_status(next->exit), 99);
  CHECK_TEXT(sabir_exit_message(next->exit), "out of ink");
  CHECK_TEXT(sabir_exit_detail(next->exit), "line 3");
  finish_all(&host);
  next = host_poll_one(&host, SABIR_DELIVERY_START);
  CHECK_NUMBER(next->actor, pid);
  CHECK_NUMBER(next->value, 8);
  CHECK_NUMBER(next->incarnation, 1);
  finish_all(&host);
  for (i = 3; i < 7;) {
    size_t j;
    host_poll_some(&host);
    for (j = 0; j < host.handed; ++j, ++i) {
      CHECK_NUMBER(number_of(&host.deliveries[j]), i);
      CHECK_NUMBER(host.deliveries[j].incarnation, 1);
    }
    finish_all(&host);
  }
  CHECK_NUMBER(dead_letters(host.system, SABIR_CAUSE_CRASHED), 1);
  host_end(&host);
}

static void a_failed_message_is_delivered_again_as_often_as_the_spec_says(void) {
  struct host host;
  sabir_pid pid;
  int i;
  host_begin(&host, 0, 0, 0);
  pid = host_supervise(&host, 8, 2);
  send_number(&host, pid, 1);
  for (i = 0; i < 3; ++i) {
    CHECK_NUMBER(number_of(host_poll_one(&host, SABIR_DELIVERY_MESSAGE)), 1);
    CHECK_OK(finish_one(&host, host.deliveries[0].context, 5, 0, 0));
    (void)host_poll_one(&host, SABIR_DELIVERY_STOP);
    finish_all(&host);
    (void)host_poll_one(&host, SABIR_DELIVERY_START);
    finish_all(&host);
    CHECK_NUMBER(dead_letters(host.system, SABIR_CAUSE_CRASHED), i == 2);
  }
  send_number(&host, pid, 2);
  CHECK_NUMBER(number_of(host_poll_one(&host, SABIR_DELIVERY_MESSAGE)), 2);
  finish_all(&host);
  host_end(&host);
}

/* A text that comes with success is nobody's: also not of who fails next, without one. */
/* Several of one incarnation's may fail: each is delivered again. */
static void all_that_have_failed_are_delivered_again(void) {
  struct host host;
  uint64_t i, found = 0;
  host_begin(&host, 0, 0, 8);
  (void)host_supervise(&host, 8, 3);
  for (i = 0; i < 3; ++i) send_number(&host, host.deliveries[0].actor, i);
  host_poll(&host, 3);
  for (i = 0; i < 3; ++i) CHECK_OK(finish_one(&host, host.deliveries[i].context, 5, 0, 0));
  (void)host_poll_one(&host, SABIR_DELIVERY_STOP);
  finish_all(&host);
  (void)host_poll_one(&host, SABIR_DELIVERY_START);
  finish_all(&host);
  for (i = 0; i < 3; i += host.handed) {
    size_t j;
    host_poll_some(&host);
    for (j = 0; j < host.handed; ++j) found |= UINT64_C(1) << number_of(&host.deliveries[j]);
    finish_all(&host);
  }
  CHECK_NUMBER(found, 7);
  host_finds_nothing(&host);
  CHECK_NUMBER(dead_letters(host.system, SABIR_CAUSE_CRASHED), 0);
  host_end(&host);
}

static void a_text_without_a_failure_plays_no_part(void) {
  struct host host;
  sabir_completion completion = SABIR_COMPLETION_INIT;
  sabir_pid pid;
  host_begin(&host, 0, 1, 0);
  pid = host_start(&host, 0);
  send_number(&host, pid, 1);
  send_number(&host, pid, 2);
  completion.context = host_poll_one(&host, SABIR_DELIVERY_MESSAGE)->context;
  completion.text = "idle talk";
  completion.text_size = 9;
  CHECK_OK(sabir_executor_complete(host.executor, &completion, 1, sizeof completion, NULL));
  CHECK_OK(finish_one(&host, host_poll_one(&host, SABIR_DELIVERY_MESSAGE)->context, 5, 0, 0));
  CHECK(strstr(sabir_exit_message(host_poll_one(&host, SABIR_DELIVERY_STOP)->exit), "idle") == NULL);
  finish_all(&host);
  host_end(&host);
}

static void without_a_supervisor_a_crash_ends_it(void) {
  struct host host;
  sabir_pid pid;
  host_begin(&host, 0, 0, 0);
  pid = host_start(&host, 0);
  send_number(&host, pid, 0);
  send_number(&host, pid, 1);
  host_poll(&host, 2);
  CHECK_OK(finish_one(&host, host.deliveries[0].context, 5, 0, 0));
  CHECK_OK(finish_one(&host, host.deliveries[1].context, SABIR_OK, 0, SABIR_COMPLETION_RETURNED));
  (void)host_poll_one(&host, SABIR_DELIVERY_STOP);
  finish_all(&host);
  host_finds_nothing(&host);
  CHECK_STATUS(sabir_actor_status(host.system, pid), SABIR_E_DEAD);
  CHECK(dead_letters_reach(host.system, SABIR_CAUSE_CRASHED, 2));
  host_end(&host);
}

static void a_state_may_be_zero(void) {
  struct host host;
  sabir_pid pid;
  host_begin(&host, 0, 0, 0);
  pid = host_spawn(&host, 7);
  CHECK_NUMBER(host_poll_one(&host, SABIR_DELIVERY_START)->value, 7);
  CHECK_OK(finish_one(&host, host.deliveries[0].context, SABIR_OK, 0, 0)); /* not the argument */
  send_number(&host, pid, 1);
  CHECK_NUMBER(host_poll_one(&host, SABIR_DELIVERY_MESSAGE)->state, 0);
  finish_all(&host);
  host_end(&host);
}

static void a_start_may_fail(void) {
  struct host host;
  sabir_pid pid;
  host_begin(&host, 0, 0, 0);
  pid = host_spawn(&host, 1);
  send_number(&host, pid, 1);
  (void)host_poll_one(&host, SABIR_DELIVERY_START);
  host_finds_nothing(&host); /* no message before it has started */
  CHECK_OK(finish_one(&host, host.deliveries[0].context, 4, 0, 0));
  host_finds_nothing(&host); /* no STOP */
  CHECK_STATUS(sabir_actor_status(host.system, pid), SABIR_E_DEAD);
  CHECK(dead_letters_reach(host.system, SABIR_CAUSE_START_FAILED, 1));
  host_end(&host);
}

static void the_host_decides_about_a_failure(void) {
  struct host host;
  sabir_pid pid;
  const sabir_delivery *next;
  host_begin(&host, SABIR_WANTS_FAILED | SABIR_WANTS_STOP, 1, 0);
  pid = host_spawn(&host, 6);
  send_number(&host, pid, 1);
  send_number(&host, pid, 2);
  next = host_poll_one(&host, SABIR_DELIVERY_MESSAGE);
  CHECK_NUMBER(next->state, 6); /* no START: the argument */
  CHECK_OK(finish_one(&host, next->context, 5, 0, 0));
  next = host_poll_one(&host, SABIR_DELIVERY_FAILED);
  CHECK_STATUS(sabir_exit_status(next->exit), 5);
  CHECK_NUMBER(dead_letters(host.system, SABIR_CAUSE_CRASHED), 0);
  CHECK_OK(finish_one(&host, next->context, SABIR_OK, SABIR_DECISION_RESUME, 0));
  next = host_poll_one(&host, SABIR_DELIVERY_MESSAGE);
  CHECK_NUMBER(number_of(next), 2);
  CHECK_NUMBER(dead_letters(host.system, SABIR_CAUSE_CRASHED), 1);
  CHECK_OK(finish_one(&host, next->context, 5, 0, 0));
  next = host_poll_one(&host, SABIR_DELIVERY_FAILED);
  CHECK_OK(finish_one(&host, next->context, SABIR_OK, 77, 0)); /* no decision: the default */
  (void)host_poll_one(&host, SABIR_DELIVERY_STOP);
  finish_all(&host);
  host_finds_nothing(&host);
  CHECK_STATUS(sabir_actor_status(host.system, pid), SABIR_E_DEAD);
  host_end(&host);
}

/* Sends so many numbers, and polls until all of them are out. */
static void host_hand_out(struct host *host, sabir_pid pid, sabir_context **out, size_t count) {
  size_t i, seen = 0;
  for (i = 0; i < count; ++i) send_number(host, pid, i);
  while (seen < count) {
    host_poll_some(host);
    for (i = 0; i < host->handed; ++i, ++seen) {
      CHECK_NUMBER(host->deliveries[i].kind, SABIR_DELIVERY_MESSAGE);
      CHECK_NUMBER(number_of(&host->deliveries[i]), seen);
      out[seen] = host->deliveries[i].context;
    }
  }
}

/* Of several that fail, in a batch or side by side, the host decides about one after another. */
static void each_failure_is_decided(uint32_t batch, uint32_t max_outstanding) {
  struct host host;
  sabir_pid pid;
  sabir_context *out[3];
  const sabir_delivery *next;
  host_begin(&host, SABIR_WANTS_FAILED | SABIR_WANTS_STOP, batch, max_outstanding);
  pid = host_spawn(&host, 6);
  host_hand_out(&host, pid, out, 3);
  CHECK_OK(finish_one(&host, out[0], 14, 0, 0));
  CHECK_OK(finish_one(&host, out[1], 15, 0, 0));
  CHECK_OK(finish_one(&host, out[2], SABIR_OK, 0, 0));
  next = host_poll_one(&host, SABIR_DELIVERY_FAILED);
  CHECK_STATUS(sabir_exit_status(next->exit), 14);
  CHECK_OK(finish_one(&host, next->context, SABIR_OK, SABIR_DECISION_RESUME, 0));
  next = host_poll_one(&host, SABIR_DELIVERY_FAILED);
  CHECK_STATUS(sabir_exit_status(next->exit), 15);
  CHECK_NUMBER(dead_letters(host.system, SABIR_CAUSE_CRASHED), 1);
  CHECK_OK(finish_one(&host, next->context, SABIR_OK, SABIR_DECISION_RESUME, 0));
  host_finds_nothing(&host);
  CHECK_NUMBER(dead_letters(host.system, SABIR_CAUSE_CRASHED), 2);
  CHECK_NUMBER(counters_of(host.system).handled, 1);

  /* The first one that ends the actor is why it has ended. */
  host_hand_out(&host, pid, out, 3);
  CHECK_OK(finish_one(&host, out[0], 16, 0, 0));
  CHECK_OK(finish_one(&host, out[1], 17, 0, 0));
  CHECK_OK(finish_one(&host, out[2], 18, 0, SABIR_COMPLETION_RETURNED));
  next = host_poll_one(&host, SABIR_DELIVERY_FAILED);
  CHECK_STATUS(sabir_exit_status(next->exit), 16);
  CHECK_OK(finish_one(&host, next->context, SABIR_OK, SABIR_DECISION_STOP, 0));
  next = host_poll_one(&host, SABIR_DELIVERY_STOP);
  CHECK_STATUS(sabir_exit_status(next->exit), 16);
  finish_all(&host);
  host_finds_nothing(&host);
  CHECK(dead_letters_reach(host.system, SABIR_CAUSE_CRASHED, 5)); /* what has come back too */
  CHECK_NUMBER(counters_of(host.system).handled, 1);
  CHECK_STATUS(sabir_actor_status(host.system, pid), SABIR_E_DEAD);
  host_end(&host);
}

static void each_failure_of_a_batch_is_decided(void) { each_failure_is_decided(3, 0); }

static void each_failure_of_a_concurrent_actor_is_decided(void) { each_failure_is_decided(0, 3); }

static void one_that_fails_while_a_failure_is_decided_waits_for_its_turn(void) {
  struct host host;
  sabir_pid pid;
  sabir_context *out[4], *decided;
  const sabir_delivery *next;
  host_begin(&host, SABIR_WANTS_FAILED | SABIR_WANTS_STOP, 0, 4);
  pid = host_spawn(&host, 6);
  host_hand_out(&host, pid, out, 4);
  CHECK_OK(finish_one(&host, out[0], 14, 0, 0));
  next = host_poll_one(&host, SABIR_DELIVERY_FAILED);
  decided = next->context;
  CHECK_OK(finish_one(&host, out[1], 15, 0, 0));
  host_finds_nothing(&host); /* no CANCEL */
  CHECK_OK(finish_one(&host, decided, SABIR_OK, SABIR_DECISION_RESUME, 0));
  next = host_poll_one(&host, SABIR_DELIVERY_FAILED);
  CHECK_STATUS(sabir_exit_status(next->exit), 15);
  decided = next->context;

  /* Killed meanwhile: all comes back, and nothing is lost. */
  CHECK_OK(finish_one(&host, out[2], 16, 0, 0));
  host_finds_nothing(&host);
  CHECK_OK(sabir_actor_kill(host.system, pid));
  host_poll(&host, 2);
  CHECK_NUMBER(host.deliveries[0].kind, SABIR_DELIVERY_CANCEL);
  CHECK_NUMBER(host.deliveries[1].kind, SABIR_DELIVERY_CANCEL);
  CHECK_OK(finish_one(&host, decided, SABIR_OK, SABIR_DECISION_RESUME, 0));
  CHECK_OK(finish_one(&host, out[3], SABIR_OK, 0, 0));
  next = host_poll_one(&host, SABIR_DELIVERY_STOP);
  CHECK_NUMBER(sabir_exit_reason(next->exit), SABIR_EXIT_KILLED);
  finish_all(&host);
  host_finds_nothing(&host);
  CHECK_NUMBER(dead_letters(host.system, SABIR_CAUSE_CRASHED), 3);
  CHECK_NUMBER(counters_of(host.system).handled, 1);
  host_end(&host);
}

/* FAILED is still up when the actor is killed, and taken back. */
static void a_kill_before_a_failure_is_handed_out_loses_nothing(void) {
  struct host host;
  sabir_pid pid;
  sabir_context *out[3];
  const sabir_delivery *next;
  host_begin(&host, SABIR_WANTS_FAILED | SABIR_WANTS_STOP, 0, 3);
  pid = host_spawn(&host, 6);
  host_hand_out(&host, pid, out, 3);
  CHECK_OK(finish_one(&host, out[0], 14, 0, 0));
  CHECK_OK(finish_one(&host, out[1], 15, 0, 0));
  CHECK_OK(sabir_executor_run(host.executor, PATIENCE_NS, 0)); /* which hands nothing out */
  CHECK_OK(sabir_actor_kill(host.system, pid));
  next = host_poll_one(&host, SABIR_DELIVERY_CANCEL);
  CHECK(next->context == out[2]);
  CHECK_OK(finish_one(&host, out[2], SABIR_OK, 0, 0));
  (void)host_poll_one(&host, SABIR_DELIVERY_STOP);
  finish_all(&host);
  host_finds_nothing(&host);
  CHECK_NUMBER(dead_letters(host.system, SABIR_CAUSE_CRASHED), 2);
  CHECK_NUMBER(counters_of(host.system).handled, 1);
  host_end(&host);
}

static void a_stop_cancels_what_is_out_and_waits_for_it(void) {
  struct host host;
  sabir_pid pid;
  sabir_context *out[2];
  const sabir_delivery *next;
  uint64_t i;
  host_begin(&host, 0, 2, 0);
  pid = host_start(&host, 0);
  for (i = 0; i < 5; ++i) send_number(&host, pid, i);
  host_poll(&host, 2);
  out[0] = host.deliveries[0].context;
  out[1] = host.deliveries[1].context;
  CHECK_OK(sabir_actor_stop(host.system, pid));
  host_poll(&host, 2);
  for (i = 0; i < 2; ++i) {
    CHECK_NUMBER(host.deliveries[i].kind, SABIR_DELIVERY_CANCEL);
    CHECK(host.deliveries[i].context == out[i]);
    CHECK(host.deliveries[i].message == NULL);
  }
  CHECK_OK(sabir_actor_kill(host.system, pid)); /* once is enough */
  host_finds_nothing(&host);
  CHECK_OK(finish_one(&host, out[0], SABIR_OK, 0, 0));
  host_finds_nothing(&host);
  CHECK_OK(finish_one(&host, out[1], SABIR_OK, 0, SABIR_COMPLETION_RETURNED));
  next = host_poll_one(&host, SABIR_DELIVERY_STOP);
  CHECK_NUMBER(sabir_exit_reason(next->exit), SABIR_EXIT_STOPPED);
  finish_all(&host);
  host_finds_nothing(&host);
  CHECK(dead_letters_reach(host.system, SABIR_CAUSE_STOPPED, 4));
  CHECK_NUMBER(counters_of(host.system).handled, 1);
  host_end(&host);
}

/* What was put up, and not handed out, is never handed out. */
static void a_kill_takes_back_what_nobody_has_seen(void) {
  struct host host;
  sabir_pid pid;
  uint64_t i;
  host_begin(&host, 0, 0, 0);
  pid = host_start(&host, 0);
  for (i = 0; i < 8; ++i) send_number(&host, pid, i);
  CHECK_OK(host_poll_most(&host, 3, PATIENCE_NS));
  CHECK_NUMBER(host.handed, 3);
  CHECK_OK(sabir_actor_kill(host.system, pid));
  for (i = 0; i < 3; ++i) CHECK_OK(finish_one(&host, host.deliveries[i].context, SABIR_OK, 0, 0));
  /* Some are handed out before the executor has seen to the kill: they are cancelled. */
  for (;;) {
    host_poll_some(&host);
    if (host.deliveries[0].kind == SABIR_DELIVERY_STOP) break;
    for (i = 0; i < host.handed; ++i) {
      if (host.deliveries[i].kind == SABIR_DELIVERY_MESSAGE)
        CHECK_OK(finish_one(&host, host.deliveries[i].context, SABIR_OK, 0, SABIR_COMPLETION_RETURNED));
    }
  }
  CHECK_NUMBER(host.handed, 1);
  finish_all(&host);
  host_finds_nothing(&host);
  CHECK(dead_letters_reach(host.system, SABIR_CAUSE_KILLED, 5));
  CHECK_NUMBER(counters_of(host.system).handled, 3);
  host_end(&host);
}

/* What was put up goes to the next incarnation behind what the host had, and returns. */
static void what_a_kill_takes_back_keeps_its_place(void) {
  struct host host;
  sabir_context *out[2];
  sabir_pid pid;
  uint64_t i;
  host_begin(&host, 0, 0, 0);
  pid = host_supervise(&host, 8, 0);
  for (i = 0; i < 6; ++i) send_number(&host, pid, i);
  CHECK_OK(host_poll_most(&host, 2, PATIENCE_NS));
  CHECK_NUMBER(host.handed, 2);
  for (i = 0; i < 2; ++i) out[i] = host.deliveries[i].context;
  CHECK_OK(sabir_actor_kill(host.system, pid));
  host_poll_some(&host);
  CHECK_NUMBER(host.handed, 2);
  for (i = 0; i < 2; ++i) {
    CHECK_NUMBER(host.deliveries[i].kind, SABIR_DELIVERY_CANCEL);
    CHECK_OK(finish_one(&host, out[i], SABIR_OK, 0, SABIR_COMPLETION_RETURNED));
  }
  (void)host_poll_one(&host, SABIR_DELIVERY_STOP);
  finish_all(&host);
  (void)host_poll_one(&host, SABIR_DELIVERY_START);
  finish_all(&host);
  for (i = 0; i < 6;) {
    size_t j;
    host_poll_some(&host);
    for (j = 0; j < host.handed; ++j, ++i) CHECK_NUMBER(number_of(&host.deliveries[j]), i);
    finish_all(&host);
  }
  host_end(&host);
}

/* What was taken back waits for what is out, and its actor has a second end meanwhile. */
static void a_handler_that_stops_its_killed_actor_loses_nothing(void) {
  struct host host;
  sabir_context *out;
  sabir_pid pid;
  sabir_counters counters;
  host_begin(&host, SABIR_WANTS_NONE, 0, 3);
  pid = host_spawn(&host, 8);
  send_number(&host, pid, 1);
  send_number(&host, pid, 2);
  REQUIRE_OK(host_poll_most(&host, 1, PATIENCE_NS));
  CHECK_NUMBER(host.handed, 1);
  out = host.deliveries[0].context;
  CHECK_OK(sabir_actor_kill(host.system, pid));
  (void)host_poll_one(&host, SABIR_DELIVERY_CANCEL);
  CHECK_OK(sabir_context_stop(out));
  CHECK_OK(finish_one(&host, out, SABIR_OK, 0, 0));
  host_finds_nothing(&host);
  CHECK(dead_letters_reach(host.system, SABIR_CAUSE_ANY, 1));
  counters = counters_of(host.system);
  CHECK_NUMBER(counters.sent, counters.handled + counters.dead_letters);
  host_end(&host);
}

static void a_drained_actor_handles_what_it_has(void) {
  struct host host;
  sabir_pid pid;
  uint64_t i;
  int returned;
  for (returned = 0; returned < 2; ++returned) {
    host_begin(&host, 0, 0, 0);
    pid = host_start(&host, 0);
    for (i = 0; i < 5; ++i) send_number(&host, pid, i);
    CHECK_OK(sabir_actor_drain(host.system, pid));
    host_poll(&host, 5);
    host_finds_nothing(&host);
    if (returned) {
      for (i = 0; i < 5; ++i) CHECK_OK(finish_one(&host, host.deliveries[i].context, SABIR_OK, 0, i < 2 ? 0 : SABIR_COMPLETION_RETURNED));
      host_poll(&host, 3);
      CHECK_NUMBER(number_of(&host.deliveries[0]), 2);
    }
    finish_all(&host);
    CHECK_NUMBER(sabir_exit_reason(host_poll_one(&host, SABIR_DELIVERY_STOP)->exit), SABIR_EXIT_NORMAL);
    finish_all(&host);
    host_finds_nothing(&host);
    CHECK_STATUS(sabir_actor_status(host.system, pid), SABIR_E_DEAD);
    CHECK_NUMBER(counters_of(host.system).handled, 5);
    host_end(&host);
  }
}

static void a_concurrent_actor_has_several_out(void) {
  struct host host;
  sabir_pid pid;
  sabir_context *out[3];
  uint64_t i;
  host_begin(&host, 0, 0, 3);
  pid = host_start(&host, 0);
  for (i = 0; i < 5; ++i) send_number(&host, pid, i);
  host_poll(&host, 3);
  for (i = 0; i < 3; ++i) out[i] = host.deliveries[i].context;
  CHECK_OK(finish_one(&host, out[1], SABIR_OK, 0, 0));
  CHECK_NUMBER(number_of(host_poll_one(&host, SABIR_DELIVERY_MESSAGE)), 3);
  CHECK_OK(finish_one(&host, host.deliveries[0].context, SABIR_OK, 0, 0));
  CHECK_NUMBER(number_of(host_poll_one(&host, SABIR_DELIVERY_MESSAGE)), 4);
  CHECK_OK(finish_one(&host, host.deliveries[0].context, SABIR_OK, 0, 0));
  host_finds_nothing(&host);
  send_number(&host, pid, 5); /* there is room: it comes while two are out */
  CHECK_NUMBER(number_of(host_poll_one(&host, SABIR_DELIVERY_MESSAGE)), 5);
  CHECK_OK(finish_one(&host, host.deliveries[0].context, SABIR_OK, 0, SABIR_COMPLETION_RETURNED));
  CHECK_NUMBER(number_of(host_poll_one(&host, SABIR_DELIVERY_MESSAGE)), 5); /* at once, as it is concurrent */
  /* One crashes: the others are cancelled, and end as they do. */
  CHECK_OK(finish_one(&host, out[2], 9, 0, 0));
  i = 0;
  while (i < 2) {
    size_t j;
    host_poll_some(&host);
    for (j = 0; j < host.handed; ++j, ++i) {
      CHECK_NUMBER(host.deliveries[j].kind, SABIR_DELIVERY_CANCEL);
      CHECK_OK(finish_one(&host, host.deliveries[j].context, SABIR_OK, 0, 0));
    }
  }
  (void)host_poll_one(&host, SABIR_DELIVERY_STOP);
  finish_all(&host);
  host_finds_nothing(&host);
  CHECK_STATUS(sabir_actor_status(host.system, pid), SABIR_E_DEAD);
  host_end(&host);
}

static void a_message_may_be_taken_or_forwarded(void) {
  struct host host;
  sabir_pid first, second;
  sabir_message *message;
  struct wrapped memory;
  memset(&memory, 0, sizeof memory);
  host_begin(&host, 0, 0, 0);
  first = host_start(&host, 0);
  second = host_start(&host, 1);
  message = wrap_message(ADD, &memory);
  CHECK_OK(sabir_send(host.system, first, &message));
  message = host_poll_one(&host, SABIR_DELIVERY_MESSAGE)->message;
  CHECK_STATUS(sabir_send(host.system, second, &message), SABIR_E_BORROWED);
  CHECK(message == host.deliveries[0].message);
  CHECK_STATUS(sabir_context_send(host.deliveries[0].context, 12345, &message), SABIR_E_NO_ACTOR);
  CHECK_OK(sabir_context_send(host.deliveries[0].context, second, &message));
  CHECK(message == NULL);
  finish_all(&host);
  message = host_poll_one(&host, SABIR_DELIVERY_MESSAGE)->message;
  CHECK_NUMBER(host.deliveries[0].actor, second);
  CHECK_NUMBER(sabir_message_sender(message), first);
  CHECK_OK(finish_one(&host, host.deliveries[0].context, SABIR_OK, 0, SABIR_COMPLETION_TAKEN));
  host_finds_nothing(&host);
  CHECK_NUMBER(memory.releases, 0);
  sabir_message_destroy(&message);
  CHECK_NUMBER(memory.releases, 1);
  CHECK_NUMBER(counters_of(host.system).handled, 2);
  host_end(&host);
}

static void a_context_does_what_handlers_do(void) {
  struct host host;
  sabir_pid pid, other, spawned = 0;
  sabir_context *context;
  sabir_ref monitor = 0, timer = 0, asked = 0;
  sabir_message *message;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  int kinds[3] = {0, 0, 0}, i;
  host_begin(&host, 0, 1, 0);
  pid = host_start(&host, 0);
  other = host_start(&host, 1);
  send_number(&host, pid, 1);
  context = host_poll_one(&host, SABIR_DELIVERY_MESSAGE)->context;
  message = host.deliveries[0].message;
  CHECK_OK(sabir_context_stash(context, &message));
  CHECK(message == NULL);
  CHECK_STATUS(sabir_context_become(context, host.behavior), SABIR_E_INVALID);
  CHECK_STATUS(sabir_context_become(context, probe_behavior()), SABIR_E_INVALID);
  options.executor = host.executor;
  CHECK_OK(sabir_context_spawn(context, host.behavior, &options, &spawned, NULL));
  CHECK_OK(sabir_context_monitor(context, other, 0, &monitor));
  CHECK_OK(sabir_context_timer_every(context, pid, NEXT, MILLISECOND_NS, &timer));
  message = make_message(ASK, NULL, 0);
  CHECK_OK(sabir_context_ask(context, other, &message, PATIENCE_NS, &asked));
  message = make_message(ASK, NULL, 0);
  CHECK_STATUS(sabir_context_ask(context, pid, &message, PATIENCE_NS, &asked), SABIR_E_WOULD_DEADLOCK);
  sabir_message_destroy(&message);
  CHECK_OK(sabir_context_trap_exits(context, true));
  CHECK_OK(sabir_context_link(context, other));
  finish_all(&host);
  /* The other one answers, and crashes: its reply, the notices and a tick come, and the spawned one starts. */
  for (i = 0; i < 6;) {
    size_t j;
    host_poll_some(&host);
    for (j = 0; j < host.handed; ++j) {
      const sabir_delivery *delivery = &host.deliveries[j];
      if (delivery->kind == SABIR_DELIVERY_START) {
        CHECK_NUMBER(delivery->actor, spawned);
        ++i;
      } else if (delivery->kind == SABIR_DELIVERY_STOP) {
        CHECK_NUMBER(delivery->actor, other);
        ++i;
      } else if (delivery->actor == other) {
        CHECK_OK(sabir_context_reply_bytes(delivery->context, 1, NULL, 0));
        CHECK_OK(finish_one(&host, delivery->context, 3, 0, 0));
        continue;
      } else {
        CHECK_NUMBER(delivery->actor, pid);
        switch (sabir_message_kind(delivery->message)) {
          case SABIR_KIND_REPLY:
            kinds[0]++;
            ++i;
            break;
          case SABIR_KIND_DOWN:
            kinds[1]++;
            CHECK_NUMBER(sabir_message_ref(delivery->message), monitor);
            ++i;
            break;
          case SABIR_KIND_EXIT:
            kinds[2]++;
            ++i;
            break;
          case SABIR_KIND_TIMER:
            if (timer != 0) {
              CHECK_OK(sabir_context_timer_cancel(delivery->context, timer));
              timer = 0;
              ++i;
            }
            break;
          default: CHECK(false);
        }
      }
      CHECK_OK(finish_one(&host, delivery->context, SABIR_OK, 0, 0));
    }
  }
  CHECK_NUMBER(kinds[0], 1);
  CHECK_NUMBER(kinds[1], 1);
  CHECK_NUMBER(kinds[2], 1);
  /* What was stashed comes back, and is put by again by its stop. */
  send_number(&host, pid, 2);
  CHECK_NUMBER(number_of(host_poll_one(&host, SABIR_DELIVERY_MESSAGE)), 2);
  CHECK_OK(sabir_context_unstash(host.deliveries[0].context, 0));
  finish_all(&host);
  CHECK_NUMBER(number_of(host_poll_one(&host, SABIR_DELIVERY_MESSAGE)), 1);
  CHECK_OK(sabir_context_fail(host.deliveries[0].context, 17, "why", 3, "how", 3));
  finish_all(&host);
  (void)host_poll_one(&host, SABIR_DELIVERY_STOP);
  CHECK_STATUS(sabir_exit_status(host.deliveries[0].exit), 17);
  CHECK_TEXT(sabir_exit_message(host.deliveries[0].exit), "why");
  finish_all(&host);
  host_end(&host);
}

static void a_handler_may_stop_its_actor(void) {
  struct host host;
  sabir_pid pid;
  host_begin(&host, 0, 0, 0);
  pid = host_start(&host, 0);
  send_number(&host, pid, 1);
  send_number(&host, pid, 2);
  host_poll(&host, 2);
  CHECK_OK(sabir_context_stop(host.deliveries[0].context));
  CHECK_OK(finish_one(&host, host.deliveries[0].context, SABIR_OK, 0, 0));
  CHECK_OK(finish_one(&host, host.deliveries[1].context, SABIR_OK, 0, SABIR_COMPLETION_RETURNED));
  CHECK_NUMBER(sabir_exit_reason(host_poll_one(&host, SABIR_DELIVERY_STOP)->exit), SABIR_EXIT_NORMAL);
  finish_all(&host);
  host_finds_nothing(&host);
  CHECK(dead_letters_reach(host.system, SABIR_CAUSE_STOPPED, 1));
  host_end(&host);
}

static void full_mailboxes_mute_who_sends(void) {
  struct host host;
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_pid sender, receiver = 0;
  uint64_t i;
  host_begin(&host, SABIR_WANTS_STOP, 1, 0);
  mailbox.capacity = 2;
  mailbox.overflow = SABIR_OVERFLOW_BLOCK;
  options.executor = host.executor;
  options.mailbox = &mailbox;
  REQUIRE_OK(sabir_spawn(host.system, host.behavior, &options, &receiver, NULL));
  sender = host_spawn(&host, 0);
  host_finds_nothing(&host);
  send_number(&host, receiver, 0);
  (void)host_poll_one(&host, SABIR_DELIVERY_MESSAGE);
  CHECK_NUMBER(host.deliveries[0].actor, receiver);
  host.deliveries[MOST - 1] = host.deliveries[0];
  send_number(&host, sender, 1);
  send_number(&host, sender, 2);
  (void)host_poll_one(&host, SABIR_DELIVERY_MESSAGE);
  for (i = 0; i < 3; ++i) CHECK_OK(sabir_context_send_bytes(host.deliveries[0].context, receiver, ADD, &i, sizeof i));
  finish_all(&host);
  host_finds_nothing(&host); /* the sender is muted */
  CHECK_OK(finish_one(&host, host.deliveries[MOST - 1].context, SABIR_OK, 0, 0));
  for (i = 0; i < 4;) {
    do {
      CHECK_OK(host_poll_most(&host, 1, PATIENCE_NS));
    } while (host.handed == 0);
    if (host.deliveries[0].kind == SABIR_DELIVERY_MESSAGE) ++i;
    finish_all(&host);
  }
  host_end(&host);
}

static void wrong_behaviors_and_executors_are_told(void) {
  struct host host;
  sabir_delivered_options options = SABIR_DELIVERED_OPTIONS_INIT;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_behavior *behavior = NULL;
  sabir_pid pid = 7;
  sabir_error *error = NULL;
  host_begin(&host, 0, 0, 0);
  CHECK_STATUS(sabir_spawn(host.system, host.behavior, NULL, &pid, &error), SABIR_E_INVALID);
  CHECK_NUMBER(pid, 0);
  CHECK_CONTAINS(sabir_error_message(error), "polled");
  sabir_error_destroy(&error);
  CHECK_STATUS(sabir_supervise(host.system, 0, "child", host.behavior, &spec, &pid, &error), SABIR_E_INVALID);
  CHECK_CONTAINS(sabir_error_message(error), "polled");
  sabir_error_destroy(&error);
  CHECK_STATUS(sabir_behavior_create_delivered(&options, &behavior), SABIR_E_INVALID);
  options.name = "";
  CHECK_STATUS(sabir_behavior_create_delivered(&options, &behavior), SABIR_E_INVALID);
  options.name = "\xff";
  CHECK_STATUS(sabir_behavior_create_delivered(&options, &behavior), SABIR_E_INVALID);
  options.name = "name";
  options.wants = 8;
  CHECK_STATUS(sabir_behavior_create_delivered(&options, &behavior), SABIR_E_OPTION);
  options.wants = SABIR_WANTS_NONE | SABIR_WANTS_STOP;
  CHECK_STATUS(sabir_behavior_create_delivered(&options, &behavior), SABIR_E_INVALID);
  options.wants = 0;
  options.batch = 4097;
  CHECK_STATUS(sabir_behavior_create_delivered(&options, &behavior), SABIR_E_INVALID);
  options.batch = 0;
  options.max_outstanding = 65537;
  CHECK_STATUS(sabir_behavior_create_delivered(&options, &behavior), SABIR_E_INVALID);
  options.max_outstanding = 0;
  options.inline_max = 1024 * 1024 + 1;
  CHECK_STATUS(sabir_behavior_create_delivered(&options, &behavior), SABIR_E_INVALID);
  options.inline_max = 0;
  options.reserved = 1;
  CHECK_STATUS(sabir_behavior_create_delivered(&options, &behavior), SABIR_E_OPTION);
  options.reserved = 0;
  options.struct_size = 8;
  CHECK_STATUS(sabir_behavior_create_delivered(&options, &behavior), SABIR_E_OPTION);
  CHECK(behavior == NULL);
  CHECK_STATUS(sabir_behavior_create_delivered(NULL, &behavior), SABIR_E_INVALID);
  options.struct_size = sizeof options;
  CHECK_STATUS(sabir_behavior_create_delivered(&options, NULL), SABIR_E_INVALID);
  host_end(&host);
}

static void deliveries_are_nothing_to_run(void) {
  struct host host;
  sabir_pid pid;
  host_begin(&host, SABIR_WANTS_NONE, 0, 0);
  pid = host_spawn(&host, 7);
  CHECK_OK(sabir_executor_run(host.executor, PATIENCE_NS, 0)); /* it begins */
  send_number(&host, pid, 1);
  CHECK_OK(sabir_executor_run(host.executor, PATIENCE_NS, 0)); /* its message is put up */
  CHECK_STATUS(sabir_executor_run(host.executor, 0, 0), SABIR_E_TIMEOUT);
  CHECK_OK(sabir_executor_wake(host.executor));
  CHECK_STATUS(sabir_executor_run(host.executor, PATIENCE_NS, 0), SABIR_E_WOKEN);
  host_poll(&host, 1);
  finish_all(&host);
  host_end(&host);
}

static void the_descriptor_is_readable_while_something_is_ready(void) {
  struct host host;
  sabir_pid pid;
  struct pollfd polled = {-1, POLLIN, 0};
  int32_t descriptor;
  host_begin(&host, 0, 0, 0);
  CHECK_OK(sabir_executor_descriptor(host.executor, &descriptor));
  polled.fd = descriptor;
  pid = host_start(&host, 0);
  CHECK_NUMBER(poll(&polled, 1, 0), 1); /* its start is completed: there is something to see to */
  host_finds_nothing(&host);
  CHECK_NUMBER(poll(&polled, 1, 0), 0);
  send_number(&host, pid, 1);
  send_number(&host, pid, 2);
  CHECK_NUMBER(poll(&polled, 1, 1000), 1);
  CHECK_OK(host_poll_most(&host, 1, 0));
  CHECK_NUMBER(poll(&polled, 1, 0), 1); /* one is left */
  CHECK_OK(finish_one(&host, host.deliveries[0].context, SABIR_OK, 0, 0));
  CHECK_STATUS(sabir_executor_run(host.executor, 0, 0), SABIR_E_TIMEOUT); /* cannot hand it out */
  CHECK_NUMBER(poll(&polled, 1, 0), 1);
  host_poll(&host, 1);
  finish_all(&host);
  host_finds_nothing(&host);
  CHECK_NUMBER(poll(&polled, 1, 0), 0);
  host_end(&host);
}

/* Threads that poll, complete, and send on: every message is handled once, and in order for each pair. */
enum { ACTORS = 16, POLLERS = 3, ROUNDS = 3000 };
struct crowd {
  struct host host;
  sabir_pid pids[ACTORS];
  uint64_t last[ACTORS]; /* the number that each has seen last */
  uint64_t handled;
};

static void *poll_in_the_crowd(void *argument) {
  struct crowd *crowd = (struct crowd *)argument;
  sabir_delivery deliveries[32];
  size_t handed, i;
  sabir_status status;
  do {
    for (i = 0; i < 32; ++i) deliveries[i].struct_size = sizeof(sabir_delivery);
    status = sabir_executor_poll(crowd->host.executor, deliveries, 32, sizeof(sabir_delivery), PATIENCE_NS, &handed);
    for (i = 0; i < handed; ++i) {
      const sabir_delivery *delivery = &deliveries[i];
      if (delivery->kind == SABIR_DELIVERY_CANCEL) continue;
      if (delivery->kind == SABIR_DELIVERY_MESSAGE) {
        const uint64_t number = number_of(delivery);
        CHECK_NUMBER(crowd->last[delivery->state], number); /* one at a time, in order: no other thread has this actor */
        crowd->last[delivery->state] = number + 1;
        count(&crowd->handled);
      }
      CHECK_OK(finish_one(&crowd->host, delivery->context, SABIR_OK, delivery->value, 0));
    }
  } while (status == SABIR_OK || status == SABIR_E_WOKEN);
  CHECK_STATUS(status, SABIR_E_CLOSED);
  return NULL;
}

static void several_threads_poll_and_complete(void) {
  static struct crowd crowd;
  pthread_t pollers[POLLERS];
  uint64_t i, j;
  sabir_executor *one;
  host_begin(&crowd.host, 0, 4, 0);
  one = crowd.host.executor;
  crowd.host.executor = make_polled(crowd.host.system, 2);
  CHECK_OK(sabir_executor_destroy(&one));
  for (i = 0; i < ACTORS; ++i) crowd.pids[i] = host_spawn(&crowd.host, i);
  for (i = 0; i < POLLERS; ++i) pollers[i] = start_thread(poll_in_the_crowd, &crowd);
  for (j = 0; j < ROUNDS; ++j) {
    for (i = 0; i < ACTORS; ++i) send_number(&crowd.host, crowd.pids[i], j);
  }
  CHECK(reached(&crowd.handled, ACTORS * ROUNDS));
  CHECK_OK(sabir_system_shutdown_begin(crowd.host.system, PATIENCE_NS, NULL, 0));
  for (i = 0; i < POLLERS; ++i) join_thread(pollers[i]);
  sabir_port_destroy(&crowd.host.port);
  end_system(&crowd.host.system);
  CHECK_OK(sabir_executor_destroy(&crowd.host.executor));
  sabir_behavior_destroy(&crowd.host.behavior);
}

/* Actors end in every way while threads poll. */
static void *end_some(void *argument) {
  struct crowd *crowd = (struct crowd *)argument;
  uint64_t i, number = 0;
  for (i = 0; i < ROUNDS; ++i) {
    const sabir_pid pid = host_spawn(&crowd->host, i % ACTORS);
    if (sabir_send_bytes(crowd->host.system, pid, NEXT, &number, sizeof number) != SABIR_OK) continue;
    if (i % 3 == 0) (void)sabir_actor_kill(crowd->host.system, pid);
    if (i % 3 == 1) (void)sabir_actor_drain(crowd->host.system, pid);
    if (i % 3 == 2) (void)sabir_actor_stop(crowd->host.system, pid);
  }
  return NULL;
}

static void *poll_while_they_end(void *argument) {
  struct crowd *crowd = (struct crowd *)argument;
  sabir_delivery deliveries[8];
  size_t handed, i;
  sabir_status status;
  do {
    for (i = 0; i < 8; ++i) deliveries[i].struct_size = sizeof(sabir_delivery);
    status = sabir_executor_poll(crowd->host.executor, deliveries, 8, sizeof(sabir_delivery), PATIENCE_NS, &handed);
    for (i = 0; i < handed; ++i) {
      const sabir_delivery *delivery = &deliveries[i];
      if (delivery->kind == SABIR_DELIVERY_CANCEL) continue;
      if (delivery->kind == SABIR_DELIVERY_MESSAGE) {
        CHECK(sabir_context_self(delivery->context) == delivery->actor);
        CHECK_OK(sabir_context_trap_exits(delivery->context, true));
        const sabir_status sent = sabir_context_send_bytes(delivery->context, crowd->pids[0], ADD, NULL, 0);
        CHECK(sent == SABIR_OK || sent == SABIR_E_CLOSED); /* at the shutdown */
      }
      CHECK_OK(finish_one(&crowd->host, delivery->context, delivery->state % 5 == 4 ? 3 : SABIR_OK, delivery->value, 0));
    }
  } while (status == SABIR_OK || status == SABIR_E_WOKEN);
  CHECK_STATUS(status, SABIR_E_CLOSED);
  return NULL;
}

static void actors_end_in_every_way_while_threads_poll(void) {
  static struct crowd crowd;
  pthread_t pollers[POLLERS], ender;
  probe counter;
  uint64_t i;
  sabir_executor *one;
  probe_init(&counter);
  host_begin(&crowd.host, 0, 4, 0);
  one = crowd.host.executor;
  crowd.host.executor = make_polled(crowd.host.system, 2);
  CHECK_OK(sabir_executor_destroy(&one));
  crowd.pids[0] = probe_spawn(crowd.host.system, &counter, NULL);
  for (i = 0; i < POLLERS; ++i) pollers[i] = start_thread(poll_while_they_end, &crowd);
  ender = start_thread(end_some, &crowd);
  join_thread(ender);
  CHECK_OK(sabir_system_shutdown_begin(crowd.host.system, PATIENCE_NS, NULL, 0));
  for (i = 0; i < POLLERS; ++i) join_thread(pollers[i]);
  sabir_port_destroy(&crowd.host.port);
  end_system(&crowd.host.system);
  CHECK_OK(sabir_executor_destroy(&crowd.host.executor));
  sabir_behavior_destroy(&crowd.host.behavior);
  probe_end(&counter);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(an_actor_starts_handles_and_stops),
      TEST(a_batch_keeps_the_order_and_its_size),
      TEST(completions_are_checked),
      TEST(an_old_context_is_never_a_new_one),
      TEST(a_handler_may_finish_later_on_another_thread),
      TEST(asks_end_as_with_callbacks),
      TEST(what_follows_a_crash_comes_to_the_next_incarnation),
      TEST(a_failed_message_is_delivered_again_as_often_as_the_spec_says),
      TEST(all_that_have_failed_are_delivered_again),
      TEST(a_text_without_a_failure_plays_no_part),
      TEST(without_a_supervisor_a_crash_ends_it),
      TEST(a_state_may_be_zero),
      TEST(a_start_may_fail),
      TEST(the_host_decides_about_a_failure),
      TEST(each_failure_of_a_batch_is_decided),
      TEST(each_failure_of_a_concurrent_actor_is_decided),
      TEST(one_that_fails_while_a_failure_is_decided_waits_for_its_turn),
      TEST(a_kill_before_a_failure_is_handed_out_loses_nothing),
      TEST(a_stop_cancels_what_is_out_and_waits_for_it),
      TEST(a_kill_takes_back_what_nobody_has_seen),
      TEST(what_a_kill_takes_back_keeps_its_place),
      TEST(a_handler_that_stops_its_killed_actor_loses_nothing),
      TEST(a_drained_actor_handles_what_it_has),
      TEST(a_concurrent_actor_has_several_out),
      TEST(a_message_may_be_taken_or_forwarded),
      TEST(a_context_does_what_handlers_do),
      TEST(a_handler_may_stop_its_actor),
      TEST(full_mailboxes_mute_who_sends),
      TEST(wrong_behaviors_and_executors_are_told),
      TEST(deliveries_are_nothing_to_run),
      TEST(the_descriptor_is_readable_while_something_is_ready),
      TEST(several_threads_poll_and_complete),
      TEST(actors_end_in_every_way_while_threads_poll),
  };
  return RUN_TESTS(tests, argc, argv);
}
