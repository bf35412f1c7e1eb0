// The actor that reads files and counts their words.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_INDEX_READER_HPP
#define SABIR_INDEX_READER_HPP

#include "file.hpp"
#include "messages.hpp"
#include "reducer.hpp"
#include "scan.hpp"
#include "words.hpp"

namespace word_index {

/// Flat bytes after which a batch is sent.
inline constexpr std::size_t batch_bytes = 64 * 1024;

/// Reads one file at a time, a chunk per step; then sends its words to the reducer, a batch per step. So nothing of a file leaves
/// before all of it has proved readable, and a reader never sends more than one batch before the engine can mute it. A file that
/// cannot be read, or is not UTF-8, is an exception here: this reader crashes, the walker hears of it, and its supervisor restarts it in
/// place, without the file.
class Reader : public sabir::actor<ReadFile, ReadMore> {
 public:
  explicit Reader(sabir::ref<Reducer> reducer) : reducer_(reducer), buffer_(chunk_bytes) {}

  ReadStep receive(sabir::context &context, ReadFile message) {
    file_.emplace(message.path);
    scanner_ = WordScanner();
    totals_ = Totals();
    words_.clear();
    return step(context);
  }

  ReadStep receive(sabir::context &context, ReadMore) { return step(context); }

 private:
  ReadStep step(sabir::context &context) {
    if (file_ && !read_chunk()) return {};
    const std::uint32_t batches = send_batch(context) ? 1 : 0;
    return {totals_, batches, next_ == words_.entries().end()};
  }

  // Whether that was the last one.
  bool read_chunk() {
    auto count = [this](std::string_view word) {
      words_.add(word);
      ++totals_.words;
    };
    const std::string_view chunk = file_->next(buffer_);
    scanner_.feed(chunk, count);
    if (chunk.size() == chunk_bytes) return false;
    scanner_.finish(count);
    file_.reset();
    totals_.files = 1;
    totals_.bytes = scanner_.bytes();
    totals_.overlong = scanner_.overlong();
    next_ = words_.entries().begin();
    return true;
  }

  // Whether there was anything to send.
  bool send_batch(sabir::context &context) {
    batch_.clear();
    for (; next_ != words_.entries().end() && batch_.size() < batch_bytes; ++next_) append_entry(batch_, next_->first, next_->second);
    if (!batch_.empty()) context.send(reducer_, WordBatch{batch_});
    return !batch_.empty();
  }

  sabir::ref<Reducer> reducer_;
  std::vector<char> buffer_;
  std::optional<ChunkedFile> file_;  // until it is read to its end
  WordScanner scanner_;
  Totals totals_;
  WordTable words_;
  WordTable::Map::const_iterator next_ = words_.entries().end();  // the first that is not sent
  std::string batch_;
};

}  // namespace word_index

#endif
