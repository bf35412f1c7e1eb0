// A condition is waited for without the mutex.
//
// SPDX-License-Identifier: Apache-2.0
#include "base/mutex.hpp"

class Gate {
 public:
  void wait() { condition_.wait(mutex_); }

 private:
  sabir::Mutex mutex_;
  sabir::Condition condition_;
};

void use() { Gate().wait(); }
