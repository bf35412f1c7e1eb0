// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstring>

#include "actor/delivered.hpp"
#include "actor/delivery.hpp"
#include "base/utf8.hpp"
#include "delivery.hpp"
#include "home.hpp"
#include "polled.hpp"
#include "sabir/delivery.h"
#include "spawn.hpp"

namespace {

using namespace sabir;
using namespace sabir::capi;
using executor::Board;
using executor::Parcel;
using executor::Slot;

constexpr std::size_t packed(std::size_t size) noexcept { return (size + 7) & ~std::size_t{7}; }

constexpr std::string_view unnamed_field = "a field is set that the command's kind does not name";
constexpr std::string_view unknown_kind = "there is no such kind of command";

// One turn: executes commands, and writes what comes of it.
class Turn final : public executor::Guest {
 public:
  Turn(sabir_executor *handle, ExecutorEntry &entry, Thread &thread, const char *commands, std::size_t commands_size, char *records,
       std::size_t records_size) noexcept
      : handle_(handle),
        system_(*entry.system),
        thread_(thread),
        board_(*entry.scheduler->board()),
        command_(commands),
        commands_end_(commands + commands_size),
        commands_(commands),
        record_(records),
        records_end_(records + records_size),
        records_(records) {}
  ~Turn() override { give_back_all(); }
  Turn(const Turn &) = delete;
  Turn &operator=(const Turn &) = delete;

  bool in_haste() const noexcept override { return command_ != commands_end_; }
  bool full() const noexcept override { return board_.ready() * sizeof(sabir_record) >= static_cast<std::size_t>(records_end_ - record_); }
  void enter() override;
  void collect() override;

  std::size_t commands_done() const noexcept { return static_cast<std::size_t>(command_ - commands_); }
  std::size_t records_used() const noexcept { return static_cast<std::size_t>(record_ - records_); }
  bool is_malformed() const noexcept { return malformed_; }
  bool is_closed() const noexcept { return closed_; }

 private:
  const sabir_command *next_command() noexcept;
  void execute(const sabir_command &command);
  Status send(const sabir_command &command);
  Status send_payload(const sabir_command &command) noexcept;
  Status ask(const sabir_command &command, std::uint64_t &ref);
  Status reply(const sabir_command &command);
  Status reply_error(const sabir_command &command);
  Status spawn_one(const sabir_command &command, std::uint64_t &pid, sabir_error **error);
  void complete_all();
  Status complete_one(Board::Completing &completing, const sabir_command &command, executor::Task *&nudged) noexcept;
  template <class Body>
  Status as_handler(std::uint64_t context, Body &&body);
  Status borrow(std::uint64_t context, Slot *&slot) noexcept;
  bool has_borrowed() const noexcept { return borrowed_first_ != borrowed_end_; }
  void give_back_all() noexcept {
    if (has_borrowed()) give_back_some();
    borrowed_first_ = borrowed_end_ = 0;
  }
  void give_back_some() noexcept;
  // The message that the command moves, or one made of its payload. NULL: no memory.
  Message *message_of(const sabir_command &command) noexcept;
  bool has_room() const noexcept { return static_cast<std::size_t>(records_end_ - record_) >= sizeof(sabir_record); }
  // text: why it failed, where there is room for it.
  void write_result(const sabir_command &command, sabir_status status, std::uint64_t value, std::string_view text = {}) noexcept;
  bool write(Slot &slot) noexcept;
  bool write(const executor::Cancel &cancel) noexcept;
  bool write(executor::Notice &notice) noexcept;
  sabir_record &begin_record(std::uint32_t kind) noexcept;
  bool write_message(Message &message, std::size_t inline_max, sabir_record &record) noexcept;

