/* Deliveries: a polled executor whose handlers the host calls itself, for languages and loops that cannot be called back, or only at a
 * price. An actor of a behavior that is *delivered* has no callbacks. What its callbacks would be called for is handed out in batches, by
 * sabir_executor_poll or sabir_executor_turn, and each delivery is completed by the host: at once, or later and from another thread (an
 * asynchronous handler).
 *
 * Order: an actor's messages are handed out in their order, up to `batch` of them together. The host handles them one after another, and
 * completes them in this order; the actor gets no more before all of them are completed. (So one slow handler holds up those behind it that
 * are handed out: choose `batch` 1 for asynchronous ones.) Only a behavior with max_outstanding above 1 is
 * concurrent: so many of its messages may be out at any time, and completed in any order.
 * A failure: where a message's status is one that crashes an actor (as receive's, behavior.h), the rest of its batch belongs to an
 * incarnation that has ended. Complete each with SABIR_COMPLETION_RETURNED: it is delivered again, in its order, before what came later.
 * One that was handled all the same is completed as it went. If several fail, FAILED is handed out for one after another, each after the
 * last was decided; once an end is decided nobody is asked about the others, whose messages are dead letters then, or are delivered again
 * (redeliveries, supervisor.h). A concurrent actor's others stay out meanwhile; when an end is decided each of them gets a CANCEL, and STOP
 * waits for all of them. It is the same for the rest of a batch in which a handler has stopped its actor (sabir_context_stop): nothing
 * tells of that. The end: an actor that is stopped (a concurrent one also by itself) or killed while the host has deliveries of it ends
 * when all are completed. A CANCEL says so for each, once; to complete it RETURNED is what to do with one whose handler has not begun. Then
 * comes STOP. A shutdown that ends with SURVIVORS leaves what is out as it is: it may be completed, and nothing comes of that, also no
 * STOP.
 *
 * A delivery's context is the actor's until it is completed, on any thread, in one call at a time (another at the same time is BUSY): every
 * call of context.h and the other sabir_context_... calls take it, but for sabir_context_become. It is a number, not an address, so a
 * language may keep it as one: a later use is always told, with SABIR_E_CONTEXT.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_DELIVERY_H
#define SABIR_DELIVERY_H

#include <sabir/behavior.h>
#include <sabir/executor.h>
#include <sabir/message.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is handed out. Unknown kinds are skipped; those with a context are then completed as handled.
 * From RELEASE on there is no context, and nothing to complete. */
#define SABIR_DELIVERY_START 1    /* builds the state from `value`, the argument; completed with the state as value */
#define SABIR_DELIVERY_MESSAGE 2  /* handles a message */
#define SABIR_DELIVERY_FAILED 3   /* decides about a crash, `exit`; completed with a SABIR_DECISION_... as value */
#define SABIR_DELIVERY_STOP 4     /* ends an incarnation, because of `exit`: frees the state */
#define SABIR_DELIVERY_CANCEL 5   /* this context's delivery, which is out: nobody wants it any more; not completed itself */
#define SABIR_DELIVERY_RESULT 6   /* of a command (sabir_executor_turn) */
#define SABIR_DELIVERY_RELEASE 7  /* of sabir_message_wrap_at: the memory that `value` stands for is not used any more */
#define SABIR_DELIVERY_REPLY 8 /* an ask of sabir_ask_begin_at has ended: `value`, status, and `message` (or NULL), which is the host's */
/* What `value` stands for is not used any more: it is the argument of an actor with a drop_home (actor.h), or was given to
 * sabir_log_set_sink_at or sabir_dead_letter_subscribe_at, of which this is the last one then. */
#define SABIR_DELIVERY_DROP 9
/* Of sabir_log_set_sink_at, an entry of the log: `code` is its level, `actor` the pid concerned (0: none), and the payload of `message`,
 * which is the host's, four texts one after another, each NUL-terminated: its text, source, actor's name and system's name (log.h). */
#define SABIR_DELIVERY_LOG 10
/* Something has happened: `code` says what. */
#define SABIR_DELIVERY_EVENT 11

