#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks from the #includes that dependencies in core/ point only downwards, and that each library stands behind its file pair; that time,
chance and the real environment stand behind theirs; and that all locks of core/ and capi/ are those of base/mutex.hpp.

usage: includes.py ROOT
"""
import pathlib
import re
import sys

# The order of the folders of core/, lowest first. A folder may include those of the lines above its own, and itself; folders that
# share a line are siblings and do not know each other. This is the one place where the order is written down.
ORDER = [
    ["base"],
    ["env"],
    ["metrics"],
    ["mailbox"],
    ["executor"],
    ["timer"],
    ["actor"],
    ["link", "registry", "group", "topic", "router", "dead_letter", "ask", "port"],
    ["supervision"],
    ["simulation"],
    ["observe"],
    ["system"],
]

# Each outside library: what its includes look like, the one folder, or file pair ("folder/name", any ending), that may use it, and how many
# file pairs do. (oneTBB's second, executor/arena_task, is what ThreadSanitizer cannot look at.)
LIBRARIES = [
    ("oneTBB", re.compile(r"(oneapi/)?tbb(/|\.h)"), "executor/", 2),
    ("spdlog", re.compile(r"(spdlog|fmt)/"), "observe/", 1),
    ("mimalloc", re.compile(r"mimalloc"), "base/memory", 1),
]

# What only some places may name, so that a simulation can put its own in: what it is, how it looks, where it may be.
SEAMS = [
    ("the real environment", re.compile(r"\bsystem_environment\("), ("env/",)),
    ("a clock", re.compile(r"\b(steady_clock|system_clock|high_resolution_clock|clock_gettime)\b"), ("env/", "base/parker")),
    ("randomness", re.compile(r"\b(random_device|mt19937\w*|getrandom|rand)\b\s*[({]"), ("env/",)),
]

# The folders above core/ that its files must not know.
ABOVE = ("capi/", "tests/", "bindings/", "examples/", "fuzz/")

# clang's -Wthread-safety does not see these: base/mutex.hpp alone may.
BARE_LOCK = re.compile(r"\bstd::(?:\w*mutex|lock_guard|unique_lock|scoped_lock|shared_lock|condition_variable\w*)\b")

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")', re.MULTILINE)
ENDINGS = {".hpp", ".h", ".cpp", ".ipp", ".inc"}


def includes_of(path):
    """All included names of a file, with their line numbers, and whether they were in quotes."""
    text = path.read_text(encoding="utf-8")
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1) or match.group(2), match.group(2) is not None


def rank_of(folder):
    for rank, line in enumerate(ORDER):
        if folder in line:
            return rank
    return None


def resolve(core, path, name, quoted):
    """The file of core/ that an include means, relative to core/, or None if it means something else."""
    if quoted and (path.parent / name).exists():
        found = (path.parent / name).resolve()
        if core.resolve() in found.parents:
            return found.relative_to(core.resolve())
    if name.startswith("core/"):
        name = name[len("core/"):]
    if (core / name).exists():
        return pathlib.PurePath(name)
    return None


def check(root):
    """All faults of a tree, as lines of text."""
    core = pathlib.Path(root) / "core"
    faults = []
    users = {library: set() for library, *_ in LIBRARIES}
    for path in sorted(core.rglob("*")):
        if path.suffix not in ENDINGS:
            continue
        relative = path.relative_to(core)
        folder = relative.parts[0] if len(relative.parts) > 1 else ""
        rank = rank_of(folder)
        if rank is None:
            faults.append(f"core/{relative}: folder '{folder}' is not in the order (tests/structure/includes.py)")
            continue
        for what, pattern, places in SEAMS:
            if not relative.as_posix().startswith(places) and pattern.search(path.read_text(encoding="utf-8")):
                faults.append(f"core/{relative}: only {' and '.join(places)} may use {what}")
        for line, name, quoted in includes_of(path):
            where = f"core/{relative}:{line}: includes {name}"
            if name.startswith(ABOVE):
                faults.append(f"{where}, which is above core/")
            for library, pattern, place, _ in LIBRARIES:
                if pattern.match(name):
                    users[library].add(relative.with_suffix("").as_posix())
                    if not relative.as_posix().startswith(place):
                        faults.append(f"{where}: only core/{place} may use {library}")
            target = resolve(core, path, name, quoted)
            if target is None:
                if quoted and not name.startswith(("sabir/",)):
                    faults.append(f"{where}, which is no file of core/")
                continue
            other = target.parts[0]
            other_rank = rank_of(other)
            if other != folder and other_rank is not None:
                if other_rank == rank:
                    faults.append(f"{where}: '{other}' is a sibling of '{folder}'")
                elif other_rank > rank:
                    faults.append(f"{where}: '{other}' is above '{folder}'")
    for library, _, place, most in LIBRARIES:
        if len(users[library]) > most:
            faults.append(f"{library} is used by more than {most} file pair{'s' * (most > 1)}: {', '.join(sorted(users[library]))}")
    faults.extend(cycles(core))
    faults.extend(bare_locks(pathlib.Path(root)))
    return faults


def bare_locks(root):
    for path in sorted([*(root / "core").rglob("*"), *(root / "capi").rglob("*")]):
        name = path.relative_to(root).as_posix()
        if path.suffix not in ENDINGS or name == "core/base/mutex.hpp":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found = BARE_LOCK.search(line.partition("//")[0])
            if found:
                yield f"{name}:{number}: {found.group()}, which clang's -Wthread-safety does not see: use base/mutex.hpp"


def cycles(core):
    """Headers that include each other, also within one folder."""
    graph = {}
    for path in core.rglob("*"):
        if path.suffix in ENDINGS:
            found = (resolve(core, path, name, quoted) for _, name, quoted in includes_of(path))
            graph[path.relative_to(core).as_posix()] = [target.as_posix() for target in found if target]
    done, active, faults = set(), [], []

    def visit(node):
        if node in active:
            faults.append("headers include each other: " + " -> ".join(active[active.index(node):] + [node]))
            return
        if node in done:
            return
        active.append(node)
        for following in graph.get(node, []):
            visit(following)
        active.pop()
        done.add(node)

    for node in sorted(graph):
        visit(node)
    return faults


def main():
    root = pathlib.Path(sys.argv[1])
    if not any((root / "core").rglob("*.cpp")):
        sys.exit(f"{root}/core has no sources: nothing was checked")
    faults = check(root)
    for fault in faults:
        print(fault)
    print(f"{len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
