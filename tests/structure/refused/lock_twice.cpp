// A mutex is locked by who has it.
//
// SPDX-License-Identifier: Apache-2.0
#include "base/mutex.hpp"

class Counter {
 public:
  void add() {
    sabir::MutexLock lock(mutex_);
    ++count_;
    add_more();
  }

 private:
  void add_more() SABIR_EXCLUDES(mutex_) {
    sabir::MutexLock lock(mutex_);
    ++count_;
  }

  sabir::Mutex mutex_;
  int count_ SABIR_GUARDED_BY(mutex_) = 0;
};

void use() { Counter().add(); }
