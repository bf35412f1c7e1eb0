// SPDX-License-Identifier: Apache-2.0
// Children are written as letters: P, T or Y for their policy (permanent, transient, temporary), then r for running, s for suspended or
// x for stopped. Plans are written as signs: - halt, ! end, + start, each with the child's place.
#include "supervision/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "cases.hpp"
#include "sabir/exit.h"

namespace sabir::supervision {
namespace {

using Children = std::vector<ChildView>;
using Steps = std::vector<Step>;

constexpr Strategy all_strategies[] = {Strategy::one_for_one, Strategy::one_for_all, Strategy::rest_for_one, Strategy::simple_one_for_one};
constexpr Restart all_policies[] = {Restart::permanent, Restart::transient, Restart::temporary};

Children read(const std::string &text) {
  Children children;
  for (std::size_t i = 0; i + 1 < text.size(); i += 3) {
    const Restart restart = text[i] == 'P' ? Restart::permanent : text[i] == 'T' ? Restart::transient : Restart::temporary;
    children.push_back({restart, text[i + 1] == 'r', text[i + 1] == 's'});
  }
  return children;
}

std::string written(const Children &children) {
  std::string text;
  for (const ChildView &child : children) {
    text += text.empty() ? "" : " ";
    text += "PTY"[static_cast<std::size_t>(child.restart)];
    text += child.active ? 'r' : child.suspended ? 's' : 'x';
  }
  return text;
}

// The plans as values; none is longer than there is room for.
template <class Plan>
Steps made(const Children &children, Plan plan) {
  Steps steps;
  steps.reserve(2 * children.size());
  const std::size_t room = steps.capacity();
  plan(steps);
  EXPECT_EQ(steps.capacity(), room);
  return steps;
}
Steps restart_plan(Strategy strategy, const Children &children, std::size_t failed, std::size_t first) {
  return made(children, [&](Steps &steps) { supervision::restart_plan(strategy, children, failed, first, steps); });
}
Steps restart_plan(Strategy strategy, const Children &children, std::size_t failed) {
  return restart_plan(strategy, children, failed, failed);
}
Steps start_plan(const Children &children) {
  return made(children, [&](Steps &steps) { supervision::start_plan(children, steps); });
}
Steps stop_plan(const Children &children, bool for_good) {
  return made(children, [&](Steps &steps) { supervision::stop_plan(children, for_good, steps); });
}

std::string written(const Steps &steps) {
  std::string text;
  for (const Step &step : steps) {
    text += text.empty() ? "" : " ";
    text += "-!+"[static_cast<std::size_t>(step.action)];
    text += std::to_string(step.child);
  }
  return text;
}

// ---- who is restarted ----

TEST(Restarts, are_decided_by_policy_and_reason) {
  const struct {
    std::int32_t reason;
    bool abnormal;
  } ends[] = {
      {SABIR_EXIT_NORMAL, false},   {SABIR_EXIT_STOPPED, false},      {SABIR_EXIT_KILLED, true},     {SABIR_EXIT_CRASHED, true},
      {SABIR_EXIT_SHUTDOWN, false}, {SABIR_EXIT_START_FAILED, true},  {SABIR_EXIT_LINKED, true},     {SABIR_EXIT_INTENSITY, true},
      {SABIR_EXIT_ESCALATED, true}, {SABIR_EXIT_UNHEALTHY, true},     {SABIR_EXIT_STALLED, true},    {SABIR_EXIT_START_TIMEOUT, true},
      {SABIR_EXIT_NO_ACTOR, true},  {/* not known yet */ 1000, true}, {/* nor this one */ -1, true},
  };
  for (const auto &end : ends) {
    EXPECT_TRUE(restarts(Restart::permanent, end.reason, SABIR_DECISION_DEFAULT)) << end.reason;
    EXPECT_EQ(restarts(Restart::transient, end.reason, SABIR_DECISION_DEFAULT), end.abnormal) << end.reason;
    EXPECT_FALSE(restarts(Restart::temporary, end.reason, SABIR_DECISION_DEFAULT)) << end.reason;
    for (const Restart policy : all_policies) {
      EXPECT_TRUE(restarts(policy, end.reason, SABIR_DECISION_RESTART)) << end.reason;
      EXPECT_FALSE(restarts(policy, end.reason, SABIR_DECISION_STOP)) << end.reason;
    }
  }
}

// ---- plans, by hand ----

TEST(RestartPlan, of_each_strategy_and_place_of_the_failure) {
  const struct {
    Strategy strategy;
    const char *children;
    std::size_t failed;
    const char *plan;
  } rows[] = {
      // All permanent and running.
      {Strategy::one_for_one, "Ps Pr Pr Pr", 0, "+0"},
      {Strategy::one_for_one, "Pr Ps Pr Pr", 1, "+1"},
      {Strategy::one_for_one, "Pr Pr Pr Ps", 3, "+3"},
      {Strategy::simple_one_for_one, "Ps Pr Pr Pr", 0, "+0"},
      {Strategy::simple_one_for_one, "Pr Pr Pr Ps", 3, "+3"},
      {Strategy::one_for_all, "Ps Pr Pr Pr", 0, "-3 -2 -1 +0 +1 +2 +3"},
      {Strategy::one_for_all, "Pr Ps Pr Pr", 1, "-3 -2 -0 +0 +1 +2 +3"},
      {Strategy::one_for_all, "Pr Pr Pr Ps", 3, "-2 -1 -0 +0 +1 +2 +3"},
      {Strategy::rest_for_one, "Ps Pr Pr Pr", 0, "-3 -2 -1 +0 +1 +2 +3"},
      {Strategy::rest_for_one, "Pr Ps Pr Pr", 1, "-3 -2 +1 +2 +3"},
      {Strategy::rest_for_one, "Pr Pr Ps Pr", 2, "-3 +2 +3"},
      {Strategy::rest_for_one, "Pr Pr Pr Ps", 3, "+3"},
      // Transient siblings are halted and started as permanent ones are, temporary ones end.
      {Strategy::one_for_one, "Tr Ps Yr", 1, "+1"},
      {Strategy::one_for_all, "Tr Ps Yr", 1, "!2 -0 +0 +1"},
      {Strategy::one_for_all, "Yr Ts Tr", 1, "-2 !0 +1 +2"},
      {Strategy::rest_for_one, "Yr Ps Yr Tr", 1, "-3 !2 +1 +3"},
      {Strategy::rest_for_one, "Tr Yr Ps Yr", 2, "!3 +2"},
      // A temporary child that failed is restarted where its failed callback says so; its siblings are not.
      {Strategy::one_for_one, "Pr Ys Yr", 1, "+1"},
      {Strategy::one_for_all, "Pr Ys Yr", 1, "!2 -0 +0 +1"},
      {Strategy::rest_for_one, "Pr Ys Yr", 1, "!2 +1"},
      // Stopped siblings need no end, and start with the others; suspended ones too, unless they are temporary: these have a pid to end.
      {Strategy::one_for_one, "Px Ps Px", 1, "+1"},
      {Strategy::one_for_all, "Px Ps Tx", 1, "+0 +1 +2"},
      {Strategy::one_for_all, "Ps Ps Ts", 1, "+0 +1 +2"},
      {Strategy::one_for_all, "Yx Ps Ys", 1, "!2 +1"},
      {Strategy::rest_for_one, "Px Ps Px Ts Ys", 1, "!4 +1 +2 +3"},
      // One that could not even be spawned has no pid.
      {Strategy::one_for_all, "Pr Px Pr", 1, "-2 -0 +0 +1 +2"},
      // An only child.
      {Strategy::one_for_one, "Ps", 0, "+0"},
      {Strategy::one_for_all, "Ps", 0, "+0"},
      {Strategy::rest_for_one, "Ts", 0, "+0"},
      {Strategy::simple_one_for_one, "Ys", 0, "+0"},
  };
  for (const auto &row : rows) {
    const Children children = read(row.children);
    ASSERT_EQ(written(children), row.children);
    EXPECT_EQ(written(restart_plan(row.strategy, children, row.failed)), row.plan)
        << "strategy " << static_cast<int>(row.strategy) << ", child " << row.failed << " of " << row.children;
  }
}

// A plan that was under way from the second child on: whoever it affected is still, and runs perhaps.
TEST(RestartPlan, goes_on_where_an_interrupted_one_began) {
  EXPECT_EQ(written(restart_plan(Strategy::rest_for_one, read("Px Pr Ps Pr"), 2, 1)), "-3 -1 +1 +2 +3");
  EXPECT_EQ(written(restart_plan(Strategy::rest_for_one, read("Pr Ys Ps Yr"), 2, 1)), "!3 !1 +2");
  EXPECT_EQ(written(restart_plan(Strategy::one_for_all, read("Px Pr Ps Pr"), 2, 2)), "-3 -1 +0 +1 +2 +3");
}

TEST(StartPlan, starts_in_order_whoever_does_not_run) {
  EXPECT_EQ(written(start_plan(read("Px Tx Yx"))), "+0 +1 +2");
  EXPECT_EQ(written(start_plan(read("Ps Tr Px Ts"))), "+0 +2 +3");
  EXPECT_EQ(written(start_plan({})), "");
}

TEST(StopPlan, ends_in_reverse_order_whoever_has_a_pid) {
  EXPECT_EQ(written(stop_plan(read("Pr Tr Yr"), true)), "!2 !1 !0");
  EXPECT_EQ(written(stop_plan(read("Ps Tx Ys Px"), true)), "!2 !0");
  EXPECT_EQ(written(stop_plan({}, true)), "");
}

TEST(StopPlan, that_is_not_for_good_leaves_suspended_who_starts_again) {
  EXPECT_EQ(written(stop_plan(read("Pr Tr Yr"), false)), "!2 -1 -0");
  EXPECT_EQ(written(stop_plan(read("Ps Ts Ys Yx Px"), false)), "!2");
}

// ---- plans, by a model ----

Children random_children(std::mt19937_64 &random, std::size_t most) {
  Children children(random() % most + 1);
  for (ChildView &child : children) {
    child.restart = all_policies[random() % 3];
    const auto state = random() % 4;  // mostly running
    child.active = state < 2;
    child.suspended = state == 2;
  }
  return children;
}

// Takes a plan's steps, and fails where one of them cannot be taken in this order.
void take(const Steps &steps, Children &children) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step &step = steps[i];
    ASSERT_LT(step.child, children.size()) << "no such child";
    if (i != 0) {
      const Step &before = steps[i - 1];
      const bool starts = step.action == Action::start, started = before.action == Action::start;
      ASSERT_TRUE(starts || !started) << "an end after a start";
      if (starts && started) {
        ASSERT_LT(before.child, step.child) << "starts out of order";
      } else if (!starts) {
        ASSERT_GT(before.child, step.child) << "ends out of order";
      }
    }
    ChildView &child = children[step.child];
    switch (step.action) {
      case Action::halt:
        ASSERT_TRUE(child.active) << "halted while it does not run: " << step.child;
        child.active = false;
        child.suspended = true;
        break;
      case Action::end:
        ASSERT_TRUE(child.active || child.suspended) << "ended without a pid: " << step.child;
        child.active = child.suspended = false;
        break;
      case Action::start:
        ASSERT_FALSE(child.active) << "started while it runs: " << step.child;
        child.active = true;
        child.suspended = false;
        break;
    }
  }
}

