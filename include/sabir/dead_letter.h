/* Dead letters: messages that were accepted and reached nobody, each counted with its cause, and shown to who subscribes as long as those
 * keep up (topic.h: of a flood of publishes the rest is only counted). None vanishes silently, but for what monitors and links tell
 * (monitor.h), and timers that end with who armed them or with the system.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_DEAD_LETTER_H
#define SABIR_DEAD_LETTER_H

#include <sabir/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Causes. More may be added. A message of kind SABIR_KIND_TIMER has STOPPED however its receiver went, also for a port that is closed. */
#define SABIR_CAUSE_ANY 0
#define SABIR_CAUSE_STOPPED 1       /* the actor stopped, or had exited, before it got to the message */
#define SABIR_CAUSE_KILLED 2        /* it was killed before it got to it */
#define SABIR_CAUSE_CRASHED 3       /* it crashed while handling the message, or before it got to it */
#define SABIR_CAUSE_UNHANDLED 4     /* its receive returned SABIR_E_UNHANDLED */
#define SABIR_CAUSE_START_FAILED 5  /* it never started */
#define SABIR_CAUSE_SHUTDOWN 6      /* the system shut down first */
#define SABIR_CAUSE_PORT_CLOSED 7   /* the port was closed before it was read */
#define SABIR_CAUSE_LATE_REPLY \
  8    /* an answer to an ask that had ended (only of calls that make the message of bytes: else it stays the caller's), or that an
                                       actor had asked before it was restarted; target is 0 where nobody is known any more */
#define SABIR_CAUSE_EXPIRED 9       /* its deadline passed before the receiver came to it (sabir_message_set_deadline) */
#define SABIR_CAUSE_OVERFLOW 10     /* its mailbox was full, and drops messages (mailbox.h) */

/* The name of a cause ("stopped"), static, never NULL; "any" for SABIR_CAUSE_ANY, "unknown" for others.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API const char *sabir_cause_name(int32_t cause);

/* How many there were, of one cause or (SABIR_CAUSE_ANY) in all. count: out.
 * Errors: HANDLE, INVALID, FORKED. Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API sabir_status sabir_dead_letter_count(sabir_system *system, int32_t cause, uint64_t *count);

/* Sees a dead letter before it is destroyed. message: borrowed, for this call; an object in it (sabir_message_native tells) is not seen.
 * target: whom it was for. Runs on any thread, several at once, with no lock held; it may call any sabir function that does not block. One
 * that makes a dead letter each time (a message to an actor that ends, say) feeds itself for ever. A shutdown waits for a call that takes
 * long, or counts it as a survivor (system.h). An exception out of it is caught and logged. */
typedef void (*sabir_dead_letter_fn)(uintptr_t argument, sabir_pid target, int32_t cause, const sabir_message *message);

/* Subscribes to all dead letters of a system; ref: out, for unsubscribe. drop (may be NULL) runs once, after the last call of callback,
 * when it is unsubscribed or the system ends. On failure drop is not called. sabir_dead_letter_subscribe_at (delivery.h) is for hosts that
 * are not called back.
 * Errors: HANDLE, INVALID, LIMIT (16 subscriptions), NOMEM, CLOSED, FORKED.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_dead_letter_subscribe(sabir_system *system, sabir_dead_letter_fn callback, uintptr_t argument,
                                                                    sabir_drop_fn drop, sabir_ref *ref);

/* Ends a subscription. A call of callback on another thread may still be running when this returns; drop runs after it.
 * Errors: HANDLE, INVALID (no such subscription; a shutdown ends all), FORKED.
 * Threads: any. Blocks: never. Calls back: drop. From a handler: yes. */
SABIR_API sabir_status sabir_dead_letter_unsubscribe(sabir_system *system, sabir_ref ref);

#ifdef __cplusplus
}
#endif
#endif
