// SPDX-License-Identifier: Apache-2.0
#include "sabir/delivery.h"

#include <cstring>
#include <span>

#include "actor/delivered.hpp"
#include "actor/delivery.hpp"
#include "behavior.hpp"
#include "delivery.hpp"
#include "home.hpp"
#include "polled.hpp"

namespace {

using namespace sabir;
using namespace sabir::capi;
using executor::Board;
using executor::Parcel;
using executor::Slot;

constexpr std::uint32_t batch_limit = 4096, outstanding_limit = 65'536, inline_limit = 1u << 20;
constexpr std::uint32_t wants_all = SABIR_WANTS_START | SABIR_WANTS_FAILED | SABIR_WANTS_STOP;
// How many parcels are taken from the board under one lock.
constexpr std::size_t take_batch = 64;

sabir_context *handle_of(const Board &board, const Slot &slot) noexcept {
  return reinterpret_cast<sabir_context *>(static_cast<std::uintptr_t>(board.context_of(slot)));
}

// Hands out into an array of sabir_delivery.
class Poll final : public executor::Guest {
 public:
  Poll(Board &board, sabir_delivery *deliveries, std::size_t count, std::size_t stride) noexcept
      : board_(board), next_(reinterpret_cast<char *>(deliveries)), count_(count), stride_(stride), size_(deliveries->struct_size) {}
  bool full() const noexcept override { return board_.ready() >= count_; }
  void collect() override {
    Parcel *parcels[take_batch];
    executor::Cancel cancels[take_batch];
    while (handed_ < count_) {
      const std::size_t taken = board_.take(parcels, cancels, std::min(take_batch, count_ - handed_), call_);
      if (taken == 0) return;
      for (std::size_t i = 0; i < taken; ++i) {
        if (cancels[i].context != 0) {
          write(cancels[i]);
        } else if (parcels[i]->kind > SABIR_DELIVERY_STOP) {
          write(static_cast<executor::Notice &>(*parcels[i]));
        } else {
          write(static_cast<Slot &>(*parcels[i]));
        }
      }
    }
  }
  std::size_t handed() const noexcept { return handed_; }

 private:
  void write(const executor::Cancel &cancel) noexcept {
    sabir_delivery &delivery = next();
    delivery.kind = SABIR_DELIVERY_CANCEL;
    delivery.context = reinterpret_cast<sabir_context *>(static_cast<std::uintptr_t>(cancel.context));
    delivery.actor = cancel.actor;
    delivery.state = cancel.state;
    delivery.value = 0;
    delivery.message = nullptr;
    delivery.exit = nullptr;
    delivery.incarnation = cancel.incarnation;
    delivery.status = SABIR_OK;
    delivery.code = 0;
  }

  void write(Slot &slot) noexcept {
    sabir_delivery &delivery = next();
    const executor::Account &account = *slot.account;
    delivery.kind = slot.kind;
    delivery.context = handle_of(board_, slot);
    delivery.actor = account.self;
    delivery.state = account.state;
    delivery.value = slot.value;
    delivery.message = slot.message;
    delivery.exit = slot.kind == SABIR_DELIVERY_MESSAGE ? nullptr : slot.exit;
    delivery.incarnation = account.incarnation;
    delivery.status = SABIR_OK;
    delivery.code = 0;
    Board::give_back(slot);
  }

  void write(executor::Notice &notice) noexcept {
    sabir_delivery &delivery = next();
    delivery.kind = notice.kind;
    delivery.context = nullptr;
    delivery.actor = notice.actor;
    delivery.state = static_cast<std::uintptr_t>(notice.state);
    delivery.code = notice.code;
    delivery.value = notice.value;
    delivery.message = notice.message;
    delivery.exit = nullptr;
    delivery.incarnation = 0;
    delivery.status = notice.status;
    free_notice(board_, notice);
  }

  // The next one to be filled, field by field where it stands: a copy would be read before it is written, and stall.
  sabir_delivery &next() noexcept {
    auto *out = reinterpret_cast<sabir_delivery *>(next_);
    out->struct_size = size_;
    out->reserved = 0;
    if (__builtin_expect(size_ > sizeof *out, 0)) std::memset(next_ + sizeof *out, 0, size_ - sizeof *out);   // a newer host's
    next_ += stride_;
    ++handed_;
    return *out;
  }

