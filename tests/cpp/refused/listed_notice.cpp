// SPDX-License-Identifier: Apache-2.0
#include <sabir/sabir.hpp>

struct Watcher : sabir::actor<sabir::down> {
  void receive(sabir::context &, sabir::down) {}
};

void mistake(const sabir::system &system) { system.spawn<Watcher>(); }
