// Turns bytes into a sequence of calls of the C ABI on one system: spawns, sends, asks, ends, ports, executors, with valid, stale, wild
// and foreign pids, with options of every size, and with handles that were destroyed. Each call must give a status that is possible for
// it; at the end every message, release, drop and ask must be accounted for. Pointers to messages stay valid ones.
//
// SPDX-License-Identifier: Apache-2.0
#include "supervision.hpp"

#include <semaphore>

namespace {

using fuzz::actor;
using fuzz::script;
using fuzz::short_ns;
using fuzz::size_limit;

constexpr std::uint32_t operations_most = 150;
constexpr std::uint32_t actors_most = 40;     // max_actors of the system
constexpr std::uint32_t executors_most = 2;   // each costs a thread
constexpr std::uint64_t patience_ns = 20'000'000'000;
class sequence : fuzz::supervision {
 public:
  sequence(const std::uint8_t *data, std::size_t size) : supervision(data, size) {}

  void run() {
    open();
    for (std::uint32_t operation = 0; operation < operations_most && !in_.empty() && !closed_early_; ++operation) step();
    close();
  }

 private:
  void open() {
    sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
    options.workers = 1;
    options.max_actors = actors_most;
    options.run_batch = in_.below(8);
    if (options.run_batch % 2) options.root_intensity = 1000;
    options.message_size_limit = size_limit;
    options.ask_timeout_ns = short_ns;
    EXPECT(sabir_system_create(&options, &world_.system, nullptr), SABIR_OK);
    EXPECT(sabir_log_set_level(world_.system, SABIR_LOG_OFF), SABIR_OK);
    EXPECT(sabir_system_retain(world_.system), SABIR_OK);  // so that the counters can be read after a destroy
    world_.behavior = fuzz::make_scripted_behavior();
  }

  void step() {
    switch (in_.operation() % 40) {
      case 0:
      case 1: spawn(); break;
      case 2:
      case 3:
      case 4:
      case 5: send_bytes(); break;
      case 6: make_message(); break;
      case 7: wrap_message(); break;
      case 8: send_message(); break;
      case 9: destroy_message(); break;
      case 10: ask(); break;
      case 11:
      case 12: ask_begin(); break;
      case 13: cancel(); break;
      case 14: reply(); break;
      case 15: end_actor(); break;
      case 16: port_create(); break;
      case 17: port_use(); break;
      case 18: port_destroy(); break;
      case 19: executor_create(); break;
      case 20: executor_destroy(); break;
      case 21: use_destroyed(); break;
      case 22: bad_options(); break;
      case 23: look(); break;
      case 24:
      case 25: supervise(); break;
      case 26: supervise_group(); break;
      case 27: supervise_wrongly(); break;
      case 28: make_request(); break;
      case 29:
      case 30: ask_supervisor(); break;
      case 31: child_do(); break;
      case 32: list_children(); break;
      case 33: monitor(); break;
      case 34: demonitor(); break;
      case 35: timer_after(); break;
      case 36: timer_every(); break;
      case 37: timer_cancel(); break;
      case 38: crash_child(); break;
      default: close_early(); break;
    }
  }

  // --- operations

  void spawn() {
    const sabir_mailbox_options mailbox_options = mailbox();
    actor &spawned = world_.add_actor();
    spawned.start_fails = in_.one_in(16) ? fuzz::start_failure::all : fuzz::start_failure::none;
    sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
    options.argument = reinterpret_cast<std::uintptr_t>(&spawned);
    options.drop = fuzz::drop_actor;
    if (!in_.one_in(4)) options.mailbox = &mailbox_options;
    if (!world_.executors.empty() && in_.one_in(2))
      options.executor = world_.executors[in_.below(executors_most) % world_.executors.size()];
    options.name = in_.one_in(4) ? "named" : nullptr;
    sabir_pid pid = 1;
    sabir_error *error = nullptr;
    const sabir_status status = EXPECT(sabir_spawn(world_.system, world_.behavior, &options, &pid, &error), SABIR_OK, SABIR_E_LIMIT);
    ORACLE(status == SABIR_OK ? pid != 0 && error == nullptr : pid == 0 && error != nullptr);
    sabir_error_destroy(&error);
    if (status == SABIR_OK)
      world_.add_pid(pid);
    else
      spawned.where = nullptr;
  }

  void send_bytes() {
    const target to = pid();
    const script made = make_script();
    check_send(sabir_send_bytes(world_.system, to.pid, fuzz::scripted_type, &made, sizeof made), to, false);
  }

