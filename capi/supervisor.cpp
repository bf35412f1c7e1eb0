// SPDX-License-Identifier: Apache-2.0
#include "sabir/supervisor.h"

#include <cstring>
#include <memory>
#include <utility>

#include "actor/delivery.hpp"
#include "base/callback.hpp"
#include "guard.hpp"
#include "spawn.hpp"
#include "supervision/request.hpp"
#include "supervision/supervisor.hpp"

namespace sabir::capi {

Status check_intensity(std::uint32_t given, const std::string &what, std::uint32_t &intensity, sabir_error **error) {
  if (given == SABIR_INTENSITY_NONE) {
    intensity = 0;
  } else if (given > SABIR_INTENSITY_MAX) {
    return fail(error, SABIR_E_INVALID, what + " is " + std::to_string(given) + ", more than 1,000,000");
  } else {
    intensity = given == 0 ? SABIR_INTENSITY_DEFAULT : given;
  }
  return SABIR_OK;
}

}  // namespace sabir::capi

namespace {

using namespace sabir;
using namespace sabir::capi;
using supervision::ChildSpec;
using supervision::Supervisor;
using supervision::SupervisorOptions;
using supervision::SupervisorRequest;

constexpr std::uint64_t backoff_max_default_ns = 60'000'000'000;
constexpr std::uint64_t health_interval_least_ns = 1'000'000;

class Reader {
 public:
  Reader(System &system, sabir_error **error) noexcept : system_(system), error_(error) {}

  // spec: may be NULL. argument_too: takes the argument of spec's spawn options as well, whatever the status.
  Status child(const sabir_child_spec *given, const std::string &what, ChildSpec &spec);
  Status supervisor(const sabir_supervisor_options *given, const std::string &what, SupervisorOptions &options);

 private:
  Status invalid(const std::string &text) { return fail(error_, SABIR_E_INVALID, text); }
  // A time with a default for 0.
  Status time(std::uint64_t given, std::uint64_t otherwise, const std::string &what, std::uint64_t &out, bool for_ever = true) {
    if (const Status status = check_time(given, what, error_); !status.ok()) return status;
    if (given > SABIR_SUPERVISION_TIME_LIMIT_NS && !(for_ever && given == SABIR_FOREVER)) {
      return invalid(what + " is " + std::to_string(given) + ", more than SABIR_SUPERVISION_TIME_LIMIT_NS");
    }
    out = given == 0 ? otherwise : given;
    return SABIR_OK;
  }
  Status health(const sabir_health_options *given, const std::string &what, ChildSpec &spec);
  Status backoff(const sabir_child_spec &given, const std::string &what, ChildSpec &spec);

