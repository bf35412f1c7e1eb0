# SPDX-License-Identifier: Apache-2.0
"""What becomes of callbacks that fail: of their exceptions, and of results that are no status."""

import pytest
from counter import FAIL, GET, RESULT, CounterArgument
from sabir import crash, ffi, lib
from support import ok, text_of


@pytest.mark.parametrize("result", [b"None", b"str"])
def test_a_result_that_is_no_status_is_a_crash(fixture, capfd, result):
    argument = CounterArgument()
    pid = fixture.spawn(argument)
    status, reply = fixture.ask(pid, RESULT, result)
    assert status == lib.SABIR_E_CRASHED
    assert lib.sabir_exit_status(lib.sabir_message_exit(reply[0])) == lib.SABIR_E_EXCEPTION
    # Python has no frame of it, so no context to give the text to.
    said = capfd.readouterr().err
    assert "sabir: an exception in a callback" in said and "TypeError" in said
    counters = fixture.shut_down()
    assert (counters.crashed, counters.handled, counters.dead_letters) == (1, 0, 1)
    assert fixture.dead_letters.seen == [(pid, lib.SABIR_CAUSE_CRASHED, RESULT)]


def test_what_c_cannot_hold_is_written_otherwise(fixture):
    pid = fixture.spawn(CounterArgument())
    status, reply = fixture.ask(pid, FAIL, "zero \0, whole Ω".encode())
    assert status == lib.SABIR_E_CRASHED
    exit = lib.sabir_message_exit(reply[0])
    assert text_of(lib.sabir_exit_message(exit)) == "ValueError: zero \\x00, whole Ω"
    assert "fail_loudly" in text_of(lib.sabir_exit_detail(exit))


def test_a_failed_stop_is_logged_and_its_actor_ends(fixture):
    argument = CounterArgument()
    pid = fixture.spawn(argument)
    ok(fixture.ask(pid, GET)[0])
    argument.stop_reasons = None
    counters = fixture.shut_down()
    assert counters.started == counters.stopped == argument.drops == 1
    assert any(record[1] == pid and "AttributeError" in record[3] for record in fixture.log.records)


def test_without_a_context_the_exception_goes_to_stderr(capsys):
    def callback(argument, context=None):
        raise LookupError("nobody home")

    for context in (None, 3, ffi.NULL):
        try:
            callback(1, context)
        except LookupError as error:
            # As cffi does: the first frame is the callback's.
            crash(type(error), error, error.__traceback__.tb_next)
        assert "LookupError: nobody home" in capsys.readouterr().err
    crash(TypeError, TypeError("no trace"), None)
    assert "TypeError: no trace" in capsys.readouterr().err
