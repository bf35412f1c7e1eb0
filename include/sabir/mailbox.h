/* Mailboxes: how much of what waits for an actor or a port, in which order it is handled, and what a sender may do about a full one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_MAILBOX_H
#define SABIR_MAILBOX_H

#include <sabir/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a full mailbox does with one more message.
 *   reject:       the sender gets SABIR_E_MAILBOX_FULL and keeps the message.
 *   block:        the sender waits: see block_timeout_ns.
 *   drop newest:  the message is accepted, and a dead letter (SABIR_CAUSE_OVERFLOW). While 65,536 of these wait to be told, because a
 *                 subscriber is slow or each ends an ask, the sender gets MAILBOX_FULL.
 *   drop oldest:  the message is accepted, and when the receiver comes to the oldest one (of the least priority, where it sorts), that is a
 *                 dead letter (SABIR_CAUSE_OVERFLOW). While it does not come, twice the bound is accepted, then MAILBOX_FULL. */
#define SABIR_OVERFLOW_REJECT 0
#define SABIR_OVERFLOW_BLOCK 1
#define SABIR_OVERFLOW_DROP_NEWEST 2
#define SABIR_OVERFLOW_DROP_OLDEST 3

#define SABIR_MAILBOX_CAPACITY_DEFAULT 65536
#define SABIR_MAILBOX_CAPACITY_MAX 1073741824
#define SABIR_UNBOUNDED 0xffffffff

/* The bounds of one mailbox, and how it is read. Zero in a field means its default. It is full at whichever bound it reaches first.
 * Replies, timers, and what monitors, links and supervisors tell are exempt; control (stop, kill...) is no message and goes before all of
 * them. What counts is what waits: not the message that is handled, nor those handed out to a host (delivery.h), nor those that are
 * stashed. Without SABIR_OVERFLOW_BLOCK block_timeout_ns is ignored; without any bound overflow is. */
typedef struct sabir_mailbox_options {
  uint32_t struct_size; /* sizeof(sabir_mailbox_options) */
  uint32_t capacity; /* messages; default 65,536; up to SABIR_MAILBOX_CAPACITY_MAX, or SABIR_UNBOUNDED: no limit */
  uint32_t overflow; /* SABIR_OVERFLOW_...; default reject */
  uint32_t low_watermark; /* who waits for room (the high watermark is the capacity itself) goes on when this many are left;
                                       default half the capacity; below it */
  uint64_t block_timeout_ns; /* block: how long a thread of the host's waits in a send before SABIR_E_MAILBOX_FULL;
                                       default SABIR_FOREVER. An actor that sends never waits: its message is accepted, up to twice
                                       the capacity (then SABIR_E_MAILBOX_FULL), and the actor itself is muted: it is not run
                                       again until the receiver has caught up, whoever waits for it meanwhile. Muting never
                                       deadlocks: an actor is not muted for one that is muted for it, directly or over others,
                                       and a thread does not wait for an actor that is, in the end, muted for one whose
                                       executor it polls or for a port that it was the last to read. Both may be refused then */
  uint64_t capacity_bytes; /* each message counts as its payload and 64 bytes; one larger than that is TOO_BIG. Who waits for
                                       room goes on at half. Default: no bound */
  uint32_t priorities; /* not 0: messages are handled by their priority (sabir_message_set_priority), and in order within
                                       each; those of monitors and links come with SABIR_PRIORITY_LOW, so that they stay behind what the
                                       one they tell of has sent; a drain comes last. Costs some 30 ns per message. Not for ports and
                                       supervisors. Default: in the order they came */
  uint32_t stash_capacity; /* how many messages the actor may have stashed (sabir_context_stash); default 1,024 */
} sabir_mailbox_options;

#define SABIR_MAILBOX_OPTIONS_INIT {sizeof(sabir_mailbox_options), 0, 0, 0, 0, 0, 0, 0}
#define SABIR_STASH_CAPACITY_DEFAULT 1024

/* Writes the initializer above into the first struct_size bytes: for languages without macros.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API void sabir_mailbox_options_init(sabir_mailbox_options *options, uint32_t struct_size);

/* For a sender that was refused (MAILBOX_FULL): asks to be told once when the receiver's mailbox is down at its low watermark, by a message
 * of kind SABIR_KIND_WRITABLE with this ref and the receiver as its sender; at once, if it is already (which the receiver's runner finds:
 * on a polled executor, the next poll), and also when the receiver ends: the next send says so. Others may be faster, so the next send may
 * be refused again. The notice is exempt from the caller's own bound, and is not for its next incarnation. ref: out, 0 on failure.
 * Errors: CONTEXT or HANDLE, INVALID, DEAD, NO_ACTOR, FOREIGN, NOMEM, CLOSED, FORKED.
 * Threads: any (_context_: the handler's). Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_notify_writable(sabir_context *context, sabir_pid to, sabir_ref *ref);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_port_notify_writable(sabir_port *port, sabir_pid to, sabir_ref *ref);

/* Puts the message that is being handled aside, for later: what an actor does with what it cannot handle yet. *message becomes NULL; an ask
 * stays open. message: the handler's own, moved on success. When the incarnation ends, what is stashed goes before what is queued, for the
 * next one (but not timers, notices and replies to the last one's asks), or becomes dead letters.
 * Errors: CONTEXT, INVALID (NULL; not the message that this receive was given), LIMIT (stash_capacity), NOMEM. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_stash(sabir_context *context, sabir_message **message);

/* Brings back the oldest `count` stashed messages (0: all of them; those there are, if less). They are handled after the present call,
 * oldest first, before all that is queued and behind those unstashed before. Errors: CONTEXT. */
SABIR_API sabir_status sabir_context_unstash(sabir_context *context, uint32_t count);

#ifdef __cplusplus
}
#endif
#endif
