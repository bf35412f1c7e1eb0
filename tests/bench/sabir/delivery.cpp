/* Handlers that the host calls itself, on a polled executor.
 *
 * poll-256: an actor keeps 256 messages going, each of which it sends itself again; the host polls up to 256 deliveries, forwards each
 * message with its delivery's context, and completes all in one call. turn-256: the same in whole turns, each of which ends with the
 * completions. poll-ring-256, turn-ring-256: the 256 messages are as many actors', who stand in a ring. One operation is one message
 * handled and sent on.
 *
 * turn-1: a turn whose commands complete the last delivery and send one message, and which hands that one out. poll-1: the same without a
 * turn: one message is sent, polled and completed, with a call each. run-1: the same without deliveries: one message is sent, and
 * sabir_executor_run calls its handler. One operation is one message.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <array>
#include <cstring>
#include <vector>

#include "support.hpp"

namespace bench {
namespace {

constexpr std::size_t messages = 256;

sabir_executor *make_polled(System &system) {
  sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
  options.kind = SABIR_EXECUTOR_POLLED;
  sabir_executor *executor = nullptr;
  check(sabir_executor_create(system.handle(), &options, &executor, nullptr), "sabir_executor_create");
  return executor;
}

sabir_pid spawn_on(System &system, sabir_executor *executor, sabir_behavior *behavior, void *argument) {
  const sabir_mailbox_options unbounded = unbounded_mailbox();
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  options.executor = executor;
  options.argument = reinterpret_cast<std::uintptr_t>(argument);
  options.mailbox = &unbounded;
  sabir_pid pid = 0;
  check(sabir_spawn(system.handle(), behavior, &options, &pid, nullptr), "sabir_spawn");
  return pid;
}

/* What is still in the mailboxes becomes dead letters. */
void shut_down(System &system, sabir_executor *executor) {
  check(sabir_system_shutdown_begin(system.handle(), completion_timeout_ns, nullptr, 0), "sabir_system_shutdown_begin");
  while (sabir_executor_run(executor, completion_timeout_ns, 0) != SABIR_E_CLOSED) {
  }
}

/* Actors of which each knows the next one. */
struct Ring {
  Ring(System &system, std::size_t size) : executor(make_polled(system)), pids(size), next(size) {
    sabir_delivered_options options = SABIR_DELIVERED_OPTIONS_INIT;
    options.name = "link";
    options.wants = SABIR_WANTS_NONE;
    options.batch = messages;
    check(sabir_behavior_create_delivered(&options, &behavior), "sabir_behavior_create_delivered");
    for (std::size_t i = 0; i != size; ++i) pids[i] = spawn_on(system, executor, behavior, &next[i]);
    for (std::size_t i = 0; i != size; ++i) next[i] = pids[(i + 1) % size];
  }
  ~Ring() { sabir_behavior_destroy(&behavior); }
  Ring(const Ring &) = delete;
  Ring &operator=(const Ring &) = delete;

  sabir_executor *executor;
  sabir_behavior *behavior = nullptr;
  std::vector<sabir_pid> pids;
  std::vector<sabir_pid> next;
};

/* A turn's commands and records. */
struct Buffers {
  alignas(8) std::array<char, messages * 192> commands;
  alignas(8) std::array<char, messages * 192> records;
  std::size_t used = 0;

  void complete(std::uint64_t context) {
    auto *command = append(SABIR_COMMAND_COMPLETE, 0);
    command->context = context;
  }
  void send(std::uint64_t context, sabir_pid to, std::uint64_t value) {
    auto *command = append(SABIR_COMMAND_SEND, sizeof value);
    command->context = context;
    command->to = to;
    command->type = WORK;
    std::memcpy(command + 1, &value, sizeof value);
  }

 private:
  sabir_command *append(std::uint32_t kind, std::uint32_t payload_size) {
    auto *command = reinterpret_cast<sabir_command *>(commands.data() + used);
    *command = {};
    command->size = static_cast<std::uint32_t>(sizeof *command + payload_size);
    command->kind = kind;
    command->payload_size = payload_size;
    used += command->size;
    return command;
  }
};

/* Takes a turn with the commands so far; each(const sabir_record &) may append the next ones. */
template <typename Each>
void take_turn(sabir_executor *executor, Buffers &buffers, Each each) {
  std::size_t done = 0, size = 0;
  check(sabir_executor_turn(executor, buffers.commands.data(), buffers.used, &done, buffers.records.data(), buffers.records.size(), &size,
                            SABIR_FOREVER),
        "sabir_executor_turn");
  expect(done == buffers.used, "a command was not executed");
  buffers.used = 0;
  for (std::size_t at = 0; at != size;) {
    const auto &record = *reinterpret_cast<const sabir_record *>(buffers.records.data() + at);
    expect(record.kind == SABIR_DELIVERY_MESSAGE, "a record that is no message");
    each(record);
    at += record.size;
  }
}

sabir_status add(sabir_context *, uintptr_t state, sabir_message **message) {
  *state_of<std::uint64_t>(state) += value_of(*message);
  return SABIR_OK;
}

}  // namespace

