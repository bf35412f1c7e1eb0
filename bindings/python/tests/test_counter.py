# SPDX-License-Identifier: Apache-2.0
"""A counter actor in Python: counted, asked, stopped, crashed."""

from counter import FAIL, GET, CounterArgument
from sabir import ffi, lib
from support import PATIENCE_S, ok, text_of


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
