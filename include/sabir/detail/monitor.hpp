// What an actor or a port is told of the ends and restarts of others: of those it watches (monitors), and of those it is linked with.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_DETAIL_MONITOR_HPP
#define SABIR_DETAIL_MONITOR_HPP

#include <sabir/detail/failure.hpp>

#include <optional>

namespace sabir {
inline namespace v0 {

/// See SABIR_MONITOR_RESTARTS.
struct monitor_options {
  bool restarts = false;  ///< tell of restarts in place, too
};

/// An actor that is watched is gone, and the monitor with it. An actor that watches has `void receive(sabir::context &, sabir::down)`; a
/// port gets it as a message: `received.as<sabir::down>()`. The same goes for those below.
struct down {
  sabir_pid actor = 0;
  sabir_ref monitor = 0;
  exit_reason exit;  ///< why; SABIR_EXIT_NO_ACTOR: it was gone already when it was to be watched
};

/// An actor that is watched with `{.restarts = true}` was restarted in place. If it had failed, why is in the log.
struct restarted {
  sabir_pid actor = 0;
  sabir_ref monitor = 0;
  std::uint64_t count = 0;  ///< how often since it was told last
};

/// An actor that this one is linked with is gone, and this one traps exits.
struct exited {
  sabir_pid actor = 0;
  exit_reason exit;
};

/// The mailbox of an actor that had no room has some again: see context::notify_writable.
struct writable {
  sabir_pid actor = 0;
  sabir_ref notice = 0;
};

namespace detail {

template <class T>
inline constexpr bool is_notice =
    std::is_same_v<T, down> || std::is_same_v<T, restarted> || std::is_same_v<T, exited> || std::is_same_v<T, writable>;

// A message of the engine as a T; nullopt if it is of another kind. No type id can forge these.
template <class T>
  requires is_notice<T>
std::optional<T> notice(const sabir_message *message) {
  const std::int32_t kind = sabir_message_kind(message);
  const sabir_pid actor = sabir_message_sender(message);
  if constexpr (std::is_same_v<T, down>) {
    if (kind == SABIR_KIND_DOWN) return down{actor, sabir_message_ref(message), exit_reason(sabir_message_exit(message))};
  } else if constexpr (std::is_same_v<T, restarted>) {
    if (kind == SABIR_KIND_RESTARTED) return restarted{actor, sabir_message_ref(message), sabir_message_count(message)};
  } else if constexpr (std::is_same_v<T, writable>) {
    if (kind == SABIR_KIND_WRITABLE) return writable{actor, sabir_message_ref(message)};
  } else {
    if (kind == SABIR_KIND_EXIT) return exited{actor, exit_reason(sabir_message_exit(message))};
  }
  return std::nullopt;
}

}  // namespace detail
}  // namespace v0
}  // namespace sabir

#endif
