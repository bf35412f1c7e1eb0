/* What the programs of the C suite share: systems with quiet logs, one actor that does what its messages say, and waiting that is
 * always bounded and never a bare sleep.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_TESTS_CAPI_SUPPORT_H
#define SABIR_TESTS_CAPI_SUPPORT_H

#include "check.h"

#include <pthread.h>
#include <semaphore.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One second, and how long a test waits for what must happen: long enough for a sanitizer on a loaded machine. */
#define SECOND_NS UINT64_C(1000000000)
#define MILLISECOND_NS UINT64_C(1000000)
#define PATIENCE_NS (60 * SECOND_NS)

/* Sanitizer builds are slower and keep freed memory. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TEST_SANITIZED 1
#endif
#endif
#ifndef TEST_SANITIZED
#define TEST_SANITIZED 0
#endif

uint64_t now_ns(void);

/* Atomic counters: written by callbacks on any thread, read by the test. */
static inline void count(uint64_t *counter) { __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST); }
static inline uint64_t counted(const uint64_t *counter) { return __atomic_load_n(counter, __ATOMIC_SEQ_CST); }

/* Waits until *counter is at least value; false when PATIENCE_NS is over. */
bool reached(const uint64_t *counter, uint64_t value);

/* Waits until condition(argument) is true; false when PATIENCE_NS is over. For states that announce themselves to nobody. */
bool eventually(bool (*condition)(void *argument), void *argument);

/* sem_wait that ends the program when PATIENCE_NS is over. */
void take(sem_t *semaphore);

/* Systems whose log is off. */
sabir_system *make_system(uint32_t workers);
sabir_system *make_system_with(const sabir_system_options *options);

/* Destroys *system, which must give SABIR_OK, after checking sent = handled + dead letters at its end. */
void end_system(sabir_system **system);

/* The counters of a system, and the check that nothing vanished: exact once the system is shut down. */
sabir_counters counters_of(sabir_system *system);
void check_conserved(sabir_system *system, const char *file, int line);
#define CHECK_CONSERVED(system) check_conserved((system), __FILE__, __LINE__)

/* Dead letters of a cause. */
uint64_t dead_letters(sabir_system *system, int32_t cause);

/* Waits until there are at least number dead letters of a cause; until sends to pid give SABIR_E_DEAD. */
bool dead_letters_reach(sabir_system *system, int32_t cause, uint64_t number);
bool becomes_dead(sabir_system *system, sabir_pid pid);

/* What a probe actor understands. Its payload: for PROBE_CALL a probe_call, else anything. */
enum {
  PROBE_COUNT = 1,   /* counts */
  PROBE_ECHO,        /* replies with the payload */
  PROBE_BLOCK,       /* posts entered, then waits for gate */
  PROBE_CRASH,       /* fails with PROBE_CRASH_STATUS, PROBE_CRASH_TEXT, PROBE_CRASH_DETAIL */
  PROBE_UNHANDLED,   /* returns SABIR_E_UNHANDLED */
  PROBE_STOP,        /* sabir_context_stop */
  PROBE_KEEP,        /* keeps the message in kept and posts entered */
  PROBE_CALL         /* runs a function inside the handler */
};
#define PROBE_CRASH_STATUS 4711
#define PROBE_CRASH_TEXT "the bridge is out"
#define PROBE_CRASH_DETAIL "at the river\nat the road"

/* What the callbacks of one probe actor saw. Its address is the actor's argument; it must outlive the actor's drop. */
typedef struct probe {
  uint64_t starts, received, stops, drops;  /* how often each callback ran */
  sabir_status start_status;                /* what start returns */
  sem_t entered, gate;                      /* of PROBE_BLOCK and PROBE_KEEP */
  sem_t stopped, dropped;                   /* posted by stop and drop */
  int32_t exit_reason;                      /* as stop got it: read after stopped */
  sabir_status exit_status;
  sabir_pid exit_pid;
  char exit_message[64];
  char exit_detail[64];
  sabir_message *kept;                      /* by PROBE_KEEP: read after entered */
  uintptr_t start_argument;                 /* as start got it */
} probe;

void probe_init(probe *self);
/* After drop has run, or where no actor was spawned of it. */
void probe_end(probe *self);

/* The behavior of probes, and an actor of it; each must succeed. options may be NULL; its argument and drop are set here. */
sabir_behavior *probe_behavior(void);
sabir_callbacks probe_callbacks(void);
sabir_pid probe_spawn(sabir_system *system, probe *self, const sabir_spawn_options *options);
void probe_drop(uintptr_t argument);

/* Waits until stop and drop have run, each once. */
void probe_wait_dropped(probe *self);

/* A function to run inside a handler; its status is what receive returns. */
typedef sabir_status (*inside_fn)(sabir_context *context, sabir_message **message, void *argument);

/* Sends a PROBE_CALL and waits until function has run in the handler of pid. */
void run_inside(sabir_system *system, sabir_pid pid, inside_fn function, void *argument);
/* Sends it and does not wait. */
void begin_inside(sabir_system *system, sabir_pid pid, inside_fn function, void *argument);
/* Makes a PROBE_CALL message, for asks. */
sabir_message *inside_message(inside_fn function, void *argument);

/* Every call that takes a context, with one that must not be used now: they refuse it, and what they are given stays the caller's. pid: for
 * those that name an actor. */
void every_call_refuses(sabir_context *context, sabir_pid pid);

/* What a log sink saw: the last record that has part in its text or its actor's name. */
struct log_watch {
  const char *part;
  uint64_t records; /* that have it */
  int32_t level;
  sabir_pid pid;
  char actor[64], text[512];
};
/* Turns a system's log on from that level, and into log, which must outlive the system. */
void watch_log(sabir_system *system, struct log_watch *log, const char *part, int32_t level);

/* A message of count bytes, which must succeed. */
sabir_message *make_message(sabir_type type, const void *data, size_t size);

/* Wrapped memory that counts its releases. */
typedef struct wrapped {
  uint64_t releases;
  char bytes[32];
} wrapped;
sabir_message *wrap_message(sabir_type type, wrapped *memory);

/* How many threads this process has, and whether it is back to at most count within PATIENCE_NS. */
size_t thread_count(void);
bool threads_back_to(size_t count);

/* The kernel's number of the calling thread, and whether that thread comes to sleep (in a lock, a condition, a semaphore) within
 * PATIENCE_NS: how a test knows that a call blocks, without a guess about time. */
int thread_number(void);
bool falls_asleep(const int *number);

/* A thread that must start. */
pthread_t start_thread(void *(*function)(void *), void *argument);
void join_thread(pthread_t thread);

#ifdef __cplusplus
}
#endif
#endif
