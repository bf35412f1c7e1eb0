// The mailbox protocol: an intrusive queue of many producers and one runner, with an idle bit, a list of signals, detaching and
// suspending. design.md 4.3 describes it; tests/model explores it; protocol/ has it in Promela.
//
// Threads
//   SendSide: any thread. RunSide: the runner alone, but for `signals`, which any thread pushes to. At most one thread is the runner at
//   a time; running is handed over by the idle bit, by PARKED, and by the executor's run queues (each a release/acquire pair).
// Invariants
//   1. `head` is the newest node, or the dummy; its low bit is set exactly while the actor is idle (empty, nobody runs or will run it).
//   2. Whoever clears the idle bit, or replaces PARKED, must schedule the actor. Nobody else may.
//   3. `tail` is the stub: the node consumed last, or the dummy. The dummy is in the list exactly when it is the stub.
//   4. A node before `tail` is never touched again. The stub is touched by at most one producer, the one that linked behind it.
// Ownership
//   A pushed node belongs to the queue until the runner has moved past it (Taken::retired), gone idle on it, or detached it.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/platform.hpp"

namespace sabir::mailbox {

template <class Platform>
struct BasicNode {
  typename Platform::template atomic<BasicNode *> next{nullptr};
};

// A control message: stop, kill, a waiting sender. Never bounded, never behind the queue.
template <class Platform>
struct BasicSignal {
  BasicSignal *next = nullptr;   // written by the pusher before it publishes, read by the runner after it took the list
};

enum class [[nodiscard]] Wake { no, yes };   // yes: the caller must schedule the actor (invariant 2)

template <class Platform>
class BasicQueue {
 public:
  template <class T>
  using atomic = typename Platform::template atomic<T>;
  using Node = BasicNode<Platform>;
  using Signal = BasicSignal<Platform>;

  // The producers' word.
  struct SendSide {
    atomic<std::uintptr_t> head;   // written by push, rest, detach, signal, nudge
  };

  // The runner's words.
  struct RunSide {
    Node *tail;
    Node dummy;
    atomic<std::uintptr_t> signals;   // list of Signal, or PARKED, or 0; written by signal, nudge, take_signals, park
  };

  static void initialize(SendSide &send, RunSide &run) noexcept {
    run.dummy.next.store(nullptr, std::memory_order_relaxed);
    run.tail = &run.dummy;
    run.signals.store(0, std::memory_order_relaxed);
    send.head.store(word(&run.dummy) | idle_bit, std::memory_order_relaxed);
  }

  // ---- any thread ----

  static Wake push(SendSide &send, Node *node) noexcept {
    node->next.store(nullptr, std::memory_order_relaxed);   // published by the exchange
    // acq_rel: release publishes the node and, where it clears the idle bit, nothing more is needed of acquire but to follow the
    // rest() that set it, so that our link below is later than the dummy's reset there.
    const std::uintptr_t old = send.head.exchange(word(node), std::memory_order_acq_rel);
    // release: pairs with the acquire load of `next` in take() and detach(); the message's bytes travel with it.
    pointer(old)->next.store(node, std::memory_order_release);
    return old & idle_bit ? Wake::yes : Wake::no;
  }

  // Pushes nodes that are linked already, from first to last, as a whole. To everybody else they look like the pushes of as many
  // producers whose exchanges came one right after the other, and of whom the first one was the last to link: the links in between were
  // stored before the one below, and travel with it. Orders as in push.
  static Wake push_all(SendSide &send, Node *first, Node *last) noexcept {
    last->next.store(nullptr, std::memory_order_relaxed);
    const std::uintptr_t old = send.head.exchange(word(last), std::memory_order_acq_rel);
    pointer(old)->next.store(first, std::memory_order_release);
    return old & idle_bit ? Wake::yes : Wake::no;
  }

  static Wake signal(SendSide &send, RunSide &run, Signal *signal) noexcept {
    std::uintptr_t old = run.signals.load(std::memory_order_relaxed);   // only a guess for the CAS
    do {
      signal->next = old == parked ? nullptr : reinterpret_cast<Signal *>(old);
      // release: pairs with take_signals. acquire: a PARKED that we replace was published by park().
    } while (!run.signals.compare_exchange_weak(old, reinterpret_cast<std::uintptr_t>(signal), std::memory_order_acq_rel,
                                                std::memory_order_relaxed));
    if (old == parked) return Wake::yes;
    return clear_idle(send);
  }

  // Makes the runner look again at whatever the caller published before (a flag): schedules it if it is idle or parked.
  static Wake nudge(SendSide &send, RunSide &run) noexcept {
    std::uintptr_t old = run.signals.load(std::memory_order_relaxed);
    // Always writes, if only the same value: a park() that comes after it reads from it, and so sees what the caller published.
    while (!run.signals.compare_exchange_weak(old, old == parked ? 0 : old, std::memory_order_acq_rel, std::memory_order_relaxed)) {
    }
    if (old == parked) return Wake::yes;
    return clear_idle(send);
  }

  // ---- the runner ----

  // A node to handle, and the one before it, which nobody will touch again (NULL if that was the dummy).
  struct Taken {
    Node *node;
    Node *retired;
  };

