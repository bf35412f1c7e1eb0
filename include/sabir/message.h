/* Messages: a type and bytes, moved and never copied. They belong to no system: they may be made, written and destroyed on any
 * thread at any time. One thread at a time may use a message.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_MESSAGE_H
#define SABIR_MESSAGE_H

#include <sabir/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a delivered message is. Told by the engine, so that no type id can forge it. More kinds may be added. */
#define SABIR_KIND_MESSAGE 0     /* somebody sent or asked it */
#define SABIR_KIND_REPLY 1       /* the answer to an ask of this actor or port; sabir_message_ref tells which */
#define SABIR_KIND_FAILURE 2     /* the end of such an ask without an answer; sabir_message_status tells why */
#define SABIR_KIND_TIMER 3       /* a timer's time has come (timer.h) */
#define SABIR_KIND_DOWN 4        /* an actor that is watched is gone (monitor.h) */
#define SABIR_KIND_RESTARTED 5   /* an actor that is watched was restarted (monitor.h) */
#define SABIR_KIND_EXIT 6        /* an actor that is linked is gone, and this one traps exits (link.h) */

#define SABIR_KIND_WRITABLE 7    /* a full mailbox has room again (mailbox.h) */

#define SABIR_PAYLOAD_ALIGNMENT 16

/* How urgent a message is, where its receiver's mailbox sorts by that (mailbox.h). Those of one priority keep their order. */
#define SABIR_PRIORITY_NORMAL 0
#define SABIR_PRIORITY_LOW 1
#define SABIR_PRIORITY_HIGH 2
#define SABIR_PRIORITY_CRITICAL 3

/* A type id from its name: the 64-bit FNV-1a hash of its size bytes (offset basis 14695981039346656037, prime 1099511628211;
 * http://www.isthe.com/chongo/tech/comp/fnv), the same in every language. name may be NULL if size is 0.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API sabir_type sabir_type_of(const char *name, size_t size);

/* Makes a message with room for size bytes (uninitialized, aligned to 16) in the same block of memory.
 * message: out, owned by the caller, NULL on failure. Errors: INVALID, NOMEM (also for a size no machine has), FORKED.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_message_create(sabir_type type, size_t size, sabir_message **message);

/* Makes a message and copies size bytes of data into it (data may be NULL if size is 0). As above. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_message_create_bytes(sabir_type type, const void *data, size_t size, sabir_message **message);

/* The end of wrapped memory. Called exactly once, on any thread, with no lock held; may call any sabir function that does not
 * block. An exception out of it is caught and logged. It must not end its thread (behavior.h); cancellation waits until it has returned. */
typedef void (*sabir_release_fn)(void *data, size_t size, uintptr_t argument);

/* Makes a message of memory that is already there (an mmap, an array of another language) without copying. The memory must stay
 * as it is until release runs. release: may be NULL. On failure release is not called and the memory is still the caller's.
 * Errors: INVALID (data NULL with size > 0), NOMEM, FORKED. Threads: any. Blocks: never. Calls back: release, later. From a handler: yes.
 */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_message_wrap(sabir_type type, void *data, size_t size, sabir_release_fn release,
                                                           uintptr_t argument, sabir_message **message);

/* Native payloads: an object of a language, which moves by pointer between actors of one binding, and is bytes to nobody. tag: an address
 * that is unique to the loaded binding (a static variable of its own), and so to the layout of its objects. Actors that are spawned with
 * this tag (sabir_spawn_options.native_tag) take the message; for all others a send, an ask, a timer or an answer gives SABIR_E_NATIVE, and
 * the message stays the caller's: a binding then sends the bytes of the object instead. So do ports, supervisors, threads that ask, topics,
 * groups, broadcasts, asks to all of a router, and sabir_message_share, whoever is behind them. */
#define SABIR_NATIVE_ALIGNMENT_MAX 4096

/* The end of an object that nobody took. Called exactly once, on any thread, with no lock held, as a sabir_release_fn is. */
typedef void (*sabir_native_drop_fn)(void *object);

