// SPDX-License-Identifier: Apache-2.0
#include "sabir/group.h"

#include <algorithm>
#include <vector>

#include "actor/multicast.hpp"
#include "group/groups.hpp"
#include "name.hpp"

namespace {

using namespace sabir;
using namespace sabir::capi;

// context: the sender's, or NULL. message: moved on success.
Status send(System &system, Thread &thread, actor::Context *context, const char *given, Message *&message, size_t *received) {
  std::string_view name;
  if (const Status status = read_name(given, name); !status.ok()) return status;
  std::vector<std::uint64_t> members;   // nothing is sent under the group's mutex
  system.groups().with_members(name, [&](const std::uint64_t *pids, std::size_t count) { members.assign(pids, pids + count); });
  if (members.empty()) return SABIR_E_NO_MEMBER;
  std::size_t took = 0;
  const Status status = actor::multicast(system.engine(), thread, context, members.data(), members.size(), message, took);
  if (received) *received = took;
  return status;
}

}  // namespace

extern "C" {

sabir_status sabir_group_join(sabir_system *system, const char *group, sabir_pid pid) {
  return with_system(system, [&](System &target, Thread &) -> sabir_status {
    std::string_view name;
    if (const Status status = read_name(group, name); !status.ok()) return status;
    if (target.engine().closing.load(std::memory_order_relaxed)) return SABIR_E_CLOSED;
    return target.groups().join(name, pid);
  });
}

sabir_status sabir_group_leave(sabir_system *system, const char *group, sabir_pid pid) {
  return with_system(system, [&](System &target, Thread &) -> sabir_status {
    std::string_view name;
    if (const Status status = read_name(group, name); !status.ok()) return status;
    return target.groups().leave(name, pid);
  });
}

sabir_status sabir_group_members(sabir_system *system, const char *group, sabir_pid *pids, size_t capacity, size_t *count) {
  if (count) *count = 0;
  return with_system(system, [&](System &target, Thread &) -> sabir_status {
    std::string_view name;
    if (!count || (!pids && capacity > 0)) return SABIR_E_INVALID;
    if (const Status status = read_name(group, name); !status.ok()) return status;
    target.groups().with_members(name, [&](const std::uint64_t *found, std::size_t number) {
      if (pids) std::copy_n(found, std::min(number, capacity), pids);
      *count = number;
    });
    return SABIR_OK;
  });
}

sabir_status sabir_group_send(sabir_system *system, const char *group, sabir_message **message, size_t *received) {
  if (received) *received = 0;
  return with_system(system, [&](System &target, Thread &thread) -> sabir_status {
    if (!message || !*message) return SABIR_E_INVALID;
    return send(target, thread, nullptr, group, *message, received);
  });
}

sabir_status sabir_group_send_bytes(sabir_system *system, const char *group, sabir_type type, const void *data, size_t size,
                                    size_t *received) {
  if (received) *received = 0;
  return with_system(system, [&](System &target, Thread &thread) -> sabir_status {
    return send_copy(target.engine(), thread, type, data, size,
                     [&](Message *&message) { return send(target, thread, nullptr, group, message, received); });
  });
}

sabir_status sabir_context_group_send(sabir_context *context, const char *group, sabir_message **message, size_t *received) {
  if (received) *received = 0;
  return with_context(context, [&](actor::Context &sender) -> sabir_status {
    if (!message || !*message) return SABIR_E_INVALID;
    return send(system_of(sender), *sender.thread, &sender, group, *message, received);
  });
}

sabir_status sabir_context_group_send_bytes(sabir_context *context, const char *group, sabir_type type, const void *data, size_t size,
                                            size_t *received) {
  if (received) *received = 0;
  return with_context(context, [&](actor::Context &sender) -> sabir_status {
    return send_copy(*sender.engine, *sender.thread, type, data, size,
                     [&](Message *&message) { return send(system_of(sender), *sender.thread, &sender, group, message, received); });
  });
}
}
