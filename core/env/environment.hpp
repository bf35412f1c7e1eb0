// The seams to the outside: clock, randomness, threads. The real ones are here; simulation will put its own in.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace sabir::env {

// A thread of ours: asynchronous signals masked, named. Joined or detached before it is destroyed.
class Thread {
 public:
  virtual ~Thread() = default;
  virtual void join() = 0;
  virtual void detach() = 0;
};

class Environment {
 public:
  virtual ~Environment() = default;
  // Nanoseconds of a clock that never steps back.
  virtual std::uint64_t now_ns() = 0;
  // A number that nobody can foretell (real) or that the seed decides (simulated).
  virtual std::uint64_t random() = 0;
  // NULL if the operating system refuses. name: its first 15 bytes are used.
  virtual std::unique_ptr<Thread> start(const std::string &name, std::function<void()> body) = 0;
};

// The real one; lives as long as the process.
Environment &system_environment();

// Processors this process may run on, at least 1.
unsigned processor_count() noexcept;

}  // namespace sabir::env
