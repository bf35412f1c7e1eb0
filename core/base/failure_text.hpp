// What sabir_context_fail, or a completion, said.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sabir/status.h"

namespace sabir {

struct FailureText {
  sabir_status code = SABIR_OK;
  std::string message;
  std::string detail;
};

}  // namespace sabir
