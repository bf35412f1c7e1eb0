// What happens to the one cell that the mailbox model explores.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "explorer.hpp"

namespace sabir::model {

// Which of the rules around the queue are broken on purpose.
struct Rules {
  bool drop_early_kill = false;        // a signal for an incarnation whose start is still queued is dropped
  bool free_cell_after_idle = false;   // the cell is put on the free list after the idle CAS
  bool reset_depth = false;            // the depth counter starts at zero with each incarnation
};

struct MailboxConfiguration {
  int first = 0, second = 0, third = 0;   // messages of each producer
  bool together = false;                  // each producer pushes its messages as a whole (push_all)
  int batch = 2;                          // messages handled until the runner is handed over
  int capacity = 0;                       // 0: unbounded, no depth counted
  bool detach = false;                    // a handler may take its message and free it
  bool forward = false;                   // or send it to its own actor
  bool die = false;                       // a handler may end the actor
  bool kill = false;                      // a thread kills the first incarnation
  bool spawn = false;                     // a thread starts a second incarnation in the free cell
  bool kill_second = false;               // and kills it
  bool suspend = false;                   // a handler may suspend the actor; a thread then resumes it
  bool nudge = false;                     // a thread sets a flag and nudges, as shutdown does
  Rules rules;
};

Result explore_mailbox(const MailboxConfiguration &configuration, const Options &options);

}  // namespace sabir::model
