// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"

#include <new>
#include <utility>

namespace sabir {

Status fail(sabir_error **out, sabir_status status, std::string message) {
  if (out) *out = new (std::nothrow) sabir_error{status, std::move(message)};
  return status;
}

}  // namespace sabir
