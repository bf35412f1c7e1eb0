// SPDX-License-Identifier: Apache-2.0
#include "timer/wheel.hpp"

#include <algorithm>
#include <bit>

namespace sabir::timer {

Wheel::Wheel(std::uint64_t now_ns) noexcept : now_tick_(now_ns / tick_ns) {
  for (auto &level : slots_) {
    for (Timer &head : level) head.previous = head.next = &head;
  }
}

void Wheel::link(unsigned level, std::uint64_t slot, Timer &timer) noexcept {
  Timer &head = slots_[level][slot];
  occupied_[level] |= std::uint64_t{1} << slot;
  timer.previous = head.previous;
  timer.next = &head;
  head.previous->next = &timer;
  head.previous = &timer;
}

void Wheel::unlink(Timer &timer) noexcept {
  Timer *next = timer.next;
  timer.previous->next = next;
  next->previous = timer.previous;
  timer.previous = timer.next = nullptr;
  if (next->next != next) return;
  // Only a head points at itself: the slot is empty now.
  const auto index = static_cast<std::size_t>(next - slots_[0].data());
  occupied_[index / slots_per_level] &= ~(std::uint64_t{1} << index % slots_per_level);
}

void Wheel::arm(Timer &timer, std::uint64_t deadline_ns) noexcept {
  timer.deadline_ns = deadline_ns;
  insert(timer, tick_after(deadline_ns));
  ++armed_;
}

// The level is that of the highest digit (base 64) in which the tick differs from now, so that a slot is reached exactly when all
// higher digits agree.
void Wheel::insert(Timer &timer, std::uint64_t tick) noexcept {
  if (tick < now_tick_) tick = now_tick_;
  const std::uint64_t differing = tick ^ now_tick_;
  unsigned level = 0;
  while (level + 1 < levels && differing >> (level_bits * (level + 1)) != 0) ++level;
  // The highest level is a ring: what is near goes to its own slot, though the digits above it, which no level has, may differ from
  // now's. Beyond that is the slot reached last.
  const std::uint64_t last = (now_tick_ >> (level_bits * level)) + slots_per_level - 1;
  link(level, std::min(tick >> (level_bits * level), last) % slots_per_level, timer);
}

bool Wheel::cancel(Timer &timer) noexcept {
  if (!timer.previous) return false;
  unlink(timer);
  --armed_;
  return true;
}

// now_tick_ has just begun: brings down what the higher levels hold for it.
void Wheel::cascade() noexcept {
  for (unsigned level = 1; level < levels; ++level) {
    if ((now_tick_ & ((std::uint64_t{1} << (level_bits * level)) - 1)) != 0) return;
    const std::uint64_t slot = (now_tick_ >> (level_bits * level)) % slots_per_level;
    Timer &head = slots_[level][slot];
    occupied_[level] &= ~(std::uint64_t{1} << slot);
    // Unhook the whole list first: a timer beyond the wheel may go back into the same slot.
    Timer *timer = head.next;
    head.previous->next = nullptr;
    head.previous = head.next = &head;
    if (timer == &head) continue;
    while (timer) {
      Timer *next = timer->next;
      insert(*timer, tick_after(timer->deadline_ns));
      timer = next;
    }
  }
}

Timer *Wheel::expire(std::uint64_t now_ns) noexcept {
  const std::uint64_t target = now_ns / tick_ns;
  for (;;) {
    Timer &head = slots_[0][now_tick_ % slots_per_level];
    if (head.next != &head) {
      Timer &timer = *head.next;
      unlink(timer);
      --armed_;
      return &timer;
    }
    if (now_tick_ >= target) return nullptr;
    if (armed_ == 0) {
      now_tick_ = target;
      return nullptr;
    }
    // Straight to where something happens: the next tick, or, with the lower levels empty, the next that brings down a slot of the first
    // level that is not.
    unsigned level = 0;
    while (occupied_[level] == 0) ++level;  // armed_ != 0
    now_tick_ = std::min(target, ((now_tick_ >> (level_bits * level)) + 1) << (level_bits * level));
    cascade();
  }
}

std::uint64_t Wheel::next_due_ns() const noexcept {
  if (armed_ == 0) return none;
  for (unsigned level = 0; level < levels; ++level) {
    const std::uint64_t base = now_tick_ >> (level_bits * level);
    // Bit i: the slot i steps ahead of now's.
    std::uint64_t ahead = std::rotr(occupied_[level], static_cast<int>(base % slots_per_level));
    if (level != 0) ahead &= ~std::uint64_t{1};
    if (ahead != 0) return ((base + static_cast<unsigned>(std::countr_zero(ahead))) << (level_bits * level)) * tick_ns;
  }
  return now_tick_ * tick_ns;
}

}  // namespace sabir::timer
