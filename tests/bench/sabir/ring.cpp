/* One message that goes round and round through 100 actors. One operation is one hop.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <vector>

#include "support.hpp"

namespace bench {
namespace {

constexpr std::uint64_t ring_actors = 100;

struct alignas(line_bytes) Member {
  sabir_pid next = 0;
};

struct alignas(line_bytes) First {
  sabir_pid next = 0;
  sabir_pid port = 0;
  std::uint64_t laps_left = 0;
};

sabir_status member_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  return sabir_context_send(context, state_of<Member>(state)->next, message);
}

sabir_status first_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  auto *first = state_of<First>(state);
  const sabir_pid to = first->laps_left-- == 0 ? first->port : first->next;
  return sabir_context_send(context, to, message);
}

}  // namespace

void ring(const Arguments &arguments) {
  const std::uint64_t laps = arguments.n / ring_actors;
  expect(laps > 0, "N must be at least one lap of 100 hops");
  const sabir_mailbox_options mailbox = unbounded_mailbox();
  const Behavior member_behavior("member", member_receive);
  const Behavior first_behavior("first", first_receive);
  First first;
  std::vector<Member> members(ring_actors - 1);
  System system(arguments.workers);
  const sabir_pid first_pid = system.spawn(first_behavior, &first, &mailbox);
  sabir_pid next = first_pid;
  for (Member &member : members) {
    member.next = next;
    next = system.spawn(member_behavior, &member, &mailbox);
  }
  first = {next, system.port(), laps};

  const std::uint64_t start_ns = now_ns();
  system.send(first_pid, WORK, 1);
  expect(system.await() == 1, "the message was lost");
  print_time(arguments, laps * ring_actors, now_ns() - start_ns);
}

}  // namespace bench
