// SPDX-License-Identifier: Apache-2.0
#include "executor/board.hpp"

#include <bit>
#include <new>
#include <utility>

namespace sabir::executor {

namespace {

// The process's boards; a number's board is made once, and used again by other executors.
struct Boards {
  Mutex mutex;
  std::array<std::atomic<Board *>, Board::board_limit + 1> all{};
  std::array<bool, Board::board_limit + 1> taken SABIR_GUARDED_BY(mutex){};
};

Boards &boards() noexcept {
  // Never destroyed: a context may come late.
  alignas(Boards) static unsigned char storage[sizeof(Boards)];
  static auto *all = new (storage) Boards;
  return *all;
}

// The word of a slot that is out as this context, and that no call uses.
std::uint64_t out_as(std::uint64_t context) noexcept {
  return Slot::with(context >> Board::generation_shift, static_cast<std::uint8_t>(Slot::Phase::out));
}

}  // namespace

Status Board::take_board(Board *&board) noexcept {
  Boards &known = boards();
  MutexLock lock(known.mutex);
  for (std::uint32_t number = 1; number <= board_limit; ++number) {
    if (known.taken[number]) continue;
    board = known.all[number].load(std::memory_order_relaxed);
    if (!board) {
      board = new (std::nothrow) Board;
      if (!board) return SABIR_E_NOMEM;
      board->number_ = number;
      known.all[number].store(board, std::memory_order_release);   // pairs with of()
    }
    known.taken[number] = true;
    return SABIR_OK;
  }
  return SABIR_E_LIMIT;
}

void Board::forget() noexcept {
  MutexLock lock(mutex_);
  // What is left belonged to actors that are gone, or leaked with them: their slots are not used again.
  for (Parcel *parcel = first_; parcel; parcel = parcel->next) parcel->listed = false;
  first_ = last_ = nullptr;
  notices.store(0, std::memory_order_relaxed);
  ready_.store(0, std::memory_order_release);
  for (std::uint32_t i = 0; i < chunks_made_; ++i) {
    Slot *chunk = chunks_[i].load(std::memory_order_relaxed);
    for (std::uint32_t j = 0; j < first_chunk << i; ++j) {
      if (chunk[j].phase() == Slot::Phase::up || chunk[j].phase() == Slot::Phase::out) chunk[j].enter(Slot::Phase::spare);
    }
  }
}

void Board::give_board(Board *board) noexcept {
  if (!board) return;
  board->forget();
  Boards &known = boards();
  MutexLock lock(known.mutex);
  known.taken[board->number_] = false;
}

Board *Board::of(std::uint64_t context) noexcept { return boards().all[context >> 1 & board_limit].load(std::memory_order_acquire); }

Slot *Board::slot_of(std::uint64_t context) noexcept {
  if ((context >> 1 & board_limit) != number_) return nullptr;
  const std::uint64_t index = context >> index_shift & (slot_limit - 1);
  const auto chunk = static_cast<std::uint32_t>(std::bit_width(index / first_chunk + 1) - 1);
  Slot *first = chunks_[chunk].load(std::memory_order_acquire);
  return first ? first + (index - first_chunk * ((std::uint64_t{1} << chunk) - 1)) : nullptr;
}

Account *Board::take_account() noexcept {
  MutexLock lock(mutex_);
  if (!free_account_) {
    try {
      accounts_.emplace_back(new Account[first_chunk]);
    } catch (const std::bad_alloc &) {
      return nullptr;
    }
    for (std::uint32_t i = first_chunk; i-- > 0;) {
      accounts_.back()[i].next_free = free_account_;
      free_account_ = &accounts_.back()[i];
    }
  }
  Account *account = free_account_;
  free_account_ = account->next_free;
  return account;
}

void Board::give_account(Account *account) noexcept {
  MutexLock lock(mutex_);
  account->owner = nullptr;
  account->name.clear();
  account->next_free = free_account_;
  free_account_ = account;
}

Slot *Board::take_slots(std::uint32_t count, std::uint32_t &taken) noexcept {
  taken = 0;
  Slot *first = nullptr;
  MutexLock lock(mutex_);
  while (taken < count) {
    if (!free_) {
      const std::uint32_t size = first_chunk << chunks_made_, base = size - first_chunk;
      if (base + size > slot_limit) break;
      Slot *chunk = new (std::nothrow) Slot[size];
      if (!chunk) break;
      chunks_[chunks_made_++].store(chunk, std::memory_order_release);
      for (std::uint32_t i = size; i-- > 0;) {
        chunk[i].index = base + i;
        chunk[i].later = free_;
        free_ = &chunk[i];
      }
    }
    Slot *slot = free_;
    free_ = slot->later;
    slot->enter(Slot::Phase::spare);
    slot->later = first;
    first = slot;
    ++taken;
  }
  return first;
}

void Board::give_slots(Slot *first) noexcept {
  MutexLock lock(mutex_);
  while (first) {
    Slot *slot = first;
    first = slot->later;
    slot->enter(Slot::Phase::free);
    slot->account = nullptr;
    // One whose contexts are used up is retired.
    if (slot->generation() >= generation_limit - 1) continue;
    slot->later = free_;
    free_ = slot;
  }
}

void Board::list(Parcel &parcel) noexcept {
  parcel.listed = true;
  parcel.next = nullptr;
  parcel.previous = last_;
  (last_ ? last_->next : first_) = &parcel;
  last_ = &parcel;
  ready_.store(ready_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

void Board::list_first(Parcel &parcel) noexcept {
  parcel.listed = true;
  parcel.previous = nullptr;
  parcel.next = first_;
  (first_ ? first_->previous : last_) = &parcel;
  first_ = &parcel;
  ready_.store(ready_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

void Board::unlist(Parcel &parcel) noexcept {
  parcel.listed = false;
  (parcel.previous ? parcel.previous->next : first_) = parcel.next;
  (parcel.next ? parcel.next->previous : last_) = parcel.previous;
  ready_.store(ready_.load(std::memory_order_relaxed) - 1, std::memory_order_release);
}

void Board::put_up(Account &account, Slot *first) noexcept {
  MutexLock lock(mutex_);
  for (Slot *slot = first; slot;) {
    Slot *later = slot->later;
    slot->word.store(Slot::with(slot->generation() + 1, static_cast<std::uint8_t>(Slot::Phase::up)), std::memory_order_release);
    slot->account = &account;
    slot->cancelled = slot->cancel_again = slot->behind_record = false;
    slot->later = nullptr;
    if (account.in_order) {
      (account.expected ? account.newest->later : account.expected) = slot;
      account.newest = slot;
    }
    ++account.uncompleted;
    list(*slot);
    slot = later;
  }
}

void Board::put_up(Notice &notice) noexcept {
  MutexLock lock(mutex_);
  list(notice);
}

Slot *Board::cancel(Account &account, Slot *oldest) noexcept {
  MutexLock lock(mutex_);
  Slot *last_out = nullptr, *first = nullptr, *last = nullptr;
  for (Slot *slot = oldest; slot; slot = slot->newer) {
    if (slot->phase() == Slot::Phase::out) {
      last_out = slot;
      if (slot->cancelled) continue;
      slot->cancelled = true;
      list(*slot);
    } else if (slot->phase() == Slot::Phase::up) {
      if (slot->listed) unlist(*slot);
      slot->enter(Slot::Phase::spare);
      --account.uncompleted;
      // They are the newest ones: what is out was put up before.
      if (account.expected == slot) account.expected = nullptr;
      (last ? last->later : first) = slot;
      last = slot;
    }
  }
  if (last) last->later = nullptr;
  if (account.in_order && last_out) {
    last_out->later = nullptr;
    account.newest = last_out;
  }
  return first;
}

std::size_t Board::take(Parcel **parcels, Cancel *cancels, std::size_t count, std::uint64_t call) noexcept {
  if (ready_.load(std::memory_order_relaxed) == 0) return 0;
  MutexLock lock(mutex_);
  std::size_t taken = 0;
  while (taken < count && first_) {
    Parcel *parcel = first_;
    unlist(*parcel);
    cancels[taken].context = 0;
    if (parcel->kind <= SABIR_DELIVERY_STOP) {
      Slot &slot = static_cast<Slot &>(*parcel);
      if (slot.phase() == Slot::Phase::out) {
        cancels[taken] = {context_of(slot), slot.actor, slot.state, slot.incarnation};
      } else {
        Account &account = *slot.account;
        if (account.in_order) {
          if (account.expected != &slot && account.taker != call) continue;   // done() lists it again
          account.taker = call;
        }
        slot.word.store(Slot::with(slot.generation(), static_cast<std::uint8_t>(Slot::Phase::out)) | Slot::in_call,
                        std::memory_order_relaxed);
        if (std::exchange(slot.cancel_again, false)) list(slot);
      }
    }
    parcels[taken++] = parcel;
  }
  return taken;
}

void Board::put_back(Parcel &parcel, const Cancel &cancel) noexcept {
  MutexLock lock(mutex_);
  if (cancel.context != 0) {
    if (!is_out(cancel.context)) return;   // nor is its slot to be looked at
  } else if (parcel.kind <= SABIR_DELIVERY_STOP) {
    Slot &slot = static_cast<Slot &>(parcel);
    // Its CANCEL comes after it, if nobody has it.
    slot.cancel_again = slot.listed;
    if (slot.listed) unlist(slot);
    slot.enter(Slot::Phase::up);
  }
  list_first(parcel);
}

Status Board::Completing::find(std::uint64_t context, Slot *&slot) noexcept {
  board_.mutex_.assume_held();
  if (!is_delivery(context)) return SABIR_E_CONTEXT;
  if (Board *other = of(context); other != &board_) return other && other->is_out(context) ? SABIR_E_FOREIGN : SABIR_E_CONTEXT;
  slot = board_.slot_of(context);
  if (!slot) return SABIR_E_CONTEXT;
  const std::uint64_t out = out_as(context), word = slot->word.load(std::memory_order_relaxed);
  if (word == (out | Slot::in_call)) return SABIR_E_BUSY;
  if (word != out) return SABIR_E_CONTEXT;
  return slot->account->in_order && slot != slot->account->expected ? SABIR_E_ORDER : SABIR_OK;
}

Status Board::Completing::win(std::uint64_t context, Slot &slot) noexcept {
  std::uint64_t out = out_as(context);
  const bool won = slot.word.compare_exchange_strong(out, out | Slot::in_call, std::memory_order_acquire, std::memory_order_relaxed);
  return won ? SABIR_OK : SABIR_E_BUSY;
}

bool Board::Completing::done(Slot &slot) noexcept {
  board_.mutex_.assume_held();
  Account &account = *slot.account;
  if (slot.listed) board_.unlist(slot);   // its CANCEL, which comes too late
  slot.enter(Slot::Phase::done);
  if (account.in_order) {
    account.expected = slot.later;
    // The rest of a batch that was cut. All of it: one call may have it.
    if (Slot *rest = slot.later; rest && !rest->listed && rest->phase() == Slot::Phase::up) {
      must_tell_ = true;
      for (; rest && !rest->listed && rest->phase() == Slot::Phase::up; rest = rest->later) board_.list(*rest);
    }
  }
  --account.uncompleted;
  Slot *newest = account.done.load(std::memory_order_relaxed);
  do {
    slot.later = newest;
  } while (!account.done.compare_exchange_weak(newest, &slot, std::memory_order_release, std::memory_order_relaxed));
  // One in order can go on only when all are done; of others the first one wakes it for those behind.
  return account.in_order ? account.uncompleted == 0 : newest == nullptr;
}

bool Board::is_out(std::uint64_t context) noexcept {
  const Slot *slot = slot_of(context);
  return slot && (slot->word.load(std::memory_order_relaxed) | Slot::in_call) == (out_as(context) | Slot::in_call);
}

Status Board::lend(std::uint64_t context, Slot *&slot) noexcept {
  slot = slot_of(context);
  if (!slot) return SABIR_E_CONTEXT;
  std::uint64_t word = out_as(context);
  if (slot->word.compare_exchange_strong(word, word | Slot::in_call, std::memory_order_acquire, std::memory_order_relaxed)) return SABIR_OK;
  return word == (out_as(context) | Slot::in_call) ? SABIR_E_BUSY : SABIR_E_CONTEXT;
}

}  // namespace sabir::executor
