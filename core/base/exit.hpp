// Exit reasons: why an incarnation ended. Immutable, counted; the C handle itself.
//
// Threads: any. Ownership: make gives the first reference; the last release frees it.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "sabir/exit.h"
#include "sabir/status.h"

struct sabir_exit {
  mutable std::atomic<std::uint32_t> references{1};
  bool constant = false;        // one of the static ones below: never freed, not counted
  std::int32_t reason = SABIR_EXIT_NORMAL;
  sabir_status status = SABIR_OK;
  sabir_pid pid = 0;
  const sabir_exit *cause = nullptr;   // a reference
  std::string message;
  std::string detail;
};

namespace sabir::exits {

// NULL: out of memory; use plain() then, which has no text.
[[nodiscard]] const sabir_exit *make(std::int32_t reason, sabir_status status, sabir_pid pid, std::string_view message,
                                     std::string_view detail, const sabir_exit *cause) noexcept;
// The same; the message in pieces.
[[nodiscard]] const sabir_exit *make_of(std::int32_t reason, sabir_status status, sabir_pid pid, Pieces message,
                                        const sabir_exit *cause) noexcept;
// The static exit of a reason: no text, no pid; needs no memory and no counting.
const sabir_exit *plain(std::int32_t reason) noexcept;

const sabir_exit *retain(const sabir_exit *exit) noexcept;
void release(const sabir_exit *exit) noexcept;

// Ends a reference, also where a callback ends its thread meanwhile.
struct ReleaseExit {
  explicit ReleaseExit(const sabir_exit *owned) noexcept : exit(owned) {}
  ~ReleaseExit() { release(exit); }
  ReleaseExit(const ReleaseExit &) = delete;
  ReleaseExit &operator=(const ReleaseExit &) = delete;
  const sabir_exit *exit;
};

const char *reason_name(std::int32_t reason) noexcept;
bool is_abnormal(std::int32_t reason) noexcept;

}  // namespace sabir::exits
