// SPDX-License-Identifier: Apache-2.0
#include "memory.hpp"

#include <algorithm>
#include <cstring>

namespace sabir::model {

namespace {

constexpr std::uint8_t write_bit = 0x80;

// The mark of forget(): such a thread holds no store back.
bool knows_nothing_yet(const View &view) noexcept { return view.seen[0] == 0xff; }

std::uint8_t access_bit(int thread) noexcept { return static_cast<std::uint8_t>(1U << thread); }
void drop(std::uint8_t &set, std::uint8_t bits) noexcept { set = static_cast<std::uint8_t>(set & ~bits); }
void add(std::uint8_t &set, std::uint8_t bits) noexcept { set = static_cast<std::uint8_t>(set | bits); }

template <class T>
std::byte *put(std::byte *to, const T *from, std::size_t count) noexcept {
  std::memcpy(to, from, sizeof(T) * count);
  return to + sizeof(T) * count;
}

template <class T>
const std::byte *get(const std::byte *from, T *to, std::size_t count) noexcept {
  std::memcpy(to, from, sizeof(T) * count);
  return from + sizeof(T) * count;
}

}  // namespace

Order order_of(std::memory_order order) noexcept {
  switch (order) {
    case std::memory_order_relaxed: return Order::relaxed;
    case std::memory_order_consume:
    case std::memory_order_acquire: return Order::acquire;
    case std::memory_order_release: return Order::release;
    case std::memory_order_acq_rel: return Order::acq_rel;
    default: return Order::seq_cst;
  }
}

const char *name_of(Order order) noexcept {
  static constexpr const char *names[] = {"relaxed", "acquire", "release", "acq_rel", "seq_cst"};
  return names[static_cast<int>(order)];
}

void View::join(const View &other) noexcept {
  for (int i = 0; i < max_locations; i++) seen[i] = std::max(seen[i], other.seen[i]);
  for (int i = 0; i < max_locations; i++) add(known[i], other.known[i]);
}

void Memory::reset(bool weak) noexcept {
  std::memset(locations, 0, sizeof locations);
  std::memset(views, 0, sizeof views);
  std::memset(&total_order, 0, sizeof total_order);
  std::memset(objects, 0, sizeof objects);
  location_count_ = object_count_ = 0;
  weak_ = weak;
}

int Memory::add_location(bool atomic, int object) noexcept {
  if (location_count_ == max_locations) __builtin_trap();   // a scenario larger than its table
  Location &location = locations[location_count_];
  location.atomic = atomic;
  location.object = static_cast<std::int8_t>(object);
  location.count = 1;
  if (atomic) {
    for (View &view : views) view.known[location_count_] = write_bit;
  }
  return location_count_++;
}

int Memory::add_object(int owner) noexcept {
  if (object_count_ == max_objects) __builtin_trap();   // a scenario larger than its table
  objects[object_count_].owner = static_cast<std::uint8_t>(owner);
  return object_count_++;
}

void Memory::initial_value(int location, std::uint64_t value) noexcept {
  locations[location].stores[0].value = value;
  if (has_history(location)) return;
  for (View &view : views) view.seen[location] = 1;
}

void Memory::keep_no_history(int location) noexcept {
  locations[location].no_history = 1;
  for (View &view : views) view.seen[location] = 1;
}

void Memory::begin() noexcept {
  for (int i = 0; i < location_count_; i++) locations[i].stores[0].view = views[0];
}

template <class Function>
void Memory::each_view(Function function) noexcept {
  for (View &view : views) {
    if (!knows_nothing_yet(view)) function(view);
  }
  for (int i = 0; i < location_count_; i++) {
    for (int k = 0; k < locations[i].count; k++) function(locations[i].stores[k].view);
  }
}

int Memory::choices(int thread, int location, Order order) const noexcept {
  if (!has_history(location)) return 1;
  int oldest = views[thread].seen[location];
  if (order == Order::seq_cst) oldest = std::max<int>(oldest, total_order.seen[location]);
  return locations[location].count - oldest;
}

const char *Memory::check_alive(int location) const noexcept {
  const int object = locations[location].object;
  return object != no_object && objects[object].lifetime == Lifetime::freed ? "use after free" : nullptr;
}

// A new access of `thread`: nobody else is ordered after it yet.
void Memory::mark_access(int thread, int location) noexcept {
  const std::uint8_t bit = access_bit(thread);
  if (locations[location].object != no_object) {   // only what can be freed needs to know who looks at it
    each_view([&](View &view) { drop(view.known[location], bit); });
    add(locations[location].accesses, bit);
    add(views[thread].known[location], bit);
  }
}

const char *Memory::load(int thread, int location, Order order, int choice, std::uint64_t &value, bool failed_modify) noexcept {
  value = 0;
  if (const char *wrong = check_alive(location)) return wrong;
  if (weak_ && locations[location].no_history && !failed_modify) return "is loaded, but keeps no history";
  mark_access(thread, location);
  const int index = locations[location].count - 1 - choice;
  const Store &store = locations[location].stores[index];
  value = store.value;
  const auto seen = static_cast<std::uint8_t>(has_history(location) ? index : 1);
  views[thread].seen[location] = std::max(views[thread].seen[location], seen);
  const bool is_last = std::all_of(&store + 1, &store + 1 + choice, [](const Store &later) { return later.modifies != 0; });
  if (is_last) add(views[thread].known[location], write_bit);
  if (acquires(order)) views[thread].join(store.view);
  if (order == Order::seq_cst) total_order.seen[location] = std::max(total_order.seen[location], seen);
  return nullptr;
}

void Memory::drop_oldest(int location, int count) noexcept {
  Location &place = locations[location];
  for (int k = count; k < place.count; k++) place.stores[k - count] = place.stores[k];
  place.count = static_cast<std::uint8_t>(place.count - count);
  auto shift = [&](View &view) { view.seen[location] = static_cast<std::uint8_t>(std::max(view.seen[location] - count, 0)); };
  each_view(shift);
  shift(total_order);
}

void Memory::append(int thread, int location, const Store &store) noexcept {
  Location &place = locations[location];
  if (has_history(location)) {
    if (place.count == max_stores) drop_oldest(location, 1);
    place.stores[place.count++] = store;
    views[thread].seen[location] = static_cast<std::uint8_t>(place.count - 1);
    place.stores[place.count - 1].view.seen[location] = static_cast<std::uint8_t>(place.count - 1);
  } else {
    each_view([&](View &view) { view.seen[location] = 0; });
    place.stores[0] = store;
    place.stores[0].view.seen[location] = 1;
    views[thread].seen[location] = 1;
  }
}

const char *Memory::store(int thread, int location, Order order, std::uint64_t value, bool ordered) noexcept {
  if (const char *wrong = check_alive(location)) return wrong;
  // (After read-modify-writes that it has not seen it stands anyway: nothing fits between them and the store that they read.)
  if (ordered && !(views[thread].known[location] & write_bit)) return "store that nothing orders after the store before it";
  mark_access(thread, location);
  each_view([&](View &view) { drop(view.known[location], write_bit); });
  add(views[thread].known[location], write_bit);
  Store store{value, 0, {}};
  if (releases(order)) store.view = views[thread];
  append(thread, location, store);
  if (order == Order::seq_cst) total_order.seen[location] = static_cast<std::uint8_t>(newest_index(location));
  return nullptr;
}

const char *Memory::modify(int thread, int location, Order order, std::uint64_t value) noexcept {
  if (const char *wrong = check_alive(location)) return wrong;
  if (knows_nothing_yet(views[thread])) std::memset(&views[thread], 0, sizeof views[thread]);
  mark_access(thread, location);
  Location &place = locations[location];
  add(views[thread].known[location], write_bit);
  Store store{value, 1, place.stores[place.count - 1].view};   // continues the release sequence of what it read
  if (acquires(order)) views[thread].join(store.view);
  if (releases(order)) store.view.join(views[thread]);
  append(thread, location, store);
  if (order == Order::seq_cst) total_order.seen[location] = static_cast<std::uint8_t>(newest_index(location));
  return nullptr;
}

const char *Memory::plain_read(int thread, int location) noexcept {
  if (const char *wrong = check_alive(location)) return wrong;
  const std::uint8_t bit = access_bit(thread);
  if (locations[location].accesses & write_bit && !(views[thread].known[location] & write_bit)) return "data race: read against write";
  each_view([&](View &view) { drop(view.known[location], bit); });
  add(locations[location].accesses, bit);
  add(views[thread].known[location], bit);
  return nullptr;
}

const char *Memory::plain_write(int thread, int location) noexcept {
  if (const char *wrong = check_alive(location)) return wrong;
  if (locations[location].accesses & ~views[thread].known[location]) {
    return locations[location].accesses & ~views[thread].known[location] & write_bit ? "data race: write against write"
                                                                                     : "data race: write against read";
  }
  each_view([&](View &view) { view.known[location] = 0; });
  locations[location].accesses = write_bit;
  views[thread].known[location] = write_bit;
  return nullptr;
}

const char *Memory::free_object(int thread, int object) noexcept {
  if (objects[object].lifetime == Lifetime::freed) return "double free";
  objects[object].lifetime = Lifetime::freed;
  for (int i = 0; i < location_count_; i++) {
    Location &location = locations[i];
    if (location.object != object) continue;
    if (location.accesses & ~views[thread].known[i]) return "data race: free against an access that nothing orders before it";
    // Nobody may look at it again: one form for all its pasts.
    each_view([&](View &view) { view.seen[i] = view.known[i] = 0; });
    location.accesses = 0;
    location.count = 1;
    std::memset(&location.stores[0], 0, sizeof location.stores[0]);
  }
  return nullptr;
}

bool Memory::is_private(int thread, int location) const noexcept {
  const int object = locations[location].object;
  return object != no_object && objects[object].lifetime == Lifetime::owned && objects[object].owner == thread;
}

void Memory::publish(int object) noexcept {
  if (objects[object].lifetime != Lifetime::owned) return;
  objects[object].lifetime = Lifetime::shared;
  objects[object].owner = 0;
}

void Memory::forget(int thread) noexcept { std::memset(&views[thread], 0xff, sizeof views[thread]); }

void Memory::collect(int threads) noexcept {
  if (!weak_) return;
  for (int i = 0; i < location_count_; i++) {
    const Location &location = locations[i];
    if (location.count == 1) continue;
    std::uint8_t oldest = static_cast<std::uint8_t>(location.count - 1);
    for (int t = 0; t < threads; t++) oldest = std::min(oldest, views[t].seen[i]);
    if (oldest > 0) drop_oldest(i, oldest);
  }
}

std::byte *Memory::save_bytes(std::byte *to, int threads) const noexcept {
  to = put(to, views, static_cast<std::size_t>(threads));
  to = put(to, &total_order, 1);
  to = put(to, objects, static_cast<std::size_t>(object_count_));
  for (int i = 0; i < location_count_; i++) {
    to = put(to, reinterpret_cast<const std::byte *>(&locations[i]), offsetof(Location, stores));
    to = put(to, locations[i].stores, locations[i].count);
  }
  return to;
}

const std::byte *Memory::load_bytes(const std::byte *from, int threads) noexcept {
  from = get(from, views, static_cast<std::size_t>(threads));
  from = get(from, &total_order, 1);
  from = get(from, objects, static_cast<std::size_t>(object_count_));
  for (int i = 0; i < location_count_; i++) {
    from = get(from, reinterpret_cast<std::byte *>(&locations[i]), offsetof(Location, stores));
    from = get(from, locations[i].stores, locations[i].count);
  }
  return from;
}

}  // namespace sabir::model
