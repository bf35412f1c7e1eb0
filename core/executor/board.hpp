// The board of a polled executor: what it has to hand out to the host, and what the host has out. A *delivery* is one call of a handler
// that the host makes itself: it is put up by the actor's runner, handed out by a poll, and completed by the host, now or later.
//
// Threads: any, under the board's mutex; the fields of a slot belong to whoever its phase says. Slots are never given back to the heap
// while the process lives, and neither are boards, so that a context that is used too late is told.
//
// Invariants
//
//   1. A slot is free; or spare (its actor's, unused); or up (ready); or out (the host's, which knows its context); or done (in its actor's
//      list of these, until the actor's runner has settled it). Only take() makes one out, only done() makes one done.
//
//   2. Of an actor whose messages are completed in order, the oldest one that is up stands in the list for those behind it (`waiting`), and
//      one call at a time has some: where its batch is cut, the rest is not in the list until those before are done. What is done is the
//      runner's only when nothing of it is up or out.
//
//   3. A context is the slot's number, its board's, and the slot's generation, which changes with each delivery; its lowest bit is set, so
//      that it is no pointer to a worker's context.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/failure_text.hpp"
#include "base/mutex.hpp"
#include "base/platform.hpp"
#include "executor/scheduler.hpp"
#include "sabir/delivery.h"

namespace sabir::executor {

// Something in the list of what is ready.
struct Parcel {
  Parcel *previous = nullptr;
  Parcel *next = nullptr;
  std::uint8_t kind = 0;  // SABIR_DELIVERY_...
  bool listed = false;  // it is in the list
};

// What a callback has become that has its home here. The end of something is made with what it is the end of, so that it never lacks
// memory; a LOG, or an EVENT that is no end, is made when it happens, and is *bounded*.
struct Notice : Parcel {
  bool bounded = false;  // it counts among those that wait
  std::uint64_t bytes = 0;  // bounded: of its message
  std::uintptr_t home = 0;  // the executor's handle
  std::uintptr_t value = 0;  // the host's
  sabir_message *message = nullptr;  // REPLY, LOG, EVENT: owned, or NULL
  sabir_status status = SABIR_OK;
  std::uint32_t code = 0;
  std::uint64_t actor = 0;  // a pid
  std::uint64_t state = 0;
  void (*end)(std::uint64_t state) noexcept = nullptr;  // ends what `state` stands for, where nobody gets it
};
// Nobody gets it: frees it and what it holds. Calls back where its message does.
void discard(Notice &notice) noexcept;

struct Slot;

// A CANCEL, as it was when it was taken: its delivery may be completed, and its slot another's, before the host is told.
struct Cancel {
  std::uint64_t context;  // 0: it is none
  std::uint64_t actor;
  std::uintptr_t state;
  std::uint32_t incarnation;
};

// What an actor has at the board, apart from what only its runner knows. As lasting as slots: who completes, and a runner that has just
// handed its actor over, may look at one that is another's by now, and then only looks once too often.
struct Account {
  std::string name;  // the actor's, and its behavior's: for the report of survivors
  const std::string *behavior = nullptr;
  void *owner = nullptr;  // the actor's Delivered
  Task *task = nullptr;  // the actor
  // Of its present incarnation; written while nothing is up or out.
  std::uint64_t self = 0;  // its pid
  std::uintptr_t state = 0;  // 0 before it has any
  std::uint32_t incarnation = 0;
  bool in_order = true;  // its messages are completed one after another
  std::uint32_t inline_max = 0;  // payloads up to this size are copied into a record
  // in_order; guarded by the board's mutex
  Slot *oldest = nullptr;  // that the runner does not have: done, out, up
  Slot *expected = nullptr;  // the oldest that is not done
  Slot *next_up = nullptr;  // the oldest that is up
  Slot *newest = nullptr;  // the last one put up, if `oldest` is some
  std::uint64_t taker = 0;  // the last call that got some
  std::uint32_t waiting = 0;  // up
  // Completed and not settled: in_order, the oldest first; else the newest. complete() adds (release), the runner takes all (acquire).
  std::atomic<Slot *> done{nullptr};
  Account *next_free = nullptr;
};

// What the host said of a delivery.
struct Outcome {
  sabir_status status = SABIR_OK;
  std::uint16_t flags = 0;  // SABIR_COMPLETION_...
  std::uintptr_t value = 0;
};

// Two cache lines, of which a message that is handled as most are needs but the first.
struct alignas(cache_line_size) Slot : Parcel {
  static constexpr unsigned generation_shift = 8;
  static constexpr std::uint64_t in_call = 16;
  static constexpr std::uint64_t with(std::uint64_t generation, std::uint8_t phase) noexcept {
    return generation << generation_shift | phase;
  }
  enum class Phase : std::uint8_t { free, spare, up, out, done };

