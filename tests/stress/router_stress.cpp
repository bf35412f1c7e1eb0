// Threads send to pools and to routers that are added to, by every strategy, and ask them, while others resize them, take routees out and
// add them again, and the routees crash and are killed. Every message is handled once or dead once, every ask ends once, and each pool's
// argument is dropped once. Half way all comes to rest; the system is shut down while all goes on again.
//
// SPDX-License-Identifier: Apache-2.0
#include "stress.hpp"

#include <atomic>
#include <vector>

namespace {

enum : sabir_type { NUMBERED = 1, ANSWER };

constexpr std::uint32_t strategies = 5, pool_most = 24, thread_count = 4, member_count = 16;

struct world {
  explicit world(std::uint64_t the_seed, std::uint64_t messages) : seed(the_seed), fates(messages) {}
  const std::uint64_t seed;
  sabir_system *system = nullptr;
  sabir_behavior *behavior = nullptr;
  sabir_router *pools[strategies] = {}, *added[strategies] = {};
  std::atomic<sabir_pid> members[member_count] = {};  // of those that are added to
  std::atomic<bool> calm{false}, end{false};
  std::atomic<std::uint32_t> resting{0};
  std::atomic<std::uint64_t> numbers{0}, accepted{0}, handled{0}, dead{0}, late{0}, asks_begun{0}, asks_ended{0}, drops{0};
  std::vector<std::atomic<std::uint8_t>> fates;  // how often a message to one was handled or dead; 0 for copies

  bool has_numbers() const { return numbers.load() + 64 < fates.size(); }
};

// A message to one has a number of its own; of copies there are as many as took it.
struct note {
  std::uint64_t number;
  bool is_copy;
};

void ends(world &where, const note &note) {
  if (!note.is_copy) STRESS_EQUAL(where.fates[note.number].fetch_add(1), 0);
}

note note_of(const sabir_message *message) {
  note note;
  STRESS_EQUAL(sabir_message_size(message), sizeof note);
  std::memcpy(&note, sabir_message_data(message), sizeof note);
  return note;
}

sabir_status receive(sabir_context *context, std::uintptr_t state, sabir_message **message) {
  world &where = *reinterpret_cast<world *>(state);
  const note note = note_of(*message);
  const std::uint64_t drawn = stress::mix(where.seed, note.number);
  if (sabir_message_ref(*message) != 0 && drawn % 8 != 0) {
    const sabir_status status = sabir_context_reply_bytes(context, ANSWER, "yes", 3);
    STRESS_CHECK(status == SABIR_OK || status == SABIR_E_NO_ASK);
  }
  if (drawn % 500 == 1) return 5;  // a dead letter
  if (drawn % 500 == 2) STRESS_OK(sabir_context_stop(context));
  where.handled.fetch_add(1, std::memory_order_relaxed);
  ends(where, note);
  return SABIR_OK;
}

void dead_letter(std::uintptr_t argument, sabir_pid, std::int32_t, const sabir_message *message) {
  world &where = *reinterpret_cast<world *>(argument);
  if (sabir_message_type(message) == ANSWER) {
    where.late.fetch_add(1);
    return;
  }
  ends(where, note_of(message));
  where.dead.fetch_add(1);
}

void drop(std::uintptr_t argument) { reinterpret_cast<world *>(argument)->drops.fetch_add(1); }

void ended(std::uintptr_t argument, sabir_ref, sabir_status status, sabir_message **reply) {
  STRESS_CHECK(status != SABIR_OK || *reply != nullptr);
  reinterpret_cast<world *>(argument)->asks_ended.fetch_add(1);
}

sabir_spawn_options spawn_options(world &where, const sabir_mailbox_options &mailbox) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  options.argument = reinterpret_cast<std::uintptr_t>(&where);
  options.mailbox = &mailbox;
  return options;
}

void make_routers(world &where) {
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  mailbox.capacity = 128;
  for (std::uint32_t strategy = 0; strategy < strategies; ++strategy) {
    sabir_spawn_options spawn = spawn_options(where, mailbox);
    spawn.drop = drop;
    sabir_router_options options = SABIR_ROUTER_OPTIONS_INIT;
    options.strategy = strategy;
    options.capacity = pool_most;
    STRESS_OK(sabir_router_create(where.system, &options, &where.added[strategy], nullptr));
    options.size = 4;
    options.behavior = where.behavior;
    options.spawn = &spawn;
    STRESS_OK(sabir_router_create(where.system, &options, &where.pools[strategy], nullptr));
  }
}

