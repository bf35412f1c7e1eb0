// Classes and lambdas as actors: their base, the checks of their handlers, and the callbacks the engine calls.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_DETAIL_ACTOR_HPP
#define SABIR_DETAIL_ACTOR_HPP

#include <sabir/detail/context.hpp>
#include <sabir/detail/executor.hpp>

#include <cxxabi.h>

#include <cstdlib>
#include <tuple>
#include <typeinfo>

namespace sabir {
inline namespace v0 {

namespace detail {

class actor_base {
 protected:
  actor_base() noexcept = default;
  ~actor_base() = default;

 public:
  actor_base(const actor_base &) = delete;
  actor_base &operator=(const actor_base &) = delete;

 private:
  friend struct access;
  open_asks asks_;
};

}  // namespace detail

/// The base of an actor class, with the messages it takes:
///
///   class Counter : public sabir::actor<Add, Get> { ... };
///
/// For each message the class has a public member `receive(sabir::context &, Message)`. For a message with `using reply = R` it
/// returns R, result<R> (a failure answers without a crash), or `deferred`; for others void. The class is built when the actor
/// starts, by a constructor that may take a sabir::context & before its own arguments, and destroyed when it ends. It may also have
///
///   void receive(sabir::context &, sabir::message &);              // every other message; moving it out keeps it
///   void receive(sabir::context &, sabir::down);                   // an actor that it watches is gone (context::monitor)
///   void receive(sabir::context &, sabir::restarted);              // ... or was restarted
///   void receive(sabir::context &, sabir::exited);                 // an actor that it is linked with is gone (context::trap_exits)
///   void receive(sabir::context &, sabir::writable);               // a full mailbox has room again (context::notify_writable)
///   void stop(sabir::context &, const sabir::exit_reason &);       // runs before the destructor
///   sabir::decision failed(sabir::context &, const sabir::exit_reason &);  // receive has failed: what now?
///   sabir::health health(sabir::context &);                        // asked at health checks, between two messages
///
/// An exception out of the constructor or receive is a crash of the actor: what() is the message of its exit reason, the exception's
/// type the detail. One callback runs at a time; all it did is visible to the next, whichever thread that is on.
///
/// A bare actor<Messages...> also serves as a protocol: every ref<A> of an A that takes at least these messages converts to it.
template <class... Messages>
class actor : public detail::actor_base {
  static_assert(!(detail::is_notice<Messages> || ...),
                "sabir: down, restarted, exited and writable come from the engine alone: have a receive for them, but do not list them");

 public:
  using messages = detail::message_list<Messages...>;
};

namespace detail {

template <class A>
concept is_actor = std::derived_from<A, actor_base> && requires { typename A::messages; };

template <class A>
inline constexpr bool takes_raw = requires(A &actor, context &given, message &raw) { actor.receive(given, raw); };

template <class A, class Notice>
inline constexpr bool takes_notice = requires(A &actor, context &given, Notice &&notice) { actor.receive(given, std::move(notice)); };

template <class A>
inline constexpr bool decides = requires(A &actor, context &given, const exit_reason &why) { actor.failed(given, why); };

template <class A>
inline constexpr bool says_health = requires(A &actor, context &given) { actor.health(given); };

// Whether a handler of Message may return R.
template <class Message, class R>
consteval bool returns_reply() {
  if constexpr (!asks<Message>) {
    return std::is_void_v<R>;
  } else {
    using reply = reply_of<Message>;
    if constexpr (std::is_same_v<R, deferred> || std::is_same_v<R, result<reply>>)
      return true;
    else if constexpr (std::is_void_v<reply>)
      return std::is_void_v<R>;
    else
      return std::is_convertible_v<R, reply>;
  }
}

template <class A, class Message>
inline constexpr bool has_receive = requires(A &actor, context &given, Message &&message) { actor.receive(given, std::move(message)); };

// An actor in a mode of context::become: what receives in its place.
template <class A, class Mode>
struct in_mode {
  A &self;
  template <class Message>
    requires requires(A &actor, context &given, Message &&message) { Mode::receive(actor, given, std::forward<Message>(message)); }
  auto receive(context &given, Message &&message) {
    return Mode::receive(self, given, std::forward<Message>(message));
  }
};
template <class A>
inline constexpr bool is_mode = false;
template <class A, class Mode>
inline constexpr bool is_mode<in_mode<A, Mode>> = true;

template <class A, class Message>
consteval bool check_handler() {
  constexpr bool handled = has_receive<A, Message>;
  static_assert(handled || is_mode<A>,
                "sabir: the actor declares this message but has no public receive(sabir::context &, Message) for it");
  if constexpr (handled) {
    using returned = decltype(std::declval<A &>().receive(std::declval<context &>(), std::declval<Message>()));
    static_assert(returns_reply<Message, returned>(),
                  "sabir: receive returns the message's reply type, sabir::result of it or sabir::deferred; void if it has no reply");
  }
  return true;
}

// The callbacks that an actor may have or not: where they are there, they are right.
template <class A>
consteval bool check_callbacks() {
  if constexpr (decides<A>)
    static_assert(
        std::is_same_v<decltype(std::declval<A &>().failed(std::declval<context &>(), std::declval<const exit_reason &>())), decision>,
        "sabir: failed(sabir::context &, const sabir::exit_reason &) returns a sabir::decision");
  if constexpr (says_health<A>)
    static_assert(std::is_same_v<decltype(std::declval<A &>().health(std::declval<context &>())), health>,
                  "sabir: health(sabir::context &) returns a sabir::health");
  return true;
}

template <class... Messages>
consteval bool distinct_types(message_list<Messages...>) {
  constexpr std::array<sabir_type, sizeof...(Messages)> types{type_id<Messages>...};
  for (std::size_t i = 0; i < types.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (types[i] == types[k]) return false;
  return true;
}

inline std::string present_exception_type() {
  const std::type_info *type = abi::__cxa_current_exception_type();
  if (type == nullptr) return {};
  int status = 0;
  std::unique_ptr<char, void (*)(void *)> readable(abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), &std::free);
  return readable ? readable.get() : type->name();
}

// How an actor is built at each of its starts. The engine holds it as the actor's argument.
template <class A>
struct maker {
  maker() = default;
  maker(const maker &) = delete;
  maker &operator=(const maker &) = delete;
  virtual ~maker() = default;
  virtual std::unique_ptr<A> make(context &context) = 0;
};

template <class A, class... Args>
std::unique_ptr<A> build(context &context, Args &&...args) {
  if constexpr (std::is_constructible_v<A, sabir::context &, Args...>)
    return std::make_unique<A>(context, std::forward<Args>(args)...);
  else
    return std::make_unique<A>(std::forward<Args>(args)...);
}

// A spawned actor has one life, so its arguments are moved into it.
template <class A, class... Args>
struct maker_once final : maker<A> {
  template <class... Given>
  explicit maker_once(std::in_place_t, Given &&...given) : args(std::forward<Given>(given)...) {}
  std::unique_ptr<A> make(context &context) override {
    return std::apply([&](Args &...arg) { return build<A>(context, std::move(arg)...); }, args);
  }
  std::tuple<Args...> args;
};

// A supervised actor has one life after the other, each from a copy of the arguments as they were given. A start that takes too long is
// left behind while the next one begins: two of them only read.
template <class A, class... Args>
struct maker_each final : maker<A> {
  template <class... Given>
  explicit maker_each(std::in_place_t, Given &&...given) : args(std::forward<Given>(given)...) {}
  std::unique_ptr<A> make(context &context) override {
    return std::apply([&](const Args &...arg) { return build<A>(context, arg...); }, args);
  }
  const std::tuple<Args...> args;
};

template <class A, class... Args>
inline constexpr bool is_buildable = std::is_constructible_v<A, Args...> || std::is_constructible_v<A, context &, Args...>;

// The parts of actor and context that only the callbacks below may touch.
struct access {
  static context make(sabir_context *handle, open_asks &asks, sabir_pid sender = 0, sabir_message **handled = nullptr) {
    return context(handle, asks, sender, handled);
  }
  static open_asks &asks(actor_base &actor) { return actor.asks_; }
  static void at_timer(context &context, const sabir_message *message) {
    context.timer_ = sabir_message_ref(message);
    context.count_ = sabir_message_count(message);
  }

  // Runs what the user wrote. An exception becomes a failure of this call with its text; forced unwinding passes through.
  template <class Call>
  static sabir_status guard(context &context, Call &&call) {
    try {
      return call();
    } catch (const error &thrown) {
      // UNHANDLED as the outcome of a call would mean "not my message" to the engine, and OK success: neither is meant here.
      bool is_outcome = thrown.status() == SABIR_OK || thrown.status() == SABIR_E_UNHANDLED;
      return crash(context, is_outcome ? SABIR_E_EXCEPTION : thrown.status(), thrown.what());
    } catch (const std::exception &thrown) {
      return crash(context, SABIR_E_EXCEPTION, thrown.what());
    } catch (const abi::__forced_unwind &) {
      throw;
    } catch (...) {
      return crash(context, SABIR_E_EXCEPTION, "an exception that is not a std::exception");
    }
  }

 private:
  static sabir_status crash(context &context, sabir_status status, std::string_view text) {
    if (context.failed_) return status;
    std::string type = present_exception_type();
    SABIR_IGNORE(sabir_context_fail(context.handle_, status, text.data(), text.size(), type.data(), type.size()));
    return status;
  }
};

// The callbacks of an actor type A, and its behavior.
template <class A>
struct glue {
  static sabir_status start(sabir_context *handle, std::uintptr_t argument, std::uintptr_t *state) {
    open_asks asks;
    context scope = access::make(handle, asks);
    return access::guard(scope, [&] {
      std::unique_ptr<A> made;
      if constexpr (is_buildable<A>) {
        made = argument == 0 ? build<A>(scope) : reinterpret_cast<maker<A> *>(argument)->make(scope);
      } else {
        made = reinterpret_cast<maker<A> *>(argument)->make(scope);
      }
      access::asks(*made) = std::move(asks);
      *state = reinterpret_cast<std::uintptr_t>(made.release());
      return SABIR_OK;
    });
  }

  static void drop(std::uintptr_t argument) { delete reinterpret_cast<maker<A> *>(argument); }

  static void stop(sabir_context *handle, std::uintptr_t state, const sabir_exit *exit) {
    std::unique_ptr<A> self(reinterpret_cast<A *>(state));
    if constexpr (requires(context &given, const exit_reason &reason) { self->stop(given, reason); }) {
      context scope = access::make(handle, access::asks(*self));
      (void)access::guard(scope, [&] {
        self->stop(scope, exit_reason(exit));
        return SABIR_OK;
      });
    }
  }

  // What these two throw is the engine's to catch: a failed callback that fails decides nothing, and a health callback that does says
  // failed.
  static std::int32_t failed(sabir_context *handle, std::uintptr_t state, const sabir_exit *exit)
    requires decides<A>
  {
    A &self = *reinterpret_cast<A *>(state);
    context scope = access::make(handle, access::asks(self));
    return static_cast<std::int32_t>(self.failed(scope, exit_reason(exit)));
  }
  static std::uint32_t health(sabir_context *handle, std::uintptr_t state)
    requires says_health<A>
  {
    A &self = *reinterpret_cast<A *>(state);
    context scope = access::make(handle, access::asks(self));
    return static_cast<std::uint32_t>(self.health(scope));
  }

  static sabir_status receive(sabir_context *handle, std::uintptr_t state, sabir_message **message) {
    A &self = *reinterpret_cast<A *>(state);
    context scope = access::make(handle, access::asks(self), sabir_message_sender(*message), message);
    return access::guard(scope, [&] { return dispatch(scope, self, self, message, typename A::messages()); });
  }

  template <class Mode>
  static sabir_status receive_in(sabir_context *handle, std::uintptr_t state, sabir_message **message) {
    A &self = *reinterpret_cast<A *>(state);
    in_mode<A, Mode> target{self};
    context scope = access::make(handle, access::asks(self), sabir_message_sender(*message), message);
    return access::guard(scope, [&] { return dispatch(scope, self, target, message, typename A::messages()); });
  }

  // Target: what receives, the actor or a mode of it.
  template <class Target, class... Messages>
  static sabir_status dispatch(context &context, A &self, Target &target, sabir_message **message, message_list<Messages...>) {
    switch (sabir_message_kind(*message)) {
      case SABIR_KIND_MESSAGE: break;
      case SABIR_KIND_TIMER: access::at_timer(context, *message); break;
      case SABIR_KIND_DOWN: return notify<down>(context, self, target, message);
      case SABIR_KIND_RESTARTED: return notify<restarted>(context, self, target, message);
      case SABIR_KIND_EXIT: return notify<exited>(context, self, target, message);
      case SABIR_KIND_WRITABLE: return notify<writable>(context, self, target, message);
      default: return end_of_ask(context, self, target, message);
    }
    [[maybe_unused]] const sabir_type type = sabir_message_type(*message);
    sabir_status status = SABIR_E_UNHANDLED;
    if (((type == type_id<Messages> && (status = handle<Messages>(context, target, message), true)) || ...)) return status;
    return raw(context, target, message);
  }

  // A message whose bytes do not fit its type is refused, not crashed on: it may come from anybody.
  template <class Message, class Target>
  static sabir_status handle(context &context, Target &self, sabir_message **message) {
    if constexpr (is_mode<Target> && !has_receive<Target, Message>) {
      return raw(context, self, message);
    } else {
      return handle_here<Message>(context, self, *message);
    }
  }

  template <class Message, class Target>
  static sabir_status handle_here(context &context, Target &self, sabir_message *message) {
    std::optional<Message> value = open<Message>(message);
    if (!value) return SABIR_E_UNHANDLED;
    using returned = decltype(self.receive(context, std::move(*value)));
    if constexpr (!asks<Message>) {
      self.receive(context, std::move(*value));
    } else if constexpr (std::is_same_v<returned, deferred>) {
      (void)self.receive(context, std::move(*value));
    } else if constexpr (std::is_void_v<returned>) {
      self.receive(context, std::move(*value));
      answered(sabir_context_reply_bytes(context.handle(), 0, nullptr, 0));
    } else if constexpr (is_result<returned>) {
      returned outcome = self.receive(context, std::move(*value));
      if (!outcome) {
        const failure &why = outcome.error();
        answered(sabir_context_reply_error(context.handle(), why.status, why.text.data(), why.text.size()));
      } else if constexpr (std::is_void_v<typename returned::value_type>) {
        answered(sabir_context_reply_bytes(context.handle(), 0, nullptr, 0));
      } else {
        reply<typename returned::value_type>(context, std::move(*outcome));
      }
    } else {
      reply<reply_of<Message>>(context, self.receive(context, std::move(*value)));
    }
    return SABIR_OK;
  }

  template <class Reply>
  static void reply(context &context, Reply value) {
    if constexpr (is_flat<Reply>) {
      answered(sabir_context_reply_bytes(context.handle(), type_id<Reply>, flat_data(value), message_traits<Reply>::size(value)));
    } else {
      sabir_status status = deliver(std::move(value), [&](sabir_message **made) { return sabir_context_reply(context.handle(), made); });
      // Who asks so cannot get it: that is no fault of this actor's.
      if (status == SABIR_E_NATIVE) status = sabir_context_reply_error(context.handle(), status, nullptr, 0);
      answered(status);
    }
  }

  // An ask that was only sent, or that has ended meanwhile, wants no answer.
  static void answered(sabir_status status) {
    if (status != SABIR_E_NO_ASK) check(status);
  }

  template <class Target>
  static sabir_status end_of_ask(context &context, A &self, Target &target, sabir_message **message) {
    open_asks &asks = access::asks(self);
    auto found = asks ? asks->extract(sabir_message_ref(*message)) : typename open_asks::element_type::node_type();
    if (found.empty()) return raw(context, target, message);
    found.mapped()->run(context, message_view(*message));
    return SABIR_OK;
  }

  template <class Notice, class Target>
  static sabir_status notify(context &context, A &self, Target &target, sabir_message **message) {
    if constexpr (takes_notice<Target, Notice>) {
      static_assert(std::is_void_v<decltype(target.receive(context, std::declval<Notice>()))>,
                    "sabir: receive returns void for sabir::down, restarted, exited and writable: they want no answer");
      std::optional<Notice> told = notice<Notice>(*message);
      target.receive(context, std::move(*told));
      return SABIR_OK;
    } else if constexpr (is_mode<Target>) {
      return notify<Notice>(context, self, self, message);
    } else {
      return raw(context, self, message);
    }
  }

  template <class Target>
  static sabir_status raw(context &context, Target &self, sabir_message **message) {
    if constexpr (takes_raw<Target>) {
      // Whatever way the handler is left, *message tells the engine whether it was moved out.
      struct lent {
        explicit lent(sabir_message **place) : place_(place), message_(std::exchange(*place, nullptr)) {}
        lent(const lent &) = delete;
        lent &operator=(const lent &) = delete;
        ~lent() { *place_ = message_.release(); }
        sabir_message **place_;
        sabir::message message_;
      } loan(message);
      self.receive(context, loan.message_);
      return SABIR_OK;
    } else {
      return SABIR_E_UNHANDLED;
    }
  }

  // One behavior per actor type, made at its first spawn and kept: behaviors are few, and a handle belongs to no system.
  static sabir_behavior *behavior() {
    static sabir_behavior *const made = make_behavior(compiler_name<A>(), &receive);
    return made;
  }
  // The same for each of its modes: of a behavior that an actor becomes, receive alone is looked at.
  template <class Mode>
  static sabir_behavior *behavior_in() {
    static sabir_behavior *const made = make_behavior(compiler_name<Mode>(), &receive_in<Mode>);
    return made;
  }

 private:
  static sabir_behavior *make_behavior(std::string_view of, decltype(&receive) receives) {
    const std::string name(of.substr(0, 255));
    sabir_callbacks callbacks = SABIR_CALLBACKS_INIT(name.c_str());
    callbacks.start = &start;
    callbacks.receive = receives;
    callbacks.stop = &stop;
    if constexpr (decides<A>) callbacks.failed = &failed;
    if constexpr (says_health<A>) callbacks.health = &health;
    sabir_behavior *behavior = nullptr;
    check(sabir_behavior_create(&callbacks, &behavior));
    return behavior;
  }
};

template <class A, class... Messages>
consteval bool check_handlers(message_list<Messages...> messages) {
  static_assert(distinct_types(message_list<Messages...>()), "sabir: two messages of this actor have the same type id");
  (void)messages;
  return (check_handler<A, Messages>() && ...);
}

template <class A>
consteval void check_actor() {
  static_assert(is_actor<A>, "sabir: an actor class derives publicly from sabir::actor<Messages...>");
  static_assert(check_handlers<A>(typename A::messages()));
  static_assert(check_callbacks<A>());
}

template <class Target, class... Messages>
consteval bool handles_any(message_list<Messages...>) {
  return (has_receive<Target, Messages> || ...) || takes_raw<Target>;
}

template <class F>
using message_of = typename handled_by<F>::type;

// actor<Messages...> of what lambdas take, without the notices of the engine, which are no messages that one sends.
template <class Taken, class... Messages>
struct sent_of {
  using type = Taken;
};
template <class... Taken, class Message, class... Rest>
struct sent_of<actor<Taken...>, Message, Rest...>
    : sent_of<std::conditional_t<is_notice<Message>, actor<Taken...>, actor<Taken..., Message>>, Rest...> {};

}  // namespace detail

/// The actor made of lambdas. To name a reference to one, use the protocol: sabir::ref<sabir::actor<Add, Get>>.
template <class... Fs>
class lambda_actor : public detail::sent_of<actor<>, detail::message_of<Fs>...>::type {
 public:
  explicit lambda_actor(handlers<Fs...> given) : functions_(std::move(given.functions)) {}

  template <class Message>
    requires(std::is_same_v<Message, detail::message_of<Fs>> || ...)
  auto receive(context &context, Message &&message) {
    return std::get<index_of<Message>()>(functions_)(context, std::move(message));
  }

 private:
  template <class Message>
  static consteval std::size_t index_of() {
    constexpr std::array<bool, sizeof...(Fs)> matches{std::is_same_v<Message, detail::message_of<Fs>>...};
    std::size_t index = 0;
    while (!matches[index]) ++index;
    return index;
  }

  std::tuple<Fs...> functions_;
};

template <class Mode, class A>
void context::become(A &self) {
  using target = detail::in_mode<A, Mode>;
  detail::check_actor<A>();
  static_assert(detail::handles_any<target>(typename A::messages()),
                "sabir: a mode has a public static receive(Actor &, sabir::context &, Message) for a message of the actor");
  static_assert(detail::check_handlers<target>(typename A::messages()));
  // Another class's object than the actor was built as: its behavior would take the state for what it is not.
  if (sabir_context_state(handle_) != reinterpret_cast<std::uintptr_t>(&self)) throw error(SABIR_E_INVALID);
  detail::check(sabir_context_become(handle_, detail::glue<A>::template behavior_in<Mode>()));
}

}  // namespace v0
}  // namespace sabir

#endif
