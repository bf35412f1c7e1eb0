/* sabir: an actor runtime to link and drive from any language. This header includes all others.
 *
 * Start here
 *   system.h       create a system, shut it down
 *   behavior.h     the callbacks that make an actor
 *   actor.h        spawn, stop, drain, kill
 *   context.h      what an actor may do from inside its callbacks
 *   message.h      messages and sends
 *   ask.h          messages that want an answer
 *   port.h         a mailbox for a thread
 *   executor.h     where actors run
 *   delivery.h     handlers that the host calls itself
 *   mailbox.h      bounds, priorities, the stash
 *   supervisor.h   actors that restart others when they fail
 *   monitor.h      being told when an actor is gone
 *   link.h         actors that end together
 *   timer.h        messages that come later
 *   registry.h     names for actors
 *   group.h        one name for many
 *   router.h       who of many gets the next message
 *   topic.h        messages to whoever has subscribed
 *   exit.h         why an actor ended
 *   dead_letter.h  what reached nobody
 *   log.h          what the library says
 *   status.h       statuses and errors; version.h, types.h: the rest
 *
 * Conventions
 *  1. C99 and C++11. Names are sabir_noun_verb and SABIR_CONSTANT.
 *  2. Handles are opaque. Pids, refs and types are 64-bit numbers.
 *  3. A call that can fail returns a sabir_status: 0 is success, negative an error. A sabir_error ** receives the detail.
 *  4. create(..., T **out) sets *out to NULL (or 0) on failure. destroy(T **) takes NULL and *NULL, and sets *T to NULL.
 *  5. A parameter is borrowed (for the call, the rule where nothing is said), moved (on success only; the caller's pointer becomes
 *     NULL) or out.
 *  6. Option structures begin with struct_size, are made by their _INIT macro or _init function, and only ever grow at the end. Zero
 *     means default. A non-zero option that the library does not know is SABIR_E_OPTION. So are sizes smaller than version 0.1's.
 *  7. A callback has a uintptr_t argument, and where it is kept a drop function that ends it exactly once. If a registration fails,
 *     drop is not called (supervisor.h says where it is otherwise).
 *  8. Each function states its errors, threads, whether it blocks, whether it calls back, and whether a handler may call it.
 *     INVALID (a NULL where none is allowed), FORKED and HANDLE may come from every call that takes a handle.
 *  9. No exception crosses this boundary, in either direction. pthread_exit and cancellation may; behavior.h says where.
 * 10. Strings in are UTF-8, NUL-terminated where no size is given; names that are no UTF-8 are refused, texts of failures are mended
 *     (context.h). Strings out are UTF-8 and NUL-terminated.
 * 11. Times are nanoseconds of the monotonic clock. In options a negative one (2^63 and more, but for SABIR_FOREVER) is INVALID.
 * 12. Linking the library changes nothing in its host: malloc and operator new stay what they were.
 * 13. After fork, in the child, calls give SABIR_E_FORKED and do nothing; destroys are silent.
 *
 * Not supported: longjmp out of callbacks; unloading the library (it is linked -z nodelete); use after process exit has begun to
 * run destructors, except destroys.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_H
#define SABIR_H

#include <sabir/actor.h>
#include <sabir/ask.h>
#include <sabir/behavior.h>
#include <sabir/context.h>
#include <sabir/dead_letter.h>
#include <sabir/delivery.h>
#include <sabir/executor.h>
#include <sabir/exit.h>
#include <sabir/group.h>
#include <sabir/link.h>
#include <sabir/log.h>
#include <sabir/mailbox.h>
#include <sabir/message.h>
#include <sabir/monitor.h>
#include <sabir/port.h>
#include <sabir/registry.h>
#include <sabir/router.h>
#include <sabir/status.h>
#include <sabir/supervisor.h>
#include <sabir/system.h>
#include <sabir/timer.h>
#include <sabir/topic.h>
#include <sabir/types.h>
#include <sabir/version.h>

#endif
