/* Ports: mailboxes that a thread reads, not an actor. Actors send to a port's pid as to any other.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_PORT_H
#define SABIR_PORT_H

#include <sabir/actor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Creates a port. mailbox: borrowed, may be NULL (65,536 messages, reject). port: out, the first reference.
 * With SABIR_OVERFLOW_BLOCK an actor that floods the port is muted until the reader has made room: a reader that meanwhile waits for an
 * answer of that actor, or of one that waits for it, waits for itself. Give such an ask a timeout, or let another thread read.
 * Errors: HANDLE, INVALID, OPTION, LIMIT (max_actors), NOMEM, CLOSED, FORKED.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_port_create(sabir_system *system, const sabir_mailbox_options *mailbox, sabir_port **port,
                                                          sabir_error **error);

/* Adds a reference. Errors: INVALID, HANDLE, FORKED. Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_port_retain(sabir_port *port);

/* Ends a reference and sets *port to NULL. The last one closes the port: its pid is dead, what is queued becomes dead letters (but what
 * monitors have told: monitor.h), its open asks end, waiting readers return SABIR_E_CLOSED. NULL, *NULL and destroyed handles are fine.
 * Threads: any. Blocks: only for readers that are just leaving. Calls back: never (dead letters are told later, on a thread of the
 * system). From a handler: yes. */
SABIR_API void sabir_port_destroy(sabir_port **port);

/* The port's pid, 0 for a destroyed handle. Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API sabir_pid sabir_port_pid(const sabir_port *port);

/* Takes the oldest message. message: out, the caller's, NULL on failure. timeout_ns: how long to wait; 0 does not wait. Messages go
 * before wakes: WOKEN (also with timeout_ns 0) where there is none and a sabir_port_wake has not been answered yet.
 * Errors: TIMEOUT, WOKEN, CLOSED (the port or its system), HANDLE, INVALID, FORKED; WOULD_DEADLOCK (waiting on a worker thread of an
 * arena, or on a system's timer thread; on a threads executor it is allowed).
 * Threads: any, several at once. Blocks: up to timeout_ns. Calls back: never. From a handler: yes, with timeout_ns 0 on an arena. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_port_receive(sabir_port *port, uint64_t timeout_ns, sabir_message **message);

/* Makes one waiting sabir_port_receive (or, if none waits, the next one that would) return SABIR_E_WOKEN.
 * Errors: INVALID, HANDLE, CLOSED, FORKED. Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API sabir_status sabir_port_wake(sabir_port *port);

/* Asks an actor; the answer arrives at the port as a message of kind SABIR_KIND_REPLY or SABIR_KIND_FAILURE with this ref.
 * message: moved on success. timeout_ns: 0 is the system's default, SABIR_FOREVER none. ref: out.
 * Errors: HANDLE, INVALID, LIMIT, NOMEM, TIMEOUT (there was no room for the message in time), those of sabir_send.
 * Threads: any. Blocks: as sabir_send. Calls back: as sabir_ask. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_port_ask(sabir_port *port, sabir_pid to, sabir_message **message, uint64_t timeout_ns,
                                                       sabir_ref *ref);

#ifdef __cplusplus
}
#endif
#endif
