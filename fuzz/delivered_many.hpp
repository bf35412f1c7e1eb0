// What a host sends to many at once: batches, groups, routers and topics.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "delivered.hpp"

#include <atomic>

namespace fuzz {

// What may come of a send. Objects are refused by those that do not take them, and so is what was emptied of its object.
#define SENT                                                                                                                         \
  SABIR_OK, SABIR_E_DEAD, SABIR_E_NO_ACTOR, SABIR_E_FOREIGN, SABIR_E_MAILBOX_FULL, SABIR_E_TOO_BIG, SABIR_E_NATIVE, SABIR_E_INVALID, \
      SABIR_E_CLOSED

class delivered_many : protected delivered_host {
 protected:
  using delivered_host::delivered_host;

  sabir_message *any_message() {
    if (!messages_.empty() && in_.one_in(2)) {
      std::swap(messages_[in_.byte() % messages_.size()], messages_.back());
      sabir_message *const message = messages_.back();
      messages_.pop_back();
      return message;
    }
    sabir_message *const message = make_message();
    ORACLE(message != nullptr);
    return message;
  }

  // A call that moves the message if it succeeds.
  template <class Call>
  sabir_status give(Call call) {
    sabir_message *message = any_message(), *const before = message;
    const sabir_status status = EXPECT(call(&message), SENT, SABIR_E_NO_MEMBER, SABIR_E_LIMIT);
    // What is shared is another message, of the same payload.
    ORACLE((message == nullptr) == (status == SABIR_OK) && before != nullptr);
    if (message != nullptr) messages_.push_back(message);
    return status;
  }

  void send_batch(sabir_context *context = nullptr) {
    sabir_envelope envelopes[6] = {};
    const std::size_t count = in_.below(7);
    std::size_t sent = 77, found = 0;
    for (sabir_envelope &each : envelopes) {
      each.to = any_pid();
      each.message = in_.one_in(8) ? nullptr : any_message();
      each.status = 77;
    }
    const sabir_status status = context == nullptr ? sabir_send_batch(system_, envelopes, count, sizeof envelopes[0], &sent)
                                                   : sabir_context_send_batch(context, envelopes, count, sizeof envelopes[0], &sent);
    sabir_status first = SABIR_OK;
    for (std::size_t index = 0; index < 6; ++index) {
      sabir_envelope &each = envelopes[index];
      if (index < count) {
        EXPECT(each.status, SENT);
        if (each.status == SABIR_OK) ORACLE(each.message == nullptr);
        found += each.status == SABIR_OK;
        if (first == SABIR_OK) first = each.status;
      } else {
        ORACLE(each.status == 77);
      }
      if (each.message != nullptr) messages_.push_back(each.message);
    }
    ORACLE(status == first && sent == found);
  }

  void use_group(sabir_context *context = nullptr) {
    const char *const name = in_.one_in(2) ? "a" : "b";
    std::size_t received = 77;
    switch (in_.below(5)) {
      case 0:
        EXPECT(sabir_group_join(system_, name, any_pid()), SABIR_OK, SABIR_E_DUPLICATE, SABIR_E_DEAD, SABIR_E_NO_ACTOR, SABIR_E_FOREIGN);
        break;
      case 1: EXPECT(sabir_group_leave(system_, name, any_pid()), SABIR_OK, SABIR_E_NO_MEMBER); break;
      case 2: {
        sabir_pid pids[4];
        EXPECT(sabir_group_members(system_, name, pids, 4, &received), SABIR_OK);
        ORACLE(received <= pids_.size());
        break;
      }
      default: {
        const sabir_status status = give([&](sabir_message **message) {
          return context == nullptr ? sabir_group_send(system_, name, message, &received)
                                    : sabir_context_group_send(context, name, message, &received);
        });
        ORACLE((received > 0) == (status == SABIR_OK));
      }
    }
  }

  void use_topic(sabir_context *context = nullptr) {
    static constexpr const char *patterns[] = {"a.b", "a.*", ">", "a.b.c", "a..b", ""};
    static constexpr const char *subjects[] = {"a.b", "a.c", "a.b.c", "a.*"};
    switch (in_.below(4)) {
      case 0: {
        sabir_ref ref = 1;
        const std::uint32_t which = in_.below(6);
        const sabir_status status = EXPECT(sabir_subscribe(system_, patterns[which], any_pid(), &ref), SABIR_OK, SABIR_E_INVALID,
                                           SABIR_E_DEAD, SABIR_E_NO_ACTOR, SABIR_E_FOREIGN);
        ORACLE((status == SABIR_OK) == (ref != 0) && (which < 4 || ref == 0));
        if (ref != 0) subscriptions_.push_back(ref);
        break;
      }
      case 1:
        if (subscriptions_.empty()) break;
        EXPECT(sabir_unsubscribe(system_, subscriptions_.back()), SABIR_OK, SABIR_E_NO_REF);
        EXPECT(sabir_unsubscribe(system_, subscriptions_.back()), SABIR_E_NO_REF);
        subscriptions_.pop_back();
        break;
      default: {
        const std::uint32_t which = in_.below(4), flags = in_.below(4) == 3 ? 2 : in_.below(2);
        std::uint64_t delivered = 77;
        const sabir_status status = give([&](sabir_message **message) {
          return context == nullptr ? sabir_publish(system_, subjects[which], message, flags, &delivered)
                                    : sabir_context_publish(context, subjects[which], message, flags, &delivered);
        });
        ORACLE(status == SABIR_OK ? which < 3 && flags < 2 && delivered <= subscriptions_.size() : delivered == 0);
      }
    }
  }

