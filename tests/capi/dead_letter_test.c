/* dead_letter.h: what reached nobody, and why. The causes of stop, kill and shutdown are in actor_test.c and shutdown_test.c too.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static void causes_have_names(void) {
  CHECK_TEXT(sabir_cause_name(SABIR_CAUSE_ANY), "any");
  CHECK_TEXT(sabir_cause_name(SABIR_CAUSE_STOPPED), "stopped");
  CHECK(strcmp(sabir_cause_name(SABIR_CAUSE_KILLED), "unknown") != 0);
  CHECK(strcmp(sabir_cause_name(SABIR_CAUSE_LATE_REPLY), "unknown") != 0);
  CHECK_TEXT(sabir_cause_name(SABIR_CAUSE_OVERFLOW + 1), "unknown");
  CHECK_TEXT(sabir_cause_name(-1), "unknown");
}

static void count_checks_its_arguments(void) {
  sabir_system *system = make_system(1);
  uint64_t number = 5;
  CHECK_STATUS(sabir_dead_letter_count(system, SABIR_CAUSE_ANY, NULL), SABIR_E_INVALID);
  CHECK_OK(sabir_dead_letter_count(system, SABIR_CAUSE_ANY, &number));
  CHECK_NUMBER(number, 0);
  CHECK_STATUS(sabir_dead_letter_count(system, -1, &number), SABIR_E_INVALID);
  CHECK_STATUS(sabir_dead_letter_count(system, 1000, &number), SABIR_E_INVALID);
  end_system(&system);
}

/* What a subscriber saw. */
struct sight {
  uint64_t calls, drops;
  sabir_pid target;
  int32_t cause;
  sabir_type type;
  char bytes[16];
  size_t size;
};

static void see(uintptr_t argument, sabir_pid target, int32_t cause, const sabir_message *message) {
  struct sight *sight = (struct sight *)argument;
  CHECK_NUMBER(counted(&sight->drops), 0);
  sight->target = target;
  sight->cause = cause;
  sight->type = sabir_message_type(message);
  sight->size = sabir_message_size(message);
  if (sight->size <= sizeof sight->bytes && sight->size > 0) memcpy(sight->bytes, sabir_message_data(message), sight->size);
  count(&sight->calls);
}

static void drop_sight(uintptr_t argument) { count(&((struct sight *)argument)->drops); }

static sabir_status defer_ask(sabir_context *context, sabir_message **message, void *argument) {
  (void)message;
  CHECK_OK(sabir_context_defer(context, (sabir_ref *)argument));
  return SABIR_OK;
}

static void a_subscriber_sees_late_replies(void) {
  sabir_system *system = make_system(1);
  struct sight sight = {0};
  sabir_ref subscription = 0, ref = 0;
  sabir_message *question = inside_message(defer_ask, &ref), *reply = NULL;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_OK(sabir_dead_letter_subscribe(system, see, (uintptr_t)&sight, drop_sight, &subscription));
  CHECK_STATUS(sabir_ask(system, pid, &question, MILLISECOND_NS, &reply), SABIR_E_TIMEOUT);
  sabir_message_destroy(&reply);
  CHECK_OK(sabir_actor_drain(system, pid)); /* it has handled the question when it is gone */
  take(&actor.dropped);
  CHECK_STATUS(sabir_reply_bytes(system, ref, 9, "late", 4), SABIR_E_NO_ASK);
  CHECK(reached(&sight.calls, 1));
  CHECK_NUMBER((uint32_t)sight.cause, SABIR_CAUSE_LATE_REPLY);
  CHECK_NUMBER(sight.type, 9);
  CHECK(sight.size == 4 && memcmp(sight.bytes, "late", 4) == 0);
  CHECK_NUMBER(dead_letters(system, SABIR_CAUSE_LATE_REPLY), 1);
  CHECK_STATUS(sabir_reply_error(system, ref, 1, "late", 4), SABIR_E_NO_ASK);
  CHECK_STATUS(sabir_reply_bytes(system, 12345, 9, "late", 4), SABIR_E_FOREIGN); /* no ref of this system is no late reply */
  CHECK_NUMBER(dead_letters(system, SABIR_CAUSE_LATE_REPLY), 1);
  end_system(&system);
  CHECK_NUMBER(counted(&sight.drops), 1);
}