  sabir_executor *handle_;
  System &system_;
  Thread &thread_;
  Board &board_;
  const char *command_, *commands_end_;
  const char *const commands_;
  char *record_, *records_end_;
  char *const records_;
  const std::uint64_t call_ = board_.next_call();
  actor::Context *here_ = nullptr;   // of the worker that the thread is, if it is one
  // Deliveries that commands have used as a handler does. They stay lent to the turn until the last command, for most of them are completed
  // a few commands later, in the same order, and need not be won for that.
  struct Borrowed {
    std::uint64_t context;
    Slot *slot;
  };
  std::array<Borrowed, 256> borrowed_;  // written before it is read
  std::size_t borrowed_first_ = 0, borrowed_end_ = 0;
  bool malformed_ = false;
  bool closed_ = false;
};

std::string_view text_of(const sabir_command &command) noexcept {
  return {reinterpret_cast<const char *>(&command + 1), command.payload_size - command.detail_size};
}

// Whether a COMPLETE sets a field that is not its own.
inline bool completes_too_much(const sabir_command &command) noexcept { return (command.message | command.type | command.to) != 0; }

// Whether a command is the common SEND: of a payload, from an actor that has a delivery.
inline bool sends_payload(const sabir_command &command) noexcept {
  return command.kind == SABIR_COMMAND_SEND && command.context != 0 &&
         (command.message | command.value | command.flags | command.detail_size) == 0 && command.status == SABIR_OK;
}

// Whether the fields are 0 that the command's kind does not name; for all other kinds.
inline bool is_plain(const sabir_command &command) noexcept {
  const bool no_answer = command.status == SABIR_OK && command.flags == 0;
  const bool no_message = command.message == 0 && command.type == 0;
  const bool one_message = command.message == 0 || (command.type == 0 && command.payload_size == 0);
  const bool one_way = command.context == 0 || command.to == 0;
  switch (command.kind) {
    case SABIR_COMMAND_SEND: return one_message && no_answer && (command.value | command.detail_size) == 0;
    case SABIR_COMMAND_REPLY: return one_message && one_way && no_answer && (command.value | command.detail_size) == 0;
    case SABIR_COMMAND_REPLY_ERROR: return no_message && one_way && (command.value | command.flags | command.detail_size) == 0;
    case SABIR_COMMAND_ASK: return one_message && no_answer && command.detail_size == 0;
    case SABIR_COMMAND_SPAWN:
      return no_message && command.status == SABIR_OK && (command.flags & ~std::uint32_t{SABIR_SPAWN_DROP_HERE}) == 0 &&
             (command.context | command.payload_size | command.detail_size) == 0;
    case SABIR_COMMAND_DEFER:
      return no_message && no_answer && (command.value | command.to | command.payload_size | command.detail_size) == 0;
    default: return command.detail_size == 0;
  }
}

// The next command, if there is one that is packed as it should be.
[[gnu::always_inline]] inline const sabir_command *Turn::next_command() noexcept {
  const auto left = static_cast<std::size_t>(commands_end_ - command_);
  if (left == 0) return nullptr;
  const auto *command = reinterpret_cast<const sabir_command *>(command_);
  malformed_ = left < sizeof(sabir_command) || command->size < sizeof(sabir_command) || command->size > left || command->size % 8 != 0 ||
               command->payload_size > command->size - sizeof(sabir_command) || command->detail_size > command->payload_size;
  return malformed_ ? nullptr : command;
}

void Turn::write_result(const sabir_command &command, sabir_status status, std::uint64_t value, std::string_view text) noexcept {
  sabir_record &record = begin_record(SABIR_DELIVERY_RESULT);
  record.context = command.token;
  record.value = value;
  record.status = status;
  text = beginning_of(text, std::min<std::size_t>((records_end_ - record_ - sizeof record) & ~std::size_t{7}, SABIR_RESULT_TEXT_MAX));
  record.payload_size = text.size();
  record.size += static_cast<std::uint32_t>(packed(text.size()));
  if (!text.empty()) std::memcpy(record_ + sizeof record, text.data(), text.size());
  record_ += record.size;
}

void Turn::enter() {
  // Commands send, and the system's shutdown waits for that, but not for polls.
  const handles::Pin pin(handles::Kind::system, system_.handle());
  closed_ = !pin.object();
  if (closed_) return;
  here_ = actor::context_of(thread_, system_.engine());
  while (const sabir_command *command = next_command()) {
    if (!has_room()) break;  // a command may need it for its result
    if (command->kind == SABIR_COMMAND_COMPLETE) {
      complete_all();
      continue;
    }
    if (sends_payload(*command)) {
      if (const Status status = send_payload(*command); __builtin_expect(!status.ok(), 0)) write_result(*command, status, 0);
    } else {
      execute(*command);
    }
    command_ += command->size;
  }
  give_back_all();
}

// A delivery that a command uses. Errors: CONTEXT, FOREIGN, BUSY.
[[gnu::always_inline]] inline Status Turn::borrow(std::uint64_t context, Slot *&slot) noexcept {
  if (has_borrowed() && borrowed_[borrowed_end_ - 1].context == context) {
    slot = borrowed_[borrowed_end_ - 1].slot;
    return SABIR_OK;
  }
  Status status = board_.lend(context, slot);
  if (__builtin_expect(status == SABIR_E_BUSY && has_borrowed(), 0)) {  // it may be one of them
    give_back_all();
    status = board_.lend(context, slot);
  }
  if (__builtin_expect(!status.ok(), 0)) return status == SABIR_E_CONTEXT ? board_.why_not(context) : status;
  if (__builtin_expect(borrowed_end_ == borrowed_.size(), 0)) give_back_all();
  borrowed_[borrowed_end_++] = {context, slot};
  return SABIR_OK;
}

[[gnu::noinline]] void Turn::give_back_some() noexcept {
  while (has_borrowed()) Board::give_back(*borrowed_[borrowed_first_++].slot);
}

inline Status Turn::complete_one(Board::Completing &completing, const sabir_command &command, executor::Task *&nudged) noexcept {
  if (completes_too_much(command)) return SABIR_E_OPTION;
  const auto value = static_cast<std::uintptr_t>(command.value);
  if (__builtin_expect((command.flags | command.payload_size) == 0, 1)) {
    const executor::Outcome outcome{command.status, 0, value};
    if (__builtin_expect(has_borrowed() && borrowed_[borrowed_first_].context == command.context, 1)) {
      const Status status = completing.complete_lent(command.context, *borrowed_[borrowed_first_].slot, outcome, nudged);
      if (__builtin_expect(status.ok(), 1)) ++borrowed_first_;
      return status;
    }
    for (;;) {
      const Status status = completing.complete(command.context, outcome, nudged);
      if (__builtin_expect(status != SABIR_E_BUSY || !has_borrowed(), 1)) return status;
      give_back_all();  // it may be one of them
    }
  }
  give_back_all();
  const std::string_view text = text_of(command);
  const Completion completion{command.context, command.status, command.flags,
                              value,           text,           {text.data() + text.size(), command.detail_size}};
  try {
    return complete(completing, completion, nudged);
  } catch (const std::bad_alloc &) {
    return SABIR_E_NOMEM;
  }
}

// The completions that come one after another, under one lock.
void Turn::complete_all() {
  executor::Task *nudged[64];
  std::size_t nudges = 0;
  {
    Board::Completing completing(board_);
    for (const sabir_command *command; nudges < 64 && has_room() && (command = next_command());) {
      if (command->kind != SABIR_COMMAND_COMPLETE) break;
      const Status status = complete_one(completing, *command, nudged[nudges]);
      if (__builtin_expect(!status.ok(), 0)) {
        write_result(*command, status, 0, completes_too_much(*command) ? unnamed_field : std::string_view());
      } else if (nudged[nudges]) {
        ++nudges;
      }
      command_ += command->size;
    }
  }
  for (std::size_t i = 0; i < nudges; ++i) nudge(*nudged[i]);
}

void Turn::execute(const sabir_command &command) {
  constexpr std::uint32_t not_plain = 0xffffffff;
  Status status = SABIR_E_NOMEM;
  std::uint64_t value = 0;
  bool tells = false;
  std::string_view text;
  struct Error {
    sabir_error *why = nullptr;
    ~Error() {
      if (why) sabir_error_destroy(&why);
    }
  } error;
  try {
    switch (is_plain(command) ? command.kind : not_plain) {
      case not_plain:
        status = SABIR_E_OPTION;
        text = unnamed_field;
        break;
      case SABIR_COMMAND_SEND: status = send(command); break;
      case SABIR_COMMAND_REPLY: status = reply(command); break;
      case SABIR_COMMAND_REPLY_ERROR: status = reply_error(command); break;
      case SABIR_COMMAND_ASK:
        status = ask(command, value);
        tells = true;
        break;
      case SABIR_COMMAND_SPAWN:
        status = spawn_one(command, value, &error.why);
        if (error.why) text = sabir_error_message(error.why);
        tells = true;
        break;
      case SABIR_COMMAND_DEFER:
        status = as_handler(command.context, [&](actor::Context &self) -> Status { return defer_here(self, value); });
        tells = true;
        break;
      default: status = SABIR_E_INVALID; text = unknown_kind;
    }
  } catch (const std::bad_alloc &) {
  }
  if (tells || !status.ok()) write_result(command, status, value, text);
}

// Runs a body as the handler of a delivery: body(actor::Context &). On the worker that the thread is, if it is one.
template <class Body>
Status Turn::as_handler(std::uint64_t id, Body &&body) {
  Slot *slot = nullptr;
  if (const Status status = borrow(id, slot); __builtin_expect(!status.ok(), 0)) return status;
  if (__builtin_expect(!here_, 0)) return with_lent(*slot, false, thread_, body);
  const actor::Lent lent(*here_, thread_, *slot, false);
  return body(*here_);
}

Message *Turn::message_of(const sabir_command &command) noexcept {
  if (command.message != 0) return reinterpret_cast<Message *>(static_cast<std::uintptr_t>(command.message));
  Message *message = allocate_message(thread_, command.type, command.payload_size);
  if (message && command.payload_size > 0) std::memcpy(message->data, &command + 1, command.payload_size);
  return message;
}

// The message of a command, freed unless it was moved or is the caller's.
struct OwnMessage {
  OwnMessage(Thread &the_thread, Message *the_message, const sabir_command &command) noexcept
      : thread(the_thread), message(the_message), made(command.message == 0) {}
  ~OwnMessage() {
    if (message && made) free_message(thread, message);
  }
  OwnMessage(const OwnMessage &) = delete;
  OwnMessage &operator=(const OwnMessage &) = delete;
  Thread &thread;
  Message *message;
  bool made;
};

inline Status Turn::send_payload(const sabir_command &command) noexcept {
  if (__builtin_expect(command.payload_size > system_.configuration().message_size_limit, 0)) return SABIR_E_TOO_BIG;
  Message *message = message_of(command);
  if (__builtin_expect(!message, 0)) return SABIR_E_NOMEM;
  const Status status =
      as_handler(command.context, [&](actor::Context &self) noexcept -> Status { return actor::send(self, command.to, *message); });
  if (__builtin_expect(!status.ok(), 0)) free_message(thread_, message);
  return status;
}

Status Turn::send(const sabir_command &command) {
  if (command.payload_size > system_.configuration().message_size_limit) return SABIR_E_TOO_BIG;
  OwnMessage own(thread_, message_of(command), command);
  if (!own.message) return SABIR_E_NOMEM;
  Status status = SABIR_OK;
  if (command.context != 0) {
    status = as_handler(command.context, [&](actor::Context &self) -> Status { return actor::send(self, command.to, *own.message); });
  } else {
    actor::Woken woken(nullptr);
    status = actor::send_at_once(system_.engine(), thread_, nullptr, command.to, 0, *own.message, woken);
  }
  if (status.ok()) own.message = nullptr;
  return status;
}

Status Turn::ask(const sabir_command &command, std::uint64_t &ref) {
  if (command.payload_size > system_.configuration().message_size_limit) return SABIR_E_TOO_BIG;
  OwnMessage own(thread_, message_of(command), command);
  if (!own.message) return SABIR_E_NOMEM;
  return as_handler(command.context, [&](actor::Context &self) -> Status {
    if (command.to == self.self) return SABIR_E_WOULD_DEADLOCK;
    return system_.asks().ask_for_mailbox(thread_, &self, self.self, {&command.to, 1}, own.message, system_.ask_timeout_ns(command.value),
                                          ref);
  });
}

Status Turn::reply(const sabir_command &command) {
  if (command.payload_size > system_.configuration().message_size_limit) return SABIR_E_TOO_BIG;
  if (command.context == 0) {
    if (command.message == 0) return system_.reply_bytes(thread_, command.to, 0, command.type, &command + 1, command.payload_size);
    auto *message = reinterpret_cast<Message *>(static_cast<std::uintptr_t>(command.message));
    if (!actor::may_move(*message, nullptr)) return SABIR_E_BORROWED;
    if (!system_.asks().pending(command.to)) return system_.asks().refusal(command.to);
    if (const Status status = system_.asks().fits(command.to, *message); !status.ok()) return status;
    return system_.reply(thread_, command.to, 0, message);
  }
  return as_handler(command.context, [&](actor::Context &self) -> Status {
    if (command.message == 0) return reply_bytes_here(self, command.type, &command + 1, command.payload_size);
    auto *message = reinterpret_cast<Message *>(static_cast<std::uintptr_t>(command.message));
    return reply_here(self, message);
  });
}

Status Turn::reply_error(const sabir_command &command) {
  if (command.status == SABIR_OK) return SABIR_E_INVALID;
  if (command.context == 0) return system_.asks().fail(thread_, command.to, command.status, printable(text_of(command)), nullptr);
  return as_handler(command.context,
                    [&](actor::Context &self) -> Status { return reply_error_here(self, command.status, text_of(command)); });
}

Status Turn::spawn_one(const sabir_command &command, std::uint64_t &pid, sabir_error **error) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  options.argument = static_cast<std::uintptr_t>(command.value);
  options.executor = handle_;
  if (command.flags & SABIR_SPAWN_DROP_HERE) options.drop_home = handle_;
  return spawn(system_, thread_, nullptr, reinterpret_cast<sabir_behavior *>(static_cast<std::uintptr_t>(command.to)), &options, &pid,
               error);
}

