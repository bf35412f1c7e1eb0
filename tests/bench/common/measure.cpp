// SPDX-License-Identifier: Apache-2.0
#include "measure.hpp"

#include <algorithm>
#include <cmath>

#include <unistd.h>

namespace bench {

double percentile(std::vector<std::uint64_t> &samples, double p) {
  expect(!samples.empty(), "no samples");
  std::sort(samples.begin(), samples.end());
  const double rank = std::ceil(p / 100.0 * static_cast<double>(samples.size()));
  const std::size_t index = rank < 1.0 ? 0 : static_cast<std::size_t>(rank) - 1;
  return static_cast<double>(samples[std::min(index, samples.size() - 1)]);
}

std::uint64_t resident_bytes() {
  std::FILE *file = std::fopen("/proc/self/statm", "r");
  expect(file != nullptr, "/proc/self/statm cannot be opened");
  unsigned long long size_pages = 0;
  unsigned long long resident_pages = 0;
  const int fields = std::fscanf(file, "%llu %llu", &size_pages, &resident_pages);
  std::fclose(file);
  expect(fields == 2, "/proc/self/statm cannot be read");
  return resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

void print_time(const Arguments &arguments, std::uint64_t operations, std::uint64_t total_ns) {
  std::printf("{\"workload\": \"%s\", \"workers\": %u, \"n\": %llu, \"ns_per_op\": %.3f, \"total_ms\": %.3f}\n", arguments.workload.c_str(),
              arguments.workers, static_cast<unsigned long long>(operations),
              static_cast<double>(total_ns) / static_cast<double>(operations), static_cast<double>(total_ns) / 1e6);
}

void print_latencies(const Arguments &arguments, std::vector<std::uint64_t> &samples_ns) {
  for (const int p : {50, 99})
    std::printf("{\"workload\": \"%s-p%d\", \"workers\": %u, \"n\": %zu, \"ns_per_op\": %.1f}\n", arguments.workload.c_str(), p,
                arguments.workers, samples_ns.size(), percentile(samples_ns, p));
}

void print_bytes(const Arguments &arguments, double bytes_per_unit) {
  std::printf("{\"workload\": \"%s\", \"workers\": %u, \"n\": %llu, \"ns_per_op\": null, \"unit\": \"bytes\", \"value\": %.1f}\n",
              arguments.workload.c_str(), arguments.workers, static_cast<unsigned long long>(arguments.n), bytes_per_unit);
}

}  // namespace bench
