// The parts of the word index example that need no actors: words in pieces of text, their flat form, the tree.
//
// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "scan.hpp"
#include "support.hpp"
#include "tree_walk.hpp"
#include "words.hpp"

namespace sabir_test {
namespace {

using word_index::NotUtf8;
using word_index::WordScanner;

// The words of a text that comes in pieces of so many bytes.
std::vector<std::string> words_of(std::string_view text, std::size_t piece, std::uint64_t *overlong = nullptr) {
  std::vector<std::string> words;
  auto keep = [&words](std::string_view word) { words.emplace_back(word); };
  WordScanner scanner;
  for (std::size_t from = 0; from < text.size(); from += piece) scanner.feed(text.substr(from, piece), keep);
  scanner.finish(keep);
  EXPECT_EQ(scanner.bytes(), text.size());
  if (overlong != nullptr) *overlong = scanner.overlong();
  return words;
}

TEST(WordScanner, FindsTheSameWordsHoweverTheTextIsCut) {
  const std::string text = "The quick_brown FOX-2 größe,日本語 🙂x\x01y ÉCOLE_ end";
  const std::vector<std::string> words{"the", "quick_brown", "fox", "2", "größe", "日本語", "🙂x", "y", "École_", "end"};
  for (std::size_t piece = 1; piece <= text.size(); ++piece) EXPECT_EQ(words_of(text, piece), words) << "pieces of " << piece;
}

TEST(WordScanner, FoldsAsciiOnly) { EXPECT_EQ(words_of("ÀB Z_9", 1), (std::vector<std::string>{"Àb", "z_9"})); }

TEST(WordScanner, RefusesWhatIsNotStrictUtf8WhereverItIsCut) {
  for (std::string_view bad : {"a\x80", "a\xC0\xAF", "a\xC1\xBF", "a\xE0\x9F\xBF", "a\xED\xA0\x80", "a\xF0\x8F\xBF\xBF",
                               "a\xF4\x90\x80\x80", "a\xF5\x80\x80\x80", "a\xFF", "a\xE6\x97", "a\xE6x", "a\xF0\x9F\x99", "a\xC3"}) {
    for (std::size_t piece = 1; piece <= bad.size(); ++piece)
      EXPECT_THROW((void)words_of(bad, piece), NotUtf8) << bad << " in pieces of " << piece;
  }
}

TEST(WordScanner, TakesTheFirstAndLastCodePointOfEachLength) {
  for (std::string_view good :
       {"\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(words_of(good, 1), std::vector<std::string>{std::string(good)});
  }
}

TEST(WordScanner, SaysWhereTheTextIsBad) {
  try {
    (void)words_of("good \xFF", 2);
    FAIL() << "accepted";
  } catch (const NotUtf8 &thrown) {
    EXPECT_STREQ(thrown.what(), "not UTF-8 at byte 5");
  }
}

TEST(WordScanner, CountsOverlongWordsByThemselves) {
  const std::string longest(word_index::word_bytes_max, 'x');
  std::uint64_t overlong = 0;
  EXPECT_EQ(words_of(longest + " y", 7, &overlong), (std::vector<std::string>{longest, "y"}));
  EXPECT_EQ(overlong, 0U);
  EXPECT_EQ(words_of(longest + "x y " + longest + longest, 7, &overlong), std::vector<std::string>{"y"});
  EXPECT_EQ(overlong, 2U);
}

TEST(WordTable, AddsUpAndStartsAnew) {
  word_index::WordTable table;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 10000; ++i) table.add("word" + std::to_string(i % 5000));
    EXPECT_EQ(table.entries().size(), 5000U);
    EXPECT_EQ(table.entries().at("word42"), 2U);
    table.clear();
    EXPECT_TRUE(table.entries().empty());
  }
}

TEST(WordTable, SortsByNumberThenWord) {
  word_index::WordTable table;
  table.add("b", 2);
  table.add("c", 2);
  table.add("a", 1);
  table.add("d", 9);
  auto top = word_index::most_frequent(table, 3);
  ASSERT_EQ(top.size(), 3U);
  EXPECT_EQ(top[0].first, "d");
  EXPECT_EQ(top[1].first, "b");
  EXPECT_EQ(top[2].first, "c");
  EXPECT_EQ(word_index::most_frequent(table, 100).size(), 4U);
}

TEST(FlatWords, ComeBackAndRefuseToBeCutOff) {
  const std::vector<std::pair<std::string, std::uint64_t>> entries{{"a", 1}, {std::string(300, 'x'), 128}, {"größe", ~0ULL}};
  std::string flat;
  for (const auto &[word, count] : entries) word_index::append_entry(flat, word, count);
  std::vector<std::pair<std::string, std::uint64_t>> back;
  auto keep = [&back](std::string_view word, std::uint64_t count) { back.emplace_back(word, count); };
  word_index::for_each_entry(flat, keep);
  EXPECT_EQ(back, entries);
  int refused = 0;
  for (std::size_t size = 0; size < flat.size(); ++size) {
    try {
      word_index::for_each_entry(std::string_view(flat).substr(0, size), keep);
    } catch (const std::runtime_error &) {
      ++refused;
    }
  }
  EXPECT_EQ(refused, static_cast<int>(flat.size()) - 3) << "only where an entry ends may the text end";
}

TEST(TreeWalk, FindsEachFileOnceAndFollowsNoLinks) {
  const auto root = std::filesystem::temp_directory_path() / ("sabir_tree_walk_" + std::to_string(getpid()));
  std::filesystem::create_directories(root / "a" / "b");
  std::filesystem::create_directories(root / "empty");
  std::ofstream(root / "one") << "1";
  std::ofstream(root / "a" / "b" / "two") << "2";
  std::filesystem::create_directory_symlink(root, root / "a" / "loop");
  std::filesystem::create_symlink(root / "one", root / "link");
  std::set<std::string> found;
  word_index::TreeWalk walk(root.string());
  while (auto file = walk.next()) {
    EXPECT_FALSE(file->error);
    EXPECT_TRUE(found.insert(file->path).second) << file->path << " came twice";
  }
  EXPECT_EQ(found, (std::set<std::string>{(root / "one").string(), (root / "a" / "b" / "two").string()}));
  std::filesystem::remove_all(root);
}

TEST(TreeWalk, NamesAFolderThatCannotBeRead) {
  word_index::TreeWalk walk("/no such folder");
  auto found = walk.next();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path, "/no such folder");
  EXPECT_EQ(found->error, std::errc::no_such_file_or_directory);
  EXPECT_FALSE(walk.next());
}

}  // namespace
}  // namespace sabir_test