  void make_message() {
    const std::size_t size = in_.one_in(8) ? 1000 + in_.byte() : in_.below(64);
    sabir_message *message = nullptr;
    EXPECT(sabir_message_create(fuzz::scripted_type, size, &message), SABIR_OK);
    const script made = make_script();
    std::memset(sabir_message_data_mut(message), 0, size);
    if (size >= sizeof made) std::memcpy(sabir_message_data_mut(message), &made, sizeof made);
    keep(message);
  }

  void wrap_message() {
    fuzz::wrapped *memory = nullptr;
    {
      const std::lock_guard lock(world_.mutex);
      memory = &world_.wraps.emplace_back();
    }
    const script made = make_script();
    std::memcpy(memory->bytes, &made, sizeof made);
    sabir_message *message = nullptr;
    EXPECT(sabir_message_wrap(fuzz::scripted_type, memory->bytes, sizeof memory->bytes, fuzz::release_wrapped,
                              reinterpret_cast<std::uintptr_t>(memory), &message),
           SABIR_OK);
    keep(message);
  }

  void send_message() {
    sabir_message *message = take_message(), *const before = message;
    if (message == nullptr) return;
    const target to = pid();
    const bool too_big = sabir_message_size(message) > size_limit;
    const sabir_status status = sabir_send(world_.system, to.pid, &message);
    check_send(status, to, too_big);
    ORACLE(status == SABIR_OK ? message == nullptr : message == before);
    if (message != nullptr) keep(message);
  }

  void destroy_message() {
    sabir_message *message = take_message();
    sabir_message_destroy(&message);
    ORACLE(message == nullptr);
  }

  void ask() {
    const target to = pid();
    const script made = make_script();
    sabir_message *reply = nullptr;
    const sabir_status status =
        sabir_ask_bytes(world_.system, to.pid, fuzz::scripted_type, &made, sizeof made, 1 + in_.byte() * 400u, &reply);
    if (to.from == origin::none)
      EXPECT(status, SABIR_E_NO_ACTOR);
    else if (to.from == origin::foreign)
      EXPECT(status, SABIR_E_FOREIGN);
    else
      ORACLE(status >= 0 || (EXPECT(status, WILD_SENDS, SABIR_E_TIMEOUT, SABIR_E_CRASHED, SABIR_E_UNHANDLED, SABIR_E_UNANSWERED), true));
    if (status == SABIR_OK)
      ORACLE(reply != nullptr && sabir_message_kind(reply) == SABIR_KIND_REPLY);
    else
      ORACLE(reply == nullptr || sabir_message_kind(reply) == SABIR_KIND_FAILURE);
    if (reply != nullptr && in_.one_in(4))
      keep(reply);
    else
      sabir_message_destroy(&reply);
  }

  static void ended(std::uintptr_t argument, sabir_ref, sabir_status status, sabir_message **reply) {
    ORACLE(reinterpret_cast<fuzz::ask *>(argument)->endings.fetch_add(1) == 0);
    if (*reply != nullptr)
      ORACLE((sabir_message_kind(*reply) == SABIR_KIND_REPLY) == (status == SABIR_OK));
    else
      ORACLE(status != SABIR_OK);
  }

  void ask_begin() {
    sabir_message *message = in_.one_in(2) ? take_message() : nullptr;
    if (message == nullptr) {
      const script made = make_script();
      EXPECT(sabir_message_create_bytes(fuzz::scripted_type, &made, sizeof made, &message), SABIR_OK);
    }
    sabir_message *const before = message;
    const bool too_big = sabir_message_size(message) > size_limit;
    const target to = pid();
    fuzz::ask &begun = world_.asks.emplace_back();
    const std::uint64_t timeout = timeout_ns();
    const sabir_status status =
        sabir_ask_begin(world_.system, to.pid, &message, timeout, ended, reinterpret_cast<std::uintptr_t>(&begun), &begun.ref);
    check_ask(status, to, timeout, too_big);
    ORACLE(status == SABIR_OK ? message == nullptr && begun.ref != 0 : message == before && begun.ref == 0);
    if (status != SABIR_OK) {
      ORACLE(begun.endings.load() == 0);
      world_.asks.pop_back();
      keep(message);
    }
  }

