// SPDX-License-Identifier: Apache-2.0
// The nth allocation fails, for every n, while actors and a port subscribe, publish, share and send batches: each call says so or succeeds,
// what fails has sent nothing and leaves the message its owner's, wrapped memory is released exactly once, and nothing is lost.
#include <gtest/gtest.h>

#include <atomic>

#include "base/memory.hpp"
#include "sabir/sabir.h"
#include "system/failing_new.hpp"

namespace sabir {
namespace {

std::atomic<int> wrapped{0}, released{0};
char bytes[64];

bool ok_or_no_memory(sabir_status status) {
  EXPECT_TRUE(status == SABIR_OK || status == SABIR_E_NOMEM) << sabir_status_name(status);
  return status == SABIR_OK;
}

sabir_message *wrap() {
  sabir_message *message = nullptr;
  if (ok_or_no_memory(sabir_message_wrap(1, bytes, sizeof bytes, [](void *, size_t, uintptr_t) { ++released; }, 0, &message))) ++wrapped;
  return message;
}

void publish(sabir_system *system, sabir_context *context, sabir_message *message, uint32_t flags, std::uint64_t subscribers) {
  if (!message) return;
  std::uint64_t delivered = 0;
  const sabir_status status = context ? sabir_context_publish(context, "topic.a", &message, flags, &delivered)
                                      : sabir_publish(system, "topic.a", &message, flags, &delivered);
  if (ok_or_no_memory(status)) {
    EXPECT_EQ(message, nullptr);
    EXPECT_EQ(delivered, subscribers);
  } else {
    EXPECT_EQ(delivered, 0u);
    EXPECT_NE(message, nullptr);
    sabir_message_destroy(&message);
  }
}

std::uint64_t subscriptions = 0;

sabir_status receive(sabir_context *context, uintptr_t, sabir_message **message) {
  if (sabir_message_type(*message) != 2) return SABIR_OK;
  sabir_message *clone = nullptr;
  publish(nullptr, context, wrap(), 0, subscriptions);
  if (ok_or_no_memory(sabir_message_share(message))) (void)ok_or_no_memory(sabir_message_clone(*message, &clone));
  sabir_message_destroy(&clone);
  const sabir_status status = sabir_context_publish(context, "nobody", message, 0, nullptr);
  // CLOSED: the system ends already.
  EXPECT_TRUE(status == SABIR_OK || status == SABIR_E_NOMEM || status == SABIR_E_INVALID || status == SABIR_E_CLOSED)
      << sabir_status_name(status);
  return SABIR_OK;
}

bool run_with_failure(std::uint64_t nth) {
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  options.workers = 1;
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("memory");
  callbacks.receive = receive;
  sabir_behavior *behavior = nullptr;
  sabir_system *system = nullptr;
  sabir_pid pid = 0;
  sabir_port *port = nullptr;
  wrapped = released = 0;
  subscriptions = 0;
  EXPECT_EQ(sabir_behavior_create(&callbacks, &behavior), SABIR_OK);
  EXPECT_EQ(sabir_system_create(&options, &system, nullptr), SABIR_OK);
  (void)sabir_log_set_level(system, SABIR_LOG_OFF);
  EXPECT_EQ(sabir_spawn(system, behavior, nullptr, &pid, nullptr), SABIR_OK);
  EXPECT_EQ(sabir_port_create(system, nullptr, &port, nullptr), SABIR_OK);

  bool failed;
  {
    const NewFailsToo new_fails;
    memory::fail_after(nth);
    sabir_ref ref = 0;
    publish(system, nullptr, wrap(), SABIR_PUBLISH_RETAIN, 0);
    for (const char *pattern : {"topic.a", "topic.*", "*.a", "else.where.*"}) {
      const bool subscribed = ok_or_no_memory(sabir_subscribe(system, pattern, pid, &ref));
      EXPECT_EQ(ref != 0, subscribed);
      if (subscribed && pattern[0] != 'e') ++subscriptions;
    }
    if (ok_or_no_memory(sabir_subscribe(system, "topic.>", sabir_port_pid(port), &ref))) ++subscriptions;
    publish(system, nullptr, wrap(), 0, subscriptions);
    publish(system, nullptr, wrap(), SABIR_PUBLISH_RETAIN, subscriptions);
    sabir_envelope envelopes[8] = {};
    std::size_t sent = 0, there = 0;
    for (sabir_envelope &envelope : envelopes) {
      envelope.to = pid;
      envelope.message = wrap();
      there += envelope.message != nullptr;
    }
    SABIR_IGNORE(sabir_send_batch(system, envelopes, 8, sizeof envelopes[0], &sent));
    EXPECT_EQ(sent, there);
    sabir_message *reply = nullptr;
    const sabir_status asked = sabir_ask_bytes(system, pid, 2, nullptr, 0, SABIR_FOREVER, &reply);
    EXPECT_TRUE(asked == SABIR_E_UNANSWERED || asked == SABIR_E_NOMEM) << sabir_status_name(asked);
    sabir_message_destroy(&reply);
    (void)ok_or_no_memory(sabir_send_bytes(system, pid, 2, nullptr, 0));
    // Handled before the shutdown, which closes the topics.
    sabir_status last = SABIR_E_NOMEM;
    while (last == SABIR_E_NOMEM) {
      last = sabir_ask_bytes(system, pid, 3, nullptr, 0, SABIR_FOREVER, &reply);
      sabir_message_destroy(&reply);
    }
    EXPECT_EQ(last, SABIR_E_UNANSWERED);
    failed = memory::allocations() >= nth;
    EXPECT_EQ(sabir_system_shutdown(system, 0, nullptr), SABIR_OK);
    sabir_port_destroy(&port);
    memory::fail_after(0);
  }
  sabir_counters counters = SABIR_COUNTERS_INIT;
  EXPECT_EQ(sabir_system_counters(system, &counters), SABIR_OK);
  EXPECT_EQ(counters.sent, counters.handled + counters.dead_letters);
  EXPECT_EQ(sabir_system_destroy(&system), SABIR_OK);
  sabir_behavior_destroy(&behavior);
  EXPECT_EQ(released, wrapped);
  return failed;
}

TEST(TopicOutOfMemory, whichever_allocation_fails_nothing_is_lost) {
  std::uint64_t nth = 1;
  while (run_with_failure(nth) && !HasFailure()) ++nth;
  EXPECT_GT(nth, 10u) << "hardly any allocation was failed";
  EXPECT_LT(nth, 2000u);
}

}  // namespace
}  // namespace sabir
