// SPDX-License-Identifier: Apache-2.0
#include "executor/threads.hpp"

#include <algorithm>
#include <new>

#include "base/callback.hpp"

namespace sabir::executor {

Threads::Threads(Client &client, env::Environment &environment, std::string name, std::uint32_t workers, std::uint32_t run_batch)
    : Scheduler(client, workers, run_batch), environment_(environment), name_(std::move(name)) {
  started_ = begin();
}

bool Threads::begin() try {
  {
    MutexLock lock(mutex_);
    closed_ = false;
    bool started = true;
    while (started && threads_.size() < worker_count()) started = start_one();
    if (started) return true;
  }
  end();
  return false;
} catch (const std::bad_alloc &) {
  end();   // those that run
  throw;
}

Threads::~Threads() { end(); }

void Threads::end() noexcept {
  std::vector<std::unique_ptr<Server>> threads;
  {
    MutexLock lock(mutex_);
    closed_ = true;
    threads.swap(threads_);
  }
  condition_.notify_all();
  for (auto &server : threads) server->thread->join();
}

bool Threads::start_one() {
  threads_.reserve(threads_.size() + 1);   // so that one that runs is kept
  auto server = std::make_unique<Server>();
  server->thread = environment_.start(name_, [this, raw = server.get()] { serve(*raw); });
  if (!server->thread) return false;
  threads_.push_back(std::move(server));
  return true;
}

void Threads::try_to_start_one() {
  (void)call([this] {
    mutex_.assume_held();
    (void)start_one();
  });
}

bool Threads::launch() noexcept {
  {
    MutexLock lock(mutex_);
    ++launched_;
    // One that was refused before.
    if (threads_.size() < worker_count() && !closed_) try_to_start_one();
  }
  condition_.notify_one();
  return true;
}

void Threads::replace(Thread &lost) noexcept {
  MutexLock lock(mutex_);
  const auto found = std::find_if(threads_.begin(), threads_.end(), [&lost](const auto &server) { return server->record == &lost; });
  if (found != threads_.end()) {
    (*found)->thread->detach();
    threads_.erase(found);
  }
  try_to_start_one();   // else launch tries again
}

void Threads::serve(Server &server) {
  Thread &thread = Thread::current();
  // A handler that ends its thread (pthread_exit) unwinds through here: another thread takes its place.
  struct Replacement {
    Threads &threads;
    const Thread &thread;
    bool needed = true;
    ~Replacement() {
      if (!needed || thread.given_up) return;
      MutexLock lock(threads.mutex_);
      if (!threads.closed_) threads.try_to_start_one();   // else launch tries again
    }
  } replacement{*this, thread};
  MutexLock lock(mutex_);
  server.record = &thread;
  for (;;) {
    while (launched_ == 0 && !closed_) condition_.wait(mutex_);
    if (launched_ == 0) break;
    --launched_;
    lock.unlock();
    run();
    if (thread.given_up) return;   // nothing here is ours any more
    lock.lock();
  }
  replacement.needed = false;
}

}  // namespace sabir::executor
