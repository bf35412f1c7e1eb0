// SABIR_ASSERT: for our own bugs, on in every build. The user's mistakes get a status instead.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace sabir {

[[noreturn]] void assertion_failed(const char *expression, const char *file, int line) noexcept;

}  // namespace sabir

#define SABIR_ASSERT(expression) \
  (__builtin_expect(!!(expression), 1) ? (void)0 : ::sabir::assertion_failed(#expression, __FILE__, __LINE__))