  void cancel() {
    if (world_.asks.empty() || in_.one_in(8)) {
      EXPECT(sabir_ask_cancel(world_.system, sabir_ref{in_.word()} << 32 | in_.word()), SABIR_OK, SABIR_E_NO_ASK, SABIR_E_FOREIGN);
      return;
    }
    fuzz::ask &chosen = world_.asks[in_.byte() % world_.asks.size()];
    const sabir_status status = EXPECT(sabir_ask_cancel(world_.system, chosen.ref), SABIR_OK, SABIR_E_NO_ASK);
    if (status == SABIR_OK) ORACLE(chosen.endings.load() == 1);
    EXPECT(sabir_ask_cancel(world_.system, chosen.ref), SABIR_E_NO_ASK);
  }

  void reply() {
    sabir_ref ref = 0;
    {
      const std::lock_guard lock(world_.mutex);
      if (!world_.deferred.empty()) {
        ref = world_.deferred.back();
        world_.deferred.pop_back();
      }
    }
    const std::uint32_t how = in_.below(4);
    if (how == 0) {
      EXPECT(sabir_reply_error(world_.system, ref, 5, "no", 2), SABIR_OK, SABIR_E_NO_ASK);
    } else if (how == 1) {
      EXPECT(sabir_reply_bytes(world_.system, ref, 1, "yes", 3), SABIR_OK, SABIR_E_NO_ASK);
    } else if (sabir_message *message = take_message()) {
      sabir_message *const before = message;
      const bool too_big = sabir_message_size(message) > size_limit;
      const sabir_status status = EXPECT(sabir_reply(world_.system, ref, &message), SABIR_OK, SABIR_E_NO_ASK, SABIR_E_TOO_BIG);
      ORACLE(too_big || status != SABIR_E_TOO_BIG);
      ORACLE(status == SABIR_OK ? message == nullptr : message == before);
      if (message != nullptr) keep(message);
    }
    if (ref != 0 && how < 2) EXPECT(sabir_reply_error(world_.system, ref, 5, nullptr, 0), SABIR_E_NO_ASK);
  }

  void end_actor() {
    sabir_status (*const ends[])(sabir_system *, sabir_pid) = {sabir_actor_stop, sabir_actor_drain, sabir_actor_kill};
    const target to = pid();
    const sabir_status status = ends[in_.below(3)](world_.system, to.pid);
    if (to.from == origin::none)
      EXPECT(status, SABIR_E_NO_ACTOR);
    else if (to.from == origin::foreign)
      EXPECT(status, SABIR_E_FOREIGN);
    else if (to.from == origin::wild)
      EXPECT(status, SABIR_OK, SABIR_E_DEAD, SABIR_E_INVALID, SABIR_E_NO_ACTOR, SABIR_E_FOREIGN);
    else
      EXPECT(status, SABIR_OK, SABIR_E_DEAD, SABIR_E_INVALID);
  }

  void port_create() {
    const sabir_mailbox_options options = mailbox();
    sabir_port *port = nullptr;
    const sabir_status status =
        EXPECT(sabir_port_create(world_.system, in_.one_in(2) ? &options : nullptr, &port, nullptr), SABIR_OK, SABIR_E_LIMIT);
    ORACLE((status == SABIR_OK) == (port != nullptr));
    if (port == nullptr) return;
    world_.ports.push_back(port);
    world_.add_pid(sabir_port_pid(port));
  }

  void port_use() {
    if (world_.ports.empty()) return;
    sabir_port *const port = world_.ports[in_.byte() % world_.ports.size()];
    switch (in_.below(5)) {
      case 0: EXPECT(sabir_port_wake(port), SABIR_OK); break;
      case 1: {
        EXPECT(sabir_port_retain(port), SABIR_OK);
        sabir_port *reference = port;
        sabir_port_destroy(&reference);
        ORACLE(sabir_port_pid(port) != 0);
        break;
      }
      case 2: port_ask(port); break;
      default: {
        sabir_message *message = nullptr;
        const sabir_status status =
            EXPECT(sabir_port_receive(port, in_.one_in(8) ? short_ns : 0, &message), SABIR_OK, SABIR_E_TIMEOUT, SABIR_E_WOKEN);
        ORACLE((status == SABIR_OK) == (message != nullptr));
        if (message != nullptr) {
          check_news(message);
          keep(message);
        }
      }
    }
  }

  void port_ask(sabir_port *port) {
    const target to = pid();
    const script made = make_script();
    sabir_message *message = nullptr;
    EXPECT(sabir_message_create_bytes(fuzz::scripted_type, &made, sizeof made, &message), SABIR_OK);
    sabir_message *const before = message;
    sabir_ref ref = 0;
    const std::uint64_t timeout = timeout_ns();
    const sabir_status status = sabir_port_ask(port, to.pid, &message, timeout, &ref);
    check_ask(status, to, timeout, false);
    ORACLE(status == SABIR_OK ? message == nullptr && ref != 0 : message == before && ref == 0);
    sabir_message_destroy(&message);
  }

