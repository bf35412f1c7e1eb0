/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "watcher.h"

#include <time.h>

static void write_down(watcher *self, sabir_context *context, const sabir_message *message) {
  const uint64_t index = counted(&self->seen);
  struct event *event = &self->events[index];
  REQUIRE(index < WATCHER_EVENTS);
  event->at_ns = now_ns();
  event->kind = sabir_message_kind(message);
  event->type = sabir_message_type(message);
  event->ref = sabir_message_ref(message);
  event->sender = sabir_message_sender(message);
  event->count = sabir_message_count(message);
  event->sender_status = sabir_actor_status(sabir_context_system(context), event->sender);
  event->exit = sabir_exit_retain(sabir_message_exit(message));
  count(&self->seen);
  sem_post(&self->told);
}

static sabir_status watcher_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  const bool of_a_probe = sabir_message_kind(*message) == SABIR_KIND_MESSAGE && sabir_message_type(*message) < NOTE;
  if (of_a_probe) return probe_callbacks().receive(context, state, message);
  write_down((watcher *)state, context, *message);
  return SABIR_OK;
}

void watcher_init(watcher *self) {
  memset(self, 0, sizeof *self);
  probe_init(&self->actor);
  sem_init(&self->told, 0, 0);
}

void watcher_end(watcher *self) {
  size_t index;
  for (index = 0; index < WATCHER_EVENTS; ++index) sabir_exit_release(&self->events[index].exit);
  sem_destroy(&self->told);
  probe_end(&self->actor);
}

static sabir_behavior *watcher_behavior(void) {
  sabir_callbacks callbacks = probe_callbacks();
  sabir_behavior *behavior = NULL;
  callbacks.receive = watcher_receive;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  return behavior;
}

sabir_pid watcher_spawn(sabir_system *system, watcher *self, const sabir_spawn_options *options) {
  sabir_spawn_options own = SABIR_SPAWN_OPTIONS_INIT;
  sabir_behavior *behavior = watcher_behavior();
  sabir_pid pid = 0;
  if (options != NULL) own = *options;
  own.argument = (uintptr_t)self;
  own.drop = probe_drop;
  REQUIRE_OK(sabir_spawn(system, behavior, &own, &pid, NULL));
  sabir_behavior_destroy(&behavior);
  return pid;
}

const struct event *next_event(watcher *self) {
  take(&self->told);
  return &self->events[self->read++];
}

void settle(sabir_system *system, sabir_pid pid) {
  sabir_message *reply = NULL;
  CHECK_OK(sabir_ask_bytes(system, pid, PROBE_ECHO, NULL, 0, PATIENCE_NS, &reply));
  sabir_message_destroy(&reply);
}

void check_told_nothing(sabir_system *system, watcher *self, sabir_pid pid) {
  settle(system, pid);
  CHECK_NUMBER(counted(&self->seen), self->read);
}

void hold(sabir_system *system, probe *self, sabir_pid pid) {
  REQUIRE_OK(sabir_send_bytes(system, pid, PROBE_BLOCK, NULL, 0));
  take(&self->entered);
}

void let_go(probe *self) { sem_post(&self->gate); }

static void last_act_wait(struct last_act *self, int place) {
  if (self->place != place) return;
  sem_post(&self->entered);
  take(&self->gate);
}

static sabir_status last_act_start(sabir_context *context, uintptr_t argument, uintptr_t *state) {
  struct last_act *self = (struct last_act *)argument;
  (void)context;
  *state = argument;
  last_act_wait(self, LAST_STARTS);
  return self->place == LAST_STARTS ? 1 : SABIR_OK;
}

static sabir_status last_act_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  struct last_act *self = (struct last_act *)state;
  (void)message;
  last_act_wait(self, LAST_CRASHES);
  last_act_wait(self, LAST_STOPS);
  return self->place == LAST_STOPS ? sabir_context_stop(context) : 1;
}

static void last_act_stop(sabir_context *context, uintptr_t state, const sabir_exit *exit) {
  (void)context, (void)exit;
  last_act_wait((struct last_act *)state, LAST_IN_STOP);
}

