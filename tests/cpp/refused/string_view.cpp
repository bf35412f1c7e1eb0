// SPDX-License-Identifier: Apache-2.0
#include <sabir/sabir.hpp>

void mistake(sabir::ref<sabir::actor<std::string_view>> to) { to.send(std::string_view("text")); }
