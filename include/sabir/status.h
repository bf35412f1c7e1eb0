/* Statuses and errors.
 *
 * A call that can fail returns a sabir_status. Calls with many options also take a sabir_error ** (NULL if you do not
 * care): on failure it receives a new error object that says what exactly was wrong; you destroy it. On success it is set to
 * NULL. There is no "last error" of a thread.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_STATUS_H
#define SABIR_STATUS_H

#include <sabir/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SABIR_OK 0
#define SABIR_E_INVALID (-1)
#define SABIR_E_NOMEM (-2)
#define SABIR_E_LIMIT (-3)
#define SABIR_E_HANDLE (-4)
#define SABIR_E_CLOSED (-5)
#define SABIR_E_DEAD (-6)
#define SABIR_E_NO_ACTOR (-7)
#define SABIR_E_FOREIGN (-8)
#define SABIR_E_MAILBOX_FULL (-9)
#define SABIR_E_TOO_BIG (-10)
#define SABIR_E_TIMEOUT (-11)
#define SABIR_E_CANCELLED (-12)
#define SABIR_E_UNHANDLED (-13)
#define SABIR_E_UNANSWERED (-14)
#define SABIR_E_CRASHED (-15)
#define SABIR_E_BORROWED (-16)
#define SABIR_E_WOULD_DEADLOCK (-17)
#define SABIR_E_FORKED (-18)
#define SABIR_E_ABI (-19)
#define SABIR_E_OPTION (-20)
#define SABIR_E_CONTEXT (-21)
#define SABIR_E_NO_ASK (-22)
#define SABIR_E_BUSY (-23)
#define SABIR_E_WOKEN (-24)
#define SABIR_E_SURVIVORS (-25)
#define SABIR_E_EXCEPTION (-26)
#define SABIR_E_SYSTEM (-27)
#define SABIR_E_NO_REF (-28)
#define SABIR_E_NOT_SUPERVISOR (-29)
#define SABIR_E_DUPLICATE (-30)
#define SABIR_E_NO_CHILD (-31)
#define SABIR_E_START_FAILED (-32)
#define SABIR_E_NO_NAME (-33)
#define SABIR_E_NO_MEMBER (-34)
#define SABIR_E_ORDER (-35)
#define SABIR_E_NATIVE (-36)

/* The one table of statuses: name, number, text. New ones are added at the end; treat unknown numbers as errors. */
#define SABIR_STATUS_MAP(X)                                                                             \
  X(OK, 0, "success")                                                                                   \
  X(E_INVALID, -1, "an argument is NULL or out of its range")                                           \
  X(E_NOMEM, -2, "out of memory")                                                                       \
  X(E_LIMIT, -3, "a configured limit is reached")                                                       \
  X(E_HANDLE, -4, "the handle was destroyed, or is of another kind")                                    \
  X(E_CLOSED, -5, "the system, port or executor is shut down")                                          \
  X(E_DEAD, -6, "the actor has exited or is closed to new messages")                                    \
  X(E_NO_ACTOR, -7, "no actor ever had this pid")                                                       \
  X(E_FOREIGN, -8, "the pid, ref or delivery belongs to another system or executor")                    \
  X(E_MAILBOX_FULL, -9, "the receiver's mailbox is full")                                               \
  X(E_TOO_BIG, -10, "the message is larger than the system's limit")                                    \
  X(E_TIMEOUT, -11, "the time ran out")                                                                 \
  X(E_CANCELLED, -12, "the ask was cancelled")                                                          \
  X(E_UNHANDLED, -13, "the actor does not handle messages of this type")                                \
  X(E_UNANSWERED, -14, "the actor dropped the ask without answering")                                   \
  X(E_CRASHED, -15, "the actor crashed")                                                                \
  X(E_BORROWED, -16, "the message is being handled and belongs to the engine")                          \
  X(E_WOULD_DEADLOCK, -17, "the call would wait for the very thread it is made on")                     \
  X(E_FORKED, -18, "the process was forked: a system lives on in the parent only")                      \
  X(E_ABI, -19, "the library is older than the header, or of another major version")                    \
  X(E_OPTION, -20, "an option structure has a wrong size or sets an option this library does not know") \
  X(E_CONTEXT, -21, "the context is used outside the call it was given to")                             \
  X(E_NO_ASK, -22, "nobody waits for this answer: the ask has ended, or the message was no ask")        \
  X(E_BUSY, -23, "it is in use, or in a state that does not allow this")                                \
  X(E_WOKEN, -24, "the waiting call was woken from another thread")                                     \
  X(E_SURVIVORS, -25, "the deadline passed with handlers that have not returned; see the report")       \
  X(E_EXCEPTION, -26, "a callback threw an exception")                                                  \
  X(E_SYSTEM, -27, "the operating system refused a thread")                                             \
  X(E_NO_REF, -28, "the timer, monitor, link or subscription is over, or never was")                    \
  X(E_NOT_SUPERVISOR, -29, "the actor is no supervisor")                                                \
  X(E_DUPLICATE, -30, "a child has this id, another this name, or it is a member already")              \
  X(E_NO_CHILD, -31, "the supervisor has no such child")                                                \
  X(E_START_FAILED, -32, "the child's start failed")                                                    \
  X(E_NO_NAME, -33, "nobody has this name, or another than the one given")                              \
  X(E_NO_MEMBER, -34, "the group or router has no members, or not this one")                            \
  X(E_ORDER, -35, "an earlier delivery of this actor has to be completed first")                        \
  X(E_NATIVE, -36, "the receiver takes no objects of this language, or not of this binding")

/* The symbolic name ("SABIR_E_DEAD") and the text of a status. Static strings, never NULL; positive numbers are "APPLICATION",
 * unknown negative ones "UNKNOWN". Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API const char *sabir_status_name(sabir_status status);
SABIR_API const char *sabir_status_text(sabir_status status);

/* Of an error object: its status and its text (UTF-8, NUL-terminated, names the argument or option at fault; lives as long as the
 * error). NULL gives SABIR_OK and "". Threads: any, concurrently. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API sabir_status sabir_error_status(const sabir_error *error);
SABIR_API const char *sabir_error_message(const sabir_error *error);

/* Frees *error and sets it to NULL. NULL and *NULL are fine. Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API void sabir_error_destroy(sabir_error **error);

#ifdef __cplusplus
}
#endif
#endif