  System &system_;
  sabir_error **error_;
};

Status Reader::health(const sabir_health_options *given, const std::string &what, ChildSpec &spec) {
  sabir_health_options options = SABIR_HEALTH_OPTIONS_INIT;
  if (const Status status = read_options(given, options, what.c_str(), error_); !status.ok()) return status;
  supervision::HealthCheck check;
  check.threshold = options.threshold == 0 ? 3 : options.threshold;
  if (const Status status = time(options.interval_ns, SABIR_HEALTH_INTERVAL_DEFAULT_NS, what + ".interval_ns", check.interval_ns, false);
      !status.ok())
    return status;
  if (check.interval_ns < health_interval_least_ns) return invalid(what + ".interval_ns is less than 1 ms");
  if (const Status status = time(options.timeout_ns, SABIR_HEALTH_TIMEOUT_DEFAULT_NS, what + ".timeout_ns", check.timeout_ns); !status.ok())
    return status;
  if (const Status status = time(options.degraded_age_ns, 0, what + ".degraded_age_ns", check.degraded_age_ns); !status.ok()) return status;
  if (const Status status = time(options.failed_age_ns, 0, what + ".failed_age_ns", check.failed_age_ns); !status.ok()) return status;
  check.degraded_depth = options.degraded_depth;
  check.failed_depth = options.failed_depth;
  if (spec.mailbox.bounds.unbounded() && (check.degraded_depth != 0 || check.failed_depth != 0)) {
    return invalid(what + (check.degraded_depth != 0 ? ".degraded_depth" : ".failed_depth") +
                   " is set, but the mailbox is unbounded: its depth is not counted");
  }
  if (check.failed_depth != 0 && check.degraded_depth > check.failed_depth)
    return invalid(what + ".degraded_depth is more than failed_depth");
  if (check.failed_age_ns != 0 && check.degraded_age_ns > check.failed_age_ns)
    return invalid(what + ".degraded_age_ns is more than failed_age_ns");
  spec.health = check;
  return SABIR_OK;
}

Status Reader::backoff(const sabir_child_spec &given, const std::string &what, ChildSpec &spec) {
  auto &backoff = spec.backoff;
  if (const Status status = time(given.backoff_initial_ns, 0, what + ".backoff_initial_ns", backoff.initial_ns, false); !status.ok())
    return status;
  const std::uint64_t otherwise = std::max(backoff_max_default_ns, backoff.initial_ns);
  if (const Status status = time(given.backoff_max_ns, otherwise, what + ".backoff_max_ns", backoff.max_ns, false); !status.ok())
    return status;
  if (backoff.max_ns < backoff.initial_ns) return invalid(what + ".backoff_max_ns is less than backoff_initial_ns");
  backoff.factor_percent = given.backoff_factor_percent == 0 ? 200 : given.backoff_factor_percent;
  if (backoff.factor_percent < 100 || backoff.factor_percent > 10'000) {
    return invalid(what + ".backoff_factor_percent is " + std::to_string(backoff.factor_percent) + ", not 100 to 10,000");
  }
  backoff.jitter_percent = given.backoff_jitter_percent;
  if (backoff.jitter_percent > 100) return invalid(what + ".backoff_jitter_percent is more than 100");
  return SABIR_OK;
}

Status Reader::supervisor(const sabir_supervisor_options *given, const std::string &what, SupervisorOptions &options) {
  sabir_supervisor_options read = SABIR_SUPERVISOR_OPTIONS_INIT;
  if (const Status status = read_options(given, read, what.c_str(), error_); !status.ok()) return status;
  if (read.strategy > SABIR_SIMPLE_ONE_FOR_ONE) return invalid(what + ".strategy is " + std::to_string(read.strategy) + ", which is none");
  options.strategy = static_cast<supervision::Strategy>(read.strategy);
  if (const Status status = check_intensity(read.intensity, what + ".intensity", options.intensity, error_); !status.ok()) return status;
  if (const Status status = time(read.period_ns, SABIR_PERIOD_DEFAULT_NS, what + ".period_ns", options.period_ns); !status.ok())
    return status;
  if (read.auto_shutdown > SABIR_AUTO_SHUTDOWN_ALL) {
    return invalid(what + ".auto_shutdown is " + std::to_string(read.auto_shutdown) + ", which is none");
  }
  options.auto_shutdown = read.auto_shutdown;
  if (options.strategy != supervision::Strategy::simple_one_for_one) {
    if (read.child_behavior) return invalid(what + ".child_behavior is for simple_one_for_one only");
    if (read.child) return invalid(what + ".child is for simple_one_for_one only");
    return SABIR_OK;
  }
  if (read.auto_shutdown != SABIR_AUTO_SHUTDOWN_NEVER) return invalid(what + ".auto_shutdown is not for simple_one_for_one");
  options.child = std::make_unique<ChildSpec>();
  if (const Status status =
          read_behavior(system_, read.child_behavior, options.child->behavior, (what + ".child_behavior").c_str(), error_);
      !status.ok())
    return status;
  sabir_child_spec each = SABIR_CHILD_SPEC_INIT;
  if (const Status status = read_options(read.child, each, (what + ".child").c_str(), error_); !status.ok()) return status;
  // So that what is read ends: specs and options could lead to each other in a cycle.
  if (each.supervisor) return invalid(what + ".child.supervisor: a template is no supervisor");
  if (const Status status = child(read.child, what + ".child", *options.child); !status.ok()) return status;
  if (const Status status = check_place(*options.child->behavior, *options.child->executor, what + ".child.spawn.executor", error_);
      !status.ok())
    return status;
  if (each.spawn && (each.spawn->argument || each.spawn->drop || each.spawn->drop_home))
    return invalid(what + ".child.spawn.argument: a template has none, each child its own");
  return SABIR_OK;
}

Status Reader::child(const sabir_child_spec *given, const std::string &what, ChildSpec &spec) {
  sabir_child_spec read = SABIR_CHILD_SPEC_INIT;
  if (const Status status = read_options(given, read, what.c_str(), error_); !status.ok()) return status;
  std::optional<handles::Pin> executor_pin;
  actor::SpawnRequest request;
  if (const Status status = read_spawn(system_, read.spawn, request, executor_pin, what + ".spawn", error_); !status.ok()) return status;
  spec.executor = request.executor;
  if (executor_pin) spec.executor_use = static_cast<ExecutorEntry *>(executor_pin->object())->use;
  spec.mailbox = request.mailbox;
  if (request.name) spec.name = request.name;
  if (read.restart > SABIR_TEMPORARY) return invalid(what + ".restart is " + std::to_string(read.restart) + ", which is no policy");
  spec.restart = static_cast<supervision::Restart>(read.restart);
  spec.significant = read.significant != 0;
  if (spec.significant && spec.restart == supervision::Restart::permanent) {
    return invalid(what + ".significant is set for a permanent child, which never ends by itself");
  }
  if (read.redeliveries > SABIR_REDELIVERIES_MAX) return invalid(what + ".redeliveries is more than 1,000,000");
  spec.redeliveries = read.redeliveries;
  const std::uint64_t shutdown_ns = read.supervisor ? SABIR_FOREVER : SABIR_CHILD_SHUTDOWN_DEFAULT_NS;
  if (const Status status = time(read.shutdown_ns, shutdown_ns, what + ".shutdown_ns", spec.shutdown_ns); !status.ok()) return status;
  if (const Status status = time(read.start_timeout_ns, SABIR_START_TIMEOUT_DEFAULT_NS, what + ".start_timeout_ns", spec.start_timeout_ns);
      !status.ok())
    return status;
  if (read.stall_timeout_ns != 0 && read.stall_timeout_ns != SABIR_FOREVER) {
    if (read.supervisor) return invalid(what + ".stall_timeout_ns: nobody gives up on a supervisor");
    const auto *entry = executor_pin ? static_cast<ExecutorEntry *>(executor_pin->object()) : nullptr;
    // One worker promises one thread to libraries that are bound to theirs; another thread in its place would break that.
    if (!entry || !entry->scheduler->may_block() || entry->scheduler->worker_count() < 2) {
      return invalid(what + ".stall_timeout_ns: a handler can be given up on only on a threads executor with two workers or more " +
                     "(spawn.executor)");
    }
    if (const Status status = time(read.stall_timeout_ns, 0, what + ".stall_timeout_ns", spec.stall_timeout_ns); !status.ok())
      return status;
  }
  if (const Status status = backoff(read, what, spec); !status.ok()) return status;
  if (read.health) {
    if (const Status status = health(read.health, what + ".health", spec); !status.ok()) return status;
  }
  if (read.supervisor) {
    spec.supervisor = true;
    if (read.redeliveries != 0) return invalid(what + ".redeliveries: a supervisor has no message that fails");
    if (read.spawn && (read.spawn->argument || read.spawn->drop || read.spawn->drop_home))
      return invalid(what + ".spawn.argument: a supervisor has none");
    const actor::MailboxSpec &mailbox = spec.mailbox;
    if (mailbox.sorts) return invalid(what + ".spawn.mailbox.priorities is set for a supervisor");
    if (mailbox.bounds.bytes()) return invalid(what + ".spawn.mailbox.capacity_bytes is set for a supervisor");
    if (mailbox.bounds.native()) return invalid(what + ".spawn.native_tag is set for a supervisor");
    if (mailbox.bounds.drop_newest() || mailbox.bounds.drop_oldest())
      return invalid(what + ".spawn.mailbox.overflow drops, which a supervisor's must not: its messages are requests");
    SupervisorOptions options;
    if (const Status status = supervisor(read.supervisor, what + ".supervisor", options); !status.ok()) return status;
    auto made = std::make_unique<Supervisor>(system_.services(), std::move(options), false);
    spec.behavior = &Supervisor::behavior();
    spec.mailbox.bounds = spec.mailbox.bounds.of_supervisor();
    spec.argument = hold(system_, reinterpret_cast<std::uintptr_t>(made.release()),   // which deletes it where it fails
                         [](std::uintptr_t argument) { delete reinterpret_cast<Supervisor *>(argument); });
  }
  return SABIR_OK;
}

// The request for a new child, or for one of a template. The argument in spec's spawn options is taken, whatever the status.
Status request_supervise(System &system, const char *id, sabir_behavior *behavior, const sabir_child_spec *spec, Message *&request,
                         Thread &thread, actor::ArgumentRef argument, sabir_error **error) {
  auto made = std::make_unique<SupervisorRequest>();
  made->kind = supervision::RequestKind::supervise;
  made->tag = system.engine().tag;
  const bool supervisor = spec && is_readable(*spec) && spec->supervisor;
  if (supervisor && behavior) return fail(error, SABIR_E_INVALID, "behavior is given, but spec.supervisor makes the child a supervisor");
  if (const Status status = Reader(system, error).child(spec, "spec", made->spec); !status.ok()) return status;
  if (!id && !behavior && !supervisor) {
    made->from_template = true;
  } else {
    if (!id || !*id) return fail(error, SABIR_E_INVALID, id ? "id is empty" : "id is NULL, but a behavior is given");
    if (const Status status = check_name(id, 255, "id", error); !status.ok()) return status;
    made->spec.id = id;
    if (made->spec.name.empty()) made->spec.name = id;
    if (!supervisor) {
      if (!behavior) return fail(error, SABIR_E_INVALID, "behavior is NULL, but an id is given");
      if (const Status status = read_behavior(system, behavior, made->spec.behavior, "behavior", error); !status.ok()) return status;
      if (const Status status = check_place(*made->spec.behavior, *made->spec.executor, "spec.spawn.executor", error); !status.ok())
        return status;
    }
  }
  if (!supervisor) made->spec.argument = std::move(argument);
  request = supervision::make_request(thread, std::move(made));
  return SABIR_OK;
}

// The argument of a spec that may be anything.
Status take_argument(System &system, const sabir_child_spec *spec, actor::ArgumentRef &argument, sabir_error **error) {
  return spec && is_readable(*spec) ? capi::take_argument(system, spec->spawn, argument, "spec.spawn", error) : Status(SABIR_OK);
}

// Asks a supervisor and waits. request: freed in every case.
Status ask(System &system, Thread &thread, sabir_pid supervisor, Message *request, std::uint64_t timeout_ns, Message *&reply,
           sabir_error **error) {
  struct Owner {
    Thread &thread;
    Message *&message;
    ~Owner() {
      if (message) free_message(thread, message);
    }
  } owner{thread, request};
  if (thread.must_not_wait() || system.waits_for(thread))
    return fail(error, SABIR_E_WOULD_DEADLOCK, "this thread runs actors, and would wait for itself: make a request and ask it");
  if (system.engine().closing.load(std::memory_order_relaxed)) return fail(error, SABIR_E_CLOSED, sabir_status_text(SABIR_E_CLOSED));
  std::uint64_t pid = supervisor;
  if (pid == 0) {
    if (const Status status = system.root(thread, pid); !status.ok()) return fail(error, status, sabir_status_text(status));
  }
  const Status status = system.asks().ask(thread, {&pid, 1}, request, timeout_ns, reply);
  if (status.ok()) return status;
  const actor::OwnedMessage failure(std::exchange(reply, nullptr));
  std::string text = sabir_status_text(status);
  if (failure && failure->kind == MessageKind::failure && failure->size > 0) {
    text.assign(static_cast<const char *>(failure->data), failure->size);
  }
  return fail(error, status, text);
}

Status ask_for_pid(System &system, Thread &thread, sabir_pid supervisor, Message *request, sabir_pid *pid, sabir_error **error) {
  Message *reply = nullptr;
  if (const Status status = ask(system, thread, supervisor, request, SABIR_FOREVER, reply, error); !status.ok()) return status;
  if (pid && reply->size == sizeof *pid) std::memcpy(pid, reply->data, sizeof *pid);
  free_message(thread, reply);
  return SABIR_OK;
}

Status request_child(std::uint32_t action, const char *id, sabir_pid pid, Message *&request) {
  if (action < SABIR_CHILD_START || action > SABIR_CHILD_DELETE || (id && !*id) || (!id && pid == 0)) return SABIR_E_INVALID;
  if (const Status status = check_name(id, 255, "id", nullptr); !status.ok()) return status;
  auto made = std::make_unique<SupervisorRequest>();
  made->kind = supervision::RequestKind::child;
  made->action = action;
  if (id) made->id = id;
  made->pid = pid;
  request = supervision::make_request(Thread::current(), std::move(made));
  return SABIR_OK;
}

Message *request_list() { return supervision::make_request(Thread::current(), std::make_unique<SupervisorRequest>()); }

// Drops the argument of a call that came to nothing before there was a system to hold it.
void drop_argument(const sabir_child_spec *spec) {
  if (spec && is_readable(*spec)) capi::drop_argument(spec->spawn);
}

// Runs a body with the system, and with spec's argument, which is taken in every case.
template <class Body>
sabir_status with_argument(sabir_system *system, const sabir_child_spec *spec, sabir_error **error, Body &&body) {
  bool taken = false;
  const sabir_status status = with_system(system, error, [&](System &target, Thread &thread) -> sabir_status {
    taken = true;
    actor::ArgumentRef argument;
    if (const Status refused = take_argument(target, spec, argument, error); !refused.ok()) return refused;
    return body(target, thread, std::move(argument));
  });
  if (!taken && status != SABIR_E_FORKED) drop_argument(spec);
  return status;
}

}  // namespace

