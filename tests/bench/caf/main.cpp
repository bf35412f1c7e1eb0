// SPDX-License-Identifier: Apache-2.0
#include "workloads.hpp"

namespace {

constexpr std::uint64_t cold_idle_ns = 5000000;

struct Workload {
  const char *name;
  void (*run)(caf::actor_system &system, const bench::Arguments &arguments);
};

using System = caf::actor_system;
using bench::Arguments;

const Workload workloads[] = {
    {"ping-pong", [](System &system, const Arguments &arguments) { bench::ping_pong(system, arguments, 1); }},
    {"ping-pong-100", [](System &system, const Arguments &arguments) { bench::ping_pong(system, arguments, 100); }},
    {"ring-100", [](System &system, const Arguments &arguments) { bench::ring(system, arguments); }},
    {"fan-in-1", [](System &system, const Arguments &arguments) { bench::fan_in(system, arguments, 1); }},
    {"fan-in-4", [](System &system, const Arguments &arguments) { bench::fan_in(system, arguments, 4); }},
    {"foreign-1", [](System &system, const Arguments &arguments) { bench::foreign_threads(system, arguments, 1); }},
    {"foreign-2", [](System &system, const Arguments &arguments) { bench::foreign_threads(system, arguments, 2); }},
    {"spawn-1", [](System &system, const Arguments &arguments) { bench::spawn_message_exit(system, arguments, 1); }},
    {"spawn-2", [](System &system, const Arguments &arguments) { bench::spawn_message_exit(system, arguments, 2); }},
    {"router-direct", [](System &system, const Arguments &arguments) { bench::route(system, arguments, false); }},
    {"router-round-robin", [](System &system, const Arguments &arguments) { bench::route(system, arguments, true); }},
    {"topic-1000", [](System &system, const Arguments &arguments) { bench::group(system, arguments, 1000); }},
    {"skynet", [](System &system, const Arguments &arguments) { bench::skynet(system, arguments); }},
    {"ask-hot", [](System &system, const Arguments &arguments) { bench::ask(system, arguments, 0); }},
    {"ask-cold", [](System &system, const Arguments &arguments) { bench::ask(system, arguments, cold_idle_ns); }},
    {"memory-per-idle-actor", [](System &system, const Arguments &arguments) { bench::memory_per_actor(system, arguments); }},
    {"timer-1m", [](System &system, const Arguments &arguments) { bench::timer_million(system, arguments); }},
};

}  // namespace

int main(int count, char **values) {
  const Arguments arguments = bench::parse_arguments(count, values);
  for (const Workload &workload : workloads)
    if (arguments.workload == workload.name) {
      caf::actor_system_config config;
      config.set("scheduler.max-threads", static_cast<std::size_t>(arguments.workers));
      caf::actor_system system{config};
      workload.run(system, arguments);
      return 0;
    }
  bench::fail("no such workload");
}
