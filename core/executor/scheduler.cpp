// SPDX-License-Identifier: Apache-2.0
#include "executor/scheduler.hpp"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/assert.hpp"

namespace sabir::executor {

namespace {

using Clock = Parker::Clock;

// Every so many turns a worker takes the task that has waited for longest: in turn from the injector and from its own deque.
constexpr std::uint32_t oldest_period = 32;
// How many messages the oldest task may handle then, while a chain waits.
constexpr std::int64_t between_batch = 4;
// Most tasks taken from the injector at once.
constexpr std::uint32_t injector_batch = 32;

// A steal that gave less work than this was none: it costs the thief a fraction of that, and its victim the cache lines of the task and of
// all that it then shares with it. A victim that wakes others with one message each is better left to gather a few. So a thief that stole
// too little waits for more rounds before it steals again, up to a limit of some microseconds, and for fewer once it was worth it.
constexpr std::chrono::nanoseconds worth_stealing{1000};
constexpr unsigned patience_limit = 15;

// After so many rounds of looking around, a microsecond, a runner looks only between others that want its processor: whoever waits for
// what it has just done may have been woken there.
constexpr unsigned patient_rounds = 4;

// xorshift64*, for choosing whom to steal from. Vigna, "An experimental exploration of Marsaglia's xorshift generators" (2016).
std::uint64_t next_random(std::uint64_t &state) noexcept {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 2685821657736338717u;
}

// Waits without looking, so that a producer can fill its cache line undisturbed.
void wait_briefly() noexcept {
  for (int i = 0; i < 16; ++i) pause();
}

}  // namespace

Scheduler::Scheduler(Client &client, std::uint32_t workers, std::uint32_t run_batch) : client_(client), run_batch_(run_batch) {
  workers_.reserve(workers);
  for (std::uint32_t i = 0; i < workers; ++i) {
    workers_.push_back(std::make_unique<Worker>());
    workers_[i]->scheduler = this;
    workers_[i]->index = i;
    workers_[i]->random = 0x9E3779B97F4A7C15u * (i + 1);
  }
}

void Scheduler::schedule(Task &task) noexcept {
  if (Worker *worker = worker_of(Thread::current(), this)) {
    schedule_here(*worker, task);
    return;
  }
  inject(&task, &task, 1);
  wake_one();
}

void Scheduler::schedule_all(Task *first, Task *last, std::uint32_t count) noexcept {
  inject(first, last, count);
  wake_one();  // which wakes the next one, if there is enough for more
}

void Scheduler::schedule_first(Task &task) noexcept {
  task.next_task = nullptr;
  {
    MutexLock lock(injector_mutex_);
    (urgent_last_ ? urgent_last_->next_task : urgent_first_) = &task;
    urgent_last_ = &task;
    urgent_.store(urgent_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    injected_.store(injected_.load(std::memory_order_relaxed) + 1, std::memory_order_seq_cst);  // see inject
  }
  if (worker_of(Thread::current(), this)) return;  // it comes next on this worker; another one would only fetch it away
  wake_one();
  if (active(state_.load(std::memory_order_relaxed)) >= worker_count()) {
    for (auto &worker : workers_) worker->yield.store(true, std::memory_order_relaxed);
  }
}

void Scheduler::push_local(Worker &worker, Task &task) noexcept {
  push_ready(worker, task);
  if (state_.load(std::memory_order_relaxed) >> 32 == 0) wake_one();
}

void Scheduler::push_ready(Worker &worker, Task &task) noexcept {
  if (worker.ready.push(&task)) return;
  // Full: the older half goes to where everybody looks.
  Task *first = nullptr, *last = nullptr;
  std::uint32_t count = 0;
  while (count < deque_capacity / 2) {
    Task *more = worker.ready.take_oldest();
    if (!more) break;
    (last ? last->next_task : first) = more;
    last = more;
    ++count;
  }
  if (first) inject(first, last, count);
  if (!worker.ready.push(&task)) inject(&task, &task, 1);
}

void Scheduler::yield(Worker &worker, Task &task) noexcept {
  if (worker.chain_budget != 0) {  // the chain goes on
    inject(&task, &task, 1);
    wake_one();
    return;
  }
  worker.budget = 0;
  // Behind everything, but behind what it has woken itself as well.
  if (Task *next = worker.next.take()) inject(next, next, 1);
  inject(&task, &task, 1);
  wake_one();
}

void Scheduler::inject(Task *first, Task *last, std::uint32_t count) noexcept {
  last->next_task = nullptr;
  MutexLock lock(injector_mutex_);
  (injected_last_ ? injected_last_->next_task : injected_first_) = first;
  injected_last_ = last;
  // seq_cst: with the load of state_ in wake_one, against the decrement of state_ and the load of injected_ in stay (invariant 2).
  injected_.store(injected_.load(std::memory_order_relaxed) + count, std::memory_order_seq_cst);
}

Task *Scheduler::take_urgent(Worker &worker) noexcept {
  MutexLock lock(injector_mutex_);
  Task *task = urgent_first_;
  if (!task) return nullptr;
  urgent_first_ = task->next_task;
  if (!urgent_first_) urgent_last_ = nullptr;
  urgent_.store(urgent_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  injected_.store(injected_.load(std::memory_order_relaxed) - 1, std::memory_order_seq_cst);
  if (worker.budget <= 0) worker.budget = run_batch_;
  return task;
}

Task *Scheduler::take_injected(Worker &worker) noexcept {
  if (injected_.load(std::memory_order_relaxed) == 0) return nullptr;  // stay() looks again
  if (urgent_.load(std::memory_order_relaxed) != 0) {
    if (Task *task = take_urgent(worker)) return task;
  }
  Task *taken[injector_batch];
  std::uint32_t count = 0;
  {
    MutexLock lock(injector_mutex_);
    const std::uint32_t queued = injected_.load(std::memory_order_relaxed);
    // (Urgent ones may have come since; they are counted, and stay.) A share of it, where there is much; into an empty deque only, which is
    // then handled oldest first.
    std::uint32_t share = worker.ready.size() == 0 ? queued / worker_count() : 1;
    share = std::clamp<std::uint32_t>(share, 1, injector_batch);
    while (count < share && injected_first_) {
      taken[count++] = injected_first_;
      injected_first_ = injected_first_->next_task;
    }
    if (!injected_first_) injected_last_ = nullptr;
    injected_.store(queued - count, std::memory_order_seq_cst);
  }
  if (count == 0) return nullptr;
  while (count > 1) push_ready(worker, *taken[--count]);
  return taken[0];
}

void Scheduler::forward(Executor &fallback) noexcept {
  Task *task;
  {
    MutexLock lock(injector_mutex_);
    task = injected_first_;
    if (urgent_last_) {
      urgent_last_->next_task = task;
      task = urgent_first_;
      urgent_first_ = urgent_last_ = nullptr;
      urgent_.store(0, std::memory_order_relaxed);
    }
    injected_first_ = injected_last_ = nullptr;
    injected_.store(0, std::memory_order_relaxed);
  }
  while (task) {
    Task *next = task->next_task;
    fallback.schedule(*task);
    task = next;
  }
}

void Scheduler::close(Executor &fallback) noexcept {
  // From here on whoever injects forwards (seq_cst: it injects, then looks; we store, then look).
  fallback_.store(&fallback, std::memory_order_seq_cst);
  while (active(state_.load(std::memory_order_seq_cst)) != 0) {
    decline_waiting();
    wait_briefly();
  }
  forward(fallback);
}

bool Scheduler::reopen(std::uint32_t run_batch) {
  if (!begin()) return false;
  run_batch_ = run_batch;
  fallback_.store(nullptr, std::memory_order_seq_cst);
  return true;
}

void Scheduler::wake_one() noexcept {
  if (Executor *fallback = fallback_.load(std::memory_order_seq_cst)) {
    if (active(state_.load(std::memory_order_seq_cst)) == 0) forward(*fallback);  // else a runner is still there, and close() looks again
    return;
  }
  std::uint64_t state = state_.load(std::memory_order_seq_cst);  // seq_cst: invariant 2
  for (;;) {
    if (searching(state) != 0 || active(state) >= worker_count()) return;
    if (state_.compare_exchange_weak(state, state + one_active + one_searching, std::memory_order_seq_cst)) break;
  }
  // Closed meanwhile? close() stores, then looks whether anyone is active; we are, and look: one of us sees the other.
  if (Executor *fallback = fallback_.load(std::memory_order_seq_cst)) {
    decline();
    if (active(state_.load(std::memory_order_seq_cst)) == 0) forward(*fallback);
    return;
  }
  if (active(state) == 0 && on_busy) on_busy(on_busy_argument);
  if (!launch()) decline();
}

bool Scheduler::claim() noexcept {
  std::uint64_t state = state_.load(std::memory_order_seq_cst);
  do {
    if (active(state) >= worker_count()) return false;
  } while (!state_.compare_exchange_weak(state, state + one_active + one_searching, std::memory_order_seq_cst));
  // As in wake_one.
  if (Executor *fallback = fallback_.load(std::memory_order_seq_cst)) {
    decline();
    if (active(state_.load(std::memory_order_seq_cst)) == 0) forward(*fallback);
    return false;
  }
  if (active(state) == 0 && on_busy) on_busy(on_busy_argument);
  return true;
}

void Scheduler::decline() noexcept { state_.fetch_sub(one_active + one_searching, std::memory_order_seq_cst); }

Worker &Scheduler::acquire_worker() noexcept {
  for (;;) {  // there are at least as many workers as active runners, and one is released before its runner stops being active
    for (auto &worker : workers_) {
      bool taken = worker->active.load(std::memory_order_relaxed);
      // acquire: pairs with release_worker; the owner's end of the deque and the slot are ours now.
      if (!taken && worker->active.compare_exchange_strong(taken, true, std::memory_order_acquire, std::memory_order_relaxed))
        return *worker;
    }
  }
}

void Scheduler::release_worker(Worker &worker) noexcept { worker.active.store(false, std::memory_order_release); }

// What has waited for longest, here or in the injector; NULL: nothing waits.
// In turn from either first: who yields goes to the injector, and would else be taken from there again and again.
Task *Scheduler::take_waiting(Worker &worker) noexcept {
  worker.injector_first = !worker.injector_first;
  if (worker.injector_first) {
    Task *task = take_injected(worker);
    return task ? task : worker.ready.take_oldest();
  }
  Task *task = worker.ready.take_oldest();
  return task ? task : take_injected(worker);
}

Task *Scheduler::next(Worker &worker) noexcept {
  if (__builtin_expect(urgent_.load(std::memory_order_relaxed) != 0, 0)) {
    if (Task *task = take_urgent(worker)) return task;
  }
  if (worker.chain_budget != 0) worker.budget = std::exchange(worker.chain_budget, 0);
  if (worker.budget <= 0) {
    // One chain of wake-ups shares one budget: whoever waits is next, and what was just woken comes after it.
    worker.budget = run_batch_;
    if (Task *task = take_waiting(worker)) return task;
  } else if (++worker.turns % oldest_period == 0) {
    if (Task *task = worker.turns % (2 * oldest_period) == 0 ? take_injected(worker) : worker.ready.take_oldest()) {
      // Not for as long as its handlers please: the chain waits.
      worker.chain_budget = worker.budget;
      worker.budget = std::min(worker.budget, between_batch);
      return task;
    }
  }
  if (Task *task = worker.next.take()) return task;
  if (Task *task = worker.ready.pop_newest()) return task;
  worker.budget = run_batch_;
  return take_injected(worker);
}

Task *Scheduler::steal(Worker &worker) noexcept {
  const std::uint32_t count = worker_count();
  if (count == 1) return nullptr;
  const std::uint32_t start = static_cast<std::uint32_t>(next_random(worker.random) >> 32) % count;
  for (std::uint32_t i = 0; i < count; ++i) {
    Worker &victim = *workers_[(start + i) % count];
    if (&victim == &worker) continue;
    if (Task *task = victim.ready.take_oldest()) return task;
  }
  return nullptr;
}

// What a thief learns from its last steal, when it has nothing more to do.
void Scheduler::learn(Worker &worker) noexcept {
  if (worker.stolen_at == Clock::time_point()) return;
  const bool was_worth_it = Clock::now() - std::exchange(worker.stolen_at, {}) >= worth_stealing;
  worker.patience = was_worth_it ? worker.patience / 2 : std::min(2 * worker.patience + 1, patience_limit);
}

Task *Scheduler::search(Worker &worker) noexcept {
  const unsigned rounds = looks_around() ? search_rounds : 1;
  learn(worker);
  const unsigned patience = rounds > 1 ? worker.patience : 0;
  for (unsigned round = 0; round < rounds; ++round) {
    if (Task *task = take_injected(worker)) return task;
    if (round >= patience) {
      if (Task *task = steal(worker)) {
        if (rounds > 1) worker.stolen_at = Clock::now();
        return task;
      }
    }
    if (rounds == 1) break;
    if (round < patient_rounds) {
      wait_briefly();
    } else {
      sched_yield();
    }
  }
  worker.patience = 0;
  return nullptr;
}

bool Scheduler::stay() noexcept {
  // seq_cst, both: with inject and wake_one (invariant 2).
  state_.fetch_sub(one_active + one_searching, std::memory_order_seq_cst);
  if (injected_.load(std::memory_order_seq_cst) == 0) return false;
  std::uint64_t state = state_.load(std::memory_order_seq_cst);
  do {
    if (active(state) >= worker_count()) return false;  // they will find it
  } while (!state_.compare_exchange_weak(state, state + one_active + one_searching, std::memory_order_seq_cst));
  return true;
}

void Scheduler::run(Pause *pause) {
  // acquire: pairs with the CAS in wake_one, of whose release sequence every later change of state_ is a part: all that was built before
  // the launch is seen, on a thread of oneTBB's too that is older than this scheduler.
  (void)state_.load(std::memory_order_acquire);
  Thread &thread = Thread::current();
  Left left;
  bool begun = false;
  do {
    Worker &worker = acquire_worker();
    // A handler may unwind the thread (pthread_exit): whatever happens, the worker is given back.
    struct Attachment {
      Scheduler &scheduler;
      Thread &thread;
      Worker &worker;
      bool unwinding = true;
      ~Attachment() {
        if (thread.given_up) return;  // nothing here is its business any more, not even whether it still exists
        thread.worker = nullptr;
        thread.worker_system = 0;
        if (unwinding) scheduler.put_back(worker);
        scheduler.release_worker(worker);
        if (unwinding) scheduler.state_.fetch_sub(one_active, std::memory_order_seq_cst);
      }
    } attachment{*this, thread, worker};
    worker.runner = &thread;
    thread.worker = &worker;
    thread.worker_system = system_handle;
    if (pause && !begun) {
      begun = true;
      pause->begin();
    }
    left = run_until_dry(thread, worker, pause);
    if (left == Left::given_up) return;
    if (left == Left::paused) put_back(worker);
    attachment.unwinding = false;
  } while (left == Left::dry && stay());
  if (left == Left::dry) return;
  state_.fetch_sub(one_active + one_searching, std::memory_order_seq_cst);
  if (injected_.load(std::memory_order_seq_cst) != 0) wake_one();  // for the next time
}

// What the worker had before it goes to others.
void Scheduler::put_back(Worker &worker) noexcept {
  while (Task *task = worker.next.take()) inject(task, task, 1);
  while (Task *task = worker.ready.take_oldest()) inject(task, task, 1);
}

void Scheduler::give_up(Worker &worker) noexcept {
  replace(*worker.runner);
  put_back(worker);
  release_worker(worker);
  state_.fetch_sub(one_active, std::memory_order_seq_cst);
  if (injected_.load(std::memory_order_seq_cst) != 0) wake_one();
}

// Enters and leaves as a searching runner.
Scheduler::Left Scheduler::run_until_dry(Thread &thread, Worker &worker, Pause *pause) {
  bool is_searching = true;
  for (;;) {
    Task *task = next(worker);
    if (!task) {
      client_.rest(worker);
      if (!is_searching) {
        state_.fetch_add(one_searching, std::memory_order_seq_cst);
        is_searching = true;
      }
      task = search(worker);
      if (!task) return Left::dry;
      worker.budget = run_batch_;
    }
    if (is_searching) {
      is_searching = false;
      const std::uint64_t before = state_.fetch_sub(one_searching, std::memory_order_seq_cst);
      // Where one found work there may be more: the last one to search passes the search on.
      if (searching(before) == 1 && (worker.ready.size() != 0 || injected_.load(std::memory_order_relaxed) != 0)) wake_one();
    }
    worker.turn.store(worker.turn.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    client_.run(worker, *task);
    if (__builtin_expect(thread.given_up, 0)) return Left::given_up;
    if (__builtin_expect(pause != nullptr, 0) && pause->due()) {
      state_.fetch_add(one_searching, std::memory_order_seq_cst);
      return Left::paused;
    }
  }
}

void Scheduler::tick() noexcept {
  bool waiting = injected_.load(std::memory_order_relaxed) != 0;
  for (auto &worker : workers_) waiting = waiting || worker->ready.size() != 0;
  for (auto &worker : workers_) {
    const std::uint64_t turn = worker->turn.load(std::memory_order_relaxed);
    Task *task = worker->next.peek();
    const bool same_turn = turn == worker->watched_turn && worker->active.load(std::memory_order_relaxed);
    if (same_turn && task && task == worker->watched_task) {
      // It has waited behind one task for a whole tick.
      if (Task *late = worker->next.take_late()) {
        inject(late, late, 1);
        waiting = true;
        task = nullptr;
      }
    }
    // A long run of many short handlers gives way; one long handler cannot, and is not cut.
    if (same_turn && (waiting || task)) worker->yield.store(true, std::memory_order_relaxed);
    worker->watched_turn = turn;
    worker->watched_task = task;
  }
  if (waiting) wake_one();
}

}  // namespace sabir::executor
