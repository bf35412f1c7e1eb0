// SPDX-License-Identifier: Apache-2.0
// The nth allocation fails, for every n, while callbacks are given a home and come there: each is told once, or counted as lost.
#include <gtest/gtest.h>

#include <array>

#include "base/memory.hpp"
#include "sabir/sabir.h"
#include "system/failing_new.hpp"

namespace sabir {
namespace {

bool ok_or_no_memory(sabir_status status) {
  EXPECT_TRUE(status == SABIR_OK || status == SABIR_E_NOMEM) << sabir_status_name(status);
  return status == SABIR_OK;
}

sabir_status refuse(sabir_context *, std::uintptr_t, sabir_message **) { return SABIR_E_UNHANDLED; }

struct Told {
  std::uint64_t drops = 0, letters = 0, shutdowns = 0;

  // Polls until the executor is closed.
  void hear(sabir_executor *executor) {
    std::array<sabir_delivery, 8> deliveries{};
    std::size_t handed = 0;
    for (;;) {
      deliveries[0].struct_size = sizeof deliveries[0];
      const sabir_status status =
          sabir_executor_poll(executor, deliveries.data(), deliveries.size(), sizeof deliveries[0], SABIR_FOREVER, &handed);
      if (status == SABIR_E_CLOSED) return;
      ASSERT_EQ(status, SABIR_OK) << sabir_status_name(status);
      for (std::size_t i = 0; i < handed; ++i) {
        if (deliveries[i].kind == SABIR_DELIVERY_DROP) ++drops;
        if (deliveries[i].kind == SABIR_DELIVERY_EVENT) ++(deliveries[i].code == SABIR_EVENT_DEAD_LETTER ? letters : shutdowns);
        if (deliveries[i].code == SABIR_EVENT_SHUTDOWN) {
          auto *report = reinterpret_cast<sabir_report *>(deliveries[i].state);
          sabir_report_destroy(&report);
        }
        sabir_message_destroy(&deliveries[i].message);
      }
    }
  }
};

bool run_with_failure(std::uint64_t nth) {
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  options.workers = 1;
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("refuses");
  callbacks.receive = refuse;
  sabir_executor_options polled = SABIR_EXECUTOR_OPTIONS_INIT;
  polled.kind = SABIR_EXECUTOR_POLLED;
  sabir_system *system = nullptr;
  sabir_executor *home = nullptr;
  sabir_behavior *behavior = nullptr;
  sabir_router *router = nullptr;
  EXPECT_EQ(sabir_system_create(&options, &system, nullptr), SABIR_OK);
  (void)sabir_log_set_level(system, SABIR_LOG_OFF);
  EXPECT_EQ(sabir_executor_create(system, &polled, &home, nullptr), SABIR_OK);
  EXPECT_EQ(sabir_behavior_create(&callbacks, &behavior), SABIR_OK);

  bool failed;
  std::uint64_t ends = 0;
  Told told;
  {
    const NewFailsToo new_fails;
    memory::fail_after(nth);
    sabir_ref ref = 0;
    while (!ok_or_no_memory(sabir_dead_letter_subscribe_at(system, home, 1, &ref))) {
    }
    ++ends;
    if (ok_or_no_memory(sabir_log_set_sink_at(system, home, 2))) ++ends;
    sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
    spawn.drop_home = home;
    sabir_pid pid = 0;
    while (!ok_or_no_memory(sabir_spawn(system, behavior, &spawn, &pid, nullptr))) {
    }
    ++ends;
    for (int i = 0; i < 8; ++i) (void)ok_or_no_memory(sabir_send_bytes(system, pid, 1, "m", 1));
    // Moved in every case.
    sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
    spec.spawn = &spawn;
    sabir_message *request = nullptr;
    (void)ok_or_no_memory(sabir_request_supervise(system, "asked", behavior, &spec, &request, nullptr));
    sabir_message_destroy(&request);
    (void)ok_or_no_memory(sabir_supervise(system, 0, "child", behavior, &spec, &pid, nullptr));
    sabir_router_options pool = SABIR_ROUTER_OPTIONS_INIT;
    pool.size = 2;
    pool.behavior = behavior;
    pool.spawn = &spawn;
    (void)ok_or_no_memory(sabir_router_create(system, &pool, &router, nullptr));
    ends += 3;
    sabir_router_destroy(&router);
    failed = memory::allocations() >= nth;
    while (!ok_or_no_memory(sabir_system_shutdown_begin_at(system, SABIR_FOREVER, home, 3))) {
    }
    told.hear(home);
    EXPECT_EQ(sabir_system_shutdown(system, 0, nullptr), SABIR_OK);
    memory::fail_after(0);
  }
  sabir_counters counters = SABIR_COUNTERS_INIT;
  EXPECT_EQ(sabir_system_counters(system, &counters), SABIR_OK);
  EXPECT_EQ(told.drops + told.letters + counters.deliveries_lost, ends + counters.dead_letters);
  EXPECT_LE(counters.deliveries_lost, 1u);
  EXPECT_EQ(told.shutdowns, 1u);
  EXPECT_EQ(sabir_executor_destroy(&home), SABIR_OK);
  EXPECT_EQ(sabir_system_destroy(&system), SABIR_OK);
  sabir_behavior_destroy(&behavior);
  return failed;
}

TEST(HomeOutOfMemory, whichever_allocation_fails_each_is_told_or_counted) {
  std::uint64_t nth = 1;
  while (run_with_failure(nth) && !HasFailure()) ++nth;
  EXPECT_GT(nth, 10u) << "hardly any allocation was failed";
  EXPECT_LT(nth, 4000u);
}

}  // namespace
}  // namespace sabir
