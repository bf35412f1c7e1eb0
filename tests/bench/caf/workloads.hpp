/* The same workloads on CAF 0.17 (Debian's libcaf-dev), written as its manual writes actors: event-based and function-based, typed by
 * atoms, on its work-stealing scheduler with scheduler.max-threads workers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_BENCH_CAF_WORKLOADS_HPP
#define SABIR_BENCH_CAF_WORKLOADS_HPP

#include <caf/all.hpp>

#include "../common/measure.hpp"

namespace bench {

using ping_atom = caf::atom_constant<caf::atom("ping")>;
using pong_atom = caf::atom_constant<caf::atom("pong")>;
using add_atom = caf::atom_constant<caf::atom("add")>;
using go_on_atom = caf::atom_constant<caf::atom("goon")>;
using done_atom = caf::atom_constant<caf::atom("done")>;
using get_atom = caf::atom_constant<caf::atom("get")>;

/* Waits for count done messages and returns the sum of their values. */
inline std::uint64_t await(caf::scoped_actor &self, std::uint64_t count = 1) {
  std::uint64_t sum = 0;
  for (; count != 0; --count) self->receive([&sum](done_atom, std::uint64_t value) { sum += value; });
  return sum;
}

void ping_pong(caf::actor_system &system, const Arguments &arguments, std::uint64_t pairs);
void ring(caf::actor_system &system, const Arguments &arguments);
void fan_in(caf::actor_system &system, const Arguments &arguments, std::uint64_t producers);
void foreign_threads(caf::actor_system &system, const Arguments &arguments, std::uint64_t threads);
void spawn_message_exit(caf::actor_system &system, const Arguments &arguments, std::uint64_t spawners);
void skynet(caf::actor_system &system, const Arguments &arguments);
void ask(caf::actor_system &system, const Arguments &arguments, std::uint64_t idle_ns);
void memory_per_actor(caf::actor_system &system, const Arguments &arguments);
void route(caf::actor_system &system, const Arguments &arguments, bool pooled);
void group(caf::actor_system &system, const Arguments &arguments, std::uint64_t members);
void timer_million(caf::actor_system &system, const Arguments &arguments);

}  // namespace bench

#endif
