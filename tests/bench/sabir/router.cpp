/* What a router adds to a send: one actor sends to eight, a thousand messages per message it handles, and then tells itself to go on. It
 * takes turns itself, or a router does, or finds one by the hash of a key. One operation is one message.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <array>

#include "support.hpp"

namespace bench {
namespace {

constexpr std::uint64_t burst_messages = 1000;
constexpr std::size_t routees = 8;

struct alignas(line_bytes) Total {
  sabir_pid port = 0;
};

struct alignas(line_bytes) Receiver {
  const Total *total = nullptr;
  std::uint64_t sum = 0;
};

struct alignas(line_bytes) Sender {
  Routing routing = Routing::direct;
  sabir_router *router = nullptr;
  std::array<sabir_pid, routees> to{};
  std::uint64_t left = 0;
};

sabir_status receiver_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  auto *receiver = state_of<Receiver>(state);
  if (sabir_message_type(*message) == WORK) {
    receiver->sum += value_of(*message);
    return SABIR_OK;
  }
  return sabir_context_send_bytes(context, receiver->total->port, DONE, &receiver->sum, sizeof receiver->sum);
}

sabir_status send_one(sabir_context *context, const Sender &sender, std::uint64_t value) {
  sabir_message *message = nullptr;
  sabir_status status = sabir_message_create_bytes(WORK, &value, sizeof value, &message);
  if (status != SABIR_OK) return status;
  switch (sender.routing) {
    case Routing::direct: status = sabir_context_send(context, sender.to[value % routees], &message); break;
    case Routing::round_robin: status = sabir_context_router_send(context, sender.router, &message); break;
    case Routing::hash: status = sabir_context_router_send_key(context, sender.router, value, &message); break;
  }
  return status;
}

sabir_status sender_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  auto *sender = state_of<Sender>(state);
  const std::uint64_t burst = sender->left < burst_messages ? sender->left : burst_messages;
  for (std::uint64_t i = 0; i != burst; ++i) {
    const sabir_status status = send_one(context, *sender, sender->left--);
    if (status != SABIR_OK) return status;
  }
  if (sender->left != 0) return sabir_context_send(context, sabir_context_self(context), message);
  for (const sabir_pid to : sender->to) {
    const sabir_status status = sabir_context_send_bytes(context, to, DONE, nullptr, 0);
    if (status != SABIR_OK) return status;
  }
  return SABIR_OK;
}

}  // namespace

void route(const Arguments &arguments, Routing routing) {
  const sabir_mailbox_options unbounded = unbounded_mailbox();
  const Behavior receiver_behavior("receiver", receiver_receive);
  const Behavior sender_behavior("sender", sender_receive);
  std::array<Receiver, routees> receivers;
  Total total;
  Sender sender;
  System system(arguments.workers);
  total.port = system.port();
  sabir_router_options options = SABIR_ROUTER_OPTIONS_INIT;
  options.strategy = routing == Routing::hash ? SABIR_ROUTER_HASH : SABIR_ROUTER_ROUND_ROBIN;
  check(sabir_router_create(system.handle(), &options, &sender.router, nullptr), "sabir_router_create");
  for (std::size_t i = 0; i != routees; ++i) {
    receivers[i].total = &total;
    sender.to[i] = system.spawn(receiver_behavior, &receivers[i], &unbounded);
    check(sabir_router_add(sender.router, sender.to[i]), "sabir_router_add");
  }
  sender.routing = routing;
  sender.left = arguments.n;
  const sabir_pid pid = system.spawn(sender_behavior, &sender, &unbounded);

  const std::uint64_t start_ns = now_ns();
  system.send(pid, GO_ON, 0);
  const std::uint64_t sum = system.await(routees);
  print_time(arguments, arguments.n, now_ns() - start_ns);
  expect(sum == arguments.n * (arguments.n + 1) / 2, "a message was lost or changed");
  sabir_router_destroy(&sender.router);
}

}  // namespace bench
