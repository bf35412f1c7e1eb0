/* Every call that takes a handle, as one table, for what all of them promise: NULL is SABIR_E_INVALID, a destroyed handle or one of
 * another kind SABIR_E_HANDLE, and in a forked child all is SABIR_E_FORKED.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_TESTS_CAPI_CALLS_H
#define SABIR_TESTS_CAPI_CALLS_H

#include "support.h"

/* The kinds of handles. */
enum { HANDLE_SYSTEM, HANDLE_BEHAVIOR, HANDLE_EXECUTOR, HANDLE_PORT, HANDLE_ROUTER, HANDLE_KINDS };

/* One live handle of each kind, and a pid, for the arguments other than the one under test. */
struct handles {
  void *handle[HANDLE_KINDS];
  sabir_pid pid;
};

/* A call with subject as its handle and all else valid. It leaves nothing behind when it fails, and checks that out parameters
 * are then NULL and that messages are still the caller's. */
struct handle_call {
  const char *name;
  int kind;
  sabir_status (*call)(void *subject, const struct handles *handles);
};

extern const struct handle_call handle_calls[];
extern const size_t handle_call_count;

/* A system of one worker, one handle of each kind, and a port's pid. */
struct handles make_handles(void);
void end_handles(struct handles *handles);

/* A destroyed handle of that kind, made in the system of handles. */
void *destroyed_handle(const struct handles *handles, int kind);

#endif
