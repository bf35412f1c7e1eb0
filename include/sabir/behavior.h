/* Behaviors: the callbacks that make an actor. A behavior is made once and shared by any number of actors and systems.
 *
 * One actor runs on one thread at a time; everything it did is visible to its next callback, whichever thread that is on. No lock
 * of the library is held while a callback runs. longjmp out of a callback is not supported. A C++ exception out of one is a crash
 * of that actor.
 *
 * pthread_exit and cancellation are, on a threads executor, as an exception out of start, receive, stop, failed, health or drop; the
 * thread is replaced, other actors live on. An ask's completion or a dead letters' subscriber inside a handler's call unwinds that handler;
 * behind a handler it ends its thread only. In a thread of the host's they unwind through every call: an ask or send that waits is given
 * up, a child that was to be started starts all the same, a shutdown goes on, and the next call waits for it. As POSIX has it, a thread
 * that is ending must not be ended again by what still runs on it (stop and drop, after a receive).
 * Elsewhere they end the process: on an arena, whose threads are oneTBB's ("FATAL: exception not rethrown"); in release functions, log
 * sinks and drop functions other than that of an actor without a supervisor; in completions and subscribers on the library's own thread,
 * where timeouts and the shutdown are (std::terminate). But cancellation of a thread that runs a release, a log sink or such a drop waits
 * for its return.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_BEHAVIOR_H
#define SABIR_BEHAVIOR_H

#include <sabir/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Builds an actor's state from the argument it was spawned with and stores it in *state (any number; often a pointer). Runs first
 * in each incarnation, at restarts too, with the same argument. A status other than SABIR_OK, or an exception, is a failed start: the
 * incarnation ends, and stop does not run.
 * Absent: the state is the argument. */
typedef sabir_status (*sabir_start_fn)(sabir_context *context, uintptr_t argument, uintptr_t *state);

/* Handles one message. *message may be read, written (sabir_message_data_mut), forwarded (sabir_context_send and the like take it),
 * or kept (mine = *message; *message = NULL; it is yours once receive has returned). What is left in *message is destroyed afterwards.
 * Until receive has returned the engine owns a kept message, too, so no other thread may have it yet: destroying it there does nothing and
 * loses it (its memory is leaked, an ask in it runs to its timeout), sending it gives SABIR_E_BORROWED. To hand work to another thread
 * inside receive, give it a copy of the bytes and the ref of sabir_context_defer (context.h).
 * SABIR_OK: handled. SABIR_E_NO_ASK: handled as well, so that a reply's status may be returned though nobody waits any more.
 * SABIR_E_UNHANDLED: a dead letter, the actor lives on. Anything else, or an exception: a crash; the message
 * becomes a dead letter (unless it is to be delivered again: supervisor.h) and the incarnation ends: a supervised actor is restarted as its
 * spec says, another exits. sabir_context_fail adds text to it. A message that was forwarded or kept counts as handled, whatever is
 * returned: it is no dead letter and not delivered again, and an ask in it stays open until somebody answers it, destroys the message, or
 * its timeout. Required. */
typedef sabir_status (*sabir_receive_fn)(sabir_context *context, uintptr_t state, sabir_message **message);

/* Ends an incarnation whose start succeeded: runs once, whatever the reason, also after a crash. exit: borrowed, why. Frees the
 * state. A failure in it (sabir_context_fail, an exception) is logged. Absent: nothing to free. */
typedef void (*sabir_stop_fn)(sabir_context *context, uintptr_t state, const sabir_exit *exit);

/* What becomes of an actor whose callback has failed. */
#define SABIR_DECISION_DEFAULT 0      /* as without the callback: its supervisor's policy; it exits where it has none */
#define SABIR_DECISION_RESTART 1      /* restarted whatever the policy; it exits where it has no supervisor */
#define SABIR_DECISION_RESUME 2       /* goes on with the next message and the state it has; nothing is told to the supervisor */
#define SABIR_DECISION_STOP 3         /* ends for good, whatever the policy */
#define SABIR_DECISION_ESCALATE 4     /* its supervisor fails with it, as if the intensity were exceeded; without one it exits */

/* Decides about a failure of receive, before stop: exit is borrowed, the crash. Returns a SABIR_DECISION_...; an unknown one, or a failure
 * in it (sabir_context_fail, an exception: logged), is the default. Absent: the default. Messages that it sends are sent whatever it
 * decides; the message that failed is a dead letter, and its ask CRASHED, also with RESUME. Other ends (a failed start, a kill, a link,
 * health, a handler that was given up on) are not asked about. */
typedef int32_t (*sabir_failed_fn)(sabir_context *context, uintptr_t state, const sabir_exit *exit);

/* Says how the actor is: SABIR_HEALTH_OK, SABIR_HEALTH_DEGRADED or SABIR_HEALTH_FAILED (supervisor.h). Runs at a health check's ping,
 * between two messages; an unknown number, sabir_context_fail and an exception are FAILED, and what they say is not kept. Absent: OK. */
typedef uint32_t (*sabir_health_fn)(sabir_context *context, uintptr_t state);

/* The table of callbacks. Read up to its size and copied by sabir_behavior_create. */
typedef struct sabir_callbacks {
  uint32_t struct_size; /* sizeof(sabir_callbacks) */
  uint32_t reserved; /* 0 */
  const char *name; /* UTF-8, NUL-terminated, copied; for logs and reports; required, 1 to 255 bytes */
  sabir_start_fn start;
  sabir_receive_fn receive;
  sabir_stop_fn stop;
  sabir_failed_fn failed;
  sabir_health_fn health;
} sabir_callbacks;

#define SABIR_CALLBACKS_INIT(name) {sizeof(sabir_callbacks), 0, (name), 0, 0, 0, 0, 0}

/* Writes SABIR_CALLBACKS_INIT(NULL) into the first struct_size bytes of *callbacks: for languages without macros.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API void sabir_callbacks_init(sabir_callbacks *callbacks, uint32_t struct_size);

/* Makes a behavior. callbacks: borrowed. behavior: out, the first reference.
 * Errors: INVALID (NULL, no receive, bad name), OPTION, LIMIT, NOMEM, FORKED.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_behavior_create(const sabir_callbacks *callbacks, sabir_behavior **behavior);

/* Adds a reference. Errors: INVALID, HANDLE, FORKED. Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_behavior_retain(sabir_behavior *behavior);

/* Ends a reference and sets *behavior to NULL. NULL, *NULL and destroyed handles are fine. A system keeps what it has spawned
 * actors of until it is destroyed, so this is safe while they run. Using the handle afterwards is a mistake that gives HANDLE, unless a
 * system still keeps the behavior: then it goes unnoticed.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API void sabir_behavior_destroy(sabir_behavior **behavior);

/* The name, "" for a destroyed handle. Lives as long as the behavior.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API const char *sabir_behavior_name(const sabir_behavior *behavior);

#ifdef __cplusplus
}
#endif
#endif
