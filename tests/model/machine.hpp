// The fibers that run a scenario's threads, and the whole of their state: saved, restored, printed. Between explorer.cpp, which decides
// who goes on, and operations.cpp, which says what each step does.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <setjmp.h>

#include <string>
#include <vector>

#include "explorer.hpp"
#include "state_table.hpp"

namespace sabir::model {

inline constexpr int max_notes = 4;
inline constexpr int max_addresses = 40;

enum class Kind : std::uint8_t { choice, load, store, exchange, add, subtract, bit_and, bit_or, compare_exchange, plain };

// What a thread is about to do.
struct Pending {
  Kind kind = Kind::choice;
  Order order = Order::relaxed;
  std::int16_t location = -1;
  std::int16_t alternatives = 1;  // of a choice
  std::int16_t newer_than_seen = 0;  // a load that waits
  std::uint64_t argument = 0;
  bool (*ready)(void *) = nullptr;
  void *ready_argument = nullptr;
};

struct Fiber {
  jmp_buf context = {};
  Pending pending;
  std::uint64_t digest = 0;
  std::uint64_t digest_before_load = 0;
  char *low = nullptr;  // of the live part of the stack
  char *frame = nullptr;  // of the part that means something
  std::int32_t last_loaded = -1;
  std::uint32_t finished = 0;
};

struct Step {
  int thread = 0;
  Kind kind = Kind::choice;
  Order order = Order::relaxed;
  bool done = true;  // of a compare_exchange
  bool old = false;  // a load that returned an older store
  int location = -1;
  std::uint64_t before = 0, after = 0;
  int notes = 0;
  struct {
    const char *text;
    std::uint64_t value;
  } note[max_notes] = {};
};

struct Alternative {
  std::uint8_t thread;
  std::uint8_t choice;
};

// One exploration; fibers and the arena have to stay where they are, so there is one of it.
struct Machine {
  Memory memory;
  Fiber fibers[max_threads];
  int threads = 0;
  int current = -1;  // -1: setting up
  int chosen = 0;
  Scenario *scenario = nullptr;
  jmp_buf scheduler;
  Step step;
  bool violated = false;
  bool (*ready)(void *) = nullptr;
  void *ready_argument = nullptr;
  int wait_location = -1;

  const char *thread_names[max_threads];
  void (*thread_runs[max_threads])(void *);
  void *thread_arguments[max_threads];
  const char *location_names[max_locations];
  struct {
    const char *name;
    char *begin;
    std::size_t size;
  } objects[max_objects];
  int object_count = 0;
  int open_object = no_object;
  struct {
    const char *name;
    const void *address;
  } addresses[max_addresses];
  int address_count = 0;
  char violation[256];
};

extern Machine machine;

// ---- for explorer.cpp ----

// Builds the scenario and runs each thread up to its first step.
void run_set_up(SetUp set_up, std::size_t scenario_bytes, const void *configuration, const Options &options);
// What each thread could do next.
void find_alternatives(std::vector<Alternative> &alternatives);
// One step of a thread.
void resume_fiber(int thread, int choice);
bool all_finished();
void run_at_end();
// The state's bytes, which stay valid until the next call. key: out, its identity.
struct Bytes {
  const std::byte *begin;
  std::size_t size;
};
Bytes save_state(const Options &options, std::uint64_t &key);
void restore_state(const std::vector<std::byte> &bytes);
void print_step(std::size_t number, const Step &step);

// ---- for operations.cpp ----

inline Fiber &fiber() { return machine.fibers[machine.current]; }
[[noreturn]] void to_scheduler();
// Stops the current thread in front of `pending`, until the scheduler lets it go on. Returns the alternative that it chose.
int yield(Pending pending);
// Stops the exploration if something is wrong with what was done to the location.
void violate_if(const char *wrong, int location);
std::string name_of_value(std::uint64_t value);

}  // namespace sabir::model
