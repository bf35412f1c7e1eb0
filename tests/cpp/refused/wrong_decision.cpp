// SPDX-License-Identifier: Apache-2.0
#include <sabir/sabir.hpp>

struct Decider : sabir::actor<> {
  bool failed(sabir::context &, const sabir::exit_reason &) { return true; }
};

void mistake(const sabir::system &system) { system.supervise<Decider>(); }
