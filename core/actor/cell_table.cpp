// SPDX-License-Identifier: Apache-2.0
#include "actor/cell_table.hpp"

#include <new>

#include "base/memory.hpp"

namespace sabir::actor {

namespace {

template <class Entry>
std::atomic<Entry *> *make_directory(std::size_t chunks) noexcept {
  return static_cast<std::atomic<Entry *> *>(memory::allocate(chunks * sizeof(std::atomic<Entry *>), alignof(std::atomic<Entry *>)));
}

}  // namespace

CellTable::CellTable(std::uint32_t max_cells) noexcept : max_cells_(max_cells) {
  const std::size_t chunks = (std::size_t{max_cells} + chunk_cells - 1) / chunk_cells;
  auto *directory = make_directory<Cell>(chunks);
  if (!directory) return;
  budgets_ = make_directory<Budget>(chunks);
  native_tags_ = make_directory<std::atomic<std::uintptr_t>>(chunks);
  if (!budgets_ || !native_tags_) {
    memory::release(budgets_);
    memory::release(native_tags_);
    memory::release(directory);
    return;
  }
  chunks_ = directory;
  // Left untouched beyond what is used: an entry is made with its chunk.
}

CellTable::~CellTable() {
  if (!chunks_) return;
  const std::uint32_t chunks = free_capacity_ / chunk_cells;
  for (std::uint32_t i = 0; i < chunks; ++i) {
    memory::release(chunks_[i].load(std::memory_order_relaxed));
    memory::release(budgets_[i].load(std::memory_order_relaxed));
    memory::release(native_tags_[i].load(std::memory_order_relaxed));
  }
  memory::release(budgets_);
  memory::release(native_tags_);
  memory::release(chunks_);
  memory::release(free_);
}

bool CellTable::add_chunk() noexcept {
  const std::uint32_t chunk = free_capacity_ / chunk_cells;
  // The ring of free cells grows with the chunks, by doubling, and so never when a cell is given back.
  std::uint32_t *ring = nullptr;
  if ((chunk & (chunk - 1)) == 0) {
    const std::uint32_t room = (chunk == 0 ? 1 : chunk * 2) * chunk_cells;
    ring = static_cast<std::uint32_t *>(memory::allocate(std::size_t{room} * sizeof *ring, alignof(std::uint32_t)));
    if (!ring) return false;
  }
  void *cells = memory::allocate(sizeof(Cell) * chunk_cells, alignof(Cell));
  if (!cells) {
    memory::release(ring);
    return false;
  }
  if (ring) {
    // A chunk is added only when no free cell is left, so there is nothing to move.
    memory::release(free_);
    free_ = ring;
  }
  free_oldest_ = 0;
  new (&chunks_[chunk]) std::atomic<Cell *>(static_cast<Cell *>(cells));
  new (&budgets_[chunk]) std::atomic<Budget *>(nullptr);
  new (&native_tags_[chunk]) std::atomic<std::atomic<std::uintptr_t> *>(nullptr);
  free_capacity_ += chunk_cells;
  return true;
}

template <class Beside>
bool CellTable::make_beside(std::atomic<Beside *> *directory, std::uint32_t index) noexcept {
  std::atomic<Beside *> &chunk = directory[index / chunk_cells];
  if (chunk.load(std::memory_order_relaxed)) return true;
  MutexLock lock(mutex_);
  if (chunk.load(std::memory_order_relaxed)) return true;
  auto *made = static_cast<Beside *>(memory::allocate(sizeof(Beside) * chunk_cells, alignof(Beside)));
  if (!made) return false;
  for (std::uint32_t i = 0; i < chunk_cells; ++i) new (&made[i]) Beside{};
  chunk.store(made, std::memory_order_release);   // pairs with budget(), native_tag()
  return true;
}

template bool CellTable::make_beside(std::atomic<Budget *> *directory, std::uint32_t index) noexcept;
template bool CellTable::make_beside(std::atomic<std::atomic<std::uintptr_t> *> *directory, std::uint32_t index) noexcept;

CellTable::Take CellTable::take_shared(Cell *&cell) noexcept {
  if (free_count_ != 0) {
    const std::uint32_t index = free_[free_oldest_];
    if (++free_oldest_ == free_capacity_) free_oldest_ = 0;
    --free_count_;
    cell = &chunks_[index / chunk_cells].load(std::memory_order_relaxed)[index % chunk_cells];
    return Take::ok;
  }
  const std::uint32_t index = made_.load(std::memory_order_relaxed);
  if (index == max_cells_) return Take::limit;
  if (index == free_capacity_ && !add_chunk()) return Take::no_memory;
  cell = new (&chunks_[index / chunk_cells].load(std::memory_order_relaxed)[index % chunk_cells]) Cell;
  cell->index = index;
  mailbox::Queue::initialize(cell->send, cell->run);
  cell->generation.store(1 | generation_free, std::memory_order_relaxed);
  made_.store(index + 1, std::memory_order_release);   // publishes the cell and its chunk to find()
  return Take::ok;
}

CellTable::Take CellTable::take(CellCache *cache, Cell *&cell) noexcept {
  if (cache && cache->count != 0) {
    cell = cache->pop();
    return Take::ok;
  }
  MutexLock lock(mutex_);
  const Take taken = take_shared(cell);
  if (taken != Take::ok || !cache || max_cells_ <= cached_limit) return taken;
  // Fill half of the cache while we are here.
  Cell *more;
  while (cache->count < CellCache::capacity / 2 && take_shared(more) == Take::ok) cache->push(more);
  return Take::ok;
}

void CellTable::give(CellCache *cache, Cell &cell) noexcept {
  if ((cell.generation.load(std::memory_order_relaxed) & generation_max) == 0) return;   // used up: retired
  if (cache && max_cells_ > cached_limit) {
    if (cache->count < CellCache::capacity) {
      cache->push(&cell);
      return;
    }
    MutexLock lock(mutex_);
    for (std::uint32_t i = 0; i < CellCache::capacity / 2; ++i) {
      free_[(std::uint64_t{free_oldest_} + free_count_) % free_capacity_] = cache->pop()->index;
      ++free_count_;
    }
    cache->push(&cell);
    return;
  }
  MutexLock lock(mutex_);
  free_[(std::uint64_t{free_oldest_} + free_count_) % free_capacity_] = cell.index;
  ++free_count_;
}

}  // namespace sabir::actor
