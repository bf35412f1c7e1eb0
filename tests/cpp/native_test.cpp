// Messages that move as the objects they are: sabir::is_native.
//
// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <memory>

#include "support.hpp"

namespace sabir_test {

// Counts the objects that there are.
struct Live {
  static inline std::atomic<int> count{0};
  Live() { ++count; }
  Live(const Live &) { ++count; }
  Live(Live &&) noexcept { ++count; }
  Live &operator=(const Live &) = default;
  Live &operator=(Live &&) noexcept = default;
  ~Live() { --count; }
};

struct Job {
  static constexpr bool sabir_native = true;
  std::unique_ptr<int> work;
  Live live;
};
struct Fetch {
  using reply = Job;
};
struct Check {
  static constexpr bool sabir_native = true;
  using reply = int;
  std::unique_ptr<int> number;
};

// Copyable, and bytes where it must be.
struct Text {
  static constexpr bool sabir_native = true;
  static constexpr std::string_view sabir_type_name = "sabir.test.Text/1";
  std::string text;
};
struct alignas(256) Wide {
  static constexpr bool sabir_native = true;
  explicit Wide(std::string given) : text(std::move(given)) {}
  std::string text;
};
struct Refusing {
  static constexpr bool sabir_native = true;
  Refusing() = default;
  Refusing(Refusing &&) { throw std::runtime_error("it cannot be moved"); }
};

}  // namespace sabir_test

template <>
struct sabir::message_traits<sabir_test::Text> {
  static std::size_t size(const sabir_test::Text &value) { return value.text.size(); }
  static void encode(const sabir_test::Text &value, std::byte *out) { std::memcpy(out, value.text.data(), value.text.size()); }
  static std::optional<sabir_test::Text> decode(std::span<const std::byte> bytes) {
    return sabir_test::Text{std::string(reinterpret_cast<const char *>(bytes.data()), bytes.size())};
  }
};
template <>
inline constexpr bool sabir::is_native<std::unique_ptr<std::string>> = true;

namespace sabir_test {
namespace {

Job job(int number) { return Job{std::make_unique<int>(number), {}}; }

class Worker : public sabir::actor<Job, Fetch, Check, Text, Wide, Get, Crash> {
 public:
  void receive(sabir::context &, Job message) { total_ += static_cast<std::uint64_t>(*message.work); }
  Job receive(sabir::context &, Fetch) { return job(11); }
  int receive(sabir::context &, Check message) { return *message.number; }
  void receive(sabir::context &, Text message) { total_ += message.text.size(); }
  void receive(sabir::context &, Wide message) {
    total_ += message.text.size() + reinterpret_cast<std::uintptr_t>(&message) % alignof(Wide);
  }
  std::uint64_t receive(sabir::context &, Get) { return total_; }
  void receive(sabir::context &, Crash) { throw std::runtime_error("as it was told"); }

