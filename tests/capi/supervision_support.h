/* What the programs about supervision share: a diary of starts and stops in their order, actors that write it, and a system to keep
 * them in.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_TESTS_CAPI_SUPERVISION_SUPPORT_H
#define SABIR_TESTS_CAPI_SUPERVISION_SUPPORT_H

#include "support.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What happened, in order, as text: "+a" a has started, "!a" its start has failed, "?a" its failed callback was asked, "-a:crashed" its
 * stop ran, and why. One space between two entries. */
struct diary {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  bool closed; /* nobody writes any more */
  size_t size;
  char text[2048];
};

/* Waits until as much is written as is expected, and compares. After the end of a system that is all there will ever be. */
int check_diary(struct diary *self, const char *expected, const char *file, int line);
#define CHECK_DIARY(nursery, expected) check_diary(&(nursery)->diary, (expected), __FILE__, __LINE__)
void diary_clear(struct diary *self);

/* What a kid understands besides what a probe does (support.h). */
enum {
  KID_NUMBER = 100, /* notes the number that is its payload, a uint32_t */
  KID_WHO,          /* replies with a kid_identity */
  KID_POISON,       /* crashes as PROBE_CRASH does while poison is not 0, and takes one from it; else as KID_NUMBER */
  KID_LOOP          /* sends itself on to the actor while loop is not 0 */
};
#define KID_START_STATUS 4242
#define KID_START_TEXT "no tea, no start"
#define KID_TIMES 16
#define KID_NUMBERS 64

/* An incarnation: how many there were before it and itself, and what it has handled, this message included. */
typedef struct kid_identity {
  uint64_t incarnation, handled;
} kid_identity;

/* A supervised actor that keeps a diary. Its address is the actor's argument; each incarnation has a state of its own, freed by stop. What
 * a test changes while the kid lives is changed with set(). */
struct kid {
  probe probe; /* the first member: received, starts, stops and drops are of all incarnations together */
  const char *name;
  struct diary *diary;
  uint64_t handed;              /* how often its argument was moved to the library */
  uint64_t live;                /* incarnations between start and stop: never two */
  uint64_t fail_from, fail_to;  /* which starts fail, from 1: the first, and the one behind the last */
  uint64_t block_start;         /* which start posts entered and waits for gate; 0: none */
  uint64_t decision, failures;  /* what the failed callback returns, and how often it was asked */
  uint64_t health, checks;      /* the same of the health callback */
  uint64_t fine_every;          /* not 0: every so many checks it is fine all the same */
  uint64_t poison, loop;
  uint64_t foreign_kinds;       /* messages of a kind other than SABIR_KIND_MESSAGE, which are only counted */
  uint64_t number_count;
  uint32_t numbers[KID_NUMBERS]; /* read once number_count says that they are there */
  uint64_t started_ns[KID_TIMES], stopped_ns[KID_TIMES]; /* when; read once the diary says that it was */
  void (*on_stop)(struct kid *self, sabir_context *context); /* called by stop before it writes the struct diary */
  void *extra;                  /* for on_stop */
};

static inline void set(uint64_t *variable, uint64_t value) { __atomic_store_n(variable, value, __ATOMIC_SEQ_CST); }

/* Which callbacks a behavior of kids has beyond start, receive and stop. */
enum { KID_PLAIN = 0, KID_DECIDES = 1, KID_WATCHED = 2 };
sabir_behavior *kid_behavior(int with);
sabir_callbacks kid_callbacks(int with);
/* The kid whose state that is. */
struct kid *kid_of(uintptr_t state);

/* A system with two workers, kids named "a" to "h", and a port that hears of ends. */
enum { KIDS = 8 };
struct nursery {
  sabir_system *system;
  sabir_behavior *behavior; /* KID_PLAIN; a test may put another one here */
  sabir_port *port;
  struct diary diary;
  struct kid kids[KIDS];
  sabir_pid pids[KIDS];
};
void nursery_open(struct nursery *self);
void nursery_open_with(struct nursery *self, const sabir_system_options *options);
/* Ends the system; checks that nothing vanished, that each start was stopped, and that every argument was dropped exactly once. */
void nursery_close(struct nursery *self);