/* A dead letter, of sabir_dead_letter_subscribe_at: `actor` is whom it was for, `state` its SABIR_CAUSE_..., and `message` a copy, which is
 * the host's. An object is not in it, nor a duty to answer. */
#define SABIR_EVENT_DEAD_LETTER 1
/* The end of a shutdown, of sabir_system_shutdown_begin_at: `status` and `state`, a sabir_report * (or NULL: no memory) that is the host's,
 * are what sabir_system_shutdown gives. */
#define SABIR_EVENT_SHUTDOWN 2

/* Bits of `wants`. */
#define SABIR_WANTS_START 1
#define SABIR_WANTS_FAILED 2
#define SABIR_WANTS_STOP 4
#define SABIR_WANTS_NONE 0x80000000 /* messages only: the state is the argument */

/* The most of one actor's messages that are handed out together, and how large a payload a record holds, where the options do not say. */
#define SABIR_DELIVERY_BATCH_DEFAULT 64
#define SABIR_DELIVERY_INLINE_DEFAULT 1024
#define SABIR_INLINE_NONE 0xffffffff

/* The most LOG and EVENT deliveries that wait at one executor to be handed out, and the most bytes that their messages have in all (one
 * alone may have more). What comes beyond is lost, and counted: sabir_counters.deliveries_lost. */
#define SABIR_WAITING_MAX 65536
#define SABIR_WAITING_BYTES_MAX 16777216

typedef struct sabir_delivered_options {
  uint32_t struct_size; /* sizeof(sabir_delivered_options) */
  uint32_t wants; /* bits; default START and STOP */
  const char *name; /* as in sabir_callbacks; required */
  uint32_t batch; /* 1 to 4,096: the most; there may be fewer */
  uint32_t max_outstanding; /* 1 to 65,536; default 1: not concurrent. Above: `batch` plays no part */
  uint32_t inline_max; /* bytes, up to 1 MiB; SABIR_INLINE_NONE: none. Larger payloads are handed out as messages */
  uint32_t reserved; /* 0 */
} sabir_delivered_options;

#define SABIR_DELIVERED_OPTIONS_INIT {sizeof(sabir_delivered_options), 0, 0, 0, 0, 0, 0}

/* Writes the initializer above into the first struct_size bytes of *options: for languages without macros.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API void sabir_delivered_options_init(sabir_delivered_options *options, uint32_t struct_size);

/* Makes a behavior whose actors are delivered. It is spawned, supervised and counted as any other, on polled executors only: elsewhere a
 * spawn is INVALID. A health check finds its actors OK as long as they are not out; stall timeouts play no part. options: borrowed.
 * behavior: out, the first reference. Errors: INVALID, OPTION, LIMIT, NOMEM, FORKED. Threads: any. Blocks: never. Calls back: never. From a
 * handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_behavior_create_delivered(const sabir_delivered_options *options, sabir_behavior **behavior);

/* One delivery, as sabir_executor_poll hands it out. */
typedef struct sabir_delivery {
  uint32_t struct_size; /* set by the caller */
  uint32_t kind; /* SABIR_DELIVERY_... */
  sabir_context *context; /* until it is completed */
  sabir_pid actor;
  uintptr_t state; /* of the actor; START: 0; EVENT: see there */
  uintptr_t value; /* START, DROP: the argument; RELEASE, REPLY, LOG, EVENT, and DROP of a subscription: what the call was given */
  sabir_message *message; /* MESSAGE: to be read, written, and moved by a call with the context, borrowed until completed; REPLY, LOG,
                             EVENT: the host's; else NULL */
  const sabir_exit *exit; /* FAILED, STOP: borrowed until completed; else NULL */
  uint32_t incarnation; /* counts the actor's, from 0 */
  sabir_status status; /* REPLY: as sabir_ask returns it; EVENT: of a shutdown; else 0 */
  uint32_t code; /* LOG: SABIR_LOG_...; EVENT: SABIR_EVENT_...; else 0 */
  uint32_t reserved; /* 0 */
} sabir_delivery;

/* Bits of `flags`, for a MESSAGE alone. TAKEN: it is the host's now, and counts as handled; only of one that was handed out as a message,
 * not behind a record. RETURNED: it was not handled, and is to be delivered again, first thing; status and texts play no part. One that has
 * been moved on (sent, stashed) cannot return: it counts as handled, and its status plays its part. */
