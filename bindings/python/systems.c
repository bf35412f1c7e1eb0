/* The head of the extension sabir._raw: remembers the systems that Python creates, so that they can be shut down before the interpreter
 * ends. An entry stays when its system is destroyed: its handle is known to be stale then, since there is a generation in it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <sabir/sabir.h>

#include <stdatomic.h>
#include <stdlib.h>

struct python_system {
  sabir_system *handle;
  struct python_system *next;
};

static _Atomic(struct python_system *) python_systems;

static sabir_status python_system_create_versioned(uint32_t abi_version, const sabir_system_options *options, sabir_system **system,
                                                   sabir_error **error) {
  struct python_system *entry = (struct python_system *)malloc(sizeof *entry);
  const sabir_status status = sabir_system_create_versioned(abi_version, options, system, error);
  if (status != SABIR_OK || !entry) {
    free(entry);
    return status;
  }
  entry->handle = *system;
  entry->next = atomic_load(&python_systems);
  while (!atomic_compare_exchange_weak(&python_systems, &entry->next, entry)) {
  }
  return status;
}

/* Shuts down what is left, each within its shutdown_timeout_ns. The library logs what has not returned by then. */
static void sabir_python_shut_down_systems(void) {
  for (struct python_system *entry = atomic_load(&python_systems); entry; entry = entry->next) {
    (void)sabir_system_shutdown(entry->handle, 0, NULL);
  }
}

/* What cffi makes of the cdef, below, calls the function above instead of the library's. */
#define sabir_system_create_versioned python_system_create_versioned
