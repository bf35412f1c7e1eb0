// From a handle to a polled executor: for executor.cpp, delivery.cpp and turn.cpp.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "executor/polled.hpp"
#include "guard.hpp"

namespace sabir::capi {

// Runs a body with the polled executor behind a handle, kept alive for the call: body(executor::Polled &, Thread &, ExecutorEntry &), or
// without the last one.
template <class Body>
sabir_status with_polled(sabir_executor *handle, Body &&body) {
  return guard([&]() -> sabir_status {
    if (!handle) return SABIR_E_INVALID;
    handles::Pin pin(handles::Kind::executor, reinterpret_cast<std::uintptr_t>(handle));
    auto *entry = static_cast<ExecutorEntry *>(pin.object());
    if (!entry) return SABIR_E_HANDLE;
    if (entry->shape.kind != SABIR_EXECUTOR_POLLED) return SABIR_E_INVALID;
    auto &polled = static_cast<executor::Polled &>(*entry->scheduler);
    if constexpr (std::is_invocable_v<Body, executor::Polled &, Thread &, ExecutorEntry &>) {
      return body(polled, pin.thread(), *entry);
    } else {
      return body(polled, pin.thread());
    }
  });
}

}  // namespace sabir::capi
