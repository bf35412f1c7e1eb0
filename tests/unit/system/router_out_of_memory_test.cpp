// SPDX-License-Identifier: Apache-2.0
// The nth allocation fails, for every n, while members of groups and routees of pools are sent to and asked, messages are stashed, and
// objects travel: each call says so or succeeds, what fails leaves the message its owner's, and nothing is lost.
#include <gtest/gtest.h>

#include <atomic>
#include <new>

#include "base/memory.hpp"
#include "sabir/sabir.h"
#include "system/failing_new.hpp"

namespace sabir {
namespace {

enum : sabir_type { nothing = 1, answer, stash, unstash, take, pass_on, join };

const char binding = 0;
const auto tag = reinterpret_cast<uintptr_t>(&binding);

struct Thing {
  std::uint64_t number;
};

std::atomic<int> made{0}, ended{0}, dropped{0};
std::atomic<std::uint64_t> receives{0};

bool ok_or_no_memory(sabir_status status) {
  EXPECT_TRUE(status == SABIR_OK || status == SABIR_E_NOMEM) << sabir_status_name(status);
  return status == SABIR_OK;
}

// What has ended may have failed for want of memory anywhere on its way: a start, a question, an answer.
bool is_an_end(sabir_status status) {
  return status == SABIR_OK || status == SABIR_E_NOMEM || status == SABIR_E_UNANSWERED || status == SABIR_E_CRASHED ||
         status == SABIR_E_DEAD || status == SABIR_E_NO_MEMBER || status == SABIR_E_CLOSED || status == SABIR_E_MAILBOX_FULL;
}

sabir_message *make_thing(sabir_type type) {
  sabir_message *message = nullptr;
  const auto end = [](void *object) {
    EXPECT_EQ(static_cast<Thing *>(object)->number, 77u);
    ++ended;
  };
  if (ok_or_no_memory(sabir_message_create_native(type, tag, sizeof(Thing), alignof(Thing), end, &message))) {
    new (sabir_message_data_mut(message)) Thing{77};
    ++made;
  }
  return message;
}

sabir_status receive(sabir_context *context, uintptr_t other, sabir_message **message) {
  ++receives;
  sabir_message *const before = *message;
  switch (sabir_message_type(*message)) {
    case answer: SABIR_IGNORE(sabir_context_reply_bytes(context, nothing, "yes", 3)); break;
    case stash: {
      const bool stashed = ok_or_no_memory(sabir_context_stash(context, message));
      EXPECT_EQ(*message, stashed ? nullptr : before);
      break;
    }
    case unstash: EXPECT_EQ(sabir_context_unstash(context, 0), SABIR_OK); break;
    case take:
      EXPECT_NE(sabir_message_take_native(*message, tag), nullptr);
      ++ended;
      break;
    case pass_on: {
      const sabir_status sent = sabir_context_send(context, static_cast<sabir_pid>(other), message);
      EXPECT_TRUE(sent == SABIR_OK || sent == SABIR_E_NOMEM || sent == SABIR_E_NATIVE || sent == SABIR_E_NO_ACTOR || sent == SABIR_E_CLOSED)
          << sabir_status_name(sent);
      EXPECT_EQ(*message, sent == SABIR_OK ? nullptr : before);
      break;
    }
    default: break;
  }
  return SABIR_OK;
}

struct Sweep {
  sabir_system *system = nullptr;
  sabir_behavior *behavior = nullptr;
  sabir_port *port = nullptr;
  sabir_pid pid = 0;

  void send_to_group(const char *group, std::size_t members) {
    std::size_t received = 7;
    sabir_message *message = nullptr;
    if (!ok_or_no_memory(sabir_message_create_bytes(nothing, "group", 5, &message))) return;
    const sabir_status status = sabir_group_send(system, group, &message, &received);
    if (members == 0) {
      EXPECT_TRUE(status == SABIR_E_NO_MEMBER) << sabir_status_name(status);
    } else if (ok_or_no_memory(status)) {
      EXPECT_EQ(received, members);
    }
    EXPECT_EQ(message == nullptr, status == SABIR_OK);
    EXPECT_EQ(received == 0, status != SABIR_OK);
    sabir_message_destroy(&message);
  }

