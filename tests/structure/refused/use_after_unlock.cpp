// A guarded field is used after its lock has let go of the mutex.
//
// SPDX-License-Identifier: Apache-2.0
#include "base/mutex.hpp"

class Counter {
 public:
  int take() {
    sabir::MutexLock lock(mutex_);
    lock.unlock();
    return count_;
  }

 private:
  sabir::Mutex mutex_;
  int count_ SABIR_GUARDED_BY(mutex_) = 0;
};

int use() { return Counter().take(); }
