/* Contexts: what an actor may do from inside its own callbacks. A context is valid during the call it was given to, on that thread
 * (one of a delivery until that is completed, on any: delivery.h);
 * later uses give SABIR_E_CONTEXT (or 0 or NULL from accessors). None of these calls blocks. The only callback that may run inside one is
 * the completion (sabir_ask_fn) of an ask that it ends: from the reply calls, and from sabir_context_ask with a message that was an ask.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_CONTEXT_H
#define SABIR_CONTEXT_H

#include <sabir/actor.h>
#include <sabir/message.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The actor itself, its system (borrowed: valid during the call; sabir_system_retain to keep it), and its state (0 before start
 * has set it). Errors: 0 or NULL outside the call. */
SABIR_API sabir_pid sabir_context_self(const sabir_context *context);
SABIR_API sabir_system *sabir_context_system(const sabir_context *context);
SABIR_API uintptr_t sabir_context_state(const sabir_context *context);

/* Sends with this actor as the sender; as sabir_send otherwise, but never blocks: where the receiver's mailbox is full and set to
 * block, the message is accepted (up to twice the capacity) and this actor is muted after the present call.
 * Errors: CONTEXT and those of sabir_send. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_send(sabir_context *context, sabir_pid to, sabir_message **message);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_send_bytes(sabir_context *context, sabir_pid to, sabir_type type, const void *data,
                                                                 size_t size);

/* As sabir_send_batch (message.h), and never blocks. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_send_batch(sabir_context *context, sabir_envelope *envelopes, size_t count,
                                                                 size_t stride, size_t *sent);

/* As sabir_spawn. Errors: CONTEXT and those of sabir_spawn. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_spawn(sabir_context *context, sabir_behavior *behavior,
                                                            const sabir_spawn_options *options, sabir_pid *pid, sabir_error **error);

/* Lets another behavior's receive handle what comes from here on (the present call is the last one of the present behavior); its other
 * callbacks play no part: start, stop, failed and health stay those of the behavior the actor was spawned with, and so does the state. Each
 * call goes one deeper, unbecome one back; the next incarnation begins with the spawned behavior. behavior: borrowed.
 * Errors: CONTEXT, INVALID (also where the one or the other is delivered), HANDLE, NOMEM, LIMIT (256 deep). unbecome: CONTEXT, INVALID
 * (there is none to go back to). */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_become(sabir_context *context, sabir_behavior *behavior);
SABIR_API sabir_status sabir_context_unbecome(sabir_context *context);

/* Ends this actor normally after the present call (reason SABIR_EXIT_NORMAL). Errors: CONTEXT. */
SABIR_API sabir_status sabir_context_stop(sabir_context *context);

/* Says why the present call fails: return code from it afterwards. code: not 0; positive numbers are the application's own. Where another
 * status is returned, that one is the exit's (also SABIR_E_UNHANDLED and SABIR_E_NO_ASK, and it is a crash nevertheless); after SABIR_OK,
 * SABIR_E_EXCEPTION and an exception it is code. The texts are kept in each case. A second call replaces what the first one said.
 * message and detail (a traceback): UTF-8, sizes in bytes, copied, either may be NULL with size 0; each NUL in them and each byte that is
 * no UTF-8 becomes U+FFFD, as in the text of an exception. The exit reason carries them to the log, to whoever asked, and to supervisors.
 * Calling it and returning SABIR_OK crashes the actor all the same.
 * Errors: CONTEXT, INVALID, NOMEM (the crash then has no text). */
SABIR_API sabir_status sabir_context_fail(sabir_context *context, sabir_status code, const char *message, size_t message_size,
                                          const char *detail, size_t detail_size);

/* Answer the ask being handled. message: moved on success. An ask is answered once.
 * Errors: CONTEXT, INVALID, TOO_BIG, BORROWED, NATIVE (as sabir_reply; ask.h), NOMEM, and NO_ASK where the message was no ask, was answered
 * already, or nobody waits any more (a reply that arrives too late is still the caller's; _bytes counts it as a dead letter). */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_reply(sabir_context *context, sabir_message **message);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_reply_bytes(sabir_context *context, sabir_type type, const void *data, size_t size);

/* Ends the ask being handled with a failure: the asker gets status (not 0) and the text. The actor does not crash. Positive numbers are
 * the application's own; a negative one hands on a failure of sabir's that the actor has met itself. Whatever it is, known or not, the
 * asker gets it as it is, and no exit reason with it, also not with SABIR_E_CRASHED. The text is mended as those of sabir_context_fail are.
 * Errors: as sabir_context_reply. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_reply_error(sabir_context *context, sabir_status status, const char *text,
                                                                  size_t text_size);

/* Takes the duty to answer out of the message, to do it later, from any thread, with sabir_reply (ask.h). If nobody ever does, the
 * ask ends at its timeout: the duty is not the actor's, so its crash or stop does not end the ask. An actor that keeps refs in its
 * state answers them in its stop. (One that keeps the message instead, undeferred, needs not: destroyed, it ends the ask with UNANSWERED.)
 * ref: out, 0 on failure, so also where it is called a second time: give that another variable.
 * Errors: CONTEXT, INVALID, NO_ASK. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_defer(sabir_context *context, sabir_ref *ref);

/* Asks another actor; the answer arrives at this actor's receive as a message of kind SABIR_KIND_REPLY (or SABIR_KIND_FAILURE)
 * with this ref. Never blocks. message: moved on success. timeout_ns: 0 is the system's default, SABIR_FOREVER none. ref: out.
 * Errors: CONTEXT, WOULD_DEADLOCK (asking itself), LIMIT (16,777,215 open asks), NOMEM, those of sabir_send. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_ask(sabir_context *context, sabir_pid to, sabir_message **message,
                                                          uint64_t timeout_ns, sabir_ref *ref);

#ifdef __cplusplus
}
#endif
#endif
