// What all actors of a system share: cells, limits, counters, and the services of the layers above, which the system plugs in.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "actor/cell_table.hpp"
#include "mailbox/message.hpp"
#include "metrics/counters.hpp"
#include "sabir/exit.h"

struct sabir_context;

namespace sabir::actor {

// The services above the actors, as the actors see them.
class Host {
 public:
  virtual ~Host() = default;
  // A message that reached nobody: tells subscribers, ends the ask it carries, counts. The message stays the caller's to free.
  virtual void dead_letter(Thread &thread, Message &message, std::int32_t cause, const sabir_exit *exit) = 0;
  // The same, later and on a thread of the system's own, for messages that a sender's call found undeliverable: a send calls nobody back.
  // The messages, linked through `next`, are the host's to free.
  virtual void dead_letters_later(Message *first, std::int32_t cause) noexcept = 0;
  // Ends an ask without an answer. Nothing happens where it has ended already.
  virtual void fail_ask(std::uint64_t ref, sabir_status status, std::string_view text, const sabir_exit *exit) = 0;
  virtual void log(std::int32_t level, const char *source, std::uint64_t pid, std::string_view actor, std::string_view text) = 0;
};

struct Engine {
  Engine(Host &the_host, std::uint32_t max_actors, std::uint32_t the_tag) noexcept : host(the_host), table(max_actors), tag(the_tag) {}

  Host &host;
  CellTable table;
  const std::uint32_t tag;
  std::uint64_t message_size_limit = 0;
  executor::Executor *default_executor = nullptr;

  // Set when a shutdown begins. closing: sends and spawns are refused (relaxed: what slips through finds stopping actors and becomes
  // a dead letter). stopping: every actor that runs exits; published by the nudge that each cell gets after it.
  std::atomic<bool> closing{false};
  std::atomic<bool> stopping{false};

  alignas(cache_line_size) metrics::Shards shards;  // of threads that are no workers
};

}  // namespace sabir::actor
