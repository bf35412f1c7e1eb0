// SPDX-License-Identifier: Apache-2.0
#include <sabir/sabir.hpp>

struct Add {};
struct Get {};

void mistake(sabir::ref<sabir::actor<Add>> to) { to.send(Get{}); }
