// Many messages in one crossing.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_DETAIL_BATCH_HPP
#define SABIR_DETAIL_BATCH_HPP

#include <sabir/detail/system.hpp>

#include <vector>

namespace sabir {
inline namespace v0 {

/// Messages that are sent together: `sabir::batch batch; batch.add(counter, Add{3}); batch.send(system);`. Cheapest where a few receivers
/// get many. Those for one receiver arrive in their order. Move-only. Threads: one at a time.
class batch {
 public:
  batch() noexcept = default;
  batch(batch &&) noexcept = default;
  batch &operator=(batch &&other) noexcept {
    envelopes_.swap(other.envelopes_);
    return *this;
  }
  ~batch() { clear(); }

  /// Adds a message: its bytes, or an object that has none. Throws sabir::error (NOMEM), and what its encoding throws.
  template <class A, class Message>
    requires takes<A, Message>
  void add(const ref<A> &to, Message &&value) {
    if constexpr (detail::has_bytes<std::remove_cvref_t<Message>>())
      add(to.pid(), message::of(value));
    else
      add(to.pid(), message::object(std::forward<Message>(value)));
  }
  /// A message as it is, but not the one that is being handled.
  void add(sabir_pid to, message &&raw) {
    envelopes_.push_back({to, *raw.move(), SABIR_OK, 0});
    (void)raw.release();
  }

  std::size_t size() const noexcept { return envelopes_.size(); }
  bool empty() const noexcept { return envelopes_.empty(); }
  /// What is in it; after a send what was refused, each with its status.
  std::span<const sabir_envelope> envelopes() const noexcept { return envelopes_; }
  void clear() noexcept {
    for (sabir_envelope &envelope : envelopes_) sabir_message_destroy(&envelope.message);
    envelopes_.clear();
  }

  /// Sends all of them; what is refused stays in it, in order. The status is the first one that was refused. From a thread: blocks only
  /// where a mailbox is full and set to block.
  [[nodiscard]] sabir_status try_send(const system &system) {
    return settle(sabir_send_batch(system.handle(), envelopes_.data(), envelopes_.size(), sizeof(sabir_envelope), nullptr));
  }
  /// The same from an actor, which is the sender.
  [[nodiscard]] sabir_status try_send(context &context) {
    return settle(sabir_context_send_batch(context.handle(), envelopes_.data(), envelopes_.size(), sizeof(sabir_envelope), nullptr));
  }
  /// The same, throwing sabir::error for the first one that is refused; all others were sent.
  void send(const system &system) { detail::check(try_send(system)); }
  void send(context &context) { detail::check(try_send(context)); }

 private:
  sabir_status settle(sabir_status status) noexcept {
    std::erase_if(envelopes_, [](const sabir_envelope &envelope) { return envelope.message == nullptr; });
    return status;
  }

  std::vector<sabir_envelope> envelopes_;
};

}  // namespace v0
}  // namespace sabir

#endif
