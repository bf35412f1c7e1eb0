# SPDX-License-Identifier: Apache-2.0
"""A supervised counter in Python: it crashes and is back under its pid, gets a timer's message, and is watched."""

from counter import FAIL, GET, TICK, CounterArgument
from sabir import ffi, lib
from support import PATIENCE_S, SECOND_NS, Fixture, ok

MILLISECOND_NS = 1_000_000


def supervise(fixture: Fixture, argument: CounterArgument) -> int:
    behavior = fixture.behavior()
    options = fixture.spawn_options(argument)
    spec = ffi.new("sabir_child_spec *")
    lib.sabir_child_spec_init(spec, ffi.sizeof("sabir_child_spec"))
    spec.spawn = options
    pid = ffi.new("sabir_pid *")
    ok(lib.sabir_supervise(fixture.system, 0, b"counter", behavior[0], spec, pid, ffi.NULL))
    return pid[0]


def total(fixture: Fixture, pid: int) -> int:
    status, reply = fixture.ask(pid, GET)
    ok(status)
    return int.from_bytes(ffi.buffer(lib.sabir_message_data(reply[0]), 8), "little")


def receive(port):
    message = ffi.new("sabir_message **")
    ok(lib.sabir_port_receive(port[0], PATIENCE_S * SECOND_NS, message))
    return ffi.gc(message, lib.sabir_message_destroy)


def test_a_supervised_actor_is_restarted_timed_and_watched(fixture):
    argument = CounterArgument()
    pid = supervise(fixture, argument)
    port = ffi.new("sabir_port **")
    ok(lib.sabir_port_create(fixture.system, ffi.NULL, port, ffi.NULL))
    monitor = ffi.new("sabir_ref *")
    ok(lib.sabir_port_monitor(port[0], pid, lib.SABIR_MONITOR_RESTARTS, monitor))

    fixture.add(pid, 3)
    assert total(fixture, pid) == 3
    status, _ = fixture.ask(pid, FAIL, b"a crash")
    assert status == lib.SABIR_E_CRASHED
    assert total(fixture, pid) == 0
    assert len(argument.states) == 2 and argument.stop_reasons == [lib.SABIR_EXIT_CRASHED]
    restarted = receive(port)
    assert lib.sabir_message_kind(restarted[0]) == lib.SABIR_KIND_RESTARTED
    assert lib.sabir_message_count(restarted[0]) == 1

    message = ffi.new("sabir_message **")
    ok(lib.sabir_message_create(TICK, 0, message))
    ok(lib.sabir_timer_after(fixture.system, pid, message, MILLISECOND_NS, ffi.NULL))
    assert argument.ticked.wait(PATIENCE_S)
    assert argument.tick_kinds == [lib.SABIR_KIND_TIMER]

    ok(lib.sabir_child_do(fixture.system, 0, lib.SABIR_CHILD_STOP, b"counter", 0, ffi.NULL))
    down = receive(port)
    assert lib.sabir_message_kind(down[0]) == lib.SABIR_KIND_DOWN
    assert lib.sabir_message_ref(down[0]) == monitor[0]
    assert lib.sabir_message_sender(down[0]) == pid
    assert lib.sabir_exit_reason(lib.sabir_message_exit(down[0])) == lib.SABIR_EXIT_SHUTDOWN
    lib.sabir_port_destroy(port)

    counters = fixture.shut_down()
    assert counters.restarted == 1 and counters.started == counters.stopped
    assert argument.stop_reasons == [lib.SABIR_EXIT_CRASHED, lib.SABIR_EXIT_SHUTDOWN]
    assert argument.drops == 1
