/* What the hosts of this folder share: to see whose a function or a block of memory is, and to use the library a little.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_TESTS_ABI_HOST_H
#define SABIR_TESTS_ABI_HOST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <sabir/sabir.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int host_faults = 0;

/* mimalloc's own answer to "is this block one of yours?". */
typedef bool (*host_in_mimalloc_fn)(const void *block);
static host_in_mimalloc_fn host_in_mimalloc = NULL;

/* The function that the whole program means by this name must be in the named library. */
static inline void host_function(const char *when, const char *name, const char *library) {
  Dl_info info;
  void *found = dlsym(RTLD_DEFAULT, name);
  memset(&info, 0, sizeof info);
  if (found == NULL || dladdr(found, &info) == 0 || info.dli_fname == NULL || strstr(info.dli_fname, library) == NULL) {
    printf("fault: %s use, %s is in %s, not in %s\n", when, name, info.dli_fname ? info.dli_fname : "no library", library);
    host_faults++;
  }
}

static inline void host_block(const char *when, const char *what, const void *block) {
  if (block == NULL || host_in_mimalloc(block)) {
    printf("fault: %s use, %s gives a block of mimalloc\n", when, what);
    host_faults++;
  }
}

/* The C library's family. */
static inline void host_check_c(const char *when) {
  static const char *const names[] = {"malloc",         "calloc", "realloc",  "free",   "aligned_alloc",
                                      "posix_memalign", "strdup", "memalign", "valloc", "malloc_usable_size"};
  void *block = NULL;
  size_t index = 0;
  for (index = 0; index < sizeof names / sizeof names[0]; index++) host_function(when, names[index], "libc.so.6");

  block = malloc(100);
  host_block(when, "malloc", block);
  block = realloc(block, 100000);
  host_block(when, "realloc", block);
  free(block);
  block = calloc(10, 10);
  host_block(when, "calloc", block);
  free(block);
  if (posix_memalign(&block, 64, 256) != 0) block = NULL;
  host_block(when, "posix_memalign", block);
  free(block);
}

/* Runs on a worker of the library: the host's malloc is the same there. */
static sabir_status host_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  (void)state;
  host_check_c("inside a handler, during");
  if (sabir_message_ref(*message) == 0) return SABIR_OK;
  return sabir_context_reply_bytes(context, 2, "pong", 5);
}

static inline void host_status(const char *what, sabir_status status) {
  if (status != SABIR_OK) {
    printf("fault: %s: %s\n", what, sabir_status_text(status));
    exit(1);
  }
}

/* A system, an actor, messages and an ask: enough to allocate on all the library's ways. */
static inline void host_use(void) {
  sabir_system *system = NULL;
  sabir_behavior *behavior = NULL;
  sabir_message *reply = NULL;
  sabir_pid pid = 0;
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("host");
  callbacks.receive = host_receive;
  host_status("create a system", sabir_system_create(NULL, &system, NULL));
  host_status("create a behavior", sabir_behavior_create(&callbacks, &behavior));
  host_status("spawn", sabir_spawn(system, behavior, NULL, &pid, NULL));
  host_status("send", sabir_send_bytes(system, pid, 1, "ping", 5));
  host_status("ask", sabir_ask_bytes(system, pid, 1, "ping", 5, SABIR_FOREVER, &reply));
  if (strcmp((const char *)sabir_message_data(reply), "pong") != 0) host_faults++;
  sabir_message_destroy(&reply);
  sabir_behavior_destroy(&behavior);
  host_status("destroy the system", sabir_system_destroy(&system));
}

/* argument: mimalloc's name as the library needs it. It must be loaded, or there would be nothing to test. */
static inline void host_find_mimalloc(const char *name) {
  void *handle = dlopen(name, RTLD_NOW | RTLD_NOLOAD);
  void *found = handle == NULL ? NULL : dlsym(handle, "mi_is_in_heap_region");
  if (found == NULL) {
    printf("fault: %s is not loaded\n", name);
    exit(1);
  }
  memcpy(&host_in_mimalloc, &found, sizeof found);
}

#endif
