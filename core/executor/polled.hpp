// The polled executor: runners are threads of the host's, for as long as they are in a call that says so. For event loops, threads that a
// library is bound to, and languages that want to be the caller.
//
// Threads: poll by as many as there are workers, more of them wait; the rest from any thread.
// Invariants
//   1. launched_ counts the runs that are wanted and have no thread yet; each is either taken by a poll, or declined at the end.
//   2. Once there is a descriptor, it is readable while a poll would not wait (a run is wanted, a wake is open, it is closed), unless a
//      thread waits in poll already, which is told by the condition instead.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "base/error.hpp"
#include "base/mutex.hpp"
#include "env/environment.hpp"
#include "executor/board.hpp"
#include "executor/scheduler.hpp"

namespace sabir::executor {

// What a poll does besides running actors, for the host that makes it.
class Guest {
 public:
  virtual ~Guest() = default;
  // Whether there is something to do at once: then the poll does not wait. enter() does it, as one of the workers if one is free.
  virtual bool in_haste() const noexcept { return false; }
  virtual void enter() {}
  // As many deliveries are ready as the host has room for, and run no more.
  virtual bool full() const noexcept = 0;
  // At the end, before others may find the executor idle: takes what is ready.
  virtual void collect() = 0;
};

class Polled final : public Scheduler {
 public:
  // Throws std::bad_alloc.
  Polled(Client &client, env::Environment &environment, Board &board, std::uint32_t workers, std::uint32_t run_batch);
  // The caller has made sure that no task is left (not busy()) and no thread is in poll.
  ~Polled() override;

  // Runs what there is to run on this thread, until nothing is left or run_ns have passed (looked at between tasks; SABIR_FOREVER: no
  // limit). wait_ns: how long to wait for something to do. Errors: TIMEOUT, WOKEN, CLOSED.
  Status poll(Thread &thread, std::uint64_t wait_ns, std::uint64_t run_ns, Guest *guest = nullptr);
  // More is ready to be handed out, and not by a poll: tells those that wait.
  void announce() noexcept;
  // Makes one poll that waits, or the next one that would, return WOKEN.
  Status wake() noexcept;
  // A descriptor that is readable while poll has something to do. It stays the executor's. Errors: SYSTEM, CLOSED.
  Status descriptor(int &descriptor) noexcept;

  Board *board() noexcept override { return board_; }
  bool disowned() const noexcept override { return disowned_.load(std::memory_order_acquire); }
  // Errors: BUSY (a thread is in poll), CLOSED.
  Status disown() noexcept;
  bool waits_for(const Thread &thread) const noexcept override;
  void end() noexcept override;   // those that poll, or wait for the descriptor, find it closed
  void abandon() noexcept override { end(); }
  void forget() noexcept override;
  bool may_block() const noexcept override { return false; }

 protected:
  bool launch() noexcept override;
  bool begin() override;
  bool looks_around() const noexcept override { return false; }
  void decline_waiting() noexcept override;
  void replace(Thread &) noexcept override { __builtin_unreachable(); }   // its handlers are never given up on

 private:
  // takes: whether who polls takes deliveries, too.
  bool has_something(bool takes) const noexcept SABIR_REQUIRES(mutex_) {
    return launched_ != 0 || wakes_ != 0 || closed_ || disowned() || (takes && board_->ready() != 0);
  }
  void show() noexcept SABIR_REQUIRES(mutex_);
  void stops_waiting(bool takes) noexcept SABIR_REQUIRES(mutex_) {
    --waiting_;
    if (takes) --waiting_takers_;
  }

  env::Environment &environment_;
  Board *board_;   // taken from the process's for as long as this lives
  mutable Mutex mutex_;
  Condition condition_;
  std::uint32_t launched_ SABIR_GUARDED_BY(mutex_) = 0;
  std::uint32_t wakes_ SABIR_GUARDED_BY(mutex_) = 0;
  std::uint32_t waiting_ SABIR_GUARDED_BY(mutex_) = 0;   // threads that wait in poll
  std::uint32_t waiting_takers_ SABIR_GUARDED_BY(mutex_) = 0;  // of these, who takes deliveries
  std::uint32_t inside_ SABIR_GUARDED_BY(mutex_) = 0;    // threads in poll
  const Thread *last_ SABIR_GUARDED_BY(mutex_) = nullptr;   // who was in poll last: its record
  bool closed_ SABIR_GUARDED_BY(mutex_) = false;
  std::atomic<bool> disowned_{false};   // written under the mutex; release, with what the host did before
  bool shown_ SABIR_GUARDED_BY(mutex_) = false;          // the descriptor is readable
  int read_end_ SABIR_GUARDED_BY(mutex_) = -1;           // -1: nobody has asked for it
  int write_end_ SABIR_GUARDED_BY(mutex_) = -1;          // the same one, where the system has eventfd
};

}  // namespace sabir::executor
