// A worker's own queue (core/executor/run_queue.hpp): its next slot with the watchdog at it, and its deque with thieves at it.
// Each task must run exactly once, on a thread that its contents have been handed to.
//
// SPDX-License-Identifier: Apache-2.0
#include "executor/run_queue.hpp"

#include "driver.hpp"
#include "shim.hpp"

namespace sabir::model {

namespace {

struct Task {
  Task() { contents.name("task"); }
  void prepare() { contents = 1; }
  void run() {
    note("runs %s", encode(this));
    check(contents == 1, "a task runs that nobody has prepared");
    check(!ran, "a task runs twice");
    ran = 1;
  }
  plain<std::uint64_t> contents;
  ghost<std::uint64_t> ran;
};

constexpr const char *task_names[] = {"task1", "task2", "task3", "task4", "task5"};

// ---- the next slot ----

struct SlotConfiguration {
  int tasks;    // that the owner wakes one after another
  int thefts;   // of the watchdog, at most
};

class SlotScenario final : public Scenario {
 public:
  explicit SlotScenario(const SlotConfiguration &configuration) : configuration_(configuration) {
    for (int i = 0; i < configuration.tasks; i++) name_address(task_names[i], &tasks_[i]);
    add_thread("owner", [](void *self) { static_cast<SlotScenario *>(self)->own(); }, this);
    add_thread("watchdog", [](void *self) { static_cast<SlotScenario *>(self)->steal(); }, this);
  }

  void at_end() override {
    for (int i = 0; i < configuration_.tasks; i++) check(tasks_[i].ran, "%s never runs", encode(&tasks_[i]));
  }

 private:
  static void run(Task *task) {
    if (task) task->run();
  }

  void own() {
    for (int i = 0; i < configuration_.tasks; i++) {
      checkpoint(1, static_cast<std::uint64_t>(i));
      tasks_[i].prepare();
      if (!slot_.put(&tasks_[i])) tasks_[i].run();   // elsewhere: into the ring
      checkpoint(2, static_cast<std::uint64_t>(i));
      if (choice(2)) run(slot_.take());
    }
    checkpoint(3);
    run(slot_.take());
  }

  void steal() {
    for (int i = 0; i < configuration_.thefts; i++) {
      checkpoint(4, static_cast<std::uint64_t>(i));
      run(slot_.take_late());
    }
  }

  SlotConfiguration configuration_;
  executor::BasicNextSlot<Platform, Task> slot_;
  Task tasks_[5];
};

// ---- the deque ----

struct DequeConfiguration {
  int tasks;         // that the owner pushes
  int thieves;
  int thefts;        // tries of each thief
  int owner_takes;   // between its pushes: 0 nothing, 1 perhaps the newest, 2 perhaps the newest or the oldest
};

template <std::uint32_t Capacity>
class DequeScenario final : public Scenario {
 public:
  explicit DequeScenario(const DequeConfiguration &configuration) : configuration_(configuration) {
    for (int i = 0; i < configuration.tasks; i++) name_address(task_names[i], &tasks_[i]);
    add_thread("owner", [](void *self) { static_cast<DequeScenario *>(self)->own(); }, this);
    for (int i = 0; i < configuration.thieves; i++) {
      add_thread(i == 0 ? "thief 1" : "thief 2", [](void *self) { static_cast<DequeScenario *>(self)->steal(); }, this);
    }
  }

  void at_end() override {
    for (int i = 0; i < configuration_.tasks; i++) check(tasks_[i].ran, "%s never runs", encode(&tasks_[i]));
  }

 private:
  void own() {
    for (int i = 0; i < configuration_.tasks; i++) {
      tasks_[i].prepare();
      if (!deque_.push(&tasks_[i])) tasks_[i].run();   // full: elsewhere
      const int next = choice(configuration_.owner_takes + 1);
      if (next == 1) run(deque_.pop_newest());
      if (next == 2) run(deque_.take_oldest());
    }
    while (run(deque_.pop_newest())) {
    }
  }

  void steal() {
    for (int i = 0; i < configuration_.thefts; i++) run(deque_.take_oldest());
  }

  static bool run(Task *task) {
    if (task) task->run();
    return task != nullptr;
  }

  DequeConfiguration configuration_;
  executor::BasicDeque<Platform, Task, Capacity> deque_;
  Task tasks_[5];
};

Entry slot(const char *name, const SlotConfiguration &configuration) {
  return {name, When::always, [configuration](const Options &options) { return explore<SlotScenario>(configuration, options); }};
}

template <std::uint32_t Capacity>
Entry deque(const char *name, const DequeConfiguration &configuration, When when = When::always) {
  return {name, when, [configuration](Options options) {
            options.hash_stacks = true;   // take_oldest() looks again without a checkpoint of ours in between
            return explore<DequeScenario<Capacity>>(configuration, options);
          }};
}

}  // namespace

}  // namespace sabir::model

int main(int argc, char **argv) {
  using namespace sabir::model;
  return drive(argc, argv,
               {
                   slot("slot", {.tasks = 3, .thefts = 2}),
                   slot("slot_longer", {.tasks = 5, .thefts = 4}),
                   deque<2>("deque_2", {.tasks = 3, .thieves = 1, .thefts = 2, .owner_takes = 2}),
                   deque<2>("deque_2_two_thieves", {.tasks = 3, .thieves = 2, .thefts = 1, .owner_takes = 1}),
                   deque<4>("deque_4", {.tasks = 4, .thieves = 1, .thefts = 3, .owner_takes = 1}),
                   deque<4>("deque_4_two_thieves", {.tasks = 3, .thieves = 2, .thefts = 2, .owner_takes = 0}),
                   deque<4>("deque_4_longer", {.tasks = 5, .thieves = 2, .thefts = 2, .owner_takes = 2}, When::large),
               });
}
