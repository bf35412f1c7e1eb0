// Messages that are in no queue, in order; linked through their `next`.
//
// Threads: one at a time.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mailbox/message.hpp"

namespace sabir {

class MessageList {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  Message *first() const noexcept { return first_; }

  void push(Message *message) noexcept {
    message->next.store(nullptr, std::memory_order_relaxed);   // our list's link now
    if (last_) {
      last_->next.store(message, std::memory_order_relaxed);
    } else {
      first_ = message;
    }
    last_ = message;
  }
  void push_front(Message *message) noexcept {
    message->next.store(first_, std::memory_order_relaxed);
    first_ = message;
    if (!last_) last_ = message;
  }
  // NULL: empty.
  Message *pop() noexcept {
    Message *message = first_;
    if (!message) return nullptr;
    first_ = static_cast<Message *>(message->next.load(std::memory_order_relaxed));
    if (!first_) last_ = nullptr;
    return message;
  }
  // All of them, linked through `next`, or NULL.
  Message *take_all() noexcept {
    Message *all = first_;
    first_ = last_ = nullptr;
    return all;
  }

 private:
  Message *first_ = nullptr;
  Message *last_ = nullptr;
};

}  // namespace sabir
