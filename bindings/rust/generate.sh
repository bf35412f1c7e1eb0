#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Writes sabir-sys/src/bindings.rs from the headers; --check only compares. Needs libclang (Debian: libclang1-19) and clang's own headers.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export PATH="$PATH:$HOME/.cargo/bin"
exec cargo run --quiet --package generate -- ../../include sabir-sys/src/bindings.rs "$@"
