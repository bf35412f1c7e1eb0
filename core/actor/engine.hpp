// What all actors of a system share: cells, limits, counters, and the services of the layers above, which the system plugs in.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "actor/cell_table.hpp"
#include "actor/mutes.hpp"
#include "base/text.hpp"
#include "env/environment.hpp"
#include "mailbox/message.hpp"
#include "metrics/counters.hpp"
#include "sabir/exit.h"

struct sabir_context;

namespace sabir::actor {

struct Cell;
struct Cold;
struct Signal;

// The services above the actors, as the actors see them.
class Host {
 public:
  virtual ~Host() = default;
  // A message that reached nobody: tells subscribers, ends the ask it carries, counts. The message stays the caller's to free.
  virtual void dead_letter(Thread &thread, Message &message, std::int32_t cause, const sabir_exit *exit) = 0;
  // The same, later and on a thread of the system's own, for messages that a sender's call found undeliverable: a send calls nobody back.
  // The messages, linked through `next`, are the host's to free.
  virtual void dead_letters_later(Message *first, std::int32_t cause) noexcept = 0;
  // A message that a full mailbox drops: a dead letter, told as those above, and freed. may_drop: whether so few are still to be told that
  // one more may come; a hint. Nobody is called back.
  virtual bool may_drop() const noexcept = 0;
  virtual void drop(Thread &thread, Message &message, std::int32_t cause) noexcept = 0;
  // Frees a message that owes no answer, on a thread of the system's own where that may call its release function back.
  virtual void free_later(Thread &thread, Message &message) noexcept = 0;
  // Ends an ask without an answer. Nothing happens where it has ended already.
  virtual void fail_ask(std::uint64_t ref, sabir_status status, std::string_view text, const sabir_exit *exit) = 0;
  // A question that a handler waits for has left the actor that was asked, which may not be the one that answers.
  virtual void ask_taken(std::uint64_t ref) noexcept = 0;
  // For the actor's monitors, links and timers, called by its runner.
  // A message of one of these (MessageKind timer to exit) is about to be handled; false: it is not wanted any more, or was all there was to
  // do.
  virtual bool admit(sabir_context &context, Cell &cell, Message &message) = 0;
  // One is in the queue of an actor that is gone; it stays the caller's to free.
  virtual void refuse(Thread &thread, Message &message) = 0;
  // A signal of kind watch to unlink: accepted by the actor, or for one that is gone. Takes it.
  virtual void accept(sabir_context *context, Cell &cell, Signal &signal) noexcept = 0;  // NULL: the runner of a port
  virtual void refuse(Signal &signal, const sabir_exit *exit) noexcept = 0;  // exit: of an actor that was there when it was sent; or NULL
  // A timer's message is about to be handled; as admit, and all there is to ask for a port.
  virtual bool admit_timer(Message &message) noexcept = 0;
  // An incarnation has ended; a new one has begun under the same pid; the actor or port is gone.
  virtual void incarnation_ended(sabir_context &context, Cell &cell) noexcept = 0;
  virtual void restarted(sabir_context &context, Cell &cell) noexcept = 0;
  virtual void exited(Cold &cold, const sabir_exit *exit) noexcept = 0;

  // Ends a monitor of somebody who is gone himself.
  virtual void unwatch(std::uint64_t watched, std::uint64_t ref) noexcept = 0;

  // For supervisors, called by their runner. They may end or suspend the supervisor, and need no memory.
  virtual void supervisor_ordered(sabir_context &context, Cell &cell, std::uint32_t orders) noexcept = 0;  // supervised.hpp
  virtual void supervisor_alarmed(sabir_context &context, Cell &cell) noexcept = 0;
  virtual void supervisor_told(sabir_context &context, Cell &cell, Message &news) noexcept = 0;  // takes it
  virtual void log(std::int32_t level, const char *source, std::uint64_t pid, std::string_view actor, Pieces text) noexcept = 0;
};

struct Engine {
  Engine(Host &the_host, env::Environment &the_environment, std::uint32_t max_actors, std::uint32_t the_tag) noexcept
      : host(the_host), environment(the_environment), table(max_actors), tag(the_tag) {}

  Host &host;
  // The time and chance of actors and timers. What makes a thread of the host's wait waits by the real clock.
  env::Environment &environment;
  CellTable table;
  const std::uint32_t tag;
  std::uint64_t message_size_limit = 0;
  executor::Scheduler *default_executor = nullptr;

  // Set when a shutdown begins. closing: sends and spawns are refused (relaxed: what slips through finds stopping actors and becomes
  // a dead letter). stopping: every actor that runs exits; published by the nudge that each cell gets after it.
  std::atomic<bool> closing{false};
  std::atomic<bool> stopping{false};

  Mutes mutes;

  // Supervisors that had no memory for their alarm. While there are any, the watchdog nudges all supervisors: they look at the clock
  // themselves. relaxed: a number; a nudge publishes nothing but itself.
  std::atomic<std::uint32_t> without_alarm{0};

  alignas(cache_line_size) metrics::Shards shards;  // of threads that are no workers
};

}  // namespace sabir::actor
