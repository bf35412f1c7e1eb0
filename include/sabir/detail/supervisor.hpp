// Supervisors: actors that keep others running. Their options, typed handles on them, and requests to them.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_DETAIL_SUPERVISOR_HPP
#define SABIR_DETAIL_SUPERVISOR_HPP

#include <sabir/detail/spawn.hpp>

#include <atomic>

namespace sabir {
inline namespace v0 {

/// Who is restarted when one child is. (The fourth strategy of the C ABI, simple_one_for_one, is supervise_group_of.)
enum class strategy : std::uint32_t {
  one_for_one = SABIR_ONE_FOR_ONE,    ///< that child
  one_for_all = SABIR_ONE_FOR_ALL,    ///< all children
  rest_for_one = SABIR_REST_FOR_ONE,  ///< that child and those started after it
};
using enum strategy;

/// Whether a child is restarted.
enum class restart_policy : std::uint32_t {
  permanent = SABIR_PERMANENT,  ///< always
  transient = SABIR_TRANSIENT,  ///< after an abnormal end: exit_reason::abnormal
  temporary = SABIR_TEMPORARY,  ///< never; it is forgotten when it has ended
};
using enum restart_policy;

/// When a supervisor ends by itself: when one, or the last, of its significant children has ended and is not restarted.
enum class auto_shutdown : std::uint32_t {
  never = SABIR_AUTO_SHUTDOWN_NEVER,
  any = SABIR_AUTO_SHUTDOWN_ANY,
  all = SABIR_AUTO_SHUTDOWN_ALL,
};

/// An intensity: the first restart is too many.
inline constexpr std::uint32_t intensity_none = SABIR_INTENSITY_NONE;

/// A shutdown time: the child is killed and not waited for.
inline constexpr std::chrono::nanoseconds child_shutdown_kill{1};

/// How long a supervisor waits before it restarts a child.
struct backoff_options {
  std::chrono::nanoseconds initial{0};  ///< default: does not wait
  std::chrono::nanoseconds max{0};      ///< longest wait; default: 60 s or the initial one, if that is longer
  std::uint32_t factor_percent = 0;     ///< each further wait is so much longer; default 200
  std::uint32_t jitter_percent = 0;     ///< each wait is changed at random by up to so much; default 0
};

/// How a child's health is watched: a ping through its mailbox each interval, and the answer of the actor's `health` member if it has
/// one. See sabir_health_options.
struct health_options {
  std::uint32_t threshold = 0;             ///< failed checks in a row that end it; default 3
  std::chrono::nanoseconds interval{0};    ///< default 30 s
  std::chrono::nanoseconds timeout{0};     ///< for the ping; default 5 s
  std::uint32_t degraded_depth = 0;        ///< messages in the mailbox from which on it is degraded, and failed; default: no limit
  std::uint32_t failed_depth = 0;
  std::chrono::nanoseconds degraded_age{0};  ///< how long the ping waited, from which on it is degraded, and failed; default: no limit
  std::chrono::nanoseconds failed_age{0};
};

/// How one child is started, restarted and ended. See sabir_child_spec.
struct child_spec {
  std::string id = {};                     ///< unique among the supervisor's children; default: made of the actor's type and a number
  restart_policy restart = permanent;
  bool significant = false;                ///< counts for auto-shutdown; not for permanent children
  std::uint32_t redeliveries = 0;          ///< how often a message whose handler failed is delivered again; then it is a dead letter
  std::chrono::nanoseconds shutdown{0};    ///< how long it may take to end; default 5 s; forever; child_shutdown_kill
  std::chrono::nanoseconds start_timeout{0};  ///< how long its start may take; default 30 s
  backoff_options backoff = {};
  std::chrono::nanoseconds stall_timeout{0};  ///< give up on a longer handler; on threads executors of two or more only; default: never
  std::optional<health_options> health = {};  ///< default: not watched
  spawn_options spawn = {};                ///< the name is the id by default
};

/// What a supervisor is like, and how it is itself kept by its own. See sabir_supervisor_options.
struct supervisor_options {
  sabir::strategy strategy = one_for_one;
  std::uint32_t intensity = 0;             ///< most restarts within a period; default 3
  std::chrono::nanoseconds period{0};      ///< default 5 s
  sabir::auto_shutdown auto_shutdown = auto_shutdown::never;
  restart_policy restart = permanent;
  bool significant = false;
  std::chrono::nanoseconds shutdown{0};    ///< default: forever, since its children have their own times
  std::chrono::nanoseconds start_timeout{0};  ///< how long it and its children may take to start; default 30 s
  backoff_options backoff = {};
  std::optional<health_options> health = {};  ///< default: not watched
};

/// What a child is doing.
enum class child_state : std::uint32_t {
  stopped = SABIR_CHILD_STOPPED,
  starting = SABIR_CHILD_STARTING,
  running = SABIR_CHILD_RUNNING,
  ending = SABIR_CHILD_ENDING,    ///< was told to end, and has not returned yet
  waiting = SABIR_CHILD_WAITING,  ///< for its backoff, or its turn, to be restarted
};

/// One child of a supervisor.
struct child_info {
  std::string id;                ///< "" in a group_of
  sabir_pid pid;                 ///< 0: stopped
  child_state state;
  restart_policy restart;
  sabir::health health;
  std::uint64_t restarts;        ///< how often it has started again since it was supervised
  bool is_supervisor;
};

/// Names a child: by its id, its pid, or a reference to it.
class child_name {
 public:
  child_name(const char *id) : id_(id) {}
  child_name(std::string id) : id_(std::move(id)) {}
  child_name(sabir_pid pid) noexcept : pid_(pid) {}
  template <class A>
  child_name(const ref<A> &actor) noexcept : pid_(actor.pid()) {}

  const char *id() const noexcept { return pid_ != 0 ? nullptr : id_.c_str(); }
  sabir_pid pid() const noexcept { return pid_; }

 private:
  std::string id_;
  sabir_pid pid_ = 0;
};

/// Something to be told to a supervisor, once: from a handler by context::ask, from a thread by wait() or then(). Made by the request_...
/// members of supervisor. It holds the child's arguments until then. Move-only.
template <class Reply>
class [[nodiscard("nothing is sent before wait(), then() or context::ask")]] request {
 public:
  using reply = Reply;
  /// What the supervisor's answer means.
  using reader = result<Reply> (*)(sabir_system *system, sabir_status status, message_view answer);

  request(sabir_system *system, sabir_pid supervisor, message &&sent, reader read) noexcept
      : system_(system), supervisor_(supervisor), sent_(std::move(sent)), read_(read) {}

  /// Sends, and waits for the end: without a timeout of its own, for a start has its start_timeout and an end its shutdown.
  /// Threads: as for ask_operation::wait (WOULD_DEADLOCK in an actor on an arena: use context::ask there).
  result<Reply> wait() && {
    message answer;
    sabir_status status = sabir_ask(system_, supervisor_, sent_.move(), SABIR_FOREVER, answer.out());
    return read_(system_, status, answer);
  }

  /// Sends, and returns; done(result<Reply>) runs once when the supervisor has answered, on any thread, maybe before this returns. It must
  /// not block. What it throws is logged. Throws sabir::error if nothing was sent; done does not run then.
  template <std::invocable<result<Reply>> Done>
  void then(Done done) && {
    struct call {
      sabir_system *system;
      reader read;
      Done done;
    };
    auto held = std::make_unique<call>(call{system_, read_, std::move(done)});
    detail::check(sabir_ask_begin(
        system_, supervisor_, sent_.move(), SABIR_FOREVER,
        [](std::uintptr_t argument, sabir_ref, sabir_status status, sabir_message **answer) {
          std::unique_ptr<call> mine(reinterpret_cast<call *>(argument));
          mine->done(mine->read(mine->system, status, message_view(*answer)));
        },
        reinterpret_cast<std::uintptr_t>(held.get()), nullptr));
    (void)held.release();
  }

 private:
  friend class context;

  sabir_system *system_;
  sabir_pid supervisor_;
  message sent_;
  reader read_;
};

namespace detail {

// child_spec as the C ABI has it. It points into itself and into what it was made of, so it stays where it is.
struct c_child_spec {
  explicit c_child_spec(const child_spec &from) noexcept : spawn(from.spawn) {
    spec.restart = static_cast<std::uint32_t>(from.restart);
    spec.significant = from.significant ? 1 : 0;
    spec.redeliveries = from.redeliveries;
    spec.shutdown_ns = option_ns(from.shutdown);
    spec.start_timeout_ns = option_ns(from.start_timeout);
    set_backoff(from.backoff);
    spec.stall_timeout_ns = option_ns(from.stall_timeout);
    spec.spawn = &spawn.spawn;
    set_health(from.health);
  }
  // A child that is a supervisor.
  explicit c_child_spec(const supervisor_options &from) noexcept {
    spec.restart = static_cast<std::uint32_t>(from.restart);
    spec.significant = from.significant ? 1 : 0;
    spec.shutdown_ns = option_ns(from.shutdown);
    spec.start_timeout_ns = option_ns(from.start_timeout);
    set_backoff(from.backoff);
    set_health(from.health);
    spec.supervisor = &supervisor;
    supervisor.strategy = static_cast<std::uint32_t>(from.strategy);
    supervisor.intensity = from.intensity;
    supervisor.period_ns = option_ns(from.period);
    supervisor.auto_shutdown = static_cast<std::uint32_t>(from.auto_shutdown);
  }
  c_child_spec(const c_child_spec &) = delete;
  c_child_spec &operator=(const c_child_spec &) = delete;

  c_spawn_options spawn;
  sabir_health_options health = SABIR_HEALTH_OPTIONS_INIT;
  sabir_supervisor_options supervisor = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;

 private:
  void set_health(const std::optional<health_options> &from) noexcept {
    if (!from) return;
    health.threshold = from->threshold;
    health.interval_ns = option_ns(from->interval);
    health.timeout_ns = option_ns(from->timeout);
    health.degraded_depth = from->degraded_depth;
    health.failed_depth = from->failed_depth;
    health.degraded_age_ns = option_ns(from->degraded_age);
    health.failed_age_ns = option_ns(from->failed_age);
    spec.health = &health;
  }
  void set_backoff(const backoff_options &from) noexcept {
    spec.backoff_initial_ns = option_ns(from.initial);
    spec.backoff_max_ns = option_ns(from.max);
    spec.backoff_factor_percent = from.factor_percent;
    spec.backoff_jitter_percent = from.jitter_percent;
  }
};

template <class Args>
inline constexpr bool begins_with_spec = false;
template <class First, class... Rest>
inline constexpr bool begins_with_spec<message_list<First, Rest...>> = std::is_same_v<std::decay_t<First>, child_spec>;

template <class A, class... Args>
inline constexpr bool is_rebuildable =
    (std::is_copy_constructible_v<Args> && ...) &&
    (std::is_constructible_v<A, const Args &...> || std::is_constructible_v<A, context &, const Args &...>);

// The id of a child that was given none. Ids show in logs, so that of a lambda is not its type.
template <class>
inline constexpr bool is_lambda_actor = false;
template <class... Fs>
inline constexpr bool is_lambda_actor<lambda_actor<Fs...>> = true;

inline std::atomic<std::uint64_t> generated_ids = 0;

template <class A>
std::string generated_id() {
  const std::string number = '-' + std::to_string(generated_ids.fetch_add(1, std::memory_order_relaxed) + 1);  // unique is all it has to be
  constexpr std::string_view name = is_lambda_actor<A> ? std::string_view("lambda") : compiler_name<A>();
  return std::string(name.substr(0, 255 - number.size())) + number;
}

template <class A>
result<ref<A>> read_ref(sabir_system *system, sabir_status status, message_view answer) {
  result<sabir_pid> pid = ask_result<sabir_pid>(status, answer);
  if (!pid) return pid.error();
  return ref<A>(system, *pid);
}

inline result<void> read_done(sabir_system *, sabir_status status, message_view answer) { return ask_result<void>(status, answer); }

inline result<std::vector<child_info>> read_children(sabir_system *, sabir_status status, message_view answer) {
  if (result<void> end = ask_result<void>(status, answer); !end) return end.error();
  std::vector<child_info> children;
  const std::size_t size = sabir_child_list_size(answer.get());
  children.reserve(size);
  for (std::size_t index = 0; index < size; ++index) {
    sabir_child_info c = SABIR_CHILD_INFO_INIT;
    check(sabir_child_list_at(answer.get(), index, &c));
    children.push_back({c.id, c.pid, static_cast<child_state>(c.state), static_cast<restart_policy>(c.restart),
                        static_cast<health>(c.health), c.restarts, c.supervisor != 0});
  }
  return children;
}

// The request for a child of type A. id: NULL in a group_of, where behavior is NULL too.
template <class A, class... Args>
request<ref<A>> request_child_of(const ref<actor<>> &supervisor, const char *id, sabir_behavior *behavior, c_child_spec &c,
                                 Args &&...args) {
  static_assert(is_rebuildable<A, std::decay_t<Args>...>,
                "sabir: a supervised actor is built from its arguments again at each restart: they must be copyable, and it must have a "
                "constructor for copies of them (with or without a sabir::context & before them)");
  if constexpr (sizeof...(Args) != 0) {
    auto argument = std::make_unique<maker_each<A, std::decay_t<Args>...>>(std::in_place, std::forward<Args>(args)...);
    c.spawn.spawn.argument = reinterpret_cast<std::uintptr_t>(static_cast<maker<A> *>(argument.release()));  // moved whatever becomes of it
    c.spawn.spawn.drop = &glue<A>::drop;
  }
  message made;
  error_slot slot;
  slot.check(sabir_request_supervise(supervisor.system(), id, behavior, &c.spec, made.out(), slot.out()));
  return {supervisor.system(), supervisor.pid(), std::move(made), &read_ref<A>};
}

}  // namespace detail

/// What all supervisors are told, whatever their children are. Copyable as bytes, like every ref; keeps nothing alive. What waits is for
/// threads, and throws sabir::error: WOULD_DEADLOCK on a worker, NOT_SUPERVISOR, NO_CHILD, BUSY... Each such call has a request_...
/// that does not wait.
class any_supervisor : public ref<actor<>> {
 public:
  using ref<actor<>>::ref;

  /// Starts a child that is stopped, with a new pid: `auto worker = group.start_child<Worker>("worker")`. BUSY if it is not stopped.
  template <class A = actor<>>
  ref<A> start_child(const child_name &child) const {
    return request_start<A>(child).wait().value();
  }
  /// Ends a child whatever its policy, and waits for that. It stays known, unless it is temporary or of a simple_one_for_one group. Under
  /// one_for_all and rest_for_one a sibling's crash starts it again, with a new pid: delete_child prevents that. TIMEOUT: it has not ended
  /// in its shutdown time.
  void stop_child(const child_name &child) const { request_stop(child).wait().value(); }
  /// Restarts a child in place, or starts it if it is stopped. It counts against no intensity, unless the start of one that ran fails.
  template <class A = actor<>>
  ref<A> restart_child(const child_name &child) const {
    return request_restart<A>(child).wait().value();
  }
  /// Forgets a child that is stopped. BUSY if it is not.
  void delete_child(const child_name &child) const { request_delete(child).wait().value(); }
  /// All children, in start order.
  std::vector<child_info> children() const { return request_children().wait().value(); }

  template <class A = actor<>>
  request<ref<A>> request_start(const child_name &child) const {
    return {system(), pid(), action(SABIR_CHILD_START, child), &detail::read_ref<A>};
  }
  request<void> request_stop(const child_name &child) const {
    return {system(), pid(), action(SABIR_CHILD_STOP, child), &detail::read_done};
  }
  template <class A = actor<>>
  request<ref<A>> request_restart(const child_name &child) const {
    return {system(), pid(), action(SABIR_CHILD_RESTART, child), &detail::read_ref<A>};
  }
  request<void> request_delete(const child_name &child) const {
    return {system(), pid(), action(SABIR_CHILD_DELETE, child), &detail::read_done};
  }
  request<std::vector<child_info>> request_children() const {
    message made;
    detail::check(sabir_request_children(made.out()));
    return {system(), pid(), std::move(made), &detail::read_children};
  }

 private:
  static message action(std::uint32_t what, const child_name &child) {
    message made;
    detail::check(sabir_request_child(what, child.id(), child.pid(), made.out()));
    return made;
  }
};

/// A supervisor whose children are all made alike, without ids: simple_one_for_one. Made by supervise_group_of.
template <class A>
class supervisor_of : public any_supervisor {
 public:
  using any_supervisor::any_supervisor;

  /// One more child, built from args. Returns when it has started.
  template <class... Args>
  ref<A> supervise(Args &&...args) const {
    return request_supervise(std::forward<Args>(args)...).wait().value();
  }
  template <class... Args>
  request<ref<A>> request_supervise(Args &&...args) const {
    const child_spec as_the_template;
    detail::c_child_spec c(as_the_template);
    return detail::request_child_of<A>(*this, nullptr, nullptr, c, std::forward<Args>(args)...);
  }
};

/// A supervisor, to give children to: the root of a system, or what supervise_group has made.
class supervisor : public any_supervisor {
 public:
  using any_supervisor::any_supervisor;

  /// Starts an A, and keeps it running as the spec says: `group.supervise<Worker>({.restart = sabir::transient}, "name", 3)`. Each
  /// incarnation is built from copies of args (after a sabir::context &, if its constructor takes one). Returns when it has started;
  /// throws sabir::error where it cannot, START_FAILED with the exit of what its constructor threw.
  template <class A, class... Args>
  ref<A> supervise(const child_spec &spec, Args &&...args) const {
    return request_supervise<A>(spec, std::forward<Args>(args)...).wait().value();
  }
  template <class A, class... Args>
    requires(!detail::begins_with_spec<detail::message_list<Args...>>)
  ref<A> supervise(Args &&...args) const {
    return request_supervise<A>(child_spec(), std::forward<Args>(args)...).wait().value();
  }
  /// The same with a lambda, or several (sabir::handlers). Each incarnation is a copy of them as they were given.
  template <class Handler>
    requires detail::handles<Handler>
  auto supervise(const child_spec &spec, Handler &&handler) const {
    return request_supervise(spec, std::forward<Handler>(handler)).wait().value();
  }
  template <class Handler>
    requires detail::handles<Handler>
  auto supervise(Handler &&handler) const {
    return request_supervise(child_spec(), std::forward<Handler>(handler)).wait().value();
  }

  /// A supervisor under this one.
  supervisor supervise_group(std::string_view id, const supervisor_options &options = {}) const {
    return request_supervise_group(id, options).wait().value();
  }
  /// A supervisor of any number of children that are made alike, as `each` says (but for its id): sessions, jobs. A failed one is restarted
  /// by itself, and all are ended at once: options.strategy and auto_shutdown are not for it.
  template <class A>
  supervisor_of<A> supervise_group_of(std::string_view id, const child_spec &each = {}, const supervisor_options &options = {}) const {
    return request_supervise_group_of<A>(id, each, options).wait().value();
  }

  template <class A, class... Args>
  request<ref<A>> request_supervise(const child_spec &spec, Args &&...args) const {
    detail::check_actor<A>();
    sabir_behavior *behavior = detail::glue<A>::behavior();
    const std::string id = spec.id.empty() ? detail::generated_id<A>() : spec.id;
    detail::c_child_spec c(spec);
    return detail::request_child_of<A>(*this, id.c_str(), behavior, c, std::forward<Args>(args)...);
  }
  template <class Handler>
    requires detail::handles<Handler>
  auto request_supervise(const child_spec &spec, Handler &&handler) const {
    return request_supervise<detail::lambda_actor_for<Handler>>(spec, detail::bundle(std::forward<Handler>(handler)));
  }
  request<supervisor> request_supervise_group(std::string_view id, const supervisor_options &options = {}) const {
    detail::c_child_spec c(options);
    return request_group<supervisor>(id, c);
  }
  template <class A>
  request<supervisor_of<A>> request_supervise_group_of(std::string_view id, const child_spec &each = {},
                                                       const supervisor_options &options = {}) const {
    detail::check_actor<A>();
    if (options.strategy != one_for_one) throw error(SABIR_E_INVALID, "a group of actors that are made alike has no other strategy");
    detail::c_child_spec of_each(each);
    detail::c_child_spec c(options);
    c.supervisor.strategy = SABIR_SIMPLE_ONE_FOR_ONE;
    c.supervisor.child_behavior = detail::glue<A>::behavior();
    c.supervisor.child = &of_each.spec;
    return request_group<supervisor_of<A>>(id, c);
  }

 private:
  template <class Group>
  request<Group> request_group(std::string_view id, const detail::c_child_spec &c) const {
    message made;
    detail::error_slot slot;
    slot.check(sabir_request_supervise(system(), std::string(id).c_str(), nullptr, &c.spec, made.out(), slot.out()));
    return {system(), pid(), std::move(made), [](sabir_system *system, sabir_status status, message_view answer) -> result<Group> {
              result<sabir_pid> started = detail::ask_result<sabir_pid>(status, answer);
              if (!started) return started.error();
              return Group(system, *started);
            }};
  }
};

template <class Reply, std::invocable<context &, result<Reply>> Then>
void context::ask(request<Reply> request, Then then) {
  begin_ask<Reply>(
      [system = request.system_, read = request.read_](sabir_status status, message_view answer) { return read(system, status, answer); },
      std::move(then),
      [&](sabir_ref *asked) { return sabir_context_ask(handle_, request.supervisor_, request.sent_.move(), SABIR_FOREVER, asked); });
}

inline supervisor context::root() const noexcept { return {system(), sabir_supervisor_root(system())}; }

}  // namespace v0
}  // namespace sabir

#endif
