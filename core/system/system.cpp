// SPDX-License-Identifier: Apache-2.0
#include "system/system.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>
#include <new>
#include <utility>

#include "actor/delivery.hpp"
#include "base/exit.hpp"
#include "base/fork.hpp"
#include "base/memory.hpp"
#include "base/pid.hpp"
#include "env/environment.hpp"
#include "executor/polled.hpp"
#include "executor/threads.hpp"

namespace sabir {

namespace {

// Handles of live systems by tag; 0: free. Written under the mutex, read by anyone (acquire, pairs with the release in create).
std::array<std::atomic<std::uintptr_t>, tag_max + 1> systems_by_tag{};
Mutex tags_mutex;
std::uint32_t last_tag SABIR_GUARDED_BY(tags_mutex) = 0;

// A tag that no live system has, taking turns so that a tag comes back late. 0: all are taken.
std::uint32_t take_tag() noexcept {
  MutexLock lock(tags_mutex);
  for (std::uint32_t i = 0; i < tag_max; ++i) {
    last_tag = last_tag % tag_max + 1;
    std::uintptr_t expected = 0;
    if (systems_by_tag[last_tag].compare_exchange_strong(expected, 1, std::memory_order_relaxed)) return last_tag;  // 1: no valid handle
  }
  return 0;
}

void give_tag(std::uint32_t tag) noexcept {
  MutexLock lock(tags_mutex);
  systems_by_tag[tag].store(0, std::memory_order_relaxed);
}

void log_release_exception(const char *what) noexcept {
  // A message belongs to no system: the log of the process.
  static observe::Log *const log = new (std::nothrow) observe::Log("sabir");
  if (log) log->write(SABIR_LOG_ERROR, "message", 0, {}, {std::string_view(what)});
}

}  // namespace

System::System(const SystemConfiguration &configuration, env::Environment &environment, std::uint32_t tag)
    : configuration_(configuration),
      engine_(*this, environment, configuration.max_actors, tag),
      dead_letters_(engine_),
      topics_(engine_),
      asks_(engine_),
      registry_(engine_),
      groups_(engine_),
      log_(configuration.name),
      host_contexts_(engine_),
      service_(*this, environment),
      timers_(tag, environment, service_) {
  engine_.message_size_limit = configuration.message_size_limit;
  asks_.use(service_);
  executors_.reserve(executor_shape_limit);
  survivors_.reserve(1);
}

System::~System() {
  service_.join();
  executors_.clear();
  root_.reset();
  if (root_tie_) actor::release(root_tie_);
  for (auto &[handle, behavior] : behaviors_) {
    behavior->systems[engine_.tag / 64].fetch_and(~(std::uint64_t{1} << (engine_.tag % 64)), std::memory_order_acq_rel);
    sabir_behavior *counted = reinterpret_cast<sabir_behavior *>(handle);
    sabir_behavior_destroy(&counted);
  }
  give_tag(engine_.tag);
}

Status System::create(const SystemConfiguration &configuration, env::Environment &environment, std::uintptr_t &handle,
                      sabir_error **error) {
  if (!watch_for_fork()) return fail(error, SABIR_E_NOMEM, "out of memory");
  on_release_exception = log_release_exception;
  const std::uint32_t tag = take_tag();
  if (tag == 0) return fail(error, SABIR_E_LIMIT, "1,023 systems are alive in this process");
  std::unique_ptr<System, void (*)(System *)> system(nullptr, [](System *dead) { delete dead; });
  try {
    system.reset(new System(configuration, environment, tag));
  } catch (...) {
    give_tag(tag);
    throw;
  }
  if (const Status status = system->start(error); !status.ok()) return status;
  handle = system->handle_;
  systems_by_tag[tag].store(handle, std::memory_order_release);
  [[maybe_unused]] const System *handed_over = system.release();
  return SABIR_OK;
}

Status System::start(sabir_error **error) {
  if (!engine_.table.ready()) return fail(error, SABIR_E_NOMEM, "out of memory for the table of actors");
  handle_ = handles::create(handles::Kind::system, this);
  if (handle_ == 0) return fail(error, SABIR_E_LIMIT, "too many handles are alive in this process");
  ExecutorEntry *arena = nullptr;
  // Ends the handle, unless the system has started.
  struct Handle {
    std::uintptr_t value;
    ~Handle() {
      if (value == 0) return;
      (void)handles::release(handles::Kind::system, value);
      handles::recycle(value);
    }
  } handle{handle_};
  if (const Status status =
          create_executor({SABIR_EXECUTOR_ARENA, configuration_.workers, {}}, configuration_.run_batch, configuration_.name, arena, error);
      !status.ok())
    return status;
  engine_.default_executor = arena->scheduler.get();
  if (!service_.start(configuration_.name)) return fail(error, SABIR_E_SYSTEM, "the operating system refused a thread");
  handle.value = 0;
  return SABIR_OK;
}

Status System::create_executor(const ExecutorShape &shape, std::uint32_t run_batch, const std::string &name, ExecutorEntry *&entry,
                               sabir_error **error) {
  MutexLock lock(mutex_);
  std::size_t alive = 0;
  ExecutorEntry *closed = nullptr;
  for (const auto &known : executors_) {
    if (!known->closed) ++alive;
    if (known->closed && known->handle == 0 && known->shape == shape) closed = known.get();
  }
  if (alive > executor_limit) return fail(error, SABIR_E_LIMIT, "the system has 255 executors already");
  if (closed) {
    if (!closed->scheduler->reopen(run_batch)) return fail(error, SABIR_E_SYSTEM, "the operating system refused a thread");
    closed->closed = false;
    entry = closed;
    return SABIR_OK;
  }
  if (executors_.size() == executor_shape_limit)
    return fail(error, SABIR_E_LIMIT, "the system has had 4,096 executors of different shapes");
  auto made = std::make_unique<ExecutorEntry>();
  made->system = this;
  made->shape = shape;
  if (shape.kind == SABIR_EXECUTOR_ARENA) {
    made->scheduler = std::make_unique<executor::Arena>(runner_, shape.workers, run_batch, shape.placement);
  } else if (shape.kind == SABIR_EXECUTOR_POLLED) {
    executor::Board *board = nullptr;
    if (const Status status = executor::Board::take_board(board); !status.ok()) {
      return fail(error, status, status == SABIR_E_NOMEM ? sabir_status_text(status) : "the process has 1,023 polled executors already");
    }
    std::unique_ptr<executor::Board, void (*)(executor::Board *)> owned(board,
                                                                        [](executor::Board *each) { executor::Board::give_board(each); });
    made->scheduler = std::make_unique<executor::Polled>(runner_, engine_.environment, *board, shape.workers, run_batch);
    [[maybe_unused]] const executor::Board *kept = owned.release();  // by the executor
  } else {
    auto threads = std::make_unique<executor::Threads>(runner_, engine_.environment, name, shape.workers, run_batch);
    if (!threads->started()) return fail(error, SABIR_E_SYSTEM, "the operating system refused a thread");
    made->scheduler = std::move(threads);
  }
  executor::Scheduler &scheduler = *made->scheduler;
  scheduler.system_handle = handle_;
  scheduler.on_busy = [](void *service) noexcept { static_cast<timer::Service *>(service)->notice_busy(); };
  scheduler.on_busy_argument = &service_;
  made->contexts = std::vector<std::atomic<actor::Context *>>(shape.workers);
  for (std::uint32_t i = 0; i < shape.workers; ++i) made->contexts[i].store(make_context(scheduler.worker(i)), std::memory_order_relaxed);
  entry = made.get();
  executors_.push_back(std::move(made));
  executor_count_.store(executors_.size(), std::memory_order_release);  // pairs with the readers' acquire
  return SABIR_OK;
}

actor::Context *System::make_context(executor::Worker &worker) {
  auto context = std::make_unique<actor::Context>();
  context->engine = &engine_;
  context->worker = &worker;
  worker.local = context.get();
  return context.release();
}

Status System::check_unused(const ExecutorEntry &entry) const noexcept {
  // relaxed: a number; who makes a notice pins the executor.
  if (executor::Board *board = entry.scheduler->board();
      board && !entry.scheduler->disowned() && board->notices.load(std::memory_order_relaxed) != 0)
    return SABIR_E_BUSY;
  return has_actors(entry) ? SABIR_E_BUSY : SABIR_OK;
}

bool System::has_actors(const ExecutorEntry &entry) const noexcept {
  if (entry.use.use_count() > 1) return true;
  const executor::Executor *scheduler = entry.scheduler.get();
  const std::uint32_t made = engine_.table.made();
  for (std::uint32_t i = 0; i < made; ++i) {
    const actor::Cell &cell = *engine_.table.find(i);
    const bool free = (cell.generation.load(std::memory_order_acquire) & actor::generation_free) != 0;
    if (!free && cell.executor.load(std::memory_order_relaxed) == scheduler) return true;
  }
  return false;
}

bool System::waits_for(const Thread &thread) const noexcept {
  const std::size_t count = executor_count_.load(std::memory_order_acquire);
  return std::any_of(executors_.begin(), executors_.begin() + static_cast<std::ptrdiff_t>(count), [&](const auto &entry) {
    return entry->scheduler->waits_for(thread) && (entry->scheduler->busy() || has_actors(*entry));
  });
}

void System::close_executor(ExecutorEntry &entry) noexcept {
  MutexLock lock(mutex_);
  if (entry.closed) return;
  entry.scheduler->close(default_executor());
  entry.scheduler->end();
  entry.closed = true;
}

void System::retire_executor(ExecutorEntry &entry) noexcept {
  close_executor(entry);
  // What is still up there is freed now, without a lock: that may call back.
  if (entry.scheduler->disowned()) entry.scheduler->board()->forget();
  MutexLock lock(mutex_);
  entry.scheduler->forget();
  entry.handle = 0;
}

Status System::adopt(std::uintptr_t behavior_handle, actor::Behavior &behavior) {
  if (behavior.held_by(engine_.tag)) return SABIR_OK;
  MutexLock lock(mutex_);
  if (behavior.held_by(engine_.tag)) return SABIR_OK;
  behaviors_.emplace_back(behavior_handle, &behavior);
  if (!handles::retain(handles::Kind::behavior, behavior_handle)) {
    behaviors_.pop_back();
    return SABIR_E_HANDLE;
  }
  behavior.systems[engine_.tag / 64].fetch_or(std::uint64_t{1} << (engine_.tag % 64), std::memory_order_release);
  return SABIR_OK;
}

Status System::root(Thread &thread, std::uint64_t &pid) {
  pid = root_pid_.load(std::memory_order_acquire);
  if (pid != 0) return SABIR_OK;
  MutexLock lock(mutex_);
  pid = root_pid_.load(std::memory_order_relaxed);
  if (pid != 0) return SABIR_OK;
  supervision::SupervisorOptions options;
  options.intensity = configuration_.root_intensity;
  options.period_ns = configuration_.root_period_ns;
  auto root = std::make_unique<supervision::Supervisor>(services(), std::move(options), true);
  actor::Supervised *tie = actor::make_supervised(thread, 0);   // so that the shutdown can give it orders; its news find nobody
  if (!tie) return SABIR_E_NOMEM;
  actor::SpawnRequest request;
  request.behavior = &supervision::Supervisor::behavior();
  request.argument = reinterpret_cast<std::uintptr_t>(root.get());
  request.drop = &supervision::Supervisor::gone;
  request.name = "root";
  request.executor = engine_.default_executor;
  request.mailbox.bounds = actor::Bounds(SABIR_MAILBOX_CAPACITY_DEFAULT, SABIR_OVERFLOW_REJECT, false, 0).of_supervisor();
  request.supervised = tie;
  if (const Status status = actor::spawn(engine_, thread, actor::context_of(thread, engine_), request, pid); !status.ok()) {
    actor::release(tie);
    actor::release(tie);   // the cell's share
    pid = 0;
    return status;
  }
  root_ = std::move(root);
  root_tie_ = tie;
  root_pid_.store(pid, std::memory_order_release);
  return SABIR_OK;
}

Status System::monitor(Thread &thread, PortEntry &entry, std::uint64_t watched, bool restarts, std::uint64_t &ref) {
  const std::uint64_t pid = entry.port.pid();
  const std::uint64_t number = link::next_ref(engine_.tag);
  actor::Restarts counted;
  if (restarts) counted = std::make_shared<std::atomic<std::uint64_t>>(0);
  entry.port.watches(number, {watched, counted});
  Status status = SABIR_E_NOMEM;
  try {
    status = link::watch(engine_, thread, pid, watched, number, counted);
  } catch (const std::bad_alloc &) {
  }
  actor::Watched forgotten;
  if (status.ok()) {
    ref = number;
  } else {
    (void)entry.port.forget(number, forgotten);
  }
  return status;
}

Status System::demonitor(PortEntry &entry, std::uint64_t ref) noexcept {
  actor::Watched watched;
  if (!entry.port.forget(ref, watched)) return SABIR_E_NO_REF;
  link::unwatch(engine_, watched.pid, ref);
  return SABIR_OK;
}

Status System::open_port(Thread &thread, const actor::SpawnRequest &request, std::uintptr_t &handle) {
  PortEntry *entry;
  {
    MutexLock lock(mutex_);
    // A late sender may be the runner of a closed port's cell, and not have come to the end yet: that port is for another time.
    const auto free = std::find_if(free_ports_.rbegin(), free_ports_.rend(), [](PortEntry *each) { return each->port.ended(); });
    if (free == free_ports_.rend()) {
      free_ports_.reserve(ports_.size() + 1);  // so that giving one back needs no memory
      ports_.push_back(std::make_unique<PortEntry>(*this, engine_));
      entry = ports_.back().get();
    } else {
      entry = *free;
      free_ports_.erase(std::next(free).base());
    }
  }
  const std::uintptr_t made = handles::create(handles::Kind::port, entry);
  const Status status = made == 0 ? Status(SABIR_E_LIMIT) : entry->port.open(thread, request);
  MutexLock lock(mutex_);
  if (status.ok()) {
    entry->handle = handle = made;
    return status;
  }
  if (made != 0) {
    (void)handles::release(handles::Kind::port, made);
    handles::recycle(made);
  }
  free_ports_.push_back(entry);
  return status;
}

void System::close_port(Thread &thread, PortEntry &entry) {
  entry.port.close(thread);
  asks_.cancel_all_of(thread, entry.port.pid());  // nobody can read their answers
  // Readers that were waiting have been woken, and leave.
  (void)handles::wait_for_pins(entry.handle, Parker::Clock::time_point::max());
  MutexLock lock(mutex_);
  handles::recycle(std::exchange(entry.handle, 0));
  free_ports_.push_back(&entry);
}

Status System::open_router(Thread &thread, actor::Context *context, router::Options options, std::uintptr_t &handle) {
  std::list<RouterEntry> made;
  const std::uint32_t room = router::Router::room_for(options.capacity);
  const unsigned rank = static_cast<unsigned>(std::countr_zero(room));
  {
    MutexLock lock(mutex_);
    std::list<RouterEntry> &closed = closed_routers_[rank];
    const auto unused = std::find_if(unused_routers_.begin(), unused_routers_.end(), [&](const auto &each) { return each.rank == rank; });
    if (unused != unused_routers_.end()) {
      made.splice(made.begin(), unused_routers_, unused);
    } else if (!closed.empty() && !handles::is_pinned(closed.front().handle))
      made.splice(made.begin(), closed, closed.begin());
  }
  if (made.empty()) {
    made.emplace_back(*this, engine_).rank = rank;
    if (!made.front().router.make_slots(room)) return SABIR_E_NOMEM;
  } else if (const std::uintptr_t last = std::exchange(made.front().handle, 0); last != 0) {
    handles::recycle(last);
  }
  RouterEntry &entry = made.front();
  // Whatever becomes of it, its memory stays: a worker may remember it.
  struct Rest {
    System &system;
    std::list<RouterEntry> &made;
    ~Rest() {
      if (made.empty()) return;
      made.front().router.close();
      MutexLock lock(system.mutex_);
      system.unused_routers_.splice(system.unused_routers_.begin(), made);
    }
  } rest{*this, made};
  if (const Status status = entry.router.open(thread, context, std::move(options)); !status.ok()) return status;
  const std::uintptr_t number = handles::create(handles::Kind::router, &entry);
  if (number == 0) return SABIR_E_LIMIT;
  entry.router.publish(number);
  handle = number;
  MutexLock lock(mutex_);
  entry.handle = number;
  entry.closed = false;
  entry.place = made.begin();
  routers_.splice(routers_.begin(), made);
  return SABIR_OK;
}

void System::close_router(RouterEntry &entry) {
  entry.router.close();
  MutexLock lock(mutex_);
  if (std::exchange(entry.closed, true)) return;   // its system has ended meanwhile
  std::list<RouterEntry> &closed = closed_routers_[entry.rank];
  closed.splice(closed.end(), routers_, entry.place);
}

Status System::reply_bytes(Thread &thread, std::uint64_t ref, std::uint64_t sender, std::uint64_t type, const void *data,
                           std::size_t size) {
  const auto too_late = [&](Status status) { return status == SABIR_E_NO_ASK; };
  if (ref == 0) return SABIR_E_NO_ASK;   // nobody has asked: nothing is late
  Status status = asks_.pending(ref) ? Status(SABIR_OK) : asks_.refusal(ref);
  if (!status.ok() && (!too_late(status) || !dead_letters_.subscribed())) {
    if (too_late(status)) dead_letters_.count_unmade(thread, SABIR_CAUSE_LATE_REPLY);
    return status;
  }
  Message *message = allocate_message(thread, type, size);
  if (!message) return SABIR_E_NOMEM;
  if (size > 0) std::memcpy(message->data, data, size);
  if (status.ok()) status = asks_.reply(thread, ref, sender, message);
  if (too_late(status)) {
    message->kind = MessageKind::reply;
    message->ref = ref;
    message->sender = sender;
    message->next.store(nullptr, std::memory_order_relaxed);
    actor::count(engine_, thread, [](metrics::Counters &counters, auto add) { add(counters.sent, 1); });   // as if sent, and lost
    dead_letters_later(message, SABIR_CAUSE_LATE_REPLY);   // a subscriber is never called inside a reply
  } else if (!status.ok()) {
    free_message(thread, message);
  }
  return status;
}

template <class Visit>
void System::visit_counters(Visit visit) const {
  engine_.shards.visit(visit);
  host_contexts_.visit_counters(visit);
  const std::size_t count = executor_count_.load(std::memory_order_acquire);
  for (std::size_t i = 0; i < count; ++i) {
    for (const auto &present : executors_[i]->contexts) {
      for (const actor::Context *context = present.load(std::memory_order_acquire); context; context = context->given_up)
        visit(context->counters);
    }
  }
}

void System::read(sabir_counters &counters) const noexcept {
  visit_counters([&counters](const metrics::Counters &part) {
    counters.spawned += part.spawned.value();
    counters.exited += part.exited.value();
    counters.crashed += part.crashed.value();
    counters.sent += part.sent.value();
    counters.handled += part.handled.value();
    counters.started += part.started.value();
    counters.stopped += part.stopped.value();
    counters.restarted += part.restarted.value();
    for (const auto &cause : part.dead_letters) counters.dead_letters += cause.value();
  });
  counters.message_bytes = pool::bytes_in_use();
  const std::size_t count = executor_count_.load(std::memory_order_acquire);
  for (std::size_t i = 0; i < count; ++i) {
    if (const executor::Board *board = executors_[i]->scheduler->board())
      counters.deliveries_lost += board->lost.load(std::memory_order_relaxed);
  }
}

std::uint64_t System::dead_letter_count(std::int32_t cause) const noexcept {
  std::uint64_t total = 0;
  visit_counters([&](const metrics::Counters &part) {
    for (std::size_t i = 1; i < part.dead_letters.size(); ++i) {
      if (cause == SABIR_CAUSE_ANY || static_cast<std::size_t>(cause) == i) total += part.dead_letters[i].value();
    }
  });
  return total;
}

std::uint64_t System::alive() const noexcept {
  // Exits first: an actor that is spawned and exits in between then counts as alive, never as gone too early.
  std::uint64_t exited = 0, spawned = 0;
  visit_counters([&](const metrics::Counters &part) { exited += part.exited.value(); });
  visit_counters([&](const metrics::Counters &part) { spawned += part.spawned.value(); });
  return spawned - exited;
}

std::uint64_t System::alive_on_disowned() const noexcept {
  const std::size_t count = executor_count_.load(std::memory_order_acquire);
  if (std::none_of(executors_.begin(), executors_.begin() + static_cast<std::ptrdiff_t>(count),
                   [](const auto &entry) { return entry->scheduler->disowned(); }))
    return 0;
  std::uint64_t found = 0;
  visit_disowned([&found](const actor::Cell &) { ++found; });
  return found;
}

void System::dead_letter(Thread &thread, Message &message, std::int32_t cause, const sabir_exit *exit) {
  dead_letters_.add(thread, message, cause);
  if (ask_of(message) == 0) return;
  sabir_status status = SABIR_E_DEAD;
  if (cause == SABIR_CAUSE_UNHANDLED) status = SABIR_E_UNHANDLED;
  if (cause == SABIR_CAUSE_CRASHED && exit) status = SABIR_E_CRASHED;
  if (cause == SABIR_CAUSE_SHUTDOWN) status = SABIR_E_CLOSED;
  if (cause == SABIR_CAUSE_OVERFLOW) status = SABIR_E_MAILBOX_FULL;
  const std::uint64_t ref = std::exchange(message.ref, 0);
  fail_ask(ref, status, {}, exit);
}

void System::dead_letters_later(Message *first, std::int32_t cause) noexcept {
  {
    MutexLock lock(untold_mutex_);
    if (untold_last_) {
      untold_last_->next.store(first, std::memory_order_relaxed);
    } else {
      untold_first_ = first;
    }
    for (Message *message = first; message; message = static_cast<Message *>(message->next.load(std::memory_order_relaxed))) {
      message->level = static_cast<std::uint8_t>(cause);
      untold_last_ = message;
    }
    untold_.store(true, std::memory_order_seq_cst);
  }
  service_.wake();
}

void System::drop(Thread &thread, Message &message, std::int32_t cause) noexcept {
  // Nobody looks at it, and freeing it calls nobody: no need to keep it.
  if (!dead_letters_.subscribed() && ask_of(message) == 0 &&
      !message.has(message_flag::foreign | message_flag::shared | message_flag::native)) {
    dead_letters_.count(thread, cause);
    free_message(thread, &message);
    return;
  }
  message.next.store(nullptr, std::memory_order_relaxed);
  dropped_.fetch_add(1, std::memory_order_relaxed);
  message.set(message_flag::dropped);
  dead_letters_later(&message, cause);
}

void System::free_later(Thread &thread, Message &message) noexcept {
  if (!may_call_out(message)) {
    free_message(thread, &message);
    return;
  }
  message.kind = MessageKind::message;
  message.next.store(nullptr, std::memory_order_relaxed);
  dead_letters_later(&message, SABIR_CAUSE_ANY);
}

void System::tell_dead_letters() {
  if (!untold_.load(std::memory_order_seq_cst)) return;
  Thread &thread = Thread::current();
  Message *message;
  {
    MutexLock lock(untold_mutex_);
    message = std::exchange(untold_first_, nullptr);
    untold_last_ = nullptr;
  }
  while (message) {
    auto *next = static_cast<Message *>(message->next.load(std::memory_order_relaxed));
    if (message->level == SABIR_CAUSE_ANY) {
      // only to be freed
    } else if (message->kind < MessageKind::timer) {
      dead_letter(thread, *message, message->level, nullptr);
    } else {
      refuse(thread, *message);
    }
    if (message->has(message_flag::dropped)) dropped_.fetch_sub(1, std::memory_order_relaxed);
    free_message(thread, message);
    message = next;
  }
  pool::flush(thread);
  MutexLock lock(untold_mutex_);
  if (!untold_first_) untold_.store(false, std::memory_order_seq_cst);  // only now: quiet() must not miss what is being told
}

void System::fail_ask(std::uint64_t ref, sabir_status status, std::string_view text, const sabir_exit *exit) {
  Thread &thread = Thread::current();
  if (Pid::unpack(ref).tag == engine_.tag) {
    (void)asks_.fail(thread, ref, status, text, exit);
  } else {
    end_ask_anywhere(thread, ref, status);
  }
}

void System::end_ask_anywhere(Thread &thread, std::uint64_t ref, sabir_status status) {
  const std::uintptr_t handle = systems_by_tag[Pid::unpack(ref).tag].load(std::memory_order_acquire);
  handles::Pin pin(handles::Kind::system, handle);
  if (auto *system = static_cast<System *>(pin.object())) (void)system->asks_.fail(thread, ref, status, {}, nullptr);
}

void System::log(std::int32_t level, const char *source, std::uint64_t pid, std::string_view actor, Pieces text) noexcept {
  log_.write(level, source, pid, actor, text);
}

bool System::admit_timer(Message &message) noexcept {
  std::uint64_t count = 1;
  if (timers_.settle(message.ref, count) == timer::Timers::Settled::drop) return false;
  if (message.has(message_flag::counts)) *static_cast<std::uint64_t *>(message.payload()) = count;
  return true;
}

bool System::admit(sabir_context &context, actor::Cell &cell, Message &message) {
  return message.kind == MessageKind::timer ? admit_timer(message) : link::admit(context, cell, message);
}

void System::refuse(Thread &thread, Message &message) {
  if (message.kind != MessageKind::timer || !admit_timer(message)) return;
  actor::count(engine_, thread, [](metrics::Counters &counters, auto add) { add(counters.sent, 1); });
  dead_letter(thread, message, SABIR_CAUSE_STOPPED, nullptr);
}

void System::accept(sabir_context *context, actor::Cell &cell, actor::Signal &signal) noexcept { link::accept(context, cell, signal); }
void System::refuse(actor::Signal &signal, const sabir_exit *exit) noexcept { link::refuse(engine_, signal, exit); }

void System::incarnation_ended(sabir_context &context, actor::Cell &cell) noexcept {
  timers_.cancel_all(*context.thread, context.self, cell.cold->timers);
  link::incarnation_ended(engine_, *cell.cold);
}

void System::restarted(sabir_context &context, actor::Cell &cell) noexcept { link::restarted(engine_, *context.thread, cell); }
void System::exited(actor::Cold &cold, const sabir_exit *exit) noexcept { link::exited(engine_, cold, exit); }
void System::unwatch(std::uint64_t watched, std::uint64_t ref) noexcept { link::unwatch(engine_, watched, ref); }

void System::supervisor_ordered(sabir_context &context, actor::Cell &cell, std::uint32_t orders) noexcept {
  reinterpret_cast<supervision::Supervisor *>(cell.argument)->ordered(context, cell, orders);
}

void System::supervisor_alarmed(sabir_context &context, actor::Cell &cell) noexcept {
  reinterpret_cast<supervision::Supervisor *>(cell.argument)->alarmed(context, cell);
}

void System::supervisor_told(sabir_context &context, actor::Cell &cell, Message &news) noexcept {
  reinterpret_cast<supervision::Supervisor *>(cell.argument)->told(context, cell, news);
}

bool System::fire_timers(std::uint64_t now_ns, std::uint64_t stop_ns) {
  Thread &thread = Thread::current();
  return timers_.fire(thread, now_ns, stop_ns, [&](const timer::Timers::Fired &fired) {
    if (fired.alarm) {
      auto &alarm = static_cast<actor::Signal &>(*fired.alarm);
      if (!actor::signal(engine_, alarm)) memory::destroy(&alarm);
      return;
    }
    fired.message->target = fired.to;   // also of a dead letter
    if (actor::deliver_notice(engine_, fired.to, *fired.message)) return;
    refuse(thread, *fired.message);
    free_message(thread, fired.message);
    timer::Timers::Cancelled none;
    (void)timers_.cancel(fired.ref, none);   // a periodic one has nobody to go to any more
  });
}

void System::expired(std::uint64_t token) { asks_.expired(Thread::current(), token); }

}  // namespace sabir
