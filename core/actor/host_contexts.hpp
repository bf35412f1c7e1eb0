// Contexts for calls that are made for an actor on no worker of its executor: with a delivery's context, on a thread of the host's.
//
// Threads: any. Made on use, never freed while the system lives: their counters are its own.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>

#include "actor/context.hpp"
#include "base/memory.hpp"
#include "executor/scheduler.hpp"

namespace sabir::actor {

class HostContexts {
  struct Entry;

 public:
  explicit HostContexts(Engine &engine) noexcept : engine_(engine) {}
  ~HostContexts() {
    for (Entry *entry = first_.load(std::memory_order_relaxed); entry;) memory::destroy(std::exchange(entry, entry->next));
  }
  HostContexts(const HostContexts &) = delete;
  HostContexts &operator=(const HostContexts &) = delete;

  // One that nobody else uses, for as long as this lives. `context` NULL: no memory.
  class Loan {
   public:
    Loan(HostContexts &contexts, const Thread &thread) noexcept : entry_(contexts.take(thread)) {}
    ~Loan();
    Loan(const Loan &) = delete;
    Loan &operator=(const Loan &) = delete;
    Context *context() const noexcept;

   private:
    Entry *entry_;
  };

  template <class Visit>
  void visit_counters(Visit visit) const {
    for (Entry *entry = first_.load(std::memory_order_acquire); entry; entry = entry->next) visit(entry->context.counters);
  }

 private:
  struct Entry {
    Context context;
    executor::Worker worker;   // of no scheduler: whom it wakes is scheduled as from outside
    bool is_own = false;       // constant: of the threads of one number
    std::atomic<bool> lent{true};
    Entry *next = nullptr;
  };

  Entry *take(const Thread &thread) noexcept {
    if (__builtin_expect(thread.number < own_limit, 1)) {
      Entry *own = own_[thread.number];
      // relaxed: the thread's own store, or that of an earlier one of its number, which it comes after.
      if (__builtin_expect(own && !own->lent.load(std::memory_order_relaxed), 1)) {
        own->lent.store(true, std::memory_order_relaxed);
        return own;
      }
      if (!own) return own_[thread.number] = make(true);
    }
    for (Entry *entry = first_.load(std::memory_order_acquire); entry; entry = entry->next) {
      bool lent = entry->lent.load(std::memory_order_relaxed);
      if (entry->is_own || lent) continue;
      // acquire: pairs with the end of a loan.
      if (entry->lent.compare_exchange_strong(lent, true, std::memory_order_acquire, std::memory_order_relaxed)) return entry;
    }
    return make(false);
  }

  // One that is lent already.
  [[gnu::noinline]] Entry *make(bool is_own) noexcept {
    auto *entry = memory::create<Entry>();
    if (!entry) return nullptr;
    entry->context.engine = &engine_;
    entry->context.worker = &entry->worker;
    entry->worker.local = &entry->context;
    entry->is_own = is_own;
    entry->next = first_.load(std::memory_order_relaxed);
    // release: publishes it to those that look for one, or for its counters.
    while (!first_.compare_exchange_weak(entry->next, entry, std::memory_order_release, std::memory_order_relaxed)) {
    }
    return entry;
  }

  Engine &engine_;
  std::atomic<Entry *> first_{nullptr};
  // Those of the first threads' numbers, whose loans need no locked operation. Each is its thread's; a number goes from one thread to
  // another through Thread::in_use (acquire, release).
  static constexpr std::uint32_t own_limit = 64;
  std::array<Entry *, own_limit> own_{};
};

inline HostContexts::Loan::~Loan() {
  if (entry_) entry_->lent.store(false, std::memory_order_release);   // pairs with take
}

inline Context *HostContexts::Loan::context() const noexcept { return entry_ ? &entry_->context : nullptr; }

}  // namespace sabir::actor
