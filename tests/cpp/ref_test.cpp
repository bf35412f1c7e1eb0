// Typed references: what they accept is known at compile time; sends.
//
// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

namespace sabir_test {
namespace {

struct Unknown {};

template <class Ref, class Message>
concept can_send = requires(const Ref &to, Message message) { to.send(message); };
template <class Ref, class Message>
concept can_ask = requires(const Ref &to, Message message) { to.ask(message, 1s); };
template <class Ref, class Message>
concept can_send_from_actor = requires(sabir::context &context, const Ref &to, Message message) { context.send(to, message); };

static_assert(can_send<sabir::ref<Counter>, Add> && can_send<sabir::ref<Counter>, Get> && !can_send<sabir::ref<Counter>, Unknown>);
static_assert(can_ask<sabir::ref<Counter>, Get> && !can_ask<sabir::ref<Counter>, Add>, "Add has no reply");
static_assert(!can_ask<sabir::ref<Counter>, Unknown>);
static_assert(can_send_from_actor<sabir::ref<Counter>, Add> && !can_send_from_actor<sabir::ref<Counter>, Unknown>);
static_assert(!can_send<sabir::ref<Counter>, std::uint64_t>, "no conversions: an amount is no Add");

static_assert(std::is_convertible_v<sabir::ref<Counter>, sabir::ref<sabir::actor<Add>>>);
static_assert(std::is_convertible_v<sabir::ref<Counter>, sabir::ref<sabir::actor<Get, Add>>>);
static_assert(!std::is_convertible_v<sabir::ref<Counter>, sabir::ref<sabir::actor<Add, Unknown>>>);
static_assert(!std::is_convertible_v<sabir::ref<sabir::actor<Add>>, sabir::ref<Counter>>);
static_assert(std::is_trivially_copyable_v<sabir::ref<Counter>>, "references travel in messages");

TEST(Ref, SendsInOrderAndAsks) {
  Quiet system;
  auto counter = system.spawn<Counter>();
  for (std::uint64_t amount = 1; amount <= 1000; ++amount) counter.send(Add{amount});
  EXPECT_EQ(counter.ask(Get{}, long_enough).value(), 500500U);
}

TEST(Ref, ProtocolsTakeLess) {
  Quiet system;
  sabir::ref<sabir::actor<Add>> adds = system.spawn<Counter>();
  adds.send(Add{4});
  sabir::ref<Counter> again(system.handle(), adds.pid());
  EXPECT_EQ(again.ask(Get{}, long_enough).value(), 4U);
}

TEST(Ref, ToNobodyAndToTheDeadFails) {
  Quiet system;
  sabir::ref<Counter> nobody(system.handle(), 0);
  EXPECT_EQ(nobody.try_send(Add{1}), SABIR_E_NO_ACTOR);
  EXPECT_FALSE(nobody);

  auto counter = system.spawn<Counter>();
  EXPECT_TRUE(counter.alive());
  EXPECT_EQ(counter.stop(), SABIR_OK);
  wait_until_dead(counter);
  EXPECT_EQ(counter.try_send(Add{1}), SABIR_E_DEAD);
  EXPECT_EQ(counter.stop(), SABIR_E_DEAD);
  try {
    counter.send(Add{1});
    FAIL() << "sent to the dead";
  } catch (const sabir::error &thrown) {
    EXPECT_EQ(thrown.status(), SABIR_E_DEAD);
  }
  EXPECT_EQ(counter.ask(Get{}, long_enough).status(), SABIR_E_DEAD);
}

TEST(Ref, WithoutASystemFails) {
  sabir::ref<Counter> nothing;
  EXPECT_NE(nothing.try_send(Add{1}), SABIR_OK);
  EXPECT_FALSE(nothing.alive());
  EXPECT_FALSE(nothing.ask(Get{}, 1ms));
}

TEST(Ref, OutlivesItsSystemAsAFailure) {
  sabir::ref<Counter> counter;
  {
    Quiet system;
    counter = system.spawn<Counter>();
  }
  EXPECT_NE(counter.try_send(Add{1}), SABIR_OK);
  EXPECT_FALSE(counter.alive());
}

TEST(Ref, TravelsInMessages) {
  struct Introduce {
    sabir::ref<Counter> who;
  };
  Quiet system;
  auto counter = system.spawn<Counter>();
  auto friendly = system.spawn([](sabir::context &context, Introduce message) { context.send(message.who, Add{11}); });
  friendly.send(Introduce{counter});
  friendly.drain();
  wait_until_dead(friendly);
  EXPECT_EQ(counter.ask(Get{}, long_enough).value(), 11U);
}

TEST(Ref, DrainHandlesWhatIsQueuedStopDoesNot) {
  Quiet system;
  auto port = sabir::port(system);
  auto sum = port.accepts<std::uint64_t>();
  struct Sum : sabir::actor<Add> {
    explicit Sum(sabir::ref<sabir::actor<std::uint64_t>> given) : to(given) {}
    void receive(sabir::context &, Add message) { total += message.amount; }
    void stop(sabir::context &context, const sabir::exit_reason &) { context.send(to, total); }
    sabir::ref<sabir::actor<std::uint64_t>> to;
    std::uint64_t total = 0;
  };
  auto actor = system.spawn<Sum>(sum);
  for (int i = 0; i < 100; ++i) actor.send(Add{1});
  EXPECT_EQ(actor.drain(), SABIR_OK);
  EXPECT_EQ(port.receive(long_enough).value().as<std::uint64_t>(), 100U);
}

}  // namespace
}  // namespace sabir_test
