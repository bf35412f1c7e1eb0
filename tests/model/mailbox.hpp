// One cell of the engine, with everything that can happen to it at once: producers, a runner handed between two workers, detach, signals,
// nudge, death and respawn, suspend and resume, depth. The queue is the product's (core/mailbox/queue.hpp); what is around it follows
// the engine's rules (design.md 4.1 to 4.3) in the smallest form that can go wrong.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "mailbox/queue.hpp"
#include "mailbox_configuration.hpp"
#include "shim.hpp"

namespace sabir::model {

class MailboxScenario final : public Scenario {
 public:
  explicit MailboxScenario(const MailboxConfiguration &configuration);
  void on_store(int location, std::uint64_t before, std::uint64_t after) override;
  void at_end() override;

 private:
  using Queue = mailbox::BasicQueue<Platform>;

  enum class Outcome : std::uint8_t { none, handled, dead_letter, refused };

  // First base, so that the object begins before its members do.
  template <class T>
  struct Allocation {
    Allocation() { begin_object(static_cast<T *>(this), sizeof(T)); }
  };

  struct Message : Allocation<Message>, Queue::Node {
    Message();
    plain<std::uint64_t> target;     // the generation that it is sent to
    plain<std::uint64_t> counted;    // in depth
    ghost<std::uint64_t> made, forwarded;
    ghost<Outcome> outcome;
  };

  struct Control : Allocation<Control>, Queue::Signal {
    Control();
    plain<std::uint64_t> target;
    ghost<std::uint64_t> made;
    ghost<Outcome> outcome;
  };

  // Of the cell: who runs it, as on_store sees it.
  enum class Phase : std::uint64_t { idle, parked, waking, queued, running };

  static constexpr int max_messages = 8;   // 0, 1 first producer; 2, 3 second; 4 third; 5 start; 6 to the second incarnation
  static constexpr int start_message = 5, last_message = 6;
  enum ControlName { kill_first, kill_last, resume, control_count };

  // Threads.
  void produce(int first, int count);
  void kill_once();
  void respawn();
  void resume_once();
  void nudge_once();
  void work();

  void send(int index, std::uint64_t target);
  void send_together(int first, int count, std::uint64_t target);
  void send_signal(ControlName name, std::uint64_t target);
  void wake(mailbox::Wake wake);
  void turn();
  void handle(Message *message, int index);
  void take_message(Message *message);
  void take_signals();
  void obey(Control *control);
  void end_incarnation();
  void give_cell_back();
  void give_depth_back();
  void leave(Phase phase);
  void record(int index, Outcome outcome);
  bool must_look();
  bool can_resume() const;
  bool over() const;
  int index_of(const Message *message) const { return static_cast<int>(message - messages_); }

  MailboxConfiguration configuration_;

  // The cell. Shared:
  Queue::SendSide send_;
  Queue::RunSide run_;
  atomic<std::uint64_t> generation_{1};
  atomic<std::int64_t> depth_{0};
  atomic<std::uint64_t> flag_{0};
  // The runner's:
  plain<std::uint64_t> turns_{0};           // written in each turn
  plain<std::uint64_t> incarnation_{1};     // 0: dead
  plain<std::uint64_t> suspended_{0};
  plain<std::uint64_t> handled_{0};         // counted messages not yet given back to depth
  plain<Control *> held_{nullptr};          // a signal whose incarnation is still to start

  // The executor's and the allocator's.
  atomic<std::uint64_t> run_queue_{0};
  atomic<std::uint64_t> free_cell_{0};

  Message messages_[max_messages];
  Control controls_[control_count];

  // What is checked.
  ghost<Phase> phase_{Phase::idle};
  ghost<std::uint64_t> by_{0};              // the thread that runs or wakes
  ghost<std::uint64_t> senders_{0};         // threads that may still send
  ghost<std::uint64_t> busy_workers_{0};
  ghost<std::uint64_t> last_handled_[3];    // 1 + index of the newest message of each producer
  ghost<std::uint64_t> must_resume_{0}, resumed_{0}, spawned_{0}, ended_{0}, cells_freed_{0}, nudges_{0}, killed_second_{0};
};

}  // namespace sabir::model
