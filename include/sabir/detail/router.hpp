// Routers: one address for many actors, of which a strategy picks who gets the next message.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_DETAIL_ROUTER_HPP
#define SABIR_DETAIL_ROUTER_HPP

#include <sabir/detail/system.hpp>

namespace sabir {
inline namespace v0 {

/// Who gets a message; router.h has the details.
enum class routing : std::uint32_t {
  round_robin = SABIR_ROUTER_ROUND_ROBIN,    ///< one after the other
  random = SABIR_ROUTER_RANDOM,
  least_loaded = SABIR_ROUTER_LEAST_LOADED,  ///< whose mailbox holds the least
  hash = SABIR_ROUTER_HASH,                  ///< always the same one for one key
  broadcast = SABIR_ROUTER_BROADCAST,        ///< all; an ask ends with the first answer
};

/// See sabir_router_options.
struct router_options {
  sabir::routing routing = routing::round_robin;
  std::uint32_t capacity = 0;    ///< most routees; default 1,024
};

/// One address for many actors that take A's messages (A is an actor type, or a protocol: sabir::actor<Messages...>). Move-only; its end
/// ends the router: a pool's routees are drained, added ones live on. Threads: any, concurrently, but for moving and destroying.
template <class A>
class router {
 public:
  /// Routees are added: `sabir::router<Worker> router(system, {.routing = sabir::routing::hash});` Throws sabir::error.
  explicit router(const sabir::system &system, const router_options &options = {}) : system_(system.handle()) {
    sabir_router_options c = to_c(options);
    detail::error_slot slot;
    slot.check(sabir_router_create(system.handle(), &c, &handle_, slot.out()));
  }
  /// A pool of so many As, each built from a copy of args; one that has ended is replaced when a message meets its place:
  /// `auto pool = sabir::router<Worker>::pool(system, 4, {}, {.name = "worker"}, "argument");` Throws sabir::error.
  template <class... Args>
  static router pool(const sabir::system &system, std::uint32_t size, const router_options &options = {}, const spawn_options &each = {},
                     Args &&...args) {
    static_assert(detail::is_buildable<A, const std::decay_t<Args> &...>, "sabir: the actor has no constructor for these arguments");
    detail::c_spawn_options given(each);
    sabir_spawn_options &spawn = given.spawn;
    auto made = std::make_unique<detail::maker_each<A, std::decay_t<Args>...>>(std::in_place, std::forward<Args>(args)...);
    detail::maker<A> *maker = made.get();
    sabir_behavior *behavior = detail::glue<A>::behavior();
    sabir_router_options c = to_c(options);
    c.size = size;
    c.behavior = behavior;
    c.spawn = &spawn;
    spawn.argument = reinterpret_cast<std::uintptr_t>(maker);
    spawn.drop = &detail::glue<A>::drop;
    (void)made.release();  // moved, whatever the status
    router created;
    created.system_ = system.handle();
    detail::error_slot slot;
    slot.check(sabir_router_create(system.handle(), &c, &created.handle_, slot.out()));
    return created;
  }

  router(router &&other) noexcept : system_(other.system_), handle_(std::exchange(other.handle_, nullptr)) {}
  router &operator=(router &&other) noexcept {
    if (this != &other) {
      sabir_router_destroy(&handle_);
      system_ = other.system_;
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~router() { sabir_router_destroy(&handle_); }

  sabir_router *handle() const noexcept { return handle_; }

  /// Adds a routee; one that is there already stays. Throws sabir::error (INVALID for a pool).
  void add(const ref<A> &routee) const {
    sabir_status status = sabir_router_add(handle_, routee.pid());
    if (status != SABIR_E_DUPLICATE) detail::check(status);
  }
  /// Takes a routee out. false: it was none. Throws sabir::error.
  bool remove(const ref<A> &routee) const {
    sabir_status status = sabir_router_remove(handle_, routee.pid());
    if (status != SABIR_E_NO_MEMBER) detail::check(status);
    return status == SABIR_OK;
  }
  /// Makes a pool larger or smaller. Throws sabir::error.
  void resize(std::uint32_t size) const { detail::check(sabir_router_resize(handle_, size)); }
  /// How many routees there are. Throws sabir::error.
  std::size_t size() const {
    std::size_t count = 0;
    detail::check(sabir_router_routees(handle_, nullptr, 0, &count));
    return count;
  }
  /// Whom a send with this key would go to. Throws sabir::error.
  sabir_pid pick(std::uint64_t key) const {
    sabir_pid picked = 0;
    detail::check(sabir_router_pick(handle_, key, &picked));
    return picked;
  }

  /// Sends as the strategy says; with a key: by hash. From a handler: the form with its context. Throws sabir::error.
  template <class Message>
    requires takes<A, Message>
  void send(Message &&message) const {
    deliver(std::forward<Message>(message), [&](sabir_message **made) { return sabir_router_send(handle_, made); });
  }
  template <class Message>
    requires takes<A, Message>
  void send(std::uint64_t key, Message &&message) const {
    deliver(std::forward<Message>(message), [&](sabir_message **made) { return sabir_router_send_key(handle_, key, made); });
  }
  template <class Message>
    requires takes<A, Message>
  void send(const context &from, Message &&message) const {
    deliver(std::forward<Message>(message), [&](sabir_message **made) { return sabir_context_router_send(from.handle(), handle_, made); });
  }
  template <class Message>
    requires takes<A, Message>
  void send(const context &from, std::uint64_t key, Message &&message) const {
    deliver(std::forward<Message>(message),
            [&](sabir_message **made) { return sabir_context_router_send_key(from.handle(), handle_, key, made); });
  }
  /// Sends to all; how many took it. Throws sabir::error.
  template <class Message>
    requires takes<A, Message>
  std::size_t send_all(const Message &message) const {
    sabir::message made = sabir::message::of(message);
    std::size_t received = 0;
    detail::check(sabir_router_send_all(handle_, made.move(), &received));
    return received;
  }
  template <class Message>
    requires takes<A, Message>
  std::size_t send_all(const context &from, const Message &message) const {
    sabir::message made = sabir::message::of(message);
    std::size_t received = 0;
    detail::check(sabir_context_router_send_all(from.handle(), handle_, made.move(), &received));
    return received;
  }

  /// Asks and waits: one routee, or with broadcast all, until the first one answers. Threads: as for ask_operation::wait.
  template <class Message>
    requires takes<A, Message> && asks<Message>
  result<reply_of<Message>> ask(Message message, std::chrono::nanoseconds timeout) const {
    return ask(std::move(message)).timeout(timeout).wait();
  }
  /// The same in another way: `co_await pool.ask(Get{})`, `pool.ask(Get{}).then(callback)`. The router must be there until it is sent.
  template <class Message>
    requires takes<A, Message> && asks<Message>
  ask_operation<Message> ask(Message message) const {
    return ask_operation<Message>(handle_, std::move(message));
  }
  /// From a handler: then(context &, result<reply>) runs as a callback of that actor when the ask ends, as by context::ask. Throws
  /// sabir::error if nobody was asked.
  template <asks Message, std::invocable<context &, result<reply_of<Message>>> Then>
    requires takes<A, Message>
  void ask(context &from, Message &&message, std::chrono::nanoseconds timeout, Then then) const {
    from.ask_router<reply_of<Message>>(handle_, std::forward<Message>(message), detail::timeout_ns(timeout), std::move(then));
  }
  /// The same with the system's ask_timeout.
  template <asks Message, std::invocable<context &, result<reply_of<Message>>> Then>
    requires takes<A, Message>
  void ask(context &from, Message &&message, Then then) const {
    from.ask_router<reply_of<Message>>(handle_, std::forward<Message>(message), 0, std::move(then));
  }
  /// From a port: the end of the ask arrives there as a message with the ref that is returned. Throws sabir::error.
  template <asks Message>
    requires takes<A, Message>
  sabir_ref ask(const port &from, Message &&message, std::chrono::nanoseconds timeout) const {
    sabir_ref asked = 0;
    deliver(std::forward<Message>(message),
            [&](sabir_message **made) { return sabir_port_router_ask(from.handle(), handle_, made, detail::timeout_ns(timeout), &asked); });
    return asked;
  }
  /// An actor to be asked about this key, always the same one while the routees are: `pool.routee(key).ask(Get{}, 1s)`; also for
  /// context::ask and port::ask. With hash; it may be gone when it is asked. Throws sabir::error.
  ref<A> routee(std::uint64_t key) const { return ref<A>(system_, pick(key)); }

 private:
  router() noexcept = default;

  template <class Value, class Call>
  static void deliver(Value &&value, Call &&call) {
    detail::check(detail::deliver(std::forward<Value>(value), std::forward<Call>(call)));
  }

  static sabir_router_options to_c(const router_options &options) noexcept {
    sabir_router_options c = SABIR_ROUTER_OPTIONS_INIT;
    c.strategy = static_cast<std::uint32_t>(options.routing);
    c.capacity = options.capacity;
    return c;
  }

  sabir_system *system_ = nullptr;   // borrowed
  sabir_router *handle_ = nullptr;
};

}  // namespace v0
}  // namespace sabir

#endif
