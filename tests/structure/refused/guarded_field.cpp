// A guarded field is used without its mutex.
//
// SPDX-License-Identifier: Apache-2.0
#include "base/mutex.hpp"

class Counter {
 public:
  void add() { ++count_; }

 private:
  sabir::Mutex mutex_;
  int count_ SABIR_GUARDED_BY(mutex_) = 0;
};

void use() { Counter().add(); }
