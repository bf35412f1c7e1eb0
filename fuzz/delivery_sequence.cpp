// Turns bytes into a sequence of calls of a host of delivered actors: polls, turns with commands that are good, bad and malformed,
// completions in time, late, twice, out of order and at the wrong executor, contexts that are out or over; and of what sends to many:
// groups, routers, topics, batches; with payloads of bytes, memory that has a home, and objects. Each call must give the status that is
// possible for it; at the end every message, release, reply and object must be accounted for.
//
// SPDX-License-Identifier: Apache-2.0
#include "delivered_many.hpp"

namespace {

using fuzz::homed;

constexpr std::uint32_t operations_most = 200, outs_most = 512;
constexpr std::uint64_t patience_ns = 20'000'000'000;

class sequence : fuzz::delivered_many {
 public:
  sequence(const std::uint8_t *data, std::size_t size) : delivered_many(data, size) {}

  void run() {
    open();
    for (std::uint32_t operation = 0; operation < operations_most && !in_.empty(); ++operation) step();
    close();
  }

 private:
  void open() {
    sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
    options.workers = 1;
    options.message_size_limit = fuzz::message_limit;
    options.ask_timeout_ns = 200'000;
    options.max_actors = 64;
    EXPECT(sabir_system_create(&options, &system_, nullptr), SABIR_OK);
    EXPECT(sabir_log_set_level(system_, SABIR_LOG_OFF), SABIR_OK);
    sabir_executor_options polled = SABIR_EXECUTOR_OPTIONS_INIT;
    polled.kind = SABIR_EXECUTOR_POLLED;
    polled.run_batch = in_.below(8);
    EXPECT(sabir_executor_create(system_, &polled, &executor_, nullptr), SABIR_OK);
    EXPECT(sabir_executor_create(system_, &polled, &elsewhere_, nullptr), SABIR_OK);
    for (std::size_t index = 0; index < fuzz::manner_count; ++index) {
      sabir_delivered_options delivered = SABIR_DELIVERED_OPTIONS_INIT;
      delivered.name = "host";
      delivered.wants = fuzz::manners[index].wants;
      delivered.batch = fuzz::manners[index].batch;
      delivered.max_outstanding = fuzz::manners[index].max_outstanding;
      delivered.inline_max = fuzz::manners[index].inline_max;
      EXPECT(sabir_behavior_create_delivered(&delivered, &behaviors_[index]), SABIR_OK);
    }
  }

