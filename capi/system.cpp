// SPDX-License-Identifier: Apache-2.0
#include "sabir/system.h"

#include "env/environment.hpp"
#include "guard.hpp"
#include "spawn.hpp"

namespace {

using namespace sabir;
using namespace sabir::capi;

std::uintptr_t value_of(const sabir_system *system) noexcept { return reinterpret_cast<std::uintptr_t>(system); }

Status configure(const sabir_system_options &given, SystemConfiguration &configuration, sabir_error **error) {
  if (given.workers > SABIR_WORKERS_MAX)
    return fail(error, SABIR_E_INVALID, "options.workers is " + std::to_string(given.workers) + ", more than 256");
  if (given.max_actors > SABIR_MAX_ACTORS_DEFAULT) {
    return fail(error, SABIR_E_INVALID, "options.max_actors is " + std::to_string(given.max_actors) + ", more than 67,108,863");
  }
  if (given.run_batch > 0x7fffffff) return fail(error, SABIR_E_INVALID, "options.run_batch is more than 2,147,483,647");
  if (const Status status = check_name(given.name, 255, "options.name", error); !status.ok()) return status;
  if (const Status status = check_time(given.ask_timeout_ns, "options.ask_timeout_ns", error); !status.ok()) return status;
  if (const Status status = check_time(given.shutdown_timeout_ns, "options.shutdown_timeout_ns", error); !status.ok()) return status;
  if (const Status status = check_time(given.stall_ns, "options.stall_ns", error); !status.ok()) return status;
  if (const Status status = check_time(given.root_period_ns, "options.root_period_ns", error); !status.ok()) return status;
  const auto or_default = [](auto value, auto otherwise) { return value != 0 ? value : static_cast<decltype(value)>(otherwise); };
  configuration.workers = or_default(given.workers, std::min<unsigned>(env::processor_count(), SABIR_WORKERS_MAX));
  configuration.max_actors = or_default(given.max_actors, SABIR_MAX_ACTORS_DEFAULT);
  configuration.run_batch = or_default(given.run_batch, SABIR_RUN_BATCH_DEFAULT);
  configuration.message_size_limit = or_default(given.message_size_limit, SABIR_MESSAGE_SIZE_LIMIT_DEFAULT);
  configuration.ask_timeout_ns = or_default(given.ask_timeout_ns, SABIR_ASK_TIMEOUT_DEFAULT_NS);
  configuration.shutdown_timeout_ns = or_default(given.shutdown_timeout_ns, SABIR_SHUTDOWN_TIMEOUT_DEFAULT_NS);
  if (given.reserved != 0) return fail(error, SABIR_E_OPTION, "options.reserved is not 0");
  if (const Status status = check_intensity(given.root_intensity, "options.root_intensity", configuration.root_intensity, error);
      !status.ok())
    return status;
  if (given.root_period_ns > SABIR_SUPERVISION_TIME_LIMIT_NS && given.root_period_ns != SABIR_FOREVER)
    return fail(error, SABIR_E_INVALID, "options.root_period_ns is more than SABIR_SUPERVISION_TIME_LIMIT_NS");
  configuration.root_period_ns = or_default(given.root_period_ns, SABIR_PERIOD_DEFAULT_NS);
  configuration.stall_ns = or_default(given.stall_ns, SABIR_STALL_DEFAULT_NS);
  if (given.name && *given.name) configuration.name = given.name;
  return SABIR_OK;
}

// A reference of our own for a call that waits: a pin would keep the shutdown itself from ending.
class Reference {
 public:
  explicit Reference(std::uintptr_t handle) noexcept {
    handles::Pin pin(handles::Kind::system, handle);
    if (pin.object() && handles::retain(handles::Kind::system, handle)) {
      handle_ = handle;
      system_ = static_cast<System *>(pin.object());
    }
  }
  ~Reference() {
    if (system_ && handles::release(handles::Kind::system, handle_) == handles::Release::last) System::dispose(system_);
  }
  Reference(const Reference &) = delete;
  Reference &operator=(const Reference &) = delete;
  System *operator->() const noexcept { return system_; }
  explicit operator bool() const noexcept { return system_ != nullptr; }

 private:
  std::uintptr_t handle_ = 0;
  System *system_ = nullptr;
};

sabir_status shut_down(std::uintptr_t handle, std::uint64_t timeout_ns, sabir_report **report) {
  if (Thread::current().must_not_wait()) return SABIR_E_WOULD_DEADLOCK;
  Reference system(handle);
  if (!system) return SABIR_E_HANDLE;
  if (system->waits_for(Thread::current())) return SABIR_E_WOULD_DEADLOCK;
  (void)system->begin_shutdown(timeout_ns ? timeout_ns : system->configuration().shutdown_timeout_ns, nullptr, 0);   // or somebody has
  return system->wait_for_shutdown(report);
}

void release(std::uintptr_t handle) {
  System *system;
  {
    handles::Pin pin(handles::Kind::system, handle);
    system = static_cast<System *>(pin.object());
    if (!system || handles::release(handles::Kind::system, handle) != handles::Release::last) return;
  }
  System::dispose(system);
}

}  // namespace

