// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <sabir/sabir.hpp>

struct Owner {
  std::unique_ptr<int> memory;
};

void mistake(sabir::ref<sabir::actor<Owner>> to) { to.send(Owner{}); }
