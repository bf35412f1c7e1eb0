// Who has subscribed to what, and what is retained: a tree of tokens.
//
// Threads: one at a time (Topics' mutex).
// Invariant: a node has a child, a subscription or a retained message, but for the root. So the tree is no larger than what it holds.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mailbox/message.hpp"
#include "topic/subject.hpp"

namespace sabir::topic {

struct Subscriber {
  std::uint64_t pid;
  std::uint64_t ref;
};

// A message that later subscribers get.
struct Retained {
  Message *message = nullptr;   // owned, shared; its own deadline is taken out
  std::uint64_t sender = 0;
  std::uint64_t expires_ns = 0;   // of the environment's clock; 0: never
};

class Trie {
 public:
  Trie() = default;
  Trie(const Trie &) = delete;
  Trie &operator=(const Trie &) = delete;

  // pattern and subject have no fault. Throws std::bad_alloc, and has changed nothing then.
  void add(std::string_view pattern, Subscriber subscriber);
  // False: there is no such subscription.
  bool remove(std::uint64_t ref) noexcept;
  void match(std::string_view subject, std::vector<Subscriber> &found) const;

  // What a subject retains from now on; gives what it did before, to be freed. message NULL: nothing.
  Retained retain(std::string_view subject, const Retained &retained);
  bool retains(std::string_view subject) const noexcept;
  // give(Message *) for all that is retained, before the end.
  template <class Give>
  void give_back(Give give) {
    const auto look = [&](Node &node) { give(std::exchange(node.retained, Retained()).message); };
    visit_all(root_, look);
  }
  // keep(const Retained &) for all that a pattern matches. Gives the messages of those that are not to be kept, to be freed.
  template <class Keep>
  std::vector<Message *> visit_retained(std::string_view pattern, Keep keep) {
    std::vector<Node *> left;
    const auto look = [&](Node &node) {
      if (!keep(static_cast<const Retained &>(node.retained))) left.push_back(&node);
    };
    visit(root_, pattern, look);
    std::vector<Message *> messages(left.size());
    for (std::size_t i = 0; i < left.size(); ++i) messages[i] = forget(*left[i]).message;
    return messages;
  }

  std::size_t subscriptions() const noexcept { return places_.size(); }
  std::size_t retained() const noexcept { return retained_; }
  // The next one in a round through all; there is one.
  Subscriber next_in_turn() noexcept;

 private:
  struct Node {
    Node *parent = nullptr;
    std::string token;
    std::map<std::string, std::unique_ptr<Node>, std::less<>> children;   // by token; '*' stands for itself
    std::vector<Subscriber> here;     // whose pattern ends here
    std::vector<Subscriber> beyond;   // whose pattern ends in '>' behind this
    Retained retained;
  };
  struct Place {
    Node *node;
    bool beyond;
    std::uint32_t index;   // in the node's list
    std::uint32_t turn;    // in turns_
  };

  Node &reach(std::string_view name, bool &beyond);
  void prune(Node *node) noexcept;
  const Node *find(std::string_view subject) const noexcept;
  static const Node *child(const Node &node, std::string_view token) noexcept {
    const auto found = node.children.find(token);
    return found == node.children.end() ? nullptr : found->second.get();
  }
  static void match(const Node &node, std::string_view rest, std::vector<Subscriber> &found);
  Retained forget(Node &node) noexcept;
  template <class Look>
  static void visit_all(Node &node, const Look &look) {
    if (node.retained.message) look(node);
    for (auto &[token, next] : node.children) visit_all(*next, look);
  }
  template <class Look>
  static void visit(Node &node, std::string_view rest, const Look &look) {
    if (rest.empty()) {
      if (node.retained.message) look(node);
      return;
    }
    const std::string_view token = next_token(rest);
    if (token == ">") {
      for (auto &[name, next] : node.children) visit_all(*next, look);
    } else if (token == "*") {
      for (auto &[name, next] : node.children) visit(*next, rest, look);
    } else if (const Node *next = child(node, token)) {
      visit(const_cast<Node &>(*next), rest, look);
    }
  }

  Node root_;
  std::unordered_map<std::uint64_t, Place> places_;   // by ref
  std::vector<Subscriber> turns_;                     // all of them
  std::size_t turn_ = 0;
  std::size_t retained_ = 0;
};

}  // namespace sabir::topic
