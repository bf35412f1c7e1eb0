// SPDX-License-Identifier: Apache-2.0
#include "executor/polled.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <utility>
#ifdef __linux__
#include <sys/eventfd.h>
#endif

#include "base/parker.hpp"

namespace sabir::executor {

namespace {

// Makes the two ends of a wake-up descriptor, non-blocking, closed at exec. False: the operating system refuses.
bool make_descriptor(int &read_end, int &write_end) noexcept {
#ifdef __linux__
  read_end = write_end = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return read_end >= 0;
#else
  int ends[2];
  if (pipe(ends) != 0) return false;
  for (const int end : ends) {
    (void)fcntl(end, F_SETFL, O_NONBLOCK);
    (void)fcntl(end, F_SETFD, FD_CLOEXEC);
  }
  read_end = ends[0];
  write_end = ends[1];
  return true;
#endif
}

class Visit final : public Scheduler::Pause {
 public:
  Visit(env::Environment &environment, std::uint64_t run_ns, Guest *guest) noexcept
      : environment_(environment), at_ns_(run_ns == ~std::uint64_t{0} ? run_ns : environment.now_ns() + run_ns), guest_(guest) {}
  bool due() override { return (guest_ && guest_->full()) || (at_ns_ != ~std::uint64_t{0} && environment_.now_ns() >= at_ns_); }
  void begin() override {
    if (guest_) guest_->enter();
  }

 private:
  env::Environment &environment_;
  std::uint64_t at_ns_;
  Guest *guest_;
};

}  // namespace

Polled::Polled(Client &client, env::Environment &environment, Board &board, std::uint32_t workers, std::uint32_t run_batch)
    : Scheduler(client, workers, run_batch), environment_(environment), board_(&board) {}

Polled::~Polled() {
  forget();
  Board::give_board(board_);
}

bool Polled::begin() {
  if (disowned_.exchange(false, std::memory_order_relaxed)) board_->forget();   // nobody is inside
  MutexLock lock(mutex_);
  closed_ = false;
  wakes_ = 0;
  return true;
}

void Polled::end() noexcept {
  MutexLock lock(mutex_);
  closed_ = true;
  show();
  condition_.notify_all();
}

void Polled::forget() noexcept {
  MutexLock lock(mutex_);
  if (read_end_ < 0) return;
  ::close(read_end_);
  if (write_end_ != read_end_) ::close(write_end_);
  read_end_ = write_end_ = -1;
  shown_ = false;
}

// Makes the descriptor say what is true.
void Polled::show() noexcept {
  const bool wanted = waiting_ == 0 ? has_something(true) : waiting_takers_ == 0 && board_->ready() != 0;
  if (read_end_ < 0 || wanted == shown_) return;
  std::uint64_t value = 1;
  // Neither fails: one number, or eight bytes, at most are in it.
  if (wanted) {
    [[maybe_unused]] const auto written = write(write_end_, &value, sizeof value);
  } else {
    [[maybe_unused]] const auto got = read(read_end_, &value, sizeof value);
  }
  shown_ = wanted;
}

bool Polled::launch() noexcept {
  MutexLock lock(mutex_);
  if (closed_ || disowned()) return false;
  ++launched_;
  show();
  condition_.notify_one();
  return true;
}

void Polled::decline_waiting() noexcept {
  std::uint32_t waiting;
  {
    MutexLock lock(mutex_);
    waiting = std::exchange(launched_, 0);
    show();
  }
  for (; waiting != 0; --waiting) decline();
}

Status Polled::disown() noexcept {
  MutexLock lock(mutex_);
  if (closed_) return SABIR_E_CLOSED;
  if (inside_ != 0) return SABIR_E_BUSY;
  if (!disowned_.exchange(true, std::memory_order_release)) board_->disown();
  show();
  return SABIR_OK;
}

void Polled::announce() noexcept {
  MutexLock lock(mutex_);
  show();
  condition_.notify_all();   // not all of them may take deliveries
}

Status Polled::wake() noexcept {
  MutexLock lock(mutex_);
  if (closed_) return SABIR_E_CLOSED;
  ++wakes_;
  show();
  condition_.notify_one();
  return SABIR_OK;
}

Status Polled::descriptor(int &descriptor) noexcept {
  MutexLock lock(mutex_);
  if (closed_) return SABIR_E_CLOSED;
  if (read_end_ < 0) {
    int read_end, write_end;
    if (!make_descriptor(read_end, write_end)) return SABIR_E_SYSTEM;
    read_end_ = read_end;
    write_end_ = write_end;
    show();
  }
  descriptor = read_end_;
  return SABIR_OK;
}

bool Polled::waits_for(const Thread &thread) const noexcept {
  MutexLock lock(mutex_);
  return last_ == &thread && inside_ == 0 && !closed_ && !disowned();
}

Status Polled::poll(Thread &thread, std::uint64_t wait_ns, std::uint64_t run_ns, Guest *guest) {
  using Clock = Parker::Clock;
  Clock::time_point until = Clock::time_point::max();
  if (wait_ns != 0 && wait_ns != ~std::uint64_t{0}) {
    const Clock::time_point now = Clock::now();
    if (wait_ns < static_cast<std::uint64_t>((until - now).count())) until = now + std::chrono::nanoseconds(wait_ns);
  }
  // However this call ends, by cancellation of its thread too, the numbers are right.
  struct Inside {
    Polled &polled;
    bool takes;
    bool waits = false;
    ~Inside() {
      polled.mutex_.assume_held();
      leave();
    }
    void leave() noexcept SABIR_REQUIRES(polled.mutex_) {
      if (waits) polled.stops_waiting(takes);
      --polled.inside_;
      polled.show();
    }
  };
  MutexLock lock(mutex_);
  last_ = &thread;
  ++inside_;
  const bool takes = guest != nullptr;
  Inside inside{*this, takes};
  if (disowned()) return SABIR_E_CLOSED;
  const bool in_haste = guest && guest->in_haste();
  while (!has_something(takes) && !in_haste) {
    if (wait_ns == 0) return SABIR_E_TIMEOUT;
    inside.waits = true;
    ++waiting_;
    if (takes) ++waiting_takers_;
    const bool in_time = condition_.wait_until(mutex_, until);
    inside.waits = false;
    stops_waiting(takes);
    if (!in_time && !has_something(takes)) return SABIR_E_TIMEOUT;
  }
  if (disowned()) return SABIR_E_CLOSED;
  const bool launched = launched_ != 0;
  if (launched) {
    --launched_;
  } else if (!in_haste && !(takes && board_->ready() != 0)) {
    if (closed_) return SABIR_E_CLOSED;
    --wakes_;
    return SABIR_E_WOKEN;
  }
  struct Unlocked {
    MutexLock &lock;
    ~Unlocked() { lock.lock(); }   // also where a handler ends the thread
  };
  {
    lock.unlock();
    Unlocked unlocked{lock};
    if (launched || (in_haste && claim())) {
      Visit visit(environment_, run_ns, guest);
      run(run_ns == ~std::uint64_t{0} && !guest ? nullptr : &visit);
    } else if (in_haste) {
      guest->enter();
    }
    if (guest) guest->collect();
  }
  mutex_.assume_held();   // Unlocked has locked it again
  // Others that poll find the rest.
  if (waiting_ != 0 && has_something(waiting_takers_ != 0)) condition_.notify_all();
  return SABIR_OK;
}

}  // namespace sabir::executor