static void last_act_drop(uintptr_t argument) { last_act_wait((struct last_act *)argument, LAST_IN_DROP); }

sabir_pid last_act_begin(sabir_system *system, struct last_act *self, int place) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("last act");
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  sabir_behavior *behavior = NULL;
  sabir_pid pid = 0;
  self->place = place;
  sem_init(&self->entered, 0, 0);
  sem_init(&self->gate, 0, 0);
  callbacks.start = last_act_start;
  callbacks.receive = last_act_receive;
  callbacks.stop = last_act_stop;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  spawn.argument = (uintptr_t)self;
  spawn.drop = last_act_drop;
  REQUIRE_OK(sabir_spawn(system, behavior, &spawn, &pid, NULL));
  sabir_behavior_destroy(&behavior);
  if (place != LAST_STARTS) REQUIRE_OK(sabir_send_bytes(system, pid, NOTE, NULL, 0));
  take(&self->entered);
  return pid;
}

void last_act_end(struct last_act *self) {
  sem_destroy(&self->entered);
  sem_destroy(&self->gate);
}

int32_t last_act_reason(int place) {
  switch (place) {
    case LAST_STOPS: return SABIR_EXIT_NORMAL;
    case LAST_STARTS: return SABIR_EXIT_START_FAILED;
    default: return SABIR_EXIT_CRASHED;
  }
}

sabir_system *make_supervising_system(void) {
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  options.workers = 2;
  options.root_intensity = 100000;
  return make_system_with(&options);
}

static sabir_pid supervise(sabir_system *system, const char *id, sabir_behavior *behavior, uintptr_t argument, uint32_t restart) {
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  sabir_pid pid = 0;
  spawn.argument = argument;
  spawn.drop = probe_drop;
  spec.spawn = &spawn;
  spec.restart = restart;
  REQUIRE_OK(sabir_supervise(system, 0, id, behavior, &spec, &pid, NULL));
  REQUIRE(pid != 0);
  sabir_behavior_destroy(&behavior);
  return pid;
}

sabir_pid probe_supervise(sabir_system *system, probe *self, const char *id, uint32_t restart) {
  return supervise(system, id, probe_behavior(), (uintptr_t)self, restart);
}

sabir_pid watcher_supervise(sabir_system *system, watcher *self, const char *id, uint32_t restart) {
  return supervise(system, id, watcher_behavior(), (uintptr_t)self, restart);
}

void child_do(sabir_system *system, uint32_t action, const char *id) { CHECK_OK(sabir_child_do(system, 0, action, id, 0, NULL)); }

sabir_port *open_port(sabir_system *system, const sabir_mailbox_options *mailbox) {
  sabir_port *port = NULL;
  REQUIRE_OK(sabir_port_create(system, mailbox, &port, NULL));
  return port;
}

sabir_message *next_message(sabir_port *port, int32_t kind) {
  sabir_message *message = NULL;
  REQUIRE_OK(sabir_port_receive(port, PATIENCE_NS, &message));
  CHECK_NUMBER((uint32_t)sabir_message_kind(message), (uint32_t)kind);
  return message;
}

void check_nothing_in(sabir_port *port) {
  sabir_message *message = NULL;
  CHECK_STATUS(sabir_port_receive(port, 0, &message), SABIR_E_TIMEOUT);
  sabir_message_destroy(&message);
}

sabir_pid dead_pid(sabir_system *system) {
  sabir_port *port = open_port(system, NULL);
  const sabir_pid pid = sabir_port_pid(port);
  sabir_port_destroy(&port);
  return pid;
}

void let_pass(uint64_t time_ns) {
  const uint64_t end_ns = now_ns() + time_ns;
  while (now_ns() < end_ns) {
    const uint64_t left_ns = end_ns - now_ns() < time_ns ? end_ns - now_ns() : time_ns;
    struct timespec pause;
    pause.tv_sec = (time_t)(left_ns / SECOND_NS);
    pause.tv_nsec = (long)(left_ns % SECOND_NS);
    nanosleep(&pause, NULL);
  }
}
