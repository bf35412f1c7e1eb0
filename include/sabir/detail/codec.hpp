// How C++ types become messages: a type id, and bytes.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_DETAIL_CODEC_HPP
#define SABIR_DETAIL_CODEC_HPP

#include <sabir/sabir.h>

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace sabir {
inline namespace v0 {

namespace detail {

inline constexpr sabir_type fnv_basis = 14695981039346656037U;
inline constexpr sabir_type fnv_prime = 1099511628211U;

constexpr sabir_type fnv1a(std::string_view text, sabir_type hash = fnv_basis) noexcept {
  for (char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * fnv_prime;
  return hash;
}

template <class T>
consteval std::string_view decorated_name() {
  return __PRETTY_FUNCTION__;
}

// The name of T as the compiler writes it: what stands in decorated_name<T>() where "double" stands in decorated_name<double>().
template <class T>
consteval std::string_view compiler_name() {
  constexpr std::string_view probe = decorated_name<double>();
  constexpr std::size_t before = probe.find("double");
  constexpr std::size_t after = probe.size() - before - std::string_view("double").size();
  constexpr std::string_view text = decorated_name<T>();
  return text.substr(before, text.size() - before - after);
}

// Names that are the same for every compiler and every spelling of one type.
template <class T>
consteval std::string_view arithmetic_name() {
  constexpr std::string_view names[2][4] = {{"u8", "u16", "u32", "u64"}, {"i8", "i16", "i32", "i64"}};
  if (std::same_as<T, bool>) return "bool";
  if (std::floating_point<T>) return sizeof(T) == 4 ? "f32" : sizeof(T) == 8 ? "f64" : "long double";
  return sizeof(T) > 8 ? compiler_name<T>() : names[std::is_signed_v<T>][std::bit_width(sizeof(T)) - 1];
}

// Types that are trivially copied and yet only point at what they mean: their bytes are of no use to the receiver.
template <class T>
inline constexpr bool is_borrowing_view = std::is_pointer_v<T> || std::is_member_pointer_v<T> || std::is_null_pointer_v<T>;
template <class C, class Traits>
inline constexpr bool is_borrowing_view<std::basic_string_view<C, Traits>> = true;
template <class T, std::size_t Extent>
inline constexpr bool is_borrowing_view<std::span<T, Extent>> = true;

}  // namespace detail

/// Whether a T moves to another actor of this program as the object it is, without being encoded: types that own what they mean, such as
/// those that can only be moved. A class says so itself, `static constexpr bool sabir_native = true;`; say it here for a type of others:
///
///   template <> inline constexpr bool sabir::is_native<std::unique_ptr<Image>> = true;
///
/// Only C++ actors take objects. Where a native type has message_traits of its own, it goes as their bytes to all others (ports, topics,
/// groups, threads that ask, actors of other languages); where it has none, those refuse it with SABIR_E_NATIVE. A receiver is given the
/// very object, by move. A message that was taken so is not delivered again after a crash (redeliveries).
template <class T>
inline constexpr bool is_native = requires { requires T::sabir_native; };

/// How a T travels. This one is for trivially copyable types: their bytes as they stand (none for an empty type). Specialize it for
/// a type of your own that is not:
///
///   template <> struct sabir::message_traits<Text> {
///     static std::size_t size(const Text &value);                                  // bytes
///     static void encode(const Text &value, std::byte *out);                       // writes exactly size(value) of them
///     static std::optional<Text> decode(std::span<const std::byte> bytes);         // nullopt: no Text, the message is refused
///   };
///
/// encode gets memory aligned to 16. A decoded value may point into bytes: they live until the handler returns.
template <class T>
struct message_traits {
  static_assert(std::is_trivially_copyable_v<T>,
                "sabir: this type is not trivially copyable and so has no bytes to send: specialize sabir::message_traits for it");
  static_assert(!detail::is_borrowing_view<T>,
                "sabir: a pointer, string_view or span would dangle at the receiver: send a std::string, a std::vector or the object");
  static_assert(!std::is_array_v<T>, "sabir: send a std::array, std::string or std::vector instead of a built-in array");

  /// The bytes of a message are those of the object itself.
  static constexpr bool flat = true;

  static constexpr std::size_t size(const T &) noexcept { return std::is_empty_v<T> ? 0 : sizeof(T); }
  static void encode(const T &value, std::byte *out) noexcept {
    if constexpr (!std::is_empty_v<T>) std::memcpy(out, &value, sizeof(T));
  }
  static std::optional<T> decode(std::span<const std::byte> bytes) noexcept {
    std::array<std::byte, sizeof(T)> copy{};
    if (bytes.size() != (std::is_empty_v<T> ? 0 : sizeof(T))) return std::nullopt;
    if constexpr (!std::is_empty_v<T>) std::memcpy(copy.data(), bytes.data(), sizeof(T));
    return std::bit_cast<T>(copy);
  }
};

/// An object that has no bytes.
template <class T>
  requires(is_native<T> && !std::is_trivially_copyable_v<T>)
struct message_traits<T> {
  static constexpr bool object_only = true;
};

/// Text: its bytes, without a terminating NUL.
template <>
struct message_traits<std::string> {
  static constexpr std::string_view type_name = "string";
  static std::size_t size(const std::string &value) noexcept { return value.size(); }
  static void encode(const std::string &value, std::byte *out) noexcept {
    if (!value.empty()) std::memcpy(out, value.data(), value.size());
  }
  static std::optional<std::string> decode(std::span<const std::byte> bytes) {
    return std::string(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  }
};

/// Elements side by side, as they stand in memory.
template <class T>
  requires(std::is_trivially_copyable_v<T> && !std::same_as<T, bool> && !detail::is_borrowing_view<T>)
struct message_traits<std::vector<T>> {
  static std::size_t size(const std::vector<T> &value) noexcept { return value.size() * sizeof(T); }
  static void encode(const std::vector<T> &value, std::byte *out) noexcept {
    if (!value.empty()) std::memcpy(out, value.data(), value.size() * sizeof(T));
  }
  static std::optional<std::vector<T>> decode(std::span<const std::byte> bytes) {
    if (bytes.size() % sizeof(T) != 0) return std::nullopt;
    std::vector<T> value(bytes.size() / sizeof(T));
    if (!value.empty()) std::memcpy(value.data(), bytes.data(), bytes.size());
    return value;
  }
};

namespace detail {

// The hash of T's name, continued from hash, so that names are put together without being stored.
template <class T>
struct name_hash {
  static consteval sabir_type of(sabir_type hash = fnv_basis) {
    if constexpr (requires { std::string_view(T::sabir_type_name); }) {
      return fnv1a(T::sabir_type_name, hash);
    } else if constexpr (std::is_arithmetic_v<T>) {
      return fnv1a(arithmetic_name<T>(), hash);
    } else if constexpr (requires { std::string_view(message_traits<T>::type_name); }) {
      return fnv1a(message_traits<T>::type_name, hash);
    } else {
      return fnv1a(compiler_name<T>(), hash);
    }
  }
};
template <class T>
struct name_hash<std::vector<T>> {
  static consteval sabir_type of(sabir_type hash = fnv_basis) { return fnv1a(">", name_hash<T>::of(fnv1a("vector<", hash))); }
};

// Whether a T can be bytes.
template <class T>
consteval bool has_bytes() {
  if constexpr (is_native<T>)
    return !requires { requires message_traits<T>::object_only; };
  else
    return true;
}

template <class T>
inline constexpr bool is_flat = !is_native<T> && requires { requires message_traits<T>::flat; };

template <class T>
const void *flat_data(const T &value) noexcept {
  return std::is_empty_v<T> ? nullptr : static_cast<const void *>(&value);
}

}  // namespace detail

/// The type id of T's messages, known at compile time: the FNV-1a hash of T::sabir_type_name if there is one ("bank.Add/1"), else of
/// the name the compiler has for T. Name the types that other languages, or programs of another compiler, are to understand; types
/// of anonymous namespaces are told apart by their names alone.
template <class T>
inline constexpr sabir_type type_id = detail::name_hash<T>::of();

}  // namespace v0
}  // namespace sabir

#endif
