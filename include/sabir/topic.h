/* Topics: a message to everybody who has subscribed to its subject. No topic is made or ended: a subject is a name that is published to.
 *
 * A subject is tokens with dots between, as NATS has it: "sensors.kitchen.temperature". A pattern is the same, where the token "*" stands
 * for any one token, and ">", as the last one, for one or more: "sensors.*.temperature", "sensors.>". Either has up to 255 bytes and 32
 * tokens of UTF-8, none of them empty, without spaces and control characters, and with '*' and '>' as whole tokens of patterns only; else
 * it is INVALID.
 *
 * Each subscription gets its own message: an actor with two patterns that match gets two. All have one payload, which is not copied
 * (sabir_message_share): sabir_message_data_mut is NULL, also for a single subscriber. They are ordinary messages, with the type, priority
 * and deadline that was published; who wants to know the subject too puts it into the payload or tells by the type.
 *
 * Messages of one publisher to one subscriber arrive in its order; where several publish to one subject at once, each subscriber may see
 * another order. No lock is held while a message is sent: a subscription that ends while a publish is under way may still get it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_TOPIC_H
#define SABIR_TOPIC_H

#include <sabir/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Limits: bytes and tokens of a name; subscriptions, and subjects that retain a message, of one system. */
#define SABIR_SUBJECT_MAX 255
#define SABIR_SUBJECT_TOKENS_MAX 32
#define SABIR_SUBSCRIPTIONS_MAX 1048576
#define SABIR_RETAINED_MAX 65536

/* Subscribes an actor or a port to a pattern, until sabir_unsubscribe, or until it is gone for good: what a subscription is of is the pid.
 * An actor that its supervisor restarts keeps its subscriptions. So it is subscribed once, by whoever spawns it; if it subscribes in its
 * start it does so again in each incarnation, and must end the last one's in its stop. (Subscriptions of actors that are gone are removed
 * in the course of later publishes and subscriptions; they count until then.)
 *
 * For each subject that matches and retains a message (SABIR_PUBLISH_RETAIN) the subscriber gets it at once, in no order, and before
 * anything that is published to that subject later. One that its mailbox has no room for is a dead letter (SABIR_CAUSE_OVERFLOW).
 * pattern, subscriber: as said; _context_: the actor itself. ref: out, the subscription, 0 on failure.
 * Errors: CONTEXT or HANDLE, INVALID (NULL, the pattern), DEAD, NO_ACTOR, FOREIGN, LIMIT (SABIR_SUBSCRIPTIONS_MAX), NOMEM (some of what is
 * retained may have come), CLOSED, FORKED. Threads: any (_context_: the handler's). Blocks: never. Calls back: never. From a handler: yes.
 */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_subscribe(sabir_system *system, const char *pattern, sabir_pid subscriber, sabir_ref *ref);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_subscribe(sabir_context *context, const char *pattern, sabir_ref *ref);

/* Ends a subscription, whoever made it. What it was sent before still comes.
 * Errors: HANDLE, INVALID, NO_REF (it is over, or never was), FORKED.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API sabir_status sabir_unsubscribe(sabir_system *system, sabir_ref ref);

/* Flags of a publish.
 *   RETAIN: the subject keeps this message, in place of the one before, for those who subscribe later. As in MQTT one without bytes is not
 *           kept: it goes to the subscribers as any other, and the subject retains nothing any more. A retained message keeps its
 *           publisher as its sender, and its deadline, at which it is forgotten; a shutdown forgets all of them. */
#define SABIR_PUBLISH_RETAIN 1

/* Sends a message to each subscription that matches the subject. That there is none is no error. It never waits, whoever calls:
 *   - A mailbox that blocks takes up to twice its capacity, and an actor that publishes (_context_) is muted after the present call, as by
 *     sabir_context_send.
 *   - A copy that a mailbox has no room for, by its number or its bytes, is a dead letter (SABIR_CAUSE_OVERFLOW), and the others are
 *     sent all the same. While 65,536 of those wait to be told it is only counted.
 *   - An actor that drains gets nothing any more.
 * subject: borrowed. message: moved on success; on failure nobody got it, but its payload may be shared from then on, and it may be
 * retained already (NOMEM). flags: SABIR_PUBLISH_..., 0 for none. delivered: out, may be NULL; how many mailboxes have taken it. Errors:
 * CONTEXT or HANDLE, INVALID (NULL, the subject, unknown flags, a message that is an unanswered ask or a request to a supervisor), NATIVE
 * (an object), TOO_BIG, BORROWED (as in sabir_send), LIMIT (SABIR_RETAINED_MAX), NOMEM, CLOSED, FORKED. Threads: any (_context_: the
 * handler's, and the actor is the sender). Blocks: never. Calls back: never (where nobody gets wrapped memory its release runs later, on a
 * thread of the system). From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_publish(sabir_system *system, const char *subject, sabir_message **message, uint32_t flags,
                                                      uint64_t *delivered);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_publish(sabir_context *context, const char *subject, sabir_message **message,
                                                              uint32_t flags, uint64_t *delivered);

/* Makes a message of a copy of the bytes and publishes it. Errors: as above. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_publish_bytes(sabir_system *system, const char *subject, sabir_type type, const void *data,
                                                            size_t size, uint32_t flags, uint64_t *delivered);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_publish_bytes(sabir_context *context, const char *subject, sabir_type type,
                                                                    const void *data, size_t size, uint32_t flags, uint64_t *delivered);

/* Whether a subscriber shall get a message. Runs in the call that publishes, on its thread, once for each subscription that matches and
 * before anything is sent, with no lock held; it may call any sabir function that does not block. It must not move or destroy the message.
 * An exception out of it ends the publish. */
typedef bool (*sabir_publish_filter_fn)(uintptr_t argument, sabir_pid subscriber);

/* The same to those subscribers only for which filter(argument, subscriber) is true. What is retained would be for everybody: RETAIN is
 * INVALID here. Errors: as above, INVALID (filter is NULL), EXCEPTION (the filter threw; nobody got the message).
 * Threads, blocks, from a handler: as above. Calls back: filter. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_publish_filtered(sabir_system *system, const char *subject, sabir_message **message,
                                                               uint32_t flags, sabir_publish_filter_fn filter, uintptr_t argument,
                                                               uint64_t *delivered);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_publish_filtered(sabir_context *context, const char *subject, sabir_message **message,
                                                                       uint32_t flags, sabir_publish_filter_fn filter, uintptr_t argument,
                                                                       uint64_t *delivered);

#ifdef __cplusplus
}
#endif
#endif
