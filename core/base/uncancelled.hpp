// Where this thread must not be cancelled: frames that nothing may unwind through, because they are noexcept or have no way back.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>

namespace sabir {

// While one lives, a pthread_cancel of this thread waits.
class Uncancelled {
 public:
  Uncancelled() noexcept { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
  ~Uncancelled() { pthread_setcancelstate(before_, nullptr); }
  Uncancelled(const Uncancelled &) = delete;
  Uncancelled &operator=(const Uncancelled &) = delete;

 private:
  int before_ = PTHREAD_CANCEL_ENABLE;
};

}  // namespace sabir