/* Makes a message with room for an object of size bytes, aligned to align, which the caller builds at sabir_message_data_mut: before the
 * message is sent, and if that fails the caller takes it, so that it is not dropped. drop: may be NULL; runs when the message is destroyed
 * and the object was not taken: a dead letter, a mailbox at its end, a handler that crashed. size counts as the message's bytes do: for the
 * receiver's budget, and for the system's limit. message: out, owned by the caller, NULL on failure. Errors: INVALID (NULL; tag is 0; align
 * is no power of two, or more than SABIR_NATIVE_ALIGNMENT_MAX), NOMEM, FORKED. Threads: any. Blocks: never. Calls back: drop, later. From a
 * handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_message_create_native(sabir_type type, uintptr_t tag, size_t size, size_t align,
                                                                    sabir_native_drop_fn drop, sabir_message **message);

/* The tag of a message that has an object, or had it until it was taken; 0 for others and NULL. A subscriber of dead letters sees it, but
 * not the object. Threads: any, one at a time. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API uintptr_t sabir_message_native(const sabir_message *message);

/* Takes the object out: it is the caller's to end, and drop is not called. The memory stays the message's: the object is moved elsewhere,
 * or used and ended while the message is there. NULL where the message has none, one of another tag, or one that was taken. For the owner,
 * and the handler the message was given to. A message whose object was taken cannot be sent any more (INVALID), and is not delivered again
 * after a crash (redeliveries, supervisor.h): it is a dead letter.
 * Threads: any, one at a time. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API void *sabir_message_take_native(sabir_message *message, uintptr_t tag);

/* Lets several messages have one payload, uncopied, for as many receivers. share: makes *message the first of them; its bytes are never
 * writable again (sabir_message_data_mut is NULL), and what it was (wrapped memory, say) ends with the last of them. On a shared message it
 * does nothing. The message that a handler handles is kept by it (behavior.h). clone: makes one more; an ask's duty to answer stays with
 * the message it was. clone: out, owned by the caller, NULL on failure. Errors: INVALID (NULL; clone: not shared; share: a request to a
 * supervisor), NATIVE (share), BORROWED (being handled elsewhere), NOMEM, FORKED. Threads: any; several may clone and read one message that
 * nobody sends, changes or destroys meanwhile. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_message_share(sabir_message **message);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_message_clone(const sabir_message *message, sabir_message **clone);

/* How urgent it is: SABIR_PRIORITY_...; stays with the message when it is sent on, and with its clones. Errors: INVALID, FORKED.
 * Threads: any, one at a time. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API sabir_status sabir_message_set_priority(sabir_message *message, uint32_t priority);
SABIR_API uint32_t sabir_message_priority(const sabir_message *message);

/* Says that nobody wants the message any more timeout_ns after it is sent (SABIR_FOREVER, 0: no end). If its handling has not begun by then
 * it is a dead letter (SABIR_CAUSE_EXPIRED). A clone has the deadline of what it was made of; an ask ends at it if that is before its
 * timeout; answers and timers lose theirs, and so does a message when a handler is given it. Errors: INVALID (NULL; timeout_ns of 2^63 and
 * more; an ask, which has its timeout; a message that is no SABIR_KIND_MESSAGE), FORKED. Threads: any, one at a time. Blocks: never. Calls
 * back: never. From a handler: yes. */
SABIR_API sabir_status sabir_message_set_deadline(sabir_message *message, uint64_t timeout_ns);

/* Frees *message (its release or drop function runs; if it is an unanswered ask, that ends with SABIR_E_UNANSWERED) and sets it to NULL.
 * NULL and *NULL are fine. A message that a handler is handling is not the caller's: *message becomes NULL, and the engine frees it after
 * the handler, unless that has kept it (behavior.h).
 * Threads: any. Blocks: never. Calls back: release or drop; the ask's completion. From a handler: yes. */
SABIR_API void sabir_message_destroy(sabir_message **message);

