// SPDX-License-Identifier: Apache-2.0
#include <sabir/sabir.hpp>

struct Add {
  int amount;
};

void mistake(const sabir::system &system, sabir::ref<sabir::actor<Add>> to) { system.every(to, Add{3}, std::chrono::seconds{1}); }
