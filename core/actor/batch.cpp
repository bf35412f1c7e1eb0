// SPDX-License-Identifier: Apache-2.0
#include "actor/batch.hpp"

#include <algorithm>
#include <array>

#include "actor/admission.hpp"
#include "actor/delivery.hpp"
#include "actor/sending.hpp"

namespace sabir::actor {

namespace {

// How many envelopes are sorted by receiver at a time, and for how many receivers.
constexpr std::size_t window_limit = 256;
constexpr std::size_t chain_limit = 8;

// An envelope that was put off: see Batch::settle. No status that a send gives.
constexpr sabir_status put_off = 1;

class Batch {
 public:
  Batch(Engine &engine, Thread &thread, Context *sender, const Envelopes &envelopes) noexcept
      : engine_(engine), thread_(thread), sender_(sender), context_(sender ? sender : context_of(thread, engine)), envelopes_(envelopes) {}

  std::size_t send() {
    for (first_ = 0; first_ < envelopes_.count(); first_ += window_limit) {
      end_ = std::min(envelopes_.count(), first_ + window_limit);
      for (std::size_t i = first_; i < end_; ++i) take(i);
      settle(end_);
    }
    return sent_;
  }

 private:
  // Envelopes for one receiver, in order: places in the window, linked through following_.
  struct Chain {
    std::uint64_t to = 0;
    std::uint32_t count = 0;
    std::uint16_t first = 0;
    std::uint16_t last = 0;
  };

  void take(std::size_t index) {
    sabir_envelope &envelope = envelopes_[index];
    envelope.status = SABIR_E_INVALID;
    if (!envelope.message) return;
    envelope.status = check(engine_, *envelope.message, context_);
    if (envelope.status != SABIR_OK) return;
    const auto place = static_cast<std::uint16_t>(index - first_);
    Chain &chain = chains_[Pid::unpack(envelope.to).index % chain_limit];
    if (chain.count != 0 && chain.to == envelope.to) {
      following_[chain.last] = place;
      chain.last = place;
      ++chain.count;
      return;
    }
    if (chain.count != 0 && !push(chain)) settle(index);
    chain = {envelope.to, 1, place, place};
  }

  // Sends what has been taken, of the envelopes before `end`. First whatever goes without a wait; then, one by one, what was put off. All
  // of a receiver's are put off or none, so they stay in order.
  void settle(std::size_t end) {
    bool all = !late_;
    for (Chain &chain : chains_) all &= chain.count == 0 || push(chain);
    late_ = false;
    if (all) return;
    for (std::size_t i = first_; i < end; ++i) {
      sabir_envelope &envelope = envelopes_[i];
      if (envelope.status != put_off) continue;
      envelope.status = sender_ ? actor::send(*sender_, envelope.to, *envelope.message)
                                : actor::send(engine_, thread_, envelope.to, *envelope.message, Parker::Clock::time_point::max());
      if (envelope.status != SABIR_OK) continue;
      envelope.message = nullptr;
      ++sent_;
    }
  }

  template <class Visit>
  void visit(const Chain &chain, Visit visit) {
    std::uint16_t place = chain.first;
    for (std::uint32_t i = 0; i < chain.count; ++i) {
      const std::uint16_t next = following_[place];
      visit(envelopes_[first_ + place]);
      place = next;
    }
  }

  void mark(Chain &chain, sabir_status status) {
    visit(chain, [&](sabir_envelope &envelope) { envelope.status = status; });
    chain.count = 0;
  }

  // Pushes a chain as a whole, and empties it. False: it is put off.
  bool push(Chain &chain) {
    Cell *cell;
    if (const Status status = resolve_here(engine_, chain.to, cell, false); !status.ok()) {
      mark(chain, status);
      return true;
    }
    const Bounds bounds = Bounds::from(cell->bounds.load(std::memory_order_relaxed));
    // Requests are looked at one by one, and so is what bounds bytes.
    if (bounds.supervisor() || bounds.bytes() || !admit(*cell, bounds, chain.count)) {
      mark(chain, put_off);
      late_ = true;
      return false;
    }
    const bool counted = !bounds.unbounded();
    Message *first = nullptr, *last = nullptr;
    std::uint32_t refused = 0;
    visit(chain, [&](sabir_envelope &envelope) {
      Message &message = *envelope.message;
      envelope.status = fits(engine_, *cell, bounds, message);
      if (__builtin_expect(envelope.status != SABIR_OK, 0)) {
        ++refused;
        return;
      }
      envelope.message = nullptr;
      detach_if_attached(context_, message);
      make_plain(message);
      start_deadline(engine_, message);
      message.target = chain.to;
      message.sender = sender_ ? sender_->self : 0;
      if (counted) message.set(message_flag::counted);
      if (last) {
        last->next.store(&message, std::memory_order_relaxed);  // published by the push
      } else {
        first = &message;
      }
      last = &message;
    });
    const std::uint32_t count = chain.count - refused;
    chain.count = 0;
    if (__builtin_expect(refused != 0, 0) && counted) actor::refuse(*cell, refused);
    if (count == 0) return true;
    sent_ += count;
    if (sender_) sender_->worker->budget -= count;
    actor::count(engine_, thread_, [count](metrics::Counters &counters, auto add) { add(counters.sent, count); });
    if (mailbox::Queue::push_all(cell->send, first, last) == mailbox::Wake::yes)
      cell->executor.load(std::memory_order_relaxed)->schedule(*cell);
    return true;
  }

  // Room for all of them, below the bound itself. relaxed: as in actor::admit.
  static bool admit(Cell &cell, Bounds bounds, std::uint32_t count) noexcept {
    if (bounds.unbounded()) return true;
    // First a look: what does not fit shall not keep others out for a moment.
    const std::int64_t most = std::int64_t{bounds.capacity()} - count;
    if (depth_of(cell) > most) return false;
    if (let_in(cell, count) <= most) return true;
    actor::refuse(cell, count);
    return false;
  }

  Engine &engine_;
  Thread &thread_;
  Context *sender_;  // the actor that sends, or NULL
  Context *context_;  // of the worker that this is, or NULL
  const Envelopes &envelopes_;
  std::size_t sent_ = 0;
  std::size_t first_ = 0;  // the present window
  std::size_t end_ = 0;
  bool late_ = false;  // some are put off
  std::array<Chain, chain_limit> chains_{};
  std::array<std::uint16_t, window_limit> following_;  // written before it is read
};

}  // namespace

std::size_t send_batch(Engine &engine, Thread &thread, Context *sender, const Envelopes &envelopes) {
  return Batch(engine, thread, sender, envelopes).send();
}

}  // namespace sabir::actor
