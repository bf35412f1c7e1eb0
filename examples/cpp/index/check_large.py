#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs sabir_index on a tree of 60 MB, and on a tenth of it with the same words: its memory must not grow with the tree, and on a
terminal it says how far it is: check_large.py PROGRAM."""

import os
import pathlib
import pty
import random
import re
import subprocess
import sys
import tempfile

from check_index import number, run

VOCABULARY = 20_000
TEXTS, TEXT_BYTES = 20, 60_000  # different contents of files; each file has one of them
FILES_SMALL, FILES_LARGE = 100, 1_000
# What may differ: allocators, scheduling, and mailboxes of readers that the small tree does not fill. The trees differ by 54 MB.
GROWTH_MAX_KIB = 12 * 1024


def make_texts():
    chance = random.Random(1)
    words = [f"word{number}" for number in range(VOCABULARY)]
    texts = [" ".join(words[index::TEXTS]) + " " for index in range(TEXTS)]  # together they have every word
    return [(text + " ".join(chance.choices(words, k=TEXT_BYTES // 9)))[:TEXT_BYTES].rsplit(" ", 1)[0] for text in texts]


def make_tree(root, texts, files):
    for index in range(files):
        folder = root / f"{index % 40}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{index}").write_text(texts[index % TEXTS])


def peak_kib(program, root, files, *arguments):
    """The least of several runs: what is in flight depends on who was faster, what grows with the tree does not."""
    peaks = []
    for _ in range(3):
        done = run(program, str(root), "--no-progress", "--memory", *arguments)
        assert done.returncode == 0, done.stderr
        assert number(done.stdout, "files") == files and number(done.stdout, "distinct words") == VOCABULARY, done.stdout
        peaks.append(number(done.stdout, "peak memory"))
    return min(peaks)


def check_memory(program, small, large):
    for arguments in ([], ["--readers", "16"]):
        before, after = peak_kib(program, small, FILES_SMALL, *arguments), peak_kib(program, large, FILES_LARGE, *arguments)
        print(f"sabir_index {' '.join(arguments)}: {before} KiB at its peak, {after} KiB on a tree ten times as large")
        assert after - before < GROWTH_MAX_KIB, "memory grows with the tree"


def run_on_terminal(program, *arguments):
    """What it writes to stderr where that is a terminal."""
    ours, its = pty.openpty()
    with subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL, stderr=its) as running:
        os.close(its)
        said = b""
        while True:
            try:
                more = os.read(ours, 65536)
            except OSError:  # EIO: nobody has the other end any more
                break
            if not more:
                break
            said += more
        os.close(ours)
    assert running.returncode == 0, said
    return said


def check_progress(program, large):
    said = run_on_terminal(program, str(large), "--workers", "1")
    lines = said.split(b"\r\033[K")
    assert lines[0] == b"" and lines[-1] == b"", f"each line wipes the one before, and the last is wiped: {said!r}"
    told = [re.fullmatch(rb"([\d,]+) files, ([\d.]+) MB, ([\d,]+) words, 0 failed", line) for line in lines[1:-1]]
    assert told and all(told), f"no progress, or something else: {said!r}"
    files = [int(line[1].replace(b",", b"")) for line in told]
    assert files == sorted(files) and 0 < files[-1] <= FILES_LARGE, files
    assert run_on_terminal(program, str(large), "--no-progress") == b"", "--no-progress is not obeyed"


def main(program):
    with tempfile.TemporaryDirectory(prefix="sabir_index_") as scratch:
        small, large = pathlib.Path(scratch) / "small", pathlib.Path(scratch) / "large"
        texts = make_texts()
        make_tree(small, texts, FILES_SMALL)
        make_tree(large, texts, FILES_LARGE)
        check_memory(program, small, large)
        check_progress(program, large)


if __name__ == "__main__":
    main(sys.argv[1])
