// Calling out: every callback of the host's goes through call(), which stops exceptions and lets forced unwinding (pthread_exit,
// cancellation) pass, or through call_out(), where nothing may pass.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cxxabi.h>

#include <exception>
#include <string>

#include "base/uncancelled.hpp"
#include "base/utf8.hpp"

// Of a function that catches abi::__forced_unwind. libstdc++ gives its handler a null reference, on purpose, and g++ checks that too
// unless both of these are off for the function (docs/adr/0009).
#if defined(__clang__)
#define SABIR_CATCHES_UNWINDING
#else
#define SABIR_CATCHES_UNWINDING __attribute__((no_sanitize("null", "alignment")))
#endif

namespace sabir {

// What an exception said.
struct Thrown {
  bool happened = false;
  std::string what;   // empty if there was no memory for it
};

template <class Function>
SABIR_CATCHES_UNWINDING Thrown call(Function &&function) {
  Thrown thrown;
  const auto say = [&thrown](const char *text) noexcept {
    thrown.happened = true;
    try {
      thrown.what = printable(text);
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

// For the ends of things (release, drop) and for log sinks: they are called from destructors and in the middle of what must be finished.
// Cancellation waits until they have returned; pthread_exit out of one ends the process (behavior.h).
template <class Function>
Thrown call_out(Function &&function) noexcept {
  const Uncancelled here;
  return call(static_cast<Function &&>(function));
}

}  // namespace sabir