  bool behind_record = false;  // its payload was copied: the host has no message
  // Both of one byte, and guarded by the board's mutex while it is up or out.
  bool cancelled : 1 = false;  // its CANCEL has been put up
  bool cancel_again : 1 = false;  // and was taken down, as the delivery itself was put back
  std::uint32_t index = 0;  // constant
  // Its generation, whether a call uses its context, and its phase. Written under the board's mutex, but for a call's mark: who wants to
  // use or to complete a delivery that is out must win it by a CAS (acquire: pairs with the last one's release).
  std::atomic<std::uint64_t> word{std::uint64_t{1} << generation_shift};
  Account *account = nullptr;
  Slot *later = nullptr;  // put up after it, by the same actor; or the next one in a list of free, spare or done ones
  sabir_message *message = nullptr;  // MESSAGE; NULL once it was moved
  sabir_status status = SABIR_OK;  // of the outcome
  std::uint16_t flags = 0;  // of the outcome
  std::uint16_t events = 0;  // what the handler asked for besides: actor::event

  std::uintptr_t value = 0;  // START: the argument; later of the outcome
  std::uint64_t type = 0;  // of its message; for the report of survivors
  const sabir_exit *exit = nullptr;  // FAILED, STOP: a reference
  Slot *older = nullptr;  // of a concurrent actor, in the list of those up or out: its runner's
  Slot *newer = nullptr;
  std::uint64_t mute_for = 0;
  std::unique_ptr<FailureText> failure;  // event::fail

  Phase phase() const noexcept { return static_cast<Phase>(word.load(std::memory_order_relaxed) & 7); }
  std::uint32_t generation() const noexcept { return static_cast<std::uint32_t>(word.load(std::memory_order_relaxed) >> generation_shift); }
  // By who has the slot to himself.
  void enter(Phase next_phase) noexcept {
    word.store((word.load(std::memory_order_relaxed) & ~std::uint64_t{0xff}) | static_cast<std::uint64_t>(next_phase),
               std::memory_order_release);
  }
  // From here on it is another delivery.
  void renew() noexcept { word.store(with(generation() + 1, static_cast<std::uint8_t>(Phase::up)), std::memory_order_release); }
};

static_assert(sizeof(Slot) == 2 * cache_line_size);

class Board {
 public:
  static constexpr std::uint32_t board_limit = 1023;
  static constexpr std::uint32_t slot_limit = 1u << 22;
  static constexpr unsigned index_shift = 11, generation_shift = 33;

  // A board of the process's that nobody has. Errors: LIMIT (all are taken), NOMEM.
  [[nodiscard]] static Status take_board(Board *&board) noexcept;
  // Its executor is gone: what is out can be completed no more.
  static void give_board(Board *board) noexcept;
  // The board that a context names, or NULL.
  static Board *of(std::uint64_t context) noexcept;

  // An actor's account. NULL: no memory.
  [[nodiscard]] Account *take_account() noexcept;
  void give_account(Account *account) noexcept;
  // Slots for an actor, linked through `later`, spare from here on; fewer where there is no memory for more; NULL: for none.
  [[nodiscard]] Slot *take_slots(std::uint32_t count, std::uint32_t &taken) noexcept;
  void give_slots(Slot *first) noexcept;

