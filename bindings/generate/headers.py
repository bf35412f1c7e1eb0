# SPDX-License-Identifier: Apache-2.0
"""Reads include/sabir/*.h into plain lists, for the generators beside this file.

The C preprocessor does the reading of C: this file only splits what it leaves of our own headers, whose form the style of the
project keeps narrow (abi.md, 23). A declaration of any other form is an error here, so that nothing is left out silently.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

INCLUDE = Path(__file__).resolve().parents[2] / "include"


@dataclass
class Constant:
    name: str
    value: int
    type: str | None  # None: a macro; else the C type of a static const


@dataclass
class Parameter:
    type: str
    name: str


@dataclass
class Function:
    name: str
    result: str
    parameters: list[Parameter]
    calls_back: bool = True  # False only where the header's own words say "Calls back: never."


@dataclass
class Structure:
    name: str
    fields: list[Parameter]


@dataclass
class Interface:
    constants: list[Constant] = field(default_factory=list)
    numbers: dict[str, str] = field(default_factory=dict)  # sabir_status -> int32_t
    handles: list[str] = field(default_factory=list)
    structures: list[Structure] = field(default_factory=list)
    callbacks: list[Function] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)


def read(include: Path = INCLUDE) -> Interface:
    interface = Interface()
    for text in _own_texts(_preprocess(include), include):
        _read_header(text, interface)
    # A function may be named in the preprocessor's output only once; a second time would be a defect of the headers.
    names = [function.name for function in interface.functions]
    if len(names) != len(set(names)) or not names:
        sys.exit("headers: no functions, or one that is declared twice")
    return interface


def write_or_check(path: Path, text: str) -> int:
    """Writes text to path, or with --check only says whether it is there already. Returns an exit code."""
    shown = os.path.relpath(path)
    if "--check" not in sys.argv[1:]:
        path.write_text(text, encoding="utf-8")
        return 0
    if path.exists() and path.read_text(encoding="utf-8") == text:
        print(f"{shown} is current")
        return 0
    print(f"{shown} is not what the headers say now: run {os.path.relpath(sys.argv[0])}", file=sys.stderr)
    return 1


def _preprocess(include: Path) -> str:
    # -dD keeps the macros, -C the comments (they say which functions never call back).
    compiler = os.environ.get("CC", "cc").split()
    command = [*compiler, "-E", "-C", "-dD", "-x", "c", "-std=c99", "-DSABIR_API=", "-DSABIR_MUST_CHECK=", f"-I{include}", "-"]
    return subprocess.run(command, input="#include <sabir/sabir.h>\n", capture_output=True, text=True, check=True).stdout


def _own_texts(preprocessed: str, include: Path) -> list[str]:
    """One text per header of ours, in the order in which they are first needed."""
    texts: dict[str, list[str]] = {}
    ours = str(include / "sabir") + os.sep
    current: list[str] | None = None
    for line in preprocessed.splitlines():
        marker = re.match(r'# \d+ "([^"]*)"', line)
        if marker:
            current = texts.setdefault(marker[1], []) if marker[1].startswith(ours) else None
        elif current is not None:
            current.append(line)
    return ["\n".join(lines) for lines in texts.values()]


_PIECE = re.compile(
    r"/\*(?P<comment>.*?)\*/|^#(?P<directive>[^\n]*)$|(?P<declaration>[A-Za-z_](?:[^;{]|\{[^}]*\})*);|(?P<space>\s+)", re.S | re.M
)


def _read_header(text: str, interface: Interface) -> None:
    calls_back = True
    at = 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        if not piece:
            sys.exit(f"headers: cannot read: {text[at:at + 120]!r}")
        at = piece.end()
        if piece["comment"] is not None:
            calls_back = _calls_back(piece["comment"], calls_back)
        elif piece["directive"] is not None:
            _read_directive(piece["directive"], interface)
        elif piece["declaration"] is not None:
            _read_declaration(_plain(piece["declaration"]), calls_back, interface)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"/\*.*?\*/", " ", text, flags=re.S).split())


def _calls_back(comment: str, above: bool) -> bool:
    """What a comment says of the functions under it. Where it says nothing, the answer is the careful one."""
    words = " ".join(comment.replace("*", " ").split())
    said = re.search(r"Calls back: (\w+)", words)
    if said:
        return said[1] != "never"
    return above if re.search(r"\b[Aa]s above\b|\bThe same\b", words) else True


def _read_directive(directive: str, interface: Interface) -> None:
    macro = re.match(r"\s*define (SABIR_\w+) (.+)$", directive)
    if not macro or macro[2].startswith("{"):
        return  # include guards, function-like macros and initializers, which no language but C and C++ can use
    number = re.fullmatch(r"\(?(-?(?:0x[0-9a-f]+|\d+))\)?", macro[2].strip())
    if not number:
        sys.exit(f"headers: not a number: #define {macro[1]} {macro[2]}")
    interface.constants.append(Constant(macro[1], int(number[1], 0), None))


def _read_declaration(text: str, calls_back: bool, interface: Interface) -> None:
    if match := re.fullmatch(r"static const (\w+) (SABIR_\w+) = (\w+)", text):
        interface.constants.append(Constant(match[2], int(match[3], 0), match[1]))
    elif match := re.fullmatch(r"typedef struct (\w+) (\w+)", text):
        interface.handles.append(match[2])
    elif match := re.fullmatch(r"typedef struct (\w+) \{(.*)\} (\w+)", text):
        fields = [_parameter(part) for part in match[2].split(";") if part.strip()]
        interface.structures.append(Structure(match[3], fields))
    elif match := re.fullmatch(r"typedef (\w+) (sabir_\w+)", text):
        interface.numbers[match[2]] = match[1]
    elif match := re.fullmatch(r"typedef (\w+) \(\*(sabir_\w+)\)\((.*)\)", text):
        interface.callbacks.append(Function(match[2], match[1], _parameters(match[3])))
    elif match := re.fullmatch(r"((?:const )?\w+(?: \*)?) ?(sabir_\w+)\((.*)\)", text):
        interface.functions.append(Function(match[2], match[1], _parameters(match[3]), calls_back))
    else:
        sys.exit(f"headers: a declaration of unknown form: {text}")


def _parameters(text: str) -> list[Parameter]:
    return [] if text == "void" else [_parameter(part) for part in text.split(",")]


def _parameter(text: str) -> Parameter:
    match = re.fullmatch(r"((?:const )?(?:struct )?\w+(?: \*+)?) ?(\w+)", text.strip())
    if not match:
        sys.exit(f"headers: cannot read the parameter or field: {text}")
    return Parameter(match[1].replace("struct ", ""), match[2])
