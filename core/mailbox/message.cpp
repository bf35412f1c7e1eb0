// SPDX-License-Identifier: Apache-2.0
#include "mailbox/message.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "base/callback.hpp"
#include "base/exit.hpp"
#include "base/memory.hpp"
#include "base/utf8.hpp"

namespace sabir {

struct Share {
  std::atomic<std::uint64_t> envelopes;
  Message *original;   // whose payload it is; freed with the last envelope
};

void (*on_release_exception)(const char *what) noexcept = nullptr;

namespace {

// Blocks past this are refused: no machine has them, and the arithmetic below must not wrap.
constexpr std::size_t block_size_limit = std::min<std::uint64_t>(std::numeric_limits<std::size_t>::max() / 4, std::uint64_t{1} << 46);

std::size_t block_size(const Message &message) noexcept { return sizeof(Message) + std::size_t{message.block_size_units} * 16; }

void release_block(Thread &thread, Message *message) noexcept {
  pool::release(thread, message, message->has(message_flag::direct) ? pool::Origin::direct : pool::Origin::slab, block_size(*message));
}

Share *&share_of(Message &message) noexcept { return *static_cast<Share **>(message.payload()); }

// The end of a payload that has an end of its own: wrapped memory, or an object that nobody took.
[[gnu::noinline]] void end_payload(Message &message) noexcept {
  Thrown thrown;
  if (message.has(message_flag::foreign)) {
    const Foreign foreign = *static_cast<Foreign *>(message.payload());
    if (!foreign.release) return;
    thrown = call_out([&] { foreign.release(message.data, message.size, foreign.argument); });
  } else {
    const sabir_native_drop_fn drop = native_of(message).drop;
    if (!message.data || !drop) return;
    thrown = call_out([&] { drop(message.data); });
  }
  if (thrown.happened && on_release_exception) on_release_exception(thrown.what.c_str());
}

// Another envelope for the payload of `share`, which is not counted yet.
Message *make_envelope(Thread &thread, Share *share, const Message &like) noexcept {
  Message *envelope = allocate_message(thread, like.type, sizeof(Share *));
  if (!envelope) return nullptr;
  new (envelope->payload()) Share *(share);
  envelope->set(message_flag::shared);
  envelope->data = like.data;
  envelope->size = like.size;
  envelope->level = like.level;
  return envelope;
}

}  // namespace

Message *allocate_message(Thread &thread, std::uint64_t type, std::size_t size) noexcept {
  const std::size_t units = size / 16 + (size % 16 != 0);
  if (size > block_size_limit || units > std::numeric_limits<std::uint32_t>::max()) return nullptr;
  const pool::Block block = pool::allocate(thread, sizeof(Message) + units * 16);
  if (!block.memory) return nullptr;
  auto *message = new (block.memory) Message;
  message->type = type;
  message->size = size;
  message->data = message->payload();
  if (block.origin == pool::Origin::direct) message->set(message_flag::direct);
  message->block_size_units = static_cast<std::uint32_t>(units);
  return message;
}

Message *allocate_native(Thread &thread, std::uint64_t type, std::size_t size, std::size_t align, Native native) noexcept {
  constexpr std::size_t given = SABIR_PAYLOAD_ALIGNMENT;   // what is behind the Native is aligned to this much
  static_assert(sizeof(Native) % given == 0);
  if (size > block_size_limit) return nullptr;
  Message *message = allocate_message(thread, type, sizeof(Native) + (align > given ? align - given : 0) + size);
  if (!message) return nullptr;
  new (message->payload()) Native(native);
  const auto first = reinterpret_cast<std::uintptr_t>(message->payload()) + sizeof(Native);
  message->data = reinterpret_cast<void *>((first + align - 1) & ~(std::uintptr_t{align} - 1));
  message->size = size;
  message->set(message_flag::native);
  return message;
}

Message *allocate_failure(Thread &thread, std::size_t text_room) noexcept {
  Message *message = allocate_message(thread, 0, sizeof(Failure) + text_room + 1);
  if (!message) return nullptr;
  message->kind = MessageKind::failure;
  new (message->payload()) Failure{nullptr, SABIR_OK, 0};
  message->data = static_cast<char *>(message->payload()) + sizeof(Failure);
  message->size = 0;
  return message;
}

void set_failure(Message &failure, std::uint64_t ref, sabir_status status, const char *text, std::size_t text_size,
                 const sabir_exit *exit) noexcept {
  const std::size_t room = std::size_t{failure.block_size_units} * 16 - sizeof(Failure) - 1;
  const std::size_t size = beginning_of({text, text_size}, room).size();
  if (size) std::memcpy(failure.data, text, size);
  static_cast<char *>(failure.data)[size] = '\0';
  failure.size = size;
  failure.ref = ref;
  failure_of(failure).status = status;
  failure_of(failure).exit = exits::retain(exit);
}

void make_plain_slowly(Message &message) noexcept {
  if (has_failure(message.kind)) exits::release(failure_of(message).exit);
  message.clear(message_flag::counts);
  message.kind = MessageKind::message;
  message.ref = 0;
}

bool share(Thread &thread, Message *&message) noexcept {
  if (message->has(message_flag::shared)) return true;
  auto *share = memory::create<Share>(1u, message);
  if (!share) return false;
  Message *envelope = make_envelope(thread, share, *message);
  if (!envelope) {
    memory::destroy(share);
    return false;
  }
  make_plain(*message);
  envelope->sender = message->sender;
  envelope->ref = std::exchange(message->ref, 0);
  if (message->has(message_flag::deadline)) {
    message->clear(message_flag::deadline);
    envelope->set(message_flag::deadline);
  }
  message = envelope;
  return true;
}

Message *clone(Thread &thread, const Message &message) noexcept { return clone(thread, message, 1); }

Message *clone(Thread &thread, const Message &message, std::size_t count) noexcept {
  Share *share = share_of(const_cast<Message &>(message));
  Message *all = nullptr;
  for (std::size_t i = 0; i < count; ++i) {
    Message *envelope = make_envelope(thread, share, message);
    if (!envelope) {
      while (all) release_block(thread, std::exchange(all, static_cast<Message *>(all->next.load(std::memory_order_relaxed))));
      return nullptr;
    }
    if (message.has(message_flag::deadline)) {
      envelope->set(message_flag::deadline);
      envelope->ref = message.ref;
    }
    envelope->next.store(all, std::memory_order_relaxed);
    all = envelope;
  }
  // relaxed: made from one that is alive, so the count is not 0 and nobody looks at it for more.
  share->envelopes.fetch_add(count, std::memory_order_relaxed);
  return all;
}

bool may_call_out(const Message &message) noexcept {
  if (message.has(message_flag::foreign | message_flag::native)) return true;
  return message.has(message_flag::shared) && share_of(const_cast<Message &>(message))->original->has(message_flag::foreign);
}

void free_message(Thread &thread, Message *message) noexcept {
  if (__builtin_expect(message->has(message_flag::shared), 0)) {
    Share *share = share_of(*message);
    // acq_rel: all reads of the payload happen before its end.
    if (share->envelopes.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      free_message(thread, share->original);
      memory::destroy(share);
    }
    release_block(thread, message);
    return;
  }
  if (__builtin_expect(message->has(message_flag::foreign | message_flag::native), 0)) {
    end_payload(*message);
  } else if (__builtin_expect(message->has(message_flag::request), 0)) {
    Request &request = *static_cast<Request *>(message->payload());
    request.end(request);
  } else if (__builtin_expect(has_failure(message->kind), 0)) {
    exits::release(failure_of(*message).exit);
  }
  release_block(thread, message);
}

}  // namespace sabir
