/* Spawning: short-lived actors, skynet and idle actors. The protocols are those of the sabir programs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "workloads.hpp"

namespace bench {
namespace {

constexpr std::uint64_t alive_limit = 1000;
constexpr std::uint64_t batch_actors = 1000;
constexpr std::uint64_t fan_out = 10;

struct spawner_state {
  std::uint64_t left = 0;
  std::atomic<std::uint64_t> children_left{0};
};

caf::behavior child(caf::event_based_actor *self, spawner_state *shared, const caf::actor &spawner) {
  return {[=](add_atom, std::uint64_t) {
    if (shared->children_left.fetch_sub(1) == 1) self->send(spawner, go_on_atom::value);
    self->quit();
  }};
}

caf::behavior spawner(caf::stateful_actor<spawner_state> *self, const caf::actor &driver, std::uint64_t count, std::uint64_t batch_limit) {
  self->state.left = count;
  return {[=](go_on_atom) {
    const std::uint64_t batch = std::min(self->state.left, batch_limit);
    if (batch == 0) {
      self->send(driver, done_atom::value, std::uint64_t{1});
      return;
    }
    self->state.left -= batch;
    self->state.children_left = batch;
    for (std::uint64_t value = 0; value != batch; ++value)
      self->send(self->spawn(child, &self->state, caf::actor_cast<caf::actor>(self)), add_atom::value, value);
  }};
}

struct node_state {
  std::uint64_t sum = 0;
  std::uint64_t children_left = fan_out;
};

caf::behavior node(caf::stateful_actor<node_state> *self, const caf::actor &parent, std::uint64_t number, std::uint64_t leaves) {
  if (leaves == 1) {
    self->send(parent, done_atom::value, number);
    return {};  // An actor without a behavior ends.
  }
  for (std::uint64_t i = 0; i != fan_out; ++i)
    self->spawn(node, caf::actor_cast<caf::actor>(self), number + i * (leaves / fan_out), leaves / fan_out);
  return {[=](done_atom, std::uint64_t value) {
    self->state.sum += value;
    if (--self->state.children_left != 0) return;
    self->send(parent, done_atom::value, self->state.sum);
    self->quit();
  }};
}

struct idle_state {
  std::array<unsigned char, 48> bytes;
};

caf::behavior idle(caf::stateful_actor<idle_state> *self, std::atomic<std::uint64_t> *left, const caf::actor &driver) {
  self->state.bytes.fill(1);
  if (left->fetch_sub(1) == 1) self->send(driver, done_atom::value, std::uint64_t{1});
  return {[=](add_atom, std::uint64_t) {}};
}

}  // namespace

void spawn_message_exit(caf::actor_system &system, const Arguments &arguments, std::uint64_t spawners) {
  const std::uint64_t count = arguments.n / spawners;
  expect(count > 0, "N is smaller than the number of spawners");
  caf::scoped_actor self{system};
  std::vector<caf::actor> actors;
  for (std::uint64_t i = 0; i != spawners; ++i)
    actors.push_back(system.spawn(spawner, caf::actor_cast<caf::actor>(self), count, alive_limit / spawners - 1 - arguments.workers));

  const std::uint64_t start_ns = now_ns();
  for (const caf::actor &actor : actors) self->send(actor, go_on_atom::value);
  expect(await(self, spawners) == spawners, "a spawner did not end");
  print_time(arguments, count * spawners, now_ns() - start_ns);
}

void skynet(caf::actor_system &system, const Arguments &arguments) {
  std::uint64_t leaves = 1;
  std::uint64_t actors = 1;
  while (leaves < arguments.n) {
    leaves *= fan_out;
    actors += leaves;
  }
  expect(leaves == arguments.n, "N must be a power of ten");
  caf::scoped_actor self{system};

  const std::uint64_t start_ns = now_ns();
  system.spawn(node, caf::actor_cast<caf::actor>(self), std::uint64_t{0}, leaves);
  const std::uint64_t sum = await(self);
  print_time(arguments, actors, now_ns() - start_ns);
  expect(sum == leaves * (leaves - 1) / 2, "the sum is wrong");
}

void memory_per_actor(caf::actor_system &system, const Arguments &arguments) {
  caf::scoped_actor self{system};
  // An actor nobody refers to ends, so all are kept. The room for the references is touched first and so not counted.
  std::vector<caf::actor> actors(arguments.n);
  std::atomic<std::uint64_t> left_to_start{0};
  const std::uint64_t before = resident_bytes();
  for (std::uint64_t spawned = 0; spawned != arguments.n;) {
    const std::uint64_t batch = std::min(arguments.n - spawned, batch_actors);
    left_to_start = batch;
    for (std::uint64_t i = 0; i != batch; ++i) actors[spawned++] = system.spawn(idle, &left_to_start, caf::actor_cast<caf::actor>(self));
    await(self);
  }
  print_bytes(arguments, static_cast<double>(resident_bytes() - before) / static_cast<double>(arguments.n));
}

}  // namespace bench
