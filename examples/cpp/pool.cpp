// A router pool in C++: one address for actors that are alike, which take turns and are replaced; and routing by a key.
//
// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <sabir/sabir.hpp>
#include <stdexcept>

namespace {

constexpr std::chrono::seconds patience{5};

struct Work {  // answered with how many jobs this worker has done
  using reply = std::uint64_t;
};
struct Fail {
  using reply = void;
};

class Worker : public sabir::actor<Work, Fail> {
 public:
  std::uint64_t receive(sabir::context &, Work) { return ++done_; }
  void receive(sabir::context &, Fail) { throw std::runtime_error("as it was told"); }

 private:
  std::uint64_t done_ = 0;
};

using Pool = sabir::router<Worker>;

}  // namespace

int main() try {
  sabir::system system;
  system.set_log_level(SABIR_LOG_OFF);  // else the crash is told on stderr

  Pool pool = Pool::pool(system, 3);
  std::cout << "in turn:";
  for (int i = 0; i < 6; ++i) std::cout << ' ' << pool.ask(Work{}, patience).value();
  std::cout << "\na crash: (" << sabir_status_text(pool.ask(Fail{}, patience).status()) << ")\nreplaced:";
  // The one that has crashed is noticed when it is its turn, and a new one stands in its place.
  for (int i = 0; i < 6; ++i) std::cout << ' ' << pool.ask(Work{}, patience).value();
  pool.resize(5);
  std::cout << "\nlarger: " << pool.size() << '\n';

  Pool keyed = Pool::pool(system, 3, {.routing = sabir::routing::hash});
  std::cout << "by key:";
  for (int i = 0; i < 3; ++i) std::cout << ' ' << keyed.routee(1234).ask(Work{}, patience).value();  // always the same one
  std::cout << '\n';
} catch (const std::exception &failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
