// How the options of sabir.hpp become those of the C ABI: each in its own field, and no negative duration taken for another.
//
// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include "support.hpp"

namespace sabir_test {
namespace {

constexpr std::chrono::nanoseconds negative{-1};

// What a call throws says INVALID, and names this field.
void expect_refused(const std::string &field, const std::function<void()> &call) {
  try {
    call();
    FAIL() << field << " was taken";
  } catch (const sabir::error &thrown) {
    EXPECT_EQ(thrown.status(), SABIR_E_INVALID) << field;
    EXPECT_NE(std::string(thrown.what()).find(field), std::string::npos) << field << " is not in: " << thrown.what();
  }
}

TEST(Options, OfAChildAreEachInTheirField) {
  Quiet system;
  const sabir::executor executor(system, {.kind = sabir::executor_kind::threads});
  const sabir::child_spec from = {
      .id = "id",
      .restart = sabir::temporary,
      .significant = true,
      .redeliveries = 3,
      .shutdown = 4ns,
      .start_timeout = 5ns,
      .backoff = {.initial = 6ns, .max = 7ns, .factor_percent = 8, .jitter_percent = 9},
      .stall_timeout = 10ns,
      .health = sabir::health_options{.threshold = 11,
                                      .interval = 12ns,
                                      .timeout = 13ns,
                                      .degraded_depth = 14,
                                      .failed_depth = 15,
                                      .degraded_age = 16ns,
                                      .failed_age = 17ns},
      .spawn = {.name = "name",
                .executor = &executor,
                .mailbox = {.capacity = 18,
                            .overflow = sabir::overflow::block,
                            .low_watermark = 19,
                            .block_timeout = 20ns,
                            .capacity_bytes = 21,
                            .priorities = true,
                            .stash_capacity = 22}},
  };
  const sabir::detail::c_child_spec c(from);
  EXPECT_EQ(c.spec.struct_size, sizeof c.spec);
  EXPECT_EQ(c.spec.restart, std::uint32_t{SABIR_TEMPORARY});
  EXPECT_EQ(c.spec.significant, 1U);
  EXPECT_EQ(c.spec.redeliveries, 3U);
  EXPECT_EQ(c.spec.shutdown_ns, 4U);
  EXPECT_EQ(c.spec.start_timeout_ns, 5U);
  EXPECT_EQ(c.spec.backoff_initial_ns, 6U);
  EXPECT_EQ(c.spec.backoff_max_ns, 7U);
  EXPECT_EQ(c.spec.backoff_factor_percent, 8U);
  EXPECT_EQ(c.spec.backoff_jitter_percent, 9U);
  EXPECT_EQ(c.spec.stall_timeout_ns, 10U);
  EXPECT_EQ(c.spec.supervisor, nullptr);
  ASSERT_NE(c.spec.health, nullptr);
  EXPECT_EQ(c.spec.health->struct_size, sizeof *c.spec.health);
  EXPECT_EQ(c.spec.health->threshold, 11U);
  EXPECT_EQ(c.spec.health->interval_ns, 12U);
  EXPECT_EQ(c.spec.health->timeout_ns, 13U);
  EXPECT_EQ(c.spec.health->degraded_depth, 14U);
  EXPECT_EQ(c.spec.health->failed_depth, 15U);
  EXPECT_EQ(c.spec.health->degraded_age_ns, 16U);
  EXPECT_EQ(c.spec.health->failed_age_ns, 17U);
  ASSERT_NE(c.spec.spawn, nullptr);
  EXPECT_STREQ(c.spec.spawn->name, "name");
  EXPECT_EQ(c.spec.spawn->executor, executor.handle());
  EXPECT_EQ(c.spec.spawn->argument, 0U);
  EXPECT_EQ(c.spec.spawn->drop, nullptr);
  ASSERT_NE(c.spec.spawn->mailbox, nullptr);
  EXPECT_EQ(c.spec.spawn->mailbox->capacity, 18U);
  EXPECT_EQ(c.spec.spawn->mailbox->overflow, std::uint32_t{SABIR_OVERFLOW_BLOCK});
  EXPECT_EQ(c.spec.spawn->mailbox->low_watermark, 19U);
  EXPECT_EQ(c.spec.spawn->mailbox->block_timeout_ns, 20U);
  EXPECT_EQ(c.spec.spawn->mailbox->capacity_bytes, 21U);
  EXPECT_EQ(c.spec.spawn->mailbox->priorities, 1U);
  EXPECT_EQ(c.spec.spawn->mailbox->stash_capacity, 22U);
}

TEST(Options, OfASupervisorAreEachInTheirField) {
  const sabir::supervisor_options from = {
      .strategy = sabir::rest_for_one,
      .intensity = 3,
      .period = 4ns,
      .auto_shutdown = sabir::auto_shutdown::any,
      .restart = sabir::temporary,
      .significant = true,
      .shutdown = 5ns,
      .start_timeout = 10ns,
      .backoff = {.initial = 6ns, .max = 7ns, .factor_percent = 8, .jitter_percent = 9},
      .health = sabir::health_options{.threshold = 11, .interval = 12ns},
  };
  const sabir::detail::c_child_spec c(from);
  EXPECT_EQ(c.spec.restart, std::uint32_t{SABIR_TEMPORARY});
  EXPECT_EQ(c.spec.significant, 1U);
  EXPECT_EQ(c.spec.redeliveries, 0U);
  EXPECT_EQ(c.spec.shutdown_ns, 5U);
  EXPECT_EQ(c.spec.start_timeout_ns, 10U);
  EXPECT_EQ(c.spec.backoff_initial_ns, 6U);
  EXPECT_EQ(c.spec.backoff_max_ns, 7U);
  EXPECT_EQ(c.spec.backoff_factor_percent, 8U);
  EXPECT_EQ(c.spec.backoff_jitter_percent, 9U);
  EXPECT_EQ(c.spec.stall_timeout_ns, 0U);
  EXPECT_EQ(c.spec.spawn, nullptr);
  ASSERT_NE(c.spec.health, nullptr);
  EXPECT_EQ(c.spec.health->threshold, 11U);
  EXPECT_EQ(c.spec.health->interval_ns, 12U);
  ASSERT_NE(c.spec.supervisor, nullptr);
  EXPECT_EQ(c.spec.supervisor->struct_size, sizeof *c.spec.supervisor);
  EXPECT_EQ(c.spec.supervisor->strategy, std::uint32_t{SABIR_REST_FOR_ONE});
  EXPECT_EQ(c.spec.supervisor->intensity, 3U);
  EXPECT_EQ(c.spec.supervisor->period_ns, 4U);
  EXPECT_EQ(c.spec.supervisor->auto_shutdown, std::uint32_t{SABIR_AUTO_SHUTDOWN_ANY});
  EXPECT_EQ(c.spec.supervisor->child_behavior, nullptr);
  EXPECT_EQ(c.spec.supervisor->child, nullptr);
}

TEST(Options, OfAnExecutorAreEachInTheirField) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "oneTBB loads libtbbbind with RTLD_DEEPBIND, at which a sanitizer ends the process";
#endif
  Quiet system;
  const sabir::executor placed(system, {.workers = 1,
                                        .priority = sabir::executor_priority::high,
                                        .numa_node = sabir::executor::numa_nodes(),
                                        .core_type = sabir::executor::core_types(),
                                        .threads_per_core = 1});
  const auto refused = [&](const std::string &field, const sabir::executor_options &options) {
    expect_refused("options." + field, [&] { const sabir::executor executor(system, options); });
  };
  refused("kind", {.kind = static_cast<sabir::executor_kind>(77)});
  refused("workers", {.workers = 1000});
  refused("priority", {.priority = static_cast<sabir::executor_priority>(77)});
  refused("numa_node", {.numa_node = sabir::executor::numa_nodes() + 1});
  refused("core_type", {.core_type = sabir::executor::core_types() + 1});
  refused("threads_per_core", {.threads_per_core = 1000});
}

TEST(Options, AreDefaultsWhereNothingIsGiven) {
  const sabir::child_spec from;
  const sabir::detail::c_child_spec child(from);
  sabir_child_spec expected = SABIR_CHILD_SPEC_INIT;
  expected.spawn = &child.spawn.spawn;
  EXPECT_EQ(std::memcmp(&child.spec, &expected, sizeof expected), 0);
  const sabir::supervisor_options options;
  const sabir::detail::c_child_spec supervisor(options);
  const sabir_supervisor_options defaults = SABIR_SUPERVISOR_OPTIONS_INIT;
  expected.spawn = nullptr;
  expected.supervisor = &supervisor.supervisor;
  EXPECT_EQ(std::memcmp(&supervisor.spec, &expected, sizeof expected), 0);
  EXPECT_EQ(std::memcmp(&supervisor.supervisor, &defaults, sizeof defaults), 0);
}

TEST(Options, AreForEverWhereTheySaySo) {
  const sabir::child_spec from = {.shutdown = sabir::forever};
  EXPECT_EQ(sabir::detail::c_child_spec(from).spec.shutdown_ns, SABIR_FOREVER);
}

TEST(Options, OfAChildRefuseNegativeDurations) {
  Quiet system;
  const auto child = [&system](const sabir::child_spec &spec) { (void)system.supervise<Counter>(spec); };
  const auto watched = [&child](const sabir::health_options &health) { child({.health = health}); };
  expect_refused("spec.shutdown_ns", [&] { child({.shutdown = negative}); });
  expect_refused("spec.start_timeout_ns", [&] { child({.start_timeout = negative}); });
  expect_refused("spec.backoff_initial_ns", [&] { child({.backoff = {.initial = negative}}); });
  expect_refused("spec.backoff_max_ns", [&] { child({.backoff = {.max = negative}}); });
  expect_refused("spec.health.interval_ns", [&] { watched({.interval = negative}); });
  expect_refused("spec.health.timeout_ns", [&] { watched({.timeout = negative}); });
  expect_refused("spec.health.degraded_age_ns", [&] { watched({.degraded_age = negative}); });
  expect_refused("spec.health.failed_age_ns", [&] { watched({.failed_age = negative}); });
  const sabir::executor executor(system, {.kind = sabir::executor_kind::threads, .workers = 2});
  expect_refused("spec.stall_timeout_ns", [&] { child({.stall_timeout = negative, .spawn = {.executor = &executor}}); });
  expect_refused("mailbox.block_timeout_ns",
                 [&] { child({.spawn = {.mailbox = {.overflow = sabir::overflow::block, .block_timeout = negative}}}); });
  child({.shutdown = sabir::child_shutdown_kill, .stall_timeout = 1h, .spawn = {.executor = &executor}});
}

TEST(Options, OfASupervisorRefuseNegativeDurations) {
  Quiet system;
  const auto group = [&system](const sabir::supervisor_options &options) { (void)system.supervise_group("group", options); };
  expect_refused("spec.supervisor.period_ns", [&] { group({.period = negative}); });
  expect_refused("spec.shutdown_ns", [&] { group({.shutdown = negative}); });
  expect_refused("spec.backoff_initial_ns", [&] { group({.backoff = {.initial = negative}}); });
  expect_refused("spec.backoff_max_ns", [&] { group({.backoff = {.max = negative}}); });
  expect_refused("spec.supervisor.child.shutdown_ns",
                 [&] { (void)system.supervise_group_of<Counter>("counters", {.shutdown = negative}); });
}

TEST(Options, OfASystemRefuseNegativeDurations) {
  const auto make = [](const sabir::system_options &options) { const sabir::system made(options); };
  expect_refused("options.ask_timeout_ns", [&] { make({.ask_timeout = negative}); });
  expect_refused("options.shutdown_timeout_ns", [&] { make({.shutdown_timeout = negative}); });
  expect_refused("options.stall_ns", [&] { make({.stall = negative}); });
  expect_refused("options.root_period_ns", [&] { make({.root_period = negative}); });
}

TEST(Options, OfAMailboxRefuseNegativeDurations) {
  Quiet system;
  const sabir::mailbox_options mailbox = {.overflow = sabir::overflow::block, .block_timeout = std::chrono::nanoseconds::min()};
  expect_refused("mailbox.block_timeout_ns", [&] { (void)system.spawn<Counter>({.mailbox = mailbox}); });
  expect_refused("mailbox.block_timeout_ns", [&] { const sabir::port port(system, mailbox); });
}

}  // namespace
}  // namespace sabir_test
