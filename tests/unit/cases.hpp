// Properties over random inputs. Each case is decided by its seed alone, and a failure prints it: SABIR_TEST_SEED=N begins with that case.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <random>

namespace sabir {

// Ends with the first case that fails. property: called with the case's randomness.
template <class Property>
void for_each_case(std::uint64_t cases, Property property) {
  const char *given = std::getenv("SABIR_TEST_SEED");
  const std::uint64_t first = given ? std::strtoull(given, nullptr, 10) : 1;
  for (std::uint64_t seed = first; seed < first + cases && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(testing::Message() << "SABIR_TEST_SEED=" << seed);
    std::mt19937_64 random(seed);
    property(random);
  }
}

}  // namespace sabir
