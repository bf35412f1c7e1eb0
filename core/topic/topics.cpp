// SPDX-License-Identifier: Apache-2.0
#include "topic/topics.hpp"

#include <algorithm>
#include <utility>

#include "actor/delivery.hpp"
#include "actor/sending.hpp"
#include "base/callback.hpp"

namespace sabir::topic {

namespace {

// How many subscriptions a new one looks at for those whose actor is gone, and one that there would be no place for.
constexpr std::size_t sweep_each = 2;
constexpr std::size_t sweep_at_limit = 1024;

// From so many subscribers on they are woken together.
constexpr std::size_t many = 32;

// A room that is too small, for this message or just now.
bool no_room(Status status) noexcept { return status == SABIR_E_MAILBOX_FULL || status == SABIR_E_TOO_BIG; }

// An envelope that is ours until it is sent.
struct Owned {
  Owned(actor::Engine &the_engine, Thread &the_thread, Message *the_message) noexcept
      : engine(the_engine), thread(the_thread), message(the_message) {}
  ~Owned() {
    while (message) {
      Message *dead = message;
      message = static_cast<Message *>(dead->next.load(std::memory_order_relaxed));
      engine.host.free_later(thread, *dead);
    }
  }
  Owned(const Owned &) = delete;
  Owned &operator=(const Owned &) = delete;
  Message *take() noexcept {
    Message *first = message;
    message = static_cast<Message *>(first->next.load(std::memory_order_relaxed));
    return first;
  }
  actor::Engine &engine;
  Thread &thread;
  Message *message;   // a list, linked through `next`
};

}  // namespace

Topics::~Topics() { close(Thread::current()); }

bool Topics::is_gone(std::uint64_t pid) const noexcept {
  actor::Cell *cell;
  return !actor::resolve(engine_, pid, cell, true).ok();
}

void Topics::sweep(std::size_t count) {
  for (std::size_t i = 0; i < count && trie_->subscriptions() > 0; ++i) {
    const Subscriber subscriber = trie_->next_in_turn();
    if (is_gone(subscriber.pid)) (void)trie_->remove(subscriber.ref);
  }
}

Status Topics::subscribe(Thread &thread, std::string_view pattern, std::uint64_t pid, std::uint64_t ref) {
  actor::Cell *cell;
  if (const Status status = actor::resolve(engine_, pid, cell, true); !status.ok()) return status;
  std::vector<Message *> expired;   // freed after the lock
  Status status = SABIR_OK;
  {
    MutexLock lock(mutex_);
    if (closed_) return SABIR_E_CLOSED;
    if (!trie_) trie_ = std::make_unique<Trie>();
    sweep(trie_->subscriptions() < SABIR_SUBSCRIPTIONS_MAX ? sweep_each : sweep_at_limit);
    if (trie_->subscriptions() >= SABIR_SUBSCRIPTIONS_MAX) return SABIR_E_LIMIT;
    trie_->add(pattern, {pid, ref});
    if (trie_->retained() == 0) return SABIR_OK;
    const std::uint64_t now_ns = engine_.environment.now_ns();
    try {
      expired = trie_->visit_retained(pattern, [&](const Retained &retained) {
        if (retained.expires_ns != 0 && retained.expires_ns <= now_ns) return false;
        if (status.ok() && !send_retained(thread, pid, retained, now_ns)) status = SABIR_E_NOMEM;
        return true;
      });
    } catch (const std::bad_alloc &) {
      status = SABIR_E_NOMEM;
    }
    if (!status.ok()) (void)trie_->remove(ref);
  }
  for (Message *message : expired) engine_.host.free_later(thread, *message);
  return status;
}

bool Topics::send_retained(Thread &thread, std::uint64_t pid, const Retained &retained, std::uint64_t now_ns) noexcept {
  Message *copy = clone(thread, *retained.message);
  if (!copy) return false;
  if (retained.expires_ns != 0) {
    copy->ref = retained.expires_ns - now_ns;
    copy->set(message_flag::deadline);
  }
  actor::Woken woken(nullptr);
  const Status status = actor::send_at_once(engine_, thread, actor::context_of(thread, engine_), pid, retained.sender, *copy, woken);
  if (no_room(status)) {
    actor::drop_for_want_of_room(engine_, thread, pid, retained.sender, *copy);
  } else if (!status.ok()) {
    engine_.host.free_later(thread, *copy);   // it is gone, or the system is going
  }
  return true;
}

bool Topics::unsubscribe(std::uint64_t ref) {
  MutexLock lock(mutex_);
  return trie_ && trie_->remove(ref);
}

Status Topics::publish(Thread &thread, actor::Context *context, const Publication &publication, Message *&message,
                       std::uint64_t &delivered) {
  actor::Context *here = context ? context : actor::context_of(thread, engine_);
  if (message->has(message_flag::request) || ask_of(*message) != 0) return SABIR_E_INVALID;
  if (message->has(message_flag::native)) return SABIR_E_NATIVE;
  if (const Status status = actor::check(engine_, *message, here); !status.ok()) return status;

  std::vector<Subscriber> found;
  if (publication.retain) {
    if (const Status status = retain_and_match(thread, context, here, publication, message, found); !status.ok()) return status;
  } else {
    MutexLock lock(mutex_);
    if (closed_) return SABIR_E_CLOSED;
    if (trie_) trie_->match(publication.subject, found);
  }
  if (publication.filter) {
    const Thrown thrown = call([&] {
      const auto refused = [&](const Subscriber &subscriber) { return !publication.filter(publication.argument, subscriber.pid); };
      found.erase(std::remove_if(found.begin(), found.end(), refused), found.end());
    });
    if (thrown.happened) return SABIR_E_EXCEPTION;
  }
  if (found.empty()) {
    actor::detach_if_attached(here, *message);
    engine_.host.free_later(thread, *std::exchange(message, nullptr));
    return SABIR_OK;
  }
  // All envelopes first: where there is no memory nobody gets it.
  if (const Status status = actor::share_unlinked(thread, here, message); !status.ok()) return status;
  Message *copies = nullptr;
  if (found.size() > 1) {
    copies = clone(thread, *message, found.size() - 1);
    if (!copies) return SABIR_E_NOMEM;
  }
  message->next.store(copies, std::memory_order_relaxed);
  send_to_all(thread, context, here, found, std::exchange(message, nullptr), delivered);
  return SABIR_OK;
}

Status Topics::retain_and_match(Thread &thread, actor::Context *context, actor::Context *here, const Publication &publication,
                                Message *&message, std::vector<Subscriber> &found) {
  Retained retained;
  if (message->size > 0) {
    if (const Status status = actor::share_unlinked(thread, here, message); !status.ok()) return status;
    retained.message = clone(thread, *message);
    if (!retained.message) return SABIR_E_NOMEM;
    retained.message->next.store(nullptr, std::memory_order_relaxed);
    retained.sender = context ? context->self : 0;
    if (const std::uint64_t lives_ns = deadline_of(*message)) retained.expires_ns = engine_.environment.now_ns() + lives_ns;
    clear_deadline(*retained.message);
  }
  Owned left(engine_, thread, retained.message);   // until it is retained; then what it replaces. Freed after the lock
  MutexLock lock(mutex_);
  if (closed_) return SABIR_E_CLOSED;
  if (!trie_) trie_ = std::make_unique<Trie>();
  trie_->match(publication.subject, found);
  if (retained.message && trie_->retained() >= SABIR_RETAINED_MAX && !trie_->retains(publication.subject)) return SABIR_E_LIMIT;
  left.message = trie_->retain(publication.subject, retained).message;
  return SABIR_OK;
}

void Topics::send_to_all(Thread &thread, actor::Context *context, actor::Context *here, std::vector<Subscriber> &found, Message *envelopes,
                         std::uint64_t &delivered) {
  const std::uint64_t sender = context ? context->self : 0;
  Owned left(engine_, thread, envelopes);
  // For a few the next slot and the deque of our own worker are better: they are warm, and go first.
  actor::Woken woken(found.size() < many ? nullptr : here ? here->worker->scheduler : engine_.default_executor);
  std::size_t gone = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Subscriber subscriber = found[i];
    Message *envelope = left.take();
    const Status status = context ? actor::send(*context, subscriber.pid, *envelope, woken)
                                  : actor::send_at_once(engine_, thread, here, subscriber.pid, 0, *envelope, woken);
    if (status.ok()) {
      ++delivered;
    } else if (no_room(status)) {
      actor::drop_for_want_of_room(engine_, thread, subscriber.pid, sender, *envelope);
    } else {
      // The envelope is the next one's.
      envelope->next.store(left.message, std::memory_order_relaxed);
      left.message = envelope;
      if (status == SABIR_E_CLOSED) break;   // a shutdown has overtaken us
      if (is_gone(subscriber.pid)) found[gone++] = subscriber;   // else it drains
    }
  }
  if (gone == 0) return;
  MutexLock lock(mutex_);
  for (std::size_t i = 0; i < gone && trie_; ++i) (void)trie_->remove(found[i].ref);
}

void Topics::close(Thread &thread) {
  std::unique_ptr<Trie> ended;
  {
    MutexLock lock(mutex_);
    closed_ = true;
    ended = std::move(trie_);
  }
  if (ended) ended->give_back([&](Message *message) { free_message(thread, message); });
}

}  // namespace sabir::topic
