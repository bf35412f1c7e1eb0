// A function that expects the mutex to be held is called without it.
//
// SPDX-License-Identifier: Apache-2.0
#include "base/mutex.hpp"

class Counter {
 public:
  void add() { add_locked(); }

 private:
  void add_locked() SABIR_REQUIRES(mutex_) { ++count_; }

  sabir::Mutex mutex_;
  int count_ SABIR_GUARDED_BY(mutex_) = 0;
};

void use() { Counter().add(); }
