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

inline void sleep_ns(std::uint64_t duration_ns) {
  const timespec time{static_cast<time_t>(duration_ns / 1000000000U), static_cast<long>(duration_ns % 1000000000U)};
  nanosleep(&time, nullptr);
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
