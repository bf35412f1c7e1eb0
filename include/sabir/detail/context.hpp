// What an actor may do from inside its own callbacks.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_DETAIL_CONTEXT_HPP
#define SABIR_DETAIL_CONTEXT_HPP

#include <sabir/detail/options.hpp>
#include <sabir/detail/ref.hpp>
#include <sabir/detail/timer.hpp>
#include <sabir/detail/topic.hpp>

#include <tuple>
#include <unordered_map>

namespace sabir {
inline namespace v0 {

class context;
class supervisor;
template <class A>
class router;
template <class Reply>
class request;

namespace detail {

// What an actor does when one of its asks has ended.
struct continuation {
  continuation() = default;
  continuation(const continuation &) = delete;
  continuation &operator=(const continuation &) = delete;
  virtual ~continuation() = default;
  virtual void run(context &context, message_view end) = 0;
};

// An actor's open asks. Most actors have none, so the map is made when it is needed.
using open_asks = std::unique_ptr<std::unordered_map<sabir_ref, std::unique_ptr<continuation>>>;

struct access;

}  // namespace detail

/// What a handler of an ask returns when it has taken the duty to answer with context::defer, or has answered already.
struct deferred {};

/// The duty to answer an ask, to be fulfilled later, on any thread. Move-only. If it is dropped the asker gets SABIR_E_UNANSWERED.
template <class Reply>
class answer {
 public:
  answer() noexcept = default;
  answer(answer &&other) noexcept : system_(other.system_), ref_(std::exchange(other.ref_, 0)) {}
  answer &operator=(answer other) noexcept {
    std::swap(system_, other.system_);
    std::swap(ref_, other.ref_);
    return *this;
  }
  ~answer() {
    if (ref_ != 0) SABIR_IGNORE(sabir_reply_error(system_, ref_, SABIR_E_UNANSWERED, nullptr, 0));
  }

  /// Whether the duty is still here.
  explicit operator bool() const noexcept { return ref_ != 0; }
  /// Answers (reply() where Reply is void). false: nobody waits any more. Throws sabir::error for any other failure, and what the encoding
  /// of the value throws; then the duty is still here, but for NATIVE, which the asker is told.
  template <class Value>
    requires std::convertible_to<Value, Reply>
  bool reply(Value &&value) {
    sabir_status status =
        detail::deliver(Reply(std::forward<Value>(value)), [&](sabir_message **made) { return sabir_reply(system_, ref_, made); });
    if (status == SABIR_E_NATIVE) SABIR_IGNORE(sabir_reply_error(system_, std::exchange(ref_, 0), status, nullptr, 0));
    return ended(status);
  }
  bool reply()
    requires std::is_void_v<Reply>
  {
    return ended(sabir_reply_bytes(system_, ref_, 0, nullptr, 0));
  }
  /// Ends the ask with a failure: status is not 0.
  bool fail(sabir_status status, std::string_view text = {}) {
    return ended(sabir_reply_error(system_, ref_, status, text.data(), text.size()));
  }

 private:
  friend class context;
  answer(sabir_system *system, sabir_ref ref) noexcept : system_(system), ref_(ref) {}
  bool ended(sabir_status status) {
    if (status == SABIR_OK || status == SABIR_E_NO_ASK) ref_ = 0;
    if (status != SABIR_E_NO_ASK) detail::check(status);
    return status == SABIR_OK;
  }

  sabir_system *system_ = nullptr;
  sabir_ref ref_ = 0;
};

/// Several lambdas as one actor: `spawn(sabir::handlers{[](sabir::context &, Add) {...}, [](sabir::context &, Get) {...}})`. Each is
/// void or reply (sabir::context &, Message), not generic.
template <class... Fs>
struct handlers {
  explicit handlers(Fs... given) : functions(std::move(given)...) {}
  std::tuple<Fs...> functions;
};

namespace detail {

// The message that a lambda or function takes: the type of its second parameter, after the context.
template <class F>
struct handled_by;
template <class R, class M>
struct handled_by<R (*)(context &, M)> {
  using type = std::remove_cvref_t<M>;
};
template <class C, class R, class M>
struct handled_by<R (C::*)(context &, M)> : handled_by<R (*)(context &, M)> {};
template <class C, class R, class M>
struct handled_by<R (C::*)(context &, M) const> : handled_by<R (*)(context &, M)> {};
template <class R, class M>
struct handled_by<R (*)(context &, M) noexcept> : handled_by<R (*)(context &, M)> {};
template <class C, class R, class M>
struct handled_by<R (C::*)(context &, M) noexcept> : handled_by<R (*)(context &, M)> {};
template <class C, class R, class M>
struct handled_by<R (C::*)(context &, M) const noexcept> : handled_by<R (*)(context &, M)> {};
template <class F>
  requires requires { &F::operator(); }
struct handled_by<F> : handled_by<decltype(&F::operator())> {};

template <class T>
inline constexpr bool is_handlers = false;
template <class... Fs>
inline constexpr bool is_handlers<handlers<Fs...>> = true;

template <class F>
concept handles = is_handlers<std::decay_t<F>> || requires { typename handled_by<std::decay_t<F>>::type; };

template <class... Args>
inline constexpr bool begins_with_options = false;
template <class First, class... Rest>
inline constexpr bool begins_with_options<First, Rest...> = std::is_same_v<std::decay_t<First>, spawn_options>;

}  // namespace detail

/// Given to every callback of an actor. Valid during that call, on that thread. No call of it blocks.
class context {
 public:
  context(const context &) = delete;
  context &operator=(const context &) = delete;

  /// This actor: its pid, or, from `context.self(*this)`, a reference to it.
  sabir_pid self() const noexcept { return sabir_context_self(handle_); }
  template <class A>
  ref<A> self(const A &) const noexcept {
    return ref<A>(system(), self());
  }
  /// Its system, borrowed for this call.
  sabir_system *system() const noexcept { return sabir_context_system(handle_); }
  /// Who sent the message being handled; 0: a thread that is no actor.
  sabir_pid sender() const noexcept { return sender_; }
  /// The timer whose message is being handled, and how many of its intervals the message stands for; 0 and 1 for other messages.
  sabir_ref timer() const noexcept { return timer_; }
  std::uint64_t count() const noexcept { return count_; }
  /// For calls of the C ABI.
  sabir_context *handle() const noexcept { return handle_; }

  /// Sends from this actor. Where the receiver's mailbox is full and set to block, the message is accepted (up to twice the capacity)
  /// and this actor is not run again until the receiver has caught up. Throws sabir::error: uncaught, that crashes this actor.
  template <class A, class Message>
    requires takes<A, Message>
  void send(const ref<A> &to, Message &&message) {
    detail::check(try_send(to, std::forward<Message>(message)));
  }
  /// The same, giving the status instead of throwing it.
  template <class A, class Message>
    requires takes<A, Message>
  [[nodiscard]] sabir_status try_send(const ref<A> &to, Message &&value) {
    using type = std::remove_cvref_t<Message>;
    if constexpr (detail::is_flat<type>) {
      return sabir_context_send_bytes(handle_, to.pid(), type_id<type>, detail::flat_data(value), message_traits<type>::size(value));
    } else {
      return detail::deliver(std::forward<Message>(value),
                             [&](sabir_message **message) { return sabir_context_send(handle_, to.pid(), message); });
    }
  }
  /// Sends a message as it is, the one being handled included (with the duty to answer it). Moved on success only.
  [[nodiscard]] sabir_status try_send(sabir_pid to, message &&raw) noexcept { return sabir_context_send(handle_, to, raw.move()); }

  /// Asks another actor; then(context &, result<reply>) runs as a callback of this actor when the ask ends, exactly once unless this
  /// actor ends before. Throws sabir::error if nothing was sent; then does not run.
  template <class A, asks Message, std::invocable<context &, result<reply_of<Message>>> Then>
    requires takes<A, Message>
  void ask(const ref<A> &to, Message &&message, std::chrono::nanoseconds timeout, Then then) {
    ask_by<reply_of<Message>>(std::forward<Message>(message), std::move(then), [&](sabir_message **sent, sabir_ref *asked) {
      return sabir_context_ask(handle_, to.pid(), sent, detail::timeout_ns(timeout), asked);
    });
  }
  /// The same with the system's ask_timeout.
  template <class A, asks Message, std::invocable<context &, result<reply_of<Message>>> Then>
    requires takes<A, Message>
  void ask(const ref<A> &to, Message &&message, Then then) {
    ask_by<reply_of<Message>>(std::forward<Message>(message), std::move(then),
                              [&](sabir_message **sent, sabir_ref *asked) { return sabir_context_ask(handle_, to.pid(), sent, 0, asked); });
  }

  /// Asks a supervisor: `context.ask(group.request_supervise<Worker>({.id = "third"}), [](auto &, sabir::result<sabir::ref<Worker>>) {})`.
  /// Without a timeout of its own: a start has its start_timeout, an end its shutdown. Otherwise as above.
  template <class Reply, std::invocable<context &, result<Reply>> Then>
  void ask(request<Reply> request, Then then);

  /// Answers the ask being handled now, instead of by the handler's return value (which is `deferred` then). false: nobody waits.
  template <class Reply>
  bool reply(Reply &&value) {
    sabir_status status =
        detail::deliver(std::forward<Reply>(value), [&](sabir_message **made) { return sabir_context_reply(handle_, made); });
    if (status != SABIR_E_NO_ASK) detail::check(status);
    return status == SABIR_OK;
  }
  /// Ends the ask being handled with a failure (status is not 0). This actor does not crash. false: nobody waits.
  bool reply_error(sabir_status status, std::string_view text = {}) {
    sabir_status given = sabir_context_reply_error(handle_, status, text.data(), text.size());
    if (given != SABIR_E_NO_ASK) detail::check(given);
    return given == SABIR_OK;
  }
  /// Takes over the duty to answer the ask being handled; the handler returns `deferred`. Empty where the message was no ask.
  template <asks Message>
  answer<reply_of<Message>> defer() {
    sabir_ref duty = 0;
    sabir_status status = sabir_context_defer(handle_, &duty);
    if (status != SABIR_E_NO_ASK) detail::check(status);
    return answer<reply_of<Message>>(system(), duty);
  }

  /// Watches an actor: once it is gone for good, this one gets a sabir::down. Each call makes a monitor of its own, which ends with this
  /// incarnation. Throws sabir::error.
  sabir_ref monitor(sabir_pid actor, monitor_options options = {}) {
    sabir_ref made = 0;
    detail::check(sabir_context_monitor(handle_, actor, options.restarts ? SABIR_MONITOR_RESTARTS : 0, &made));
    return made;
  }
  template <class A>
  sabir_ref monitor(const ref<A> &actor, monitor_options options = {}) {
    return monitor(actor.pid(), options);
  }
  /// Ends a monitor: nothing of it is received any more, though it may be queued already. false: it was over.
  bool demonitor(sabir_ref monitor) { return detail::ended(sabir_context_demonitor(handle_, monitor)); }

  /// Links this actor with another: when one of them ends for good and abnormally, so does the other. Throws sabir::error.
  void link(sabir_pid actor) { detail::check(sabir_context_link(handle_, actor)); }
  template <class A>
  void link(const ref<A> &actor) {
    link(actor.pid());
  }
  /// Ends a link. false: there was none.
  bool unlink(sabir_pid actor) { return detail::ended(sabir_context_unlink(handle_, actor)); }
  template <class A>
  bool unlink(const ref<A> &actor) {
    return unlink(actor.pid());
  }
  /// Whether the end of a linked actor, whatever its reason, comes as a sabir::exited instead. Not at first, in each incarnation.
  void trap_exits(bool trap = true) { detail::check(sabir_context_trap_exits(handle_, trap)); }

  /// Sends later, never early: `context.after(context.self(*this), Tick{}, 100ms)`. The receiver handles it like any message, from this
  /// actor. The timer ends with this incarnation. Throws sabir::error.
  template <class A, class Message>
    requires takes<A, Message>
  sabir_ref after(const ref<A> &to, Message &&message, std::chrono::nanoseconds delay) {
    return detail::arm_after(std::forward<Message>(message), delay,
                             [&](auto... given) { return sabir_context_timer_after(handle_, to.pid(), given...); });
  }
  /// Sends again and again, first after one interval (at least 1 ms). There is never more than one of it in the mailbox: count() tells how
  /// many intervals it stands for. The message is of an empty type.
  template <class A, class Message>
    requires takes<A, Message>
  sabir_ref every(const ref<A> &to, const Message &, std::chrono::nanoseconds interval) {
    return detail::arm_every<Message>(interval, [&](auto... given) { return sabir_context_timer_every(handle_, to.pid(), given...); });
  }
  /// Ends a timer: its message is not received any more, though it may be queued already. false: it was received, or is over.
  bool cancel(sabir_ref timer) { return detail::ended(sabir_context_timer_cancel(handle_, timer)); }

  /// As system::subscribe, for this actor. A restart ends no subscription: an actor that makes one for each incarnation ends it in its
  /// destructor, or is subscribed by whoever spawns it instead.
  sabir_ref subscribe(std::string_view pattern) {
    return detail::subscribe(pattern, [&](auto... given) { return sabir_context_subscribe(handle_, given...); });
  }
  bool unsubscribe(sabir_ref subscription) { return detail::ended(sabir_unsubscribe(system(), subscription)); }
  /// As system::publish, from this actor; where a subscriber's mailbox is full and set to block, this actor is muted as by send.
  template <class Message>
  std::uint64_t publish(std::string_view subject, const Message &message, publish_options options = {}) {
    return detail::publish(subject, message, options, [&](auto... given) { return sabir_context_publish(handle_, given...); });
  }
  template <class Message, std::predicate<sabir_pid> Filter>
  std::uint64_t publish_if(std::string_view subject, const Message &message, Filter filter) {
    return detail::publish_if(subject, message, filter, [&](auto... given) { return sabir_context_publish_filtered(handle_, given...); });
  }
  /// A message as it is, the one being handled included. Moved on success only.
  [[nodiscard]] sabir_status try_publish(const char *subject, message &&raw, publish_options options = {},
                                         std::uint64_t *delivered = nullptr) noexcept {
    return sabir_context_publish(handle_, subject, raw.move(), detail::to_c(options), delivered);
  }

  /// Who has a name, as system::whereis. Throws sabir::error.
  template <class A>
  ref<A> whereis(const std::string &name) const {
    return ref<A>(system(), detail::whereis(system(), name));
  }
  /// Sends to all members of a group, this actor included if it is one; as system::send_group. Throws sabir::error.
  template <class Message>
  std::size_t send_group(const std::string &group, const Message &message) {
    sabir::message made = sabir::message::of(message);
    std::size_t received = 0;
    detail::check(sabir_context_group_send(handle_, detail::c_name(group), made.move(), &received));
    return received;
  }

  /// The root supervisor, for requests: see ask.
  supervisor root() const noexcept;

  /// As system::spawn.
  template <class A, class... Args>
  ref<A> spawn(const spawn_options &options, Args &&...args);
  template <class A, class... Args>
    requires(!detail::begins_with_options<Args...>)
  ref<A> spawn(Args &&...args);
  template <class Handler>
    requires detail::handles<Handler>
  auto spawn(const spawn_options &options, Handler &&handler);
  template <class Handler>
    requires detail::handles<Handler>
  auto spawn(Handler &&handler);

  /// Ends this actor normally after the present call.
  void stop() noexcept { sabir_context_stop(handle_); }

  /// Puts the message that is being handled aside, for later; a handler of an ask returns `deferred` then. Throws sabir::error: LIMIT (the
  /// mailbox's stash_capacity), INVALID (outside receive, or where the message has been moved or stashed already).
  void stash() { detail::check(handled_ ? sabir_context_stash(handle_, handled_) : SABIR_E_INVALID); }
  /// Brings back the oldest `count` stashed messages (0: all), to be handled before all that is queued.
  void unstash(std::uint32_t count = 0) { detail::check(sabir_context_unstash(handle_, count)); }

  /// From the next message on this actor handles its messages as Mode does, until unbecome, or another become on top of it. A mode is a
  /// class with a static receive for each message that it handles; all others are unhandled meanwhile, or stashed by who catches them:
  ///
  ///   struct locked {
  ///     static void receive(Door &door, sabir::context &context, Unlock) { context.unbecome(); context.unstash(); }
  ///     static sabir::deferred receive(Door &, sabir::context &context, Enter) { context.stash(); return {}; }
  ///   };
  ///   void receive(sabir::context &context, Lock) { context.become<locked>(*this); }
  ///
  /// Ends of asks come as ever, and so do notices that the mode has no receive for. The next incarnation begins without a mode. Throws
  /// sabir::error (LIMIT: 256 deep; INVALID: in a constructor, or the actor is of another class).
  template <class Mode, class A>
  void become(A &self);
  /// Back to what the actor was before. false: it was in no mode.
  bool unbecome() {
    sabir_status status = sabir_context_unbecome(handle_);
    if (status != SABIR_E_INVALID) detail::check(status);
    return status == SABIR_OK;
  }

  /// Asks for a sabir::writable once the mailbox of an actor that refused a message has room again, or the actor is gone. Throws
  /// sabir::error.
  sabir_ref notify_writable(sabir_pid to) {
    sabir_ref made = 0;
    detail::check(sabir_context_notify_writable(handle_, to, &made));
    return made;
  }

  /// Crashes this actor with a status (not 0; positive numbers are the application's own), a text and a detail such as a traceback.
  /// Never returns: it throws sabir::error, which is best left to pass through.
  [[noreturn]] void fail(sabir_status status, std::string_view text, std::string_view detail = {}) {
    if (status == SABIR_OK) status = SABIR_E_INVALID;
    SABIR_IGNORE(sabir_context_fail(handle_, status, text.data(), text.size(), detail.data(), detail.size()));
    failed_ = true;
    throw error(status, text);
  }

 private:
  friend struct detail::access;
  context(sabir_context *handle, detail::open_asks &asks, sabir_pid sender = 0, sabir_message **handled = nullptr) noexcept
      : handle_(handle), asks_(asks), sender_(sender), handled_(handled) {}

  template <class A>
  friend class router;
  template <class Reply, class Message, class Then>
  void ask_router(sabir_router *router, Message &&message, std::uint64_t timeout_ns, Then then) {
    ask_by<Reply>(std::forward<Message>(message), std::move(then), [&](sabir_message **sent, sabir_ref *asked) {
      return sabir_context_router_ask(handle_, router, sent, timeout_ns, asked);
    });
  }
  template <class Reply, class Read, class Then, class Ask>
  void begin_ask(Read read, Then then, Ask &&ask);
  // Asks with a message by a call of the C ABI: call(&message, &ref).
  template <class Reply, class Message, class Then, class Call>
  void ask_by(Message &&message, Then then, Call &&call) {
    begin_ask<Reply>(&detail::ask_result<Reply>, std::move(then), [&](sabir_ref *asked) {
      return detail::deliver(std::forward<Message>(message), [&](sabir_message **sent) { return call(sent, asked); });
    });
  }

  sabir_context *handle_;
  detail::open_asks &asks_;
  sabir_pid sender_;
  sabir_message **handled_ = nullptr;
  sabir_ref timer_ = 0;
  std::uint64_t count_ = 1;
  bool failed_ = false;
};

// ask(&ref) asks. read(status, message_view) gives the result<Reply> that then gets.
template <class Reply, class Read, class Then, class Ask>
void context::begin_ask(Read read, Then then, Ask &&ask) {
  struct call final : detail::continuation {
    call(Read how, Then &&what) : read(how), then(std::move(what)) {}
    void run(context &context, message_view end) override {
      sabir_status status = end.kind() == SABIR_KIND_FAILURE ? sabir_message_status(end.get()) : SABIR_OK;
      then(context, result<Reply>(read(status, end)));
    }
    Read read;
    Then then;
  };
  // Everything that may run out of memory comes before the ask: once it is sent, its end must find its continuation.
  if (!asks_) asks_ = std::make_unique<detail::open_asks::element_type>();
  auto entry = asks_->emplace(0, std::make_unique<call>(read, std::move(then))).first;
  auto node = asks_->extract(entry);
  sabir_ref asked = 0;
  detail::check(ask(&asked));
  node.key() = asked;
  asks_->insert(std::move(node));
}

}  // namespace v0
}  // namespace sabir

#endif