static void a_subscriber_sees_each_dead_letter(void) {
  sabir_system *system = make_system(1);
  struct sight sight = {0};
  sabir_ref ref = 0;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_OK(sabir_dead_letter_subscribe(system, see, (uintptr_t)&sight, drop_sight, &ref));
  CHECK(ref != 0);
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_UNHANDLED, "lost", 4));
  CHECK(reached(&sight.calls, 1));
  CHECK_NUMBER(sight.target, pid);
  CHECK_NUMBER((uint32_t)sight.cause, SABIR_CAUSE_UNHANDLED);
  CHECK_NUMBER(sight.type, PROBE_UNHANDLED);
  CHECK_NUMBER(sight.size, 4);
  CHECK(memcmp(sight.bytes, "lost", 4) == 0);
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_CRASH, "last", 4));
  CHECK(reached(&sight.calls, 2));
  CHECK_NUMBER((uint32_t)sight.cause, SABIR_CAUSE_CRASHED);
  CHECK(memcmp(sight.bytes, "last", 4) == 0);
  CHECK_NUMBER(counted(&sight.drops), 0);
  end_system(&system);
  CHECK_NUMBER(counted(&sight.calls), 2);
  CHECK_NUMBER(counted(&sight.drops), 1);
  probe_end(&actor);
}

static void unsubscribe_ends_it(void) {
  sabir_system *system = make_system(1);
  struct sight sight = {0}, other = {0};
  sabir_ref ref = 0, other_ref = 0;
  probe actor;
  sabir_pid pid;
  probe_init(&actor);
  pid = probe_spawn(system, &actor, NULL);
  CHECK_OK(sabir_dead_letter_subscribe(system, see, (uintptr_t)&sight, drop_sight, &ref));
  CHECK_OK(sabir_dead_letter_subscribe(system, see, (uintptr_t)&other, drop_sight, &other_ref));
  CHECK(ref != other_ref);
  CHECK_STATUS(sabir_dead_letter_unsubscribe(system, 0), SABIR_E_INVALID);
  CHECK_OK(sabir_dead_letter_unsubscribe(system, ref));
  CHECK(reached(&sight.drops, 1));
  CHECK_STATUS(sabir_dead_letter_unsubscribe(system, ref), SABIR_E_INVALID);
  CHECK_OK(sabir_send_bytes(system, pid, PROBE_UNHANDLED, NULL, 0));
  CHECK(reached(&other.calls, 1));
  CHECK_NUMBER(counted(&sight.calls), 0);
  end_system(&system);
  CHECK_NUMBER(counted(&sight.drops), 1);
  CHECK_NUMBER(counted(&other.drops), 1);
  probe_end(&actor);
}

static void must_not_drop(uintptr_t argument) {
  (void)argument;
  CHECK(!"drop ran after a failed subscription");
}

static void there_are_16_subscriptions(void) {
  enum { MOST = 16 };
  sabir_system *system = make_system(1);
  struct sight sights[MOST + 1];
  sabir_ref refs[MOST + 1], ref = 1;
  size_t index;
  memset(sights, 0, sizeof sights);
  CHECK_STATUS(sabir_dead_letter_subscribe(system, NULL, 0, must_not_drop, &ref), SABIR_E_INVALID);
  CHECK_NUMBER(ref, 0);
  CHECK_STATUS(sabir_dead_letter_subscribe(system, see, 0, must_not_drop, NULL), SABIR_E_INVALID);
  for (index = 0; index < MOST; ++index)
    CHECK_OK(sabir_dead_letter_subscribe(system, see, (uintptr_t)&sights[index], drop_sight, &refs[index]));
  ref = 1;
  CHECK_STATUS(sabir_dead_letter_subscribe(system, see, 0, must_not_drop, &ref), SABIR_E_LIMIT);
  CHECK_NUMBER(ref, 0);
  CHECK_OK(sabir_dead_letter_unsubscribe(system, refs[7]));
  CHECK(reached(&sights[7].drops, 1));
  CHECK_OK(sabir_dead_letter_subscribe(system, see, (uintptr_t)&sights[MOST], drop_sight, &refs[MOST]));
  end_system(&system);
  for (index = 0; index <= MOST; ++index) CHECK_NUMBER(counted(&sights[index].drops), 1);
}

/* A subscriber that sends what it saw again, to an actor that counts. */
struct resending {
  sabir_system *system;
  sabir_pid to;
};

static void send_again(uintptr_t argument, sabir_pid target, int32_t cause, const sabir_message *message) {
  const struct resending *resending = (const struct resending *)argument;
  (void)target, (void)cause;
  SABIR_IGNORE(sabir_send_bytes(resending->system, resending->to, PROBE_COUNT, sabir_message_data(message), sabir_message_size(message)));
}

static void a_subscriber_may_call_sabir(void) {
  struct resending resending;
  sabir_ref ref = 0;
  probe actor, counting;
  sabir_pid pid;
  probe_init(&actor);
  probe_init(&counting);
  resending.system = make_system(1);
  pid = probe_spawn(resending.system, &actor, NULL);
  resending.to = probe_spawn(resending.system, &counting, NULL);
  CHECK_OK(sabir_dead_letter_subscribe(resending.system, send_again, (uintptr_t)&resending, NULL, &ref));
  CHECK_OK(sabir_send_bytes(resending.system, pid, PROBE_UNHANDLED, "again", 5));
  CHECK(reached(&counting.received, 1));
  CHECK_OK(sabir_dead_letter_unsubscribe(resending.system, ref));
  end_system(&resending.system);
  probe_end(&actor);
  probe_end(&counting);
}