  Board &board_;
  char *next_;
  std::size_t count_, stride_;
  std::uint32_t size_;
  std::size_t handed_ = 0;
  const std::uint64_t call_ = board_.next_call();
};

// Whether the common way is enough: of our size, without texts and flags.
bool is_plain(const sabir_completion &given) noexcept {
  return given.struct_size == sizeof given && (given.flags | given.reserved) == 0 && (given.text_size | given.detail_size) == 0;
}

Status complete_given(Board::Completing &completing, const sabir_completion &given, std::size_t stride, executor::Task *&nudged) {
  if (given.struct_size > stride) return SABIR_E_INVALID;
  if (given.reserved != 0) return SABIR_E_OPTION;
  if (given.struct_size != sizeof given) {
    sabir_completion known;
    if (const Status status = read_options(&given, known, "completion", nullptr); !status.ok()) return status;
  }
  if ((!given.text && given.text_size > 0) || (!given.detail && given.detail_size > 0)) return SABIR_E_INVALID;
  return complete(completing,
                  {reinterpret_cast<std::uintptr_t>(given.context),
                   given.status,
                   given.flags,
                   given.value,
                   {given.text, given.text_size},
                   {given.detail, given.detail_size}},
                  nudged);
}

}  // namespace

namespace sabir::capi {

Status complete(Board::Completing &completing, const Completion &completion, executor::Task *&nudged) {
  if (__builtin_expect(completion.flags == 0 && completion.text.empty() && completion.detail.empty(), 1)) {
    return completing.complete(completion.context, {completion.status, 0, completion.value}, nudged);
  }
  nudged = nullptr;
  Slot *slot = nullptr;
  if (const Status status = completing.find(completion.context, slot); !status.ok()) return status;
  constexpr std::uint32_t both = SABIR_COMPLETION_TAKEN | SABIR_COMPLETION_RETURNED;
  if ((completion.flags & ~both) != 0) return SABIR_E_OPTION;
  if (completion.flags != 0) {
    const bool taken = (completion.flags & SABIR_COMPLETION_TAKEN) != 0;
    if (completion.flags == both || slot->kind != SABIR_DELIVERY_MESSAGE || (taken && slot->behind_record)) return SABIR_E_INVALID;
  }
  if (!completion.text.empty() || !completion.detail.empty()) {
    auto failure = std::make_unique<FailureText>();
    failure->code = completion.status != SABIR_OK ? completion.status : SABIR_E_EXCEPTION;
    failure->message = printable(completion.text);
    failure->detail = printable(completion.detail);
    if (const Status status = completing.win(completion.context, *slot); !status.ok()) return status;
    slot->failure = std::move(failure);
  } else if (const Status status = completing.win(completion.context, *slot); !status.ok()) {
    return status;
  }
  slot->status = completion.status;
  slot->flags = static_cast<std::uint16_t>(completion.flags);
  slot->value = completion.value;
  if (slot->kind == SABIR_DELIVERY_MESSAGE && (completion.flags & SABIR_COMPLETION_TAKEN) && slot->message) {
    // The host's from here on.
    slot->message->clear(message_flag::attached | message_flag::apart);
    slot->message = nullptr;
  }
  nudged = completing.done(completion.context, *slot);
  return SABIR_OK;
}

void nudge(executor::Task &task) noexcept {
  auto &cell = static_cast<actor::Cell &>(task);
  if (mailbox::Queue::nudge(cell.send, cell.run) == mailbox::Wake::yes) cell.executor.load(std::memory_order_relaxed)->schedule(cell);
}

void nudge(std::span<executor::Task *const> tasks) noexcept {
  actor::Woken woken(nullptr);
  for (executor::Task *task : tasks) {
    auto &cell = static_cast<actor::Cell &>(*task);
    if (mailbox::Queue::nudge(cell.send, cell.run) == mailbox::Wake::yes) woken.add(cell);
  }
}

}  // namespace sabir::capi

