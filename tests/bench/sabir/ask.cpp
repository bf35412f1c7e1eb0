/* A thread that is none of sabir's asks an actor and waits for the answer, over and over (hot), or after some idle time (cold).
 * One sample is one ask.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <vector>

#include "support.hpp"

namespace bench {
namespace {

sabir_status answerer_receive(sabir_context *context, uintptr_t, sabir_message **message) {
  const std::uint64_t answer = value_of(*message) + 1;
  return sabir_context_reply_bytes(context, DONE, &answer, sizeof answer);
}

void ask_once(sabir_system *system, sabir_pid pid, std::uint64_t question) {
  sabir_message *reply = nullptr;
  check(sabir_ask_bytes(system, pid, WORK, &question, sizeof question, completion_timeout_ns, &reply), "sabir_ask_bytes");
  expect(value_of(reply) == question + 1, "the answer is wrong");
  sabir_message_destroy(&reply);
}

}  // namespace

void ask(const Arguments &arguments, std::uint64_t idle_ns) {
  const Behavior behavior("answerer", answerer_receive);
  std::vector<std::uint64_t> samples_ns;
  samples_ns.reserve(arguments.n);
  System system(arguments.workers);
  const sabir_pid pid = system.spawn(behavior, nullptr, nullptr);
  const std::uint64_t warm_up = arguments.n / 10;
  for (std::uint64_t i = 0; i != arguments.n + warm_up; ++i) {
    if (idle_ns != 0) sleep_ns(idle_ns);
    const std::uint64_t start_ns = now_ns();
    ask_once(system.handle(), pid, i);
    const std::uint64_t end_ns = now_ns();
    if (i >= warm_up) samples_ns.push_back(end_ns - start_ns);
  }
  print_latencies(arguments, samples_ns);
}

}  // namespace bench
