// What the stress programs share: their arguments, randomness that a printed seed repeats, and checks that end the program.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sabir/sabir.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <thread>

namespace stress {

// SplitMix64: one per thread or actor, each seeded by the program's seed and its own number.
class random {
 public:
  explicit random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>((next() >> 32) * bound >> 32); }
  bool one_in(std::uint32_t chances) { return below(chances) == 0; }

 private:
  std::uint64_t state_;
};

inline std::uint64_t mix(std::uint64_t seed, std::uint64_t number) { return random(seed ^ (number * 0xd6e8feb86659fd93)).next(); }

// --messages N --seed N --seconds N --mode NAME; a seed that is not given is drawn from the clock. All are printed first, so that a failed
// run can be repeated (as far as the threads' interleaving lets it).
struct arguments {
  std::uint64_t messages = 0;
  std::uint64_t seed = 0;
  std::uint64_t seconds = 1;  // of the programs that run for a time
  std::string_view mode;

  arguments(int argc, char **argv, std::uint64_t default_messages, const char *default_mode)
      : messages(default_messages), mode(default_mode) {
    seed = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    for (int index = 1; index + 1 < argc; index += 2) {
      const std::string_view name = argv[index];
      if (name == "--messages")
        messages = std::strtoull(argv[index + 1], nullptr, 10);
      else if (name == "--seed")
        seed = std::strtoull(argv[index + 1], nullptr, 10);
      else if (name == "--seconds")
        seconds = std::strtoull(argv[index + 1], nullptr, 10);
      else if (name == "--mode")
        mode = argv[index + 1];
      else
        usage(argv[0]);
    }
    if (argc % 2 == 0) usage(argv[0]);
    std::printf("%s --mode %.*s --messages %llu --seconds %llu --seed %llu\n", argv[0], static_cast<int>(mode.size()), mode.data(),
                static_cast<unsigned long long>(messages), static_cast<unsigned long long>(seconds), static_cast<unsigned long long>(seed));
    std::fflush(stdout);
  }

 private:
  [[noreturn]] static void usage(const char *program) {
    std::fprintf(stderr, "usage: %s [--mode NAME] [--messages N] [--seconds N] [--seed N]\n", program);
    std::_Exit(2);
  }
};

[[noreturn]] inline void fail(const char *file, int line, const char *expression, std::uint64_t value, std::uint64_t other) {
  std::fprintf(stderr, "%s:%d: failed: %s (%lld, %lld)\n", file, line, expression, static_cast<long long>(value),
               static_cast<long long>(other));
  std::_Exit(1);
}

#define STRESS_CHECK(expression) ((expression) ? static_cast<void>(0) : stress::fail(__FILE__, __LINE__, #expression, 0, 0))
#define STRESS_EQUAL(actual, expected)                                                                                                \
  do {                                                                                                                                \
    const auto stress_actual = static_cast<std::uint64_t>(actual);                                                                    \
    const auto stress_expected = static_cast<std::uint64_t>(expected);                                                                \
    if (stress_actual != stress_expected) stress::fail(__FILE__, __LINE__, #actual " == " #expected, stress_actual, stress_expected); \
  } while (false)
#define STRESS_OK(call) STRESS_EQUAL(static_cast<std::int64_t>(call), 0)

inline sabir_system *make_system(std::uint32_t workers) {
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  options.workers = workers;
  sabir_system *system = nullptr;
  STRESS_OK(sabir_system_create(&options, &system, nullptr));
  STRESS_OK(sabir_log_set_level(system, SABIR_LOG_OFF));
  return system;
}

inline sabir_counters counters_of(sabir_system *system) {
  sabir_counters counters = SABIR_COUNTERS_INIT;
  STRESS_OK(sabir_system_counters(system, &counters));
  return counters;
}

// Waits, looking again and again, until condition() is true; fails the program after a minute.
template <typename Condition>
void eventually(const char *what, Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) fail(what, 0, "within a minute", 0, 0);
    std::this_thread::sleep_for(std::chrono::microseconds(500));
  }
}

// Nothing is on its way any more: all that was sent was handled or became a dead letter.
inline void wait_until_quiescent(sabir_system *system) {
  eventually("quiescent", [system] {
    const sabir_counters before = counters_of(system);
    const sabir_counters after = counters_of(system);
    return before.sent == after.sent && after.sent == before.handled + before.dead_letters;
  });
}

// Shuts the system down, checks that every message is accounted for, and ends it. Gives the counters as they were then.
inline sabir_counters end_system(sabir_system *system) {
  STRESS_OK(sabir_system_shutdown(system, 60'000'000'000, nullptr));
  const sabir_counters counters = counters_of(system);
  STRESS_EQUAL(counters.handled + counters.dead_letters, counters.sent);
  STRESS_EQUAL(counters.exited, counters.spawned);
  std::uint64_t dead_letters = 0;
  STRESS_OK(sabir_dead_letter_count(system, SABIR_CAUSE_ANY, &dead_letters));
  STRESS_EQUAL(dead_letters, counters.dead_letters);
  STRESS_OK(sabir_system_destroy(&system));
  return counters;
}

}  // namespace stress
