// What the board's stress program keeps account of: each message by its number, asks and wrapped memory by their ends, incarnations by
// their starts and stops.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stress.hpp"

#include <array>
#include <atomic>
#include <deque>
#include <mutex>
#include <unordered_set>
#include <vector>

namespace board {

constexpr std::uint32_t actor_count = 48, manner_count = 4, source_count = 4, no_source = 0xffffffff;
constexpr std::uint32_t most_hops = 3, largest_payload = 600, batch_most = 8;
enum : sabir_type { NUMBERED = 1, ANSWER };

// The first bytes of each message; the rest repeats its number's lowest byte.
struct note {
  std::uint64_t number = 0;
  std::uint32_t source = no_source;  // whose messages to one actor arrive in order; or no_source
  std::uint32_t sequence = 0;  // of the source, over all actors
  std::uint32_t hops = 0;
  std::uint32_t size = 0;
};

// Memory with a home.
struct block {
  std::atomic<int> releases{0};
  std::uint8_t bytes[64] = {};
};

// What its hosts know of one actor whose deliveries are completed in order: whoever has some of them has this.
struct actor {
  std::uint64_t failed = 0;  // 1 more than the incarnation that has failed or stopped: the rest of its batch is returned
  std::array<std::uint32_t, source_count> last{};
};

inline std::uint64_t state_of(std::uint64_t slot, std::uint32_t incarnation) { return slot << 32 | (incarnation + 1u); }

struct world {
  explicit world(std::uint64_t the_seed, std::uint64_t messages) : seed(the_seed), fates(messages), asks(messages) {
    sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
    options.workers = 1;
    options.root_intensity = SABIR_INTENSITY_MAX;
    STRESS_OK(sabir_system_create(&options, &system, nullptr));
    STRESS_OK(sabir_log_set_level(system, SABIR_LOG_OFF));
    sabir_executor_options polled = SABIR_EXECUTOR_OPTIONS_INIT;
    polled.kind = SABIR_EXECUTOR_POLLED;
    polled.workers = 4;
    STRESS_OK(sabir_executor_create(system, &polled, &executor, nullptr));
    STRESS_OK(sabir_executor_create(system, &polled, &elsewhere, nullptr));
    sabir_ref ref = 0;
    STRESS_OK(sabir_dead_letter_subscribe(system, dead_letter, reinterpret_cast<std::uintptr_t>(this), nullptr, &ref));
  }

  const std::uint64_t seed;
  sabir_system *system = nullptr;
  sabir_executor *executor = nullptr, *elsewhere = nullptr;  // nobody polls the other one
  std::atomic<sabir_pid> pids[actor_count] = {};
  std::array<actor, actor_count> actors{};
  std::atomic<bool> calm{false}, senders_end{false}, pollers_end{false}, completers_end{false};
  std::atomic<std::uint32_t> resting{0};

  // The root was asked to supervise each actor.
  static constexpr std::uint64_t requests = actor_count;
  std::atomic<std::uint64_t> numbers{0}, accepted{0}, handled{0}, dead{0}, late{0};
  std::atomic<std::uint64_t> starts{0}, stops{0}, asks_begun{0}, asks_ended{0}, wrapped{0}, released{0};
  std::vector<std::atomic<std::uint8_t>> fates;  // how often each message was handled or dead
  std::vector<std::atomic<std::uint8_t>> asks;  // how the ask of this number has ended: 0, if it has not
  static constexpr std::uint8_t ended = 1, timed_out = 2;
  std::mutex mutex;
  std::deque<block> blocks;  // guarded; elements stay where they are
  std::unordered_set<std::uint64_t> cancelled;  // guarded; contexts

  bool has_numbers() const { return numbers.load() + 64 < fates.size(); }
  std::uint64_t next_number() { return numbers.fetch_add(1); }
  sabir_pid any(stress::random &random) const { return pids[random.below(actor_count)].load(); }

