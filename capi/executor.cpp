// SPDX-License-Identifier: Apache-2.0
#include "sabir/executor.h"

#include <algorithm>

#include "env/environment.hpp"
#include "polled.hpp"

namespace {

using namespace sabir;
using namespace sabir::capi;

std::uintptr_t value_of(const sabir_executor *executor) noexcept { return reinterpret_cast<std::uintptr_t>(executor); }

// Reads what oneTBB is to be told of an arena.
Status read_placement(const sabir_executor_options &given, executor::Placement &placement, sabir_error **error) {
  const struct {
    const char *name;
    std::uint32_t value;
  } options[] = {{"priority", given.priority},
                 {"numa_node", given.numa_node},
                 {"core_type", given.core_type},
                 {"threads_per_core", given.threads_per_core}};
  if (given.kind != SABIR_EXECUTOR_ARENA) {
    for (const auto &option : options)
      if (option.value != 0) return fail(error, SABIR_E_INVALID, "options." + std::string(option.name) + " is for arenas only");
    return SABIR_OK;
  }
  if (given.priority > SABIR_EXECUTOR_PRIORITY_HIGH)
    return fail(error, SABIR_E_INVALID, "options.priority is " + std::to_string(given.priority) + ", which is no priority of an executor");
  if (given.threads_per_core > SABIR_WORKERS_MAX)
    return fail(error, SABIR_E_INVALID, "options.threads_per_core is " + std::to_string(given.threads_per_core) + ", more than 256");
  // Looked at only where they are set: oneTBB takes a while to know them.
  if (const std::uint32_t count = given.numa_node ? executor::Arena::numa_node_count() : 0; given.numa_node > count)
    return fail(error, SABIR_E_INVALID,
                "options.numa_node is " + std::to_string(given.numa_node) + ", and oneTBB knows " + std::to_string(count) + " here");
  if (const std::uint32_t count = given.core_type ? executor::Arena::core_type_count() : 0; given.core_type > count)
    return fail(error, SABIR_E_INVALID,
                "options.core_type is " + std::to_string(given.core_type) + ", and oneTBB knows " + std::to_string(count) + " here");
  placement = {given.priority, given.numa_node, given.core_type, given.threads_per_core};
  return SABIR_OK;
}

// How many workers an executor has that is not told.
std::uint32_t default_workers(std::uint32_t kind, const executor::Placement &placement) {
  if (kind != SABIR_EXECUTOR_ARENA) return 1;
  const std::uint32_t processors = std::min<std::uint32_t>(env::processor_count(), SABIR_WORKERS_MAX);
  return placement == executor::Placement{.priority = placement.priority} ? processors
                                                                          : std::min(processors, executor::Arena::concurrency(placement));
}

// A number of things that oneTBB counts; 0 where it cannot be asked.
std::uint32_t counted(std::uint32_t (*count)()) {
  std::uint32_t result = 0;
  const sabir_status status = guard([&]() -> sabir_status {
    result = count();
    return SABIR_OK;
  });
  return status == SABIR_OK ? result : 0;
}

}  // namespace

