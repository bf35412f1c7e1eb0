// Timers with typed messages: what context::after and every, and those of system, have in common.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_DETAIL_TIMER_HPP
#define SABIR_DETAIL_TIMER_HPP

#include <sabir/detail/message.hpp>

#include <chrono>

namespace sabir {
inline namespace v0 {
namespace detail {

// A delay, or an interval: what is over already is over now.
constexpr std::uint64_t delay_ns(std::chrono::nanoseconds delay) noexcept {
  return delay.count() <= 0 ? 0 : static_cast<std::uint64_t>(delay.count());
}

// Arms a timer by a call of the C ABI: call(&message, delay_ns, &ref).
template <class Value, class Call>
sabir_ref arm_after(Value &&value, std::chrono::nanoseconds delay, Call &&call) {
  sabir_ref armed = 0;
  check(deliver(std::forward<Value>(value), [&](sabir_message **sent) { return call(sent, delay_ns(delay), &armed); }));
  return armed;
}

// The same for one that repeats: call(type, interval_ns, &ref).
template <class Message, class Call>
sabir_ref arm_every(std::chrono::nanoseconds interval, Call &&call) {
  static_assert(std::is_empty_v<Message>, "sabir: a message that a timer repeats has no bytes: send an empty type");
  sabir_ref armed = 0;
  check(call(type_id<Message>, delay_ns(interval), &armed));
  return armed;
}

// Whether an end that may have come by itself was still to be made: NO_REF is an answer, anything else a failure.
inline bool ended(sabir_status status) {
  if (status != SABIR_E_NO_REF) check(status);
  return status == SABIR_OK;
}

}  // namespace detail
}  // namespace v0
}  // namespace sabir

#endif
