// 1,000 actors and 4 threads that are no workers send to each other at random. Messages of one sender to one receiver arrive in the
// order they were sent, and each is handled or becomes a dead letter.
//
// steady: nobody dies, so every message arrives, and the sequence of every pair has no gap.
// chaos:  threads also kill, stop, drain and replace actors; sequences have gaps but never go back; the system is shut down while busy.
//
// SPDX-License-Identifier: Apache-2.0
#include "stress.hpp"

#include <atomic>
#include <vector>

namespace {

constexpr std::uint32_t actor_count = 1000;
constexpr std::uint32_t thread_count = 4;
constexpr std::uint32_t source_count = actor_count + thread_count;
constexpr std::uint32_t hops_per_message = 4;  // each message of a thread is followed by three between actors
constexpr std::uint32_t mailbox_capacity = 512;

struct note {
  std::uint32_t source;       // a slot, or a thread from actor_count on
  std::uint32_t incarnation;  // of the source
  std::uint32_t sequence;     // of the pair, from 1
  std::uint32_t hops;         // still to come
};

struct world {
  sabir_system *system = nullptr;
  sabir_behavior *behavior = nullptr;
  std::uint64_t seed = 0;
  bool chaos = false;
  std::atomic<sabir_pid> pids[actor_count];
  std::atomic<std::uint32_t> incarnations{0};
  std::atomic<std::uint64_t> accepted{0}, handled{0};
  std::atomic<std::uint64_t> starts{0}, stops{0}, drops{0}, spawned{0};
};

// What a receiver last saw of one source.
struct seen {
  std::uint32_t incarnation = 0;
  std::uint32_t sequence = 0;
};

// The last sequence used for each receiving slot; one writer.
using sequences = std::vector<std::uint32_t>;

struct actor {
  world *where;
  std::uint32_t slot;
  std::uint32_t incarnation;
  stress::random random;
  std::vector<seen> from = std::vector<seen>(source_count);
  sequences to = sequences(actor_count);
  std::uint64_t accepted = 0, handled = 0;
};

// The argument of an actor: freed by its drop.
struct birth {
  world *where;
  std::uint32_t slot;
  std::uint32_t incarnation;
};

sabir_status start(sabir_context *, std::uintptr_t argument, std::uintptr_t *state) {
  const auto *birth = reinterpret_cast<const struct birth *>(argument);
  auto *self =
      new actor{birth->where, birth->slot, birth->incarnation, stress::random(stress::mix(birth->where->seed, birth->incarnation))};
  birth->where->starts.fetch_add(1, std::memory_order_relaxed);
  *state = reinterpret_cast<std::uintptr_t>(self);
  return SABIR_OK;
}

void check_order(actor &self, const note &note) {
  STRESS_CHECK(note.source < source_count);
  seen &last = self.from[note.source];
  if (!self.where->chaos) {
    STRESS_EQUAL(note.sequence, last.sequence + 1);
  } else if (note.incarnation == last.incarnation) {
    STRESS_CHECK(note.sequence > last.sequence);
  } else if (note.incarnation < last.incarnation) {
    return;  // the last words of a source that has been replaced
  }
  last = {note.incarnation, note.sequence};
}

sabir_status receive(sabir_context *context, std::uintptr_t state, sabir_message **message) {
  actor &self = *reinterpret_cast<actor *>(state);
  note note;
  STRESS_EQUAL(sabir_message_size(*message), sizeof note);
  std::memcpy(&note, sabir_message_data(*message), sizeof note);
  ++self.handled;
  check_order(self, note);
  if (note.hops == 0) return SABIR_OK;
  const std::uint32_t slot = self.random.below(actor_count);
  const sabir_pid to = self.where->pids[slot].load(std::memory_order_relaxed);
  const struct note next = {self.slot, self.incarnation, self.to[slot] + 1, note.hops - 1};
  sabir_status status;
  if (self.random.one_in(2)) {
    std::memcpy(sabir_message_data_mut(*message), &next, sizeof next);
    status = sabir_context_send(context, to, message);  // the same message goes on
  } else {
    status = sabir_context_send_bytes(context, to, 1, &next, sizeof next);
  }
  if (status == SABIR_OK) {
    ++self.to[slot];
    ++self.accepted;
  } else {
    STRESS_CHECK(status == SABIR_E_MAILBOX_FULL || status == SABIR_E_CLOSED || (self.where->chaos && status == SABIR_E_DEAD));
  }
  return SABIR_OK;
}

void stop(sabir_context *, std::uintptr_t state, const sabir_exit *) {
  const std::unique_ptr<actor> self(reinterpret_cast<actor *>(state));
  self->where->accepted.fetch_add(self->accepted, std::memory_order_relaxed);
  self->where->handled.fetch_add(self->handled, std::memory_order_relaxed);
  self->where->stops.fetch_add(1, std::memory_order_relaxed);
}

void drop(std::uintptr_t argument) {
  const std::unique_ptr<birth> birth(reinterpret_cast<struct birth *>(argument));
  birth->where->drops.fetch_add(1, std::memory_order_relaxed);
}

void spawn(world &where, std::uint32_t slot) {
  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  mailbox.capacity = mailbox_capacity;
  auto argument = std::make_unique<birth>(birth{&where, slot, ++where.incarnations});
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  options.argument = reinterpret_cast<std::uintptr_t>(argument.get());
  options.drop = drop;
  options.mailbox = &mailbox;
  sabir_pid pid = 0;
  const sabir_status status = sabir_spawn(where.system, where.behavior, &options, &pid, nullptr);
  if (status == SABIR_OK) {
    static_cast<void>(argument.release());
    where.spawned.fetch_add(1, std::memory_order_relaxed);
    where.pids[slot].store(pid, std::memory_order_relaxed);
  } else {
    STRESS_EQUAL(static_cast<std::int64_t>(status), static_cast<std::int64_t>(SABIR_E_CLOSED));
  }
}

void replace(world &where, stress::random &random, std::uint32_t slot) {
  const sabir_pid pid = where.pids[slot].load(std::memory_order_relaxed);
  sabir_status (*const ends[])(sabir_system *, sabir_pid) = {sabir_actor_kill, sabir_actor_stop, sabir_actor_drain};
  const sabir_status status = ends[random.below(3)](where.system, pid);
  STRESS_CHECK(status == SABIR_OK || status == SABIR_E_DEAD || status == SABIR_E_CLOSED);
  spawn(where, slot);
}

// Sends until so many messages were accepted in the whole system. A thread cannot tell how many of them it has to send itself: a hop that
// is refused ends its chain.
void send_all(world &where, std::uint32_t thread, std::uint64_t messages) {
  constexpr std::uint32_t look_every = 256;
  stress::random random(stress::mix(where.seed, UINT64_C(1) << 40 | thread));
  sequences to(actor_count);
  std::uint64_t accepted = 0;
  for (std::uint32_t turn = 0; turn % look_every != 0 || stress::counters_of(where.system).sent < messages; ++turn) {
    const std::uint32_t slot = random.below(actor_count);
    const note note = {actor_count + thread, 1, to[slot] + 1, hops_per_message - 1};
    const sabir_status status = sabir_send_bytes(where.system, where.pids[slot].load(std::memory_order_relaxed), 1, &note, sizeof note);
    if (status == SABIR_OK) {
      ++to[slot];
      ++accepted;
    } else if (status == SABIR_E_MAILBOX_FULL) {
      std::this_thread::yield();
    } else if (status == SABIR_E_CLOSED) {
      break;
    } else {
      STRESS_CHECK(where.chaos && status == SABIR_E_DEAD);
    }
    if (where.chaos && random.one_in(1000)) replace(where, random, random.below(actor_count));
  }
  where.accepted.fetch_add(accepted, std::memory_order_relaxed);
}

}  // namespace