extern "C" {

void sabir_executor_options_init(sabir_executor_options *options, uint32_t struct_size) {
  initialize(sabir_executor_options SABIR_EXECUTOR_OPTIONS_INIT, options, struct_size);
}

sabir_status sabir_executor_create(sabir_system *system, const sabir_executor_options *options, sabir_executor **executor,
                                   sabir_error **error) {
  if (executor) *executor = nullptr;
  return with_system(system, error, [&](System &target, Thread &) -> sabir_status {
    if (!executor) return fail(error, SABIR_E_INVALID, "executor is NULL");
    sabir_executor_options given = SABIR_EXECUTOR_OPTIONS_INIT;
    if (const Status status = read_options(options, given, "options", error); !status.ok()) return status;
    if (given.kind > SABIR_EXECUTOR_POLLED) {
      return fail(error, SABIR_E_INVALID, "options.kind is " + std::to_string(given.kind) + ", which is no kind of executor");
    }
    if (given.workers > SABIR_WORKERS_MAX) {
      return fail(error, SABIR_E_INVALID, "options.workers is " + std::to_string(given.workers) + ", more than 256");
    }
    if (given.run_batch > 0x7fffffff) return fail(error, SABIR_E_INVALID, "options.run_batch is more than 2,147,483,647");
    ExecutorShape shape{given.kind, given.workers, {}};
    if (const Status status = read_placement(given, shape.placement, error); !status.ok()) return status;
    if (const Status status = check_name(given.name, 63, "options.name", error); !status.ok()) return status;
    if (target.engine().closing.load(std::memory_order_relaxed)) return fail(error, SABIR_E_CLOSED, "the system is shut down");
    if (shape.workers == 0) shape.workers = default_workers(given.kind, shape.placement);
    ExecutorEntry *entry = nullptr;
    if (const Status status = target.create_executor(shape, given.run_batch ? given.run_batch : target.configuration().run_batch,
                                                     given.name ? given.name : "sabir", entry, error);
        !status.ok()) {
      return status;
    }
    entry->handle = handles::create(handles::Kind::executor, entry);
    if (entry->handle == 0) {
      target.close_executor(*entry);
      return fail(error, SABIR_E_LIMIT, "too many handles are alive in this process");
    }
    *executor = reinterpret_cast<sabir_executor *>(entry->handle);
    return SABIR_OK;
  });
}

uint32_t sabir_executor_numa_nodes(void) { return counted(executor::Arena::numa_node_count); }

uint32_t sabir_executor_core_types(void) { return counted(executor::Arena::core_type_count); }

sabir_status sabir_executor_retain(sabir_executor *executor) {
  return guard([&]() -> sabir_status {
    if (!executor) return SABIR_E_INVALID;
    return handles::retain(handles::Kind::executor, value_of(executor)) ? SABIR_OK : SABIR_E_HANDLE;
  });
}

sabir_status sabir_executor_destroy(sabir_executor **executor) {
  if (!executor || !*executor) return SABIR_OK;
  if (forked()) {
    *executor = nullptr;
    return SABIR_OK;
  }
  return guard([&]() -> sabir_status {
    const std::uintptr_t handle = value_of(*executor);
    ExecutorEntry *entry;
    {
      handles::Pin pin(handles::Kind::executor, handle);
      entry = static_cast<ExecutorEntry *>(pin.object());
      switch (handles::release(handles::Kind::executor, handle, /*if_not_last*/ true)) {
        case handles::Release::remains:
        case handles::Release::stale: *executor = nullptr; return SABIR_OK;
        case handles::Release::last: break;
      }
      if (pin.thread().must_not_wait()) return SABIR_E_WOULD_DEADLOCK;
      if (const Status status = entry->system->check_unused(*entry); !status.ok()) return status;
      *executor = nullptr;
      if (handles::release(handles::Kind::executor, handle) != handles::Release::last) return SABIR_OK;
      // Still pinned: the system cannot go away before this is done.
      (void)handles::wait_for_pins(handle, Parker::Clock::time_point::max());
      entry->system->retire_executor(*entry);
    }
    handles::recycle(handle);
    return SABIR_OK;
  });
}

sabir_status sabir_executor_run(sabir_executor *executor, uint64_t wait_ns, uint64_t run_ns) {
  return with_polled(executor, [&](executor::Polled &polled, Thread &thread) -> sabir_status {
    if (thread.must_not_wait()) return SABIR_E_WOULD_DEADLOCK;
    return polled.poll(thread, wait_ns, run_ns ? run_ns : SABIR_FOREVER);
  });
}

sabir_status sabir_executor_wake(sabir_executor *executor) {
  return with_polled(executor, [](executor::Polled &polled, Thread &) -> sabir_status { return polled.wake(); });
}

sabir_status sabir_executor_disown(sabir_executor *executor) {
  return with_polled(executor, [](executor::Polled &polled, Thread &) -> sabir_status { return polled.disown(); });
}

sabir_status sabir_executor_descriptor(sabir_executor *executor, int32_t *descriptor) {
  if (descriptor) *descriptor = -1;
  return with_polled(executor, [&](executor::Polled &polled, Thread &) -> sabir_status {
    return descriptor ? polled.descriptor(*descriptor) : Status(SABIR_E_INVALID);
  });
}
}
