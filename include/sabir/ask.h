/* Asks: a message that wants an answer. Every ask ends exactly once: with a reply; with a failure that the actor answers; at its timeout,
 * which counts the wait for room in a full mailbox; by cancel; or at once when the actor is dead (DEAD), crashes on it (CRASHED, with the
 * exit reason, after the actor's exit; with SABIR_DECISION_RESUME it lives on), does not handle it (UNHANDLED), drops it unanswered
 * (UNANSWERED), when its full mailbox drops it (MAILBOX_FULL; mailbox.h), or the system shuts down (CLOSED, after all actors' stop;
 * system.h). Where the message is to be delivered again after a crash (redeliveries, supervisor.h), the ask stays open until the last try
 * (or its timeout). An answer that comes after the end gives SABIR_E_NO_ASK to whoever gives it. Asks from inside an actor are in
 * context.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_ASK_H
#define SABIR_ASK_H

#include <sabir/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Asks and waits. message: moved if the ask was sent, whatever became of it then; else still the caller's (*message tells).
 * timeout_ns: 0 is the system's default, SABIR_FOREVER none. reply: out, the caller's: after OK the answer; NULL where the ask was not
 * sent (but for a cycle, below); where it was, and failed, a message of kind SABIR_KIND_FAILURE with its text (NULL only without memory):
 * destroy it in each case.
 * An actor that is dead already gives DEAD with NULL, one that ends before it comes to the question DEAD with a message, by who is first.
 * Only CRASHED has an exit reason, of the actor that crashed on this question (and what supervisors answer); it has none where the actor
 * gave it as its answer. Who wants to know why another one ended monitors it.
 * From a handler it works on a threads executor, whose thread it holds until it ends (the actor handles nothing meanwhile; it is not given
 * up on before the ask ends, stall_timeout_ns in supervisor.h). There an ask that would wait for itself is refused at once, with
 * WOULD_DEADLOCK: the actor asks itself, or one whose handler waits, in an ask of its own, for this actor, over however many others and in
 * whatever systems; or one that waits for a thread of an executor all of whose threads wait so for this one (the only thread of its own
 * executor, say). Each is logged as an error, with the pids and names of the actors in the order of their asks; the same text is that of
 * *reply, a message of kind SABIR_KIND_FAILURE then, though the ask was not sent and *message is the caller's. Timeouts do not count: where
 * the others' would have ended their asks in time, this one is refused none the less. What is refused is sure to wait, so this is no cycle:
 * one of them has deferred, forwarded, kept or stashed its question, which others may answer then (where they will not, timeouts end it);
 * or one asks several by a broadcast, and not all of those are stuck. Only asks that wait count: no locks, no sabir_port_receive, and no
 * threads of the host's that ask. Errors: those of sabir_send; WOULD_DEADLOCK (that; on a worker thread of an arena or of a polled
 * executor: use sabir_context_ask there; on a system's timer thread, where the completions of asks that time out run: use sabir_ask_begin);
 * LIMIT; NOMEM; TIMEOUT; DEAD; CRASHED; UNHANDLED; UNANSWERED; CLOSED; and any status the actor answered with sabir_context_reply_error.
 * Threads: any but these. Blocks: yes. Calls back: only where the message was an unanswered ask itself, that one's completion.
 * From a handler: on a threads executor. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_ask(sabir_system *system, sabir_pid to, sabir_message **message, uint64_t timeout_ns,
                                                  sabir_message **reply);

/* The same with a copy of the bytes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_ask_bytes(sabir_system *system, sabir_pid to, sabir_type type, const void *data, size_t size,
                                                        uint64_t timeout_ns, sabir_message **reply);

/* The end of an ask. status as sabir_ask returns it; *reply (may be NULL) is destroyed afterwards unless the callee takes it.
 * Runs exactly once, on any thread (also inside the call that ends the ask; at a timeout or a shutdown on the system's timer thread, where
 * other timers wait for it), with no lock held; it may call any sabir function that does not block. An exception out of it is caught and
 * logged. It must not end its thread where that is the library's: behavior.h. */
typedef void (*sabir_ask_fn)(uintptr_t argument, sabir_ref ref, sabir_status status, sabir_message **reply);

/* Asks and returns at once; done runs when the ask ends. If the call fails, done does not run and the message is still the caller's;
 * if it succeeds, done may have run before it returns.
 * TIMEOUT: there was no room for the message in time. message: moved on success. ref: out, may be NULL.
 * Errors: those of sabir_send; LIMIT; NOMEM. Threads: any. Blocks: as sabir_send. Calls back: done. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_ask_begin(sabir_system *system, sabir_pid to, sabir_message **message, uint64_t timeout_ns,
                                                        sabir_ask_fn done, uintptr_t argument, sabir_ref *ref);

/* Ends an ask early. A callback of sabir_ask_begin runs with SABIR_E_CANCELLED before this returns; for an ask of an actor or a
 * port nothing arrives. Errors: NO_ASK (it has ended already; its answer is on its way or was taken), FOREIGN, HANDLE, FORKED.
 * Threads: any. Blocks: never. Calls back: done. From a handler: yes. */
SABIR_API sabir_status sabir_ask_cancel(sabir_system *system, sabir_ref ref);

/* Answer an ask whose duty was taken over: ref is from sabir_context_defer, or the sabir_message_ref of a message that was kept. message:
 * moved on success. The answer has no sender. status: as for sabir_context_reply_error.
 * Errors: NO_ASK, FOREIGN, HANDLE, INVALID, TOO_BIG, BORROWED, NATIVE (an object, and the asker is no actor that takes it, or asked all of
 * a router; the ask stays open), NOMEM, FORKED. Threads: any. Blocks: never. Calls back: done. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_reply(sabir_system *system, sabir_ref ref, sabir_message **message);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_reply_bytes(sabir_system *system, sabir_ref ref, sabir_type type, const void *data,
                                                          size_t size);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_reply_error(sabir_system *system, sabir_ref ref, sabir_status status, const char *text,
                                                          size_t text_size);

#ifdef __cplusplus
}
#endif
#endif
