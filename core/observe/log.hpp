// The log of a system: to stderr through spdlog, or to the host's sink. The only file pair that knows spdlog.
//
// Threads: any. One call of a sink at a time, under a mutex of its own and no other.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/mutex.hpp"
#include "base/text.hpp"
#include "sabir/log.h"

namespace sabir::observe {

class Log {
 public:
  explicit Log(std::string system) : system_(std::move(system)) {}
  ~Log();

  // until_shutdown: the sink ends with end_sink(). Errors: WOULD_DEADLOCK.
  Status set_sink(sabir_log_fn sink, std::uintptr_t argument, sabir_drop_fn drop, bool until_shutdown = false);
  // Executors are about to close, and with them those sinks that need one.
  void end_sink();
  void set_level(std::int32_t level) noexcept { level_.store(level, std::memory_order_relaxed); }
  void write(std::int32_t level, const char *source, std::uint64_t pid, std::string_view actor, Pieces text) noexcept;

 private:
  const std::string system_;
  std::atomic<std::int32_t> level_{SABIR_LOG_WARNING};   // relaxed: a setting
  Mutex mutex_;
  sabir_log_fn sink_ SABIR_GUARDED_BY(mutex_) = nullptr;
  std::uintptr_t argument_ SABIR_GUARDED_BY(mutex_) = 0;
  sabir_drop_fn drop_ SABIR_GUARDED_BY(mutex_) = nullptr;
  bool until_shutdown_ SABIR_GUARDED_BY(mutex_) = false;
};

}  // namespace sabir::observe
