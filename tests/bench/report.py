# SPDX-License-Identifier: Apache-2.0
"""What run.py prints: tables of results, of results beside older ones, and of sabir's results beside their goals."""
import statistics
import sys

# The goals, through the C ABI: the most that one operation of (workload, workers) may take in ns, or an actor in bytes; and how many
# times faster than a peer sabir must be, or how many times another workload's time it may take at most, in the same run. Skynet's 180 ns
# are 200 ms for its 1,111,111 actors, and 10,000 ns per child of a tree 1 s for 100,000. A workload that is not here has no goal.
GOALS = {
    ("ping-pong", 1): {"limit": 30, "times": {"caf": 14}},
    ("ping-pong", 2): {"limit": 30, "times": {"caf": 14}},
    ("ping-pong-supervised", 1): {"within": {"ping-pong": 1.02}},
    ("ping-pong-supervised", 2): {"within": {"ping-pong": 1.02}},
    ("ping-pong-bounded", 1): {"limit": 40, "over": {"ping-pong": 10}},
    ("ping-pong-bounded", 2): {"limit": 40, "over": {"ping-pong": 10}},
    ("ping-pong-100", 2): {"limit": 20},
    ("ring-100", 1): {"limit": 35},
    ("ring-100", 2): {"limit": 35},
    ("fan-in-1", 1): {"limit": 35},
    ("fan-in-1", 2): {"limit": 40},
    ("fan-in-4", 2): {"limit": 45},
    ("fan-in-1-block", 1): {"within": {"fan-in-1": 1.5}},
    ("fan-in-1-block", 2): {"within": {"fan-in-1": 1.5}},
    ("fan-in-4-block", 1): {"within": {"fan-in-4": 1.5}},
    ("fan-in-4-block", 2): {"within": {"fan-in-4": 1.5}},
    ("foreign-1-block", 1): {"within": {"foreign-1": 1.5}},
    ("foreign-1-block", 2): {"within": {"foreign-1": 1.5}},
    ("foreign-1", 1): {"limit": 65},
    ("foreign-1", 2): {"limit": 65},
    ("foreign-2", 1): {"limit": 45},
    ("foreign-2", 2): {"limit": 45},
    ("spawn-1", 1): {"limit": 350},
    ("spawn-1", 2): {"limit": 350},
    ("spawn-2", 2): {"limit": 200},
    ("router-round-robin", 1): {"over": {"router-direct": 15}},
    ("router-round-robin", 2): {"over": {"router-direct": 15}},
    ("router-hash", 1): {"over": {"router-direct": 15}},
    ("router-hash", 2): {"over": {"router-direct": 15}},
    ("skynet", 2): {"limit": 180},
    ("ask-hot-p50", 1): {"limit": 800},
    ("ask-hot-p50", 2): {"limit": 800},
    ("ask-cold-p50", 1): {"limit": 10_000},
    ("ask-cold-p50", 2): {"limit": 10_000},
    ("memory-per-idle-actor", 1): {"limit": 320},
    ("memory-per-idle-actor", 2): {"limit": 320},
    ("restart-p50", 1): {"limit": 20_000},
    ("restart-p50", 2): {"limit": 20_000},
    ("restart-loaded-p99", 1): {"limit": 1_000_000},
    ("restart-loaded-p99", 2): {"limit": 1_000_000},
    ("tree-start", 1): {"limit": 10_000},
    ("tree-start", 2): {"limit": 10_000},
    ("tree-stop", 1): {"limit": 10_000},
    ("tree-stop", 2): {"limit": 10_000},
    ("timer-arm-cancel", 1): {"limit": 150},
    ("timer-arm-cancel", 2): {"limit": 150},
    ("topic-1000", 1): {"limit": 40},
    ("topic-1000", 2): {"limit": 40},
    ("send-batch", 1): {"limit": 30},
    ("send-batch", 2): {"limit": 30},
    ("send-batch-foreign", 1): {"limit": 30},
    ("send-batch-foreign", 2): {"limit": 30},
    ("poll-256", 1): {"limit": 60},
    ("poll-256", 2): {"limit": 60},
    ("turn-256", 1): {"limit": 60},
    ("turn-256", 2): {"limit": 60},
    ("turn-1", 1): {"over": {"poll-1": 60}},
    ("turn-1", 2): {"over": {"poll-1": 60}},
}

# Two results whose ranges are further apart than this are called different, even if few rounds make for narrow ranges.
NOISE = 0.03


def progress(text):
    """One line that replaces itself, on a terminal only."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def value_of(result):
    return statistics.median(result["rounds"])


def by_key(results):
    return {(result["workload"], result["workers"], result["system"]): result for result in results}


def unit_of(result):
    return result.get("unit", "ns")


def number(value):
    return f"{value:,.1f}" if value < 1000 else f"{value:,.0f}"


def aligned(lines):
    """Lines of cells as text: the first cell to the left, the others to the right."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    padded = [[line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))] for line in lines]
    rows = ["  ".join(line).rstrip() for line in padded]
    return "\n".join([rows[0], "-" * max(map(len, rows)), *rows[1:]]) + "\n"


