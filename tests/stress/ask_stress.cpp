// Many threads ask with tiny timeouts, cancel, and ask actors that answer, answer late, crash, refuse, drop or forward the ask, and
// that are killed and replaced meanwhile. Each ask ends exactly once. --messages is the number of asks.
//
// SPDX-License-Identifier: Apache-2.0
#include "stress.hpp"

#include <atomic>
#include <deque>
#include <mutex>
#include <unordered_set>
#include <vector>

namespace {

enum : sabir_type { ANSWER = 1, DEFER, CRASH, REFUSE, DROP, FORWARD, KEEP, FAIL, TYPES };

constexpr std::uint32_t actor_count = 16;
constexpr std::uint32_t thread_count = 6;

struct world {
  sabir_system *system = nullptr;
  sabir_behavior *behavior = nullptr;
  std::atomic<sabir_pid> pids[actor_count];
  std::atomic<bool> end{false};
  std::mutex mutex;
  std::deque<sabir_ref> deferred;        // guarded by mutex: to be answered by the answering thread
  std::deque<sabir_message *> kept;      // guarded by mutex: to be destroyed by it
  std::atomic<std::uint64_t> spawned{0}, drops{0}, lates{0};
  std::atomic<std::uint64_t> endings[4]; // of all asks: answered, timed out, cancelled, other
};

void note_ending(world &where, sabir_status status) {
  const int which = status == SABIR_OK ? 0 : status == SABIR_E_TIMEOUT ? 1 : status == SABIR_E_CANCELLED ? 2 : 3;
  where.endings[which].fetch_add(1, std::memory_order_relaxed);
  switch (status) {
    case SABIR_OK:
    case SABIR_E_TIMEOUT:
    case SABIR_E_CANCELLED:
    case SABIR_E_DEAD:
    case SABIR_E_CRASHED:
    case SABIR_E_UNHANDLED:
    case SABIR_E_UNANSWERED:
    case SABIR_E_CLOSED:
    case 77: return;
    default: stress::fail(__FILE__, __LINE__, "an ask ends like that", static_cast<std::uint64_t>(status), 0);
  }
}

// An actor. What it keeps is its own once the handler has returned, so it is given away at the next message, or at stop.
struct answerer {
  world *where;
  sabir_message *mine = nullptr;

  void give_away() {
    if (mine == nullptr) return;
    const std::lock_guard lock(where->mutex);
    where->kept.push_back(mine);
    mine = nullptr;
  }
};

sabir_status start(sabir_context *, std::uintptr_t argument, std::uintptr_t *state) {
  *state = reinterpret_cast<std::uintptr_t>(new answerer{reinterpret_cast<world *>(argument)});
  return SABIR_OK;
}

void stop(sabir_context *, std::uintptr_t state, const sabir_exit *) {
  const std::unique_ptr<answerer> self(reinterpret_cast<answerer *>(state));
  self->give_away();
}

sabir_status receive(sabir_context *context, std::uintptr_t state, sabir_message **message) {
  answerer &self = *reinterpret_cast<answerer *>(state);
  world &where = *self.where;
  sabir_status status = SABIR_OK;
  self.give_away();
  switch (sabir_message_type(*message)) {
    case ANSWER: status = sabir_context_reply_bytes(context, 1, sabir_message_data(*message), sabir_message_size(*message)); break;
    case FAIL: status = sabir_context_reply_error(context, 77, "no", 2); break;
    case CRASH: return 5;
    case REFUSE: return SABIR_E_UNHANDLED;
    case DROP: return SABIR_OK;
    case FORWARD: {
      // Once: the first bit says that it has been.
      std::uint64_t bytes = 0;
      std::memcpy(&bytes, sabir_message_data(*message), sizeof bytes);
      if (bytes & 1) {
        status = sabir_context_reply(context, message);
        break;
      }
      bytes |= 1;
      std::memcpy(sabir_message_data_mut(*message), &bytes, sizeof bytes);
      status = sabir_context_send(context, where.pids[(bytes >> 1) % actor_count].load(), message);
      STRESS_CHECK(status == SABIR_OK || status == SABIR_E_DEAD || status == SABIR_E_MAILBOX_FULL || status == SABIR_E_CLOSED);
      return SABIR_OK;
    }
    case DEFER: {
      sabir_ref ref = 0;
      status = sabir_context_defer(context, &ref);
      if (status == SABIR_OK) {
        const std::lock_guard lock(where.mutex);
        where.deferred.push_back(ref);
      }
      break;
    }
    case KEEP:
      self.mine = *message;
      *message = nullptr;
      break;
    default: stress::fail(__FILE__, __LINE__, "a type of ours", sabir_message_type(*message), 0);
  }
  STRESS_CHECK(status == SABIR_OK || status == SABIR_E_NO_ASK);
  return SABIR_OK;
}

void drop(std::uintptr_t argument) { reinterpret_cast<world *>(argument)->drops.fetch_add(1); }

void spawn(world &where, std::uint32_t slot) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  options.argument = reinterpret_cast<std::uintptr_t>(&where);
  options.drop = drop;
  sabir_pid pid = 0;
  STRESS_OK(sabir_spawn(where.system, where.behavior, &options, &pid, nullptr));
  where.spawned.fetch_add(1);
  where.pids[slot].store(pid);
}

