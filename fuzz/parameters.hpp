// What the operations of a harness draw from its input: pids, scripts, messages, times, and what may come of them.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bytes.hpp"
#include "scripted.hpp"

#include <algorithm>

namespace fuzz {

inline constexpr std::uint64_t size_limit = 1024;
inline constexpr std::uint64_t short_ns = 50'000;

// A system that is never used but for its pid, which is foreign to every other.
inline sabir_pid foreign_pid() {
  static const sabir_pid pid = [] {
    static sabir_system *system = nullptr;
    static sabir_port *port = nullptr;
    sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
    options.workers = 1;
    EXPECT(sabir_system_create(&options, &system, nullptr), SABIR_OK);
    EXPECT(sabir_port_create(system, nullptr, &port, nullptr), SABIR_OK);
    return sabir_port_pid(port);
  }();
  return pid;
}

class parameters {
 protected:
  parameters(const std::uint8_t *data, std::size_t size) : in_(data, size) {}

  enum class origin { ours, none, wild, foreign };
  struct target {
    sabir_pid pid;
    origin from;
  };

  target pid() {
    switch (in_.below(12)) {
      case 0: return {0, origin::none};
      case 1: return {foreign_pid(), origin::foreign};
      case 2: return {sabir_pid{in_.word()} << 32 | in_.word(), origin::wild};
      case 3: {
        // Next to a real one: another generation, index or system.
        const sabir_pid real = world_.pid_at(in_.byte());
        return {real ^ (sabir_pid{1} << in_.below(64)), origin::wild};
      }
      default: break;
    }
    const sabir_pid real = world_.pid_at(in_.byte());
    return {real, real == 0 ? origin::none : origin::ours};
  }

  script make_script() {
    script made;
    made.command = in_.byte();
    made.hops = static_cast<std::uint8_t>(in_.below(6));
    made.to = in_.byte();
    made.value = in_.byte();
    return made;
  }

  // A send may have any of these ends, by where the pid comes from; dead pids stay dead.
  void check_send(sabir_status status, const target &to, bool too_big) {
    if (too_big && status == SABIR_E_TOO_BIG) return;
    switch (to.from) {
      case origin::none: EXPECT(status, SABIR_E_NO_ACTOR); return;
      case origin::foreign: EXPECT(status, SABIR_E_FOREIGN); return;
      case origin::wild: EXPECT(status, WILD_SENDS); break;
      case origin::ours: EXPECT(status, SENDS); break;
    }
    ORACLE(!(too_big && status == SABIR_OK));
    ORACLE(status != SABIR_E_CLOSED);  // nobody has closed the system
    note_dead(to, status);
  }

  // The timeout of an ask may come before a send that fails: then the ask was made, and has ended. What can be refused at once is.
  void check_ask(sabir_status status, const target &to, std::uint64_t timeout_ns, bool too_big) {
    if (status == SABIR_E_TIMEOUT)   // there was no room in time, of a mailbox that blocks
      ORACLE(timeout_ns != SABIR_FOREVER && (to.from == origin::ours || to.from == origin::wild));
    else if (status != SABIR_OK || timeout_ns == SABIR_FOREVER)
      check_send(status, to, too_big);
    else
      ORACLE(to.from == origin::ours || to.from == origin::wild);
  }

  void note_dead(const target &to, sabir_status status) {
    // A child is dead while it is drained, and lives again.
    if (world_.supervises && (to.from != origin::ours || world_.is_child(to.pid))) return;
    auto &dead = world_.known_dead;
    const bool known = std::find(dead.begin(), dead.end(), to.pid) != dead.end();
    if (known) ORACLE(status == SABIR_E_DEAD);
    // A pid that is only closed to messages (drained) is no different to a sender.
    else if (status == SABIR_E_DEAD && dead.size() < 64)
      dead.push_back(to.pid);
  }

  std::uint64_t timeout_ns() {
    switch (in_.below(4)) {
      case 0: return 0;
      case 1: return 1;
      case 2: return SABIR_FOREVER;
      default: return 1 + in_.byte() * 200u;
    }
  }

  void keep(sabir_message *message) {
    const std::lock_guard lock(world_.mutex);
    world_.messages.push_back(message);
  }

  sabir_message *take_message() {
    const std::size_t which = in_.byte();
    const std::lock_guard lock(world_.mutex);
    if (world_.messages.empty()) return nullptr;
    std::swap(world_.messages[which % world_.messages.size()], world_.messages.back());
    sabir_message *const message = world_.messages.back();
    world_.messages.pop_back();
    return message;
  }

  bytes in_;
  world world_;
};

}  // namespace fuzz
