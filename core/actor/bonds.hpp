// What an actor keeps of its monitors and links; link/ gives it meaning. The nodes of the maps are made by whoever asks for a monitor or
// link and travel to the other actor in a signal, so that putting one in needs no memory.
//
// Threads: the actor's runner alone, but for Restarts.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>

#include "mailbox/message.hpp"

namespace sabir::actor {

// Of messages that nobody was sent.
struct FreeMessage {
  void operator()(Message *message) const noexcept { free_message(Thread::current(), message); }
};
using OwnedMessage = std::unique_ptr<Message, FreeMessage>;

// Restarts that a watcher has not been told of yet: added to by the watched actor's runner, taken by the watcher's.
using Restarts = std::shared_ptr<std::atomic<std::uint64_t>>;

// What restarts a message of kind restarted stands for: puts the number into it. False: none, drop it.
inline bool count_restarts(Message &message, const Restarts &restarts) noexcept {
  if (!restarts) return false;
  // acquire: pairs with link::restarted; what the new incarnation's start did is seen.
  const std::uint64_t count = restarts->exchange(0, std::memory_order_acquire);
  *static_cast<std::uint64_t *>(message.payload()) = count;
  return count != 0;
}

// Somebody who watches this actor.
struct Watcher {
  std::uint64_t pid;
  OwnedMessage down;    // to be sent at the end
  Restarts restarts;    // NULL: not asked for
  std::uint64_t untold = 0;   // restarts that there was no memory to tell of
};

// Somebody whom this actor watches.
struct Watched {
  std::uint64_t pid;
  Restarts restarts;
};

struct Bonds {
  std::map<std::uint64_t, Watcher> watchers;         // by ref
  std::map<std::uint64_t, Watched> watching;         // by ref
  std::map<std::uint64_t, OwnedMessage> links;       // by pid: the exit to be sent to it at the end
};

}  // namespace sabir::actor
