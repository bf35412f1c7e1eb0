# SPDX-License-Identifier: Apache-2.0
"""sabir: an actor runtime. For now the raw layer only: the C ABI as cffi gives it, under the names of its headers.

ffi: the types, and the place where callbacks are defined (`@ffi.def_extern()` on the names `sabir_python_...` of sabir.cdef, beside this
file).
lib: the functions and constants.
crash: what to give to `@ffi.def_extern(onerror=...)`.
version: the version of the library that was loaded.

A callback runs on a thread of the library, with the GIL. One into an interpreter that is finalizing would crash the process, so
whatever systems are left when the interpreter ends are shut down first (atexit), each within its shutdown_timeout_ns.
"""

import atexit
import sys
import traceback

from ._raw import ffi, lib

version: str = ffi.string(lib.sabir_version()).decode()

__all__ = ["crash", "ffi", "lib", "version"]


def crash(exception, value, trace):
    """Makes the failure of a callback that has a parameter `context` out of an exception: its text, and its traceback as the detail.

    It gives no result: `error` of def_extern says what the callback returns then, such as SABIR_E_EXCEPTION. Where there is no context (the
    callback has none, its result was of a wrong type, or Python could not call it) the traceback goes to stderr.
    """
    context = trace.tb_frame.f_locals.get("context") if trace else None
    if not isinstance(context, ffi.CData) or ffi.typeof(context) is not _CONTEXT:
        print("sabir: an exception in a callback", file=sys.stderr)
        traceback.print_exception(exception, value, trace)
        return
    text = _for_c("".join(traceback.format_exception_only(exception, value)).strip())
    detail = _for_c("".join(traceback.format_exception(exception, value, trace)))
    lib.sabir_context_fail(context, lib.SABIR_E_EXCEPTION, text, len(text), detail, len(detail))


_CONTEXT = ffi.typeof("sabir_context *")


def _for_c(text: str) -> bytes:
    """What a C string in UTF-8 can hold: NUL and lone surrogates are written as Python writes them."""
    return text.replace("\0", "\\x00").encode(errors="backslashreplace")


atexit.register(lib.sabir_python_shut_down_systems)
