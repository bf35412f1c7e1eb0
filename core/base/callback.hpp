// Calling out: every callback of the host's goes through call(), which stops exceptions and lets forced unwinding (pthread_exit,
// cancellation) pass.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cxxabi.h>

#include <exception>
#include <string>

namespace sabir {

// What an exception said.
struct Thrown {
  bool happened = false;
  std::string what;   // empty if there was no memory for it
};

template <class Function>
Thrown call(Function &&function) {
  Thrown thrown;
  const auto say = [&thrown](const char *text) noexcept {
    thrown.happened = true;
    try {
      thrown.what = text;
    } catch (...) {
    }
  };
  try {
    function();
  } catch (abi::__forced_unwind &) {
    throw;
  } catch (const std::exception &exception) {
    say(exception.what());
  } catch (...) {
    say("an exception that is no std::exception");
  }
  return thrown;
}

}  // namespace sabir
