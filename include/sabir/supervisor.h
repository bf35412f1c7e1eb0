/* Supervisors: actors that start other actors, watch over them and restart them when they fail. Each system has one, its root; more are
 * children of others, so that the supervisors of a system form a tree whose leaves do the work.
 *
 *   sabir_supervise(system, 0, "counter", counter, NULL, &pid, &error);
 *
 * Restart is in place. The incarnation that failed ends (its stop callback runs, its timers and monitors end), and the next one is built
 * by start from the same argument. The pid stays what it was, and so does what is queued; the message that failed becomes a dead letter, or
 * is delivered again (redeliveries). Between two incarnations the actor handles nothing. It is dead, and its pid stale, only when its
 * supervisor will not start it again.
 *
 * What a supervisor does when a child ends, for whatever reason but its own order:
 *   1. The child's restart policy says whether it is to be restarted. A child that is not is left stopped (or forgotten: temporary,
 *      or simple_one_for_one).
 *   2. Each restart counts against the supervisor's intensity: more than `intensity` of them within `period` is too many. The
 *      supervisor then ends its children and fails itself, with SABIR_EXIT_INTENSITY and the child's exit as its cause, and its own
 *      supervisor decides. The root, which has none, ends its children for good, forgets them, logs an error and goes on empty.
 *   3. The strategy says which other children are restarted with it: they end in the reverse of their start order, and all start again
 *      in order, each after the one before it has started.
 *   4. Where the child's spec has a backoff, the restart waits for it. A supervisor is never blocked meanwhile.
 * While a group is being restarted, what is asked for takes its turn in it: a new child, and one that is started or restarted and does not
 * run, starts after those before it have. So sabir_supervise and sabir_child_do may wait for another child's backoff.
 *
 * A supervisor that is restarted itself starts all its children again, in order and from the specs it has, also those added later: in place
 * those that ran or were being restarted (same pid, what is queued kept), under new pids those that were stopped or had ended. Temporary
 * ones are gone. So what is queued outlives this, too, and a queue full of messages that crash their handler climbs: with all defaults,
 * 16 of them within a few seconds end all children of the root for good. Refuse bad input without a crash, let failed resume (behavior.h),
 * or let the group have a high intensity or be temporary.
 *
 * A child has shutdown_ns to end when it is told to. Handlers are never cut: one that has not returned by then is logged, left behind and
 * not waited for; it ends, or is restarted, when it returns. Who waits for a STOP or RESTART of it gets TIMEOUT. Until then it stays
 * ENDING: after a STOP, START, RESTART and DELETE give BUSY, another STOP is OK at once, and it is stopped when the handler returns; after
 * a RESTART it is restarted then. With SABIR_CHILD_SHUTDOWN_KILL nothing is waited for from the beginning: a STOP is answered at once,
 * though the child may still be ENDING (a RESTART waits for the new incarnation, however long). sabir_system_shutdown walks the tree in the
 * same way, and what has not returned by its deadline is a survivor.
 *
 * Giving up. A child on a threads executor with two workers or more may have a stall_timeout_ns: a receive that takes longer (looked at
 * about each millisecond) is given up on. Its incarnation ends with SABIR_EXIT_STALLED, without stop or failed, and is restarted as after a
 * crash, on a new thread. An ask that it was handling ends with CRASHED and that exit; the message is not delivered again. The lost handler
 * goes on alone: calls through its context fail with SABIR_E_CONTEXT, others work as from any thread; when it returns, its message is freed
 * and its thread ends. Its state is leaked, and so is the child's argument: drop does not run any more, not even at the end. A handler
 * inside a call of sabir's is given up on after that call, but for sabir_port_receive, where it may be waiting. A lost handler that still
 * runs is a survivor of a shutdown.
 *
 * Requests. What one tells a supervisor is a message: the sabir_request_... functions make it, and any ask delivers it: sabir_ask,
 * sabir_ask_begin, sabir_port_ask, sabir_context_ask (so nothing has to block). The functions that take a system below are the blocking
 * short forms. The ask fails with SABIR_E_CLOSED (the supervisor is ending, or a STOP of the same child has overtaken the request: the text
 * says which), SABIR_E_FOREIGN (sabir_request_supervise was given another system than this one), SABIR_E_DUPLICATE, SABIR_E_NO_CHILD,
 * SABIR_E_BUSY, SABIR_E_INVALID, SABIR_E_TIMEOUT or SABIR_E_START_FAILED (with the exit), each with a text that names what is wrong, in the
 * FAILURE message (sabir_supervise: in its error; sabir_child_do and sabir_children give the status alone). An actor or port that is no
 * supervisor refuses it at once, with SABIR_E_NOT_SUPERVISOR and no message, and a timer with SABIR_E_INVALID; it stays the caller's. One
 * that is sent to a supervisor and not asked is carried out, and its result vanishes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_SUPERVISOR_H
#define SABIR_SUPERVISOR_H

#include <sabir/actor.h>
#include <sabir/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Strategies: who is restarted when one child is. */
#define SABIR_ONE_FOR_ONE 0           /* that child */
#define SABIR_ONE_FOR_ALL 1           /* all children */
#define SABIR_REST_FOR_ONE 2          /* that child and those started after it */
#define SABIR_SIMPLE_ONE_FOR_ONE 3    /* that child; all are made from one template, have no ids, and end all at once */

