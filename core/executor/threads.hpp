// The threads executor: runners are threads of our own, for actors that block or are bound to a thread.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

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
    const Thread *record = nullptr;   // once it runs
  };

  void serve(Server &server);
  bool start_one();

  env::Environment &environment_;
  const std::string name_;
  std::mutex mutex_;
  std::condition_variable condition_;
  std::uint32_t launched_ = 0;   // guarded by mutex_: runs that are wanted and have no thread yet
  bool closed_ = false;          // guarded by mutex_
  std::vector<std::unique_ptr<Server>> threads_;   // guarded by mutex_
  bool started_ = true;
};

}  // namespace sabir::executor
