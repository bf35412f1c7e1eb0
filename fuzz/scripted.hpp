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
  command_link,
  command_unlink,
  command_trap,
  command_monitor,
  command_demonitor,
  command_timer,
  command_timer_cancel,
  command_request,
  commands
};

inline constexpr sabir_type scripted_type = 7;

inline void drop_actor(std::uintptr_t argument) {
  auto &one = *reinterpret_cast<actor *>(argument);
  ORACLE(one.starts.load() == one.stops.load());
  ORACLE(one.drops.fetch_add(1) == 0);
}

template <class Value>
bool contains(const std::vector<Value> &values, Value value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}
template <class Value>
void erase(std::vector<Value> &values, Value value) {
  values.erase(std::remove(values.begin(), values.end(), value), values.end());
}

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
      case command_link: return link();
      case command_unlink: return unlink();
      case command_trap: EXPECT(sabir_context_trap_exits(context_, script_.value % 2 == 0), SABIR_OK); return SABIR_OK;
      case command_monitor: return monitor();
      case command_demonitor: return demonitor();
      case command_timer: return timer();
      case command_timer_cancel: return timer_cancel();
      case command_request: return request();
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
    child.start_fails = script_.value % 8 == 7 ? start_failure::all : start_failure::none;
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
    // On a threads executor it waits, and ends as any ask does.
    const sabir_status asked = sabir_ask_bytes(where.system, target(), scripted_type, nullptr, 0, 1000, &reply);
    if (asked < 0)
      EXPECT(asked, SABIR_E_WOULD_DEADLOCK, SABIR_E_DEAD, SABIR_E_MAILBOX_FULL, SABIR_E_CLOSED, SABIR_E_TIMEOUT, SABIR_E_CRASHED,
             SABIR_E_UNHANDLED, SABIR_E_UNANSWERED, SABIR_E_LIMIT);
    sabir_message_destroy(&reply);
    EXPECT(sabir_system_shutdown(where.system, 1, nullptr), SABIR_E_WOULD_DEADLOCK);
    EXPECT(sabir_ask_cancel(where.system, 0), SABIR_E_NO_ASK);
    sabir_pid pid = 1;
    EXPECT(sabir_supervise(where.system, 0, "blocks", where.behavior, nullptr, &pid, nullptr), SABIR_E_WOULD_DEADLOCK);
    ORACLE(pid == 0);
    EXPECT(sabir_child_do(where.system, 0, SABIR_CHILD_STOP, "a", 0, &pid), SABIR_E_WOULD_DEADLOCK);
    EXPECT(sabir_children(where.system, 0, &reply), SABIR_E_WOULD_DEADLOCK);
    ORACLE(reply == nullptr);
    return SABIR_OK;
  }

  // INVALID: itself, a port, a supervisor.
  sabir_status link() {
    const sabir_pid to = target();
    if (EXPECT(sabir_context_link(context_, to), SABIR_OK, SABIR_E_INVALID, SABIR_E_CLOSED) == SABIR_OK) erase(self_.unlinked, to);
    return SABIR_OK;
  }

  sabir_status unlink() {
    const sabir_pid to = target();
    if (EXPECT(sabir_context_unlink(context_, to), SABIR_OK, SABIR_E_NO_REF) == SABIR_OK) self_.unlinked.push_back(to);
    EXPECT(sabir_context_unlink(context_, to), SABIR_E_NO_REF);
    return SABIR_OK;
  }

  sabir_status monitor() {
    sabir_ref ref = 1;
    const sabir_pid to = target();
    const sabir_status status =
        EXPECT(sabir_context_monitor(context_, to, script_.value % 3, &ref), SABIR_OK, SABIR_E_INVALID, SABIR_E_CLOSED);
    ORACLE(status == SABIR_E_CLOSED || (status == SABIR_OK) == (script_.value % 3 < 2 && to != 0 && to != sabir_context_self(context_)));
    ORACLE((status == SABIR_OK) == (ref != 0));
    if (ref != 0) self_.monitors.push_back(ref);
    return SABIR_OK;
  }

  sabir_status demonitor() {
    if (self_.monitors.empty()) {
      EXPECT(sabir_context_demonitor(context_, script_.value), SABIR_E_NO_REF);
      return SABIR_OK;
    }
    const sabir_ref ref = self_.monitors[script_.value % self_.monitors.size()];
    EXPECT(sabir_context_demonitor(context_, ref), SABIR_OK);
    EXPECT(sabir_context_demonitor(context_, ref), SABIR_E_NO_REF);
    erase(self_.monitors, ref);
    return SABIR_OK;
  }

  // To itself or another, once or again and again.
  sabir_status timer() {
    if (script_.hops == 0 || self_.timers.size() >= 8) return SABIR_OK;
    const sabir_pid to = script_.value % 2 ? sabir_context_self(context_) : target();
    const std::uint64_t delay_ns = script_.value * 4000u;
    sabir_ref ref = 1;
    if (script_.value % 4 < 2) {
      const sabir_status status = EXPECT(sabir_context_timer_every(context_, to, scripted_type, delay_ns + 500'000, &ref), SABIR_OK,
                                         SABIR_E_INVALID, SABIR_E_DEAD, SABIR_E_NO_ACTOR, SABIR_E_CLOSED);
      ORACLE(status != SABIR_OK || delay_ns >= 500'000);
      ORACLE((status == SABIR_OK) == (ref != 0));
    } else {
      const script made = next();
      sabir_message *message = nullptr;
      EXPECT(sabir_message_create_bytes(scripted_type, &made, sizeof made, &message), SABIR_OK);
      const sabir_status status = EXPECT(sabir_context_timer_after(context_, to, &message, delay_ns, &ref), SABIR_OK, SABIR_E_DEAD,
                                         SABIR_E_NO_ACTOR, SABIR_E_CLOSED);
      ORACLE(status == SABIR_OK ? ref != 0 && message == nullptr : ref == 0 && message != nullptr);
      sabir_message_destroy(&message);
    }
    if (ref != 0) self_.timers.push_back(ref);
    return SABIR_OK;
  }

  sabir_status timer_cancel() {
    if (self_.timers.empty()) return SABIR_OK;
    const sabir_ref ref = self_.timers[script_.value % self_.timers.size()];
    EXPECT(sabir_context_timer_cancel(context_, ref), SABIR_OK, SABIR_E_NO_REF);
    EXPECT(sabir_context_timer_cancel(context_, ref), SABIR_E_NO_REF);
    erase(self_.timers, ref);
    return SABIR_OK;
  }

  // Asks a supervisor, or somebody who is none.
  sabir_status request() {
    if (script_.hops == 0) return SABIR_OK;
    world &where = *self_.where;
    const char id[] = {static_cast<char>('a' + script_.value % 8), 0};
    sabir_message *asked = nullptr;
    switch (script_.value % 4) {
      case 0: EXPECT(sabir_request_children(&asked), SABIR_OK); break;
      case 1: EXPECT(sabir_request_child(1 + script_.value / 4 % 4, id, 0, &asked), SABIR_OK); break;
      case 2: EXPECT(sabir_request_child(1 + script_.value / 4 % 4, nullptr, target() | 1, &asked), SABIR_OK); break;
      default: {
        actor &child = where.add_actor();
        sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
        spawn.argument = reinterpret_cast<std::uintptr_t>(&child);
        spawn.drop = drop_actor;
        sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
        spec.spawn = &spawn;
        spec.restart = script_.value / 4 % 3;
        const bool of_template = script_.value >= 128;
        EXPECT(sabir_request_supervise(where.system, of_template ? nullptr : id, of_template ? nullptr : where.behavior, &spec, &asked,
                                       nullptr),
               SABIR_OK, SABIR_E_CLOSED);
        if (asked == nullptr) return SABIR_OK;
      }
    }
    sabir_pid to = script_.value % 5 == 0 ? target() : where.supervisor_at(script_.to);
    if (to == 0) to = sabir_supervisor_root(where.system);
    sabir_message *const before = asked;
    sabir_ref ref = 0;
    const sabir_status status = EXPECT(sabir_context_ask(context_, to, &asked, SABIR_FOREVER, &ref), SENDS, SABIR_E_WOULD_DEADLOCK,
                                       SABIR_E_NO_ACTOR, SABIR_E_NOT_SUPERVISOR);
    ORACLE(status == SABIR_OK ? asked == nullptr && ref != 0 : asked == before && ref == 0);
    sabir_message_destroy(&asked);
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

inline bool start_fails(actor &self) {
  const int attempt = ++self.attempts;
  switch (self.start_fails) {
    case start_failure::all: return true;
    case start_failure::second_ones: return attempt % 2 == 0;
    case start_failure::first: return attempt == 1;
    case start_failure::all_but_first: return attempt > 1;
    default: return false;
  }
}

inline sabir_status start_actor(sabir_context *, std::uintptr_t argument, std::uintptr_t *state) {
  auto *self = reinterpret_cast<actor *>(argument);
  if (self == nullptr) return 4;   // a child without an argument
  ORACLE(self->starts.load() == self->stops.load() && self->drops.load() == 0);
  if (start_fails(*self)) return 3;
  self->starts.fetch_add(1);
  *state = argument;
  return SABIR_OK;
}

// What the library tells an actor of its own accord.
inline void receive_news(sabir_context *context, actor &self, const sabir_message *message, std::int32_t kind) {
  const sabir_ref ref = sabir_message_ref(message);
  const sabir_pid from = sabir_message_sender(message);
  switch (kind) {
    case SABIR_KIND_TIMER:
      ORACLE(ref != 0 && sabir_message_count(message) >= 1);
      ORACLE(from != sabir_context_self(context) || contains(self.timers, ref));
      return;
    case SABIR_KIND_DOWN:
    case SABIR_KIND_RESTARTED:
      ORACLE(from != 0 && contains(self.monitors, ref) && sabir_message_count(message) >= 1);
      ORACLE((kind == SABIR_KIND_DOWN) == (sabir_message_exit(message) != nullptr));
      if (kind == SABIR_KIND_DOWN) erase(self.monitors, ref);
      return;
    case SABIR_KIND_EXIT: ORACLE(from != 0 && sabir_message_exit(message) != nullptr && !contains(self.unlinked, from)); return;
    default: break;
  }
  ORACLE(kind == SABIR_KIND_REPLY || kind == SABIR_KIND_FAILURE);
  ORACLE(ref != 0);
  ORACLE((kind == SABIR_KIND_FAILURE) == (sabir_message_status(message) != SABIR_OK));
}

inline sabir_status receive_scripted(sabir_context *context, std::uintptr_t state, sabir_message **message) {
  auto &self = *reinterpret_cast<actor *>(state);
  ORACLE(self.starts.load() == self.stops.load() + 1 && self.drops.load() == 0);
  give_away(self);
  const std::int32_t kind = sabir_message_kind(*message);
  if (kind != SABIR_KIND_MESSAGE) receive_news(context, self, *message, kind);
  // A timer's message is as good as any other; it has no more hops than what armed it.
  return kind == SABIR_KIND_MESSAGE || kind == SABIR_KIND_TIMER ? handler(context, self, message).run() : SABIR_OK;
}

inline void stop_actor(sabir_context *, std::uintptr_t state, const sabir_exit *exit) {
  auto &self = *reinterpret_cast<actor *>(state);
  ORACLE(exit != nullptr);
  for (const sabir_exit *cause = exit; cause != nullptr; cause = sabir_exit_cause(cause)) ORACLE(sabir_exit_message(cause) != nullptr);
  give_away(self);
  self.timers.clear();
  self.monitors.clear();
  self.unlinked.clear();
  ORACLE(self.stops.fetch_add(1) + 1 == self.starts.load());
}

// Small codes are left to the supervisor; large ones are decided here.
inline std::int32_t decide(sabir_context *, std::uintptr_t, const sabir_exit *exit) {
  ORACLE(sabir_exit_reason(exit) == SABIR_EXIT_CRASHED);
  const sabir_status status = sabir_exit_status(exit);
  return status >= 128 ? status % 6 : SABIR_DECISION_DEFAULT;
}

inline std::uint32_t tell_health(sabir_context *, std::uintptr_t state) { return reinterpret_cast<actor *>(state)->health; }

inline sabir_behavior *make_scripted_behavior() {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("scripted");
  callbacks.start = start_actor;
  callbacks.receive = receive_scripted;
  callbacks.stop = stop_actor;
  callbacks.failed = decide;
  callbacks.health = tell_health;
  sabir_behavior *behavior = nullptr;
  EXPECT(sabir_behavior_create(&callbacks, &behavior), SABIR_OK);
  return behavior;
}

}  // namespace fuzz