bool is_refusal(sabir_status status) {
  return status == SABIR_E_MAILBOX_FULL || status == SABIR_E_DEAD || status == SABIR_E_NO_MEMBER || status == SABIR_E_CLOSED ||
         status == SABIR_E_HANDLE;
}

// To one, by the router's strategy, or to all.
sabir_status send(world &where, stress::random &random, sabir_router *router, bool broadcasts) {
  const bool all = broadcasts || random.one_in(16);
  const note made = {where.numbers.fetch_add(1), all};
  sabir_message *message = nullptr;
  STRESS_OK(sabir_message_create_bytes(NUMBERED, &made, sizeof made, &message));
  sabir_status status;
  if (all) {
    std::size_t received = 0;
    status = sabir_router_send_all(router, &message, &received);
    STRESS_EQUAL(received != 0, status == SABIR_OK);
  } else {
    status = sabir_router_send(router, &message);
    if (status == SABIR_OK) where.accepted.fetch_add(1);
  }
  STRESS_EQUAL(message == nullptr, status == SABIR_OK);
  sabir_message_destroy(&message);
  return status;
}

// Its messages are copies: how many routees a question has reached, and whether the one it went to took it in time, is not told.
sabir_status ask(world &where, stress::random &random, sabir_router *router) {
  const note made = {where.numbers.fetch_add(1), true};
  sabir_message *message = nullptr;
  STRESS_OK(sabir_message_create_bytes(NUMBERED, &made, sizeof made, &message));
  where.asks_begun.fetch_add(1);
  const std::uint64_t timeout_ns = random.one_in(4) ? 50'000 : 20'000'000;
  const sabir_status status =
      sabir_router_ask_begin(router, &message, timeout_ns, ended, reinterpret_cast<std::uintptr_t>(&where), nullptr);
  if (status != SABIR_OK) where.asks_begun.fetch_sub(1);
  sabir_message_destroy(&message);
  return status == SABIR_E_TIMEOUT ? SABIR_E_MAILBOX_FULL : status;
}

void pause_if_calm(world &where) {
  if (!where.calm.load()) return;
  where.resting.fetch_add(1);
  while (where.calm.load()) std::this_thread::yield();
  where.resting.fetch_sub(1);
}

void send_all(world &where, std::uint32_t thread) {
  stress::random random(stress::mix(where.seed, thread));
  while (!where.end.load() && where.has_numbers()) {
    pause_if_calm(where);
    const std::uint32_t strategy = random.below(strategies);
    sabir_router *const router = random.one_in(2) ? where.pools[strategy] : where.added[strategy];
    const sabir_status status =
        random.one_in(8) ? ask(where, random, router) : send(where, random, router, strategy == SABIR_ROUTER_BROADCAST);
    STRESS_CHECK(status == SABIR_OK || is_refusal(status));
    if (status == SABIR_E_CLOSED || status == SABIR_E_HANDLE) break;
    if (status != SABIR_OK) std::this_thread::yield();
  }
  // A pause may still be waited for.
  while (!where.end.load()) {
    pause_if_calm(where);
    std::this_thread::yield();
  }
}

void change_pool(world &where, stress::random &random) {
  sabir_router *const router = where.pools[random.below(strategies)];
  if (random.one_in(2)) {
    const sabir_status status = sabir_router_resize(router, 1 + random.below(pool_most));
    STRESS_CHECK(status == SABIR_OK || is_refusal(status));
    return;
  }
  sabir_pid pids[pool_most];
  std::size_t count = 0;
  const sabir_status status = sabir_router_routees(router, pids, pool_most, &count);
  STRESS_CHECK((status == SABIR_OK && count <= pool_most) || status == SABIR_E_HANDLE);
  if (count > 0) static_cast<void>(sabir_actor_kill(where.system, pids[random.below(static_cast<std::uint32_t>(count))]));
}

