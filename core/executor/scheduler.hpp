// Which task runs next on which worker. The threads come from a subclass: an arena of oneTBB, threads of our own, or the host's.
//
// A *runner* is a thread that has entered run(): it takes a free Worker and runs tasks until it finds none. A task is run by one runner at
// a time; whoever schedules it hands it over, with everything that was written before, through one of: the next slot, a deque (both
// in run_queue.hpp), or the injector (a mutex).
//
// Order: a worker prefers what was woken last, whose data is warm and which keeps a tree of spawns small; but one chain of such choices
// shares one run batch, and every few turns the oldest task comes in between for a few messages, so that none starves. What yields goes
// behind everything. What is scheduled first comes before all that waits (urgent_: a hint, looked at each turn; that none is missed rests
// on injected_, which counts it too).
//
// Threads: schedule from any thread; run from the subclass's; tick from the watchdog alone.
// Invariants
//   1. A task is in at most one place: a slot, a deque, the injector, or running.
//   2. `state_` counts the runners that are active, and of those the ones searching. While there is a task in the injector, a runner is
//      active, or the thread that put it there is about to start one: it looks at state_ after its push, a runner that leaves looks at the
//      queues after its decrement, both with seq_cst fences.
//   3. Tasks in deques and slots belong to active workers, which run them before they leave. Others may steal them sooner; a missed chance
//      to wake a thief is made up for by the next tick.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/mutex.hpp"
#include "base/parker.hpp"
#include "base/platform.hpp"
#include "base/thread.hpp"
#include "executor/run_queue.hpp"

namespace sabir::executor {

class Board;
class Scheduler;
struct Task;

// Where tasks are scheduled to.
class Executor {
 public:
  virtual ~Executor() = default;
  // From any thread; the caller hands the task over.
  virtual void schedule(Task &task) noexcept = 0;
  // The same, before all others: for supervisors that have news, and actors that their supervisor tells to start or to end.
  virtual void schedule_first(Task &task) noexcept { schedule(task); }
  // Whether it runs tasks only when this thread, which does not now, calls it: then a wait on the thread for one of them would be for ever.
  virtual bool waits_for(const Thread &) const noexcept { return false; }
  // Whether it is a port that this thread was the last one to read.
  virtual bool was_read_by(const Thread &) const noexcept { return false; }
  // Where it hands out what its host is to handle itself; NULL: it does not.
  virtual Board *board() noexcept { return nullptr; }
  // Its host is gone for good: nothing of it runs any more, and nobody waits for its actors.
  virtual bool disowned() const noexcept { return false; }
};

// Something that runs when scheduled: an actor's cell.
struct Task {
  Task *next_task = nullptr;  // in the injector's list
};

inline constexpr std::uint32_t deque_capacity = 256;

struct alignas(cache_line_size) Worker {
  Scheduler *scheduler = nullptr;
  std::uint32_t index = 0;
  void *local = nullptr;  // what the tasks' owner keeps per worker
  Thread *runner = nullptr;  // the thread that has it, while it is active
  BasicDeque<StdPlatform, Task, deque_capacity> ready;
  BasicNextSlot<StdPlatform, Task> next;
  std::int64_t budget = 0;  // units left before the present chain of tasks must let others run
  std::int64_t chain_budget = 0;  // not 0: what `budget` was before the oldest task came in between
  std::uint32_t turns = 0;  // chooses when to look at the oldest work first
  bool injector_first = false;  // where to look for it this time
  std::uint64_t random = 0;
  Parker::Clock::time_point stolen_at{};  // when its last steal was, until it has learnt from it
  unsigned patience = 0;  // rounds of a search before it steals again

