// SPDX-License-Identifier: Apache-2.0
#include "actor/cell.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "actor/cell_table.hpp"

namespace sabir::actor {
namespace {

TEST(Bounds, keep_what_they_are_given) {
  const Bounds bounds = Bounds::from(Bounds(77, SABIR_OVERFLOW_BLOCK, false, 1'500'000).word());
  EXPECT_EQ(bounds.capacity(), 77u);
  EXPECT_TRUE(bounds.block());
  EXPECT_FALSE(bounds.port());
  EXPECT_EQ(bounds.block_timeout_ns(), 2'000'000u) << "rounded up to milliseconds";
  EXPECT_EQ(Bounds(1, SABIR_OVERFLOW_BLOCK, true, SABIR_FOREVER).block_timeout_ns(), SABIR_FOREVER);
  EXPECT_TRUE(Bounds(SABIR_UNBOUNDED, SABIR_OVERFLOW_REJECT, false, 0).unbounded());
}

// Ends a life in the cell as its runner would.
void live_and_die(CellTable &table, Cell &cell) {
  const std::uint32_t generation = cell.generation.load() & generation_max;
  cell.generation.store(((generation + 1) & generation_max) | generation_free);
  table.give(nullptr, cell);
}

TEST(CellTable, hands_out_its_limit_and_no_more) {
  CellTable table(3);
  ASSERT_TRUE(table.ready());
  Cell *cells[4];
  for (int i = 0; i < 3; ++i) ASSERT_EQ(table.take(nullptr, cells[i]), CellTable::Take::ok);
  EXPECT_EQ(table.take(nullptr, cells[3]), CellTable::Take::limit);
  live_and_die(table, *cells[1]);
  EXPECT_EQ(table.take(nullptr, cells[3]), CellTable::Take::ok);
  EXPECT_EQ(cells[3], cells[1]);
}

TEST(CellTable, uses_free_cells_first_in_first_out) {
  CellTable table(100);
  std::vector<Cell *> cells(10);
  for (Cell *&cell : cells) ASSERT_EQ(table.take(nullptr, cell), CellTable::Take::ok);
  for (Cell *cell : cells) live_and_die(table, *cell);
  for (Cell *cell : cells) {
    Cell *again = nullptr;
    ASSERT_EQ(table.take(nullptr, again), CellTable::Take::ok);
    EXPECT_EQ(again, cell);
  }
}

TEST(CellTable, a_cell_whose_generations_are_used_up_is_retired) {
  CellTable table(2);
  Cell *cell = nullptr;
  ASSERT_EQ(table.take(nullptr, cell), CellTable::Take::ok);
  cell->generation.store(generation_max);
  live_and_die(table, *cell);
  Cell *next = nullptr;
  ASSERT_EQ(table.take(nullptr, next), CellTable::Take::ok);
  EXPECT_NE(next, cell);
  EXPECT_EQ(table.take(nullptr, next), CellTable::Take::limit);
}

TEST(CellTable, finds_what_was_made_across_chunks) {
  CellTable table(20'000);
  std::set<Cell *> seen;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    Cell *cell = nullptr;
    ASSERT_EQ(table.take(nullptr, cell), CellTable::Take::ok);
    ASSERT_EQ(table.find(cell->index), cell);
    ASSERT_TRUE(seen.insert(cell).second);
  }
  EXPECT_EQ(table.find(20'000), nullptr);
  EXPECT_EQ(table.find(index_max), nullptr);
  for (Cell *cell : seen) live_and_die(table, *cell);
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    Cell *cell = nullptr;
    ASSERT_EQ(table.take(nullptr, cell), CellTable::Take::ok);
  }
}

TEST(CellTable, a_workers_cache_gives_every_cell_once) {
  CellTable table(1'000'000);
  CellCache cache;
  std::set<Cell *> alive;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 500; ++i) {
      Cell *cell = nullptr;
      ASSERT_EQ(table.take(&cache, cell), CellTable::Take::ok);
      ASSERT_TRUE(alive.insert(cell).second);
    }
    for (Cell *cell : alive) {
      cell->generation.fetch_add(1);
      table.give(&cache, *cell);
    }
    alive.clear();
  }
  EXPECT_LE(table.made(), 700u);
}

}  // namespace
}  // namespace sabir::actor
