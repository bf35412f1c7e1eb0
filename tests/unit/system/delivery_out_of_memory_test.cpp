// SPDX-License-Identifier: Apache-2.0
// The nth allocation fails, for every n, while a host polls, completes and takes turns: each call says so or succeeds, every delivery can
// be completed, actors end, and nothing is lost.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

#include "base/memory.hpp"
#include "sabir/sabir.h"
#include "system/failing_new.hpp"

namespace sabir {
namespace {

bool ok_or_no_memory(sabir_status status) {
  EXPECT_TRUE(status == SABIR_OK || status == SABIR_E_NOMEM) << sabir_status_name(status);
  return status == SABIR_OK;
}

struct Host {
  sabir_system *system = nullptr;
  sabir_executor *executor = nullptr;
  sabir_pid pid = 0;
  bool crash = false;  // the next message fails

  void complete(const sabir_delivery &delivery, sabir_status status, std::uint32_t flags) {
    sabir_completion completion = SABIR_COMPLETION_INIT;
    completion.context = delivery.context;
    completion.value = delivery.value;
    completion.status = status;
    completion.flags = flags;
    completion.text = status != SABIR_OK ? "text" : nullptr;
    completion.text_size = status != SABIR_OK ? 4 : 0;
    std::size_t completed = 0;
    sabir_status result = sabir_executor_complete(executor, &completion, 1, sizeof completion, &completed);
    if (result == SABIR_E_NOMEM) {  // for the text: without it there is memory enough
      completion.text_size = 0;
      result = sabir_executor_complete(executor, &completion, 1, sizeof completion, &completed);
    }
    EXPECT_EQ(result, SABIR_OK) << sabir_status_name(result);
    EXPECT_EQ(completed, 1u);
  }

  void handle(const sabir_delivery &delivery) {
    if (delivery.kind == SABIR_DELIVERY_CANCEL) return;
    if (delivery.kind != SABIR_DELIVERY_MESSAGE) return complete(delivery, SABIR_OK, 0);
    sabir_ref ref = 0;
    sabir_message *message = delivery.message;
    const sabir_type type = sabir_message_type(message);
    if (type == 2) {
      SABIR_IGNORE(sabir_context_send_bytes(delivery.context, delivery.actor, 1, "again", 5));
      SABIR_IGNORE(sabir_context_monitor(delivery.context, pid, 0, &ref));
      SABIR_IGNORE(sabir_context_timer_every(delivery.context, delivery.actor, 3, 1000000000, &ref));
      SABIR_IGNORE(sabir_context_stash(delivery.context, &message));
    }
    if (type == 4) SABIR_IGNORE(sabir_context_reply_bytes(delivery.context, 1, "yes", 3));
    complete(delivery, crash && type == 1 ? 5 : SABIR_OK, 0);
    if (type == 1) crash = false;
  }

  // False: there is nothing more to do.
  bool poll(std::uint64_t wait_ns) {
    std::array<sabir_delivery, 8> deliveries{};
    for (sabir_delivery &delivery : deliveries) delivery.struct_size = sizeof delivery;
    std::size_t handed = 0;
    const sabir_status status = sabir_executor_poll(executor, deliveries.data(), deliveries.size(), sizeof deliveries[0], wait_ns, &handed);
    if (status == SABIR_E_TIMEOUT || status == SABIR_E_CLOSED) return false;
    EXPECT_EQ(status, SABIR_OK) << sabir_status_name(status);
    for (std::size_t i = 0; i < handed; ++i) handle(deliveries[i]);
    return status == SABIR_OK;
  }

