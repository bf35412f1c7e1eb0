// SPDX-License-Identifier: Apache-2.0
#include "actor/inbox.hpp"

#include <algorithm>

#include "actor/admission.hpp"
#include "actor/context.hpp"
#include "actor/delivered.hpp"
#include "actor/delivery.hpp"
#include "base/memory.hpp"

namespace sabir::actor {

using mailbox::Queue;

namespace {

// How much of the queue is sorted before the next message is handled.
constexpr unsigned sort_batch = 1024;

// Where a message stands among those that wait: 0 is the most urgent.
std::size_t rank_of(const Message &message) noexcept {
  constexpr std::size_t low = Inbox::levels - 1;
  switch (message.kind) {
    case MessageKind::drain:      // after all that is queued
    case MessageKind::down:       // behind what the one that is gone has sent
    case MessageKind::exit:
    case MessageKind::restarted: return low;
    default: break;
  }
  switch (message.level) {
    case SABIR_PRIORITY_CRITICAL: return 0;
    case SABIR_PRIORITY_HIGH: return 1;
    case SABIR_PRIORITY_LOW: return low;
    default: return 2;
  }
}

// Whether a message means something to the incarnation only that has seen it.
bool is_of_incarnation(const Message &message) noexcept { return message.kind >= MessageKind::timer; }

Inbox *inbox_of(Context &context, Cell &cell) noexcept {
  if (!make_cold(&context, cell)) return nullptr;
  if (!cell.cold->inbox) cell.cold->inbox = memory::create<Inbox>();
  return cell.cold->inbox;
}

}  // namespace

Cold::~Cold() {
  memory::destroy(inbox);
  bury(delivered);
}

void sort_queue(Thread &thread, Cell &cell, Inbox &inbox) noexcept {
  for (unsigned i = 0; i < sort_batch; ++i) {
    const Queue::Taken taken = Queue::take(cell.run);
    if (!taken.node) return;
    if (taken.retired) free_message(thread, static_cast<Message *>(taken.retired));   // the start message, at first
    unlink_stub(cell);
    auto *message = static_cast<Message *>(taken.node);
    inbox.sorted[rank_of(*message)].push(message);
  }
}

void trim(Engine &engine, Thread &thread, Cell &cell, Inbox &inbox) {
  const Bounds bounds = Bounds::from(cell.bounds.load(std::memory_order_relaxed));
  if (!bounds.drop_oldest()) return;
  for (std::size_t rank = Inbox::levels; rank-- > 0;) {
    MessageList &list = inbox.sorted[rank];
    while (!list.empty() && list.first()->has(message_flag::counted) && is_over(engine, cell, bounds)) {
      struct Free {   // also where a subscriber ends its thread
        Thread &thread;
        Message *message;
        ~Free() { free_message(thread, message); }
      } dropped{thread, list.pop()};
      uncount(engine, cell, *dropped.message);
      give_back_depth(engine, cell);
      engine.host.dead_letter(thread, *dropped.message, SABIR_CAUSE_OVERFLOW, nullptr);
    }
  }
}

NextMessage take_next(Inbox &inbox) noexcept {
  if (Message *message = inbox.first.pop()) return {message, true};
  for (MessageList &list : inbox.sorted) {
    if (Message *message = list.pop()) return {message, false};
  }
  return {nullptr, false};
}

bool is_empty(const Inbox &inbox) noexcept {
  return inbox.first.empty() && std::all_of(inbox.sorted.begin(), inbox.sorted.end(), [](const MessageList &list) { return list.empty(); });
}

Status stash(Context &context, Cell &cell, Message &message) noexcept {
  Inbox *inbox = inbox_of(context, cell);
  if (!inbox) return SABIR_E_NOMEM;
  if (inbox->stashed == inbox->stash_capacity) return SABIR_E_LIMIT;
  detach_if_attached(&context, message);
  inbox->stash.push(&message);
  ++inbox->stashed;
  return SABIR_OK;
}

void unstash(Context &context, Cell &cell, std::uint32_t count) noexcept {
  Inbox *inbox = cell.cold ? cell.cold->inbox : nullptr;
  if (!inbox) return;
  if (count == 0 || count > inbox->stashed) count = inbox->stashed;
  if (count == 0) return;
  inbox->stashed -= count;
  context.counters.sent.add(count);
  for (; count != 0; --count) inbox->first.push(inbox->stash.pop());
  set_flag(cell, cell_flag::apart);
}

void leave_inbox(Context &context, Cell &cell) noexcept {
  Inbox *inbox = cell.cold->inbox;
  if (!inbox) return;
  unstash(context, cell, 0);
  MessageList kept;
  while (Message *message = inbox->first.pop()) {
    if (!is_of_incarnation(*message) && !is_reply(*message)) {
      kept.push(message);
    } else if (is_reply(*message) && message->kind != MessageKind::writable) {
      message->next.store(nullptr, std::memory_order_relaxed);
      context.engine->host.dead_letters_later(message, SABIR_CAUSE_LATE_REPLY);   // an earlier incarnation has asked
    } else {
      context.counters.handled.add(1);   // it was, when it was stashed
      free_message(*context.thread, message);
    }
  }
  inbox->first = kept;
  if (!inbox->first.empty() || inbox->sorts) set_flag(cell, cell_flag::apart);
}

void bury_inbox(Engine &engine, std::uint64_t pid, Cell &cell, std::int32_t cause) noexcept {
  Inbox *inbox = cell.cold->inbox;
  if (!inbox) return;
  for (MessageList *list : {&inbox->first, &inbox->sorted[0], &inbox->sorted[1], &inbox->sorted[2], &inbox->sorted[3]}) {
    for (Message *message = list->first(); message; message = static_cast<Message *>(message->next.load(std::memory_order_relaxed))) {
      if (message->has(message_flag::counted)) {
        uncount(engine, cell, *message);
        give_back_depth(engine, cell);
      }
      if (is_reply(*message)) message->target = pid;
    }
    if (Message *first = list->take_all()) engine.host.dead_letters_later(first, cause);
  }
}

}  // namespace sabir::actor
