// Timers of the API: messages and alarms for a pid, due at a time.
//
// Threads: arm and cancel from any thread, settle from the receiver's runner, fire from the service's thread alone. A timer lives in the
// shard of its owner's pid (or of its receiver's, where no actor owns it), under whose mutex everything about it happens; actors
// meet on a shard's mutex only by chance.
// Invariants
//   1. A slot is free, armed (in its shard's wheel), queued (its message is on its way or in a mailbox) or, if periodic, armed and queued.
//   Its
//      generation goes up whenever it becomes free, so a stale ref, in a queued message too, finds another one.
//   2. A message that has fired is handled only if settle(ref) says so. Cancelling frees the slot in whatever state, so of cancel and
//   settle
//      exactly one succeeds for a one-shot timer.
//   3. An owner's slots are in its list from arm until they are free.
// Ownership: an armed one-shot slot owns its message or alarm; firing hands it to the client.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/mutex.hpp"
#include "base/pid.hpp"
#include "mailbox/message.hpp"
#include "timer/service.hpp"
#include "timer/wheel.hpp"

namespace sabir::timer {

class Timers {
 public:
  struct Slot : Timer {
    std::uint32_t generation = 1;
    std::uint32_t index = 0;  // in its shard; constant
    std::uint32_t next_free = 0;  // index + 1
    bool armed = false;
    bool queued = false;
    std::uint64_t to = 0;  // pid
    std::uint64_t sender = 0;  // pid of whoever armed it, or 0
    std::uint64_t type = 0;  // periodic: of its messages
    std::uint64_t interval_ns = 0;  // periodic; 0: one-shot
    std::uint64_t missed = 0;  // periodic: intervals that passed while a message was queued, or without memory
    Message *message = nullptr;  // one-shot
    mailbox::Signal *alarm = nullptr;  // one-shot, instead of a message
    Slot **owner = nullptr;  // head of the owner's list, or NULL
    Slot *owner_previous = nullptr;
    Slot *owner_next = nullptr;
  };

  // What is to come, and for whom.
  struct Request {
    std::uint64_t to = 0;
    std::uint64_t sender = 0;
    Message *message = nullptr;
    mailbox::Signal *alarm = nullptr;
    std::uint64_t type = 0;
    std::uint64_t interval_ns = 0;
    std::uint64_t deadline_ns = 0;
    Slot **owner = nullptr;  // of the actor `sender`: its timers end with cancel_all
  };

  // What has fired: one of the two.
  struct Fired {
    std::uint64_t to;
    std::uint64_t ref;
    Message *message;  // of kind timer, with ref and sender
    mailbox::Signal *alarm;
  };

  Timers(std::uint32_t tag, env::Environment &environment, Service &service);
  ~Timers();

  // message and alarm: moved on success. Errors: LIMIT, NOMEM, CLOSED.
  Status arm(const Request &request, std::uint64_t &ref) noexcept;
  // The message or alarm of a cancelled timer comes back, to be freed by the caller outside of all locks. Errors: NO_REF.
  struct Cancelled {
    Message *message = nullptr;
    mailbox::Signal *alarm = nullptr;
  };
  Status cancel(std::uint64_t ref, Cancelled &cancelled) noexcept;
  // Cancels all of an owner's; its messages are freed.
  void cancel_all(Thread &thread, std::uint64_t pid, Slot *&owner) noexcept;

  enum class [[nodiscard]] Settled { handle, drop };
  // The receiver is about to handle a timer's message. count: out, what a periodic one stands for.
  Settled settle(std::uint64_t ref, std::uint64_t &count) noexcept;

  // Calls deliver(Fired) for what is due, without a lock, until none is left or stop_ns has passed; true if some may be left.
  template <class Deliver>
  bool fire(Thread &thread, std::uint64_t now_ns, std::uint64_t stop_ns, Deliver deliver);

  // No timer is due before this; Wheel::none if there is none. Called by the service before it sleeps: whatever is armed while or after
  // this looks wakes it if it is due sooner than announce() then says.
  std::uint64_t next_due_ns() noexcept;
  void announce(std::uint64_t wakes_at_ns) noexcept { wakes_at_ns_.store(wakes_at_ns, std::memory_order_seq_cst); }

  // Ends all, and refuses new ones: the system shuts down.
  void close(Thread &thread) noexcept;