  // One turn that sends and spawns.
  void turn(sabir_behavior *behavior) {
    alignas(8) std::array<char, 4096> records;
    std::array<sabir_command, 3> commands{};
    for (sabir_command &command : commands) {
      command.size = sizeof command;
      command.to = pid;
      command.type = 1;
    }
    commands[0].kind = commands[1].kind = SABIR_COMMAND_SEND;
    commands[2].kind = SABIR_COMMAND_SPAWN;
    commands[2].type = 0;
    commands[2].to = reinterpret_cast<std::uintptr_t>(behavior);
    std::size_t done = 0, used = 0;
    EXPECT_EQ(sabir_executor_turn(executor, commands.data(), sizeof commands, &done, records.data(), records.size(), &used, 0), SABIR_OK);
    EXPECT_EQ(done, sizeof commands);
    for (std::size_t at = 0; at < used;) {
      const auto &record = *reinterpret_cast<const sabir_record *>(records.data() + at);
      at += record.size;
      if (record.kind == SABIR_DELIVERY_RESULT) {
        (void)ok_or_no_memory(record.status);
        continue;
      }
      sabir_delivery delivery{};
      delivery.kind = record.kind;
      delivery.context = reinterpret_cast<sabir_context *>(static_cast<std::uintptr_t>(record.context));
      if (record.kind != SABIR_DELIVERY_CANCEL) complete(delivery, SABIR_OK, 0);
    }
  }
};

bool run_with_failure(std::uint64_t nth, std::uint32_t max_outstanding) {
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  options.workers = 1;
  sabir_delivered_options delivered = SABIR_DELIVERED_OPTIONS_INIT;
  delivered.name = "delivered";
  delivered.max_outstanding = max_outstanding;
  delivered.wants = SABIR_WANTS_START | SABIR_WANTS_FAILED | SABIR_WANTS_STOP;
  sabir_executor_options executor_options = SABIR_EXECUTOR_OPTIONS_INIT;
  executor_options.kind = SABIR_EXECUTOR_POLLED;
  Host host;
  sabir_behavior *behavior = nullptr;
  sabir_port *port = nullptr;
  EXPECT_EQ(sabir_behavior_create_delivered(&delivered, &behavior), SABIR_OK);
  EXPECT_EQ(sabir_system_create(&options, &host.system, nullptr), SABIR_OK);
  (void)sabir_log_set_level(host.system, SABIR_LOG_OFF);
  EXPECT_EQ(sabir_port_create(host.system, nullptr, &port, nullptr), SABIR_OK);

  bool failed;
  {
    const NewFailsToo new_fails;
    memory::fail_after(nth);
    while (!host.executor) (void)ok_or_no_memory(sabir_executor_create(host.system, &executor_options, &host.executor, nullptr));
    sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
    spawn.executor = host.executor;
    sabir_pid first = 0;
    (void)ok_or_no_memory(sabir_spawn(host.system, behavior, &spawn, &first, nullptr));
    while (!ok_or_no_memory(sabir_spawn(host.system, behavior, &spawn, &host.pid, nullptr))) {
    }
    for (sabir_type type = 1; type <= 2; ++type) {
      for (int i = 0; i < 40; ++i) (void)ok_or_no_memory(sabir_send_bytes(host.system, host.pid, type, "m", 1));
    }
    sabir_message *question = nullptr;
    sabir_ref ref = 0;
    if (ok_or_no_memory(sabir_message_create(4, 0, &question))) {
      if (!ok_or_no_memory(sabir_port_ask(port, host.pid, &question, SABIR_FOREVER, &ref))) sabir_message_destroy(&question);
    }
    while (host.poll(0)) {
    }
    host.turn(behavior);
    while (host.poll(0)) {
    }
    host.crash = true;
    (void)ok_or_no_memory(sabir_send_bytes(host.system, host.pid, 1, "m", 1));
    (void)ok_or_no_memory(sabir_send_bytes(host.system, host.pid, 1, "m", 1));
    while (host.poll(0)) {
    }
    failed = memory::allocations() >= nth;
    while (!ok_or_no_memory(sabir_system_shutdown_begin(host.system, SABIR_FOREVER, nullptr, 0))) {
    }
    while (host.poll(SABIR_FOREVER)) {
    }
    EXPECT_EQ(sabir_system_shutdown(host.system, 0, nullptr), SABIR_OK);
    sabir_port_destroy(&port);
    memory::fail_after(0);
  }
  sabir_counters counters = SABIR_COUNTERS_INIT;
  EXPECT_EQ(sabir_system_counters(host.system, &counters), SABIR_OK);
  EXPECT_EQ(counters.sent, counters.handled + counters.dead_letters);
  EXPECT_EQ(counters.spawned, counters.exited);
  EXPECT_EQ(sabir_executor_destroy(&host.executor), SABIR_OK);
  EXPECT_EQ(sabir_system_destroy(&host.system), SABIR_OK);
  sabir_behavior_destroy(&behavior);
  return failed;
}

TEST(DeliveryOutOfMemory, whichever_allocation_fails_nothing_is_lost) {
  for (const std::uint32_t max_outstanding : {1u, 64u}) {
    std::uint64_t nth = 1;
    while (run_with_failure(nth, max_outstanding) && !HasFailure()) ++nth;
    EXPECT_GT(nth, 10u) << "hardly any allocation was failed";
    EXPECT_LT(nth, 4000u);
  }
}

}  // namespace
}  // namespace sabir
