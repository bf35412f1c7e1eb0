// When restarting is too much, and how long to wait before it. Pure: time and chance are given.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <new>
#include <vector>

namespace sabir::supervision {

// Restarts within a sliding window of time.
class Intensity {
 public:
  Intensity(std::uint32_t most, std::uint64_t period_ns) : most_(most), period_ns_(period_ns) {}

  // Counts a restart now. False: it is one too many, or there is no memory to count it.
  bool admit(std::uint64_t now_ns) noexcept {
    while (count_ != 0 && now_ns - times_[oldest_] > period_ns_) {
      oldest_ = (oldest_ + 1) % times_.size();
      --count_;
    }
    if (count_ == most_) return false;
    if (count_ == times_.size() && !grow()) return false;
    times_[(oldest_ + count_++) % times_.size()] = now_ns;
    return true;
  }

  void forget() noexcept { count_ = 0; }

 private:
  // As large as what it holds, up to `most`: an intensity of a million costs memory only where it is used.
  bool grow() noexcept try {
    std::vector<std::uint64_t> larger(std::min<std::size_t>(std::max<std::size_t>(times_.size() * 2, 4), most_));
    for (std::size_t i = 0; i < count_; ++i) larger[i] = times_[(oldest_ + i) % times_.size()];
    times_.swap(larger);
    oldest_ = 0;
    return true;
  } catch (const std::bad_alloc &) {
    return false;
  }

  std::uint32_t most_;
  std::uint64_t period_ns_;
  std::vector<std::uint64_t> times_;   // a ring
  std::size_t oldest_ = 0;
  std::size_t count_ = 0;
};

// How long a child waits before each of its restarts.
class Backoff {
 public:
  struct Options {
    std::uint64_t initial_ns = 0;      // 0: no wait
    std::uint64_t max_ns = 0;
    std::uint32_t factor_percent = 200;
    std::uint32_t jitter_percent = 0;  // 0 to 100
  };

  // The wait before the next restart, of an incarnation that has lived so long. random: any 64 bits.
  std::uint64_t next_ns(const Options &options, std::uint64_t lived_ns, std::uint64_t random) noexcept {
    if (options.initial_ns == 0) return 0;
    if (lived_ns > options.max_ns) wait_ns_ = 0;
    wait_ns_ = wait_ns_ == 0 ? options.initial_ns : std::min(scaled(wait_ns_, options.factor_percent), options.max_ns);
    wait_ns_ = std::min(wait_ns_, options.max_ns);
    // Up or down by as much as the jitter, evenly.
    const std::uint64_t most = scaled(wait_ns_, options.jitter_percent);
    return most == 0 ? wait_ns_ : wait_ns_ - most + random % (2 * most + 1);
  }

 private:
  // Without overflow: times are below 2^62.
  static std::uint64_t scaled(std::uint64_t ns, std::uint32_t percent) noexcept {
    const std::uint64_t limit = std::uint64_t{1} << 62;
    const std::uint64_t whole = ns / 100;
    if (whole != 0 && percent > limit / whole) return limit;
    return std::min(limit, whole * percent + ns % 100 * percent / 100);
  }

  std::uint64_t wait_ns_ = 0;   // the last one; 0: none yet
};

}  // namespace sabir::supervision
