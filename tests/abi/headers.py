#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each public header compiles alone, twice in a row, as C99, C11, C++11 and C++20, without a warning, and pulls in only the plainest
of standard headers.

usage: headers.py C-COMPILER C++-COMPILER
"""
import pathlib
import re
import subprocess
import sys
import tempfile

from tools import CLEAN, HEADERS, INCLUDE, Faults

WARNINGS = ["-Wall", "-Wextra", "-pedantic", "-Wshadow", "-Wconversion", "-Wundef", "-Werror"]
ALLOWED = {"stdbool.h", "stddef.h", "stdint.h"}


def compiles(faults, command, source, what):
    done = subprocess.run([*command, "-fsyntax-only", "-I", str(INCLUDE), str(source)], text=True, capture_output=True, check=False, env=CLEAN)
    faults.expect(done.returncode == 0, f"{what}\n{done.stderr}")
    return done.returncode == 0


def main():
    c_compiler, cxx_compiler = sys.argv[1:3]
    dialects = [(c_compiler, standard, ".c", ["-Wstrict-prototypes"]) for standard in ("c99", "c11")]
    dialects += [(cxx_compiler, standard, ".cpp", []) for standard in ("c++11", "c++20")]
    faults = Faults()
    with tempfile.TemporaryDirectory() as folder:
        for header in HEADERS:
            text = header.read_text(encoding="utf-8")
            for name in re.findall(r"#include\s*[<\"]([^>\"]+)", text):
                faults.expect(name in ALLOWED or name.startswith("sabir/"), f"{header.name} includes {name}")
            faults.expect('extern "C"' in text or header.name == "sabir.h", f'{header.name} has no extern "C"')
            for compiler, standard, ending, more in dialects:
                source = pathlib.Path(folder) / f"alone{ending}"
                source.write_text(f"#include <sabir/{header.name}>\n#include <sabir/{header.name}>\nint sabir_alone;\n", encoding="utf-8")
                what = f"{header.name} as {standard} with {pathlib.Path(compiler).name}"
                compiles(faults, [compiler, f"-std={standard}", *WARNINGS, *more], source, what)
                # Tools that choke on attributes define them away.
                compiles(faults, [compiler, f"-std={standard}", *WARNINGS, *more, "-DSABIR_API=", "-DSABIR_MUST_CHECK="], source,
                         f"{what}, without attributes")
        # The C++ face is one header to those who use it.
        source = pathlib.Path(folder) / "face.cpp"
        source.write_text("#include <sabir/sabir.hpp>\n#include <sabir/sabir.hpp>\n", encoding="utf-8")
        compiles(faults, [cxx_compiler, "-std=c++20", *WARNINGS], source, f"sabir.hpp as c++20 with {pathlib.Path(cxx_compiler).name}")
        # That this test can fail: a lost status must be an error.
        source = pathlib.Path(folder) / "careless.c"
        source.write_text("#include <sabir/sabir.h>\nvoid f(sabir_message *m);\nvoid f(sabir_message *m) { sabir_send(0, 0, &m); }\n", encoding="utf-8")
        done = subprocess.run([c_compiler, "-std=c99", *WARNINGS, "-S", "-o", "/dev/null", "-I", str(INCLUDE), str(source)], text=True,
                              capture_output=True, check=False, env=CLEAN)
        faults.expect(done.returncode != 0 and "unused-result" in done.stderr, "a lost sabir_status gives no warning")
    faults.end()


if __name__ == "__main__":
    main()
