// SPDX-License-Identifier: Apache-2.0
#include <sabir/sabir.hpp>

struct Add {};
struct Get {
  using reply = std::string;
};
struct Counter : sabir::actor<Add, Get> {
  explicit Counter(int) {}
  void receive(sabir::context &, Add) {}
  std::string receive(sabir::context &, Get) { return "three"; }
};

void right(const sabir::system &system) {
  auto counter = system.spawn<Counter>(3);
  counter.send(Add{});
  (void)counter.ask(Get{}, std::chrono::seconds{1});
}
