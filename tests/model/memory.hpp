// The memory that the explored threads share: what each atomic may be read as, and what each thread is known to be ordered after.
//
// Every location keeps the stores that some thread may still read, oldest first. A View says, for each location, the newest store
// that a thread must have seen (coherence) and which accesses happen before it (knowledge). Views travel along release/acquire edges
// only, as the memory orders that the code names really give them; read-modify-writes continue a release sequence. It is the
// happens-before of C++20 without promises: a store is always the newest of its location, so two stores that nothing orders are
// reported instead of being tried both ways round.
//
// Everything here is plain data with a canonical form (no counters that grow), so that two equal situations have equal bytes.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace sabir::model {

inline constexpr int max_threads = 7;
inline constexpr int max_locations = 56;
inline constexpr int max_stores = 4;   // of one location that may still be read, in weak mode: the newest ones
inline constexpr int max_objects = 24;
inline constexpr int no_object = -1;

struct View {
  std::uint8_t seen[max_locations];    // index of the newest store seen
  std::uint8_t
      known[max_locations];  // bit t: the last access of thread t happens before; bit 7: the last store that is no read-modify-write does

  void join(const View &other) noexcept;
};

struct Store {
  std::uint64_t value;
  std::uint64_t modifies;  // 1: by a read-modify-write, which stands right behind the store that it read
  View view;  // what a thread that acquires it comes to know
};

struct Location {
  std::uint8_t atomic;
  std::int8_t object;  // what it is part of
  std::uint8_t accesses;  // as View::known: which accesses there are
  std::uint8_t count;  // of stores
  std::uint8_t no_history;  // only read-modify-writes look at it
  Store stores[max_stores];
};

enum class Lifetime : std::uint8_t { owned, shared, freed };

// A block that is allocated, published and freed as a whole.
struct Object {
  Lifetime lifetime;
  std::uint8_t owner;  // while owned: nobody else can reach it
};

enum class Order : std::uint8_t { relaxed, acquire, release, acq_rel, seq_cst };

Order order_of(std::memory_order order) noexcept;
const char *name_of(Order order) noexcept;
inline bool acquires(Order order) noexcept { return order == Order::acquire || order == Order::acq_rel || order == Order::seq_cst; }
inline bool releases(Order order) noexcept { return order == Order::release || order == Order::acq_rel || order == Order::seq_cst; }

class Memory {
 public:
  // weak: loads may return older stores, where coherence and happens-before allow it.
  void reset(bool weak) noexcept;

  int add_location(bool atomic, int object) noexcept;
  int add_object(int owner) noexcept;
  void set_owner(int object, int thread) noexcept { objects[object].owner = static_cast<std::uint8_t>(thread); }
  void keep_no_history(int location) noexcept;
  // Before the threads start: everybody has seen it.
  void initial_value(int location, std::uint64_t value) noexcept;

  // What has been set up is known to whoever acquires a value from then.
  void begin() noexcept;

  // How many different stores a load may return now; choice 0 is the newest.
  int choices(int thread, int location, Order order) const noexcept;

  // Each returns NULL, or what is wrong with the access.
  [[nodiscard]] const char *load(int thread, int location, Order order, int choice, std::uint64_t &value,
                                 bool failed_modify = false) noexcept;
  [[nodiscard]] const char *store(int thread, int location, Order order, std::uint64_t value, bool ordered) noexcept;
  [[nodiscard]] const char *modify(int thread, int location, Order order, std::uint64_t value) noexcept;  // of newest(location)
  [[nodiscard]] const char *plain_read(int thread, int location) noexcept;
  [[nodiscard]] const char *plain_write(int thread, int location) noexcept;
  [[nodiscard]] const char *free_object(int thread, int object) noexcept;

  // What the thread knows it gets from its next read-modify-write, which waits for a hand-over; or it has ended.
  void forget(int thread) noexcept;
  // Drops the stores that nobody can read any more.
  void collect(int threads) noexcept;

  std::uint64_t newest(int location) const noexcept { return locations[location].stores[locations[location].count - 1].value; }
  bool has_newer(int thread, int location) const noexcept { return views[thread].seen[location] < newest_index(location); }
  bool is_private(int thread, int location) const noexcept;
  Lifetime lifetime(int object) const noexcept { return objects[object].lifetime; }
  void publish(int object) noexcept;
  int object_of(int location) const noexcept { return locations[location].object; }

  // The bytes that make up the state; read back by load_bytes.
  std::byte *save_bytes(std::byte *to, int threads) const noexcept;
  const std::byte *load_bytes(const std::byte *from, int threads) noexcept;
  static constexpr std::size_t max_bytes =
      sizeof(Location) * max_locations + sizeof(View) * (max_threads + 1) + sizeof(Object) * max_objects;

 private:
  bool has_history(int location) const noexcept { return weak_ && !locations[location].no_history; }
  int newest_index(int location) const noexcept { return has_history(location) ? locations[location].count - 1 : 1; }
  const char *check_alive(int location) const noexcept;
  void mark_access(int thread, int location) noexcept;
  void drop_oldest(int location, int count) noexcept;
  void append(int thread, int location, const Store &store) noexcept;
  template <class Function>
  void each_view(Function function) noexcept;

  Location locations[max_locations];
  View views[max_threads];
  View total_order;  // seq_cst: the newest store of each location that a seq_cst operation wrote or saw
  Object objects[max_objects];
  int location_count_ = 0;
  int object_count_ = 0;
  bool weak_ = false;
};

}  // namespace sabir::model
