// The hosts of the board's stress program: threads that poll, that take turns, and that complete what others were handed.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "board_world.hpp"

#include <algorithm>
#include <utility>

namespace board {

// One delivery, as a poll or a turn has handed it out.
struct item {
  std::uint32_t kind = 0;
  std::uint32_t incarnation = 0;
  std::uint64_t context = 0, actor = 0, state = 0, value = 0;
  std::uint64_t slot = 0;  // of its actor, in the world
  sabir_message *message = nullptr;  // borrowed; NULL behind a record
  bool asks = false;
  const sabir_exit *exit = nullptr;
  note of;  // a message's
  // What becomes of it.
  sabir_status status = SABIR_OK;
  std::uint32_t flags = 0;
  bool moved = false;
};

// Those of one actor that came together: in order they are completed.
struct job {
  std::vector<item> items;
};

// What is handed over to those who complete.
class queue {
 public:
  void push(job &&one) {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(one));
  }
  bool pop(stress::random &random, job &one) {
    const std::lock_guard lock(mutex_);
    if (jobs_.empty()) return false;
    std::swap(jobs_[random.below(static_cast<std::uint32_t>(jobs_.size()))], jobs_.back());
    one = std::move(jobs_.back());
    jobs_.pop_back();
    return true;
  }

 private:
  std::mutex mutex_;
  std::vector<job> jobs_;
};
inline queue handed_over;

inline sabir_context *context_of(std::uint64_t number) { return reinterpret_cast<sabir_context *>(static_cast<std::uintptr_t>(number)); }

class host {
 public:
  host(world &where, std::uint64_t number) : where_(where), random_(stress::mix(where.seed, number)) {}

 protected:
  static constexpr std::uint32_t retired_most = 64;

  // Puts what was handed out together, by actor.
  void sort(std::vector<job> &jobs, item &&one) {
    one.slot = one.kind == SABIR_DELIVERY_START ? one.value : one.state >> 32;
    STRESS_CHECK(one.slot < actor_count);
    if (one.kind != SABIR_DELIVERY_START) STRESS_EQUAL(one.state, state_of(one.slot, one.incarnation));
    for (job &known : jobs) {
      if (known.items.front().actor != one.actor) continue;
      known.items.push_back(std::move(one));
      return;
    }
    jobs.emplace_back().items.push_back(std::move(one));
  }

  void cancel_came(std::uint64_t context) {
    const std::lock_guard lock(where_.mutex);
    STRESS_CHECK(where_.cancelled.insert(context).second);  // once for each
  }

  static bool in_order(const item &one) { return one.slot % manner_count != 3; }

  // What the handler makes of it; completed afterwards.
  void handle(item &one) {
    actor &self = where_.actors[one.slot];
    switch (one.kind) {
      case SABIR_DELIVERY_START:
        one.value = state_of(one.slot, one.incarnation);
        if (one.incarnation > 0 && random_.one_in(50)) one.status = 9;
        return;
      case SABIR_DELIVERY_FAILED: {
        static constexpr std::int32_t decisions[] = {SABIR_DECISION_DEFAULT, SABIR_DECISION_RESTART, SABIR_DECISION_RESUME, 99};
        STRESS_EQUAL(sabir_exit_reason(one.exit), SABIR_EXIT_CRASHED);
        one.value = static_cast<std::uint64_t>(decisions[random_.below(4)]);
        if (in_order(one)) self.failed = 0;
        return;
      }
      case SABIR_DELIVERY_STOP: STRESS_CHECK(sabir_exit_message(one.exit) != nullptr); return;
      default: STRESS_EQUAL(one.kind, SABIR_DELIVERY_MESSAGE);
    }
    if (in_order(one)) {
      if (self.failed == one.incarnation + std::uint64_t{1}) {
        one.flags = SABIR_COMPLETION_RETURNED;
        return;
      }
      self.failed = 0;
    }
    if (one.slot % manner_count != 1 && one.slot % manner_count != 2 && random_.one_in(50)) {  // nothing is out behind it
      one.flags = SABIR_COMPLETION_RETURNED;
      return;
    }
    if (in_order(one) && one.of.source != no_source) {
      std::uint32_t &last = self.last[one.of.source];
      STRESS_CHECK(last <= one.of.sequence);  // the same: again, after a crash
      last = one.of.sequence;
    }
    decide(one, self);
  }