// One of those that are added to: out, in again, or replaced by a new actor.
void change_members(world &where, stress::random &random) {
  std::atomic<sabir_pid> &slot = where.members[random.below(member_count)];
  sabir_router *const router = where.added[random.below(strategies)];
  switch (random.below(3)) {
    case 0: static_cast<void>(sabir_router_remove(router, slot.load())); return;
    case 1: {
      const sabir_status status = sabir_router_add(router, slot.load());
      STRESS_CHECK(status == SABIR_OK || status == SABIR_E_DUPLICATE || status == SABIR_E_LIMIT || status == SABIR_E_NO_ACTOR ||
                   is_refusal(status));
      return;
    }
    default: {
      sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
      mailbox.capacity = 128;
      const sabir_spawn_options options = spawn_options(where, mailbox);
      sabir_pid pid = 0;
      if (sabir_spawn(where.system, where.behavior, &options, &pid, nullptr) != SABIR_OK) return;
      const sabir_pid old = slot.exchange(pid);
      if (old != 0) static_cast<void>(sabir_actor_kill(where.system, old));
    }
  }
}

void change_all(world &where, std::uint32_t thread) {
  stress::random random(stress::mix(where.seed, thread));
  while (!where.end.load()) {
    pause_if_calm(where);
    if (random.one_in(2))
      change_pool(where, random);
    else
      change_members(where, random);
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
}

void check(world &where) {
  const sabir_counters counters = stress::counters_of(where.system);
  STRESS_EQUAL(counters.sent, counters.handled + counters.dead_letters);
  STRESS_EQUAL(counters.handled, where.handled.load());
  stress::eventually("dead letters are told",
                     [&where, &counters] { return where.dead.load() + where.late.load() == counters.dead_letters; });
  std::uint64_t once = 0;
  for (const auto &fate : where.fates) once += fate.load();
  STRESS_EQUAL(once, where.accepted.load());
}

}  // namespace

int main(int argc, char **argv) {
  const stress::arguments arguments(argc, argv, 4'000'000, "all");
  const auto where = std::make_unique<world>(arguments.seed, arguments.messages);
  where->system = stress::make_system(2);
  sabir_ref ref = 0;
  STRESS_OK(sabir_dead_letter_subscribe(where->system, dead_letter, reinterpret_cast<std::uintptr_t>(where.get()), nullptr, &ref));
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("routee");
  callbacks.receive = receive;
  STRESS_OK(sabir_behavior_create(&callbacks, &where->behavior));
  make_routers(*where);

  std::vector<std::thread> threads;
  for (std::uint32_t thread = 0; thread < thread_count; ++thread)
    threads.emplace_back([&where, thread] { thread < thread_count - 1 ? send_all(*where, thread) : change_all(*where, thread); });
  const std::chrono::milliseconds half(arguments.seconds * 500);
  std::this_thread::sleep_for(half);
  where->calm.store(true);
  stress::eventually("threads rest", [&where] { return where->resting.load() == thread_count; });
  stress::eventually("asks end", [&where] { return where->asks_begun.load() == where->asks_ended.load(); });
  stress::wait_until_quiescent(where->system);
  check(*where);
  where->calm.store(false);
  std::this_thread::sleep_for(half);
  STRESS_OK(sabir_system_shutdown(where->system, 60'000'000'000, nullptr));
  where->end.store(true);
  for (std::thread &thread : threads) thread.join();
  check(*where);
  STRESS_EQUAL(where->asks_begun.load(), where->asks_ended.load());
  for (std::uint32_t strategy = 0; strategy < strategies; ++strategy) {
    sabir_router_destroy(&where->pools[strategy]);
    sabir_router_destroy(&where->added[strategy]);
  }
  const sabir_counters counters = stress::counters_of(where->system);
  STRESS_EQUAL(counters.spawned, counters.exited);
  STRESS_EQUAL(where->drops.load(), strategies);
  sabir_behavior_destroy(&where->behavior);
  STRESS_OK(sabir_system_destroy(&where->system));
  std::printf("%llu sent, %llu handled, %llu dead letters, %llu actors, %llu asks\n", static_cast<unsigned long long>(counters.sent),
              static_cast<unsigned long long>(counters.handled), static_cast<unsigned long long>(counters.dead_letters),
              static_cast<unsigned long long>(counters.spawned), static_cast<unsigned long long>(where->asks_ended.load()));
  return 0;
}
