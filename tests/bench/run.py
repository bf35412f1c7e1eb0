#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs sabir and its peers over the same workloads, one after the other in each round, and prints medians, ranges and ratios.

README.md beside this file says what each workload is.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

import report

ROOT = pathlib.Path(__file__).resolve().parents[2]
SYSTEMS = ["sabir", "caf", "beam"]
WORKERS = [1, 2]
MEASUREMENT_TIMEOUT_S = 180

# How much each system does per measurement, so that one takes 0.3 to 1 second. A system that is missing from a row has no such
# thing: bounded mailboxes and overflow policies are sabir's, and the BEAM has no threads of a host that send or ask; CAF 0.17 has no
# supervisors and does not cancel timers. memory-per-idle-actor and skynet are what they are: a million actors; so are the million timers
# and sabir's million restarts. ping-pong-supervised stands beside ping-pong, against which it is held.
ROWS = {
    "ping-pong": {"sabir": 20_000_000, "caf": 1_000_000, "beam": 2_000_000},
    "ping-pong-supervised": {"sabir": 20_000_000},
    "ping-pong-bounded": {"sabir": 16_000_000},
    "ping-pong-100": {"sabir": 30_000_000, "caf": 1_200_000, "beam": 2_000_000},
    "ring-100": {"sabir": 20_000_000, "caf": 1_000_000, "beam": 2_000_000},
    "fan-in-1": {"sabir": 12_000_000, "caf": 2_000_000, "beam": 3_000_000},
    "fan-in-1-block": {"sabir": 12_000_000},
    "fan-in-4": {"sabir": 12_000_000, "caf": 2_000_000, "beam": 3_000_000},
    "fan-in-4-block": {"sabir": 12_000_000},
    "foreign-1": {"sabir": 8_000_000, "caf": 2_000_000},
    "foreign-1-block": {"sabir": 8_000_000},
    "foreign-2": {"sabir": 8_000_000, "caf": 2_000_000},
    "foreign-2-block": {"sabir": 8_000_000},
    "spawn-1": {"sabir": 1_500_000, "caf": 150_000, "beam": 300_000},
    "spawn-2": {"sabir": 2_000_000, "caf": 150_000, "beam": 400_000},
    "router-direct": {"sabir": 12_000_000, "caf": 2_000_000, "beam": 3_000_000},
    "router-round-robin": {"sabir": 12_000_000, "caf": 2_000_000},
    "router-hash": {"sabir": 12_000_000},
    "skynet": {"sabir": 1_000_000, "caf": 1_000_000, "beam": 1_000_000},
    "ask-hot": {"sabir": 300_000, "caf": 6_000},
    "ask-cold": {"sabir": 100, "caf": 100},
    "memory-per-idle-actor": {"sabir": 1_000_000, "caf": 1_000_000, "beam": 1_000_000},
    "restart": {"sabir": 100_000, "beam": 100_000},
    "restart-loaded": {"sabir": 500, "beam": 500},
    "restart-flood": {"sabir": 1_000_000, "beam": 150_000},
    "tree": {"sabir": 100_000, "beam": 100_000},
    "tree-start-blocking": {"sabir": 100_000},
    "timer-arm-cancel": {"sabir": 5_000_000, "beam": 2_000_000},
    "timer-1m": {"sabir": 1_000_000, "caf": 1_000_000, "beam": 1_000_000},
    "topic-1000": {"sabir": 10_000_000, "caf": 2_000_000, "beam": 3_000_000},
    "send-batch": {"sabir": 12_000_000},
    "send-batch-foreign": {"sabir": 12_000_000},
    "poll-256": {"sabir": 5_000_000},
    "poll-ring-256": {"sabir": 2_000_000},
    "turn-256": {"sabir": 5_000_000},
    "turn-ring-256": {"sabir": 2_000_000},
    "poll-1": {"sabir": 3_000_000},
    "run-1": {"sabir": 3_000_000},
    "turn-1": {"sabir": 3_000_000},
}

# Rows whose program prints measurements under names of their own.
MEASURED_AS = {row: [f"{row}-p50", f"{row}-p99"] for row in ("ask-hot", "ask-cold", "restart", "restart-loaded")}
MEASURED_AS |= {"tree": ["tree-start", "tree-stop"], "timer-1m": ["timer-1m", "timer-late-p50", "timer-late-p99"]}

# Their N is a number of leaves in a tree of tens.
POWERS_OF_TEN = {"skynet"}


def scaled(row, n, scale):
    n = max(int(n * scale), 1000 if n >= 1000 else 10)
    return 10 ** (len(str(n)) - 1) if row in POWERS_OF_TEN else n