  // With a context a send is a call or a command: what is left to who completes.
  virtual void send(item &one, bool moves) = 0;
  virtual void reply(item &one) = 0;

  void is_completed(const item &one) {
    if (one.kind == SABIR_DELIVERY_START && one.status == SABIR_OK) where_.starts.fetch_add(1);
    if (one.kind == SABIR_DELIVERY_STOP) where_.stops.fetch_add(1);
    if (one.kind == SABIR_DELIVERY_MESSAGE && !(one.flags & SABIR_COMPLETION_RETURNED && !one.moved) &&
        (one.status == SABIR_OK || one.moved || one.flags & SABIR_COMPLETION_TAKEN))
      where_.is_handled(one.of.number);
    if (one.flags & SABIR_COMPLETION_TAKEN) {
      sabir_message *taken = one.message;
      sabir_message_destroy(&taken);
    }
    retired_[retired_next_++ % retired_most] = one.context;
  }

  sabir_status complete_one(sabir_executor *executor, std::uint64_t context) {
    sabir_completion completion = SABIR_COMPLETION_INIT;
    completion.context = context_of(context);
    std::size_t completed = 7;
    const sabir_status status = sabir_executor_complete(executor, &completion, 1, sizeof completion, &completed);
    STRESS_EQUAL(completed, status == SABIR_OK);
    return status;
  }
  void expect(sabir_status status, sabir_status expected) {
    if (status == SABIR_E_CLOSED && where_.pollers_end.load()) return;
    STRESS_EQUAL(static_cast<std::int64_t>(status), static_cast<std::int64_t>(expected));
  }

  // What is refused, and changes nothing.
  void complete_wrongly(const job &one) {
    const std::uint64_t over = retired_[random_.below(retired_most)];
    if (over != 0) {
      expect(complete_one(where_.executor, over), SABIR_E_CONTEXT);
      STRESS_EQUAL(sabir_context_self(context_of(over)), 0);
      sabir_ref ref = 1;
      STRESS_EQUAL(static_cast<std::int64_t>(sabir_context_defer(context_of(over), &ref)), static_cast<std::int64_t>(SABIR_E_CONTEXT));
    }
    expect(complete_one(where_.elsewhere, one.items.front().context), SABIR_E_FOREIGN);
    if (in_order(one.items.front()) && one.items.size() > 1) expect(complete_one(where_.executor, one.items[1].context), SABIR_E_ORDER);
  }

  world &where_;
  stress::random random_;

 private:
  void decide(item &one, actor &self) {
    if (one.asks && !random_.one_in(4)) reply(one);
    switch (random_.below(100)) {
      case 0: one.status = 5; break;
      case 1:
        if (sabir_context_stop(context_of(one.context)) != SABIR_OK) return;
        if (in_order(one)) self.failed = one.incarnation + std::uint64_t{1};
        return;
      case 2:
      case 3: one.status = SABIR_E_UNHANDLED; return;
      default: break;
    }
    if (one.status != SABIR_OK) {
      if (in_order(one)) self.failed = one.incarnation + std::uint64_t{1};
      return;
    }
    if (one.of.hops > 0 && random_.one_in(2) && where_.has_numbers()) send(one, one.message != nullptr && random_.one_in(2));
    if (!one.moved && one.message != nullptr && random_.one_in(8)) one.flags = SABIR_COMPLETION_TAKEN;
  }

  std::array<std::uint64_t, retired_most> retired_{};
  std::uint32_t retired_next_ = 0;
};

// Handles with calls, as one who polls and one who completes do.
class caller : public host {
 public:
  using host::host;

