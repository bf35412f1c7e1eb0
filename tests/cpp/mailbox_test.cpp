// Mailboxes that sort, the stash, notices of room, and polled executors, from C++.
//
// SPDX-License-Identifier: Apache-2.0
#include <poll.h>

#include <thread>
#include <vector>

#include "support.hpp"

namespace sabir_test {
namespace {

struct Work {
  int number;
};
struct Open {};

// Handles nothing until it is opened.
struct Shop : sabir::actor<Work, Open> {
  explicit Shop(sabir_pid report) : report_(report) {}
  void receive(sabir::context &context, Work work) {
    if (!open_) return context.stash();
    SABIR_IGNORE(sabir_context_send_bytes(context.handle(), report_, 1, &work.number, sizeof work.number));
  }
  void receive(sabir::context &context, Open) {
    open_ = true;
    context.unstash();
  }

 private:
  sabir_pid report_;
  bool open_ = false;
};

int number_of(const sabir::message &message) {
  int number = -1;
  if (sabir_message_size(message.get()) == sizeof number) std::memcpy(&number, sabir_message_data(message.get()), sizeof number);
  return number;
}

TEST(Mailbox, WhatIsStashedComesBackFirst) {
  Quiet system;
  sabir::port port(system);
  const auto shop = system.spawn<Shop>(port.pid());
  for (int i = 0; i < 3; ++i) shop.send(Work{i});
  shop.send(Open{});
  shop.send(Work{3});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(number_of(port.receive(long_enough).value()), i);
}

TEST(Mailbox, AFullStashIsAnError) {
  Quiet system;
  sabir::port port(system);
  const auto shop = system.spawn<Shop>({.mailbox = {.stash_capacity = 1}}, port.pid());
  (void)port.monitor(shop);
  shop.send(Work{0});
  shop.send(Work{1});
  const auto down = port.receive(long_enough).value().as<sabir::down>();
  ASSERT_TRUE(down);
  EXPECT_EQ(down->exit.status(), SABIR_E_LIMIT);
}

// Sends until it is refused, then asks to be told, and tells the port when it was.
struct Eager : sabir::actor<Open> {
  Eager(sabir_pid to, sabir_pid report) : to_(to), report_(report) {}
  void receive(sabir::context &context, Open) {
    while (sabir_context_send_bytes(context.handle(), to_, 1, nullptr, 0) == SABIR_OK) ++sent_;
    notice_ = context.notify_writable(to_);
  }
  void receive(sabir::context &context, sabir::writable told) {
    const int said[] = {sent_, told.actor == to_ && told.notice == notice_ ? 1 : 0};
    SABIR_IGNORE(sabir_context_send_bytes(context.handle(), report_, 1, said, sizeof said));
  }

 private:
  sabir_pid to_, report_;
  int sent_ = 0;
  sabir_ref notice_ = 0;
};

TEST(Mailbox, ASenderIsToldOfRoom) {
  Quiet system;
  sabir::port port(system);
  sabir::executor polled(system, {.kind = sabir::executor_kind::polled});
  const auto slow = system.spawn({.executor = &polled, .mailbox = {.capacity = 4}}, sabir::handlers{[](sabir::context &, Work) {}});
  const auto eager = system.spawn<Eager>(slow.pid(), port.pid());
  eager.send(Open{});
  EXPECT_EQ(port.receive(20ms).status(), SABIR_E_TIMEOUT);
  EXPECT_EQ(polled.run(0ns), SABIR_OK);
  const sabir::message said = port.receive(long_enough).value();
  int read[2] = {};
  ASSERT_EQ(sabir_message_size(said.get()), sizeof read);
  std::memcpy(read, sabir_message_data(said.get()), sizeof read);
  EXPECT_EQ(read[0], 4);
  EXPECT_EQ(read[1], 1);
  SABIR_IGNORE(sabir_actor_stop(system.handle(), slow.pid()));
  EXPECT_EQ(polled.run(0ns), SABIR_OK);
}

TEST(Mailbox, SortsByPriorityAndForgetsWhatIsLate) {
  Quiet system;
  sabir::executor polled(system, {.kind = sabir::executor_kind::polled});
  std::vector<int> order;
  const auto actor = system.spawn({.executor = &polled, .mailbox = {.priorities = true}},
                                  sabir::handlers{[&order](sabir::context &, Work work) { order.push_back(work.number); }});
  const auto send = [&](int number, sabir::priority urgency) {
    auto message = sabir::message::of(Work{number});
    message.set_priority(urgency);
    if (number == 4) message.set_deadline(1ns);
    EXPECT_EQ(system.try_send(actor.pid(), std::move(message)), SABIR_OK);
  };
  send(0, sabir::priority::low);
  send(1, sabir::priority::normal);
  send(2, sabir::priority::critical);
  send(3, sabir::priority::high);
  send(4, sabir::priority::critical);
  EXPECT_EQ(polled.run(0ns), SABIR_OK);
  EXPECT_EQ(order, (std::vector<int>{2, 3, 1, 0}));
  EXPECT_EQ(system.dead_letter_count(SABIR_CAUSE_EXPIRED), 1U);
  EXPECT_THROW(sabir::message::of(Work{5}).set_priority(static_cast<sabir::priority>(9)), sabir::error);
  SABIR_IGNORE(sabir_actor_stop(system.handle(), actor.pid()));
  EXPECT_EQ(polled.run(0ns), SABIR_OK);
}

TEST(Executor, APolledOneRunsItsActorsHere) {
  Quiet system;
  sabir::executor polled(system, {.kind = sabir::executor_kind::polled});
  std::thread::id ran;
  const auto actor =
      system.spawn({.executor = &polled}, sabir::handlers{[&ran](sabir::context &, Work) { ran = std::this_thread::get_id(); }});
  pollfd waiting{polled.descriptor(), POLLIN, 0};
  actor.send(Work{1});
  EXPECT_EQ(poll(&waiting, 1, 0), 1);
  EXPECT_EQ(polled.run(0ns, 1s), SABIR_OK);
  EXPECT_EQ(ran, std::this_thread::get_id());
  EXPECT_EQ(poll(&waiting, 1, 0), 0);
  EXPECT_EQ(polled.run(0ns), SABIR_E_TIMEOUT);
  EXPECT_EQ(polled.run(1ms), SABIR_E_TIMEOUT);
  polled.wake();
  EXPECT_EQ(polled.run(), SABIR_E_WOKEN);
  SABIR_IGNORE(sabir_actor_stop(system.handle(), actor.pid()));
  EXPECT_EQ(polled.run(), SABIR_OK);
}

}  // namespace
}  // namespace sabir_test
