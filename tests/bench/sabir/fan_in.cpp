/* Floods: producers send to one consumer as fast as they can. A producer is an actor, which sends a thousand messages per message it
 * handles and then tells itself to go on, or a thread that is none of sabir's. One operation is one message.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <thread>
#include <vector>

#include "support.hpp"

namespace bench {
namespace {

constexpr std::uint64_t burst_messages = 1000;

struct alignas(line_bytes) Consumer {
  sabir_pid port = 0;
  std::uint64_t expected = 0;
  std::uint64_t sum = 0;
};

struct alignas(line_bytes) Producer {
  sabir_pid consumer = 0;
  std::uint64_t left = 0;
};

sabir_status consumer_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  auto *consumer = state_of<Consumer>(state);
  consumer->sum += value_of(*message);
  if (--consumer->expected != 0) return SABIR_OK;
  return sabir_context_send_bytes(context, consumer->port, DONE, &consumer->sum, sizeof consumer->sum);
}

sabir_status producer_receive(sabir_context *context, uintptr_t state, sabir_message **message) {
  auto *producer = state_of<Producer>(state);
  const std::uint64_t burst = producer->left < burst_messages ? producer->left : burst_messages;
  for (std::uint64_t i = 0; i != burst; ++i) {
    const std::uint64_t value = producer->left--;
    const sabir_status status = sabir_context_send_bytes(context, producer->consumer, WORK, &value, sizeof value);
    if (status != SABIR_OK) return status;
  }
  return producer->left == 0 ? SABIR_OK : sabir_context_send(context, sabir_context_self(context), message);
}

/* What the values count, ..., 2, 1 of each of the producers add up to. */
std::uint64_t sum_of_values(std::uint64_t producers, std::uint64_t count) { return producers * (count * (count + 1) / 2); }

}  // namespace

void fan_in(const Arguments &arguments, std::uint64_t producers, bool block) {
  const std::uint64_t count = arguments.n / producers;
  expect(count > 0, "N is smaller than the number of producers");
  const sabir_mailbox_options unbounded = unbounded_mailbox();
  const sabir_mailbox_options blocking = blocking_mailbox();
  const Behavior consumer_behavior("consumer", consumer_receive);
  const Behavior producer_behavior("producer", producer_receive);
  Consumer consumer;
  std::vector<Producer> states(producers);
  std::vector<sabir_pid> pids;
  System system(arguments.workers);
  consumer = {system.port(), count * producers, 0};
  const sabir_pid consumer_pid = system.spawn(consumer_behavior, &consumer, block ? &blocking : &unbounded);
  for (Producer &state : states) {
    state = {consumer_pid, count};
    pids.push_back(system.spawn(producer_behavior, &state, &unbounded));
  }

  const std::uint64_t start_ns = now_ns();
  for (const sabir_pid pid : pids) system.send(pid, GO_ON, 0);
  const std::uint64_t sum = system.await();
  print_time(arguments, count * producers, now_ns() - start_ns);
  expect(sum == sum_of_values(producers, count), "a message was lost or changed");
}

void foreign_threads(const Arguments &arguments, std::uint64_t threads, bool block) {
  const std::uint64_t count = arguments.n / threads;
  expect(count > 0, "N is smaller than the number of threads");
  const sabir_mailbox_options unbounded = unbounded_mailbox();
  const sabir_mailbox_options blocking = blocking_mailbox();
  const Behavior consumer_behavior("consumer", consumer_receive);
  Consumer consumer;
  System system(arguments.workers);
  consumer = {system.port(), count * threads, 0};
  const sabir_pid consumer_pid = system.spawn(consumer_behavior, &consumer, block ? &blocking : &unbounded);

  const std::uint64_t start_ns = now_ns();
  std::vector<std::thread> senders;
  for (std::uint64_t i = 0; i != threads; ++i)
    senders.emplace_back([&system, consumer_pid, count] {
      for (std::uint64_t value = count; value != 0; --value) system.send(consumer_pid, WORK, value);
    });
  const std::uint64_t sum = system.await();
  print_time(arguments, count * threads, now_ns() - start_ns);
  for (std::thread &sender : senders) sender.join();
  expect(sum == sum_of_values(threads, count), "a message was lost or changed");
}

}  // namespace bench
