// The word of a watched handler (core/actor/watch_word.hpp): its thread, which calls into the library and handles several messages, and a
// watchdog that has timed one of them. What the handler's owner has (context, cell, worker) must be touched by one of them at a time, and
// the message that the watchdog unlinks by its thread only afterwards.
//
// SPDX-License-Identifier: Apache-2.0
#include "actor/watch_word.hpp"

#include "driver.hpp"
#include "shim.hpp"

namespace sabir::model {

namespace {

struct Configuration {
  int handlers;   // one after another
  int calls;      // of each, at most
  int tries;      // of the watchdog
};

class WatchScenario final : public Scenario {
 public:
  explicit WatchScenario(const Configuration &configuration) : configuration_(configuration) {
    context_.name("context");
    message_.name("message");
    add_thread("handler", [](void *self) { static_cast<WatchScenario *>(self)->handle_all(); }, this);
    add_thread("watchdog", [](void *self) { static_cast<WatchScenario *>(self)->watch(); }, this);
  }

  void at_end() override {
    check(taken_ == lost_, "the handler and the watchdog disagree");
    check(!taken_ || word_.has_returned(), "a handler that was given up on has not come back");
  }

 private:
  void handle_all() {
    for (int i = 1; i <= configuration_.handlers; i++) {
      checkpoint(1, static_cast<std::uint64_t>(i));
      running_ = static_cast<std::uint64_t>(i);
      own();
      message_ = static_cast<std::uint64_t>(i);
      word_.begin(static_cast<std::uint64_t>(i));
      if (!handle()) {
        word_.await([] { wait_for_newer(); });
        lost_ = 1;
        check(message_ == 100, "the message is not unlinked");
        word_.note_return();
        return;
      }
      own();
    }
  }

  bool handle() {
    for (int i = 0; i < configuration_.calls; i++) {
      if (!choice(2)) break;
      if (!word_.enter()) return false;
      own();
      word_.leave();
    }
    return word_.end();
  }

  void watch() {
    for (int i = 0; i < configuration_.tries; i++) {
      checkpoint(2, static_cast<std::uint64_t>(i));
      const auto timed = static_cast<std::uint64_t>(1 + choice(configuration_.handlers));
      if (!word_.take(timed)) continue;
      check(timed == running_, "a handler is given up on that nobody has timed");
      taken_ = 1;
      own();
      message_ = 100;
      word_.give_up();
      own();   // and goes on with the actor
      return;
    }
  }

  void own() { context_ = context_ + 1; }

  Configuration configuration_;
  actor::BasicWatchWord<Platform> word_;
  plain<std::uint64_t> context_;
  plain<std::uint64_t> message_;
  ghost<std::uint64_t> running_, taken_, lost_;
};

Entry watch(const char *name, const Configuration &configuration) {
  return {name, When::always, [configuration](Options options) {
            options.hash_stacks = true;   // it looks again without a checkpoint of ours in between
            return explore<WatchScenario>(configuration, options);
          }};
}

}  // namespace

}  // namespace sabir::model

int main(int argc, char **argv) {
  using namespace sabir::model;
  return drive(argc, argv,
               {
                   watch("watch", {.handlers = 2, .calls = 1, .tries = 2}),
                   watch("watch_longer", {.handlers = 3, .calls = 2, .tries = 3}),
               });
}