  void use_groups() {
    std::size_t members = 0, counted = 0;
    for (const char *group : {"one", "two", "one"}) {
      const sabir_status status = sabir_group_join(system, group, pid);
      if (status == SABIR_OK)
        members += group[0] == 'o';
      else
        EXPECT_TRUE(status == SABIR_E_NOMEM || (status == SABIR_E_DUPLICATE && members == 1)) << sabir_status_name(status);
    }
    members += ok_or_no_memory(sabir_group_join(system, "one", sabir_port_pid(port)));
    EXPECT_EQ(sabir_group_members(system, "one", nullptr, 0, &counted), SABIR_OK);
    EXPECT_EQ(counted, members);
    send_to_group("one", members);
    std::size_t received = 7;
    const sabir_status status = sabir_group_send_bytes(system, "one", nothing, "bytes", 5, &received);
    EXPECT_EQ(received == 0, status != SABIR_OK);
    (void)sabir_group_leave(system, "one", pid);
    (void)sabir_group_leave(system, "one", sabir_port_pid(port));
    send_to_group("one", 0);
  }

  void ask_router(sabir_router *router) {
    sabir_message *message = nullptr, *reply = nullptr;
    if (!ok_or_no_memory(sabir_message_create_bytes(answer, "ask", 3, &message))) return;
    const sabir_status status = sabir_router_ask(router, &message, SABIR_FOREVER, &reply);
    EXPECT_TRUE(is_an_end(status)) << sabir_status_name(status);
    sabir_message_destroy(&message);
    sabir_message_destroy(&reply);
    sabir_ref ref = 0;
    if (!ok_or_no_memory(sabir_message_create_bytes(answer, "ask", 3, &message))) return;
    const sabir_status asked = sabir_port_router_ask(port, router, &message, SABIR_FOREVER, &ref);
    EXPECT_TRUE(is_an_end(asked)) << sabir_status_name(asked);
    EXPECT_EQ(ref != 0, asked == SABIR_OK);
    EXPECT_EQ(message == nullptr, asked == SABIR_OK);
    sabir_message_destroy(&message);
    if (asked != SABIR_OK) return;
    do {   // behind what groups have sent
      sabir_message_destroy(&reply);
      EXPECT_EQ(sabir_port_receive(port, SABIR_FOREVER, &reply), SABIR_OK) << "an ask that was made did not end";
    } while (sabir_message_ref(reply) != ref);
    sabir_message_destroy(&reply);
  }

  void use_router(std::uint32_t strategy) {
    sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
    spawn.drop = [](uintptr_t) { ++dropped; };
    sabir_router_options options = SABIR_ROUTER_OPTIONS_INIT;
    options.strategy = strategy;
    options.capacity = 16;
    options.size = 2;
    options.behavior = behavior;
    options.spawn = &spawn;
    sabir_router *router = nullptr;
    if (!ok_or_no_memory(sabir_router_create(system, &options, &router, nullptr))) {
      EXPECT_EQ(router, nullptr);
      return;
    }
    (void)ok_or_no_memory(sabir_router_resize(router, 12));
    for (int i = 0; i < 3; ++i) SABIR_IGNORE(sabir_router_send_bytes(router, nothing, "routed", 6));
    ask_router(router);
    sabir_pid pids[16];
    std::size_t count = 0, received = 0;
    EXPECT_TRUE(ok_or_no_memory(sabir_router_routees(router, pids, 16, &count)) || count == 0);
    if (count > 0) (void)sabir_actor_kill(system, pids[0]);
    sabir_message *message = nullptr;
    if (ok_or_no_memory(sabir_message_create_bytes(nothing, "all", 3, &message))) {
      const sabir_status status = sabir_router_send_all(router, &message, &received);
      EXPECT_EQ(message == nullptr, status == SABIR_OK);
      EXPECT_EQ(received != 0, status == SABIR_OK);
      sabir_message_destroy(&message);
    }
    (void)ok_or_no_memory(sabir_router_resize(router, 1));
    ask_router(router);
    sabir_router_destroy(&router);
  }

