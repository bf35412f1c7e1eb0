// SPDX-License-Identifier: Apache-2.0
#include "executor/arena.hpp"

#define TBB_PREVIEW_WAITING_FOR_WORKERS 1               // tbb::finalize, before it left preview
#define TBB_PREVIEW_TASK_ARENA_CONSTRAINTS_EXTENSION 1  // core types and threads per core, the same
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "base/mutex.hpp"
#include "base/uncancelled.hpp"
#include "env/environment.hpp"
#include "executor/arena_task.hpp"
#include "sabir/executor.h"

namespace sabir::executor {

namespace {

// oneTBB's process-wide side: enough threads for all our arenas while any lives, and none left afterwards.
class Runtime {
 public:
  static Runtime &instance() {
    static Runtime *runtime = new Runtime;   // never destroyed: see sabir.h, exit
    return *runtime;
  }

  // oneTBB's own statics go at exit, after this handler (it is registered later than they are); a system that a handler has destroyed may
  // still be ending on its service's thread then.
  Runtime() {
    (void)std::atexit([] { instance().process_exits(); });
  }

  void enter(std::uint32_t workers) {
    MutexLock lock(mutex_);
    if (arenas_ == 0) handle_ = tbb::task_scheduler_handle{tbb::attach{}};
    allow(slots_ + workers, arenas_ + 1);
    slots_ += workers;
    ++arenas_;
  }

  // Ends the arena, if it was made.
  template <typename Tbb>
  void leave(std::uint32_t workers, std::unique_ptr<Tbb> arena) noexcept {
    const Uncancelled here;
    MutexLock lock(mutex_);
    if (exiting_) {
      arena->next_left = left_;
      left_ = arena.release();
      return;
    }
    arena.reset();
    slots_ -= workers;
    if (--arenas_ != 0) return;
    // Joins the threads; where the host uses oneTBB too they stay. With the limit that they live by: where the process may use one
    // processor only, oneTBB's own limit allows no thread but the caller's, and finalize would wait for ever for one that nobody wakes.
    tbb::finalize(handle_, std::nothrow);
    control_.reset();
  }

 private:
  // The lowest live limit wins for the whole process: the new one is made before the old one goes, and it is never below what the
  // host would have had. One more than the slots, for the host's main thread, and one for each arena's keeper.
  void allow(std::uint32_t slots, std::uint32_t arenas) SABIR_REQUIRES(mutex_) {
    const std::size_t threads = std::max<std::size_t>(env::processor_count(), slots) + 1 + arenas;
    if (control_ && threads <= threads_) return;
    auto control = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism, threads);
    control_ = std::move(control);
    threads_ = threads;
  }

  void process_exits() {
    MutexLock lock(mutex_);
    exiting_ = true;
  }

  Mutex mutex_;
  bool exiting_ SABIR_GUARDED_BY(mutex_) = false;
  // Arenas that the process's exit has overtaken: a list, so that no leak detector takes them for lost.
  void *left_ SABIR_GUARDED_BY(mutex_) = nullptr;
  std::uint32_t arenas_ SABIR_GUARDED_BY(mutex_) = 0;
  std::uint32_t slots_ SABIR_GUARDED_BY(mutex_) = 0;
  std::size_t threads_ SABIR_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<tbb::global_control> control_ SABIR_GUARDED_BY(mutex_);
  tbb::task_scheduler_handle handle_ SABIR_GUARDED_BY(mutex_);
};

// The element that an option names.
int chosen(const std::vector<int> &among, std::uint32_t option) { return option == 0 ? tbb::task_arena::automatic : among.at(option - 1); }

tbb::task_arena::constraints constraints_of(const Placement &placement) {
  tbb::task_arena::constraints constraints;
  if (placement.numa_node != 0) constraints.set_numa_id(chosen(tbb::info::numa_nodes(), placement.numa_node));
  if (placement.core_type != 0) constraints.set_core_type(chosen(tbb::info::core_types(), placement.core_type));
  if (placement.threads_per_core != 0) constraints.set_max_threads_per_core(static_cast<int>(placement.threads_per_core));
  return constraints;
}

tbb::task_arena::priority priority_of(const Placement &placement) noexcept {
  switch (placement.priority) {
    case SABIR_EXECUTOR_PRIORITY_LOW: return tbb::task_arena::priority::low;
    case SABIR_EXECUTOR_PRIORITY_HIGH: return tbb::task_arena::priority::high;
    default: return tbb::task_arena::priority::normal;
  }
}

}  // namespace

