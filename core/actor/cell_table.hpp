// All cells of a system: chunks that are never moved or freed while it lives, and a first-in first-out list of the free ones.
//
// Threads: find from any thread; take and give from any thread (a mutex; workers go through a CellCache). visit by one thread.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "actor/cell.hpp"
#include "base/mutex.hpp"

namespace sabir::actor {

// A worker's few free cells, first in first out. Used by that worker alone.
struct CellCache {
  static constexpr std::uint32_t capacity = 64;
  std::array<Cell *, capacity> cells{};
  std::uint32_t oldest = 0;
  std::uint32_t count = 0;

  Cell *pop() noexcept {
    Cell *cell = cells[oldest];
    oldest = (oldest + 1) % capacity;
    --count;
    return cell;
  }
  void push(Cell *cell) noexcept { cells[(oldest + count++) % capacity] = cell; }
};

class CellTable {
 public:
  explicit CellTable(std::uint32_t max_cells) noexcept;
  ~CellTable();
  CellTable(const CellTable &) = delete;
  CellTable &operator=(const CellTable &) = delete;

  // False: not even the directory could be had.
  bool ready() const noexcept { return chunks_ != nullptr; }

  // The cell of an index that was ever handed out, else NULL.
  Cell *find(std::uint32_t index) const noexcept {
    if (index >= made_.load(std::memory_order_acquire)) return nullptr;   // pairs with make
    return &chunks_[index / chunk_cells].load(std::memory_order_relaxed)[index % chunk_cells];
  }

  // The budget that stands beside a cell whose mailbox bounds bytes; made with its chunk's by make_budget, before the cell is spawned so.
  Budget *budget(std::uint32_t index) const noexcept {
    // acquire: pairs with make_beside, for a sender that comes late.
    return &budgets_[index / chunk_cells].load(std::memory_order_acquire)[index % chunk_cells];
  }
  // False: no memory.
  [[nodiscard]] bool make_budget(std::uint32_t index) noexcept { return make_beside(budgets_, index); }

  // The same for the tag of a cell whose actor takes objects of a language. 0: there is none.
  std::uintptr_t native_tag(std::uint32_t index) const noexcept {
    const std::atomic<std::uintptr_t> *tags = native_tags_[index / chunk_cells].load(std::memory_order_acquire);  // pairs with make_beside
    return tags ? tags[index % chunk_cells].load(std::memory_order_relaxed) : 0;  // published by the cell's generation
  }
  // By spawn, before the cell's generation. False: no memory.
  [[nodiscard]] bool set_native_tag(std::uint32_t index, std::uintptr_t tag) noexcept {
    if (!make_beside(native_tags_, index)) return false;
    native_tags_[index / chunk_cells].load(std::memory_order_relaxed)[index % chunk_cells].store(tag, std::memory_order_relaxed);
    return true;
  }

  enum class [[nodiscard]] Take { ok, limit, no_memory };
  // A free cell. cache: the calling worker's, or NULL.
  Take take(CellCache *cache, Cell *&cell) noexcept;
  // Gives a free cell back; one whose generations are used up is retired instead.
  void give(CellCache *cache, Cell &cell) noexcept;

  // Cells made so far; those with smaller indices may be looked at.
  std::uint32_t made() const noexcept { return made_.load(std::memory_order_acquire); }

 private:
  static constexpr std::uint32_t chunk_cells = 4096;
  static constexpr std::uint32_t cached_limit = 65536;  // with fewer cells than this allowed, workers keep none for themselves

  Take take_shared(Cell *&cell) noexcept SABIR_REQUIRES(mutex_);
  bool add_chunk() noexcept SABIR_REQUIRES(mutex_);
  // Makes what stands beside a chunk's cells. False: no memory.
  template <class Beside>
  bool make_beside(std::atomic<Beside *> *directory, std::uint32_t index) noexcept;

  const std::uint32_t max_cells_;
  std::atomic<std::uint32_t> made_{0};  // written under the mutex
  std::atomic<Cell *> *chunks_ = nullptr;  // directory
  std::atomic<Budget *> *budgets_ = nullptr;  // the same; a chunk's is NULL until one of its cells needs one
  std::atomic<std::atomic<std::uintptr_t> *> *native_tags_ = nullptr;  // the same
  Mutex mutex_;
  // Ring of the indices of free cells, big enough for all there are.
  std::uint32_t *free_ SABIR_GUARDED_BY(mutex_) = nullptr;
  std::uint32_t free_capacity_ SABIR_GUARDED_BY(mutex_) = 0;
  std::uint32_t free_oldest_ SABIR_GUARDED_BY(mutex_) = 0;
  std::uint32_t free_count_ SABIR_GUARDED_BY(mutex_) = 0;
};

}  // namespace sabir::actor
