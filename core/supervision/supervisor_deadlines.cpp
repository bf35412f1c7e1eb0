// What a supervisor waits for: health checks, and the deadlines of starts, shutdowns and backoffs behind one alarm.
//
// SPDX-License-Identifier: Apache-2.0
#include "supervision/supervisor.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "actor/delivery.hpp"
#include "base/assert.hpp"
#include "base/exit.hpp"
#include "base/memory.hpp"
#include "sabir/log.h"

namespace sabir::supervision {

using actor::Cell;
using actor::Context;

namespace {

Decimal milliseconds(std::uint64_t ns) noexcept { return Decimal(ns / 1'000'000); }

bool later(const Due &one, const Due &other) noexcept { return one.deadline_ns > other.deadline_ns; }

}  // namespace

// ---- health ----

void Supervisor::check(Context &context, Child &child) {
  const HealthCheck &health = child.spec.health;
  if (child.state != ChildState::running) return;
  Thread &thread = *context.thread;
  Message *ping = allocate_message(thread, ++child.pings, sizeof(std::uint64_t));
  set_deadline(child, Deadline::check, health.interval_ns);
  if (!ping) return;  // at the next interval
  ping->kind = MessageKind::ping;
  *static_cast<std::uint64_t *>(ping->payload()) = now_ns();
  if (!actor::deliver_notice(services_.engine, child.pid, *ping)) {
    free_message(thread, ping);
    return;
  }
  set_deadline(child, Deadline::pong, health.timeout_ns);
  clear_deadline(child, Deadline::check);  // the next after this one has been answered, or has not
}

void Supervisor::on_pong(Context &context, Child &child) {
  if (child.state != ChildState::running || child.spec.health.interval_ns == 0 ||
      child.tie->answered.load(std::memory_order_relaxed) != child.pings)
    return;
  if (child.deadlines[static_cast<std::size_t>(Deadline::pong)] == 0) return;  // too late: it has failed already
  clear_deadline(child, Deadline::pong);
  const HealthCheck &limits = child.spec.health;
  std::uint32_t health = child.tie->health.load(std::memory_order_relaxed);
  Why why = {"its health callback says so", {}, {}};
  const auto judge = [&](std::uint64_t value, std::uint64_t degraded, std::uint64_t failed, const Why &what) {
    std::uint32_t found = SABIR_HEALTH_OK;
    if (failed != 0 && value >= failed) {
      found = SABIR_HEALTH_FAILED;
    } else if (degraded != 0 && value >= degraded) {
      found = SABIR_HEALTH_DEGRADED;
    }
    if (found > health) {
      health = found;
      why = what;
    }
  };
  std::uint64_t depth = 0;
  if (Cell * cell; actor::resolve(services_.engine, child.pid, cell, true).ok()) {
    depth = static_cast<std::uint64_t>(std::max(0, actor::depth_of(*cell)));
  }
  const Decimal depth_text(depth);
  judge(depth, limits.degraded_depth, limits.failed_depth, {{}, depth_text, " messages are in its mailbox"});
  const std::uint64_t waited_ns = child.tie->waited_ns.load(std::memory_order_relaxed);
  const Decimal waited_text = milliseconds(waited_ns);
  judge(waited_ns, limits.degraded_age_ns, limits.failed_age_ns, {"its oldest message was ", waited_text, " ms old"});
  on_checked(context, child, health, why);
}

void Supervisor::on_checked(Context &, Child &child, std::uint32_t health, const Why &why) {
  const std::uint32_t before = std::exchange(child.health, health);
  if (health != SABIR_HEALTH_FAILED) {
    child.failed_checks = 0;
    if (health == SABIR_HEALTH_DEGRADED && before != health)
      log(SABIR_LOG_WARNING, &child, {"degraded: ", why.before, why.number, why.after});
  } else if (++child.failed_checks >= child.spec.health.threshold) {
    child.failed_checks = 0;
    fail_child(child, SABIR_EXIT_UNHEALTHY, {"unhealthy: ", why.before, why.number, why.after});
    return;
  } else {
    log(SABIR_LOG_WARNING, &child, {"a health check failed: ", why.before, why.number, why.after});
  }
  set_deadline(child, Deadline::check, child.spec.health.interval_ns);
}

// ---- deadlines ----

void Supervisor::set_deadline(Child &child, Deadline what, std::uint64_t in_ns) noexcept {
  if (in_ns == SABIR_FOREVER) {
    clear_deadline(child, what);
    return;
  }
  const std::uint64_t deadline_ns = now_ns() + in_ns;
  child.deadlines[static_cast<std::size_t>(what)] = deadline_ns;
  if (due_.size() >= due_room(count_)) {
    std::erase_if(due_, [this](const Due &due) { return !is_live(due); });
    std::make_heap(due_.begin(), due_.end(), later);
  }
  due_.push_back({deadline_ns, child.slot, child.serial, what});
  std::push_heap(due_.begin(), due_.end(), later);
  if (deadline_ns < alarm_ns_) arm_alarm();
}

bool Supervisor::is_live(const Due &due) const noexcept {
  const Child *child = slots_[due.slot].get();
  return child && child->serial == due.serial && child->deadlines[static_cast<std::size_t>(due.what)] == due.deadline_ns;
}

// For the earliest deadline.
void Supervisor::arm_alarm() noexcept {
  if (alarm_ref_ != 0) {
    timer::Timers::Cancelled cancelled;
    if (services_.timers.cancel(alarm_ref_, cancelled).ok() && cancelled.alarm) {
      memory::destroy(static_cast<actor::Signal *>(cancelled.alarm));
    }
  }
  alarm_ref_ = 0;
  alarm_ns_ = timer::Wheel::none;
  auto *alarm = memory::create<actor::Signal>();
  if (!alarm) {
    set_without_alarm(true);
    return;
  }
  alarm->kind = actor::SignalKind::alarm;
  alarm->target = self_;
  timer::Timers::Request request;
  request.to = self_;
  request.sender = self_;
  request.alarm = alarm;
  request.deadline_ns = due_.front().deadline_ns;
  request.owner = &cell_->cold->timers;
  const bool armed = services_.timers.arm(request, alarm_ref_).ok();
  if (armed) {
    alarm_ns_ = request.deadline_ns;
  } else {
    memory::destroy(alarm);
  }
  set_without_alarm(!armed);
}

// Without, its runner calls alarmed() before each message, and each time that the watchdog nudges it.
void Supervisor::set_without_alarm(bool without) noexcept {
  if (without) actor::set_flag(*cell_, actor::cell_flag::alarmed);
  if (without == without_alarm_) return;
  without_alarm_ = without;
  // relaxed: see there.
  without ? services_.engine.without_alarm.fetch_add(1, std::memory_order_relaxed)
          : services_.engine.without_alarm.fetch_sub(1, std::memory_order_relaxed);
}

void Supervisor::alarmed(Context &context, Cell &cell) noexcept {
  alarm_ref_ = 0;
  alarm_ns_ = timer::Wheel::none;
  const std::uint64_t now = now_ns();
  while (!due_.empty() && (due_.front().deadline_ns <= now || !is_live(due_.front()))) {
    std::pop_heap(due_.begin(), due_.end(), later);
    const Due due = due_.back();
    due_.pop_back();
    if (!is_live(due)) continue;
    Child &child = *slots_[due.slot];
    clear_deadline(child, due.what);
    on_due(context, child, due.what);
  }
  if (due_.empty()) {
    set_without_alarm(false);
  } else if (due_.front().deadline_ns < alarm_ns_) {
    arm_alarm();
  }
  advance(context);
  finish(context, cell);
}

void Supervisor::on_due(Context &context, Child &child, Deadline what) {
  switch (what) {
    case Deadline::start: {
      const Decimal waited = milliseconds(child.spec.start_timeout_ns);
      const Pieces text = {"start has not returned after ", waited, " ms"};
      const sabir_exit *exit = exits::make_of(SABIR_EXIT_START_TIMEOUT, SABIR_E_TIMEOUT, child.pid, text, nullptr);
      refuse_waiters(child, SABIR_E_TIMEOUT, exit ? std::string_view(exit->message) : std::string_view());
      if (child.initial) {
        log(SABIR_LOG_ERROR, &child, {"start has not returned after ", waited, " ms; the child is forgotten, and ends when it returns"});
        tell_why(child, exit);
        forget(child);
        return;
      }
      exits::release(exit);
      fail_child(child, SABIR_EXIT_START_TIMEOUT, text);
      return;
    }
    case Deadline::shutdown:
      log(SABIR_LOG_WARNING, &child,
          {"a handler has not returned ", milliseconds(child.spec.shutdown_ns), " ms after the child was told to end; it is left behind"});
      leave_behind(child);
      refuse_waiters(child, SABIR_E_TIMEOUT, "a handler of the child has not returned");
      return;
    case Deadline::backoff:
      if ((child.state == ChildState::suspended || child.state == ChildState::stopped) && !is_planned(child)) start_child(context, child);
      return;  // else it has its turn in the plan
    case Deadline::check: check(context, child); return;
    case Deadline::pong:
      on_checked(context, child, SABIR_HEALTH_FAILED, {"no answer within ", milliseconds(child.spec.health.timeout_ns), " ms"});
      return;
  }
}

}  // namespace sabir::supervision
