// Messages, which are their own envelopes: header and payload in one block of the pool. The C handle itself is defined here.
//
// Threads: one thread at a time, but for the attached flag, which a thread that was handed the message too early may read; a shared payload
// is read by any number of threads.
// Ownership: free (a caller's), queued (the mailbox's), or attached (being handled; still the queue's stub, or apart from it).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/thread.hpp"
#include "mailbox/pool.hpp"
#include "mailbox/queue.hpp"
#include "sabir/message.h"

namespace sabir {

// What the envelope is; from `start` on, the engine's own, which no handler sees.
enum class MessageKind : std::uint8_t {
  message = SABIR_KIND_MESSAGE,
  reply = SABIR_KIND_REPLY,
  failure = SABIR_KIND_FAILURE,
  timer = SABIR_KIND_TIMER,
  down = SABIR_KIND_DOWN,
  restarted = SABIR_KIND_RESTARTED,
  exit = SABIR_KIND_EXIT,
  writable = SABIR_KIND_WRITABLE,
  start = 128,
  drain,
  news,  // of a child, to its supervisor
  ping  // a health check
};

namespace message_flag {
inline constexpr std::uint16_t attached = 1;  // is being handled
inline constexpr std::uint16_t counted = 2;  // in its mailbox's depth
inline constexpr std::uint16_t foreign = 4;  // the payload is the caller's memory: see Foreign
inline constexpr std::uint16_t request = 8;  // the payload is a Request, for supervisors only
inline constexpr std::uint16_t counts = 16;  // the payload's first 8 bytes are how many events the message stands for, its size is 0
inline constexpr std::uint16_t list = 32;  // the payload is a list of children (supervision/request.hpp)
inline constexpr std::uint16_t direct = 64;  // the block is no part of a slab (pool::Origin)
inline constexpr std::uint16_t shared = 128;  // the payload is another message's: see Share
inline constexpr std::uint16_t deadline = 256;  // `ref` is when the message expires; not for an ask
inline constexpr std::uint16_t charged = 2048;  // its bytes are in its mailbox's budget
inline constexpr std::uint16_t dropped = 1024;  // a dead letter that its mailbox dropped, still to be told (System::drop)
inline constexpr std::uint16_t handed = 4096;  // is being handled by the host, and still the queue's stub
inline constexpr std::uint16_t apart = 512;  // handled from a list of its mailbox (actor/inbox.hpp): never the queue's stub
inline constexpr std::uint16_t awaited = 16384;  // a handler waits for its answer (ask/blocked.hpp): until it leaves who was asked
inline constexpr std::uint16_t native = 8192;  // the payload is an object of a language: see Native
}  // namespace message_flag

// What stands in the payload's place for wrapped memory.
struct Foreign {
  sabir_release_fn release;
  std::uintptr_t argument;
};

// What stands before an object of a language, which is aligned as it needs. Its `data` is the object, and NULL once that was taken; its
// `size` is what it counts for, and stays. No handler sees either as bytes.
struct Native {
  std::uintptr_t tag;  // of the binding whose object it is; not 0
  sabir_native_drop_fn drop;  // or NULL
};

// What stands in the payload's place of a message whose bytes others have too.
struct Share;

// What a supervisor is to do: the payload of a message with message_flag::request. Whoever makes one keeps more behind it.
struct Request {
  void (*end)(Request &request) noexcept;  // frees what it holds; called once, when the message is freed
};

// What stands before the text of a failure, and in a down or exit message.
struct Failure {
  const sabir_exit *exit;  // a counted reference, or NULL
  sabir_status status;
  std::uint32_t reserved;
};

}  // namespace sabir

struct alignas(16) sabir_message : sabir::mailbox::Node {
  std::uint64_t target = 0;  // pid it is on its way to; a reply or failure in a queue: see actor::address_reply
  std::uint64_t sender = 0;  // pid, 0: none
  std::uint64_t ref = 0;  // a message: the ask it must answer (ask_of), or its deadline; others: the ask, timer or monitor
  std::uint64_t type = 0;
  std::size_t size = 0;  // of the payload, bytes
  void *data = nullptr;  // the payload: behind this header, or foreign
  sabir::MessageKind kind = sabir::MessageKind::message;
  std::uint8_t level = 0;  // SABIR_PRIORITY_...; of a dead letter that is to be told later: SABIR_CAUSE_...
  // relaxed everywhere: set and cleared by the runner; another thread that reads it has been handed the message by that runner.
  std::atomic<std::uint16_t> flags{0};
  std::uint32_t block_size_units = 0;  // direct blocks below 64 GiB: size of the whole block in units of 16 bytes, rounded up