#define SABIR_COMPLETION_TAKEN 1
#define SABIR_COMPLETION_RETURNED 2

/* What became of one. text and detail: of a status that is a failure, as for sabir_context_fail, whose they replace; with SABIR_OK,
 * UNHANDLED and NO_ASK they play no part; NULL: none. */
typedef struct sabir_completion {
  uint32_t struct_size; /* sizeof(sabir_completion) */
  sabir_status status; /* as of the callback: receive's, start's; ignored otherwise */
  sabir_context *context; /* which delivery */
  uintptr_t value; /* START: the state; FAILED: the decision */
  uint32_t flags; /* SABIR_COMPLETION_... */
  uint32_t reserved; /* 0 */
  const char *text; /* UTF-8, borrowed */
  size_t text_size; /* bytes */
  const char *detail; /* UTF-8, borrowed */
  size_t detail_size; /* bytes */
} sabir_completion;

#define SABIR_COMPLETION_INIT {sizeof(sabir_completion), 0, 0, 0, 0, 0, 0, 0, 0, 0}

/* Runs what there is to run, as sabir_executor_run, until nothing is left or `count` deliveries are ready, and hands out as many of them.
 * deliveries: an array of `count`, each `stride` bytes after the one before, with its struct_size set (the first one's counts for all).
 * wait_ns: how long to wait where there is nothing to do. handed: out, how many; 0 with OK says that something ran which has nothing for
 * the host: poll again. The deliveries are handed out to this call alone: as many threads as the executor has workers may poll at once.
 * Errors: those of sabir_executor_run; INVALID also for a NULL array or handed, a count of 0 and a short stride; OPTION (struct_size).
 * Threads: any. Blocks: up to wait_ns, then while actors run. Calls back: as sabir_executor_run. From a handler: no. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_executor_poll(sabir_executor *executor, sabir_delivery *deliveries, size_t count,
                                                            size_t stride, uint64_t wait_ns, size_t *handed);

/* Completes deliveries, in their order. completions: an array of `count`, each `stride` bytes after the one before. completed: out, how
 * many of them; NULL is allowed. Stops at the first that is refused, whose status is returned. What a completion brings about (an ask that
 * ends, a crash, the next message) comes with the next poll. Errors: INVALID, OPTION, CONTEXT (completed already, or never handed out),
 * FOREIGN (another executor's), ORDER (an earlier one of the same actor comes first), BUSY (a call uses the context; or another poll, which
 * has not returned, hands it out, and its CANCEL was faster), HANDLE, NOMEM, CLOSED (the system is gone), FORKED. Threads: any. Blocks:
 * never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_executor_complete(sabir_executor *executor, const sabir_completion *completions, size_t count,
                                                                size_t stride, size_t *completed);

/* Homes: what would be called back on whatever thread gets there is handed out by a polled executor instead, as a delivery without context.
 * A home is a polled executor, borrowed, of the system it is for or of another one; one that was disowned is refused (CLOSED). What tells
 * of an end (RELEASE, REPLY, DROP, the end of a shutdown) is made by the call that names the home, so that it comes even where there is no
 * memory left, and exactly once. A LOG and a dead letter are made when they happen: where memory lacks, or too many wait
 * (SABIR_WAITING_MAX), they are lost. While some are due, the executor is BUSY to sabir_executor_destroy. Where it was disowned, or has
 * ended with its system all the same, nobody hears of them: what they stand for is leaked. sabir_counters.deliveries_lost counts what was
 * lost while the executor's system was there to count it. So these come home: the ends of wrapped memory, asks, arguments and shutdowns;
 * logs; dead letters. An object's drop (sabir_message_create_native) is its binding's, which has to be ready for it on any thread, and a
 * publish's filter (sabir_publish_filtered) runs inside the publish. */