// The next record, where it will stand; it does when record_ moves past it.
inline sabir_record &Turn::begin_record(std::uint32_t kind) noexcept {
  // Field by field: as one block the compiler would clear it with an instruction that takes longer to begin than all the rest.
  auto &record = *reinterpret_cast<sabir_record *>(record_);
  record.size = sizeof record;
  record.kind = kind;
  record.context = record.actor = record.state = record.value = 0;
  record.sender = record.ref = record.type = record.message = record.exit = record.payload_size = 0;
  record.message_kind = 0;
  record.status = SABIR_OK;
  record.incarnation = record.code = 0;
  return record;
}

// What a record says of its message, and the payload behind it where it is small enough: the fields that are the message's, and the size.
// False: there is no room for that now.
inline bool Turn::write_message(Message &message, std::size_t inline_max, sabir_record &record) noexcept {
  record.sender = message.sender;
  record.ref = message.has(message_flag::deadline) ? 0 : message.ref;
  record.type = message.type;
  record.message_kind = static_cast<std::uint32_t>(message.kind);
  record.payload_size = message.size;
  record.message = record.exit = 0;
  record.status = SABIR_OK;
  if (__builtin_expect(has_failure(message.kind), 0)) {
    record.exit = reinterpret_cast<std::uintptr_t>(failure_of(message).exit);
    record.status = failure_of(message).status;
  }
  const std::size_t size = sizeof record + packed(message.size), most = static_cast<std::size_t>(records_end_ - records_);
  if (message.has(message_flag::native) || message.size > inline_max || size > most) {
    record.size = sizeof record;
    record.message = reinterpret_cast<std::uintptr_t>(&message);
    return true;
  }
  if (size > static_cast<std::size_t>(records_end_ - record_)) return false;
  if (message.size > 0) std::memcpy(record_ + sizeof record, message.data, message.size);
  record.size = static_cast<std::uint32_t>(size);
  return true;
}

