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
    "use_destroyed": 21, "bad_options": 22, "look": 23, "supervise": 24, "supervise_group": 26, "supervise_wrongly": 27, "make_request": 28,
    "ask_supervisor": 29, "child_do": 31, "list_children": 32, "monitor": 33, "demonitor": 34, "timer_after": 35, "timer_every": 36,
    "timer_cancel": 37, "crash_child": 38, "close_early": 39,
}
COMMANDS = [
    "nothing", "reply", "reply_twice", "reply_error", "defer", "keep", "forward", "send", "spawn", "stop", "fail", "crash", "unhandled",
    "ask", "destroy", "end_other", "many_sends", "block", "link", "unlink", "trap", "monitor", "demonitor", "timer", "timer_cancel",
    "request",
]
ONE_FOR_ONE, ONE_FOR_ALL, REST_FOR_ONE, SIMPLE = 0, 1, 2, 3
PERMANENT, TRANSIENT, TEMPORARY = 0, 1, 2
START_CHILD, STOP_CHILD, RESTART_CHILD, DELETE_CHILD = 1, 2, 3, 4
SHUTDOWN_KILL, SHUTDOWN_FOREVER = 1, 4
INTENSITY_DEFAULT, INTENSITY_NONE, INTENSITY_MOST = 0, 1, 3
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

    # The root is 0; the first group is 1, as the root has become a supervisor with the first thing that was supervised.
    @staticmethod
    def supervisor(index: int = 0) -> list[int]:
        return [0, index]

    @staticmethod
    def policy(restart: int, significant: bool, redeliveries: int, shutdown: int, backoff: int, healthy: bool) -> list[int]:
        times = [2, backoff, backoff, 100, 50] if backoff else [0]
        health = [0] if healthy else [2, 1, 0, 1, 0]
        return [restart, *([int(significant)] if restart else []), redeliveries, shutdown, 0, *times, *health]

    def child(
        self, child_id: int, under: int = 0, restart: int = PERMANENT, significant: bool = False, redeliveries: int = 0, shutdown: int = 0,
        backoff: int = 0, healthy: bool = True, failing_starts: int = 0, of_template: bool = False,
    ) -> "Scene":
        starts = [3, failing_starts] if failing_starts else [0]
        health = [0] if healthy else [2]
        return self.add(
            "supervise", *self.policy(restart, significant, redeliveries, shutdown, backoff, healthy), *self.mailbox(), child_id, *starts,
            *health, 3, 5 if of_template else 0, *self.supervisor(under),
        )

    def group(
        self, group_id: int, strategy: int, under: int = 0, intensity: int = INTENSITY_MOST, auto_shutdown: int = 0,
        restart: int = PERMANENT,
    ) -> "Scene":
        more = [3] if strategy == SIMPLE else [auto_shutdown]
        return self.add(
            "supervise_group", *self.policy(restart, False, 0, 0, 0, True), group_id, strategy, intensity, 0, *more, *self.supervisor(under)
        )

    def child_do(self, action: int, child_id: int, under: int = 0) -> "Scene":
        return self.add("child_do", *self.supervisor(under), action, child_id, 0)

    # which: among what is supervised, the root first.
    def crash(self, which: int, code: int = 1) -> "Scene":
        return self.add("crash_child", which, 0, code)

    def list(self, under: int = 0) -> "Scene":
        return self.add("list_children", *self.supervisor(under))

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
    made.update(supervision_scenes())
    return made


