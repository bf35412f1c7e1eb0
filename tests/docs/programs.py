#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles and runs each C and C++ block of the pages that has a main. Where a block marked `text` follows it, that is what the program
prints, exactly.

usage: programs.py ROOT LIBRARY-FOLDER C-COMPILER C++-COMPILER
"""
import pathlib
import re
import subprocess
import sys
import tempfile

import pages

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"]


def programs(path):
    """Each program of a page with the text it should print, or None where the page does not say."""
    found = pages.blocks(path)
    for index, block in enumerate(found):
        if block.language in ("c", "cpp") and re.search(r"\bint main\(", block.text):
            following = found[index + 1] if index + 1 < len(found) else None
            yield block, following.text if following and following.language == "text" else None


def fault_of(block, expected, root, library, compilers):
    """What is wrong with a program, or None."""
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / f"program.{block.language}"
        source.write_text(block.text, encoding="utf-8")
        compiler, standard = compilers[block.language]
        command = [compiler, f"-std={standard}", *WARNINGS, "-I", str(root / "include"), str(source), "-o", f"{folder}/program",
                   f"-L{library}", f"-Wl,-rpath,{library}", "-lsabir", "-pthread"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return f"does not compile:\n{done.stderr}"
        try:
            done = subprocess.run([f"{folder}/program"], capture_output=True, text=True, check=False, timeout=30, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return "does not end"
        if done.returncode != 0:
            return f"ends with {done.returncode}:\n{done.stdout}{done.stderr}"
        if expected is not None and done.stdout != expected:
            return f"prints\n{done.stdout}but the page says\n{expected}"
    return None


def main():
    root, library = (pathlib.Path(part).resolve() for part in sys.argv[1:3])
    compilers = {"c": (sys.argv[3], "c99"), "cpp": (sys.argv[4], "c++20")}
    count, faults, compared = 0, 0, 0
    for path in pages.pages(root):
        for block, expected in programs(path):
            count += 1
            compared += expected is not None
            fault = fault_of(block, expected, root, library, compilers)
            if fault:
                faults += 1
                print(f"{path.relative_to(root)}:{block.line}: {fault}")
    print(f"{count} programs, {compared} outputs compared, {faults} faults")
    in_readme = sum(1 for _ in programs(root / "README.md"))
    sys.exit(1 if faults or not in_readme or not compared else 0)


if __name__ == "__main__":
    main()
