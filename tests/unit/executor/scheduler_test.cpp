// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "env/environment.hpp"
#include "executor/arena.hpp"
#include "executor/threads.hpp"

namespace sabir::executor {
namespace {

// A task that runs so many times, by yielding.
struct Counted : Task {
  std::atomic<int> left{0};
  std::atomic<int> running{0};
};

struct Client final : Scheduler::Client {
  std::atomic<int> runs{0};
  void run(Worker &worker, Task &task) override {
    auto &counted = static_cast<Counted &>(task);
    EXPECT_EQ(counted.running.fetch_add(1), 0) << "one task on two workers at once";
    const bool more = counted.left.fetch_sub(1) > 1;
    counted.running.fetch_sub(1);
    if (more) worker.scheduler->yield(worker, task);
    ++runs;   // last: the test may end with it
  }
  void rest(Worker &) override {}
};

struct SchedulerTest : testing::TestWithParam<int> {
  Client client;
  std::unique_ptr<Scheduler> make(std::uint32_t workers) {
    if (GetParam() == 0) return std::make_unique<Arena>(client, workers, 64);
    return std::make_unique<Threads>(client, env::system_environment(), "test", workers, 64);
  }
  // Waits until all is run; the watchdog that a system would have is here.
  void await(Scheduler &scheduler, int runs) {
    while (client.runs < runs || scheduler.busy()) {
      std::this_thread::yield();
      scheduler.tick();
    }
  }
};

TEST_P(SchedulerTest, runs_everything_that_foreign_threads_schedule) {
  for (const std::uint32_t workers : {1u, 2u, 5u}) {
    client.runs = 0;
    auto scheduler = make(workers);
    std::vector<Counted> tasks(1000);
    for (Counted &task : tasks) task.left = 5;
    std::vector<std::thread> threads;
    for (std::size_t part = 0; part < 4; ++part) {
      threads.emplace_back([&, part] {
        for (std::size_t i = part; i < tasks.size(); i += 4) scheduler->schedule(tasks[i]);
      });
    }
    for (std::thread &thread : threads) thread.join();
    await(*scheduler, 5000);
    EXPECT_EQ(client.runs, 5000);
  }
}

TEST_P(SchedulerTest, wakes_from_idleness_every_time) {
  auto scheduler = make(2);
  Counted task;
  for (int i = 1; i <= 2000; ++i) {
    task.left = 1;
    scheduler->schedule(task);
    await(*scheduler, i);
  }
}

// The worker is held until all is scheduled: then the urgent ones come first, in their order, and nothing is lost.
TEST_P(SchedulerTest, what_is_scheduled_first_runs_first) {
  struct Holding final : Scheduler::Client {
    std::atomic<bool> held{false}, go{false};
    std::vector<Task *> order;
    std::atomic<std::size_t> runs{0};
    void run(Worker &, Task &task) override {
      if (!held.exchange(true)) {
        while (!go) std::this_thread::yield();
      } else {
        order.push_back(&task);   // one worker
      }
      ++runs;
    }
    void rest(Worker &) override {}
  } holding;
  std::unique_ptr<Scheduler> scheduler;
  if (GetParam() == 0)
    scheduler = std::make_unique<Arena>(holding, 1, 64);
  else
    scheduler = std::make_unique<Threads>(holding, env::system_environment(), "test", 1, 64);
  std::vector<Task> tasks(100), urgent(10);
  Task holder;
  scheduler->schedule(holder);
  while (!holding.held) std::this_thread::yield();
  for (Task &task : tasks) scheduler->schedule(task);
  for (Task &task : urgent) scheduler->schedule_first(task);
  holding.go = true;
  while (holding.runs < 111 || scheduler->busy()) {
    std::this_thread::yield();
    scheduler->tick();
  }
  ASSERT_EQ(holding.order.size(), 110u);
  for (std::size_t i = 0; i < urgent.size(); ++i) EXPECT_EQ(holding.order[i], &urgent[i]);
}

TEST_P(SchedulerTest, a_closed_one_passes_urgent_tasks_on) {
  auto fallback = make(1);
  auto scheduler = make(1);
  std::vector<Counted> tasks(50);
  for (Counted &task : tasks) task.left = 1;
  std::thread foreign([&] {
    for (Counted &task : tasks) scheduler->schedule_first(task);
  });
  scheduler->close(*fallback);
  foreign.join();
  while (client.runs < 50 || fallback->busy()) {
    std::this_thread::yield();
    scheduler->tick();
    fallback->tick();
  }
  EXPECT_EQ(client.runs, 50);
}

TEST_P(SchedulerTest, a_closed_one_passes_on_and_opens_again) {
  auto fallback = make(1);
  auto scheduler = make(2);
  Counted task;
  task.left = 1;
  scheduler->schedule(task);
  await(*scheduler, 1);
  scheduler->close(*fallback);
  task.left = 1;
  scheduler->schedule(task);
  await(*fallback, 2);
  EXPECT_TRUE(scheduler->reopen(64));
  task.left = 3;
  scheduler->schedule(task);
  await(*scheduler, 5);
}

INSTANTIATE_TEST_SUITE_P(kinds, SchedulerTest, testing::Values(0, 1),
                         [](const auto &kind) { return kind.param == 0 ? std::string("arena") : std::string("threads"); });

}  // namespace
}  // namespace sabir::executor
