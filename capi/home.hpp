// Callbacks that have a home: what is called back becomes a notice at a polled executor.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "actor/supervised.hpp"
#include "executor/board.hpp"
#include "guard.hpp"

namespace sabir::capi {

// kind: SABIR_DELIVERY_... notice: out. Errors: INVALID, HANDLE, NOMEM.
Status make_notice(sabir_executor *home, std::uint8_t kind, std::uintptr_t value, executor::Notice *&notice) noexcept;
// What it was for has not come to be.
void unmake(executor::Notice &notice) noexcept;
// Brings it home. Where that has ended, nobody hears of it.
void post(executor::Notice &notice) noexcept;
// It has been handed out.
void free_notice(executor::Board &board, executor::Notice &notice) noexcept;

// What a notice says that is made when it happens, to the home, and with the value, of another one.
struct Told {
  std::uint8_t kind;  // SABIR_DELIVERY_LOG, SABIR_DELIVERY_EVENT
  std::uint32_t code;
  std::uint64_t actor;
  std::uint64_t state;
};
// make: makes its message, of `size` bytes, from what `from` points to; NULL: no memory. Where too many wait, or memory lacks, it is lost.
void tell(const executor::Notice &subscriber, const Told &told, std::size_t size, Message *(*make)(Thread &, const void *from),
          const void *from) noexcept;

// An argument whose end comes home. moved: its end comes also where this fails, but for a home that is none, and where memory lacks to
// tell it. what: the options' name, for the error. Errors: those of make_notice. Throws std::bad_alloc.
Status hold_at(System &system, std::uintptr_t value, sabir_executor *home, bool moved, actor::ArgumentRef &argument, const char *what,
               sabir_error **error);
// It is the caller's again: nothing comes.
void take_back(actor::Argument &argument) noexcept;
// The end of an argument that nobody holds yet.
void drop_at(sabir_executor *home, std::uintptr_t value) noexcept;

}  // namespace sabir::capi
