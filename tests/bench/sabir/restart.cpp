/* A supervised actor that crashes, and is restarted and serves again, over and over. A prober sends it a poison message and right behind
 * that a question, which stays queued over the crash; the answer carries the number of the incarnation that gave it. Everything happens
 * inside the system: no thread has to wake up for it. One sample is the time from the poison to the answer.
 *
 * Loaded, as many other actors as there are workers do nothing but handle messages that take 100 us each, and the prober pauses between
 * two samples: what it starts then finds all workers busy.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <algorithm>
#include <atomic>
#include <vector>

#include "support.hpp"

namespace bench {
namespace {

constexpr sabir_type POISON = 4;
constexpr sabir_type QUESTION = 5;
constexpr sabir_status poisoned = 1;  // an application's own status
constexpr std::uint64_t busy_ns = 100000;
constexpr std::uint64_t pause_ns = 1000000;
constexpr std::uint64_t burst_restarts = 1000;
constexpr std::uint64_t growth_limit_bytes = 4U << 20U;

struct alignas(line_bytes) Victim {
  std::uint64_t incarnations = 0;
};

struct alignas(line_bytes) Prober {
  sabir_pid victim = 0;
  sabir_pid port = 0;
  std::uint64_t pause_ns = 0;
  std::uint64_t warm_up = 0;
  std::uint64_t left = 0;
  std::uint64_t incarnation = 1;
  std::uint64_t start_ns = 0;
  std::vector<std::uint64_t> samples_ns;
};

struct alignas(line_bytes) Flooder {
  sabir_pid victim = 0;
  sabir_pid port = 0;
  std::uint64_t warm_up = 0;
  std::uint64_t left = 0;
  std::uint64_t incarnation = 1;
  std::uint64_t resident_before = 0;  // as it was after the warm-up
};

sabir_status victim_start(sabir_context *, uintptr_t argument, uintptr_t *state) {
  ++state_of<Victim>(argument)->incarnations;
  *state = argument;
  return SABIR_OK;
}

sabir_status victim_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  if (sabir_message_type(*message) == POISON) return poisoned;
  *static_cast<std::uint64_t *>(sabir_message_data_mut(*message)) = state_of<Victim>(state)->incarnations;
  return sabir_context_send(context, sabir_message_sender(*message), message);
}

/* A prober that failed would crash in silence, and the measurement end at its timeout: the checks are loud instead. */
void send_poison(sabir_context *context, sabir_pid victim) {
  check(sabir_context_send_bytes(context, victim, POISON, nullptr, 0), "the poison was not sent");
}

void send_question(sabir_context *context, sabir_pid victim) {
  const std::uint64_t room = 0;
  check(sabir_context_send_bytes(context, victim, QUESTION, &room, sizeof room), "the question was not sent");
}

void send_done(sabir_context *context, sabir_pid port) {
  const std::uint64_t one = 1;
  check(sabir_context_send_bytes(context, port, DONE, &one, sizeof one), "the end was not told");
}

void take_sample(Prober *prober, std::uint64_t now, std::uint64_t incarnation) {
  expect(incarnation == ++prober->incarnation, "the answer is not of the next incarnation");
  --prober->left;
  if (prober->warm_up != 0)
    --prober->warm_up;
  else
    prober->samples_ns.push_back(now - prober->start_ns);
}

void pause(sabir_context *context, std::uint64_t duration_ns) {
  sabir_message *message = nullptr;
  check(sabir_message_create(GO_ON, 0, &message), "sabir_message_create");
  check(sabir_context_timer_after(context, sabir_context_self(context), &message, duration_ns, nullptr), "sabir_context_timer_after");
}

sabir_status prober_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  auto *prober = state_of<Prober>(state);
  if (sabir_message_type(*message) == QUESTION) {
    take_sample(prober, now_ns(), value_of(*message));
    if (prober->left == 0) {
      send_done(context, prober->port);
      return SABIR_OK;
    }
    if (prober->pause_ns != 0) {
      pause(context, prober->pause_ns);
      return SABIR_OK;
    }
  }
  prober->start_ns = now_ns();
  send_poison(context, prober->victim);
  send_question(context, prober->victim);
  return SABIR_OK;
}

sabir_status busy_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  const std::uint64_t end_ns = now_ns() + busy_ns;
  while (now_ns() < end_ns) {
  }
  const bool over = state_of<std::atomic<bool>>(state)->load(std::memory_order_relaxed);
  return over ? SABIR_OK : sabir_context_send(context, sabir_context_self(context), message);
}

sabir_status flooder_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  auto *flooder = state_of<Flooder>(state);
  if (sabir_message_type(*message) == QUESTION)
    expect(value_of(*message) == flooder->incarnation, "a poison message was lost, or restarted the actor more than once");
  if (flooder->incarnation > flooder->warm_up && flooder->resident_before == 0) flooder->resident_before = resident_bytes();
  const std::uint64_t burst = std::min(flooder->left, burst_restarts);
  if (burst == 0) {
    send_done(context, flooder->port);
    return SABIR_OK;
  }
  for (std::uint64_t i = 0; i != burst; ++i) send_poison(context, flooder->victim);
  send_question(context, flooder->victim);
  flooder->left -= burst;
  flooder->incarnation += burst;
  return SABIR_OK;
}

}  // namespace

void restart(const Arguments &arguments, bool loaded) {
  const Behavior victim_behavior("victim", victim_receive, victim_start);
  const Behavior prober_behavior("prober", prober_receive);
  const Behavior busy_behavior("busy", busy_receive);
  std::atomic<bool> over{false};
  Victim victim;
  Prober prober;
  System system(arguments.workers);
  system.silence();
  prober.victim = system.supervise(system.supervisor("restarts"), "victim", victim_behavior, &victim, nullptr);
  prober.port = system.port();
  prober.pause_ns = loaded ? pause_ns : 0;
  prober.warm_up = arguments.n / 10;
  prober.left = arguments.n + prober.warm_up;
  prober.samples_ns.reserve(arguments.n);
  const sabir_pid pid = system.spawn(prober_behavior, &prober, nullptr);
  for (std::uint32_t i = 0; loaded && i != arguments.workers; ++i) system.send(system.spawn(busy_behavior, &over, nullptr), WORK, 1);
  system.send(pid, GO_ON, 0);
  system.await();
  over = true;
  print_latencies(arguments, prober.samples_ns);
}

void restart_flood(const Arguments &arguments) {
  const Behavior victim_behavior("victim", victim_receive, victim_start);
  const Behavior flooder_behavior("flooder", flooder_receive);
  Victim victim;
  Flooder flooder;
  System system(arguments.workers);
  system.silence();
  flooder.victim = system.supervise(system.supervisor("restarts"), "victim", victim_behavior, &victim, nullptr);
  flooder.port = system.port();
  flooder.warm_up = arguments.n / 10;
  flooder.left = arguments.n;
  const sabir_pid pid = system.spawn(flooder_behavior, &flooder, nullptr);

  const std::uint64_t start_ns = now_ns();
  system.send(pid, GO_ON, 0);
  system.await();
  print_time(arguments, arguments.n, now_ns() - start_ns);
  expect(resident_bytes() < flooder.resident_before + growth_limit_bytes, "memory grew with the restarts");
}

}  // namespace bench
