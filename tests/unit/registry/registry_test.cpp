// SPDX-License-Identifier: Apache-2.0
// What cannot be seen from outside: how much the registry holds; its limit. The rest is in tests/capi/registry_test.c.
#include "registry/registry.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sabir/sabir.h"
#include "system/system.hpp"

namespace sabir::registry {
namespace {

struct RegistryTest : testing::Test {
  RegistryTest() {
    sabir_system_options options = SABIR_SYSTEM_OPTIONS_INIT;
    options.workers = 1;
    EXPECT_EQ(sabir_system_create(&options, &handle, nullptr), SABIR_OK);
    system = static_cast<System *>(handles::resolve(handles::Kind::system, reinterpret_cast<std::uintptr_t>(handle)));
  }
  ~RegistryTest() override {
    for (sabir_port *&port : ports) sabir_port_destroy(&port);
    EXPECT_EQ(sabir_system_destroy(&handle), SABIR_OK);
  }

  std::uint64_t open() {
    ports.emplace_back();
    EXPECT_EQ(sabir_port_create(handle, nullptr, &ports.back(), nullptr), SABIR_OK);
    return sabir_port_pid(ports.back());
  }
  void close_last() {
    sabir_port_destroy(&ports.back());
    ports.pop_back();
  }

  sabir_system *handle = nullptr;
  System *system = nullptr;
  std::vector<sabir_port *> ports;
};

TEST_F(RegistryTest, HoldsNotMuchMoreThanWhatIsAlive) {
  Registry &registry = system->registry();
  for (int i = 0; i < 10; ++i) ASSERT_EQ(registry.add("alive " + std::to_string(i), open()), SABIR_OK);
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_EQ(registry.add("dead " + std::to_string(i), open()), SABIR_OK);
    close_last();
  }
  EXPECT_LE(registry.size(), 32U * 16U + 10U) << "16 in each shard, and those that live";
  std::uint64_t pid = 0;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(registry.find("alive " + std::to_string(i), pid), SABIR_OK);
}

TEST_F(RegistryTest, ALimitCountsThoseAlive) {
  Registry registry(system->engine(), 4);
  const std::uint64_t pid = open();
  for (int i = 0; i < 3; ++i) ASSERT_EQ(registry.add("alive " + std::to_string(i), pid), SABIR_OK);
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(registry.add("dead " + std::to_string(i), open()), SABIR_OK);
    close_last();
  }
  ASSERT_EQ(registry.add("the fourth", pid), SABIR_OK);
  EXPECT_EQ(registry.add("one too many", pid), SABIR_E_LIMIT);
  EXPECT_EQ(registry.add("the fourth", pid), SABIR_OK) << "it has it already";
  EXPECT_EQ(registry.size(), 4U);
  ASSERT_EQ(registry.remove("the fourth", 0), SABIR_OK);
  EXPECT_EQ(registry.add("one too many", pid), SABIR_OK);
}

}  // namespace
}  // namespace sabir::registry
