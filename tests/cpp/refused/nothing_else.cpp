// SPDX-License-Identifier: Apache-2.0
#include <sabir/sabir.hpp>

struct Add {};
struct Get {
  using reply = std::string;
};
struct Tick {};
struct Counter : sabir::actor<Add, Get, Tick> {
  explicit Counter(int) {}
  void receive(sabir::context &, Add) {}
  std::string receive(sabir::context &, Get) { return "three"; }
  void receive(sabir::context &, Tick) {}
  void receive(sabir::context &, sabir::down) {}
  void receive(sabir::context &, sabir::restarted) {}
  void receive(sabir::context &, sabir::exited) {}
  sabir::decision failed(sabir::context &, const sabir::exit_reason &) { return sabir::decision::by_default; }
  sabir::health health(sabir::context &) { return sabir::health::ok; }
};

void right(const sabir::system &system) {
  auto counter = system.spawn<Counter>(3);
  counter.send(Add{});
  (void)counter.ask(Get{}, std::chrono::seconds{1});
  system.supervise<Counter>({.restart = sabir::permanent}, 3).send(Add{});
  system.after(counter, Add{}, std::chrono::seconds{1});
  system.every(counter, Tick{}, std::chrono::seconds{1});
}
