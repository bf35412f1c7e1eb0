// Publish and subscribe: a message to everybody whose pattern matches its subject.
//
// Threads: any.
// Order. Who matches is looked up under the mutex, and the sends follow without it: so no lock is held while others' mailboxes are touched,
// the messages of one publisher come in its order, and those of two in any. What is retained is sent to a new subscriber under the mutex,
// for whoever publishes next finds the subscriber there only after it: an old value never comes after a newer one. (Such a send never waits
// and calls nobody back.)
// Ownership: the retained messages are ours. A subscription is of a pid, and ends with it: one that is gone for good is found by the next
// publish to it, or by the next subscriptions, each of which looks at two that there are.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "actor/context.hpp"
#include "actor/engine.hpp"
#include "base/error.hpp"
#include "base/mutex.hpp"
#include "topic/trie.hpp"

namespace sabir::topic {

// One call of sabir_publish.
struct Publication {
  std::string_view subject;  // has no fault
  bool retain = false;
  sabir_publish_filter_fn filter = nullptr;
  std::uintptr_t argument = 0;
};

class Topics {
 public:
  explicit Topics(actor::Engine &engine) noexcept : engine_(engine) {}
  ~Topics();

  // pattern: without fault. ref: a number that nothing else has. Errors: LIMIT, CLOSED, those of actor::resolve. Throws std::bad_alloc.
  Status subscribe(Thread &thread, std::string_view pattern, std::uint64_t pid, std::uint64_t ref);
  // False: there is no such subscription.
  bool unsubscribe(std::uint64_t ref);

  // context: of the actor that publishes, or NULL. message: moved on success; it may have become shared on failure. delivered: out, how
  // many mailboxes took it. Errors: INVALID (an ask, a request), LIMIT, NOMEM, EXCEPTION (the filter's), TOO_BIG, BORROWED, CLOSED. Throws
  // std::bad_alloc, and what ends the thread in its filter.
  Status publish(Thread &thread, actor::Context *context, const Publication &publication, Message *&message, std::uint64_t &delivered);

  // The system ends: no subscription and nothing retained any more.
  void close(Thread &thread);

 private:
  Status retain_and_match(Thread &thread, actor::Context *context, actor::Context *here, const Publication &publication, Message *&message,
                          std::vector<Subscriber> &found);
  void send_to_all(Thread &thread, actor::Context *context, actor::Context *here, std::vector<Subscriber> &found, Message *envelopes,
                   std::uint64_t &delivered);
  // False: no memory.
  bool send_retained(Thread &thread, std::uint64_t pid, const Retained &retained, std::uint64_t now_ns) noexcept;
  bool is_gone(std::uint64_t pid) const noexcept;
  void sweep(std::size_t count) SABIR_REQUIRES(mutex_);

  actor::Engine &engine_;
  Mutex mutex_;
  bool closed_ SABIR_GUARDED_BY(mutex_) = false;
  std::unique_ptr<Trie> trie_ SABIR_GUARDED_BY(mutex_);  // made at the first use
};

}  // namespace sabir::topic
