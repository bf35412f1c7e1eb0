// SPDX-License-Identifier: Apache-2.0
#include "topic/trie.hpp"

#include <utility>

namespace sabir::topic {

// Makes the nodes of a name. One that ends in '>' stops before it, and is told by `beyond`.
Trie::Node &Trie::reach(std::string_view name, bool &beyond) {
  beyond = false;
  Node *node = &root_;
  try {
    while (!name.empty()) {
      const std::string_view token = next_token(name);
      if (token == ">") {
        beyond = true;
        break;
      }
      auto found = node->children.find(token);
      if (found == node->children.end()) {
        auto made = std::make_unique<Node>();
        made->parent = node;
        made->token = token;
        found = node->children.emplace(std::string(token), std::move(made)).first;
      }
      node = found->second.get();
    }
  } catch (...) {
    prune(node);
    throw;
  }
  return *node;
}

void Trie::prune(Node *node) noexcept {
  while (node != &root_ && node->children.empty() && node->here.empty() && node->beyond.empty() && !node->retained.message) {
    Node *parent = node->parent;
    parent->children.erase(parent->children.find(node->token));
    node = parent;
  }
}

void Trie::add(std::string_view pattern, Subscriber subscriber) {
  turns_.reserve(turns_.size() == turns_.capacity() ? turns_.size() * 2 + 16 : turns_.size());
  bool beyond;
  Node &node = reach(pattern, beyond);
  auto &list = beyond ? node.beyond : node.here;
  bool listed = false;
  try {
    list.push_back(subscriber);
    listed = true;
    const Place place{&node, beyond, static_cast<std::uint32_t>(list.size() - 1), static_cast<std::uint32_t>(turns_.size())};
    places_.emplace(subscriber.ref, place);
  } catch (...) {
    if (listed) list.pop_back();
    prune(&node);
    throw;
  }
  turns_.push_back(subscriber);
}

bool Trie::remove(std::uint64_t ref) noexcept {
  const auto found = places_.find(ref);
  if (found == places_.end()) return false;
  const Place place = found->second;
  places_.erase(found);
  auto &list = place.beyond ? place.node->beyond : place.node->here;
  // The last one takes its place.
  list[place.index] = list.back();
  list.pop_back();
  if (place.index < list.size()) places_.find(list[place.index].ref)->second.index = place.index;
  turns_[place.turn] = turns_.back();
  turns_.pop_back();
  if (place.turn < turns_.size()) places_.find(turns_[place.turn].ref)->second.turn = place.turn;
  prune(place.node);
  return true;
}

void Trie::match(std::string_view subject, std::vector<Subscriber> &found) const { match(root_, subject, found); }

void Trie::match(const Node &node, std::string_view rest, std::vector<Subscriber> &found) {
  if (rest.empty()) {
    found.insert(found.end(), node.here.begin(), node.here.end());
    return;
  }
  found.insert(found.end(), node.beyond.begin(), node.beyond.end());
  const std::string_view token = next_token(rest);
  if (const Node *next = child(node, token)) match(*next, rest, found);
  if (const Node *next = child(node, "*")) match(*next, rest, found);
}

const Trie::Node *Trie::find(std::string_view subject) const noexcept {
  const Node *node = &root_;
  while (node && !subject.empty()) node = child(*node, next_token(subject));
  return node;
}

bool Trie::retains(std::string_view subject) const noexcept {
  const Node *node = find(subject);
  return node && node->retained.message;
}

Retained Trie::retain(std::string_view subject, const Retained &retained) {
  if (!retained.message) {
    auto *node = const_cast<Node *>(find(subject));
    return node && node->retained.message ? forget(*node) : Retained();
  }
  bool beyond;
  Node &node = reach(subject, beyond);
  if (!node.retained.message) ++retained_;
  return std::exchange(node.retained, retained);
}

Retained Trie::forget(Node &node) noexcept {
  const Retained old = std::exchange(node.retained, Retained());
  --retained_;
  prune(&node);
  return old;
}

Subscriber Trie::next_in_turn() noexcept {
  if (turn_ >= turns_.size()) turn_ = 0;
  return turns_[turn_++];
}

}  // namespace sabir::topic
