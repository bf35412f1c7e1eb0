// One thread per system: fires timers, watches workers, and drives the shutdown.
//
// Threads: arm and cancel from any thread (one mutex); expire and tick callbacks run on the service's thread with no lock held.
// A timer that fires is settled by its owner (an ask's own state decides who ended it), so cancel need not wait for a firing.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/mutex.hpp"
#include "env/environment.hpp"
#include "timer/wheel.hpp"

namespace sabir::timer {

class Service {
 public:
  class Client {
   public:
    virtual ~Client() = default;
    // The time of a timer that was armed with this token has come. It is no longer armed, and may be in use for something else.
    virtual void expired(std::uint64_t token) = 0;
    // Watches the executors; true while there is something to watch.
    virtual bool tick(std::uint64_t now_ns) = 0;
    // Fires the timers of the API that are due, until stop_ns at most; true if some may be left.
    virtual bool fire_timers(std::uint64_t now_ns, std::uint64_t stop_ns) = 0;
    // When the next of them is due (Wheel::none: never); what is armed from now on wakes the thread if it is due before what it then
    // announces.
    virtual std::uint64_t next_timer_ns() = 0;
    virtual void announce_wake(std::uint64_t wakes_at_ns) noexcept = 0;
  };

  Service(Client &client, env::Environment &environment);
  ~Service();

  // False: the operating system refuses a thread.
  bool start(const std::string &name);

  void arm(Timer &timer, std::uint64_t deadline_ns, std::uint64_t token);
  void cancel(Timer &timer);

  // From an executor that becomes busy: cheap where the service is awake.
  void notice_busy() noexcept;

  // Makes the thread tick soon.
  void wake() noexcept;

  // Runs a job on the service's thread as its last: the thread ends after it.
  void finish_with(std::function<void()> last_job);
  // Waits for the thread's end. Not from it.
  void join();
  // Lets the thread end on its own; it may destroy this object as its last act.
  void detach();

 private:
  static constexpr std::uint64_t tick_ns = 1'000'000;  // while executors are busy
  static constexpr std::uint64_t drowsy_tick_ns = 10'000'000;  // while they have been idle for less than:
  static constexpr std::uint64_t asleep_after_ns = 1'000'000'000;

  void serve();
  // Waits until then (or, with `none`, until notified) or something earlier is due; timers_ns: a timer of the API.
  void wait_until(std::uint64_t when_ns, std::uint64_t timers_ns) SABIR_REQUIRES(mutex_);

  Client &client_;
  env::Environment &environment_;
  std::unique_ptr<env::Thread> thread_;
  Mutex mutex_;
  Condition condition_;
  Wheel wheel_ SABIR_GUARDED_BY(mutex_);
  std::uint64_t wakes_at_ns_ SABIR_GUARDED_BY(mutex_) = 0;  // when the thread will look again by itself
  bool notified_ SABIR_GUARDED_BY(mutex_) = false;
  std::function<void()> last_job_ SABIR_GUARDED_BY(mutex_);
  std::atomic<bool> asleep_{false};  // seq_cst, with the executors' state: see notice_busy
};

}  // namespace sabir::timer
