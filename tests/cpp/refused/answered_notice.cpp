// SPDX-License-Identifier: Apache-2.0
#include <sabir/sabir.hpp>

struct Watcher : sabir::actor<> {
  bool receive(sabir::context &, sabir::down) { return true; }
};

void mistake(const sabir::system &system) { system.spawn<Watcher>(); }
