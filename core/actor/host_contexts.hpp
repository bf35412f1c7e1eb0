// Contexts for calls that are made for an actor on no worker of its executor: with a delivery's context, on a thread of the host's.
//
// Threads: any. Made on use, never freed while the system lives: their counters are its own.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

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
    explicit Loan(HostContexts &contexts) noexcept : entry_(contexts.take()) {}
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
    std::atomic<bool> lent{true};
    Entry *next = nullptr;
  };

  Entry *take() noexcept {
    for (Entry *entry = first_.load(std::memory_order_acquire); entry; entry = entry->next) {
      bool lent = entry->lent.load(std::memory_order_relaxed);
      // acquire: pairs with the end of a loan.
      if (!lent && entry->lent.compare_exchange_strong(lent, true, std::memory_order_acquire, std::memory_order_relaxed)) return entry;
    }
    auto *entry = memory::create<Entry>();
    if (!entry) return nullptr;
    entry->context.engine = &engine_;
    entry->context.worker = &entry->worker;
    entry->worker.local = &entry->context;
    entry->next = first_.load(std::memory_order_relaxed);
    // release: publishes it to those that look for one, or for its counters.
    while (!first_.compare_exchange_weak(entry->next, entry, std::memory_order_release, std::memory_order_relaxed)) {
    }
    return entry;
  }

  Engine &engine_;
  std::atomic<Entry *> first_{nullptr};
};

inline HostContexts::Loan::~Loan() {
  if (entry_) entry_->lent.store(false, std::memory_order_release);   // pairs with take
}

inline Context *HostContexts::Loan::context() const noexcept { return entry_ ? &entry_->context : nullptr; }

}  // namespace sabir::actor
