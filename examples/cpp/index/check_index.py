#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs sabir_index on generated trees and compares what it prints with an index made here, in another way: check_index.py PROGRAM."""

import collections
import contextlib
import ctypes
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
TOP_BY_DEFAULT = 20
FAILURES_BY_DEFAULT = 10

# Of linux/prctl.h and linux/capability.h.
PR_CAPBSET_READ, PR_CAPBSET_DROP = 23, 24
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2


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


def be_bound_by_modes():
    """To root every file is readable, unless the two capabilities that make it so are gone: then starts this program again without them."""
    if os.geteuid() != 0:
        return
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    held = [capability for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH) if prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1]
    if held and all(prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0 for capability in held):
        os.execv(sys.executable, [sys.executable, *sys.argv])


def run(program, *arguments):
    return subprocess.run([program, *arguments], capture_output=True, timeout=240, check=False)


def said(done):
    """What is on stderr; a handler that had no processor for a second, on a machine with much else to do, is no mistake."""
    return [line for line in done.stderr.splitlines() if not line.startswith(b"sabir watchdog: ")]


def number(output, name):
    found = re.search(rf"^{name} +([\d,]+)".encode(), output, re.MULTILINE)
    assert found, f"no line '{name}' in:\n{output.decode(errors='replace')}"
    return int(found[1].replace(b",", b""))


def check_tree(program, root, expected, *arguments):
    done = run(program, str(root), "--verify", "--no-progress", "--top", str(TOP), "--failures", "1000", *arguments)
    where = f"sabir_index {' '.join(arguments)}: "
    assert done.returncode == 0, where + f"exit code {done.returncode}\n{done.stdout.decode(errors='replace')}{done.stderr.decode(errors='replace')}"
    assert b"verify: the plain pass found the same" in done.stdout, where + "no word of the plain pass"
    assert said(done) == [], where + f"unexpected on stderr: {done.stderr!r}"
    got = {name: number(done.stdout, name) for name in ("files", "failed", "bytes", "words", "distinct words", "overlong words")}
    want = {"files": expected.files, "failed": expected.failed, "bytes": expected.bytes, "words": expected.words,
            "distinct words": len(expected.counts), "overlong words": expected.overlong}
    assert got == want, where + f"got {got}, want {want}"
    top = top_words(done.stdout)
    assert top == expected.top, where + f"got {top}, want {expected.top}"
    return done.stdout


def top_words(output):
    return [(word, int(count.replace(b",", b""))) for count, word in re.findall(rb"^ +([\d,]+)  (.+)$", output, re.MULTILINE)]


def failed_files(output):
    found = re.search(rb"^failed\n((?:  .+\n)+)", output, re.MULTILINE)
    return found[1].splitlines() if found else []


def check_rates(output):
    """The rates are what was counted, by the time that is printed: within what its three digits can tell."""
    seconds = float(re.search(rb"^time +([\d.]+) s$", output, re.MULTILINE)[1])
    rate = re.search(rb"^rate +([\d.]+) MB/s$", output, re.MULTILINE)
    messages = re.search(rb"^messages +([\d,]+) \(([\d,]+) per second\)$", output, re.MULTILINE)
    assert rate and messages, f"no rates in:\n{output.decode(errors='replace')}"
    for what, count, per_second in [
        ("MB/s", number(output, "bytes") / 1e6, float(rate[1])),
        ("messages/s", int(messages[1].replace(b",", b"")), int(messages[2].replace(b",", b""))),
    ]:
        low, high = count / (seconds + 0.0006), count / max(seconds - 0.0006, 1e-9)
        assert low - 1 <= per_second <= high + 1, f"{per_second} {what}, but {count} in {seconds} s"


def check_default_report(program, root, expected):
    """What it prints where nothing is asked for."""
    done = run(program, str(root))
    assert done.returncode == 0 and said(done) == [], f"exit code {done.returncode}, and on stderr, which is no terminal: {done.stderr!r}"
    assert top_words(done.stdout) == expected.top[:TOP_BY_DEFAULT], f"not the {TOP_BY_DEFAULT} most frequent words:\n{done.stdout}"
    check_rates(done.stdout)
    failed = failed_files(done.stdout)
    assert len(failed) == FAILURES_BY_DEFAULT + 1 and all(line.startswith(b"  " + os.fsencode(root)) for line in failed[:-1]), failed
    assert failed[-1] == f"  and {expected.failed - FAILURES_BY_DEFAULT} more".encode(), failed[-1]


def check_failures(root, output):
    for name in make_tree.INVALID:
        line = f"  {root}/invalid/{name}: not UTF-8 at byte ".encode()
        assert line in output, f"{name} is not named as failed"
    if not os.access(root / "unreadable" / "file", os.R_OK):  # else nothing here is unreadable to this process
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
        check_default_report(program, root, expected)
        check_usage(program, root)
        (scratch / "empty").mkdir()
        check_tree(program, scratch / "empty", Expected(scratch / "empty"))
    print("sabir_index agrees with the index made here")


if __name__ == "__main__":
    be_bound_by_modes()
    main(sys.argv[1])
