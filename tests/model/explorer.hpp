// Runs a few threads in every order that their atomic operations can be interleaved in.
//
// A scenario is a plain object (no pointers out of it but to itself, no destructors) that holds everything the threads share. Each thread
// is a fiber that stops before every atomic operation of the shim (shim.hpp) and before every choice(). The explorer walks the graph of
// states depth first: it saves the bytes of the scenario, of the memory and of the fibers' stacks, lets one thread do one step, and goes
// back to the saved bytes to try the next. A state that it has seen before is not walked again.
//
// What identifies a state: the scenario's bytes, the memory's bytes, and each thread's local state. The last is a digest of all that
// the thread has read since its last checkpoint() (a thread does nothing but compute on what it reads), or with Options::hash_stacks
// the very bytes of its stack and registers. So a thread reads the scenario only through the shim's atomic, plain and ghost.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

#include "memory.hpp"

namespace sabir::model {

struct Options {
  bool weak = false;          // loads may return older stores
  bool hash_stacks = false;   // for code that loops on what it reads without a checkpoint
  std::uint64_t max_states = 20'000'000;
};

// Base of what is explored.
class Scenario {
 public:
  // Called after each store of any thread, as part of the same step.
  virtual void on_store(int location, std::uint64_t before, std::uint64_t after);
  // Called when all threads have ended.
  virtual void at_end() = 0;

 protected:
  ~Scenario() = default;
};

struct Result {
  bool violated = false;
  bool exhausted = false;       // every state was walked
  std::uint64_t states = 0;
  std::uint64_t steps = 0;
  std::uint64_t ends = 0;       // times that all threads had ended
  double executions = 0;        // different schedules from the start to an end that these states stand for; cycles counted once
  int depth = 0;                // steps of the longest schedule walked
  char violation[256] = {};
};

using SetUp = Scenario *(*)(void *arena, const void *configuration);
inline constexpr std::size_t max_scenario_bytes = 8192;

// Explores what set_up builds in the arena. A violation is printed with the schedule that leads to it.
Result explore(SetUp set_up, std::size_t scenario_bytes, const void *configuration, const Options &options);

template <class Model, class Configuration>
Result explore(const Configuration &configuration, const Options &options) {
  static_assert(sizeof(Model) <= max_scenario_bytes);
  return explore([](void *arena, const void *from) -> Scenario * { return new (arena) Model(*static_cast<const Configuration *>(from)); },
                 sizeof(Model), &configuration, options);
}

// ---- for set_up ----

int add_thread(const char *name, void (*run)(void *), void *argument);
// The locations that are constructed between the two are part of one object, which is freed as a whole.
void begin_object(void *begin, std::size_t size);
void end_object();
// Until some thread stores its address, nobody but its owner can reach it.
void describe_object(void *begin, const char *name, int owner);
int add_location(bool atomic, std::uint64_t value);
void name_location(int location, const char *name);
// Nobody loads the location, so that its older values matter to nobody.
void keep_no_history(int location);
void name_address(const char *name, const void *address);   // for values in schedules

// ---- for threads ----

int current_thread();
// One of 0 .. count - 1, all of them tried. Until its next atomic operation the thread may then write no ghost that another thread looks
// at: choices of different threads are taken to be independent.
int choice(int count);
void wait_until(bool (*ready)(void *), void *argument);
// The next atomic operation waits until ready(argument), which may look at ghosts and at newest values only.
void when(bool (*ready)(void *), void *argument);
// The next operation is a read-modify-write that takes a hand-over, and all that the thread knows of memory comes with it: how often it ran
// before makes no difference. (It may then see less than it could: a test that holds, holds without this.)
void forget();
// Called in a loop whose body loads one location and has no other effect: waits until there is a newer value.
void wait_for_newer();
// All that the thread remembers is these values and its place.
void checkpoint(std::uint64_t place, std::uint64_t first = 0, std::uint64_t second = 0);
// The thread has read this.
void observe(std::uint64_t value);
void free_object(void *begin);
bool object_is_freed(const void *begin);
// A line in the schedule; text is a format with at most one %s, the name of value.
void note(const char *text, std::uint64_t value = 0);
// Stops the exploration, with the schedule.
[[noreturn]] void fail(const char *text, std::uint64_t value = 0);
inline void check(bool condition, const char *text, std::uint64_t value = 0) {
  if (!condition) fail(text, value);
}

// ---- for the shim ----

std::uint64_t atomic_load(int location, std::memory_order order);
void atomic_store(int location, std::uint64_t value, std::memory_order order, bool ordered);
enum class Modify : std::uint8_t { exchange, add, subtract, bit_and, bit_or };
std::uint64_t atomic_modify(int location, Modify how, std::uint64_t argument, std::memory_order order);
bool atomic_compare_exchange(int location, std::uint64_t &expected, std::uint64_t desired, std::memory_order success,
                             std::memory_order failure);
void plain_read(int location);
void plain_write(int location);
std::uint64_t newest_value(int location);

}  // namespace sabir::model