  // The next node; {NULL, NULL} when none is linked.
  static Taken take(RunSide &run) noexcept {
    Node *stub = run.tail;
    Node *node = stub->next.load(std::memory_order_acquire);   // pairs with the link in push
    if (!node) return {nullptr, nullptr};
    run.tail = node;
    return {node, stub == &run.dummy ? nullptr : stub};
  }

  enum class [[nodiscard]] Rest {
    idle,       // the caller is no longer the runner and must not touch the run side
    again,      // a signal came: the caller is still the runner
    linking     // a producer is between its exchange and its link: still the runner; look again a little later
  };

  // Goes idle if the queue is empty. retired: out, set before the hand-over; the stub that is free now, or NULL.
  // must_look: called after the idle bit is set; true keeps the runner awake (a flag that a nudge announces).
  template <class MustLook>
  static Rest rest(SendSide &send, RunSide &run, Node *&retired, MustLook must_look) noexcept {
    Node *stub = run.tail;
    retired = stub == &run.dummy ? nullptr : stub;
    if (retired) run.dummy.next.store(nullptr, std::memory_order_relaxed);   // published by the CAS
    run.tail = &run.dummy;   // before the CAS: after it another thread may be the runner
    std::uintptr_t expected = word(stub);
    // acq_rel: release hands the run side to whoever clears the bit; acquire pairs with the release of signal's and nudge's RMW on
    // the same word: those before us in its order have published their signals, those after us see the bit.
    if (!send.head.compare_exchange_strong(expected, word(&run.dummy) | idle_bit, std::memory_order_acq_rel, std::memory_order_relaxed)) {
      run.tail = stub;
      retired = nullptr;
      return Rest::linking;
    }
    // relaxed: a signal whose clear_idle came before our CAS is visible by it; one whose clear_idle comes after wakes us itself.
    if (run.signals.load(std::memory_order_relaxed) != 0 || must_look()) {
      if (clear_idle(send) == Wake::yes) return Rest::again;
    }
    return Rest::idle;
  }

  // Unlinks the stub (which must not be the dummy), so that it may be kept, sent on or freed at once. wait: called while a
  // producer is between its exchange and its link.
  template <class Wait>
  static void detach(SendSide &send, RunSide &run, Wait wait) noexcept {
    Node *stub = run.tail;
    run.dummy.next.store(nullptr, std::memory_order_relaxed);   // published by the CAS
    std::uintptr_t expected = word(stub);
    // acq_rel: release publishes the dummy's reset to the producer that links behind it.
    if (!send.head.compare_exchange_strong(expected, word(&run.dummy), std::memory_order_acq_rel, std::memory_order_relaxed)) {
      Node *next;
      while (!(next = stub->next.load(std::memory_order_acquire))) wait();   // pairs with the link in push
      run.dummy.next.store(next, std::memory_order_relaxed);   // the dummy is the runner's own here: no producer knows it
    }
    run.tail = &run.dummy;
  }

  static bool has_signals(const RunSide &run) noexcept {
    return run.signals.load(std::memory_order_relaxed) != 0;   // a hint; take_signals synchronizes
  }

  // All signals, oldest first.
  static Signal *take_signals(RunSide &run) noexcept {
    auto *signal = reinterpret_cast<Signal *>(run.signals.exchange(0, std::memory_order_acquire));   // pairs with signal()
    Signal *ordered = nullptr;
    while (signal) {
      Signal *next = signal->next;
      signal->next = ordered;
      ordered = signal;
      signal = next;
    }
    return ordered;
  }

  // Suspends the actor: messages no longer wake it, signals and nudges do. False: there is something to look at; still the runner.
  template <class MustLook>
  static bool park(RunSide &run, MustLook must_look) noexcept {
    std::uintptr_t expected = 0;
    // acq_rel: release hands the run side to whoever replaces PARKED; acquire pairs with nudge's RMW.
    if (!run.signals.compare_exchange_strong(expected, parked, std::memory_order_acq_rel, std::memory_order_relaxed)) return false;
    if (!must_look()) return true;
    expected = parked;
    // Won: still the runner. Lost: somebody replaced PARKED and schedules the actor, so it has been handed over.
    return !run.signals.compare_exchange_strong(expected, 0, std::memory_order_acquire, std::memory_order_relaxed);
  }

 private:
  static constexpr std::uintptr_t idle_bit = 1;
  static constexpr std::uintptr_t parked = 1;

  static std::uintptr_t word(const Node *node) noexcept { return reinterpret_cast<std::uintptr_t>(node); }
  static Node *pointer(std::uintptr_t value) noexcept { return reinterpret_cast<Node *>(value & ~idle_bit); }

  // acq_rel: release pairs with the runner's CAS in rest(); acquire takes the run side over where it cleared the bit.
  static Wake clear_idle(SendSide &send) noexcept {
    return send.head.fetch_and(~idle_bit, std::memory_order_acq_rel) & idle_bit ? Wake::yes : Wake::no;
  }
};

using Queue = BasicQueue<StdPlatform>;
using Node = BasicNode<StdPlatform>;
using Signal = BasicSignal<StdPlatform>;

}  // namespace sabir::mailbox
