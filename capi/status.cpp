// SPDX-License-Identifier: Apache-2.0
#include "sabir/status.h"

#include "base/error.hpp"

extern "C" {

const char *sabir_status_name(sabir_status status) {
  switch (status) {
#define SABIR_CASE(name, number, text) \
  case number: return "SABIR_" #name;
    SABIR_STATUS_MAP(SABIR_CASE)
#undef SABIR_CASE
    default: return status > 0 ? "APPLICATION" : "UNKNOWN";
  }
}

const char *sabir_status_text(sabir_status status) {
  switch (status) {
#define SABIR_CASE(name, number, text) \
  case number: return text;
    SABIR_STATUS_MAP(SABIR_CASE)
#undef SABIR_CASE
    default: return status > 0 ? "an error of the application" : "an error this library does not know";
  }
}

sabir_status sabir_error_status(const sabir_error *error) { return error ? error->status : SABIR_OK; }

const char *sabir_error_message(const sabir_error *error) { return error ? error->message.c_str() : ""; }

void sabir_error_destroy(sabir_error **error) {
  if (!error) return;
  delete *error;
  *error = nullptr;
}
}
