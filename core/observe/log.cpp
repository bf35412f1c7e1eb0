// SPDX-License-Identifier: Apache-2.0
#include "observe/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "base/callback.hpp"
#include "base/thread.hpp"

namespace sabir::observe {

namespace {

// Ours alone: not registered, so a host's own use of spdlog does not see it. Never destroyed: see sabir.h, exit.
spdlog::logger &stderr_logger() {
  static spdlog::logger *const logger = [] {
    auto *made = new spdlog::logger("sabir", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_level(spdlog::level::trace);   // levels are filtered before
    made->set_pattern("%Y-%m-%d %H:%M:%S.%e [%l] %v");
    return made;
  }();
  return *logger;
}

spdlog::level::level_enum level_of(std::int32_t level) noexcept {
  switch (level) {
    case SABIR_LOG_DEBUG: return spdlog::level::debug;
    case SABIR_LOG_INFO: return spdlog::level::info;
    case SABIR_LOG_WARNING: return spdlog::level::warn;
    default: return spdlog::level::err;
  }
}

}  // namespace

Log::~Log() {
  if (drop_) (void)call_out([drop = drop_, argument = argument_] { drop(argument); });
}

Status Log::set_sink(sabir_log_fn sink, std::uintptr_t argument, sabir_drop_fn drop, bool until_shutdown) {
  if (Thread::current().in_log_sink) return SABIR_E_WOULD_DEADLOCK;
  sabir_drop_fn old_drop;
  std::uintptr_t old_argument;
  {
    MutexLock lock(mutex_);
    sink_ = sink;
    until_shutdown_ = until_shutdown;
    old_argument = std::exchange(argument_, argument);
    old_drop = std::exchange(drop_, drop);
  }
  if (old_drop) (void)call_out([&] { old_drop(old_argument); });   // there is nowhere to report it to
  return SABIR_OK;
}

void Log::end_sink() {
  {
    MutexLock lock(mutex_);
    if (!until_shutdown_) return;
  }
  (void)set_sink(nullptr, 0, nullptr);
}

void Log::write(std::int32_t level, const char *source, std::uint64_t pid, std::string_view actor, Pieces text) noexcept {
  if (level < level_.load(std::memory_order_relaxed)) return;
  Thread &thread = Thread::current();
  if (thread.in_log_sink) return;   // what a sink itself brings about must not come back to it
  try {
    const Uncancelled here;   // the standard sink writes, and spdlog lets no unwinding through
    const std::string actor_name(actor), line = joined(text);
    MutexLock lock(mutex_);
    if (!sink_) {
      stderr_logger().log(level_of(level), "{}: {}: {:x}{}{} {}", system_, source, pid, actor_name.empty() ? "" : " ", actor_name, line);
      return;
    }
    const sabir_log_record record{sizeof(sabir_log_record), level, system_.c_str(), source, pid, actor_name.c_str(), line.c_str()};
    thread.in_log_sink = true;
    (void)call_out([&] {   // a sink that fails has nowhere to say so
      mutex_.assume_held();
      sink_(argument_, &record);
    });
    thread.in_log_sink = false;
  } catch (const std::bad_alloc &) {
    // Nothing can be said.
  }
}

}  // namespace sabir::observe
