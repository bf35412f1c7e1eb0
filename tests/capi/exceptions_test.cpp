// sabir.h, convention 9: no exception crosses the boundary. Every kind of callback throws here, each kind of thing.
//
// SPDX-License-Identifier: Apache-2.0
#include "support.h"

#include <atomic>
#include <new>
#include <stdexcept>
#include <string>

namespace {

// Not derived from std::exception.
struct stranger {
  int number;
};

enum class kind { standard, memory, number, foreign };
constexpr kind kinds[] = {kind::standard, kind::memory, kind::number, kind::foreign};

[[noreturn]] void throw_one(kind which) {
  switch (which) {
    case kind::standard: throw std::runtime_error("the dam broke");
    case kind::memory: throw std::bad_alloc();
    case kind::number: throw 42;
    case kind::foreign: break;
  }
  throw stranger{7};
}

// An actor whose callbacks throw where they are told to.
struct thrower {
  kind which = kind::standard;
  bool in_start = false, in_stop = false, in_drop = false;
  std::uint64_t stops = 0;
  sem_t dropped;
  std::int32_t reason = -1;
  sabir_status status = 0;
  std::string message;
};

sabir_status thrower_start(sabir_context *, std::uintptr_t argument, std::uintptr_t *state) {
  auto *self = reinterpret_cast<thrower *>(argument);
  *state = argument;
  if (self->in_start) throw_one(self->which);
  return SABIR_OK;
}

enum : sabir_type { THROW = 1, THROW_WITH_TEXT, COUNT };

sabir_status thrower_receive(sabir_context *context, std::uintptr_t state, sabir_message **message) {
  auto *self = reinterpret_cast<thrower *>(state);
  if (sabir_message_type(*message) == COUNT) return SABIR_OK;
  if (sabir_message_type(*message) == THROW_WITH_TEXT) CHECK_OK(sabir_context_fail(context, 9, "said before", 11, nullptr, 0));
  throw_one(self->which);
}

void thrower_stop(sabir_context *, std::uintptr_t state, const sabir_exit *exit) {
  auto *self = reinterpret_cast<thrower *>(state);
  self->reason = sabir_exit_reason(exit);
  self->status = sabir_exit_status(exit);
  self->message = sabir_exit_message(exit);
  count(&self->stops);
  if (self->in_stop) throw_one(self->which);
}

void thrower_drop(std::uintptr_t argument) {
  auto *self = reinterpret_cast<thrower *>(argument);
  const bool throws = self->in_drop;
  const kind which = self->which;
  sem_post(&self->dropped);
  if (throws) throw_one(which);
}

sabir_behavior *thrower_behavior() {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("thrower");
  callbacks.start = thrower_start;
  callbacks.receive = thrower_receive;
  callbacks.stop = thrower_stop;
  sabir_behavior *behavior = nullptr;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  return behavior;
}

// A system with one thrower; ends both, and checks that drop ran once.
class stage {
 public:
  explicit stage(kind which) : system(make_system(1)) {
    actor.which = which;
    sem_init(&actor.dropped, 0, 0);
  }
  stage(const stage &) = delete;
  stage &operator=(const stage &) = delete;
  ~stage() {
    end_system(&system);
    sem_destroy(&actor.dropped);
  }
  void spawn() {
    sabir_behavior *behavior = thrower_behavior();
    sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
    options.argument = reinterpret_cast<std::uintptr_t>(&actor);
    options.drop = thrower_drop;
    REQUIRE_OK(sabir_spawn(system, behavior, &options, &pid, nullptr));
    sabir_behavior_destroy(&behavior);
  }
  sabir_system *system;
  thrower actor;
  sabir_pid pid = 0;
};

void an_exception_out_of_receive_is_a_crash() {
  for (const kind which : kinds) {
    stage stage(which);
    stage.spawn();
    sabir_message *reply = nullptr;
    CHECK_STATUS(sabir_ask_bytes(stage.system, stage.pid, THROW, nullptr, 0, SABIR_FOREVER, &reply), SABIR_E_CRASHED);
    sabir_message_destroy(&reply);
    take(&stage.actor.dropped);
    CHECK_NUMBER(counted(&stage.actor.stops), 1);
    CHECK_NUMBER(stage.actor.reason, SABIR_EXIT_CRASHED);
    CHECK_STATUS(stage.actor.status, SABIR_E_EXCEPTION);
    if (which == kind::standard) CHECK_CONTAINS(stage.actor.message.c_str(), "the dam broke");
  }
}

void an_exception_after_fail_is_one_crash() {
  stage stage(kind::standard);
  stage.spawn();
  CHECK_OK(sabir_send_bytes(stage.system, stage.pid, THROW_WITH_TEXT, nullptr, 0));
  take(&stage.actor.dropped);
  CHECK_NUMBER(counted(&stage.actor.stops), 1);
  CHECK_NUMBER(stage.actor.reason, SABIR_EXIT_CRASHED);
}

void an_exception_out_of_start_is_a_failed_start() {
  for (const kind which : kinds) {
    stage stage(which);
    stage.actor.in_start = true;
    stage.spawn();
    take(&stage.actor.dropped);
    CHECK_NUMBER(counted(&stage.actor.stops), 0);
    CHECK(becomes_dead(stage.system, stage.pid));
  }
}

void exceptions_out_of_stop_and_drop_are_caught() {
  for (const kind which : kinds) {
    stage stage(which);
    stage.actor.in_stop = stage.actor.in_drop = true;
    stage.spawn();
    CHECK_OK(sabir_send_bytes(stage.system, stage.pid, COUNT, nullptr, 0));
    CHECK_OK(sabir_actor_drain(stage.system, stage.pid));
    take(&stage.actor.dropped);
    CHECK_NUMBER(counted(&stage.actor.stops), 1);
    CHECK(becomes_dead(stage.system, stage.pid));
  }
}

void a_crash_and_a_throwing_stop_are_one_end() {
  stage stage(kind::standard);
  stage.actor.in_stop = stage.actor.in_drop = true;
  stage.spawn();
  CHECK_OK(sabir_send_bytes(stage.system, stage.pid, THROW, nullptr, 0));
  take(&stage.actor.dropped);
  CHECK_NUMBER(counted(&stage.actor.stops), 1);
}

std::uint64_t releases;
void throwing_release(void *, std::size_t, std::uintptr_t argument) {
  count(&releases);
  throw_one(static_cast<kind>(argument));
}

void an_exception_out_of_release_is_caught() {
  char byte = 0;
  std::uint64_t expected = 0;
  for (const kind which : kinds) {
    sabir_message *message = nullptr;
    REQUIRE_OK(sabir_message_wrap(COUNT, &byte, 1, throwing_release, static_cast<std::uintptr_t>(which), &message));
    sabir_message_destroy(&message);
    CHECK(message == nullptr);
    CHECK_NUMBER(counted(&releases), ++expected);
    stage stage(which);
    stage.spawn();
    REQUIRE_OK(sabir_message_wrap(COUNT, &byte, 1, throwing_release, static_cast<std::uintptr_t>(which), &message));
    CHECK_OK(sabir_send(stage.system, stage.pid, &message));
    CHECK(reached(&releases, ++expected));
    CHECK_OK(sabir_actor_status(stage.system, stage.pid));
  }
  CHECK_NUMBER(counted(&releases), expected);
}

void an_exception_out_of_a_shared_payloads_release_is_caught() {
  static char byte = 0;
  std::uint64_t expected = counted(&releases);
  for (const kind which : kinds) {
    stage stage(which);
    stage.spawn();
    sabir_message *message = nullptr;
    sabir_ref ref = 0;
    REQUIRE_OK(sabir_message_wrap(COUNT, &byte, 1, throwing_release, static_cast<std::uintptr_t>(which), &message));
    REQUIRE_OK(sabir_message_share(&message));
    sabir_message_destroy(&message);
    CHECK_NUMBER(counted(&releases), ++expected);
    // Nobody has subscribed yet; then the actor has, twice.
    for (int subscriptions = 0; subscriptions < 2; ++subscriptions) {
      REQUIRE_OK(sabir_message_wrap(COUNT, &byte, 1, throwing_release, static_cast<std::uintptr_t>(which), &message));
      CHECK_OK(sabir_publish(stage.system, "release", &message, 0, nullptr));
      CHECK(reached(&releases, ++expected));
      REQUIRE_OK(sabir_subscribe(stage.system, "release", stage.pid, &ref));
      REQUIRE_OK(sabir_subscribe(stage.system, ">", stage.pid, &ref));
    }
    CHECK_OK(sabir_actor_status(stage.system, stage.pid));
  }
  CHECK_NUMBER(counted(&releases), expected);
}

bool throwing_filter(std::uintptr_t argument, sabir_pid) { throw_one(static_cast<kind>(argument)); }

void an_exception_out_of_a_filter_ends_the_publish() {
  char byte = 0;
  for (const kind which : kinds) {
    stage stage(which);
    stage.spawn();
    sabir_message *message = nullptr;
    sabir_ref ref = 0;
    std::uint64_t delivered = 1;
    REQUIRE_OK(sabir_message_create_bytes(COUNT, &byte, 1, &message));
    sabir_message *const before = message;
    REQUIRE_OK(sabir_subscribe(stage.system, "filtered", stage.pid, &ref));
    CHECK_STATUS(
        sabir_publish_filtered(stage.system, "filtered", &message, 0, throwing_filter, static_cast<std::uintptr_t>(which), &delivered),
        SABIR_E_EXCEPTION);
    CHECK_NUMBER(delivered, 0);
    CHECK(message == before);
    CHECK_OK(sabir_publish(stage.system, "filtered", &message, 0, &delivered));
    CHECK_NUMBER(delivered, 1);
  }
}

std::uint64_t completions;
void throwing_completion(std::uintptr_t argument, sabir_ref, sabir_status, sabir_message **) {
  count(&completions);
  throw_one(static_cast<kind>(argument));
}

void an_exception_out_of_a_completion_is_caught() {
  std::uint64_t expected = 0;
  for (const kind which : kinds) {
    stage stage(which);
    stage.spawn();
    for (const sabir_type type : {sabir_type{COUNT}, sabir_type{THROW}}) {
      sabir_message *message = make_message(type, nullptr, 0);
      REQUIRE_OK(sabir_ask_begin(stage.system, stage.pid, &message, SABIR_FOREVER, throwing_completion, static_cast<std::uintptr_t>(which),
                                 nullptr));
      CHECK(reached(&completions, ++expected));
    }
  }
  CHECK_NUMBER(counted(&completions), expected);
}

std::uint64_t dead_letters_seen, dead_letter_drops;
void throwing_subscriber(std::uintptr_t argument, sabir_pid, std::int32_t, const sabir_message *) {
  count(&dead_letters_seen);
  throw_one(static_cast<kind>(argument));
}
void throwing_drop(std::uintptr_t argument) {
  count(&dead_letter_drops);
  throw_one(static_cast<kind>(argument));
}

void exceptions_out_of_a_subscriber_are_caught() {
  std::uint64_t expected = 0;
  for (const kind which : kinds) {
    stage stage(which);
    stage.spawn();
    sabir_ref ref = 0;
    REQUIRE_OK(sabir_dead_letter_subscribe(stage.system, throwing_subscriber, static_cast<std::uintptr_t>(which), throwing_drop, &ref));
    CHECK_OK(sabir_send_bytes(stage.system, stage.pid, THROW, nullptr, 0));
    CHECK(reached(&dead_letters_seen, ++expected));
    CHECK_OK(sabir_dead_letter_unsubscribe(stage.system, ref));
    CHECK(reached(&dead_letter_drops, expected));
  }
}

std::uint64_t lines, sink_drops;
void throwing_sink(std::uintptr_t argument, const sabir_log_record *) {
  count(&lines);
  throw_one(static_cast<kind>(argument));
}
void throwing_sink_drop(std::uintptr_t argument) {
  count(&sink_drops);
  throw_one(static_cast<kind>(argument));
}

void exceptions_out_of_a_log_sink_are_dropped() {
  std::uint64_t expected = 0;
  for (const kind which : kinds) {
    stage stage(which);
    CHECK_OK(sabir_log_set_level(stage.system, SABIR_LOG_WARNING));
    REQUIRE_OK(sabir_log_set_sink(stage.system, throwing_sink, static_cast<std::uintptr_t>(which), throwing_sink_drop));
    stage.spawn();
    CHECK_OK(sabir_send_bytes(stage.system, stage.pid, THROW, nullptr, 0));
    take(&stage.actor.dropped);
    CHECK(reached(&lines, expected + 1));
    expected = counted(&lines);
    CHECK_OK(sabir_log_set_level(stage.system, SABIR_LOG_OFF));
    CHECK_OK(sabir_log_set_sink(stage.system, nullptr, 0, nullptr));
  }
  CHECK_NUMBER(counted(&sink_drops), std::size(kinds));
}

sem_t shutdown_done;
void throwing_shutdown(std::uintptr_t, sabir_status, sabir_report *report) {
  sabir_report_destroy(&report);
  sem_post(&shutdown_done);
  throw_one(kind::standard);
}

void an_exception_out_of_the_shutdowns_callback_is_caught() {
  stage stage(kind::standard);
  stage.spawn();
  sem_init(&shutdown_done, 0, 0);
  REQUIRE_OK(sabir_system_shutdown_begin(stage.system, PATIENCE_NS, throwing_shutdown, 0));
  take(&shutdown_done);
  CHECK_OK(sabir_system_shutdown(stage.system, PATIENCE_NS, nullptr));
  sem_destroy(&shutdown_done);
}

// What an exception unwinds through is destroyed.
std::atomic<int> alive{0};
struct guard {
  guard() { ++alive; }
  guard(const guard &) = delete;
  guard &operator=(const guard &) = delete;
  ~guard() { --alive; }
};

sabir_status throw_past_guard(sabir_context *, std::uintptr_t, sabir_message **) {
  const guard here;
  throw std::runtime_error("past a guard");
}

void destructors_run_on_the_way() {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("guarded");
  callbacks.receive = throw_past_guard;
  sabir_behavior *behavior = nullptr;
  sabir_system *system = make_system(1);
  sabir_pid pid = 0;
  sabir_message *reply = nullptr;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  REQUIRE_OK(sabir_spawn(system, behavior, nullptr, &pid, nullptr));
  CHECK_STATUS(sabir_ask_bytes(system, pid, 1, nullptr, 0, SABIR_FOREVER, &reply), SABIR_E_CRASHED);
  CHECK_NUMBER(alive.load(), 0);
  sabir_message_destroy(&reply);
  sabir_behavior_destroy(&behavior);
  end_system(&system);
}

}  // namespace

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(an_exception_out_of_receive_is_a_crash),
      TEST(an_exception_after_fail_is_one_crash),
      TEST(an_exception_out_of_start_is_a_failed_start),
      TEST(exceptions_out_of_stop_and_drop_are_caught),
      TEST(a_crash_and_a_throwing_stop_are_one_end),
      TEST(an_exception_out_of_release_is_caught),
      TEST(an_exception_out_of_a_shared_payloads_release_is_caught),
      TEST(an_exception_out_of_a_filter_ends_the_publish),
      TEST(an_exception_out_of_a_completion_is_caught),
      TEST(exceptions_out_of_a_subscriber_are_caught),
      TEST(exceptions_out_of_a_log_sink_are_dropped),
      TEST(an_exception_out_of_the_shutdowns_callback_is_caught),
      TEST(destructors_run_on_the_way),
  };
  return RUN_TESTS(tests, argc, argv);
}