  void finish(job &one) {
    for (item &each : one.items) handle(each);
    if (random_.one_in(16)) complete_wrongly(one);
    const std::size_t at_once = random_.one_in(2) ? one.items.size() : 1 + random_.below(4);
    for (std::size_t done = 0; done < one.items.size();) {
      const std::size_t count = std::min(at_once, one.items.size() - done);
      const std::size_t completed = complete(one.items.data() + done, count);
      if (completed < count) return;
      done += completed;
    }
  }

  void poll() {
    sabir_delivery deliveries[64];
    while (!where_.pollers_end.load()) {
      for (sabir_delivery &delivery : deliveries) delivery.struct_size = sizeof delivery;
      std::size_t handed = 0;
      const std::size_t count = 1 + random_.below(64);
      const sabir_status status = sabir_executor_poll(where_.executor, deliveries, count, sizeof deliveries[0], 1'000'000, &handed);
      if (status == SABIR_E_CLOSED) return;
      STRESS_CHECK(status == SABIR_OK || status == SABIR_E_TIMEOUT || status == SABIR_E_WOKEN);
      STRESS_CHECK(handed <= count);
      std::vector<job> jobs;
      for (std::size_t index = 0; index < handed; ++index) take(jobs, deliveries[index]);
      for (job &one : jobs) {
        if (random_.one_in(2))
          handed_over.push(std::move(one));
        else
          finish(one);
      }
    }
  }

 private:
  void take(std::vector<job> &jobs, const sabir_delivery &delivery) {
    switch (delivery.kind) {
      case SABIR_DELIVERY_CANCEL: cancel_came(reinterpret_cast<std::uintptr_t>(delivery.context)); return;
      case SABIR_DELIVERY_RELEASE: where_.release_came(delivery.value); return;
      case SABIR_DELIVERY_REPLY: where_.reply_came(delivery.value, delivery.status, delivery.message); return;
      default: break;
    }
    item one;
    one.kind = delivery.kind;
    one.incarnation = delivery.incarnation;
    one.context = reinterpret_cast<std::uintptr_t>(delivery.context);
    one.actor = delivery.actor;
    one.state = delivery.state;
    one.value = delivery.value;
    one.exit = delivery.exit;
    one.message = delivery.message;
    if (one.kind == SABIR_DELIVERY_MESSAGE) {
      one.of = world::read(sabir_message_data(one.message), sabir_message_size(one.message));
      one.asks = sabir_message_ref(one.message) != 0;
    }
    sort(jobs, std::move(one));
  }

  // How many were completed: less than all only where the executor is given up.
  std::size_t complete(item *items, std::size_t count) {
    std::vector<sabir_completion> completions(count);
    for (std::size_t index = 0; index < count; ++index) {
      completions[index] = SABIR_COMPLETION_INIT;
      completions[index].context = context_of(items[index].context);
      completions[index].status = items[index].status;
      completions[index].value = items[index].value;
      completions[index].flags = items[index].flags;
      if (items[index].status != SABIR_OK) {
        completions[index].text = "on purpose";
        completions[index].text_size = 10;
      }
    }
    std::size_t completed = 0;
    expect(sabir_executor_complete(where_.executor, completions.data(), count, sizeof completions[0], &completed), SABIR_OK);
    for (std::size_t index = 0; index < completed; ++index) is_completed(items[index]);
    return completed;
  }

