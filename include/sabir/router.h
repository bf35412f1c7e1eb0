/* Routers: one address for many actors. Who sends to a router names no actor; its strategy picks one of its routees for each message, or
 * takes all of them.
 *
 * Routees are actors or ports that were added, or a pool: actors that the router spawns itself, all alike. A routee that is gone for good
 * is noticed by the next send that meets it, which goes to another one: one of a pool is replaced by a new actor in its place, an added one
 * is taken out. (What must be kept running whether somebody sends or not, with limits and backoff, is a supervisor's child, and added: it
 * keeps its pid in a restart.) A drained routee is passed over until it is gone. A full mailbox is not passed over: its status is the
 * send's.
 *
 * Routers are handles, counted. They are no actors and have no mailbox: a send costs little more than one to the routee. When the system
 * shuts down, calls give SABIR_E_CLOSED; when it has ended, SABIR_E_HANDLE.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_ROUTER_H
#define SABIR_ROUTER_H

#include <sabir/actor.h>
#include <sabir/ask.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Who gets a message.
 *
 * Round robin: one after the other. Random: any, each as likely as the others.
 *
 * Least loaded: whose mailbox holds the least, of SABIR_ROUTER_LOOKS that come one after the other (of all, where there are no more). What
 * is handled is taken off a mailbox's count in batches, unless its capacity is below 64; an unbounded mailbox is not counted, and is
 * refused.
 *
 * Hash: always the same one for one key (sabir_router_send_key; else the message's type), while it is there. When a routee goes, only its
 * own keys go elsewhere; a new one takes its share from all; one of a pool takes over the keys of the one it replaces. This is rendezvous
 * hashing, the highest random weight (Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", IEEE/ACM Transactions on
 * Networking 6(1), 1998): each send weighs all routees, a nanosecond each.
 *
 * Broadcast: all get it. An ask asks all, and the first answer ends it: scatter-gather. */
#define SABIR_ROUTER_ROUND_ROBIN 0
#define SABIR_ROUTER_RANDOM 1
#define SABIR_ROUTER_LEAST_LOADED 2
#define SABIR_ROUTER_HASH 3
#define SABIR_ROUTER_BROADCAST 4

#define SABIR_ROUTER_CAPACITY_DEFAULT 1024
#define SABIR_ROUTER_CAPACITY_MAX 65536
#define SABIR_ROUTER_LOOKS 16

/* How a router is made. Zero in a field means its default. */
typedef struct sabir_router_options {
  uint32_t struct_size; /* sizeof(sabir_router_options) */
  uint32_t strategy; /* SABIR_ROUTER_...; default round robin */
  uint32_t capacity; /* most routees, up to SABIR_ROUTER_CAPACITY_MAX; default 1,024. It takes 16 bytes for each at once */
  uint32_t size; /* of the pool, up to the capacity; default: no pool, routees are added */
  sabir_behavior *behavior; /* borrowed; of a pool */
  const sabir_spawn_options *spawn; /* borrowed, may be NULL; of a pool: how each routee is spawned. All starts get the same argument, and
                                       may overlap; its end (drop, drop_home) comes once, when the router and all its routees are gone */
} sabir_router_options;

#define SABIR_ROUTER_OPTIONS_INIT {sizeof(sabir_router_options), 0, 0, 0, 0, 0}

/* Writes the initializer above into the first struct_size bytes: for languages without macros.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API void sabir_router_options_init(sabir_router_options *options, uint32_t struct_size);

/* Creates a router, and its pool. options: borrowed, may be NULL (round robin, to be added to). router: out, the first reference, NULL on
 * failure. The argument in options->spawn is moved, whatever the status: where the call fails its drop runs, when nobody uses it any more
 * (but not if it cannot be read, nor after FORKED; with a drop_home it is as for sabir_supervise). error: out, may be NULL.
 * Errors: HANDLE, INVALID, OPTION, LIMIT (max_actors; handles), NOMEM, CLOSED, FOREIGN (an executor of another system), FORKED.
 * Threads: any. Blocks: never. Calls back: drop. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_router_create(sabir_system *system, const sabir_router_options *options,
                                                            sabir_router **router, sabir_error **error);

/* Adds a reference. Errors: INVALID, HANDLE, FORKED. Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_router_retain(sabir_router *router);

/* Ends a reference and sets *router to NULL. The last one ends the router: the routees of a pool are drained (what they were sent they
 * still handle), added ones live on. NULL, *NULL and destroyed handles are fine. Threads: any. Blocks: never. Calls back: drop, where no
 * routee is left. From a handler: yes. */
SABIR_API void sabir_router_destroy(sabir_router **router);

