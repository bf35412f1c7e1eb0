// Operations on supervisors, monitors and timers from outside of actors. (Links are an actor's own: scripted.hpp.)
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "parameters.hpp"

#include <string>

namespace fuzz {

// What may come of a request, beside SABIR_OK: how a supervisor refuses it, and how it may fail to get there.
#define REFUSALS SABIR_E_DUPLICATE, SABIR_E_NO_CHILD, SABIR_E_BUSY, SABIR_E_START_FAILED, SABIR_E_LIMIT, SABIR_E_INVALID, SABIR_E_TIMEOUT
#define NO_WAY SABIR_E_DEAD, SABIR_E_NO_ACTOR, SABIR_E_FOREIGN, SABIR_E_NOT_SUPERVISOR, SABIR_E_CLOSED

class supervision : protected parameters {
 protected:
  using parameters::parameters;

  // A spec with all that it points to.
  struct spec {
    spec() = default;
    spec(const spec &) = delete;
    spec &operator=(const spec &) = delete;

    sabir_child_spec child = SABIR_CHILD_SPEC_INIT, of_template = SABIR_CHILD_SPEC_INIT;
    sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT, spawn_of_template = SABIR_SPAWN_OPTIONS_INIT;
    sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
    sabir_health_options health = SABIR_HEALTH_OPTIONS_INIT;
    sabir_supervisor_options group = SABIR_SUPERVISOR_OPTIONS_INIT;
    std::string id;
    sabir_behavior *behavior = nullptr;
    actor *argument = nullptr;

    const char *id_or_null() const { return id.empty() ? nullptr : id.c_str(); }
  };

  sabir_mailbox_options mailbox() {
    sabir_mailbox_options options = SABIR_MAILBOX_OPTIONS_INIT;
    options.capacity = in_.below(6);
    if (in_.one_in(8)) options.capacity = SABIR_UNBOUNDED;
    options.overflow = in_.below(2);
    options.block_timeout_ns = 1 + in_.byte() * 100u;  // never for ever: nobody else reads the ports
    if (options.capacity > 1 && options.capacity != SABIR_UNBOUNDED) options.low_watermark = in_.below(options.capacity);
    return options;
  }

  void supervise() {
    spec made;
    make_child(made);
    if (in_.one_in(6)) {   // of a template, perhaps
      made.id.clear();
      made.behavior = nullptr;
    }
    start(made, false);
  }

  void supervise_group() {
    spec made;
    make_group(made);
    start(made, false);
  }

  // One thing is wrong with the spec, or with what goes with it.
  void supervise_wrongly() {
    spec made;
    if (in_.one_in(2))
      make_group(made);
    else
      make_child(made);
    const wrong kind = spoil(made);
    const std::size_t drops = made.argument == nullptr ? 0 : kind == wrong::size ? 0 : 1;
    sabir_error *error = nullptr;
    if (in_.one_in(2)) {
      sabir_pid pid = 1;
      check_wrong(sabir_supervise(world_.system, 0, made.id_or_null(), made.behavior, &made.child, &pid, &error), kind);
      ORACLE(pid == 0);
    } else {
      sabir_message *request = reinterpret_cast<sabir_message *>(1);
      check_wrong(sabir_request_supervise(world_.system, made.id_or_null(), made.behavior, &made.child, &request, &error), kind);
      ORACLE(request == nullptr);
    }
    ORACLE(error != nullptr && sabir_error_message(error)[0] != 0);
    sabir_error_destroy(&error);
    if (made.argument == nullptr) return;
    ORACLE(made.argument->drops.load() == static_cast<int>(drops) && made.argument->starts.load() == 0);
    if (drops == 0) made.argument->where = nullptr;
  }

