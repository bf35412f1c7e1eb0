#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes constants.go, types.go and functions.go of bindings/go/raw from the headers. --check only compares.

cgo's own names cannot leave the package that wrote them, so each C function gets a Go function of the same meaning. Where a function
surely never calls back, cgo is told so: then arguments need not move to the heap.

cgo looks at the whole Go object that a pointer points into, though C is given one field of it. So where C reads or writes a pointer or a
structure with pointers, it is given a copy that is an object of its own, and what it wrote is copied back (alone and copyBack, memory.go).
"""

import sys
from pathlib import Path

import headers

TARGET = Path(__file__).resolve().parents[1] / "go" / "raw"
NOTE = """\
// SPDX-License-Identifier: Apache-2.0

// Code generated from include/sabir by bindings/generate/go.py. DO NOT EDIT.

package raw
"""
PLAIN = {
    "int32_t": "int32",
    "uint32_t": "uint32",
    "uint64_t": "uint64",
    "size_t": "uintptr",
    "uintptr_t": "uintptr",
    "_Bool": "bool",
}
# A function that is given one of these may come to end other threads' business on the way: what is sent to a port that is being
# closed becomes a dead letter on the sender's own thread, and its subscribers run there. Go ends the process when a function
# that was said never to call back does.
MAY_DELIVER = {"sabir_system", "sabir_port", "sabir_executor", "sabir_context"}
# Functions that a Go function of the same name, in failure.go, does a little more around.
WRAPPED = {"sabir_context_fail"}
# Go words that C parameters may be called.
TAKEN = {"type": "typeID", "error": "err"}


class Writer:
    def __init__(self, interface: headers.Interface) -> None:
        self.interface = interface
        self.structures = {structure.name for structure in interface.structures}
        self.callbacks = {callback.name for callback in interface.callbacks}

    def constants(self) -> str:
        lines = [NOTE, "const ("]
        for constant in self.interface.constants:
            short = constant.name.removeprefix("SABIR_")
            kind = self.go_type(constant.type) if constant.type else constant_type(short)
            lines.append(f"\t{short} {kind} = {constant.value}")
        return "\n".join([*align(lines), ")", ""])

    def types(self) -> str:
        lines = [NOTE, "// #include <sabir/sabir.h>", 'import "C"', "", 'import "unsafe"', ""]
        for name, base in self.interface.numbers.items():
            lines.append(f"type {go_name(name)} {PLAIN[base]}")
        lines += ["", "// What C knows by pointer only."]
        lines += [f"type {go_name(name)} = C.{name}" for name in self.interface.handles]
        lines += ["", "// The addresses of C functions."]
        lines += [f"type {go_name(callback.name)} = C.{callback.name}" for callback in self.interface.callbacks]
        lines += ["", "// A byte of a C string.", "type Char = C.char"]
        for structure in self.interface.structures:
            lines += ["", f"type {go_name(structure.name)} struct {{"]
            lines += align([f"\t{camel(part.name, upper=True)} {self.go_type(part.type)}" for part in structure.fields])
            lines += ["}"]
        lines += ["", "// Each structure is C's, byte by byte; else one of these indices is out of range.", "var ("]
        for structure in self.interface.structures:
            go, c = go_name(structure.name), f"C.{structure.name}"
            lines.append(f"\t_ = [1]byte{{}}[unsafe.Sizeof({go}{{}})-unsafe.Sizeof({c}{{}})]")
            for part in structure.fields:
                # cgo puts an underscore before a field whose name is a word of Go.
                field = "_" + part.name if part.name == "type" else part.name
                offset = f"unsafe.Offsetof({go}{{}}.{camel(part.name, upper=True)})"
                lines.append(f"\t_ = [1]byte{{}}[{offset}-unsafe.Offsetof({c}{{}}.{field})]")
        return "\n".join([*lines, ")", ""])

    def functions(self) -> str:
        lines = [NOTE, "// #include <sabir/sabir.h>", "//"]
        for function in self.interface.functions:
            if never_calls_back(function):
                lines += [f"// #cgo nocallback {function.name}", f"// #cgo noescape {function.name}"]
        lines += ['import "C"', "", 'import "unsafe"']
        for function in self.interface.functions:
            lines += ["", *self.function(function)]
        lines += ["", "// What the library fills. It reads the size before that: these write it, and zeros."]
        for name in self.filled():
            go = go_name(name)
            result = camel(name.removeprefix("sabir_"))
            lines += ["", f"func {go}Init({result} *{go}) {{", f"\t*{result} = {go}{{StructSize: uint32(unsafe.Sizeof(*{result}))}}", "}"]
        return "\n".join([*lines, ""])

    def filled(self) -> list[str]:
        """The structures that functions fill, so those without an _init function in C."""
        out = {split(part.type)[0] for function in self.interface.functions for part in function.parameters
               if split(part.type)[1] == 1 and not part.type.startswith("const ")}
        made = {function.name.removesuffix("_init") for function in self.interface.functions}
        return [structure.name for structure in self.interface.structures
                if structure.name in out and structure.name not in made and structure.fields[0].name == "struct_size"]

    def function(self, function: headers.Function) -> list[str]:
        names = [TAKEN.get(camel(part.name), camel(part.name)) for part in function.parameters]
        declared = ", ".join(f"{name} {self.go_type(part.type)}" for name, part in zip(names, function.parameters))
        # An array, which comes with a count and a stride, stays where it is: a copy would be of its first element.
        arrays = {names[place - 2] for place, part in enumerate(function.parameters) if part.name == "stride"}
        copied = [(name, part.type) for name, part in zip(names, function.parameters)
                  if self.points_to_pointers(part.type) and name not in arrays]
        own = {name: "own" + name[0].upper() + name[1:] for name, _ in copied}
        given = ", ".join(self.to_c(part.type, own.get(name, name)) for name, part in zip(names, function.parameters))
        before = [f"\t{own[name]} := alone({name})" for name, _ in copied]
        after = [f"\tcopyBack({name}, {own[name]})" for name, c_type in copied if not c_type.startswith("const ")]
        call = f"C.{function.name}({given})"
        name = camel(function.name.removeprefix("sabir_"), upper=function.name not in WRAPPED)
        if function.result == "void":
            return [f"func {name}({declared}) {{", *before, f"\t{call}", *after, "}"]
        result = self.go_type(function.result)
        # A pointer that C gives is of the alias's own type already.
        value = call if self.same_in_c(function.result) else f"{result}({call})"
        body = [f"\tresult := {value}", *after, "\treturn result"] if after else [f"\treturn {value}"]
        return [f"func {name}({declared}) {result} {{", *before, *body, "}"]

    def points_to_pointers(self, c_type: str) -> bool:
        """Whether it is the address of a pointer, or of a structure that has pointers."""
        base, stars = split(c_type)
        if base in self.structures and stars == 1:
            structure = next(structure for structure in self.interface.structures if structure.name == base)
            return any(split(part.type)[1] or split(part.type)[0] in self.callbacks for part in structure.fields)
        return stars == 2

    def go_type(self, c_type: str) -> str:
        base, stars = split(c_type)
        if base == "void" and stars == 1:
            return "unsafe.Pointer"
        if base == "char":
            return "*" * stars + "Char"
        return "*" * stars + PLAIN.get(base, go_name(base))

    def same_in_c(self, c_type: str) -> bool:
        """Whether the Go type is an alias of cgo's, so that no conversion is wanted."""
        base, stars = split(c_type)
        return base in self.interface.handles or base in self.callbacks or base in ("char", "void") and stars > 0

    def to_c(self, c_type: str, name: str) -> str:
        base, stars = split(c_type)
        if self.same_in_c(c_type):
            return name
        if stars == 0:
            return f"C.{base}({name})"
        if stars == 1 and (base in self.structures or base in self.interface.numbers or base in PLAIN):
            return f"(*C.{base})(unsafe.Pointer({name}))"
        sys.exit(f"go: no rule for a parameter of type {c_type}")