  void port_destroy() {
    if (world_.ports.empty()) return;
    std::swap(world_.ports[in_.byte() % world_.ports.size()], world_.ports.back());
    sabir_port *port = world_.ports.back();
    const sabir_pid pid = sabir_port_pid(port);
    world_.dead_ports.push_back(port);
    world_.ports.pop_back();
    sabir_port_destroy(&port);
    ORACLE(port == nullptr);
    EXPECT(sabir_actor_status(world_.system, pid), SABIR_E_DEAD);
  }

  void executor_create() {
    if (world_.executors.size() == executors_most) return;
    sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
    options.kind = in_.below(2);
    options.workers = 1;
    options.run_batch = in_.below(4);
    sabir_executor *executor = nullptr;
    const sabir_status status = EXPECT(sabir_executor_create(world_.system, &options, &executor, nullptr), SABIR_OK, SABIR_E_LIMIT);
    if (status == SABIR_OK) world_.executors.push_back(executor);
  }

  void executor_destroy() {
    if (world_.executors.empty()) return;
    sabir_executor *executor = world_.executors.back();
    if (EXPECT(sabir_executor_destroy(&executor), SABIR_OK, SABIR_E_BUSY) == SABIR_OK) {
      ORACLE(executor == nullptr);
      world_.dead_executors.push_back(world_.executors.back());
      world_.executors.pop_back();
    } else {
      ORACLE(executor == world_.executors.back());
    }
  }

  // Handles that were destroyed, or are of another kind.
  void use_destroyed() {
    sabir_message *message = nullptr;
    sabir_pid pid = 1;
    if (!world_.dead_ports.empty()) {
      sabir_port *port = world_.dead_ports[in_.byte() % world_.dead_ports.size()];
      EXPECT(sabir_port_retain(port), SABIR_E_HANDLE);
      EXPECT(sabir_port_receive(port, 0, &message), SABIR_E_HANDLE);
      ORACLE(sabir_port_pid(port) == 0);
      sabir_port_destroy(&port);
    }
    if (!world_.dead_executors.empty()) {
      sabir_executor *executor = world_.dead_executors[in_.byte() % world_.dead_executors.size()];
      EXPECT(sabir_executor_retain(executor), SABIR_E_HANDLE);
      EXPECT(sabir_executor_destroy(&executor), SABIR_OK);
    }
    {
      sabir_behavior *behavior = fuzz::make_scripted_behavior(), *const gone = behavior;
      sabir_behavior_destroy(&behavior);
      EXPECT(sabir_spawn(world_.system, gone, nullptr, &pid, nullptr), SABIR_E_HANDLE);
      ORACLE(pid == 0);
    }
    EXPECT(sabir_port_retain(reinterpret_cast<sabir_port *>(world_.system)), SABIR_E_HANDLE);
    EXPECT(sabir_system_retain(reinterpret_cast<sabir_system *>(world_.behavior)), SABIR_E_HANDLE);
    EXPECT(sabir_send_bytes(reinterpret_cast<sabir_system *>(world_.behavior), world_.pid_at(0), 1, nullptr, 0), SABIR_E_HANDLE);
  }

  // Option structures of every size, with something or nothing behind what this version knows.
  void bad_options() {
    constexpr std::size_t room = 128;
    alignas(8) std::uint8_t buffer[room] = {};
    auto *options = reinterpret_cast<sabir_spawn_options *>(buffer);
    const std::uint32_t size = in_.below(room + 1);
    const bool tail = in_.one_in(2);
    sabir_spawn_options_init(options, sizeof *options);
    if (tail) buffer[sizeof *options + in_.below(room - sizeof *options)] = 1;
    options->struct_size = size;
    const bool seen = std::any_of(buffer + sizeof *options, buffer + std::max<std::size_t>(size, sizeof *options),
                                  [](std::uint8_t one) { return one != 0; });
    // Where it would succeed it is made to fail by its behavior, so that no actor without an argument is made.
    sabir_pid pid = 1;
    sabir_error *error = nullptr;
    const sabir_status status = sabir_spawn(world_.system, nullptr, options, &pid, &error);
    if (size < sizeof *options || seen)
      EXPECT(status, SABIR_E_OPTION, SABIR_E_INVALID);
    else
      EXPECT(status, SABIR_E_INVALID);
    ORACLE(pid == 0 && error != nullptr && sabir_error_status(error) == status && sabir_error_message(error)[0] != 0);
    sabir_error_destroy(&error);

    alignas(8) std::uint8_t counter_buffer[room];
    std::memset(counter_buffer, 0xa5, room);
    auto *counters = reinterpret_cast<sabir_counters *>(counter_buffer);
    counters->struct_size = size;
    if (sabir_system_counters(world_.system, counters) == SABIR_OK) ORACLE(size >= 8);
    for (std::size_t index = std::max<std::size_t>(size, 4); index < room; ++index) ORACLE(counter_buffer[index] == 0xa5);
  }

