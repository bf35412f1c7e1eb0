/* The words every other header uses: handles, identifiers, the two function shapes, and the attribute macros.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_TYPES_H
#define SABIR_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A tool that chokes on attributes may define these to nothing before including. */
#ifndef SABIR_API
#if defined(__GNUC__)
#define SABIR_API __attribute__((visibility("default")))
#else
#define SABIR_API
#endif
#endif
#ifndef SABIR_MUST_CHECK
#if defined(__GNUC__)
#define SABIR_MUST_CHECK __attribute__((warn_unused_result))
#else
#define SABIR_MUST_CHECK
#endif
#endif

/* For a call whose status truly does not matter: SABIR_IGNORE(sabir_send(...)); */
#define SABIR_IGNORE(call) \
  do {                     \
    if ((call) != 0) {     \
    }                      \
  } while (0)

#ifdef __cplusplus
extern "C" {
#endif

/* 0 is success, negative is a sabir error (status.h), positive is the application's own (context.h). */
typedef int32_t sabir_status;

/* The name of an actor or a port: 10 bits of system tag, 26 of index, 28 of generation. 0 is none. Logs print it in hexadecimal. May be
 * copied, stored and compared freely; a pid whose actor has exited is stale and never comes back to life while its system lives. Another
 * system may get the tag of one that has ended, and with it its pids, after about a thousand others. */
typedef uint64_t sabir_pid;

/* The name of one ask, monitor, timer or subscription, unique while its system lives. 0 is none. */
typedef uint64_t sabir_ref;

/* What a message is: the 64-bit FNV-1a hash of a name (sabir_type_of), or any number of your own. 0 is untyped. */
typedef uint64_t sabir_type;

/* Handles. They are opaque, never dereferenced by the caller, and counted where a _retain exists: using one that was
 * destroyed gives SABIR_E_HANDLE, not a crash. (While others hold references it is still good, as a behavior is while a system keeps it:
 * do not rely on it.) Messages, errors, exits and reports are plain owned pointers instead: using one after it was destroyed or moved, by
 * a second pointer to it, is undefined. */
typedef struct sabir_system sabir_system;
typedef struct sabir_behavior sabir_behavior;
typedef struct sabir_executor sabir_executor;
typedef struct sabir_port sabir_port;
typedef struct sabir_router sabir_router;
typedef struct sabir_message sabir_message;
typedef struct sabir_error sabir_error;
typedef struct sabir_exit sabir_exit;
typedef struct sabir_report sabir_report;

/* What a handler gets: valid during that call, on that thread, only; one of a delivery (delivery.h) until that is
 * completed, on any. A later use gives SABIR_E_CONTEXT. */
typedef struct sabir_context sabir_context;

/* Ends the life of a callback's argument. Called exactly once, on any thread, with no lock held. It may call any sabir function
 * that does not block. An exception out of it is caught and logged. It must not end its thread (but see behavior.h). */
typedef void (*sabir_drop_fn)(uintptr_t argument);

/* Durations are nanoseconds of the monotonic clock. This one never ends. */
static const uint64_t SABIR_FOREVER = 0xffffffffffffffff;

#ifdef __cplusplus
}
#endif
#endif
