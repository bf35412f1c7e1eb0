// Many messages in one call: those for one receiver are linked together and pushed as a whole.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "actor/context.hpp"
#include "actor/engine.hpp"
#include "sabir/message.h"

namespace sabir::actor {

// The caller's envelopes, `stride` bytes from one to the next.
class Envelopes {
 public:
  Envelopes(sabir_envelope *first, std::size_t count, std::size_t stride) noexcept
      : first_(reinterpret_cast<char *>(first)), count_(count), stride_(stride) {}
  std::size_t count() const noexcept { return count_; }
  sabir_envelope &operator[](std::size_t index) const noexcept { return *reinterpret_cast<sabir_envelope *>(first_ + index * stride_); }

 private:
  char *first_;
  std::size_t count_;
  std::size_t stride_;
};

// Sends each as send() would, in order for each receiver, and writes its status into it. message: moved on success. context: of the actor
// that sends, or NULL: a thread, which may wait for room. How many were sent.
std::size_t send_batch(Engine &engine, Thread &thread, Context *sender, const Envelopes &envelopes);

}  // namespace sabir::actor
