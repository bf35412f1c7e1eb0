// A mutex, its lock and its condition, known to clang's -Wthread-safety: a field that is SABIR_GUARDED_BY a mutex is used only where the
// mutex is held, or clang does not compile it. With other compilers the marks are empty. All of core/ and capi/ locks through these
// (tests/structure), for the analysis does not see a bare std::mutex.
//
// Two things it cannot be told, and are said in comments: that a mutex of one object guards a field of another one which does not know it,
// and the order of locks. What a constructor or destructor does is not looked at: nobody else has the object then.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define SABIR_THREAD_SAFETY(mark) __attribute__((mark))
#else
#define SABIR_THREAD_SAFETY(mark)
#endif

#define SABIR_CAPABILITY(what) SABIR_THREAD_SAFETY(capability(what))
#define SABIR_SCOPED_CAPABILITY SABIR_THREAD_SAFETY(scoped_lockable)
// Of a field: used only under the mutex.
#define SABIR_GUARDED_BY(mutex) SABIR_THREAD_SAFETY(guarded_by(mutex))
// Of a function: called only by who holds the mutex, or does not hold it.
#define SABIR_REQUIRES(...) SABIR_THREAD_SAFETY(requires_capability(__VA_ARGS__))
#define SABIR_EXCLUDES(...) SABIR_THREAD_SAFETY(locks_excluded(__VA_ARGS__))
#define SABIR_ACQUIRE(...) SABIR_THREAD_SAFETY(acquire_capability(__VA_ARGS__))
#define SABIR_RELEASE(...) SABIR_THREAD_SAFETY(release_capability(__VA_ARGS__))
// Of a function that locks in a way the analysis cannot follow.
#define SABIR_UNANALYZED SABIR_THREAD_SAFETY(no_thread_safety_analysis)
#define SABIR_ASSERT_CAPABILITY(...) SABIR_THREAD_SAFETY(assert_capability(__VA_ARGS__))

namespace sabir {

class SABIR_CAPABILITY("mutex") Mutex {
 public:
  constexpr Mutex() noexcept = default;
  Mutex(const Mutex &) = delete;
  Mutex &operator=(const Mutex &) = delete;

  void lock() SABIR_ACQUIRE() { mutex_.lock(); }
  void unlock() noexcept SABIR_RELEASE() { mutex_.unlock(); }
  // Does nothing: says that the caller has it, where the analysis cannot see that (a lambda is a function of its own to it).
  void assume_held() const noexcept SABIR_ASSERT_CAPABILITY() {}

 private:
  friend class Condition;
  std::mutex mutex_;
};

// Holds a mutex for a scope, which may let go of it in between.
class SABIR_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex &mutex) SABIR_ACQUIRE(mutex) : mutex_(mutex) { mutex.lock(); }
  ~MutexLock() SABIR_RELEASE() {
    if (held_) mutex_.unlock();
  }
  MutexLock(const MutexLock &) = delete;
  MutexLock &operator=(const MutexLock &) = delete;

  void lock() SABIR_ACQUIRE() {
    mutex_.lock();
    held_ = true;
  }
  void unlock() noexcept SABIR_RELEASE() {
    held_ = false;
    mutex_.unlock();
  }

 private:
  Mutex &mutex_;
  bool held_ = true;   // not in the machine code where lock and unlock are not called
};

// A condition variable of a Mutex. There is no wait for a predicate, which the analysis would not see under the lock: wait in a loop.
class Condition {
 public:
  void wait(Mutex &mutex) SABIR_REQUIRES(mutex) {
    Adopted held(mutex.mutex_);
    condition_.wait(held.lock);
  }
  // False: so much time has passed.
  bool wait_for(Mutex &mutex, std::chrono::nanoseconds duration) SABIR_REQUIRES(mutex) {
    Adopted held(mutex.mutex_);
    return condition_.wait_for(held.lock, duration) == std::cv_status::no_timeout;
  }
  // False: the deadline has passed. time_point::max(): there is none.
  template <class Clock>
  bool wait_until(Mutex &mutex, std::chrono::time_point<Clock> deadline) SABIR_REQUIRES(mutex) {
    Adopted held(mutex.mutex_);
    if (deadline != deadline.max()) return condition_.wait_until(held.lock, deadline) == std::cv_status::no_timeout;
    condition_.wait(held.lock);
    return true;
  }
  void notify_one() noexcept { condition_.notify_one(); }
  void notify_all() noexcept { condition_.notify_all(); }

 private:
  // Lends the caller's mutex to std::condition_variable. However the wait ends, by cancellation of the thread too, the mutex is the
  // caller's again.
  struct Adopted {
    explicit Adopted(std::mutex &mutex) : lock(mutex, std::adopt_lock) {}
    ~Adopted() { (void)lock.release(); }
    std::unique_lock<std::mutex> lock;
  };

  std::condition_variable condition_;
};

}  // namespace sabir
