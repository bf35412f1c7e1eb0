// SPDX-License-Identifier: Apache-2.0
#include "sabir/behavior.h"

#include <vector>

#include "base/mutex.hpp"
#include "behavior.hpp"

namespace {

using namespace sabir;
using namespace sabir::capi;

Mutex pool_mutex;
std::size_t behaviors_made SABIR_GUARDED_BY(pool_mutex) = 0;
std::vector<actor::Behavior *> &unused_behaviors() SABIR_REQUIRES(pool_mutex) {
  static auto *unused = new std::vector<actor::Behavior *>;
  return *unused;
}

}  // namespace

namespace sabir::capi {

actor::Behavior *take_behavior() {
  {
    MutexLock lock(pool_mutex);
    auto &unused = unused_behaviors();
    if (!unused.empty()) {
      actor::Behavior *behavior = unused.back();
      unused.pop_back();
      behavior->start = nullptr;
      behavior->receive = nullptr;
      behavior->stop = nullptr;
      behavior->failed = nullptr;
      behavior->health = nullptr;
      behavior->delivered = {};
      return behavior;
    }
    unused.reserve(++behaviors_made);   // so that giving one back needs no memory
  }
  return new actor::Behavior;
}

void give_behavior(actor::Behavior *behavior) noexcept {
  MutexLock lock(pool_mutex);
  unused_behaviors().push_back(behavior);
}

}  // namespace sabir::capi

extern "C" {

void sabir_callbacks_init(sabir_callbacks *callbacks, uint32_t struct_size) {
  initialize(sabir_callbacks SABIR_CALLBACKS_INIT(nullptr), callbacks, struct_size);
}

sabir_status sabir_behavior_create(const sabir_callbacks *callbacks, sabir_behavior **behavior) {
  if (behavior) *behavior = nullptr;
  return guard([&]() -> sabir_status {
    if (!behavior || !callbacks) return SABIR_E_INVALID;
    sabir_callbacks given = SABIR_CALLBACKS_INIT(nullptr);
    if (const Status status = read_options(callbacks, given, "callbacks", nullptr); !status.ok()) return status;
    if (given.reserved != 0) return SABIR_E_OPTION;
    if (!given.receive || !given.name || !*given.name) return SABIR_E_INVALID;
    if (const Status status = check_name(given.name, 255, "callbacks.name", nullptr); !status.ok()) return status;
    return create_behavior(
        [&given](actor::Behavior &made) {
          made.name = given.name;
          made.start = given.start;
          made.receive = given.receive;
          made.stop = given.stop;
          made.failed = given.failed;
          made.health = given.health;
        },
        behavior);
  });
}

sabir_status sabir_behavior_retain(sabir_behavior *behavior) {
  return guard([&]() -> sabir_status {
    if (!behavior) return SABIR_E_INVALID;
    return handles::retain(handles::Kind::behavior, reinterpret_cast<std::uintptr_t>(behavior)) ? SABIR_OK : SABIR_E_HANDLE;
  });
}

void sabir_behavior_destroy(sabir_behavior **behavior) {
  if (!behavior || !*behavior) return;
  const std::uintptr_t handle = reinterpret_cast<std::uintptr_t>(*behavior);
  *behavior = nullptr;
  if (forked()) return;
  void *object = handles::resolve(handles::Kind::behavior, handle);
  if (handles::release(handles::Kind::behavior, handle) != handles::Release::last) return;
  give_behavior(static_cast<actor::Behavior *>(object));
  handles::recycle(handle);
}

const char *sabir_behavior_name(const sabir_behavior *behavior) {
  const void *object = handles::resolve(handles::Kind::behavior, reinterpret_cast<std::uintptr_t>(behavior));
  return object ? static_cast<const actor::Behavior *>(object)->name.c_str() : "";
}
}