/* As sabir_message_wrap, but the end of the memory comes to `home` as a RELEASE with this value. On failure the memory is still the
 * caller's. home: borrowed, a polled executor. Errors: INVALID (data NULL with size > 0, not polled), HANDLE, CLOSED (disowned), NOMEM,
 * FORKED. Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_message_wrap_at(sabir_type type, void *data, size_t size, sabir_executor *home,
                                                              uintptr_t value, sabir_message **message);

/* As sabir_ask_begin, but the end of the ask comes to `home` as a REPLY with this value. home: borrowed, a polled executor, of this or
 * another system. Errors: those of sabir_ask_begin; INVALID (not polled). Threads: any. Blocks: as sabir_send. Calls back: never. From a
 * handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_ask_begin_at(sabir_system *system, sabir_pid to, sabir_message **message, uint64_t timeout_ns,
                                                           sabir_executor *home, uintptr_t value, sabir_ref *ref);

/* As sabir_router_ask_begin, in the same way. Errors: those of sabir_router_ask_begin; INVALID (not polled). Threads: any. Blocks: as
 * sabir_send. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_router_ask_begin_at(sabir_router *router, sabir_message **message, uint64_t timeout_ns,
                                                                  sabir_executor *home, uintptr_t value, sabir_ref *ref);

/* As sabir_log_set_sink, but each entry comes to `home` as a LOG with this value, and the end of the sink as a DROP. It ends when another
 * one is set (sabir_log_set_sink with NULL: none), or at the end of the system's shutdown, before its executors close; what little is
 * logged after that goes to stderr. Errors: those of sabir_log_set_sink; INVALID (not polled), CLOSED (a shutdown has begun). Threads: any.
 * Blocks: while the present sink is being called. Calls back: the present sink's drop. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_log_set_sink_at(sabir_system *system, sabir_executor *home, uintptr_t value);

/* As sabir_dead_letter_subscribe, but each dead letter comes to `home` as an EVENT with this value, and the end of the subscription, by
 * sabir_dead_letter_unsubscribe or at the end of the system's shutdown, before its executors close, as a DROP. Errors: those of
 * sabir_dead_letter_subscribe; INVALID (not polled). Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_dead_letter_subscribe_at(sabir_system *system, sabir_executor *home, uintptr_t value,
                                                                       sabir_ref *ref);

/* As sabir_system_shutdown_begin, but the end of the shutdown comes to `home` as an EVENT with this value. Where the home is of the same
 * system, it comes as the last one of what the shutdown ends, and polls are CLOSED after it: poll until then, before sabir_system_destroy.
 * (What the host itself ends later, as by destroying a message of wrapped memory, later polls still hand out until that.) Errors: those of
 * sabir_system_shutdown_begin; INVALID (not polled). Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_system_shutdown_begin_at(sabir_system *system, uint64_t timeout_ns, sabir_executor *home,
                                                                       uintptr_t value);

/* One record that sabir_executor_turn hands out: 8-byte aligned, the next one `size` bytes on. */
typedef struct sabir_record {
  uint32_t size; /* of the record and what follows it, bytes; a multiple of 8 */
  uint32_t kind; /* SABIR_DELIVERY_... */
  uint64_t context; /* until it is completed; RESULT: the command's token */
  uint64_t actor; /* pid; RESULT: 0 */
  uint64_t state; /* as in sabir_delivery */
  uint64_t value; /* as in sabir_delivery; RESULT: the ref of an ASK or a DEFER, or the spawned pid */
  uint64_t sender; /* of the message; 0: none */
  uint64_t ref; /* of the message: the ask, timer, monitor */
  uint64_t type; /* of the message */
  uint64_t message; /* a sabir_message * as in sabir_delivery, where the payload does not follow the record; else 0 */
  uint64_t exit; /* a const sabir_exit * as in sabir_delivery, or 0; for a message of kind down, exit or failure: the message's */
  uint64_t payload_size; /* bytes; the payload follows the record, or is the message's; RESULT: of a text, if there is one */
  uint32_t message_kind; /* SABIR_KIND_... */
  sabir_status status; /* RESULT: of the command; REPLY: of the ask; EVENT: of a shutdown; a MESSAGE of kind failure: the failure's */
  uint32_t incarnation;
  uint32_t code; /* LOG: SABIR_LOG_...; EVENT: SABIR_EVENT_...; else 0 */
} sabir_record;

/* What sabir_executor_turn is given: 8-byte aligned, the next one `size` bytes on. Unknown kinds are refused with a RESULT (INVALID). A
 * field that a kind does not name is 0, else its RESULT is OPTION. */