/* Adds a routee, or takes one out: what it was sent it still gets. Not for a pool, which has its own.
 * Errors: INVALID (NULL; a pool's router; add: least loaded, and its mailbox is unbounded), DUPLICATE (it is one), LIMIT (the capacity),
 * DEAD, NO_ACTOR, FOREIGN; remove: NO_MEMBER (it is none, or is gone); CLOSED, HANDLE, FORKED.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_router_add(sabir_router *router, sabir_pid routee);
SABIR_API sabir_status sabir_router_remove(sabir_router *router, sabir_pid routee);

/* Makes a pool larger, or smaller: the last ones are drained then. With hash the keys of these go to the others, no more.
 * Errors: INVALID (NULL; no pool; size is 0 or more than the capacity), LIMIT (max_actors), NOMEM (the pool has those that could be made),
 * CLOSED, HANDLE, FORKED. Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_router_resize(sabir_router *router, uint32_t size);

/* The routees at one moment, in no order; those that are gone have been replaced or taken out. pids: out, room for capacity of them; may be
 * NULL where that is 0, to count only. count: out, how many there are, 0 on failure; more than capacity: that many were written.
 * Errors: INVALID (NULL; pids is NULL and capacity is not 0), NOMEM, HANDLE, FORKED.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_router_routees(sabir_router *router, sabir_pid *pids, size_t capacity, size_t *count);

/* Whom a send with this key would go to now: to ask it, or to send it several messages. It counts as a send where one comes after the
 * other. pid: out, 0 on failure. Errors: INVALID (NULL; broadcast), NO_MEMBER, DEAD (all are drained); where a pool's routee was to be
 * replaced, LIMIT, NOMEM, CLOSED; HANDLE, FORKED. Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_router_pick(sabir_router *router, uint64_t key, sabir_pid *pid);

/* Sends as the strategy says. _key: with a key of your own, for hash only. message: moved on success. Messages from one sender to one
 * router arrive in order where they go to the same routee. A broadcast is as sabir_router_send_all. Errors: INVALID (NULL; _key: the
 * strategy is not hash), NO_MEMBER (there are no routees), DEAD (all are drained, or end as fast as they are replaced); where a pool's
 * routee was to be replaced, LIMIT, NOMEM; those of sabir_send and sabir_context_send; FOREIGN (a router of another system than the
 * context's). Threads: any. Blocks: as sabir_send. Calls back: never (broadcast: as sabir_group_send). From a handler: yes, but the form
 * with the context sets the sender and takes part in muting. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_router_send(sabir_router *router, sabir_message **message);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_router_send_bytes(sabir_router *router, sabir_type type, const void *data, size_t size);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_router_send_key(sabir_router *router, uint64_t key, sabir_message **message);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_router_send(sabir_context *context, sabir_router *router, sabir_message **message);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_router_send_bytes(sabir_context *context, sabir_router *router, sabir_type type,
                                                                        const void *data, size_t size);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_router_send_key(sabir_context *context, sabir_router *router, uint64_t key,
                                                                      sabir_message **message);

/* Sends to all routees, whatever the strategy. The payload is shared, and copies that some refuse are dead letters: all as for
 * sabir_group_send (group.h). received: out, how many took it, 0 on failure; may be NULL.
 * Errors: INVALID (NULL; a request to a supervisor), NATIVE (an object), NO_MEMBER, NOMEM; those of sabir_send and sabir_context_send (the
 * last refusal, where nobody took it), FOREIGN. Threads, blocking, callbacks: as sabir_group_send. From a handler: yes, as above. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_router_send_all(sabir_router *router, sabir_message **message, size_t *received);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_router_send_all(sabir_context *context, sabir_router *router, sabir_message **message,
                                                                      size_t *received);

/* Ask as sabir_ask, sabir_ask_begin, sabir_port_ask and sabir_context_ask do, whomever the strategy picks (hash: by the message's type).
 * With broadcast all routees are asked, and their questions share the payload. The first answer ends the ask; the others' duty ends with
 * it, and their answers come too late (NO_ASK, or a dead letter); who was not asked by then is not asked any more. A failure, of an actor
 * that crashes on it or answers so, ends its own question only: the ask fails when all have, with what the last one said. Who refuses the
 * question (a full mailbox, say) counts as failed. An actor that is a routee itself is not asked by its own broadcast. message: moved if
 * somebody was asked; its payload may be shared else. Errors: NO_MEMBER, DEAD as for sends; INVALID (NULL; broadcast: a request to a
 * supervisor), NATIVE (broadcast: an object), WOULD_DEADLOCK (as those calls; _context_: it would ask itself alone), FOREIGN (port or
 * context of another system); LIMIT and NOMEM (a broadcast takes one open ask for each routee, and one more); those of the calls named
 * above. Threads, blocking, callbacks: as those calls. From a handler: as those calls. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_router_ask(sabir_router *router, sabir_message **message, uint64_t timeout_ns,
                                                         sabir_message **reply);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_router_ask_begin(sabir_router *router, sabir_message **message, uint64_t timeout_ns,
                                                               sabir_ask_fn done, uintptr_t argument, sabir_ref *ref);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_port_router_ask(sabir_port *port, sabir_router *router, sabir_message **message,
                                                              uint64_t timeout_ns, sabir_ref *ref);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_router_ask(sabir_context *context, sabir_router *router, sabir_message **message,
                                                                 uint64_t timeout_ns, sabir_ref *ref);

#ifdef __cplusplus
}
#endif
#endif