bool in_scope(Strategy strategy, std::size_t failed, std::size_t child) {
  switch (strategy) {
    case Strategy::one_for_all: return true;
    case Strategy::rest_for_one: return child >= failed;
    default: return child == failed;
  }
}

TEST(RestartPlan, restarts_its_scope_and_touches_nobody_else) {
  for_each_case(3000, [](std::mt19937_64 &random) {
    Children children = random_children(random, 9);
    const std::size_t failed = random() % children.size();
    children[failed].active = false;
    for (const Strategy strategy : all_strategies) {
      const Steps steps = restart_plan(strategy, children, failed);
      SCOPED_TRACE(testing::Message() << "strategy " << static_cast<int>(strategy) << ", child " << failed << " of " << written(children)
                                      << ": " << written(steps));
      Children after = children;
      ASSERT_NO_FATAL_FAILURE(take(steps, after));
      for (std::size_t i = 0; i < children.size(); ++i) {
        const auto touches = [i](const Step &step) { return step.child == i; };
        const auto ends = [i](const Step &step) { return step.child == i && step.action != Action::start; };
        if (!in_scope(strategy, failed, i)) {
          ASSERT_TRUE(std::none_of(steps.begin(), steps.end(), touches)) << i << " is nobody's concern";
          continue;
        }
        if (i == failed) {
          ASSERT_TRUE(std::none_of(steps.begin(), steps.end(), ends)) << "the failed child has left already";
          ASSERT_TRUE(after[i].active) << "the failed child is not restarted";
          continue;
        }
        ASSERT_EQ(std::any_of(steps.begin(), steps.end(), ends),
                  children[i].active || (children[i].restart == Restart::temporary && children[i].suspended))
            << i;
        if (children[i].restart == Restart::temporary) {
          ASSERT_FALSE(after[i].active || after[i].suspended) << i << " is temporary, and not gone";
        } else {
          ASSERT_TRUE(after[i].active) << i << " does not run";
        }
      }
    }
  });
}

