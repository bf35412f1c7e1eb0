// A supervised worker in C++: it adds up numbers, a line each, and crashes on every line that is none. Its supervisor restarts it in place:
// what is queued stays, the sum begins anew, and the line that failed is a dead letter. Usage: supervised [file]
//
// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cstdint>
#include <exception>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sabir/sabir.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

/// What main is told, through its port.
struct Handled {
  std::uint64_t number;
  std::uint64_t sum;  // of this incarnation
};
using Host = sabir::actor<Handled, std::string>;  // a string is why a line failed

/// Answered when all lines before it have been handled.
struct Settle {
  using reply = void;
};

class Adder : public sabir::actor<std::string, Settle> {
 public:
  explicit Adder(sabir::ref<Host> host) : host_(host) {}  // runs again at every restart

  void receive(sabir::context &context, const std::string &line) {
    std::uint64_t number = 0;
    auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (error == std::errc::result_out_of_range) throw std::out_of_range("out of range");
    if (error != std::errc() || end != line.data() + line.size()) throw std::invalid_argument("not a number");
    sum_ += number;
    context.send(host_, Handled{number, sum_});
  }
  void receive(sabir::context &, Settle) {}

  /// Runs when receive has failed, before the supervisor is told: here it only passes the reason on.
  sabir::decision failed(sabir::context &context, const sabir::exit_reason &why) {
    context.send(host_, std::string(why.message()));
    return sabir::decision::by_default;
  }

 private:
  sabir::ref<Host> host_;
  std::uint64_t sum_ = 0;
};

std::vector<std::string> read_lines(const char *file) {
  std::ifstream input(file);
  if (!input) throw std::runtime_error(std::string(file) + ": cannot be read");
  std::vector<std::string> lines;
  for (std::string line; std::getline(input, line);) lines.push_back(line);
  return lines;
}

/// Dead letters are told on any thread.
class LostLines {
 public:
  void add(const sabir::dead_letter &letter) {
    std::lock_guard lock(mutex_);
    if (auto line = letter.message.as<std::string>()) lines_.push_back(*line + " (" + letter.cause_name() + ")");
  }
  std::vector<std::string> take() {
    std::lock_guard lock(mutex_);
    return std::move(lines_);
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

void add_up(const std::vector<std::string> &lines) {
  LostLines lost;
  std::vector<std::string> crashes;

  // Bad lines are to be expected here, so the supervisor does not give up on a worker that fails on many of them (default: 3 in 5 s).
  sabir::system system({.root_intensity = SABIR_INTENSITY_MAX, .root_period = std::chrono::seconds{1}});
  system.set_log_level(SABIR_LOG_OFF);  // the crashes are printed below
  auto subscription = system.on_dead_letter([&lost](const sabir::dead_letter &letter) { lost.add(letter); });
  sabir::port port(system, {.capacity = sabir::unbounded});
  auto adder =
      system.supervise<Adder>({.id = "adder", .restart = sabir::permanent, .spawn = {.mailbox = {.overflow = sabir::overflow::block}}},
                              port.accepts<Handled, std::string>());

  for (const std::string &line : lines) adder.send(line);  // never fails: the reference stays good over all restarts
  adder.ask(Settle{}, sabir::forever).value();

  while (auto told = port.receive(std::chrono::seconds{0})) {
    if (auto handled = told->as<Handled>()) std::cout << "handled " << handled->number << ", sum " << handled->sum << '\n';
    if (auto why = told->as<std::string>()) crashes.push_back(*why);
  }
  const std::uint64_t restarts = system.root().children().at(0).restarts;
  (void)system.shutdown(std::chrono::seconds{5});  // by now all dead letters have been told
  for (const std::string &line : lost.take()) std::cout << "dead letter: " << line << '\n';
  for (const std::string &why : crashes) std::cout << "crash: " << why << '\n';
  std::cout << "restarts: " << restarts << '\n';
}

}  // namespace

int main(int argument_count, char **arguments) try {
  add_up(argument_count > 1 ? read_lines(arguments[1]) : std::vector<std::string>{"3", "4", "five", "6", "99999999999999999999", "7"});
  return 0;
} catch (const std::exception &failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
