/* Executors: where actors run. Each system has a default arena; more arenas and dedicated threads are made here.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_EXECUTOR_H
#define SABIR_EXECUTOR_H

#include <sabir/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* arena: a oneTBB task arena that shares its threads with the rest of the process; for actors that compute.
 * threads: threads of its own; for actors that block. With one worker all of its actors run on one and the same thread, for libraries that
 * are bound to a thread: it is never replaced, so no handler there is given up on (stall_timeout_ns, supervisor.h).
 * These threads block all signals but faults, and a process that a handler starts there inherits that: neither SIGTERM nor a terminal's
 * SIGINT ends it. Unblock them in the child (sigprocmask between fork and exec; POSIX_SPAWN_SETSIGMASK), or start it from a thread of your
 * own. Threads of an arena are oneTBB's: they have the mask of whichever thread first needed them. */
#define SABIR_EXECUTOR_ARENA 0
#define SABIR_EXECUTOR_THREADS 1

typedef struct sabir_executor_options {
  uint32_t struct_size;             /* sizeof(sabir_executor_options) */
  uint32_t kind;                    /* SABIR_EXECUTOR_...; default arena */
  uint32_t workers;                 /* 1 to 256; default: arena: the processors this process may use; threads: 1 */
  uint32_t run_batch;               /* default: the system's */
  const char *name;                 /* UTF-8, NUL-terminated, copied, up to 63 bytes; threads carry its first 15 bytes */
} sabir_executor_options;

#define SABIR_EXECUTOR_OPTIONS_INIT {sizeof(sabir_executor_options), 0, 0, 0, 0}

/* Writes the initializer above into the first struct_size bytes of *options: for languages without macros.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API void sabir_executor_options_init(sabir_executor_options *options, uint32_t struct_size);

/* Creates an executor. options: borrowed, may be NULL. executor: out, the first reference.
 * Errors: HANDLE, INVALID, OPTION, LIMIT (255 per system), NOMEM, CLOSED, SYSTEM, FORKED.
 * Threads: any. Blocks: while threads start. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_executor_create(sabir_system *system, const sabir_executor_options *options,
                                                              sabir_executor **executor, sabir_error **error);

/* Adds a reference. Errors: INVALID, HANDLE, FORKED. Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_executor_retain(sabir_executor *executor);

/* Ends a reference and sets *executor to NULL; the last one closes the executor and joins its threads.
 * Errors: BUSY (the last reference, and actors live on it, or the spec of a child or of a request that waits names it; it stays the
 * caller's), WOULD_DEADLOCK (the last reference, on a worker's or a system's timer thread; it stays the caller's). NULL, *NULL, destroyed
 * handles and those of an ended system are fine and give SABIR_OK.
 * Threads: any. Blocks: while threads end. Calls back: never. From a handler: not the last. */
SABIR_API sabir_status sabir_executor_destroy(sabir_executor **executor);

#ifdef __cplusplus
}
#endif
#endif