/* The whole of kid number index as a child with its name as the id; spec may be NULL, the argument and drop of its spawn options are set
 * here. add_kid must succeed, and notes the pid. */
sabir_status try_kid(struct nursery *self, sabir_pid supervisor, size_t index, const sabir_child_spec *spec, sabir_pid *pid,
                     sabir_error **error);
sabir_pid add_kid(struct nursery *self, sabir_pid supervisor, size_t index, const sabir_child_spec *spec);
/* The first number kids. */
void add_kids(struct nursery *self, sabir_pid supervisor, size_t number, const sabir_child_spec *spec);
/* The same as a request, and for a simple_one_for_one supervisor. */
sabir_message *kid_request(struct nursery *self, size_t index, const sabir_child_spec *spec);
sabir_pid add_simple_kid(struct nursery *self, sabir_pid supervisor, size_t index);

/* A supervisor as a child; spec may be NULL, its member supervisor is set here. It must succeed. */
sabir_pid add_supervisor(struct nursery *self, sabir_pid parent, const char *id, const sabir_supervisor_options *options,
                         const sabir_child_spec *spec);
/* One under the root that is never restarted, so that its end can be seen. */
sabir_pid add_top(struct nursery *self, uint32_t strategy, uint32_t intensity);

/* Sends a kid a message without bytes, or a number; it must be accepted. */
void tell(struct nursery *self, size_t index, sabir_type type);
void tell_number(struct nursery *self, size_t index, sabir_type type, uint32_t number);
/* Asks it who it is, which it must answer: all that was sent before has been handled then. */
kid_identity who_is(struct nursery *self, size_t index);
/* Waits until it has noted that many numbers, and compares them. */
int check_numbers(struct kid *self, const uint32_t *expected, size_t number, const char *file, int line);
#define CHECK_NUMBERS(kid, expected) check_numbers((kid), (expected), sizeof(expected) / sizeof((expected)[0]), __FILE__, __LINE__)

/* Monitors pid from the nursery's port, and receives the port's next message, which must be of that kind and monitor. The caller's. */
sabir_ref watch(struct nursery *self, sabir_pid pid, uint32_t flags);
sabir_message *hear(struct nursery *self, sabir_ref ref, int32_t kind);
/* Hears a DOWN with this reason, and drops it. */
void hear_down(struct nursery *self, sabir_ref ref, int32_t reason);
/* Lets a time pass that is a part of what is tested. */
void stay_quiet(struct nursery *self, uint64_t time_ns);

/* What a supervisor says of the child with this id (its member id is NULL here); false: it has none. */
bool child_of(struct nursery *self, sabir_pid supervisor, const char *id, sabir_child_info *info);
/* Waits until it is in that state, or forgotten. */
bool child_becomes(struct nursery *self, sabir_pid supervisor, const char *id, uint32_t state);
bool child_is_forgotten(struct nursery *self, sabir_pid supervisor, const char *id);
/* Waits until its last health check has found this. */
bool health_becomes(struct nursery *self, sabir_pid supervisor, const char *id, uint32_t health);
size_t children_of(struct nursery *self, sabir_pid supervisor);

/* The end of an ask that was begun. */
struct answer {
  sabir_status status;
  sabir_message *reply;
  sem_t done;
};
void answer_init(struct answer *self);
void answer_end(struct answer *self);
void answer_note(uintptr_t argument, sabir_ref ref, sabir_status status,
                 sabir_message **reply); /* a sabir_ask_fn; argument: an struct answer */
/* Begins an ask without a timeout, which must be accepted. */
void begin_ask(struct nursery *self, sabir_pid to, sabir_message *message, struct answer *end);
/* The pid that the reply to a request has as its 8 bytes. */
sabir_pid pid_in(const sabir_message *reply);

#ifdef __cplusplus
}
#endif
#endif
