// Ports from a C call: for port.cpp and monitor.cpp.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "guard.hpp"

namespace sabir::capi {

// Runs a body with the port behind a handle, kept alive for the call: body(PortEntry &, Thread &).
template <class Body>
sabir_status with_port(sabir_port *handle, Body &&body) {
  return guard([&]() -> sabir_status {
    if (!handle) return SABIR_E_INVALID;
    handles::Pin pin(handles::Kind::port, reinterpret_cast<std::uintptr_t>(handle));
    auto *entry = static_cast<PortEntry *>(pin.object());
    if (!entry) return SABIR_E_HANDLE;
    return body(*entry, pin.thread());
  });
}

}  // namespace sabir::capi
