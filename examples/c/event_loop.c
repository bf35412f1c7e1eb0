/* An event loop of one's own that runs actors: one thread waits in epoll for its own descriptors and for the actors' one.
 *
 * The loop reads lines from a pipe, which another thread writes, and sends each to an actor that lives on a polled executor, so its
 * handlers run on the loop's thread: they may use what is bound to it without a lock (here: `total`). At the end of the input the loop
 * drains the actor, begins the shutdown, and goes on polling until the executor is closed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <pthread.h>
#include <sabir/sabir.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { LINE = 1 };

/* Belongs to the loop's thread. */
static uint64_t total;

static sabir_status counter_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  (void)context;
  (void)state;
  if (sabir_message_type(*message) != LINE) return SABIR_E_UNHANDLED;
  total += sabir_message_size(*message);
  return SABIR_OK;
}

static void check(sabir_status status, const char *what) {
  if (status == SABIR_OK) return;
  fprintf(stderr, "%s: %s\n", what, sabir_status_text(status));
  exit(1);
}

static void *write_lines(void *argument) {
  FILE *lines = fdopen(*(const int *)argument, "w");
  if (lines == NULL) return NULL;
  for (int i = 0; i < 1000; ++i) fprintf(lines, "line %d\n", i);
  fclose(lines);
  return NULL;
}

int main(void) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("counter");
  sabir_executor_options executor_options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_spawn_options spawn_options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_system *system = NULL;
  sabir_executor *executor = NULL;
  sabir_behavior *counter = NULL;
  sabir_pid pid = 0;
  int32_t actors = -1;
  int drained = 0;
  int ends[2], loop = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {0};
  pthread_t writer;
  if (loop < 0 || pipe(ends) != 0) return 1;

  check(sabir_system_create(NULL, &system, NULL), "system");
  executor_options.kind = SABIR_EXECUTOR_POLLED;
  check(sabir_executor_create(system, &executor_options, &executor, NULL), "executor");
  check(sabir_executor_descriptor(executor, &actors), "descriptor");
  callbacks.receive = counter_receive;
  check(sabir_behavior_create(&callbacks, &counter), "behavior");
  spawn_options.executor = executor;
  check(sabir_spawn(system, counter, &spawn_options, &pid, NULL), "spawn");
  sabir_behavior_destroy(&counter);

  event.events = EPOLLIN;
  event.data.fd = ends[0];
  epoll_ctl(loop, EPOLL_CTL_ADD, ends[0], &event);
  event.data.fd = actors;
  epoll_ctl(loop, EPOLL_CTL_ADD, actors, &event);
  if (pthread_create(&writer, NULL, write_lines, &ends[1]) != 0) return 1;

  for (sabir_status status = SABIR_OK; status != SABIR_E_CLOSED;) {
    struct epoll_event ready[2];
    const int count = epoll_wait(loop, ready, 2, -1);
    for (int i = 0; i < count; ++i) {
      if (ready[i].data.fd == actors) {
        /* At most a millisecond of actors, then the other descriptors again: it stays readable while there is more to do. */
        status = sabir_executor_run(executor, 0, 1000000);
        if (drained && sabir_actor_status(system, pid) == SABIR_E_DEAD) { /* all lines are handled */
          drained = 0;
          check(sabir_system_shutdown_begin(system, 0, NULL, 0), "shutdown");
        }
      } else {
        char bytes[4096];
        const ssize_t size = read(ends[0], bytes, sizeof bytes);
        if (size > 0) {
          check(sabir_send_bytes(system, pid, LINE, bytes, (size_t)size), "send");
        } else {
          epoll_ctl(loop, EPOLL_CTL_DEL, ends[0], NULL);
          check(sabir_actor_drain(system, pid), "drain"); /* it ends when it has handled what is queued */
          drained = 1;
        }
      }
    }
  }
  pthread_join(writer, NULL);
  check(sabir_system_destroy(&system), "destroy");
  close(loop);
  close(ends[0]);
  printf("%" PRIu64 " bytes\n", total);
  return total == 8890 ? 0 : 1;
}
