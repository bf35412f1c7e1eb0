// Actors that do what their messages say: the fuzzer writes the message, the handler carries it out.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "world.hpp"

#include <cstring>

namespace fuzz {

// The payload of a scripted message. hops limits what one message can lead to.
struct script {
  std::uint8_t command = 0;
  std::uint8_t hops = 0;
  std::uint8_t to = 0;      // which pid, where one is needed
  std::uint8_t value = 0;
};

enum command : std::uint8_t {
  command_nothing,
  command_reply,
  command_reply_twice,
  command_reply_error,
  command_defer,
  command_keep,
  command_forward,
  command_send,
  command_spawn,
  command_stop,
  command_fail,
  command_crash,
  command_unhandled,
  command_ask,
  command_destroy,
  command_end_other,
  command_many_sends,
  command_block,
  commands
};

inline constexpr sabir_type scripted_type = 7;

inline void drop_actor(std::uintptr_t argument) { reinterpret_cast<actor *>(argument)->drops.fetch_add(1); }

inline void release_wrapped(void *data, std::size_t size, std::uintptr_t argument) {
  auto *memory = reinterpret_cast<wrapped *>(argument);
  ORACLE(data == memory->bytes && size <= sizeof memory->bytes);
  ORACLE(memory->releases.fetch_add(1) == 0);
}

// What may come of a send to a pid that this system gave out.
#define SENDS SABIR_OK, SABIR_E_DEAD, SABIR_E_MAILBOX_FULL, SABIR_E_CLOSED
// And to one that is made up.
#define WILD_SENDS SENDS, SABIR_E_NO_ACTOR, SABIR_E_FOREIGN

class handler {
 public:
  handler(sabir_context *context, actor &self, sabir_message **message) : context_(context), self_(self), message_(message) {
    if (sabir_message_size(*message) >= sizeof script_) std::memcpy(&script_, sabir_message_data(*message), sizeof script_);
  }

  sabir_status run() {
    world &where = *self_.where;
    switch (script_.command % commands) {
      case command_reply: return answer();
      case command_reply_twice:
        (void)answer();
        if (*message_ != nullptr) (void)answer();
        return SABIR_OK;
      case command_reply_error:
        EXPECT(sabir_context_reply_error(context_, 1 + script_.value, "failed", 6), SABIR_OK, SABIR_E_NO_ASK);
        return SABIR_OK;
      case command_defer: return defer();
      case command_keep:
        self_.kept = *message_;
        *message_ = nullptr;
        return SABIR_OK;
      case command_forward: return forward();
      case command_send: return send(1);
      case command_many_sends: return send(1 + script_.value % 32);
      case command_spawn: return spawn();
      case command_stop: EXPECT(sabir_context_stop(context_), SABIR_OK); return SABIR_OK;
      case command_fail:
        EXPECT(sabir_context_fail(context_, 1 + script_.value, "on purpose", 10, "detail", 6), SABIR_OK);
        return script_.value % 2 ? SABIR_OK : 1 + script_.value;
      case command_crash: return 1 + script_.value;
      case command_unhandled: return SABIR_E_UNHANDLED;
      case command_ask: return ask();
      case command_destroy: sabir_message_destroy(message_); return SABIR_OK;
      case command_end_other: return end_other();
      case command_block: return try_to_block(where);
      default: return SABIR_OK;
    }
  }

 private:
  script next() const {
    script made = script_;
    made.hops = static_cast<std::uint8_t>(script_.hops - 1);
    made.command = static_cast<std::uint8_t>(script_.command * 5 + script_.value + 1);
    made.to = static_cast<std::uint8_t>(script_.to * 3 + 1);
    return made;
  }
  sabir_pid target() const { return self_.where->pid_at(script_.to); }

  sabir_status answer() {
    if (script_.value % 2) {
      EXPECT(sabir_context_reply_bytes(context_, 1, &script_, sizeof script_), SABIR_OK, SABIR_E_NO_ASK);
    } else {
      // The question itself is the answer.
      sabir_message *const before = *message_;
      const sabir_status status = EXPECT(sabir_context_reply(context_, message_), SABIR_OK, SABIR_E_NO_ASK);
      ORACLE(status == SABIR_OK ? *message_ == nullptr : *message_ == before);
    }
    return SABIR_OK;
  }

  sabir_status defer() {
    sabir_ref ref = 0;
    const sabir_status status = EXPECT(sabir_context_defer(context_, &ref), SABIR_OK, SABIR_E_NO_ASK);
    ORACLE((status == SABIR_OK) == (ref != 0));
    if (ref != 0) {
      const std::lock_guard lock(self_.where->mutex);
      self_.where->deferred.push_back(ref);
    }
    return SABIR_OK;
  }

  sabir_status forward() {
    if (script_.hops == 0) return SABIR_OK;
    const script changed = next();
    if (void *data = sabir_message_data_mut(*message_)) std::memcpy(data, &changed, sizeof changed);
    sabir_message *const before = *message_;
    const sabir_status status = script_.value % 2 ? EXPECT(sabir_context_send(context_, target(), message_), SENDS)
                                                  : EXPECT(sabir_send(self_.where->system, target(), message_), SENDS);
    ORACLE(status == SABIR_OK ? *message_ == nullptr : *message_ == before);
    return SABIR_OK;
  }

