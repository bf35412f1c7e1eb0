/* Systems: a set of actors with their executors, created and shut down together. Several may live in one process.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_SYSTEM_H
#define SABIR_SYSTEM_H

#include <sabir/types.h>
#include <sabir/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Defaults and limits of the options below. */
#define SABIR_SYSTEMS_MAX 1023
#define SABIR_WORKERS_MAX 256
#define SABIR_MAX_ACTORS_DEFAULT 67108863
#define SABIR_RUN_BATCH_DEFAULT 4096
#define SABIR_ASKS_MAX 16777215
static const uint64_t SABIR_MESSAGE_SIZE_LIMIT_DEFAULT = 1073741824;       /* 1 GiB */
static const uint64_t SABIR_SHUTDOWN_TIMEOUT_DEFAULT_NS = 5000000000;      /* 5 s */
static const uint64_t SABIR_ASK_TIMEOUT_DEFAULT_NS = 5000000000;           /* 5 s */
static const uint64_t SABIR_STALL_DEFAULT_NS = 1000000000;                 /* 1 s */

/* How a system is set up. Zero in a field means its default. */
typedef struct sabir_system_options {
  uint32_t struct_size;             /* sizeof(sabir_system_options) */
  uint32_t workers;                 /* threads of the default arena; default: the processors this process may use */
  uint32_t max_actors;              /* actors and ports alive at once; default and largest 67,108,863. Above 65,536 workers keep a
                                       few free cells each, so that up to 1/64 of the limit may be out of reach. */
  uint32_t run_batch;               /* messages handled plus sent before an actor yields; default 4,096 */
  uint64_t message_size_limit;      /* bytes of one message, checked when it is sent; default 1 GiB */
  uint64_t ask_timeout_ns;          /* of asks that give 0; default 5 s */
  uint64_t shutdown_timeout_ns;     /* of sabir_system_destroy; default 5 s */
  const char *name;                 /* UTF-8, NUL-terminated, copied; for logs and reports; default "sabir" */
  uint64_t stall_ns;                /* a handler that takes longer is logged, once, with its actor, behavior, message type and time;
                                       default 1 s; SABIR_FOREVER: never */
  uint32_t root_intensity;          /* of the root supervisor (supervisor.h): most restarts within root_period_ns; default 3 */
  uint32_t reserved;                /* 0 */
  uint64_t root_period_ns;          /* default 5 s; SABIR_FOREVER: all count, however long ago */
} sabir_system_options;

#define SABIR_SYSTEM_OPTIONS_INIT {sizeof(sabir_system_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

/* Writes the initializer above into the first struct_size bytes of *options: for languages without macros.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API void sabir_system_options_init(sabir_system_options *options, uint32_t struct_size);

/* Creates a running system. C and C++ call the macro sabir_system_create(options, &system, &error); other languages call this
 * with the SABIR_ABI_VERSION of the header they were made from.
 * options: borrowed, may be NULL (all defaults). system: out, the first reference; end it with sabir_system_destroy.
 * Errors: ABI, OPTION, INVALID (a value out of range, system is NULL), LIMIT (1,023 systems live), NOMEM, SYSTEM, FORKED.
 * Threads: any. Blocks: while its threads start. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_system_create_versioned(uint32_t abi_version, const sabir_system_options *options,
                                                                      sabir_system **system, sabir_error **error);
#define sabir_system_create(options, system, error) sabir_system_create_versioned(SABIR_ABI_VERSION, (options), (system), (error))

/* Adds a reference, for another owner of the handle; each is ended by sabir_system_release or sabir_system_destroy.
 * Errors: INVALID, HANDLE, FORKED. Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_system_retain(sabir_system *system);

/* Ends a reference and sets *system to NULL, without shutting down: the last one begins a shutdown with the default deadline in
 * the background, if nobody has. NULL and *NULL are fine, so are destroyed handles.
 * Threads: any. Blocks: never. Calls back: drop and release functions later, on the system's threads. From a handler: yes. */
SABIR_API void sabir_system_release(sabir_system **system);

/* Shuts down with the default deadline if nobody has (see sabir_system_shutdown), ends the caller's reference and sets *system to
 * NULL. Calls through other references give SABIR_E_CLOSED from then on. NULL and *NULL are fine and give SABIR_OK.
 * Errors: WOULD_DEADLOCK (from a handler or on a system's timer thread; the reference is still the caller's), SURVIVORS (the system is
 * leaked, unless all of them were given up on before; the reference is ended), HANDLE. In a forked child it does nothing and gives
 * SABIR_OK.
 * Threads: any. Blocks: until the shutdown ends. Calls back: stop, drop, release. From a handler: WOULD_DEADLOCK. */
SABIR_API sabir_status sabir_system_destroy(sabir_system **system);

