// Random graphs of actors with tiny mailboxes that are set to block, threads that wait in their sends, and random ends: whatever the
// graph, it comes to rest, nobody stays muted, and every message is accounted for. --messages is about how many there are in all.
//
// SPDX-License-Identifier: Apache-2.0
#include "stress.hpp"

#include <atomic>
#include <vector>

namespace {

enum : sabir_type { PASS = 1, ARE_YOU_THERE };

constexpr std::uint32_t most_actors = 24;
constexpr std::uint32_t most_neighbours = 3;
constexpr std::uint32_t thread_count = 3;
constexpr std::uint32_t sends_per_thread = 100;

struct graph;

struct actor {
  graph *where = nullptr;
  std::uint32_t neighbours[most_neighbours] = {};
  std::uint32_t neighbour_count = 0;
  stress::random random{0};
};

struct graph {
  sabir_system *system = nullptr;
  std::uint32_t size = 0;
  std::uint32_t kill_one_in = 0;  // 0: nobody dies
  actor actors[most_actors];
  sabir_pid pids[most_actors] = {};
};

// Each message leads to 0, 1 or 2 others, one on average, and to none when its steps are used up.
sabir_status receive(sabir_context *context, std::uintptr_t state, sabir_message **message) {
  actor &self = *reinterpret_cast<actor *>(state);
  if (sabir_message_type(*message) == ARE_YOU_THERE) return sabir_context_reply_bytes(context, 1, nullptr, 0);
  std::uint32_t steps = 0;
  std::memcpy(&steps, sabir_message_data(*message), sizeof steps);
  if (steps == 0) return SABIR_OK;
  --steps;
  for (std::uint32_t copies = self.random.below(3); copies > 0; --copies) {
    const sabir_pid to = self.where->pids[self.neighbours[self.random.below(self.neighbour_count)]];
    const sabir_status status = self.random.one_in(8) ? sabir_send_bytes(self.where->system, to, PASS, &steps, sizeof steps)
                                                      : sabir_context_send_bytes(context, to, PASS, &steps, sizeof steps);
    STRESS_CHECK(status == SABIR_OK || status == SABIR_E_MAILBOX_FULL || status == SABIR_E_DEAD || status == SABIR_E_CLOSED);
  }
  return SABIR_OK;
}

void send_all(graph &where, std::uint64_t seed) {
  stress::random random(seed);
  for (std::uint32_t sends = 0; sends < sends_per_thread; ++sends) {
    const sabir_pid to = where.pids[random.below(where.size)];
    const std::uint32_t steps = random.below(20);
    const sabir_status status = sabir_send_bytes(where.system, to, PASS, &steps, sizeof steps);
    STRESS_CHECK(status == SABIR_OK || status == SABIR_E_MAILBOX_FULL || status == SABIR_E_DEAD || status == SABIR_E_CLOSED);
    if (where.kill_one_in > 0 && random.one_in(where.kill_one_in)) {
      const sabir_pid victim = where.pids[random.below(where.size)];
      const sabir_status ended = random.one_in(2) ? sabir_actor_kill(where.system, victim) : sabir_actor_drain(where.system, victim);
      STRESS_CHECK(ended == SABIR_OK || ended == SABIR_E_DEAD);
    }
  }
}

void spawn_all(graph &where, sabir_behavior *behavior, stress::random &random) {
  for (std::uint32_t index = 0; index < where.size; ++index) {
    actor &self = where.actors[index];
    self.where = &where;
    self.random = stress::random(random.next());
    self.neighbour_count = 1 + random.below(most_neighbours);
    for (std::uint32_t neighbour = 0; neighbour < self.neighbour_count; ++neighbour) self.neighbours[neighbour] = random.below(where.size);
    sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
    mailbox.capacity = 1 + random.below(4);
    mailbox.overflow = SABIR_OVERFLOW_BLOCK;
    mailbox.low_watermark = mailbox.capacity > 1 && random.one_in(2) ? 1 : 0;
    mailbox.block_timeout_ns = random.one_in(3) ? 1 + random.below(2'000'000) : 0;
    sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
    options.argument = reinterpret_cast<std::uintptr_t>(&self);
    options.mailbox = &mailbox;
    STRESS_OK(sabir_spawn(where.system, behavior, &options, &where.pids[index], nullptr));
  }
}

void nobody_stays_muted(graph &where) {
  for (std::uint32_t index = 0; index < where.size; ++index) {
    sabir_message *reply = nullptr;
    const sabir_status status = sabir_ask_bytes(where.system, where.pids[index], ARE_YOU_THERE, nullptr, 0, 60'000'000'000, &reply);
    STRESS_CHECK(status == SABIR_OK || (where.kill_one_in > 0 && status == SABIR_E_DEAD));
    sabir_message_destroy(&reply);
  }
}

std::uint64_t run_graph(std::uint64_t seed) {
  stress::random random(seed);
  graph where;
  where.system = stress::make_system(1 + random.below(3));
  where.size = 2 + random.below(most_actors - 1);
  where.kill_one_in = random.one_in(2) ? 0 : 10 + random.below(50);
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("node");
  callbacks.receive = receive;
  sabir_behavior *behavior = nullptr;
  STRESS_OK(sabir_behavior_create(&callbacks, &behavior));
  spawn_all(where, behavior, random);
  std::vector<std::thread> threads;
  for (std::uint32_t thread = 0; thread < thread_count; ++thread) {
    const std::uint64_t own_seed = random.next();
    threads.emplace_back([&where, own_seed] { send_all(where, own_seed); });
  }
  const bool rests = !random.one_in(8);
  if (rests) {
    for (std::thread &thread : threads) thread.join();
    stress::wait_until_quiescent(where.system);
    nobody_stays_muted(where);
  }
  sabir_behavior_destroy(&behavior);
  if (rests) return stress::end_system(where.system).sent;
  // The others are shut down in the middle of it, with threads that wait in their sends.
  STRESS_OK(sabir_system_retain(where.system));
  const std::uint64_t sent = stress::end_system(where.system).sent;
  for (std::thread &thread : threads) thread.join();
  sabir_system_release(&where.system);
  return sent;
}

}  // namespace

int main(int argc, char **argv) {
  const stress::arguments arguments(argc, argv, 100'000, "graphs");
  std::uint64_t sent = 0, graphs = 0;
  while (sent < arguments.messages) {
    const std::uint64_t seed = stress::mix(arguments.seed, graphs++);
    sent += run_graph(seed) + 1;
  }
  std::printf("%llu messages in %llu graphs\n", static_cast<unsigned long long>(sent), static_cast<unsigned long long>(graphs));
  return 0;
}
