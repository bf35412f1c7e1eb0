// SPDX-License-Identifier: Apache-2.0
#include "executor/board.hpp"

#include <bit>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "base/memory.hpp"
#include "mailbox/message.hpp"

namespace sabir::executor {

namespace {

// The process's boards; a number's board is made once, and used again by other executors.
struct Boards {
  Mutex mutex;
  std::array<std::atomic<Board *>, Board::board_limit + 1> all{};
  std::array<bool, Board::board_limit + 1> taken SABIR_GUARDED_BY(mutex){};
};

constinit Boards boards;
static_assert(std::is_trivially_destructible_v<Boards>, "a context may come late");

}  // namespace

Status Board::take_board(Board *&board) noexcept {
  MutexLock lock(boards.mutex);
  for (std::uint32_t number = 1; number <= board_limit; ++number) {
    if (boards.taken[number]) continue;
    board = boards.all[number].load(std::memory_order_relaxed);
    if (!board) {
      board = new (std::nothrow) Board;
      if (!board) return SABIR_E_NOMEM;
      board->number_ = number;
      boards.all[number].store(board, std::memory_order_release);   // pairs with of()
    }
    boards.taken[number] = true;
    board->lost.store(0, std::memory_order_relaxed);
    return SABIR_OK;
  }
  return SABIR_E_LIMIT;
}

void discard(Notice &notice) noexcept {
  if (notice.end) notice.end(notice.state);
  if (notice.message) free_message(Thread::current(), notice.message);
  memory::destroy(&notice);
}

void Board::disown() noexcept {
  MutexLock lock(mutex_);
  disowned_ = true;
  for (const Parcel *parcel = first_; parcel; parcel = parcel->next) {
    if (parcel->kind > SABIR_DELIVERY_STOP) lose();
  }
}

void Board::forget() noexcept {
  // Discarded after the lock.
  struct Unheard {
    Parcel *first = nullptr;
    ~Unheard() {
      while (first) {
        auto &notice = static_cast<Notice &>(*first);
        first = first->next;
        discard(notice);
      }
    }
  } unheard;
  MutexLock lock(mutex_);
  // What is left belonged to actors that are gone, or leaked with them: their slots are not used again.
  for (Parcel *parcel = first_; parcel;) {
    Parcel *next = parcel->next;
    parcel->listed = false;
    if (parcel->kind > SABIR_DELIVERY_STOP) {
      parcel->next = unheard.first;
      unheard.first = parcel;
    }
    parcel = next;
  }
  first_ = last_ = nullptr;
  disowned_ = false;
  notices.store(0, std::memory_order_relaxed);
  waiting_.store(0, std::memory_order_relaxed);
  waiting_bytes_.store(0, std::memory_order_relaxed);
  ready_.store(0, std::memory_order_release);
  for (std::uint32_t i = 0; i < chunks_made_; ++i) {
    Slot *chunk = chunks_[i].load(std::memory_order_relaxed);
    for (std::uint32_t j = 0; j < first_chunk << i; ++j) {
      std::uint64_t word = chunk[j].word.load(std::memory_order_relaxed);
      if ((word & Slot::in_call) || (chunk[j].phase() != Slot::Phase::up && chunk[j].phase() != Slot::Phase::out)) continue;
      // One that a call uses stays its own: that call's actor is leaked, and its slot with it. relaxed: nobody reads anything by it.
      (void)chunk[j].word.compare_exchange_strong(word, (word & ~std::uint64_t{0xff}) | static_cast<std::uint64_t>(Slot::Phase::spare),
                                                  std::memory_order_relaxed);
    }
  }
}

void Board::give_board(Board *board) noexcept {
  if (!board) return;
  board->forget();
  MutexLock lock(boards.mutex);
  boards.taken[board->number_] = false;
}

Board *Board::of(std::uint64_t context) noexcept {
  return is_delivery(context) ? boards.all[context >> 1 & board_limit].load(std::memory_order_acquire) : nullptr;
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
      void *block = memory::allocate(sizeof(Slot) * size, alignof(Slot));
      if (!block) break;
      auto *chunk = static_cast<Slot *>(block);
      std::uninitialized_default_construct_n(chunk, size);
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

// weight: how many it stands for.
void Board::list(Parcel &parcel, std::uint32_t weight) noexcept {
  parcel.listed = true;
  parcel.next = nullptr;
  parcel.previous = last_;
  (last_ ? last_->next : first_) = &parcel;
  last_ = &parcel;
  add_ready(weight);
}

void Board::list_first(Parcel &parcel, std::uint32_t weight) noexcept {
  parcel.listed = true;
  parcel.previous = nullptr;
  parcel.next = first_;
  (first_ ? first_->previous : last_) = &parcel;
  first_ = &parcel;
  add_ready(weight);
}

void Board::unlist(Parcel &parcel, std::uint32_t weight) noexcept {
  parcel.listed = false;
  (parcel.previous ? parcel.previous->next : first_) = parcel.next;
  (parcel.next ? parcel.next->previous : last_) = parcel.previous;
  add_ready(0 - weight);
}

void Board::put_up(Account &account, Slot *first, Slot *last, std::uint32_t count) noexcept {
  MutexLock lock(mutex_);
  if (!account.in_order) {
    for (Slot *slot = first; slot; slot = slot->later) list(*slot, 1);
    return;
  }
  if (!account.oldest) account.oldest = first;
  if (!account.expected) account.expected = first;
  if (account.newest) account.newest->later = first;
  account.newest = last;
  account.waiting += count;
  if (!account.next_up) {
    account.next_up = first;
    list(*first, count);
  } else if (account.next_up->listed) {
    add_ready(count);
  }
}

bool Board::put_up(Notice &notice) noexcept {
  MutexLock lock(mutex_);
  if (disowned_) return false;
  list(notice, 1);
  return true;
}

bool Board::enter(std::size_t bytes) noexcept {
  if (waiting_.fetch_add(1, std::memory_order_relaxed) < SABIR_WAITING_MAX) {
    const std::uint64_t others = waiting_bytes_.fetch_add(bytes, std::memory_order_relaxed);
    if (others == 0 || others + bytes <= SABIR_WAITING_BYTES_MAX) return true;
    waiting_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  }
  waiting_.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

void Board::leave(std::size_t bytes) noexcept {
  waiting_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  waiting_.fetch_sub(1, std::memory_order_relaxed);
}

// Cancels one, if the host has it; says whether it has.
bool Board::cancel_out(Slot &slot) noexcept {
  if (slot.phase() != Slot::Phase::out) return false;
  if (!slot.cancelled) {
    slot.cancelled = true;
    list(slot, 1);
  }
  return true;
}

Slot *Board::cancel(Account &account, Slot *oldest) noexcept {
  MutexLock lock(mutex_);
  if (account.in_order) return cancel_in_order(account);
  Slot *first = nullptr, *last = nullptr;
  for (Slot *slot = oldest; slot; slot = slot->newer) {
    if (cancel_out(*slot) || slot->phase() != Slot::Phase::up) continue;
    unlist(*slot, 1);
    slot->enter(Slot::Phase::spare);
    slot->later = nullptr;
    (last ? last->later : first) = slot;
    last = slot;
  }
  return first;
}

Slot *Board::cancel_in_order(Account &account) noexcept {
  Slot *first = account.next_up, *before = nullptr;
  for (Slot *slot = account.oldest; slot != first; slot = slot->later) {
    cancel_out(*slot);
    before = slot;
  }
  if (!first) return nullptr;
  if (first->listed) unlist(*first, account.waiting);
  for (Slot *slot = first; slot; slot = slot->later) slot->enter(Slot::Phase::spare);
  account.waiting = 0;
  account.next_up = nullptr;
  account.newest = before;
  if (before) {
    before->later = nullptr;
  } else {
    account.oldest = nullptr;
  }
  if (account.expected == first) {
    account.expected = nullptr;
    settle_in_order(account);
  }
  return first;
}

// The rest of a batch that was cut is next. All of it is listed: one call may have it.
bool Board::list_rest(Account &account) noexcept {
  if (account.next_up->listed) return false;
  list(*account.next_up, account.waiting);
  return true;
}

// Nothing is up or out: what is done becomes the runner's. It has taken what became its own before, for it puts nothing up until then.
void Board::settle_in_order(Account &account) noexcept {
  account.newest = nullptr;
  if (Slot *oldest = std::exchange(account.oldest, nullptr)) account.done.store(oldest, std::memory_order_release);
}

// A slot becomes the host's, which it is when it is written: give_back. relaxed: nobody wins the word before that, whose release publishes
// the slot to whoever does.
inline void Board::hand_over(Slot &slot) noexcept {
  slot.word.store(Slot::with(slot.generation(), static_cast<std::uint8_t>(Slot::Phase::out)) | Slot::in_call, std::memory_order_relaxed);
  if (__builtin_expect(slot.cancel_again, 0)) {
    slot.cancel_again = false;
    list(slot, 1);
  }
}

std::size_t Board::take(Parcel **parcels, Cancel *cancels, std::size_t count, std::uint64_t call) noexcept {
  if (ready_.load(std::memory_order_relaxed) == 0) return 0;
  MutexLock lock(mutex_);
  std::size_t taken = 0;
  while (taken < count && first_) {
    Parcel *parcel = first_;
    cancels[taken].context = 0;
    if (parcel->kind > SABIR_DELIVERY_STOP) {
      unlist(*parcel, 1);
      parcels[taken++] = parcel;
      continue;
    }
    Slot *slot = static_cast<Slot *>(parcel);
    Account &account = *slot->account;
    if (slot->phase() == Slot::Phase::out) {
      unlist(*slot, 1);
      cancels[taken] = {context_of(*slot), account.self, account.state, account.incarnation};
      parcels[taken++] = slot;
      continue;
    }
    if (!account.in_order) {
      unlist(*slot, 1);
      hand_over(*slot);
      parcels[taken++] = slot;
      continue;
    }
    unlist(*slot, account.waiting);
    if (account.expected != slot && account.taker != call) continue;   // done() lists it again
    account.taker = call;
    do {
      hand_over(*slot);
      cancels[taken].context = 0;
      parcels[taken++] = slot;
      --account.waiting;
      slot = slot->later;
    } while (slot && taken < count);
    account.next_up = slot;
    if (slot) list_first(*slot, account.waiting);
  }
  return taken;
}

void Board::put_back(Parcel &parcel, const Cancel &cancel) noexcept {
  MutexLock lock(mutex_);
  if (cancel.context != 0) {
    Slot &slot = static_cast<Slot &>(parcel);
    if (slot.generation() != cancel.context >> generation_shift) return;
    if (slot.phase() == Slot::Phase::out) list_first(slot, 1);
    if (slot.phase() == Slot::Phase::up) slot.cancel_again = true;   // whose poll had no room for it either
    return;
  }
  if (parcel.kind > SABIR_DELIVERY_STOP) {
    list_first(parcel, 1);
    return;
  }
  Slot &slot = static_cast<Slot &>(parcel);
  Account &account = *slot.account;
  // Its CANCEL comes after it, if nobody has it.
  slot.cancel_again = slot.listed;
  if (slot.listed) unlist(slot, 1);
  slot.enter(Slot::Phase::up);
  if (account.in_order) {
    if (account.next_up && account.next_up->listed) unlist(*account.next_up, account.waiting);
    account.next_up = &slot;
    list_first(slot, ++account.waiting);
  } else {
    list_first(slot, 1);
  }
}

Status Board::why_not(std::uint64_t context) const noexcept {
  Board *other = of(context);
  return other && other != this && other->is_out(context) ? SABIR_E_FOREIGN : SABIR_E_CONTEXT;
}

bool Board::is_out(std::uint64_t context) noexcept {
  const Slot *slot = slot_of(context);
  return slot && (slot->word.load(std::memory_order_relaxed) | Slot::in_call) == (out_as(context) | Slot::in_call);
}

}  // namespace sabir::executor
