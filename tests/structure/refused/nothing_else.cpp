// All of this is right, so what is refused in the files beside this one is the mistake.
//
// SPDX-License-Identifier: Apache-2.0
#include "base/mutex.hpp"

class Gate {
 public:
  int pass() {
    sabir::MutexLock lock(mutex_);
    while (!open_ && condition_.wait_for(mutex_, std::chrono::nanoseconds(1))) continue;
    lock.unlock();
    lock.lock();
    const auto count = [this] {
      mutex_.assume_held();
      return passed_;
    };
    pass_locked();
    return count();
  }
  void open() SABIR_EXCLUDES(mutex_) {
    sabir::MutexLock lock(mutex_);
    open_ = true;
    condition_.notify_all();
  }

 private:
  void pass_locked() SABIR_REQUIRES(mutex_) { ++passed_; }

  sabir::Mutex mutex_;
  sabir::Condition condition_;
  bool open_ SABIR_GUARDED_BY(mutex_) = false;
  int passed_ SABIR_GUARDED_BY(mutex_) = 0;
};

int use() {
  Gate gate;
  gate.open();
  return gate.pass();
}
