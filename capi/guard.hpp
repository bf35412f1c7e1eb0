// What every entry point goes through: no call in a forked child, no exception out.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cxxabi.h>

#include <cstdint>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

#include "actor/delivered.hpp"
#include "actor/watch.hpp"
#include "base/callback.hpp"
#include "base/error.hpp"
#include "base/fork.hpp"
#include "base/handle_table.hpp"
#include "base/utf8.hpp"
#include "sabir/sabir.h"
#include "system/system.hpp"

namespace sabir::capi {

[[gnu::cold, gnu::noinline]] inline sabir_status refuse_fork(sabir_error **error) {
  return fail(error, SABIR_E_FORKED, sabir_status_text(SABIR_E_FORKED));
}

// Runs an entry point's body. Out of memory and unknown exceptions become statuses; forced unwinding (pthread_exit, cancellation) passes,
// so entry points are not noexcept.
template <class Body>
SABIR_CATCHES_UNWINDING sabir_status guard(sabir_error **error, Body &&body) {
  if (error) *error = nullptr;
  try {
    if (__builtin_expect(forked(), 0)) return refuse_fork(error);
    const actor::WatchedCall watched(Thread::current());
    return body();
  } catch (abi::__forced_unwind &) {
    throw;
  } catch (const std::bad_alloc &) {
    return SABIR_E_NOMEM;
  } catch (const std::length_error &) {   // a text of more than there could be memory for
    return SABIR_E_NOMEM;
  } catch (...) {
    return SABIR_E_EXCEPTION;
  }
}

template <class Body>
sabir_status guard(Body &&body) {
  return guard(nullptr, static_cast<Body &&>(body));
}

// Runs a body with the system behind a handle, kept alive for the call: body(System &, Thread &).
template <class Body>
sabir_status with_system(sabir_system *handle, sabir_error **error, Body &&body) {
  return guard(error, [&]() -> sabir_status {
    if (!handle) return fail(error, SABIR_E_INVALID, "system is NULL");
    handles::Pin pin(handles::Kind::system, reinterpret_cast<std::uintptr_t>(handle));
    auto *system = static_cast<System *>(pin.object());
    if (__builtin_expect(!system, 0)) return fail(error, SABIR_E_HANDLE, "system was destroyed, or is no system");
    return body(*system, pin.thread());
  });
}

template <class Body>
sabir_status with_system(sabir_system *handle, Body &&body) {
  return with_system(handle, nullptr, static_cast<Body &&>(body));
}

// Whether a context is used in the call, and on the thread, that it was given to. Its memory lives as long as its system.
inline bool in_its_call(const sabir_context *context) noexcept {
  const auto *worker = static_cast<const executor::Worker *>(Thread::current().worker);
  return worker && worker->local == context && context->cell;
}

// Runs a body with the context of a delivery that was lent to the call, on whatever thread. locks: see actor::Lent. No pin: while the call
// has the delivery, which cannot be completed then, its actor is alive, and so its system is, or is leaked.
template <class Body>
sabir_status with_lent(executor::Slot &slot, bool locks, Thread &thread, Body &&body) {
  System &system = static_cast<System &>(static_cast<actor::Delivered *>(slot.account->owner)->engine.host);
  const actor::HostContexts::Loan loan(system.host_contexts(), thread);
  if (!loan.context()) return SABIR_E_NOMEM;
  const actor::Lent lent(*loan.context(), thread, slot, locks);
  return body(*loan.context());
}

// The same with one that is lent for it.
template <class Body>
sabir_status with_delivery(executor::Board &board, std::uint64_t id, bool locks, sabir_error **error, Body &&body) {
  executor::Slot *slot = nullptr;
  if (const Status status = board.lend(id, slot); __builtin_expect(!status.ok(), 0)) {
    return fail(error, status, status == SABIR_E_BUSY ? "another call uses the context" : "context is of a delivery that is completed");
  }
  struct GiveBack {
    executor::Slot &slot;
    ~GiveBack() { executor::Board::give_back(slot); }
  } give_back{*slot};
  return with_lent(*slot, locks, Thread::current(), static_cast<Body &&>(body));
}

// Runs a body with the actor's context during one of its callbacks, or for one of its deliveries: body(actor::Context &). A context outside
// its call, or on another thread than its own, is refused. own: the body reads or writes what is the actor's own, more than its name.
template <class Body>
sabir_status with_context(sabir_context *context, sabir_error **error, Body &&body, bool own = false) {
  return guard(error, [&]() -> sabir_status {
    if (!context) return fail(error, SABIR_E_INVALID, "context is NULL");
    if (__builtin_expect(in_its_call(context), 1)) return body(*context);
    const std::uint64_t id = reinterpret_cast<std::uintptr_t>(context);
    if (executor::Board *board = executor::Board::of(id)) return with_delivery(*board, id, own, error, body);
    return fail(error, SABIR_E_CONTEXT, "context is used outside its call");
  });
}

template <class Body>
sabir_status with_context(sabir_context *context, Body &&body) {
  return with_context(context, nullptr, static_cast<Body &&>(body));
}

// For bodies that touch what the actor's runner does, and call nobody back.
template <class Body>
sabir_status with_own_context(sabir_context *context, Body &&body) {
  return with_context(context, nullptr, static_cast<Body &&>(body), true);
}

// The system whose actors a context serves.
inline System &system_of(const actor::Context &context) noexcept { return static_cast<System &>(context.engine->host); }

// A size no version will ever have is a structure that was not initialized.
inline constexpr std::uint32_t struct_size_limit = 4096;

// Whether our fields of the caller's options are there.
template <class Options>
bool is_readable(const Options &given) noexcept {
  return given.struct_size >= sizeof(Options) && given.struct_size <= struct_size_limit;
}

// Reads the caller's options, of whatever version, into ours: shorter ones than version 0.1's and unknown ones that are set are refused.
// what: the structure's name, for the error.
template <class Options>
Status read_options(const Options *given, Options &options, const char *what, sabir_error **error) {
  if (!given) return SABIR_OK;
  const std::uint32_t size = given->struct_size;
  if (size < sizeof(Options)) {
    return fail(
        error, SABIR_E_OPTION,
        std::string(what) + ".struct_size is " + std::to_string(size) + ", less than version 0.1's " + std::to_string(sizeof(Options)));
  }
  if (size > struct_size_limit) {
    return fail(error, SABIR_E_OPTION, std::string(what) + ".struct_size is " + std::to_string(size) + ": was it initialized?");
  }
  const auto *bytes = reinterpret_cast<const unsigned char *>(given);
  for (std::size_t i = sizeof(Options); i < size; ++i) {
    if (bytes[i] != 0) {
      return fail(error, SABIR_E_OPTION,
                  std::string(what) + " sets an option at byte " + std::to_string(i) + " that this library does not know");
    }
  }
  std::memcpy(&options, given, sizeof(Options));
  return SABIR_OK;
}

// Fills the caller's structure, of whatever version, with ours: the smaller part, and zeros behind it.
template <class Struct>
Status write_struct(const Struct &ours, Struct *out) noexcept {
  const std::uint32_t size = out->struct_size;
  if (size < sizeof(std::uint64_t) || size > struct_size_limit) return SABIR_E_OPTION;
  const std::size_t both = size < sizeof(Struct) ? size : sizeof(Struct);
  std::memcpy(out, &ours, both);
  if (size > both) std::memset(reinterpret_cast<char *>(out) + both, 0, size - both);
  out->struct_size = size;
  return SABIR_OK;
}

// Writes an initializer into the caller's structure, of whatever version: for the _init functions.
template <class Struct>
void initialize(const Struct &initial, Struct *out, std::uint32_t size) noexcept {
  if (!out || size < sizeof out->struct_size) return;
  std::memset(static_cast<void *>(out), 0, size);
  std::memcpy(static_cast<void *>(out), &initial, size < sizeof(Struct) ? size : sizeof(Struct));
  out->struct_size = size;
}

// A name given by the caller. limit: bytes.
inline Status check_name(const char *name, std::size_t limit, const char *what, sabir_error **error) {
  if (!name) return SABIR_OK;
  const std::size_t size = strnlen(name, limit + 1);
  if (size > limit) return fail(error, SABIR_E_INVALID, std::string(what) + " is longer than " + std::to_string(limit) + " bytes");
  if (!is_utf8({name, size})) return fail(error, SABIR_E_INVALID, std::string(what) + " is not UTF-8");
  return SABIR_OK;
}

// A time in options. One of 2^63 and more was a negative number, but for SABIR_FOREVER.
inline Status check_time(std::uint64_t given_ns, const std::string &what, sabir_error **error) {
  if (given_ns < std::uint64_t{1} << 63 || given_ns == SABIR_FOREVER) return SABIR_OK;
  return fail(error, SABIR_E_INVALID, what + " is negative");
}

// Reads mailbox options.
Status read_mailbox(const sabir_mailbox_options *given, bool port, actor::MailboxSpec &spec, sabir_error **error);

}  // namespace sabir::capi
