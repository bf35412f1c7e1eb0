// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <sabir/sabir.h>

#include <CLI/CLI.hpp>

#include "scan.hpp"

namespace word_index {

Options parse_options(int argument_count, char **arguments, std::optional<int> &exit_code) {
  Options options;
  CLI::App app("Indexes the words of every file under a folder, by actors: a walker, a pool of readers, a reducer.", "sabir_index");
  app.footer(
      "\nA word is a maximal run of ASCII letters, digits, underscores and non-ASCII code points; ASCII letters are made lower\n"
      "case. Words of more than " +
      std::to_string(word_bytes_max) +
      " bytes are not indexed but counted by themselves. Files must be UTF-8: one that is not, or\n"
      "that cannot be read, counts not at all and is named. Symbolic links below the folder are not followed.\n"
      "\n"
      "Exit codes: 0 done (also where single files failed), 1 --verify found a difference, 2 wrong usage, 3 the folder cannot\n"
      "be read, 4 the program itself failed.");
  app.set_version_flag("--version", sabir_version());
  app.add_option("folder", options.folder, "The folder; default " + options.folder);
  app.add_option("--readers", options.readers, "Reader actors; default two for each worker")->check(CLI::Range(1U, readers_max));
  app.add_option("--workers", options.workers, "Threads that run actors; default one for each processor")
      ->check(CLI::Range(1U, static_cast<unsigned>(SABIR_WORKERS_MAX)));
  app.add_option("--top", options.top, "How many of the most frequent words to print; default " + std::to_string(options.top));
  app.add_option("--failures", options.failures, "How many of the failed files to name; default " + std::to_string(options.failures));
  app.add_flag("--verify", options.verify,
               "Index once more in one plain loop and compare everything (on a tree that changes, they differ)");
  app.add_flag("--no-progress", options.no_progress, "No progress line (there is none either where stderr is no terminal)");
  app.add_flag("--memory", options.memory, "Print the peak memory of the index");
  try {
    app.parse(argument_count, arguments);
  } catch (const CLI::ParseError &end) {
    exit_code = app.exit(end) == 0 ? exit_ok : exit_usage;
  }
  return options;
}

}  // namespace word_index
