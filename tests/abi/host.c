/* A C program that links the library: its malloc stays libc's, before and after use.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "host.h"

int main(int count, char **arguments) {
  if (count != 2) return 2;
  host_find_mimalloc(arguments[1]);
  host_check_c("before");
  /* A C program has a C++ library only because sabir brings one; what it brings must be libstdc++'s. */
  host_function("before", "_Znwm", "libstdc++.so.6");
  host_use();
  host_check_c("after");
  host_function("after", "_Znwm", "libstdc++.so.6");
  host_function("after", "_ZdlPv", "libstdc++.so.6");
  return host_faults == 0 ? 0 : 1;
}
