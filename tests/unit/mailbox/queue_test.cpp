// SPDX-License-Identifier: Apache-2.0
// The protocol's single-threaded meaning; its interleavings are explored in tests/model.
#include "mailbox/queue.hpp"

#include <gtest/gtest.h>

namespace sabir::mailbox {
namespace {

struct Fixture : testing::Test {
  Queue::SendSide send;
  Queue::RunSide run;
  Node nodes[4];
  void SetUp() override { Queue::initialize(send, run); }
  static bool never() { return false; }
};
using QueueTest = Fixture;

TEST_F(QueueTest, the_first_push_wakes_and_the_next_do_not) {
  EXPECT_EQ(Queue::push(send, &nodes[0]), Wake::yes);
  EXPECT_EQ(Queue::push(send, &nodes[1]), Wake::no);
}

TEST_F(QueueTest, nodes_come_in_order_and_the_stub_is_retired_behind) {
  (void)Queue::push(send, &nodes[0]);
  (void)Queue::push(send, &nodes[1]);
  Queue::Taken taken = Queue::take(run);
  EXPECT_EQ(taken.node, &nodes[0]);
  EXPECT_EQ(taken.retired, nullptr);
  taken = Queue::take(run);
  EXPECT_EQ(taken.node, &nodes[1]);
  EXPECT_EQ(taken.retired, &nodes[0]);
  EXPECT_EQ(Queue::take(run).node, nullptr);
  Node *retired = nullptr;
  EXPECT_EQ(Queue::rest(send, run, retired, never), Queue::Rest::idle);
  EXPECT_EQ(retired, &nodes[1]);
  EXPECT_EQ(Queue::push(send, &nodes[2]), Wake::yes);
  EXPECT_EQ(Queue::take(run).node, &nodes[2]);
}

TEST_F(QueueTest, a_detached_node_may_be_pushed_again) {
  (void)Queue::push(send, &nodes[0]);
  (void)Queue::take(run);
  Queue::detach(send, run, [] {});
  EXPECT_EQ(Queue::push(send, &nodes[0]), Wake::no);
  EXPECT_EQ(Queue::take(run).node, &nodes[0]);
  (void)Queue::push(send, &nodes[1]);
  Queue::detach(send, run, [] {});
  EXPECT_EQ(Queue::take(run).node, &nodes[1]);
}

TEST_F(QueueTest, a_signal_wakes_an_idle_actor_and_signals_come_oldest_first) {
  Signal first, second;
  EXPECT_EQ(Queue::signal(send, run, &first), Wake::yes);
  EXPECT_EQ(Queue::signal(send, run, &second), Wake::no);
  EXPECT_TRUE(Queue::has_signals(run));
  Signal *taken = Queue::take_signals(run);
  EXPECT_EQ(taken, &first);
  EXPECT_EQ(taken->next, &second);
  EXPECT_FALSE(Queue::has_signals(run));
}

TEST_F(QueueTest, a_signal_before_the_rest_keeps_the_runner) {
  (void)Queue::push(send, &nodes[0]);
  (void)Queue::take(run);
  Signal signal;
  EXPECT_EQ(Queue::signal(send, run, &signal), Wake::no);
  Node *retired = nullptr;
  EXPECT_EQ(Queue::rest(send, run, retired, never), Queue::Rest::again);
  EXPECT_EQ(retired, &nodes[0]);
}

TEST_F(QueueTest, messages_do_not_wake_a_parked_actor_but_signals_and_nudges_do) {
  (void)Queue::push(send, &nodes[0]);
  (void)Queue::take(run);
  EXPECT_TRUE(Queue::park(run, never));
  EXPECT_EQ(Queue::push(send, &nodes[1]), Wake::no);
  Signal signal;
  EXPECT_EQ(Queue::signal(send, run, &signal), Wake::yes);
  EXPECT_EQ(Queue::take_signals(run), &signal);
  EXPECT_TRUE(Queue::park(run, never));
  EXPECT_EQ(Queue::nudge(send, run), Wake::yes);
  EXPECT_FALSE(Queue::has_signals(run));
  EXPECT_FALSE(Queue::park(run, [] { return true; }));
  EXPECT_EQ(Queue::signal(send, run, &signal), Wake::no);
  EXPECT_FALSE(Queue::park(run, never));
}

}  // namespace
}  // namespace sabir::mailbox