  void use_stash() {
    for (int i = 0; i < 3; ++i) (void)ok_or_no_memory(sabir_send_bytes(system, pid, stash, "later", 5));
    (void)ok_or_no_memory(sabir_send_bytes(system, pid, unstash, nullptr, 0));
    (void)ok_or_no_memory(sabir_send_bytes(system, pid, stash, "to the end", 10));
  }

  void use_objects() {
    for (const sabir_type type : {take, nothing, pass_on, stash}) {
      sabir_message *message = make_thing(type);
      if (!message) continue;
      const bool sent = ok_or_no_memory(sabir_send(system, pid, &message));
      EXPECT_EQ(message == nullptr, sent);
      sabir_message_destroy(&message);
    }
    sabir_message *refused = make_thing(nothing);
    if (!refused) return;
    EXPECT_EQ(sabir_send(system, sabir_port_pid(port), &refused), SABIR_E_NATIVE);
    EXPECT_EQ(sabir_message_take_native(refused, tag) != nullptr, true);
    ++ended;
    sabir_message_destroy(&refused);
  }
};

bool run_with_failure(std::uint64_t nth) {
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  options.workers = 1;
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("memory");
  callbacks.receive = receive;
  Sweep sweep;
  made = ended = dropped = 0;
  EXPECT_EQ(sabir_behavior_create(&callbacks, &sweep.behavior), SABIR_OK);
  EXPECT_EQ(sabir_system_create(&options, &sweep.system, nullptr), SABIR_OK);
  (void)sabir_log_set_level(sweep.system, SABIR_LOG_OFF);
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  spawn.native_tag = tag;
  EXPECT_EQ(sabir_spawn(sweep.system, sweep.behavior, &spawn, &sweep.pid, nullptr), SABIR_OK);
  EXPECT_EQ(sabir_port_create(sweep.system, nullptr, &sweep.port, nullptr), SABIR_OK);

  bool failed;
  constexpr int routers = 3;
  {
    const NewFailsToo new_fails;
    memory::fail_after(nth);
    sweep.use_groups();
    sweep.use_stash();
    sweep.use_objects();
    for (const std::uint32_t strategy : {SABIR_ROUTER_ROUND_ROBIN, SABIR_ROUTER_HASH, SABIR_ROUTER_BROADCAST}) sweep.use_router(strategy);
    // All of it is handled before the shutdown.
    sabir_message *reply = nullptr;
    sabir_status last;
    do {
      sabir_message_destroy(&reply);
      last = sabir_ask_bytes(sweep.system, sweep.pid, answer, nullptr, 0, SABIR_FOREVER, &reply);
      EXPECT_TRUE(last == SABIR_OK || last == SABIR_E_NOMEM || last == SABIR_E_UNANSWERED) << sabir_status_name(last);
    } while (last != SABIR_OK && !::testing::Test::HasFailure());
    sabir_message_destroy(&reply);
    failed = memory::allocations() >= nth;
    EXPECT_EQ(sabir_system_shutdown(sweep.system, 0, nullptr), SABIR_OK);
    sabir_port_destroy(&sweep.port);
    memory::fail_after(0);
  }
  sabir_counters counters = SABIR_COUNTERS_INIT;
  EXPECT_EQ(sabir_system_counters(sweep.system, &counters), SABIR_OK);
  EXPECT_EQ(counters.sent, counters.handled + counters.dead_letters);
  EXPECT_EQ(counters.spawned, counters.exited);
  EXPECT_EQ(sabir_system_destroy(&sweep.system), SABIR_OK);
  sabir_behavior_destroy(&sweep.behavior);
  EXPECT_EQ(ended, made) << "objects that were not ended exactly once";
  EXPECT_EQ(dropped, routers) << "arguments of pools that were not dropped exactly once";
  return failed;
}

TEST(RouterOutOfMemory, whichever_allocation_fails_nothing_is_lost) {
  std::uint64_t nth = 1;
  while (run_with_failure(nth) && !HasFailure()) ++nth;
  EXPECT_GT(nth, 10u) << "hardly any allocation was failed";
  EXPECT_LT(nth, 4000u);
  EXPECT_GT(receives, 0u);
}

}  // namespace
}  // namespace sabir
