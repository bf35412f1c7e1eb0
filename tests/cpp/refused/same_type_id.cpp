// SPDX-License-Identifier: Apache-2.0
#include <sabir/sabir.hpp>

struct First {
  static constexpr std::string_view sabir_type_name = "one name";
};
struct Second {
  static constexpr std::string_view sabir_type_name = "one name";
};
struct Counter : sabir::actor<First, Second> {
  void receive(sabir::context &, First) {}
  void receive(sabir::context &, Second) {}
};

void mistake(const sabir::system &system) { system.spawn<Counter>(); }