#define SABIR_COMMAND_COMPLETE \
  1 /* context, status, value, flags as in sabir_completion; the payload is text, then detail_size bytes of detail */
#define SABIR_COMMAND_SEND 2 /* to: a pid. type and payload, or message. context: whose handler sends; 0: nobody's */
#define SABIR_COMMAND_REPLY 3 /* context: whose ask; or 0, and `to` is a ref of sabir_context_defer */
#define SABIR_COMMAND_REPLY_ERROR 4 /* the same; status, and the payload is the text */
#define SABIR_COMMAND_ASK 5 /* context, to, value: the timeout in ns (as sabir_context_ask); its RESULT has the ref */
#define SABIR_COMMAND_SPAWN 6 /* to: a sabir_behavior *; value: the argument; flags; on this executor; its RESULT has the pid */
#define SABIR_COMMAND_DEFER 7 /* context, as sabir_context_defer; its RESULT has the ref */

/* Bits of a SPAWN's `flags`: this executor is the drop_home of the argument (actor.h). */
#define SABIR_SPAWN_DROP_HERE 1

typedef struct sabir_command {
  uint32_t size; /* of the command and its payload, bytes; a multiple of 8 */
  uint32_t kind; /* SABIR_COMMAND_... */
  uint64_t token; /* the caller's: comes back in the RESULT */
  uint64_t context; /* of the delivery, or 0 */
  uint64_t to;
  uint64_t type; /* of the message */
  uint64_t value;
  uint64_t message; /* a sabir_message * to be moved; 0: one is made of type and payload */
  sabir_status status;
  uint32_t flags;
  uint32_t payload_size; /* bytes that follow */
  uint32_t detail_size; /* bytes; COMPLETE: the last ones of the payload */
} sabir_command;

/* The least that records_size may be, and the most that a RESULT has of a text, bytes. */
#define SABIR_TURN_RECORDS_MIN 1024
#define SABIR_RESULT_TEXT_MAX 256

/* A whole turn of a language's in one crossing: executes commands, in their order, runs what there is to run, and hands out deliveries.
 * commands: packed, borrowed, NULL with commands_size 0. records: filled by the call, commands_done and records_used: out, bytes. A turn
 * with commands does not wait. A context that a command names is in use (BUSY to any other call) until it is completed, or the call has
 * executed its last command. Completions cost least where they follow one another, in the order of the sends. Commands that fail, and those
 * that have a result, come back as a RESULT record, before all deliveries; where there is no room for one, the call ends there, with
 * commands_done less than commands_size: give it the rest in the next one. Behind the RESULT of a SPAWN that failed, of a kind that there
 * is not, and of a field that the kind does not name, is a text that says why, as a sabir_error has it: UTF-8, as much of it as there is
 * room for, up to SABIR_RESULT_TEXT_MAX bytes. A message that a failed command was to move stays the caller's. The payload of a REPLY, LOG
 * or EVENT is its message's: where it follows the record (up to SABIR_DELIVERY_INLINE_DEFAULT bytes; not that of a failure, whose message
 * is always handed out, for its exit) there is no message any more. A payload that does not fit into an empty `records` is handed out as a
 * message, as those above the behavior's inline_max are. wait_ns: as in sabir_executor_poll. Errors: those of sabir_executor_poll; INVALID
 * also for commands that are not packed as above (those before have been executed, commands_done, and their RESULTs are in records; no
 * delivery is handed out then) and a `records` that is too small or not 8-byte aligned. A send to a full mailbox that blocks does not wait:
 * it is accepted up to twice its capacity, and the actor in whose name it was sent is muted after its delivery is completed. Source of the
 * idea: io_uring's two rings (Axboe, 2019). Threads: any; as many as it has workers at once. Blocks: up to wait_ns, then while actors run.
 * Calls back: as sabir_executor_run. From a handler: no. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_executor_turn(sabir_executor *executor, const void *commands, size_t commands_size,
                                                            size_t *commands_done, void *records, size_t records_size, size_t *records_used,
                                                            uint64_t wait_ns);

#ifdef __cplusplus
}
#endif
#endif