  void send(item &one, bool moves) override {
    note made = where_.make_note(random_, no_source, 0, one.of.hops - 1);
    const sabir_pid to = where_.any(random_);
    if (!moves) {
      std::uint8_t bytes[largest_payload];
      static_cast<void>(where_.tally(sabir_context_send_bytes(context_of(one.context), to, NUMBERED, bytes, world::write(bytes, made))));
      return;
    }
    made.size = one.of.size;
    auto *data = static_cast<std::uint8_t *>(sabir_message_data_mut(one.message));
    STRESS_CHECK(data != nullptr);
    world::write(data, made);
    sabir_message *message = one.message;
    one.moved = where_.tally(sabir_context_send(context_of(one.context), to, &message)) == SABIR_OK;
    if (!one.moved) world::write(data, one.of);  // what is dead letter later is what came
  }
  void reply(item &one) override {
    const sabir_status status = random_.one_in(4) ? sabir_context_reply_error(context_of(one.context), 7, "no", 2)
                                                  : sabir_context_reply_bytes(context_of(one.context), ANSWER, "yes", 3);
    STRESS_CHECK(status == SABIR_OK || status == SABIR_E_NO_ASK);
  }
};

// Handles with commands, which go into the next turn.
class turner : public host {
 public:
  using host::host;

  void run() {
    alignas(8) std::uint8_t records[4096];
    while (!where_.pollers_end.load()) {
      std::size_t done = 0, used = 0;
      const std::size_t room = random_.one_in(2) ? SABIR_TURN_RECORDS_MIN : sizeof records;
      const sabir_status status =
          sabir_executor_turn(where_.executor, commands_.data(), commands_.size() * 8, &done, records, room, &used, 1'000'000);
      STRESS_CHECK(done <= commands_.size() * 8 && done % 8 == 0 && used <= room);
      STRESS_CHECK(status == SABIR_OK || status == SABIR_E_TIMEOUT || status == SABIR_E_WOKEN || status == SABIR_E_CLOSED);
      std::vector<job> jobs;
      for (std::size_t at = 0; at < used;) {
        const auto *record = reinterpret_cast<const sabir_record *>(records + at);
        STRESS_CHECK(record->size >= sizeof *record && record->size % 8 == 0 && record->size <= used - at);
        take(jobs, *record);
        at += record->size;
      }
      are_executed(done);
      if (status == SABIR_E_CLOSED) break;
      for (job &one : jobs) {
        if (random_.one_in(2))
          handed_over.push(std::move(one));
        else
          pack(one);
      }
    }
    STRESS_CHECK(commands_.empty() || where_.pollers_end.load());
    // What was packed last is executed by nobody, and its messages are still this host's.
    for (pending &one : pending_)
      if (one.kind == SABIR_COMMAND_SEND) sabir_message_destroy(&one.of.message);
  }

 private:
  // A command that is packed and not executed.
  struct pending {
    std::uint64_t token = 0;
    std::size_t size = 0;
    std::uint32_t kind = 0;
    item of;
    sabir_status status = SABIR_OK;
  };

  void pack(job &one) {
    if (random_.one_in(16)) complete_wrongly(one);
    for (item &each : one.items) {
      handle(each);
      sabir_command &command = add(SABIR_COMMAND_COMPLETE, each,
                                   each.status != SABIR_OK ? "text"
                                                             "detail"
                                                           : nullptr,
                                   each.status != SABIR_OK ? 10 : 0);
      command.context = each.context;
      command.status = each.status;
      command.value = each.value;
      command.flags = each.flags;
      command.detail_size = each.status != SABIR_OK ? 6 : 0;
    }
  }

  sabir_command &add(std::uint32_t kind, const item &of, const void *payload, std::uint32_t size) {
    const std::size_t before = commands_.size(), words = (sizeof(sabir_command) + size + 7) / 8;
    commands_.resize(before + words);
    auto &command = *reinterpret_cast<sabir_command *>(commands_.data() + before);
    command.size = static_cast<std::uint32_t>(words * 8);
    command.kind = kind;
    command.token = ++tokens_;
    command.payload_size = size;
    if (size > 0) std::memcpy(&command + 1, payload, size);
    pending_.push_back({tokens_, words * 8, kind, of});
    return command;
  }

