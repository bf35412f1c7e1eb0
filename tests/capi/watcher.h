/* What the suites of monitors, links and timers share: a probe that also writes down what the engine tells it, and supervised probes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_TESTS_CAPI_WATCHER_H
#define SABIR_TESTS_CAPI_WATCHER_H

#include "support.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The first type that a watcher writes down; what a probe understands it does not. */
enum { NOTE = 100, WATCHER_EVENTS = 256 };

/* A message as a watcher got it. */
struct event {
  int32_t kind;
  sabir_type type;
  sabir_ref ref;
  sabir_pid sender;
  uint64_t count;
  sabir_status sender_status; /* sabir_actor_status of the sender, in the handler */
  uint64_t at_ns;
  sabir_exit *exit; /* retained */
};

/* A probe, and the events it has seen: all that is no message of a probe's types. It must outlive its system. */
typedef struct watcher {
  probe actor;
  sem_t told;    /* posted for each event */
  uint64_t seen; /* events so far */
  uint64_t read; /* by next_event */
  struct event events[WATCHER_EVENTS];
} watcher;

void watcher_init(watcher *self);
void watcher_end(watcher *self);
sabir_pid watcher_spawn(sabir_system *system, watcher *self, const sabir_spawn_options *options);

/* The next event; ends the program if none comes. */
const struct event *next_event(watcher *self);

/* Waits until the actor has handled all that was queued, which it must survive; and checks that it was told nothing but what was read. */
void settle(sabir_system *system, sabir_pid pid);
void check_told_nothing(sabir_system *system, watcher *self, sabir_pid pid);

/* Holds a probe in its handler until it is let go. */
void hold(sabir_system *system, probe *self, sabir_pid pid);
void let_go(probe *self);

/* A system whose root allows many restarts, and children of the root. */
sabir_system *make_supervising_system(void);
sabir_pid probe_supervise(sabir_system *system, probe *self, const char *id, uint32_t restart);
sabir_pid watcher_supervise(sabir_system *system, watcher *self, const char *id, uint32_t restart);

/* Ends or restarts a child of the root, and waits for it. */
void child_do(sabir_system *system, uint32_t action, const char *id);

/* A port, and the next message from it, which must come, and be of that kind; the caller's to destroy. */
sabir_port *open_port(sabir_system *system, const sabir_mailbox_options *mailbox);
sabir_message *next_message(sabir_port *port, int32_t kind);
void check_nothing_in(sabir_port *port);

/* An actor that is about to end, held where a test may look at it: in a handler that crashes or stops it, in a start that fails, in the
 * stop or the drop after a crash. */
enum { LAST_CRASHES, LAST_STOPS, LAST_STARTS, LAST_IN_STOP, LAST_IN_DROP, LAST_PLACES };
struct last_act {
  int place;
  sem_t entered, gate; /* post gate to let it end */
};
/* Returns when it is there. */
sabir_pid last_act_begin(sabir_system *system, struct last_act *self, int place);
/* After its system. */
void last_act_end(struct last_act *self);
/* Why it ends. */
int32_t last_act_reason(int place);

/* A pid of an actor that is gone. */
sabir_pid dead_pid(sabir_system *system);

/* Lets that much time pass, for timers; never to wait for something. */
void let_pass(uint64_t time_ns);

#ifdef __cplusplus
}
#endif
#endif
