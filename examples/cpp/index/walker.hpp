// The actor that walks the tree and keeps the readers busy.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_INDEX_WALKER_HPP
#define SABIR_INDEX_WALKER_HPP

#include <chrono>
#include <deque>

#include "reader.hpp"
#include "tree_walk.hpp"

namespace word_index {

/// The protocol of main's port.
using Host = sabir::actor<Failure, Progress, Done>;

/// How often the host hears of progress, at most.
inline constexpr std::chrono::milliseconds progress_interval{100};

/// Each reader has one file at a time: the next one is taken from the tree when it is done, so nothing piles up, and a reader that
/// crashes takes no other file with it. Its ask ends with SABIR_E_CRASHED then; another reader takes its place.
class Walker : public sabir::actor<> {
 public:
  Walker(sabir::context &context, std::string folder, std::uint32_t readers, sabir::ref<Reducer> reducer, sabir::ref<Host> host)
      : tree_(std::move(folder)), reducer_(reducer), host_(host), desks_(readers) {
    for (std::size_t index = 0; index < desks_.size(); ++index) {
      spawn_reader(context, index);
      assign(context, index);
    }
    finish_if_idle(context);
  }

 private:
  struct Desk {
    sabir::ref<Reader> reader;
    std::string path;          // empty: idle
    bool has_sent = false;     // words of it are with the reducer
  };

  void spawn_reader(sabir::context &context, std::size_t index) {
    desks_[index].reader = context.spawn<Reader>({.name = "reader " + std::to_string(index + 1)}, reducer_);
  }

  void assign(sabir::context &context, std::size_t index) {
    Desk &desk = desks_[index];
    desk.path = next_path(context);
    desk.has_sent = false;
    if (desk.path.empty()) return;
    ++busy_;
    ask(context, index, ReadFile{desk.path});
  }

  // "" at the end of the tree.
  std::string next_path(sabir::context &context) {
    if (!given_back_.empty()) {
      std::string path = std::move(given_back_.front());
      given_back_.pop_front();
      return path;
    }
    while (std::optional<Found> found = tree_.next()) {
      if (!found->error) return std::move(found->path);
      report(context, std::move(found->path), "folder: " + found->error.message());
    }
    return {};
  }

  template <class Message>
  void ask(sabir::context &context, std::size_t index, const Message &message) {
    try {
      context.ask(desks_[index].reader, message, sabir::forever, [this, index](sabir::context &later, sabir::result<ReadStep> step) {
        if (step)
          on_step(later, index, *step);
        else
          on_failure(later, index, step.error());
      });
    } catch (const sabir::error &thrown) {
      if (thrown.status() != SABIR_E_DEAD) throw;
      on_failure(context, index, {.status = SABIR_E_DEAD});  // the reader has gone since its last step
    }
  }

  void on_step(sabir::context &context, std::size_t index, const ReadStep &step) {
    batches_ += step.batches;
    if (step.batches != 0) desks_[index].has_sent = true;
    if (step.is_finished == 0) return ask(context, index, ReadMore{});
    totals_.files += step.totals.files;
    totals_.bytes += step.totals.bytes;
    totals_.words += step.totals.words;
    totals_.overlong += step.totals.overlong;
    tell_progress(context);
    next(context, index);
  }

  void on_failure(sabir::context &context, std::size_t index, const sabir::failure &why) {
    Desk &desk = desks_[index];
    if (why.status == SABIR_E_CRASHED) {
      report(context, desk.path, why.exit ? std::string(why.exit.message()) : why.text);
    } else if (desk.has_sent) {
      // What the reducer has of it cannot be taken back, and reading it again would count it twice.
      report(context, desk.path, "its reader ended in the middle: " + why.describe());
    } else {
      given_back_.push_back(desk.path);
    }
    spawn_reader(context, index);
    next(context, index);
  }

  void next(sabir::context &context, std::size_t index) {
    --busy_;
    assign(context, index);
    finish_if_idle(context);
  }

  void report(sabir::context &context, std::string path, std::string why) {
    ++totals_.failed;
    context.send(host_, Failure{std::move(path), std::move(why)});
  }

  void tell_progress(sabir::context &context) {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_progress_ < progress_interval) return;
    last_progress_ = now;
    SABIR_IGNORE(context.try_send(host_, Progress{totals_}));
  }

  void finish_if_idle(sabir::context &context) {
    if (busy_ != 0) return;
    context.ask(reducer_, Settle{batches_}, sabir::forever, [this](sabir::context &later, sabir::result<void> settled) {
      settled.value();
      later.send(host_, Done{totals_});
      later.stop();
    });
  }

  TreeWalk tree_;
  sabir::ref<Reducer> reducer_;
  sabir::ref<Host> host_;
  std::vector<Desk> desks_;
  std::deque<std::string> given_back_;  // files whose reader ended without having failed on them; at most one per reader
  std::size_t busy_ = 0;
  std::uint64_t batches_ = 0;
  Totals totals_;
  std::chrono::steady_clock::time_point last_progress_ = std::chrono::steady_clock::now();
};

}  // namespace word_index

#endif
