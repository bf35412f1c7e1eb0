/* The registry: unique names of actors and ports, one set of names for each system. (The name in sabir_spawn_options is another thing: it
 * is for logs, and need not be unique.)
 *
 * A name belongs to its pid until that is gone for good or the name is taken back. An actor that is restarted in place keeps its pid, and
 * so its names. What is gone is noticed when it is looked for: a name is free as soon as its owner's pid is dead, and needs no clean-up.
 * One pid may have several names. Names are UTF-8, 1 to SABIR_NAME_SIZE_MAX bytes, NUL-terminated, copied, and compared byte by byte.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_REGISTRY_H
#define SABIR_REGISTRY_H

#include <sabir/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SABIR_NAME_SIZE_MAX 255
#define SABIR_NAMES_MAX 16777215

/* Gives a name to an actor or a port. That it has it already is SABIR_OK, so that an actor may register itself in its start, at each of its
 * restarts too.
 * Errors: INVALID (name is NULL, empty, too long or no UTF-8), DUPLICATE (a live other has the name; it keeps it), DEAD, NO_ACTOR, FOREIGN,
 * LIMIT (SABIR_NAMES_MAX names), NOMEM, CLOSED, HANDLE, FORKED.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_register(sabir_system *system, const char *name, sabir_pid pid);

/* Takes a name back. pid: whose it must be, so that nobody takes back what is another's by now; 0: whoever has it.
 * Errors: INVALID (as above), NO_NAME (nobody has it, or another than pid), HANDLE, FORKED.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API sabir_status sabir_unregister(sabir_system *system, const char *name, sabir_pid pid);

/* Who has a name. pid: out, 0 on failure. It may be dead when it arrives, and the name another's.
 * Errors: INVALID (as above; pid is NULL), NO_NAME, HANDLE, FORKED.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_whereis(sabir_system *system, const char *name, sabir_pid *pid);

/* Send to whoever has a name: sabir_whereis and sabir_send, or sabir_context_send, in one call. message: moved on success only. Two
 * messages to one name may go to two actors. Errors: INVALID (as above), NO_NAME; those of sabir_send and sabir_context_send (DEAD: it has
 * just ended, or is drained). Threads, blocking, callbacks: as sabir_send. From a handler: yes, but the form with the context is faster,
 * sets the sender and takes part in muting. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_send_named(sabir_system *system, const char *name, sabir_message **message);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_send_named_bytes(sabir_system *system, const char *name, sabir_type type, const void *data,
                                                               size_t size);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_send_named(sabir_context *context, const char *name, sabir_message **message);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_send_named_bytes(sabir_context *context, const char *name, sabir_type type,
                                                                       const void *data, size_t size);

#ifdef __cplusplus
}
#endif
#endif
