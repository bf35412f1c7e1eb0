// Callbacks that have a home: what is called back becomes a notice at a polled executor.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

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

}  // namespace sabir::capi
