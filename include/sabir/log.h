/* Logs: what the library has to say goes to stderr through spdlog, or to a sink of the host's. On stderr a line names the system, the part
 * that speaks, the actor's pid (in hexadecimal; 0: none) and name.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_LOG_H
#define SABIR_LOG_H

#include <sabir/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SABIR_LOG_DEBUG 1
#define SABIR_LOG_INFO 2
#define SABIR_LOG_WARNING 3
#define SABIR_LOG_ERROR 4
#define SABIR_LOG_OFF 5

/* One entry of the log. Everything in it is borrowed, for the sink's call. */
typedef struct sabir_log_record {
  uint32_t struct_size;             /* as the library has it */
  int32_t level;                    /* SABIR_LOG_... */
  const char *system;               /* the system's name */
  const char *source;               /* the part of the library that speaks: "actor", "shutdown", ... */
  sabir_pid pid;                    /* the actor concerned; 0: none */
  const char *actor;                /* its name, "" if none */
  const char *text;                 /* UTF-8, NUL-terminated; a crash's detail (a traceback) follows its message on further lines */
} sabir_log_record;

/* Receives the records at or above the level. Runs on any thread, one call at a time, with no lock of the engine held; it must not
 * call into sabir but for accessors. An exception out of it is caught and dropped. It must not end its thread (behavior.h). */
typedef void (*sabir_log_fn)(uintptr_t argument, const sabir_log_record *record);

/* Replaces a system's log sink; NULL restores stderr. drop (may be NULL) runs once when the sink is replaced or the system ends,
 * after its last call. On failure drop is not called. sabir_log_set_sink_at (delivery.h) is for hosts that are not called back.
 * Errors: HANDLE, INVALID, NOMEM, FORKED, WOULD_DEADLOCK (from inside a sink).
 * Threads: any. Blocks: while the present sink is being called. Calls back: drop. From a handler: yes. */
SABIR_API SABIR_MUST_CHECK sabir_status sabir_log_set_sink(sabir_system *system, sabir_log_fn sink, uintptr_t argument, sabir_drop_fn drop);

/* The lowest level that is logged; default SABIR_LOG_WARNING. Errors: HANDLE, INVALID, FORKED.
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API sabir_status sabir_log_set_level(sabir_system *system, int32_t level);

#ifdef __cplusplus
}
#endif
#endif
