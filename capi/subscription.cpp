// Who is told at home of what happens: the log, dead letters, the end of a shutdown.
//
// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "home.hpp"
#include "sabir/delivery.h"

namespace {

using namespace sabir;
using namespace sabir::capi;

// A subscription's argument is the notice of its end, which has the home and the value.
executor::Notice &end_of(std::uintptr_t argument) noexcept { return *reinterpret_cast<executor::Notice *>(argument); }
std::uintptr_t argument_of(executor::Notice &end) noexcept { return reinterpret_cast<std::uintptr_t>(&end); }

void tell_end(std::uintptr_t argument) { post(end_of(argument)); }

std::size_t size_of(const sabir_log_record &record) noexcept {
  std::size_t size = 0;
  for (const char *text : {record.text, record.source, record.actor, record.system}) size += std::strlen(text) + 1;
  return size;
}

// The text first, so that the payload may be read as that alone.
Message *message_of(Thread &thread, const sabir_log_record &record) noexcept {
  Message *message = allocate_message(thread, 0, size_of(record));
  if (!message) return nullptr;
  auto *out = static_cast<char *>(message->data);
  for (const char *text : {record.text, record.source, record.actor, record.system}) {
    const std::size_t size = std::strlen(text) + 1;
    std::memcpy(out, text, size);
    out += size;
  }
  return message;
}

void log_at_home(std::uintptr_t argument, const sabir_log_record *record) {
  tell(
      end_of(argument), {SABIR_DELIVERY_LOG, static_cast<std::uint32_t>(record->level), record->pid, 0}, size_of(*record),
      [](Thread &thread, const void *from) { return message_of(thread, *static_cast<const sabir_log_record *>(from)); }, record);
}

std::size_t size_of(const Message &message) noexcept { return message.has(message_flag::native) ? 0 : message.size; }

// A copy that is nobody's question, so that its end is none. An object is not in it.
Message *copy_of(Thread &thread, const Message &message) noexcept {
  const std::size_t size = size_of(message);
  Message *copy;
  if (has_failure(message.kind)) {
    const Failure &failure = failure_of(const_cast<Message &>(message));
    copy = allocate_failure(thread, size);
    if (copy) set_failure(*copy, message.ref, failure.status, static_cast<const char *>(message.data), size, failure.exit);
  } else {
    copy = allocate_message(thread, message.type, size);
    if (!copy) return nullptr;
    if (size > 0) std::memcpy(copy->data, message.data, size);
    copy->kind = message.kind;
    if (message.kind != MessageKind::message) copy->ref = message.ref;
  }
  if (copy) copy->sender = message.sender;
  return copy;
}

void dead_letter_at_home(std::uintptr_t argument, sabir_pid target, std::int32_t cause, const sabir_message *message) {
  tell(
      end_of(argument), {SABIR_DELIVERY_EVENT, SABIR_EVENT_DEAD_LETTER, target, static_cast<std::uint64_t>(cause)}, size_of(*message),
      [](Thread &thread, const void *from) { return copy_of(thread, *static_cast<const Message *>(from)); }, message);
}

void destroy_report(std::uint64_t state) noexcept { delete reinterpret_cast<sabir_report *>(static_cast<std::uintptr_t>(state)); }

void shutdown_at_home(std::uintptr_t argument, sabir_status status, sabir_report *report) {
  executor::Notice &notice = end_of(argument);
  notice.code = SABIR_EVENT_SHUTDOWN;
  notice.status = status;
  notice.state = reinterpret_cast<std::uintptr_t>(report);
  notice.end = destroy_report;
  post(notice);
}

// A notice that is unmade if what it is for does not come to be.
struct Due {
  executor::Notice *notice = nullptr;
  ~Due() {
    if (notice) unmake(*notice);
  }
  Status settle(Status status) noexcept {
    if (status.ok()) notice = nullptr;
    return status;
  }
};

}  // namespace

extern "C" {

sabir_status sabir_log_set_sink_at(sabir_system *system, sabir_executor *home, uintptr_t value) {
  return with_system(system, [&](System &target, Thread &) -> sabir_status {
    if (target.engine().closing.load(std::memory_order_relaxed)) return SABIR_E_CLOSED;
    Due end;
    if (const Status status = make_notice(home, SABIR_DELIVERY_DROP, value, end.notice); !status.ok()) return status;
    return end.settle(target.log_sink().set_sink(log_at_home, argument_of(*end.notice), tell_end, /*until_shutdown*/ true));
  });
}

sabir_status sabir_dead_letter_subscribe_at(sabir_system *system, sabir_executor *home, uintptr_t value, sabir_ref *ref) {
  if (ref) *ref = 0;
  return with_system(system, [&](System &target, Thread &) -> sabir_status {
    if (!ref) return SABIR_E_INVALID;
    if (target.engine().closing.load(std::memory_order_relaxed)) return SABIR_E_CLOSED;
    Due end;
    if (const Status status = make_notice(home, SABIR_DELIVERY_DROP, value, end.notice); !status.ok()) return status;
    return end.settle(target.dead_letters().subscribe(dead_letter_at_home, argument_of(*end.notice), tell_end, *ref));
  });
}

sabir_status sabir_system_shutdown_begin_at(sabir_system *system, uint64_t timeout_ns, sabir_executor *home, uintptr_t value) {
  return with_system(system, [&](System &target, Thread &) -> sabir_status {
    Due end;
    if (const Status status = make_notice(home, SABIR_DELIVERY_EVENT, value, end.notice); !status.ok()) return status;
    return end.settle(target.begin_shutdown(timeout_ns ? timeout_ns : target.configuration().shutdown_timeout_ns, shutdown_at_home,
                                            argument_of(*end.notice), /*before_executors*/ true));
  });
}
}
