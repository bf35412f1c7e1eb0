// SPDX-License-Identifier: Apache-2.0
#include "home.hpp"

#include <utility>

#include "base/memory.hpp"
#include "executor/polled.hpp"
#include "sabir/delivery.h"

namespace sabir::capi {

namespace {

// The polled executor behind a handle, or NULL.
executor::Polled *polled_of(const handles::Pin &pin) noexcept {
  auto *entry = static_cast<ExecutorEntry *>(pin.object());
  return entry && entry->shape.kind == SABIR_EXECUTOR_POLLED ? static_cast<executor::Polled *>(entry->scheduler.get()) : nullptr;
}

// It is not up any more, nor will be.
void forget(executor::Board &board, const executor::Notice &notice) noexcept {
  board.notices.fetch_sub(1, std::memory_order_relaxed);
  if (notice.bounded) board.leave(notice.bytes);
}

void bring(executor::Polled &polled, executor::Notice &notice) noexcept {
  executor::Board &board = *polled.board();
  if (board.put_up(notice)) {
    polled.announce();
    return;
  }
  board.lose();
  forget(board, notice);
  executor::discard(notice);
}

}  // namespace

Status make_notice(sabir_executor *home, std::uint8_t kind, std::uintptr_t value, executor::Notice *&notice) noexcept {
  if (!home) return SABIR_E_INVALID;
  const handles::Pin pin(handles::Kind::executor, reinterpret_cast<std::uintptr_t>(home));
  if (!pin.object()) return SABIR_E_HANDLE;
  executor::Polled *polled = polled_of(pin);
  if (!polled) return SABIR_E_INVALID;
  if (polled->disowned()) return SABIR_E_CLOSED;
  notice = memory::create<executor::Notice>();
  if (!notice) return SABIR_E_NOMEM;
  notice->kind = kind;
  notice->home = reinterpret_cast<std::uintptr_t>(home);
  notice->value = value;
  polled->board()->notices.fetch_add(1, std::memory_order_relaxed);
  return SABIR_OK;
}

void unmake(executor::Notice &notice) noexcept {
  const handles::Pin pin(handles::Kind::executor, notice.home);
  if (executor::Polled *polled = polled_of(pin)) polled->board()->notices.fetch_sub(1, std::memory_order_relaxed);
  memory::destroy(&notice);
}

void post(executor::Notice &notice) noexcept {
  if (forked()) return;
  const handles::Pin pin(handles::Kind::executor, notice.home);
  executor::Polled *polled = polled_of(pin);
  polled ? bring(*polled, notice) : executor::discard(notice);
}

void tell(const executor::Notice &subscriber, const Told &told, std::size_t size, Message *(*make)(Thread &, const void *from),
          const void *from) noexcept {
  const handles::Pin pin(handles::Kind::executor, subscriber.home);
  executor::Polled *polled = polled_of(pin);
  if (!polled) return;
  executor::Board &board = *polled->board();
  if (!board.enter(size)) return board.lose();
  auto *notice = memory::create<executor::Notice>();
  Message *message = notice ? make(pin.thread(), from) : nullptr;
  if (!message) {
    memory::destroy(notice);
    board.leave(size);
    return board.lose();
  }
  notice->kind = told.kind;
  notice->bounded = true;
  notice->bytes = size;
  notice->home = subscriber.home;
  notice->value = subscriber.value;
  notice->message = message;
  notice->code = told.code;
  notice->actor = told.actor;
  notice->state = told.state;
  board.notices.fetch_add(1, std::memory_order_relaxed);
  bring(*polled, *notice);
}

void free_notice(executor::Board &board, executor::Notice &notice) noexcept {
  forget(board, notice);
  memory::destroy(&notice);
}

namespace {

executor::Notice &notice_of(std::uintptr_t argument) noexcept { return *reinterpret_cast<executor::Notice *>(argument); }

void drop_at_home(std::uintptr_t argument) { post(notice_of(argument)); }

void lose_at(std::uintptr_t home) noexcept {
  const handles::Pin pin(handles::Kind::executor, home);
  if (executor::Polled *polled = polled_of(pin)) polled->board()->lose();
}

void leak_at_home(std::uintptr_t argument) noexcept {
  lose_at(notice_of(argument).home);
  unmake(notice_of(argument));
}

}  // namespace

Status hold_at(System &system, std::uintptr_t value, sabir_executor *home, bool moved, actor::ArgumentRef &argument, const char *what,
               sabir_error **error) {
  executor::Notice *notice = nullptr;
  if (const Status status = make_notice(home, SABIR_DELIVERY_DROP, value, notice); !status.ok()) {
    if (status == SABIR_E_NOMEM) {
      if (moved) lose_at(reinterpret_cast<std::uintptr_t>(home));
      return status;
    }
    const char *why = status == SABIR_E_HANDLE   ? ".drop_home was destroyed, or is no executor"
                      : status == SABIR_E_CLOSED ? ".drop_home was disowned"
                                                 : ".drop_home is no polled executor";
    return fail(error, status, std::string(what) + why);
  }
  try {
    argument = std::make_shared<actor::Argument>();
  } catch (...) {
    moved ? post(*notice) : unmake(*notice);
    throw;
  }
  argument->value = value;
  argument->drop = drop_at_home;
  argument->dropped = reinterpret_cast<std::uintptr_t>(notice);
  argument->leak = leak_at_home;
  argument->host = &system;
  return SABIR_OK;
}

void take_back(actor::Argument &argument) noexcept {
  argument.drop = nullptr;
  unmake(notice_of(argument.dropped));
}

void drop_at(sabir_executor *home, std::uintptr_t value) noexcept {
  executor::Notice *notice = nullptr;
  const Status status = make_notice(home, SABIR_DELIVERY_DROP, value, notice);
  if (status.ok()) post(*notice);
  if (status == SABIR_E_NOMEM) lose_at(reinterpret_cast<std::uintptr_t>(home));
}

}  // namespace sabir::capi

