// What scenarios and the shim call: set-up, choices, notes, and what each operation does to memory.
//
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <utility>

#include "machine.hpp"

namespace sabir::model {

namespace {

// A stored address makes what it points into reachable for everybody.
void publish_address(std::uint64_t value) {
  if (value < 4096) return;
  for (int i = 0; i < machine.object_count; i++) {
    const auto begin = reinterpret_cast<std::uint64_t>(machine.objects[i].begin);
    if (value >= begin && value < begin + machine.objects[i].size) machine.memory.publish(i);
  }
}

}  // namespace

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
