// SPDX-License-Identifier: Apache-2.0
#include "explorer.hpp"

#include <setjmp.h>
#include <ucontext.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "state_table.hpp"

namespace sabir::model {

namespace {

constexpr std::size_t stack_bytes = std::size_t{64} << 10;
constexpr std::size_t frame_slack_bytes = 512;   // what yield() itself may have below its frame address
constexpr int max_notes = 4;
constexpr int max_addresses = 40;

enum class Kind : std::uint8_t { choice, load, store, exchange, add, subtract, bit_and, bit_or, compare_exchange, plain };

// What a thread is about to do.
struct Pending {
  Kind kind = Kind::choice;
  Order order = Order::relaxed;
  std::int16_t location = -1;
  std::int16_t alternatives = 1;      // of a choice
  std::int16_t newer_than_seen = 0;   // a load that waits
  std::uint64_t argument = 0;
  bool (*ready)(void *) = nullptr;
  void *ready_argument = nullptr;
};

struct Fiber {
  jmp_buf context = {};
  Pending pending;
  std::uint64_t digest = 0;
  std::uint64_t digest_before_load = 0;
  char *low = nullptr;         // of the live part of the stack
  char *frame = nullptr;       // of the part that means something
  std::int32_t last_loaded = -1;
  std::uint32_t finished = 0;
};

struct Step {
  int thread = 0;
  Kind kind = Kind::choice;
  Order order = Order::relaxed;
  bool done = true;            // of a compare_exchange
  bool old = false;            // a load that returned an older store
  int location = -1;
  std::uint64_t before = 0, after = 0;
  int notes = 0;
  struct {
    const char *text;
    std::uint64_t value;
  } note[max_notes] = {};
};

struct Alternative {
  std::uint8_t thread;
  std::uint8_t choice;
};

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

// One exploration; fibers and the arena have to stay where they are, so there is one of it.
struct Machine {
  Memory memory;
  Fiber fibers[max_threads];
  int threads = 0;
  int current = -1;            // -1: setting up
  int chosen = 0;
  Scenario *scenario = nullptr;
  jmp_buf scheduler;
  Step step;
  bool violated = false;
  bool (*ready)(void *) = nullptr;
  void *ready_argument = nullptr;
  int wait_location = -1;

