// Failures in C++: exit reasons, the sabir::error exception, and result<T>, a value or the failure that took its place.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_DETAIL_FAILURE_HPP
#define SABIR_DETAIL_FAILURE_HPP

#include <sabir/sabir.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace sabir {
inline namespace v0 {

/// Why an actor ended: a counted reference to an immutable exit. Empty where there is none; accessors then give 0 or "".
/// Threads: any; one object as any value.
class exit_reason {
 public:
  exit_reason() noexcept = default;
  /// Adds a reference to a borrowed exit; NULL is fine.
  explicit exit_reason(const sabir_exit *borrowed) noexcept : handle_(sabir_exit_retain(borrowed)) {}
  exit_reason(const exit_reason &other) noexcept : handle_(sabir_exit_retain(other.handle_)) {}
  exit_reason(exit_reason &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  exit_reason &operator=(exit_reason other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~exit_reason() { sabir_exit_release(&handle_); }

  explicit operator bool() const noexcept { return handle_ != nullptr; }
  /// SABIR_EXIT_..., its name, and the status of the callback that failed.
  std::int32_t reason() const noexcept { return sabir_exit_reason(handle_); }
  const char *reason_name() const noexcept { return sabir_exit_reason_name(reason()); }
  /// Whether it is another end than a normal one, a stop or a shutdown: transient children are restarted, and linked actors end, then.
  bool abnormal() const noexcept { return sabir_exit_is_abnormal(reason()); }
  sabir_status status() const noexcept { return sabir_exit_status(handle_); }
  /// Of a C++ exception: what() and the name of its type. They live as long as any reference to the exit.
  std::string_view message() const noexcept { return sabir_exit_message(handle_); }
  std::string_view detail() const noexcept { return sabir_exit_detail(handle_); }
  sabir_pid pid() const noexcept { return sabir_exit_pid(handle_); }
  /// The exit of another actor that led to this one; empty if there is none.
  exit_reason cause() const noexcept { return exit_reason(sabir_exit_cause(handle_)); }

 private:
  sabir_exit *handle_ = nullptr;
};

/// Why something failed. text may be empty; exit is set where an actor crashed.
struct failure {
  sabir_status status = SABIR_OK;
  std::string text = {};
  exit_reason exit = {};

  /// "SABIR_E_CRASHED: text", with the status's own text where there is none.
  std::string describe() const {
    std::string line = sabir_status_name(status);
    if (status > 0) line += ' ' + std::to_string(status);
    line += ": ";
    return line + (text.empty() ? std::string(sabir_status_text(status)) : text);
  }
};

/// What the C++ face throws. what() is failure::describe().
class error : public std::runtime_error {
 public:
  explicit error(const failure &why) : std::runtime_error(why.describe()), status_(why.status), exit_(why.exit) {}
  explicit error(sabir_status status, std::string_view text = {}) : error(failure{.status = status, .text = std::string(text)}) {}

  sabir_status status() const noexcept { return status_; }
  /// Of the actor that crashed; empty where none did.
  const exit_reason &exit() const noexcept { return exit_; }

 private:
  sabir_status status_;
  exit_reason exit_;
};

/// A T, or the failure that took its place. A small stand-in for C++23's std::expected<T, failure>.
template <class T>
class [[nodiscard]] result {
 public:
  using value_type = T;

  result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  result(failure why) : content_(std::in_place_index<1>, std::move(why)) {}

  bool has_value() const noexcept { return content_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// The value. Throws sabir::error where there is none.
  T &value() & { return require(), *std::get_if<0>(&content_); }
  const T &value() const & { return require(), *std::get_if<0>(&content_); }
  T &&value() && { return require(), std::move(*std::get_if<0>(&content_)); }
  template <class U>
  T value_or(U &&fallback) const & {
    return has_value() ? **this : static_cast<T>(std::forward<U>(fallback));
  }

  /// REQUIRES: has_value().
  T &operator*() & noexcept { return *std::get_if<0>(&content_); }
  const T &operator*() const & noexcept { return *std::get_if<0>(&content_); }
  T &&operator*() && noexcept { return std::move(*std::get_if<0>(&content_)); }
  T *operator->() noexcept { return std::get_if<0>(&content_); }
  const T *operator->() const noexcept { return std::get_if<0>(&content_); }

  /// REQUIRES: !has_value().
  const failure &error() const noexcept { return *std::get_if<1>(&content_); }
  /// SABIR_OK, or the failure's.
  sabir_status status() const noexcept { return has_value() ? SABIR_OK : error().status; }

 private:
  void require() const {
    if (!has_value()) throw sabir::error(error());
  }

  std::variant<T, failure> content_;
};

/// Success, or a failure.
template <>
class [[nodiscard]] result<void> {
 public:
  using value_type = void;

  result() noexcept = default;
  result(failure why) : failed_(true), why_(std::move(why)) {}

  bool has_value() const noexcept { return !failed_; }
  explicit operator bool() const noexcept { return has_value(); }
  /// Throws sabir::error where it failed.
  void value() const {
    if (failed_) throw sabir::error(why_);
  }
  const failure &error() const noexcept { return why_; }
  sabir_status status() const noexcept { return why_.status; }

 private:
  bool failed_ = false;
  failure why_;
};

namespace detail {

template <class T>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<result<T>> = true;

inline void check(sabir_status status) {
  if (status != SABIR_OK) throw error(status);
}

// A name for the C ABI, where a NUL would end it: one inside is as invalid as other control characters.
inline const char *c_name(const std::string &name) {
  if (name.find('\0') != std::string::npos) check(SABIR_E_INVALID);
  return name.c_str();
}

// For calls that give an error object: its text goes into the exception, and it is freed whatever happens.
class error_slot {
 public:
  error_slot() noexcept = default;
  error_slot(const error_slot &) = delete;
  error_slot &operator=(const error_slot &) = delete;
  ~error_slot() { sabir_error_destroy(&handle_); }

  sabir_error **out() noexcept { return &handle_; }
  void check(sabir_status status) const {
    if (status != SABIR_OK) throw error(status, sabir_error_message(handle_));
  }

 private:
  sabir_error *handle_ = nullptr;
};

}  // namespace detail
}  // namespace v0
}  // namespace sabir

#endif
