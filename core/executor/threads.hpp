// The threads executor: runners are threads of our own, for actors that block or are bound to a thread.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "env/environment.hpp"
#include "executor/scheduler.hpp"

namespace sabir::executor {

class Threads final : public Scheduler {
 public:
  // Throws std::bad_alloc. started() tells whether the operating system gave all threads.
  Threads(Client &client, env::Environment &environment, std::string name, std::uint32_t workers, std::uint32_t run_batch);
  // The caller has made sure that no task is left (not busy()). Joins the threads.
  ~Threads() override;

  bool started() const noexcept { return started_; }

  void end() noexcept override;
  bool may_block() const noexcept override { return true; }

 protected:
  bool launch() noexcept override;
  bool begin() override;
  void replace(Thread &lost) noexcept override;

 private:
  struct Server {
    std::unique_ptr<env::Thread> thread;
    const Thread *record = nullptr;   // once it runs; guarded by Threads::mutex_
  };

  void serve(Server &server);
  bool start_one() SABIR_REQUIRES(mutex_);
  void try_to_start_one() SABIR_REQUIRES(mutex_);   // without memory there is none

  env::Environment &environment_;
  const std::string name_;
  Mutex mutex_;
  Condition condition_;
  std::uint32_t launched_ SABIR_GUARDED_BY(mutex_) = 0;   // runs that are wanted and have no thread yet
  bool closed_ SABIR_GUARDED_BY(mutex_) = false;
  std::vector<std::unique_ptr<Server>> threads_ SABIR_GUARDED_BY(mutex_);
  bool started_ = true;
};

}  // namespace sabir::executor