  // Puts deliveries up, linked through `later`, in their order; they have entered their phase. By the actor's runner, while it runs on
  // this executor.
  void put_up(Account &account, Slot *first, Slot *last, std::uint32_t count) noexcept;
  // The actor is to end. Of its deliveries those out are cancelled: the host is told, once. Those still up are taken back: returns the
  // first of them, linked through `later`; they are spare. oldest: of a concurrent actor, linked through `newer`.
  Slot *cancel(Account &account, Slot *oldest) noexcept;
  // A notice, which needs no completion. From anywhere; the caller tells who polls. False: the executor is disowned.
  [[nodiscard]] bool put_up(Notice &notice) noexcept;
  // Its executor is disowned: the notices that are up are lost, and so are all that come.
  void disown() noexcept;
  // Its executor is gone, or was disowned and is used again: nothing is ready.
  void forget() noexcept;
  // How many notices found nobody at home any more, or no room. relaxed: a number.
  std::atomic<std::uint64_t> lost{0};
  void lose(std::uint64_t count = 1) noexcept { lost.fetch_add(count, std::memory_order_relaxed); }
  // How many are due, or up. Counted by who makes and who frees them.
  std::atomic<std::uint32_t> notices{0};
  // Room among the bounded notices for one with so many bytes. False: too many wait.
  [[nodiscard]] bool enter(std::size_t bytes) noexcept;
  void leave(std::size_t bytes) noexcept;

  // Hands out up to `count` parcels, the oldest first. cancels: out; where one is a CANCEL, its slot is not the caller's to look at.
  // Another slot is, until give_back: nobody can complete it before, who has its context from a CANCEL that was faster. call: of
  // next_call(), the same for all that one poll takes.
  std::size_t take(Parcel **parcels, Cancel *cancels, std::size_t count, std::uint64_t call) noexcept;
  std::uint64_t next_call() noexcept { return calls_.fetch_add(1, std::memory_order_relaxed) + 1; }
  // Puts back what take() gave last, in front: but not the CANCEL of what was completed meanwhile.
  void put_back(Parcel &parcel, const Cancel &cancel) noexcept;
  // How many are ready. A hint, but what was put up before is counted: by who has synchronized with that.
  std::uint32_t ready() const noexcept { return ready_.load(std::memory_order_acquire); }

  std::uint64_t context_of(const Slot &slot) const noexcept {
    return std::uint64_t{slot.generation()} << generation_shift | std::uint64_t{slot.index} << index_shift | std::uint64_t{number_} << 1 |
           1;
  }

  // Completions under one lock; who must be nudged is nudged after it.
  class Completing {
   public:
    explicit Completing(Board &board) noexcept : board_(board) { board.mutex_.lock(); }
    ~Completing() { board_.mutex_.unlock(); }
    Completing(const Completing &) = delete;
    Completing &operator=(const Completing &) = delete;
    // The delivery that can be completed. Errors: FOREIGN, CONTEXT, BUSY, ORDER.
    Status find(std::uint64_t context, Slot *&slot) noexcept;
    // Keeps calls from using it. Errors: BUSY.
    Status win(std::uint64_t context, Slot &slot) noexcept;
    // It is the actor's runner's from here on, or when those that stand beside it are. Returns the actor that must be nudged, or NULL.
    [[nodiscard]] Task *done(std::uint64_t context, Slot &slot) noexcept;
    // All three. nudged: out, or NULL.
    Status complete(std::uint64_t context, const Outcome &outcome, Task *&nudged) noexcept;
    // The same of one that was lent to the caller. Errors: ORDER; then it still is.
    Status complete_lent(std::uint64_t context, Slot &slot, const Outcome &outcome, Task *&nudged) noexcept;
    // Whether more is ready than before, of which those who poll do not know yet.
    bool must_tell() const noexcept { return must_tell_; }

   private:
    Task *done(std::uint64_t context, Slot &slot, const Outcome &outcome) noexcept;

    Board &board_;
    bool must_tell_ = false;
  };

