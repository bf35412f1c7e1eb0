/* Links: actors that end together. A link is mutual and there is at most one between two actors. When one of them is gone for good for an
 * abnormal reason (sabir_exit_is_abnormal), the other ends too, with SABIR_EXIT_LINKED and the first one's exit as its cause; if it traps
 * exits, it gets a message instead, whatever the reason:
 *   SABIR_KIND_EXIT       sabir_message_sender is the actor that is gone, sabir_message_exit says why.
 * An exit travels behind the dead actor's last messages; no bound refuses it and no want of memory loses it. Links belong to pids: they
 * outlive restarts in place. Supervisors and ports cannot be linked.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_LINK_H
#define SABIR_LINK_H

#include <sabir/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Links this actor with another. If the other was gone when the call was made, its exit comes at once, with SABIR_EXIT_NO_ACTOR, which is
 * abnormal; else it has the reason of its end. Linking twice changes nothing.
 * Errors: CONTEXT, INVALID (itself, a supervisor, a port), FOREIGN, NOMEM, CLOSED. Threads: the context's. Blocks: never. Calls back:
 * never. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_link(sabir_context *context, sabir_pid actor);

/* Ends a link: the other's exit will not reach this actor any more, not even one that is queued already.
 * Errors: CONTEXT, NO_REF (there is no such link). Threads: the context's. Blocks: never. Calls back: never. */
SABIR_API sabir_status sabir_context_unlink(sabir_context *context, sabir_pid actor);

/* Whether exits of linked actors reach this one as messages; false at each start. Errors: CONTEXT.
 * Threads: the context's. Blocks: never. Calls back: never. */
SABIR_API sabir_status sabir_context_trap_exits(sabir_context *context, bool trap);

#ifdef __cplusplus
}
#endif
#endif