  static bool is_ref(std::uint64_t ref) noexcept { return (Pid::unpack(ref).index >> ref_bit) == 1; }

 private:
  static constexpr unsigned ref_bit = 24;  // set in the index of a timer's ref; asks have smaller ones (SABIR_ASKS_MAX)
  static constexpr unsigned slot_bits = 20;
  static constexpr unsigned shard_bits = ref_bit - slot_bits;
  static constexpr std::uint32_t shard_count = 1u << shard_bits;
  static constexpr std::uint32_t chunk_slots = 1024;
  static constexpr std::uint32_t chunk_limit = (1u << slot_bits) / chunk_slots;

  struct alignas(cache_line_size) Shard {
    explicit Shard(std::uint64_t now_ns) noexcept : wheel(now_ns) {}
    Mutex mutex;
    Wheel wheel SABIR_GUARDED_BY(mutex);
    std::array<Slot *, chunk_limit> chunks SABIR_GUARDED_BY(mutex){};
    std::uint32_t made SABIR_GUARDED_BY(mutex) = 0;
    std::uint32_t oldest_free SABIR_GUARDED_BY(mutex) = 0;  // index + 1
    std::uint32_t newest_free SABIR_GUARDED_BY(mutex) = 0;  // index + 1
    bool closed SABIR_GUARDED_BY(mutex) = false;
  };

  // Pids of neighbours go to different shards.
  static std::uint32_t shard_of(std::uint64_t pid) noexcept {
    return static_cast<std::uint32_t>((pid >> generation_bits) * 0x9E3779B97F4A7C15u >> (64 - shard_bits));
  }
  std::uint64_t ref_of(std::uint32_t shard, const Slot &slot) const noexcept {
    return Pid{tag_, 1u << ref_bit | shard << slot_bits | slot.index, slot.generation}.pack();
  }
  Slot *find(Shard &shard, std::uint64_t ref) noexcept SABIR_REQUIRES(shard.mutex);
  Status take(Shard &shard, Slot *&slot) noexcept SABIR_REQUIRES(shard.mutex);
  void give(Shard &shard, Slot &slot) noexcept SABIR_REQUIRES(shard.mutex);
  Message *tick(Thread &thread, Shard &shard, std::uint32_t number, Slot &slot, std::uint64_t now_ns) noexcept SABIR_REQUIRES(shard.mutex);
  Shard *shard_of_ref(std::uint64_t ref) noexcept;

  const std::uint32_t tag_;
  env::Environment &environment_;
  Service &service_;
  // seq_cst: arm puts a timer in, then reads it; the service announces "wake me for anything", then looks at the shards.
  std::atomic<std::uint64_t> wakes_at_ns_{Wheel::none};
  std::vector<std::unique_ptr<Shard>> shards_;
};

template <class Deliver>
bool Timers::fire(Thread &thread, std::uint64_t now_ns, std::uint64_t stop_ns, Deliver deliver) {
  constexpr std::size_t batch = 64;  // under one lock; then its owners get their turn
  std::array<Fired, batch> fired;
  bool more = false;
  for (std::uint32_t number = 0; number < shard_count; ++number) {
    Shard &shard = *shards_[number];
    std::size_t count;
    do {
      count = 0;
      {
        MutexLock lock(shard.mutex);
        while (count < batch) {
          Timer *due = shard.wheel.expire(now_ns);
          if (!due) break;
          auto &slot = static_cast<Slot &>(*due);
          const std::uint64_t ref = ref_of(number, slot);
          if (slot.interval_ns != 0) {
            if (Message *message = tick(thread, shard, number, slot, now_ns)) fired[count++] = {slot.to, ref, message, nullptr};
          } else if (slot.alarm) {
            fired[count++] = {slot.to, ref, nullptr, std::exchange(slot.alarm, nullptr)};
            slot.armed = false;
            give(shard, slot);
          } else {
            fired[count++] = {slot.to, ref, std::exchange(slot.message, nullptr), nullptr};
            slot.armed = false;
            slot.queued = true;
          }
        }
      }
      for (std::size_t i = 0; i < count; ++i) deliver(fired[i]);
      if (count == batch && environment_.now_ns() > stop_ns) {
        more = true;
        break;
      }
    } while (count == batch);
  }
  return more;
}

}  // namespace sabir::timer
