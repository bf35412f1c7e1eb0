// Messages, actors and helpers of the tests of the C++ face.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_TESTS_CPP_SUPPORT_HPP
#define SABIR_TESTS_CPP_SUPPORT_HPP

#include <gtest/gtest.h>

#include <future>
#include <sabir/sabir.hpp>

namespace sabir_test {

using namespace std::chrono_literals;

/// Longer than anything here takes on a slow machine under a sanitizer.
inline constexpr std::chrono::seconds long_enough{30};

struct Add {
  std::uint64_t amount;
};
struct Get {
  using reply = std::uint64_t;
};
struct Crash {
  using reply = void;
};

class Counter : public sabir::actor<Add, Get, Crash> {
 public:
  explicit Counter(std::uint64_t total = 0) : total_(total) {}
  void receive(sabir::context &, Add message) { total_ += message.amount; }
  std::uint64_t receive(sabir::context &, Get) { return total_; }
  void receive(sabir::context &, Crash) { throw std::runtime_error("the counter was told to crash"); }

 private:
  std::uint64_t total_;
};

/// A system whose crashes, which the tests cause, are not logged.
class Quiet : public sabir::system {
 public:
  explicit Quiet(const sabir::system_options &options = {.workers = 2}) : sabir::system(options) { set_log_level(SABIR_LOG_OFF); }
};

/// Waits for a future with a deadline, and fails the test at it.
template <class T>
T get(std::future<T> future) {
  if (future.wait_for(long_enough) != std::future_status::ready) throw std::runtime_error("what the test waits for has not happened");
  return future.get();
}

/// An actor that has ended is dead at the latest when its system has shut down; before, this asks until it is.
template <class A>
void wait_until_dead(sabir::ref<A> actor) {
  const auto deadline = std::chrono::steady_clock::now() + long_enough;
  while (actor.alive() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_FALSE(actor.alive());
}

}  // namespace sabir_test

#endif