/* Restart policies: whether a child is restarted. */
#define SABIR_PERMANENT 0             /* always */
#define SABIR_TRANSIENT 1             /* after an abnormal end: sabir_exit_is_abnormal */
#define SABIR_TEMPORARY 2             /* never; it is forgotten when it has ended */

/* Auto-shutdown: when a supervisor ends by itself, normally. Only significant children count, and only when they end and are not
 * restarted. */
#define SABIR_AUTO_SHUTDOWN_NEVER 0
#define SABIR_AUTO_SHUTDOWN_ANY 1     /* when one of them has ended */
#define SABIR_AUTO_SHUTDOWN_ALL 2     /* when the last of them has ended */

#define SABIR_INTENSITY_DEFAULT 3
#define SABIR_INTENSITY_NONE 0xffffffff    /* the first restart is too many */
#define SABIR_INTENSITY_MAX 1000000
#define SABIR_REDELIVERIES_MAX 1000000
static const uint64_t SABIR_PERIOD_DEFAULT_NS = 5000000000;            /* 5 s */
static const uint64_t SABIR_CHILD_SHUTDOWN_DEFAULT_NS = 5000000000;    /* 5 s; of supervisors: SABIR_FOREVER */
static const uint64_t SABIR_CHILD_SHUTDOWN_KILL = 1;                   /* kill it, and do not wait */
static const uint64_t SABIR_START_TIMEOUT_DEFAULT_NS = 30000000000;    /* 30 s */
static const uint64_t SABIR_HEALTH_INTERVAL_DEFAULT_NS = 30000000000;  /* 30 s */
static const uint64_t SABIR_HEALTH_TIMEOUT_DEFAULT_NS = 5000000000;    /* 5 s */
/* The longest time below: a longer one is INVALID. SABIR_FOREVER is allowed for periods, timeouts, shutdowns and ages, but not for
 * backoffs and the interval of health checks. */
static const uint64_t SABIR_SUPERVISION_TIME_LIMIT_NS = 0x3fffffffffffffff;

/* What a supervisor is like. Zero in a field means its default. */
typedef struct sabir_supervisor_options {
  uint32_t struct_size;             /* sizeof(sabir_supervisor_options) */
  uint32_t strategy;                /* SABIR_ONE_FOR_ONE ...; default one_for_one */
  uint32_t intensity;               /* most restarts within a period; default 3; 1 to 1,000,000, or SABIR_INTENSITY_NONE */
  uint32_t auto_shutdown;           /* SABIR_AUTO_SHUTDOWN_...; default never; not for simple_one_for_one */
  uint64_t period_ns;               /* default 5 s; SABIR_FOREVER: all count, however long ago */
  sabir_behavior *child_behavior;   /* simple_one_for_one: the template of all children, required; else NULL */
  const struct sabir_child_spec *child; /* simple_one_for_one: its spec, may be NULL; else NULL */
} sabir_supervisor_options;

