/* status.h: names and texts of statuses, error objects.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static void every_status_has_its_name_and_text(void) {
#define CHECK_ENTRY(name, number, text)                  \
  CHECK_TEXT(sabir_status_name(number), "SABIR_" #name); \
  CHECK_TEXT(sabir_status_text(number), text);           \
  CHECK_NUMBER((int64_t)SABIR_##name, (int64_t)(number));
  SABIR_STATUS_MAP(CHECK_ENTRY)
#undef CHECK_ENTRY
}

/* The numbers have no gaps: one more than the last is unknown. */
static void the_table_is_complete(void) {
  size_t entries = 0;
#define COUNT_ENTRY(name, number, text)      \
  CHECK_NUMBER(entries, -(int64_t)(number)); \
  ++entries;
  SABIR_STATUS_MAP(COUNT_ENTRY)
#undef COUNT_ENTRY
  CHECK_NUMBER(entries, 37);
  CHECK_NUMBER(SABIR_E_NO_REF, -28);
  CHECK_NUMBER(SABIR_E_NOT_SUPERVISOR, -29);
  CHECK_NUMBER(SABIR_E_DUPLICATE, -30);
  CHECK_NUMBER(SABIR_E_NO_CHILD, -31);
  CHECK_NUMBER(SABIR_E_START_FAILED, -32);
  CHECK_NUMBER(SABIR_E_NO_NAME, -33);
  CHECK_NUMBER(SABIR_E_NO_MEMBER, -34);
  CHECK_NUMBER(SABIR_E_ORDER, -35);
  CHECK_NUMBER(SABIR_E_NATIVE, -36);
}

static void other_numbers_have_a_name_too(void) {
  CHECK_TEXT(sabir_status_name(1), "APPLICATION");
  CHECK_TEXT(sabir_status_name(INT32_MAX), "APPLICATION");
  CHECK_TEXT(sabir_status_name(-37), "UNKNOWN");
  CHECK_TEXT(sabir_status_name(INT32_MIN), "UNKNOWN");
  CHECK(sabir_status_text(1) != NULL && sabir_status_text(INT32_MAX) != NULL);
  CHECK(sabir_status_text(-37) != NULL && sabir_status_text(INT32_MIN) != NULL);
}

static void no_error_is_success(void) {
  CHECK_OK(sabir_error_status(NULL));
  CHECK_TEXT(sabir_error_message(NULL), "");
}

static sabir_error *make_error(void) {
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  sabir_system *system = NULL;
  sabir_error *error = NULL;
  options.workers = SABIR_WORKERS_MAX + 1;
  CHECK_STATUS(sabir_system_create(&options, &system, &error), SABIR_E_INVALID);
  REQUIRE(error != NULL);
  return error;
}

static void an_error_says_what_was_wrong(void) {
  sabir_error *error = make_error();
  CHECK_STATUS(sabir_error_status(error), SABIR_E_INVALID);
  CHECK_CONTAINS(sabir_error_message(error), "workers");
  sabir_error_destroy(&error);
  CHECK(error == NULL);
}

static void success_sets_the_error_to_null(void) {
  sabir_system *system = NULL;
  sabir_error *error = (sabir_error *)&system;
  REQUIRE_OK(sabir_system_create(NULL, &system, &error));
  CHECK(error == NULL);
  CHECK_OK(sabir_system_destroy(&system));
}

static void *read_error(void *argument) {
  const sabir_error *error = (const sabir_error *)argument;
  int round;
  for (round = 0; round < 1000; ++round) {
    CHECK_STATUS(sabir_error_status(error), SABIR_E_INVALID);
    CHECK_CONTAINS(sabir_error_message(error), "workers");
  }
  return NULL;
}

static void threads_may_read_an_error_concurrently(void) {
  sabir_error *error = make_error();
  pthread_t first = start_thread(read_error, error), second = start_thread(read_error, error);
  join_thread(first);
  join_thread(second);
  sabir_error_destroy(&error);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(every_status_has_its_name_and_text),     TEST(the_table_is_complete),
      TEST(other_numbers_have_a_name_too),          TEST(no_error_is_success),
      TEST(an_error_says_what_was_wrong),           TEST(success_sets_the_error_to_null),
      TEST(threads_may_read_an_error_concurrently),
  };
  return RUN_TESTS(tests, argc, argv);
}
