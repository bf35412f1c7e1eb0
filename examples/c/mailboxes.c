/* Bounded mailboxes in C: what each overflow policy does with the message that there is no room for.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <sabir/sabir.h>
#include <stdio.h>
#include <stdlib.h>

enum { CAPACITY = 3, SENT = 5, FLOOD = 1000 };

#define NUMBER 1
#define GET 2

static void check(sabir_status status) {
  if (status == SABIR_OK) return;
  fprintf(stderr, "%s: %s\n", sabir_status_name(status), sabir_status_text(status));
  exit(1);
}

static uint64_t overflows(sabir_system *system) {
  uint64_t count = 0;
  check(sabir_dead_letter_count(system, SABIR_CAUSE_OVERFLOW, &count));
  return count;
}

/* Sends more numbers to a mailbox than it has room for, and then reads it. Ports are mailboxes that a thread reads, when it likes. */
static void fill(sabir_system *system, const char *policy, uint32_t overflow) {
  sabir_mailbox_options options = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_port *port = NULL;
  sabir_message *message = NULL;
  const uint64_t dropped_before = overflows(system);
  uint64_t dropped = 0;
  int refused = 0, received = 0;
  options.capacity = CAPACITY;
  options.overflow = overflow;
  options.block_timeout_ns = 10000000; /* 10 ms: how long a thread waits in a send; by default without end */
  check(sabir_port_create(system, &options, &port, NULL));
  for (int number = 1; number <= SENT; ++number) {
    const sabir_status status = sabir_send_bytes(system, sabir_port_pid(port), NUMBER, &number, sizeof number);
    if (status == SABIR_E_MAILBOX_FULL) {
      ++refused;
    } else {
      check(status);
    }
  }
  printf("%s: received", policy);
  while (sabir_port_receive(port, 0, &message) == SABIR_OK) {
    printf(" %d", *(const int *)sabir_message_data(message));
    ++received;
    sabir_message_destroy(&message);
  }
  /* Dead letters are told by a thread of the system, soon. */
  while (received + refused + (int)(dropped = overflows(system) - dropped_before) < SENT)
    SABIR_IGNORE(sabir_port_receive(port, 1000000, &message));
  printf(", refused %d, dropped %" PRIu64 "\n", refused, dropped);
  sabir_port_destroy(&port);
}

static sabir_status counter_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  uint64_t *count = (uint64_t *)state;
  if (sabir_message_type(*message) == GET) return sabir_context_reply_bytes(context, GET, count, sizeof *count);
  ++*count;
  return SABIR_OK;
}

/* A thread that sends faster than the actor handles waits for it, and nothing is lost. */
static void flood(sabir_system *system) {
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("counter");
  sabir_behavior *behavior = NULL;
  sabir_message *reply = NULL;
  sabir_pid counter = 0;
  uint64_t count = 0;
  callbacks.receive = counter_receive;
  mailbox.capacity = CAPACITY;
  mailbox.overflow = SABIR_OVERFLOW_BLOCK;
  options.mailbox = &mailbox;
  options.argument = (uintptr_t)&count;
  check(sabir_behavior_create(&callbacks, &behavior));
  check(sabir_spawn(system, behavior, &options, &counter, NULL));
  for (int number = 0; number < FLOOD; ++number) check(sabir_send_bytes(system, counter, NUMBER, &number, sizeof number));
  check(sabir_ask_bytes(system, counter, GET, NULL, 0, 0, &reply));
  printf("block, with a reader: handled %" PRIu64 " of %d\n", *(const uint64_t *)sabir_message_data(reply), FLOOD);
  sabir_message_destroy(&reply);
  sabir_behavior_destroy(&behavior);
  check(sabir_actor_stop(system, counter));
}

int main(void) {
  sabir_system *system = NULL;
  check(sabir_system_create(NULL, &system, NULL));
  fill(system, "reject", SABIR_OVERFLOW_REJECT);
  fill(system, "block", SABIR_OVERFLOW_BLOCK);
  fill(system, "drop newest", SABIR_OVERFLOW_DROP_NEWEST);
  fill(system, "drop oldest", SABIR_OVERFLOW_DROP_OLDEST);
  flood(system);
  check(sabir_system_destroy(&system));
  return 0;
}
