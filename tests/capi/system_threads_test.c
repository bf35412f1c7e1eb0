/* The threads that the library asks the operating system for: what happens when it refuses one, and what signals they take (none).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "support.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>

/* How many threads may still be made. Limits of the kernel's bind no root, so pthread_create is refused here, as it would be by them: the
 * program's comes before the C library's, for the library too. */
static int64_t threads_left = INT64_MAX;

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
  typedef int (*create_fn)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  create_fn create;
  void *const next = dlsym(RTLD_NEXT, "pthread_create");
  if (__atomic_fetch_sub(&threads_left, 1, __ATOMIC_SEQ_CST) <= 0) return EAGAIN;
  memcpy(&create, &next, sizeof create);
  return create(thread, attributes, start, argument);
}

static void allow_threads(int64_t number) { __atomic_store_n(&threads_left, number, __ATOMIC_SEQ_CST); }
static void allow_all_threads(void) { allow_threads(INT64_MAX); }

static sabir_status try_executor(sabir_system *system, uint32_t workers, sabir_executor **executor, sabir_error **error) {
  sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
  options.kind = SABIR_EXECUTOR_THREADS;
  options.workers = workers;
  options.name = "refused";
  return sabir_executor_create(system, &options, executor, error);
}

static void check_refused(sabir_status status, sabir_error **error) {
  CHECK_STATUS(status, SABIR_E_SYSTEM);
  CHECK_STATUS(sabir_error_status(*error), SABIR_E_SYSTEM);
  CHECK_CONTAINS(sabir_error_message(*error), "thread");
  sabir_error_destroy(error);
}

static void an_executor_without_all_its_threads_is_refused(void) {
  enum { WORKERS = 3 };
  sabir_system *system = make_system(1);
  const size_t threads = thread_count();
  int64_t allowed;
  for (allowed = 0; allowed < WORKERS; ++allowed) {
    sabir_executor *executor = (sabir_executor *)(void *)&executor;
    sabir_error *error = NULL;
    allow_threads(allowed);
    check_refused(try_executor(system, WORKERS, &executor, &error), &error);
    CHECK(executor == NULL);
    CHECK(threads_back_to(threads)); /* those that it got are gone */
  }
  allow_all_threads();
  end_system(&system);
}

/* A shape that was used before is opened again, which may fail as well. */
static void so_is_one_that_is_used_again(void) {
  sabir_system *system = make_system(1);
  const size_t threads = thread_count();
  sabir_executor *executor = NULL;
  sabir_error *error = NULL;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_message *reply = NULL;
  sabir_pid pid;
  probe actor;
  probe_init(&actor);
  REQUIRE_OK(try_executor(system, 2, &executor, NULL));
  CHECK_OK(sabir_executor_destroy(&executor));
  allow_threads(1);
  check_refused(try_executor(system, 2, &executor, &error), &error);
  CHECK(executor == NULL);
  CHECK(threads_back_to(threads));
  allow_all_threads();
  REQUIRE_OK(try_executor(system, 2, &executor, NULL));
  options.executor = executor;
  pid = probe_spawn(system, &actor, &options);
  CHECK_OK(sabir_ask_bytes(system, pid, PROBE_ECHO, NULL, 0, PATIENCE_NS, &reply));
  sabir_message_destroy(&reply);
  end_system(&system);
  CHECK_OK(sabir_executor_destroy(&executor));
  probe_end(&actor);
}

/* Refused systems leave nothing: there may be as many of them as one likes, and the next one is as good as ever. */
static void a_system_without_its_thread_is_refused(void) {
  enum { TIMES = 2000 }; /* more than there may be systems */
  const size_t threads = thread_count();
  sabir_system *system;
  int round;
  allow_threads(0);
  for (round = 0; round < TIMES; ++round) {
    sabir_error *error = NULL;
    system = (sabir_system *)(void *)&system;
    check_refused(sabir_system_create(NULL, &system, &error), &error);
    CHECK(system == NULL);
  }
  allow_all_threads();
  CHECK(threads_back_to(threads));
  system = make_system(1);
  end_system(&system);
}

/* --- signals --- */

struct masks {
  size_t threads;     /* with the name */
  size_t taking;      /* of them, those that take one of the asynchronous signals */
  size_t no_faults;   /* of them, those that mask a fault */
};

static uint64_t bit_of(int signal) { return UINT64_C(1) << (signal - 1); }

/* Reads the masks of the process's threads with this name from the kernel. */
static struct masks masks_of(const char *name) {
  const uint64_t asynchronous = bit_of(SIGINT) | bit_of(SIGTERM) | bit_of(SIGHUP) | bit_of(SIGALRM) | bit_of(SIGCHLD) | bit_of(SIGPIPE) |
                                bit_of(SIGUSR1) | bit_of(SIGUSR2) | bit_of(SIGQUIT) | bit_of(SIGPROF) | bit_of(SIGWINCH);
  const uint64_t faults = bit_of(SIGSEGV) | bit_of(SIGBUS) | bit_of(SIGFPE) | bit_of(SIGILL) | bit_of(SIGABRT);
  struct masks found = {0, 0, 0};
  DIR *tasks = opendir("/proc/self/task");
  struct dirent *entry;
  REQUIRE(tasks != NULL);
  while ((entry = readdir(tasks)) != NULL) {
    char path[64], line[256], comm[32] = "";
    uint64_t blocked = 0;
    FILE *file;
    snprintf(path, sizeof path, "/proc/self/task/%.20s/status", entry->d_name);
    file = fopen(path, "r");
    if (file == NULL) continue;
    while (fgets(line, sizeof line, file) != NULL) {
      if (sscanf(line, "Name: %31s", comm) == 1) continue;
      if (sscanf(line, "SigBlk: %" SCNx64, &blocked) == 1) break;
    }
    fclose(file);
    if (strcmp(comm, name) != 0) continue;
    ++found.threads;
    found.taking += (blocked & asynchronous) != asynchronous;
    found.no_faults += (blocked & faults) != 0;
  }
  closedir(tasks);
  return found;
}

struct named {
  const char *name;
  size_t threads;
};

/* A thread that has just been made masks everything until it runs. */
static bool are_there(void *argument) {
  const struct named *named = (const struct named *)argument;
  const struct masks masks = masks_of(named->name);
  return masks.threads == named->threads && masks.no_faults == 0;
}

static void our_threads_take_no_signals_but_faults(void) {
  struct named named[] = {{"keeper-of-time", 1}, {"refused", 3}};
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  sabir_system *system;
  sabir_executor *executor = NULL;
  sigset_t mine;
  size_t index;
  options.name = "keeper-of-time";
  options.workers = 1;
  system = make_system_with(&options);
  REQUIRE_OK(try_executor(system, 3, &executor, NULL));
  for (index = 0; index < 2; ++index) {
    CHECK(eventually(are_there, &named[index]));
    CHECK_NUMBER(masks_of(named[index].name).taking, 0);
  }
  /* And the caller's mask is what it was. */
  CHECK(pthread_sigmask(SIG_SETMASK, NULL, &mine) == 0);
  CHECK(sigismember(&mine, SIGINT) == 0 && sigismember(&mine, SIGTERM) == 0);
  CHECK_OK(sabir_executor_destroy(&executor));
  end_system(&system);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(an_executor_without_all_its_threads_is_refused),
      TEST(so_is_one_that_is_used_again),
      TEST(a_system_without_its_thread_is_refused),
      TEST(our_threads_take_no_signals_but_faults),
  };
  return RUN_TESTS(tests, argc, argv);
}
