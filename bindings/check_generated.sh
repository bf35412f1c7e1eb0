#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compares every generated file of the bindings with what the headers say now. Exits non-zero if one is stale.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export PATH="$PATH:$HOME/.cargo/bin:/usr/local/go/bin"
failed=0

python3 generate/python.py --check || failed=1
python3 generate/go.py --check || failed=1

# bindgen reads C through libclang, which the other two do not need.
have_libclang() {
  [ -n "${LIBCLANG_PATH:-}" ] || ldconfig -p | grep -q 'libclang[-.]' || compgen -G '/usr/lib/llvm-*/lib/libclang[-.]*so*' >/dev/null
}
if ! command -v cargo >/dev/null; then
  echo "rust/sabir-sys/src/bindings.rs is not checked: there is no cargo"
elif ! have_libclang; then
  echo "rust/sabir-sys/src/bindings.rs is not checked: bindgen needs libclang (Debian: libclang1-19)"
else
  rust/generate.sh --check || failed=1
fi
exit $failed
