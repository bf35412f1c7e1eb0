// Systems, and what belongs to one: ports, subscriptions, the log.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_DETAIL_SYSTEM_HPP
#define SABIR_DETAIL_SYSTEM_HPP

#include <sabir/detail/supervisor.hpp>
#include <sabir/detail/topic.hpp>

namespace sabir {
inline namespace v0 {

/// One line of the log. Everything in it is borrowed, for the sink's call.
struct log_record {
  std::int32_t level;       ///< SABIR_LOG_...
  std::string_view system;  ///< the system's name
  std::string_view source;  ///< the part of the library that speaks
  sabir_pid pid;            ///< the actor concerned; 0: none
  std::string_view actor;   ///< its name, "" if none
  std::string_view text;
};

/// A message that was accepted and reached nobody. Everything in it is borrowed, for the subscriber's call.
struct dead_letter {
  sabir_pid target;      ///< whom it was for
  std::int32_t cause;    ///< SABIR_CAUSE_...
  message_view message;

  const char *cause_name() const noexcept { return sabir_cause_name(cause); }
};

/// A handler that outlived a shutdown's deadline.
struct survivor {
  sabir_pid pid;
  std::string name;                         ///< the actor's name or ""
  std::string behavior;
  sabir_type message_type;                  ///< of the message in its handler; 0 in start and stop
  std::chrono::nanoseconds handler_time;    ///< how long the present callback had been running
};

/// Ends a dead-letter subscription when it goes. Move-only. Its callback may still be running on another thread then.
class [[nodiscard]] subscription {
 public:
  subscription() noexcept = default;
  subscription(sabir_system *system, sabir_ref ref) noexcept : system_(system), ref_(ref) {}
  subscription(subscription &&other) noexcept : system_(other.system_), ref_(std::exchange(other.ref_, 0)) {}
  subscription &operator=(subscription other) noexcept {
    std::swap(system_, other.system_);
    std::swap(ref_, other.ref_);
    return *this;
  }
  ~subscription() {
    if (ref_ != 0) SABIR_IGNORE(sabir_dead_letter_unsubscribe(system_, ref_));
  }

 private:
  sabir_system *system_ = nullptr;
  sabir_ref ref_ = 0;
};

namespace detail {

// A callable on the heap as the argument of a C callback, freed by drop.
template <class F>
class kept {
 public:
  explicit kept(F &&function) : function_(std::make_unique<F>(std::move(function))) {}
  std::uintptr_t argument() const noexcept { return reinterpret_cast<std::uintptr_t>(function_.get()); }
  void registered() noexcept { (void)function_.release(); }
  static F &of(std::uintptr_t argument) noexcept { return *reinterpret_cast<F *>(argument); }
  static void drop(std::uintptr_t argument) { delete reinterpret_cast<F *>(argument); }

 private:
  std::unique_ptr<F> function_;
};

}  // namespace detail

/// A set of actors with their threads. Move-only. Its destructor shuts it down with the default deadline and never throws; handlers
/// that have not returned by then go to the log. Threads: any, concurrently, but for moving and destroying.
class system {
 public:
  /// `sabir::system system;` or `sabir::system system({.workers = 2});` Throws sabir::error.
  explicit system(const system_options &options = {}) {
    sabir_system_options c = SABIR_SYSTEM_OPTIONS_INIT;
    c.workers = options.workers;
    c.max_actors = options.max_actors;
    c.run_batch = options.run_batch;
    c.message_size_limit = options.message_size_limit;
    c.ask_timeout_ns = detail::option_ns(options.ask_timeout);
    c.shutdown_timeout_ns = detail::option_ns(options.shutdown_timeout);
    c.name = detail::option_text(options.name);
    c.stall_ns = detail::option_ns(options.stall);
    c.root_intensity = options.root_intensity;
    c.root_period_ns = detail::option_ns(options.root_period);
    detail::error_slot slot;
    slot.check(sabir_system_create(&c, &handle_, slot.out()));
  }
  system(system &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  system &operator=(system &&other) noexcept {
    if (this != &other) {
      end();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~system() { end(); }

  /// For calls of the C ABI. Borrowed.
  sabir_system *handle() const noexcept { return handle_; }

  /// Spawns an A built from args (after a sabir::context &, if it takes one): moved or copied into it, on its own thread.
  /// `spawn<Counter>()`, `spawn<Counter>({.name = "counter"}, 3)`. It starts soon and may be sent to at once. When it crashes it exits,
  /// and everything else lives on. Throws sabir::error.
  template <class A, class... Args>
  ref<A> spawn(const spawn_options &options, Args &&...args) const {
    return detail::spawn_in<A>(handle_, &options, std::forward<Args>(args)...);
  }
  template <class A, class... Args>
    requires(!detail::begins_with_options<Args...>)
  ref<A> spawn(Args &&...args) const {
    return detail::spawn_in<A>(handle_, nullptr, std::forward<Args>(args)...);
  }
  /// Spawns a lambda, or several (sabir::handlers), as an actor.
  template <class Handler>
    requires detail::handles<Handler>
  auto spawn(const spawn_options &options, Handler &&handler) const {
    return detail::spawn_in<detail::lambda_actor_for<Handler>>(handle_, &options, detail::bundle(std::forward<Handler>(handler)));
  }
  template <class Handler>
    requires detail::handles<Handler>
  auto spawn(Handler &&handler) const {
    return detail::spawn_in<detail::lambda_actor_for<Handler>>(handle_, nullptr, detail::bundle(std::forward<Handler>(handler)));
  }

  /// The supervisor at the top of the tree. Its intensity is an option of the system.
  supervisor root() const noexcept { return {handle_, sabir_supervisor_root(handle_)}; }
  /// Starts an A as a child of the root, and keeps it running: `system.supervise<Counter>({.restart = sabir::permanent}, 3)`, or
  /// `system.supervise<Counter>(3)`. All these are as the root supervisor's own (detail/supervisor.hpp).
  template <class A, class... Args>
  ref<A> supervise(const child_spec &spec, Args &&...args) const {
    return root().supervise<A>(spec, std::forward<Args>(args)...);
  }
  template <class A, class... Args>
    requires(!detail::begins_with_spec<detail::message_list<Args...>>)
  ref<A> supervise(Args &&...args) const {
    return root().supervise<A>(std::forward<Args>(args)...);
  }
  template <class Handler>
    requires detail::handles<Handler>
  auto supervise(const child_spec &spec, Handler &&handler) const {
    return root().supervise(spec, std::forward<Handler>(handler));
  }
  template <class Handler>
    requires detail::handles<Handler>
  auto supervise(Handler &&handler) const {
    return root().supervise(std::forward<Handler>(handler));
  }
  supervisor supervise_group(std::string_view id, const supervisor_options &options = {}) const {
    return root().supervise_group(id, options);
  }
  template <class A>
  supervisor_of<A> supervise_group_of(std::string_view id, const child_spec &each = {}, const supervisor_options &options = {}) const {
    return root().supervise_group_of<A>(id, each, options);
  }

  /// Sends later, never early: `system.after(counter, Add{3}, 100ms)`. Until it has fired, is cancelled, or finds the receiver gone.
  /// Throws sabir::error.
  template <class A, class Message>
    requires takes<A, Message>
  sabir_ref after(const ref<A> &to, Message &&message, std::chrono::nanoseconds delay) const {
    return detail::arm_after(std::forward<Message>(message), delay,
                             [&](auto... given) { return sabir_timer_after(handle_, to.pid(), given...); });
  }
  /// Sends again and again, first after one interval (at least 1 ms). There is never more than one of it in the mailbox: context::count
  /// tells how many intervals it stands for. The message is of an empty type.
  template <class A, class Message>
    requires takes<A, Message>
  sabir_ref every(const ref<A> &to, const Message &, std::chrono::nanoseconds interval) const {
    return detail::arm_every<Message>(interval, [&](auto... given) { return sabir_timer_every(handle_, to.pid(), given...); });
  }
  /// Ends a timer: its message is not received any more, though it may be queued already. false: it was received, or is over.
  bool cancel(sabir_ref timer) const { return detail::ended(sabir_timer_cancel(handle_, timer)); }

  /// Sends a message as it is. Moved on success only, always with a status that says why not.
  [[nodiscard]] sabir_status try_send(sabir_pid to, message &&raw) const noexcept { return sabir_send(handle_, to, raw.move()); }
  /// Asks with a message as it is and waits for the answer. Not on worker threads.
  result<message> ask(sabir_pid to, message &&raw, std::chrono::nanoseconds timeout) const {
    message reply;
    sabir_status status = sabir_ask(handle_, to, raw.move(), detail::timeout_ns(timeout), reply.out());
    if (status == SABIR_OK) return reply;
    failure why = reply.why();
    why.status = status;
    return why;
  }

  /// Subscribes an actor (or a port: port.accepts<...>()) to a pattern of subjects ("sensors.*.heat", "sensors.>") until unsubscribe, or
  /// until it is gone for good; a restart ends nothing. What is retained comes at once. That it takes what is published there is the
  /// caller's word. Throws sabir::error (INVALID: the pattern).
  template <class A>
  sabir_ref subscribe(std::string_view pattern, const ref<A> &subscriber) const {
    return subscribe(pattern, subscriber.pid());
  }
  sabir_ref subscribe(std::string_view pattern, sabir_pid subscriber) const {
    return detail::subscribe(pattern, [&](const char *text, sabir_ref *made) { return sabir_subscribe(handle_, text, subscriber, made); });
  }
  /// Ends a subscription. false: it was over.
  bool unsubscribe(sabir_ref subscription) const { return detail::ended(sabir_unsubscribe(handle_, subscription)); }
  /// Sends a message to each subscription that matches the subject; the payload is not copied. How many mailboxes took it: a full one makes
  /// a dead letter of its own. Never blocks. Throws sabir::error.
  template <class Message>
  std::uint64_t publish(std::string_view subject, const Message &message, publish_options options = {}) const {
    return detail::publish(subject, message, options, [&](auto... given) { return sabir_publish(handle_, given...); });
  }
  /// The same to those for whose pid filter(pid) is true. What it throws comes out again, and nobody got the message.
  template <class Message, std::predicate<sabir_pid> Filter>
  std::uint64_t publish_if(std::string_view subject, const Message &message, Filter filter) const {
    return detail::publish_if(subject, message, filter, [&](auto... given) { return sabir_publish_filtered(handle_, given...); });
  }
  /// A message as it is. Moved on success only.
  [[nodiscard]] sabir_status try_publish(const char *subject, message &&raw, publish_options options = {},
                                         std::uint64_t *delivered = nullptr) const noexcept {
    return sabir_publish(handle_, subject, raw.move(), detail::to_c(options), delivered);
  }

  /// Gives a unique name to an actor. It may have it already; false: another has it. Throws sabir::error.
  template <class A>
  bool register_name(const std::string &name, const ref<A> &owner) const {
    sabir_status status = sabir_register(handle_, detail::c_name(name), owner.pid());
    if (status != SABIR_E_DUPLICATE) detail::check(status);
    return status == SABIR_OK;
  }
  /// Takes a name back, from this owner only if one is given. false: nobody, or another, has it. Throws sabir::error.
  template <class A = actor<>>
  bool unregister_name(const std::string &name, const ref<A> &owner = {}) const {
    sabir_status status = sabir_unregister(handle_, detail::c_name(name), owner.pid());
    if (status != SABIR_E_NO_NAME) detail::check(status);
    return status == SABIR_OK;
  }
  /// Who has a name: `system.whereis<Counter>("counter")`; that it takes A's messages is the caller's word. Empty: nobody. Throws
  /// sabir::error.
  template <class A>
  ref<A> whereis(const std::string &name) const {
    return ref<A>(handle_, detail::whereis(handle_, name));
  }
  /// Makes an actor a member of a group. false: it is one. Throws sabir::error.
  template <class A>
  bool join(const std::string &group, const ref<A> &member) const {
    sabir_status status = sabir_group_join(handle_, detail::c_name(group), member.pid());
    if (status != SABIR_E_DUPLICATE) detail::check(status);
    return status == SABIR_OK;
  }
  /// Ends a membership. false: it is none, or gone. Throws sabir::error.
  template <class A>
  bool leave(const std::string &group, const ref<A> &member) const {
    sabir_status status = sabir_group_leave(handle_, detail::c_name(group), member.pid());
    if (status != SABIR_E_NO_MEMBER) detail::check(status);
    return status == SABIR_OK;
  }
  /// Who is in a group at one moment, in no order. Throws sabir::error.
  std::vector<sabir_pid> members(const std::string &group) const {
    std::vector<sabir_pid> pids;
    std::size_t count = 8;
    do {
      pids.resize(count);
      detail::check(sabir_group_members(handle_, detail::c_name(group), pids.data(), pids.size(), &count));
    } while (count > pids.size());
    pids.resize(count);
    return pids;
  }
  /// Sends to all members of a group, who share the bytes; how many took it. Throws sabir::error (NO_MEMBER where there are none).
  template <class Message>
  std::size_t send_group(const std::string &group, const Message &message) const {
    sabir::message made = sabir::message::of(message);
    std::size_t received = 0;
    detail::check(sabir_group_send(handle_, detail::c_name(group), made.move(), &received));
    return received;
  }

  /// Calls function(const dead_letter &) for every dead letter, on any thread, several at once; it must not block. What it throws is
  /// logged. Until the subscription or the system goes. Throws sabir::error.
  template <std::invocable<const dead_letter &> F>
  subscription on_dead_letter(F function) const {
    detail::kept<F> held(std::move(function));
    sabir_ref ref = 0;
    detail::check(sabir_dead_letter_subscribe(
        handle_,
        [](std::uintptr_t argument, sabir_pid target, std::int32_t cause, const sabir_message *message) {
          detail::kept<F>::of(argument)(dead_letter{target, cause, message_view(message)});
        },
        held.argument(), &detail::kept<F>::drop, &ref));
    held.registered();
    return subscription(handle_, ref);
  }
  /// How many dead letters there were, of one SABIR_CAUSE_... or in all.
  std::uint64_t dead_letter_count(std::int32_t cause = SABIR_CAUSE_ANY) const {
    std::uint64_t count = 0;
    detail::check(sabir_dead_letter_count(handle_, cause, &count));
    return count;
  }

  /// Sends the log to function(const log_record &) instead of stderr, one call at a time, on any thread. It must not call into sabir.
  /// What it throws is dropped. Throws sabir::error.
  template <std::invocable<const log_record &> F>
  void set_log_sink(F function) const {
    detail::kept<F> held(std::move(function));
    detail::check(sabir_log_set_sink(
        handle_,
        [](std::uintptr_t argument, const sabir_log_record *record) {
          detail::kept<F>::of(argument)(
              log_record{record->level, record->system, record->source, record->pid, record->actor, record->text});
        },
        held.argument(), &detail::kept<F>::drop));
    held.registered();
  }
  /// Back to stderr.
  void reset_log_sink() const { detail::check(sabir_log_set_sink(handle_, nullptr, 0, nullptr)); }
  /// The lowest SABIR_LOG_... level that is logged.
  void set_log_level(std::int32_t level) const { detail::check(sabir_log_set_level(handle_, level)); }

  /// What the system has done since it was created. Throws sabir::error.
  sabir_counters counters() const {
    sabir_counters counters = SABIR_COUNTERS_INIT;
    detail::check(sabir_system_counters(handle_, &counters));
    return counters;
  }

  /// Shuts down now, and gives the handlers that had not returned at the deadline: none is the rule. Blocks until then. Throws
  /// sabir::error (WOULD_DEADLOCK in a handler).
  std::vector<survivor> shutdown(std::chrono::nanoseconds timeout) const {
    sabir_report *raw = nullptr;
    sabir_status status = sabir_system_shutdown(handle_, detail::timeout_ns(timeout), &raw);
    std::unique_ptr<sabir_report, void (*)(sabir_report *)> report(raw, [](sabir_report *owned) { sabir_report_destroy(&owned); });
    if (status != SABIR_E_SURVIVORS) detail::check(status);
    std::vector<survivor> survivors;
    for (std::size_t index = 0; index < sabir_report_survivor_count(report.get()); ++index) {
      sabir_survivor one = SABIR_SURVIVOR_INIT;
      detail::check(sabir_report_survivor(report.get(), index, &one));
      survivors.push_back({one.pid, one.name, one.behavior, one.message_type, std::chrono::nanoseconds(one.handler_ns)});
    }
    return survivors;
  }

 private:
  // On a thread of the system itself nothing may wait for it: there the shutdown goes on in the background.
  void end() noexcept {
    if (sabir_system_destroy(&handle_) == SABIR_E_WOULD_DEADLOCK) sabir_system_release(&handle_);
  }

  sabir_system *handle_ = nullptr;
};

inline executor::executor(const sabir::system &system, const executor_options &options) {
  sabir_executor_options c = SABIR_EXECUTOR_OPTIONS_INIT;
  c.kind = static_cast<std::uint32_t>(options.kind);
  c.workers = options.workers;
  c.run_batch = options.run_batch;
  c.name = detail::option_text(options.name);
  c.priority = static_cast<std::uint32_t>(options.priority);
  c.numa_node = options.numa_node;
  c.core_type = options.core_type;
  c.threads_per_core = options.threads_per_core;
  detail::error_slot slot;
  slot.check(sabir_executor_create(system.handle(), &c, &handle_, slot.out()));
}

/// A mailbox for threads that are no actors. Move-only; destroying it closes it. Threads: any, concurrently, but for moving and
/// destroying.
class port {
 public:
  /// Throws sabir::error.
  explicit port(const sabir::system &system, const mailbox_options &options = {}) : system_(system.handle()) {
    sabir_mailbox_options c = detail::to_c(options);
    detail::error_slot slot;
    slot.check(sabir_port_create(system_, &c, &handle_, slot.out()));
  }
  port(port &&other) noexcept : system_(other.system_), handle_(std::exchange(other.handle_, nullptr)) {}
  port &operator=(port &&other) noexcept {
    if (this != &other) {
      sabir_port_destroy(&handle_);
      system_ = other.system_;
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~port() { sabir_port_destroy(&handle_); }

  sabir_pid pid() const noexcept { return sabir_port_pid(handle_); }
  sabir_port *handle() const noexcept { return handle_; }
  /// Where actors send these messages to it: `port.accepts<Done, Failed>()`.
  template <class... Messages>
  ref<actor<Messages...>> accepts() const noexcept {
    return ref<actor<Messages...>>(system_, pid());
  }

  /// The oldest message; waits up to timeout for one (0: does not wait). Failures: TIMEOUT, WOKEN, CLOSED, WOULD_DEADLOCK (waiting
  /// on a worker of an arena).
  result<message> receive(std::chrono::nanoseconds timeout) const {
    message received;
    std::uint64_t wait_ns = timeout.count() <= 0 ? 0 : detail::timeout_ns(timeout);
    if (sabir_status status = sabir_port_receive(handle_, wait_ns, received.out()); status != SABIR_OK) return failure{.status = status};
    return received;
  }
  /// Asks an actor; the end of the ask arrives here as a message with the ref that is returned. Throws sabir::error.
  template <class A, asks Message>
    requires takes<A, Message>
  sabir_ref ask(const ref<A> &to, Message &&message, std::chrono::nanoseconds timeout) const {
    sabir_ref asked = 0;
    detail::check(detail::deliver(std::forward<Message>(message), [&](sabir_message **sent) {
      return sabir_port_ask(handle_, to.pid(), sent, detail::timeout_ns(timeout), &asked);
    }));
    return asked;
  }
  /// Watches an actor: once it is gone for good, a message arrives here that is a sabir::down. Throws sabir::error.
  sabir_ref monitor(sabir_pid actor, monitor_options options = {}) const {
    sabir_ref made = 0;
    detail::check(sabir_port_monitor(handle_, actor, options.restarts ? SABIR_MONITOR_RESTARTS : 0, &made));
    return made;
  }
  template <class A>
  sabir_ref monitor(const ref<A> &actor, monitor_options options = {}) const {
    return monitor(actor.pid(), options);
  }
  /// Ends a monitor: nothing of it is received any more, though it may be queued already. false: it was over.
  bool demonitor(sabir_ref monitor) const { return detail::ended(sabir_port_demonitor(handle_, monitor)); }
  /// Makes one waiting receive, or the next, end with WOKEN.
  sabir_status wake() const noexcept { return sabir_port_wake(handle_); }

 private:
  sabir_system *system_ = nullptr;
  sabir_port *handle_ = nullptr;
};

}  // namespace v0
}  // namespace sabir

#endif