  bool has(std::uint16_t flag) const noexcept { return (flags.load(std::memory_order_relaxed) & flag) != 0; }
  // One writer at a time, so no read-modify-write is needed.
  void set(std::uint16_t flag) noexcept {
    flags.store(static_cast<std::uint16_t>(flags.load(std::memory_order_relaxed) | flag), std::memory_order_relaxed);
  }
  void clear(std::uint16_t flag) noexcept {
    flags.store(static_cast<std::uint16_t>(flags.load(std::memory_order_relaxed) & ~flag), std::memory_order_relaxed);
  }
  void *payload() noexcept { return this + 1; }
};

static_assert(sizeof(sabir_message) == 64);
static_assert(alignof(sabir_message) == SABIR_PAYLOAD_ALIGNMENT);

namespace sabir {

using Message = sabir_message;

// A message with room for size bytes behind it; NULL: out of memory.
[[nodiscard]] Message *allocate_message(Thread &thread, std::uint64_t type, std::size_t size) noexcept;
// A message with room for an object; drop is not called for one that was never built, but taken. align: a power of two. NULL: out of
// memory.
[[nodiscard]] Message *allocate_native(Thread &thread, std::uint64_t type, std::size_t size, std::size_t align, Native native) noexcept;
inline const Native &native_of(const Message &message) noexcept {
  return *static_cast<const Native *>(const_cast<Message &>(message).payload());
}
// A failure message; the text is cut to its limit of bytes; NULL: out of memory. Room for a text that is set later: see set_failure.
[[nodiscard]] Message *allocate_failure(Thread &thread, std::size_t text_room) noexcept;
void set_failure(Message &failure, std::uint64_t ref, sabir_status status, const char *text, std::size_t text_size,
                 const sabir_exit *exit) noexcept;
inline Failure &failure_of(Message &message) noexcept { return *static_cast<Failure *>(message.payload()); }
// Whether a message of this kind begins with a Failure.
constexpr bool has_failure(MessageKind kind) noexcept {
  return kind == MessageKind::failure || kind == MessageKind::down || kind == MessageKind::exit;
}

// Makes an answer that is sent on an ordinary message: kinds and refs are the engine's to give. An ask stays one.
void make_plain_slowly(Message &message) noexcept;
inline void make_plain(Message &message) noexcept {
  if (__builtin_expect(message.kind != MessageKind::message, 0)) make_plain_slowly(message);
}

// The ask that a message must answer, or 0.
inline std::uint64_t ask_of(const Message &message) noexcept {
  return message.kind == MessageKind::message && !message.has(message_flag::deadline) ? message.ref : 0;
}
// When it expires: of the environment's clock once it is sent, and before from then on. 0: never.
inline std::uint64_t deadline_of(const Message &message) noexcept { return message.has(message_flag::deadline) ? message.ref : 0; }
inline void clear_deadline(Message &message) noexcept {
  if (!message.has(message_flag::deadline)) return;
  message.clear(message_flag::deadline);
  message.ref = 0;
}

// Makes the payload one that several messages may have: `message` becomes another envelope for the same bytes, which keeps what the old
// one was. False: no memory; nothing has changed. Not for a request, an object, nor one that is attached.
[[nodiscard]] bool share(Thread &thread, Message *&message) noexcept;
// One more envelope for a shared payload, with no ask to answer; NULL: out of memory.
[[nodiscard]] Message *clone(Thread &thread, const Message &message) noexcept;

// `count` more at once, linked through `next`, which is cheaper: the payload's count is one for all cores. NULL: out of memory, or none.
[[nodiscard]] Message *clone(Thread &thread, const Message &message, std::size_t count) noexcept;
// Whether freeing it may run a release or drop function.
bool may_call_out(const Message &message) noexcept;

// Frees a message that is in no queue and owes no answer: its foreign memory is released, its object dropped, its exit reference ended.
// Callbacks may run.
void free_message(Thread &thread, Message *message) noexcept;

// Told of an exception out of a release or drop function; set by the system, which is above.
extern void (*on_release_exception)(const char *what) noexcept;

}  // namespace sabir
