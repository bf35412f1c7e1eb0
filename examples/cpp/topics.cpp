// Topics in C++: who publishes knows no readers. Wildcards, and a value that a subject keeps for who comes later.
//
// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <sabir/sabir.hpp>
#include <string>

namespace {

using Reading = std::string;  // as "oven 180"; what is published is shared by all who read it
struct Show {
  using reply = std::string;
};

// Writes down what it reads.
class Display : public sabir::actor<Reading, Show> {
 public:
  void receive(sabir::context &, Reading reading) { text_ += (text_.empty() ? "" : ", ") + reading; }
  std::string receive(sabir::context &, Show) { return text_; }

 private:
  std::string text_;
};

// A display of its own, which reads what matches the pattern from now on.
sabir::ref<Display> subscribe(const sabir::system &system, std::string_view pattern) {
  auto display = system.spawn<Display>();
  system.subscribe(pattern, display);  // until it is unsubscribed, or its actor gone
  return display;
}

void publish(const sabir::system &system, std::string_view subject, const Reading &reading, sabir::publish_options options = {}) {
  std::cout << subject << ": to " << system.publish(subject, reading, options) << '\n';
}

void show(sabir::ref<Display> display, std::string_view name) {
  std::cout << name << " reads " << display.ask(Show{}, std::chrono::seconds{5}).value() << '\n';
}

}  // namespace

int main() try {
  sabir::system system;
  auto kitchen = subscribe(system, "sensors.kitchen.*");  // one token, whichever
  auto house = subscribe(system, "sensors.>");            // one or more
  publish(system, "sensors.kitchen.oven", "oven 20");
  publish(system, "sensors.kitchen.oven", "oven 180", {.retain = true});  // kept until the next one of this subject
  publish(system, "sensors.cellar", "cellar 12");
  publish(system, "doors.front", "open");  // that nobody reads it is no error
  auto late = subscribe(system, "*.*.oven");
  show(kitchen, "kitchen");
  show(house, "house");
  show(late, "late");
} catch (const std::exception &failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
