// SPDX-License-Identifier: Apache-2.0
#include <sabir/sabir.hpp>

struct Add {};
struct Get {};
struct Counter : sabir::actor<Add, Get> {
  void receive(sabir::context &, Add) {}
};

void mistake(const sabir::system &system) { system.spawn<Counter>(); }