  void use_router(sabir_context *context = nullptr) {
    if (routers_.size() < 2 && (routers_.empty() || in_.one_in(4))) return make_router();
    sabir_router *const router = routers_[in_.byte() % routers_.size()];
    std::size_t count = 77;
    sabir_pid pid = 1, pids[4];
    switch (in_.below(9)) {
      case 0:
        EXPECT(sabir_router_add(router, any_pid()), SABIR_OK, SABIR_E_INVALID, SABIR_E_DUPLICATE, SABIR_E_LIMIT, SABIR_E_DEAD,
               SABIR_E_NO_ACTOR, SABIR_E_FOREIGN);
        break;
      case 1: EXPECT(sabir_router_remove(router, any_pid()), SABIR_OK, SABIR_E_INVALID, SABIR_E_NO_MEMBER); break;
      case 2: EXPECT(sabir_router_resize(router, in_.below(8)), SABIR_OK, SABIR_E_INVALID, SABIR_E_LIMIT); break;
      case 3:
        EXPECT(sabir_router_routees(router, pids, 4, &count), SABIR_OK);
        ORACLE(count <= 6);
        if (count > 0 && pids_.size() < 64) pids_.push_back(pids[0]);
        break;
      case 4: {
        const sabir_status status =
            EXPECT(sabir_router_pick(router, in_.byte(), &pid), SABIR_OK, SABIR_E_INVALID, SABIR_E_NO_MEMBER, SABIR_E_DEAD, SABIR_E_LIMIT);
        ORACLE((status == SABIR_OK) == (pid != 0));
        break;
      }
      case 5: {
        const sabir_status status = give([&](sabir_message **message) {
          return context == nullptr ? sabir_router_send_all(router, message, &count)
                                    : sabir_context_router_send_all(context, router, message, &count);
        });
        ORACLE((count > 0) == (status == SABIR_OK));
        break;
      }
      case 6: {
        std::atomic<int> &ends = asks_.emplace_back(0);
        sabir_ref ref = 1;
        const sabir_status status = give([&](sabir_message **message) {
          const sabir_status asked =
              sabir_router_ask_begin(router, message, 1 + in_.byte() * 1000u, ended, reinterpret_cast<std::uintptr_t>(&ends), &ref);
          return asked == SABIR_E_TIMEOUT ? SABIR_E_MAILBOX_FULL : asked;
        });
        if (status != SABIR_OK) {
          ORACLE(ends.load() == 0 && ref == 0);
          asks_.pop_back();
        }
        break;
      }
      case 7: {
        sabir_router *gone = router;
        routers_.erase(std::find(routers_.begin(), routers_.end(), router));
        sabir_router_destroy(&gone);
        ORACLE(gone == nullptr);
        EXPECT(sabir_router_resize(router, 1), SABIR_E_HANDLE);
        break;
      }
      default:
        (void)give([&](sabir_message **message) {
          return context == nullptr ? sabir_router_send(router, message) : sabir_context_router_send(context, router, message);
        });
    }
  }

  // With the context of a delivery that is out.
  void send_to_many(sabir_context *context) {
    switch (in_.below(4)) {
      case 0: send_batch(context); break;
      case 1: use_group(context); break;
      case 2: use_router(context); break;
      default: use_topic(context); break;
    }
  }

  void end_many() {
    for (sabir_router *&router : routers_) sabir_router_destroy(&router);
    for (const char *subject : {"a.b", "a.c", "a.b.c"})   // what it retains is released
      EXPECT(sabir_publish_bytes(system_, subject, 1, nullptr, 0, SABIR_PUBLISH_RETAIN, nullptr), SABIR_OK);
  }
  void check_asks() const {
    for (const std::atomic<int> &ends : asks_) ORACLE(ends.load() == 1);
  }

 private:
  static void ended(std::uintptr_t argument, sabir_ref, sabir_status status, sabir_message **reply) {
    ORACLE(reinterpret_cast<std::atomic<int> *>(argument)->fetch_add(1) == 0);
    ORACLE(*reply == nullptr ? status != SABIR_OK : (sabir_message_kind(*reply) == SABIR_KIND_REPLY) == (status == SABIR_OK));
  }

  void make_router() {
    const std::size_t manner = in_.below(manner_count);
    sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
    spawn.executor = executor_;
    spawn.argument = manner + 1;
    spawn.native_tag = in_.one_in(2) ? native_tag() : 0;
    sabir_router_options options = SABIR_ROUTER_OPTIONS_INIT;
    options.strategy = in_.below(6);
    options.capacity = 6;
    if (in_.one_in(2)) {
      options.size = 1 + in_.below(3);
      options.behavior = behaviors_[manner];
      options.spawn = &spawn;
    }
    sabir_router *router = nullptr;
    const sabir_status status =
        EXPECT(sabir_router_create(system_, &options, &router, nullptr), SABIR_OK, SABIR_E_LIMIT, SABIR_E_OPTION, SABIR_E_INVALID);
    ORACLE((status == SABIR_OK) == (router != nullptr) && (options.strategy < 5 || router == nullptr));
    if (router != nullptr) routers_.push_back(router);
  }

  std::vector<sabir_router *> routers_;
  std::vector<sabir_ref> subscriptions_;
  std::deque<std::atomic<int>> asks_;
};

}  // namespace fuzz
