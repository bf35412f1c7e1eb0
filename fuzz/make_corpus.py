#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seed corpus of fuzz_api_sequence: short scenes that reach every operation, so that a search starts from sense.

Usage: fuzz/make_corpus.py [folder]     (default: fuzz/corpus/api_sequence beside this script)

An input is the operations in order, followed by their parameters in reverse: the harness reads operations from the front and parameters
from the back (bytes.hpp). The names below are those of api_sequence.cpp and scripted.hpp; a changed harness needs a changed script.
"""

import pathlib
import sys

OPERATIONS = {
    "spawn": 0, "send": 2, "make": 6, "wrap": 7, "send_message": 8, "destroy_message": 9, "ask": 10, "ask_begin": 11, "cancel": 13,
    "reply": 14, "end": 15, "port_create": 16, "port_use": 17, "port_destroy": 18, "executor_create": 19, "executor_destroy": 20,
    "use_destroyed": 21, "bad_options": 22, "look": 23,
}
COMMANDS = [
    "nothing", "reply", "reply_twice", "reply_error", "defer", "keep", "forward", "send", "spawn", "stop", "fail", "crash", "unhandled",
    "ask", "destroy", "end_other", "many_sends", "block",
]
STOP, DRAIN, KILL = 0, 1, 2
WAKE, RETAIN, ASK, RECEIVE = 0, 1, 2, 3
DEFAULT, ONE_NS, FOREVER = [0], [1], [2]


class Scene:
    """One input: each method is an operation with the parameters in the order in which the harness reads them."""

    def __init__(self, run_batch: int = 0) -> None:
        self.operations: list[int] = []
        self.parameters: list[int] = [run_batch]

    def add(self, operation: str, *parameters: int) -> "Scene":
        self.operations.append(OPERATIONS[operation])
        self.parameters.extend(parameters)
        return self

    @staticmethod
    def pid(index: int) -> list[int]:
        return [11, index]

    @staticmethod
    def script(command: str, hops: int = 0, to: int = 0, value: int = 0) -> list[int]:
        return [COMMANDS.index(command), hops, to, value]

    @staticmethod
    def mailbox(capacity: int = 0, block: bool = False, timeout: int = 0) -> list[int]:
        # Not unbounded; the low watermark is a parameter only where the capacity is above 1.
        return [capacity, 0, int(block), timeout] + ([0] if capacity > 1 else [])

    def spawn(
        self, capacity: int = 0, block: bool = False, on_executor: bool = False, executors: bool = False, fails: bool = False
    ) -> "Scene":
        executor = ([1, 0] if on_executor else [0]) if executors else []
        default_mailbox = 3 if capacity == 0 else 0
        return self.add("spawn", *self.mailbox(capacity, block), 15 if fails else 0, default_mailbox, *executor, 0)

    def send(self, index: int, command: str, hops: int = 0, to: int = 0, value: int = 0) -> "Scene":
        return self.add("send", *self.pid(index), *self.script(command, hops, to, value))

    def send_to(self, pid: list[int]) -> "Scene":
        return self.add("send", *pid, *self.script("nothing"))

    def make(self, size: int, command: str) -> "Scene":
        return self.add("make", 0, size, *self.script(command))

    def make_large(self, more: int) -> "Scene":
        return self.add("make", 7, more, *self.script("nothing"))

    def wrap(self, command: str, hops: int = 0, to: int = 0, value: int = 0) -> "Scene":
        return self.add("wrap", *self.script(command, hops, to, value))

    def send_message(self, index: int, which: int = 0) -> "Scene":
        return self.add("send_message", which, *self.pid(index))

    def ask(self, index: int, command: str, hops: int = 0, to: int = 0, value: int = 1, timeout: int = 255, keep: bool = False) -> "Scene":
        return self.add("ask", *self.pid(index), *self.script(command, hops, to, value), timeout, 3 if keep else 0)

    def ask_begin(self, index: int, command: str, hops: int = 0, to: int = 0, value: int = 1, timeout: list[int] = FOREVER) -> "Scene":
        return self.add("ask_begin", 0, *self.script(command, hops, to, value), *self.pid(index), *timeout)

    def cancel(self, which: int) -> "Scene":
        return self.add("cancel", 0, which)

    def end(self, index: int, how: int) -> "Scene":
        return self.add("end", *self.pid(index), how)

    def port(self, capacity: int = 0, block: bool = False) -> "Scene":
        return self.add("port_create", *self.mailbox(capacity, block), 1 if capacity else 0)

    def receive(self, port: int = 0, wait: bool = False) -> "Scene":
        return self.add("port_use", port, RECEIVE, 7 if wait else 0)

    def bytes(self) -> bytes:
        return bytes(self.operations) + bytes(reversed(self.parameters))


def scenes() -> dict[str, Scene]:
    made: dict[str, Scene] = {"empty": Scene()}
    for command in COMMANDS:
        made[f"send_{command}"] = Scene().spawn().spawn().send(0, command, 3, 1, 2).send(0, command, 1, 0, 1).send(1, "nothing")
        made[f"ask_{command}"] = Scene().spawn().spawn().ask(0, command, 2, 1).ask_begin(1, command, 2, 0, 2).ask_begin(0, "reply")
    for name, how in (("stop", STOP), ("drain", DRAIN), ("kill", KILL)):
        scene = Scene(1).spawn()
        for _ in range(8):
            scene.send(0, "nothing")
        made[f"end_{name}"] = scene.end(0, how).send(0, "nothing").end(0, how).add("look", *Scene.pid(0))
    made["pids"] = Scene().spawn().send_to([0]).send_to([1]).send_to([2] + [1] * 8)
    made["pids"].send_to([3, 0, 28]).send_to([3, 0, 54]).send_to([3, 0, 0])
    made["start_fails"] = Scene().spawn(fails=True).send(0, "nothing").ask_begin(0, "reply").end(0, KILL)
    made["wrapped"] = (Scene().spawn().spawn().wrap("forward", 4, 1, 1).send_message(0).wrap("keep").send_message(0)
                       .wrap("crash").send_message(1).wrap("destroy").send_message(0).wrap("nothing")
                       .add("destroy_message", 0).send_message(0))
    made["too_big"] = Scene().spawn().make_large(200).send_message(0).make_large(24).send_message(0).make(0, "nothing").send_message(0)
    made["limit"] = Scene()
    for _ in range(42):
        made["limit"].spawn()
    made["reject"] = Scene(1).spawn(capacity=1)
    made["block"] = Scene(1).spawn(capacity=2, block=True).spawn(capacity=1, block=True)
    for name in ("reject", "block"):
        made[name].send(0, "many_sends", 2, 0, 31)
        for _ in range(10):
            made[name].send(0, "many_sends", 1, 1, 7).send(0, "nothing")
    made["muted_ring"] = Scene(1).spawn(1, True).spawn(1, True).spawn(1, True)
    for index in range(3):
        made["muted_ring"].send(index, "many_sends", 5, (index + 1) % 3, 31).send(index, "send", 5, (index + 1) % 3, 6)
    made["muted_kill"] = Scene().spawn().port(1, True).send(0, "many_sends", 1, 1, 5).send(0, "nothing").end(0, KILL)
    made["cancel"] = Scene().spawn()
    for index in range(4):
        made["cancel"].ask_begin(0, "keep" if index % 2 else "defer").cancel(index)
    made["cancel"].add("cancel", 7, *[9] * 8).add("reply", 1).add("reply", 0)
    made["timeouts"] = Scene().spawn().ask_begin(0, "keep", timeout=ONE_NS).ask_begin(0, "defer", timeout=DEFAULT).ask(0, "keep", timeout=1)
    made["deferred"] = Scene().spawn().ask_begin(0, "defer").ask(0, "nothing").add("reply", 1)
    made["deferred"].ask_begin(0, "defer").ask(0, "nothing").add("reply", 0)
    made["reply_message"] = Scene().spawn().ask_begin(0, "defer").ask(0, "nothing").make(8, "nothing").add("reply", 2, 0)
    made["kept_reply"] = Scene().spawn().ask(0, "reply", keep=True).send_message(0)
    made["port"] = Scene().port().send(0, "nothing").receive().receive()
    made["port"].add("port_use", 0, WAKE).receive(0, True).receive(0, True)
    made["port_ask"] = Scene().spawn().port()
    for command in ("reply", "crash", "unhandled", "nothing"):
        made["port_ask"].spawn().add("port_use", 0, ASK, *Scene.pid(0), *Scene.script(command, 0, 0, 1), *FOREVER).receive(0, True)
    made["port_full"] = Scene().port(1).send(0, "nothing").send(0, "nothing").send(0, "nothing").receive().send(0, "nothing")
    made["port_closed"] = (Scene().spawn().port().send(1, "nothing").ask_begin(1, "nothing").add("port_use", 0, RETAIN)
                           .add("port_destroy", 0).send(1, "nothing").add("use_destroyed", 0))
    made["executors"] = (Scene().add("executor_create", 1, 0).add("executor_create", 0, 1).spawn(executors=True, on_executor=True)
                         .send(0, "block").send(0, "spawn", 2).ask(0, "reply").add("executor_destroy").end(0, STOP).ask(0, "reply")
                         .add("executor_destroy").add("executor_destroy").add("use_destroyed", 0, 0))
    for size in (0, 4, 40, 56, 64, 128):
        made[f"options_{size}"] = Scene().add("bad_options", size, 1, 3).add("bad_options", size, 0)
    return made


def main() -> None:
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "corpus" / "api_sequence"
    folder.mkdir(parents=True, exist_ok=True)
    for name, scene in scenes().items():
        (folder / name).write_bytes(scene.bytes())
    print(f"{len(scenes())} inputs in {folder}")


if __name__ == "__main__":
    main()
