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
/* polled: threads of the host's, while they are in sabir_executor_run: for event loops, for libraries that are bound to the host's own
 * thread, and for tests. Nothing of it runs until a thread comes, and the library never makes one for it. */
#define SABIR_EXECUTOR_POLLED 2

/* Which arenas oneTBB gives its threads to first, where it has not enough for all of them, those of the host's own oneTBB work among them:
 * because the host has limited oneTBB (tbb::global_control). While systems live there are else enough for all workers of all arenas,
 * and the operating system shares its processors among them as among any threads: this is no priority of the operating system's, and a
 * worker that has actors to run is not taken away. */
#define SABIR_EXECUTOR_PRIORITY_NORMAL 0
#define SABIR_EXECUTOR_PRIORITY_LOW 1
#define SABIR_EXECUTOR_PRIORITY_HIGH 2

/* The last four are for arenas (INVALID for others), and left to oneTBB. While one of oneTBB's threads runs an arena's actors, it is bound
 * to the processors of the arena's node and core type, and to as many as threads_per_core allows of each core; of those, that is, which the
 * process might use when oneTBB first looked, once per process. For that oneTBB needs hwloc, by its library libtbbbind, which it looks for
 * itself: without it one node and one core type are known, choosing them binds nothing, and threads_per_core has no effect. (It loads it
 * with RTLD_DEEPBIND, at which a sanitizer ends the process: leave the last three, and the two counts below, alone there.) It binds
 * threads, not memory: messages and state lie where the operating system puts what a thread first writes to, and pooled blocks are used
 * again elsewhere. */
typedef struct sabir_executor_options {
  uint32_t struct_size; /* sizeof(sabir_executor_options) */
  uint32_t kind; /* SABIR_EXECUTOR_...; default arena */
  uint32_t workers; /* 1 to 256; default: arena: the processors this process may use, and that the options below leave; others: 1.
                       polled: threads that may run actors at once */
  uint32_t run_batch; /* default: the system's */
  const char *name; /* UTF-8, NUL-terminated, copied, up to 63 bytes; threads carry its first 15 bytes */
  uint32_t priority; /* SABIR_EXECUTOR_PRIORITY_...; default normal */
  uint32_t numa_node; /* 1 to sabir_executor_numa_nodes(); default: any */
  uint32_t core_type; /* 1 to sabir_executor_core_types(), the slowest is 1; default: any */
  uint32_t threads_per_core; /* most on one core, 1 to 256; default: as many as it runs at once */
} sabir_executor_options;

#define SABIR_EXECUTOR_OPTIONS_INIT {sizeof(sabir_executor_options), 0, 0, 0, 0, 0, 0, 0, 0}

/* Writes the initializer above into the first struct_size bytes of *options: for languages without macros.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API void sabir_executor_options_init(sabir_executor_options *options, uint32_t struct_size);

/* Creates an executor. options: borrowed, may be NULL. executor: out, the first reference.
 * Errors: HANDLE, INVALID, OPTION, LIMIT (255 per system), NOMEM, CLOSED, SYSTEM, FORKED.
 * Threads: any. Blocks: while threads start. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_executor_create(sabir_system *system, const sabir_executor_options *options,
                                                              sabir_executor **executor, sabir_error **error);

/* How many NUMA nodes, and how many types of cores (fast ones, thrifty ones), this machine has for oneTBB to tell apart: 1 where it has
 * no more, or where oneTBB lacks libtbbbind. 0: out of memory, or in a forked child.
 * Threads: any. Blocks: at the first call, while oneTBB looks. Calls back: never. From a handler: yes. */
SABIR_API uint32_t sabir_executor_numa_nodes(void);
SABIR_API uint32_t sabir_executor_core_types(void);

/* Adds a reference. Errors: INVALID, HANDLE, FORKED. Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_executor_retain(sabir_executor *executor);

/* Ends a reference and sets *executor to NULL; the last one closes the executor and joins its threads.
 * Errors: BUSY (the last reference, and actors live on it, or the spec of a child or of a request that waits names it; it stays the
 * caller's), WOULD_DEADLOCK (the last reference, on a worker's or a system's timer thread; it stays the caller's). NULL, *NULL, destroyed
 * handles and those of an ended system are fine and give SABIR_OK.
 * Threads: any. Blocks: while threads end. Calls back: never. From a handler: not the last. */