#define SABIR_SUPERVISOR_OPTIONS_INIT {sizeof(sabir_supervisor_options), 0, 0, 0, 0, 0, 0}

/* How a child's health is watched: each interval a ping goes through its mailbox like a message (no bound refuses it); when it arrives, the
 * behavior's health callback, if it has one, is asked. A check fails if the callback says so or throws, if the ping is not answered in
 * time, or if a limit below is passed; `threshold` failed checks in a row end the child with SABIR_EXIT_UNHEALTHY, which is then treated
 * as any crash is: policy, intensity, strategy, backoff. Degraded is only told (log, sabir_child_info). A child that is a supervisor
 * answers the ping itself: that says whether it gets to run, and nothing of its children. Zero means default. */
typedef struct sabir_health_options {
  uint32_t struct_size; /* sizeof(sabir_health_options) */
  uint32_t threshold; /* failed checks in a row; default 3 */
  uint64_t interval_ns; /* from one check to the next; default 30 s; at least 1 ms; not SABIR_FOREVER */
  uint64_t timeout_ns; /* for the ping; default 5 s; SABIR_FOREVER: none */
  uint32_t degraded_depth; /* messages in the mailbox from which on it is degraded, and failed; default: no limit. */
  uint32_t failed_depth; /*   Not for unbounded mailboxes, whose depth is not counted. */
  uint64_t degraded_age_ns; /* age of the oldest message, as the ping finds it: how long it waited behind what was queued */
  uint64_t failed_age_ns; /*   before it. From here on degraded, and failed; default: no limit */
} sabir_health_options;

#define SABIR_HEALTH_OPTIONS_INIT {sizeof(sabir_health_options), 0, 0, 0, 0, 0, 0, 0}

/* How one child is started, restarted and ended. Zero in a field means its default. */
typedef struct sabir_child_spec {
  uint32_t struct_size; /* sizeof(sabir_child_spec) */
  uint32_t restart; /* SABIR_PERMANENT ...; default permanent */
  uint32_t significant; /* not 0: counts for auto-shutdown; not for permanent children */
  uint32_t redeliveries; /* how often a message whose handler failed is delivered again, first thing after the restart;
                                       default 0: it becomes a dead letter. When they are used up it becomes one, too; an ask in it
                                       stays open until then. For a supervisor: INVALID. */
  uint64_t shutdown_ns; /* how long it may take to end; default 5 s, for supervisors SABIR_FOREVER; SABIR_CHILD_SHUTDOWN_KILL */
  uint64_t start_timeout_ns; /* how long its start may take before it counts as failed; default 30 s; SABIR_FOREVER: no limit */
  uint64_t backoff_initial_ns; /* wait before a restart; default 0: none; not SABIR_FOREVER */
  uint64_t backoff_max_ns; /* longest wait; default: 60 s or the initial one, if that is longer; not SABIR_FOREVER */
  uint32_t backoff_factor_percent; /* each further wait is so much longer; default 200; 100 to 10,000. It starts anew once an
                                       incarnation has lived for longer than the longest wait. */
  uint32_t backoff_jitter_percent; /* each wait is changed at random by up to so much, up or down; default 0; up to 100 */
  uint64_t stall_timeout_ns; /* give up on a receive that takes longer than this (see above); default: never. Only on threads executors
                                       with two workers or more, and not for supervisors, else INVALID. Costs two atomic operations a
                                       message, and two a call from a handler. */
  const sabir_spawn_options *spawn; /* argument, drop, name (default: the id), executor, mailbox, native_tag, drop_home. May be NULL */
  const sabir_health_options *health; /* NULL: not watched */
  const sabir_supervisor_options *supervisor; /* the child is a supervisor, and its behavior NULL */
} sabir_child_spec;

#define SABIR_CHILD_SPEC_INIT {sizeof(sabir_child_spec), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

