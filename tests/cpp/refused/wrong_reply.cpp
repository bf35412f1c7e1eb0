// SPDX-License-Identifier: Apache-2.0
#include <sabir/sabir.hpp>

struct Get {
  using reply = int;
};
struct Counter : sabir::actor<Get> {
  std::string receive(sabir::context &, Get) { return "three"; }
};

void mistake(const sabir::system &system) { system.spawn<Counter>(); }
