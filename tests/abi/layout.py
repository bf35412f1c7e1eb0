#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sizes and offsets of every public structure, and the values of the constants, are those of layout.txt (LP64: x86-64, aarch64).

layout.py --write makes layout.txt anew, for a change that is meant: fields may only be added at the end of a structure.
"""
import difflib
import pathlib
import re
import struct
import sys
import tempfile

from tools import CC, CXX, HEADERS, INCLUDE, Faults, run

TABLE = pathlib.Path(__file__).with_name("layout.txt")

# Elements of arrays: their size is the array's stride, which the call is given.
ELEMENTS = {"sabir_envelope", "sabir_record", "sabir_command"}


def without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


def structures():
    """Name and field names of each structure that a header defines."""
    for header in HEADERS:
        text = without_comments(header.read_text(encoding="utf-8"))
        for name, body in re.findall(r"typedef struct (\w+) \{(.*?)\}", text, flags=re.DOTALL):
            yield name, [re.search(r"(\w+)\s*(?:\[\w+\])?$", field.strip()).group(1) for field in body.split(";") if field.strip()]


def constants():
    for header in HEADERS:
        text = without_comments(header.read_text(encoding="utf-8"))
        yield from re.findall(r"#define (SABIR_\w+) (?:\(-\d+\)|-?\w*\d\w*)\s*$", text, flags=re.MULTILINE)
        yield from re.findall(r"static const uint64_t (SABIR_\w+)", text)


def program():
    lines = ["#include <sabir/sabir.h>", "#include <stdio.h>", "#include <inttypes.h>", "int main(void) {"]
    for name, fields in structures():
        lines.append(f'  printf("struct {name} %zu\\n", sizeof({name}));')
        for field in fields:
            lines.append(f'  printf("field {name}.{field} %zu %zu\\n", offsetof({name}, {field}), sizeof((({name} *)0)->{field}));')
    for name in sorted(constants()):
        lines.append(f'  printf("constant {name} %" PRId64 "\\n", (int64_t){name});')
    return "\n".join([*lines, "  return 0;", "}", ""])


def measured(compiler, ending, standard):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / f"layout{ending}"
        source.write_text(program(), encoding="utf-8")
        binary = pathlib.Path(folder) / "layout"
        run(compiler, f"-std={standard}", "-I", INCLUDE, source, "-o", binary)
        return run(binary)


def main():
    if struct.calcsize("P") != 8:
        print("not LP64: the table does not apply")
        sys.exit(0)
    found = measured(CC, ".c", "c99")
    if "--write" in sys.argv:
        TABLE.write_text(found, encoding="utf-8")
    faults = Faults()
    recorded = TABLE.read_text(encoding="utf-8")
    faults.expect(found == recorded, "the headers differ from tests/abi/layout.txt\n" + "".join(
        difflib.unified_diff(recorded.splitlines(True), found.splitlines(True), "layout.txt", "headers")))
    faults.expect(found == measured(CXX, ".cpp", "c++11"), "C and C++ see different layouts")
    fields = {}
    for line in found.splitlines():
        kind, name, *numbers = line.split()
        if kind == "struct":
            size, end = int(numbers[0]), 0
            faults.expect(size % 8 == 0, f"{name}: its size {size} is no multiple of 8")
            fields[name] = size
        elif kind == "field":
            owner, field = name.split(".")
            offset, width = map(int, numbers)
            faults.expect(offset == end, f"{name}: unnamed padding before it")
            sized = offset > 0 or (field == "struct_size" and width == 4) or owner in ELEMENTS
            faults.expect(sized, f"{owner} does not begin with uint32_t struct_size")
            end = offset + width
            fields[owner] = (size, end)
    for name, value in fields.items():
        faults.expect(isinstance(value, tuple) and value[0] == value[1], f"{name}: unnamed padding at its end, or no fields")
    faults.expect(len(fields) >= 8, f"only {len(fields)} structures found in the headers")
    faults.end()


if __name__ == "__main__":
    main()
