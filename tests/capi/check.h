/* Checks for the C suite. A failing check prints where it stands, the expression and both values, and the program goes on; the
 * program's exit status tells that something failed. REQUIRE ends the program at once, for what all later checks build on.
 *
 * Checks may be made on any thread, also inside callbacks.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SABIR_TESTS_CAPI_CHECK_H
#define SABIR_TESTS_CAPI_CHECK_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sabir/sabir.h>

/* Of the whole program: each of its files that includes this means the same one. Written and read atomically, by any thread. */
__attribute__((weak)) int check_failures;

static inline void check_note_failure(void) { __atomic_add_fetch(&check_failures, 1, __ATOMIC_RELAXED); }

static inline int check_true(int passed, const char *file, int line, const char *expression) {
  if (!passed) {
    fprintf(stderr, "%s:%d: failed: %s\n", file, line, expression);
    check_note_failure();
  }
  return passed;
}

static inline int check_status(sabir_status actual, sabir_status expected, const char *file, int line, const char *expression) {
  if (actual == expected) return 1;
  fprintf(stderr, "%s:%d: failed: %s gave %s (%d), expected %s (%d)\n", file, line, expression, sabir_status_name(actual), (int)actual,
          sabir_status_name(expected), (int)expected);
  check_note_failure();
  return 0;
}

static inline int check_number(uint64_t actual, uint64_t expected, const char *file, int line, const char *expression) {
  if (actual == expected) return 1;
  fprintf(stderr, "%s:%d: failed: %s is %" PRIu64 " (0x%" PRIx64 "), expected %" PRIu64 " (0x%" PRIx64 ")\n", file, line, expression,
          actual, actual, expected, expected);
  check_note_failure();
  return 0;
}

static inline int check_text(const char *actual, const char *expected, const char *file, int line, const char *expression) {
  if (actual != NULL && strcmp(actual, expected) == 0) return 1;
  fprintf(stderr, "%s:%d: failed: %s is \"%s\", expected \"%s\"\n", file, line, expression, actual == NULL ? "(NULL)" : actual, expected);
  check_note_failure();
  return 0;
}

static inline int check_contains(const char *actual, const char *part, const char *file, int line, const char *expression) {
  if (actual != NULL && strstr(actual, part) != NULL) return 1;
  fprintf(stderr, "%s:%d: failed: %s is \"%s\", which does not contain \"%s\"\n", file, line, expression,
          actual == NULL ? "(NULL)" : actual, part);
  check_note_failure();
  return 0;
}

#define CHECK(expression) check_true(!!(expression), __FILE__, __LINE__, #expression)
#define CHECK_STATUS(call, expected) check_status((call), (expected), __FILE__, __LINE__, #call)
#define CHECK_OK(call) check_status((call), SABIR_OK, __FILE__, __LINE__, #call)
#define CHECK_NUMBER(actual, expected) check_number((uint64_t)(actual), (uint64_t)(expected), __FILE__, __LINE__, #actual)
#define CHECK_TEXT(actual, expected) check_text((actual), (expected), __FILE__, __LINE__, #actual)
#define CHECK_CONTAINS(actual, part) check_contains((actual), (part), __FILE__, __LINE__, #actual)

/* _Exit: the threads of a system whose test has gone wrong may still use what main's frame holds. */
#define REQUIRE(expression)                                                                \
  do {                                                                                     \
    if (!check_true(!!(expression), __FILE__, __LINE__, #expression)) _Exit(EXIT_FAILURE); \
  } while (0)
#define REQUIRE_OK(call)                      \
  do {                                        \
    if (!CHECK_OK(call)) _Exit(EXIT_FAILURE); \
  } while (0)

/* One test of a program's table; the program's argument, if any, selects the tests whose name contains it. */
struct check_test {
  const char *name;
  void (*run)(void);
};

static inline int check_run(const struct check_test *tests, size_t count, int argc, char **argv) {
  size_t index;
  int selected = 0;
  for (index = 0; index < count; ++index) {
    int before;
    if (argc > 1 && strstr(tests[index].name, argv[1]) == NULL) continue;
    ++selected;
    before = __atomic_load_n(&check_failures, __ATOMIC_RELAXED);
    printf("%s\n", tests[index].name);
    fflush(stdout);
    tests[index].run();
    if (__atomic_load_n(&check_failures, __ATOMIC_RELAXED) != before) fprintf(stderr, "^ in %s\n", tests[index].name);
  }
  if (selected == 0) {
    fprintf(stderr, "no test is named like that\n");
    return EXIT_FAILURE;
  }
  return __atomic_load_n(&check_failures, __ATOMIC_RELAXED) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define TEST(name) {#name, name}
#define RUN_TESTS(tests, argc, argv) check_run((tests), sizeof(tests) / sizeof((tests)[0]), (argc), (argv))

#endif