// False: there is no room.
bool Turn::write(executor::Notice &notice) noexcept {
  if (!has_room()) return false;
  sabir_record &record = begin_record(notice.kind);
  record.actor = notice.actor;
  record.state = notice.state;
  record.value = notice.value;
  record.code = notice.code;
  // A failure's exit lives no longer than its message, so that is handed out.
  const bool by_handle = notice.message && has_failure(notice.message->kind);
  if (notice.message && !write_message(*notice.message, by_handle ? 0 : SABIR_DELIVERY_INLINE_DEFAULT, record)) return false;
  if (by_handle) {
    record.message = reinterpret_cast<std::uintptr_t>(notice.message);
    record.size = sizeof record;
  }
  record.status = notice.status;
  record_ += record.size;
  if (notice.message && record.message == 0) free_message(thread_, notice.message);
  free_notice(board_, notice);
  return true;
}

// False: there is no room.
bool Turn::write(const executor::Cancel &cancel) noexcept {
  if (!has_room()) return false;
  sabir_record &record = begin_record(SABIR_DELIVERY_CANCEL);
  record.context = cancel.context;
  record.actor = cancel.actor;
  record.state = cancel.state;
  record.incarnation = cancel.incarnation;
  record_ += record.size;
  return true;
}

// False: there is no room.
inline bool Turn::write(Slot &slot) noexcept {
  if (!has_room()) return false;
  const executor::Account &account = *slot.account;
  Message *message = slot.message;
  // Each field once: this is most of what a message's way out costs.
  sabir_record &record = message ? *reinterpret_cast<sabir_record *>(record_) : begin_record(slot.kind);
  if (message) {
    if (!write_message(*message, account.inline_max, record)) return false;
    record.kind = SABIR_DELIVERY_MESSAGE;
    record.code = 0;
  } else if (slot.kind != SABIR_DELIVERY_MESSAGE) {
    record.exit = reinterpret_cast<std::uintptr_t>(slot.exit);
  }
  record.context = board_.context_of(slot);
  record.actor = account.self;
  record.state = account.state;
  record.incarnation = account.incarnation;
  record.value = slot.value;
  slot.behind_record = record.message == 0;
  record_ += record.size;
  Board::give_back(slot);
  return true;
}

