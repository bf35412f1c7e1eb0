// The command line of the index.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_INDEX_OPTIONS_HPP
#define SABIR_INDEX_OPTIONS_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace word_index {

inline constexpr std::uint32_t readers_max = 1024;

enum ExitCode : int {
  exit_ok = 0,        // also where single files failed: they are named
  exit_differs = 1,   // --verify found a difference
  exit_usage = 2,     // the command line is wrong
  exit_folder = 3,    // the folder is none, or cannot be read
  exit_internal = 4,  // the program itself failed
};

struct Options {
  std::string folder = "/usr/include";
  std::uint32_t readers = 0;  // 0: two for each worker
  std::uint32_t workers = 0;  // 0: one for each processor
  std::size_t top = 20;
  std::size_t failures = 10;  // named in the report
  bool verify = false;
  bool no_progress = false;
  bool memory = false;
};

/// Reads the command line. Where the program is to end at once (--help, or a mistake, both said already), exit_code is set.
Options parse_options(int argument_count, char **arguments, std::optional<int> &exit_code);

}  // namespace word_index

#endif