  void make_request() {
    if (world_.requests.size() >= 16) return;
    switch (in_.below(4)) {
      case 0: {
        sabir_message *request = nullptr;
        EXPECT(sabir_request_children(&request), SABIR_OK);
        keep_request(request, false);
        return;
      }
      case 1: {
        const std::uint32_t action = in_.below(6);
        const std::string id = child_id();
        const sabir_pid child = in_.one_in(2) ? pid().pid : 0;
        sabir_message *request = reinterpret_cast<sabir_message *>(1);
        const bool good = action >= SABIR_CHILD_START && action <= SABIR_CHILD_DELETE && (child == 0 ? !id.empty() : true);
        const sabir_status status =
            EXPECT(sabir_request_child(action, child == 0 ? id.c_str() : nullptr, child, &request), SABIR_OK, SABIR_E_INVALID);
        ORACLE((status == SABIR_OK) == good && (request != nullptr) == good);
        if (request != nullptr) keep_request(request, false);
        return;
      }
      default: {
        spec made;
        const bool group = in_.one_in(4);
        if (group)
          make_group(made);
        else
          make_child(made);
        if (!group && in_.one_in(3)) {
          made.id.clear();
          made.behavior = nullptr;
        }
        sabir_message *request = nullptr;
        sabir_error *error = nullptr;
        EXPECT(sabir_request_supervise(world_.system, made.id_or_null(), made.behavior, &made.child, &request, &error), SABIR_OK);
        ORACLE(request != nullptr && error == nullptr);
        keep_request(request, group);
      }
    }
  }

  // Delivers a request in each of the ways there are, to supervisors and to others.
  void ask_supervisor() {
    if (world_.requests.empty()) return;
    note_root();
    sabir_message *request = world_.requests.back(), *const before = request;
    const bool of_supervisor = world_.requests_supervisor.back();
    const target to = supervisor();
    sabir_status status = SABIR_OK;
    switch (in_.below(6)) {
      case 0: {
        sabir_message *reply = nullptr;
        status = sabir_ask(world_.system, to.pid, &request, 1 + in_.byte() * 1000u, &reply);
        if (status == SABIR_OK) note_child(reply, of_supervisor);
        ORACLE(request != nullptr || status == SABIR_OK || reply == nullptr || sabir_message_status(reply) == status);
        sabir_message_destroy(&reply);
        EXPECT(status, SABIR_OK, REFUSALS, NO_WAY, SABIR_E_UNANSWERED, SABIR_E_CRASHED);
        break;
      }
      case 1:
        if (!world_.ports.empty()) {
          sabir_ref ref = 0;
          status = EXPECT(sabir_port_ask(world_.ports[in_.byte() % world_.ports.size()], to.pid, &request, timeout_ns(), &ref), SABIR_OK,
                          SABIR_E_TIMEOUT, NO_WAY);
          ORACLE((status == SABIR_OK) == (ref != 0));
          break;
        }
        [[fallthrough]];
      case 2: status = EXPECT(sabir_send(world_.system, to.pid, &request), SABIR_OK, NO_WAY); break;
      case 3: {
        // No timer takes a request; whom it is for is looked at first.
        sabir_ref ref = 1;
        EXPECT(sabir_timer_after(world_.system, to.pid, &request, 0, &ref), SABIR_E_INVALID, NO_WAY);
        ORACLE(request == before && ref == 0);
        return;
      }
      default: {
        ask &begun = world_.asks.emplace_back();
        begun.where = &world_;
        begun.of_supervisor = of_supervisor;
        status = EXPECT(sabir_ask_begin(world_.system, to.pid, &request, timeout_ns(), child_told, reinterpret_cast<std::uintptr_t>(&begun),
                                        &begun.ref),
                        SABIR_OK, SABIR_E_TIMEOUT, NO_WAY);
        ORACLE((status == SABIR_OK) == (begun.ref != 0));
        if (status != SABIR_OK) world_.asks.pop_back();
        ORACLE(status == SABIR_OK ? request == nullptr : request == before);
      }
    }
    ORACLE(request == nullptr || request == before);
    if (request != nullptr) return;   // it is still ours
    world_.requests.pop_back();
    world_.requests_supervisor.pop_back();
  }

