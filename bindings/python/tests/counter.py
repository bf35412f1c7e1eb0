# SPDX-License-Identifier: Apache-2.0
"""A counter actor against the raw layer, and the other callbacks that the tests hand to the library.

The argument or state of each callback is a cffi handle: a number by which Python finds the object again, as long as somebody
keeps the handle alive. Here the objects keep their own.
"""

import threading

from sabir import crash, ffi, lib

ADD, GET, FAIL, TICK, RESULT = 1, 2, 3, 4, 5
RESULTS = {b"None": None, b"str": "text"}  # no status: what a RESULT makes receive return


class Handled:
    """An object that callbacks find by its number."""

    def __init__(self) -> None:
        self._handle = ffi.new_handle(self)
        self.number = int(ffi.cast("uintptr_t", self._handle))
        self.dropped = threading.Event()
        self.drops = 0


def found(number: int):
    return ffi.from_handle(ffi.cast("void *", number))


class CounterArgument(Handled):
    """What a counter is spawned with; it also notes how the counter's life went."""

    def __init__(self) -> None:
        super().__init__()
        self.states: list[CounterState] = []
        self.stop_reasons: list[int] = []
        self.stopped = threading.Event()
        self.tick_kinds: list[int] = []
        self.ticked = threading.Event()


class CounterState(Handled):
    """One incarnation of a counter."""

    def __init__(self, argument: CounterArgument) -> None:
        super().__init__()
        self.argument = argument
        self.total = 0


class Log(Handled):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[tuple[int, int, str, str]] = []  # level, pid, actor, text


class DeadLetters(Handled):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[int, int, int]] = []  # target, cause, message type


@ffi.def_extern(error=lib.SABIR_E_EXCEPTION, onerror=crash)
def sabir_python_start(context, argument, state):
    owner = found(argument)
    counter = CounterState(owner)
    owner.states.append(counter)
    state[0] = counter.number
    return lib.SABIR_OK


@ffi.def_extern(error=lib.SABIR_E_EXCEPTION, onerror=crash)
def sabir_python_receive(context, state, message):
    counter = found(state)
    kind = lib.sabir_message_type(message[0])
    data = ffi.buffer(lib.sabir_message_data(message[0]), lib.sabir_message_size(message[0]))
    if kind == ADD:
        counter.total += int.from_bytes(data, "little")
        return lib.SABIR_OK
    if kind == GET:
        return lib.sabir_context_reply_bytes(context, GET, counter.total.to_bytes(8, "little"), 8)
    if kind == FAIL:
        fail_loudly(bytes(data).decode())
    if kind == TICK:
        counter.argument.tick_kinds.append(lib.sabir_message_kind(message[0]))
        counter.argument.ticked.set()
        return lib.SABIR_OK
    if kind == RESULT:
        return RESULTS[bytes(data)]
    return lib.SABIR_E_UNHANDLED


def fail_loudly(text: str) -> None:
    raise ValueError(text)


@ffi.def_extern(onerror=crash)
def sabir_python_stop(context, state, exit):
    argument = found(state).argument
    argument.stop_reasons.append(lib.sabir_exit_reason(exit))
    argument.stopped.set()


@ffi.def_extern()
def sabir_python_drop(argument):
    owner = found(argument)
    owner.drops += 1
    owner.dropped.set()


@ffi.def_extern()
def sabir_python_log(argument, record):
    found(argument).records.append(
        (record.level, record.pid, ffi.string(record.actor).decode(), ffi.string(record.text).decode())
    )


@ffi.def_extern()
def sabir_python_dead_letter(argument, target, cause, message):
    found(argument).seen.append((target, cause, lib.sabir_message_type(message)))
