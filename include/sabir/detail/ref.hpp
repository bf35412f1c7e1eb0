// References to actors, checked at compile time, and asks.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_DETAIL_REF_HPP
#define SABIR_DETAIL_REF_HPP

#include <sabir/detail/message.hpp>

#include <chrono>
#include <coroutine>
#include <exception>

namespace sabir {
inline namespace v0 {

/// No timeout.
inline constexpr std::chrono::nanoseconds forever = std::chrono::nanoseconds::max();

namespace detail {

template <class... Messages>
struct message_list {};

template <class List, class Message>
inline constexpr bool contains = false;
template <class... Messages, class Message>
inline constexpr bool contains<message_list<Messages...>, Message> = (std::is_same_v<Messages, Message> || ...);

template <class List, class Other>
inline constexpr bool contains_all = false;
template <class List, class... Messages>
inline constexpr bool contains_all<List, message_list<Messages...>> = (contains<List, Messages> && ...);

// 0 means "the default" to the C ABI; here no duration is. What is no longer in the future is the shortest timeout.
constexpr std::uint64_t timeout_ns(std::chrono::nanoseconds timeout) noexcept {
  if (timeout == forever) return SABIR_FOREVER;
  return timeout.count() < 1 ? 1 : static_cast<std::uint64_t>(timeout.count());
}

// Who has a name; 0: nobody.
inline sabir_pid whereis(sabir_system *system, const std::string &name) {
  sabir_pid pid = 0;
  const sabir_status status = sabir_whereis(system, c_name(name), &pid);
  if (status != SABIR_E_NO_NAME) check(status);
  return pid;
}

template <class Value>
sabir_status send(sabir_system *system, sabir_pid to, Value &&value) {
  using type = std::remove_cvref_t<Value>;
  if constexpr (is_flat<type>) {
    return sabir_send_bytes(system, to, type_id<type>, flat_data(value), message_traits<type>::size(value));
  } else {
    return deliver(std::forward<Value>(value), [&](sabir_message **message) { return sabir_send(system, to, message); });
  }
}

}  // namespace detail

/// A message that wants an answer declares what it is: `using reply = std::uint64_t;` (void: only that it was handled).
template <class Message>
concept asks = requires { typename std::remove_cvref_t<Message>::reply; };
template <asks Message>
using reply_of = typename std::remove_cvref_t<Message>::reply;

/// The actor type (or protocol: sabir::actor<Messages...>) A takes messages of this type. A reference to one counts as one: that is how
/// functions are given messages which they may move.
template <class A, class Message>
concept takes = detail::contains<typename A::messages, std::remove_cvref_t<Message>>;

/// An ask to come: sent by wait(), then() or co_await, once. Made by ref::ask. It holds the message.
template <asks Message>
class [[nodiscard("nothing is sent before wait(), then() or co_await")]] ask_operation {
 public:
  using reply = reply_of<Message>;
  static_assert(detail::has_bytes<reply>(), "sabir: this answer is an object without bytes, which only an actor can get: context::ask");

  ask_operation(sabir_system *system, sabir_pid to, Message message) : system_(system), to_(to), message_(std::move(message)) {}
  /// Asks whom the router picks.
  ask_operation(sabir_router *router, Message message) : router_(router), message_(std::move(message)) {}

  /// How long to wait for the answer; default: the system's ask_timeout.
  ask_operation &&timeout(std::chrono::nanoseconds longest) && noexcept {
    timeout_ns_ = detail::timeout_ns(longest);
    return std::move(*this);
  }

  /// Sends, and waits for the end. Threads: any but workers of arenas and polled executors (WOULD_DEADLOCK: use context::ask there). On a
  /// threads executor it holds the thread; an ask that would wait for itself is WOULD_DEADLOCK, and the failure's text is the chain
  /// (ask.h).
  result<reply> wait() && {
    sabir::message answer;
    sabir_status status = detail::deliver(std::move(message_), [&](sabir_message **sent) {
      return router_ ? sabir_router_ask(router_, sent, timeout_ns_, answer.out())
                     : sabir_ask(system_, to_, sent, timeout_ns_, answer.out());
    });
    return detail::ask_result<reply>(status, answer);
  }

  /// Sends, and returns; done(result<reply>) runs once when the ask ends, on any thread, maybe before this returns. It must not block.
  /// What it throws is logged. Throws sabir::error if the message was not sent; done does not run then.
  template <std::invocable<result<reply>> Done>
  void then(Done done) && {
    auto held = std::make_unique<Done>(std::move(done));
    const sabir_ask_fn end = [](std::uintptr_t argument, sabir_ref, sabir_status status, sabir_message **answer) {
      std::unique_ptr<Done> mine(reinterpret_cast<Done *>(argument));
      (*mine)(detail::ask_result<reply>(status, message_view(*answer)));
    };
    detail::check(detail::deliver(std::move(message_),
                                  [&](sabir_message **sent) { return begin(sent, end, reinterpret_cast<std::uintptr_t>(held.get())); }));
    (void)held.release();
  }

  /// Waits in a coroutine: gives the reply, or throws sabir::error. The coroutine goes on wherever the ask ended, often on a worker:
  /// what it does there must not block. Not for actors' handlers.
  auto operator co_await() && { return awaiter<false>(std::move(*this)); }

  /// The same, giving a result<reply> instead of throwing: `co_await counter.ask(Get{}).as_result()`.
  auto as_result() && { return awaiter<true>(std::move(*this)); }

 private:
  template <bool AsResult>
  class [[nodiscard]] awaiter {
   public:
    explicit awaiter(ask_operation &&operation) : operation_(std::move(operation)) {}
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> waiter) {
      waiter_ = waiter;
      return begin(*this);
    }
    auto await_resume() {
      if (thrown_) std::rethrow_exception(thrown_);
      if constexpr (AsResult) {
        return std::move(*result_);
      } else {
        return std::move(*result_).value();
      }
    }

   private:
    // As soon as the ask is sent the coroutine may have gone on elsewhere and this awaiter be gone: nothing of it is touched after
    // a success. Kept out of line so that no compiler moves the locals into the coroutine's frame.
    [[gnu::noinline]] static bool begin(awaiter &self) {
      Message sent(std::move(self.operation_.message_));
      sabir_status status = detail::deliver(std::move(sent), [&self](sabir_message **message) {
        return self.operation_.begin(message, &end, reinterpret_cast<std::uintptr_t>(&self));
      });
      if (status == SABIR_OK) return true;
      self.result_.emplace(failure{.status = status});
      return false;
    }
    static void end(std::uintptr_t argument, sabir_ref, sabir_status status, sabir_message **answer) {
      auto &self = *reinterpret_cast<awaiter *>(argument);
      try {
        self.result_.emplace(detail::ask_result<reply>(status, message_view(*answer)));
      } catch (const std::exception &) {
        self.thrown_ = std::current_exception();
      }
      self.waiter_.resume();
    }

    ask_operation operation_;
    std::coroutine_handle<> waiter_;
    std::optional<result<reply>> result_;
    std::exception_ptr thrown_;
  };

  sabir_status begin(sabir_message **message, sabir_ask_fn end, std::uintptr_t argument) const {
    return router_ != nullptr ? sabir_router_ask_begin(router_, message, timeout_ns_, end, argument, nullptr)
                              : sabir_ask_begin(system_, to_, message, timeout_ns_, end, argument, nullptr);
  }

  sabir_system *system_ = nullptr;
  sabir_pid to_ = 0;
  sabir_router *router_ = nullptr;  // asked instead, if not NULL
  Message message_;
  std::uint64_t timeout_ns_ = 0;
};

/// Where to send to an actor of type A: its system and its pid. A may also be a protocol, sabir::actor<Messages...>; a ref converts to
/// one that takes less. Copyable as bytes (so it may travel in messages), and does not keep anything alive: once the actor or
/// the system has ended, calls fail. Threads: any. In a handler use context::send and context::ask with it, not its own.
template <class A>
class ref {
 public:
  ref() noexcept = default;
  /// A reference to an actor known by its pid alone, such as one of another language: that it takes A's messages is the caller's word.
  ref(sabir_system *system, sabir_pid pid) noexcept : system_(system), pid_(pid) {}
  template <class B>
    requires(!std::is_same_v<A, B> && detail::contains_all<typename B::messages, typename A::messages>)
  ref(const ref<B> &other) noexcept : system_(other.system()), pid_(other.pid()) {}

