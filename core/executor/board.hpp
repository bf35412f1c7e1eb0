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
//   2. Of an actor whose messages are completed in order, one call at a time has some: where its batch is cut, the rest is up and not in
//      the list until those before are done.
//
//   3. A context is the slot's number, its board's, and the slot's generation, which changes with each delivery; its lowest bit is set, so
//      that it is no pointer to a worker's context.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/failure_text.hpp"
#include "base/mutex.hpp"
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

// What a callback has become that has its home here: made with what it is the end of, so that it never lacks memory.
struct Notice : Parcel {
  std::uintptr_t home = 0;  // the executor's handle
  std::uintptr_t value = 0;  // the host's
  sabir_message *message = nullptr;  // REPLY: owned, or NULL
  sabir_status status = SABIR_OK;  // REPLY
};

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
  bool in_order = true;  // its messages are completed one after another
  Slot *expected = nullptr;  // in_order: the oldest that is not done; guarded by the board's mutex
  Slot *newest = nullptr;  // in_order: the last one put up; guarded by the board's mutex
  std::uint64_t taker = 0;  // in_order: the last call that got some; guarded by the board's mutex
  std::uint32_t uncompleted = 0;  // up or out; guarded by the board's mutex
  // Completed and not settled, newest first. complete() pushes (release), the runner takes all (acquire).
  std::atomic<Slot *> done{nullptr};
  Account *next_free = nullptr;
};

// What the host said of a delivery.
struct Outcome {
  sabir_status status = SABIR_OK;
  std::uint32_t flags = 0;  // SABIR_COMPLETION_...
  std::uintptr_t value = 0;
};

struct Slot : Parcel {
  static constexpr unsigned generation_shift = 8;
  static constexpr std::uint64_t in_call = 16;
  static constexpr std::uint64_t with(std::uint64_t generation, std::uint8_t phase) noexcept {
    return generation << generation_shift | phase;
  }
  enum class Phase : std::uint8_t { free, spare, up, out, done };

  // Its generation, whether a call uses its context, and its phase. Written under the board's mutex, but for a call's mark: who wants to
  // use or to complete a delivery that is out must win it by a CAS (acquire: pairs with the last one's release).
  std::atomic<std::uint64_t> word{std::uint64_t{1} << generation_shift};
  bool behind_record = false;  // its payload was copied: the host has no message
  bool cancelled = false;  // its CANCEL has been put up
  bool cancel_again = false;  // and was taken down, as the delivery itself was put back
  std::uint32_t index = 0;  // constant
  Account *account = nullptr;
  Slot *later = nullptr;  // put up after it, by the same actor; or the next one in a list of free, spare or done ones
  Slot *older = nullptr;  // in the list of those that the actor has up or out: its runner's
  Slot *newer = nullptr;
  sabir_message *message = nullptr;  // MESSAGE; NULL once it was moved
  const sabir_exit *exit = nullptr;  // FAILED, STOP: a reference
  std::uintptr_t state = 0;
  std::uint64_t actor = 0;  // its pid
  std::uint32_t incarnation = 0;
  std::uint64_t type = 0;  // of its message; for the report of survivors
  std::uint32_t inline_max = 0;  // payloads up to this size are copied into a record
  Outcome outcome;
  std::uint32_t events = 0;  // what the handler asked for besides: actor::event
  std::uint64_t mute_for = 0;
  std::unique_ptr<FailureText> failure;  // event::fail

  Phase phase() const noexcept { return static_cast<Phase>(word.load(std::memory_order_relaxed) & 7); }
  std::uint32_t generation() const noexcept { return static_cast<std::uint32_t>(word.load(std::memory_order_relaxed) >> generation_shift); }
  // By who has the slot to himself.
  void enter(Phase next_phase) noexcept {
    word.store((word.load(std::memory_order_relaxed) & ~std::uint64_t{0xff}) | static_cast<std::uint64_t>(next_phase),
               std::memory_order_release);
  }
};

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
  static bool is_delivery(std::uint64_t context) noexcept { return (context & 1) != 0; }

  // An actor's account. NULL: no memory.
  [[nodiscard]] Account *take_account() noexcept;
  void give_account(Account *account) noexcept;
  // Slots for an actor, linked through `later`, spare from here on; fewer where there is no memory for more; NULL: for none.
  [[nodiscard]] Slot *take_slots(std::uint32_t count, std::uint32_t &taken) noexcept;
  void give_slots(Slot *first) noexcept;

  // Puts deliveries up, linked through `later`, in their order. By the actor's runner, while it runs on this executor.
  void put_up(Account &account, Slot *first) noexcept;
  // The actor is to end. Of its deliveries, linked through `newer` from the oldest on, those out are cancelled: the host is told, once.
  // Those still up are taken back: returns the first of them, linked through `later`; they are spare.
  Slot *cancel(Account &account, Slot *oldest) noexcept;
  // A notice, which needs no completion. From anywhere; the caller tells who polls.
  void put_up(Notice &notice) noexcept;
  // Its executor was disowned, and is used again: nothing is ready.
  void forget() noexcept;
  // How many notices found nobody at home any more. relaxed: a number.
  std::atomic<std::uint64_t> lost{0};
  // How many are due, or up. Counted by who makes and who frees them.
  std::atomic<std::uint32_t> notices{0};

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
    // It is the actor's runner's from here on. True: the actor must be nudged.
    [[nodiscard]] bool done(Slot &slot) noexcept;
    // Whether more is ready than before, of which those who poll do not know yet.
    bool must_tell() const noexcept { return must_tell_; }

   private:
    Board &board_;
    bool must_tell_ = false;
  };

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

  // The handle of the system whose executor has it.
  std::atomic<std::uintptr_t> system_handle{0};

 private:
  // Each chunk is twice as large as the one before.
  static constexpr std::uint32_t first_chunk = 256, chunk_count = 15;
  static_assert(first_chunk * ((std::uint64_t{1} << chunk_count) - 1) >= slot_limit);
  static constexpr std::uint32_t generation_limit = 1u << 31;

  // Wherever it is. NULL: there is none of that number.
  Slot *slot_of(std::uint64_t context) noexcept;
  void list(Parcel &parcel) noexcept SABIR_REQUIRES(mutex_);
  void list_first(Parcel &parcel) noexcept SABIR_REQUIRES(mutex_);
  void unlist(Parcel &parcel) noexcept SABIR_REQUIRES(mutex_);

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
};

}  // namespace sabir::executor
