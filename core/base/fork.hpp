// fork: a child has none of our threads. After one, every call but destroys gives SABIR_E_FORKED.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

namespace sabir {

// Written by the atfork handler in a child, which has one thread; read everywhere. Relaxed: nothing else hangs on it.
extern std::atomic<bool> process_was_forked;

inline bool forked() noexcept { return process_was_forked.load(std::memory_order_relaxed); }

// Installs the handler, once per process; from then on forked() tells. False: out of memory.
bool watch_for_fork() noexcept;

}  // namespace sabir
