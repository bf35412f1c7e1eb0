/* Groups: named sets of actors and ports, one set of names for each system, apart from the registry's. A group is there while it has
 * members: it is neither made nor destroyed.
 *
 * A member stays until it leaves or is gone for good; that it is gone is noticed when the group is used next, and needs no clean-up. An
 * actor that is restarted in place keeps its pid, and so stays. Names are UTF-8, 1 to SABIR_NAME_SIZE_MAX bytes, NUL-terminated and copied.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_GROUP_H
#define SABIR_GROUP_H

#include <sabir/registry.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of all groups of a system together. */
#define SABIR_MEMBERSHIPS_MAX 16777215

/* Makes an actor or a port a member. A member does not join twice: DUPLICATE, and it stays one (what joins in its start gets that when it
 * is restarted, and may ignore it). Errors: INVALID (group is NULL, empty, too long or no UTF-8), DUPLICATE, DEAD, NO_ACTOR, FOREIGN, LIMIT
 * (SABIR_MEMBERSHIPS_MAX), NOMEM, CLOSED, HANDLE, FORKED. Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_group_join(sabir_system *system, const char *group, sabir_pid pid);

/* Ends a membership. A message that was sent before may still arrive.
 * Errors: INVALID (as above), NO_MEMBER (it is none, or is gone), HANDLE, FORKED.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API sabir_status sabir_group_leave(sabir_system *system, const char *group, sabir_pid pid);

/* Who is in a group at one moment, in no order. pids: out, room for capacity of them; may be NULL where that is 0, to count only. count:
 * out, how many members there are, 0 on failure; more than capacity: that many were written, ask again with more room. A group that nobody
 * is in has 0, and is no failure. Errors: INVALID (as above; pids is NULL and capacity is not 0; count is NULL), HANDLE, FORKED. Threads:
 * any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_group_members(sabir_system *system, const char *group, sabir_pid *pids, size_t capacity,
                                                            size_t *count);

/* Sends to all who are members at that moment, the sender included if it is one. The payload is not copied: the receivers share it, and
 * none may write it (sabir_message_share). A message that is an unanswered ask leaves the duty to answer to the first who takes it.
 * message: moved if at least one member took it. Where others refused it (their mailbox is full, they are drained, or have just ended)
 * their copies are dead letters, SABIR_CAUSE_OVERFLOW or STOPPED (while 65,536 of these wait to be told, only received tells of them). If
 * all refuse it, it is the last one's refusal that is returned, and the message is still the caller's; its payload may be shared then.
 * received: out, how many took it, 0 on failure; may be NULL.
 * Errors: INVALID (as above; a request to a supervisor), NATIVE (an object: members share bytes), NO_MEMBER (nobody is in the group),
 * NOMEM; those of sabir_send and sabir_context_send. Threads: any. Blocks: as sabir_send, for each member in turn. Calls back: only the
 * release function of wrapped memory, where copies are only counted, as said. From a handler: yes, but the form with the context sets the
 * sender and takes part in muting. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_group_send(sabir_system *system, const char *group, sabir_message **message,
                                                         size_t *received);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_group_send_bytes(sabir_system *system, const char *group, sabir_type type, const void *data,
                                                               size_t size, size_t *received);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_group_send(sabir_context *context, const char *group, sabir_message **message,
                                                                 size_t *received);
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_group_send_bytes(sabir_context *context, const char *group, sabir_type type,
                                                                       const void *data, size_t size, size_t *received);

#ifdef __cplusplus
}
#endif
#endif
