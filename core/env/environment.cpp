// SPDX-License-Identifier: Apache-2.0
#include "env/environment.hpp"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <chrono>
#include <random>
#include <thread>

#include "base/uncancelled.hpp"

namespace sabir::env {

namespace {

// pthread, not std::thread: a body that is unwound by pthread_exit must not meet std::thread's noexcept frames.
class PosixThread final : public Thread {
 public:
  static std::unique_ptr<Thread> start(const std::string &name, std::function<void()> body) {
    auto thread = std::make_unique<PosixThread>();
    auto start = std::make_unique<std::function<void()>>(std::move(body));
    sigset_t all, before;
    sigfillset(&all);
    // Faults stay unmasked: they are not asynchronous, and a host's crash reporter must see them.
    for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) sigdelset(&all, fault);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(&thread->thread_, nullptr, run, start.get());
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (failed) return nullptr;
    [[maybe_unused]] const auto *handed_over = start.release();
    pthread_setname_np(thread->thread_, name.substr(0, 15).c_str());
    return thread;
  }
  // Threads are joined when their owner ends, which cannot be broken off halfway.
  void join() override {
    const Uncancelled here;
    pthread_join(thread_, nullptr);
  }
  void detach() override { pthread_detach(thread_); }

 private:
  static void *run(void *argument) {
    std::unique_ptr<std::function<void()>> body(static_cast<std::function<void()> *>(argument));
    (*body)();
    return nullptr;
  }
  pthread_t thread_{};
};

class SystemEnvironment final : public Environment {
 public:
  std::uint64_t now_ns() override {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
  }
  std::uint64_t random() override {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
  }
  std::unique_ptr<Thread> start(const std::string &name, std::function<void()> body) override {
    return PosixThread::start(name, std::move(body));
  }
};

}  // namespace

Environment &system_environment() {
  static SystemEnvironment *environment = new SystemEnvironment;   // never destroyed: threads may outlive static destructors
  return *environment;
}

unsigned processor_count() noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return static_cast<unsigned>(CPU_COUNT(&set));
  const unsigned count = std::thread::hardware_concurrency();
  return count ? count : 1;
}

}  // namespace sabir::env
