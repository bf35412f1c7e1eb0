/* Monitors: being told when an actor is gone. A monitor belongs to whoever made it, an actor or a port, and goes one way: nothing
 * happens to the watcher but that it gets messages, which no bound refuses and no want of memory loses (what ends them is said below):
 *   SABIR_KIND_DOWN       once, when the pid becomes stale for good, behind the last message that the actor sent to the watcher.
 *                         sabir_message_exit says why; the monitor is over.
 *   SABIR_KIND_RESTARTED  where asked for: its supervisor has restarted it in place. Several restarts that were not yet looked at
 *                         come as one: sabir_message_count says how many. It has no exit: a failure is in the log.
 * sabir_message_ref is the monitor's ref and sabir_message_sender the actor. A restart of the watcher itself ends its monitors: the new
 * incarnation makes its own.
 *
 * What a port has not read when it closes, or an actor when it ends, goes with it and is no dead letter; a shutdown closes and ends all. To
 * hear of an end for certain, bring it about and read until the DOWN, before the port or the system is closed.
 *
 * A supervisor that has failed (SABIR_EXIT_INTENSITY) is restarted like any other child where its own spec says so, and then there is no
 * DOWN. To hear of it, watch it with SABIR_MONITOR_RESTARTS, make it temporary, or take over the log (log.h).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_MONITOR_H
#define SABIR_MONITOR_H

#include <sabir/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Flags of a monitor. */
#define SABIR_MONITOR_RESTARTS 1    /* tell of restarts, too */

/* Watches an actor or a port. If it was gone when the call was made, the DOWN comes at once, with SABIR_EXIT_NO_ACTOR and the status
 * SABIR_E_DEAD; else it tells the reason of the end, also where that was under way. An actor may watch another several times; each monitor
 * has its own ref and DOWN. Watching oneself is INVALID.
 * ref: out, 0 on failure. Errors: CONTEXT, INVALID (flags, itself, pid 0), FOREIGN, NOMEM, CLOSED.
 * Threads: the context's. Blocks: never. Calls back: never. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_context_monitor(sabir_context *context, sabir_pid actor, uint32_t flags, sabir_ref *ref);

/* Ends a monitor of this actor: no message with its ref will come any more, not even one that is queued already.
 * Errors: CONTEXT, NO_REF (it is over, or not this actor's). Threads: the context's. Blocks: never. Calls back: never. */
SABIR_API sabir_status sabir_context_demonitor(sabir_context *context, sabir_ref ref);

/* The same for a port: the messages are received from it.
 * Errors: HANDLE, INVALID (also pid 0), FOREIGN, NOMEM, CLOSED, FORKED; NO_REF.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_port_monitor(sabir_port *port, sabir_pid actor, uint32_t flags, sabir_ref *ref);
SABIR_API sabir_status sabir_port_demonitor(sabir_port *port, sabir_ref ref);

#ifdef __cplusplus
}
#endif
#endif
