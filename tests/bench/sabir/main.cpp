// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

namespace {

constexpr std::uint64_t cold_idle_ns = 5000000;

struct Workload {
  const char *name;
  void (*run)(const bench::Arguments &arguments);
};

const Workload workloads[] = {
    {"ping-pong", [](const bench::Arguments &arguments) { bench::ping_pong(arguments, 1, false, false); }},
    {"ping-pong-supervised", [](const bench::Arguments &arguments) { bench::ping_pong(arguments, 1, false, true); }},
    {"ping-pong-bounded", [](const bench::Arguments &arguments) { bench::ping_pong(arguments, 1, true, false); }},
    {"ping-pong-100", [](const bench::Arguments &arguments) { bench::ping_pong(arguments, 100, false, false); }},
    {"ring-100", [](const bench::Arguments &arguments) { bench::ring(arguments); }},
    {"fan-in-1", [](const bench::Arguments &arguments) { bench::fan_in(arguments, 1, false); }},
    {"fan-in-1-block", [](const bench::Arguments &arguments) { bench::fan_in(arguments, 1, true); }},
    {"fan-in-4", [](const bench::Arguments &arguments) { bench::fan_in(arguments, 4, false); }},
    {"fan-in-4-block", [](const bench::Arguments &arguments) { bench::fan_in(arguments, 4, true); }},
    {"foreign-1", [](const bench::Arguments &arguments) { bench::foreign_threads(arguments, 1, false); }},
    {"foreign-1-block", [](const bench::Arguments &arguments) { bench::foreign_threads(arguments, 1, true); }},
    {"foreign-2", [](const bench::Arguments &arguments) { bench::foreign_threads(arguments, 2, false); }},
    {"foreign-2-block", [](const bench::Arguments &arguments) { bench::foreign_threads(arguments, 2, true); }},
    {"spawn-1", [](const bench::Arguments &arguments) { bench::spawn_message_exit(arguments, 1); }},
    {"spawn-2", [](const bench::Arguments &arguments) { bench::spawn_message_exit(arguments, 2); }},
    {"router-direct", [](const bench::Arguments &arguments) { bench::route(arguments, bench::Routing::direct); }},
    {"router-round-robin", [](const bench::Arguments &arguments) { bench::route(arguments, bench::Routing::round_robin); }},
    {"router-hash", [](const bench::Arguments &arguments) { bench::route(arguments, bench::Routing::hash); }},
    {"skynet", [](const bench::Arguments &arguments) { bench::skynet(arguments); }},
    {"ask-hot", [](const bench::Arguments &arguments) { bench::ask(arguments, 0); }},
    {"ask-cold", [](const bench::Arguments &arguments) { bench::ask(arguments, cold_idle_ns); }},
    {"memory-per-idle-actor", [](const bench::Arguments &arguments) { bench::memory_per_actor(arguments); }},
    {"restart", [](const bench::Arguments &arguments) { bench::restart(arguments, false); }},
    {"restart-loaded", [](const bench::Arguments &arguments) { bench::restart(arguments, true); }},
    {"restart-flood", [](const bench::Arguments &arguments) { bench::restart_flood(arguments); }},
    {"tree", [](const bench::Arguments &arguments) { bench::tree(arguments); }},
    {"tree-start-blocking", [](const bench::Arguments &arguments) { bench::tree_blocking(arguments); }},
    {"timer-arm-cancel", [](const bench::Arguments &arguments) { bench::timer_arm_cancel(arguments); }},
    {"timer-1m", [](const bench::Arguments &arguments) { bench::timer_million(arguments); }},
    {"topic-1000", [](const bench::Arguments &arguments) { bench::topic(arguments, 1000); }},
    {"send-batch", [](const bench::Arguments &arguments) { bench::send_batch(arguments, true); }},
    {"send-batch-foreign", [](const bench::Arguments &arguments) { bench::send_batch(arguments, false); }},
    {"poll-256", [](const bench::Arguments &arguments) { bench::poll_ring(arguments, 1); }},
    {"poll-ring-256", [](const bench::Arguments &arguments) { bench::poll_ring(arguments, 256); }},
    {"turn-256", [](const bench::Arguments &arguments) { bench::turn_ring(arguments, 1); }},
    {"turn-ring-256", [](const bench::Arguments &arguments) { bench::turn_ring(arguments, 256); }},
    {"poll-1", [](const bench::Arguments &arguments) { bench::poll_one(arguments); }},
    {"run-1", [](const bench::Arguments &arguments) { bench::run_one(arguments); }},
    {"turn-1", [](const bench::Arguments &arguments) { bench::turn_one(arguments); }},
};

}  // namespace

int main(int count, char **values) {
  const bench::Arguments arguments = bench::parse_arguments(count, values);
  for (const Workload &workload : workloads)
    if (arguments.workload == workload.name) {
      workload.run(arguments);
      return 0;
    }
  bench::fail("no such workload");
}
