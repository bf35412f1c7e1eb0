/* Runs a fuzz harness on files and folders of files, without libFuzzer: the corpus as a plain test, under any compiler.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MOST_BYTES = 1 << 20 };

static int replay_file(const char *path) {
  static uint8_t input[INPUT_MOST_BYTES];
  uint8_t *exact;
  size_t size;
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    perror(path);
    exit(EXIT_FAILURE);
  }
  size = fread(input, 1, sizeof input, file);
  fclose(file);
  printf("%s (%zu bytes)\n", path, size);
  fflush(stdout);
  /* A block of just that size: a sanitizer then sees a read behind its end. */
  exact = (uint8_t *)malloc(size + (size == 0));
  if (exact == NULL) abort();
  memcpy(exact, input, size);
  (void)LLVMFuzzerTestOneInput(exact, size);
  free(exact);
  return 1;
}

static int replay(const char *path);

static int replay_folder(const char *path) {
  struct dirent **entries = NULL;
  const int count = scandir(path, &entries, NULL, alphasort);
  int index, files = 0;
  if (count < 0) {
    perror(path);
    exit(EXIT_FAILURE);
  }
  for (index = 0; index < count; ++index) {
    if (entries[index]->d_name[0] != '.') {
      const size_t size = strlen(path) + strlen(entries[index]->d_name) + 2;
      char *inner = (char *)malloc(size);
      if (inner == NULL) abort();
      snprintf(inner, size, "%s/%s", path, entries[index]->d_name);
      files += replay(inner);
      free(inner);
    }
    free(entries[index]);
  }
  free(entries);
  return files;
}

static int replay(const char *path) {
  struct stat info;
  if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) return replay_folder(path);
  return replay_file(path);
}

int main(int argc, char **argv) {
  int index, files = 0;
  for (index = 1; index < argc; ++index) files += replay(argv[index]);
  printf("%d inputs\n", files);
  return files > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
