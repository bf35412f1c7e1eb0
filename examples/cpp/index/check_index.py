#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs sabir_index on generated trees and compares what it prints with an index made here, in another way: check_index.py PROGRAM."""

import collections
import contextlib
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile

import make_tree

WORD = re.compile(rb"[A-Za-z0-9_\x80-\xff]+")
TOP = 50


class Expected:
    def __init__(self, root):
        self.files = self.failed = self.bytes = self.words = self.overlong = 0
        self.counts = collections.Counter()
        for folder, folders, files in os.walk(os.fsencode(root), onerror=self._fail):
            for name in files:
                path = os.path.join(folder, name)
                if stat.S_ISREG(os.lstat(path).st_mode):
                    self._add(path)
        self.top = sorted(self.counts.items(), key=lambda entry: (-entry[1], entry[0]))[:TOP]

    def _fail(self, _error):
        self.failed += 1

    def _add(self, path):
        try:
            content = pathlib.Path(os.fsdecode(path)).read_bytes()
            content.decode("utf-8")  # strict
        except (OSError, UnicodeDecodeError):
            self.failed += 1
            return
        words = [word.lower() for word in WORD.findall(content)]  # bytes.lower folds ASCII only
        indexed = [word for word in words if len(word) <= make_tree.WORD_BYTES_MAX]
        self.files += 1
        self.bytes += len(content)
        self.words += len(indexed)
        self.overlong += len(words) - len(indexed)
        self.counts.update(indexed)


def run(program, *arguments):
    return subprocess.run([program, *arguments], capture_output=True, timeout=240, check=False)


def number(output, name):
    found = re.search(rf"^{name} +([\d,]+)".encode(), output, re.MULTILINE)
    assert found, f"no line '{name}' in:\n{output.decode(errors='replace')}"
    return int(found[1].replace(b",", b""))


def check_tree(program, root, expected, *arguments):
    done = run(program, str(root), "--verify", "--no-progress", "--top", str(TOP), "--failures", "1000", *arguments)
    where = f"sabir_index {' '.join(arguments)}: "
    assert done.returncode == 0, where + f"exit code {done.returncode}\n{done.stdout.decode(errors='replace')}{done.stderr.decode(errors='replace')}"
    assert b"verify: the plain pass found the same" in done.stdout, where + "no word of the plain pass"
    assert done.stderr == b"", where + f"unexpected on stderr: {done.stderr!r}"
    got = {name: number(done.stdout, name) for name in ("files", "failed", "bytes", "words", "distinct words", "overlong words")}
    want = {"files": expected.files, "failed": expected.failed, "bytes": expected.bytes, "words": expected.words,
            "distinct words": len(expected.counts), "overlong words": expected.overlong}
    assert got == want, where + f"got {got}, want {want}"
    top = [(word, int(count.replace(b",", b""))) for count, word in re.findall(rb"^ +([\d,]+)  (.+)$", done.stdout, re.MULTILINE)]
    assert top == expected.top, where + f"got {top}, want {expected.top}"
    return done.stdout


def check_failures(root, output):
    for name in make_tree.INVALID:
        line = f"  {root}/invalid/{name}: not UTF-8 at byte ".encode()
        assert line in output, f"{name} is not named as failed"
    if os.geteuid() != 0:
        assert f"  {root}/unreadable/file: open: Permission denied".encode() in output, "the unreadable file is not named"
        assert f"  {root}/unreadable/folder: folder: Permission denied".encode() in output, "the unreadable folder is not named"


def check_usage(program, root):
    for arguments, exit_code, text in [
        (["--help"], 0, b"Exit codes"),
        (["--version"], 0, b"."),
        (["--no-such-option"], 2, b"--no-such-option"),
        (["--readers", "0"], 2, b"readers"),
        ([str(root / "no_such_folder")], 3, b"No such file"),
        ([str(root / "one_word")], 3, b"Not a directory"),
    ]:
        done = run(program, *arguments)
        assert done.returncode == exit_code, f"{arguments}: exit code {done.returncode}, want {exit_code}"
        assert text in done.stdout + done.stderr, f"{arguments}: {text!r} is not said"


@contextlib.contextmanager
def scratch_folder():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sabir_index_"))
    try:
        yield folder
    finally:
        for locked in folder.rglob("unreadable/folder"):
            locked.chmod(0o700)
        shutil.rmtree(folder)


def main(program):
    with scratch_folder() as scratch:
        root = scratch / "tree"
        make_tree.make(root)
        expected = Expected(root)
        assert expected.failed >= len(make_tree.INVALID) + 2 and expected.overlong >= 3, "the tree is not as hard as it should be"
        for arguments in ([], ["--readers", "1", "--workers", "1"], ["--readers", "1"], ["--workers", "1"], ["--readers", "64", "--memory"]):
            check_failures(root, check_tree(program, root, expected, *arguments))
        check_usage(program, root)
        (scratch / "empty").mkdir()
        check_tree(program, scratch / "empty", Expected(scratch / "empty"))
    print("sabir_index agrees with the index made here")


if __name__ == "__main__":
    main(sys.argv[1])