  sabir_status send(int times) {
    if (script_.hops == 0) return SABIR_OK;
    script made = next();
    if (times > 1) made.hops = 0;
    for (; times > 0; --times) EXPECT(sabir_context_send_bytes(context_, target(), scripted_type, &made, sizeof made), SENDS);
    return SABIR_OK;
  }

  sabir_status spawn() {
    world &where = *self_.where;
    if (script_.hops == 0) return SABIR_OK;
    actor &child = where.add_actor();
    child.start_fails = script_.value % 8 == 7;
    sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
    options.argument = reinterpret_cast<std::uintptr_t>(&child);
    options.drop = drop_actor;
    sabir_pid pid = 0;
    const sabir_status status =
        EXPECT(sabir_context_spawn(context_, where.behavior, &options, &pid, nullptr), SABIR_OK, SABIR_E_LIMIT, SABIR_E_CLOSED);
    ORACLE((status == SABIR_OK) == (pid != 0));
    if (status == SABIR_OK)
      where.add_pid(pid);
    else
      child.where = nullptr;
    return SABIR_OK;
  }

  sabir_status ask() {
    if (script_.hops == 0) return SABIR_OK;
    const script made = next();
    sabir_message *question = nullptr;
    EXPECT(sabir_message_create_bytes(scripted_type, &made, sizeof made, &question), SABIR_OK);
    sabir_message *const before = question;
    sabir_ref ref = 0;
    const std::uint64_t timeout_ns = script_.value % 4 == 0 ? SABIR_FOREVER : 1 + script_.value * 1000u;
    const sabir_status status = EXPECT(sabir_context_ask(context_, target(), &question, timeout_ns, &ref), SENDS, SABIR_E_WOULD_DEADLOCK);
    ORACLE(status == SABIR_OK ? question == nullptr && ref != 0 : question == before);
    sabir_message_destroy(&question);
    if (status == SABIR_OK && script_.value % 4 == 1) EXPECT(sabir_ask_cancel(self_.where->system, ref), SABIR_OK, SABIR_E_NO_ASK);
    return SABIR_OK;
  }

  sabir_status end_other() {
    sabir_status (*const ends[])(sabir_system *, sabir_pid) = {sabir_actor_stop, sabir_actor_drain, sabir_actor_kill};
    EXPECT(ends[script_.value % 3](self_.where->system, target()), SABIR_OK, SABIR_E_DEAD, SABIR_E_CLOSED, SABIR_E_INVALID);
    return SABIR_OK;
  }

  // Blocking calls know where they are.
  sabir_status try_to_block(world &where) {
    sabir_message *reply = nullptr;
    EXPECT(sabir_ask_bytes(where.system, target(), scripted_type, nullptr, 0, 1000, &reply), SABIR_E_WOULD_DEADLOCK, SABIR_E_DEAD,
           SABIR_E_MAILBOX_FULL, SABIR_E_CLOSED);
    ORACLE(reply == nullptr);
    EXPECT(sabir_system_shutdown(where.system, 1, nullptr), SABIR_E_WOULD_DEADLOCK);
    EXPECT(sabir_ask_cancel(where.system, 0), SABIR_E_NO_ASK);
    return SABIR_OK;
  }

  sabir_context *context_;
  actor &self_;
  sabir_message **message_;
  script script_;
};

inline void give_away(actor &self) {
  if (self.kept == nullptr) return;
  const std::lock_guard lock(self.where->mutex);
  self.where->messages.push_back(self.kept);
  self.kept = nullptr;
}

inline sabir_status start_actor(sabir_context *, std::uintptr_t argument, std::uintptr_t *state) {
  auto *self = reinterpret_cast<actor *>(argument);
  if (self->start_fails) return 3;
  self->starts.fetch_add(1);
  *state = argument;
  return SABIR_OK;
}

inline sabir_status receive_scripted(sabir_context *context, std::uintptr_t state, sabir_message **message) {
  auto &self = *reinterpret_cast<actor *>(state);
  ORACLE(self.starts.load() == 1 && self.stops.load() == 0 && self.drops.load() == 0);
  give_away(self);
  const std::int32_t kind = sabir_message_kind(*message);
  if (kind == SABIR_KIND_MESSAGE) return handler(context, self, message).run();
  ORACLE(kind == SABIR_KIND_REPLY || kind == SABIR_KIND_FAILURE);
  ORACLE(sabir_message_ref(*message) != 0);
  ORACLE((kind == SABIR_KIND_FAILURE) == (sabir_message_status(*message) != SABIR_OK));
  return SABIR_OK;
}

inline void stop_actor(sabir_context *, std::uintptr_t state, const sabir_exit *exit) {
  auto &self = *reinterpret_cast<actor *>(state);
  ORACLE(exit != nullptr);
  ORACLE(self.stops.fetch_add(1) == 0);
  give_away(self);
}

inline sabir_behavior *make_scripted_behavior() {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("scripted");
  callbacks.start = start_actor;
  callbacks.receive = receive_scripted;
  callbacks.stop = stop_actor;
  sabir_behavior *behavior = nullptr;
  EXPECT(sabir_behavior_create(&callbacks, &behavior), SABIR_OK);
  return behavior;
}

}  // namespace fuzz
