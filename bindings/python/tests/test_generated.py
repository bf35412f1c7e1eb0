# SPDX-License-Identifier: Apache-2.0
"""What cffi read, what the compiler saw and what the loaded library says are the same."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import sabir
from sabir import ffi, lib

BINDINGS = Path(__file__).resolve().parents[2]


def test_the_cdef_is_what_the_headers_say():
    done = subprocess.run([sys.executable, BINDINGS / "generate" / "python.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_name_is_there_with_the_value_the_compiler_saw():
    names = [name for name in dir(lib) if not name.startswith("sabir_python_")]
    # cffi looks each name up, and compares a constant, when it is first used; a mismatch raises.
    values = {name: getattr(lib, name) for name in names}
    assert len(names) > 150
    assert values["SABIR_E_DEAD"] == -6
    assert values["SABIR_UNBOUNDED"] == 2**32 - 1
    assert values["SABIR_FOREVER"] == 2**64 - 1


def test_header_library_and_package_have_one_version():
    assert lib.sabir_abi_version() == lib.SABIR_ABI_VERSION
    header = f"{lib.SABIR_VERSION_MAJOR}.{lib.SABIR_VERSION_MINOR}.{lib.SABIR_VERSION_PATCH}"
    assert sabir.version == header == metadata.version("sabir")


def test_initializers_write_the_size_and_nothing_else():
    for name in ("system_options", "spawn_options", "mailbox_options", "executor_options", "callbacks"):
        options = ffi.new(f"sabir_{name} *")
        size = ffi.sizeof(options[0])
        ffi.buffer(options)[:] = b"\xff" * size
        getattr(lib, f"sabir_{name}_init")(options, size)
        assert options.struct_size == size
        assert bytes(ffi.buffer(options))[4:] == bytes(size - 4), name
