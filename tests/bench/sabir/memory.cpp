/* Resident memory of N idle actors, each with 48 bytes of state on the heap that it wrote to when it started. They are spawned a
 * thousand at a time, each batch after the one before has started, so that what is measured are actors and not a queue of spawns.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <algorithm>
#include <atomic>
#include <cstring>

#include "support.hpp"

namespace bench {
namespace {

constexpr std::uint64_t batch_actors = 1000;
constexpr std::size_t state_bytes = 48;

struct Batch {
  std::atomic<std::uint64_t> left{0};  // written by the driving thread between batches, and by each actor's start
  sabir_pid port = 0;
};

sabir_status idle_start(sabir_context *context, uintptr_t argument, uintptr_t *state) {
  void *memory = std::malloc(state_bytes);
  if (memory == nullptr) return SABIR_E_NOMEM;
  std::memset(memory, 1, state_bytes);
  *state = reinterpret_cast<uintptr_t>(memory);
  auto *batch = state_of<Batch>(argument);
  if (batch->left.fetch_sub(1) != 1) return SABIR_OK;
  const std::uint64_t one = 1;
  return sabir_context_send_bytes(context, batch->port, DONE, &one, sizeof one);
}

sabir_status idle_receive(sabir_context *, uintptr_t, sabir_message **) { return SABIR_E_UNHANDLED; }

void idle_stop(sabir_context *, uintptr_t state, const sabir_exit *) { std::free(state_of<void>(state)); }

}  // namespace

void memory_per_actor(const Arguments &arguments) {
  const Behavior behavior("idle", idle_receive, idle_start, idle_stop);
  Batch batch;
  System system(arguments.workers);
  batch.port = system.port();
  const std::uint64_t before = resident_bytes();
  for (std::uint64_t left = arguments.n; left != 0;) {
    const std::uint64_t count = std::min(left, batch_actors);
    left -= count;
    batch.left = count;
    for (std::uint64_t i = 0; i != count; ++i) system.spawn(behavior, &batch, nullptr);
    system.await();
  }
  print_bytes(arguments, static_cast<double>(resident_bytes() - before) / static_cast<double>(arguments.n));
}

}  // namespace bench