  // Shared with the watchdog.
  std::atomic<std::uint64_t> turn{0};  // written by the worker: changes with each task it runs
  std::atomic<bool> yield{false};  // set by the watchdog: others wait, let them run soon
  std::atomic<bool> active{false};  // some runner has this worker
  Task *watched_task = nullptr;  // the watchdog's own: what it saw in the slot last time
  std::uint64_t watched_turn = 0;
};

class Scheduler : public Executor {
 public:
  // What runs a task, and what is kept per worker.
  class Client {
   public:
    virtual ~Client() = default;
    virtual void run(Worker &worker, Task &task) = 0;
    // Called when a worker has run out of work, before it looks around.
    virtual void rest(Worker &worker) = 0;
  };

  // Whose thread the runner is: asked between tasks whether it must leave, though there is more to do.
  class Pause {
   public:
    virtual ~Pause() = default;
    virtual bool due() = 0;
    // The thread is a worker, and has run no task yet.
    virtual void begin() {}
  };

  Scheduler(Client &client, std::uint32_t workers, std::uint32_t run_batch);
  Scheduler(const Scheduler &) = delete;
  Scheduler &operator=(const Scheduler &) = delete;

  void schedule(Task &task) noexcept override;
  void schedule_first(Task &task) noexcept override;
  // The same, from one of its own workers.
  void schedule_here(Worker &worker, Task &task) noexcept {
    if (!worker.next.put(&task)) push_local(worker, task);
  }
  // Many at once, linked through next_task, from any thread: cheaper, and in their order. They go behind those that wait.
  void schedule_all(Task *first, Task *last, std::uint32_t count) noexcept;
  // From the worker that runs it: the task has more to do, and goes behind those that wait.
  void yield(Worker &worker, Task &task) noexcept;
  // From that worker: the task that it runs is about to wait, and others get what the worker has.
  void share_out(Worker &worker) noexcept {
    put_back(worker);
    if (injected_.load(std::memory_order_seq_cst) != 0) wake_one();
  }
  // From that worker: whether it would find nothing else to do just now. A hint: others may add something at any time.
  bool nobody_waits(const Worker &worker) const noexcept {
    return looks_around() && !worker.next.peek() && worker.ready.size() == 0 && injected_.load(std::memory_order_relaxed) == 0 &&
           !worker.yield.load(std::memory_order_relaxed);
  }

  // The runner's loop, after a launch(). pause: may be NULL.
  void run(Pause *pause = nullptr);
  // Instead of run(), where the launched thread cannot run tasks after all. The next tick tries again.
  void decline() noexcept;

  // Once a millisecond while busy(): moves tasks that have waited in a slot, asks long runs to yield, starts runners that were missed.
  void tick() noexcept;
  bool busy() const noexcept {
    return active(state_.load(std::memory_order_acquire)) != 0 || injected_.load(std::memory_order_acquire) != 0;
  }

  // The task that the worker runs will not come back: whoever owns the worker now lets others have it, and another thread takes the place
  // of the one that is lost. That one finds Thread::given_up when the task returns, and ends. Only where may_block().
  void give_up(Worker &worker) noexcept;

  // Runs nothing any more, and passes what is scheduled from now on to `fallback`. The caller has made sure that no actor is left on
  // it, so that only late messages to dead ones can come. Not from a worker of it.
  void close(Executor &fallback) noexcept;
  // Ends the threads of a closed one: no runner is left, and none will be launched. May be repeated.
  virtual void end() noexcept = 0;
  // It is leaked, with its system: nobody is to wait at it for ever.
  virtual void abandon() noexcept {}
  // Its last reference has ended, after end().
  virtual void forget() noexcept {}
  // Undoes close and end. A late message to a dead actor of before may be scheduled here; it becomes a dead letter here as anywhere. False:
  // the operating system refuses a thread; it stays closed.
  bool reopen(std::uint32_t run_batch);

  // Whether a task may block its thread without starving others of the process.
  virtual bool may_block() const noexcept = 0;

  std::uint32_t worker_count() const noexcept { return static_cast<std::uint32_t>(workers_.size()); }
  Worker &worker(std::uint32_t index) noexcept { return *workers_[index]; }
  std::uint32_t run_batch() const noexcept { return run_batch_; }