  void child_do() {
    note_root();
    const target to = supervisor();
    const std::uint32_t action = in_.below(6);
    const std::string id = child_id();
    const bool by_pid = in_.one_in(3);
    const sabir_pid child = by_pid ? pid().pid : 0;
    sabir_pid now = 1;
    const sabir_status status =
        EXPECT(sabir_child_do(world_.system, to.pid, action, by_pid ? nullptr : id.c_str(), child, &now), SABIR_OK, SABIR_E_INVALID,
               SABIR_E_NO_CHILD, SABIR_E_BUSY, SABIR_E_START_FAILED, SABIR_E_TIMEOUT, SABIR_E_LIMIT, NO_WAY);
    ORACLE(action >= SABIR_CHILD_START && action <= SABIR_CHILD_DELETE ? true : status == SABIR_E_INVALID);
    ORACLE(status == SABIR_OK || now == 0);
    ORACLE(status != SABIR_OK || now == 0 || action == SABIR_CHILD_START || action == SABIR_CHILD_RESTART);
    world_.add_child(now, false);
  }

  void list_children() {
    note_root();
    const target to = supervisor();
    sabir_message *list = reinterpret_cast<sabir_message *>(1);
    const sabir_status status = EXPECT(sabir_children(world_.system, to.pid, &list), SABIR_OK, SABIR_E_TIMEOUT, SABIR_E_LIMIT, NO_WAY);
    ORACLE((status == SABIR_OK) == (list != nullptr));
    if (list == nullptr) return;
    sabir_child_counts counts = SABIR_CHILD_COUNTS_INIT;
    EXPECT(sabir_child_list_counts(list, &counts), SABIR_OK);
    const std::size_t size = sabir_child_list_size(list);
    std::uint64_t active = 0, supervisors = 0;
    for (std::size_t index = 0; index < size; ++index) {
      sabir_child_info info = SABIR_CHILD_INFO_INIT;
      EXPECT(sabir_child_list_at(list, index, &info), SABIR_OK);
      ORACLE(info.state <= SABIR_CHILD_WAITING && info.restart <= SABIR_TEMPORARY && info.health <= SABIR_HEALTH_FAILED);
      ORACLE(info.state != SABIR_CHILD_STOPPED || info.pid == 0);
      ORACLE(info.id != nullptr && std::strlen(info.id) <= 255);
      active += info.state != SABIR_CHILD_STOPPED;
      supervisors += info.supervisor != 0;
    }
    ORACLE(counts.children == size && counts.active == active && counts.supervisors == supervisors);
    ORACLE(counts.workers == size - supervisors);
    sabir_child_info info = SABIR_CHILD_INFO_INIT;
    EXPECT(sabir_child_list_at(list, size, &info), SABIR_E_INVALID);
    sabir_message_destroy(&list);
  }

  void monitor() {
    if (world_.ports.empty()) return;
    sabir_port *const port = world_.ports[in_.byte() % world_.ports.size()];
    const target to = pid();
    const std::uint32_t flags = in_.below(3);
    sabir_ref ref = 1;
    const sabir_status status = sabir_port_monitor(port, to.pid, flags, &ref);
    if (flags > SABIR_MONITOR_RESTARTS || to.pid == 0 || to.pid == sabir_port_pid(port))
      EXPECT(status, SABIR_E_INVALID);
    else if (to.from == origin::foreign)
      EXPECT(status, SABIR_E_FOREIGN);
    else if (to.from == origin::wild)
      EXPECT(status, SABIR_OK, SABIR_E_FOREIGN);
    else
      EXPECT(status, SABIR_OK);
    ORACLE((status == SABIR_OK) == (ref != 0));
    if (ref != 0) world_.monitors.push_back(ref);
  }

  void demonitor() {
    if (world_.ports.empty()) return;
    sabir_port *const port = world_.ports[in_.byte() % world_.ports.size()];
    const sabir_ref ref = world_.monitors.empty() ? in_.word() : world_.monitors[in_.byte() % world_.monitors.size()];
    if (EXPECT(sabir_port_demonitor(port, ref), SABIR_OK, SABIR_E_NO_REF) == SABIR_OK) world_.demonitored.push_back(ref);
    EXPECT(sabir_port_demonitor(port, ref), SABIR_E_NO_REF);
  }

