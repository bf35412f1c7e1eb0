// SPDX-License-Identifier: Apache-2.0
#include <sabir/sabir.hpp>

struct Patient : sabir::actor<> {
  bool health(sabir::context &) { return true; }
};

void mistake(const sabir::system &system) { system.supervise<Patient>(); }
