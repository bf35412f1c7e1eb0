# SPDX-License-Identifier: Apache-2.0
"""A counter actor in Python: counted, asked, stopped, crashed."""

import pytest
from counter import ADD, FAIL, GET, CounterArgument, DeadLetters, Log
from sabir import ffi, lib

SECOND_NS = 1_000_000_000
PATIENCE_S = 10


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

    def spawn(self, argument: CounterArgument) -> int:
        name = ffi.new("char[]", b"counter")
        callbacks = ffi.new("sabir_callbacks *")
        lib.sabir_callbacks_init(callbacks, ffi.sizeof("sabir_callbacks"))
        callbacks.name = name
        callbacks.start = lib.sabir_python_start
        callbacks.receive = lib.sabir_python_receive
        callbacks.stop = lib.sabir_python_stop
        behavior = ffi.new("sabir_behavior **")
        ok(lib.sabir_behavior_create(callbacks, behavior))
        options = ffi.new("sabir_spawn_options *")
        lib.sabir_spawn_options_init(options, ffi.sizeof("sabir_spawn_options"))
        options.argument = argument.number
        options.drop = lib.sabir_python_drop
        options.name = name
        pid = ffi.new("sabir_pid *")
        ok(lib.sabir_spawn(self.system, behavior[0], options, pid, ffi.NULL))
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


@pytest.fixture
def fixture():
    made = Fixture()
    yield made
    made.close()  # of an ended system it does nothing


def test_a_counter_adds_answers_and_stops(fixture):
    argument = CounterArgument()
    pid = fixture.spawn(argument)
    for amount in range(1, 101):
        fixture.add(pid, amount)
    status, reply = fixture.ask(pid, GET)
    ok(status)
    assert lib.sabir_message_kind(reply[0]) == lib.SABIR_KIND_REPLY
    data = ffi.buffer(lib.sabir_message_data(reply[0]), lib.sabir_message_size(reply[0]))
    assert int.from_bytes(data, "little") == 5050

    ok(lib.sabir_actor_stop(fixture.system, pid))
    assert argument.stopped.wait(PATIENCE_S)
    assert argument.stop_reasons == [lib.SABIR_EXIT_STOPPED]
    assert argument.dropped.wait(PATIENCE_S)

    counters = fixture.shut_down()
    assert (counters.spawned, counters.exited, counters.crashed) == (1, 1, 0)
    assert (counters.sent, counters.handled, counters.dead_letters) == (101, 101, 0)
    assert argument.drops == 1
    assert fixture.log.records == [] and fixture.log.drops == 1
    assert fixture.dead_letters.seen == [] and fixture.dead_letters.drops == 1


def test_a_type_it_does_not_handle_is_a_dead_letter(fixture):
    argument = CounterArgument()
    pid = fixture.spawn(argument)
    status, reply = fixture.ask(pid, 77)
    assert status == lib.SABIR_E_UNHANDLED
    status, reply = fixture.ask(pid, GET)
    ok(status)
    counters = fixture.shut_down()
    assert argument.stop_reasons == [lib.SABIR_EXIT_SHUTDOWN]
    assert (counters.crashed, counters.sent, counters.handled, counters.dead_letters) == (0, 2, 1, 1)
    assert fixture.dead_letters.seen == [(pid, lib.SABIR_CAUSE_UNHANDLED, 77)]


def test_an_exception_is_a_crash_with_its_traceback(fixture):
    argument = CounterArgument()
    pid = fixture.spawn(argument)
    fixture.add(pid, 1)
    status, reply = fixture.ask(pid, FAIL, "no such account: Ωmega".encode())
    assert status == lib.SABIR_E_CRASHED
    assert lib.sabir_message_kind(reply[0]) == lib.SABIR_KIND_FAILURE
    assert lib.sabir_message_status(reply[0]) == lib.SABIR_E_CRASHED
    exit = lib.sabir_message_exit(reply[0])
    assert lib.sabir_exit_reason(exit) == lib.SABIR_EXIT_CRASHED
    assert lib.sabir_exit_status(exit) == lib.SABIR_E_EXCEPTION
    assert lib.sabir_exit_pid(exit) == pid
    assert text_of(lib.sabir_exit_message(exit)) == "ValueError: no such account: Ωmega"
    detail = text_of(lib.sabir_exit_detail(exit))
    assert detail.startswith("Traceback (most recent call last):") and "in fail_loudly" in detail and "counter.py" in detail

    counters = fixture.shut_down()
    assert argument.stop_reasons == [lib.SABIR_EXIT_CRASHED]
    assert argument.drops == 1
    assert (counters.spawned, counters.exited, counters.crashed) == (1, 1, 1)
    assert (counters.sent, counters.handled, counters.dead_letters) == (2, 1, 1)
    assert fixture.dead_letters.seen == [(pid, lib.SABIR_CAUSE_CRASHED, FAIL)]
    crashes = [record for record in fixture.log.records if record[1] == pid]
    assert crashes and crashes[0][0] >= lib.SABIR_LOG_WARNING and crashes[0][2] == "counter"
    assert "no such account: Ωmega" in crashes[0][3]
