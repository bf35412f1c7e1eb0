// SPDX-License-Identifier: Apache-2.0
// The nth allocation of the engine, or of operator new, fails, for every n: each call says so or succeeds, nothing is lost, and the system
// shuts down.
#include <gtest/gtest.h>

#include <atomic>

#include "base/memory.hpp"
#include "sabir/sabir.h"
#include "system/failing_new.hpp"

namespace sabir {
namespace {

std::atomic<int> dropped{0};

sabir_status receive(sabir_context *context, uintptr_t, sabir_message **message) {
  switch (sabir_message_type(*message)) {
    case 1: return SABIR_OK;
    case 2: return sabir_context_reply_bytes(context, 2, nullptr, 0) == SABIR_OK ? SABIR_OK : SABIR_E_NOMEM;
    default: return SABIR_E_UNHANDLED;
  }
}

// One of everything that allocates, in a system of its own; false when no allocation failed any more.
bool run_with_failure(std::uint64_t nth) {
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  options.workers = 1;
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("memory");
  callbacks.receive = receive;
  sabir_behavior *behavior = nullptr;
  EXPECT_EQ(sabir_behavior_create(&callbacks, &behavior), SABIR_OK);

  dropped = 0;
  int spawned = 0;
  const NewFailsToo new_fails;
  memory::fail_after(nth);
  sabir_system *system = nullptr;
  sabir_error *error = nullptr;
  const sabir_status created = sabir_system_create(&options, &system, &error);
  if (created == SABIR_OK) {
    (void)sabir_log_set_level(system, SABIR_LOG_OFF);
    sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
    mailbox.capacity = 4;
    mailbox.overflow = SABIR_OVERFLOW_BLOCK;
    sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
    spawn.name = "named";
    spawn.mailbox = &mailbox;
    spawn.drop = [](uintptr_t) { ++dropped; };
    sabir_pid pid = 0;
    const sabir_status started = sabir_spawn(system, behavior, &spawn, &pid, nullptr);
    EXPECT_TRUE(started == SABIR_OK || started == SABIR_E_NOMEM) << sabir_status_name(started);
    if (started == SABIR_OK) ++spawned;
    for (int i = 0; i < 10 && pid != 0; ++i) {
      const sabir_status sent = sabir_send_bytes(system, pid, 1, &i, sizeof i);
      EXPECT_TRUE(sent == SABIR_OK || sent == SABIR_E_NOMEM || sent == SABIR_E_MAILBOX_FULL) << sabir_status_name(sent);
    }
    sabir_message *reply = nullptr;
    if (pid != 0) {
      const sabir_status asked = sabir_ask_bytes(system, pid, 2, nullptr, 0, 0, &reply);
      EXPECT_TRUE(asked == SABIR_OK || asked == SABIR_E_NOMEM || asked == SABIR_E_CRASHED || asked == SABIR_E_MAILBOX_FULL)
          << sabir_status_name(asked);
      sabir_message_destroy(&reply);
    }
    sabir_port *port = nullptr;
    const sabir_status opened = sabir_port_create(system, &mailbox, &port, nullptr);
    EXPECT_TRUE(opened == SABIR_OK || opened == SABIR_E_NOMEM) << sabir_status_name(opened);
    sabir_message *question = nullptr;
    if (pid != 0 && port && sabir_message_create(2, 0, &question) == SABIR_OK) {
      sabir_ref ref = 0;
      const sabir_status asked = sabir_port_ask(port, pid, &question, 0, &ref);
      if (asked == SABIR_OK) {
        EXPECT_EQ(sabir_port_receive(port, SABIR_FOREVER, &reply), SABIR_OK) << "an ask that was made did not end";
        EXPECT_EQ(sabir_message_ref(reply), ref);
        sabir_message_destroy(&reply);
      } else {
        EXPECT_EQ(ref, 0u);
      }
    }
    sabir_message_destroy(&question);
    sabir_port_destroy(&port);
    if (pid != 0) (void)sabir_actor_stop(system, pid);
    EXPECT_EQ(sabir_system_shutdown(system, 0, nullptr), SABIR_OK);
    sabir_counters counters = SABIR_COUNTERS_INIT;
    EXPECT_EQ(sabir_system_counters(system, &counters), SABIR_OK);
    EXPECT_EQ(counters.sent, counters.handled + counters.dead_letters);
    EXPECT_EQ(counters.spawned, counters.exited);
    EXPECT_EQ(sabir_system_destroy(&system), SABIR_OK);
    EXPECT_EQ(dropped, spawned);
  } else {
    EXPECT_EQ(created, SABIR_E_NOMEM);
    EXPECT_EQ(system, nullptr);
  }
  const bool failed = memory::allocations() >= nth;
  memory::fail_after(0);
  sabir_error_destroy(&error);
  sabir_behavior_destroy(&behavior);
  return failed;
}

TEST(OutOfMemory, whichever_allocation_fails_nothing_is_lost) {
  std::uint64_t nth = 1;
  while (run_with_failure(nth) && !HasFailure()) ++nth;
  EXPECT_GT(nth, 5u) << "hardly any allocation was failed";  // slabs make them few; in sanitizer builds each message is one
  EXPECT_LT(nth, 1000u);
}

}  // namespace
}  // namespace sabir
