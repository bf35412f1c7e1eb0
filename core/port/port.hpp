// Ports: mailboxes that threads read. A port's cell is scheduled like an actor's, but whoever schedules it moves the messages into a list
// that readers wait on.
//
// Threads: schedule, receive, wake and close from any thread. The mutex guards the list and, while the port is open, the runner's half of
// its cell: the runner is whoever was told to schedule it, inside the mutex. Ownership: a port object is never freed while its system lives
// (a late producer may still schedule it), but used again.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>

#include "actor/engine.hpp"
#include "actor/lifecycle.hpp"
#include "base/error.hpp"

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

  void schedule(executor::Task &task) noexcept override;

 private:
  struct List {
    Message *first = nullptr;
    Message *last = nullptr;
    void push(Message *message) noexcept;
    Message *pop() noexcept;
  };

  // Moves everything from the cell's queue into ready_ (what is for nobody becomes dead letters) and goes idle, or hands the
  // cell over to the executor of its next incarnation. The caller is the runner, under the mutex.
  void pump(Thread &thread, actor::Cell &cell);
  void install(actor::Cell &cell, Message &start);
  void finish(Thread &thread, actor::Cell &cell);
  Message *next_wanted(Thread &thread, List &unwanted);
  bool wants(Message &message);

  actor::Engine &engine_;
  std::atomic<std::uint64_t> pid_{0};
  std::mutex mutex_;
  std::condition_variable condition_;
  // Guarded by the mutex:
  actor::Cell *cell_ = nullptr;  // from its start message until it is closed
  List ready_;  // to be read
  bool closed_ = true;
  std::uint32_t wakes_ = 0;
  std::map<std::uint64_t, actor::Watched> watching_;  // by ref
  std::uint64_t gone_pid_ = 0;
  actor::Cold *gone_ = nullptr;  // of an incarnation that has ended, whose watchers are to be told once the mutex is free
  std::map<std::uint64_t, actor::Watched> unwatched_;  // and whom it watched
};

}  // namespace sabir
