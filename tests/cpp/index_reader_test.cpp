// The readers of the word index example, and what becomes of files that are there when the tree is walked and cannot be read later.
//
// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "support.hpp"
#include "walker.hpp"

namespace sabir_test {
namespace {

using word_index::Reader;
using word_index::ReadFile;
using word_index::ReadMore;
using word_index::ReadStep;
using word_index::Reducer;

class IndexReader : public testing::Test {
 protected:
  IndexReader() {
    std::filesystem::create_directories(root_);
    std::ofstream(root_ / "good") << "two words";
  }
  ~IndexReader() override { std::filesystem::remove_all(root_); }

  std::string path(const char *name) const { return (root_ / name).string(); }

  // Reads a whole file; the end of the last ask.
  sabir::result<ReadStep> read(const std::string &file) {
    sabir::result<ReadStep> step = reader_.ask(ReadFile{file}, long_enough);
    while (step && step->is_finished == 0) step = reader_.ask(ReadMore{}, long_enough);
    return step;
  }

  // That file makes the reader crash and say this, and nothing else suffers.
  void expect_failure(const std::string &file, std::string_view why) {
    const sabir::result<ReadStep> failed = read(file);
    EXPECT_EQ(failed.status(), SABIR_E_CRASHED) << file;
    if (!failed) {
      EXPECT_EQ(failed.error().exit.message(), why) << file;
    }
    const sabir::result<ReadStep> good = read(path("good"));
    EXPECT_EQ(good.value().totals.words, 2U) << "after " << file;
  }

  const std::filesystem::path root_ = std::filesystem::temp_directory_path() / ("sabir_index_reader_" + std::to_string(getpid()));
  Quiet system_;
  sabir::ref<Reducer> reducer_ = system_.spawn<Reducer>();
  sabir::supervisor group_ = system_.supervise_group("readers", {.intensity = SABIR_INTENSITY_MAX, .period = 1s});
  sabir::ref<Reader> reader_ = group_.supervise<Reader>({.id = "reader"}, reducer_);
};

TEST_F(IndexReader, FailsAtAFileThatIsNotThere) { expect_failure(path("missing"), "open: No such file or directory"); }

TEST_F(IndexReader, FailsAtAFolder) { expect_failure(root_.string(), "no regular file: Invalid argument"); }

TEST_F(IndexReader, FailsAtALinkWhereverItLeads) {
  std::filesystem::create_symlink("nowhere", path("dangling"));
  std::filesystem::create_symlink("good", path("link"));
  expect_failure(path("dangling"), "open: Too many levels of symbolic links");
  expect_failure(path("link"), "open: Too many levels of symbolic links");
}

TEST_F(IndexReader, FailsAtAFifoAndDoesNotWaitForIt) {
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  expect_failure(path("fifo"), "no regular file: Invalid argument");
}

// The memory of a process is a regular file that anybody may open and nobody can read at its beginning, not even root.
TEST_F(IndexReader, FailsWhereReadingFails) { expect_failure("/proc/self/mem", "read: Input/output error"); }

TEST_F(IndexReader, FailsAtTextThatIsNotUtf8) {
  std::ofstream(path("bad")) << "good \xFF";
  expect_failure(path("bad"), "not UTF-8 at byte 5");
}

// Waits until it is let go: in its thread, which the readers share.
struct Hold {};

// The walker has found all files when the first of them vanishes, for the readers' only thread is busy.
TEST_F(IndexReader, AFileThatVanishesAfterTheWalkIsNamedAndTheRestIsIndexed) {
  std::ofstream(path("vanishing")) << "never read";
  sabir::executor threads(system_, {.kind = sabir::executor_kind::threads, .workers = 1});
  std::vector<sabir::ref<Reader>> readers;
  for (const char *id : {"held 1", "held 2"})
    readers.push_back(group_.supervise<Reader>({.id = id, .spawn = {.executor = &threads}}, reducer_));
  std::promise<void> entered, leave;
  auto holder =
      system_.spawn({.executor = &threads}, sabir::handlers{[&entered, leaving = leave.get_future().share()](sabir::context &, Hold) {
                      entered.set_value();
                      leaving.wait();
                    }});
  holder.send(Hold{});
  get(entered.get_future());
  sabir::port port(system_);
  auto host = port.accepts<word_index::Failure, word_index::Progress, word_index::Done>();
  const std::uint64_t started = system_.counters().started;
  auto walker = system_.spawn<word_index::Walker>({}, root_.string(), readers, reducer_, host);
  const auto deadline = std::chrono::steady_clock::now() + long_enough;
  while (system_.counters().started == started && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  std::filesystem::remove(path("vanishing"));
  leave.set_value();
  std::vector<word_index::Failure> failures;
  for (;;) {
    sabir::message message = port.receive(long_enough).value();
    if (auto failure = message.as<word_index::Failure>()) failures.push_back(*failure);
    if (auto done = message.as<word_index::Done>()) {
      EXPECT_EQ(done->totals.files, 1U);
      EXPECT_EQ(done->totals.words, 2U);
      EXPECT_EQ(done->totals.failed, 1U);
      break;
    }
  }
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures[0], (word_index::Failure{path("vanishing"), "open: No such file or directory"}));
  wait_until_dead(walker);
}

}  // namespace
}  // namespace sabir_test
