// SPDX-License-Identifier: Apache-2.0
#include "timer/service.hpp"

#include <algorithm>
#include <chrono>

#include "base/thread.hpp"

namespace sabir::timer {

Service::Service(Client &client, env::Environment &environment)
    : client_(client), environment_(environment), wheel_(environment.now_ns()) {}

Service::~Service() { join(); }

bool Service::start(const std::string &name) {
  // noexcept: a callback that ended this thread would leave the system without an end; better that the process ends, and says so.
  thread_ = environment_.start(name, [this]() noexcept { serve(); });
  return thread_ != nullptr;
}

void Service::join() {
  if (thread_) thread_->join();
  thread_.reset();
}

void Service::detach() {
  if (thread_) thread_->detach();
  thread_.reset();
}

void Service::arm(Timer &timer, std::uint64_t deadline_ns, std::uint64_t token) {
  MutexLock lock(mutex_);
  timer.token = token;
  wheel_.arm(timer, deadline_ns);
  if (deadline_ns < wakes_at_ns_) {
    notified_ = true;
    condition_.notify_one();
  }
}

void Service::cancel(Timer &timer) {
  MutexLock lock(mutex_);
  wheel_.cancel(timer);
}

void Service::notice_busy() noexcept {
  // seq_cst: the executor has changed its state, then looks at asleep_; the service sets asleep_, then looks at the executors.
  if (asleep_.load(std::memory_order_seq_cst)) wake();
}

void Service::wake() noexcept {
  MutexLock lock(mutex_);
  notified_ = true;
  condition_.notify_one();
}

void Service::finish_with(std::function<void()> last_job) {
  MutexLock lock(mutex_);
  last_job_ = std::move(last_job);
  notified_ = true;
  condition_.notify_one();
}

void Service::wait_until(std::uint64_t when_ns, std::uint64_t timers_ns) {
  when_ns = std::min({when_ns, timers_ns, wheel_.next_due_ns()});
  wakes_at_ns_ = when_ns;
  client_.announce_wake(when_ns);
  while (!notified_ && !last_job_) {
    if (when_ns == Wheel::none) {
      condition_.wait(mutex_);
      continue;
    }
    const std::uint64_t now_ns = environment_.now_ns();
    if (when_ns <= now_ns || !condition_.wait_for(mutex_, std::chrono::nanoseconds(when_ns - now_ns))) break;
  }
  notified_ = false;
}

void Service::serve() {
  std::function<void()> last_job;
  Thread::current().service = true;
  std::uint64_t last_busy_ns = environment_.now_ns();
  MutexLock lock(mutex_);
  while (!last_job_) {
    std::uint64_t now_ns = environment_.now_ns();
    // One timer at a time: its owner may need the lock (to arm another), and a million expiries must not starve the tick.
    std::uint64_t next_tick_ns = now_ns + tick_ns;
    while (Timer *timer = wheel_.expire(now_ns)) {
      const std::uint64_t token = timer->token;
      lock.unlock();
      client_.expired(token);
      lock.lock();
      if (environment_.now_ns() > next_tick_ns) break;
    }
    lock.unlock();
    const bool more = client_.fire_timers(environment_.now_ns(), next_tick_ns);
    now_ns = environment_.now_ns();
    bool busy = client_.tick(now_ns);
    if (busy) last_busy_ns = now_ns;
    const bool sleep = now_ns - last_busy_ns > asleep_after_ns;
    if (sleep) {
      asleep_.store(true, std::memory_order_seq_cst);
      busy = client_.tick(now_ns);   // again: see notice_busy
    }
    const std::uint64_t timers_ns = more ? 0 : client_.next_timer_ns();
    lock.lock();
    if (!last_job_) wait_until(busy ? now_ns + tick_ns : sleep ? Wheel::none : now_ns + drowsy_tick_ns, timers_ns);
    asleep_.store(false, std::memory_order_relaxed);
  }
  last_job.swap(last_job_);
  lock.unlock();
  last_job();   // may destroy this object
}

}  // namespace sabir::timer
