/* What a C++ program does with an installed sabir. Prints "consumed VERSION".
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <sabir/sabir.h>

#include <iostream>

int main() {
  sabir_system *system = nullptr;
  if (sabir_system_create(nullptr, &system, nullptr) != SABIR_OK) return 1;
  if (sabir_system_destroy(&system) != SABIR_OK) return 1;
  std::cout << "consumed " << sabir_version() << '\n';
}