  // A message of a port.
  void check_news(const sabir_message *message) {
    const std::int32_t kind = sabir_message_kind(message);
    const sabir_ref ref = sabir_message_ref(message);
    ORACLE(kind >= SABIR_KIND_MESSAGE && kind <= SABIR_KIND_RESTARTED && sabir_message_count(message) >= 1);
    if (kind == SABIR_KIND_DOWN || kind == SABIR_KIND_RESTARTED) {
      ORACLE(contains(world_.monitors, ref) && !contains(world_.demonitored, ref) && sabir_message_sender(message) != 0);
      ORACLE((kind == SABIR_KIND_DOWN) == (sabir_message_exit(message) != nullptr));
      if (kind == SABIR_KIND_DOWN) world_.demonitored.push_back(ref);   // it was the last of it
    }
    if (kind == SABIR_KIND_TIMER && sabir_message_sender(message) == 0) ORACLE(contains(world_.timers, ref));
    if (kind == SABIR_KIND_REPLY) note_child(message, false);
  }

  void timer_after() {
    sabir_message *message = take_message();
    if (message == nullptr) {
      const script made = make_script();
      EXPECT(sabir_message_create_bytes(scripted_type, &made, sizeof made, &message), SABIR_OK);
    }
    sabir_message *const before = message;
    const bool too_big = sabir_message_size(message) > size_limit;
    const target to = pid();
    const std::uint64_t delay_ns = time_ns();
    sabir_ref ref = 1;
    const sabir_status status = sabir_timer_after(world_.system, to.pid, &message, delay_ns, &ref);
    if (delay_ns > SABIR_TIMER_LIMIT_NS)
      EXPECT(status, SABIR_E_INVALID);
    else
      check_arming(status, to, too_big);
    ORACLE(status == SABIR_OK ? message == nullptr && ref != 0 : message == before && ref == 0);
    if (message != nullptr) {
      const std::lock_guard lock(world_.mutex);
      world_.messages.push_back(message);
    }
    if (ref != 0) world_.timers.push_back(ref);
  }

  void timer_every() {
    const target to = pid();
    constexpr std::uint64_t least_ns = 1'000'000;
    const std::uint64_t interval_ns = in_.one_in(2) ? time_ns() : least_ns;
    sabir_ref ref = 1;
    const sabir_status status = sabir_timer_every(world_.system, to.pid, scripted_type, interval_ns, &ref);
    if (interval_ns < least_ns || interval_ns > SABIR_TIMER_LIMIT_NS)
      EXPECT(status, SABIR_E_INVALID);
    else
      check_arming(status, to, false);
    ORACLE((status == SABIR_OK) == (ref != 0));
    if (ref != 0) world_.timers.push_back(ref);
  }

  void timer_cancel() {
    if (world_.timers.empty() || in_.one_in(8)) {
      EXPECT(sabir_timer_cancel(world_.system, sabir_ref{in_.word()} << 32 | in_.word()), SABIR_OK, SABIR_E_NO_REF, SABIR_E_FOREIGN);
      return;
    }
    const sabir_ref ref = world_.timers[in_.byte() % world_.timers.size()];
    EXPECT(sabir_timer_cancel(world_.system, ref), SABIR_OK, SABIR_E_NO_REF);
    EXPECT(sabir_timer_cancel(world_.system, ref), SABIR_E_NO_REF);
  }

  void crash_child() {
    const std::size_t which = in_.byte();
    script made;
    made.command = in_.one_in(4) ? command_fail : command_crash;
    made.value = in_.byte();
    sabir_pid to = 0;
    {
      const std::lock_guard lock(world_.mutex);
      if (world_.children.empty()) return;
      to = world_.children[which % world_.children.size()];
    }
    EXPECT(sabir_send_bytes(world_.system, to, scripted_type, &made, sizeof made), SABIR_OK, SABIR_E_DEAD, SABIR_E_MAILBOX_FULL);
  }