struct Arena::Tbb {
  // The keeper runs the arena's actors too, so it is placed as the arena is.
  Tbb(std::uint32_t workers, const Placement &placement)
      : arena(constraints_of(placement).set_max_concurrency(static_cast<int>(workers)), 0, priority_of(placement)),
        keeper(constraints_of(placement).set_max_concurrency(1), 0, priority_of(placement)) {}
  tbb::task_arena arena;
  tbb::task_arena keeper;
  void *next_left = nullptr;
};

std::uint32_t Arena::numa_node_count() { return static_cast<std::uint32_t>(tbb::info::numa_nodes().size()); }

std::uint32_t Arena::core_type_count() { return static_cast<std::uint32_t>(tbb::info::core_types().size()); }

std::uint32_t Arena::concurrency(const Placement &placement) {
  return static_cast<std::uint32_t>(std::max(1, tbb::info::default_concurrency(constraints_of(placement))));
}

Arena::Arena(Client &client, std::uint32_t workers, std::uint32_t run_batch, const Placement &placement)
    : Scheduler(client, workers, run_batch), placement_(placement) {
  (void)begin();
}

bool Arena::begin() {
  if (tbb_) return true;  // it was closed, but not ended
  Runtime::instance().enter(worker_count());
  try {
    tbb_ = std::make_unique<Tbb>(worker_count(), placement_);
    tbb_->arena.initialize();
    tbb_->keeper.initialize();
    kept_.store(Kept::nobody, std::memory_order_relaxed);
  } catch (...) {
    Runtime::instance().leave(worker_count(), std::move(tbb_));
    throw;
  }
  return true;
}

Arena::~Arena() { end(); }

void Arena::end() noexcept {
  if (!tbb_) return;
  kept_.store(Kept::closed, std::memory_order_release);
  kept_parker_.unpark();
  await_left();
  Runtime::instance().leave(worker_count(), std::move(tbb_));
}

bool Arena::launch() noexcept {
  Kept asleep = Kept::asleep;
  if (kept_.compare_exchange_strong(asleep, Kept::called, std::memory_order_acq_rel, std::memory_order_relaxed)) {
    kept_parker_.unpark();  // it need not be parked yet, or any more: see keep
    return true;
  }
  Kept nobody = Kept::nobody;
  const bool first = kept_.compare_exchange_strong(nobody, Kept::called, std::memory_order_acq_rel, std::memory_order_relaxed);
  tbb::task_arena &arena = first ? tbb_->keeper : tbb_->arena;  // before entering: what end() does comes after, as a sanitizer sees it
  entering();
  try {
    enqueue(arena, first ? enter_to_stay : enter, this);
    return true;
  } catch (...) {
    if (first) kept_.store(Kept::nobody, std::memory_order_relaxed);
    left();
    return false;
  }
}

void Arena::enter(void *arena) {
  auto &self = *static_cast<Arena *>(arena);
  self.entered();
  // A handler that waits inside oneTBB (a parallel_for) may be given this task on the same thread: run nothing under it.
  if (Thread::current().worker) {
    self.decline();
  } else {
    self.run();
  }
  self.left();
}

void Arena::enter_to_stay(void *arena) {
  auto &self = *static_cast<Arena *>(arena);
  self.entered();
  self.keep();
  self.left();
}

// release: pairs with entered, whose thread sees all that was built before it was launched.
void Arena::entering() noexcept { inside_.fetch_add(1, std::memory_order_release); }

void Arena::entered() noexcept { (void)inside_.load(std::memory_order_acquire); }

// release: pairs with await_left; the thread's last look at this object is before it is freed.
void Arena::left() noexcept { inside_.fetch_sub(1, std::memory_order_release); }

void Arena::await_left() noexcept {
  while (inside_.load(std::memory_order_acquire) != 0) pause();
}

void Arena::keep() {
  for (;;) {
    run();
    Kept called = Kept::called;
    // acq_rel, and acquire below: pairs with launch and end.
    if (!kept_.compare_exchange_strong(called, Kept::asleep, std::memory_order_acq_rel)) return;
    // A token may be a late one, of an earlier call.
    while (kept_.load(std::memory_order_acquire) == Kept::asleep) (void)kept_parker_.park_until(Parker::Clock::time_point::max());
    if (kept_.load(std::memory_order_acquire) == Kept::closed) return;
  }
}

}  // namespace sabir::executor
