// A polled executor with many hosts at once: threads poll and take turns, others complete what was handed out, late, in pieces and with
// every outcome, while actors crash, stop, are killed, drained and restarted, and messages, asks and wrapped memory with homes come from
// outside. Every message has a number, and is handled once or dead once. A context that is over, or another executor's, is told as that.
//
// end:    half way all comes to rest, and nothing may be missing then; the system is shut down while all of that goes on again.
// disown: the executor is given up at the end, with deliveries out; what was neither handled nor dead then is what is left.
//
// SPDX-License-Identifier: Apache-2.0
#include "board_host.hpp"

namespace {

using board::world;

constexpr std::uint32_t pollers = 2, turners = 2, completers = 3, senders = 2;

// How messages are handed out: one by one, in batches, many at once.
constexpr struct {
  std::uint32_t batch, max_outstanding, inline_max;
} manners[] = {{1, 1, SABIR_INLINE_NONE}, {64, 1, 128}, {4, 1, 0}, {0, 16, 128}};

void make_actors(world &where) {
  for (std::uint32_t slot = 0; slot < board::actor_count; ++slot) {
    const auto &manner = manners[slot % board::manner_count];
    sabir_delivered_options delivered = SABIR_DELIVERED_OPTIONS_INIT;
    delivered.name = "stressed";
    delivered.wants = SABIR_WANTS_START | SABIR_WANTS_STOP | (slot % 2 ? SABIR_WANTS_FAILED : 0);
    delivered.batch = manner.batch;
    delivered.max_outstanding = manner.max_outstanding;
    delivered.inline_max = manner.inline_max;
    sabir_behavior *behavior = nullptr;
    STRESS_OK(sabir_behavior_create_delivered(&delivered, &behavior));
    sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
    mailbox.capacity = 64;
    mailbox.overflow = slot / 4 % 2 ? SABIR_OVERFLOW_DROP_OLDEST : slot / 8 % 2 ? SABIR_OVERFLOW_BLOCK : SABIR_OVERFLOW_REJECT;
    mailbox.block_timeout_ns = 100'000;
    sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
    spawn.executor = where.executor;
    spawn.mailbox = &mailbox;
    spawn.argument = slot;
    sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
    spec.spawn = &spawn;
    spec.redeliveries = slot % 3;
    const char id[] = {static_cast<char>('a' + slot / 16), static_cast<char>('a' + slot % 16), 0};
    sabir_pid pid = 0;
    STRESS_OK(sabir_supervise(where.system, 0, id, behavior, &spec, &pid, nullptr));
    where.pids[slot].store(pid);
    sabir_behavior_destroy(&behavior);
  }
}

// A message of its own, wrapped memory or a question, or several messages in one batch.
void send_all(world &where, std::uint32_t source) {
  stress::random random(stress::mix(where.seed, 1000 + source));
  for (std::uint32_t sequence = 1; !where.senders_end.load() && where.has_numbers();) {
    if (where.calm.load()) {
      where.resting.fetch_add(1);
      while (where.calm.load()) std::this_thread::yield();
      where.resting.fetch_sub(1);
    }
    const sabir_status status = where.send_from_outside(random, source, sequence);
    if (status == SABIR_E_CLOSED) return;
    if (status == SABIR_E_MAILBOX_FULL) std::this_thread::yield();
  }
}

void break_things(world &where) {
  stress::random random(stress::mix(where.seed, 2000));
  sabir_status (*const ends[])(sabir_system *, sabir_pid) = {sabir_actor_kill, sabir_actor_stop, sabir_actor_drain};
  while (!where.senders_end.load()) {
    std::this_thread::sleep_for(std::chrono::microseconds(300));
    if (where.calm.load()) continue;
    const sabir_status status = ends[random.below(3)](where.system, where.pids[random.below(board::actor_count)].load());
    STRESS_CHECK(status == SABIR_OK || status == SABIR_E_DEAD || status == SABIR_E_CLOSED);
  }
}

void rest(world &where) {
  where.calm.store(true);
  stress::eventually("senders rest", [&where] { return where.resting.load() == senders || !where.has_numbers(); });
  stress::wait_until_quiescent(where.system);
  stress::eventually("all homes have heard", [&where] { return where.all_notices_came(); });
  where.check_at_rest();
  where.calm.store(false);
}

// Until no thread is in a poll, which a wake ends.
void disown(world &where) {
  where.pollers_end.store(true);
  stress::eventually("disowned", [&where] {
    static_cast<void>(sabir_executor_wake(where.executor));
    const sabir_status status = sabir_executor_disown(where.executor);
    STRESS_CHECK(status == SABIR_OK || status == SABIR_E_BUSY);
    return status == SABIR_OK;
  });
}

std::size_t shut_down(world &where, bool disowned) {
  sabir_report *report = nullptr;
  const sabir_status status = sabir_system_shutdown(where.system, 60'000'000'000, &report);
  STRESS_EQUAL(static_cast<std::int64_t>(status), static_cast<std::int64_t>(disowned ? SABIR_E_SURVIVORS : SABIR_OK));
  const std::size_t survivors = sabir_report_survivor_count(report);
  sabir_report_destroy(&report);
  return survivors;
}

}  // namespace

int main(int argc, char **argv) {
  const stress::arguments arguments(argc, argv, 2'000'000, "end");
  const bool disowns = arguments.mode == "disown";
  STRESS_CHECK(disowns || arguments.mode == "end");
  // It may be leaked with its system, and what that still holds must be seen to be held.
  static const auto where = std::make_unique<world>(arguments.seed, arguments.messages);

  std::vector<std::thread> hosts, others, finishers;
  for (std::uint32_t thread = 0; thread < pollers + turners; ++thread)
    hosts.emplace_back([thread] { thread < pollers ? board::poll(*where, thread) : board::take_turns(*where, thread); });
  for (std::uint32_t thread = 0; thread < completers; ++thread)
    finishers.emplace_back([thread] { board::complete_all(*where, 100 + thread); });
  make_actors(*where);
  for (std::uint32_t thread = 0; thread < senders; ++thread) others.emplace_back([thread] { send_all(*where, thread); });
  others.emplace_back([] { break_things(*where); });
  const std::chrono::milliseconds half(arguments.seconds * 500);
  std::this_thread::sleep_for(half);
  rest(*where);
  std::this_thread::sleep_for(half);
  if (disowns) {
    disown(*where);
    where->senders_end.store(true);
  }
  const std::size_t survivors = shut_down(*where, disowns);
  STRESS_EQUAL(survivors != 0, disowns);
  where->senders_end.store(true);
  for (std::thread &thread : others) thread.join();
  for (std::thread &thread : hosts) thread.join();
  where->completers_end.store(true);
  for (std::thread &thread : finishers) thread.join();
  const sabir_counters counters = where->check_at_end(disowns);
  std::printf("%llu sent, %llu handled, %llu dead letters, %llu left, %llu restarts, %zu survivors\n",
              static_cast<unsigned long long>(counters.sent), static_cast<unsigned long long>(counters.handled),
              static_cast<unsigned long long>(counters.dead_letters),
              static_cast<unsigned long long>(counters.sent - counters.handled - counters.dead_letters),
              static_cast<unsigned long long>(counters.restarted), survivors);
  if (!disowns) where->end();
  return 0;
}
