// SPDX-License-Identifier: Apache-2.0
#include "executor/threads.hpp"

namespace sabir::executor {

Threads::Threads(Client &client, env::Environment &environment, std::string name, std::uint32_t workers, std::uint32_t run_batch)
    : Scheduler(client, workers, run_batch), environment_(environment), name_(std::move(name)) {
  started_ = begin();
}

bool Threads::begin() {
  {
    std::lock_guard lock(mutex_);
    closed_ = false;
    bool started = true;
    while (started && threads_.size() < worker_count()) started = start_one();
    if (started) return true;
  }
  end();
  return false;
}

Threads::~Threads() { end(); }

void Threads::end() noexcept {
  std::vector<std::unique_ptr<env::Thread>> threads;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    threads.swap(threads_);
  }
  condition_.notify_all();
  for (auto &thread : threads) thread->join();
}

bool Threads::start_one() {
  auto thread = environment_.start(name_, [this] { serve(); });
  if (!thread) return false;
  threads_.push_back(std::move(thread));
  return true;
}

bool Threads::launch() noexcept {
  {
    std::lock_guard lock(mutex_);
    ++launched_;
  }
  condition_.notify_one();
  return true;
}

void Threads::serve() {
  // A handler that ends its thread (pthread_exit) unwinds through here: another thread takes its place.
  struct Replacement {
    Threads &threads;
    bool needed = true;
    ~Replacement() {
      if (!needed) return;
      std::lock_guard lock(threads.mutex_);
      if (!threads.closed_) (void)threads.start_one();
    }
  } replacement{*this};
  std::unique_lock lock(mutex_);
  for (;;) {
    condition_.wait(lock, [this] { return launched_ != 0 || closed_; });
    if (launched_ == 0) break;
    --launched_;
    lock.unlock();
    run();
    lock.lock();
  }
  replacement.needed = false;
}

}  // namespace sabir::executor
