#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the instructions of one operation of sabir's workloads, on one worker, under valgrind's callgrind.

Each workload runs with two lengths; the difference of the instructions over the difference of the operations leaves out start and
end. Unlike a time, the count hardly changes from run to run or with what else the machine does, so that a change of one percent
can be seen; it knows nothing of caches and of waiting.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

import report
import run

# Two lengths per row. Under valgrind everything is some fifty times slower.
UNCOUNTED = ("ask-cold", "memory-per-idle-actor", "restart-loaded", "timer-1m")  # they wait, or are no time
LENGTHS = {row: (20_000, 120_000) for row in run.ROWS if row not in UNCOUNTED}
LENGTHS |= {"skynet": (1_000, 10_000), "spawn-1": (5_000, 25_000), "spawn-2": (5_000, 25_000), "ask-hot": (1_000, 6_000)}
LENGTHS |= {row: (1_000, 6_000) for row in ("restart", "restart-flood", "tree", "tree-start-blocking")}


def collected(program, row, n):
    """(instructions, operations) of one run."""
    line = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(program), row, "1", str(n)]
    done = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or found is None:
        sys.exit(f"{' '.join(line)}: exit {done.returncode}\n{done.stderr}")
    return int(found[1]), json.loads(done.stdout.splitlines()[0])["n"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=run.ROOT / "build/release", help="the build tree (build/release)")
    parser.add_argument("--only", type=re.compile, default=re.compile(""), metavar="REGEX", help="only workloads whose name matches")
    arguments = parser.parse_args()
    program = arguments.build.resolve() / "tests/bench/bench_sabir"
    lines = [["workload", "instructions per operation"]]
    for row, (short, long) in LENGTHS.items():
        if not arguments.only.search(row):
            continue
        few, operations_few = collected(program, row, short)
        many, operations_many = collected(program, row, long)
        lines.append([row, report.number((many - few) / (operations_many - operations_few))])
    print(report.aligned(lines))


if __name__ == "__main__":
    main()
