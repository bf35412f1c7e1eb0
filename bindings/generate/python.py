#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes bindings/python/src/sabir/sabir.cdef, what cffi reads, from the headers. --check only compares."""

import sys
import textwrap
from pathlib import Path

import headers

TARGET = Path(__file__).resolve().parents[1] / "python" / "src" / "sabir" / "sabir.cdef"


def main() -> int:
    interface = headers.read()
    lines = ["/* The C ABI as cffi reads it. Generated from include/sabir by bindings/generate/python.py: do not edit.", " *"]
    lines += [" * SPDX-License-Identifier: Apache-2.0 */", ""]
    lines += [f"typedef {base} {name};" for name, base in interface.numbers.items()]
    lines += [f"typedef struct {name} {name};" for name in interface.handles]
    lines += [f"typedef struct {structure.name} {structure.name};" for structure in interface.structures]
    lines += [""]
    # cffi compares the written values with what the compiler sees, whenever a constant is first used.
    lines += [f"#define {constant.name} {constant.value}" for constant in interface.constants if constant.type is None]
    lines += [f"static const {constant.type} {constant.name};" for constant in interface.constants if constant.type is not None]
    lines += [""]
    lines += [f"typedef {callback.result} (*{callback.name})({_list(callback)});" for callback in interface.callbacks]
    for structure in interface.structures:
        lines += ["", f"struct {structure.name} {{"]
        lines += [f"  {_declare(part)};" for part in structure.fields]
        lines += ["};"]
    lines += [""]
    lines += [f"{_spaced(function.result)}{function.name}({_list(function)});" for function in interface.functions]
    lines += ["", "/* One function per kind of callback, for @ffi.def_extern: the addresses to give to the functions above. */"]
    lines += ['extern "Python" {']
    lines += [f"  {_spaced(callback.result)}{python_name(callback)}({_list(callback)});" for callback in interface.callbacks]
    lines += ["}", ""]
    return headers.write_or_check(TARGET, "\n".join(_wrapped(line) for line in lines))


def python_name(callback: headers.Function) -> str:
    """sabir_start_fn -> sabir_python_start"""
    return "sabir_python_" + callback.name.removeprefix("sabir_").removesuffix("_fn")


def _wrapped(line: str) -> str:
    """Breaks long lines, after commas only."""
    whole = line.replace(", ", ",\n").replace(" ", "\0").replace(",\n", ", ")
    return textwrap.fill(whole, 140, subsequent_indent="    ", break_on_hyphens=False).replace("\0", " ")


def _spaced(type_name: str) -> str:
    return type_name if type_name.endswith("*") else type_name + " "


def _declare(part: headers.Parameter) -> str:
    return _spaced(part.type) + part.name


def _list(function: headers.Function) -> str:
    return ", ".join(_declare(part) for part in function.parameters) or "void"


if __name__ == "__main__":
    sys.exit(main())
