// One run of one cell: what the runner does with it between two hand-overs.
//
// Threads: the runner's.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "actor/context.hpp"
#include "actor/delivered.hpp"
#include "actor/lifecycle.hpp"
#include "mailbox/message.hpp"

namespace sabir::actor {

enum class [[nodiscard]] Handled { go_on, hand_over };

class Run {
 public:
  Run(Context &context, Cell &cell)
      : context_(context), engine_(*context.engine), thread_(*context.thread), worker_(*context.worker), cell_(cell) {
    context.running.store(&cell, std::memory_order_relaxed);
    take_over();
  }
  ~Run() {
    if (!owner_) return;
    // A callback is unwinding this thread (pthread_exit): another one goes on with the queue. What was asked for before still holds.
    context_.failure.reset();
    follow_events();
    let_go();
    worker_.scheduler->yield(worker_, cell_);
  }

  void loop();

 private:
  // Before every hand-over: the cell is somebody else's the moment it is scheduled, idle or parked.
  void let_go() noexcept {
    if (__builtin_expect(delivered_ != nullptr, 0)) let_go_of_delivered();
    owner_ = false;
    context_.running.store(nullptr, std::memory_order_relaxed);
  }
  void keep() noexcept {
    owner_ = true;
    context_.running.store(&cell_, std::memory_order_relaxed);
    if (__builtin_expect(cell_.cold != nullptr, 0)) hold(cell_.cold->delivered);
  }
  void take_over() noexcept {
    context_.self = pid_of(engine_.tag, cell_);
    behavior_ = cell_.behavior.load(std::memory_order_relaxed);
    bounds_ = Bounds::from(cell_.bounds.load(std::memory_order_relaxed));
    stall_timeout_ns_ = 0;
    if (__builtin_expect(cell_.cold != nullptr || delivered_ != nullptr, 0)) take_over_cold();
  }
  void take_over_cold() noexcept;
  enum class [[nodiscard]] Special { receive, done, hand_over };
  [[gnu::always_inline]] Handled handle(Message &message);
  [[gnu::noinline]] Special handle_special(Message &message, bool ours);
  [[gnu::noinline]] Handled handle_start_taken();
  [[gnu::noinline]] bool lose(Message &message, bool ours, bool dropped);
  [[gnu::always_inline]] void receive(Message &message);
  [[gnu::noinline]] Handled receive_watched(Message &message);
  bool end_watch(Message *left);
  void finish(Message *message, Message *left, sabir_status status, const char *exception);
  static constexpr std::int32_t unasked = -1;  // the behavior's failed callback decides
  bool decided(Message *message, const sabir_exit *exit, std::int32_t decision);
  void follow_events();
  void dead_letter(Message &message, std::int32_t cause, const sabir_exit *exit) {
    engine_.host.dead_letter(thread_, message, cause, exit);
  }
  // apart: from the inbox; gone: the actor is somebody else's now
  enum class [[nodiscard]] Next { take, apart, redeliver, gone };
  [[gnu::always_inline]] Next look_around();
  [[gnu::noinline]] bool look_closer(Next &next);
  [[gnu::noinline]] bool linger() const noexcept;
  [[gnu::always_inline]] bool rest();
  [[gnu::always_inline]] void free_retired(mailbox::Node *node) noexcept;
  void ping(Message &message);
  std::uint32_t check_health();
  [[gnu::noinline]] Handled handle_otherwise(Next next, bool &empty);
  Handled handle_apart(Message &message, bool admitted);
  Handled receive_admitted(Message &message);
  Handled redeliver();

  // delivered.cpp: where the host calls the handlers itself.
  void hold(Delivered *delivered) noexcept;
  void let_go_of_delivered() noexcept;
  void put_up() noexcept;
  Handled hand_out(Message &message);
  void move_past(Message &message) noexcept;
  void ask_host(Message *message, const sabir_exit *exit) noexcept;
  void settle();
  void settle(executor::Slot &slot);
  void settle_message(executor::Slot &slot, std::uint32_t events);
  void settle_failing() noexcept;
  bool go_on_ending();
  void give_returned() noexcept;
  bool wait_for_host(Next &next);

  // The message that is in no queue and was handled is freed, unless it has moved on; also where a callback unwinds.
  struct FreeApart {
    FreeApart(Context &the_context, Thread &the_thread) noexcept : context(the_context), thread(the_thread) {}
    ~FreeApart() {
      if (Message *handled = std::exchange(context.apart, nullptr)) free_message(thread, handled);
    }
    FreeApart(const FreeApart &) = delete;
    FreeApart &operator=(const FreeApart &) = delete;
    Context &context;
    Thread &thread;
  };

  Context &context_;
  Engine &engine_;
  Thread &thread_;
  executor::Worker &worker_;
  Cell &cell_;
  const Behavior *behavior_ = nullptr;
  Bounds bounds_;  // the cell's: a copy, for theirs is on the senders' cache line, which they would lose to each message handled
  std::uint64_t stall_timeout_ns_ = 0;  // not 0 also where the host calls the handlers
  Delivered *delivered_ = nullptr;  // locked by this run
  bool fed_from_outside_ = false;  // the last message came from no actor
  bool owner_ = true;
};

}  // namespace sabir::actor