  // A context that nothing is out as here. Errors: FOREIGN (another board's), CONTEXT.
  Status why_not(std::uint64_t context) const noexcept;
  // Whether the host has a delivery as this context.
  bool is_out(std::uint64_t context) noexcept;
  // Lends the delivery to a call. Errors: CONTEXT, BUSY.
  Status lend(std::uint64_t context, Slot *&slot) noexcept;
  static void give_back(Slot &slot) noexcept { slot.enter(Slot::Phase::out); }

  // Each delivery that the host has out: visit(const Slot &), under the mutex.
  template <class Visit>
  void visit_out(Visit visit) {
    MutexLock lock(mutex_);
    for (std::uint32_t i = 0; i < chunks_made_; ++i) {
      const Slot *chunk = chunks_[i].load(std::memory_order_relaxed);
      for (std::uint32_t j = 0; j < first_chunk << i; ++j) {
        if (chunk[j].phase() == Slot::Phase::out) visit(chunk[j]);
      }
    }
  }

 private:
  // Each chunk is twice as large as the one before.
  static constexpr std::uint32_t first_chunk = 256, chunk_count = 15;
  static_assert(first_chunk * ((std::uint64_t{1} << chunk_count) - 1) >= slot_limit);
  static constexpr std::uint32_t generation_limit = 1u << 31;

  static bool is_delivery(std::uint64_t context) noexcept { return (context & 1) != 0; }
  // The word of a slot that is out as this context, and that no call uses.
  static std::uint64_t out_as(std::uint64_t context) noexcept {
    return Slot::with(context >> generation_shift, static_cast<std::uint8_t>(Slot::Phase::out));
  }
  // Wherever it is. NULL: there is none of that number here.
  Slot *slot_of(std::uint64_t context) const noexcept;
  void list(Parcel &parcel, std::uint32_t weight) noexcept SABIR_REQUIRES(mutex_);
  void list_first(Parcel &parcel, std::uint32_t weight) noexcept SABIR_REQUIRES(mutex_);
  void unlist(Parcel &parcel, std::uint32_t weight) noexcept SABIR_REQUIRES(mutex_);
  void add_ready(std::uint32_t count) noexcept SABIR_REQUIRES(mutex_) {
    ready_.store(ready_.load(std::memory_order_relaxed) + count, std::memory_order_release);
  }
  void hand_over(Slot &slot) noexcept SABIR_REQUIRES(mutex_);
  bool cancel_out(Slot &slot) noexcept SABIR_REQUIRES(mutex_);
  Slot *cancel_in_order(Account &account) noexcept SABIR_REQUIRES(mutex_);
  bool list_rest(Account &account) noexcept SABIR_REQUIRES(mutex_);
  void settle_in_order(Account &account) noexcept SABIR_REQUIRES(mutex_);

