// SPDX-License-Identifier: Apache-2.0
#include <sabir/sabir.hpp>

struct Counter : sabir::actor<> {
  explicit Counter(int) {}
};

void mistake(const sabir::system &system) { system.spawn<Counter>(std::string("three")); }