extern "C" {

void sabir_delivered_options_init(sabir_delivered_options *options, uint32_t struct_size) {
  initialize(sabir_delivered_options SABIR_DELIVERED_OPTIONS_INIT, options, struct_size);
}

sabir_status sabir_behavior_create_delivered(const sabir_delivered_options *options, sabir_behavior **behavior) {
  if (behavior) *behavior = nullptr;
  return guard([&]() -> sabir_status {
    if (!behavior || !options) return SABIR_E_INVALID;
    sabir_delivered_options given = SABIR_DELIVERED_OPTIONS_INIT;
    if (const Status status = read_options(options, given, "options", nullptr); !status.ok()) return status;
    if (given.reserved != 0) return SABIR_E_OPTION;
    if (!given.name || !*given.name) return SABIR_E_INVALID;
    if (const Status status = check_name(given.name, 255, "options.name", nullptr); !status.ok()) return status;
    if ((given.wants & ~(wants_all | SABIR_WANTS_NONE)) != 0) return SABIR_E_OPTION;
    if ((given.wants & SABIR_WANTS_NONE) && given.wants != SABIR_WANTS_NONE) return SABIR_E_INVALID;
    if (given.batch > batch_limit || given.max_outstanding > outstanding_limit) return SABIR_E_INVALID;
    if (given.inline_max != SABIR_INLINE_NONE && given.inline_max > inline_limit) return SABIR_E_INVALID;
    return create_behavior(
        [&](actor::Behavior &made) {
          made.name = given.name;
          made.delivered.wants = given.wants == 0 ? SABIR_WANTS_START | SABIR_WANTS_STOP : given.wants & wants_all;
          made.delivered.batch = given.batch ? given.batch : SABIR_DELIVERY_BATCH_DEFAULT;
          made.delivered.max_outstanding = given.max_outstanding ? given.max_outstanding : 1;
          made.delivered.inline_max = given.inline_max == SABIR_INLINE_NONE ? 0
                                      : given.inline_max                    ? given.inline_max
                                                                            : SABIR_DELIVERY_INLINE_DEFAULT;
        },
        behavior);
  });
}

sabir_status sabir_executor_poll(sabir_executor *executor, sabir_delivery *deliveries, size_t count, size_t stride, uint64_t wait_ns,
                                 size_t *handed) {
  if (handed) *handed = 0;
  return with_polled(executor, [&](executor::Polled &polled, Thread &thread) -> sabir_status {
    if (!deliveries || !handed || count == 0) return SABIR_E_INVALID;
    if (deliveries->struct_size < sizeof(sabir_delivery) || deliveries->struct_size > struct_size_limit) return SABIR_E_OPTION;
    if (stride < deliveries->struct_size || stride % alignof(sabir_delivery) != 0) return SABIR_E_INVALID;
    if (thread.must_not_wait()) return SABIR_E_WOULD_DEADLOCK;
    Poll poll(*polled.board(), deliveries, count, stride);
    const Status status = polled.poll(thread, wait_ns, SABIR_FOREVER, &poll);
    *handed = poll.handed();
    return status;
  });
}

sabir_status sabir_executor_complete(sabir_executor *executor, const sabir_completion *completions, size_t count, size_t stride,
                                     size_t *completed) {
  if (completed) *completed = 0;
  return with_polled(executor, [&](executor::Polled &polled, Thread &) -> sabir_status {
    if (count == 0) return SABIR_OK;
    if (!completions || stride < sizeof(sabir_completion) || stride % alignof(sabir_completion) != 0) return SABIR_E_INVALID;
    const auto *next = reinterpret_cast<const char *>(completions);
    Status refusal = SABIR_OK;
    for (std::size_t done = 0; done < count && refusal.ok();) {
      executor::Task *nudged[take_batch];
      std::size_t nudges = 0;
      bool must_tell;
      {
        Board::Completing completing(*polled.board());
        while (done < count && nudges < take_batch) {
          const auto *given = reinterpret_cast<const sabir_completion *>(next);
          refusal = is_plain(*given) ? completing.complete(reinterpret_cast<std::uintptr_t>(given->context),
                                                           {given->status, 0, given->value}, nudged[nudges])
                                     : complete_given(completing, *given, stride, nudged[nudges]);
          if (!refusal.ok()) break;
          if (nudged[nudges]) ++nudges;
          ++done;
          next += stride;
        }
        must_tell = completing.must_tell();
      }
      if (must_tell) polled.announce();
      nudge({nudged, nudges});
      if (completed) *completed = done;
    }
    return refusal;
  });
}
}
