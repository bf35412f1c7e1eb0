// Messages as C++ objects: a borrowed view of one, and one that is owned.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_DETAIL_MESSAGE_HPP
#define SABIR_DETAIL_MESSAGE_HPP

#include <sabir/detail/codec.hpp>
#include <sabir/detail/failure.hpp>
#include <sabir/detail/monitor.hpp>

#include <memory>

namespace sabir {
inline namespace v0 {

/// A message that is somebody else's. Valid as long as the message is. Threads: one at a time.
class message_view {
 public:
  message_view() noexcept = default;
  explicit message_view(const sabir_message *borrowed) noexcept : handle_(const_cast<sabir_message *>(borrowed)) {}

  explicit operator bool() const noexcept { return handle_ != nullptr; }
  sabir_type type() const noexcept { return sabir_message_type(handle_); }
  /// SABIR_KIND_...
  std::int32_t kind() const noexcept { return sabir_message_kind(handle_); }
  /// Who sent it; 0: a thread that is no actor.
  sabir_pid sender() const noexcept { return sabir_message_sender(handle_); }
  /// The ask, timer or monitor it belongs to; 0: none.
  sabir_ref ref() const noexcept { return sabir_message_ref(handle_); }
  /// How many events of a timer or a monitor it stands for; 1 for other messages.
  std::uint64_t count() const noexcept { return sabir_message_count(handle_); }
  std::span<const std::byte> bytes() const noexcept {
    return {static_cast<const std::byte *>(sabir_message_data(handle_)), sabir_message_size(handle_)};
  }

  /// The message as a T: nullopt if it has another type id, or bytes that are no T. sabir::down, restarted, exited and writable are told by
  /// kind.
  template <class T>
  std::optional<T> as() const {
    if constexpr (detail::is_notice<T>)
      return detail::notice<T>(handle_);
    else
      return type() == type_id<T> ? decode<T>() : std::nullopt;
  }
  /// The bytes as a T, whatever the type id says: for answers, whose type the asker knows.
  template <class T>
  std::optional<T> decode() const {
    return message_traits<T>::decode(bytes());
  }

  /// Of a SABIR_KIND_FAILURE message: why the ask ended. Else SABIR_OK and nothing.
  failure why() const {
    failure why{.status = sabir_message_status(handle_), .exit = exit_reason(sabir_message_exit(handle_))};
    if (why.status != SABIR_OK) why.text.assign(reinterpret_cast<const char *>(bytes().data()), bytes().size());
    return why;
  }

  const sabir_message *get() const noexcept { return handle_; }

 protected:
  explicit message_view(sabir_message *owned, int) noexcept : handle_(owned) {}
  sabir_message *handle_ = nullptr;
};

/// A message that is owned: freed at the end unless it was sent, which leaves it empty. Move-only. Threads: one at a time.
class message : public message_view {
 public:
  message() noexcept = default;
  /// Takes over a message of the C ABI.
  explicit message(sabir_message *owned) noexcept : message_view(owned, 0) {}
  message(message &&other) noexcept : message_view(other.release(), 0) {}
  message &operator=(message &&other) noexcept {
    if (this != &other) {
      sabir_message_destroy(&handle_);
      handle_ = other.release();
    }
    return *this;
  }
  ~message() { sabir_message_destroy(&handle_); }

  /// Room for size bytes, uninitialized, aligned to 16: fill them through writable(). Throws sabir::error (NOMEM, FORKED).
  static message create(sabir_type type, std::size_t size) {
    message made;
    detail::check(sabir_message_create(type, size, made.out()));
    return made;
  }
  /// A copy of bytes. Throws sabir::error.
  static message copy(sabir_type type, std::span<const std::byte> bytes) {
    message made;
    detail::check(sabir_message_create_bytes(type, bytes.data(), bytes.size(), made.out()));
    return made;
  }
  /// A C++ object as a message. Throws sabir::error, and what its encoding throws.
  template <class T>
  static message of(const T &value) {
    message made = create(type_id<T>, message_traits<T>::size(value));
    message_traits<T>::encode(value, static_cast<std::byte *>(sabir_message_data_mut(made.handle_)));
    return made;
  }
  /// Memory that is there already, not copied. It must stay as it is until release() runs: once, on any thread, without blocking.
  /// Throws sabir::error; release has not run then.
  template <std::invocable Release>
  static message wrap(sabir_type type, std::span<std::byte> bytes, Release release) {
    auto held = std::make_unique<Release>(std::move(release));
    message made;
    detail::check(sabir_message_wrap(
        type, bytes.data(), bytes.size(),
        [](void *, std::size_t, std::uintptr_t argument) {
          std::unique_ptr<Release> mine(reinterpret_cast<Release *>(argument));
          (*mine)();
        },
        reinterpret_cast<std::uintptr_t>(held.get()), made.out()));
    (void)held.release();
    return made;
  }

  /// One more message with the same bytes, which are not copied and never writable again; the duty to answer an ask stays here. Throws
  /// sabir::error.
  message clone() {
    detail::check(sabir_message_share(&handle_));
    message made;
    detail::check(sabir_message_clone(handle_, made.out()));
    return made;
  }

  /// The bytes, to be written by the owner. Empty where the payload may not be written.
  std::span<std::byte> writable() noexcept {
    auto *data = static_cast<std::byte *>(sabir_message_data_mut(handle_));
    return {data, data == nullptr ? 0 : sabir_message_size(handle_)};
  }

  /// Gives up ownership.
  [[nodiscard]] sabir_message *release() noexcept { return std::exchange(handle_, nullptr); }
  /// For calls of the C ABI that move a message: it is empty if they did.
  sabir_message **move() noexcept { return &handle_; }
  /// For calls of the C ABI that make a message: frees what was there.
  sabir_message **out() noexcept {
    sabir_message_destroy(&handle_);
    return &handle_;
  }
};

namespace detail {

// The end of an ask, as the C ABI gives it, as a result. An answer whose bytes are no R is a failure too.
template <class R>
result<R> ask_result(sabir_status status, message_view reply) {
  if (status != SABIR_OK) {
    failure why = reply ? reply.why() : failure{};
    why.status = status;
    return why;
  }
  if constexpr (std::is_void_v<R>) {
    return {};
  } else {
    if (std::optional<R> value = reply.decode<R>()) return std::move(*value);
    return failure{.status = SABIR_E_INVALID, .text = "the answer's bytes are not those of the message's reply type"};
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace sabir

#endif
