// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <sabir/sabir.hpp>

struct Holder : sabir::actor<> {
  explicit Holder(std::unique_ptr<int>) {}
};

void mistake(const sabir::system &system) { system.supervise<Holder>(std::make_unique<int>(3)); }