def never_calls_back(function: headers.Function) -> bool:
    """The header says so, and the function is given nothing by which it could reach a message of somebody else."""
    return not function.calls_back and not any(split(part.type)[0] in MAY_DELIVER for part in function.parameters)


def split(c_type: str) -> tuple[str, int]:
    words = c_type.removeprefix("const ").split()
    return words[0], len(words[1]) if len(words) > 1 else 0


def constant_type(short: str) -> str:
    if short == "OK" or short.startswith("E_"):
        return "Status"
    if short.split("_")[0] in ("KIND", "CAUSE", "EXIT", "LOG", "DECISION"):
        return "int32"
    return "uint32"


def go_name(name: str) -> str:
    """sabir_system_create_versioned -> SystemCreateVersioned"""
    return camel(name.removeprefix("sabir_"), upper=True)


def camel(name: str, upper: bool = False) -> str:
    first, *rest = name.split("_")
    return (first.capitalize() if upper else first) + "".join(word.capitalize() for word in rest)


def align(lines: list[str]) -> list[str]:
    """As gofmt lays out the columns of a block whose lines begin with a tab."""
    rows = [line.split(" ") for line in lines if line.startswith("\t")]
    columns = max(len(row) for row in rows)
    # "name type = value" is three columns, "name type" two.
    widths = [max(len(row[at]) for row in rows) for at in range(min(2, columns - 1))]

    def laid_out(line: str) -> str:
        words = line.split(" ")
        return " ".join([word.ljust(width) for word, width in zip(words, widths)] + words[len(widths) :])

    return [laid_out(line) if line.startswith("\t") else line for line in lines]


def main() -> int:
    writer = Writer(headers.read())
    texts = {"constants.go": writer.constants(), "types.go": writer.types(), "functions.go": writer.functions()}
    return max(headers.write_or_check(TARGET / name, text) for name, text in texts.items())


if __name__ == "__main__":
    sys.exit(main())
