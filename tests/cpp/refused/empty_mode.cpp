// SPDX-License-Identifier: Apache-2.0
#include <sabir/sabir.hpp>

struct Lock {};
struct Door : sabir::actor<Lock> {
  struct Locked {};
  void receive(sabir::context &context, Lock) { context.become<Locked>(*this); }
};

void mistake(const sabir::system &system) { system.spawn<Door>(); }