  // Set by the owner before the first schedule: the handle of the system that workers work for (base/thread.hpp), and what to call when
  // the scheduler goes from idle to busy.
  std::uintptr_t system_handle = 0;
  void (*on_busy)(void *argument) noexcept = nullptr;
  void *on_busy_argument = nullptr;

 protected:
  // Brings one more runner into run(), soon, on another thread. False: not now (no memory).
  virtual bool launch() noexcept = 0;
  // Starts the threads again. Throws std::bad_alloc. False: the operating system refuses a thread.
  virtual bool begin() = 0;
  // Whether a runner may stay a while with nothing to do, because its thread has nothing better to do either.
  virtual bool looks_around() const noexcept { return true; }
  // Declines those launches that no thread has come for: called until no runner is left, when it closes.
  virtual void decline_waiting() noexcept {}
  // A launch for the calling thread itself, which must run() next. False: all workers have their runners, or it is closed.
  [[nodiscard]] bool claim() noexcept;
  // A thread will not come back: starts another one in its place.
  virtual void replace(Thread &lost) noexcept = 0;
  // How long a runner looks around before it leaves, in rounds of about half a microsecond.
  static constexpr unsigned search_rounds = 64;

 private:
  static constexpr std::uint64_t one_active = 1, one_searching = std::uint64_t{1} << 32;
  static std::uint32_t active(std::uint64_t state) noexcept { return static_cast<std::uint32_t>(state); }
  static std::uint32_t searching(std::uint64_t state) noexcept { return static_cast<std::uint32_t>(state >> 32); }

  void inject(Task *first, Task *last, std::uint32_t count) noexcept;
  Task *take_urgent(Worker &worker) noexcept;
  Task *take_injected(Worker &worker) noexcept;
  void push_local(Worker &worker, Task &task) noexcept;
  // Starts another runner if none is searching and there is room for one.
  void wake_one() noexcept;
  void push_ready(Worker &worker, Task &task) noexcept;
  Task *take_waiting(Worker &worker) noexcept;
  Task *next(Worker &worker) noexcept;
  Task *search(Worker &worker) noexcept;
  static void learn(Worker &worker) noexcept;
  Task *steal(Worker &worker) noexcept;
  Worker &acquire_worker() noexcept;
  void release_worker(Worker &worker) noexcept;
  // The searching runner has found nothing and has given its worker up. True: there is something after all, and it counts as searching.
  bool stay() noexcept;
  enum class [[nodiscard]] Left { dry, paused, given_up };
  Left run_until_dry(Thread &thread, Worker &worker, Pause *pause);
  void put_back(Worker &worker) noexcept;

  void forward(Executor &fallback) noexcept;

  Client &client_;
  std::atomic<Executor *> fallback_{nullptr};  // set once, by close
  std::uint32_t run_batch_;
  std::vector<std::unique_ptr<Worker>> workers_;
  alignas(cache_line_size) std::atomic<std::uint64_t> state_{0};
  alignas(cache_line_size) Mutex injector_mutex_;
  Task *injected_first_ SABIR_GUARDED_BY(injector_mutex_) = nullptr;
  Task *injected_last_ SABIR_GUARDED_BY(injector_mutex_) = nullptr;
  Task *urgent_first_ SABIR_GUARDED_BY(injector_mutex_) = nullptr;
  Task *urgent_last_ SABIR_GUARDED_BY(injector_mutex_) = nullptr;
  std::atomic<std::uint32_t> urgent_{0};  // how many of the injected come first; written under the mutex
  std::atomic<std::uint32_t> injected_{0};  // how many; written under the mutex
};

// The worker that the calling thread is at the moment, if it is one of this scheduler's.
inline Worker *worker_of(Thread &thread, const Scheduler *scheduler) noexcept {
  auto *worker = static_cast<Worker *>(thread.worker);
  return worker && worker->scheduler == scheduler ? worker : nullptr;
}

}  // namespace sabir::executor