// One ask that was begun. It lives to the end of the program, so that a second ending would be seen.
struct begun {
  world *where = nullptr;
  std::atomic<std::uint32_t> endings{0};
};

void done(std::uintptr_t argument, sabir_ref, sabir_status status, sabir_message **reply) {
  begun &ask = *reinterpret_cast<begun *>(argument);
  STRESS_EQUAL(ask.endings.fetch_add(1), 0);
  if (*reply != nullptr) STRESS_CHECK((status == SABIR_OK) == (sabir_message_kind(*reply) == SABIR_KIND_REPLY));
  note_ending(*ask.where, status);
}

bool refused(sabir_status status) { return status == SABIR_E_DEAD || status == SABIR_E_MAILBOX_FULL; }

class asker {
 public:
  asker(world &where, std::uint64_t seed) : where_(where), random_(seed) {
    STRESS_OK(sabir_port_create(where_.system, nullptr, &port_, nullptr));
  }
  asker(const asker &) = delete;
  asker &operator=(const asker &) = delete;

  void run(std::uint64_t asks) {
    for (std::uint64_t ask = 0; ask < asks; ++ask) {
      switch (random_.below(4)) {
        case 0: ask_and_wait(); break;
        case 1:
        case 2: ask_and_go_on(); break;
        default: ask_from_port();
      }
      if (random_.one_in(200)) replace_one();
    }
    while (!open_.empty()) read_port(60'000'000'000);
    sabir_port_destroy(&port_);
  }

  // After the shutdown: every ask that was begun has ended.
  void check() const {
    for (const begun &ask : begun_) STRESS_EQUAL(ask.endings.load(), 1);
  }

 private:
  // A question that is kept waits for the actor's next message: a thread that is alone in the end would wait for the whole of each timeout.
  std::uint64_t timeout_ns(const sabir_message *question) {
    if (sabir_message_type(question) == KEEP) return 1 + random_.below(200'000);
    return random_.one_in(4) ? 1'000'000'000 : 1 + random_.below(200'000);
  }
  // An actor to ask; one that has crashed is replaced first, now and then by two threads at once.
  sabir_pid target() {
    const std::uint32_t slot = random_.below(actor_count);
    if (sabir_actor_status(where_.system, where_.pids[slot].load()) == SABIR_E_DEAD) spawn(where_, slot);
    return where_.pids[slot].load();
  }

  sabir_message *question() {
    const std::uint64_t bytes = random_.next() & ~UINT64_C(1);
    sabir_message *message = nullptr;
    // Crashes are rare: each costs an actor.
    sabir_type type = ANSWER + random_.below(TYPES - ANSWER);
    if (type == CRASH && !random_.one_in(10)) type = ANSWER;
    STRESS_OK(sabir_message_create_bytes(type, &bytes, sizeof bytes, &message));
    return message;
  }

  void ask_and_wait() {
    sabir_message *message = question(), *reply = nullptr;
    const sabir_status status = sabir_ask(where_.system, target(), &message, timeout_ns(message), &reply);
    if (status == SABIR_OK) STRESS_EQUAL(sabir_message_kind(reply), SABIR_KIND_REPLY);
    if (status != SABIR_E_MAILBOX_FULL) note_ending(where_, status);
    sabir_message_destroy(&reply);
    sabir_message_destroy(&message);
  }

  void ask_and_go_on() {
    sabir_message *message = question();
    begun_.emplace_back().where = &where_;
    sabir_ref ref = 0;
    const sabir_status status = sabir_ask_begin(where_.system, target(), &message, timeout_ns(message), done,
                                                reinterpret_cast<std::uintptr_t>(&begun_.back()), &ref);
    if (status != SABIR_OK) {
      STRESS_CHECK(refused(status) && message != nullptr);
      STRESS_EQUAL(begun_.back().endings.load(), 0);
      begun_.pop_back();
      sabir_message_destroy(&message);
      return;
    }
    if (!random_.one_in(3)) return;
    const sabir_status cancelled = sabir_ask_cancel(where_.system, ref);
    STRESS_CHECK(cancelled == SABIR_OK || cancelled == SABIR_E_NO_ASK);
    if (cancelled == SABIR_OK) STRESS_EQUAL(begun_.back().endings.load(), 1);
  }

  void ask_from_port() {
    sabir_message *message = question();
    sabir_ref ref = 0;
    const sabir_status status = sabir_port_ask(port_, target(), &message, timeout_ns(message), &ref);
    if (status != SABIR_OK) {
      STRESS_CHECK(refused(status) && message != nullptr);
      sabir_message_destroy(&message);
      return;
    }
    STRESS_CHECK(open_.insert(ref).second);
    if (random_.one_in(3) && sabir_ask_cancel(where_.system, ref) == SABIR_OK) open_.erase(ref);
    while (open_.size() > 50) read_port(60'000'000'000);
    read_port(0);
  }

  void read_port(std::uint64_t timeout_ns) {
    sabir_message *message = nullptr;
    const sabir_status status = sabir_port_receive(port_, timeout_ns, &message);
    if (status == SABIR_E_TIMEOUT && timeout_ns == 0) return;
    STRESS_OK(status);
    STRESS_EQUAL(open_.erase(sabir_message_ref(message)), 1);
    note_ending(where_, sabir_message_status(message));
    sabir_message_destroy(&message);
  }

  void replace_one() {
    const std::uint32_t slot = random_.below(actor_count);
    const sabir_status status = random_.one_in(2) ? sabir_actor_kill(where_.system, where_.pids[slot].load())
                                                  : sabir_actor_drain(where_.system, where_.pids[slot].load());
    STRESS_CHECK(status == SABIR_OK || status == SABIR_E_DEAD);
    spawn(where_, slot);
  }

  world &where_;
  stress::random random_;
  sabir_port *port_ = nullptr;
  std::deque<begun> begun_;  // its elements stay where they are
  std::unordered_set<sabir_ref> open_;  // asks of the port that have not been answered
};

// Answers what was deferred, and drops what was kept.
void answer_all(world &where) {
  for (;;) {
    sabir_ref ref = 0;
    sabir_message *kept = nullptr;
    {
      const std::lock_guard lock(where.mutex);
      if (!where.deferred.empty()) {
        ref = where.deferred.front();
        where.deferred.pop_front();
      } else if (!where.kept.empty()) {
        kept = where.kept.front();
        where.kept.pop_front();
      }
    }
    if (ref != 0) {
      const sabir_status status = sabir_reply_bytes(where.system, ref, 1, nullptr, 0);
      STRESS_CHECK(status == SABIR_OK || status == SABIR_E_NO_ASK);
      if (status == SABIR_E_NO_ASK) where.lates.fetch_add(1);
    } else if (kept != nullptr) {
      sabir_message_destroy(&kept);
    } else if (where.end.load()) {
      return;
    } else {
      std::this_thread::yield();
    }
  }
}

}  // namespace

int main(int argc, char **argv) {
  const stress::arguments arguments(argc, argv, 200'000, "asks");
  const auto where = std::make_unique<world>();
  where->system = stress::make_system(2);
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("answering");
  callbacks.start = start;
  callbacks.receive = receive;
  callbacks.stop = stop;
  STRESS_OK(sabir_behavior_create(&callbacks, &where->behavior));
  for (std::uint32_t slot = 0; slot < actor_count; ++slot) spawn(*where, slot);

  std::deque<asker> askers;
  std::vector<std::thread> threads;
  for (std::uint32_t thread = 0; thread < thread_count; ++thread) {
    asker &asker = askers.emplace_back(*where, stress::mix(arguments.seed, thread));
    const std::uint64_t asks = arguments.messages / thread_count;
    threads.emplace_back([&asker, asks] { asker.run(asks); });
  }
  std::thread answering([&where] { answer_all(*where); });
  for (std::thread &thread : threads) thread.join();
  where->end.store(true);
  answering.join();
  sabir_behavior_destroy(&where->behavior);
  stress::end_system(where->system);
  for (const asker &asker : askers) asker.check();
  for (sabir_message *&message : where->kept) sabir_message_destroy(&message);
  STRESS_EQUAL(where->drops.load(), where->spawned.load());
  std::printf("%llu answered, %llu timed out, %llu cancelled, %llu otherwise ended, %llu answers too late\n",
              static_cast<unsigned long long>(where->endings[0].load()), static_cast<unsigned long long>(where->endings[1].load()),
              static_cast<unsigned long long>(where->endings[2].load()), static_cast<unsigned long long>(where->endings[3].load()),
              static_cast<unsigned long long>(where->lates.load()));
  return 0;
}
