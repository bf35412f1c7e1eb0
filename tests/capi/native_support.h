/* What the tests of native payloads share: objects that count their ends, and an actor that takes them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_TESTS_CAPI_NATIVE_SUPPORT_H
#define SABIR_TESTS_CAPI_NATIVE_SUPPORT_H

#include "watcher.h"

/* The tags of two bindings. */
static const char ours, theirs;
#define OURS ((uintptr_t)&ours)
#define THEIRS ((uintptr_t)&theirs)

enum { TAKE = 200, TAKE_AND_CRASH, TAKE_AND_SEND_ON, FORWARD, ANSWER, ANSWER_LATE, STASH, UNSTASH };

/* An object, and where its end is noted. */
struct thing {
  uint64_t *drops;
  uint64_t number;
};

static inline void drop_thing(void *object) { count(((struct thing *)object)->drops); }

static inline sabir_message *make_thing(sabir_type type, uintptr_t tag, uint64_t *drops, uint64_t number) {
  sabir_message *message = NULL;
  struct thing *thing;
  REQUIRE_OK(sabir_message_create_native(type, tag, sizeof *thing, 16, drop_thing, &message));
  thing = (struct thing *)sabir_message_data_mut(message);
  thing->drops = drops;
  thing->number = number;
  return message;
}

/* An actor that takes what it gets. Its address is the actor's argument. */
struct taker {
  uint64_t taken, last, crashes, refused, drops_of_answers;
  sabir_pid to;                /* FORWARD, TAKE_AND_SEND_ON */
  const void *expected;        /* where the object must be, or NULL */
  sabir_status status;         /* of what was refused; of an answer */
  sabir_ref duty;              /* ANSWER_LATE */
  sem_t entered;               /* of ANSWER, ANSWER_LATE */
};

static inline void take_thing(struct taker *self, sabir_message *message) {
  struct thing *thing;
  CHECK(sabir_message_data(message) == NULL && sabir_message_size(message) == 0);
  CHECK(sabir_message_take_native(message, THEIRS) == NULL);
  CHECK(self->expected == NULL || sabir_message_data_mut(message) == self->expected);
  thing = (struct thing *)sabir_message_take_native(message, OURS);
  if (!CHECK(thing != NULL)) return;
  CHECK(sabir_message_take_native(message, OURS) == NULL && sabir_message_data_mut(message) == NULL);
  CHECK_NUMBER(sabir_message_native(message), OURS);
  __atomic_store_n(&self->last, thing->number, __ATOMIC_RELAXED); /* several actors of a pool may share a taker */
  count(&self->taken);
}

static inline sabir_status take_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  struct taker *self = (struct taker *)state;
  switch (sabir_message_type(*message)) {
    case TAKE_AND_CRASH:
      count(&self->crashes);
      take_thing(self, *message);
      return PROBE_CRASH_STATUS;
    case TAKE_AND_SEND_ON: {
      sabir_message *before = *message;
      take_thing(self, *message);
      CHECK_STATUS(sabir_context_send(context, self->to, message), SABIR_E_INVALID);
      CHECK(*message == before);
      return SABIR_OK;
    }
    case FORWARD: {
      sabir_message *before = *message;
      self->status = sabir_context_send(context, self->to, message);
      CHECK((*message == NULL) == (self->status == SABIR_OK) && (*message == NULL || *message == before));
      if (self->status != SABIR_OK) count(&self->refused);
      return SABIR_OK;
    }
    case ANSWER: {
      sabir_message *answer = make_thing(TAKE, OURS, &self->drops_of_answers, 77);
      self->status = sabir_context_reply(context, &answer);
      CHECK((answer == NULL) == (self->status == SABIR_OK));
      sabir_message_destroy(&answer);
      if (self->status == SABIR_E_NATIVE) CHECK_OK(sabir_context_reply_bytes(context, TAKE, "bytes", 5));
      sem_post(&self->entered);
      return SABIR_OK;
    }
    case ANSWER_LATE:
      CHECK_OK(sabir_context_defer(context, &self->duty));
      sem_post(&self->entered);
      return SABIR_OK;
    case STASH: return sabir_context_stash(context, message);
    case UNSTASH: return sabir_context_unstash(context, 0);
    case PROBE_CALL: return SABIR_E_UNHANDLED;
    default:
      if (sabir_message_kind(*message) == SABIR_KIND_FAILURE) return SABIR_OK;
      take_thing(self, *message);
      return SABIR_OK;
  }
}

static inline sabir_behavior *taking(void) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("taker");
  sabir_behavior *behavior = NULL;
  callbacks.receive = take_receive;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  return behavior;
}

static inline sabir_pid take_spawn(sabir_system *system, struct taker *self, const sabir_mailbox_options *mailbox) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_behavior *behavior = taking();
  sabir_pid pid = 0;
  memset(self, 0, sizeof *self);
  sem_init(&self->entered, 0, 0);
  options.argument = (uintptr_t)self;
  options.native_tag = OURS;
  options.mailbox = mailbox;
  REQUIRE_OK(sabir_spawn(system, behavior, &options, &pid, NULL));
  sabir_behavior_destroy(&behavior);
  return pid;
}

static inline sabir_pid probe_spawn_native(sabir_system *system, probe *self, const sabir_mailbox_options *mailbox) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  probe_init(self);
  options.mailbox = mailbox;
  options.native_tag = OURS;
  return probe_spawn(system, self, &options);
}

#endif
