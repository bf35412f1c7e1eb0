#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seed corpus of fuzz_delivery_sequence: scenes for each operation, and mixtures that a seed repeats.

Usage: fuzz/make_delivery_corpus.py [folder]     (default: fuzz/corpus/delivery_sequence beside this script)

An input is the operations in order, followed by their parameters in reverse (bytes.hpp). The numbers below are those of
delivery_sequence.cpp; a changed harness needs a changed script.
"""

import pathlib
import random
import sys

OPERATIONS = {
    "spawn": 0, "send": 1, "send_bytes": 3, "ask": 4, "poll": 5, "complete": 7, "complete_wrongly": 10, "use_context": 11, "turn": 13,
    "malformed_turn": 15, "end_actor": 16, "destroy_message": 17, "send_batch": 18, "use_group": 19, "use_router": 20, "use_topic": 21,
    "complete_all": 22, "bad_calls": 23,
}
MIXTURES = 48


def scene(name: str) -> bytes:
    """Some actors, then this operation again and again, between what makes deliveries and hands them out."""
    chance = random.Random(name)
    operations = [OPERATIONS["spawn"]] * 4 + [OPERATIONS["poll"], OPERATIONS["complete_all"]]
    for _ in range(24):
        operations += [OPERATIONS["send_bytes"], OPERATIONS["poll"], OPERATIONS[name]]
    return bytes(operations) + chance.randbytes(900)


def mixture(number: int) -> bytes:
    chance = random.Random(number)
    return bytes(chance.choices(range(24), k=150)) + chance.randbytes(1200)


def main() -> None:
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "corpus" / "delivery_sequence"
    folder.mkdir(parents=True, exist_ok=True)
    made = {name: scene(name) for name in OPERATIONS} | {f"mixture_{number}": mixture(number) for number in range(MIXTURES)}
    for name, data in made.items():
        (folder / name).write_bytes(data)
    print(f"{len(made)} inputs in {folder}")


if __name__ == "__main__":
    main()