void poll_ring(const Arguments &arguments, std::size_t size) {
  System system(arguments.workers);
  Ring ring(system, size);
  std::vector<sabir_delivery> deliveries(messages);
  std::vector<sabir_completion> completions(messages, sabir_completion SABIR_COMPLETION_INIT);
  for (sabir_delivery &delivery : deliveries) delivery.struct_size = sizeof delivery;
  for (std::size_t i = 0; i != messages; ++i) system.send(ring.pids[i % size], WORK, 1);

  const std::uint64_t start_ns = now_ns();
  std::uint64_t sum = 0;
  for (std::uint64_t handled = 0; handled < arguments.n;) {
    std::size_t count = 0;
    check(sabir_executor_poll(ring.executor, deliveries.data(), messages, sizeof deliveries[0], SABIR_FOREVER, &count),
          "sabir_executor_poll");
    for (std::size_t i = 0; i != count; ++i) {
      sabir_message *message = deliveries[i].message;
      sum += value_of(message);
      check(sabir_context_send(deliveries[i].context, *state_of<sabir_pid>(deliveries[i].state), &message), "sabir_context_send");
      completions[i].context = deliveries[i].context;
    }
    check(sabir_executor_complete(ring.executor, completions.data(), count, sizeof completions[0], nullptr), "sabir_executor_complete");
    handled += count;
  }
  print_time(arguments, sum, now_ns() - start_ns);
  expect(sum >= arguments.n, "a message was lost or changed");
  shut_down(system, ring.executor);
}

void turn_ring(const Arguments &arguments, std::size_t size) {
  System system(arguments.workers);
  Ring ring(system, size);
  Buffers buffers;
  for (std::size_t i = 0; i != messages; ++i) system.send(ring.pids[i % size], WORK, 1);

  const std::uint64_t start_ns = now_ns();
  std::uint64_t sum = 0;
  std::vector<std::uint64_t> handled;
  handled.reserve(messages);
  while (sum < arguments.n) {
    take_turn(ring.executor, buffers, [&](const sabir_record &record) {
      std::uint64_t value;
      std::memcpy(&value, &record + 1, sizeof value);
      sum += value;
      buffers.send(record.context, *state_of<sabir_pid>(static_cast<uintptr_t>(record.state)), value);
      handled.push_back(record.context);
    });
    for (const std::uint64_t context : handled) buffers.complete(context);
    handled.clear();
  }
  print_time(arguments, sum, now_ns() - start_ns);
  take_turn(ring.executor, buffers, [&](const sabir_record &record) { buffers.complete(record.context); });
  if (buffers.used != 0) take_turn(ring.executor, buffers, [](const sabir_record &) { fail("a message from nobody"); });
  shut_down(system, ring.executor);
}

void turn_one(const Arguments &arguments) {
  System system(arguments.workers);
  Ring ring(system, 1);
  Buffers buffers;
  std::uint64_t sum = 0;
  const std::uint64_t start_ns = now_ns();
  for (std::uint64_t i = 0; i != arguments.n; ++i) {
    buffers.send(0, ring.pids[0], 1);
    take_turn(ring.executor, buffers, [&](const sabir_record &record) {
      std::uint64_t value;
      std::memcpy(&value, &record + 1, sizeof value);
      sum += value;
      buffers.complete(record.context);
    });
  }
  print_time(arguments, arguments.n, now_ns() - start_ns);
  take_turn(ring.executor, buffers, [](const sabir_record &) { fail("a message from nobody"); });
  expect(sum == arguments.n, "a message was lost or changed");
  shut_down(system, ring.executor);
}

void poll_one(const Arguments &arguments) {
  System system(arguments.workers);
  Ring ring(system, 1);
  sabir_delivery delivery = {};
  sabir_completion completion = SABIR_COMPLETION_INIT;
  delivery.struct_size = sizeof delivery;
  std::uint64_t sum = 0;
  const std::uint64_t start_ns = now_ns();
  for (std::uint64_t i = 0; i != arguments.n; ++i) {
    std::size_t count = 0;
    system.send(ring.pids[0], WORK, 1);
    while (count == 0) {
      check(sabir_executor_poll(ring.executor, &delivery, 1, sizeof delivery, SABIR_FOREVER, &count), "sabir_executor_poll");
    }
    sum += value_of(delivery.message);
    completion.context = delivery.context;
    check(sabir_executor_complete(ring.executor, &completion, 1, sizeof completion, nullptr), "sabir_executor_complete");
  }
  print_time(arguments, arguments.n, now_ns() - start_ns);
  expect(sum == arguments.n, "a message was lost or changed");
  shut_down(system, ring.executor);
}

void run_one(const Arguments &arguments) {
  const Behavior behavior("adder", add);
  System system(arguments.workers);
  sabir_executor *executor = make_polled(system);
  std::uint64_t sum = 0;
  const sabir_pid pid = spawn_on(system, executor, behavior.handle(), &sum);
  const std::uint64_t start_ns = now_ns();
  for (std::uint64_t i = 0; i != arguments.n; ++i) {
    system.send(pid, WORK, 1);
    check(sabir_executor_run(executor, SABIR_FOREVER, 0), "sabir_executor_run");
  }
  print_time(arguments, arguments.n, now_ns() - start_ns);
  expect(sum == arguments.n, "a message was lost or changed");
  shut_down(system, executor);
}

}  // namespace bench
