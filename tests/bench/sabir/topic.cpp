/* One message to many, and many in one call.
 *
 * topic: an actor publishes to a thousand that have subscribed, once per message it handles, then tells itself to go on. One operation is
 * one message received.
 *
 * send-batch: an actor, or a thread that is none of sabir's, makes 256 messages for four actors in turn and sends them in one call. One
 * operation is one message.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <array>
#include <vector>

#include "support.hpp"

namespace bench {
namespace {

constexpr std::size_t batch_messages = 256;
constexpr std::size_t receivers = 4;

struct alignas(line_bytes) Receiver {
  sabir_pid port = 0;
  std::uint64_t expected = 0;
  std::uint64_t sum = 0;
};

struct alignas(line_bytes) Publisher {
  std::uint64_t left = 0;
};

struct alignas(line_bytes) Batcher {
  std::array<sabir_pid, receivers> to{};
  std::uint64_t left = 0;
};

sabir_status receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  auto *receiver = state_of<Receiver>(state);
  receiver->sum += value_of(*message);
  if (--receiver->expected != 0) return SABIR_OK;
  return sabir_context_send_bytes(context, receiver->port, DONE, &receiver->sum, sizeof receiver->sum);
}

sabir_status publish(sabir_context *context, uintptr_t state, sabir_message **message) {
  auto *publisher = state_of<Publisher>(state);
  const std::uint64_t value = publisher->left--;
  const sabir_status status = sabir_context_publish_bytes(context, "bench.topic", WORK, &value, sizeof value, 0, nullptr);
  if (status != SABIR_OK || publisher->left == 0) return status;
  return sabir_context_send(context, sabir_context_self(context), message);
}

/* Makes the next batch; how many messages it has. */
std::size_t fill(Batcher &batcher, std::array<sabir_envelope, batch_messages> &batch) {
  std::size_t count = 0;
  for (; count != batch.size() && batcher.left != 0; ++count) {
    const std::uint64_t value = batcher.left--;
    batch[count].to = batcher.to[value % receivers];
    check(sabir_message_create_bytes(WORK, &value, sizeof value, &batch[count].message), "sabir_message_create_bytes");
  }
  return count;
}

sabir_status batch(sabir_context *context, uintptr_t state, sabir_message **message) {
  auto *batcher = state_of<Batcher>(state);
  std::array<sabir_envelope, batch_messages> envelopes{};
  const std::size_t count = fill(*batcher, envelopes);
  const sabir_status status = sabir_context_send_batch(context, envelopes.data(), count, sizeof(sabir_envelope), nullptr);
  if (status != SABIR_OK || batcher->left == 0) return status;
  return sabir_context_send(context, sabir_context_self(context), message);
}

}  // namespace

void topic(const Arguments &arguments, std::uint64_t subscribers) {
  const std::uint64_t publishes = arguments.n / subscribers;
  expect(publishes > 0, "N is smaller than the number of subscribers");
  const sabir_mailbox_options unbounded = unbounded_mailbox();
  const Behavior receiver_behavior("receiver", receive);
  const Behavior publisher_behavior("publisher", publish);
  std::vector<Receiver> states(subscribers);
  Publisher publisher;
  System system(arguments.workers);
  for (Receiver &state : states) {
    state = {system.port(), publishes, 0};
    sabir_ref ref = 0;
    check(sabir_subscribe(system.handle(), "bench.*", system.spawn(receiver_behavior, &state, &unbounded), &ref), "sabir_subscribe");
  }
  publisher.left = publishes;
  const sabir_pid pid = system.spawn(publisher_behavior, &publisher, &unbounded);

  const std::uint64_t start_ns = now_ns();
  system.send(pid, GO_ON, 0);
  const std::uint64_t sum = system.await(subscribers);
  print_time(arguments, publishes * subscribers, now_ns() - start_ns);
  expect(sum == subscribers * (publishes * (publishes + 1) / 2), "a message was lost or changed");
}

void send_batch(const Arguments &arguments, bool from_actor) {
  const std::uint64_t count = arguments.n / receivers * receivers;
  expect(count > 0, "N is smaller than the number of receivers");
  const sabir_mailbox_options unbounded = unbounded_mailbox();
  const Behavior receiver_behavior("receiver", receive);
  const Behavior batcher_behavior("batcher", batch);
  std::array<Receiver, receivers> states;
  Batcher batcher;
  System system(arguments.workers);
  for (std::size_t i = 0; i != receivers; ++i) {
    states[i] = {system.port(), count / receivers, 0};
    batcher.to[i] = system.spawn(receiver_behavior, &states[i], &unbounded);
  }
  batcher.left = count;
  sabir_pid pid = 0;
  if (from_actor) pid = system.spawn(batcher_behavior, &batcher, &unbounded);

  const std::uint64_t start_ns = now_ns();
  if (from_actor) {
    system.send(pid, GO_ON, 0);
  } else {
    std::array<sabir_envelope, batch_messages> envelopes{};
    while (batcher.left != 0) {
      const std::size_t made = fill(batcher, envelopes);
      check(sabir_send_batch(system.handle(), envelopes.data(), made, sizeof(sabir_envelope), nullptr), "sabir_send_batch");
    }
  }
  const std::uint64_t sum = system.await(receivers);
  print_time(arguments, count, now_ns() - start_ns);
  expect(sum == count * (count + 1) / 2, "a message was lost or changed");
}

}  // namespace bench
