// SPDX-License-Identifier: Apache-2.0
#include "topic/trie.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "cases.hpp"

namespace sabir::topic {
namespace {

using Tokens = std::vector<std::string>;

Tokens split(std::string_view name) {
  Tokens tokens(1);
  for (const char c : name) {
    if (c == '.') {
      tokens.emplace_back();
    } else {
      tokens.back() += c;
    }
  }
  return tokens;
}

// The definition, word by word.
bool matches(const Tokens &pattern, const Tokens &subject, std::size_t at = 0) {
  if (at == pattern.size()) return at == subject.size();
  if (pattern[at] == ">") return at < subject.size();
  return at < subject.size() && (pattern[at] == "*" || pattern[at] == subject[at]) && matches(pattern, subject, at + 1);
}

// Few different tokens, so that much matches.
std::string random_name(std::mt19937_64 &random, bool pattern) {
  static const char *const tokens[] = {"a", "b", "c", "ab", "*", ">"};
  std::string name;
  const std::size_t count = 1 + random() % 4;
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) name += '.';
    const std::size_t choice = random() % (pattern ? 6 : 4);
    name += tokens[choice == 5 && i + 1 != count ? 4 : choice];
  }
  return name;
}

Message *retained_message() {
  Thread &thread = Thread::current();
  Message *message = allocate_message(thread, 1, 8);
  EXPECT_TRUE(message && share(thread, message));
  return message;
}

void give_back(Message *message) {
  if (message) free_message(Thread::current(), message);
}

std::set<std::uint64_t> matched(const Trie &trie, const std::string &subject) {
  std::vector<Subscriber> found;
  trie.match(subject, found);
  std::set<std::uint64_t> refs;
  for (const Subscriber &subscriber : found) {
    EXPECT_TRUE(refs.insert(subscriber.ref).second) << "one subscription was found twice";
    EXPECT_EQ(subscriber.pid, subscriber.ref % 7);
  }
  return refs;
}

// Subscriptions and retained messages come and go; at each step the tree finds what the definition says.
TEST(Trie, finds_what_the_definition_of_a_match_says) {
  for_each_case(300, [](std::mt19937_64 &random) {
    Trie trie;
    std::map<std::uint64_t, std::string> patterns;
    std::map<std::string, Message *> kept;
    std::uint64_t last_ref = 0;
    for (int step = 0; step < 120; ++step) {
      const std::uint64_t what = random() % 10;
      if (what < 4) {
        const std::string pattern = random_name(random, true);
        ASSERT_EQ(fault_of_pattern(pattern), nullptr) << pattern;
        patterns[++last_ref] = pattern;
        trie.add(pattern, {last_ref % 7, last_ref});
      } else if (what < 6 && last_ref > 0) {
        const std::uint64_t ref = 1 + random() % last_ref;
        EXPECT_EQ(trie.remove(ref), patterns.erase(ref) == 1);
      } else if (what < 8) {
        const std::string subject = random_name(random, false);
        Message *message = random() % 3 == 0 ? nullptr : retained_message();
        const Retained old = trie.retain(subject, {message, 3, 0});
        EXPECT_EQ(old.message, kept.contains(subject) ? kept[subject] : nullptr);
        EXPECT_EQ(trie.retains(subject), message != nullptr);
        give_back(old.message);
        kept.erase(subject);
        if (message) kept[subject] = message;
      } else if (what == 8) {
        const std::string pattern = random_name(random, true);
        std::set<const Message *> expected, found;
        for (const auto &[subject, message] : kept) {
          if (matches(split(pattern), split(subject))) expected.insert(message);
        }
        const bool forget = random() % 4 == 0;
        const std::vector<Message *> left = trie.visit_retained(pattern, [&](const Retained &retained) {
          EXPECT_TRUE(found.insert(retained.message).second) << "one was found twice";
          return !forget;
        });
        EXPECT_EQ(found, expected) << pattern;
        EXPECT_EQ(left.size(), forget ? expected.size() : 0u);
        for (Message *message : left) {
          std::erase_if(kept, [message](const auto &each) { return each.second == message; });
          give_back(message);
        }
      } else {
        const std::string subject = random_name(random, false);
        ASSERT_EQ(fault_of_subject(subject), nullptr) << subject;
        std::set<std::uint64_t> expected;
        for (const auto &[ref, pattern] : patterns) {
          if (matches(split(pattern), split(subject))) expected.insert(ref);
        }
        EXPECT_EQ(matched(trie, subject), expected) << subject;
      }
      EXPECT_EQ(trie.subscriptions(), patterns.size());
      EXPECT_EQ(trie.retained(), kept.size());
    }
    std::set<std::uint64_t> turns;
    for (std::size_t i = 0; i < patterns.size(); ++i) turns.insert(trie.next_in_turn().ref);
    EXPECT_EQ(turns.size(), patterns.size()) << "a round goes through all";
    for (const auto &each : patterns) EXPECT_TRUE(trie.remove(each.first));
    trie.give_back([](Message *message) { give_back(message); });
  });
}

TEST(Subject, faults) {
  for (const char *good : {"a", "a.b", "A-1_$/:", "\xC3\xA9.x", "foo.bar.baz"}) {
    EXPECT_EQ(fault_of_subject(good), nullptr) << good;
    EXPECT_EQ(fault_of_pattern(good), nullptr) << good;
  }
  for (const char *pattern : {"*", ">", "a.*", "*.a", "a.>", "*.>", "a.*.b.*.>"}) {
    EXPECT_EQ(fault_of_pattern(pattern), nullptr) << pattern;
    EXPECT_NE(fault_of_subject(pattern), nullptr) << pattern;
  }
  for (const char *bad :
       {"", ".", ".a", "a.", "a..b", "a b", "a\t", "a\x7F", "a*", "*a", "a.b*", "a>", ">a", "a.>.b", ">.>", "**", "\xFF", "a.\xC3"}) {
    EXPECT_NE(fault_of_subject(bad), nullptr) << bad;
    EXPECT_NE(fault_of_pattern(bad), nullptr) << bad;
  }
  std::string tokens = "t";
  for (int i = 1; i < SABIR_SUBJECT_TOKENS_MAX; ++i) tokens += ".t";
  EXPECT_EQ(fault_of_subject(tokens), nullptr);
  EXPECT_NE(fault_of_subject(tokens + ".t"), nullptr);
  EXPECT_EQ(fault_of_subject(std::string(SABIR_SUBJECT_MAX, 'x')), nullptr);
  EXPECT_NE(fault_of_subject(std::string(SABIR_SUBJECT_MAX + 1, 'x')), nullptr);
  EXPECT_NE(fault_of_subject(std::string_view("a\0b", 3)), nullptr);
}

}  // namespace
}  // namespace sabir::topic