int main(int argc, char **argv) {
  const stress::arguments arguments(argc, argv, 1'000'000, "steady");
  const auto where = std::make_unique<world>();
  where->seed = arguments.seed;
  where->chaos = arguments.mode == "chaos";
  STRESS_CHECK(where->chaos || arguments.mode == "steady");
  where->system = stress::make_system(2);
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("stressed");
  callbacks.start = start;
  callbacks.receive = receive;
  callbacks.stop = stop;
  STRESS_OK(sabir_behavior_create(&callbacks, &where->behavior));
  for (std::uint32_t slot = 0; slot < actor_count; ++slot) spawn(*where, slot);

  std::vector<std::thread> threads;
  for (std::uint32_t thread = 0; thread < thread_count; ++thread)
    threads.emplace_back([&where, &arguments, thread] { send_all(*where, thread, arguments.messages); });
  for (std::thread &thread : threads) thread.join();
  if (!where->chaos) stress::wait_until_quiescent(where->system);
  sabir_behavior_destroy(&where->behavior);
  const sabir_counters counters = stress::end_system(where->system);
  STRESS_CHECK(counters.sent >= arguments.messages);
  STRESS_EQUAL(counters.sent, where->accepted.load());
  STRESS_EQUAL(counters.handled, where->handled.load());
  STRESS_EQUAL(where->starts.load(), where->stops.load());
  STRESS_EQUAL(where->drops.load(), where->spawned.load());
  STRESS_EQUAL(counters.spawned, where->spawned.load());
  if (!where->chaos) STRESS_EQUAL(counters.dead_letters, 0);
  std::printf("%llu sent, %llu handled, %llu dead letters, %llu actors\n", static_cast<unsigned long long>(counters.sent),
              static_cast<unsigned long long>(counters.handled), static_cast<unsigned long long>(counters.dead_letters),
              static_cast<unsigned long long>(counters.spawned));
  return 0;
}
