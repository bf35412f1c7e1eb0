// sabir_index: the words of every file under a folder, by actors. See --help.
//
// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>
#include <thread>

#include "options.hpp"
#include "plain_pass.hpp"
#include "report.hpp"
#include "walker.hpp"

namespace {

using namespace word_index;

/// Messages in the port and in the reducer's mailbox: at 64 KiB each, a few MiB. Senders are muted beyond that.
constexpr std::uint32_t port_capacity = 256;
constexpr std::uint32_t reducer_capacity_min = 32;
constexpr std::chrono::milliseconds patience{500};  // between two looks at whether the actors are still alive

struct Index {
  Report report;
  std::vector<Failure> failures;  // all of them, if they are to be compared
  std::string words;              // all of them, likewise
};

std::uint64_t peak_kib() {
  rusage usage{};
  (void)getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss);
}

// Readers crash on every file that is no UTF-8: the report names those, the log need not. What else it has to say goes to stderr.
void write_log(const sabir::log_record &record) {
  if (record.actor.starts_with("reader ")) return;
  (void)std::fprintf(stderr, "sabir %s: %s\n", std::string(record.source).c_str(), printable(record.text).c_str());
}

// Readers under a supervisor. A file that makes one crash is nothing unusual, and there are never a million of them in a second: the
// supervisor does not give up on the readers.
std::vector<sabir::ref<Reader>> supervise_readers(const sabir::system &system, std::uint32_t number, sabir::ref<Reducer> reducer) {
  sabir::supervisor group = system.supervise_group("readers", {.intensity = SABIR_INTENSITY_MAX, .period = std::chrono::seconds{1}});
  std::vector<sabir::ref<Reader>> readers;
  for (std::uint32_t index = 1; index <= number; ++index)
    readers.push_back(group.supervise<Reader>({.id = "reader " + std::to_string(index)}, reducer));
  return readers;
}

// Reads the port until the walker says that all is done.
Totals follow(const Options &options, const sabir::port &port, sabir::ref<Walker> walker, sabir::ref<Reducer> reducer, Index &index) {
  const bool shows_progress = !options.no_progress && isatty(STDERR_FILENO) != 0;
  for (;;) {
    sabir::result<sabir::message> received = port.receive(patience);
    if (!received) {
      if (received.status() != SABIR_E_TIMEOUT) throw sabir::error(received.error());
      if (!walker.alive() || !reducer.alive()) throw std::runtime_error("an actor of the index has ended early");
      continue;
    }
    if (auto failure = received->as<Failure>()) {
      if (index.report.failures.size() < options.failures) index.report.failures.push_back(*failure);
      if (options.verify) index.failures.push_back(std::move(*failure));
    } else if (auto progress = received->as<Progress>()) {
      if (shows_progress) show_progress(&progress->totals);
    } else if (auto done = received->as<Done>()) {
      if (shows_progress) show_progress(nullptr);
      return done->totals;
    }
  }
}

Index index_folder(const Options &options) {
  const std::uint32_t workers = options.workers != 0 ? options.workers : std::max(1U, std::thread::hardware_concurrency());
  const std::uint32_t readers = options.readers != 0 ? options.readers : 2 * workers;
  const auto begin = std::chrono::steady_clock::now();
  sabir::system system({.name = "index", .workers = options.workers});
  system.set_log_sink(write_log);
  Index index;

  // Every reader may be one batch over a full mailbox before it is muted, and up to twice the capacity is accepted.
  sabir::mailbox_options blocking{.capacity = std::max(readers, reducer_capacity_min), .overflow = sabir::overflow::block};
  sabir::port port(system, {.capacity = port_capacity, .overflow = sabir::overflow::block});
  auto reducer = system.spawn<Reducer>({.name = "reducer", .mailbox = blocking});
  auto host = port.accepts<Failure, Progress, Done>();
  auto walker = system.spawn<Walker>({.name = "walker"}, options.folder, supervise_readers(system, readers, reducer), reducer, host);
  index.report.totals = follow(options, port, walker, reducer, index);

  index.report.folder = options.folder;
  index.report.top_words = reducer.ask(TopWords{options.top}, sabir::forever).value();
  index.report.distinct = reducer.ask(CountDistinct{}, sabir::forever).value();
  index.report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  index.report.messages = system.counters().sent;
  if (options.memory) index.report.peak_kib = peak_kib();
  if (options.verify) index.words = reducer.ask(TopWords{std::numeric_limits<std::uint64_t>::max()}, sabir::forever).value();
  return index;
}

// Says what differs on stdout; true if nothing does.
bool verify(const Options &options, Index &index) {
  const auto begin = std::chrono::steady_clock::now();
  PlainIndex plain;
  plain_pass(options.folder, plain);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::uint64_t differences = 0;
  for_each_entry(index.words, [&](std::string_view word, std::uint64_t count) {
    auto found = plain.words.entries().find(word);
    if (found == plain.words.entries().end() || found->second != count) ++differences;
  });
  std::sort(index.failures.begin(), index.failures.end());
  std::sort(plain.failures.begin(), plain.failures.end());
  const bool same_words = differences == 0 && plain.words.entries().size() == index.report.distinct;
  const bool same_totals = plain.totals == index.report.totals;
  const bool same_failures = plain.failures == index.failures;
  (void)std::printf("\n");
  if (!same_words)
    (void)std::printf("verify: the counts of %llu words differ; the plain pass has %zu words\n",
                      static_cast<unsigned long long>(differences), plain.words.entries().size());
  if (!same_totals)
    (void)std::printf("verify: the plain pass has other totals: %llu files, %llu failed, %llu bytes, %llu words\n",
                      static_cast<unsigned long long>(plain.totals.files), static_cast<unsigned long long>(plain.totals.failed),
                      static_cast<unsigned long long>(plain.totals.bytes), static_cast<unsigned long long>(plain.totals.words));
  if (!same_failures) (void)std::printf("verify: other files failed in the plain pass\n");
  if (same_words && same_totals && same_failures) (void)std::printf("verify: the plain pass found the same, in %.3f s\n", seconds);
  return same_words && same_totals && same_failures;
}

}  // namespace

int main(int argument_count, char **arguments) {
  std::optional<int> exit_code;
  const Options options = parse_options(argument_count, arguments, exit_code);
  if (exit_code) return *exit_code;
  std::error_code error;
  (void)std::filesystem::directory_iterator(options.folder, error);
  if (error) {
    (void)std::fprintf(stderr, "%s: %s\n", printable(options.folder).c_str(), error.message().c_str());
    return exit_folder;
  }
  try {
    Index index = index_folder(options);
    print_report(index.report);
    return !options.verify || verify(options, index) ? exit_ok : exit_differs;
  } catch (const std::exception &failure) {
    (void)std::fprintf(stderr, "sabir_index: %s\n", failure.what());
    return exit_internal;
  }
}
