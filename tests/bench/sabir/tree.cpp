/* A supervisor with N children that have ids: all are started, and then the supervisor is stopped, which ends them one after the other in
 * the reverse of their start order. They are started by requests that are on their way all at once, or by calls that wait for each. One
 * operation is one child.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <atomic>
#include <string>

#include "support.hpp"

namespace bench {
namespace {

struct Tree {
  std::atomic<std::uint64_t> started{0};
  std::atomic<std::uint64_t> stopped{0};
  std::atomic<std::uint64_t> left{0};  // requests that are not answered yet
  sabir_system *system = nullptr;
  sabir_pid port = 0;
};

sabir_status child_start(sabir_context *, uintptr_t argument, uintptr_t *state) {
  state_of<Tree>(argument)->started.fetch_add(1, std::memory_order_relaxed);
  *state = argument;
  return SABIR_OK;
}

sabir_status child_receive(sabir_context *, uintptr_t, sabir_message **) { return SABIR_E_UNHANDLED; }

void child_stop(sabir_context *, uintptr_t state, const sabir_exit *) {
  state_of<Tree>(state)->stopped.fetch_add(1, std::memory_order_relaxed);
}

void child_started(uintptr_t argument, sabir_ref, sabir_status status, sabir_message **) {
  check(status, "a child was not started");
  auto *tree = state_of<Tree>(argument);
  if (tree->left.fetch_sub(1) != 1) return;
  const std::uint64_t one = 1;
  check(sabir_send_bytes(tree->system, tree->port, DONE, &one, sizeof one), "sabir_send_bytes");
}

}  // namespace

void tree(const Arguments &arguments) {
  const Behavior behavior("child", child_receive, child_start, child_stop);
  Tree tree;
  System system(arguments.workers);
  tree.left = arguments.n;
  tree.system = system.handle();
  tree.port = system.port();
  const sabir_pid supervisor = system.supervisor("tree");
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  options.argument = reinterpret_cast<uintptr_t>(&tree);
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  spec.spawn = &options;

  const std::uint64_t start_ns = now_ns();
  for (std::uint64_t i = 0; i != arguments.n; ++i) {
    sabir_message *request = nullptr;
    check(sabir_request_supervise(system.handle(), std::to_string(i).c_str(), behavior.handle(), &spec, &request, nullptr),
          "sabir_request_supervise");
    check(sabir_ask_begin(system.handle(), supervisor, &request, SABIR_FOREVER, child_started, options.argument, nullptr),
          "sabir_ask_begin");
  }
  system.await();
  const std::uint64_t started_ns = now_ns();
  check(sabir_child_do(system.handle(), 0, SABIR_CHILD_STOP, "tree", 0, nullptr), "sabir_child_do");
  const std::uint64_t stopped_ns = now_ns();
  print_time(renamed(arguments, "tree-start"), arguments.n, started_ns - start_ns);
  print_time(renamed(arguments, "tree-stop"), arguments.n, stopped_ns - started_ns);
  expect(tree.started == arguments.n && tree.stopped == arguments.n, "a child was not started, or not stopped");
}

void tree_blocking(const Arguments &arguments) {
  const Behavior behavior("child", child_receive, child_start, child_stop);
  Tree tree;
  System system(arguments.workers);
  const sabir_pid supervisor = system.supervisor("tree");

  const std::uint64_t start_ns = now_ns();
  for (std::uint64_t i = 0; i != arguments.n; ++i) system.supervise(supervisor, std::to_string(i).c_str(), behavior, &tree, nullptr);
  print_time(arguments, arguments.n, now_ns() - start_ns);
  expect(tree.started == arguments.n, "a child was not started");
}

}  // namespace bench
