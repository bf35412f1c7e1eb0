// The actor that puts all words together.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_INDEX_REDUCER_HPP
#define SABIR_INDEX_REDUCER_HPP

#include "messages.hpp"
#include "words.hpp"

namespace word_index {

class Reducer : public sabir::actor<WordBatch, Settle, TopWords, CountDistinct> {
 public:
  void receive(sabir::context &, WordBatch message) {
    for_each_entry(message.flat, [this](std::string_view word, std::uint64_t count) { words_.add(word, count); });
    ++batches_;
    settle();
  }

  // Batches and the walker's question come from different senders, so their order is not promised: they are counted.
  sabir::deferred receive(sabir::context &context, Settle message) {
    expected_ = message.batches;
    settled_ = context.defer<Settle>();
    settle();
    return {};
  }

  std::string receive(sabir::context &, TopWords message) {
    std::string flat;
    for (auto [word, count] : most_frequent(words_, message.limit)) append_entry(flat, word, count);
    return flat;
  }

  std::uint64_t receive(sabir::context &, CountDistinct) { return words_.entries().size(); }

 private:
  void settle() {
    if (settled_ && batches_ == expected_) settled_.reply();
  }

  WordTable words_;
  std::uint64_t batches_ = 0;
  std::uint64_t expected_ = 0;
  sabir::answer<void> settled_;
};

}  // namespace word_index

#endif
