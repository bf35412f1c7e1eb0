// What an index adds up, and what it could not read. The actors and the plain pass fill the same structures.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_INDEX_TOTALS_HPP
#define SABIR_INDEX_TOTALS_HPP

#include <cstdint>
#include <string>

namespace word_index {

/// A file counts as a whole or, if it fails, not at all.
struct Totals {
  std::uint64_t files = 0;
  std::uint64_t failed = 0;    // files and folders that could not be read
  std::uint64_t bytes = 0;
  std::uint64_t words = 0;     // that are indexed
  std::uint64_t overlong = 0;  // words longer than word_bytes_max, which are not

  friend bool operator==(const Totals &, const Totals &) = default;
};

struct Failure {
  std::string path;
  std::string why;

  friend bool operator==(const Failure &, const Failure &) = default;
  friend auto operator<=>(const Failure &, const Failure &) = default;
};

}  // namespace word_index

#endif
