// SPDX-License-Identifier: Apache-2.0
#include "sabir/timer.h"

#include "actor/delivery.hpp"
#include "actor/runner.hpp"
#include "actor/sending.hpp"
#include "base/memory.hpp"
#include "env/environment.hpp"
#include "guard.hpp"
#include "timer/timers.hpp"

namespace {

using namespace sabir;
using namespace sabir::capi;

constexpr uint64_t interval_least_ns = 1'000'000;

// Arms a timer: of a message (moved on success), or of a type each interval. self: the actor that arms it, or NULL.
Status arm(System &system, Thread &thread, actor::Context *self, sabir_pid to, sabir_message **message, sabir_type type,
           uint64_t interval_ns, uint64_t delay_ns, sabir_ref *ref) {
  if (delay_ns > SABIR_TIMER_LIMIT_NS) return SABIR_E_INVALID;
  actor::Cell *cell;
  if (const Status status = actor::resolve(system.engine(), to, cell); !status.ok()) return status;
  timer::Timers::Request request;
  actor::Context *present = self ? self : actor::context_of(thread, system.engine());
  if (message) {
    Message &moved = **message;
    if (moved.size > system.engine().message_size_limit) return SABIR_E_TOO_BIG;
    if (!actor::may_move(moved, present)) return SABIR_E_BORROWED;
    if (moved.has(message_flag::request)) return SABIR_E_INVALID;
    // A pid's tag is for its life, so that the timer need not look again.
    const actor::Bounds bounds = actor::Bounds::from(cell->bounds.load(std::memory_order_relaxed));
    if (const Status status = actor::fits(system.engine(), *cell, bounds, moved); !status.ok()) return status;
    request.message = &moved;
  }
  request.to = to;
  request.type = type;
  request.interval_ns = interval_ns;
  request.deadline_ns = system.engine().environment.now_ns() + delay_ns;
  if (self) {
    request.sender = self->self;
    if (!actor::make_cold(self, *self->cell)) return SABIR_E_NOMEM;
    request.owner = &self->cell->cold->timers;
  }
  std::uint64_t asked = 0;
  if (message) {
    actor::detach_if_attached(present, **message);
    make_plain(**message);
    asked = ask_of(**message);
  }
  std::uint64_t armed = 0;
  const Status status = system.timers().arm(request, armed);
  if (!status.ok()) return status;
  if (message) *message = nullptr;
  if (asked) system.fail_ask(asked, SABIR_E_UNANSWERED, {}, nullptr);
  if (ref) *ref = armed;
  return SABIR_OK;
}

Status after(System &system, Thread &thread, actor::Context *self, sabir_pid to, sabir_message **message, uint64_t delay_ns,
             sabir_ref *ref) {
  if (!message || !*message) return SABIR_E_INVALID;
  if (system.engine().closing.load(std::memory_order_relaxed) && !self) return SABIR_E_CLOSED;
  return arm(system, thread, self, to, message, 0, 0, delay_ns, ref);
}

Status every(System &system, Thread &thread, actor::Context *self, sabir_pid to, sabir_type type, uint64_t interval_ns, sabir_ref *ref) {
  if (interval_ns < interval_least_ns) return SABIR_E_INVALID;
  if (system.engine().closing.load(std::memory_order_relaxed) && !self) return SABIR_E_CLOSED;
  return arm(system, thread, self, to, nullptr, type, interval_ns, interval_ns, ref);
}

Status cancel(System &system, Thread &thread, sabir_ref ref) {
  if (ref != 0 && Pid::unpack(ref).tag != system.engine().tag) return SABIR_E_FOREIGN;
  timer::Timers::Cancelled cancelled;
  const Status status = system.timers().cancel(ref, cancelled);
  if (cancelled.message) free_message(thread, cancelled.message);
  return status;
}

}  // namespace

extern "C" {

sabir_status sabir_timer_after(sabir_system *system, sabir_pid to, sabir_message **message, uint64_t delay_ns, sabir_ref *ref) {
  if (ref) *ref = 0;
  return with_system(
      system, [&](System &target, Thread &thread) -> sabir_status { return after(target, thread, nullptr, to, message, delay_ns, ref); });
}

sabir_status sabir_timer_every(sabir_system *system, sabir_pid to, sabir_type type, uint64_t interval_ns, sabir_ref *ref) {
  if (ref) *ref = 0;
  return with_system(
      system, [&](System &target, Thread &thread) -> sabir_status { return every(target, thread, nullptr, to, type, interval_ns, ref); });
}

sabir_status sabir_timer_cancel(sabir_system *system, sabir_ref ref) {
  return with_system(system, [&](System &target, Thread &thread) -> sabir_status { return cancel(target, thread, ref); });
}

sabir_status sabir_context_timer_after(sabir_context *context, sabir_pid to, sabir_message **message, uint64_t delay_ns, sabir_ref *ref) {
  if (ref) *ref = 0;
  return with_own_context(context, [&](actor::Context &self) -> sabir_status {
    return after(system_of(self), *self.thread, &self, to, message, delay_ns, ref);
  });
}

sabir_status sabir_context_timer_every(sabir_context *context, sabir_pid to, sabir_type type, uint64_t interval_ns, sabir_ref *ref) {
  if (ref) *ref = 0;
  return with_own_context(context, [&](actor::Context &self) -> sabir_status {
    return every(system_of(self), *self.thread, &self, to, type, interval_ns, ref);
  });
}

sabir_status sabir_context_timer_cancel(sabir_context *context, sabir_ref ref) {
  return with_own_context(context, [&](actor::Context &self) -> sabir_status { return cancel(system_of(self), *self.thread, ref); });
}
}
