// What must be true of every sequence of calls. A violation prints what it was and aborts, which a fuzzer keeps as a crash.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sabir/sabir.h>

#include <cstdio>
#include <cstdlib>
#include <initializer_list>

namespace fuzz {

[[noreturn]] inline void violated(const char *file, int line, const char *what) {
  std::fprintf(stderr, "%s:%d: violated: %s\n", file, line, what);
  std::abort();
}

inline sabir_status expect_status(sabir_status status, std::initializer_list<sabir_status> possible, const char *file, int line,
                                  const char *call) {
  for (const sabir_status one : possible)
    if (one == status) return status;
  std::fprintf(stderr, "%s:%d: %s gave %s (%d)\n", file, line, call, sabir_status_name(status), static_cast<int>(status));
  std::abort();
}

#define ORACLE(expression) ((expression) ? static_cast<void>(0) : fuzz::violated(__FILE__, __LINE__, #expression))
// The status of call, which must be one of those that follow.
#define EXPECT(call, ...) fuzz::expect_status((call), {__VA_ARGS__}, __FILE__, __LINE__, #call)

}  // namespace fuzz
