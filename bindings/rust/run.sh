#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: run.sh PREFIX FILE
#
# Compiles and runs one program that uses sabir-sys and nothing else, against what `cargo build` has made in this folder.
set -euo pipefail
libraries=$1/lib
cd "$(dirname "${BASH_SOURCE[0]}")"
crate=${CARGO_TARGET_DIR:-target}/debug/libsabir_sys.rlib
rustc --edition 2024 --deny warnings --extern sabir_sys="$crate" -L "native=$libraries" -C "link-arg=-Wl,-rpath,$libraries" -o "$2.out" "$2"
exec "$2.out"
