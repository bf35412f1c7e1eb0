/* One sender and many receivers: directly, through a pool of actors, and through a group.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <algorithm>
#include <array>
#include <vector>

#include "workloads.hpp"

namespace bench {
namespace {

constexpr std::size_t routees = 8;
constexpr std::uint64_t burst_messages = 1000;

/* Adds up what it is sent, and says so when it is asked to. */
caf::behavior receiver(caf::stateful_actor<std::uint64_t> *self, const caf::actor &driver) {
  self->state = 0;
  return {[=](add_atom, std::uint64_t value) { self->state += value; },
          [=](done_atom) { self->send(driver, done_atom::value, self->state); }};
}

using Routees = std::array<caf::actor, routees>;

caf::behavior direct_sender(caf::stateful_actor<std::uint64_t> *self, const Routees &to, std::uint64_t count) {
  self->state = count;
  return {[=](go_on_atom) {
    const std::uint64_t burst = std::min(self->state, burst_messages);
    for (std::uint64_t i = 0; i != burst; ++i, --self->state) self->send(to[self->state % routees], add_atom::value, self->state);
    if (self->state != 0) return self->send(self, go_on_atom::value);
    for (const caf::actor &each : to) self->send(each, done_atom::value);
  }};
}

caf::behavior pool_sender(caf::stateful_actor<std::uint64_t> *self, const caf::actor &pool, const Routees &to, std::uint64_t count) {
  self->state = count;
  return {[=](go_on_atom) {
    const std::uint64_t burst = std::min(self->state, burst_messages);
    for (std::uint64_t i = 0; i != burst; ++i) self->send(pool, add_atom::value, self->state--);
    if (self->state != 0) return self->send(self, go_on_atom::value);
    for (const caf::actor &each : to) self->send(each, done_atom::value);
  }};
}

struct member_state {
  std::uint64_t left = 0;
  std::uint64_t sum = 0;
};

caf::behavior member(caf::stateful_actor<member_state> *self, const caf::group &group, const caf::actor &driver, std::uint64_t count) {
  self->state.left = count;
  self->join(group);
  self->send(driver, done_atom::value, std::uint64_t{1});  // it is a member now
  return {[=](add_atom, std::uint64_t value) {
    self->state.sum += value;
    if (--self->state.left == 0) self->send(driver, done_atom::value, self->state.sum);
  }};
}

caf::behavior publisher(caf::stateful_actor<std::uint64_t> *self, const caf::group &group, std::uint64_t count) {
  self->state = count;
  return {[=](go_on_atom) {
    self->send(group, add_atom::value, self->state--);
    if (self->state != 0) self->send(self, go_on_atom::value);
  }};
}

}  // namespace

void route(caf::actor_system &system, const Arguments &arguments, bool pooled) {
  caf::scoped_actor self{system};
  Routees to;
  for (caf::actor &each : to) each = system.spawn(receiver, caf::actor_cast<caf::actor>(self));
  caf::scoped_execution_unit context{&system};
  caf::actor pool, sender;
  if (pooled) {
    pool = caf::actor_pool::make(&context, caf::actor_pool::round_robin());
    for (const caf::actor &each : to) self->send(pool, caf::sys_atom::value, caf::put_atom::value, each);
    sender = system.spawn(pool_sender, pool, to, arguments.n);
  } else {
    sender = system.spawn(direct_sender, to, arguments.n);
  }

  const std::uint64_t start_ns = now_ns();
  self->send(sender, go_on_atom::value);
  const std::uint64_t sum = await(self, routees);
  print_time(arguments, arguments.n, now_ns() - start_ns);
  expect(sum == arguments.n * (arguments.n + 1) / 2, "a message was lost or changed");
  if (pooled) caf::anon_send_exit(pool, caf::exit_reason::user_shutdown);
  for (const caf::actor &each : to) caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
}

void group(caf::actor_system &system, const Arguments &arguments, std::uint64_t members) {
  const std::uint64_t publishes = arguments.n / members;
  expect(publishes > 0, "N is smaller than the number of members");
  caf::scoped_actor self{system};
  const caf::group topic = system.groups().get_local("bench.topic");
  std::vector<caf::actor> actors;
  for (std::uint64_t i = 0; i != members; ++i) actors.push_back(system.spawn(member, topic, caf::actor_cast<caf::actor>(self), publishes));
  const caf::actor from = system.spawn(publisher, topic, publishes);
  expect(await(self, members) == members, "a member that has not joined");

  const std::uint64_t start_ns = now_ns();
  self->send(from, go_on_atom::value);
  const std::uint64_t sum = await(self, members);
  print_time(arguments, publishes * members, now_ns() - start_ns);
  expect(sum == members * (publishes * (publishes + 1) / 2), "a message was lost or changed");
  for (const caf::actor &actor : actors) caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
}

}  // namespace bench
