// Executors of one's own.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_DETAIL_EXECUTOR_HPP
#define SABIR_DETAIL_EXECUTOR_HPP

#include <sabir/detail/failure.hpp>
#include <sabir/detail/options.hpp>

namespace sabir {
inline namespace v0 {

class system;

/// Where actors run, beside the system's default arena: spawn({.executor = &blocking}, ...). Move-only. Threads: any.
class executor {
 public:
  /// Throws sabir::error.
  explicit executor(const sabir::system &system, const executor_options &options = {});
  executor(executor &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  executor &operator=(executor &&other) noexcept {
    if (this != &other) {
      SABIR_IGNORE(close());
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  /// As close(). An executor that actors still live on stays until its system ends.
  ~executor() { SABIR_IGNORE(close()); }

  /// How many NUMA nodes and types of cores the options may choose among: 1 where there are no more, or oneTBB cannot tell (executor.h).
  [[nodiscard]] static std::uint32_t numa_nodes() noexcept { return sabir_executor_numa_nodes(); }
  [[nodiscard]] static std::uint32_t core_types() noexcept { return sabir_executor_core_types(); }

  /// Joins its threads. BUSY: actors live on it; WOULD_DEADLOCK: called on a worker thread. Blocks while the threads end.
  sabir_status close() noexcept { return sabir_executor_destroy(&handle_); }
  /// Runs the actors of a polled executor on this thread until none has anything to do, or `most` has passed (zero: no limit). `wait`: how
  /// long to wait for something to do. OK; TIMEOUT, WOKEN: there was nothing; CLOSED: the executor or its system has ended; INVALID: it is
  /// not polled; WOULD_DEADLOCK: called from a handler. executor.h says what a thread that polls must not wait for.
  [[nodiscard]] sabir_status run(std::chrono::nanoseconds wait = std::chrono::nanoseconds::max(),
                                 std::chrono::nanoseconds most = std::chrono::nanoseconds{0}) {
    return sabir_executor_run(handle_, detail::timeout_ns(wait), detail::option_ns(most));
  }
  /// Makes one run that waits, or the next one that would, return WOKEN. Throws sabir::error.
  void wake() { detail::check(sabir_executor_wake(handle_)); }
  /// A file descriptor that is readable while run would not wait; the executor's. Throws sabir::error.
  [[nodiscard]] std::int32_t descriptor() const {
    std::int32_t found = -1;
    detail::check(sabir_executor_descriptor(handle_, &found));
    return found;
  }

  sabir_executor *handle() const noexcept { return handle_; }

 private:
  sabir_executor *handle_ = nullptr;
};

}  // namespace v0
}  // namespace sabir

#endif
