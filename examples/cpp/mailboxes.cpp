// Bounded mailboxes in C++: what each overflow policy does with the message that there is no room for.
//
// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <sabir/sabir.hpp>
#include <string_view>
#include <thread>

namespace {

constexpr std::uint32_t capacity = 3;
constexpr int sent = 5;
constexpr int flooded = 1000;

struct Number {
  int value;
};
struct Get {
  using reply = std::uint64_t;
};

// Sends more numbers to a mailbox than it has room for, and then reads it. Ports are mailboxes that a thread reads, when it likes.
void fill(const sabir::system &system, std::string_view policy, sabir::overflow overflow) {
  const std::uint64_t dropped_before = system.dead_letter_count(SABIR_CAUSE_OVERFLOW);
  // 10 ms: how long a thread waits in a send where the mailbox blocks; by default without end.
  sabir::port port(system, {.capacity = capacity, .overflow = overflow, .block_timeout = std::chrono::milliseconds{10}});
  auto numbers = port.accepts<Number>();
  int refused = 0, received = 0;
  for (int number = 1; number <= sent; ++number) {
    if (numbers.try_send(Number{number}) == SABIR_E_MAILBOX_FULL) ++refused;
  }
  std::cout << policy << ": received";
  for (; auto message = port.receive(std::chrono::seconds{0}); ++received) std::cout << ' ' << message->as<Number>()->value;
  // Dead letters are told by a thread of the system, soon.
  const auto dropped = [&] { return static_cast<int>(system.dead_letter_count(SABIR_CAUSE_OVERFLOW) - dropped_before); };
  while (received + refused + dropped() < sent) std::this_thread::yield();
  std::cout << ", refused " << refused << ", dropped " << dropped() << '\n';
}

class Counter : public sabir::actor<Number, Get> {
 public:
  void receive(sabir::context &, Number) { ++count_; }
  std::uint64_t receive(sabir::context &, Get) { return count_; }

 private:
  std::uint64_t count_ = 0;
};

// A thread that sends faster than the actor handles waits for it, and nothing is lost.
void flood(const sabir::system &system) {
  auto counter = system.spawn<Counter>({.mailbox = {.capacity = capacity, .overflow = sabir::overflow::block}});
  for (int number = 0; number < flooded; ++number) counter.send(Number{number});
  std::cout << "block, with a reader: handled " << counter.ask(Get{}, std::chrono::seconds{5}).value() << " of " << flooded << '\n';
}

}  // namespace

int main() try {
  sabir::system system;
  fill(system, "reject", sabir::overflow::reject);
  fill(system, "block", sabir::overflow::block);
  fill(system, "drop newest", sabir::overflow::drop_newest);
  fill(system, "drop oldest", sabir::overflow::drop_oldest);
  flood(system);
} catch (const std::exception &failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
