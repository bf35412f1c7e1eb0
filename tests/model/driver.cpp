// SPDX-License-Identifier: Apache-2.0
#include "driver.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>

namespace sabir::model {

int drive(int argc, char **argv, const std::vector<Entry> &entries) {
  Options options;
  bool large = false;
  const char *expected = nullptr;
  std::vector<std::string> wanted;
  for (int i = 1; i < argc; i++) {
    const std::string argument = argv[i];
    if (argument == "--weak") {
      options.weak = true;
    } else if (argument == "--large") {
      large = true;
    } else if (argument == "--stacks") {
      options.hash_stacks = true;
    } else if (argument == "--expect" && i + 1 < argc) {
      expected = argv[++i];
    } else if (argument == "--list") {
      for (const Entry &entry : entries)
        std::printf("%s%s\n", entry.name, entry.when == When::large ? " (large)" : entry.when == When::named ? " (broken)" : "");
      return 0;
    } else if (argument.starts_with("-")) {
      std::fprintf(stderr, "unknown argument: %s\n", argv[i]);
      return 2;
    } else {
      wanted.push_back(argument);
    }
  }
  for (const std::string &name : wanted) {
    if (std::none_of(entries.begin(), entries.end(), [&](const Entry &entry) { return name == entry.name; })) {
      std::fprintf(stderr, "no such scenario: %s\n", name.c_str());
      return 2;
    }
  }
  if (large) options.max_states = 400'000'000;
  bool failed = false, caught = false;
  for (const Entry &entry : entries) {
    const bool named = std::find(wanted.begin(), wanted.end(), entry.name) != wanted.end();
    const bool standard = entry.when == When::always || (entry.when == When::large && large);
    if (wanted.empty() ? !standard : !named) continue;
    const std::clock_t begin = std::clock();
    const Result result = entry.run(options);
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    const char *verdict = result.violated ? "VIOLATED" : !result.exhausted ? "INCOMPLETE" : result.ends == 0 ? "NEVER ENDS" : "holds";
    std::printf("%-10s %-28s %s: %llu states, %llu steps, %.3g executions, longest %d steps, %.1f s of processor\n", verdict, entry.name,
                options.weak ? "weak" : "sc", static_cast<unsigned long long>(result.states), static_cast<unsigned long long>(result.steps),
                result.executions, result.depth, seconds);
    std::fflush(stdout);
    if (result.violated && expected && std::strstr(result.violation, expected)) {
      caught = true;
      break;
    }
    failed = failed || std::strcmp(verdict, "holds") != 0;
  }
  if (!expected) return failed ? 1 : 0;
  std::printf("%s a violation that says \"%s\".\n", caught ? "Found, as must be," : "MISSED:", expected);
  return caught ? 0 : 1;
}

}  // namespace sabir::model
