// SPDX-License-Identifier: Apache-2.0
#include "supervision/plan.hpp"

#include "base/exit.hpp"

namespace sabir::supervision {

bool restarts(Restart policy, std::int32_t reason, std::int32_t decision) noexcept {
  if (decision == SABIR_DECISION_STOP) return false;
  if (decision == SABIR_DECISION_RESTART) return true;
  switch (policy) {
    case Restart::permanent: return true;
    case Restart::transient: return exits::is_abnormal(reason);
    case Restart::temporary: return false;
  }
  return false;
}

void restart_plan(Strategy strategy, std::span<const ChildView> children, std::size_t failed, std::size_t first, std::vector<Step> &steps) {
  std::size_t last = failed;   // first to last: those affected
  if (strategy == Strategy::one_for_all) first = 0;
  if (strategy == Strategy::one_for_all || strategy == Strategy::rest_for_one) last = children.size() - 1;
  steps.clear();
  for (std::size_t i = last + 1; i-- > first;) {
    const ChildView &child = children[i];
    if (i == failed) continue;
    if (child.restart == Restart::temporary) {
      if (child.active || child.suspended) steps.push_back({Action::end, i});
    } else if (child.active) {
      steps.push_back({Action::halt, i});
    }
  }
  for (std::size_t i = first; i <= last; ++i) {
    if (i == failed || children[i].restart != Restart::temporary) steps.push_back({Action::start, i});
  }
}

void start_plan(std::span<const ChildView> children, std::vector<Step> &steps) {
  steps.clear();
  for (std::size_t i = 0; i < children.size(); ++i) {
    if (!children[i].active) steps.push_back({Action::start, i});
  }
}

void stop_plan(std::span<const ChildView> children, bool for_good, std::vector<Step> &steps) {
  steps.clear();
  for (std::size_t i = children.size(); i-- > 0;) {
    const ChildView &child = children[i];
    const bool end = for_good || child.restart == Restart::temporary;
    if (child.active || (end && child.suspended)) steps.push_back({end ? Action::end : Action::halt, i});
  }
}

}  // namespace sabir::supervision
