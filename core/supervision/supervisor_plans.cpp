// What a supervisor does in an order of its own: the plan that is under way (plan.hpp makes plans), and who takes a turn in it.
//
// SPDX-License-Identifier: Apache-2.0
#include "supervision/supervisor.hpp"

#include <algorithm>

namespace sabir::supervision {

using actor::Context;

std::vector<ChildView> &Supervisor::views() {
  views_.clear();
  for (const Child *child = first_; child; child = child->next) {
    views_.push_back({child->spec.restart, child->active(), child->state == ChildState::suspended});
  }
  return views_;
}

// What is in planned_ is what has to be done now.
void Supervisor::begin_plan() {
  order_.clear();
  for (Child *child = first_; child; child = child->next) order_.push_back(child);
  steps_.clear();
  step_ = 0;
  for (const Step &step : planned_) steps_.push_back({step.action, order_[step.child]});
  // Whoever was to start in its turn still is: somebody waits for it.
  for (Child *child : order_) {
    if (child->state == ChildState::stopped && !child->waiters.empty() && !is_planned(*child)) steps_.push_back({Action::start, child});
  }
}

// Takes steps until one has to be waited for.
void Supervisor::advance(Context &context) {
  while (step_ < steps_.size()) {
    const PlannedStep step = steps_[step_];
    Child *child = step.child;
    if (child && step.action == Action::start) {
      switch (child->state) {
        case ChildState::suspended:
        case ChildState::stopped:
          if (child->not_before_ns > now_ns()) return;  // its backoff: the alarm goes on
          if (ending_ != Ending::no) break;
          start_child(context, *child);
          continue;  // a start may have failed at once, and have made another plan
        case ChildState::starting: return;
        case ChildState::running: break;
        case ChildState::halting: child->start_when_left = true; break;  // left behind
        case ChildState::ending: break;
      }
    } else if (child) {
      switch (child->state) {
        case ChildState::starting:
        case ChildState::running: order(*child, step.action == Action::end ? ChildState::ending : ChildState::halting); continue;
        case ChildState::halting:
          if (!child->left_behind) return;
          if (step.action == Action::end) {
            order(*child, ChildState::ending);
            leave_behind(*child);
          }
          break;
        case ChildState::ending:
          if (!child->left_behind) return;
          break;
        case ChildState::suspended:
          if (step.action == Action::end) {
            end_suspended(*child);
            continue;  // until it has ended
          }
          break;
        case ChildState::stopped: break;
      }
    }
    ++step_;
  }
  steps_.clear();
  step_ = 0;
  if (starting_ && ending_ == Ending::no) {
    starting_ = false;
    actor::has_started(context, *cell_);
  }
}

// Starts a child that somebody has asked for, and that is stopped or suspended: at once, or after those before it where the group is just
// being restarted.
void Supervisor::start_in_turn(Context &context, Child &child) {
  if (step_ == steps_.size() || options_.strategy == Strategy::one_for_one) {
    start_child(context, child);
    return;
  }
  // What is done makes room.
  steps_.erase(steps_.begin(), steps_.begin() + static_cast<std::ptrdiff_t>(step_));
  step_ = 0;
  std::erase_if(steps_, [](const PlannedStep &step) { return !step.child; });
  const auto begin = steps_.begin();
  const auto starts = [](const Child *one) {
    return [one](const PlannedStep &step) { return step.child == one && step.action == Action::start; };
  };
  if (std::any_of(begin, steps_.end(), starts(&child))) return;
  auto before = steps_.end();
  for (const Child *later = child.next; later && before == steps_.end(); later = later->next) {
    before = std::find_if(begin, steps_.end(), starts(later));
  }
  steps_.insert(before, {Action::start, &child});
}

// Whether a step that is still to come has to do with it.
bool Supervisor::is_planned(const Child &child) const noexcept {
  return std::any_of(steps_.begin() + static_cast<std::ptrdiff_t>(step_), steps_.end(),
                     [&child](const PlannedStep &step) { return step.child == &child; });
}

// It is no business of the plan that is under way any more; but for its end, where that is what the plan waits for just now.
void Supervisor::take_out_of_plan(const Child &child) noexcept {
  for (std::size_t i = step_; i < steps_.size(); ++i) {
    if (steps_[i].child == &child && (i != step_ || steps_[i].action == Action::start)) steps_[i].child = nullptr;
  }
}

}  // namespace sabir::supervision
