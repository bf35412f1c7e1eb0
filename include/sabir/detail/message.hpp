// Messages as C++ objects: a borrowed view of one, and one that is owned.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_DETAIL_MESSAGE_HPP
#define SABIR_DETAIL_MESSAGE_HPP

#include <sabir/detail/codec.hpp>
#include <sabir/detail/failure.hpp>
#include <sabir/detail/monitor.hpp>

#include <chrono>
#include <memory>
#include <new>
#include <typeinfo>

namespace sabir {
inline namespace v0 {

namespace detail {

// The mark of this program's objects: its address, which is one for all that shares the program's symbols.
inline constexpr char native_mark = 0;
inline std::uintptr_t native_tag() noexcept { return reinterpret_cast<std::uintptr_t>(&native_mark); }

// An object in a message. Type ids are names, and two types may have one: what is taken out is what was put in.
struct object_head {
  const std::type_info *type;
};
template <class T>
struct object : object_head {
  template <class Value>
  explicit object(Value &&given) : object_head{&typeid(T)}, value(std::forward<Value>(given)) {}
  static void drop(void *place) { static_cast<object *>(place)->~object(); }
  T value;
};

// The T in a message, or NULL. The caller may change the message.
template <class T>
object<T> *object_in(sabir_message *message) noexcept {
  if (sabir_message_native(message) != native_tag()) return nullptr;
  auto *head = static_cast<object_head *>(sabir_message_data_mut(message));
  return head != nullptr && *head->type == typeid(T) ? static_cast<object<T> *>(head) : nullptr;
}

// The same, taken out of the message.
template <class T>
std::optional<T> take_object(sabir_message *message) {
  object<T> *found = object_in<T>(message);
  if (found == nullptr) return std::nullopt;
  (void)sabir_message_take_native(message, native_tag());
  std::unique_ptr<object<T>, void (*)(object<T> *)> end(found, [](object<T> *taken) { taken->~object(); });
  return std::optional<T>(std::move(found->value));
}

}  // namespace detail

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
    static_assert(detail::has_bytes<T>(), "sabir: this type is an object without bytes: take it out of the message, message::take");
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

/// How urgent a message is, where its receiver's mailbox sorts by that (mailbox_options::priorities).
enum class priority : std::uint32_t {
  normal = SABIR_PRIORITY_NORMAL,
  low = SABIR_PRIORITY_LOW,
  high = SABIR_PRIORITY_HIGH,
  critical = SABIR_PRIORITY_CRITICAL,
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
    static_assert(
        detail::has_bytes<T>(),
        "sabir: this message is an object without bytes, which only one C++ actor can get, by a send, an ask, a timer or an answer");
    message made = create(type_id<T>, message_traits<T>::size(value));
    message_traits<T>::encode(value, static_cast<std::byte *>(sabir_message_data_mut(made.handle_)));
    return made;
  }
  /// A C++ object as it is, moved or copied into the message: for actors of this program (sabir::is_native). Throws sabir::error, and what
  /// its constructor throws.
  template <class Value>
  static message object(Value &&value) {
    using held = detail::object<std::remove_cvref_t<Value>>;
    static_assert(std::is_constructible_v<std::remove_cvref_t<Value>, Value>, "sabir: this message cannot be copied: std::move it");
    static_assert(alignof(held) <= SABIR_NATIVE_ALIGNMENT_MAX, "sabir: an object in a message is not aligned to more than this");
    struct unbuilt {
      sabir_message *message;
      ~unbuilt() {
        if (message != nullptr) (void)sabir_message_take_native(message, detail::native_tag());
      }
    };
    message made;
    detail::check(sabir_message_create_native(type_id<std::remove_cvref_t<Value>>, detail::native_tag(), sizeof(held), alignof(held),
                                              &held::drop, made.out()));
    unbuilt guard{made.handle_};
    new (sabir_message_data_mut(made.handle_)) held(std::forward<Value>(value));
    guard.message = nullptr;
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

  /// How urgent it is; stays with it when it is sent on. Throws sabir::error.
  message &set_priority(priority urgency) {
    detail::check(sabir_message_set_priority(handle_, static_cast<std::uint32_t>(urgency)));
    return *this;
  }
  /// Nobody wants it any more so long after it is sent: then it is a dead letter (SABIR_CAUSE_EXPIRED). Not for asks, which have a timeout.
  /// Throws sabir::error.
  message &set_deadline(std::chrono::nanoseconds after) {
    detail::check(sabir_message_set_deadline(handle_, after.count() > 0 ? static_cast<std::uint64_t>(after.count()) : 1));
    return *this;
  }

  /// One more message with the same bytes, which are not copied and never writable again; the duty to answer an ask stays here. Throws
  /// sabir::error.
  message clone() {
    detail::check(sabir_message_share(&handle_));
    message made;
    detail::check(sabir_message_clone(handle_, made.out()));
    return made;
  }

  /// The message as a T, as by as(), but an object is moved out of it: for a handler that gets messages as they are.
  template <class T>
  std::optional<T> take() {
    if constexpr (is_native<T>) {
      if (std::optional<T> taken = detail::take_object<T>(handle_)) return taken;
    }
    if constexpr (detail::has_bytes<T>())
      return as<T>();
    else
      return std::nullopt;
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

// What a message that this thread may change holds, whatever its type id says.
template <class T>
std::optional<T> open(sabir_message *message) {
  if constexpr (is_native<T>) {
    if (sabir_message_native(message) != 0 || !has_bytes<T>()) return take_object<T>(message);
  }
  if constexpr (has_bytes<T>())
    return message_view(message).decode<T>();
  else
    return std::nullopt;
}

// Hands a value over by a call of the C ABI that moves a message: call(&message). A native one goes as it is to who takes it and, where it
// has bytes, as these to others; if it stays here, the caller has it again.
template <class Value, class Call>
sabir_status deliver(Value &&value, Call &&call) {
  using type = std::remove_cvref_t<Value>;
  if constexpr (!is_native<type>) {
    message made = message::of(value);
    return call(made.move());
  } else {
    message made = message::object(std::forward<Value>(value));
    sabir_status status = call(made.move());
    object<type> *left = object_in<type>(*made.move());
    if (left == nullptr) return status;
    if constexpr (has_bytes<type>()) {
      if (status == SABIR_E_NATIVE) {
        message bytes = message::of(left->value);
        status = call(bytes.move());
      }
    }
    if constexpr (std::is_same_v<Value, type> && std::is_move_assignable_v<type>) {
      if (status != SABIR_OK) value = std::move(left->value);
    }
    return status;
  }
}

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
    // Whoever gets the end of an ask may change it.
    if (std::optional<R> value = open<R>(const_cast<sabir_message *>(reply.get()))) return result<R>(std::move(*value));
    return failure{.status = SABIR_E_INVALID, .text = "the answer's bytes are not those of the message's reply type"};
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace sabir

#endif
