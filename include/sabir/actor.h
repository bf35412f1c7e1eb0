/* Actors: spawning and ending them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_ACTOR_H
#define SABIR_ACTOR_H

#include <sabir/mailbox.h>
#include <sabir/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How an actor is spawned. Zero in a field means its default. */
typedef struct sabir_spawn_options {
  uint32_t struct_size;             /* sizeof(sabir_spawn_options) */
  uint32_t reserved;                /* 0 */
  uintptr_t argument;               /* given to start */
  sabir_drop_fn drop;               /* called once with argument when the actor can never start again; default: none */
  const char *name;                 /* UTF-8, NUL-terminated, copied, up to 255 bytes; for logs and reports; need not be unique */
  sabir_executor *executor;         /* borrowed; where it runs; default: the system's arena */
  const sabir_mailbox_options *mailbox; /* borrowed; default: 65,536 messages, reject */
  uintptr_t native_tag;             /* of the binding whose objects it takes (sabir_message_create_native); default: none */
  sabir_executor *drop_home;        /* borrowed, a polled executor of this or another system: in place of drop, the end of the argument
                                       comes there, as a DROP with the argument as its value (delivery.h); default: none */
} sabir_spawn_options;

#define SABIR_SPAWN_OPTIONS_INIT {sizeof(sabir_spawn_options), 0, 0, 0, 0, 0, 0, 0, 0}

/* Writes the initializer above into the first struct_size bytes: for languages without macros.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API void sabir_spawn_options_init(sabir_spawn_options *options, uint32_t struct_size);

/* Spawns an actor. It starts soon, on its executor; its pid is good for sends at once. Unsupervised: when it crashes it exits, the
 * crash is logged, and everything else lives on. (supervisor.h has those that are restarted.)
 * behavior: borrowed. options: borrowed, may be NULL. pid: out, 0 on failure. On failure, whichever, drop is not called, nothing comes to
 * drop_home, and the argument is still the caller's (supervisor.h differs); on success drop may have run before the call returns. start
 * runs later, on a worker: what the argument points to must still be there. error: out, may be NULL.
 * Errors: HANDLE, INVALID (also for drop_home: not polled, or with a drop), OPTION, LIMIT (max_actors), NOMEM, CLOSED, FOREIGN (an executor
 * of another system), FORKED.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes (sabir_context_spawn is faster there). */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_spawn(sabir_system *system, sabir_behavior *behavior, const sabir_spawn_options *options,
                                                    sabir_pid *pid, sabir_error **error);

/* Asks an actor to end. Each is asynchronous, may be repeated, and gives SABIR_E_DEAD where there is nothing left to end.
 *   stop:  after the present message; what is queued becomes dead letters.
 *   drain: closes it to new messages (SABIR_E_DEAD), handles what is queued, then stops (SABIR_EXIT_NORMAL). A send at the same moment
 *          may be accepted and come too late: it is a dead letter (stopped) then, as behind a stop.
 *   kill:  as stop, but the exit reason is SABIR_EXIT_KILLED, which is abnormal. A handler is never interrupted.
 * Stop and kill work while it is muted, drain when it is not any more. This ends an incarnation: if the actor is supervised and its policy
 * says so, another follows, handles what is still queued, and is open again if the last one was drained. Between two incarnations there
 * is none to end: stop and kill do nothing then. A drain closes it then, too; the next incarnation opens it again when it begins, handles
 * what was queued before the drain, and ends at it. To end a child whatever its policy, stop it through its supervisor (sabir_child_do; in
 * a group it may be started again with the others: supervisor.h). A supervisor that is ended so ends its children first; to drain one is to
 * stop it. The root ends and forgets all its children, and lives on.
 * Errors: HANDLE, NO_ACTOR, DEAD, FOREIGN, CLOSED, NOMEM, FORKED; for a port's pid INVALID (use sabir_port_destroy).
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes, also for itself. */
SABIR_API sabir_status sabir_actor_stop(sabir_system *system, sabir_pid pid);
SABIR_API sabir_status sabir_actor_drain(sabir_system *system, sabir_pid pid);
SABIR_API sabir_status sabir_actor_kill(sabir_system *system, sabir_pid pid);

/* SABIR_OK while the pid names a live actor or port (one still to start, drained, or between two incarnations, included), else why not:
 * DEAD, NO_ACTOR, FOREIGN, HANDLE, FORKED. From the beginning of a shutdown on, CLOSED for those that are alive (survivors stay so) and
 * DEAD for the others. The answer may be old when it arrives.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API sabir_status sabir_actor_status(sabir_system *system, sabir_pid pid);

#ifdef __cplusplus
}
#endif
#endif
