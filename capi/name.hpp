// Names from a C call: for registry.cpp and group.cpp; and the messages that its calls with _bytes make.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <string_view>

#include "guard.hpp"

namespace sabir::capi {

// A name that must be there. Errors: INVALID.
inline Status read_name(const char *given, std::string_view &name) noexcept {
  if (!given) return SABIR_E_INVALID;
  const std::size_t size = strnlen(given, SABIR_NAME_SIZE_MAX + 1);
  name = {given, size};
  return size == 0 || size > SABIR_NAME_SIZE_MAX || !is_utf8(name) ? SABIR_E_INVALID : SABIR_OK;
}

// Sends a copy of the bytes: send(Message *&), which moves the message on success. Errors: INVALID, TOO_BIG, NOMEM, send's.
template <class Send>
Status send_copy(const actor::Engine &engine, Thread &thread, sabir_type type, const void *data, std::size_t size, Send &&send) {
  if (!data && size > 0) return SABIR_E_INVALID;
  if (size > engine.message_size_limit) return SABIR_E_TOO_BIG;
  // Also where a wait in the send is cancelled.
  struct Owner {
    Thread &thread;
    Message *message;
    ~Owner() {
      if (message) free_message(thread, message);
    }
  } owner{thread, allocate_message(thread, type, size)};
  if (!owner.message) return SABIR_E_NOMEM;
  if (size > 0) std::memcpy(owner.message->data, data, size);
  return send(owner.message);
}

}  // namespace sabir::capi
