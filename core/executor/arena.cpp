// Compiled without ThreadSanitizer, to which oneTBB is opaque: a task's closure crosses threads in here, and every hand-over that our code
// relies on is published by a pair of its own (Scheduler's state_ and injector).
//
// SPDX-License-Identifier: Apache-2.0
#include "executor/arena.hpp"

#define TBB_PREVIEW_WAITING_FOR_WORKERS 1   // tbb::finalize, before it left preview
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <memory>
#include <mutex>

#include "env/environment.hpp"

namespace sabir::executor {

namespace {

// oneTBB's process-wide side: enough threads for all our arenas while any lives, and none left afterwards.
class Runtime {
 public:
  static Runtime &instance() {
    static Runtime *runtime = new Runtime;   // never destroyed: see sabir.h, exit
    return *runtime;
  }

  void enter(std::uint32_t workers) {
    std::lock_guard lock(mutex_);
    if (arenas_ == 0) handle_ = tbb::task_scheduler_handle{tbb::attach{}};
    allow(slots_ + workers);
    slots_ += workers;
    ++arenas_;
  }

  void leave(std::uint32_t workers) noexcept {
    std::lock_guard lock(mutex_);
    slots_ -= workers;
    if (--arenas_ != 0) return;
    control_.reset();
    tbb::finalize(handle_, std::nothrow);   // joins the threads; where the host uses oneTBB too they stay
  }

 private:
  // The lowest live limit wins for the whole process: the new one is made before the old one goes, and it is never below what the
  // host would have had. One more than the slots, for the host's main thread.
  void allow(std::uint32_t slots) {
    const std::size_t threads = std::max<std::size_t>(env::processor_count(), slots) + 1;
    if (control_ && threads <= threads_) return;
    auto control = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism, threads);
    control_ = std::move(control);
    threads_ = threads;
  }

  std::mutex mutex_;
  std::uint32_t arenas_ = 0;
  std::uint32_t slots_ = 0;
  std::size_t threads_ = 0;
  std::unique_ptr<tbb::global_control> control_;
  tbb::task_scheduler_handle handle_;
};

}  // namespace

struct Arena::Tbb {
  explicit Tbb(std::uint32_t workers) : arena(static_cast<int>(workers), 0) {}
  tbb::task_arena arena;
};

Arena::Arena(Client &client, std::uint32_t workers, std::uint32_t run_batch) : Scheduler(client, workers, run_batch) { (void)begin(); }

bool Arena::begin() {
  Runtime::instance().enter(worker_count());
  try {
    tbb_ = std::make_unique<Tbb>(worker_count());
    tbb_->arena.initialize();
  } catch (...) {
    tbb_.reset();
    Runtime::instance().leave(worker_count());
    throw;
  }
  return true;
}

Arena::~Arena() { end(); }

void Arena::end() noexcept {
  if (!tbb_) return;
  await_left();
  tbb_->arena.terminate();
  tbb_.reset();
  Runtime::instance().leave(worker_count());
}

bool Arena::launch() noexcept {
  entering();
  try {
    tbb_->arena.enqueue([this] {
      // A handler that waits inside oneTBB (a parallel_for) may be given this task on the same thread: run nothing under it.
      if (Thread::current().worker) {
        decline();
      } else {
        run();
      }
      left();
    });
    return true;
  } catch (...) {
    left();
    return false;
  }
}

}  // namespace sabir::executor