TEST(StopAndStartPlan, restart_a_supervisors_children_or_end_them) {
  for_each_case(3000, [](std::mt19937_64 &random) {
    const Children children = random_children(random, 9);
    SCOPED_TRACE(written(children));
    Children ended = children;
    ASSERT_NO_FATAL_FAILURE(take(stop_plan(children, true), ended));
    for (std::size_t i = 0; i < ended.size(); ++i) ASSERT_FALSE(ended[i].active || ended[i].suspended) << i << " has a pid still";

    Children halted = children;
    ASSERT_NO_FATAL_FAILURE(take(stop_plan(children, false), halted));
    for (std::size_t i = 0; i < halted.size(); ++i) {
      const bool stays = children[i].restart != Restart::temporary && (children[i].active || children[i].suspended);
      ASSERT_FALSE(halted[i].active) << i;
      ASSERT_EQ(halted[i].suspended, stays) << i << " keeps its pid if it starts again";
    }
    ASSERT_NO_FATAL_FAILURE(take(start_plan(halted), halted));
    for (std::size_t i = 0; i < halted.size(); ++i) ASSERT_TRUE(halted[i].active) << i;
  });
}

// ---- trees ----

// A supervisor or a worker. Supervisors carry out plans as the engine does: halting one halts its children, ending it ends them.
struct Node {
  ChildView view;
  Strategy strategy = Strategy::one_for_one;
  bool supervisor = false;
  int incarnation = 0;
  std::vector<Node> children;

