// Requests to supervisors: what the message that sabir_request_... makes carries, and the list that answers one of them.
//
// Threads: one at a time, as any message. Ownership: the message owns its request.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mailbox/message.hpp"
#include "sabir/supervisor.h"
#include "supervision/child.hpp"

namespace sabir::supervision {

enum class RequestKind : std::uint8_t { supervise, child, list };

struct SupervisorRequest {
  RequestKind kind = RequestKind::list;
  std::uint32_t tag = 0;       // supervise: of the system that it was made for
  ChildSpec spec;              // supervise
  bool from_template = false;  // supervise: the spec has an argument and a name only
  std::uint32_t action = 0;    // child: SABIR_CHILD_...
  std::string id;              // child
  std::uint64_t pid = 0;       // child, where id is empty
};

// A message that carries it. Throws std::bad_alloc.
Message *make_request(Thread &thread, std::unique_ptr<SupervisorRequest> request);
SupervisorRequest &request_of(Message &message) noexcept;

// One child in a list.
struct Listed {
  std::uint64_t pid;
  std::uint64_t restarts;
  std::uint32_t state;         // SABIR_CHILD_STOPPED ...
  std::uint32_t restart;
  std::uint32_t health;
  std::uint32_t supervisor;
  std::uint64_t id_offset;     // in bytes, from the list's beginning; NUL-terminated
};

// A message that is a list: a header, the entries, then the ids. NULL: out of memory.
Message *make_list(Thread &thread, const Child *first, std::size_t count) noexcept;
// Its entries; false: the message is no list.
bool read_list(const Message &message, const Listed *&entries, std::size_t &count) noexcept;

}  // namespace sabir::supervision
