// Asks: slots that wait for an answer. Whoever settles a slot first ends the ask; everybody else is too late.
//
// Threads: any.
// Invariants
//   1. A slot's word is generation << 1 | pending. Settling is one CAS that clears `pending`; its winner alone uses the slot's fields,
//   delivers
//      the end, and gives the slot back with the next generation.
//   2. Slots are never unmapped while the system lives, so a stale ref finds another generation.
//   3. An ask of several has a slot of its own, and one for each of those asked, whose end goes to the first (Asker::part). An answer to
//   one of them ends it; their failures do when all have failed. Its end, however it comes, ends what is still open of them.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

#include "actor/context.hpp"
#include "actor/engine.hpp"
#include "ask/blocked.hpp"
#include "base/error.hpp"
#include "base/mutex.hpp"
#include "sabir/ask.h"
#include "sabir/system.h"
#include "timer/service.hpp"

namespace sabir {

class Asks {
 public:
  // Where the end of an ask goes.
  enum class Asker : std::uint8_t { thread, mailbox, callback, part };

  // Whom an ask goes to: one, or several, of whom the first to answer ends it. Errors of several: INVALID (a request to a supervisor),
  // LIMIT and NOMEM (each takes a slot); where all refuse the question the last one's refusal; its payload is shared then.
  using Askees = std::span<const std::uint64_t>;

  // What the slots of an ask of several share. Freed by the last owner: its own slot, each of the others', and who asks, until it has
  // asked.
  struct Gather {
    std::atomic<std::uint32_t> owners;  // acq_rel down: the last one frees
    std::atomic<std::uint32_t> open;  // of those asked, not failed yet; one more while they are being asked. acq_rel down: who ends it
    std::uint64_t ref;  // the ask's; constant, as the rest
    std::uint32_t count;
    std::uint64_t *parts() noexcept { return reinterpret_cast<std::uint64_t *>(this + 1); }  // their refs
  };

  // Where a waiting thread gets its answer. On its stack: it does not return before `done`.
  struct Result {
    sabir_status status = SABIR_OK;
    Message *reply = nullptr;
    Blocked *blocked = nullptr;  // where a handler waits
    std::atomic<bool> done{false};  // release, after the fields above; acquire by the waiting thread
  };

  struct Slot : timer::Timer {
    std::atomic<std::uint64_t> word{0};
    std::uint32_t index = 0;  // constant
    std::uint32_t next_free = 0;  // guarded by Asks::mutex_
    std::atomic<Asker> asker{};  // as pid, below
    bool timed = false;
    // thread
    Thread *thread = nullptr;
    Result *result = nullptr;
    // mailbox: the actor or port, and the failure message made in advance
    std::atomic<std::uint64_t> taken{0};  // the last of its asks whose duty somebody took over: note_taken
    std::atomic<std::uint64_t> pid{0};  // written before the slot is opened; cancel_all_of looks at it
    std::uint32_t epoch = 0;  // which incarnation of the actor asks
    Message *failure = nullptr;
    // callback
    sabir_ask_fn done = nullptr;
    std::uintptr_t argument = 0;
    Gather *gather = nullptr;  // of an ask of several, and of its parts; a share
  };

  explicit Asks(actor::Engine &engine) noexcept : engine_(engine) {}
  ~Asks();
  void use(timer::Service &service) noexcept { service_ = &service; }

  // Whether this thread may wait for an answer: it is no worker and no system's timer thread, or it is in a callback on an executor that
  // may block.
  static bool may_wait(const Thread &thread) noexcept;
  // Asks and waits. Only where may_wait. WOULD_DEADLOCK: it would wait for itself (ask/blocked.hpp); reply says how, and the message stays.
  Status ask(Thread &thread, Askees to, Message *&message, std::uint64_t timeout_ns, Message *&reply);
  // The answer goes to a mailbox (an actor's or a port's). context: the asking actor's, or NULL.
  Status ask_for_mailbox(Thread &thread, actor::Context *context, std::uint64_t asker, Askees to, Message *&message,
                         std::uint64_t timeout_ns, std::uint64_t &ref);
  Status ask_for_callback(Thread &thread, Askees to, Message *&message, std::uint64_t timeout_ns, sabir_ask_fn done,
                          std::uintptr_t argument, std::uint64_t *ref);