void Turn::collect() {
  if (malformed_) return;  // who is told of an error may not look for more
  constexpr std::size_t batch = 32;
  Parcel *parcels[batch];
  executor::Cancel cancels[batch];
  for (;;) {
    const std::size_t room = static_cast<std::size_t>(records_end_ - record_) / sizeof(sabir_record);
    if (room == 0) return;
    const std::size_t taken = board_.take(parcels, cancels, std::min(batch, room), call_);
    if (taken == 0) return;
    for (std::size_t i = 0; i < taken; ++i) {
      const bool written = cancels[i].context != 0                  ? write(cancels[i])
                           : parcels[i]->kind > SABIR_DELIVERY_STOP ? write(static_cast<executor::Notice &>(*parcels[i]))
                                                                    : write(static_cast<Slot &>(*parcels[i]));
      if (written) continue;
      for (std::size_t left = taken; left-- > i;) board_.put_back(*parcels[left], cancels[left]);
      return;
    }
  }
}

}  // namespace

extern "C" {

sabir_status sabir_executor_turn(sabir_executor *executor, const void *commands, size_t commands_size, size_t *commands_done, void *records,
                                 size_t records_size, size_t *records_used, uint64_t wait_ns) {
  if (commands_done) *commands_done = 0;
  if (records_used) *records_used = 0;
  return with_polled(executor, [&](executor::Polled &polled, Thread &thread, ExecutorEntry &entry) -> sabir_status {
    const auto aligned = [](const void *place) { return reinterpret_cast<std::uintptr_t>(place) % 8 == 0; };
    if ((!commands && commands_size > 0) || !aligned(commands) || !commands_done || !records || !aligned(records) || !records_used ||
        records_size < SABIR_TURN_RECORDS_MIN) {
      return SABIR_E_INVALID;
    }
    if (thread.must_not_wait()) return SABIR_E_WOULD_DEADLOCK;
    Turn turn(executor, entry, thread, static_cast<const char *>(commands), commands_size, static_cast<char *>(records), records_size);
    const Status status = polled.poll(thread, wait_ns, SABIR_FOREVER, &turn);
    *commands_done = turn.commands_done();
    *records_used = turn.records_used();
    if (turn.is_malformed()) return SABIR_E_INVALID;
    return turn.is_closed() ? Status(SABIR_E_CLOSED) : status;
  });
}
}