/* Shuts the system down and always returns: closes it to sends and spawns from outside, ends the supervision tree (supervisor.h:
 * children in the reverse of their start order, each within its time; actors may send meanwhile), then every other actor after its present
 * message (stop and drop run), makes what is queued dead letters, closes ports, ends open asks, joins threads. So a stop may still answer
 * what its actor was asked. At the deadline, handlers that have not returned are reported as survivors; nothing is freed under them: the
 * whole system is leaked. When such a handler returns later, its actor's stop and drop run even then, so a host must not unload their code
 * after SURVIVORS. Handlers that were given up on (stall_timeout_ns, supervisor.h) and still run are reported, too; where there are only
 * these, the system ends and is freed as usual. Dead-letter subscribers and completions of asks that take long are waited for beyond the
 * deadline, or are a survivor. timeout_ns: from now; 0 is the system's shutdown_timeout_ns. report: out, may be NULL; never NULL after OK
 * or SURVIVORS; the caller destroys it. Idempotent: later calls wait for, or give, the same result. Errors: WOULD_DEADLOCK (from a handler
 * or on a system's timer thread), SURVIVORS, HANDLE, INVALID, NOMEM, FORKED. Threads: any. Blocks: up to timeout_ns and a little, unless
 * your own callbacks take longer, as said. Calls back: stop, drop, release, log sinks. From a handler: no. */
SABIR_API sabir_status sabir_system_shutdown(sabir_system *system, uint64_t timeout_ns, sabir_report **report);

/* The end of a shutdown. status is SABIR_OK or SABIR_E_SURVIVORS; the report is the callee's to destroy. A reference is ended in it by
 * sabir_system_release: sabir_system_destroy would wait for the very thread. */
typedef void (*sabir_shutdown_fn)(uintptr_t argument, sabir_status status, sabir_report *report);

/* Begins the same shutdown and returns at once; done (may be NULL) runs once when it has ended, on a thread of the library
 * (sabir_system_shutdown_begin_at, delivery.h, is for hosts that are not called back).
 * Errors: HANDLE, INVALID, NOMEM, FORKED, CLOSED (a shutdown has begun already; done will not run).
 * Threads: any. Blocks: never. Calls back: done, later. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_system_shutdown_begin(sabir_system *system, uint64_t timeout_ns, sabir_shutdown_fn done,
                                                                    uintptr_t argument);

/* One handler that outlived a shutdown, or a delivery (delivery.h) that its host has not completed. Where there is none, but something else
 * has not returned (a call into the system, a dead-letter subscriber, a completion, a drop function), there is one record for that: pid 0,
 * name "", behavior "(in a call)". The strings live as long as the report. */
typedef struct sabir_survivor {
  uint32_t struct_size; /* set by the caller */
  uint32_t reserved; /* 0 */
  sabir_pid pid;
  const char *name; /* the actor's name or "" */
  const char *behavior; /* the behavior's name */
  sabir_type message_type; /* of the message in its handler; 0 in start and stop */
  uint64_t handler_ns; /* how long the present callback had been running; when it was given up on, if it was; 0 for a
                                       delivery */
} sabir_survivor;

#define SABIR_SURVIVOR_INIT {sizeof(sabir_survivor), 0, 0, 0, 0, 0, 0}

/* How many survivors a report has, and one of them (index from 0).
 * Errors: INVALID (NULL, index out of range), OPTION. Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API size_t sabir_report_survivor_count(const sabir_report *report);
SABIR_API sabir_status sabir_report_survivor(const sabir_report *report, size_t index, sabir_survivor *survivor);

/* Frees *report and sets it to NULL. NULL and *NULL are fine. Threads: any. Blocks: never. Calls back: never. */
SABIR_API void sabir_report_destroy(sabir_report **report);

/* What a system has done since it was created. While it is busy the fields are read one after another; when it is quiescent
 * sent = handled + dead_letters + pending, exactly, where pending is what is still queued, and 0 after a shutdown: read the counters
 * between sabir_system_shutdown and sabir_system_destroy. */
typedef struct sabir_counters {
  uint32_t struct_size; /* set by the caller */
  uint32_t reserved; /* 0 */
  uint64_t spawned; /* actors and ports; also supervisors, with the root from its first use on */
  uint64_t exited; /* of these, gone for good */
  uint64_t crashed; /* incarnations that ended by a failure (abnormally, but not killed), or failed to start; those that
                                       were restarted as well, so that it may be more than exited */
  uint64_t sent; /* messages and replies accepted for an actor or a port; DOWN, RESTARTED, EXIT and TIMER messages
                                       when they are received, or become dead letters */
  uint64_t handled; /* of these, given to a handler that did not refuse or fail it, or taken from a port */
  uint64_t dead_letters; /* of these, delivered to nobody (dead_letter.h); answers that come too late are counted in
                                       both sent and dead_letters */
  uint64_t message_bytes; /* memory that messages occupy now, in the whole process, in steps of a slab (16 KiB). Each thread
                                       keeps its first slab: it is seldom 0, and only growth tells of messages that were forgotten */
  uint64_t started; /* incarnations whose start succeeded, also of supervisors; ports have none */
  uint64_t stopped; /* of these, ended (stop has run, once); those that were given up on never are */
  uint64_t restarted; /* of the started, those in place of an earlier one */
  uint64_t deliveries_lost; /* that had their home (delivery.h) at an executor of this system, and are not handed out: it is disowned, too
                                       many waited, or there was no memory */
} sabir_counters;

#define SABIR_COUNTERS_INIT {sizeof(sabir_counters), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

/* Fills *counters. Works until the last reference ends, so also after a shutdown.
 * Errors: HANDLE, INVALID, OPTION, FORKED. Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API sabir_status sabir_system_counters(sabir_system *system, sabir_counters *counters);

#ifdef __cplusplus
}
#endif
#endif