  // Ends an ask with an answer. message: moved on success. Errors: NO_ASK, FOREIGN.
  Status reply(Thread &thread, std::uint64_t ref, std::uint64_t sender, Message *&message);
  // Ends it without one. Errors: NO_ASK, FOREIGN.
  Status fail(Thread &thread, std::uint64_t ref, sabir_status status, std::string_view text, const sabir_exit *exit);
  Status cancel(Thread &thread, std::uint64_t ref);
  // Cancels the open asks whose answers would go to this mailbox.
  void cancel_all_of(Thread &thread, std::uint64_t asker);
  // Whether somebody still waits; it may end at any time.
  bool pending(std::uint64_t ref) const noexcept;
  // A question that a handler waits for (message_flag::awaited) leaves the one it was put to: whoever has it, or its ref, may answer.
  void note_taken(std::uint64_t ref) noexcept;
  bool is_taken(std::uint64_t ref) const noexcept;
  // Where an actor runs, NULL where it is gone. Not to be used, for that may end; to be compared.
  const executor::Executor *executor_of(std::uint64_t pid) const noexcept;
  // Whether an answer may be given to whoever waits: an object only to an actor that takes those of its binding. Errors: NATIVE, INVALID.
  Status fits(std::uint64_t ref, const Message &answer) const noexcept;
  // Why a ref cannot be answered: NO_ASK, or FOREIGN.
  Status refusal(std::uint64_t ref) const noexcept {
    return ref != 0 && Pid::unpack(ref).tag != engine_.tag ? SABIR_E_FOREIGN : SABIR_E_NO_ASK;
  }

  void expired(Thread &thread, std::uint64_t ref);
  // Ends every open ask with CLOSED: the system shuts down.
  // Refuses new ones from now on.
  void stop_taking() noexcept;
  void close(Thread &thread);

 private:
  static constexpr std::uint32_t chunk_slots = 1024;
  static constexpr std::uint32_t chunk_limit = (SABIR_ASKS_MAX + 1) / chunk_slots;
  static constexpr std::size_t text_room = 39;  // of a failure that is made in advance; a longer text needs memory at the end

  Slot *find(std::uint64_t ref) const noexcept;
  // A free slot that is not pending yet. Errors: LIMIT, NOMEM.
  Status take(Slot *&slot);
  void give(Slot &slot) noexcept;
  std::uint64_t open(Slot &slot) noexcept;  // makes it pending; its ref
  bool settle(Slot &slot, std::uint64_t ref) noexcept;
  std::uint64_t ref_of(const Slot &slot) const noexcept;
  // The winner's part.
  void deliver(Thread &thread, Slot &slot, std::uint64_t ref, sabir_status status, std::string_view text, const sabir_exit *exit,
               Message *reply);
  // Makes a question one that a handler waits for.
  void mark_awaited(Thread &thread, Message &message) noexcept;
  // A slot that was taken is not needed.
  void give_back(Thread &thread, Slot &slot) noexcept;
  // A slot that was settled is over; ends what is open of an ask of several. The caller has what it needs of it.
  void finish(Slot &slot) noexcept;
  void end_parts(Gather &gather) noexcept;
  static void release(Gather &gather) noexcept;
  // A part has ended: with an answer, or with a failure.
  void deliver_part(Thread &thread, Gather &gather, sabir_status status, std::string_view text, const sabir_exit *exit, Message *reply);
  // As send, for several.
  Status scatter(Thread &thread, actor::Context *context, Slot &slot, Askees to, Message *&message, std::uint64_t timeout_ns,
                 std::uint64_t &ref);
  Status begin(Thread &thread, actor::Context *context, Slot &slot, Askees to, Message *&message, std::uint64_t timeout_ns,
               std::uint64_t &ref) {
    return to.size() == 1 ? send(thread, context, slot, to.front(), message, timeout_ns, ref)
                          : scatter(thread, context, slot, to, message, timeout_ns, ref);
  }
  // Sends the question; on failure takes the ask back.
  Status send(Thread &thread, actor::Context *context, Slot &slot, std::uint64_t to, Message *&message, std::uint64_t timeout_ns,
              std::uint64_t &ref);
  // Tells of an ask that would wait for itself: the log, and a failure for who asks, or NULL.
  Message *refuse_cycle(Thread &thread, const actor::Context &handler, const Blocked &blocked) noexcept;
  Message *make_failure(Thread &thread, Message *spare, std::uint64_t ref, sabir_status status, std::string_view text,
                        const sabir_exit *exit) noexcept;

  actor::Engine &engine_;
  timer::Service *service_ = nullptr;
  std::atomic<std::uint32_t> made_{0};  // written under the mutex
  std::atomic<Slot *> chunks_[chunk_limit] = {};
  Mutex mutex_;
  std::uint32_t oldest_free_ SABIR_GUARDED_BY(mutex_) = 0;  // index + 1
  std::uint32_t newest_free_ SABIR_GUARDED_BY(mutex_) = 0;  // index + 1
  bool closed_ SABIR_GUARDED_BY(mutex_) = false;
};

}  // namespace sabir
