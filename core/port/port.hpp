// Ports: mailboxes that threads read. A port's cell is scheduled like an actor's, but whoever schedules it moves the messages into a list
// that readers wait on.
//
// Threads: schedule, receive, wake and close from any thread. The mutex guards the list and, while the port is open, the runner's half of
// its cell: the runner is whoever was told to schedule it, inside the mutex. Ownership: a port object is never freed while its system lives
// (a late producer may still schedule it), but used again.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>

#include "actor/engine.hpp"
#include "actor/lifecycle.hpp"
#include "base/error.hpp"
#include "base/mutex.hpp"
#include "mailbox/message_list.hpp"

namespace sabir {

class Port final : public executor::Executor {
 public:
  explicit Port(actor::Engine &engine) noexcept : engine_(engine) {}

  // Opens it with a cell of its own. Errors: as actor::spawn.
  Status open(Thread &thread, actor::SpawnRequest request);
  std::uint64_t pid() const noexcept { return pid_.load(std::memory_order_relaxed); }

  // Errors: TIMEOUT, WOKEN, CLOSED.
  Status receive(Thread &thread, std::uint64_t timeout_ns, Message *&message);
  Status wake();
  // Whom it watches: a down or restarted message is received only while its ref is in here. Throws std::bad_alloc.
  void watches(std::uint64_t ref, const actor::Watched &watched);
  // False: it does not watch it. watched: out.
  bool forget(std::uint64_t ref, actor::Watched &watched) noexcept;

  // From here on its pid is dead; what is queued becomes dead letters.
  void close(Thread &thread);
  // Whether it may be opened again: the runner of the cell it had, which may be another thread, has ended that.
  bool ended() {
    MutexLock lock(mutex_);
    return ended_;
  }

  void schedule(executor::Task &task) noexcept override;
  bool was_read_by(const Thread &thread) const noexcept override { return reader_.load(std::memory_order_relaxed) == &thread; }

 private:
  // Moves everything from the cell's queue into ready_ (what is for nobody becomes dead letters) and goes idle. Or, where
  // the cell's next incarnation is of another executor, gives that, for the caller, who is the runner, to hand it over without the mutex.
  [[nodiscard]] executor::Executor *pump(Thread &thread, actor::Cell &cell) SABIR_REQUIRES(mutex_);
  void install(actor::Cell &cell, Message &start) SABIR_REQUIRES(mutex_);
  void finish(Thread &thread, actor::Cell &cell) SABIR_REQUIRES(mutex_);
  Message *next_wanted(Thread &thread, MessageList &unwanted, MessageList &expired, MessageList &dropped) SABIR_REQUIRES(mutex_);
  bool has_expired(Message &message) noexcept;
  void uncount(Message &message) noexcept SABIR_REQUIRES(mutex_);
  bool wants(Message &message) SABIR_REQUIRES(mutex_);

  actor::Engine &engine_;
  std::atomic<std::uint64_t> pid_{0};
  std::atomic<const Thread *> reader_{nullptr};  // the last one: only to compare
  Mutex mutex_;
  Condition condition_;
  actor::Cell *cell_ SABIR_GUARDED_BY(mutex_) = nullptr;  // from its start message until it is closed
  MessageList ready_ SABIR_GUARDED_BY(mutex_);  // to be read
  bool closed_ SABIR_GUARDED_BY(mutex_) = true;
  bool ended_ SABIR_GUARDED_BY(mutex_) = true;  // it has no cell, and none is on its way
  std::uint32_t wakes_ SABIR_GUARDED_BY(mutex_) = 0;
  std::map<std::uint64_t, actor::Watched> watching_ SABIR_GUARDED_BY(mutex_);  // by ref
  // Of an incarnation that has ended, whose watchers are to be told once the mutex is free; and whom it watched.
  std::uint64_t gone_pid_ SABIR_GUARDED_BY(mutex_) = 0;
  actor::Cold *gone_ SABIR_GUARDED_BY(mutex_) = nullptr;
  std::map<std::uint64_t, actor::Watched> unwatched_ SABIR_GUARDED_BY(mutex_);
};

}  // namespace sabir