def command(system, programs, row, workers, n):
    arguments = [row, str(workers), str(n)]
    if system == "beam":
        schedulers = f"{workers}:{workers}"
        return ["erl", "-noshell", "+P", "4000000", "+S", schedulers, "-pa", str(programs), "-run", "bench", "main", *arguments]
    return [str(programs / f"bench_{system}"), *arguments]


def available(system, programs):
    if system == "beam":
        return (programs / "bench.beam").exists() and shutil.which("erl") is not None
    return (programs / f"bench_{system}").exists()


def measure(line):
    """The measurements one process prints, or None with a word on stderr where it fails."""
    environment = dict(os.environ, ERL_CRASH_DUMP_SECONDS="0")
    try:
        done = subprocess.run(
            line, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment, timeout=MEASUREMENT_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        print(f"{' '.join(line)}: no end after {MEASUREMENT_TIMEOUT_S} s", file=sys.stderr)
        return None
    if done.returncode != 0:
        print(f"{' '.join(line)}: exit {done.returncode}\n{done.stderr.strip()}", file=sys.stderr)
        return None
    return [json.loads(text) for text in done.stdout.splitlines()]


def plan(systems, only):
    """The (row, workers, system) of one round, in order: the systems take turns within a row."""
    chosen = [row for row in ROWS if any(only.search(name) for name in [row, *MEASURED_AS.get(row, [])])]
    return [(row, workers, system) for row in chosen for workers in WORKERS for system in systems if system in ROWS[row]]


def run(steps, programs, rounds, scale):
    """Runs every step in every round: {(workload, system, workers): result} and how many measurements failed."""
    results, failures = {}, 0
    for number in range(1, rounds + 1):
        for index, (row, workers, system) in enumerate(steps, 1):
            report.progress(f"round {number}/{rounds}, {index}/{len(steps)}: {row}, {system}, workers {workers}")
            lines = measure(command(system, programs, row, workers, scaled(row, ROWS[row][system], scale)))
            failures += lines is None
            for line in lines or []:
                key = (line["workload"], system, workers)
                new = {"workload": key[0], "system": system, "workers": workers, "n": line["n"], "ns_per_op": None, "rounds": []}
                result = results.setdefault(key, new)
                if "unit" in line:
                    result["unit"] = line["unit"]
                result["rounds"].append(line["value"] if "unit" in line else line["ns_per_op"])
    report.progress("")
    for result in results.values():
        result["value" if "unit" in result else "ns_per_op"] = statistics.median(result["rounds"])
    return list(results.values()), failures


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help="the build tree (build/release)")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build/bench/results.json", help="default: build/bench/results.json")
    parser.add_argument("--rounds", type=int, help="how often everything is measured (5)")
    parser.add_argument("--only", type=re.compile, default=re.compile(""), metavar="REGEX", help="only workloads whose name matches")
    parser.add_argument("--systems", default=",".join(SYSTEMS), metavar="A,B", help=f"some of {','.join(SYSTEMS)}")
    parser.add_argument("--quick", action="store_true", help="two rounds at a fifth of the length: for a first look")
    parser.add_argument("--scale", type=float, help="the length of each measurement, as a factor (1)")
    parser.add_argument("--compare", type=pathlib.Path, metavar="OLD.JSON", help="print before and after for the rows measured now")
    parser.add_argument("--goals", action="store_true", help="print sabir's rows beside their goals")
    arguments = parser.parse_args()
    arguments.systems = arguments.systems.split(",")
    if unknown := set(arguments.systems) - set(SYSTEMS):
        parser.error(f"no such system: {', '.join(sorted(unknown))}")
    arguments.rounds = arguments.rounds or (2 if arguments.quick else 5)
    arguments.scale = arguments.scale or (0.2 if arguments.quick else 1.0)
    return arguments


def main():
    arguments = parse_arguments()
    # Read before anything is written: it may be the very file that this run replaces.
    old = json.loads(arguments.compare.read_text()) if arguments.compare else None
    programs = arguments.build.resolve() / "tests/bench"
    systems = [system for system in SYSTEMS if system in arguments.systems and available(system, programs)]
    for system in set(arguments.systems) - set(systems):
        print(f"{system} is left out: it is not built in {programs}", file=sys.stderr)
    steps = plan(systems, arguments.only)
    if not steps:
        sys.exit("nothing to measure")
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.2f}, rounds {arguments.rounds}, scale {arguments.scale:g}")
    results, failures = run(steps, programs, arguments.rounds, arguments.scale)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text("[\n" + ",\n".join(map(json.dumps, results)) + "\n]\n")
    print(report.table(results, systems))
    if old is not None:
        print(report.comparison(old, results))
    if arguments.goals:
        print(report.goals(results))
    print(f"written to {arguments.output}")
    if failures:
        sys.exit(f"{failures} measurements failed")


if __name__ == "__main__":
    main()