  const char *thread_names[max_threads];
  void (*thread_runs[max_threads])(void *);
  void *thread_arguments[max_threads];
  const char *location_names[max_locations];
  struct {
    const char *name;
    char *begin;
    std::size_t size;
  } objects[max_objects];
  int object_count = 0;
  int open_object = no_object;
  struct {
    const char *name;
    const void *address;
  } addresses[max_addresses];
  int address_count = 0;
  char violation[256];
};

Machine machine;
alignas(64) std::byte arena[max_scenario_bytes];
alignas(64) char stacks[max_threads][stack_bytes];

std::string name_of_value(std::uint64_t value) {
  char text[64];
  if (value < 4096) {
    std::snprintf(text, sizeof text, "%llu", static_cast<unsigned long long>(value));
    return text;
  }
  const std::uint64_t address = value & ~std::uint64_t{1};
  const char *low = value & 1 ? "+1" : "";
  for (int i = 0; i < machine.object_count; i++) {
    const auto begin = reinterpret_cast<std::uint64_t>(machine.objects[i].begin);
    if (address >= begin && address < begin + machine.objects[i].size) return std::string(machine.objects[i].name) + low;
  }
  for (int i = 0; i < machine.address_count; i++) {
    if (address == reinterpret_cast<std::uint64_t>(machine.addresses[i].address)) return std::string(machine.addresses[i].name) + low;
  }
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

std::string name_of_location(int location) {
  if (location < 0) return "";
  const int object = machine.memory.object_of(location);
  return (object == no_object ? "" : std::string(machine.objects[object].name) + ".") + machine.location_names[location];
}

void print_step(std::size_t number, const Step &step) {
  static constexpr const char *kinds[] = {"choice",    "load",      "store",    "exchange",         "fetch_add",
                                          "fetch_sub", "fetch_and", "fetch_or", "compare_exchange", ""};
  char text[256];
  const std::string before = name_of_value(step.before), after = name_of_value(step.after);
  const std::string full_name = name_of_location(step.location);
  const char *location = full_name.c_str();
  if (step.kind == Kind::choice) {
    std::snprintf(text, sizeof text, "chooses %s", after.c_str());
  } else if (step.kind == Kind::load) {
    std::snprintf(text, sizeof text, "%s.load(%s) = %s%s", location, name_of(step.order), before.c_str(),
                  step.old ? " (an older value)" : "");
  } else if (step.kind == Kind::compare_exchange && !step.done) {
    std::snprintf(text, sizeof text, "%s.compare_exchange fails, finds %s", location, before.c_str());
  } else {
    std::snprintf(text, sizeof text, "%s.%s(%s) %s -> %s", location, kinds[static_cast<int>(step.kind)], name_of(step.order),
                  before.c_str(), after.c_str());
  }
  std::printf("%5zu  %-12s %s\n", number, machine.thread_names[step.thread], text);
  for (int i = 0; i < step.notes; i++) {
    std::snprintf(text, sizeof text, step.note[i].text, name_of_value(step.note[i].value).c_str());
    std::printf("       %-12s   | %s\n", "", text);
  }
}

Fiber &fiber() { return machine.fibers[machine.current]; }

[[noreturn]] void to_scheduler() { _longjmp(machine.scheduler, 1); }

// Stops the current thread in front of `pending`, until the scheduler lets it go on. Returns the alternative that it chose.
__attribute__((noinline)) int yield(Pending pending) {
  Fiber &self = fiber();
  if (machine.ready) {
    pending.ready = std::exchange(machine.ready, nullptr);
    pending.ready_argument = machine.ready_argument;
  }
  self.pending = pending;
  self.frame = static_cast<char *>(__builtin_frame_address(0));
  self.low = self.frame - frame_slack_bytes;
  if (_setjmp(self.context) == 0) to_scheduler();
  machine.step = Step{};
  machine.step.thread = machine.current;
  machine.step.kind = fiber().pending.kind;
  machine.step.order = fiber().pending.order;
  machine.step.location = fiber().pending.location;
  fiber().digest = mix(fiber().digest, static_cast<std::uint64_t>(machine.step.kind));
  return machine.chosen;
}

void fiber_main() {
  const int self = machine.current;
  machine.thread_runs[self](machine.thread_arguments[self]);
  Fiber &done = machine.fibers[self];
  done = Fiber{};
  done.finished = 1;
  machine.memory.forget(self);
  to_scheduler();
}

__attribute__((noinline)) void start_fiber(int thread) {
  static ucontext_t context;   // only until the fiber stops for the first time
  machine.current = thread;
  if (_setjmp(machine.scheduler)) return;
  getcontext(&context);
  context.uc_stack.ss_sp = stacks[thread];
  context.uc_stack.ss_size = stack_bytes;
  context.uc_link = nullptr;
  makecontext(&context, fiber_main, 0);
  setcontext(&context);
}

__attribute__((noinline)) void resume_fiber(int thread, int choice) {
  machine.current = thread;
  machine.chosen = choice;
  if (_setjmp(machine.scheduler) == 0) _longjmp(machine.fibers[thread].context, 1);
}

// Stops the exploration if something is wrong with what was done to the location.
void violate_if(const char *wrong, int location) {
  if (!wrong) return;
  std::snprintf(machine.violation, sizeof machine.violation, "%s: %s", name_of_location(location).c_str(), wrong);
  machine.violated = true;
  to_scheduler();
}

// A stored address makes what it points into reachable for everybody.
void publish_address(std::uint64_t value) {
  if (value < 4096) return;
  for (int i = 0; i < machine.object_count; i++) {
    const auto begin = reinterpret_cast<std::uint64_t>(machine.objects[i].begin);
    if (value >= begin && value < begin + machine.objects[i].size) machine.memory.publish(i);
  }
}

// ---- the state's bytes ----

template <class T>
std::byte *put(std::byte *to, const T &value) {
  std::memcpy(to, &value, sizeof value);
  return to + sizeof value;
}

template <class T>
const std::byte *get(const std::byte *from, T &value) {
  std::memcpy(static_cast<void *>(&value), from, sizeof value);
  return from + sizeof value;
}

std::size_t scenario_bytes = 0;

constexpr std::size_t max_state_bytes = Memory::max_bytes + max_scenario_bytes + max_threads * (sizeof(Fiber) + (std::size_t{8} << 10));
std::byte scratch[max_state_bytes];

// The state in scratch. key: out, its identity. Returns the size.
std::size_t save(const Options &options, std::uint64_t &key) {
  std::byte *to = machine.memory.save_bytes(scratch, machine.threads);
  std::memcpy(to, arena, scenario_bytes);
  to += scenario_bytes;
  std::uint64_t hash = hash_bytes(scratch, to, 1);
  for (int i = 0; i < machine.threads; i++) {
    const Fiber &one = machine.fibers[i];
    std::byte *begin = to;
    to = put(to, one);
    const Pending &pending = one.pending;
    hash = mix(hash, static_cast<std::uint64_t>(pending.kind) << 32 | static_cast<std::uint64_t>(one.finished) << 16 |
                         static_cast<std::uint16_t>(pending.location));
    hash = mix(hash, pending.argument);
    if (one.finished) continue;
    const char *end = stacks[i] + stack_bytes;
    if (end - one.low > (std::ptrdiff_t{8} << 10)) __builtin_trap();   // a thread with too much on its stack
    std::memcpy(to, one.low, static_cast<std::size_t>(end - one.low));
    if (options.hash_stacks) {
      hash = hash_bytes(begin, begin + sizeof one.context, hash);
      hash = hash_bytes(to + (one.frame - one.low), to + (end - one.low), hash);
    } else {
      hash = mix(hash, one.digest);
    }
    to += end - one.low;
  }
  key = hash | 1;   // 0 is no key
  return static_cast<std::size_t>(to - scratch);
}

void restore(const std::vector<std::byte> &bytes) {
  const std::byte *from = machine.memory.load_bytes(bytes.data(), machine.threads);
  std::memcpy(arena, from, scenario_bytes);
  from += scenario_bytes;
  for (int i = 0; i < machine.threads; i++) {
    Fiber &one = machine.fibers[i];
    from = get(from, one);
    if (one.finished) continue;
    const char *end = stacks[i] + stack_bytes;
    std::memcpy(one.low, from, static_cast<std::size_t>(end - one.low));
    from += end - one.low;
  }
}

// How many ways the thread can go on.
int alternatives_of(int thread) {
  const Fiber &one = machine.fibers[thread];
  if (one.finished) return 0;
  const Pending &pending = one.pending;
  if (pending.ready && !pending.ready(pending.ready_argument)) return 0;
  if (pending.kind == Kind::choice) return pending.alternatives;
  if (pending.kind != Kind::load) return 1;
  if (pending.newer_than_seen && !machine.memory.has_newer(thread, pending.location)) return 0;
  const int count = machine.memory.choices(thread, pending.location, pending.order);
  return pending.newer_than_seen && count > 1 ? count - 1 : count;
}

// A step that touches nothing that another thread can touch: it may as well be done first.
bool is_local(int thread) {
  const Pending &pending = machine.fibers[thread].pending;
  if (pending.ready) return false;
  return pending.kind == Kind::choice || machine.memory.is_private(thread, pending.location);
}

void find_alternatives(std::vector<Alternative> &alternatives) {
  alternatives.clear();
  for (int pass = 0; pass < 2; pass++) {
    for (int i = 0; i < machine.threads; i++) {
      const int count = alternatives_of(i);
      if (count == 0 || (pass == 0 && !is_local(i))) continue;
      for (int k = 0; k < count; k++) alternatives.push_back({static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(k)});
      if (pass == 0) return;
    }
  }
}

bool all_finished() {
  return std::all_of(machine.fibers, machine.fibers + machine.threads, [](const Fiber &one) { return one.finished != 0; });
}

__attribute__((noinline)) void run_at_end() {
  if (_setjmp(machine.scheduler) == 0) machine.scenario->at_end();
}

void run_set_up(SetUp set_up, const void *configuration, const Options &options) {
  std::memset(arena, 0, sizeof arena);
  machine.memory.reset(options.weak);
  machine.threads = machine.object_count = machine.address_count = 0;
  machine.current = -1;
  machine.open_object = no_object;
  machine.violated = false;
  machine.ready = nullptr;
  machine.wait_location = -1;
  machine.scenario = set_up(arena, configuration);
  machine.memory.begin();
  for (int i = 0; i < machine.threads; i++) {
    machine.fibers[i] = Fiber{};
    start_fiber(i);
  }
}

}  // namespace

void Scenario::on_store(int, std::uint64_t, std::uint64_t) {}

namespace {

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
  Walk(const Options &options, std::uint64_t wanted) : options_(options), wanted_(wanted) {}

