/* A library that stands between a host and sabir.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <sabir/sabir.h>

__attribute__((visibility("default"))) const char *plugin_version(void);

const char *plugin_version(void) { return sabir_version(); }
