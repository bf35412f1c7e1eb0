// A host of delivered actors, on one thread: what it has out, what it has completed, and what must come of each call. Deliveries come by
// polls and by turns; what they stand for is checked against what was made.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bytes.hpp"
#include "oracle.hpp"

#include <algorithm>
#include <cstring>
#include <deque>
#include <new>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace fuzz {

// One kind of delivered actors. Their argument and state is 1 more than its index, so that each delivery tells it.
struct manner {
  std::uint32_t wants, batch, max_outstanding, inline_max;
  bool in_order() const { return max_outstanding <= 1; }
};
inline constexpr manner manners[] = {
    {0, 0, 0, 0},
    {SABIR_WANTS_START | SABIR_WANTS_FAILED | SABIR_WANTS_STOP, 2, 0, 16},
    {SABIR_WANTS_NONE, 1, 1, SABIR_INLINE_NONE},
    {SABIR_WANTS_FAILED, 0, 3, 64},
};
inline constexpr std::size_t manner_count = sizeof manners / sizeof manners[0];

inline constexpr std::size_t message_limit = 512;
inline constexpr char binding_of_objects = 0;
inline std::uintptr_t native_tag() { return reinterpret_cast<std::uintptr_t>(&binding_of_objects); }

// Memory with a home, an ask with a home, an object: each ends exactly once.
struct homed {
  int ends = 0;
  std::uint8_t bytes[40] = {};
};
struct object {
  int *ends;
};

class delivered_host {
 protected:
  delivered_host(const std::uint8_t *data, std::size_t size) : in_(data, size) {}

  struct out {
    std::uint32_t kind = 0;
    std::uintptr_t value = 0;  // what it is completed with
    sabir_pid actor = 0;
    std::size_t manner = 0;
    sabir_message *message = nullptr;  // of a poll, or beside a record
    bool behind_record = false;
    bool cancelled = false;
    bool moved = false, failed = false;
  };

  static sabir_context *handle(std::uint64_t context) { return reinterpret_cast<sabir_context *>(static_cast<std::uintptr_t>(context)); }

  // --- what comes

  void came(std::uint64_t context, const out &one) {
    ORACLE(context % 2 == 1 && one.actor != 0);
    if (one.kind == SABIR_DELIVERY_CANCEL) {
      const auto found = outs_.find(context);
      ORACLE(found != outs_.end() && !found->second.cancelled && found->second.actor == one.actor);
      found->second.cancelled = true;
      return;
    }
    ORACLE(one.manner < manner_count && !over_.contains(context));
    ORACLE(outs_.emplace(context, one).second);
    if (manners[one.manner].in_order()) order_[one.actor].push_back(context);
    const std::size_t of_actor = static_cast<std::size_t>(
        std::count_if(outs_.begin(), outs_.end(), [&one](const auto &each) { return each.second.actor == one.actor; }));
    const manner &how = manners[one.manner];
    ORACLE(of_actor <= (how.in_order() ? (how.batch == 0 ? std::size_t{SABIR_DELIVERY_BATCH_DEFAULT} : how.batch) : how.max_outstanding));
    ORACLE(one.kind != SABIR_DELIVERY_FAILED || how.wants & SABIR_WANTS_FAILED);
    ORACLE((one.kind != SABIR_DELIVERY_START && one.kind != SABIR_DELIVERY_STOP) || how.wants != SABIR_WANTS_NONE);
  }
  void release_came(std::uint64_t value) {
    homed &memory = *reinterpret_cast<homed *>(value);
    ORACLE(++memory.ends == 1);
    std::memset(memory.bytes, 0xdd, sizeof memory.bytes);
    ++ends_;
  }
  // kind: of its message, which may be behind the record; NULL, and 0: there is none.
  void reply_came(std::uint64_t value, sabir_status status, sabir_message *message, std::uint32_t kind) {
    ORACLE(++reinterpret_cast<homed *>(value)->ends == 1);
    ORACLE(status == SABIR_OK ? kind == SABIR_KIND_REPLY : kind == 0 || kind == SABIR_KIND_FAILURE);
    ++ends_;
    sabir_message_destroy(&message);
  }

  void came(const sabir_delivery &delivery) {
    if (delivery.kind == SABIR_DELIVERY_RELEASE) return release_came(delivery.value);
    if (delivery.kind == SABIR_DELIVERY_REPLY) {
      const auto kind = delivery.message != nullptr ? static_cast<std::uint32_t>(sabir_message_kind(delivery.message)) : 0u;
      return reply_came(delivery.value, delivery.status, delivery.message, kind);
    }
    out one;
    one.kind = delivery.kind;
    one.value = delivery.value;
    one.actor = delivery.actor;
    one.manner = (delivery.kind == SABIR_DELIVERY_START || delivery.state == 0 ? delivery.value : delivery.state) - 1;
    one.message = delivery.message;
    if (delivery.kind == SABIR_DELIVERY_MESSAGE) {
      ORACLE(delivery.message != nullptr);
      (void)sabir_message_data(delivery.message);
    } else {
      ORACLE(delivery.message == nullptr);
    }
    if (delivery.exit != nullptr) ORACLE(sabir_exit_message(delivery.exit) != nullptr);
    came(reinterpret_cast<std::uintptr_t>(delivery.context), one);
  }