  explicit operator bool() const noexcept { return pid_ != 0; }
  friend bool operator==(const ref &, const ref &) noexcept = default;
  sabir_pid pid() const noexcept { return pid_; }
  sabir_system *system() const noexcept { return system_; }

  /// Sends. Throws sabir::error: DEAD, MAILBOX_FULL, CLOSED... Blocks only where the receiver's mailbox is full and set to block.
  template <class Message>
    requires takes<A, Message>
  void send(Message &&message) const {
    detail::check(detail::send(system_, pid_, std::forward<Message>(message)));
  }
  /// The same, giving the status instead of throwing it. A message that can only be moved is moved on success only, if it can be assigned.
  template <class Message>
    requires takes<A, Message>
  [[nodiscard]] sabir_status try_send(Message &&message) const {
    return detail::send(system_, pid_, std::forward<Message>(message));
  }

  /// Asks and waits for the answer: `counter.ask(Get{}, 1s).value()`. Every failure is in the result. Not on worker threads.
  template <class Message>
    requires takes<A, Message> && asks<Message>
  result<reply_of<Message>> ask(Message message, std::chrono::nanoseconds timeout) const {
    return ask(std::move(message)).timeout(timeout).wait();
  }
  /// Asks in another way: `co_await counter.ask(Get{})`, `counter.ask(Get{}).then(callback)`.
  template <class Message>
    requires takes<A, Message> && asks<Message>
  ask_operation<Message> ask(Message message) const {
    return ask_operation<Message>(system_, pid_, std::move(message));
  }

  /// stop: after its present message. drain: after what is queued. kill: also while muted. Asynchronous; DEAD if it has ended.
  sabir_status stop() const noexcept { return sabir_actor_stop(system_, pid_); }
  sabir_status drain() const noexcept { return sabir_actor_drain(system_, pid_); }
  sabir_status kill() const noexcept { return sabir_actor_kill(system_, pid_); }
  /// The answer may be old when it arrives.
  bool alive() const noexcept { return sabir_actor_status(system_, pid_) == SABIR_OK; }

 private:
  sabir_system *system_ = nullptr;
  sabir_pid pid_ = 0;
};

/// A coroutine that starts at once and that nobody waits for. An exception out of it ends the program, as out of a std::thread.
struct detached {
  struct promise_type {
    detached get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
  };
};

}  // namespace v0
}  // namespace sabir

#endif
