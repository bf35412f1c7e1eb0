// SPDX-License-Identifier: Apache-2.0
#include "sabir/version.h"

static_assert(SABIR_ABI_VERSION == SABIR_VERSION_MAJOR * 65536 + SABIR_VERSION_MINOR);

#define SABIR_TEXT_OF(value) #value
#define SABIR_TEXT(value) SABIR_TEXT_OF(value)

extern "C" {

uint32_t sabir_abi_version(void) { return SABIR_ABI_VERSION; }

const char *sabir_version(void) {
  return SABIR_TEXT(SABIR_VERSION_MAJOR) "." SABIR_TEXT(SABIR_VERSION_MINOR) "." SABIR_TEXT(SABIR_VERSION_PATCH);
}
}
