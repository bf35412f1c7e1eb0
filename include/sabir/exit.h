/* Exit reasons: why an incarnation of an actor ended. Immutable and counted.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_EXIT_H
#define SABIR_EXIT_H

#include <sabir/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* More reasons may be added. */
#define SABIR_EXIT_NORMAL 0         /* sabir_context_stop, or drained */
#define SABIR_EXIT_STOPPED 1        /* sabir_actor_stop */
#define SABIR_EXIT_KILLED 2         /* sabir_actor_kill */
#define SABIR_EXIT_CRASHED 3        /* receive failed or threw */
#define SABIR_EXIT_START_FAILED 4   /* start failed or threw */
#define SABIR_EXIT_SHUTDOWN 5       /* its supervisor ended it, or the system shut down */
#define SABIR_EXIT_LINKED 6         /* an actor that it was linked to ended abnormally: the cause */
#define SABIR_EXIT_INTENSITY 7      /* a supervisor: its children failed too often, the last time by the cause */
#define SABIR_EXIT_ESCALATED 8      /* a supervisor: a child's failure, the cause, was handed up */
#define SABIR_EXIT_UNHEALTHY 9      /* its health checks failed */
#define SABIR_EXIT_STALLED 10       /* its handler did not return and was given up on */
#define SABIR_EXIT_START_TIMEOUT 11 /* its start did not return in time */
#define SABIR_EXIT_NO_ACTOR 12      /* it was gone already when it was linked to or watched; its status is SABIR_E_DEAD */

/* The reason; the status the failing callback gave (SABIR_E_EXCEPTION for an exception; SABIR_OK where nothing failed; context.h says what
 * sabir_context_fail changes; with a cause, the cause's); its message and detail (UTF-8, NUL-terminated, "" if none, living as long as the
 * exit); the actor. NULL gives 0 or "".
 * Threads: any, concurrently. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API int32_t sabir_exit_reason(const sabir_exit *exit);
SABIR_API const char *sabir_exit_reason_name(int32_t reason);
SABIR_API sabir_status sabir_exit_status(const sabir_exit *exit);
SABIR_API const char *sabir_exit_message(const sabir_exit *exit);
SABIR_API const char *sabir_exit_detail(const sabir_exit *exit);
SABIR_API sabir_pid sabir_exit_pid(const sabir_exit *exit);

/* Whether a reason is abnormal: all but NORMAL, STOPPED and SHUTDOWN. Transient children are restarted, and linked actors end, after
 * abnormal ends only. Unknown reasons are abnormal. As above. */
SABIR_API bool sabir_exit_is_abnormal(int32_t reason);

/* What caused it (the exit of another actor), borrowed; NULL if nothing did. As above. */
SABIR_API const sabir_exit *sabir_exit_cause(const sabir_exit *exit);

/* Keep a borrowed exit beyond its call, and end that. retain returns its argument. NULL is fine.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API sabir_exit *sabir_exit_retain(const sabir_exit *exit);
SABIR_API void sabir_exit_release(sabir_exit **exit);

#ifdef __cplusplus
}
#endif
#endif
