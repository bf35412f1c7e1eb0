// SPDX-License-Identifier: Apache-2.0
#include "supervision/request.hpp"

#include <cstring>
#include <new>

namespace sabir::supervision {

namespace {

struct Carrier : Request {
  SupervisorRequest *request;
};

// What a list's message carries before its entries; nothing else has this flag and this size of header.
struct ListHeader {
  std::uint64_t count;
};

std::uint32_t told_state(const Child &child) noexcept {
  switch (child.state) {
    case ChildState::stopped: return SABIR_CHILD_STOPPED;
    case ChildState::starting: return SABIR_CHILD_STARTING;
    case ChildState::running: return SABIR_CHILD_RUNNING;
    case ChildState::halting:
    case ChildState::ending: return SABIR_CHILD_ENDING;
    case ChildState::suspended: return SABIR_CHILD_WAITING;
  }
  return SABIR_CHILD_STOPPED;
}

}  // namespace

Message *make_request(Thread &thread, std::unique_ptr<SupervisorRequest> request) {
  Message *message = allocate_message(thread, 0, sizeof(Carrier));
  if (!message) throw std::bad_alloc();
  auto *carrier = new (message->payload()) Carrier;
  carrier->end = [](Request &ended) noexcept { delete static_cast<Carrier &>(ended).request; };
  carrier->request = request.release();
  message->set(message_flag::request);
  message->size = 0;
  message->data = nullptr;
  return message;
}

SupervisorRequest &request_of(Message &message) noexcept { return *static_cast<Carrier *>(message.payload())->request; }

Message *make_list(Thread &thread, const Child *first, std::size_t count) noexcept {
  std::size_t size = sizeof(ListHeader) + count * sizeof(Listed);
  std::size_t id_offset = size;
  for (const Child *child = first; child; child = child->next) size += child->spec.id.size() + 1;
  Message *message = allocate_message(thread, 0, size);
  if (!message) return nullptr;
  message->set(message_flag::list);
  auto *bytes = static_cast<char *>(message->data);
  new (bytes) ListHeader{count};
  auto *entry = reinterpret_cast<Listed *>(bytes + sizeof(ListHeader));
  for (const Child *child = first; child; child = child->next) {
    new (entry++) Listed{child->pid,         child->restarts,
                         told_state(*child), static_cast<std::uint32_t>(child->spec.restart),
                         child->health,      child->spec.supervisor ? 1u : 0u,
                         id_offset};
    std::memcpy(bytes + id_offset, child->spec.id.c_str(), child->spec.id.size() + 1);
    id_offset += child->spec.id.size() + 1;
  }
  return message;
}

bool read_list(const Message &message, const Listed *&entries, std::size_t &count) noexcept {
  if (!message.has(message_flag::list)) return false;
  const auto *bytes = static_cast<const char *>(message.data);
  count = reinterpret_cast<const ListHeader *>(bytes)->count;
  entries = reinterpret_cast<const Listed *>(bytes + sizeof(ListHeader));
  return true;
}

}  // namespace sabir::supervision