/* Write the initializers above into the first struct_size bytes: for languages without macros.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API void sabir_supervisor_options_init(sabir_supervisor_options *options, uint32_t struct_size);
SABIR_API void sabir_health_options_init(sabir_health_options *options, uint32_t struct_size);
SABIR_API void sabir_child_spec_init(sabir_child_spec *spec, uint32_t struct_size);

/* The system's root supervisor (one_for_one; system.h sets its intensity). 0 for a destroyed handle.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API sabir_pid sabir_supervisor_root(sabir_system *system);

/* Makes a child of a supervisor: starts it, and keeps it running as its spec says. Returns when it has started.
 * supervisor: a supervisor's pid, or 0: the root. id: UTF-8, 1 to 255 bytes, copied, unique among the supervisor's children; NULL for
 * simple_one_for_one. behavior: borrowed; NULL where spec has a supervisor, and for simple_one_for_one. spec: borrowed, may be NULL. For
 * simple_one_for_one, of spec only spawn's argument, drop, drop_home and name are looked at, and the template gives the rest.
 * pid: out, 0 on failure, may be NULL. error: out, may be NULL.
 * The argument is moved in every case: drop runs exactly once, also where the call fails (a start that takes too long may still be using
 * the argument, so nobody else can own it). After a start that failed or was too slow it may run when the call has returned, so what the
 * argument points to must not be on the caller's stack. Only where the struct_size of spec or of its spawn is too small to be read, and in
 * a forked child, nothing is moved and drop does not run. With a drop_home the end comes there, once, in all these cases, but for two:
 * where drop_home itself is refused (HANDLE, INVALID: not polled) nothing is moved; where there is no memory to tell it, that is lost
 * (NOMEM, delivery.h) and the argument is leaked. Errors: HANDLE, INVALID, OPTION, FOREIGN, NO_ACTOR, DEAD, NOT_SUPERVISOR, DUPLICATE,
 * START_FAILED (the child is forgotten), TIMEOUT (start took longer than start_timeout_ns; it is forgotten, too), LIMIT, NOMEM, CLOSED,
 * WOULD_DEADLOCK (on a worker's or a system's timer thread), FORKED. Threads: any but these. Blocks: until the child has started, which may
 * have to wait for its turn. Calls back: drop, on failure. From a handler: no; make a request. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_supervise(sabir_system *system, sabir_pid supervisor, const char *id,
                                                        sabir_behavior *behavior, const sabir_child_spec *spec, sabir_pid *pid,
                                                        sabir_error **error);

/* The same as a request, for a supervisor of this system: another system's refuses it with FOREIGN when it gets it. Its reply has the
 * child's pid as its 8 bytes. request: out, owned by the caller, NULL on failure. The argument is moved in every case, as above: it is
 * dropped with a request that comes to nothing.
 * Errors: HANDLE, INVALID, OPTION, FOREIGN, LIMIT, NOMEM, CLOSED, FORKED.
 * Threads: any. Blocks: never. Calls back: drop, on failure. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_request_supervise(sabir_system *system, const char *id, sabir_behavior *behavior,
                                                                const sabir_child_spec *spec, sabir_message **request, sabir_error **error);

/* What a request does to one child. By itself it counts against nothing.
 * A child that is stopped stays so until it is started, its supervisor is restarted, or (one_for_all, rest_for_one) a sibling's crash
 * restarts the group: that starts it too, under a new pid. DELETE it where that must not be.
 * A START, and a RESTART of a child that is stopped, whose start fails or takes too long gives START_FAILED or TIMEOUT, leaves the child
 * stopped, and counts against nothing either. A RESTART of one that runs or waits whose start fails gives the same, but is a failure like
 * any other: policy, intensity, backoff. */
#define SABIR_CHILD_START 1 /* starts one that is stopped, with a new pid; BUSY if it is not stopped. By id, as DELETE: see below */
#define SABIR_CHILD_STOP \
  2 /* ends it, whatever its policy, and waits for that. It stays known, but for temporary ones and those of
                              simple_one_for_one. If stopped: OK */
#define SABIR_CHILD_RESTART 3 /* restarts it in place, at once; starts it if it is stopped */
#define SABIR_CHILD_DELETE 4 /* forgets one that is stopped; BUSY if it is not */

