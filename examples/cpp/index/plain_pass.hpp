// The same index by one thread in a loop: what the actors' result is compared with.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_INDEX_PLAIN_PASS_HPP
#define SABIR_INDEX_PLAIN_PASS_HPP

#include <exception>
#include <vector>

#include "file.hpp"
#include "scan.hpp"
#include "totals.hpp"
#include "tree_walk.hpp"
#include "words.hpp"

namespace word_index {

struct PlainIndex {
  Totals totals;
  WordTable words;
  std::vector<Failure> failures;
};

inline void plain_pass(const std::string &folder, PlainIndex &index) {
  TreeWalk tree(folder);
  std::vector<char> buffer(chunk_bytes);
  WordTable words;
  while (std::optional<Found> found = tree.next()) {
    std::uint64_t count = 0;
    auto on_word = [&](std::string_view word) {
      words.add(word);
      ++count;
    };
    try {
      if (found->error) throw std::runtime_error("folder: " + found->error.message());
      words.clear();
      ChunkedFile file(found->path);
      WordScanner scanner;
      std::string_view chunk;
      do {
        chunk = file.next(buffer);
        scanner.feed(chunk, on_word);
      } while (chunk.size() == chunk_bytes);
      scanner.finish(on_word);
      for (const auto &[word, number] : words.entries()) index.words.add(word, number);
      ++index.totals.files;
      index.totals.bytes += scanner.bytes();
      index.totals.words += count;
      index.totals.overlong += scanner.overlong();
    } catch (const std::exception &why) {
      ++index.totals.failed;
      index.failures.push_back({found->path, why.what()});
    }
  }
}

}  // namespace word_index

#endif