 private:
  std::uint64_t total_ = 0;
};

TEST(Native, MovesToAnActorByEverySend) {
  {
    Quiet system;
    auto worker = system.spawn<Worker>();
    auto pool = sabir::router<Worker>(system, {.routing = sabir::routing::hash});
    pool.add(worker);
    sabir::batch batch;
    worker.send(job(1));
    EXPECT_EQ(worker.try_send(job(10)), SABIR_OK);
    system.after(worker, job(100), 0ms);
    pool.send(job(1000));
    pool.send(7U, job(10000));
    batch.add(worker, job(100000));
    batch.send(system);
    auto sender = system.spawn([worker, &pool](sabir::context &context, Get) -> std::uint64_t {
      context.send(worker, job(2));
      (void)context.try_send(worker, job(20));
      context.after(worker, job(200), 0ms);
      pool.send(context, job(2000));
      pool.send(context, 7U, job(20000));
      sabir::batch more;
      more.add(worker, job(200000));
      more.send(context);
      return 0;
    });
    EXPECT_TRUE(sender.ask(Get{}, long_enough));
    const auto deadline = std::chrono::steady_clock::now() + long_enough;   // timers take their time
    while (worker.ask(Get{}, long_enough).value() != 333333U && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    EXPECT_EQ(worker.ask(Get{}, long_enough).value(), 333333U);
    EXPECT_EQ(worker.ask(Check{std::make_unique<int>(5)}, long_enough).value(), 5);
    EXPECT_EQ(pool.ask(Check{std::make_unique<int>(6)}, long_enough).value(), 6);
  }
  EXPECT_EQ(Live::count, 0);
}

TEST(Native, IsMovedOnSuccessOnly) {
  Quiet system;
  auto worker = system.spawn<Worker>();
  Job kept = job(3);
  worker.stop();
  wait_until_dead(worker);
  EXPECT_EQ(worker.try_send(std::move(kept)), SABIR_E_DEAD);
  ASSERT_NE(kept.work, nullptr);
  EXPECT_EQ(*kept.work, 3);
  sabir::port port(system);
  EXPECT_EQ(port.accepts<Job>().try_send(std::move(kept)), SABIR_E_NATIVE);
  EXPECT_EQ(*kept.work, 3);
  EXPECT_THROW(port.accepts<Job>().send(job(4)), sabir::error);
}

TEST(Native, IsDroppedWithWhoNeverGetsIt) {
  {
    Quiet system;
    auto worker = system.spawn<Worker>();
    worker.send(Crash{});
    (void)worker.try_send(job(1));
    (void)worker.try_send(job(2));
    auto nobody = system.spawn([](sabir::context &, Add) {});
    sabir::ref<sabir::actor<Job>>(system.handle(), nobody.pid()).send(job(5));   // unhandled
    std::promise<bool> seen;
    std::atomic<bool> first{true};
    auto watching = system.on_dead_letter([&](const sabir::dead_letter &letter) {
      if (letter.message.type() == sabir::type_id<Job> && letter.message.bytes().empty() && first.exchange(false)) seen.set_value(true);
    });
    sabir::ref<sabir::actor<Job>>(system.handle(), nobody.pid()).send(job(5));
    EXPECT_TRUE(get(seen.get_future()));
  }
  EXPECT_EQ(Live::count, 0);
}

TEST(Native, IsAnAnswerForActors) {
  {
    Quiet system;
    auto worker = system.spawn<Worker>();
    auto asker = system.spawn([worker](sabir::context &context, Get) {
      context.ask(worker, Fetch{}, long_enough, [duty = context.defer<Get>()](sabir::context &, sabir::result<Job> answer) mutable {
        duty.reply(static_cast<std::uint64_t>(*answer.value().work));
      });
      return sabir::deferred{};
    });
    EXPECT_EQ(asker.ask(Get{}, long_enough).value(), 11U);
    // Who cannot get it hears of it, and the worker lives on.
    sabir::result<sabir::message> refused = system.ask(worker.pid(), sabir::message::of(Fetch{}), long_enough);
    EXPECT_EQ(refused.status(), SABIR_E_NATIVE);
    EXPECT_EQ(worker.ask(Get{}, long_enough).value(), 0U);
    auto later = system.spawn([](sabir::context &context, Fetch) {
      sabir::answer<Job> duty = context.defer<Fetch>();
      EXPECT_THROW(duty.reply(job(1)), sabir::error);   // a thread has asked
      return sabir::deferred{};
    });
    EXPECT_EQ(system.ask(later.pid(), sabir::message::of(Fetch{}), long_enough).status(), SABIR_E_NATIVE);
  }
  EXPECT_EQ(Live::count, 0);
}

TEST(Native, GoesAsBytesToOthersWhereItHasThem) {
  Quiet system;
  sabir::port port(system);
  auto worker = system.spawn<Worker>();
  const Text text{"nine chars"};
  worker.send(text);
  worker.send(Text{"more"});
  port.accepts<Text>().send(text);
  EXPECT_EQ(port.receive(long_enough).value().as<Text>()->text, "nine chars");
  system.join("texts", worker);
  EXPECT_EQ(system.send_group("texts", text), 1U);
  system.subscribe("texts", port.pid());
  EXPECT_EQ(system.publish("texts", text), 1U);
  EXPECT_EQ(port.receive(long_enough).value().as<Text>()->text, "nine chars");
  EXPECT_EQ(worker.ask(Get{}, long_enough).value(), 24U);
}

TEST(Native, IsAlignedAsItsTypeIs) {
  Quiet system;
  auto worker = system.spawn<Worker>();
  worker.send(Wide("wide"));
  EXPECT_EQ(worker.ask(Get{}, long_enough).value(), 4U);
}

TEST(Native, IsTakenOutOfAMessageAsItIs) {
  class Raw : public sabir::actor<> {
   public:
    explicit Raw(std::promise<std::string> &told) : told_(told) {}
    void receive(sabir::context &, sabir::message &message) {
      EXPECT_FALSE(message.take<Text>());
      auto text = message.take<std::unique_ptr<std::string>>();
      EXPECT_FALSE(message.take<std::unique_ptr<std::string>>());
      told_.set_value(text ? **text : "nothing");
    }

   private:
    std::promise<std::string> &told_;
  };
  std::promise<std::string> told;
  Quiet system;
  auto raw = system.spawn<Raw>(std::ref(told));
  ASSERT_EQ(system.try_send(raw.pid(), sabir::message::object(std::make_unique<std::string>("as it is"))), SABIR_OK);
  EXPECT_EQ(get(told.get_future()), "as it is");
}

TEST(Native, ThatCannotBeBuiltIsNotDropped) { EXPECT_THROW(sabir::message::object(Refusing()), std::runtime_error); }

TEST(Native, IsTakenBySupervisedActorsAndPools) {
  Quiet system;
  auto worker = system.supervise<Worker>({.restart = sabir::permanent});
  EXPECT_EQ(worker.ask(Crash{}, long_enough).status(), SABIR_E_CRASHED);
  worker.send(job(7));
  EXPECT_EQ(worker.ask(Get{}, long_enough).value(), 7U);
  auto group = system.supervise_group_of<Worker>("alike");
  EXPECT_EQ(group.supervise().ask(Check{std::make_unique<int>(8)}, long_enough).value(), 8);
  auto pool = sabir::router<Worker>::pool(system, 2);
  EXPECT_EQ(pool.ask(Check{std::make_unique<int>(9)}, long_enough).value(), 9);
}

}  // namespace
}  // namespace sabir_test