/* A request about the child with this id, or (id NULL) with this pid. A child that is stopped has no pid: by the one it had it is NO_CHILD.
 * Its reply has the child's pid as its 8 bytes, 0 if it is stopped.
 * Errors: INVALID (action, id), NOMEM, FORKED. Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_request_child(uint32_t action, const char *id, sabir_pid pid, sabir_message **request);

/* Does it and waits for the end, without a timeout of its own: a start has its start_timeout_ns (and may have to wait for its turn), an end
 * its shutdown_ns. new_pid: out, 0 where the child is stopped or on failure; may be NULL.
 * Errors: HANDLE, INVALID, FOREIGN, NO_ACTOR, DEAD, NOT_SUPERVISOR, NO_CHILD, BUSY, START_FAILED, TIMEOUT, LIMIT, NOMEM, CLOSED,
 * WOULD_DEADLOCK (on a worker's or a system's timer thread), FORKED. Threads: any but these. Blocks: as said. Calls back: never. From a
 * handler: no. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_child_do(sabir_system *system, sabir_pid supervisor, uint32_t action, const char *id,
                                                       sabir_pid pid, sabir_pid *new_pid);

/* What a child is doing. */
#define SABIR_CHILD_STOPPED 0
#define SABIR_CHILD_STARTING 1
#define SABIR_CHILD_RUNNING 2
#define SABIR_CHILD_ENDING 3 /* was told to end, for good or to be restarted, and has not returned yet */
#define SABIR_CHILD_WAITING 4 /* for its backoff, or its turn, to be restarted */

/* What a check has found of its health. */
#define SABIR_HEALTH_UNKNOWN 0 /* it is not watched, or not checked yet */
#define SABIR_HEALTH_OK 1
#define SABIR_HEALTH_DEGRADED 2
#define SABIR_HEALTH_FAILED 3

/* One child. The string lives as long as the list. */
typedef struct sabir_child_info {
  uint32_t struct_size; /* set by the caller */
  uint32_t state; /* SABIR_CHILD_STOPPED ... */
  sabir_pid pid; /* 0: stopped */
  const char *id; /* "" under simple_one_for_one */
  uint32_t restart; /* its policy */
  uint32_t health; /* SABIR_HEALTH_... that the last check has found; UNKNOWN again after each start */
  uint64_t restarts; /* how often it has started again since it was supervised, for whatever reason: its own end, a group's or its
                                       supervisor's restart, RESTART, START. Starts that failed do not count. */
  uint32_t supervisor; /* not 0: it is a supervisor */
  uint32_t reserved; /* 0 */
} sabir_child_info;

#define SABIR_CHILD_INFO_INIT {sizeof(sabir_child_info), 0, 0, 0, 0, 0, 0, 0, 0}

/* How many children a supervisor has. Later versions may add fields. */
typedef struct sabir_child_counts {
  uint32_t struct_size; /* set by the caller */
  uint32_t reserved; /* 0 */
  uint64_t children; /* all that it knows */
  uint64_t active; /* of these, not stopped */
  uint64_t supervisors; /* of these, supervisors */
  uint64_t workers; /* of these, the others */
} sabir_child_counts;

#define SABIR_CHILD_COUNTS_INIT {sizeof(sabir_child_counts), 0, 0, 0, 0, 0}

/* A request for the list of all children, in start order. The reply is the list: sabir_child_list_... read it.
 * Errors: INVALID, NOMEM, FORKED. Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_request_children(sabir_message **request);

/* The same, waiting for it. list: out, a message; end it with sabir_message_destroy.
 * Errors: HANDLE, INVALID, FOREIGN, NO_ACTOR, DEAD, NOT_SUPERVISOR, TIMEOUT (the system's ask timeout), LIMIT, NOMEM, CLOSED,
 * WOULD_DEADLOCK, FORKED. Threads: any but workers and timer threads. Blocks: until it answers. Calls back: never. From a handler: no. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_children(sabir_system *system, sabir_pid supervisor, sabir_message **list);

/* How many children a list has, one of them (index from 0), and their sums. A message that is no list has none.
 * Errors: INVALID (NULL, index, no list), OPTION. Threads: any, concurrently. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API size_t sabir_child_list_size(const sabir_message *list);
SABIR_API sabir_status sabir_child_list_at(const sabir_message *list, size_t index, sabir_child_info *info);
SABIR_API sabir_status sabir_child_list_counts(const sabir_message *list, sabir_child_counts *counts);

#ifdef __cplusplus
}
#endif
#endif
