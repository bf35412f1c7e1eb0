#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: test.sh PREFIX
#
# Builds and tests the bindings of all languages against the sabir installed under PREFIX. SABIR_VENV names a Python environment to
# use; else build/venv is made. Each language ends with a line of its own, and one that failed makes the exit code 1.
set -uo pipefail
[ $# -eq 1 ] && [ -e "$1/lib/pkgconfig/sabir.pc" ] || {
  echo "usage: test.sh PREFIX (with include/, lib/ and lib/pkgconfig/sabir.pc of an installed sabir in it)" >&2
  exit 2
}
prefix=$(cd "$1" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")"
here=$PWD
venv=${SABIR_VENV:-$here/../build/venv}
export PATH="$PATH:$HOME/.cargo/bin:/usr/local/go/bin"
export SABIR_PREFIX=$prefix
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
failed=0

# run NAME FUNCTION: the function runs in a shell of its own with -e, and its outcome becomes the closing line.
run() {
  printf '\n-- bindings: %s\n' "$1"
  # -e holds in a subshell only outside of conditions, hence the detour over $?.
  (set -e && "$2")
  if [ $? -eq 0 ]; then
    printf -- '-- bindings: %s passed\n' "$1"
  else
    printf -- '-- bindings: %s FAILED\n' "$1"
    failed=1
  fi
}

# pages LANGUAGE COMMAND...: the programs of the guide in this language.
pages() { python3 "$here/../tests/docs/languages.py" "$here/.." "$@"; }

generated() { ./check_generated.sh; }

python() {
  local python=$venv/bin/python pip=(-m pip --quiet --disable-pip-version-check install)
  [ -x "$python" ] || python3 -m venv "$venv"
  "$python" -c 'import cffi, pytest, setuptools; assert int(setuptools.__version__.split(".")[0]) >= 71' 2>/dev/null ||
    "$python" "${pip[@]}" cffi pytest 'setuptools>=71'
  cd python
  "$python" "${pip[@]}" --no-build-isolation --no-deps --force-reinstall .
  "$python" -m pytest
  pages python "$python"
}

rust() {
  cd rust
  if cargo fmt --version >/dev/null 2>&1; then cargo fmt --all --check; fi
  if cargo clippy --version >/dev/null 2>&1; then cargo clippy --quiet --all-targets -- -D warnings; fi
  cargo test --quiet
  cargo build --quiet
  pages rust "$here/rust/run.sh" "$prefix"
}

go() {
  local unformatted
  cd go
  unformatted=$(gofmt -l . ../../examples/go)
  if [ -n "$unformatted" ]; then
    printf 'gofmt would change:\n%s\n' "$unformatted"
    return 1
  fi
  # pkg-config does not say where the loader finds the library.
  export CGO_LDFLAGS="${CGO_LDFLAGS:+$CGO_LDFLAGS }-Wl,-rpath,$prefix/lib"
  # Go's cache does not know of the headers: a number that changes with them makes it build anew.
  export CGO_CFLAGS="${CGO_CFLAGS:--O2 -g} -DSABIR_HEADERS=$(cat "$prefix"/include/sabir/*.h | sha256sum | cut -c1-16)"
  command go vet ./...
  command go test -count=1 ./...
  cd ../../examples/go
  command go vet ./...
  command go run ./counter | diff - counter/expected.txt
  # A file that stands elsewhere finds the packages of the module that the command is run in.
  pages go go run
}

run "generated files" generated
run python python
run rust rust
run go go
exit $failed
