/* Versions of the header and of the library.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_VERSION_H
#define SABIR_VERSION_H

#include <sabir/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SABIR_VERSION_MAJOR 0
#define SABIR_VERSION_MINOR 1
#define SABIR_VERSION_PATCH 0

/* major * 65536 + minor. A library serves a header if the majors are equal and the library's minor is not the smaller. */
#define SABIR_ABI_VERSION 1

/* SABIR_ABI_VERSION of the library, and its version as text ("0.1.0", static).
 * Threads: any. Blocks: never. Calls back: never. From a handler: yes. */
SABIR_API uint32_t sabir_abi_version(void);
SABIR_API const char *sabir_version(void);

#ifdef __cplusplus
}
#endif
#endif