  Children views() const {
    Children views;
    for (const Node &child : children) views.push_back(child.view);
    return views;
  }
};

Node random_tree(std::mt19937_64 &random, unsigned depth) {
  Node node;
  node.view.restart = all_policies[random() % 8 % 3];
  node.supervisor = depth != 0 && random() % 3 != 0;
  node.strategy = all_strategies[random() % 3];
  if (!node.supervisor) return node;
  node.children.resize(random() % 5);
  for (Node &child : node.children) child = random_tree(random, depth - 1);
  return node;
}

void written(const Node &node, std::string &text) {
  text += written(Children{node.view});
  if (!node.supervisor) return;
  text += std::to_string(static_cast<int>(node.strategy)) + "(";
  for (const Node &child : node.children) written(child, text += " ");
  text += " )";
}

void carry_out(Node &node, const Steps &steps);

void leave(Node &node, bool for_good) {
  // A suspended supervisor has no incarnation that would carry out a plan: its children end with its pid.
  if (node.view.active || for_good) carry_out(node, stop_plan(node.views(), for_good));
  node.view.active = false;
  node.view.suspended = !for_good;
}

void start(Node &node) {
  node.view.active = true;
  node.view.suspended = false;
  ++node.incarnation;
  carry_out(node, start_plan(node.views()));
}

void carry_out(Node &node, const Steps &steps) {
  Children views = node.views();
  ASSERT_NO_FATAL_FAILURE(take(steps, views));
  for (const Step &step : steps) {
    Node &child = node.children[step.child];
    if (step.action == Action::start) {
      start(child);
    } else {
      leave(child, step.action == Action::end);
    }
  }
  // Temporary children that have ended are forgotten.
  std::erase_if(node.children,
                [](const Node &child) { return child.view.restart == Restart::temporary && !child.view.active && !child.view.suspended; });
}

