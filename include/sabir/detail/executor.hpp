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

  /// Joins its threads. BUSY: actors live on it; WOULD_DEADLOCK: called on a worker thread. Blocks while the threads end.
  sabir_status close() noexcept { return sabir_executor_destroy(&handle_); }
  sabir_executor *handle() const noexcept { return handle_; }

 private:
  sabir_executor *handle_ = nullptr;
};

}  // namespace v0
}  // namespace sabir

#endif
