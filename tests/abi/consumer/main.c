/* What a C program does with an installed sabir. Prints "consumed VERSION".
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <sabir/sabir.h>
#include <stdio.h>

int main(void) {
  sabir_system *system = NULL;
  if (sabir_system_create(NULL, &system, NULL) != SABIR_OK) return 1;
  if (sabir_system_destroy(&system) != SABIR_OK) return 1;
  printf("consumed %s\n", sabir_version());
  return 0;
}
