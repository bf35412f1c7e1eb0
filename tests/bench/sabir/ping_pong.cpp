/* Pairs of actors that pass one message to and fro. Both forward the message they got, so nothing is allocated. One operation is
 * one message. Supervised, both are children of the root supervisor.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <vector>

#include "support.hpp"

namespace bench {
namespace {

struct alignas(line_bytes) Pinger {
  sabir_pid peer = 0;
  sabir_pid port = 0;
  std::uint64_t rounds_left = 0;
};

sabir_status ponger_receive(sabir_context *context, uintptr_t, sabir_message **message) {
  return sabir_context_send(context, sabir_message_sender(*message), message);
}

sabir_status pinger_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  auto *pinger = state_of<Pinger>(state);
  const sabir_pid to = pinger->rounds_left-- == 0 ? pinger->port : pinger->peer;
  return sabir_context_send(context, to, message);
}

}  // namespace

void ping_pong(const Arguments &arguments, std::uint64_t pairs, bool bounded, bool supervised) {
  const std::uint64_t rounds = arguments.n / 2 / pairs;
  expect(rounds > 0, "N is too small for that many pairs");
  const sabir_mailbox_options unbounded = unbounded_mailbox();
  const sabir_mailbox_options *mailbox = bounded ? nullptr : &unbounded;
  const Behavior ping("pinger", pinger_receive);
  const Behavior pong("ponger", ponger_receive);
  std::vector<Pinger> pingers(pairs);
  std::vector<sabir_pid> pids;
  System system(arguments.workers);
  const auto start = [&](const char *id, const Behavior &behavior, void *argument) {
    return supervised ? system.supervise(0, id, behavior, argument, mailbox) : system.spawn(behavior, argument, mailbox);
  };
  for (Pinger &pinger : pingers) {
    pinger.peer = start("ponger", pong, nullptr);
    pinger.port = system.port();
    pinger.rounds_left = rounds;
    pids.push_back(start("pinger", ping, &pinger));
  }

  const std::uint64_t start_ns = now_ns();
  for (const sabir_pid pid : pids) system.send(pid, WORK, 1);
  expect(system.await(pairs) == pairs, "a message was lost");
  print_time(arguments, 2 * rounds * pairs, now_ns() - start_ns);
}

}  // namespace bench
