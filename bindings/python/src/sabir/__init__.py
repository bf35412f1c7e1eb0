# SPDX-License-Identifier: Apache-2.0
"""sabir: an actor runtime. For now the raw layer only: the C ABI as cffi gives it, under the names of its headers.

ffi: the types, and the place where callbacks are defined (`@ffi.def_extern()` on the names `sabir_python_...` of sabir.cdef).
lib: the functions and constants.
version: the version of the library that was loaded.

A callback runs on a thread of the library, with the GIL. Shut every system down before the interpreter ends: a callback into an
interpreter that is finalizing would crash the process.
"""

from ._raw import ffi, lib

version: str = ffi.string(lib.sabir_version()).decode()

__all__ = ["ffi", "lib", "version"]