extern "C" {

void sabir_system_options_init(sabir_system_options *options, uint32_t struct_size) {
  initialize(sabir_system_options SABIR_SYSTEM_OPTIONS_INIT, options, struct_size);
}

sabir_status sabir_system_create_versioned(uint32_t abi_version, const sabir_system_options *options, sabir_system **system,
                                           sabir_error **error) {
  if (system) *system = nullptr;
  return guard(error, [&]() -> sabir_status {
    if (abi_version >> 16 != SABIR_ABI_VERSION >> 16 || (abi_version & 0xffff) > (SABIR_ABI_VERSION & 0xffff)) {
      return fail(error, SABIR_E_ABI,
                  "the header's ABI version is " + std::to_string(abi_version) + ", the library's " + std::to_string(SABIR_ABI_VERSION));
    }
    if (!system) return fail(error, SABIR_E_INVALID, "system is NULL");
    sabir_system_options given = SABIR_SYSTEM_OPTIONS_INIT;
    if (const Status status = read_options(options, given, "options", error); !status.ok()) return status;
    SystemConfiguration configuration;
    if (const Status status = configure(given, configuration, error); !status.ok()) return status;
    std::uintptr_t handle = 0;
    const Status status = System::create(configuration, env::system_environment(), handle, error);
    *system = reinterpret_cast<sabir_system *>(handle);
    return status;
  });
}

sabir_status sabir_system_retain(sabir_system *system) {
  return guard([&]() -> sabir_status {
    if (!system) return SABIR_E_INVALID;
    return handles::retain(handles::Kind::system, value_of(system)) ? SABIR_OK : SABIR_E_HANDLE;
  });
}

void sabir_system_release(sabir_system **system) {
  if (!system || !*system) return;
  const std::uintptr_t handle = value_of(*system);
  *system = nullptr;
  if (forked()) return;
  (void)guard([&]() -> sabir_status {
    release(handle);
    return SABIR_OK;
  });
}

sabir_status sabir_system_destroy(sabir_system **system) {
  if (!system || !*system) return SABIR_OK;
  if (forked()) {
    *system = nullptr;
    return SABIR_OK;
  }
  return guard([&]() -> sabir_status {
    const std::uintptr_t handle = value_of(*system);
    const sabir_status status = shut_down(handle, 0, nullptr);
    if (status == SABIR_E_WOULD_DEADLOCK) return status;
    *system = nullptr;
    if (status != SABIR_E_HANDLE) release(handle);
    return status;
  });
}

sabir_status sabir_system_shutdown(sabir_system *system, uint64_t timeout_ns, sabir_report **report) {
  if (report) *report = nullptr;
  return guard([&]() -> sabir_status { return system ? shut_down(value_of(system), timeout_ns, report) : SABIR_E_INVALID; });
}

sabir_status sabir_system_shutdown_begin(sabir_system *system, uint64_t timeout_ns, sabir_shutdown_fn done, uintptr_t argument) {
  return with_system(system, [&](System &target, Thread &) -> sabir_status {
    return target.begin_shutdown(timeout_ns ? timeout_ns : target.configuration().shutdown_timeout_ns, done, argument);
  });
}

size_t sabir_report_survivor_count(const sabir_report *report) { return report ? report->survivors.size() : 0; }

sabir_status sabir_report_survivor(const sabir_report *report, size_t index, sabir_survivor *survivor) {
  if (!report || !survivor || index >= report->survivors.size()) return SABIR_E_INVALID;
  const auto &found = report->survivors[index];
  sabir_survivor filled = SABIR_SURVIVOR_INIT;
  filled.pid = found.pid;
  filled.name = found.name.c_str();
  filled.behavior = found.behavior.c_str();
  filled.message_type = found.message_type;
  filled.handler_ns = found.handler_ns;
  return write_struct(filled, survivor);
}

void sabir_report_destroy(sabir_report **report) {
  if (!report) return;
  delete *report;
  *report = nullptr;
}

sabir_status sabir_system_counters(sabir_system *system, sabir_counters *counters) {
  return with_system(system, [&](System &target, Thread &) -> sabir_status {
    if (!counters) return SABIR_E_INVALID;
    sabir_counters filled = SABIR_COUNTERS_INIT;
    target.read(filled);
    return write_struct(filled, counters);
  });
}
}