def supervision_scenes() -> dict[str, Scene]:
    made: dict[str, Scene] = {}
    # One of three crashes; they are 2, 3 and 4 of what is supervised: the root and the group come first.
    for name, strategy in (("one_for_one", ONE_FOR_ONE), ("one_for_all", ONE_FOR_ALL), ("rest_for_one", REST_FOR_ONE)):
        made[f"supervise_{name}"] = (Scene().group(7, strategy).child(0, 1).child(1, 1).child(2, 1, TRANSIENT).crash(3).crash(3).crash(2)
                                     .send(4, "stop").list(1).crash(4).list(1).list())
    made["supervise_simple"] = Scene().group(7, SIMPLE)
    for index in range(4):
        made["supervise_simple"].child(index, 1, of_template=True)
    made["supervise_simple"].crash(2).crash(3).list(1).end(1, KILL).list(1)
    made["supervise_policies"] = (Scene().child(0).child(1, restart=TRANSIENT).child(2, restart=TEMPORARY).send(1, "stop").send(2, "stop")
                                  .send(3, "stop").list().crash(1).crash(2).child(2, restart=TEMPORARY).list())
    made["supervise_nested"] = Scene(1).group(0, ONE_FOR_ALL).group(1, REST_FOR_ONE, 1).group(2, ONE_FOR_ONE, 2, INTENSITY_NONE)
    made["supervise_nested"].child(3, 1).child(4, 2).child(5, 3).crash(6).crash(6).list(3).crash(5).list(2).crash(4).end(2, STOP)
    made["supervise_intensity"] = Scene().child(0)
    for _ in range(6):
        made["supervise_intensity"].crash(1)
    made["supervise_intensity"].child(0).list()
    made["supervise_backoff"] = Scene(1).child(0, backoff=200).crash(1).child(1, backoff=1).crash(2).list().child_do(STOP_CHILD, 0).list()
    made["supervise_redelivery"] = Scene(1).child(0, redeliveries=2).crash(1).send(1, "nothing").ask_begin(1, "crash").ask(1, "reply")
    made["supervise_health"] = Scene(1).child(0, healthy=False).child(1, healthy=False)
    for _ in range(12):
        made["supervise_health"].receive(0, True).ask(1, "keep", timeout=255)
    for name, starts in (("all", 1), ("second", 2), ("first", 3), ("later", 4)):
        made[f"supervise_starts_{name}"] = (Scene(1).group(7, ONE_FOR_ONE).child(0, 1, failing_starts=starts).crash(2).list(1).crash(2)
                                            .child_do(START_CHILD, 0, 1).list(1))
    made["supervise_auto_shutdown"] = (Scene(1).group(0, ONE_FOR_ONE, auto_shutdown=1, restart=TEMPORARY)
                                       .child(1, 1, TRANSIENT, significant=True).child(2, 1).send(2, "stop").list(1).list())
    made["supervise_decide"] = Scene(1).child(0)
    for decision in range(6):
        made["supervise_decide"].crash(1, 131 + decision).child(0)
    made["child_do"] = Scene(1).child(0).child(1, shutdown=SHUTDOWN_KILL).child(2, shutdown=SHUTDOWN_FOREVER)
    for action in (START_CHILD, STOP_CHILD, STOP_CHILD, RESTART_CHILD, DELETE_CHILD, STOP_CHILD, DELETE_CHILD, DELETE_CHILD):
        made["child_do"].child_do(action, 0).child_do(action, 1).child_do(action, 2)
    for name, how in (("stop", STOP), ("drain", DRAIN), ("kill", KILL)):
        made[f"end_root_{name}"] = Scene(1).child(0).end(0, how).child(1).list().crash(2)
        made[f"end_group_{name}"] = Scene(1).group(7, ONE_FOR_ALL).child(0, 1).child(1, 1).end(1, how).list(1).crash(2).child(2, 1)
    for wrong in range(16):
        made[f"supervise_wrong_{wrong}"] = Scene().add("supervise_wrongly", 0, PERMANENT, *[0] * 13, wrong, 0, 1)
    for wrong in range(9):
        made[f"group_wrong_{wrong}"] = Scene().add("supervise_wrongly", 1, PERMANENT, *[0] * 10, 1, wrong, 0, 0)
    made["requests"] = Scene(1).spawn().port().child(0)
    for how in range(6):
        for request in ([0], [1, STOP_CHILD, 0, 0]):
            made["requests"].add("make_request", *request).add("ask_supervisor", *Scene.supervisor(), how, 200)
        made["requests"].receive(0, True)
    made["request_in_handler"] = Scene(1).spawn().child(0)
    for value in range(8):
        made["request_in_handler"].send(0, "request", 3, 0, value)
    made["links"] = Scene(1).spawn().spawn().spawn().send(0, "link", 1, 1).send(2, "trap").send(2, "link", 1, 1).send(0, "unlink", 1, 2)
    made["links"].send(1, "crash", 0, 0, 3).send(0, "nothing").send(2, "link", 1, 0).send(2, "unlink", 1, 0).end(0, KILL)
    made["monitors"] = (Scene(1).port().spawn().child(0).add("monitor", 0, *Scene.pid(1), 0).add("monitor", 0, *Scene.pid(3), 1)
                        .send(1, "monitor", 1, 3, 1).send(1, "monitor", 1, 3, 0).crash(1).crash(1).receive(0, True).receive(0, True)
                        .add("demonitor", 0, 1).send(1, "demonitor").end(1, KILL).receive(0, True).receive(0, True))
    made["timers"] = (Scene(1).port().spawn().add("timer_after", 0, *Scene.script("reply"), *Scene.pid(0), 4, 10)
                      .add("timer_every", *Scene.pid(0), 0).add("timer_every", *Scene.pid(1), 0).send(1, "timer", 2, 0, 3)
                      .send(1, "timer", 2, 0, 129).receive(0, True).receive(0, True).receive(0, True).add("timer_cancel", 0, 0)
                      .add("timer_cancel", 0, 1).send(1, "timer_cancel").add("timer_after", 0, *Scene.script("reply"), *Scene.pid(0), 1)
                      .add("timer_after", 0, *Scene.script("nothing"), *Scene.pid(1), 2).end(1, KILL))
    made["close_early"] = Scene(1).port().group(7, ONE_FOR_ALL).child(0, 1, backoff=255).child(1, 1, redeliveries=1).crash(3).crash(2)
    made["close_early"].add("close_early", *[7, 0, 1, 3, 0, 4, 1, 2, 6, 5] * 6)
    return made


def main() -> None:
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "corpus" / "api_sequence"
    folder.mkdir(parents=True, exist_ok=True)
    for name, scene in scenes().items():
        (folder / name).write_bytes(scene.bytes())
    print(f"{len(scenes())} inputs in {folder}")


if __name__ == "__main__":
    main()
