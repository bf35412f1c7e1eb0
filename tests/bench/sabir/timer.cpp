/* Timers that an actor arms for itself: most are cancelled before they fire (one operation is an arm and a cancel), and here a million
 * that do fire, one each microsecond. Of those one operation is the processor time of the whole process per timer, to arm it and to
 * receive it; one sample of lateness is how long after its time a timer is received.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <algorithm>
#include <vector>

#include "support.hpp"

namespace bench {
namespace {

constexpr std::uint64_t burst_timers = 1000;
constexpr std::uint64_t timeout_ns = 5000000000;

struct alignas(line_bytes) Canceller {
  sabir_pid port = 0;
  std::uint64_t left = 0;
};

struct alignas(line_bytes) Sleeper {
  sabir_pid port = 0;
  std::uint64_t count = 0;
  std::vector<std::uint64_t> late_ns;
};

sabir_status canceller_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  auto *canceller = state_of<Canceller>(state);
  if (canceller->left == 0) return sabir_context_send(context, canceller->port, message);
  const sabir_pid self = sabir_context_self(context);
  const std::uint64_t burst = std::min(canceller->left, burst_timers);
  for (std::uint64_t i = 0; i != burst; ++i) {
    sabir_message *timeout = nullptr;
    sabir_ref ref = 0;
    check(sabir_message_create(WORK, 0, &timeout), "sabir_message_create");
    check(sabir_context_timer_after(context, self, &timeout, timeout_ns, &ref), "sabir_context_timer_after");
    check(sabir_context_timer_cancel(context, ref), "sabir_context_timer_cancel");
  }
  canceller->left -= burst;
  return sabir_context_send(context, self, message);
}

void arm_all(sabir_context *context, const Sleeper *sleeper) {
  const std::uint64_t start_ns = now_ns();
  for (std::uint64_t i = 0; i != sleeper->count; ++i) {
    const std::uint64_t due_ns = timer_due_ns(start_ns, i, sleeper->count);
    sabir_message *message = nullptr;
    check(sabir_message_create_bytes(WORK, &due_ns, sizeof due_ns, &message), "sabir_message_create_bytes");
    const std::uint64_t armed_ns = now_ns();
    expect(armed_ns < due_ns, "a timer's time has come before it is armed");
    check(sabir_context_timer_after(context, sabir_context_self(context), &message, due_ns - armed_ns, nullptr),
          "sabir_context_timer_after");
  }
}

sabir_status sleeper_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  auto *sleeper = state_of<Sleeper>(state);
  if (sabir_message_type(*message) == GO_ON) {
    arm_all(context, sleeper);
    return SABIR_OK;
  }
  const std::uint64_t now = now_ns();
  const std::uint64_t due_ns = value_of(*message);
  expect(now >= due_ns, "a timer fired early");
  sleeper->late_ns.push_back(now - due_ns);
  if (sleeper->late_ns.size() != sleeper->count) return SABIR_OK;
  const std::uint64_t one = 1;
  return sabir_context_send_bytes(context, sleeper->port, DONE, &one, sizeof one);
}

}  // namespace

void timer_arm_cancel(const Arguments &arguments) {
  const Behavior behavior("canceller", canceller_receive);
  Canceller canceller;
  System system(arguments.workers);
  canceller = {system.port(), arguments.n};
  const sabir_pid pid = system.spawn(behavior, &canceller, nullptr);

  const std::uint64_t start_ns = now_ns();
  system.send(pid, GO_ON, 1);
  system.await();
  print_time(arguments, arguments.n, now_ns() - start_ns);
}

void timer_million(const Arguments &arguments) {
  const Behavior behavior("sleeper", sleeper_receive);
  Sleeper sleeper;
  System system(arguments.workers);
  sleeper.port = system.port();
  sleeper.count = arguments.n;
  sleeper.late_ns.reserve(arguments.n);
  const sabir_pid pid = system.spawn(behavior, &sleeper, nullptr);

  const std::uint64_t start_ns = process_cpu_ns();
  system.send(pid, GO_ON, 0);
  system.await();
  print_time(arguments, arguments.n, process_cpu_ns() - start_ns);
  print_latencies(renamed(arguments, "timer-late"), sleeper.late_ns);
}

}  // namespace bench
