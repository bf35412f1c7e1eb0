// Spawning: actors without a supervisor, by systems and by contexts.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_DETAIL_SPAWN_HPP
#define SABIR_DETAIL_SPAWN_HPP

#include <sabir/detail/actor.hpp>

namespace sabir {
inline namespace v0 {

namespace detail {

// spawn_options as the C ABI has them. They point into each other and into what they were made of, so they stay where they are.
struct c_spawn_options {
  c_spawn_options() noexcept = default;
  explicit c_spawn_options(const spawn_options &options) noexcept : mailbox(to_c(options.mailbox)) {
    spawn.name = option_text(options.name);
    spawn.executor = options.executor == nullptr ? nullptr : options.executor->handle();
    spawn.mailbox = &mailbox;
  }
  c_spawn_options(const c_spawn_options &) = delete;
  c_spawn_options &operator=(const c_spawn_options &) = delete;

  sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  sabir_spawn_options spawn = takes_objects();

 private:
  static sabir_spawn_options takes_objects() noexcept {
    sabir_spawn_options made = SABIR_SPAWN_OPTIONS_INIT;
    made.native_tag = native_tag();
    return made;
  }
};

// Spawns by a call of the C ABI, call(behavior, options, &pid, &error). options may be NULL.
template <class A, class Call, class... Args>
sabir_pid spawn(Call &&call, const spawn_options *options, Args &&...args) {
  check_actor<A>();
  static_assert(is_buildable<A, std::decay_t<Args>...>,
                "sabir: the actor has no constructor for these arguments (with or without a sabir::context & before them)");
  const spawn_options defaults;
  c_spawn_options c(options == nullptr ? defaults : *options);
  std::unique_ptr<maker<A>> argument;
  if constexpr (sizeof...(Args) != 0) {
    argument = std::make_unique<maker_once<A, std::decay_t<Args>...>>(std::in_place, std::forward<Args>(args)...);
    c.spawn.argument = reinterpret_cast<std::uintptr_t>(argument.get());
    c.spawn.drop = &glue<A>::drop;
  }
  sabir_pid pid = 0;
  error_slot slot;
  slot.check(call(glue<A>::behavior(), &c.spawn, &pid, slot.out()));
  (void)argument.release();
  return pid;
}

template <class... Fs>
auto lambda_actor_of(const handlers<Fs...> &) -> lambda_actor<Fs...>;
template <class F>
auto bundle(F &&handler) {
  if constexpr (is_handlers<std::decay_t<F>>)
    return std::forward<F>(handler);
  else
    return handlers<std::decay_t<F>>(std::forward<F>(handler));
}
template <class F>
using lambda_actor_for = decltype(lambda_actor_of(bundle(std::declval<F>())));

// spawn() by either call of the C ABI.
template <class A, class... Args>
ref<A> spawn_in(sabir_context *context, const spawn_options *options, Args &&...args) {
  auto call = [context](auto... given) { return sabir_context_spawn(context, given...); };
  return ref<A>(sabir_context_system(context), spawn<A>(call, options, std::forward<Args>(args)...));
}
template <class A, class... Args>
ref<A> spawn_in(sabir_system *system, const spawn_options *options, Args &&...args) {
  auto call = [system](auto... given) { return sabir_spawn(system, given...); };
  return ref<A>(system, spawn<A>(call, options, std::forward<Args>(args)...));
}

}  // namespace detail

template <class A, class... Args>
ref<A> context::spawn(const spawn_options &options, Args &&...args) {
  return detail::spawn_in<A>(handle_, &options, std::forward<Args>(args)...);
}
template <class A, class... Args>
  requires(!detail::begins_with_options<Args...>)
ref<A> context::spawn(Args &&...args) {
  return detail::spawn_in<A>(handle_, nullptr, std::forward<Args>(args)...);
}
template <class Handler>
  requires detail::handles<Handler>
auto context::spawn(const spawn_options &options, Handler &&handler) {
  return detail::spawn_in<detail::lambda_actor_for<Handler>>(handle_, &options, detail::bundle(std::forward<Handler>(handler)));
}
template <class Handler>
  requires detail::handles<Handler>
auto context::spawn(Handler &&handler) {
  return detail::spawn_in<detail::lambda_actor_for<Handler>>(handle_, nullptr, detail::bundle(std::forward<Handler>(handler)));
}

}  // namespace v0
}  // namespace sabir

#endif
