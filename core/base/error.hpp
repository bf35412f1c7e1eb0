// Statuses inside the engine, and the error object that carries a text out of it.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sabir/status.h"

// The C handle itself: one definition, no cast.
struct sabir_error {
  sabir_status status;
  std::string message;
};

namespace sabir {

// A status that nobody may drop.
struct [[nodiscard]] Status {
  sabir_status value = SABIR_OK;
  constexpr Status(sabir_status status) noexcept : value(status) {}
  constexpr bool ok() const noexcept { return value == SABIR_OK; }
  constexpr operator sabir_status() const noexcept { return value; }
};

// Puts a new error into *out (if the caller wants one and there is memory) and gives its status back.
Status fail(sabir_error **out, sabir_status status, std::string message);

}  // namespace sabir