SABIR_API sabir_status sabir_executor_destroy(sabir_executor **executor);

/* Runs the actors of a polled executor on this thread: those that have something to do, until none has. Returns OK after that, or after
 * run_ns (0: no limit; it is looked at between actors, each of which may take a run_batch of messages: choose that small where the host
 * must come back soon). wait_ns: how long to wait where there is nothing to do: 0 not at all, SABIR_FOREVER until there is. (Deliveries
 * that are ready are nothing to do: they wait for sabir_executor_poll or _turn.) All callbacks of its actors run inside this call. Blocking
 * calls from them are WOULD_DEADLOCK, as on an arena. A thread that polls, and is not in this call, must not wait for what only it runs: an
 * ask of an actor here, a supervise or child call, a shutdown or sabir_system_destroy with actors left here are WOULD_DEADLOCK for whoever
 * polled last; a send to a full mailbox that blocks is accepted up to twice its capacity, as from a handler. Before its first poll a thread
 * is not known, and waits, in vain if it is the one that would poll: supervise from there with sabir_request_supervise and
 * sabir_ask_begin_at, or poll once before (with wait_ns 0). The asynchronous forms of all these work. To end: sabir_system_shutdown_begin,
 * then poll until CLOSED, then sabir_system_destroy. A host that stops polling leaves its actors where they are: a shutdown runs into its
 * deadline. Errors: TIMEOUT (nothing to do in wait_ns), WOKEN (by sabir_executor_wake, and there was nothing to do), CLOSED (the executor
 * or its system is shut down), INVALID (NULL, not polled), HANDLE, WOULD_DEADLOCK (from a callback), FORKED. Threads: any; as many as it
 * has workers run at once, others wait. Blocks: up to wait_ns, then while actors run. Calls back: the actors' callbacks, and whatever they
 * call. From a handler: no. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_executor_run(sabir_executor *executor, uint64_t wait_ns, uint64_t run_ns);

/* Makes one waiting sabir_executor_run (or, if none waits, the next one that finds nothing to do) return SABIR_E_WOKEN.
 * Errors: INVALID, HANDLE, CLOSED, FORKED. Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API sabir_status sabir_executor_wake(sabir_executor *executor);

/* Gives a polled executor up for good, where its host can never poll again: the end of an interpreter. Nothing is called back there, or
 * handed out, from here on; polls are CLOSED, and so are spawns of actors there. Its actors stay as they are, and so does what they hold
 * and what is still sent to them: a shutdown does not wait for them, names each in its report, and leaks their system. What has its home
 * there (delivery.h) is leaked, too, and counted (sabir_counters.deliveries_lost) when it would have come. A second time is OK. Errors:
 * INVALID (NULL, not polled), HANDLE, BUSY (a thread is in a poll: wake it first), CLOSED, FORKED. Threads: any. Blocks: never. Calls back:
 * never. From a handler: not one of its actors'. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_executor_disown(sabir_executor *executor);

/* A file descriptor, to be waited for level-triggered, that is readable while sabir_executor_run would not wait, or deliveries (delivery.h)
 * are ready: for epoll, poll, asyncio, libuv. It is the executor's: do not read, write or close it; forget it before the executor's last
 * reference, or its system, ends, for that closes it. It is signalled only when something comes to an executor that had nothing to do, and
 * not while a thread waits in sabir_executor_run. (A call with wait_ns 0 and whatever result clears what it has answered: readable again
 * means more.) descriptor: out, -1 on failure. Errors: INVALID (NULL, not polled), HANDLE, CLOSED, SYSTEM (the operating system refuses
 * one), FORKED. Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_executor_descriptor(sabir_executor *executor, int32_t *descriptor);

#ifdef __cplusplus
}
#endif
#endif