extern "C" {

void sabir_supervisor_options_init(sabir_supervisor_options *options, uint32_t struct_size) {
  initialize(sabir_supervisor_options SABIR_SUPERVISOR_OPTIONS_INIT, options, struct_size);
}

void sabir_health_options_init(sabir_health_options *options, uint32_t struct_size) {
  initialize(sabir_health_options SABIR_HEALTH_OPTIONS_INIT, options, struct_size);
}

void sabir_child_spec_init(sabir_child_spec *spec, uint32_t struct_size) {
  initialize(sabir_child_spec SABIR_CHILD_SPEC_INIT, spec, struct_size);
}

sabir_pid sabir_supervisor_root(sabir_system *system) {
  sabir_pid pid = 0;
  (void)with_system(system, [&](System &target, Thread &thread) -> sabir_status { return target.root(thread, pid); });
  return pid;
}

sabir_status sabir_supervise(sabir_system *system, sabir_pid supervisor, const char *id, sabir_behavior *behavior,
                             const sabir_child_spec *spec, sabir_pid *pid, sabir_error **error) {
  if (pid) *pid = 0;
  return with_argument(system, spec, error, [&](System &target, Thread &thread, actor::ArgumentRef argument) -> sabir_status {
    Message *request = nullptr;
    if (const Status status = request_supervise(target, id, behavior, spec, request, thread, std::move(argument), error); !status.ok())
      return status;
    return ask_for_pid(target, thread, supervisor, request, pid, error);
  });
}

sabir_status sabir_request_supervise(sabir_system *system, const char *id, sabir_behavior *behavior, const sabir_child_spec *spec,
                                     sabir_message **request, sabir_error **error) {
  if (request) *request = nullptr;
  return with_argument(system, spec, error, [&](System &target, Thread &thread, actor::ArgumentRef argument) -> sabir_status {
    if (!request) return fail(error, SABIR_E_INVALID, "request is NULL");
    if (target.engine().closing.load(std::memory_order_relaxed)) return fail(error, SABIR_E_CLOSED, sabir_status_text(SABIR_E_CLOSED));
    return request_supervise(target, id, behavior, spec, *request, thread, std::move(argument), error);
  });
}

sabir_status sabir_request_child(uint32_t action, const char *id, sabir_pid pid, sabir_message **request) {
  if (request) *request = nullptr;
  return guard([&]() -> sabir_status {
    if (!request) return SABIR_E_INVALID;
    return request_child(action, id, pid, *request);
  });
}

sabir_status sabir_child_do(sabir_system *system, sabir_pid supervisor, uint32_t action, const char *id, sabir_pid pid,
                            sabir_pid *new_pid) {
  if (new_pid) *new_pid = 0;
  return with_system(system, [&](System &target, Thread &thread) -> sabir_status {
    Message *request = nullptr;
    if (const Status status = request_child(action, id, pid, request); !status.ok()) return status;
    return ask_for_pid(target, thread, supervisor, request, new_pid, nullptr);
  });
}

sabir_status sabir_request_children(sabir_message **request) {
  if (request) *request = nullptr;
  return guard([&]() -> sabir_status {
    if (!request) return SABIR_E_INVALID;
    *request = request_list();
    return SABIR_OK;
  });
}

sabir_status sabir_children(sabir_system *system, sabir_pid supervisor, sabir_message **list) {
  if (list) *list = nullptr;
  return with_system(system, [&](System &target, Thread &thread) -> sabir_status {
    if (!list) return SABIR_E_INVALID;
    return ask(target, thread, supervisor, request_list(), target.ask_timeout_ns(0), *list, nullptr);
  });
}

size_t sabir_child_list_size(const sabir_message *list) {
  const supervision::Listed *entries;
  size_t count = 0;
  return list && supervision::read_list(*list, entries, count) ? count : 0;
}

sabir_status sabir_child_list_at(const sabir_message *list, size_t index, sabir_child_info *info) {
  const supervision::Listed *entries;
  size_t count = 0;
  if (!list || !info || !supervision::read_list(*list, entries, count) || index >= count) return SABIR_E_INVALID;
  const supervision::Listed &entry = entries[index];
  sabir_child_info found = SABIR_CHILD_INFO_INIT;
  found.state = entry.state;
  found.pid = entry.pid;
  found.id = static_cast<const char *>(list->data) + entry.id_offset;
  found.restart = entry.restart;
  found.health = entry.health;
  found.restarts = entry.restarts;
  found.supervisor = entry.supervisor;
  return write_struct(found, info);
}

sabir_status sabir_child_list_counts(const sabir_message *list, sabir_child_counts *counts) {
  const supervision::Listed *entries;
  size_t count = 0;
  if (!list || !counts || !supervision::read_list(*list, entries, count)) return SABIR_E_INVALID;
  sabir_child_counts sums = SABIR_CHILD_COUNTS_INIT;
  sums.children = count;
  for (size_t i = 0; i < count; ++i) {
    sums.active += entries[i].state != SABIR_CHILD_STOPPED;
    (entries[i].supervisor ? sums.supervisors : sums.workers) += 1;
  }
  return write_struct(sums, counts);
}
}
