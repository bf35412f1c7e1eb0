// SPDX-License-Identifier: Apache-2.0
#include "ask/blocked.hpp"

#include <sched.h>

#include <new>

#include "ask/asks.hpp"
#include "base/mutex.hpp"
#include "base/text.hpp"

namespace sabir {

// All of them, in the order of their coming, the last one first: at most one for each thread of a threads executor, and few at once.
class BlockedList {
 public:
  static BlockedList &instance() noexcept {
    static BlockedList list;
    return list;
  }

  bool enter(Blocked &self) noexcept {
    for (;;) {
      {
        MutexLock lock(mutex_);
        add(self);
        if (!closes_cycle(self)) return true;
        if (all_sent_) self.tell(*closing_, closing_through_);
        remove(self);
        if (all_sent_) return false;
      }
      // Somebody's question may still be refused: then there is no cycle. Whoever has entered sends at once, and waits for nobody.
      sched_yield();
    }
  }

  void leave(Blocked &self) noexcept {
    MutexLock lock(mutex_);
    remove(self);
  }

 private:
  Blocked *find(std::uint64_t asker) const noexcept SABIR_REQUIRES(mutex_) {
    for (Blocked *each = first_; each; each = each->next_)
      if (each->asker_ == asker) return each;
    return nullptr;
  }

  void add(Blocked &self) noexcept SABIR_REQUIRES(mutex_) {
    self.nested_ = find(self.asker_) != nullptr;
    self.previous_ = nullptr;
    self.next_ = first_;
    if (first_) first_->previous_ = &self;
    first_ = &self;
    self.entered_ = true;
  }

  void remove(Blocked &self) noexcept SABIR_REQUIRES(mutex_) {
    (self.previous_ ? self.previous_->next_ : first_) = self.next_;
    if (self.next_) self.next_->previous_ = self.previous_;
    self.entered_ = false;
  }

  // Everybody that `self` waits for, and they, and so on, first the nearest. If one of them may still go on, there is no cycle: it is
  // looked for only where nobody may.
  // Each is seen blocked here, with its ask open, since it entered: so all are at once, when the first one is looked at.
  bool closes_cycle(Blocked &self) noexcept SABIR_REQUIRES(mutex_) {
    ++round_;
    closing_ = nullptr;
    all_sent_ = true;
    last_found_ = &self;
    self.round_ = round_;
    self.next_found_ = nullptr;
    self.from_ = nullptr;
    for (Blocked *each = &self; each; each = each->next_found_)
      if (!follow(self, *each)) return false;
    return closing_ != nullptr;
  }

  // Whom one waits for. False: an answer may come.
  bool follow(const Blocked &self, Blocked &from) noexcept SABIR_REQUIRES(mutex_) {
    if (!from.asks_.pending(from.ref_)) return false;   // it goes on just now
    if (&from != &self && !from.sent_.load(std::memory_order_acquire)) all_sent_ = false;
    const bool several = !from.parts_.empty();
    for (std::size_t i = 0; i < from.to_.size(); ++i) {
      const std::uint64_t ref = several ? from.parts_[i] : from.ref_;
      if (several && !from.asks_.pending(ref)) continue;   // this one has failed
      if (from.asks_.is_taken(ref)) return false;
      if (Blocked *next = find(from.to_[i])) {
        reach(self, *next, from, 0);
      } else if (!follow_executor(self, from, from.to_[i])) {
        return false;
      }
    }
    return true;
  }

  // An actor that is asked and is not blocked itself: it is stuck if it waits for a thread, and all threads of its executor are.
  bool follow_executor(const Blocked &self, const Blocked &from, std::uint64_t asked) noexcept SABIR_REQUIRES(mutex_) {
    const executor::Executor *executor = from.asks_.executor_of(asked);
    std::uint32_t threads = 0, held = 0;
    for (const Blocked *each = first_; each; each = each->next_) {
      if (&each->scheduler_ != executor || each->nested_) continue;
      threads = each->scheduler_.worker_count();
      ++held;
    }
    if (held == 0 || held < threads) return false;
    for (Blocked *each = first_; each; each = each->next_)
      if (&each->scheduler_ == executor) reach(self, *each, from, asked);
    return true;
  }

  void reach(const Blocked &self, Blocked &next, const Blocked &from, std::uint64_t through) noexcept SABIR_REQUIRES(mutex_) {
    if (&next == &self && !closing_) {
      closing_ = &from;
      closing_through_ = through;
    }
    if (next.round_ == round_) return;
    next.round_ = round_;
    next.from_ = &from;
    next.through_ = through;
    next.next_found_ = nullptr;
    last_found_->next_found_ = &next;
    last_found_ = &next;
  }

  Mutex mutex_;
  Blocked *first_ SABIR_GUARDED_BY(mutex_) = nullptr;
  // Of the present look.
  std::uint64_t round_ SABIR_GUARDED_BY(mutex_) = 0;
  Blocked *last_found_ SABIR_GUARDED_BY(mutex_) = nullptr;
  bool all_sent_ SABIR_GUARDED_BY(mutex_) = true;
  const Blocked *closing_ SABIR_GUARDED_BY(mutex_) = nullptr;   // who waits for the one that came, and
  std::uint64_t closing_through_ SABIR_GUARDED_BY(mutex_) = 0;   // as Blocked::through_
};

Blocked::Blocked(const Asks &asks, const actor::Context &asker, std::span<const std::uint64_t> to) noexcept
    : asks_(asks),
      asker_(asker.self),
      name_(asker.cell->cold ? std::string_view(asker.cell->cold->name) : std::string_view()),
      scheduler_(*asker.worker->scheduler),
      to_(to) {}

Blocked::~Blocked() {
  if (entered_) BlockedList::instance().leave(*this);   // our own store
}

bool Blocked::set_parts(std::span<const std::uint64_t> parts) noexcept try {
  parts_.assign(parts.begin(), parts.end());
  return true;
} catch (const std::bad_alloc &) {
  return false;
}

bool Blocked::enter(std::uint64_t ref) noexcept {
  ref_ = ref;
  return BlockedList::instance().enter(*this);
}

// Walks the way back from `last`, who waits for us: by its thread, where `waits`, an actor, is between the two.
void Blocked::tell(const Blocked &last, std::uint64_t waits) noexcept try {
  const auto name = [](const Blocked &each) {
    return each.name_.empty() ? joined({Hexadecimal(each.asker_)}) : joined({Hexadecimal(each.asker_), " '", each.name_, "'"});
  };
  const auto step = [](std::uint64_t through) {
    return through ? joined({" -> ", Hexadecimal(through), " (no thread of its executor is free) -> "}) : std::string(" -> ");
  };
  std::string rest = joined({step(waits), name(*this)});
  std::size_t told = 0;
  for (const Blocked *each = &last; each != this; each = each->from_) {
    if (++told < told_limit) rest = joined({step(each->through_), name(*each), rest});
  }
  if (told >= told_limit) rest = joined({" -> (", Decimal(std::uint64_t{told - told_limit + 1}), " more)", rest});
  chain_ = joined({name(*this), rest});
} catch (const std::bad_alloc &) {
  // What there was memory for.
}

}  // namespace sabir
