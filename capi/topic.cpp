// SPDX-License-Identifier: Apache-2.0
#include "sabir/topic.h"

#include <cstring>

#include "guard.hpp"
#include "topic/topics.hpp"

namespace {

using namespace sabir;
using namespace sabir::capi;
using topic::Publication;

// The caller's name, of which at most one byte too many is looked at.
std::string_view read_name(const char *name) noexcept { return {name, strnlen(name, SABIR_SUBJECT_MAX + 1)}; }

sabir_status subscribe(System &system, Thread &thread, const char *pattern, sabir_pid subscriber, sabir_ref *ref) {
  if (!pattern || !ref) return SABIR_E_INVALID;
  const std::string_view name = read_name(pattern);
  if (topic::fault_of_pattern(name)) return SABIR_E_INVALID;
  if (system.engine().closing.load(std::memory_order_relaxed)) return SABIR_E_CLOSED;
  const std::uint64_t number = link::next_ref(system.engine().tag);
  const Status status = system.topics().subscribe(thread, name, subscriber, number);
  if (status.ok()) *ref = number;
  return status;
}

// Reads what is to be published. False: it is INVALID.
bool read(const char *subject, uint32_t flags, Publication &publication) noexcept {
  if (!subject || (flags & ~std::uint32_t{SABIR_PUBLISH_RETAIN}) != 0) return false;
  publication.subject = read_name(subject);
  publication.retain = (flags & SABIR_PUBLISH_RETAIN) != 0;
  return topic::fault_of_subject(publication.subject) == nullptr;
}

sabir_status publish(System &system, Thread &thread, actor::Context *context, const Publication &publication, sabir_message **message,
                     uint64_t *delivered) {
  if (!message || !*message) return SABIR_E_INVALID;
  std::uint64_t number = 0;
  const Status status = system.topics().publish(thread, context, publication, *message, number);
  if (delivered) *delivered = number;
  return status;
}

sabir_status publish(System &system, Thread &thread, actor::Context *context, const char *subject, sabir_message **message, uint32_t flags,
                     uint64_t *delivered) {
  Publication publication;
  if (!read(subject, flags, publication)) return SABIR_E_INVALID;
  return publish(system, thread, context, publication, message, delivered);
}

sabir_status publish_bytes(System &system, Thread &thread, actor::Context *context, const char *subject, sabir_type type, const void *data,
                           size_t size, uint32_t flags, uint64_t *delivered) {
  Publication publication;
  if ((!data && size > 0) || !read(subject, flags, publication)) return SABIR_E_INVALID;
  if (size > system.engine().message_size_limit) return SABIR_E_TOO_BIG;
  // Ended by whoever is left with it, also where an exception passes.
  struct Owned {
    Thread &thread;
    Message *message;
    ~Owned() {
      if (message) free_message(thread, message);
    }
  } owned{thread, allocate_message(thread, type, size)};
  if (!owned.message) return SABIR_E_NOMEM;
  if (size > 0) std::memcpy(owned.message->data, data, size);
  return publish(system, thread, context, publication, &owned.message, delivered);
}

sabir_status publish_filtered(System &system, Thread &thread, actor::Context *context, const char *subject, sabir_message **message,
                              uint32_t flags, sabir_publish_filter_fn filter, uintptr_t argument, uint64_t *delivered) {
  Publication publication;
  if (!filter || !read(subject, flags, publication) || publication.retain) return SABIR_E_INVALID;
  publication.filter = filter;
  publication.argument = argument;
  return publish(system, thread, context, publication, message, delivered);
}

}  // namespace

extern "C" {

sabir_status sabir_subscribe(sabir_system *system, const char *pattern, sabir_pid subscriber, sabir_ref *ref) {
  if (ref) *ref = 0;
  return with_system(system,
                     [&](System &target, Thread &thread) -> sabir_status { return subscribe(target, thread, pattern, subscriber, ref); });
}

sabir_status sabir_context_subscribe(sabir_context *context, const char *pattern, sabir_ref *ref) {
  if (ref) *ref = 0;
  return with_own_context(
      context, [&](actor::Context &self) -> sabir_status { return subscribe(system_of(self), *self.thread, pattern, self.self, ref); });
}

sabir_status sabir_unsubscribe(sabir_system *system, sabir_ref ref) {
  return with_system(
      system, [&](System &target, Thread &) -> sabir_status { return target.topics().unsubscribe(ref) ? SABIR_OK : SABIR_E_NO_REF; });
}

sabir_status sabir_publish(sabir_system *system, const char *subject, sabir_message **message, uint32_t flags, uint64_t *delivered) {
  if (delivered) *delivered = 0;
  return with_system(system, [&](System &target, Thread &thread) -> sabir_status {
    return publish(target, thread, nullptr, subject, message, flags, delivered);
  });
}

sabir_status sabir_context_publish(sabir_context *context, const char *subject, sabir_message **message, uint32_t flags,
                                   uint64_t *delivered) {
  if (delivered) *delivered = 0;
  return with_context(context, [&](actor::Context &self) -> sabir_status {
    return publish(system_of(self), *self.thread, &self, subject, message, flags, delivered);
  });
}

sabir_status sabir_publish_bytes(sabir_system *system, const char *subject, sabir_type type, const void *data, size_t size, uint32_t flags,
                                 uint64_t *delivered) {
  if (delivered) *delivered = 0;
  return with_system(system, [&](System &target, Thread &thread) -> sabir_status {
    return publish_bytes(target, thread, nullptr, subject, type, data, size, flags, delivered);
  });
}

sabir_status sabir_context_publish_bytes(sabir_context *context, const char *subject, sabir_type type, const void *data, size_t size,
                                         uint32_t flags, uint64_t *delivered) {
  if (delivered) *delivered = 0;
  return with_context(context, [&](actor::Context &self) -> sabir_status {
    return publish_bytes(system_of(self), *self.thread, &self, subject, type, data, size, flags, delivered);
  });
}

sabir_status sabir_publish_filtered(sabir_system *system, const char *subject, sabir_message **message, uint32_t flags,
                                    sabir_publish_filter_fn filter, uintptr_t argument, uint64_t *delivered) {
  if (delivered) *delivered = 0;
  return with_system(system, [&](System &target, Thread &thread) -> sabir_status {
    return publish_filtered(target, thread, nullptr, subject, message, flags, filter, argument, delivered);
  });
}

sabir_status sabir_context_publish_filtered(sabir_context *context, const char *subject, sabir_message **message, uint32_t flags,
                                            sabir_publish_filter_fn filter, uintptr_t argument, uint64_t *delivered) {
  if (delivered) *delivered = 0;
  return with_context(context, [&](actor::Context &self) -> sabir_status {
    return publish_filtered(system_of(self), *self.thread, &self, subject, message, flags, filter, argument, delivered);
  });
}
}
