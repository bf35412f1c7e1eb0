// SPDX-License-Identifier: Apache-2.0
#include "machine.hpp"

#include <ucontext.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>

namespace sabir::model {

Machine machine;

namespace {

constexpr std::size_t stack_bytes = std::size_t{64} << 10;
constexpr std::size_t frame_slack_bytes = 512;   // what yield() itself may have below its frame address
constexpr std::size_t max_live_stack_bytes = std::size_t{8} << 10;

alignas(64) std::byte arena[max_scenario_bytes];
alignas(64) char stacks[max_threads][stack_bytes];

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

constexpr std::size_t max_state_bytes = Memory::max_bytes + max_scenario_bytes + max_threads * (sizeof(Fiber) + max_live_stack_bytes);
std::byte scratch[max_state_bytes];

}  // namespace

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

namespace {

std::string name_of_location(int location) {
  if (location < 0) return "";
  const int object = machine.memory.object_of(location);
  return (object == no_object ? "" : std::string(machine.objects[object].name) + ".") + machine.location_names[location];
}

}  // namespace

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

void to_scheduler() { _longjmp(machine.scheduler, 1); }

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

namespace {

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

}  // namespace

__attribute__((noinline)) void resume_fiber(int thread, int choice) {
  machine.current = thread;
  machine.chosen = choice;
  if (_setjmp(machine.scheduler) == 0) _longjmp(machine.fibers[thread].context, 1);
}

void violate_if(const char *wrong, int location) {
  if (!wrong) return;
  std::snprintf(machine.violation, sizeof machine.violation, "%s: %s", name_of_location(location).c_str(), wrong);
  machine.violated = true;
  to_scheduler();
}

// ---- the state's bytes ----

Bytes save_state(const Options &options, std::uint64_t &key) {
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
    if (end - one.low > static_cast<std::ptrdiff_t>(max_live_stack_bytes)) __builtin_trap();   // a thread with too much on its stack
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
  return {scratch, static_cast<std::size_t>(to - scratch)};
}

void restore_state(const std::vector<std::byte> &bytes) {
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

namespace {

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

}  // namespace

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

void run_set_up(SetUp set_up, std::size_t bytes, const void *configuration, const Options &options) {
  scenario_bytes = bytes;
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

}  // namespace sabir::model