/* Accessors. NULL gives 0 or NULL. data is NULL for a message without bytes only if it was wrapped so.
 * data_mut is for the owner, and for the handler the message was given to; NULL for a shared one. An object (sabir_message_create_native)
 * is no bytes: data is NULL and size 0; data_mut is the object, NULL once it was taken.
 * Threads: any, one at a time. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API const void *sabir_message_data(const sabir_message *message);
SABIR_API void *sabir_message_data_mut(sabir_message *message);
SABIR_API size_t sabir_message_size(const sabir_message *message);
SABIR_API sabir_type sabir_message_type(const sabir_message *message);
SABIR_API int32_t sabir_message_kind(const sabir_message *message);

/* Who sent a delivered message (0: a thread that is no actor; each FAILURE; a REPLY that came by sabir_reply), and which ask, timer or
 * monitor it belongs to (0: none).
 * Threads: any, one at a time. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API sabir_pid sabir_message_sender(const sabir_message *message);
SABIR_API sabir_ref sabir_message_ref(const sabir_message *message);

/* How many events a TIMER (of sabir_timer_every) or RESTARTED message stands for; 1 for others, 0 for NULL.
 * Threads: any, one at a time. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API uint64_t sabir_message_count(const sabir_message *message);

/* Of a SABIR_KIND_FAILURE message: why the ask ended; its data is the text as UTF-8 (sabir_message_size bytes). Else SABIR_OK.
 * exit: of a FAILURE, DOWN or EXIT message: the exit reason of the actor that crashed or is gone, borrowed, as long as the message lives;
 * NULL where there is none.
 * Threads: any, one at a time. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API sabir_status sabir_message_status(const sabir_message *message);
SABIR_API const sabir_exit *sabir_message_exit(const sabir_message *message);

/* Sends. message: moved on success (*message becomes NULL), still the caller's on failure, always with a status that says why.
 * A message that was accepted is handled, or becomes a dead letter (dead_letter.h), and nothing else. Messages from one sender
 * to one receiver arrive in the order they were sent. A message that is an unanswered ask takes the duty to answer along.
 * Errors: INVALID, HANDLE, DEAD, NO_ACTOR, FOREIGN, MAILBOX_FULL, TOO_BIG, BORROWED (the message of a receive that has not returned, on
 * another thread, in another actor, or to another system), NOT_SUPERVISOR (a request to whoever is none; supervisor.h), NATIVE (an object
 * that the receiver does not take), CLOSED, FORKED.
 * To hand a message on to another system, send a copy of its bytes, or keep it (behavior.h) and send it when receive has returned.
 * Threads: any. Blocks: only for a receiver whose mailbox is full and set to block, and never on a worker's or a system's timer thread (up
 * to twice the capacity is accepted there, then MAILBOX_FULL). Calls back: never. From a handler: yes, but sabir_context_send is
 * faster, sets the sender and takes part in muting. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_send(sabir_system *system, sabir_pid to, sabir_message **message);

/* Makes a message of a copy of the bytes and sends it. Errors: as above, and NOMEM. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_send_bytes(sabir_system *system, sabir_pid to, sabir_type type, const void *data,
                                                         size_t size);

/* One message of many, and whom it is for. */
typedef struct sabir_envelope {
  sabir_pid to;
  sabir_message *message; /* moved (NULL) where status is SABIR_OK, else still the caller's */
  sabir_status status; /* out: what sabir_send would have given */
  uint32_t reserved; /* 0 */
} sabir_envelope;

/* Sends many messages in one crossing, each as sabir_send (_context_: sabir_context_send) would: one that is refused keeps none of the
 * others back, and those for one receiver arrive in their order. For those of different receivers there is none. A few receivers are
 * cheapest: messages for one of eight, among 256 envelopes, are handed over as a whole. envelopes: borrowed, written; no message twice.
 * count: how many, 0 is fine. stride: bytes from one to the next, sizeof(sabir_envelope). sent: out, may be NULL; how many were moved. The
 * message that a handler was given may be among them: it then sets its *message to NULL. Errors: CONTEXT or HANDLE, INVALID (envelopes NULL
 * with a count, stride less than sizeof(sabir_envelope) or no multiple of 8), FORKED: then nothing was sent, and no status written. Else
 * the status of the first envelope that was not sent: those of sabir_send, INVALID (its message is NULL). Threads: any (_context_: the
 * handler's). Blocks: as sabir_send, for the messages that find no room, after all others of their 256 were sent; _context_ never. A thread
 * that is cancelled there has sent those whose message is NULL. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_send_batch(sabir_system *system, sabir_envelope *envelopes, size_t count, size_t stride,
                                                         size_t *sent);

#ifdef __cplusplus
}
#endif
#endif
