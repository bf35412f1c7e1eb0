// The explorer against small programs whose possible outcomes are known from the C++ memory model: it must find each that is allowed
// (but for load buffering, see README.md), and none that is not.
//
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstring>

#include "shim.hpp"

namespace {

using namespace sabir::model;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto seq_cst = std::memory_order_seq_cst;

struct Program;
using Body = void (*)(Program &);

struct Litmus {
  const char *name;
  Body threads[4];
  bool (*outcome)(const Program &);  // NULL: the outcome is a violation that the explorer finds by itself
  bool in_order;  // whether it is possible with every load returning the newest value
  bool weak;  // whether it is possible at all
};

struct Program final : Scenario {
  explicit Program(const Litmus &of) : litmus(&of) {
    static constexpr const char *names[] = {"thread 1", "thread 2", "thread 3", "thread 4"};
    for (int i = 0; i < 4 && of.threads[i]; i++) add_thread(names[i], run, this);
  }
  static void run(void *self) {
    auto &program = *static_cast<Program *>(self);
    program.litmus->threads[current_thread()](program);
  }
  void at_end() override {
    if (litmus->outcome && litmus->outcome(*this)) fail("the outcome");
  }

  const Litmus *litmus;
  atomic<std::uint64_t> x{0}, y{0};
  plain<std::uint64_t> data{0};
  ghost<std::uint64_t> r1, r2, r3, r4;
};

std::uint64_t value(const ghost<std::uint64_t> &of) { return of.newest(); }

const Litmus all[] = {
    {"message passing, relaxed",
     {[](Program &p) { p.x.store(1, relaxed), p.y.store(1, relaxed); },
      [](Program &p) { p.r1 = p.y.load(relaxed), p.r2 = p.x.load(relaxed); }},
     [](const Program &p) { return value(p.r1) == 1 && value(p.r2) == 0; },
     false,
     true},
    {"message passing, release and acquire",
     {[](Program &p) { p.x.store(1, relaxed), p.y.store(1, release); },
      [](Program &p) { p.r1 = p.y.load(acquire), p.r2 = p.x.load(relaxed); }},
     [](const Program &p) { return value(p.r1) == 1 && value(p.r2) == 0; },
     false,
     false},
    {"data race: publication, relaxed",
     {[](Program &p) { p.data = 1, p.y.store(1, relaxed); },
      [](Program &p) {
        if (p.y.load(acquire)) p.r1 = p.data;
      }},
     nullptr,
     true,
     true},
    {"data race: publication, release and acquire",
     {[](Program &p) { p.data = 1, p.y.store(1, release); },
      [](Program &p) {
        if (p.y.load(acquire)) p.r1 = p.data;
      }},
     nullptr,
     false,
     false},
    {"data race: two writers",
     {[](Program &p) { p.data = 1, p.x.store(1, release); }, [](Program &p) { p.r1 = p.x.load(acquire), p.data = 2; }},
     nullptr,
     true,
     true},
    {"release sequence goes through a relaxed read-modify-write",
     {[](Program &p) { p.data = 1, p.y.store(1, release); }, [](Program &p) { p.y.fetch_add(1, relaxed); },
      [](Program &p) {
        if (p.y.load(acquire) == 2) p.r1 = p.data;
      }},
     nullptr,
     false,
     false},
    {"store buffering, release and acquire",
     {[](Program &p) { p.x.store(1, release), p.r1 = p.y.load(acquire); },
      [](Program &p) { p.y.store(1, release), p.r2 = p.x.load(acquire); }},
     [](const Program &p) { return value(p.r1) == 0 && value(p.r2) == 0; },
     false,
     true},
    {"store buffering, seq_cst",
     {[](Program &p) { p.x.store(1, seq_cst), p.r1 = p.y.load(seq_cst); },
      [](Program &p) { p.y.store(1, seq_cst), p.r2 = p.x.load(seq_cst); }},
     [](const Program &p) { return value(p.r1) == 0 && value(p.r2) == 0; },
     false,
     false},
    {"store buffering, one side seq_cst only",
     {[](Program &p) { p.x.store(1, seq_cst), p.r1 = p.y.load(seq_cst); },
      [](Program &p) { p.y.store(1, seq_cst), p.r2 = p.x.load(acquire); }},
     [](const Program &p) { return value(p.r1) == 0 && value(p.r2) == 0; },
     false,
     true},
    {"coherence: new, then old",
     {[](Program &p) { p.x.store(1, relaxed); }, [](Program &p) { p.r1 = p.x.load(relaxed), p.r2 = p.x.load(relaxed); }},
     [](const Program &p) { return value(p.r1) == 1 && value(p.r2) == 0; },
     false,
     false},
    {"two readers disagree about two writes, acquire",
     {[](Program &p) { p.x.store(1, release); }, [](Program &p) { p.y.store(1, release); },
      [](Program &p) { p.r1 = p.x.load(acquire), p.r2 = p.y.load(acquire); },
      [](Program &p) { p.r3 = p.y.load(acquire), p.r4 = p.x.load(acquire); }},
     [](const Program &p) { return value(p.r1) == 1 && value(p.r2) == 0 && value(p.r3) == 1 && value(p.r4) == 0; },
     false,
     true},
    {"two readers disagree about two writes, seq_cst",
     {[](Program &p) { p.x.store(1, seq_cst); }, [](Program &p) { p.y.store(1, seq_cst); },
      [](Program &p) { p.r1 = p.x.load(seq_cst), p.r2 = p.y.load(seq_cst); },
      [](Program &p) { p.r3 = p.y.load(seq_cst), p.r4 = p.x.load(seq_cst); }},
     [](const Program &p) { return value(p.r1) == 1 && value(p.r2) == 0 && value(p.r3) == 1 && value(p.r4) == 0; },
     false,
     false},
    {"an increment is lost",
     {[](Program &p) { p.x.fetch_add(1, relaxed); }, [](Program &p) { p.x.fetch_add(1, relaxed); }},
     [](const Program &p) { return p.x.newest() != 2; },
     false,
     false},
    {"an increment by load and store is lost",
     {[](Program &p) { p.x.exchange(p.x.load(relaxed) + 1, relaxed); }, [](Program &p) { p.x.exchange(p.x.load(relaxed) + 1, relaxed); }},
     [](const Program &p) { return p.x.newest() != 2; },
     true,
     true},
    {"unordered stores to one place",
     {[](Program &p) { p.x.store(1, relaxed); }, [](Program &p) { p.x.store(2, relaxed); }},
     nullptr,
     true,
     true},
    {"a wait that nobody ends",
     {[](Program &p) {
       while (!p.x.load(acquire)) wait_for_newer();
     }},
     nullptr,
     true,
     true},
    {"a loop that nobody ends",
     {[](Program &p) {
       do checkpoint(1);
       while (!p.x.load(acquire));
     }},
     nullptr,
     true,
     true},
};

}  // namespace

int main() {
  int wrong = 0;
  for (const bool weak : {false, true}) {
    for (const Litmus &litmus : all) {
      Options options;
      options.weak = weak;
      const Result result = explore<Program>(litmus, options);
      const bool expected = weak ? litmus.weak : litmus.in_order;
      const bool right = result.violated == expected && (result.violated || result.exhausted);
      std::printf("%-6s %-5s %s: %s\n", right ? "right" : "WRONG", weak ? "weak" : "sc", litmus.name,
                  result.violated ? "possible" : "impossible");
      if (!right) wrong++;
    }
  }
  return wrong ? 1 : 0;
}
