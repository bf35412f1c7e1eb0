// SPDX-License-Identifier: Apache-2.0
#include "executor/arena_task.hpp"

namespace sabir::executor {

void enqueue(tbb::task_arena &arena, void (*function)(void *), void *argument) {
  arena.enqueue([function, argument] { function(argument); });
}

}  // namespace sabir::executor
