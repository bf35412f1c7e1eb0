// What the actors of the index say to each other.
//
//   main <- Failure, Progress, Done - Walker - Settle -> Reducer <- TopWords, CountDistinct - main
//                                        |                 ^
//                              ReadFile, ReadMore          | WordBatch
//                                        v                 |
//                                      Reader (several) ---+
//
// The readers are children of a supervisor, which restarts those that crash.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_INDEX_MESSAGES_HPP
#define SABIR_INDEX_MESSAGES_HPP

#include <cstring>
#include <sabir/sabir.hpp>

#include "totals.hpp"

namespace word_index {

/// Of a reader: one step of reading a file. Steps are short, so that a reader can be muted between them.
struct ReadStep {
  Totals totals;               // of this file, once it is read to its end
  std::uint32_t batches;       // sent to the reducer in this step: 0 or 1
  std::uint32_t is_finished;   // 0: ask ReadMore
};

/// Asks a reader to begin a file. The answer is that of its first step.
struct ReadFile {
  using reply = ReadStep;
  std::string path;
};

/// Asks a reader for the next step of its file.
struct ReadMore {
  using reply = ReadStep;
};

/// Some words of one file with their counts, in flat form. The receiver's view is valid in its handler.
struct WordBatch {
  std::string_view flat;
};

/// Asks the reducer to answer as soon as it has had this many batches in all.
struct Settle {
  using reply = void;
  std::uint64_t batches;
};

/// Asks the reducer for its most frequent words, in flat form, in order.
struct TopWords {
  using reply = std::string;
  std::uint64_t limit;
};

/// Asks the reducer how many different words it has.
struct CountDistinct {
  using reply = std::uint64_t;
};

/// To main, from time to time.
struct Progress {
  Totals totals;
};

/// To main, last of all: every word is in the reducer.
struct Done {
  Totals totals;
};

}  // namespace word_index

template <>
struct sabir::message_traits<word_index::ReadFile> {
  static std::size_t size(const word_index::ReadFile &value) { return value.path.size(); }
  static void encode(const word_index::ReadFile &value, std::byte *out) { std::memcpy(out, value.path.data(), value.path.size()); }
  static std::optional<word_index::ReadFile> decode(std::span<const std::byte> bytes) {
    return word_index::ReadFile{std::string(reinterpret_cast<const char *>(bytes.data()), bytes.size())};
  }
};

template <>
struct sabir::message_traits<word_index::WordBatch> {
  static std::size_t size(const word_index::WordBatch &value) { return value.flat.size(); }
  static void encode(const word_index::WordBatch &value, std::byte *out) { std::memcpy(out, value.flat.data(), value.flat.size()); }
  static std::optional<word_index::WordBatch> decode(std::span<const std::byte> bytes) {
    return word_index::WordBatch{{reinterpret_cast<const char *>(bytes.data()), bytes.size()}};
  }
};

/// The path, a NUL, the reason.
template <>
struct sabir::message_traits<word_index::Failure> {
  static std::size_t size(const word_index::Failure &value) { return value.path.size() + 1 + value.why.size(); }
  static void encode(const word_index::Failure &value, std::byte *out) {
    std::memcpy(out, value.path.c_str(), value.path.size() + 1);
    std::memcpy(out + value.path.size() + 1, value.why.data(), value.why.size());
  }
  static std::optional<word_index::Failure> decode(std::span<const std::byte> bytes) {
    const std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    const std::size_t end = text.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    return word_index::Failure{std::string(text.substr(0, end)), std::string(text.substr(end + 1))};
  }
};

#endif
