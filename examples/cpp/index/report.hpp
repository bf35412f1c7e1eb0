// What the index prints.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_INDEX_REPORT_HPP
#define SABIR_INDEX_REPORT_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "totals.hpp"

namespace word_index {

struct Report {
  std::string folder;
  Totals totals;
  std::uint64_t distinct = 0;
  double seconds = 0;
  std::uint64_t messages = 0;
  std::optional<std::uint64_t> peak_kib;
  std::string top_words;          // in flat form
  std::vector<Failure> failures;  // those to be named; totals.failed is how many there were
};

/// Prints it to stdout.
void print_report(const Report &report);

/// Writes the progress line to stderr, over the one before; without totals wipes it.
void show_progress(const Totals *totals);

/// Text that comes from files and names, safe to print: control characters and what is not UTF-8 become \x and two digits.
std::string printable(std::string_view text);

}  // namespace word_index

#endif
