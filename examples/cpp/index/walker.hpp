// The actor that walks the tree and keeps the readers busy.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_INDEX_WALKER_HPP
#define SABIR_INDEX_WALKER_HPP

#include <chrono>

#include "reader.hpp"
#include "tree_walk.hpp"

namespace word_index {

/// The protocol of main's port.
using Host = sabir::actor<Failure, Progress, Done>;

/// How often the host hears of progress, at most.
inline constexpr std::chrono::milliseconds progress_interval{100};

/// Each reader has one file at a time: the next one is taken from the tree when it is done, so nothing piles up, and a reader that
/// crashes takes no other file with it. Its ask ends with SABIR_E_CRASHED then, and the same reference is good for the next file: the
/// message waits in the mailbox until the reader is restarted.
class Walker : public sabir::actor<> {
 public:
  Walker(sabir::context &context, std::string folder, const std::vector<sabir::ref<Reader>> &readers, sabir::ref<Reducer> reducer,
         sabir::ref<Host> host)
      : tree_(std::move(folder)), reducer_(reducer), host_(host) {
    for (sabir::ref<Reader> reader : readers) desks_.push_back({.reader = reader});
    for (std::size_t index = 0; index < desks_.size(); ++index) assign(context, index);
    finish_if_idle(context);
  }

 private:
  struct Desk {
    sabir::ref<Reader> reader;
    std::string path = {};     // empty: idle
  };

  void assign(sabir::context &context, std::size_t index) {
    Desk &desk = desks_[index];
    desk.path = next_path(context);
    if (desk.path.empty()) return;
    ++busy_;
    ask(context, index, ReadFile{desk.path});
  }

  // "" at the end of the tree.
  std::string next_path(sabir::context &context) {
    while (std::optional<Found> found = tree_.next()) {
      if (!found->error) return std::move(found->path);
      report(context, std::move(found->path), "folder: " + found->error.message());
    }
    return {};
  }

  template <class Message>
  void ask(sabir::context &context, std::size_t index, const Message &message) {
    context.ask(desks_[index].reader, message, sabir::forever, [this, index](sabir::context &later, sabir::result<ReadStep> step) {
      if (step)
        on_step(later, index, *step);
      else
        on_failure(later, index, step.error());
    });
  }

  void on_step(sabir::context &context, std::size_t index, const ReadStep &step) {
    batches_ += step.batches;
    if (step.is_finished == 0) return ask(context, index, ReadMore{});
    totals_.files += step.totals.files;
    totals_.bytes += step.totals.bytes;
    totals_.words += step.totals.words;
    totals_.overlong += step.totals.overlong;
    tell_progress(context);
    next(context, index);
  }

  // The message that failed is not delivered again, so what is wrong with a file is told once. Any other end means that the reader has no
  // supervisor any more: there will be no index.
  void on_failure(sabir::context &context, std::size_t index, const sabir::failure &why) {
    if (why.status != SABIR_E_CRASHED) throw sabir::error(why);
    report(context, desks_[index].path, why.exit ? std::string(why.exit.message()) : why.text);
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
  std::size_t busy_ = 0;
  std::uint64_t batches_ = 0;
  Totals totals_;
  std::chrono::steady_clock::time_point last_progress_ = std::chrono::steady_clock::now();
};

}  // namespace word_index

#endif