  void call_while_closing() {
    sabir_message *message = nullptr;
    sabir_ref ref = 0;
    const sabir_pid to = supervisor().pid;
    switch (in_.below(8)) {
      case 0: {
        spec made;
        make_child(made);
        start(made, true);
        break;
      }
      case 1: EXPECT(sabir_child_do(world_.system, to, SABIR_CHILD_RESTART, "a", 0, nullptr), SABIR_E_CLOSED); break;
      case 2: EXPECT(sabir_children(world_.system, to, &message), SABIR_E_CLOSED); break;
      case 3:
        EXPECT(sabir_message_create(scripted_type, 0, &message), SABIR_OK);
        EXPECT(sabir_timer_after(world_.system, to, &message, 0, &ref), SABIR_E_CLOSED);
        sabir_message_destroy(&message);
        break;
      case 4: EXPECT(sabir_timer_every(world_.system, to, 1, 1'000'000, &ref), SABIR_E_CLOSED); break;
      case 5:
        if (!world_.timers.empty())
          EXPECT(sabir_timer_cancel(world_.system, world_.timers[in_.byte() % world_.timers.size()]), SABIR_OK, SABIR_E_NO_REF);
        break;
      case 6:
        if (!world_.ports.empty()) EXPECT(sabir_port_monitor(world_.ports.front(), pid().pid, 0, &ref), SABIR_E_CLOSED, SABIR_E_FOREIGN);
        break;
      default: EXPECT(sabir_actor_kill(world_.system, pid().pid), SABIR_OK, SABIR_E_INVALID, NO_WAY); break;
    }
    ORACLE(ref == 0 && message == nullptr);
  }

 private:
  enum class wrong { value, size, option, behavior };

  void note_root() {
    if (world_.supervises) return;
    world_.supervises = true;
    world_.add_child(sabir_supervisor_root(world_.system), true);
  }

  // The root, one of ours, or anybody.
  target supervisor() {
    if (in_.one_in(8)) {
      const target any = pid();
      return any.pid == 0 ? target{0, origin::ours} : any;
    }
    return {world_.supervisor_at(in_.byte()), origin::ours};
  }

  std::string child_id() {
    const std::uint32_t which = in_.below(9);
    return which == 8 ? std::string() : std::string(1, static_cast<char>('a' + which));
  }

  std::uint64_t time_ns() {
    switch (in_.below(6)) {
      case 0: return 0;
      case 1: return SABIR_TIMER_LIMIT_NS;
      case 2: return SABIR_TIMER_LIMIT_NS + 1;
      case 3: return SABIR_FOREVER;
      default: return in_.byte() * 10'000u;
    }
  }

  // Policy, times and health: what the children of templates have as well.
  void make_policy(sabir_child_spec &child, sabir_health_options &health) {
    child.restart = in_.below(3);
    child.significant = child.restart != SABIR_PERMANENT && in_.one_in(2);
    child.redeliveries = in_.below(3);
    constexpr std::uint64_t shutdowns_ns[] = {0, SABIR_CHILD_SHUTDOWN_KILL, 1'000'000, SABIR_SUPERVISION_TIME_LIMIT_NS, ~std::uint64_t{0}};
    child.shutdown_ns = shutdowns_ns[in_.below(5)];
    child.start_timeout_ns = in_.one_in(8) ? 1 + in_.byte() * 100u : 0;
    if (in_.one_in(3)) {
      child.backoff_initial_ns = 1 + in_.byte() * 1000u;
      child.backoff_max_ns = child.backoff_initial_ns + in_.byte() * 1000u;
      child.backoff_factor_percent = 100 + in_.byte();
      child.backoff_jitter_percent = in_.below(101);
    }
    if (in_.one_in(3)) {
      health.interval_ns = 1'000'000;
      health.threshold = in_.below(3);
      health.timeout_ns = in_.one_in(2) ? 1 : 0;
      health.degraded_depth = in_.below(3);
      health.failed_age_ns = in_.one_in(2) ? 1 + in_.byte() : 0;
      child.health = &health;
    }
  }

  void make_child(spec &made) {
    make_policy(made.child, made.health);
    made.mailbox = mailbox();
    if (made.mailbox.capacity == SABIR_UNBOUNDED) made.health.degraded_depth = 0;
    made.id = child_id();
    if (made.id.empty()) made.id = "named";
    made.behavior = world_.behavior;
    made.argument = &world_.add_actor();
    made.argument->start_fails =
        in_.one_in(4) ? static_cast<start_failure>(in_.below(static_cast<int>(start_failure::kinds))) : start_failure::none;
    made.argument->health = SABIR_HEALTH_OK + in_.below(4);
    made.spawn.argument = reinterpret_cast<std::uintptr_t>(made.argument);
    made.spawn.drop = drop_actor;
    if (!in_.one_in(4)) made.spawn.mailbox = &made.mailbox;
    if (!world_.executors.empty() && in_.one_in(3)) made.spawn.executor = world_.executors.front();
    made.child.spawn = &made.spawn;
  }

