/* Ping-pong, ring, floods and asks.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "workloads.hpp"

namespace bench {
namespace {

constexpr std::uint64_t ring_actors = 100;
constexpr std::uint64_t burst_messages = 1000;

/* Answers by a send to whoever sent: returning the value instead goes through a response promise and is a little slower. */
caf::behavior ponger(caf::event_based_actor *self) {
  return {
      [=](ping_atom, std::uint64_t value) { self->send(caf::actor_cast<caf::actor>(self->current_sender()), pong_atom::value, value); }};
}

caf::behavior pinger(caf::stateful_actor<std::uint64_t> *self, const caf::actor &peer, const caf::actor &driver, std::uint64_t rounds) {
  self->state = rounds;
  return {[=](pong_atom, std::uint64_t value) {
    if (self->state-- == 0)
      self->send(driver, done_atom::value, value);
    else
      self->send(peer, ping_atom::value, value);
  }};
}

caf::behavior member(caf::event_based_actor *self, const caf::actor &next) {
  return {[=](ping_atom, std::uint64_t value) { self->send(next, ping_atom::value, value); }};
}

struct first_state {
  caf::actor next;
  std::uint64_t laps_left = 0;
};

caf::behavior first(caf::stateful_actor<first_state> *self, const caf::actor &driver, std::uint64_t laps) {
  self->state.laps_left = laps;
  return {[=](add_atom, const caf::actor &next) { self->state.next = next; },
          [=](ping_atom, std::uint64_t value) {
            if (self->state.laps_left-- == 0) {
              self->send(driver, done_atom::value, value);
              self->state.next = nullptr;  // Breaks the ring of references, so that its actors may end.
            } else {
              self->send(self->state.next, ping_atom::value, value);
            }
          }};
}

struct consumer_state {
  std::uint64_t expected = 0;
  std::uint64_t sum = 0;
};

caf::behavior consumer(caf::stateful_actor<consumer_state> *self, const caf::actor &driver, std::uint64_t expected) {
  self->state.expected = expected;
  return {[=](add_atom, std::uint64_t value) {
    self->state.sum += value;
    if (--self->state.expected == 0) self->send(driver, done_atom::value, self->state.sum);
  }};
}

caf::behavior producer(caf::stateful_actor<std::uint64_t> *self, const caf::actor &to, std::uint64_t count) {
  self->state = count;
  return {[=](go_on_atom) {
    const std::uint64_t burst = std::min(self->state, burst_messages);
    for (std::uint64_t i = 0; i != burst; ++i) self->send(to, add_atom::value, self->state--);
    if (self->state != 0) self->send(self, go_on_atom::value);
  }};
}

std::uint64_t sum_of_values(std::uint64_t producers, std::uint64_t count) { return producers * (count * (count + 1) / 2); }

caf::behavior answerer() {
  return {[](get_atom, std::uint64_t question) { return question + 1; }};
}

}  // namespace

void ping_pong(caf::actor_system &system, const Arguments &arguments, std::uint64_t pairs) {
  const std::uint64_t rounds = arguments.n / 2 / pairs;
  expect(rounds > 0, "N is too small for that many pairs");
  caf::scoped_actor self{system};
  std::vector<caf::actor> pingers;
  for (std::uint64_t i = 0; i != pairs; ++i)
    pingers.push_back(system.spawn(pinger, system.spawn(ponger), caf::actor_cast<caf::actor>(self), rounds));

  const std::uint64_t start_ns = now_ns();
  for (const caf::actor &actor : pingers) self->send(actor, pong_atom::value, std::uint64_t{1});
  expect(await(self, pairs) == pairs, "a message was lost");
  print_time(arguments, 2 * rounds * pairs, now_ns() - start_ns);
}

void ring(caf::actor_system &system, const Arguments &arguments) {
  const std::uint64_t laps = arguments.n / ring_actors;
  expect(laps > 0, "N must be at least one lap of 100 hops");
  caf::scoped_actor self{system};
  const caf::actor start = system.spawn(first, caf::actor_cast<caf::actor>(self), laps);
  caf::actor next = start;
  for (std::uint64_t i = 1; i != ring_actors; ++i) next = system.spawn(member, next);
  self->send(start, add_atom::value, next);

  const std::uint64_t start_ns = now_ns();
  self->send(start, ping_atom::value, std::uint64_t{1});
  expect(await(self) == 1, "the message was lost");
  print_time(arguments, laps * ring_actors, now_ns() - start_ns);
}

void fan_in(caf::actor_system &system, const Arguments &arguments, std::uint64_t producers) {
  const std::uint64_t count = arguments.n / producers;
  expect(count > 0, "N is smaller than the number of producers");
  caf::scoped_actor self{system};
  const caf::actor to = system.spawn(consumer, caf::actor_cast<caf::actor>(self), count * producers);
  std::vector<caf::actor> actors;
  for (std::uint64_t i = 0; i != producers; ++i) actors.push_back(system.spawn(producer, to, count));

  const std::uint64_t start_ns = now_ns();
  for (const caf::actor &actor : actors) self->send(actor, go_on_atom::value);
  const std::uint64_t sum = await(self);
  print_time(arguments, count * producers, now_ns() - start_ns);
  expect(sum == sum_of_values(producers, count), "a message was lost or changed");
}

void foreign_threads(caf::actor_system &system, const Arguments &arguments, std::uint64_t threads) {
  const std::uint64_t count = arguments.n / threads;
  expect(count > 0, "N is smaller than the number of threads");
  caf::scoped_actor self{system};
  const caf::actor to = system.spawn(consumer, caf::actor_cast<caf::actor>(self), count * threads);

  const std::uint64_t start_ns = now_ns();
  std::vector<std::thread> senders;
  for (std::uint64_t i = 0; i != threads; ++i)
    senders.emplace_back([&to, count] {
      for (std::uint64_t value = count; value != 0; --value) caf::anon_send(to, add_atom::value, value);
    });
  const std::uint64_t sum = await(self);
  print_time(arguments, count * threads, now_ns() - start_ns);
  for (std::thread &sender : senders) sender.join();
  expect(sum == sum_of_values(threads, count), "a message was lost or changed");
}

void ask(caf::actor_system &system, const Arguments &arguments, std::uint64_t idle_ns) {
  std::vector<std::uint64_t> samples_ns;
  samples_ns.reserve(arguments.n);
  caf::scoped_actor self{system};
  const caf::actor actor = system.spawn(answerer);
  const std::uint64_t warm_up = arguments.n / 10;
  for (std::uint64_t i = 0; i != arguments.n + warm_up; ++i) {
    if (idle_ns != 0) sleep_ns(idle_ns);
    std::uint64_t answer = 0;
    const std::uint64_t start_ns = now_ns();
    self->request(actor, caf::infinite, get_atom::value, i)
        .receive([&answer](std::uint64_t value) { answer = value; }, [](const caf::error &) { fail("the ask failed"); });
    const std::uint64_t end_ns = now_ns();
    expect(answer == i + 1, "the answer is wrong");
    if (i >= warm_up) samples_ns.push_back(end_ns - start_ns);
  }
  print_latencies(arguments, samples_ns);
}

}  // namespace bench
