// Running actors: what an executor's worker does with a cell it was handed.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actor/context.hpp"
#include "executor/scheduler.hpp"

namespace sabir::actor {

class Runner final : public executor::Scheduler::Client {
 public:
  // Handles a cell's messages until it is empty, suspended, or its run batch is used up.
  void run(executor::Worker &worker, executor::Task &task) override;
  void rest(executor::Worker &worker) override;
};

// Frees a message that has been handled or was refused, and ends the ask that it may still carry.
void free_handled(Engine &engine, Thread &thread, Message *message, sabir_status unanswered);

}  // namespace sabir::actor
