// A counter actor in C++, under a supervisor: start it, send to it, ask it.
//
// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <sabir/sabir.hpp>

namespace {

struct Add {
  std::uint64_t amount;
};
struct Get {
  using reply = std::uint64_t;
};

class Counter : public sabir::actor<Add, Get> {  // the messages it takes: checked at compile time
  std::uint64_t total_ = 0;

 public:
  void receive(sabir::context &, Add message) { total_ += message.amount; }
  std::uint64_t receive(sabir::context &, Get) { return total_; }
};

}  // namespace

int main() try {
  sabir::system system;
  auto counter = system.supervise<Counter>({.restart = sabir::permanent});
  counter.send(Add{3});
  std::cout << counter.ask(Get{}, std::chrono::seconds{1}).value() << '\n';  // in a coroutine: co_await counter.ask(Get{})
}  // shuts down with the default deadline, children first; handlers that have not returned by then go to the log
catch (const std::exception &failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
