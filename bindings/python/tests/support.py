# SPDX-License-Identifier: Apache-2.0
"""A system with Python's log sink and dead-letter subscription."""

from counter import ADD, CounterArgument, DeadLetters, Log
from sabir import ffi, lib

SECOND_NS = 1_000_000_000
PATIENCE_S = 10
NAME = ffi.new("char[]", b"counter")  # C copies it, but what points to it must not outlive it


class Fixture:
    """A system with Python's log sink, and what the tests do to it in one line each."""

    def __init__(self) -> None:
        self.log = Log()
        self.dead_letters = DeadLetters()
        system = ffi.new("sabir_system **")
        error = ffi.new("sabir_error **")
        status = lib.sabir_system_create_versioned(lib.SABIR_ABI_VERSION, ffi.NULL, system, error)
        assert status == lib.SABIR_OK, ffi.string(lib.sabir_error_message(error[0]))
        self._system = system
        self.system = system[0]
        ok(lib.sabir_log_set_sink(self.system, lib.sabir_python_log, self.log.number, lib.sabir_python_drop))
        ok(
            lib.sabir_dead_letter_subscribe(
                self.system, lib.sabir_python_dead_letter, self.dead_letters.number, lib.sabir_python_drop, ffi.new("sabir_ref *")
            )
        )

    def behavior(self):
        callbacks = ffi.new("sabir_callbacks *")
        lib.sabir_callbacks_init(callbacks, ffi.sizeof("sabir_callbacks"))
        callbacks.name = NAME
        callbacks.start = lib.sabir_python_start
        callbacks.receive = lib.sabir_python_receive
        callbacks.stop = lib.sabir_python_stop
        behavior = ffi.new("sabir_behavior **")
        ok(lib.sabir_behavior_create(callbacks, behavior))
        return ffi.gc(behavior, lib.sabir_behavior_destroy)

    def spawn_options(self, argument: CounterArgument):
        options = ffi.new("sabir_spawn_options *")
        lib.sabir_spawn_options_init(options, ffi.sizeof("sabir_spawn_options"))
        options.argument = argument.number
        options.drop = lib.sabir_python_drop
        options.name = NAME
        return options

    def spawn(self, argument: CounterArgument) -> int:
        pid = ffi.new("sabir_pid *")
        behavior = self.behavior()
        ok(lib.sabir_spawn(self.system, behavior[0], self.spawn_options(argument), pid, ffi.NULL))
        lib.sabir_behavior_destroy(behavior)
        assert behavior[0] == ffi.NULL
        return pid[0]

    def add(self, pid: int, amount: int) -> None:
        ok(lib.sabir_send_bytes(self.system, pid, ADD, amount.to_bytes(8, "little"), 8))

    def ask(self, pid: int, kind: int, data: bytes = b""):
        """The status, and the reply as a message that is destroyed with its owner."""
        reply = ffi.new("sabir_message **")
        status = lib.sabir_ask_bytes(self.system, pid, kind, data, len(data), PATIENCE_S * SECOND_NS, reply)
        return status, ffi.gc(reply, lib.sabir_message_destroy)

    def shut_down(self):
        """Ends the system and returns its counters. Nothing of the library calls into Python afterwards."""
        report = ffi.new("sabir_report **")
        ok(lib.sabir_system_shutdown(self.system, 0, report))
        assert lib.sabir_report_survivor_count(report[0]) == 0
        lib.sabir_report_destroy(report)
        counters = ffi.new("sabir_counters *", {"struct_size": ffi.sizeof("sabir_counters")})
        ok(lib.sabir_system_counters(self.system, counters))
        self.close()
        return counters

    def close(self) -> None:
        ok(lib.sabir_system_destroy(self._system))


def ok(status: int) -> None:
    assert status == lib.SABIR_OK, ffi.string(lib.sabir_status_name(status)).decode()


def text_of(chars) -> str:
    return ffi.string(chars).decode()