  static std::uint32_t write(std::uint8_t *bytes, const note &made) {
    std::memset(bytes, static_cast<std::uint8_t>(made.number), made.size);
    std::memcpy(bytes, &made, sizeof made);
    return made.size;
  }
  static note read(const void *data, std::uint64_t size) {
    note found;
    STRESS_CHECK(data != nullptr && size >= sizeof found);
    std::memcpy(&found, data, sizeof found);
    STRESS_EQUAL(found.size, size);
    const auto *bytes = static_cast<const std::uint8_t *>(data);
    for (std::uint64_t index = sizeof found; index < size; ++index) STRESS_EQUAL(bytes[index], static_cast<std::uint8_t>(found.number));
    return found;
  }
  // The note of one more message; no_source where its order is not looked at.
  note make_note(stress::random &random, std::uint32_t source, std::uint32_t sequence, std::uint32_t hops) {
    const std::uint32_t size = random.one_in(4) ? largest_payload : sizeof(note) + random.below(64);
    return {next_number(), source, sequence, hops, size};
  }

  void is_handled(std::uint64_t number) {
    handled.fetch_add(1);
    STRESS_EQUAL(fates[number].fetch_add(1), 0);
  }

  static void dead_letter(std::uintptr_t argument, sabir_pid, std::int32_t cause, const sabir_message *message) {
    auto &where = *reinterpret_cast<world *>(argument);
    if (sabir_message_type(message) == ANSWER) {
      STRESS_EQUAL(cause, SABIR_CAUSE_LATE_REPLY);
      where.late.fetch_add(1);
      return;
    }
    STRESS_EQUAL(where.fates[read(sabir_message_data(message), sabir_message_size(message)).number].fetch_add(1), 0);
    where.dead.fetch_add(1);
  }

  sabir_status send_from_outside(stress::random &random, std::uint32_t source, std::uint32_t &sequence) {
    switch (random.below(8)) {
      case 0: return send_wrapped(random, source, sequence++);
      case 1: return ask(random, source, sequence++);
      case 2: return send_batch(random, source, sequence);
      default: break;
    }
    std::uint8_t bytes[largest_payload];
    const std::uint32_t size = write(bytes, make_note(random, source, sequence++, random.below(most_hops)));
    return tally(sabir_send_bytes(system, any(random), NUMBERED, bytes, size));
  }

  // Counts what was accepted.
  sabir_status tally(sabir_status status) {
    if (status == SABIR_OK)
      accepted.fetch_add(1);
    else
      STRESS_CHECK(status == SABIR_E_MAILBOX_FULL || status == SABIR_E_DEAD || status == SABIR_E_CLOSED);
    return status;
  }

  bool all_notices_came() const { return asks_begun.load() == asks_ended.load() && wrapped.load() == released.load(); }

  void reply_came(std::uint64_t number, sabir_status status, sabir_message *message) {
    STRESS_EQUAL(asks[number].exchange(status == SABIR_E_TIMEOUT ? timed_out : ended), 0);
    STRESS_CHECK(message == nullptr || sabir_message_kind(message) == (status == SABIR_OK ? SABIR_KIND_REPLY : SABIR_KIND_FAILURE));
    sabir_message_destroy(&message);
    asks_ended.fetch_add(1);
  }
  void release_came(std::uint64_t value) {
    auto &memory = *reinterpret_cast<block *>(value);
    STRESS_EQUAL(memory.releases.fetch_add(1), 0);
    std::memset(memory.bytes, 0xdd, sizeof memory.bytes);  // nobody reads it any more
    released.fetch_add(1);
  }

  // Everything that was accepted has its end.
  void check_at_rest() {
    stress::eventually("hosts have counted", [this] { return handled.load() + requests == stress::counters_of(system).handled; });
    stress::eventually("dead letters are told", [this] { return dead.load() + late.load() == stress::counters_of(system).dead_letters; });
    STRESS_EQUAL(stress::counters_of(system).sent, count_fates() + late.load() + requests);
    STRESS_EQUAL(count_fates() + count_unsent(), accepted.load());
  }

  sabir_counters check_at_end(bool disowned) {
    const sabir_counters counters = stress::counters_of(system);
    STRESS_EQUAL(count_fates(), handled.load() + dead.load());
    STRESS_CHECK(counters.dead_letters >= dead.load() + late.load());
    // Answers that hosts give after a shutdown with survivors come late, and nobody is there any more to tell of it.
    const std::uint64_t untold = counters.dead_letters - dead.load() - late.load();
    STRESS_CHECK(disowned || untold == 0);
    if (disowned) {
      // Of what was completed last nobody has taken note, and of what asks have timed out before they were sent.
      const std::uint64_t most = accepted.load() + late.load() + untold + requests;
      STRESS_CHECK(counters.sent <= most && counters.sent + asks_begun.load() >= most);
      STRESS_CHECK(counters.sent >= handled.load() + requests + counters.dead_letters);
      STRESS_CHECK(counters.handled <= handled.load() + requests && counters.started <= starts.load() + 1);
      return counters;
    }
    STRESS_EQUAL(counters.handled, handled.load() + requests);
    STRESS_EQUAL(counters.sent, counters.handled + counters.dead_letters);
    STRESS_EQUAL(counters.started, counters.stopped);
    STRESS_EQUAL(counters.started, starts.load() + 1);  // and the root
    STRESS_EQUAL(counters.stopped, stops.load() + 1);
    STRESS_EQUAL(counters.spawned, counters.exited);
    return counters;
  }