struct self_ending {
  sabir_system *system;
  sabir_ref ref;
  uint64_t calls;
  sem_t dropped;
};

static void unsubscribe_itself(uintptr_t argument, sabir_pid target, int32_t cause, const sabir_message *message) {
  struct self_ending *self = (struct self_ending *)argument;
  (void)target, (void)cause, (void)message;
  count(&self->calls);
  CHECK_OK(sabir_dead_letter_unsubscribe(self->system, self->ref));
}

static void drop_self_ending(uintptr_t argument) { sem_post(&((struct self_ending *)argument)->dropped); }

static void a_subscriber_may_unsubscribe_itself(void) {
  struct self_ending self;
  probe actor;
  sabir_pid pid;
  memset(&self, 0, sizeof self);
  sem_init(&self.dropped, 0, 0);
  probe_init(&actor);
  self.system = make_system(1);
  pid = probe_spawn(self.system, &actor, NULL);
  CHECK_OK(sabir_dead_letter_subscribe(self.system, unsubscribe_itself, (uintptr_t)&self, drop_self_ending, &self.ref));
  CHECK_OK(sabir_send_bytes(self.system, pid, PROBE_UNHANDLED, NULL, 0));
  CHECK_OK(sabir_send_bytes(self.system, pid, PROBE_UNHANDLED, NULL, 0));
  take(&self.dropped);
  CHECK_NUMBER(counted(&self.calls), 1);
  end_system(&self.system);
  CHECK_NUMBER(counted(&self.calls), 1);
  sem_destroy(&self.dropped);
  probe_end(&actor);
}

static void every_cause_is_counted_by_itself(void) {
  sabir_system *system = make_system(1);
  sabir_port *port = NULL;
  uint64_t total = 0;
  int32_t cause;
  probe actors[3];
  sabir_pid pids[3];
  size_t index;
  for (index = 0; index < 3; ++index) {
    probe_init(&actors[index]);
    pids[index] = probe_spawn(system, &actors[index], NULL);
    CHECK_OK(sabir_send_bytes(system, pids[index], PROBE_UNHANDLED, NULL, 0));
    CHECK(dead_letters_reach(system, SABIR_CAUSE_UNHANDLED, index + 1));
  }
  REQUIRE_OK(sabir_port_create(system, NULL, &port, NULL));
  CHECK_OK(sabir_send_bytes(system, sabir_port_pid(port), 1, NULL, 0));
  sabir_port_destroy(&port);
  CHECK_OK(sabir_send_bytes(system, pids[0], PROBE_CRASH, NULL, 0));
  CHECK(dead_letters_reach(system, SABIR_CAUSE_CRASHED, 1));
  CHECK_OK(sabir_system_shutdown(system, PATIENCE_NS, NULL));
  CHECK_NUMBER(dead_letters(system, SABIR_CAUSE_UNHANDLED), 3);
  CHECK_NUMBER(dead_letters(system, SABIR_CAUSE_CRASHED), 1);
  CHECK_NUMBER(dead_letters(system, SABIR_CAUSE_PORT_CLOSED), 1);
  for (cause = SABIR_CAUSE_STOPPED; cause <= SABIR_CAUSE_LATE_REPLY; ++cause) total += dead_letters(system, cause);
  CHECK_NUMBER(dead_letters(system, SABIR_CAUSE_ANY), total);
  end_system(&system);
  for (index = 0; index < 3; ++index) probe_end(&actors[index]);
}

static void every_cause_is_counted(void) {
  sabir_system *system = make_system(1);
  int32_t cause;
  uint64_t number = 1;
  for (cause = SABIR_CAUSE_ANY; cause <= SABIR_CAUSE_OVERFLOW; ++cause) CHECK_NUMBER(dead_letters(system, cause), 0);
  CHECK_STATUS(sabir_dead_letter_count(system, SABIR_CAUSE_OVERFLOW + 1, &number), SABIR_E_INVALID);
  CHECK_STATUS(sabir_dead_letter_count(system, -1, &number), SABIR_E_INVALID);
  end_system(&system);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(causes_have_names),
      TEST(count_checks_its_arguments),
      TEST(a_subscriber_sees_late_replies),
      TEST(a_subscriber_sees_each_dead_letter),
      TEST(unsubscribe_ends_it),
      TEST(there_are_16_subscriptions),
      TEST(a_subscriber_may_call_sabir),
      TEST(a_subscriber_may_unsubscribe_itself),
      TEST(every_cause_is_counted_by_itself),
      TEST(every_cause_is_counted),
  };
  return RUN_TESTS(tests, argc, argv);
}
