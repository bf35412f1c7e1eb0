// SPDX-License-Identifier: Apache-2.0
#include "explorer.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <vector>

#include "machine.hpp"

namespace sabir::model {

void Scenario::on_store(int, std::uint64_t, std::uint64_t) {}

namespace {

struct Frame {
  std::vector<std::byte> bytes;
  std::vector<Alternative> alternatives;
  std::size_t next = 0;
  std::uint64_t key = 0;
  double executions = 0;
  std::vector<std::uint64_t> successors;
  Step step;                   // that led here
};

// A state whose successors were all still being walked when it was left: whether it leads to an end is known later.
struct Doubtful {
  std::uint64_t key;
  std::vector<std::uint64_t> successors;
};

// A state from which no schedule leads to an end, or 0.
std::uint64_t find_livelock(StateTable &seen, std::vector<Doubtful> &doubtful) {
  for (bool changed = true; changed;) {
    changed = false;
    for (Doubtful &state : doubtful) {
      if (seen.executions(state.key) > 0) continue;
      if (std::none_of(state.successors.begin(), state.successors.end(), [&](std::uint64_t key) { return seen.executions(key) > 0; }))
        continue;
      seen.executions(state.key) = 1;
      changed = true;
    }
  }
  for (const Doubtful &state : doubtful) {
    if (!(seen.executions(state.key) > 0)) return state.key;
  }
  return 0;
}

// One walk through all states, or up to the state with the key `wanted`.
class Walk {
 public:
  Walk(const Options &options, std::size_t scenario_bytes, std::uint64_t wanted)
      : options_(options), bytes_(scenario_bytes), wanted_(wanted) {}

  Result run(SetUp set_up, const void *configuration) {
    run_set_up(set_up, bytes_, configuration, options_);
    if (machine.violated) return report(0);
    enter();
    if (stuck()) return result_;
    for (;;) {
      if (frames_[depth_].next == frames_[depth_].alternatives.size()) {
        if (!leave()) break;
        continue;
      }
      if (!step()) return result_;
    }
    result_.states = seen_.size();
    result_.exhausted = true;
    livelock_ = find_livelock(seen_, doubtful_);
    return result_;
  }

  std::uint64_t livelock() const { return livelock_; }

 private:
  Result &report(std::size_t steps) {
    result_.violated = true;
    result_.states = seen_.size();
    std::memcpy(result_.violation, machine.violation, sizeof result_.violation);
    std::printf("\nViolation: %s\nSchedule (one line for each step; the indented lines are what the scenario says about it):\n",
                machine.violation);
    for (std::size_t i = 1; i <= steps; i++) print_step(i, frames_[i].step);
    return result_;
  }

  // Fills the frame at depth_ with the present state. False: it was there before.
  bool enter() {
    if (depth_ == frames_.size()) frames_.emplace_back();
    std::uint64_t key;
    const Bytes bytes = save_state(options_, key);
    if (depth_ > 0) frames_[depth_ - 1].successors.push_back(key);
    if (!seen_.insert(key)) {
      if (depth_ > 0) frames_[depth_ - 1].executions += static_cast<double>(seen_.executions(key));
      return false;
    }
    Frame &frame = frames_[depth_];
    frame.bytes.assign(bytes.begin, bytes.begin + bytes.size);
    frame.next = 0;
    frame.key = key;
    frame.executions = 0;
    frame.successors.clear();
    frame.step = machine.step;
    find_alternatives(frame.alternatives);
    result_.depth = std::max(result_.depth, static_cast<int>(depth_));
    restored_ = true;
    return true;
  }

  // Reports the state of the frame at depth_ if nothing good can come of it.
  bool stuck() {
    const char *wrong = frames_[depth_].alternatives.empty() ? "nobody can go on, but not all threads have ended"
                        : frames_[depth_].key == wanted_     ? "a livelock: the threads can go on from here, but never come to an end"
                                                             : nullptr;
    if (wrong) {
      std::snprintf(machine.violation, sizeof machine.violation, "%s", wrong);
      report(depth_);
    }
    return wrong != nullptr;
  }

  // Goes back one step. False: there is none.
  bool leave() {
    Frame &frame = frames_[depth_];
    seen_.executions(frame.key) = static_cast<float>(frame.executions);
    if (!(frame.executions > 0)) doubtful_.push_back({frame.key, frame.successors});
    result_.executions = frame.executions;
    restored_ = false;
    if (depth_ == 0) return false;
    depth_--;
    frames_[depth_].executions += frame.executions;
    return true;
  }

  // Takes the next alternative of the frame at depth_. False: the walk ends here.
  bool step() {
    if (!restored_) restore_state(frames_[depth_].bytes);
    restored_ = false;
    const Alternative alternative = frames_[depth_].alternatives[frames_[depth_].next++];
    resume_fiber(alternative.thread, alternative.choice);
    result_.steps++;
    if (!machine.violated && all_finished()) {
      result_.ends++;
      frames_[depth_].executions += 1;
      run_at_end();
      if (!machine.violated) return true;
    }
    depth_++;
    if (machine.violated) {
      if (depth_ == frames_.size()) frames_.emplace_back();
      frames_[depth_].step = machine.step;
      report(depth_);
      return false;
    }
    machine.memory.collect(machine.threads);
    if (!enter()) {
      depth_--;
      return true;
    }
    if (stuck()) return false;
    result_.states = seen_.size();
    return seen_.size() < options_.max_states;
  }

  const Options options_;
  const std::size_t bytes_;
  const std::uint64_t wanted_;
  Result result_;
  StateTable seen_;
  std::vector<Frame> frames_;
  std::vector<Doubtful> doubtful_;
  std::size_t depth_ = 0;
  std::uint64_t livelock_ = 0;
  bool restored_ = true;   // the machine is in the state of the frame at depth_
};

}  // namespace

Result explore(SetUp set_up, std::size_t bytes, const void *configuration, const Options &options) {
  Walk all(options, bytes, 0);
  const Result result = all.run(set_up, configuration);
  if (result.violated || !all.livelock()) return result;
  return Walk(options, bytes, all.livelock()).run(set_up, configuration);   // once more, for the schedule that leads there
}

}  // namespace sabir::model
