// What sabir_executor_turn has in common with sabir_executor_complete, and with the calls of a handler.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "executor/board.hpp"
#include "guard.hpp"

namespace sabir::capi {

struct Completion {
  std::uint64_t context;
  sabir_status status;
  std::uint32_t flags;
  std::uintptr_t value;
  std::string_view text, detail;
};

// nudged: out, the actor that the caller nudges when the board is free again, or NULL. Throws std::bad_alloc; then nothing has happened.
Status complete(executor::Board::Completing &completing, const Completion &completion, executor::Task *&nudged);
// Makes actors see to what is completed: one, on the worker that the thread is, if it is one; or many, from outside.
void nudge(executor::Task &task) noexcept;
void nudge(std::span<executor::Task *const> tasks) noexcept;

// Answer the ask that the actor is handling (context.cpp). message: NULL once it is moved.
Status reply_here(actor::Context &self, Message *&message);
Status reply_bytes_here(actor::Context &self, sabir_type type, const void *data, std::size_t size);
Status reply_error_here(actor::Context &self, sabir_status status, std::string_view text);
// Takes the duty to answer out of it. ref: out.
Status defer_here(actor::Context &self, std::uint64_t &ref);

}  // namespace sabir::capi
