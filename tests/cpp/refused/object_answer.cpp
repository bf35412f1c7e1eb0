// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <sabir/sabir.hpp>

struct Job {
  static constexpr bool sabir_native = true;
  std::unique_ptr<int> work;
};

struct Fetch {
  using reply = Job;
};

void mistake(sabir::ref<sabir::actor<Fetch>> to) { (void)to.ask(Fetch{}, sabir::forever); }
