// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <sabir/sabir.hpp>

struct Job {
  static constexpr bool sabir_native = true;
  std::unique_ptr<int> work;
};

void mistake(const sabir::system &system) { system.publish("jobs", Job{}); }
