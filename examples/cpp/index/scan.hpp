// Words in text that arrives in pieces.
//
// A word is a maximal run of ASCII letters, digits, underscores and non-ASCII code points; ASCII letters are made lower case. The text
// must be strict UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF, no code point cut off at the end.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_INDEX_SCAN_HPP
#define SABIR_INDEX_SCAN_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace word_index {

/// Words of more bytes are not cut and not indexed: they are counted by themselves (WordScanner::overlong).
inline constexpr std::size_t word_bytes_max = 1024;

class NotUtf8 : public std::runtime_error {
 public:
  explicit NotUtf8(std::uint64_t offset) : std::runtime_error("not UTF-8 at byte " + std::to_string(offset)) {}
};

namespace detail {

enum ByteClass : std::uint8_t { separator, letter, lead_of_2, lead_of_3, lead_of_4, never };

constexpr std::array<ByteClass, 256> byte_classes() {
  std::array<ByteClass, 256> classes{};
  for (int byte = 0; byte < 256; ++byte) {
    auto &slot = classes[static_cast<std::size_t>(byte)];
    bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_';
    if (byte < 0x80)
      slot = is_letter ? letter : separator;
    else if (byte < 0xC2)
      slot = never;  // a continuation without a lead, or a lead of overlong forms only
    else if (byte < 0xE0)
      slot = lead_of_2;
    else if (byte < 0xF0)
      slot = lead_of_3;
    else
      slot = byte < 0xF5 ? lead_of_4 : never;
  }
  return classes;
}

inline constexpr std::array<ByteClass, 256> class_of = byte_classes();

constexpr char lower(unsigned char byte) { return static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte); }

}  // namespace detail

/// Feed it the pieces of one text in order, then finish(). Memory: one word.
class WordScanner {
 public:
  /// Calls on_word(std::string_view) for every word that ends in this piece. Throws NotUtf8, after which only a new scanner will do.
  template <class OnWord>
  void feed(std::string_view piece, OnWord &&on_word) {
    for (char character : piece) {
      const auto byte = static_cast<unsigned char>(character);
      if (missing_ != 0) {
        if (byte < least_ || byte > most_) throw NotUtf8(offset_);
        least_ = 0x80;
        most_ = 0xBF;
        --missing_;
        append(character);
      } else {
        switch (detail::class_of[byte]) {
          case detail::separator: end_word(on_word); break;
          case detail::letter: append(detail::lower(byte)); break;
          case detail::lead_of_2: begin(byte, 1); break;
          case detail::lead_of_3: begin(byte, 2); break;
          case detail::lead_of_4: begin(byte, 3); break;
          case detail::never: throw NotUtf8(offset_);
        }
      }
      ++offset_;
    }
  }

  /// The text has ended: the last word may have too. Throws NotUtf8.
  template <class OnWord>
  void finish(OnWord &&on_word) {
    if (missing_ != 0) throw NotUtf8(offset_);
    end_word(on_word);
  }

  std::uint64_t bytes() const { return offset_; }
  /// Words longer than word_bytes_max so far.
  std::uint64_t overlong() const { return overlong_; }

 private:
  // The first byte narrows what the second may be; that is where overlong forms, surrogates and too large numbers show.
  void begin(unsigned char lead, std::uint8_t missing) {
    missing_ = missing;
    least_ = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    most_ = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    append(static_cast<char>(lead));
  }

  void append(char character) {
    if (length_ < word_bytes_max) word_[length_] = character;
    if (length_ <= word_bytes_max) ++length_;
  }

  template <class OnWord>
  void end_word(OnWord &&on_word) {
    if (length_ == 0) return;
    if (length_ > word_bytes_max)
      ++overlong_;
    else
      on_word(std::string_view(word_.data(), length_));
    length_ = 0;
  }

  std::array<char, word_bytes_max> word_;
  std::size_t length_ = 0;  // word_bytes_max + 1: longer
  std::uint64_t offset_ = 0;
  std::uint64_t overlong_ = 0;
  std::uint8_t missing_ = 0;  // bytes of the present code point still to come
  unsigned char least_ = 0x80;
  unsigned char most_ = 0xBF;
};

}  // namespace word_index

#endif
