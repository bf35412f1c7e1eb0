// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <cstdio>

#include "scan.hpp"
#include "words.hpp"

namespace word_index {

namespace {

// 1234567 -> "1,234,567"
std::string grouped(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t place = 0; place < digits.size(); ++place) {
    if (place != 0 && (digits.size() - place) % 3 == 0) text.push_back(',');
    text.push_back(digits[place]);
  }
  return text;
}

std::string fixed(double number, int digits) {
  char text[64];
  (void)std::snprintf(text, sizeof text, "%.*f", digits, number);
  return text;
}

void line(std::string_view name, const std::string &value) {
  (void)std::printf("%-18.*s %s\n", static_cast<int>(name.size()), name.data(), value.c_str());
}

bool is_utf8(std::string_view text) {
  try {
    WordScanner scanner;
    auto ignore = [](std::string_view) {};
    scanner.feed(text, ignore);
    scanner.finish(ignore);
    return true;
  } catch (const NotUtf8 &) {
    return false;
  }
}

}  // namespace

std::string printable(std::string_view text) {
  const bool keep_high = is_utf8(text);
  std::string safe;
  for (std::size_t place = 0; place < text.size(); ++place) {
    const auto byte = static_cast<unsigned char>(text[place]);
    // The control characters U+0080 to U+009F are 0xC2 and one more byte.
    const bool is_c1 = byte == 0xC2 && place + 1 < text.size() && static_cast<unsigned char>(text[place + 1]) < 0xA0;
    if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !keep_high) || is_c1) {
      char escaped[8];
      (void)std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
      safe += escaped;
      if (is_c1) {
        (void)std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned char>(text[++place]));
        safe += escaped;
      }
    } else {
      safe.push_back(text[place]);
    }
  }
  return safe;
}

void show_progress(const Totals *totals) {
  (void)std::fputs("\r\033[K", stderr);
  if (totals != nullptr) {
    (void)std::fprintf(stderr, "%s files, %s MB, %s words, %s failed", grouped(totals->files).c_str(),
                       fixed(static_cast<double>(totals->bytes) / 1e6, 1).c_str(), grouped(totals->words).c_str(),
                       grouped(totals->failed).c_str());
  }
  (void)std::fflush(stderr);
}

void print_report(const Report &report) {
  const double seconds = report.seconds > 0 ? report.seconds : 1e-9;
  line("folder", printable(report.folder));
  line("files", grouped(report.totals.files));
  line("failed", grouped(report.totals.failed));
  line("bytes", grouped(report.totals.bytes));
  line("words", grouped(report.totals.words));
  line("distinct words", grouped(report.distinct));
  line("overlong words", grouped(report.totals.overlong) + " (of more than " + grouped(word_bytes_max) + " bytes; not indexed)");
  line("time", fixed(report.seconds, 3) + " s");
  line("rate", fixed(static_cast<double>(report.totals.bytes) / 1e6 / seconds, 1) + " MB/s");
  line("messages", grouped(report.messages) + " (" + grouped(static_cast<std::uint64_t>(static_cast<double>(report.messages) / seconds)) +
                       " per second)");
  if (report.peak_kib) line("peak memory", grouped(*report.peak_kib) + " KiB");

  if (!report.top_words.empty()) (void)std::printf("\nmost frequent words\n");
  for_each_entry(report.top_words, [](std::string_view word, std::uint64_t count) {
    (void)std::printf("%14s  %s\n", grouped(count).c_str(), printable(word).c_str());
  });

  if (!report.failures.empty()) (void)std::printf("\nfailed\n");
  for (const Failure &failure : report.failures) {
    (void)std::printf("  %s: %s\n", printable(failure.path).c_str(), printable(failure.why).c_str());
  }
  if (report.totals.failed > report.failures.size()) {
    (void)std::printf("  and %s more\n", grouped(report.totals.failed - report.failures.size()).c_str());
  }
}

}  // namespace word_index
