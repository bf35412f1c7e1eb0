// SPDX-License-Identifier: Apache-2.0
#include "base/exit.hpp"

#include <new>

namespace sabir::exits {

namespace {

constexpr std::int32_t reason_count = SABIR_EXIT_NO_ACTOR + 1;

sabir_status status_of(std::int32_t reason) noexcept {
  if (reason == SABIR_EXIT_NO_ACTOR) return SABIR_E_DEAD;
  return is_abnormal(reason) && reason != SABIR_EXIT_KILLED ? SABIR_E_CRASHED : SABIR_OK;
}

}  // namespace

const sabir_exit *make(std::int32_t reason, sabir_status status, sabir_pid pid, std::string_view message, std::string_view detail,
                       const sabir_exit *cause) noexcept try {
  auto *exit = new (std::nothrow) sabir_exit;
  if (!exit) return nullptr;
  try {
    exit->message = message;
    exit->detail = detail;
  } catch (...) {
    delete exit;
    throw;
  }
  exit->reason = reason;
  exit->status = status;
  exit->pid = pid;
  exit->cause = retain(cause);
  return exit;
} catch (const std::exception &) {
  return nullptr;
}

const sabir_exit *make_of(std::int32_t reason, sabir_status status, sabir_pid pid, Pieces message, const sabir_exit *cause) noexcept try {
  return make(reason, status, pid, joined(message), {}, cause);
} catch (const std::bad_alloc &) {
  return nullptr;
}

const sabir_exit *plain(std::int32_t reason) noexcept {
  // Placed, and never destroyed: they are handed out for the life of the process.
  alignas(sabir_exit) static unsigned char storage[sizeof(sabir_exit) * reason_count];
  static sabir_exit *const table = [] {
    for (std::int32_t i = 0; i < reason_count; ++i) {
      auto *exit = new (storage + sizeof(sabir_exit) * static_cast<std::size_t>(i)) sabir_exit;
      exit->constant = true;
      exit->reason = i;
      exit->status = status_of(i);
    }
    return std::launder(reinterpret_cast<sabir_exit *>(storage));
  }();
  return &table[reason];
}

const sabir_exit *retain(const sabir_exit *exit) noexcept {
  if (exit && !exit->constant) exit->references.fetch_add(1, std::memory_order_relaxed);   // made from a reference that exists
  return exit;
}

void release(const sabir_exit *exit) noexcept {
  while (exit && !exit->constant) {
    // acq_rel: every owner's reads happen before the last one frees it.
    if (exit->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    const sabir_exit *cause = exit->cause;
    delete exit;
    exit = cause;
  }
}

const char *reason_name(std::int32_t reason) noexcept {
  switch (reason) {
    case SABIR_EXIT_NORMAL: return "normal";
    case SABIR_EXIT_STOPPED: return "stopped";
    case SABIR_EXIT_KILLED: return "killed";
    case SABIR_EXIT_CRASHED: return "crashed";
    case SABIR_EXIT_START_FAILED: return "start failed";
    case SABIR_EXIT_SHUTDOWN: return "shutdown";
    case SABIR_EXIT_LINKED: return "linked";
    case SABIR_EXIT_INTENSITY: return "intensity";
    case SABIR_EXIT_ESCALATED: return "escalated";
    case SABIR_EXIT_UNHEALTHY: return "unhealthy";
    case SABIR_EXIT_STALLED: return "stalled";
    case SABIR_EXIT_START_TIMEOUT: return "start timeout";
    case SABIR_EXIT_NO_ACTOR: return "no actor";
    default: return "unknown";
  }
}

bool is_abnormal(std::int32_t reason) noexcept {
  return reason != SABIR_EXIT_NORMAL && reason != SABIR_EXIT_STOPPED && reason != SABIR_EXIT_SHUTDOWN;
}

}  // namespace sabir::exits
