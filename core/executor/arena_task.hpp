// A task of oneTBB's that calls a function of ours: the one place where something of ours crosses threads inside oneTBB.
//
// oneTBB's library is not built for ThreadSanitizer, so the hand-over of a task between its threads is invisible to it, and what oneTBB's
// headers compile into the caller (making the task, the two words that it carries, running and freeing it) would look like races. So this
// unit alone is compiled without ThreadSanitizer (docs/adr/0009), and has nothing in it but that. The function called is outside, is
// instrumented, and starts with an acquire that pairs with a release of the caller's from before.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <oneapi/tbb/task_arena.h>

namespace sabir::executor {

// Calls function(argument) soon, on a thread of the arena. Throws std::bad_alloc.
void enqueue(tbb::task_arena &arena, void (*function)(void *), void *argument);

}  // namespace sabir::executor
