#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Loading sabir into a running process (this Python) starts no thread, installs no signal handler, and leaves malloc and operator new
what they were, before and after use, for both ways of loading.

usage: load.py            both ways, each in a process of its own
       load.py MODE       one way: local or global
"""
import ctypes
import pathlib
import re
import subprocess
import sys

from tools import CLEAN, LIBRARY, Faults, run

LIBC_FAMILY = ("malloc", "calloc", "realloc", "free", "aligned_alloc", "posix_memalign")
CPP_FAMILY = ("_Znwm", "_Znam", "_ZdlPv", "_ZdaPv", "_ZdlPvm", "_ZnwmSt11align_val_t")

# Signals 32 and 33 are the C library's own: it catches them from the first pthread_create on.
LIBC_SIGNALS = 0b11 << 31


class DlInfo(ctypes.Structure):
    _fields_ = [("file", ctypes.c_char_p), ("base", ctypes.c_void_p), ("name", ctypes.c_char_p), ("address", ctypes.c_void_p)]


PROCESS = ctypes.CDLL(None)
PROCESS.dladdr.argtypes = [ctypes.c_void_p, ctypes.POINTER(DlInfo)]
PROCESS.malloc.restype = ctypes.c_void_p
PROCESS.malloc.argtypes = [ctypes.c_size_t]
PROCESS.free.argtypes = [ctypes.c_void_p]


def file_of(library, name):
    """Which file the function is in that a library handle means by a name."""
    info = DlInfo()
    address = ctypes.cast(getattr(library, name), ctypes.c_void_p)
    return pathlib.Path(info.file.decode()).name if PROCESS.dladdr(address, ctypes.byref(info)) and info.file else "nowhere"


def process_status():
    """What the kernel says of this process: its threads, and the signals it catches and ignores."""
    text = pathlib.Path("/proc/self/status").read_text(encoding="ascii")
    status = {"Threads": int(re.search(r"^Threads:\s+(\d+)", text, re.MULTILINE).group(1))}
    for name in ("SigCgt", "SigIgn", "SigBlk"):
        status[name] = hex(int(re.search(rf"^{name}:\s+(\w+)", text, re.MULTILINE).group(1), 16) & ~LIBC_SIGNALS)
    return status


def check_allocators(faults, when, sabir, in_mimalloc):
    for name in LIBC_FAMILY:
        faults.expect(file_of(PROCESS, name) == "libc.so.6", f"{when}: the process's {name} is in {file_of(PROCESS, name)}")
    for name in LIBC_FAMILY:
        faults.expect(file_of(sabir, name) == "libc.so.6", f"{when}: the library's {name} is in {file_of(sabir, name)}")
    for name in CPP_FAMILY:
        faults.expect(file_of(sabir, name) == "libstdc++.so.6", f"{when}: the library's {name} is in {file_of(sabir, name)}")
    block = PROCESS.malloc(100)
    faults.expect(not in_mimalloc(block), f"{when}: malloc gives a block of mimalloc")
    PROCESS.free(block)


def use(faults, sabir):
    """A system, a port and a message through it."""
    void = ctypes.c_void_p
    sabir.sabir_system_create_versioned.argtypes = [ctypes.c_uint32, void, ctypes.POINTER(void), void]
    sabir.sabir_port_create.argtypes = [void, void, ctypes.POINTER(void), void]
    sabir.sabir_port_pid.argtypes = [void]
    sabir.sabir_port_pid.restype = ctypes.c_uint64
    sabir.sabir_send_bytes.argtypes = [void, ctypes.c_uint64, ctypes.c_uint64, ctypes.c_char_p, ctypes.c_size_t]
    sabir.sabir_port_receive.argtypes = [void, ctypes.c_uint64, ctypes.POINTER(void)]
    sabir.sabir_message_data.argtypes = [void]
    sabir.sabir_message_data.restype = void
    sabir.sabir_message_size.argtypes = [void]
    sabir.sabir_message_size.restype = ctypes.c_size_t
    for name in ("sabir_message_destroy", "sabir_port_destroy", "sabir_system_destroy"):
        getattr(sabir, name).argtypes = [ctypes.POINTER(void)]

    system, port, message = void(), void(), void()
    faults.expect(sabir.sabir_system_create_versioned(sabir.sabir_abi_version(), None, ctypes.byref(system), None) == 0, "create a system")
    faults.expect(sabir.sabir_port_create(system, None, ctypes.byref(port), None) == 0, "create a port")
    text = b"from Python to Python"
    faults.expect(sabir.sabir_send_bytes(system, sabir.sabir_port_pid(port), 1, text, len(text)) == 0, "send")
    faults.expect(sabir.sabir_port_receive(port, 5_000_000_000, ctypes.byref(message)) == 0, "receive")
    got = ctypes.string_at(sabir.sabir_message_data(message), sabir.sabir_message_size(message))
    faults.expect(got == text, f"received {got}")
    sabir.sabir_message_destroy(ctypes.byref(message))
    sabir.sabir_port_destroy(ctypes.byref(port))
    faults.expect(sabir.sabir_system_destroy(ctypes.byref(system)) == 0, "destroy the system")


def load(mode):
    faults = Faults()
    before = process_status()
    faults.expect(before["Threads"] == 1, f"{before['Threads']} threads before anything")
    faults.expect("libsabir" not in pathlib.Path("/proc/self/maps").read_text(encoding="utf-8"), "the library is there already")
    sabir = ctypes.CDLL(str(LIBRARY), mode=ctypes.RTLD_GLOBAL if mode == "global" else ctypes.RTLD_LOCAL)
    faults.expect(process_status() == before, f"loading changed {before} to {process_status()}")

    mimalloc = ctypes.CDLL(re.search(r"\[(libmimalloc\S*)\]", run("readelf", "--dynamic", LIBRARY)).group(1))
    mimalloc.mi_is_in_heap_region.argtypes = [ctypes.c_void_p]
    mimalloc.mi_is_in_heap_region.restype = ctypes.c_bool
    check_allocators(faults, "before use", sabir, mimalloc.mi_is_in_heap_region)
    use(faults, sabir)
    check_allocators(faults, "after use", sabir, mimalloc.mi_is_in_heap_region)
    after = process_status()
    faults.expect({**after, "Threads": ""} == {**before, "Threads": ""}, f"use changed the signals {before} to {after}")
    if mode == "global":
        for name in CPP_FAMILY:
            faults.expect(file_of(PROCESS, name) == "libstdc++.so.6", f"the process's {name} is in {file_of(PROCESS, name)}")
    faults.end()


def main():
    if len(sys.argv) > 1:
        load(sys.argv[1])
    for mode in ("local", "global"):
        done = subprocess.run([sys.executable, __file__, mode], env=CLEAN, check=False, timeout=50)
        if done.returncode != 0:
            sys.exit(f"loading in mode {mode} failed: {done.returncode}")


if __name__ == "__main__":
    main()
