/* A C++ program that links the library: its operator new stays libstdc++'s, its malloc libc's, before and after use.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "host.h"

#include <map>
#include <new>
#include <string>
#include <vector>

namespace {

struct alignas(128) Wide {
  char bytes[256];
};

void check_cpp(const char *when) {
  for (const char *name : {"_Znwm", "_Znam", "_ZnwmRKSt9nothrow_t", "_ZnamRKSt9nothrow_t", "_ZnwmSt11align_val_t", "_ZnamSt11align_val_t",
                           "_ZdlPv", "_ZdaPv", "_ZdlPvm", "_ZdaPvm", "_ZdlPvSt11align_val_t", "_ZdlPvmSt11align_val_t"}) {
    host_function(when, name, "libstdc++.so.6");
  }
  int *one = new int(1);
  host_block(when, "new", one);
  delete one;
  int *many = new int[1000];
  host_block(when, "new[]", many);
  delete[] many;
  int *quiet = new (std::nothrow) int(1);
  host_block(when, "new (nothrow)", quiet);
  delete quiet;
#if __cplusplus >= 201703L
  Wide *wide = new Wide;
  host_block(when, "new of an aligned type", wide);
  delete wide;
#endif
  std::string text(1000, 'x');
  host_block(when, "std::string", text.data());
  std::map<int, std::vector<int>> map;
  map[1].resize(1000);
  host_block(when, "std::vector", map[1].data());
}

}  // namespace

int main(int count, char **arguments) {
  if (count != 2) return 2;
  host_find_mimalloc(arguments[1]);
  host_check_c("before");
  check_cpp("before");
  host_use();
  host_check_c("after");
  check_cpp("after");
  return host_faults == 0 ? 0 : 1;
}
