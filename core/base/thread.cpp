// SPDX-License-Identifier: Apache-2.0
#include "base/thread.hpp"

#include <chrono>
#include <new>
#include <thread>

namespace sabir {

constinit thread_local Thread *Thread::current_ = nullptr;
std::atomic<void (*)(Thread &)> Thread::give_back{nullptr};

namespace {

std::atomic<Thread *> all_threads{nullptr};
std::atomic<std::uint32_t> thread_count{0};

// Set when this thread's destructor below has run: calls from later destructors get a record that is never given back.
thread_local bool thread_has_ended = false;

}  // namespace

// Gives a thread's record back at the thread's end.
struct ThreadEnd {
  Thread *thread = nullptr;
  ~ThreadEnd() {
    thread_has_ended = true;
    if (!thread) return;
    if (auto *function = Thread::give_back.load(std::memory_order_acquire)) function(*thread);
    thread->worker = nullptr;
    thread->worker_system = 0;
    thread->service = false;
    thread->watch = nullptr;
    thread->watched_calls = 0;
    thread->given_up = false;
    Thread::current_ = nullptr;
    thread->in_use.store(false, std::memory_order_release);
  }
};

namespace {
thread_local ThreadEnd thread_end;
}

Thread *Thread::first() noexcept { return all_threads.load(std::memory_order_acquire); }  // pairs with attach

Thread &Thread::attach() noexcept {
  Thread *thread = first();
  for (; thread; thread = thread->next) {
    bool used = thread->in_use.load(std::memory_order_relaxed);
    // acquire: pairs with the release in the destructor; what the last owner wrote is ours now.
    if (!used && thread->in_use.compare_exchange_strong(used, true, std::memory_order_acquire, std::memory_order_relaxed)) break;
  }
  if (!thread) {
    // Without a record it cannot even fail.
    while (!(thread = new (std::nothrow) Thread)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    thread->number = thread_count.fetch_add(1, std::memory_order_relaxed);
    Thread *head = all_threads.load(std::memory_order_relaxed);
    do {
      thread->next = head;
    } while (!all_threads.compare_exchange_weak(head, thread, std::memory_order_release, std::memory_order_relaxed));
  }
  current_ = thread;
  if (!thread_has_ended) thread_end.thread = thread;
  return *thread;
}

}  // namespace sabir
