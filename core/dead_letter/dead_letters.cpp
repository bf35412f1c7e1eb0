// SPDX-License-Identifier: Apache-2.0
#include "dead_letter/dead_letters.hpp"

#include "actor/delivery.hpp"
#include "base/callback.hpp"
#include "sabir/log.h"

namespace sabir {

DeadLetters::Subscription::~Subscription() {
  if (!drop) return;
  try {
    const Thrown thrown = call_out([&] { drop(argument); });
    if (thrown.happened) host.log(SABIR_LOG_ERROR, "dead_letter", 0, {}, {"drop of a subscription threw: ", thrown.what});
  } catch (const std::bad_alloc &) {
  }
}

void DeadLetters::count_unmade(Thread &thread, std::int32_t cause) noexcept {
  actor::count(engine_, thread, [cause](metrics::Counters &counters, auto add) {
    add(counters.sent, 1);
    add(counters.dead_letters[static_cast<std::size_t>(cause)], 1);
  });
}

void DeadLetters::count(Thread &thread, std::int32_t cause) noexcept {
  actor::count(engine_, thread,
               [cause](metrics::Counters &counters, auto add) { add(counters.dead_letters[static_cast<std::size_t>(cause)], 1); });
}

void DeadLetters::add(Thread &thread, const Message &message, std::int32_t cause) {
  count(thread, cause);
  if (subscribed_.load(std::memory_order_relaxed) == 0) return;
  std::array<std::shared_ptr<Subscription>, subscription_limit> present;
  {
    MutexLock lock(mutex_);
    present = subscriptions_;
  }
  for (const auto &subscription : present) {
    if (!subscription) continue;
    const Thrown thrown = call([&] { subscription->callback(subscription->argument, message.target, cause, &message); });
    if (thrown.happened) engine_.host.log(SABIR_LOG_ERROR, "dead_letter", message.target, {}, {"a subscriber threw: ", thrown.what});
  }
}

Status DeadLetters::subscribe(sabir_dead_letter_fn callback, std::uintptr_t argument, sabir_drop_fn drop, std::uint64_t &number) {
  auto subscription = std::make_shared<Subscription>(engine_.host, callback, argument);
  MutexLock lock(mutex_);
  for (auto &place : subscriptions_) {
    if (place) continue;
    subscription->drop = drop;
    subscription->number = number = ++last_number_;
    place = std::move(subscription);
    subscribed_.fetch_add(1, std::memory_order_relaxed);
    return SABIR_OK;
  }
  return SABIR_E_LIMIT;
}

bool DeadLetters::unsubscribe(std::uint64_t number) {
  std::shared_ptr<Subscription> ended;   // dropped after the lock
  MutexLock lock(mutex_);
  for (auto &place : subscriptions_) {
    if (!place || place->number != number) continue;
    ended.swap(place);
    subscribed_.fetch_sub(1, std::memory_order_relaxed);
    return true;
  }
  return false;
}

void DeadLetters::unsubscribe_all() {
  std::array<std::shared_ptr<Subscription>, subscription_limit> ended;
  MutexLock lock(mutex_);
  ended.swap(subscriptions_);
  subscribed_.store(0, std::memory_order_relaxed);
}

const char *cause_name(std::int32_t cause) noexcept {
  switch (cause) {
    case SABIR_CAUSE_ANY: return "any";
    case SABIR_CAUSE_STOPPED: return "stopped";
    case SABIR_CAUSE_KILLED: return "killed";
    case SABIR_CAUSE_CRASHED: return "crashed";
    case SABIR_CAUSE_UNHANDLED: return "unhandled";
    case SABIR_CAUSE_START_FAILED: return "start failed";
    case SABIR_CAUSE_SHUTDOWN: return "shutdown";
    case SABIR_CAUSE_PORT_CLOSED: return "port closed";
    case SABIR_CAUSE_LATE_REPLY: return "late reply";
    case SABIR_CAUSE_EXPIRED: return "expired";
    case SABIR_CAUSE_OVERFLOW: return "overflow";
    default: return "unknown";
  }
}

}  // namespace sabir