  void came(const sabir_record &record) {
    auto *message = reinterpret_cast<sabir_message *>(static_cast<std::uintptr_t>(record.message));
    if (record.kind == SABIR_DELIVERY_RELEASE) return release_came(record.value);
    if (record.kind == SABIR_DELIVERY_REPLY) return reply_came(record.value, record.status, message, record.message_kind);
    out one;
    one.kind = record.kind;
    one.value = record.value;
    one.actor = record.actor;
    one.manner = (record.kind == SABIR_DELIVERY_START || record.state == 0 ? record.value : record.state) - 1;
    one.message = message;
    one.behind_record = record.kind == SABIR_DELIVERY_MESSAGE && message == nullptr;
    if (one.behind_record)
      ORACLE(record.size >= sizeof record + record.payload_size && record.size < sizeof record + record.payload_size + 8);
    came(record.context, one);
  }

  // --- what is completed

  bool is_first(std::uint64_t context, const out &one) const {
    return !manners[one.manner].in_order() || order_.at(one.actor).front() == context;
  }

  // What the completion of a context must give.
  sabir_status expected(std::uint64_t context, std::uint32_t flags) const {
    const auto found = outs_.find(context);
    if (found == outs_.end()) return SABIR_E_CONTEXT;
    if (!is_first(context, found->second)) return SABIR_E_ORDER;
    constexpr std::uint32_t both = SABIR_COMPLETION_TAKEN | SABIR_COMPLETION_RETURNED;
    if ((flags & ~both) != 0) return SABIR_E_OPTION;
    if (flags != 0 && (flags == both || found->second.kind != SABIR_DELIVERY_MESSAGE)) return SABIR_E_INVALID;
    if ((flags & SABIR_COMPLETION_TAKEN) && found->second.behind_record) return SABIR_E_INVALID;
    return SABIR_OK;
  }

  // It was completed.
  void completed(std::uint64_t context, sabir_status status, std::uint32_t flags) {
    const out one = outs_.at(context);
    outs_.erase(context);
    if (manners[one.manner].in_order()) order_[one.actor].pop_front();
    over_.insert(context);
    retired_.push_back(context);
    if (one.kind != SABIR_DELIVERY_MESSAGE || ((flags & SABIR_COMPLETION_RETURNED) && !one.moved)) return;
    const bool fine = (status == SABIR_OK || status == SABIR_E_NO_ASK) && !one.failed;
    if (fine || one.moved || (flags & SABIR_COMPLETION_TAKEN)) ++handled_;
    if ((flags & SABIR_COMPLETION_TAKEN) && !one.moved) messages_.push_back(one.message);
  }

  std::uint64_t any_out() {
    if (outs_.empty()) return 0;
    auto found = outs_.begin();
    std::advance(found, in_.byte() % outs_.size());
    return found->first;
  }
  // The first of its actor's.
  std::uint64_t first_of(std::uint64_t context) {
    if (context == 0) return 0;
    const out &one = outs_.at(context);
    return manners[one.manner].in_order() ? order_.at(one.actor).front() : context;
  }
  // One that is out, over, or never was: odd, for an even one would be the address of a callback's.
  std::uint64_t any_context() { return draw_context() | 1; }
  std::uint64_t draw_context() {
    switch (in_.below(8)) {
      case 0: return retired_.empty() ? 1 : retired_[in_.byte() % retired_.size()];
      case 1: return any_out() ^ (std::uint64_t{1} << in_.below(64));
      case 2: return std::uint64_t{in_.word()} << 32 | in_.word();
      case 3: return any_out();
      default: return first_of(any_out());
    }
  }

  // --- messages

  sabir_pid any_pid() {
    switch (in_.below(10)) {
      case 0: return 0;
      case 1: return sabir_pid{in_.word()} << 32 | in_.word();
      default: return pids_.empty() ? 0 : pids_[in_.byte() % pids_.size()];
    }
  }

  sabir_message *make_message() {
    sabir_message *message = nullptr;
    switch (in_.below(4)) {
      case 0: {
        homed &memory = homes_.emplace_back();
        EXPECT(sabir_message_wrap_at(1, memory.bytes, sizeof memory.bytes, executor_, reinterpret_cast<std::uintptr_t>(&memory), &message),
               SABIR_OK, SABIR_E_HANDLE);
        if (message == nullptr) homes_.pop_back();
        return message;
      }
      case 1: {
        int &ends = objects_.emplace_back(0);
        const std::size_t alignment = std::size_t{1} << in_.below(13);
        EXPECT(sabir_message_create_native(2, native_tag(), sizeof(object), std::max(alignment, alignof(object)), end_object, &message),
               SABIR_OK);
        new (sabir_message_data_mut(message)) object{&ends};
        return message;
      }
      default: {
        const std::size_t size = in_.one_in(4) ? message_limit - 8 + in_.below(16) : in_.below(120);
        EXPECT(sabir_message_create(3, size, &message), SABIR_OK);
        std::memset(sabir_message_data_mut(message), 0x5a, size);
        return message;
      }
    }
  }
  static void end_object(void *ended) { ORACLE(++*static_cast<object *>(ended)->ends == 1); }
  void destroy(sabir_message *message) { sabir_message_destroy(&message); }

  bytes in_;
  sabir_system *system_ = nullptr;
  sabir_executor *executor_ = nullptr, *elsewhere_ = nullptr;
  sabir_behavior *behaviors_[manner_count] = {};
  std::vector<sabir_pid> pids_;
  std::unordered_map<std::uint64_t, out> outs_;
  std::unordered_map<sabir_pid, std::deque<std::uint64_t>> order_;  // in_order: what is out, the oldest first
  std::unordered_set<std::uint64_t> over_;
  std::vector<std::uint64_t> retired_;
  std::vector<sabir_message *> messages_;
  std::deque<homed> homes_;
  std::deque<int> objects_;
  std::uint64_t handled_ = 0;
  std::size_t ends_ = 0;  // of homes
};

}  // namespace fuzz