  std::uint32_t number_ = 0;  // constant
  Mutex mutex_;
  std::array<std::atomic<Slot *>, chunk_count> chunks_{};  // set under the mutex (release, pairs with slot_of)
  std::uint32_t chunks_made_ SABIR_GUARDED_BY(mutex_) = 0;
  std::vector<std::unique_ptr<Account[]>> accounts_ SABIR_GUARDED_BY(mutex_);
  Account *free_account_ SABIR_GUARDED_BY(mutex_) = nullptr;
  Slot *free_ SABIR_GUARDED_BY(mutex_) = nullptr;
  Parcel *first_ SABIR_GUARDED_BY(mutex_) = nullptr;
  Parcel *last_ SABIR_GUARDED_BY(mutex_) = nullptr;
  std::atomic<std::uint32_t> ready_{0};
  std::atomic<std::uint64_t> calls_{0};  // relaxed: a number
  bool disowned_ SABIR_GUARDED_BY(mutex_) = false;
  std::atomic<std::uint32_t> waiting_{0};  // bounded notices that are up. relaxed, as the next one: numbers
  std::atomic<std::uint64_t> waiting_bytes_{0};
};

inline Slot *Board::slot_of(std::uint64_t context) const noexcept {
  if ((context & (board_limit << 1 | 1)) != (number_ << 1 | 1)) return nullptr;
  const std::uint64_t index = context >> index_shift & (slot_limit - 1);
  const auto chunk = static_cast<std::uint32_t>(std::bit_width(index / first_chunk + 1) - 1);
  Slot *first = chunks_[chunk].load(std::memory_order_acquire);
  return first ? first + (index - first_chunk * ((std::uint64_t{1} << chunk) - 1)) : nullptr;
}

inline Status Board::lend(std::uint64_t context, Slot *&slot) noexcept {
  slot = slot_of(context);
  if (__builtin_expect(!slot, 0)) return SABIR_E_CONTEXT;
  const std::uint64_t out = out_as(context);
  std::uint64_t word = out;
  if (slot->word.compare_exchange_strong(word, out | Slot::in_call, std::memory_order_acquire, std::memory_order_relaxed)) return SABIR_OK;
  return word == (out | Slot::in_call) ? SABIR_E_BUSY : SABIR_E_CONTEXT;
}

inline Status Board::Completing::find(std::uint64_t context, Slot *&slot) noexcept {
  board_.mutex_.assume_held();
  slot = board_.slot_of(context);
  if (__builtin_expect(!slot, 0)) return board_.why_not(context);
  const std::uint64_t out = out_as(context), word = slot->word.load(std::memory_order_relaxed);
  if (__builtin_expect(word != out, 0)) return word == (out | Slot::in_call) ? SABIR_E_BUSY : SABIR_E_CONTEXT;
  return slot->account->in_order && slot != slot->account->expected ? SABIR_E_ORDER : SABIR_OK;
}

inline Status Board::Completing::win(std::uint64_t context, Slot &slot) noexcept {
  std::uint64_t out = out_as(context);
  const bool won = slot.word.compare_exchange_strong(out, out | Slot::in_call, std::memory_order_acquire, std::memory_order_relaxed);
  return won ? SABIR_OK : SABIR_E_BUSY;
}

inline Task *Board::Completing::done(std::uint64_t context, Slot &slot) noexcept {
  board_.mutex_.assume_held();
  Account &account = *slot.account;
  if (__builtin_expect(slot.listed, 0)) board_.unlist(slot, 1);  // its CANCEL, which comes too late
  slot.word.store(Slot::with(context >> generation_shift, static_cast<std::uint8_t>(Slot::Phase::done)), std::memory_order_release);
  if (__builtin_expect(account.in_order, 1)) {
    Slot *next = account.expected = slot.later;
    if (__builtin_expect(next == nullptr, 0)) {
      board_.settle_in_order(account);
      return account.task;
    }
    if (__builtin_expect(next == account.next_up, 0)) must_tell_ |= board_.list_rest(account);
    return nullptr;
  }
  Slot *newest = account.done.load(std::memory_order_relaxed);
  do {
    slot.later = newest;
  } while (!account.done.compare_exchange_weak(newest, &slot, std::memory_order_release, std::memory_order_relaxed));
  return newest ? nullptr : account.task;  // the first one wakes it for those behind
}

inline Task *Board::Completing::done(std::uint64_t context, Slot &slot, const Outcome &outcome) noexcept {
  slot.status = outcome.status;
  slot.flags = outcome.flags;
  if (__builtin_expect(slot.kind != SABIR_DELIVERY_MESSAGE, 0)) slot.value = outcome.value;
  return done(context, slot);
}

inline Status Board::Completing::complete(std::uint64_t context, const Outcome &outcome, Task *&nudged) noexcept {
  nudged = nullptr;
  Slot *slot = nullptr;
  if (const Status status = find(context, slot); __builtin_expect(!status.ok(), 0)) return status;
  if (const Status status = win(context, *slot); __builtin_expect(!status.ok(), 0)) return status;
  nudged = done(context, *slot, outcome);
  return SABIR_OK;
}

inline Status Board::Completing::complete_lent(std::uint64_t context, Slot &slot, const Outcome &outcome, Task *&nudged) noexcept {
  nudged = nullptr;
  if (__builtin_expect(slot.account->in_order && &slot != slot.account->expected, 0)) return SABIR_E_ORDER;
  nudged = done(context, slot, outcome);
  return SABIR_OK;
}

}  // namespace sabir::executor
