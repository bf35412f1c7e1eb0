// The command line of a model test: which scenarios to explore, and what must come out.
//
//   PROGRAM [--weak] [--large] [--stacks] [--list] [--expect TEXT] [SCENARIO...]
//
// Without --expect every scenario named (all small ones, if none is) must hold in every schedule. With it at least one must be violated,
// and say TEXT. --weak: loads may return older values. --large: the larger configurations too.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "explorer.hpp"

namespace sabir::model {

enum class When : std::uint8_t {
  always,
  large,   // takes longer than a test may: with --large
  named    // must be violated: only by name
};

struct Entry {
  const char *name;
  When when;
  std::function<Result(const Options &)> run;
};

int drive(int argc, char **argv, const std::vector<Entry> &entries);

}  // namespace sabir::model
