#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what every file of ours keeps to: a licence line, no tabs, no blanks at line ends, at most 140 columns, no marks of unfinished work.

usage: files.py ROOT
"""
import pathlib
import re
import sys

FOLDERS = ["include", "core", "capi", "bindings", "tests", "fuzz", "examples", "docs"]
SKIPPED = {"target", "build", "__pycache__", "corpus", "node_modules", "generated", ".venv"}
CODE = {".h", ".hpp", ".c", ".cpp", ".py", ".rs", ".go", ".cmake", ".sh"}
TEXT = CODE | {".md", ".txt", ".toml", ".in", ".map"}
# Assembled, so that this file does not find itself.
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX", "H" + "ACK"]) + r")\b")
COLUMNS_MAX = 140


def files(root):
    for path in sorted(root.glob("*")):
        if path.is_file() and (path.suffix in TEXT or path.name in ("dev", "CMakeLists.txt")):
            yield path
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            parts = path.relative_to(root).parts
            if path.is_file() and path.suffix in TEXT and not any(part in SKIPPED or part.endswith(".egg-info") for part in parts):
                yield path


def faults_of(path, name):
    text = path.read_text(encoding="utf-8")
    if path.suffix in CODE and "SPDX-License-Identifier: Apache-2.0" not in text[:6000]:
        yield f"{name}: no line SPDX-License-Identifier: Apache-2.0"
    if text and not text.endswith("\n"):
        yield f"{name}: the last line does not end"
    for number, line in enumerate(text.splitlines(), 1):
        if UNFINISHED.search(line):
            yield f"{name}:{number}: a mark of unfinished work"
        if line != line.rstrip():
            yield f"{name}:{number}: blanks at the end of the line"
        if "\t" in line and path.suffix not in {".go", ".md"}:
            yield f"{name}:{number}: a tab"
        # A table row or a link of a page cannot be broken, and gofmt and rustfmt have rules of their own.
        if len(line) > COLUMNS_MAX and path.suffix in {".h", ".hpp", ".c", ".cpp"}:
            yield f"{name}:{number}: {len(line)} columns"


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    faults, count = [], 0
    for path in files(root):
        count += 1
        faults.extend(faults_of(path, path.relative_to(root)))
    for fault in faults:
        print(fault)
    print(f"{count} files, {len(faults)} faults")
    sys.exit(1 if faults or count == 0 else 0)


if __name__ == "__main__":
    main()
