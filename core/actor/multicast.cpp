// SPDX-License-Identifier: Apache-2.0
#include "actor/multicast.hpp"

#include "actor/delivery.hpp"
#include "mailbox/message.hpp"
#include "sabir/dead_letter.h"

namespace sabir::actor {

namespace {

std::int32_t cause_of_refusal(sabir_status status) noexcept {
  switch (status) {
    case SABIR_E_MAILBOX_FULL:
    case SABIR_E_TOO_BIG: return SABIR_CAUSE_OVERFLOW;
    case SABIR_E_CLOSED: return SABIR_CAUSE_SHUTDOWN;
    default: return SABIR_CAUSE_STOPPED;
  }
}

// The envelopes besides the message itself, until they are sent; and those that were refused. Also where a wait in a send is cancelled.
class Copies {
 public:
  Copies(Engine &engine, Thread &thread) noexcept : engine_(engine), thread_(thread) {}
  ~Copies() {
    while (Message *spare = pop(spare_)) free_message(thread_, spare);
    while (Message *refused = pop(refused_)) {
      if (received == 0 || !engine_.host.may_drop()) {
        free_message(thread_, refused);
        continue;
      }
      count(engine_, thread_, [](metrics::Counters &counters, auto add) { add(counters.sent, 1); });
      engine_.host.drop(thread_, *refused, refused->level);
    }
  }
  Copies(const Copies &) = delete;
  Copies &operator=(const Copies &) = delete;

  [[nodiscard]] bool make(const Message &like, std::size_t number) noexcept {
    for (; number > 0; --number) {
      Message *copy = clone(thread_, like);
      if (!copy) return false;
      push(spare_, *copy);
    }
    return true;
  }
  Message *take() noexcept { return pop(spare_); }
  void refuse(Message &copy, std::uint64_t to, std::uint64_t sender, sabir_status status) noexcept {
    clear_deadline(copy);
    copy.target = to;
    copy.sender = sender;
    copy.level = static_cast<std::uint8_t>(cause_of_refusal(status));
    push(refused_, copy);
  }

  std::size_t received = 0;

 private:
  static void push(Message *&list, Message &message) noexcept {
    message.next.store(list, std::memory_order_relaxed);
    list = &message;
  }
  static Message *pop(Message *&list) noexcept {
    Message *first = list;
    if (!first) return nullptr;
    list = static_cast<Message *>(first->next.load(std::memory_order_relaxed));
    first->next.store(nullptr, std::memory_order_relaxed);
    return first;
  }

  Engine &engine_;
  Thread &thread_;
  Message *spare_ = nullptr;
  Message *refused_ = nullptr;
};

}  // namespace

Status share_for_many(Engine &engine, Thread &thread, Context *context, Message *&message) noexcept {
  if (message->has(message_flag::request)) return SABIR_E_INVALID;
  if (message->has(message_flag::native)) return SABIR_E_NATIVE;
  Context *present = context ? context : context_of(thread, engine);
  if (!may_move(*message, present)) return SABIR_E_BORROWED;
  if (message->has(message_flag::shared)) {
    detach_if_attached(present, *message);
    return SABIR_OK;
  }
  const bool handled = present && message == present->current;
  detach_if_attached(present, *message);
  if (share(thread, message)) return SABIR_OK;
  if (handled) {
    present->loose = message;
    present->events |= event::loose;
  }
  return SABIR_E_NOMEM;
}

Status multicast(Engine &engine, Thread &thread, Context *context, const std::uint64_t *to, std::size_t count, Message *&message,
                 std::size_t &received) {
  const auto send_one = [&](std::uint64_t pid, Message &sent) {
    return context ? send(*context, pid, sent) : send(engine, thread, pid, sent);
  };
  received = 0;
  if (message->has(message_flag::native)) return SABIR_E_NATIVE;   // also for one: who is a member must not matter
  if (count == 1) {
    const Status status = send_one(*to, *message);
    if (status.ok()) {
      message = nullptr;
      received = 1;
    }
    return status;
  }
  if (message->size > engine.message_size_limit) return SABIR_E_TOO_BIG;
  if (const Status status = share_for_many(engine, thread, context, message); !status.ok()) return status;
  Copies copies(engine, thread);
  if (!copies.make(*message, count - 1)) return SABIR_E_NOMEM;
  sabir_status refusal = SABIR_OK;
  for (std::size_t i = 0; i < count; ++i) {
    Message *sent = message ? message : copies.take();
    const Status status = send_one(to[i], *sent);
    if (status.ok()) {
      message = nullptr;
      ++copies.received;
      continue;
    }
    refusal = status;
    if (message) sent = copies.take();  // NULL for the last one, where nobody took it
    if (sent) copies.refuse(*sent, to[i], context ? context->self : 0, status);
  }
  received = copies.received;
  return received > 0 ? SABIR_OK : refusal;
}

}  // namespace sabir::actor
