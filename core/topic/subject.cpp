// SPDX-License-Identifier: Apache-2.0
#include "topic/subject.hpp"

#include "base/utf8.hpp"

namespace sabir::topic {

namespace {

const char *fault_of(std::string_view name, bool pattern) noexcept {
  if (name.empty()) return "it is empty";
  if (name.size() > SABIR_SUBJECT_MAX) return "it is longer than 255 bytes";
  if (!is_utf8(name)) return "it is not UTF-8";
  std::size_t tokens = 0;
  for (std::size_t begin = 0;;) {
    const std::size_t dot = name.find('.', begin);
    const std::string_view token = name.substr(begin, dot == std::string_view::npos ? dot : dot - begin);
    if (token.empty()) return "it has an empty token";
    if (++tokens > SABIR_SUBJECT_TOKENS_MAX) return "it has more than 32 tokens";
    const bool wildcard = token == "*" || token == ">";
    for (const char c : token) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte <= ' ' || byte == 0x7F) return "it has a space or a control character";
      if (!wildcard && (c == '*' || c == '>')) return "a wildcard is no token of its own";
    }
    if (wildcard && !pattern) return "it is published to, so it must not have wildcards";
    if (token == ">" && dot != std::string_view::npos) return "'>' is not its last token";
    if (dot == std::string_view::npos) return nullptr;
    begin = dot + 1;
  }
}

}  // namespace

const char *fault_of_subject(std::string_view subject) noexcept { return fault_of(subject, false); }
const char *fault_of_pattern(std::string_view pattern) noexcept { return fault_of(pattern, true); }

}  // namespace sabir::topic