  void send(item &one, bool moves) override {
    note made = where_.make_note(random_, no_source, 0, one.of.hops - 1);
    std::uint8_t bytes[largest_payload];
    // A message that a command is to move must be what came, if the command fails: it is another one.
    sabir_message *message = nullptr;
    const std::uint32_t size = world::write(bytes, made);
    if (moves) STRESS_OK(sabir_message_create_bytes(NUMBERED, bytes, size, &message));
    item sent = one;
    sent.message = message;
    sabir_command &command = add(SABIR_COMMAND_SEND, sent, bytes, moves ? 0 : size);
    command.context = one.context;
    command.to = where_.any(random_);
    command.type = moves ? 0 : std::uint64_t{NUMBERED};
    command.message = reinterpret_cast<std::uintptr_t>(message);
  }
  void reply(item &one) override {
    item answered = one;
    answered.message = nullptr;
    const bool fails = random_.one_in(4);
    sabir_command &command = add(fails ? SABIR_COMMAND_REPLY_ERROR : SABIR_COMMAND_REPLY, answered, "yes", 3);
    command.context = one.context;
    command.type = fails ? 0 : std::uint64_t{ANSWER};
    command.status = fails ? 7 : SABIR_OK;
  }

  // Some from the front on.
  void are_executed(std::size_t done) {
    commands_.erase(commands_.begin(), commands_.begin() + static_cast<std::ptrdiff_t>(done / 8));
    while (done > 0) {
      STRESS_CHECK(!pending_.empty());
      pending &first = pending_.front();
      STRESS_CHECK(first.size <= done);
      done -= first.size;
      if (first.kind == SABIR_COMMAND_COMPLETE) {
        STRESS_OK(first.status);
        is_completed(first.of);
      } else if (first.kind != SABIR_COMMAND_SEND) {
        STRESS_CHECK(first.status == SABIR_OK || first.status == SABIR_E_NO_ASK);
      } else {
        static_cast<void>(where_.tally(first.status));
        if (first.status != SABIR_OK) sabir_message_destroy(&first.of.message);
      }
      pending_.pop_front();
    }
  }

  void take(std::vector<job> &jobs, const sabir_record &record) {
    auto *message = reinterpret_cast<sabir_message *>(static_cast<std::uintptr_t>(record.message));
    switch (record.kind) {
      case SABIR_DELIVERY_RESULT: {
        const auto found = std::find_if(pending_.begin(), pending_.end(), [&](const pending &one) { return one.token == record.context; });
        STRESS_CHECK(found != pending_.end() && record.status != SABIR_OK);
        found->status = record.status;
        return;
      }
      case SABIR_DELIVERY_CANCEL: cancel_came(record.context); return;
      case SABIR_DELIVERY_RELEASE: where_.release_came(record.value); return;
      case SABIR_DELIVERY_REPLY: where_.reply_came(record.value, record.status, message); return;
      default: break;
    }
    item one;
    one.kind = record.kind;
    one.incarnation = record.incarnation;
    one.context = record.context;
    one.actor = record.actor;
    one.state = record.state;
    one.value = record.value;
    one.exit = reinterpret_cast<const sabir_exit *>(static_cast<std::uintptr_t>(record.exit));
    one.message = message;
    one.asks = record.ref != 0;
    if (one.kind == SABIR_DELIVERY_MESSAGE) {
      STRESS_EQUAL(record.message_kind, SABIR_KIND_MESSAGE);
      one.of = world::read(message != nullptr ? sabir_message_data(message) : &record + 1, record.payload_size);
    }
    sort(jobs, std::move(one));
  }

  std::vector<std::uint64_t> commands_;
  std::deque<pending> pending_;
  std::uint64_t tokens_ = 0;
};

inline void poll(world &where, std::uint64_t number) { caller(where, number).poll(); }
inline void take_turns(world &where, std::uint64_t number) { turner(where, number).run(); }

inline void complete_all(world &where, std::uint64_t number) {
  caller self(where, number);
  stress::random random(stress::mix(where.seed, ~number));
  while (!where.completers_end.load()) {
    job one;
    if (handed_over.pop(random, one))
      self.finish(one);
    else
      std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
}

}  // namespace board
