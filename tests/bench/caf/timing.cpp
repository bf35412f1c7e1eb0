/* Timers: an actor's delayed_send to itself. CAF 0.17 cannot cancel one, so there is no such row.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <chrono>
#include <vector>

#include "workloads.hpp"

namespace bench {
namespace {

struct sleeper_state {
  std::uint64_t left = 0;
};

caf::behavior sleeper(caf::stateful_actor<sleeper_state> *self, const caf::actor &driver, std::uint64_t count,
                      std::vector<std::uint64_t> *late_ns) {
  self->state.left = count;
  return {[=](go_on_atom) {
            const std::uint64_t start_ns = now_ns();
            for (std::uint64_t i = 0; i != count; ++i) {
              const std::uint64_t due_ns = timer_due_ns(start_ns, i, count);
              const std::uint64_t armed_ns = now_ns();
              expect(armed_ns < due_ns, "a timer's time has come before it is armed");
              self->delayed_send(self, std::chrono::nanoseconds(due_ns - armed_ns), add_atom::value, due_ns);
            }
          },
          [=](add_atom, std::uint64_t due_ns) {
            const std::uint64_t now = now_ns();
            expect(now >= due_ns, "a timer fired early");
            late_ns->push_back(now - due_ns);
            if (--self->state.left == 0) self->send(driver, done_atom::value, std::uint64_t{1});
          }};
}

}  // namespace

void timer_million(caf::actor_system &system, const Arguments &arguments) {
  std::vector<std::uint64_t> late_ns;
  late_ns.reserve(arguments.n);
  caf::scoped_actor self{system};
  const caf::actor actor = system.spawn(sleeper, caf::actor_cast<caf::actor>(self), arguments.n, &late_ns);

  const std::uint64_t start_ns = process_cpu_ns();
  self->send(actor, go_on_atom::value);
  await(self);
  print_time(arguments, arguments.n, process_cpu_ns() - start_ns);
  print_latencies(renamed(arguments, "timer-late"), late_ns);
}

}  // namespace bench
