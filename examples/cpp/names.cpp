// Names and groups in C++: actors that are found without references, and what becomes of both when an actor ends.
//
// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <sabir/sabir.hpp>
#include <vector>

namespace {

struct Add {
  std::uint64_t amount;
};
struct Get {
  using reply = std::uint64_t;
};

class Counter : public sabir::actor<Add, Get> {
 public:
  void receive(sabir::context &, Add message) { total_ += message.amount; }
  std::uint64_t receive(sabir::context &, Get) { return total_; }

 private:
  std::uint64_t total_ = 0;
};

void print_total(const sabir::system &system, const std::string &name) {
  auto counter = system.whereis<Counter>(name);  // that it is a Counter is our word
  std::cout << name << " has " << counter.ask(Get{}, std::chrono::seconds{5}).value() << '\n';
}

// Stops an actor, and waits until it is gone.
void stop(const sabir::port &port, sabir::ref<Counter> counter) {
  port.monitor(counter);
  counter.stop();
  (void)port.receive(sabir::forever).value().as<sabir::down>();
}

}  // namespace

int main() try {
  sabir::system system;
  sabir::port port(system);
  std::vector<sabir::ref<Counter>> counters;
  for (int i = 0; i < 3; ++i) {
    counters.push_back(system.spawn<Counter>());
    system.join("counters", counters.back());
  }

  system.register_name("desk", counters[0]);  // one owner, until it is gone for good
  std::cout << "another desk: " << (system.register_name("desk", counters[1]) ? "yes" : "no") << '\n';
  system.whereis<Counter>("desk").send(Add{5});
  std::cout << "the group: " << system.send_group("counters", Add{5}) << " got it\n";  // uncopied, to all members
  print_total(system, "desk");

  stop(port, counters[0]);  // its name is free, and its membership over
  std::cout << "the desk: " << (system.whereis<Counter>("desk") ? "somebody" : "nobody") << '\n';
  std::cout << "the group: " << system.send_group("counters", Add{5}) << " got it\n";
  system.register_name("desk", counters[1]);
  print_total(system, "desk");
} catch (const std::exception &failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
