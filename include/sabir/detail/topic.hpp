// Topics with typed messages: what system::subscribe and publish, and those of context, have in common.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_DETAIL_TOPIC_HPP
#define SABIR_DETAIL_TOPIC_HPP

#include <sabir/detail/message.hpp>

#include <exception>
#include <string>

namespace sabir {
inline namespace v0 {

/// How a message is published.
struct publish_options {
  bool retain = false;  ///< the subject keeps it for later subscribers; one without bytes clears what it keeps
};

namespace detail {

// Subscribes by a call of the C ABI: call(pattern, &ref).
template <class Call>
sabir_ref subscribe(std::string_view pattern, Call &&call) {
  sabir_ref made = 0;
  check(call(c_name(std::string(pattern)), &made));
  return made;
}

inline std::uint32_t to_c(publish_options options) noexcept { return options.retain ? SABIR_PUBLISH_RETAIN : 0; }

// Publishes by a call of the C ABI: call(subject, &message, flags, &delivered).
template <class Message, class Call>
std::uint64_t publish(std::string_view subject, const Message &value, publish_options options, Call &&call) {
  message made = message::of(value);
  std::uint64_t delivered = 0;
  check(call(c_name(std::string(subject)), made.move(), to_c(options), &delivered));
  return delivered;
}

// The same with a filter: call(subject, &message, flags, function, argument, &delivered). What the filter throws comes out of it again.
template <class Message, class Filter, class Call>
std::uint64_t publish_if(std::string_view subject, const Message &value, Filter &filter, Call &&call) {
  struct filtering {
    Filter &filter;
    std::exception_ptr thrown;
  } filtering{filter, nullptr};
  message made = message::of(value);
  std::uint64_t delivered = 0;
  sabir_status status = call(
      c_name(std::string(subject)), made.move(), 0,
      [](std::uintptr_t argument, sabir_pid subscriber) -> bool {
        auto &self = *reinterpret_cast<struct filtering *>(argument);
        try {
          return self.filter(subscriber);
        } catch (const std::exception &) {
          self.thrown = std::current_exception();
          throw;
        }
      },
      reinterpret_cast<std::uintptr_t>(&filtering), &delivered);
  if (filtering.thrown) std::rethrow_exception(filtering.thrown);
  check(status);
  return delivered;
}

}  // namespace detail
}  // namespace v0
}  // namespace sabir

#endif
