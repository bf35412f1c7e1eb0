#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs each program of the pages in one of the languages of the bindings. Where a block marked `text` follows it, that is what the program
prints, exactly.

usage: languages.py ROOT go|rust|python COMMAND... (which is given the program's file as its last argument)
"""
import pathlib
import re
import subprocess
import sys
import tempfile

import pages

# The end of a file's name, and what tells a program from a part of one.
LANGUAGES = {"go": (".go", r"^func main\(\)"), "rust": (".rs", r"^fn main\(\)"), "python": (".py", r"^(import|from) ")}


def fault_of(text, expected, suffix, command):
    """What is wrong with a program, or None."""
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / f"program{suffix}"
        source.write_text(text, encoding="utf-8")
        try:
            done = subprocess.run([*command, str(source)], capture_output=True, text=True, check=False, timeout=300,
                                  stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return "does not end"
    if done.returncode != 0:
        return f"fails with {done.returncode}:\n{done.stdout}{done.stderr}"
    if expected is not None and done.stdout != expected:
        return f"prints\n{done.stdout}but the page says\n{expected}"
    return None


def main():
    root, language, command = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3:]
    suffix, whole = LANGUAGES[language]
    count, compared, faults = 0, 0, 0
    for path in pages.pages(root):
        found = pages.blocks(path)
        for block, following in zip(found, [*found[1:], None]):
            if block.language != language or not re.search(whole, block.text, re.M):
                continue
            expected = following.text if following and following.language == "text" else None
            count += 1
            compared += expected is not None
            fault = fault_of(block.text, expected, suffix, command)
            if fault:
                faults += 1
                print(f"{path.relative_to(root)}:{block.line}: {fault}")
    print(f"{count} {language} programs of the pages, {compared} outputs compared, {faults} faults")
    sys.exit(1 if faults or not compared else 0)


if __name__ == "__main__":
    main()
