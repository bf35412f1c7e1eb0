// SPDX-License-Identifier: Apache-2.0
#include "executor/board.hpp"

#include <array>
#include <new>

namespace sabir::executor {

namespace {

// The process's boards; a number's board is made once, and used again by other executors.
struct Boards {
  Mutex mutex;
  std::array<std::atomic<Board *>, Board::board_limit + 1> all{};
  std::array<bool, Board::board_limit + 1> taken SABIR_GUARDED_BY(mutex){};
};

Boards &boards() noexcept {
  static auto *all = new Boards;   // never freed: a context may come late
  return *all;
}

}  // namespace

Board *Board::take_board() noexcept {
  Boards &known = boards();
  MutexLock lock(known.mutex);
  for (std::uint32_t number = 1; number <= board_limit; ++number) {
    if (known.taken[number]) continue;
    Board *board = known.all[number].load(std::memory_order_relaxed);
    if (!board) {
      board = new (std::nothrow) Board;
      if (!board) return nullptr;
      board->number_ = number;
      known.all[number].store(board, std::memory_order_release);   // pairs with of()
    }
    known.taken[number] = true;
    return board;
  }
  return nullptr;
}

void Board::give_board(Board *board) noexcept {
  if (!board) return;
  {
    MutexLock lock(board->mutex_);
    // What is left belonged to actors that are gone, or leaked with them: their slots are not used again.
    for (Parcel *parcel = board->first_; parcel; parcel = parcel->next) parcel->listed = false;
    board->first_ = board->last_ = nullptr;
    board->ready_.store(0, std::memory_order_release);
    for (auto &chunk : board->chunks_) {
      for (std::size_t i = 0; i < chunk_size; ++i) {
        Slot &slot = chunk[i];
        if (slot.phase == Slot::Phase::up || slot.phase == Slot::Phase::out) ++slot.generation;
      }
    }
  }
  Boards &known = boards();
  MutexLock lock(known.mutex);
  known.taken[board->number_] = false;
}

Board *Board::of(std::uint64_t context) noexcept { return boards().all[context >> 1 & board_limit].load(std::memory_order_acquire); }

Slot *Board::find(std::uint64_t context) noexcept {
  const std::uint64_t index = context >> index_shift & (slot_limit - 1);
  if ((context >> 1 & board_limit) != number_ || index / chunk_size >= chunks_.size()) return nullptr;
  Slot &slot = chunks_[index / chunk_size][index % chunk_size];
  return slot.generation == context >> generation_shift && slot.phase == Slot::Phase::out ? &slot : nullptr;
}

Account *Board::take_account() noexcept {
  MutexLock lock(mutex_);
  if (!free_account_) {
    try {
      accounts_.emplace_back(new Account[chunk_size]);
    } catch (const std::bad_alloc &) {
      return nullptr;
    }
    for (std::uint32_t i = chunk_size; i-- > 0;) {
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
  account->next_free = free_account_;
  free_account_ = account;
}

Slot *Board::take_slots(std::uint32_t count, std::uint32_t &taken) noexcept {
  taken = 0;
  Slot *first = nullptr;
  MutexLock lock(mutex_);
  while (taken < count) {
    if (!free_) {
      if (chunks_.size() == slot_limit / chunk_size) break;
      try {
        chunks_.emplace_back(new Slot[chunk_size]);
      } catch (const std::bad_alloc &) {
        break;
      }
      const auto base = static_cast<std::uint32_t>((chunks_.size() - 1) * chunk_size);
      for (std::uint32_t i = chunk_size; i-- > 0;) {
        Slot &slot = chunks_.back()[i];
        slot.index = base + i;
        slot.later = free_;
        free_ = &slot;
      }
    }
    Slot *slot = free_;
    free_ = slot->later;
    slot->phase = Slot::Phase::spare;
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
    slot->phase = Slot::Phase::free;
    slot->account = nullptr;
    // One whose contexts are used up is retired.
    if (slot->generation >= generation_limit - 1) continue;
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
    slot->phase = Slot::Phase::up;
    slot->account = &account;
    slot->cancelled = false;
    ++slot->generation;
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

void Board::put_up(Parcel &notice) noexcept {
  MutexLock lock(mutex_);
  list(notice);
}

Slot *Board::cancel(Account &account, Slot *oldest) noexcept {
  MutexLock lock(mutex_);
  Slot *last_out = nullptr, *first = nullptr, *last = nullptr;
  for (Slot *slot = oldest; slot; slot = slot->newer) {
    if (slot->phase == Slot::Phase::out) {
      last_out = slot;
      if (slot->cancelled) continue;
      slot->cancelled = true;
      list(*slot);
    } else if (slot->phase == Slot::Phase::up) {
      unlist(*slot);
      slot->phase = Slot::Phase::spare;
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

Parcel *Board::take(bool &is_cancel) noexcept {
  Parcel *parcel = nullptr;
  return take(&parcel, &is_cancel, 1) == 1 ? parcel : nullptr;
}

std::size_t Board::take(Parcel **parcels, bool *cancels, std::size_t count) noexcept {
  if (ready_.load(std::memory_order_relaxed) == 0) return 0;
  MutexLock lock(mutex_);
  std::size_t taken = 0;
  while (taken < count && first_) {
    Parcel *parcel = first_;
    unlist(*parcel);
    cancels[taken] = false;
    if (parcel->kind <= SABIR_DELIVERY_STOP) {
      Slot &slot = static_cast<Slot &>(*parcel);
      cancels[taken] = slot.phase == Slot::Phase::out;
      slot.phase = Slot::Phase::out;
    }
    parcels[taken++] = parcel;
  }
  return taken;
}

void Board::put_back(Parcel &parcel, bool is_cancel) noexcept {
  MutexLock lock(mutex_);
  if (parcel.kind <= SABIR_DELIVERY_STOP && !is_cancel) static_cast<Slot &>(parcel).phase = Slot::Phase::up;
  parcel.listed = true;
  parcel.previous = nullptr;
  parcel.next = first_;
  (first_ ? first_->previous : last_) = &parcel;
  first_ = &parcel;
  ready_.store(ready_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

Status Board::Completing::find(std::uint64_t context, Slot *&slot) noexcept {
  board_.mutex_.assume_held();
  if (!is_delivery(context)) return SABIR_E_CONTEXT;
  if ((context >> 1 & board_limit) != board_.number_) return SABIR_E_FOREIGN;
  slot = board_.find(context);
  if (!slot) return SABIR_E_CONTEXT;
  if (slot->in_call) return SABIR_E_BUSY;
  if (slot->account->in_order && slot != slot->account->expected) return SABIR_E_ORDER;
  return SABIR_OK;
}

bool Board::Completing::done(Slot &slot) noexcept {
  board_.mutex_.assume_held();
  Account &account = *slot.account;
  if (slot.listed) board_.unlist(slot);   // its CANCEL, which comes too late
  slot.phase = Slot::Phase::done;
  if (account.in_order) account.expected = slot.later;
  --account.uncompleted;
  Slot *newest = account.done.load(std::memory_order_relaxed);
  do {
    slot.later = newest;
  } while (!account.done.compare_exchange_weak(newest, &slot, std::memory_order_release, std::memory_order_relaxed));
  // One in order can go on only when all are done; of others the first one wakes it for those behind.
  return account.in_order ? account.uncompleted == 0 : newest == nullptr;
}

Status Board::lend(std::uint64_t context, Slot *&slot) noexcept {
  MutexLock lock(mutex_);
  slot = find(context);
  if (!slot) return SABIR_E_CONTEXT;
  if (slot->in_call) return SABIR_E_BUSY;
  slot->in_call = true;
  return SABIR_OK;
}

void Board::give_back(Slot &slot) noexcept {
  MutexLock lock(mutex_);
  slot.in_call = false;
}

}  // namespace sabir::executor