  void make_group(spec &made) {
    make_policy(made.child, made.health);
    made.health.degraded_depth = 0;
    made.child.redeliveries = 0;  // a supervisor's would be refused
    made.id = child_id();
    if (made.id.empty()) made.id = "group";
    // Not the most there is: a start that always fails takes as many restarts as are allowed, a million of which take seconds here.
    constexpr std::uint32_t intensities[] = {0, SABIR_INTENSITY_NONE, 1, 1000};
    made.group.strategy = in_.below(4);
    made.group.intensity = intensities[in_.below(4)];
    made.group.period_ns = in_.one_in(2) ? 1 + in_.byte() * 10'000u : 0;
    if (made.group.strategy == SABIR_SIMPLE_ONE_FOR_ONE) {
      made.group.child_behavior = world_.behavior;
      if (!in_.one_in(4)) {
        make_policy(made.of_template, made.health);
        made.of_template.spawn = &made.spawn_of_template;
        made.group.child = &made.of_template;
      }
    } else {
      made.group.auto_shutdown = in_.below(3);
    }
    made.child.supervisor = &made.group;
  }

  wrong spoil(spec &made) {
    sabir_supervisor_options &group = made.group;
    made.child.health = &made.health;
    const bool is_group = made.child.supervisor != nullptr, is_simple = group.strategy == SABIR_SIMPLE_ONE_FOR_ONE;
    if (is_group && in_.one_in(2)) {
      switch (in_.below(9)) {
        case 0: group.strategy = 4 + in_.byte(); return wrong::value;
        case 1: group.intensity = SABIR_INTENSITY_MAX + 1 + in_.byte(); return wrong::value;
        case 2: group.auto_shutdown = is_simple ? SABIR_AUTO_SHUTDOWN_ALL : 3 + in_.byte(); return wrong::value;
        case 3: group.period_ns = SABIR_SUPERVISION_TIME_LIMIT_NS + 1; return wrong::value;
        case 4: group.child_behavior = is_simple ? nullptr : world_.behavior; return wrong::value;
        case 5:
          made.of_template.supervisor = &group;   // and this is no template, or one of a supervisor
          group.child = &made.of_template;
          return wrong::value;
        case 6: made.behavior = world_.behavior; return wrong::value;
        case 7:
          made.spawn.drop = drop_actor;
          made.argument = &world_.add_actor();
          made.spawn.argument = reinterpret_cast<std::uintptr_t>(made.argument);
          made.child.spawn = &made.spawn;
          return wrong::value;
        default: group.struct_size = in_.below(sizeof group); return wrong::option;
      }
    }
    switch (in_.below(16)) {
      case 0: made.child.restart = SABIR_TEMPORARY + 1 + in_.byte(); return wrong::value;
      case 1:
        made.child.restart = SABIR_PERMANENT;
        made.child.significant = 1;
        return wrong::value;
      case 2: made.child.redeliveries = SABIR_REDELIVERIES_MAX + 1; return wrong::value;
      case 3: made.child.shutdown_ns = SABIR_FOREVER - 1; return wrong::value;
      case 4: made.child.start_timeout_ns = SABIR_SUPERVISION_TIME_LIMIT_NS + 1; return wrong::value;
      case 5:
        made.child.backoff_initial_ns = 2;
        made.child.backoff_max_ns = 1;
        return wrong::value;
      case 6: made.child.backoff_factor_percent = in_.one_in(2) ? 99 : 10'001; return wrong::value;
      case 7: made.child.backoff_jitter_percent = 101 + in_.byte(); return wrong::value;
      case 8: made.health.interval_ns = 999'999; return wrong::value;
      case 9:
        made.health.failed_depth = 1;
        made.health.degraded_depth = 2;
        return wrong::value;
      case 10:
        made.health.failed_age_ns = 1;
        made.health.degraded_age_ns = 2;
        return wrong::value;
      case 11: made.id.assign(256, 'x'); return wrong::value;
      case 12:
        made.child.stall_timeout_ns = 1 + in_.byte();
        made.spawn.executor = nullptr;
        return wrong::value;
      case 13: made.child.struct_size = in_.below(sizeof made.child); return wrong::size;
      case 14: made.health.struct_size = in_.below(sizeof made.health); return wrong::option;
      default:
        if (is_group) {
          made.id.clear();
          return wrong::value;
        }
        sabir_behavior *behavior = make_scripted_behavior();
        made.behavior = behavior;
        sabir_behavior_destroy(&behavior);
        return wrong::behavior;
    }
  }

