/* What the sabir and the CAF programs share: arguments, clock, percentiles, resident memory and the lines they print.
 *
 * Every program is called as  bench_SYSTEM WORKLOAD WORKERS N  and prints one JSON object per measurement on standard output.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_BENCH_MEASURE_HPP
#define SABIR_BENCH_MEASURE_HPP

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

namespace bench {

struct Arguments {
  std::string workload;
  std::uint32_t workers = 1;
  std::uint64_t n = 0;
};

[[noreturn]] inline void fail(const char *what) {
  std::fprintf(stderr, "bench: %s\n", what);
  std::fflush(nullptr);
  std::_Exit(1);  // Not exit: other threads are in the middle of their work.
}

inline void expect(bool condition, const char *what) {
  if (!condition) fail(what);
}

inline Arguments parse_arguments(int count, char **values) {
  if (count != 4) fail("usage: PROGRAM WORKLOAD WORKERS N");
  const long workers = std::strtol(values[2], nullptr, 10);
  const long long n = std::strtoll(values[3], nullptr, 10);
  if (workers < 1 || workers > 256 || n < 1) fail("WORKERS must be 1 to 256 and N at least 1");
  return {values[1], static_cast<std::uint32_t>(workers), static_cast<std::uint64_t>(n)};
}

inline std::uint64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1000000000U + static_cast<std::uint64_t>(time.tv_nsec);
}

/* The processor time that all threads of this process have taken. */
inline std::uint64_t process_cpu_ns() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1000000000U + static_cast<std::uint64_t>(time.tv_nsec);
}

inline void sleep_ns(std::uint64_t duration_ns) {
  const timespec time{static_cast<time_t>(duration_ns / 1000000000U), static_cast<long>(duration_ns % 1000000000U)};
  nanosleep(&time, nullptr);
}

/* The same measurement under another name, for a program that measures several things. */
inline Arguments renamed(Arguments arguments, const char *workload) {
  arguments.workload = workload;
  return arguments;
}

/* How timer-1m spreads its timers, in every system. Two microseconds each to arm them all, and then one falls due each microsecond, in an
 * order that has little to do with the one they were armed in. */
inline constexpr std::uint64_t timer_spacing_ns = 1000;
inline std::uint64_t timer_due_ns(std::uint64_t start_ns, std::uint64_t index, std::uint64_t count) {
  constexpr std::uint64_t prime = 7919;
  constexpr std::uint64_t head_start_ns = 20000000;
  return start_ns + head_start_ns + (2 * count + index * prime % count) * timer_spacing_ns;
}

/* The p-th percentile, 0 to 100, by the nearest rank; sorts in place. */
double percentile(std::vector<std::uint64_t> &samples, double p);

/* Bytes of this process that are in memory now. */
std::uint64_t resident_bytes();

/* operations: how many units the workload did in total_ns. */
void print_time(const Arguments &arguments, std::uint64_t operations, std::uint64_t total_ns);

/* Two lines, WORKLOAD-p50 and WORKLOAD-p99. */
void print_latencies(const Arguments &arguments, std::vector<std::uint64_t> &samples_ns);

void print_bytes(const Arguments &arguments, double bytes_per_unit);

}  // namespace bench

#endif