  Result run(SetUp set_up, const void *configuration) {
    run_set_up(set_up, configuration, options_);
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
    const std::size_t size = save(options_, key);
    if (depth_ > 0) frames_[depth_ - 1].successors.push_back(key);
    if (!seen_.insert(key)) {
      if (depth_ > 0) frames_[depth_ - 1].executions += static_cast<double>(seen_.executions(key));
      return false;
    }
    Frame &frame = frames_[depth_];
    frame.bytes.assign(scratch, scratch + size);
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
    if (!restored_) restore(frames_[depth_].bytes);
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
  scenario_bytes = bytes;
  Walk all(options, 0);
  const Result result = all.run(set_up, configuration);
  if (result.violated || !all.livelock()) return result;
  return Walk(options, all.livelock()).run(set_up, configuration);   // once more, for the schedule that leads there
}

// ---- for set_up ----

int add_thread(const char *name, void (*run)(void *), void *argument) {
  if (machine.threads == max_threads) __builtin_trap();   // a scenario larger than its table
  machine.thread_names[machine.threads] = name;
  machine.thread_runs[machine.threads] = run;
  machine.thread_arguments[machine.threads] = argument;
  return machine.threads++;
}

void begin_object(void *begin, std::size_t size) {
  machine.open_object = machine.memory.add_object(0);
  machine.objects[machine.open_object] = {"?", static_cast<char *>(begin), size};
  machine.object_count = machine.open_object + 1;
}

void end_object() { machine.open_object = no_object; }

void describe_object(void *begin, const char *name, int owner) {
  for (int i = 0; i < machine.object_count; i++) {
    if (machine.objects[i].begin != begin) continue;
    machine.objects[i].name = name;
    machine.memory.set_owner(i, owner);
  }
}

int add_location(bool atomic, std::uint64_t value) {
  const int location = machine.memory.add_location(atomic, machine.open_object);
  name_location(location, "?");
  if (atomic) machine.memory.initial_value(location, value);
  return location;
}

void name_location(int location, const char *name) { machine.location_names[location] = name; }

void keep_no_history(int location) { machine.memory.keep_no_history(location); }

void name_address(const char *name, const void *address) {
  if (machine.address_count == max_addresses) __builtin_trap();   // a scenario larger than its table
  machine.addresses[machine.address_count++] = {name, address};
}

// ---- for threads ----

int current_thread() { return machine.current; }

int choice(int count) {
  if (count == 1) return 0;
  Pending pending;
  pending.alternatives = static_cast<std::int16_t>(count);
  const int chosen = yield(pending);
  machine.step.after = static_cast<std::uint64_t>(chosen);
  observe(static_cast<std::uint64_t>(chosen));
  return chosen;
}

void when(bool (*ready)(void *), void *argument) {
  machine.ready = ready;
  machine.ready_argument = argument;
}

void wait_until(bool (*ready)(void *), void *argument) {
  when(ready, argument);
  yield(Pending{});
}

void forget() { machine.memory.forget(machine.current); }

void wait_for_newer() {
  fiber().digest = fiber().digest_before_load;
  machine.wait_location = fiber().last_loaded;
}

void checkpoint(std::uint64_t place, std::uint64_t first, std::uint64_t second) { fiber().digest = mix(mix(place, first), second); }

void observe(std::uint64_t value) {
  if (machine.current >= 0) fiber().digest = mix(fiber().digest, value);
}

void free_object(void *begin) {
  for (int i = 0; i < machine.object_count; i++) {
    if (machine.objects[i].begin != begin) continue;
    note("frees %s", reinterpret_cast<std::uint64_t>(begin));
    if (const char *wrong = machine.memory.free_object(machine.current, i)) {
      std::snprintf(machine.violation, sizeof machine.violation, "%s: %s", machine.objects[i].name, wrong);
      machine.violated = true;
      to_scheduler();
    }
    return;
  }
  fail("frees what is no object");
}

bool object_is_freed(const void *begin) {
  for (int i = 0; i < machine.object_count; i++) {
    if (machine.objects[i].begin == begin) return machine.memory.lifetime(i) == Lifetime::freed;
  }
  return false;
}

void note(const char *text, std::uint64_t value) {
  if (machine.current < 0 || machine.step.notes == max_notes) return;
  machine.step.note[machine.step.notes++] = {text, value};
}

void fail(const char *text, std::uint64_t value) {
  char line[200];
  std::snprintf(line, sizeof line, text, name_of_value(value).c_str());
  std::snprintf(machine.violation, sizeof machine.violation, "%s", line);
  machine.violated = true;
  to_scheduler();
}

// ---- for the shim ----

std::uint64_t atomic_load(int location, std::memory_order order) {
  if (machine.current < 0) return machine.memory.newest(location);
  Pending pending;
  pending.kind = Kind::load;
  pending.order = order_of(order);
  pending.location = static_cast<std::int16_t>(location);
  pending.newer_than_seen = std::exchange(machine.wait_location, -1) == location;
  const std::uint64_t before = fiber().digest;
  const int chosen = yield(pending);
  fiber().digest_before_load = before;
  fiber().last_loaded = location;
  std::uint64_t value;
  const char *wrong = machine.memory.load(machine.current, location, pending.order, chosen, value);
  machine.step.before = value;
  machine.step.old = chosen != 0;
  violate_if(wrong, location);
  observe(value);
  return value;
}

void atomic_store(int location, std::uint64_t value, std::memory_order order, bool ordered) {
  if (machine.current < 0) return machine.memory.initial_value(location, value);
  Pending pending;
  pending.kind = Kind::store;
  pending.order = order_of(order);
  pending.location = static_cast<std::int16_t>(location);
  pending.argument = value;
  yield(pending);
  const std::uint64_t before = machine.memory.newest(location);
  machine.step.before = before;
  machine.step.after = value;
  publish_address(value);
  violate_if(machine.memory.store(machine.current, location, pending.order, value, ordered), location);
  machine.scenario->on_store(location, before, value);
}

std::uint64_t atomic_modify(int location, Modify how, std::uint64_t argument, std::memory_order order) {
  auto apply = [&](std::uint64_t old) {
    switch (how) {
      case Modify::exchange: return argument;
      case Modify::add: return old + argument;
      case Modify::subtract: return old - argument;
      case Modify::bit_and: return old & argument;
      default: return old | argument;
    }
  };
  if (machine.current < 0) {
    const std::uint64_t old = machine.memory.newest(location);
    machine.memory.initial_value(location, apply(old));
    return old;
  }
  Pending pending;
  pending.kind = static_cast<Kind>(static_cast<int>(Kind::exchange) + static_cast<int>(how));
  pending.order = order_of(order);
  pending.location = static_cast<std::int16_t>(location);
  pending.argument = argument;
  yield(pending);
  const std::uint64_t old = machine.memory.newest(location);
  machine.step.before = old;
  machine.step.after = apply(old);
  publish_address(apply(old));
  violate_if(machine.memory.modify(machine.current, location, pending.order, apply(old)), location);
  observe(old);
  machine.scenario->on_store(location, old, apply(old));
  return old;
}

bool atomic_compare_exchange(int location, std::uint64_t &expected, std::uint64_t desired, std::memory_order success,
                             std::memory_order failure) {
  Pending pending;
  pending.kind = Kind::compare_exchange;
  pending.order = order_of(success);
  pending.location = static_cast<std::int16_t>(location);
  pending.argument = mix(expected, desired);
  yield(pending);
  const std::uint64_t old = machine.memory.newest(location);
  machine.step.before = old;
  machine.step.after = desired;
  observe(old);
  if (old != expected) {
    machine.step.done = false;
    expected = old;
    std::uint64_t value;
    violate_if(machine.memory.load(machine.current, location, order_of(failure), 0, value, true), location);
    return false;
  }
  publish_address(desired);
  violate_if(machine.memory.modify(machine.current, location, pending.order, desired), location);
  machine.scenario->on_store(location, old, desired);
  return true;
}

void plain_read(int location) {
  if (machine.current >= 0) violate_if(machine.memory.plain_read(machine.current, location), location);
}

void plain_write(int location) {
  if (machine.current >= 0) violate_if(machine.memory.plain_write(machine.current, location), location);
}

std::uint64_t newest_value(int location) { return machine.memory.newest(location); }

}  // namespace sabir::model
