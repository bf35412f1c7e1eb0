/* version.h: which headers the library serves.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static void the_library_is_of_this_header(void) {
  char text[32];
  CHECK_NUMBER(sabir_abi_version(), SABIR_ABI_VERSION);
  CHECK_NUMBER(SABIR_ABI_VERSION, SABIR_VERSION_MAJOR * 65536 + SABIR_VERSION_MINOR);
  snprintf(text, sizeof text, "%d.%d.%d", SABIR_VERSION_MAJOR, SABIR_VERSION_MINOR, SABIR_VERSION_PATCH);
  CHECK_TEXT(sabir_version(), text);
}

static void an_older_minor_is_served(void) {
  sabir_system *system = NULL;
  CHECK_OK(sabir_system_create_versioned(SABIR_VERSION_MAJOR * 65536, NULL, &system, NULL));
  CHECK_OK(sabir_system_destroy(&system));
}

static void refused(uint32_t abi_version) {
  sabir_system *system = (sabir_system *)&system;
  sabir_error *error = NULL;
  CHECK_STATUS(sabir_system_create_versioned(abi_version, NULL, &system, &error), SABIR_E_ABI);
  CHECK(system == NULL);
  CHECK_STATUS(sabir_error_status(error), SABIR_E_ABI);
  CHECK(strlen(sabir_error_message(error)) > 0);
  sabir_error_destroy(&error);
  CHECK(error == NULL);
  system = (sabir_system *)&system;
  CHECK_STATUS(sabir_system_create_versioned(abi_version, NULL, &system, NULL), SABIR_E_ABI);
  CHECK(system == NULL);
}

static void a_newer_minor_is_refused(void) { refused(SABIR_ABI_VERSION + 1); }
static void another_major_is_refused(void) {
  refused(SABIR_ABI_VERSION + 65536);
  refused(0xffffffff);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(the_library_is_of_this_header),
      TEST(an_older_minor_is_served),
      TEST(a_newer_minor_is_refused),
      TEST(another_major_is_refused),
  };
  return RUN_TESTS(tests, argc, argv);
}
