// Subjects and patterns, as NATS has them: tokens with dots between. In a pattern `*` is any one token, and `>`, at the end, one or more.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "sabir/topic.h"

namespace sabir::topic {

// What is wrong with a name that is published to, or subscribed to; NULL: nothing.
const char *fault_of_subject(std::string_view subject) noexcept;
const char *fault_of_pattern(std::string_view pattern) noexcept;

// Takes the first token off a name that has no fault; empty: there is none left.
inline std::string_view next_token(std::string_view &rest) noexcept {
  const std::size_t dot = rest.find('.');
  const std::string_view token = rest.substr(0, dot);
  rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  return token;
}

}  // namespace sabir::topic
