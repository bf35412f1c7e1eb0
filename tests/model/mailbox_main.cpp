// The configurations of one cell that are explored. The queue that is compiled in may be a mutant.
//
// SPDX-License-Identifier: Apache-2.0
#include "driver.hpp"
#include "mailbox_configuration.hpp"

using sabir::model::Entry;
using sabir::model::MailboxConfiguration;
using sabir::model::Options;
using sabir::model::When;

namespace {

Entry entry(const char *name, const MailboxConfiguration &configuration, When when = When::always) {
  return {name, when, [configuration](const Options &options) { return sabir::model::explore_mailbox(configuration, options); }};
}

}  // namespace

int main(int argc, char **argv) {
  const std::vector<Entry> entries = {
      entry("push", {.first = 2, .second = 1}),
      entry("push_batch_1", {.first = 1, .second = 1, .batch = 1}),
      entry("push_larger", {.first = 2, .second = 2}),
      entry("together", {.first = 2, .second = 1, .together = true}),
      entry("together_detach", {.first = 2, .second = 1, .together = true, .detach = true}),
      entry("together_kill", {.first = 2, .second = 1, .together = true, .kill = true}),
      entry("together_respawn", {.first = 2, .together = true, .kill = true, .spawn = true}),
      entry("together_suspend", {.first = 2, .second = 1, .together = true, .suspend = true}),
      entry("depth", {.first = 2, .second = 1, .capacity = 2}),
      entry("detach", {.first = 2, .second = 1, .detach = true}),
      entry("forward", {.first = 1, .second = 1, .detach = true, .forward = true}),
      entry("kill", {.first = 1, .second = 1, .kill = true}),
      entry("kill_detach", {.first = 1, .second = 1, .detach = true, .kill = true}),
      entry("respawn", {.first = 1, .kill = true, .spawn = true}),
      entry("respawn_depth", {.first = 1, .capacity = 2, .kill = true, .spawn = true}),
      entry("die_respawn_kill", {.first = 1, .die = true, .spawn = true, .kill_second = true}),
      entry("suspend", {.first = 2, .second = 1, .suspend = true}),
      entry("suspend_kill", {.first = 1, .second = 1, .kill = true, .suspend = true}),
      entry("suspend_detach", {.first = 2, .second = 1, .detach = true, .suspend = true}),
      entry("suspend_respawn", {.first = 1, .kill = true, .spawn = true, .suspend = true}),
      entry("nudge", {.first = 1, .nudge = true}),
      entry("nudge_kill", {.first = 1, .kill = true, .nudge = true}),
      entry("nudge_suspend", {.first = 1, .suspend = true, .nudge = true}),
      entry("push_3_producers", {.first = 2, .second = 2, .third = 1}),
      entry("detach_3_producers", {.first = 1, .second = 1, .third = 1, .detach = true}),
      entry("respawn_detach", {.first = 1, .detach = true, .kill = true, .spawn = true}),
      // Each breaks one rule, and is violated.
      entry("rule_drop_early_kill", {.first = 1, .die = true, .spawn = true, .kill_second = true, .rules = {.drop_early_kill = true}},
            When::named),
      entry("rule_free_cell_after_idle", {.first = 1, .second = 1, .kill = true, .spawn = true, .rules = {.free_cell_after_idle = true}},
            When::named),
      entry("rule_reset_depth", {.first = 1, .second = 1, .capacity = 2, .kill = true, .spawn = true, .rules = {.reset_depth = true}},
            When::named),
      // Too large for a test.
      entry("respawn_depth_two_producers", {.first = 1, .second = 1, .capacity = 2, .kill = true, .spawn = true}, When::large),
      entry("respawn_two_producers", {.first = 1, .second = 1, .detach = true, .kill = true, .spawn = true}, When::large),
      entry("respawn_depth_kill", {.first = 1, .second = 1, .capacity = 2, .kill = true, .spawn = true, .kill_second = true}, When::large),
  };
  return sabir::model::drive(argc, argv, entries);
}