  void look() {
    const target to = pid();
    const sabir_status status = sabir_actor_status(world_.system, to.pid);
    if (to.from == origin::none)
      EXPECT(status, SABIR_E_NO_ACTOR);
    else if (to.from == origin::foreign)
      EXPECT(status, SABIR_E_FOREIGN);
    else
      EXPECT(status, SABIR_OK, SABIR_E_DEAD, SABIR_E_NO_ACTOR, SABIR_E_FOREIGN);
    sabir_counters counters = SABIR_COUNTERS_INIT;
    EXPECT(sabir_system_counters(world_.system, &counters), SABIR_OK);
    ORACLE(counters.spawned <= 1'000'000 && (world_.supervises || counters.crashed <= counters.spawned));
  }

  // --- the end

  // A shutdown while the sequence goes on with what may be called then.
  void close_early() {
    closed_early_ = true;
    EXPECT(sabir_system_shutdown_begin(world_.system, patience_ns, nullptr, 0), SABIR_OK);
    world_.closing.store(true);
    for (int call = 0; call < 8; ++call) call_while_closing();
  }

  static void shutdown_ended(std::uintptr_t argument, sabir_status status, sabir_report *report) {
    EXPECT(status, SABIR_OK);
    ORACLE(report != nullptr && sabir_report_survivor_count(report) == 0);
    sabir_report_destroy(&report);
    reinterpret_cast<std::binary_semaphore *>(argument)->release();
  }

  void shut_down() {
    sabir_system *reference = world_.system;
    switch (in_.below(3)) {
      case 0: EXPECT(sabir_system_shutdown(world_.system, patience_ns, nullptr), SABIR_OK); break;
      case 1: {
        std::binary_semaphore done{0};
        if (EXPECT(sabir_system_shutdown_begin(world_.system, patience_ns, shutdown_ended, reinterpret_cast<std::uintptr_t>(&done)),
                   SABIR_OK, SABIR_E_CLOSED) == SABIR_OK)
          done.acquire();
        else
          ORACLE(closed_early_);
        EXPECT(sabir_system_shutdown(world_.system, 0, nullptr), SABIR_OK);
        break;
      }
      default: EXPECT(sabir_system_shutdown(world_.system, SABIR_FOREVER, nullptr), SABIR_OK); break;
    }
    EXPECT(sabir_send_bytes(world_.system, world_.pid_at(0), 1, nullptr, 0), SABIR_E_CLOSED);
    EXPECT(sabir_system_destroy(&reference), SABIR_OK);
  }

  void close() {
    for (sabir_message *&request : world_.requests) sabir_message_destroy(&request);
    world_.requests.clear();
    shut_down();
    sabir_counters counters = SABIR_COUNTERS_INIT;
    EXPECT(sabir_system_counters(world_.system, &counters), SABIR_OK);
    ORACLE(counters.sent == counters.handled + counters.dead_letters);
    ORACLE(counters.spawned == counters.exited && counters.started == counters.stopped);
    for (const fuzz::ask &begun : world_.asks) ORACLE(begun.endings.load() == 1);
    for (const actor &one : world_.actors) {
      ORACLE(one.drops.load() == (one.where == nullptr ? 0 : 1));
      ORACLE(one.starts.load() == one.stops.load());
    }
    for (sabir_message *&message : world_.messages) sabir_message_destroy(&message);
    ORACLE(world_.requests.empty());
    for (sabir_port *&port : world_.ports) sabir_port_destroy(&port);
    for (sabir_executor *&executor : world_.executors) EXPECT(sabir_executor_destroy(&executor), SABIR_OK);
    sabir_system_release(&world_.system);
    sabir_behavior_destroy(&world_.behavior);
    for (const fuzz::wrapped &memory : world_.wraps) ORACLE(memory.releases.load() == 1);
  }

  bool closed_early_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  sequence(data, size).run();
  return 0;
}
