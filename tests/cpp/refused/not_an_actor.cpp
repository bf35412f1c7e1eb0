// SPDX-License-Identifier: Apache-2.0
#include <sabir/sabir.hpp>

struct Counter {};

void mistake(const sabir::system &system) { system.spawn<Counter>(); }