// What is expected of a subtree that is restarted: everything in it is another time, but the temporary.
void expect_restart(Node &node) {
  ++node.incarnation;
  node.view.active = true;
  node.view.suspended = false;
  std::erase_if(node.children, [](const Node &child) { return child.view.restart == Restart::temporary; });
  for (Node &child : node.children) expect_restart(child);
}

// Of a child that ends for good: it is stopped with all below it, or forgotten.
void expect_end(Node &node) {
  node.view.active = node.view.suspended = false;
  std::erase_if(node.children, [](const Node &child) { return child.view.restart == Restart::temporary; });
  for (Node &child : node.children) expect_end(child);
}

void expect_failure(Node &parent, std::size_t failed, bool restarted) {
  std::vector<Node> left;
  for (std::size_t i = 0; i < parent.children.size(); ++i) {
    Node child = parent.children[i];
    if (!restarted ? i != failed : !in_scope(parent.strategy, failed, i)) {
      left.push_back(child);
    } else if (restarted && (i == failed || child.view.restart != Restart::temporary)) {
      expect_restart(child);
      left.push_back(child);
    } else if (child.view.restart != Restart::temporary) {
      expect_end(child);
      left.push_back(child);
    }
  }
  parent.children = left;
}

void expect_same(const Node &node, const Node &expected) {
  ASSERT_EQ(node.view.active, expected.view.active);
  ASSERT_EQ(node.view.suspended, expected.view.suspended);
  ASSERT_EQ(node.incarnation, expected.incarnation);
  ASSERT_EQ(node.children.size(), expected.children.size());
  for (std::size_t i = 0; i < node.children.size(); ++i) ASSERT_NO_FATAL_FAILURE(expect_same(node.children[i], expected.children[i]));
}

// The child fails, as by its own crash or because its own children failed too often, and its supervisor deals with it.
void fail(Node &parent, std::size_t failed, std::int32_t reason) {
  Node &child = parent.children[failed];
  leave(child, false);
  if (!restarts(child.view.restart, reason, SABIR_DECISION_DEFAULT)) {
    carry_out(parent, {{Action::end, failed}});
    return;
  }
  carry_out(parent, restart_plan(parent.strategy, parent.views(), failed));
}

// A supervisor of the tree that runs and has a child that runs; NULL: the walk has found none.
Node *random_parent(std::mt19937_64 &random, Node &root) {
  Node *node = &root;
  for (;;) {
    std::vector<Node *> below;
    for (Node &child : node->children) {
      if (child.view.active && child.supervisor && !child.children.empty()) below.push_back(&child);
    }
    if (below.empty() || random() % 3 == 0) break;
    node = below[random() % below.size()];
  }
  return std::any_of(node->children.begin(), node->children.end(), [](const Node &child) { return child.view.active; }) ? node : nullptr;
}

TEST(Plans, leave_a_tree_with_whoever_should_run) {
  constexpr std::int32_t reasons[] = {SABIR_EXIT_NORMAL, SABIR_EXIT_KILLED, SABIR_EXIT_CRASHED, SABIR_EXIT_INTENSITY};
  int restarted = 0;
  for_each_case(1000, [&](std::mt19937_64 &random) {
    Node root = random_tree(random, 4);
    root.supervisor = true;
    start(root);
    for (int failure = 0; failure < 12; ++failure) {
      Node *parent = random_parent(random, root);
      if (!parent) continue;
      std::size_t failed;
      do failed = random() % parent->children.size();
      while (!parent->children[failed].view.active);
      const std::int32_t reason = reasons[random() % 4];
      std::string tree;
      written(root, tree);
      SCOPED_TRACE(testing::Message() << "child " << failed << " of " << written(parent->views()) << " fails with " << reason << " in "
                                      << tree);
      const Restart policy = parent->children[failed].view.restart;
      const bool again = policy == Restart::permanent || (policy == Restart::transient && reason != SABIR_EXIT_NORMAL);
      Node expected = *parent;
      expect_failure(expected, failed, again);
      ASSERT_NO_FATAL_FAILURE(fail(*parent, failed, reason));
      ASSERT_NO_FATAL_FAILURE(expect_same(*parent, expected));
      restarted += again;
    }
  });
  EXPECT_GT(restarted, 1000) << "few cases are of use";
}

}  // namespace
}  // namespace sabir::supervision