  void check_wrong(sabir_status status, wrong kind) {
    switch (kind) {
      case wrong::value: EXPECT(status, SABIR_E_INVALID); return;
      case wrong::behavior: EXPECT(status, SABIR_E_HANDLE); return;
      default: EXPECT(status, SABIR_E_OPTION, SABIR_E_INVALID); return;
    }
  }

  void start(spec &made, bool closing) {
    note_root();
    const target to = supervisor();
    const bool group = made.child.supervisor != nullptr;
    sabir_pid pid = 1;
    sabir_error *error = nullptr;
    const sabir_status status = sabir_supervise(world_.system, to.pid, made.id_or_null(), made.behavior, &made.child, &pid, &error);
    if (closing)
      EXPECT(status, SABIR_E_CLOSED);
    else
      EXPECT(status, SABIR_OK, SABIR_E_INVALID, SABIR_E_DUPLICATE, SABIR_E_START_FAILED, SABIR_E_TIMEOUT, SABIR_E_LIMIT, NO_WAY);
    ORACLE(status == SABIR_OK ? pid != 0 && error == nullptr : pid == 0 && error != nullptr && sabir_error_status(error) == status);
    sabir_error_destroy(&error);
    world_.add_child(pid, group);
  }

  void keep_request(sabir_message *request, bool of_supervisor) {
    ORACLE(request != nullptr && sabir_child_list_size(request) == 0);
    world_.requests.push_back(request);
    world_.requests_supervisor.push_back(of_supervisor);
  }

  // A supervisor's answer with the pid of a child.
  void note_child(const sabir_message *reply, bool supervisor) {
    sabir_pid pid = 0;
    const sabir_pid from = sabir_message_sender(reply);
    if (from == 0 || sabir_message_size(reply) != sizeof pid) return;
    {
      const std::lock_guard lock(world_.mutex);
      if (!contains(world_.supervisors, from)) return;
    }
    std::memcpy(&pid, sabir_message_data(reply), sizeof pid);
    world_.add_child(pid, supervisor);
  }

  static void child_told(std::uintptr_t argument, sabir_ref, sabir_status status, sabir_message **reply) {
    ask &begun = *reinterpret_cast<ask *>(argument);
    ORACLE(begun.endings.fetch_add(1) == 0);
    EXPECT(status, SABIR_OK, REFUSALS, NO_WAY, SABIR_E_CANCELLED, SABIR_E_UNANSWERED, SABIR_E_CRASHED);
    sabir_pid pid = 0;
    if (status != SABIR_OK || sabir_message_size(*reply) != sizeof pid) return;
    std::memcpy(&pid, sabir_message_data(*reply), sizeof pid);
    begun.where->add_child(pid, begun.of_supervisor);
  }

  void check_arming(sabir_status status, const target &to, bool too_big) {
    if (too_big && status == SABIR_E_TOO_BIG) return;
    switch (to.from) {
      case origin::none: EXPECT(status, SABIR_E_NO_ACTOR); break;
      case origin::foreign: EXPECT(status, SABIR_E_FOREIGN); break;
      case origin::wild: EXPECT(status, SABIR_OK, SABIR_E_DEAD, SABIR_E_NO_ACTOR, SABIR_E_FOREIGN); break;
      case origin::ours: EXPECT(status, SABIR_OK, SABIR_E_DEAD); break;
    }
    ORACLE(!too_big || status != SABIR_OK);
  }
};

}  // namespace fuzz
