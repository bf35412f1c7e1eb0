/* Timers: messages that come later. They are received with kind SABIR_KIND_TIMER, the timer's ref, and whoever armed it as the sender.
 * A timer never fires early; it is late by up to about a millisecond, and by whatever the receiver's mailbox holds. It is exempt from the
 * receiver's bound, so it never blocks, mutes or is refused. One that was cancelled is never received, though it may be queued already.
 *
 * A timer that an actor arms is its own: it ends with the incarnation. One that was armed outside of actors ends when it has fired, is
 * cancelled, or finds its receiver gone (its message is a dead letter then). A shutdown ends all.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_TIMER_H
#define SABIR_TIMER_H

#include <sabir/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SABIR_TIMERS_MAX 16777216          /* armed at once, in one system */

/* The longest delay and interval, about 146 years: more is INVALID. */
static const uint64_t SABIR_TIMER_LIMIT_NS = 0x3fffffffffffffff;

/* Sends a message once, after delay_ns (0: as soon as may be). message: moved on success. ref: out, 0 on failure; may be NULL.
 * Errors: HANDLE, INVALID (NULL; delay; a request to a supervisor), NO_ACTOR, DEAD, FOREIGN, TOO_BIG, BORROWED, NATIVE, LIMIT
 * (SABIR_TIMERS_MAX), NOMEM, CLOSED, FORKED. A message that is an unanswered ask gives it up: the ask ends with UNANSWERED.
 * Threads: any. Blocks: never. Calls back: where the message was such an ask, that one's completion. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_timer_after(sabir_system *system, sabir_pid to, sabir_message **message, uint64_t delay_ns,
                                                          sabir_ref *ref);

/* Sends a message of this type each interval_ns (at least 1 ms), first after one interval. There is never more than one of it in the
 * mailbox: intervals that pass meanwhile are counted, and sabir_message_count of the next one says how many it stands for. It has no bytes.
 * Errors: as above. Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_timer_every(sabir_system *system, sabir_pid to, sabir_type type, uint64_t interval_ns,
                                                          sabir_ref *ref);

/* Ends a timer. SABIR_OK: it will not be received (again). Errors: NO_REF (it was received already, cancelled, or died with its actor),
 * HANDLE, FOREIGN, FORKED. Threads: any. Blocks: never. Calls back: the release or drop function of its message. From a handler: yes. */
SABIR_API sabir_status sabir_timer_cancel(sabir_system *system, sabir_ref ref);

/* The same by an actor, whose own the timer is. to may be the actor itself. Errors: CONTEXT and those above. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_timer_after(sabir_context *context, sabir_pid to, sabir_message **message,
                                                                  uint64_t delay_ns, sabir_ref *ref);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_timer_every(sabir_context *context, sabir_pid to, sabir_type type,
                                                                  uint64_t interval_ns, sabir_ref *ref);
SABIR_API sabir_status sabir_context_timer_cancel(sabir_context *context, sabir_ref ref);

#ifdef __cplusplus
}
#endif
#endif
