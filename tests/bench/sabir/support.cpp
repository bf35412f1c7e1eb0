// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

namespace bench {

sabir_mailbox_options unbounded_mailbox() {
  sabir_mailbox_options options = SABIR_MAILBOX_OPTIONS_INIT;
  options.capacity = SABIR_UNBOUNDED;
  return options;
}

sabir_mailbox_options blocking_mailbox() {
  sabir_mailbox_options options = SABIR_MAILBOX_OPTIONS_INIT;
  options.overflow = SABIR_OVERFLOW_BLOCK;
  return options;
}

Behavior::Behavior(const char *name, sabir_receive_fn receive, sabir_start_fn start, sabir_stop_fn stop) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT(name);
  callbacks.start = start;
  callbacks.receive = receive;
  callbacks.stop = stop;
  check(sabir_behavior_create(&callbacks, &handle_), "sabir_behavior_create");
}

namespace {

/* Far more restarts than there can be within so short a period. */
constexpr std::uint64_t supervisor_period_ns = 100000000;

}  // namespace

System::System(std::uint32_t workers) {
  sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
  options.workers = workers;
  check(sabir_system_create(&options, &handle_, nullptr), "sabir_system_create");
  check(sabir_port_create(handle_, nullptr, &port_, nullptr), "sabir_port_create");
}

System::~System() {
  sabir_port_destroy(&port_);
  check(sabir_system_shutdown(handle_, completion_timeout_ns, nullptr), "sabir_system_shutdown");
  check(sabir_system_destroy(&handle_), "sabir_system_destroy");
}

sabir_pid System::spawn(const Behavior &behavior, void *argument, const sabir_mailbox_options *mailbox) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  options.argument = reinterpret_cast<uintptr_t>(argument);
  options.mailbox = mailbox;
  sabir_pid pid = 0;
  check(sabir_spawn(handle_, behavior.handle(), &options, &pid, nullptr), "sabir_spawn");
  return pid;
}

sabir_pid System::supervise(sabir_pid supervisor, const char *id, const Behavior &behavior, void *argument,
                            const sabir_mailbox_options *mailbox) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  options.argument = reinterpret_cast<uintptr_t>(argument);
  options.mailbox = mailbox;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  spec.spawn = &options;
  sabir_pid pid = 0;
  check(sabir_supervise(handle_, supervisor, id, behavior.handle(), &spec, &pid, nullptr), "sabir_supervise");
  return pid;
}

sabir_pid System::supervisor(const char *id) {
  const sabir_mailbox_options mailbox = unbounded_mailbox();
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  options.mailbox = &mailbox;
  sabir_supervisor_options supervisor = SABIR_SUPERVISOR_OPTIONS_INIT;
  supervisor.intensity = SABIR_INTENSITY_MAX;
  supervisor.period_ns = supervisor_period_ns;
  sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  spec.spawn = &options;
  spec.supervisor = &supervisor;
  sabir_pid pid = 0;
  check(sabir_supervise(handle_, 0, id, nullptr, &spec, &pid, nullptr), "sabir_supervise");
  return pid;
}

void System::send(sabir_pid to, sabir_type type, std::uint64_t value) {
  check(sabir_send_bytes(handle_, to, type, &value, sizeof value), "sabir_send_bytes");
}

std::uint64_t System::await(std::uint64_t count) {
  std::uint64_t sum = 0;
  for (; count != 0; --count) {
    sabir_message *message = nullptr;
    check(sabir_port_receive(port_, completion_timeout_ns, &message), "sabir_port_receive");
    sum += value_of(message);
    sabir_message_destroy(&message);
  }
  return sum;
}

}  // namespace bench