namespace {

using namespace sabir;
using namespace sabir::capi;

void release_at_home(void *, std::size_t, std::uintptr_t argument) { post(notice_of(argument)); }

void reply_at_home(std::uintptr_t argument, sabir_ref, sabir_status status, sabir_message **reply) {
  executor::Notice &notice = notice_of(argument);
  notice.status = status;
  notice.message = std::exchange(*reply, nullptr);
  post(notice);
}

// Makes the notice of an end, and unmakes it where call(std::uintptr_t notice), which is to bring that about, fails.
template <class Call>
sabir_status with_notice(sabir_executor *home, std::uint8_t kind, std::uintptr_t value, Call &&call) {
  return guard([&]() -> sabir_status {
    executor::Notice *notice = nullptr;
    if (const Status status = make_notice(home, kind, value, notice); !status.ok()) return status;
    const sabir_status status = call(reinterpret_cast<std::uintptr_t>(notice));
    if (status != SABIR_OK) unmake(*notice);
    return status;
  });
}

}  // namespace

extern "C" {

sabir_status sabir_message_wrap_at(sabir_type type, void *data, size_t size, sabir_executor *home, uintptr_t value,
                                   sabir_message **message) {
  if (message) *message = nullptr;
  if (!message || (!data && size > 0)) return SABIR_E_INVALID;
  return with_notice(home, SABIR_DELIVERY_RELEASE, value,
                     [&](std::uintptr_t notice) { return sabir_message_wrap(type, data, size, release_at_home, notice, message); });
}

sabir_status sabir_ask_begin_at(sabir_system *system, sabir_pid to, sabir_message **message, uint64_t timeout_ns, sabir_executor *home,
                                uintptr_t value, sabir_ref *ref) {
  if (ref) *ref = 0;
  return with_notice(home, SABIR_DELIVERY_REPLY, value,
                     [&](std::uintptr_t notice) { return sabir_ask_begin(system, to, message, timeout_ns, reply_at_home, notice, ref); });
}

sabir_status sabir_router_ask_begin_at(sabir_router *router, sabir_message **message, uint64_t timeout_ns, sabir_executor *home,
                                       uintptr_t value, sabir_ref *ref) {
  if (ref) *ref = 0;
  return with_notice(home, SABIR_DELIVERY_REPLY, value, [&](std::uintptr_t notice) {
    return sabir_router_ask_begin(router, message, timeout_ns, reply_at_home, notice, ref);
  });
}
}
