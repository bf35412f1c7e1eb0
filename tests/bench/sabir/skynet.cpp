/* Skynet: an actor spawns ten, each of them ten, and so on down to N leaves, which send their number up; everyone adds up what it
 * gets and passes it on (https://github.com/atemerev/skynet). One operation is one actor: of N = 1,000,000 leaves, 1,111,111.
 *
 * A child reads its number and its parent from a seed in its parent's state. That is safe because the parent lives until all of
 * its children have answered.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <memory>

#include "support.hpp"

namespace bench {
namespace {

constexpr std::uint64_t fan_out = 10;

struct Seed {
  sabir_pid parent = 0;
  std::uint64_t number = 0;
  std::uint64_t leaves = 0;
};

struct Node {
  sabir_pid parent = 0;
  std::uint64_t sum = 0;
  std::uint64_t children_left = fan_out;
  Seed seeds[fan_out];
};

const Behavior *node_behavior = nullptr;

sabir_status spawn_children(sabir_context *context, Node *node, const Seed &seed) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  const std::uint64_t leaves = seed.leaves / fan_out;
  for (std::uint64_t i = 0; i != fan_out; ++i) {
    node->seeds[i] = {sabir_context_self(context), seed.number + i * leaves, leaves};
    options.argument = reinterpret_cast<uintptr_t>(&node->seeds[i]);
    sabir_pid child = 0;
    const sabir_status status = sabir_context_spawn(context, node_behavior->handle(), &options, &child, nullptr);
    if (status != SABIR_OK) return status;
  }
  return SABIR_OK;
}

sabir_status node_start(sabir_context *context, uintptr_t argument, uintptr_t *state) {
  const Seed seed = *state_of<const Seed>(argument);
  if (seed.leaves == 1) {
    *state = 0;
    const sabir_status status = sabir_context_send_bytes(context, seed.parent, WORK, &seed.number, sizeof seed.number);
    return status == SABIR_OK ? sabir_context_stop(context) : status;
  }
  auto node = std::make_unique<Node>();
  node->parent = seed.parent;
  const sabir_status status = spawn_children(context, node.get(), seed);
  *state = reinterpret_cast<uintptr_t>(node.release());
  return status;
}

sabir_status node_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  auto *node = state_of<Node>(state);
  node->sum += value_of(*message);
  if (--node->children_left != 0) return SABIR_OK;
  const sabir_status status = sabir_context_send_bytes(context, node->parent, WORK, &node->sum, sizeof node->sum);
  return status == SABIR_OK ? sabir_context_stop(context) : status;
}

void node_stop(sabir_context *, uintptr_t state, const sabir_exit *) { delete state_of<Node>(state); }

}  // namespace

void skynet(const Arguments &arguments) {
  std::uint64_t leaves = 1;
  std::uint64_t actors = 1;
  while (leaves < arguments.n) {
    leaves *= fan_out;
    actors += leaves;
  }
  expect(leaves == arguments.n, "N must be a power of ten");
  const Behavior behavior("node", node_receive, node_start, node_stop);
  node_behavior = &behavior;
  Seed root;
  System system(arguments.workers);

  const std::uint64_t start_ns = now_ns();
  root = {system.port(), 0, leaves};
  system.spawn(behavior, &root, nullptr);
  const std::uint64_t sum = system.await();
  print_time(arguments, actors, now_ns() - start_ns);
  expect(sum == leaves * (leaves - 1) / 2, "the sum is wrong");
}

}  // namespace bench
