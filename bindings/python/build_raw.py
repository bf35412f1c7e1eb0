# SPDX-License-Identifier: Apache-2.0
"""Builds the extension sabir._raw with cffi, in API mode: the compiler checks every declaration of sabir.cdef against the headers.

The library is found under SABIR_PREFIX, else by pkg-config; its folder is written into the extension as an rpath.
"""

import os
import shlex
import subprocess
from pathlib import Path

from cffi import FFI


def find_library() -> tuple[list[str], list[str]]:
    """The include folders and the library folders."""
    prefix = os.environ.get("SABIR_PREFIX")
    if prefix:
        if not Path(prefix, "include/sabir/sabir.h").exists():
            raise SystemExit(f"SABIR_PREFIX is {prefix}: sabir is not installed there.")
        return [f"{prefix}/include"], [f"{prefix}/lib"]
    try:
        output = subprocess.run(["pkg-config", "--cflags", "--libs", "sabir"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        raise SystemExit(f"sabir is not found: set SABIR_PREFIX to where it is installed, or PKG_CONFIG_PATH. {said}") from None
    flags = shlex.split(output)
    return [flag[2:] for flag in flags if flag.startswith("-I")], [flag[2:] for flag in flags if flag.startswith("-L")]


include_folders, library_folders = find_library()
builder = FFI()
here = Path(__file__).parent
builder.cdef((here / "src" / "sabir" / "sabir.cdef").read_text(encoding="utf-8"))
builder.cdef("void sabir_python_shut_down_systems(void);")
builder.set_source(
    "sabir._raw",
    (here / "systems.c").read_text(encoding="utf-8"),
    libraries=["sabir"],
    include_dirs=include_folders,
    library_dirs=library_folders,
    runtime_library_dirs=[os.path.abspath(folder) for folder in library_folders],
)
