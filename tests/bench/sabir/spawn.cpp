/* Spawn an actor, send it one message, which it handles, and let it exit. One operation is all of that for one actor.
 *
 * A spawner spawns a batch and goes on when the last child of the batch has handled its message. A child that has counted itself
 * may still be exiting, at most one per worker, so batches leave room for that under the limit of actors alive at once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <algorithm>
#include <atomic>
#include <vector>

#include "support.hpp"

namespace bench {
namespace {

constexpr std::uint64_t alive_limit = 1000;

struct alignas(line_bytes) Spawner {
  sabir_behavior *child = nullptr;
  sabir_pid self = 0;
  sabir_pid port = 0;
  std::uint64_t batch = 0;
  std::uint64_t left = 0;
  std::atomic<std::uint64_t> children_left{0};  // written by the spawner while it has no children, and by its children
};

sabir_status child_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  auto *spawner = state_of<Spawner>(state);
  if (spawner->children_left.fetch_sub(1) == 1) {
    const sabir_status status = sabir_context_send(context, spawner->self, message);
    if (status != SABIR_OK) return status;
  }
  return sabir_context_stop(context);
}

sabir_status spawner_receive(sabir_context *context, uintptr_t state, sabir_message **) {
  auto *spawner = state_of<Spawner>(state);
  const std::uint64_t batch = std::min(spawner->left, spawner->batch);
  if (batch == 0) {
    const std::uint64_t one = 1;
    return sabir_context_send_bytes(context, spawner->port, DONE, &one, sizeof one);
  }
  spawner->left -= batch;
  spawner->children_left = batch;
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  options.argument = state;
  for (std::uint64_t value = 0; value != batch; ++value) {
    sabir_pid child = 0;
    sabir_status status = sabir_context_spawn(context, spawner->child, &options, &child, nullptr);
    if (status == SABIR_OK) status = sabir_context_send_bytes(context, child, WORK, &value, sizeof value);
    if (status != SABIR_OK) return status;
  }
  return SABIR_OK;
}

}  // namespace

void spawn_message_exit(const Arguments &arguments, std::uint64_t spawners) {
  const std::uint64_t count = arguments.n / spawners;
  expect(count > 0, "N is smaller than the number of spawners");
  const sabir_mailbox_options mailbox = unbounded_mailbox();
  const Behavior child("child", child_receive);
  const Behavior spawner("spawner", spawner_receive);
  std::vector<Spawner> states(spawners);
  System system(arguments.workers);
  for (Spawner &state : states) {
    state.child = child.handle();
    state.port = system.port();
    state.batch = alive_limit / spawners - 1 - arguments.workers;  // the spawner lives, too
    state.left = count;
    state.self = system.spawn(spawner, &state, &mailbox);
  }

  const std::uint64_t start_ns = now_ns();
  for (const Spawner &state : states) system.send(state.self, GO_ON, 0);
  expect(system.await(spawners) == spawners, "a spawner did not end");
  print_time(arguments, count * spawners, now_ns() - start_ns);
}

}  // namespace bench