def totals(results):
    """Skynet is known by how long the whole of it takes: a row of that beside the one per actor."""
    for result in results:
        yield result
        if result["workload"] == "skynet":
            yield {**result, "workload": "skynet, in all", "unit": "ms", "rounds": [ns * result["n"] / 1e6 for ns in result["rounds"]]}


def table(results, systems):
    """Median, range, and for the peers how many times sabir's value theirs is."""
    results = list(totals(results))
    found = by_key(results)
    lines = [["workload", "workers", "unit"]]
    for system in systems:
        lines[0] += [system, "min - max"] + (["x sabir"] if system != "sabir" else [])
    for workload, workers in dict.fromkeys((result["workload"], result["workers"]) for result in results):
        line = [workload, str(workers), ""]
        base = found.get((workload, workers, "sabir"))
        for system in systems:
            result = found.get((workload, workers, system))
            if result is None:
                line += ["-", ""] + ([""] if system != "sabir" else [])
                continue
            line[2] = unit_of(result)
            line += [number(value_of(result)), f"{number(min(result['rounds']))} - {number(max(result['rounds']))}"]
            if system != "sabir":
                line.append(f"{value_of(result) / value_of(base):.1f}" if base else "")
        lines.append(line)
    return aligned(lines)


def verdict(old, new):
    if max(new["rounds"]) < min(old["rounds"]) * (1 - NOISE):
        return "better"
    if min(new["rounds"]) > max(old["rounds"]) * (1 + NOISE):
        return "worse"
    return "within the noise"


def comparison(old_results, new_results):
    """Rows measured now that the older results have, too. Less is better everywhere, so a ratio under 1 is a gain."""
    old_by_key = by_key(old_results)
    lines = [["workload", "workers", "system", "unit", "before", "after", "after/before", "verdict"]]
    for (workload, workers, system), new in by_key(new_results).items():
        old = old_by_key.get((workload, workers, system))
        if old is None:
            continue
        ratio = value_of(new) / value_of(old)
        before, after = number(value_of(old)), number(value_of(new))
        lines.append([workload, str(workers), system, unit_of(new), before, after, f"{ratio:.3f}", verdict(old, new)])
    return aligned(lines) if len(lines) > 1 else "nothing to compare: the older results have none of these rows\n"


def slowness(found):
    """How many times its goal a ping-pong takes here: what a machine is slower than one that reaches it. None: it was not measured."""
    reference = found.get(("ping-pong", 1, "sabir"))
    return value_of(reference) / GOALS["ping-pong", 1]["limit"] if reference else None


def goals(results):
    found = by_key(results)
    slower = slowness(found)
    lines = [["workload", "workers", "unit", "sabir", "goal", "", "scaled", "", "against another", "", "scaled", ""]]
    missed = missed_scaled = 0
    for (workload, workers), goal in GOALS.items():
        result = found.get((workload, workers, "sabir"))
        if result is None:
            continue
        value = value_of(result)
        line = [workload, str(workers), unit_of(result), number(value)] + [""] * 8
        if "limit" in goal:
            line[4:6] = [f"<= {number(goal['limit'])}", met(value <= goal["limit"])]
            if slower and unit_of(result) == "ns":
                line[6:8] = [number(value / slower), met(value / slower <= goal["limit"])]
        for other_workload, most in goal.get("within", {}).items():
            other = found.get((other_workload, workers, "sabir"))
            if other is not None:
                ratio = value / value_of(other)
                line[8:10] = [f"{ratio:.3f} x {other_workload}, goal {most}", met(ratio <= most)]
        for other_workload, most in goal.get("over", {}).items():
            other = found.get((other_workload, workers, "sabir"))
            if other is not None:
                over = value - value_of(other)
                line[8:10] = [f"{over:.1f} over {other_workload}, goal {most}", met(over <= most)]
                if slower:
                    line[10:12] = [number(over / slower), met(over / slower <= most)]
        for peer, times in goal.get("times", {}).items():
            other = found.get((workload, workers, peer))
            if other is not None:
                line[8:10] = [f"{value_of(other) / value:.1f} x {peer}, goal {times}", met(value_of(other) >= times * value)]
        if line[5] or line[9]:
            missed += "missed" in (line[5], line[9])
            missed_scaled += "missed" in (line[7] or line[5], line[11] or line[9])
            lines.append(line)
    if len(lines) == 1:
        return "none of these rows has a goal\n"
    text = aligned(lines) + f"{len(lines) - 1 - missed} of {len(lines) - 1} rows met their goals\n"
    if slower:
        text += (f"scaled to a machine on which a ping-pong takes its {GOALS['ping-pong', 1]['limit']} ns ({slower:.2f} times that here): "
                 f"{len(lines) - 1 - missed_scaled}\n")
    return text


def met(condition):
    return "met" if condition else "missed"