  void end() {
    STRESS_OK(sabir_executor_destroy(&elsewhere));
    STRESS_OK(sabir_executor_destroy(&executor));
    STRESS_OK(sabir_system_destroy(&system));
  }

 private:
  std::uint64_t count_fates() const {
    std::uint64_t count = 0;
    for (const auto &fate : fates) count += fate.load();
    return count;
  }
  // Questions whose time was over before there was room for them: the ask was made, and has ended.
  std::uint64_t count_unsent() const {
    std::uint64_t count = 0;
    for (std::size_t number = 0; number < fates.size(); ++number) count += asks[number].load() == timed_out && fates[number].load() == 0;
    return count;
  }

  sabir_status send_wrapped(stress::random &random, std::uint32_t source, std::uint32_t sequence) {
    block *memory = nullptr;
    {
      const std::lock_guard lock(mutex);
      memory = &blocks.emplace_back();
    }
    note made = make_note(random, source, sequence, random.below(most_hops));
    made.size = sizeof memory->bytes;
    write(memory->bytes, made);
    sabir_message *message = nullptr;
    const sabir_status status =
        sabir_message_wrap_at(NUMBERED, memory->bytes, sizeof memory->bytes, executor, reinterpret_cast<std::uintptr_t>(memory), &message);
    if (status != SABIR_OK) {  // of an executor that has ended
      STRESS_CHECK(status == SABIR_E_CLOSED || (status == SABIR_E_HANDLE && senders_end.load()));  // CLOSED: disowned
      return SABIR_E_CLOSED;
    }
    wrapped.fetch_add(1);
    const sabir_status sent = tally(sabir_send(system, any(random), &message));
    sabir_message_destroy(&message);
    return sent;
  }

  sabir_status ask(stress::random &random, std::uint32_t source, std::uint32_t sequence) {
    std::uint8_t bytes[largest_payload];
    const note made = make_note(random, source, sequence, 0);
    sabir_message *message = nullptr;
    STRESS_OK(sabir_message_create_bytes(NUMBERED, bytes, write(bytes, made), &message));
    const std::uint64_t timeout_ns = random.one_in(4) ? 100'000 : 20'000'000;
    asks_begun.fetch_add(1);
    const sabir_status status = sabir_ask_begin_at(system, any(random), &message, timeout_ns, executor, made.number, nullptr);
    sabir_message_destroy(&message);
    if (status != SABIR_OK) asks_begun.fetch_sub(1);
    return status == SABIR_E_TIMEOUT ? SABIR_E_MAILBOX_FULL : tally(status);
  }

  sabir_status send_batch(stress::random &random, std::uint32_t source, std::uint32_t &sequence) {
    sabir_envelope envelopes[batch_most] = {};
    std::uint8_t bytes[largest_payload];
    const std::uint32_t count = 1 + random.below(batch_most);
    for (std::uint32_t index = 0; index < count; ++index) {
      const std::uint32_t size = write(bytes, make_note(random, source, sequence++, 0));
      STRESS_OK(sabir_message_create_bytes(NUMBERED, bytes, size, &envelopes[index].message));
      envelopes[index].to = any(random);
    }
    std::size_t sent = 0;
    const sabir_status status = sabir_send_batch(system, envelopes, count, sizeof envelopes[0], &sent);
    for (std::uint32_t index = 0; index < count; ++index) {
      STRESS_EQUAL(envelopes[index].message == nullptr, envelopes[index].status == SABIR_OK);
      sent -= tally(envelopes[index].status) == SABIR_OK;
      sabir_message_destroy(&envelopes[index].message);
    }
    STRESS_EQUAL(sent, 0);
    return status;
  }
};

}  // namespace board