  void step() {
    switch (in_.operation() % 24) {
      case 0: spawn(); break;
      case 1:
      case 2: send(); break;
      case 3: send_bytes(); break;
      case 4: ask(); break;
      case 5:
      case 6: poll(in_.one_in(8) ? 100'000 : 0); break;
      case 7:
      case 8:
      case 9: complete(); break;
      case 10: complete_wrongly(); break;
      case 11:
      case 12: use_context(); break;
      case 13:
      case 14: turn(); break;
      case 15: malformed_turn(); break;
      case 16: end_actor(); break;
      case 17: destroy_message(); break;
      case 18: send_batch(); break;
      case 19: use_group(); break;
      case 20: use_router(); break;
      case 21: use_topic(); break;
      case 22: complete_all(); break;
      default: bad_calls(); break;
    }
  }

  // --- operations

  void spawn() {
    const std::size_t manner = in_.below(fuzz::manner_count);
    sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
    mailbox.capacity = in_.one_in(3) ? 1 + in_.below(3) : 0;
    mailbox.overflow = in_.below(4);
    mailbox.block_timeout_ns = 1000;
    mailbox.priorities = in_.below(2);
    mailbox.stash_capacity = 2;
    sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
    options.executor = executor_;
    options.argument = manner + 1;
    options.mailbox = &mailbox;
    options.native_tag = in_.one_in(2) ? fuzz::native_tag() : 0;
    sabir_pid pid = 0;
    if (EXPECT(sabir_spawn(system_, behaviors_[manner], &options, &pid, nullptr), SABIR_OK, SABIR_E_LIMIT) == SABIR_OK)
      pids_.push_back(pid);
  }

  void send() {
    sabir_message *message = any_message(), *const before = message;
    const bool too_big = sabir_message_size(message) > fuzz::message_limit;
    const sabir_status status = EXPECT(sabir_send(system_, any_pid(), &message), SENT);
    ORACLE(status == SABIR_OK ? message == nullptr && !too_big : message == before);
    if (message != nullptr) messages_.push_back(message);
  }

  void send_bytes() {
    const std::uint8_t payload[128] = {};
    EXPECT(sabir_send_bytes(system_, any_pid(), 1, payload, in_.below(128)), SENT);
  }

  void ask() {
    sabir_message *message = any_message(), *const before = message;
    homed &asked = homes_.emplace_back();
    sabir_ref ref = 1;
    const sabir_status status = EXPECT(
        sabir_ask_begin_at(system_, any_pid(), &message, 1 + in_.byte() * 1000u, executor_, reinterpret_cast<std::uintptr_t>(&asked), &ref),
        SENT, SABIR_E_TIMEOUT);
    ORACLE(status == SABIR_OK ? message == nullptr && ref != 0 : message == before && ref == 0);
    if (status != SABIR_OK) {
      homes_.pop_back();
      messages_.push_back(message);
    } else if (in_.one_in(8)) {
      EXPECT(sabir_ask_cancel(system_, ref), SABIR_OK, SABIR_E_NO_ASK);
    }
  }

  sabir_status poll(std::uint64_t wait_ns) {
    if (outs_.size() > outs_most) complete_all();
    // Structures that are larger than ours, with something else between them.
    struct padded {
      sabir_delivery delivery;
      std::uint64_t more[2];
    } deliveries[16];
    std::memset(deliveries, 0xa5, sizeof deliveries);
    const std::size_t count = 1 + in_.below(16);
    const bool larger = in_.one_in(2);
    for (padded &each : deliveries) each.delivery.struct_size = sizeof(sabir_delivery) + (larger ? 8 : 0);
    std::size_t handed = 77;
    const sabir_status status =
        EXPECT(sabir_executor_poll(executor_, &deliveries[0].delivery, count, sizeof deliveries[0], wait_ns, &handed), SABIR_OK,
               SABIR_E_TIMEOUT, SABIR_E_WOKEN, SABIR_E_CLOSED);
    ORACLE(handed <= count && (status == SABIR_OK || handed == 0));
    for (std::size_t index = 0; index < handed; ++index) {
      ORACLE(deliveries[index].more[0] == (larger ? 0 : 0xa5a5a5a5a5a5a5a5) && deliveries[index].more[1] == 0xa5a5a5a5a5a5a5a5);
      came(deliveries[index].delivery);
    }
    return status;
  }

  static sabir_completion completion_of(std::uint64_t context) {
    sabir_completion completion = SABIR_COMPLETION_INIT;
    completion.context = handle(context);
    return completion;
  }

  // What a START and a FAILED give back, and with which outcome.
  void decide(std::uint64_t context, sabir_status &status, std::uintptr_t &value, std::uint32_t &flags) {
    static constexpr sabir_status statuses[] = {SABIR_OK, SABIR_OK, SABIR_OK, SABIR_E_UNHANDLED, SABIR_E_NO_ASK, 5, SABIR_E_EXCEPTION};
    status = statuses[in_.below(7)];
    flags = in_.one_in(4) ? in_.below(5) : 0;
    const auto found = outs_.find(context);
    value = found == outs_.end() ? 0 : found->second.value;
    if (found != outs_.end() && found->second.kind == SABIR_DELIVERY_FAILED) value = in_.below(7);
  }

  void complete() {
    const std::uint64_t context = any_context();
    sabir_completion completion = completion_of(context);
    decide(context, completion.status, completion.value, completion.flags);
    if (in_.one_in(4)) {
      completion.text = "text\xff";
      completion.text_size = 5;
    }
    std::size_t completed = 7;
    const sabir_status wanted = expected(context, completion.flags);
    EXPECT(sabir_executor_complete(executor_, &completion, 1, sizeof completion, &completed), wanted);
    ORACLE(completed == (wanted == SABIR_OK));
    if (wanted == SABIR_OK) this->completed(context, completion.status, completion.flags);
  }

  // All that is out, as handled, in one call or several.
  void complete_all() {
    while (!outs_.empty()) {
      std::vector<sabir_completion> completions;
      std::vector<std::uint64_t> contexts;
      for (const auto &[context, one] : outs_)
        if (is_first(context, one)) contexts.push_back(context);
      for (const std::uint64_t context : contexts) {
        completions.push_back(completion_of(context));
        completions.back().value = outs_.at(context).value;
      }
      std::size_t done = 0;
      EXPECT(sabir_executor_complete(executor_, completions.data(), completions.size(), sizeof completions[0], &done), SABIR_OK);
      ORACLE(done == completions.size());
      for (const std::uint64_t context : contexts) completed(context, SABIR_OK, 0);
    }
  }

  void complete_wrongly() {
    const std::uint64_t context = any_context();
    sabir_completion completion = completion_of(context);
    std::size_t completed = 7;
    switch (in_.below(5)) {
      case 0:
        EXPECT(sabir_executor_complete(elsewhere_, &completion, 1, sizeof completion, &completed),
               outs_.contains(context) ? SABIR_E_FOREIGN : SABIR_E_CONTEXT);
        break;
      case 1:
        completion.reserved = 1;
        EXPECT(sabir_executor_complete(executor_, &completion, 1, sizeof completion, &completed), SABIR_E_OPTION);
        break;
      case 2:
        completion.struct_size = in_.below(sizeof completion);
        EXPECT(sabir_executor_complete(executor_, &completion, 1, sizeof completion, &completed), SABIR_E_OPTION, SABIR_E_INVALID);
        break;
      case 3:
        completion.detail_size = 3;
        EXPECT(sabir_executor_complete(executor_, &completion, 1, sizeof completion, &completed), SABIR_E_INVALID);
        break;
      default: EXPECT(sabir_executor_complete(executor_, &completion, 1, 4, &completed), SABIR_E_INVALID); break;
    }
    ORACLE(completed == 0);
  }

  // A context that is out is its actor's; any other is told.
  void use_context() {
    const std::uint64_t number = any_context();
    sabir_context *const context = handle(number);
    const auto found = outs_.find(number);
    if (found == outs_.end()) {
      sabir_ref ref = 1;
      EXPECT(sabir_context_stop(context), SABIR_E_CONTEXT);
      EXPECT(sabir_context_send_bytes(context, any_pid(), 1, nullptr, 0), SABIR_E_CONTEXT);
      EXPECT(sabir_context_defer(context, &ref), SABIR_E_CONTEXT);
      ORACLE(ref == 0 && sabir_context_self(context) == 0 && sabir_context_system(context) == nullptr);
      return;
    }
    out &one = found->second;
    ORACLE(sabir_context_self(context) == one.actor);
    switch (in_.below(12)) {
      case 0: EXPECT(sabir_context_stop(context), SABIR_OK); break;
      case 1:
        EXPECT(sabir_context_fail(context, 7, "text", 4, nullptr, 0), SABIR_OK);
        one.failed = true;
        break;
      case 2: EXPECT(sabir_context_become(context, behaviors_[0]), SABIR_E_INVALID, SABIR_E_CONTEXT); break;
      case 3: EXPECT(sabir_context_send_bytes(context, any_pid(), 1, "bytes", 5), SENT); break;
      case 4:
        if (one.message != nullptr && !one.moved)
          move(one, [&](sabir_message *&message) { return sabir_context_send(context, any_pid(), &message); });
        break;
      case 5:
        if (one.message != nullptr && !one.moved)
          move(one, [&](sabir_message *&message) { return sabir_context_stash(context, &message); });
        break;
      case 6: EXPECT(sabir_context_unstash(context, in_.below(3)), SABIR_OK); break;
      case 7: EXPECT(sabir_context_reply_bytes(context, 1, "yes", 3), SABIR_OK, SABIR_E_NO_ASK); break;
      case 8: {
        sabir_ref ref = 0;
        if (EXPECT(sabir_context_defer(context, &ref), SABIR_OK, SABIR_E_NO_ASK) == SABIR_OK)
          EXPECT(sabir_reply_error(system_, ref, 5, "no", 2), SABIR_OK, SABIR_E_NO_ASK);
        break;
      }
      case 9: {
        sabir_message *message = any_message(), *const before = message;
        sabir_ref ref = 0;
        const sabir_status status =
            EXPECT(sabir_context_ask(context, any_pid(), &message, 100'000, &ref), SENT, SABIR_E_WOULD_DEADLOCK, SABIR_E_TIMEOUT);
        ORACLE(status == SABIR_OK ? message == nullptr && ref != 0 : message == before && ref == 0);
        if (message != nullptr) messages_.push_back(message);
        break;
      }
      case 10: send_to_many(context); break;
      default:
        if (one.message != nullptr && !one.moved) taken_ += sabir_message_take_native(one.message, fuzz::native_tag()) != nullptr;
    }
  }

  template <class Call>
  void move(out &one, Call call) {
    sabir_message *message = one.message, *const before = message;
    const sabir_status status = EXPECT(call(message), SENT, SABIR_E_LIMIT, SABIR_E_BORROWED);
    ORACLE(status == SABIR_OK ? message == nullptr : message == before);
    one.moved = status == SABIR_OK;
  }

  // --- turns

  // A command that waits for its turn, and what must come of it.
  struct prospect {
    bool any = false;  // any of those of a send
    bool tells = false;  // there is a RESULT also of a success
    sabir_status status = SABIR_OK;
    sabir_message *message = nullptr;
    bool spawns = false;
    bool told = false;
    sabir_status result = SABIR_OK;
  };

  sabir_command &add(std::vector<std::uint64_t> &commands, std::uint32_t kind, std::uint32_t payload) {
    const std::size_t before = commands.size();
    commands.resize(before + (sizeof(sabir_command) + payload + 7) / 8);
    auto &command = *reinterpret_cast<sabir_command *>(commands.data() + before);
    command.size = static_cast<std::uint32_t>((commands.size() - before) * 8);
    command.kind = kind;
    command.payload_size = payload;
    return command;
  }

  void turn() {
    if (outs_.size() > outs_most) complete_all();
    std::vector<std::uint64_t> commands;
    std::vector<prospect> all;
    const std::uint32_t count = in_.below(8);
    for (std::uint32_t index = 0; index < count; ++index) {
      prospect one;
      sabir_command &command = make_command(commands, one);
      command.token = all.size();
      all.push_back(one);
    }
    std::vector<std::uint64_t> records((SABIR_TURN_RECORDS_MIN + in_.below(4) * 512u) / 8);
    const char *next = reinterpret_cast<const char *>(commands.data());
    std::size_t left = commands.size() * 8;
    do {
      std::size_t done = 77, used = 77;
      EXPECT(sabir_executor_turn(executor_, next, left, &done, records.data(), records.size() * 8, &used, 0), SABIR_OK, SABIR_E_TIMEOUT,
             SABIR_E_WOKEN);
      ORACLE(done <= left && (left == 0 || done > 0));
      read(records, used, [&](const sabir_record &result) {
        ORACLE(result.context < all.size() && !all[result.context].told);
        check_result(all[result.context], result);
      });
      next += done;
      left -= done;
    } while (left > 0);
    for (const prospect &one : all) {
      if (!one.told) ORACLE(!one.tells && (one.any || one.status == SABIR_OK));
      if (one.result != SABIR_OK && one.message != nullptr) messages_.push_back(one.message);
    }
  }

  void check_result(prospect &one, const sabir_record &result) {
    one.told = true;
    one.result = result.status;
    ORACLE(one.tells ? (result.status == SABIR_OK) == (result.value != 0) : result.status != SABIR_OK);
    ORACLE(one.any || result.status == one.status);
    if (one.spawns && result.status == SABIR_OK) pids_.push_back(result.value);
  }

  sabir_command &make_command(std::vector<std::uint64_t> &commands, prospect &one) {
    const std::uint32_t kind = in_.below(7), payload = in_.below(40);
    switch (kind) {
      case SABIR_COMMAND_COMPLETE: {
        sabir_command &command = add(commands, kind, payload);
        command.context = any_context();
        std::uintptr_t value = 0;
        decide(command.context, command.status, value, command.flags);
        command.value = value;
        command.detail_size = payload / 2;
        one.status = expected(command.context, command.flags);
        if (one.status == SABIR_OK) completed(command.context, command.status, command.flags);
        return command;
      }
      case SABIR_COMMAND_SEND:
      case SABIR_COMMAND_ASK: {
        one.message = in_.one_in(2) ? any_message() : nullptr;
        one.any = true;
        one.tells = kind == SABIR_COMMAND_ASK;
        sabir_command &command = add(commands, kind, one.message != nullptr ? 0 : payload);
        command.context = in_.one_in(2) || one.tells ? any_context() : 0;
        command.to = any_pid();
        command.message = reinterpret_cast<std::uintptr_t>(one.message);
        command.value = one.tells ? 100'000 : 0;
        return command;
      }
      case SABIR_COMMAND_REPLY:
      case SABIR_COMMAND_REPLY_ERROR: {
        sabir_command &command = add(commands, kind, payload);
        command.context = any_context();
        command.status = kind == SABIR_COMMAND_REPLY_ERROR ? static_cast<sabir_status>(in_.below(3)) : SABIR_OK;
        one.any = true;
        return command;
      }
      case SABIR_COMMAND_SPAWN: {
        const std::size_t manner = in_.below(fuzz::manner_count);
        const bool right = !in_.one_in(3);
        sabir_command &command = add(commands, kind, 0);
        command.to = reinterpret_cast<std::uintptr_t>(right ? static_cast<void *>(behaviors_[manner]) : static_cast<void *>(executor_));
        command.value = manner + 1;
        one.tells = one.spawns = true;
        one.any = right;
        one.status = SABIR_E_HANDLE;
        return command;
      }
      default: {   // an unknown kind, or a field that it does not name
        sabir_command &command = add(commands, in_.one_in(2) ? 100 + payload : std::uint32_t{SABIR_COMMAND_SPAWN}, 0);
        if (command.kind == SABIR_COMMAND_SPAWN) command.flags = ~std::uint32_t{SABIR_SPAWN_DROP_HERE};
        one.status = command.kind == SABIR_COMMAND_SPAWN ? SABIR_E_OPTION : SABIR_E_INVALID;
        return command;
      }
    }
  }

  template <class Result>
  void read(const std::vector<std::uint64_t> &records, std::size_t used, Result result) {
    ORACLE(used <= records.size() * 8 && used % 8 == 0);
    bool delivered = false;
    for (std::size_t at = 0; at < used;) {
      const auto &record = *reinterpret_cast<const sabir_record *>(reinterpret_cast<const char *>(records.data()) + at);
      ORACLE(record.size >= sizeof record && record.size % 8 == 0 && record.size <= used - at);
      if (record.kind == SABIR_DELIVERY_RESULT) {
        ORACLE(!delivered);   // before all deliveries
        result(record);
      } else {
        delivered = true;
        came(record);
      }
      at += record.size;
    }
  }

  // Any bytes at all: but for the message, which is an address, and for what is out.
  void malformed_turn() {
    std::vector<std::uint64_t> commands(1 + in_.below(60));
    for (std::uint64_t &word : commands) word = in_.one_in(2) ? 0 : std::uint64_t{in_.word()} << 32 | in_.word();
    auto *const bytes = reinterpret_cast<std::uint8_t *>(commands.data());
    std::size_t size = commands.size() * 8 - (in_.one_in(3) ? in_.below(8) : 0);
    for (std::size_t at = 0; at + sizeof(sabir_command) <= size;) {
      auto &command = *reinterpret_cast<sabir_command *>(bytes + at);
      command.message = 0;
      command.kind = in_.below(9);
      command.size = in_.one_in(3) ? in_.byte() : sizeof command + in_.below(5) * 8;
      command.payload_size = in_.one_in(3) ? in_.byte() : 0;
      command.detail_size = in_.one_in(3) ? in_.byte() : 0;
      if (command.size < sizeof command || command.size % 8 != 0) break;
      at += command.size;
    }
    std::vector<std::uint64_t> records(SABIR_TURN_RECORDS_MIN / 8);
    std::size_t done = 77, used = 77;
    const std::size_t shift = in_.one_in(8) ? 1 + in_.below(7) : 0;
    if (shift > 0) size = size > 8 ? size - 8 : 0;
    const sabir_status status =
        EXPECT(sabir_executor_turn(executor_, bytes + shift, size, &done, records.data(), records.size() * 8, &used, 0), SABIR_OK,
               SABIR_E_TIMEOUT, SABIR_E_WOKEN, SABIR_E_INVALID);
    ORACLE(done <= size && done % 8 == 0 && (shift == 0 || (status == SABIR_E_INVALID && done == 0 && used == 0)));
    read(records, used, [](const sabir_record &result) { ORACLE(result.status != SABIR_OK || result.value != 0); });
  }

  void end_actor() {
    sabir_status (*const ends[])(sabir_system *, sabir_pid) = {sabir_actor_stop, sabir_actor_drain, sabir_actor_kill};
    EXPECT(ends[in_.below(3)](system_, any_pid()), SABIR_OK, SABIR_E_DEAD, SABIR_E_NO_ACTOR, SABIR_E_FOREIGN, SABIR_E_INVALID);
  }

  void destroy_message() { destroy(any_message()); }

  void bad_calls() {
    sabir_delivery delivery{};
    std::size_t count = 7;
    delivery.struct_size = in_.below(sizeof delivery);
    EXPECT(sabir_executor_poll(executor_, &delivery, 1, sizeof delivery, 0, &count), SABIR_E_OPTION);
    ORACLE(count == 0);
    delivery.struct_size = sizeof delivery;
    EXPECT(sabir_executor_poll(executor_, &delivery, 1, sizeof delivery - 8, 0, &count), SABIR_E_INVALID);
    EXPECT(sabir_executor_poll(executor_, &delivery, 0, sizeof delivery, 0, &count), SABIR_E_INVALID);
    sabir_message *message = nullptr;
    EXPECT(sabir_message_wrap_at(1, &count, sizeof count, reinterpret_cast<sabir_executor *>(system_), 0, &message), SABIR_E_HANDLE);
    EXPECT(sabir_executor_destroy(&executor_), SABIR_E_BUSY, SABIR_OK);
    if (executor_ == nullptr) {   // nobody lived there
      sabir_executor_options polled = SABIR_EXECUTOR_OPTIONS_INIT;
      polled.kind = SABIR_EXECUTOR_POLLED;
      ORACLE(outs_.empty() && ends_ == homes_.size());
      EXPECT(sabir_executor_create(system_, &polled, &executor_, nullptr), SABIR_OK);
    }
  }

  // --- the end

  // All actors end; what they hold is released, which needs the executor. Then the system ends.
  void close() {
    end_many();
    for (sabir_message *message : messages_) destroy(message);
    messages_.clear();
    for (const sabir_pid pid : pids_) (void)sabir_actor_kill(system_, pid);
    for (int round = 0; ends_ < homes_.size() || !outs_.empty(); ++round) {
      ORACLE(round < 20'000);
      complete_all();
      for (sabir_message *message : messages_) destroy(message);   // what was taken just now
      messages_.clear();
      (void)poll(1'000'000);
    }
    EXPECT(sabir_system_shutdown_begin(system_, patience_ns, nullptr, 0), SABIR_OK);
    sabir_status status;
    do {
      complete_all();
      status = poll(patience_ns);
      ORACLE(status != SABIR_E_TIMEOUT);
    } while (status != SABIR_E_CLOSED);
    for (sabir_message *message : messages_) destroy(message);
    EXPECT(sabir_system_shutdown(system_, patience_ns, nullptr), SABIR_OK);
    sabir_counters counters = SABIR_COUNTERS_INIT;
    EXPECT(sabir_system_counters(system_, &counters), SABIR_OK);
    ORACLE(counters.sent == counters.handled + counters.dead_letters);
    ORACLE(counters.handled == handled_);
    ORACLE(counters.spawned == counters.exited && counters.started == counters.stopped);
    EXPECT(sabir_executor_destroy(&executor_), SABIR_OK);
    EXPECT(sabir_executor_destroy(&elsewhere_), SABIR_OK);
    EXPECT(sabir_system_destroy(&system_), SABIR_OK);
    for (sabir_behavior *&behavior : behaviors_) sabir_behavior_destroy(&behavior);
    for (const homed &each : homes_) ORACLE(each.ends == 1);
    check_asks();
    std::size_t ended = taken_;
    for (const int ends : objects_) ended += static_cast<std::size_t>(ends);
    ORACLE(ended == objects_.size());
  }

  std::size_t taken_ = 0;  // objects
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  sequence(data, size).run();
  return 0;
}
