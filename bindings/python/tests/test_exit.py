# SPDX-License-Identifier: Apache-2.0
"""The end of the interpreter while actors run."""

import subprocess
import sys

# Actors that send to themselves for as long as they live, so that callbacks run at every moment, and idle ones.
ACTORS = """
import os, sys, time
from sabir import crash, ffi, lib

@ffi.def_extern(error=lib.SABIR_E_EXCEPTION, onerror=crash)
def sabir_python_receive(context, state, message):
    running.add(lib.sabir_context_self(context))
    if lib.sabir_message_type(message[0]) == SLOW:
        time.sleep(600)
    if lib.sabir_message_type(message[0]) == BUSY:
        lib.sabir_context_send(context, lib.sabir_context_self(context), message)  # refused once its system ends
    return lib.SABIR_OK

@ffi.def_extern(onerror=crash)
def sabir_python_stop(context, state, exit):
    os.write(1, b"stopped\\n")

BUSY, IDLE, SLOW = 1, 2, 3
running = set()

def start(actors, kind):
    system, behavior, pid = ffi.new("sabir_system **"), ffi.new("sabir_behavior **"), ffi.new("sabir_pid *")
    options = ffi.new("sabir_system_options *")
    lib.sabir_system_options_init(options, ffi.sizeof("sabir_system_options"))
    options.shutdown_timeout_ns = 500_000_000
    assert lib.sabir_system_create_versioned(lib.SABIR_ABI_VERSION, options, system, ffi.NULL) == lib.SABIR_OK
    callbacks = ffi.new("sabir_callbacks *")
    lib.sabir_callbacks_init(callbacks, ffi.sizeof("sabir_callbacks"))
    name = ffi.new("char[]", b"busy")
    callbacks.name, callbacks.receive, callbacks.stop = name, lib.sabir_python_receive, lib.sabir_python_stop
    assert lib.sabir_behavior_create(callbacks, behavior) == lib.SABIR_OK
    for _ in range(actors):
        assert lib.sabir_spawn(system[0], behavior[0], ffi.NULL, pid, ffi.NULL) == lib.SABIR_OK
        assert lib.sabir_send_bytes(system[0], pid[0], kind, b"", 0) == lib.SABIR_OK
        while pid[0] not in running:
            time.sleep(0.001)
    return system

"""


def end_of(program: str) -> tuple[int, str, str]:
    done = subprocess.run([sys.executable, "-c", ACTORS + program], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def test_an_uncaught_exception_ends_the_actors_first():
    code, out, err = end_of("kept = start(2, BUSY); raise ValueError('out of luck')")
    assert (code, out) == (1, "stopped\n" * 2), err
    assert err.endswith("ValueError: out of luck\n")


def test_each_system_that_is_left_is_shut_down():
    program = "kept = start(2, IDLE); other = start(1, IDLE); gone = start(1, IDLE); lib.sabir_system_destroy(gone); sys.exit(3)"
    assert end_of(program) == (3, "stopped\n" * 4, "")


def test_a_callback_that_does_not_return_holds_up_the_end_no_longer_than_the_timeout():
    code, out, err = end_of("kept = start(1, SLOW); sys.exit(0)")
    assert (code, out) == (0, "") and "a handler of 'busy' has not returned" in err
