// SPDX-License-Identifier: Apache-2.0
#include "sabir/exit.h"

#include "base/exit.hpp"

extern "C" {

int32_t sabir_exit_reason(const sabir_exit *exit) { return exit ? exit->reason : SABIR_EXIT_NORMAL; }

const char *sabir_exit_reason_name(int32_t reason) { return sabir::exits::reason_name(reason); }

bool sabir_exit_is_abnormal(int32_t reason) { return sabir::exits::is_abnormal(reason); }

sabir_status sabir_exit_status(const sabir_exit *exit) { return exit ? exit->status : SABIR_OK; }

const char *sabir_exit_message(const sabir_exit *exit) { return exit ? exit->message.c_str() : ""; }

const char *sabir_exit_detail(const sabir_exit *exit) { return exit ? exit->detail.c_str() : ""; }

sabir_pid sabir_exit_pid(const sabir_exit *exit) { return exit ? exit->pid : 0; }

const sabir_exit *sabir_exit_cause(const sabir_exit *exit) { return exit ? exit->cause : nullptr; }

sabir_exit *sabir_exit_retain(const sabir_exit *exit) { return const_cast<sabir_exit *>(sabir::exits::retain(exit)); }

void sabir_exit_release(sabir_exit **exit) {
  if (!exit) return;
  sabir::exits::release(*exit);
  *exit = nullptr;
}
}
